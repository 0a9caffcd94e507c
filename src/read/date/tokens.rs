//! A date text cut into numbers, words and marks.

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

use super::names;

/// How much of a text is looked at, in bytes: the longest date worth reading (a JavaScript `Date` with a long zone comment) has some 70.
const TEXT_BYTES: usize = 128;

/// The first [`TEXT_BYTES`] of a text with compatibility forms and the digits of all scripts made plain.
pub(super) fn normal_text(text: &str) -> String {
    let mut end = text.len().min(TEXT_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = &text[..end];
    if text.is_ascii() {
        return text.to_owned();
    }
    ComposingNormalizerBorrowed::new_nfkc()
        .normalize_iter(text.chars())
        .map(|character| match character {
            '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
            '【' | '〔' => '[',
            '】' | '〕' => ']',
            '\u{660}'..='\u{669}' => digit(character, 0x660),
            '\u{6f0}'..='\u{6f9}' => digit(character, 0x6f0),
            '\u{966}'..='\u{96f}' => digit(character, 0x966),
            '\u{9e6}'..='\u{9ef}' => digit(character, 0x9e6),
            '\u{e50}'..='\u{e59}' => digit(character, 0xe50),
            character => character,
        })
        .collect()
}

fn digit(character: char, zero: u32) -> char {
    char::from_digit(u32::from(character) - zero, 10).unwrap_or(character)
}

/// A word in lower case and without accents.
pub(super) fn folded(word: &str) -> String {
    if word.is_ascii() {
        return word.to_ascii_lowercase();
    }
    DecomposingNormalizerBorrowed::new_nfd()
        .normalize_iter(word.chars().flat_map(char::to_lowercase))
        .filter(|character| !matches!(character, '\u{300}'..='\u{36f}' | '\u{653}'..='\u{655}'))
        .map(|character| if character == 'ı' { 'i' } else { character })
        .collect()
}

/// A piece of a date text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Number {
        value: u64,
        digits: usize,
    },
    Word(&'a str),
    Mark(char),
    /// What stands in brackets: a zone, a weekday or a comment.
    Aside(&'a str),
}

/// A piece, and whether white space stands before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'a> {
    pub(super) piece: Piece<'a>,
    pub(super) spaced: bool,
}

/// Cuts a normal text into tokens. Linear, but for brackets that do not close, of which a text of [`TEXT_BYTES`] cannot have many.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens: Vec<Token<'_>> = Vec::with_capacity(24);
    let mut rest = text;
    let mut spaced = false;
    let mut numbers = 0;
    while let Some(first) = rest.chars().next() {
        let mut length = first.len_utf8();
        if first.is_whitespace() || first.is_control() {
            spaced = true;
            rest = &rest[length..];
            continue;
        }
        let piece = if first.is_ascii_digit() {
            length = rest.bytes().take_while(u8::is_ascii_digit).count();
            numbers += 1;
            let value = rest[..length].parse().unwrap_or(u64::MAX);
            Piece::Number { value, digits: length }
        } else if first.is_alphabetic() {
            length = word_length(rest);
            Piece::Word(&rest[..length])
        } else if matches!(first, '(' | '[') {
            let inside = rest[length..].trim_start();
            if numbers == 0 && inside.starts_with(|c: char| c.is_ascii_digit()) {
                // The brackets hold the date itself: `[2025.11.17]`, `/Date(1763334765000)/`.
                Piece::Mark(first)
            } else {
                length = bracketed_length(rest);
                Piece::Aside(rest[1..length].trim_end_matches([')', ']']).trim())
            }
        } else {
            Piece::Mark(first)
        };
        tokens.push(Token { piece, spaced });
        spaced = false;
        rest = &rest[length..];
    }
    tokens
}

/// The length of the bracket that a text starts with and of all it holds, in bytes; of the whole text if it does not close.
fn bracketed_length(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    text.len()
}

/// The length in bytes of the word a text starts with: of a known word where no space parts words, of a zone name with its slashes,
/// else of a run of letters.
fn word_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    if let [b'a' | b'A' | b'p' | b'P', b'.', b'm' | b'M', ..] = bytes {
        return 3;
    }
    let is_unspaced =
        |c: char| matches!(c, '가'..='힣' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}');
    let first = text.chars().next();
    if first.is_some_and(is_unspaced) {
        return names::unspaced(text)
            .map_or_else(|| first.map_or(1, char::len_utf8), |(_, length)| length);
    }
    let mut place = false;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let continues = match character {
            '/' | '_' => {
                place = true;
                characters.peek().is_some_and(|(_, next)| next.is_ascii_alphabetic())
            }
            '-' => place && characters.peek().is_some_and(|(_, next)| next.is_ascii_alphabetic()),
            character => character.is_alphabetic() && !is_unspaced(character),
        };
        // Marks that belong to a letter (a decomposed accent) are not alphabetic.
        if !continues && !matches!(character, '\u{300}'..='\u{36f}') {
            return at;
        }
    }
    text.len()
}
