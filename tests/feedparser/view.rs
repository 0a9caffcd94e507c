//! A document as we read it, under the names that feedparser gives to its parts. What is named here is held; every other name is not.

use chrono::{Datelike, Timelike};
use tidings::model::entry::{Entry, ParsedFeed};
use tidings::model::text::PlainText;
use tidings::model::time::Timestamp;

use crate::python::Value;

/// The document; one that was refused has no parts.
pub(crate) fn view<E>(read: &Result<ParsedFeed, E>) -> Value {
    let Ok(feed) = read else {
        return Value::map([
            ("bozo", Value::Bool(true)),
            ("entries", Value::List(Vec::new())),
            ("feed", Value::map([])),
        ]);
    };
    let title = line(feed.title.as_ref().map(PlainText::as_str));
    let link = text(feed.link.as_ref().map(|link| link.as_str()));
    Value::map([
        // What is noted of a single entry is about what it says, not about how the document is written.
        ("bozo", Value::Bool(feed.notes.iter().any(|note| note.item.is_none()))),
        ("entries", Value::List(feed.entries.iter().map(entry).collect())),
        (
            "feed",
            Value::map([
                ("title_detail", Value::map([("value", title.clone())])),
                ("title", title),
                ("links", Value::List(vec![Value::map([("href", link.clone())])])),
                ("link", link),
                ("language", text(feed.language.as_ref().map(|language| language.as_str()))),
            ]),
        ),
    ])
}

fn entry(entry: &Entry) -> Value {
    let title = line(entry.title.as_ref().map(|title| title.as_str()));
    let link = text(entry.link.as_ref().map(|link| link.as_str()));
    let id = text(entry.guid.as_ref().map(|guid| guid.as_str()));
    let html = |html: Option<&tidings::model::text::SafeHtml>| {
        html.map_or(Value::None, |html| Value::Html(html.as_str().to_owned()))
    };
    let content = html(entry.content.as_ref());
    // feedparser has the one for the other where a document gives but one.
    let summary = html(entry.summary.as_ref().or(entry.content.as_ref()));
    let content_or_summary = html(entry.content.as_ref().or(entry.summary.as_ref()));
    let author = |author: &PlainText| Value::Text(author.as_str().to_owned());
    let tags = entry
        .categories
        .iter()
        .map(|tag| Value::map([("term", Value::Text(tag.as_str().to_owned()))]));
    let enclosures = entry.enclosures.iter().map(|enclosure| {
        let url = Value::Text(enclosure.url.as_str().to_owned());
        Value::map([
            ("href", url.clone()),
            ("url", url),
            ("type", text(enclosure.media_type.as_deref())),
            ("length", text(enclosure.length_bytes.map(|length| length.to_string()).as_deref())),
        ])
    });
    Value::map([
        ("title_detail", Value::map([("value", title.clone())])),
        ("title", title),
        ("links", Value::List(vec![Value::map([("href", link.clone())])])),
        ("link", link),
        ("guid", id.clone()),
        ("id", id),
        ("summary_detail", Value::map([("value", summary.clone())])),
        ("summary", summary.clone()),
        ("description", summary),
        (
            "content",
            match &content {
                Value::None if content_or_summary == Value::None => Value::List(Vec::new()),
                _ => Value::List(vec![Value::map([("value", content_or_summary)])]),
            },
        ),
        ("published_parsed", date(entry.published)),
        ("updated_parsed", date(entry.updated)),
        ("author", entry.authors.first().map_or(Value::None, author)),
        (
            "authors",
            Value::List(
                entry.authors.iter().map(|name| Value::map([("name", author(name))])).collect(),
            ),
        ),
        (
            "author_detail",
            Value::map([("name", entry.authors.first().map_or(Value::None, author))]),
        ),
        ("tags", Value::List(tags.collect())),
        ("enclosures", Value::List(enclosures.collect())),
        (
            "source",
            Value::map([("title", text(entry.outlet.as_ref().map(|outlet| outlet.name.as_str())))]),
        ),
    ])
}

fn text(text: Option<&str>) -> Value {
    text.map_or(Value::None, |text| Value::Text(text.to_owned()))
}

fn line(text: Option<&str>) -> Value {
    text.map_or(Value::None, |text| Value::Line(text.to_owned()))
}

/// Python's `struct_time` of an instant.
fn date(at: Option<Timestamp>) -> Value {
    let Some(at) = at else { return Value::None };
    let at = at.to_utc();
    let numbers = [
        i64::from(at.year()),
        i64::from(at.month()),
        i64::from(at.day()),
        i64::from(at.hour()),
        i64::from(at.minute()),
        i64::from(at.second()),
        i64::from(at.weekday().num_days_from_monday()),
        i64::from(at.ordinal()),
        0,
    ];
    Value::List(numbers.map(Value::Number).to_vec())
}
