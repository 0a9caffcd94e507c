//! `tidings stories`.

use std::path::PathBuf;
use std::time::Duration;

use super::{CliError, Global, Outcome, output};
use crate::run::measure;
use crate::stories::StoryOptions;

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
}

/// Runs the command.
pub fn run(args: Args, _global: &Global) -> Result<Outcome, CliError> {
    let Args { input, window_hours } = args;
    let window = Duration::from_secs(window_hours.saturating_mul(3600));
    let lines = measure::stories(
        &super::eval::text(&input)?,
        StoryOptions { window, ..StoryOptions::default() },
    );
    let lines = lines.map_err(|error| super::eval::wrong(&error))?;
    output::raw(lines.trim_end());
    Ok(Outcome::Done)
}
