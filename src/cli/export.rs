//! `tidings export`.

use super::{CliError, Global, Outcome};

/// Prints the sources as OPML
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: Args, _global: &Global) -> Result<Outcome, CliError> {
    Err(CliError::Failed("`export` is not built yet".to_owned()))
}
