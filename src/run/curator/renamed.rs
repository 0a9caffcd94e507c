//! Known entries that come under other guids: a publisher that renames all its guids has no news.

use std::collections::{HashMap, HashSet};

use super::Curator;
use crate::model::entry::Entry;
use crate::model::identity::{Identity, by_article, digest, fingerprint};
use crate::model::source::SourceKey;
use crate::model::story::StoredEntry;
use crate::model::time::Timestamp;
use crate::run::poll::ReadEntry;
use crate::store::{KnownEntry, StoreError};

impl Curator {
    /// Gives entries whose guid is new, but which the last document listed and this one does not, the identities and guids they had. Gives their number.
    ///
    /// What is in all else the same article is recognised one by one. Where most of a document is unknown, and its addresses or headlines say that it is
    /// not, the guids were made otherwise: then address and headline are enough, and either of them with the date. What looks like several articles is
    /// left alone.
    pub(super) fn recognise(
        &self,
        source: &SourceKey,
        known: &HashMap<Identity, KnownEntry>,
        entries: &mut [ReadEntry],
    ) -> Result<usize, StoreError> {
        let unknown: Vec<usize> = entries
            .iter()
            .enumerate()
            .filter(|(_, read)| !known.contains_key(&read.identity))
            .map(|(place, _)| place)
            .collect();
        if unknown.is_empty() {
            return Ok(0);
        }
        let listed: HashSet<Identity> = entries.iter().map(|read| read.identity).collect();
        let left_out = self.store.left_out(source, &listed)?;
        let new: Vec<&Entry> = unknown
            .iter()
            .filter_map(|place| entries.get(*place))
            .map(|read| &read.entry)
            .collect();
        let found = renamed(&new, &left_out, entries.len());
        let mut renamed = 0;
        for (place, before) in unknown.into_iter().zip(found) {
            let Some(before) = before.and_then(|before| left_out.get(before)) else { continue };
            let Some(read) = entries.get_mut(place) else { continue };
            read.identity = before.identity;
            read.entry.guid.clone_from(&before.entry.guid);
            read.fingerprint = fingerprint(&read.entry);
            renamed += 1;
        }
        Ok(renamed)
    }
}

/// By what two entries can be the same, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    /// Page, headline and date.
    Article,
    /// Page and headline, where the dates do not speak against it.
    PageAndHeadline,
    /// Headline and date: the pages have moved too.
    HeadlineAndDate,
    /// Page and date: the headline was edited.
    PageAndDate,
}

/// So far apart the dates of one entry may be: a zone that is given otherwise.
const ONE_MOMENT: u64 = 14 * 3_600;
/// A document of fewer new entries is no document made otherwise.
const FEWEST: usize = 2;

/// For each new entry of a document the place of the one that it was, if it was any.
fn renamed(new: &[&Entry], before: &[StoredEntry], in_document: usize) -> Vec<Option<usize>> {
    let mut found: Vec<Option<usize>> = vec![None; new.len()];
    let mut taken = HashSet::new();
    pair(By::Article, new, before, &mut found, &mut taken);
    // Most of the document must be unknown, and then most of that must be known after all.
    if new.len() < FEWEST || new.len() * 2 <= in_document {
        return found;
    }
    let one_by_one = found.clone();
    for by in [By::PageAndHeadline, By::HeadlineAndDate, By::PageAndDate] {
        pair(by, new, before, &mut found, &mut taken);
    }
    let recognised = found.iter().flatten().count();
    if recognised >= FEWEST && recognised * 2 >= new.len() { found } else { one_by_one }
}

/// Finds pairs of which each is the only one like the other; of new entries that are copies, the first is the one.
fn pair(
    by: By,
    new: &[&Entry],
    before: &[StoredEntry],
    found: &mut [Option<usize>],
    taken: &mut HashSet<usize>,
) {
    let mut places: HashMap<Identity, Option<usize>> = HashMap::new();
    for (place, stored) in before.iter().enumerate().filter(|(place, _)| !taken.contains(place)) {
        if let Some(key) = key(by, &stored.entry) {
            places.entry(key).and_modify(|one| *one = None).or_insert(Some(place));
        }
    }
    let mut uses: HashMap<Identity, usize> = HashMap::new();
    let open = |found: &[Option<usize>]| -> Vec<usize> {
        (0..new.len()).filter(|place| found.get(*place) == Some(&None)).collect()
    };
    for entry in open(found).into_iter().filter_map(|place| new.get(place)) {
        if let Some(key) = key(by, entry) {
            *uses.entry(key).or_default() += 1;
        }
    }
    let is_reimport =
        by == By::PageAndHeadline && are_of_one_moment(new) && !are_of_one_moment_stored(before);
    for place in open(found) {
        let Some(key) = new.get(place).and_then(|entry| key(by, entry)) else { continue };
        if by != By::Article && uses.get(&key) != Some(&1) {
            continue;
        }
        let Some(Some(stored)) = places.get(&key).copied() else { continue };
        let dates = (
            new.get(place).and_then(|entry| date(entry)),
            before.get(stored).and_then(|stored| date(&stored.entry)),
        );
        let fits = match (by, dates) {
            (By::PageAndHeadline, (Some(one), Some(other))) => is_reimport || are_near(one, other),
            (By::PageAndHeadline, _) => true,
            (By::Article | By::HeadlineAndDate | By::PageAndDate, _) => true,
        };
        if fits {
            if let Some(slot) = found.get_mut(place) {
                *slot = Some(stored);
            }
            taken.insert(stored);
            places.insert(key, None);
        }
    }
}

/// What of an entry must be equal; `None` if it lacks that.
fn key(by: By, entry: &Entry) -> Option<Identity> {
    let page = || Some(entry.link.as_ref()?.canonical());
    let headline = || Some(entry.title.as_ref()?.as_str().trim().to_lowercase());
    let moment = || Some(date(entry)?.unix().to_le_bytes());
    let parts = match by {
        By::Article => return by_article(entry),
        By::PageAndHeadline => digest(&[page()?.as_str().as_bytes(), headline()?.as_bytes()]),
        By::HeadlineAndDate => digest(&[headline()?.as_bytes(), &moment()?]),
        By::PageAndDate => digest(&[page()?.as_str().as_bytes(), &moment()?]),
    };
    Some(Identity(parts))
}

fn date(entry: &Entry) -> Option<Timestamp> {
    entry.published.or(entry.updated)
}

fn are_near(one: Timestamp, other: Timestamp) -> bool {
    one.since(other).as_secs().max(other.since(one).as_secs()) <= ONE_MOMENT
}

/// Whether all dates are those of one moment: of an import, or of nothing but rates that are set anew each day.
fn are_of_one_moment(entries: &[&Entry]) -> bool {
    spread(entries.iter().filter_map(|entry| date(entry))) < Some(600)
}

fn are_of_one_moment_stored(entries: &[StoredEntry]) -> bool {
    spread(entries.iter().filter_map(|stored| date(&stored.entry))) < Some(600)
}

/// The seconds between the first and the last; `None` of no dates, which is less than any.
fn spread(dates: impl Iterator<Item = Timestamp>) -> Option<u64> {
    let dates: Vec<Timestamp> = dates.collect();
    Some(dates.iter().max()?.since(*dates.iter().min()?).as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::entry::Guid;
    use crate::model::story::EntryId;
    use crate::model::text::Headline;
    use crate::model::time::Published;
    use crate::model::url::WebUrl;

    const NOON: i64 = 1_761_825_600;

    /// Page, headline, hours after noon.
    type Row<'a> = (&'a str, &'a str, Option<i64>);

    fn entry(row: &Row<'_>) -> Entry {
        Entry {
            guid: Guid::new("g"),
            link: WebUrl::parse(&format!("https://a.example/{}", row.0)),
            title: Headline::new(row.1),
            published: row.2.map(|hours| Timestamp::from_unix(NOON + hours * 3_600)),
            ..Entry::default()
        }
    }

    fn check(before: &[Row<'_>], new: &[Row<'_>], in_document: usize, want: &[Option<usize>]) {
        let at = Timestamp::from_unix(NOON);
        let stored: Vec<StoredEntry> = before
            .iter()
            .zip(0_u8..)
            .map(|(row, number)| StoredEntry {
                id: EntryId(i64::from(number)),
                source: SourceKey::parse("a").unwrap(),
                identity: Identity([number; 16]),
                entry: entry(row),
                language: None,
                published: Published::of(None, at),
                first_seen: at,
                changed: at,
            })
            .collect();
        let entries: Vec<Entry> = new.iter().map(entry).collect();
        let entries: Vec<&Entry> = entries.iter().collect();
        assert_eq!(renamed(&entries, &stored, in_document), want, "{new:?}");
    }

    const BEFORE: [Row<'_>; 4] = [
        ("1", "Storm", Some(3)),
        ("2", "Budget", Some(2)),
        ("3", "Talks", Some(1)),
        ("4", "Visit", Some(0)),
    ];

    #[test]
    fn entries_under_other_guids_are_the_ones_they_were() {
        let all: Vec<Option<usize>> = (0..4).map(Some).collect();
        check(&BEFORE, &BEFORE, 4, &all);
        // Without dates, with dates of another zone, and with those of an import.
        let with = |date: &dyn Fn(Option<i64>) -> Option<i64>| {
            BEFORE.map(|(page, title, at)| (page, title, date(at)))
        };
        check(&BEFORE, &with(&|_| None), 4, &all);
        check(&BEFORE, &with(&|at| at.map(|at| at + 9)), 4, &all);
        check(&BEFORE, &with(&|_| Some(700)), 4, &all);
        // At other addresses, and one with another headline.
        let moved = [
            ("a1", "Storm", Some(3)),
            ("a2", "Budget", Some(2)),
            ("a3", "Talks", Some(1)),
            ("4", "VISIT ends", Some(0)),
        ];
        check(&BEFORE, &moved, 4, &all);
        // One is news, one has gone.
        let later = [
            ("5", "Ports open", Some(5)),
            ("1", "Storm", Some(3)),
            ("2", "Budget", Some(2)),
            ("3", "Talks", None),
        ];
        check(&BEFORE, &later, 4, &[None, Some(0), Some(1), Some(2)]);
    }

    #[test]
    fn news_is_news() {
        // A whole page of it, with one headline that came before.
        let news = [
            ("11", "Ports open", Some(30)),
            ("12", "Storm", Some(29)),
            ("13", "King dies", Some(28)),
        ];
        check(&BEFORE, &news, 3, &[None; 3]);
        // A few among much that is known: only what is the same in all.
        check(&BEFORE, &[("1", "Storm", None), ("2", "Budget", Some(2))], 20, &[None, Some(1)]);
        // The rates of each day, on their pages.
        let rates = |day: i64| {
            [
                ("usd", "Dollar", Some(day * 24)),
                ("jpy", "Yen", Some(day * 24)),
                ("eur", "Euro", Some(day * 24)),
            ]
        };
        check(&rates(0), &rates(1), 3, &[None; 3]);
        // One page for everything tells nothing apart.
        let live = [("live", "Goal", None), ("live", "Goal", None), ("live", "Foul", None)];
        check(&live, &live, 3, &[None; 3]);
        check(&[], &BEFORE, 4, &[None; 4]);
        check(&BEFORE, &[], 4, &[]);
    }
}
