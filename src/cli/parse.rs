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
use crate::model::source::PageSelectors;
use crate::model::time::Timestamp;
use crate::read::sitemap::{Sitemap, read_sitemap};
use crate::read::{self, ReadOptions, listing};
use crate::run::clock::Clock;
use crate::run::document::{fetch_document, fetch_sitemap};

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
    /// What the document is read as
    #[arg(long, value_enum, default_value_t = Kind::Feed)]
    kind: Kind,
    /// For --kind page: a CSS selector for `items`, `title`, `link`, `date`, `summary` or `image`, as in the configuration; may be repeated
    #[arg(long, value_name = "KEY=SELECTOR", value_parser = selector)]
    select: Vec<(String, String)>,
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

/// What a document is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    /// A feed of any format
    Feed,
    /// A page that lists articles
    Page,
    /// A sitemap with news, or an index of such
    Sitemap,
}

fn selector(text: &str) -> Result<(String, String), String> {
    const KEYS: [&str; 6] = ["items", "title", "link", "date", "summary", "image"];
    let (key, selector) = text
        .split_once('=')
        .ok_or_else(|| "write KEY=SELECTOR, such as `items=ul.news > li`".to_owned())?;
    if !KEYS.contains(&key) {
        return Err(format!("`{key}` is none of {}", KEYS.join(", ")));
    }
    listing::check_selector(selector)
        .map_err(|why| format!("this is not a CSS selector: {why}"))?;
    Ok((key.to_owned(), selector.to_owned()))
}

/// The longest document read, in bytes: what `max_body` is where nothing else is configured.
const DOCUMENT_BYTES: u64 = 16 * 1024 * 1024;

/// Runs the command.
pub fn run(args: Args, global: &Global) -> Result<Outcome, CliError> {
    let Args { document, article, batch: many, kind, select, content_type, base_url, zone } = args;
    if many {
        return batch();
    }
    if kind != Kind::Page && !select.is_empty() {
        return Err(CliError::Usage("--select is for --kind page".to_owned()));
    }
    let now = Clock::from_environment().now();
    let what = As { kind, selectors: selectors(select), now: Some(now) };
    let url = Url::parse(&document).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    if let (Kind::Sitemap, Some(url)) = (kind, url) {
        let zone = zone.parse().ok();
        let feed = runtime()?.block_on(fetch_sitemap(&global.config, url, zone, now))?;
        return print(&feed);
    }
    let (bytes, content_type, base_url) = match Url::parse(&document) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => {
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
    print(&request.read_as(&bytes, &what).map_err(CliError::Failed)?)
}

fn print(feed: &ParsedFeed) -> Result<Outcome, CliError> {
    for note in &feed.notes {
        output::problem(&format!("note: {note}"));
    }
    output::json(&FeedJson::from(feed))?;
    Ok(Outcome::Done)
}

/// What a document is read as, and by what.
struct As {
    kind: Kind,
    selectors: PageSelectors,
    now: Option<Timestamp>,
}

fn selectors(select: Vec<(String, String)>) -> PageSelectors {
    let mut selectors = PageSelectors::default();
    for (key, selector) in select {
        let field = match key.as_str() {
            "items" => &mut selectors.items,
            "title" => &mut selectors.title,
            "link" => &mut selectors.link,
            "date" => &mut selectors.date,
            "summary" => &mut selectors.summary,
            _ => &mut selectors.image,
        };
        *field = Some(selector);
    }
    selectors
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
        let feed = As { kind: Kind::Feed, selectors: PageSelectors::default(), now: None };
        self.read_as(bytes, &feed)
    }

    fn read_as(&self, bytes: &[u8], what: &As) -> Result<ParsedFeed, String> {
        let base = self.base();
        let options = ReadOptions {
            content_type: Some(self.content_type).filter(|content_type| !content_type.is_empty()),
            base: base.as_ref(),
            zone: self.zone.parse().ok(),
            ..ReadOptions::default()
        };
        let read = match what.kind {
            Kind::Feed => read::read(bytes, &options),
            Kind::Page => listing::read_page(bytes, &options, &what.selectors, what.now),
            Kind::Sitemap => match read_sitemap(bytes, &options) {
                Ok(Sitemap::News(feed)) => Ok(*feed),
                Ok(Sitemap::Index(children)) => {
                    return Err(format!(
                        "the document is an index of {} sitemaps; by its URL they are read, too",
                        children.len()
                    ));
                }
                Err(error) => Err(error),
            },
        };
        read.map_err(|error| error.to_string())
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
