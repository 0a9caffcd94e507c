//! `tidings remove`.

use super::{CliError, Global, Outcome};

/// Removes a source from the configuration
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: Args, _global: &Global) -> Result<Outcome, CliError> {
    Err(CliError::Failed("`remove` is not built yet".to_owned()))
}
