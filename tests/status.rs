//! Someone asks how things stand, and why an item is where it is.

#[cfg(test)]
mod support;

use serde_json::{Value, json};
use support::at;
use support::desk::Desk;
use support::documents::{item, rss};
use support::origin::{Answer, Origin};

const RSS: &str = "application/rss+xml";

const TOPICS: &str = "topics = [\"ports\"]\n[topic.ports]\nany = [\"ports\"]\nnone = [\"budget\"]\n[[feed]]\nname = \"each\"\ntitle = \"Each\"\nmerge = \"none\"\nlimit = 2\n";

/// A desk after one round: `good` with three entries, one of them a story it shares with `other`; `bad` does not answer.
fn desk() -> (Origin, Desk) {
    let origin = Origin::start();
    let mut shared = item(7, "Storm closes ports");
    shared.link = "https://other.example/storm?a=1".to_owned();
    shared.guid = "other-7".to_owned();
    let mine =
        [item(3, "Storm closes ports"), item(2, "Budget of ports passes"), item(1, "Talks resume")];
    origin.set("/good", Answer::document(RSS, rss("Good", &mine)));
    origin.set("/other", Answer::document(RSS, rss("Other", &[shared])));
    let sources = [
        ("good", origin.url("/good")),
        ("other", origin.url("/other")),
        ("bad", origin.url("/bad")),
    ];
    let desk = Desk::new(&Desk::config(&sources, TOPICS));
    desk.run_at(Some(&at(0)), &["once", "--source", "good"]);
    desk.run_at(Some(&at(0)), &["once"]);
    (origin, desk)
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().map(|object| object.keys().map(String::as_str).collect()).unwrap_or_default()
}

#[test]
fn status_is_a_line_a_source_and_a_line_a_feed() {
    let (origin, desk) = desk();
    let said = desk.run_at(Some(&at(5)), &["status", "--json"]);
    assert_eq!(said.code, 1, "a source is failing: {said:?}");
    let lines = said.json();
    let names: Vec<&str> =
        lines.iter().filter_map(|line| line["source"].as_str().or(line["feed"].as_str())).collect();
    assert_eq!(names, ["good", "other", "bad", "all", "each"], "as they are configured");
    let (good, bad, all) = (&lines[0], &lines[2], &lines[3]);
    for key in [
        "source",
        "url",
        "ok",
        "error",
        "entries",
        "kept",
        "last_success",
        "next_due",
        "polls",
        "not_modified",
        "bytes",
    ] {
        assert!(keys(good).contains(&key) && keys(bad).contains(&key), "{key}: {good} {bad}");
    }
    for key in ["feed", "items", "updated", "artifacts"] {
        assert!(keys(all).contains(&key), "{key}: {all}");
    }
    assert_eq!(
        (&good["ok"], &good["error"], &good["entries"], &good["kept"]),
        (&json!(true), &Value::Null, &json!(3), &json!(1))
    );
    assert_eq!(
        (&good["url"], &good["polls"], &good["not_modified"]),
        (&json!(origin.url("/good")), &json!(1), &json!(0))
    );
    assert_eq!(good["last_success"], at(0));
    assert!(
        good["next_due"].as_str() > Some(&at(14)) && good["bytes"].as_u64() > Some(500),
        "{good}"
    );
    assert_eq!(
        (&bad["ok"], &bad["error"]["class"], &bad["last_success"]),
        (&json!(false), &json!("http-404"), &Value::Null)
    );
    assert!(
        bad["error"]["message"].as_str().is_some_and(|message| message.contains("404")),
        "{bad}"
    );
    assert_eq!((&all["items"], &all["updated"]), (&json!(1), &json!(at(0))));
    assert_eq!(all["artifacts"].as_array().map(Vec::len), Some(4));
    assert_eq!(lines[4]["items"], 2);
}

#[test]
fn status_is_a_table_for_people() {
    let (_origin, desk) = desk();
    let said = desk.run_at(Some(&at(5)), &["status"]);
    for word in ["good", "5 min ago", "in 1", "404", "never", "all.rss"] {
        assert!(said.out.contains(word), "{word}: {}", said.out);
    }
    assert!(!said.out.contains('\u{1b}'), "no colours where no terminal is");
    let one = desk.run_at(Some(&at(5)), &["status", "--source", "bad"]);
    assert!(
        one.out.contains("404") && one.out.contains("failing since") && !one.out.contains("good"),
        "{one:?}"
    );
    let none = desk.run(&["status", "--source", "bda"]);
    assert_eq!(none.code, 2);
    assert!(none.err.contains("bda"), "{none:?}");
}

#[test]
fn before_the_first_poll_everything_is_due() {
    let desk = Desk::of_sources(&[("daily", "http://127.0.0.1:9/rss".to_owned())]);
    let said = desk.run(&["status", "--json"]);
    assert_eq!(said.code, 0, "{said:?}");
    let line = said.line("source", "daily");
    assert_eq!(
        (&line["ok"], &line["polls"], &line["entries"]),
        (&json!(true), &json!(0), &json!(0))
    );
    assert!(desk.run(&["status"]).out.contains("not polled yet"));
    assert!(!desk.file("tidings.db").exists(), "looking makes nothing");
}

#[test]
fn with_errors_in_the_file_the_store_still_tells() {
    let (_origin, desk) = desk();
    for broken in [
        "[store]\npath = \"tidings.db\"\n[[source]]\nurll = \"x\"\n",
        "no toml [",
        "[store]\npath = 5\n",
    ] {
        desk.configure(broken);
        let said = desk.run(&["status", "--json"]);
        assert_eq!(said.code, 1, "{said:?}");
        assert_eq!(said.line("source", "good")["entries"], 3);
        assert!(
            said.err.contains("feeds.toml") && said.err.contains("last good configuration"),
            "{said:?}"
        );
    }
    // Where there is no store, the errors are all there is to say.
    desk.configure("[store]\npath = \"elsewhere.db\"\n[[source]]\nurll = \"x\"\n");
    let said = desk.run(&["status"]);
    assert_eq!((said.code, said.out.as_str()), (2, ""), "{said:?}");
    assert!(said.err.contains("urll"), "{said:?}");
}

#[test]
fn explain_finds_a_story_by_any_of_its_names() {
    let (_origin, desk) = desk();
    let id = desk.id("all", "Storm closes ports");
    let bare = id.trim_start_matches("urn:uuid:");
    let by_link = desk.run(&["explain", "--json", "https://origin.example/story/3"]).json();
    let entry = by_link[0]["members"][0]["entry"].to_string();
    let names = [
        id.as_str(),
        bare,
        &entry,
        "tag:origin.example,2025:3",
        "other-7",
        "https://origin.example/story/3",
        "https://ORIGIN.example/story/3?utm_source=x#top",
        "https://other.example/storm?a=1",
    ];
    for name in names {
        let said = desk.run(&["explain", "--json", name]);
        assert_eq!(said.code, 0, "{name}: {said:?}");
        let stories = said.json();
        assert_eq!(
            (stories.len(), stories[0]["story"].as_str()),
            (1, Some(bare)),
            "{name}: {said:?}"
        );
    }
}

#[test]
fn explain_says_why() {
    let (_origin, desk) = desk();
    let story = desk.run(&["explain", "--json", "other-7"]).json().remove(0);
    assert_eq!(story["feeds"], json!(["all", "each"]));
    let members = story["members"].as_array().map(Vec::as_slice).unwrap_or_default();
    assert_eq!(members.len(), 2);
    let (first, second) = (&members[0], &members[1]);
    assert_eq!(
        (&first["source"], &first["leads"], &first["joined"]["rule"]),
        (&json!("good"), &json!(true), &json!("story.founded"))
    );
    assert_eq!(
        (&second["source"], &second["leads"], &second["joined"]["rule"]),
        (&json!("other"), &json!(false), &json!("story.same-headline"))
    );
    let verdict = &first["verdicts"][0];
    assert_eq!((&verdict["topic"], &verdict["verdict"]), (&json!("ports"), &json!("keep")));
    let evidence = &verdict["evidence"][0];
    assert_eq!(
        (&evidence["field"], &evidence["span"], &evidence["term"]),
        (&json!("title"), &json!([13, 18]), &json!("ports"))
    );
    let text = desk.run(&["explain", "other-7"]).out;
    for part in
        ["kept by topic `ports`", "found as `ports` in the title", "same-headline", "in feed `all`"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    // One that was dropped, one that no rule spoke of, and one that fell off the end.
    let dropped = desk.run(&["explain", "tag:origin.example,2025:2"]).out;
    assert!(
        dropped.contains("dropped by topic `ports`") && dropped.contains("`budget`"),
        "{dropped}"
    );
    let silent = desk.run(&["explain", "tag:origin.example,2025:1"]).out;
    assert!(
        silent.contains("no topic has a rule that speaks of it")
            && silent.contains("not in feed `all`"),
        "{silent}"
    );
    assert!(silent.contains("not in feed `each`: newer items fill its `limit`"), "{silent}");
}

#[test]
fn explain_says_when_nothing_is_known() {
    let (_origin, desk) = desk();
    let said = desk.run(&["explain", "https://nowhere.example/"]);
    assert_eq!((said.code, said.out.as_str()), (1, ""), "{said:?}");
    assert!(said.err.contains("nothing is known"), "{said:?}");
    let fresh = Desk::of_sources(&[]);
    let said = fresh.run(&["explain", "x"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains("tidings.db"), "{said:?}");
}
