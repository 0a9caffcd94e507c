//! Plain text on its way into documents: characters that XML forbids, and text that a reader might take for markup.

use std::borrow::Cow;

use crate::model::text::is_forbidden;

/// The text without what XML 1.0 §2.2 forbids and without control characters that no text needs.
pub(super) fn legal(text: &str) -> Cow<'_, str> {
    // Nearly every text has none of the bytes that forbidden characters begin with; looking for those is a few times faster than decoding.
    let suspect = |byte: u8| {
        (byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r'))
            || matches!(byte, 0x7f | 0xc2 | 0xef | 0xf0..)
    };
    if !text.bytes().any(suspect) || !text.chars().any(is_forbidden) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|character| !is_forbidden(*character)).collect())
}

/// Plain text for places where readers do not agree whether markup may stand (titles of RSS 2.0 and JSON Feed): what begins like a tag, a
/// comment or a processing instruction gets angle quotation marks instead, which look alike and are text to everyone
/// (`docs/adr/0003-titles-are-text.md`).
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    let text = legal(text);
    if !reads_as_markup(&text) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 8);
    let mut open = false;
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        match character {
            '<' if begins_tag(rest.as_str()) => {
                open = true;
                out.push('‹');
            }
            '>' if open => {
                open = false;
                out.push('›');
            }
            character => out.push(character),
        }
    }
    Cow::Owned(out)
}

/// Whether an HTML parser would find something other than text in it (HTML Standard §13.2.5.6, the tag open state).
pub(super) fn reads_as_markup(text: &str) -> bool {
    memchr::memchr_iter(b'<', text.as_bytes()).any(|at| begins_tag(&text[at + 1..]))
}

fn begins_tag(after: &str) -> bool {
    after.starts_with(|next: char| next.is_ascii_alphabetic() || matches!(next, '/' | '!' | '?'))
}

/// The start of what a sanitised fragment says, as one line of plain text, cut between words where there are any. It takes at most `columns` of a
/// terminal: a Korean or Japanese character is as wide as two Latin letters, and says as much.
pub(super) fn excerpt(html: &str, columns: usize) -> String {
    let mut line = Line { text: String::new(), room: columns, gap: false, is_full: false };
    let mut at = 0;
    while at < html.len() && !line.is_full {
        let next = memchr::memchr2(b'<', b'&', &html.as_bytes()[at..])
            .map_or(html.len(), |found| at + found);
        html[at..next].chars().for_each(|character| line.push(character));
        let rest = &html[next..];
        at = next
            + if rest.starts_with('<') {
                if !is_inline(tag_name(rest)) {
                    line.push(' ');
                }
                tag_length(rest)
            } else if rest.starts_with('&') {
                let (character, length) = reference(rest);
                line.push(character);
                length
            } else {
                0
            };
    }
    line.finish()
}

/// A line being filled: white space squeezed, forbidden characters left out.
struct Line {
    text: String,
    room: usize,
    gap: bool,
    is_full: bool,
}

impl Line {
    fn push(&mut self, character: char) {
        if self.is_full || is_forbidden(character) {
            return;
        }
        if character.is_whitespace() {
            self.gap = !self.text.is_empty();
            return;
        }
        let needed = columns_of(character) + usize::from(self.gap);
        if self.room < needed {
            self.is_full = true;
            return;
        }
        self.room -= needed;
        if self.gap {
            self.text.push(' ');
            self.gap = false;
        }
        self.text.push(character);
    }

    fn finish(mut self) -> String {
        if self.is_full {
            // Unless the room ended with a word, the last one is half a word; but one that fills half of the line (Japanese has no spaces)
            // is cut rather than lost.
            if !self.gap
                && let Some(at) = self.text.rfind(' ').filter(|at| *at > self.text.len() / 2)
            {
                self.text.truncate(at);
            }
            let end = self.text.trim_end_matches([',', ';', ':', '.', '、', '。']).len();
            self.text.truncate(end);
            self.text.push('…');
        }
        self.text
    }
}

/// How many columns a character takes, near enough to cut a text: everything from Hangul Jamo on counts as wide.
fn columns_of(character: char) -> usize {
    if character < '\u{1100}' { 1 } else { 2 }
}

/// The element a tag is of: `p` of `<p>`, `</p>` and `<p lang="ko">`.
fn tag_name(tag: &str) -> &str {
    let name = tag.trim_start_matches(['<', '/']);
    &name[..name.find(|next: char| !next.is_ascii_alphanumeric()).unwrap_or(name.len())]
}

/// How long the tag is in bytes, its angle brackets included; a bracket in an attribute's value does not end it.
fn tag_length(tag: &str) -> usize {
    let mut quote = None;
    for (at, byte) in tag.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return at + 1,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    tag.len()
}

/// The character that a reference stands for, and its length in bytes. The sanitiser leaves only these, and `&` before anything else is itself.
fn reference(text: &str) -> (char, usize) {
    const NAMED: [(&str, char); 6] = [
        ("&amp;", '&'),
        ("&lt;", '<'),
        ("&gt;", '>'),
        ("&quot;", '"'),
        ("&apos;", '\''),
        ("&nbsp;", '\u{a0}'),
    ];
    if let Some((name, character)) = NAMED.iter().find(|(name, _)| text.starts_with(name)) {
        return (*character, name.len());
    }
    let number = text.strip_prefix("&#").and_then(|number| {
        let (digits, _) = number.split_once(';').filter(|(digits, _)| digits.len() <= 8)?;
        let code = match digits.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16).ok()?,
            None => digits.parse().ok()?,
        };
        Some((char::from_u32(code)?, "&#;".len() + digits.len()))
    });
    number.unwrap_or(('&', 1))
}

/// Whether words on both sides of the tag may be one word.
fn is_inline(name: &str) -> bool {
    const INLINE: [&str; 27] = [
        "a", "abbr", "acronym", "b", "bdi", "bdo", "cite", "code", "del", "dfn", "em", "i", "ins",
        "kbd", "mark", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "tt",
        "u", "wbr",
    ];
    INLINE.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        let check = |text: &str, want: &str| assert_eq!(plain(text), want);
        check("A & B", "A & B");
        check("AT&T", "AT&T");
        check("5 < 6 > 4", "5 < 6 > 4");
        check("a<5", "a<5");
        check("I <3 Seoul", "I <3 Seoul");
        check("x->y", "x->y");
        check("The <b> tag", "The ‹b› tag");
        check("<script>alert(1)</script>", "‹script›alert(1)‹/script›");
        check("<!-- --> <?php ?>", "‹!-- --› ‹?php ?›");
        check("<<b>", "<‹b›");
        check("&lt;script&gt;", "&lt;script&gt;");
        check("<공동 발표문>", "<공동 발표문>");
        check("a <", "a <");
    }

    #[test]
    fn forbidden_characters_are_left_out() {
        let check = |text: &str, want: &str| assert_eq!(legal(text), want);
        check("a\u{0}b\u{85}c\u{fffe}d\u{1f600}\u{1ffff}e\tf", "abcd\u{1f600}e\tf");
        check("한국 « été » ｆｕｌｌ", "한국 « été » ｆｕｌｌ");
    }

    #[test]
    fn an_excerpt_is_what_a_person_reads() {
        let check = |html: &str, columns: usize, want: &str| {
            assert_eq!(excerpt(html, columns), want, "{html}");
        };
        check("<p>One</p><p>t<b>w</b>o &amp; &lt;b&gt; &#39;x&#x27;</p>", 99, "One two & <b> 'x'");
        check("<img alt=\"a > b\" src=\"x\">after", 99, "after");
        check("one two three four", 12, "one two…");
        check("one two three four", 13, "one two three…");
        check("one two", 7, "one two");
        check("会談が会談が", 9, "会談が会…");
        check("AT&T &amp &#xd800; &#1;", 99, "AT&T &amp &#xd800;");
        check("a <", 99, "a");
        check("", 9, "");
    }
}
