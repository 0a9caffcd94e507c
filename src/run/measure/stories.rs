//! Stories: headlines grouped, and what is grouped compared with labels, beside the simple rules that others use.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;
use serde_json::Value;

use super::{MeasureError, Row, Table, push_json, rows};
use crate::model::entry::Entry;
use crate::model::identity::digest;
use crate::model::story::{Joined, MemberKey, StoryChange, StoryId};
use crate::model::text::{Headline, Normalised};
use crate::model::time::Timestamp;
use crate::model::url::{CanonicalUrl, WebUrl};
use crate::model::vector::Vector;
use crate::normalise::{Outlets, normalise};
use crate::read::date;
use crate::run::{encoding, recognise};
use crate::stories::{Assigned, Candidate, OpenStories, StoryOptions, distinct_urls};

/// How headlines are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grouping {
    /// Window and sensitivity.
    pub stories: StoryOptions,
    /// Whether what is left open is encoded.
    pub has_encoder: bool,
}

impl Default for Grouping {
    fn default() -> Grouping {
        Grouping { stories: StoryOptions::default(), has_encoder: true }
    }
}

/// A line of `stories`.
#[derive(Debug, Serialize)]
struct StoryLine<'a> {
    id: &'a Value,
    story: String,
    evidence: Vec<StoryEvidence>,
}

#[derive(Debug, Serialize)]
struct StoryEvidence {
    rule: &'static str,
    text: String,
}

/// Groups headlines into stories: a JSON line each, in the order of the input.
///
/// # Errors
/// If a line is no headline.
pub fn stories(input: &str, options: Grouping) -> Result<String, MeasureError> {
    let rows = rows(input)?;
    let mut out = String::new();
    for (row, change) in rows.iter().zip(assign(&rows, options)?) {
        let evidence =
            StoryEvidence { rule: change.joined.rule(), text: change.joined.to_string() };
        push_json(
            &mut out,
            &StoryLine { id: &row.id, story: change.story.to_string(), evidence: vec![evidence] },
        );
    }
    Ok(out)
}

/// The stories of the rows; rows of different batches are never compared. The way of the service: what is left open without vectors is encoded.
///
/// # Errors
/// If the encoder's weights are damaged.
fn assign(rows: &[Row], options: Grouping) -> Result<Vec<StoryChange>, MeasureError> {
    let outlets = Outlets::new(rows.iter().filter_map(|row| row.source.clone()));
    let entries: Vec<Entry> = rows.iter().map(Row::entry).collect();
    let normalised: Vec<Normalised> =
        entries.iter().map(|entry| normalise(entry, &outlets)).collect();
    let urls = pages(rows, &entries);
    let mut open: BTreeMap<String, (OpenStories, Timestamp)> = BTreeMap::new();
    let mut numbers: HashMap<MemberKey, usize> = HashMap::new();
    for (number, row) in rows.iter().enumerate() {
        let Some(source) = row.source_key(number) else { continue };
        let key = MemberKey { source, identity: row.identity() };
        let batch = row.batch.as_ref().map(Value::to_string).unwrap_or_default();
        let (open, last) = open
            .entry(batch)
            .or_insert_with(|| (OpenStories::new(options.stories), Timestamp::from_unix(0)));
        // A row without a date is as old as the one before it.
        *last = row.date.as_deref().and_then(|text| date::parse(text, None)).unwrap_or(*last);
        numbers.insert(key.clone(), number);
        open.insert(Candidate {
            key,
            at: *last,
            seen: *last,
            url: urls[number].as_ref(),
            headline_key: &normalised[number].headline_key,
            traits: Some(recognise::traits(&entries[number], &normalised[number], &outlets)),
            vector: None,
            story: None,
        });
    }
    let founded = |number: usize| StoryChange {
        story: StoryId::from_bytes(digest(&[&number.to_le_bytes()])),
        joined: Joined::Founded,
    };
    let mut changes: Vec<StoryChange> = (0..rows.len()).map(founded).collect();
    let mut follow = |assigned: Vec<Assigned>| {
        for assigned in assigned {
            if let Some(number) = numbers.get(&assigned.key) {
                changes[*number] = assigned.change;
            }
        }
    };
    for (open, _) in open.values_mut() {
        follow(open.settle());
    }
    if options.has_encoder {
        let asked: Vec<MemberKey> =
            open.values().flat_map(|(open, _)| open.open_questions()).collect();
        let texts: Vec<String> = asked
            .iter()
            .filter_map(|key| numbers.get(key))
            .map(|number| {
                recognise::text_to_encode(
                    entries[*number].title.as_ref().map_or("", Headline::as_str),
                    &outlets,
                )
            })
            .collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let vectors = encoding::encoder()?.encode(&texts);
        let mut meaning: HashMap<MemberKey, Vector> = asked.into_iter().zip(vectors).collect();
        for (open, _) in open.values_mut() {
            for key in open.open_questions() {
                if let Some(vector) = meaning.remove(&key) {
                    open.set_vector(&key, vector);
                }
            }
            follow(open.settle());
        }
    }
    Ok(changes)
}

/// The page of each row, where no other row of its batch and source has it.
fn pages(rows: &[Row], entries: &[Entry]) -> Vec<Option<CanonicalUrl>> {
    let mut documents: BTreeMap<(String, &str), Vec<usize>> = BTreeMap::new();
    for (number, row) in rows.iter().enumerate() {
        let batch = row.batch.as_ref().map(Value::to_string).unwrap_or_default();
        let source = row.source.as_deref().unwrap_or_default();
        documents.entry((batch, source)).or_default().push(number);
    }
    let mut pages = vec![None; rows.len()];
    for ((_, source), numbers) in documents {
        let listed = numbers.iter().map(|number| {
            let url = entries[*number].link.as_ref().map(WebUrl::canonical);
            (rows[*number].identity(), url)
        });
        // Rows without a source are no document together.
        let found = if source.is_empty() {
            listed.flat_map(|row| distinct_urls([row])).collect()
        } else {
            distinct_urls(listed)
        };
        for (number, page) in numbers.into_iter().zip(found) {
            pages[number] = page;
        }
    }
    pages
}

/// Compares labelled stories, or labelled pairs of headlines, with what is grouped, pair by pair, by languages.
///
/// JSON lines have a gold `story`; pairs inside a `batch` that share a `near` mark but no story are not counted. A table of pairs has columns
/// `id`, `lang`, `label`, `a`, `b`, named in its first line and parted by tabs; labels other than 0 and 1 are not counted.
///
/// # Errors
/// If a line is no headline, or no pair.
pub fn eval_stories(input: &str, options: Grouping) -> Result<Table, MeasureError> {
    let input = input.strip_prefix('\u{feff}').unwrap_or(input);
    if !input.trim_start().starts_with('{') {
        return eval_pairs(input, options);
    }
    let rows = rows(input)?;
    let changes = assign(&rows, options)?;
    Ok(compared(&rows, |one, other| changes[one].story == changes[other].story))
}

/// Counts, pair by pair, what is said of labelled rows.
fn compared(rows: &[Row], said: impl Fn(usize, usize) -> bool) -> Table {
    let mut batches: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (number, row) in rows.iter().enumerate() {
        if row.story.is_some() {
            let batch = row.batch.as_ref().map(Value::to_string).unwrap_or_default();
            batches.entry(batch).or_default().push(number);
        }
    }
    let mut table = Table::new();
    for numbers in batches.values() {
        for (index, one) in numbers.iter().enumerate() {
            for other in &numbers[index + 1..] {
                let (first, second) = (&rows[*one], &rows[*other]);
                let is_so = first.story == second.story;
                if !is_so && first.near.iter().any(|mark| second.near.contains(mark)) {
                    continue;
                }
                let said = said(*one, *other);
                let mut langs =
                    [&first.lang, &second.lang].map(|lang| lang.as_deref().unwrap_or("?"));
                langs.sort_unstable();
                let kind =
                    if langs[0] == langs[1] { "within a language" } else { "across languages" };
                for group in [langs.join("-"), kind.to_owned(), "all".to_owned()] {
                    table.entry(group).or_default().count(is_so, said);
                }
            }
        }
    }
    table
}

fn eval_pairs(input: &str, options: Grouping) -> Result<Table, MeasureError> {
    let mut lines = input.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let (_, header) = lines.next().unwrap_or_default();
    let names: Vec<&str> = header.split('\t').map(str::trim).collect();
    let column = |name: &str| {
        names.iter().position(|known| *known == name).ok_or_else(|| MeasureError::Line {
            line: 1,
            reason: format!("the table of pairs has no column `{name}`"),
        })
    };
    let (lang, label, a, b) = (column("lang")?, column("label")?, column("a")?, column("b")?);
    let mut rows: Vec<Row> = Vec::new();
    let mut labels: Vec<(String, bool)> = Vec::new();
    for (index, line) in lines {
        let cells: Vec<&str> = line.split('\t').collect();
        let cell = |column: usize| {
            cells.get(column).copied().ok_or_else(|| MeasureError::Line {
                line: index + 1,
                reason: format!("the line has no column {}", column + 1),
            })
        };
        let is_so = match cell(label)?.trim() {
            "1" => true,
            "0" => false,
            _ => continue,
        };
        let row = |number: u8, title: &str| Row {
            id: Value::from(number),
            title: Some(title.to_owned()),
            lang: None,
            date: None,
            source: None,
            url: None,
            summary: None,
            // Each pair is for itself.
            batch: Some(Value::from(index)),
            story: None,
            near: Vec::new(),
            topics: Vec::new(),
            unsure: Vec::new(),
        };
        rows.extend([row(0, cell(a)?), row(1, cell(b)?)]);
        labels.push((cell(lang)?.trim().to_owned(), is_so));
    }
    let changes = assign(&rows, options)?;
    let mut table = Table::new();
    for ((lang, is_so), pair) in labels.into_iter().zip(changes.chunks(2)) {
        let said =
            pair.first().map(|change| change.story) == pair.get(1).map(|change| change.story);
        for group in [lang, "all".to_owned()] {
            table.entry(group).or_default().count(is_so, said);
        }
    }
    Ok(table)
}

/// What simpler rules make of labelled headlines, each by its name: what the recogniser is measured against. All but the titles link singly: whoever
/// is linked to a member is in the story.
///
/// # Errors
/// If a line is no headline, or the encoder's weights are damaged.
pub fn baselines(input: &str) -> Result<Vec<(&'static str, Table)>, MeasureError> {
    let rows = rows(input.strip_prefix('\u{feff}').unwrap_or(input))?;
    let outlets = Outlets::new(rows.iter().filter_map(|row| row.source.clone()));
    let entries: Vec<Entry> = rows.iter().map(Row::entry).collect();
    let normalised: Vec<Normalised> =
        entries.iter().map(|entry| normalise(entry, &outlets)).collect();
    let titles: Vec<&str> =
        rows.iter().map(|row| row.title.as_deref().unwrap_or_default()).collect();
    let folded: Vec<&str> = normalised.iter().map(|one| one.headline_key.as_str()).collect();
    let plain: Vec<&str> = normalised.iter().map(|one| one.title.text()).collect();
    let words: Vec<HashSet<&str>> =
        plain.iter().map(|title| title.split_whitespace().collect()).collect();
    let pieces = |length: usize| -> Vec<HashSet<Vec<char>>> {
        let of = |title: &&str| {
            let letters: Vec<char> =
                title.chars().filter(|letter| letter.is_alphanumeric()).collect();
            letters.windows(length).map(<[char]>::to_vec).collect()
        };
        plain.iter().map(of).collect()
    };
    let (twos, threes) = (pieces(2), pieces(3));
    let vectors = encoding::encoder()?.encode(&titles);
    let jaccard = |common: usize, one: usize, other: usize| {
        common as f32 / (one + other - common).max(1) as f32
    };
    let by = |is_linked: &dyn Fn(usize, usize) -> bool| {
        let group = linked(&rows, is_linked);
        compared(&rows, |one, other| group[one] == group[other])
    };
    Ok(vec![
        ("exact title", by(&|one, other| titles[one] == titles[other])),
        ("folded title", by(&|one, other| folded[one] == folded[other])),
        (
            "word Jaccard 0.78",
            by(&|one, other| {
                let common = words[one].intersection(&words[other]).count();
                jaccard(common, words[one].len(), words[other].len()) >= 0.78
            }),
        ),
        (
            "bigram Dice 0.4",
            by(&|one, other| {
                let common = 2 * twos[one].intersection(&twos[other]).count();
                common as f32 / (twos[one].len() + twos[other].len()).max(1) as f32 >= 0.4
            }),
        ),
        (
            "trigram Jaccard 0.25",
            by(&|one, other| {
                let common = threes[one].intersection(&threes[other]).count();
                jaccard(common, threes[one].len(), threes[other].len()) >= 0.25
            }),
        ),
        (
            "trigram Jaccard 0.75",
            by(&|one, other| {
                let common = threes[one].intersection(&threes[other]).count();
                jaccard(common, threes[one].len(), threes[other].len()) >= 0.75
            }),
        ),
        ("cosine 0.70", by(&|one, other| vectors[one].cosine(&vectors[other]) >= 0.70)),
    ])
}

/// For each row the first row that links lead to, within its batch.
fn linked(rows: &[Row], is_linked: &dyn Fn(usize, usize) -> bool) -> Vec<usize> {
    let mut group: Vec<usize> = (0..rows.len()).collect();
    for other in 0..rows.len() {
        for one in 0..other {
            if rows[one].batch == rows[other].batch
                && group[one] != group[other]
                && is_linked(one, other)
            {
                let (low, high) = (group[one].min(group[other]), group[one].max(group[other]));
                for group in group.iter_mut().filter(|group| **group == high) {
                    *group = low;
                }
            }
        }
    }
    group
}
