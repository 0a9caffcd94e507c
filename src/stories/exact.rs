//! The first two rungs: the same page, the same headline after folding. No likelihood: what they say is sure.

use std::collections::HashMap;
use std::time::Duration;

use foldhash::fast::FixedState;

use super::page::is_front_page;
use crate::model::identity::digest;
use crate::model::script::Script;
use crate::model::time::Timestamp;
use crate::model::url::CanonicalUrl;

/// What a headline must weigh to be evidence between sources: two words, or six syllables, kanji or kana. "Photos", "사진" and "Item 1" are
/// headlines of many events.
const WEIGHT_BETWEEN_SOURCES: usize = 6;
/// What it must weigh between two pages of one source, which had the choice to update the first.
const WEIGHT_WITHIN_SOURCE: usize = 9;
/// How far apart one source may publish a headline on two pages and still mean one event. Later it is a template ("Today's schedule").
const SAME_SOURCE: Duration = Duration::from_hours(12);
/// With how many of the last entries of one headline or page an entry is compared: a source cannot make the work grow by repeating itself.
const REPEATS: usize = 256;

/// What equal text says of two entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exact {
    /// They lead to one page, which is that of no other event.
    Page,
    /// They have one headline.
    Headline,
    /// They have one headline, but it is one of many events.
    Template,
}

/// The pages and headlines of the open entries.
#[derive(Debug, Default)]
pub(super) struct SameText {
    texts: HashMap<u32, Texts, FixedState>,
    by_url: HashMap<u128, Group>,
    by_headline: HashMap<u128, Group>,
}

#[derive(Debug)]
struct Texts {
    source: u64,
    at: Timestamp,
    url: Option<(u128, CanonicalUrl)>,
    headline: Option<u128>,
    key: Box<str>,
    weight: usize,
}

/// The entries with one page or one headline, in the order in which they came.
#[derive(Debug, Default)]
struct Group {
    places: Vec<u32>,
    /// Whether it stands for many events.
    is_common: bool,
}

impl SameText {
    /// Takes in an entry. Gives the groups that turned out to stand for many events, whose members must be compared again.
    pub(super) fn insert(
        &mut self,
        place: u32,
        source: u64,
        at: Timestamp,
        url: Option<&CanonicalUrl>,
        headline_key: &str,
    ) -> Vec<Vec<u32>> {
        let of = |text: &str| u128::from_le_bytes(digest(&[text.as_bytes()]));
        let weight = weight(headline_key);
        let url = url.filter(|url| !is_front_page(url)).map(|url| (of(url.as_str()), url.clone()));
        let headline = (weight >= WEIGHT_BETWEEN_SOURCES).then(|| of(headline_key));
        let key = headline_key.into();
        let texts = Texts { source, at, url, headline, key, weight };
        let mut changed = Vec::new();
        if let Some((url, _)) = &texts.url {
            let known = &self.texts;
            // One source that leads from different headlines to one page means no article (a section, a live page).
            let clashes = |other: &u32| {
                known
                    .get(other)
                    .is_some_and(|other| other.source == source && other.headline != texts.headline)
            };
            changed.extend(self.by_url.entry(*url).or_default().push(place, clashes));
        }
        if let Some(headline) = &texts.headline {
            let known = &self.texts;
            // One source that comes back with a headline a day later means another event by it.
            let clashes = |other: &u32| {
                known.get(other).is_some_and(|other| {
                    other.source == source && apart(other.at, at) > SAME_SOURCE
                })
            };
            changed.extend(self.by_headline.entry(*headline).or_default().push(place, clashes));
        }
        self.texts.insert(place, texts);
        changed
    }

    /// Those with the page or the headline of an entry; the last [`REPEATS`] of each.
    pub(super) fn like(&self, place: u32) -> impl Iterator<Item = u32> {
        let texts = self.texts.get(&place);
        let url = texts.and_then(|texts| self.by_url.get(&texts.url.as_ref()?.0));
        let headline = texts.and_then(|texts| self.by_headline.get(&texts.headline?));
        url.into_iter()
            .chain(headline)
            .flat_map(|group| group.places.iter().rev().take(REPEATS).copied())
            .filter(move |other| *other != place)
    }

    /// What equal text says of two entries; `None` if nothing.
    pub(super) fn compare(&self, one: u32, other: u32) -> Option<Exact> {
        let (a, b) = (self.texts.get(&one)?, self.texts.get(&other)?);
        if let (Some((url, _)), Some((same, _))) = (&a.url, &b.url)
            && url == same
            && self.by_url.get(url).is_some_and(|group| !group.is_common)
        {
            return Some(Exact::Page);
        }
        let headline = a.headline.filter(|headline| b.headline == Some(*headline))?;
        let apart = apart(a.at, b.at);
        let is_common = self.by_headline.get(&headline).is_some_and(|group| group.is_common);
        let is_template = if a.source == b.source {
            apart > SAME_SOURCE || a.weight < WEIGHT_WITHIN_SOURCE
        } else {
            is_common && apart > SAME_SOURCE
        };
        Some(if is_template { Exact::Template } else { Exact::Headline })
    }

    /// The page of an entry.
    pub(super) fn page(&self, place: u32) -> Option<&CanonicalUrl> {
        self.texts.get(&place)?.url.as_ref().map(|(_, url)| url)
    }

    /// The folded headline of an entry.
    pub(super) fn headline(&self, place: u32) -> &str {
        self.texts.get(&place).map_or("", |texts| &texts.key)
    }

    /// Forgets an entry.
    pub(super) fn remove(&mut self, place: u32) {
        let Some(texts) = self.texts.remove(&place) else { return };
        if let Some((url, _)) = &texts.url {
            leave(&mut self.by_url, *url, place);
        }
        if let Some(headline) = texts.headline {
            leave(&mut self.by_headline, headline, place);
        }
    }
}

fn leave(groups: &mut HashMap<u128, Group>, key: u128, place: u32) {
    if let Some(group) = groups.get_mut(&key) {
        group.places.retain(|other| *other != place);
        if group.places.is_empty() {
            groups.remove(&key);
        }
    }
}

impl Group {
    /// Takes in an entry that clashes with some of its members or not; gives the members that must be compared again.
    fn push(&mut self, place: u32, clashes: impl Fn(&u32) -> bool) -> Option<Vec<u32>> {
        let reach = self.places.len().saturating_sub(REPEATS);
        let turns = !self.is_common && self.places[reach..].iter().any(clashes);
        let changed = turns.then(|| self.places[reach..].to_vec());
        self.is_common |= turns;
        self.places.push(place);
        changed
    }
}

fn apart(one: Timestamp, other: Timestamp) -> Duration {
    one.since(other).max(other.since(one))
}

/// How much a headline says: three for a word, one for a number, a syllable, a kanji or a kana.
fn weight(headline_key: &str) -> usize {
    let mut weight = 0;
    for word in headline_key.split(' ') {
        let mut letters = false;
        let mut digits = false;
        for character in word.chars() {
            match Script::of(character) {
                Script::Hangul | Script::Han | Script::Hiragana | Script::Katakana => weight += 1,
                Script::Letter => letters = true,
                Script::Digit => digits = true,
                Script::Other => {}
            }
        }
        weight += if letters { 3 } else { usize::from(digits) };
    }
    weight
}
