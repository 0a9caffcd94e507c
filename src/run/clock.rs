//! The only place that reads the clock of this machine.

use std::time::Duration;

use tokio::time::Instant;

use crate::model::time::Timestamp;

/// What time it is: this machine's time, or, for tests, a time that starts where it is told and runs with tokio's clock.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    start: Option<(Timestamp, Instant)>,
}

/// A clock that was changed while we slept is noticed after so long.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

impl Clock {
    /// This machine's time.
    pub fn system() -> Clock {
        Clock { start: None }
    }

    /// A clock that shows `start` now.
    pub fn starting_at(start: Timestamp) -> Clock {
        Clock { start: Some((start, Instant::now())) }
    }

    /// This machine's time, unless `TIDINGS_NOW` holds an RFC 3339 time to start at: so tests move through days and time zones.
    pub fn from_environment() -> Clock {
        let start = std::env::var("TIDINGS_NOW")
            .ok()
            .and_then(|text| chrono::DateTime::parse_from_rfc3339(&text).ok());
        match start {
            Some(start) => Clock::starting_at(start.to_utc().into()),
            None => Clock::system(),
        }
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        match self.start {
            Some((start, since)) => start + since.elapsed(),
            #[expect(
                clippy::disallowed_methods,
                reason = "this is the one place that reads the clock"
            )]
            None => chrono::Utc::now().into(),
        }
    }

    /// Sleeps until the clock shows `at` or later, also if the clock is changed meanwhile.
    pub async fn sleep_until(&self, at: Timestamp) {
        loop {
            let left = at.since(self.now());
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left.min(LONGEST_SLEEP)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_test_clock_runs_with_tokio() {
        let clock = Clock::starting_at(Timestamp::from_unix(1_000));
        clock.sleep_until(Timestamp::from_unix(1_500)).await;
        assert_eq!(clock.now(), Timestamp::from_unix(1_500));
    }
}
