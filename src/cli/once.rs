//! `tidings once`.

use super::{CliError, Global, Outcome};

/// Polls every due source once, publishes and exits
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: Args, _global: &Global) -> Result<Outcome, CliError> {
    Err(CliError::Failed("`once` is not built yet".to_owned()))
}
