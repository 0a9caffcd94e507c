//! Subscriptions of ours: which source is told by which hub, and what is to be done about it when. No clock and no network: time is an argument.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use crate::model::source::{Secret, SourceKey};
use crate::model::time::Timestamp;
use crate::model::websub::{Change, Standing, Subscription, shown};
use crate::websub::form::{Mode, Word};
use crate::websub::rules;

/// So many hubs are asked at a time.
const AT_ONCE: usize = 8;

/// By whom a source wants to be told about, and by what name it is known there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Its hubs, best first; never empty.
    pub hubs: Vec<String>,
    /// The topic.
    pub topic: String,
    /// What the document's relative links are relative to.
    pub base: String,
}

/// A hub is to be asked for something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The subscription.
    pub id: Secret,
    /// For what.
    pub mode: Mode,
    /// The hub.
    pub hub: String,
    /// About what.
    pub topic: String,
    /// The key of the signatures.
    pub secret: Secret,
}

/// How a hub answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It will look into it.
    Accepted,
    /// It will not: asking again soon makes no sense.
    Refused(String),
    /// It cannot now; it may say for how long.
    Failed(String, Option<Duration>),
}

/// What is said back to a hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// We asked for that: this is echoed.
    Echo(String),
    /// Understood.
    Noted,
    /// We did not.
    No,
}

/// All of them.
#[derive(Debug, Default)]
pub struct Subscriptions {
    by_id: HashMap<String, Subscription>,
    /// The subscription of each source, but for those being given up.
    by_source: HashMap<SourceKey, String>,
    wishes: HashMap<SourceKey, Wish>,
    /// Those whose hub is being asked.
    in_flight: HashSet<String>,
    /// What was confirmed lately, by subscription: a hub that lost our answer asks once more.
    confirmed: HashMap<String, (Mode, String, Timestamp)>,
    /// What is to be kept.
    changes: Vec<Change>,
    /// Sources whose hub began or ceased to tell, with the end of the lease.
    told: Vec<(SourceKey, Option<Timestamp>)>,
}

impl Subscriptions {
    /// Goes on with what was remembered.
    pub fn new(remembered: Vec<Subscription>, now: Timestamp) -> Subscriptions {
        let mut subscriptions = Subscriptions::default();
        for subscription in remembered {
            if let Some(until) = subscription.live_until(now) {
                subscriptions.told.push((subscription.source.clone(), Some(until)));
            }
            subscriptions.put(subscription);
        }
        subscriptions
    }

    /// What is to be kept since it was last asked.
    pub fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    /// Which sources are told of changes since it was last asked, and until when.
    pub fn take_told(&mut self) -> Vec<(SourceKey, Option<Timestamp>)> {
        std::mem::take(&mut self.told)
    }

    /// The subscription with this id.
    pub fn get(&self, id: &str) -> Option<&Subscription> {
        self.by_id.get(id)
    }

    /// The sources that have a wish or a subscription.
    pub fn sources(&self) -> HashSet<SourceKey> {
        let subscribed = self.by_id.values().map(|subscription| &subscription.source);
        self.wishes.keys().chain(subscribed).cloned().collect()
    }

    /// Follows what a source says: subscribes, stays, changes to another hub or gives up. `make` gives secrets.
    pub fn follow(
        &mut self,
        source: &SourceKey,
        wish: Option<Wish>,
        now: Timestamp,
        mut make: impl FnMut() -> Option<Secret>,
    ) {
        let Some(wish) = wish else {
            self.wishes.remove(source);
            self.part_from(source, now);
            return;
        };
        self.wishes.insert(source.clone(), wish.clone());
        if let Some(mut current) = self.current(source).cloned() {
            if current.topic == wish.topic && wish.hubs.contains(&current.hub) {
                if current.base != wish.base {
                    current.base.clone_from(&wish.base);
                    self.keep(current);
                }
                return;
            }
            self.part_from(source, now);
        }
        let (Some(id), Some(secret), Some(hub)) = (make(), make(), wish.hubs.first()) else {
            return;
        };
        let subscription = Subscription {
            id,
            source: source.clone(),
            hub: hub.clone(),
            topic: wish.topic,
            base: wish.base,
            secret,
            standing: Standing::Unconfirmed,
            asked: None,
            next: now,
            failures: 0,
            pushes: 0,
            last_push: None,
            forged: 0,
        };
        self.keep(subscription);
    }

    /// Gives up what the source had.
    fn part_from(&mut self, source: &SourceKey, now: Timestamp) {
        let Some(mut subscription) = self.current(source).cloned() else { return };
        if subscription.live_until(now).is_some() {
            self.told.push((source.clone(), None));
        }
        self.confirmed.remove(subscription.id.reveal());
        let hub_knows_it =
            subscription.asked.is_some() || matches!(subscription.standing, Standing::Live { .. });
        if hub_knows_it {
            subscription.standing = Standing::Leaving;
            (subscription.asked, subscription.failures) = (None, 0);
            subscription.next = now;
            self.keep(subscription);
        } else {
            self.forget(&subscription.id);
        }
    }

    /// The subscription of a source, unless it is being given up.
    pub fn current(&self, source: &SourceKey) -> Option<&Subscription> {
        self.by_source.get(source).and_then(|id| self.by_id.get(id))
    }

    fn keep(&mut self, subscription: Subscription) {
        self.changes.push(Change::Subscription(Box::new(subscription.clone())));
        self.put(subscription);
    }

    fn put(&mut self, subscription: Subscription) {
        let id = subscription.id.reveal().to_owned();
        if !matches!(subscription.standing, Standing::Leaving) {
            self.by_source.insert(subscription.source.clone(), id.clone());
        } else if self.by_source.get(&subscription.source) == Some(&id) {
            self.by_source.remove(&subscription.source);
        }
        self.by_id.insert(id, subscription);
    }

    fn forget(&mut self, id: &Secret) {
        if let Some(gone) = self.by_id.remove(id.reveal()) {
            if self.by_source.get(&gone.source).is_some_and(|known| known == id.reveal()) {
                self.by_source.remove(&gone.source);
            }
            self.changes.push(Change::Unsubscribed { id: id.clone() });
        }
    }

    /// When something is to be done next.
    pub fn next(&self) -> Option<Timestamp> {
        // What has no place now is looked at again when a hub has answered.
        let waiting = |id: &String| self.in_flight.len() < AT_ONCE && !self.in_flight.contains(id);
        self.by_id.iter().filter(|(id, _)| waiting(id)).map(|(_, one)| next_of(one)).min()
    }

    /// The hubs that are to be asked now.
    pub fn due(&mut self, now: Timestamp) -> Vec<Request> {
        self.confirmed.retain(|_, (_, _, at)| now.since(*at) <= rules::CONFIRMED_WITHIN);
        let mut due: Vec<Subscription> = self
            .by_id
            .iter()
            .filter(|(id, one)| next_of(one) <= now && !self.in_flight.contains(*id))
            .map(|(_, one)| one.clone())
            .collect();
        due.sort_by(|a, b| (a.next, a.id.reveal()).cmp(&(b.next, b.id.reveal())));
        let mut requests = Vec::new();
        for mut subscription in due {
            if self.in_flight.len() == AT_ONCE {
                break;
            }
            if let Standing::Live { until } = subscription.standing
                && until <= now
            {
                self.told.push((subscription.source.clone(), None));
                let reason = "the lease ended before it was renewed".to_owned();
                subscription.standing = Standing::Failed { since: until, reason };
                self.keep(subscription.clone());
                // It may have been for this that it was due, and not for asking again.
                if subscription.next > now {
                    continue;
                }
            }
            let is_leaving = matches!(subscription.standing, Standing::Leaving);
            if is_leaving && subscription.failures >= rules::PARTINGS {
                self.forget(&subscription.id);
                continue;
            }
            if let Some(asked) = subscription.asked
                && now.since(asked) >= rules::CONFIRMED_WITHIN
            {
                let reason = format!("{} did not confirm", shown(&subscription.hub));
                self.fail(subscription, Outcome::Failed(reason, None), now);
                continue;
            }
            subscription.asked = Some(now);
            self.keep(subscription.clone());
            let Subscription { id, hub, topic, secret, .. } = subscription;
            self.in_flight.insert(id.reveal().to_owned());
            let mode = if is_leaving { Mode::Unsubscribe } else { Mode::Subscribe };
            requests.push(Request { id, mode, hub, topic, secret });
        }
        requests
    }

    /// A hub answered.
    pub fn answered(&mut self, id: &Secret, outcome: Outcome, now: Timestamp) {
        self.in_flight.remove(id.reveal());
        let Some(mut subscription) = self.by_id.get(id.reveal()).cloned() else { return };
        // It has confirmed meanwhile, or was given up.
        let Some(asked) = subscription.asked else { return };
        match outcome {
            Outcome::Accepted => {
                subscription.next = asked + rules::CONFIRMED_WITHIN;
                self.keep(subscription);
            }
            Outcome::Refused(_) | Outcome::Failed(..) => self.fail(subscription, outcome, now),
        }
    }

    /// Waits, and tries another hub next if there is one.
    fn fail(&mut self, mut subscription: Subscription, outcome: Outcome, now: Timestamp) {
        subscription.asked = None;
        subscription.failures = subscription.failures.saturating_add(1);
        let (reason, refused, wanted) = match outcome {
            Outcome::Refused(reason) => (reason, true, None),
            Outcome::Failed(reason, wait) => (reason, false, wait),
            Outcome::Accepted => return,
        };
        tracing::warn!(
            source = %subscription.source,
            hub = %shown(&subscription.hub),
            "cannot subscribe: {reason}"
        );
        let pause = rules::pause(subscription.failures, subscription.id.reveal());
        let pause = pause.max(wanted.unwrap_or_default());
        let wait = if refused { rules::AFTER_REFUSAL } else { pause };
        subscription.next = now + wait;
        match subscription.standing {
            // What was confirmed holds until its end.
            Standing::Live { .. } | Standing::Leaving => {}
            Standing::Unconfirmed | Standing::Denied { .. } | Standing::Failed { .. } => {
                let since = match &subscription.standing {
                    Standing::Failed { since, .. } => *since,
                    Standing::Unconfirmed
                    | Standing::Live { .. }
                    | Standing::Denied { .. }
                    | Standing::Leaving => now,
                };
                subscription.standing = if refused {
                    Standing::Denied { at: now, reason }
                } else {
                    Standing::Failed { since, reason }
                };
                let hubs = self.wishes.get(&subscription.source).map(|wish| wish.hubs.as_slice());
                let hubs = hubs.unwrap_or_default();
                let place = hubs.iter().position(|hub| *hub == subscription.hub);
                let next = place.map_or(0, |place| (place + 1) % hubs.len().max(1));
                if let Some(hub) = hubs.get(next).filter(|hub| **hub != subscription.hub) {
                    subscription.hub.clone_from(hub);
                    // Another hub has refused nothing yet; once around, the pause holds.
                    if next != 0 {
                        subscription.next = now + pause.min(Duration::from_secs(60));
                    }
                }
            }
        }
        self.keep(subscription);
    }

    /// A hub says something at a callback.
    pub fn told(&mut self, id: &str, word: &Word, now: Timestamp) -> Reply {
        let Some(mut subscription) = self.by_id.get(id).cloned() else {
            return self.told_again(id, word, now);
        };
        match word {
            Word::Denied { topic, .. } if *topic != subscription.topic => Reply::No,
            Word::Denied { reason, .. } => {
                self.confirmed.remove(id);
                if matches!(subscription.standing, Standing::Leaving) {
                    self.forget(&subscription.id);
                    return Reply::Noted;
                }
                if subscription.live_until(now).is_some() {
                    self.told.push((subscription.source.clone(), None));
                }
                tracing::warn!(source = %subscription.source, "the hub refuses: {reason}");
                subscription.standing = Standing::Denied { at: now, reason: reason.clone() };
                subscription.asked = None;
                subscription.next = now + rules::AFTER_REFUSAL;
                self.keep(subscription);
                Reply::Noted
            }
            Word::Intent { mode, topic, challenge, lease } => {
                let wanted = match subscription.standing {
                    Standing::Leaving => Mode::Unsubscribe,
                    Standing::Unconfirmed
                    | Standing::Live { .. }
                    | Standing::Denied { .. }
                    | Standing::Failed { .. } => Mode::Subscribe,
                };
                let is_asked = subscription
                    .asked
                    .is_some_and(|asked| now.since(asked) <= rules::CONFIRMED_WITHIN);
                if *mode != wanted || *topic != subscription.topic || !is_asked {
                    return self.told_again(id, word, now);
                }
                let (Some(lease), Mode::Subscribe) = (rules::lease_taken(*lease), mode) else {
                    if *mode == Mode::Subscribe {
                        return Reply::No;
                    }
                    self.remember(id, *mode, topic, now);
                    self.forget(&subscription.id);
                    return Reply::Echo(challenge.clone());
                };
                let until = now + lease;
                if subscription.live_until(now).is_none() {
                    tracing::info!(
                        source = %subscription.source,
                        hub = %shown(&subscription.hub),
                        "pushed from now on, until {until} at first"
                    );
                }
                subscription.standing = Standing::Live { until };
                (subscription.asked, subscription.failures) = (None, 0);
                subscription.next = rules::renewal(now, lease);
                self.told.push((subscription.source.clone(), Some(until)));
                self.remember(id, *mode, topic, now);
                self.keep(subscription);
                Reply::Echo(challenge.clone())
            }
        }
    }

    fn remember(&mut self, id: &str, mode: Mode, topic: &str, now: Timestamp) {
        self.confirmed.insert(id.to_owned(), (mode, topic.to_owned(), now));
    }

    /// What was confirmed a moment ago is confirmed once more, and changes nothing.
    fn told_again(&self, id: &str, word: &Word, now: Timestamp) -> Reply {
        match (word, self.confirmed.get(id)) {
            (Word::Intent { mode, topic, challenge, .. }, Some((known, about, at)))
                if mode == known && topic == about && now.since(*at) <= rules::CONFIRMED_WITHIN =>
            {
                Reply::Echo(challenge.clone())
            }
            (Word::Intent { .. } | Word::Denied { .. }, _) => Reply::No,
        }
    }

    /// Counts a document that came; `false` of one whose signature was wrong.
    pub fn pushed(&mut self, id: &str, is_genuine: bool, now: Timestamp) {
        let Some(mut subscription) = self.by_id.get(id).cloned() else { return };
        if is_genuine {
            subscription.pushes += 1;
            subscription.last_push = Some(now);
        } else {
            subscription.forged += 1;
            tracing::warn!(
                source = %subscription.source,
                "ignored a document that the hub did not sign with our secret ({} so far)",
                subscription.forged
            );
        }
        self.keep(subscription);
    }
}

/// When something is to be done about a subscription: also at the end of a lease that could not be renewed.
fn next_of(subscription: &Subscription) -> Timestamp {
    match subscription.standing {
        Standing::Live { until } => subscription.next.min(until),
        Standing::Unconfirmed
        | Standing::Denied { .. }
        | Standing::Failed { .. }
        | Standing::Leaving => subscription.next,
    }
}
