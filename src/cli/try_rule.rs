//! `tidings try`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::{CliError, Global, Outcome, output};
use crate::config::Report;
use crate::config::problem::Problem;
use crate::model::schedule::Written;
use crate::model::text::{Headline, PlainText};
use crate::model::verdict::{Evidence, Field, TopicName, in_words};
use crate::run::clock::Clock;
use crate::run::newsroom::absolute;
use crate::run::trial::{self, Difference, Hit, Trial, TrialOptions, TrialRule};

/// Tries a rule on what is stored: what it matches, and how that differs from a topic
///
/// Shows the entries that match with the matched text marked, how many there are a day and in each language, and what the topic would gain and lose
/// if the rule were its own. Nothing is changed. Works beside a running service. Exit code 2 if the rule cannot be read.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A rule as `match` takes it: '(summit OR 정상회담) AND NOT title:sport'
    #[arg(value_name = "RULE")]
    rule: String,
    /// How far back: entries published in the last so much time
    #[arg(long, value_name = "AGE", default_value = "14d", value_parser = crate::config::duration)]
    since: Duration,
    /// The topic to compare with; without it the one that has most in common with the rule
    #[arg(long, value_name = "NAME")]
    topic: Option<String>,
    /// Lists every entry that matches, not the newest only
    #[arg(long)]
    all: bool,
    /// A line of JSON for each entry that matches, comes or goes, then one for the whole
    #[arg(long)]
    json: bool,
}

/// How many entries that match are shown.
const SHOWN: usize = 50;
/// How many entries are shown that a topic would gain, or lose.
const LISTED: usize = 20;
/// How much of a summary is shown before and after what was found, in characters.
const AROUND: usize = 50;

/// Runs the command.
pub fn run(args: Args, global: &Global) -> Result<Outcome, CliError> {
    let Args { rule, since, topic, all, json } = args;
    let read = match TrialRule::read(&rule) {
        Ok(read) => read,
        Err(errors) => {
            let problems = errors
                .into_iter()
                .map(|error| Problem::tried_rule(error.message, error.span, error.help))
                .collect();
            output::marked(&Report::new("RULE".to_owned(), &rule, problems, &[]));
            return Ok(Outcome::Usage);
        }
    };
    let topic = match topic {
        None => None,
        Some(name) => match TopicName::parse(&name) {
            Some(topic) => Some(topic),
            None => return Err(CliError::Usage(format!("there is no topic `{name}`"))),
        },
    };
    let many = if all || json { usize::MAX } else { SHOWN };
    let options = TrialOptions {
        since,
        topic,
        entries: usize::MAX,
        time: None,
        shown: many,
        listed: if json { usize::MAX } else { LISTED },
    };
    let now = Clock::from_environment().now();
    let trial = trial::of_file(&absolute(&global.config), &read, &options, now)?;
    if json {
        lines(&rule, &trial)?
    } else {
        text(&trial, since)
    }
    Ok(Outcome::Done)
}

fn text(trial: &Trial, since: Duration) {
    let entries = |count: usize| match count {
        1 => "1 entry".to_owned(),
        count => format!("{count} entries"),
    };
    if trial.seen == 0 {
        output::line(&format!("nothing is stored of the last {}", Written(since)));
        return;
    }
    for hit in &trial.newest {
        show(hit);
    }
    if let Some(more) = trial.matched.checked_sub(trial.newest.len()).filter(|more| *more > 0) {
        output::line(&format!("and {} more; --all lists them", entries(more)));
    }
    if trial.matched > 0 {
        output::line("");
    }
    output::line(&format!(
        "{} of {} of the last {} match",
        trial.matched,
        entries(trial.seen),
        Written(since)
    ));
    let most = trial.days.values().copied().max().unwrap_or(1);
    for (day, count) in &trial.days {
        let bar = "▇".repeat((count * 40).div_ceil(most));
        output::line(&format!("  {}  {count:>5} {bar}", day.format("%a %Y-%m-%d")));
    }
    if !trial.languages.is_empty() {
        let each = trial.languages.iter().map(|(language, count)| {
            let name = language.as_ref().map_or("not known", |language| language.as_str());
            format!("{name} {count}")
        });
        output::line(&format!("  languages: {}", each.collect::<Vec<_>>().join(", ")));
    }
    match &trial.difference {
        None if trial.matched > 0 => output::line("\nno topic keeps any of them"),
        None => {}
        Some(difference) => differs(difference),
    }
}

fn differs(difference: &Difference) {
    let Difference { topic, kept, both, added, adds, removed, removes } = difference;
    output::line(&format!(
        "\ntopic `{topic}` keeps {kept} of them all, {both} in common; with this rule in its place it would add {adds} and remove {removes}"
    ));
    for (sign, hits, count) in [("+", added, adds), ("-", removed, removes)] {
        for Hit { member, evidence, .. } in hits {
            let entry = &member.entry.entry;
            let headline = entry.title.as_ref().map_or("(no headline)", Headline::as_str);
            let why = match in_words(evidence) {
                words if words.is_empty() => String::new(),
                words if sign == "-" => format!("  (kept for {words})"),
                words => format!("  ({words})"),
            };
            output::line(&format!("  {sign} {headline}{why}"));
        }
        if let Some(more) = count.checked_sub(hits.len()).filter(|more| *more > 0) {
            output::line(&format!("  {sign} and {more} more"));
        }
    }
}

/// An entry with what was found in it, marked where the terminal can.
fn show(hit: &Hit) {
    let stored = &hit.member.entry;
    let entry = &stored.entry;
    let language = stored.language.as_ref().map_or(String::new(), |lang| format!(" ({lang})"));
    let headline = entry.title.as_ref().map_or("(no headline)", Headline::as_str);
    output::raw(&format!(
        "{}  {}  – {}{}",
        stored.published.at.to_utc().format("%Y-%m-%d %H:%M"),
        marked(headline, &spans(&hit.evidence, Field::Title)),
        output::escaped(stored.source.as_str()),
        output::escaped(&language)
    ));
    let in_summary = spans(&hit.evidence, Field::Summary);
    if let (Some(summary), Some(first)) = (&entry.summary_text, in_summary.first()) {
        let (text, cut) = around(summary, first.0);
        let within: Vec<(usize, usize)> = in_summary
            .iter()
            .filter(|(start, _)| *start >= cut)
            .map(|(start, end)| (start - cut, end - cut))
            .collect();
        let before = if cut > 0 { "…" } else { "" };
        output::raw(&format!("                  {before}{}", marked(text, &within)));
    }
    let elsewhere: Vec<Evidence> = hit
        .evidence
        .iter()
        .filter(|found| !matches!(found.field, Field::Title | Field::Summary))
        .cloned()
        .collect();
    let words = in_words(&elsewhere);
    if !words.is_empty() {
        output::line(&format!("                  {words}"));
    }
}

/// The part of a summary that a place in it is shown with, and where that part begins.
fn around(summary: &PlainText, at: usize) -> (&str, usize) {
    let text = summary.as_str();
    let at = text.floor_char_boundary(at.min(text.len()));
    let before = text[..at].char_indices().rev().take(AROUND).last().map_or(at, |(from, _)| from);
    let after = text[at..].char_indices().nth(AROUND * 2).map_or(text.len(), |(end, _)| at + end);
    (&text[before..after], before)
}

/// Where something was found in a field, in order.
fn spans(evidence: &[Evidence], field: Field) -> Vec<(usize, usize)> {
    let mut spans: Vec<(usize, usize)> = evidence
        .iter()
        .filter(|found| found.field == field && !found.span.is_empty())
        .map(|found| (found.span.start, found.span.end))
        .collect();
    spans.sort_unstable();
    spans
}

/// The text with the spans in bold yellow, and what a terminal must not get made visible. Spans that do not fit the text are left out.
fn marked(text: &str, spans: &[(usize, usize)]) -> String {
    const ON: &str = "\u{1b}[1;33m";
    const OFF: &str = "\u{1b}[0m";
    let mut out = String::with_capacity(text.len() + 16);
    let mut done = 0;
    for (start, end) in spans {
        let start = (*start).max(done);
        let (Some(before), Some(found)) = (text.get(done..start), text.get(start..*end)) else {
            continue;
        };
        if found.is_empty() {
            continue;
        }
        out.push_str(&output::escaped(before));
        out.push_str(ON);
        out.push_str(&output::escaped(found));
        out.push_str(OFF);
        done = *end;
    }
    out.push_str(&output::escaped(text.get(done..).unwrap_or_default()));
    out
}

fn lines(rule: &str, trial: &Trial) -> Result<(), CliError> {
    for hit in &trial.newest {
        output::json(&HitLine::of(hit, "match"))?;
    }
    if let Some(difference) = &trial.difference {
        for hit in &difference.added {
            output::json(&HitLine::of(hit, "add"))?;
        }
        for hit in &difference.removed {
            output::json(&HitLine::of(hit, "remove"))?;
        }
    }
    output::json(&TrialLine {
        rule,
        since: trial.since.to_rfc3339(),
        seen: trial.seen,
        matched: trial.matched,
        days: trial.days.iter().map(|(day, count)| (day.to_string(), *count)).collect(),
        languages: trial
            .languages
            .iter()
            .map(|(lang, count)| (lang.as_ref().map_or("", |lang| lang.as_str()), *count))
            .collect(),
        topic: trial.difference.as_ref().map(|difference| DifferenceLine {
            topic: difference.topic.as_str(),
            kept: difference.kept,
            both: difference.both,
            adds: difference.adds,
            removes: difference.removes,
        }),
    })
}

/// An entry, as JSON.
#[derive(Serialize)]
struct HitLine<'a> {
    /// `match`, `add` or `remove`.
    kind: &'static str,
    entry: i64,
    story: String,
    source: &'a str,
    title: Option<&'a str>,
    link: Option<&'a str>,
    lang: Option<&'a str>,
    published: String,
    evidence: Vec<EvidencePart<'a>>,
}

#[derive(Serialize)]
struct EvidencePart<'a> {
    rule: &'a str,
    term: &'a str,
    field: &'static str,
    span: [usize; 2],
}

impl<'a> HitLine<'a> {
    fn of(hit: &'a Hit, kind: &'static str) -> HitLine<'a> {
        let stored = &hit.member.entry;
        let part = |found: &'a Evidence| EvidencePart {
            rule: found.rule.as_str(),
            term: &found.term,
            field: found.field.name(),
            span: [found.span.start, found.span.end],
        };
        HitLine {
            kind,
            entry: stored.id.0,
            story: hit.story.to_string(),
            source: stored.source.as_str(),
            title: stored.entry.title.as_ref().map(Headline::as_str),
            link: stored.entry.link.as_ref().map(|link| link.as_str()),
            lang: stored.language.as_ref().map(|lang| lang.as_str()),
            published: stored.published.at.to_rfc3339(),
            evidence: hit.evidence.iter().map(part).collect(),
        }
    }
}

/// The whole, as JSON.
#[derive(Serialize)]
struct TrialLine<'a> {
    rule: &'a str,
    since: String,
    seen: usize,
    matched: usize,
    days: BTreeMap<String, usize>,
    languages: BTreeMap<&'a str, usize>,
    topic: Option<DifferenceLine<'a>>,
}

#[derive(Serialize)]
struct DifferenceLine<'a> {
    topic: &'a str,
    kept: usize,
    both: usize,
    adds: usize,
    removes: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_is_marked_and_nothing_else_reaches_the_terminal() {
        let check = |text: &str, spans: &[(usize, usize)], want: &str| {
            let have = marked(text, spans).replace("\u{1b}[1;33m", "<").replace("\u{1b}[0m", ">");
            assert_eq!(have, want);
        };
        check("Talks resume", &[(0, 5)], "<Talks> resume");
        check("Talks resume", &[(0, 5), (3, 8)], "<Talks>< re>sume");
        check("한일 회담", &[(0, 6), (1, 2), (90, 99)], "<한일> 회담");
        check("a\u{1b}[2Jb", &[(1, 2)], "a<\\u{1b}>[2Jb");
    }

    #[test]
    fn a_long_summary_is_shown_around_what_was_found() {
        let text =
            PlainText::new(&format!("{} needle {}", "x".repeat(300), "한".repeat(300))).unwrap();
        let at = text.as_str().find("needle").unwrap();
        let (part, from) = around(&text, at);
        assert!(part.contains("needle") && part.chars().count() == AROUND * 3, "{part}");
        assert_eq!(&text.as_str()[from..from + part.len()], part);
    }
}
