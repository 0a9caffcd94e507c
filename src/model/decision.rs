//! What the curator said of stories and entries, for ever. Nothing here applies it.

use std::fmt;

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

    /// The id that is written as 32 hexadecimal digits; `None` if this is none.
    pub fn parse(text: &str) -> Option<DecisionId> {
        if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        u128::from_str_radix(text, 16).ok().map(|number| DecisionId(number.to_be_bytes()))
    }
}

impl fmt::Display for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_decisions_are_read_as_they_are_written() {
        for id in [DecisionId([0; 16]), DecisionId([0xff; 16]), DecisionId::of("x")] {
            assert_eq!(DecisionId::parse(&id.to_string()), Some(id));
        }
        for text in ["", "0", &"g".repeat(32), &"0".repeat(33), "+0000000000000000000000000000000"]
        {
            assert_eq!(DecisionId::parse(text), None, "{text}");
        }
    }
}
