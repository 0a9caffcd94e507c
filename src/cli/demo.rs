//! `tidings demo`.

use super::{CliError, Global, Outcome};

/// Shows a sample newsroom without a network
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: Args, _global: &Global) -> Result<Outcome, CliError> {
    Err(CliError::Failed("`demo` is not built yet".to_owned()))
}
