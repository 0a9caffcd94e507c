//! How long things take: leases, when they are renewed, and how long to wait after failures.

use std::time::Duration;

use crate::model::time::Timestamp;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The lease that we ask a hub for, and give a subscriber who asks for none.
pub const USUAL_LEASE: Duration = Duration::from_secs(10 * 24 * 60 * 60);
/// The shortest lease that our hub gives: a shorter one would be all renewals.
const SHORTEST_LEASE: Duration = Duration::from_secs(5 * 60);
/// The longest lease that our hub gives: who is no longer there is forgotten after it.
const LONGEST_LEASE: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// The longest lease that we believe a hub: it may forget us, and nobody would notice.
const LONGEST_BELIEVED: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// How long a hub may take to confirm what it was asked for.
pub const CONFIRMED_WITHIN: Duration = Duration::from_secs(10 * 60);
/// How long after a refusal a hub is asked again.
pub const AFTER_REFUSAL: Duration = DAY;
/// How often a hub is asked to forget us before we leave it to the end of the lease.
pub const PARTINGS: u32 = 3;

/// The lease that our hub gives to whoever asks for so many seconds.
pub fn lease_given(asked: Option<Duration>) -> Duration {
    asked.unwrap_or(USUAL_LEASE).clamp(SHORTEST_LEASE, LONGEST_LEASE)
}

/// The lease that a hub gives us, as far as we believe it; `None` if that is none.
pub fn lease_taken(given: Option<Duration>) -> Option<Duration> {
    let given = given.unwrap_or(USUAL_LEASE).min(LONGEST_BELIEVED);
    (!given.is_zero()).then_some(given)
}

/// When a lease is renewed that begins now: when a fifth of it is left, at least an hour where it is long enough, at most two days. A hub that is
/// down for a while then costs nothing.
pub fn renewal(now: Timestamp, lease: Duration) -> Timestamp {
    let left = (lease / 5).max(HOUR.min(lease / 2)).min(2 * DAY);
    now + lease.saturating_sub(left)
}

/// How long to wait after so many failures in a row: a minute, then twice as long each time, up to twelve hours; up to a tenth is added, always
/// the same for one `name`, so that those who failed together come back apart.
pub fn pause(failures: u32, name: &str) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    let pause = (MINUTE * (1 << doublings)).min(12 * HOUR);
    let digest = crate::model::identity::digest(&[name.as_bytes()]);
    pause + pause.mul_f64(f64::from(digest[0]) / 256.0 / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn leases_are_bounded() {
        let check = |asked: Option<u64>, want: u64| {
            assert_eq!(lease_given(asked.map(secs)).as_secs(), want, "{asked:?}");
        };
        check(None, 864_000);
        check(Some(0), 300);
        check(Some(3_600), 3_600);
        check(Some(u64::MAX), 2_592_000);
        assert_eq!(lease_taken(Some(secs(0))), None);
        assert_eq!(lease_taken(Some(secs(u64::MAX))), Some(90 * DAY));
        assert_eq!(lease_taken(None), Some(USUAL_LEASE));
    }

    #[test]
    fn leases_are_renewed_before_they_end() {
        let check = |lease: u64, want: u64| {
            let now = Timestamp::from_unix(1_000);
            assert_eq!(renewal(now, secs(lease)).since(now).as_secs(), want, "{lease}");
        };
        check(864_000, 864_000 - 172_800);
        check(86_400, 69_120);
        check(7_200, 3_600);
        check(4, 2);
        check(1, 0);
        check(7_776_000, 7_776_000 - 172_800);
    }

    #[test]
    fn failures_double_the_pause() {
        let check = |failures: u32, low: u64| {
            let pause = pause(failures, "x").as_secs();
            assert!((low..=low + low / 10).contains(&pause), "{failures}: {pause}");
        };
        check(0, 60);
        check(1, 60);
        check(2, 120);
        check(5, 960);
        check(60, 43_200);
        assert_ne!(pause(5, "a"), pause(5, "b"));
    }
}
