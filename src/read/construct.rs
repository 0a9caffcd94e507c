//! Texts that say what they are: Atom's text constructs and persons (RFC 4287 §3.1, §3.2), and RSS's titles, which do not say it.

use std::borrow::Cow;

use base64::Engine;
use url::Url;

use super::sanitise::{self, Effort};
use super::xml::reference::unescape;
use super::xml::{Inner, Tag, Xml};
use crate::model::text::{HEADLINE_BYTES, Headline, PLAIN_BYTES, PlainText, SafeHtml};
use crate::model::url::WebUrl;

/// What a text is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text: a `<` is a `<`.
    Plain,
    /// Markup.
    Html,
    /// Text by the letter of its format, which publishers fill with markup all the same: RSS titles.
    Unsure,
}

/// A text, what it is made of, and the base of URLs in it where that is not the document's.
#[derive(Debug, Clone)]
pub(super) struct Construct<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) kind: Kind,
    pub(super) base: Option<Url>,
}

/// The longest text handed to the sanitiser, in bytes; what is longer is cut.
const CONTENT_BYTES: usize = 1024 * 1024;
/// How much of a marked-up title is looked at, in bytes: enough for a headline in the heaviest markup.
const TITLE_BYTES: usize = 16 * HEADLINE_BYTES;
/// The longest plain text kept of a summary, in bytes.
const SUMMARY_TEXT_BYTES: usize = PLAIN_BYTES;

impl<'a> Construct<'a> {
    /// Reads the open element as RSS does.
    pub(super) fn of_rss(xml: &mut Xml<'a>) -> Construct<'a> {
        let base = xml.own_base();
        Construct { text: xml.html(Inner::Html), kind: Kind::Html, base }
    }

    /// Reads the open element as a text that is named a title.
    pub(super) fn of_title(xml: &mut Xml<'a>) -> Construct<'a> {
        Construct { text: xml.text(), kind: Kind::Unsure, base: None }
    }

    /// Reads the open element as an Atom text construct or content; `None` if it is neither text nor markup, or elsewhere.
    pub(super) fn of_atom(xml: &mut Xml<'a>, tag: &Tag<'a>) -> Option<Construct<'a>> {
        let base = xml.own_base();
        let media_type = tag.attribute("type").unwrap_or_default().to_ascii_lowercase();
        let media_type = media_type.split(';').next().unwrap_or_default().trim();
        // Atom 0.3 says how the text is written apart from what it is.
        let mode = tag.attribute("mode").unwrap_or_default();
        if tag.attribute("src").is_some() {
            xml.skip();
            return None;
        }
        if mode.eq_ignore_ascii_case("base64") {
            return of_base64(&xml.text(), media_type, base);
        }
        let escaped = mode.eq_ignore_ascii_case("escaped");
        match media_type {
            "html" | "text/html" => {
                Some(Construct { text: xml.html(Inner::Html), kind: Kind::Html, base })
            }
            "xhtml" | "application/xhtml+xml" | "text/xhtml" => {
                let inner = if escaped { Inner::Html } else { Inner::Text };
                let text = xml.without_sibling(|xml| xml.html(inner));
                Some(Construct { text, kind: Kind::Html, base })
            }
            "" | "text" | "text/plain" => Some(match xml.simple_text() {
                Some(text) => Construct { text, kind: Kind::Plain, base },
                // Elements where text should be are markup all the same.
                None => Construct { text: xml.html(Inner::Text), kind: Kind::Html, base },
            }),
            "application/octet-stream" => of_base64(&xml.text(), media_type, base),
            // A title or summary has no media type; one that is stated is a slip.
            _ if tag.local != "content" => {
                Some(Construct { text: xml.text(), kind: Kind::Plain, base })
            }
            _ => {
                xml.without_sibling(Xml::skip);
                None
            }
        }
    }

    /// Whether there is nothing in it but white space.
    pub(super) fn is_blank(&self) -> bool {
        self.text.trim_ascii().is_empty()
    }

    /// The text as a headline.
    pub(super) fn headline(&self) -> Option<Headline> {
        Headline::new(&self.line())
    }

    /// The text as a line of text.
    pub(super) fn plain(&self) -> Option<PlainText> {
        PlainText::new(&self.line())
    }

    fn line(&self) -> Cow<'_, str> {
        let text = upto(&self.text, TITLE_BYTES);
        match self.kind {
            Kind::Plain => Cow::Borrowed(text),
            Kind::Html => Cow::Owned(sanitise::plain_text(text, HEADLINE_BYTES)),
            Kind::Unsure => line_of_unsure(text),
        }
    }

    /// The text as HTML that may be shown, URLs in it resolved against its own base or else `base`; `None` if nothing is left of it.
    pub(super) fn safe_html(&self, base: Option<&Url>, effort: &mut Effort) -> Option<SafeHtml> {
        let text = upto(self.text.trim_ascii(), CONTENT_BYTES);
        let html = match self.kind {
            Kind::Plain => SafeHtml::escaped(text),
            Kind::Html | Kind::Unsure => {
                sanitise::sanitise_within(text, self.base.as_ref().or(base), effort)
            }
        };
        (!html.is_empty()).then_some(html)
    }

    /// Whether the text is longer than what is kept of it.
    pub(super) fn is_cut(&self) -> bool {
        self.text.len() > CONTENT_BYTES
    }
}

/// The line of a text that may be marked up: as text, unless it holds whole elements of HTML.
pub(super) fn line_of_unsure(text: &str) -> Cow<'_, str> {
    if memchr::memchr2(b'<', b'&', text.as_bytes()).is_none() {
        Cow::Borrowed(text)
    } else if has_markup(text) {
        Cow::Owned(sanitise::plain_text(text, HEADLINE_BYTES))
    } else {
        sanitise::decode_entities(text)
    }
}

/// The text of a summary for topics.
pub(super) fn summary_text(html: &SafeHtml) -> Option<PlainText> {
    let html = html.as_str();
    if memchr::memchr2(b'<', b'&', html.as_bytes()).is_none() {
        return PlainText::new(upto(html, SUMMARY_TEXT_BYTES));
    }
    PlainText::of(sanitise::plain_text(html, SUMMARY_TEXT_BYTES))
}

/// The first picture in HTML: many feeds name an entry's picture nowhere else. The sanitiser has left out those that only count readers.
pub(super) fn first_image(html: &SafeHtml) -> Option<WebUrl> {
    let start = memchr::memmem::find(html.as_str().as_bytes(), b"<img ")?;
    let (tag, _) = html.as_str()[start..].split_once('>')?;
    let (_, url) = tag.split_once("src=\"")?;
    let (url, _) = url.split_once('"')?;
    WebUrl::parse(&unescape(url))
}

fn of_base64<'a>(text: &str, media_type: &str, base: Option<Url>) -> Option<Construct<'a>> {
    let compact: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let bytes = base64::engine::general_purpose::STANDARD.decode(compact).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let kind = match media_type {
        "text" | "text/plain" => Kind::Plain,
        "" | "application/octet-stream" => Kind::Unsure,
        "html" | "text/html" | "xhtml" | "application/xhtml+xml" => Kind::Html,
        _ => return None,
    };
    Some(Construct { text: Cow::Owned(text), kind, base })
}

/// Whether a text holds an element of HTML that a headline may be marked up with: a whole one, since a headline on `<b>` names it alone.
fn has_markup(text: &str) -> bool {
    const VOID: [&str; 4] = ["br", "img", "wbr", "hr"];
    const PAIRED: [&str; 36] = [
        "a", "abbr", "acronym", "b", "big", "blink", "center", "cite", "code", "del", "div", "em",
        "font", "h1", "h2", "h3", "h4", "i", "ins", "kbd", "mark", "nobr", "p", "q", "s", "script",
        "small", "span", "strike", "strong", "style", "sub", "sup", "tt", "u", "var",
    ];
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('<') {
        rest = after;
        let length = after.bytes().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(0);
        let name = &after[..length];
        if length == 0 || length > 8 || !after.contains('>') {
            continue;
        }
        let is = |known: &&str| known.eq_ignore_ascii_case(name);
        if VOID.iter().any(is) {
            return true;
        }
        if PAIRED.iter().any(is) && has_end(after, name) {
            return true;
        }
    }
    false
}

/// Whether a text holds the end tag of that name.
fn has_end(text: &str, name: &str) -> bool {
    memchr::memmem::find_iter(text.as_bytes(), b"</").any(|found| {
        text.as_bytes()[found + 2..]
            .get(..name.len())
            .is_some_and(|end| end.eq_ignore_ascii_case(name.as_bytes()))
    })
}

/// The text, cut at a character below `limit` bytes.
fn upto(text: &str, limit: usize) -> &str {
    if text.len() <= limit { text } else { &text[..text.floor_char_boundary(limit)] }
}

/// Reads the open element as an Atom person: the name, else the address, else the page.
pub(super) fn person(xml: &mut Xml<'_>) -> Option<PlainText> {
    let mut name = None;
    let mut email = None;
    let mut uri = None;
    let mut text_only = String::new();
    while let Some(tag) = xml.child_with_text(&mut text_only) {
        match tag.local.as_ref() {
            "name" => name = name.or(Construct::of_title(xml).plain()),
            "email" => email = email.or(PlainText::new(&xml.text())),
            "uri" | "url" | "homepage" => uri = uri.or(PlainText::new(&xml.text())),
            _ => text_only.push_str(&xml.text()),
        }
    }
    let text = || byline(&text_only);
    name.or(email).or_else(text).or(uri)
}

/// The name in a byline of RSS: `editor@example.com (Jane Doe)` and `Jane Doe <editor@example.com>` name Jane Doe.
pub(super) fn byline(text: &str) -> Option<PlainText> {
    let line = line_of_unsure(upto(text, TITLE_BYTES));
    let line = line.trim();
    let split = |open: char, close: char| -> Option<&str> {
        let (before, inner) = line.strip_suffix(close)?.split_once(open)?;
        let (before, inner) = (before.trim(), inner.trim());
        match (before.contains('@'), inner.contains('@')) {
            (true, false) if !inner.is_empty() => Some(inner),
            (false, true) if !before.is_empty() => Some(before),
            _ => None,
        }
    };
    PlainText::new(split('(', ')').or_else(|| split('<', '>')).unwrap_or(line))
}
