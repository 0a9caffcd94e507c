//! The tables → entities, and the forms of their names in one lexicon.

use std::collections::HashMap;
use std::ops::Range;

use super::form::{Written, fold, forms};
use super::lexicon::{Lexicon, Marks};
use super::states::{State, States, states};
use super::word::lines;
use super::{EntityId, EntityInfo, Gazetteer, Kind, Letter, Target, Weight};
use crate::model::script::Script;

const ORGANISATIONS: &str = include_str!("organisations.tsv");
const PLACES: &str = include_str!("places.tsv");
const CITIES: &str = include_str!("cities.tsv");
const CONCEPTS: &str = include_str!("concepts.tsv");

/// About how many forms there are.
const FORMS: usize = 1 << 16;

/// Reads all tables. A row with a fault is left out and noted.
pub(super) fn load() -> Gazetteer {
    let mut loader = Loader::default();
    loader.entries.reserve(FORMS);
    loader.texts.reserve(FORMS * 16);
    match states() {
        Ok(states) => loader.states(states),
        Err(fault) => loader.faults.push(fault.to_owned()),
    }
    loader.table("organisations.tsv", ORGANISATIONS, Kind::Organisation, "organisation");
    loader.table("places.tsv", PLACES, Kind::Place, "place");
    loader.cities(CITIES);
    loader.concepts(CONCEPTS);
    loader.finish()
}

/// What a form stands for, before those of equal text are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Nothing,
    Entity(EntityId),
    /// The short form with this number.
    Joint(u32),
}

/// A form of a name, before those of equal text are one. There are many, so they are small: the texts stand in one string.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// The first bytes of the text, by which nearly all are told apart without looking at it.
    head: u64,
    text: u32,
    bytes: u16,
    marks: Marks,
    meaning: Meaning,
    /// The number of the name as written, where the case counts.
    written: u32,
}

impl Entry {
    fn text(self, texts: &str) -> &str {
        texts
            .get(self.text as usize..self.text as usize + usize::from(self.bytes))
            .unwrap_or_default()
    }
}

#[derive(Default)]
struct Loader {
    entities: Vec<EntityInfo>,
    by_key: HashMap<Box<str>, EntityId>,
    entries: Vec<Entry>,
    /// The texts of the entries.
    texts: String,
    /// The short forms.
    joint: Vec<Vec<(Range<usize>, EntityId)>>,
    /// Names whose case counts, as written.
    written: Vec<Box<str>>,
    letters: Vec<Letter>,
    faults: Vec<String>,
}

impl Loader {
    /// A new entity, or the one that has the key.
    fn entity(&mut self, key: String, kind: Kind, country: &str, shown: [&str; 3]) -> EntityId {
        if let Some(known) = self.by_key.get(key.as_str()) {
            return *known;
        }
        let id = EntityId(u16::try_from(self.entities.len()).unwrap_or(u16::MAX));
        let key: Box<str> = key.into();
        self.by_key.insert(key.clone(), id);
        self.entities.push(EntityInfo {
            key,
            kind,
            country: (!country.is_empty()).then(|| country.into()),
            weight: Weight::High,
            opposite: None,
            broader: Vec::new(),
            shown: shown.map(|name| if name.is_empty() { shown[0] } else { name }.into()),
        });
        id
    }

    /// A name of the tables, in all its forms.
    fn name(&mut self, written: &str, meaning: Meaning, more: Marks) {
        let Written { text, marks } = Written::parse(written);
        if text.is_empty() {
            return;
        }
        let marks = Marks {
            exact: marks.exact,
            open: marks.open || more.open,
            weak: marks.weak || more.weak,
        };
        let number = u32::try_from(self.written.len()).unwrap_or(u32::MAX);
        if marks.exact {
            self.written.push(text.into());
        }
        forms(fold(text), &mut |form| self.entry(&form, meaning, marks, number));
    }

    fn entry(&mut self, text: &str, meaning: Meaning, marks: Marks, written: u32) {
        let start = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        let bytes = u16::try_from(text.len()).unwrap_or_default();
        let mut head = [0; 8];
        head.iter_mut().zip(text.bytes()).for_each(|(head, byte)| *head = byte);
        let head = u64::from_be_bytes(head);
        self.texts.push_str(text);
        self.entries.push(Entry { head, text: start, bytes, marks, meaning, written });
    }

    fn states(&mut self, states: &'static States) {
        let weak = Marks { weak: true, ..Marks::default() };
        let plain = Marks::default();
        for (code, state) in states.all() {
            let (kind, key) = if state.is_country() {
                (Kind::Country, format!("country.{code}"))
            } else {
                (Kind::Organisation, format!("organisation.{}", code.to_lowercase()))
            };
            let shown = state.shown.each_ref().map(String::as_str);
            let id = self.entity(key, kind, code, shown);
            let meaning = Meaning::Entity(id);
            state.names.iter().for_each(|name| self.name(name, meaning, plain));
            state.weak.iter().for_each(|name| self.name(name, meaning, weak));
            state.except.iter().for_each(|name| self.name(name, Meaning::Nothing, plain));
            self.letters_of(id, states, state);
        }
        states.joint_except().iter().for_each(|name| self.name(name, Meaning::Nothing, plain));
        self.joint(states);
        for person in states.people() {
            let shown = person.shown.each_ref().map(String::as_str);
            let key = format!("person.{}", slug(shown[0]));
            let id = self.entity(key, Kind::Person, &person.country, shown);
            person.names.iter().for_each(|name| self.name(name, Meaning::Entity(id), plain));
        }
    }

    fn letters_of(&mut self, country: EntityId, states: &'static States, state: &'static State) {
        for (letter, space, organs) in states.organs(state) {
            if let Some(letter) = letter.chars().next() {
                self.letters.push(Letter { letter, country, space, organs });
            }
        }
        // A letter before a dot and a name: "한·이란".
        for (letter, is_dotted) in state
            .letters()
            .filter(|(letter, _)| letter.chars().all(|l| Script::of(l) == Script::Hangul))
        {
            if let Some(letter) = letter.chars().next().filter(|_| !is_dotted) {
                self.letters.push(Letter { letter, country, space: "", organs: &[] });
            }
        }
    }

    /// The short forms of all pairs, and of all three of those with letters that need no dot.
    fn joint(&mut self, states: &States) {
        let lettered: Vec<&str> = states
            .all()
            .filter(|(_, state)| state.letters().next().is_some())
            .map(|(code, _)| code)
            .collect();
        let bare: Vec<&str> = states
            .all()
            .filter(|(_, state)| state.letters().any(|(_, is_dotted)| !is_dotted))
            .map(|(code, _)| code)
            .collect();
        let mut groups: Vec<Vec<&str>> = Vec::new();
        for (at, one) in lettered.iter().enumerate() {
            groups.extend(lettered[at + 1..].iter().map(|other| vec![*one, *other]));
        }
        for (at, one) in bare.iter().enumerate() {
            for (next, two) in bare.iter().enumerate().skip(at + 1) {
                groups.extend(bare[next + 1..].iter().map(|three| vec![*one, *two, *three]));
            }
        }
        for group in groups {
            for form in states.joint(&group) {
                let letters: Vec<(&str, EntityId)> = form
                    .parts
                    .iter()
                    .filter_map(|(letter, code)| {
                        Some((
                            letter.as_str(),
                            *self.by_key.get(format!("country.{code}").as_str())?,
                        ))
                    })
                    .collect();
                let is_hangul =
                    form.text.chars().any(|letter| Script::of(letter) == Script::Hangul);
                let separators: &[&str] = match (form.is_dotted, letters.len()) {
                    (true, _) => &["·"],
                    (false, 2) => &["", "·", "-"],
                    (false, _) => &["", "·"],
                };
                for separator in separators {
                    let (text, spans) = joined(&letters, separator);
                    let number = u32::try_from(self.joint.len()).unwrap_or(u32::MAX);
                    self.joint.push(spans);
                    // Behind a dot "이" may begin "이란".
                    let open = form.is_open && (!is_hangul || separator.is_empty());
                    let marks = Marks { open, ..Marks::default() };
                    self.entry(&text, Meaning::Joint(number), marks, 0);
                }
            }
        }
    }

    /// A table of `key, country, en, ko, ja`, names of one language parted by `|`.
    fn table(&mut self, file: &str, text: &'static str, kind: Kind, prefix: &str) {
        for line in lines(text) {
            let columns: Vec<&str> = line.split('\t').collect();
            let [key, country, en, ko, ja] = columns[..] else {
                self.faults.push(format!("{file}: {} columns instead of 5: {line}", columns.len()));
                continue;
            };
            let key = if key.is_empty() { slug(first(en)) } else { key.to_owned() };
            if self.by_key.contains_key(format!("{prefix}.{key}").as_str()) {
                self.faults.push(format!("{file}: `{key}` is there twice"));
            }
            let id = self.entity(
                format!("{prefix}.{key}"),
                kind,
                country,
                [first(en), first(ko), first(ja)],
            );
            self.names(Meaning::Entity(id), [en, ko, ja]);
        }
    }

    fn names(&mut self, meaning: Meaning, columns: [&str; 3]) {
        for name in columns.into_iter().flat_map(|names| names.split('|')) {
            self.name(name, meaning, Marks::default());
        }
    }

    /// The cities of CLDR; those that `places.tsv` has as well are one.
    fn cities(&mut self, text: &'static str) {
        for line in lines(text) {
            let columns: Vec<&str> = line.split('\t').collect();
            let [country, en, ko, ja] = columns[..] else {
                self.faults
                    .push(format!("cities.tsv: {} columns instead of 4: {line}", columns.len()));
                continue;
            };
            // A city of the same name as its country is not told apart from it.
            let is_country =
                self.by_key.get(format!("country.{country}").as_str()).is_some_and(|id| {
                    let state = &self.entities[usize::from(id.0)];
                    [en, ko, ja] == state.shown.each_ref().map(|name| &**name)
                });
            if !is_country {
                let id =
                    self.entity(format!("place.{}", slug(en)), Kind::Place, country, [en, ko, ja]);
                self.names(Meaning::Entity(id), [en, ko, ja]);
            }
        }
    }

    /// `key, en, ko, ja[, weight[, opposite:key][, broader:key|key]]`.
    fn concepts(&mut self, text: &'static str) {
        let mut opposites: Vec<(EntityId, &str)> = Vec::new();
        let mut broader: Vec<(EntityId, &str)> = Vec::new();
        for line in lines(text) {
            let mut columns = line.split('\t').map(str::trim);
            let (Some(key), Some(en), Some(ko), Some(ja)) =
                (columns.next(), columns.next(), columns.next(), columns.next())
            else {
                self.faults.push(format!("concepts.tsv: fewer than 4 columns: {line}"));
                continue;
            };
            let id = self.entity(
                format!("concept.{key}"),
                Kind::Concept,
                "",
                [first(en), first(ko), first(ja)],
            );
            let mut weight = Weight::Mid;
            for column in columns {
                if let Some(other) = column.strip_prefix("opposite:") {
                    opposites.push((id, other));
                } else if let Some(others) = column.strip_prefix("broader:") {
                    broader.extend(others.split('|').map(|other| (id, other)));
                } else {
                    match column {
                        "low" => weight = Weight::Low,
                        "mid" | "" | "-" => weight = Weight::Mid,
                        "high" => weight = Weight::High,
                        other => {
                            self.faults.push(format!("concepts.tsv: what is `{other}`? {line}"))
                        }
                    }
                }
            }
            if let Some(entity) = self.entities.get_mut(usize::from(id.0)) {
                entity.weight = weight;
            }
            self.names(Meaning::Entity(id), [en, ko, ja]);
        }
        for (id, other) in opposites {
            if let Some(opposite) = self.concept(other) {
                self.entities[usize::from(id.0)].opposite = Some(opposite);
                // One of the two may say it.
                self.entities[usize::from(opposite.0)].opposite.get_or_insert(id);
            }
        }
        for (id, other) in broader {
            if let Some(other) = self.concept(other) {
                self.entities[usize::from(id.0)].broader.push(other);
            }
        }
    }

    /// The concept that another speaks of.
    fn concept(&mut self, key: &str) -> Option<EntityId> {
        let known = self.by_key.get(format!("concept.{key}").as_str()).copied();
        if known.is_none() {
            self.faults.push(format!("concepts.tsv: there is no `{key}`, of which another speaks"));
        }
        known
    }

    /// Makes forms of equal text one, and the lexicon of them.
    fn finish(mut self) -> Gazetteer {
        if self.entities.len() > usize::from(u16::MAX) {
            self.faults.push("more entities than a number of 16 bits counts".to_owned());
        }
        self.letters.sort_by_key(|letter| letter.letter);
        let texts = self.texts.as_str();
        self.entries.sort_unstable_by(|one, other| {
            one.head.cmp(&other.head).then_with(|| one.text(texts).cmp(other.text(texts)))
        });
        let mut targets: Vec<Target> = Vec::with_capacity(self.entries.len());
        let mut exact: Vec<(u32, Box<str>)> = Vec::new();
        let mut names: Vec<(&str, u32, Marks)> = Vec::with_capacity(self.entries.len());
        let mut same: Vec<Entry> = Vec::new();
        for group in self
            .entries
            .chunk_by(|one, other| one.head == other.head && one.text(texts) == other.text(texts))
        {
            let Some(first) = group.first() else { continue };
            // What is a name only in capitals is so in each language; a word of one thing and in capitals the name of another is the word.
            let is_exact = |entry: &Entry| {
                group.iter().any(|other| other.marks.exact && other.meaning == entry.meaning)
            };
            let has_word = group.iter().any(|entry| !is_exact(entry));
            same.clear();
            same.extend(group.iter().filter(|entry| !has_word || !is_exact(entry)));
            let marks = Marks {
                exact: same.iter().any(|entry| entry.marks.exact),
                open: same.iter().any(|entry| entry.marks.open),
                weak: same.iter().all(|entry| entry.marks.weak),
            };
            let Some(target) = one_target(&same, &self.entities, &self.joint) else { continue };
            let number = u32::try_from(targets.len()).unwrap_or(u32::MAX);
            targets.push(target);
            for entry in same.iter().filter(|entry| entry.marks.exact) {
                let written = self.written.get(entry.written as usize);
                exact.extend(written.map(|written| (number, written.clone())));
            }
            names.push((first.text(texts), number, marks));
        }
        exact.dedup();
        let lexicon = Lexicon::new(&names);
        Gazetteer {
            entities: self.entities,
            lexicon,
            targets,
            joint: self.joint,
            exact,
            letters: self.letters,
            faults: self.faults,
        }
    }
}

/// What forms of equal text stand for; `None` if that is anyone's guess.
fn one_target(
    same: &[Entry],
    entities: &[EntityInfo],
    forms: &[Vec<(Range<usize>, EntityId)>],
) -> Option<Target> {
    if let [Entry { meaning, .. }] = same {
        return Some(match meaning {
            Meaning::Nothing => Target::Nothing,
            Meaning::Entity(id) => Target::Entity(*id, None),
            Meaning::Joint(number) => Target::Joint(*number),
        });
    }
    let mut found: Vec<EntityId> = Vec::new();
    let mut joint: Vec<u32> = Vec::new();
    let form = |number: u32| forms.get(number as usize);
    for entry in same {
        match entry.meaning {
            Meaning::Nothing => {}
            Meaning::Entity(id) => {
                if !found.contains(&id) {
                    found.push(id);
                }
            }
            Meaning::Joint(number) => {
                if !joint.iter().any(|known| form(*known) == form(number)) {
                    joint.push(number);
                }
            }
        }
    }
    found.sort_by_key(|id| (entities.get(usize::from(id.0)).map(|entity| entity.kind), *id));
    let says_more = |id: &EntityId| {
        entities.get(usize::from(id.0)).is_some_and(|entity| entity.kind != Kind::Concept)
    };
    match (found[..].first(), found.get(1), &joint[..]) {
        // "한미일" is three countries before it is a concept.
        (Some(one), _, [joint]) if !says_more(one) => Some(Target::Joint(*joint)),
        (Some(one), other, _) => Some(Target::Entity(*one, other.copied())),
        (None, _, [one]) => Some(Target::Joint(*one)),
        // "한·이": Iran or Italy.
        (None, _, [_, ..]) => None,
        (None, _, []) => Some(Target::Nothing),
    }
}

/// The letters with something between them, and the bytes of each.
fn joined(
    letters: &[(&str, EntityId)],
    separator: &str,
) -> (String, Vec<(Range<usize>, EntityId)>) {
    let mut text = String::new();
    let mut spans = Vec::with_capacity(letters.len());
    for (letter, id) in letters {
        if !text.is_empty() {
            text.push_str(separator);
        }
        let start = text.len();
        // Katakana and Latin letters do not occur in upper case.
        text.push_str(letter);
        spans.push((start..text.len(), *id));
    }
    (text, spans)
}

/// The first name of a column, without its marks.
fn first(column: &'static str) -> &'static str {
    Written::parse(column.split('|').next().unwrap_or_default()).text
}

/// A name as part of a key: lower case, hyphens for all that is no letter or digit.
fn slug(name: &str) -> String {
    let mut slug = String::with_capacity(name.len());
    for character in name.chars().flat_map(char::to_lowercase) {
        if character.is_alphanumeric() {
            slug.push(character);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    slug
}
