//! How a name sounds, whatever script it is written in: Rohingya, 로힝야 and ロヒンギャ.
//!
//! Names that no gazetteer knows cross languages by their sound: Hangul and katakana write foreign names by ear. A name becomes a line of sounds in
//! classes that the three scripts tell apart alike, and two lines are compared by a weighted edit distance (Levenshtein 1966) in which vowels and
//! what transcriptions often change count little. After Knight and Graehl, "Machine Transliteration" (1998), in what changes.

use crate::model::script::Script;

/// At most so many sounds are kept of a name: enough for the longest, and a bound on the work of a comparison.
const SOUNDS: usize = 20;

/// A class of sounds; vowels are lower-case letters, consonants upper-case ones.
type Phone = u8;

/// The sounds of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sound(Box<[Phone]>);

impl Sound {
    /// The sounds of a word in Latin letters, Hangul or katakana; `None` if it has fewer than two consonants, which many words share.
    pub(super) fn of(word: &str, script: Script) -> Option<Sound> {
        let mut phones = match script {
            Script::Letter => latin(word),
            Script::Hangul => hangul(word),
            Script::Katakana => katakana(word),
            Script::Han | Script::Hiragana | Script::Digit | Script::Other => return None,
        };
        phones.dedup();
        phones.truncate(SOUNDS);
        let consonants =
            phones.iter().filter(|phone| phone.is_ascii_uppercase() && **phone != b'H');
        (consonants.count() >= 2).then(|| Sound(phones.into_boxed_slice()))
    }

    /// How alike two names sound, from 0 to 1.
    pub(super) fn likeness(&self, other: &Sound) -> f32 {
        let weight = |sound: &Sound| sound.0.iter().copied().map(single).sum::<f32>();
        let total = weight(self) + weight(other);
        (1.0 - 2.0 * self.distance(other) / total).max(0.0)
    }

    fn distance(&self, other: &Sound) -> f32 {
        let mut row = [0.0_f32; SOUNDS + 1];
        for (column, phone) in other.0.iter().enumerate() {
            row[column + 1] = row[column] + gap(*phone);
        }
        for one in &self.0 {
            let mut diagonal = row[0];
            row[0] += gap(*one);
            for (column, two) in other.0.iter().enumerate() {
                let kept = diagonal + change(*one, *two);
                diagonal = row[column + 1];
                row[column + 1] = kept.min(diagonal + gap(*one)).min(row[column] + gap(*two));
            }
        }
        row[other.0.len()]
    }
}

/// What a sound weighs in a name.
fn single(phone: Phone) -> f32 {
    if phone.is_ascii_uppercase() { 1.0 } else { 0.25 }
}

/// What it costs to leave a sound out: an r after a vowel and an h are often not heard.
fn gap(phone: Phone) -> f32 {
    match phone {
        b'H' | b'R' => 0.5,
        other => single(other),
    }
}

/// What it costs to hear one sound as another.
fn change(one: Phone, other: Phone) -> f32 {
    if one == other {
        return 0.0;
    }
    let pair = (one.min(other), one.max(other));
    match pair {
        // f is 프 or 후 and フ, z is ㅈ or ㅅ, th is ㅅ, ㄷ or サ, ng before p is m.
        (b'H', b'P') | (b'C', b'S') | (b'C', b'T') | (b'M', b'N') | (b'S', b'T') | (b'C', b'K') => {
            0.4
        }
        (b'A'..=b'Z', b'A'..=b'Z') => 1.0,
        (b'a'..=b'z', b'a'..=b'z') => 0.15,
        _ => 1.1,
    }
}

fn latin(word: &str) -> Vec<Phone> {
    let letters: Vec<u8> = word.bytes().filter(u8::is_ascii_alphabetic).collect();
    let mut phones = Vec::with_capacity(letters.len());
    let mut at = 0;
    while at < letters.len() {
        let next = letters.get(at + 1).copied().unwrap_or(0);
        let is_soft = matches!(next, b'e' | b'i' | b'y');
        let (sounds, length): (&[Phone], usize) = match (letters[at], next) {
            (b'p', b'h') => (b"P", 2),
            (b's', b'h') => (b"S", 2),
            (b's', b'c') if letters.get(at + 2) == Some(&b'h') => (b"S", 3),
            (b'c', b'h') | (b't', b'z') => (b"C", 2),
            (b't', b'h') => (b"T", 2),
            (b'c', b'k') | (b'k', b'h') => (b"K", 2),
            (b'n', b'g') => (b"N", 2),
            (b'w', b'r') => (b"R", 2),
            (b'a' | b'e' | b'o' | b'u', b'u' | b'o' | b'e') => (b"o", 2),
            (b'a' | b'e', b'i' | b'y') => (b"e", 2),
            (b'c', _) => (if is_soft { b"S" } else { b"K" }, 1),
            (b'b' | b'f' | b'p' | b'v', _) => (b"P", 1),
            (b'd' | b't', _) => (b"T", 1),
            (b'g' | b'k' | b'q', _) => (b"K", 1),
            (b'j' | b'z', _) => (b"C", 1),
            (b'l' | b'r', _) => (b"R", 1),
            (b'm', _) => (b"M", 1),
            (b'n', _) => (b"N", 1),
            (b's', _) => (b"S", 1),
            (b'x', _) => (b"KS", 1),
            (b'h', _) => (b"H", 1),
            (b'w', _) => (b"u", 1),
            (b'y', _) => (b"i", 1),
            (vowel @ (b'a' | b'e' | b'i' | b'o' | b'u'), _) => (vowel_of(vowel), 1),
            _ => (b"", 1),
        };
        phones.extend_from_slice(sounds);
        at += length;
    }
    phones
}

fn vowel_of(letter: u8) -> &'static [Phone] {
    match letter {
        b'a' => b"a",
        b'e' => b"e",
        b'i' => b"i",
        b'o' => b"o",
        _ => b"u",
    }
}

/// The initials ㄱ to ㅎ, the medials ㅏ to ㅣ and the finals none to ㅎ, in the order of the Unicode Standard §3.12; "-" is silent.
const INITIALS: &[u8; 19] = b"KKNTTRMPPSS-CCCKTPH";
const MEDIALS: &[u8; 21] = b"aeaeoeoeoaeeouoeiu-ii";
const FINALS: &[u8; 28] = b"-KKKNNNTRRRRRRRRMPPTTNTTKTP-";

fn hangul(word: &str) -> Vec<Phone> {
    let mut phones = Vec::new();
    for syllable in word.chars() {
        let Some(code) = u32::from(syllable).checked_sub(0xAC00).filter(|code| *code < 11_172)
        else {
            continue;
        };
        let (initial, medial, last) = (code / 588, code / 28 % 21, code % 28);
        for sound in [INITIALS[initial as usize], MEDIALS[medial as usize], FINALS[last as usize]] {
            if sound != b'-' {
                phones.push(sound);
            }
        }
    }
    phones
}

/// The katakana from ァ, two sounds each: "-" is silent, "<" takes the place of the vowel before.
const KATAKANA: &[u8; 172] = b"<a-a<i-i<u-u<e-e<o-oKaKaKiKiKuKuKeKeKoKoSaCaSiCiSuCuSeCeSoCoTaTaCiCi--CuCuTeTeToToNaNiNuNeNoHaPaPaHiPiPiPuPuPuHePePeHoPoPoMaMiMuMeMo<a-a<u-u<o-oRaRiRuReRo<a-a-i-e-oN-PuKaKe";

fn katakana(word: &str) -> Vec<Phone> {
    let mut phones: Vec<Phone> = Vec::new();
    for kana in word.chars() {
        let Some(index) = u32::from(kana).checked_sub(0x30A1).filter(|index| *index < 86) else {
            continue;
        };
        let at = 2 * index as usize;
        let (consonant, vowel) = (KATAKANA[at], KATAKANA[at + 1]);
        match consonant {
            b'<' => {
                if phones.last().is_some_and(u8::is_ascii_lowercase) {
                    phones.pop();
                }
            }
            b'-' => {}
            // An n before p and b is m.
            b'P' if phones.last() == Some(&b'N') => {
                phones.pop();
                phones.extend(b"MP");
            }
            other => phones.push(other),
        }
        if vowel != b'-' {
            phones.push(vowel);
        }
    }
    phones
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound(word: &str) -> Sound {
        let script = Script::of(word.chars().next().unwrap());
        Sound::of(word, script).unwrap()
    }

    #[test]
    fn names_sound_alike_in_three_scripts() {
        for names in [
            ["trump", "트럼프", "トランプ"],
            ["putin", "푸틴", "プーチン"],
            ["zelensky", "젤렌스키", "ゼレンスキー"],
            ["fujimori", "후지모리", "フジモリ"],
            ["rohingya", "로힝야", "ロヒンギャ"],
            ["maduro", "마두로", "マドゥロ"],
            ["netanyahu", "네타냐후", "ネタニヤフ"],
            ["hegseth", "헤그세스", "ヘグセス"],
            ["starmer", "스타머", "スターマー"],
            ["rutte", "뤼터", "ルッテ"],
            ["kallas", "칼라스", "カラス"],
            ["venezuela", "베네수엘라", "ベネズエラ"],
        ] {
            for (one, other) in [(0, 1), (0, 2), (1, 2)] {
                let likeness = sound(names[one]).likeness(&sound(names[other]));
                assert!(likeness >= 0.6, "{} {} {likeness}", names[one], names[other]);
            }
        }
    }

    #[test]
    fn other_names_do_not() {
        for (one, other) in [
            ("trump", "푸틴"),
            ("zelensky", "마두로"),
            ("maduro", "プーチン"),
            ("minister", "대통령"),
            ("missile", "미국의"),
            ("fujimori", "フランス"),
            ("netanyahu", "이스라엘"),
        ] {
            let likeness = sound(one).likeness(&sound(other));
            assert!(likeness < 0.6, "{one} {other} {likeness}");
        }
        assert_eq!(Sound::of("아이", Script::Hangul), None);
        assert_eq!(Sound::of("ооо", Script::Letter), None);
    }
}
