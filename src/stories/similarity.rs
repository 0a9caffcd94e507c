//! Two headlines → the signs that they are one event, how likely that makes it, and why. No thresholds.
//!
//! The likelihood is a logistic regression over signs that a person can check. Its weights are fitted (`weights.toml`); what no weight should outvote
//! is a veto.

use std::time::Duration;

use super::numbers::{Number, Unit};
use super::traits::{Item, ItemKind, Traits};
use super::weights::Weights;

/// What is known of two entries besides their headlines.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances {
    /// The cosine of their vectors, if both were encoded.
    pub cosine: Option<f32>,
    /// How far apart they were published.
    pub apart: Duration,
    /// Whether one source published both.
    pub same_source: bool,
}

/// What two headlines say of each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Likelihood {
    /// They are two events.
    Veto(Veto),
    /// How likely they are one.
    Odds(Odds),
}

/// The natural logarithm of the odds that two headlines are one event, without and with what they mean: words are compared once, however late a
/// vector comes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Odds {
    without: f32,
    /// If they had nothing in common in meaning.
    with: f32,
    /// What a cosine of one adds to that.
    meaning: f32,
    /// Whether they are nearly equal, which no meaning changes.
    is_settled: bool,
}

impl Odds {
    /// The log-odds, given how near the two are in meaning, if that is known.
    pub(super) fn given(self, cosine: Option<f32>) -> f32 {
        cosine.map_or(self.without, |cosine| self.meaning.mul_add(cosine.max(0.0), self.with))
    }

    /// The most that a meaning not known yet could make of them.
    pub(super) fn at_most(self) -> f32 {
        self.without.max(self.with + self.meaning)
    }

    /// Whether a meaning not known yet could turn a verdict that falls at this threshold.
    pub(super) fn could_turn(self, threshold: f32) -> bool {
        let is_joined = self.without >= threshold;
        !self.is_settled
            && if is_joined { self.with < threshold } else { self.with + self.meaning >= threshold }
    }
}

/// Why two headlines that look alike are two events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Veto {
    /// They count the same thing differently.
    Number,
    /// One template tells of others.
    Counterpart,
    /// One says the contrary.
    Contrary,
}

/// The signs, by the names that they have in `weights.toml`. Each is about 0 to 3, and 0 where there is nothing to see.
pub const SIGNS: [&str; 30] = [
    "same_writing",
    "other_writing",
    "country",
    "person",
    "organisation_or_place",
    "concept",
    "word",
    "sound",
    "number",
    "syllables",
    "items_same_writing",
    "items_other_writing",
    "contained",
    "kinds",
    "grams",
    "meaning_same_writing",
    "meaning_other_writing",
    "lead",
    "title_in_lead",
    "other_person",
    "other_country",
    "other_place",
    "other_name",
    "other_number",
    "contrary",
    "counterpart",
    "left_over",
    "days_apart",
    "same_source",
    "same_source_counterpart",
];

/// The value of each sign, in the order of [`SIGNS`].
pub type Signs = [f32; SIGNS.len()];

/// Two items that mean the same.
#[derive(Debug, Clone, Copy)]
pub(super) struct Match<'a> {
    pub one: &'a Item,
    pub other: &'a Item,
    /// How alike they are, from 0 to 1: 1 but for names compared by sound.
    pub likeness: f32,
}

/// Names that sound less alike are two names.
const SOUNDS_ALIKE: f32 = 0.72;

/// What two headlines share, each item once.
pub(super) fn matches<'a>(one: &'a Traits, other: &'a Traits) -> Vec<Match<'a>> {
    let mut found = shared_items(&one.items, &other.items);
    if one.tongue != other.tongue {
        by_sound(one, other, &mut found);
    }
    found
}

/// The items that two lists by ascending id share.
fn shared_items<'a>(one: &'a [Item], other: &'a [Item]) -> Vec<Match<'a>> {
    let mut found = Vec::new();
    let (mut left, mut right) = (one.iter().peekable(), other.iter().peekable());
    while let (Some(a), Some(b)) = (left.peek().copied(), right.peek().copied()) {
        match a.id.cmp(&b.id) {
            std::cmp::Ordering::Less => {
                left.next();
            }
            std::cmp::Ordering::Greater => {
                right.next();
            }
            std::cmp::Ordering::Equal => {
                found.push(Match { one: a, other: b, likeness: 1.0 });
                left.next();
                right.next();
            }
        }
    }
    // A capital that speaks for its country, one of two people of a name. Few items stand for another one, so those are looked for, in the order
    // of a comparison of each with each.
    let place = |items: &[Item], id: u32| items.binary_search_by_key(&id, |item| item.id).ok();
    let mut met: Vec<(usize, usize)> = Vec::new();
    for (at, a) in one.iter().enumerate().filter(|(_, item)| item.other != item.id) {
        met.extend(place(other, a.other).map(|far| (at, far)));
    }
    for (far, b) in other.iter().enumerate().filter(|(_, item)| item.other != item.id) {
        met.extend(place(one, b.other).map(|at| (at, far)));
    }
    met.sort_unstable();
    for (a, b) in met.into_iter().map(|(at, far)| (&one[at], &other[far])) {
        let is_free = found.iter().all(|found| found.one.id != a.id && found.other.id != b.id);
        if a.id != b.id && is_free {
            found.push(Match { one: a, other: b, likeness: 0.9 });
        }
    }
    found
}

/// Names that no gazetteer knows, by their sound.
fn by_sound<'a>(one: &'a Traits, other: &'a Traits, found: &mut Vec<Match<'a>>) {
    for (place, sound) in &one.names {
        let best = other
            .names
            .iter()
            .map(|(place, name)| (sound.likeness(name), *place))
            .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
        if let Some((likeness, near)) = best
            && likeness >= SOUNDS_ALIKE
            && let (Some(one), Some(other)) =
                (one.items.get(usize::from(*place)), other.items.get(usize::from(near)))
            && found.iter().all(|found| found.other.id != other.id)
        {
            found.push(Match { one, other, likeness });
        }
    }
}

fn weight(items: &[Item]) -> f32 {
    items.iter().map(|item| item.weight).sum()
}

/// How many of two sorted lists are in both.
fn common(one: &[u32], other: &[u32]) -> usize {
    let (mut left, mut right, mut count) = (0, 0, 0);
    while left < one.len() && right < other.len() {
        match one[left].cmp(&other[right]) {
            std::cmp::Ordering::Less => left += 1,
            std::cmp::Ordering::Greater => right += 1,
            std::cmp::Ordering::Equal => {
                count += 1;
                left += 1;
                right += 1;
            }
        }
    }
    count
}

fn share(common: usize, one: usize, other: usize) -> f32 {
    let all = one + other - common;
    if all == 0 { 0.0 } else { common as f32 / all as f32 }
}

/// How much of the headlines' pieces both have, from 0 to 1.
fn gram_share(one: &Traits, other: &Traits) -> f32 {
    share(common(&one.grams, &other.grams), one.grams.len(), other.grams.len())
}

/// The signs that two headlines are one event.
pub fn signs(one: &Traits, other: &Traits, circumstances: &Circumstances) -> Signs {
    let matches = matches(one, other);
    signs_of(one, other, &matches, circumstances)
}

fn signs_of(
    one: &Traits,
    other: &Traits,
    matches: &[Match<'_>],
    circumstances: &Circumstances,
) -> Signs {
    let is_same = one.tongue == other.tongue;
    let of = |kinds: &[ItemKind]| -> f32 {
        matches
            .iter()
            .filter(|found| kinds.contains(&found.one.kind))
            .map(|found| found.one.weight.min(found.other.weight) * found.likeness)
            .sum()
    };
    let by_sound: f32 = matches
        .iter()
        .filter(|found| found.one.id != found.other.id && found.one.kind == ItemKind::Word)
        .map(|found| found.likeness)
        .sum();
    let shared: f32 = matches
        .iter()
        .map(|found| (found.one.weight + found.other.weight) / 2.0 * found.likeness)
        .sum();
    let (all_one, all_other) = (weight(&one.items), weight(&other.items));
    let items = shared / (all_one + all_other - shared).max(1.0);
    let contained = shared / all_one.min(all_other).max(1.5);
    let lead: f32 = shared_items(&one.lead, &other.lead).iter().map(|found| found.one.weight).sum();
    let leads = weight(&one.lead).min(weight(&other.lead));
    let crossed = |title: &Traits, lead: &Traits| -> f32 {
        let found: f32 =
            shared_items(&title.items, &lead.lead).iter().map(|found| found.one.weight).sum();
        found / weight(&title.items).max(1.5)
    };
    let others = |kinds: &[ItemKind]| conflict(one, other, matches, kinds);
    let other_person = others(&[ItemKind::Person]);
    let other_country = others(&[ItemKind::Country]);
    let other_place = others(&[ItemKind::Organisation, ItemKind::Place]);
    // "Serbian president arrives", "Kim arrives": a country here, a person there.
    let other_name =
        others(&[ItemKind::Person, ItemKind::Country, ItemKind::Organisation, ItemKind::Place]);
    let other_number = other_numbers(&one.numbers, &other.numbers);
    let grams = gram_share(one, other);
    // How much the two look like one template filled in differently.
    let counterpart = (other_name + other_number / 2.0).min(2.0) * contained.min(1.0).max(grams);
    let kinds = [
        &[ItemKind::Country][..],
        &[ItemKind::Person],
        &[ItemKind::Organisation, ItemKind::Place],
        &[ItemKind::Concept],
        &[ItemKind::Word],
    ];
    let numbers = same_numbers(&one.numbers, &other.numbers);
    let kinds = kinds.iter().filter(|kinds| of(kinds) >= 0.5).count() + usize::from(numbers >= 0.5);
    let left_over = (all_one + all_other - 2.0 * shared).max(0.0);
    let days = circumstances.apart.as_secs_f32() / 86_400.0;
    let cosine = circumstances.cosine.map_or(0.0, |cosine| cosine.max(0.0));
    let syllables = if is_same {
        0.0
    } else {
        let common = common(&one.syllables, &other.syllables);
        common as f32 / one.syllables.len().min(other.syllables.len()).max(6) as f32
    };
    let if_same = |value: f32| if is_same { value } else { 0.0 };
    let if_other = |value: f32| if is_same { 0.0 } else { value };
    [
        if_same(1.0),
        if_other(1.0),
        of(&[ItemKind::Country]).min(2.0),
        of(&[ItemKind::Person]).min(2.5),
        of(&[ItemKind::Organisation, ItemKind::Place]).min(2.5),
        of(&[ItemKind::Concept]).min(3.0),
        if_same((of(&[ItemKind::Word])).min(4.0)),
        if_other(by_sound.min(2.0)),
        numbers.min(2.0),
        syllables,
        if_same(items),
        if_other(items),
        contained.min(1.0),
        kinds.saturating_sub(1) as f32,
        if_same(grams),
        if_same(cosine),
        if_other(cosine),
        if leads > 0.0 { lead / leads.max(4.0) } else { 0.0 },
        crossed(one, other).max(crossed(other, one)).min(1.0),
        other_person,
        other_country,
        other_place,
        other_name,
        other_number,
        contrary(one, other, matches),
        counterpart,
        (left_over / 8.0).min(2.0),
        // Outlets of other zones are a day late, and some give no hour.
        (days - 1.0).clamp(0.0, 2.0),
        f32::from(circumstances.same_source),
        if circumstances.same_source { counterpart } else { 0.0 },
    ]
}

/// How much the two speak of others: each names someone (or somewhere) whom the other does not, not even in its lead.
fn conflict(one: &Traits, other: &Traits, matches: &[Match<'_>], kinds: &[ItemKind]) -> f32 {
    let alone = |own: &Traits, far: &Traits, is_one: bool| -> f32 {
        own.items
            .iter()
            .filter(|item| kinds.contains(&item.kind))
            .filter(|item| {
                let matched = matches
                    .iter()
                    .any(|found| (if is_one { found.one.id } else { found.other.id }) == item.id);
                !matched
                    && !far.lead.iter().any(|told| told.id == item.id || told.id == item.other)
                    && !far.items.iter().any(|told| told.country == item.id)
            })
            .map(|item| item.weight)
            .sum()
    };
    alone(one, other, true).min(alone(other, one, false)).min(2.5)
}

/// How much equal numbers say: those that count something specific more than bare ones, small ones less.
fn same_numbers(one: &[Number], other: &[Number]) -> f32 {
    let mut total = 0.0;
    for number in one {
        if other.iter().any(|far| far.value == number.value && is_like(far.unit, number.unit)) {
            total += match number.unit {
                Unit::Percent | Unit::Money | Unit::Score | Unit::Quake => 1.0,
                Unit::People | Unit::Ordinal | Unit::Measure => 0.8,
                Unit::Span | Unit::Count => 0.5,
                Unit::Month | Unit::Day | Unit::Year => 0.3,
            };
        }
    }
    total
}

/// Whether two units may be one that a language leaves out.
fn is_like(one: Unit, other: Unit) -> bool {
    one == other || one == Unit::Count || other == Unit::Count
}

/// How often both count the same kind of thing, and no count of either is one of the other.
fn other_numbers(one: &[Number], other: &[Number]) -> f32 {
    let mut total = 0.0;
    for unit in [
        Unit::Percent,
        Unit::Money,
        Unit::People,
        Unit::Quake,
        Unit::Ordinal,
        Unit::Score,
        Unit::Month,
        Unit::Measure,
        Unit::Count,
    ] {
        if differ(one, other, unit) {
            total += 1.0;
        }
    }
    total
}

/// Whether both have numbers of this unit and share none.
fn differ(one: &[Number], other: &[Number], unit: Unit) -> bool {
    let of = |numbers: &[Number]| -> Vec<i64> {
        numbers.iter().filter(|number| number.unit == unit).map(|number| number.value).collect()
    };
    let (one, other) = (of(one), of(other));
    !one.is_empty() && !other.is_empty() && !one.iter().any(|value| other.contains(value))
}

/// How often one has a concept and the other its contrary, and neither has both.
fn contrary(one: &Traits, other: &Traits, matches: &[Match<'_>]) -> f32 {
    let is_shared = |id: u32| matches.iter().any(|found| found.one.id == id);
    let has = |traits: &Traits, id: u32| traits.items.iter().any(|item| item.id == id);
    let pairs = one.items.iter().filter_map(|item| Some((item.id, item.opposite?)));
    pairs
        .filter(|(said, contrary)| {
            !is_shared(*said)
                && !is_shared(*contrary)
                && has(other, *contrary)
                && !has(other, *said)
        })
        .count() as f32
}

/// How likely two headlines are one event, whatever they mean.
pub(super) fn likelihood(
    one: &Traits,
    other: &Traits,
    apart: Duration,
    same_source: bool,
    weights: &Weights,
) -> Likelihood {
    let matches = matches(one, other);
    let circumstances = Circumstances { cosine: None, apart, same_source };
    let signs = signs_of(one, other, &matches, &circumstances);
    match veto(one, other, &matches, &signs) {
        Some(veto) => Likelihood::Veto(veto),
        None => Likelihood::Odds(Odds {
            without: weights.log_odds(&signs, false),
            with: weights.log_odds(&signs, true),
            meaning: weights.of_meaning(one.tongue == other.tongue),
            is_settled: is_nearly_equal(one, other),
        }),
    }
}

/// What speaks so clearly against one event that no likeness outweighs it.
fn veto(one: &Traits, other: &Traits, matches: &[Match<'_>], signs: &Signs) -> Option<Veto> {
    let differs = |unit| differ(&one.numbers, &other.numbers, unit);
    // Two earthquakes, two matches, two rounds.
    if [Unit::Quake, Unit::Score].into_iter().any(differs) {
        return Some(Veto::Number);
    }
    // The rest is about texts of one template: most of one headline is in the other.
    let is_template = gram_share(one, other) >= 0.4
        || (one.tongue != other.tongue && shared_share(one, other, matches) >= 0.6);
    if !is_template {
        return None;
    }
    if [Unit::Percent, Unit::Money, Unit::Ordinal, Unit::Month].into_iter().any(differs) {
        return Some(Veto::Number);
    }
    // Of nearly equal texts also what is left of a count, a day: "in 11 days", "in 12 days". A toll that rises is one event.
    let is_near = gram_share(one, other) >= NEARLY_EQUAL;
    let each_has_its_own = |unit| {
        let has_own = |one: &[Number], other: &[Number]| {
            one.iter().any(|number| {
                number.unit == unit
                    && !other.iter().any(|far| (far.value, far.unit) == (number.value, unit))
            })
        };
        has_own(&one.numbers, &other.numbers) && has_own(&other.numbers, &one.numbers)
    };
    let counted = [Unit::Span, Unit::Day, Unit::Year, Unit::Count];
    // "3 of 5" is not "5 of 3".
    let counts = |numbers: &[Number]| -> Vec<i64> {
        let bare = numbers.iter().filter(|number| number.unit == Unit::Count);
        bare.map(|number| number.value).collect()
    };
    let (one_counts, other_counts) = (counts(&one.numbers), counts(&other.numbers));
    let counts_differ = one_counts.len() == other_counts.len() && one_counts != other_counts;
    if is_near && (counts_differ || counted.into_iter().any(each_has_its_own)) {
        return Some(Veto::Number);
    }
    let sign = |name: &str| SIGNS.iter().position(|sign| *sign == name).map_or(0.0, |at| signs[at]);
    if sign("contrary") > 0.0 {
        return Some(Veto::Contrary);
    }
    (sign("other_name") >= 0.8).then_some(Veto::Counterpart)
}

fn shared_share(one: &Traits, other: &Traits, matches: &[Match<'_>]) -> f32 {
    let shared: f32 = matches.iter().map(|found| found.one.weight.min(found.other.weight)).sum();
    shared / weight(&one.items).min(weight(&other.items)).max(1.0)
}

/// From which share of equal pieces on two headlines of one language count as edited copies.
pub(super) const NEARLY_EQUAL: f32 = 0.6;

/// Whether two headlines are nearly equal.
pub(super) fn is_nearly_equal(one: &Traits, other: &Traits) -> bool {
    one.tongue == other.tongue && gram_share(one, other) >= NEARLY_EQUAL
}
