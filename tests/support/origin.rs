//! An origin server on loopback: answers by path as it is told, with validators, and remembers what it was asked.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response, StatusCode};

/// A server with its own runtime; ends when it is dropped.
pub struct Origin {
    address: SocketAddr,
    shared: Arc<Shared>,
    _runtime: tokio::runtime::Runtime,
}

#[derive(Default)]
struct Shared {
    answers: Mutex<HashMap<String, Answer>>,
    asked: Mutex<Vec<Asked>>,
    came: Condvar,
    /// Answers on held paths wait until the path is released.
    held: tokio::sync::watch::Sender<Vec<String>>,
}

/// What is answered on a path.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Asked {
    pub path: String,
    pub headers: HeaderMap,
    pub answered: u16,
}

impl Answer {
    /// A document of a type, named by its content.
    pub fn document(media_type: &str, body: impl Into<Vec<u8>>) -> Answer {
        let body = body.into();
        let etag = format!(
            "\"{:x}\"",
            body.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte))
                .wrapping_mul(0x100_0000_01b3))
        );
        Answer {
            status: 200,
            headers: vec![("content-type".into(), media_type.into()), ("etag".into(), etag)],
            body,
        }
    }

    /// A document without validators.
    pub fn bare(media_type: &str, body: impl Into<Vec<u8>>) -> Answer {
        Answer {
            status: 200,
            headers: vec![("content-type".into(), media_type.into())],
            body: body.into(),
        }
    }

    /// Nothing but a status.
    pub fn status(status: u16) -> Answer {
        Answer { status, headers: Vec::new(), body: Vec::new() }
    }

    /// The same with one more header.
    pub fn with(mut self, name: &str, value: &str) -> Answer {
        self.headers.push((name.into(), value.into()));
        self
    }
}

impl Origin {
    /// Listens on a free port of 127.0.0.1.
    pub fn start() -> Origin {
        Origin::start_at("127.0.0.1")
    }

    /// Listens on a free port of a loopback address: other addresses are other hosts.
    pub fn start_at(ip: &str) -> Origin {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let shared = Arc::new(Shared::default());
        let listener = runtime.block_on(tokio::net::TcpListener::bind((ip, 0))).unwrap();
        let address = listener.local_addr().unwrap();
        let router = axum::Router::new().fallback(answer).with_state(Arc::clone(&shared));
        runtime.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Origin { address, shared, _runtime: runtime }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Answers a path like this from now on.
    pub fn set(&self, path: &str, answer: Answer) {
        self.shared.answers.lock().unwrap().insert(path.to_owned(), answer);
    }

    /// Lets requests for a path wait until it is released.
    pub fn hold(&self, path: &str) {
        self.shared.held.send_modify(|held| held.push(path.to_owned()));
    }

    /// Answers what waits.
    pub fn release(&self, path: &str) {
        self.shared.held.send_modify(|held| held.retain(|other| other != path));
    }

    /// The requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }

    /// How often a path was asked for.
    pub fn count(&self, path: &str) -> usize {
        self.asked().iter().filter(|asked| asked.path == path).count()
    }

    /// Waits until a path was asked for so often.
    #[track_caller]
    pub fn wait_for(&self, path: &str, times: usize, limit: Duration) {
        let asked = self.shared.asked.lock().unwrap();
        let enough = |asked: &mut Vec<Asked>| {
            asked.iter().filter(|asked| asked.path == path).count() < times
        };
        let (asked, waited) = self.shared.came.wait_timeout_while(asked, limit, enough).unwrap();
        let count = asked.iter().filter(|asked| asked.path == path).count();
        assert!(
            !waited.timed_out(),
            "{path} was asked for {count} times, not {times}, within {} s",
            limit.as_secs()
        );
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let headers = request.headers().clone();
    let answer =
        shared.answers.lock().unwrap().get(&path).cloned().unwrap_or_else(|| Answer::status(404));
    let matches = |asked: &str, ours: &str| {
        let ours = answer
            .headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(ours))
            .map(|(_, value)| value.as_bytes());
        ours.is_some() && headers.get(asked).map(|value| value.as_bytes()) == ours
    };
    let not_modified = answer.status == 200
        && (matches("if-none-match", "etag")
            || (!headers.contains_key("if-none-match")
                && matches("if-modified-since", "last-modified")));
    let status = if not_modified { 304 } else { answer.status };
    shared.asked.lock().unwrap().push(Asked { path: path.clone(), headers, answered: status });
    shared.came.notify_all();
    let mut held = shared.held.subscribe();
    let _ = held.wait_for(|held| !held.contains(&path)).await;
    let mut response = Response::builder().status(StatusCode::from_u16(status).unwrap());
    for (name, value) in &answer.headers {
        if !not_modified || !name.eq_ignore_ascii_case("content-type") {
            response = response.header(name, value);
        }
    }
    response.body(if not_modified { Body::empty() } else { Body::from(answer.body) }).unwrap()
}
