//! Every stored row as a source of one desk, beside healthy ones.

use std::collections::{BTreeMap, HashMap};
use std::net::TcpListener;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tidings::model::text::is_bidi_control;

use crate::corpus::{Corpus, Outcome, Replay, Row};
use crate::findings::Findings;
use crate::published::Documents;
use crate::support::desk::Desk;
use crate::support::documents::{item, rss};
use crate::support::measure::{Cost, cost};
use crate::support::origin::{Answer, Origin};
use crate::support::python::Python;

/// Later than what the corpus calls the present.
pub(crate) const NOW: &str = "2026-02-01T12:00:00Z";
const DAY_S: i64 = 24 * 60 * 60;
/// Rows that do not hold, with the reason.
const KNOWN: &[(&str, &str)] = &[];

#[test]
fn every_stored_row_holds() {
    let Some(corpus) = Corpus::open() else { return };
    let Some(python) = Python::with(&["html5lib"]) else { return };
    let replay = Replay::start(&corpus, &python, None);
    // Some rows tell of this address. Only root may listen there; elsewhere a connection fails, and that it was made is not seen.
    let canary =
        TcpListener::bind("127.0.0.1:9").inspect_err(|error| println!("no canary: {error}")).ok();
    let healthy = healthy();
    let rows = &corpus.rows;
    let mut findings = Findings::default();

    let alone = Desk::new(&desk_of(healthy.sources()));
    assert_eq!(alone.run_at(Some(NOW), &["once"]).code, 0);
    let hostile = rows.iter().map(|row| (row.key(), replay.url(row)));
    let desk = Desk::new(&desk_of(hostile.chain(healthy.sources())));
    let first = run(&desk, &["once", "--json"], NOW);
    println!("first round: {:?}", first.cost);
    let bound: f64 = rows.iter().map(|row| row.cpu_s).sum();
    if first.cost.cpu.as_secs_f64() > bound || first.cost.peak_kib > 256 * 1024 {
        findings.all(format!("the round costs {:?}", first.cost));
    }
    let status = status(&desk);
    let documents: HashMap<String, Documents> =
        rows.iter().map(|row| (row.key(), documents_of(&desk, &row.key()))).collect();
    for row in rows {
        check_outcome(row, &status[&row.key()], &documents[&row.key()], &mut findings);
        check_documents(row, &documents[&row.key()], &mut findings);
    }
    outcheck(&corpus, &python, &desk, &mut findings);
    for (key, _) in healthy.sources() {
        let items = |desk: &Desk| told(&documents_of(desk, &key));
        if items(&alone) != items(&desk) {
            findings.all(format!("the healthy source {key} lost or changed items"));
        }
        if status[&key]["ok"] != true {
            findings.all(format!("the healthy source {key} fails: {}", status[&key]["error"]));
        }
    }

    // A second poll of the same changes nothing that is published, and asks as it should.
    let published = desk.published();
    let asked = replay.requests().len();
    run(&desk, &["once", "--force", "--json"], "2026-02-01T18:00:00Z");
    let before: BTreeMap<_, _> = published.into_iter().collect();
    for (name, bytes) in desk.published() {
        if before[&name] != bytes {
            let row = rows.iter().find(|row| name.starts_with(&format!("{}.", row.key())));
            match row {
                Some(row) => findings.row(row, format!("{name} changed though nothing did")),
                None => findings.all(format!("{name} changed though nothing did")),
            }
        }
    }
    let requests = replay.requests();
    for row in rows {
        let path = Replay::path(row);
        let heads: Vec<_> = requests[asked..]
            .iter()
            .filter(|(asked, _)| *asked == path)
            .map(|(_, head)| head)
            .collect();
        check_requests(row, &heads, &mut findings);
    }
    let strange = requests
        .iter()
        .map(|(path, _)| path)
        .filter(|path| !rows.iter().any(|row| Replay::path(row) == **path));
    // A redirect may lead on to what the corpus does not have.
    for path in strange.filter(|path| !path.contains("%0d%0a") && !path.contains("%0D%0A")) {
        findings.all(format!("{path} was asked for and is no source"));
    }

    for args in [&["status"][..], &["status", "--json"]] {
        first_control(&desk.run_at(Some(NOW), args).out)
            .into_iter()
            .for_each(|what| findings.all(format!("{args:?}: {what}")));
    }
    let keys = rows.iter().map(Row::key).collect::<Vec<_>>();
    let details = keys.iter().flat_map(|key| ["--source", key]);
    let details =
        desk.run_at(Some(NOW), &["status"].into_iter().chain(details).collect::<Vec<_>>());
    first_control(&details.out)
        .into_iter()
        .for_each(|what| findings.all(format!("status --source: {what}")));
    if let Some(canary) = canary {
        canary.set_nonblocking(true).unwrap();
        if canary.accept().is_ok() {
            findings.all("an address was contacted that is not configured".to_owned());
        }
    }
    findings.conclude("stored", rows, KNOWN);
}

/// Each row by itself, for what it costs.
#[test]
fn no_stored_row_costs_more_than_it_may() {
    let Some(corpus) = Corpus::open() else { return };
    let desk = Desk::of_sources(&[]);
    let idle =
        parse(&desk, b"<rss><channel><item><title>a</title></item></channel></rss>", "text/xml")
            .1
            .peak_kib;
    let mut findings = Findings::default();
    let mut most = (Duration::ZERO, 0);
    let rows: Vec<Row> = corpus.rows.iter().filter(|row| !row.is_response()).cloned().collect();
    for row in &rows {
        let (code, cost) = parse(&desk, &corpus.read(&row.path), &row.content_type);
        most = (most.0.max(cost.cpu), most.1.max(cost.peak_kib.saturating_sub(idle)));
        if cost.cpu.as_secs_f64() > row.cpu_s || cost.peak_kib > idle + row.rss_mb * 1024 {
            findings.row(row, format!("{cost:?}, idle {idle} KiB"));
        }
        match row.outcome {
            Outcome::Items(_) if code != 0 => {
                findings.row(row, format!("`parse` ends with {code}"))
            }
            Outcome::Reject if code == 0 => findings.row(row, "`parse` takes it for a feed"),
            Outcome::Either if code != 0 && code != 1 => {
                findings.row(row, format!("`parse` ends with {code}"))
            }
            Outcome::Items(_) | Outcome::Reject | Outcome::Either => {}
        }
    }
    println!(
        "the most for one row: {:?} CPU, {} KiB over an idle process of {idle} KiB",
        most.0, most.1
    );
    findings.conclude("by `parse`", &rows, &[]);
}

/// What `parse` says of a document by its exit code, and what that cost.
pub(crate) fn parse(desk: &Desk, bytes: &[u8], content_type: &str) -> (i32, Cost) {
    let document = desk.file("document");
    std::fs::write(&document, bytes).unwrap();
    let mut command = desk.command(&["parse", "document"]);
    let mut child = command
        .env("FEED_CONTENT_TYPE", content_type)
        .env("FEED_BASE_URL", "https://feed.example/feed.xml")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let cost = cost(&child, Duration::from_secs(120));
    (child.wait().unwrap().code().unwrap_or(-1), cost)
}

/// A run, measured, whose log is clean.
pub(crate) struct Run {
    pub(crate) cost: Cost,
}

pub(crate) fn run(desk: &Desk, args: &[&str], now: &str) -> Run {
    let (out, err) = (desk.file("out"), desk.file("err"));
    let open = |path| std::fs::File::create(path).unwrap();
    let mut command = desk.command(args);
    let mut child = command
        .env("TIDINGS_NOW", now)
        .env("TIDINGS_LOG", "tidings=debug")
        .stdin(Stdio::null())
        .stdout(open(&out))
        .stderr(open(&err))
        .spawn()
        .unwrap();
    let cost = cost(&child, Duration::from_secs(300));
    let status = child.wait().unwrap();
    let log = std::fs::read_to_string(err).unwrap();
    // 1: some sources fail, as they should.
    assert_eq!(status.code(), Some(1), "{log}");
    assert_eq!(first_control(&log), None);
    assert_eq!(first_control(&std::fs::read_to_string(out).unwrap()), None);
    assert!(!log.contains("panicked") && !log.contains("inside tidings"), "{log}");
    Run { cost }
}

/// The first character that a terminal must not get.
fn first_control(text: &str) -> Option<String> {
    let control = |character: char| {
        (character.is_control() && !matches!(character, '\n' | '\t')) || is_bidi_control(character)
    };
    let (at, character) = text.char_indices().find(|(_, character)| control(*character))?;
    let start = text.floor_char_boundary(at.saturating_sub(60));
    Some(format!("{character:?} after {:?}", &text[start..at]))
}

/// Sources of our own, with items of many kinds.
struct Healthy {
    origin: Origin,
}

fn healthy() -> Healthy {
    let origin = Origin::start();
    for number in 0..4 {
        let items: Vec<_> = (0..30)
            .map(|item_number| {
                item(item_number, &format!("Healthy {number}: a & b <c> 회담 {item_number}"))
            })
            .collect();
        origin.set(
            &format!("/{number}.xml"),
            Answer::document("application/rss+xml", rss("Healthy", &items)),
        );
    }
    Healthy { origin }
}

impl Healthy {
    fn sources(&self) -> impl Iterator<Item = (String, String)> {
        (0..4)
            .map(|number| (format!("healthy-{number}"), self.origin.url(&format!("/{number}.xml"))))
    }
}

/// A desk where each source has a feed of its own, in all formats, and one feed holds all of them.
pub(crate) fn desk_of(sources: impl Iterator<Item = (String, String)>) -> String {
    let mut config = String::from(
        "[publish]\ntitle = \"Test desk\"\nbase_url = \"https://desk.example/\"\n[server]\nlisten = \"off\"\n[fetch]\nevery = \"15m\"\nper_host = 16\ntimeout = \"10s\"\nallow_addresses = [\"127.0.0.0/8\"]\n",
    );
    let feed = |name: &str, topics: &str| {
        format!("[[feed]]\nname = \"{name}\"\n{topics}merge = \"none\"\nlimit = 10000\n")
    };
    for (key, url) in sources {
        config.push_str(&format!(
            "[[source]]\nkey = \"{key}\"\nurl = \"{url}\"\ntopics = [\"{key}\"]\n"
        ));
        config.push_str(&format!("[topic.{key}]\nmatch = \"this-is-in-no-document\"\n"));
        config.push_str(&feed(&key, &format!("topics = [\"{key}\"]\n")));
    }
    config.push_str(&feed("all", ""));
    config
}

/// The lines of `status --json` by source.
pub(crate) fn status(desk: &Desk) -> HashMap<String, Value> {
    let lines = desk.run_at(Some(NOW), &["status", "--json"]).json();
    lines.into_iter().filter_map(|line| Some((line["source"].as_str()?.to_owned(), line))).collect()
}

pub(crate) fn documents_of(desk: &Desk, feed: &str) -> Documents {
    let read =
        |extension: &str| std::fs::read(desk.file(&format!("public/{feed}.{extension}"))).unwrap();
    Documents { rss: read("rss"), atom: read("atom"), json: read("json"), html: read("html") }
}

/// What makes an item the same for a subscriber.
pub(crate) fn told(documents: &Documents) -> Vec<[Value; 4]> {
    let items = documents.items();
    items
        .into_iter()
        .map(|item| ["id", "title", "url", "date_published"].map(|key| item[key].clone()))
        .collect()
}

fn check_outcome(row: &Row, status: &Value, documents: &Documents, findings: &mut Findings) {
    let error = &status["error"];
    let entries = status["entries"].as_u64().unwrap();
    match &row.outcome {
        Outcome::Items(range) if !error.is_null() => {
            findings.row(row, format!("{error} instead of {range:?} items"))
        }
        Outcome::Items(range) if !range.contains(&entries) => {
            findings.row(row, format!("{entries} items, not {range:?}"))
        }
        Outcome::Reject if error.is_null() => {
            findings.row(row, format!("taken for a feed of {entries} items"))
        }
        Outcome::Reject if entries > 0 => {
            findings.row(row, format!("{entries} items in spite of an error"))
        }
        Outcome::Items(_) | Outcome::Reject | Outcome::Either => {}
    }
    if !error.is_null() {
        let (class, message) =
            (error["class"].as_str().unwrap(), error["message"].as_str().unwrap());
        if class.is_empty() || class.contains(|character: char| !character.is_ascii_graphic()) {
            findings.row(row, format!("the error's class {class:?}"));
        }
        if message.is_empty()
            || message.len() > 500
            || message.contains('\n')
            || first_control(message).is_some()
        {
            findings.row(row, format!("the error's message {message:?}"));
        }
    }
    let items = documents.items().len() as u64;
    if items != entries {
        findings.row(row, format!("{entries} entries, but {items} items published"));
    }
    // However a server begs, a source is polled once a day, and not at once.
    let due = status["next_due"]
        .as_str()
        .map(|due| chrono::DateTime::parse_from_rfc3339(due).unwrap().timestamp());
    let now = chrono::DateTime::parse_from_rfc3339(NOW).unwrap().timestamp();
    match due {
        Some(due) if (now + 60..=now + DAY_S + DAY_S / 8).contains(&due) => {}
        None if status["gone"] == true => {}
        Some(_) | None => findings.row(row, format!("next due {}", status["next_due"])),
    }
    if status["gone"] != (row.path == "http/410.http") {
        findings.row(row, format!("gone: {}", status["gone"]));
    }
    if status.to_string().contains(":pw@") {
        findings.row(row, "credentials are kept");
    }
}

fn check_documents(row: &Row, documents: &Documents, findings: &mut Findings) {
    documents.faults().into_iter().for_each(|fault| findings.row(row, fault));
    for absent in &row.absent {
        documents.active(absent).into_iter().for_each(|what| findings.row(row, what));
    }
    let seen = documents.seen();
    for present in row.present.iter().filter(|present| !seen.contains(present.as_str())) {
        findings.row(row, format!("{present:?} is lost"));
    }
    let now = chrono::DateTime::parse_from_rfc3339(NOW).unwrap().timestamp();
    for item in documents.items() {
        let date =
            chrono::DateTime::parse_from_rfc3339(item["date_published"].as_str().unwrap()).unwrap();
        if date.timestamp() > now + DAY_S {
            findings.row(row, format!("an item is dated {date}"));
        }
    }
}

fn check_requests(row: &Row, heads: &[&String], findings: &mut Findings) {
    if heads.len() != 1 {
        findings.row(row, format!("asked {} times in one round", heads.len()));
    }
    for head in heads {
        let mut names = Vec::new();
        for line in head.split("\r\n").skip(1) {
            let Some((name, value)) = line.split_once(": ") else {
                findings.row(row, format!("a header without a name: {line:?}"));
                continue;
            };
            if value.contains(|character: char| character.is_ascii_control()) || value.len() > 4096
            {
                findings.row(
                    row,
                    format!("the header {name} of {} bytes: {:?}", value.len(), value.get(..80)),
                );
            }
            names.push(name.to_ascii_lowercase());
        }
        names.sort();
        let count = names.len();
        names.dedup();
        if names.len() != count
            || names
                .iter()
                .any(|name| name == "cookie" || name == "x-injected" || name == "set-cookie")
        {
            findings.row(row, format!("the next request has {names:?}"));
        }
        if row.path == "http/304-unasked.http" && names.iter().any(|name| name.starts_with("if-")) {
            findings.row(row, "validators of an answer that has none");
        }
    }
}

fn outcheck(corpus: &Corpus, python: &Python, desk: &Desk, findings: &mut Findings) {
    let files: Vec<_> = desk
        .published()
        .into_iter()
        .map(|(name, _)| desk.file(&format!("public/{name}")))
        .collect();
    let documents: Vec<_> = files
        .into_iter()
        .filter(|path| {
            path.extension().is_some_and(|extension| extension != "html" && extension != "opml")
        })
        .collect();
    for (path, fault) in corpus.outcheck(python, &documents) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let row = corpus.rows.iter().find(|row| name.starts_with(&format!("{}.", row.key())));
        match row {
            Some(row) => findings.row(row, format!("{name}: {fault}")),
            None if name.starts_with("all.") => {}
            None => findings.all(format!("{name}: {fault}")),
        }
    }
}
