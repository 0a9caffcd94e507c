//! The bytes of `encoder.bin`: named matrices behind a list of where they are. `assets/encoder/README.md` describes them.

use super::EncoderError;

const MAGIC: &[u8] = b"TIDENC01";
/// Name, kind, rows, columns, step, begin and length of one matrix.
const RECORD_BYTES: usize = 40;

/// What a matrix is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Byte = 1,
    SignedByte = 2,
    Word = 3,
    Float = 4,
}

impl Kind {
    fn bytes(self) -> usize {
        match self {
            Kind::Byte | Kind::SignedByte => 1,
            Kind::Word | Kind::Float => 4,
        }
    }
}

/// One matrix, row after row, little-endian.
#[derive(Clone, Copy)]
pub(super) struct Section {
    pub(super) rows: usize,
    pub(super) columns: usize,
    /// What one step of a whole number is worth.
    pub(super) step: f32,
    pub(super) bytes: &'static [u8],
}

impl Section {
    /// The 32-bit number at this place, or 0 where there is none: damaged weights make wrong vectors, never a panic.
    pub(super) fn word(&self, at: usize) -> u32 {
        match self.bytes.get(at.saturating_mul(4)..).and_then(<[u8]>::first_chunk) {
            Some(bytes) => u32::from_le_bytes(*bytes),
            None => 0,
        }
    }

    pub(super) fn float(&self, at: usize) -> f32 {
        f32::from_bits(self.word(at))
    }

    pub(super) fn floats(&self) -> Vec<f32> {
        (0..self.bytes.len() / 4).map(|at| self.float(at)).collect()
    }
}

/// All matrices of the file.
pub(super) struct Sections {
    records: &'static [u8],
    weights: &'static [u8],
}

impl Sections {
    /// Reads the head; looks at no matrix.
    pub(super) fn new(weights: &'static [u8]) -> Result<Sections, EncoderError> {
        let rest = weights.strip_prefix(MAGIC).ok_or(EncoderError::NotWeights)?;
        let (count, rest) = rest.split_first_chunk().ok_or(EncoderError::NotWeights)?;
        let length = (u32::from_le_bytes(*count) as usize).saturating_mul(RECORD_BYTES);
        // Four bytes are kept for later.
        let records = rest.get(4..).and_then(|rest| rest.get(..length));
        Ok(Sections { records: records.ok_or(EncoderError::NotWeights)?, weights })
    }

    /// The matrix of this name, which must be of this kind and shape; `None` for a dimension accepts any.
    pub(super) fn get(
        &self,
        name: &'static str,
        kind: Kind,
        rows: Option<usize>,
        columns: Option<usize>,
    ) -> Result<Section, EncoderError> {
        let damaged = || EncoderError::Damaged { section: name };
        let mut padded = [0; 8];
        padded.get_mut(..name.len()).ok_or_else(damaged)?.copy_from_slice(name.as_bytes());
        let record = self
            .records
            .chunks_exact(RECORD_BYTES)
            .find(|record| record.starts_with(&padded))
            .ok_or_else(damaged)?;
        let word =
            |at: usize| record[at..].first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes));
        let long = |at: usize| {
            let number = record[at..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
            usize::try_from(number).map_err(|_| damaged())
        };
        let section = Section {
            rows: word(12) as usize,
            columns: word(16) as usize,
            step: f32::from_bits(word(20)),
            bytes: self
                .weights
                .get(long(24)?..)
                .and_then(|rest| rest.get(..long(32).ok()?))
                .ok_or_else(damaged)?,
        };
        let fits = word(8) == kind as u32
            && rows.is_none_or(|rows| rows == section.rows)
            && columns.is_none_or(|columns| columns == section.columns)
            && section
                .rows
                .checked_mul(section.columns)
                .and_then(|size| size.checked_mul(kind.bytes()))
                == Some(section.bytes.len());
        if fits { Ok(section) } else { Err(damaged()) }
    }
}
