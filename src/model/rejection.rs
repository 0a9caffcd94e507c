//! Why an entry is not an item of its own.

use std::fmt;

use super::source::Outlet;
use super::story::{Joined, Member, StoryId};
use super::text::Headline;
use super::url::WebUrl;
use super::verdict::{Evidence, TopicName, in_words};

/// An entry that was dropped or folded, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// The entry, with its verdicts.
    pub member: Member,
    /// Why; never empty.
    pub reasons: Vec<Rejection>,
}

/// One reason why an entry is not an item of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// A topic would keep it but for these.
    Dropped {
        /// The topic.
        topic: TopicName,
        /// What dropped it.
        evidence: Vec<Evidence>,
    },
    /// Another entry tells its story.
    Folded {
        /// The story.
        into: StoryId,
        /// The headline that leads it.
        headline: Option<Headline>,
        /// Whose headline that is.
        outlet: Outlet,
        /// Its page.
        link: Option<WebUrl>,
        /// How the entry came into the story.
        joined: Joined,
    },
}

impl Rejection {
    /// Its kind in a word: `dropped`, `folded`.
    pub fn kind(&self) -> &'static str {
        match self {
            Rejection::Dropped { .. } => "dropped",
            Rejection::Folded { .. } => "folded",
        }
    }
}

impl fmt::Display for Rejection {
    /// In words, for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rejection::Dropped { topic, evidence } => {
                write!(f, "dropped by the topic {topic}")?;
                match in_words(evidence) {
                    words if words.is_empty() => Ok(()),
                    words => write!(f, ": {words}"),
                }
            }
            Rejection::Folded { headline, outlet, joined, .. } => {
                f.write_str("folded into: ")?;
                match headline {
                    Some(headline) => write!(f, "“{headline}” ({})", outlet.name)?,
                    None => f.write_str(&outlet.name)?,
                }
                match joined {
                    Joined::Founded => f.write_str(", which joined it later and leads"),
                    Joined::SameUrl { .. }
                    | Joined::SameHeadline { .. }
                    | Joined::NearHeadline(_)
                    | Joined::SameEvent(_)
                    | Joined::ByCurator => write!(f, ", because: {joined}"),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::identity::Identity;
    use crate::model::source::SourceKey;
    use crate::model::verdict::{Field, RuleId};

    #[test]
    fn reasons_are_told_in_words() {
        let evidence = |term: &str, field| Evidence {
            rule: RuleId::new("topic.chips.none"),
            field,
            span: 0..0,
            term: term.into(),
        };
        let dropped = Rejection::Dropped {
            topic: TopicName::parse("chips").unwrap(),
            evidence: vec![
                evidence("potato chips", Field::Title),
                evidence("potato chips", Field::Title),
                evidence("snack", Field::Summary),
            ],
        };
        assert_eq!(
            dropped.to_string(),
            "dropped by the topic chips: “potato chips” in the title (topic.chips.none), “snack” in the summary (topic.chips.none)"
        );
        let folded = |joined| Rejection::Folded {
            into: StoryId::founded_by(&SourceKey::parse("a").unwrap(), Identity([0; 16])),
            headline: Headline::new("Talks resume"),
            outlet: Outlet { name: "Wire".to_owned(), url: None },
            link: None,
            joined,
        };
        assert_eq!(
            folded(Joined::SameHeadline { key: "talks resume".to_owned() }).to_string(),
            "folded into: “Talks resume” (Wire), because: same headline after folding: talks resume"
        );
        assert_eq!(
            folded(Joined::Founded).to_string(),
            "folded into: “Talks resume” (Wire), which joined it later and leads"
        );
    }
}
