//! What topics are compiled to: slots that terms fill, and for each topic a condition over slots.
//!
//! Terms beside each other in an OR, and the terms of a list or group, share one slot, so that a topic of thousands of terms asks once.

use std::collections::HashMap;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use regex::Regex;

use super::Fold;
use super::error::{TopicError, TopicKey};
use super::meaning::Meaning;
use super::term::{Pattern, Term};
use crate::model::lang::Lang;
use crate::model::verdict::{Field, RuleId, TopicName};

/// How many terms all topics together may have.
const TERMS: usize = 400_000;
/// How many regular expressions all topics together may have: each is run over every headline by itself.
pub(super) const REGEXES: usize = 200;
/// How many bytes they may have.
const TERM_BYTES: usize = 1 << 28;
/// Up to so many bytes of terms are looked for by the fastest kind of automaton, which takes about 600 bytes for each.
const FEW_BYTES: usize = 32 * 1024;

/// A set of fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Fields(u8);

impl Fields {
    /// None.
    pub(super) const NONE: Fields = Fields(0);
    /// Headline and summary: where a term without a field looks.
    pub(super) const TEXT: Fields = Fields(0b11);

    /// This one.
    pub(super) fn only(field: Field) -> Fields {
        Fields(match field {
            Field::Title => 1,
            Field::Summary => 1 << 1,
            Field::Content => 1 << 2,
            Field::Author => 1 << 3,
            Field::Category => 1 << 4,
            Field::Source => 1 << 5,
            Field::Lang => 1 << 6,
            Field::Url => 1 << 7,
        })
    }

    /// Whether it is one of them.
    pub(super) fn has(self, field: Field) -> bool {
        self.0 & Fields::only(field).0 != 0
    }

    /// These and those.
    pub(super) fn and(self, other: Fields) -> Fields {
        Fields(self.0 | other.0)
    }
}

/// The condition of a topic.
#[derive(Debug)]
pub(super) enum Node {
    /// Holds of every entry.
    Everything(RuleId),
    /// A term of the slot is there.
    Slot(u32),
    /// All of them.
    All(Vec<Node>),
    /// One of them.
    One(Vec<Node>),
    /// Not this.
    Not(Box<Node>),
    /// Terms of both sides in one text, at most so many words apart.
    Near { left: Vec<u32>, right: Vec<u32>, words: usize },
    /// Terms of at least so many of the slots.
    Distinct { slots: Vec<u32>, at_least: usize },
    /// The regular expression matches a folded text.
    Regex { regex: Regex, written: Box<str>, fields: Fields, rule: RuleId },
    /// The entry as a whole: its source, language or address.
    Whole { field: Field, term: Term, rule: RuleId },
    /// The headline means what the examples of that number do.
    About(u32),
    /// The topic of that number keeps the entry.
    Topic(u32),
}

/// What terms fill and conditions ask for.
#[derive(Debug)]
pub(super) struct Slot {
    /// What it is called in evidence.
    pub rule: RuleId,
    /// Where its terms are looked for.
    pub fields: Fields,
    /// What covers a place that does not count.
    pub cover: Option<u32>,
    /// The topics that ask for it.
    pub topics: Vec<u32>,
}

/// A term in the program.
#[derive(Debug)]
pub(super) struct ProgramTerm {
    /// As written in the rule.
    pub written: Box<str>,
    /// The published text it must equal, where case counts.
    pub exact: Option<Box<str>>,
    /// The slots it fills.
    pub slots: Vec<u32>,
    /// The covers it belongs to.
    pub covers: Vec<u32>,
}

/// A topic in the program.
#[derive(Debug)]
pub(super) struct ProgramTopic {
    pub name: TopicName,
    pub languages: Vec<Lang>,
    pub condition: Node,
    /// Whether the condition may hold of an entry without any of its terms.
    pub asks_always: bool,
    /// The topics it uses.
    pub uses: Vec<u32>,
}

/// The topics, ready to judge.
#[derive(Debug)]
pub(super) struct Program {
    /// Finds the texts of `uses`; made for the first entry that is judged, since most compilations only look for problems.
    automaton: OnceLock<Option<AhoCorasick>>,
    /// By pattern of the automaton: how it must stand, and for which term it does.
    pub uses: Vec<Vec<(Pattern, u32)>>,
    pub terms: Vec<ProgramTerm>,
    pub slots: Vec<Slot>,
    pub topics: Vec<ProgramTopic>,
    /// The topics by number, each after those it uses.
    pub order: Vec<u32>,
    /// The examples of every `about`.
    pub meanings: Vec<Meaning>,
    /// The fields that any rule looks at.
    pub reads: Fields,
}

impl Program {
    /// Finds the texts of `uses`; `None` only where they have more states than an automaton can number, which [`Builder::finish`] rules out.
    pub(super) fn automaton(&self) -> Option<&AhoCorasick> {
        let make = || {
            let texts = || {
                self.uses.iter().filter_map(|uses| uses.first()).map(|(pattern, _)| &pattern.text)
            };
            let few = texts().map(String::len).sum::<usize>() <= FEW_BYTES;
            // A DFA is read almost twice as fast, but needs a gigabyte for 100,000 terms.
            let kind = if few { AhoCorasickKind::DFA } else { AhoCorasickKind::ContiguousNFA };
            AhoCorasick::builder()
                .match_kind(MatchKind::Standard)
                .kind(Some(kind))
                .build(texts())
                .ok()
        };
        self.automaton.get_or_init(make).as_ref()
    }
}

/// Whether the condition holds where no term is found.
pub(super) fn holds_of_nothing(node: &Node) -> bool {
    match node {
        Node::Everything(_)
        | Node::Not(_)
        | Node::Regex { .. }
        | Node::Whole { .. }
        | Node::About(_) => true,
        // A topic that uses others is asked where one of them says something.
        Node::Slot(_) | Node::Near { .. } | Node::Distinct { .. } | Node::Topic(_) => false,
        Node::All(parts) => parts.iter().all(holds_of_nothing),
        Node::One(parts) => parts.iter().any(holds_of_nothing),
    }
}

/// Collects slots, terms and topics, and makes the program of them.
#[derive(Default)]
pub(super) struct Builder {
    terms: Vec<ProgramTerm>,
    index: HashMap<Term, u32>,
    slots: Vec<Slot>,
    pub topics: Vec<ProgramTopic>,
    pub order: Vec<u32>,
    meanings: Vec<Meaning>,
    /// Slots that several topics share, by what they are called and where they look.
    pub shared: HashMap<(String, Fields), u32>,
    covers: u32,
    /// Where regular expressions look.
    pub regex_fields: Option<Fields>,
    /// How many regular expressions there are.
    pub regexes: usize,
    /// Every problem so far.
    pub errors: Vec<TopicError>,
}

impl Builder {
    fn term(&mut self, term: &Term) -> &mut ProgramTerm {
        let next = u32::try_from(self.terms.len()).unwrap_or(u32::MAX);
        let index = *self.index.entry(term.clone()).or_insert(next);
        if index == next {
            self.terms.push(ProgramTerm {
                written: term.written.clone(),
                exact: term.exact().map(Box::from),
                slots: Vec::new(),
                covers: Vec::new(),
            });
        }
        &mut self.terms[index as usize]
    }

    /// A new slot that these terms fill.
    pub(super) fn slot<'a>(
        &mut self,
        rule: RuleId,
        fields: Fields,
        terms: impl IntoIterator<Item = &'a Term>,
        cover: Option<u32>,
    ) -> u32 {
        let slot = u32::try_from(self.slots.len()).unwrap_or(u32::MAX);
        self.slots.push(Slot { rule, fields, cover, topics: Vec::new() });
        for term in terms {
            let slots = &mut self.term(term).slots;
            if slots.last() != Some(&slot) {
                slots.push(slot);
            }
        }
        slot
    }

    /// A new cover of these terms; `None` without any.
    pub(super) fn cover<'a>(&mut self, terms: impl IntoIterator<Item = &'a Term>) -> Option<u32> {
        let cover = self.covers;
        let mut any = false;
        for term in terms {
            any = true;
            let covers = &mut self.term(term).covers;
            if covers.last() != Some(&cover) {
                covers.push(cover);
            }
        }
        self.covers += u32::from(any);
        any.then_some(cover)
    }

    /// The number of new examples.
    pub(super) fn meaning(&mut self, meaning: Meaning) -> u32 {
        self.meanings.push(meaning);
        u32::try_from(self.meanings.len() - 1).unwrap_or(u32::MAX)
    }

    /// Notes in each slot that the topic asks for it.
    pub(super) fn ask(&mut self, node: &Node, topic: u32) {
        let mut note = |slot: u32| {
            let topics = &mut self.slots[slot as usize].topics;
            if topics.last() != Some(&topic) {
                topics.push(topic);
            }
        };
        match node {
            Node::Slot(slot) => note(*slot),
            Node::Near { left, right, .. } => left.iter().chain(right).for_each(|slot| note(*slot)),
            Node::Distinct { slots, .. } => slots.iter().for_each(|slot| note(*slot)),
            Node::Everything(_)
            | Node::Regex { .. }
            | Node::Whole { .. }
            | Node::About(_)
            | Node::Topic(_) => {}
            Node::Not(inner) => self.ask(inner, topic),
            Node::All(parts) | Node::One(parts) => {
                parts.iter().for_each(|part| self.ask(part, topic));
            }
        }
    }

    /// The program, or the problems.
    pub(super) fn finish(self, fold: Fold) -> Result<Program, Vec<TopicError>> {
        let fault = |message: String, help: &str| {
            let topic = self.topics.last().map(|topic| topic.name.clone());
            topic
                .into_iter()
                .map(|topic| TopicError {
                    topic,
                    key: TopicKey::Topic,
                    span: 0..0,
                    message: message.clone(),
                    help: Some(help.to_owned()),
                })
                .collect::<Vec<_>>()
        };
        if self.terms.len() > TERMS {
            return Err(fault(
                format!("the topics together have more than {TERMS} terms"),
                "leave some out",
            ));
        }
        let mut terms: Vec<(&Term, u32)> =
            self.index.iter().map(|(term, index)| (term, *index)).collect();
        // The same program whatever the order of a hash table.
        terms.sort_by_key(|(_, index)| *index);
        let mut texts: HashMap<String, usize> = HashMap::new();
        let mut uses: Vec<Vec<(Pattern, u32)>> = Vec::new();
        for (term, index) in terms {
            for pattern in term.patterns(fold) {
                let next = uses.len();
                let at = *texts.entry(pattern.text.clone()).or_insert(next);
                if at == next {
                    uses.push(Vec::new());
                }
                uses[at].push((pattern, index));
            }
        }
        // An automaton numbers its states with 31 bits and has one a byte at most.
        if texts.keys().map(String::len).sum::<usize>() > TERM_BYTES {
            return Err(fault(
                format!("the terms together have more than {TERM_BYTES} bytes"),
                "leave some out",
            ));
        }
        let mut reads = self.regex_fields.unwrap_or(Fields::NONE);
        for slot in self.slots.iter().filter(|slot| !slot.topics.is_empty()) {
            reads = reads.and(slot.fields);
        }
        Ok(Program {
            automaton: OnceLock::new(),
            uses,
            terms: self.terms,
            slots: self.slots,
            topics: self.topics,
            order: self.order,
            meanings: self.meanings,
            reads,
        })
    }
}
