//! What folding, judging and grouping cost a headline, on one core.
//!
//! The headlines are those of `tests/data/topics` with a number each, so that none is seen twice; the topics are the built-in packs, and fifty of
//! 2,000 made-up terms each in three scripts with a few words that the headlines have.
#![expect(clippy::print_stdout, reason = "a bench reports to people")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot run should stop")]

use std::collections::BTreeSet;
use std::hint::black_box;
use std::time::{Duration, Instant};

use tidings::model::entry::Entry;
use tidings::model::identity::{Identity, digest};
use tidings::model::source::SourceKey;
use tidings::model::story::MemberKey;
use tidings::model::text::{Headline, Normalised};
use tidings::model::time::Timestamp;
use tidings::model::verdict::TopicName;
use tidings::normalise::fold::fold;
use tidings::normalise::{Outlets, normalise};
use tidings::stories::{Candidate, OpenStories, StoryOptions};
use tidings::topics::{PackRef, Subject, TopicSpec, Topics};

const HEADLINES: usize = 200_000;

fn entries() -> Vec<Entry> {
    let titles: Vec<String> = [
        include_str!("../tests/data/topics/en.jsonl"),
        include_str!("../tests/data/topics/ko.jsonl"),
        include_str!("../tests/data/topics/ja.jsonl"),
    ]
    .iter()
    .flat_map(|file| file.lines())
    .map(|line| {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        row["title"].as_str().unwrap().to_owned()
    })
    .collect();
    (0..HEADLINES)
        .map(|number| {
            let title = &titles[number % titles.len()];
            Entry { title: Headline::new(&format!("{title} {number}")), ..Entry::default() }
        })
        .collect()
}

/// Fifty topics with so many terms each.
fn lists(terms: usize) -> Vec<TopicSpec> {
    let syllable = |number: usize, from: u32, count: u32| {
        char::from_u32(from + (number as u32).wrapping_mul(2_654_435_761) % count).unwrap()
    };
    (0..50)
        .map(|topic: usize| {
            let mut any: Vec<String> = ["talks", "회담*", "会談"].map(str::to_owned).into();
            any.extend((any.len()..terms).map(|term| {
                let number = topic * terms + term;
                match number % 3 {
                    0 => format!("word{number:x}"),
                    1 => (0..3).map(|place| syllable(number + place * 7, 0xac00, 11_172)).collect(),
                    _ => (0..2).map(|place| syllable(number + place * 7, 0x4e00, 6_000)).collect(),
                }
            }));
            TopicSpec { any, ..TopicSpec::new(TopicName::parse(&format!("t{topic}")).unwrap()) }
        })
        .collect()
}

/// Fifty rules of forty terms each: alternatives, exclusions, places near each other, fields, and topics that use each other.
fn rules() -> Vec<TopicSpec> {
    let name = |topic: usize| TopicName::parse(&format!("t{topic}")).unwrap();
    lists(34)
        .into_iter()
        .enumerate()
        .map(|(topic, spec)| {
            let words = spec.any.join(" OR ");
            let rule = format!(
                "({words}) AND (korea OR 한국* OR 日本) NOT title:(golf OR 골프*) OR leaders NEAR/6 talks"
            );
            let used = (topic % 5 == 4).then(|| PackRef::Topic(name(topic - 1)));
            TopicSpec {
                match_rule: Some(rule),
                use_packs: used.into_iter().collect(),
                ..TopicSpec::new(name(topic))
            }
        })
        .collect()
}

fn packs() -> Vec<TopicSpec> {
    ["diplomacy", "korea-japan"]
        .map(|name| TopicSpec {
            use_packs: vec![PackRef::BuiltIn(name.to_owned())],
            ..TopicSpec::new(TopicName::parse(name).unwrap())
        })
        .into()
}

fn report(what: &str, took: Duration) {
    let each = took.as_secs_f64() / HEADLINES as f64;
    println!("{what:40} {:7.2} µs a headline  {:9.0} headlines/s", each * 1e6, 1.0 / each);
}

fn main() {
    let entries = entries();
    let outlets = Outlets::new([]);

    let start = Instant::now();
    let normalised: Vec<Normalised> =
        entries.iter().map(|entry| normalise(entry, &outlets)).collect();
    report("fold and key", start.elapsed());

    let source = SourceKey::parse("bench").unwrap();
    let always = BTreeSet::new();
    for (what, specs) in [
        ("packs", packs()),
        ("50 topics, 2,000 terms in all", lists(40)),
        ("50 rules, 2,000 terms in all", rules()),
        ("50 topics of 2,000 terms", lists(2_000)),
    ] {
        let start = Instant::now();
        let topics = Topics::compile(&specs, fold).unwrap();
        println!("{:40} {:7.1} ms", format!("compile {what}"), start.elapsed().as_secs_f64() * 1e3);
        let start = Instant::now();
        let mut kept = 0;
        for (entry, normalised) in entries.iter().zip(&normalised) {
            let subject = Subject {
                normalised,
                entry,
                source: &source,
                language: None,
                always: &always,
                vector: None,
            };
            kept += black_box(topics.judge(&subject)).len();
        }
        report(&format!("judge by {what}"), start.elapsed());
        println!("{:40} {:7.2} verdicts a headline", "", kept as f64 / HEADLINES as f64);
    }

    let sources: Vec<SourceKey> =
        (0..100).map(|number| SourceKey::parse(&format!("s{number}")).unwrap()).collect();
    let mut open = OpenStories::new(StoryOptions::default());
    let start = Instant::now();
    for (number, normalised) in (0u64..).zip(&normalised) {
        open.insert(Candidate {
            key: MemberKey {
                source: sources[number as usize % 100].clone(),
                identity: Identity(digest(&[&number.to_le_bytes()])),
            },
            at: Timestamp::from_unix(i64::try_from(number).unwrap()),
            seen: Timestamp::from_unix(i64::try_from(number).unwrap()),
            url: None,
            headline_key: &normalised.headline_key,
            traits: None,
            vector: None,
            story: None,
        });
        black_box(open.settle());
    }
    report("group by headline", start.elapsed());
    assert_eq!(open.len(), HEADLINES);
}
