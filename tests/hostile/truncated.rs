//! Documents that end too early.

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::corpus::Corpus;
use crate::support::desk::Desk;

/// Each prefix of a document gives whole items as they are, or an error.
#[test]
fn every_prefix_gives_whole_items_or_an_error() {
    let Some(corpus) = Corpus::open() else { return };
    let desk = Desk::of_sources(&[]);
    for row in corpus.rows.iter().filter(|row| row.class == "samples") {
        let bytes = corpus.read(&row.path);
        let line = |length: usize| {
            json!({
                "id": length,
                "content_type": row.content_type,
                "base_url": "https://feed.example/feed",
                "body_base64": STANDARD.encode(&bytes[..length]),
            })
        };
        let input: String = (0..=bytes.len()).map(|length| format!("{}\n", line(length))).collect();
        let said = desk.run_with(&["parse", "--batch"], input.as_bytes());
        assert_eq!((said.code, said.err.as_str()), (0, ""));
        let answers = said.json();
        assert_eq!(answers.len(), bytes.len() + 1);
        let items =
            |answer: &Value| answer["feed"]["items"].as_array().cloned().unwrap_or_default();
        let whole = items(answers.last().unwrap());
        assert_eq!(whole.len(), 3, "{}", row.path);
        let mut counts = HashSet::new();
        for answer in &answers {
            assert!(answer["feed"].is_object() != answer["error"].is_string(), "{answer}");
            let items = items(answer);
            assert!(whole.starts_with(&items), "{} cut at {}: {items:?}", row.path, answer["id"]);
            counts.insert(items.len());
        }
        // What can be saved is: the first item when the second is cut.
        assert_eq!(counts.len(), 4, "{}: {counts:?}", row.path);
    }
}
