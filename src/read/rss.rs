//! RSS 0.91 to 2.0: a `channel` with `item`s.

use super::draft::{Desk, Draft};
use super::elements;
use super::xml::namespace::Ns;
use super::xml::{Tag, Xml};
use crate::model::entry::{FeedFormat, ParsedFeed};
use crate::model::lang::Lang;

/// Reads a document whose root, an `rss` or a bare `channel`, was given last.
pub(super) fn read<'a>(
    xml: &mut Xml<'a>,
    root: &Tag<'a>,
    format: FeedFormat,
    mut desk: Desk<'_>,
) -> ParsedFeed {
    // Some documents put another namespace on the root by mistake; what has no prefix is RSS's own all the same.
    let own = |tag: &Tag<'a>| {
        matches!(tag.ns, Ns::None | Ns::Rss) || (tag.is_unprefixed() && tag.ns == root.ns)
    };
    desk.language.offer(2, xml.lang().and_then(Lang::parse));
    // The channel in a root, or the root itself.
    let mut in_channel = root.local == "channel";
    loop {
        if desk.is_full() {
            break;
        }
        match xml.child() {
            None if in_channel && root.local != "channel" => in_channel = false,
            None => break,
            Some(tag) if own(&tag) && tag.local == "channel" && !in_channel => {
                in_channel = true;
                desk.language.offer(2, xml.lang().and_then(Lang::parse));
            }
            Some(tag) if own(&tag) && tag.local == "item" => {
                xml.set_sibling(&tag);
                item(xml, own, &mut desk);
            }
            // Atom's name for an item, in documents whose maker knew both formats.
            Some(tag)
                if tag.local == "entry"
                    && (own(&tag) || matches!(tag.ns, Ns::Atom | Ns::Atom03)) =>
            {
                xml.set_sibling(&tag);
                desk.note("the item is written as an entry of Atom".to_owned());
                item(xml, own, &mut desk);
            }
            Some(tag) => elements::feed(xml, &tag, own(&tag), &mut desk),
        }
    }
    desk.finish(format)
}

fn item<'a>(xml: &mut Xml<'a>, own: impl Fn(&Tag<'a>) -> bool, desk: &mut Desk<'_>) {
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
