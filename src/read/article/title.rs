//! The headline: said once, without the name of the site.

use super::super::sanitise::decode_entities;
use super::dom::{NodeId, Page};
use super::segment::Measure;
use super::words;
use crate::model::article::Origin;

/// The headline that was chosen.
#[derive(Debug, Clone)]
pub(super) struct Chosen {
    pub(super) text: String,
    pub(super) origin: Origin,
    pub(super) rule: Option<&'static str>,
}

/// How much of a title is looked at, in bytes.
const TITLE_BYTES: usize = 1_000;

/// Signs that stand between a headline and the name of a site.
const SEPARATORS: [&str; 20] = [
    " | ", " - ", " – ", " — ", " :: ", " : ", " « ", " » ", " › ", " < ", " > ", " · ", " • ",
    "｜", "|", " ― ", "：", "＜", " / ", "…: ",
];

/// Chooses the headline from what is claimed in `titles` (believed in their order) and what the page shows.
pub(super) fn choose(
    page: &Page<'_>,
    measure: &Measure,
    container: Option<NodeId>,
    titles: &[(Origin, String)],
    outlets: &[String],
) -> Option<Chosen> {
    let clean = |text: &str| once(&without_site(&once(&decode_entities(text)), outlets));
    let title =
        page.elements("title").next().map(|id| clean(page.raw(id).trim())).unwrap_or_default();
    let shown = heading(page, measure, container, titles, &title, outlets);
    let mut stated: Vec<(Origin, String)> = titles
        .iter()
        .map(|(origin, text)| (*origin, clean(text)))
        .filter(|(_, text)| !text.is_empty() && !is_outlet(text, outlets))
        .collect();
    let shown =
        shown.map(|text| clean(&text)).filter(|text| !text.is_empty() && !is_outlet(text, outlets));
    // A title that goes on behind the heading with something else holds the name of a site that nothing else names.
    if let Some(shown) = &shown {
        for (_, text) in &mut stated {
            if is_cut_of(text, shown) {
                *text = shown.clone();
            }
        }
    }
    let first = stated.first().cloned();
    let chosen = |text: String, origin, rule| Some(Chosen { text, origin, rule });
    match (first, shown) {
        (Some((origin, text)), Some(shown)) => {
            if text.ends_with(['…', '.'])
                && begins(&shown, text.trim_end_matches(['…', '.']))
                && words::letters(&shown).len() > words::letters(&text).len()
            {
                return chosen(
                    shown,
                    Origin::Document,
                    Some("the heading goes on where the stated headline is cut"),
                );
            }
            let agrees = |other: &str| words::same(other, &shown);
            let differs = !words::same(&text, &shown) && !shares(&text, &shown);
            if differs && origin != Origin::JsonLd && agrees(&title) {
                return chosen(
                    shown,
                    Origin::Document,
                    Some("heading and title of the page agree against what is stated for sharing"),
                );
            }
            chosen(text, origin, None)
        }
        (Some((origin, text)), None) => chosen(text, origin, None),
        (None, Some(shown)) => chosen(shown, Origin::Document, None),
        (None, None) if !title.is_empty() && !is_outlet(&title, outlets) => {
            chosen(title, Origin::Document, None)
        }
        (None, None) => None,
    }
}

/// The heading of the article: of several the one that the page's other titles repeat, else the one nearest to the text.
fn heading(
    page: &Page<'_>,
    measure: &Measure,
    container: Option<NodeId>,
    titles: &[(Origin, String)],
    title: &str,
    outlets: &[String],
) -> Option<String> {
    let read = |name: &'static str| -> Vec<(NodeId, String)> {
        page.elements(name)
            .filter(|id| {
                !page.is_hidden(*id) && !page.ancestors(*id).any(|above| measure.is_foreign(above))
            })
            .take(20)
            .map(|id| (id, page.text(id)))
            .filter(|(_, text)| {
                !text.is_empty() && !is_outlet(text, outlets) && text.chars().count() < 300
            })
            .collect()
    };
    let first = read("h1");
    let is_repeated = |text: &str| {
        let bare = words::letters(text);
        bare.chars().count() > 5
            && (words::letters(title).contains(&bare)
                || titles.iter().any(|(_, other)| words::letters(other).contains(&bare)))
    };
    if let Some((_, text)) = first.iter().find(|(_, text)| is_repeated(text)) {
        return Some(text.clone());
    }
    let others: Vec<(NodeId, String)> =
        ["h2", "h3", "h4"].iter().flat_map(|name| read(name)).collect();
    if let Some((_, text)) = others.iter().find(|(_, text)| is_repeated(text)) {
        return Some(text.clone());
    }
    let before = |id: &NodeId| {
        container.is_none_or(|container| *id <= container || page.holds(container, *id))
    };
    first
        .iter()
        .rfind(|(id, text)| before(id) && text.chars().count() > 5)
        .or(first.first())
        .map(|(_, text)| text.clone())
}

fn is_outlet(text: &str, outlets: &[String]) -> bool {
    outlets.iter().any(|outlet| words::same(outlet, text))
}

/// A headline that stands there twice, once.
pub(super) fn once(text: &str) -> String {
    let text = &text[..text.floor_char_boundary(TITLE_BYTES)];
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for separator in SEPARATORS.iter().copied().chain([" "]) {
        for (at, _) in text.match_indices(separator) {
            let (before, after) = (text[..at].trim(), text[at + separator.len()..].trim());
            if before.len() > 12 && words::same(before, after) {
                return before.to_owned();
            }
        }
    }
    let half = text.len() / 2;
    match text.is_char_boundary(half).then(|| text.split_at(half)) {
        Some((before, after)) if before == after && half > 12 => before.to_owned(),
        Some(_) | None => text,
    }
}

/// A headline without the outlet's names before and behind it.
pub(super) fn without_site(text: &str, outlets: &[String]) -> String {
    let mut text = text.trim();
    let is_site = |part: &str| {
        let bare = words::letters(part);
        !bare.is_empty()
            && outlets.iter().any(|outlet| {
                let outlet = words::letters(outlet);
                outlet == bare
                    || (outlet.chars().count() > 3
                        && bare.starts_with(&outlet)
                        && bare.chars().count() < outlet.chars().count() + 12)
                    || (bare.chars().count() > 3 && outlet.starts_with(&bare))
            })
    };
    loop {
        let mut shorter = None;
        for separator in SEPARATORS {
            if let Some((before, after)) = text.rsplit_once(separator)
                && is_site(after)
                && !before.trim().is_empty()
            {
                shorter = Some(before.trim());
            }
            if let Some((before, after)) = text.split_once(separator)
                && is_site(before)
                && !after.trim().is_empty()
            {
                shorter = Some(after.trim());
            }
        }
        if let Some(inner) = text.strip_suffix([')', '）', ']', '】'])
            && let Some(at) = inner.rfind(['(', '（', '[', '【'])
            && is_site(&inner[at..])
            && at > 0
        {
            shorter = Some(text[..at].trim());
        }
        if let Some(at) = text.find([']', '】'])
            && text.starts_with(['[', '【'])
            && is_site(&text[..at])
        {
            shorter = Some(text[at..].trim_start_matches([']', '】']).trim());
        }
        match shorter {
            Some(shorter) if !shorter.is_empty() => text = shorter,
            Some(_) | None => return text.to_owned(),
        }
    }
}

/// Whether `longer` is the heading with a separator and something else (a site, a section) behind or before it.
fn is_cut_of(longer: &str, heading: &str) -> bool {
    longer.len() > heading.len()
        && heading.chars().count() > 8
        && SEPARATORS.iter().any(|separator| {
            longer.strip_prefix(heading).is_some_and(|rest| rest.starts_with(separator))
                || longer.strip_suffix(heading).is_some_and(|rest| rest.ends_with(separator))
        })
}

fn begins(text: &str, start: &str) -> bool {
    let start = words::letters(start);
    !start.is_empty() && words::letters(text).starts_with(&start)
}

/// Whether two headlines share a third of their words or letters.
fn shares(left: &str, right: &str) -> bool {
    let set = |text: &str| -> std::collections::BTreeSet<String> {
        if words::is_cjk(text) {
            let letters: Vec<char> = words::letters(text).chars().collect();
            letters.windows(2).map(|pair| pair.iter().collect()).collect()
        } else {
            text.split_whitespace().map(words::letters).filter(|word| word.len() > 3).collect()
        }
    };
    let (left, right) = (set(left), set(right));
    left.intersection(&right).count() * 3 >= left.len().min(right.len()).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_headline_stands_once_and_without_its_site() {
        let outlets = ["Example Times".to_owned(), "예시일보".to_owned(), "例文新聞".to_owned()];
        let check = |text: &str, want: &str| {
            assert_eq!(once(&without_site(&once(text), &outlets)), want, "{text}");
        };
        check("Talks begin in Seoul | Example Times", "Talks begin in Seoul");
        check("Example Times: Talks begin", "Example Times: Talks begin");
        check("Example Times - Talks begin", "Talks begin");
        check("Talks begin in Seoul Talks begin in Seoul", "Talks begin in Seoul");
        check(
            "Talks begin in Seoul - Talks begin in Seoul - Example Times",
            "Talks begin in Seoul",
        );
        check("한일 회담 시작 - 예시일보", "한일 회담 시작");
        check("한일 회담 시작 :: 예시일보", "한일 회담 시작");
        check("日韓会談始まる：例文新聞デジタル", "日韓会談始まる");
        check("日韓会談始まる｜例文新聞", "日韓会談始まる");
        check("Messi - the end", "Messi - the end");
        check("[예시일보] 한일 회담 시작", "한일 회담 시작");
    }
}
