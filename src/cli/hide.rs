//! `tidings hide`.

use super::{CliError, Global, Outcome, word};
use crate::run::decide::Ask;

/// Takes a story out of every feed
///
/// For ever. `tidings explain` still finds it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The story: its id, the address of its page, or an entry of it
    #[arg(value_name = "STORY-OR-URL")]
    story: String,
    /// Take it back
    #[arg(long)]
    undo: bool,
}

/// Runs the command.
pub fn run(args: Args, global: &Global) -> Result<Outcome, CliError> {
    let Args { story, undo } = args;
    word::say(Ask::Hide(story), undo, global)
}
