//! Selectors that find what repeated structure has found, for the curator to read and change.

use std::collections::{BTreeMap, BTreeSet};

use scraper::{Html, Selector};

use super::outline::{Outline, stable_classes};
use super::repeated::Item;
use super::{Positions, first};
use crate::model::source::PageSelectors;

/// The selectors that give exactly the items that were found, and their fields; a field that no short selector finds in every item is left out.
pub(super) fn selectors(html: &Html, outline: &Outline<'_>, items: &[Item]) -> PageSelectors {
    let positions = Positions::of(outline);
    let Some(of_items) = of_items(html, outline, &positions, items) else {
        return PageSelectors::default();
    };
    let field = |is: &dyn Fn(&Item, usize) -> bool, needed: &dyn Fn(&Item) -> bool| {
        of_field(outline, &positions, items, is, needed)
    };
    let title = |item: &Item, at: usize| item.fields.title.as_deref() == Some(&outline.text(at));
    let date = |item: &Item, at: usize| {
        let is_time = outline.name(at) == "time" || outline.attribute(at, "datetime").is_some();
        item.fields.date.is_some()
            && (is_time
                || (outline.is_leaf(at)
                    && outline.text(at).bytes().any(|byte| byte.is_ascii_digit())
                    && outline.text(at).chars().count() < 40
                    && item.fields.title.as_deref() != Some(&outline.text(at))))
    };
    let summary =
        |item: &Item, at: usize| item.fields.summary.as_deref() == Some(&outline.text(at));
    let image = |item: &Item, at: usize| {
        outline.name(at) == "img"
            && super::fields::image(outline, &[at])
                .is_some_and(|url| item.fields.image == Some(url))
    };
    PageSelectors {
        items: Some(of_items),
        title: field(&title, &|_| true),
        // The first link of an item leads to its article in all lists but the oddest, whose items are then not found again.
        link: None,
        date: field(&date, &|item| item.fields.date.is_some()),
        summary: field(&summary, &|item| item.fields.summary.is_some()),
        image: field(&image, &|item| item.fields.image.is_some()),
    }
}

/// The ways to name an element: tag and class, class, tag.
fn names(outline: &Outline<'_>, at: usize) -> Vec<String> {
    let Some(spot) = outline.spots.get(at) else { return Vec::new() };
    let tag = spot.element.value().name();
    let mut names: Vec<String> = stable_classes(spot.element)
        .into_iter()
        // What a selector would need escapes for.
        .filter(|class| class.starts_with(|c: char| c.is_alphabetic() || c == '_'))
        .map(|class| format!("{tag}.{class}"))
        .collect();
    names.push(tag.to_owned());
    names
}

/// The classes of an element that end in a number, as templates name the kinds of their lists; what stands around a list has each but once.
fn numbered(outline: &Outline<'_>, at: usize) -> Vec<String> {
    let Some(spot) = outline.spots.get(at) else { return Vec::new() };
    let tag = spot.element.value().name();
    let classes = spot.element.attr("class").unwrap_or_default().split_ascii_whitespace();
    let is_numbered = |class: &&str| {
        let stem = class.trim_end_matches(|c: char| c.is_ascii_digit());
        (1..=3).contains(&(class.len() - stem.len())) && stem.len() >= 3 && is_plain(class)
    };
    classes.filter(is_numbered).take(3).map(|class| format!("{tag}.{class}")).collect()
}

/// A selector of exactly these items; for several kinds of them a list.
fn of_items(
    html: &Html,
    outline: &Outline<'_>,
    positions: &Positions,
    items: &[Item],
) -> Option<String> {
    let roots: BTreeSet<usize> =
        items.iter().filter_map(|item| item.parts.first()).copied().collect();
    if items.iter().any(|item| item.parts.len() > 1) {
        // Headline and date stand side by side: no element holds both.
        return None;
    }
    let mut left = roots.clone();
    let mut chosen: Vec<String> = Vec::new();
    while !left.is_empty() && chosen.len() < 3 {
        // The candidate that finds most of what is left, and nothing else.
        let mut candidates: BTreeMap<String, ()> = BTreeMap::new();
        for root in left.iter().take(8) {
            for own in names(outline, *root) {
                candidates.insert(own.clone(), ());
                for (steps, up) in outline.ancestors(*root).take(5).enumerate() {
                    let direct = if steps == 0 { " > " } else { " " };
                    let id = outline.attribute(up, "id").filter(|id| is_plain(id));
                    let id = id.map(|id| format!("#{id}"));
                    for name in
                        names(outline, up).into_iter().chain(numbered(outline, up)).chain(id)
                    {
                        if !matches!(name.as_str(), "html" | "body") {
                            candidates.insert(format!("{name}{direct}{own}"), ());
                        }
                    }
                }
            }
        }
        let best = candidates
            .into_keys()
            .filter_map(|text| {
                let selector = Selector::parse(&text).ok()?;
                let found: BTreeSet<usize> = html
                    .select(&selector)
                    .filter_map(|found| positions.of_element(found))
                    .collect();
                let gain = found.intersection(&left).count();
                (found.is_subset(&roots) && gain > 0).then_some((gain, text))
            })
            // More of them, then what is named best.
            .max_by(|(gain, text), (other, than)| {
                gain.cmp(other).then_with(|| rank(than).cmp(&rank(text)))
            })?;
        let selector = Selector::parse(&best.1).ok()?;
        for found in html.select(&selector) {
            if let Some(at) = positions.of_element(found) {
                left.remove(&at);
            }
        }
        chosen.push(best.1);
    }
    left.is_empty().then(|| chosen.join(", "))
}

/// How good a selector is, the lowest first: a class outlives the tag it stands at; then what is shorter; then by the alphabet, so that the choice
/// is the same each time.
fn rank(selector: &str) -> (bool, usize, &str) {
    let is_bare = !selector.contains(['.', '#']) && selector != "time";
    (is_bare, selector.len(), selector)
}

fn is_plain(id: &str) -> bool {
    id.starts_with(|c: char| c.is_ascii_alphabetic())
        && id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

/// A selector that finds in each item that has the field an element that `is` it.
fn of_field(
    outline: &Outline<'_>,
    positions: &Positions,
    items: &[Item],
    is: &dyn Fn(&Item, usize) -> bool,
    needed: &dyn Fn(&Item) -> bool,
) -> Option<String> {
    let with: Vec<&Item> = items.iter().filter(|item| needed(item)).collect();
    if with.is_empty() {
        return None;
    }
    let mut candidates: BTreeSet<String> = BTreeSet::new();
    for item in with.iter().take(4) {
        let root = *item.parts.first()?;
        for at in outline.inside(root).skip(1).filter(|at| is(item, *at)) {
            for name in names(outline, at) {
                for up in outline.ancestors(at).take_while(|up| *up > root).take(2) {
                    for outer in names(outline, up) {
                        candidates.insert(format!("{outer} {name}"));
                    }
                }
                candidates.insert(name);
            }
        }
    }
    let finds = |text: &String| -> bool {
        let Ok(selector) = Selector::parse(text) else { return false };
        items.iter().all(|item| {
            let root = item.parts.first().and_then(|root| outline.spots.get(*root));
            let found = root
                .and_then(|root| first(root.element, &selector))
                .and_then(|found| positions.of_element(found));
            match found {
                Some(at) => is(item, at),
                None => !needed(item),
            }
        })
    };
    candidates.into_iter().filter(finds).min_by(|a, b| rank(a).cmp(&rank(b)))
}
