//! Documents beside what is read from them: `tests/read/NAME.*` and `tests/read/NAME.expected`, one fact a pair.
//!
//! `TIDINGS_BLESS=1 cargo test --test read` writes the expectations anew; read the difference before you commit it.

#![expect(clippy::expect_used, reason = "helpers of tests stop at the first wrong answer")]

use std::path::Path;
use std::process::Command;

use serde_json::Value;

#[test]
fn documents_are_read_as_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/read");
    let mut names: Vec<_> = std::fs::read_dir(&folder)
        .expect("the folder of documents")
        .map(|file| file.expect("a file").path())
        .filter(|path| path.extension().is_none_or(|extension| extension != "expected"))
        .collect();
    names.sort();
    assert!(names.len() > 20, "the documents are there");
    let mut wrong = Vec::new();
    for document in names {
        let got = read(&document);
        let expectation = document.with_extension("expected");
        if std::env::var_os("TIDINGS_BLESS").is_some() {
            std::fs::write(&expectation, &got).expect("the expectation is written");
        }
        let want = std::fs::read_to_string(&expectation).unwrap_or_default();
        if got != want {
            wrong.push(format!("{}\n--- expected\n{want}\n--- got\n{got}", document.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// What `parse` prints, one field a line and absent fields left out; then its notes, or why it refused.
fn read(document: &Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_tidings"))
        .arg("parse")
        .arg(document)
        .env("FEED_BASE_URL", "https://news.example/feeds/world.xml")
        .env("FEED_CONTENT_TYPE", "text/xml")
        .env("FEED_ZONE", "Asia/Seoul")
        .output()
        .expect("the binary runs");
    let mut out = String::new();
    if let Ok(feed) = serde_json::from_slice::<Value>(&output.stdout) {
        fields(&mut out, "", &feed);
        for item in feed["items"].as_array().into_iter().flatten() {
            out.push_str("item\n");
            fields(&mut out, "  ", item);
        }
    }
    out.push_str(&String::from_utf8_lossy(&output.stderr));
    out
}

fn fields(out: &mut String, indent: &str, object: &Value) {
    let names = [
        "format",
        "id",
        "title",
        "link",
        "language",
        "published",
        "updated",
        "authors",
        "categories",
        "summary",
        "content",
        "enclosures",
        "image",
        "lang",
    ];
    for name in names {
        let value = &object[name];
        if !value.is_null() && value != &Value::Array(Vec::new()) {
            out.push_str(&format!("{indent}{name} {value}\n"));
        }
    }
}
