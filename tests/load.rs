//! A thousand readers poll conditionally while sources change and editions are replaced: no torn document, no wrong tag, and memory stays flat.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on should stop, and one that measures says what"
)]

#[cfg(test)]
mod support;

use std::collections::HashMap;
use std::io::Read as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use support::desk::Desk;
use support::documents::{Item, item, rss};
use support::origin::{Answer, Origin};
use support::{skip, until};
use tidings::model::edition::Artifact;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::sync::watch;

/// Readers, each with a connection of its own.
const READERS: usize = 1_000;
/// Editions, one after the other.
const EDITIONS: usize = 12;
/// Files that both processes have open: a connection each, and what they need besides.
const FILES: u64 = 2_048;
/// What the memory of the service may grow by between the second edition and the last, in bytes: what its allocator keeps, not what piles up.
const GROWTH_BYTES: u64 = 24 << 20;

/// The items of an edition: each with its number in every title, so that a document of two editions shows.
fn edition(number: usize) -> Vec<Item> {
    (0..30)
        .map(|place| {
            let mut item = item(place, &format!("Edition {number} reports on matter {place}"));
            item.summary = format!("{} ", format!("What edition {number} knows. ").repeat(12));
            item
        })
        .collect()
}

/// A document as it was first seen under its tag.
type Seen = Mutex<HashMap<(String, String), Vec<u8>>>;

/// What a reader holds.
#[derive(Default)]
struct Copy {
    tag: String,
    edition: usize,
}

struct Reader {
    stream: BufReader<TcpStream>,
    path: String,
    coding: &'static str,
    seen: Arc<Seen>,
}

impl Reader {
    /// Asks once, with the tag it holds; gives how often it was told "not modified": 0 or 1.
    async fn poll(&mut self, copy: &mut Copy) -> usize {
        let condition = match copy.tag.as_str() {
            "" => String::new(),
            tag => format!("If-None-Match: {tag}\r\n"),
        };
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: {}\r\n{condition}\r\n",
            self.path, self.coding
        );
        self.stream.get_mut().write_all(request.as_bytes()).await.unwrap();
        let (status, headers) = self.head().await;
        let tag = headers["etag"].clone();
        match status {
            304 => {
                assert_eq!(tag, copy.tag, "a copy is confirmed by another tag");
                1
            }
            200 => {
                let length: usize = headers["content-length"].parse().unwrap();
                let mut body = vec![0; length];
                self.stream.read_exact(&mut body).await.unwrap();
                assert_ne!(tag, copy.tag, "what is unchanged is sent again");
                let encoding = headers.get("content-encoding").map_or("", String::as_str);
                assert_eq!(encoding, if self.coding == "identity" { "" } else { self.coding });
                copy.edition = self.check(&tag, encoding, &body);
                copy.tag = tag;
                0
            }
            other => panic!("{other} from {}", self.path),
        }
    }

    async fn head(&mut self) -> (u16, HashMap<String, String>) {
        let mut line = String::new();
        self.stream.read_line(&mut line).await.unwrap();
        let status = line.split(' ').nth(1).unwrap_or_else(|| panic!("{line:?}")).parse().unwrap();
        let mut headers = HashMap::new();
        loop {
            line.clear();
            self.stream.read_line(&mut line).await.unwrap();
            let Some((name, value)) = line.trim_end().split_once(": ") else {
                return (status, headers);
            };
            headers.insert(name.to_ascii_lowercase(), value.to_owned());
        }
    }

    /// Checks a document by its tag, and that it is one edition and whole. Gives the number of the edition.
    fn check(&self, tag: &str, encoding: &str, body: &[u8]) -> usize {
        let key = (self.path.clone(), tag.to_owned());
        let known = self.seen.lock().unwrap().get(&key).map(|known| known == body);
        // The same tag has the same bytes, whoever asks.
        assert_ne!(known, Some(false), "two documents under {tag}");
        let plain = decoded(encoding, body);
        if known.is_none() {
            let suffix = if encoding.is_empty() { String::new() } else { format!("-{encoding}") };
            let made = Artifact::new("x".into(), "text/plain", plain.clone(), None).etag;
            assert_eq!(tag.trim_matches('"'), format!("{}{suffix}", made.trim_matches('"')));
            parses(&self.path, &plain);
            self.seen.lock().unwrap().insert(key, body.to_vec());
        }
        number_in(std::str::from_utf8(&plain).unwrap())
    }
}

/// The one edition that a document is of.
fn number_in(document: &str) -> usize {
    let mut numbers = document.split("Edition ").skip(1).filter_map(|rest| {
        rest.split_once(" reports").and_then(|(number, _)| number.parse::<usize>().ok())
    });
    let first = numbers.next().unwrap_or_else(|| panic!("no edition in {document}"));
    assert!(numbers.all(|number| number == first), "a document of two editions: {document}");
    first
}

fn decoded(encoding: &str, body: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    match encoding {
        "gzip" => drop(flate2::read::GzDecoder::new(body).read_to_end(&mut plain).unwrap()),
        "br" => brotli::BrotliDecompress(&mut &*body, &mut plain).unwrap(),
        _ => plain = body.to_vec(),
    }
    plain
}

fn parses(path: &str, document: &[u8]) {
    if path.ends_with("json") {
        let feed: serde_json::Value = serde_json::from_slice(document).unwrap();
        assert_eq!(feed["items"].as_array().unwrap().len(), 30);
    } else if path.ends_with("html") {
        assert!(document.trim_ascii_end().ends_with(b"</html>"));
    } else {
        assert_eq!(feed_rs::parser::parse(document).unwrap().entries.len(), 30);
    }
}

/// Says 0 in the place of an edition when its reader fails.
struct Alarm(tokio::sync::mpsc::UnboundedSender<usize>);

impl Drop for Alarm {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = self.0.send(0);
        }
    }
}

/// What of the service is in memory, in bytes.
fn resident_bytes(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

#[test]
fn a_thousand_readers_get_whole_documents_while_editions_are_replaced() {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    if hard < FILES {
        return skip(&format!("a process may have only {hard} files open"));
    }
    // The service inherits it.
    setrlimit(Resource::RLIMIT_NOFILE, soft.max(FILES), hard).unwrap();
    let origin = Origin::start();
    let publish = |number: usize| {
        origin.set("/rss", Answer::document("application/rss+xml", rss("Daily", &edition(number))));
    };
    publish(1);
    let config = Desk::config(&[("daily", origin.url("/rss"))], "limit = 30\n")
        .replace("listen = \"off\"", "listen = \"127.0.0.1:0\"")
        .replace("every = \"15m\"", "every = \"1s\"\njitter = \"0s\"");
    let desk = Desk::new(&config);
    let service = desk.serve();
    until("the first edition", Duration::from_secs(60), || {
        let (_, _, body) = service.get("/feeds/all.json", &[]);
        String::from_utf8_lossy(&body).contains("Edition 1 reports").then_some(())
    });
    let base = service.base();
    let address: SocketAddr =
        base.trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let seen: Arc<Seen> = Arc::default();
    // Each reader says which edition it holds.
    let (wanted_in, wanted) = watch::channel(1);
    let (arrived_in, mut arrived) = tokio::sync::mpsc::unbounded_channel();
    let readers: Vec<_> = (0..READERS)
        .map(|number| {
            let path = ["rss", "atom", "json", "html"][number % 4];
            let coding = ["gzip", "br", "identity"][number % 3];
            let (seen, wanted, arrived) = (Arc::clone(&seen), wanted.clone(), arrived_in.clone());
            runtime.spawn(async move {
                let _alarm = Alarm(arrived.clone());
                let stream = BufReader::new(TcpStream::connect(address).await.unwrap());
                let mut reader =
                    Reader { stream, path: format!("/feeds/all.{path}"), coding, seen };
                let mut copy = Copy::default();
                let mut confirmed = 0;
                for edition in 1..=EDITIONS {
                    // Polls go on and on until the edition is there, as readers do.
                    while copy.edition < edition {
                        confirmed += reader.poll(&mut copy).await;
                        // A reader that only asks would keep the others from the two cores.
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                    arrived.send(edition).unwrap();
                    let mut wanted = wanted.clone();
                    while *wanted.borrow_and_update() <= edition && edition < EDITIONS {
                        confirmed += reader.poll(&mut copy).await;
                        tokio::select! {
                            changed = wanted.changed() => changed.unwrap(),
                            () = tokio::time::sleep(Duration::from_millis(500)) => {}
                        }
                    }
                }
                (copy.tag, confirmed)
            })
        })
        .collect();
    let mut memory = Vec::new();
    for number in 1..=EDITIONS {
        if number > 1 {
            publish(number);
            wanted_in.send_replace(number);
        }
        for _ in 0..READERS {
            let arrived = runtime.block_on(arrived.recv());
            assert_eq!(arrived, Some(number), "a reader failed; its words stand above");
        }
        memory.push(resident_bytes(service.pid()));
    }
    let mut confirmed = 0;
    for (number, reader) in readers.into_iter().enumerate() {
        let (tag, times) = runtime.block_on(reader).unwrap();
        confirmed += times;
        let path = ["rss", "atom", "json", "html"][number % 4];
        let file = std::fs::read(desk.file(&format!("public/all.{path}"))).unwrap();
        let made = Artifact::new("x".into(), "text/plain", file, None).etag;
        assert!(
            tag.starts_with(made.trim_end_matches('"')),
            "{tag} is not that of the file {made}"
        );
    }
    assert!(confirmed > READERS, "only {confirmed} polls were told that nothing changed");
    eprintln!("{confirmed} polls confirmed; resident after each edition: {memory:?}");
    // The first edition warms up; what comes after it must not pile up.
    let (early, late) = (memory[1], memory[EDITIONS - 1]);
    assert!(late < early + GROWTH_BYTES, "memory grows: {memory:?}");
    let log = service.stop();
    assert!(!log.contains("ERROR"), "{log}");
}
