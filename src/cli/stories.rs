//! `tidings stories`.

use std::path::PathBuf;
use std::time::Duration;

use super::{CliError, Global, Outcome, output};
use crate::run::measure::stories::{self, Grouping};
use crate::stories::{Sensitivity, StoryOptions};

/// Groups headlines into stories
///
/// Reads JSON lines {"id","title","lang"?,"date"?,"source"?,"url"?,"summary"?,"batch"?} and prints a line {"id","story","evidence"} for each.
/// Headlines of different batches are never compared.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file of headlines; - is standard input
    #[arg(long, value_name = "FILE", default_value = "-")]
    input: PathBuf,
    /// How many hours apart the headlines of a story may be
    #[arg(long, value_name = "HOURS", default_value_t = 72)]
    window_hours: u64,
    #[command(flatten)]
    how: How,
}

/// How headlines are compared.
#[derive(Debug, clap::Args)]
pub(super) struct How {
    /// How readily headlines are joined
    #[arg(long, value_enum, default_value_t = Readiness::Balanced)]
    sensitivity: Readiness,
    /// Whether what text alone leaves open is decided by meaning
    #[arg(long, value_enum, default_value_t = Switch::On)]
    encoder: Switch,
}

/// [`Sensitivity`] on the command line.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Readiness {
    /// Only what is sure
    Strict,
    /// As an editor would
    Balanced,
    /// Also what is likely
    Eager,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Switch {
    /// Encode what is open
    On,
    /// Compare texts only
    Off,
}

impl How {
    /// As the recogniser takes it.
    pub(super) fn grouping(&self, window: Duration) -> Grouping {
        let sensitivity = match self.sensitivity {
            Readiness::Strict => Sensitivity::Strict,
            Readiness::Balanced => Sensitivity::Balanced,
            Readiness::Eager => Sensitivity::Eager,
        };
        Grouping {
            stories: StoryOptions { window, sensitivity },
            has_encoder: self.encoder == Switch::On,
        }
    }
}

/// Runs the command.
pub fn run(args: Args, _global: &Global) -> Result<Outcome, CliError> {
    let Args { input, window_hours, how } = args;
    let window = Duration::from_secs(window_hours.saturating_mul(3600));
    let lines = stories::stories(&super::eval::text(&input)?, how.grouping(window));
    let lines = lines.map_err(|error| super::eval::wrong(&error))?;
    output::raw(lines.trim_end());
    Ok(Outcome::Done)
}
