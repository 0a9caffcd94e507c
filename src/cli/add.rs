//! `tidings add`.

use super::{CliError, Global, Outcome};

/// Finds the feed behind a page and adds it to the configuration
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: Args, _global: &Global) -> Result<Outcome, CliError> {
    Err(CliError::Failed("`add` is not built yet".to_owned()))
}
