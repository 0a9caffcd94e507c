//! What we poll, and what we remember of it. Nothing here fetches.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::due::{Due, Push, ServerWishes, Wishes};
use super::health::Health;
use super::lang::Lang;
use super::moving::Moves;
use super::rhythm::{Bounds, Rhythm};
use super::schedule::Schedule;
use super::time::Timestamp;
use super::verdict::TopicName;
use super::websub::Advert;

/// The stable name of a source; ids and history hang on it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceKey(Arc<str>);

impl SourceKey {
    /// A key of 1 to 100 bytes of letters (of any script), digits, `-`, `_` or `.`, not beginning with a dot; `None` otherwise.
    pub fn parse(key: &str) -> Option<SourceKey> {
        let fits = (1..=100).contains(&key.len())
            && !key.starts_with('.')
            && key.chars().all(|character| {
                character.is_alphanumeric() || matches!(character, '-' | '_' | '.')
            });
        fits.then(|| SourceKey(key.into()))
    }

    /// A key made of what of a text can stand in one: names a document that is no source in messages.
    pub fn naming(text: &str) -> SourceKey {
        let fits =
            |character: &char| character.is_alphanumeric() || matches!(character, '-' | '_' | '.');
        let key: String = text.chars().filter(fits).take(25).collect();
        let key = key.trim_start_matches('.');
        SourceKey(if key.is_empty() { "document".into() } else { key.into() })
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SourceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a source is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceAddress {
    /// An `http` or `https` URL.
    Web(url::Url),
    /// A file of this machine, from `file:`.
    File(PathBuf),
}

impl fmt::Display for SourceAddress {
    /// Credentials in a URL are left out: this text goes into logs and pages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SourceAddress::Web(url) if !url.username().is_empty() || url.password().is_some() => {
                let mut bare = url.clone();
                let _ = bare.set_username("");
                let _ = bare.set_password(None);
                f.write_str(bare.as_str())
            }
            SourceAddress::Web(url) => f.write_str(url.as_str()),
            SourceAddress::File(path) => write!(f, "file:{}", path.display()),
        }
    }
}

/// A value that is never shown: `Debug` and `Display` print stars.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes the value.
    pub fn new(value: String) -> Secret {
        Secret(value)
    }

    /// Gives the value to the one place that sends it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// What the address of a source holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SourceKind {
    /// A feed of any format.
    #[default]
    Feed,
    /// A page that lists articles.
    Page(PageSelectors),
    /// A sitemap with news, or an index of such.
    Sitemap,
}

/// Where in a page its articles and what is said of them are, as CSS selectors; what is not said is found by repeated structure.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageSelectors {
    /// The elements that are an article each.
    pub items: Option<String>,
    /// The headline, in an item.
    pub title: Option<String>,
    /// The link, in an item.
    pub link: Option<String>,
    /// The date, in an item.
    pub date: Option<String>,
    /// The summary, in an item.
    pub summary: Option<String>,
    /// The picture, in an item.
    pub image: Option<String>,
}

impl PageSelectors {
    /// The selectors that there are, with the keys they have in the configuration.
    pub fn stated(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("items", &self.items),
            ("title", &self.title),
            ("link", &self.link),
            ("date", &self.date),
            ("summary", &self.summary),
            ("image", &self.image),
        ]
        .into_iter()
        .filter_map(|(key, selector)| Some((key, selector.as_deref()?)))
    }
}

/// Through which proxy a source is asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Proxy {
    /// That of all sources, if there is one.
    #[default]
    Usual,
    /// None.
    Direct,
    /// Its own: the URL, which may hold credentials.
    Of(Secret),
}

/// A source as configured.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// Its stable name.
    pub key: SourceKey,
    /// Where it is.
    pub address: SourceAddress,
    /// What is there.
    pub kind: SourceKind,
    /// Its name for people; the feed's own title, then the key, where the curator gave none.
    pub name: Option<String>,
    /// The language of its entries, where the curator says so.
    pub language: Option<Lang>,
    /// When it is polled.
    pub schedule: Schedule,
    /// Between which intervals the rhythm learned of it chooses, in place of the schedule; `None` where the schedule stands.
    pub adaptive: Option<Bounds>,
    /// Through which proxy it is asked.
    pub proxy: Proxy,
    /// The zone of dates without one.
    pub zone: Option<chrono_tz::Tz>,
    /// The label of the encoding of its documents (WHATWG Encoding Standard), where the curator knows better than they do.
    pub encoding: Option<String>,
    /// Its place among the outlets of a story: the lowest leads.
    pub rank: u32,
    /// Topics its entries always belong to.
    pub topics: BTreeSet<TopicName>,
    /// The groups it belongs to.
    pub groups: Vec<String>,
    /// Request headers, by name; values may be secret.
    pub headers: Vec<(String, Secret)>,
    /// How long one poll may take in all.
    pub timeout: Duration,
    /// Whether article pages are read.
    pub full_text: bool,
    /// Whether it is left alone for now.
    pub paused: bool,
    /// Whether its hub, where it has one, may tell us of changes (WebSub).
    pub websub: bool,
}

/// The publication an entry comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Outlet {
    /// Its name for people.
    pub name: String,
    /// Its front page or feed, where known.
    pub url: Option<super::url::WebUrl>,
}

/// What the server gave us to ask "has it changed?" with (RFC 9110 §8.8), byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Validators {
    /// The entity tag as received, quotes and weakness included.
    pub etag: Option<Vec<u8>>,
    /// The modification date as received.
    pub last_modified: Option<Vec<u8>>,
}

impl Validators {
    /// Whether there is nothing to ask with.
    pub fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }
}

/// Why the last poll failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PollError {
    /// A short word a machine can sort by: `timeout`, `dns`, `connect`, `http-404`, `too-large`, `not-a-feed`, …
    pub class: String,
    /// One line for people, free of control characters.
    pub message: String,
    /// When the row of failures began.
    pub since: Timestamp,
}

/// What we remember of a source between polls.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceState {
    /// What to ask with.
    pub validators: Validators,
    /// The digest of the last body, for servers that give no validators.
    pub body_digest: Option<[u8; 16]>,
    /// The address the state belongs to; another address starts without validators.
    pub address: String,
    /// The feed's own title, as last read.
    pub title: Option<String>,
    /// The feed's own language, as last read.
    pub language: Option<Lang>,
    /// The feed's own home page, as last read.
    pub home: Option<super::url::WebUrl>,
    /// What the document asks of those who poll it, as last read.
    pub wishes: Wishes,
    /// What the server asked for with its last answer.
    pub asked: ServerWishes,
    /// Before this time server or document want no poll, or failures advise against one; the schedule alone decides where there is none.
    pub not_before: Option<Due>,
    /// The next poll and what decided it; `None` before the first, and where there will be none.
    pub next_due: Option<Due>,
    /// How often it has something new, as learned from its last document.
    pub rhythm: Option<Rhythm>,
    /// Where it says it has moved for good.
    pub moves: Moves,
    /// The hub that tells us what is new, while its lease lasts.
    pub push: Option<Push>,
    /// The last poll, whatever came of it.
    pub last_polled: Option<Timestamp>,
    /// The last poll that told us what the source holds.
    pub last_success: Option<Timestamp>,
    /// Why the last poll failed; `None` if it did not.
    pub error: Option<PollError>,
    /// Failures in a row.
    pub failures: u32,
    /// Whether the server said the source is gone for good (410).
    pub gone: bool,
    /// Polls in all.
    pub polls: u64,
    /// Polls answered by "not modified".
    pub not_modified: u64,
    /// Bytes received in bodies, as on the wire where known.
    pub bytes: u64,
    /// How long an answer takes, on average over the last ones, in milliseconds; `None` before the first.
    pub answer_millis: Option<u64>,
    /// For an index of sitemaps: to which change of them it was read.
    pub read_to: Option<Timestamp>,
    /// What the reader repaired at the last read, in words.
    pub notes: Vec<String>,
    /// What it said at the last read of being told about its changes (WebSub); no hubs if nothing.
    pub advert: Advert,
    /// What was found wrong with it, and what it is judged by.
    pub health: Health,
}

impl SourceState {
    /// Takes an answer into the average, in which it counts for an eighth.
    pub fn answered_in(&mut self, took: std::time::Duration) {
        let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let average = self.answer_millis.map_or(took, |average| average - average / 8 + took / 8);
        self.answer_millis = Some(average);
    }
}
