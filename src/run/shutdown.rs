//! Signals: the first asks to finish, the second to stop at once.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// What the two signals cancel.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    /// Cancelled by the first SIGTERM or SIGINT: begin nothing more, finish what has begun.
    pub finish: CancellationToken,
    /// Cancelled by the second: do not wait either.
    pub at_once: CancellationToken,
}

impl Shutdown {
    /// Listens for signals in a task of its own.
    ///
    /// # Errors
    /// If the system gives no signal handlers.
    pub fn on_signals() -> std::io::Result<Shutdown> {
        let shutdown = Shutdown::default();
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let both = shutdown.clone();
        tokio::spawn(async move {
            for (token, what) in
                [(&both.finish, "finishing begun polls"), (&both.at_once, "stopping at once")]
            {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
                token.cancel();
                tracing::info!("{what}");
            }
        });
        Ok(shutdown)
    }
}
