//! HTML of feeds → HTML that may be shown, or plain text. The only caller of the HTML sanitiser.
//!
//! All that leaves here is built anew by `frame::Frame`: elements and attributes of the allow-list in `elements`, properly
//! nested, and escaped text. Nothing of the input is passed on as markup, and none of the elements in which a browser would read text by other
//! rules (`style`, `noscript`, `svg` …) is written, so that no re-reading can turn text into markup.
//!
//! Nearly all fragments of feeds nest properly and are done in one pass. Where tags cross, ammonia builds the tree that a browser would, and
//! its output takes the same pass. A tree costs time that grows with the square of its depth, so what nests too deep for it is mended
//! without one.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

use crate::model::text::{self, SafeHtml};

mod elements;
mod frame;
pub(super) mod references;
#[cfg(test)]
mod tests;
pub(super) mod tokens;

use elements::{Element, Place};
use frame::{Crossing, Frame};
use references::Within;
use tokens::{Token, Tokens};

/// How much of a fragment is read, in bytes.
const INPUT_BYTES: usize = 1024 * 1024;
/// How deep tags may nest, unclosed ones counted, for a tree to be built.
const TREE_DEPTH: usize = 100;
/// How many attributes a tag may have for a tree to be built, which compares each with all others.
const TREE_ATTRIBUTES: usize = 100;

/// How many tags a fragment may have for a tree to be built; no more of them are ever kept.
const TREE_TAGS: usize = 20_000;
/// How many elements a tree may have that no tag opened: a browser opens formatting anew in each block after the one it was left open in, so
/// that a little text can make a tree of gigabytes.
const TREE_COPIES: usize = 20_000;

/// What may still be spent on the broken HTML of one document: building a tree costs some ten times what reading does, and without a bound a
/// document full of crossing tags would take seconds.
#[derive(Debug, Clone)]
pub struct Effort {
    tree_bytes: usize,
}

impl Effort {
    /// What one document is worth.
    pub fn of_a_document() -> Effort {
        Effort { tree_bytes: 4 * 1024 * 1024 }
    }

    /// Whether a fragment of that length is still worth a tree, which is then paid for.
    fn affords(&mut self, html: &str) -> bool {
        let left = self.tree_bytes.checked_sub(html.len());
        self.tree_bytes = left.unwrap_or(0);
        left.is_some()
    }

    /// Whether fragments are mended without a tree from now on.
    pub fn is_spent(&self) -> bool {
        self.tree_bytes == 0
    }
}

/// Makes an HTML fragment safe to show: what is on the allow-list stays, URLs are absolute `http` and `https` (and `mailto` in links), pixels that
/// only count readers are left out.
///
/// Relative URLs are resolved against `base`, and left out where there is none. Of a fragment over 1 MiB the beginning is taken. Takes
/// time linear in the length of the fragment.
pub fn sanitise(html: &str, base: Option<&url::Url>) -> SafeHtml {
    sanitise_within(html, base, &mut Effort::of_a_document())
}

/// As [`sanitise`], for one of many fragments of a document: `effort` is what they share.
pub fn sanitise_within(html: &str, base: Option<&url::Url>, effort: &mut Effort) -> SafeHtml {
    let html = start_of(html, INPUT_BYTES);
    if let Some(safe) = rebuild(html, base, Crossing::Refuse) {
        return SafeHtml::vouched(safe);
    }
    let tree;
    let html = if effort.affords(html) && is_moderate(html) {
        tree = TREE_SANITISER.clean(html).to_string();
        tree.as_str()
    } else {
        html
    };
    SafeHtml::vouched(rebuild(html, base, Crossing::Mend).unwrap_or_default())
}

/// The text of an HTML fragment in one line of at most `limit_bytes`: no markup, references read, a space where a block or a line ends.
pub fn plain_text(html: &str, limit_bytes: usize) -> String {
    let mut line = Line::new(html.len().min(limit_bytes), limit_bytes);
    if memchr::memchr2(b'<', b'&', html.as_bytes()).is_none() {
        line.push(html);
        return line.text;
    }
    let mut tokens = Tokens::new(html);
    while let Some(token) = tokens.next() {
        let (name, is_start) = match token {
            Token::Text(text) => {
                if !line.push(&references::decode(text, Within::Text)) {
                    break;
                }
                continue;
            }
            Token::Start(name) => (name, true),
            Token::End(name) => (name, false),
        };
        match elements::element(name) {
            Element::Raw(name) if is_start => {
                tokens.skip_raw(name);
            }
            Element::Foreign(name) if is_start => skip_foreign(&mut tokens, name),
            Element::Shown(
                name,
                Place::Phrase | Place::Link | Place::Void | Place::Ruby | Place::RubyPart,
            ) if name != "br" => {}
            Element::Shown(..) | Element::Structural => line.gap(),
            Element::Raw(_) | Element::Foreign(_) | Element::Unwrapped | Element::Plaintext => {}
        }
    }
    line.text
}

/// Replaces the character references of HTML (`&eacute;`, `&#233;`, `&amp;`) by what they stand for.
pub fn decode_entities(text: &str) -> Cow<'_, str> {
    references::decode(text, Within::Text)
}

/// As [`decode_entities`], by the rules for the values of attributes: `?a=1&copy=2` is no copyright sign.
pub fn decode_attribute(value: &str) -> Cow<'_, str> {
    references::decode(value, Within::Attribute)
}

/// The beginning of a text, cut at a character.
fn start_of(text: &str, limit: usize) -> &str {
    let mut end = text.len().min(limit);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Writes a fragment anew; `None` if tags cross and that is to be refused.
fn rebuild(html: &str, base: Option<&url::Url>, crossing: Crossing) -> Option<String> {
    let mut frame = Frame::new(base, crossing, html.len());
    let mut tokens = Tokens::new(html);
    while let Some(token) = tokens.next() {
        if frame.is_full() {
            break;
        }
        match token {
            Token::Text(text) => frame.text(text)?,
            Token::Start(name) => match elements::element(name) {
                Element::Shown(name, place) => frame.start(name, place, tokens.attributes())?,
                Element::Unwrapped => {}
                Element::Structural => frame.unwrap_structural()?,
                Element::Raw(name) => {
                    tokens.skip_raw(name);
                }
                Element::Foreign(name) => {
                    frame.unwrap_structural()?;
                    skip_foreign(&mut tokens, name);
                }
                Element::Plaintext => {
                    frame.unwrap_structural()?;
                    frame.text(tokens.rest())?;
                }
            },
            Token::End(name) => match elements::element(name) {
                Element::Shown(name, place) => frame.end(name, place)?,
                Element::Structural => frame.unwrap_structural()?,
                Element::Unwrapped | Element::Raw(_) | Element::Foreign(_) | Element::Plaintext => {
                }
            },
        }
    }
    Some(frame.finish())
}

/// Passes over the content of an element whose content is markup, and over its end tag.
pub(super) fn skip_foreign(tokens: &mut Tokens<'_>, name: &str) {
    let mut depth = 1_usize;
    for token in tokens {
        match token {
            Token::Start(start) if start.eq_ignore_ascii_case(name) => depth += 1,
            Token::End(end) if end.eq_ignore_ascii_case(name) => depth -= 1,
            Token::Start(_) | Token::End(_) | Token::Text(_) => {}
        }
        if depth == 0 {
            return;
        }
    }
}

/// Whether the tree of a fragment is so small and shallow that building it takes time linear in its length. Counts an element as open until its
/// own end tag, as formatting goes on past the end of the block it was opened in.
fn is_moderate(html: &str) -> bool {
    let mut open: Vec<&str> = Vec::new();
    let (mut tags, mut formatting, mut copies) = (0, 0, 0);
    let mut tokens = Tokens::new(html);
    while let Some(token) = tokens.next() {
        // Text and phrases are what formatting is opened anew for.
        copies += formatting;
        tags += 1;
        if tags > 2 * TREE_TAGS || copies > TREE_COPIES + tags {
            return false;
        }
        match token {
            Token::Text(_) => {}
            Token::Start(name) => {
                if tokens.attribute_count() > TREE_ATTRIBUTES {
                    return false;
                }
                let element = elements::element(name);
                if let Element::Raw(name) = element {
                    if !tokens.skip_raw(name) {
                        // A tree would give it all that follows.
                        return false;
                    }
                    continue;
                }
                let is = |place| matches!(element, Element::Shown(_, this) if this == place);
                if matches!(element, Element::Shown(_, place) if place.is_void()) {
                    continue;
                }
                // Only a neighbour of its kind surely closes an element.
                if open.last().is_some_and(|last| {
                    last.eq_ignore_ascii_case(name)
                        && (is(Place::Paragraph)
                            || is(Place::ListItem)
                            || is(Place::Cell)
                            || is(Place::Row))
                }) {
                    continue;
                }
                formatting += usize::from(is_formatting(name));
                open.push(name);
                if open.len() > TREE_DEPTH {
                    return false;
                }
            }
            Token::End(name) => {
                if let Some(at) = open.iter().rposition(|open| open.eq_ignore_ascii_case(name)) {
                    formatting -= usize::from(is_formatting(name));
                    open.remove(at);
                }
            }
        }
    }
    true
}

/// Whether an element goes on in the blocks after the one it was left open in (HTML §13.2.4.3, "formatting").
fn is_formatting(name: &str) -> bool {
    const NAMES: [&str; 14] = [
        "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt",
        "u",
    ];
    NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// The tree builder and first filter. It sees to the structure; the values of attributes are judged when its output is written anew.
static TREE_SANITISER: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    const TAGS: &[&str] = &[
        "p",
        "br",
        "a",
        "img",
        "wbr",
        "abbr",
        "acronym",
        "b",
        "bdi",
        "bdo",
        "cite",
        "code",
        "del",
        "dfn",
        "em",
        "i",
        "ins",
        "kbd",
        "mark",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "time",
        "tt",
        "u",
        "var",
        "ruby",
        "rt",
        "rp",
        "audio",
        "video",
        "picture",
        "source",
        "div",
        "address",
        "article",
        "aside",
        "blockquote",
        "center",
        "details",
        "summary",
        "dl",
        "figure",
        "figcaption",
        "footer",
        "header",
        "main",
        "nav",
        "ol",
        "pre",
        "section",
        "ul",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "li",
        "dt",
        "dd",
        "hr",
        "table",
        "caption",
        "colgroup",
        "col",
        "thead",
        "tbody",
        "tfoot",
        "tr",
        "td",
        "th",
    ];
    const DROPPED: &[&str] = &[
        "script", "style", "iframe", "noscript", "noembed", "noframes", "title", "textarea", "xmp",
        "svg", "math", "template", "select",
    ];
    const ATTRIBUTES: &[&str] = &[
        "href",
        "src",
        "srcset",
        "sizes",
        "poster",
        "controls",
        "preload",
        "type",
        "alt",
        "width",
        "height",
        "loading",
        "cite",
        "datetime",
        "colspan",
        "rowspan",
        "scope",
        "abbr",
        "span",
        "start",
        "reversed",
        "value",
        "open",
        "align",
        "title",
        "lang",
        "dir",
        "data-src",
        "data-original",
        "data-lazy-src",
    ];
    let set = |words: &[&'static str]| words.iter().copied().collect::<HashSet<_>>();
    let mut builder = ammonia::Builder::empty();
    builder
        .tags(set(TAGS))
        .clean_content_tags(set(DROPPED))
        .generic_attributes(set(ATTRIBUTES))
        .url_schemes(set(&["http", "https", "mailto"]))
        .url_relative(ammonia::UrlRelative::PassThrough)
        .link_rel(None)
        .strip_comments(true);
    builder
});

/// A line of plain text being written: white space squeezed, cut at a character.
struct Line {
    text: String,
    limit: usize,
    gap: bool,
}

impl Line {
    fn new(capacity: usize, limit: usize) -> Line {
        Line { text: String::with_capacity(capacity.min(64 * 1024)), limit, gap: false }
    }

    /// Parts what follows from what stands there.
    fn gap(&mut self) {
        self.gap = !self.text.is_empty();
    }

    /// Appends text; `false` if the line is full.
    fn push(&mut self, text: &str) -> bool {
        let rest = text.trim_start();
        let words = rest.trim_end();
        if text::is_clean_line(words) {
            if rest.len() < text.len() {
                self.gap();
            }
            let fits = self.push_run(words);
            if words.len() < rest.len() {
                self.gap();
            }
            return fits;
        }
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            // A run of words with one space between them is taken as it is.
            let is_plain = |byte: u8| !ODD[usize::from(byte)];
            if is_plain(*byte) && *byte != b' ' {
                let start = at;
                while bytes.get(at).is_some_and(|byte| {
                    is_plain(*byte)
                        && (*byte != b' '
                            || bytes
                                .get(at + 1)
                                .is_some_and(|next| *next != b' ' && is_plain(*next)))
                }) {
                    at += 1;
                }
                if !self.push_run(&text[start..at]) {
                    return false;
                }
                continue;
            }
            let Some(character) = text[at..].chars().next() else { break };
            at += character.len_utf8();
            if character.is_whitespace() {
                self.gap();
            } else if !text::is_forbidden(character)
                && !self.push_run(character.encode_utf8(&mut [0; 4]))
            {
                return false;
            }
        }
        true
    }

    /// Appends visible text as far as there is room; `false` if there was too little.
    fn push_run(&mut self, run: &str) -> bool {
        let room = self.limit.saturating_sub(self.text.len() + usize::from(self.gap));
        let fitting = start_of(run, room).trim_end_matches(' ');
        if !fitting.is_empty() {
            if self.gap {
                self.text.push(' ');
                self.gap = false;
            }
            self.text.push_str(fitting);
        }
        run.len() <= room
    }
}

/// For each byte whether it is, or may begin, white space other than a blank or a character that is left out.
const ODD: [bool; 256] = {
    let mut odd = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        odd[byte] = matches!(byte, 0x00..=0x1f | 0x7f | 0xc2 | 0xe1..=0xe3 | 0xef..=0xff);
        byte += 1;
    }
    odd
};
