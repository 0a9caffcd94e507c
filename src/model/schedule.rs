//! When a source is polled.

use std::fmt;
use std::time::Duration;

use super::cron::Cron;
use super::time::Timestamp;

/// What sets the rhythm of a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Timing {
    /// So long after the last poll.
    Every(Duration),
    /// At the times of a cron expression.
    Cron(Cron),
}

/// When a source is polled, and how far equal schedules are spread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// What sets the rhythm.
    pub timing: Timing,
    /// The largest delay that spreads equal schedules; each source has its own, always the same share of it.
    pub jitter: Duration,
}

impl Schedule {
    /// A schedule with the jitter asked for, else the usual one: a tenth of the interval, and none where a cron expression fixes the
    /// minute, because the curator chose it.
    pub fn new(timing: Timing, jitter: Option<Duration>) -> Schedule {
        let usual = match &timing {
            Timing::Every(interval) => *interval / 10,
            Timing::Cron(cron) if cron.has_fixed_minute() => Duration::ZERO,
            Timing::Cron(cron) => cron.interval() / 10,
        };
        Schedule { timing, jitter: jitter.unwrap_or(usual) }
    }

    /// So long after the last poll, with the usual jitter.
    pub fn every(interval: Duration) -> Schedule {
        Schedule::new(Timing::Every(interval), None)
    }

    /// The next time after `after`, without jitter; `None` if there is none any more.
    pub fn next_after(&self, after: Timestamp) -> Option<Timestamp> {
        match &self.timing {
            Timing::Every(interval) => Some(after + *interval),
            Timing::Cron(cron) => cron.next_after(after),
        }
    }

    /// The typical time between two runs.
    pub fn interval(&self) -> Duration {
        match &self.timing {
            Timing::Every(interval) => *interval,
            Timing::Cron(cron) => cron.interval(),
        }
    }

    /// The share of the jitter that belongs to a key: always the same, and evenly spread over keys; whole seconds, at most the jitter.
    pub fn spread(&self, key: &str) -> Duration {
        let digest = super::identity::digest(&[b"jitter", key.as_bytes()]);
        let number = u64::from_le_bytes(std::array::from_fn(|index| digest[index]));
        Duration::from_secs(number % self.jitter.as_secs().saturating_add(1))
    }
}

impl fmt::Display for Schedule {
    /// As it would be written in the configuration.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.timing {
            Timing::Every(interval) => write!(f, "every {}", Written(*interval)),
            Timing::Cron(cron) => write!(f, "{cron} ({})", cron.zone()),
        }
    }
}

/// A duration as the configuration writes it: `90s`, `15m`, `72h`, `14d`.
pub struct Written(pub Duration);

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        if self.0.subsec_millis() > 0 {
            return write!(f, "{}ms", self.0.as_millis());
        }
        for (unit, length) in [("d", 86_400), ("h", 3_600), ("m", 60)] {
            if seconds >= length && seconds.is_multiple_of(length) {
                return write!(f, "{}{unit}", seconds / length);
            }
        }
        write!(f, "{seconds}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_jitter_is_a_tenth_unless_the_minute_is_chosen() {
        let check = |text: &str, want_secs: u64| {
            let cron = Cron::parse(text, chrono_tz::UTC).unwrap();
            let jitter = Schedule::new(Timing::Cron(cron), None).jitter;
            assert_eq!(jitter, Duration::from_secs(want_secs), "{text}");
        };
        check("*/15 * * * *", 90);
        check("0 * * * *", 0);
        check("0,30 * * * *", 0);
        check("@daily", 0);
        check("* * * * *", 6);
        assert_eq!(Schedule::every(Duration::from_secs(600)).jitter, Duration::from_secs(60));
        let asked = Schedule::new(Timing::Every(Duration::from_secs(600)), Some(Duration::ZERO));
        assert_eq!(asked.jitter, Duration::ZERO);
    }

    #[test]
    fn the_share_is_stable_and_even() {
        let schedule = Schedule::every(Duration::from_secs(900));
        let shares: Vec<u64> =
            (0..1000).map(|key| schedule.spread(&format!("source-{key}")).as_secs()).collect();
        assert!(shares.iter().all(|share| *share <= 90));
        let mean = shares.iter().sum::<u64>() / 1000;
        assert!((38..=52).contains(&mean), "{mean}");
        assert_eq!(schedule.spread("source-7").as_secs(), shares[7]);
        let asked = Schedule::new(Timing::Every(Duration::from_secs(9)), Some(Duration::ZERO));
        assert_eq!(asked.spread("any"), Duration::ZERO);
    }

    #[test]
    fn durations_are_written_as_they_are_read() {
        let check = |millis: u64, want: &str| {
            assert_eq!(Written(Duration::from_millis(millis)).to_string(), want);
        };
        check(90_000, "90s");
        check(900_000, "15m");
        check(72 * 3_600_000, "3d");
        check(5 * 3_600_000, "5h");
        check(0, "0s");
        check(1_500, "1500ms");
    }
}
