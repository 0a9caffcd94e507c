//! The links of a document: the one place where they are made, in the words that all formats share.

use super::{Format, RenderOptions};
use crate::model::archive::ArchiveName;
use crate::model::edition::Edition;

/// The namespace of the elements of RFC 5005.
pub(super) const HISTORY_NAMESPACE: &str = "http://purl.org/syndication/history/1.0";

/// One link.
pub(super) struct Link {
    /// What is there to this document.
    pub(super) rel: &'static str,
    /// The media type of what is there; none of a hub, which is an address to talk to.
    pub(super) media_type: Option<&'static str>,
    /// Where.
    pub(super) href: String,
}

/// In this order: the document itself, the page that shows the feed, the same in the other formats, the hubs (WebSub §4) unless it is an archive,
/// which never changes, then the chain of archives (RFC 5005 §4).
///
/// No two `alternate` are of one media type (RFC 4287 §4.1.1).
pub(super) fn links(edition: &Edition, format: Format, options: &RenderOptions) -> Vec<Link> {
    let link = |rel, format: Format, href| Link { rel, media_type: Some(format.link_type()), href };
    let mut links = vec![
        link("self", format, own_url(edition, format, options)),
        link("alternate", Format::Html, options.page_url(&edition.feed)),
    ];
    let others = Format::ALL.into_iter().filter(|other| {
        *other != format && *other != Format::Html && options.formats_available.contains(other)
    });
    links.extend(others.map(|other| link("alternate", other, own_url(edition, other, options))));
    if edition.place.archive.is_none() {
        let hub = |hub: &String| Link { rel: "hub", media_type: None, href: hub.clone() };
        links.extend(options.hubs.iter().map(hub));
    } else {
        links.push(link("current", format, options.feed_url(&edition.feed, format)));
    }
    let mut archive = |rel, name: Option<ArchiveName>| {
        links.extend(
            name.map(|name| link(rel, format, options.archive_url(&edition.feed, name, format))),
        );
    };
    archive("prev-archive", edition.place.previous);
    archive("next-archive", edition.place.next);
    links
}

/// Where the document is.
pub(super) fn own_url(edition: &Edition, format: Format, options: &RenderOptions) -> String {
    match edition.place.archive {
        Some(archive) => options.archive_url(&edition.feed, archive, format),
        None => options.feed_url(&edition.feed, format),
    }
}

/// Where older items are.
pub(super) fn previous_url(
    edition: &Edition,
    format: Format,
    options: &RenderOptions,
) -> Option<String> {
    let previous = edition.place.previous?;
    Some(options.archive_url(&edition.feed, previous, format))
}

/// The name of the element that says what the document is: `archive`, or `complete` of a feed all of which it holds. What is in neither was in
/// the feed, and may be in an archive.
pub(super) fn marker(edition: &Edition) -> Option<&'static str> {
    match edition.place.archive {
        Some(_) => Some("archive"),
        None if edition.place.is_complete => Some("complete"),
        None => None,
    }
}
