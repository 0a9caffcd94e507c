//! The documents of feedparser's own tests, read for the values that they assert: right, different on purpose, or wrong.
//!
//! The corpus lies beside the repository (`../shared`, or `TIDINGS_SHARED`); where it is not, this test says that it skips.
//! `docs/reading.md` argues each reason by which we differ.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test reports its count and stops where it cannot go on; of Python it understands a part"
)]

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;
use tidings::read::{ReadOptions, read};
use url::Url;

mod python;
mod view;

use python::{Truth, Value};

/// Where feedparser's own test server has its documents.
const HOME: &str = "http://127.0.0.1:8097/";

#[test]
fn documents_hold_what_they_assert() {
    let shared = std::env::var_os("TIDINGS_SHARED").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
        std::path::PathBuf::from,
    );
    let path = shared.join("hostile/third_party/feedparser.jsonl");
    let Ok(lines) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: {} is not there", path.display());
        return;
    };
    let mut tally = Tally::default();
    for line in lines.lines() {
        let row: Json = serde_json::from_str(line).unwrap();
        document(&row, &mut tally);
    }
    tally.print();
    assert!(tally.right > 100, "the assertions were found");
    assert!(tally.wrong.is_empty(), "{}", tally.wrong.join("\n"));
}

#[derive(Default)]
struct Tally {
    right: usize,
    different: BTreeMap<&'static str, usize>,
    unheld: usize,
    /// Statements on whether a document is well-formed.
    form: usize,
    wrong: Vec<String>,
}

impl Tally {
    fn print(&self) {
        let different: usize = self.different.values().sum();
        let total = self.right + different + self.wrong.len();
        println!(
            "of {total} assertions on what we keep, {} hold as they stand, {different} but for a difference on purpose, {} do not",
            self.right,
            self.wrong.len()
        );
        for (reason, count) in &self.different {
            println!("{count:>5} {reason}");
        }
        println!("{:>5} on whether the document is well-formed, which hold", self.form);
        println!("{:>5} on what we do not keep", self.unheld);
    }
}

fn document(row: &Json, tally: &mut Tally) {
    let path = row["path"].as_str().unwrap();
    let data = row["data"].as_str().unwrap();
    let bytes = match row["encoding"].as_str() {
        Some("base64") => STANDARD.decode(data).unwrap(),
        _ => data.as_bytes().to_vec(),
    };
    // Some documents state what they were served with.
    let stated = |name: &str| {
        let (_, value) = data.get(..data.find("-->")?)?.split_once(name)?;
        Some(value.lines().next()?.trim().to_owned())
    };
    let base = Url::parse(HOME).unwrap();
    let base = base.join(path).unwrap();
    let base = stated("Content-Location:").map_or(base, |at| Url::parse(&at).unwrap());
    let content_type = stated("Content-type:").or_else(|| stated("Content-Type:"));
    let options = ReadOptions {
        content_type: content_type.as_deref(),
        base: Some(&base),
        ..ReadOptions::default()
    };
    let read = read(&bytes, &options);
    let Some(clauses) = python::parse(row["expect"].as_str().unwrap()) else {
        // The two on statistical guesses have no expression left.
        assert_eq!(row["expect"], "", "{path}: an expression that is not understood");
        return;
    };
    let seen = view::view(&read);
    for clause in clauses {
        match clause.holds(&seen, &same) {
            Truth::Right if clause.is_about_form() => tally.form += 1,
            Truth::Right => tally.right += 1,
            Truth::Different(reason) => *tally.different.entry(reason).or_default() += 1,
            Truth::Unheld => tally.unheld += 1,
            Truth::Wrong(_) if let Some(reason) = on_purpose(path) => {
                *tally.different.entry(reason).or_default() += 1;
            }
            Truth::Wrong(why) => {
                let notes = read.as_ref().map(|feed| feed.notes.clone());
                tally.wrong.push(format!("{path}: {}\n    {why} {notes:?}", row["expect"]));
            }
        }
    }
}

/// The reason for which what we read of a document differs, where that is not seen by comparing.
fn on_purpose(path: &str) -> Option<&'static str> {
    let name = path.rsplit('/').next()?;
    Some(match name {
        "http_entry_id_base_content_location.xml" | "http_entry_id_base_docuri.xml" => "id",
        "entry_content_crazy.xml"
        | "feed_tagline_crazy.xml"
        | "item_content_encoded_crazy.xml"
        | "item_fullitem_crazy.xml"
        | "item_content_encoded_script_nested_cdata.xml" => "browser",
        _ => return None,
    })
}

/// Whether what we read is what feedparser reads.
fn same(want: &Value, got: &Value) -> Truth {
    let wrong = || Truth::Wrong(format!("want {want:?}\n    have {got:?}"));
    let Value::Text(wanted) = want else {
        return if want == got { Truth::Right } else { wrong() };
    };
    match got {
        Value::Html(html) => {
            let html = canonical(html, false);
            if html == canonical(wanted, false) {
                Truth::Right
            } else if html == canonical(wanted, true) {
                Truth::Different("style")
            } else {
                wrong()
            }
        }
        Value::Line(_) | Value::None => {
            let line = if let Value::Line(line) = got { line.as_str() } else { "" };
            if wanted == line {
                Truth::Right
            } else if text_of(wanted) == line && wanted.contains('<') {
                Truth::Different("text")
            } else {
                wrong()
            }
        }
        _ if want == got => Truth::Right,
        _ => wrong(),
    }
}

/// A fragment as an HTML parser reads it, written in one way: spelling aside, equal fragments are equal.
fn canonical(html: &str, without_style: bool) -> String {
    let fragment = scraper::Html::parse_fragment(html.trim());
    let mut out = String::new();
    for node in fragment.root_element().descendants().skip(1) {
        match node.value() {
            scraper::Node::Text(text) => out.push_str(text),
            scraper::Node::Element(element) => {
                let depth = node.ancestors().count();
                let mut attributes: Vec<_> = element
                    .attrs()
                    .filter(|(name, _)| !(without_style && matches!(*name, "style" | "border")))
                    .collect();
                attributes.sort_unstable();
                out.push_str(&format!("⟨{depth} {} {attributes:?}⟩", element.name()));
            }
            _ => {}
        }
    }
    out
}

/// The text of a fragment in one line.
fn text_of(html: &str) -> String {
    let fragment = scraper::Html::parse_fragment(html);
    let text: String = fragment.root_element().text().collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
