//! HTTP: feeds and pages from memory. Decides nothing, writes nothing, and knows no store: what is not on the [`Shelf`] is asked of a [`Lookup`].

pub mod error;
pub mod feeds;
pub mod metrics;
pub mod pages;
pub mod routes;
pub mod samples;
pub mod shelf;
mod actions;
mod admin;
mod connection;
mod shortcut;
mod visit;
mod weight;
pub mod websub;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

pub use actions::{Acted, Action, ActionError};
pub use connection::{listen, serve};
pub use error::{LookupError, ServeError};
pub use metrics::{EntryChange, Metrics, PollResult};
pub use shelf::{ConfigState, Contents, Health, Shelf, Shelved};

use crate::model::edition::Artifact;
use crate::model::source::Secret;
use crate::model::story::StoryId;
use crate::model::verdict::TopicName;

/// How the server behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServeOptions {
    /// Connections at a time; more wait to be accepted.
    pub max_connections: usize,
    /// How long a client may take to send the head of a request, or stay silent between two.
    pub head_timeout: Duration,
    /// How long a client may take to send the form that a request brings.
    pub body_timeout: Duration,
    /// How long the making of an answer may take.
    pub request_timeout: Duration,
    /// How long a client may take to receive an answer, besides what its size allows it at [`ServeOptions::min_rate_bytes`].
    pub send_timeout: Duration,
    /// The slowest rate in bytes a second at which a client may receive.
    pub min_rate_bytes: u64,
    /// How long open connections may take to end once the server stops.
    pub drain: Duration,
}

impl Default for ServeOptions {
    fn default() -> ServeOptions {
        ServeOptions {
            max_connections: 1024,
            head_timeout: Duration::from_secs(15),
            body_timeout: Duration::from_secs(15),
            request_timeout: Duration::from_secs(10),
            send_timeout: Duration::from_secs(20),
            min_rate_bytes: 2 * 1024,
            drain: Duration::from_secs(5),
        }
    }
}

/// What pages show that is not on the shelf. Called on threads that may wait; a few at a time.
pub trait Lookup: Send + Sync {
    /// What opens the private pages to visitors from elsewhere; `None`: nothing does. Answers at once, on any thread.
    fn admin_token(&self) -> Option<Secret>;

    /// The story that this id leads to now, which may have another id; `None` if there is none.
    fn story(&self, id: StoryId) -> Result<Option<pages::StoryView>, LookupError>;

    /// A topic as it is now: its rule, and what it kept lately; `None` if there is none of that name. What it dropped, and a rule to try, only for
    /// those who may see what is private.
    fn topic(
        &self,
        name: &TopicName,
        attempt: Option<&pages::Attempt>,
        sees: Sees,
    ) -> Result<Option<pages::TopicView>, LookupError>;

    /// What was dropped or folded lately.
    fn rejects(&self) -> Result<pages::RejectsView, LookupError>;

    /// What a search finds: of what is published, or of all that is stored for those who may see what is private. `page` counts from 1.
    fn search(
        &self,
        query: &str,
        page: usize,
        sees: Sees,
    ) -> Result<pages::SearchView, LookupError>;

    /// The front page of a day that has passed.
    fn day(&self, day: chrono::NaiveDate) -> Result<pages::FrontView, LookupError>;

    /// What the address of a document of a feed of rejects must carry; `None` if no such feed has a document of that file name. Answers at once, on
    /// any thread.
    fn private_key(&self, file_name: &str) -> Option<Secret>;

    /// The archive of a feed with this file name (`diplomacy/archive/2026-10.rss`); `None` if there is none.
    fn archive(&self, file_name: &str) -> Result<Option<Archived>, LookupError> {
        let _ = file_name;
        Ok(None)
    }

    /// A document of a feed of rejects; `None` if there is none of that file name.
    fn private_feed(&self, file_name: &str) -> Result<Option<Artifact>, LookupError>;

    /// The sources as they are now.
    fn sources(&self) -> Result<pages::SourcesView, LookupError>;

    /// The service as it is now.
    fn status(&self) -> Result<pages::StatusView, LookupError>;

    /// Does what a form asks for, and comes back when it is kept, or when that takes long. Who may ask was checked.
    ///
    /// # Errors
    /// In words for whoever sent the form.
    fn act(&self, action: &Action) -> Result<Acted, ActionError>;
}

/// What is at the address of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Archived {
    /// The archive.
    Document(Artifact),
    /// Not yet an archive, or no longer: its stories are at this address, relative to that of the archive.
    Elsewhere(String),
}

/// Who looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sees {
    /// Anybody.
    Public,
    /// The curator.
    Private,
}

/// All that answers are made of.
pub struct Site {
    shelf: Arc<Shelf>,
    metrics: Arc<Metrics>,
    lookup: Arc<dyn Lookup>,
    options: ServeOptions,
    lookups: Arc<Semaphore>,
    actions: Arc<Semaphore>,
    /// Who keeps subscriptions, where somebody does.
    exchange: Option<Arc<dyn websub::Exchange>>,
    documents: Semaphore,
    guard: admin::Guard,
    style: Shelved,
    icon: Shelved,
}

/// Pages made on demand at a time.
const LOOKUPS: usize = 4;
/// Forms acted on at a time: only the curator sends any.
const ACTIONS: usize = 4;

impl Site {
    /// A site that serves what is on the shelf.
    pub fn new(
        shelf: Arc<Shelf>,
        metrics: Arc<Metrics>,
        lookup: Arc<dyn Lookup>,
        options: ServeOptions,
    ) -> Site {
        let asset = |name: &str, media_type, text: &str| {
            Shelved::new(Artifact::new(name.into(), media_type, text.into(), None))
        };
        Site {
            shelf,
            metrics,
            lookup,
            options,
            lookups: Arc::new(Semaphore::new(LOOKUPS)),
            actions: Arc::new(Semaphore::new(ACTIONS)),
            exchange: None,
            documents: Semaphore::new(websub::DOCUMENTS),
            guard: admin::Guard::new(),
            style: asset(pages::style_name(), "text/css; charset=utf-8", pages::STYLE),
            icon: asset("icon.svg", "image/svg+xml", pages::ICON),
        }
    }

    /// The same site, with the addresses of WebSub.
    #[must_use]
    pub fn with_exchange(self, exchange: Arc<dyn websub::Exchange>) -> Site {
        Site { exchange: Some(exchange), ..self }
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site").field("options", &self.options).finish_non_exhaustive()
    }
}
