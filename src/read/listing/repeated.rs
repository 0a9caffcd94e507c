//! The list of a page by its repeated structure: links that stand at the same kind of place, each in a part of the page of its own.
//!
//! Links are gathered by the path of tags and classes they stand at. A set whose links have headlines, dates and addresses like articles' is the
//! page's list; links elsewhere whose addresses have the same shape join it (the lead story stands apart from the rest), unless they stand in
//! furniture: navigation, a ranking, what is related.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Range;

use super::dates::Frame;
use super::fields::{self, Fields};
use super::outline::{Outline, stable_classes};
use super::words::{heads_furniture, is_furniture, is_headline, words};
use crate::model::url::{CanonicalUrl, WebUrl};

/// How many links of a page are looked at.
const LINKS: usize = 4_000;
/// How many steps of the path to a link tell it from others.
const PATH_STEPS: usize = 12;
/// So many articles make a list.
const FEWEST: usize = 3;

/// An article of a page: where it stands, and what is said of it there.
#[derive(Debug, Clone)]
pub(super) struct Item {
    /// The outermost elements that belong to it alone, neighbours in the page.
    pub(super) parts: Vec<usize>,
    pub(super) url: WebUrl,
    pub(super) fields: Fields,
    /// Whether it is of the list itself, not one that joined it.
    pub(super) is_core: bool,
}

struct Link {
    at: usize,
    url: WebUrl,
    canonical: CanonicalUrl,
    shape: String,
    headline: bool,
}

/// The articles that a page lists, in its order; none if it has no list.
pub(super) fn items(outline: &Outline<'_>, frame: Frame) -> Vec<Item> {
    let mut links = links(outline);
    let walls = walls(outline, &links);
    links.retain(|link| !walls[link.at]);
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, link) in links.iter().enumerate() {
        groups.entry(path(outline, link.at)).or_default().push(index);
    }
    let mut best: Option<(f64, Vec<Item>, Vec<usize>)> = None;
    for members in groups.values() {
        let distinct: BTreeSet<&CanonicalUrl> =
            members.iter().map(|index| &links[*index].canonical).collect();
        if distinct.len() < FEWEST {
            continue;
        }
        let listed = items_of(outline, &links, members, frame);
        let score = score(&listed, &links, members);
        if score > 0.0 && best.as_ref().is_none_or(|(most, ..)| score > *most) {
            best = Some((score, listed, members.clone()));
        }
    }
    let Some((_, core, members)) = best else { return Vec::new() };
    let usual = usual_shapes(&links, &members);
    let core: HashSet<CanonicalUrl> = core.iter().map(|item| item.url.canonical()).collect();
    let joined: Vec<usize> = (0..links.len())
        .filter(|index| {
            let link = &links[*index];
            core.contains(&link.canonical) || usual.contains(&link.shape)
        })
        .collect();
    let mut all = items_of(outline, &links, &joined, frame);
    for item in &mut all {
        item.is_core = core.contains(&item.url.canonical());
    }
    all.retain(|item| {
        let title = item.fields.title.as_deref().unwrap_or_default();
        if item.is_core { words(title) >= 1.5 } else { is_headline(title) }
    });
    all
}

/// The links of a page to pages of the same site, itself left out.
fn links(outline: &Outline<'_>) -> Vec<Link> {
    let own = outline.base.as_ref().and_then(|base| WebUrl::parse(base.as_str()));
    let own_page = own.as_ref().map(WebUrl::canonical);
    let site = own.as_ref().map(|own| site(own.host()));
    let mut links = Vec::new();
    for at in 0..outline.spots.len() {
        let Some(url) = outline.target(at) else { continue };
        let canonical = url.canonical();
        let is_own = site.as_ref().is_none_or(|own| site_of(&url) == *own);
        if !is_own || own_page.as_ref() == Some(&canonical) || is_root(&url) || is_file(&url) {
            continue;
        }
        let headline = is_headline(&outline.text(at));
        links.push(Link { at, shape: shape(&url), url, canonical, headline });
        if links.len() >= LINKS {
            break;
        }
    }
    links
}

fn site_of(url: &WebUrl) -> String {
    site(url.host())
}

/// The part of a host that its owner registered, as far as that can be told without a list of all registries.
pub(super) fn site(host: &str) -> String {
    const SECOND: [&str; 14] =
        ["co", "or", "ne", "go", "ac", "com", "net", "org", "gov", "edu", "re", "pe", "lg", "ed"];
    if host.starts_with('[') || host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return host.to_owned();
    }
    let labels: Vec<&str> = host.rsplit('.').collect();
    let count = match labels.as_slice() {
        [top, second, ..] if top.len() == 2 && SECOND.contains(second) => 3,
        _ => 2,
    };
    let mut own: Vec<&str> = labels.into_iter().take(count).collect();
    own.reverse();
    own.join(".")
}

fn path_and_query(url: &WebUrl) -> (&str, &str) {
    let rest = url.as_str().split_once("://").map_or("", |(_, rest)| rest);
    let rest = rest.split('#').next().unwrap_or_default();
    let path = rest.find('/').map_or("", |at| &rest[at..]);
    path.split_once('?').unwrap_or((path, ""))
}

fn is_root(url: &WebUrl) -> bool {
    let (path, query) = path_and_query(url);
    path.trim_matches('/').is_empty() && query.is_empty()
}

/// Whether an address names no page but a picture, a document or a feed.
fn is_file(url: &WebUrl) -> bool {
    const ENDINGS: [&str; 16] = [
        ".jpg", ".jpeg", ".png", ".gif", ".webp", ".svg", ".css", ".js", ".xml", ".rss", ".zip",
        ".mp3", ".mp4", ".hwp", ".hwpx", ".ics",
    ];
    let path = path_and_query(url).0.to_ascii_lowercase();
    ENDINGS.iter().any(|ending| path.ends_with(ending))
}

/// The kind of an address: for each part of its path whether it is a number, a code, a slug or a word, and which parameters have numbers.
fn shape(url: &WebUrl) -> String {
    let (path, query) = path_and_query(url);
    let mut shape = String::new();
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        let stem = segment.split('.').next().unwrap_or(segment);
        let digits = stem.bytes().filter(u8::is_ascii_digit).count();
        let hyphens = stem.bytes().filter(|byte| matches!(byte, b'-' | b'_')).count();
        shape.push('/');
        shape.push(if digits == stem.len() {
            'n'
        } else if hyphens >= 2 || stem.contains('%') || stem.len() >= 40 {
            's'
        } else if digits >= 4 {
            'c'
        } else {
            'w'
        });
    }
    let mut parameters: Vec<&str> = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .filter(|(_, value)| value.bytes().filter(u8::is_ascii_digit).count() >= 3)
        .map(|(name, _)| name)
        .collect();
    parameters.sort_unstable();
    for name in parameters {
        shape.push('?');
        shape.push_str(name);
    }
    shape
}

/// Whether addresses of that shape are articles': somewhere in it is more than words.
fn is_articles(shape: &str) -> bool {
    shape.contains(['n', 'c', 's', '?'])
}

/// The shapes that a good part of the list's addresses have.
fn usual_shapes(links: &[Link], members: &[usize]) -> HashSet<String> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for index in members {
        *counts.entry(links[*index].shape.as_str()).or_default() += 1;
    }
    counts
        .into_iter()
        .filter(|(shape, count)| *count * 5 >= members.len() && is_articles(shape))
        .map(|(shape, _)| shape.to_owned())
        .collect()
}

/// For each element whether it is in furniture. What has most of the page's headlines in it is no furniture, whatever it is called.
fn walls(outline: &Outline<'_>, links: &[Link]) -> Vec<bool> {
    let count = outline.spots.len();
    let mut before = vec![0_usize; count + 1];
    for link in links.iter().filter(|link| link.headline) {
        before[link.at + 1] += 1;
    }
    for at in 0..count {
        before[at + 1] += before[at];
    }
    let weight = |range: &Range<usize>| before[range.end] - before[range.start];
    let total = weight(&(0..count));
    let mut walls = vec![false; count];
    for at in 0..count {
        let parent = outline.spots[at].parent;
        if parent.is_some_and(|parent| walls[parent]) {
            walls[at] = true;
            continue;
        }
        let is_small = |range: &Range<usize>| weight(range) * 5 < total * 3;
        let name = outline.name(at);
        // A header may be that of the page or that of an article in a list.
        let is_page_header = name == "header"
            && !outline
                .ancestors(at)
                .any(|up| matches!(outline.name(up), "article" | "li" | "section" | "main"));
        if (is_furniture(outline.spots[at].element) || is_page_header)
            && is_small(&outline.inside(at))
        {
            walls[at] = true;
            continue;
        }
    }
    for at in 0..count {
        if walls[at] || !may_head(outline, at) || !heads_furniture(&outline.text(at)) {
            continue;
        }
        let mut child = at;
        for up in outline.ancestors(at) {
            let inside = outline.inside(up);
            if weight(&inside) < 2 {
                child = up;
                continue;
            }
            if weight(&inside) * 2 < total {
                walls[inside].fill(true);
            } else {
                // Only what follows, up to the next heading, is headed by it.
                let name = outline.name(child);
                let next = outline
                    .after(child)
                    .take_while(|other| outline.name(*other) != name || name == "div")
                    .take(if name == "div" { 1 } else { usize::MAX });
                let ranges: Vec<Range<usize>> = next.map(|other| outline.inside(other)).collect();
                for range in ranges {
                    if weight(&range) * 2 < total {
                        walls[range].fill(true);
                    }
                }
            }
            break;
        }
    }
    walls
}

/// Whether an element may be the heading of a part of the page.
fn may_head(outline: &Outline<'_>, at: usize) -> bool {
    let by_name = matches!(
        outline.name(at),
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "strong" | "caption" | "legend" | "b" | "dt"
    );
    let by_class = || {
        matches!(outline.name(at), "div" | "p" | "span")
            && super::words::promise(outline.spots[at].element)
                == Some(super::words::Promise::Title)
    };
    (by_name || by_class()) && !outline.ancestors(at).any(|up| outline.name(up) == "a")
}

/// The place of a link: the tags and classes from the page's body down to it.
fn path(outline: &Outline<'_>, at: usize) -> String {
    let mut path = String::new();
    for step in std::iter::once(at).chain(outline.ancestors(at)).take(PATH_STEPS) {
        let name = outline.name(step);
        if matches!(name, "body" | "html") {
            break;
        }
        path.push_str(name);
        for class in stable_classes(outline.spots[step].element).iter().take(3) {
            path.push('.');
            path.push_str(class);
        }
        path.push('<');
    }
    path
}

/// Cuts the page into the parts that belong to one of these links each, and reads them.
fn items_of(outline: &Outline<'_>, links: &[Link], members: &[usize], frame: Frame) -> Vec<Item> {
    // The roots: the highest element that has only links to one page in it.
    let mut roots: Vec<(usize, usize)> = Vec::with_capacity(members.len());
    for (nth, index) in members.iter().enumerate() {
        let link = &links[*index];
        let is_other = |other: &&usize| links[**other].canonical != link.canonical;
        let left = members[..nth].iter().rev().find(is_other).map(|other| links[*other].at);
        let right = members[nth + 1..].iter().find(is_other).map(|other| links[*other].at);
        let alone = |at: usize| {
            left.is_none_or(|left| at > left)
                && right.is_none_or(|right| outline.inside(at).end <= right)
                && !matches!(outline.name(at), "body" | "html" | "main")
        };
        let root = outline.ancestors(link.at).take_while(|up| alone(*up)).last();
        let root = root.unwrap_or(link.at);
        match roots.last() {
            Some((last, other)) if *last == root && links[*other].canonical == link.canonical => {}
            _ => roots.push((root, *index)),
        }
    }
    let starts: BTreeSet<usize> = roots.iter().map(|(root, _)| *root).collect();
    // How many items begin directly below an element, counted once: a page may have ten thousands of them side by side.
    let mut below: HashMap<usize, usize> = HashMap::new();
    for parent in starts.iter().filter_map(|start| outline.spots.get(*start)?.parent) {
        *below.entry(parent).or_default() += 1;
    }
    let mut items: Vec<Item> = Vec::with_capacity(roots.len());
    let mut by_url: HashMap<CanonicalUrl, usize> = HashMap::new();
    for (root, index) in roots {
        let link = &links[index];
        let parts = parts(outline, root, &starts, &below);
        let fields = fields::read(outline, &parts, &link.url, frame);
        match by_url.get(&link.canonical) {
            Some(first) => {
                if let Some(first) = items.get_mut(*first) {
                    first.fields.complete(fields);
                    first.parts.extend(
                        parts
                            .iter()
                            .filter(|part| {
                                outline.spots[**part].parent == outline.spots[first.parts[0]].parent
                                    && !first.parts.contains(part)
                            })
                            .copied()
                            .collect::<Vec<_>>(),
                    );
                }
            }
            None => {
                by_url.insert(link.canonical.clone(), items.len());
                items.push(Item { parts, url: link.url.clone(), fields, is_core: true });
            }
        }
    }
    items
}

/// The root of an item and the neighbours after it that belong to it, where headlines, dates and summaries stand side by side.
fn parts(
    outline: &Outline<'_>,
    root: usize,
    starts: &BTreeSet<usize>,
    below: &HashMap<usize, usize>,
) -> Vec<usize> {
    let mut parts = vec![root];
    let Some(parent) = outline.spots.get(root).and_then(|spot| spot.parent) else { return parts };
    let name = outline.name(root);
    if matches!(name, "li" | "article" | "section") {
        return parts;
    }
    let kind = |at: usize| (outline.name(at), stable_classes(outline.spots[at].element));
    // Alone below its parent: what stands beside it belongs to more than the item.
    if below.get(&parent).is_none_or(|starts| *starts < 2) {
        return parts;
    }
    for sibling in outline.after(root).take(6) {
        let is_start = starts.range(outline.inside(sibling)).next().is_some();
        let is_same = name != "tr" && kind(sibling) == kind(root);
        if is_start || is_same || matches!(outline.name(sibling), "ul" | "ol" | "nav" | "aside") {
            break;
        }
        parts.push(sibling);
    }
    parts
}

/// How much a set of items looks like the list of a news page; 0 if it does not.
fn score(items: &[Item], links: &[Link], members: &[usize]) -> f64 {
    let titles: Vec<&str> = items.iter().filter_map(|item| item.fields.title.as_deref()).collect();
    let distinct: BTreeSet<&str> = titles.iter().copied().collect();
    let good = distinct.iter().filter(|title| is_headline(title)).count();
    if good < FEWEST || good * 2 < items.len() {
        return 0.0;
    }
    let count = items.len() as f64;
    let share = |test: &dyn Fn(&Item) -> bool| {
        items.iter().filter(|item| test(item)).count() as f64 / count
    };
    let quality: f64 = distinct
        .iter()
        .filter(|title| is_headline(title))
        .map(|t| (words(t) / 8.0).clamp(0.4, 1.0))
        .sum();
    let articles = members.iter().filter(|index| is_articles(&links[**index].shape)).count() as f64
        / members.len() as f64;
    // Past some dozens more links are no better a list: a site map has thousands.
    quality.min(40.0)
        * (0.3 + articles)
        * (1.0
            + share(&|item| item.fields.date.is_some())
            + 0.4 * share(&|item| item.fields.summary.is_some())
            + 0.2 * share(&|item| item.fields.image.is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_shapes() {
        let check = |url: &str, want: &str| {
            assert_eq!(shape(&WebUrl::parse(url).unwrap()), want, "{url}");
        };
        check("https://a.example/news/2025/10/30/123.html", "/w/n/n/n/n");
        check("https://a.example/politics/talks-to-resume-today", "/w/s");
        check("https://a.example/view/AKR20251030001", "/w/c");
        check("https://a.example/articleView.html?idxno=12345&sc=1", "/w?idxno");
        check("https://a.example/politics/", "/w");
    }

    #[test]
    fn a_site_is_what_its_owner_registered() {
        let check = |host: &str, want: &str| assert_eq!(site(host), want);
        check("news.paper.co.kr", "paper.co.kr");
        check("www.paper.jp", "paper.jp");
        check("127.0.0.1", "127.0.0.1");
    }
}
