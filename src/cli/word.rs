//! What `split`, `join`, `hide` and `pin` have in common: they say a word, and tell what became of it.

use super::{CliError, Global, Outcome, output};
use crate::run::clock::Clock;
use crate::run::decide::{Ask, DecideError, Done, Hold, decide};
use crate::run::newsroom::absolute;

/// Says a word to whoever holds the store.
pub(super) fn say(ask: Ask, undo: bool, global: &Global) -> Result<Outcome, CliError> {
    output::log_to_stderr("warn");
    let hold = if undo { Hold::NoLonger } else { Hold::FromNow };
    let done = match decide(&absolute(&global.config), &ask, hold, Clock::from_environment()) {
        Ok(done) => done,
        Err(DecideError::Run(error)) => return Err(error.into()),
        Err(wrong) => {
            output::problem(&wrong.to_string());
            return Ok(Outcome::Attention);
        }
    };
    output::line(match done {
        Done::Already => "that holds already",
        Done::Stored => {
            "done; the feeds follow with the next `tidings once`, or when the service starts"
        }
        Done::Taken => "done; the running service has taken it in and publishes",
        Done::Waits => "noted; the running service has not taken it in yet",
    });
    Ok(Outcome::Done)
}
