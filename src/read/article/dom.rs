//! HTML → a tree that can be asked about: elements in document order, each with the end of what is inside it, borrowing from the text.
//!
//! A browser's tree costs time that grows with the square of its depth on hostile pages, and copies formatting that is left open. This one is
//! built in one pass and never holds more than the page has: end tags that nothing opened are passed over, a block closes the
//! paragraph it stands in, and what nests too deep is put beside what it stands in.

use std::borrow::Cow;
use std::ops::Range;

use super::super::sanitise::tokens::{Token, Tokens};
use super::super::sanitise::{decode_attribute, decode_entities};

/// How many elements and texts of a page are looked at.
const NODES: usize = 200_000;
/// How many attributes of a page are kept.
const ATTRIBUTES: usize = 200_000;
/// How deep elements nest; deeper ones are put beside their parents.
const DEPTH: usize = 256;

/// How many open elements are looked at for the end tags of a page.
const STEPS: usize = 20_000_000;

/// How long one line of text gets, in bytes.
const TEXT_BYTES: usize = 32 * 1024;

/// The attributes that something is read from.
const KEPT: [&str; 40] = [
    "class",
    "id",
    "href",
    "src",
    "srcset",
    "content",
    "property",
    "name",
    "itemprop",
    "itemscope",
    "itemtype",
    "rel",
    "type",
    "media",
    "datetime",
    "alt",
    "title",
    "lang",
    "xml:lang",
    "style",
    "hidden",
    "role",
    "aria-hidden",
    "aria-label",
    "width",
    "height",
    "http-equiv",
    "charset",
    "data-src",
    "data-original",
    "data-lazy-src",
    "data-lazy",
    "data-srcset",
    "data-url",
    "data-datetime",
    "data-date",
    "data-timestamp",
    "data-caption",
    "action",
    "typeof",
];

/// The elements that some rule names; any other has the empty name.
const NAMES: [&str; 96] = [
    "html",
    "head",
    "body",
    "title",
    "base",
    "link",
    "meta",
    "script",
    "style",
    "noscript",
    "template",
    "article",
    "section",
    "nav",
    "aside",
    "header",
    "footer",
    "main",
    "div",
    "p",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hgroup",
    "address",
    "blockquote",
    "pre",
    "ul",
    "ol",
    "li",
    "dl",
    "dt",
    "dd",
    "figure",
    "figcaption",
    "table",
    "caption",
    "thead",
    "tbody",
    "tfoot",
    "tr",
    "td",
    "th",
    "form",
    "fieldset",
    "legend",
    "button",
    "input",
    "select",
    "option",
    "textarea",
    "label",
    "a",
    "img",
    "picture",
    "source",
    "video",
    "audio",
    "iframe",
    "embed",
    "object",
    "svg",
    "math",
    "canvas",
    "br",
    "hr",
    "wbr",
    "span",
    "b",
    "strong",
    "i",
    "em",
    "small",
    "big",
    "font",
    "u",
    "s",
    "cite",
    "q",
    "time",
    "sup",
    "sub",
    "ruby",
    "rt",
    "rp",
    "center",
    "details",
    "summary",
    "dialog",
    "amp-img",
    "amp-video",
    "amp-carousel",
    "amp-sidebar",
];

/// An element or text of a [`Page`], by its place in document order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct NodeId(pub(super) u32);

impl NodeId {
    fn index(self) -> usize {
        self.0 as usize
    }
}

#[derive(Debug)]
struct Node<'a> {
    /// `None` for text.
    name: Option<&'static str>,
    /// The text, its references not yet read; also that of `script`, `title` and `textarea`.
    text: &'a str,
    parent: u32,
    /// The nearest element around it that ends lines of text.
    block: u32,
    /// One past the last node inside.
    end: u32,
    attributes: Range<u32>,
    /// Whether it says that it is not shown.
    hidden: bool,
}

/// A page as a tree.
#[derive(Debug)]
pub(super) struct Page<'a> {
    nodes: Vec<Node<'a>>,
    attributes: Vec<(&'static str, &'a str)>,
}

impl<'a> Page<'a> {
    /// Builds the tree of a page, in time linear in its length.
    pub(super) fn new(html: &'a str) -> Page<'a> {
        let root = Node {
            name: Some(""),
            text: "",
            parent: 0,
            block: 0,
            end: 0,
            attributes: 0..0,
            hidden: false,
        };
        let mut builder = Builder {
            page: Page { nodes: vec![root], attributes: Vec::new() },
            open: vec![(0, "")],
            seen: Vec::new(),
            steps: 0,
        };
        let mut tokens = Tokens::new(html);
        while let Some(token) = tokens.next() {
            if builder.page.nodes.len() >= NODES || builder.steps > STEPS {
                break;
            }
            match token {
                Token::Text(text) => builder.text(text),
                Token::Start(name) => builder.start(name, &mut tokens),
                Token::End(name) => builder.end(known(name)),
            }
        }
        builder.finish()
    }

    /// The whole page.
    pub(super) fn root(&self) -> NodeId {
        NodeId(0)
    }

    /// What is inside an element, in document order.
    pub(super) fn inside(&self, id: NodeId) -> impl DoubleEndedIterator<Item = NodeId> + use<> {
        (id.0 + 1..self.end(id).0).map(NodeId)
    }

    /// The first node that is after an element and what is inside it.
    pub(super) fn end(&self, id: NodeId) -> NodeId {
        NodeId(self.nodes.get(id.index()).map_or(id.0 + 1, |node| node.end))
    }

    /// What stands in an element and in no other inside it.
    pub(super) fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        let end = self.end(id);
        let first = Some(NodeId(id.0 + 1)).filter(|first| *first < end);
        std::iter::successors(first, move |child| Some(self.end(*child)).filter(|next| *next < end))
    }

    /// The element around a node; `None` for the whole page.
    pub(super) fn parent(&self, id: NodeId) -> Option<NodeId> {
        (id.0 > 0).then(|| NodeId(self.nodes.get(id.index()).map_or(0, |node| node.parent)))
    }

    /// The elements around a node, the nearest first.
    pub(super) fn ancestors(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        std::iter::successors(self.parent(id), |id| self.parent(*id))
    }

    /// Whether `inner` is `outer` or inside it.
    pub(super) fn holds(&self, outer: NodeId, inner: NodeId) -> bool {
        outer <= inner && inner < self.end(outer)
    }

    /// The name of an element that some rule knows, in lower case; empty for other elements, `None` for text.
    pub(super) fn name(&self, id: NodeId) -> Option<&'static str> {
        self.nodes.get(id.index()).and_then(|node| node.name)
    }

    /// Whether that is an element of that name.
    pub(super) fn is(&self, id: NodeId, name: &str) -> bool {
        self.name(id) == Some(name)
    }

    /// All elements of that name.
    pub(super) fn elements(&self, name: &'static str) -> impl Iterator<Item = NodeId> {
        self.inside(self.root()).filter(move |id| self.is(*id, name))
    }

    /// The text of a text node, or of an element whose content is text (`script`, `title`), its references not yet read.
    pub(super) fn raw(&self, id: NodeId) -> &'a str {
        self.nodes.get(id.index()).map_or("", |node| node.text)
    }

    /// The value of an attribute as written; `None` if the element has none of that name.
    pub(super) fn written(&self, id: NodeId, name: &str) -> Option<&'a str> {
        let node = self.nodes.get(id.index())?;
        let range = node.attributes.start as usize..node.attributes.end as usize;
        let attributes = self.attributes.get(range)?;
        attributes.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// The value of an attribute, its references read.
    pub(super) fn attribute(&self, id: NodeId, name: &str) -> Option<Cow<'a, str>> {
        self.written(id, name).map(decode_attribute)
    }

    /// Whether a list of words in an attribute (`class`, `rel`, `itemprop`) has that one, in any case.
    pub(super) fn has_word(&self, id: NodeId, attribute: &str, word: &str) -> bool {
        self.written(id, attribute).is_some_and(|value| {
            value.split_ascii_whitespace().any(|one| one.eq_ignore_ascii_case(word))
        })
    }

    /// The visible text inside a node in one line: scripts and what is hidden left out, a space where a block ends, white space squeezed.
    pub(super) fn text(&self, id: NodeId) -> String {
        self.text_without(id, |_| false)
    }

    /// As [`Page::text`], passing over elements that the caller does not want.
    pub(super) fn text_without(&self, id: NodeId, unwanted: impl Fn(NodeId) -> bool) -> String {
        let mut line = Line::default();
        let mut block = id;
        let mut at = id;
        let end = self.end(id);
        while at < end && line.text.len() < TEXT_BYTES {
            let node = at;
            at = NodeId(at.0 + 1);
            match self.name(node) {
                None => {
                    let this = self.block_of(node);
                    if this != block {
                        line.gap();
                        block = this;
                    }
                    line.push(&decode_entities(self.raw(node)));
                }
                Some(name) if node != id => {
                    if is_silent(name) || self.is_hidden(node) || unwanted(node) {
                        at = self.end(node);
                        if !matches!(name, "rt" | "rp") {
                            line.gap();
                        }
                    } else if !is_phrase(name) {
                        line.gap();
                    }
                }
                Some(_) => {}
            }
        }
        line.text
    }

    /// The nearest element around a node that ends lines of text.
    pub(super) fn block_of(&self, id: NodeId) -> NodeId {
        NodeId(self.nodes.get(id.index()).map_or(0, |node| node.block))
    }

    /// Whether an element says that it is not shown.
    pub(super) fn is_hidden(&self, id: NodeId) -> bool {
        self.nodes.get(id.index()).is_some_and(|node| node.hidden)
    }

    /// As [`Page::is_hidden`], by its attributes.
    fn says_hidden(&self, id: NodeId) -> bool {
        self.written(id, "hidden").is_some()
            || self.written(id, "style").is_some_and(|style| {
                let style: String = style
                    .chars()
                    .take(400)
                    .filter(|character| !character.is_whitespace())
                    .collect();
                let style = style.to_ascii_lowercase();
                style.contains("display:none") || style.contains("visibility:hidden")
            })
    }
}

/// One line of text being written.
#[derive(Debug, Default)]
pub(super) struct Line {
    pub(super) text: String,
    gap: bool,
}

impl Line {
    /// Parts what follows from what stands there.
    pub(super) fn gap(&mut self) {
        self.gap = !self.text.is_empty();
    }

    /// Appends text, white space squeezed.
    pub(super) fn push(&mut self, text: &str) {
        for character in text.chars() {
            if character.is_whitespace() {
                self.gap();
            } else if !matches!(
                character,
                '\u{200b}'
                    | '\u{200c}'
                    | '\u{200e}'
                    | '\u{200f}'
                    | '\u{feff}'
                    | '\u{ad}'
                    | '\u{2060}'
            ) {
                if self.gap {
                    self.text.push(' ');
                    self.gap = false;
                }
                self.text.push(character);
            }
        }
    }
}

/// Whether what is inside an element is no text that a reader sees.
pub(super) fn is_silent(name: &str) -> bool {
    matches!(
        name,
        "script"
            | "style"
            | "noscript"
            | "template"
            | "head"
            | "title"
            | "textarea"
            | "select"
            | "option"
            | "svg"
            | "math"
            | "iframe"
            | "object"
            | "canvas"
            | "rt"
            | "rp"
    )
}

/// Whether an element stands in a line of text and ends none.
pub(super) fn is_phrase(name: &str) -> bool {
    matches!(
        name,
        "" | "a"
            | "span"
            | "b"
            | "strong"
            | "i"
            | "em"
            | "small"
            | "big"
            | "font"
            | "u"
            | "s"
            | "cite"
            | "q"
            | "time"
            | "sup"
            | "sub"
            | "ruby"
            | "rt"
            | "rp"
            | "wbr"
            | "label"
            | "img"
            | "picture"
            | "source"
            | "amp-img"
    )
}

fn is_void(name: &str) -> bool {
    matches!(
        name,
        "base" | "link" | "meta" | "input" | "img" | "source" | "embed" | "br" | "hr" | "wbr"
    )
}

/// Whether what is inside an element is text up to its end tag (HTML §13.2.6.2), or markup that says nothing to us.
fn is_raw(name: &str) -> bool {
    matches!(
        name,
        "script" | "style" | "title" | "textarea" | "iframe" | "svg" | "math" | "select" | "canvas"
    )
}

fn known(name: &str) -> &'static str {
    let name = match name.as_bytes() {
        // A prefix as XHTML pages write it.
        [b'h' | b'H', b't' | b'T', b'm' | b'M', b'l' | b'L', b':', ..] => &name[5..],
        _ => name,
    };
    NAMES.iter().find(|known| known.eq_ignore_ascii_case(name)).copied().unwrap_or_default()
}

struct Builder<'a> {
    page: Page<'a>,
    /// The elements that are open, the root first.
    open: Vec<(u32, &'static str)>,
    /// Which of the elements that a page has one of were there.
    seen: Vec<&'static str>,
    /// How many open elements were looked at for end tags.
    steps: usize,
}

impl<'a> Builder<'a> {
    fn push(&mut self, name: Option<&'static str>, text: &'a str, attributes: Range<u32>) -> u32 {
        let id = u32::try_from(self.page.nodes.len()).unwrap_or(u32::MAX);
        let (parent, around) = self.open.last().copied().unwrap_or_default();
        // Noted here, as every text asks for it and phrases nest deep.
        let block = match self.page.nodes.get(parent as usize) {
            Some(node) if is_phrase(around) => node.block,
            Some(_) | None => parent,
        };
        let end = id + 1;
        let hidden = false;
        self.page.nodes.push(Node { name, text, parent, block, end, attributes, hidden });
        id
    }

    fn text(&mut self, text: &'a str) {
        if !text.is_empty() {
            self.push(None, text, 0..0);
        }
    }

    fn start(&mut self, written: &'a str, tokens: &mut Tokens<'a>) {
        let name = known(written);
        match name {
            // A page has one of each; later ones are mistakes of templates.
            "html" | "body" if self.seen.contains(&name) => return,
            "html" | "body" => {
                self.seen.push(name);
                self.close("head");
            }
            "p" => self.close("p"),
            "li" => self.close_item(&["li"], &["ul", "ol"]),
            "dt" | "dd" => self.close_item(&["dt", "dd"], &["dl"]),
            "tr" => self.close_item(&["tr"], &["table"]),
            "td" | "th" => self.close_item(&["td", "th"], &["tr", "table"]),
            "option" => self.close_item(&["option"], &["select"]),
            name if !is_phrase(name) && !is_void(name) && !is_raw(name) && name != "noscript" => {
                self.close("p");
            }
            _ => {}
        }
        let from = self.page.attributes.len();
        for attribute in tokens.attributes() {
            if let Some(kept) = KEPT.iter().find(|kept| kept.eq_ignore_ascii_case(attribute.name))
                && self.page.attributes.len() < ATTRIBUTES
            {
                self.page.attributes.push((kept, attribute.value));
            }
        }
        let range = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let attributes = range(from)..range(self.page.attributes.len());
        let text = if is_raw(name) { tokens.raw_text(written) } else { "" };
        let id = self.push(Some(name), text, attributes);
        if self.page.says_hidden(NodeId(id))
            && let Some(node) = self.page.nodes.get_mut(id as usize)
        {
            node.hidden = true;
        }
        let is_closed = is_void(name)
            || is_raw(name)
            || (tokens.says_empty() && (name.is_empty() || name.starts_with("amp-")));
        if !is_closed && self.open.len() < DEPTH {
            self.open.push((id, name));
        }
    }

    /// Closes an item that stands open in its list, with what is open in it.
    fn close_item(&mut self, items: &[&str], lists: &[&str]) {
        let place =
            self.open.iter().rposition(|(_, name)| items.contains(name) || lists.contains(name));
        if let Some(place) = place
            && self.open.get(place).is_some_and(|(_, name)| items.contains(name))
        {
            self.close_from(place);
        }
    }

    /// Closes the innermost open element of that name, if no block is open in it.
    fn close(&mut self, meant: &str) {
        for place in (1..self.open.len()).rev() {
            let Some((_, name)) = self.open.get(place) else { return };
            if *name == meant {
                self.close_from(place);
                return;
            }
            if !is_phrase(name) {
                return;
            }
        }
    }

    fn end(&mut self, name: &'static str) {
        if is_raw(name) || is_void(name) {
            return;
        }
        for place in (1..self.open.len()).rev() {
            self.steps += 1;
            let Some((_, open)) = self.open.get(place) else { return };
            if *open == name {
                self.close_from(place);
                return;
            }
            // A phrase does not end the block it stands in, and only a table ends its cells.
            let is_cell = matches!(*open, "td" | "th" | "table");
            let ends_cells = matches!(
                name,
                "td" | "th" | "tr" | "tbody" | "thead" | "tfoot" | "table" | "body" | "html"
            );
            if (is_phrase(name) && !is_phrase(open)) || (is_cell && !ends_cells) {
                return;
            }
        }
    }

    fn close_from(&mut self, place: usize) {
        let end = u32::try_from(self.page.nodes.len()).unwrap_or(u32::MAX);
        for (id, _) in self.open.drain(place..) {
            if let Some(node) = self.page.nodes.get_mut(id as usize) {
                node.end = end;
            }
        }
    }

    fn finish(mut self) -> Page<'a> {
        self.close_from(0);
        self.page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree as text: names with what is inside them in brackets.
    fn shape(page: &Page<'_>, id: NodeId) -> String {
        let mut out = String::new();
        for child in page.children(id) {
            match page.name(child) {
                None => out.push_str(page.raw(child).trim()),
                Some(name) => {
                    out.push_str(name);
                    out.push('[');
                    out.push_str(&shape(page, child));
                    out.push(']');
                }
            }
        }
        out
    }

    fn check(html: &str, want: &str) {
        let page = Page::new(html);
        assert_eq!(shape(&page, page.root()), want, "{html}");
    }

    #[test]
    fn trees_are_as_their_authors_meant() {
        check("<p>a<p>b<div>c</div>", "p[a]p[b]div[c]");
        check("<ul><li>a<li><b>b<ul><li>c</ul><li>d</ul>e", "ul[li[a]li[b[bul[li[c]]]]li[d]]e");
        check("<table><tr><td>a<td>b<tr><td>c</div></table>d", "table[tr[td[a]td[b]]tr[td[c]]]d");
        check("<div><b>a</div>b", "div[b[a]]b");
        check("<div><span>a</div></span>b</div>c", "div[span[a]]bc");
        check("<DIV><BR>a<img src=x>b</DIV>", "div[br[]aimg[]b]");
        check("<head><title>a<b</title><body>b<body>c", "head[title[]]body[bc]");
        check("<script>if (a<b) '</div>'</script>a<unknown>b</unknown>", "script[]a[b]");
        check("</div></p>a", "a");
    }

    #[test]
    fn depth_and_count_are_bounded() {
        let deep = "<div>".repeat(400_000);
        let page = Page::new(&deep);
        assert_eq!(page.nodes.len(), NODES);
        assert!(page.ancestors(NodeId(100_000)).count() <= DEPTH);
    }

    #[test]
    fn text_is_what_a_reader_sees() {
        let check = |html: &str, want: &str| {
            let page = Page::new(html);
            assert_eq!(page.text(page.root()), want, "{html}");
        };
        check("<p>a<b>b</b> c</p><p>d&amp;e", "ab c d&e");
        check("a<script>x</script>b<br>c<i hidden>d</i>", "a b c");
        check("<ruby>東<rt>とう</rt>京<rt>きょう</rt></ruby>", "東京");
        check("<div style='display: none'>a</div>\u{200b}b", "b");
        check("<td>a</td><td>b</td>", "a b");
    }
}
