//! How a name is written in the tables, and the forms in which it stands in a folded text.

use icu_normalizer::{DecomposingNormalizer, DecomposingNormalizerBorrowed};

use super::lexicon::Marks;
use crate::model::script::Script;

/// A name as written in a table: `?=Jordan`, `후티*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Written<'a> {
    /// Without its marks.
    pub text: &'a str,
    pub marks: Marks,
}

impl<'a> Written<'a> {
    pub(super) fn parse(written: &'a str) -> Written<'a> {
        let written = written.trim();
        let (weak, rest) = written.strip_prefix('?').map_or((false, written), |rest| (true, rest));
        let (exact, rest) = rest.strip_prefix('=').map_or((false, rest), |rest| (true, rest));
        let (open, text) = rest.strip_suffix('*').map_or((false, rest), |rest| (true, rest));
        Written { text: text.trim(), marks: Marks { exact, open, weak } }
    }
}

/// Folds a name as `normalise::fold` folds a headline; a test compares the two. Names stand in the tables in NFKC, so what is left is case and
/// the one form of quotation marks, dashes and dots.
pub(super) fn fold(name: &str) -> String {
    let one_form = |character: char| match character {
        '‘' | '’' | '′' | '`' | '´' => '\'',
        '“' | '”' | '「' | '」' | '『' | '』' => '"',
        '‐' | '‑' | '–' | '—' | '−' => '-',
        '\u{30fb}' | '\u{ff65}' | '\u{318d}' | '•' => '·',
        character => character,
    };
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    name.chars().flat_map(char::to_lowercase).map(one_form).collect()
}

/// The forms of a folded name: itself; a Latin one also without its marks, with hyphens for spaces and the other way round, and without
/// apostrophes; a Korean one without spaces; a kana one without its dots.
pub(super) fn forms(folded: String, each: &mut dyn FnMut(String)) {
    if folded.is_ascii() {
        if folded.trim_end_matches('-').contains('-') {
            each(folded.replace('-', " "));
            each(folded.replace('-', ""));
        } else if folded.matches(' ').count() == 1 && folded.len() > 5 {
            each(folded.replace(' ', "-"));
        }
        if folded.contains('\'') {
            each(folded.replace('\'', ""));
        }
    } else if folded.chars().any(|letter| Script::of(letter) == Script::Letter) {
        let plain = without_marks(&folded);
        if plain != folded {
            forms(plain, each);
        }
    } else {
        if folded.contains(' ') {
            each(folded.replace(' ', ""));
        }
        if folded.contains('·') {
            each(folded.replace('·', ""));
            each(folded.replace('·', "="));
            each(folded.replace('·', " "));
        }
    }
    each(folded);
}

/// Latin letters without what hangs on them: "erdoğan" is also written "erdogan".
fn without_marks(text: &str) -> String {
    const NFD: DecomposingNormalizerBorrowed<'static> = DecomposingNormalizer::new_nfd();
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            'ø' => plain.push('o'),
            'ł' => plain.push('l'),
            'đ' => plain.push('d'),
            'ı' => plain.push('i'),
            'ß' => plain.push_str("ss"),
            'æ' => plain.push_str("ae"),
            'ə' => plain.push('a'),
            // Only Latin is taken apart: Hangul and kana have no marks that may go.
            _ if !character.is_ascii() && Script::of(character) == Script::Letter => {
                let parts = NFD.normalize_iter(std::iter::once(character));
                plain.extend(parts.filter(|part| !matches!(part, '\u{300}'..='\u{36f}')));
            }
            _ => plain.push(character),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_the_forms_of_headlines() {
        let check = |name: &str, want: &[&str]| {
            let mut found = Vec::new();
            forms(fold(name), &mut |form| found.push(form));
            assert_eq!(found, want, "{name}");
        };
        check("Lee Jae-myung", &["lee jae myung", "lee jaemyung", "lee jae-myung"]);
        check("Erdoğan", &["erdogan", "erdoğan"]);
        check("도널드 트럼프", &["도널드트럼프", "도널드 트럼프"]);
        check(
            "イ・ジェミョン",
            &["イジェミョン", "イ=ジェミョン", "イ ジェミョン", "イ·ジェミョン"],
        );
        check("N’Djamena", &["ndjamena", "n'djamena"]);
        check("李在明", &["李在明"]);
    }

    #[test]
    fn marks_are_read() {
        let written = Written::parse("?=Jordan*");
        assert_eq!(written.text, "Jordan");
        assert_eq!(written.marks, Marks { exact: true, open: true, weak: true });
    }
}
