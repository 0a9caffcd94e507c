//! A sample newsroom without a network: outlets of our own invention on loopback, and the whole pipeline over them as `serve` runs it.
//!
//! The clock starts on the evening of the Gyeongju summit, 30 October 2025, so that the dates in the bundled documents are fresh. Everything is
//! written to one temporary folder, which is removed at the end.

mod sample;

use std::convert::Infallible;
use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::model::time::Timestamp;
use crate::run::clock::Clock;
use crate::run::error::RunError;
use crate::run::newsroom;
use crate::run::shutdown::Shutdown;
use crate::serve::samples::{self, Samples};
use sample::{OUTLETS, Places};

/// 30 October 2025, 19:10 in Seoul.
const START: i64 = 1_761_819_000;
/// Where the page is, if the port is free and no other was asked for.
const PORT: u16 = 8484;

/// What failed, if there is no port to listen on.
const NO_PORT: &str = "listen on that port; give another with `--port`";

/// What the demo tells while it runs.
#[derive(Debug)]
pub enum Told<'a> {
    /// It runs: the page is at this address, the configuration in this file.
    Running {
        /// `http://127.0.0.1:8484/`.
        base: &'a str,
        /// The configuration; `status` and `explain` read it beside the running demo.
        config: &'a Path,
        /// How many sources are polled.
        sources: usize,
    },
    /// An outlet has published something.
    Published {
        /// The time on the demo's clock.
        at: Timestamp,
        /// What to watch, in a sentence.
        note: &'a str,
    },
    /// Nothing more will be published.
    AllPublished,
}

/// A demo and the folder that holds all it writes.
#[derive(Debug)]
pub struct Demo {
    folder: TempDir,
}

impl Demo {
    /// Makes the folder.
    ///
    /// # Errors
    /// If there is no room for temporary files.
    pub fn new() -> Result<Demo, RunError> {
        let made = tempfile::Builder::new().prefix("tidings-demo-").tempdir();
        let folder = made.map_err(system("make a temporary folder"))?;
        Ok(Demo { folder })
    }

    /// Runs until it is stopped. `port`: where the page is to be; the usual one, or any that is free, if `None`.
    ///
    /// # Errors
    /// If the port asked for is taken, or a part of the newsroom fails for good.
    pub async fn run(
        &self,
        port: Option<u16>,
        shutdown: Shutdown,
        told: impl Fn(Told<'_>),
    ) -> Result<(), RunError> {
        let clock = Clock::starting_at(Timestamp::from_unix(START));
        end_with_terminal(shutdown.finish.clone())?;
        let origin = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let origin = origin.map_err(system(NO_PORT))?;
        let listener = listen(port).await.map_err(system(NO_PORT))?;
        let places = Places {
            origin: format!("http://{}", origin.local_addr().map_err(system(NO_PORT))?),
            listen: listener.local_addr().map_err(system(NO_PORT))?,
        };
        let base = places.base();
        let config = self.configure(&places)?;
        let samples = Arc::new(Samples::default());
        for (path, document) in sample::still(&places) {
            samples.put(path, document);
        }
        publish(&samples, &places, Duration::ZERO);

        let stop_origin = CancellationToken::new();
        let serving =
            tokio::spawn(samples::serve(origin, Arc::clone(&samples), stop_origin.clone()));
        let running = |running: &newsroom::Running| {
            told(Told::Running { base: &base, config: &config, sources: running.sources });
        };
        let newsroom =
            Box::pin(newsroom::serve_on(&config, Some(listener), clock, shutdown, running));
        let done = tokio::select! {
            done = newsroom => done,
            never = go_on_publishing(&samples, &places, clock, &told) => match never {},
        };
        stop_origin.cancel();
        // Nobody asks it any more; what it could still fail at is nobody's business.
        let _ = serving.await;
        done
    }

    /// Removes everything the demo wrote.
    ///
    /// # Errors
    /// If something in the folder cannot be removed.
    pub fn remove(self) -> Result<(), RunError> {
        self.folder.close().map_err(system("remove the demo's temporary folder"))
    }

    fn configure(&self, places: &Places) -> Result<PathBuf, RunError> {
        let path = self.folder.path().join("feeds.toml");
        let written = std::fs::write(&path, sample::configuration(places));
        written.map_err(system("write the demo's configuration"))?;
        Ok(path)
    }
}

/// Ends the demo with its terminal too. A service reads its configuration again at SIGHUP; a demo whose window was closed has no one left to show
/// anything to.
fn end_with_terminal(finish: CancellationToken) -> Result<(), RunError> {
    let mut hangup = signal(SignalKind::hangup()).map_err(system("listen for signals"))?;
    tokio::spawn(async move {
        hangup.recv().await;
        finish.cancel();
    });
    Ok(())
}

/// Listens where the page is to be: on the port asked for, or else the usual one, or else any.
async fn listen(port: Option<u16>) -> io::Result<TcpListener> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port.unwrap_or(PORT))).await {
        Err(error) if port.is_none() && error.kind() == io::ErrorKind::AddrInUse => {
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await
        }
        bound => bound,
    }
}

/// Lets each outlet serve what it has after so long.
fn publish(samples: &Samples, places: &Places, after: Duration) {
    for outlet in OUTLETS {
        samples.put(outlet.path(), outlet.document(places, after));
    }
}

/// Publishes what comes later, each at its time.
async fn go_on_publishing(
    samples: &Samples,
    places: &Places,
    clock: Clock,
    told: &impl Fn(Told<'_>),
) -> Infallible {
    for arrival in sample::arrivals() {
        let at = Timestamp::from_unix(START) + arrival.after;
        clock.sleep_until(at).await;
        publish(samples, places, arrival.after);
        told(Told::Published { at, note: arrival.note });
    }
    told(Told::AllPublished);
    std::future::pending().await
}

fn system(action: &'static str) -> impl Fn(io::Error) -> RunError {
    move |source| RunError::System { action, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_port_that_is_taken_is_refused_or_passed_over() {
        let taken = listen(Some(0)).await.unwrap();
        let port = taken.local_addr().unwrap().port();
        assert_eq!(listen(Some(port)).await.unwrap_err().kind(), io::ErrorKind::AddrInUse);
        // Whoever holds the usual port, there is one.
        let _usual = TcpListener::bind((Ipv4Addr::LOCALHOST, PORT)).await;
        assert_ne!(listen(None).await.unwrap().local_addr().unwrap().port(), PORT);
    }
}
