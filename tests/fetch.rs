//! The client against small loopback servers that send raw bytes: what a server may do, and what comes of it.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "all of this file is a test")]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tidings::fetch::{FetchError, FetchOptions, FetchReason, FetchRequest, Fetched, Fetcher};
use tidings::model::source::{Proxy, Secret, SourceAddress, SourceKey, Validators};
use tidings::model::time::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const FEED: &[u8] = b"<rss version=\"2.0\"><channel><title>t</title></channel></rss>";

/// What an origin does with a request: sends these bytes, and then…
enum Reply {
    /// … closes.
    Close(Vec<u8>),
    /// … says nothing more and keeps the connection open.
    Hang(Vec<u8>),
    /// … goes on with single bytes, for ever.
    Drip(Vec<u8>),
}

/// A server that answers each connection once and remembers what it was asked.
struct Origin {
    address: SocketAddr,
    /// The heads of all requests, byte for byte.
    seen: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Origin {
    async fn start(reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Origin {
        Origin::start_at("127.0.0.1:0", reply).await
    }

    async fn start_at(
        address: &str,
        reply: impl Fn(&str) -> Reply + Send + Sync + 'static,
    ) -> Origin {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (reply, log) = (Arc::new(reply), seen.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, reply.clone(), log.clone()));
            }
        });
        Origin { address, seen }
    }

    /// An origin that sends the same bytes to everybody.
    async fn sending(bytes: &[u8]) -> Origin {
        let bytes = bytes.to_vec();
        Origin::start(move |_| Reply::Close(bytes.clone())).await
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn seen(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        seen.iter().map(|head| String::from_utf8_lossy(head).into_owned()).collect()
    }
}

async fn answer(
    mut stream: TcpStream,
    reply: Arc<impl Fn(&str) -> Reply>,
    seen: Arc<Mutex<Vec<Vec<u8>>>>,
) {
    let mut head = Vec::new();
    // A TLS client begins with 0x16 and then waits.
    while !head.ends_with(b"\r\n\r\n") && head != b"\x16" {
        let mut byte = [0];
        if stream.read(&mut byte).await.is_ok_and(|read| read == 1) {
            head.push(byte[0]);
        } else {
            return;
        }
    }
    if head == b"\x16" {
        let _ = stream.read(&mut [0; 16_384]).await;
    }
    let path = String::from_utf8_lossy(&head).split(' ').nth(1).unwrap_or("/").to_owned();
    seen.lock().unwrap().push(head);
    let (bytes, after) = match reply(&path) {
        Reply::Close(bytes) => (bytes, None),
        Reply::Hang(bytes) => (bytes, Some(Duration::from_secs(60))),
        Reply::Drip(bytes) => (bytes, Some(Duration::from_millis(20))),
    };
    let _ = stream.write_all(&bytes).await;
    while let Some(pause) = after {
        tokio::time::sleep(pause).await;
        if stream.write_all(b" ").await.is_err() {
            return;
        }
    }
    let _ = stream.shutdown().await;
}

fn response(status: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        bytes.push_str(&format!("{name}: {value}\r\n"));
    }
    bytes.push_str("Connection: close\r\n\r\n");
    [bytes.as_bytes(), body].concat()
}

fn redirect(status: &str, to: &str) -> Reply {
    Reply::Close(response(status, &[("Location", to)], b""))
}

fn options() -> FetchOptions {
    FetchOptions {
        allow_addresses: vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()],
        per_host: 64,
        per_host_delay: Duration::ZERO,
        max_body_bytes: 1024 * 1024,
        ..FetchOptions::default()
    }
}

fn request(url: &str) -> FetchRequest {
    FetchRequest {
        source_key: SourceKey::parse("test").unwrap(),
        address: SourceAddress::Web(url.parse().unwrap()),
        moved_to: None,
        proxy: Proxy::Usual,
        validators: Validators::default(),
        headers: Vec::new(),
        timeout: Duration::from_secs(5),
        now: Timestamp::from_unix(1_761_804_300),
    }
}

async fn fetch(url: &str) -> Result<Fetched, FetchError> {
    Fetcher::new(options()).unwrap().fetch(&request(url)).await
}

/// A body's parts that tests look at, or the class of the error.
fn outcome(fetched: &Result<Fetched, FetchError>) -> Result<&[u8], String> {
    match fetched {
        Ok(Fetched::Body { bytes, .. }) => Ok(bytes),
        Ok(Fetched::NotModified { .. }) => Err("not-modified".to_owned()),
        Err(error) => Err(error.class()),
    }
}

fn validators_of(fetched: &Fetched) -> &Validators {
    match fetched {
        Fetched::Body { validators, .. } | Fetched::NotModified { validators, .. } => validators,
    }
}

fn shared(folder: &str) -> Option<PathBuf> {
    let root = std::env::var_os("TIDINGS_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let folder = root.join(folder);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: {} is not there", folder.display());
    None
}

#[tokio::test]
async fn a_document_comes_with_all_that_is_known_of_it() {
    let origin = Origin::sending(&response(
        "200 OK",
        &[
            ("Content-Type", "application/rss+xml; charset=utf-8"),
            ("ETag", "\"v1\""),
            ("Last-Modified", "Thu, 30 Oct 2025 06:00:00 GMT"),
            ("Cache-Control", "max-age=600"),
            ("Link", "<https://hub.example/>; rel=\"hub\", </topic>; rel=self"),
        ],
        FEED,
    ))
    .await;
    let fetched = fetch(&origin.url("/feed#part")).await.unwrap();
    let Fetched::Body {
        bytes,
        content_type,
        final_url,
        permanent_redirect,
        validators,
        caching,
        advert,
        received_bytes,
        took: _,
        notes,
    } = fetched
    else {
        panic!("{fetched:?}");
    };
    assert_eq!(bytes, FEED);
    assert_eq!(content_type.as_deref(), Some("application/rss+xml; charset=utf-8"));
    assert_eq!(final_url.as_str(), origin.url("/feed"));
    assert_eq!(permanent_redirect, None);
    assert_eq!(validators.etag.as_deref(), Some(&b"\"v1\""[..]));
    assert_eq!(validators.last_modified.as_deref(), Some(&b"Thu, 30 Oct 2025 06:00:00 GMT"[..]));
    assert_eq!(caching.fresh_for, Some(Duration::from_secs(600)));
    assert_eq!(received_bytes, FEED.len() as u64);
    assert!(notes.is_empty());
    assert_eq!(advert.hubs, ["https://hub.example/"]);
    assert_eq!(advert.topic, Some(origin.url("/topic")));
    let head = &origin.seen()[0];
    assert!(head.starts_with("GET /feed HTTP/1.1\r\n"), "{head}");
    assert!(head.contains(concat!("user-agent: tidings/", env!("CARGO_PKG_VERSION"), "\r\n")));
    assert!(head.contains("accept-encoding: gzip, br, zstd, deflate\r\n"), "{head}");
    assert!(!head.contains("if-none-match") && !head.contains("cookie"));
}

#[tokio::test]
async fn validators_go_back_byte_for_byte() {
    let origin = Origin::sending(
        b"HTTP/1.1 304 Not Modified\r\nETag: \"\xfcnew\"\r\nConnection: close\r\n\r\n",
    )
    .await;
    let fetcher = Fetcher::new(options()).unwrap();
    let asked = FetchRequest {
        validators: Validators {
            etag: Some(b"W/\"\xfc\xff,a\"b\"".to_vec()),
            last_modified: Some(b"some day".to_vec()),
        },
        ..request(&origin.url("/"))
    };
    let fetched = fetcher.fetch(&asked).await.unwrap();
    assert!(matches!(fetched, Fetched::NotModified { .. }));
    assert_eq!(validators_of(&fetched).etag.as_deref(), Some(&b"\"\xfcnew\""[..]));
    assert_eq!(validators_of(&fetched).last_modified.as_deref(), Some(&b"some day"[..]));
    let seen = origin.seen.lock().unwrap();
    let head = &seen[0];
    let at = |needle: &[u8]| head.windows(needle.len()).position(|window| window == needle);
    let tag = at(b"if-none-match: W/\"\xfc\xff,a\"b\"\r\n").unwrap();
    assert!(tag < at(b"if-modified-since: some day\r\n").unwrap(), "If-None-Match comes first");
}

/// What each stored reply of the corpus must come to: `None` for a document, else the class of the error.
fn expected(name: &str) -> Option<&'static str> {
    match name {
        "204" => Some("http-204"),
        "206" => Some("http-206"),
        "304-unasked" => Some("unexpected-304"),
        "410" => Some("gone"),
        "999" => Some("http-999"),
        "http09" | "cl-two" | "cl-negative" | "te-bad-chunk" | "te-huge-chunk" | "header-nul" => {
            Some("protocol")
        }
        "retry-neg" | "retry-date-past" => Some("http-429"),
        "retry-huge" => Some("http-503"),
        "cl-long" | "te-truncated" | "gzip-truncated" => Some("truncated"),
        "enc-list-100" | "enc-unknown" => Some("bad-encoding"),
        "redirect-file" | "redirect-js" | "redirect-empty" | "redirect-none" => Some("redirect"),
        "redirect-crlf" | "redirect-creds" => Some("dns"),
        _ => None,
    }
}

#[tokio::test]
async fn every_stored_reply_comes_to_what_it_should() {
    let Some(folder) = shared("hostile/http") else { return };
    let mut replies = BTreeMap::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        replies.insert(name, std::fs::read(&path).unwrap());
    }
    let names: Vec<String> = replies.keys().cloned().collect();
    let origin = Origin::start(move |path| {
        Reply::Close(replies.get(path.trim_start_matches('/')).cloned().unwrap_or_default())
    })
    .await;
    let fetcher = Fetcher::new(options()).unwrap();
    let mut wrong = Vec::new();
    for name in &names {
        let mut asked = request(&origin.url(&format!("/{name}")));
        let fetched = fetcher.fetch(&asked).await;
        if outcome(&fetched).err().as_deref() != expected(name) {
            wrong.push(format!("{name}: {fetched:?}"));
        }
        match fetched {
            Ok(fetched) => {
                // What it gave us to ask with makes a legal request.
                asked.validators = validators_of(&fetched).clone();
                let again = fetcher.fetch(&asked).await;
                assert!(matches!(again, Ok(Fetched::Body { .. })), "{name}: {again:?}");
                let head = origin.seen().pop().unwrap().to_lowercase();
                assert!(!head.contains("\nx-injected") && !head.contains("\ncookie"), "{head}");
                assert!(head.len() < 2_000, "{name}: {head}");
            }
            Err(error) => {
                let line = error.line();
                assert!(!line.contains(char::is_control), "{line:?}");
                assert!(!line.contains("user:pw"), "{line}");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    eprintln!("{} stored replies played", names.len());
}

#[tokio::test]
async fn folded_header_lines_are_one_line() {
    let origin = Origin::sending(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/xml;\r\n charset=utf-8\r\nConnection: close\r\n\r\n<rss/>",
    )
    .await;
    let Ok(Fetched::Body { content_type, .. }) = fetch(&origin.url("/")).await else { panic!() };
    assert_eq!(content_type.as_deref(), Some("text/xml; charset=utf-8"));
}

#[tokio::test]
async fn waiting_is_asked_for_in_words() {
    let origin =
        Origin::sending(&response("429 Too Many Requests", &[("Retry-After", "90")], b"")).await;
    let error = fetch(&origin.url("/rss")).await.unwrap_err();
    assert_eq!(
        error.line(),
        format!(
            "cannot fetch `test` from {}: the server asks us to wait 90 s (429)",
            origin.url("/rss")
        )
    );
    assert_eq!(error.retry_after(), Some((429, Duration::from_secs(90))));
    assert!(error.is_transient() && !error.gone());
    let origin = Origin::sending(&response("410 Gone", &[], b"")).await;
    assert!(fetch(&origin.url("/")).await.unwrap_err().gone());
}

#[tokio::test]
async fn redirects_are_followed_and_remembered() {
    let origin = Origin::start(|path| match path {
        "/a" => redirect("301 Moved Permanently", "/b"),
        "/b" => redirect("308 Permanent Redirect", "c?q=1#part"),
        "/c?q=1" => redirect("302 Found", "/d"),
        "/d" => redirect("301 Moved Permanently", "/e"),
        "/good" => redirect("308 Permanent Redirect", "/d"),
        "/temporary" => redirect("307 Temporary Redirect", "/e"),
        "/0" => redirect("302 Found", "/a"),
        "/00" => redirect("302 Found", "/0"),
        "/self" => redirect("302 Found", "/self"),
        _ => Reply::Close(response("200 OK", &[], FEED)),
    })
    .await;
    let check = async |path: &str, want: Result<Option<&str>, &str>| {
        let fetched = fetch(&origin.url(path)).await;
        match (fetched, want) {
            (Ok(Fetched::Body { final_url, permanent_redirect, .. }), Ok(moved)) => {
                assert_eq!(final_url.as_str(), origin.url("/e"));
                assert_eq!(
                    permanent_redirect.map(String::from),
                    moved.map(|path| origin.url(path))
                );
            }
            (Err(error), Err(class)) => assert_eq!(error.class(), class, "{path}"),
            (fetched, _) => panic!("{path}: {fetched:?}"),
        }
    };
    check("/a", Ok(None)).await;
    check("/good", Ok(Some("/e"))).await;
    check("/temporary", Ok(None)).await;
    check("/d", Ok(Some("/e"))).await;
    check("/0", Ok(None)).await;
    check("/00", Err("redirect")).await;
    check("/self", Err("redirect")).await;
}

#[tokio::test]
async fn an_error_behind_a_redirect_says_where() {
    let origin = Origin::start(|path| match path {
        "/a" => redirect("302 Found", "/b"),
        _ => Reply::Close(response("404 Not Found", &[], b"")),
    })
    .await;
    let error = fetch(&origin.url("/a")).await.unwrap_err();
    assert_eq!(
        error.line(),
        format!(
            "cannot fetch `test` from {} (redirected to {}): the server answers 404 Not Found",
            origin.url("/a"),
            origin.url("/b")
        )
    );
}

#[tokio::test]
async fn secrets_go_to_their_own_host_only() {
    let other =
        Origin::start_at("127.0.0.2:0", |_| Reply::Close(response("200 OK", &[], FEED))).await;
    let away = other.url("/away");
    let origin = Origin::start(move |path| match path {
        "/same" => redirect("302 Found", "/here"),
        "/other" => redirect("302 Found", &away),
        _ => Reply::Close(response("200 OK", &[], FEED)),
    })
    .await;
    let fetcher = Fetcher::new(options()).unwrap();
    for path in ["/same", "/other"] {
        let url = origin.url(path).replace("http://", "http://me:s%20ecret@");
        let asked = FetchRequest {
            headers: vec![
                ("X-Token".to_owned(), Secret::new("t0ken".to_owned())),
                ("Accept".to_owned(), Secret::new("text/x-mine".to_owned())),
            ],
            ..request(&url)
        };
        let Ok(Fetched::Body { final_url, .. }) = fetcher.fetch(&asked).await else { panic!() };
        assert!(final_url.username().is_empty() && final_url.password().is_none());
    }
    let at_home = origin.seen();
    assert_eq!(at_home.len(), 3);
    for head in at_home {
        // "me:s ecret"
        assert!(head.contains("authorization: Basic bWU6cyBlY3JldA==\r\n"), "{head}");
        assert!(head.contains("x-token: t0ken\r\n") && head.contains("accept: text/x-mine\r\n"));
        assert!(!head.contains("application/rss+xml"), "ours gives way: {head}");
    }
    let away = other.seen();
    assert_eq!(away.len(), 1);
    assert!(!away[0].contains("authorization") && !away[0].contains("t0ken"), "{}", away[0]);
}

#[tokio::test]
async fn secrets_do_not_come_back_by_a_detour() {
    let home = Arc::new(Mutex::new(String::new()));
    let back = home.clone();
    let other = Origin::start_at("127.0.0.2:0", move |_| {
        redirect("302 Found", &format!("{}/chosen-by-a-stranger", back.lock().unwrap()))
    })
    .await;
    let away = other.url("/");
    let origin = Origin::start(move |path| match path {
        "/a" => redirect("302 Found", &away),
        _ => Reply::Close(response("200 OK", &[], FEED)),
    })
    .await;
    *home.lock().unwrap() = origin.url("");
    let asked = FetchRequest {
        headers: vec![("X-Token".to_owned(), Secret::new("t0ken".to_owned()))],
        ..request(&origin.url("/a"))
    };
    Fetcher::new(options()).unwrap().fetch(&asked).await.unwrap();
    let seen = origin.seen();
    assert_eq!(seen.len(), 2);
    assert!(seen[0].contains("t0ken") && !seen[1].contains("t0ken"));
}

#[tokio::test]
async fn a_refused_address_is_not_contacted() {
    let origin = Origin::sending(&response("200 OK", &[], FEED)).await;
    let port = origin.address.port();
    let away = origin.url("/canary");
    let redirecting = Origin::start_at("127.0.0.2:0", move |_| redirect("302 Found", &away)).await;
    let only = FetchOptions { allow_addresses: vec!["127.0.0.2/32".parse().unwrap()], ..options() };
    let fetcher = Fetcher::new(only).unwrap();
    for url in [
        format!("http://127.0.0.1:{port}/"),
        format!("http://localhost:{port}/"),
        format!("http://2130706433:{port}/"),
        format!("http://0x7f.1:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        format!("http://[::]:{port}/"),
        format!("http://0.0.0.0:{port}/"),
        redirecting.url("/"),
    ] {
        let fetched = fetcher.fetch(&request(&url)).await;
        assert_eq!(outcome(&fetched), Err("refused-address".to_owned()), "{url}");
        let line = fetched.unwrap_err().line();
        assert!(line.contains("allow_addresses"), "{line}");
    }
    assert_eq!(origin.seen().len(), 0);
    assert_eq!(redirecting.seen().len(), 1);
}

#[tokio::test]
async fn an_allowed_name_is_contacted() {
    let origin = Origin::sending(&response("200 OK", &[], FEED)).await;
    let url = format!("http://localhost:{}/", origin.address.port());
    assert_eq!(outcome(&fetch(&url).await), Ok(FEED));
}

#[tokio::test]
async fn ipv6_is_spoken_where_there_is_any() {
    if TcpListener::bind("[::1]:0").await.is_err() {
        eprintln!("skipped: this machine has no IPv6");
        return;
    }
    let ok = |_: &str| Reply::Close(response("200 OK", &[], FEED));
    let origin = Origin::start_at("[::1]:0", ok).await;
    assert_eq!(outcome(&fetch(&origin.url("/")).await), Ok(FEED));
}

#[tokio::test]
async fn a_head_has_bounds() {
    let many = "X-A: b\r\n".repeat(10_000);
    let long = format!("X-A: {}\r\n", "b".repeat(1024 * 1024));
    for headers in [many, long] {
        let bytes = format!("HTTP/1.1 200 OK\r\n{headers}Connection: close\r\n\r\n<rss/>");
        let origin = Origin::sending(bytes.as_bytes()).await;
        assert_eq!(outcome(&fetch(&origin.url("/")).await), Err("protocol".to_owned()));
    }
}

#[tokio::test]
async fn one_deadline_covers_everything() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n".to_vec();
    let origin = Origin::start(move |path| match path {
        "/silent" => Reply::Hang(Vec::new()),
        "/half-a-head" => Reply::Drip(b"HTTP/1.1 200 OK\r\nX: ".to_vec()),
        "/stalled" => Reply::Hang(head.clone()),
        "/dripping" => Reply::Drip(head.clone()),
        _ => redirect("302 Found", "/silent"),
    })
    .await;
    let fetcher = Fetcher::new(options()).unwrap();
    for path in ["/silent", "/half-a-head", "/stalled", "/dripping", "/redirecting"] {
        let begun = Instant::now();
        let asked =
            FetchRequest { timeout: Duration::from_millis(150), ..request(&origin.url(path)) };
        let fetched = fetcher.fetch(&asked).await;
        assert_eq!(outcome(&fetched), Err("timeout".to_owned()), "{path}");
        assert!(begun.elapsed() < Duration::from_secs(2), "{path}");
        assert!(fetched.unwrap_err().line().ends_with("no answer within 0.1 s"));
    }
}

#[tokio::test]
async fn waiting_for_our_own_limits_costs_no_time_of_the_source() {
    let origin = Origin::sending(&response("200 OK", &[], FEED)).await;
    let slow = FetchOptions { per_host: 1, per_host_delay: Duration::from_millis(60), ..options() };
    let fetcher = Fetcher::new(slow).unwrap();
    let asked = FetchRequest { timeout: Duration::from_millis(100), ..request(&origin.url("/")) };
    let begun = Instant::now();
    let all = futures_util::future::join_all((0..5).map(|_| fetcher.fetch(&asked))).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    assert!(begun.elapsed() >= Duration::from_millis(240));
}

#[tokio::test]
async fn a_slow_host_holds_up_nobody_else() {
    let slow = Origin::start(|_| Reply::Hang(Vec::new())).await;
    let quick =
        Origin::start_at("127.0.0.2:0", |_| Reply::Close(response("200 OK", &[], FEED))).await;
    let few = FetchOptions { concurrency: 2, per_host: 1, ..options() };
    let fetcher = Fetcher::new(few).unwrap();
    let stuck: Vec<_> = (0..20)
        .map(|_| {
            let (fetcher, asked) = (fetcher.clone(), request(&slow.url("/")));
            tokio::spawn(async move { fetcher.fetch(&asked).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(20)).await;
    let begun = Instant::now();
    assert_eq!(outcome(&fetcher.fetch(&request(&quick.url("/"))).await), Ok(FEED));
    assert!(begun.elapsed() < Duration::from_secs(1));
    stuck.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn no_more_requests_at_once_than_asked_for() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (count, peak) = (now.clone(), most.clone());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (now, most) = (count.clone(), peak.clone());
            tokio::spawn(async move {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                let _ = stream.read(&mut [0; 4_096]).await;
                tokio::time::sleep(Duration::from_millis(10)).await;
                now.fetch_sub(1, Ordering::SeqCst);
                let _ = stream.write_all(&response("200 OK", &[], FEED)).await;
            });
        }
    });
    for (concurrency, per_host, want) in [(3, 64, 3), (64, 2, 2)] {
        most.store(0, Ordering::SeqCst);
        let fetcher = Fetcher::new(FetchOptions { concurrency, per_host, ..options() }).unwrap();
        let asked = request(&url);
        let all = futures_util::future::join_all((0..12).map(|_| fetcher.fetch(&asked))).await;
        assert!(all.iter().all(Result::is_ok), "{all:?}");
        assert_eq!(most.load(Ordering::SeqCst), want);
    }
}

#[tokio::test]
async fn large_documents_are_refused_early() {
    let origin = Origin::start(|path| match path {
        // The length alone is enough: the body never comes.
        "/claimed" => Reply::Hang(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n".to_vec()),
        _ => Reply::Drip([&b"HTTP/1.1 200 OK\r\n\r\n"[..], &vec![b' '; 1024 * 1024]].concat()),
    })
    .await;
    for path in ["/claimed", "/endless"] {
        let begun = Instant::now();
        assert_eq!(outcome(&fetch(&origin.url(path)).await), Err("too-large".to_owned()), "{path}");
        assert!(begun.elapsed() < Duration::from_secs(2), "{path}");
    }
}

#[tokio::test]
async fn bombs_are_refused_over_the_wire() {
    use std::io::Write;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..64 {
        packer.write_all(&[b' '; 1024 * 1024]).unwrap();
    }
    let bomb = packer.finish().unwrap();
    let origin = Origin::sending(&response("200 OK", &[("Content-Encoding", "gzip")], &bomb)).await;
    assert_eq!(outcome(&fetch(&origin.url("/")).await), Err("too-large".to_owned()));
}

#[tokio::test]
async fn connections_fail_with_a_class() {
    let check = async |url: &str, want: &str| {
        let fetched = fetch(url).await;
        assert_eq!(outcome(&fetched), Err(want.to_owned()), "{url}: {fetched:?}");
        assert!(!fetched.unwrap_err().line().contains(char::is_control));
    };
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    check(&format!("http://{closed}/"), "connect").await;
    check("http://no-such-host.invalid/", "dns").await;
    let silent = Origin::sending(b"").await;
    check(&silent.url("/"), "closed").await;
    let junk = Origin::sending(b"SSH-2.0-OpenSSH_9.9\r\n\r\n").await;
    check(&junk.url("/"), "protocol").await;
    // TLS spoken to a server that does not.
    check(&junk.url("/").replace("http:", "https:"), "tls").await;
    let upgrading =
        Origin::sending(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n").await;
    check(&upgrading.url("/"), "protocol").await;
}

#[tokio::test]
async fn early_hints_are_passed_over() {
    let mut bytes = b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n".to_vec();
    bytes.extend(response("200 OK", &[], FEED));
    assert_eq!(outcome(&fetch(&Origin::sending(&bytes).await.url("/")).await), Ok(FEED));
}

#[tokio::test]
async fn an_unusable_header_is_said_without_its_value() {
    let asked = FetchRequest {
        headers: vec![("X-Token".to_owned(), Secret::new("a\r\nb".to_owned()))],
        ..request("http://127.0.0.1:9/")
    };
    let error = Fetcher::new(options()).unwrap().fetch(&asked).await.unwrap_err();
    assert!(matches!(error.reason, FetchReason::Request { .. }));
    assert_eq!(
        error.line(),
        "cannot fetch `test` from http://127.0.0.1:9/: the header `X-Token` has a value that cannot be sent"
    );
}

#[tokio::test]
async fn a_file_is_a_source_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a feed.xml");
    std::fs::write(&path, FEED).unwrap();
    let fetcher = Fetcher::new(options()).unwrap();
    let mut asked =
        FetchRequest { address: SourceAddress::File(path.clone()), ..request("http://x/") };
    let fetched = fetcher.fetch(&asked).await;
    assert_eq!(outcome(&fetched), Ok(FEED));
    let Ok(Fetched::Body { final_url, validators, .. }) = fetched else { panic!() };
    assert!(
        final_url.as_str().starts_with("file:///") && final_url.as_str().ends_with("a%20feed.xml")
    );
    asked.validators = validators;
    assert!(matches!(fetcher.fetch(&asked).await, Ok(Fetched::NotModified { .. })));
    asked.address = SourceAddress::File(folder.path().to_owned());
    let line = fetcher.fetch(&asked).await.unwrap_err().line();
    assert!(line.ends_with("cannot read the file: it is a directory"), "{line}");
}
