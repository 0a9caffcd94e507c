//! `script type="application/ld+json"` (JSON-LD 1.1, schema.org) → claims: the article among everything else that is described there, read
//! also where the JSON is broken as templates break it.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::super::sanitise::{decode_entities, plain_text};
use super::claims::{Author, Claims, Picture, claim, claim_list};
use super::dom::Page;
use crate::model::article::Origin;
use crate::model::url::WebUrl;

mod repair;

/// The longest script read, in bytes, and how much of all of them.
const SCRIPT_BYTES: usize = 1024 * 1024;
/// How many objects of a page are looked at.
const OBJECTS: usize = 5_000;
/// How long one value is read, in bytes; only the body of an article is longer.
const VALUE_BYTES: usize = 8 * 1024;
/// How many values of a list are read.
const MANY: usize = 40;

type Object = Map<String, Value>;

/// Adds what the scripts of the page say.
pub(super) fn gather(page: &Page<'_>, address: Option<&str>, claims: &mut Claims) {
    let mut left = SCRIPT_BYTES;
    let documents: Vec<Value> = page
        .elements("script")
        .filter(|id| {
            page.attribute(*id, "type").is_some_and(|kind| {
                kind.trim().to_ascii_lowercase().starts_with("application/ld+json")
            })
        })
        .map_while(|id| {
            left = left.checked_sub(page.raw(id).len())?;
            Some(repair::read(page.raw(id)))
        })
        .flatten()
        .collect();
    let mut graph = Graph::default();
    for document in &documents {
        graph.add(document, false);
    }
    graph.claim(address, claims);
}

/// The objects of all scripts, and how they name each other.
#[derive(Default)]
struct Graph<'a> {
    /// With whether it stands in a list of other pages.
    objects: Vec<(&'a Object, bool)>,
    by_id: HashMap<&'a str, &'a Object>,
}

impl<'a> Graph<'a> {
    fn add(&mut self, value: &'a Value, listed: bool) {
        if self.objects.len() >= OBJECTS {
            return;
        }
        match value {
            Value::Array(values) => values.iter().for_each(|value| self.add(value, listed)),
            Value::Object(object) => {
                if object.contains_key("@type") {
                    self.objects.push((object, listed));
                }
                if let Some(Value::String(id)) = object.get("@id")
                    && object.len() > 1
                {
                    self.by_id.entry(id).or_insert(object);
                }
                for (name, value) in object {
                    // What a page lists or says it relates to is not what it is about.
                    let listed = listed
                        || matches!(
                            name.as_str(),
                            "itemListElement"
                                | "isRelatedTo"
                                | "citation"
                                | "mentions"
                                | "comment"
                                | "liveBlogUpdate"
                                | "isBasedOn"
                                | "relatedLink"
                                | "subjectOf"
                        );
                    self.add(value, listed);
                }
            }
            Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => {}
        }
    }

    /// The object that a value is or refers to.
    fn object(&self, value: &'a Value) -> Option<&'a Object> {
        let object = value.as_object()?;
        match object.get("@id") {
            Some(Value::String(id)) if object.len() <= 2 => {
                Some(self.by_id.get(id.as_str()).copied().unwrap_or(object))
            }
            _ => Some(object),
        }
    }

    /// Says what the best description of an article says.
    fn claim(&self, address: Option<&str>, claims: &mut Claims) {
        let canonical = |url: &str| WebUrl::parse(url).map(|url| url.canonical());
        let here = address.and_then(canonical);
        let mut articles: Vec<(u8, &Object)> = self
            .objects
            .iter()
            .filter(|(_, listed)| !listed)
            .filter_map(|(object, _)| Some((rank(object)?, *object)))
            .collect();
        articles.sort_by_key(|(rank, object)| {
            let is_here = here.is_some() && self.address(object).and_then(canonical) == here;
            (!(is_here && *rank < 3), *rank)
        });
        if let Some((rank, article)) = articles.first() {
            self.claim_article(article, *rank, claims);
            // What the first leaves out, a second description of the same page may have.
            if let Some((rank, other)) = articles.get(1) {
                self.claim_article(other, (*rank).max(1), claims);
            }
        }
        for (object, _) in &self.objects {
            if is_a(object, "BreadcrumbList") {
                claim_list(&mut claims.crumbs, Origin::JsonLd, self.crumbs(object));
            }
            if ["NewsMediaOrganization", "WebSite"].iter().any(|kind| is_a(object, kind)) {
                for name in self.names(object.get("name")) {
                    claim(&mut claims.outlets, Origin::JsonLd, &name);
                }
            }
        }
    }

    fn claim_article(&self, article: &'a Object, rank: u8, claims: &mut Claims) {
        const ORIGIN: Origin = Origin::JsonLd;
        let texts = |name: &str| self.texts(article.get(name));
        for name in ["headline", "name"] {
            // A page about many things has a name of its own.
            if rank < 3 {
                texts(name).iter().take(1).for_each(|text| claim(&mut claims.titles, ORIGIN, text));
            }
        }
        texts("description").iter().for_each(|text| claim(&mut claims.summaries, ORIGIN, text));
        texts("datePublished").iter().for_each(|text| claim(&mut claims.published, ORIGIN, text));
        if rank == 2 {
            texts("uploadDate").iter().for_each(|text| claim(&mut claims.published, ORIGIN, text));
        }
        if rank < 3 {
            texts("dateCreated").iter().for_each(|text| claim(&mut claims.published, ORIGIN, text));
        }
        texts("dateModified").iter().for_each(|text| claim(&mut claims.modified, ORIGIN, text));
        texts("inLanguage").iter().for_each(|text| claim(&mut claims.languages, ORIGIN, text));
        for name in ["author", "creator"] {
            claim_list(&mut claims.authors, ORIGIN, self.authors(article.get(name)));
        }
        claim_list(&mut claims.sections, ORIGIN, texts("articleSection"));
        claim_list(&mut claims.tags, ORIGIN, keywords(texts("keywords")));
        for name in ["publisher", "sourceOrganization", "copyrightHolder"] {
            for name in self.names(article.get(name)) {
                claim(&mut claims.outlets, ORIGIN, &name);
            }
        }
        for name in ["image", "thumbnailUrl"] {
            for picture in self.pictures(article.get(name), 0) {
                claims.pictures.push((ORIGIN, picture));
            }
        }
        if rank < 3 {
            for name in ["mainEntityOfPage", "url", "@id"] {
                if let Some(address) = self.address_of(article.get(name)) {
                    claim(&mut claims.canonical, ORIGIN, address);
                }
            }
        }
        if let Some(Value::String(body)) = article.get("articleBody") {
            claim(&mut claims.bodies, ORIGIN, body);
        }
        if claims.is_free.is_none() {
            claims.is_free = article.get("isAccessibleForFree").and_then(truth);
        }
        for link in self.texts(article.get("relatedLink")) {
            claims.related.push((link, String::new()));
        }
        if let Some(breadcrumb) = article.get("breadcrumb").and_then(|value| self.object(value)) {
            claim_list(&mut claims.crumbs, ORIGIN, self.crumbs(breadcrumb));
        }
    }

    /// The address that an object says is its page's.
    fn address(&self, object: &'a Object) -> Option<&'a str> {
        ["url", "mainEntityOfPage", "@id"]
            .iter()
            .find_map(|name| self.address_of(object.get(*name)))
    }

    fn address_of(&self, value: Option<&'a Value>) -> Option<&'a str> {
        match value? {
            Value::String(text) => Some(text.trim()).filter(|text| is_address(text)),
            Value::Array(values) => self.address_of(values.first()),
            Value::Object(object) => ["@id", "url"]
                .iter()
                .filter_map(|name| object.get(*name)?.as_str())
                .map(str::trim)
                .find(|text| is_address(text)),
            Value::Number(_) | Value::Bool(_) | Value::Null => None,
        }
    }

    /// The texts of a value: itself, those of a list, the value or name of an object.
    fn texts(&self, value: Option<&'a Value>) -> Vec<String> {
        let mut out = Vec::new();
        self.push_texts(value, &mut out, 0);
        out
    }

    fn push_texts(&self, value: Option<&'a Value>, out: &mut Vec<String>, depth: usize) {
        if depth > 4 || out.len() >= MANY {
            return;
        }
        match value {
            Some(Value::String(text)) => {
                let text = clean(text);
                if !text.is_empty() {
                    out.push(text);
                }
            }
            Some(Value::Array(values)) => {
                values.iter().for_each(|value| self.push_texts(Some(value), out, depth + 1));
            }
            Some(Value::Object(_)) => {
                let object = value.and_then(|value| self.object(value));
                let inner = object.and_then(|object| {
                    ["@value", "name", "alternateName", "url", "@id"]
                        .iter()
                        .find_map(|name| object.get(*name))
                });
                self.push_texts(inner, out, depth + 1);
            }
            Some(Value::Number(number)) => out.push(number.to_string()),
            Some(Value::Bool(_) | Value::Null) | None => {}
        }
    }

    fn names(&self, value: Option<&'a Value>) -> Vec<String> {
        let mut names = self.texts(value);
        names.retain(|name| !is_address(name) && !name.starts_with('#'));
        names
    }

    fn authors(&self, value: Option<&'a Value>) -> Vec<Author> {
        match value {
            Some(Value::Array(values)) => {
                values.iter().take(MANY).flat_map(|value| self.authors(Some(value))).collect()
            }
            Some(value @ Value::Object(_)) => {
                let Some(object) = self.object(value) else { return Vec::new() };
                let is_organisation = ["Organization", "NewsMediaOrganization", "Corporation"]
                    .iter()
                    .any(|kind| is_a(object, kind));
                let name = self.names(object.get("name")).into_iter().next().or_else(|| {
                    let part = |name: &str| self.texts(object.get(name)).into_iter().next();
                    match (part("givenName"), part("familyName")) {
                        (Some(given), Some(family)) => Some(format!("{given} {family}")),
                        (given, family) => given.or(family),
                    }
                });
                // Some give several names in one object.
                let all = match object.get("name") {
                    Some(Value::Array(_)) => self.names(object.get("name")),
                    _ => name.into_iter().collect(),
                };
                all.into_iter().map(|name| Author { name, is_organisation }).collect()
            }
            value => self
                .names(value)
                .into_iter()
                .map(|name| Author { name, is_organisation: false })
                .collect(),
        }
    }

    fn pictures(&self, value: Option<&'a Value>, depth: usize) -> Vec<Picture> {
        match value {
            Some(Value::String(url)) => vec![Picture { url: clean(url), ..Picture::default() }],
            Some(Value::Array(values)) if depth < 3 => values
                .iter()
                .take(MANY)
                .flat_map(|value| self.pictures(Some(value), depth + 1))
                .collect(),
            Some(value @ Value::Object(_)) => {
                let Some(object) = self.object(value) else { return Vec::new() };
                let url = ["contentUrl", "url", "@id", "thumbnailUrl"]
                    .iter()
                    .find_map(|name| self.address_of(object.get(*name)));
                let Some(url) = url else { return Vec::new() };
                let first = |names: &[&str]| {
                    names.iter().find_map(|name| self.names(object.get(*name)).into_iter().next())
                };
                vec![Picture {
                    url: clean(url),
                    caption: first(&["caption", "description"]),
                    credit: first(&[
                        "creditText",
                        "creator",
                        "author",
                        "copyrightNotice",
                        "copyrightHolder",
                    ]),
                    element: None,
                }]
            }
            Some(Value::Array(_) | Value::Number(_) | Value::Bool(_) | Value::Null) | None => {
                Vec::new()
            }
        }
    }

    /// The names of a `BreadcrumbList`, by their positions.
    fn crumbs(&self, list: &'a Object) -> Vec<String> {
        let elements: &[Value] = match list.get("itemListElement") {
            Some(Value::Array(elements)) => elements,
            Some(element) => std::slice::from_ref(element),
            None => &[],
        };
        let mut crumbs: Vec<(u64, String)> = elements
            .iter()
            .take(MANY)
            .enumerate()
            .filter_map(|(index, element)| {
                let element = self.object(element)?;
                let position = match element.get("position") {
                    Some(Value::Number(number)) => number.as_u64(),
                    Some(Value::String(text)) => text.trim().parse().ok(),
                    _ => None,
                };
                let named = |object: &'a Object| self.names(object.get("name")).into_iter().next();
                let name = named(element).or_else(|| {
                    element.get("item").and_then(|item| self.object(item)).and_then(named)
                })?;
                Some((position.unwrap_or(index as u64 + 1), name))
            })
            .collect();
        crumbs.sort_by_key(|(position, _)| *position);
        crumbs.into_iter().map(|(_, name)| name).collect()
    }
}

/// How likely an object is what the page is about, the lowest first; `None` if it is something else.
fn rank(object: &Object) -> Option<u8> {
    const ARTICLES: [&str; 14] = [
        "NewsArticle",
        "ReportageNewsArticle",
        "AnalysisNewsArticle",
        "OpinionNewsArticle",
        "BackgroundNewsArticle",
        "ReviewNewsArticle",
        "AskPublicNewsArticle",
        "LiveBlogPosting",
        "Article",
        "AdvertiserContentArticle",
        "BlogPosting",
        "Report",
        "TechArticle",
        "SocialMediaPosting",
    ];
    let is = |kinds: &[&str]| kinds.iter().any(|kind| is_a(object, kind));
    if is(&ARTICLES[..8]) {
        Some(0)
    } else if is(&ARTICLES) {
        Some(1)
    } else if is(&["VideoObject", "ImageGallery", "MediaGallery", "PodcastEpisode"]) {
        Some(2)
    } else if is(&["WebPage", "ItemPage", "CollectionPage"]) {
        Some(3)
    } else {
        None
    }
}

/// Whether an object is of that type of schema.org, however its name is written.
fn is_a(object: &Object, kind: &str) -> bool {
    let is = |value: &Value| {
        value.as_str().is_some_and(|name| {
            let name = name.rsplit(['/', '#', ':']).next().unwrap_or(name);
            name.trim().eq_ignore_ascii_case(kind)
        })
    };
    match object.get("@type") {
        Some(Value::Array(kinds)) => kinds.iter().any(is),
        Some(value) => is(value),
        None => false,
    }
}

fn is_address(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://") || text.starts_with('/')
}

/// A value as one line of text: templates escape what they put here once more than they should, or leave markup in it.
fn clean(text: &str) -> String {
    let text = &text[..text.floor_char_boundary(VALUE_BYTES)];
    if !text.contains(['<', '&']) {
        return text.trim().to_owned();
    }
    let text = plain_text(text, VALUE_BYTES);
    decode_entities(&text).trim().to_owned()
}

/// Keywords one by one; some pages give them as one text.
fn keywords(texts: Vec<String>) -> Vec<String> {
    match texts.as_slice() {
        [one] => super::words::listed(one),
        _ => texts,
    }
}

/// Whether a value says yes or no.
fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::String(text) => {
            let text = text.trim().rsplit(['/', '#']).next().unwrap_or_default();
            match text.to_ascii_lowercase().as_str() {
                "true" | "yes" | "1" => Some(true),
                "false" | "no" | "0" => Some(false),
                _ => None,
            }
        }
        Value::Number(number) => number.as_i64().map(|number| number != 0),
        Value::Array(values) => values.first().and_then(truth),
        Value::Object(_) | Value::Null => None,
    }
}
