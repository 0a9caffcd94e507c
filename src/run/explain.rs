//! Everything known of one entry or story.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::Path;
use std::time::Duration;

use crate::edition::{self, Precedence};
use crate::model::decision::{Decision, Word};
use crate::model::edition::{FeedName, FeedSpec, Item, Merge, Select};
use crate::model::schedule::Written;
use crate::model::source::{SourceKey, SourceState};
use crate::model::story::{EntryId, Member, StoredEntry, Story, StoryId};
use crate::model::time::Timestamp;
use crate::model::url::WebUrl;
use crate::model::verdict::{self, Evidence, TopicName, Verdict};
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
    pub not_in: Vec<(FeedName, WhyNot)>,
    /// The member whose headline leads, in the first feed that holds it.
    pub leading: Option<EntryId>,
    /// Why that one does.
    pub because: Option<Precedence>,
    /// What the curator said of it, in order.
    pub said: Vec<Decision>,
    /// By member: what the topics say of it by the rules in force, also the silent ones.
    pub topics: HashMap<EntryId, Vec<TopicExplanation>>,
    /// The entries that were asked for, where it was not the story as a whole.
    pub asked: Vec<EntryId>,
}

impl Explained {
    /// The topics that say nothing of a member, and why in words.
    pub fn silent(&self, member: EntryId) -> impl Iterator<Item = (&TopicName, String)> {
        let topics = self.topics.get(&member).map(Vec::as_slice).unwrap_or_default();
        let silent = topics.iter().filter(|topic| topic.verdict == Verdict::Silent);
        silent.map(|topic| (&topic.topic, topic.to_string()))
    }
}

impl Explained {
    /// Says what a silent topic misses in the story's first entry.
    fn say_silence(&self, says: &mut TopicSays) {
        let first = self.story.members.first().filter(|_| says.drops.is_none());
        let mut silent = first.into_iter().flat_map(|member| self.silent(member.entry.id));
        says.silent = silent.find(|(topic, _)| **topic == says.topic).map(|(_, words)| words);
    }
}

/// Finds the stories that an id, a guid or a URL belongs to. Blocks on the database.
///
/// # Errors
/// If the configuration is wrong, or the store is missing or cannot be read. Nothing found is an empty answer.
pub fn explain(config: &Path, needle: &str, now: Timestamp) -> Result<Vec<Explained>, RunError> {
    let desk = Desk::load_without_secrets(config)?;
    let reader = sqlite::open_reader(&desk.config.store.path)?;
    let mut explained = Vec::new();
    for id in reader.find(needle)? {
        explained.extend(story(&desk, reader.as_ref(), id, now)?);
    }
    for explained in &mut explained {
        let members =
            explained.story.members.iter().filter(|member| is_meant(&member.entry, needle));
        explained.asked = members.map(|member| member.entry.id).collect();
    }
    Ok(explained)
}

/// Whether an entry is the one that is asked for, as [`StoreReader::find`] finds it.
fn is_meant(stored: &StoredEntry, needle: &str) -> bool {
    let needle = needle.trim();
    let entry = &stored.entry;
    let page = |url: &WebUrl| url.canonical();
    needle.parse() == Ok(stored.id.0)
        || entry.guid.as_ref().is_some_and(|guid| guid.as_str() == needle)
        || entry.link.as_ref().is_some_and(|link| {
            link.as_str() == needle
                || WebUrl::parse(needle).is_some_and(|url| page(&url) == page(link))
        })
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
        asked: Vec::new(),
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
            let mut why = why_not(&explained.story, &feed.spec, &edition_desk, now);
            if let WhyNot::Topics(topics) = &mut why {
                topics.iter_mut().for_each(|says| explained.say_silence(says));
            }
            explained.not_in.push((feed.spec.name.clone(), why));
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

/// Why a feed does not hold a story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhyNot {
    /// Newer items fill its `limit`.
    Limit {
        /// How many items it holds.
        limit: usize,
    },
    /// It is older than its `max_age`.
    MaxAge {
        /// The story's date.
        published: Timestamp,
        /// How old an item may be.
        max_age: Duration,
    },
    /// None of its topics keeps it.
    Topics(Vec<TopicSays>),
    /// No entry of it is of the sources and in the languages that the feed is for.
    Select,
    /// No entry of it is of a source that is configured.
    Sources,
    /// The curator hid it.
    Hidden,
}

/// What a topic that does not keep a story says of its entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicSays {
    /// The topic.
    pub topic: TopicName,
    /// What made it drop an entry; `None` if it is silent.
    pub drops: Option<Vec<Evidence>>,
    /// Of a silent one, what it misses, in words; `None` where nobody asked.
    pub silent: Option<String>,
}

impl fmt::Display for WhyNot {
    /// In words, after "not in the feed because".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WhyNot::Limit { limit } => write!(f, "newer items fill its `limit` of {limit}"),
            WhyNot::MaxAge { published, max_age } => {
                write!(f, "it is of {published}, older than its `max_age` of {}", Written(*max_age))
            }
            WhyNot::Topics(topics) => {
                f.write_str("none of its topics keeps it")?;
                for (index, TopicSays { topic, drops, silent }) in topics.iter().enumerate() {
                    f.write_str(if index == 0 { ": " } else { "; " })?;
                    match drops.as_deref().map(verdict::in_words) {
                        None => match silent {
                            Some(silent) => f.write_str(silent)?,
                            None => write!(f, "no rule of `{topic}` speaks of it")?,
                        },
                        Some(words) if words.is_empty() => write!(f, "`{topic}` drops it")?,
                        Some(words) => write!(f, "`{topic}` drops it for {words}")?,
                    }
                }
                Ok(())
            }
            WhyNot::Select => f.write_str(
                "no entry of it is of the sources and in the languages that the feed is for",
            ),
            WhyNot::Sources => f.write_str("its sources are no longer configured"),
            WhyNot::Hidden => f.write_str("the curator hid it"),
        }
    }
}

/// Why a feed does not hold a story: asked of the same choice, one condition less at a time.
pub fn why_not(story: &Story, spec: &FeedSpec, desk: &edition::Desk, now: Timestamp) -> WhyNot {
    let chosen = |spec: &FeedSpec| {
        !edition::choose(std::slice::from_ref(story), spec, desk, now).items.is_empty()
    };
    if desk.hidden.contains(&story.id) {
        return WhyNot::Hidden;
    }
    if chosen(spec) {
        return WhyNot::Limit { limit: spec.limit };
    }
    if let Some(max_age) = spec.max_age
        && chosen(&FeedSpec { max_age: None, ..spec.clone() })
    {
        let dates = story.members.iter().map(|member| member.entry.published.at);
        return WhyNot::MaxAge { published: dates.min().unwrap_or(now), max_age };
    }
    if chosen(&FeedSpec { topics: Vec::new(), max_age: None, ..spec.clone() }) {
        return WhyNot::Topics(spec.topics.iter().map(|topic| says(topic, story)).collect());
    }
    match chosen(&FeedSpec {
        select: Select::default(),
        topics: Vec::new(),
        max_age: None,
        ..spec.clone()
    }) {
        true => WhyNot::Select,
        false => WhyNot::Sources,
    }
}

fn says(topic: &TopicName, story: &Story) -> TopicSays {
    let verdicts = story.members.iter().flat_map(|member| &member.verdicts);
    let mut drops = verdicts.filter(|of| of.topic == *topic).filter_map(|of| match &of.verdict {
        Verdict::Drop(evidence) => Some(evidence.clone()),
        Verdict::Keep(_) | Verdict::Silent => None,
    });
    TopicSays { topic: topic.clone(), drops: drops.next(), silent: None }
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
