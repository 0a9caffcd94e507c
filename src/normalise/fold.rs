//! Text → the form in which equal texts compare equal, with the way back to the text as published.
//!
//! Folding is NFKC (Unicode UAX #15; never NFKD, which would take the voicing marks off kana), lower case, and one form each for white space,
//! quotation marks, dashes and middle dots. Folding a folded text gives it back.

use icu_normalizer::{ComposingNormalizer, ComposingNormalizerBorrowed};
use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;

use crate::model::text::Folded;

/// Folds a text.
///
/// White space at the ends is left out, and each run of it elsewhere is one space. What has no width (joiners, soft hyphens, variation
/// selectors, bidirectional marks) is left out.
pub fn fold(text: &str) -> Folded {
    let text = &text[..text.floor_char_boundary(u32::MAX as usize - 1)];
    if text.is_ascii() {
        return fold_ascii(text);
    }
    let mut out = Folding::with_capacity(text.len());
    let mut cluster = String::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let run = plain_run(&text[at..]);
        if !run.is_empty() {
            out.push_run(run, at);
            at += run.len();
            continue;
        }
        let start = at;
        at += first.len_utf8();
        if let Some(one) = one_form(first) {
            out.push(one, start);
            continue;
        }
        // A character and the marks after it are composed together: "e" + U+0301, halfwidth "ｶ" + "ﾞ", jamo of one syllable.
        cluster.clear();
        cluster.push(first);
        while let Some(mark) = text[at..].chars().next().filter(|next| joins(*next)) {
            cluster.push(mark);
            at += mark.len_utf8();
        }
        push_cluster(&mut out, &cluster, start);
    }
    out.finish(text.len())
}

fn fold_ascii(text: &str) -> Folded {
    let bytes = text.as_bytes();
    // No early ends inside a chunk: so the compiler compares many bytes at once.
    let is_odd = |byte: &u8| matches!(byte, b'\t'..=b'\r' | b'`');
    let has_odd = |chunk: &[u8]| chunk.iter().fold(false, |odd, byte| odd | is_odd(byte));
    let is_line = !bytes.first().is_some_and(u8::is_ascii_whitespace)
        && !bytes.last().is_some_and(u8::is_ascii_whitespace)
        && !bytes.chunks(64).any(has_odd)
        && memchr::memmem::find(bytes, b"  ").is_none();
    if is_line {
        return Folded::in_place(text.to_ascii_lowercase());
    }
    let mut out = Folding::with_capacity(text.len());
    for (start, character) in text.char_indices() {
        out.push(one_form(character).unwrap_or(character.to_ascii_lowercase()), start);
    }
    out.finish(text.len())
}

/// The text so far. As long as each byte stands where it stood, no offsets are kept.
struct Folding {
    text: String,
    offsets: Option<Vec<u32>>,
    /// The place of a run of white space that is not written yet.
    gap: Option<usize>,
}

impl Folding {
    fn with_capacity(bytes: usize) -> Folding {
        Folding { text: String::with_capacity(bytes), offsets: None, gap: None }
    }

    fn push(&mut self, character: char, start: usize) {
        if character.is_whitespace() {
            if self.gap.is_none() && !self.text.is_empty() {
                self.gap = Some(start);
            }
            return;
        }
        if let Some(gap) = self.gap.take() {
            self.write(' ', gap);
        }
        self.write(character, start);
    }

    /// Appends a run of plain characters.
    fn push_run(&mut self, run: &str, start: usize) {
        if let Some(gap) = self.gap.take() {
            self.write(' ', gap);
        }
        if self.text.len() != start {
            self.keep_offsets(start);
        }
        let from = self.text.len();
        self.text.push_str(run);
        self.text[from..].make_ascii_lowercase();
        if let Some(offsets) = &mut self.offsets {
            for (at, character) in run.char_indices() {
                let place = u32::try_from(start + at).unwrap_or(u32::MAX);
                offsets.extend(std::iter::repeat_n(place, character.len_utf8()));
            }
        }
    }

    fn write(&mut self, character: char, start: usize) {
        if self.text.len() != start {
            self.keep_offsets(start);
        }
        self.text.push(character);
        if let Some(offsets) = &mut self.offsets {
            let start = u32::try_from(start).unwrap_or(u32::MAX);
            offsets.extend(std::iter::repeat_n(start, character.len_utf8()));
        }
    }

    /// Writes the offsets of the text so far, which stands where it stood up to `start`; what is after it comes from the character there.
    fn keep_offsets(&mut self, start: usize) {
        if self.offsets.is_none() {
            let mut offsets = Vec::with_capacity(self.text.capacity() + 1);
            let place = |at: usize| u32::try_from(at.min(start)).unwrap_or(u32::MAX);
            offsets.extend((0..self.text.len()).map(place));
            self.offsets = Some(offsets);
        }
    }

    fn finish(mut self, published_bytes: usize) -> Folded {
        if self.text.len() != published_bytes {
            self.keep_offsets(published_bytes);
        }
        match self.offsets {
            Some(mut offsets) => {
                // What was left out after the last character belongs to nothing else, so a span may take it in.
                offsets.push(u32::try_from(published_bytes).unwrap_or(u32::MAX));
                Folded::new(self.text, offsets)
            }
            None => Folded::in_place(self.text),
        }
    }
}

/// The plain characters that a text begins with, single spaces between them included: nearly all of every text, and copied whole.
fn plain_run(text: &str) -> &str {
    let mut end = 0;
    let mut last = 0;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let is_single_space = character == ' '
            && at > 0
            && characters.peek().is_some_and(|(_, next)| is_plain(*next));
        if !is_plain(character) && !is_single_space {
            // A mark belongs to the character before it.
            let run = if joins(character) { last } else { end };
            return text[..run].trim_end_matches(' ');
        }
        last = at;
        end = at + character.len_utf8();
    }
    &text[..end]
}

/// Whether the character is its own NFKC form, has no case but ASCII's, and is not one of those with one form for many: nearly all of every
/// headline.
fn is_plain(character: char) -> bool {
    matches!(character,
        '!'..='_' | 'a'..='~'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{3041}'..='\u{3096}'
        | '\u{30a1}'..='\u{30fa}'
        | '\u{30fc}'
        | '、' | '。')
}

/// Whether the character may change the one before it under NFKC.
fn joins(character: char) -> bool {
    match character {
        // The plain ones, first because they are nearly all.
        '\0'..='\u{2ff}' | '\u{ac00}'..='\u{d7a3}' | '\u{4e00}'..='\u{9fff}' => false,
        '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | '\u{2010}'..='\u{2027}' => false,
        // Vowels and final consonants of Hangul, also as letters of their own and in half width; voicing marks in half width.
        '\u{1160}'..='\u{11ff}' | '\u{314f}'..='\u{318c}' | '\u{ffc2}'..='\u{ffdc}' => true,
        '\u{318e}' | '\u{d7b0}'..='\u{d7fb}' | '\u{ff9e}' | '\u{ff9f}' => true,
        character if has_no_width(character) => true,
        _ => matches!(
            CodePointMapData::<GeneralCategory>::new().get(character),
            GeneralCategory::NonspacingMark
                | GeneralCategory::SpacingMark
                | GeneralCategory::EnclosingMark
        ),
    }
}

/// The one form of characters that are written in many.
fn one_form(character: char) -> Option<char> {
    match character {
        '“' | '”' | '„' | '‟' | '«' | '»' | '〝' | '〞' | '〟' | '「' | '」' | '『' | '』'
        | '｢' | '｣' => Some('"'),
        '‘' | '’' | '‚' | '‛' | '′' | '`' | '´' | '‹' | '›' => Some('\''),
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '﹣' | '－' | '⸺' | '⸻' => {
            Some('-')
        }
        '•' | '‧' | '∙' | '⋅' | '\u{30fb}' | '\u{ff65}' | '\u{318d}' | '\u{119e}' | '\u{387}' => {
            Some('·')
        }
        '〜' | '～' | '∼' => Some('~'),
        '⁄' | '∕' => Some('/'),
        character if character.is_whitespace() => Some(' '),
        _ => None,
    }
}

/// Whether the character is not seen and parts no words.
fn has_no_width(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
        || (character.is_control() && !character.is_whitespace())
}

fn push_cluster(out: &mut Folding, cluster: &str, start: usize) {
    const NFKC: ComposingNormalizerBorrowed<'static> = ComposingNormalizer::new_nfkc();
    let visible: String = cluster.chars().filter(|character| !has_no_width(*character)).collect();
    let composed = NFKC.normalize(&visible);
    let lowered: String = composed.chars().flat_map(char::to_lowercase).map(plain_letter).collect();
    // Lower case may compose where upper case did not ("J" + caron).
    for character in NFKC.normalize(&lowered).chars().filter(|character| !has_no_width(*character))
    {
        out.push(one_form(character).unwrap_or(character), start);
    }
}

/// The letter without what only lower case of a word knows: a sigma is one letter wherever it stands.
fn plain_letter(character: char) -> char {
    if character == 'ς' { 'σ' } else { character }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::fold;

    #[test]
    fn equal_texts_compare_equal() {
        let check = |text: &str, want: &str| assert_eq!(fold(text).text(), want, "{text:?}");
        check("Hello World", "hello world");
        check("  a \t b  ", "a b");
        check("ＮＨＫ｜ﾆｭｰｽ", "nhk|ニュース");
        check("ｶﾞｻﾞ", "ガザ");
        check("ガザ", "ガザ");
        check("カ\u{3099}サ\u{3099}", "ガザ");
        check("한\u{200b}국", "한국");
        check("\u{1112}\u{1161}\u{11ab}국", "한국");
        check("“한·일” ‘정상’", "\"한·일\" '정상'");
        check("한ㆍ일 한・일 日･韓", "한·일 한·일 日·韓");
        check("「日本」『韓国』", "\"日本\"\"韓国\"");
        check("Trump — Xi – 3−5", "trump - xi - 3-5");
        check("ÉCOLE e\u{301}cole", "école école");
        check("㈱제주 ①", "(株)제주 1");
        check("…", "...");
        check("J\u{30c}", "ǰ");
        check("", "");
        check("\u{3000}\u{feff}", "");
    }

    #[test]
    fn spans_mark_what_was_published() {
        let check = |text: &str, part: &str, want: &str| {
            let folded = fold(text);
            let at = folded.text().find(part).unwrap();
            assert_eq!(&text[folded.span(at..at + part.len())], want, "{text:?}");
        };
        check("日本の ＮＨＫ が", "nhk", "ＮＨＫ");
        check("a  “한·일” b", "한·일", "한·일");
        check("ｶﾞｻﾞの", "ガ", "ｶﾞ");
        check("x ㈱ y", "株", "㈱");
        check("SEOUL", "seoul", "SEOUL");
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in "\\PC{0,40}|[ -~]{0,40}|[\u{0}-\u{10ffff}]{0,12}") {
            let once = fold(&text);
            let twice = fold(once.text());
            prop_assert_eq!(twice.text(), once.text());
        }

        #[test]
        fn marks_and_letters_in_any_order(text in "[aJｶﾞﾟ가각ㅋㅏ\u{301}\u{30c}\u{3099}İıßΣς’·\u{200d} ]{0,12}") {
            let once = fold(&text);
            let twice = fold(once.text());
            prop_assert_eq!(twice.text(), once.text());
        }

        #[test]
        fn a_span_stays_inside_the_text(text in "\\PC{0,40}|[ｶﾞ가가ㅋ\u{301}㈱“ \u{200b}A]{0,20}", from in 0usize..60, length in 0usize..60) {
            let folded = fold(&text);
            let from = folded.text().floor_char_boundary(from.min(folded.text().len()));
            let to = folded.text().floor_char_boundary((from + length).min(folded.text().len()));
            let span = folded.span(from..to);
            prop_assert!(span.start <= span.end && span.end <= text.len());
            prop_assert!(text.is_char_boundary(span.start) && text.is_char_boundary(span.end));
            prop_assert!(from == to || !span.is_empty());
        }
    }
}
