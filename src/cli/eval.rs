//! `tidings eval`.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ValueEnum;
use serde::Serialize;

use super::{CliError, Global, Outcome, output};
use crate::run::measure::{self, MeasureError, Table, stories};

/// Measures stories or topics against labelled headlines
///
/// Prints precision, recall and F1 for each language and overall.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What is labelled
    #[arg(value_enum)]
    what: What,
    /// The labelled headlines: JSON lines with a gold `story` (and `near`) or `topics` (and `unsure`); for stories also a table of pairs; - is standard input
    file: PathBuf,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    /// Stories: measure simpler rules beside it, what others compare headlines by
    #[arg(long)]
    baselines: bool,
    #[command(flatten)]
    how: super::stories::How,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    /// Which headlines report one event
    Stories,
    /// Which headlines belong to which topic
    Topics,
}

#[derive(Debug, Serialize)]
struct Line<'a> {
    group: &'a str,
    tp: usize,
    fp: usize,
    r#fn: usize,
    precision: f64,
    recall: f64,
    f1: f64,
}

/// Runs the command.
pub fn run(args: Args, global: &Global) -> Result<Outcome, CliError> {
    let Args { what, file, json, baselines, how } = args;
    let labelled = text(&file)?;
    if baselines && matches!(what, What::Stories) {
        for (rule, table) in stories::baselines(&labelled).map_err(|error| wrong(&error))? {
            let table =
                table.into_iter().map(|(group, counts)| (format!("{rule}: {group}"), counts));
            print(&table.collect(), json);
        }
    }
    let table = match what {
        What::Stories => stories::eval_stories(&labelled, how.grouping(Duration::from_hours(72))),
        What::Topics => measure::topics(topics_of(global))
            .and_then(|topics| measure::eval_topics(&labelled, &topics)),
    };
    let table = table.map_err(|error| wrong(&error))?;
    print(&table, json);
    Ok(Outcome::Done)
}

fn print(table: &Table, json: bool) {
    let round = |value: f64| (value * 10_000.0).round() / 10_000.0;
    for (group, counts) in table {
        if json {
            let line = Line {
                group,
                tp: counts.hits,
                fp: counts.false_alarms,
                r#fn: counts.misses,
                precision: round(counts.precision()),
                recall: round(counts.recall()),
                f1: round(counts.f1()),
            };
            output::raw(&serde_json::to_string(&line).unwrap_or_default());
        } else {
            output::line(&format!(
                "{group:28} tp {:4} fp {:4} fn {:4}  P {:.3}  R {:.3}  F1 {:.3}",
                counts.hits,
                counts.false_alarms,
                counts.misses,
                counts.precision(),
                counts.recall(),
                counts.f1()
            ));
        }
    }
}

/// What is wrong with the lines or the configuration: the user's to mend.
pub(super) fn wrong(error: &MeasureError) -> CliError {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
    CliError::Usage(format!("{error}{}", cause.unwrap_or_default()))
}

/// The text of a file, or of standard input for `-`.
pub(super) fn text(path: &Path) -> Result<String, CliError> {
    let mut text = String::new();
    let read = if path.as_os_str() == "-" {
        std::io::stdin().lock().read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|mut file| file.read_to_string(&mut text))
    };
    match read {
        Ok(_) => Ok(text),
        Err(error) => Err(CliError::Usage(format!("cannot read {}: {error}", path.display()))),
    }
}

/// The configuration whose topics are meant. Where there is none at the usual place, the built-in packs are the topics.
pub(super) fn topics_of(global: &Global) -> Option<&Path> {
    let usual = Path::new("feeds.toml");
    let is_absent = global.config == usual && !usual.exists();
    (!is_absent).then_some(global.config.as_path())
}
