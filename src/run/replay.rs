//! The past under a new file: what each feed would gain and lose, chosen by the same code that publishes.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use crate::edition;
use crate::model::decision::Decision;
use crate::model::edition::{Edition, FeedName, FeedSpec, Item};
use crate::model::identity::Identity;
use crate::model::search::Search;
use crate::model::source::{SourceKey, SourceState};
use crate::model::story::{MemberKey, StoredEntry, Story, StoryId};
use crate::model::time::Timestamp;
use crate::model::verdict::{TopicName, Verdict, in_words};
use crate::model::websub::Remembered;
use crate::run::desk::Desk;
use crate::run::error::RunError;
use crate::run::explain::{WhyNot, why_not};
use crate::run::publisher::{choose, edition_desk, overruled};
use crate::run::standing::{STANDING, Standing};
use crate::store::{
    FoundEntry, Hit, KnownEntry, PlacedEntry, SourceCounts, StoreError, StoreReader, StoryQuery,
    sqlite,
};

/// What is stored, as it will be once the desk is in force: every verdict is the desk's. Reads, and writes nothing.
pub struct Replayed<'a> {
    reader: Box<dyn StoreReader>,
    desk: &'a Desk,
    /// The stories that some topic keeps, newest first; made when somebody asks for those of a topic.
    kept: RefCell<Option<Vec<Line>>>,
}

/// A story in the listing of what topics keep.
struct Line {
    published: Timestamp,
    id: StoryId,
    topics: Box<[TopicName]>,
}

impl<'a> Replayed<'a> {
    /// Shows what the reader reads by the rules of the desk.
    pub fn new(reader: Box<dyn StoreReader>, desk: &'a Desk) -> Replayed<'a> {
        Replayed { reader, desk, kept: RefCell::new(None) }
    }

    /// What is stored, as it is.
    pub fn stored(&self) -> &dyn StoreReader {
        self.reader.as_ref()
    }

    fn judged(&self, mut story: Story) -> Story {
        for member in &mut story.members {
            if let Some(verdicts) = self.desk.judge_again(&member.entry) {
                member.verdicts = verdicts;
            }
        }
        story
    }

    /// The stories that a topic keeps; all are judged once, one at a time, however many questions follow.
    fn list(&self) -> Result<Vec<Line>, StoreError> {
        let mut lines = Vec::new();
        self.reader.each_story(None, &mut |story| {
            let story = self.judged(story);
            let topics: BTreeSet<&TopicName> = story
                .members
                .iter()
                .flat_map(|member| &member.verdicts)
                .filter(|verdict| verdict.verdict.keeps())
                .map(|verdict| &verdict.topic)
                .collect();
            let dates = story.members.iter().map(|member| member.entry.published.at);
            if let Some(published) = dates.min().filter(|_| !topics.is_empty()) {
                let topics = topics.into_iter().cloned().collect();
                lines.push(Line { published, id: story.id, topics });
            }
            ControlFlow::Continue(())
        })?;
        Ok(lines)
    }
}

impl StoreReader for Replayed<'_> {
    fn source_states(&self) -> Result<HashMap<SourceKey, SourceState>, StoreError> {
        self.reader.source_states()
    }

    fn known_entries(
        &self,
        source: &SourceKey,
    ) -> Result<HashMap<Identity, KnownEntry>, StoreError> {
        self.reader.known_entries(source)
    }

    fn left_out(
        &self,
        source: &SourceKey,
        listed: &HashSet<Identity>,
    ) -> Result<Vec<StoredEntry>, StoreError> {
        self.reader.left_out(source, listed)
    }

    fn stories(&self, query: &StoryQuery<'_>) -> Result<Vec<Story>, StoreError> {
        if query.topics.is_empty() {
            let stories = self.reader.stories(query)?;
            return Ok(stories.into_iter().map(|story| self.judged(story)).collect());
        }
        let mut kept = self.kept.borrow_mut();
        let lines = match &mut *kept {
            Some(lines) => lines,
            none => none.insert(self.list()?),
        };
        let wanted = lines
            .iter()
            .filter(|line| query.since.is_none_or(|since| line.published >= since))
            .filter(|line| line.topics.iter().any(|topic| query.topics.contains(topic)))
            .take(query.limit);
        let mut stories = Vec::new();
        for line in wanted {
            stories.extend(self.story(line.id)?);
        }
        Ok(stories)
    }

    fn stories_between(
        &self,
        from: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Story>, StoreError> {
        let stories = self.reader.stories_between(from, until, limit)?;
        Ok(stories.into_iter().map(|story| self.judged(story)).collect())
    }

    fn last_before(&self, until: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        self.reader.last_before(until)
    }

    fn search(
        &self,
        search: &Search,
        kept_only: bool,
        limit: usize,
    ) -> Result<Vec<Hit>, StoreError> {
        self.reader.search(search, kept_only, limit)
    }

    fn is_indexed(&self) -> Result<bool, StoreError> {
        self.reader.is_indexed()
    }

    fn each_story(
        &self,
        since: Option<Timestamp>,
        each: &mut dyn FnMut(Story) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.reader.each_story(since, &mut |story| each(self.judged(story)))
    }

    fn story(&self, id: StoryId) -> Result<Option<Story>, StoreError> {
        Ok(self.reader.story(id)?.map(|story| self.judged(story)))
    }

    fn find(&self, needle: &str) -> Result<Vec<StoryId>, StoreError> {
        self.reader.find(needle)
    }

    fn story_of(&self, key: &MemberKey) -> Result<Option<StoryId>, StoreError> {
        self.reader.story_of(key)
    }

    fn entries(&self, keys: &[MemberKey]) -> Result<Vec<Option<StoredEntry>>, StoreError> {
        self.reader.entries(keys)
    }

    fn decisions(&self) -> Result<Vec<Decision>, StoreError> {
        self.reader.decisions()
    }

    fn find_entries(&self, needle: &str) -> Result<Vec<FoundEntry>, StoreError> {
        self.reader.find_entries(needle)
    }

    fn story_now(&self, id: StoryId) -> Result<Option<StoryId>, StoreError> {
        self.reader.story_now(id)
    }

    fn each_entry_since(
        &self,
        since: Timestamp,
        encoder: u32,
        each: &mut dyn FnMut(PlacedEntry),
    ) -> Result<(), StoreError> {
        self.reader.each_entry_since(since, encoder, each)
    }

    fn source_counts(&self) -> Result<HashMap<SourceKey, SourceCounts>, StoreError> {
        self.reader.source_counts()
    }

    fn websub(&self) -> Result<Remembered, StoreError> {
        self.reader.websub()
    }

    fn fact(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.reader.fact(name)
    }
}

/// What a new file changes.
#[derive(Debug)]
pub struct Diff {
    /// The feeds of both files: those of the new one in its order, then those that are gone.
    pub feeds: Vec<FeedDiff>,
    /// Whether the store knows which feeds are in force. Where it does not (it is of an older version), what is stored is compared under the feeds of
    /// the new file.
    pub knows_feeds: bool,
}

/// Whether a feed is in both files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// In both.
    Stays,
    /// In the new one only: nobody reads it yet.
    New,
    /// In the old one only: whoever reads it loses it.
    Gone,
}

/// What a new file changes in a feed.
#[derive(Debug)]
pub struct FeedDiff {
    /// The feed.
    pub feed: FeedName,
    /// Whether it is in both files.
    pub presence: Presence,
    /// Items it holds.
    pub before: usize,
    /// Items it will hold.
    pub after: usize,
    /// Items that come in, in the order of the feed.
    pub added: Vec<Change>,
    /// Items that go, in the order of the feed.
    pub removed: Vec<Change>,
}

impl FeedDiff {
    /// Items that come and go, in percent of those it holds; a feed without items changes wholly with its first. A new feed changes nothing.
    pub fn percent(&self) -> f64 {
        let changed = self.added.len() + self.removed.len();
        match self.presence {
            Presence::New => 0.0,
            Presence::Stays | Presence::Gone if changed == 0 => 0.0,
            Presence::Stays | Presence::Gone if self.before == 0 => 100.0,
            // Counts of items are far below what a fraction holds exactly.
            Presence::Stays | Presence::Gone => changed as f64 * 100.0 / self.before as f64,
        }
    }
}

/// An item that comes or goes.
#[derive(Debug)]
pub struct Change {
    /// The item as it is shown where it is.
    pub item: Item,
    /// Why.
    pub because: String,
}

/// Compares the feeds in force with those of a file. Blocks on the database.
///
/// # Errors
/// If the file is wrong, or the store is missing or cannot be read.
pub fn compare(config: &Path, since: Option<Duration>, now: Timestamp) -> Result<Diff, RunError> {
    let desk = Desk::load_without_secrets(config)?;
    diff(&desk, sqlite::open_reader(&desk.config.store.path)?, since, now)
}

/// Compares what the feeds hold with what they will hold under a new file; items published before `since` are left out of account.
///
/// # Errors
/// If the store cannot be read.
pub fn diff(
    desk: &Desk,
    reader: Box<dyn StoreReader>,
    since: Option<Duration>,
    now: Timestamp,
) -> Result<Diff, RunError> {
    let new = Replayed::new(reader, desk);
    let states = new.source_states()?;
    let standing = new.fact(STANDING)?.as_deref().and_then(Standing::parse);
    let knows_feeds = standing.is_some();
    let standing = standing.unwrap_or_else(|| Standing::of(desk));
    let comparison = Comparison {
        before: Side {
            reader: new.stored(),
            desk: overruled(standing.edition_desk(&states), new.stored())?,
        },
        after: Side { reader: &new, desk: edition_desk(desk, &new, &states)? },
        since: since.map(|since| now - since),
        now,
    };
    let mut olds: BTreeMap<FeedName, FeedSpec> =
        standing.feeds().into_iter().map(|spec| (spec.name.clone(), spec)).collect();
    let mut feeds = Vec::new();
    for feed in &desk.config.feeds {
        let old = olds.remove(&feed.spec.name);
        feeds.push(comparison.of(old.as_ref(), Some(&feed.spec))?);
    }
    for old in olds.values() {
        feeds.push(comparison.of(Some(old), None)?);
    }
    Ok(Diff { feeds, knows_feeds })
}

/// What is chosen from, and by what.
struct Side<'a> {
    reader: &'a dyn StoreReader,
    desk: edition::Desk,
}

struct Comparison<'a> {
    before: Side<'a>,
    after: Side<'a>,
    since: Option<Timestamp>,
    now: Timestamp,
}

impl Comparison<'_> {
    fn of(&self, old: Option<&FeedSpec>, new: Option<&FeedSpec>) -> Result<FeedDiff, RunError> {
        let before = self.chosen(&self.before, old)?;
        let after = self.chosen(&self.after, new)?;
        let ids = |items: &[Item]| items.iter().map(|item| item.id).collect::<HashSet<_>>();
        let (were, will) = (ids(&before), ids(&after));
        let (counts, presence) = (
            (before.len(), after.len()),
            match (old, new) {
                (Some(_), Some(_)) => Presence::Stays,
                (None, _) => Presence::New,
                (Some(_), None) => Presence::Gone,
            },
        );
        let added: Vec<Item> = after.into_iter().filter(|item| !were.contains(&item.id)).collect();
        let removed: Vec<Item> =
            before.into_iter().filter(|item| !will.contains(&item.id)).collect();
        let stories = self.stories(added.iter().chain(&removed))?;
        let changes = |items: Vec<Item>, because: &dyn Fn(&Both) -> String| {
            let each = items.into_iter().map(|item| {
                let known = stories.get(&item.id);
                Change { because: known.map_or(String::new(), because), item }
            });
            each.collect::<Vec<Change>>()
        };
        let name = new.or(old).map(|spec| spec.name.clone());
        Ok(FeedDiff {
            // One of the two is always there.
            feed: name.ok_or(RunError::Ended { part: "comparison of feeds" })?,
            presence,
            before: counts.0,
            after: counts.1,
            added: changes(added, &|story| self.why_added(story, old, new)),
            removed: changes(removed, &|story| self.why_removed(story, old, new)),
        })
    }

    fn chosen(&self, side: &Side<'_>, spec: Option<&FeedSpec>) -> Result<Vec<Item>, RunError> {
        let Some(spec) = spec else { return Ok(Vec::new()) };
        let Edition { mut items, .. } = choose(side.reader, spec, &side.desk, self.now)?;
        items.retain(|item| self.since.is_none_or(|since| item.published >= since));
        Ok(items)
    }

    /// The stories that items tell, by the items' ids, as they were and as they will be. An entry that is an item of its own has an id of its own.
    fn stories<'i>(
        &self,
        items: impl Iterator<Item = &'i Item>,
    ) -> Result<HashMap<StoryId, Both>, RunError> {
        let mut found = HashMap::new();
        let mut own: HashSet<StoryId> = HashSet::new();
        for id in items.map(|item| item.id) {
            match self.before.reader.story(id)? {
                Some(story) => {
                    found.insert(id, story);
                }
                None => {
                    own.insert(id);
                }
            }
        }
        if !own.is_empty() {
            self.before.reader.each_story(None, &mut |story| {
                for member in &story.members {
                    let id = StoryId::founded_by(&member.entry.source, member.entry.identity);
                    // An entry whose story has its id, but not itself any more, has the one after it.
                    for id in [id, id.after()] {
                        if own.remove(&id) {
                            found.insert(id, story.clone());
                        }
                    }
                }
                if own.is_empty() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })?;
        }
        let mut both = HashMap::with_capacity(found.len());
        for (id, before) in found {
            let after = self.after.reader.story(before.id)?.unwrap_or_else(|| before.clone());
            both.insert(id, Both { before, after });
        }
        Ok(both)
    }

    fn why_added(&self, story: &Both, old: Option<&FeedSpec>, new: Option<&FeedSpec>) -> String {
        let Some(old) = old else { return "the feed is new".to_owned() };
        if merges_otherwise(old, new) {
            return MERGE.to_owned();
        }
        match why_not(&story.before, old, &self.before.desk, self.now) {
            WhyNot::Limit { .. } => "there is room for it now (`limit`)".to_owned(),
            WhyNot::MaxAge { .. } => "`max_age` lets it in now".to_owned(),
            WhyNot::Select => "the feed is for its source and language now".to_owned(),
            WhyNot::Sources => "its source is configured now".to_owned(),
            WhyNot::Hidden => "the curator hides it no more".to_owned(),
            WhyNot::Topics(_) => new.map_or(String::new(), |new| kept(&story.after, new)),
        }
    }

    fn why_removed(&self, story: &Both, old: Option<&FeedSpec>, new: Option<&FeedSpec>) -> String {
        let Some(new) = new else { return "the feed is gone".to_owned() };
        if old.is_some_and(|old| merges_otherwise(old, Some(new))) {
            return MERGE.to_owned();
        }
        let why = why_not(&story.after, new, &self.after.desk, self.now);
        match (&why, old) {
            (WhyNot::Topics(_), Some(old)) => {
                format!("{why}; before: {}", kept(&story.before, old))
            }
            (
                WhyNot::Topics(_)
                | WhyNot::Limit { .. }
                | WhyNot::MaxAge { .. }
                | WhyNot::Select
                | WhyNot::Sources
                | WhyNot::Hidden,
                _,
            ) => why.to_string(),
        }
    }
}

/// A story by the verdicts in force and by those of the new file.
struct Both {
    before: Story,
    after: Story,
}

const MERGE: &str = "what is one item is decided otherwise now (`merge`)";

fn merges_otherwise(old: &FeedSpec, new: Option<&FeedSpec>) -> bool {
    new.is_some_and(|new| new.merge != old.merge)
}

/// What keeps a story in a feed.
fn kept(story: &Story, spec: &FeedSpec) -> String {
    if spec.topics.is_empty() {
        return "the feed holds all stories".to_owned();
    }
    let verdicts = story.members.iter().flat_map(|member| &member.verdicts);
    let keeps =
        verdicts.filter(|of| spec.topics.contains(&of.topic)).find_map(|of| match &of.verdict {
            Verdict::Keep(evidence) => Some((&of.topic, in_words(evidence))),
            Verdict::Drop(_) | Verdict::Silent => None,
        });
    match keeps {
        Some((topic, words)) if words.is_empty() => format!("`{topic}` keeps it"),
        Some((topic, words)) => format!("`{topic}` keeps it for {words}"),
        None => "one of its topics keeps it".to_owned(),
    }
}
