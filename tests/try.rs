//! A curator tries a rule before it goes into `feeds.toml`.

#[cfg(test)]
mod support;

use serde_json::json;
use support::at;
use support::desk::{Desk, Said};
use support::documents::{item, rss};
use support::origin::{Answer, Origin};

const RSS: &str = "application/rss+xml";

struct Newsroom {
    _origin: Origin,
    desk: Desk,
}

impl Newsroom {
    fn new(topics: &str) -> Newsroom {
        let origin = Origin::start();
        let mut items = vec![
            item(1, "Budget passes"),
            item(2, "Storm closes ports"),
            item(3, "Talks resume \u{1b}[31m in Seoul"),
            item(4, "한일 정상회담 열린다"),
            item(5, "日韓首脳会談、来週開催へ"),
            item(6, "Old storm remembered"),
        ];
        items[1].summary = "Ferries stay in port while the <b>harbour</b> is closed.".to_owned();
        items[5].date = "Wed, 1 Oct 2025 06:00:00 +0000".to_owned();
        origin.set("/a", Answer::document(RSS, rss("Daily", &items)));
        let desk = Desk::new(&Desk::config(&[("a", origin.url("/a"))], topics));
        let said = desk.run_at(Some(&at(0)), &["once"]);
        assert_eq!(said.code, 0, "{said:?}");
        Newsroom { _origin: origin, desk }
    }

    fn run(&self, args: &[&str]) -> Said {
        self.desk.run_at(Some(&at(30)), &[&["try"][..], args].concat())
    }
}

const TOPICS: &str = "topics = [\"storm\", \"talks\"]\n[topic.storm]\nany = [\"storm\"]\n[topic.talks]\nany = [\"talks\", \"정상회담\"]\n";

#[test]
fn what_matches_is_shown_counted_and_compared() {
    let newsroom = Newsroom::new(TOPICS);
    let said = newsroom.run(&["talks OR 首脳会談 OR harbour", "--topic", "talks"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
    for text in [
        "2025-10-30 06:03  Talks resume [31m in Seoul  – a (en)",
        "2025-10-30 06:05  日韓首脳会談、来週開催へ  – a (ja)",
        "Ferries stay in port while the harbour is closed.",
        "3 of 5 entries of the last 14d match",
        "Thu 2025-10-30      3 ▇",
        "languages: en 2, ja 1",
        "topic `talks` keeps 2 of them all, 1 in common; with this rule in its place it would add 2 and remove 1",
        "+ 日韓首脳会談、来週開催へ  (“首脳会談” in the title (topic.try.match))",
        "- 한일 정상회담 열린다  (kept for “정상회담” in the title (topic.talks.any))",
    ] {
        assert!(said.out.contains(text), "{text} is not in\n{}", said.out);
    }
    assert!(!said.out.contains('\u{1b}'), "{said:?}");
    // Nothing was changed by trying.
    let again = newsroom.desk.run_at(Some(&at(31)), &["check", "--diff", "--max-change", "0"]);
    assert_eq!(again.code, 0, "{again:?}");
}

#[test]
fn the_topic_may_be_named_and_the_time_be_longer() {
    let newsroom = Newsroom::new(TOPICS);
    let said = newsroom.run(&["talks", "--topic", "storm", "--since", "60d", "--json"]);
    assert_eq!(said.code, 0, "{said:?}");
    let lines = said.json();
    let kinds: Vec<&str> = lines.iter().filter_map(|line| line["kind"].as_str()).collect();
    assert_eq!(kinds, ["match", "add", "remove", "remove"]);
    assert_eq!(
        lines[0]["evidence"][0],
        json!({"rule": "topic.try.match", "term": "talks", "field": "title", "span": [0, 5]})
    );
    let whole = lines.last().unwrap();
    assert_eq!((&whole["seen"], &whole["matched"]), (&json!(6), &json!(1)));
    assert_eq!(
        whole["topic"],
        json!({"topic": "storm", "kept": 2, "both": 0, "adds": 1, "removes": 2})
    );
    assert_eq!(
        (&whole["days"], &whole["languages"]),
        (&json!({"2025-10-30": 1}), &json!({"en": 1}))
    );
    // What no topic keeps is compared with none.
    let said = newsroom.run(&["budget"]);
    assert!(said.code == 0 && said.out.contains("no topic keeps any of them"), "{said:?}");
    // Without a name it is the topic that the rule is most like.
    let said = newsroom.run(&["talks OR 정상회담 OR storm", "--json"]);
    assert_eq!(said.json().last().unwrap()["topic"]["topic"], "talks", "{said:?}");
    let said = newsroom.run(&["nothing"]);
    assert!(said.code == 0 && said.out.contains("0 of 5 entries"), "{said:?}");
}

#[test]
fn a_rule_that_cannot_be_read_is_marked() {
    let newsroom = Newsroom::new(TOPICS);
    let check = |rule: &str, place: &str, words: &[&str]| {
        let said = newsroom.run(&[rule]);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{said:?}");
        for word in [&[place][..], words].concat() {
            assert!(said.err.contains(word), "{word} is not in\n{}", said.err);
        }
    };
    check("talks AND (storm", "RULE:1:11", &["not closed", "talks AND (storm"]);
    check("talks AND\n  tittle:x", "RULE:2:3", &["tittle", "help"]);
    check("/[/", "RULE:1:1", &["cannot be read"]);
    check("", "RULE:1:1", &["empty"]);
}

#[test]
fn what_is_missing_is_said() {
    let newsroom = Newsroom::new(TOPICS);
    let check = |desk: &Desk, args: &[&str], code: i32, words: &str| {
        let said = desk.run_at(Some(&at(30)), &[&["try"][..], args].concat());
        assert!(
            said.code == code && (said.err.contains(words) || said.out.contains(words)),
            "{words}: {said:?}"
        );
    };
    check(
        &newsroom.desk,
        &["x", "--topic", "nope"],
        2,
        "there is no topic `nope`; there are `storm`, `talks`",
    );
    check(&newsroom.desk, &["x", "--topic", "no pe"], 2, "there is no topic `no pe`");
    check(&newsroom.desk, &["x", "--since", "soon"], 2, "whole number and a unit");
    check(&newsroom.desk, &["x", "--since", "1m"], 0, "nothing is stored of the last 1m");
    check(&newsroom.desk, &[], 2, "<RULE>");
    let fresh = Desk::new("[[source]]\nurl = \"https://a.example/rss\"\n");
    check(&fresh, &["x"], 1, "there is no store at");
    fresh.configure("[[source]]\nurl = 1\n");
    check(&fresh, &["x"], 2, "`url` takes text");
    std::fs::remove_file(fresh.file("feeds.toml")).unwrap();
    check(&fresh, &["x"], 2, "tidings init");
}

#[test]
fn it_works_beside_a_running_service_and_without_its_secrets() {
    let newsroom = Newsroom::new(TOPICS);
    let config = newsroom.desk.read("feeds.toml");
    newsroom.desk.configure(&config.replace(
        "listen = \"off\"",
        "listen = \"127.0.0.1:0\"\nadmin_token = { env = \"NOWHERE_SET\" }",
    ));
    assert_eq!(newsroom.run(&["talks"]).code, 0);
    newsroom.desk.configure(&config.replace("listen = \"off\"", "listen = \"127.0.0.1:0\""));
    let service = newsroom.desk.serve_at(Some(&at(1)));
    assert_eq!(newsroom.run(&["talks"]).code, 0);
    service.stop();
}
