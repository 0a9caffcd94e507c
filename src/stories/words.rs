//! A folded headline → its words, by script: what of it can be compared with the words of another one.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use crate::model::script::Script;

/// A word of a headline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word<'a> {
    /// Its bytes in the text, endings included.
    pub span: Range<usize>,
    /// What is compared: endings, particles and plural left out.
    pub stem: &'a str,
    /// The script it is written in.
    pub script: Script,
}

/// Words that say nothing of an event.
static STOP: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let lines = include_str!("stop_words.txt").lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(str::split_whitespace).collect()
});

/// Particles and endings of Korean, the longest first: what follows a noun in headlines.
const PARTICLES: [&str; 38] = [
    "으로부터",
    "에게서",
    "에서는",
    "에서도",
    "이라는",
    "으로는",
    "으로도",
    "에서",
    "에게",
    "까지",
    "부터",
    "으로",
    "이라",
    "라는",
    "라며",
    "이며",
    "처럼",
    "보다",
    "만에",
    "마다",
    "조차",
    "마저",
    "하고",
    "에는",
    "에도",
    "은",
    "는",
    "이",
    "가",
    "을",
    "를",
    "의",
    "에",
    "로",
    "와",
    "과",
    "도",
    "만",
];

/// The words of a folded text, in its order; numbers, punctuation, stop words and lone kana are left out.
pub(super) fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    for (span, script) in runs(text) {
        let run = &text[span.clone()];
        let stem = match script {
            Script::Letter => latin_stem(run),
            Script::Hangul => hangul_stem(run),
            Script::Han | Script::Katakana => run,
            Script::Hiragana | Script::Digit | Script::Other => continue,
        };
        let is_enough = match script {
            Script::Letter => stem.len() > 1,
            Script::Hangul | Script::Han | Script::Katakana => stem.chars().nth(1).is_some(),
            Script::Hiragana | Script::Digit | Script::Other => false,
        };
        if is_enough && !STOP.contains(run) && !STOP.contains(stem) {
            words.push(Word { span, stem, script });
        }
    }
    words
}

/// The runs of one script; an apostrophe between letters belongs to a word.
fn runs(text: &str) -> impl Iterator<Item = (Range<usize>, Script)> {
    let mut rest = text.char_indices().peekable();
    std::iter::from_fn(move || {
        loop {
            let (start, first) = rest.next()?;
            let script = Script::of(first);
            if script == Script::Other {
                continue;
            }
            let mut end = start + first.len_utf8();
            while let Some((at, next)) = rest.peek().copied() {
                let belongs =
                    Script::of(next) == script || (script == Script::Letter && next == '\'');
                if !belongs {
                    break;
                }
                end = at + next.len_utf8();
                rest.next();
            }
            return Some((start..end, script));
        }
    })
}

/// An English word without possessive, plural and the commonest endings. Too short stems stay whole: "ties" is not "ty".
fn latin_stem(word: &str) -> &str {
    let word = word.trim_end_matches('\'');
    let word = word.strip_suffix("'s").unwrap_or(word);
    for (ending, kept) in [("ings", 4), ("ing", 4), ("ies", 3), ("ed", 4), ("es", 4), ("s", 3)] {
        if let Some(stem) = word.strip_suffix(ending)
            && stem.len() >= kept
            && match ending {
                "es" => stem.ends_with(['s', 'x', 'z', 'h', 'o']),
                _ => !stem.ends_with('s'),
            }
        {
            return stem;
        }
    }
    word
}

/// A Korean word without particles, where at least two syllables are left.
fn hangul_stem(word: &str) -> &str {
    for particle in PARTICLES {
        if let Some(stem) = word.strip_suffix(particle)
            && stem.chars().nth(1).is_some()
        {
            return stem;
        }
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, want: &[&str]) {
        let found: Vec<&str> = words(text).into_iter().map(|word| word.stem).collect();
        assert_eq!(found, want, "{text}");
    }

    #[test]
    fn a_headline_is_its_words() {
        check(
            "malaysia's talks with the rohingya refugees resumed",
            &["malaysia", "talk", "rohingya", "refugee", "resum"],
        );
        check("서울에서 열린 정상회담, 결과는", &["서울", "정상회담", "결과"]);
        check("米軍がイランへの攻撃を再開", &["米軍", "イラン", "攻撃", "再開"]);
        check("ケイコ・フジモリ氏", &["ケイコ", "フジモリ"]);
        check("12.5% up, 3 日", &[]);
        check("", &[]);
    }
}
