//! The index of words: kept with each entry, and asked by the search.

use rusqlite::{Connection, params};

use super::read::cached;
use super::rows::{self, Cells};
use super::write::Pen;
use super::{sql_error, sql_step};
use crate::model::entry::Entry;
use crate::model::search::{Phrase, Search};
use crate::model::story::{EntryId, StoryId};
use crate::model::time::Timestamp;
use crate::store::{Hit, StoreError};

/// The fact that says how far the index is: `VERSION whole`, or `VERSION below NUMBER` while entries below that number are not in it.
const STANDING: &str = "search-index";
/// A headline says more than the text.
const WEIGHED: &str = "bm25(entry_words, 4.0, 1.0)";

/// The newest that match, at most `?2`, with how well each does.
fn matches() -> String {
    format!(
        "SELECT entry.entry, entry.published, story.id, matched.weight
         FROM (SELECT rowid AS entry, {WEIGHED} AS weight FROM entry_words
               WHERE entry_words MATCH ?1 ORDER BY rowid DESC LIMIT ?2) AS matched
         CROSS JOIN entry ON entry.entry = matched.entry
         CROSS JOIN story ON story.story = entry.story
         WHERE ?3 = 0 OR story.topics IS NOT NULL"
    )
}

pub(super) fn search(
    connection: &Connection,
    search: &Search,
    kept_only: bool,
    limit: usize,
) -> Result<Vec<Hit>, StoreError> {
    const ACTION: &str = "search";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = cached(connection, ACTION, &matches())?;
    let mut found = statement
        .query(params![expression(search), limit, kept_only])
        .map_err(sql_error(ACTION))?;
    let mut hits = Vec::new();
    while let Some(row) = sql_step(&mut found, ACTION)? {
        let cells = Cells(row);
        let weight: f64 = row.get(3).map_err(sql_error(ACTION))?;
        hits.push(Hit {
            entry: EntryId(cells.number(0, "number of an entry")?),
            published: Timestamp::from_unix(cells.number(1, "date of an entry")?),
            story: StoryId::from_bytes(cells.digest(2, "story id")?),
            // Less is better there, and nothing is worse than nothing.
            weight: (-weight).max(0.0),
        });
    }
    Ok(hits)
}

/// The search as FTS5 reads it. Each word stands in quotation marks, so that none is an operator.
fn expression(search: &Search) -> String {
    let all: Vec<String> = search.all.iter().map(quoted).collect();
    let mut expression = all.join(" AND ");
    if !search.none.is_empty() {
        let none: Vec<String> = search.none.iter().map(quoted).collect();
        expression = format!("({expression}) NOT ({})", none.join(" OR "));
    }
    expression
}

fn quoted(phrase: &Phrase) -> String {
    let words = phrase.words.join(" ").replace('"', "");
    format!("\"{words}\"{}", if phrase.open { " *" } else { "" })
}

/// Whether every entry is in the index.
pub(super) fn is_whole(connection: &Connection) -> Result<bool, StoreError> {
    Ok(super::read::fact(connection, STANDING)?.is_some_and(|fact| fact.ends_with("whole")))
}

impl Pen<'_> {
    /// Puts the words of an entry into the index, in the place of those it had.
    pub(super) fn index(&self, id: EntryId, entry: &Entry) -> Result<(), StoreError> {
        let Some(index) = self.index_by() else { return Ok(()) };
        let words = (index.findable)(entry);
        self.unindex(id)?;
        self.run(
            "INSERT INTO entry_words (rowid, title, text) VALUES (?1, ?2, ?3)",
            params![id.0, words.title, words.text],
        )
        .map(|_| ())
    }

    /// Takes an entry out of the index.
    pub(super) fn unindex(&self, id: EntryId) -> Result<(), StoreError> {
        self.run("DELETE FROM entry_words WHERE rowid = ?1", [id.0]).map(|_| ())
    }

    /// Puts the newest entries that are not in the index into it, at most `limit`. Says whether more are left.
    pub(super) fn index_backlog(&mut self, limit: usize) -> Result<bool, StoreError> {
        let Some(index) = self.index_by() else { return Ok(false) };
        let version = index.version;
        let standing = super::read::fact(self.connection(), STANDING)?.unwrap_or_default();
        let below = match standing.strip_prefix(&format!("{version} ")) {
            Some("whole") => return Ok(false),
            Some(below) => below.strip_prefix("below ").and_then(|number| number.parse().ok()),
            None => None,
        };
        let below = match below {
            Some(below) => below,
            None => {
                // Made by other rules, or never.
                self.run("INSERT INTO entry_words (entry_words) VALUES ('delete-all')", [])?;
                i64::MAX
            }
        };
        let entries = page_below(self.connection(), below, limit)?;
        for (id, entry) in &entries {
            self.index(*id, entry)?;
        }
        let more = entries.len() >= limit;
        let standing = match entries.last() {
            Some((last, _)) if more => format!("{version} below {}", last.0),
            Some(_) | None => format!("{version} whole"),
        };
        self.run(
            "INSERT INTO fact (name, value) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            params![STANDING, standing],
        )?;
        Ok(more)
    }
}

/// At most `limit` entries below a number, by descending number.
fn page_below(
    connection: &Connection,
    below: i64,
    limit: usize,
) -> Result<Vec<(EntryId, Entry)>, StoreError> {
    const ACTION: &str = "read a page of entries";
    let sql = format!(
        "SELECT {}, (SELECT key FROM source WHERE source.source = entry.source)
         FROM entry WHERE entry < ?1 ORDER BY entry DESC LIMIT ?2",
        rows::STORED_ENTRY
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = cached(connection, ACTION, &sql)?;
    let mut found = statement.query(params![below, limit]).map_err(sql_error(ACTION))?;
    let mut page = Vec::new();
    while let Some(row) = sql_step(&mut found, ACTION)? {
        let cells = Cells(row);
        let stored = rows::stored_entry(&cells, cells.source_key(18)?)?;
        page.push((stored.id, stored.entry));
    }
    Ok(page)
}
