//! `tidings join`.

use super::{CliError, Global, Outcome, word};
use crate::run::decide::Ask;

/// Makes two stories one
///
/// For ever. The first keeps its id where both are older than the window; the id of the other leads to it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A story: its id, the address of its page, or an entry of it
    #[arg(value_name = "STORY-OR-URL")]
    one: String,
    /// The other story
    #[arg(value_name = "STORY-OR-URL")]
    other: String,
    /// Take it back
    #[arg(long)]
    undo: bool,
}

/// Runs the command.
pub fn run(args: Args, global: &Global) -> Result<Outcome, CliError> {
    let Args { one, other, undo } = args;
    word::say(Ask::Join(one, other), undo, global)
}
