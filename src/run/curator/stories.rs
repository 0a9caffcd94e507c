//! What the curator does with its open stories: it settles them, gives them vectors, and follows what a person said of them.

use std::collections::HashMap;
use std::path::Path;

use super::{Asker, Curator};
use crate::model::decision::{Decision, Request, Word};
use crate::model::story::{Joined, MemberKey, StoredEntry, StoryChange, StoryId};
use crate::model::url::WebUrl;
use crate::model::vector::Vector;
use crate::normalise;
use crate::run::desk::Desk;
use crate::run::encoding::{self, BATCH, Encoding, Question, VERSION};
use crate::run::error::with_causes;
use crate::run::poll::COMPARED;
use crate::store::{Batch, Encoded, Moved, PlacedEntry, StoreError};
use crate::stories::{self, Assigned, Candidate, OpenStories, StoryOptions};

/// After how many answers stories are grouped anew, while more is waited for: about half a second of encoding.
const ANSWERS: usize = 16;

impl Curator {
    /// Finds the story of each new entry, all at once: which of them came first makes no difference. Entries that were there before may move.
    pub(super) fn settle(&mut self, batches: &mut [Batch]) {
        self.backlog = None;
        let mut changes: HashMap<MemberKey, StoryChange> = HashMap::new();
        let mut order = Vec::new();
        for Assigned { key, change } in self.open.settle() {
            order.push(key.clone());
            changes.insert(key, change);
        }
        for batch in batches.iter_mut() {
            for new in &mut batch.new {
                let key = MemberKey { source: batch.source.clone(), identity: new.identity };
                if let Some(change) = changes.remove(&key) {
                    new.change = change;
                }
            }
        }
        let moved = order.into_iter().filter_map(|key| {
            let change = changes.remove(&key)?;
            Some(Moved { key, change })
        });
        if let Some(batch) = batches.iter_mut().find(|batch| !batch.new.is_empty()) {
            batch.moved = moved.collect();
        }
    }

    /// Reads the open stories from the store: about 5 µs an entry of the window, which a round without news can do without. If they are grouped
    /// otherwise now than in the store (by another program, or another `sensitivity`), the store follows.
    ///
    /// # Errors
    /// If the store cannot be read or written.
    pub fn reopen(&mut self) -> Result<(), StoreError> {
        let desk = &self.desk;
        let window = desk.config.stories.window;
        let now = self.clock.now();
        let mut open = OpenStories::new(options(desk));
        let mut compared = HashMap::new();
        // Twice the window, so that stories are known of which a part has left it: what is left of them stays together.
        self.store.each_entry_since(now - window * 2, VERSION, &mut |placed: PlacedEntry| {
            let PlacedEntry { entry: stored, story, kept_by, vector } = placed;
            let normalised = normalise::normalise_headline(&stored.entry, &desk.outlet_names);
            let url = stored.entry.link.as_ref().map(WebUrl::canonical);
            let is_kept = desk.publishes(kept_by.iter());
            // A flood from one source is compared by page and headline only, as when it came.
            let of_source: &mut usize = compared.entry(stored.source.clone()).or_default();
            *of_source += usize::from(is_kept);
            let is_kept = is_kept && *of_source <= COMPARED * 20;
            open.insert(Candidate {
                key: MemberKey { source: stored.source, identity: stored.identity },
                at: stored.published.at,
                seen: stored.first_seen,
                url: url.as_ref(),
                headline_key: &normalised.headline_key,
                traits: if is_kept { desk.traits(&stored.entry) } else { None },
                vector: vector.filter(|_| desk.config.stories.encoder),
                story: Some(story),
            });
        })?;
        open.close_before(now - window);
        self.open = open;
        self.backlog = None;
        self.decisions = self.store.decisions()?;
        self.rulings.clear();
        self.rule();
        let moved = self.settled();
        self.keep(Vec::new(), &moved)?;
        self.stale = false;
        self.count_open();
        Ok(())
    }

    /// Tells the open stories what the decisions mean for pairs of entries, as far as they do not know it.
    fn rule(&mut self) {
        let now = stories::rulings(&self.decisions, |key| self.open.story_of(key).is_some());
        for (pair, _) in self.rulings.iter().filter(|(pair, _)| !now.contains_key(*pair)) {
            self.open.rule(&pair.0, &pair.1, None);
        }
        for (pair, ruling) in now.iter().filter(|(pair, is)| self.rulings.get(*pair) != Some(*is)) {
            self.open.rule(&pair.0, &pair.1, Some(*ruling));
        }
        self.rulings = now;
    }

    /// Groups the open stories anew; gives the entries that this moves.
    fn settled(&mut self) -> Vec<Moved> {
        let assigned = self.open.settle().into_iter();
        assigned.map(|Assigned { key, change }| Moved { key, change }).collect()
    }

    /// Keeps vectors and moves in one transaction.
    fn keep(
        &mut self,
        vectors: Vec<(MemberKey, Vector)>,
        moved: &[Moved],
    ) -> Result<(), StoreError> {
        if vectors.is_empty() && moved.is_empty() {
            return Ok(());
        }
        self.store.rearrange(self.clock.now(), &Encoded { version: VERSION, vectors }, moved)?;
        if !moved.is_empty() {
            tracing::info!(entries = moved.len(), "moved entries to other stories");
            self.count_open();
            self.changed();
        }
        Ok(())
    }

    /// Asks what headlines mean, if that could decide something and nothing else is being worked out.
    pub(super) fn ask(&mut self) {
        let Encoding::Beside(worker) = &self.encoding else { return };
        if !worker.is_free() || self.stale || !self.desk.config.stories.encoder {
            return;
        }
        match self.questions() {
            Ok(questions) if questions.is_empty() => {}
            Ok(questions) => {
                if let Encoding::Beside(worker) = &mut self.encoding {
                    worker.ask(questions);
                }
            }
            Err(error) => tracing::error!("{}", with_causes(&error)),
        }
    }

    /// A batch of what waits to be encoded, the newest first.
    fn questions(&mut self) -> Result<Vec<Question>, StoreError> {
        let mut keys = self.waiting();
        let batch = keys.split_off(keys.len().saturating_sub(BATCH));
        self.backlog = Some(keys);
        let entries = self.store.entries(&batch)?;
        let text = |stored: Option<StoredEntry>| {
            stored.map_or(String::new(), |stored| self.desk.text_to_encode(&stored.entry))
        };
        let questions = batch.into_iter().zip(entries).rev();
        Ok(questions.map(|(key, stored)| Question { key, text: text(stored) }).collect())
    }

    /// What waits to be encoded, the newest last. Looked for, entry by entry, only where something may have come since.
    fn waiting(&mut self) -> Vec<MemberKey> {
        let waiting = self.backlog.take().unwrap_or_else(|| self.open.open_questions());
        self.metrics.encoder_backlog.set(i64::try_from(waiting.len()).unwrap_or(i64::MAX));
        waiting
    }

    /// Takes in what was worked out.
    pub(super) fn encoded(&mut self, vectors: Vec<(MemberKey, Vector)>) {
        if let Encoding::Beside(worker) = &mut self.encoding {
            worker.answered();
        }
        if let Err(error) = self.take_vectors(vectors) {
            // The index knows what the store does not.
            self.stale = true;
            tracing::error!("{}", with_causes(&error));
        }
    }

    fn take_vectors(&mut self, vectors: Vec<(MemberKey, Vector)>) -> Result<(), StoreError> {
        self.metrics.encoded.inc_by(vectors.len() as u64);
        if self.stale {
            return self.keep(vectors, &[]);
        }
        for (key, vector) in &vectors {
            self.open.set_vector(key, vector.clone());
        }
        // Grouping anew costs much more than an answer: of a backlog several are taken in between. Vectors that are stored without what they move are
        // no harm: whoever reads the stories anew groups them anew.
        self.unsettled += 1;
        // Answers raise questions: whoever is near in meaning may share no word.
        self.backlog = self.backlog.take().filter(|left| !left.is_empty());
        let waiting = self.waiting();
        let is_last = waiting.is_empty();
        self.backlog = Some(waiting);
        // A round publishes nothing before the end.
        let is_due = match self.encoding {
            Encoding::Beside(_) | Encoding::Never => self.unsettled >= ANSWERS,
            Encoding::AtTheEnd(_) => false,
        };
        if !is_last && !is_due {
            return self.keep(vectors, &[]);
        }
        self.unsettled = 0;
        let moved = self.settled();
        self.keep(vectors, &moved)
    }

    /// In a round: works out all that could decide something, unless the round is stopped.
    pub(super) fn finish_backlog(&mut self) {
        let Encoding::AtTheEnd(stop) = &self.encoding else { return };
        let stop = stop.clone();
        if !self.desk.config.stories.encoder {
            return;
        }
        let encoder = match encoding::encoder() {
            Ok(encoder) => encoder,
            Err(error) => return tracing::error!("{}", with_causes(&error)),
        };
        // Never read, the stories have no new entry; read in vain, they could not be stored.
        while !self.stale && !stop.is_cancelled() {
            match self.questions() {
                Ok(questions) if questions.is_empty() => return,
                Ok(questions) => self.encoded(encoding::answer(&encoder, questions)),
                Err(error) => return tracing::error!("{}", with_causes(&error)),
            }
        }
        // Stopped between two answers.
        if !self.stale && self.unsettled > 0 {
            let moved = self.settled();
            if let Err(error) = self.keep(Vec::new(), &moved) {
                self.stale = true;
                tracing::error!("{}", with_causes(&error));
            }
        }
    }

    /// Takes in what waits in the inbox beside the store.
    ///
    /// # Errors
    /// If the store cannot be read or written; an inbox that cannot be read is logged.
    pub(super) fn read_inbox(&mut self) -> Result<(), StoreError> {
        let waiting = match self.inbox.waiting() {
            Ok(waiting) => waiting,
            Err(error) => {
                tracing::error!("{}", with_causes(&error));
                return Ok(());
            }
        };
        for waiting in waiting {
            self.hear(&waiting.request)?;
            self.take_away(&waiting.file);
        }
        Ok(())
    }

    fn take_away(&self, file: &Path) {
        if let Err(error) = self.inbox.done(file) {
            tracing::error!("{}", with_causes(&error));
        }
    }

    /// Does what a person asks for; what cannot be stored now stays in the inbox.
    pub(super) fn asked(&mut self, request: &Request, asker: &Asker) {
        let heard = self.hear(request).map_err(|error| {
            self.stale = true;
            with_causes(&error)
        });
        match (asker, heard) {
            (Asker::Inbox(file), Ok(())) => self.take_away(file),
            (Asker::Inbox(_), Err(reason)) => {
                tracing::error!("{reason}; what was asked for waits");
            }
            // Whoever waits no longer has been told that it goes on.
            (Asker::Page(told), heard) => drop(told.send(heard)),
        }
    }

    /// Keeps what a person said and rearranges stories accordingly, in one transaction.
    ///
    /// # Errors
    /// If the store cannot be read or written. Then nothing was kept, and the open stories must be read anew.
    pub fn hear(&mut self, request: &Request) -> Result<(), StoreError> {
        if self.stale {
            self.reopen()?;
        }
        self.backlog = None;
        let before = self.decisions.clone();
        match request {
            Request::Decide(decision) => {
                if before.iter().any(|known| known.id == decision.id) {
                    return Ok(());
                }
                self.decisions.push(decision.clone());
            }
            Request::Undo(id) => self.decisions.retain(|decision| decision.id != *id),
        }
        self.rule();
        let mut moved = self.settled();
        let forced = self.forced(request, &before, &moved)?;
        let reread = forced.iter().any(|forced| self.open.story_of(&forced.key).is_some());
        moved.extend(forced);
        self.store.decide(self.clock.now(), request, &moved)?;
        tracing::info!(request = ?Brief(request, &before), entries = moved.len(), "heard the curator");
        self.changed();
        if reread {
            self.reopen()?;
        }
        self.count_open();
        Ok(())
    }

    /// What the open stories cannot move, for some of the entries have left the window.
    fn forced(
        &self,
        request: &Request,
        before: &[Decision],
        moved: &[Moved],
    ) -> Result<Vec<Moved>, StoreError> {
        let moved: HashMap<&MemberKey, StoryId> =
            moved.iter().map(|moved| (&moved.key, moved.change.story)).collect();
        let place = |key: &MemberKey| match moved.get(key) {
            Some(story) => Ok(Some(*story)),
            None => self.store.story_of(key),
        };
        let word = match request {
            Request::Decide(decision) => Some(&decision.word),
            Request::Undo(id) => {
                let undone = before.iter().find(|decision| decision.id == *id);
                return match undone.map(|decision| &decision.word) {
                    Some(word) => self.forced_back(word, place),
                    None => Ok(Vec::new()),
                };
            }
        };
        match word {
            Some(Word::Join { one, other }) => {
                let members: Vec<&MemberKey> = one.members.iter().chain(&other.members).collect();
                let open = members.iter().find(|key| self.open.story_of(key).is_some());
                let Some(target) = (match open {
                    Some(key) => place(key)?,
                    None => self.first_place(&members, place)?,
                }) else {
                    return Ok(Vec::new());
                };
                bring(&members, target, place)
            }
            Some(Word::Split { entry, from }) => {
                let Some(here) = place(entry)? else { return Ok(Vec::new()) };
                let mut is_with_them = false;
                for other in from {
                    is_with_them |= place(other)? == Some(here);
                }
                if !is_with_them {
                    return Ok(Vec::new());
                }
                let mut id = entry.founds();
                while self.store.story(id)?.is_some() {
                    id = id.after();
                }
                let change = StoryChange { story: id, joined: Joined::Founded };
                Ok(vec![Moved { key: entry.clone(), change }])
            }
            Some(Word::Hide { .. } | Word::Pin { .. }) | None => Ok(Vec::new()),
        }
    }

    /// What brings entries back that a word had moved and that have left the window since.
    fn forced_back(
        &self,
        word: &Word,
        place: impl Fn(&MemberKey) -> Result<Option<StoryId>, StoreError>,
    ) -> Result<Vec<Moved>, StoreError> {
        let is_closed = |key: &&MemberKey| self.open.story_of(key).is_none();
        match word {
            Word::Join { other, .. } => {
                // Where those went that are still open, else to the story that they were.
                let open = other.members.iter().find(|key| !is_closed(key));
                let target = match open {
                    Some(key) => place(key)?.unwrap_or(other.story),
                    None => other.story,
                };
                let closed: Vec<&MemberKey> = other.members.iter().filter(is_closed).collect();
                bring(&closed, target, place)
            }
            Word::Split { entry, from } if is_closed(&entry) => {
                match self.first_place(&from.iter().collect::<Vec<_>>(), &place)? {
                    Some(target) => bring(&[entry], target, place),
                    None => Ok(Vec::new()),
                }
            }
            Word::Split { .. } | Word::Hide { .. } | Word::Pin { .. } => Ok(Vec::new()),
        }
    }

    /// Where the first of these is that is anywhere.
    fn first_place(
        &self,
        keys: &[&MemberKey],
        place: impl Fn(&MemberKey) -> Result<Option<StoryId>, StoreError>,
    ) -> Result<Option<StoryId>, StoreError> {
        for key in keys {
            if let Some(story) = place(key)? {
                return Ok(Some(story));
            }
        }
        Ok(None)
    }
}

/// Moves those to a story that are not in it.
fn bring(
    keys: &[&MemberKey],
    target: StoryId,
    place: impl Fn(&MemberKey) -> Result<Option<StoryId>, StoreError>,
) -> Result<Vec<Moved>, StoreError> {
    let mut moved = Vec::new();
    for key in keys {
        if place(key)?.is_some_and(|story| story != target) {
            let is_founder = key.founds() == target;
            let joined = if is_founder { Joined::Founded } else { Joined::ByCurator };
            let change = StoryChange { story: target, joined };
            moved.push(Moved { key: (*key).clone(), change });
        }
    }
    Ok(moved)
}

/// A request in a word, for the log.
struct Brief<'a>(&'a Request, &'a [Decision]);

impl std::fmt::Debug for Brief<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Request::Decide(decision) => f.write_str(decision.word.verb()),
            Request::Undo(id) => {
                let undone = self.1.iter().find(|decision| decision.id == *id);
                write!(f, "undo {}", undone.map_or("nothing", |decision| decision.word.verb()))
            }
        }
    }
}

/// How entries are grouped, in the stage's own terms.
pub(super) fn options(desk: &Desk) -> StoryOptions {
    let stories = &desk.config.stories;
    StoryOptions { window: stories.window, sensitivity: stories.sensitivity }
}
