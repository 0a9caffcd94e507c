//! `Normalised` → `Verdict`.

mod error;
mod rule;
mod term;
mod pack;
mod countries;
mod compile;
mod judge;

use std::collections::BTreeSet;

pub use error::{TopicError, TopicKey};
pub use pack::built_in_names;

use crate::model::entry::Entry;
use crate::model::lang::Lang;
use crate::model::source::SourceKey;
use crate::model::text::{Folded, Normalised};
use crate::model::verdict::{TopicName, TopicVerdict};

/// How texts are folded; a plain function, so that what is compiled folds as what is judged.
pub type Fold = fn(&str) -> Folded;

/// A pack that a topic uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackRef {
    /// A built-in one, by name.
    BuiltIn(String),
    /// The curator's own.
    Custom {
        /// Where it was read, as written in `use`: names the pack in evidence.
        path: String,
        /// Its text.
        text: String,
    },
}

/// A topic as configured.
///
/// `match`, `any`, `use` and `bilateral` are alternatives: one is enough. All of `all` are needed besides, and one of `none` suppresses the topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicSpec {
    /// Its name.
    pub name: TopicName,
    /// A rule (the grammar is in `topics/rule.rs`).
    pub match_rule: Option<String>,
    /// Terms of which one is enough.
    pub any: Vec<String>,
    /// Terms of which each is needed.
    pub all: Vec<String>,
    /// Terms of which none may be there.
    pub none: Vec<String>,
    /// Packs of which one is enough.
    pub use_packs: Vec<PackRef>,
    /// Two countries (ISO 3166-1 alpha-2) whose relations are meant.
    pub bilateral: Option<(String, String)>,
    /// The languages whose entries may belong to it; any if empty.
    pub languages: Vec<Lang>,
}

impl TopicSpec {
    /// A topic that says nothing yet.
    pub fn new(name: TopicName) -> TopicSpec {
        TopicSpec {
            name,
            match_rule: None,
            any: Vec::new(),
            all: Vec::new(),
            none: Vec::new(),
            use_packs: Vec::new(),
            bilateral: None,
            languages: Vec::new(),
        }
    }
}

/// What is judged.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// Its folded texts.
    pub normalised: &'a Normalised,
    /// The entry.
    pub entry: &'a Entry,
    /// The source that listed it.
    pub source: &'a SourceKey,
    /// Its language, as far as it is known.
    pub language: Option<&'a Lang>,
    /// The topics that its source's entries always belong to.
    pub always: &'a BTreeSet<TopicName>,
}

/// The topics, ready to judge.
#[derive(Debug)]
pub struct Topics {
    program: compile::Program,
    fold: Fold,
}

impl Topics {
    /// Compiles the topics; all problems at once.
    pub fn compile(specs: &[TopicSpec], fold: Fold) -> Result<Topics, Vec<TopicError>> {
        Ok(Topics { program: compile::compile(specs, fold)?, fold })
    }

    /// What the topics say of an entry, in the order of the configuration; silent ones are left out.
    ///
    /// A topic drops an entry only where it would keep it but for a `none` or a `NOT`.
    pub fn judge(&self, subject: &Subject<'_>) -> Vec<TopicVerdict> {
        judge::judge(&self.program, self.fold, subject)
    }
}
