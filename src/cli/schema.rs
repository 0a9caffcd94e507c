//! `tidings schema`.

use super::{CliError, Global, Outcome, output};
use crate::config::schema::json_schema;

/// Prints the JSON schema of the configuration
///
/// Editors that know TOML schemas complete and check the file by it, if its first line is `#:schema ./feeds.schema.json`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: Args, _global: &Global) -> Result<Outcome, CliError> {
    output::raw(json_schema().trim_end());
    Ok(Outcome::Done)
}
