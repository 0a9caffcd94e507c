//! Entries that report one event, and how such a group may change. Nothing here compares headlines.

use std::fmt;

use super::entry::Entry;
use super::identity::{Identity, digest};
use super::lang::Lang;
use super::source::SourceKey;
use super::time::{Published, Timestamp};
use super::url::CanonicalUrl;
use super::verdict::TopicVerdict;

/// The id of a story for ever: in feeds as `urn:uuid:…`, in addresses as the bare UUID.
///
/// It is made from the entry that opened the story (UUID version 8, RFC 9562 §5.8), so that two machines that read the same sources in the same
/// order give the same ids; it is stored, so that it stays whatever becomes of that entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StoryId([u8; 16]);

impl StoryId {
    /// The id of the story that this entry opens.
    pub fn founded_by(source: &SourceKey, identity: Identity) -> StoryId {
        let mut bytes = digest(&[b"story", source.as_str().as_bytes(), &identity.0]);
        bytes[6] = (bytes[6] & 0x0f) | 0x80;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        StoryId(bytes)
    }

    /// Another id, made from this one: of a story whose first entry names one already.
    pub fn after(self) -> StoryId {
        let mut bytes = digest(&[b"story-after", &self.0]);
        bytes[6] = (bytes[6] & 0x0f) | 0x80;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        StoryId(bytes)
    }

    /// The id kept as these bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> StoryId {
        StoryId(bytes)
    }

    /// The bytes to keep.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0
    }

    /// Reads a UUID, with or without `urn:uuid:`.
    pub fn parse(text: &str) -> Option<StoryId> {
        let text = text.strip_prefix("urn:uuid:").unwrap_or(text);
        if text.len() != 36 || [8, 13, 18, 23].iter().any(|dash| text.as_bytes()[*dash] != b'-') {
            return None;
        }
        let mut digits = text.bytes().filter(|byte| *byte != b'-');
        let mut bytes = [0; 16];
        for byte in &mut bytes {
            let mut digit = || digits.next().and_then(|byte| (byte as char).to_digit(16));
            *byte = u8::try_from(digit()? * 16 + digit()?).ok()?;
        }
        digits.next().is_none().then_some(StoryId(bytes))
    }

    /// The id in published documents: `urn:uuid:…` (RFC 9562 §4).
    pub fn urn(self) -> String {
        format!("urn:uuid:{self}")
    }
}

impl fmt::Display for StoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

/// The store's number of an entry; it grows with time and is never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryId(pub i64);

/// Names an entry across restarts: the source that listed it, and by what that source knows it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MemberKey {
    /// The source.
    pub source: SourceKey,
    /// Its entry.
    pub identity: Identity,
}

impl MemberKey {
    /// The id of the story that this entry opens.
    pub fn founds(&self) -> StoryId {
        StoryId::founded_by(&self.source, self.identity)
    }
}

/// An entry as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEntry {
    /// The store's number.
    pub id: EntryId,
    /// The source that listed it.
    pub source: SourceKey,
    /// By what the source's next listing knows it.
    pub identity: Identity,
    /// As read.
    pub entry: Entry,
    /// Its language: its own, else the source's, else the feed's, else detected.
    pub language: Option<Lang>,
    /// When we first saw it.
    pub first_seen: Timestamp,
    /// When what we keep of it last changed; `first_seen` if it never did.
    pub changed: Timestamp,
    /// When it counts as published.
    pub published: Published,
}

/// Why an entry is in its story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Joined {
    /// It opened the story.
    Founded,
    /// Its canonical URL is that of a member.
    SameUrl {
        /// The URL they share.
        url: CanonicalUrl,
    },
    /// Its headline is that of a member after folding.
    SameHeadline {
        /// The folded headline they share.
        key: String,
    },
    /// Its headline is nearly that of a member: edited, or in another order.
    NearHeadline(Likeness),
    /// It tells of the same event in other words or another language.
    SameEvent(Likeness),
    /// The curator says so.
    ByCurator,
}

/// What makes an entry and the member that is most like it one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Likeness {
    /// The headline of that member, as published.
    pub headline: String,
    /// What both speak of, in words: "한일 = Korea–Japan", "5.5%".
    pub shared: Vec<String>,
    /// How alike their meaning is, in hundredths (the cosine of their vectors); `None` where it was not looked at.
    pub similarity: Option<u8>,
    /// How sure the joining is, in hundredths: the mean over the story's members.
    pub confidence: u8,
    /// How far apart they were published, in hours.
    pub hours_apart: u16,
}

impl fmt::Display for Likeness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for shared in &self.shared {
            write!(f, "{shared}, ")?;
        }
        match self.hours_apart {
            0 => f.write_str("same hour")?,
            1..=23 => write!(f, "{} h apart", self.hours_apart)?,
            hours => write!(f, "{} days apart", (hours + 12) / 24)?,
        }
        if let Some(similarity) = self.similarity {
            write!(f, ", similarity 0.{similarity:02}")?;
        }
        write!(f, ", confidence 0.{:02}; most like “{}”", self.confidence, self.headline)
    }
}

impl Joined {
    /// Whether the story was there before the entry.
    pub fn is_join(&self) -> bool {
        !matches!(self, Joined::Founded)
    }

    /// The rule's name in evidence.
    pub fn rule(&self) -> &'static str {
        match self {
            Joined::Founded => "story.founded",
            Joined::SameUrl { .. } => "story.same-url",
            Joined::SameHeadline { .. } => "story.same-headline",
            Joined::NearHeadline(_) => "story.near-headline",
            Joined::SameEvent(_) => "story.same-event",
            Joined::ByCurator => "story.curator",
        }
    }
}

impl fmt::Display for Joined {
    /// In words, for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Joined::Founded => f.write_str("opened the story"),
            Joined::SameUrl { url } => write!(f, "same page: {url}"),
            Joined::SameHeadline { key } => write!(f, "same headline after folding: {key}"),
            Joined::NearHeadline(likeness) => write!(f, "nearly the same headline: {likeness}"),
            Joined::SameEvent(likeness) => write!(f, "same event: {likeness}"),
            Joined::ByCurator => f.write_str("joined by the curator"),
        }
    }
}

/// An entry in a story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The entry.
    pub entry: StoredEntry,
    /// Why it is here.
    pub joined: Joined,
    /// What the topics say of it; topics that are silent are left out.
    pub verdicts: Vec<TopicVerdict>,
}

/// Entries that report one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    /// Its id for ever.
    pub id: StoryId,
    /// Its members by ascending [`EntryId`]; never empty.
    pub members: Vec<Member>,
    /// When members last came to it from other stories, or went to others; `None` if none ever did.
    pub rearranged: Option<Timestamp>,
}

/// What becomes of one entry: a new one gets its story, one that was in a story may move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryChange {
    /// The story it is now in.
    pub story: StoryId,
    /// Why; `Founded` opens the story.
    pub joined: Joined,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_uuid_and_reads_back() {
        let id = StoryId::founded_by(&SourceKey::parse("a").unwrap(), Identity([7; 16]));
        assert_eq!(id.to_string().len(), 36);
        assert_eq!(&id.to_string()[14..15], "8");
        assert_eq!(StoryId::parse(&id.urn()), Some(id));
        assert_eq!(StoryId::parse("urn:uuid:1-2-3"), None);
        assert_eq!(StoryId::parse(&"é".repeat(18)), None);
    }
}
