//! `tidings parse`.

use super::{CliError, Global, Outcome};

/// Reads one document and prints it as JSON
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: Args, _global: &Global) -> Result<Outcome, CliError> {
    Err(CliError::Failed("`parse` is not built yet".to_owned()))
}
