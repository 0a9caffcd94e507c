//! JSON Feed 1.0 and 1.1. Items are read one by one: a bad one costs itself, and a document cut off keeps those before the cut.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::ReadError;
use super::construct::{self, Construct, Kind};
use super::draft::{Desk, Draft};
use crate::model::entry::{FeedFormat, ParsedFeed};
use crate::model::lang::Lang;
use crate::model::text::PlainText;
use crate::model::url::WebUrl;

/// Reads a document that is a JSON object.
///
/// # Errors
/// If it is no JSON Feed, or cannot be read up to the end of its first item.
pub(super) fn read(text: &str, desk: Desk<'_>) -> Result<ParsedFeed, ReadError> {
    let mut document = Document { desk, is_feed: false, authors: Vec::new(), unsigned: Vec::new() };
    let text = mended(text);
    let mut json = serde_json::Deserializer::from_str(&text);
    let outcome = json.deserialize_map(&mut document).and_then(|()| json.end());
    let Document { mut desk, is_feed, authors, unsigned } = document;
    if let Err(error) = outcome {
        if desk.entries.is_empty() {
            return Err(ReadError::Json { reason: error.to_string() });
        }
        desk.notes.document(format!(
            "the JSON cannot be read to its end, whole items were kept: {error}"
        ));
    }
    if !is_feed {
        return Err(ReadError::OtherJson);
    }
    for index in unsigned {
        if let Some(entry) = desk.entries.get_mut(index) {
            entry.authors.clone_from(&authors);
        }
    }
    Ok(desk.finish(FeedFormat::Json1))
}

/// The text with each escaped half of a surrogate pair that stands alone replaced (RFC 8259 §8.2): some software cuts titles between the two.
fn mended(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let half = |at: usize| -> Option<u16> {
        let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16)
            .ok()
            .filter(|unit| (0xd800..=0xdfff).contains(unit))
    };
    let mut out = String::new();
    let mut kept = 0;
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'\\', &bytes[at..]) {
        at += found;
        match half(at) {
            // Two bytes, so that an escaped backslash does not begin an escape.
            None => at += 2,
            Some(high) if high < 0xdc00 && half(at + 6).is_some_and(|low| low >= 0xdc00) => {
                at += 12;
            }
            Some(_) => {
                out.push_str(&text[kept..at]);
                out.push_str("\\ufffd");
                at += 6;
                kept = at;
            }
        }
        if at >= bytes.len() {
            break;
        }
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[kept..]);
    Cow::Owned(out)
}

struct Document<'o> {
    desk: Desk<'o>,
    is_feed: bool,
    authors: Vec<PlainText>,
    /// Entries without authors, which have the feed's.
    unsigned: Vec<usize>,
}

impl<'de> Visitor<'de> for &mut Document<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON feed")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if key == "items" {
                map.next_value_seed(Items(self))?;
                continue;
            }
            // Read, not passed over: this is what bounds the nesting.
            let value = map.next_value::<Value>()?;
            match key.as_str() {
                "version" => {
                    self.is_feed |=
                        value.as_str().is_some_and(|version| version.contains("jsonfeed"));
                }
                "title" => self
                    .desk
                    .title
                    .offer(1, string(&value).and_then(|title| PlainText::new(&title))),
                "home_page_url" => {
                    let link = string(&value)
                        .and_then(|link| WebUrl::join(self.desk.base.as_ref(), &link));
                    self.desk.link.offer(1, link);
                }
                "feed_url" => {
                    if let Some(href) = string(&value) {
                        self.desk.advert.offer_topic(self.desk.base.as_ref(), &href);
                    }
                }
                "hubs" => {
                    // `rssCloud` is the other kind that the specification names.
                    let is_websub = |hub: &&Value| {
                        hub.get("type").and_then(Value::as_str).is_none_or(|kind| {
                            kind.eq_ignore_ascii_case("websub")
                                || kind.eq_ignore_ascii_case("pubsubhubbub")
                        })
                    };
                    for hub in value.as_array().into_iter().flatten().filter(is_websub) {
                        if let Some(href) = hub.get("url").and_then(Value::as_str) {
                            self.desk.advert.add_hub(self.desk.base.as_ref(), href);
                        }
                    }
                }
                "language" => {
                    self.desk.language.offer(1, string(&value).and_then(|tag| Lang::parse(&tag)));
                }
                "authors" | "author" => {
                    add_names(&value, &mut |name| {
                        if self.authors.len() < 8 {
                            self.authors.push(name);
                        }
                    });
                }
                _ => {}
            }
        }
        Ok(())
    }
}

struct Items<'d, 'o>(&'d mut Document<'o>);

impl<'de> DeserializeSeed<'de> for Items<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Items<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of items")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut items: S) -> Result<(), S::Error> {
        let document = self.0;
        document.is_feed = true;
        while let Some(raw) = items.next_element::<&RawValue>()? {
            if document.desk.is_full() {
                continue;
            }
            match serde_json::from_str::<Value>(raw.get()) {
                Ok(Value::Object(item)) => {
                    let draft = draft(&item, &mut document.desk);
                    if draft.authors.is_empty() {
                        document.unsigned.push(document.desk.entries.len());
                    }
                    document.desk.file(draft);
                }
                Ok(_) => document.desk.lose("the item is no object".to_owned()),
                Err(error) => document.desk.lose(format!("the item cannot be read: {error}")),
            }
        }
        Ok(())
    }
}

/// Reads an item (JSON Feed 1.1, "Items").
fn draft(item: &serde_json::Map<String, Value>, desk: &mut Desk<'_>) -> Draft<'static> {
    let text =
        |name: &str| item.get(name).and_then(string).map(|text| Cow::Owned(text.into_owned()));
    let construct = |name: &str, kind: Kind| {
        let text = text(name)?;
        Some(Construct { text, kind, base: None }).filter(|construct| !construct.is_blank())
    };
    let mut draft = Draft::default();
    draft.guid.offer(1, text("id"));
    draft.title.offer(1, construct("title", Kind::Plain));
    draft.summary.offer(1, construct("summary", Kind::Plain));
    draft.content.offer(1, construct("content_html", Kind::Html));
    draft.content.offer(2, construct("content_text", Kind::Plain));
    for (rank, name) in [(1, "url"), (2, "external_url")] {
        let link = text(name).and_then(|link| desk.document_link(&link));
        draft.link.offer(rank, link);
    }
    let published = text("date_published").and_then(|date| desk.date(&date));
    draft.published.offer(1, published);
    let updated = text("date_modified").and_then(|date| desk.date(&date));
    draft.updated.offer(1, updated);
    for (rank, name) in [(1, "image"), (2, "banner_image")] {
        draft.image.offer(rank, text(name).and_then(|url| WebUrl::join(desk.base.as_ref(), &url)));
    }
    draft.language.offer(1, text("language").and_then(|tag| Lang::parse(&tag)));
    for name in ["authors", "author"] {
        if let Some(value) = item.get(name) {
            add_names(value, &mut |author| draft.add_author(Some(author)));
        }
    }
    for tag in list(item.get("tags")) {
        draft.add_category(string(tag).and_then(|tag| PlainText::new(&tag)));
    }
    for attachment in list(item.get("attachments")) {
        let field = |name: &str| attachment.get(name).and_then(string);
        let url = field("url").and_then(|url| desk.document_link(&url));
        draft.add_enclosure(url, field("mime_type").as_deref(), field("size_in_bytes").as_deref());
    }
    draft
}

/// The names of one author or several, written as the object that the format asks for or as text.
fn add_names(value: &Value, add: &mut dyn FnMut(PlainText)) {
    let name = |author: &Value| match author {
        Value::Object(author) => author
            .get("name")
            .or_else(|| author.get("url"))
            .and_then(string)
            .map(|name| name.trim_start_matches("mailto:").to_owned())
            .and_then(|name| PlainText::new(&name)),
        Value::String(_) | Value::Number(_) | Value::Null | Value::Bool(_) | Value::Array(_) => {
            string(author).and_then(|name| construct::byline(&name))
        }
    };
    match value {
        Value::Array(authors) => authors.iter().filter_map(name).for_each(&mut *add),
        Value::Object(_) | Value::String(_) | Value::Number(_) | Value::Null | Value::Bool(_) => {
            name(value).into_iter().for_each(add);
        }
    }
}

/// A text; a number counts as one, since ids are written so.
fn string(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            None
        }
    }
}

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
