//! `tidings status`.

use super::{CliError, Global, Outcome};

/// Shows the health of each source and feed
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: Args, _global: &Global) -> Result<Outcome, CliError> {
    Err(CliError::Failed("`status` is not built yet".to_owned()))
}
