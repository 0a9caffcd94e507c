//! Kanji as Korean reads them: 就任 and 취임, 再開 and 재개 are one word written in two scripts.
//!
//! From the Unihan database (kHangul), see `assets/stories/hangul_readings.py`.

use std::collections::HashMap;
use std::sync::LazyLock;

static READINGS: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
    let lines = include_str!("hangul_readings.txt").lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_once('\t'))
        .filter_map(|(reading, kanji)| Some((plain(reading.chars().next()?), kanji)))
        .flat_map(|(reading, kanji)| kanji.chars().map(move |kanji| (kanji, reading)))
        .collect()
});

/// The first syllable of the block of Hangul syllables, and how many syllables share an initial consonant (The Unicode Standard §3.12).
const FIRST: u32 = 0xAC00;
const OF_ONE_INITIAL: u32 = 21 * 28;
/// The initials ㄴ, ㄹ and ㅇ, counted from ㄱ.
const N: u32 = 2;
const R: u32 = 5;
const NONE: u32 = 11;

/// A syllable without what its place in a word changes: 리 and 이, 녀 and 여, 로 and 노 are one (두음법칙).
pub(super) fn plain(syllable: char) -> char {
    let code = u32::from(syllable);
    if !(FIRST..=0xD7A3).contains(&code) {
        return syllable;
    }
    let (initial, rest) = ((code - FIRST) / OF_ONE_INITIAL, (code - FIRST) % OF_ONE_INITIAL);
    // ㅑ ㅒ ㅕ ㅖ ㅛ ㅠ ㅣ, before which ㄴ and ㄹ fall silent.
    let is_narrow = matches!(rest / 28, 2 | 3 | 6 | 7 | 12 | 17 | 20);
    let initial = match initial {
        N | R if is_narrow => NONE,
        R => N,
        other => other,
    };
    char::from_u32(FIRST + initial * OF_ONE_INITIAL + rest).unwrap_or(syllable)
}

/// The syllable by which Korean reads a kanji, [`plain`].
pub(super) fn reading(kanji: char) -> Option<char> {
    READINGS.get(&kanji).copied()
}

/// The pairs of neighbouring syllables in a text: Hangul as it stands, kanji as Korean reads them. Sorted, each once.
pub(super) fn syllable_pairs(text: &str) -> Vec<u32> {
    let mut pairs = Vec::new();
    let mut before: Option<(char, bool)> = None;
    for character in text.chars() {
        let is_hangul = (FIRST..=0xD7A3).contains(&u32::from(character));
        let syllable = if is_hangul { Some(plain(character)) } else { reading(character) };
        if let (Some((before, was_hangul)), Some(syllable)) = (before, syllable)
            && was_hangul == is_hangul
        {
            pairs.push((u32::from(before) - 0x3000) << 16 | (u32::from(syllable) & 0xffff));
        }
        before = syllable.map(|syllable| (syllable, is_hangul));
    }
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(japanese: &str, korean: &str, want: usize) {
        let (japanese_pairs, korean_pairs) = (syllable_pairs(japanese), syllable_pairs(korean));
        let shared = japanese_pairs.iter().filter(|pair| korean_pairs.contains(pair)).count();
        assert_eq!(shared, want, "{japanese} {korean}");
    }

    #[test]
    fn kanji_are_read_in_korean() {
        check("大統領就任", "대통령 취임", 3);
        check("攻撃を再開", "공격 재개", 2);
        check("李在明", "이재명", 2);
        check("労働組合", "노동조합", 3);
        check("年金改革", "연금개혁", 3);
        check("発射実験", "발사 실험", 2);
        check("日米", "한일", 0);
        check("トランプ", "트럼프", 0);
    }
}
