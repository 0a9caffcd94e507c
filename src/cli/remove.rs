//! `tidings remove`.

use super::{CliError, Global, Outcome, output};
use crate::run::subscriptions;

/// Removes a source from the configuration
///
/// Comments, order and layout of the rest stay as they are; what the source gave stays in the store until it is old.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The key of the source
    #[arg(value_name = "KEY")]
    key: String,
}

/// Runs the command.
pub fn run(args: Args, global: &Global) -> Result<Outcome, CliError> {
    let Args { key } = args;
    subscriptions::remove(&global.config, &key)?;
    output::line(&format!("removed `{key}` from {}", global.config.display()));
    Ok(Outcome::Done)
}
