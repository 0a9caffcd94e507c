//! `tidings once`.

use std::collections::BTreeSet;
use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::{CliError, Global, Outcome, output, runtime};
use crate::model::source::SourceKey;
use crate::run::clock::Clock;
use crate::run::newsroom::{self, Progress, Summary, absolute};
use crate::run::scheduler::Round;
use crate::run::shutdown::Shutdown;

/// Polls every due source once, publishes and exits
///
/// Exit code 1 if a source failed or a document could not be written; the others are published all the same.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Poll also what is not due
    #[arg(long)]
    force: bool,
    /// Poll this source only (may be repeated)
    #[arg(long, value_name = "KEY")]
    source: Vec<String>,
    /// End with one line of JSON
    #[arg(long)]
    json: bool,
}

/// The last line of `once --json` (contract 6.4).
#[derive(Debug, Serialize)]
struct SummaryLine {
    polled: usize,
    failed: usize,
    new: usize,
    merged: usize,
    published: usize,
    seconds: f64,
}

/// Runs the command.
pub fn run(args: Args, global: &Global) -> Result<Outcome, CliError> {
    let bar = std::io::stderr().is_terminal() && !args.json;
    output::log_to_stderr(if bar { "error" } else { "warn" });
    let round = Round {
        force: args.force,
        only: args.source.iter().filter_map(|key| SourceKey::parse(key)).collect::<BTreeSet<_>>(),
    };
    if round.only.len() < args.source.iter().collect::<BTreeSet<_>>().len() {
        return Err(CliError::Usage("a source key is made of letters, digits, `-`, `_` and `.`; `tidings status` lists them".to_owned()));
    }
    let config = absolute(&global.config);
    let mut screen = Screen::new(bar);
    let runtime = runtime()?;
    let done = runtime.block_on(async {
        let shutdown = Shutdown::on_signals().map_err(|source| CliError::System { action: "listen for signals", source })?;
        let round = newsroom::once(&config, round, Clock::from_environment(), shutdown.finish.clone(), |progress| screen.show(&progress));
        tokio::select! {
            done = round => done.map_err(CliError::from),
            () = shutdown.at_once.cancelled() => Err(CliError::Failed("stopped before the round was over; what was committed stays".to_owned())),
        }
    });
    runtime.shutdown_background();
    let (summary, failures) = (done?, screen.finish());
    if bar {
        for failure in &failures {
            output::problem(failure);
        }
    }
    say(&summary, args.json)?;
    Ok(if summary.failed + summary.not_written > 0 { Outcome::Attention } else { Outcome::Done })
}

fn say(summary: &Summary, json: bool) -> Result<(), CliError> {
    let Summary { polled, failed, new, merged, published, not_written, seconds } = *summary;
    if json {
        return output::json(&SummaryLine {
            polled,
            failed,
            new,
            merged,
            published,
            seconds: (seconds * 1000.0).round() / 1000.0,
        });
    }
    let mut text = format!(
        "{polled} polled, {failed} failed, {new} new, {merged} merged, {published} documents changed, {seconds:.1} s"
    );
    if not_written > 0 {
        text.push_str(&format!("; {not_written} documents could not be written"));
    }
    output::line(&text);
    Ok(())
}

/// A progress bar where there is a terminal to show it on.
struct Screen {
    bar: Option<ProgressBar>,
    failures: Vec<String>,
}

impl Screen {
    fn new(bar: bool) -> Screen {
        Screen { bar: bar.then(|| ProgressBar::new(0).with_style(style())), failures: Vec::new() }
    }

    fn show(&mut self, progress: &Progress<'_>) {
        match progress {
            Progress::Planned(count) => {
                if let Some(bar) = &self.bar {
                    bar.set_length(*count as u64);
                }
            }
            Progress::Polled(report) => {
                if let Some(error) = &report.state.error {
                    self.failures.push(format!("{}: {}", report.source, error.message));
                }
                if let Some(bar) = &self.bar {
                    bar.set_message(report.source.as_str().to_owned());
                    bar.inc(1);
                }
            }
        }
    }

    fn finish(self) -> Vec<String> {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        self.failures
    }
}

fn style() -> ProgressStyle {
    // The template is constant; were it wrong, the plain bar does as well.
    ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}
