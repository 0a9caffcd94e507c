//! The small hub of this program: who is told of which document of ours, and what is to be done about it when. No clock and no network: time is an
//! argument.
//!
//! What is remembered of a subscriber is the version that it has; so the queue is as long as the list of subscribers, whoever is slow misses nothing
//! but versions that are old already, and a restart neither forgets nor repeats.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use url::Url;

use crate::model::edition::Artifact;
use crate::model::source::Secret;
use crate::model::time::Timestamp;
use crate::model::websub::{Change, Subscriber};
use crate::websub::form::{Mode, Request};
use crate::websub::rules;

/// So many subscriptions are kept in all.
const MOST: usize = 2_000;
/// So many subscriptions of callbacks at one host.
const MOST_PER_HOST: usize = 100;
/// So many requests wait to be confirmed in all; more are told to come again.
const WAITING: usize = 200;
/// So many requests of callbacks at one host wait, or were confirmed or not within [`LATELY`]: nobody can make us knock there more often.
const LATELY_PER_HOST: usize = 30;
const LATELY: Duration = Duration::from_secs(60);
/// So many messages go out at a time, and so many of them to subscribers that failed last time: they keep nobody else waiting.
const AT_ONCE: usize = 32;
const FAILING_AT_ONCE: usize = 8;
/// So many messages go to one server at a time.
const PER_LANE: usize = 2;
/// How often a subscriber is asked whether it meant it, before its request counts for nothing.
const KNOCKS: u32 = 3;

/// A callback and the address of a document.
type Key = (String, String);

/// Somebody asked for something, and is to be asked whether it meant it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// For what.
    pub mode: Mode,
    /// Where.
    pub callback: Url,
    /// About what.
    pub topic: String,
    /// For how long.
    pub lease: Duration,
    /// The key of the signatures.
    pub secret: Option<Secret>,
    /// The version that it has, who asks for a document after fetching it.
    version: String,
    knocks: u32,
    not_before: Timestamp,
}

/// Something to be sent.
#[derive(Debug, Clone)]
pub enum Errand {
    /// Did you ask for this?
    Ask(Intent),
    /// This is new.
    Deliver {
        /// To whom.
        subscriber: Box<Subscriber>,
        /// What.
        artifact: Artifact,
    },
    /// You are told no more.
    Deny {
        /// To whom.
        callback: Url,
        /// Of what.
        topic: String,
    },
}

impl Errand {
    fn key(&self) -> Key {
        match self {
            Errand::Ask(intent) => (intent.callback.to_string(), intent.topic.clone()),
            Errand::Deliver { subscriber, .. } => key_of(subscriber),
            Errand::Deny { callback, topic } => (callback.to_string(), topic.clone()),
        }
    }
}

/// How an errand went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken; of a question: it was meant.
    Done,
    /// Of a question: no.
    No,
    /// There is nobody any more (410).
    Gone,
    /// It was not taken, why, and how long the other side asks us to wait.
    Failed(String, Option<Duration>),
}

/// What is said to whoever asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// It is looked into.
    Accepted,
    /// No document of ours.
    NoSuchTopic,
    /// There are too many.
    TooMany,
}

/// The hub.
#[derive(Debug, Default)]
pub struct Hub {
    /// Whether we are one.
    is_open: bool,
    /// The documents published now, by address; `None`: it could not be published as it should be.
    current: BTreeMap<String, Option<Artifact>>,
    subscribers: BTreeMap<Key, Subscriber>,
    waiting: VecDeque<Intent>,
    denials: VecDeque<Key>,
    /// When callbacks at a host were asked about, lately.
    lately: HashMap<String, VecDeque<Timestamp>>,
    /// What is under way: what it is about, to which server, and whether it failed last time.
    in_flight: HashMap<Key, (String, bool)>,
    changes: Vec<Change>,
}

impl Hub {
    /// Goes on with what was remembered.
    pub fn new(remembered: Vec<Subscriber>) -> Hub {
        let subscribers = remembered.into_iter().map(|one| (key_of(&one), one)).collect();
        Hub { subscribers, ..Hub::default() }
    }

    /// What is to be kept since it was last asked.
    pub fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    /// Whether we are one.
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// Is one from now on, or no more.
    pub fn set_open(&mut self, is_open: bool) {
        self.is_open = is_open;
    }

    /// Takes what is published now, by address. Who waits for a document that is published no more is told so.
    pub fn published(&mut self, current: BTreeMap<String, Option<Artifact>>) {
        let is_gone = |(_, topic): &&Key| !current.contains_key(topic);
        let gone: Vec<Key> = self.subscribers.keys().filter(is_gone).cloned().collect();
        for key in gone {
            self.forget(&key);
            if self.is_open {
                self.denials.push_back(key);
            }
        }
        self.current = current;
    }

    fn keep(&mut self, subscriber: Subscriber) {
        self.changes.push(Change::Subscriber(Box::new(subscriber.clone())));
        self.subscribers.insert(key_of(&subscriber), subscriber);
    }

    fn forget(&mut self, key: &Key) {
        if let Some(one) = self.subscribers.remove(key) {
            let Subscriber { callback, topic, .. } = one;
            self.changes.push(Change::SubscriberGone { callback, topic });
        }
    }

    /// Somebody asks for something.
    pub fn asked(&mut self, request: Request, now: Timestamp) -> Reply {
        let Request::Subscription { mode, callback, topic, lease, secret } = request else {
            // We know when our own documents change.
            return Reply::Accepted;
        };
        let key = (callback.to_string(), topic.clone());
        let version = match mode {
            Mode::Subscribe => {
                let Some(artifact) = self.current.get(&topic) else { return Reply::NoSuchTopic };
                artifact.as_ref().map(|artifact| artifact.etag.clone()).unwrap_or_default()
            }
            // Whoever has no subscription has nothing to give up, and need not be asked.
            Mode::Unsubscribe if !self.subscribers.contains_key(&key) => return Reply::Accepted,
            Mode::Unsubscribe => String::new(),
        };
        let host = host_of(callback.as_str()).to_owned();
        if mode == Mode::Subscribe && !self.subscribers.contains_key(&key) {
            let at_host =
                self.subscribers.keys().filter(|(other, _)| host_of(other) == host).count();
            if self.subscribers.len() >= MOST || at_host >= MOST_PER_HOST {
                return Reply::TooMany;
            }
        }
        self.lately.retain(|_, times| {
            times.retain(|at| now.since(*at) < LATELY);
            !times.is_empty()
        });
        // The last word counts; what was asked before need not be confirmed.
        self.waiting.retain(|other| (other.callback.as_str(), &other.topic) != (&key.0, &key.1));
        let times = self.lately.entry(host).or_default();
        if self.waiting.len() >= WAITING || times.len() >= LATELY_PER_HOST {
            return Reply::TooMany;
        }
        times.push_back(now);
        self.waiting.push_back(Intent {
            mode,
            callback,
            topic,
            lease: rules::lease_given(lease),
            secret,
            version,
            knocks: 0,
            not_before: now,
        });
        Reply::Accepted
    }

    /// When something is to be done next.
    pub fn next(&self) -> Option<Timestamp> {
        // What has no place now is looked at again when something is done.
        let asking = self
            .waiting
            .iter()
            .filter(|intent| {
                let key = (intent.callback.to_string(), intent.topic.clone());
                self.has_place(&key, intent.knocks > 0)
            })
            .map(|intent| intent.not_before);
        let denying =
            self.denials.iter().filter(|key| self.has_place(key, true)).map(|_| Timestamp::MIN);
        let ends = self
            .subscribers
            .iter()
            .filter(|(key, _)| !self.in_flight.contains_key(*key))
            .map(|(_, one)| one.until);
        let deliveries = self.behind().map(|(_, one, _)| one.not_before);
        asking.chain(denying).chain(deliveries).chain(ends).min()
    }

    /// Whether a message may go out now.
    fn has_place(&self, key: &Key, is_failing: bool) -> bool {
        let failing = || self.in_flight.values().filter(|(_, failed)| *failed).count();
        let lane = lane_of(&key.0);
        let in_lane = || self.in_flight.values().filter(|(busy, _)| busy == lane).count();
        self.in_flight.len() < AT_ONCE
            && !self.in_flight.contains_key(key)
            && !(is_failing && failing() >= FAILING_AT_ONCE)
            && in_lane() < PER_LANE
    }

    /// Those who have not the latest version, and are free to be sent it as far as their host is concerned.
    fn behind(&self) -> impl Iterator<Item = (&Key, &Subscriber, &Artifact)> {
        self.subscribers.iter().filter(|_| self.is_open).filter_map(move |(key, one)| {
            let artifact = self.current.get(&one.topic)?.as_ref()?;
            let is_behind = artifact.etag != one.delivered && self.has_place(key, one.failures > 0);
            is_behind.then_some((key, one, artifact))
        })
    }

    /// What is to be sent now. Who waits longest comes first; nothing goes to anybody whose lease is over.
    pub fn due(&mut self, now: Timestamp) -> Vec<Errand> {
        let ended: Vec<Key> = self
            .subscribers
            .iter()
            .filter(|(key, one)| one.until <= now && !self.in_flight.contains_key(*key))
            .map(|(key, _)| key.clone())
            .collect();
        for key in ended {
            self.forget(&key);
        }
        let mut errands = Vec::new();
        while let Some((callback, topic)) = self.denials.pop_front() {
            if let Ok(callback) = Url::parse(&callback) {
                errands.push(Errand::Deny { callback, topic });
            }
        }
        let (ready, later): (VecDeque<Intent>, VecDeque<Intent>) =
            std::mem::take(&mut self.waiting)
                .into_iter()
                .partition(|intent| intent.not_before <= now);
        self.waiting = later;
        errands.extend(ready.into_iter().map(Errand::Ask));
        let mut behind: Vec<(Timestamp, Errand)> = self
            .behind()
            .filter(|(_, one, _)| one.not_before <= now)
            .map(|(_, one, artifact)| {
                let subscriber = Box::new(one.clone());
                (one.not_before, Errand::Deliver { subscriber, artifact: artifact.clone() })
            })
            .collect();
        behind.sort_by_key(|(at, _)| *at);
        errands.extend(behind.into_iter().map(|(_, errand)| errand));
        errands.retain(|errand| self.sets_out(errand));
        errands
    }

    /// Takes a place for an errand; without one it is put back.
    fn sets_out(&mut self, errand: &Errand) -> bool {
        let key = errand.key();
        let failing = match errand {
            Errand::Deliver { subscriber, .. } => subscriber.failures > 0,
            Errand::Ask(intent) => intent.knocks > 0,
            Errand::Deny { .. } => true,
        };
        if self.has_place(&key, failing) {
            let lane = lane_of(&key.0).to_owned();
            self.in_flight.insert(key, (lane, failing));
            return true;
        }
        match errand {
            Errand::Ask(intent) => self.waiting.push_back(intent.clone()),
            Errand::Deny { .. } => self.denials.push_back(key),
            // It is behind still, and so comes again.
            Errand::Deliver { .. } => {}
        }
        false
    }

    /// An errand is done.
    pub fn done(&mut self, errand: Errand, outcome: Outcome, now: Timestamp) {
        let key = errand.key();
        self.in_flight.remove(&key);
        match errand {
            Errand::Ask(intent) => self.answered(intent, outcome, now),
            Errand::Deliver { artifact, .. } => self.delivered(&key, &artifact, outcome, now),
            // They were told; whether they heard it is their business.
            Errand::Deny { .. } => {}
        }
    }

    fn answered(&mut self, mut intent: Intent, outcome: Outcome, now: Timestamp) {
        let key = (intent.callback.to_string(), intent.topic.clone());
        match (outcome, intent.mode) {
            (Outcome::Done, Mode::Subscribe) => {
                let known = self.subscribers.get(&key);
                // Whoever renews has what it has.
                let delivered = known.map_or(intent.version, |known| known.delivered.clone());
                let is_new = known.is_none();
                self.keep(Subscriber {
                    callback: Secret::new(key.0.clone()),
                    topic: key.1,
                    secret: intent.secret,
                    until: now + intent.lease,
                    delivered,
                    failures: 0,
                    not_before: now,
                });
                if is_new {
                    tracing::info!(host = %host_of(&key.0), "somebody subscribed with our hub");
                }
            }
            (Outcome::Done, Mode::Unsubscribe) => self.forget(&key),
            (Outcome::No | Outcome::Gone, _) => {}
            (Outcome::Failed(reason, wanted), _) => {
                intent.knocks += 1;
                if intent.knocks < KNOCKS && self.waiting.len() < WAITING {
                    let pause = rules::pause(intent.knocks, &key.0);
                    intent.not_before = now + pause.max(wanted.unwrap_or_default());
                    self.waiting.push_back(intent);
                } else {
                    tracing::info!(host = %host_of(&key.0), "a subscriber confirms nothing: {reason}");
                }
            }
        }
    }

    fn delivered(&mut self, key: &Key, artifact: &Artifact, outcome: Outcome, now: Timestamp) {
        // It may have gone, or renewed under another secret, while the document was under way.
        let Some(mut one) = self.subscribers.get(key).cloned() else { return };
        match outcome {
            Outcome::Done => {
                one.delivered.clone_from(&artifact.etag);
                (one.failures, one.not_before) = (0, now);
                self.keep(one);
            }
            Outcome::Gone => {
                tracing::info!(host = %host_of(&key.0), "a subscriber is gone (410)");
                self.forget(key);
            }
            Outcome::No => {}
            Outcome::Failed(reason, wanted) => {
                one.failures = one.failures.saturating_add(1);
                let pause = rules::pause(one.failures, &key.0).max(wanted.unwrap_or_default());
                one.not_before = now + pause;
                tracing::info!(
                    host = %host_of(&key.0),
                    "a subscriber took no document: {reason}; tried again in {} s",
                    pause.as_secs()
                );
                self.keep(one);
            }
        }
    }
}

fn key_of(subscriber: &Subscriber) -> Key {
    (subscriber.callback.reveal().to_owned(), subscriber.topic.clone())
}

/// The server of a callback: its host and port. A callback is an address as the URL Standard writes it, without credentials.
fn lane_of(callback: &str) -> &str {
    let rest = callback.split_once("://").map_or("", |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or_default()
}

/// The host of a callback, which may be named in logs; the rest may be a capability.
fn host_of(callback: &str) -> &str {
    let lane = lane_of(callback);
    match lane.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        Some(_) | None => lane,
    }
}
