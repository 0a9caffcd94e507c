//! Why a topic says what it says, also where it says nothing: which of the parts it needs are there, and which are missing.

use std::fmt;

use super::countries::countries;
use super::judge::{Judged, Nots};
use super::meaning::Nearest;
use super::program::{Fields, Node, ProgramTopic};
use crate::model::lang::Lang;
use crate::model::verdict::{Evidence, Field, RuleId, TopicName, Verdict};

/// What a topic says of an entry, and if it is silent, how far it got.
#[derive(Debug, Clone, PartialEq)]
pub struct TopicExplanation {
    /// The topic.
    pub topic: TopicName,
    /// What it says.
    pub verdict: Verdict,
    /// The parts of its rule that it needs, of alternatives those that came nearest. Empty unless the topic is silent.
    pub parts: Vec<Part>,
}

/// A part of a rule that is needed, or must not be there.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The rule that asks for it.
    pub rule: RuleId,
    /// What it is called: the name of a country or of a pack's group, or the terms as written.
    pub name: Box<str>,
    /// Whether it is there.
    pub state: PartState,
}

/// Whether a part of a rule is there.
#[derive(Debug, Clone, PartialEq)]
pub enum PartState {
    /// It is, here.
    Found(Vec<Evidence>),
    /// It is not; in words why what there is does not do, if there is something like it.
    Missing(Option<Box<str>>),
    /// It is, and must not be.
    InTheWay(Vec<Evidence>),
}

impl Part {
    fn new(rule: RuleId, name: impl Into<Box<str>>, state: PartState) -> Part {
        Part { rule, name: name.into(), state }
    }

    /// Whether it is one of the states of the world.
    fn is_country(&self) -> bool {
        self.rule.as_str().strip_prefix("country.").is_some_and(|code| code.len() == 2)
    }

    fn found(&self) -> Option<&[Evidence]> {
        match &self.state {
            PartState::Found(evidence) => Some(evidence),
            PartState::Missing(_) | PartState::InTheWay(_) => None,
        }
    }

    fn is_missing(&self) -> bool {
        matches!(self.state, PartState::Missing(_))
    }
}

impl TopicExplanation {
    /// Whether something of a silent topic is there.
    pub fn came_near(&self) -> bool {
        self.verdict == Verdict::Silent && self.parts.iter().any(|part| part.found().is_some())
    }

    /// What a silent topic lacks, in the order of its rule.
    pub fn missing(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(|part| part.is_missing())
    }
}

/// In a sentence: "no term of korea-japan for one side: Japan found (`日本` in the title), South Korea not".
impl fmt::Display for TopicExplanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let topic = &self.topic;
        match &self.verdict {
            Verdict::Keep(evidence) if evidence.is_empty() => {
                return write!(f, "{topic} keeps it: nothing that it excludes is there");
            }
            Verdict::Keep(evidence) => {
                return write!(f, "{topic} keeps it for {}", places(evidence));
            }
            Verdict::Drop(evidence) => {
                return write!(f, "{topic} would keep it but for {}", places(evidence));
            }
            Verdict::Silent => {}
        }
        let name = |part: &Part| match &part.state {
            PartState::Missing(Some(why)) => format!("{} ({why})", part.name),
            PartState::Found(evidence) | PartState::InTheWay(evidence) if !evidence.is_empty() => {
                format!("{} ({})", part.name, places(evidence))
            }
            PartState::Found(_) | PartState::InTheWay(_) | PartState::Missing(None) => {
                part.name.to_string()
            }
        };
        let of = |wanted: &dyn Fn(&Part) -> bool| -> Vec<String> {
            self.parts.iter().filter(|part| wanted(part)).map(name).collect()
        };
        let is_found = |part: &Part| part.found().is_some();
        let one_side = of(&|part| part.is_country() && is_found(part));
        let other_side = of(&|part| part.is_country() && part.is_missing());
        let is_about_sides = !other_side.is_empty();
        let found = of(&|part| is_found(part) && !(is_about_sides && part.is_country()));
        let missing = of(&|part| part.is_missing() && !(is_about_sides && part.is_country()));
        let in_the_way = of(&|part| matches!(part.state, PartState::InTheWay(_)));
        let mut sentences = Vec::new();
        if is_about_sides && one_side.is_empty() {
            sentences.push(format!("no term of {topic} for {}", listed(&other_side, "or")));
        } else if is_about_sides {
            let (one, other) = (listed(&one_side, "and"), listed(&other_side, "and"));
            sentences.push(format!("no term of {topic} for one side: {one} found, {other} not"));
        } else if found.is_empty() && in_the_way.is_empty() && missing.len() > 1 {
            sentences.push(format!("no term of {topic} found"));
            let has_why = |part: &Part| matches!(part.state, PartState::Missing(Some(_)));
            let almost = of(&has_why);
            if !almost.is_empty() {
                sentences.push(format!("nor {}", listed(&almost, "nor")));
            }
        } else if found.is_empty() && !missing.is_empty() {
            sentences.push(format!("no term of {topic} found: {} not", listed(&missing, "and")));
        } else if !missing.is_empty() {
            let (found, missing) = (listed(&found, "and"), listed(&missing, "and"));
            sentences.push(format!("no term of {topic} for a part: {found} found, {missing} not"));
        } else {
            sentences.push(format!("{topic} says nothing"));
        }
        if is_about_sides && !missing.is_empty() {
            sentences.push(format!("{} not found either", listed(&missing, "and")));
        }
        if !in_the_way.is_empty() {
            sentences.push(format!("{} must not be there", listed(&in_the_way, "and")));
        }
        f.write_str(&sentences.join("; "))
    }
}

/// "`日本` in the title"; of many the first.
fn places(evidence: &[Evidence]) -> String {
    let mut shown: Vec<String> = evidence
        .iter()
        .map(|proof| format!("`{}` in the {}", proof.term, proof.field.name()))
        .collect();
    shown.dedup();
    let more = shown.len().saturating_sub(SHOWN);
    shown.truncate(SHOWN);
    if more > 0 {
        shown.push(format!("{more} more"));
    }
    shown.join(", ")
}

/// How many things of a kind are named in a sentence.
const SHOWN: usize = 3;

fn listed(words: &[String], before_last: &str) -> String {
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => {
            format!("{} {before_last} {last}", rest.join(", "))
        }
        _ => words.concat(),
    }
}

impl Judged<'_> {
    /// What the topic of this number says, after all have been judged.
    pub(super) fn explanation(&self, number: usize) -> TopicExplanation {
        let topic = &self.program.topics[number];
        let verdict = self.verdicts[number].clone();
        let parts = match verdict {
            Verdict::Keep(_) | Verdict::Drop(_) => Vec::new(),
            Verdict::Silent if !self.is_meant(topic) => vec![self.language_part(topic)],
            Verdict::Silent => self.parts(&topic.condition),
        };
        TopicExplanation { topic: topic.name.clone(), verdict, parts }
    }

    fn language_part(&self, topic: &ProgramTopic) -> Part {
        let meant: Vec<String> = topic.languages.iter().map(Lang::to_string).collect();
        let why = match self.subject.language {
            Some(language) => format!("the entry is in {language}"),
            None => "the language of the entry is not known".to_owned(),
        };
        let rule = RuleId::new(format!("topic.{}.languages", topic.name));
        let name = format!("a text in {}", listed(&meant, "or"));
        Part::new(rule, name, PartState::Missing(Some(why.into())))
    }

    /// The parts of a condition: all that are needed, and of alternatives those of the one that came nearest.
    fn parts(&self, node: &Node) -> Vec<Part> {
        match node {
            Node::Everything(_) => Vec::new(),
            Node::Slot(slot) => vec![self.slot_part(*slot)],
            Node::All(parts) => parts.iter().flat_map(|part| self.parts(part)).collect(),
            Node::One(parts) => self.nearest_alternative(parts),
            Node::Not(inner) => {
                if !self.holds(inner, Nots::Count) {
                    return Vec::new();
                }
                let mut evidence = Vec::new();
                self.why(inner, &mut evidence);
                let Some(first) = evidence.first() else { return Vec::new() };
                let rule = first.rule.clone();
                let name = group_name(&rule).unwrap_or_else(|| format!("`{}`", first.term));
                vec![Part::new(rule, name, PartState::InTheWay(evidence))]
            }
            Node::Near { left, right, words } => self.near_parts(left, right, *words),
            Node::Distinct { slots, at_least } => {
                let mut evidence = Vec::new();
                self.why(node, &mut evidence);
                let there = slots.iter().filter(|slot| self.found.fills(**slot)).count();
                let state = if there >= *at_least {
                    PartState::Found(evidence)
                } else {
                    PartState::Missing(Some(format!("{there} found").into()))
                };
                vec![Part::new(
                    RuleId::new("country"),
                    format!("{at_least} different states"),
                    state,
                )]
            }
            Node::Regex { written, rule, .. } => {
                vec![Part::new(rule.clone(), format!("`{written}`"), self.state_of(node))]
            }
            Node::Whole { field, term, rule } => {
                let name = format!("`{}:{}`", field.name(), term.written);
                vec![Part::new(rule.clone(), name, self.state_of(node))]
            }
            Node::About(number) => vec![self.about_part(*number, node)],
            Node::Topic(number) => {
                let topic = &self.program.topics[*number as usize];
                let state = match &self.verdicts[*number as usize] {
                    Verdict::Keep(evidence) => PartState::Found(evidence.clone()),
                    Verdict::Drop(evidence) => {
                        PartState::Missing(Some(format!("dropped by {}", places(evidence)).into()))
                    }
                    Verdict::Silent => PartState::Missing(None),
                };
                let rule = RuleId::new(format!("topic.{}", topic.name));
                vec![Part::new(rule, format!("the topic {}", topic.name), state)]
            }
        }
    }

    fn state_of(&self, node: &Node) -> PartState {
        if !self.holds(node, Nots::Count) {
            return PartState::Missing(None);
        }
        let mut evidence = Vec::new();
        self.why(node, &mut evidence);
        PartState::Found(evidence)
    }

    fn slot_part(&self, slot: u32) -> Part {
        let rule = self.program.slots[slot as usize].rule.clone();
        Part::new(rule, self.slot_name(slot), self.state_of(&Node::Slot(slot)))
    }

    /// Of alternatives the first that holds, else the one of which something is there and least is missing.
    fn nearest_alternative(&self, alternatives: &[Node]) -> Vec<Part> {
        if let Some(holds) = alternatives.iter().find(|part| self.holds(part, Nots::Count)) {
            return self.parts(holds);
        }
        let slots: Option<Vec<u32>> = alternatives
            .iter()
            .map(|part| if let Node::Slot(slot) = part { Some(*slot) } else { None })
            .collect();
        if let Some(part) = slots.and_then(|slots| self.one_of_slots(&slots)) {
            return vec![part];
        }
        let found = |parts: &[Part]| parts.iter().filter(|part| part.found().is_some()).count();
        let (near, far): (Vec<Vec<Part>>, Vec<Vec<Part>>) =
            alternatives.iter().map(|part| self.parts(part)).partition(|parts| found(parts) > 0);
        let rank = |parts: &Vec<Part>| (parts.len() - found(parts), usize::MAX - found(parts));
        near.into_iter().min_by_key(rank).unwrap_or_else(|| {
            // Nothing is there of any: each would do.
            let mut all: Vec<Part> = Vec::new();
            for part in far.into_iter().flatten() {
                let is_same = |known: &Part| {
                    known.rule == part.rule
                        && (known.name == part.name || group_name(&part.rule).is_some())
                };
                if !all.iter().any(is_same) {
                    all.push(part);
                }
            }
            all
        })
    }

    /// One part for terms none of which is there.
    fn one_of_slots(&self, slots: &[u32]) -> Option<Part> {
        let first = *slots.first()?;
        let rule = &self.program.slots[first as usize].rule;
        if slots.len() > SHOWN && rule.as_str().starts_with("country.") {
            return Some(Part::new(RuleId::new("country"), "a state", PartState::Missing(None)));
        }
        let names: Vec<String> = slots.iter().map(|slot| self.slot_name(*slot)).collect();
        Some(Part::new(rule.clone(), listed(&names, "or"), PartState::Missing(None)))
    }

    fn near_parts(&self, left: &[u32], right: &[u32], words: usize) -> Vec<Part> {
        let side = |slots: &[u32]| -> Option<Part> {
            match slots.iter().find(|slot| self.found.fills(**slot)) {
                Some(slot) => Some(self.slot_part(*slot)),
                None => self.one_of_slots(slots),
            }
        };
        let mut parts: Vec<Part> = [side(left), side(right)].into_iter().flatten().collect();
        let both = parts.iter().all(|part| part.found().is_some());
        if both && self.near(left, right, words).is_none() {
            let names: Vec<String> = parts.iter().map(|part| part.name.to_string()).collect();
            let rule = parts.first().map_or(RuleId::new("near"), |part| part.rule.clone());
            let why = format!("more than {words} words between them");
            let apart = PartState::Missing(Some(why.into()));
            parts.push(Part::new(rule, format!("{} side by side", listed(&names, "and")), apart));
        }
        parts
    }

    fn about_part(&self, number: u32, node: &Node) -> Part {
        let meaning = &self.program.meanings[number as usize];
        let state = match self.state_of(node) {
            PartState::Missing(_) => PartState::Missing(Some(match self.nearest(number) {
                Some(Nearest { example, cosine }) => {
                    let needed = meaning.threshold;
                    format!("{cosine:.2} like `{example}`, {needed:.2} needed").into()
                }
                None => "what the headline means is not known".into(),
            })),
            state @ (PartState::Found(_) | PartState::InTheWay(_)) => state,
        };
        Part::new(meaning.rule.clone(), "a headline like its examples", state)
    }

    /// What terms are called together: the name of a country or of a pack's group, or the terms as written.
    fn slot_name(&self, number: u32) -> String {
        let slot = &self.program.slots[number as usize];
        let name = group_name(&slot.rule).unwrap_or_else(|| {
            let mut terms = self
                .program
                .terms
                .iter()
                .filter(|term| term.slots.contains(&number))
                .map(|term| format!("`{}`", term.written));
            let mut shown: Vec<String> = terms.by_ref().take(SHOWN).collect();
            let more = terms.count();
            if more > 0 {
                shown.push(format!("one of {more} more"));
            }
            listed(&shown, "or")
        });
        // Where it is looked for matters if it is elsewhere, or nowhere and nothing else is said of it.
        let is_elsewhere = || {
            let mut slots = (0u32..).zip(&self.program.slots);
            slots.any(|(index, other)| other.rule == slot.rule && self.found.fills(index))
        };
        let is_group = group_name(&slot.rule).is_some();
        if slot.fields == Fields::TEXT || self.found.fills(number) || is_group && !is_elsewhere() {
            return name;
        }
        const FIELDS: [Field; 5] =
            [Field::Title, Field::Summary, Field::Content, Field::Author, Field::Category];
        let fields = FIELDS.into_iter().filter(|field| slot.fields.has(*field)).map(Field::name);
        format!("{name} in the {}", fields.collect::<Vec<_>>().join(" or "))
    }
}

/// The name of what a rule stands for, if it is not just its terms.
fn group_name(rule: &RuleId) -> Option<String> {
    let rule = rule.as_str();
    if let Some(code) = rule.strip_prefix("country.") {
        return Some(match code.matches('-').count() {
            0 if code == "leader" => "a leader".to_owned(),
            0 => country_name(code.trim_end_matches(".word")),
            1 => "a short form of both".to_owned(),
            _ => "a short form of the three".to_owned(),
        });
    }
    let is_pack =
        ["pack.", "bilateral.", "trilateral."].iter().any(|begin| rule.starts_with(begin));
    let (_, group) = rule.rsplit_once('.')?;
    (is_pack && group != "match").then(|| format!("`{group}`"))
}

/// The English name of a country.
fn country_name(code: &str) -> String {
    countries().ok().and_then(|known| known.name(code)).unwrap_or(code).to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::model::entry::Entry;
    use crate::model::source::SourceKey;
    use crate::model::text::{Folded, Headline, Normalised, PlainText};
    use crate::model::vector::{DIMENSIONS, Vector};
    use crate::topics::{Subject, TopicSpec, Topics};

    fn lower(text: &str) -> Folded {
        Folded::in_place(text.to_lowercase())
    }

    fn spec() -> TopicSpec {
        TopicSpec::new(TopicName::parse("t").unwrap())
    }

    fn rule(text: &str) -> TopicSpec {
        TopicSpec { match_rule: Some(text.to_owned()), ..spec() }
    }

    /// Points the closer to the first direction of space, the more of the letter "a" a text has.
    fn vector(text: &str) -> Vector {
        let share = |letter: char| text.matches(letter).count() as f32;
        let mut numbers = [0.0; DIMENSIONS];
        (numbers[0], numbers[1]) = (share('a'), share('b'));
        Vector::new(&numbers)
    }

    fn with_topics<T>(
        spec: &TopicSpec,
        (title, summary): (&str, &str),
        meaning: Option<&Vector>,
        ask: impl Fn(&Topics, &Subject<'_>) -> T,
    ) -> T {
        let mut topics = Topics::compile(std::slice::from_ref(spec), lower).unwrap();
        topics.encode_examples(|examples| examples.iter().map(|text| vector(text)).collect());
        let entry = Entry {
            title: Headline::new(title),
            summary_text: PlainText::new(summary),
            ..Entry::default()
        };
        let normalised = Normalised {
            title: lower(title),
            summary: lower(summary),
            headline_key: String::new(),
        };
        let (source, language) = (SourceKey::parse("s").unwrap(), Lang::parse("en"));
        let always = BTreeSet::new();
        let subject = Subject {
            normalised: &normalised,
            entry: &entry,
            source: &source,
            language: language.as_ref(),
            always: &always,
            vector: meaning,
        };
        ask(&topics, &subject)
    }

    fn explained(spec: &TopicSpec, text: (&str, &str), meaning: Option<&Vector>) -> String {
        with_topics(spec, text, meaning, |topics, subject| {
            let found = topics.explain(subject);
            // What is explained is what is judged.
            let spoken: Vec<&Verdict> = found
                .iter()
                .map(|topic| &topic.verdict)
                .filter(|verdict| **verdict != Verdict::Silent)
                .collect();
            let judged = topics.judge(subject);
            assert!(judged.iter().map(|topic| &topic.verdict).eq(spoken));
            found[0].to_string()
        })
    }

    #[test]
    fn silence_is_explained() {
        let check = |spec: TopicSpec, title: &str, want: &str| {
            assert_eq!(explained(&spec, (title, "the summary"), None), want, "{title}");
        };
        let pair = || TopicSpec { bilateral: Some(("KR".into(), "JP".into())), ..spec() };
        check(
            pair(),
            "Japan and China hold talks",
            "no term of t for one side: Japan (`japan` in the title) found, South Korea not",
        );
        check(
            pair(),
            "Weather",
            "no term of t for South Korea or Japan; a short form of both, `relation` and `conduct` not found either",
        );
        check(
            rule("korea AND japan"),
            "Korea",
            "no term of t for a part: `korea` (`korea` in the title) found, `japan` not",
        );
        check(rule("korea"), "Japan", "no term of t found: `korea` not");
        check(
            rule("korea OR china OR us OR uk"),
            "Japan",
            "no term of t found: `korea`, `china`, `us` or one of 1 more not",
        );
        check(
            rule("korea NEAR/1 seoul"),
            "Korea says it of Seoul",
            "no term of t for a part: `korea` (`korea` in the title) and `seoul` (`seoul` in the title) found, `korea` and `seoul` side by side (more than 1 words between them) not",
        );
        check(rule("title:summary"), "Korea", "no term of t found: `summary` in the title not");
        check(rule("korea"), "Korea", "t keeps it for `korea` in the title");
        check(rule("NOT china"), "Korea", "t keeps it: nothing that it excludes is there");
        check(
            rule("korea NOT seoul"),
            "Seoul, Korea",
            "t would keep it but for `seoul` in the title",
        );
        check(
            rule("china NOT seoul"),
            "Seoul",
            "no term of t found: `china` not; `seoul` (`seoul` in the title) must not be there",
        );
        check(
            rule("DISTINCT/2 @state talks"),
            "Japan talks",
            "no term of t for a part: `talks` (`talks` in the title) found, 2 different states (1 found) not",
        );
        check(
            rule("/ko..a/ source:x"),
            "Korea",
            "no term of t for a part: `/ko..a/` (`/ko..a/` in the title) found, `source:x` not",
        );
        check(
            TopicSpec {
                languages: Lang::parse("ko").into_iter().chain(Lang::parse("ja")).collect(),
                ..rule("korea")
            },
            "Korea",
            "no term of t found: a text in ko or ja (the entry is in en) not",
        );
        check(
            TopicSpec {
                any: vec!["korea".into()],
                all: vec!["talks".into()],
                none: vec!["golf".into()],
                ..spec()
            },
            "Golf in Korea",
            "no term of t for a part: `korea` (`korea` in the title) found, `talks` not; `golf` (`golf` in the title) must not be there",
        );
    }

    #[test]
    fn examples_decide_where_terms_do_not() {
        let spec = || TopicSpec {
            about: vec!["aab".into(), "a".into()],
            about_threshold: 0.9,
            any: vec!["korea".into()],
            none: vec!["golf".into()],
            ..spec()
        };
        let check = |title: &str, meaning: Option<&str>, want: &str| {
            let meaning = meaning.map(vector);
            assert_eq!(explained(&spec(), (title, ""), meaning.as_ref()), want, "{title}");
        };
        check("Talks", Some("aaab"), "t keeps it for `aab (0.99)` in the title");
        check(
            "Talks",
            Some("b"),
            "no term of t found; nor a headline like its examples (0.45 like `aab`, 0.90 needed)",
        );
        check("Korea", Some("b"), "t keeps it for `korea` in the title");
        check("Golf", Some("a"), "t would keep it but for `golf` in the title");
        let only = TopicSpec { any: Vec::new(), none: Vec::new(), ..spec() };
        assert_eq!(
            explained(&only, ("Talks", ""), Some(&vector("abbb"))),
            "no term of t found: a headline like its examples (0.71 like `aab`, 0.90 needed) not",
        );
        assert_eq!(
            explained(&only, ("Talks", ""), None),
            "no term of t found: a headline like its examples (what the headline means is not known) not",
        );
        let wants = |spec: &TopicSpec, title: &str| {
            with_topics(spec, (title, ""), None, Topics::wants_vector)
        };
        assert!(wants(&spec(), "Talks"));
        assert!(!wants(&spec(), "Korea"), "the terms keep it");
        assert!(!wants(&spec(), "Golf"), "a term drops it");
        assert!(!wants(&TopicSpec { all: vec!["seoul".into()], ..spec() }, "Talks"));
        assert!(!wants(
            &TopicSpec { languages: Lang::parse("ko").into_iter().collect(), ..spec() },
            "Talks"
        ));
        assert!(!wants(&rule("korea"), "Talks"));
    }
}
