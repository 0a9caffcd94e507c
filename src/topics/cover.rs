//! Whether a term finds everything that another finds: where it does, one of the two says nothing.

use std::collections::HashMap;

use aho_corasick::{AhoCorasick, MatchKind};

use super::Fold;
use super::program::Fields;
use super::term::{Pattern, Term};
use crate::model::script::Script;

/// A term of a list, and where it is looked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item<'a> {
    pub term: &'a Term,
    pub fields: Fields,
}

/// For each of `others` the first of `items` that finds everything it finds, if there is one; an item does not cover itself, and of two that
/// cover each other the later is covered. `same` says that both are one list.
pub(super) fn covered(
    items: &[Item<'_>],
    others: &[Item<'_>],
    same: bool,
    fold: Fold,
) -> Vec<Option<usize>> {
    let patterns: Vec<Vec<Pattern>> = items.iter().map(|item| item.term.patterns(fold)).collect();
    let mut texts: Vec<&str> = Vec::new();
    let mut uses: Vec<Vec<(usize, &Pattern)>> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (index, pattern) in patterns
        .iter()
        .enumerate()
        .flat_map(|(index, patterns)| patterns.iter().map(move |pattern| (index, pattern)))
    {
        let place = *places.entry(pattern.text.as_str()).or_insert_with(|| {
            texts.push(&pattern.text);
            uses.push(Vec::new());
            texts.len() - 1
        });
        uses[place].push((index, pattern));
    }
    // Lists have bounds that an automaton does not reach.
    let Ok(automaton) = AhoCorasick::builder().match_kind(MatchKind::Standard).build(&texts) else {
        return vec![None; others.len()];
    };
    // Which items are found in every text that this one stands for.
    let coverers = |other: &Item<'_>, patterns: &[Pattern]| -> Vec<usize> {
        let mut counts: HashMap<usize, usize> = HashMap::new();
        for pattern in patterns {
            let mut found: Vec<usize> = automaton
                .find_overlapping_iter(&pattern.text)
                .flat_map(|place| {
                    uses[place.pattern().as_usize()]
                        .iter()
                        .filter(move |(_, known)| {
                            implies(pattern, known, place.start(), place.end())
                        })
                        .map(|(index, _)| *index)
                })
                .collect();
            found.sort_unstable();
            found.dedup();
            found.into_iter().for_each(|index| *counts.entry(index).or_default() += 1);
        }
        let mut all: Vec<usize> = counts
            .into_iter()
            .filter(|(index, count)| {
                *count == patterns.len() && looks_as_far(&items[*index], other)
            })
            .map(|(index, _)| index)
            .collect();
        all.sort_unstable();
        all
    };
    if !same {
        return others
            .iter()
            .map(|other| coverers(other, &other.term.patterns(fold)).first().copied())
            .collect();
    }
    let all: Vec<Vec<usize>> =
        others.iter().zip(&patterns).map(|(other, own)| coverers(other, own)).collect();
    (0..all.len())
        .map(|own| {
            let covers = |index: usize| all[index].binary_search(&own).is_ok();
            all[own]
                .iter()
                .copied()
                .find(|index| *index != own && (*index < own || !covers(*index)))
        })
        .collect()
}

/// Whether one looks wherever the other does, and does not ask more of the case.
fn looks_as_far(one: &Item<'_>, other: &Item<'_>) -> bool {
    let case = match (one.term.exact(), other.term.exact()) {
        (None, _) => true,
        (Some(one), Some(other)) => other.contains(one),
        (Some(_), None) => false,
    };
    case && one.fields.and(other.fields) == one.fields
}

/// Whether `known` stands at these bytes of the text of `pattern` wherever `pattern` stands.
fn implies(pattern: &Pattern, known: &Pattern, start: usize, end: usize) -> bool {
    let text = &pattern.text;
    let is_whole = start == 0 && end == text.len();
    let mut letters = known.text.chars();
    let is_single = letters.next().is_some() && letters.next().is_none();
    if is_single && !is_whole {
        // A letter alone asks more of its neighbours than any of them tells.
        return known.open_start && known.open_end;
    }
    let begins = known.open_start
        || if start == 0 { !pattern.open_start } else { known.begins(&text[..start]) };
    // What follows the known term up to the end of its word may go on beyond the pattern.
    let last = known.text.chars().next_back().map_or(Script::Other, Script::of);
    let reaches_end = text[end..].chars().all(|character| Script::of(character) == last);
    let ends = known.open_end
        || match (reaches_end, last) {
            (true, _) if end == text.len() => !pattern.open_end,
            (true, Script::Hangul) => false,
            (true, _) => !pattern.open_end && known.ends(&text[end..]),
            (false, _) => known.ends(&text[end..]),
        };
    begins && ends
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::text::Folded;
    use crate::model::verdict::Field;

    fn lower(text: &str) -> Folded {
        Folded::in_place(text.to_lowercase())
    }

    #[test]
    fn a_term_is_covered_by_one_that_finds_all_it_finds() {
        let check = |known: &str, other: &str, want: bool| {
            let terms = [known, other].map(|text| Term::parse(text).unwrap());
            let [known, other] = [0, 1].map(|at| Item { term: &terms[at], fields: Fields::TEXT });
            let found = covered(&[known], &[other], false, lower);
            assert_eq!(found == [Some(0)], want, "{terms:?}");
        };
        check("talks", "nuclear talks", true);
        check("talk", "talks", true);
        check("talks", "talk", false);
        check("talk", "talks*", false);
        check("talk*", "talks*", true);
        check("diplom*", "diplomacy", true);
        check("diplomacy", "diplom*", false);
        check("cease-fire", "cease fire", true);
        check("Talks", "talks", true);
        check("=Talks", "talks", false);
        check("talks", "=Talks", true);
        check("art", "party", false);
        check("외교*", "외교부", true);
        check("외교", "외교부", false);
        check("회담", "정상 회담", false);
        check("*회담", "정상 회담", true);
        check("*회담*", "정상회담장", true);
        // It is found without its space as well.
        check("외교", "외교 마찰", false);
        check("日", "日韓", false);
        check("日韓", "日韓首脳", true);
        check("国", "国境", false);
        check("日韓*", "日韓", true);
        check("カナダ", "カナダ首相", true);
        check("サミット", "アジアサミット", false);
        check("3", "3.5", false);
    }

    #[test]
    fn of_two_alike_the_later_is_covered() {
        let texts = ["외교*", "외교부", "회담", "외교*", "회담 결과"];
        let terms = texts.map(|text| Term::parse(text).unwrap());
        let mut items: Vec<Item<'_>> =
            terms.iter().map(|term| Item { term, fields: Fields::TEXT }).collect();
        let found = |items: &[Item<'_>]| covered(items, items, true, lower);
        assert_eq!(found(&items), [None, Some(0), None, Some(0), None]);
        items[0].fields = Fields::only(Field::Title);
        assert_eq!(found(&items), [Some(3), Some(3), None, None, None]);
    }
}
