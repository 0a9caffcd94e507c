//! Which open entries speak of the same: an index by what they speak of, never a scan.
//!
//! Two entries are worth a comparison if their headlines share two things of different kinds of evidence (a country and a concept, two words), one thing
//! that is rare, enough pieces of text, or if their vectors fall on the same side of enough random planes (Charikar, "Similarity estimation
//! techniques from rounding algorithms", 2002). All of it is a function of the two headlines alone, so that it does not matter who came first.

use std::cmp::Reverse;
use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::traits::{ItemKind, Traits};
use crate::model::vector::{DIMENSIONS, Vector};

/// With so many of the heaviest things of a headline pairs are made.
const PAIRED: usize = 10;
/// With how many of the last entries under one key an entry is compared: a bound on what one flood of alike headlines can cost.
const LONGEST: usize = 64;
/// How many tables of planes there are, and how many planes each has.
const TABLES: usize = 12;
const PLANES: usize = 10;
/// How many of the smallest digests of pieces of text are kept: a sample that two headlines share as often as they share pieces (Broder 1997).
const SKETCH: usize = 4;

/// With how many of the entries that have keys in common with it an entry is compared: those with most of them, the newest first.
const COMPARED: usize = 64;

/// How many keys other entries have in common with one. Places are numbers of our own, so nobody can choose them to collide.
#[derive(Debug, Default)]
pub(super) struct Common(HashMap<u32, u16, FixedState>);

impl Common {
    /// The entries that are worth a comparison.
    pub(super) fn nearest(self) -> impl Iterator<Item = u32> {
        let mut found: Vec<(u16, u32)> =
            self.0.into_iter().map(|(place, keys)| (keys, place)).collect();
        if found.len() > COMPARED {
            found.select_nth_unstable_by_key(COMPARED, |near| Reverse(*near));
            found.truncate(COMPARED);
        }
        found.into_iter().map(|(_, place)| place)
    }

    fn count(&mut self, places: &[u32]) {
        for place in &places[places.len().saturating_sub(LONGEST)..] {
            *self.0.entry(*place).or_default() += 1;
        }
    }
}

/// The keys of all open entries.
#[derive(Debug, Default)]
pub(super) struct Index {
    places: HashMap<u64, Vec<u32>>,
}

impl Index {
    /// Files an entry under what it speaks of and counts those that are filed under the same.
    pub(super) fn insert(&mut self, place: u32, traits: &Traits, common: &mut Common) {
        self.file(place, keys(traits), common);
    }

    /// Files an entry under what it means; as [`Index::insert`].
    pub(super) fn insert_vector(&mut self, place: u32, vector: &Vector, common: &mut Common) {
        self.file(place, vector_keys(vector), common);
    }

    fn file(&mut self, place: u32, keys: impl IntoIterator<Item = u64>, common: &mut Common) {
        for key in keys {
            let filed = self.places.entry(key).or_default();
            common.count(filed);
            filed.push(place);
        }
    }

    /// Forgets an entry.
    pub(super) fn remove(&mut self, place: u32, traits: &Traits, vector: Option<&Vector>) {
        let of_vector = vector.into_iter().flat_map(vector_keys);
        for key in keys(traits).into_iter().chain(of_vector) {
            if let Some(filed) = self.places.get_mut(&key) {
                filed.retain(|other| *other != place);
                if filed.is_empty() {
                    self.places.remove(&key);
                }
            }
        }
    }
}

/// The keys of an entry by what its headline speaks of, each once.
fn keys(traits: &Traits) -> Vec<u64> {
    let mut keys = Vec::new();
    let mut things: Vec<(f32, u32)> = traits
        .items
        .iter()
        // "says" and "president" find everybody.
        .filter(|item| item.weight >= 0.5)
        .map(|item| (item.weight, item.id))
        .collect();
    let specific = traits.numbers.iter().filter(|number| number.value >= 10_000);
    things.extend(specific.map(|number| (0.9, number.value.to_le_bytes().iter().fold(7, mix))));
    things.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
    things.truncate(PAIRED);
    for (index, (_, one)) in things.iter().enumerate() {
        for (_, other) in &things[index + 1..] {
            let (low, high) = (one.min(other), one.max(other));
            keys.push(u64::from(*low) << 32 | u64::from(*high));
        }
    }
    // A word that is long or a concept that is rare finds its like alone.
    let rare = traits.items.iter().filter(|item| match item.kind {
        ItemKind::Word => item.weight >= 1.2,
        ItemKind::Concept => item.weight >= 1.5,
        ItemKind::Person | ItemKind::Organisation | ItemKind::Place | ItemKind::Country => false,
    });
    keys.extend(rare.map(|item| u64::from(item.id)));
    let mut sketch: Vec<u32> =
        traits.grams.iter().map(|gram| gram.wrapping_mul(0x9e37_79b1)).collect();
    sketch.sort_unstable();
    keys.extend(sketch.into_iter().take(SKETCH).map(|gram| 1 << 63 | u64::from(gram)));
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// The keys of an entry by what it means: one a table.
fn vector_keys(vector: &Vector) -> impl Iterator<Item = u64> {
    let tables = (0u64..).zip(sides(vector));
    tables.map(|(table, side)| 1 << 62 | table << 32 | u64::from(side))
}

fn mix(hash: u32, byte: &u8) -> u32 {
    (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
}

/// On which side of the planes of each table a vector lies. A plane is the sum and difference of eight dimensions, drawn by a fixed sequence.
fn sides(vector: &Vector) -> [u32; TABLES] {
    let steps = vector.steps();
    let mut state: u32 = 0x2545_f491;
    [(); TABLES].map(|()| {
        let mut side = 0;
        for _ in 0..PLANES {
            let mut sum = 0;
            for turn in 0..16 {
                // The generator of Numerical Recipes, §7.1; any fixed sequence will do.
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let step = i32::from(steps[(state >> 8) as usize % DIMENSIONS]);
                sum += if turn % 2 == 0 { step } else { -step };
            }
            side = side << 1 | u32::from(sum > 0);
        }
        side
    })
}
