//! A web page → its tree of elements, for who looks for something in it. Built in one pass of our own over the tokens: a browser's algorithm
//! costs the square of a page's depth, and copies formatting elements without end.
//!
//! The tree is `scraper`'s, so that the CSS selectors of the curator can be asked of it. It has no scripts, styles, templates and drawings.

use html5ever::interface::{ElementFlags, NodeOrText, TreeSink};
use html5ever::tendril::StrTendril;
use html5ever::{Attribute, LocalName, Namespace, QualName, ns};
use scraper::{ElementRef, Html, HtmlTreeSink, Node};

use super::sanitise::references::{self, Within};
use super::sanitise::tokens::{self, Token, Tokens};
use super::xml::is_void;
use crate::model::text;

/// How much of a page is read, in bytes: the largest listings with all their scripts have some three million.
const PAGE_BYTES: usize = 8 * 1024 * 1024;
/// How many elements a tree has at most.
const ELEMENTS: usize = 60_000;
/// How deep elements nest at most; what is deeper stands beside the deepest.
const DEPTH: usize = 256;
/// The longest value of an attribute that is kept, in bytes.
const VALUE_BYTES: usize = 4 * 1024;
/// How many bytes of attributes a tree has at most.
const ATTRIBUTE_BYTES: usize = 6 * 1024 * 1024;

/// Reads a page.
pub(super) fn read(page: &str) -> Html {
    let page = &page[..page.floor_char_boundary(PAGE_BYTES)];
    let mut builder = Builder::new();
    let mut tokens = Tokens::new(page);
    while let Some(token) = tokens.next() {
        match token {
            Token::Text(text) => builder.text(text),
            Token::End(name) => builder.end(name),
            Token::Start(name) => {
                let lower = name.to_ascii_lowercase();
                match lower.as_str() {
                    // Their content is not markup.
                    "title" | "textarea" => {
                        builder.start(&lower, tokens.attributes());
                        builder.text(tokens.raw_text(&lower));
                    }
                    "script" | "style" | "iframe" | "noscript" | "noembed" | "noframes" | "xmp" => {
                        tokens.skip_raw(&lower);
                    }
                    "svg" | "math" | "template" | "select" | "datalist" => {
                        super::sanitise::skip_foreign(&mut tokens, &lower);
                    }
                    _ => builder.start(&lower, tokens.attributes()),
                }
            }
        }
        if builder.elements >= ELEMENTS {
            break;
        }
    }
    builder.sink.finish()
}

type Handle = <HtmlTreeSink as TreeSink>::Handle;

struct Builder {
    sink: HtmlTreeSink,
    root: Handle,
    /// The open elements below the root, outermost first.
    open: Vec<(LocalName, Handle)>,
    elements: usize,
    attribute_bytes: usize,
}

impl Builder {
    fn new() -> Builder {
        let sink = HtmlTreeSink::new(Html::new_document());
        let document = sink.get_document();
        let root = sink.create_element(html_name("html"), Vec::new(), ElementFlags::default());
        sink.append(&document, NodeOrText::AppendNode(root));
        Builder { sink, root, open: Vec::new(), elements: 1, attribute_bytes: 0 }
    }

    fn top(&self) -> Handle {
        self.open.last().map_or(self.root, |(_, handle)| *handle)
    }

    fn text(&mut self, text: &str) {
        let text = StrTendril::from_slice(&references::decode(text, Within::Text));
        self.sink.append(&self.top(), NodeOrText::AppendText(text));
    }

    fn start(&mut self, name: &str, attributes: &[tokens::Attribute<'_>]) {
        let attributes = self.attributes(attributes);
        if name == "html" {
            // The root is there already; its language is worth having.
            self.sink.add_attrs_if_missing(&self.root.clone(), attributes);
            return;
        }
        self.make_room(name);
        let element =
            self.sink.create_element(html_name(name), attributes, ElementFlags::default());
        self.sink.append(&self.top(), NodeOrText::AppendNode(element));
        self.elements += 1;
        if !is_void(name) && name != "param" && self.open.len() < DEPTH {
            self.open.push((LocalName::from(name), element));
        }
    }

    /// Ends what the start of an element ends, because its own end tag may be left out (HTML §13.1.2.4) or it cannot stand in its like.
    fn make_room(&mut self, name: &str) {
        match name {
            "li" => self.close_within(&["li"], &["ul", "ol", "menu"]),
            "dt" | "dd" => self.close_within(&["dt", "dd"], &["dl"]),
            "td" | "th" => self.close_within(&["td", "th"], &["tr", "table"]),
            "tr" => self.close_within(&["tr"], &["tbody", "thead", "tfoot", "table"]),
            "tbody" | "thead" | "tfoot" => {
                self.close_within(&["tbody", "thead", "tfoot"], &["table"]);
            }
            "option" => self.close_within(&["option"], &[]),
            "a" => self.close_within(&["a"], &["table", "li", "td", "article", "section"]),
            "body" => self.close_within(&["head"], &[]),
            _ if ends_paragraph(name) => self.close_within(&["p"], &["table", "button", "object"]),
            _ => {}
        }
    }

    /// Closes the innermost open element of these names, unless a wall stands before it.
    fn close_within(&mut self, names: &[&str], walls: &[&str]) {
        for (at, (open, _)) in self.open.iter().enumerate().rev() {
            if names.contains(&&**open) {
                self.open.truncate(at);
                return;
            }
            if walls.contains(&&**open) {
                return;
            }
        }
    }

    fn end(&mut self, name: &str) {
        let name = name.to_ascii_lowercase();
        // A stray end in a cell does not end the table, and one of an inline element no block.
        let is_inline = !ends_paragraph(&name);
        for (at, (open, _)) in self.open.iter().enumerate().rev() {
            if **open == *name {
                self.open.truncate(at);
                return;
            }
            let is_wall = matches!(&**open, "table" | "td" | "th") && name != "table";
            let is_wall = is_wall && !matches!(name.as_str(), "tr" | "tbody" | "thead" | "tfoot");
            if is_wall || (is_inline && ends_paragraph(open) && &**open != "p" && name != "a") {
                return;
            }
        }
    }

    fn attributes(&mut self, attributes: &[tokens::Attribute<'_>]) -> Vec<Attribute> {
        let mut kept: Vec<Attribute> = Vec::with_capacity(attributes.len().min(16));
        for attribute in attributes {
            let bytes = attribute.name.len() + attribute.value.len();
            if attribute.value.len() > VALUE_BYTES
                || attribute.name.len() > 64
                || self.attribute_bytes + bytes > ATTRIBUTE_BYTES
            {
                continue;
            }
            let name = LocalName::from(attribute.name.to_ascii_lowercase());
            // Of two attributes of one name the first counts.
            if kept.iter().any(|other| other.name.local == name) {
                continue;
            }
            self.attribute_bytes += bytes;
            kept.push(Attribute {
                name: QualName::new(None, Namespace::default(), name),
                value: StrTendril::from_slice(&references::decode(
                    attribute.value,
                    Within::Attribute,
                )),
            });
        }
        kept
    }
}

fn html_name(name: &str) -> QualName {
    QualName::new(None, ns!(html), LocalName::from(name))
}

/// Whether an element is a block before which a paragraph ends.
pub(super) fn ends_paragraph(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "center"
            | "dd"
            | "details"
            | "dialog"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "head"
            | "header"
            | "hr"
            | "li"
            | "main"
            | "menu"
            | "nav"
            | "ol"
            | "p"
            | "pre"
            | "section"
            | "summary"
            | "table"
            | "tbody"
            | "td"
            | "tfoot"
            | "th"
            | "thead"
            | "tr"
            | "ul"
    )
}

/// The text of an element in one line of at most `limit` bytes, without the elements that `skip` says; a space where a block begins or ends.
pub(super) fn text_of(
    element: ElementRef<'_>,
    limit: usize,
    skip: &dyn Fn(ElementRef<'_>) -> bool,
) -> String {
    let mut text = String::new();
    collect(element, &mut text, limit, skip);
    squeezed(&text, limit)
}

fn collect(
    element: ElementRef<'_>,
    text: &mut String,
    limit: usize,
    skip: &dyn Fn(ElementRef<'_>) -> bool,
) {
    for child in element.children() {
        if text.len() > limit.saturating_mul(2) {
            return;
        }
        match child.value() {
            Node::Text(piece) => text.push_str(piece),
            Node::Element(_) => {
                let Some(child) = ElementRef::wrap(child) else { continue };
                if skip(child) {
                    text.push(' ');
                    continue;
                }
                let name = child.value().name();
                let parts = ends_paragraph(name) || name == "br";
                if parts {
                    text.push(' ');
                }
                collect(child, text, limit, skip);
                if parts {
                    text.push(' ');
                }
            }
            Node::Document
            | Node::Fragment
            | Node::Doctype(_)
            | Node::Comment(_)
            | Node::ProcessingInstruction(_) => {}
        }
    }
}

/// White space squeezed to single blanks, what no one should see left out.
pub(super) fn squeezed(text: &str, limit: usize) -> String {
    let mut line = String::with_capacity(text.len().min(limit));
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        for character in word.chars().filter(|character| !text::is_forbidden(*character)) {
            if line.len() + character.len_utf8() > limit {
                return line;
            }
            line.push(character);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tree in short: `p(a("x"))`.
    fn shown(element: ElementRef<'_>) -> String {
        let inside: Vec<String> = element
            .children()
            .filter_map(|child| match child.value().as_text() {
                Some(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
                None => ElementRef::wrap(child).map(shown),
            })
            .collect();
        format!("{}({})", element.value().name(), inside.join(" "))
    }

    #[track_caller]
    fn check(page: &str, want: &str) {
        assert_eq!(shown(read(page).root_element()), format!("html({want})"), "{page}");
    }

    #[test]
    fn ends_that_are_left_out_are_known() {
        check("<ul><li>a<li>b</ul>c", "ul(li(a) li(b)) c");
        check("<p>a<p>b<div>c</div>", "p(a) p(b) div(c)");
        check("<table><tr><td>a<td>b<tr><td>c</table>d", "table(tr(td(a) td(b)) tr(td(c))) d");
        check("<dl><dt>a<dd>b<dt>c</dl>", "dl(dt(a) dd(b) dt(c))");
        check("<ul><li>a<ul><li>b</ul><li>c</ul>", "ul(li(a ul(li(b))) li(c))");
        check("<a href=x>a<a href=y>b", "a(a) a(b)");
    }

    #[test]
    fn stray_and_crossing_tags_do_little_harm() {
        check("<div></b>a</span></div>b", "div(a) b");
        check("<td>a</div>b</td>", "td(ab)");
        check("<b><i>a</b>b", "b(i(a)) b");
        check("<a href=x><h3>a</a></h3>b", "a(h3(a)) b");
        check("<title>a<b</title><textarea><p></textarea>c", "title(a<b) textarea(<p>) c");
        check("a<script>'<p>'</script><svg><a>x</a></svg>b", "ab");
    }

    #[test]
    fn a_hostile_page_is_bounded() {
        let deep = "<div>".repeat(300_000);
        assert!(read(&deep).tree.nodes().count() <= ELEMENTS + 2);
        let wide = format!("<p {}>", "class='x' data-long='yyyyyyyyyyyyyyyyyyyy' ".repeat(200_000));
        assert!(read(&wide).tree.nodes().count() < 10);
        let formatted = "<b><i><u><p>x".repeat(20_000);
        assert!(read(&formatted).tree.nodes().count() <= 2 * ELEMENTS + 2);
    }
}
