//! The changes of [`Store`](crate::store::Store), each one transaction.
//!
//! What `story` and `story_topic` say follows from the entries; each change keeps it so. A story's line in the listings moves when an
//! earlier member joins it, when the topics that keep its members change, and when members go.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use rusqlite::{CachedStatement, Connection, OptionalExtension, TransactionBehavior, params};

use super::read::{self, EVERY_STORY, cached};
use super::rows::{self, Cells};
use super::{sql_error, sql_step, state};
use crate::model::decision::{Decision, Request, Word};
use crate::model::identity::Identity;
use crate::model::source::{SourceKey, SourceState};
use crate::model::story::{EntryId, StoryId};
use crate::model::time::Timestamp;
use crate::model::verdict::{TopicName, TopicVerdict};
use crate::store::{
    Batch, ChangedEntry, Encoded, Index, Judge, Moved, NewEntry, Pruned, StoreError, word,
};

/// Free pages that are left for the entries to come; they cost nothing but the space.
const SPARE_PAGES: i64 = 4096;
/// So many entries are held at a time while all are judged again: some megabytes, whatever they hold.
const PAGE: usize = 256;

/// Numbers that the one writer need not ask for again.
#[derive(Clone, Default)]
pub(super) struct Numbers {
    sources: HashMap<SourceKey, i64>,
    topics: HashMap<TopicName, i64>,
    next_entry: i64,
    /// How entries are put into the index of words, if they are.
    pub(super) index: Option<Index>,
}

impl Numbers {
    /// Reads where the numbering stands.
    pub(super) fn read(connection: &Connection) -> Result<Numbers, StoreError> {
        const SQL: &str = "SELECT max(value, (SELECT ifnull(max(entry), 0) + 1 FROM entry))
            FROM counter WHERE name = 'next entry'";
        let next_entry = connection
            .query_row(SQL, [], |row| row.get(0))
            .map_err(sql_error("read the numbering"))?;
        Ok(Numbers { next_entry, ..Numbers::default() })
    }
}

/// Runs a change as one transaction: all of it, or on an error nothing.
pub(super) fn in_one_go<T>(
    connection: &mut Connection,
    numbers: &mut Numbers,
    action: &'static str,
    change: impl FnOnce(&mut Pen<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let error = sql_error(action);
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&error)?;
    let first = numbers.next_entry;
    let result = Pen::new(&transaction, numbers, action).and_then(|mut pen| {
        let value = change(&mut pen)?;
        pen.finish(first)?;
        Ok(value)
    });
    let result = result.and_then(|value| {
        transaction.commit().map_err(&error)?;
        Ok(value)
    });
    if result.is_err() {
        // Sources and topics first seen in what was taken back have no number after all. A transaction dropped takes itself back.
        *numbers = Numbers { next_entry: first, index: numbers.index, ..Numbers::default() };
    }
    result
}

/// Returns free pages to the file system if there are many; a few will be wanted again.
pub(super) fn give_back_space(connection: &Connection) -> Result<(), StoreError> {
    const ACTION: &str = "give back space";
    let number = |sql: &str| {
        connection.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(sql_error(ACTION))
    };
    let free = number("PRAGMA freelist_count")?;
    if free > SPARE_PAGES && free > number("PRAGMA page_count")? / 4 {
        let surplus = free - SPARE_PAGES;
        // Each step moves one page.
        let mut statement = connection
            .prepare(&format!("PRAGMA incremental_vacuum({surplus})"))
            .map_err(sql_error(ACTION))?;
        let mut steps = statement.query([]).map_err(sql_error(ACTION))?;
        while sql_step(&mut steps, ACTION)?.is_some() {}
    }
    Ok(())
}

/// A story as its row has it: where its lines in the listings are.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Listed {
    published: i64,
    /// Ascending, each once; without [`EVERY_STORY`].
    topics: Vec<i64>,
}

/// How many entries of a batch were new indeed.
#[derive(Default)]
struct Added {
    entries: i64,
    kept: i64,
}

/// Writes within one transaction.
pub(super) struct Pen<'a> {
    connection: &'a Connection,
    numbers: &'a mut Numbers,
    action: &'static str,
    story_by_id: CachedStatement<'a>,
    add_entry: CachedStatement<'a>,
    add_story: CachedStatement<'a>,
    add_line: CachedStatement<'a>,
}

impl<'a> Pen<'a> {
    fn new(
        connection: &'a Connection,
        numbers: &'a mut Numbers,
        action: &'static str,
    ) -> Result<Pen<'a>, StoreError> {
        Ok(Pen {
            connection,
            numbers,
            action,
            story_by_id: cached(connection, action, read::STORY_BY_ID)?,
            add_entry: cached(
                connection,
                action,
                "INSERT INTO entry (entry, source, story, first_seen, published, origin, joined, identity, fingerprint,
                     topics, language, guid, link, title, joined_by, stated_published, stated_updated, stated_language,
                     more, verdicts, summary_text, summary, content)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23)
                 ON CONFLICT (source, identity) DO NOTHING",
            )?,
            add_story: cached(
                connection,
                action,
                "INSERT INTO story (story, id, published, topics) VALUES (?1, ?2, ?3, ?4)",
            )?,
            add_line: cached(
                connection,
                action,
                "INSERT INTO story_topic (topic, published, story) VALUES (?1, ?2, ?3)",
            )?,
        })
    }

    /// Keeps what the numbering has come to since `first`.
    fn finish(&mut self, first: i64) -> Result<(), StoreError> {
        if self.numbers.next_entry != first {
            let next = self.numbers.next_entry;
            self.run("UPDATE counter SET value = ?1 WHERE name = 'next entry'", params![next])?;
        }
        Ok(())
    }

    pub(super) fn index_by(&self) -> Option<Index> {
        self.numbers.index
    }

    pub(super) fn connection(&self) -> &'a Connection {
        self.connection
    }

    /// Runs a statement that is not worth keeping at hand; gives the number of rows it changed.
    pub(super) fn run(
        &self,
        sql: &str,
        values: impl rusqlite::Params,
    ) -> Result<usize, StoreError> {
        cached(self.connection, self.action, sql)?.execute(values).map_err(sql_error(self.action))
    }

    /// Writes one batch; gives the numbers of its new entries.
    pub(super) fn batch(&mut self, batch: &Batch) -> Result<Vec<EntryId>, StoreError> {
        let source = self.source_number(&batch.source)?;
        let mut ids = Vec::with_capacity(batch.new.len());
        let mut added = Added::default();
        for entry in &batch.new {
            ids.push(self.add(source, batch.at, entry, &mut added)?);
        }
        self.count(source, added.entries, added.kept)?;
        for entry in &batch.changed {
            self.change(batch.at, entry)?;
        }
        if let Some(identities) = &batch.listed {
            self.run(
                "INSERT INTO listing (source, identities) VALUES (?1, ?2)
                 ON CONFLICT (source) DO UPDATE SET identities = excluded.identities
                 WHERE identities <> excluded.identities",
                params![source, rows::identities_to_bytes(identities)],
            )?;
        }
        self.set_state(&batch.source, &batch.state)?;
        Ok(ids)
    }

    /// The number of a source, which gets one here if it has none.
    fn source_number(&mut self, key: &SourceKey) -> Result<i64, StoreError> {
        if let Some(number) = self.numbers.sources.get(key) {
            return Ok(*number);
        }
        let known: Option<i64> =
            cached(self.connection, self.action, "SELECT source FROM source WHERE key = ?1")?
                .query_row([key.as_str()], |row| row.get(0))
                .optional()
                .map_err(sql_error(self.action))?;
        let number = match known {
            Some(number) => number,
            None => {
                let state = state::state_cell(&SourceState::default())?;
                self.run(
                    "INSERT INTO source (key, state) VALUES (?1, ?2)",
                    params![key.as_str(), state],
                )?;
                self.connection.last_insert_rowid()
            }
        };
        self.numbers.sources.insert(key.clone(), number);
        Ok(number)
    }

    /// Replaces what is remembered of a source.
    pub(super) fn set_state(
        &mut self,
        key: &SourceKey,
        state: &SourceState,
    ) -> Result<(), StoreError> {
        let source = self.source_number(key)?;
        self.run(
            "UPDATE source SET etag = ?2, last_modified = ?3, body_digest = ?4, state = ?5 WHERE source = ?1",
            params![
                source,
                state.validators.etag,
                state.validators.last_modified,
                state.body_digest,
                state::state_cell(state)?
            ],
        )
        .map(|_| ())
    }

    /// Counts entries of a source in or out.
    fn count(&self, source: i64, entries: i64, kept: i64) -> Result<(), StoreError> {
        if entries == 0 && kept == 0 {
            return Ok(());
        }
        self.run(
            "UPDATE source SET entries = entries + ?2, kept = kept + ?3 WHERE source = ?1",
            params![source, entries, kept],
        )
        .map(|_| ())
    }

    /// The numbers of the topics that keep an entry: ascending, each once.
    fn kept_by(&mut self, verdicts: &[TopicVerdict]) -> Result<Vec<i64>, StoreError> {
        let mut topics = Vec::new();
        for TopicVerdict { topic, verdict } in verdicts {
            if verdict.keeps() {
                topics.push(self.topic_number(topic)?);
            }
        }
        topics.sort_unstable();
        topics.dedup();
        Ok(topics)
    }

    fn topic_number(&mut self, name: &TopicName) -> Result<i64, StoreError> {
        if let Some(number) = self.numbers.topics.get(name) {
            return Ok(*number);
        }
        let number = match read::topic_number(self.connection, name.as_str())? {
            Some(number) => number,
            None => {
                self.run("INSERT INTO topic (name) VALUES (?1)", [name.as_str()])?;
                self.connection.last_insert_rowid()
            }
        };
        self.numbers.topics.insert(name.clone(), number);
        Ok(number)
    }

    fn story(&mut self, id: StoryId) -> Result<Option<(i64, Listed)>, StoreError> {
        let mut found = self.story_by_id.query([id.to_bytes()]).map_err(sql_error(self.action))?;
        let Some(row) = sql_step(&mut found, self.action)? else { return Ok(None) };
        let cells = Cells(row);
        let listed =
            Listed { published: cells.number(1, "date of a story")?, topics: cells.topics(2)? };
        Ok(Some((cells.number(0, "story")?, listed)))
    }

    /// Adds an entry to the story it opens or joins. A story that has gone meanwhile is opened again, and an entry that its source has
    /// already stays as it is.
    fn add(
        &mut self,
        source: i64,
        at: Timestamp,
        new: &NewEntry,
        count: &mut Added,
    ) -> Result<EntryId, StoreError> {
        let entry = &new.entry;
        let number = self.numbers.next_entry;
        let topics = self.kept_by(&new.verdicts)?;
        let story = self.story(new.change.story)?;
        let story_number = story.as_ref().map_or(number, |(number, _)| *number);
        let (joined, joined_by) = rows::joined_cells(&new.change.joined);
        let added = self
            .add_entry
            .execute(params![
                number,
                source,
                story_number,
                at.unix(),
                new.published.at.unix(),
                rows::origin_cell(new.published.origin),
                joined,
                new.identity.0,
                new.fingerprint.0,
                rows::topics_to_text(&topics),
                new.language.as_ref().map(|lang| lang.as_str()),
                entry.guid.as_ref().map(|guid| guid.as_str()),
                entry.link.as_ref().map(|link| link.as_str()),
                entry.title.as_ref().map(|title| title.as_str()),
                joined_by,
                entry.published.map(Timestamp::unix),
                entry.updated.map(Timestamp::unix),
                entry.language.as_ref().map(|lang| lang.as_str()),
                rows::more_cell(entry)?,
                rows::verdicts_cell(&new.verdicts)?,
                rows::summary_text_cell(entry),
                entry.summary.as_ref().map(|html| html.as_str()),
                entry.content.as_ref().map(|html| html.as_str()),
            ])
            .map_err(sql_error(self.action))?;
        if added == 0 {
            return self.entry_of(source, new.identity);
        }
        self.index(EntryId(number), entry)?;
        self.numbers.next_entry += 1;
        count.entries += 1;
        count.kept += i64::from(!topics.is_empty());
        let joining = Listed { published: new.published.at.unix(), topics };
        match story {
            None => self.open_story(number, new.change.story, &joining)?,
            Some((story, before)) => {
                let mut after = before.clone();
                after.published = after.published.min(joining.published);
                after.topics.extend(joining.topics);
                after.topics.sort_unstable();
                after.topics.dedup();
                self.relist(story, &before, &after)?;
            }
        }
        Ok(EntryId(number))
    }

    /// Keeps what headlines mean; entries that have gone meanwhile are left out.
    pub(super) fn keep_vectors(&mut self, encoded: &Encoded) -> Result<(), StoreError> {
        for (key, vector) in &encoded.vectors {
            if let Some(place) = read::where_is(self.connection, key)? {
                self.run(
                    "INSERT INTO vector (entry, encoder, value) VALUES (?1, ?2, ?3)
                     ON CONFLICT (entry) DO UPDATE SET encoder = excluded.encoder, value = excluded.value",
                    params![place.entry, encoded.version, vector.to_bytes()],
                )?;
            }
        }
        Ok(())
    }

    /// Moves entries to the stories they are in now, then brings all stories in line that lost or won one.
    pub(super) fn move_entries(
        &mut self,
        at: Timestamp,
        moved: &[Moved],
    ) -> Result<(), StoreError> {
        // Who went last, and whether it was the founder: there the id leads if nobody is left.
        let mut left: BTreeMap<i64, (i64, bool)> = BTreeMap::new();
        let mut joined_to = BTreeSet::new();
        for Moved { key, change } in moved {
            let Some(place) = read::where_is(self.connection, key)? else { continue };
            let to = match self.story(change.story)? {
                Some((number, _)) => number,
                None => self.open_with(place.entry, change.story)?,
            };
            let (joined, joined_by) = rows::joined_cells(&change.joined);
            self.run(
                "UPDATE entry SET story = ?2, joined = ?3, joined_by = ?4 WHERE entry = ?1",
                params![place.entry, to, joined, joined_by],
            )?;
            if to != place.story {
                let is_founder = key.founds() == place.id;
                let last = left.entry(place.story).or_insert((place.entry, is_founder));
                if is_founder || !last.1 {
                    *last = (place.entry, is_founder);
                }
                joined_to.insert(to);
            }
        }
        for (story, (entry, _)) in left {
            joined_to.remove(&story);
            let id = self.id_of(story)?;
            if self.settle(story)? {
                self.run(
                    "INSERT INTO former_story (id, entry) VALUES (?1, ?2)
                     ON CONFLICT (id) DO UPDATE SET entry = excluded.entry",
                    params![id, entry],
                )?;
            } else {
                self.was_rearranged(story, at)?;
            }
        }
        for story in joined_to {
            self.settle(story)?;
            self.was_rearranged(story, at)?;
        }
        Ok(())
    }

    fn was_rearranged(&self, story: i64, at: Timestamp) -> Result<(), StoreError> {
        self.run("UPDATE story SET rearranged = ?2 WHERE story = ?1", params![story, at.unix()])
            .map(|_| ())
    }

    fn id_of(&self, story: i64) -> Result<[u8; 16], StoreError> {
        cached(self.connection, self.action, "SELECT id FROM story WHERE story = ?1")?
            .query_row([story], |row| row.get(0))
            .map_err(sql_error(self.action))
    }

    /// Opens a story for an entry that is there already. It has the entry's number, as every story has that of the entry that opened it; if another
    /// story has that, because this entry opened it once, a number below zero, which no entry has.
    fn open_with(&mut self, entry: i64, id: StoryId) -> Result<i64, StoreError> {
        const FREE: &str = "SELECT CASE WHEN EXISTS (SELECT 1 FROM story WHERE story = ?1)
            THEN min(0, (SELECT min(story) FROM story)) - 1 ELSE ?1 END, published FROM entry WHERE entry = ?1";
        let (number, published): (i64, i64) = cached(self.connection, self.action, FREE)?
            .query_row([entry], |row| Ok((row.get(0)?, row.get(1)?)))
            .map_err(sql_error(self.action))?;
        self.open_story(number, id, &Listed { published, topics: Vec::new() })?;
        Ok(number)
    }

    /// Keeps what the curator asked for.
    pub(super) fn decide(&mut self, request: &Request) -> Result<(), StoreError> {
        let (sql, id) = match request {
            Request::Decide(decision) => {
                const SQL: &str = "INSERT INTO decision (decision, at, word) VALUES (?1, ?2, ?3)
                    ON CONFLICT (decision) DO NOTHING";
                let Decision { id, at, word } = decision;
                return self
                    .run(SQL, params![id.0, at.unix(), word::word_to_text(word)])
                    .map(|_| ());
            }
            Request::Undo(id) => ("DELETE FROM decision WHERE decision = ?1", id),
        };
        self.run(sql, [id.0]).map(|_| ())
    }

    /// The numbers of the stories that are pinned.
    fn pinned(&self) -> Result<BTreeSet<i64>, StoreError> {
        let mut pinned = BTreeSet::new();
        for decision in read::decisions(self.connection)? {
            if let Word::Pin { story } = decision.word
                && let Some(id) = read::story_now(self.connection, story)?
            {
                pinned.extend(read::story_number(self.connection, id)?);
            }
        }
        Ok(pinned)
    }

    fn entry_of(&self, source: i64, identity: Identity) -> Result<EntryId, StoreError> {
        cached(
            self.connection,
            self.action,
            "SELECT entry FROM entry WHERE source = ?1 AND identity = ?2",
        )?
        .query_row(params![source, identity.0], |row| row.get(0))
        .map(EntryId)
        .map_err(sql_error(self.action))
    }

    fn open_story(&mut self, story: i64, id: StoryId, listed: &Listed) -> Result<(), StoreError> {
        let topics = rows::topics_to_text(&listed.topics);
        self.add_story
            .execute(params![story, id.to_bytes(), listed.published, topics])
            .map_err(sql_error(self.action))?;
        for topic in std::iter::once(&EVERY_STORY).chain(&listed.topics) {
            self.add_line
                .execute(params![topic, listed.published, story])
                .map_err(sql_error(self.action))?;
        }
        Ok(())
    }

    /// Moves a story's lines in the listings from where they are to where they belong.
    fn relist(&mut self, story: i64, before: &Listed, after: &Listed) -> Result<(), StoreError> {
        if before == after {
            return Ok(());
        }
        self.run(
            "UPDATE story SET published = ?2, topics = ?3 WHERE story = ?1",
            params![story, after.published, rows::topics_to_text(&after.topics)],
        )?;
        let lines = |listed: &Listed| -> BTreeSet<(i64, i64)> {
            let topics = std::iter::once(&EVERY_STORY).chain(&listed.topics);
            topics.map(|topic| (*topic, listed.published)).collect()
        };
        let (before, after) = (lines(before), lines(after));
        for (topic, published) in before.difference(&after) {
            self.remove_line(*topic, *published, story)?;
        }
        for (topic, published) in after.difference(&before) {
            self.add_line
                .execute(params![topic, published, story])
                .map_err(sql_error(self.action))?;
        }
        Ok(())
    }

    fn remove_line(&self, topic: i64, published: i64, story: i64) -> Result<(), StoreError> {
        self.run(
            "DELETE FROM story_topic WHERE topic = ?1 AND published = ?2 AND story = ?3",
            params![topic, published, story],
        )
        .map(|_| ())
    }

    /// Brings a story's lines in line with its members; a story without members goes. Says whether it went.
    fn settle(&mut self, story: i64) -> Result<bool, StoreError> {
        let mut after: Option<Listed> = None;
        {
            let sql = read::members_of_story("published, topics");
            let mut statement = cached(self.connection, self.action, &sql)?;
            let mut members = statement.query([story]).map_err(sql_error(self.action))?;
            while let Some(row) = sql_step(&mut members, self.action)? {
                let cells = Cells(row);
                let published = cells.number(0, "date")?;
                let after = after.get_or_insert(Listed { published, topics: Vec::new() });
                after.published = after.published.min(published);
                after.topics.extend(cells.topics(1)?);
            }
        }
        let before = {
            let mut statement = cached(
                self.connection,
                self.action,
                "SELECT published, topics FROM story WHERE story = ?1",
            )?;
            let mut found = statement.query([story]).map_err(sql_error(self.action))?;
            let row = sql_step(&mut found, self.action)?
                .ok_or_else(|| rows::damaged("story of an entry", story.to_string()))?;
            let cells = Cells(row);
            Listed { published: cells.number(0, "date of a story")?, topics: cells.topics(1)? }
        };
        match after {
            Some(mut after) => {
                after.topics.sort_unstable();
                after.topics.dedup();
                self.relist(story, &before, &after)?;
                Ok(false)
            }
            None => {
                for topic in std::iter::once(&EVERY_STORY).chain(&before.topics) {
                    self.remove_line(*topic, before.published, story)?;
                }
                self.run("DELETE FROM story WHERE story = ?1", [story])?;
                Ok(true)
            }
        }
    }

    /// The source, story and topics of an entry, if it is still there.
    fn place(&self, entry: EntryId) -> Result<Option<(i64, i64, Vec<i64>)>, StoreError> {
        let mut statement = cached(
            self.connection,
            self.action,
            "SELECT source, story, topics FROM entry WHERE entry = ?1",
        )?;
        let mut found = statement.query([entry.0]).map_err(sql_error(self.action))?;
        let Some(row) = sql_step(&mut found, self.action)? else { return Ok(None) };
        let cells = Cells(row);
        Ok(Some((
            cells.number(0, "source of an entry")?,
            cells.number(1, "story of an entry")?,
            cells.topics(2)?,
        )))
    }

    /// Replaces what is kept of an entry that its source has changed; one that has gone meanwhile stays away.
    fn change(&mut self, at: Timestamp, changed: &ChangedEntry) -> Result<(), StoreError> {
        let Some((source, story, before)) = self.place(changed.id)? else { return Ok(()) };
        let entry = &changed.entry;
        let topics = self.kept_by(&changed.verdicts)?;
        // Another headline means something else.
        self.run(
            "DELETE FROM vector WHERE entry = ?1 AND ?2 IS NOT (SELECT title FROM entry WHERE entry = ?1)",
            params![changed.id.0, entry.title.as_ref().map(|title| title.as_str())],
        )?;
        self.run(
            "UPDATE entry SET changed = ?2, fingerprint = ?3, topics = ?4, language = ?5, guid = ?6, link = ?7, title = ?8,
                 stated_published = ?9, stated_updated = ?10, stated_language = ?11, more = ?12, verdicts = ?13,
                 summary_text = ?14, summary = ?15, content = ?16
             WHERE entry = ?1",
            params![
                changed.id.0,
                at.unix(),
                changed.fingerprint.0,
                rows::topics_to_text(&topics),
                changed.language.as_ref().map(|lang| lang.as_str()),
                entry.guid.as_ref().map(|guid| guid.as_str()),
                entry.link.as_ref().map(|link| link.as_str()),
                entry.title.as_ref().map(|title| title.as_str()),
                entry.published.map(Timestamp::unix),
                entry.updated.map(Timestamp::unix),
                entry.language.as_ref().map(|lang| lang.as_str()),
                rows::more_cell(entry)?,
                rows::verdicts_cell(&changed.verdicts)?,
                rows::summary_text_cell(entry),
                entry.summary.as_ref().map(|html| html.as_str()),
                entry.content.as_ref().map(|html| html.as_str()),
            ],
        )?;
        self.index(changed.id, entry)?;
        self.topics_changed(source, story, &before, &topics)
    }

    fn topics_changed(
        &mut self,
        source: i64,
        story: i64,
        before: &[i64],
        after: &[i64],
    ) -> Result<(), StoreError> {
        if before == after {
            return Ok(());
        }
        self.count(source, 0, i64::from(!after.is_empty()) - i64::from(!before.is_empty()))?;
        self.settle(story).map(|_| ())
    }

    /// Replaces what the topics say of every entry that `judge` can tell of, page by page: the transaction grows on the disk, not in memory.
    pub(super) fn rejudge(&mut self, judge: &mut Judge<'_>) -> Result<u64, StoreError> {
        let mut judged = 0;
        let mut from = EntryId(i64::MIN);
        loop {
            let page = read::page(self.connection, from, PAGE)?;
            let Some(last) = page.last() else { return Ok(judged) };
            from = EntryId(last.id.0.saturating_add(1));
            for stored in &page {
                if let Some(verdicts) = judge(stored) {
                    self.replace_verdicts(stored.id, &verdicts)?;
                    judged += 1;
                }
            }
        }
    }

    fn replace_verdicts(
        &mut self,
        entry: EntryId,
        verdicts: &[TopicVerdict],
    ) -> Result<(), StoreError> {
        let Some((source, story, before)) = self.place(entry)? else { return Ok(()) };
        let topics = self.kept_by(verdicts)?;
        // Most rows stay as they are when a rule changes, and are not written again.
        self.run(
            "UPDATE entry SET topics = ?2, verdicts = ?3 WHERE entry = ?1 AND verdicts IS NOT ?3",
            params![entry.0, rows::topics_to_text(&topics), rows::verdicts_cell(verdicts)?],
        )?;
        self.topics_changed(source, story, &before, &topics)
    }

    /// Removes entries first seen before `before` that no configured source lists, stories without members, and sources without either.
    pub(super) fn prune(
        &mut self,
        before: Timestamp,
        configured: &BTreeSet<SourceKey>,
    ) -> Result<Pruned, StoreError> {
        let old = self.unlisted(before, configured)?;
        let mut pruned = Pruned::default();
        let mut stories = BTreeSet::new();
        let mut counts: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
        let mut gone = Vec::with_capacity(old.len());
        let pinned = self.pinned()?;
        for entry in old {
            let Some((source, story, topics)) = self.place(entry)? else { continue };
            if pinned.contains(&story) {
                continue;
            }
            self.run("DELETE FROM entry WHERE entry = ?1", [entry.0])?;
            self.run("DELETE FROM vector WHERE entry = ?1", [entry.0])?;
            self.unindex(entry)?;
            gone.push((entry, story));
            stories.insert(story);
            let (entries, kept) = counts.entry(source).or_default();
            *entries -= 1;
            *kept -= i64::from(!topics.is_empty());
            pruned.entries += 1;
        }
        for (source, (entries, kept)) in counts {
            self.count(source, entries, kept)?;
        }
        self.lead_on(&gone)?;
        for story in stories {
            pruned.stories += u64::from(self.settle(story)?);
        }
        self.forget_sources(configured)?;
        Ok(pruned)
    }

    /// Lets the ids that lead to an entry that has gone from its story lead to another member, or nowhere if there is none.
    fn lead_on(&self, gone: &[(EntryId, i64)]) -> Result<(), StoreError> {
        let any: bool =
            cached(self.connection, self.action, "SELECT EXISTS (SELECT 1 FROM former_story)")?
                .query_row([], |row| row.get(0))
                .map_err(sql_error(self.action))?;
        if !any {
            return Ok(());
        }
        let heir = format!(
            "UPDATE former_story SET entry = ifnull((SELECT min(entry) FROM ({})), 0) WHERE entry = ?2",
            read::members_of_story("entry")
        );
        for (entry, story) in gone {
            self.run(&heir, params![story, entry.0])?;
        }
        self.run("DELETE FROM former_story WHERE entry = 0", []).map(|_| ())
    }

    /// The entries first seen before `before` but for those in the last listing of a configured source.
    fn unlisted(
        &self,
        before: Timestamp,
        configured: &BTreeSet<SourceKey>,
    ) -> Result<Vec<EntryId>, StoreError> {
        // The plus keeps SQLite from taking the order from an index, and so from visiting every entry where none is old.
        let mut statement = cached(
            self.connection,
            self.action,
            "SELECT entry, identity, source FROM entry WHERE first_seen < ?1 ORDER BY +source",
        )?;
        let mut found = statement.query([before.unix()]).map_err(sql_error(self.action))?;
        let mut old = Vec::new();
        let mut listing: Option<(i64, HashSet<Identity>)> = None;
        while let Some(row) = sql_step(&mut found, self.action)? {
            let cells = Cells(row);
            let source = cells.number(2, "source of an entry")?;
            let listed = match &mut listing {
                Some((of, listed)) if *of == source => listed,
                _ => &mut listing.insert((source, self.protected(source, configured)?)).1,
            };
            if !listed.contains(&Identity(cells.digest(1, "identity")?)) {
                old.push(EntryId(cells.number(0, "number of an entry")?));
            }
        }
        Ok(old)
    }

    /// The identities in the last listing of a source, if it is configured.
    fn protected(
        &self,
        source: i64,
        configured: &BTreeSet<SourceKey>,
    ) -> Result<HashSet<Identity>, StoreError> {
        let mut statement = cached(
            self.connection,
            self.action,
            "SELECT source.key, listing.identities FROM listing JOIN source USING (source) WHERE source = ?1",
        )?;
        let mut found = statement.query([source]).map_err(sql_error(self.action))?;
        let Some(row) = sql_step(&mut found, self.action)? else { return Ok(HashSet::new()) };
        let cells = Cells(row);
        if !configured.contains(&cells.source_key(0)?) {
            return Ok(HashSet::new());
        }
        let identities =
            rows::identities_from_bytes(cells.bytes(1, "listing")?.unwrap_or_default())?;
        Ok(identities.into_iter().collect())
    }

    /// Forgets sources that are neither configured nor have entries.
    fn forget_sources(&mut self, configured: &BTreeSet<SourceKey>) -> Result<(), StoreError> {
        let mut gone = Vec::new();
        {
            let mut statement = cached(
                self.connection,
                self.action,
                "SELECT source, key FROM source WHERE entries = 0",
            )?;
            let mut found = statement.query([]).map_err(sql_error(self.action))?;
            while let Some(row) = sql_step(&mut found, self.action)? {
                let cells = Cells(row);
                let key = cells.source_key(1)?;
                if !configured.contains(&key) {
                    gone.push((cells.number(0, "source")?, key));
                }
            }
        }
        for (source, key) in gone {
            self.run("DELETE FROM listing WHERE source = ?1", [source])?;
            self.run("DELETE FROM source WHERE source = ?1", [source])?;
            self.numbers.sources.remove(&key);
        }
        Ok(())
    }
}
