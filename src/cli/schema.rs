//! `tidings schema`.

use super::{CliError, Global, Outcome};

/// Prints the JSON schema of the configuration
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: Args, _global: &Global) -> Result<Outcome, CliError> {
    Err(CliError::Failed("`schema` is not built yet".to_owned()))
}
