//! The rules of each format, as its specification says them. What does not keep one fails the test that asks.

use std::collections::BTreeSet;

use chrono::DateTime;
use serde_json::{Map, Value};
use url::Url;

use super::xml;

/// What the rules of its format say of a published document, by its file name.
pub fn document(name: &str, document: &[u8]) {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "rss" => rss(document),
        "atom" => atom(document),
        "json" => json_feed(document),
        "html" => assert!(document.starts_with(b"<!DOCTYPE html>"), "{name}"),
        "opml" => opml(document),
        _ => panic!("nothing is published as {name}"),
    }
}

/// <http://opml.org/spec2.opml>, of a subscription list.
pub fn opml(document: &[u8]) {
    let root = xml::parse(document);
    assert_eq!((root.name.as_str(), root.attribute("version")), ("opml", Some("2.0")));
    assert!(root.one("head").unwrap().one("title").is_some());
    for outline in root.one("body").unwrap().all("outline") {
        assert_ne!(outline.attribute("text").unwrap(), "");
        assert_eq!(outline.attribute("type"), Some("rss"));
        web_url(outline.attribute("xmlUrl").unwrap());
        outline.attribute("htmlUrl").into_iter().for_each(web_url);
    }
}

/// The RSS Advisory Board's RSS 2.0 specification and Best Practices Profile.
pub fn rss(document: &[u8]) {
    let root = xml::parse(document);
    assert_eq!((root.name.as_str(), root.attribute("version")), ("rss", Some("2.0")));
    let channel = root.one("channel").unwrap();
    assert!(!channel.text_of("title").is_empty());
    assert!(!channel.text_of("description").is_empty());
    web_url(channel.text_of("link"));
    let links: Vec<_> = channel.all("atom:link").collect();
    assert_eq!(links.iter().filter(|link| link.attribute("rel") == Some("self")).count(), 1);
    assert!(links.iter().all(|link| link.text.is_empty() && link.children.is_empty()));
    if let Some(date) = channel.one("lastBuildDate") {
        DateTime::parse_from_rfc2822(&date.text).unwrap();
    }
    let mut guids = BTreeSet::new();
    for item in channel.all("item") {
        assert!(!item.text_of("title").is_empty());
        assert!(!item.text_of("description").is_empty());
        if let Some(link) = item.one("link") {
            web_url(&link.text);
        }
        let guid = item.one("guid").unwrap();
        assert_eq!(guid.attribute("isPermaLink"), Some("false"));
        assert!(guids.insert(guid.text.clone()), "{} stands twice", guid.text);
        DateTime::parse_from_rfc2822(item.text_of("pubDate")).unwrap();
        if let Some(source) = item.one("source") {
            web_url(source.attribute("url").unwrap());
            assert!(!source.text.is_empty());
        }
        if let Some(enclosure) = item.one("enclosure") {
            web_url(enclosure.attribute("url").unwrap());
            enclosure.attribute("length").unwrap().parse::<u64>().unwrap();
            media_type(enclosure.attribute("type").unwrap());
        }
        for media in item.all("media:content").chain(item.all("media:thumbnail")) {
            web_url(media.attribute("url").unwrap());
        }
        assert!(item.one("author").is_none(), "an author must be a mail address");
        assert!(item.all("category").all(|category| !category.text.is_empty()));
    }
}

/// RFC 4287.
pub fn atom(document: &[u8]) {
    let feed = xml::parse(document);
    assert_eq!(feed.name, "feed");
    assert_eq!(feed.attribute("xmlns"), Some("http://www.w3.org/2005/Atom"));
    common(&feed);
    assert!(feed.one("author").is_some());
    assert_eq!(feed.all("link").filter(|link| link.attribute("rel") == Some("self")).count(), 1);
    let mut ids = BTreeSet::new();
    for entry in feed.all("entry") {
        common(entry);
        assert!(ids.insert(entry.text_of("id").to_owned()), "an id stands twice");
        assert!(entry.all("author").count() > 0);
        for author in entry.all("author") {
            assert!(!author.text_of("name").is_empty());
        }
        DateTime::parse_from_rfc3339(entry.text_of("published")).unwrap();
        // §4.1.2: without content there must be an alternate link, and we always have content.
        assert_eq!(entry.one("content").unwrap().attribute("type"), Some("html"));
        assert!(!entry.text_of("content").is_empty());
        assert!(entry.all("category").all(|category| category.attribute("term").is_some()));
        for media in entry.all("media:content").chain(entry.all("media:thumbnail")) {
            web_url(media.attribute("url").unwrap());
        }
        let last = entry.children.last().unwrap();
        assert_eq!(last.name, "source", "a reader must meet the entry's own fields first");
        assert!(!last.text_of("title").is_empty());
    }
}

/// What RFC 4287 wants of a feed and of an entry.
fn common(element: &xml::Element) {
    assert!(!element.text_of("title").is_empty());
    Url::parse(element.text_of("id")).unwrap();
    DateTime::parse_from_rfc3339(element.text_of("updated")).unwrap();
    let mut alternates = BTreeSet::new();
    for link in element.all("link") {
        web_url(link.attribute("href").unwrap());
        if link.attribute("rel") == Some("alternate") {
            // §4.1.1, §4.1.2: no two of the same type and language.
            let kind = (link.attribute("type"), link.attribute("hreflang"));
            assert!(alternates.insert(kind), "two alternates of {kind:?}");
        }
    }
}

/// <https://www.jsonfeed.org/version/1.1/>
pub fn json_feed(document: &[u8]) {
    let feed: Value = serde_json::from_slice(document).unwrap();
    let feed = feed.as_object().unwrap();
    assert_eq!(feed["version"], "https://jsonfeed.org/version/1.1");
    known(
        feed,
        "version title home_page_url feed_url description user_comment next_url icon favicon authors language expired hubs items",
    );
    assert_ne!(text(feed, "title"), "");
    web_url(text(feed, "feed_url"));
    web_url(text(feed, "home_page_url"));
    let mut ids = BTreeSet::new();
    for item in feed["items"].as_array().unwrap() {
        let item = item.as_object().unwrap();
        known(
            item,
            "id url external_url title content_html content_text summary image banner_image date_published date_modified authors tags language attachments",
        );
        assert!(ids.insert(text(item, "id")), "an id stands twice");
        assert_ne!(text(item, "content_html"), "");
        DateTime::parse_from_rfc3339(text(item, "date_published")).unwrap();
        DateTime::parse_from_rfc3339(text(item, "date_modified")).unwrap();
        ["url", "image"].iter().filter(|key| item.contains_key(**key)).for_each(|key| {
            web_url(text(item, key));
        });
        for author in item["authors"].as_array().unwrap() {
            known(author.as_object().unwrap(), "name url avatar");
        }
        for attachment in
            item.get("attachments").into_iter().flat_map(|all| all.as_array().unwrap())
        {
            let attachment = attachment.as_object().unwrap();
            known(attachment, "url mime_type title size_in_bytes duration_in_seconds");
            web_url(text(attachment, "url"));
            media_type(text(attachment, "mime_type"));
        }
    }
}

/// Every key is in the list, or an extension.
fn known(object: &Map<String, Value>, keys: &str) {
    for key in object.keys() {
        assert!(key.starts_with('_') || keys.split(' ').any(|known| known == key), "{key}");
    }
}

fn text<'a>(object: &'a Map<String, Value>, key: &str) -> &'a str {
    object[key].as_str().unwrap()
}

fn web_url(text: &str) {
    assert!(text.starts_with("http://") || text.starts_with("https://"), "{text}");
    Url::parse(text).unwrap();
}

fn media_type(text: &str) {
    let (kind, name) = text.split_once('/').unwrap();
    assert!(!kind.is_empty() && !name.is_empty() && !text.contains([' ', '<', '"']), "{text}");
}
