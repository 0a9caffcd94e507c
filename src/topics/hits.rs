//! Which terms of the topics are found at all: a term that nothing stored has is probably a slip.

use std::ops::Range;

use super::error::{TopicError, TopicKey};
use super::program::{Node, Program};
use super::{Fold, Subject, TopicSpec};
use super::{compile, judge};
use crate::model::verdict::TopicName;

/// A term or regular expression as it is written in a topic's own rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TermRef {
    /// The topic.
    pub topic: TopicName,
    /// The text of the topic that it is written in.
    pub key: TopicKey,
    /// The bytes of that text.
    pub span: Range<usize>,
    /// As written, with its field.
    pub text: String,
    /// Whether it is written after NOT or in `none`: there nothing is lost if it is never found.
    pub excludes: bool,
}

/// Counts in how many entries each term of the topics is found, whatever else its rule asks for. Terms of packs are not counted.
#[derive(Debug)]
pub struct TermHits {
    terms: Vec<TermRef>,
    /// One topic whose condition has a part for each term.
    program: Program,
    fold: Fold,
    counts: Vec<u64>,
}

impl TermHits {
    /// Makes a counter of topics that compile.
    ///
    /// # Errors
    /// What is wrong with the topics.
    pub fn new(specs: &[TopicSpec], fold: Fold) -> Result<TermHits, Vec<TopicError>> {
        let (terms, program) = compile::terms(specs, fold)?;
        let counts = vec![0; terms.len()];
        Ok(TermHits { terms, program, fold, counts })
    }

    /// Looks for every term in an entry.
    pub fn count(&mut self, subject: &Subject<'_>) {
        let Some(Node::One(parts)) = self.program.topics.first().map(|topic| &topic.condition)
        else {
            return;
        };
        let there = judge::each_holds(&self.program, self.fold, subject, parts);
        self.counts.iter_mut().zip(there).for_each(|(count, there)| *count += u64::from(there));
    }

    /// Every term, in the order of the topics, and in how many of the entries it was found.
    pub fn counts(&self) -> impl Iterator<Item = (&TermRef, u64)> {
        self.terms.iter().zip(self.counts.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::model::entry::Entry;
    use crate::model::source::SourceKey;
    use crate::model::text::{Folded, Headline, Normalised};

    fn lower(text: &str) -> Folded {
        Folded::in_place(text.to_lowercase())
    }

    #[test]
    fn each_term_is_counted_by_itself() {
        let spec = TopicSpec {
            match_rule: Some("(korea NEAR/2 japan) NOT title:golf OR /t.lks/ source:x @JP".into()),
            any: vec!["seoul".into()],
            none: vec!["rice".into()],
            use_packs: vec![super::super::PackRef::BuiltIn("diplomacy".into())],
            ..TopicSpec::new(TopicName::parse("t").unwrap())
        };
        let mut hits = TermHits::new(&[spec], lower).unwrap();
        for title in ["Korea talks", "Golf in Korea", "Rice talks"] {
            let entry = Entry { title: Headline::new(title), ..Entry::default() };
            hits.count(&Subject {
                normalised: &Normalised { title: lower(title), ..Normalised::default() },
                entry: &entry,
                source: &SourceKey::parse("s").unwrap(),
                language: None,
                always: &BTreeSet::new(),
                vector: None,
            });
        }
        let counted: Vec<(&str, bool, u64)> =
            hits.counts().map(|(term, count)| (term.text.as_str(), term.excludes, count)).collect();
        let want = [
            ("korea", false, 2),
            ("japan", false, 0),
            ("title:golf", true, 1),
            ("/t.lks/", false, 2),
            ("source:x", false, 0),
            ("seoul", false, 0),
            ("rice", true, 1),
        ];
        assert_eq!(counted, want);
    }
}
