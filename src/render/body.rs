//! The visible text of an item, as HTML: what its source says, who says so, and who else reports it.

use super::text;
use crate::model::edition::{Also, Item};
use crate::model::lang::Lang;
use crate::model::text::{SafeHtml, push_escaped};
use crate::model::url::WebUrl;

/// The longest summary that is made of a content, in columns: about five lines.
const EXCERPT_COLUMNS: usize = 400;

/// The content, where it says more than the summary.
pub(super) fn content(item: &Item) -> Option<&SafeHtml> {
    item.content.as_ref().filter(|content| item.summary.as_ref() != Some(*content))
}

/// The summary in one line of plain text; of an item without one, the start of its content. Empty if there is neither.
pub(super) fn summary_text(item: &Item) -> String {
    let html = item.summary.as_ref().or(item.content.as_ref());
    html.map_or(String::new(), |html| text::excerpt(html.as_str(), EXCERPT_COLUMNS))
}

/// The summary with the outlets below it; never empty.
pub(super) fn summary_html(item: &Item) -> String {
    let mut html = match &item.summary {
        Some(summary) => text::legal(summary.as_str()).into_owned(),
        None => {
            let line = summary_text(item);
            let mut html = String::with_capacity(line.len() + 64);
            if !line.is_empty() {
                html.push_str("<p>");
                push_escaped(&mut html, &line);
                html.push_str("</p>");
            }
            html
        }
    };
    push_outlets(&mut html, item);
    html
}

/// The content, else the summary, with the outlets below it; never empty.
pub(super) fn full_html(item: &Item) -> String {
    match content(item) {
        Some(content) => {
            let mut html = text::legal(content.as_str()).into_owned();
            push_outlets(&mut html, item);
            html
        }
        None => summary_html(item),
    }
}

/// Names the outlet of the item, then the others with their headlines.
fn push_outlets(html: &mut String, item: &Item) {
    html.push_str("<p>Source: ");
    push_link(html, item.link.as_ref(), None, &item.outlet.name);
    push_language(html, item.language.as_ref());
    html.push_str("</p>");
    if item.also.is_empty() {
        return;
    }
    html.push_str("<p>Also:</p><ul>");
    for also in &item.also {
        html.push_str("<li>");
        push_also(html, also);
        html.push_str("</li>");
    }
    html.push_str("</ul>");
}

/// `Outlet (ko) – headline`, linked.
fn push_also(html: &mut String, also: &Also) {
    match &also.headline {
        Some(headline) => {
            push_escaped(html, &also.outlet.name);
            push_language(html, also.language.as_ref());
            html.push_str(" – ");
            push_link(html, also.link.as_ref(), also.language.as_ref(), headline.as_str());
        }
        None => {
            push_link(html, also.link.as_ref(), None, &also.outlet.name);
            push_language(html, also.language.as_ref());
        }
    }
}

fn push_language(html: &mut String, language: Option<&Lang>) {
    if let Some(language) = language {
        html.push_str(" (");
        html.push_str(language.as_str());
        html.push(')');
    }
}

/// Text of another language or direction than its surroundings, as a link where there is a page.
fn push_link(html: &mut String, link: Option<&WebUrl>, language: Option<&Lang>, text: &str) {
    if let Some(link) = link {
        html.push_str("<a href=\"");
        push_escaped(html, link.as_str());
        html.push_str("\">");
    }
    // Without isolation an Arabic headline would turn the brackets and numbers around it (UAX #9 §3.3.2).
    match language {
        Some(language) => {
            html.push_str("<bdi lang=\"");
            html.push_str(language.as_str());
            html.push_str("\">");
        }
        None => html.push_str("<bdi>"),
    }
    push_escaped(html, text);
    html.push_str("</bdi>");
    if link.is_some() {
        html.push_str("</a>");
    }
}
