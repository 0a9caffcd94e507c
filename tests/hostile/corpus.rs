//! The corpus as its manifest tells it, and the server that replays it.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::support::python::Python;
use crate::support::shared;

/// A file and what is expected of it.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// Its path inside the corpus.
    pub(crate) path: String,
    pub(crate) class: String,
    pub(crate) content_type: String,
    pub(crate) outcome: Outcome,
    /// CPU seconds that reading it may take.
    pub(crate) cpu_s: f64,
    /// MiB that reading it may take over an idle process.
    pub(crate) rss_mb: u64,
    /// Must not stand anywhere active in what is published.
    pub(crate) absent: Vec<String>,
    /// Must survive.
    pub(crate) present: Vec<String>,
}

/// What should come of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// So many items.
    Items(std::ops::RangeInclusive<u64>),
    /// An error, and nothing of what was there before is touched.
    Reject,
    /// Either.
    Either,
}

impl Row {
    fn of(row: &Value) -> Row {
        let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let texts = |key: &str| {
            let texts = row[key].as_array().into_iter().flatten();
            texts.map(|text| text.as_str().unwrap().to_owned()).collect()
        };
        let outcome = match row["outcome"].as_str().unwrap() {
            "items" => {
                let count = |count: &Value| count.as_u64().unwrap();
                let items = &row["items"];
                let range = items.as_array().map(|range| count(&range[0])..=count(&range[1]));
                Outcome::Items(range.unwrap_or_else(|| count(items)..=count(items)))
            }
            "reject" => Outcome::Reject,
            "either" => Outcome::Either,
            other => panic!("an outcome that is not known: {other}"),
        };
        Row {
            path: text("path"),
            class: text("cls"),
            content_type: text("content_type"),
            outcome,
            cpu_s: row["cpu_s"].as_f64().unwrap(),
            rss_mb: row["rss_mb"].as_u64().unwrap(),
            absent: texts("absent"),
            present: texts("present"),
        }
    }

    /// A key for the source, topic and feed of the row.
    pub(crate) fn key(&self) -> String {
        self.path.replace(|character: char| !character.is_ascii_alphanumeric(), "-").to_lowercase()
    }

    /// Whether the file is a whole HTTP response.
    pub(crate) fn is_response(&self) -> bool {
        self.path.ends_with(".http")
    }
}

/// The corpus.
#[derive(Debug)]
pub(crate) struct Corpus {
    folder: PathBuf,
    /// What is stored, subscription lists left out: they are imported, not polled.
    pub(crate) rows: Vec<Row>,
    /// What `gen.py` makes.
    pub(crate) generated: Vec<Row>,
}

impl Corpus {
    /// Reads the manifest; `None`, said on standard error, if there is no corpus.
    pub(crate) fn open() -> Option<Corpus> {
        let folder = shared()?.join("hostile");
        let manifest: Value =
            serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap();
        let rows = |key: &str| -> Vec<Row> {
            let rows = manifest[key].as_array().unwrap().iter().map(Row::of);
            rows.filter(|row| row.class != "opml").collect()
        };
        Some(Corpus { rows: rows("stored"), generated: rows("generated"), folder })
    }

    pub(crate) fn file(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    pub(crate) fn read(&self, path: &str) -> Vec<u8> {
        std::fs::read(self.file(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Finds what is wrong with published documents: the file with each fault.
    pub(crate) fn outcheck(
        &self,
        python: &Python,
        documents: &[PathBuf],
    ) -> Vec<(PathBuf, String)> {
        let script = self.file("outcheck.py");
        let mut faults = Vec::new();
        // As many as surely fit into one command line.
        for documents in documents.chunks(500) {
            let output = python.run([&script].into_iter().chain(documents));
            assert!(
                matches!(output.status.code(), Some(0 | 1)),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
            assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
            for line in String::from_utf8(output.stdout).unwrap().lines() {
                let (path, fault) = line.split_once(": ").unwrap();
                faults.push((PathBuf::from(path), fault.to_owned()));
            }
        }
        faults
    }
}

/// `serve_raw.py` on a free port of 127.0.0.1; ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Replay {
    child: Child,
    base: String,
}

impl Replay {
    /// Starts it; `extra` is a folder of more files.
    pub(crate) fn start(corpus: &Corpus, python: &Python, extra: Option<&Path>) -> Replay {
        let mut command = python.command();
        command.arg(corpus.file("serve_raw.py")).args(["--port", "0"]);
        if let Some(extra) = extra {
            command.arg("--extra").arg(extra);
        }
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let base = line.trim().trim_end_matches('/').to_owned();
        assert!(base.starts_with("http://127.0.0.1:"), "{base}");
        Replay { child, base }
    }

    /// Where it serves a row.
    pub(crate) fn url(&self, row: &Row) -> String {
        format!("{}{}", self.base, Replay::path(row))
    }

    /// The path under which it serves a stored row.
    pub(crate) fn path(row: &Row) -> String {
        match row.path.strip_prefix("http/").and_then(|name| name.strip_suffix(".http")) {
            Some(name) => format!("/raw/{name}"),
            None => format!("/f/{}", row.path),
        }
    }

    /// Where it serves a file of the extra folder.
    pub(crate) fn extra_url(&self, row: &Row) -> String {
        format!("{}/x/{}", self.base, row.path)
    }

    /// The heads of all requests so far, with their paths.
    pub(crate) fn requests(&self) -> Vec<(String, String)> {
        let host = self.base.trim_start_matches("http://");
        let mut stream = TcpStream::connect(host).unwrap();
        stream.write_all(b"GET /_log HTTP/1.0\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let lines = answer.split_once("\r\n\r\n").unwrap().1.lines();
        let requests = lines.map(|line| {
            let request: Value = serde_json::from_str(line).unwrap();
            (
                request["path"].as_str().unwrap().to_owned(),
                request["head"].as_str().unwrap().to_owned(),
            )
        });
        requests.filter(|(path, _)| path != "/_log").collect()
    }
}

impl Drop for Replay {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server whose answers are set byte for byte and can change; ends with the test.
#[derive(Debug)]
pub(crate) struct Switch {
    address: SocketAddr,
    answers: Arc<Mutex<HashMap<String, Vec<u8>>>>,
}

impl Switch {
    pub(crate) fn start() -> Switch {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let answers: Arc<Mutex<HashMap<String, Vec<u8>>>> = Arc::default();
        let shared = Arc::clone(&answers);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let answers = Arc::clone(&shared);
                std::thread::spawn(move || answer(stream, &answers));
            }
        });
        Switch { address, answers }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Answers a path with these bytes, head included, from now on.
    pub(crate) fn set_response(&self, path: &str, response: Vec<u8>) {
        self.answers.lock().unwrap().insert(path.to_owned(), response);
    }

    /// Answers a path with this document from now on.
    pub(crate) fn set(&self, path: &str, content_type: &str, body: &[u8]) {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        self.set_response(path, [head.as_bytes(), body].concat());
    }

    /// Answers a path as the corpus says of a row, with `more` at the end of a document.
    pub(crate) fn set_row(&self, path: &str, corpus: &Corpus, row: &Row, more: &[u8]) {
        let bytes = corpus.read(&row.path);
        if row.is_response() {
            self.set_response(path, bytes);
        } else {
            self.set(path, &row.content_type, &[&bytes, more].concat());
        }
    }
}

fn answer(mut stream: TcpStream, answers: &Mutex<HashMap<String, Vec<u8>>>) {
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        match stream.read(&mut buffer) {
            Ok(read) if read > 0 => head.extend_from_slice(&buffer[..read]),
            Ok(_) | Err(_) => return,
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default();
    let response = answers.lock().unwrap().get(path).cloned();
    let response = response.unwrap_or_else(|| {
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec()
    });
    // The other side may have seen enough.
    let _ = stream.write_all(&response);
    let _ = stream.shutdown(Shutdown::Write);
    let _ = stream.read(&mut buffer);
}
