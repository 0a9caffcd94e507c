//! `feeds.toml` → checked `Config`, every problem at once.

mod raw;
mod value;
mod address;
mod secret;
mod check;
mod load;
pub mod edit;
pub mod opml;
pub mod problem;
mod report;
pub mod schema;

use std::net::SocketAddr;
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use chrono_tz::Tz;
use ipnet::IpNet;
use url::Url;

pub use load::text_of;
pub use report::{ConfigError, Layout, Report};

use crate::model::edition::FeedSpec;
use crate::model::lang::Lang;
use crate::model::rhythm::Bounds;
use crate::model::schedule::Schedule;
use crate::model::source::{Secret, Source};
use crate::model::url::WebUrl;
use crate::model::verdict::TopicName;
use crate::render::Format;
use crate::stories::Sensitivity;
use crate::topics::{PackRef, TopicSpec};

/// Reads a duration as the file writes it: `90s`, `15m`, `72h`, `14d`.
///
/// # Errors
/// In words, with what to write instead.
pub fn duration(text: &str) -> Result<Duration, String> {
    value::duration(text).map_err(|wrong| format!("{}; {}", wrong.what, wrong.help))
}

/// A commented configuration to start from.
pub const START: &str = include_str!("start.toml");

/// A configuration that has been checked: every value is in range and every name leads somewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// `[publish]`
    pub publish: Publish,
    /// `[server]`
    pub server: Server,
    /// `[store]`
    pub store: Store,
    /// `[fetch]`
    pub fetch: Fetch,
    /// `[websub]`
    pub websub: Websub,
    /// `[stories]`
    pub stories: Stories,
    /// `[[source]]`, in the order of the file.
    pub sources: Vec<Source>,
    /// `[topic.NAME]`, in the order of the file.
    pub topics: Vec<TopicConfig>,
    /// `[[feed]]`, in the order of the file.
    pub feeds: Vec<FeedConfig>,
    /// `[[feed]]` with `kind = "rejects"`, in the order of the file. They are for the curator alone and apart from the others, so that no list of
    /// feeds names one by accident.
    pub rejects: Vec<PrivateFeed>,
    /// `[[feed]]` with `kind = "health"`, in the order of the file: what is wrong with sources, for the curator alone.
    pub health: Vec<PrivateFeed>,
    /// What can be used, but probably is not meant.
    pub warnings: Report,
}

/// Where and as what the feeds are published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publish {
    /// The directory of the artifacts, absolute.
    pub dir: PathBuf,
    /// The public address, ending in a slash.
    pub base_url: Url,
    /// The title of the whole.
    pub title: String,
    /// Who may do what with the feeds.
    pub rights: Option<String>,
    /// A picture for the feeds.
    pub icon: Option<WebUrl>,
}

/// The HTTP server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Where it listens; `None` for files only.
    pub listen: Option<SocketAddr>,
    /// What a visitor from elsewhere must know to see the private pages.
    pub admin_token: Option<Secret>,
    /// Whether pages show pictures from the addresses of outlets, which then see who reads.
    pub outlet_pictures: bool,
}

/// What is kept, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// The database file, absolute.
    pub path: PathBuf,
    /// How long entries and stories are kept.
    pub keep: Duration,
}

/// How sources are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    /// The schedule of sources without one of their own.
    pub schedule: Schedule,
    /// The zone of cron expressions.
    pub timezone: Tz,
    /// How long one poll may take in all.
    pub timeout: Duration,
    /// How many polls at once.
    pub concurrency: usize,
    /// How many polls of one host at once.
    pub per_host: usize,
    /// The pause between two requests to one host.
    pub per_host_delay: Duration,
    /// Between which intervals learned rhythms choose, and whether they do where a source does not say.
    pub adaptive: (bool, Bounds),
    /// The proxy of all sources.
    pub proxy: Option<Secret>,
    /// Certificates that are trusted besides those of this machine, as PEM.
    pub ca: Option<Vec<u8>>,
    /// The largest document, in bytes after decoding.
    pub max_body_bytes: u64,
    /// Whom the owner of a server may turn to; part of the User-Agent.
    pub contact: Option<String>,
    /// Private or loopback addresses that may be contacted all the same.
    pub allow_addresses: Vec<IpNet>,
}

/// Telling and being told of changes at once (WebSub).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Websub {
    /// The address under which hubs reach this server, ending in a slash; `None`: that of `[publish]`, if it is one of the web.
    pub callback: Option<Url>,
    /// Hubs that are told of changes, in the order of the file, each once; the one of this program among them, last, if it is one.
    pub hubs: Vec<String>,
    /// The address of the hub of this program, if it is one.
    pub own_hub: Option<String>,
}

/// When entries are one story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stories {
    /// How far apart in time the entries of a story may be.
    pub window: Duration,
    /// How readily entries are joined.
    pub sensitivity: Sensitivity,
    /// Whether the sentence encoder works out what headlines mean. Without it only equal pages and equal or nearly equal headlines are one story.
    pub encoder: bool,
}

/// A `[topic.NAME]` as written: its rules are read by the topics stage.
#[derive(Debug, Clone, PartialEq)]
pub struct TopicConfig {
    /// Its name.
    pub name: TopicName,
    /// `use`: packs, built-in or the curator's own, and other topics.
    pub packs: Vec<Pack>,
    /// `match`: a rule.
    pub rule: Option<Text>,
    /// `any`: terms one of which keeps an entry.
    pub any: Vec<Text>,
    /// `all`: terms all of which an entry must have.
    pub all: Vec<Text>,
    /// `none`: terms that drop an entry.
    pub none: Vec<Text>,
    /// `bilateral`: the two sides, as ISO 3166 codes.
    pub bilateral: Option<[Text; 2]>,
    /// `trilateral`: the three sides, as ISO 3166 codes.
    pub trilateral: Option<[Text; 3]>,
    /// `about`: examples of what belongs to it.
    pub about: Vec<Text>,
    /// `about_threshold`: how like one of them a headline must be.
    pub about_threshold: f32,
    /// `languages`: those of the entries that may belong to it; any if empty.
    pub languages: Vec<Lang>,
}

/// A pack or another topic that a topic uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pack {
    /// The name of a topic or a built-in pack, or the path of the curator's own, as written.
    pub name: Text,
    /// What it leads to.
    pub reference: PackRef,
}

impl TopicConfig {
    /// Whether anything in it can keep an entry.
    pub fn has_rules(&self) -> bool {
        self.rule.is_some()
            || self.bilateral.is_some()
            || self.trilateral.is_some()
            || !(self.packs.is_empty()
                && self.any.is_empty()
                && self.all.is_empty()
                && self.about.is_empty())
    }

    /// As the topics stage takes it.
    pub fn spec(&self) -> TopicSpec {
        let values = |texts: &[Text]| texts.iter().map(|text| text.value.clone()).collect();
        TopicSpec {
            name: self.name.clone(),
            match_rule: self.rule.as_ref().map(|rule| rule.value.clone()),
            any: values(&self.any),
            all: values(&self.all),
            none: values(&self.none),
            use_packs: self.packs.iter().map(|pack| pack.reference.clone()).collect(),
            trilateral: self
                .trilateral
                .as_ref()
                .map(|sides| sides.each_ref().map(|side| side.value.clone())),
            bilateral: self
                .bilateral
                .as_ref()
                .map(|[one, other]| (one.value.clone(), other.value.clone())),
            about: values(&self.about),
            about_threshold: self.about_threshold,
            languages: self.languages.clone(),
        }
    }
}

/// A piece of text and where its literal stands in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The text.
    pub value: String,
    /// The bytes of its TOML literal, quotes included.
    pub span: Range<usize>,
}

/// A `[[feed]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedConfig {
    /// What it holds.
    pub spec: FeedSpec,
    /// In which formats it is published, in the order of the file, each once.
    pub formats: Vec<Format>,
}

/// A `[[feed]]` with `kind = "rejects"` or `kind = "health"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrivateFeed {
    /// What it holds. Of rejects, `topics` are those that dropped an entry, or keep the story it was folded into.
    pub spec: FeedSpec,
    /// In which formats it is served, in the order of the file, each once.
    pub formats: Vec<Format>,
    /// What its address must carry. Empty where secrets were left out: then nothing opens it.
    pub secret: Secret,
}
