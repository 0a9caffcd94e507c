//! The health of sources and feeds, read beside a running service.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::model::edition::FeedName;
use crate::model::source::{SourceKey, SourceState};
use crate::model::time::Timestamp;
use crate::run::curator::REFUSED;
use crate::run::desk::{Desk, name_of};
use crate::run::error::RunError;
use crate::run::publisher::choose;
use crate::store::{SourceCounts, StoreError, StoreReader, sqlite};

/// The health of everything.
#[derive(Debug)]
pub struct Status {
    /// The sources, in the order of the configuration.
    pub sources: Vec<SourceStatus>,
    /// The feeds, in the order of the configuration.
    pub feeds: Vec<FeedStatus>,
    /// What the running service found wrong with the configuration file, while it goes on with the last good one.
    pub refused: Option<String>,
}

/// The health of a source.
#[derive(Debug)]
pub struct SourceStatus {
    /// Its key.
    pub key: SourceKey,
    /// Its name for people.
    pub name: String,
    /// Its address, without credentials.
    pub url: String,
    /// What is remembered of it.
    pub state: SourceState,
    /// How much of it is kept.
    pub counts: SourceCounts,
}

/// What a feed holds.
#[derive(Debug)]
pub struct FeedStatus {
    /// Its name.
    pub name: FeedName,
    /// Its title.
    pub title: String,
    /// Items.
    pub items: usize,
    /// The last change of any.
    pub updated: Option<Timestamp>,
    /// Its documents, as far as they are written.
    pub artifacts: Vec<PathBuf>,
}

/// Reads the health of everything, or of the sources named. Blocks on files and the database.
///
/// # Errors
/// If the configuration is wrong, a source named is not in it, or the store cannot be read. A store that is not there yet is no error: nothing was
/// polled.
pub fn status(config: &Path, now: Timestamp) -> Result<Status, RunError> {
    let desk = Desk::load(config)?;
    let reader = match sqlite::open_reader(&desk.config.store.path) {
        Ok(reader) => Some(reader),
        Err(StoreError::Missing { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let (mut states, mut counts) = match &reader {
        Some(reader) => (reader.source_states()?, reader.source_counts()?),
        None => (HashMap::new(), HashMap::new()),
    };
    let refused = match &reader {
        Some(reader) => reader.fact(REFUSED)?.filter(|report| !report.is_empty()),
        None => None,
    };
    let feeds = feeds(&desk, reader.as_deref(), &states, now)?;
    let sources = desk.config.sources.iter().map(|source| {
        let state = states.remove(&source.key).unwrap_or_default();
        let counts = counts.remove(&source.key).unwrap_or_default();
        let name = name_of(source, Some(&state));
        SourceStatus {
            key: source.key.clone(),
            name,
            url: source.address.to_string(),
            state,
            counts,
        }
    });
    Ok(Status { sources: sources.collect(), feeds, refused })
}

fn feeds(
    desk: &Desk,
    reader: Option<&dyn StoreReader>,
    states: &HashMap<SourceKey, SourceState>,
    now: Timestamp,
) -> Result<Vec<FeedStatus>, RunError> {
    let edition_desk = desk.edition_desk(states);
    let mut feeds = Vec::with_capacity(desk.config.feeds.len());
    for feed in &desk.config.feeds {
        let edition = match reader {
            Some(reader) => Some(choose(reader, &feed.spec, &edition_desk, now)?),
            None => None,
        };
        let written = feed
            .formats
            .iter()
            .map(|format| desk.config.publish.dir.join(format.file_name(&feed.spec.name)));
        feeds.push(FeedStatus {
            name: feed.spec.name.clone(),
            title: feed.spec.title.clone(),
            items: edition.as_ref().map_or(0, |edition| edition.items.len()),
            updated: edition.and_then(|edition| edition.updated),
            artifacts: written.filter(|path| path.exists()).collect(),
        });
    }
    Ok(feeds)
}
