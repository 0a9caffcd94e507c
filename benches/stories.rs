//! How fast stories are recognised: the rungs of text, and the whole ladder at 1,000 and at 100,000 open headlines.
//!
//! `cargo bench --bench stories`; TIDINGS_BENCH_QUICK=1 makes it small.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench is read at a desk")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use tidings::gazetteer::gazetteer;
use tidings::model::identity::{Identity, digest};
use tidings::model::source::SourceKey;
use tidings::model::story::MemberKey;
use tidings::model::time::Timestamp;
use tidings::normalise::Outlets;
use tidings::normalise::fold::fold;
use tidings::normalise::suffix::{bare_headline, headline_key};
use tidings::stories::traits::StoryText;
use tidings::stories::{Candidate, OpenStories, StoryOptions, Traits};

/// Parts of headlines; each headline takes one of each.
const WHO: [&str; 12] = [
    "South Korea's Lee",
    "Japan's Takaichi",
    "Trump",
    "Putin",
    "이 대통령,",
    "다카이치 총리,",
    "시진핑 주석,",
    "トランプ大統領、",
    "高市首相、",
    "韓国の李大統領、",
    "The European Union",
    "NATO",
];
const WHAT: [&str; 12] = [
    "agrees to resume talks on",
    "rejects sanctions over",
    "warns of tariffs on",
    "visits the site of",
    "정상회담서 합의한",
    "제재를 비판하며",
    "협상을 재개하고",
    "首脳会談で合意した",
    "制裁を批判した",
    "交渉を再開へ",
    "delays the vote on",
    "presses allies over",
];
const WHICH: [&str; 14] = [
    "semiconductors",
    "rice imports",
    "the Kaesong site",
    "a gas pipeline",
    "반도체 공급망",
    "쌀 수입",
    "원전 수출",
    "半導体",
    "米の輸入",
    "原発の再稼働",
    "fishing grounds",
    "a hostage deal",
    "미사일 방어",
    "ミサイル防衛",
];

fn headline(number: usize) -> String {
    let of = |list: &[&'static str], salt: u8| {
        let [a, b, ..] = digest(&[&number.to_le_bytes(), &[salt]]);
        list[usize::from(u16::from_le_bytes([a, b])) % list.len()]
    };
    format!("{} {} {} in case {}", of(&WHO, 0), of(&WHAT, 1), of(&WHICH, 2), number / 3)
}

fn main() {
    let quick = std::env::var_os("TIDINGS_BENCH_QUICK").is_some();
    let (few, many) = if quick { (200, 2_000) } else { (1_000, 100_000) };
    let outlets = Outlets::new([]);
    let headlines: Vec<String> = (0..many + few).map(headline).collect();

    let start = Instant::now();
    let keys: Vec<String> = headlines
        .iter()
        .map(|headline| headline_key(fold(headline).text(), &outlets, None))
        .collect();
    report("fold and reduce", headlines.len(), start.elapsed());

    let start = Instant::now();
    let mut open = OpenStories::new(StoryOptions::default());
    for (number, key) in keys.iter().enumerate().take(many) {
        open.insert(candidate(number, key, None));
    }
    black_box(open.settle());
    report("rungs of text", many, start.elapsed());

    black_box(gazetteer());
    let start = Instant::now();
    let traits: Vec<Traits> = headlines
        .iter()
        .map(|headline| {
            let folded = fold(headline);
            let bare = bare_headline(folded.text(), &outlets, None);
            let text = StoryText { headline, bare: &bare, summary: "" };
            Traits::of(&text, gazetteer())
        })
        .collect();
    report("what headlines speak of", headlines.len(), start.elapsed());
    let bytes: usize = traits.iter().map(Traits::heap_bytes).sum();
    println!("{:40} {:7} bytes a headline", "", bytes / traits.len() + size_of::<Traits>());

    for open_headlines in [few, many] {
        let mut open = OpenStories::new(StoryOptions::default());
        let start = Instant::now();
        for number in 0..open_headlines {
            open.insert(candidate(number, &keys[number], Some(traits[number].clone())));
        }
        black_box(open.settle());
        report(
            &format!("fill up to {open_headlines} open headlines"),
            open_headlines,
            start.elapsed(),
        );
        let start = Instant::now();
        for number in many..many + few {
            open.insert(candidate(number, &keys[number], Some(traits[number].clone())));
            black_box(open.settle());
        }
        report(&format!("one more at {open_headlines} open headlines"), few, start.elapsed());
    }
}

fn candidate(number: usize, key: &str, traits: Option<Traits>) -> Candidate<'_> {
    Candidate {
        key: MemberKey {
            source: SourceKey::parse(&format!("s{}", number % 500)).unwrap(),
            identity: Identity(digest(&[&number.to_le_bytes()])),
        },
        at: Timestamp::from_unix(1_770_000_000 + i64::try_from(number % 200_000).unwrap()),
        seen: Timestamp::from_unix(1_770_000_000 + i64::try_from(number % 200_000).unwrap()),
        url: None,
        headline_key: key,
        traits,
        vector: None,
        story: None,
    }
}

fn report(what: &str, count: usize, took: Duration) {
    let each = took.as_secs_f64() / count as f64;
    println!("{what:40} {:7.2} µs a headline, {:9.0} headlines/s", each * 1e6, 1.0 / each);
}
