//! Words by script, and the language that a text gives away by its letters.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use crate::model::lang::Lang;
use crate::model::script::Script;

/// A run of characters of one script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its bytes.
    pub span: Range<usize>,
    /// Its script; never [`Script::Other`].
    pub script: Script,
}

/// The runs of one script in a text, in order: words where they are spaced, runs of kanji or kana where they are not.
pub fn tokens(text: &str) -> impl Iterator<Item = Token> + '_ {
    let mut characters = text.char_indices().peekable();
    std::iter::from_fn(move || {
        loop {
            let (start, first) = characters.next()?;
            let script = Script::of(first);
            if script == Script::Other {
                continue;
            }
            let mut end = start + first.len_utf8();
            while let Some((at, next)) = characters.next_if(|(_, next)| Script::of(*next) == script)
            {
                end = at + next.len_utf8();
            }
            return Some(Token { span: start..end, script });
        }
    })
}

/// Words that only one of the languages written in Latin letters uses often, as `word language`.
static WORDS: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    include_str!("words.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(':'))
        .flat_map(|(language, words)| {
            words.split_whitespace().map(move |word| (word, language.trim()))
        })
        .collect()
});

/// Characters that only Chinese writes (simplified forms that Japan does not share, and frequent function words).
static CHINESE: &str = include_str!("chinese.txt");

/// The language of a text by its letters: `ko` by Hangul, `ja` by kana, `zh` by what only Chinese writes, `en` by frequent words or for want of
/// any other language's. `None` where the letters leave it open.
pub fn detect_language(text: &str) -> Option<Lang> {
    let (mut hangul, mut kana, mut han, mut latin, mut other) = (0usize, 0, 0, 0, 0);
    for character in text.chars().take(2_000) {
        match Script::of(character) {
            Script::Hangul => hangul += 1,
            Script::Hiragana | Script::Katakana => kana += 1,
            Script::Han => han += 1,
            Script::Letter if character.is_ascii() => latin += 1,
            // Latin-1 and its extensions: letters with accents.
            Script::Letter if character < '\u{250}' => latin += 1,
            Script::Letter => other += 1,
            Script::Digit | Script::Other => {}
        }
    }
    // A syllable or a kanji says as much as several Latin letters.
    let east = (hangul + kana + han) * 4;
    if other > east && other > latin {
        return None;
    }
    if east < latin {
        return detect_latin(text);
    }
    let name = if hangul >= kana && hangul > 0 {
        "ko"
    } else if kana > 0 {
        "ja"
    } else if han == 0 {
        return None;
    } else if text.chars().any(|character| CHINESE.trim_end().contains(character)) {
        "zh"
    } else {
        // Kanji alone: "日韓首脳会談開催". Of the two it is the language that does not give itself away.
        "ja"
    };
    Lang::parse(name)
}

fn detect_latin(text: &str) -> Option<Lang> {
    let mut scores: Vec<(&str, usize)> = Vec::new();
    let lower = text.to_lowercase();
    for token in tokens(&lower) {
        if let Some(language) = WORDS.get(&lower[token.span]) {
            match scores.iter_mut().find(|(known, _)| known == language) {
                Some((_, score)) => *score += 1,
                None => scores.push((language, 1)),
            }
        }
    }
    let best = scores.iter().map(|(_, score)| *score).max().unwrap_or(0);
    let mut leaders = scores.iter().filter(|(_, score)| *score == best);
    match (leaders.next(), leaders.next()) {
        (Some((language, _)), None) => Lang::parse(language),
        (None, _) if text.is_ascii() => Lang::parse("en"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_give_the_language_away() {
        let check = |text: &str, want: Option<&str>| {
            assert_eq!(detect_language(text).as_ref().map(Lang::as_str), want, "{text}");
        };
        check("한일 정상회담 개최", Some("ko"));
        check("LG, AI SDK 공개", Some("ko"));
        check("李대통령, 日 총리와 회담", Some("ko"));
        check("日韓首脳会談を開催", Some("ja"));
        check("日韓首脳会談", Some("ja"));
        check("トランプ氏、NATO首脳会議へ", Some("ja"));
        check("中国外交部发言人回应", Some("zh"));
        check("Korea and Japan hold talks in Seoul", Some("en"));
        check("Japan PM Takaichi meets Lee", Some("en"));
        check("Le président de la République en visite au Japon", Some("fr"));
        check("Der Kanzler und die Wahl", Some("de"));
        check("El presidente de la República y los ministros", Some("es"));
        check("Переговоры в Москве", None);
        check("2025", None);
        check("", None);
    }

    #[test]
    fn tokens_are_runs_of_one_script() {
        let text = "AI반도체 日本の 3.5%";
        let found: Vec<&str> = tokens(text).map(|token| &text[token.span]).collect();
        assert_eq!(found, ["AI", "반도체", "日本", "の", "3", "5"]);
    }
}
