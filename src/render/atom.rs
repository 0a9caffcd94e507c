//! Atom 1.0 (RFC 4287).

use std::collections::BTreeMap;

use atom_syndication::extension::{Extension, ExtensionMap};
use atom_syndication::{
    Category, Content, Entry, Feed, FixedDateTime, Generator, Link, Person, Text, TextType,
    WriteConfig,
};

use super::{Format, RenderOptions, body, links, media, text};
use crate::model::edition::{Edition, Item};
use crate::model::identity::digest;
use crate::model::text::{SafeHtml, push_escaped};
use crate::model::time::Timestamp;

pub(super) fn render(edition: &Edition, options: &RenderOptions) -> Vec<u8> {
    let language = edition.language.as_ref();
    let feed = Feed {
        title: plain_text(super::feed_title(edition)),
        subtitle: Some(plain_text(&super::feed_description(edition, options))),
        id: feed_id(edition, options),
        // RFC 4287 §4.1.1 wants a date even of an empty feed; its last change was none.
        updated: date(edition.updated.unwrap_or(Timestamp::from_unix(0))),
        // §4.1.1: entries without an author of their own have this one.
        authors: vec![Person {
            name: text::legal(desk_name(edition, options)).into_owned(),
            uri: Some(options.home_url()),
            ..Person::default()
        }],
        rights: options.rights.as_deref().map(plain_text),
        icon: options.icon.as_ref().map(|icon| icon.as_str().to_owned()),
        generator: Some(Generator {
            value: "tidings".to_owned(),
            uri: None,
            version: Some(text::legal(&options.version).into_owned()),
        }),
        links: links(edition, options),
        lang: language.map(|language| language.as_str().to_owned()),
        entries: edition.items.iter().map(entry).collect(),
        namespaces: [("fh", links::HISTORY_NAMESPACE), ("media", media::NAMESPACE)]
            .map(|(prefix, uri)| (prefix.to_owned(), uri.to_owned()))
            .into(),
        extensions: history(edition),
        ..Feed::default()
    };
    let document = b"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n".to_vec();
    let config = WriteConfig { write_document_declaration: false, indent_size: Some(2) };
    let document = written(feed.write_with_config(document, config));
    with_languages(&document, &edition.items)
}

/// Gives each entry its `xml:lang` (§2), which the writer has no place for; on `title` and `content` alone it would be lost on most readers.
///
/// Every `<` of a text or an attribute is escaped, so what reads `<entry>` is the start of an entry, and they stand in the order of the items.
fn with_languages(document: &[u8], items: &[Item]) -> Vec<u8> {
    const START: &[u8] = b"<entry";
    let starts = memchr::memmem::find_iter(document, b"<entry>");
    let mut out = Vec::with_capacity(document.len() + items.len() * 20);
    let mut copied = 0;
    for (start, item) in starts.zip(items) {
        if let Some(language) = &item.language {
            let end = start + START.len();
            out.extend_from_slice(&document[copied..end]);
            out.extend_from_slice(format!(" xml:lang=\"{language}\"").as_bytes());
            copied = end;
        }
    }
    out.extend_from_slice(&document[copied..]);
    out
}

fn desk_name<'a>(edition: &'a Edition, options: &'a RenderOptions) -> &'a str {
    match options.desk_title.trim() {
        "" => super::feed_title(edition),
        title => title,
    }
}

/// An id for ever (§4.2.6), made from the desk's address, without its scheme so that a move to https changes nothing, and the feed's name.
fn feed_id(edition: &Edition, options: &RenderOptions) -> String {
    let home = options.home_url();
    let place = home.split_once("://").map_or(home.as_str(), |(_, place)| place);
    let bytes = digest(&[b"feed", place.as_bytes(), edition.feed.as_str().as_bytes()]);
    let mut hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    // UUID version 8 (RFC 9562 §5.8), variant 10.
    hex.replace_range(12..13, "8");
    hex.replace_range(16..17, ["8", "9", "a", "b"][usize::from(bytes[8] & 3)]);
    for dash in [20, 16, 12, 8] {
        hex.insert(dash, '-');
    }
    format!("urn:uuid:{hex}")
}

/// The document's links (§4.2.7).
fn links(edition: &Edition, options: &RenderOptions) -> Vec<Link> {
    let links = links::links(edition, Format::Atom, options).into_iter();
    let link = |link: links::Link| Link {
        href: link.href,
        rel: link.rel.to_owned(),
        mime_type: link.media_type.map(str::to_owned),
        ..Link::default()
    };
    links.map(link).collect()
}

/// What the document is among those of its feed (RFC 5005 §2, §4).
fn history(edition: &Edition) -> ExtensionMap {
    let marker = links::marker(edition).map(|marker| {
        let element = Extension {
            name: format!("fh:{marker}"),
            value: Some(String::new()),
            ..Extension::default()
        };
        ("fh".to_owned(), [(marker.to_owned(), vec![element])].into())
    });
    marker.into_iter().collect()
}

fn entry(item: &Item) -> Entry {
    Entry {
        title: plain_text(super::item_title(item)),
        id: item.id.urn(),
        published: Some(date(item.published)),
        updated: date(item.updated.max(item.published)),
        authors: authors(item),
        categories: categories(item),
        links: entry_links(item),
        summary: item.summary.as_ref().map(|summary| Text {
            value: text::legal(summary.as_str()).into_owned(),
            r#type: TextType::Html,
            ..Text::default()
        }),
        content: Some(Content {
            value: Some(body::full_html(item)),
            content_type: Some("html".to_owned()),
            ..Content::default()
        }),
        extensions: extensions(item),
        ..Entry::default()
    }
}

/// A text construct (§3.1): text, but where a reader that takes every title for HTML would find markup in it, the same escaped as HTML
/// (`docs/adr/0003-titles-are-text.md`).
fn plain_text(value: &str) -> Text {
    let value = text::legal(value);
    let is_markup = text::reads_as_markup(&value);
    Text {
        value: if is_markup {
            SafeHtml::escaped(&value).as_str().to_owned()
        } else {
            value.into_owned()
        },
        r#type: if is_markup { TextType::Html } else { TextType::Text },
        ..Text::default()
    }
}

/// The bylines, else the outlet: else §4.2.1 would make us the author.
fn authors(item: &Item) -> Vec<Person> {
    let person = |name: &str| Person { name: text::legal(name).into_owned(), ..Person::default() };
    if item.authors.is_empty() {
        return vec![Person {
            uri: item.outlet.url.as_ref().map(|url| url.as_str().to_owned()),
            ..person(&item.outlet.name)
        }];
    }
    super::each_once(item.authors.iter().map(|author| author.as_str())).map(person).collect()
}

/// Topics first, then the source's own sections.
fn categories(item: &Item) -> Vec<Category> {
    let topics = item.topics.iter().map(|topic| topic.as_str());
    let sections = item.categories.iter().map(|category| category.as_str());
    super::each_once(topics.chain(sections))
        .map(|term| Category { term: text::legal(term).into_owned(), ..Category::default() })
        .collect()
}

fn entry_links(item: &Item) -> Vec<Link> {
    let page = item.link.as_ref().map(|link| Link {
        href: link.as_str().to_owned(),
        rel: "alternate".to_owned(),
        mime_type: None,
        hreflang: item.language.as_ref().map(|language| language.as_str().to_owned()),
        ..Link::default()
    });
    let enclosures = item.enclosures.iter().map(|enclosure| Link {
        href: enclosure.url.as_str().to_owned(),
        rel: "enclosure".to_owned(),
        mime_type: Some(media::media_type(enclosure).to_owned()),
        length: enclosure.length_bytes.map(|length| length.to_string()),
        ..Link::default()
    });
    page.into_iter().chain(enclosures).collect()
}

/// The picture, and the source. The source stands here and not in [`Entry::source`] because a reader that looks for the first `title` or `id`
/// below `entry` must find the entry's own, and because that field would invent a date of the source's last change.
fn extensions(item: &Item) -> ExtensionMap {
    let mut extensions = ExtensionMap::new();
    if let Some(image) = &item.image {
        let picture = media::picture(image)
            .map(|element| (element.name.to_owned(), vec![extension(element)]));
        extensions.insert("media".to_owned(), picture.into());
    }
    // Written in the order of the keys: "source" comes last.
    extensions.insert("source".to_owned(), [("source".to_owned(), vec![source(item)])].into());
    extensions
}

/// `atom:source` (§4.2.11): title, id and address of the feed that listed the entry.
fn source(item: &Item) -> Extension {
    let element = |name: &str, value: &str| Extension {
        name: name.to_owned(),
        value: Some(value.to_owned()),
        ..Extension::default()
    };
    let title = plain_text(&item.outlet.name);
    let mut title_element = element("title", &title.value);
    if title.r#type == TextType::Html {
        title_element.attrs.insert("type".to_owned(), "html".to_owned());
    }
    let mut children = BTreeMap::from([("title".to_owned(), vec![title_element])]);
    let link = |rel: &str, href: &str| Extension {
        name: "link".to_owned(),
        attrs: attributes([("href", href), ("rel", rel)]),
        value: Some(String::new()),
        ..Extension::default()
    };
    let document = item.source_url.as_ref().map(|url| url.as_str());
    let page =
        item.outlet.url.as_ref().map(|url| url.as_str()).filter(|url| document != Some(*url));
    let links: Vec<Extension> = document
        .map(|url| link("self", url))
        .into_iter()
        .chain(page.map(|url| link("alternate", url)))
        .collect();
    if let Some(id) = document.or(page) {
        children.insert("id".to_owned(), vec![element("id", id)]);
        children.insert("link".to_owned(), links);
    }
    Extension { name: "source".to_owned(), children, ..Extension::default() }
}

fn extension(element: media::Element) -> Extension {
    let mut children: BTreeMap<String, Vec<Extension>> = BTreeMap::new();
    for child in element.children {
        children.entry(child.name.to_owned()).or_default().push(extension(child));
    }
    Extension {
        name: element.name.to_owned(),
        value: element.text,
        attrs: attributes(element.attributes.iter().map(|(name, value)| (*name, value.as_str()))),
        children,
    }
}

/// Attributes of an extension, escaped: its writer puts them into the document as they are, unlike every other text.
fn attributes<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> BTreeMap<String, String> {
    let escaped = |value: &str| {
        let mut out = String::with_capacity(value.len() + 8);
        push_escaped(&mut out, value);
        out
    };
    pairs.into_iter().map(|(name, value)| (name.to_owned(), escaped(value))).collect()
}

fn date(at: Timestamp) -> FixedDateTime {
    at.to_utc().fixed_offset()
}

#[expect(
    clippy::expect_used,
    reason = "writing to a Vec cannot fail, and the writer has no other error"
)]
fn written(document: Result<Vec<u8>, atom_syndication::Error>) -> Vec<u8> {
    document.expect("a Vec takes every byte")
}
