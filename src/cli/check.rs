//! `tidings check`.

use super::{CliError, Global, Outcome};

/// Checks the configuration and says everything that is wrong with it
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: Args, _global: &Global) -> Result<Outcome, CliError> {
    Err(CliError::Failed("`check` is not built yet".to_owned()))
}
