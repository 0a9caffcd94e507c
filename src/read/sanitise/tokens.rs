//! HTML text → tags and text: the tokenizer of the HTML Standard (§13.2.5) as far as a fragment can reach it without a tree, borrowing from the
//! input, in one pass.

/// The most attributes of one tag that are looked at; more are read over.
const ATTRIBUTES: usize = 64;

/// A piece of HTML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::read) enum Token<'a> {
    /// Text, its character references not yet read.
    Text(&'a str),
    /// A start tag; its attributes are in [`Tokens::attributes`] until the next token is asked for.
    Start(&'a str),
    End(&'a str),
}

/// An attribute as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::read) struct Attribute<'a> {
    pub(in crate::read) name: &'a str,
    /// The value, its character references not yet read.
    pub(in crate::read) value: &'a str,
}

/// The tokens of a text.
pub(in crate::read) struct Tokens<'a> {
    html: &'a str,
    at: usize,
    attributes: Vec<Attribute<'a>>,
    /// How many attributes the last start tag had, also beyond those kept.
    attribute_count: usize,
    /// Whether the last tag ended in `/>`.
    says_empty: bool,
}

impl<'a> Tokens<'a> {
    pub(in crate::read) fn new(html: &'a str) -> Tokens<'a> {
        Tokens { html, at: 0, attributes: Vec::new(), attribute_count: 0, says_empty: false }
    }

    /// The attributes of the start tag returned last.
    pub(in crate::read) fn attributes(&self) -> &[Attribute<'a>] {
        &self.attributes
    }

    /// How many attributes the start tag returned last has.
    pub(in crate::read) fn attribute_count(&self) -> usize {
        self.attribute_count
    }

    /// Passes over the text of a raw element (`script`, `style` and their like), whose start tag was returned last, to its end tag. `false` if
    /// the tag was written `<iframe/>` and is taken at its word, as no end tag follows before another of its kind: HTML gives such
    /// an element all that follows, but its author did not mean to.
    pub(in crate::read) fn skip_raw(&mut self, name: &str) -> bool {
        let bytes = self.html.as_bytes();
        let is_named = |rest: &[u8]| {
            rest.split_at_checked(name.len()).is_some_and(|(this, after)| {
                this.eq_ignore_ascii_case(name.as_bytes())
                    && after
                        .first()
                        .is_some_and(|byte| is_space(*byte) || matches!(byte, b'/' | b'>'))
            })
        };
        let mut at = self.at;
        while let Some(found) = memchr::memchr(b'<', &bytes[at..]) {
            let open = at + found;
            at = open + 1;
            match bytes[at..].strip_prefix(b"/") {
                Some(rest) if is_named(rest) => {
                    self.at = open;
                    return true;
                }
                None if self.says_empty && is_named(&bytes[at..]) => return false,
                Some(_) | None => {}
            }
        }
        if !self.says_empty {
            self.at = bytes.len();
        }
        !self.says_empty
    }

    /// The text of a raw element, whose start tag was returned last; nothing if it was written `<script/>` and is taken at its word.
    pub(in crate::read) fn raw_text(&mut self, name: &str) -> &'a str {
        let start = self.at;
        if self.skip_raw(name) { &self.html[start..self.at] } else { "" }
    }

    /// Whether the start tag returned last ended in `/>`.
    pub(in crate::read) fn says_empty(&self) -> bool {
        self.says_empty
    }

    /// Takes all that is left, as text.
    pub(in crate::read) fn rest(&mut self) -> &'a str {
        let rest = &self.html[self.at..];
        self.at = self.html.len();
        rest
    }

    /// Reads the tag whose name starts at `start` up to its `>`; `None` if the text ends first, which leaves no tag at all.
    fn tag(&mut self, start: usize) -> Option<&'a str> {
        let bytes = self.html.as_bytes();
        let len = bytes.len();
        let mut at = start;
        while at < len && !is_space(bytes[at]) && !matches!(bytes[at], b'/' | b'>') {
            at += 1;
        }
        let name = &self.html[start..at];
        self.attributes.clear();
        self.attribute_count = 0;
        loop {
            let gap = at;
            while at < len && (is_space(bytes[at]) || bytes[at] == b'/') {
                at += 1;
            }
            if *bytes.get(at)? == b'>' {
                self.says_empty = bytes[gap..at].ends_with(b"/");
                self.at = at + 1;
                return Some(name);
            }
            let name_start = at;
            // An `=` where a name should start is a part of the name.
            at += 1;
            while at < len && !is_space(bytes[at]) && !matches!(bytes[at], b'/' | b'>' | b'=') {
                at += 1;
            }
            let name_end = at;
            while at < len && is_space(bytes[at]) {
                at += 1;
            }
            let mut value = "";
            if *bytes.get(at)? == b'=' {
                at += 1;
                while at < len && is_space(bytes[at]) {
                    at += 1;
                }
                match *bytes.get(at)? {
                    quote @ (b'"' | b'\'') => {
                        let end = at + 1 + memchr::memchr(quote, &bytes[at + 1..])?;
                        value = &self.html[at + 1..end];
                        at = end + 1;
                    }
                    b'>' => {}
                    _ => {
                        let value_start = at;
                        while at < len && !is_space(bytes[at]) && bytes[at] != b'>' {
                            at += 1;
                        }
                        value = &self.html[value_start..at];
                    }
                }
            }
            self.attribute_count += 1;
            if self.attributes.len() < ATTRIBUTES {
                self.attributes.push(Attribute { name: &self.html[name_start..name_end], value });
            }
        }
    }

    /// The end of the comment whose `<!--` stands before `start`.
    fn comment_end(&self, start: usize) -> usize {
        let bytes = self.html.as_bytes();
        let mut at = start;
        while let Some(found) = memchr::memchr(b'>', &bytes[at..]) {
            at += found;
            let body = &bytes[start..at];
            at += 1;
            if matches!(body, b"" | b"-") || body.ends_with(b"--") || body.ends_with(b"--!") {
                return at;
            }
        }
        bytes.len()
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let bytes = self.html.as_bytes();
        loop {
            let start = self.at;
            // Text goes on to the next `<` that opens something.
            let mut end = start;
            loop {
                match memchr::memchr(b'<', &bytes[end..]) {
                    Some(found) => end += found,
                    None => end = bytes.len(),
                }
                match bytes.get(end + 1) {
                    Some(b'a'..=b'z' | b'A'..=b'Z' | b'/' | b'!' | b'?') => break,
                    Some(_) => end += 1,
                    None => {
                        end = bytes.len();
                        break;
                    }
                }
            }
            if end > start {
                self.at = end;
                return Some(Token::Text(&self.html[start..end]));
            }
            let next = *bytes.get(start + 1)?;
            match next {
                b'/' if bytes.get(start + 2).is_some_and(u8::is_ascii_alphabetic) => {
                    if let Some(name) = self.tag(start + 2) {
                        return Some(Token::End(name));
                    }
                    self.at = bytes.len();
                }
                b'/' if start + 2 >= bytes.len() => {
                    self.at = bytes.len();
                    return Some(Token::Text(&self.html[start..]));
                }
                b'!' if bytes[start..].starts_with(b"<!--") => {
                    self.at = self.comment_end(start + 4);
                }
                b'/' | b'!' | b'?' => {
                    // A comment by mistake: `</ >`, `<!doctype>`, `<![CDATA[`, `<?php`.
                    self.at = memchr::memchr(b'>', &bytes[start + 2..])
                        .map_or(bytes.len(), |found| start + 2 + found + 1);
                }
                _ => {
                    if let Some(name) = self.tag(start + 1) {
                        return Some(Token::Start(name));
                    }
                    self.at = bytes.len();
                }
            }
        }
    }
}

/// White space as HTML's tokenizer knows it.
pub(in crate::read) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0c')
}
