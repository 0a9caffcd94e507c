//! `tidings import`.

use super::{CliError, Global, Outcome};

/// Adds the subscriptions of an OPML file to the configuration
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: Args, _global: &Global) -> Result<Outcome, CliError> {
    Err(CliError::Failed("`import` is not built yet".to_owned()))
}
