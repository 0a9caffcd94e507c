//! A timer runs `tidings once`: what it polls, what it publishes, what it leaves alone.

#[cfg(test)]
mod support;

use std::time::Duration;

use serde_json::json;
use support::desk::Desk;
use support::documents::{Item, item, rss};
use support::origin::{Answer, Origin};
use support::{at, until};

const RSS: &str = "application/rss+xml";

/// An origin with one document at `/rss`, and a desk with it as its only source.
fn one_source(items: &[Item]) -> (Origin, Desk) {
    let origin = Origin::start();
    origin.set("/rss", Answer::document(RSS, rss("Daily", items)));
    let desk = Desk::of_sources(&[("daily", origin.url("/rss"))]);
    (origin, desk)
}

fn three() -> Vec<Item> {
    vec![item(3, "Storm closes ports"), item(2, "Budget passes"), item(1, "Talks resume")]
}

#[test]
fn the_first_round_publishes_what_the_sources_hold() {
    let origin = Origin::start();
    origin.set(
        "/a",
        Answer::document(RSS, rss("A", &[item(1, "Talks resume"), item(5, "Summit & dinner")])),
    );
    origin.set("/b", Answer::document(RSS, rss("B", &[item(3, "Storm closes ports")])));
    let desk = Desk::of_sources(&[("a", origin.url("/a")), ("b", origin.url("/b"))]);
    let said = desk.run_at(Some(&at(0)), &["once", "--json"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
    let summary = said.json().pop().unwrap();
    let mut keys: Vec<&String> = summary.as_object().unwrap().keys().collect();
    keys.sort();
    assert_eq!(keys, ["failed", "merged", "new", "polled", "published", "seconds"]);
    assert!(summary["seconds"].as_f64().unwrap() > 0.0);
    // Four formats and the list of sources.
    assert_eq!(
        (
            &summary["polled"],
            &summary["failed"],
            &summary["new"],
            &summary["merged"],
            &summary["published"]
        ),
        (&json!(2), &json!(0), &json!(3), &json!(0), &json!(5))
    );
    assert_eq!(desk.titles("all"), ["Summit & dinner", "Storm closes ports", "Talks resume"]);
    let names: Vec<String> = desk.published().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["all.atom", "all.html", "all.json", "all.rss", "sources.opml"]);
    assert!(desk.read("public/all.rss").contains("Summit &amp; dinner"));
    // For people it is one line.
    let said = desk.run_at(Some(&at(1)), &["once"]);
    assert_eq!((said.code, said.out.lines().count()), (0, 1), "{said:?}");
    assert!(said.out.starts_with("0 polled, 0 failed, 0 new"), "{}", said.out);
}

#[test]
fn a_round_with_nothing_new_asks_conditionally_and_touches_nothing() {
    let (origin, desk) = one_source(&three());
    let (etag, modified) = ("W/\"a,b \u{fc}'é\"", "Thu, 30 Oct 2025 06:30:00 GMT");
    origin.set(
        "/rss",
        Answer::bare(RSS, rss("Daily", &three()))
            .with("etag", etag)
            .with("last-modified", modified),
    );
    desk.round(&at(0));
    let before = desk.stamps();
    let store = std::fs::read(desk.file("tidings.db")).unwrap();
    let summary = desk.round(&at(20));
    assert_eq!(origin.asked()[1].answered, 304);
    assert_eq!(origin.asked()[1].headers["if-none-match"].as_bytes(), etag.as_bytes());
    assert_eq!(origin.asked()[1].headers["if-modified-since"], modified);
    assert_eq!(
        (&summary["polled"], &summary["new"], &summary["published"]),
        (&json!(1), &json!(0), &json!(0))
    );
    assert_eq!(desk.stamps(), before);
    assert!(!store.is_empty());
    let line = desk.health("daily");
    assert_eq!(
        (&line["polls"], &line["not_modified"], &line["entries"]),
        (&json!(2), &json!(1), &json!(3))
    );
    // Another day and another process: still the same bytes.
    desk.round("2025-10-31T09:00:00Z");
    assert_eq!(desk.stamps(), before);
}

#[test]
fn a_server_without_validators_costs_no_more_than_the_bytes() {
    let (origin, desk) = one_source(&three());
    origin.set("/rss", Answer::bare(RSS, rss("Daily", &three())));
    desk.round(&at(0));
    let before = desk.stamps();
    let summary = desk.round(&at(20));
    assert_eq!(origin.asked()[1].answered, 200);
    assert_eq!((&summary["new"], &summary["published"]), (&json!(0), &json!(0)));
    assert_eq!(desk.stamps(), before);
}

#[test]
fn new_items_come_in_and_the_others_stay_as_they_are() {
    let (origin, desk) = one_source(&three());
    desk.round(&at(0));
    let before = desk.ids("all");
    let mut items = three();
    items.insert(0, item(4, "Minister resigns"));
    // What scrolled out of the source is still ours.
    items.pop();
    origin.set("/rss", Answer::document(RSS, rss("Daily", &items)));
    let summary = desk.round(&at(20));
    assert_eq!((&summary["new"], &summary["published"]), (&json!(1), &json!(4)));
    assert_eq!(
        desk.titles("all"),
        ["Minister resigns", "Storm closes ports", "Budget passes", "Talks resume"]
    );
    assert_eq!(desk.ids("all")[1..], before[..]);
}

#[test]
fn a_changed_item_updates_and_never_doubles() {
    let (origin, desk) = one_source(&three());
    desk.round(&at(0));
    let id = desk.id("all", "Budget passes");
    let mut items = three();
    items[1].title = "Budget passes after a night of talks".to_owned();
    items[1].summary = "It was close.".to_owned();
    items[1].link = "https://origin.example/story/2/update".to_owned();
    origin.set("/rss", Answer::document(RSS, rss("Daily", &items)));
    let summary = desk.round(&at(20));
    assert_eq!((&summary["new"], &summary["published"]), (&json!(0), &json!(4)));
    assert_eq!(
        desk.titles("all"),
        ["Storm closes ports", "Budget passes after a night of talks", "Talks resume"]
    );
    assert_eq!(desk.id("all", "Budget passes after a night of talks"), id);
    let feed = desk.json_feed("all");
    let changed = feed["items"].as_array().unwrap().iter().find(|item| item["id"] == id).unwrap();
    assert_eq!(changed["url"], "https://origin.example/story/2/update");
    assert_eq!(changed["date_modified"], at(20));
    assert_eq!(changed["date_published"], "2025-10-30T06:02:00Z");
    // And back again: an edit taken back is an edit.
    origin.set("/rss", Answer::document(RSS, rss("Daily", &three())));
    desk.round(&at(40));
    assert_eq!(desk.id("all", "Budget passes"), id);
    assert_eq!(desk.titles("all").len(), 3);
}

/// What a source may answer that is no document of entries.
fn no_feeds() -> Vec<(&'static str, Answer, Option<&'static str>)> {
    let page = "<!doctype html><html><head><title>Sorry</title></head><body>We are back soon</body></html>";
    vec![
        ("server error", Answer::status(500), Some("http-500")),
        ("busy", Answer::status(503).with("retry-after", "60"), Some("http-503")),
        ("not found", Answer::status(404), Some("http-404")),
        ("a page", Answer::bare("text/html", page), Some("web-page")),
        ("a page called a feed", Answer::bare(RSS, page), Some("web-page")),
        ("nothing", Answer::bare(RSS, ""), Some("empty")),
        ("white space", Answer::bare(RSS, " \n "), Some("empty")),
        ("noise", Answer::bare(RSS, vec![0x1f, 0x8b, 0, 255, 3]), Some("not-a-feed")),
        ("a feed without items", Answer::bare(RSS, rss("Daily", &[])), None),
    ]
}

#[test]
fn a_failing_source_never_empties_or_reorders_a_feed() {
    let (origin, other) = (Origin::start(), Origin::start());
    origin.set("/rss", Answer::document(RSS, rss("Daily", &three())));
    other.set(
        "/rss",
        Answer::document(RSS, rss("Other", &[item(11, "Harvest begins"), item(0, "Ferry sold")])),
    );
    let desk = Desk::of_sources(&[("daily", origin.url("/rss")), ("other", other.url("/rss"))]);
    desk.round(&at(0));
    let before = desk.stamps();
    for (minutes, (what, answer, class)) in (1..).zip(no_feeds()) {
        origin.set("/rss", answer);
        let said = desk.run_at(Some(&at(minutes)), &["once", "--force"]);
        assert_eq!(said.code, i32::from(class.is_some()), "{what}: {said:?}");
        assert_eq!(desk.stamps(), before, "{what}");
        let line = desk.health("daily");
        assert_eq!(line["ok"], class.is_none(), "{what}: {line}");
        if let Some(class) = class {
            assert_eq!(line["error"]["class"], class, "{what}: {line}");
            assert_eq!(said.err.lines().count(), 1, "a failing source is one line: {said:?}");
            assert!(said.err.contains("daily"), "{said:?}");
        }
    }
    // It is back, with something new.
    let mut items = three();
    items.insert(0, item(20, "Minister resigns"));
    origin.set("/rss", Answer::document(RSS, rss("Daily", &items)));
    assert_eq!(desk.run_at(Some(&at(50)), &["once", "--force"]).code, 0);
    assert_eq!(desk.titles("all")[0], "Minister resigns");
    assert_eq!(desk.titles("all").len(), 6);
    let line = desk.health("daily");
    assert_eq!(
        (&line["ok"], &line["error"], &line["failures"]),
        (&json!(true), &json!(null), &json!(0))
    );
}

#[test]
fn a_source_that_nobody_answers_for_says_so_in_one_line() {
    let (_origin, desk) = one_source(&three());
    // A port that was ours a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    desk.configure(&Desk::config(&[("daily", format!("http://{free}/rss"))], ""));
    let said = desk.run(&["once"]);
    assert_eq!((said.code, said.err.lines().count()), (1, 1), "{said:?}");
    assert!(said.err.contains("refused"), "{said:?}");
    assert!(said.out.starts_with("1 polled, 1 failed"), "{said:?}");
    // Nothing was ever read: the feeds are there, and empty.
    assert_eq!(desk.titles("all"), Vec::<String>::new());
}

#[test]
fn a_source_that_is_gone_is_left_alone() {
    let (origin, desk) = one_source(&three());
    desk.round(&at(0));
    let before = desk.stamps();
    origin.set("/rss", Answer::status(410));
    assert_eq!(desk.run_at(Some(&at(20)), &["once"]).code, 1);
    assert_eq!(origin.count("/rss"), 2);
    for later in ["2025-10-31T07:00:00Z", "2025-11-29T07:00:00Z"] {
        let said = desk.run_at(Some(later), &["once"]);
        assert_eq!(said.code, 0, "{said:?}");
    }
    assert_eq!(origin.count("/rss"), 2);
    assert_eq!(desk.stamps(), before);
    let line = desk.health("daily");
    assert_eq!(
        (&line["gone"], &line["next_due"], &line["error"]["class"]),
        (&json!(true), &json!(null), &json!("gone"))
    );
    assert!(desk.run(&["status"]).out.contains("gone for good"));
    // Whoever insists is heard, and so is another address.
    origin.set("/rss", Answer::document(RSS, rss("Daily", &three())));
    assert_eq!(desk.run_at(Some("2025-11-29T08:00:00Z"), &["once", "--force"]).code, 0);
    assert_eq!(desk.health("daily")["gone"], false);
}

#[test]
fn a_moved_source_is_another_address_with_the_same_history() {
    let (origin, desk) = one_source(&three());
    desk.round(&at(0));
    let before = desk.ids("all");
    origin.set("/new", Answer::document(RSS, rss("Daily", &three())));
    desk.configure(&Desk::config(&[("daily", origin.url("/new"))], ""));
    // Due at once, and asked without the validators of the old address.
    assert_eq!(desk.run_at(Some(&at(1)), &["once"]).code, 0);
    let asked = origin.asked().pop().unwrap();
    assert_eq!((asked.path.as_str(), asked.answered), ("/new", 200));
    assert_eq!(desk.ids("all"), before);
}

#[test]
fn redirects_are_followed_and_loops_are_not() {
    let origin = Origin::start();
    origin.set("/rss", Answer::document(RSS, rss("Daily", &three())));
    for (from, status, to) in
        [("/a", 301, "/b"), ("/b", 302, "/c"), ("/c", 307, "/d"), ("/d", 308, "rss")]
    {
        origin.set(from, Answer::status(status).with("location", to));
    }
    origin.set("/round", Answer::status(302).with("location", "/round"));
    let desk = Desk::of_sources(&[("daily", origin.url("/a")), ("lost", origin.url("/round"))]);
    assert_eq!(desk.run_at(Some(&at(0)), &["once"]).code, 1);
    assert_eq!(desk.titles("all").len(), 3);
    let status = desk.run(&["status", "--json"]);
    assert_eq!(status.line("source", "daily")["ok"], true);
    assert_eq!(status.line("source", "lost")["error"]["class"], "redirect");
    // The validators are those of the document.
    desk.round(&at(20));
    let asked: Vec<u16> = origin
        .asked()
        .iter()
        .filter(|asked| asked.path == "/rss")
        .map(|asked| asked.answered)
        .collect();
    assert_eq!(asked, [200, 304]);
}

#[test]
fn a_source_that_never_answers_costs_its_time_and_no_more() {
    let (origin, desk) = one_source(&three());
    let slow = Origin::start();
    slow.set("/rss", Answer::document(RSS, rss("Slow", &three())));
    slow.hold("/rss");
    let config = Desk::config(&[("slow", slow.url("/rss")), ("daily", origin.url("/rss"))], "");
    desk.configure(&config.replace("timeout = \"10s\"", "timeout = \"700ms\""));
    let said = desk.run_at(Some(&at(0)), &["once", "--json"]);
    assert_eq!(said.code, 1, "{said:?}");
    let summary = said.json().pop().unwrap();
    assert_eq!((&summary["polled"], &summary["failed"]), (&json!(2), &json!(1)));
    assert!(summary["seconds"].as_f64().unwrap() < 5.0, "{summary}");
    assert_eq!(desk.titles("all").len(), 3);
    assert_eq!(desk.run(&["status", "--json"]).line("source", "slow")["error"]["class"], "timeout");
    slow.release("/rss");
}

#[test]
fn the_same_story_of_two_outlets_is_one_item() {
    let (one, two) = (Origin::start(), Origin::start());
    let mut reposted = item(2, "Storm closes ports");
    reposted.link = "https://two.example/storm".to_owned();
    reposted.guid = "two-1".to_owned();
    let mut same_page = item(3, "Storm: what we know");
    same_page.link = "https://ORIGIN.example/story/9?utm_source=two".to_owned();
    let first = [item(1, "Storm closes ports"), item(9, "Live: the storm")];
    one.set("/rss", Answer::document(RSS, rss("One", &first)));
    two.set(
        "/rss",
        Answer::document(RSS, rss("Two", &[reposted, same_page, item(4, "Something else")])),
    );
    let config = Desk::config(
        &[("one", one.url("/rss")), ("two", two.url("/rss"))],
        "[[feed]]\nname = \"each\"\ntitle = \"Each by itself\"\nmerge = \"none\"\n",
    );
    let desk = Desk::new(&config);
    // One after the other, so that it is known who founds the stories.
    desk.run_at(Some(&at(0)), &["once", "--source", "one"]);
    let before = desk.ids("all");
    let said = desk.run_at(Some(&at(1)), &["once", "--json", "--source", "two"]);
    let summary = said.json().pop().unwrap();
    assert_eq!((&summary["new"], &summary["merged"]), (&json!(3), &json!(2)), "{said:?}");
    assert_eq!(desk.titles("all").len(), 3);
    assert_eq!(desk.titles("each").len(), 5);
    let after: Vec<String> = desk.ids("all").into_iter().map(|(_, id)| id).collect();
    assert!(before.iter().all(|(_, id)| after.contains(id)), "members join, the ids stay");
    for file in ["all.rss", "all.atom", "all.json", "all.html"] {
        let text = desk.read(&format!("public/{file}"));
        assert!(
            text.contains("Also") && text.contains("https://two.example/storm"),
            "{file}: {text}"
        );
    }
    assert!(!desk.read("public/each.rss").contains("Also"));
}

#[test]
fn a_source_that_was_removed_comes_back_with_its_ids() {
    let (origin, desk) = one_source(&three());
    let other = Origin::start();
    other.set("/rss", Answer::document(RSS, rss("Other", &[item(30, "Harvest begins")])));
    let both = Desk::config(&[("daily", origin.url("/rss")), ("other", other.url("/rss"))], "");
    desk.configure(&both);
    desk.round(&at(0));
    let before = desk.published();
    desk.configure(&Desk::config(&[("other", other.url("/rss"))], ""));
    desk.round(&at(20));
    assert_eq!(desk.titles("all"), ["Harvest begins"]);
    desk.configure(&both);
    desk.round(&at(40));
    assert!(before == desk.published());
    let line = desk.health("daily");
    assert_eq!((&line["polls"], &line["entries"]), (&json!(2), &json!(3)));
}

#[test]
fn a_round_polls_what_is_due() {
    let origin = Origin::start();
    for path in ["/a", "/b"] {
        origin.set(path, Answer::document(RSS, rss("Daily", &three())));
    }
    let desk = Desk::of_sources(&[("a", origin.url("/a")), ("b", origin.url("/b"))]);
    let polled = |now: &str, args: &[&str]| {
        let said = desk.run_at(Some(now), &[&["once", "--json"], args].concat());
        said.json().pop().unwrap_or_else(|| panic!("{said:?}"))["polled"].as_u64().unwrap()
    };
    assert_eq!(polled(&at(0), &["--source", "a"]), 1);
    assert_eq!((origin.count("/a"), origin.count("/b")), (1, 0));
    assert_eq!(polled(&at(1), &[]), 1, "only b has not been polled yet");
    assert_eq!(polled(&at(2), &[]), 0);
    assert_eq!(polled(&at(3), &["--force"]), 2);
    assert_eq!(polled(&at(4), &["--force", "--source", "b", "--source", "b"]), 1);
    assert_eq!(polled(&at(17), &[]), 1, "15 minutes after it was forced, a is due again");
    assert_eq!(polled(&at(120), &[]), 2, "missed runs run once");
    for (args, word) in [(["--source", "c"], "c"), (["--source", "a b"], "source key")] {
        let said = desk.run_at(Some(&at(200)), &[&["once"], &args[..]].concat());
        assert_eq!(said.code, 2, "{said:?}");
        assert!(said.err.contains(word), "{said:?}");
    }
    assert_eq!((origin.count("/a"), origin.count("/b")), (4, 4));
}

#[test]
fn a_configuration_with_errors_polls_nothing() {
    let (origin, desk) = one_source(&three());
    desk.configure(&Desk::config(
        &[("daily", origin.url("/rss"))],
        "[[feed]]\nname = \"all\"\ntitel = \"x\"\n",
    ));
    let said = desk.run(&["once"]);
    assert_eq!(said.code, 2, "{said:?}");
    assert!(said.err.contains("titel") && said.err.contains("title"), "{said:?}");
    assert_eq!(origin.asked().len(), 0);
    assert!(!desk.file("public").exists() && !desk.file("tidings.db").exists());
}

#[test]
fn items_leave_by_age_and_entries_by_keep() {
    let origin = Origin::start();
    origin.set("/rss", Answer::document(RSS, rss("Daily", &three())));
    let config = Desk::config(
        &[("daily", origin.url("/rss"))],
        "[[feed]]\nname = \"young\"\ntitle = \"Young\"\nmax_age = \"2d\"\n",
    );
    let desk = Desk::new(&format!("{config}[store]\nkeep = \"20d\"\n"));
    desk.round(&at(0));
    assert_eq!((desk.titles("all").len(), desk.titles("young").len()), (3, 3));
    let ids = desk.ids("all");
    // Item 1 is of 06:01; two days later it is too old, the others not yet.
    desk.round("2025-11-01T06:01:30Z");
    assert_eq!((desk.titles("all").len(), desk.titles("young").len()), (3, 2));
    desk.round("2025-11-02T08:00:00Z");
    assert_eq!((desk.titles("all").len(), desk.titles("young").len()), (3, 0));
    // The source lists two of them still: those are never forgotten, or they would come back as news.
    origin.set("/rss", Answer::document(RSS, rss("Daily", &three()[..2])));
    desk.round("2025-11-02T09:00:00Z");
    let line = || desk.health("daily")["entries"].clone();
    assert_eq!(line(), 3);
    desk.round("2025-12-24T08:00:00Z");
    desk.round("2025-12-24T09:00:00Z");
    assert_eq!(line(), 2);
    assert_eq!(desk.ids("all"), ids[..2]);
}

#[test]
fn an_undated_item_is_dated_once() {
    let origin = Origin::start();
    let undated = rss("Daily", &[item(1, "Talks resume")]).replace("pubDate", "noDate");
    origin.set("/rss", Answer::document(RSS, undated.clone()));
    let desk = Desk::of_sources(&[("daily", origin.url("/rss"))]);
    desk.round(&at(0));
    let before = desk.stamps();
    assert_eq!(desk.json_feed("all")["items"][0]["date_published"], at(0));
    origin.set("/rss", Answer::document(RSS, format!("{undated}<!-- built anew -->")));
    desk.round(&at(60));
    assert_eq!(origin.asked()[1].answered, 200);
    assert_eq!(desk.stamps(), before);
}

#[test]
fn a_directory_that_cannot_be_written_is_said_and_mended() {
    let (_origin, desk) = one_source(&three());
    std::fs::write(desk.file("public"), "in the way").unwrap();
    let said = desk.run_at(Some(&at(0)), &["once"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains("public"), "{said:?}");
    assert!(said.out.contains("could not be written"), "{said:?}");
    let status = desk.run(&["status"]);
    assert_eq!(status.code, 1, "{status:?}");
    assert!(status.err.contains("could be published"), "{status:?}");
    // What was polled is kept all the same, and comes out once the way is free.
    std::fs::remove_file(desk.file("public")).unwrap();
    let said = desk.run_at(Some(&at(1)), &["once"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(desk.titles("all").len(), 3);
    assert_eq!(desk.run(&["status"]).code, 0);
}

#[test]
fn documents_of_a_lost_store_are_not_emptied() {
    let (origin, desk) = one_source(&three());
    desk.round(&at(0));
    let before = desk.published();
    for file in ["tidings.db", "tidings.db-wal", "tidings.db-shm"] {
        let _ = std::fs::remove_file(desk.file(file));
    }
    origin.set("/rss", Answer::status(500));
    assert_eq!(desk.run_at(Some(&at(20)), &["once"]).code, 1);
    let feeds = |documents: Vec<(String, Vec<u8>)>| {
        documents.into_iter().filter(|(name, _)| name.starts_with("all")).collect::<Vec<_>>()
    };
    assert_eq!(feeds(desk.published()), feeds(before));
    // The source is back: the same stories under the same ids.
    origin.set("/rss", Answer::document(RSS, rss("Daily", &three())));
    let before: Vec<_> = desk.ids("all");
    desk.round(&at(40));
    assert_eq!(desk.ids("all"), before);
}

#[test]
fn a_round_that_is_killed_loses_nothing_and_doubles_nothing() {
    const SOURCES: usize = 24;
    let origin = Origin::start();
    let mut sources = Vec::new();
    for number in 0..SOURCES {
        let items: Vec<Item> = (0..20)
            .map(|part| item(number * 100 + part, &format!("Headline {part} of {number}")))
            .collect();
        origin.set(&format!("/{number}"), Answer::document(RSS, rss("S", &items)));
        sources.push((format!("s{number}"), origin.url(&format!("/{number}"))));
    }
    let sources: Vec<(&str, String)> =
        sources.iter().map(|(key, url)| (key.as_str(), url.clone())).collect();
    let config = Desk::config(&sources, "limit = 1000\nmerge = \"none\"\n");
    let whole = Desk::new(&config);
    whole.round(&at(0));

    let broken = Desk::new(&config);
    // The last source hangs, so that the round is still under way when it is killed.
    origin.hold("/23");
    let mut child = broken.command(&["once"]).env("TIDINGS_NOW", at(0)).spawn().unwrap();
    until("most of the round is stored", Duration::from_secs(20), || {
        let status = broken.run(&["status", "--json"]);
        let polled = status.json().iter().filter(|line| line["polls"] == 1).count();
        (polled > 3).then_some(())
    });
    child.kill().unwrap();
    child.wait().unwrap();
    origin.release("/23");
    let asked_before = origin.asked().len();
    let said = broken.run_at(Some(&at(1)), &["once"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(origin.asked().len() - asked_before < SOURCES, "what was stored is not due again");
    let (mut ours, mut theirs) = (broken.ids("all"), whole.ids("all"));
    ours.sort();
    theirs.sort();
    assert_eq!(ours.len(), SOURCES * 20);
    assert_eq!(ours, theirs);
}

#[test]
fn a_stopped_round_keeps_and_publishes_what_it_has() {
    let (origin, desk) = one_source(&three());
    let slow = Origin::start();
    slow.set("/rss", Answer::document(RSS, rss("Slow", &[item(40, "Late news")])));
    slow.hold("/rss");
    desk.configure(&Desk::config(&[("daily", origin.url("/rss")), ("slow", slow.url("/rss"))], ""));
    let child = desk
        .command(&["once"])
        .env("TIDINGS_NOW", at(0))
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    slow.wait_for("/rss", 1, Duration::from_secs(20));
    assert!(
        std::process::Command::new("kill")
            .args(["-TERM", &child.id().to_string()])
            .status()
            .unwrap()
            .success()
    );
    until("the signal is heard", Duration::from_secs(10), || {
        let status = desk.run(&["status", "--json"]);
        (status.line("source", "daily")["polls"] == 1).then_some(())
    });
    slow.release("/rss");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("2 polled"));
    assert_eq!(desk.titles("all").len(), 4);
}
