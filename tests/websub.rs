//! WebSub through the real binary: a hub and subscribers of test code on loopback, honest and otherwise.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[cfg(test)]
mod support;

use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response};
use ring::hmac;
use support::desk::{Desk, Service, get_at};
use support::documents::{Item, item, titles};
use support::origin::{Answer, Origin};
use support::until;
use url::form_urlencoded;

const SOON: Duration = Duration::from_secs(20);

/// A hub or a subscriber: remembers what it is told, and answers as the test says.
struct Party {
    address: SocketAddr,
    shared: Arc<Shared>,
    _runtime: tokio::runtime::Runtime,
}

struct Shared {
    told: Mutex<Vec<Told>>,
    came: Condvar,
    behaviour: Mutex<Arc<Behaviour>>,
}

type Behaviour = dyn Fn(&Told) -> Reply + Send + Sync;

/// A request as it came.
#[derive(Debug, Clone)]
struct Told {
    method: String,
    path: String,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Told {
    fn form(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(&self.body).into_owned().collect()
    }

    fn field(&self, name: &str) -> String {
        let pairs = if self.method == "GET" { self.query.clone() } else { self.form() };
        pairs
            .into_iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
            .unwrap_or_default()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

#[derive(Debug, Clone)]
struct Reply {
    status: u16,
    body: String,
    location: Option<String>,
    after: Duration,
}

fn reply(status: u16) -> Reply {
    Reply { status, body: String::new(), location: None, after: Duration::ZERO }
}

/// What an honest subscriber answers: it echoes challenges and takes documents.
fn honest(told: &Told) -> Reply {
    Reply { body: told.field("hub.challenge"), ..reply(200) }
}

impl Party {
    fn start(behaviour: impl Fn(&Told) -> Reply + Send + Sync + 'static) -> Party {
        Party::start_at("127.0.0.1:0", behaviour)
    }

    fn start_at(
        address: &str,
        behaviour: impl Fn(&Told) -> Reply + Send + Sync + 'static,
    ) -> Party {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let shared = Arc::new(Shared {
            told: Mutex::default(),
            came: Condvar::new(),
            behaviour: Mutex::new(Arc::new(behaviour)),
        });
        let listener = runtime.block_on(tokio::net::TcpListener::bind(address)).unwrap();
        let address = listener.local_addr().unwrap();
        let router = axum::Router::new().fallback(hear).with_state(Arc::clone(&shared));
        runtime.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Party { address, shared, _runtime: runtime }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn behave(&self, behaviour: impl Fn(&Told) -> Reply + Send + Sync + 'static) {
        *self.shared.behaviour.lock().unwrap() = Arc::new(behaviour);
    }

    fn told(&self) -> Vec<Told> {
        self.shared.told.lock().unwrap().clone()
    }

    fn forget(&self) {
        self.shared.told.lock().unwrap().clear();
    }

    /// Waits until so many requests fit, and gives them.
    #[track_caller]
    fn wait_for(&self, what: &str, count: usize, fits: impl Fn(&Told) -> bool) -> Vec<Told> {
        let told = self.shared.told.lock().unwrap();
        let too_few = |told: &mut Vec<Told>| told.iter().filter(|one| fits(one)).count() < count;
        let (told, waited) = self.shared.came.wait_timeout_while(told, SOON, too_few).unwrap();
        assert!(!waited.timed_out(), "{count} × {what}: {told:#?}");
        told.iter().filter(|one| fits(one)).cloned().collect()
    }

    fn mode(&self, mode: &'static str, count: usize) -> Vec<Told> {
        self.wait_for(mode, count, move |told| told.field("hub.mode") == mode)
    }
}

async fn hear(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let query = parts.uri.query().unwrap_or_default().as_bytes();
    let told = Told {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: form_urlencoded::parse(query).into_owned().collect(),
        headers: parts.headers,
        body: to_bytes(body, 1 << 24).await.unwrap().to_vec(),
    };
    let behaviour = Arc::clone(&shared.behaviour.lock().unwrap());
    let Reply { status, body, location, after } = behaviour(&told);
    shared.told.lock().unwrap().push(told);
    shared.came.notify_all();
    tokio::time::sleep(after).await;
    let mut response = Response::builder().status(status);
    if let Some(location) = location {
        response = response.header("location", location);
    }
    response.body(Body::from(body)).unwrap()
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A desk that polls every second, serves at a port that is known before, and has more at its end.
fn desk(sources: &[(&str, String)], port: u16, more: &str) -> Desk {
    Desk::new(&config(sources, port, more))
}

fn config(sources: &[(&str, String)], port: u16, more: &str) -> String {
    Desk::config(sources, more)
        .replace("listen = \"off\"", &format!("listen = \"127.0.0.1:{port}\""))
        .replace(
            "title = \"Test desk\"",
            &format!("title = \"Test desk\"\nbase_url = \"http://127.0.0.1:{port}/\""),
        )
        .replace("every = \"15m\"", "every = \"1s\"\njitter = \"0s\"")
        .replace("[fetch]\n", "[fetch]\nmax_body = \"64KiB\"\n")
}

fn callback(port: u16) -> String {
    format!("[websub]\ncallback = \"http://127.0.0.1:{port}/\"\n")
}

/// A feed that names a hub.
fn hubbed(origin: &Origin, hub: &Party, items: &[Item]) -> String {
    support::documents::rss("Daily", items)
        .replace("<channel>", &format!(
            "<channel><atom:link xmlns:atom=\"http://www.w3.org/2005/Atom\" rel=\"hub\" href=\"{}\"/><atom:link xmlns:atom=\"http://www.w3.org/2005/Atom\" rel=\"self\" href=\"{}\"/>",
            hub.url("/hub"),
            origin.url("/rss"),
        ))
}

fn rss(body: impl Into<Vec<u8>>) -> Answer {
    Answer::document("application/rss+xml", body)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn signature(secret: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    format!("sha256={}", hex(hmac::sign(&key, body).as_ref()))
}

/// Sends a request to the service: its status and body.
fn post(url: &str, headers: &[(&str, &str)], body: &[u8]) -> (u16, String) {
    use std::io::{Read, Write};
    let url = url::Url::parse(url).unwrap();
    let host = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
    let mut stream = std::net::TcpStream::connect(&host).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    let mut head = format!(
        "POST {} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n",
        url.path(),
        body.len()
    );
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
    // It may answer before it has read everything.
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let text = String::from_utf8_lossy(&answer).into_owned();
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    (status, text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
}

/// Asks the service for an address with parameters, as a hub does.
fn ask(url: &str, parameters: &[(&str, &str)]) -> (u16, String) {
    let url = url::Url::parse(url).unwrap();
    let host = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    let (status, _, body) = get_at(&host, &format!("{}?{query}", url.path()), &[]);
    (status, String::from_utf8(body).unwrap())
}

fn confirm(callback: &str, mode: &str, topic: &str) -> (u16, String) {
    ask(
        callback,
        &[
            ("hub.mode", mode),
            ("hub.topic", topic),
            ("hub.challenge", "cha llenge"),
            ("hub.lease_seconds", "864000"),
        ],
    )
}

/// The line of a source in `status --json`, at a time.
fn health(desk: &Desk, now: Option<&str>) -> serde_json::Value {
    desk.run_at(now, &["status", "--json"]).line("source", "daily")
}

fn one() -> Vec<Item> {
    vec![item(1, "Talks resume")]
}

#[test]
fn a_hub_tells_of_changes_and_lies_count_for_nothing() {
    let origin = Origin::start();
    let hub = Party::start(|_| reply(202));
    origin.set("/rss", rss(hubbed(&origin, &hub, &one())));
    let port = free_port();
    let desk = desk(&[("daily", origin.url("/rss"))], port, &callback(port));
    let service = desk.serve();
    service.wait_for_titles("all", &["Talks resume"]);
    let asked = hub.mode("subscribe", 1).remove(0);
    let topic = origin.url("/rss");
    assert_eq!(asked.path, "/hub");
    assert_eq!(asked.field("hub.topic"), topic);
    assert_eq!(asked.field("hub.lease_seconds"), "864000");
    let (callback, secret) = (asked.field("hub.callback"), asked.field("hub.secret"));
    assert!(callback.starts_with(&format!("http://127.0.0.1:{port}/websub/")), "{callback}");
    assert!(secret.len() >= 32 && secret.len() < 200, "{secret}");
    assert!(!callback.contains(&secret));

    // Nothing but what was asked for is confirmed.
    let stranger = format!("http://127.0.0.1:{port}/websub/{}", "0".repeat(48));
    assert_eq!(confirm(&stranger, "subscribe", &topic).0, 404);
    assert_eq!(confirm(&callback, "subscribe", &origin.url("/other")).0, 404);
    assert_eq!(confirm(&callback, "unsubscribe", &topic).0, 404);
    assert_eq!(confirm(&callback, "publish", &topic).0, 404);
    assert_eq!(ask(&callback, &[("hub.mode", "subscribe"), ("hub.topic", &topic)]).0, 404);
    assert_eq!(health(&desk, None)["push"]["live"], false);
    assert_eq!(confirm(&callback, "subscribe", &topic), (200, "cha llenge".to_owned()));
    // The hub may have lost the answer.
    assert_eq!(confirm(&callback, "subscribe", &topic), (200, "cha llenge".to_owned()));
    until("it is live", SOON, || (health(&desk, None)["push"]["live"] == true).then_some(()));
    let polls = origin.count("/rss");

    // What is new comes at once, and what a partial document leaves out stays.
    let news = hubbed(&origin, &hub, &[item(2, "Budget passes")]).into_bytes();
    let push = |signature: &str, body: &[u8]| {
        let headers: Vec<(&str, &str)> =
            [("Content-Type", "application/rss+xml"), ("X-Hub-Signature", signature)]
                .into_iter()
                .filter(|(_, value)| !value.is_empty())
                .collect();
        post(&callback, &headers, body).0
    };
    assert_eq!(push(&signature(&secret, &news), &news), 202);
    service.wait_for_titles("all", &["Budget passes", "Talks resume"]);
    // The same again is nothing new.
    assert_eq!(push(&signature(&secret, &news), &news), 202);
    // A wrong or missing signature is answered like a right one, and counts for nothing.
    let lie = hubbed(&origin, &hub, &[item(9, "Lies")]).into_bytes();
    for wrong in ["", "sha256=00", "none", &signature("guess", &lie), &signature(&secret, &news)] {
        assert_eq!(push(wrong, &lie), 202, "{wrong}");
    }
    // Older methods are known.
    let sha1 = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.as_bytes());
    let more = hubbed(&origin, &hub, &[item(3, "Storm closes ports")]).into_bytes();
    let sha1 = format!("sha1={}", hex(hmac::sign(&sha1, &more).as_ref()));
    assert_eq!(push(&sha1, &more), 202);
    service.wait_for_titles("all", &["Storm closes ports", "Budget passes", "Talks resume"]);
    let huge = vec![b' '; 200 * 1024];
    assert_eq!(push(&signature(&secret, &huge), &huge), 413);
    assert_eq!(post(&stranger, &[], &news).0, 410);
    let seen = until("it is counted", SOON, || {
        let health = health(&desk, None);
        (health["push"]["pushes"] == 3 && health["push"]["forged"] == 5).then_some(health)
    });
    assert_eq!(seen["entries"], 3, "{seen}");
    // A hub that tells spares the polling: every second before, every hour now.
    assert!(origin.count("/rss") <= polls + 1, "{} polls", origin.count("/rss"));
    let said = desk.run(&["status", "--source", "daily"]);
    assert!(said.out.contains(&format!("pushed by {}, lease until ", hub.url("/hub"))), "{said:?}");

    // When the publisher lists all of it, nothing is doubled.
    let mut whole = one();
    whole.insert(0, item(2, "Budget passes"));
    whole.insert(0, item(3, "Storm closes ports"));
    origin.set("/rss", rss(hubbed(&origin, &hub, &whole)));
    let log = service.stop();
    let service = desk.serve();
    origin.wait_for("/rss", polls + 1, SOON);
    service.wait_for_titles("all", &titles(&whole));
    assert_eq!(health(&desk, None)["entries"], 3);
    // Nobody learns the secret or the callback from anywhere.
    let shown = [
        log,
        service.stop(),
        desk.run(&["status", "--json"]).out,
        desk.run(&["status", "--source", "daily"]).out,
        String::from_utf8_lossy(&desk.published().concat_bytes()).into_owned(),
    ];
    let id = callback.rsplit('/').next().unwrap();
    for text in shown {
        assert!(!text.contains(&secret) && !text.contains(id), "{text}");
    }
}

trait ConcatBytes {
    fn concat_bytes(&self) -> Vec<u8>;
}

impl ConcatBytes for Vec<(String, Vec<u8>)> {
    fn concat_bytes(&self) -> Vec<u8> {
        self.iter().flat_map(|(_, bytes)| bytes.clone()).collect()
    }
}

/// A service with a live subscription that began at noon: callback and secret.
fn live(desk: &Desk, hub: &Party, topic: &str) -> (Service, String, String) {
    let service = desk.serve_at(Some("2026-03-01T12:00:00Z"));
    let asked = hub.mode("subscribe", 1).remove(0);
    let (callback, secret) = (asked.field("hub.callback"), asked.field("hub.secret"));
    assert_eq!(confirm(&callback, "subscribe", topic).0, 200);
    until("it is live", SOON, || {
        let health = health(desk, Some("2026-03-01T12:00:00Z"));
        (health["push"]["live"] == true).then_some(())
    });
    hub.forget();
    (service, callback, secret)
}

#[test]
fn a_lease_outlives_a_restart_is_renewed_and_ends_in_polling() {
    let origin = Origin::start();
    let hub = Party::start(|_| reply(202));
    origin.set("/rss", rss(hubbed(&origin, &hub, &one())));
    let port = free_port();
    let topic = origin.url("/rss");
    let desk = desk(&[("daily", topic.clone())], port, &callback(port));
    let (service, callback, secret) = live(&desk, &hub, &topic);
    service.stop();
    // The next day the lease holds: what was missed is fetched once, and the hub is not asked again.
    let polls = origin.count("/rss");
    let service = desk.serve_at(Some("2026-03-02T12:00:00Z"));
    origin.wait_for("/rss", polls + 1, SOON);
    let news = hubbed(&origin, &hub, &[item(2, "Budget passes")]).into_bytes();
    assert_eq!(post(&callback, &[("X-Hub-Signature", &signature(&secret, &news))], &news).0, 202);
    service.wait_for_titles("all", &["Budget passes", "Talks resume"]);
    service.stop();
    assert!(hub.told().is_empty(), "{:?}", hub.told());
    // Two days before its end it is renewed, under the same address and secret.
    let service = desk.serve_at(Some("2026-03-09T13:00:00Z"));
    let asked = hub.mode("subscribe", 1).remove(0);
    assert_eq!(asked.field("hub.callback"), callback);
    assert_eq!(asked.field("hub.secret"), secret);
    assert_eq!(confirm(&callback, "subscribe", &topic).0, 200);
    until("it is renewed", SOON, || {
        let until = health(&desk, Some("2026-03-09T13:00:00Z"))["push"]["until"].clone();
        until.as_str().is_some_and(|until| until.starts_with("2026-03-19T13:")).then_some(())
    });
    service.stop();
    // After its end there is polling as before, whatever the hub does.
    hub.behave(|_| Reply { body: "closed for good".to_owned(), ..reply(503) });
    hub.forget();
    let polls = origin.count("/rss");
    let service = desk.serve_at(Some("2026-04-01T12:00:00Z"));
    hub.mode("subscribe", 1);
    origin.wait_for("/rss", polls + 3, SOON);
    until("it says why", SOON, || {
        let push = health(&desk, Some("2026-04-01T12:00:01Z"))["push"].clone();
        let words = push["standing"].as_str().unwrap_or_default().to_owned();
        (push["live"] == false && words.contains("503: closed for good")).then_some(())
    });
    service.stop();
}

#[test]
fn a_refusal_is_taken_and_who_is_removed_is_unsubscribed() {
    let origin = Origin::start();
    let hub = Party::start(|_| reply(202));
    origin.set("/rss", rss(hubbed(&origin, &hub, &one())));
    let port = free_port();
    let topic = origin.url("/rss");
    let desk = desk(&[("daily", topic.clone())], port, &callback(port));
    let (service, address, _) = live(&desk, &hub, &topic);
    let denied = |topic: &str| {
        ask(
            &address,
            &[
                ("hub.mode", "denied"),
                ("hub.topic", topic),
                ("hub.reason", "no more\u{1b}[31m room"),
            ],
        )
    };
    assert_eq!(denied("http://other.example/").0, 404);
    let polls = origin.count("/rss");
    assert_eq!(denied(&topic).0, 200);
    origin.wait_for("/rss", polls + 2, SOON);
    let words = until("it says so", SOON, || {
        let push = health(&desk, Some("2026-03-01T12:01:00Z"))["push"].clone();
        let words = push["standing"].as_str().unwrap_or_default().to_owned();
        words.contains("refused by the hub").then_some(words)
    });
    assert!(words.contains("no more [31m room") && !words.contains('\u{1b}'), "{words}");
    service.stop();

    // Removed while live: the hub is asked to forget it, and confirms.
    let desk = self::desk(&[("daily", topic.clone())], port, &callback(port));
    let (service, address, secret) = live(&desk, &hub, &topic);
    let other = Origin::start();
    other.set("/rss", rss(support::documents::rss("Other", &one())));
    desk.configure(&config(&[("other", other.url("/rss"))], port, &callback(port)));
    let asked = hub.mode("unsubscribe", 1).remove(0);
    assert_eq!(
        (asked.field("hub.callback"), asked.field("hub.topic")),
        (address.clone(), topic.clone())
    );
    assert_eq!(asked.field("hub.secret"), "");
    let late = hubbed(&origin, &hub, &[item(2, "Late")]).into_bytes();
    assert_eq!(post(&address, &[("X-Hub-Signature", &signature(&secret, &late))], &late).0, 410);
    assert_eq!(confirm(&address, "subscribe", &topic).0, 404);
    assert_eq!(confirm(&address, "unsubscribe", &topic), (200, "cha llenge".to_owned()));
    service.stop();
}

#[test]
fn nobody_is_asked_who_cannot_reach_us_or_is_not_wanted() {
    let origin = Origin::start();
    let hub = Party::start(|_| reply(202));
    origin.set("/rss", rss(hubbed(&origin, &hub, &one())));
    let (port, topic) = (free_port(), origin.url("/rss"));
    // An address of this machine only; then one of the web, but the source is not to be pushed.
    let off = config(&[("daily", topic.clone())], port, &callback(port))
        .replace("name = \"daily news\"", "name = \"daily news\"\nwebsub = false");
    for config in [config(&[("daily", topic)], port, ""), off] {
        let desk = Desk::new(&config);
        let polls = origin.count("/rss");
        let service = desk.serve();
        origin.wait_for("/rss", polls + 3, SOON);
        service.stop();
        assert!(hub.told().is_empty(), "{:?}", hub.told());
    }
}

#[test]
fn a_hub_that_leads_elsewhere_is_followed_only_where_it_may() {
    let origin = Origin::start();
    // Another loopback address, which the configuration does not allow.
    let canary = Party::start_at("127.0.0.9:0", |_| reply(202));
    let target = canary.url("/hub");
    let hub = Party::start(move |_| Reply { location: Some(target.clone()), ..reply(307) });
    origin.set("/rss", rss(hubbed(&origin, &hub, &one())));
    let port = free_port();
    let config = config(&[("daily", origin.url("/rss"))], port, &callback(port))
        .replace("\"127.0.0.0/8\"", "\"127.0.0.1/32\"");
    let desk = Desk::new(&config);
    let service = desk.serve();
    let words = until("it is refused", SOON, || {
        let push = health(&desk, None)["push"].clone();
        let words = push["standing"].as_str().unwrap_or_default().to_owned();
        words.contains("127.0.0.9").then_some(words)
    });
    assert!(words.contains("loopback"), "{words}");
    // Polling goes on as if there were no hub.
    origin.wait_for("/rss", 3, SOON);
    service.stop();
    assert!(canary.told().is_empty(), "{:?}", canary.told());
    // Where it may go, it is followed.
    let other = Party::start(|_| reply(202));
    let target = other.url("/moved");
    hub.behave(move |_| Reply { location: Some(target.clone()), ..reply(308) });
    std::fs::remove_file(desk.file("tidings.db")).unwrap();
    let service = desk.serve();
    assert_eq!(other.mode("subscribe", 1).remove(0).path, "/moved");
    service.stop();
}

/// A desk that tells a hub of its one feed in two formats.
fn telling(origin: &Origin, hub: &Party, port: u16, more: &str) -> Desk {
    let websub = format!("[websub]\nhubs = [\"{}\"]\n{more}", hub.url("/ping"));
    let config = config(&[("daily", origin.url("/rss"))], port, &websub)
        .replace("[\"rss\", \"atom\", \"json\", \"html\"]", "[\"rss\", \"json\"]");
    Desk::new(&config)
}

/// The addresses that a hub was told of, in order.
fn pinged(hub: &Party) -> Vec<String> {
    let mut topics: Vec<String> = hub
        .told()
        .iter()
        .filter(|told| told.field("hub.mode") == "publish")
        .map(|told| {
            assert_eq!(told.field("hub.url"), told.field("hub.topic"));
            told.field("hub.url")
        })
        .collect();
    topics.sort();
    topics
}

#[test]
fn hubs_are_told_of_changes_and_of_nothing_else() {
    let origin = Origin::start();
    let hub = Party::start(|_| reply(204));
    origin.set("/rss", rss(support::documents::rss("Daily", &one())));
    let port = free_port();
    let desk = telling(&origin, &hub, port, "");
    let service = desk.serve();
    let topics =
        ["json", "rss"].map(|format| format!("http://127.0.0.1:{port}/feeds/all.{format}"));
    hub.mode("publish", 2);
    assert_eq!(pinged(&hub), topics);
    // What they look at then is what is new, and names the hub in header and document.
    for (format, named) in [("rss", "rel=\"hub\""), ("json", "\"type\": \"WebSub\"")] {
        let (_, headers, body) = service.get(&format!("/feeds/all.{format}"), &[]);
        let link = &headers.iter().find(|(name, _)| name == "link").unwrap().1;
        assert!(link.contains(&format!("<{}>; rel=\"hub\"", hub.url("/ping"))), "{link}");
        assert!(link.contains(&format!("/feeds/all.{format}>; rel=\"self\"")), "{link}");
        let body = String::from_utf8(body).unwrap();
        assert!(body.contains(named) && body.contains(&hub.url("/ping")), "{body}");
    }
    // Polls that change nothing are nothing to tell of.
    origin.wait_for("/rss", origin.count("/rss") + 3, SOON);
    assert_eq!(pinged(&hub), topics);
    // A change is told of once. The hub is down at first, and so is the machine: nothing is forgotten.
    hub.behave(|_| reply(500));
    hub.forget();
    let mut items = one();
    items.insert(0, item(2, "Budget passes"));
    origin.set("/rss", rss(support::documents::rss("Daily", &items)));
    hub.mode("publish", 2);
    service.kill();
    hub.behave(|_| reply(204));
    hub.forget();
    let service = desk.serve();
    hub.mode("publish", 2);
    assert_eq!(pinged(&hub), topics);
    // And nothing is repeated.
    service.stop();
    let service = desk.serve();
    origin.wait_for("/rss", origin.count("/rss") + 2, SOON);
    service.stop();
    assert_eq!(pinged(&hub), topics);
    // A round by a timer tells, too.
    hub.forget();
    items.insert(0, item(3, "Storm closes ports"));
    origin.set("/rss", rss(support::documents::rss("Daily", &items)));
    assert_eq!(desk.run(&["once", "--force"]).code, 0);
    assert_eq!(pinged(&hub), topics);
    assert_eq!(desk.run(&["once", "--force"]).code, 0);
    assert_eq!(pinged(&hub), topics);
}

/// A desk that is a hub for its one feed.
fn hubbing(origin: &Origin, port: u16) -> Desk {
    let config = config(&[("daily", origin.url("/rss"))], port, "[websub]\nhub = \"self\"\n")
        .replace("[\"rss\", \"atom\", \"json\", \"html\"]", "[\"rss\", \"json\"]")
        .replace("\"127.0.0.0/8\"", "\"127.0.0.1/32\"");
    Desk::new(&config)
}

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

/// Asks the hub for something.
fn ask_hub(
    port: u16,
    mode: &str,
    callback: &str,
    topic: &str,
    more: &[(&str, &str)],
) -> (u16, String) {
    let form = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("hub.mode", mode), ("hub.callback", callback), ("hub.topic", topic)])
        .extend_pairs(more)
        .finish();
    post(&format!("http://127.0.0.1:{port}/hub"), &[FORM], form.as_bytes())
}

fn delivered(told: &Told) -> bool {
    told.method == "POST"
}

#[test]
fn the_hub_serves_those_who_meant_it_and_is_held_up_by_nobody() {
    let origin = Origin::start();
    let mut items = one();
    origin.set("/rss", rss(support::documents::rss("Daily", &items)));
    let port = free_port();
    let topic = format!("http://127.0.0.1:{port}/feeds/all.rss");
    let desk = hubbing(&origin, port);
    let service = desk.serve();
    service.wait_for_titles("all", &["Talks resume"]);
    let good = Party::start(honest);
    let plain = Party::start(honest);
    let lying = Party::start(|_| Reply { body: "something else".to_owned(), ..reply(200) });
    let forger = Party::start(|told| Reply {
        body: format!("{}!", told.field("hub.challenge")),
        ..reply(200)
    });
    // A callback that leads elsewhere, and one that may not be contacted.
    let canary = Party::start_at("127.0.0.9:0", honest);
    let target = canary.url("/");
    let leading = Party::start(move |_| Reply { location: Some(target.clone()), ..reply(302) });
    // One that is slow, and many of them: they wait among themselves.
    let slow: Vec<Party> = (0..12)
        .map(|_| {
            Party::start(|told| Reply {
                after: Duration::from_secs(if told.method == "POST" { 8 } else { 0 }),
                ..honest(told)
            })
        })
        .collect();
    let broken = Party::start(|told| if told.method == "POST" { reply(500) } else { honest(told) });
    let gone = Party::start(|told| if told.method == "POST" { reply(410) } else { honest(told) });

    // What cannot be meant is said at once.
    let wrong =
        |mode: &str, callback: &str, topic: &str| ask_hub(port, mode, callback, topic, &[]).0;
    assert_eq!(wrong("subscribe", &good.url("/"), &format!("{topic}?x")), 404);
    assert_eq!(wrong("subscribe", "ftp://127.0.0.1/", &topic), 400);
    assert_eq!(wrong("list", &good.url("/"), &topic), 400);
    let long = "x".repeat(200);
    assert_eq!(ask_hub(port, "subscribe", &good.url("/"), &topic, &[("hub.secret", &long)]).0, 400);
    let address = format!("http://127.0.0.1:{port}/hub");
    assert_eq!(post(&address, &[("Content-Type", "text/plain")], b"x").0, 415);
    assert_eq!(post(&address, &[FORM], &vec![b'x'; 100_000]).0, 413);

    let secret = [("hub.secret", "a secret of theirs"), ("hub.lease_seconds", "1")];
    for slow in &slow {
        assert_eq!(wrong("subscribe", &slow.url("/"), &topic), 202);
    }
    for party in [&plain, &lying, &forger, &leading, &broken, &gone, &canary] {
        assert_eq!(wrong("subscribe", &party.url("/"), &topic), 202);
    }
    assert_eq!(ask_hub(port, "subscribe", &good.url("/me?id=a%20b"), &topic, &secret).0, 202);
    let question = good.mode("subscribe", 1).remove(0);
    assert_eq!((question.method.as_str(), question.path.as_str()), ("GET", "/me"));
    assert_eq!(
        (question.field("id").as_str(), question.field("hub.topic")),
        ("a b", topic.clone())
    );
    assert_eq!(question.field("hub.lease_seconds"), "300", "no shorter lease is given");
    assert!(question.field("hub.challenge").len() >= 32);
    for party in slow.iter().chain([&plain, &lying, &forger, &leading, &broken, &gone]) {
        party.mode("subscribe", 1);
    }
    // They have what was published when they asked.
    origin.wait_for("/rss", origin.count("/rss") + 2, SOON);
    assert!(good.told().iter().all(|told| told.method == "GET"));

    let mut change = |title: &str| {
        items.insert(0, item(items.len() + 1, title));
        origin.set("/rss", rss(support::documents::rss("Daily", &items)));
    };
    change("Budget passes");
    let sent = good.wait_for("delivery", 1, delivered).remove(0);
    let document = desk.read("public/all.rss");
    assert!(document.contains("Budget passes"));
    assert_eq!(String::from_utf8(sent.body.clone()).unwrap(), document);
    assert_eq!(sent.header("content-type"), "application/rss+xml; charset=utf-8");
    assert!(sent.header("link").contains(&format!("<{topic}>; rel=\"self\"")), "{sent:?}");
    assert!(sent.header("link").contains(&format!("<{address}>; rel=\"hub\"")), "{sent:?}");
    assert_eq!(sent.header("x-hub-signature"), signature("a secret of theirs", &sent.body));
    let unsigned = plain.wait_for("delivery", 1, delivered).remove(0);
    assert_eq!(unsigned.header("x-hub-signature"), "");
    gone.wait_for("delivery", 1, delivered);
    broken.wait_for("delivery", 1, delivered);
    // The slow ones are still at it when the next change comes, and it is there at once all the same.
    let begun = std::time::Instant::now();
    change("Storm closes ports");
    good.wait_for("delivery", 2, delivered);
    assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
    // Who said it is gone is not asked again; who never meant it never was.
    assert_eq!(gone.told().iter().filter(|told| delivered(told)).count(), 1);
    for party in [&lying, &forger, &leading] {
        assert!(!party.told().iter().any(delivered));
    }
    assert!(canary.told().is_empty(), "{:?}", canary.told());
    // Killed, it goes on where it was: nobody is sent what it has, and who missed something gets the latest.
    // It has had the time to note that it was delivered; what it could not note, it would send again.
    origin.wait_for("/rss", origin.count("/rss") + 2, SOON);
    service.kill();
    good.forget();
    let service = desk.serve();
    origin.wait_for("/rss", origin.count("/rss") + 2, SOON);
    change("Minister resigns");
    let again = good.wait_for("delivery", 1, delivered);
    assert!(String::from_utf8_lossy(&again[0].body).contains("Minister resigns"));
    assert_eq!(again.len(), 1);
    // Whoever did not ask to be left alone is not.
    plain.behave(|_| reply(404));
    assert_eq!(wrong("unsubscribe", &plain.url("/"), &topic), 202);
    plain.mode("unsubscribe", 1);
    assert_eq!(wrong("unsubscribe", &good.url("/me?id=a%20b"), &topic), 202);
    good.mode("unsubscribe", 1);
    good.forget();
    plain.behave(honest);
    plain.forget();
    change("Summit opens");
    plain.wait_for("delivery", 1, delivered);
    assert!(!good.told().iter().any(delivered));
    let log = service.stop();
    assert!(!log.contains("a secret of theirs") && !log.contains("id=a"), "{log}");
}

#[test]
fn a_lease_with_the_hub_ends() {
    let origin = Origin::start();
    let mut items = one();
    origin.set("/rss", rss(support::documents::rss("Daily", &items)));
    let port = free_port();
    let topic = format!("http://127.0.0.1:{port}/feeds/all.rss");
    let desk = hubbing(&origin, port);
    let (short, long) = (Party::start(honest), Party::start(honest));
    let service = desk.serve_at(Some("2026-03-01T12:00:00Z"));
    service.wait_for_titles("all", &["Talks resume"]);
    for (party, lease) in [(&short, "3600"), (&long, "999999999")] {
        let lease = [("hub.lease_seconds", lease)];
        assert_eq!(ask_hub(port, "subscribe", &party.url("/"), &topic, &lease).0, 202);
        let given = party.mode("subscribe", 1).remove(0).field("hub.lease_seconds");
        assert!(given == "3600" || given == "2592000", "{given}");
    }
    service.stop();
    items.insert(0, item(2, "Budget passes"));
    origin.set("/rss", rss(support::documents::rss("Daily", &items)));
    let service = desk.serve_at(Some("2026-03-01T13:00:01Z"));
    long.wait_for("delivery", 1, delivered);
    service.stop();
    assert!(!short.told().iter().any(delivered));
    // A feed that is no more: who still waits for it is told so.
    let other = desk.read("feeds.toml").replace("name = \"all\"", "name = \"other\"");
    desk.configure(&other);
    let service = desk.serve_at(Some("2026-03-01T13:00:02Z"));
    let denied = long.mode("denied", 1).remove(0);
    assert_eq!(denied.field("hub.topic"), topic);
    service.stop();
}
