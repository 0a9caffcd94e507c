//! Which element fills which field of an entry, by namespace: RSS's own, Atom's, and those of the modules that both use.
//!
//! The lower the rank of an offer, the better: 1 is the field's own element.

use std::borrow::Cow;
use std::time::Duration;

use super::construct::{self, Construct, Kind};
use super::draft::{Desk, Draft};
use super::xml::namespace::Ns;
use super::xml::{Tag, Xml};
use crate::model::lang::Lang;
use crate::model::source::Outlet;
use crate::model::text::PlainText;
use crate::model::url::WebUrl;

/// Reads an element of an RSS item (RSS 2.0 "Elements of item"; RSS 1.0 §5.5) that is of RSS's own vocabulary.
pub(super) fn rss<'a>(
    xml: &mut Xml<'a>,
    tag: &Tag<'a>,
    draft: &mut Draft<'a>,
    desk: &mut Desk<'_>,
) {
    match tag.local.as_ref() {
        "title" => {
            let title = Construct::of_title(xml);
            draft.title.offer(1, Some(title).filter(|title| !title.is_blank()));
        }
        "link" => {
            let text = xml_text_or(xml, tag, "href");
            let link = desk.link(xml, &text);
            draft.link.offer(1, link);
        }
        "description" => draft.summary.offer(1, filled(Construct::of_rss(xml))),
        "guid" => {
            let permalink = tag.attribute("ispermalink");
            let guid = xml.text();
            if !permalink.is_some_and(|value| value.eq_ignore_ascii_case("false")) {
                draft.link.offer(3, WebUrl::parse(&guid));
            }
            draft.guid.offer(1, blank_free(guid));
        }
        "pubdate" => {
            let date = desk.date(&xml.text());
            draft.published.offer(1, date);
        }
        "author" => draft.add_author(construct::person(xml)),
        "category" => {
            let term = tag.attribute("label").or_else(|| tag.attribute("term"));
            let category = Construct::of_title(xml).plain();
            draft.add_category(category.or_else(|| term.as_deref().and_then(PlainText::new)));
        }
        "enclosure" => {
            enclosure(xml, tag, "url", "length", draft, desk);
            xml.skip();
        }
        "source" => {
            let url = tag.attribute("url").and_then(|url| WebUrl::join(xml.base(), &url));
            let name = Construct::of_title(xml).plain();
            draft.outlet = draft.outlet.take().or_else(|| outlet(name.as_ref(), url));
        }
        // Not of the specification, but written often enough.
        "body" | "fullitem" | "content" | "fulltext" => {
            draft.content.offer(2, filled(Construct::of_rss(xml)));
        }
        "summary" => draft.summary.offer(3, filled(Construct::of_rss(xml))),
        "tags" | "keywords" => words(&xml.text(), draft),
        "image" => {
            let mut text = String::new();
            let href = tag.attribute("href").or_else(|| tag.attribute("url"));
            let mut found = href.map(Cow::into_owned);
            while let Some(child) = xml.child_with_text(&mut text) {
                if child.local == "url" {
                    found = Some(xml.text().into_owned());
                } else {
                    xml.skip();
                }
            }
            let url = found.or(Some(text)).filter(|url| !url.trim().is_empty());
            draft.image.offer(2, url.and_then(|url| WebUrl::join(xml.base(), &url)));
        }
        // Atom's names.
        "id" => draft.guid.offer(3, blank_free(xml.text())),
        "published" | "issued" | "created" | "date" => {
            let date = desk.date(&xml.text());
            draft.published.offer(4, date);
        }
        "updated" | "modified" => {
            let date = desk.date(&xml.text());
            draft.updated.offer(3, date);
        }
        _ => xml.skip(),
    }
}

/// Reads an element of an Atom entry (RFC 4287 §4.2), or one of Atom's in an RSS item.
pub(super) fn atom<'a>(
    xml: &mut Xml<'a>,
    tag: &Tag<'a>,
    draft: &mut Draft<'a>,
    desk: &mut Desk<'_>,
) {
    match tag.local.as_ref() {
        "title" => draft.title.offer(1, Construct::of_atom(xml, tag).and_then(filled)),
        "link" => {
            match tag.attribute("rel").as_deref().unwrap_or("alternate") {
                "alternate" | "http://www.iana.org/assignments/relation/alternate" => {
                    if let Some(href) = tag.attribute("href") {
                        // Of several, the page for people.
                        let is_page = tag
                            .attribute("type")
                            .is_none_or(|media_type| media_type.contains("html"));
                        let link = desk.link(xml, &href);
                        draft.link.offer(if is_page { 1 } else { 2 }, link);
                    }
                }
                "enclosure" | "http://www.iana.org/assignments/relation/enclosure" => {
                    enclosure(xml, tag, "href", "length", draft, desk);
                }
                _ => {}
            }
            xml.skip();
        }
        "id" => {
            let id = xml.text();
            // An id that is a page's address is the best guess at a link where there is none.
            draft.link.offer(5, WebUrl::parse(&id));
            draft.guid.offer(1, blank_free(id));
        }
        "published" | "issued" | "created" => {
            let date = desk.date(&xml.text());
            let rank = if tag.local == "published" {
                1
            } else if tag.local == "issued" {
                2
            } else {
                3
            };
            draft.published.offer(rank, date);
        }
        "updated" | "modified" => {
            let date = desk.date(&xml.text());
            draft.updated.offer(1, date);
        }
        "author" => draft.add_author(construct::person(xml)),
        "category" => {
            let label = tag.attribute("label").or_else(|| tag.attribute("term"));
            let text = xml.text();
            let category = label.as_deref().or(Some(text.as_ref())).and_then(PlainText::new);
            draft.add_category(category);
        }
        "summary" => draft.summary.offer(1, Construct::of_atom(xml, tag).and_then(filled)),
        "content" => draft.content.offer(1, Construct::of_atom(xml, tag).and_then(filled)),
        _ => xml.skip(),
    }
}

/// Reads an element of a module.
pub(super) fn module<'a>(
    xml: &mut Xml<'a>,
    tag: &Tag<'a>,
    draft: &mut Draft<'a>,
    desk: &mut Desk<'_>,
) {
    match (tag.ns, tag.local.as_ref()) {
        (Ns::Atom | Ns::Atom03, _) => atom(xml, tag, draft, desk),
        (Ns::Content, "encoded") => draft.content.offer(1, filled(Construct::of_rss(xml))),
        (Ns::Xhtml, "body" | "div") => {
            let base = xml.own_base();
            let text = xml.html(super::xml::Inner::Text);
            draft.content.offer(2, filled(Construct { text, kind: Kind::Html, base }));
        }
        (Ns::Dc, "title") => draft.title.offer(2, filled(Construct::of_title(xml))),
        (Ns::Dc, "creator" | "author") => draft.add_author(construct::person(xml)),
        (Ns::Dc, "subject") => {
            let subject = Construct::of_title(xml).plain();
            draft.add_category(subject);
        }
        (Ns::Dc, "date") | (Ns::DcTerms, "issued" | "created" | "date") => {
            let date = desk.date(&xml.text());
            draft.published.offer(2, date);
        }
        (Ns::DcTerms, "modified") => {
            let date = desk.date(&xml.text());
            draft.updated.offer(2, date);
        }
        (Ns::Dc, "description") => draft.summary.offer(2, filled(Construct::of_rss(xml))),
        (Ns::DcTerms, "abstract") => draft.summary.offer(3, filled(Construct::of_rss(xml))),
        (Ns::Dc, "language") => draft.language.offer(2, Lang::parse(&xml.text())),
        (Ns::Dc, "identifier") => draft.guid.offer(3, blank_free(xml.text())),
        (Ns::Dc, "source") => {
            // Either the name of an outlet or where the text was taken from.
            let name = Construct::of_title(xml).plain();
            let url = name.as_ref().and_then(|name| WebUrl::parse(name.as_str()));
            if url.is_none() {
                draft.outlet = draft.outlet.take().or_else(|| outlet(name.as_ref(), None));
            }
        }
        (Ns::Feedburner, "origlink") => {
            let text = xml.text();
            let link = desk.link(xml, &text);
            draft.link.offer(0, link);
        }
        (Ns::Itunes, "summary") => draft.summary.offer(4, filled(Construct::of_rss(xml))),
        (Ns::Itunes, "subtitle") => draft.summary.offer(6, filled(Construct::of_rss(xml))),
        (Ns::Itunes, "title") => draft.title.offer(4, filled(Construct::of_title(xml))),
        (Ns::Itunes, "author") => {
            let author = construct::byline(&xml.text());
            draft.author_fallback = draft.author_fallback.take().or(author);
        }
        (Ns::Itunes, "image") => {
            let href = tag.attribute("href").or_else(|| tag.attribute("url"));
            let text = xml.text();
            let url = href.unwrap_or(text);
            draft.image.offer(3, WebUrl::join(xml.base(), &url));
        }
        (Ns::Itunes, "link") if tag.attribute("rel").as_deref() == Some("image") => {
            let url = tag.attribute("href").and_then(|url| WebUrl::join(xml.base(), &url));
            draft.image.offer(3, url);
            xml.skip();
        }
        (Ns::Itunes | Ns::Media, "keywords") => words(&xml.text(), draft),
        (Ns::Itunes, "category") => {
            let category = tag.attribute("text").as_deref().and_then(PlainText::new);
            draft.add_category(category);
            xml.skip();
        }
        (Ns::Media, _) => media(xml, tag, draft, desk),
        _ => xml.skip(),
    }
}

/// Reads an element of Media RSS 1.5.1, and those inside it.
fn media<'a>(xml: &mut Xml<'a>, tag: &Tag<'a>, draft: &mut Draft<'a>, desk: &mut Desk<'_>) {
    match tag.local.as_ref() {
        "group" | "content" => {
            if tag.local == "content" {
                media_content(xml, tag, draft, desk);
            }
            // A group holds contents, and both hold what describes them; nothing holds itself, so the nesting is flat.
            while let Some(child) = xml.child() {
                match (child.ns, child.local.as_ref()) {
                    (Ns::Media, "content") => {
                        media_content(xml, &child, draft, desk);
                        while let Some(inner) = xml.child() {
                            media_detail(xml, &inner, draft);
                        }
                    }
                    (Ns::Media, _) => media_detail(xml, &child, draft),
                    _ => xml.skip(),
                }
            }
        }
        _ => media_detail(xml, tag, draft),
    }
}

fn media_content<'a>(xml: &Xml<'a>, tag: &Tag<'a>, draft: &mut Draft<'a>, desk: &mut Desk<'_>) {
    let media_type = tag.attribute("type");
    let medium = tag.attribute("medium");
    let is_image = match (&medium, &media_type) {
        (Some(medium), _) => medium == "image",
        (None, Some(media_type)) => media_type.starts_with("image/"),
        // Without a word on what it is, it is a picture if it is called one.
        (None, None) => tag.attribute("url").is_some_and(|url| has_image_name(&url)),
    };
    if is_image {
        let url = tag.attribute("url").and_then(|url| WebUrl::join(xml.base(), &url));
        draft.image.offer(1, url);
    } else {
        enclosure(xml, tag, "url", "filesize", draft, desk);
    }
}

fn media_detail<'a>(xml: &mut Xml<'a>, tag: &Tag<'a>, draft: &mut Draft<'a>) {
    if tag.ns != Ns::Media {
        return xml.skip();
    }
    match tag.local.as_ref() {
        "thumbnail" => {
            let url = tag.attribute("url");
            let text = xml.text();
            let url = url.unwrap_or(text);
            draft.image.offer(2, WebUrl::join(xml.base(), &url));
        }
        "title" => {
            let title = Construct::of_title(xml);
            draft.caption.offer(2, title.plain());
            draft.title.offer(5, filled(title));
        }
        "description" => {
            let description = Construct::of_rss(xml);
            draft.caption.offer(1, description.plain());
            draft.summary.offer(5, filled(description));
        }
        "credit" => draft.credit.offer(1, construct::byline(&xml.text())),
        "copyright" => draft.credit.offer(2, Construct::of_title(xml).plain()),
        _ => xml.skip(),
    }
}

/// Reads an element of a feed's own (RSS `channel`, modules) that is not an item.
pub(super) fn feed<'a>(xml: &mut Xml<'a>, tag: &Tag<'a>, core: bool, desk: &mut Desk<'_>) {
    match (core, tag.ns, tag.local.as_ref()) {
        (true, _, "title") => desk.title.offer(1, Construct::of_title(xml).plain()),
        (true, _, "link") => {
            let text = xml_text_or(xml, tag, "href");
            desk.link.offer(1, WebUrl::join(xml.base(), &text));
            desk.settle_base(xml);
        }
        (true, _, "language") | (false, Ns::Dc, "language") => {
            desk.language.offer(1, Lang::parse(&xml.text()));
        }
        (true, _, "ttl") => {
            let minutes = xml.text().trim().parse::<u32>().ok();
            let ttl = minutes.map(|minutes| Duration::from_secs(u64::from(minutes) * 60));
            desk.wishes.ttl = desk.wishes.ttl.or(ttl);
        }
        (true, _, "skiphours") => {
            while let Some(tag) = xml.child() {
                if tag.local == "hour" {
                    desk.wishes.skip.add_hour(&xml.text());
                } else {
                    xml.skip();
                }
            }
        }
        (true, _, "skipdays") => {
            while let Some(tag) = xml.child() {
                if tag.local == "day" {
                    desk.wishes.skip.add_day(&xml.text());
                } else {
                    xml.skip();
                }
            }
        }
        (false, Ns::Dc, "title") => desk.title.offer(2, Construct::of_title(xml).plain()),
        (false, Ns::Atom | Ns::Atom03, "link") => {
            atom_feed_link(xml, tag, 2, desk);
            xml.skip();
        }
        (false, Ns::Atom | Ns::Atom03, "title") => {
            desk.title.offer(3, Construct::of_atom(xml, tag).and_then(|title| title.plain()));
        }
        (false, Ns::Syndication, "updateperiod") => {
            desk.update_period = match xml.text().trim().to_ascii_lowercase().as_str() {
                "hourly" => Some(3_600),
                "daily" => Some(86_400),
                "weekly" => Some(7 * 86_400),
                "monthly" => Some(30 * 86_400),
                "yearly" => Some(365 * 86_400),
                _ => None,
            };
        }
        (false, Ns::Syndication, "updatefrequency") => {
            desk.update_frequency = xml.text().trim().parse().ok();
        }
        _ => xml.skip(),
    }
}

/// Offers the home page that an Atom link names, and takes hubs and the address they know the feed by (WebSub §4); the caller passes the link's
/// end.
pub(super) fn atom_feed_link<'a>(xml: &Xml<'a>, tag: &Tag<'a>, rank: u8, desk: &mut Desk<'_>) {
    match (tag.attribute("rel").as_deref(), tag.attribute("href")) {
        (Some("hub"), Some(href)) => desk.advert.add_hub(xml.base(), &href),
        (Some("self"), Some(href)) => desk.advert.offer_topic(xml.base(), &href),
        (_, _) => {}
    }
    if matches!(tag.attribute("rel").as_deref(), None | Some("alternate")) {
        let is_page = tag.attribute("type").is_none_or(|media_type| media_type.contains("html"));
        let link = tag.attribute("href").and_then(|href| WebUrl::join(xml.base(), &href));
        desk.link.offer(if is_page { rank } else { rank + 1 }, link);
    }
}

/// The outlet of that name, else of that address.
pub(super) fn outlet(name: Option<&PlainText>, url: Option<WebUrl>) -> Option<Outlet> {
    let name = match (name, &url) {
        (Some(name), _) => name.as_str().to_owned(),
        (None, Some(url)) => url.host().to_owned(),
        (None, None) => return None,
    };
    Some(Outlet { name, url })
}

fn enclosure<'a>(
    xml: &Xml<'a>,
    tag: &Tag<'a>,
    url: &str,
    length: &str,
    draft: &mut Draft<'a>,
    desk: &mut Desk<'_>,
) {
    let url = tag.attribute(url).and_then(|url| desk.link(xml, &url));
    draft.add_enclosure(url, tag.attribute("type").as_deref(), tag.attribute(length).as_deref());
}

/// Adds the categories of a list with commas.
fn words(text: &str, draft: &mut Draft<'_>) {
    text.split(',').for_each(|word| draft.add_category(PlainText::new(word)));
}

/// The text of the open element, or an attribute's where there is none.
fn xml_text_or<'a>(xml: &mut Xml<'a>, tag: &Tag<'a>, attribute: &str) -> Cow<'a, str> {
    let text = xml.text();
    if text.trim_ascii().is_empty() { tag.attribute(attribute).unwrap_or_default() } else { text }
}

fn has_image_name(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    path.rsplit_once('.').is_some_and(|(_, extension)| {
        ["jpg", "jpeg", "png", "gif", "webp", "avif"]
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    })
}

fn filled(construct: Construct<'_>) -> Option<Construct<'_>> {
    (!construct.is_blank()).then_some(construct)
}

fn blank_free(text: Cow<'_, str>) -> Option<Cow<'_, str>> {
    (!text.trim_ascii().is_empty()).then_some(text)
}
