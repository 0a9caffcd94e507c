//! [`Edition`] → bytes. The formats, their names and addresses; nothing about elements.
//!
//! Equal editions and options give equal bytes: no clock, no random number, every order total.

mod atom;
mod body;
mod html;
mod json_feed;
mod links;
mod media;
mod opml;
mod rss;
mod text;

use std::collections::HashSet;

use url::{Url, form_urlencoded};

pub use opml::{OpmlSource, opml};

use crate::model::archive::{ArchiveName, Place};
use crate::model::edition::{Edition, FeedName, Item};
use crate::model::source::Secret;
use crate::model::story::StoryId;
use crate::model::url::WebUrl;

/// A format that editions are published in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// RSS 2.0 by the RSS Advisory Board's specification and Best Practices Profile.
    Rss,
    /// Atom 1.0 (RFC 4287).
    Atom,
    /// JSON Feed 1.1.
    Json,
    /// A page for people, which needs no server but a file server.
    Html,
}

impl Format {
    /// Every format, in the order in which they are offered.
    pub const ALL: [Format; 4] = [Format::Rss, Format::Atom, Format::Json, Format::Html];

    /// Its name in `[[feed]] formats`.
    pub fn name(self) -> &'static str {
        match self {
            Format::Rss => "rss",
            Format::Atom => "atom",
            Format::Json => "json",
            Format::Html => "html",
        }
    }

    /// The format of that name.
    pub fn parse(name: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.name() == name)
    }

    /// How its file names end, without the dot.
    pub fn extension(self) -> &'static str {
        self.name()
    }

    /// Its name for people.
    pub fn title(self) -> &'static str {
        match self {
            Format::Rss => "RSS",
            Format::Atom => "Atom",
            Format::Json => "JSON Feed",
            Format::Html => "HTML",
        }
    }

    /// The media type it is served with, parameters included.
    pub fn media_type(self) -> &'static str {
        match self {
            Format::Rss => "application/rss+xml; charset=utf-8",
            Format::Atom => "application/atom+xml; charset=utf-8",
            // RFC 8259 §11 defines no parameter.
            Format::Json => "application/feed+json",
            Format::Html => "text/html; charset=utf-8",
        }
    }

    /// The media type that links name: no parameters, by which readers would not know it.
    pub fn link_type(self) -> &'static str {
        match self {
            Format::Rss => "application/rss+xml",
            Format::Atom => "application/atom+xml",
            Format::Json => "application/feed+json",
            Format::Html => "text/html",
        }
    }

    /// The file of a feed: `diplomacy.rss`.
    pub fn file_name(self, feed: &FeedName) -> String {
        format!("{feed}.{}", self.extension())
    }

    /// The file of one of its archives: `diplomacy/archive/2026-10.rss`.
    pub fn archive_file_name(self, feed: &FeedName, archive: ArchiveName) -> String {
        format!("{feed}/archive/{archive}.{}", self.extension())
    }

    /// Whether there are archives in it: readers of feeds follow their chain, and people have the pages of the desk.
    pub fn has_archives(self) -> bool {
        match self {
            Format::Rss | Format::Atom | Format::Json => true,
            Format::Html => false,
        }
    }
}

/// The media type of what [`opml`] gives.
pub const OPML_MEDIA_TYPE: &str = "text/x-opml; charset=utf-8";

/// What documents say besides their edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderOptions {
    /// The public address of the desk, to which feeds are `feeds/NAME.EXT`.
    pub base_url: Url,
    /// The name of the desk.
    pub desk_title: String,
    /// What the addresses of the feed must carry, of one that is not public.
    pub key: Option<Secret>,
    /// The formats the feed is published in, for links between them.
    pub formats_available: Vec<Format>,
    /// Who may do what with the feed, in words.
    pub rights: Option<String>,
    /// A picture for the feed.
    pub icon: Option<WebUrl>,
    /// For how many minutes nothing new can be there.
    pub ttl_minutes: Option<u64>,
    /// The version of the program, for the generator element.
    pub version: String,
    /// The hubs that tell of changes (WebSub §4), in order.
    pub hubs: Vec<String>,
}

impl RenderOptions {
    /// The address of a feed in a format: `https://desk.example/feeds/diplomacy.rss`.
    pub fn feed_url(&self, feed: &FeedName, format: Format) -> String {
        self.file_url(&format.file_name(feed))
    }

    /// The address of an archive: `https://desk.example/feeds/diplomacy/archive/2026-10.rss`.
    pub fn archive_url(&self, feed: &FeedName, archive: ArchiveName, format: Format) -> String {
        self.file_url(&format.archive_file_name(feed, archive))
    }

    /// The address of what is published under this file name.
    fn file_url(&self, file_name: &str) -> String {
        let mut url = format!("{}feeds/{file_name}", self.home_url());
        if let Some(key) = &self.key {
            let mut query = form_urlencoded::Serializer::new(String::new());
            url.push('?');
            url.push_str(&query.append_pair("key", key.reveal()).finish());
        }
        url
    }

    /// The address of the desk's front page; it ends with a slash.
    pub fn home_url(&self) -> String {
        let mut url = self.base_url.clone();
        url.set_query(None);
        url.set_fragment(None);
        let mut url = String::from(url);
        if !url.ends_with('/') {
            url.push('/');
        }
        url
    }

    /// The page that shows what the feed holds: its own if there is one, else the front page.
    fn page_url(&self, feed: &FeedName) -> String {
        match self.formats_available.contains(&Format::Html) {
            true => self.feed_url(feed, Format::Html),
            false => self.home_url(),
        }
    }
}

/// Writes an edition in a format.
pub fn render(edition: &Edition, format: Format, options: &RenderOptions) -> Vec<u8> {
    match format {
        Format::Rss => rss::render(edition, options),
        Format::Atom => atom::render(edition, options),
        Format::Json => json_feed::render(edition, options),
        Format::Html => html::render(edition, options),
    }
}

/// The stories that a document in any format names by their ids. Looks at nothing else of it.
pub fn story_ids(document: &[u8]) -> HashSet<StoryId> {
    const START: &[u8] = b"urn:uuid:";
    const LENGTH: usize = 36;
    let ids = memchr::memmem::find_iter(document, START).filter_map(|at| {
        let id = document.get(at + START.len()..at + START.len() + LENGTH)?;
        StoryId::parse(std::str::from_utf8(id).ok()?)
    });
    ids.collect()
}

/// Where a document of this feed as it was then stands among its archives.
pub fn place_of(document: &[u8], feed: &FeedName, format: Format) -> Place {
    // Only the link to the archive before it leads there. Where the text of an item does so too and there is no such link, the answer is wrong:
    // whoever asks compares the document with one made for that place.
    let start = format!("feeds/{feed}/archive/");
    let name = memchr::memmem::find(document, start.as_bytes()).and_then(|at| {
        let rest = document.get(at + start.len()..)?;
        let end = memchr::memmem::find(rest, format!(".{}", format.extension()).as_bytes())?;
        ArchiveName::parse(std::str::from_utf8(&rest[..end]).ok()?)
    });
    let is_complete = memchr::memmem::find(document, b"<fh:complete").is_some();
    Place { previous: name, is_complete, ..Place::default() }
}

/// The feed's title; its name where the curator gave none.
fn feed_title(edition: &Edition) -> &str {
    match edition.title.trim() {
        "" => edition.feed.as_str(),
        title => title,
    }
}

/// What the feed is, in a line: RSS must say it.
fn feed_description(edition: &Edition, options: &RenderOptions) -> String {
    let title = feed_title(edition);
    match options.desk_title.trim() {
        "" => title.to_owned(),
        desk if desk == title => title.to_owned(),
        desk => format!("{title} – {desk}"),
    }
}

/// The headline; the outlet's name where an edition was made without one, for no reader can show an item without a title.
fn item_title(item: &Item) -> &str {
    item.headline.as_ref().map_or(item.outlet.name.as_str(), |headline| headline.as_str())
}

/// Each name where it first stands.
fn each_once<'a>(names: impl Iterator<Item = &'a str>) -> impl Iterator<Item = &'a str> {
    let mut seen = HashSet::new();
    names.filter(move |name| seen.insert(*name))
}
