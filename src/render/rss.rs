//! RSS 2.0 by the RSS Advisory Board's specification and Best Practices Profile.

use std::collections::BTreeMap;

use rss::extension::dublincore::DublinCoreExtension;
use rss::extension::{Extension, ExtensionMap};
use rss::{Category, Channel, Enclosure, Guid, Image, Source};

use super::links::{self, Link};
use super::{Format, RenderOptions, body, media, text};
use crate::model::edition::{Edition, Item};

pub(super) fn render(edition: &Edition, options: &RenderOptions) -> Vec<u8> {
    let channel = Channel {
        title: text::plain(super::feed_title(edition)).into_owned(),
        link: options.page_url(&edition.feed),
        description: text::plain(&super::feed_description(edition, options)).into_owned(),
        language: edition.language.as_ref().map(|language| language.as_str().to_owned()),
        // The last change, not the moment of writing: an unchanged feed keeps its bytes.
        last_build_date: edition.updated.map(|updated| updated.to_rfc822()),
        copyright: options.rights.as_deref().map(|text| text::plain(text).into_owned()),
        // An archive is there for ever.
        ttl: options
            .ttl_minutes
            .filter(|_| edition.place.archive.is_none())
            .map(|minutes| minutes.to_string()),
        // The Profile wants title and link of the channel again.
        image: options.icon.as_ref().map(|icon| Image {
            url: icon.as_str().to_owned(),
            title: text::plain(super::feed_title(edition)).into_owned(),
            link: options.page_url(&edition.feed),
            ..Image::default()
        }),
        generator: Some(format!("tidings {}", text::plain(&options.version))),
        items: edition.items.iter().map(item).collect(),
        extensions: extensions_of_channel(edition, options),
        namespaces: namespaces(),
        ..Channel::default()
    };
    written(channel.pretty_write_to(Vec::new(), b' ', 2))
}

/// All that an item may need, so that the head of the document is the same whatever it holds.
fn namespaces() -> BTreeMap<String, String> {
    [
        ("atom", "http://www.w3.org/2005/Atom"),
        ("content", "http://purl.org/rss/1.0/modules/content/"),
        ("dc", "http://purl.org/dc/elements/1.1/"),
        ("fh", links::HISTORY_NAMESPACE),
        ("media", media::NAMESPACE),
    ]
    .map(|(prefix, uri)| (prefix.to_owned(), uri.to_owned()))
    .into()
}

/// The document's links, but for the page, which is the channel's `link`, and what it is by RFC 5005, Appendix B.
fn extensions_of_channel(edition: &Edition, options: &RenderOptions) -> ExtensionMap {
    let link = |link: Link| Extension {
        name: "atom:link".to_owned(),
        attrs: attributes(
            [("href", link.href), ("rel", link.rel.to_owned())]
                .into_iter()
                .chain(link.media_type.map(|media_type| ("type", media_type.to_owned()))),
        ),
        // An element without a value would be given a line break.
        value: Some(String::new()),
        ..Extension::default()
    };
    let links = links::links(edition, Format::Rss, options);
    let links = links.into_iter().filter(|link| link.media_type != Some(Format::Html.link_type()));
    let mut extensions = ExtensionMap::new();
    let atom = BTreeMap::from([("link".to_owned(), links.map(link).collect())]);
    extensions.insert("atom".to_owned(), atom);
    if let Some(marker) = links::marker(edition) {
        let element = Extension {
            name: format!("fh:{marker}"),
            value: Some(String::new()),
            ..Extension::default()
        };
        extensions.insert("fh".to_owned(), [(marker.to_owned(), vec![element])].into());
    }
    extensions
}

fn item(item: &Item) -> rss::Item {
    let categories = item
        .topics
        .iter()
        .map(|topic| topic.as_str())
        .chain(item.categories.iter().map(|category| category.as_str()));
    rss::Item {
        title: Some(text::plain(super::item_title(item)).into_owned()),
        link: item.link.as_ref().map(|link| link.as_str().to_owned()),
        description: Some(in_one_section(body::summary_html(item))),
        categories: super::each_once(categories)
            .map(|name| Category { name: text::plain(name).into_owned(), domain: None })
            .collect(),
        enclosure: enclosure(item),
        guid: Some(Guid { value: item.id.urn(), permalink: false }),
        pub_date: Some(item.published.to_rfc822()),
        source: source(item),
        content: body::content(item).map(|_| in_one_section(body::full_html(item))),
        dublin_core_ext: dublin_core(item),
        extensions: extensions(item),
        ..rss::Item::default()
    }
}

/// HTML that does not end its CDATA section. The writer would go on in a second section, which some readers do not join.
fn in_one_section(html: String) -> String {
    if html.contains("]]>") { html.replace("]]>", "]]&gt;") } else { html }
}

/// The outlet with the feed that listed the item; without an address the element may not stand.
fn source(item: &Item) -> Option<Source> {
    let url = item.source_url.as_ref().or(item.outlet.url.as_ref())?;
    Some(Source {
        url: url.as_str().to_owned(),
        title: Some(text::plain(&item.outlet.name).into_owned()),
    })
}

/// The first enclosure: the Profile advises against more than one. A length is required; 0 says that it is not known.
fn enclosure(item: &Item) -> Option<Enclosure> {
    let enclosure = item.enclosures.first()?;
    Some(Enclosure {
        url: enclosure.url.as_str().to_owned(),
        length: enclosure.length_bytes.unwrap_or(0).to_string(),
        mime_type: media::media_type(enclosure).to_owned(),
    })
}

/// Bylines (`author` is for mail addresses) and the language of the item.
fn dublin_core(item: &Item) -> Option<DublinCoreExtension> {
    if item.authors.is_empty() && item.language.is_none() {
        return None;
    }
    let names = super::each_once(item.authors.iter().map(|author| author.as_str()));
    Some(DublinCoreExtension {
        creators: names.map(|name| text::plain(name).into_owned()).collect(),
        languages: item.language.iter().map(|language| language.as_str().to_owned()).collect(),
        ..DublinCoreExtension::default()
    })
}

/// The last change, for which RSS has no element, the picture, and attached media beyond the first.
fn extensions(item: &Item) -> ExtensionMap {
    let updated = Extension {
        name: "atom:updated".to_owned(),
        value: Some(item.updated.to_rfc3339()),
        ..Extension::default()
    };
    let mut extensions = ExtensionMap::new();
    extensions.insert("atom".to_owned(), [("updated".to_owned(), vec![updated])].into());
    let mut elements: BTreeMap<String, Vec<Extension>> = BTreeMap::new();
    let picture = item.image.iter().flat_map(media::picture);
    // The first is the item's enclosure.
    for element in picture.chain(item.enclosures.iter().skip(1).map(media::attached)) {
        let name = local_name(element.name).to_owned();
        elements.entry(name).or_default().push(extension(element));
    }
    extensions.insert("media".to_owned(), elements);
    extensions
}

fn extension(element: media::Element) -> Extension {
    let mut children: BTreeMap<String, Vec<Extension>> = BTreeMap::new();
    for child in element.children {
        let name = local_name(child.name).to_owned();
        children.entry(name).or_default().push(extension(child));
    }
    Extension {
        name: element.name.to_owned(),
        value: element.text,
        attrs: attributes(element.attributes),
        children,
    }
}

fn attributes(pairs: impl IntoIterator<Item = (&'static str, String)>) -> BTreeMap<String, String> {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn local_name(qualified: &str) -> &str {
    qualified.rsplit(':').next().unwrap_or(qualified)
}

#[expect(
    clippy::expect_used,
    reason = "writing to a Vec cannot fail, and the writer has no other error"
)]
fn written(document: Result<Vec<u8>, rss::Error>) -> Vec<u8> {
    document.expect("a Vec takes every byte")
}
