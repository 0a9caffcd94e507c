//! `tidings stories`.

use super::{CliError, Global, Outcome};

/// Groups headlines into stories
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: Args, _global: &Global) -> Result<Outcome, CliError> {
    Err(CliError::Failed("`stories` is not built yet".to_owned()))
}
