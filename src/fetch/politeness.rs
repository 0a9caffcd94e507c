//! When a source is asked again. Pure: what the poll told us and the schedule in, the next due time out.

use std::time::Duration;

use super::conditional::LONGEST_WAIT;
use crate::model::time::Timestamp;

/// The longest pause after failures that may end by themselves (network, server error): an outage ends without notice.
const LONGEST_PAUSE: Duration = Duration::from_secs(4 * 60 * 60);

/// All that decides when a source is asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Poll {
    /// The time of the poll.
    pub now: Timestamp,
    /// The next time its schedule names, jitter included, after `now`.
    pub scheduled: Timestamp,
    /// What came of it.
    pub outcome: Outcome,
    /// A number that is the source's own, to spread back-offs of sources that fail together.
    pub spread: u64,
}

/// What came of a poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A document, or "not modified".
    Answered {
        /// For how long the server lets us keep it.
        fresh_for: Option<Duration>,
        /// For how long the document itself asks not to be fetched again (`ttl`, `sy:updatePeriod`).
        ttl: Option<Duration>,
    },
    /// Nothing that can be used.
    Failed {
        /// Whether asking again may help without anyone changing anything.
        transient: bool,
        /// How long the server asks us to wait.
        retry_after: Option<Duration>,
        /// Failures in a row, this one counted.
        failures: u32,
    },
}

/// When a source is asked again, and why not earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The earliest moment.
    pub at: Timestamp,
    /// What decided it.
    pub why: Why,
}

/// What decides when a source is asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Its schedule.
    Schedule,
    /// The server's Cache-Control or Expires.
    Fresh,
    /// The document's own wish.
    Ttl,
    /// The server's Retry-After.
    RetryAfter,
    /// Failures in a row.
    BackOff,
}

/// The earliest moment to ask again: server and document may slow us down by at most [`LONGEST_WAIT`], never speed us up.
///
/// The pause doubles with each failure in a row after the first, from the source's own interval, up to four hours (a day where only someone's
/// change can help) or the interval itself if that is longer. Up to a tenth is added to it, always the same for a source.
pub fn next_due(poll: &Poll) -> Due {
    let scheduled = poll.scheduled.max(poll.now + Duration::from_secs(1));
    let mut due = Due { at: scheduled, why: Why::Schedule };
    let mut wait_for = |wait: Option<Duration>, why: Why| {
        let at = poll.now + wait.unwrap_or_default().min(LONGEST_WAIT);
        if at > due.at {
            due = Due { at, why };
        }
    };
    match poll.outcome {
        Outcome::Answered { fresh_for, ttl } => {
            wait_for(fresh_for, Why::Fresh);
            wait_for(ttl, Why::Ttl);
        }
        Outcome::Failed { transient, retry_after, failures } => {
            let longest = if transient { LONGEST_PAUSE } else { LONGEST_WAIT };
            let interval = scheduled.since(poll.now);
            wait_for(Some(back_off(interval, failures, longest, poll.spread)), Why::BackOff);
            wait_for(retry_after, Why::RetryAfter);
        }
    }
    due
}

/// The pause after so many failures; zero after the first, for which the schedule is enough.
fn back_off(interval: Duration, failures: u32, longest: Duration, spread: u64) -> Duration {
    let doublings = failures.saturating_sub(1).min(20);
    if doublings == 0 {
        return Duration::ZERO;
    }
    let pause = interval.saturating_mul(1 << doublings).min(longest);
    // The high bits of a multiplied number differ even where the numbers are neighbours.
    let share = spread.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 54;
    pause + pause.mul_f64(share as f64 / 1024.0 / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60;
    const HOUR: u64 = 3_600;

    /// Checks the wait of a source with this interval, in seconds, without spreading.
    fn check(interval: u64, outcome: Outcome, want: u64, why: Why) {
        let now = Timestamp::from_unix(1_000_000);
        let scheduled = now + Duration::from_secs(interval);
        let due = next_due(&Poll { now, scheduled, outcome, spread: 0 });
        assert_eq!((due.at.since(now).as_secs(), due.why), (want, why), "{outcome:?}");
    }

    fn answered(fresh_for: u64, ttl: u64) -> Outcome {
        let some = |seconds: u64| (seconds > 0).then(|| Duration::from_secs(seconds));
        Outcome::Answered { fresh_for: some(fresh_for), ttl: some(ttl) }
    }

    fn failed(transient: bool, failures: u32, retry_after: u64) -> Outcome {
        let retry_after = (retry_after > 0).then(|| Duration::from_secs(retry_after));
        Outcome::Failed { transient, retry_after, failures }
    }

    #[test]
    fn servers_slow_us_down_but_never_speed_us_up() {
        check(15 * MINUTE, answered(0, 0), 15 * MINUTE, Why::Schedule);
        check(15 * MINUTE, answered(60, 0), 15 * MINUTE, Why::Schedule);
        check(15 * MINUTE, answered(HOUR, 0), HOUR, Why::Fresh);
        check(15 * MINUTE, answered(HOUR, 2 * HOUR), 2 * HOUR, Why::Ttl);
        check(15 * MINUTE, answered(u64::MAX, 0), 24 * HOUR, Why::Fresh);
        check(15 * MINUTE, answered(0, u64::MAX), 24 * HOUR, Why::Ttl);
        check(72 * HOUR, answered(24 * HOUR, 0), 72 * HOUR, Why::Schedule);
    }

    #[test]
    fn failures_double_the_pause() {
        check(15 * MINUTE, failed(true, 1, 0), 15 * MINUTE, Why::Schedule);
        check(15 * MINUTE, failed(true, 2, 0), 30 * MINUTE, Why::BackOff);
        check(15 * MINUTE, failed(true, 4, 0), 2 * HOUR, Why::BackOff);
        check(15 * MINUTE, failed(true, 9, 0), 4 * HOUR, Why::BackOff);
        check(15 * MINUTE, failed(true, u32::MAX, 0), 4 * HOUR, Why::BackOff);
        check(15 * MINUTE, failed(false, 9, 0), 24 * HOUR, Why::BackOff);
        check(24 * HOUR, failed(true, 9, 0), 24 * HOUR, Why::Schedule);
        check(72 * HOUR, failed(false, u32::MAX, 0), 72 * HOUR, Why::Schedule);
    }

    #[test]
    fn retry_after_is_kept() {
        check(15 * MINUTE, failed(true, 1, 90), 15 * MINUTE, Why::Schedule);
        check(15 * MINUTE, failed(true, 1, HOUR), HOUR, Why::RetryAfter);
        check(15 * MINUTE, failed(true, 3, 2 * HOUR), 2 * HOUR, Why::RetryAfter);
        check(15 * MINUTE, failed(true, 1, u64::MAX), 24 * HOUR, Why::RetryAfter);
    }

    #[test]
    fn there_is_no_hot_loop() {
        check(0, answered(0, 0), 1, Why::Schedule);
        check(0, failed(true, 1, 0), 1, Why::Schedule);
    }

    #[test]
    fn sources_that_fail_together_come_back_apart() {
        let pause = |spread| back_off(Duration::from_secs(HOUR), 2, LONGEST_PAUSE, spread);
        let pauses: std::collections::BTreeSet<_> = (0..100).map(pause).collect();
        assert!(pauses.len() > 90);
        assert!(pauses.iter().all(|pause| (2 * HOUR..=2 * HOUR + 720).contains(&pause.as_secs())));
        assert_eq!(pause(7), pause(7));
    }
}
