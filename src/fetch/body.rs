//! A response body, unpacked while it arrives and never larger than its bound.
//!
//! The client's own decoders are off: they put no bound on a zstd window, build as many decoders as a header names, and report a broken stream
//! by text only. Here each coding writes straight into the one buffer that is handed on.

use reqwest::header::{CONTENT_ENCODING, HeaderMap};

use super::coding::{Coding, Decoder, Next, Sniff, is_identity};
use super::error::{FetchReason, clean};

/// The most codings we undo one after another. One is usual; two happen behind a proxy that packs again.
const MOST_CODINGS: usize = 2;
/// The most a body may unpack to, in multiples of what was received, once it is larger than [`RATIO_COUNTS_FROM`]. Deflate cannot reach it
/// (1,032), nor can a document that people wrote.
const MOST_RATIO: u64 = 1_500;
/// Below this size the ratio does not matter.
const RATIO_COUNTS_FROM: u64 = 1024 * 1024;
/// The first capacity of an output buffer, and the size of the buffer between two codings.
const FIRST_CAPACITY: usize = 16 * 1024;
/// A body on its way in.
pub(super) struct Body {
    /// The decoders, outermost coding first.
    stages: Vec<Stage>,
    bytes: Vec<u8>,
    received: u64,
    limit: u64,
}

/// A body that has wholly arrived.
#[derive(Debug)]
pub(super) struct Unpacked {
    /// The document.
    pub(super) bytes: Vec<u8>,
    /// Bytes as on the wire.
    pub(super) received: u64,
    /// What was wrong with the coding and could be mended.
    pub(super) notes: Vec<String>,
}

impl Body {
    /// Makes ready for a body of at most `limit` bytes with the codings that the headers name.
    pub(super) fn new(
        headers: &HeaderMap,
        content_length: Option<u64>,
        limit: u64,
    ) -> Result<Body, FetchReason> {
        let stages = stages(headers)?;
        if content_length.is_some_and(|length| length > limit) {
            return Err(FetchReason::TooLarge { limit });
        }
        // A length is only a claim: what it reserves in advance is bounded, the rest grows as it comes.
        let expected = content_length
            .map_or(0, |length| if stages.is_empty() { length } else { length.saturating_mul(4) });
        let expected = expected.min(limit).min(1024 * 1024) as usize;
        Ok(Body { stages, bytes: Vec::with_capacity(expected), received: 0, limit })
    }

    /// How much of the document there is.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Takes the next bytes of the wire.
    pub(super) fn push(&mut self, chunk: &[u8]) -> Result<(), FetchReason> {
        self.received += chunk.len() as u64;
        if self.received > self.limit {
            return Err(FetchReason::TooLarge { limit: self.limit });
        }
        pump(&mut self.stages, chunk, &mut self.bytes, self.limit)?;
        let unpacked = self.bytes.len() as u64;
        if unpacked > RATIO_COUNTS_FROM && unpacked / MOST_RATIO > self.received {
            return Err(FetchReason::Bomb { ratio: MOST_RATIO });
        }
        Ok(())
    }

    /// Gives the document, if every coding has come to its end.
    pub(super) fn finish(mut self) -> Result<Unpacked, FetchReason> {
        let mut notes = Vec::new();
        let mut stages = &mut self.stages[..];
        while let Some((stage, rest)) = stages.split_first_mut() {
            match &stage.state {
                State::Begin if stage.held.is_empty() => {}
                // Too short to be packed.
                State::Begin | State::Plain => {
                    pump(rest, &stage.held, &mut self.bytes, self.limit)?;
                    notes.push(format!(
                        "the server says the body is packed with {}, but sends it plain",
                        stage.coding.name()
                    ));
                }
                State::Running(decoder) if !decoder.may_end_here() => {
                    return Err(FetchReason::Truncated);
                }
                State::Running(_) | State::Ended | State::Ignoring => {}
            }
            stages = rest;
        }
        Ok(Unpacked { bytes: self.bytes, received: self.received, notes })
    }
}

/// The decoders for the codings that the headers name, the last named first (RFC 9110 §8.4).
fn stages(headers: &HeaderMap) -> Result<Vec<Stage>, FetchReason> {
    let mut stages = Vec::new();
    for value in headers.get_all(CONTENT_ENCODING) {
        for name in value.as_bytes().split(|byte| *byte == b',') {
            let name = name.trim_ascii();
            if is_identity(name) {
                continue;
            }
            let Some(coding) = Coding::of(name) else {
                let name = clean(&String::from_utf8_lossy(name), 40);
                return Err(bad(format!("the content coding \"{name}\" is unknown")));
            };
            if stages.len() == MOST_CODINGS {
                return Err(bad(format!("more than {MOST_CODINGS} content codings")));
            }
            stages.push(Stage::new(coding));
        }
    }
    stages.reverse();
    Ok(stages)
}

fn bad(detail: String) -> FetchReason {
    FetchReason::BadEncoding { detail }
}

/// One coding being undone.
struct Stage {
    coding: Coding,
    state: State,
    /// The first bytes of a stream, while they are too few to tell what it is.
    held: Vec<u8>,
    /// How many bytes it has given; bounded between two codings as well.
    given: u64,
    /// The buffer between this coding and the next.
    between: Vec<u8>,
}

enum State {
    /// Before the first bytes.
    Begin,
    /// In a packed stream.
    Running(Decoder),
    /// After the end of a packed stream.
    Ended,
    /// In junk after the end, which some servers append.
    Ignoring,
    /// The body is not packed, whatever the header says.
    Plain,
}

impl Stage {
    fn new(coding: Coding) -> Stage {
        Stage { coding, state: State::Begin, held: Vec::new(), given: 0, between: Vec::new() }
    }

    /// Whether another stream of the coding follows the one that has ended: gzip has members (RFC 1952 §2.2).
    fn sniff_next(&self, head: &[u8]) -> Sniff {
        const MEMBER: [u8; 3] = [0x1f, 0x8b, 8];
        if self.coding != Coding::Gzip {
            Sniff::Plain
        } else if head.starts_with(&MEMBER) {
            Sniff::Packed(Decoder::gzip())
        } else if MEMBER.starts_with(head) {
            Sniff::NeedsMore
        } else {
            Sniff::Plain
        }
    }
}

/// Sends bytes through the decoders into `out`, which never grows past `limit`.
fn pump(
    stages: &mut [Stage],
    input: &[u8],
    out: &mut Vec<u8>,
    limit: u64,
) -> Result<(), FetchReason> {
    let Some((stage, rest)) = stages.split_first_mut() else {
        return append(out, input, limit);
    };
    let joined;
    let mut input = input;
    if !stage.held.is_empty() {
        stage.held.extend_from_slice(input);
        joined = std::mem::take(&mut stage.held);
        input = &joined;
    }
    while !input.is_empty() {
        let sniffed = match &mut stage.state {
            State::Running(_) => {
                match run(stage, rest, input, out, limit)? {
                    Some(after) => input = &input[after..],
                    None => return Ok(()),
                }
                continue;
            }
            State::Plain => return pump(rest, input, out, limit),
            State::Ignoring => return Ok(()),
            State::Begin => stage.coding.sniff(input).map_err(bad)?,
            State::Ended => stage.sniff_next(input),
        };
        stage.state = match (sniffed, &stage.state) {
            (Sniff::NeedsMore, _) => {
                stage.held = input.to_vec();
                return Ok(());
            }
            (Sniff::Packed(decoder), _) => State::Running(decoder),
            (Sniff::Plain, State::Begin) => State::Plain,
            (Sniff::Plain, _) => State::Ignoring,
        };
    }
    Ok(())
}

/// Lets a running decoder read all of `input`; gives the place in it where the packed stream ends, or `None` if it goes on.
fn run(
    stage: &mut Stage,
    rest: &mut [Stage],
    input: &[u8],
    out: &mut Vec<u8>,
    limit: u64,
) -> Result<Option<usize>, FetchReason> {
    let State::Running(decoder) = &mut stage.state else { return Ok(Some(0)) };
    let mut consumed = 0;
    loop {
        let last = rest.is_empty();
        let target = if last { &mut *out } else { &mut stage.between };
        let before = target.len();
        if before == target.capacity() {
            // Between two codings the first buffer is enough, since it is emptied after each step.
            grow(target, before + 1, if last { limit } else { 0 });
        }
        let step = decoder.step(&input[consumed..], target).map_err(|detail| {
            bad(format!("the {} data are damaged: {detail}", stage.coding.name()))
        })?;
        consumed += step.consumed;
        stage.given += (target.len() - before) as u64;
        if stage.given > limit {
            return Err(FetchReason::TooLarge { limit });
        }
        if !last {
            pump(rest, &stage.between, out, limit)?;
            stage.between.clear();
        }
        match step.next {
            Next::Output => {}
            Next::Input => return Ok(None),
            Next::Ended => {
                stage.state = State::Ended;
                return Ok(Some(consumed));
            }
        }
    }
}

/// Adds bytes that need no unpacking.
fn append(out: &mut Vec<u8>, input: &[u8], limit: u64) -> Result<(), FetchReason> {
    let wanted = out.len() + input.len();
    if wanted as u64 > limit {
        return Err(FetchReason::TooLarge { limit });
    }
    if wanted > out.capacity() {
        grow(out, wanted, limit);
    }
    out.extend_from_slice(input);
    Ok(())
}

/// Makes room for `wanted` bytes and some more, but not for more than one byte over `limit`, by which an excess shows.
fn grow(buffer: &mut Vec<u8>, wanted: usize, limit: u64) {
    let most = usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1);
    let capacity = (buffer.capacity() * 2).max(FIRST_CAPACITY).min(most).max(wanted);
    buffer.reserve_exact(capacity - buffer.len());
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    const LIMIT: u64 = 1024 * 1024;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn deflate(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn brotli(bytes: &[u8]) -> Vec<u8> {
        let mut packed = Vec::new();
        let params =
            brotli::enc::BrotliEncoderParams { quality: 5, lgwin: 24, ..Default::default() };
        brotli::BrotliCompress(&mut &bytes[..], &mut packed, &params).unwrap();
        packed
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        zstd::encode_all(bytes, 3).unwrap()
    }

    /// Unpacks `wire`, received in pieces of `piece` bytes.
    fn unpack(
        coding: &str,
        wire: &[u8],
        piece: usize,
        limit: u64,
    ) -> Result<Unpacked, FetchReason> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_ENCODING, coding.parse().unwrap());
        let mut body = Body::new(&headers, Some(wire.len() as u64), limit)?;
        for chunk in wire.chunks(piece) {
            body.push(chunk)?;
            assert!(body.bytes.capacity() as u64 <= limit + 1);
        }
        body.finish()
    }

    fn check(coding: &str, wire: &[u8], want: Result<&[u8], &str>) {
        // Byte by byte only what is small: a test shall not take seconds.
        let smallest = if wire.len() < 20_000 { 1 } else { 97 };
        for piece in [smallest, 1_000, usize::MAX] {
            let got = unpack(coding, wire, piece, LIMIT);
            let got = got.as_ref().map(|body| &body.bytes[..]).map_err(FetchReason::class);
            assert_eq!(got, want.map_err(str::to_owned), "{coding} in pieces of {piece}");
        }
    }

    /// Text that does not pack too well.
    fn text() -> Vec<u8> {
        let mut state = 1_u32;
        (0..200_000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                b'a' + (state >> 28) as u8
            })
            .collect()
    }

    #[test]
    fn every_coding_is_undone() {
        let text = text();
        for (coding, wire) in [
            ("gzip", gzip(&text)),
            ("X-GZip", gzip(&text)),
            ("deflate", zlib(&text)),
            ("deflate", deflate(&text)),
            ("br", brotli(&text)),
            ("zstd", zstd(&text)),
            ("identity", text.clone()),
            ("utf-8", text.clone()),
            ("gzip, identity", gzip(&text)),
            ("gzip, gzip", gzip(&gzip(&text))),
            ("br, gzip", gzip(&brotli(&text))),
            ("zstd, br", brotli(&zstd(&text))),
        ] {
            check(coding, &wire, Ok(&text));
        }
    }

    #[test]
    fn an_empty_body_stays_empty() {
        for coding in ["gzip", "br", "zstd", "deflate", "identity"] {
            check(coding, b"", Ok(b""));
        }
        check("gzip", &gzip(b""), Ok(b""));
        check("br", &brotli(b""), Ok(b""));
        check("zstd", &zstd(b""), Ok(b""));
    }

    #[test]
    fn a_stream_cut_short_is_not_a_document() {
        let text = text();
        for (coding, wire) in [
            ("gzip", gzip(&text)),
            ("deflate", deflate(&text)),
            ("br", brotli(&text)),
            ("zstd", zstd(&text)),
            ("gzip, gzip", gzip(&gzip(&text)[..1_000])),
        ] {
            check(coding, &wire[..wire.len() - 9], Err("truncated"));
        }
    }

    #[test]
    fn junk_after_the_end_is_ignored() {
        let text = text();
        for (coding, wire) in [
            ("gzip", gzip(&text)),
            ("deflate", deflate(&text)),
            ("br", brotli(&text)),
            ("zstd", zstd(&text)),
        ] {
            check(coding, &[&wire[..], b"<!-- cached -->"].concat(), Ok(&text));
        }
    }

    #[test]
    fn streams_in_a_row_are_one_body() {
        check("gzip", &[gzip(b"<rss>"), gzip(b"</rss>")].concat(), Ok(b"<rss></rss>"));
        check("zstd", &[zstd(b"<rss>"), zstd(b"</rss>")].concat(), Ok(b"<rss></rss>"));
        check("gzip", &[&gzip(b"<rss>")[..], b"\x1f\x8bno"].concat(), Ok(b"<rss>"));
    }

    #[test]
    fn plain_bytes_under_a_label_are_taken_and_noted() {
        for coding in ["gzip", "zstd"] {
            check(coding, b"<rss/>", Ok(b"<rss/>"));
            check(coding, b"x", Ok(b"x"));
            assert_eq!(unpack(coding, b"<rss/>", 2, LIMIT).unwrap().notes.len(), 1);
        }
        assert!(unpack("gzip", &gzip(b"x"), 2, LIMIT).unwrap().notes.is_empty());
    }

    #[test]
    fn damage_is_an_error() {
        let text = text();
        let mut wire = gzip(&text);
        let checksum = wire.len() - 6;
        wire[checksum] ^= 1;
        check("gzip", &wire, Err("bad-encoding"));
        check("br", b"<rss version=\"2.0\"></rss>", Err("bad-encoding"));
        check("deflate", &[0xff; 100], Err("bad-encoding"));
        check("zstd", &[&[0x28, 0xb5, 0x2f, 0xfd][..], &[0xff; 40]].concat(), Err("bad-encoding"));
    }

    #[test]
    fn codings_we_cannot_undo_are_refused() {
        check("x-rot13", b"<rss/>", Err("bad-encoding"));
        check("gzip, gzip, gzip", &gzip(b""), Err("bad-encoding"));
        check(&vec!["gzip"; 100].join(", "), b"", Err("bad-encoding"));
    }

    #[test]
    fn the_bound_is_on_the_unpacked_document() {
        let check = |size: usize, want: Option<&str>| {
            let text = &text()[..size];
            for (coding, wire) in [
                ("identity", text.to_vec()),
                ("gzip", gzip(text)),
                ("deflate", zlib(text)),
                ("br", brotli(text)),
                ("zstd", zstd(text)),
                ("gzip, gzip", gzip(&gzip(text))),
            ] {
                let got = unpack(coding, &wire, 512, 150_000);
                assert_eq!(
                    got.err().map(|reason| reason.class()).as_deref(),
                    want,
                    "{coding} {size}"
                );
            }
        };
        check(150_000, None);
        check(150_001, Some("too-large"));
    }

    #[test]
    fn bombs_do_not_go_off() {
        // Zeros, packed without holding them, and far over the limit.
        let zeros = vec![0; 1024 * 1024];
        let mut gz = GzEncoder::new(Vec::new(), Compression::best());
        let mut zl = ZlibEncoder::new(Vec::new(), Compression::best());
        let mut zs = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
        let mut br = brotli::CompressorWriter::new(Vec::new(), 65_536, 5, 22);
        for _ in 0..32 {
            gz.write_all(&zeros).unwrap();
            zl.write_all(&zeros).unwrap();
            zs.write_all(&zeros).unwrap();
            br.write_all(&zeros).unwrap();
        }
        let gz = gz.finish().unwrap();
        check("gzip", &gz, Err("too-large"));
        check("gzip, gzip", &gzip(&gz), Err("too-large"));
        check("deflate", &zl.finish().unwrap(), Err("too-large"));
        check("zstd", &zs.finish().unwrap(), Err("too-large"));
        check("br", &br.into_inner(), Err("too-large"));
    }

    #[test]
    fn a_ratio_no_document_has_ends_it_early() {
        let wire = brotli(&vec![b' '; 8 * 1024 * 1024]);
        let got = unpack("br", &wire, usize::MAX, 64 * 1024 * 1024);
        assert!(matches!(got, Err(FetchReason::Bomb { .. })), "{got:?}");
    }

    #[test]
    fn a_stream_that_gives_nothing_is_bounded_too() {
        // Empty deflate blocks for ever: nothing comes out, so only what goes in can be counted; packed again, not even that.
        let mut endless = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
        endless.extend([0, 0, 0, 0xff, 0xff].repeat(LIMIT as usize / 4));
        check("gzip", &endless, Err("too-large"));
        check("gzip, gzip", &gzip(&endless), Err("too-large"));
    }

    #[test]
    fn a_window_of_two_gigabytes_is_refused() {
        let frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 21 << 3, 9, 0, 0, b' '];
        check("zstd", &frame, Err("bad-encoding"));
        // What RFC 9659 lets servers use is taken.
        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
        encoder.window_log(23).unwrap();
        encoder.write_all(&text()).unwrap();
        check("zstd", &encoder.finish().unwrap(), Ok(&text()));
    }

    #[test]
    fn a_length_over_the_bound_is_refused_before_the_body() {
        let got = Body::new(&HeaderMap::new(), Some(LIMIT + 1), LIMIT);
        assert!(matches!(got, Err(FetchReason::TooLarge { .. })));
        let body = Body::new(&HeaderMap::new(), Some(1 << 30), 1 << 40).unwrap();
        assert!(body.bytes.capacity() <= 2 * 1024 * 1024);
    }
}
