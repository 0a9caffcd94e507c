//! `tidings classify`.

use std::path::PathBuf;

use super::{CliError, Global, Outcome, output};
use crate::run::measure;

/// Says which topics keep which headlines
///
/// Reads the JSON lines of `stories` and prints a line {"id","topics","evidence"} for each, by the topics of the configuration.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file of headlines; - is standard input
    #[arg(long, value_name = "FILE", default_value = "-")]
    input: PathBuf,
}

/// Runs the command.
pub fn run(args: Args, global: &Global) -> Result<Outcome, CliError> {
    let Args { input } = args;
    let headlines = super::eval::text(&input)?;
    let lines = measure::topics(super::eval::topics_of(global))
        .and_then(|topics| measure::classify(&headlines, &topics));
    let lines = lines.map_err(|error| super::eval::wrong(&error))?;
    output::raw(lines.trim_end());
    Ok(Outcome::Done)
}
