//! Owns what is published now: chooses editions from the store, renders what changed, writes files and fills the shelf.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use crate::edition;
use crate::model::decision::Word;
use crate::model::edition::{Artifact, Edition, FeedName};
use crate::model::health::FindingKind;
use crate::model::source::{SourceKey, SourceState};
use crate::model::story::StoryId;
use crate::model::time::Timestamp;
use crate::publish::PublishError;
use crate::publish::files::{self, Written};
use crate::render::{self, Format};
use crate::run::archives::{self, Archives};
use crate::run::clock::Clock;
use crate::run::curator::Order;
use crate::run::desk::Desk;
use crate::run::error::{RunError, with_causes};
use crate::run::websub::{Switchboard, Topic};
use crate::run::{days, views};
use crate::serve::metrics::Metrics;
use crate::serve::pages::Notice;
use crate::serve::shelf::{ConfigState, Health, Shelf};
use crate::store::{StoreError, StoreReader, StoryQuery};

/// Changes that come within so long are published together.
const GATHER: Duration = Duration::from_millis(400);
/// How long after its start a service may have sources that were never asked.
const FIRST_ROUND: Duration = Duration::from_hours(1);
/// How often editions are chosen anew though nothing came in: items grow too old.
const AGE_CHECK: Duration = Duration::from_secs(300);

/// Owns what is published now.
pub struct Publisher {
    reader: Box<dyn StoreReader>,
    desk: Arc<Desk>,
    clock: Clock,
    /// What is served, where something is.
    shelf: Option<Arc<Shelf>>,
    metrics: Arc<Metrics>,
    /// Who tells hubs and subscribers, where somebody does.
    switchboard: Option<Arc<Switchboard>>,
    /// What is wrong with the configuration file, if anything is.
    refused: Option<Refused>,
    /// The last edition of each feed, with its documents.
    current: HashMap<FeedName, Current>,
    archives: Archives,
    /// Under which desk the archives were last looked at.
    archived_by: Option<Arc<Desk>>,
    /// When it began, and whether nothing was stored since it last published.
    started: Timestamp,
    is_quiet: bool,
    last_change: Option<Timestamp>,
}

/// Why the configuration in the file is not in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// When it was refused.
    pub at: Timestamp,
    /// What is wrong with it.
    pub report: String,
}

struct Current {
    edition: Edition,
    options: render::RenderOptions,
    artifacts: Vec<Artifact>,
}

/// When something is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Soon after it changed: the service.
    Changed,
    /// When the curator has ended: a single round.
    AtTheEnd,
}

/// What publishing did.
#[derive(Debug, Clone, Default)]
pub struct Published {
    /// Documents whose bytes changed; archives, which never do, are not among them.
    pub written: usize,
    /// Documents that could not be written; the old ones stay.
    pub failed: usize,
    /// Why something could not be published, in words; `None` if everything was.
    pub trouble: Option<String>,
}

impl Published {
    fn fail(&mut self, error: &PublishError) {
        self.failed += 1;
        let reason = with_causes(error);
        tracing::error!("{reason}");
        self.trouble.get_or_insert(reason);
    }
}

impl Publisher {
    /// Reads from here and fills this shelf, if anything is served.
    pub fn new(
        reader: Box<dyn StoreReader>,
        desk: Arc<Desk>,
        clock: Clock,
        shelf: Option<Arc<Shelf>>,
        metrics: Arc<Metrics>,
    ) -> Publisher {
        Publisher {
            reader,
            desk,
            started: clock.now(),
            clock,
            shelf,
            metrics,
            switchboard: None,
            refused: None,
            current: HashMap::new(),
            archives: Archives::default(),
            archived_by: None,
            is_quiet: false,
            last_change: None,
        }
    }

    /// The same, with somebody to tell hubs and subscribers.
    #[must_use]
    pub fn telling(self, switchboard: Arc<Switchboard>) -> Publisher {
        Publisher { switchboard: Some(switchboard), ..self }
    }

    /// Publishes, as `when` says, until the curator ends; then once more. Gives what was published in all, and what the last publishing could
    /// not write. Meanwhile the curator is told when something cannot be published, and when it can again: it keeps that for `status`.
    ///
    /// # Errors
    /// If the store cannot be read at the end; until then that is logged and tried again.
    pub async fn work(
        self,
        when: When,
        mut changes: watch::Receiver<u64>,
        mut desks: watch::Receiver<Arc<Desk>>,
        mut refusals: watch::Receiver<Option<Refused>>,
        curator: mpsc::WeakSender<Order>,
        mut trouble: Option<String>,
    ) -> Result<Published, RunError> {
        let mut publisher = self;
        let mut written = 0;
        loop {
            let last_time = tokio::select! {
                changed = changes.changed() => match (changed, when) {
                    (Err(_), _) => true,
                    (Ok(()), When::Changed) => false,
                    (Ok(()), When::AtTheEnd) => continue,
                },
                Ok(()) = desks.changed() => false,
                Ok(()) = refusals.changed() => false,
                () = tokio::time::sleep(AGE_CHECK) => false,
            };
            if !last_time {
                tokio::time::sleep(GATHER).await;
            }
            // The number of a round in which nothing was stored is still the first.
            publisher.is_quiet = match when {
                When::Changed => false,
                When::AtTheEnd => *changes.borrow() == 0,
            };
            changes.mark_unchanged();
            publisher.desk = Arc::clone(&desks.borrow_and_update());
            publisher.refused = refusals.borrow_and_update().clone();
            let ended = tokio::task::spawn_blocking(move || {
                let published = publisher.publish();
                (publisher, published)
            });
            let Ok((back, published)) = ended.await else {
                return Err(RunError::Ended { part: "publisher" });
            };
            publisher = back;
            let now = match published {
                Ok(published) if last_time => {
                    return Ok(Published { written: written + published.written, ..published });
                }
                Ok(published) => {
                    written += published.written;
                    published.trouble
                }
                Err(error) if last_time => return Err(error),
                Err(error) => {
                    let reason = with_causes(&error);
                    tracing::error!("cannot publish: {reason}; what was published stays");
                    Some(reason)
                }
            };
            if now != trouble {
                trouble = now;
                // Gone only while stopping; then the last publishing says how things are.
                if let Some(curator) = curator.upgrade() {
                    let _ = curator.send(Order::Unpublished(trouble.clone())).await;
                }
            }
        }
    }

    /// Chooses every edition, renders those that changed, writes files and fills the shelf. A pure function of the store and the desk: doing it
    /// again gives the same bytes. Blocks on files and the database.
    ///
    /// # Errors
    /// If the store cannot be read. A file that cannot be written is logged and counted: the other feeds do not wait for it.
    pub fn publish(&mut self) -> Result<Published, RunError> {
        let now = self.clock.now();
        let desk = Arc::clone(&self.desk);
        let states = self.reader.source_states()?;
        let edition_desk = edition_desk(&desk, self.reader.as_ref(), &states)?;
        let mut published = Published::default();
        // A store that holds nothing yet (the first start, a lost database) says nothing about what was published before it.
        let empty =
            self.reader.stories(&StoryQuery { topics: &[], since: None, limit: 1 })?.is_empty();
        if self.archived_by.as_ref().is_none_or(|before| !Arc::ptr_eq(before, &desk)) {
            self.archives.look_again(desk.config.publish.dir.clone());
            self.archived_by = Some(Arc::clone(&desk));
        }
        let is_asked = |key| states.get(key).is_some_and(|state: &SourceState| state.polls > 0);
        // A source that never comes to be asked must not keep the others' stories out for ever.
        let is_ready = now.since(self.started) > FIRST_ROUND || desk.sources.keys().all(is_asked);
        let mut archived = 0;
        let mut current = HashMap::with_capacity(desk.config.feeds.len());
        for feed in &desk.config.feeds {
            let mut edition = choose(self.reader.as_ref(), &feed.spec, &edition_desk, now)?;
            let options = desk.render_options(&feed.formats);
            let kept = archives::Feed {
                reader: self.reader.as_ref(),
                config: feed,
                options: &options,
                desk: &edition_desk,
                now,
                is_ready,
                is_quiet: self.is_quiet,
            };
            if !empty {
                let before = self.current.get(&feed.spec.name);
                let before = before.filter(|before| before.options == options);
                match self.archives.keep(&kept, &edition, before.map(|before| &before.edition)) {
                    Ok((place, written)) => {
                        edition.place = place;
                        archived += written;
                    }
                    Err(RunError::Publish(error)) => {
                        published.fail(&error);
                        let before = self.current.get(&feed.spec.name);
                        edition.place = before.map_or(edition.place, |before| before.edition.place);
                    }
                    Err(error) => return Err(error),
                }
            }
            let before = self
                .current
                .remove(&feed.spec.name)
                .filter(|before| before.edition == edition && before.options == options);
            let artifacts = match before {
                Some(before) => before.artifacts,
                None => render_all(&edition, &options),
            };
            current.insert(feed.spec.name.clone(), Current { edition, options, artifacts });
        }
        self.current = current;
        let opml = opml(&desk, &states);
        let keep = |artifact: &Artifact| {
            empty && desk.config.publish.dir.join(&artifact.file_name).exists()
        };
        let artifacts = desk
            .config
            .feeds
            .iter()
            .filter_map(|feed| self.current.get(&feed.spec.name))
            .flat_map(|current| &current.artifacts);
        // Documents of the last time, or of another store, stand where these should.
        let mut stale: BTreeSet<&str> = BTreeSet::new();
        stale.extend(
            artifacts.clone().filter(|one| keep(one)).map(|artifact| artifact.file_name.as_str()),
        );
        for artifact in artifacts.filter(|artifact| !keep(artifact)).chain([&opml]) {
            match files::write(&desk.config.publish.dir, artifact) {
                Ok(Written::Unchanged) => {}
                Ok(Written::Written) => {
                    published.written += 1;
                    self.metrics.publish_writes.inc();
                }
                Err(error) => {
                    published.fail(&error);
                    stale.insert(&artifact.file_name);
                }
            }
        }
        if archived > 0 {
            tracing::info!(documents = archived, "archived");
        }
        let topics = self.switchboard.is_some().then(|| self.topics(&desk, &stale));
        if published.written > 0 {
            self.last_change = Some(now);
            self.metrics.last_publish.set(now.unix());
            tracing::info!(documents = published.written, "published");
        }
        if let Some(shelf) = &self.shelf {
            self.fill(shelf, &desk, &states, &edition_desk.pinned, opml);
        }
        // Last: whoever is told looks at once.
        if let (Some(switchboard), Some(topics)) = (&self.switchboard, topics) {
            switchboard.published(&desk, topics);
        }
        Ok(published)
    }

    /// What hubs and subscribers may be told of: the documents of all feeds, but what is `stale`.
    fn topics(&self, desk: &Desk, stale: &BTreeSet<&str>) -> Vec<Topic> {
        let mut topics = Vec::new();
        for current in self.current.values() {
            let Current { edition, options, artifacts } = current;
            for format in &options.formats_available {
                let file_name = format.file_name(&edition.feed);
                let artifact = artifacts.iter().find(|artifact| artifact.file_name == file_name);
                let is_fresh = !stale.contains(file_name.as_str());
                topics.push(Topic {
                    address: desk.render_options(&[]).feed_url(&edition.feed, *format),
                    artifact: artifact.filter(|_| is_fresh).cloned(),
                    is_empty: edition.items.is_empty(),
                });
            }
        }
        topics
    }

    fn fill(
        &self,
        shelf: &Shelf,
        desk: &Desk,
        states: &HashMap<SourceKey, SourceState>,
        pinned: &BTreeSet<StoryId>,
        opml: Artifact,
    ) {
        let editions: Vec<&Edition> = desk
            .config
            .feeds
            .iter()
            .filter_map(|feed| self.current.get(&feed.spec.name))
            .map(|current| &current.edition)
            .collect();
        let notices = self
            .refused
            .iter()
            .map(|refused| Notice { since: refused.at, report: Some(refused.report.clone()) });
        let now = self.clock.now();
        let mut front = views::front(desk, &editions, pinned, notices.collect(), now);
        // The way to yesterday is no reason to serve nothing.
        front.before = days::before_today(desk, self.reader.as_ref(), now).unwrap_or(None);
        let artifacts = self.current.values().flat_map(|current| current.artifacts.iter().cloned());
        shelf.put(shelf.current().next(views::desk(desk, &editions), artifacts, opml, &front));
        let configured = || desk.sources.keys().filter_map(|key| states.get(key));
        let failing = configured().filter(|state| state.error.is_some()).count() as u64;
        for kind in FindingKind::ALL {
            let stands = |state: &&SourceState| {
                let mut findings = state.health.findings.iter();
                findings.any(|finding| finding.kind == kind && finding.is_open())
            };
            self.metrics.found(kind, configured().filter(stands).count());
        }
        self.metrics.sources.set(i64::try_from(desk.sources.len()).unwrap_or(i64::MAX));
        self.metrics.sources_failing.set(i64::try_from(failing).unwrap_or(i64::MAX));
        let intervals = desk.config.sources.iter().map(|source| source.schedule.interval());
        if let Some(shortest) = intervals.min() {
            shelf.set_interval(shortest);
        }
        shelf.set_health(Health {
            sources: desk.sources.len() as u64,
            failing,
            config: if self.refused.is_some() {
                ConfigState::LastGood
            } else {
                ConfigState::Current
            },
            last_publish: self.last_change,
            curator_dead: false,
        });
    }
}

/// What the choice of an edition rests on besides the stories, with what the curator hid and pinned.
///
/// # Errors
/// If the store cannot be read.
pub fn edition_desk(
    desk: &Desk,
    reader: &dyn StoreReader,
    states: &HashMap<SourceKey, SourceState>,
) -> Result<edition::Desk, StoreError> {
    overruled(desk.edition_desk(states), reader)
}

/// The same, with what the curator said of stories.
///
/// # Errors
/// If the store cannot be read.
pub fn overruled(
    mut edition_desk: edition::Desk,
    reader: &dyn StoreReader,
) -> Result<edition::Desk, StoreError> {
    for decision in reader.decisions()? {
        match decision.word {
            Word::Hide { story } => edition_desk.hidden.extend(reader.story_now(story)?),
            Word::Pin { story } => edition_desk.pinned.extend(reader.story_now(story)?),
            Word::Split { .. } | Word::Join { .. } => {}
        }
    }
    Ok(edition_desk)
}

/// Chooses an edition from the store.
///
/// # Errors
/// If the store cannot be read.
pub fn choose(
    reader: &dyn StoreReader,
    spec: &crate::model::edition::FeedSpec,
    edition_desk: &edition::Desk,
    now: Timestamp,
) -> Result<Edition, RunError> {
    // Stories all of whose entries come from sources that were removed fill no place: ask for more until the feed is full or the store is empty.
    let mut limit = spec.limit.saturating_add(16);
    let mut pinned = Vec::new();
    for id in &edition_desk.pinned {
        pinned.extend(reader.story(*id)?);
    }
    loop {
        let since = spec.max_age.map(|age| now - age);
        let mut stories = reader.stories(&StoryQuery { topics: &spec.topics, since, limit })?;
        let found = stories.len();
        stories.retain(|story| !edition_desk.pinned.contains(&story.id));
        stories.extend(pinned.iter().cloned());
        let mut edition = edition::choose(&stories, spec, edition_desk, now);
        // What was not asked for may belong to it, too.
        edition.place.is_complete &= since.is_none() && found < limit;
        if edition.items.len() >= spec.limit || found < limit {
            return Ok(edition);
        }
        limit = limit.saturating_mul(4);
    }
}

fn render_all(edition: &Edition, options: &render::RenderOptions) -> Vec<Artifact> {
    let render = |format: &Format| {
        let file_name = format.file_name(&edition.feed);
        Artifact::new(
            file_name,
            format.media_type(),
            render::render(edition, *format, options),
            edition.updated,
        )
        .told_by(&options.feed_url(&edition.feed, *format), &options.hubs)
    };
    options.formats_available.iter().map(render).collect()
}

fn opml(desk: &Desk, states: &HashMap<SourceKey, SourceState>) -> Artifact {
    let document = render::opml(&desk.config.publish.title, &desk.opml_sources(states));
    Artifact::new("sources.opml".to_owned(), render::OPML_MEDIA_TYPE, document, None)
}
