//! What is wrong with a topic as written, where, and what to do about it.

use std::ops::Range;

use crate::model::verdict::TopicName;

/// The text of a topic that an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TopicKey {
    /// The topic as a whole; the span is empty.
    Topic,
    /// `match`.
    Match,
    /// The item of `any` with this index.
    Any(usize),
    /// The item of `all` with this index.
    All(usize),
    /// The item of `none` with this index.
    None(usize),
    /// The item of `use` with this index: the name itself.
    Use(usize),
    /// The item of `use` with this index: the text of the pack's file.
    Pack(usize),
    /// `bilateral`: 0 the first country, 1 the second.
    Bilateral(usize),
    /// `trilateral`: 0 the first country, 1 the second, 2 the third.
    Trilateral(usize),
    /// The item of `about` with this index.
    About(usize),
    /// `about_threshold`.
    AboutThreshold,
}

/// What is wrong with a rule, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RuleError {
    /// The bytes of the rule.
    pub span: Range<usize>,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl RuleError {
    /// The line and the column, in characters and both from 1, at which the marked part of this rule begins.
    pub fn position(&self, rule: &str) -> (usize, usize) {
        let before = rule.get(..self.span.start).unwrap_or(rule);
        let line = before.rsplit('\n').next().unwrap_or_default();
        (before.matches('\n').count() + 1, line.chars().count() + 1)
    }
}

/// One problem of one topic.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("topic `{topic}`: {message}")]
pub struct TopicError {
    /// The topic.
    pub topic: TopicName,
    /// Which of its texts is wrong.
    pub key: TopicKey,
    /// The bytes of that text.
    pub span: Range<usize>,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}
