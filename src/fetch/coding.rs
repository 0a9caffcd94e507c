//! The content codings we can undo, one stream of one coding at a time (RFC 9110 §8.4.1). What the bytes come from and go to is not known here.

use brotli::enc::StandardAlloc;
use brotli::{BrotliDecompressStream, BrotliResult, BrotliState};
use flate2::{Decompress, FlushDecompress, Status};
use zstd::stream::raw::{DParameter, InBuffer, Operation, OutBuffer};

/// What we can undo, as the request says it.
pub(super) const ACCEPT_ENCODING: &str = "gzip, br, zstd, deflate";
/// The longest window of a zstd frame, as a power of two: 8 MiB, what RFC 9659 §3 lets a server use.
const ZSTD_WINDOW_LOG: u32 = 23;
/// How much of the output is made ready at once for a decoder that wants it initialised.
const BROTLI_STEP: usize = 64 * 1024;

/// A content coding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

/// What the first bytes of a body tell about its coding.
pub(super) enum Sniff {
    NeedsMore,
    Packed(Decoder),
    Plain,
}

/// Whether a name in `Content-Encoding` says that nothing was done: `identity`, and words that servers write there by mistake.
pub(super) fn is_identity(name: &[u8]) -> bool {
    ["", "identity", "none", "utf-8", "binary", "8bit"]
        .iter()
        .any(|plain| name.eq_ignore_ascii_case(plain.as_bytes()))
}

impl Coding {
    /// The coding of that name in `Content-Encoding`, where we can undo it.
    pub(super) fn of(name: &[u8]) -> Option<Coding> {
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        if is("gzip") || is("x-gzip") {
            Some(Coding::Gzip)
        } else if is("deflate") {
            Some(Coding::Deflate)
        } else if is("br") {
            Some(Coding::Brotli)
        } else if is("zstd") {
            Some(Coding::Zstd)
        } else {
            None
        }
    }

    /// Its name, for messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Coding::Gzip => "gzip",
            Coding::Deflate => "deflate",
            Coding::Brotli => "br",
            Coding::Zstd => "zstd",
        }
    }

    /// Sees from its first bytes whether a body is packed as its label says: servers label plain bodies, too.
    pub(super) fn sniff(self, head: &[u8]) -> Result<Sniff, String> {
        Ok(match (self, head) {
            (Coding::Gzip, [0x1f, 0x8b, ..]) => Sniff::Packed(Decoder::gzip()),
            (Coding::Gzip, [_, _, ..]) => Sniff::Plain,
            // "deflate" means the zlib format (RFC 9110 §8.4.1.2), but raw deflate is sent as well. The zlib header is a multiple of 31.
            (Coding::Deflate, [first, second, ..]) => {
                let check = u16::from_be_bytes([*first, *second]);
                let zlib = first & 0x0f == 8 && check.is_multiple_of(31);
                Sniff::Packed(Decoder::Flate(Decompress::new(zlib)))
            }
            (Coding::Brotli, [_, ..]) => Sniff::Packed(Decoder::brotli()),
            (Coding::Zstd, [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..]) => {
                Sniff::Packed(Decoder::zstd()?)
            }
            (Coding::Zstd, [_, _, _, _, ..]) => Sniff::Plain,
            (Coding::Gzip | Coding::Deflate | Coding::Brotli | Coding::Zstd, _) => Sniff::NeedsMore,
        })
    }
}

/// A decoder of one stream.
pub(super) enum Decoder {
    Flate(Decompress),
    Brotli(Box<BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>>),
    Zstd {
        raw: zstd::stream::raw::Decoder<'static>,
        /// Whether a frame has ended and no other begun: here the stream may end.
        between_frames: bool,
    },
}

/// What one step of a decoder did.
pub(super) struct Step {
    /// Bytes of the input it has read.
    pub(super) consumed: usize,
    /// What it wants.
    pub(super) next: Next,
}

/// What a decoder wants next.
pub(super) enum Next {
    /// Room for more output.
    Output,
    /// More input; it has read all there is.
    Input,
    /// Nothing: the stream is complete.
    Ended,
}

impl Decoder {
    /// A decoder of one gzip member.
    pub(super) fn gzip() -> Decoder {
        Decoder::Flate(Decompress::new_gzip(15))
    }

    fn brotli() -> Decoder {
        // Strict: no windows over 16 MiB, which are not part of the `br` coding (RFC 7932 §9.1).
        let alloc = StandardAlloc::default;
        Decoder::Brotli(Box::new(BrotliState::new_strict(alloc(), alloc(), alloc())))
    }

    fn zstd() -> Result<Decoder, String> {
        let failed = |error: std::io::Error| error.to_string();
        let mut raw = zstd::stream::raw::Decoder::new().map_err(failed)?;
        raw.set_parameter(DParameter::WindowLogMax(ZSTD_WINDOW_LOG)).map_err(failed)?;
        Ok(Decoder::Zstd { raw, between_frames: false })
    }

    /// Whether nothing is missing, though no end was seen.
    pub(super) fn may_end_here(&self) -> bool {
        matches!(self, Decoder::Zstd { between_frames: true, .. })
    }

    /// Reads from `input` and writes behind what is in `out`, into the capacity it has; fails with what is wrong with the data.
    pub(super) fn step(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<Step, String> {
        let before = out.len();
        let (consumed, ended) = match self {
            Decoder::Flate(flate) => {
                let read = flate.total_in();
                let status = flate
                    .decompress_vec(input, out, FlushDecompress::None)
                    .map_err(|error| error.message().unwrap_or("they follow no rule").to_owned())?;
                ((flate.total_in() - read) as usize, status == Status::StreamEnd)
            }
            Decoder::Brotli(state) => {
                let (mut unread, mut consumed) = (input.len(), 0);
                let (mut room, mut written) = ((out.capacity() - before).min(BROTLI_STEP), 0);
                out.resize(before + room, 0);
                let result = BrotliDecompressStream(
                    &mut unread,
                    &mut consumed,
                    input,
                    &mut room,
                    &mut written,
                    &mut out[before..],
                    &mut 0,
                    state,
                );
                out.truncate(before + written);
                match result {
                    BrotliResult::ResultSuccess => (consumed, true),
                    BrotliResult::NeedsMoreInput => (consumed, false),
                    BrotliResult::NeedsMoreOutput => {
                        return Ok(Step { consumed, next: Next::Output });
                    }
                    BrotliResult::ResultFailure => return Err("they follow no rule".to_owned()),
                }
            }
            Decoder::Zstd { raw, between_frames } => {
                let mut source = InBuffer::around(input);
                let mut target = OutBuffer::around_pos(out, before);
                match raw.run(&mut source, &mut target) {
                    // Asked again without anything to do, it already waits for another frame.
                    Ok(_) if *between_frames && source.pos() == 0 => {}
                    Ok(wanted) => *between_frames = wanted == 0,
                    // Junk after a frame.
                    Err(_) if *between_frames => {
                        return Ok(Step { consumed: input.len(), next: Next::Ended });
                    }
                    Err(error) => return Err(error.to_string()),
                }
                (source.pos(), false)
            }
        };
        let next = if ended {
            Next::Ended
        } else if out.len() == out.capacity() || consumed < input.len() {
            if consumed == 0 && out.len() == before {
                return Err("they lead nowhere".to_owned());
            }
            Next::Output
        } else {
            Next::Input
        };
        Ok(Step { consumed, next })
    }
}
