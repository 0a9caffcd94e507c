//! What a headline speaks of, as far as it can be compared with another one: who, where, what, how much, and its words.

use std::ops::Range;

use super::numbers::{Number, numbers};
use super::readings::syllable_pairs;
use super::sound::Sound;
use super::words::words;
use crate::gazetteer::{EntityId, Gazetteer, Kind, Weight};
use crate::model::script::Script;

/// So much of a summary is looked at, in bytes: its first sentence or two say what happened.
const LEAD_BYTES: usize = 480;
/// At most so many items are kept of a headline, and of a lead.
const ITEMS: usize = 48;
/// At most so many pieces of a headline are kept.
const GRAMS: usize = 160;

/// What an item weighs that another one only implies.
const IMPLIED: f32 = 0.4;

/// In which writing a headline is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Tongue {
    /// Latin and other spaced letters.
    Latin,
    /// Korean.
    Hangul,
    /// Japanese.
    Kana,
    /// Kanji or hanzi alone.
    Han,
}

/// What kind of thing an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum ItemKind {
    /// Someone the gazetteer knows.
    Person,
    /// A company, party, ministry, club.
    Organisation,
    /// A city, region, sea.
    Place,
    /// A country.
    Country,
    /// A word or phrase of news that has one meaning in three languages.
    Concept,
    /// A word that the gazetteer does not know: a name, or a word of one language.
    Word,
}

/// One thing that a headline speaks of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Item {
    /// Names it: equal in two headlines if they speak of the same.
    pub id: u32,
    /// What else a mention may stand for; `id` if nothing.
    pub other: u32,
    /// Its kind.
    pub kind: ItemKind,
    /// How much sharing it says.
    pub weight: f32,
    /// The entity, of all but words.
    pub entity: Option<EntityId>,
    /// The country that someone speaks for, or that something lies in; 0 if none is known.
    pub country: u32,
    /// The concept that says the contrary.
    pub opposite: Option<u32>,
    /// Its bytes in the text.
    start: u16,
    end: u16,
}

impl Item {
    /// Its bytes in the text that it was found in.
    pub(super) fn span(&self) -> Range<usize> {
        usize::from(self.start)..usize::from(self.end)
    }
}

/// What is compared of a headline and its summary.
#[derive(Debug, Clone)]
pub struct Traits {
    /// The headline as published, for evidence.
    pub(super) headline: Box<str>,
    /// The folded headline without desk tags and outlet.
    pub(super) text: Box<str>,
    /// How it is written.
    pub(super) tongue: Tongue,
    /// What the headline speaks of, by ascending id, each once.
    pub(super) items: Box<[Item]>,
    /// What the beginning of the summary speaks of besides, by ascending id.
    pub(super) lead: Box<[Item]>,
    /// The numbers of the headline.
    pub(super) numbers: Box<[Number]>,
    /// The numbers of the lead.
    pub(super) lead_numbers: Box<[Number]>,
    /// Names that no gazetteer knows, by their sound, with their place among the items.
    pub(super) names: Box<[(u16, Sound)]>,
    /// Pieces of the headline: three letters, or two syllables, kanji or kana; sorted digests.
    pub(super) grams: Box<[u32]>,
    /// Pairs of syllables as Korean reads them, of headlines in Korean or with kanji.
    pub(super) syllables: Box<[u32]>,
}

/// The texts that traits are taken from.
#[derive(Debug, Clone, Copy)]
pub struct StoryText<'a> {
    /// The headline as published.
    pub headline: &'a str,
    /// The folded headline without desk tags and outlet (`normalise::bare_headline`).
    pub bare: &'a str,
    /// The folded summary; may be empty.
    pub summary: &'a str,
}

impl Traits {
    /// Looks at a headline and the beginning of its summary. Some ten microseconds.
    pub fn of(text: &StoryText<'_>, gazetteer: &Gazetteer) -> Traits {
        let bare = cut(text.bare, usize::from(u16::MAX));
        let lead = cut(text.summary, LEAD_BYTES);
        let (mut items, mut names) = items(bare, gazetteer);
        let order = unique(&mut items, ITEMS);
        names.retain_mut(|(place, _)| match order.get(usize::from(*place)).copied().flatten() {
            Some(now) => {
                *place = now;
                true
            }
            None => false,
        });
        let (mut lead_items, _) = self::items(lead, gazetteer);
        unique(&mut lead_items, ITEMS);
        lead_items.retain(|item| items.binary_search_by_key(&item.id, |item| item.id).is_err());
        let tongue = tongue(bare);
        let syllables = match tongue {
            Tongue::Latin => Vec::new(),
            Tongue::Hangul | Tongue::Kana | Tongue::Han => syllable_pairs(bare),
        };
        Traits {
            headline: text.headline.into(),
            text: bare.into(),
            tongue,
            items: items.into_boxed_slice(),
            lead: lead_items.into_boxed_slice(),
            numbers: numbers(bare).into_boxed_slice(),
            lead_numbers: numbers(lead).into_boxed_slice(),
            names: names.into_boxed_slice(),
            grams: grams(bare),
            syllables: syllables.into_boxed_slice(),
        }
    }

    /// The words of an item of the headline, as folded.
    pub(super) fn words_of(&self, item: &Item) -> &str {
        self.text.get(item.span()).unwrap_or_default()
    }

    /// How many bytes it takes, besides itself.
    pub fn heap_bytes(&self) -> usize {
        self.headline.len()
            + self.text.len()
            + size_of_val(&*self.items)
            + size_of_val(&*self.lead)
            + size_of_val(&*self.numbers)
            + size_of_val(&*self.lead_numbers)
            + size_of_val(&*self.names)
            + size_of_val(&*self.grams)
            + size_of_val(&*self.syllables)
    }
}

/// The text up to a number of bytes.
fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes.min(text.len()))]
}

fn tongue(text: &str) -> Tongue {
    let mut tongue = Tongue::Latin;
    for character in text.chars() {
        match Script::of(character) {
            Script::Hangul => return Tongue::Hangul,
            Script::Hiragana | Script::Katakana => tongue = Tongue::Kana,
            Script::Han if tongue == Tongue::Latin => tongue = Tongue::Han,
            Script::Han | Script::Letter | Script::Digit | Script::Other => {}
        }
    }
    tongue
}

fn hash(bytes: &[u8]) -> u32 {
    // FNV-1a (Fowler, Noll, Vo): stable over machines and versions, and nothing here is worth an attack: the worst is a candidate too many.
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

/// What a text speaks of: names and concepts, then the words between them; and the sounds of those that may be names.
fn items(text: &str, gazetteer: &Gazetteer) -> (Vec<Item>, Vec<(u16, Sound)>) {
    let mut items = Vec::new();
    let mut names = Vec::new();
    let mentions = gazetteer.mentions(text);
    for mention in &mentions {
        let entity = gazetteer.entity(mention.entity);
        let key = |id: EntityId| hash(gazetteer.entity(id).key.as_bytes());
        let kind = match entity.kind {
            Kind::Person => ItemKind::Person,
            Kind::Organisation => ItemKind::Organisation,
            Kind::Place => ItemKind::Place,
            Kind::Country => ItemKind::Country,
            Kind::Concept => ItemKind::Concept,
        };
        let weight = match (kind, entity.weight) {
            (ItemKind::Concept, Weight::Low) => 0.3,
            (ItemKind::Concept, Weight::Mid) | (ItemKind::Country, _) => 0.8,
            (ItemKind::Concept, Weight::High) => 1.5,
            (ItemKind::Person | ItemKind::Organisation | ItemKind::Place | ItemKind::Word, _) => {
                1.2
            }
        };
        let id = key(mention.entity);
        items.push(item(id, kind, weight, mention.span.clone(), Some(mention.entity)));
        if let Some(item) = items.last_mut() {
            item.other = mention.other.map_or(id, key);
            item.opposite = entity.opposite.map(key);
            item.country = entity
                .country
                .as_deref()
                .map_or(0, |code| hash(format!("country.{code}").as_bytes()));
        }
    }
    // What longer forms hold and mean besides: an air strike is an attack, a rejected warrant is a warrant and a rejection.
    for mention in &mentions {
        for id in gazetteer.implied(text, mention) {
            let id_hash = hash(gazetteer.entity(id).key.as_bytes());
            items.push(item(id_hash, ItemKind::Concept, IMPLIED, mention.span.clone(), Some(id)));
        }
    }
    for word in words(text) {
        let covered = mentions.iter().any(|mention| {
            mention.span.start < word.span.end && word.span.start < mention.span.end
        });
        if covered {
            continue;
        }
        let length = word.stem.chars().count();
        let weight = match word.script {
            Script::Letter => 0.5 + 0.1 * length.min(8) as f32,
            Script::Digit
            | Script::Hangul
            | Script::Han
            | Script::Hiragana
            | Script::Katakana
            | Script::Other => 0.5 + 0.2 * length.min(4) as f32,
        };
        if let Some(sound) = Sound::of(word.stem, word.script)
            && let Ok(place) = u16::try_from(items.len())
        {
            names.push((place, sound));
        }
        items.push(item(hash(word.stem.as_bytes()), ItemKind::Word, weight, word.span, None));
    }
    (items, names)
}

fn item(
    id: u32,
    kind: ItemKind,
    weight: f32,
    span: Range<usize>,
    entity: Option<EntityId>,
) -> Item {
    let place = |at: usize| u16::try_from(at).unwrap_or(u16::MAX);
    let (start, end) = (place(span.start), place(span.end));
    Item { id, other: id, kind, weight, entity, country: 0, opposite: None, start, end }
}

/// Sorts items by id and leaves each once; gives the new place of each.
fn unique(items: &mut Vec<Item>, most: usize) -> Vec<Option<u16>> {
    items.truncate(most);
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by_key(|place| (items[*place].id, *place));
    let mut places = vec![None; items.len()];
    let mut kept: Vec<Item> = Vec::with_capacity(items.len());
    for place in order {
        if kept.last().is_none_or(|last| last.id != items[place].id) {
            kept.push(items[place]);
        }
        places[place] = u16::try_from(kept.len() - 1).ok();
    }
    *items = kept;
    places
}

/// Digests of the pieces of a headline: each three letters of spaced scripts (with the spaces at the ends of words), each two of Hangul, kanji and
/// kana, where two say as much.
fn grams(text: &str) -> Box<[u32]> {
    let mut grams = Vec::with_capacity(text.len());
    let mut window: [char; 3] = [' '; 3];
    for character in text.chars().chain([' ']) {
        let script = Script::of(character);
        let plain = if script == Script::Other { ' ' } else { character };
        if plain == ' ' && window[2] == ' ' {
            continue;
        }
        window = [window[1], window[2], plain];
        let is_dense = |letter: char| Script::of(letter).is_cjk();
        let gram = if is_dense(window[1]) && is_dense(window[2]) {
            &window[1..]
        } else if is_dense(window[1]) || is_dense(window[2]) {
            continue;
        } else {
            &window[..]
        };
        let mut bytes = [0; 12];
        let mut length = 0;
        for letter in gram {
            length += letter.encode_utf8(&mut bytes[length..]).len();
        }
        grams.push(hash(&bytes[..length]));
        if grams.len() == GRAMS {
            break;
        }
    }
    grams.sort_unstable();
    grams.dedup();
    grams.into_boxed_slice()
}
