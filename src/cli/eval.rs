//! `tidings eval`.

use super::{CliError, Global, Outcome};

/// Measures stories or topics against labelled headlines
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: Args, _global: &Global) -> Result<Outcome, CliError> {
    Err(CliError::Failed("`eval` is not built yet".to_owned()))
}
