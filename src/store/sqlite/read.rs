//! The questions of [`StoreReader`](crate::store::StoreReader), on any connection.

use std::collections::hash_map::Entry as Slot;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::ControlFlow;

use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

use super::rows::{self, Cells, damaged};
use super::{sql_error, sql_step, state};
use crate::model::decision::{Decision, DecisionId};
use crate::model::identity::{Fingerprint, Identity};
use crate::model::source::{SourceKey, SourceState};
use crate::model::story::{EntryId, MemberKey, StoredEntry, Story, StoryId};
use crate::model::time::Timestamp;
use crate::model::url::WebUrl;
use crate::model::vector::Vector;
use crate::model::verdict::TopicName;
use crate::store::{
    FoundEntry, KnownEntry, PlacedEntry, SourceCounts, StoreError, StoryQuery, word,
};

/// The topic that stands for "every story".
pub(super) const EVERY_STORY: i64 = 0;

/// Runs several statements on one state of the store, whatever is written meanwhile.
pub(super) fn snapshot<T>(
    connection: &Connection,
    read: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    // Only reads: dropping it takes nothing back.
    let transaction = connection.unchecked_transaction().map_err(sql_error("begin to read"))?;
    read(&transaction)
}

pub(super) fn source_states(
    connection: &Connection,
) -> Result<HashMap<SourceKey, SourceState>, StoreError> {
    const ACTION: &str = "read the states of sources";
    let mut statement = cached(
        connection,
        ACTION,
        "SELECT key, etag, last_modified, body_digest, state FROM source",
    )?;
    let mut found = statement.query([]).map_err(sql_error(ACTION))?;
    let mut states = HashMap::new();
    while let Some(row) = found.next().map_err(sql_error(ACTION))? {
        let cells = Cells(row);
        states.insert(cells.source_key(0)?, state::state(&cells, 1)?);
    }
    Ok(states)
}

/// Each step by an index, in this order (`CROSS JOIN` leaves SQLite no choice, whatever it knows of the tables).
pub(super) const KNOWN_ENTRIES: &str = "SELECT entry.entry, entry.identity, entry.fingerprint, story.id
     FROM source CROSS JOIN entry ON entry.source = source.source CROSS JOIN story ON story.story = entry.story
     WHERE source.key = ?1";

pub(super) fn known_entries(
    connection: &Connection,
    source: &SourceKey,
) -> Result<HashMap<Identity, KnownEntry>, StoreError> {
    const ACTION: &str = "read the entries of a source";
    let mut statement = cached(connection, ACTION, KNOWN_ENTRIES)?;
    let mut found = statement.query([source.as_str()]).map_err(sql_error(ACTION))?;
    let mut known = HashMap::new();
    while let Some(row) = found.next().map_err(sql_error(ACTION))? {
        let cells = Cells(row);
        let entry = KnownEntry {
            id: EntryId(cells.number(0, "number of an entry")?),
            fingerprint: Fingerprint(cells.digest(2, "fingerprint")?),
            story: StoryId::from_bytes(cells.digest(3, "story id")?),
        };
        known.insert(Identity(cells.digest(1, "identity")?), entry);
    }
    Ok(known)
}

pub(super) fn left_out(
    connection: &Connection,
    source: &SourceKey,
    listed: &HashSet<Identity>,
) -> Result<Vec<StoredEntry>, StoreError> {
    const ACTION: &str = "read what a source lists no more";
    let mut listing = cached(
        connection,
        ACTION,
        "SELECT source.source, listing.identities FROM source JOIN listing USING (source) WHERE source.key = ?1",
    )?;
    let mut found = listing.query([source.as_str()]).map_err(sql_error(ACTION))?;
    let Some(row) = sql_step(&mut found, ACTION)? else { return Ok(Vec::new()) };
    let cells = Cells(row);
    let number = cells.number(0, "number of a source")?;
    let before = rows::identities_from_bytes(cells.bytes(1, "listing")?.unwrap_or_default())?;
    let sql =
        format!("SELECT {} FROM entry WHERE source = ?1 AND identity = ?2", rows::STORED_ENTRY);
    let mut statement = cached(connection, ACTION, &sql)?;
    let mut entries = Vec::new();
    for identity in before.iter().filter(|identity| !listed.contains(identity)) {
        let mut found = statement.query(params![number, identity.0]).map_err(sql_error(ACTION))?;
        if let Some(row) = sql_step(&mut found, ACTION)? {
            entries.push(rows::stored_entry(&Cells(row), source.clone())?);
        }
    }
    Ok(entries)
}

pub(super) fn stories(
    connection: &Connection,
    query: &StoryQuery<'_>,
) -> Result<Vec<Story>, StoreError> {
    let topics = if query.topics.is_empty() {
        vec![EVERY_STORY]
    } else {
        let mut numbers = Vec::with_capacity(query.topics.len());
        for topic in query.topics {
            numbers.extend(topic_number(connection, topic.as_str())?);
        }
        numbers
    };
    let since = query.since.map_or(i64::MIN, Timestamp::unix);
    // The newest of all are among the newest of each.
    let mut newest = BTreeSet::new();
    for topic in topics {
        newest_of(connection, topic, since, query.limit, &mut newest)?;
    }
    let mut shelf = Shelf::new(connection)?;
    newest.iter().take(query.limit).map(|place| shelf.story(place.id, place.story)).collect()
}

/// The stories published in a span of time, newest first, at most `limit`.
pub(super) fn stories_between(
    connection: &Connection,
    from: Timestamp,
    until: Timestamp,
    limit: usize,
) -> Result<Vec<Story>, StoreError> {
    const ACTION: &str = "list stories";
    const SQL: &str = "SELECT story_topic.published, story_topic.story, story.id
         FROM story_topic CROSS JOIN story ON story.story = story_topic.story
         WHERE story_topic.topic = ?1 AND story_topic.published >= ?2 AND story_topic.published < ?3
         ORDER BY story_topic.published DESC LIMIT ?4";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut places = BTreeSet::new();
    let mut statement = cached(connection, ACTION, SQL)?;
    let mut found = statement
        .query(params![EVERY_STORY, from.unix(), until.unix(), limit])
        .map_err(sql_error(ACTION))?;
    while let Some(row) = found.next().map_err(sql_error(ACTION))? {
        places.insert(Place::read(&Cells(row))?);
    }
    let mut shelf = Shelf::new(connection)?;
    places.iter().map(|place| shelf.story(place.id, place.story)).collect()
}

/// The date of the newest story published before `until`.
pub(super) fn last_before(
    connection: &Connection,
    until: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    const ACTION: &str = "list stories";
    const SQL: &str = "SELECT published FROM story_topic WHERE topic = ?1 AND published < ?2
         ORDER BY published DESC LIMIT 1";
    let found: Option<i64> = cached(connection, ACTION, SQL)?
        .query_row(params![EVERY_STORY, until.unix()], |row| row.get(0))
        .optional()
        .map_err(sql_error(ACTION))?;
    Ok(found.map(Timestamp::from_unix))
}

/// Where a story stands among others: newest first, equal dates by ascending id.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    age: std::cmp::Reverse<i64>,
    id: StoryId,
    story: i64,
}

impl Place {
    /// The place in a row of [`NEWEST`].
    fn read(cells: &Cells<'_, '_>) -> Result<Place, StoreError> {
        Ok(Place {
            age: std::cmp::Reverse(cells.number(0, "date of a story")?),
            id: StoryId::from_bytes(cells.digest(2, "story id")?),
            story: cells.number(1, "story")?,
        })
    }
}

/// The stories of a topic from the newest on.
pub(super) const NEWEST: &str = "SELECT story_topic.published, story_topic.story, story.id
     FROM story_topic CROSS JOIN story ON story.story = story_topic.story
     WHERE story_topic.topic = ?1 AND story_topic.published >= ?2
     ORDER BY story_topic.published DESC";

/// Adds the newest stories of a topic, at least the first `limit` of their total order.
fn newest_of(
    connection: &Connection,
    topic: i64,
    since: i64,
    limit: usize,
    newest: &mut BTreeSet<Place>,
) -> Result<(), StoreError> {
    const ACTION: &str = "list stories";
    let mut statement = cached(connection, ACTION, NEWEST)?;
    let mut found = statement.query(params![topic, since]).map_err(sql_error(ACTION))?;
    let mut taken = 0;
    let mut oldest = i64::MAX;
    while let Some(row) = found.next().map_err(sql_error(ACTION))? {
        let place = Place::read(&Cells(row))?;
        let published = place.age.0;
        // The index orders equal dates by number, the answer by id: all of the last date are needed to tell which come first.
        if taken >= limit && published != oldest {
            break;
        }
        taken += 1;
        oldest = published;
        newest.insert(place);
    }
    Ok(())
}

/// The dates and numbers of the stories in the listing are read ahead of the stories, those of one date at a time: a page of them costs little, and
/// of one date all are needed to tell which id comes first.
pub(super) fn each_story(
    connection: &Connection,
    since: Option<Timestamp>,
    each: &mut dyn FnMut(Story) -> ControlFlow<()>,
) -> Result<(), StoreError> {
    const ACTION: &str = "list stories";
    let mut statement = cached(connection, ACTION, NEWEST)?;
    let since = since.map_or(i64::MIN, Timestamp::unix);
    let mut found = statement.query(params![EVERY_STORY, since]).map_err(sql_error(ACTION))?;
    let mut shelf = Shelf::new(connection)?;
    let mut of_one_date: Vec<Place> = Vec::new();
    loop {
        let next = match sql_step(&mut found, ACTION)? {
            Some(row) => Some(Place::read(&Cells(row))?),
            None => None,
        };
        let goes_on = next
            .as_ref()
            .is_some_and(|next| of_one_date.last().is_none_or(|last| last.age == next.age));
        if !goes_on {
            of_one_date.sort_unstable();
            for place in of_one_date.drain(..) {
                if each(shelf.story(place.id, place.story)?).is_break() {
                    return Ok(());
                }
            }
        }
        match next {
            Some(next) => of_one_date.push(next),
            None => return Ok(()),
        }
    }
}

/// Where the id of a story leads that has none of its own any more: to the story of an entry that was in it.
const FORMER: &str = "SELECT story.id FROM former_story
     CROSS JOIN entry ON entry.entry = former_story.entry CROSS JOIN story ON story.story = entry.story
     WHERE former_story.id = ?1";

pub(super) fn story_now(
    connection: &Connection,
    id: StoryId,
) -> Result<Option<StoryId>, StoreError> {
    const ACTION: &str = "find a story";
    if story_number(connection, id)?.is_some() {
        return Ok(Some(id));
    }
    let found: Option<[u8; 16]> = cached(connection, ACTION, FORMER)?
        .query_row([id.to_bytes()], |row| row.get(0))
        .optional()
        .map_err(sql_error(ACTION))?;
    Ok(found.map(StoryId::from_bytes))
}

/// The number, story and id of the story of the entry of source `?1` with identity `?2`; each step by an index.
pub(super) const WHEREABOUTS: &str = "SELECT entry.entry, entry.story, story.id
     FROM source CROSS JOIN entry ON entry.source = source.source CROSS JOIN story ON story.story = entry.story
     WHERE source.key = ?1 AND entry.identity = ?2";

/// Where an entry is.
pub(super) struct Whereabouts {
    pub(super) entry: i64,
    pub(super) story: i64,
    pub(super) id: StoryId,
}

/// Where an entry is, if it is there at all.
pub(super) fn where_is(
    connection: &Connection,
    key: &MemberKey,
) -> Result<Option<Whereabouts>, StoreError> {
    const ACTION: &str = "find an entry";
    let mut statement = cached(connection, ACTION, WHEREABOUTS)?;
    let mut found =
        statement.query(params![key.source.as_str(), key.identity.0]).map_err(sql_error(ACTION))?;
    let Some(row) = sql_step(&mut found, ACTION)? else { return Ok(None) };
    let cells = Cells(row);
    Ok(Some(Whereabouts {
        entry: cells.number(0, "number of an entry")?,
        story: cells.number(1, "story of an entry")?,
        id: StoryId::from_bytes(cells.digest(2, "story id")?),
    }))
}

pub(super) fn story_of(
    connection: &Connection,
    key: &MemberKey,
) -> Result<Option<StoryId>, StoreError> {
    Ok(where_is(connection, key)?.map(|place| place.id))
}

/// The entry with number `?1`.
pub(super) fn entry_by_number() -> String {
    format!("SELECT {} FROM entry WHERE entry = ?1", rows::STORED_ENTRY)
}

pub(super) fn entries(
    connection: &Connection,
    keys: &[MemberKey],
) -> Result<Vec<Option<StoredEntry>>, StoreError> {
    const ACTION: &str = "read entries";
    let mut statement = cached(connection, ACTION, &entry_by_number())?;
    let mut entries = Vec::with_capacity(keys.len());
    for key in keys {
        let Some(place) = where_is(connection, key)? else {
            entries.push(None);
            continue;
        };
        let mut found = statement.query([place.entry]).map_err(sql_error(ACTION))?;
        entries.push(match sql_step(&mut found, ACTION)? {
            Some(row) => Some(rows::stored_entry(&Cells(row), key.source.clone())?),
            None => None,
        });
    }
    Ok(entries)
}

pub(super) fn decisions(connection: &Connection) -> Result<Vec<Decision>, StoreError> {
    const ACTION: &str = "read what the curator said";
    let sql = "SELECT decision, at, word FROM decision ORDER BY number";
    let mut statement = cached(connection, ACTION, sql)?;
    let mut found = statement.query([]).map_err(sql_error(ACTION))?;
    let mut decisions = Vec::new();
    while let Some(row) = sql_step(&mut found, ACTION)? {
        let cells = Cells(row);
        let text = cells.text(2, "decision")?.unwrap_or_default();
        decisions.push(Decision {
            id: DecisionId(cells.digest(0, "decision")?),
            at: Timestamp::from_unix(cells.number(1, "date of a decision")?),
            word: word::word_from_text(text).ok_or_else(|| damaged("decision", text))?,
        });
    }
    Ok(decisions)
}

pub(super) fn story(connection: &Connection, id: StoryId) -> Result<Option<Story>, StoreError> {
    match story_number(connection, id)? {
        Some(number) => Shelf::new(connection)?.story(id, number).map(Some),
        None => Ok(None),
    }
}

/// The number of a story.
pub(super) fn story_number(
    connection: &Connection,
    id: StoryId,
) -> Result<Option<i64>, StoreError> {
    const ACTION: &str = "find a story";
    cached(connection, ACTION, STORY_BY_ID)?
        .query_row([id.to_bytes()], |row| row.get(0))
        .optional()
        .map_err(sql_error(ACTION))
}

/// `story, published, topics` of the story whose id is `?1`, by the index of the first bytes.
pub(super) const STORY_BY_ID: &str = "SELECT story, published, topics FROM story WHERE substr(id, 1, 4) = substr(?1, 1, 4) AND id = ?1";

/// The number of a topic, if an entry was ever judged by it.
pub(super) fn topic_number(connection: &Connection, name: &str) -> Result<Option<i64>, StoreError> {
    const ACTION: &str = "find a topic";
    cached(connection, ACTION, "SELECT topic FROM topic WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()
        .map_err(sql_error(ACTION))
}

/// Reads these columns of the members of the story `?1`: the opening entry has its number, the others have rows in an index.
pub(super) fn members_of_story(columns: &str) -> String {
    format!(
        "SELECT {columns} FROM entry WHERE entry = ?1 AND story = ?1
         UNION ALL
         SELECT {columns} FROM entry WHERE story = ?1 AND entry <> story"
    )
}

/// Puts stories together from their rows.
struct Shelf<'a> {
    connection: &'a Connection,
    members: CachedStatement<'a>,
    rearranged: CachedStatement<'a>,
    sources: HashMap<i64, SourceKey>,
}

impl<'a> Shelf<'a> {
    fn new(connection: &'a Connection) -> Result<Shelf<'a>, StoreError> {
        use rows::{MEMBER, STORED_ENTRY};
        let columns = format!("{STORED_ENTRY}, {MEMBER}");
        let members = cached(connection, "read a story", &members_of_story(&columns))?;
        let rearranged =
            cached(connection, "read a story", "SELECT rearranged FROM story WHERE story = ?1")?;
        Ok(Shelf { connection, members, rearranged, sources: HashMap::new() })
    }

    fn story(&mut self, id: StoryId, number: i64) -> Result<Story, StoreError> {
        const ACTION: &str = "read a story";
        let mut members = Vec::new();
        let mut found = self.members.query([number]).map_err(sql_error(ACTION))?;
        while let Some(row) = found.next().map_err(sql_error(ACTION))? {
            let cells = Cells(row);
            let source =
                source_key(self.connection, &mut self.sources, rows::source_number(&cells)?)?;
            members.push(rows::member(&cells, source)?);
        }
        if members.is_empty() {
            return Err(damaged("story", format!("{id} has no member")));
        }
        members.sort_unstable_by_key(|member| member.entry.id);
        let rearranged: Option<i64> =
            self.rearranged.query_row([number], |row| row.get(0)).map_err(sql_error(ACTION))?;
        Ok(Story { id, members, rearranged: rearranged.map(Timestamp::from_unix) })
    }
}

/// The key of a source, looked up once.
fn source_key(
    connection: &Connection,
    known: &mut HashMap<i64, SourceKey>,
    number: i64,
) -> Result<SourceKey, StoreError> {
    const ACTION: &str = "find a source";
    match known.entry(number) {
        Slot::Occupied(key) => Ok(key.get().clone()),
        Slot::Vacant(slot) => {
            let mut statement =
                cached(connection, ACTION, "SELECT key FROM source WHERE source = ?1")?;
            let mut found = statement.query([number]).map_err(sql_error(ACTION))?;
            let row = found
                .next()
                .map_err(sql_error(ACTION))?
                .ok_or_else(|| damaged("source of an entry", number.to_string()))?;
            Ok(slot.insert(Cells(row).source_key(0)?).clone())
        }
    }
}

pub(super) fn find(connection: &Connection, needle: &str) -> Result<Vec<StoryId>, StoreError> {
    let mut stories = Vec::new();
    if let Some(id) = StoryId::parse(needle.trim()) {
        stories.extend(story_now(connection, id)?);
    }
    for found in find_entries(connection, needle)? {
        if !stories.contains(&found.story) {
            stories.push(found.story);
        }
    }
    Ok(stories)
}

pub(super) fn find_entries(
    connection: &Connection,
    needle: &str,
) -> Result<Vec<FoundEntry>, StoreError> {
    let needle = needle.trim();
    let mut found = Found { connection, entries: Vec::new() };
    if let Ok(number) = needle.parse::<i64>() {
        found.entry(number)?;
    }
    found.by_guid_or_link(needle)?;
    Ok(found.entries)
}

struct Found<'a> {
    connection: &'a Connection,
    /// In the order of finding, each once.
    entries: Vec<FoundEntry>,
}

impl Found<'_> {
    fn entry(&mut self, entry: i64) -> Result<(), StoreError> {
        const ACTION: &str = "find an entry";
        let mut statement = cached(
            self.connection,
            ACTION,
            "SELECT story.id, source.key, entry.identity
             FROM entry JOIN story ON story.story = entry.story JOIN source ON source.source = entry.source
             WHERE entry.entry = ?1",
        )?;
        let mut rows = statement.query([entry]).map_err(sql_error(ACTION))?;
        if let Some(row) = rows.next().map_err(sql_error(ACTION))? {
            let cells = Cells(row);
            let found = FoundEntry {
                id: EntryId(entry),
                key: MemberKey {
                    source: cells.source_key(1)?,
                    identity: Identity(cells.digest(2, "identity")?),
                },
                story: StoryId::from_bytes(cells.digest(0, "story id")?),
            };
            if !self.entries.contains(&found) {
                self.entries.push(found);
            }
        }
        Ok(())
    }

    /// Scans: neither guids nor links have an index, for only people ask by them.
    fn by_guid_or_link(&mut self, needle: &str) -> Result<(), StoreError> {
        const ACTION: &str = "find an entry";
        let page = WebUrl::parse(needle).map(|url| url.canonical());
        // Most links are of other hosts and need not be read as URLs.
        let host = page.as_ref().and_then(|page| page.as_str().strip_prefix("https://"));
        let host = host.and_then(|rest| rest.split('/').next()).map(str::as_bytes);
        let host = host.map(memchr::memmem::Finder::new);
        let is_page = |text: &str| {
            host.as_ref().is_some_and(|host| host.find(text.as_bytes()).is_some())
                && WebUrl::parse(text).map(|url| url.canonical()) == page
        };
        let mut statement = cached(self.connection, ACTION, "SELECT entry, guid, link FROM entry")?;
        let mut rows = statement.query([]).map_err(sql_error(ACTION))?;
        while let Some(row) = rows.next().map_err(sql_error(ACTION))? {
            let cells = Cells(row);
            let (guid, link) = (cells.text(1, "guid")?, cells.text(2, "link")?);
            let hit = |text: Option<&str>| text.is_some_and(|text| text == needle || is_page(text));
            if hit(guid) || hit(link) {
                self.entry(cells.number(0, "number of an entry")?)?;
            }
        }
        Ok(())
    }
}

/// The first entry seen at `?1` or later. The plus keeps SQLite from looking for the least number first, through all rows seen before.
pub(super) const FIRST_SINCE: &str = "SELECT min(+entry) FROM entry WHERE first_seen >= ?1";

/// The entries from number `?1` on that were seen at `?2` or later, by number.
pub(super) fn entries_from() -> String {
    format!(
        "SELECT {}, story, topics FROM entry NOT INDEXED WHERE entry >= ?1 AND first_seen >= ?2 ORDER BY entry",
        rows::STORED_ENTRY
    )
}

pub(super) fn each_entry_since(
    connection: &Connection,
    since: Timestamp,
    encoder: u32,
    each: &mut dyn FnMut(PlacedEntry),
) -> Result<(), StoreError> {
    const ACTION: &str = "read the latest entries";
    // Numbers grow with time, so all that are wanted lie behind the first of them; the index alone tells which that is. Sorting them by
    // number would hold them all.
    let first: Option<i64> = cached(connection, ACTION, FIRST_SINCE)?
        .query_row([since.unix()], |row| row.get(0))
        .map_err(sql_error(ACTION))?;
    let Some(first) = first else { return Ok(()) };
    let topics = topic_names(connection)?;
    let mut stories = cached(connection, ACTION, "SELECT id FROM story WHERE story = ?1")?;
    let mut statement = cached(connection, ACTION, &entries_from())?;
    let mut sources = HashMap::new();
    let mut found = statement.query(params![first, since.unix()]).map_err(sql_error(ACTION))?;
    while let Some(row) = found.next().map_err(sql_error(ACTION))? {
        let cells = Cells(row);
        let number = cells.number(18, "story of an entry")?;
        let source = source_key(connection, &mut sources, rows::source_number(&cells)?)?;
        let mut story = stories.query([number]).map_err(sql_error(ACTION))?;
        let story = sql_step(&mut story, ACTION)?
            .ok_or_else(|| damaged("story of an entry", number.to_string()))?;
        let story = StoryId::from_bytes(Cells(story).digest(0, "story id")?);
        let mut kept_by = Vec::new();
        for topic in cells.topics(19)? {
            kept_by.extend(topics.get(&topic).cloned());
        }
        let entry = rows::stored_entry(&cells, source)?;
        // Only of what some topic keeps is the meaning worked out.
        let vector = match kept_by.is_empty() {
            true => None,
            false => vector(connection, entry.id, encoder)?,
        };
        each(PlacedEntry { entry, story, kept_by, vector });
    }
    Ok(())
}

/// The names of all topics.
fn topic_names(connection: &Connection) -> Result<HashMap<i64, TopicName>, StoreError> {
    const ACTION: &str = "read the topics";
    let mut statement = cached(connection, ACTION, "SELECT topic, name FROM topic")?;
    let mut found = statement.query([]).map_err(sql_error(ACTION))?;
    let mut names = HashMap::new();
    while let Some(row) = sql_step(&mut found, ACTION)? {
        let cells = Cells(row);
        let name = cells.text(1, "name of a topic")?.unwrap_or_default();
        let name = TopicName::parse(name).ok_or_else(|| damaged("name of a topic", name))?;
        names.insert(cells.number(0, "topic")?, name);
    }
    Ok(names)
}

/// What a headline means, if this version of the encoder has worked it out.
fn vector(
    connection: &Connection,
    entry: EntryId,
    encoder: u32,
) -> Result<Option<Vector>, StoreError> {
    const ACTION: &str = "read a vector";
    const SQL: &str = "SELECT value FROM vector WHERE entry = ?1 AND encoder = ?2";
    let mut statement = cached(connection, ACTION, SQL)?;
    let mut found = statement.query(params![entry.0, encoder]).map_err(sql_error(ACTION))?;
    let Some(row) = sql_step(&mut found, ACTION)? else { return Ok(None) };
    let bytes = Cells(row).bytes(0, "vector")?.unwrap_or_default();
    let vector = Vector::from_bytes(bytes)
        .ok_or_else(|| damaged("vector", format!("{} bytes", bytes.len())))?;
    Ok(Some(vector))
}

/// The entries from number `?1` on, by number, `?2` of them.
pub(super) fn page_of_entries() -> String {
    format!("SELECT {} FROM entry WHERE entry >= ?1 ORDER BY entry LIMIT ?2", rows::STORED_ENTRY)
}

/// At most `limit` entries from a number on, by number.
pub(super) fn page(
    connection: &Connection,
    from: EntryId,
    limit: usize,
) -> Result<Vec<StoredEntry>, StoreError> {
    const ACTION: &str = "read a page of entries";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = cached(connection, ACTION, &page_of_entries())?;
    let mut found = statement.query(params![from.0, limit]).map_err(sql_error(ACTION))?;
    let mut sources = HashMap::new();
    let mut page = Vec::new();
    while let Some(row) = sql_step(&mut found, ACTION)? {
        let cells = Cells(row);
        let source = source_key(connection, &mut sources, rows::source_number(&cells)?)?;
        page.push(rows::stored_entry(&cells, source)?);
    }
    Ok(page)
}

pub(super) fn source_counts(
    connection: &Connection,
) -> Result<HashMap<SourceKey, SourceCounts>, StoreError> {
    const ACTION: &str = "count entries";
    let mut statement = cached(connection, ACTION, "SELECT key, entries, kept FROM source")?;
    let mut found = statement.query([]).map_err(sql_error(ACTION))?;
    let mut counts = HashMap::new();
    while let Some(row) = found.next().map_err(sql_error(ACTION))? {
        let cells = Cells(row);
        let count = SourceCounts {
            entries: cells.count(1, "number of entries")?,
            kept: cells.count(2, "number of entries")?,
        };
        counts.insert(cells.source_key(0)?, count);
    }
    Ok(counts)
}

pub(super) fn fact(connection: &Connection, name: &str) -> Result<Option<String>, StoreError> {
    const ACTION: &str = "read a fact";
    cached(connection, ACTION, "SELECT value FROM fact WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()
        .map_err(sql_error(ACTION))
}

/// A statement, prepared once a connection.
pub(super) fn cached<'a>(
    connection: &'a Connection,
    action: &'static str,
    sql: &str,
) -> Result<CachedStatement<'a>, StoreError> {
    connection.prepare_cached(sql).map_err(sql_error(action))
}
