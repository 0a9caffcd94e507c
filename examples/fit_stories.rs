//! Fits the weights of the story scorer on labelled headlines and says how well they do on headlines that they were not fitted on.
//!
//! usage: `cargo run --release --example fit_stories -- ../shared/eval/dedup > src/stories/weights.toml` (or `make weights`)
//!
//! Logistic regression with a quadratic penalty, by Newton's method; the weight of a sign that can only speak for one event is kept from going below
//! zero, and of one that can only speak against it from going above. Each batch of `stories_dev.jsonl` is left out once to measure, then all are used.
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a tool at a desk"
)]

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use tidings::gazetteer::gazetteer;
use tidings::model::identity::{Identity, digest};
use tidings::model::source::SourceKey;
use tidings::model::story::{MemberKey, StoryId};
use tidings::model::time::Timestamp;
use tidings::model::vector::Vector;
use tidings::normalise::fold::fold;
use tidings::normalise::suffix::{Outlets, bare_headline, headline_key};
use tidings::read::date;
use tidings::stories::encoder::{Encoder, WEIGHTS};
use tidings::stories::similarity::{Circumstances, SIGNS, Signs, signs};
use tidings::stories::traits::StoryText;
use tidings::stories::weights::{Thresholds, Weights, WeightsFile};
use tidings::stories::{Candidate, OpenStories, Sensitivity, StoryOptions, Traits};

/// A labelled headline.
#[derive(Debug, Deserialize)]
struct Row {
    id: String,
    batch: String,
    date: String,
    source: String,
    title: String,
    #[serde(default)]
    summary: String,
    story: String,
    near: Vec<String>,
    lang: String,
}

/// A headline ready to be compared.
struct Ready {
    row: Row,
    at: Timestamp,
    key: String,
    traits: Traits,
    vector: Vector,
}

/// Two headlines with their label.
struct Pair {
    signs: Signs,
    is_one: bool,
    /// How much the pair counts.
    weight: f32,
    batch: String,
    has_meaning: bool,
}

fn main() {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "../shared/eval/dedup".to_owned());
    let folder = Path::new(&folder);
    let rows = headlines(folder);
    if std::env::args().nth(2).as_deref() == Some("--signs") {
        return print_signs(&rows);
    }
    let mut pairs = story_pairs(&rows);
    pairs.extend(graded_pairs(folder));
    pairs.extend(title_pairs(folder));

    let batches: Vec<String> = {
        let mut batches: Vec<String> = rows.iter().map(|ready| ready.row.batch.clone()).collect();
        batches.dedup();
        batches
    };
    for has_meaning in [false, true] {
        eprintln!(
            "{} meaning, each batch left out once:",
            if has_meaning { "with" } else { "without" }
        );
        for sensitivity in [Sensitivity::Strict, Sensitivity::Balanced, Sensitivity::Eager] {
            let mut all = [Counts::default(); 2];
            let mut line = String::new();
            for batch in &batches {
                let seen: Vec<&Pair> = pairs.iter().filter(|pair| pair.batch != *batch).collect();
                let weights = weights(&seen);
                let left: Vec<&Ready> =
                    rows.iter().filter(|ready| ready.row.batch == *batch).collect();
                let counts = measure(&left, &weights, sensitivity, has_meaning, false);
                line.push_str(&format!("  {batch} {:.2}/{:.2}", counts[0].f1(), counts[1].f1()));
                for (all, counts) in all.iter_mut().zip(counts) {
                    all.add(counts);
                }
            }
            eprintln!("  {sensitivity:?}: within {}, across {};{line}", all[0], all[1]);
        }
    }
    let everything: Vec<&Pair> = pairs.iter().collect();
    let file = fitted(&everything);
    let fitted = Weights::parse(&toml::to_string(&file).unwrap()).unwrap();
    for has_meaning in [false, true] {
        let all: Vec<&Ready> = rows.iter().collect();
        let mut sum = [Counts::default(); 2];
        for batch in &batches {
            let part: Vec<&Ready> =
                all.iter().copied().filter(|ready| ready.row.batch == *batch).collect();
            for (sum, counts) in sum.iter_mut().zip(measure(
                &part,
                &fitted,
                Sensitivity::Balanced,
                has_meaning,
                has_meaning,
            )) {
                sum.add(counts);
            }
        }
        eprintln!("fitted on all, meaning {has_meaning}: within {}, across {}", sum[0], sum[1]);
    }
    println!(
        "# Fitted by examples/fit_stories.rs on labelled headlines; `make weights` makes it anew. Signs: see src/stories/similarity.rs."
    );
    print!("{}", toml::to_string(&file).unwrap());
}

fn traits_of(title: &str, summary: &str, outlets: &Outlets) -> (Traits, String) {
    let (folded, summary) = (fold(title), fold(summary));
    let bare = bare_headline(folded.text(), outlets, None);
    let text = StoryText { headline: title, bare: &bare, summary: summary.text() };
    (Traits::of(&text, gazetteer()), bare.into_owned())
}

fn headlines(folder: &Path) -> Vec<Ready> {
    let text = std::fs::read_to_string(folder.join("stories_dev.jsonl")).unwrap();
    let rows: Vec<Row> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let outlets = Outlets::new(rows.iter().map(|row| row.source.clone()));
    let bare = |row: &Row| bare_headline(fold(&row.title).text(), &outlets, None).into_owned();
    let vectors = vectors(&rows.iter().map(bare).collect::<Vec<_>>());
    rows.into_iter()
        .zip(vectors)
        .map(|(row, vector)| {
            let (traits, _) = traits_of(&row.title, &row.summary, &outlets);
            let key = headline_key(fold(&row.title).text(), &outlets, None);
            let at = date::parse(&row.date, None).unwrap();
            Ready { row, at, key, traits, vector }
        })
        .collect()
}

fn story_pairs(rows: &[Ready]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (index, one) in rows.iter().enumerate() {
        for (at, other) in rows[index + 1..].iter().enumerate() {
            if other.row.batch != one.row.batch {
                continue;
            }
            let is_one = one.row.story == other.row.story;
            if !is_one && one.row.near.iter().any(|near| other.row.near.contains(near)) {
                continue;
            }
            let apart = one.at.since(other.at).max(other.at.since(one.at));
            let meaning = one.vector.cosine(&other.vector);
            for cosine in [None, Some(meaning)] {
                let circumstances = Circumstances {
                    cosine,
                    apart,
                    same_source: one.row.source == other.row.source,
                };
                let signs = signs(&one.traits, &other.traits, &circumstances);
                // Of the many pairs that have nothing in common each tenth stands for ten.
                let is_plain = !is_one && meaning < 0.45 && signs[CONTAINED] < 0.1;
                if is_plain && (index + at) % 10 != 0 {
                    continue;
                }
                pairs.push(Pair {
                    signs,
                    is_one,
                    weight: if is_one {
                        positive(signs[1] > 0.0)
                    } else if is_plain {
                        10.0
                    } else {
                        1.0
                    },
                    batch: one.row.batch.clone(),
                    has_meaning: cosine.is_some(),
                });
            }
        }
    }
    pairs
}

/// Where [`SIGNS`] has how much of the shorter headline the other one says.
const CONTAINED: usize = 12;

/// What a pair of one event counts against one of two: there are few of them, and of two languages still fewer.
fn positive(is_across: bool) -> f32 {
    if is_across { 8.0 } else { 5.0 }
}

/// The public graded pairs: of another kind, so they count little.
fn graded_pairs(folder: &Path) -> Vec<Pair> {
    let Ok(text) = std::fs::read_to_string(folder.join("pairs_public_dev.tsv")) else {
        return Vec::new();
    };
    let outlets = Outlets::new([]);
    let rows: Vec<Vec<&str>> =
        text.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    let rows: Vec<Vec<&str>> =
        rows.into_iter().filter(|row| row.len() == 7 && row[3] != "grey").collect();
    let texts: Vec<String> =
        rows.iter().flat_map(|row| [row[5].to_owned(), row[6].to_owned()]).collect();
    let vectors = vectors(&texts);
    let mut pairs = Vec::new();
    for (row, vectors) in rows.iter().zip(vectors.chunks(2)) {
        let (one, other) = (traits_of(row[5], "", &outlets).0, traits_of(row[6], "", &outlets).0);
        for cosine in [None, Some(vectors[0].cosine(&vectors[1]))] {
            let circumstances =
                Circumstances { cosine, apart: Duration::from_hours(6), same_source: false };
            pairs.push(Pair {
                signs: signs(&one, &other, &circumstances),
                is_one: row[3] == "1",
                weight: 0.1,
                batch: String::new(),
                has_meaning: cosine.is_some(),
            });
        }
    }
    pairs
}

/// Titles of one document in three languages, and as pairs of two events each title with the next document's.
fn title_pairs(folder: &Path) -> Vec<Pair> {
    let Ok(text) = std::fs::read_to_string(folder.join("ntrex_titles_dev.tsv")) else {
        return Vec::new();
    };
    let outlets = Outlets::new([]);
    let rows: Vec<Vec<&str>> =
        text.lines().skip(1).map(|line| line.split('\t').skip(1).collect()).collect();
    let vectors =
        vectors(&rows.iter().flatten().map(|title| (*title).to_owned()).collect::<Vec<_>>());
    let ready: Vec<Vec<(Traits, Vector)>> = rows
        .iter()
        .zip(vectors.chunks(3))
        .map(|(row, vectors)| {
            row.iter()
                .zip(vectors)
                .map(|(title, vector)| (traits_of(title, "", &outlets).0, vector.clone()))
                .collect()
        })
        .collect();
    let mut pairs = Vec::new();
    for (index, row) in ready.iter().enumerate() {
        for (far, other) in ready.iter().enumerate() {
            for (a, b) in [(0, 1), (0, 2), (1, 2)] {
                for cosine in [None, Some(row[a].1.cosine(&other[b].1))] {
                    let circumstances = Circumstances {
                        cosine,
                        apart: Duration::from_hours(6),
                        same_source: false,
                    };
                    pairs.push(Pair {
                        signs: signs(&row[a].0, &other[b].0, &circumstances),
                        is_one: index == far,
                        weight: if index == far { 0.5 } else { 0.1 },
                        batch: String::new(),
                        has_meaning: cosine.is_some(),
                    });
                }
            }
        }
    }
    pairs
}

/// Whether a sign can only speak for one event (1), only against it (-1), or either way (0).
fn direction(sign: &str) -> i8 {
    match sign {
        "same_writing" | "other_writing" => 0,
        "other_person"
        | "other_country"
        | "other_place"
        | "other_name"
        | "other_number"
        | "contrary"
        | "counterpart"
        | "left_over"
        | "days_apart"
        | "same_source"
        | "same_source_counterpart" => -1,
        _ => 1,
    }
}

fn fitted(pairs: &[&Pair]) -> WeightsFile {
    let table = |has_meaning: bool| -> BTreeMap<String, f32> {
        let pairs: Vec<&Pair> =
            pairs.iter().copied().filter(|pair| pair.has_meaning == has_meaning).collect();
        let weights = fit(&pairs);
        SIGNS
            .iter()
            .zip(weights)
            .map(|(sign, weight)| ((*sign).to_owned(), (weight * 100.0).round() / 100.0))
            .collect()
    };
    WeightsFile {
        threshold: Thresholds { strict: STRICT, balanced: BALANCED, eager: EAGER },
        without_meaning: table(false),
        with_meaning: table(true),
    }
}

const STRICT: f32 = 1.5;
const BALANCED: f32 = 0.3;
const EAGER: f32 = -0.7;

fn weights(pairs: &[&Pair]) -> Weights {
    Weights::parse(&toml::to_string(&fitted(pairs)).unwrap()).unwrap()
}

/// The penalty on the square of a weight.
const PENALTY: f64 = 1.0;

/// Logistic regression by Newton's method; a weight that would go against the direction of its sign is left out, and the others are fitted anew.
fn fit(pairs: &[&Pair]) -> Vec<f32> {
    let mut free: Vec<usize> = (0..SIGNS.len()).collect();
    loop {
        let found = newton(pairs, &free);
        let wrong = |at: &usize| found[*at] * f64::from(direction(SIGNS[*at])) < 0.0;
        let worst = free
            .iter()
            .copied()
            .filter(wrong)
            .max_by(|a, b| found[*a].abs().total_cmp(&found[*b].abs()));
        match worst {
            Some(worst) => free.retain(|at| *at != worst),
            None => return found.into_iter().map(|weight| weight as f32).collect(),
        }
    }
}

fn newton(pairs: &[&Pair], free: &[usize]) -> Vec<f64> {
    let size = free.len();
    let mut weights = vec![0.0_f64; SIGNS.len()];
    for _ in 0..12 {
        // Row by row: the curvature, then the gradient.
        let mut system = vec![vec![0.0_f64; size + 1]; size];
        for (row, at) in free.iter().enumerate() {
            // The two constants are not held small.
            let penalty = if *at < 2 { 0.01 } else { PENALTY };
            system[row][row] = penalty;
            system[row][size] = penalty * weights[*at];
        }
        for pair in pairs {
            let signs: Vec<f64> = free.iter().map(|at| f64::from(pair.signs[*at])).collect();
            let odds: f64 = signs.iter().zip(free).map(|(sign, at)| sign * weights[*at]).sum();
            let likely = 1.0 / (1.0 + (-odds).exp());
            let error = f64::from(pair.weight) * (likely - f64::from(u8::from(pair.is_one)));
            let curve = f64::from(pair.weight) * (likely * (1.0 - likely)).max(1e-6);
            for (row, sign) in signs.iter().enumerate().filter(|(_, sign)| **sign != 0.0) {
                system[row][size] += error * sign;
                for (column, other) in signs.iter().enumerate() {
                    system[row][column] += curve * sign * other;
                }
            }
        }
        for (at, step) in free.iter().zip(solved(system)) {
            weights[*at] -= step;
        }
    }
    weights
}

/// Solves a system of equations by Gauss's elimination; the last column is the right side.
fn solved(mut system: Vec<Vec<f64>>) -> Vec<f64> {
    let size = system.len();
    for column in 0..size {
        let pivot = (column..size)
            .max_by(|a, b| system[*a][column].abs().total_cmp(&system[*b][column].abs()))
            .unwrap();
        system.swap(column, pivot);
        let (above, below) = system.split_at_mut(column + 1);
        let pivot = &above[column];
        for row in below {
            let factor = row[column] / pivot[column];
            for (value, above) in row.iter_mut().zip(pivot).skip(column) {
                *value -= factor * above;
            }
        }
    }
    let mut found = vec![0.0; size];
    for row in (0..size).rev() {
        let known: f64 = (row + 1..size).map(|at| system[row][at] * found[at]).sum();
        found[row] = (system[row][size] - known) / system[row][row];
    }
    found
}

/// Hits, false alarms, misses.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    hits: usize,
    false_alarms: usize,
    misses: usize,
}

impl Counts {
    fn add(&mut self, other: Counts) {
        self.hits += other.hits;
        self.false_alarms += other.false_alarms;
        self.misses += other.misses;
    }

    fn f1(self) -> f64 {
        let all = 2 * self.hits + self.false_alarms + self.misses;
        if all == 0 { 1.0 } else { 2.0 * self.hits as f64 / all as f64 }
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let of = |all: usize| if all == 0 { 1.0 } else { self.hits as f64 / all as f64 };
        write!(
            f,
            "P {:.2} R {:.2} F1 {:.2}",
            of(self.hits + self.false_alarms),
            of(self.hits + self.misses),
            self.f1()
        )
    }
}

/// Groups the headlines of one batch and counts pairs within a language and across.
fn measure(
    rows: &[&Ready],
    weights: &Weights,
    sensitivity: Sensitivity,
    has_meaning: bool,
    show: bool,
) -> [Counts; 2] {
    let options = StoryOptions { sensitivity, ..StoryOptions::default() };
    let mut open = OpenStories::weighing(options, weights.clone().into());
    let key = |ready: &Ready| MemberKey {
        source: SourceKey::naming(&ready.row.source),
        identity: Identity(digest(&[ready.row.id.as_bytes()])),
    };
    for ready in rows {
        open.insert(Candidate {
            key: key(ready),
            at: ready.at,
            seen: ready.at,
            url: None,
            headline_key: &ready.key,
            traits: Some(ready.traits.clone()),
            vector: has_meaning.then(|| ready.vector.clone()),
            story: None,
        });
    }
    let stories: HashMap<MemberKey, StoryId> =
        open.settle().into_iter().map(|assigned| (assigned.key, assigned.change.story)).collect();
    let mut counts = [Counts::default(); 2];
    for (index, one) in rows.iter().enumerate() {
        for other in &rows[index + 1..] {
            let is_one = one.row.story == other.row.story;
            if !is_one && one.row.near.iter().any(|near| other.row.near.contains(near)) {
                continue;
            }
            let said = stories.get(&key(one)) == stories.get(&key(other));
            let counts = &mut counts[usize::from(one.row.lang != other.row.lang)];
            match (is_one, said) {
                (true, true) => counts.hits += 1,
                (false, true) => counts.false_alarms += 1,
                (true, false) => counts.misses += 1,
                (false, false) => {}
            }
            if show && is_one != said {
                eprintln!(
                    "{} {} | {}",
                    if said { "WRONG" } else { "missed" },
                    one.row.title,
                    other.row.title
                );
            }
        }
    }
    counts
}

/// Every pair of a batch with its label and signs, for who looks for better signs.
fn print_signs(rows: &[Ready]) {
    println!("{}", serde_json::to_string(&SIGNS[..]).unwrap());
    for (index, one) in rows.iter().enumerate() {
        for (far, other) in rows.iter().enumerate().skip(index + 1) {
            if one.row.batch != other.row.batch {
                continue;
            }
            let apart = one.at.since(other.at).max(other.at.since(one.at));
            let cosine = Some(one.vector.cosine(&other.vector));
            let circumstances =
                Circumstances { cosine, apart, same_source: one.row.source == other.row.source };
            let signs = signs(&one.traits, &other.traits, &circumstances);
            println!("{}", serde_json::to_string(&(index, far, &signs[..])).unwrap());
        }
    }
}

fn vectors(texts: &[String]) -> Vec<Vector> {
    let encoder = Encoder::new(WEIGHTS).unwrap();
    encoder.encode(&texts.iter().map(String::as_str).collect::<Vec<_>>())
}
