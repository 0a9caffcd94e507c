//! The embedding table: 512 numbers a piece, kept as whole steps in a prefix code.
//!
//! A row is read where it lies, in half a microsecond: of the 22 MB of the table only the pages of pieces that occur are ever in memory.

use std::sync::OnceLock;

use super::EncoderError;
use super::sections::{Kind, Section, Sections};

/// Numbers a row.
pub(super) const WIDTH: usize = 512;
/// The largest value of a step; as much as the code has words for.
const VALUES: usize = 64;
/// Piece p belongs to part p % PARTS; a part has one scale.
const PARTS: usize = 17;
/// A part has this many codes, by how far the numbers of a row spread.
const CLASSES: usize = 8;
/// No code word is longer.
const MAX_BITS: usize = 11;
/// Code words read from one load of 64 bits, of which up to 7 are in front of the first.
const WORDS_A_LOAD: usize = 5;

/// By the next [`MAX_BITS`] bits: the value, and in the upper byte the length of its code word.
type Code = Box<[u16; 1 << MAX_BITS]>;

pub(super) struct Table {
    /// Where a row begins (bits 0-27) and its class (bits 28-31).
    index: Section,
    rows: &'static [u8],
    lengths: Section,
    codes: Vec<OnceLock<Code>>,
    steps: Vec<f32>,
    lows: Vec<f32>,
}

impl Table {
    pub(super) fn new(sections: &Sections, pieces: usize) -> Result<Table, EncoderError> {
        let codes = PARTS * CLASSES;
        Ok(Table {
            index: sections.get("rowindex", Kind::Word, Some(1), Some(pieces))?,
            rows: sections.get("rows", Kind::Byte, Some(1), None)?.bytes,
            lengths: sections.get("rowcodes", Kind::Byte, Some(codes), Some(VALUES))?,
            codes: (0..codes).map(|_| OnceLock::new()).collect(),
            steps: sections.get("rowstep", Kind::Float, Some(1), Some(PARTS))?.floats(),
            lows: sections.get("rowlow", Kind::Float, Some(1), Some(PARTS))?.floats(),
        })
    }

    /// What a step is worth in the row of this piece, and the value of step 0.
    pub(super) fn scale(&self, piece: u32) -> (f32, f32) {
        let part = piece as usize % PARTS;
        (self.steps[part], self.lows[part])
    }

    /// Writes the steps of a piece's row, each below [`VALUES`].
    pub(super) fn read(&self, piece: u32, out: &mut [u8; WIDTH]) {
        let entry = self.index.word(piece as usize);
        let class = (entry >> 28) as usize % CLASSES;
        let number = piece as usize % PARTS * CLASSES + class;
        let code = self.codes[number].get_or_init(|| self.code(number));
        let mut bit = (entry & 0x0fff_ffff) as usize * 8;
        for values in out.chunks_mut(WORDS_A_LOAD) {
            // Past the end there is nothing but zeros: only damaged weights lead there.
            let load = self.rows.get(bit / 8..).and_then(<[u8]>::first_chunk);
            let mut bits = load.map_or(0, |bytes| u64::from_be_bytes(*bytes)) << (bit % 8);
            for value in values {
                let word = code[(bits >> (64 - MAX_BITS)) as usize];
                *value = word.to_le_bytes()[0];
                let length = usize::from(word >> 8);
                bits <<= length;
                bit += length;
            }
        }
    }

    /// The look-up of one canonical code: shorter words first, then by value.
    fn code(&self, number: usize) -> Code {
        let mut code: Code = Box::new([0; 1 << MAX_BITS]);
        let lengths = &self.lengths.bytes[number * VALUES..][..VALUES];
        let mut at = 0;
        for length in 1..=MAX_BITS {
            for value in (0u8..)
                .zip(lengths)
                .filter(|(_, of)| usize::from(**of) == length)
                .map(|(value, _)| value)
            {
                let size = 1 << (MAX_BITS - length);
                if let Some(words) = code.get_mut(at..at + size) {
                    words.fill(u16::from_le_bytes([value, length as u8]));
                }
                at += size;
            }
        }
        code
    }
}
