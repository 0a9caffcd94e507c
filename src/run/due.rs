//! When a source is polled next, and what a poll changes in what we remember of it. Pure: time is an argument.

use std::time::Duration;

use crate::fetch::politeness::{Outcome, Poll, Why, next_due};
use crate::model::identity::digest;
use crate::model::schedule::Timing;
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

/// The moment a source falls due; `None` if it never does (gone for good, or no such day in its schedule).
///
/// A source never polled, or moved to another address, is due at once. Otherwise the schedule counts from the last poll, so that runs missed while
/// the service was down run once; the server may slow us down, never speed us up. What a clock that was ahead of ours has left in the state
/// counts for nothing.
pub fn due(
    source: &Source,
    state: &SourceState,
    spread: Spread,
    now: Timestamp,
) -> Option<Timestamp> {
    if state.address != source.address.to_string() {
        return Some(now);
    }
    if state.gone {
        return None;
    }
    let Some(last) = state.last_polled else {
        return Some(state.not_before.map_or(now, |wait| wait.max(now)));
    };
    let scheduled = source.schedule.next_after(last.min(now))?;
    let scheduled = match (spread, &source.schedule.timing) {
        (Spread::Jitter, _) => scheduled + source.schedule.spread(source.key.as_str()),
        (Spread::Round, Timing::Every(interval)) => scheduled - (*interval / 10).min(EARLY),
        (Spread::Round, Timing::Cron(_)) => scheduled,
    };
    let not_before = state.not_before.filter(|_| last <= now);
    Some(not_before.map_or(scheduled, |wait| wait.max(scheduled)))
}

/// What we remember of a source after a poll at `now`, but for what the document itself says.
pub fn after_poll(
    mut state: SourceState,
    source: &Source,
    outcome: &PollOutcome,
    now: Timestamp,
) -> SourceState {
    state.address = source.address.to_string();
    state.last_polled = Some(now);
    state.polls += 1;
    state.gone = false;
    let answered =
        |fresh_for: Option<Duration>, ttl: Option<Duration>| Outcome::Answered { fresh_for, ttl };
    let told = match outcome {
        PollOutcome::Unchanged { fresh_for, .. } => {
            state.not_modified += 1;
            answered(*fresh_for, None)
        }
        PollOutcome::Read(document) => answered(document.fresh_for, document.ttl),
        PollOutcome::Failed { class, message, transient, retry_after, gone, .. } => {
            state.failures = state.failures.saturating_add(1);
            let since = state.error.as_ref().map_or(now, |error| error.since);
            state.error = Some(PollError { class: class.clone(), message: message.clone(), since });
            state.gone = *gone;
            Outcome::Failed {
                transient: *transient,
                retry_after: *retry_after,
                failures: state.failures,
            }
        }
    };
    if matches!(told, Outcome::Answered { .. }) {
        state.failures = 0;
        state.error = None;
        state.last_success = Some(now);
    }
    let key = source.key.as_str();
    let scheduled = source.schedule.next_after(now).map(|at| at + source.schedule.spread(key));
    let Some(scheduled) = scheduled else {
        state.not_before = None;
        state.next_due = None;
        return state;
    };
    let spread = digest(&[key.as_bytes()])
        .iter()
        .take(8)
        .fold(0, |number, byte| number << 8 | u64::from(*byte));
    let due = next_due(&Poll { now, scheduled, outcome: told, spread });
    state.not_before = (due.why != Why::Schedule).then_some(due.at);
    state.next_due = (!state.gone).then_some(due.at);
    state
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::cron::Cron;
    use crate::model::schedule::Schedule;
    use crate::model::source::{SourceAddress, SourceKey};

    const MINUTE: Duration = Duration::from_secs(60);

    fn at(minutes: u32) -> Timestamp {
        Timestamp::from_unix(1_000_000) + MINUTE * minutes
    }

    fn source(every: Duration) -> Source {
        Source {
            key: SourceKey::parse("a").unwrap(),
            address: SourceAddress::Web("https://a.example/".parse().unwrap()),
            name: None,
            language: None,
            schedule: Schedule::new(Timing::Every(every), Some(Duration::ZERO)),
            zone: None,
            encoding: None,
            rank: 0,
            topics: Default::default(),
            headers: Vec::new(),
            timeout: MINUTE,
            full_text: false,
            websub: true,
        }
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
            retry_after,
            gone,
            received_bytes: 0,
        }
    }

    #[test]
    fn the_first_poll_is_due_at_once() {
        assert_eq!(
            due(&source(MINUTE), &SourceState::default(), Spread::Jitter, at(0)),
            Some(at(0))
        );
    }

    #[test]
    fn missed_runs_run_once() {
        let source = source(15 * MINUTE);
        let state = after_poll(SourceState::default(), &source, &unchanged(None), at(0));
        assert_eq!(due(&source, &state, Spread::Jitter, at(200)), Some(at(15)));
        let state = after_poll(state, &source, &unchanged(None), at(200));
        assert_eq!(due(&source, &state, Spread::Jitter, at(200)), Some(at(215)));
    }

    #[test]
    fn another_address_is_polled_at_once() {
        let before = source(15 * MINUTE);
        let state = after_poll(SourceState::default(), &before, &unchanged(None), at(0));
        let after =
            Source { address: SourceAddress::Web("https://b.example/".parse().unwrap()), ..before };
        assert_eq!(due(&after, &state, Spread::Jitter, at(1)), Some(at(1)));
    }

    #[test]
    fn a_changed_schedule_counts_from_the_last_poll() {
        let state =
            after_poll(SourceState::default(), &source(60 * MINUTE), &unchanged(None), at(0));
        assert_eq!(due(&source(5 * MINUTE), &state, Spread::Jitter, at(1)), Some(at(5)));
    }

    #[test]
    fn the_server_may_slow_us_down() {
        let source = source(5 * MINUTE);
        let state =
            after_poll(SourceState::default(), &source, &unchanged(Some(60 * MINUTE)), at(0));
        assert_eq!(due(&source, &state, Spread::Jitter, at(1)), Some(at(60)));
        let state = after_poll(state, &source, &failed(false, Some(30 * MINUTE)), at(60));
        assert_eq!(due(&source, &state, Spread::Jitter, at(61)), Some(at(90)));
        assert_eq!(state.next_due, Some(at(90)));
        assert_eq!((state.failures, state.polls, state.not_modified), (1, 2, 1));
    }

    #[test]
    fn gone_is_never_due() {
        let source = source(5 * MINUTE);
        let state = after_poll(SourceState::default(), &source, &failed(true, None), at(0));
        assert_eq!(due(&source, &state, Spread::Jitter, at(1_000)), None);
        assert_eq!(state.next_due, None);
    }

    #[test]
    fn a_timer_that_comes_a_moment_early_still_polls() {
        let source = source(10 * MINUTE);
        let state = after_poll(SourceState::default(), &source, &unchanged(None), at(0));
        assert_eq!(due(&source, &state, Spread::Round, at(9)), Some(at(9)));
        assert!(due(&source, &state, Spread::Round, at(1)) > Some(at(1)));
        // A tenth of a day would be no moment.
        let daily = self::source(1_440 * MINUTE);
        let state = after_poll(SourceState::default(), &daily, &unchanged(None), at(0));
        assert_eq!(due(&daily, &state, Spread::Round, at(60)), Some(at(1_435)));
    }

    #[test]
    fn a_round_waits_for_the_times_of_a_cron_expression() {
        let cron = Cron::parse("0 6 * * *", chrono_tz::UTC).unwrap();
        let source =
            Source { schedule: Schedule::new(Timing::Cron(cron), None), ..source(15 * MINUTE) };
        let state = after_poll(SourceState::default(), &source, &unchanged(None), at(0));
        let six = Timestamp::from_unix(1_000_000 / 86_400 * 86_400 + 86_400 + 6 * 3_600);
        assert_eq!(due(&source, &state, Spread::Round, at(1)), Some(six));
    }

    #[test]
    fn a_clock_that_was_ahead_stops_nothing() {
        let source = source(15 * MINUTE);
        let wait = Some(600 * MINUTE);
        let state = after_poll(SourceState::default(), &source, &unchanged(wait), at(1_000_000));
        assert_eq!(due(&source, &state, Spread::Jitter, at(0)), Some(at(15)));
    }

    #[test]
    fn a_first_poll_that_could_not_be_stored_waits() {
        let source = source(15 * MINUTE);
        let state = SourceState {
            address: source.address.to_string(),
            not_before: Some(at(1)),
            ..SourceState::default()
        };
        assert_eq!(due(&source, &state, Spread::Jitter, at(0)), Some(at(1)));
        assert_eq!(due(&source, &state, Spread::Jitter, at(5)), Some(at(5)));
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
}
