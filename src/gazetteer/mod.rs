//! Names of countries, people, organisations and places in English, Korean and Japanese, and the concepts of news: who and what a headline
//! speaks of, whatever its language.
//!
//! The names are data: `territories.tsv` and `cities.tsv` come from Unicode CLDR (`make gazetteer`), the other tables are ours. They are read
//! on first use; nothing here has any state.

mod form;
mod implied;
mod lexicon;
mod load;
mod people;
mod scan;
mod states;
mod word;

use std::ops::Range;
use std::sync::LazyLock;

pub use people::Person;
pub use states::{JointForm, State, States, states};

use crate::model::text::Folded;
use lexicon::Lexicon;

/// The number of an entity in this build of the program; its key is what lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntityId(u16);

/// What kind of thing a name stands for. A name of two kinds means the first of them in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Someone.
    Person,
    /// A company, a party, a ministry, an alliance, a club.
    Organisation,
    /// A city, a province, a sea, an island.
    Place,
    /// A country or territory of ISO 3166.
    Country,
    /// A word or phrase of news that means the same in the three languages.
    Concept,
}

/// How much it says that two headlines share a concept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Weight {
    /// Little: "says", "president".
    Low,
    /// Something: "summit", "tariff".
    Mid,
    /// Much: "martial law".
    High,
}

/// What is known of an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityInfo {
    /// Its lasting name: `country.KR`, `person.lee-jae-myung`, `concept.summit`.
    pub key: Box<str>,
    /// Its kind.
    pub kind: Kind,
    /// The country it belongs to, or speaks for (ISO 3166-1 alpha-2; longer codes are organisations such as `EU`).
    pub country: Option<Box<str>>,
    /// What a concept weighs; of everything else a name weighs much.
    pub weight: Weight,
    /// The concept that says the contrary: "rise" of "fall".
    pub opposite: Option<EntityId>,
    /// What a concept is a kind of: an air strike is an attack.
    pub broader: Vec<EntityId>,
    /// The names to show: English, Korean, Japanese.
    shown: [Box<str>; 3],
}

impl EntityInfo {
    /// Its name in a language (`en`, `ko`, `ja`; English for any other).
    pub fn name(&self, language: &str) -> &str {
        match language.get(..2) {
            Some("ko") => &self.shown[1],
            Some("ja") => &self.shown[2],
            Some(_) | None => &self.shown[0],
        }
    }
}

/// A name in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// What it stands for.
    pub entity: EntityId,
    /// What else it may stand for: the country of a capital that speaks for it, another person of the name.
    pub other: Option<EntityId>,
    /// Its bytes in the folded text.
    pub span: Range<usize>,
}

/// What a name in the lexicon stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    /// Nothing: it covers a place that would else be taken for a name ("Korean Air").
    Nothing,
    /// An entity, or one of two.
    Entity(EntityId, Option<EntityId>),
    /// Two or three countries, by letters: the short form with this number.
    Joint(u32),
}

/// The names, ready to be looked for.
#[derive(Debug)]
pub struct Gazetteer {
    entities: Vec<EntityInfo>,
    lexicon: Lexicon,
    targets: Vec<Target>,
    /// The short forms: the bytes of each letter, and its country.
    joint: Vec<Vec<(Range<usize>, EntityId)>>,
    /// Names whose case counts, as written, in the order of their targets.
    exact: Vec<(u32, Box<str>)>,
    /// Letters of states in their order, and the organs that may follow each.
    letters: Vec<Letter>,
    faults: Vec<String>,
}

/// A letter that stands for a state: 米, 한.
#[derive(Debug)]
struct Letter {
    letter: char,
    country: EntityId,
    /// What stands between it and an organ.
    space: &'static str,
    organs: &'static [String],
}

static GAZETTEER: LazyLock<Gazetteer> = LazyLock::new(load::load);

/// The gazetteer; read on first use, in some 40 ms.
pub fn gazetteer() -> &'static Gazetteer {
    &GAZETTEER
}

impl Gazetteer {
    /// The names in a folded text (as `normalise::fold` folds), in its order; none overlaps another. The longest name wins.
    ///
    /// Where the case of a name counts ("US", "WHO") and the text no longer has it, the words around it decide.
    pub fn mentions(&self, folded: &str) -> Vec<Mention> {
        scan::mentions(self, folded, None)
    }

    /// The names in a text as folded and as published, where case can be told.
    pub fn mentions_as_published(&self, text: &Folded, published: &str) -> Vec<Mention> {
        scan::mentions(self, text.text(), Some((text, published)))
    }

    /// What is known of an entity.
    pub fn entity(&self, id: EntityId) -> &EntityInfo {
        // Ids are made together with the entities, and the gazetteer is one.
        &self.entities[usize::from(id.0)]
    }

    /// The entity with this key.
    pub fn find(&self, key: &str) -> Option<EntityId> {
        let at = self.entities.iter().position(|entity| &*entity.key == key)?;
        u16::try_from(at).ok().map(EntityId)
    }

    /// Every entity with its number.
    pub fn entities(&self) -> impl Iterator<Item = (EntityId, &EntityInfo)> {
        (0u16..).map(EntityId).zip(&self.entities)
    }

    /// Every form of every name, folded, in order.
    pub fn names(&self) -> impl Iterator<Item = String> + '_ {
        self.lexicon.names().into_iter()
    }

    /// What is wrong with the tables, line by line; nothing, says a test.
    pub fn faults(&self) -> &[String] {
        &self.faults
    }
}

#[cfg(test)]
mod tests;
