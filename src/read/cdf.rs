//! Channel Definition Format, of 1997: a `CHANNEL` with `ITEM`s whose links are attributes.

use super::construct::Construct;
use super::draft::{Desk, Draft};
use super::xml::{Tag, Xml};
use crate::model::entry::{FeedFormat, ParsedFeed};
use crate::model::url::WebUrl;

/// Reads a document whose root was given last.
pub(super) fn read<'a>(xml: &mut Xml<'a>, root: &Tag<'a>, mut desk: Desk<'_>) -> ParsedFeed {
    let link = root.attribute("href").and_then(|href| WebUrl::join(xml.base(), &href));
    desk.link.offer(1, link);
    while !desk.is_full()
        && let Some(tag) = xml.child()
    {
        match tag.local.as_ref() {
            "item" => {
                xml.set_sibling(&tag);
                item(xml, &tag, &mut desk);
            }
            "title" => desk.title.offer(1, Construct::of_title(xml).plain()),
            _ => xml.skip(),
        }
    }
    desk.finish(FeedFormat::Cdf)
}

fn item<'a>(xml: &mut Xml<'a>, tag: &Tag<'a>, desk: &mut Desk<'_>) {
    let mut draft = Draft::default();
    let link = tag.attribute("href").and_then(|href| desk.link(xml, &href));
    draft.link.offer(1, link);
    let updated = tag.attribute("lastmod").and_then(|date| desk.date(&date));
    draft.updated.offer(1, updated);
    while let Some(tag) = xml.child() {
        match tag.local.as_ref() {
            "title" => draft.title.offer(1, Some(Construct::of_title(xml))),
            "abstract" => draft.summary.offer(1, Some(Construct::of_rss(xml))),
            "a" => {
                let link = tag.attribute("href").and_then(|href| desk.link(xml, &href));
                draft.link.offer(2, link);
                xml.skip();
            }
            _ => xml.skip(),
        }
    }
    if xml.truncated() { desk.give_up() } else { desk.file(draft) }
}
