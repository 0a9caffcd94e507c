//! Test data of other projects: the payloads of DOMPurify in titles and content, and the documents of feedparser.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::corpus::{Corpus, Switch};
use crate::stored::{NOW, desk_of, documents_of, run, status};
use crate::support::desk::Desk;
use crate::support::python::Python;

/// Every payload comes out of every slot harmless, in every format.
#[test]
fn no_payload_becomes_active() {
    let Some(corpus) = Corpus::open() else { return };
    let Some(python) = Python::with(&["html5lib"]) else { return };
    let escaped = |text: &str| {
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        text.chars()
            .filter(|character| !tidings::model::text::is_forbidden(*character))
            .collect::<String>()
    };
    let payloads = lines(&corpus, "dompurify.jsonl");
    assert!(payloads.len() > 50);
    let items: String = payloads
        .iter()
        .map(|row| (row["id"].as_str().unwrap(), escaped(row["payload"].as_str().unwrap())))
        .map(|(id, payload)| {
            format!(
                "<item><title>{id} {payload}</title><guid isPermaLink=\"false\">{id}</guid><description>{payload}</description><content:encoded>{payload} .</content:encoded><category>{payload}</category></item>"
            )
        })
        .collect();
    let document = format!(
        "<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel><title>t</title>{items}</channel></rss>"
    );
    let origin = Switch::start();
    origin.set("/", "application/rss+xml", document.as_bytes());
    let desk = Desk::new(&desk_of([("payloads".to_owned(), origin.url("/"))].into_iter()));
    assert_eq!(desk.run_at(Some(NOW), &["once"]).code, 0);
    let documents = documents_of(&desk, "payloads");
    assert_eq!(documents.items().len(), payloads.len());
    assert_eq!(documents.faults(), [""; 0]);
    for absent in [
        "<script",
        "javascript:",
        "<svg",
        "<math",
        "<iframe",
        "<form",
        "<style",
        "onerror=",
        "onload=",
        "alert(",
    ] {
        // The page has a style sheet of its own.
        let mut active = documents.active(absent);
        active.retain(|what| absent != "<style" || !what.ends_with("html"));
        assert_eq!(active, [""; 0]);
    }
    let files =
        ["rss", "atom", "json"].map(|format| desk.file(&format!("public/payloads.{format}")));
    assert_eq!(corpus.outcheck(&python, &files), []);
}

/// Every document is read or refused, and what is read is published by the rules.
#[test]
fn no_document_of_feedparser_is_too_much() {
    let Some(corpus) = Corpus::open() else { return };
    let Some(python) = Python::with(&["html5lib"]) else { return };
    let origin = Switch::start();
    let documents = lines(&corpus, "feedparser.jsonl");
    let keys: Vec<String> =
        (0..documents.len()).map(|number| format!("document-{number}")).collect();
    for (key, document) in keys.iter().zip(&documents) {
        let data = document["data"].as_str().unwrap();
        let bytes = match document["encoding"].as_str() {
            Some("base64") => STANDARD.decode(data).unwrap(),
            _ => data.as_bytes().to_vec(),
        };
        origin.set(&format!("/{key}"), "text/xml", &bytes);
    }
    let sources = keys.iter().map(|key| (key.clone(), origin.url(&format!("/{key}"))));
    let desk = Desk::new(&desk_of(sources));
    run(&desk, &["once"], NOW);
    let status = status(&desk);
    let read = keys.iter().filter(|key| status[*key]["error"].is_null()).count();
    println!("read {read} of {} documents of feedparser", keys.len());
    // A few of them are no feeds.
    assert!(read * 20 >= keys.len() * 19);
    for (key, document) in keys.iter().zip(&documents) {
        assert_eq!(documents_of(&desk, key).faults(), [""; 0], "{}", document["path"]);
    }
    let files: Vec<_> = keys
        .iter()
        .flat_map(|key| {
            ["rss", "atom", "json"].map(|format| desk.file(&format!("public/{key}.{format}")))
        })
        .collect();
    assert_eq!(corpus.outcheck(&python, &files), []);
}

fn lines(corpus: &Corpus, name: &str) -> Vec<Value> {
    let lines = String::from_utf8(corpus.read(&format!("third_party/{name}"))).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
