//! The structure of a fragment as it is written anew: which elements are open, and which may stand in which.
//!
//! The rules are those by which the HTML Standard builds a tree (§13.2.6), taken the other way round: a tag is written only where a
//! browser puts it where it stands. So the fragment reads back as it was written, however often.

use crate::model::text::{is_bidi_control, is_forbidden};
use crate::model::url::WebUrl;

use super::elements::{self, Place, Rule};
use super::references::{self, Within};
use super::tokens::{self, Attribute};

/// How deep elements may nest. A browser gives up at 512.
const DEPTH: usize = 96;
/// How much is written, in bytes: a long base and short relative URLs make much out of little.
const OUTPUT_BYTES: usize = 2 * 1024 * 1024;
/// How many elements are written. No article has so many, and some readers take time that grows faster than their number.
const ELEMENTS: usize = 10_000;
/// The longest attribute that is kept, in bytes.
const ATTRIBUTE_BYTES: usize = 8 * 1024;
/// The most candidates of a `srcset`.
const CANDIDATES: usize = 16;

/// What is done about a tag that is not where it may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Crossing {
    /// The fragment is given up: a tree is needed.
    Refuse,
    /// Elements are closed, or the tag is left out.
    Mend,
}

/// Whether an element may start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Room {
    Made,
    /// Its tags are left out, its content stays.
    OnlyForContent,
    None,
}

/// An open element.
#[derive(Debug, Clone, Copy)]
struct Open {
    name: &'static str,
    place: Place,
    /// Whether its tag was written; a link without a target is only remembered for its end tag.
    is_written: bool,
}

/// A fragment being written. Its functions return `None` where it is given up.
pub(super) struct Frame<'b> {
    out: String,
    open: Vec<Open>,
    base: Option<&'b url::Url>,
    crossing: Crossing,
    /// How many elements beyond [`DEPTH`] have been left out and not yet ended.
    left_out: usize,
    /// How many elements have been written.
    elements: usize,
    /// How much was written when a `pre` was opened: a browser takes no line break right behind its tag.
    start_of_pre: usize,
    /// The value being read.
    value: String,
}

impl<'b> Frame<'b> {
    pub(super) fn new(base: Option<&'b url::Url>, crossing: Crossing, input: usize) -> Frame<'b> {
        Frame {
            out: String::with_capacity(input + input / 16 + 16),
            open: Vec::new(),
            base,
            crossing,
            left_out: 0,
            elements: 0,
            start_of_pre: usize::MAX,
            value: String::new(),
        }
    }

    /// Whether no more is to be written.
    pub(super) fn is_full(&self) -> bool {
        self.out.len() > OUTPUT_BYTES || self.elements >= ELEMENTS
    }

    /// Closes what is open, as a browser does at the end.
    pub(super) fn finish(mut self) -> String {
        self.close_to(0);
        self.out
    }

    /// Writes text.
    pub(super) fn text(&mut self, text: &str) -> Option<()> {
        if self.is_in_table() && text.bytes().any(|byte| !tokens::is_space(byte)) {
            self.mend()?;
            self.leave_table();
        }
        if self.start_of_pre == self.out.len() {
            let text = references::decode(text, Within::Text);
            let is_nothing = |character| {
                matches!(character, '\n' | '\r')
                    || is_forbidden(character)
                    || is_bidi_control(character)
            };
            push_decoded(&mut self.out, text.trim_start_matches(is_nothing), Within::Text);
            return Some(());
        }
        push_text(&mut self.out, text, Within::Text);
        Some(())
    }

    /// Says that a tag is left out that would change the tree.
    pub(super) fn unwrap_structural(&mut self) -> Option<()> {
        self.mend()
    }

    /// Writes a start tag, or leaves it out.
    pub(super) fn start(
        &mut self,
        name: &'static str,
        place: Place,
        attributes: &[Attribute<'_>],
    ) -> Option<()> {
        match self.make_room(place)? {
            Room::Made => {}
            Room::OnlyForContent => {
                // Remembered, so that its end tag is not taken for another's.
                if self.open.len() < DEPTH {
                    self.open.push(Open { name, place: Place::Phrase, is_written: false });
                } else {
                    self.left_out += 1;
                }
                return Some(());
            }
            Room::None => return Some(()),
        }
        if place.is_void() {
            self.push_void(name, attributes);
            return Some(());
        }
        if self.open.len() >= DEPTH {
            self.mend()?;
            self.left_out += 1;
            return Some(());
        }
        let start = self.out.len();
        self.push_tag(name, attributes);
        // A link that leads nowhere is text.
        let is_written = place != Place::Link || self.out.len() > start + "<a".len();
        if is_written {
            self.out.push('>');
        } else {
            self.out.truncate(start);
        }
        self.open.push(Open { name, place, is_written });
        if name == "pre" {
            self.start_of_pre = self.out.len();
        }
        Some(())
    }

    /// Writes an end tag, or leaves it out where nothing is open that it ends.
    pub(super) fn end(&mut self, name: &'static str, place: Place) -> Option<()> {
        if self.left_out > 0 {
            self.left_out -= 1;
            return Some(());
        }
        if let Some(top) = self.open.last()
            && top.name == name
        {
            self.close_to(self.open.len() - 1);
            return Some(());
        }
        if place.is_void() {
            // `</br>` is a line break, any other end of nothing is nothing.
            return if name == "br" { self.start(name, place, &[]) } else { Some(()) };
        }
        let is_table_part = place.is_table_part() || place == Place::Table;
        let found = self.open.iter().enumerate().rev().find_map(|(at, open)| {
            if open.name == name {
                return Some(Some(at));
            }
            // An end tag in a cell does not end what the table stands in.
            (open.place.is_wall() && !is_table_part).then_some(None)
        });
        let Some(Some(at)) = found else { return self.mend() };
        // The end of a block ends what may lack an end tag of its own.
        let is_implied = !matches!(place, Place::Phrase | Place::Link)
            && !is_table_part
            && self.open.iter().skip(at + 1).all(|open| open.place.may_lack_end());
        if !is_implied {
            self.mend()?;
        }
        self.close_to(at);
        Some(())
    }

    /// Gives the fragment up unless it is to be mended.
    fn mend(&self) -> Option<()> {
        (self.crossing == Crossing::Mend).then_some(())
    }

    /// The innermost element that was written: where what comes next will stand.
    fn top(&self) -> Option<Place> {
        self.open.iter().rev().find(|open| open.is_written).map(|open| open.place)
    }

    /// Closes the innermost element that was written.
    fn close_top(&mut self) {
        let top = self.open.iter().rposition(|open| open.is_written);
        self.close_to(top.unwrap_or_default());
    }

    /// Whether the open element takes only parts of a table.
    fn is_in_table(&self) -> bool {
        matches!(self.top(), Some(Place::Table | Place::ColumnGroup | Place::RowGroup | Place::Row))
    }

    /// Closes elements until so many are open.
    fn close_to(&mut self, depth: usize) {
        while self.open.len() > depth
            && let Some(open) = self.open.pop()
        {
            if open.is_written {
                self.out.push_str("</");
                self.out.push_str(open.name);
                self.out.push('>');
            }
        }
    }

    /// Closes the innermost table.
    fn leave_table(&mut self) {
        if let Some(at) = self.open.iter().rposition(|open| open.place == Place::Table) {
            self.close_to(at);
        }
    }

    /// Closes what must not be open where an element of that place starts.
    fn make_room(&mut self, place: Place) -> Option<Room> {
        if place.is_table_part() {
            return self.make_room_in_table(place);
        }
        if self.is_in_table() {
            self.mend()?;
            self.leave_table();
        }
        match place {
            Place::Link => {
                if self.open.iter().any(|open| open.place == Place::Link) {
                    self.mend()?;
                    if self.top() != Some(Place::Link) {
                        return Some(Room::OnlyForContent);
                    }
                    self.close_top();
                }
            }
            Place::RubyPart => {
                if self.top() == Some(Place::RubyPart) {
                    self.close_top();
                }
                if self.top() != Some(Place::Ruby) {
                    self.mend()?;
                    return Some(Room::OnlyForContent);
                }
            }
            Place::Source if self.top() != Some(Place::Media) => return Some(Room::None),
            Place::ListItem | Place::Term => {
                self.close_item(place)?;
                self.close_paragraph()?;
            }
            Place::Heading => {
                self.close_paragraph()?;
                if self.top() == Some(Place::Heading) {
                    self.close_top();
                }
            }
            Place::Block | Place::OpenBlock | Place::Paragraph | Place::Rule | Place::Table => {
                self.close_paragraph()?;
            }
            Place::Phrase | Place::Ruby | Place::Media | Place::Void | Place::Source => {}
            Place::Caption
            | Place::ColumnGroup
            | Place::Column
            | Place::RowGroup
            | Place::Row
            | Place::Cell => {}
        }
        Some(Room::Made)
    }

    /// Closes the paragraph that a block ends.
    fn close_paragraph(&mut self) -> Option<()> {
        let found = self
            .open
            .iter()
            .rposition(|open| open.place == Place::Paragraph || open.place.is_wall());
        if let Some(at) = found
            && self.open.get(at).is_some_and(|open| open.place == Place::Paragraph)
        {
            if at + 1 < self.open.len() {
                self.mend()?;
            }
            self.close_to(at);
        }
        Some(())
    }

    /// Closes the item that the next one of its list ends.
    fn close_item(&mut self, item: Place) -> Option<()> {
        let found = self
            .open
            .iter()
            .rposition(|open| open.place == item || !open.place.is_passed_by_items());
        if let Some(at) = found
            && self.open.get(at).is_some_and(|open| open.place == item)
        {
            if !self.open.iter().skip(at + 1).all(|open| open.place.may_lack_end()) {
                self.mend()?;
            }
            self.close_to(at);
        }
        Some(())
    }

    /// Brings the structure of a table to where a part of it may start.
    fn make_room_in_table(&mut self, place: Place) -> Option<Room> {
        let fits = |top: Option<Place>| {
            matches!(
                (place, top),
                (Place::Cell, Some(Place::Row))
                    | (Place::Row, Some(Place::RowGroup | Place::Table))
                    | (Place::Column, Some(Place::ColumnGroup))
                    | (Place::RowGroup | Place::ColumnGroup | Place::Caption, Some(Place::Table))
            )
        };
        if fits(self.top()) {
            return Some(Room::Made);
        }
        self.mend()?;
        let Some(table) = self.open.iter().rposition(|open| open.place == Place::Table) else {
            // Outside a table a browser knows no such tag.
            return Some(Room::None);
        };
        while self.open.len() > table + 1 && !fits(self.top()) {
            self.close_top();
        }
        if place == Place::Cell && !fits(self.top()) {
            // The row that was forgotten.
            self.out.push_str("<tr>");
            self.open.push(Open { name: "tr", place: Place::Row, is_written: true });
        }
        Some(if fits(self.top()) { Room::Made } else { Room::None })
    }

    /// Writes an element without content, or leaves it out where it would show nothing.
    fn push_void(&mut self, name: &'static str, attributes: &[Attribute<'_>]) {
        if name == "img" && is_pixel(attributes) {
            return;
        }
        let start = self.out.len();
        self.push_tag(name, attributes);
        let has_source = match name {
            "img" | "source" => {
                let tag = &self.out[start..];
                tag.contains(" src=\"") || tag.contains(" srcset=\"")
            }
            _ => true,
        };
        if has_source {
            self.out.push('>');
        } else {
            self.out.truncate(start);
        }
    }

    /// Writes a tag without its `>`.
    fn push_tag(&mut self, name: &'static str, attributes: &[Attribute<'_>]) {
        self.elements += 1;
        self.out.push('<');
        self.out.push_str(name);
        // Of two attributes of one name the first counts.
        let mut seen = [""; 16];
        let mut count = 0;
        for attribute in attributes {
            let Some((shown, rule)) = elements::attribute(name, attribute.name) else { continue };
            if seen[..count].contains(&shown) || count == seen.len() {
                continue;
            }
            if self.push_attribute(shown, rule, attribute.value) {
                seen[count] = shown;
                count += 1;
            }
        }
        if name == "img" && !seen[..count].contains(&"src") {
            // A picture that a script would load when it comes into view.
            const LATER: [&str; 3] = ["data-src", "data-lazy-src", "data-original"];
            for attribute in attributes {
                if LATER.iter().any(|later| later.eq_ignore_ascii_case(attribute.name))
                    && self.push_attribute("src", Rule::Resource, attribute.value)
                {
                    break;
                }
            }
        }
    }

    /// Writes an attribute if its value keeps the rule; says whether it does.
    fn push_attribute(&mut self, name: &str, rule: Rule, value: &str) -> bool {
        if value.len() > ATTRIBUTE_BYTES {
            return false;
        }
        let decoded = references::decode(value, Within::Attribute);
        let trimmed = decoded.trim();
        self.value.clear();
        let keeps = match rule {
            Rule::Target => self.read_url(trimmed) || self.read_mailto(trimmed),
            Rule::Resource => self.read_url(trimmed),
            Rule::SourceSet => self.read_source_set(trimmed),
            Rule::Text => {
                self.value.push_str(&decoded);
                true
            }
            Rule::Length => {
                let number = trimmed.trim_end_matches("px").trim_end();
                let digits = number.trim_end_matches('%');
                self.value.push_str(number);
                is_number(digits, 5) && number.len() <= digits.len() + 1
            }
            Rule::Integer => {
                self.value.push_str(trimmed);
                is_number(trimmed.trim_start_matches('-'), 9)
            }
            Rule::Span => {
                self.value.push_str(trimmed);
                is_number(trimmed, 3)
            }
            Rule::OneOf(words) => words
                .iter()
                // The one list in which case means something has both cases.
                .find(|word| trimmed == **word)
                .or_else(|| words.iter().find(|word| word.eq_ignore_ascii_case(trimmed)))
                .map(|word| self.value.push_str(word))
                .is_some(),
            Rule::Flag => true,
            Rule::Language => {
                self.value.push_str(trimmed);
                (2..=35).contains(&trimmed.len())
                    && trimmed.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            }
        };
        if keeps {
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            push_decoded(&mut self.out, &self.value, Within::Attribute);
            self.out.push('"');
        }
        keeps
    }

    fn read_url(&mut self, text: &str) -> bool {
        if text.is_empty() {
            return false;
        }
        let Some(url) = WebUrl::join(self.base, text) else { return false };
        self.value.push_str(url.as_str());
        true
    }

    fn read_mailto(&mut self, text: &str) -> bool {
        const SCHEME: &str = "mailto:";
        let is_mail = text.split_at_checked(SCHEME.len()).is_some_and(|(scheme, address)| {
            scheme.eq_ignore_ascii_case(SCHEME) && !address.is_empty()
        });
        let is_plain = |byte: u8| {
            byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'`' | b'\\')
        };
        if !is_mail || !text.bytes().all(is_plain) {
            return false;
        }
        self.value.push_str(SCHEME);
        self.value.push_str(&text[SCHEME.len()..]);
        true
    }

    /// Reads the candidates of a `srcset` (HTML Standard §4.8.4.2.2); says whether any is left.
    fn read_source_set(&mut self, text: &str) -> bool {
        let mut rest = text;
        for _ in 0..CANDIDATES {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ',');
            if rest.is_empty() {
                break;
            }
            let end = rest.find(|c: char| c.is_ascii_whitespace()).unwrap_or(rest.len());
            let (address, after) = rest.split_at(end);
            let bare = address.trim_end_matches(',');
            let descriptor;
            if bare.len() < address.len() {
                descriptor = "";
                rest = after;
            } else {
                let end = after.find(',').unwrap_or(after.len());
                descriptor = after[..end].trim();
                rest = &after[end..];
            }
            let is_known = descriptor.is_empty()
                || descriptor
                    .strip_suffix(['w', 'x'])
                    .is_some_and(|number| is_number(&number.replacen('.', "", 1), 6));
            let Some(url) = WebUrl::join(self.base, bare)
                .filter(|url| is_known && !url.as_str().ends_with(','))
            else {
                continue;
            };
            if !self.value.is_empty() {
                self.value.push_str(", ");
            }
            self.value.push_str(url.as_str());
            if !descriptor.is_empty() {
                self.value.push(' ');
                self.value.push_str(descriptor);
            }
        }
        !self.value.is_empty()
    }
}

fn is_number(text: &str, digits: usize) -> bool {
    (1..=digits).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether an image is too small to see.
fn is_pixel(attributes: &[Attribute<'_>]) -> bool {
    let is_tiny = |name: &str| {
        attributes.iter().any(|attribute| {
            attribute.name.eq_ignore_ascii_case(name)
                && matches!(attribute.value.trim().trim_end_matches("px"), "0" | "1")
        })
    };
    is_tiny("width") && is_tiny("height")
}

/// For each byte whether text cannot hold it as it is, or it may begin a character that text cannot hold.
const SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        special[byte] = matches!(
            byte,
            0x00..=0x08 | 0x0b..=0x1f | 0x7f | 0xc2 | 0xe2 | 0xef | 0xf0..=0xff
        ) || matches!(byte, 0x22 | 0x26 | 0x3c | 0x3e);
        byte += 1;
    }
    special
};

/// Appends text of HTML: references read, markup escaped, control characters, noncharacters and turns of direction left out.
fn push_text(out: &mut String, text: &str, within: Within) {
    let bytes = text.as_bytes();
    let mut from = 0;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if !SPECIAL[usize::from(*byte)] {
            at += 1;
            continue;
        }
        let (escaped, length) = match *byte {
            b'"' if within == Within::Text => {
                at += 1;
                continue;
            }
            b'"' => ("&quot;", 1),
            b'<' => ("&lt;", 1),
            b'>' => ("&gt;", 1),
            b'&' => match references::reference(&text[at..], within) {
                Some(reference) => {
                    out.push_str(&text[from..at]);
                    push_decoded(out, reference.first.encode_utf8(&mut [0; 4]), within);
                    if let Some(second) = reference.second {
                        push_decoded(out, second.encode_utf8(&mut [0; 4]), within);
                    }
                    at += reference.length;
                    from = at;
                    continue;
                }
                None => ("&amp;", 1),
            },
            b'\r' if bytes.get(at + 1) == Some(&b'\n') => ("", 1),
            b'\r' => ("\n", 1),
            0..=0x1f | 0x7f => ("", 1),
            _ => match text[at..].chars().next() {
                Some(character) if is_forbidden(character) || is_bidi_control(character) => {
                    ("", character.len_utf8())
                }
                character => {
                    at += character.map_or(1, char::len_utf8);
                    continue;
                }
            },
        };
        out.push_str(&text[from..at]);
        out.push_str(escaped);
        at += length;
        from = at;
    }
    out.push_str(&text[from..]);
}

/// Appends text whose references have been read: an ampersand is one.
fn push_decoded(out: &mut String, text: &str, within: Within) {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        push_text(out, before, within);
        out.push_str("&amp;");
        rest = after;
    }
    push_text(out, rest, within);
}
