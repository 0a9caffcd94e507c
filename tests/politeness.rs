//! Publishers say how they want to be polled: what comes of it, and how `status` tells it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[cfg(test)]
mod support;

use std::time::Duration;

use serde_json::Value;
use support::at;
use support::desk::Desk;
use support::documents::{item, rss};
use support::origin::{Answer, Origin};

const RSS: &str = "application/rss+xml";
const SOON: Duration = Duration::from_secs(20);

/// An RSS document with these elements in its channel.
fn asking(elements: &str) -> String {
    rss("Daily", &[item(1, "Talks resume")])
        .replace("<description>d</description>", &format!("<description>d</description>{elements}"))
        .replace("<rss ", "<rss xmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\" ")
}

/// A desk without jitter whose source `daily` is polled every quarter of an hour.
fn desk_of(sources: &[(&str, String)]) -> Desk {
    Desk::new(
        &Desk::config(sources, "").replace("every = \"15m\"", "every = \"15m\"\njitter = \"0s\""),
    )
}

fn line(desk: &Desk, now: &str, key: &str) -> Value {
    desk.run_at(Some(now), &["status", "--json"]).line("source", key)
}

/// Checks when the next poll is due and why. The clock goes on while the binary runs, so a few seconds later is the same.
#[track_caller]
fn assert_due(said: &Value, due: &str, why: &str) {
    let at = said["next_due"].as_str().unwrap();
    assert!(
        at.get(..16) == due.get(..16) && at < &*due.replace(":00Z", ":40Z"),
        "{at}, not {due}: {said}"
    );
    assert_eq!(said["due_why"], why, "{said}");
}

#[test]
fn the_next_poll_is_the_latest_of_all_that_is_asked_for() {
    let document = |elements: &str| Answer::document(RSS, asking(elements));
    let twice_a_day =
        "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>12</sy:updateFrequency>";
    let (nine, tomorrow) = ("2025-10-30T09:00:00Z", "2025-10-31T07:00:00Z");
    let cases = [
        (document(""), &*at(15), "schedule"),
        (document("<ttl>5</ttl>"), &at(15), "schedule"),
        (document("<ttl>60</ttl>"), &at(60), "ttl"),
        (document("<sy:updatePeriod>hourly</sy:updatePeriod>"), &at(60), "update-period"),
        (document(twice_a_day), &at(120), "update-period"),
        (document("<ttl>60</ttl>").with("cache-control", "max-age=7200"), &at(120), "max-age"),
        (document("<ttl>180</ttl>").with("expires", "0"), &at(180), "ttl"),
        (document("<skipHours><hour>7</hour><hour>8</hour></skipHours>"), nine, "skip-hours"),
        (document("<skipDays><day>Thursday</day></skipDays>"), "2025-10-31T00:00:00Z", "skip-days"),
        (document("<ttl>100</ttl><skipHours><hour>8</hour></skipHours>"), nine, "skip-hours"),
        // No longer than a day.
        (document("<ttl>99999</ttl>"), tomorrow, "ttl"),
        (document("<sy:updatePeriod>yearly</sy:updatePeriod>"), tomorrow, "update-period"),
        (Answer::status(429).with("retry-after", "5400"), &at(90), "retry-after"),
        (
            Answer::status(503).with("retry-after", "Thu, 30 Oct 2099 08:30:00 GMT"),
            tomorrow,
            "retry-after",
        ),
    ];
    let origin = Origin::start();
    for (number, (answer, ..)) in cases.iter().enumerate() {
        origin.set(&format!("/s{number}"), answer.clone());
    }
    let desk = many(&origin, cases.len());
    desk.run_at(Some(&at(0)), &["once"]);
    let said = desk.run_at(Some(&at(1)), &["status", "--json"]);
    for (number, (_, due, why)) in cases.iter().enumerate() {
        assert_due(&said.line("source", &format!("s{number}")), due, why);
    }
    let words = desk.run_at(Some(&at(1)), &["status", "--source", "s2"]).out;
    assert!(words.contains("the document asks to be left alone until then (ttl)"), "{words}");
    // Rounds keep to it.
    desk.run_at(Some(&at(13)), &["once"]);
    assert_eq!(origin.asked().len(), cases.len());
    desk.run_at(Some(&at(62)), &["once"]);
    for number in 0..cases.len() {
        let again = usize::from((0..4).contains(&number));
        assert_eq!(origin.count(&format!("/s{number}")), 1 + again, "{number}");
    }
}

#[test]
fn what_a_document_asks_holds_while_it_is_unchanged() {
    let origin = Origin::start();
    origin.set("/rss", Answer::document(RSS, asking("<ttl>60</ttl>")));
    let desk = desk_of(&[("daily", origin.url("/rss"))]);
    desk.run_at(Some(&at(0)), &["once"]);
    desk.run_at(Some(&at(62)), &["once"]);
    assert_eq!(origin.asked().last().unwrap().answered, 304);
    let said = line(&desk, &at(63), "daily");
    assert_due(&said, &at(122), "ttl");
}

#[test]
fn validators_go_back_as_they_came_and_a_304_brings_new_ones() {
    let origin = Origin::start();
    let (etag, modified) = ("W/\"a b:ü\"", "Thu, 30 Oct 2025 05:00:00 GMT");
    let body = asking("");
    let answer = Answer::bare(RSS, body).with("etag", etag).with("last-modified", modified);
    origin.set("/rss", answer);
    let desk = desk_of(&[("daily", origin.url("/rss"))]);
    desk.round(&at(0));
    let renewed = Answer::status(304).with("etag", "\"second\"");
    origin.set("/rss", renewed);
    desk.round(&at(20));
    desk.round(&at(40));
    let asked = origin.asked();
    let sent = |number: usize, name: &str| {
        asked[number]
            .headers
            .get(name)
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    assert_eq!(sent(0, "if-none-match"), None);
    assert_eq!(sent(1, "if-none-match").as_deref(), Some(etag));
    assert_eq!(sent(1, "if-modified-since").as_deref(), Some(modified));
    assert_eq!(sent(2, "if-none-match").as_deref(), Some("\"second\""));
    assert_eq!(sent(2, "if-modified-since").as_deref(), Some(modified));
    let place = |name: &str| asked[2].headers.keys().position(|key| key == name).unwrap();
    assert!(place("if-none-match") < place("if-modified-since"));
    assert!(asked.iter().all(|asked| !asked.headers.contains_key("cookie")));
}

/// A desk of so many sources at one host, `s0`, `s1`, …
fn many(origin: &Origin, count: usize) -> Desk {
    let keys: Vec<String> = (0..count).map(|number| format!("s{number}")).collect();
    let sources: Vec<(&str, String)> =
        keys.iter().map(|key| (key.as_str(), origin.url(&format!("/{key}")))).collect();
    desk_of(&sources)
}

#[test]
fn one_source_told_to_wait_holds_up_no_other_of_its_host() {
    let origin = Origin::start();
    for number in 0..6 {
        origin.set(&format!("/s{number}"), Answer::document(RSS, asking("")));
    }
    origin.set("/s2", Answer::status(429).with("retry-after", "7200"));
    let desk = many(&origin, 6);
    desk.run_at(Some(&at(0)), &["once"]);
    desk.run_at(Some(&at(20)), &["once"]);
    assert_eq!(origin.count("/s2"), 1);
    for other in ["/s0", "/s1", "/s3", "/s4", "/s5"] {
        assert_eq!(origin.count(other), 2, "{other}");
    }
}

#[test]
fn a_host_that_tells_several_to_wait_is_left_alone() {
    let origin = Origin::start();
    let elsewhere = Origin::start_at("127.0.0.3");
    elsewhere.set("/other", Answer::document(RSS, asking("")));
    let keys = ["s0", "s1", "s2", "s3", "s4"];
    let mut sources: Vec<(&str, String)> =
        keys.iter().map(|key| (*key, origin.url(&format!("/{key}")))).collect();
    sources.push(("other", elsewhere.url("/other")));
    let desk = desk_of(&sources);
    for key in ["s3", "s4"] {
        origin.set(&format!("/{key}"), Answer::document(RSS, asking("")));
    }
    desk.run_at(Some(&at(0)), &["once", "--source", "s3", "--source", "s4"]);
    for key in ["s0", "s1", "s2"] {
        origin.set(&format!("/{key}"), Answer::status(429).with("retry-after", "3600"));
    }
    desk.run_at(Some(&at(1)), &["once", "--source", "s0", "--source", "s1", "--source", "s2"]);
    // All are due; those of the host wait, whether they were told or not.
    desk.run_at(Some(&at(20)), &["once"]);
    for key in keys {
        assert_eq!(origin.count(&format!("/{key}")), 1, "{key}");
    }
    assert_eq!(elsewhere.count("/other"), 1, "another host does not");
    let said = line(&desk, &at(21), "s4");
    assert_due(&said, &at(61), "host-retry-after");
    // The service sees it the same way, and goes on when the time is over.
    for key in keys {
        origin.set(&format!("/{key}"), Answer::document(RSS, asking("")));
    }
    let service = desk.serve_at(Some("2025-10-30T08:00:57Z"));
    for key in keys {
        origin.wait_for(&format!("/{key}"), 2, SOON);
    }
    service.stop();
}

#[test]
fn a_host_that_begins_to_refuse_is_asked_by_few_more() {
    let origin = Origin::start();
    let desk = many(&origin, 60);
    for number in 0..60 {
        origin.set(&format!("/s{number}"), Answer::status(429).with("retry-after", "600"));
    }
    desk.run_at(Some(&at(0)), &["once"]);
    let asked = origin.asked().len();
    assert!((3..60).contains(&asked), "{asked} of 60");
    desk.run_at(Some(&at(5)), &["once"]);
    assert_eq!(origin.asked().len(), asked, "nobody asks before the time is over");
}

#[test]
fn gone_is_the_end_and_how_to_begin_again_is_said() {
    let origin = Origin::start();
    origin.set("/rss", Answer::status(410));
    let desk = desk_of(&[("daily", origin.url("/rss"))]);
    let said = desk.run_at(Some(&at(0)), &["once"]);
    assert!(said.err.contains("410"), "{said:?}");
    desk.run_at(Some("2025-12-30T07:00:00Z"), &["once"]);
    assert_eq!(origin.count("/rss"), 1);
    let told = desk.run_at(Some(&at(5)), &["status", "--source", "daily"]).out;
    assert!(
        told.contains("never: gone for good") && told.contains("once --force --source daily"),
        "{told}"
    );
    assert_eq!(line(&desk, &at(5), "daily")["gone"], true);
    origin.set("/rss", Answer::document(RSS, asking("")));
    desk.run_at(Some(&at(10)), &["once", "--force", "--source", "daily"]);
    let said = line(&desk, &at(11), "daily");
    assert_eq!(said["gone"], false);
    assert_due(&said, &at(25), "schedule");
}

#[test]
fn failures_make_polls_rarer_each_source_by_a_share_of_its_own() {
    for status in [403, 500, 502] {
        let origin = Origin::start();
        let desk = many(&origin, 4);
        for number in 0..4 {
            origin.set(&format!("/s{number}"), Answer::status(status));
        }
        let mut now = at(0);
        let mut last = 0;
        for round in 0..4 {
            desk.run_at(Some(&now), &["once", "--force"]);
            let dues: std::collections::BTreeSet<String> = (0..4)
                .map(|number| line(&desk, &now, &format!("s{number}")))
                .inspect(|said| {
                    assert_eq!(said["due_why"], if round == 0 { "schedule" } else { "back-off" })
                })
                .map(|said| said["next_due"].as_str().unwrap().to_owned())
                .collect();
            assert!(round == 0 || dues.len() > 2, "{dues:?}");
            let wait = minutes(dues.first().unwrap()) - minutes(&now);
            assert!(wait > last, "{wait} min after {last}");
            last = wait;
            now = dues.last().unwrap().clone();
        }
    }
}

/// A day after the thirtieth of October, at seven.
fn day(days: u32) -> String {
    let (month, day) = if days < 2 { (10, 30 + days) } else { (11, days - 1) };
    format!("2025-{month}-{day:02}T07:00:00Z")
}

#[test]
fn a_move_for_good_is_followed_after_days_and_undone_when_the_old_address_answers() {
    let (old, new) = (Origin::start(), Origin::start_at("127.0.0.3"));
    let document = || Answer::document(RSS, asking(""));
    new.set("/rss", document());
    let moved = |status| Answer::status(status).with("location", &new.url("/rss"));
    old.set("/rss", moved(301));
    let desk = desk_of(&[("daily", old.url("/rss"))]);
    desk.configure(&Desk::config(&[("daily", old.url("/rss"))], "").replace(
        "key = \"daily\"",
        "key = \"daily\"\nheaders = { Authorization = \"Bearer of the old host\" }",
    ));
    desk.round(&day(0));
    let ids = desk.ids("all");
    // Many answers of one day are one broken day.
    for minute in [20, 40, 60] {
        desk.round(&at(minute));
    }
    assert_eq!(line(&desk, &at(61), "daily")["moved_to"], Value::Null);
    let told = desk.run_at(Some(&at(61)), &["status", "--source", "daily"]).out;
    assert!(
        told.contains("says that it has moved for good to") && told.contains(&new.url("/rss")),
        "{told}"
    );
    desk.round(&day(1));
    let said = desk.run_at(Some(&day(2).replace(":00Z", ":50Z")), &["once", "--force"]);
    assert!(
        said.err.contains("has moved for good")
            && said.err.contains(&format!("url = \"{}\"", new.url("/rss"))),
        "{said:?}"
    );
    assert_eq!(line(&desk, &day(2), "daily")["moved_to"], new.url("/rss"));

    // From now on only the new address is asked, without what is meant for the old host; items stay what they are.
    let before = old.asked().len();
    desk.round(&day(3));
    assert_eq!(old.asked().len(), before);
    assert!(old.asked().iter().all(|asked| asked.headers.contains_key("authorization")));
    assert!(new.asked().iter().all(|asked| !asked.headers.contains_key("authorization")));
    assert_eq!(
        new.asked().last().unwrap().answered,
        304,
        "the validators are those of the new address"
    );
    assert_eq!(desk.ids("all"), ids);
    let told = desk.run_at(Some(&day(3)), &["status", "--source", "daily"]).out;
    assert!(told.contains("polled at") && told.contains(": moved to"), "{told}");

    // After a week the old one is asked: first it is dead, then it is back.
    old.set("/rss", Answer::status(404));
    desk.round(&day(11));
    assert_eq!(old.asked().len(), before + 1);
    assert_eq!(line(&desk, &day(11), "daily")["ok"], true, "the new one tells all the same");
    old.set("/rss", document());
    let said = desk.run_at(Some(&day(12)), &["once", "--force"]);
    assert!(said.err.contains("no longer redirects"), "{said:?}");
    assert_eq!(line(&desk, &day(12), "daily")["moved_to"], Value::Null);
    assert_eq!(desk.ids("all"), ids);
    let asked = new.asked().len();
    desk.round(&day(13));
    assert_eq!(new.asked().len(), asked);
    let told = desk.run_at(Some(&day(13)), &["status", "--source", "daily"]).out;
    assert!(told.contains(": back from"), "{told}");
}

#[test]
fn a_detour_is_no_move_and_what_is_written_down_is_no_news() {
    let origin = Origin::start();
    origin.set("/new", Answer::document(RSS, asking("")));
    for (status, path, hop) in [(302, "/a", "/new"), (307, "/b", "/new"), (301, "/c", "/a")] {
        origin.set(path, Answer::status(status).with("location", hop));
    }
    origin.set("/d", Answer::status(308).with("location", "/new"));
    let sources: Vec<(&str, String)> =
        ["a", "b", "c", "d"].map(|key| (key, origin.url(&format!("/{key}")))).into();
    let desk = desk_of(&sources);
    for days in 0..6 {
        desk.round(&day(days));
    }
    for (key, moved) in [("a", false), ("b", false), ("c", false), ("d", true)] {
        assert_eq!(line(&desk, &day(6), key)["moved_to"].is_string(), moved, "{key}");
    }
    // The curator writes it down: nothing is fetched anew, and nothing is new.
    let ids = desk.ids("all");
    desk.configure(&Desk::config(&[("d", origin.url("/new"))], ""));
    let said = desk.run_at(Some(&day(6)), &["once", "--json"]);
    assert_eq!(said.json()[0]["new"], 0, "{said:?}");
    assert_eq!(origin.asked().last().unwrap().answered, 304);
    let of_d: Vec<_> = desk.ids("all");
    assert!(of_d.iter().all(|item| ids.contains(item)));
}

#[test]
fn a_rhythm_is_learned_and_kept_within_bounds() {
    let hourly: Vec<_> = (0..6)
        .map(|hour| support::documents::Item {
            date: format!("Thu, 30 Oct 2025 {:02}:00:00 +0000", hour + 1),
            ..item(hour, &format!("Talks, day {hour}"))
        })
        .collect();
    let origin = Origin::start();
    for key in ["s0", "s1", "s2"] {
        origin.set(&format!("/{key}"), Answer::document(RSS, rss("Daily", &hourly)));
    }
    let sources: Vec<(&str, String)> =
        ["s0", "s1", "s2"].map(|key| (key, origin.url(&format!("/{key}")))).into();
    let config = Desk::config(&sources, "")
        .replace("every = \"15m\"", "every = \"15m\"\njitter = \"0s\"\nadaptive = true")
        .replace("key = \"s1\"", "key = \"s1\"\nmin = \"2h\"")
        .replace("key = \"s2\"", "key = \"s2\"\nadaptive = false");
    let desk = Desk::new(&config);
    desk.run_at(Some(&at(0)), &["once"]);
    let said = desk.run_at(Some(&at(1)), &["status", "--json"]);
    let due = |key: &str| said.line("source", key)["next_due"].as_str().unwrap().to_owned();
    assert!(minutes(&due("s0")) >= 7 * 60 + 30 && minutes(&due("s0")) <= 7 * 60 + 34, "{said:?}");
    assert!(minutes(&due("s1")) >= 9 * 60 && minutes(&due("s1")) <= 9 * 60 + 13, "{said:?}");
    assert_due(&said.line("source", "s2"), &at(15), "schedule");
    assert_eq!(said.line("source", "s0")["due_why"], "rhythm");
    let report = desk.run_at(Some(&at(1)), &["status", "--source", "s0"]).out;
    for words in [
        "1 polls, 0 % unchanged",
        "an answer takes",
        "requests at once",
        "usual gap between entries: 1 h",
    ] {
        assert!(report.contains(words), "{words}: {report}");
    }
}

#[test]
fn a_proxy_is_asked_in_place_of_the_origin_and_opens_no_private_network() {
    let (origin, proxy) = (Origin::start(), Origin::start_at("127.0.0.4"));
    for key in ["s0", "s1", "s2"] {
        origin.set(&format!("/{key}"), Answer::document(RSS, asking("")));
        proxy.set(&format!("/{key}"), Answer::document(RSS, asking("")));
    }
    let sources: Vec<(&str, String)> = vec![
        ("s0", origin.url("/s0")),
        ("s1", origin.url("/s1")),
        ("s2", "http://10.9.8.7/s2".to_owned()),
    ];
    let address = format!("http://desk:pass-word@{}", proxy.address());
    let config = Desk::config(&sources, "")
        .replace("every = \"15m\"", "every = \"15m\"\nproxy = { file = \"proxy.txt\" }")
        .replace("key = \"s1\"", "key = \"s1\"\nproxy = \"off\"");
    let desk = Desk::new(&config);
    std::fs::write(desk.file("proxy.txt"), address).unwrap();
    let said = desk.run_at(Some(&at(0)), &["once"]);
    let paths =
        |origin: &Origin| origin.asked().iter().map(|asked| asked.path.clone()).collect::<Vec<_>>();
    assert_eq!(paths(&proxy), ["/s0"], "{said:?}");
    assert_eq!(paths(&origin), ["/s1"], "{said:?}");
    assert!(proxy.asked()[0].headers.contains_key("proxy-authorization"));
    let lines = desk.run_at(Some(&at(1)), &["status", "--json"]);
    assert_eq!(lines.line("source", "s2")["error"]["class"], "refused-address");
    assert!(!format!("{said:?}{lines:?}").contains("pass-word"));
    // What is no proxy and no certificate is said before anything is asked.
    std::fs::write(desk.file("proxy.txt"), "socks9://x").unwrap();
    assert_eq!(desk.run(&["check"]).code, 2);
    desk.configure("[fetch]\nca_file = \"none.pem\"\nmin = \"2h\"\nmax = \"1h\"\n[[source]]\nurl = \"https://a.example/\"\n");
    let said = desk.run(&["check"]);
    assert!(
        said.code == 2 && said.err.contains("ca_file") && said.err.contains("`min` is 2h"),
        "{said:?}"
    );
}

/// Minutes since the beginning of the day.
fn minutes(time: &str) -> u64 {
    time[11..13].parse::<u64>().unwrap() * 60 + time[14..16].parse::<u64>().unwrap()
}
