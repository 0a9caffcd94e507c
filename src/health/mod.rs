//! What a source did before, and what a poll shows, → what is wrong with it.
//!
//! Pure: the curator calls [`after_poll`] with every poll. A finding opens when enough polls in a row show its cause, closes with the first that shows
//! the cause gone, and is kept with its times. One odd answer opens nothing, and what opened and closed before needs twice the evidence each time, so
//! that nothing flaps.

mod cadence;
mod page;
mod titles;

use std::time::Duration;

use chrono::Datelike as _;
use chrono_tz::Tz;

pub use page::{PageSigns, signs};

use crate::model::health::{DayCount, Finding, FindingKind, Habits, Health, Suspicion};
use crate::model::time::Timestamp;

/// So many days of polls are kept.
const DAYS_KEPT: i32 = 14;
/// What is closed is told of for so long.
const CLOSED_KEPT: Duration = Duration::from_hours(90 * 24);
/// A change of guids is news for so long.
const GUIDS_NEWS: Duration = Duration::from_hours(3 * 24);
/// After so long another shape of headlines is how the source writes.
const SHAPE_SETTLES: Duration = Duration::from_hours(30 * 24);
/// A date no further ahead is a clock that goes wrong by minutes.
const CLOCKS_DIFFER: Duration = Duration::from_mins(10);
/// A document of fewer entries may well be empty on a quiet day.
const FEW_ENTRIES: u32 = 3;
/// A document that had so many and has a tenth of them has nearly none.
const MANY_ENTRIES: u32 = 10;

/// What a poll shows.
#[derive(Debug, Clone, Copy)]
pub struct Observation<'a> {
    /// When it was.
    pub at: Timestamp,
    /// The zone of the desk, in which its days are counted.
    pub zone: Tz,
    /// Bytes received.
    pub bytes: u64,
    /// Whether the source has been read before.
    pub was_read: bool,
    /// Where the server says that the source has moved for good.
    pub moved_to: Option<&'a str>,
    /// What of a listing page is no longer where it was, in words; said by whoever reads such pages.
    pub layout: Option<&'a str>,
    /// What came.
    pub shown: Shown<'a>,
}

/// What came of a poll.
#[derive(Debug, Clone, Copy)]
pub enum Shown<'a> {
    /// Nothing but what is known.
    Unchanged,
    /// No document; a web page instead, if that is what came.
    Failed {
        /// What that page tells.
        page: Option<&'a PageSigns>,
    },
    /// A document.
    Read(&'a Listing<'a>),
}

/// What a document lists, as far as health goes.
#[derive(Debug, Clone, Default)]
pub struct Listing<'a> {
    /// How many entries there are.
    pub entries: usize,
    /// The headlines of the first entries.
    pub titles: Vec<Option<&'a str>>,
    /// The dates that entries state.
    pub dates: Vec<Timestamp>,
    /// The dates that entries state which are seen for the first time.
    pub new_dates: Vec<Timestamp>,
    /// When the entries that are seen for the first time count as published.
    pub news: Vec<Timestamp>,
    /// How many entries are known under another guid.
    pub renamed: usize,
    /// The encoding, if nothing stated it and it was guessed.
    pub guessed_encoding: Option<&'a str>,
}

/// What a poll says of one kind of finding.
enum Sign {
    /// It is so, in words, since a moment, if that is known.
    There(String, Option<Timestamp>),
    /// It is as it was at the last poll.
    AsBefore,
    /// It is not so.
    Gone,
    /// The poll says nothing of it.
    Unknown,
}

/// What is remembered of a source's health after a poll.
pub fn after_poll(mut health: Health, seen: &Observation<'_>) -> Health {
    count(&mut health.days, seen);
    let renamed_before = health.habits.renamed;
    if let Shown::Read(listing) = seen.shown {
        cadence::learn(&mut health.habits.active, &listing.news);
        health.habits.renamed = number(listing.renamed);
    }
    for kind in FindingKind::ALL {
        let open = health.findings.iter().find(|finding| finding.kind == kind);
        let sign = sign(kind, &health.habits, renamed_before, open, seen);
        weigh(&mut health.findings, kind, sign, seen.at);
    }
    if let Shown::Read(listing) = seen.shown {
        learn(&mut health, listing, seen.at);
    }
    let oldest = seen.at - CLOSED_KEPT;
    health.findings.retain(|finding| finding.closed.is_none_or(|closed| closed >= oldest));
    health
}

/// Learns that there was news of these dates, of which a hub told: so a source that is polled seldom meanwhile is not thought silent.
pub fn after_push(health: &mut Health, news: &[Timestamp]) {
    cadence::learn(&mut health.habits.active, news);
}

/// A poll on its day.
fn count(days: &mut Vec<DayCount>, seen: &Observation<'_>) {
    let today = seen.at.to_utc().with_timezone(&seen.zone).date_naive().num_days_from_ce();
    // A clock that was ahead has left days that are yet to come.
    days.retain(|day| day.day > today - DAYS_KEPT && day.day <= today);
    if days.last().is_none_or(|day| day.day != today) {
        days.push(DayCount { day: today, ..DayCount::default() });
    }
    let Some(day) = days.last_mut() else { return };
    day.polls = day.polls.saturating_add(1);
    day.bytes = day.bytes.saturating_add(seen.bytes);
    match seen.shown {
        Shown::Unchanged => day.unchanged = day.unchanged.saturating_add(1),
        Shown::Failed { .. } => day.errors = day.errors.saturating_add(1),
        Shown::Read(listing) => day.items = day.items.saturating_add(number(listing.news.len())),
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// What the poll says of one kind.
fn sign(
    kind: FindingKind,
    habits: &Habits,
    renamed_before: u32,
    known: Option<&Finding>,
    seen: &Observation<'_>,
) -> Sign {
    match (kind, seen.shown) {
        (FindingKind::Parked, Shown::Failed { page: Some(page) }) => match &page.parked {
            Some(sign) => Sign::There(format!("the domain is parked: {sign}"), None),
            None => Sign::Gone,
        },
        (FindingKind::SoftNotFound, Shown::Failed { page: Some(page) }) => {
            // Of a parked domain that is said already; and what never was a feed is an error in the configuration.
            if page.parked.is_some() || !seen.was_read {
                return Sign::Unknown;
            }
            let title = page.title.as_ref().map(|title| format!(" “{title}”"));
            let title = title.unwrap_or_default();
            Sign::There(format!("a web page{title} comes with status 200, not the feed"), None)
        }
        (FindingKind::Parked | FindingKind::SoftNotFound, Shown::Failed { page: None }) => {
            Sign::Unknown
        }
        (FindingKind::Parked | FindingKind::SoftNotFound, Shown::Unchanged | Shown::Read(_)) => {
            Sign::Gone
        }
        (FindingKind::LayoutChanged, shown) => match (seen.layout, shown) {
            (Some(words), _) => Sign::There(words.to_owned(), None),
            (None, Shown::Read(_)) => Sign::Gone,
            (None, Shown::Unchanged) => Sign::AsBefore,
            (None, Shown::Failed { .. }) => Sign::Unknown,
        },
        (FindingKind::Moved, shown) => match (seen.moved_to, shown) {
            (Some(to), _) => Sign::There(format!("it has moved for good to {to}"), None),
            (None, Shown::Read(_)) => Sign::Gone,
            (None, Shown::Unchanged) => Sign::AsBefore,
            (None, Shown::Failed { .. }) => Sign::Unknown,
        },
        (_, Shown::Failed { .. }) => Sign::Unknown,
        (FindingKind::Silent, Shown::Unchanged | Shown::Read(_)) => silent(habits, seen.at),
        (FindingKind::GuidsChanged, Shown::Read(listing))
            if listing.renamed > 1
                && number(listing.renamed) > renamed_before
                && listing.renamed * 2 >= listing.entries =>
        {
            Sign::There(
                format!(
                    "{} of {} entries came with other guids and were recognised",
                    listing.renamed, listing.entries
                ),
                None,
            )
        }
        (FindingKind::GuidsChanged, Shown::Read(_) | Shown::Unchanged) => {
            match known.filter(|known| seen.at.since(known.last) >= GUIDS_NEWS) {
                Some(_) => Sign::Gone,
                None => Sign::Unknown,
            }
        }
        (_, Shown::Unchanged) => Sign::AsBefore,
        (FindingKind::NoItems, Shown::Read(listing)) => no_items(habits, listing),
        (FindingKind::TitlesChanged, Shown::Read(listing)) => titles(habits, listing),
        (FindingKind::FutureDates, Shown::Read(listing)) => future(listing, seen.at),
        (FindingKind::WrongZone, Shown::Read(listing)) => wrong_zone(listing, seen.at),
        (FindingKind::EncodingGuessed, Shown::Read(listing)) => match listing.guessed_encoding {
            Some(encoding) => {
                Sign::There(format!("no encoding is stated that fits; read as {encoding}"), None)
            }
            None => Sign::Gone,
        },
    }
}

fn silent(habits: &Habits, at: Timestamp) -> Sign {
    let Some(silence) = cadence::silence(&habits.active, at) else { return Sign::Gone };
    let pause = span(silence.longest);
    let words = format!(
        "silent since {}; in the {} days before, the longest pause was {pause}",
        silence.since, silence.days
    );
    Sign::There(words, Some(silence.since))
}

/// A length of time in words.
fn span(length: Duration) -> String {
    match length.as_secs() / 3_600 {
        0 | 1 => "1 hour".to_owned(),
        hours @ 2..48 => format!("{hours} hours"),
        hours => format!("{} days", hours / 24),
    }
}

fn no_items(habits: &Habits, listing: &Listing<'_>) -> Sign {
    let (usual, now) = (habits.entries, number(listing.entries));
    let few = usual >= MANY_ENTRIES && now.saturating_mul(10) <= usual && now < habits.fewest;
    if (usual >= FEW_ENTRIES && now == 0 && habits.fewest > 0) || few {
        let are = match now {
            0 => "no entries are".to_owned(),
            1 => "one entry is".to_owned(),
            now => format!("{now} entries are"),
        };
        return Sign::There(format!("{are} listed, where about {usual} were"), None);
    }
    Sign::Gone
}

fn titles(habits: &Habits, listing: &Listing<'_>) -> Sign {
    // Too few to tell.
    let Some(shape) = titles::shape(&listing.titles) else { return Sign::Unknown };
    let before = habits.titles.as_ref();
    match before.and_then(|before| titles::changed(before, &shape)) {
        Some(words) => Sign::There(words, None),
        None => Sign::Gone,
    }
}

fn is_ahead(date: &Timestamp, at: Timestamp) -> bool {
    *date > at + CLOCKS_DIFFER
}

fn future(listing: &Listing<'_>, at: Timestamp) -> Sign {
    let dates = &listing.dates;
    if dates.len() < 2 || !dates.iter().all(|date| is_ahead(date, at)) {
        return Sign::Gone;
    }
    let (first, last) = (dates.iter().min(), dates.iter().max());
    let (Some(first), Some(last)) = (first, last) else { return Sign::Gone };
    let words = format!("all {} dates are in the future, from {first} to {last}", dates.len());
    Sign::There(words, None)
}

fn wrong_zone(listing: &Listing<'_>, at: Timestamp) -> Sign {
    const DAY: Duration = Duration::from_hours(26);
    let new = &listing.new_dates;
    if new.is_empty() {
        // It shows in what is new only: the dates of yesterday have come by now.
        return Sign::Unknown;
    }
    let all_ahead = new.iter().all(|date| is_ahead(date, at) && *date <= at + DAY);
    // Where everything is, that is the finding.
    if !all_ahead || listing.dates.iter().all(|date| is_ahead(date, at)) {
        return Sign::Gone;
    }
    let ahead = new.iter().map(|date| date.since(at)).max().unwrap_or_default();
    Sign::There(format!("new entries are dated up to {} ahead", span(ahead)), None)
}

/// So many polls in a row are enough the first time.
fn needed(kind: FindingKind) -> u32 {
    match kind {
        // What these rest on is many entries or a long time already.
        FindingKind::Silent | FindingKind::GuidsChanged => 1,
        FindingKind::Parked
        | FindingKind::SoftNotFound
        | FindingKind::NoItems
        | FindingKind::LayoutChanged
        | FindingKind::Moved
        | FindingKind::TitlesChanged
        | FindingKind::FutureDates
        | FindingKind::WrongZone
        | FindingKind::EncodingGuessed => 2,
    }
}

/// Opens, goes on with or closes the finding of a kind.
fn weigh(findings: &mut Vec<Finding>, kind: FindingKind, sign: Sign, at: Timestamp) {
    let place = findings.iter().position(|finding| finding.kind == kind);
    let known = place.and_then(|place| findings.get_mut(place));
    let (words, since) = match (sign, known.as_deref()) {
        (Sign::Unknown, _) | (Sign::AsBefore, None) => return,
        (Sign::There(words, since), _) => (words, since),
        (Sign::AsBefore, Some(known)) => {
            if !known.is_open() && known.suspicion.is_none() {
                return;
            }
            (known.words.clone(), None)
        }
        (Sign::Gone, _) => {
            if let Some(known) = known {
                known.suspicion = None;
                if known.is_open() {
                    known.closed = Some(at);
                }
            }
            findings.retain(|finding| finding.opened.is_some() || finding.suspicion.is_some());
            return;
        }
    };
    let Some(finding) = known else {
        findings.push(Finding {
            kind,
            first: since.unwrap_or(at),
            last: at,
            opened: None,
            closed: None,
            times: 0,
            words: String::new(),
            suspicion: None,
        });
        let last = findings.len() - 1;
        if let Some(finding) = findings.get_mut(last) {
            show(finding, words, since, at);
        }
        return;
    };
    show(finding, words, since, at);
}

/// Takes in that a poll shows the cause.
fn show(finding: &mut Finding, words: String, since: Option<Timestamp>, at: Timestamp) {
    if finding.is_open() {
        finding.last = at;
        finding.words = words;
        if let Some(since) = since {
            finding.first = since;
        }
        return;
    }
    let suspicion =
        finding.suspicion.get_or_insert(Suspicion { since: since.unwrap_or(at), polls: 0 });
    suspicion.polls = suspicion.polls.saturating_add(1);
    let first = suspicion.since;
    let enough = match needed(finding.kind) {
        1 => 1,
        needed => needed << finding.times.min(5),
    };
    let is_enough = suspicion.polls >= enough;
    if finding.opened.is_none() {
        // Only suspected so far: the words stay with the suspicion, for the polls that add nothing.
        finding.words.clone_from(&words);
        finding.first = first;
        finding.last = at;
    }
    if is_enough {
        *finding = Finding {
            kind: finding.kind,
            first,
            last: at,
            opened: Some(at),
            closed: None,
            times: finding.times.saturating_add(1),
            words,
            suspicion: None,
        };
    }
}

/// Takes in what is usual; what is odd is not learned.
fn learn(health: &mut Health, listing: &Listing<'_>, at: Timestamp) {
    let stands = |kind: FindingKind| {
        let mut findings = health.findings.iter().filter(|finding| finding.kind == kind);
        findings.find(|finding| finding.is_open() || finding.suspicion.is_some())
    };
    let entries = number(listing.entries);
    let has_entries = stands(FindingKind::NoItems).is_none();
    let other_titles = stands(FindingKind::TitlesChanged).cloned();
    if has_entries {
        let habits = &mut health.habits;
        habits.fewest = match habits.entries {
            0 => entries,
            // Forgets slowly.
            _ => entries.min(habits.fewest.saturating_add(1)),
        };
        habits.entries = match habits.entries {
            0 => entries,
            usual => (u64::from(usual) * 3 + u64::from(entries))
                .div_ceil(4)
                .try_into()
                .unwrap_or(entries),
        };
    }
    let has_settled = other_titles
        .as_ref()
        .is_some_and(|finding| finding.is_open() && at.since(finding.first) >= SHAPE_SETTLES);
    if (other_titles.is_none() || has_settled)
        && let Some(shape) = titles::shape(&listing.titles)
    {
        health.habits.titles = Some(shape);
    }
}

#[cfg(test)]
mod tests;
