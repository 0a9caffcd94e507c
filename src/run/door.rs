//! Where the service listens: follows `[server] listen` while it runs.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::run::desk::Desk;
use crate::run::error::{RunError, with_causes};
use crate::serve::{self, ServeError, Site};

/// The server, where the configuration wants it.
pub struct Door {
    site: Arc<Site>,
    /// What the configuration asks for.
    wanted: Option<SocketAddr>,
    open: Option<Open>,
}

struct Open {
    address: SocketAddr,
    stop: CancellationToken,
    serving: JoinHandle<Result<(), ServeError>>,
}

impl Door {
    /// Serves at this address, if there is one, or on a listener that is there already.
    ///
    /// # Errors
    /// If the address is taken or not ours.
    pub async fn open(
        site: Arc<Site>,
        listener: Option<TcpListener>,
        wanted: Option<SocketAddr>,
    ) -> Result<Door, RunError> {
        let mut door = Door { site, wanted, open: None };
        match (listener, wanted) {
            (Some(listener), _) => door.serve(listener),
            (None, Some(address)) => door.serve(bind(address).await?),
            (None, None) => {}
        }
        Ok(door)
    }

    /// Where it listens, if it does.
    pub fn address(&self) -> Option<SocketAddr> {
        self.open.as_ref().map(|open| open.address)
    }

    fn serve(&mut self, listener: TcpListener) {
        // A listener that does not know its address cannot accept either, and says so there.
        let unknown = SocketAddr::from(([0, 0, 0, 0], 0));
        let address = listener.local_addr().unwrap_or(unknown);
        let stop = CancellationToken::new();
        let serving = tokio::spawn(serve::serve(listener, Arc::clone(&self.site), stop.clone()));
        self.open = Some(Open { address, stop, serving });
    }

    /// Follows the configuration until stopped; then requests under way are answered.
    pub async fn keep(mut self, mut desks: watch::Receiver<Arc<Desk>>, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return self.close().await,
                Ok(()) = desks.changed() => {
                    let wanted = desks.borrow_and_update().config.server.listen;
                    if wanted != self.wanted {
                        self.go_to(wanted).await;
                    }
                }
                () = ended(self.open.as_mut()) => self.open = None,
            }
        }
    }

    async fn go_to(&mut self, wanted: Option<SocketAddr>) {
        let before = std::mem::replace(&mut self.wanted, wanted);
        let Some(address) = wanted else {
            self.close().await;
            tracing::info!("listens no more");
            return;
        };
        let bound = match bind(address).await {
            Ok(listener) => {
                self.close().await;
                Ok(listener)
            }
            // The same port on other addresses is ours to give back first.
            Err(_) if before.is_some_and(|before| before.port() == address.port()) => {
                self.close().await;
                bind(address).await
            }
            Err(error) => Err(error),
        };
        match bound {
            Ok(listener) => {
                self.serve(listener);
                tracing::info!("listens at http://{}/ now", self.address().unwrap_or(address));
            }
            Err(error) => {
                tracing::error!("{}", with_causes(&error));
                if let Some(before) = before.filter(|_| self.open.is_none())
                    && let Ok(listener) = bind(before).await
                {
                    self.serve(listener);
                }
            }
        }
    }

    async fn close(&mut self) {
        if let Some(mut open) = self.open.take() {
            open.stop.cancel();
            ended(Some(&mut open)).await;
        }
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, RunError> {
    TcpListener::bind(address).await.map_err(|source| RunError::Listen { address, source })
}

/// Waits until the server ends; for ever if there is none that could.
async fn ended(open: Option<&mut Open>) {
    match open {
        Some(open) => match (&mut open.serving).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!("{}", with_causes(&error)),
            Err(_) => {
                tracing::error!("the HTTP server ended unexpectedly; this is a bug in tidings")
            }
        },
        None => std::future::pending().await,
    }
}
