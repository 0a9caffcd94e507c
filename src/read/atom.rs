//! Atom 1.0 (RFC 4287) and 0.3: a `feed` with `entry`s, or one `entry` alone.

use super::construct::{self, Construct};
use super::draft::{Desk, Draft};
use super::elements;
use super::xml::namespace::Ns;
use super::xml::{Tag, Xml};
use crate::model::entry::{FeedFormat, ParsedFeed};
use crate::model::lang::Lang;
use crate::model::text::PlainText;
use crate::model::url::WebUrl;

/// Reads a document whose root was given last.
pub(super) fn read<'a>(
    xml: &mut Xml<'a>,
    root: &Tag<'a>,
    format: FeedFormat,
    mut desk: Desk<'_>,
) -> ParsedFeed {
    let own = |tag: &Tag<'a>| {
        matches!(tag.ns, Ns::Atom | Ns::Atom03 | Ns::None)
            || (tag.is_unprefixed() && tag.ns == root.ns)
    };
    if root.local == "entry" {
        entry(xml, own, &mut desk);
        return desk.finish(format);
    }
    desk.language.offer(1, xml.lang().and_then(Lang::parse));
    let mut authors: Vec<PlainText> = Vec::new();
    // Entries without an author have the feed's (RFC 4287 §4.2.1), which may be named after them.
    let mut unsigned: Vec<usize> = Vec::new();
    while !desk.is_full()
        && let Some(tag) = xml.child()
    {
        if !own(&tag) {
            elements::feed(xml, &tag, false, &mut desk);
            continue;
        }
        match tag.local.as_ref() {
            "entry" => {
                xml.set_sibling(&tag);
                let before = desk.entries.len();
                entry(xml, own, &mut desk);
                if desk.entries.get(before).is_some_and(|entry| entry.authors.is_empty()) {
                    unsigned.push(before);
                }
            }
            // RSS's name for an entry, in documents whose maker knew both formats.
            "item" => {
                xml.set_sibling(&tag);
                item(xml, own, &mut desk);
            }
            "title" => {
                desk.title.offer(1, Construct::of_atom(xml, &tag).and_then(|title| title.plain()));
            }
            "link" => {
                elements::atom_feed_link(xml, &tag, 1, &mut desk);
                xml.skip();
            }
            "author" => authors.extend(construct::person(xml)),
            _ => xml.skip(),
        }
    }
    authors.truncate(8);
    for index in unsigned {
        if let Some(entry) = desk.entries.get_mut(index) {
            entry.authors.clone_from(&authors);
        }
    }
    desk.finish(format)
}

fn entry<'a>(xml: &mut Xml<'a>, own: impl Fn(&Tag<'a>) -> bool, desk: &mut Desk<'_>) {
    let mut draft = Draft::default();
    draft.language.offer(1, xml.lang().and_then(Lang::parse));
    while let Some(tag) = xml.child() {
        if own(&tag) && tag.local == "source" {
            source(xml, &own, &mut draft);
        } else if own(&tag) {
            elements::atom(xml, &tag, &mut draft, desk);
        } else {
            elements::module(xml, &tag, &mut draft, desk);
        }
    }
    if xml.truncated() { desk.give_up() } else { desk.file(draft) }
}

/// Reads an entry that is called and filled as RSS's are.
fn item<'a>(xml: &mut Xml<'a>, own: impl Fn(&Tag<'a>) -> bool, desk: &mut Desk<'_>) {
    desk.note("the entry is written as an item of RSS".to_owned());
    let mut draft = Draft::default();
    draft.language.offer(1, xml.lang().and_then(Lang::parse));
    while let Some(tag) = xml.child() {
        if own(&tag) {
            elements::rss(xml, &tag, &mut draft, desk);
        } else {
            elements::module(xml, &tag, &mut draft, desk);
        }
    }
    if xml.truncated() { desk.give_up() } else { desk.file(draft) }
}

/// The feed an entry was taken from (RFC 4287 §4.2.11).
fn source<'a>(xml: &mut Xml<'a>, own: impl Fn(&Tag<'a>) -> bool, draft: &mut Draft<'a>) {
    let mut title = None;
    let mut page = None;
    let mut feed = None;
    while let Some(tag) = xml.child() {
        match tag.local.as_ref() {
            "title" if own(&tag) => {
                title = Construct::of_atom(xml, &tag).and_then(|title| title.plain());
            }
            "link" if own(&tag) => {
                let href = tag.attribute("href").and_then(|href| WebUrl::join(xml.base(), &href));
                match tag.attribute("rel").as_deref() {
                    None | Some("alternate") => page = page.or(href),
                    Some("self") => feed = feed.or(href),
                    Some(_) => {}
                }
                xml.skip();
            }
            "author" if own(&tag) => {
                let author = construct::person(xml);
                draft.author_fallback = draft.author_fallback.take().or(author);
            }
            _ => xml.skip(),
        }
    }
    draft.outlet = elements::outlet(title.as_ref(), page.or(feed));
}
