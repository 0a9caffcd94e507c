//! Topics as configured → one program; every problem at once.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use regex::RegexBuilder;

use super::countries::{Countries, countries};
use super::error::RuleError;
use super::error::{TopicError, TopicKey};
use super::hits::TermRef;
use super::meaning::{EXAMPLE_BYTES, EXAMPLES, Meaning, THRESHOLD};
use super::pack::{self, Pack};
use super::program::{Builder, Fields, Node, Program, ProgramTopic, REGEXES, holds_of_nothing};
use super::rule::{self, Expr, Leaf, What};
use super::term::Term;
use super::uses::{Order, order};
use super::{Fold, PackRef, TopicSpec};
use crate::model::script::Script;
use crate::model::verdict::{Field, RuleId, TopicName};

/// How large a compiled regular expression may be, in bytes.
const REGEX_BYTES: usize = 1 << 20;
/// The longest regular expression, in bytes.
const REGEX_TEXT_BYTES: usize = 2_000;

/// Compiles the topics; all problems at once.
pub(super) fn compile(specs: &[TopicSpec], fold: Fold) -> Result<Program, Vec<TopicError>> {
    let mut builder = Builder::default();
    let numbers = numbers_of(specs);
    let Order { order, circles } = order(&used_topics(specs, &numbers));
    for (index, spec) in (0u32..).zip(specs) {
        let mut writer = Writer { builder: &mut builder, spec, numbers: &numbers };
        let condition = writer.topic();
        builder.ask(&condition, index);
        let asks_always = holds_of_nothing(&condition);
        let languages = spec.languages.clone();
        let uses = spec.use_packs.iter().filter_map(|used| number_of(used, &numbers)).collect();
        builder.topics.push(ProgramTopic {
            name: spec.name.clone(),
            languages,
            condition,
            asks_always,
            uses,
        });
    }
    for circle in circles {
        builder.errors.push(uses_itself(specs, &circle, &numbers));
    }
    if !builder.errors.is_empty() {
        return Err(builder.errors);
    }
    builder.order = order.into_iter().filter_map(|index| u32::try_from(index).ok()).collect();
    builder.finish(fold)
}

/// The number of each topic; of equal names the first.
fn numbers_of(specs: &[TopicSpec]) -> HashMap<&TopicName, u32> {
    let mut numbers = HashMap::new();
    for (number, spec) in (0u32..).zip(specs) {
        numbers.entry(&spec.name).or_insert(number);
    }
    numbers
}

/// The number of the topic that is used; `None` if it is a pack, or is not there.
fn number_of(used: &PackRef, numbers: &HashMap<&TopicName, u32>) -> Option<u32> {
    match used {
        PackRef::Topic(name) => numbers.get(name).copied(),
        PackRef::BuiltIn(_) | PackRef::Custom { .. } => None,
    }
}

/// The topics that each topic uses.
fn used_topics(specs: &[TopicSpec], numbers: &HashMap<&TopicName, u32>) -> Vec<Vec<usize>> {
    let of = |spec: &TopicSpec| {
        let used = spec.use_packs.iter().filter_map(|used| number_of(used, numbers));
        used.map(|number| number as usize).collect()
    };
    specs.iter().map(of).collect()
}

/// The error of a topic that uses itself, be it by way of others: "a → b → a".
fn uses_itself(
    specs: &[TopicSpec],
    circle: &[usize],
    numbers: &HashMap<&TopicName, u32>,
) -> TopicError {
    let name = |index: &usize| specs[*index].name.as_str();
    let first = circle.iter().copied().min().unwrap_or_default();
    let from = circle.iter().position(|index| *index == first).unwrap_or_default();
    let turned = circle[from..].iter().chain(&circle[..from]).chain(&circle[from..=from]);
    let mut chain: Vec<&str> = turned.map(name).collect();
    let next = circle[(from + 1) % circle.len()];
    let is_next =
        |used: &PackRef| number_of(used, numbers).is_some_and(|used| used as usize == next);
    let index = specs[first].use_packs.iter().position(is_next).unwrap_or_default();
    let is_pack = |name: &&str| pack::built_in(name).is_some();
    let help = match chain.iter().find(|name| is_pack(name)) {
        Some(name) => format!("for the built-in pack write `pack:{name}`"),
        None => "take one of these out of `use`".to_owned(),
    };
    const SHOWN: usize = 12;
    if chain.len() > SHOWN {
        chain.splice(SHOWN / 2..chain.len() - SHOWN / 2, ["…"]);
    }
    TopicError {
        topic: specs[first].name.clone(),
        key: TopicKey::Use(index),
        span: 0..name(&next).len(),
        message: format!("the topic uses itself: {}", chain.join(" → ")),
        help: Some(help),
    }
}

/// The terms that are written in the topics themselves, and a program of one topic with a part for each of them.
pub(super) fn terms(
    specs: &[TopicSpec],
    fold: Fold,
) -> Result<(Vec<TermRef>, Program), Vec<TopicError>> {
    let mut builder = Builder::default();
    let mut terms: Vec<TermRef> = Vec::new();
    let mut nodes: Vec<Node> = Vec::new();
    for spec in specs {
        let mut written: Vec<(TopicKey, Expr, bool)> = Vec::new();
        let rule = spec.match_rule.as_deref().and_then(|text| rule::parse(text).ok());
        written.extend(rule.map(|expr| (TopicKey::Match, expr, false)));
        type List<'a> = (&'a [String], fn(usize) -> TopicKey, bool);
        let lists: [List<'_>; 3] = [
            (&spec.any, TopicKey::Any, false),
            (&spec.all, TopicKey::All, false),
            (&spec.none, TopicKey::None, true),
        ];
        for (texts, key, excludes) in lists {
            let items = texts.iter().enumerate();
            written.extend(items.filter_map(|(index, text)| {
                Some((key(index), rule::parse_item(text).ok()?, excludes))
            }));
        }
        for (key, expr, excludes) in &written {
            let scope = Scope { key: *key, ..Scope::of("topic", "term") };
            for (leaf, after_not) in leaves(expr) {
                let field = leaf.field.map_or(String::new(), |field| format!("{}:", field.name()));
                let text = match &leaf.what {
                    What::Term(term) => format!("{field}{}", term.written),
                    What::Regex(regex) => format!("{field}/{regex}/"),
                    What::Group(_) | What::Distinct(..) => continue,
                };
                let mut writer = Writer { builder: &mut builder, spec, numbers: &HashMap::new() };
                let Some(node) = writer.leaf(leaf, &scope) else { continue };
                nodes.push(node);
                terms.push(TermRef {
                    topic: spec.name.clone(),
                    key: *key,
                    span: leaf.span.clone(),
                    text,
                    excludes: *excludes != after_not,
                });
            }
        }
    }
    if !builder.errors.is_empty() {
        return Err(builder.errors);
    }
    let condition = Node::One(nodes);
    builder.ask(&condition, 0);
    if let Some(spec) = specs.first() {
        builder.topics.push(ProgramTopic {
            name: spec.name.clone(),
            languages: Vec::new(),
            condition,
            asks_always: true,
            uses: Vec::new(),
        });
    }
    Ok((terms, builder.finish(fold)?))
}

/// The leaves of an expression in the order of its text, and whether each stands after NOT.
fn leaves(expr: &Expr) -> Vec<(&Leaf, bool)> {
    let mut found = Vec::new();
    let mut open = vec![(expr, false)];
    while let Some((expr, after_not)) = open.pop() {
        match expr {
            Expr::Everything => {}
            Expr::Leaf(leaf) => found.push((leaf, after_not)),
            Expr::And(parts) | Expr::Or(parts) => {
                open.extend(parts.iter().rev().map(|part| (part, after_not)));
            }
            Expr::Not(inner) => open.push((inner, !after_not)),
            Expr::Near { left, right, .. } => {
                open.extend([(&**right, after_not), (&**left, after_not)]);
            }
        }
    }
    found
}

/// Checks a rule by itself, as `match` of a topic would take it.
pub(super) fn check_rule(text: &str, name: TopicName) -> Result<(), RuleError> {
    let mut builder = Builder::default();
    let spec = TopicSpec { match_rule: Some(text.to_owned()), ..TopicSpec::new(name) };
    Writer { builder: &mut builder, spec: &spec, numbers: &HashMap::new() }.topic();
    match builder.errors.into_iter().next() {
        Some(TopicError { span, message, help, .. }) => Err(RuleError { span, message, help }),
        None => Ok(()),
    }
}

/// The groups that a rule may name, and where it stands.
struct Scope<'a> {
    /// Begins the names of its rules: `topic.chips`, `pack.diplomacy`.
    prefix: &'a str,
    /// The part of a rule that names no group: `match`.
    rule: &'a str,
    key: TopicKey,
    /// Where the rule stands in the text of `key`; `None` if spans are those of the rule itself.
    within: Option<Range<usize>>,
    groups: Option<&'a BTreeMap<String, pack::Group>>,
    /// The states whose relations are meant; none, two or three.
    sides: &'a [&'a str],
    /// What `@meaning` stands for.
    meaning: Option<u32>,
}

impl<'a> Scope<'a> {
    /// The scope of a topic's own rules.
    fn of(prefix: &'a str, rule: &'a str) -> Scope<'a> {
        let key = TopicKey::Match;
        Scope { prefix, rule, key, within: None, groups: None, sides: &[], meaning: None }
    }
}

struct Writer<'a> {
    builder: &'a mut Builder,
    spec: &'a TopicSpec,
    numbers: &'a HashMap<&'a TopicName, u32>,
}

impl Writer<'_> {
    fn error(&mut self, key: TopicKey, span: Range<usize>, message: String, help: Option<String>) {
        let topic = self.spec.name.clone();
        self.builder.errors.push(TopicError { topic, key, span, message, help });
    }

    fn fault(&mut self, scope: &Scope<'_>, error: RuleError) {
        let span = scope.within.clone().unwrap_or(error.span);
        self.error(scope.key, span, error.message, error.help);
    }

    /// The condition of the whole topic.
    fn topic(&mut self) -> Node {
        let spec = self.spec;
        let prefix = format!("topic.{}", spec.name);
        let mut enough: Vec<Node> = Vec::new();
        if let Some(text) = &spec.match_rule {
            let scope = Scope {
                prefix: &prefix,
                rule: "match",
                key: TopicKey::Match,
                within: None,
                groups: None,
                sides: &[],
                meaning: None,
            };
            enough.extend(self.rule(text, &scope));
        }
        enough.extend(self.list(&prefix, "any", &spec.any, TopicKey::Any));
        for (index, reference) in spec.use_packs.iter().enumerate() {
            enough.extend(self.used_pack(index, reference));
        }
        if let Some((first, second)) = &spec.bilateral {
            enough.extend(self.relations(&[first, second], TopicKey::Bilateral));
        }
        if let Some(codes) = &spec.trilateral {
            let codes = codes.each_ref().map(String::as_str);
            enough.extend(self.relations(&codes, TopicKey::Trilateral));
        }
        if !spec.about.is_empty() {
            let rule = RuleId::new(format!("{prefix}.about"));
            let examples: Vec<&str> = spec.about.iter().map(String::as_str).collect();
            let threshold = (spec.about_threshold, TopicKey::AboutThreshold);
            enough.extend(self.about(rule, &examples, threshold, TopicKey::About).map(Node::About));
        }
        let mut parts: Vec<Node> = Vec::new();
        // Without any rule nothing belongs to the topic but what a source says always does.
        if !enough.is_empty() || spec.all.is_empty() {
            parts.push(Node::One(enough));
        }
        // Each of `all` is asked for by itself.
        for (index, text) in spec.all.iter().enumerate() {
            parts.extend(
                self.list(&prefix, "all", std::slice::from_ref(text), |_| TopicKey::All(index)),
            );
        }
        let none = self.list(&prefix, "none", &spec.none, TopicKey::None);
        parts.extend(none.into_iter().map(|node| Node::Not(Box::new(node))));
        Node::All(parts)
    }

    /// The conditions of a list's items; plain terms that look in the same fields share one.
    fn list(
        &mut self,
        prefix: &str,
        name: &str,
        items: &[String],
        key: impl Fn(usize) -> TopicKey,
    ) -> Vec<Node> {
        if items.len() > rule::TERMS {
            let help = Some("split it into topics, or put its terms into packs".to_owned());
            let message = format!("`{name}` has more than {} terms", rule::TERMS);
            self.error(key(rule::TERMS), 0..0, message, help);
            return Vec::new();
        }
        let mut nodes = Vec::new();
        let mut terms = Vec::new();
        for (index, text) in items.iter().enumerate() {
            let scope = Scope {
                prefix,
                rule: name,
                key: key(index),
                within: None,
                groups: None,
                sides: &[],
                meaning: None,
            };
            match rule::parse_item(text) {
                Ok(expr) => match text_term(&expr) {
                    Some((fields, term)) => terms.push((fields, term.clone())),
                    None => nodes.extend(self.expr(&expr, &scope)),
                },
                Err(error) => self.fault(&scope, error),
            }
        }
        let rule = RuleId::new(format!("{prefix}.{name}"));
        nodes.extend(self.slots_of(&terms, &rule).into_iter().map(Node::Slot));
        nodes
    }

    /// A slot for the terms of each set of fields.
    fn slots_of(&mut self, terms: &[(Fields, Term)], rule: &RuleId) -> Vec<u32> {
        let mut kinds: Vec<Fields> = Vec::new();
        for (fields, _) in terms {
            if !kinds.contains(fields) {
                kinds.push(*fields);
            }
        }
        let of = |kind: Fields| terms.iter().filter(move |(fields, _)| *fields == kind);
        kinds
            .into_iter()
            .map(|kind| self.builder.slot(rule.clone(), kind, of(kind).map(|(_, term)| term), None))
            .collect()
    }

    fn rule(&mut self, text: &str, scope: &Scope<'_>) -> Option<Node> {
        match rule::parse(text) {
            Ok(expr) => self.expr(&expr, scope),
            Err(error) => {
                self.fault(scope, error);
                None
            }
        }
    }

    /// The number of these examples, if nothing is wrong with them.
    fn about(
        &mut self,
        rule: RuleId,
        examples: &[&str],
        (threshold, threshold_key): (f32, TopicKey),
        key: impl Fn(usize) -> TopicKey,
    ) -> Option<u32> {
        let before = self.builder.errors.len();
        if examples.len() > EXAMPLES {
            let help = Some("a few that differ say more than many that are alike".to_owned());
            let message = format!("there are more than {EXAMPLES} examples");
            self.error(key(EXAMPLES), 0..0, message, help);
        }
        for (index, example) in examples.iter().enumerate().take(EXAMPLES) {
            let says_something =
                example.chars().any(|character| Script::of(character) != Script::Other);
            let (message, help) = if !says_something {
                ("an example needs a word".to_owned(), "write a headline that belongs here")
            } else if example.len() > EXAMPLE_BYTES {
                let message = format!("an example has at most {EXAMPLE_BYTES} bytes");
                (message, "write a headline, not an article")
            } else {
                continue;
            };
            self.error(key(index), 0..example.len(), message, Some(help.to_owned()));
        }
        if !(0.1..=1.0).contains(&threshold) {
            let message = "how like an example a headline must be is between 0.1 and 1".to_owned();
            let help = format!("{THRESHOLD:.2} is what is taken where nothing is said");
            self.error(threshold_key, 0..0, message, Some(help));
        }
        if self.builder.errors.len() > before {
            return None;
        }
        let examples = examples.iter().map(|example| Box::from(example.trim()));
        Some(self.builder.meaning(Meaning::new(rule, examples, threshold)))
    }

    fn used_pack(&mut self, index: usize, reference: &PackRef) -> Option<Node> {
        match reference {
            PackRef::Topic(name) => match self.numbers.get(name) {
                Some(number) => Some(Node::Topic(*number)),
                None => {
                    let message = format!("there is no topic `{name}`");
                    self.error(TopicKey::Use(index), 0..name.as_str().len(), message, None);
                    None
                }
            },
            PackRef::BuiltIn(name) => match pack::built_in(name) {
                Some(text) => self.pack(text, &format!("pack.{name}"), TopicKey::Use(index), &[]),
                None => {
                    let known: Vec<&str> = pack::built_in_names().collect();
                    let known = known.join(", ");
                    let help =
                        format!("built-in packs are {known}; a file of your own begins with `./`");
                    let message = format!("there is no pack `{name}`");
                    self.error(TopicKey::Use(index), 0..name.len(), message, Some(help));
                    None
                }
            },
            PackRef::Custom { path, text } => {
                self.pack(text, &format!("pack.{path}"), TopicKey::Pack(index), &[])
            }
        }
    }

    /// A pack's condition. `sides` are the states that a pack without its own speaks of.
    fn pack(&mut self, text: &str, prefix: &str, key: TopicKey, sides: &[&str]) -> Option<Node> {
        let mut scope =
            Scope { prefix, rule: "match", key, within: None, groups: None, sides, meaning: None };
        let pack: Pack = match pack::parse(text) {
            Ok(pack) => pack,
            Err(error) => {
                self.fault(&scope, error);
                return None;
            }
        };
        let own = pack.sides();
        let own = own.as_ref().map(|sides| sides.get_ref().iter().map(String::as_str).collect());
        let own: Vec<&str> = own.unwrap_or_default();
        if let Some(sides) = pack.sides() {
            // A built-in pack has no text that the curator could look at.
            let is_file = matches!(key, TopicKey::Pack(_));
            let span = if is_file { sides.span() } else { 0..0 };
            if !self.are_countries(&own, |_| key, Some(span)) {
                return None;
            }
            scope.sides = &own;
        }
        if let Some(meaning) = &pack.meaning {
            let examples: Vec<&str> =
                meaning.get_ref().examples.iter().map(String::as_str).collect();
            let threshold = meaning.get_ref().threshold.unwrap_or(THRESHOLD);
            let rule = RuleId::new(format!("{prefix}.meaning"));
            scope.meaning = Some(self.about(rule, &examples, (threshold, key), |_| key)?);
        }
        scope.within = Some(pack.rule.span());
        scope.groups = Some(&pack.group);
        self.rule(pack.rule.get_ref(), &scope)
    }

    /// What concerns two or three states.
    fn relations(&mut self, sides: &[&str], key: impl Fn(usize) -> TopicKey) -> Option<Node> {
        if !self.are_countries(sides, &key, None) {
            return None;
        }
        let (name, text) = match sides.len() {
            2 => (
                "bilateral",
                concat!(include_str!("bilateral.toml"), include_str!("relations.toml")),
            ),
            _ => (
                "trilateral",
                concat!(include_str!("trilateral.toml"), include_str!("relations.toml")),
            ),
        };
        self.pack(text, &format!("{name}.{}", sides.join("-")), key(0), sides)
    }

    fn are_countries(
        &mut self,
        codes: &[&str],
        key: impl Fn(usize) -> TopicKey,
        within: Option<Range<usize>>,
    ) -> bool {
        let known = match countries() {
            Ok(known) => known,
            Err(fault) => {
                self.error(key(0), 0..0, fault.to_owned(), None);
                return false;
            }
        };
        let mut good = true;
        for (index, code) in codes.iter().enumerate() {
            if known.may_be_a_side(code) {
                continue;
            }
            good = false;
            let help = match known.suggestion(code) {
                Some((meant, name)) => format!("write `{meant}` for {name}"),
                None => "codes are those of ISO 3166-1, such as KR, JP, US or FJ".to_owned(),
            };
            let span = within.clone().unwrap_or(0..code.len());
            self.error(key(index), span, format!("there is no country `{code}`"), Some(help));
        }
        let again = (1..codes.len()).find(|at| codes[..*at].contains(&codes[*at]));
        if let Some(index) = again.filter(|_| good) {
            let span = within.unwrap_or(0..codes[index].len());
            let message = match codes.len() {
                2 => "both countries are the same",
                _ => "two of the countries are the same",
            };
            let help = Some("name each country once".to_owned());
            self.error(key(index), span, message.to_owned(), help);
            good = false;
        }
        good
    }

    fn expr(&mut self, expr: &Expr, scope: &Scope<'_>) -> Option<Node> {
        let rule = || RuleId::new(format!("{}.{}", scope.prefix, scope.rule));
        match expr {
            Expr::Everything => Some(Node::Everything(rule())),
            Expr::Leaf(leaf) => self.leaf(leaf, scope),
            Expr::And(parts) => self.all(parts, scope).map(Node::All),
            Expr::Or(parts) => {
                let mut terms = Vec::new();
                let mut others = Vec::new();
                for part in parts {
                    match text_term(part) {
                        Some((fields, term)) => terms.push((fields, term.clone())),
                        None => others.push(part),
                    }
                }
                let slots = self.slots_of(&terms, &rule()).into_iter().map(Node::Slot);
                let others = self.all(others, scope)?;
                Some(Node::One(slots.chain(others).collect()))
            }
            Expr::Not(inner) => Some(Node::Not(Box::new(self.expr(inner, scope)?))),
            Expr::Near { left, right, words, .. } => {
                let left = self.places(left, scope)?;
                let right = self.places(right, scope)?;
                Some(Node::Near { left, right, words: *words })
            }
        }
    }

    /// The conditions of all parts; `None` if one has a fault, after every fault is noted.
    fn all<'e>(
        &mut self,
        parts: impl IntoIterator<Item = &'e Expr>,
        scope: &Scope<'_>,
    ) -> Option<Vec<Node>> {
        let nodes: Vec<Option<Node>> =
            parts.into_iter().map(|part| self.expr(part, scope)).collect();
        nodes.into_iter().collect()
    }

    /// The slots of an operand of NEAR.
    fn places(&mut self, expr: &Expr, scope: &Scope<'_>) -> Option<Vec<u32>> {
        let mut slots = Vec::new();
        let mut open = vec![self.expr(expr, scope)?];
        while let Some(node) = open.pop() {
            match node {
                Node::Slot(slot) => slots.push(slot),
                Node::One(parts) => open.extend(parts),
                Node::Everything(_)
                | Node::All(_)
                | Node::Not(_)
                | Node::Near { .. }
                | Node::Distinct { .. }
                | Node::Regex { .. }
                | Node::Whole { .. }
                | Node::About(_)
                | Node::Topic(_) => {
                    let message = "NEAR joins two places in a text".to_owned();
                    let help = Some("a source, language or address has no place in one".to_owned());
                    self.fault(scope, RuleError { span: 0..0, message, help });
                    return None;
                }
            }
        }
        Some(slots)
    }

    fn leaf(&mut self, leaf: &Leaf, scope: &Scope<'_>) -> Option<Node> {
        let fields = leaf.field.map_or(Fields::TEXT, Fields::only);
        let rule = RuleId::new(format!("{}.{}", scope.prefix, scope.rule));
        match &leaf.what {
            What::Term(term) => Some(match leaf.field {
                Some(field @ (Field::Source | Field::Lang | Field::Url)) => {
                    Node::Whole { field, term: term.clone(), rule }
                }
                Some(
                    Field::Title
                    | Field::Summary
                    | Field::Content
                    | Field::Author
                    | Field::Category,
                )
                | None => Node::Slot(self.builder.slot(rule, fields, [term], None)),
            }),
            What::Regex(text) => self.regex(text, fields, rule, leaf, scope),
            What::Group(name) => self.group(name, fields, leaf, scope),
            What::Distinct(at_least, name) => {
                if name != "state" {
                    let message = format!("the members of `@{name}` are not counted apart");
                    let help = Some("DISTINCT counts the states of `@state`".to_owned());
                    self.fault(scope, RuleError { span: leaf.span.clone(), message, help });
                    return None;
                }
                let slots = self.states(fields, scope)?;
                Some(Node::Distinct { slots, at_least: *at_least })
            }
        }
    }

    fn regex(
        &mut self,
        text: &str,
        fields: Fields,
        rule: RuleId,
        leaf: &Leaf,
        scope: &Scope<'_>,
    ) -> Option<Node> {
        // Counted before it is read: what is too much is refused once.
        let known = self.builder.regexes;
        self.builder.regexes += 1;
        let mut refuse = |message: String, help: &str| {
            let help = Some(help.to_owned());
            self.fault(scope, RuleError { span: leaf.span.clone(), message, help });
            None
        };
        if known > REGEXES {
            return None;
        }
        if known == REGEXES {
            return refuse(
                format!("the topics together have more than {REGEXES} regular expressions"),
                "write terms where terms do: however many there are, they are looked for at once",
            );
        }
        if text.len() > REGEX_TEXT_BYTES {
            return refuse(
                format!("the regular expression is longer than {REGEX_TEXT_BYTES} bytes"),
                "terms are found faster",
            );
        }
        let built = RegexBuilder::new(text)
            // Texts are folded to lower case.
            .case_insensitive(true)
            .size_limit(REGEX_BYTES)
            .dfa_size_limit(REGEX_BYTES)
            .nest_limit(50)
            .build();
        match built {
            Ok(regex) => {
                let known = self.builder.regex_fields.unwrap_or(Fields::NONE);
                self.builder.regex_fields = Some(known.and(fields));
                Some(Node::Regex { regex, written: format!("/{text}/").into(), fields, rule })
            }
            Err(regex::Error::CompiledTooBig(_)) => refuse(
                "the regular expression grows too large".to_owned(),
                "repeat less, as in `{1,20}`",
            ),
            Err(error) => {
                // The last line of the regex crate's text says what is wrong; those before it draw where.
                let text = error.to_string();
                let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
                refuse(
                    format!("the regular expression cannot be read: {reason}"),
                    "the syntax is that of docs.rs/regex; write a slash in it as `\\/`",
                )
            }
        }
    }

    /// What `@name` stands for.
    fn group(
        &mut self,
        name: &str,
        fields: Fields,
        leaf: &Leaf,
        scope: &Scope<'_>,
    ) -> Option<Node> {
        if let Some(group) = scope.groups.and_then(|groups| groups.get(name)) {
            return self.pack_group(name, group, fields, scope).map(Node::Slot);
        }
        if let (Some(meaning), "meaning") = (scope.meaning, name) {
            return Some(Node::About(meaning));
        }
        if !scope.sides.is_empty() {
            match (name, scope.sides) {
                ("a", [side, ..]) | ("b", [_, side, ..]) | ("c", [_, _, side]) => {
                    return self.side(side, fields, scope);
                }
                ("joint", sides) => return self.joint(sides, fields, scope).map(Node::Slot),
                ("bilateral", [_, _]) | ("trilateral", [_, _, _])
                    if scope.prefix.starts_with("pack.") =>
                {
                    let key = scope.key;
                    return self.relations(scope.sides, |_| key);
                }
                _ => {}
            }
        }
        if name == "state" {
            let slots = self.states(fields, scope)?;
            return Some(Node::One(slots.into_iter().map(Node::Slot).collect()));
        }
        if name == "leader" {
            return self.leaders(fields, scope).map(Node::Slot);
        }
        if countries().is_ok_and(|known| known.get(name).is_some()) {
            return self.state(name, fields, scope).map(Node::Slot);
        }
        let own = scope.groups.into_iter().flat_map(BTreeMap::keys).map(String::as_str);
        let best = own
            .chain(["state", "leader"])
            .map(|known| (strsim::damerau_levenshtein(known, name), known))
            .min()
            .filter(|(distance, _)| *distance <= 2);
        let help = match best {
            Some((_, known)) => format!("did you mean `@{known}`?"),
            None if scope.groups.is_none() => {
                "groups are `@state`, `@leader` and codes of countries such as `@KR`; a pack has its own"
                    .to_owned()
            }
            None => format!("name its terms in `[group.{name}]`"),
        };
        let message = format!("there is no group `@{name}`");
        self.fault(scope, RuleError { span: leaf.span.clone(), message, help: Some(help) });
        None
    }

    fn pack_group(
        &mut self,
        name: &str,
        group: &pack::Group,
        fields: Fields,
        scope: &Scope<'_>,
    ) -> Option<u32> {
        let rule = format!("{}.{name}", scope.prefix);
        // A curator's file may change between topics of one name; a built-in pack may not.
        let is_shared = !matches!(scope.key, TopicKey::Pack(_));
        if is_shared && let Some(slot) = self.builder.shared.get(&(rule.clone(), fields)) {
            return Some(*slot);
        }
        let mut good = true;
        let mut read = |text: &toml::Spanned<String>| match Term::parse(text.get_ref()) {
            Ok(term) => Some(term),
            Err(message) => {
                good = false;
                let scope = Scope { within: Some(text.span()), ..*scope };
                self.fault(&scope, RuleError { span: 0..0, message, help: None });
                None
            }
        };
        let terms: Vec<Term> = group.terms().filter_map(&mut read).collect();
        let except: Vec<Term> = group.except.iter().filter_map(&mut read).collect();
        if !good {
            return None;
        }
        let cover = self.builder.cover(&except);
        let slot = self.builder.slot(RuleId::new(rule.clone()), fields, &terms, cover);
        if is_shared {
            self.builder.shared.insert((rule, fields), slot);
        }
        Some(slot)
    }

    /// The slot of one state: its names and the short forms it is part of.
    fn state(&mut self, code: &str, fields: Fields, scope: &Scope<'_>) -> Option<u32> {
        self.shared(format!("country.{code}"), fields, scope, |known| {
            let Some(country) = known.get(code) else { return Default::default() };
            let others = known.codes().filter(|other| *other != code);
            let joint = others.flat_map(|other| known.joint(&[code, other]));
            let terms = country.terms.iter().cloned().chain(joint).collect();
            (terms, [&country.except, known.joint_except()].concat())
        })
    }

    /// The slot of one state where another is needed beside it: also names that are words of the language as well.
    fn side(&mut self, code: &str, fields: Fields, scope: &Scope<'_>) -> Option<Node> {
        let whole = self.state(code, fields, scope)?;
        if countries().is_ok_and(|known| known.get(code).is_none_or(|state| state.weak.is_empty()))
        {
            return Some(Node::Slot(whole));
        }
        let weak = self.shared(format!("country.{code}.word"), fields, scope, |known| {
            let Some(country) = known.get(code) else { return Default::default() };
            (country.weak.clone(), country.except.clone())
        })?;
        Some(Node::One(vec![Node::Slot(whole), Node::Slot(weak)]))
    }

    /// The slots of all states, one each.
    fn states(&mut self, fields: Fields, scope: &Scope<'_>) -> Option<Vec<u32>> {
        let codes: Vec<&str> = countries().map(|known| known.codes().collect()).unwrap_or_default();
        codes.into_iter().map(|code| self.state(code, fields, scope)).collect()
    }

    /// The slot of the short forms of two or three states.
    fn joint(&mut self, sides: &[&str], fields: Fields, scope: &Scope<'_>) -> Option<u32> {
        self.shared(format!("country.{}", sides.join("-")), fields, scope, |known| {
            (known.joint(sides), known.joint_except().to_vec())
        })
    }

    /// The slot of those who speak for a state.
    fn leaders(&mut self, fields: Fields, scope: &Scope<'_>) -> Option<u32> {
        self.shared("country.leader".to_owned(), fields, scope, |known| {
            (known.leaders().to_vec(), Vec::new())
        })
    }

    /// A slot that every topic shares: its terms, and what covers them.
    fn shared(
        &mut self,
        rule: String,
        fields: Fields,
        scope: &Scope<'_>,
        terms: impl FnOnce(&'static Countries) -> (Vec<Term>, Vec<Term>),
    ) -> Option<u32> {
        if let Some(slot) = self.builder.shared.get(&(rule.clone(), fields)) {
            return Some(*slot);
        }
        let known = match countries() {
            Ok(known) => known,
            Err(fault) => {
                self.error(scope.key, 0..0, fault.to_owned(), None);
                return None;
            }
        };
        let (terms, except) = terms(known);
        let cover = self.builder.cover(&except);
        let slot = self.builder.slot(RuleId::new(rule.clone()), fields, &terms, cover);
        self.builder.shared.insert((rule, fields), slot);
        Some(slot)
    }
}

/// The term of an expression that is nothing but a term to be looked for in a text, and where.
fn text_term(expr: &Expr) -> Option<(Fields, &Term)> {
    match expr {
        Expr::Leaf(Leaf { field, what: What::Term(term), .. }) => match field {
            None => Some((Fields::TEXT, term)),
            Some(Field::Source | Field::Lang | Field::Url) => None,
            Some(field) => Some((Fields::only(*field), term)),
        },
        Expr::Leaf(_)
        | Expr::Everything
        | Expr::And(_)
        | Expr::Or(_)
        | Expr::Not(_)
        | Expr::Near { .. } => None,
    }
}
