//! The server of the sources: a process of its own, so that its work counts to nobody, with every body packed beforehand.

use std::convert::Infallible;
use std::io::Read as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::Ipv4Addr;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::rc::Rc;

use axum::body::Body;
use bytes::Bytes;
use hyper::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, IF_NONE_MATCH,
    VARY,
};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tidings::run::clock::Clock;
use tokio::net::TcpListener;

use super::corpus;

/// So many hosts share the sources, that none is asked more often at once than a polite client would.
const HOSTS: u8 = 32;

/// A source as the clients know it.
#[derive(Clone)]
pub struct Source {
    pub url: String,
    pub is_xml: bool,
}

/// The running server; it ends when this is dropped.
pub struct Origin {
    child: Child,
    /// Its end tells the server to stop.
    life: Option<ChildStdin>,
    pub sources: Vec<Source>,
    /// All documents together, as they are and as sent.
    pub plain_bytes: usize,
    pub packed_bytes: usize,
}

impl Origin {
    /// Starts this program again as the server of so many sources.
    pub fn start(sources: usize) -> Origin {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["origin", &sources.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut lines = lines.map_while(Result::ok);
        let sizes: Vec<usize> =
            lines.next().unwrap().split(' ').map(|size| size.parse().unwrap()).collect();
        let sources: Vec<Source> = lines
            .by_ref()
            .take(sources)
            .map(|line| {
                let (kind, url) = line.split_once(' ').unwrap();
                Source { url: url.to_owned(), is_xml: kind == "xml" }
            })
            .collect();
        let life = child.stdin.take();
        Origin { child, life, sources, plain_bytes: sizes[0], packed_bytes: sizes[1] }
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.life.take();
        let _ = self.child.wait();
    }
}

/// A document ready to be sent.
struct Prepared {
    media_type: &'static str,
    etag: String,
    plain: Bytes,
    packed: Bytes,
}

/// The server itself: prints the sizes, then a source a line, and serves until its input closes.
pub fn serve(sources: usize) {
    // What is polled must not be older than what is kept.
    let now = Clock::system().now();
    let mut out = String::new();
    let documents: Vec<Prepared> = (0..sources)
        .map(|source| {
            let document = corpus::document(source, now);
            let mut encoder =
                flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(document.text.as_bytes()).unwrap();
            let packed = encoder.finish().unwrap();
            out.push_str(if document.is_xml() { "xml\n" } else { "json\n" });
            Prepared {
                media_type: document.media_type,
                etag: format!("\"{source:04x}-{:08x}\"", document.text.len()),
                plain: document.text.into(),
                packed: packed.into(),
            }
        })
        .collect();
    let plain: usize = documents.iter().map(|document| document.plain.len()).sum();
    let packed: usize = documents.iter().map(|document| document.packed.len()).sum();
    let kinds: Vec<&str> = out.lines().collect();
    let documents = Rc::new(documents);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async {
        let mut addresses = Vec::new();
        for host in 0..HOSTS {
            let listener =
                TcpListener::bind((Ipv4Addr::new(127, 0, 0, host + 2), 0)).await.unwrap();
            addresses.push(listener.local_addr().unwrap());
            tokio::task::spawn_local(accept(listener, Rc::clone(&documents)));
        }
        let mut lines = format!("{plain} {packed}\n");
        for (source, kind) in kinds.iter().enumerate() {
            let address = addresses[source % addresses.len()];
            lines.push_str(&format!("{kind} http://{address}/{source}\n"));
        }
        std::io::stdout().write_all(lines.as_bytes()).unwrap();
        let closed =
            tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()).is_ok());
        closed.await.unwrap();
    });
}

async fn accept(listener: TcpListener, documents: Rc<Vec<Prepared>>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let _ = stream.set_nodelay(true);
        let documents = Rc::clone(&documents);
        tokio::task::spawn_local(async move {
            let service = service_fn(|request| {
                let response = answer(&request, &documents);
                async move { Ok::<_, Infallible>(response) }
            });
            // A client that goes away is no concern of ours.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

fn answer(request: &Request<hyper::body::Incoming>, documents: &[Prepared]) -> Response<Body> {
    let number = request.uri().path().trim_start_matches('/').parse::<usize>();
    let Some(document) = number.ok().and_then(|number| documents.get(number)) else {
        let mut missing = Response::new(Body::empty());
        *missing.status_mut() = StatusCode::NOT_FOUND;
        return missing;
    };
    let has = |name: HeaderName, value: &str| {
        let sent = request.headers().get(name).and_then(|sent| sent.to_str().ok());
        sent.is_some_and(|sent| sent.contains(value))
    };
    let mut response = Response::new(Body::empty());
    let headers: &mut HeaderMap = response.headers_mut();
    headers.insert(ETAG, document.etag.parse().unwrap());
    headers.insert(VARY, "accept-encoding".parse().unwrap());
    if has(IF_NONE_MATCH, &document.etag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    headers.insert(CONTENT_TYPE, document.media_type.parse().unwrap());
    if has(ACCEPT_ENCODING, "gzip") {
        headers.insert(CONTENT_ENCODING, "gzip".parse().unwrap());
        *response.body_mut() = Body::from(document.packed.clone());
    } else {
        *response.body_mut() = Body::from(document.plain.clone());
    }
    response
}
