//! What the curator said of stories and entries, for ever. Nothing here applies it.

use super::identity::digest;
use super::story::{MemberKey, StoryId};
use super::time::Timestamp;

/// Names a decision: made of what was said and when, so that the same one is not taken in twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DecisionId(pub [u8; 16]);

impl DecisionId {
    /// The id of a decision that is told apart from all others by this text.
    pub fn of(text: &str) -> DecisionId {
        DecisionId(digest(&[b"decision", text.as_bytes()]))
    }
}

/// A thing that the curator said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Names it.
    pub id: DecisionId,
    /// When it was said.
    pub at: Timestamp,
    /// What was said.
    pub word: Word,
}

/// What was said. Entries are named by what outlives their rows in a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// This entry is another story than those.
    Split {
        /// The entry.
        entry: MemberKey,
        /// The other members of the story it was in.
        from: Vec<MemberKey>,
    },
    /// Two stories are one.
    Join {
        /// One of them.
        one: Part,
        /// The other.
        other: Part,
    },
    /// The story is in no feed.
    Hide {
        /// Its id when that was said.
        story: StoryId,
    },
    /// The story stays on top of its feeds.
    Pin {
        /// Its id when that was said.
        story: StoryId,
    },
}

/// A story as it was when it was joined with another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its id.
    pub story: StoryId,
    /// Its members, the first one first.
    pub members: Vec<MemberKey>,
}

impl Word {
    /// What the command is called.
    pub fn verb(&self) -> &'static str {
        match self {
            Word::Split { .. } => "split",
            Word::Join { .. } => "join",
            Word::Hide { .. } => "hide",
            Word::Pin { .. } => "pin",
        }
    }

    /// The ids of stories that were named.
    pub fn stories(&self) -> Vec<StoryId> {
        match self {
            Word::Split { .. } => Vec::new(),
            Word::Join { one, other } => vec![one.story, other.story],
            Word::Hide { story } | Word::Pin { story } => vec![*story],
        }
    }

    /// Whether an entry is spoken of.
    pub fn names(&self, key: &MemberKey) -> bool {
        match self {
            Word::Split { entry, from } => entry == key || from.contains(key),
            Word::Join { one, other } => one.members.contains(key) || other.members.contains(key),
            Word::Hide { .. } | Word::Pin { .. } => false,
        }
    }
}

/// What the curator asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// That this holds from now on.
    Decide(Decision),
    /// That this was never said.
    Undo(DecisionId),
}
