//! Why: the outcome of a rule on an entry, with its proof.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// The name of a topic, as in `[topic.NAME]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TopicName(Arc<str>);

impl TopicName {
    /// A name of 1 to 64 letters, digits, `-` or `_`; `None` otherwise (it becomes part of addresses and file names).
    pub fn parse(name: &str) -> Option<TopicName> {
        let fits = (1..=64).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        fits.then(|| TopicName(name.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TopicName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which rule spoke: `topic.diplomacy.any`, `pack.korea-japan.relation`, `source.topics`, `story.same-url`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId(Arc<str>);

impl RuleId {
    /// Names a rule.
    pub fn new(name: impl Into<Arc<str>>) -> RuleId {
        RuleId(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The part of an entry that a rule looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// The headline as published.
    Title,
    /// The summary as plain text.
    Summary,
    /// The content as plain text.
    Content,
    /// A byline.
    Author,
    /// A section or tag of the source.
    Category,
    /// The key of the source.
    Source,
    /// The language tag.
    Lang,
    /// The link.
    Url,
}

impl Field {
    /// Its name in rules (`title:`) and in evidence.
    pub fn name(self) -> &'static str {
        match self {
            Field::Title => "title",
            Field::Summary => "summary",
            Field::Content => "content",
            Field::Author => "author",
            Field::Category => "category",
            Field::Source => "source",
            Field::Lang => "lang",
            Field::Url => "url",
        }
    }

    /// The field of that name.
    pub fn parse(name: &str) -> Option<Field> {
        const ALL: [Field; 8] = [
            Field::Title,
            Field::Summary,
            Field::Content,
            Field::Author,
            Field::Category,
            Field::Source,
            Field::Lang,
            Field::Url,
        ];
        ALL.into_iter().find(|field| field.name() == name)
    }
}

/// One piece of proof: a rule found a term at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The rule that spoke.
    pub rule: RuleId,
    /// Where it looked.
    pub field: Field,
    /// Bytes of the field as published, so that a page can mark them; empty if the rule is about the entry as a whole.
    pub span: Range<usize>,
    /// The term of the rule that was found, as written in the rule.
    pub term: Box<str>,
}

/// What was found and where, in words: `“summit” in the title (topic.talks.any)`. Each term once a field, and not more than say something new;
/// empty if nothing was found at a place.
pub fn in_words(evidence: &[Evidence]) -> String {
    const SAID: usize = 6;
    let mut said: Vec<(&str, Field)> = Vec::new();
    let mut words = String::new();
    for Evidence { rule, field, term, .. } in evidence {
        let found = (term.as_ref(), *field);
        if term.is_empty() || said.contains(&found) {
            continue;
        }
        if said.len() == SAID {
            words.push_str(", …");
            break;
        }
        let lead = if said.is_empty() { "" } else { ", " };
        words.push_str(&format!("{lead}“{term}” in the {} ({rule})", field.name()));
        said.push(found);
    }
    words
}

/// What a topic says of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The entry belongs to the topic, because of these.
    Keep(Vec<Evidence>),
    /// The topic would keep it but for these.
    Drop(Vec<Evidence>),
    /// No rule spoke; the feed's default decides, and says so.
    Silent,
}

impl Verdict {
    /// Whether the topic keeps the entry.
    pub fn keeps(&self) -> bool {
        matches!(self, Verdict::Keep(_))
    }

    /// The proof for either outcome.
    pub fn evidence(&self) -> &[Evidence] {
        match self {
            Verdict::Keep(evidence) | Verdict::Drop(evidence) => evidence,
            Verdict::Silent => &[],
        }
    }
}

/// A topic's verdict on an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicVerdict {
    /// The topic.
    pub topic: TopicName,
    /// What it says.
    pub verdict: Verdict,
}
