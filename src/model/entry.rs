//! An entry as read. No default hides a missing field.

use std::fmt;

use super::due::Wishes;
use super::lang::Lang;
use super::source::Outlet;
use super::text::{Headline, PlainText, SafeHtml};
use super::time::Timestamp;
use super::url::WebUrl;
use super::websub::Advert;

/// The source's own id of an entry (`guid`, `atom:id`, JSON `id`): opaque, kept as evidence, never our id. Never empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Guid(String);

impl Guid {
    /// The longest guid we keep, in bytes.
    pub const BYTES: usize = 2 * 1024;

    /// Takes the text as published, white space at its ends and control characters left out; `None` if nothing is left. A longer one than
    /// [`Guid::BYTES`] is cut at a character.
    pub fn new(text: &str) -> Option<Guid> {
        let text = text.trim();
        if text.len() <= Guid::BYTES && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return (!text.is_empty()).then(|| Guid(text.to_owned()));
        }
        let mut guid: String =
            text.chars().filter(|character| !super::text::is_forbidden(*character)).collect();
        if guid.len() > Guid::BYTES {
            guid.truncate(guid.floor_char_boundary(Guid::BYTES));
        }
        (!guid.is_empty()).then_some(Guid(guid))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Attached media (RSS `enclosure`, Atom `link rel="enclosure"`, JSON Feed `attachments`, Media RSS).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enclosure {
    /// Where it is.
    pub url: WebUrl,
    /// Its media type, as stated.
    pub media_type: Option<String>,
    /// Its length in bytes, as stated, if that is a number.
    pub length_bytes: Option<u64>,
}

/// The picture of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Where it is.
    pub url: WebUrl,
    /// What it shows.
    pub caption: Option<PlainText>,
    /// Who made it.
    pub credit: Option<PlainText>,
}

/// What the reader repaired or gave up, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The item it is about, counted from 0 in document order; `None` for the document.
    pub item: Option<usize>,
    /// What was wrong and what was done.
    pub text: String,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.item {
            Some(item) => write!(f, "item {}: {}", item + 1, self.text),
            None => f.write_str(&self.text),
        }
    }
}

/// An item of a source, as read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entry {
    /// The source's own id.
    pub guid: Option<Guid>,
    /// The headline.
    pub title: Option<Headline>,
    /// The publisher's page.
    pub link: Option<WebUrl>,
    /// The first publication, as stated.
    pub published: Option<Timestamp>,
    /// Whether `published` was counted back from the moment of reading ("3 hours ago"), so that it is another at each reading.
    pub is_date_estimated: bool,
    /// The last change, as stated.
    pub updated: Option<Timestamp>,
    /// Bylines.
    pub authors: Vec<PlainText>,
    /// Sections and tags.
    pub categories: Vec<PlainText>,
    /// The summary, sanitised.
    pub summary: Option<SafeHtml>,
    /// The full content, sanitised.
    pub content: Option<SafeHtml>,
    /// The summary (else the start of the content) as plain text, for topics; at most 4 KiB.
    pub summary_text: Option<PlainText>,
    /// Attached media.
    pub enclosures: Vec<Enclosure>,
    /// The picture.
    pub image: Option<Image>,
    /// The language of this entry, where the document says so (`xml:lang`, JSON `language`).
    pub language: Option<Lang>,
    /// The outlet that the document credits (RSS `source`, `atom:source`).
    pub outlet: Option<Outlet>,
}

/// Which kind of document a source served. Which element fills which field is the reader's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FeedFormat {
    /// RSS 2.0.
    Rss2,
    /// RSS 0.91 to 0.94 (Netscape, UserLand).
    Rss09,
    /// RSS 1.0 or 0.90 (RDF).
    Rss1,
    /// Atom 1.0 (RFC 4287).
    Atom1,
    /// Atom 0.3.
    Atom03,
    /// JSON Feed 1.0 and 1.1.
    Json1,
    /// Channel Definition Format.
    Cdf,
    /// A page that lists articles.
    Page,
    /// A sitemap with news (sitemaps.org, with Google's news extension).
    Sitemap,
}

impl FeedFormat {
    /// The name in contract 6.1.
    pub fn name(self) -> &'static str {
        match self {
            FeedFormat::Rss2 => "rss2",
            FeedFormat::Rss09 => "rss09x",
            FeedFormat::Rss1 => "rss1",
            FeedFormat::Atom1 => "atom1",
            FeedFormat::Atom03 => "atom03",
            FeedFormat::Json1 => "json1",
            FeedFormat::Cdf => "cdf",
            FeedFormat::Page => "page",
            FeedFormat::Sitemap => "sitemap",
        }
    }
}

/// A document read from a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParsedFeed {
    /// The kind of document.
    pub format: FeedFormat,
    /// The feed's title.
    pub title: Option<PlainText>,
    /// The feed's home page.
    pub link: Option<WebUrl>,
    /// The feed's language.
    pub language: Option<Lang>,
    /// What it asks of those who poll it.
    pub wishes: Wishes,
    /// What it says of being told about changes (WebSub).
    pub advert: Advert,
    /// The entries in document order.
    pub entries: Vec<Entry>,
    /// What the reader repaired or gave up.
    pub notes: Vec<Note>,
    /// The encoding of the document, if nothing that is stated fits and it was guessed.
    pub guessed_encoding: Option<&'static str>,
}
