//! Terms that nothing stored has: probably slips.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use crate::config::{Config, Text, TopicConfig};
use crate::normalise::fold::fold;
use crate::normalise::{Outlets, normalise};
use crate::run::desk::topic_specs;
use crate::run::error::RunError;
use crate::store::{StoreError, sqlite};
use crate::topics::{Subject, TermHits, TopicKey};

/// So many entries are looked at, the newest first; a term that none of them has is not worth more.
const ENTRIES: u64 = 50_000;

/// What was looked at, and what was found nowhere.
#[derive(Debug)]
pub struct Unfound {
    /// How many entries were looked at.
    pub entries: u64,
    /// The terms that none of them has, in the order of the topics.
    pub terms: Vec<UnfoundTerm>,
}

/// A term that nothing stored has.
#[derive(Debug)]
pub struct UnfoundTerm {
    /// The topic.
    pub topic: String,
    /// The term as written.
    pub term: String,
    /// The byte of the file at which the text begins that the term is written in.
    pub at: usize,
}

/// The terms of a configuration's topics that nothing stored has; `None` where nothing is stored. What a rule excludes need not be there.
///
/// # Errors
/// If the store cannot be read.
pub fn unfound(config: &Config) -> Result<Option<Unfound>, RunError> {
    let reader = match sqlite::open_reader(&config.store.path) {
        Ok(reader) => reader,
        Err(StoreError::Missing { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut hits = TermHits::new(&topic_specs(config), fold).map_err(RunError::Topics)?;
    let names = Outlets::new(config.sources.iter().filter_map(|source| source.name.clone()));
    let mut entries = 0;
    reader.each_story(None, &mut |story| {
        for member in &story.members {
            let stored = &member.entry;
            entries += 1;
            hits.count(&Subject {
                normalised: &normalise(&stored.entry, &names),
                entry: &stored.entry,
                source: &stored.source,
                language: stored.language.as_ref(),
                always: &BTreeSet::new(),
                vector: None,
            });
        }
        if entries >= ENTRIES { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    if entries == 0 {
        return Ok(None);
    }
    let nowhere = hits.counts().filter(|(term, count)| *count == 0 && !term.excludes);
    let terms = nowhere.filter_map(|(term, _)| {
        let topic = config.topics.iter().find(|topic| topic.name == term.topic)?;
        let text = text_of(topic, term.key)?;
        Some(UnfoundTerm {
            topic: term.topic.to_string(),
            term: term.text.clone(),
            at: text.span.start,
        })
    });
    Ok(Some(Unfound { entries, terms: terms.collect() }))
}

/// The text of a topic that a term is written in.
fn text_of(topic: &TopicConfig, key: TopicKey) -> Option<&Text> {
    match key {
        TopicKey::Match => topic.rule.as_ref(),
        TopicKey::Any(index) => topic.any.get(index),
        TopicKey::All(index) => topic.all.get(index),
        TopicKey::None(index) => topic.none.get(index),
        TopicKey::Topic
        | TopicKey::Use(_)
        | TopicKey::Pack(_)
        | TopicKey::Bilateral(_)
        | TopicKey::Trilateral(_)
        | TopicKey::About(_)
        | TopicKey::AboutThreshold => None,
    }
}
