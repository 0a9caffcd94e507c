//! How well the packs know their topics: precision, recall and F1 on labelled headlines, with and without the summary, beside two plain lists of
//! words. The floors stand a little below what was measured; the table of `docs/topics.md` is written by `TIDINGS_BLESS=1 cargo test --test topics`.
//!
//! `tests/data/topics` holds headlines of our own wording; its folder `blind` was written before the packs were widened and nobody looks at what
//! fails there. The real headlines lie beside the repository (`../shared/eval`, or `eval` in `TIDINGS_SHARED`); where they are not, the test says
//! that it skips them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot go on should stop"
)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tidings::run::meaning::Judge;
use tidings::run::measure::{self, Counts, Table};

const LANGUAGES: [&str; 3] = ["en", "ko", "ja"];
const TOPICS: [&str; 2] = ["diplomacy", "korea-japan"];
const BEGIN: &str = "<!-- measured: begin -->\n";
/// How far a figure may move before the table must be written anew: names of people come and go.
const TOLERANCE: f64 = 0.03;
const END: &str = "<!-- measured: end -->\n";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The headlines of a folder of `tests/data/topics`, in all languages.
fn headlines(folder: &str) -> String {
    let folder = root().join("tests/data/topics").join(folder);
    LANGUAGES.iter().map(|lang| text(&folder.join(format!("{lang}.jsonl")))).collect()
}

/// The real headlines beside the repository.
fn real() -> Option<String> {
    let shared =
        std::env::var_os("TIDINGS_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    let path = shared.join("eval/topic/dev.jsonl");
    if !path.is_file() {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    }
    Some(text(&path))
}

/// The same lines without their summaries.
fn titles_only(lines: &str) -> String {
    lines.lines().fold(String::new(), |mut out, line| {
        let mut row: Value = serde_json::from_str(line).unwrap();
        row.as_object_mut().unwrap().remove("summary");
        writeln!(out, "{row}").unwrap();
        out
    })
}

fn plain(name: &str) -> Judge {
    measure::topics(Some(&root().join("tests/data/topics").join(name))).unwrap()
}

fn packs() -> Judge {
    measure::topics(None).unwrap()
}

fn counts(table: &Table, topic: &str, lang: &str) -> Counts {
    table.get(&format!("{topic} {lang}")).copied().unwrap_or_default()
}

/// The least F1 and precision in each language, with the summary or without.
fn holds(name: &str, lines: &str, f1: [f64; 2], precision: f64) {
    let table = measure::eval_topics(lines, &packs()).unwrap();
    for (topic, least) in TOPICS.into_iter().zip(f1) {
        for lang in LANGUAGES {
            let counts = counts(&table, topic, lang);
            let said = format!("{name}, {topic} {lang}: {counts:?}");
            assert!(counts.f1() >= least, "F1 {:.3} < {least}: {said}", counts.f1());
            assert!(
                counts.precision() >= precision,
                "P {:.3} < {precision}: {said}",
                counts.precision()
            );
        }
    }
}

#[test]
fn the_packs_know_headlines_of_our_own_wording() {
    let own = headlines("");
    holds("own, headline", &titles_only(&own), [0.94, 0.93], 0.97);
    holds("own, with summary", &own, [0.95, 0.96], 0.97);
}

#[test]
fn the_packs_know_headlines_kept_aside() {
    let blind = headlines("blind");
    holds("blind, headline", &titles_only(&blind), [0.89, 0.87], 0.95);
    holds("blind, with summary", &blind, [0.91, 0.92], 0.94);
}

#[test]
fn the_packs_know_real_headlines() {
    let Some(real) = real() else { return };
    holds("real, headline", &titles_only(&real), [0.95, 0.90], 0.87);
    holds("real, with summary", &real, [0.93, 0.90], 0.87);
}

#[test]
fn the_packs_are_well_ahead_of_a_plain_list_of_words() {
    let check = |lines: &str| {
        let ours = measure::eval_topics(lines, &packs()).unwrap();
        let theirs = measure::eval_topics(lines, &plain("twenty-words.toml")).unwrap();
        for topic in TOPICS {
            let (ours, theirs) =
                (counts(&ours, topic, "all").f1(), counts(&theirs, topic, "all").f1());
            assert!(ours >= theirs + 0.15, "{topic}: {ours:.3}, a plain list {theirs:.3}");
        }
    };
    check(&titles_only(&headlines("blind")));
    if let Some(real) = real() {
        check(&titles_only(&real));
    }
}

#[test]
fn no_labelled_headline_stands_twice() {
    let mut seen = std::collections::BTreeMap::new();
    for folder in ["", "blind"] {
        for line in headlines(folder).lines() {
            let row: Value = serde_json::from_str(line).unwrap();
            for key in ["id", "title"] {
                let value = row[key].as_str().unwrap().to_owned();
                assert!(seen.insert((key, value), ()).is_none(), "twice: {line}");
            }
        }
    }
}

/// The rows of one set: each way of judging it, headline alone and with the summary.
fn rows_of(set: &str, lines: &str) -> String {
    let ways = [
        ("packs", packs()),
        ("twenty words", plain("twenty-words.toml")),
        ("one word", plain("one-word.toml")),
    ];
    let mut out = String::new();
    for (way, topics) in &ways {
        for (reads, lines) in [("headline", titles_only(lines)), ("with summary", lines.to_owned())]
        {
            let table = measure::eval_topics(&lines, topics).unwrap();
            write!(out, "| {set} | {way} | {reads} |").unwrap();
            for topic in TOPICS {
                for lang in LANGUAGES {
                    let counts = counts(&table, topic, lang);
                    let (f1, precision, recall) =
                        (counts.f1(), counts.precision(), counts.recall());
                    write!(out, " {f1:.2} ({precision:.2}, {recall:.2}) |").unwrap();
                }
            }
            out.push('\n');
        }
    }
    out
}

#[test]
fn the_table_of_the_documentation_is_what_was_measured() {
    let path = root().join("docs/topics.md");
    let page = text(&path);
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (table, after) = rest.split_once(END).unwrap();
    let mut sets = vec![("own", headlines("")), ("blind", headlines("blind"))];
    // Without the real headlines their rows stay as they are.
    match real() {
        Some(real) => sets.insert(0, ("real", real)),
        None if std::env::var_os("TIDINGS_BLESS").is_some() => return,
        None => {}
    }
    let measured: String = sets.iter().map(|(set, lines)| rows_of(set, lines)).collect();
    if std::env::var_os("TIDINGS_BLESS").is_some() {
        let head = "| headlines | judged by | reads | diplomacy en | ko | ja | korea-japan en | ko | ja |\n|---|---|---|---|---|---|---|---|---|\n";
        std::fs::write(&path, format!("{before}{BEGIN}{head}{measured}{END}{after}")).unwrap();
        return;
    }
    for line in measured.lines() {
        let (name, figures) = figures(line);
        let said = table.lines().map(self::figures).find(|(known, _)| *known == name);
        let near = said.is_some_and(|(_, said)| {
            said.iter().zip(&figures).all(|(said, is)| (said - is).abs() <= TOLERANCE)
        });
        assert!(
            near,
            "docs/topics.md does not say `{line}`; TIDINGS_BLESS=1 cargo test --test topics writes it"
        );
    }
}

/// The first three cells of a line of the table, and the figures of the others.
fn figures(line: &str) -> (Vec<&str>, Vec<f64>) {
    let mut cells = line.split('|').map(str::trim).filter(|cell| !cell.is_empty());
    let name = cells.by_ref().take(3).collect();
    let figures = cells
        .flat_map(|cell| cell.split([' ', '(', ')', ',']))
        .filter_map(|number| number.parse().ok())
        .collect();
    (name, figures)
}
