//! `meta` and `link` elements → claims: Open Graph, `article:` and the many other names for the same.

use super::claims::{Author, Claims, Picture, claim, claim_list};
use super::dom::Page;
use super::words;
use crate::model::article::{Origin, Robots};

/// Adds what the elements say.
pub(super) fn gather(page: &Page<'_>, claims: &mut Claims) {
    // The best name of a field first: the order of the elements says nothing.
    let mut found: Vec<(usize, Field, String)> = Vec::new();
    let mut picture: Option<Picture> = None;
    let mut tags = Vec::new();
    for id in page.elements("meta") {
        let Some(content) = page.attribute(id, "content") else { continue };
        let content = content.trim();
        if content.is_empty() || page.written(id, "itemprop").is_some() {
            continue;
        }
        let name =
            ["property", "name", "http-equiv"].iter().find_map(|name| page.attribute(id, name));
        let Some(name) = name.map(|name| name.trim().to_ascii_lowercase()) else { continue };
        match name.as_str() {
            "article:tag" | "og:article:tag" | "parsely-tags" | "sailthru.tags" => {
                tags.extend(words::listed(content));
            }
            "og:image" | "og:image:url" | "og:image:secure_url" => match &picture {
                // The second picture is another.
                Some(first) if first.url == content => {}
                Some(_) => {}
                None => picture = Some(Picture { url: content.to_owned(), ..Picture::default() }),
            },
            "og:image:alt" => {
                if let Some(picture) = &mut picture {
                    picture.caption.get_or_insert_with(|| content.to_owned());
                }
            }
            "robots" | "googlebot" | "googlebot-news" => {
                claims.robots = claims.robots.and(robots(content));
            }
            "article:content_tier" | "og:article:content_tier" => {
                match content.to_ascii_lowercase().as_str() {
                    "locked" => claims.is_free = claims.is_free.or(Some(false)),
                    "free" => claims.is_free = claims.is_free.or(Some(true)),
                    _ => {}
                }
            }
            name => {
                if let Some((rank, field)) = field(name) {
                    found.push((rank, field, content.to_owned()));
                }
            }
        }
    }
    if let Some(picture) = picture {
        claims.pictures.push((Origin::Meta, picture));
    }
    found.sort_by_key(|(rank, _, _)| *rank);
    let mut authors = Vec::new();
    let mut author_rank = None;
    for (rank, field, content) in found {
        const ORIGIN: Origin = Origin::Meta;
        match field {
            Field::Title => claim(&mut claims.titles, ORIGIN, &content),
            Field::Summary => claim(&mut claims.summaries, ORIGIN, &content),
            Field::Published => claim(&mut claims.published, ORIGIN, &content),
            Field::Modified => claim(&mut claims.modified, ORIGIN, &content),
            Field::Language => claim(&mut claims.languages, ORIGIN, &content),
            Field::Outlet => claim(&mut claims.outlets, ORIGIN, &content),
            Field::Canonical => claim(&mut claims.canonical, ORIGIN, &content),
            Field::Original => claims.canonical.insert(0, (ORIGIN, content)),
            Field::Section => claim_list(&mut claims.sections, ORIGIN, vec![content]),
            Field::Keywords => claim_list(&mut claims.tags, ORIGIN, words::listed(&content)),
            Field::Picture => {
                claims.pictures.push((ORIGIN, Picture { url: content, ..Picture::default() }))
            }
            Field::Related => claims.related.push((content, String::new())),
            Field::Author => {
                // Several elements of one name are several authors; other names repeat them.
                if *author_rank.get_or_insert(rank) == rank {
                    authors.push(Author { name: content, is_organisation: false });
                }
            }
        }
    }
    authors.retain(|author| !author.name.starts_with("http"));
    claim_list(&mut claims.authors, Origin::Meta, authors);
    if !tags.is_empty() {
        let place = claims.tags.iter().position(|(origin, _)| *origin > Origin::JsonLd);
        claims.tags.insert(place.unwrap_or(claims.tags.len()), (Origin::Meta, tags));
    }
    links(page, claims);
}

fn links(page: &Page<'_>, claims: &mut Claims) {
    let mut place = 0;
    for id in page.elements("link") {
        let Some(href) = page.attribute(id, "href") else { continue };
        if page.has_word(id, "rel", "canonical") {
            claims.canonical.insert(place, (Origin::Link, href.into_owned()));
            place += 1;
        } else if page.has_word(id, "rel", "image_src") {
            let picture = Picture { url: href.into_owned(), ..Picture::default() };
            claims.pictures.push((Origin::Link, picture));
        }
    }
    if let Some(html) = page.elements("html").next() {
        for name in ["lang", "xml:lang"] {
            if let Some(language) = page.attribute(html, name) {
                claim(&mut claims.languages, Origin::Document, &language);
            }
        }
    }
}

/// What a name of `meta` is about.
#[derive(Debug, Clone, Copy)]
enum Field {
    Title,
    Summary,
    Author,
    Published,
    Modified,
    Language,
    Outlet,
    Canonical,
    /// Where a syndicated copy is from.
    Original,
    Section,
    Keywords,
    Picture,
    Related,
}

/// The fields by the names that outlets use, the most trustworthy name of each first.
const FIELDS: [(&str, Field); 74] = [
    ("og:title", Field::Title),
    ("twitter:title", Field::Title),
    ("dc.title", Field::Title),
    ("dcterms.title", Field::Title),
    ("parsely-title", Field::Title),
    ("sailthru.title", Field::Title),
    ("citation_title", Field::Title),
    ("og:description", Field::Summary),
    ("description", Field::Summary),
    ("twitter:description", Field::Summary),
    ("dc.description", Field::Summary),
    ("dcterms.abstract", Field::Summary),
    ("article:author", Field::Author),
    ("og:article:author", Field::Author),
    ("author", Field::Author),
    ("byl", Field::Author),
    ("dable:author", Field::Author),
    ("parsely-author", Field::Author),
    ("sailthru.author", Field::Author),
    ("dc.creator", Field::Author),
    ("dcterms.creator", Field::Author),
    ("citation_author", Field::Author),
    ("twitter:creator:name", Field::Author),
    ("article:published_time", Field::Published),
    ("article:published", Field::Published),
    ("og:article:published_time", Field::Published),
    ("og:published_time", Field::Published),
    ("og:pubdate", Field::Published),
    ("datepublished", Field::Published),
    ("parsely-pub-date", Field::Published),
    ("pubdate", Field::Published),
    ("publishdate", Field::Published),
    ("publish-date", Field::Published),
    ("publish_date", Field::Published),
    ("published_time", Field::Published),
    ("originalpublicationdate", Field::Published),
    ("dc.date.issued", Field::Published),
    ("dcterms.issued", Field::Published),
    ("dcterms.created", Field::Published),
    ("dc.date.created", Field::Published),
    ("dc.date", Field::Published),
    ("sailthru.date", Field::Published),
    ("cxenseparse:recs:publishtime", Field::Published),
    ("date", Field::Published),
    ("article:modified_time", Field::Modified),
    ("article:modified", Field::Modified),
    ("article:updated_time", Field::Modified),
    ("og:article:modified_time", Field::Modified),
    ("og:updated_time", Field::Modified),
    ("datemodified", Field::Modified),
    ("lastmod", Field::Modified),
    ("last-modified", Field::Modified),
    ("dcterms.modified", Field::Modified),
    ("dc.date.modified", Field::Modified),
    ("og:locale", Field::Language),
    ("content-language", Field::Language),
    ("dc.language", Field::Language),
    ("language", Field::Language),
    ("og:site_name", Field::Outlet),
    ("application-name", Field::Outlet),
    ("dc.publisher", Field::Outlet),
    ("og:url", Field::Canonical),
    ("twitter:url", Field::Canonical),
    ("syndication-source", Field::Original),
    ("original-source", Field::Original),
    ("article:section", Field::Section),
    ("og:article:section", Field::Section),
    ("parsely-section", Field::Section),
    ("cxenseparse:category", Field::Section),
    ("section", Field::Section),
    ("news_keywords", Field::Keywords),
    ("keywords", Field::Keywords),
    ("twitter:image", Field::Picture),
    ("og:see_also", Field::Related),
];

fn field(name: &str) -> Option<(usize, Field)> {
    let name = match name {
        "twitter:image:src" => "twitter:image",
        name => name,
    };
    FIELDS
        .iter()
        .enumerate()
        .find(|(_, (known, _))| *known == name)
        .map(|(rank, (_, field))| (rank, *field))
}

/// What rules for robots say (`meta name="robots"`, `X-Robots-Tag`). In a header a rule may name whom it is for; those for others do not count.
pub(super) fn robots(rules: &str) -> Robots {
    let mut robots = Robots::default();
    let mut is_for_us = true;
    for rule in rules.split([',', ';', '\n']) {
        let rule = rule.trim().to_ascii_lowercase();
        let rule = match rule.split_once(':') {
            // `max-snippet:0` is a rule, `otherbot: noindex` is one for another.
            Some(("max-snippet", value)) => {
                robots.nosnippet |= is_for_us && value.trim() == "0";
                continue;
            }
            Some((name, _)) if name.starts_with("max-") || name == "unavailable_after" => continue,
            Some((name, rule)) => {
                is_for_us = matches!(name.trim(), "*" | "tidings" | "googlebot" | "googlebot-news");
                rule.trim().to_owned()
            }
            None => rule,
        };
        if !is_for_us {
            continue;
        }
        match rule.as_str() {
            "noindex" => robots.noindex = true,
            "noarchive" | "nocache" => robots.noarchive = true,
            "nosnippet" => robots.nosnippet = true,
            "none" => robots.noindex = true,
            _ => {}
        }
    }
    robots
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_for_robots_are_kept() {
        let check = |rules: &str, noindex: bool, noarchive: bool, nosnippet: bool| {
            assert_eq!(robots(rules), Robots { noindex, noarchive, nosnippet }, "{rules}");
        };
        check("index, follow", false, false, false);
        check("NOINDEX,nofollow", true, false, false);
        check("none", true, false, false);
        check("noarchive, max-snippet:0", false, true, true);
        check("max-snippet:-1, max-image-preview:large", false, false, false);
        check("otherbot: noindex, nosnippet", false, false, false);
        check("otherbot: noindex\n*: noarchive", false, true, false);
        check("unavailable_after: 25 Jun 2030 15:00:00 GMT, nosnippet", false, false, true);
    }
}
