//! The embedding table: 512 numbers a piece, kept as whole steps in a prefix code.
//!
//! A row is read where it lies, in about a microsecond: of the 22 MB of the table only the pages of pieces that occur are ever in memory.

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
/// Look-ups for one load of 64 bits, of which up to 7 are in front of the first.
const LOOK_UPS: usize = 5;
/// Values that one look-up gives at most.
const AT_ONCE: usize = 3;

/// By the next [`MAX_BITS`] bits: the values whose code words lie wholly in them.
type Code = Box<[Found; 1 << MAX_BITS]>;

/// What one look-up finds; never nothing, so that reading goes on even in damaged weights.
#[derive(Clone, Copy)]
struct Found {
    values: [u8; AT_ONCE],
    /// How many values (upper half) in how many bits (lower half).
    counts: u8,
}

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
        // The last look-ups may find what belongs to the next row.
        let mut values = [0; WIDTH + LOOK_UPS * AT_ONCE];
        let mut at = 0;
        while at < WIDTH {
            // Past the end there is nothing but zeros: only damaged weights lead there.
            let load = self.rows.get(bit / 8..).and_then(<[u8]>::first_chunk);
            let mut bits = load.map_or(0, |bytes| u64::from_be_bytes(*bytes)) << (bit % 8);
            for _ in 0..LOOK_UPS {
                let found = code[(bits >> (64 - MAX_BITS)) as usize];
                values[at..at + AT_ONCE].copy_from_slice(&found.values);
                at += usize::from(found.counts >> 4);
                let length = usize::from(found.counts & 0xf);
                bits <<= length;
                bit += length;
            }
        }
        out.copy_from_slice(&values[..WIDTH]);
    }

    /// The look-up of one canonical code: shorter words first, then by value.
    fn code(&self, number: usize) -> Code {
        // Value and length of the first word.
        let mut firsts = [(0, 1); 1 << MAX_BITS];
        let lengths = &self.lengths.bytes[number * VALUES..][..VALUES];
        let mut at = 0;
        for length in 1..=MAX_BITS {
            for (value, _) in (0..).zip(lengths).filter(|(_, of)| usize::from(**of) == length) {
                let size = 1 << (MAX_BITS - length);
                if let Some(words) = firsts.get_mut(at..at + size) {
                    words.fill((value, length));
                }
                at += size;
            }
        }
        let mut code: Code = Box::new([Found { values: [0; AT_ONCE], counts: 0 }; 1 << MAX_BITS]);
        for (place, found) in code.iter_mut().enumerate() {
            let (mut count, mut used) = (0, 0);
            for value in &mut found.values {
                let (first, length) = firsts[(place << used) % firsts.len()];
                if used + length > MAX_BITS {
                    break;
                }
                *value = first;
                count += 1;
                used += length;
            }
            found.counts = count << 4 | used as u8;
        }
        code
    }
}
