//! What the curator knows of a poll that tells how well its source does.

use chrono_tz::Tz;

use crate::health::{self, Listing, Observation, Shown};
use crate::model::entry::Entry;
use crate::model::health::{FindingKind, Health};
use crate::model::text::Headline;
use crate::model::time::Timestamp;
use crate::run::poll::{ReadEntry, Seen};
use crate::store::Batch;

/// So many headlines of a document are enough to tell their shape.
const HEADLINES: usize = 200;

/// A poll, as far as health goes.
pub(super) struct Checked<'a> {
    /// When it was.
    pub(super) at: Timestamp,
    /// Bytes received.
    pub(super) received_bytes: u64,
    /// Whether its source has been read before.
    pub(super) was_read: bool,
    /// What it showed.
    pub(super) seen: &'a Seen,
    /// What it told.
    pub(super) told: &'a Told,
}

/// What a poll told.
pub(super) enum Told {
    /// Nothing but what is known.
    Unchanged,
    /// Nothing at all.
    Failed,
    /// A document.
    Read(Listed),
}

/// What a document listed.
pub(super) struct Listed {
    entries: usize,
    titles: Vec<Option<Headline>>,
    dates: Vec<Timestamp>,
    /// The dates that new entries state.
    pub(super) new_dates: Vec<Timestamp>,
    /// Entries that are known under other guids.
    pub(super) renamed: usize,
}

impl Listed {
    /// What these entries say, none of them new or renamed yet.
    pub(super) fn of(entries: &[ReadEntry]) -> Listed {
        let stated = |entry: &Entry| entry.published.or(entry.updated);
        Listed {
            entries: entries.len(),
            titles: entries.iter().take(HEADLINES).map(|read| read.entry.title.clone()).collect(),
            dates: entries.iter().filter_map(|read| stated(&read.entry)).collect(),
            new_dates: Vec::new(),
            renamed: 0,
        }
    }
}

/// Takes in what a poll says of the health of its source.
pub(super) fn check(batch: &mut Batch, checked: &Checked<'_>, zone: Tz) {
    let Checked { at, received_bytes, was_read, seen, told } = checked;
    let listing;
    let shown = match told {
        Told::Unchanged => Shown::Unchanged,
        Told::Failed => Shown::Failed { page: seen.page.as_ref() },
        Told::Read(listed) => {
            listing = Listing {
                entries: listed.entries,
                titles: listed
                    .titles
                    .iter()
                    .map(|title| title.as_ref().map(Headline::as_str))
                    .collect(),
                dates: listed.dates.clone(),
                new_dates: listed.new_dates.clone(),
                news: batch.new.iter().map(|new| new.published.at).collect(),
                renamed: listed.renamed,
                guessed_encoding: seen.guessed_encoding,
            };
            Shown::Read(&listing)
        }
    };
    let observation = Observation {
        at: *at,
        zone,
        bytes: *received_bytes,
        was_read: *was_read,
        moved_to: seen.moved_to.as_ref().map(|url| url.as_str()),
        layout: seen.layout.as_deref(),
        shown,
    };
    batch.state.health = health::after_poll(std::mem::take(&mut batch.state.health), &observation);
}

/// Takes in that there is news, of which a hub told and no poll.
pub(super) fn learn(batch: &mut Batch) {
    let news: Vec<Timestamp> = batch.new.iter().map(|new| new.published.at).collect();
    health::after_push(&mut batch.state.health, &news);
}

/// Closes what was found at another address.
pub(super) fn forget(health: &mut Health, at: Timestamp) {
    health.findings.retain(|finding| finding.opened.is_some());
    for finding in &mut health.findings {
        finding.suspicion = None;
        finding.closed = finding.closed.or(Some(at));
    }
}

/// Whether the same stands against a source.
pub(super) fn alike(before: &Health, after: &Health) -> bool {
    let open = |health: &Health| -> Vec<FindingKind> {
        health.open().iter().map(|finding| finding.kind).collect()
    };
    open(before) == open(after)
}
