//! Headlines from a file through normalise, topics and stories, and the comparison with labels: `stories`, `classify` and `eval` (contracts 6.2,
//! 6.3).

pub mod stories;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::{Config, ConfigError, TopicConfig};
use crate::model::entry::Entry;
use crate::model::identity::{Identity, digest};
use crate::model::lang::Lang;
use crate::model::source::SourceKey;
use crate::model::text::{Headline, PlainText};
use crate::model::url::WebUrl;
use crate::model::verdict::{Field, TopicName, TopicVerdict, Verdict};
use crate::normalise::fold::fold;
use crate::normalise::script::detect_language;
use crate::normalise::{Outlets, normalise};
use crate::run::meaning::Judge;
use crate::stories::encoder::EncoderError;
use crate::topics::{
    PackRef, Subject, TopicError, TopicExplanation, TopicSpec, Topics, built_in_names,
};

/// Why headlines could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum MeasureError {
    /// A line is not what the contract says.
    #[error("line {line}: {reason}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The encoder cannot be used.
    #[error(transparent)]
    Encoder(#[from] EncoderError),
    /// Its topics are wrong.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Topics(Vec<TopicError>),
}

/// A headline as it comes in (contract 6.2), with labels where it has them.
#[derive(Debug, Deserialize)]
struct Row {
    id: Value,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    lang: Option<String>,
    #[serde(default)]
    date: Option<String>,
    #[serde(default)]
    source: Option<String>,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    summary: Option<String>,
    #[serde(default)]
    batch: Option<Value>,
    #[serde(default)]
    story: Option<Value>,
    #[serde(default)]
    near: Vec<Value>,
    #[serde(default)]
    topics: Vec<String>,
    #[serde(default)]
    unsure: Vec<String>,
}

fn rows(input: &str) -> Result<Vec<Row>, MeasureError> {
    let input = input.strip_prefix('\u{feff}').unwrap_or(input);
    let lines = input.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(index, line)| {
            serde_json::from_str(line).map_err(|error| MeasureError::Line {
                line: index + 1,
                reason: format!("this is not a headline of contract 6.2: {error}"),
            })
        })
        .collect()
}

impl Row {
    fn entry(&self) -> Entry {
        Entry {
            title: self.title.as_deref().and_then(Headline::new),
            link: self.url.as_deref().and_then(WebUrl::parse),
            summary_text: self.summary.as_deref().and_then(PlainText::new),
            language: self.lang.as_deref().and_then(Lang::parse),
            ..Entry::default()
        }
    }

    /// The source's name as a key; a row without one has a source of its own.
    fn source_key(&self, number: usize) -> Option<SourceKey> {
        let name: String = self
            .source
            .as_deref()
            .unwrap_or_default()
            .chars()
            .map(|character| if character.is_alphanumeric() { character } else { '-' })
            .take(30)
            .collect();
        SourceKey::parse(&name).or_else(|| SourceKey::parse(&format!("row-{number}")))
    }

    /// Names the row among all rows of the file.
    fn identity(&self) -> Identity {
        let batch = self.batch.as_ref().map(Value::to_string).unwrap_or_default();
        Identity(digest(&[batch.as_bytes(), self.id.to_string().as_bytes()]))
    }
}

/// The topics of a configuration, compiled; without a file, one topic for each built-in pack.
///
/// # Errors
/// If the file or its topics are wrong.
pub fn topics(config: Option<&Path>) -> Result<Judge, MeasureError> {
    let config = config.map(Config::load).transpose()?;
    let encodes = config.as_ref().is_none_or(|config| config.stories.encoder);
    let specs: Vec<TopicSpec> = match &config {
        Some(config) => config.topics.iter().map(TopicConfig::spec).collect(),
        None => built_in_names()
            .filter_map(|name| {
                let topic = TopicSpec::new(TopicName::parse(name)?);
                Some(TopicSpec { use_packs: vec![PackRef::BuiltIn(name.to_owned())], ..topic })
            })
            .collect(),
    };
    let topics = Topics::compile(&specs, fold).map_err(MeasureError::Topics)?;
    Ok(Judge::new(topics, encodes))
}

/// A line of `classify`.
#[derive(Debug, Serialize)]
struct TopicLine<'a> {
    id: &'a Value,
    topics: Vec<&'a str>,
    evidence: Vec<TopicEvidence<'a>>,
}

/// A proof, or, of a topic that is silent but of which something is there, why: then the span is empty.
#[derive(Debug, Serialize)]
struct TopicEvidence<'a> {
    topic: &'a str,
    verdict: &'static str,
    rule: &'a str,
    field: &'static str,
    span: [usize; 2],
    term: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<String>,
}

impl TopicEvidence<'_> {
    /// What a silent topic lacks; `None` unless it came near.
    fn of_silent(explained: &TopicExplanation) -> Option<TopicEvidence<'_>> {
        let missing = explained.missing().next().filter(|_| explained.came_near())?;
        Some(TopicEvidence {
            topic: explained.topic.as_str(),
            verdict: "silent",
            rule: missing.rule.as_str(),
            field: Field::Title.name(),
            span: [0, 0],
            term: "",
            because: Some(explained.to_string()),
        })
    }
}

/// Says which topics keep which headlines: a JSON line each, in the order of the input. Spans are bytes of the field as the program keeps it:
/// white space squeezed.
///
/// # Errors
/// If a line is no headline.
pub fn classify(input: &str, topics: &Judge) -> Result<String, MeasureError> {
    let rows = rows(input)?;
    let mut out = String::new();
    for (number, row) in rows.iter().enumerate() {
        let verdicts = explain(row, number, topics);
        let spoken = verdicts.iter().flat_map(|TopicExplanation { topic, verdict, .. }| {
            let kept = match verdict {
                Verdict::Keep(_) => "keep",
                Verdict::Drop(_) => "drop",
                Verdict::Silent => "silent",
            };
            verdict.evidence().iter().map(move |proof| TopicEvidence {
                topic: topic.as_str(),
                verdict: kept,
                rule: proof.rule.as_str(),
                field: proof.field.name(),
                span: [proof.span.start, proof.span.end],
                term: &proof.term,
                because: None,
            })
        });
        let silent = verdicts.iter().filter_map(TopicEvidence::of_silent);
        let kept = verdicts.iter().filter(|verdict| verdict.verdict.keeps());
        let line = TopicLine {
            id: &row.id,
            topics: kept.map(|verdict| verdict.topic.as_str()).collect(),
            evidence: spoken.chain(silent).collect(),
        };
        push_json(&mut out, &line);
    }
    Ok(out)
}

fn judge(row: &Row, number: usize, topics: &Judge) -> Vec<TopicVerdict> {
    with_subject(row, number, |subject| topics.judge(subject))
}

fn explain(row: &Row, number: usize, topics: &Judge) -> Vec<TopicExplanation> {
    with_subject(row, number, |subject| topics.explain(subject))
}

/// Asks something of a headline; nothing is the answer if its source has no possible key.
fn with_subject<T>(row: &Row, number: usize, ask: impl Fn(&Subject<'_>) -> Vec<T>) -> Vec<T> {
    let Some(source) = row.source_key(number) else { return Vec::new() };
    let entry = row.entry();
    let normalised = normalise(&entry, &Outlets::new([]));
    let detected = || entry.title.as_ref().and_then(|title| detect_language(title.as_str()));
    let language = entry.language.clone().or_else(detected);
    ask(&Subject {
        normalised: &normalised,
        entry: &entry,
        source: &source,
        language: language.as_ref(),
        always: &BTreeSet::new(),
        vector: None,
    })
}

fn push_json(out: &mut String, line: &impl Serialize) {
    // Neither maps with other keys than text nor failing writers are in it, so it cannot fail; an empty line would show.
    let _ = writeln!(out, "{}", serde_json::to_string(line).unwrap_or_default());
}

/// Hits and misses of one group of labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Said and so.
    pub hits: usize,
    /// Said but not so.
    pub false_alarms: usize,
    /// So but not said.
    pub misses: usize,
}

impl Counts {
    fn count(&mut self, is_so: bool, said: bool) {
        match (is_so, said) {
            (true, true) => self.hits += 1,
            (false, true) => self.false_alarms += 1,
            (true, false) => self.misses += 1,
            (false, false) => {}
        }
    }

    /// How much of what was said is so; 0 where nothing was said.
    pub fn precision(self) -> f64 {
        ratio(self.hits, self.hits + self.false_alarms)
    }

    /// How much of what is so was said; 0 where nothing is.
    pub fn recall(self) -> f64 {
        ratio(self.hits, self.hits + self.misses)
    }

    /// The harmonic mean of both.
    pub fn f1(self) -> f64 {
        ratio(2 * self.hits, 2 * self.hits + self.false_alarms + self.misses)
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Hits and misses by group, in the order of the groups' names.
pub type Table = BTreeMap<String, Counts>;

/// Compares the topics of labelled headlines with what the topics say, by topic and language. A topic in `unsure` is not counted for its row.
///
/// # Errors
/// If a line is no headline.
pub fn eval_topics(input: &str, topics: &Judge) -> Result<Table, MeasureError> {
    let rows = rows(input)?;
    let labels: BTreeSet<&String> =
        rows.iter().flat_map(|row| row.topics.iter().chain(&row.unsure)).collect();
    let mut table = Table::new();
    for (number, row) in rows.iter().enumerate() {
        let verdicts = judge(row, number, topics);
        for label in labels.iter().filter(|label| !row.unsure.contains(label)) {
            let said = verdicts
                .iter()
                .any(|verdict| verdict.topic.as_str() == label.as_str() && verdict.verdict.keeps());
            let is_so = row.topics.contains(label);
            let lang = row.lang.as_deref().unwrap_or("?");
            for group in [format!("{label} {lang}"), format!("{label} all")] {
                table.entry(group).or_default().count(is_so, said);
            }
        }
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADLINES: [&str; 3] = [
        include_str!("../../tests/data/topics/en.jsonl"),
        include_str!("../../tests/data/topics/ko.jsonl"),
        include_str!("../../tests/data/topics/ja.jsonl"),
    ];

    #[test]
    fn the_packs_know_their_topics() {
        let topics = topics(None).unwrap();
        for headlines in HEADLINES {
            for (group, counts) in eval_topics(headlines, &topics).unwrap() {
                assert!(counts.f1() >= 0.9, "{group}: {counts:?}");
                assert!(counts.precision() >= 0.95, "{group}: {counts:?}");
            }
        }
    }

    #[test]
    fn classified_lines_name_what_was_found() {
        let topics = topics(None).unwrap();
        let line = "{\"id\":7,\"title\":\"한일 정상회담\",\"lang\":\"ko\"}\n\n";
        let out: Value = serde_json::from_str(&classify(line, &topics).unwrap()).unwrap();
        assert_eq!(out["id"], 7);
        assert_eq!(out["topics"], serde_json::json!(["diplomacy", "korea-japan"]));
        let evidence = out["evidence"].as_array().unwrap();
        assert!(
            evidence.iter().any(|proof| {
                proof["rule"] == "country.JP-KR" || proof["rule"] == "country.KR-JP"
            })
        );
        assert!(
            evidence.iter().all(|proof| proof["field"] == "title" && proof["verdict"] == "keep")
        );
    }

    #[test]
    fn a_line_that_is_no_headline_is_named() {
        let check = |input: &str, want: &str| {
            let error =
                stories::stories(input, stories::Grouping::default()).unwrap_err().to_string();
            assert!(error.starts_with(want), "{error}");
        };
        check("{\"id\":1}\n{\"id\":", "line 2: ");
        check("{\"title\":\"a\"}", "line 1: ");
        assert_eq!(stories::stories("\u{feff}\n", stories::Grouping::default()).unwrap(), "");
    }

    /// The stories of lines, each named by the first line of it.
    fn grouped(lines: &[&str]) -> Vec<usize> {
        let out = stories::stories(&lines.join("\n"), stories::Grouping::default()).unwrap();
        let stories: Vec<Value> = out
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["story"].clone())
            .collect();
        stories
            .iter()
            .map(|story| stories.iter().position(|first| first == story).unwrap())
            .collect()
    }

    #[test]
    fn lines_are_grouped_inside_their_batch_and_window() {
        let found = grouped(&[
            r#"{"id":1,"batch":"a","title":"Leaders meet in Seoul - Reuters","date":"2026-01-01T00:00:00Z","source":"Reuters"}"#,
            r#"{"id":2,"batch":"a","title":"LEADERS MEET IN SEOUL","date":"2026-01-02T00:00:00Z","source":"b"}"#,
            r#"{"id":3,"batch":"b","title":"Leaders meet in Seoul","date":"2026-01-01T00:00:00Z","source":"c"}"#,
            r#"{"id":4,"batch":"a","title":"Leaders meet in Seoul","date":"2026-01-09T00:00:00Z","source":"d"}"#,
            r#"{"id":5,"batch":"a","title":"Another text","url":"https://a.example/1","source":"e","date":"2026-01-09T00:00:00Z"}"#,
            r#"{"id":6,"batch":"a","title":"And another","url":"http://a.example/1?utm_source=x","source":"f","date":"2026-01-09T00:00:00Z"}"#,
            r#"{"id":1,"batch":"c","title":"One","date":"2026-01-09"}"#,
        ]);
        assert_eq!(found, [0, 0, 2, 3, 4, 4, 6]);
    }

    #[test]
    fn labels_are_compared_pair_by_pair() {
        let table = stories::eval_stories(
            concat!(
                r#"{"id":1,"batch":"a","lang":"en","title":"Leaders meet in Seoul","source":"a","story":"x"}"#, "\n",
                r#"{"id":2,"batch":"a","lang":"en","title":"Leaders meet in Seoul","source":"b","story":"x"}"#, "\n",
                r#"{"id":3,"batch":"a","lang":"ko","title":"정상 서울 회동","source":"c","story":"x","near":["n"]}"#, "\n",
                r#"{"id":4,"batch":"a","lang":"ko","title":"정상 서울 회동","source":"d","story":"y","near":["n"]}"#, "\n",
                r#"{"id":5,"batch":"b","lang":"en","title":"Leaders meet in Seoul","source":"b","story":"x"}"#,
            ),
            stories::Grouping::default(),
        )
        .unwrap();
        let counts = |hits, false_alarms, misses| Counts { hits, false_alarms, misses };
        assert_eq!(table["en-en"], counts(1, 0, 0));
        assert_eq!(table["en-ko"], counts(0, 0, 2));
        assert!(!table.contains_key("ko-ko"));
        assert_eq!(table["all"], counts(1, 0, 2));
        let pairs = "id\tlang\tlabel\ta\tb\n1\ten\t1\tLeaders meet in Seoul\tleaders meet, in Seoul\n2\ten\t0\tOne thing here\tAnother thing there\n3\ten\tgrey\ta\ta\n";
        let table = stories::eval_stories(pairs, stories::Grouping::default()).unwrap();
        assert_eq!(table["all"], counts(1, 0, 0));
        assert!(stories::eval_stories("id\tlang\n", stories::Grouping::default()).is_err());
    }
}
