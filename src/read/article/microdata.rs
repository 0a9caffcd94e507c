//! Microdata (HTML §5), the older `rel` and `class` of microformats → claims.

use super::claims::{Author, Claims, Picture, claim, claim_list};
use super::dom::{NodeId, Page};
use super::segment;
use super::words;
use crate::model::article::Origin;

const ORIGIN: Origin = Origin::Microdata;
/// How much of an item is looked at for its properties, in elements and texts.
const INNER: usize = 600;
/// How many values of a field are read.
const MANY: usize = 40;

/// Adds what `itemprop` says of the article.
pub(super) fn gather(page: &Page<'_>, claims: &mut Claims) {
    let mut authors: Vec<Author> = Vec::new();
    let mut tags = Vec::new();
    for id in page.inside(page.root()) {
        let Some(properties) = page.written(id, "itemprop") else { continue };
        let owner = owner(page, id);
        let kind = owner.and_then(|owner| page.written(owner, "itemtype")).unwrap_or_default();
        let kind = kind.rsplit('/').next().unwrap_or_default().trim();
        let is_article = kind.is_empty() || kind.ends_with("Article") || kind.ends_with("Posting");
        for property in properties.split_ascii_whitespace() {
            match property {
                "headline" if is_article => claim(&mut claims.titles, ORIGIN, &value(page, id)),
                "name" if is_article && owner.is_some() && !kind.is_empty() => {
                    claim(&mut claims.titles, ORIGIN, &value(page, id));
                }
                "datePublished" | "dateCreated" if is_article => {
                    claim(&mut claims.published, ORIGIN, &value(page, id));
                }
                "dateModified" if is_article => {
                    claim(&mut claims.modified, ORIGIN, &value(page, id))
                }
                "description" if is_article => {
                    claim(&mut claims.summaries, ORIGIN, &value(page, id))
                }
                "inLanguage" if is_article => {
                    claim(&mut claims.languages, ORIGIN, &value(page, id))
                }
                "articleSection" => claim_list(&mut claims.sections, ORIGIN, vec![value(page, id)]),
                "keywords" if tags.len() < MANY => tags.extend(words::listed(&value(page, id))),
                "isAccessibleForFree" if claims.is_free.is_none() => {
                    claims.is_free = match value(page, id).to_ascii_lowercase().as_str() {
                        "false" | "no" => Some(false),
                        "true" | "yes" => Some(true),
                        _ => None,
                    };
                }
                "author" | "creator" if is_article && authors.len() < MANY => {
                    authors.extend(author(page, id))
                }
                "image" if is_article && claims.pictures.len() < MANY => {
                    claims.pictures.extend(picture(page, id))
                }
                "mainEntityOfPage" if is_article => {
                    let href = ["href", "content"].iter().find_map(|name| page.attribute(id, name));
                    claim(&mut claims.canonical, ORIGIN, &href.unwrap_or_default());
                }
                _ => {}
            }
        }
    }
    authors.dedup();
    claim_list(&mut claims.authors, ORIGIN, authors);
    claim_list(&mut claims.tags, ORIGIN, tags);
    claim_list(&mut claims.crumbs, ORIGIN, crumbs(page));
}

/// The item that an element is a property of.
fn owner(page: &Page<'_>, id: NodeId) -> Option<NodeId> {
    page.ancestors(id).find(|above| page.written(*above, "itemscope").is_some())
}

/// The value of a property (HTML §5.2.4).
fn value(page: &Page<'_>, id: NodeId) -> String {
    for name in ["content", "datetime"] {
        if let Some(value) = page.attribute(id, name) {
            return value.trim().to_owned();
        }
    }
    page.text(id)
}

/// The authors that a property names: an item with a name, or text.
fn author(page: &Page<'_>, id: NodeId) -> Vec<Author> {
    let kind = page.written(id, "itemtype").unwrap_or_default();
    let is_organisation = kind.ends_with("Organization");
    let mut names: Vec<String> = Vec::new();
    // A name is no list of names, and reading each that is nested in others costs the square of their depth.
    let mut after = id;
    for inner in page.inside(id).take(INNER) {
        if inner >= after && page.has_word(inner, "itemprop", "name") {
            let name = value(page, inner);
            if !name.is_empty() {
                after = page.end(inner);
                names.push(name);
            }
        }
    }
    let first_line = || match page.attribute(id, "content") {
        Some(content) => content.into_owned(),
        // The outlet or an office stands in the second.
        None => segment::blocks(page, id, |_| false)
            .into_iter()
            .next()
            .map(|line| line.text)
            .unwrap_or_default(),
    };
    let names = if names.is_empty() { vec![first_line()] } else { names };
    names
        .into_iter()
        .filter(|name| !name.is_empty() && !name.starts_with("http"))
        .map(|name| Author { name, is_organisation })
        .collect()
}

/// The first value of a property inside an item.
fn property(page: &Page<'_>, item: NodeId, name: &str) -> Option<String> {
    page.inside(item)
        .take(INNER)
        .find(|inner| page.has_word(*inner, "itemprop", name))
        .map(|inner| value(page, inner))
        .filter(|value| !value.is_empty())
}

fn picture(page: &Page<'_>, id: NodeId) -> Option<(Origin, Picture)> {
    let source = |id: NodeId| {
        ["content", "src", "href", "data-src"]
            .iter()
            .find_map(|name| page.attribute(id, name))
            .map(std::borrow::Cow::into_owned)
            .filter(|url| !url.is_empty())
    };
    let inner_source = || {
        let is = |inner: &NodeId| {
            ["url", "contentUrl"].iter().any(|name| page.has_word(*inner, "itemprop", name))
        };
        page.inside(id).take(INNER).find(is).and_then(source)
    };
    let any_source =
        || page.inside(id).take(INNER).find(|inner| page.is(*inner, "img")).and_then(source);
    let url = source(id).or_else(inner_source).or_else(any_source)?;
    let picture = Picture {
        url,
        caption: property(page, id, "caption").or_else(|| property(page, id, "description")),
        credit: property(page, id, "creditText").or_else(|| property(page, id, "creator")),
        element: Some(id),
    };
    Some((ORIGIN, picture))
}

/// The path of a `BreadcrumbList` in microdata, or of the older `Breadcrumb` items one by one.
fn crumbs(page: &Page<'_>) -> Vec<String> {
    let mut crumbs: Vec<(u64, String)> = Vec::new();
    for id in page.inside(page.root()) {
        let Some(kind) = page.written(id, "itemtype") else { continue };
        if crumbs.len() >= MANY {
            break;
        }
        let is_old = kind.trim_end_matches('/').ends_with("/Breadcrumb");
        let is_item = page.has_word(id, "itemprop", "itemListElement")
            && page.ancestors(id).any(|above| {
                page.written(above, "itemtype").is_some_and(|kind| kind.contains("BreadcrumbList"))
            });
        if !is_old && !is_item {
            continue;
        }
        let Some(name) = property(page, id, "name").or_else(|| property(page, id, "title")) else {
            continue;
        };
        let position = property(page, id, "position").and_then(|text| text.parse().ok());
        crumbs.push((position.unwrap_or(crumbs.len() as u64 + 1), name));
    }
    crumbs.sort_by_key(|(position, _)| *position);
    crumbs.into_iter().map(|(_, name)| name).collect()
}
