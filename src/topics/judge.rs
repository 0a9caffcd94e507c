//! One automaton over all terms; its hits, where they stand as words, fill the slots that the topics' conditions ask for.

use std::borrow::Cow;
use std::ops::Range;

use super::Fold;
use super::Subject;
use super::explain::TopicExplanation;
use super::meaning::Nearest;
use super::program::{Fields, Node, Program, ProgramTopic};
use super::term::Term;
use crate::model::script::Script;
use crate::model::text::Folded;
use crate::model::verdict::{Evidence, Field, RuleId, TopicVerdict, Verdict};

/// How many pieces of evidence a verdict lists; more say nothing new.
const EVIDENCE: usize = 32;
/// How many hits are looked at in one entry; more than any text needs, and a bound for what a long summary can cost.
const HITS: usize = 20_000;

/// What the topics say of an entry, in their order; silent ones are left out.
pub(super) fn judge(program: &Program, fold: Fold, subject: &Subject<'_>) -> Vec<TopicVerdict> {
    let texts = texts(program, fold, subject);
    let found = Found::new(program, &texts);
    let mut judged = Judged::new(program, subject, &texts, &found, About::AsIs);
    judged.all();
    program
        .topics
        .iter()
        .zip(judged.verdicts)
        .filter(|(_, verdict)| *verdict != Verdict::Silent)
        .map(|(topic, verdict)| TopicVerdict { topic: topic.name.clone(), verdict })
        .collect()
}

/// What every topic says of an entry and why, in their order.
pub(super) fn explain(
    program: &Program,
    fold: Fold,
    subject: &Subject<'_>,
) -> Vec<TopicExplanation> {
    let texts = texts(program, fold, subject);
    let found = Found::new(program, &texts);
    let mut judged = Judged::new(program, subject, &texts, &found, About::AsIs);
    judged.all();
    (0..program.topics.len()).map(|number| judged.explanation(number)).collect()
}

/// Whether each of these conditions holds of an entry, whatever the topics say.
pub(super) fn each_holds(
    program: &Program,
    fold: Fold,
    subject: &Subject<'_>,
    conditions: &[Node],
) -> Vec<bool> {
    let texts = texts(program, fold, subject);
    let found = Found::new(program, &texts);
    let judged = Judged::new(program, subject, &texts, &found, About::AsIs);
    conditions.iter().map(|condition| judged.holds(condition, Nots::Count)).collect()
}

/// Whether some topic keeps the entry if its headline means what is asked for, and does not if not, or the other way round.
pub(super) fn hangs_on_meaning(program: &Program, fold: Fold, subject: &Subject<'_>) -> bool {
    let texts = texts(program, fold, subject);
    let found = Found::new(program, &texts);
    let kept = |about: About| {
        let mut judged = Judged::new(program, subject, &texts, &found, about);
        judged.all();
        judged.verdicts.iter().map(Verdict::keeps).collect::<Vec<_>>()
    };
    kept(About::Holds) != kept(About::HoldsNot)
}

/// A text of the entry as published and as folded.
pub(super) struct Text<'a> {
    field: Field,
    published: Cow<'a, str>,
    folded: Cow<'a, Folded>,
}

/// The texts that some rule looks at.
fn texts<'a>(program: &Program, fold: Fold, subject: &Subject<'a>) -> Vec<Text<'a>> {
    let mut texts = Vec::with_capacity(2);
    let entry = subject.entry;
    let reads = program.reads;
    if let Some(title) = entry.title.as_ref().filter(|_| reads.has(Field::Title)) {
        texts.push(Text {
            field: Field::Title,
            published: title.as_str().into(),
            folded: Cow::Borrowed(&subject.normalised.title),
        });
    }
    if let Some(summary) = entry.summary_text.as_ref().filter(|_| reads.has(Field::Summary)) {
        texts.push(Text {
            field: Field::Summary,
            published: summary.as_str().into(),
            folded: Cow::Borrowed(&subject.normalised.summary),
        });
    }
    let mut add = |field: Field, published: Cow<'a, str>| {
        let folded = Cow::Owned(fold(&published));
        texts.push(Text { field, published, folded });
    };
    if let Some(content) = entry.content.as_ref().filter(|_| reads.has(Field::Content)) {
        add(Field::Content, content.to_text().into());
    }
    if reads.has(Field::Author) {
        entry.authors.iter().for_each(|author| add(Field::Author, author.as_str().into()));
    }
    if reads.has(Field::Category) {
        entry.categories.iter().for_each(|name| add(Field::Category, name.as_str().into()));
    }
    texts
}

/// A term at a place.
#[derive(Debug, Clone)]
pub(super) struct Hit {
    term: u32,
    text: usize,
    folded: Range<usize>,
}

/// The terms that were found.
pub(super) struct Found {
    hits: Vec<Hit>,
    /// Slots and the hits that fill them, by slot.
    filled: Vec<(u32, u32)>,
    /// By slot: whether any hit fills it.
    is_filled: Vec<bool>,
    /// By topic: whether a slot it asks for is filled.
    touched: Vec<bool>,
}

impl Found {
    fn new(program: &Program, texts: &[Text<'_>]) -> Found {
        let mut hits: Vec<Hit> = Vec::new();
        let mut covers: Vec<(u32, usize, Range<usize>)> = Vec::new();
        for (index, text) in texts.iter().enumerate() {
            let folded = text.folded.text();
            let places =
                program.automaton().map(|automaton| automaton.find_overlapping_iter(folded));
            for found in places.into_iter().flatten() {
                if hits.len() >= HITS {
                    break;
                }
                for (pattern, term) in &program.uses[found.pattern().as_usize()] {
                    if !pattern.stands(folded, found.start(), found.end()) {
                        continue;
                    }
                    let compiled = &program.terms[*term as usize];
                    if let Some(exact) = &compiled.exact {
                        let span = text.folded.span(found.range());
                        if text.published.get(span) != Some(exact) {
                            continue;
                        }
                    }
                    for cover in &compiled.covers {
                        covers.push((*cover, index, found.range()));
                    }
                    if !compiled.slots.is_empty() {
                        hits.push(Hit { term: *term, text: index, folded: found.range() });
                    }
                }
            }
        }
        let mut filled: Vec<(u32, u32)> = Vec::new();
        let mut is_filled = vec![false; program.slots.len()];
        let mut touched = vec![false; program.topics.len()];
        for (number, hit) in (0u32..).zip(&hits) {
            for slot_index in &program.terms[hit.term as usize].slots {
                let slot = &program.slots[*slot_index as usize];
                let is_covered = |cover: u32| {
                    covers.iter().any(|(other, text, range)| {
                        *other == cover
                            && *text == hit.text
                            && range.start <= hit.folded.start
                            && hit.folded.end <= range.end
                    })
                };
                if !slot.fields.has(texts[hit.text].field) || slot.cover.is_some_and(is_covered) {
                    continue;
                }
                filled.push((*slot_index, number));
                is_filled[*slot_index as usize] = true;
                slot.topics.iter().for_each(|topic| touched[*topic as usize] = true);
            }
        }
        filled.sort_unstable();
        Found { hits, filled, is_filled, touched }
    }

    fn hits_of(&self, slot: u32) -> impl Iterator<Item = &Hit> {
        let from = self.filled.partition_point(|(filled, _)| *filled < slot);
        self.filled[from..]
            .iter()
            .take_while(move |(filled, _)| *filled == slot)
            .map(|(_, hit)| &self.hits[*hit as usize])
    }

    /// Whether a term of the slot is there.
    pub(super) fn fills(&self, slot: u32) -> bool {
        self.is_filled[slot as usize]
    }
}

/// How a NOT is read: as it is, or as if it held, which tells a topic that drops from one that is silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nots {
    Count,
    Hold,
}

/// How an `about` is read: as it is, or as if it held or did not, which tells whether it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    AsIs,
    Holds,
    HoldsNot,
}

pub(super) struct Judged<'a> {
    pub program: &'a Program,
    pub subject: &'a Subject<'a>,
    texts: &'a [Text<'a>],
    pub found: &'a Found,
    about: About,
    /// By topic; those that are not judged yet are silent.
    pub verdicts: Vec<Verdict>,
}

impl<'a> Judged<'a> {
    fn new(
        program: &'a Program,
        subject: &'a Subject<'a>,
        texts: &'a [Text<'a>],
        found: &'a Found,
        about: About,
    ) -> Judged<'a> {
        let verdicts = vec![Verdict::Silent; program.topics.len()];
        Judged { program, subject, texts, found, about, verdicts }
    }

    /// Judges every topic, after those it uses.
    fn all(&mut self) {
        for number in self.program.order.iter().map(|number| *number as usize) {
            let topic = &self.program.topics[number];
            let speaks = |used: &u32| self.verdicts[*used as usize] != Verdict::Silent;
            let verdict = if self.subject.always.contains(&topic.name) {
                Verdict::Keep(vec![Evidence {
                    rule: RuleId::new("source.topics"),
                    field: Field::Source,
                    span: 0..self.subject.source.as_str().len(),
                    term: topic.name.as_str().into(),
                }])
            } else if self.found.touched[number]
                || topic.asks_always
                || topic.uses.iter().any(speaks)
            {
                self.topic(topic)
            } else {
                continue;
            };
            self.verdicts[number] = verdict;
        }
    }

    /// Whether the topic takes entries in the language of this one.
    pub(super) fn is_meant(&self, topic: &ProgramTopic) -> bool {
        topic.languages.is_empty()
            || self.subject.language.is_some_and(|language| {
                topic.languages.iter().any(|meant| meant.same_language(language))
            })
    }

    fn topic(&self, topic: &ProgramTopic) -> Verdict {
        if !self.is_meant(topic) {
            return Verdict::Silent;
        }
        let mut evidence = Vec::new();
        if self.holds(&topic.condition, Nots::Count) {
            self.why(&topic.condition, &mut evidence);
            Verdict::Keep(ordered(evidence))
        } else if self.holds(&topic.condition, Nots::Hold) {
            self.why_not(&topic.condition, &mut evidence);
            Verdict::Drop(ordered(evidence))
        } else {
            Verdict::Silent
        }
    }

    /// Whether a condition holds.
    pub(super) fn holds(&self, node: &Node, nots: Nots) -> bool {
        match node {
            Node::Everything(_) => true,
            Node::Slot(slot) => self.found.fills(*slot),
            Node::All(parts) => parts.iter().all(|part| self.holds(part, nots)),
            Node::One(parts) => parts.iter().any(|part| self.holds(part, nots)),
            Node::Not(inner) => match nots {
                Nots::Hold => true,
                Nots::Count => !self.holds(inner, Nots::Count),
            },
            Node::Near { left, right, words } => self.near(left, right, *words).is_some(),
            Node::Distinct { slots, at_least } => {
                slots.iter().filter(|slot| self.found.fills(**slot)).count() >= *at_least
            }
            Node::Regex { regex, fields, .. } => {
                self.texts_in(*fields).any(|text| regex.is_match(text.folded.text()))
            }
            Node::Whole { field, term, .. } => self.whole(*field, term).is_some(),
            Node::About(number) => match self.about {
                About::Holds => true,
                About::HoldsNot => false,
                About::AsIs => self.nearest(*number).is_some_and(|nearest| {
                    nearest.cosine >= self.program.meanings[*number as usize].threshold
                }),
            },
            Node::Topic(number) => match &self.verdicts[*number as usize] {
                Verdict::Keep(_) => true,
                Verdict::Drop(_) => nots == Nots::Hold,
                Verdict::Silent => false,
            },
        }
    }

    /// The example that is most like the headline, if it is known what both mean.
    pub(super) fn nearest(&self, number: u32) -> Option<Nearest<'_>> {
        self.program.meanings[number as usize].nearest(self.subject.vector?)
    }

    fn texts_in(&self, fields: Fields) -> impl Iterator<Item = &Text<'_>> {
        self.texts.iter().filter(move |text| fields.has(text.field))
    }

    /// The two hits of NEAR that are nearest to the start of their text.
    pub(super) fn near(
        &self,
        left: &[u32],
        right: &[u32],
        words: usize,
    ) -> Option<(u32, &Hit, u32, &Hit)> {
        let hits = |slots: &[u32]| -> Vec<(u32, &Hit)> {
            slots
                .iter()
                .flat_map(|slot| self.found.hits_of(*slot).map(move |hit| (*slot, hit)))
                .take(200)
                .collect()
        };
        let right = hits(right);
        for (left_slot, one) in hits(left) {
            for (right_slot, other) in &right {
                let (first, second) = if one.folded.start <= other.folded.start {
                    (one, *other)
                } else {
                    (*other, one)
                };
                // The same place is not two.
                if one.text != other.text || second.folded.start < first.folded.end {
                    continue;
                }
                let text = self.texts[one.text].folded.text();
                if words_in(&text[first.folded.end..second.folded.start], words) <= words {
                    return Some((left_slot, one, *right_slot, other));
                }
            }
        }
        None
    }

    /// The part of the entry's source, language or address that a term names.
    fn whole(&self, field: Field, term: &Term) -> Option<Range<usize>> {
        match field {
            Field::Source => {
                let key = self.subject.source.as_str();
                term.is_whole(key).then_some(0..key.len())
            }
            Field::Lang => {
                let tag = self.subject.language?.as_str();
                let wanted = term.text();
                let begins =
                    tag.get(..wanted.len()).is_some_and(|head| head.eq_ignore_ascii_case(wanted));
                // "zh" is every Chinese, "zh-hant" one.
                (begins && matches!(tag.as_bytes().get(wanted.len()), None | Some(b'-')))
                    .then_some(0..tag.len())
            }
            Field::Url => {
                let url = self.subject.entry.link.as_ref()?.as_str();
                let wanted = as_in_urls(term.text());
                let at = url.to_ascii_lowercase().find(&wanted)?;
                Some(at..at + wanted.len())
            }
            Field::Title | Field::Summary | Field::Content | Field::Author | Field::Category => {
                None
            }
        }
    }

    /// The proof of a condition that holds.
    pub(super) fn why(&self, node: &Node, out: &mut Vec<Evidence>) {
        match node {
            Node::Everything(rule) => out.push(Evidence {
                rule: rule.clone(),
                field: Field::Title,
                span: 0..0,
                term: "*".into(),
            }),
            Node::Slot(slot) => {
                out.extend(self.found.hits_of(*slot).map(|hit| self.evidence(*slot, hit)));
            }
            Node::All(parts) => parts.iter().for_each(|part| self.why(part, out)),
            Node::One(parts) => parts
                .iter()
                .filter(|part| self.holds(part, Nots::Count))
                .for_each(|part| self.why(part, out)),
            // What is not there cannot be marked.
            Node::Not(_) => {}
            Node::Near { left, right, words } => {
                if let Some((left_slot, one, right_slot, other)) = self.near(left, right, *words) {
                    out.push(self.evidence(left_slot, one));
                    out.push(self.evidence(right_slot, other));
                }
            }
            Node::Distinct { slots, .. } => {
                let firsts = slots.iter().filter_map(|slot| {
                    self.found.hits_of(*slot).next().map(|hit| self.evidence(*slot, hit))
                });
                out.extend(firsts);
            }
            Node::Regex { regex, written, fields, rule } => {
                for text in self.texts_in(*fields) {
                    if let Some(found) = regex.find(text.folded.text()) {
                        out.push(Evidence {
                            rule: rule.clone(),
                            field: text.field,
                            span: text.folded.span(found.range()),
                            term: written.clone(),
                        });
                    }
                }
            }
            Node::Whole { field, term, rule } => {
                if let Some(span) = self.whole(*field, term) {
                    let term = term.written.clone();
                    out.push(Evidence { rule: rule.clone(), field: *field, span, term });
                }
            }
            Node::About(number) => {
                if let Some(Nearest { example, cosine }) = self.nearest(*number) {
                    let title = self.subject.entry.title.as_ref();
                    out.push(Evidence {
                        rule: self.program.meanings[*number as usize].rule.clone(),
                        field: Field::Title,
                        span: 0..title.map_or(0, |title| title.as_str().len()),
                        term: format!("{example} ({cosine:.2})").into(),
                    });
                }
            }
            Node::Topic(number) => {
                out.extend_from_slice(self.verdicts[*number as usize].evidence());
            }
        }
    }

    /// The proof of the NOTs for want of which a condition does not hold.
    fn why_not(&self, node: &Node, out: &mut Vec<Evidence>) {
        match node {
            Node::Not(inner) => {
                if self.holds(inner, Nots::Count) {
                    self.why(inner, out);
                }
            }
            Node::All(parts) => parts.iter().for_each(|part| self.why_not(part, out)),
            Node::One(parts) => {
                // An alternative that holds needs no excuse.
                if !parts.iter().any(|part| self.holds(part, Nots::Count)) {
                    parts
                        .iter()
                        .filter(|part| self.holds(part, Nots::Hold))
                        .for_each(|part| self.why_not(part, out));
                }
            }
            Node::Topic(number) => match &self.verdicts[*number as usize] {
                Verdict::Drop(evidence) => out.extend_from_slice(evidence),
                Verdict::Keep(_) | Verdict::Silent => {}
            },
            Node::Everything(_)
            | Node::Slot(_)
            | Node::Near { .. }
            | Node::Distinct { .. }
            | Node::Regex { .. }
            | Node::Whole { .. }
            | Node::About(_) => {}
        }
    }

    fn evidence(&self, slot: u32, hit: &Hit) -> Evidence {
        let text = &self.texts[hit.text];
        Evidence {
            rule: self.program.slots[slot as usize].rule.clone(),
            field: text.field,
            span: text.folded.span(hit.folded.clone()),
            term: self.program.terms[hit.term as usize].written.clone(),
        }
    }
}

/// The text as addresses have it, in small letters: what is not ASCII is percent-encoded (RFC 3986 §2.1).
fn as_in_urls(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii() {
            out.push(character.to_ascii_lowercase());
        } else {
            let bytes = character.to_string();
            bytes.bytes().for_each(|byte| out.push_str(&format!("%{byte:02x}")));
        }
    }
    out
}

/// By field and place, each proof once.
fn ordered(mut evidence: Vec<Evidence>) -> Vec<Evidence> {
    let place = |proof: &Evidence| (proof.field, proof.span.start, proof.span.end);
    evidence.sort_by(|one, other| {
        place(one)
            .cmp(&place(other))
            .then_with(|| (&one.rule, &one.term).cmp(&(&other.rule, &other.term)))
    });
    evidence.dedup();
    evidence.truncate(EVIDENCE);
    evidence
}

/// How many words stand in a text, counted up to just beyond `most`: runs of letters, digits and Hangul; of kanji and kana two letters are one.
fn words_in(text: &str, most: usize) -> usize {
    let mut halves = 0;
    let mut last = Script::Other;
    for character in text.chars() {
        let script = Script::of(character);
        halves += match script {
            Script::Han | Script::Hiragana | Script::Katakana => 1,
            Script::Digit | Script::Letter | Script::Hangul if script != last => 2,
            Script::Digit | Script::Letter | Script::Hangul | Script::Other => 0,
        };
        last = script;
        if halves > 2 * most + 1 {
            break;
        }
    }
    halves / 2
}
