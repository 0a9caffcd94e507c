//! The health of sources and feeds, read beside a running service.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::model::due::Push;
use crate::model::edition::FeedName;
use crate::model::source::{SourceKey, SourceState};
use crate::model::time::Timestamp;
use crate::model::websub::{Standing, Subscription};
use crate::run::curator::{REFUSED, UNPUBLISHED};
use crate::run::desk::{Desk, name_of};
use crate::run::due::{Spread, due, interval_while_pushed};
use crate::run::error::RunError;
use crate::run::host_waits::HostWaits;
use crate::run::publisher::{choose, edition_desk};
use crate::store::{SourceCounts, StoreError, StoreReader, sqlite};

/// The health of everything.
#[derive(Debug)]
pub struct Status {
    /// The sources, in the order of the configuration.
    pub sources: Vec<SourceStatus>,
    /// The feeds, in the order of the configuration.
    pub feeds: Vec<FeedStatus>,
    /// Which source has a hub that tells us of changes, or should.
    pub subscriptions: HashMap<SourceKey, Subscription>,
    /// What the running service found wrong with the configuration file, while it goes on with the last good one.
    pub refused: Option<String>,
    /// Whether headlines are compared by meaning; `None` if the configuration cannot tell.
    pub encoder: Option<bool>,
    /// Why something could not be published.
    pub unpublished: Option<String>,
    /// What is wrong with the configuration file now. Then the sources are those of the store, and feeds are not known.
    pub broken: Option<RunError>,
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
    /// How many requests its host gets at once and how far apart; `None` if the configuration cannot tell.
    pub spacing: Option<(usize, Duration)>,
    /// What is remembered of it.
    pub state: SourceState,
    /// Whether the curator leaves it alone for now.
    pub paused: bool,
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
/// If the store cannot be read, or the configuration is wrong and there is no store to tell how things stood under the last good one. A store that
/// is not there yet is no error: nothing was polled.
pub fn status(config: &Path, now: Timestamp) -> Result<Status, RunError> {
    let desk = match Desk::load_without_secrets(config) {
        Ok(desk) => desk,
        Err(error) => return without_desk(config, error),
    };
    let reader = match sqlite::open_reader(&desk.config.store.path) {
        Ok(reader) => Some(reader),
        Err(StoreError::Missing { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let (mut states, mut counts) = match &reader {
        Some(reader) => (reader.source_states()?, reader.source_counts()?),
        None => (HashMap::new(), HashMap::new()),
    };
    let fact = |name| match &reader {
        Some(reader) => said(reader.as_ref(), name),
        None => Ok(None),
    };
    let (refused, unpublished) = (fact(REFUSED)?, fact(UNPUBLISHED)?);
    let feeds = feeds(&desk, reader.as_deref(), &states, now)?;
    let subscriptions = subscriptions(reader.as_deref())?;
    let known = desk.config.sources.iter();
    let known = known.filter_map(|source| Some((source, states.get(&source.key)?)));
    let waits = HostWaits::of(known, now);
    let sources = desk.config.sources.iter().map(|source| {
        let mut state = states.remove(&source.key).unwrap_or_default();
        // As the schedule is now; the state says what it was at the last poll.
        state.push = subscriptions
            .get(&source.key)
            .and_then(|subscription| subscription.live_until(now))
            .map(|until| Push { until, every: interval_while_pushed(source) });
        state.next_due = due(source, &state, Spread::Jitter, waits.until(source), now);
        let counts = counts.remove(&source.key).unwrap_or_default();
        let name = name_of(source, Some(&state));
        SourceStatus {
            key: source.key.clone(),
            name,
            url: source.address.to_string(),
            paused: source.paused,
            spacing: Some((desk.config.fetch.per_host, desk.config.fetch.per_host_delay)),
            state,
            counts,
        }
    });
    let encoder = Some(desk.config.stories.encoder);
    let sources = sources.collect();
    Ok(Status { sources, feeds, subscriptions, encoder, refused, unpublished, broken: None })
}

/// The subscriptions with hubs, but for those being given up.
fn subscriptions(
    reader: Option<&dyn StoreReader>,
) -> Result<HashMap<SourceKey, Subscription>, StoreError> {
    let Some(reader) = reader else { return Ok(HashMap::new()) };
    let all = reader.websub()?.subscriptions.into_iter();
    let kept = all.filter(|one| !matches!(one.standing, Standing::Leaving));
    Ok(kept.map(|one| (one.source.clone(), one)).collect())
}

/// What the store alone knows: all sources it remembers, by key.
fn without_desk(config: &Path, error: RunError) -> Result<Status, RunError> {
    let Ok(reader) = sqlite::open_reader(&store_path(config)) else { return Err(error) };
    let states: BTreeMap<SourceKey, SourceState> = reader.source_states()?.into_iter().collect();
    let mut counts = reader.source_counts()?;
    let sources = states.into_iter().map(|(key, state)| SourceStatus {
        name: state.title.clone().unwrap_or_else(|| key.as_str().to_owned()),
        url: state.address.clone(),
        paused: false,
        spacing: None,
        counts: counts.remove(&key).unwrap_or_default(),
        key,
        state,
    });
    Ok(Status {
        sources: sources.collect(),
        feeds: Vec::new(),
        subscriptions: subscriptions(Some(reader.as_ref()))?,
        encoder: None,
        refused: said(reader.as_ref(), REFUSED)?,
        unpublished: said(reader.as_ref(), UNPUBLISHED)?,
        broken: Some(error),
    })
}

/// Where the store is, as far as a file with errors tells.
fn store_path(config: &Path) -> PathBuf {
    let folder = config.parent().unwrap_or(Path::new(""));
    let text = std::fs::read_to_string(config).unwrap_or_default();
    let table: toml::Table = toml::from_str(&text).unwrap_or_default();
    let path =
        table.get("store").and_then(|store| store.get("path")).and_then(|path| path.as_str());
    folder.join(path.unwrap_or("tidings.db"))
}

/// A fact that is not empty.
fn said(reader: &dyn StoreReader, fact: &str) -> Result<Option<String>, StoreError> {
    Ok(reader.fact(fact)?.filter(|text| !text.is_empty()))
}

fn feeds(
    desk: &Desk,
    reader: Option<&dyn StoreReader>,
    states: &HashMap<SourceKey, SourceState>,
    now: Timestamp,
) -> Result<Vec<FeedStatus>, RunError> {
    let edition_desk = match reader {
        Some(reader) => edition_desk(desk, reader, states)?,
        None => desk.edition_desk(states),
    };
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
