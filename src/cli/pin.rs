//! `tidings pin`.

use super::{CliError, Global, Outcome, word};
use crate::run::decide::Ask;

/// Keeps a story on top of its feeds, whatever its age
///
/// For ever: neither `max_age` nor `limit` takes it away.
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
    word::say(Ask::Pin(story), undo, global)
}
