//! `tidings export`.

use std::io::Write;

use super::{CliError, Global, Outcome};
use crate::run::subscriptions;

/// Prints the sources as OPML
#[derive(Debug, clap::Args)]
pub struct Args {
    /// As OPML 2.0, the one format there is
    #[arg(long)]
    opml: bool,
}

/// Runs the command.
pub fn run(args: Args, global: &Global) -> Result<Outcome, CliError> {
    let Args { opml: _ } = args;
    let document = subscriptions::export(&global.config)?;
    let mut out = std::io::stdout().lock();
    // A closed pipe ends the output quietly.
    let _ = out.write_all(&document).and_then(|()| out.flush());
    Ok(Outcome::Done)
}
