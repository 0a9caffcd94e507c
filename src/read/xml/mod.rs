//! A streaming reader of XML as publishers write it: elements with their namespaces, base and language, and what broken markup most likely
//! meant. It borrows from the text, builds no tree and knows no feed element.
//!
//! We scan ourselves because each class of broken markup that we read on through (a stray `<` or `&`, an unclosed quote, end tags out of
//! order, a second root) ends a strict scanner; and because one pass over a field's text is cheaper than an event a reference.
//!
//! Every repair moves forward, so no document takes more than time in proportion to its length.

pub(super) mod namespace;
pub(super) mod reference;

use std::borrow::Cow;

use memchr::{memchr, memchr3, memmem};
use url::Url;

use namespace::Ns;
use reference::{push_unescaped, unescape};

use crate::model::text::push_escaped;

/// The deepest nesting read. Feeds nest a dozen levels, the XHTML in them a few dozen.
const DEPTH: usize = 256;
/// The most attributes of an element that are looked at.
const ATTRIBUTES: usize = 256;
/// The most prefixes that may be declared at one place.
const BINDINGS: usize = 128;

/// The reader. The element whose start tag was given last is open until [`Xml::text`], [`Xml::html`], [`Xml::skip`] or [`Xml::child`]
/// has passed its end; whoever is given a tag passes its end before asking for another.
pub(super) struct Xml<'a> {
    text: &'a str,
    at: usize,
    open: Vec<Open<'a>>,
    bindings: Vec<(&'a str, Ns)>,
    bases: Vec<Url>,
    /// How many of them are the document's own: one or none.
    document_bases: usize,
    sibling: Option<Sibling<'a>>,
    /// The start tag given last was an empty element's, whose end is due.
    empty: bool,
    /// No closing quote (double, single) is left in the text.
    no_quote: [bool; 2],
    no_instruction_end: bool,
    raw_scripts: bool,
    /// The text ended inside an element.
    truncated: bool,
    too_deep: bool,
    repairs: Repairs,
}

/// An open element.
struct Open<'a> {
    name: &'a str,
    default: Ns,
    bindings: usize,
    bases: usize,
    lang: Option<&'a str>,
}

/// An element that is never inside one of its own kind: its start closes what is open below their parent.
#[derive(Clone, Copy)]
struct Sibling<'a> {
    name: &'a str,
    default: Ns,
    parent_depth: usize,
}

/// How often each kind of repair was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Repairs {
    /// Elements closed for want of an end tag.
    pub(super) unclosed: usize,
    /// End tags that closed nothing.
    pub(super) stray_ends: usize,
    /// Prefixes used without a declaration.
    pub(super) undeclared: usize,
}

/// A start tag.
#[derive(Debug, Clone)]
pub(super) struct Tag<'a> {
    /// The namespace of the element.
    pub(super) ns: Ns,
    /// Its name without prefix, in lower case: documents disagree on case.
    pub(super) local: Cow<'a, str>,
    name: &'a str,
    attributes: &'a str,
}

/// What text directly inside an element is, once its references are replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inner {
    /// Markup, as in RSS and in Atom's `type="html"`.
    Html,
    /// Text, as in Atom's `type="xhtml"`, where elements are the markup.
    Text,
}

enum Token<'a> {
    Start(Tag<'a>),
    End,
    /// References not yet replaced.
    Text(&'a str),
    Cdata(&'a str),
    /// The end of the text, or where reading it ends.
    Nothing,
}

impl<'a> Xml<'a> {
    /// A reader at the start of a document whose own address is `base`.
    pub(super) fn new(text: &'a str, base: Option<&Url>) -> Xml<'a> {
        Xml {
            text,
            at: 0,
            open: Vec::with_capacity(16),
            bindings: Vec::with_capacity(16),
            bases: base.into_iter().cloned().collect(),
            document_bases: usize::from(base.is_some()),
            sibling: None,
            empty: false,
            no_quote: [false; 2],
            no_instruction_end: false,
            raw_scripts: false,
            truncated: false,
            too_deep: false,
            repairs: Repairs::default(),
        }
    }

    /// Takes what is in `script` and `style` for text without markup, as HTML does.
    pub(super) fn pass_over_scripts(&mut self) {
        self.raw_scripts = true;
    }

    /// The next start tag outside any element, whatever stands before it. Its element is open only if `is_root` says so; others are passed
    /// over, but what is in them is looked at.
    pub(super) fn root(
        &mut self,
        mut is_root: impl FnMut(&Tag<'a>) -> RootChoice,
    ) -> Option<Tag<'a>> {
        loop {
            match self.next() {
                Token::Start(tag) => match is_root(&tag) {
                    RootChoice::Take => return Some(tag),
                    RootChoice::Pass => {
                        self.empty = false;
                        self.pop();
                    }
                    RootChoice::Stop => return None,
                },
                Token::Nothing => return None,
                Token::End | Token::Text(_) | Token::Cdata(_) => {}
            }
        }
    }

    /// The next child of the open element; `None` at its end, which is then passed.
    pub(super) fn child(&mut self) -> Option<Tag<'a>> {
        loop {
            match self.next() {
                Token::Start(tag) => return Some(tag),
                Token::End | Token::Nothing => return None,
                Token::Text(_) | Token::Cdata(_) => {}
            }
        }
    }

    /// The next child of the open element, as [`Xml::child`]; the text before it is appended to `text`.
    pub(super) fn child_with_text(&mut self, text: &mut String) -> Option<Tag<'a>> {
        loop {
            match self.next() {
                Token::Start(tag) => return Some(tag),
                Token::End | Token::Nothing => return None,
                Token::Text(run) => push_unescaped(text, run),
                Token::Cdata(run) => text.push_str(run),
            }
        }
    }

    /// All text in the open element, markup in it left out; passes its end.
    pub(super) fn text(&mut self) -> Cow<'a, str> {
        if let Some(text) = self.simple_text() {
            return text;
        }
        let mut out = String::new();
        let mut depth = 1;
        while depth > 0 {
            match self.next() {
                Token::Start(_) => depth += 1,
                Token::End => depth -= 1,
                Token::Text(text) => push_unescaped(&mut out, text),
                Token::Cdata(text) => out.push_str(text),
                Token::Nothing => break,
            }
        }
        Cow::Owned(out)
    }

    /// What is in the open element as HTML; passes its end.
    pub(super) fn html(&mut self, inner: Inner) -> Cow<'a, str> {
        if inner == Inner::Html
            && let Some(text) = self.simple_text()
        {
            return text;
        }
        let mut out = String::new();
        let mut names: Vec<Cow<'a, str>> = Vec::new();
        loop {
            match self.next() {
                Token::Start(tag) => {
                    tag.push_html(&mut out);
                    names.push(tag.local);
                }
                Token::End => match names.pop() {
                    Some(name) if is_void(&name) => {}
                    Some(name) => {
                        out.push_str("</");
                        out.push_str(&name);
                        out.push('>');
                    }
                    None => break,
                },
                Token::Text(text) if inner == Inner::Html && names.is_empty() => {
                    push_unescaped(&mut out, text);
                }
                Token::Text(text) => push_escaped(&mut out, &unescape(text)),
                Token::Cdata(text) if inner == Inner::Html && names.is_empty() => {
                    out.push_str(text);
                }
                Token::Cdata(text) => push_escaped(&mut out, text),
                Token::Nothing => break,
            }
        }
        Cow::Owned(out)
    }

    /// Passes the end of the open element.
    pub(super) fn skip(&mut self) {
        let mut depth = 1;
        while depth > 0 {
            match self.next() {
                Token::Start(_) => depth += 1,
                Token::End => depth -= 1,
                Token::Text(_) | Token::Cdata(_) => {}
                Token::Nothing => break,
            }
        }
    }

    /// Declares that `tag`, just given, is a child of its parent and is never inside another of its kind, wherever its start tag may stand.
    pub(super) fn set_sibling(&mut self, tag: &Tag<'a>) {
        if self.sibling.is_none() && !self.open.is_empty() {
            let default = self.open.last().map_or(Ns::None, |open| open.default);
            self.sibling =
                Some(Sibling { name: tag.name, default, parent_depth: self.open.len() - 1 });
        }
    }

    /// Forgets what [`Xml::set_sibling`] declared while `read` runs: for elements that may hold any XML.
    pub(super) fn without_sibling<T>(&mut self, read: impl FnOnce(&mut Xml<'a>) -> T) -> T {
        let sibling = self.sibling.take();
        let value = read(self);
        self.sibling = sibling;
        value
    }

    /// The address that relative URLs here are relative to (XML Base).
    pub(super) fn base(&self) -> Option<&Url> {
        self.bases.last()
    }

    /// Moves the document to another address. Heeded only outside elements that state a base of their own.
    pub(super) fn set_document_base(&mut self, base: &Url) {
        if self.bases.len() <= self.document_bases {
            self.bases = vec![base.clone()];
            self.document_bases = 1;
        }
    }

    /// The base here where elements state one other than the document's.
    pub(super) fn own_base(&self) -> Option<Url> {
        if self.bases.len() > self.document_bases { self.bases.last().cloned() } else { None }
    }

    /// The language here (`xml:lang`), as stated.
    pub(super) fn lang(&self) -> Option<&'a str> {
        self.open.last().and_then(|open| open.lang)
    }

    /// Whether the text ended before the elements did.
    pub(super) fn truncated(&self) -> bool {
        self.truncated
    }

    /// Whether reading ended because elements were nested deeper than is sane.
    pub(super) fn too_deep(&self) -> bool {
        self.too_deep
    }

    /// What was repaired so far.
    pub(super) fn repairs(&self) -> Repairs {
        self.repairs
    }

    /// The text of the open element where that is one run of text or one CDATA section: nearly always.
    pub(super) fn simple_text(&mut self) -> Option<Cow<'a, str>> {
        if self.empty {
            return None;
        }
        let name = self.open.last()?.name;
        let rest = self.text.get(self.at..)?;
        let (text, after) = match rest.strip_prefix("<![CDATA[") {
            Some(cdata) => {
                let end = cdata_end(cdata.as_bytes())?;
                (Cow::Borrowed(&cdata[..end]), &cdata[end + 3..])
            }
            None => {
                let end = memchr(b'<', rest.as_bytes())?;
                // Looked at before the references are read: else the work would be done twice.
                if rest.as_bytes().get(end + 1) != Some(&b'/') {
                    return None;
                }
                (Cow::Borrowed(&rest[..end]), &rest[end..])
            }
        };
        let after = after.strip_prefix("</")?.strip_prefix(name)?.strip_prefix('>')?;
        let text = if rest.starts_with('<') { text } else { unescape(&rest[..text.len()]) };
        self.at = self.text.len() - after.len();
        self.pop();
        Some(text)
    }

    fn next(&mut self) -> Token<'a> {
        if self.empty {
            self.empty = false;
            self.pop();
            return Token::End;
        }
        loop {
            if self.at >= self.text.len() || self.too_deep {
                self.truncated |= !self.open.is_empty();
                return Token::Nothing;
            }
            let bytes = self.text.as_bytes();
            if !is_markup(&bytes[self.at..]) {
                return Token::Text(self.take_text());
            }
            let token = match bytes.get(self.at + 1) {
                Some(b'/') => self.take_end(),
                Some(b'!') => self.take_declaration(),
                Some(b'?') => self.take_instruction(),
                _ => Some(self.take_start()),
            };
            if let Some(token) = token {
                return token;
            }
        }
    }

    /// Text up to the next markup.
    fn take_text(&mut self) -> &'a str {
        let bytes = self.text.as_bytes();
        let from = self.at;
        // A stray `<` is text.
        let mut end = from + usize::from(bytes.get(from) == Some(&b'<'));
        loop {
            match memchr(b'<', &bytes[end..]) {
                None => end = bytes.len(),
                Some(found) if is_markup(&bytes[end + found..]) => end += found,
                Some(found) => {
                    end += found + 1;
                    continue;
                }
            }
            break;
        }
        self.at = end;
        &self.text[from..end]
    }

    /// An end tag: closes the element it names and those left open inside it, one a call.
    fn take_end(&mut self) -> Option<Token<'a>> {
        let bytes = self.text.as_bytes();
        let from = self.at + 2;
        let end = memchr::memchr2(b'>', b'<', &bytes[from..]).map_or(bytes.len(), |end| from + end);
        let name = self.text[from..end].trim_ascii();
        let name = name.split_ascii_whitespace().next().unwrap_or(name);
        let after = end + usize::from(bytes.get(end) == Some(&b'>'));
        if end == bytes.len() && self.open.last().is_none_or(|open| open.name != name) {
            // Cut inside the tag: nothing vouches for what it would have closed.
            self.at = end;
            return None;
        }
        match self.open.iter().rposition(|open| open.name == name) {
            Some(place) if place + 1 == self.open.len() => self.at = after,
            // The tag is read again until its own element is the innermost.
            Some(_) => self.repairs.unclosed += 1,
            None => {
                if let Some(place) =
                    self.open.iter().rposition(|open| open.name.eq_ignore_ascii_case(name))
                {
                    if place + 1 == self.open.len() {
                        self.at = after;
                    } else {
                        self.repairs.unclosed += 1;
                    }
                } else {
                    self.repairs.stray_ends += 1;
                    self.at = after;
                    return None;
                }
            }
        }
        self.pop();
        Some(Token::End)
    }

    /// A comment, a CDATA section or a document type, which declares nothing that we heed.
    fn take_declaration(&mut self) -> Option<Token<'a>> {
        let rest = &self.text[self.at..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            let length = memmem::find(comment.as_bytes(), b"-->").map(|end| 4 + end + 3);
            self.at += length.unwrap_or(rest.len());
            return None;
        }
        if let Some(cdata) = rest.strip_prefix("<![CDATA[") {
            return match cdata_end(cdata.as_bytes()) {
                Some(end) => {
                    self.at += 9 + end + 3;
                    Some(Token::Cdata(&cdata[..end]))
                }
                None => {
                    self.at = self.text.len();
                    None
                }
            };
        }
        let subset = self.open.is_empty()
            && rest.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("<!doctype"));
        let length = if subset { document_type(rest.as_bytes()) } else { None };
        let length = length.or_else(|| memchr(b'>', rest.as_bytes()).map(|end| end + 1));
        self.at += length.unwrap_or(rest.len());
        None
    }

    fn take_instruction(&mut self) -> Option<Token<'a>> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let mut length = None;
        if !self.no_instruction_end {
            length = memmem::find(rest, b"?>").map(|end| end + 2);
            self.no_instruction_end = length.is_none();
        }
        let length = length.or_else(|| memchr(b'>', rest).map(|end| end + 1));
        self.at += length.unwrap_or(rest.len());
        None
    }

    fn take_start(&mut self) -> Token<'a> {
        let bytes = self.text.as_bytes();
        let name_from = self.at + 1;
        let name_end = bytes[name_from..]
            .iter()
            .position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/' | b'<'))
            .map_or(bytes.len(), |length| name_from + length);
        let name = &self.text[name_from..name_end];
        if let Some(sibling) = self.sibling
            && name == sibling.name
            && self.open.len() > sibling.parent_depth
            && self.open.last().is_some_and(|open| open.default == sibling.default)
        {
            self.repairs.unclosed += 1;
            self.pop();
            return Token::End;
        }
        if matches!(name, "p" | "li") && self.open.last().is_some_and(|open| open.name == name) {
            // HTML among XML: these never stand in themselves.
            self.repairs.unclosed += 1;
            self.pop();
            return Token::End;
        }
        let Some(end) = self.tag_end(name_end) else {
            // Cut inside the tag.
            self.at = bytes.len();
            self.truncated = true;
            return Token::Nothing;
        };
        self.at = end + usize::from(bytes[end] == b'>');
        let attributes = &self.text[name_end..end];
        let (attributes, empty) =
            attributes.strip_suffix('/').map_or((attributes, false), |rest| (rest, true));
        if self.open.len() >= DEPTH {
            self.too_deep = true;
            return Token::Nothing;
        }
        let (ns, local) = self.push(name, attributes);
        let local = lower(local);
        self.empty = empty;
        if !empty
            && matches!(local.as_ref(), "br" | "img" | "hr" | "wbr")
            && !self.ends_at_once(name)
        {
            // HTML among XML: these have no end tag.
            self.repairs.unclosed += 1;
            self.empty = true;
        }
        if self.raw_scripts && matches!(local.as_ref(), "script" | "style") {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let end = memmem::find_iter(rest.as_bytes(), b"</").find(|end| {
                rest.as_bytes()[end + 2..]
                    .get(..local.len())
                    .is_some_and(|name| name.eq_ignore_ascii_case(local.as_bytes()))
            });
            self.at += end.unwrap_or(rest.len());
        }
        Token::Start(Tag { ns, local, name, attributes })
    }

    /// Whether nothing but white space stands before the end tag of that name.
    fn ends_at_once(&self, name: &str) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default().trim_ascii_start();
        rest.strip_prefix("</").is_some_and(|rest| rest.starts_with(name))
    }

    /// Where the tag ends whose attributes begin at `from`: at its `>`, or before the `<` of the next tag.
    fn tag_end(&mut self, from: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut at = from;
        loop {
            let found = at + memchr3(b'>', b'"', b'\'', &bytes[at..])?;
            let quote = bytes[found];
            at = found + 1;
            if quote == b'>' {
                return Some(found);
            }
            let which = usize::from(quote == b'\'');
            // Only a value is quoted; elsewhere a quote is a slip.
            let opens = bytes[from..found].iter().rev().find(|byte| !byte.is_ascii_whitespace());
            if opens != Some(&b'=') || self.no_quote[which] {
                continue;
            }
            let Some(close) = memchr(quote, &bytes[at..]).map(|close| at + close) else {
                self.no_quote[which] = true;
                continue;
            };
            let followed = bytes.get(close + 1).is_none_or(|byte| {
                byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/' | b'?')
            });
            if !followed && let Some(tag_end) = memchr(b'>', &bytes[at..close]) {
                // The closing quote was forgotten, and another tag's was found.
                return Some(at + tag_end);
            }
            at = close + 1;
        }
    }

    /// Opens an element: its declarations hold from here to its end.
    fn push(&mut self, name: &'a str, attributes: &'a str) -> (Ns, &'a str) {
        let (default, lang) =
            self.open.last().map_or((Ns::None, None), |open| (open.default, open.lang));
        let mut open =
            Open { name, default, bindings: self.bindings.len(), bases: self.bases.len(), lang };
        if declares(attributes) {
            for (attribute, value) in (Attributes { rest: attributes }).take(ATTRIBUTES) {
                if attribute == "xmlns" {
                    open.default = Ns::of_uri(&unescape(value));
                } else if let Some(prefix) = attribute.strip_prefix("xmlns:") {
                    if self.bindings.len() < BINDINGS {
                        self.bindings.push((prefix, Ns::of_uri(&unescape(value))));
                    }
                } else if attribute == "xml:lang" {
                    open.lang = Some(value).filter(|lang| !lang.trim_ascii().is_empty());
                } else if attribute == "xml:base" {
                    self.push_base(&unescape(value));
                }
            }
        }
        let (ns, local) = match name.split_once(':') {
            None => (open.default, name),
            Some((prefix, local)) => {
                let bound = self.bindings.iter().rev().find(|(bound, _)| *bound == prefix);
                let ns = match bound {
                    Some((_, ns)) => *ns,
                    None => {
                        self.repairs.undeclared += 1;
                        Ns::of_usual_prefix(prefix)
                    }
                };
                (ns, local)
            }
        };
        self.open.push(open);
        (ns, local)
    }

    /// A base that is not of the web is no base: what is relative to it would be a script or a file.
    fn push_base(&mut self, text: &str) {
        let text = text.trim_ascii();
        let base = match self.bases.last() {
            Some(base) => base.join(text),
            None => Url::parse(text),
        };
        if let Ok(base) = base
            && matches!(base.scheme(), "http" | "https")
            && base.as_str().len() <= crate::model::url::URL_BYTES
        {
            self.bases.push(base);
        }
    }

    fn pop(&mut self) {
        if let Some(open) = self.open.pop() {
            self.bindings.truncate(open.bindings);
            self.bases.truncate(open.bases);
        }
    }
}

/// What to do with a start tag before the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RootChoice {
    /// It is the root.
    Take,
    /// It is not, but the root may follow.
    Pass,
    /// It is not, and none will follow.
    Stop,
}

impl<'a> Tag<'a> {
    /// The value of the attribute of that name, whatever its prefix and case; references replaced, white space at the ends left out.
    /// `None` if it is empty or not there.
    pub(super) fn attribute(&self, local: &str) -> Option<Cow<'a, str>> {
        let (_, value) =
            Attributes { rest: self.attributes }.take(ATTRIBUTES).find(|(name, _)| {
                name.rsplit(':').next().is_some_and(|name| name.eq_ignore_ascii_case(local))
                    && !name.starts_with("xmlns:")
            })?;
        let value = match unescape(value) {
            Cow::Borrowed(value) => Cow::Borrowed(value.trim()),
            Cow::Owned(value) => Cow::Owned(value.trim().to_owned()),
        };
        (!value.is_empty()).then_some(value)
    }

    /// Whether the name is written in capitals.
    pub(super) fn is_in_capitals(&self) -> bool {
        self.name.bytes().all(|byte| byte.is_ascii_uppercase())
    }

    /// Whether the name is written without a prefix.
    pub(super) fn is_unprefixed(&self) -> bool {
        !self.name.contains(':')
    }

    /// Appends the tag as HTML's, prefixes left out.
    fn push_html(&self, out: &mut String) {
        out.push('<');
        out.push_str(&self.local);
        for (name, value) in (Attributes { rest: self.attributes }).take(ATTRIBUTES) {
            if name.is_empty() || name.starts_with("xml") {
                continue;
            }
            out.push(' ');
            out.push_str(name);
            out.push_str("=\"");
            push_escaped(out, &unescape(value));
            out.push('"');
        }
        out.push('>');
    }
}

/// The attributes of a tag: names, and values with references not yet replaced.
struct Attributes<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<(&'a str, &'a str)> {
        let rest = self.rest.trim_ascii_start();
        if rest.is_empty() {
            return None;
        }
        let bytes = rest.as_bytes();
        // A name has at least one character, be it a stray one: each call moves on.
        let name_end = bytes
            .iter()
            .skip(1)
            .position(|byte| byte.is_ascii_whitespace() || *byte == b'=')
            .map_or(bytes.len(), |length| length + 1);
        let (name, rest) = rest.split_at(name_end);
        let Some(value) = rest.trim_ascii_start().strip_prefix('=') else {
            self.rest = rest;
            return Some((name, ""));
        };
        let value = value.trim_ascii_start();
        let quoted = value
            .strip_prefix('"')
            .map(|value| (value, b'"'))
            .or_else(|| value.strip_prefix('\'').map(|value| (value, b'\'')));
        let (value, rest) = match quoted {
            Some((value, quote)) => match memchr(quote, value.as_bytes()) {
                Some(end) => (&value[..end], &value[end + 1..]),
                None => (value, ""),
            },
            None => value.split_at(
                value.bytes().position(|byte| byte.is_ascii_whitespace()).unwrap_or(value.len()),
            ),
        };
        self.rest = rest;
        Some((name, value))
    }
}

/// Whether attributes may include one that begins with `xml`.
fn declares(attributes: &str) -> bool {
    memchr::memchr_iter(b'x', attributes.as_bytes())
        .any(|at| attributes.as_bytes()[at..].starts_with(b"xml"))
}

/// The place of a CDATA section's end.
fn cdata_end(bytes: &[u8]) -> Option<usize> {
    // A bracket is rare enough in text that looking for one byte beats building a searcher for three.
    memchr::memchr_iter(b']', bytes).find(|at| bytes[*at..].starts_with(b"]]>"))
}

/// Whether a text that begins with `<` begins with markup. A name of other letters than ASCII's is taken for text: no feed has such an
/// element, and headlines are written `<속보>`.
fn is_markup(bytes: &[u8]) -> bool {
    match bytes {
        [b'<', b'/', next, ..] => next.is_ascii_alphabetic() || matches!(next, b'_' | b'>'),
        [b'<', b'/'] => true,
        [b'<', next, ..] => next.is_ascii_alphabetic() || matches!(next, b'_' | b'!' | b'?'),
        _ => false,
    }
}

/// The length of a document type with its internal subset; `None` if it does not end.
fn document_type(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    let mut in_subset = false;
    loop {
        let byte = *bytes.get(at)?;
        match byte {
            b'"' | b'\'' => at += 1 + memchr(byte, &bytes[at + 1..])?,
            b'[' => in_subset = true,
            b']' => in_subset = false,
            b'<' if bytes[at..].starts_with(b"<!--") => at += memmem::find(&bytes[at..], b"-->")?,
            b'>' if !in_subset => return Some(at + 1),
            _ => {}
        }
        at += 1;
    }
}

/// A name in lower case; the usual ones with a capital are not copied.
fn lower(name: &str) -> Cow<'_, str> {
    if !name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Cow::Borrowed(name);
    }
    match name {
        "pubDate" => Cow::Borrowed("pubdate"),
        "lastBuildDate" => Cow::Borrowed("lastbuilddate"),
        "origLink" => Cow::Borrowed("origlink"),
        "commentRss" => Cow::Borrowed("commentrss"),
        _ => Cow::Owned(name.to_ascii_lowercase()),
    }
}

/// Whether an HTML element has no end tag (HTML §13.1.2).
pub(super) fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "br"
            | "col"
            | "embed"
            | "hr"
            | "img"
            | "input"
            | "link"
            | "meta"
            | "source"
            | "track"
            | "wbr"
    )
}

#[cfg(test)]
mod tests;
