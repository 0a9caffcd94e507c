//! Connections: accepted up to a bound, cut when slow, drained when the server stops.

use std::future::Future as _;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{self, Context, Poll};
use std::time::Duration;

use axum::Router;
use futures_util::future::{Either, Ready, ready};
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

use super::admin::Peer;
use super::error::ServeError;
use super::{ServeOptions, Site, routes, shortcut};

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
    let answers = Answers { router: routes::router(Arc::clone(&site)), site: Some(site.clone()) };
    accept(listener, answers, &site.options, &site.metrics.connections, stop).await
}

/// What answers requests: the shelf by itself where it can, else the router.
#[derive(Clone)]
pub(super) struct Answers {
    pub(super) router: Router,
    pub(super) site: Option<Arc<Site>>,
}

/// Answers connections until `stop`; `count` says how many are open.
pub(super) async fn accept(
    listener: TcpListener,
    answers: Answers,
    options: &ServeOptions,
    count: &Gauge,
    stop: CancellationToken,
) -> Result<(), ServeError> {
    let room = Arc::new(Semaphore::new(options.max_connections));
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
            Ok((stream, peer)) => {
                // Answers are written in one piece; waiting for more to send only delays them.
                let _ = stream.set_nodelay(true);
                let answers = answers.clone();
                let options = options.clone();
                let open = Open::count(count.clone());
                let stop = stop.clone();
                connections.spawn(async move {
                    converse(stream, peer.ip(), answers, &options, stop).await;
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
    if tokio::time::timeout(options.drain, drained).await.is_err() {
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
    peer: IpAddr,
    answers: Answers,
    options: &ServeOptions,
    stop: CancellationToken,
) {
    let io = TokioIo::new(Paced::new(stream, options.send_timeout, options.min_rate_bytes));
    let Answers { router, site } = answers;
    let service = WithPeer { router: TowerToHyperService::new(router), site, peer };
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(options.head_timeout)
        .max_buf_size(HEAD_BYTES)
        .max_headers(HEADERS)
        .serve_connection(io, service);
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

/// Answers from the shelf where that is all it takes, and tells the router who is at the other end of the connection.
struct WithPeer {
    router: TowerToHyperService<Router>,
    site: Option<Arc<Site>>,
    peer: IpAddr,
}

type Routed = <TowerToHyperService<Router> as hyper::service::Service<
    hyper::Request<hyper::body::Incoming>,
>>::Future;

impl hyper::service::Service<hyper::Request<hyper::body::Incoming>> for WithPeer {
    type Response = axum::response::Response;
    type Error = std::convert::Infallible;
    type Future = Either<Ready<Result<Self::Response, Self::Error>>, Routed>;

    fn call(&self, mut request: hyper::Request<hyper::body::Incoming>) -> Self::Future {
        if let Some(site) = &self.site
            && let Some(response) = shortcut::answer(site, &request)
        {
            return Either::Left(ready(Ok(response)));
        }
        request.extensions_mut().insert(Peer(self.peer));
        Either::Right(self.router.call(request))
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
                task::ready!(self.deadline.as_mut().poll(context));
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

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
    use tokio::net::TcpStream;
    use tokio::sync::Notify;
    use tokio::task::JoinHandle;

    use super::*;
    use crate::model::edition::Artifact;
    use crate::model::source::Secret;
    use crate::model::story::StoryId;
    use crate::model::verdict::TopicName;
    use crate::serve::pages::{
        Attempt, Desk, FrontView, RejectsView, SearchView, SourcesView, StoryView, TopicView,
    };
    use crate::serve::{Acted, Action, ActionError, Contents, Lookup, LookupError, Sees, Shelf};

    /// Says when it has begun to look up a page, and takes its time over it.
    struct Slow(Arc<Notify>);

    impl Lookup for Slow {
        fn admin_token(&self) -> Option<Secret> {
            None
        }

        fn topic(
            &self,
            _: &TopicName,
            _: Option<&Attempt>,
            _: Sees,
        ) -> Result<Option<TopicView>, LookupError> {
            Ok(None)
        }

        fn rejects(&self) -> Result<RejectsView, LookupError> {
            Err(LookupError("there is none".into()))
        }

        fn search(&self, _: &str, _: usize, _: Sees) -> Result<SearchView, LookupError> {
            Err(LookupError("there is none".into()))
        }

        fn day(&self, _: chrono::NaiveDate) -> Result<FrontView, LookupError> {
            Err(LookupError("there is none".into()))
        }

        fn private_key(&self, _: &str) -> Option<Secret> {
            None
        }

        fn private_feed(&self, _: &str) -> Result<Option<Artifact>, LookupError> {
            Ok(None)
        }

        fn story(&self, _: StoryId) -> Result<Option<StoryView>, LookupError> {
            Ok(None)
        }

        fn status(&self) -> Result<crate::serve::pages::StatusView, LookupError> {
            Err(LookupError(String::new()))
        }

        fn sources(&self) -> Result<SourcesView, LookupError> {
            self.0.notify_one();
            std::thread::sleep(Duration::from_millis(300));
            Err(LookupError("too late to matter".into()))
        }

        fn act(&self, _: &Action) -> Result<Acted, ActionError> {
            Ok(Acted::Done)
        }
    }

    /// The length of the feed: more than a pipe or a socket takes at once.
    const FEED_BYTES: usize = 4 << 20;

    fn site(options: ServeOptions, begun: Arc<Notify>) -> Arc<Site> {
        let feed = vec![b'x'; FEED_BYTES];
        let artifact =
            Artifact::new("a.rss".into(), "application/rss+xml; charset=utf-8", feed, None);
        let opml = Artifact::new("o".into(), "text/x-opml; charset=utf-8", Vec::new(), None);
        let contents = Contents::starting(Desk::default()).next(
            Desk::default(),
            [artifact],
            opml,
            &FrontView::default(),
        );
        Arc::new(Site::new(
            Arc::new(Shelf::new(contents)),
            Arc::default(),
            Arc::new(Slow(begun)),
            options,
        ))
    }

    /// A conversation over a pipe that holds 4 KiB, for clocks that stand still until all wait.
    fn talk(options: &ServeOptions) -> (DuplexStream, JoinHandle<()>) {
        let (client, server) = duplex(4 * 1024);
        let site = site(options.clone(), Arc::default());
        let answers = Answers { router: routes::router(Arc::clone(&site)), site: Some(site) };
        let options = options.clone();
        let talk = tokio::spawn(async move {
            let peer = IpAddr::from([192, 0, 2, 1]);
            converse(server, peer, answers, &options, CancellationToken::new()).await;
        });
        (client, talk)
    }

    const ASK: &[u8] = b"GET /feeds/a.rss HTTP/1.1\r\nhost: x\r\n\r\n";

    #[tokio::test(start_paused = true)]
    async fn a_client_that_dawdles_over_its_request_is_cut() {
        let options = ServeOptions::default();
        for begun in ["", "GET / HTTP/1.1\r\nhost"] {
            let (mut client, talk) = talk(&options);
            let began = Instant::now();
            client.write_all(begun.as_bytes()).await.unwrap();
            talk.await.unwrap();
            let took = began.elapsed();
            assert!(took >= options.head_timeout && took < 2 * options.head_timeout, "{took:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_silent_between_two_requests_is_cut() {
        let options = ServeOptions::default();
        let (mut client, talk) = talk(&options);
        client.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let began = Instant::now();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        talk.await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(began.elapsed() < 2 * options.head_timeout, "{:?}", began.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_receives_nothing_is_cut() {
        let options = ServeOptions::default();
        let (mut client, talk) = talk(&options);
        client.write_all(ASK).await.unwrap();
        let began = Instant::now();
        talk.await.unwrap();
        assert!(began.elapsed() < options.send_timeout + Duration::from_secs(10));
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_must_keep_the_pace() {
        let options = ServeOptions::default();
        // Bytes a second taken by the client, and whether it gets all of it.
        for (rate, whole) in [(64 * 1024, true), (options.min_rate_bytes * 2, true), (256, false)] {
            let (mut client, talk) = talk(&options);
            client.write_all(ASK).await.unwrap();
            let mut received = 0;
            let mut buffer = vec![0; usize::try_from(rate).unwrap()];
            loop {
                tokio::time::sleep(Duration::from_secs(1)).await;
                let bytes = client.read(&mut buffer).await.unwrap();
                received += bytes;
                if bytes == 0 || received > FEED_BYTES {
                    break;
                }
            }
            assert_eq!(received > FEED_BYTES, whole, "{rate} bytes a second: {received}");
            drop(client);
            talk.await.unwrap();
        }
    }

    struct Running {
        address: std::net::SocketAddr,
        stop: CancellationToken,
        server: JoinHandle<Result<(), ServeError>>,
        /// A page is being looked up.
        begun: Arc<Notify>,
    }

    async fn run(options: ServeOptions) -> Running {
        let listener = listen("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let begun = Arc::new(Notify::new());
        let site = site(options, Arc::clone(&begun));
        let server = tokio::spawn(serve(listener, site, stop.clone()));
        Running { address, stop, server, begun }
    }

    async fn exchange(address: std::net::SocketAddr, request: &[u8]) -> String {
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(request).await.unwrap();
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    #[tokio::test]
    async fn requests_that_no_honest_client_sends_are_refused() {
        let running = run(ServeOptions::default()).await;
        let long = "x".repeat(HEAD_BYTES * 2);
        let many = "a: b\r\n".repeat(HEADERS * 2);
        for (request, status) in [
            (format!("GET / HTTP/1.1\r\nhost: x\r\nx: {long}\r\n\r\n"), "431"),
            (format!("GET / HTTP/1.1\r\nhost: x\r\n{many}\r\n"), "431"),
            (format!("GET /{} HTTP/1.0\r\n\r\n", &long[..4_000]), "414"),
            ("nonsense\r\n\r\n".to_owned(), "400"),
        ] {
            let answer = exchange(running.address, request.as_bytes()).await;
            assert!(answer.starts_with("HTTP/1.") && answer[9..].starts_with(status), "{answer}");
        }
        running.stop.cancel();
        running.server.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_confirmation_on_the_wire_has_no_length_of_zero() {
        let running = run(ServeOptions::default()).await;
        let close = "host: x\r\nconnection: close\r\nif-none-match: *\r\n\r\n";
        for method in ["GET", "HEAD"] {
            let request = format!("{method} /feeds/a.rss HTTP/1.1\r\n{close}");
            let answer = exchange(running.address, request.as_bytes()).await;
            assert!(answer.starts_with("HTTP/1.1 304 Not Modified\r\n"), "{answer}");
            assert!(
                !answer.contains("content-length: 0") && answer.ends_with("\r\n\r\n"),
                "{answer}"
            );
        }
        running.stop.cancel();
        running.server.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn stopping_answers_what_has_begun_and_ends_what_is_idle() {
        let running = run(ServeOptions::default()).await;
        let mut idle = TcpStream::connect(running.address).await.unwrap();
        idle.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        idle.read_u8().await.unwrap();
        let mut begun = TcpStream::connect(running.address).await.unwrap();
        begun.write_all(b"GET /sources HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        running.begun.notified().await;
        let began = Instant::now();
        running.stop.cancel();
        let mut answer = String::new();
        begun.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 500"), "{answer}");
        running.server.await.unwrap().unwrap();
        assert!(began.elapsed() < ServeOptions::default().drain, "{:?}", began.elapsed());
        assert!(TcpStream::connect(running.address).await.is_err());
    }

    #[tokio::test]
    async fn stopping_waits_for_no_one_longer_than_it_said() {
        let drain = Duration::from_millis(200);
        let running = run(ServeOptions { drain, ..ServeOptions::default() }).await;
        let mut stuck = TcpStream::connect(running.address).await.unwrap();
        stuck.write_all(ASK).await.unwrap();
        // The answer has begun, and is longer than what the sockets hold.
        stuck.read_u8().await.unwrap();
        running.stop.cancel();
        let ended = tokio::time::timeout(Duration::from_secs(5), running.server).await;
        ended.unwrap().unwrap().unwrap();
    }

    #[tokio::test]
    async fn no_more_connections_than_there_is_room_for() {
        let options = ServeOptions { max_connections: 1, ..ServeOptions::default() };
        let running = run(options).await;
        let mut first = TcpStream::connect(running.address).await.unwrap();
        first.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        first.read_u8().await.unwrap();
        let mut second = TcpStream::connect(running.address).await.unwrap();
        second.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let early = tokio::time::timeout(Duration::from_millis(150), second.read_u8()).await;
        assert!(early.is_err(), "the second was answered while the first held the only place");
        drop(first);
        assert_eq!(second.read_u8().await.unwrap(), b'H');
        running.stop.cancel();
        running.server.await.unwrap().unwrap();
    }
}
