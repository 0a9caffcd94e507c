//! When a source is polled next, and what a poll changes in what we remember of it. Pure: time is an argument.

use std::time::Duration;

use crate::fetch::conditional::LONGEST_WAIT;
use crate::fetch::politeness::{Outcome, Poll, not_before};
use crate::model::due::{Due, ServerWishes, Why, Wishes};
use crate::model::identity::digest;
use crate::model::rhythm::Rhythm;
use crate::model::schedule::{Schedule, Timing};
use crate::model::source::{PollError, Source, SourceState};
use crate::model::time::Timestamp;
use crate::run::poll::PollOutcome;

/// Whether equal schedules are spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spread {
    /// By each source's own share of its jitter: the service.
    Jitter,
    /// Not at all, and a poll that falls due within a tenth of its interval, at most five minutes, counts as due: a single round started by a timer, which
    /// would else come a moment too early every other time. The times of a cron expression are the curator's own and are waited for.
    Round,
}

/// A single round polls no source earlier than this before its time.
const EARLY: Duration = Duration::from_secs(5 * 60);

/// When a source falls due and what decides it; `None` if it never does (gone for good, or no such day in its schedule).
///
/// A source never polled, or moved to another address, is due at once. Otherwise the schedule counts from the last poll, so that runs missed while
/// the service was down run once; server, document and hub may slow us down by at most a day, never speed us up. `host_wait` is until when its host
/// asks to be left alone as a whole. What a clock that was ahead of ours has left in the state counts for nothing.
pub fn due(
    source: &Source,
    state: &SourceState,
    spread: Spread,
    host_wait: Option<Timestamp>,
    now: Timestamp,
) -> Option<Due> {
    if source.paused {
        return None;
    }
    let of_host = host_wait.map(|at| Due { at, why: Why::HostRetryAfter });
    if state.address != source.address.to_string() {
        return Some(latest(Due { at: now, why: Why::New }, [of_host, None, None]));
    }
    if state.gone {
        return None;
    }
    let Some(last) = state.last_polled else {
        let new = Due { at: now, why: Why::New };
        return Some(latest(new, [of_host, state.not_before, None]));
    };
    let scheduled = scheduled(source, state, spread, last.min(now))?;
    if last > now {
        return Some(latest(scheduled, [of_host, None, None]));
    }
    let longest = last + LONGEST_WAIT;
    let pushed = state
        .push
        .filter(|push| push.until > last)
        .map(|push| Due { at: (last + push.every).min(push.until).min(longest), why: Why::Pushed });
    let due = latest(scheduled, [of_host, state.not_before, pushed]);
    // What the document skips is waited out, but neither longer than a day nor at the cost of a schedule that is rarer than that.
    Some(match state.wishes.skip.after(due.at) {
        Some((at, why)) if at.min(longest) > due.at => Due { at: at.min(longest), why },
        Some(_) | None => due,
    })
}

/// The next poll after one at `last` as far as we alone are concerned: by the rhythm learned, where the source is to be polled by it, else by the
/// schedule.
fn scheduled(source: &Source, state: &SourceState, spread: Spread, last: Timestamp) -> Option<Due> {
    let (schedule, why) = match (source.adaptive, state.rhythm) {
        (Some(bounds), Some(rhythm)) => {
            (&Schedule::every(rhythm.interval(bounds, last)), Why::Rhythm)
        }
        (Some(_) | None, _) => (&source.schedule, Why::Schedule),
    };
    let at = schedule.next_after(last)?;
    let at = match (spread, &schedule.timing) {
        (Spread::Jitter, _) => at + schedule.spread(source.key.as_str()),
        (Spread::Round, Timing::Every(interval)) => at - (*interval / 10).min(EARLY),
        (Spread::Round, Timing::Cron(_)) => at,
    };
    Some(Due { at, why })
}

fn latest(first: Due, others: [Option<Due>; 3]) -> Due {
    others
        .into_iter()
        .flatten()
        .fold(first, |due, other| if other.at > due.at { other } else { due })
}

/// While a hub tells of changes, polling is only for what the hub may lose: so much more seldom,
const PUSHED_SELDOM: u32 = 8;
/// at least so seldom.
const PUSHED_AT_LEAST: Duration = Duration::from_secs(60 * 60);

/// How often a source is polled while a hub tells of its changes.
pub fn interval_while_pushed(source: &Source) -> Duration {
    let seldom = source.schedule.interval().saturating_mul(PUSHED_SELDOM);
    seldom.clamp(PUSHED_AT_LEAST, LONGEST_WAIT)
}

/// What we remember of a source after a poll at `now`, but for what the document itself says of its entries.
pub fn after_poll(
    mut state: SourceState,
    source: &Source,
    outcome: &PollOutcome,
    now: Timestamp,
) -> SourceState {
    let address = source.address.to_string();
    if state.address != address {
        // Another address asks for nothing yet.
        state.wishes = Wishes::default();
        state.push = None;
        state.moves.moving = None;
        state.rhythm = None;
        state.address = address;
    }
    state.last_polled = Some(now);
    state.polls += 1;
    state.gone = false;
    state.asked = ServerWishes::default();
    let told = match outcome {
        PollOutcome::Unchanged { fresh_for, .. } => {
            state.not_modified += 1;
            state.asked.fresh_for = *fresh_for;
            Outcome::Answered
        }
        PollOutcome::Read(document) => {
            state.asked.fresh_for = document.fresh_for;
            state.wishes = document.wishes;
            let dates = document.entries.iter().filter_map(|read| read.entry.published);
            state.rhythm = Rhythm::of(dates, now);
            Outcome::Answered
        }
        // What a hub sends is no answer of the source's.
        PollOutcome::Pushed(_) => Outcome::Answered,
        PollOutcome::Failed { class, message, transient, retry_after, gone, .. } => {
            state.failures = state.failures.saturating_add(1);
            let since = state.error.as_ref().map_or(now, |error| error.since);
            state.error = Some(PollError { class: class.clone(), message: message.clone(), since });
            state.gone = *gone;
            state.asked.wait = *retry_after;
            Outcome::Failed { transient: *transient, failures: state.failures }
        }
    };
    if told == Outcome::Answered {
        state.failures = 0;
        state.error = None;
        state.last_success = Some(now);
    }
    let key = source.key.as_str();
    let scheduled = scheduled(source, &state, Spread::Jitter, now).map(|due| due.at);
    let spread = digest(&[key.as_bytes()])
        .iter()
        .take(8)
        .fold(0, |number, byte| number << 8 | u64::from(*byte));
    state.not_before = not_before(&Poll {
        now,
        interval: scheduled.map_or(Duration::ZERO, |at| at.since(now)),
        outcome: told,
        wishes: &state.wishes,
        asked: &state.asked,
        spread,
    });
    state.next_due = due(source, &state, Spread::Jitter, None, now);
    state
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::cron::Cron;
    use crate::model::due::{Push, Skip, Wait};
    use crate::model::rhythm::Bounds;
    use crate::model::source::{SourceAddress, SourceKey, SourceKind};

    const MINUTE: Duration = Duration::from_secs(60);

    fn at(minutes: u32) -> Timestamp {
        Timestamp::from_unix(1_000_000) + MINUTE * minutes
    }

    fn source(every: Duration) -> Source {
        Source {
            key: SourceKey::parse("a").unwrap(),
            address: SourceAddress::Web("https://a.example/".parse().unwrap()),
            kind: SourceKind::Feed,
            name: None,
            language: None,
            schedule: Schedule::new(Timing::Every(every), Some(Duration::ZERO)),
            adaptive: None,
            proxy: Default::default(),
            zone: None,
            encoding: None,
            rank: 0,
            topics: Default::default(),
            groups: Vec::new(),
            headers: Vec::new(),
            timeout: MINUTE,
            full_text: false,
            paused: false,
            websub: true,
        }
    }

    /// The moment alone.
    fn moment(
        source: &Source,
        state: &SourceState,
        spread: Spread,
        host_wait: Option<Timestamp>,
        now: Timestamp,
    ) -> Option<Timestamp> {
        due(source, state, spread, host_wait, now).map(|due| due.at)
    }

    fn unchanged(fresh_for: Option<Duration>) -> PollOutcome {
        PollOutcome::Unchanged { validators: Default::default(), fresh_for, received_bytes: 0 }
    }

    fn failed(gone: bool, retry_after: Option<Duration>) -> PollOutcome {
        let (class, message) = ("http-503".to_owned(), "the server is busy".to_owned());
        PollOutcome::Failed {
            class,
            message,
            transient: true,
            retry_after: retry_after.map(|wait| Wait { status: 503, wait, until: at(0) + wait }),
            gone,
            received_bytes: 0,
        }
    }

    #[test]
    fn the_first_poll_is_due_at_once() {
        assert_eq!(
            moment(&source(MINUTE), &SourceState::default(), Spread::Jitter, None, at(0)),
            Some(at(0))
        );
    }

    #[test]
    fn missed_runs_run_once() {
        let source = source(15 * MINUTE);
        let state = after_poll(SourceState::default(), &source, &unchanged(None), at(0));
        assert_eq!(moment(&source, &state, Spread::Jitter, None, at(200)), Some(at(15)));
        let state = after_poll(state, &source, &unchanged(None), at(200));
        assert_eq!(moment(&source, &state, Spread::Jitter, None, at(200)), Some(at(215)));
    }

    #[test]
    fn another_address_is_polled_at_once() {
        let before = source(15 * MINUTE);
        let state = after_poll(SourceState::default(), &before, &unchanged(None), at(0));
        let after =
            Source { address: SourceAddress::Web("https://b.example/".parse().unwrap()), ..before };
        assert_eq!(moment(&after, &state, Spread::Jitter, None, at(1)), Some(at(1)));
    }

    #[test]
    fn a_changed_schedule_counts_from_the_last_poll() {
        let state =
            after_poll(SourceState::default(), &source(60 * MINUTE), &unchanged(None), at(0));
        assert_eq!(moment(&source(5 * MINUTE), &state, Spread::Jitter, None, at(1)), Some(at(5)));
    }

    #[test]
    fn the_server_may_slow_us_down() {
        let source = source(5 * MINUTE);
        let state =
            after_poll(SourceState::default(), &source, &unchanged(Some(60 * MINUTE)), at(0));
        assert_eq!(moment(&source, &state, Spread::Jitter, None, at(1)), Some(at(60)));
        let state = after_poll(state, &source, &failed(false, Some(30 * MINUTE)), at(60));
        assert_eq!(moment(&source, &state, Spread::Jitter, None, at(61)), Some(at(90)));
        assert_eq!(state.next_due, Some(Due { at: at(90), why: Why::RetryAfter }));
        assert_eq!((state.failures, state.polls, state.not_modified), (1, 2, 1));
    }

    #[test]
    fn a_paused_source_is_never_due() {
        let paused = Source { paused: true, ..source(5 * MINUTE) };
        assert_eq!(due(&paused, &SourceState::default(), Spread::Jitter, None, at(0)), None);
        let state = after_poll(SourceState::default(), &paused, &unchanged(None), at(0));
        assert_eq!(due(&paused, &state, Spread::Round, None, at(1_000)), None);
    }

    #[test]
    fn gone_is_never_due() {
        let source = source(5 * MINUTE);
        let state = after_poll(SourceState::default(), &source, &failed(true, None), at(0));
        assert_eq!(moment(&source, &state, Spread::Jitter, None, at(1_000)), None);
        assert_eq!(state.next_due, None);
    }

    #[test]
    fn a_timer_that_comes_a_moment_early_still_polls() {
        let source = source(10 * MINUTE);
        let state = after_poll(SourceState::default(), &source, &unchanged(None), at(0));
        assert_eq!(moment(&source, &state, Spread::Round, None, at(9)), Some(at(9)));
        assert!(moment(&source, &state, Spread::Round, None, at(1)) > Some(at(1)));
        // A tenth of a day would be no moment.
        let daily = self::source(1_440 * MINUTE);
        let state = after_poll(SourceState::default(), &daily, &unchanged(None), at(0));
        assert_eq!(moment(&daily, &state, Spread::Round, None, at(60)), Some(at(1_435)));
    }

    #[test]
    fn a_round_waits_for_the_times_of_a_cron_expression() {
        let cron = Cron::parse("0 6 * * *", chrono_tz::UTC).unwrap();
        let source =
            Source { schedule: Schedule::new(Timing::Cron(cron), None), ..source(15 * MINUTE) };
        let state = after_poll(SourceState::default(), &source, &unchanged(None), at(0));
        let six = Timestamp::from_unix(1_000_000 / 86_400 * 86_400 + 86_400 + 6 * 3_600);
        assert_eq!(moment(&source, &state, Spread::Round, None, at(1)), Some(six));
    }

    #[test]
    fn a_clock_that_was_ahead_stops_nothing() {
        let source = source(15 * MINUTE);
        let wait = Some(600 * MINUTE);
        let state = after_poll(SourceState::default(), &source, &unchanged(wait), at(1_000_000));
        assert_eq!(moment(&source, &state, Spread::Jitter, None, at(0)), Some(at(15)));
    }

    #[test]
    fn a_first_poll_that_could_not_be_stored_waits() {
        let source = source(15 * MINUTE);
        let state = SourceState {
            address: source.address.to_string(),
            not_before: Some(Due { at: at(1), why: Why::Store }),
            ..SourceState::default()
        };
        assert_eq!(moment(&source, &state, Spread::Jitter, None, at(0)), Some(at(1)));
        assert_eq!(moment(&source, &state, Spread::Jitter, None, at(5)), Some(at(5)));
    }

    #[test]
    fn the_first_failure_of_a_row_is_remembered() {
        let source = source(5 * MINUTE);
        let state = after_poll(SourceState::default(), &source, &failed(false, None), at(0));
        let state = after_poll(state, &source, &failed(false, None), at(5));
        assert_eq!(state.error.as_ref().map(|error| error.since), Some(at(0)));
        let state = after_poll(state, &source, &unchanged(None), at(10));
        assert_eq!((state.error, state.failures, state.last_success), (None, 0, Some(at(10))));
    }

    fn asking(source: &Source, state: SourceState) -> Option<Due> {
        let state =
            SourceState { address: source.address.to_string(), last_polled: Some(at(0)), ..state };
        due(source, &state, Spread::Jitter, None, at(1))
    }

    #[test]
    fn what_the_document_skips_is_waited_out() {
        // at(0) is 13:46:40 on a Monday.
        let skipping = |hours: u32, days: u8| SourceState {
            wishes: Wishes { skip: Skip::of_bits(hours, days), ..Wishes::default() },
            ..SourceState::default()
        };
        let source = source(15 * MINUTE);
        let check = |hours, days, want: u32, why| {
            let want = Due { at: at(0) - Duration::from_secs(46 * 60 + 40) + MINUTE * want, why };
            assert_eq!(asking(&source, skipping(hours, days)), Some(want));
        };
        check(1 << 14, 0, 120, Why::SkipHours);
        check(0b111 << 14, 0, 240, Why::SkipHours);
        check(0, 1, 10 * 60 + 60, Why::SkipDays);
        // Not longer than a day after the last poll.
        let week_but_sunday = asking(&source, skipping(0, 0b011_1111));
        assert_eq!(week_but_sunday, Some(Due { at: at(1_440), why: Why::SkipDays }));
        // A rarer schedule stays as it is where the day has passed.
        let rare = self::source(3 * 1_440 * MINUTE);
        assert_eq!(
            asking(&rare, skipping(0, 0b000_1000)),
            Some(Due { at: at(3 * 1_440), why: Why::Schedule })
        );
    }

    #[test]
    fn a_rhythm_sets_the_interval_where_it_may() {
        let bounds = Bounds { min: MINUTE * 10, max: MINUTE * 600 };
        let daily = Source { adaptive: Some(bounds), ..source(15 * MINUTE) };
        let learned = SourceState {
            rhythm: Some(Rhythm { gap: MINUTE * 120, newest: at(0) }),
            ..SourceState::default()
        };
        let due = asking(&daily, learned.clone()).unwrap();
        // With its share of a tenth.
        assert!(at(60) <= due.at && due.at <= at(66) && due.why == Why::Rhythm, "{due:?}");
        let fixed = asking(&source(15 * MINUTE), learned);
        assert_eq!(fixed, Some(Due { at: at(15), why: Why::Schedule }));
        // Before anything is learned the schedule stands.
        let fresh = asking(&daily, SourceState::default());
        assert_eq!(fresh, Some(Due { at: at(15), why: Why::Schedule }));
    }

    #[test]
    fn a_live_hub_makes_polls_rare_until_its_lease_ends() {
        let source = source(15 * MINUTE);
        let pushed = |until: u32, every: u32| SourceState {
            push: Some(Push { until: at(until), every: MINUTE * every }),
            ..SourceState::default()
        };
        let at = |minutes, why| Some(Due { at: at(minutes), why });
        assert_eq!(asking(&source, pushed(1_000, 360)), at(360, Why::Pushed));
        assert_eq!(asking(&source, pushed(100, 360)), at(100, Why::Pushed));
        assert_eq!(asking(&source, pushed(100_000, 100_000)), at(1_440, Why::Pushed));
        assert_eq!(asking(&source, pushed(0, 360)), at(15, Why::Schedule));
        assert_eq!(asking(&source, pushed(1_000, 5)), at(15, Why::Schedule));
    }

    #[test]
    fn a_host_that_wants_to_be_left_alone_is() {
        let source = source(15 * MINUTE);
        let state = after_poll(SourceState::default(), &source, &unchanged(None), at(0));
        let held = due(&source, &state, Spread::Round, Some(at(60)), at(1));
        assert_eq!(held, Some(Due { at: at(60), why: Why::HostRetryAfter }));
        let new = due(&source, &SourceState::default(), Spread::Round, Some(at(60)), at(1));
        assert_eq!(new, Some(Due { at: at(60), why: Why::HostRetryAfter }));
    }
}
