//! What probably is not meant in topics that can be used: terms that find nothing, or nothing more, and rules that hold of everything.

use std::ops::Range;

use regex::RegexBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

use super::cover::{Item, covered};
use super::error::{TopicError, TopicKey};
use super::pack;
use super::program::Fields;
use super::rule::{self, Expr, Leaf, What};
use super::term::Term;
use super::{Fold, PackRef, TopicSpec};
use crate::model::lang::Lang;
use crate::model::source::SourceKey;
use crate::model::text::Headline;
use crate::model::verdict::Field;

/// How many things are said of one topic: a longer list of terms comes from elsewhere and is not mended by hand.
const LINTS: usize = 50;

/// What probably is not meant in topics that compile. `sources` are the keys that `source:` may name; none if they are not known.
pub fn lint(specs: &[TopicSpec], sources: &[&SourceKey], fold: Fold) -> Vec<TopicError> {
    let of = |spec| {
        let mut linter = Linter { spec, sources, fold, found: Vec::new() };
        linter.topic();
        linter.found.truncate(LINTS);
        linter.found
    };
    specs.iter().flat_map(of).collect()
}

struct Linter<'a> {
    spec: &'a TopicSpec,
    sources: &'a [&'a SourceKey],
    fold: Fold,
    found: Vec<TopicError>,
}

/// A term where it is written.
struct Placed<'a> {
    item: Item<'a>,
    key: TopicKey,
    span: Range<usize>,
}

impl Linter<'_> {
    fn say(&mut self, key: TopicKey, span: Range<usize>, message: String, help: &str) {
        let (topic, help) = (self.spec.name.clone(), Some(help.to_owned()));
        self.found.push(TopicError { topic, key, span, message, help });
    }

    fn topic(&mut self) {
        let spec = self.spec;
        let any = items(&spec.any, TopicKey::Any);
        let all = items(&spec.all, TopicKey::All);
        let none = items(&spec.none, TopicKey::None);
        for (key, expr, text) in any.iter().chain(&all).chain(&none) {
            self.operator(*key, text);
            self.leaves(expr, *key);
        }
        let none_placed = placed_of(&none);
        for list in [&any, &none] {
            self.shadowed(&placed_of(list));
        }
        for list in [&any, &all] {
            self.cancelled(&placed_of(list), &none_placed, "of `none` ");
        }
        let rule = spec.match_rule.as_ref().and_then(|text| rule::parse(text).ok());
        if let Some(expr) = &rule {
            let before = self.found.len();
            self.leaves(expr, TopicKey::Match);
            self.parts(expr);
            self.cancelled(&needed(expr), &none_placed, "of `none` ");
            let whole = 0..spec.match_rule.as_ref().map_or(0, String::len);
            // What has been said of a part says it of the whole.
            let is_told = *expr == Expr::Everything || self.found.len() > before;
            if !is_told && self.always(expr) {
                let message = "the rule holds of every entry".to_owned();
                self.say(TopicKey::Match, whole, message, "write `*` if that is meant");
            } else if !is_told && self.never(expr) {
                let message = "the rule can never hold".to_owned();
                self.say(TopicKey::Match, whole, message, "one part of it excludes another");
            }
        }
        for (index, used) in spec.use_packs.iter().enumerate() {
            match used {
                PackRef::Custom { text, .. } => self.pack(index, text),
                PackRef::BuiltIn(_) | PackRef::Topic(_) => {}
            }
        }
    }

    /// The groups of the curator's own pack.
    fn pack(&mut self, index: usize, text: &str) {
        let Ok(pack) = pack::parse(text) else { return };
        for group in pack.group.values() {
            let terms: Vec<(Term, Range<usize>)> = group
                .terms()
                .filter_map(|text| Some((Term::parse(text.get_ref()).ok()?, text.span())))
                .collect();
            let placed: Vec<Placed<'_>> = terms
                .iter()
                .map(|(term, span)| Placed {
                    item: Item { term, fields: Fields::TEXT },
                    key: TopicKey::Pack(index),
                    span: span.clone(),
                })
                .collect();
            placed.iter().for_each(|term| self.term(term));
            self.shadowed(&placed);
        }
    }

    /// An item of a list that reads like a rule.
    fn operator(&mut self, key: TopicKey, text: &str) {
        let is_operator = |word: &&str| {
            matches!(*word, "AND" | "OR" | "NOT") || word.starts_with("NEAR/") && word.len() > 5
        };
        let quoted = text.starts_with(['"', '“']);
        if let Some(word) = text.split_whitespace().find(is_operator).filter(|_| !quoted) {
            let message = format!("`{word}` is looked for as a word: items of a list are no rules");
            self.say(key, 0..text.len(), message, "write a rule into `match`");
        }
    }

    /// What is wrong with single terms and regular expressions.
    fn leaves(&mut self, expr: &Expr, key: TopicKey) {
        match expr {
            Expr::Everything => {}
            Expr::Leaf(leaf) => self.leaf(leaf, key),
            Expr::And(parts) | Expr::Or(parts) => {
                parts.iter().for_each(|part| self.leaves(part, key));
            }
            Expr::Not(inner) => self.leaves(inner, key),
            Expr::Near { left, right, .. } => {
                self.leaves(left, key);
                self.leaves(right, key);
            }
        }
    }

    fn leaf(&mut self, leaf: &Leaf, key: TopicKey) {
        if let Some(placed) = placed(leaf, key) {
            self.term(&placed);
            return;
        }
        let span = leaf.span.clone();
        match &leaf.what {
            What::Term(term) => self.whole(leaf.field, term, key, span),
            What::Regex(text) if self.regex_always(text) => {
                let message = format!("`/{text}/` is found in every text");
                self.say(key, span, message, "ask for something that not every text has");
            }
            What::Regex(text) if self.regex_never(text) => {
                let message = format!("`/{text}/` can never be found");
                let help = "texts are folded before they are searched: lower case, half width, plain quotes and dashes, single spaces";
                self.say(key, span, message, help);
            }
            What::Regex(_) | What::Group(_) | What::Distinct(..) => {}
        }
    }

    fn term(&mut self, placed: &Placed<'_>) {
        let term = placed.item.term;
        let (key, span) = (placed.key, placed.span.clone());
        if !self.can_be_found(term) {
            let message = format!("`{}` can never be found", term.written);
            let help = "white space is squeezed and invisible characters are left out before texts are searched";
            self.say(key, span, message, help);
        } else if term.text().contains('*') {
            let message = format!("the `*` inside `{}` is looked for as it is", term.written);
            self.say(key, span, message, "only at its ends does it leave a term open");
        }
    }

    /// Whether the term is found in a headline that consists of it.
    fn can_be_found(&self, term: &Term) -> bool {
        let Some(headline) = Headline::new(term.text()) else { return false };
        let folded = (self.fold)(headline.as_str());
        term.patterns(self.fold).iter().any(|pattern| {
            folded.text().match_indices(&pattern.text).any(|(start, part)| {
                let end = start + part.len();
                let published = headline.as_str().get(folded.span(start..end));
                pattern.stands(folded.text(), start, end)
                    && term.exact().is_none_or(|exact| published == Some(exact))
            })
        })
    }

    /// A term about the source, language or address of an entry.
    fn whole(&mut self, field: Option<Field>, term: &Term, key: TopicKey, span: Range<usize>) {
        let written = &term.written;
        match field {
            Some(Field::Source)
                if !self.sources.is_empty()
                    && !self.sources.iter().any(|source| term.is_whole(source.as_str())) =>
            {
                let message = format!("no source has the key `{written}`");
                self.say(key, span, message, "keys are those of `[[source]]`; `*` leaves one open");
            }
            Some(Field::Lang) => {
                let tag = term.text();
                let primary = tag.split('-').next().unwrap_or_default();
                let language = Lang::parse(tag).filter(|_| matches!(primary.len(), 2 | 3));
                let topic = &self.spec.languages;
                match language {
                    None => {
                        let message = format!("`{written}` is no language");
                        self.say(key, span, message, "write its tag, such as `ko`, `ja`, `en`");
                    }
                    Some(language)
                        if !topic.is_empty()
                            && !topic.iter().any(|meant| meant.same_language(&language)) =>
                    {
                        let message = format!("`languages` of the topic leaves `{written}` out");
                        self.say(key, span, message, "take it out here, or add it there");
                    }
                    Some(_) => {}
                }
            }
            Some(Field::Url) if term.text().contains(char::is_whitespace) => {
                let message = format!("no address has a space, as `{written}` has");
                self.say(key, span, message, "write it as it stands in addresses");
            }
            Some(
                Field::Source
                | Field::Url
                | Field::Title
                | Field::Summary
                | Field::Content
                | Field::Author
                | Field::Category,
            )
            | None => {}
        }
    }

    /// Terms beside each other of which one finds all that another finds.
    fn shadowed(&mut self, list: &[Placed<'_>]) {
        let items = items_of(list);
        for (placed, cover) in list.iter().zip(covered(&items, &items, true, self.fold)) {
            let Some(cover) = cover.map(|index| &list[index]) else { continue };
            let (written, other) = (&placed.item.term.written, &cover.item.term.written);
            let message = if written == other {
                format!("`{written}` is there twice")
            } else {
                format!("`{written}` finds nothing that `{other}` does not find")
            };
            self.say(placed.key, placed.span.clone(), message, "leave it out");
        }
    }

    /// Terms that can keep nothing, because what must not be there finds all that they find.
    fn cancelled(&mut self, wanted: &[Placed<'_>], unwanted: &[Placed<'_>], whose: &str) {
        let cancels = covered(&items_of(unwanted), &items_of(wanted), false, self.fold);
        for (placed, cancel) in wanted.iter().zip(cancels) {
            let Some(other) = cancel.map(|index| &unwanted[index].item.term.written) else {
                continue;
            };
            let written = &placed.item.term.written;
            let message =
                format!("`{written}` can keep nothing: `{other}` {whose}drops all that it finds");
            self.say(placed.key, placed.span.clone(), message, "take one of the two out");
        }
    }

    /// The alternatives and exclusions inside a rule.
    fn parts(&mut self, expr: &Expr) {
        match expr {
            Expr::Everything | Expr::Leaf(_) => {}
            Expr::Near { left, right, .. } => {
                self.parts(left);
                self.parts(right);
            }
            Expr::Not(inner) => self.parts(inner),
            Expr::Or(parts) => {
                self.shadowed(&terms_of(parts));
                self.alternatives(parts);
            }
            Expr::And(parts) => {
                let unwanted: Vec<Placed<'_>> = parts
                    .iter()
                    .filter_map(|part| if let Expr::Not(inner) = part { Some(inner) } else { None })
                    .flat_map(|inner| terms_of(std::slice::from_ref(inner)))
                    .collect();
                self.cancelled(&needed(expr), &unwanted, "after NOT ");
                parts.iter().for_each(|part| self.parts(part));
            }
        }
    }

    /// What stands inside alternatives that are none themselves.
    fn alternatives(&mut self, parts: &[Expr]) {
        for part in parts {
            match part {
                Expr::Or(parts) => self.alternatives(parts),
                Expr::Everything
                | Expr::Leaf(_)
                | Expr::And(_)
                | Expr::Not(_)
                | Expr::Near { .. } => self.parts(part),
            }
        }
    }

    /// Whether the rule holds whatever an entry says.
    fn always(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Everything => true,
            Expr::Leaf(Leaf { what: What::Regex(text), .. }) => self.regex_always(text),
            Expr::Leaf(_) | Expr::Near { .. } => false,
            Expr::And(parts) => parts.iter().all(|part| self.always(part)),
            Expr::Or(parts) => parts.iter().any(|part| self.always(part)) || excludes_itself(parts),
            Expr::Not(inner) => self.never(inner),
        }
    }

    /// Whether the rule holds of no entry, whatever it says.
    fn never(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Everything => false,
            Expr::Leaf(leaf) => match &leaf.what {
                What::Regex(text) => self.regex_never(text),
                What::Term(term) => {
                    placed(leaf, TopicKey::Match).is_some() && !self.can_be_found(term)
                }
                What::Group(_) | What::Distinct(..) => false,
            },
            Expr::Near { left, right, .. } => self.never(left) || self.never(right),
            Expr::And(parts) => {
                parts.iter().any(|part| self.never(part))
                    || excludes_itself(parts)
                    || has_two_values(parts)
            }
            Expr::Or(parts) => parts.iter().all(|part| self.never(part)),
            Expr::Not(inner) => self.always(inner),
        }
    }

    fn regex_always(&self, text: &str) -> bool {
        // A letter, a syllable, a kanji, a kana, a digit, a sign: what is found in each of these is found in anything.
        const TEXTS: [&str; 6] = ["a", "\u{ac00}", "\u{65e5}", "\u{30a2}", "7", "-"];
        let regex = RegexBuilder::new(text).case_insensitive(true).build();
        regex.is_ok_and(|regex| TEXTS.iter().all(|text| regex.is_match(text)))
    }

    fn regex_never(&self, text: &str) -> bool {
        let parsed = regex_syntax::ParserBuilder::new().case_insensitive(true).build().parse(text);
        parsed.is_ok_and(|hir| self.is_impossible(&hir))
    }

    /// Whether no folded text has what the expression needs. Its nesting is bounded by the parser.
    fn is_impossible(&self, hir: &Hir) -> bool {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => false,
            HirKind::Literal(literal) => std::str::from_utf8(&literal.0)
                .is_ok_and(|text| text.chars().any(|character| !self.is_folded(character))),
            HirKind::Class(Class::Unicode(class)) => {
                const LOOKED_AT: usize = 64;
                let characters = class.iter().flat_map(|range| range.start()..=range.end());
                let mut some = characters.take(LOOKED_AT + 1).enumerate();
                some.all(|(index, character)| index < LOOKED_AT && !self.is_folded(character))
            }
            HirKind::Class(Class::Bytes(_)) => false,
            HirKind::Repetition(repetition) => {
                repetition.min > 0 && self.is_impossible(&repetition.sub)
            }
            HirKind::Capture(capture) => self.is_impossible(&capture.sub),
            HirKind::Concat(parts) => parts.iter().any(|part| self.is_impossible(part)),
            HirKind::Alternation(parts) => parts.iter().all(|part| self.is_impossible(part)),
        }
    }

    /// Whether the character is in some folded text.
    fn is_folded(&self, character: char) -> bool {
        let has = |text: String| (self.fold)(&text).text().contains(character);
        has(format!("a{character}a")) || has(character.to_string())
    }
}

/// The items of a list that can be read: where each stands, what it says, and as written.
fn items(texts: &[String], key: fn(usize) -> TopicKey) -> Vec<(TopicKey, Expr, &str)> {
    let parsed = texts.iter().enumerate().filter_map(|(index, text)| {
        Some((key(index), rule::parse_item(text).ok()?, text.as_str()))
    });
    parsed.collect()
}

fn placed_of<'a>(items: &'a [(TopicKey, Expr, &str)]) -> Vec<Placed<'a>> {
    let leaf = |expr: &'a Expr, key: TopicKey| match expr {
        Expr::Leaf(leaf) => placed(leaf, key),
        Expr::Everything | Expr::And(_) | Expr::Or(_) | Expr::Not(_) | Expr::Near { .. } => None,
    };
    items.iter().filter_map(|(key, expr, _)| leaf(expr, *key)).collect()
}

fn items_of<'a>(list: &[Placed<'a>]) -> Vec<Item<'a>> {
    list.iter().map(|placed| placed.item).collect()
}

/// The leaf, if it is a term that is looked for in a text.
fn placed(leaf: &Leaf, key: TopicKey) -> Option<Placed<'_>> {
    let fields = match leaf.field {
        None => Fields::TEXT,
        Some(Field::Source | Field::Lang | Field::Url) => return None,
        Some(field) => Fields::only(field),
    };
    match &leaf.what {
        What::Term(term) => {
            Some(Placed { item: Item { term, fields }, key, span: leaf.span.clone() })
        }
        What::Regex(_) | What::Group(_) | What::Distinct(..) => None,
    }
}

/// The terms that are alternatives to each other.
fn terms_of(parts: &[Expr]) -> Vec<Placed<'_>> {
    let mut terms = Vec::new();
    for part in parts {
        match part {
            Expr::Leaf(leaf) => terms.extend(placed(leaf, TopicKey::Match)),
            Expr::Or(parts) => terms.extend(terms_of(parts)),
            Expr::Everything | Expr::And(_) | Expr::Not(_) | Expr::Near { .. } => {}
        }
    }
    terms
}

/// The terms of which one, or each, is needed.
fn needed(expr: &Expr) -> Vec<Placed<'_>> {
    match expr {
        Expr::And(parts) => parts.iter().flat_map(needed).collect(),
        Expr::Leaf(_) | Expr::Or(_) => terms_of(std::slice::from_ref(expr)),
        Expr::Everything | Expr::Not(_) | Expr::Near { .. } => Vec::new(),
    }
}

/// Whether something and its opposite are among the parts.
fn excludes_itself(parts: &[Expr]) -> bool {
    parts.iter().any(|part| match part {
        Expr::Not(inner) => parts.iter().take(100).any(|other| is_same(inner, other)),
        Expr::Everything | Expr::Leaf(_) | Expr::And(_) | Expr::Or(_) | Expr::Near { .. } => false,
    })
}

/// Whether the parts ask for two languages, or two sources, at once.
fn has_two_values(parts: &[Expr]) -> bool {
    let of = |field: Field| -> Vec<&str> {
        let leaves = parts.iter().filter_map(|part| match part {
            Expr::Leaf(leaf) => Some(leaf),
            Expr::Everything | Expr::And(_) | Expr::Or(_) | Expr::Not(_) | Expr::Near { .. } => {
                None
            }
        });
        let of_field = leaves.filter(|leaf| leaf.field == Some(field));
        let terms = of_field.filter_map(|leaf| match &leaf.what {
            What::Term(term) => Some(term),
            What::Regex(_) | What::Group(_) | What::Distinct(..) => None,
        });
        terms.filter(|term| !term.is_open()).map(Term::text).collect()
    };
    let languages = of(Field::Lang);
    let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
    let differ = |values: Vec<String>| values.iter().any(|value| *value != values[0]);
    differ(languages.into_iter().map(primary).collect())
        || differ(of(Field::Source).into_iter().map(str::to_lowercase).collect())
}

/// Whether both are the same wherever they stand.
fn is_same(one: &Expr, other: &Expr) -> bool {
    let all = |one: &[Expr], other: &[Expr]| {
        one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
    };
    match (one, other) {
        (Expr::Everything, Expr::Everything) => true,
        (Expr::Leaf(one), Expr::Leaf(other)) => one.field == other.field && one.what == other.what,
        (Expr::And(one), Expr::And(other)) | (Expr::Or(one), Expr::Or(other)) => all(one, other),
        (Expr::Not(one), Expr::Not(other)) => is_same(one, other),
        (
            Expr::Everything
            | Expr::Leaf(_)
            | Expr::And(_)
            | Expr::Or(_)
            | Expr::Not(_)
            | Expr::Near { .. },
            _,
        ) => false,
    }
}
