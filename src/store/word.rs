//! What the curator said, as text: in rows of the store, and in the inbox beside it. Unknown fields are skipped.

use serde::{Deserialize, Serialize};

use crate::model::decision::{Decision, DecisionId, Part, Request, Word};
use crate::model::identity::Identity;
use crate::model::source::SourceKey;
use crate::model::story::{MemberKey, StoryId};
use crate::model::time::Timestamp;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "word")]
enum WordText {
    Split { entry: KeyText, from: Vec<KeyText> },
    Join { one: PartText, other: PartText },
    Hide { story: String },
    Pin { story: String },
}

/// A source and the identity of its entry, in hexadecimal digits.
#[derive(Serialize, Deserialize)]
struct KeyText(String, String);

#[derive(Serialize, Deserialize)]
struct PartText {
    story: String,
    members: Vec<KeyText>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "request")]
enum RequestText {
    Decide { id: String, at: i64, said: WordText },
    Undo { id: String },
}

/// A word as JSON.
pub(super) fn word_to_text(word: &Word) -> String {
    // Texts and lists: they always have a JSON form.
    serde_json::to_string(&WordText::of(word)).unwrap_or_default()
}

/// The word in a JSON text; `None` if it is none.
pub(super) fn word_from_text(text: &str) -> Option<Word> {
    serde_json::from_str::<WordText>(text).ok()?.word()
}

/// A request as JSON.
pub(super) fn request_to_text(request: &Request) -> String {
    let text = match request {
        Request::Decide(decision) => RequestText::Decide {
            id: hex(&decision.id.0),
            at: decision.at.unix(),
            said: WordText::of(&decision.word),
        },
        Request::Undo(id) => RequestText::Undo { id: hex(&id.0) },
    };
    serde_json::to_string(&text).unwrap_or_default()
}

/// The request in a JSON text; `None` if it is none.
pub(super) fn request_from_text(text: &str) -> Option<Request> {
    Some(match serde_json::from_str::<RequestText>(text).ok()? {
        RequestText::Decide { id, at, said } => Request::Decide(Decision {
            id: DecisionId(unhex(&id)?),
            at: Timestamp::from_unix(at),
            word: said.word()?,
        }),
        RequestText::Undo { id } => Request::Undo(DecisionId(unhex(&id)?)),
    })
}

impl WordText {
    fn of(word: &Word) -> WordText {
        match word {
            Word::Split { entry, from } => {
                WordText::Split { entry: KeyText::of(entry), from: KeyText::all(from) }
            }
            Word::Join { one, other } => {
                WordText::Join { one: PartText::of(one), other: PartText::of(other) }
            }
            Word::Hide { story } => WordText::Hide { story: story.to_string() },
            Word::Pin { story } => WordText::Pin { story: story.to_string() },
        }
    }

    fn word(self) -> Option<Word> {
        Some(match self {
            WordText::Split { entry, from } => {
                Word::Split { entry: entry.key()?, from: keys(from)? }
            }
            WordText::Join { one, other } => Word::Join { one: one.part()?, other: other.part()? },
            WordText::Hide { story } => Word::Hide { story: StoryId::parse(&story)? },
            WordText::Pin { story } => Word::Pin { story: StoryId::parse(&story)? },
        })
    }
}

impl KeyText {
    fn of(key: &MemberKey) -> KeyText {
        KeyText(key.source.to_string(), hex(&key.identity.0))
    }

    fn all(keys: &[MemberKey]) -> Vec<KeyText> {
        keys.iter().map(KeyText::of).collect()
    }

    fn key(self) -> Option<MemberKey> {
        Some(MemberKey { source: SourceKey::parse(&self.0)?, identity: Identity(unhex(&self.1)?) })
    }
}

impl PartText {
    fn of(part: &Part) -> PartText {
        PartText { story: part.story.to_string(), members: KeyText::all(&part.members) }
    }

    fn part(self) -> Option<Part> {
        Some(Part { story: StoryId::parse(&self.story)?, members: keys(self.members)? })
    }
}

fn keys(texts: Vec<KeyText>) -> Option<Vec<MemberKey>> {
    texts.into_iter().map(KeyText::key).collect()
}

fn hex(bytes: &[u8; 16]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<[u8; 16]> {
    (text.len() == 32).then(|| u128::from_str_radix(text, 16).ok()).flatten().map(u128::to_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_reads_back() {
        let key = |number: u8| MemberKey {
            source: SourceKey::parse("yonhap-en").unwrap(),
            identity: Identity([number; 16]),
        };
        let part = |number: u8| Part { story: key(number).founds(), members: vec![key(number)] };
        let check = |word: Word| {
            assert_eq!(word_from_text(&word_to_text(&word)), Some(word.clone()));
            let decision = Decision { id: DecisionId::of("x"), at: Timestamp::from_unix(7), word };
            for request in [Request::Undo(decision.id), Request::Decide(decision)] {
                assert_eq!(request_from_text(&request_to_text(&request)), Some(request));
            }
        };
        check(Word::Split { entry: key(1), from: vec![key(2), key(3)] });
        check(Word::Join { one: part(1), other: part(2) });
        check(Word::Hide { story: key(1).founds() });
        check(Word::Pin { story: key(1).founds() });
        for text in ["", "{}", "{\"word\":\"hide\",\"story\":\"x\"}", "[1]"] {
            assert_eq!(word_from_text(text), None, "{text}");
            assert_eq!(request_from_text(text), None, "{text}");
        }
        assert_eq!(unhex(&"+".repeat(32)), None);
    }
}
