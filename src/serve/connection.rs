//! Connections: accepted up to a bound, cut when slow, drained when the server stops.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use prometheus_client::metrics::gauge::Gauge;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, Sleep};
use tokio_util::sync::CancellationToken;

use super::error::ServeError;
use super::{ServeOptions, Site, routes};

/// The largest request head we read, in bytes.
const HEAD_BYTES: usize = 16 * 1024;
/// The most header lines we read.
const HEADERS: usize = 64;
/// How long to wait when the machine has no room for another connection.
const NO_ROOM: Duration = Duration::from_millis(200);

/// Takes an address to listen on: `127.0.0.1:8484`, `localhost:8484`, `[::]:8484`.
pub async fn listen(address: &str) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address)
        .await
        .map_err(|reason| ServeError::Listen { address: address.into(), reason })
}

/// Serves the site until `stop`: then no connection is accepted any more, requests under way are answered, and what is still open after
/// [`ServeOptions::drain`] is cut. HTTP/1.1; whoever wants more has a proxy in front.
pub async fn serve(
    listener: TcpListener,
    site: Arc<Site>,
    stop: CancellationToken,
) -> Result<(), ServeError> {
    let router = routes::router(Arc::clone(&site));
    let room = Arc::new(Semaphore::new(site.options.max_connections));
    let mut connections = JoinSet::new();
    let outcome = loop {
        let accepted = async {
            let permit = Arc::clone(&room).acquire_owned().await;
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            () = stop.cancelled() => break Ok(()),
            accepted = accepted => accepted,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, _)) => {
                // Answers are written in one piece; waiting for more to send only delays them.
                let _ = stream.set_nodelay(true);
                let router = router.clone();
                let options = site.options.clone();
                let open = Open::count(site.metrics.connections.clone());
                let stop = stop.clone();
                connections.spawn(async move {
                    converse(stream, router, &options, stop).await;
                    drop((open, permit));
                });
            }
            // The connection is gone again, or the machine is short of something that comes back.
            Err(error) if is_transient(&error) => {
                tracing::warn!("cannot accept a connection: {error}");
                tokio::time::sleep(NO_ROOM).await;
            }
            Err(error) => break Err(ServeError::Accept(error)),
        }
    };
    drop(listener);
    let drained = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(site.options.drain, drained).await.is_err() {
        tracing::warn!(connections = connections.len(), "cut connections that did not end in time");
        connections.shutdown().await;
    }
    outcome
}

/// Whether accepting may work again: everything but a listener that is none (`EBADF`, `EINVAL`, `ENOTSOCK`).
fn is_transient(error: &io::Error) -> bool {
    !matches!(error.raw_os_error(), Some(9 | 22 | 88))
}

/// Answers the requests of one connection until it ends.
async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
    router: Router,
    options: &ServeOptions,
    stop: CancellationToken,
) {
    let io = TokioIo::new(Paced::new(stream, options.send_timeout, options.min_rate_bytes));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(options.head_timeout)
        .max_buf_size(HEAD_BYTES)
        .max_headers(HEADERS)
        .serve_connection(io, TowerToHyperService::new(router));
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!("connection ended: {error}");
    }
}

/// Counts an open connection for as long as it lives.
struct Open(Gauge);

impl Open {
    fn count(gauge: Gauge) -> Open {
        gauge.inc();
        Open(gauge)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// A stream whose reader must keep a pace: whoever asks for a large document and takes a byte a minute holds a place that others need.
struct Paced<S> {
    stream: S,
    grace: Duration,
    min_rate_bytes: u64,
    /// When what is being sent began to wait for the client, and how much of it has gone since.
    waiting: Option<(Instant, u64)>,
    deadline: Pin<Box<Sleep>>,
}

impl<S> Paced<S> {
    fn new(stream: S, grace: Duration, min_rate_bytes: u64) -> Paced<S> {
        let deadline = Box::pin(tokio::time::sleep(grace));
        Paced { stream, grace, min_rate_bytes: min_rate_bytes.max(1), waiting: None, deadline }
    }

    /// Passes on what writing came to, or an error once the client is behind its pace.
    fn keep_pace(
        &mut self,
        written: Poll<io::Result<usize>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        match (written, &mut self.waiting) {
            (Poll::Ready(Ok(bytes)), Some((_, sent))) => {
                *sent = sent.saturating_add(bytes as u64);
                Poll::Ready(Ok(bytes))
            }
            (Poll::Ready(written), _) => Poll::Ready(written),
            (Poll::Pending, waiting) => {
                let (since, sent) = waiting.get_or_insert_with(|| (Instant::now(), 0));
                let allowed = self.grace + Duration::from_secs(*sent / self.min_rate_bytes);
                let deadline = *since + allowed;
                if self.deadline.deadline() != deadline {
                    self.deadline.as_mut().reset(deadline);
                }
                ready!(self.deadline.as_mut().poll(context));
                let slow =
                    io::Error::new(io::ErrorKind::TimedOut, "the client receives too slowly");
                Poll::Ready(Err(slow))
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.keep_pace(written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.keep_pace(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        // All that there was to send has been taken.
        if flushed.is_ready() {
            self.waiting = None;
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
