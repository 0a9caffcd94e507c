//! `tidings explain`.

use super::{CliError, Global, Outcome};

/// Says everything known of one entry or story
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: Args, _global: &Global) -> Result<Outcome, CliError> {
    Err(CliError::Failed("`explain` is not built yet".to_owned()))
}
