//! One thread that owns the story index and all writes: what was polled becomes stories, committed with the source's new state.

mod health;
mod renamed;
mod stories;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::{mpsc, watch};

use self::health::{Checked, Listed, Told};
use crate::model::decision::{Decision, Request};
use crate::model::due::{Due, Why};
use crate::model::moving::{MoveEvent, MoveKind};
use crate::model::source::{PollError, Source, SourceAddress, SourceKey, SourceState, Validators};
use crate::model::story::{Joined, MemberKey, StoryChange};
use crate::model::time::{Published, Timestamp};
use crate::model::vector::Vector;
use crate::model::websub::Change;
use crate::normalise::search;
use crate::run::clock::Clock;
use crate::run::desk::Desk;
use crate::run::due::after_poll;
use crate::run::encoding::Encoding;
use crate::run::error::with_causes;
use crate::run::poll::{Poll, PollOutcome, ReadDocument, ReadEntry};
use crate::run::standing::{STANDING, Standing};
use crate::serve::metrics::{EntryChange, Metrics, PollResult};
use crate::store::inbox::Inbox;
use crate::store::{Batch, ChangedEntry, Index, NewEntry, Store, StoreError};
use crate::stories::{Candidate, OpenStories, Ruling};

/// So many polls are committed together at most: fewer transactions when much comes at once, none held up when little does.
const GROUP: usize = 64;
/// So many entries go into the index of words in one transaction: some tens of milliseconds.
const INDEX_PAGE: usize = 256;
/// So many such pages at the end of a single round.
const ROUND_PAGES: usize = 20;
/// How often what is old is removed.
const PRUNE_EVERY: Duration = Duration::from_secs(3600);
/// How long after a failed write its sources are polled again, at the earliest.
const STORE_PAUSE: Duration = Duration::from_secs(60);
/// The fact that holds what is wrong with the configuration file; empty if nothing is. `status` reads it.
pub const REFUSED: &str = "refused-configuration";
/// The fact that holds what could not be published; empty if everything could. `status` reads it.
pub const UNPUBLISHED: &str = "unpublished";
/// The fact that says by which rules the stored verdicts were made.
const RULES: &str = "rules";

/// What the curator is told.
#[derive(Debug)]
pub enum Order {
    /// A poll came in.
    Poll(Box<Poll>),
    /// Another configuration is in force.
    Desk(Arc<Desk>),
    /// The file has errors, in these words; the last good configuration stays in force. `None`: it has none any more.
    Refused(Option<String>),
    /// What headlines mean that were asked for.
    Encoded(Vec<(MemberKey, Vector)>),
    /// What the curator asks for, and who waits for it.
    Asked(Request, Asker),
    /// What is to be remembered of hubs and subscribers.
    Websub(Vec<Change>),
    /// What was published last is not all that should be, for this reason. `None`: it is.
    Unpublished(Option<String>),
}

/// Who waits for something that the curator asked for.
#[derive(Debug)]
pub enum Asker {
    /// A command that left this file in the inbox: it is taken away when it is done.
    Inbox(PathBuf),
    /// A page: it is told whether it was kept, and if not, why.
    Page(std::sync::mpsc::Sender<Result<(), String>>),
}

/// What became of a poll.
#[derive(Debug, Clone)]
pub struct Report {
    /// The source.
    pub source: SourceKey,
    /// What we remember of it from now on.
    pub state: SourceState,
    /// Entries seen for the first time.
    pub new: usize,
    /// Of those, the ones that joined a story.
    pub merged: usize,
    /// Entries changed.
    pub changed: usize,
}

/// Who hears what the curator does.
#[derive(Debug)]
pub struct Listeners {
    /// What became of each poll.
    pub reports: mpsc::UnboundedSender<Report>,
    /// Counts the commits that may change what is published.
    pub changes: watch::Sender<u64>,
    /// The configuration in force, for everybody else: they learn of another one when what is stored has been judged by it, so that nothing is
    /// published by new feeds and old verdicts.
    pub desks: watch::Sender<Arc<Desk>>,
}

/// Owns the story index and all writes.
pub struct Curator {
    store: Box<dyn Store>,
    open: OpenStories,
    /// What the curator said, in order.
    decisions: Vec<Decision>,
    /// What that means for pairs of open entries, as the open stories know it.
    rulings: BTreeMap<(MemberKey, MemberKey), Ruling>,
    encoding: Encoding,
    /// What waits to be encoded, the newest last; `None` if something may have come since.
    backlog: Option<Vec<MemberKey>>,
    /// How many answers have been taken in since stories were last grouped.
    unsettled: usize,
    inbox: Inbox,
    desk: Arc<Desk>,
    clock: Clock,
    metrics: Arc<Metrics>,
    listeners: Listeners,
    last_prune: Timestamp,
    /// Whether the story index must be read from the store before it is asked: it never was, or a commit has failed.
    stale: bool,
    /// Whether stored verdicts are not yet by the rules in force.
    unjudged: bool,
    /// When what failed in the store is tried again.
    try_again: Timestamp,
    /// Whether entries may be missing in the index of words.
    unindexed: bool,
}

impl Curator {
    /// Takes the store and brings its verdicts up to the rules in force. The open stories are read when the first new entry asks for its story.
    ///
    /// # Errors
    /// If the store cannot be read or written.
    pub fn new(
        store: Box<dyn Store>,
        desk: Arc<Desk>,
        clock: Clock,
        metrics: Arc<Metrics>,
        encoding: Encoding,
        listeners: Listeners,
    ) -> Result<Curator, StoreError> {
        let open = OpenStories::new(stories::options(&desk));
        let now = clock.now();
        let mut curator = Curator {
            store,
            open,
            decisions: Vec::new(),
            rulings: BTreeMap::new(),
            encoding,
            backlog: None,
            unsettled: 0,
            inbox: Inbox::beside(&desk.config.store.path),
            desk,
            clock,
            metrics,
            listeners,
            last_prune: now,
            stale: true,
            unjudged: false,
            try_again: now,
            unindexed: true,
        };
        curator.store.index_by(Index { version: search::VERSION, findable: search::findable });
        curator.metrics.encoder.set(i64::from(curator.desk.config.stories.encoder));
        curator.prune()?;
        if curator.rejudge()? {
            curator.reopen()?;
        }
        curator.read_inbox()?;
        Ok(curator)
    }

    /// Works until the input closes, and gives the store back: whoever holds it holds its lock.
    ///
    /// A store that fails (a disk that is full, a file system that went away) does not end the work: what could not be written is tried again.
    pub fn work(mut self, mut orders: mpsc::Receiver<Order>) -> Box<dyn Store> {
        while let Some(first) = self.next(&mut orders) {
            let mut polls = Vec::new();
            let mut next = Some(first);
            while let Some(order) = next {
                match order {
                    Order::Poll(poll) => polls.push(*poll),
                    Order::Desk(desk) => {
                        self.commit(std::mem::take(&mut polls));
                        self.put_in_force(desk);
                    }
                    Order::Encoded(vectors) => {
                        self.commit(std::mem::take(&mut polls));
                        self.encoded(vectors);
                    }
                    Order::Asked(request, asker) => {
                        self.commit(std::mem::take(&mut polls));
                        self.asked(&request, &asker);
                    }
                    Order::Websub(changes) => {
                        if let Err(error) = self.store.keep_websub(&changes) {
                            tracing::error!("{}", with_causes(&error));
                        }
                    }
                    Order::Refused(report) => self.note(REFUSED, report.as_deref()),
                    Order::Unpublished(reason) => self.note(UNPUBLISHED, reason.as_deref()),
                }
                next = if polls.len() < GROUP { orders.try_recv().ok() } else { None };
            }
            self.commit(polls);
            self.keep_up();
            self.ask();
        }
        self.finish_backlog();
        // A round waits for a few pages of an old store; the next does more.
        for _ in 0..ROUND_PAGES {
            if self.unindexed {
                self.index_some();
            }
        }
        // What came in while a round was under way.
        if let Err(error) = self.read_inbox() {
            tracing::error!("{}; it waits for the next round", with_causes(&error));
        }
        self.store
    }

    /// The next order. While there is none, entries from before go into the index of words, a page at a time.
    fn next(&mut self, orders: &mut mpsc::Receiver<Order>) -> Option<Order> {
        while self.unindexed {
            match orders.try_recv() {
                Ok(order) => return Some(order),
                Err(TryRecvError::Empty) => self.index_some(),
                Err(TryRecvError::Disconnected) => return None,
            }
        }
        orders.blocking_recv()
    }

    fn index_some(&mut self) {
        match self.store.index_backlog(INDEX_PAGE) {
            Ok(more) => self.unindexed = more,
            Err(error) => {
                tracing::error!("{}; tried again at the next start", with_causes(&error));
                self.unindexed = false;
            }
        }
    }

    /// Keeps a fact for `status`; the log has said it already.
    pub fn note(&mut self, fact: &str, value: Option<&str>) {
        if let Err(error) = self.store.set_fact(fact, value.unwrap_or_default()) {
            tracing::error!("{}", with_causes(&error));
        }
    }

    fn put_in_force(&mut self, desk: Arc<Desk>) {
        self.stale |= self.desk.config.stories != desk.config.stories;
        self.desk = desk;
        self.metrics.encoder.set(i64::from(self.desk.config.stories.encoder));
        self.unjudged = true;
        self.try_again = self.clock.now();
        self.keep_up();
    }

    /// Does what is behind: verdicts by new rules, the removal of what is old.
    fn keep_up(&mut self) {
        let now = self.clock.now();
        if now < self.try_again {
            return;
        }
        let mut done = Ok(());
        if self.unjudged {
            done = self.rejudge().map(|_| self.tell());
            // What is kept by other topics, or grouped otherwise, is known at once.
            if done.is_ok() && self.stale {
                done = self.reopen();
            }
        }
        if done.is_ok() && now.since(self.last_prune) >= PRUNE_EVERY {
            done = self.prune();
        }
        if let Err(error) = done {
            tracing::error!("{}; tried again in {} s", with_causes(&error), STORE_PAUSE.as_secs());
            self.try_again = now + STORE_PAUSE;
        }
    }

    /// Commits polls in one transaction and reports what became of each.
    fn commit(&mut self, polls: Vec<Poll>) {
        if polls.is_empty() {
            return;
        }
        let sources: Vec<Arc<Source>> = polls.iter().map(|poll| Arc::clone(&poll.source)).collect();
        let befores: Vec<SourceState> = polls.iter().map(|poll| poll.state.clone()).collect();
        let batches = match self.stored(polls) {
            Ok(batches) => batches,
            Err(error) => return self.not_stored(&error, sources, befores),
        };
        let mut changed = false;
        for (batch, before) in batches.into_iter().zip(&befores) {
            let merged = batch.new.iter().filter(|new| new.change.joined.is_join()).count();
            changed |=
                !batch.new.is_empty() || !batch.changed.is_empty() || !batch.moved.is_empty();
            changed |= shows_differently(before, &batch.state);
            self.metrics.curated(EntryChange::New, batch.new.len() as u64);
            self.metrics.curated(EntryChange::Changed, batch.changed.len() as u64);
            self.metrics.curated(EntryChange::Merged, merged as u64);
            // Closed only while stopping, when nobody waits for the report.
            let _ = self.listeners.reports.send(Report {
                source: batch.source,
                new: batch.new.len(),
                merged,
                changed: batch.changed.len(),
                state: batch.state,
            });
        }
        self.count_open();
        if changed {
            self.changed();
        }
    }

    fn count_open(&self) {
        self.metrics.stories.set(i64::try_from(self.open.stories()).unwrap_or(i64::MAX));
    }

    fn stored(&mut self, polls: Vec<Poll>) -> Result<Vec<Batch>, StoreError> {
        let batches: Result<Vec<Batch>, StoreError> =
            polls.into_iter().map(|poll| self.batch(poll)).collect();
        let mut batches = batches?;
        if batches.iter().any(|batch| !batch.new.is_empty()) {
            self.settle(&mut batches);
        }
        self.store.commit(&batches)?;
        Ok(batches)
    }

    /// Nothing of these polls was stored: their sources are polled again, from what was remembered before, once the store has had time to recover
    /// (a disk that is full, a file system that went away). The service goes on.
    fn not_stored(
        &mut self,
        error: &StoreError,
        sources: Vec<Arc<Source>>,
        befores: Vec<SourceState>,
    ) {
        // The index holds stories that the store does not.
        self.stale = true;
        let message = with_causes(error);
        tracing::error!(
            "{message}; {} sources are polled again in {} s",
            sources.len(),
            STORE_PAUSE.as_secs()
        );
        let now = self.clock.now();
        for (source, mut state) in sources.into_iter().zip(befores) {
            let address = source.address.to_string();
            if state.address != address {
                state = SourceState { address, ..SourceState::default() };
            }
            // The last poll stays what it was: this one counts for nothing, and its source is overdue.
            state.gone = false;
            state.not_before = Some(Due { at: now + STORE_PAUSE, why: Why::Store });
            state.error =
                Some(PollError { class: "store".to_owned(), message: message.clone(), since: now });
            let _ = self.listeners.reports.send(Report {
                source: source.key.clone(),
                state,
                new: 0,
                merged: 0,
                changed: 0,
            });
        }
    }

    fn tell(&self) {
        let Desk { sources, config, .. } = self.desk.as_ref();
        tracing::info!(
            sources = sources.len(),
            feeds = config.feeds.len(),
            "the configuration has changed and is in force"
        );
        self.listeners.desks.send_replace(Arc::clone(&self.desk));
        self.changed();
    }

    fn changed(&self) {
        self.listeners.changes.send_modify(|count| *count += 1);
    }

    /// What a poll changes in the store.
    fn batch(&mut self, poll: Poll) -> Result<Batch, StoreError> {
        let Poll { source, state, at, rules, mut outcome, seen } = poll;
        if let PollOutcome::Read(document) | PollOutcome::Pushed(Some(document)) = &mut outcome
            && rules != self.desk.rules_digest
        {
            // The rules changed while the poll was under way.
            for read in &mut document.entries {
                let normalised = self.desk.normalise(&read.entry);
                read.verdicts =
                    self.desk.judge(&source, &read.entry, &normalised, read.language.as_ref());
                read.traits = self.desk.traits_of_kept(&read.entry, &read.verdicts);
            }
        }
        self.log(&source.key, &outcome);
        self.metrics.polled(result_of(&outcome));
        self.metrics.received_bytes.inc_by(outcome.received_bytes());
        let has_moved = state.address != source.address.to_string();
        let was_read = state.last_success.is_some() && !has_moved;
        let received_bytes = outcome.received_bytes();
        let is_push = matches!(outcome, PollOutcome::Pushed(_));
        // What a hub sends says nothing of when the source is to be asked.
        let mut state = match outcome {
            PollOutcome::Pushed(_) => state,
            PollOutcome::Unchanged { .. } | PollOutcome::Read(_) | PollOutcome::Failed { .. } => {
                after_poll(state, &source, &outcome, at)
            }
        };
        state.bytes = state.bytes.saturating_add(outcome.received_bytes());
        if let Some(took) = seen.took {
            state.answered_in(took);
        }
        if !is_push
            && let (SourceAddress::Web(url), None) = (&source.address, &state.error)
            && let Some(MoveEvent { what, to, .. }) = state.moves.follow(url, &seen.route, at)
        {
            match what {
                MoveKind::Adopted => tracing::warn!(
                    source = %source.key,
                    "it has moved for good and is polled at {to} from now on; write `url = \"{to}\"` in its [[source]]"
                ),
                MoveKind::Undone => tracing::warn!(
                    source = %source.key,
                    "it is polled at {url} again, which no longer redirects to {to}"
                ),
            }
        }
        let mut batch = Batch {
            source: source.key.clone(),
            state,
            at,
            new: Vec::new(),
            changed: Vec::new(),
            moved: Vec::new(),
            listed: None,
        };
        let told = match outcome {
            PollOutcome::Unchanged { validators, .. } => {
                batch.state.validators = validators;
                Told::Unchanged
            }
            PollOutcome::Failed { .. } | PollOutcome::Pushed(None) => Told::Failed,
            PollOutcome::Read(document) => Told::Read(self.take_in(&mut batch, *document)?),
            PollOutcome::Pushed(Some(document)) => {
                Told::Read(self.take_in_pushed(&mut batch, *document)?)
            }
        };
        if is_push {
            // It says nothing of how polls go; but that there is news, it does.
            health::learn(&mut batch);
            return Ok(batch);
        }
        if has_moved {
            health::forget(&mut batch.state.health, at);
        }
        let checked = Checked { at, received_bytes, was_read, seen: &seen, told: &told };
        health::check(&mut batch, &checked, self.desk.config.fetch.timezone);
        Ok(batch)
    }

    /// Takes in a document that a hub sent. It may hold only what is new: what the source lists besides, and says of itself, stays as it was.
    fn take_in_pushed(
        &mut self,
        batch: &mut Batch,
        document: ReadDocument,
    ) -> Result<Listed, StoreError> {
        let state = batch.state.clone();
        let listed = self.take_in(batch, document)?;
        batch.state = state;
        batch.listed = None;
        if !batch.new.is_empty() || !batch.changed.is_empty() {
            // A hub may send what is older than the last poll: the next one asks for all of it.
            batch.state.validators = Validators::default();
            batch.state.body_digest = None;
        }
        Ok(listed)
    }

    /// Sorts a document's entries into new, changed and known, and takes the new ones into the open stories.
    fn take_in(
        &mut self,
        batch: &mut Batch,
        mut document: ReadDocument,
    ) -> Result<Listed, StoreError> {
        let state = &mut batch.state;
        state.validators = document.validators;
        state.body_digest = Some(document.body_digest);
        state.title = document.title;
        state.language = document.language;
        state.home = document.home;
        state.notes = document.notes;
        state.advert = document.advert;
        state.read_to = document.read_to;
        let known = self.store.known_entries(&batch.source)?;
        let mut listed = Listed::of(&document.entries);
        if !known.is_empty() {
            listed.renamed = self.recognise(&batch.source, &known, &mut document.entries)?;
        }
        // What an empty document listed before is kept in mind: it may come back, and under other guids.
        batch.listed = (!document.entries.is_empty())
            .then(|| document.entries.iter().map(|entry| entry.identity).collect());
        let stated = |read: &ReadEntry| read.entry.published.or(read.entry.updated);
        let newest = if known.is_empty() {
            document.entries.iter().filter_map(stated).filter(|stated| *stated <= batch.at).max()
        } else {
            None
        };
        for read in document.entries {
            match known.get(&read.identity) {
                Some(known) if known.fingerprint == read.fingerprint => {}
                Some(known) => batch.changed.push(ChangedEntry {
                    id: known.id,
                    fingerprint: read.fingerprint,
                    entry: read.entry,
                    language: read.language,
                    verdicts: read.verdicts,
                }),
                None => {
                    if self.stale {
                        self.reopen()?;
                    }
                    let published = Published::of_backlog(stated(&read), batch.at, newest);
                    listed.new_dates.extend(stated(&read));
                    batch.new.push(self.take_in_new(&batch.source, read, published));
                }
            }
        }
        Ok(listed)
    }

    /// Takes an entry into the open stories. Until they settle it counts as the first of a story of its own.
    fn take_in_new(
        &mut self,
        source: &SourceKey,
        read: ReadEntry,
        published: Published,
    ) -> NewEntry {
        let ReadEntry {
            identity,
            fingerprint,
            entry,
            language,
            url,
            headline_key,
            traits,
            verdicts,
        } = read;
        let key = MemberKey { source: source.clone(), identity };
        let change = StoryChange { story: key.founds(), joined: Joined::Founded };
        self.open.insert(Candidate {
            key,
            at: published.at,
            seen: self.clock.now(),
            url: url.as_ref(),
            headline_key: &headline_key,
            traits,
            vector: None,
            story: None,
        });
        NewEntry { identity, fingerprint, entry, language, published, change, verdicts }
    }

    /// Judges what is stored again if the rules are others than those it was judged by, and keeps which feeds are in force: the two are what is
    /// published from now on, and what `check --diff` compares with. Says whether anything was judged.
    fn rejudge(&mut self) -> Result<bool, StoreError> {
        let rules = Arc::clone(&self.desk.rules_digest);
        let mut judged = 0;
        if self.store.fact(RULES)?.as_deref() != Some(&rules) {
            let desk = Arc::clone(&self.desk);
            judged = self.store.rejudge(&mut |stored| desk.judge_again(stored))?;
            // Entries are compared closely if some topic keeps them, and that may be others now.
            self.stale |= judged > 0;
            self.store.set_fact(RULES, &rules)?;
        }
        let standing = Standing::of(&self.desk).to_text();
        if self.store.fact(STANDING)?.as_deref() != Some(&standing) {
            self.store.set_fact(STANDING, &standing)?;
        }
        self.unjudged = false;
        if judged > 0 {
            tracing::info!(entries = judged, "judged stored entries by the new rules");
        }
        Ok(judged > 0)
    }

    fn prune(&mut self) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.last_prune = now;
        self.open.close_before(now - self.desk.config.stories.window);
        let configured = self.desk.sources.keys().cloned().collect();
        let pruned = self.store.prune(now - self.desk.config.store.keep, &configured)?;
        if pruned.entries > 0 {
            tracing::info!(
                entries = pruned.entries,
                stories = pruned.stories,
                "removed what is older than [store] keep"
            );
            self.changed();
        }
        Ok(())
    }

    fn log(&self, key: &SourceKey, outcome: &PollOutcome) {
        match outcome {
            PollOutcome::Unchanged { .. } => tracing::debug!(source = %key, "unchanged"),
            PollOutcome::Pushed(None) => tracing::debug!(source = %key, "pushed, but no feed"),
            PollOutcome::Pushed(Some(document)) => {
                tracing::debug!(source = %key, entries = document.entries.len(), "pushed")
            }
            PollOutcome::Read(document) => {
                tracing::debug!(source = %key, entries = document.entries.len(), "read")
            }
            PollOutcome::Failed { class, message, .. } => {
                tracing::warn!(source = %key, %class, "{message}")
            }
        }
    }
}

/// Whether a poll changed what pages, documents or the health say of a source, besides its entries.
fn shows_differently(before: &SourceState, after: &SourceState) -> bool {
    before.error.is_some() != after.error.is_some()
        || before.title != after.title
        || before.language != after.language
        || before.home != after.home
        || !health::alike(&before.health, &after.health)
}

fn result_of(outcome: &PollOutcome) -> PollResult {
    match outcome {
        PollOutcome::Unchanged { .. } => PollResult::NotModified,
        PollOutcome::Read(_) => PollResult::Read,
        PollOutcome::Failed { .. } => PollResult::Failed,
        PollOutcome::Pushed(_) => PollResult::Pushed,
    }
}
