//! `tidings serve`.

use super::{CliError, Global, Outcome};

/// Runs the service: polls on schedule, publishes, answers HTTP, follows changes of the configuration
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: Args, _global: &Global) -> Result<Outcome, CliError> {
    Err(CliError::Failed("`serve` is not built yet".to_owned()))
}
