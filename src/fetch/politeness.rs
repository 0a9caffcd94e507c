//! When a source may be asked again, for all that server, document and failures say. Pure: what the polls told in, moments out.

use std::time::Duration;

use super::conditional::LONGEST_WAIT;
use crate::model::due::{Due, ServerWishes, Wait, Why, Wishes};
use crate::model::time::Timestamp;

/// The longest pause after failures that may end by themselves (network, server error): an outage ends without notice.
const LONGEST_PAUSE: Duration = Duration::from_secs(4 * 60 * 60);
/// So many sources of a host must be asked to wait before the host itself is taken to ask it: one or two may be out of order by themselves.
const SEVERAL: usize = 3;
/// Of the sources of a host asked within [`SHORT_TIME`], so many times as many are asked to wait, at least: a big host is not stalled for a few.
const SHARE: usize = 4;
/// What is said within such a time is said of the same moment.
const SHORT_TIME: Duration = Duration::from_secs(10 * 60);
/// Waits that end so close together end together.
const AGREEING: Duration = Duration::from_secs(60);

/// What a poll told of when to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Poll<'a> {
    /// The time of the poll.
    pub now: Timestamp,
    /// From one poll to the next, as scheduled.
    pub interval: Duration,
    /// What came of it.
    pub outcome: Outcome,
    /// What the document asks, as last read.
    pub wishes: &'a Wishes,
    /// What the server asked for with this answer.
    pub asked: &'a ServerWishes,
    /// A number that is the source's own, to spread back-offs of sources that fail together.
    pub spread: u64,
}

/// What came of a poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A document, or "not modified".
    Answered,
    /// Nothing that can be used.
    Failed {
        /// Whether asking again may help without anyone changing anything.
        transient: bool,
        /// Failures in a row, this one counted.
        failures: u32,
    },
}

/// The moment before which the source is not to be asked again, whatever its schedule says, and who wants it so; `None` if nobody does.
///
/// Server and document may slow us down by at most [`LONGEST_WAIT`], never speed us up. The hours and days that a document names are not in here:
/// they hold for every moment, see [`Skip::after`](crate::model::due::Skip::after).
///
/// The pause after failures doubles with each in a row after the first, from the source's own interval, up to four hours (a day where only someone's
/// change can help) or the interval itself if that is longer. Up to a tenth is added to it, always the same for a source.
pub fn not_before(poll: &Poll<'_>) -> Option<Due> {
    let mut latest: Option<Due> = None;
    let mut wait_for = |wait: Option<Duration>, why: Why| {
        let Some(wait) = wait.filter(|wait| !wait.is_zero()) else { return };
        let at = poll.now + wait.min(LONGEST_WAIT);
        if latest.is_none_or(|latest| at > latest.at) {
            latest = Some(Due { at, why });
        }
    };
    match poll.outcome {
        Outcome::Answered => {
            wait_for(poll.asked.fresh_for, Why::Fresh);
            wait_for(poll.wishes.ttl, Why::Ttl);
            wait_for(poll.wishes.update_period, Why::UpdatePeriod);
        }
        Outcome::Failed { transient, failures } => {
            let longest = if transient { LONGEST_PAUSE } else { LONGEST_WAIT };
            let pause = back_off(poll.interval, failures, longest, poll.spread);
            wait_for(Some(pause), Why::BackOff);
            wait_for(poll.asked.wait.map(|wait| wait.wait), Why::RetryAfter);
        }
    }
    latest
}

/// The pause after so many failures; zero after the first, for which the schedule is enough, and where it is no longer than the interval.
fn back_off(interval: Duration, failures: u32, longest: Duration, spread: u64) -> Duration {
    let doublings = failures.saturating_sub(1).min(20);
    let pause = interval.saturating_mul(1 << doublings).min(longest);
    if doublings == 0 || pause <= interval {
        return Duration::ZERO;
    }
    // The high bits of a multiplied number differ even where the numbers are neighbours.
    let share = spread.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 54;
    pause + pause.mul_f64(share as f64 / 1024.0 / 10.0)
}

/// The last poll of one of a host's sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostPoll {
    /// When it was.
    pub at: Timestamp,
    /// `Retry-After`, if that was the answer.
    pub wait: Option<Wait>,
    /// Whether it told what the source holds.
    pub answered: bool,
}

/// Until when a host wants to be left alone as a whole; `None` if what it said to single sources is meant for those alone.
///
/// The evidence: several of its sources were asked to wait within a short time, with the same status and until about the same moment, none of its
/// sources got an answer since the first of them, and they are no small part of what was asked. The earliest of the moments named counts. A wait as
/// long as we take any for ([`LONGEST_WAIT`]) says nothing of a host: limits of a host are those of minutes.
pub fn host_wait(polls: &[HostPoll], now: Timestamp) -> Option<Timestamp> {
    let waits = || polls.iter().filter_map(|poll| poll.wait.map(|wait| (poll.at, wait)));
    let (last, newest) = waits().max_by_key(|(at, _)| *at)?;
    let answered = polls.iter().filter(|poll| poll.answered).map(|poll| poll.at).max();
    let ends_alike = |wait: &Wait| {
        wait.until.since(newest.until).max(newest.until.since(wait.until)) <= AGREEING
    };
    let agreeing = waits().filter(|(at, wait)| {
        last.since(*at) <= SHORT_TIME
            && answered.is_none_or(|answered| *at >= answered)
            && wait.status == newest.status
            && wait.wait < LONGEST_WAIT
            && ends_alike(wait)
    });
    let (count, until) = agreeing.fold((0, None::<Timestamp>), |(count, until), (_, wait)| {
        (count + 1, Some(until.map_or(wait.until, |until| until.min(wait.until))))
    });
    let asked = polls.iter().filter(|poll| last.since(poll.at) <= SHORT_TIME).count();
    until.filter(|until| count >= SEVERAL.max(asked.div_ceil(SHARE)) && *until > now)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60;
    const HOUR: u64 = 3_600;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_unix(1_000_000) + Duration::from_secs(seconds)
    }

    fn some(seconds: u64) -> Option<Duration> {
        (seconds > 0).then(|| Duration::from_secs(seconds))
    }

    /// Checks the wait of a source with an interval of a quarter of an hour, in seconds, without spreading.
    fn check(
        interval: u64,
        outcome: Outcome,
        (wishes, asked): (Wishes, ServerWishes),
        want: Option<(u64, Why)>,
    ) {
        let poll = Poll {
            now: at(0),
            interval: Duration::from_secs(interval),
            outcome,
            wishes: &wishes,
            asked: &asked,
            spread: 0,
        };
        let got = not_before(&poll).map(|due| (due.at.since(at(0)).as_secs(), due.why));
        assert_eq!(got, want, "{poll:?}");
    }

    fn said(fresh: u64, ttl: u64, period: u64, wait: u64) -> (Wishes, ServerWishes) {
        let wishes = Wishes { ttl: some(ttl), update_period: some(period), ..Wishes::default() };
        let wait = some(wait).map(|wait| Wait { status: 429, wait, until: at(0) + wait });
        (wishes, ServerWishes { fresh_for: some(fresh), wait })
    }

    fn failed(transient: bool, failures: u32) -> Outcome {
        Outcome::Failed { transient, failures }
    }

    #[test]
    fn the_longest_wish_counts_and_is_named() {
        let answered = |fresh, ttl, period, want| {
            check(15 * MINUTE, Outcome::Answered, said(fresh, ttl, period, 0), want);
        };
        answered(0, 0, 0, None);
        answered(60, 0, 0, Some((60, Why::Fresh)));
        answered(HOUR, 2 * HOUR, 0, Some((2 * HOUR, Why::Ttl)));
        answered(HOUR, 2 * HOUR, 3 * HOUR, Some((3 * HOUR, Why::UpdatePeriod)));
        answered(3 * HOUR, 2 * HOUR, HOUR, Some((3 * HOUR, Why::Fresh)));
        answered(u64::MAX, 0, 0, Some((24 * HOUR, Why::Fresh)));
        answered(0, u64::MAX, 0, Some((24 * HOUR, Why::Ttl)));
        answered(0, 0, u64::MAX, Some((24 * HOUR, Why::UpdatePeriod)));
    }

    #[test]
    fn failures_double_the_pause() {
        let nothing = || said(0, 0, 0, 0);
        check(15 * MINUTE, failed(true, 1), nothing(), None);
        check(15 * MINUTE, failed(true, 2), nothing(), Some((30 * MINUTE, Why::BackOff)));
        check(15 * MINUTE, failed(true, 4), nothing(), Some((2 * HOUR, Why::BackOff)));
        check(15 * MINUTE, failed(true, 9), nothing(), Some((4 * HOUR, Why::BackOff)));
        check(15 * MINUTE, failed(true, u32::MAX), nothing(), Some((4 * HOUR, Why::BackOff)));
        check(15 * MINUTE, failed(false, 9), nothing(), Some((24 * HOUR, Why::BackOff)));
        check(24 * HOUR, failed(true, 9), nothing(), None);
        check(72 * HOUR, failed(false, u32::MAX), nothing(), None);
    }

    #[test]
    fn retry_after_is_kept() {
        check(15 * MINUTE, failed(true, 1), said(0, 0, 0, HOUR), Some((HOUR, Why::RetryAfter)));
        let three_times = said(9 * HOUR, 9 * HOUR, 0, 2 * HOUR);
        check(15 * MINUTE, failed(true, 3), three_times, Some((2 * HOUR, Why::RetryAfter)));
        let for_ever = said(0, 0, 0, u64::MAX);
        check(15 * MINUTE, failed(true, 1), for_ever, Some((24 * HOUR, Why::RetryAfter)));
    }

    #[test]
    fn sources_that_fail_together_come_back_apart() {
        let pause = |spread| back_off(Duration::from_secs(HOUR), 2, LONGEST_PAUSE, spread);
        let pauses: std::collections::BTreeSet<_> = (0..100).map(pause).collect();
        assert!(pauses.len() > 90);
        assert!(pauses.iter().all(|pause| (2 * HOUR..=2 * HOUR + 720).contains(&pause.as_secs())));
        assert_eq!(pause(7), pause(7));
    }

    /// Polls at these seconds: a wait of so many seconds, or an answer (zero).
    fn check_host(polls: &[(u64, u64)], want: Option<u64>) {
        let polls: Vec<HostPoll> = polls
            .iter()
            .map(|(second, wait)| HostPoll {
                at: at(*second),
                wait: some(*wait).map(|wait| Wait {
                    status: 429,
                    wait: wait.min(LONGEST_WAIT),
                    until: at(*second) + wait.min(LONGEST_WAIT),
                }),
                answered: *wait == 0,
            })
            .collect();
        let got = host_wait(&polls, at(30)).map(|until| until.since(at(0)).as_secs());
        assert_eq!(got, want, "{polls:?}");
    }

    #[test]
    fn a_host_is_left_alone_only_where_several_of_its_sources_are_told_so() {
        check_host(&[], None);
        check_host(&[(0, 600)], None);
        check_host(&[(0, 600), (1, 600)], None);
        check_host(&[(0, 600), (1, 600), (2, 600)], Some(600));
        check_host(&[(0, 600), (1, 599), (2, 598)], Some(600));
        // Answers before do not count against it, one in between does.
        check_host(&[(0, 0), (1, 600), (2, 600), (3, 600)], Some(601));
        check_host(&[(0, 600), (1, 600), (2, 0), (3, 600)], None);
        // They must mean the same.
        check_host(&[(0, 600), (1, 6_000), (2, 60_000)], None);
        // What no limit of a host would say.
        check_host(&[(0, 90_000), (1, 90_000), (2, 90_000)], None);
        // Over by now.
        check_host(&[(0, 20), (1, 20), (2, 20)], None);
    }

    #[test]
    fn a_big_host_is_not_stalled_for_a_few() {
        let mut polls = vec![(0, 0); 40];
        polls.extend([(1, 600); 9]);
        check_host(&polls, None);
        polls.extend([(1, 600); 9]);
        check_host(&polls, Some(601));
    }
}
