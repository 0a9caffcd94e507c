//! Text → pieces: the normaliser and the unigram model of SentencePiece (Kudo and Richardson, EMNLP 2018), as the weights were trained with.

use std::ops::Range;

use super::EncoderError;
use super::sections::{Kind, Section, Sections};

/// The piece for what the vocabulary does not know.
const UNKNOWN: u32 = 0;
/// The visible space of SentencePiece, U+2581: stands before every word.
const SPACE: &str = "\u{2581}";
/// An unknown character costs this much more than the rarest piece.
const UNKNOWN_PENALTY: f64 = 10.0;
/// What no path reaches. SentencePiece begins here, not at minus infinity.
const UNREACHED: f64 = -1e38;

/// A trie of byte strings in units of 32 bits: label (bits 0-7), whether a key ends (bit 8), and where the children are. The child of unit u by byte b is
/// unit `u ^ offset ^ b`; the value of a key that ends at u is in unit `u ^ offset`, marked by bit 31.
#[derive(Clone, Copy)]
struct Trie {
    units: Section,
    /// The two tries keep it in different bits.
    offset: fn(u32) -> u32,
}

impl Trie {
    /// Calls `found` with length and value of each key that `bytes` begins with, shortest first.
    fn prefixes(&self, bytes: &[u8], mut found: impl FnMut(usize, u32)) {
        let mut unit = self.units.word(0);
        let mut at = 0;
        for (length, byte) in (1..).zip(bytes) {
            at ^= (self.offset)(unit) ^ u32::from(*byte);
            unit = self.units.word(at as usize);
            // No key holds the byte 0, and a unit that nothing uses is 0.
            if unit & 0x8000_00ff != u32::from(*byte) || *byte == 0 {
                return;
            }
            if unit & 0x100 != 0 {
                let value = self.units.word((at ^ (self.offset)(unit)) as usize);
                found(length, value & 0x7fff_ffff);
            }
        }
    }
}

/// The normaliser and the vocabulary.
pub(super) struct Tokeniser {
    normal_forms: Trie,
    normal_texts: &'static [u8],
    pieces: Trie,
    scores: Section,
    unknown_score: f64,
}

impl Tokeniser {
    pub(super) fn new(sections: &Sections) -> Result<Tokeniser, EncoderError> {
        let scores = sections.get("scores", Kind::Float, Some(1), None)?;
        let rarest = (0..scores.columns).map(|at| scores.float(at)).fold(0.0, f32::min);
        Ok(Tokeniser {
            normal_forms: Trie {
                units: sections.get("normtrie", Kind::Word, Some(1), None)?,
                offset: |unit| (unit >> 10) << ((unit & 0x200) >> 6),
            },
            normal_texts: sections.get("normtext", Kind::Byte, Some(1), None)?.bytes,
            pieces: Trie {
                units: sections.get("pieces", Kind::Word, Some(1), None)?,
                offset: |unit| (unit >> 9) & 0x3f_ffff,
            },
            unknown_score: f64::from(rarest) - UNKNOWN_PENALTY,
            scores,
        })
    }

    /// How many pieces the vocabulary has.
    pub(super) fn vocabulary(&self) -> usize {
        self.scores.columns
    }

    /// The logarithm of a piece's probability.
    pub(super) fn score(&self, piece: u32) -> f32 {
        if piece == UNKNOWN { self.unknown_score as f32 } else { self.scores.float(piece as usize) }
    }

    /// The text as its pieces are cut from it: NFKC and the mappings of the training, one space between words, and a visible space before each.
    ///
    /// Empty if nothing but spaces is left.
    pub(super) fn normalise(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len() + text.len() / 4 + SPACE.len());
        let mut rest = text;
        let mut after_space = true;
        while !rest.is_empty() {
            let (form, length) = self.normal_form(rest);
            rest = &rest[length..];
            // One form may hold several spaces; only those within it are kept as they are.
            let form = if after_space { form.trim_start_matches(' ') } else { form };
            if form.is_empty() {
                continue;
            }
            if out.is_empty() {
                out.push_str(SPACE);
            }
            for (number, part) in form.split(' ').enumerate() {
                if number > 0 {
                    out.push_str(SPACE);
                }
                out.push_str(part);
            }
            after_space = form.ends_with(' ');
        }
        out.truncate(out.trim_end_matches(SPACE).len());
        out
    }

    /// What the longest mapped beginning of `rest` becomes, and how long it is; an unmapped character stays.
    fn normal_form<'a>(&'a self, rest: &'a str) -> (&'a str, usize) {
        let mut longest = None;
        self.normal_forms
            .prefixes(rest.as_bytes(), |length, value| longest = Some((length, value)));
        let mapped = longest.and_then(|(length, value)| {
            let text = self.normal_texts.get(value as usize..)?;
            let end = text.iter().position(|byte| *byte == 0)?;
            // A mapping ends between characters of both texts, unless the weights are damaged.
            let form = str::from_utf8(&text[..end]).ok()?;
            rest.is_char_boundary(length).then_some((form, length))
        });
        mapped.unwrap_or_else(|| {
            let length = rest.chars().next().map_or(rest.len(), char::len_utf8);
            (&rest[..length], length)
        })
    }

    /// The most probable pieces of a normalised text, each with its place; one unknown piece for the empty text.
    ///
    /// Of equally probable ways to reach a place the one whose last piece begins first is taken.
    pub(super) fn cut(&self, normalised: &str) -> Vec<(Range<usize>, u32)> {
        /// The best way to a place in the text.
        #[derive(Clone, Copy)]
        struct Reached {
            score: f64,
            from: usize,
            piece: u32,
        }

        if normalised.is_empty() {
            return vec![(0..0, UNKNOWN)];
        }
        let bytes = normalised.as_bytes();
        let nowhere = Reached { score: UNREACHED, from: 0, piece: UNKNOWN };
        let mut best = vec![nowhere; bytes.len() + 1];
        best[0].score = 0.0;
        for (from, character) in normalised.char_indices() {
            let base = best[from].score;
            let mut is_known = false;
            let mut reach = |length: usize, score: f64, piece: u32| {
                if let Some(place) = best.get_mut(from + length)
                    && base + score > place.score
                {
                    *place = Reached { score: base + score, from, piece };
                }
            };
            self.pieces.prefixes(&bytes[from..], |length, piece| {
                is_known |= length == character.len_utf8();
                reach(length, f64::from(self.scores.float(piece as usize)), piece);
            });
            if !is_known {
                reach(character.len_utf8(), self.unknown_score, UNKNOWN);
            }
        }
        let mut cut = Vec::with_capacity(bytes.len() / 3 + 1);
        let mut end = bytes.len();
        while end > 0 {
            let Reached { from, piece, .. } = best[end];
            // No step goes backwards, so that this ends even with damaged weights.
            let from = from.min(end - 1);
            cut.push((from..end, piece));
            end = from;
        }
        cut.reverse();
        cut
    }
}
