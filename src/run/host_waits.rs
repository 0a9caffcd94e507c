//! Which hosts ask to be left alone as a whole, from what is remembered of their sources. Pure: time is an argument.

use std::collections::{HashMap, HashSet};

use crate::fetch::politeness::{HostPoll, host_wait};
use crate::model::source::{Source, SourceAddress, SourceState};
use crate::model::time::Timestamp;

/// The hosts that ask to be left alone, and until when.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HostWaits(HashMap<String, Timestamp>);

impl HostWaits {
    /// Weighs what the sources of each host were told.
    pub fn of<'a>(
        sources: impl Iterator<Item = (&'a Source, &'a SourceState)> + Clone,
        now: Timestamp,
    ) -> HostWaits {
        // Hosts that ask nobody to wait are not looked at: almost all of them, almost always.
        let asking: HashSet<String> = sources
            .clone()
            .filter(|(_, state)| state.asked.wait.is_some_and(|wait| wait.until > now))
            .map(|(source, _)| host_of(source))
            .collect();
        if asking.is_empty() {
            return HostWaits::default();
        }
        let mut polls: HashMap<String, Vec<HostPoll>> = HashMap::new();
        for (source, state) in sources {
            let host = host_of(source);
            if asking.contains(&host) {
                polls.entry(host).or_default().extend(poll_of(state));
            }
        }
        let waits =
            polls.into_iter().filter_map(|(host, polls)| Some((host, host_wait(&polls, now)?)));
        HostWaits(waits.collect())
    }

    /// Until when a source's host asks to be left alone.
    pub fn until(&self, source: &Source) -> Option<Timestamp> {
        if self.0.is_empty() { None } else { self.0.get(&host_of(source)).copied() }
    }

    /// Weighs one host anew.
    pub fn weigh<'a>(
        &mut self,
        host: &str,
        states: impl Iterator<Item = &'a SourceState>,
        now: Timestamp,
    ) {
        let polls: Vec<HostPoll> = states.filter_map(poll_of).collect();
        match host_wait(&polls, now) {
            Some(until) => self.0.insert(host.to_owned(), until),
            None => self.0.remove(host),
        };
    }
}

fn poll_of(state: &SourceState) -> Option<HostPoll> {
    let at = state.last_polled?;
    Some(HostPoll { at, wait: state.asked.wait, answered: state.last_success == Some(at) })
}

/// The host whose limits a source falls under; a file has none and is alone.
pub fn host_of(source: &Source) -> String {
    match &source.address {
        SourceAddress::Web(url) => url.host_str().unwrap_or_default().to_owned(),
        SourceAddress::File(path) => format!("file:{}", path.display()),
    }
}

/// Whether [`host_of`] a source is this, without making it.
pub fn is_of_host(source: &Source, host: &str) -> bool {
    match &source.address {
        SourceAddress::Web(url) => url.host_str().unwrap_or_default() == host,
        SourceAddress::File(_) => host_of(source) == host,
    }
}
