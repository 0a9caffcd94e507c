//! `tidings classify`.

use super::{CliError, Global, Outcome};

/// Says which topics keep which headlines
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: Args, _global: &Global) -> Result<Outcome, CliError> {
    Err(CliError::Failed("`classify` is not built yet".to_owned()))
}
