//! The floor: the least any program does that polls, reads and keeps. `reqwest` with as many requests at once, `quick-xml` events over all bytes
//! (`serde_json` for JSON Feed), the fields of each entry as they stand, and one transaction with every entry and a set of headlines.
//!
//! It sanitises nothing, knows no dates, compares no URL, groups nothing and publishes nothing. The next round sends what it kept of each source's
//! validators and writes when the source is due again.

use std::collections::HashSet;
use std::sync::Arc;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use reqwest::header::{ETAG, IF_NONE_MATCH};
use rusqlite::{Connection, params};
use tokio::sync::{Semaphore, mpsc};

/// As many requests at once as tidings' default.
const CONCURRENCY: usize = 64;
const DATABASE: &str = "floor.db";

/// What a source told.
struct Answer {
    source: usize,
    etag: Option<String>,
    entries: Vec<Fields>,
}

/// An entry's fields as they stand in the document.
#[derive(Default)]
struct Fields {
    title: String,
    link: String,
    guid: String,
    date: String,
    summary: String,
}

/// Polls the sources listed in a file; prints how many answers, entries and headlines there were.
#[expect(clippy::print_stdout, reason = "its output is what the bench reads")]
pub fn poll(list: &str) {
    let urls: Vec<String> =
        std::fs::read_to_string(list).unwrap().lines().map(str::to_owned).collect();
    let mut database = Connection::open(DATABASE).unwrap();
    database
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
             CREATE TABLE IF NOT EXISTS source (source INTEGER PRIMARY KEY, etag TEXT, due INTEGER);
             CREATE TABLE IF NOT EXISTS entry (source INTEGER, title TEXT, link TEXT, guid TEXT, date TEXT, summary TEXT);",
        )
        .unwrap();
    let mut etags: Vec<Option<String>> = vec![None; urls.len()];
    {
        let mut known = database.prepare("SELECT source, etag FROM source").unwrap();
        let mut rows = known.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let source: usize = row.get::<_, i64>(0).unwrap() as usize;
            etags[source] = row.get(1).unwrap();
        }
    }
    let (answers_in, mut answers) = mpsc::channel(CONCURRENCY);
    // All in one transaction, filled while the answers come in.
    let keeping = std::thread::spawn(move || {
        let transaction = database.transaction().unwrap();
        let (mut sources, mut entries, mut headlines) = (0, 0, HashSet::new());
        {
            let mut keep_source = transaction
                .prepare("INSERT INTO source VALUES (?1, ?2, ?3) ON CONFLICT (source) DO UPDATE SET etag = ?2, due = ?3")
                .unwrap();
            let mut keep_entry =
                transaction.prepare("INSERT INTO entry VALUES (?1, ?2, ?3, ?4, ?5, ?6)").unwrap();
            while let Some(Answer { source, etag, entries: found }) = answers.blocking_recv() {
                keep_source.execute(params![source as i64, etag, 1_761_804_300]).unwrap();
                sources += 1;
                entries += found.len();
                for Fields { title, link, guid, date, summary } in found {
                    keep_entry
                        .execute(params![source as i64, title, link, guid, date, summary])
                        .unwrap();
                    headlines.insert(title);
                }
            }
        }
        transaction.commit().unwrap();
        (sources, entries, headlines.len())
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        rustls::crypto::ring::default_provider().install_default().unwrap();
        let client = reqwest::Client::new();
        let limit = Arc::new(Semaphore::new(CONCURRENCY));
        for (source, (url, etag)) in urls.into_iter().zip(etags).enumerate() {
            let permit = Arc::clone(&limit).acquire_owned().await.unwrap();
            let (client, answers) = (client.clone(), answers_in.clone());
            tokio::spawn(async move {
                let answer = ask(&client, source, &url, etag).await;
                drop(permit);
                answers.send(answer).await.unwrap();
            });
        }
        drop(answers_in);
    });
    // Ends when the last answer has been given.
    let (sources, entries, headlines) = keeping.join().unwrap();
    drop(runtime);
    println!("{sources} {entries} {headlines}");
}

async fn ask(client: &reqwest::Client, source: usize, url: &str, etag: Option<String>) -> Answer {
    let mut request = client.get(url);
    if let Some(etag) = &etag {
        request = request.header(IF_NONE_MATCH, etag);
    }
    let response = request.send().await.unwrap();
    if response.status() == reqwest::StatusCode::NOT_MODIFIED {
        return Answer { source, etag, entries: Vec::new() };
    }
    let etag = response.headers().get(ETAG).map(|etag| etag.to_str().unwrap().to_owned());
    let body = response.bytes().await.unwrap();
    let entries = if body.starts_with(b"{") { read_json(&body) } else { read_xml(&body) };
    Answer { source, etag, entries }
}

fn read_json(body: &[u8]) -> Vec<Fields> {
    #[derive(serde::Deserialize)]
    struct Feed {
        items: Vec<Item>,
    }
    #[derive(serde::Deserialize)]
    struct Item {
        id: String,
        url: String,
        title: String,
        date_published: String,
        content_html: String,
    }
    let feed: Feed = serde_json::from_slice(body).unwrap();
    let fields = feed.items.into_iter().map(|item| Fields {
        title: item.title,
        link: item.url,
        guid: item.id,
        date: item.date_published,
        summary: item.content_html,
    });
    fields.collect()
}

/// The field that text belongs to.
#[derive(Clone, Copy)]
enum Field {
    Title,
    Link,
    Guid,
    Date,
    Summary,
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a foreign enum of which only a few events matter"
)]
fn read_xml(body: &[u8]) -> Vec<Fields> {
    let mut reader = Reader::from_str(std::str::from_utf8(body).unwrap());
    let (mut entries, mut entry, mut field) = (Vec::new(), None::<Fields>, None);
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => match start.name().as_ref() {
                "item" | "entry" => {
                    let guid = attribute(&start, "rdf:about").unwrap_or_default();
                    entry = Some(Fields { guid, ..Fields::default() });
                }
                "title" => field = Some(Field::Title),
                "link" => field = Some(Field::Link),
                "guid" | "id" => field = Some(Field::Guid),
                "pubDate" | "published" | "dc:date" => field = Some(Field::Date),
                "description" | "summary" => field = Some(Field::Summary),
                _ => {}
            },
            Event::Empty(empty) if empty.name().as_ref() == "link" => {
                if let (Some(entry), Some(href)) = (&mut entry, attribute(&empty, "href")) {
                    entry.link = href;
                }
            }
            Event::Text(text) => push(&mut entry, field, &text),
            Event::CData(text) => push(&mut entry, field, &text),
            Event::GeneralRef(name) => {
                push(
                    &mut entry,
                    field,
                    quick_xml::escape::resolve_predefined_entity(&name).unwrap_or("?"),
                );
            }
            Event::End(end) => {
                field = None;
                if matches!(end.name().as_ref(), "item" | "entry") {
                    entries.extend(entry.take());
                }
            }
            Event::Eof => return entries,
            _ => {}
        }
    }
}

fn push(entry: &mut Option<Fields>, field: Option<Field>, text: &str) {
    if let (Some(entry), Some(field)) = (entry, field) {
        let into = match field {
            Field::Title => &mut entry.title,
            Field::Link => &mut entry.link,
            Field::Guid => &mut entry.guid,
            Field::Date => &mut entry.date,
            Field::Summary => &mut entry.summary,
        };
        into.push_str(text);
    }
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = start.try_get_attribute(name).unwrap()?;
    Some(found.value.into_owned())
}
