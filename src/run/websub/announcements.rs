//! What hubs are told: that a document has changed. Told is the version, and what is remembered is the version told last; so whatever happens
//! in between, a hub is told of a change until it has heard it, and never of none. No clock and no network: time is an argument.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use crate::model::time::Timestamp;
use crate::model::websub::{Announced, Change, shown};
use crate::websub::rules;

/// What is published under an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Version {
    /// A document with this entity tag.
    Of(String),
    /// One without a single item: nobody is told of it who was told of nothing before.
    Empty(String),
    /// What it should be could not be published; nobody is told until it is.
    Unknown,
}

/// So many messages go to one hub at a time.
const AT_ONCE: usize = 2;

/// A hub and the address of a document.
type Key = (String, String);

/// A hub is to be told of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ping {
    /// The hub.
    pub hub: String,
    /// The address of the document.
    pub topic: String,
    /// The entity tag of the version.
    pub version: String,
}

#[derive(Debug, Default)]
struct Retry {
    failures: u32,
    not_before: Option<Timestamp>,
}

/// All of them. Bounded by the number of hubs times that of documents.
#[derive(Debug, Default)]
pub struct Announcements {
    hubs: Vec<String>,
    /// The documents published now, by address.
    current: BTreeMap<String, Version>,
    told: HashMap<Key, String>,
    retries: HashMap<Key, Retry>,
    in_flight: HashSet<Key>,
    changes: Vec<Change>,
}

impl Announcements {
    /// Goes on with what was remembered.
    pub fn new(remembered: Vec<Announced>) -> Announcements {
        let told = remembered
            .into_iter()
            .map(|Announced { hub, topic, version }| ((hub, topic), version))
            .collect();
        Announcements { told, ..Announcements::default() }
    }

    /// What is to be kept since it was last asked.
    pub fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    /// Takes what is published now, by address, and the hubs to tell.
    pub fn published(&mut self, current: BTreeMap<String, Version>, hubs: Vec<String>) {
        let is_wanted = |(hub, topic): &Key| hubs.contains(hub) && current.contains_key(topic);
        let gone: Vec<Key> = self.told.keys().filter(|key| !is_wanted(key)).cloned().collect();
        for (hub, topic) in gone {
            self.told.remove(&(hub.clone(), topic.clone()));
            self.changes.push(Change::Forgotten { hub, topic });
        }
        self.retries.retain(|key, _| is_wanted(key));
        (self.current, self.hubs) = (current, hubs);
    }

    /// What a hub has not heard of.
    fn unheard(&self) -> impl Iterator<Item = (Key, &String)> {
        let pairs = self.current.iter().flat_map(|(topic, version)| {
            self.hubs.iter().map(move |hub| ((hub.clone(), topic.clone()), version))
        });
        pairs.filter_map(|(key, version)| {
            let told = self.told.get(&key);
            let tag = match version {
                Version::Of(tag) => tag,
                Version::Empty(tag) if told.is_some() => tag,
                Version::Empty(_) | Version::Unknown => return None,
            };
            (told != Some(tag) && !self.in_flight.contains(&key)).then_some((key, tag))
        })
    }

    /// When something is to be told next.
    pub fn next(&self) -> Option<Timestamp> {
        let at = |key: &Key| {
            self.retries.get(key).and_then(|retry| retry.not_before).unwrap_or(Timestamp::MIN)
        };
        self.unheard().filter(|((hub, _), _)| self.is_free(hub)).map(|(key, _)| at(&key)).min()
    }

    fn is_free(&self, hub: &str) -> bool {
        self.in_flight.iter().filter(|(busy, _)| busy == hub).count() < AT_ONCE
    }

    /// What is to be told now.
    pub fn due(&mut self, now: Timestamp) -> Vec<Ping> {
        let waits = |key: &Key| {
            self.retries.get(key).and_then(|retry| retry.not_before).is_some_and(|at| at > now)
        };
        let due: Vec<(Key, String)> = self
            .unheard()
            .filter(|(key, _)| !waits(key))
            .map(|(key, version)| (key, version.clone()))
            .collect();
        let mut pings = Vec::new();
        for ((hub, topic), version) in due {
            if self.is_free(&hub) {
                self.in_flight.insert((hub.clone(), topic.clone()));
                pings.push(Ping { hub, topic, version });
            }
        }
        pings
    }

    /// A hub heard of a version, or did not: why, and how long it asks us to wait.
    pub fn told(
        &mut self,
        ping: Ping,
        outcome: Result<(), (String, Option<Duration>)>,
        now: Timestamp,
    ) {
        let Ping { hub, topic, version } = ping;
        let key = (hub.clone(), topic.clone());
        self.in_flight.remove(&key);
        // The configuration may have changed meanwhile.
        if !(self.hubs.contains(&hub) && self.current.contains_key(&topic)) {
            return;
        }
        match outcome {
            Ok(()) => {
                self.retries.remove(&key);
                self.told.insert(key, version.clone());
                tracing::debug!(hub = %shown(&hub), %topic, "told the hub");
                self.changes.push(Change::Announced(Announced { hub, topic, version }));
            }
            Err((reason, wanted)) => {
                let retry = self.retries.entry(key).or_default();
                retry.failures = retry.failures.saturating_add(1);
                let pause = rules::pause(retry.failures, &topic).max(wanted.unwrap_or_default());
                retry.not_before = Some(now + pause);
                tracing::warn!(
                    hub = %shown(&hub),
                    %topic,
                    "cannot tell the hub: {reason}; tried again in {} s",
                    pause.as_secs()
                );
            }
        }
    }
}
