//! `tidings init`.

use std::path::Path;

use super::{CliError, Global, Outcome, output};
use crate::config::schema::json_schema;
use crate::config::{START, edit};

/// Writes a commented configuration to start from
///
/// The file is the one of --config, feeds.toml if that is not given; its JSON schema for editors is written beside it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Replaces a file that is there
    #[arg(long)]
    force: bool,
}

/// Runs the command.
pub fn run(args: Args, global: &Global) -> Result<Outcome, CliError> {
    let Args { force } = args;
    let path = &global.config;
    if !force && path.symlink_metadata().is_ok() {
        return Err(CliError::Usage(format!(
            "{} is there already, and stays as it is; `--force` replaces it",
            path.display()
        )));
    }
    edit::write(path, START)?;
    let schema = path.parent().unwrap_or(Path::new("")).join("feeds.schema.json");
    if force || schema.symlink_metadata().is_err() {
        edit::write(&schema, &json_schema())?;
    }
    output::line(&format!("wrote {}; next: `tidings check`, then `tidings serve`", path.display()));
    Ok(Outcome::Done)
}
