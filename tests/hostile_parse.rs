//! The stored rows of the hostile corpus through `tidings parse`: what must be read is read, what must be refused is refused, and nothing that
//! a document says becomes active in what is kept of it.
//!
//! The corpus lies beside the repository (`../shared/hostile`, or `hostile` in `TIDINGS_SHARED`); where it is not, this test says that it skips.

#![expect(clippy::print_stderr, reason = "a test that skips says so")]
#![expect(clippy::expect_used, reason = "helpers of tests stop at the first wrong answer")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

fn shared() -> Option<PathBuf> {
    let folder = std::env::var_os("TIDINGS_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let folder = folder.join("hostile");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no hostile corpus at {}", folder.display());
    None
}

/// Feeds documents to `parse --batch`; the answers in the order of the questions.
fn parse(documents: &[(String, String, Vec<u8>)]) -> Vec<Value> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tidings"))
        .args(["parse", "--batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut lines = Vec::new();
    for (id, content_type, body) in documents {
        let line = json!({
            "id": id, "content_type": content_type, "base_url": "https://feed.example/feed.xml", "body_base64": STANDARD.encode(body),
        });
        lines.extend_from_slice(line.to_string().as_bytes());
        lines.push(b'\n');
    }
    let mut stdin = child.stdin.take().expect("a pipe");
    let writer = std::thread::spawn(move || {
        stdin.write_all(&lines).expect("the binary reads all of its input");
    });
    let output = child.wait_with_output().expect("the binary ends");
    writer.join().expect("the writer ends");
    assert!(output.status.success(), "ended with {}", output.status);
    let text = String::from_utf8(output.stdout).expect("the output is UTF-8");
    let answers: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("the output is JSON")).collect();
    assert_eq!(answers.len(), documents.len(), "each document is answered");
    answers
}

fn items(answer: &Value) -> Option<&Vec<Value>> {
    answer["feed"]["items"].as_array()
}

#[test]
fn stored_rows_hold() {
    let Some(folder) = shared() else { return };
    let manifest = std::fs::read_to_string(folder.join("manifest.json")).expect("a manifest");
    let manifest: Value = serde_json::from_str(&manifest).expect("the manifest is JSON");
    let rows: Vec<&Value> = manifest["stored"]
        .as_array()
        .expect("rows")
        .iter()
        .filter(|row| {
            let path = row["path"].as_str().unwrap_or_default();
            !path.starts_with("http/") && !path.starts_with("opml/") && !path.ends_with(".jsonl")
        })
        .collect();
    let documents: Vec<(String, String, Vec<u8>)> = rows
        .iter()
        .map(|row| {
            let path = row["path"].as_str().expect("a path").to_owned();
            let bytes = std::fs::read(folder.join(&path)).expect("a stored file");
            (path, row["content_type"].as_str().unwrap_or_default().to_owned(), bytes)
        })
        .collect();
    let start = Instant::now();
    let answers = parse(&documents);
    assert!(start.elapsed() < Duration::from_secs(60), "all rows together are small");
    let mut wrong = Vec::new();
    for (row, answer) in rows.iter().zip(&answers) {
        if let Err(why) = holds(row, answer) {
            wrong.push(format!("{}: {why}", row["path"]));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} rows do not hold:\n{}",
        wrong.len(),
        rows.len(),
        wrong.join("\n")
    );
}

fn holds(row: &Value, answer: &Value) -> Result<(), String> {
    assert_eq!(row["path"], answer["id"]);
    let count = items(answer).map(Vec::len);
    match row["outcome"].as_str() {
        Some("reject") if count.is_some() => return Err("was not refused".to_owned()),
        Some("items") => {
            let count = count.ok_or_else(|| format!("was refused: {}", answer["error"]))? as u64;
            let (least, most) = match &row["items"] {
                range if range.is_array() => (range[0].as_u64(), range[1].as_u64()),
                number => (number.as_u64(), number.as_u64()),
            };
            // Copies of one entry are told apart where entries are known again, not where they are read.
            let copies = row["path"].as_str().is_some_and(|path| path.contains("duplicates"));
            if !copies && !(least.unwrap_or(0)..=most.unwrap_or(u64::MAX)).contains(&count) {
                return Err(format!("has {count} items"));
            }
        }
        _ => {}
    }
    if let Some(error) = answer["error"].as_str()
        && (error.len() > 300 || error.chars().any(char::is_control))
    {
        return Err(format!("the error is unfit to show: {error:?}"));
    }
    let text = answer.to_string();
    for present in row["present"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !text.contains(present) {
            return Err(format!("lost {present:?}"));
        }
    }
    for item in items(answer).into_iter().flatten() {
        sound(item)?;
    }
    Ok(())
}

/// Nothing of an item is active, unbounded or unprintable.
fn sound(item: &Value) -> Result<(), String> {
    let text = |name: &str| item[name].as_str().unwrap_or_default();
    for name in ["link", "image"] {
        if !text(name).is_empty()
            && !text(name).starts_with("http://")
            && !text(name).starts_with("https://")
        {
            return Err(format!("{name} is {:?}", text(name)));
        }
    }
    for enclosure in item["enclosures"].as_array().into_iter().flatten() {
        if !enclosure["url"].as_str().is_some_and(|url| url.starts_with("http")) {
            return Err(format!("enclosure is {enclosure}"));
        }
    }
    if text("title").len() > 4096 || text("id").len() > 4096 {
        return Err("a title or id is not bounded".to_owned());
    }
    for name in ["authors", "categories", "enclosures"] {
        if item[name].as_array().is_some_and(|list| list.len() > 100) {
            return Err(format!("{name} are not bounded"));
        }
    }
    let printable = |text: &str| {
        !text
            .chars()
            .any(|character| character.is_control() && !matches!(character, '\n' | '\t' | '\r'))
    };
    for name in ["title", "id", "link", "summary", "content"] {
        if !printable(text(name)) {
            return Err(format!("{name} has control characters: {:?}", text(name)));
        }
    }
    for name in ["summary", "content"] {
        inert(text(name)).map_err(|why| format!("{name} holds {why}"))?;
    }
    Ok(())
}

/// No element or attribute of the fragment runs or loads anything, as an HTML parser sees it.
fn inert(html: &str) -> Result<(), String> {
    let fragment = scraper::Html::parse_fragment(html);
    for element in fragment.tree.values().filter_map(|node| node.as_element()) {
        const NEVER: [&str; 16] = [
            "script", "style", "iframe", "object", "embed", "form", "input", "button", "textarea",
            "select", "svg", "math", "base", "meta", "link", "template",
        ];
        if NEVER.contains(&element.name()) {
            return Err(format!("<{}>", element.name()));
        }
        for (name, value) in element.attrs() {
            if name.starts_with("on") || name == "style" || name == "srcdoc" {
                return Err(format!("{name}="));
            }
            if matches!(name, "href" | "src" | "action" | "poster" | "cite") {
                let scheme = value.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
                if !matches!(scheme.as_deref(), Some("http" | "https" | "mailto")) {
                    return Err(format!("{name}={value:?}"));
                }
            }
        }
    }
    Ok(())
}

/// Each document cut at every byte: refused, or a part of its items, none of them changed.
#[test]
fn cut_documents_keep_whole_items() {
    let Some(folder) = shared() else { return };
    for (name, content_type) in [
        ("sample.rss.xml", "application/rss+xml"),
        ("sample.atom.xml", "application/atom+xml"),
        ("sample.json", "application/feed+json"),
    ] {
        let whole = std::fs::read(folder.join("trunc").join(name)).expect("a sample");
        let documents: Vec<(String, String, Vec<u8>)> = (0..=whole.len())
            .map(|length| (length.to_string(), content_type.to_owned(), whole[..length].to_vec()))
            .collect();
        let answers = parse(&documents);
        let all =
            items(answers.last().expect("the whole document")).expect("the whole document is read");
        assert_eq!(all.len(), 3, "{name}");
        let mut kept = 0;
        for answer in &answers {
            let found = items(answer).map_or(&[][..], Vec::as_slice);
            assert!(
                found.len() >= kept,
                "{name} cut at {}: an item that was whole is lost",
                answer["id"]
            );
            assert_eq!(found, &all[..found.len()], "{name} cut at {}", answer["id"]);
            kept = found.len();
        }
    }
}
