//! `tidings check`.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use super::{CliError, Global, Outcome, diff, output};
use crate::config::problem::{Problem, Severity};
use crate::config::{Config, ConfigError, Report};
use crate::model::schedule::{Schedule, Timing, Written};
use crate::model::time::Timestamp;
use crate::run::clock::Clock;
use crate::run::error::with_causes;
use crate::run::newsroom::absolute;
use crate::run::replay::compare;
use crate::run::unfound::{UnfoundTerm, unfound};

/// Checks the configuration and says everything that is wrong with it
///
/// Shows when each schedule runs next. Exit code 0 if the configuration can be used, 2 if not.
///
/// With --diff it replays what is stored under the configuration instead, and shows what each feed would gain and lose, and why: exit code 1 if a
/// feed changes by more than --max-change of its items.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Shows what each feed would gain and lose if this file were in force
    #[arg(long)]
    diff: bool,
    /// Leaves items out of account that are older: `14d`, `72h`
    #[arg(long, value_name = "AGE", requires = "diff", value_parser = crate::config::duration)]
    since: Option<Duration>,
    /// How much of a feed may change: items added and removed, of those it holds
    #[arg(long, value_name = "PERCENT", requires = "diff", value_parser = diff::percent)]
    max_change: Option<f64>,
    /// Prints JSON: a line for each problem and schedule, then one for the whole
    #[arg(long)]
    json: bool,
}

/// How many notes are shown.
const NOTES: usize = 20;
/// How many runs of a schedule are shown.
const RUNS: usize = 5;

/// Runs the command.
pub fn run(args: Args, global: &Global) -> Result<Outcome, CliError> {
    let Args { diff, since, max_change, json } = args;
    let now = Clock::from_environment().now();
    if diff {
        let config = Config::load(&global.config)?;
        if !config.warnings.is_empty() {
            output::marked(&config.warnings);
        }
        let changes = compare(&absolute(&global.config), since, now)?;
        return diff::say(&changes, since, max_change, json);
    }
    match (Config::load(&global.config), json) {
        (Ok(config), false) => {
            if !config.warnings.is_empty() {
                output::marked(&config.warnings);
            }
            output::line(summary(&config, global, now).trim_end());
            for note in notes(&config, &global.config) {
                output::problem(&note);
            }
            Ok(Outcome::Done)
        }
        (Ok(config), true) => {
            output::raw(&lines(&config, now)?.join("\n"));
            Ok(Outcome::Done)
        }
        (Err(ConfigError::Invalid(report)), true) => {
            let mut lines = problem_lines(&report)?;
            lines.push(line(&Whole {
                ok: false,
                problems: report.problems().len(),
                ..Whole::default()
            })?);
            output::raw(&lines.join("\n"));
            Ok(Outcome::Usage)
        }
        (Err(error), _) => Err(error.into()),
    }
}

/// What is probably a slip, seen from what is stored: no more than notes, for the news may come.
fn notes(config: &Config, path: &Path) -> Vec<String> {
    let unfound = match unfound(config) {
        Ok(Some(unfound)) => unfound,
        Ok(None) => return Vec::new(),
        Err(error) => return vec![format!("note: {}", with_causes(&error))],
    };
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let name =
        path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let each = unfound.terms.iter().map(|UnfoundTerm { topic, term, at }| {
        let before = text.get(..*at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!(
            "note: {name}:{line}:{column}: topic `{topic}`: `{term}` is in none of the {} entries stored",
            unfound.entries
        )
    });
    each.take(NOTES).collect()
}

/// Sources that are polled at the same times.
struct Rhythm<'a> {
    schedule: &'a Schedule,
    sources: Vec<&'a str>,
}

/// The schedules in use, in the order of the file.
fn rhythms(config: &Config) -> Vec<Rhythm<'_>> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut rhythms: Vec<Rhythm<'_>> = Vec::new();
    for source in &config.sources {
        let schedule = &source.schedule;
        let place =
            *places.entry(format!("{schedule} {:?}", schedule.jitter)).or_insert_with(|| {
                rhythms.push(Rhythm { schedule, sources: Vec::new() });
                rhythms.len() - 1
            });
        if let Some(rhythm) = rhythms.get_mut(place) {
            rhythm.sources.push(source.key.as_str());
        }
    }
    rhythms
}

fn next_runs(schedule: &Schedule, now: Timestamp) -> Vec<Timestamp> {
    std::iter::successors(schedule.next_after(now), |run| schedule.next_after(*run))
        .take(RUNS)
        .collect()
}

/// What the configuration amounts to, for people.
fn summary(config: &Config, global: &Global, now: Timestamp) -> String {
    let count = |number: usize, what: &str| match number {
        1 => format!("1 {what}"),
        number => format!("{number} {what}s"),
    };
    let mut text = format!(
        "{} is right: {}, {}, {}\n",
        global.config.display(),
        count(config.sources.len(), "source"),
        count(config.topics.len(), "topic"),
        count(config.feeds.len(), "feed"),
    );
    for Rhythm { schedule, sources } in rhythms(config) {
        text.push_str(&format!("\n{schedule}: {}", count(sources.len(), "source")));
        if !schedule.jitter.is_zero() {
            text.push_str(&format!(
                ", each at its own moment of the next {}",
                Written(schedule.jitter)
            ));
        }
        text.push('\n');
        let zone = match &schedule.timing {
            Timing::Cron(cron) => cron.zone(),
            Timing::Every(_) => config.fetch.timezone,
        };
        for run in next_runs(schedule, now) {
            let local = run.to_utc().with_timezone(&zone);
            text.push_str(&local.format("  %a %Y-%m-%d %H:%M:%S %:z\n").to_string());
        }
    }
    text
}

/// A problem, as JSON.
#[derive(Serialize)]
struct ProblemLine<'a> {
    severity: &'static str,
    code: &'static str,
    line: usize,
    column: usize,
    message: &'a str,
    help: Option<&'a str>,
}

/// A schedule, as JSON.
#[derive(Serialize)]
struct ScheduleLine<'a> {
    schedule: String,
    jitter_seconds: u64,
    sources: Vec<&'a str>,
    next: Vec<String>,
}

/// The whole, as JSON.
#[derive(Default, Serialize)]
struct Whole<'a> {
    ok: bool,
    problems: usize,
    sources: usize,
    topics: Vec<&'a str>,
    feeds: Vec<&'a str>,
}

fn lines(config: &Config, now: Timestamp) -> Result<Vec<String>, CliError> {
    let mut lines = problem_lines(&config.warnings)?;
    for Rhythm { schedule, sources } in rhythms(config) {
        lines.push(line(&ScheduleLine {
            schedule: schedule.to_string(),
            jitter_seconds: schedule.jitter.as_secs(),
            sources,
            next: next_runs(schedule, now).into_iter().map(Timestamp::to_rfc3339).collect(),
        })?);
    }
    lines.push(line(&Whole {
        ok: true,
        problems: config.warnings.problems().len(),
        sources: config.sources.len(),
        topics: config.topics.iter().map(|topic| topic.name.as_str()).collect(),
        feeds: config.feeds.iter().map(|feed| feed.spec.name.as_str()).collect(),
    })?);
    Ok(lines)
}

fn problem_lines(report: &Report) -> Result<Vec<String>, CliError> {
    let each = |problem: &Problem| {
        let (line_number, column) = report.position(problem.span.start);
        line(&ProblemLine {
            severity: match problem.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            code: problem.kind,
            line: line_number,
            column,
            message: &problem.message,
            help: problem.help.as_deref(),
        })
    };
    report.problems().iter().map(each).collect()
}

fn line(value: &impl Serialize) -> Result<String, CliError> {
    serde_json::to_string(value)
        .map_err(|error| CliError::Failed(format!("cannot write JSON: {error}")))
}
