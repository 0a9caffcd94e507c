//! What kind of letter a character is, as far as the words of a language are told apart by it.

/// The kinds of character that words are made of. Whoever asks where a word ends asks by these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Script {
    /// A decimal digit of any script.
    Digit,
    /// Hangul: words are set apart by spaces and carry particles.
    Hangul,
    /// Han: kanji, hanja, hanzi; written without spaces.
    Han,
    /// Hiragana: mostly the endings and particles of Japanese.
    Hiragana,
    /// Katakana with its length mark: mostly names and loan words.
    Katakana,
    /// Any other letter, or a mark that belongs to one: words are set apart by spaces.
    Letter,
    /// Not part of a word.
    Other,
}

impl Script {
    /// The kind of this character.
    pub fn of(character: char) -> Script {
        match character {
            '0'..='9' => Script::Digit,
            'a'..='z' | 'A'..='Z' => Script::Letter,
            '\0'..='\u{7f}' => Script::Other,
            '\u{ac00}'..='\u{d7a3}'
            | '\u{1100}'..='\u{11ff}'
            | '\u{3131}'..='\u{318e}'
            | '\u{a960}'..='\u{a97c}'
            | '\u{d7b0}'..='\u{d7fb}' => Script::Hangul,
            '\u{4e00}'..='\u{9fff}'
            | '\u{3400}'..='\u{4dbf}'
            | '\u{f900}'..='\u{faff}'
            | '\u{20000}'..='\u{3ffff}'
            | '々'
            | '〆'
            | '〇' => Script::Han,
            '\u{3041}'..='\u{3096}' | '\u{309d}'..='\u{309f}' => Script::Hiragana,
            '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' => {
                Script::Katakana
            }
            character if character.is_numeric() && character.to_digit(10).is_none() => {
                if character.is_alphabetic() { Script::Letter } else { Script::Digit }
            }
            character if character.is_alphabetic() => Script::Letter,
            // Marks that decompose from a letter or hang on one (Latin, Cyrillic, Hebrew, Arabic, Indic).
            '\u{300}'..='\u{36f}' | '\u{483}'..='\u{487}' | '\u{591}'..='\u{5c7}' => Script::Letter,
            '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{900}'..='\u{dff}' => Script::Letter,
            _ => Script::Other,
        }
    }

    /// Whether words of this kind are set apart by spaces or punctuation, and never run into each other.
    pub fn is_spaced(self) -> bool {
        match self {
            Script::Digit | Script::Letter => true,
            Script::Hangul | Script::Han | Script::Hiragana | Script::Katakana | Script::Other => {
                false
            }
        }
    }

    /// Whether it is one of the scripts of Korean or Japanese.
    pub fn is_cjk(self) -> bool {
        match self {
            Script::Hangul | Script::Han | Script::Hiragana | Script::Katakana => true,
            Script::Digit | Script::Letter | Script::Other => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Script;

    #[test]
    fn letters_are_told_apart() {
        let check = |characters: &str, want: Script| {
            for character in characters.chars() {
                assert_eq!(Script::of(character), want, "{character}");
            }
        };
        check("aZéжß", Script::Letter);
        check("07٣", Script::Digit);
        check("한ㅋ", Script::Hangul);
        check("日々", Script::Han);
        check("のん", Script::Hiragana);
        check("カー", Script::Katakana);
        check(" -·。「%", Script::Other);
    }
}
