//! `tidings serve`.

use super::{CliError, Global, Outcome, output, runtime};
use crate::run::clock::Clock;
use crate::run::newsroom::{self, Running, absolute};
use crate::run::shutdown::Shutdown;

/// Runs the service: polls on schedule, publishes, answers HTTP, follows changes of the configuration
///
/// SIGTERM or SIGINT finishes begun polls and ends; a second one ends at once. SIGHUP reads the configuration again.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: Args, global: &Global) -> Result<Outcome, CliError> {
    output::log_to_stderr("info");
    let runtime = runtime()?;
    let config = absolute(&global.config);
    let served = runtime.block_on(async {
        let shutdown = Shutdown::on_signals()
            .map_err(|source| CliError::System { action: "listen for signals", source })?;
        newsroom::serve(&config, Clock::from_environment(), shutdown, say)
            .await
            .map_err(CliError::from)
    });
    // After a second signal, what still runs is left where it is: the store holds whole batches only.
    runtime.shutdown_background();
    served.map(|()| Outcome::Done)
}

fn say(running: &Running) {
    let Running { address, sources, feeds } = running;
    match address {
        Some(address) => output::problem(&format!(
            "tidings serves {feeds} feeds from {sources} sources at http://{address}/"
        )),
        None => output::problem(&format!(
            "tidings publishes {feeds} feeds from {sources} sources as files"
        )),
    }
}
