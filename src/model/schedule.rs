//! When a source is polled.

use std::time::Duration;

use super::time::Timestamp;

/// When a source is polled, and how far equal schedules are spread.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// How long after the last poll.
    pub every: Duration,
    /// The largest delay that spreads equal schedules; each source has its own, always the same share of it.
    pub jitter: Duration,
}

impl Schedule {
    /// The next time after `after`, without jitter; `None` if there is none any more.
    pub fn next_after(&self, after: Timestamp) -> Option<Timestamp> {
        Some(after + self.every)
    }
}
