//! A feed as a page: no script, no request to anyone, and no server needed but a file server.
//!
//! Pictures and markup of the summaries are left out: a page to scan, which tells no outlet who reads it.

use askama::Template;

use super::{Format, RenderOptions, body, text};
use crate::model::edition::{Edition, Item};
use crate::model::lang::Lang;
use crate::model::time::Timestamp;

#[derive(Template)]
#[template(path = "edition.html")]
struct Page<'a> {
    title: &'a str,
    desk: &'a str,
    home: String,
    language: &'a str,
    formats: Vec<Link<'a>>,
    updated: Option<Time>,
    days: Vec<Day<'a>>,
    version: &'a str,
    /// The hubs, and this page by the name they know it.
    hubs: &'a [String],
    address: String,
}

struct Link<'a> {
    title: &'a str,
    media_type: &'a str,
    href: String,
}

struct Time {
    machine: String,
    people: String,
}

struct Day<'a> {
    date: String,
    name: String,
    items: Vec<Entry<'a>>,
}

struct Entry<'a> {
    id: String,
    title: &'a str,
    link: Option<&'a str>,
    language: &'a str,
    outlet: &'a str,
    time: Time,
    topics: Vec<&'a str>,
    summary: String,
    also: Vec<Line<'a>>,
}

struct Line<'a> {
    outlet: &'a str,
    language: &'a str,
    title: Option<&'a str>,
    link: Option<&'a str>,
}

#[expect(
    clippy::expect_used,
    reason = "writing to a String cannot fail, and no value of the template can"
)]
pub(super) fn render(edition: &Edition, options: &RenderOptions) -> Vec<u8> {
    let page = Page {
        title: super::feed_title(edition),
        desk: options.desk_title.trim(),
        home: options.home_url(),
        language: tag(edition.language.as_ref()),
        // Relative: the page stands beside them, wherever it is served from.
        formats: Format::ALL
            .into_iter()
            .filter(|format| *format != Format::Html && options.formats_available.contains(format))
            .map(|format| Link {
                title: format.title(),
                media_type: format.link_type(),
                href: format.file_name(&edition.feed),
            })
            .collect(),
        updated: edition.updated.map(|updated| time(updated, "%-d %B %Y, %H:%M UTC")),
        days: days(&edition.items),
        version: &options.version,
        hubs: &options.hubs,
        address: options.feed_url(&edition.feed, Format::Html),
    };
    let page = page.render().expect("a String takes every character");
    text::legal(&page).into_owned().into_bytes()
}

/// The items by the day (UTC) they were published, in their order.
fn days(items: &[Item]) -> Vec<Day<'_>> {
    items
        .chunk_by(|a, b| day(a) == day(b))
        .filter_map(|items| {
            let date = items.first()?.published.to_utc();
            Some(Day {
                date: date.format("%Y-%m-%d").to_string(),
                name: date.format("%A, %-d %B %Y").to_string(),
                items: items.iter().map(entry).collect(),
            })
        })
        .collect()
}

fn day(item: &Item) -> i64 {
    item.published.unix().div_euclid(24 * 60 * 60)
}

fn entry(item: &Item) -> Entry<'_> {
    Entry {
        id: item.id.to_string(),
        title: super::item_title(item),
        link: item.link.as_ref().map(|link| link.as_str()),
        language: tag(item.language.as_ref()),
        outlet: &item.outlet.name,
        time: time(item.published, "%H:%M UTC"),
        topics: item.topics.iter().map(|topic| topic.as_str()).collect(),
        summary: body::summary_text(item),
        also: item
            .also
            .iter()
            .map(|also| Line {
                outlet: &also.outlet.name,
                language: tag(also.language.as_ref()),
                title: also.headline.as_ref().map(|headline| headline.as_str()),
                link: also.link.as_ref().map(|link| link.as_str()),
            })
            .collect(),
    }
}

/// The language tag; empty where it is not known, which is how HTML says so (HTML Standard §3.2.6.2).
fn tag(language: Option<&Lang>) -> &str {
    language.map_or("", |language| language.as_str())
}

fn time(at: Timestamp, format: &str) -> Time {
    Time { machine: at.to_rfc3339(), people: at.to_utc().format(format).to_string() }
}
