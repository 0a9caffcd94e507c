//! A curator changes a rule: what `check --diff` says of it is what is published then.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[cfg(test)]
mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use support::desk::{Desk, Said};
use support::documents::{Item, item, rss};
use support::origin::{Answer, Origin};
use support::{at, until};

const RSS: &str = "application/rss+xml";

fn document(items: &[Item]) -> Answer {
    Answer::document(RSS, rss("Daily", items))
}

fn headlines() -> Vec<Item> {
    [
        "Budget passes",
        "Storm closes ports",
        "Talks resume",
        "Potato chips recalled",
        "Chips exports rise",
        "Minister resigns",
        "Storm moves north",
        "Talks on chips stall",
    ]
    .iter()
    .enumerate()
    .map(|(number, title)| item(number + 1, title))
    .collect()
}

/// A desk of two sources, the second of which re-posts a headline of the first, with these topics and feeds.
struct Newsroom {
    origin: Origin,
    desk: Desk,
}

impl Newsroom {
    fn new(rest: &str) -> Newsroom {
        let origin = Origin::start();
        origin.set("/a", document(&headlines()));
        let mut repost = item(3, "Talks resume");
        repost.guid = "b3".to_owned();
        repost.link = "https://b.example/3".to_owned();
        let mut other = item(9, "Harvest is late");
        other.date = "Mon, 20 Oct 2025 06:00:00 +0000".to_owned();
        origin.set("/b", document(&[repost, other]));
        let newsroom = Newsroom { origin, desk: Desk::new("") };
        newsroom.edit(rest);
        let said = newsroom.desk.run_at(Some(&at(0)), &["once"]);
        assert_eq!(said.code, 0, "{said:?}");
        newsroom
    }

    fn edit(&self, rest: &str) {
        let sources = [("a", self.origin.url("/a")), ("b", self.origin.url("/b"))];
        let config = Desk::config(&sources, "");
        let config = config.split("[[feed]]").next().unwrap();
        self.desk.configure(&format!("{config}{rest}"));
    }

    fn run(&self, args: &[&str]) -> Said {
        self.desk.run_at(Some(&at(30)), args)
    }

    /// The ids of what is published in a feed.
    fn published(&self, feed: &str) -> BTreeSet<String> {
        if !self.desk.file(&format!("public/{feed}.json")).exists() {
            return BTreeSet::new();
        }
        let ids = self.desk.ids(feed).into_iter();
        ids.map(|(_, id)| id.trim_start_matches("urn:uuid:").to_owned()).collect()
    }
}

fn feed(topics: &str, more: &str) -> String {
    format!(
        "[[feed]]\nname = \"main\"\ntopics = [{topics}]\nformats = [\"json\", \"rss\"]\n{more}\n"
    )
}

fn topic(name: &str, rules: &str) -> String {
    format!("[topic.{name}]\n{rules}\n")
}

/// The ids that `check --diff --json` says come or go.
fn told(said: &Said, feed: &str, change: &str) -> BTreeSet<String> {
    let lines = said.json();
    let of = lines.iter().filter(|line| line["feed"] == feed && line["change"] == change);
    of.map(|line| line["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_diff_says_is_what_is_published() {
    let before = topic("chips", "any = [\"chips\"]") + &topic("storm", "any = [\"storm\"]");
    let both = "\"chips\", \"storm\"";
    let check = |rest: String, want: (usize, usize)| {
        let newsroom = Newsroom::new(&(before.clone() + &feed(both, "")));
        let old = newsroom.published("main");
        assert_eq!(old.len(), 5);
        newsroom.edit(&rest);
        let files = newsroom.desk.stamps();
        let said = newsroom.run(&["check", "--diff", "--json"]);
        assert_eq!(said.code, 0, "{said:?}");
        assert_eq!(newsroom.desk.stamps(), files, "it only reads");
        let (added, removed) = (told(&said, "main", "added"), told(&said, "main", "removed"));
        assert_eq!((added.len(), removed.len()), want, "{rest}\n{said:?}");
        for line in said.json().iter().filter(|line| line["change"].is_string()) {
            assert!(line["because"].as_str().is_some_and(|why| !why.is_empty()), "{line}");
        }
        let once = newsroom.run(&["once"]);
        assert_eq!(once.code, 0, "{once:?}");
        let new = newsroom.published("main");
        assert_eq!(added, new.difference(&old).cloned().collect(), "{rest}");
        assert_eq!(removed, old.difference(&new).cloned().collect(), "{rest}");
        // In force, it changes nothing any more.
        let again = newsroom.run(&["check", "--diff", "--json", "--max-change", "0%"]);
        assert_eq!(again.code, 0, "{again:?}");
        let line = again.line("feed", "main");
        assert_eq!(
            (&line["before"], &line["added"], &line["removed"]),
            (&json!(new.len()), &json!(0), &json!(0))
        );
    };
    let topics = |chips: &str, storm: &str| topic("chips", chips) + &topic("storm", storm);
    let plain = ("any = [\"chips\"]", "any = [\"storm\"]");
    // The same in other words.
    check(topics("match = \"chips\"", plain.1) + &feed(both, ""), (0, 0));
    // Dropped by a rule, found no more, and newly found.
    check(topics("any = [\"chips\"]\nnone = [\"potato\"]", plain.1) + &feed(both, ""), (0, 1));
    check(topics("any = [\"exports\"]", "any = [\"storm\", \"talks\"]") + &feed(both, ""), (1, 1));
    // Feeds, bounds and what is one item.
    check(topics(plain.0, plain.1) + &feed("\"storm\"", ""), (0, 3));
    check(topics(plain.0, plain.1) + &feed(both, "limit = 2"), (0, 3));
    check(topics(plain.0, plain.1) + &feed(both, "max_age = \"1m\""), (0, 5));
    check(
        topics(plain.0, "any = [\"storm\", \"talks resume\"]") + &feed(both, "merge = \"none\""),
        (2, 0),
    );
    check(topics(plain.0, plain.1) + "[[feed]]\nname = \"main\"\nformats = [\"json\"]\n", (4, 0));
}

#[test]
fn sources_that_go_and_come_back_are_replayed() {
    let rest = topic("talks", "any = [\"talks\", \"harvest\"]") + &feed("\"talks\"", "");
    let newsroom = Newsroom::new(&rest);
    let old = newsroom.published("main");
    assert_eq!(old.len(), 3);
    let all = newsroom.desk.read("feeds.toml");
    let (head, b) = all.split_at(all.find("[[source]]\nkey = \"b\"").unwrap());
    let without = format!("{head}{}", &b[b.find("[topic").unwrap()..]);
    newsroom.desk.configure(&without);
    let said = newsroom.run(&["check", "--diff", "--json"]);
    assert_eq!(told(&said, "main", "removed").len(), 1, "{said:?}");
    assert!(said.out.contains("its sources are no longer configured"), "{said:?}");
    newsroom.run(&["once"]);
    assert_eq!(newsroom.published("main").len(), 2);
    newsroom.desk.configure(&all);
    let said = newsroom.run(&["check", "--diff", "--json"]);
    assert_eq!(told(&said, "main", "added").len(), 1, "{said:?}");
    assert!(said.out.contains("its source is configured now"), "{said:?}");
    newsroom.run(&["once"]);
    assert_eq!(newsroom.published("main"), old);
}

#[test]
fn reasons_are_told_and_a_limit_is_kept() {
    let rest = |rules: &str| topic("chips", rules) + &feed("\"chips\"", "");
    let newsroom = Newsroom::new(&rest("any = [\"chips\"]"));
    newsroom.edit(&rest("any = [\"chips\", \"storm\"]\nnone = [\"potato\"]"));
    let said = newsroom.run(&["check", "--diff"]);
    assert_eq!(said.code, 0, "{said:?}");
    for text in [
        "feed `main`: 3 items, then 4; 2 added, 1 removed, 100 % changed",
        "  + Storm moves north – a news\n      `chips` keeps it for “storm” in the title (topic.chips.any)",
        "  - Potato chips recalled – a news\n      none of its topics keeps it: `chips` drops it for “potato” in the title (topic.chips.none); before: `chips` keeps it for “chips” in the title (topic.chips.any)",
    ] {
        assert!(said.out.contains(text), "{text} is not in\n{}", said.out);
    }
    let check = |limit: &str, code: i32| {
        let said = newsroom.run(&["check", "--diff", "--max-change", limit]);
        assert_eq!(said.code, code, "{limit}: {said:?}");
        assert_eq!(said.err.contains("feed `main` changes by 100 %"), code == 1, "{said:?}");
    };
    check("20%", 1);
    check("99.9", 1);
    check("100%", 0);
    check("250%", 0);
    let said = newsroom.run(&["check", "--diff", "--max-change", "20%", "--json"]);
    assert_eq!(
        (said.code, said.json().pop().unwrap()),
        (1, json!({"ok": false, "max_change": 20.0, "beyond": ["main"]}))
    );
    assert_eq!(said.line("presence", "stays")["beyond"], true);
}

#[test]
fn what_is_older_than_asked_is_left_out() {
    let rest = |rules: &str| topic("x", rules) + &feed("\"x\"", "");
    let newsroom = Newsroom::new(&rest("any = [\"harvest\", \"budget\"]"));
    newsroom.edit(&rest("any = [\"budget\", \"minister\"]"));
    let of = |args: &[&str]| {
        let said = newsroom.run(&[&["check", "--diff", "--json"][..], args].concat());
        let line = said.line("presence", "stays");
        [line["before"].clone(), line["added"].clone(), line["removed"].clone()]
    };
    assert_eq!(of(&[]), [json!(2), json!(1), json!(1)]);
    assert_eq!(of(&["--since", "14d"]), [json!(2), json!(1), json!(1)]);
    assert_eq!(of(&["--since", "7d"]), [json!(1), json!(1), json!(0)]);
    let said = newsroom.run(&["check", "--diff", "--since", "7"]);
    assert!(said.code == 2 && said.err.contains("write a whole number and a unit"), "{said:?}");
    let said = newsroom.run(&["check", "--since", "7d"]);
    assert!(said.code == 2 && said.err.contains("--diff"), "{said:?}");
    let said = newsroom.run(&["check", "--diff", "--max-change", "lots"]);
    assert!(said.code == 2 && said.err.contains("20%"), "{said:?}");
}

#[test]
fn a_term_that_nothing_stored_has_is_noted() {
    let rest = topic("x", "any = [\"storm\", \"strom\"]\nnone = [\"never\"]") + &feed("\"x\"", "");
    let newsroom = Newsroom::new(&rest);
    let said = newsroom.run(&["check"]);
    assert_eq!(said.code, 0, "{said:?}");
    let notes: Vec<&str> = said.err.lines().filter(|line| line.starts_with("note: ")).collect();
    assert_eq!(notes.len(), 1, "{said:?}");
    assert!(
        notes[0].ends_with(": topic `x`: `strom` is in none of the 10 entries stored"),
        "{said:?}"
    );
    let place = notes[0].split(':').nth(2).unwrap().parse::<usize>().unwrap();
    assert!(newsroom.desk.read("feeds.toml").lines().nth(place - 1).unwrap().starts_with("any = "));
}

#[test]
fn feeds_that_come_and_go_are_told() {
    let newsroom = Newsroom::new(&(topic("x", "any = [\"storm\"]") + &feed("\"x\"", "")));
    let other = "[[feed]]\nname = \"other\"\ntopics = [\"x\"]\n";
    newsroom.edit(&(topic("x", "any = [\"storm\"]") + other));
    let said = newsroom.run(&["check", "--diff", "--max-change", "20%"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.out.contains("feed `other` is new: 2 items"), "{said:?}");
    assert!(said.out.contains("feed `main` is gone: 2 items lost"), "{said:?}");
    assert!(
        said.err.contains("feed `main` changes by 100 %") && !said.err.contains("`other`"),
        "{said:?}"
    );
}

#[test]
fn without_a_store_or_a_right_file_it_says_so() {
    let desk = Desk::new("[[source]]\nurl = \"https://a.example/rss\"\n");
    let said = desk.run(&["check", "--diff"]);
    assert!(said.code == 1 && said.err.contains("there is no store at"), "{said:?}");
    desk.configure("[[source]]\nurl = 1\n");
    let said = desk.run(&["check", "--diff"]);
    assert!(said.code == 2 && said.err.contains("`url` takes text"), "{said:?}");
    std::fs::remove_file(desk.file("feeds.toml")).unwrap();
    let said = desk.run(&["check", "--diff"]);
    assert!(said.code == 2 && said.err.contains("tidings init"), "{said:?}");
}

/// A rule that changes while the service runs: more entries than are judged at a time, each of them once.
#[test]
fn a_changed_rule_applies_to_all_that_is_stored_and_ids_stay() {
    let origin = Origin::start();
    let many: Vec<Item> = (0..900)
        .map(|number| {
            let mut item = item(
                number,
                &format!("Report {number} on {}", ["storms", "budgets", "talks"][number % 3]),
            );
            item.date = format!("Wed, 29 Oct 2025 {:02}:{:02}:00 +0000", number / 60, number % 60);
            item
        })
        .collect();
    origin.set("/a", document(&many));
    let with = |term: &str| {
        let rest = topic("x", &format!("any = [\"{term}\"]")) + &feed("\"x\"", "limit = 1000");
        let config = Desk::config(&[("a", origin.url("/a"))], "")
            .replace("listen = \"off\"", "listen = \"127.0.0.1:0\"");
        format!("{}{rest}", config.split("[[feed]]").next().unwrap())
    };
    let desk = Desk::new(&with("storms"));
    let service = desk.serve_at(Some(&at(0)));
    let count = |want: usize| {
        until(&format!("{want} items"), Duration::from_secs(30), || {
            let (status, _, body) = service.get("/feeds/main.json", &[]);
            let feed: Value = serde_json::from_slice(&body).unwrap_or_default();
            (status == 200 && feed["items"].as_array().is_some_and(|items| items.len() == want))
                .then_some(())
        });
        desk.ids("main")
    };
    let storms = count(300);
    assert!(storms.iter().all(|(title, _)| title.contains("storms")));
    // Beside the running service, which has the file in force already, there is nothing left to change.
    std::fs::write(desk.file("next.toml"), with("report")).unwrap();
    let said = desk.run_at(Some(&at(1)), &["--config", "next.toml", "check", "--diff", "--json"]);
    assert_eq!(said.line("presence", "stays")["added"], 600, "{said:?}");
    desk.configure(&with("report"));
    let all = count(900);
    let known: BTreeSet<&(String, String)> = all.iter().collect();
    assert!(storms.iter().all(|storm| known.contains(storm)), "an id has changed");
    desk.configure(&with("storms"));
    assert_eq!(count(300), storms);
    assert_eq!(origin.count("/a"), 1);
    service.stop();
}
