//! Where a name begins and ends in a folded text, by script: the rules of terms (docs/topics.md), with the compounds of headlines.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use crate::model::script::Script;

/// How many particles and endings a Korean noun may carry.
const PARTICLES_IN_A_ROW: usize = 3;

/// The lines of a data file that say something.
pub(super) fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
}

static PARTICLES: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    lines(include_str!("../topics/particles.txt")).flat_map(str::split_whitespace).collect()
});

/// Whether the rest of a Korean word is nothing but particles and endings.
pub(super) fn are_particles(rest: &str) -> bool {
    fn are(rest: &str, most: usize) -> bool {
        rest.is_empty()
            || most > 0
                && rest
                    .char_indices()
                    .map(|(at, character)| at + character.len_utf8())
                    .take(4)
                    .any(|end| PARTICLES.contains(&rest[..end]) && are(&rest[end..], most - 1))
    }
    are(rest, PARTICLES_IN_A_ROW)
}

/// The Hangul that a text begins with.
pub(super) fn hangul_run(text: &str) -> &str {
    let end = text.find(|character| Script::of(character) != Script::Hangul);
    &text[..end.unwrap_or(text.len())]
}

/// Where a kanji belongs to its neighbour and not to a name.
struct Segments {
    before: HashMap<char, String>,
    after: HashMap<char, String>,
}

static SEGMENTS: LazyLock<Segments> = LazyLock::new(|| {
    let of = |kind: &str| {
        lines(include_str!("../topics/segments.txt"))
            .filter_map(|line| {
                let mut parts = line.split_whitespace();
                let found = parts.next() == Some(kind);
                let letter = parts.next()?.chars().next()?;
                found.then(|| (letter, parts.next().unwrap_or_default().to_owned()))
            })
            .collect()
    };
    Segments { before: of("start"), after: of("end") }
});

fn lists(list: &str, character: char) -> bool {
    list.contains(character) || (list.contains('#') && Script::of(character) == Script::Digit)
}

/// Whether a name's first kanji belongs to the character before it ("今日米国").
pub(super) fn parts_before(first: char, previous: char) -> bool {
    SEGMENTS.before.get(&first).is_some_and(|list| lists(list, previous))
}

/// Whether a name's last kanji belongs to the character after it ("欧米中心").
pub(super) fn parts_after(last: char, next: char) -> bool {
    SEGMENTS.after.get(&last).is_some_and(|list| lists(list, next))
}

/// Whether what follows a Latin name is the ending of its plural.
pub(super) fn is_plural(name: &str, after: &str) -> bool {
    let hisses = name.ends_with(['s', 'x', 'z']) || name.ends_with("ch") || name.ends_with("sh");
    let ending = if hisses { "es" } else { "s" };
    after
        .strip_prefix(ending)
        .is_some_and(|rest| !rest.chars().next().is_some_and(|next| Script::of(next).is_spaced()))
}
