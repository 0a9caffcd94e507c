//! `tidings split`.

use super::{CliError, Global, Outcome, word};
use crate::run::decide::Ask;

/// Makes an entry a story of its own, apart from the story it is in
///
/// For ever: whatever is read later, the two are never one story again.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The entry: its number, guid or link (`tidings explain` shows them)
    #[arg(value_name = "ENTRY-OR-URL")]
    entry: String,
    /// Take it back
    #[arg(long)]
    undo: bool,
}

/// Runs the command.
pub fn run(args: Args, global: &Global) -> Result<Outcome, CliError> {
    let Args { entry, undo } = args;
    word::say(Ask::Split(entry), undo, global)
}
