//! The health of the sources.

use askama::Template;

use super::words::{self, Moment};
use super::{Desk, Frame, rendered};
use crate::model::source::SourceKey;
use crate::model::time::Timestamp;
use crate::model::url::WebUrl;

/// What the page of the sources shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourcesView {
    /// When this was looked up.
    pub at: Timestamp,
    /// The sources, in the order of the configuration.
    pub rows: Vec<SourceRow>,
}

/// One source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRow {
    /// Its stable name.
    pub key: SourceKey,
    /// Its name for people.
    pub name: String,
    /// Its address, without credentials.
    pub url: String,
    /// Why the last poll failed; `None` if it did not.
    pub error: Option<SourceProblem>,
    /// Entries in the store.
    pub entries: u64,
    /// Entries that some topic keeps.
    pub kept: u64,
    /// The last poll that told what the source holds.
    pub last_success: Option<Timestamp>,
    /// The earliest next poll; `None` if there will be none.
    pub next_due: Option<Timestamp>,
    /// Polls in all.
    pub polls: u64,
    /// Polls answered by "not modified".
    pub not_modified: u64,
}

/// Why a poll failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceProblem {
    /// A short word: `timeout`, `http-404`.
    pub class: String,
    /// In a line.
    pub message: String,
    /// When the row of failures began.
    pub since: Timestamp,
}

/// Renders the page of the sources: those that fail first, each group in the order given.
pub fn sources(desk: &Desk, view: &SourcesView) -> String {
    let today = Some(words::day(view.at, desk.zone));
    let say = |at: Timestamp| words::moment(at, desk.zone, today);
    let mut rows: Vec<RowPart<'_>> = view
        .rows
        .iter()
        .map(|row| RowPart {
            row,
            link: WebUrl::parse(&row.url),
            since: row.error.as_ref().map(|error| say(error.since)),
            last_success: row.last_success.map(say),
            next_due: row.next_due.map(say),
            unchanged_percent: row
                .not_modified
                .saturating_mul(100)
                .checked_div(row.polls)
                .filter(|_| row.polls > 0),
        })
        .collect();
    rows.sort_by_key(|part| part.row.error.is_none());
    rendered(&Page {
        frame: Frame::new(desk, "", Some("Sources")),
        at: say(view.at),
        failing: rows.iter().filter(|part| part.row.error.is_some()).count(),
        rows,
    })
}

#[derive(Template)]
#[template(path = "sources.html", whitespace = "minimize")]
struct Page<'a> {
    frame: Frame<'a>,
    at: Moment,
    failing: usize,
    rows: Vec<RowPart<'a>>,
}

struct RowPart<'a> {
    row: &'a SourceRow,
    /// The address, where a browser can go to it.
    link: Option<WebUrl>,
    since: Option<Moment>,
    last_success: Option<Moment>,
    next_due: Option<Moment>,
    unchanged_percent: Option<u64>,
}
