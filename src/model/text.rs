//! Text that has been made safe, once, at the door: the constructors here are the only way in.

use std::fmt;
use std::ops::Range;

/// The longest headline we keep, in bytes.
pub const HEADLINE_BYTES: usize = 4 * 1024;
/// The longest other plain text we keep (a byline, a section, a title of a feed), in bytes.
pub const PLAIN_BYTES: usize = 4 * 1024;

/// A headline: one line of plain text, as published but for white space and characters that no one should see.
///
/// Never empty, at most [`HEADLINE_BYTES`], no control characters and no bidirectional overrides.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Headline(String);

impl Headline {
    /// Takes plain text (no markup, entities already read); `None` if nothing visible is left of it.
    pub fn new(text: &str) -> Option<Headline> {
        let line = one_line(text, HEADLINE_BYTES);
        (!line.is_empty()).then_some(Headline(line))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Headline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Any other line of plain text: a byline, a section, a caption.
///
/// Never empty, at most [`PLAIN_BYTES`], no control characters and no bidirectional overrides.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PlainText(String);

impl PlainText {
    /// Takes plain text (no markup, entities already read); `None` if nothing visible is left of it.
    pub fn new(text: &str) -> Option<PlainText> {
        let line = one_line(text, PLAIN_BYTES);
        (!line.is_empty()).then_some(PlainText(line))
    }

    /// As [`PlainText::new`], without copying what is such a line already.
    pub fn of(text: String) -> Option<PlainText> {
        if text.len() <= PLAIN_BYTES && is_clean_line(&text) {
            Some(PlainText(text))
        } else {
            PlainText::new(&text)
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PlainText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An HTML fragment that may be shown: sanitised, or made from plain text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct SafeHtml(String);

impl SafeHtml {
    /// Takes what the sanitiser vouches for. Called by `read/sanitise.rs` and by a store that gives back what it was given; by no one
    /// else (`tests/architecture.rs`).
    pub fn vouched(html: String) -> SafeHtml {
        SafeHtml(html)
    }

    /// Makes plain text HTML by escaping it.
    pub fn escaped(text: &str) -> SafeHtml {
        let mut html = String::with_capacity(text.len() + 8);
        push_escaped(&mut html, text);
        SafeHtml(html)
    }

    /// The fragment after a paragraph of plain text.
    pub fn led_by(&self, paragraph: &str) -> SafeHtml {
        let mut html = String::with_capacity(self.0.len() + paragraph.len() + 16);
        html.push_str("<p>");
        push_escaped(&mut html, paragraph);
        html.push_str("</p>");
        html.push_str(&self.0);
        SafeHtml(html)
    }

    /// The fragment.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Its text: tags left out (a tag may part words, so each leaves a space), the escapes of [`push_escaped`] and of the HTML standard's
    /// serialisation (§13.3) read. No parser is needed, because only a serialiser's output is vouched for.
    pub fn to_text(&self) -> String {
        let mut text = String::with_capacity(self.0.len());
        text.extend(Pieces { rest: &self.0 });
        text
    }

    /// Whether [`PlainText::new`] surely makes this line of [`SafeHtml::to_text`]: without making either. `false` if that takes a closer look.
    pub fn surely_reads(&self, line: &PlainText) -> bool {
        let line = line.as_str();
        let mut rest = line;
        let mut gap = false;
        for piece in (Pieces { rest: &self.0 }) {
            let words = piece.trim_start();
            gap |= words.len() < piece.len();
            if words.is_empty() {
                continue;
            }
            if gap && rest.len() < line.len() {
                let Some(after) = rest.strip_prefix(' ') else { return false };
                rest = after;
            }
            let trimmed = words.trim_end();
            let Some(after) = rest.strip_prefix(trimmed) else { return false };
            rest = after;
            gap = trimmed.len() < words.len();
        }
        rest.is_empty()
    }
}

/// The pieces of a fragment's text: runs between tags and escapes, a space for a tag, a character for an escape.
struct Pieces<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let rest = self.rest;
        let (piece, after) = match memchr::memchr2(b'<', b'&', rest.as_bytes()) {
            Some(0) if rest.starts_with('<') => (" ", after_tag(rest)),
            Some(0) => escaped_character(rest),
            Some(at) => rest.split_at(at),
            None if rest.is_empty() => return None,
            None => (rest, ""),
        };
        self.rest = after;
        Some(piece)
    }
}

/// What follows the tag that the text begins with; nothing if the tag has no end.
fn after_tag(text: &str) -> &str {
    // In attributes a serialiser may leave ">" as it is.
    let mut quoted = false;
    let end = text.bytes().position(|byte| {
        quoted ^= byte == b'"';
        byte == b'>' && !quoted
    });
    end.map_or("", |end| &text[end + 1..])
}

/// The character that the escape at the beginning stands for, and what follows it.
fn escaped_character(text: &str) -> (&str, &str) {
    const ESCAPES: [(&str, &str); 6] = [
        ("&amp;", "&"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&nbsp;", " "),
    ];
    let found = ESCAPES
        .iter()
        .find_map(|(escape, character)| text.strip_prefix(escape).map(|after| (*character, after)));
    found.unwrap_or_else(|| text.split_at(1))
}

/// Appends text to HTML or XML, escaping `&`, `<`, `>`, `"` and `'`, and leaving out what XML 1.0 §2.2 forbids.
pub fn push_escaped(out: &mut String, text: &str) {
    // Nearly all text has long stretches that stay as they are; they are copied whole.
    let mut rest = text;
    while let Some(next) = rest.bytes().position(|byte| {
        matches!(byte, b'&' | b'<' | b'>' | b'"' | b'\'') || may_be_forbidden(byte)
    }) {
        let (plain, from) = rest.split_at(next);
        out.push_str(plain);
        let Some(character) = from.chars().next() else { break };
        push_escaped_character(out, character);
        rest = &from[character.len_utf8()..];
    }
    out.push_str(rest);
}

fn push_escaped_character(out: &mut String, character: char) {
    match character {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '\'' => out.push_str("&#39;"),
        character if is_forbidden(character) => {}
        character => out.push(character),
    }
}

/// Whether a character that [`is_forbidden`] may begin with that byte of UTF-8.
fn may_be_forbidden(byte: u8) -> bool {
    byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r') || matches!(byte, 0x7f | 0xc2 | 0xef..)
}

/// Whether XML 1.0 §2.2 forbids the character, or it is a control character that no text needs (C1, noncharacters).
pub fn is_forbidden(character: char) -> bool {
    matches!(character,
        '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{fdd0}'..='\u{fdef}' | '\u{fffe}' | '\u{ffff}')
        || (character as u32) & 0xfffe == 0xfffe
}

/// Whether the character turns the direction of the text around it (Unicode UAX #9 §2.1 to §2.4), which a headline must not do to a page.
pub fn is_bidi_control(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text in one line: white space squeezed, what no one should see left out, cut at a character below `limit` bytes.
fn one_line(text: &str, limit: usize) -> String {
    if is_clean_line(text) && text.len() <= limit {
        return text.to_owned();
    }
    let mut line = String::with_capacity(text.len().min(limit));
    let mut gap = false;
    for character in text.chars() {
        if character.is_whitespace() {
            gap = !line.is_empty();
            continue;
        }
        if is_forbidden(character) || is_bidi_control(character) || character == '\u{feff}' {
            continue;
        }
        if line.len() + character.len_utf8() + usize::from(gap) > limit {
            break;
        }
        if gap {
            line.push(' ');
            gap = false;
        }
        line.push(character);
    }
    line
}

/// Whether [`PlainText::new`] surely leaves the text as it is, however long. `false` if that takes a closer look, and for the empty text.
pub fn is_clean_line(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return false };
    if *first == b' ' || *last == b' ' {
        return false;
    }
    let at = |index: usize| bytes.get(index).copied().unwrap_or(b'x');
    let whole = bytes.len().saturating_sub(2);
    // No early ends inside a chunk: so the compiler compares many bytes at once.
    let chunks = bytes[..whole].chunks(64).zip(bytes.get(1..).unwrap_or_default().chunks(64));
    let mut chunks = chunks.zip(bytes.get(2..).unwrap_or_default().chunks(64));
    chunks.all(|((a, b), c)| {
        let bytes = a.iter().zip(b).zip(c);
        !bytes.fold(false, |odd, ((a, b), c)| odd | may_be_odd(*a, *b, *c))
    }) && (whole..bytes.len()).all(|index| !may_be_odd(at(index), at(index + 1), at(index + 2)))
}

/// Whether these bytes may begin a character that no line has, or a second space. White space, control and bidirectional characters beyond
/// ASCII begin with E1 or F0 and above, or are in U+0080 to U+00A0, U+2000 to U+206F, U+3000, or U+F000 and above; of those blocks the usual
/// punctuation is told apart: middle dots, typographic quotation marks and dashes, ideographic commas, full-width forms.
fn may_be_odd(a: u8, b: u8, c: u8) -> bool {
    let control = (a < b' ') | (a == 0x7f) | (a == 0xe1) | (a >= 0xf0);
    let latin = (a == 0xc2) & (b <= 0xa0);
    let space = (a == b' ') & (b == b' ');
    let wide_space = (a == 0xe3) & (b == 0x80) & (c == 0x80);
    let punctuation = (b >= 0x82) | ((b == 0x80) & matches!(c, 0x90..=0xa7));
    let general = (a == 0xe2) & !punctuation;
    let last = (a == 0xef) & (b != 0xbc) & (b != 0xbd);
    control | latin | space | wide_space | general | last
}

/// A text folded for comparing, with the way back to the text as published.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Folded {
    text: String,
    /// For each byte of `text`, and one past its end, the byte of the published text it comes from; `None` where they are the same.
    offsets: Option<Vec<u32>>,
}

impl Folded {
    /// Pairs a folded text with the offsets of its bytes: `offsets.len() == text.len() + 1`, non-decreasing.
    pub fn new(text: String, offsets: Vec<u32>) -> Folded {
        debug_assert_eq!(offsets.len(), text.len() + 1);
        Folded { text, offsets: Some(offsets) }
    }

    /// A folded text each byte of which stands where it stood (as when only ASCII letters change case).
    pub fn in_place(text: String) -> Folded {
        Folded { text, offsets: None }
    }

    /// The folded text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The bytes of the published text that a range of the folded text comes from: whole characters, at least one where the range is not
    /// empty.
    pub fn span(&self, folded: Range<usize>) -> Range<usize> {
        let end_of_text = self.text.len();
        let (start, end) = (folded.start.min(end_of_text), folded.end.min(end_of_text));
        let Some(offsets) = &self.offsets else { return start..end.max(start) };
        let at = |index: usize| offsets.get(index).map_or(0, |offset| *offset as usize);
        // One published character may fold to several ("㈱"): the span takes all of it.
        let mut last = end;
        while last > start && last < end_of_text && at(last) == at(last - 1) {
            last += 1;
        }
        at(start)..at(last).max(at(start))
    }
}

/// An entry's texts folded for comparing: what topics and stories look at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Normalised {
    /// The headline, folded, every word of it.
    pub title: Folded,
    /// The summary as plain text, folded.
    pub summary: Folded,
    /// The headline reduced to what two outlets would share: folded, without punctuation, outlet suffix and desk tags.
    /// Equal keys are equal headlines; empty if nothing is left.
    pub headline_key: String,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_headline_is_one_visible_line() {
        let check = |text: &str, want: Option<&str>| {
            assert_eq!(Headline::new(text).as_ref().map(Headline::as_str), want, "{text:?}");
        };
        check("  Talks\n\tresume\u{0}\u{1b}[31m ", Some("Talks resume[31m"));
        check("\u{202e}evil\u{202c}", Some("evil"));
        check(" \u{3000}\u{feff}", None);
        check("한·일 정상회담", Some("한·일 정상회담"));
        check("日韓\u{3000}首脳、会談", Some("日韓 首脳、会談"));
        check("two  gaps", Some("two gaps"));
        check("end ", Some("end"));
        check("a\u{a0}b\u{2028}c\u{fffe}", Some("a b c"));
    }

    #[test]
    fn a_long_headline_is_cut_at_a_character() {
        let headline = Headline::new(&"가".repeat(100_000)).unwrap();
        assert!(headline.as_str().len() <= HEADLINE_BYTES);
        assert!(headline.as_str().chars().all(|character| character == '가'));
    }

    #[test]
    fn a_clean_line_stays_as_it_is() {
        let check = |text: &str, want: bool| {
            assert_eq!(is_clean_line(text), want, "{text:?}");
            assert!(!want || one_line(text, usize::MAX) == text, "{text:?}");
        };
        for text in [
            "a",
            "가",
            "Talks resume",
            "‘Quoted’ – “twice”…",
            "「首脳会談」、（来週）。",
            "한·일 정상회담…",
        ] {
            check(text, true);
            check(&text.repeat(100), true);
        }
        for text in [
            "",
            " a",
            "a ",
            "a  b",
            "a\tb",
            "a\u{a0}b",
            "a\u{3000}b",
            "a\u{2028}b",
            "\u{202e}b",
            "\u{feff}b",
            "a\u{200b}",
        ] {
            check(text, false);
            let long = format!("{}{text}", "가나 ab、".repeat(40));
            assert!(text.is_empty() || text == " a" || !is_clean_line(&long), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn clean_lines_need_no_closer_look(text in "[ -~]{0,80}|[a \u{80}-\u{a1}\u{1680}\u{2000}-\u{2070}\u{3000}-\u{3003}\u{f000}-\u{ffff}\u{1fffe}가]{0,70}") {
            if is_clean_line(&text) {
                prop_assert_eq!(one_line(&text, usize::MAX), text);
            }
        }
    }

    #[test]
    fn text_never_becomes_markup() {
        assert_eq!(
            SafeHtml::escaped("<b>\"A&B\"\u{b}</b>").as_str(),
            "&lt;b&gt;&quot;A&amp;B&quot;&lt;/b&gt;"
        );
    }

    #[test]
    fn markup_gives_its_text_back() {
        let html = SafeHtml::vouched("<p title=\"a>b\">A&amp;B</p><p>x&nbsp;&lt;y</p>".into());
        assert_eq!(html.to_text(), " A&B  x <y ");
        assert_eq!(SafeHtml::escaped("<b>'&amp;'").to_text(), "<b>'&amp;'");
    }

    #[test]
    fn a_line_that_markup_surely_reads_is_made_of_it() {
        let check = |html: &str, line: &str, want: bool| {
            let html = SafeHtml::vouched(html.to_owned());
            let line = PlainText::new(line).unwrap();
            assert_eq!(html.surely_reads(&line), want, "{html:?} {line:?}");
            let made = PlainText::new(&html.to_text());
            assert!(!want || made.as_ref() == Some(&line), "{html:?} makes {made:?}");
        };
        check("one", "one", true);
        check("<p>one &amp; <b>two</b></p> <p>three</p>", "one & two three", true);
        check("<p>\n one&nbsp;two\u{3000}</p>", "one two", true);
        check("<p><a href=\"x>y\">하나</a></p><br>둘", "하나 둘", true);
        // A closer look would show that this one is made of it, too.
        check("one  two", "one two", false);
        check("<b>one</b>.", "one.", false);
        check("one two", "one", false);
        check("one", "one two", false);
    }

    #[test]
    fn spans_lead_back_to_the_published_text() {
        let folded = Folded::new("ab".into(), vec![0, 3, 6]);
        assert_eq!(folded.span(1..2), 3..6);
        assert_eq!(folded.span(0..9), 0..6);
        let three = Folded::new("(株)x".into(), vec![0, 0, 0, 0, 0, 3, 4]);
        assert_eq!(three.span(1..4), 0..3);
        assert_eq!(three.span(5..6), 3..4);
        assert_eq!(Folded::in_place("abc".into()).span(1..3), 1..3);
    }
}
