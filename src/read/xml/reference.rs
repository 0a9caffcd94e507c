//! Character references: numeric ones, and HTML's names, which feeds use without declaring them. What a DTD declares is never expanded.

use std::borrow::Cow;

/// Replaces the references in XML text. What is no reference stays as it stands; a number that names no legal character is left out.
pub(in crate::read) fn unescape(text: &str) -> Cow<'_, str> {
    match memchr::memchr(b'&', text.as_bytes()) {
        None => Cow::Borrowed(text),
        Some(first) => {
            let mut out = String::with_capacity(text.len());
            push_from(&mut out, text, first);
            Cow::Owned(out)
        }
    }
}

/// Appends XML text with its references replaced.
pub(in crate::read) fn push_unescaped(out: &mut String, text: &str) {
    match memchr::memchr(b'&', text.as_bytes()) {
        None => out.push_str(text),
        Some(first) => push_from(out, text, first),
    }
}

fn push_from(out: &mut String, text: &str, first: usize) {
    let bytes = text.as_bytes();
    let mut kept = 0;
    let mut next = Some(first);
    while let Some(ampersand) = next {
        let after = match read(&text[ampersand..]) {
            Some((reference, length)) => {
                out.push_str(&text[kept..ampersand]);
                match reference {
                    Reference::One(character) => out.push(character),
                    Reference::Two(first, second) => out.extend([first, second]),
                    Reference::Illegal => {}
                }
                kept = ampersand + length;
                kept
            }
            None => ampersand + 1,
        };
        next = memchr::memchr(b'&', &bytes[after..]).map(|found| after + found);
    }
    out.push_str(&text[kept..]);
}

enum Reference {
    One(char),
    Two(char, char),
    /// A number that XML 1.0 §2.2 forbids.
    Illegal,
}

/// The longest reference looked at: HTML's longest name is shorter, and so is any number with a few leading zeros.
const LONGEST: usize = 36;

/// Reads the reference at the start of a text, which is an ampersand; gives its length too.
fn read(text: &str) -> Option<(Reference, usize)> {
    let bytes = text.as_bytes();
    // The five of XML are nearly all there are.
    match bytes {
        [b'&', b'l', b't', b';', ..] => return Some((Reference::One('<'), 4)),
        [b'&', b'g', b't', b';', ..] => return Some((Reference::One('>'), 4)),
        [b'&', b'a', b'm', b'p', b';', ..] => return Some((Reference::One('&'), 5)),
        [b'&', b'q', b'u', b'o', b't', b';', ..] => return Some((Reference::One('"'), 6)),
        [b'&', b'a', b'p', b'o', b's', b';', ..] => return Some((Reference::One('\''), 6)),
        _ => {}
    }
    let window = &bytes[..bytes.len().min(LONGEST)];
    let end =
        window.iter().skip(1).position(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'#'))?
            + 1;
    if window.get(end) != Some(&b';') || end < 2 {
        return None;
    }
    let name = &text[1..end];
    let reference = match name.strip_prefix('#') {
        Some(number) => numeric(number)?,
        None => {
            let (first, second) = *html5ever::data::NAMED_ENTITIES.get(&text[1..=end])?;
            match (char::from_u32(first)?, char::from_u32(second)?) {
                // A name's first letters stand in that table with no character.
                ('\0', _) => return None,
                (first, '\0') => Reference::One(first),
                (first, second) => Reference::Two(first, second),
            }
        }
    };
    Some((reference, end + 1))
}

fn numeric(number: &str) -> Option<Reference> {
    let code = match number.strip_prefix(['x', 'X']) {
        Some(digits) => parse_digits(digits, 16)?,
        None => parse_digits(number, 10)?,
    };
    let character = match code {
        // Windows-1252 by number, as HTML reads it: “smart quotes” of broken editors.
        0x80..=0x9f => html5ever::data::C1_REPLACEMENTS[code as usize - 0x80],
        code => char::from_u32(code),
    };
    Some(match character {
        Some(character) if !crate::model::text::is_forbidden(character) => {
            Reference::One(character)
        }
        _ => Reference::Illegal,
    })
}

/// A number too large for a character is still a number.
fn parse_digits(digits: &str, radix: u32) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    digits.chars().try_fold(0_u32, |sum, digit| {
        Some(sum.saturating_mul(radix).saturating_add(digit.to_digit(radix)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_become_characters() {
        let check = |text: &str, want: &str| assert_eq!(unescape(text), want, "{text}");
        check("a &amp; b &lt;c&gt; &quot;d&quot; &apos;e&apos;", "a & b <c> \"d\" 'e'");
        check("&copy;&nbsp;&eacute;&hellip;", "©\u{a0}é…");
        check("&#8217;&#x2019;&#X41;&#147;", "’’A“");
        check("&acE;", "\u{223e}\u{333}");
        check("&amp;amp;", "&amp;");
    }

    #[test]
    fn what_is_no_reference_stays() {
        let check = |text: &str| assert_eq!(unescape(text), text);
        for text in [
            "AT&T",
            "&;",
            "&#;",
            "&#x;",
            "&#-1;",
            "&undeclared;",
            "a&b=c;",
            "&",
            "&amp",
            "&am;",
            "x&é;",
        ] {
            check(text);
        }
        check(&format!("&{};", "a".repeat(100_000)));
    }

    #[test]
    fn illegal_characters_are_left_out() {
        for number in [
            "0",
            "x1F",
            "xB",
            "xFFFE",
            "xFFFF",
            "xD800",
            "xDFFF",
            "x110000",
            "99999999999999999999",
        ] {
            assert_eq!(unescape(&format!("a&#{number};b")), "ab", "{number}");
        }
    }
}
