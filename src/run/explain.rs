//! Everything known of one entry or story.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use crate::edition::{self, Precedence};
use crate::model::decision::{Decision, Word};
use crate::model::edition::{FeedName, FeedSpec, Item, Merge};
use crate::model::source::{SourceKey, SourceState};
use crate::model::story::{EntryId, Member, Story, StoryId};
use crate::model::time::Timestamp;
use crate::model::verdict::{TopicName, Verdict};
use crate::run::decide::said_of;
use crate::run::desk::{Desk, name_of};
use crate::run::error::RunError;
use crate::run::publisher::{choose, edition_desk};
use crate::store::{StoreReader, sqlite};
use crate::topics::TopicExplanation;

/// What is known of a story.
#[derive(Debug)]
pub struct Explained {
    /// The story with its members, their evidence and verdicts.
    pub story: Story,
    /// The names of its sources.
    pub names: BTreeMap<SourceKey, String>,
    /// The feeds that hold it now.
    pub feeds: Vec<FeedName>,
    /// For each feed that does not hold it, why.
    pub not_in: Vec<(FeedName, &'static str)>,
    /// The member whose headline leads, in the first feed that holds it.
    pub leading: Option<EntryId>,
    /// Why that one does.
    pub because: Option<Precedence>,
    /// What the curator said of it, in order.
    pub said: Vec<Decision>,
    /// By member: what the topics say of it by the rules in force, also the silent ones.
    pub topics: HashMap<EntryId, Vec<TopicExplanation>>,
}

impl Explained {
    /// The topics that say nothing of a member, and why in words.
    pub fn silent(&self, member: EntryId) -> impl Iterator<Item = (&TopicName, String)> {
        let topics = self.topics.get(&member).map(Vec::as_slice).unwrap_or_default();
        let silent = topics.iter().filter(|topic| topic.verdict == Verdict::Silent);
        silent.map(|topic| (&topic.topic, topic.to_string()))
    }
}

/// Finds the stories that an id, a guid or a URL belongs to. Blocks on the database.
///
/// # Errors
/// If the configuration is wrong, or the store is missing or cannot be read. Nothing found is an empty answer.
pub fn explain(config: &Path, needle: &str, now: Timestamp) -> Result<Vec<Explained>, RunError> {
    let desk = Desk::load(config)?;
    let reader = sqlite::open_reader(&desk.config.store.path)?;
    let mut explained = Vec::new();
    for id in reader.find(needle)? {
        explained.extend(story(&desk, reader.as_ref(), id, now)?);
    }
    Ok(explained)
}

/// What is known of the story that an id leads to now; `None` if there is none.
///
/// # Errors
/// If the store cannot be read.
pub fn story(
    desk: &Desk,
    reader: &dyn StoreReader,
    id: StoryId,
    now: Timestamp,
) -> Result<Option<Explained>, RunError> {
    let Some(id) = reader.story_now(id)? else { return Ok(None) };
    let Some(story) = reader.story(id)? else { return Ok(None) };
    let states = reader.source_states()?;
    let edition_desk = edition_desk(desk, reader, &states)?;
    let mut explained = Explained {
        names: names(desk, &states, &story),
        said: said_of(reader, &story)?,
        because: None,
        topics: story.members.iter().filter_map(|member| topics(desk, member)).collect(),
        story,
        feeds: Vec::new(),
        not_in: Vec::new(),
        leading: None,
    };
    for feed in &desk.config.feeds {
        let edition = choose(reader, &feed.spec, &edition_desk, now)?;
        if edition.items.iter().any(|item| shows(item, &explained.story, &feed.spec)) {
            explained.feeds.push(feed.spec.name.clone());
            if explained.leading.is_none() {
                (explained.leading, explained.because) =
                    edition::leader(&explained.story, &feed.spec, &edition_desk).unzip();
            }
        } else {
            explained.not_in.push((
                feed.spec.name.clone(),
                why_not(&explained.story, &feed.spec, &edition_desk, now),
            ));
        }
    }
    Ok(Some(explained))
}

/// What the curator said, in words: "hidden", "joined with story …".
pub fn in_words(decision: &Decision) -> String {
    let what = match &decision.word {
        Word::Split { entry, from } => {
            format!("split an entry of `{}` from {} others", entry.source, from.len())
        }
        Word::Join { one, other } => format!("joined {} and {}", one.story, other.story),
        Word::Hide { .. } => "hidden: in no feed".to_owned(),
        Word::Pin { .. } => "pinned: on top of its feeds, whatever its age".to_owned(),
    };
    format!("{what} (by the curator, {})", decision.at)
}

/// Whether an item shows the story, or an entry of it: a feed that does not merge stories gives each entry an id of its own.
fn shows(item: &Item, story: &Story, spec: &FeedSpec) -> bool {
    let is_own = |member: &Member| {
        let id = StoryId::founded_by(&member.entry.source, member.entry.identity);
        item.id == id || item.id == id.after()
    };
    match spec.merge {
        Merge::Story => item.id == story.id,
        Merge::Headline | Merge::None => item.id == story.id || story.members.iter().any(is_own),
    }
}

/// Why a feed does not hold a story: asked of the same choice, one condition less at a time.
fn why_not(story: &Story, spec: &FeedSpec, desk: &edition::Desk, now: Timestamp) -> &'static str {
    let chosen = |spec: &FeedSpec| {
        !edition::choose(std::slice::from_ref(story), spec, desk, now).items.is_empty()
    };
    if desk.hidden.contains(&story.id) {
        return "the curator hid it";
    }
    if chosen(spec) {
        return "newer items fill its `limit`";
    }
    if chosen(&FeedSpec { max_age: None, ..spec.clone() }) {
        return "it is older than `max_age`";
    }
    if chosen(&FeedSpec { topics: Vec::new(), max_age: None, ..spec.clone() }) {
        return "none of its topics keeps the story";
    }
    "its sources are no longer configured"
}

/// What the topics say of a member; `None` if its source is no longer configured.
fn topics(desk: &Desk, member: &Member) -> Option<(EntryId, Vec<TopicExplanation>)> {
    let stored = &member.entry;
    let source = desk.sources.get(&stored.source)?;
    Some((stored.id, desk.explain_topics(source, &stored.entry, stored.language.as_ref())))
}

fn names(
    desk: &Desk,
    states: &HashMap<SourceKey, SourceState>,
    story: &Story,
) -> BTreeMap<SourceKey, String> {
    let sources = story.members.iter().filter_map(|member| desk.sources.get(&member.entry.source));
    sources.map(|source| (source.key.clone(), name_of(source, states.get(&source.key)))).collect()
}
