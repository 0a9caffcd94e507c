//! Character references (`&eacute;`, `&#233;`), by the HTML Standard §13.2.5.72 and its table of names.

use std::borrow::Cow;

use html5ever::data::NAMED_ENTITIES;

/// The longest name of a reference, with its semicolon (`&CounterClockwiseContourIntegral;`).
const NAME_BYTES: usize = 32;
/// The longest name that is understood without a semicolon.
const BARE_NAME_BYTES: usize = 6;

/// Where a reference stands, which decides about one without a semicolon: `?a=1&copy=2` is no copyright sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::read) enum Within {
    Text,
    Attribute,
}

/// The characters a reference stands for, and its length in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) first: char,
    pub(super) second: Option<char>,
    pub(super) length: usize,
}

/// Reads the reference that a text starts with; `None` if its ampersand is just one.
pub(super) fn reference(text: &str, within: Within) -> Option<Reference> {
    let bytes = text.as_bytes();
    if bytes.first() != Some(&b'&') {
        return None;
    }
    match bytes.get(1)? {
        b'#' => numeric(bytes),
        b'a'..=b'z' | b'A'..=b'Z' => named(text, within),
        _ => None,
    }
}

fn numeric(bytes: &[u8]) -> Option<Reference> {
    let (radix, start) = match bytes.get(2)? {
        b'x' | b'X' => (16, 3),
        _ => (10, 2),
    };
    let mut value = 0_u32;
    let mut at = start;
    while let Some(digit) = bytes.get(at).and_then(|byte| (*byte as char).to_digit(radix)) {
        // Past the last code point it does not matter how far.
        value = value.saturating_mul(radix).saturating_add(digit);
        at += 1;
    }
    if at == start {
        return None;
    }
    if bytes.get(at) == Some(&b';') {
        at += 1;
    }
    let first = match value {
        0x80..=0x9f => windows_1252(value),
        0 => char::REPLACEMENT_CHARACTER,
        value => char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER),
    };
    Some(Reference { first, second: None, length: at })
}

/// The character that numbers of C1 controls are meant for.
fn windows_1252(value: u32) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    let index = value.checked_sub(0x80).and_then(|index| usize::try_from(index).ok());
    index.and_then(|index| HIGH.get(index)).copied().unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn named(text: &str, within: Within) -> Option<Reference> {
    // The five that make up nearly all references.
    let common = |first, length| Some(Reference { first, second: None, length });
    let rest = text.get(1..)?;
    if rest.starts_with("amp;") {
        return common('&', 5);
    } else if rest.starts_with("nbsp;") {
        return common('\u{a0}', 6);
    } else if rest.starts_with("quot;") {
        return common('"', 6);
    } else if rest.starts_with("lt;") {
        return common('<', 4);
    } else if rest.starts_with("gt;") {
        return common('>', 4);
    }
    let name = rest.bytes().take(NAME_BYTES).take_while(u8::is_ascii_alphanumeric).count();
    if rest.as_bytes().get(name) == Some(&b';')
        && let Some(found) = look_up(rest.get(..=name)?, name + 2)
    {
        return Some(found);
    }
    // `&copy 2025`: the longest old name at the start counts.
    let (found, end) = (2..=name.min(BARE_NAME_BYTES))
        .rev()
        .find_map(|end| Some((look_up(rest.get(..end)?, end + 1)?, end)))?;
    let next = rest.as_bytes().get(end);
    let is_parameter = next.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'=');
    (within == Within::Text || !is_parameter).then_some(found)
}

fn look_up(name: &str, length: usize) -> Option<Reference> {
    let (first, second) = NAMED_ENTITIES.get(name)?;
    // The table also holds the beginnings of names, with no character.
    let first = char::from_u32(*first).filter(|first| *first != '\0')?;
    Some(Reference {
        first,
        second: char::from_u32(*second).filter(|second| *second != '\0'),
        length,
    })
}

/// Replaces the references of a text by what they stand for.
pub(in crate::read) fn decode(text: &str, within: Within) -> Cow<'_, str> {
    let Some(mut at) = memchr::memchr(b'&', text.as_bytes()) else { return Cow::Borrowed(text) };
    let mut out = String::new();
    let mut from = 0;
    loop {
        if let Some(reference) = reference(&text[at..], within) {
            if out.is_empty() {
                out.reserve(text.len());
            }
            out.push_str(&text[from..at]);
            out.push(reference.first);
            out.extend(reference.second);
            at += reference.length;
            from = at;
        } else {
            at += 1;
        }
        match memchr::memchr(b'&', &text.as_bytes()[at..]) {
            Some(found) => at += found,
            None => break,
        }
    }
    if from == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[from..]);
    Cow::Owned(out)
}
