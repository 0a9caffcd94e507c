//! What is published, as validators see it: RELAX NG for Atom (RFC 4287, Appendix B), JSON Schema for JSON Feed, the rules of the RSS Advisory Board and
//! of the W3C's validator for RSS; and the chain of archives, as feedparser reads it.

#[cfg(test)]
mod support;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use support::desk::Desk;
use support::documents::{item, rss};
use support::origin::{Answer, Origin};
use support::python::Python;

/// Entries with all that an entry may have, and with what formats trip over.
const RICH: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/" xmlns:content="http://purl.org/rss/1.0/modules/content/">
<channel><title>Rich &amp; famous</title><link>https://rich.example/</link><description>d</description><language>ar</language>
<item><title>قمة في كيونغجو: Lee &amp; 高市 «3 &lt; 5»</title><link>https://rich.example/1?a=1&amp;b=2</link><guid>https://rich.example/1</guid>
<pubDate>Thu, 30 Oct 2025 06:05:00 +0000</pubDate><dc:creator>سارة &lt;sara@rich.example&gt;</dc:creator><category>سياسة</category>
<description>&lt;p dir="rtl"&gt;نص &lt;a href="/relative"&gt;link&lt;/a&gt; &lt;script&gt;x&lt;/script&gt;&lt;/p&gt;</description>
<content:encoded>&lt;p&gt;النص الكامل&lt;/p&gt;&lt;img src="//img.example/x.jpg"&gt;</content:encoded>
<media:content url="https://img.example/1.jpg?w=1&amp;h=2" medium="image" type="image/jpeg"><media:description>صورة &amp; caption</media:description><media:credit>AFP</media:credit></media:content>
<enclosure url="https://media.example/1.mp3" type="audio/mpeg" length="12"/></item>
<item><title>&lt;b&gt;Bold&lt;/b&gt; claims ]]&gt; denied</title><link>https://rich.example/2</link><guid isPermaLink="false">2</guid>
<pubDate>Wed, 29 Oct 2025 06:05:00 +0900</pubDate><description>5 &lt; 6 &amp;amp; 7</description></item>
<item><link>https://rich.example/3</link><guid isPermaLink="false">3</guid><description>Nothing but a summary, which is long enough to be told in a headline of its own and longer.</description></item>
</channel></rss>"#;

/// A desk that publishes the rich and a plain source, in which months are over; at the time of the last round.
fn desk() -> (Origin, Desk) {
    let origin = Origin::start();
    origin.set("/rich", Answer::document("application/rss+xml", RICH));
    let plain: Vec<_> =
        (1..=9).map(|number| item(number, &format!("Plain number {number}"))).collect();
    origin.set("/plain", Answer::document("application/rss+xml", rss("Plain", &plain)));
    let desk = Desk::new(&Desk::config(
        &[("rich", origin.url("/rich")), ("plain", origin.url("/plain"))],
        "limit = 6\n[[feed]]\nname = \"none\"\ntopics = [\"no\"]\n[topic.no]\nany = [\"nowhere\"]\n",
    ));
    assert_eq!(desk.run_at(Some("2025-10-30T09:00:00Z"), &["once"]).code, 0);
    assert_eq!(desk.run_at(Some("2025-11-02T09:00:00Z"), &["once", "--force"]).code, 0);
    (origin, desk)
}

#[test]
fn all_that_is_published_is_valid() {
    let Some(python) = Python::with(&["lxml", "jsonschema"]) else { return };
    let (_origin, desk) = desk();
    let published = desk.published();
    assert!(published.iter().any(|(name, _)| name == "all/archive/2025-10.atom"));
    python.validate(&desk.file("public"));
    // And the validators see faults.
    for (name, from, to) in [
        ("all.atom", "<updated>", "<updated>yesterday, "),
        ("all.atom", "<entry", "<item/><entry"),
        ("all.json", "\"date_published\": \"", "\"date_published\": \"on "),
        ("all.rss", "<pubDate>", "<pubDate>on "),
        ("all.rss", "isPermaLink=\"false\"", "isPermaLink=\"true\""),
        ("sources.opml", "xmlUrl=\"http", "xmlUrl=\"ftp"),
    ] {
        let wrong = tempfile::tempdir().unwrap();
        let document = desk.read(&format!("public/{name}"));
        assert!(document.contains(from), "{name}");
        std::fs::write(wrong.path().join(name), document.replacen(from, to, 1)).unwrap();
        assert!(!python.finds_no_fault(wrong.path()), "{name}: {to}");
    }
}

#[test]
fn feedparser_follows_the_chain_to_its_end_and_counts_every_story_once() {
    let Some(python) = Python::with(&["feedparser"]) else { return };
    let (_origin, desk) = desk();
    desk.configure(&desk.read("feeds.toml").replace("\"off\"", "\"127.0.0.1:0\""));
    let service = desk.serve_at(Some("2025-11-02T10:00:00Z"));
    // Where the desk says that it is, nobody is: the links are followed where it really is.
    let base = service.base();
    for extension in ["rss", "atom"] {
        let mut ids: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut url = Some(format!("{}/feeds/all.{extension}", base.trim_end_matches('/')));
        let mut documents = 0;
        while let Some(here) = url {
            let document = &python.follow(&here)[0];
            documents += 1;
            for entry in document["entries"].as_array().unwrap() {
                let text = |key: &str| entry[key].as_str().unwrap().to_owned();
                ids.entry(text("id")).or_default().insert(text("title"));
                assert!(
                    ["Rich & famous", "rich news", "plain news"].contains(&text("source").as_str()),
                    "{entry}"
                );
            }
            let previous = document["links"]["prev-archive"].as_str();
            url = previous.map(|url| {
                let (_, path) = url.split_once("/feeds/").unwrap();
                format!("{}/feeds/{path}", base.trim_end_matches('/'))
            });
        }
        assert!(documents >= 2);
        assert_eq!(ids.len(), 12, "{ids:?}");
        assert!(ids.values().all(|titles| titles.len() == 1));
        let rich: Vec<Value> = python.follow(&format!(
            "{}/feeds/all/archive/2025-10.{extension}",
            base.trim_end_matches('/')
        ));
        let entries = rich[0]["entries"].as_array().unwrap();
        let summit =
            entries.iter().find(|entry| entry["link"] == "https://rich.example/1?a=1&b=2").unwrap();
        assert_eq!(summit["title"], "قمة في كيونغجو: Lee & 高市 «3 < 5»");
        assert_eq!(summit["media"][0], "https://img.example/1.jpg?w=1&h=2");
        assert_eq!(summit["date"], 1_761_804_300);
        assert!(summit["authors"][0].as_str().unwrap().contains("سارة"), "{summit}");
    }
    service.stop();
}
