//! Keeps the archives of the feeds (RFC 5005 §4): what has left a feed stays readable, each story once.
//!
//! The files are the truth: an archive is written once and never touched again, whatever becomes of its stories. What a file holds is asked of
//! the file, so that no other record can disagree with it. When a month is over, all its stories go into its archive, with those of earlier months
//! that came too late for theirs. Until then, what the feed has no room for goes into parts of the month.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::config::FeedConfig;
use crate::edition::{self, Desk};
use crate::model::archive::{ArchiveName, Month, Place};
use crate::model::edition::{Artifact, Edition, FeedName, FeedSpec, Item, Merge};
use crate::model::story::{Story, StoryId};
use crate::model::time::Timestamp;
use crate::publish::files;
use crate::render::{self, Format, RenderOptions};
use crate::run::desk as run;
use crate::run::error::RunError;
use crate::serve::Archived;
use crate::store::StoreReader;

/// An entry is seen when its document is read and stored a little later: so far back we look for what came since the last time.
const SLACK: Duration = Duration::from_secs(900);

/// What there is of archives, feed by feed, as far as it was asked for.
#[derive(Debug, Default)]
pub struct Archives {
    dir: PathBuf,
    feeds: HashMap<FeedName, Chain>,
}

/// The archives of one feed.
#[derive(Debug, Default)]
struct Chain {
    /// Which there are, and in which formats.
    names: BTreeMap<ArchiveName, BTreeSet<Format>>,
    /// What they hold, of those that were looked into.
    holds: HashMap<ArchiveName, HashSet<StoryId>>,
    /// What entries seen before this time belong to is in the feed or in an archive.
    settled: Option<Timestamp>,
    /// The month in which the store was found to hold nothing of earlier ones that is not archived.
    closed: Option<Month>,
    /// What the feed held the last time.
    shown: HashSet<StoryId>,
}

/// What a feed is made of.
pub struct Feed<'a> {
    /// Where stories are.
    pub reader: &'a dyn StoreReader,
    /// The feed.
    pub config: &'a FeedConfig,
    /// What its documents say of themselves.
    pub options: &'a RenderOptions,
    /// What the choice rests on.
    pub desk: &'a Desk,
    /// The time.
    pub now: Timestamp,
    /// Whether every source has been asked at least once, so that the first archives lack none.
    pub is_ready: bool,
    /// Whether nothing has been stored since the feed was last published.
    pub is_quiet: bool,
}

impl Archives {
    /// Forgets what it knows of files elsewhere, and, where the rules may have changed, that all is settled.
    pub fn look_again(&mut self, dir: PathBuf) {
        if self.dir != dir {
            self.feeds.clear();
        }
        self.dir = dir;
        for chain in self.feeds.values_mut() {
            (chain.settled, chain.closed) = (None, None);
        }
    }

    /// Archives what has to be, and gives the place of the feed's document at the end of the chain; with it, how many files were written.
    ///
    /// A document whose items are as they were keeps its place, though there is another archive by now: a month that ends is no news, and what that
    /// archive holds is in the document, or in an archive before it.
    ///
    /// # Errors
    /// If the store or an archive cannot be read, or an archive not be written. What was there is still whole.
    pub fn keep(
        &mut self,
        feed: &Feed<'_>,
        edition: &Edition,
        before: Option<&Edition>,
    ) -> Result<(Place, usize), RunError> {
        let formats = feed.formats();
        if formats.is_empty() {
            return Ok((edition.place, 0));
        }
        let name = &feed.config.spec.name;
        if !self.feeds.contains_key(name) {
            let chain = Chain { names: self.listed(name)?, ..Chain::default() };
            self.feeds.insert(name.clone(), chain);
        }
        let Some(chain) = self.feeds.get_mut(name) else { return Ok((edition.place, 0)) };
        let mut pen = Pen { dir: &self.dir, feed, chain, written: 0 };
        pen.fill(&formats)?;
        if feed.is_ready {
            pen.close_months(edition)?;
        }
        pen.spill(edition)?;
        let previous = pen.chain.names.keys().next_back().copied();
        let place = Place {
            previous,
            is_complete: edition.place.is_complete && previous.is_none(),
            ..Place::default()
        };
        let old = match before {
            Some(before) => Some(before.place),
            None => feed.place_of_published(&self.dir, edition, place)?,
        };
        let stays = |old: &Place| {
            before.is_none_or(|before| *before == Edition { place: *old, ..edition.clone() })
        };
        let place = match old.filter(stays) {
            Some(old) if pen.leads_to_all(old, edition)? => old,
            Some(_) | None => place,
        };
        pen.remove_replaced(place)?;
        Ok((place, pen.written))
    }

    /// The archives of a feed that are there as files.
    fn listed(&self, feed: &FeedName) -> Result<BTreeMap<ArchiveName, BTreeSet<Format>>, RunError> {
        let mut names: BTreeMap<ArchiveName, BTreeSet<Format>> = BTreeMap::new();
        for file in files::list(&self.dir, &format!("{feed}/archive"))? {
            let Some((name, extension)) = file.rsplit_once('.') else { continue };
            let format = Format::ALL.into_iter().find(|format| format.extension() == extension);
            if let (Some(name), Some(format)) = (ArchiveName::parse(name), format) {
                names.entry(name).or_default().insert(format);
            }
        }
        Ok(names)
    }
}

impl Feed<'_> {
    /// The formats in which it has archives.
    fn formats(&self) -> BTreeSet<Format> {
        let formats = self.config.formats.iter().copied();
        formats.filter(|format| format.has_archives()).collect()
    }

    /// The place of the document that is there as a file, if this edition would be that document at that place.
    fn place_of_published(
        &self,
        dir: &Path,
        edition: &Edition,
        place: Place,
    ) -> Result<Option<Place>, RunError> {
        let Some(format) = self.formats().first().copied() else { return Ok(None) };
        let file = format.file_name(&edition.feed);
        if !dir.join(&file).is_file() {
            return Ok(None);
        }
        let document = files::read(dir, &file)?;
        let old = render::place_of(&document, &edition.feed, format);
        let edition = Edition { place: old, ..edition.clone() };
        let is_same = || render::render(&edition, format, self.options) == document;
        Ok((old != place && is_same()).then_some(old))
    }

    /// The same feed without bounds, in plain order of time.
    fn wide(&self) -> (FeedSpec, Desk) {
        let spec = FeedSpec { limit: usize::MAX, max_age: None, ..self.config.spec.clone() };
        (spec, Desk { pinned: BTreeSet::new(), ..self.desk.clone() })
    }

    fn items(&self, stories: &[Story]) -> Vec<Item> {
        let (spec, desk) = self.wide();
        edition::choose(stories, &spec, &desk, self.now).items
    }

    /// Whether an item has the id of its story, so that stories need not be read to know their items.
    fn shows_stories(&self) -> bool {
        self.config.spec.merge == Merge::Story
    }
}

/// Writes the archives of one feed.
struct Pen<'a> {
    dir: &'a Path,
    feed: &'a Feed<'a>,
    chain: &'a mut Chain,
    written: usize,
}

impl Pen<'_> {
    /// Writes archives in the formats that the feed has got since, with what is still there of their stories.
    fn fill(&mut self, formats: &BTreeSet<Format>) -> Result<(), RunError> {
        let lacking: Vec<ArchiveName> = self
            .chain
            .names
            .iter()
            .filter(|(_, there)| !formats.is_subset(there))
            .map(|(name, _)| *name)
            .collect();
        if lacking.is_empty() {
            return Ok(());
        }
        let mut wanted: HashMap<StoryId, ArchiveName> = HashMap::new();
        for name in &lacking {
            wanted.extend(self.holds(*name)?.iter().map(|id| (*id, *name)));
        }
        let is_wanted =
            |story: &Story| !self.feed.shows_stories() || wanted.contains_key(&story.id);
        let stories = stories(self.feed.reader, &self.feed.config.spec, is_wanted)?;
        let mut items: BTreeMap<ArchiveName, Vec<Item>> = BTreeMap::new();
        for item in self.feed.items(&stories) {
            if let Some(name) = wanted.get(&item.id) {
                items.entry(*name).or_default().push(item);
            }
        }
        let names: Vec<ArchiveName> = self.chain.names.keys().copied().collect();
        for name in lacking {
            let at = names.iter().position(|known| *known == name).unwrap_or_default();
            let previous = at.checked_sub(1).and_then(|before| names.get(before)).copied();
            let after = names.get(at + 1).copied();
            let place = Place {
                archive: Some(name),
                previous,
                next: next(name, after, self.feed.now),
                is_complete: false,
            };
            self.write(items.remove(&name).unwrap_or_default(), place)?;
        }
        Ok(())
    }

    /// Writes the archives of the months that are over.
    fn close_months(&mut self, edition: &Edition) -> Result<(), RunError> {
        let running = Month::of(self.feed.now);
        if self.chain.closed == Some(running) {
            return Ok(());
        }
        let last = self.chain.names.keys().rev().find(|name| name.part_number().is_none());
        let last = last.map(|name| name.month);
        // The usual case of a young feed: it holds all it ever had, and nothing of that is of an earlier month.
        let is_young = last.is_none()
            && edition.place.is_complete
            && edition.items.iter().all(|item| Month::of(item.published) >= running);
        // Before the first part of a month was written, the months before it were closed.
        let newest = self.chain.names.keys().next_back().map(|name| name.month);
        if is_young
            || newest.is_some_and(|month| {
                month.next() >= running && last == Some(month) || month >= running
            })
        {
            self.chain.closed = Some(running);
            return Ok(());
        }
        self.hold_all()?;
        let archived: HashSet<StoryId> = self
            .chain
            .holds
            .iter()
            .filter(|(name, _)| name.part_number().is_none())
            .flat_map(|(_, ids)| ids.iter().copied())
            .collect();
        let is_new = |story: &Story| !self.feed.shows_stories() || !archived.contains(&story.id);
        let stories = stories(self.feed.reader, &self.feed.config.spec, is_new)?;
        let mut months: BTreeMap<Month, Vec<Item>> = BTreeMap::new();
        for item in self.feed.items(&stories) {
            // Too late for the archive of its month: it goes into the next one.
            let published = Month::of(item.published);
            let month = last.map_or(published, |last| published.max(last.next()));
            if month < running && !archived.contains(&item.id) {
                months.entry(month).or_default().push(item);
            }
        }
        drop(stories);
        if let Some(last) = last {
            // The last archive names it as the next one.
            months.entry(last.next()).or_default();
        }
        if !months.is_empty() {
            // So that each archive but the last can name the next one, and the last names the month that runs.
            months.entry(running.previous()).or_default();
        }
        let mut months = months.into_iter().peekable();
        while let Some((month, items)) = months.next() {
            let next = months.peek().map_or(running, |(next, _)| *next);
            self.close(month, items, next)?;
        }
        self.chain.closed = Some(running);
        Ok(())
    }

    /// Writes the archive of a month. It takes the place of the month's parts, unless some of their stories are kept no longer: then the parts stay,
    /// and it holds the others.
    fn close(&mut self, month: Month, mut items: Vec<Item>, next: Month) -> Result<(), RunError> {
        let parts: Vec<ArchiveName> = self
            .chain
            .names
            .keys()
            .copied()
            .filter(|name| name.month == month && name.part_number().is_some())
            .collect();
        let mut in_parts: HashSet<StoryId> = HashSet::new();
        for part in &parts {
            in_parts.extend(self.holds(*part)?);
        }
        let held: HashSet<StoryId> = items.iter().map(|item| item.id).collect();
        let replaces = in_parts.is_subset(&held);
        if !replaces {
            items.retain(|item| !in_parts.contains(&item.id));
        }
        let name = ArchiveName::whole(month);
        let earlier = self.chain.names.keys().rev().copied();
        let previous =
            earlier.filter(|known| *known < name).find(|known| !replaces || known.month != month);
        let place = Place {
            archive: Some(name),
            previous,
            next: Some(ArchiveName::whole(next)),
            is_complete: false,
        };
        self.write(items, place)
    }

    /// Whether a document with these items at that place leads to all that the archives after it hold.
    fn leads_to_all(&mut self, place: Place, edition: &Edition) -> Result<bool, RunError> {
        let names: Vec<ArchiveName> = self.chain.names.keys().copied().collect();
        let is_led_to = |name: &ArchiveName| place.previous.is_some_and(|last| *name <= last);
        let mut new: HashSet<StoryId> = HashSet::new();
        for name in names.iter().filter(|name| !is_led_to(name)) {
            new.extend(self.holds(*name)?);
        }
        edition.items.iter().for_each(|item| {
            new.remove(&item.id);
        });
        for name in names.iter().rev().filter(|name| is_led_to(name)) {
            if new.is_empty() {
                break;
            }
            let holds = self.holds(*name)?;
            new.retain(|id| !holds.contains(id));
        }
        Ok(new.is_empty())
    }

    /// Removes the parts of months whose archives hold all of their stories, once the feed itself leads to them no more.
    fn remove_replaced(&mut self, place: Place) -> Result<(), RunError> {
        let is_whole = |name: &ArchiveName| name.part_number().is_none();
        let parts: Vec<ArchiveName> = self
            .chain
            .names
            .keys()
            .copied()
            .filter(|name| {
                !is_whole(name)
                    && place.previous.is_none_or(|used| used.month != name.month || is_whole(&used))
            })
            .filter(|name| self.chain.names.contains_key(&ArchiveName::whole(name.month)))
            .collect();
        for months in parts.chunk_by(|a, b| a.month == b.month) {
            let Some(first) = months.first() else { continue };
            let whole = self.holds(ArchiveName::whole(first.month))?.clone();
            let mut replaced = true;
            for part in months {
                replaced &= self.holds(*part)?.is_subset(&whole);
            }
            if replaced {
                self.remove(months)?;
            }
        }
        Ok(())
    }

    /// Writes a part of the present month, if the feed has no room for something that is in no archive. So that this is seldom, the part takes the
    /// older half of the feed too.
    fn spill(&mut self, edition: &Edition) -> Result<(), RunError> {
        let shown: HashSet<StoryId> = edition.items.iter().map(|item| item.id).collect();
        let before = std::mem::replace(&mut self.chain.shown, shown.clone());
        let running = Month::of(self.feed.now);
        // An item that is an entry by itself cannot be found by its id, only by looking at the whole month.
        let settled = self.chain.settled.filter(|_| self.feed.shows_stories());
        let since = settled.map_or(running.start(), |settled| settled - SLACK);
        self.chain.settled = Some(self.feed.now);
        // Nothing was left out: what is not in the feed is none of its stories.
        let is_quiet = self.feed.is_quiet && self.feed.config.spec.max_age.is_none();
        if edition.place.is_complete || is_quiet {
            return Ok(());
        }
        let mut candidates: HashSet<StoryId> =
            before.into_iter().filter(|id| !shown.contains(id)).collect();
        let topics = &self.feed.config.spec.topics;
        self.feed.reader.each_entry_since(since, 0, &mut |entry| {
            if topics.is_empty() || entry.kept_by.iter().any(|topic| topics.contains(topic)) {
                candidates.insert(entry.story);
            }
        })?;
        if self.feed.shows_stories() {
            candidates.retain(|id| !shown.contains(id));
        }
        let mut found = Vec::new();
        for id in candidates {
            if self.feed.shows_stories() && self.is_archived(id, running)? {
                continue;
            }
            found.extend(self.feed.reader.story(id)?);
        }
        let mut items = Vec::new();
        for item in self.feed.items(&found) {
            if !shown.contains(&item.id) && !self.is_archived(item.id, Month::of(item.published))? {
                items.push(item);
            }
        }
        if items.is_empty() {
            return Ok(());
        }
        for item in edition.items.iter().skip(edition.items.len() / 2) {
            if !self.is_archived(item.id, Month::of(item.published))? {
                items.push(item.clone());
            }
        }
        items.sort_by(|a, b| b.published.cmp(&a.published).then_with(|| a.id.cmp(&b.id)));
        let parts = self.chain.names.keys().filter(|name| name.month == running);
        let part = parts.filter_map(|name| name.part_number()).max().map_or(1, |last| last + 1);
        let place = Place {
            archive: Some(ArchiveName::part(running, part)),
            previous: self.chain.names.keys().next_back().copied(),
            next: None,
            is_complete: false,
        };
        self.write(items, place)
    }

    /// Whether a story is in an archive of this month or a later one.
    fn is_archived(&mut self, id: StoryId, month: Month) -> Result<bool, RunError> {
        let names: Vec<ArchiveName> = self
            .chain
            .names
            .keys()
            .copied()
            .filter(|name| name.month >= month.previous())
            .collect();
        for name in names {
            if self.holds(name)?.contains(&id) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn hold_all(&mut self) -> Result<(), RunError> {
        let names: Vec<ArchiveName> = self.chain.names.keys().copied().collect();
        names.into_iter().try_for_each(|name| self.holds(name).map(|_| ()))
    }

    /// What an archive holds.
    fn holds(&mut self, name: ArchiveName) -> Result<&HashSet<StoryId>, RunError> {
        if !self.chain.holds.contains_key(&name) {
            let format = self.chain.names.get(&name).and_then(BTreeSet::first);
            let ids = match format {
                Some(format) => {
                    let file = format.archive_file_name(&self.feed.config.spec.name, name);
                    render::story_ids(&files::read(self.dir, &file)?)
                }
                None => HashSet::new(),
            };
            self.chain.holds.insert(name, ids);
        }
        Ok(self.chain.holds.entry(name).or_default())
    }

    /// Writes an archive in each format that it is not there in.
    fn write(&mut self, items: Vec<Item>, place: Place) -> Result<(), RunError> {
        let Some(name) = place.archive else { return Ok(()) };
        let edition = edition::of_items(items, &self.feed.config.spec, place);
        for format in self.feed.formats() {
            if self.chain.names.get(&name).is_some_and(|there| there.contains(&format)) {
                continue;
            }
            let artifact = Artifact::new(
                format.archive_file_name(&edition.feed, name),
                format.media_type(),
                render::render(&edition, format, self.feed.options),
                edition.updated,
            );
            files::write(self.dir, &artifact)?;
            self.written += 1;
            self.chain.names.entry(name).or_default().insert(format);
        }
        let ids = edition.items.iter().map(|item| item.id);
        self.chain.holds.entry(name).or_default().extend(ids);
        Ok(())
    }

    fn remove(&mut self, names: &[ArchiveName]) -> Result<(), RunError> {
        for name in names {
            for format in self.chain.names.remove(name).unwrap_or_default() {
                let file = format.archive_file_name(&self.feed.config.spec.name, *name);
                files::remove(self.dir, &file)?;
            }
            self.chain.holds.remove(name);
        }
        Ok(())
    }
}

/// What is at the address of an archive, by its file name; `None` if it is none of ours.
///
/// # Errors
/// If the file is there and cannot be read.
pub fn document(
    desk: &run::Desk,
    file_name: &str,
    now: Timestamp,
) -> Result<Option<Archived>, RunError> {
    let asked = || {
        let (feed, file) = file_name.split_once("/archive/")?;
        let (name, extension) = file.rsplit_once('.')?;
        let mut feeds = desk.config.feeds.iter();
        let feed = feeds.find(|known| known.spec.name.as_str() == feed)?;
        let mut formats = feed.formats.iter().filter(|format| format.has_archives());
        let format = *formats.find(|format| format.extension() == extension)?;
        Some((feed, ArchiveName::parse(name)?, format))
    };
    let Some((feed, name, format)) = asked() else { return Ok(None) };
    let feed = &feed.spec.name;
    let dir = &desk.config.publish.dir;
    let is_there = |name: ArchiveName| dir.join(format.archive_file_name(feed, name)).is_file();
    if is_there(name) {
        let bytes = files::read(dir, file_name)?;
        let artifact = Artifact::new(file_name.to_owned(), format.media_type(), bytes, None);
        return Ok(Some(Archived::Document(artifact)));
    }
    let whole = ArchiveName::whole(name.month);
    let elsewhere = if name.part_number().is_some() && is_there(whole) {
        // The month has taken the place of its parts.
        Some(format!("{whole}.{}", format.extension()))
    } else if name.month == Month::of(now) {
        // The archive to come, which the last one names: so far its stories are in the feed.
        Some(format!("../../{}", format.file_name(feed)))
    } else {
        None
    };
    Ok(elsewhere.map(Archived::Elsewhere))
}

/// The archive that follows one: the one that is there, else the month that runs, whose archive will be the next.
fn next(name: ArchiveName, after: Option<ArchiveName>, now: Timestamp) -> Option<ArchiveName> {
    match name.part_number() {
        Some(_) => None,
        None => after
            .filter(|after| after.part_number().is_none())
            .or_else(|| Some(ArchiveName::whole(Month::of(now)))),
    }
}

/// The stories of a feed, as far as they are wanted.
fn stories(
    reader: &dyn StoreReader,
    spec: &FeedSpec,
    is_wanted: impl Fn(&Story) -> bool,
) -> Result<Vec<Story>, RunError> {
    let mut stories = Vec::new();
    reader.each_story(None, &mut |story| {
        let belongs = spec.topics.is_empty()
            || story.members.iter().any(|member| {
                let mut verdicts = member.verdicts.iter();
                verdicts.any(|says| says.verdict.keeps() && spec.topics.contains(&says.topic))
            });
        if belongs && is_wanted(&story) {
            stories.push(story);
        }
        ControlFlow::Continue(())
    })?;
    Ok(stories)
}
