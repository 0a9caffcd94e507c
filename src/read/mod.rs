//! bytes → `ParsedFeed`: RSS 0.9x, 1.0 and 2.0, Atom 0.3 and 1.0, JSON Feed 1.0 and 1.1, CDF.
//!
//! Pure: what the server and the curator know of a document comes in [`ReadOptions`]. Bad input is normal: what can be saved of a document is
//! saved, with a note that says what was wrong; one bad item costs one item.

mod error;
pub mod charset;
mod xml;
mod construct;
mod draft;
mod elements;
mod rss;
mod rdf;
mod atom;
mod cdf;
mod json_feed;
pub mod page;
pub mod date;
pub mod sanitise;
pub mod article;
mod tree;
pub mod listing;
pub mod sitemap;
pub mod robots;

use url::Url;

pub use error::ReadError;

use crate::model::entry::{Entry, FeedFormat, ParsedFeed};
use draft::Desk;
use xml::namespace::Ns;
use xml::{RootChoice, Tag, Xml};

/// What is known of a document besides its bytes.
#[derive(Debug, Clone, Copy)]
pub struct ReadOptions<'a> {
    /// The `Content-Type` it was served with, of which only the charset counts: feeds are served as anything.
    pub content_type: Option<&'a str>,
    /// Its address, which relative URLs are relative to.
    pub base: Option<&'a Url>,
    /// The zone of dates that state none; UTC if there is none.
    pub zone: Option<chrono_tz::Tz>,
    /// The label of its encoding, where the curator knows better than document and server.
    pub encoding: Option<&'a str>,
    /// How many entries are read at most; the rest is left out with a note.
    pub max_entries: usize,
}

impl Default for ReadOptions<'_> {
    fn default() -> Self {
        ReadOptions {
            content_type: None,
            base: None,
            zone: None,
            encoding: None,
            max_entries: 2_000,
        }
    }
}

/// Reads a feed of any format.
///
/// # Errors
/// Only if there is no feed in the document, or nothing of it can be saved.
pub fn read(bytes: &[u8], options: &ReadOptions<'_>) -> Result<ParsedFeed, ReadError> {
    let host = options.base.and_then(Url::host_str);
    let decoded = charset::decode(bytes, options.content_type, options.encoding, host);
    let text = decoded.text.as_ref();
    let mut desk = Desk::new(options);
    desk.guessed_encoding = decoded.guessed;
    if let Some(note) = decoded.note {
        desk.notes.document(note);
    }
    match text.trim_start().as_bytes().first() {
        None => Err(ReadError::Empty),
        Some(b'{') => json_feed::read(text, desk),
        Some(b'<') => read_xml(text, desk),
        // A warning of the publisher's software stands before the document.
        Some(_) if text.contains("<?xml") || text.contains("<rss") || text.contains("<feed") => {
            desk.notes.document("text before the document was left out".to_owned());
            read_xml(text, desk)
        }
        Some(_) => Err(ReadError::NotAFeed),
    }
}

fn read_xml(text: &str, mut desk: Desk<'_>) -> Result<ParsedFeed, ReadError> {
    let mut xml = Xml::new(text, desk.options.base);
    let mut format = None;
    let mut refused: Option<String> = None;
    let mut passed = 0;
    let root = xml.root(|tag| {
        format = format_of(tag);
        if format.is_some() {
            return RootChoice::Take;
        }
        // What a publisher's software says before the document is formatted with a few elements; everything else is another document.
        let junk = tag.is_unprefixed()
            && matches!(
                tag.local.as_ref(),
                "br" | "b"
                    | "p"
                    | "i"
                    | "em"
                    | "strong"
                    | "font"
                    | "pre"
                    | "div"
                    | "span"
                    | "script"
                    | "style"
                    | "link"
            );
        passed += 1;
        if junk && passed <= 100 {
            return RootChoice::Pass;
        }
        refused =
            Some(tag.local.chars().filter(|character| !character.is_control()).take(64).collect());
        RootChoice::Stop
    });
    let (Some(root), Some(format)) = (root, format) else {
        let error = match refused {
            Some(root) if matches!(root.as_str(), "html" | "head" | "body" | "title" | "meta") => {
                ReadError::WebPage
            }
            Some(root) => ReadError::OtherXml { root },
            None if passed > 0 => ReadError::WebPage,
            None => ReadError::NotAFeed,
        };
        return feed_inside(text, desk).ok_or(error);
    };
    if passed > 0 {
        desk.notes.document("markup before the document was left out".to_owned());
    }
    read_root(&mut xml, &root, format, desk)
}

/// Reads the feed that stands whole inside a page or another document, as some proxies and site builders wrap it; `None` unless it has an entry:
/// a page may have elements of any name.
fn feed_inside(text: &str, mut desk: Desk<'_>) -> Option<ParsedFeed> {
    let mut xml = Xml::new(text, desk.options.base);
    xml.pass_over_scripts();
    let mut format = None;
    let root = xml.root(|tag| {
        let is_feed = matches!(tag.local.as_ref(), "rss" | "rdf" | "feed");
        format = format_of(tag).filter(|_| is_feed);
        if format.is_some() { RootChoice::Take } else { RootChoice::Pass }
    })?;
    desk.notes
        .document("what was served is not a feed, but has one inside, which was read".to_owned());
    let feed = read_root(&mut xml, &root, format?, desk).ok()?;
    let is_entry =
        |entry: &Entry| entry.title.is_some() && (entry.link.is_some() || entry.guid.is_some());
    feed.entries.iter().any(is_entry).then_some(feed)
}

/// Reads the document whose root was given last.
fn read_root<'a>(
    xml: &mut Xml<'a>,
    root: &Tag<'a>,
    format: FeedFormat,
    desk: Desk<'_>,
) -> Result<ParsedFeed, ReadError> {
    let mut feed = match format {
        FeedFormat::Rss2 | FeedFormat::Rss09 => rss::read(xml, root, format, desk),
        FeedFormat::Rss1 => rdf::read(xml, root, desk),
        FeedFormat::Atom1 | FeedFormat::Atom03 => atom::read(xml, root, format, desk),
        FeedFormat::Cdf => cdf::read(xml, root, desk),
        // No XML root is a JSON feed's, and a page or a sitemap is read by a function of its own.
        FeedFormat::Json1 | FeedFormat::Page | FeedFormat::Sitemap => {
            return Err(ReadError::NotAFeed);
        }
    };
    if xml.too_deep() {
        return Err(ReadError::TooDeep);
    }
    if xml.truncated() && feed.entries.is_empty() {
        return Err(ReadError::Truncated);
    }
    draft::note_repairs(&mut feed.notes, xml);
    Ok(feed)
}

/// The format whose root element that is.
fn format_of(root: &Tag<'_>) -> Option<FeedFormat> {
    match (root.ns, root.local.as_ref()) {
        (_, "rss") => {
            let version = root.attribute("version").unwrap_or_default();
            Some(if version.starts_with("0.") { FeedFormat::Rss09 } else { FeedFormat::Rss2 })
        }
        (Ns::Rdf | Ns::None | Ns::Rss, "rdf") => Some(FeedFormat::Rss1),
        (Ns::Atom03, "feed" | "entry") => Some(FeedFormat::Atom03),
        (Ns::None | Ns::Atom | Ns::Other, "feed") => {
            let version = root.attribute("version").unwrap_or_default();
            Some(if version.starts_with("0.") { FeedFormat::Atom03 } else { FeedFormat::Atom1 })
        }
        (Ns::None | Ns::Atom, "entry") => Some(FeedFormat::Atom1),
        (Ns::None, "channel") if root.is_in_capitals() || root.attribute("href").is_some() => {
            Some(FeedFormat::Cdf)
        }
        (Ns::None | Ns::Rss, "channel") => Some(FeedFormat::Rss2),
        _ => None,
    }
}
