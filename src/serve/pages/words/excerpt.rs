//! How pages name languages, and cut texts.

use crate::model::lang::Lang;
use crate::model::text::SafeHtml;

/// A language's name in itself, as its readers look for it; the tag of one not named here.
pub(in crate::serve::pages) fn language_name(language: &Lang) -> &str {
    const NAMES: [(&str, &str); 32] = [
        ("ar", "العربية"),
        ("bn", "বাংলা"),
        ("cs", "Čeština"),
        ("da", "Dansk"),
        ("de", "Deutsch"),
        ("el", "Ελληνικά"),
        ("en", "English"),
        ("es", "Español"),
        ("fa", "فارسی"),
        ("fi", "Suomi"),
        ("fr", "Français"),
        ("he", "עברית"),
        ("hi", "हिन्दी"),
        ("hu", "Magyar"),
        ("id", "Bahasa Indonesia"),
        ("it", "Italiano"),
        ("ja", "日本語"),
        ("ko", "한국어"),
        ("ms", "Bahasa Melayu"),
        ("mn", "Монгол"),
        ("nl", "Nederlands"),
        ("no", "Norsk"),
        ("pl", "Polski"),
        ("pt", "Português"),
        ("ru", "Русский"),
        ("sv", "Svenska"),
        ("th", "ไทย"),
        ("tl", "Tagalog"),
        ("tr", "Türkçe"),
        ("uk", "Українська"),
        ("vi", "Tiếng Việt"),
        ("zh", "中文"),
    ];
    let primary = language.primary();
    NAMES.iter().find(|(tag, _)| *tag == primary).map_or(language.as_str(), |(_, name)| name)
}

/// The beginning of a fragment as plain text of at most `width` columns (a Han, kana or Hangul character takes two), cut at a word with
/// an ellipsis.
pub(in crate::serve::pages) fn excerpt(html: &SafeHtml, width: usize) -> String {
    let text = text_of(html.as_str(), width * 4);
    // A cut inside a first word that is too long is better than nothing.
    let end = columns_after(&text, width);
    if end == text.len() {
        return text;
    }
    format!("{}…", text[..end].trim_end_matches([' ', ',', ';', ':', '、', '，']))
}

/// The columns that a text takes.
pub(in crate::serve::pages) fn columns(text: &str) -> usize {
    text.chars().map(|character| if is_wide(character) { 2 } else { 1 }).sum()
}

/// The byte of a text about so many columns before another, moved forwards to the beginning of a word.
pub(in crate::serve::pages) fn columns_before(text: &str, at: usize, width: usize) -> usize {
    let at = text.floor_char_boundary(at.min(text.len()));
    let mut columns = 0;
    let mut from = at;
    for (place, character) in text[..at].char_indices().rev() {
        columns += if is_wide(character) { 2 } else { 1 };
        if columns > width {
            let cut = text[from..at].find(' ').map_or(from, |space| from + space + 1);
            return cut.min(at);
        }
        from = place;
    }
    0
}

/// The bytes of a text that take about so many columns, cut between words where there are any.
pub(in crate::serve::pages) fn columns_after(text: &str, width: usize) -> usize {
    let mut columns = 0;
    let mut word_end = 0;
    for (at, character) in text.char_indices() {
        columns += if is_wide(character) { 2 } else { 1 };
        if character == ' ' || is_cut_anywhere(character) {
            word_end = at;
        }
        if columns > width {
            // The space stays before the ellipsis: what follows is another word.
            return if word_end == 0 {
                at
            } else {
                word_end + usize::from(text[word_end..].starts_with(' '))
            };
        }
    }
    text.len()
}

/// Whether a line may be broken before the character: in Han and kana, not in Hangul, which is written in words.
fn is_cut_anywhere(character: char) -> bool {
    is_wide(character) && !matches!(character, '\u{1100}'..='\u{11ff}' | '\u{ac00}'..='\u{d7a3}')
}

/// Whether the character is about as wide as two Latin letters.
fn is_wide(character: char) -> bool {
    matches!(character,
        '\u{1100}'..='\u{11ff}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ff60}' | '\u{20000}'..='\u{3ffff}')
}

/// The first `limit` characters or so of the text of sanitised HTML, in one line.
fn text_of(html: &str, limit: usize) -> String {
    let mut text = String::with_capacity(limit.min(html.len()));
    let mut rest = html;
    let mut characters = 0;
    let mut push = |text: &mut String, character: char| {
        if character.is_whitespace() {
            if !text.is_empty() && !text.ends_with(' ') {
                text.push(' ');
            }
        } else {
            text.push(character);
            characters += 1;
        }
        characters <= limit
    };
    while let Some(character) = rest.chars().next() {
        let (shown, length) = match character {
            // Tags part words: `<p>One</p><p>Two</p>` is not `OneTwo`. Emphasis inside a word is rarer than that.
            '<' => (' ', tag_length(rest)),
            '&' => entity(rest),
            character => (character, character.len_utf8()),
        };
        if !push(&mut text, shown) {
            break;
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    text.truncate(text.trim_end().len());
    text
}

/// The length of the tag at the start of sanitised HTML, where a `>` inside an attribute's quotes ends nothing.
fn tag_length(html: &str) -> usize {
    let mut quote = None;
    for (at, byte) in html.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return at + 1,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if byte == open => quote = None,
            (None | Some(_), _) => {}
        }
    }
    html.len()
}

/// The character that the start of sanitised HTML names, and the length of the name. A serialiser writes these and no others (HTML
/// §13.3); another is shown as it stands.
fn entity(html: &str) -> (char, usize) {
    const ENTITIES: [(&str, char); 7] = [
        ("&amp;", '&'),
        ("&lt;", '<'),
        ("&gt;", '>'),
        ("&quot;", '"'),
        ("&#39;", '\''),
        ("&#x27;", '\''),
        ("&nbsp;", ' '),
    ];
    ENTITIES
        .iter()
        .find(|(name, _)| html.starts_with(name))
        .map_or(('&', 1), |(name, character)| (*character, name.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_text_cut_at_a_word() {
        let check = |html: &str, width: usize, want: &str| {
            assert_eq!(excerpt(&SafeHtml::vouched(html.into()), width), want, "{html}");
        };
        check("<p>One</p><p>Two &amp; three</p>", 40, "One Two & three");
        check("The leaders met, shook hands and left", 20, "The leaders met…");
        check("&lt;script&gt;alert(1)&lt;/script&gt;", 60, "<script>alert(1)</script>");
        check("<a title=\"a > b\" href=\"x\">link</a>", 40, "link");
        check("한일 정상이 경주에서 만났다", 14, "한일 정상이…");
        check("日韓首脳が慶州で会談した", 10, "日韓首脳が…");
        check("Donaudampfschifffahrt", 5, "Donau…");
        check("<img alt=\"never closed", 5, "");
        check("", 5, "");
    }
}
