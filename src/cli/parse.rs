//! `tidings parse`: one document, or many in JSON lines, to the JSON of contract 6.1 (`design.md`); one article page to that of `docs/articles.md`.

mod article;

use std::fs::File;
use std::io::{BufRead, Read};
use std::path::Path;

use base64::Engine;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{CliError, Global, Outcome, output, runtime};
use crate::model::entry::{Entry, ParsedFeed};
use crate::read::{self, ReadOptions};
use crate::run::clock::Clock;
use crate::run::document::fetch_document;

/// Reads one document and prints it as JSON
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A file, an http or https URL, or `-` for standard input
    #[arg(value_name = "FILE|URL|-", default_value = "-", conflicts_with = "batch")]
    document: String,
    /// Reads the page of one article: section, byline, picture with caption and credit, times, text
    #[arg(long, conflicts_with = "batch")]
    article: bool,
    /// Reads JSON lines of documents from standard input, prints JSON lines of feeds or errors
    #[arg(long)]
    batch: bool,
    /// The content type that the document was served with
    #[arg(
        long,
        value_name = "TYPE",
        env = "FEED_CONTENT_TYPE",
        default_value = "",
        hide_default_value = true
    )]
    content_type: String,
    /// The address that relative links are relative to
    #[arg(
        long,
        value_name = "URL",
        env = "FEED_BASE_URL",
        default_value = "",
        hide_default_value = true
    )]
    base_url: String,
    /// The time zone of dates that state none
    #[arg(
        long,
        value_name = "ZONE",
        env = "FEED_ZONE",
        default_value = "",
        hide_default_value = true
    )]
    zone: String,
}

/// The longest document read, in bytes: what `max_body` is where nothing else is configured.
const DOCUMENT_BYTES: u64 = 16 * 1024 * 1024;

/// Runs the command.
pub fn run(args: Args, global: &Global) -> Result<Outcome, CliError> {
    let Args { document, article, batch: many, content_type, base_url, zone } = args;
    if many {
        return batch();
    }
    let (bytes, content_type, base_url) = match Url::parse(&document) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => {
            let now = Clock::from_environment().now();
            let fetched = runtime()?.block_on(fetch_document(&global.config, url, now))?;
            let content_type = fetched.content_type.unwrap_or(content_type);
            (fetched.bytes, content_type, fetched.url.into())
        }
        _ => (load(&document)?, content_type, base_url),
    };
    let request = Request { content_type: &content_type, base_url: &base_url, zone: &zone };
    if article {
        return article::print(&bytes, &request);
    }
    let feed = request.read(&bytes).map_err(CliError::Failed)?;
    for note in &feed.notes {
        output::problem(&format!("note: {note}"));
    }
    output::json(&FeedJson::from(&feed))?;
    Ok(Outcome::Done)
}

fn load(document: &str) -> Result<Vec<u8>, CliError> {
    let failed =
        |error: std::io::Error| CliError::Failed(format!("cannot read `{document}`: {error}"));
    let mut bytes = Vec::new();
    if document == "-" {
        std::io::stdin().lock().take(DOCUMENT_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    } else {
        let file = File::open(Path::new(document)).map_err(failed)?;
        file.take(DOCUMENT_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    }
    if bytes.len() as u64 > DOCUMENT_BYTES {
        return Err(CliError::Failed(format!("`{document}` is larger than 16 MiB")));
    }
    Ok(bytes)
}

fn batch() -> Result<Outcome, CliError> {
    for line in std::io::stdin().lock().split(b'\n') {
        let line =
            line.map_err(|error| CliError::Failed(format!("cannot read standard input: {error}")))?;
        if !line.trim_ascii().is_empty() {
            output::json(&answer(&line))?;
        }
    }
    Ok(Outcome::Done)
}

fn answer(line: &[u8]) -> AnswerJson {
    let request: LineJson = match serde_json::from_slice(line) {
        Ok(request) => request,
        Err(error) => {
            return AnswerJson {
                id: serde_json::Value::Null,
                feed: None,
                error: Some(format!("the line cannot be read: {error}")),
            };
        }
    };
    let LineJson { id, content_type, base_url, zone, body_base64 } = request;
    let feed = base64::engine::general_purpose::STANDARD
        .decode(body_base64)
        .map_err(|error| format!("the body is no Base64: {error}"))
        .and_then(|bytes| {
            let request = Request {
                content_type: content_type.as_deref().unwrap_or_default(),
                base_url: base_url.as_deref().unwrap_or_default(),
                zone: zone.as_deref().unwrap_or_default(),
            };
            request.read(&bytes)
        });
    match feed {
        Ok(feed) => AnswerJson { id, feed: Some(FeedJson::from(&feed)), error: None },
        Err(error) => AnswerJson { id, feed: None, error: Some(error) },
    }
}

/// What is known of a document besides its bytes; empty where nothing is.
struct Request<'a> {
    content_type: &'a str,
    base_url: &'a str,
    zone: &'a str,
}

impl Request<'_> {
    fn base(&self) -> Option<Url> {
        Url::parse(self.base_url).ok().filter(|base| matches!(base.scheme(), "http" | "https"))
    }

    fn read(&self, bytes: &[u8]) -> Result<ParsedFeed, String> {
        let base = self.base();
        let options = ReadOptions {
            content_type: Some(self.content_type).filter(|content_type| !content_type.is_empty()),
            base: base.as_ref(),
            zone: self.zone.parse().ok(),
            ..ReadOptions::default()
        };
        read::read(bytes, &options).map_err(|error| error.to_string())
    }
}

#[derive(Deserialize)]
struct LineJson {
    #[serde(default)]
    id: serde_json::Value,
    #[serde(default)]
    content_type: Option<String>,
    #[serde(default)]
    base_url: Option<String>,
    #[serde(default)]
    zone: Option<String>,
    body_base64: String,
}

#[derive(Serialize)]
struct AnswerJson {
    id: serde_json::Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    feed: Option<FeedJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Serialize)]
struct FeedJson {
    format: &'static str,
    title: Option<String>,
    link: Option<String>,
    language: Option<String>,
    items: Vec<ItemJson>,
}

#[derive(Serialize)]
struct ItemJson {
    id: Option<String>,
    title: Option<String>,
    link: Option<String>,
    published: Option<String>,
    updated: Option<String>,
    authors: Vec<String>,
    categories: Vec<String>,
    summary: Option<String>,
    content: Option<String>,
    enclosures: Vec<EnclosureJson>,
    image: Option<String>,
    lang: Option<String>,
}

#[derive(Serialize)]
struct EnclosureJson {
    url: String,
    #[serde(rename = "type")]
    media_type: Option<String>,
    length: Option<u64>,
}

impl From<&ParsedFeed> for FeedJson {
    fn from(feed: &ParsedFeed) -> FeedJson {
        FeedJson {
            format: feed.format.name(),
            title: feed.title.as_ref().map(|title| title.as_str().to_owned()),
            link: feed.link.as_ref().map(|link| link.as_str().to_owned()),
            language: feed.language.as_ref().map(|language| language.as_str().to_owned()),
            items: feed.entries.iter().map(ItemJson::from).collect(),
        }
    }
}

impl From<&Entry> for ItemJson {
    fn from(entry: &Entry) -> ItemJson {
        ItemJson {
            id: entry.guid.as_ref().map(|guid| guid.as_str().to_owned()),
            title: entry.title.as_ref().map(|title| title.as_str().to_owned()),
            link: entry.link.as_ref().map(|link| link.as_str().to_owned()),
            published: entry.published.map(|at| at.to_rfc3339()),
            updated: entry.updated.map(|at| at.to_rfc3339()),
            authors: entry.authors.iter().map(|author| author.as_str().to_owned()).collect(),
            categories: entry
                .categories
                .iter()
                .map(|category| category.as_str().to_owned())
                .collect(),
            summary: entry.summary.as_ref().map(|html| html.as_str().to_owned()),
            content: entry.content.as_ref().map(|html| html.as_str().to_owned()),
            enclosures: entry
                .enclosures
                .iter()
                .map(|enclosure| EnclosureJson {
                    url: enclosure.url.as_str().to_owned(),
                    media_type: enclosure.media_type.clone(),
                    length: enclosure.length_bytes,
                })
                .collect(),
            image: entry.image.as_ref().map(|image| image.url.as_str().to_owned()),
            lang: entry.language.as_ref().map(|language| language.as_str().to_owned()),
        }
    }
}
