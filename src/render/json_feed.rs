//! JSON Feed 1.1, with an `_tidings` object for what it has no place for (`docs/published-feeds.md`).

use serde::Serialize;

use super::{Format, RenderOptions, body, links, media, text};
use crate::model::edition::{Also, Edition, Item};
use crate::model::source::Outlet;

#[derive(Serialize)]
struct Document<'a> {
    version: &'static str,
    title: String,
    home_page_url: String,
    feed_url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_url: Option<String>,
    description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    icon: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'a str>,
    authors: Vec<Author<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hubs: Vec<Hub<'a>>,
    items: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Hub<'a> {
    r#type: &'static str,
    url: &'a str,
}

#[derive(Serialize)]
struct Author<'a> {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
}

#[derive(Serialize)]
struct Entry<'a> {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    title: String,
    content_html: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    summary: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<&'a str>,
    date_published: String,
    date_modified: String,
    authors: Vec<Author<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<Attachment<'a>>,
    #[serde(rename = "_tidings")]
    tidings: Tidings<'a>,
}

#[derive(Serialize)]
struct Attachment<'a> {
    url: &'a str,
    mime_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    size_in_bytes: Option<u64>,
}

#[derive(Serialize)]
struct Tidings<'a> {
    story: String,
    outlet: OutletObject<'a>,
    topics: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<Picture>,
    also: Vec<AlsoObject<'a>>,
}

#[derive(Serialize)]
struct OutletObject<'a> {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    feed_url: Option<&'a str>,
}

#[derive(Serialize)]
struct Picture {
    #[serde(skip_serializing_if = "Option::is_none")]
    caption: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credit: Option<String>,
}

#[derive(Serialize)]
struct AlsoObject<'a> {
    outlet: OutletObject<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
}

#[expect(
    clippy::expect_used,
    reason = "strings and numbers below string keys serialise, and a Vec takes every byte"
)]
pub(super) fn render(edition: &Edition, options: &RenderOptions) -> Vec<u8> {
    let home = options.home_url();
    let desk = match options.desk_title.trim() {
        "" => super::feed_title(edition),
        title => title,
    };
    let document = Document {
        version: "https://jsonfeed.org/version/1.1",
        title: plain(super::feed_title(edition)),
        home_page_url: options.page_url(&edition.feed),
        feed_url: links::own_url(edition, Format::Json, options),
        next_url: links::previous_url(edition, Format::Json, options),
        description: plain(&super::feed_description(edition, options)),
        icon: options.icon.as_ref().map(|icon| icon.as_str()),
        language: edition.language.as_ref().map(|language| language.as_str()),
        authors: vec![Author { name: plain(desk), url: Some(&home) }],
        // An archive never changes: there is nothing to tell of.
        hubs: options
            .hubs
            .iter()
            .filter(|_| edition.place.archive.is_none())
            .map(|hub| Hub { r#type: "WebSub", url: hub })
            .collect(),
        items: edition.items.iter().map(entry).collect(),
    };
    let mut bytes = serde_json::to_vec_pretty(&document).expect("only strings and numbers");
    bytes.push(b'\n');
    bytes
}

fn entry(item: &Item) -> Entry<'_> {
    let topics = item.topics.iter().map(|topic| topic.as_str());
    let sections = item.categories.iter().map(|category| category.as_str());
    Entry {
        id: item.id.urn(),
        url: item.link.as_ref().map(|link| link.as_str()),
        title: plain(super::item_title(item)),
        content_html: body::full_html(item),
        summary: plain(&body::summary_text(item)),
        image: item.image.as_ref().map(|image| image.url.as_str()),
        date_published: item.published.to_rfc3339(),
        date_modified: item.updated.to_rfc3339(),
        authors: authors(item),
        tags: super::each_once(topics.chain(sections)).map(plain).collect(),
        language: item.language.as_ref().map(|language| language.as_str()),
        attachments: item
            .enclosures
            .iter()
            .map(|enclosure| Attachment {
                url: enclosure.url.as_str(),
                mime_type: media::media_type(enclosure),
                size_in_bytes: enclosure.length_bytes,
            })
            .collect(),
        tidings: tidings(item),
    }
}

/// The bylines, then the outlet, which has no other place.
fn authors(item: &Item) -> Vec<Author<'_>> {
    let bylines = super::each_once(item.authors.iter().map(|author| author.as_str()))
        .filter(|name| *name != item.outlet.name)
        .map(|name| Author { name: plain(name), url: None });
    let outlet = Author {
        name: plain(&item.outlet.name),
        url: item.outlet.url.as_ref().map(|url| url.as_str()),
    };
    bylines.chain([outlet]).collect()
}

fn tidings(item: &Item) -> Tidings<'_> {
    Tidings {
        story: item.id.to_string(),
        outlet: OutletObject {
            feed_url: item.source_url.as_ref().map(|url| url.as_str()),
            ..outlet(&item.outlet)
        },
        topics: item.topics.iter().map(|topic| topic.as_str()).collect(),
        image: item
            .image
            .as_ref()
            .map(|image| Picture {
                caption: image.caption.as_ref().map(|text| plain(text.as_str())),
                credit: image.credit.as_ref().map(|text| plain(text.as_str())),
            })
            .filter(|picture| picture.caption.is_some() || picture.credit.is_some()),
        also: item.also.iter().map(also).collect(),
    }
}

fn also(also: &Also) -> AlsoObject<'_> {
    AlsoObject {
        outlet: outlet(&also.outlet),
        language: also.language.as_ref().map(|language| language.as_str()),
        title: also.headline.as_ref().map(|headline| plain(headline.as_str())),
        url: also.link.as_ref().map(|link| link.as_str()),
    }
}

fn outlet(outlet: &Outlet) -> OutletObject<'_> {
    OutletObject {
        name: plain(&outlet.name),
        url: outlet.url.as_ref().map(|url| url.as_str()),
        feed_url: None,
    }
}

fn plain(text: &str) -> String {
    text::plain(text).into_owned()
}
