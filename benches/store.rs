//! What the store costs: a cold poll of 1,000 sources × 40 entries committed 16 batches at a time, then the questions asked of it.
//!
//! Prints microseconds of CPU (where `/proc` tells) and of wall clock for each piece of work.
#![expect(clippy::print_stdout, reason = "a bench reports to people")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot run should stop")]

use std::collections::BTreeSet;
use std::hint::black_box;
use std::time::Instant;

use tidings::model::due::{Due, Why};
use tidings::model::entry::{Entry, Guid};
use tidings::model::identity::{Identity, digest, fingerprint};
use tidings::model::lang::Lang;
use tidings::model::source::{SourceKey, SourceState, Validators};
use tidings::model::story::{Joined, StoryChange, StoryId};
use tidings::model::text::{Headline, PlainText, SafeHtml};
use tidings::model::time::{Published, Timestamp};
use tidings::model::url::WebUrl;
use tidings::model::verdict::{Evidence, Field, RuleId, TopicName, TopicVerdict, Verdict};
use tidings::store::{Batch, NewEntry, StoryQuery, sqlite};

const SOURCES: usize = 1_000;
const ENTRIES: usize = 40;
const GROUP: usize = 16;
const NOW: i64 = 1_761_804_300;

/// A sequence that only looks random: the same in each run.
struct Sequence(u64);

impl Sequence {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) as usize % limit
    }
}

fn source_key(source: usize) -> SourceKey {
    SourceKey::parse(&format!("source-{source}")).unwrap()
}

/// An entry of about a kilobyte.
fn entry(source: usize, n: usize, sequence: &mut Sequence) -> Entry {
    let text: String = (0..60)
        .map(|_| {
            ["minister ", "talks ", "border ", "trade ", "외교부 ", "summit "][sequence.below(6)]
        })
        .collect();
    let published = Timestamp::from_unix(NOW - sequence.below(14 * 86_400) as i64);
    Entry {
        guid: Guid::new(&format!("https://source-{source}.example/?p={}", 10_000 + n)),
        title: Headline::new(&format!(
            "{source} {n} {}",
            &text[..60.min(text.floor_char_boundary(60))]
        )),
        link: WebUrl::parse(&format!("https://source-{source}.example/2025/10/30/article-{n}")),
        published: Some(published),
        authors: vec![PlainText::new("A. Reporter").unwrap()],
        categories: vec![PlainText::new("World").unwrap()],
        summary_text: PlainText::new(&text),
        summary: Some(SafeHtml::vouched(format!("<p>{text}</p>"))),
        ..Entry::default()
    }
}

fn batches() -> Vec<Batch> {
    let mut sequence = Sequence(7);
    let mut stories: Vec<StoryId> = Vec::new();
    let topics = ["diplomacy", "korea-japan", "chips"].map(|name| TopicName::parse(name).unwrap());
    (0..SOURCES)
        .map(|source| {
            let key = source_key(source);
            let new: Vec<NewEntry> = (0..ENTRIES)
                .map(|n| {
                    let entry = entry(source, n, &mut sequence);
                    let identity =
                        Identity(digest(&[entry.guid.as_ref().unwrap().as_str().as_bytes()]));
                    let change = if sequence.below(8) == 0 && !stories.is_empty() {
                        let story = stories[sequence.below(stories.len())];
                        StoryChange {
                            story,
                            joined: Joined::SameHeadline { key: "a headline folded".to_owned() },
                        }
                    } else {
                        let story = StoryId::founded_by(&key, identity);
                        stories.push(story);
                        StoryChange { story, joined: Joined::Founded }
                    };
                    let verdicts = if sequence.below(4) == 0 {
                        let evidence = Evidence {
                            rule: RuleId::new("topic.diplomacy.any"),
                            field: Field::Title,
                            span: 4..12,
                            term: "minister".into(),
                        };
                        vec![TopicVerdict {
                            topic: topics[sequence.below(3)].clone(),
                            verdict: Verdict::Keep(vec![evidence.clone(), evidence]),
                        }]
                    } else {
                        Vec::new()
                    };
                    NewEntry {
                        identity,
                        fingerprint: fingerprint(&entry),
                        language: Lang::parse("en"),
                        published: Published::of(entry.published, Timestamp::from_unix(NOW)),
                        entry,
                        change,
                        verdicts,
                    }
                })
                .collect();
            Batch {
                source: key,
                state: SourceState {
                    validators: Validators {
                        etag: Some(b"\"0123456789abcdef\"".to_vec()),
                        last_modified: None,
                    },
                    address: format!("https://source-{source}.example/rss.xml"),
                    title: Some(format!("Source {source}")),
                    next_due: Some(Due { at: Timestamp::from_unix(NOW + 900), why: Why::Schedule }),
                    last_polled: Some(Timestamp::from_unix(NOW)),
                    last_success: Some(Timestamp::from_unix(NOW)),
                    polls: 1,
                    bytes: 47_000,
                    ..SourceState::default()
                },
                at: Timestamp::from_unix(NOW),
                listed: Some(new.iter().map(|new| new.identity).collect()),
                new,
                changed: Vec::new(),
                moved: Vec::new(),
            }
        })
        .collect()
}

/// Nanoseconds that this thread has been on a processor.
fn on_cpu() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok()
}

/// Does some work and prints what one of `count` things in it costs.
fn measure<T>(what: &str, count: usize, work: impl FnOnce() -> T) -> T {
    let (cpu, wall) = (on_cpu(), Instant::now());
    let value = black_box(work());
    let wall = wall.elapsed().as_nanos() as f64 / 1e3 / count as f64;
    match on_cpu().zip(cpu) {
        Some((after, before)) => {
            let cpu = (after - before) as f64 / 1e3 / count as f64;
            println!("{what:<58} {count:>6} × {cpu:>8.2} µs CPU {wall:>8.2} µs wall");
        }
        None => println!("{what:<58} {count:>6} × {wall:>8.2} µs wall"),
    }
    value
}

fn main() {
    let batches = batches();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tidings.db");
    let mut store = sqlite::open(&path).unwrap();
    measure("commit a new entry, 16 batches of 40 at a time", SOURCES * ENTRIES, || {
        for group in batches.chunks(GROUP) {
            store.commit(group).unwrap();
        }
    });
    let mut store = measure("close, with the last checkpoint, and open again", 1, || {
        drop(store);
        sqlite::open(&path).unwrap()
    });
    let bytes = std::fs::metadata(&path).unwrap().len();
    println!("{bytes} bytes, {} an entry", bytes / (SOURCES * ENTRIES) as u64);
    let unchanged: Vec<Batch> = batches
        .iter()
        .map(|batch| Batch {
            source: batch.source.clone(),
            state: SourceState { polls: 2, not_modified: 1, ..batch.state.clone() },
            at: Timestamp::from_unix(NOW + 900),
            new: Vec::new(),
            changed: Vec::new(),
            moved: Vec::new(),
            listed: None,
        })
        .collect();
    measure("commit an unchanged poll, 16 at a time", SOURCES, || {
        for group in unchanged.chunks(GROUP) {
            store.commit(group).unwrap();
        }
    });
    measure("known entries of a source of 40", SOURCES, || {
        for batch in &batches {
            assert_eq!(store.known_entries(&batch.source).unwrap().len(), ENTRIES);
        }
    });
    let topic = [TopicName::parse("diplomacy").unwrap()];
    for (what, topics) in [("of a topic", &topic[..]), ("of all", &[])] {
        measure(&format!("one of the 100 newest stories {what}"), 100 * 20, || {
            for _ in 0..20 {
                let query = StoryQuery { topics, since: None, limit: 100 };
                assert_eq!(store.stories(&query).unwrap().len(), 100);
            }
        });
    }
    measure("read an entry back in order", SOURCES * ENTRIES, || {
        let mut count = 0;
        store.each_entry_since(Timestamp::MIN, 1, &mut |_| count += 1).unwrap();
        assert_eq!(count, SOURCES * ENTRIES);
    });
    measure("states of 1,000 sources", 20, || {
        for _ in 0..20 {
            assert_eq!(store.source_states().unwrap().len(), SOURCES);
        }
    });
    measure("find a link among 40,000", 1, || {
        assert_eq!(store.find("http://source-500.example/2025/10/30/article-7/").unwrap().len(), 1);
    });
    measure("prune an entry, all of them", SOURCES * ENTRIES, || {
        let pruned = store.prune(Timestamp::MAX, &BTreeSet::new()).unwrap();
        assert_eq!(pruned.entries, (SOURCES * ENTRIES) as u64);
    });
}
