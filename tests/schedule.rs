//! When sources are polled, by clocks that cross days and time zones.

#[cfg(test)]
mod support;

use std::time::Duration;

use support::desk::Desk;
use support::documents::{item, rss};
use support::origin::{Answer, Origin};
use support::until;

const SOON: Duration = Duration::from_secs(20);

/// A desk that polls one source by this schedule, and its origin.
fn desk(schedule: &str) -> (Origin, Desk) {
    let origin = Origin::start();
    origin.set(
        "/rss",
        Answer::document("application/rss+xml", rss("Daily", &[item(1, "Talks resume")])),
    );
    let config = Desk::config(&[("daily", origin.url("/rss"))], "");
    (origin, Desk::new(&config.replace("every = \"15m\"", schedule)))
}

/// Polls once at `from` by hand, then checks at which of these times a round polls.
#[track_caller]
fn check(schedule: &str, from: &str, rounds: &[(&str, bool)]) {
    let (origin, desk) = desk(schedule);
    desk.round(from);
    for (now, polls) in rounds {
        let before = origin.count("/rss");
        desk.run_at(Some(now), &["once"]);
        assert_eq!(origin.count("/rss") > before, *polls, "{schedule}: {now}");
    }
}

const BERLIN: &str = "schedule = \"30 2 * * *\"\ntimezone = \"Europe/Berlin\"";

#[test]
fn a_time_that_the_spring_takes_away_comes_right_after_the_gap() {
    // On 29 March 2026 it is 03:00 in Berlin one second after 01:59:59, at 01:00:00Z.
    let (origin, desk) = desk(BERLIN);
    desk.round("2026-03-28T01:30:00Z");
    let service = desk.serve_at(Some("2026-03-29T00:59:58Z"));
    assert_eq!(origin.count("/rss"), 1, "half past two has not come yet");
    origin.wait_for("/rss", 2, SOON);
    until("it is stored", SOON, || (desk.health("daily")["polls"] == 2).then_some(()));
    service.stop();
    let line =
        desk.run_at(Some("2026-03-29T01:00:30Z"), &["status", "--json"]).line("source", "daily");
    assert!(line["last_success"].as_str().unwrap().starts_with("2026-03-29T01:00:0"), "{line}");
    assert_eq!(line["next_due"], "2026-03-30T00:30:00Z", "once, and the next day as ever");
    // A round sees it the same way.
    check(
        BERLIN,
        "2026-03-28T01:30:00Z",
        &[
            ("2026-03-29T00:59:00Z", false),
            ("2026-03-29T01:00:00Z", true),
            ("2026-03-29T01:31:00Z", false),
        ],
    );
}

#[test]
fn a_time_that_the_autumn_repeats_comes_once() {
    // On 25 October 2026 it is half past two in Berlin at 00:30Z and at 01:30Z.
    let (origin, desk) = desk(BERLIN);
    desk.round("2026-10-24T00:30:00Z");
    let service = desk.serve_at(Some("2026-10-25T00:29:58Z"));
    origin.wait_for("/rss", 2, SOON);
    until("it is stored", SOON, || (desk.health("daily")["polls"] == 2).then_some(()));
    service.stop();
    let line =
        desk.run_at(Some("2026-10-25T00:31:00Z"), &["status", "--json"]).line("source", "daily");
    assert_eq!(line["next_due"], "2026-10-26T01:30:00Z");
    let service = desk.serve_at(Some("2026-10-25T01:29:59Z"));
    service.stop();
    check(
        BERLIN,
        "2026-10-24T00:30:00Z",
        &[
            ("2026-10-25T00:30:00Z", true),
            ("2026-10-25T01:30:00Z", false),
            ("2026-10-26T01:29:00Z", false),
            ("2026-10-26T01:30:00Z", true),
        ],
    );
    assert_eq!(origin.count("/rss"), 2);
}

#[test]
fn weekdays_are_those_of_crontab_in_the_zone_of_the_desk() {
    // 31 October 2025 is a Friday; six in the morning in Seoul is nine in the evening before, in UTC.
    check(
        "schedule = \"0 6 * * 1-5\"\ntimezone = \"Asia/Seoul\"",
        "2025-10-30T21:00:00Z",
        &[
            ("2025-10-31T21:00:00Z", false),
            ("2025-11-01T21:00:00Z", false),
            ("2025-11-02T20:59:00Z", false),
            ("2025-11-02T21:00:00Z", true),
        ],
    );
    check(
        "schedule = \"0 6 * * 7\"\ntimezone = \"UTC\"",
        "2025-10-31T06:00:00Z",
        &[("2025-11-01T06:00:00Z", false), ("2025-11-02T06:00:00Z", true)],
    );
}

#[test]
fn missed_runs_run_once() {
    check(
        "schedule = \"0 * * * *\"\ntimezone = \"UTC\"",
        "2025-10-30T07:00:00Z",
        &[
            ("2025-10-31T09:20:00Z", true),
            ("2025-10-31T09:21:00Z", false),
            ("2025-10-31T10:00:00Z", true),
        ],
    );
}

#[test]
fn a_timer_that_comes_a_moment_early_still_polls() {
    check(
        "every = \"15m\"",
        "2025-10-30T07:00:05Z",
        &[
            ("2025-10-30T07:10:00Z", false),
            ("2025-10-30T07:15:00Z", true),
            ("2025-10-30T07:30:00Z", true),
        ],
    );
    check(
        "every = \"1d\"",
        "2025-10-30T07:00:00Z",
        &[("2025-10-31T06:30:00Z", false), ("2025-10-31T06:59:30Z", true)],
    );
}

#[test]
fn a_clock_set_back_stops_nothing() {
    let (origin, desk) = desk("every = \"15m\"");
    desk.round("2036-01-01T00:00:00Z");
    // As if it had just been polled: not at once, and not in ten years.
    desk.run_at(Some("2025-10-30T07:00:00Z"), &["once"]);
    assert_eq!(origin.count("/rss"), 1);
    let line =
        desk.run_at(Some("2025-10-30T07:00:00Z"), &["status", "--json"]).line("source", "daily");
    assert!(line["next_due"].as_str().unwrap() <= "2025-10-30T07:16:30Z", "{line}");
}

#[test]
fn equal_schedules_are_spread_and_stay_where_they_are() {
    let origin = Origin::start();
    let sources: Vec<(String, String)> = (0..20)
        .map(|number| {
            let path = format!("/{number}");
            origin.set(
                &path,
                Answer::document("application/rss+xml", rss("S", &[item(number, "Talks resume")])),
            );
            (format!("s{number}"), origin.url(&path))
        })
        .collect();
    let sources: Vec<(&str, String)> =
        sources.iter().map(|(key, url)| (key.as_str(), url.clone())).collect();
    let desk = Desk::new(
        &Desk::config(&sources, "")
            .replace("every = \"15m\"", "schedule = \"*/15 * * * *\"\ntimezone = \"UTC\""),
    );
    let due = |now: &str| -> Vec<String> {
        let said = desk.run_at(Some(now), &["status", "--json"]);
        said.json().iter().filter_map(|line| line["next_due"].as_str().map(str::to_owned)).collect()
    };
    desk.round("2025-10-30T07:02:00Z");
    let first = due("2025-10-30T07:03:00Z");
    let different: std::collections::BTreeSet<&String> = first.iter().collect();
    assert!(different.len() > 10, "{first:?}");
    assert!(
        first.iter().all(
            |at| at.as_str() >= "2025-10-30T07:15:00Z" && at.as_str() <= "2025-10-30T07:16:30Z"
        ),
        "{first:?}"
    );
    desk.round("2025-10-30T07:17:00Z");
    let second = due("2025-10-30T07:18:00Z");
    let moved: Vec<String> =
        first.iter().map(|at| at.replace("T07:15", "T07:30").replace("T07:16", "T07:31")).collect();
    assert_eq!(second, moved);
}

#[test]
fn what_the_server_asks_for_is_kept() {
    for (answer, early, late) in [
        (
            Answer::status(503).with("retry-after", "7200"),
            "2025-10-30T08:59:00Z",
            "2025-10-30T09:00:01Z",
        ),
        (
            Answer::bare("application/rss+xml", rss("S", &[]))
                .with("cache-control", "max-age=3600"),
            "2025-10-30T07:59:00Z",
            "2025-10-30T08:00:01Z",
        ),
    ] {
        let (origin, desk) = desk("every = \"15m\"");
        origin.set("/rss", answer);
        desk.round("2025-10-30T07:00:00Z");
        desk.run_at(Some(early), &["once"]);
        assert_eq!(origin.count("/rss"), 1);
        desk.run_at(Some(late), &["once"]);
        assert_eq!(origin.count("/rss"), 2);
    }
}
