//! `tidings init`.

use super::{CliError, Global, Outcome};

/// Writes a commented configuration to start from
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: Args, _global: &Global) -> Result<Outcome, CliError> {
    Err(CliError::Failed("`init` is not built yet".to_owned()))
}
