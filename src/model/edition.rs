//! What a published feed holds at one moment, and its bytes in one format. No format's names here.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::archive::Place;
use super::entry::{Enclosure, Image};
use super::lang::Lang;
use super::source::{Outlet, SourceKey};
use super::story::StoryId;
use super::text::{Headline, PlainText, SafeHtml};
use super::time::Timestamp;
use super::url::WebUrl;
use super::verdict::TopicName;

/// The name of a published feed, as in `[[feed]] name`: part of file names and addresses.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FeedName(Arc<str>);

impl FeedName {
    /// A name of 1 to 64 letters, digits, `-` or `_`; `None` otherwise.
    pub fn parse(name: &str) -> Option<FeedName> {
        TopicName::parse(name).map(|name| FeedName(name.as_str().into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FeedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What counts as one item of a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Merge {
    /// A story.
    Story,
    /// Entries with equal headlines or pages.
    Headline,
    /// Each entry.
    None,
}

/// The entries of which a feed wants one in each of its stories. That one leads, unless the feed's `languages` say otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Select {
    /// Those of these sources; of any if `None`.
    pub sources: Option<Vec<SourceKey>>,
    /// Those in these languages; in any if empty.
    pub languages: Vec<Lang>,
}

impl Select {
    /// Whether an entry is one of them.
    pub fn wants(&self, source: &SourceKey, language: Option<&Lang>) -> bool {
        let of_source = self.sources.as_ref().is_none_or(|sources| sources.contains(source));
        let in_language = self.languages.is_empty()
            || language
                .is_some_and(|has| self.languages.iter().any(|want| has.same_language(want)));
        of_source && in_language
    }
}

/// A `[[feed]]`: which stories it holds and how they are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedSpec {
    /// Its name.
    pub name: FeedName,
    /// Its title.
    pub title: String,
    /// Stories of any of these; all stories if empty.
    pub topics: Vec<TopicName>,
    /// Stories of these entries.
    pub select: Select,
    /// Whose headline leads, first available; any if empty.
    pub languages: Vec<Lang>,
    /// What counts as one item.
    pub merge: Merge,
    /// How many items at most.
    pub limit: usize,
    /// How old an item may be.
    pub max_age: Option<Duration>,
}

/// Another outlet's entry on the story of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Also {
    /// Who.
    pub outlet: Outlet,
    /// In which language.
    pub language: Option<Lang>,
    /// Under which headline.
    pub headline: Option<Headline>,
    /// Where.
    pub link: Option<WebUrl>,
}

/// One item: a story as one of its members tells it, with the others named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The story's id.
    pub id: StoryId,
    /// The leading headline, as published.
    pub headline: Option<Headline>,
    /// The leading entry's page.
    pub link: Option<WebUrl>,
    /// The leading entry's outlet.
    pub outlet: Outlet,
    /// The address of the source that listed the leading entry.
    pub source_url: Option<WebUrl>,
    /// The leading entry's language.
    pub language: Option<Lang>,
    /// The leading entry's bylines.
    pub authors: Vec<PlainText>,
    /// The topics that keep the story, in the order of the configuration.
    pub topics: Vec<TopicName>,
    /// The source's own sections.
    pub categories: Vec<PlainText>,
    /// The leading entry's summary.
    pub summary: Option<SafeHtml>,
    /// The leading entry's content.
    pub content: Option<SafeHtml>,
    /// The leading entry's picture, else the first member's that has one.
    pub image: Option<Image>,
    /// The leading entry's media.
    pub enclosures: Vec<Enclosure>,
    /// The earliest member's date.
    pub published: Timestamp,
    /// When we first saw any of its members, which may be long after it was published.
    pub first_seen: Timestamp,
    /// The last change of what is shown.
    pub updated: Timestamp,
    /// The other outlets, in the order they came.
    pub also: Vec<Also>,
}

/// What a feed holds at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    /// The feed.
    pub feed: FeedName,
    /// Its title.
    pub title: String,
    /// Its language, where it has one.
    pub language: Option<Lang>,
    /// Newest first, equal dates by id: a total order.
    pub items: Vec<Item>,
    /// The last change of any item; `None` of an empty edition.
    pub updated: Option<Timestamp>,
    /// Where it stands among the archives of its feed.
    pub place: Place,
}

/// An edition in one format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// The file's name below the publishing directory: `diplomacy.rss`.
    pub file_name: String,
    /// The media type it is served with.
    pub media_type: &'static str,
    /// The document.
    pub bytes: bytes::Bytes,
    /// A strong entity tag, quotes included (RFC 9110 §8.8.3).
    pub etag: String,
    /// When its content last changed.
    pub last_modified: Option<Timestamp>,
    /// Its own address and its hubs as the value of a `Link` header (RFC 8288, WebSub §4), where it has hubs.
    pub links: Option<String>,
}

impl Artifact {
    /// Names a document by its content.
    pub fn new(
        file_name: String,
        media_type: &'static str,
        document: Vec<u8>,
        last_modified: Option<Timestamp>,
    ) -> Artifact {
        let tag = super::identity::digest(&[&document]);
        let tag: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
        Artifact {
            file_name,
            media_type,
            etag: format!("\"{tag}\""),
            bytes: document.into(),
            last_modified,
            links: None,
        }
    }

    /// The same, with what its headers say of being told about its changes: its address and its hubs, if there are any.
    #[must_use]
    pub fn told_by(mut self, address: &str, hubs: &[String]) -> Artifact {
        let hubs: String = hubs.iter().map(|hub| format!("<{hub}>; rel=\"hub\", ")).collect();
        self.links = (!hubs.is_empty()).then(|| format!("{hubs}<{address}>; rel=\"self\""));
        self
    }
}
