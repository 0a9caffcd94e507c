//! RSS 1.0 and 0.90: a `channel` and its `item`s side by side in RDF.

use super::draft::{Desk, Draft};
use super::elements;
use super::xml::namespace::Ns;
use super::xml::{Tag, Xml};
use crate::model::entry::{FeedFormat, ParsedFeed};
use crate::model::lang::Lang;
use crate::model::url::WebUrl;

/// Reads a document whose root was given last.
pub(super) fn read<'a>(xml: &mut Xml<'a>, root: &Tag<'a>, mut desk: Desk<'_>) -> ParsedFeed {
    let own = |tag: &Tag<'a>| {
        matches!(tag.ns, Ns::None | Ns::Rss) || (tag.is_unprefixed() && tag.ns == root.ns)
    };
    desk.language.offer(2, xml.lang().and_then(Lang::parse));
    let mut in_channel = false;
    loop {
        if desk.is_full() {
            break;
        }
        match xml.child() {
            None if in_channel => in_channel = false,
            None => break,
            Some(tag) if own(&tag) && tag.local == "channel" && !in_channel => {
                in_channel = true;
                desk.language.offer(2, xml.lang().and_then(Lang::parse));
            }
            Some(tag) if own(&tag) && tag.local == "item" => {
                xml.set_sibling(&tag);
                item(xml, &tag, own, &mut desk);
            }
            Some(tag) if in_channel => elements::feed(xml, &tag, own(&tag), &mut desk),
            Some(_) => xml.skip(),
        }
    }
    desk.finish(FeedFormat::Rss1)
}

fn item<'a>(xml: &mut Xml<'a>, tag: &Tag<'a>, own: impl Fn(&Tag<'a>) -> bool, desk: &mut Desk<'_>) {
    let mut draft = Draft::default();
    draft.language.offer(1, xml.lang().and_then(Lang::parse));
    if let Some(about) = tag.attribute("about") {
        draft.link.offer(4, WebUrl::parse(&about));
        draft.guid.offer(2, Some(about));
    }
    while let Some(tag) = xml.child() {
        if own(&tag) {
            elements::rss(xml, &tag, &mut draft, desk);
        } else {
            elements::module(xml, &tag, &mut draft, desk);
        }
    }
    if xml.truncated() { desk.give_up() } else { desk.file(draft) }
}
