//! Bytes → text: byte order mark, what HTTP says, what the document declares, and what the bytes look like. Knows no feed format.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// A decoded document.
#[derive(Debug)]
pub struct Decoded<'a> {
    /// The text, without byte order mark.
    pub text: Cow<'a, str>,
    /// What had to be decided against what the document or the server says.
    pub note: Option<String>,
    /// The encoding, if nothing that is stated fits and it was guessed.
    pub guessed: Option<&'static str>,
}

/// The longest label looked at: the longest that names an encoding is shorter.
const LABEL_BYTES: usize = 40;
/// How much of a document is searched for its declaration.
const DECLARATION_BYTES: usize = 1024;
/// How much of a document is looked at to guess.
const GUESS_BYTES: usize = 256 * 1024;

/// Decodes a document. `forced` is the curator's word and beats everything but a byte order mark; `host` is where the document is from, whose
/// country helps where the encoding must be guessed.
///
/// Bytes that are valid UTF-8 with characters beyond ASCII are UTF-8 whatever a label says, unless the label's encoding makes sense of them
/// too: servers send `ISO-8859-1` for everything, and no other text looks like UTF-8 by chance. UTF-7 is never decoded.
pub fn decode<'a>(
    bytes: &'a [u8],
    content_type: Option<&str>,
    forced: Option<&str>,
    host: Option<&str>,
) -> Decoded<'a> {
    let mut decoded = decode_bytes(bytes, content_type, forced, host);
    if let Some(text) = mended(&decoded.text) {
        decoded.text = Cow::Owned(text);
    }
    decoded
}

/// The text with C1 controls, which no text needs, as the Windows-1252 characters that a broken editor meant; `None` if there are none.
fn mended(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let is_control = |at: usize| bytes.get(at + 1).is_some_and(|byte| (0x80..=0x9f).contains(byte));
    if !memchr::memchr_iter(0xc2, bytes).any(is_control) {
        return None;
    }
    let replacement = |character: char| match character {
        '\u{80}'..='\u{9f}' => html5ever::data::C1_REPLACEMENTS[character as usize - 0x80],
        character => Some(character),
    };
    Some(text.chars().filter_map(replacement).collect())
}

fn decode_bytes<'a>(
    bytes: &'a [u8],
    content_type: Option<&str>,
    forced: Option<&str>,
    host: Option<&str>,
) -> Decoded<'a> {
    if let Some(text) = by_mark(bytes) {
        return Decoded { text: without_marks(text), note: None, guessed: None };
    }
    let labelled = |label| labelled(label, bytes);
    if let Some(encoding) = forced.and_then(labelled) {
        return by_label(bytes, encoding);
    }
    let http = content_type.and_then(charset_parameter).and_then(labelled);
    let declared = declaration(bytes).and_then(labelled);
    // Windows-1252 is what servers say that were told nothing.
    let stated = match (http, declared) {
        (Some(http), Some(declared)) if http == WINDOWS_1252 => Some(declared),
        (http, declared) => http.or(declared),
    };
    match std::str::from_utf8(bytes) {
        Ok(text) => return valid_utf8(bytes, text, stated, host),
        // Cut off inside a character: all before it is valid.
        Err(error)
            if error.error_len().is_none() && stated.is_none_or(|stated| stated == UTF_8) =>
        {
            let whole = &bytes[..error.valid_up_to()];
            if let Ok(text) = std::str::from_utf8(whole) {
                return valid_utf8(whole, text, stated, host);
            }
        }
        Err(_) => {}
    }
    let Some(stated) = stated.filter(|stated| *stated != UTF_8) else {
        return mostly_utf8(bytes, stated, host);
    };
    for encoding in [Some(stated), declared, http].into_iter().flatten() {
        if let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(bytes) {
            let note = (encoding != stated).then(|| differs(encoding, stated));
            return Decoded { text: without_marks(text), note, guessed: None };
        }
    }
    // A few broken characters, as at the end of a document cut off, do not make it another encoding.
    let (text, _) = stated.decode_without_bom_handling(bytes);
    let broken = text.chars().filter(|character| *character == char::REPLACEMENT_CHARACTER).count();
    let letters = text.chars().filter(|character| !character.is_ascii()).count();
    if broken * 10 <= letters {
        return Decoded {
            text: without_marks(text),
            note: Some(format!("{broken} places are not {}", stated.name())),
            guessed: None,
        };
    }
    guessed(bytes, Some(stated), host)
}

/// Text by its byte order mark, or by the zeros of a wide encoding.
fn by_mark(bytes: &[u8]) -> Option<Cow<'_, str>> {
    match bytes {
        [0xff, 0xfe, 0, 0, rest @ ..] => Some(Cow::Owned(utf32(rest, u32::from_le_bytes))),
        [0, 0, 0xfe, 0xff, rest @ ..] => Some(Cow::Owned(utf32(rest, u32::from_be_bytes))),
        [b'<', 0, 0, 0, ..] => Some(Cow::Owned(utf32(bytes, u32::from_le_bytes))),
        [0, 0, 0, b'<', ..] => Some(Cow::Owned(utf32(bytes, u32::from_be_bytes))),
        [0xff, 0xfe, rest @ ..] => Some(UTF_16LE.decode_without_bom_handling(rest).0),
        [0xfe, 0xff, rest @ ..] => Some(UTF_16BE.decode_without_bom_handling(rest).0),
        [b'<' | b'{', 0, other, 0, ..] if *other != 0 => {
            Some(UTF_16LE.decode_without_bom_handling(bytes).0)
        }
        [0, b'<' | b'{', 0, other, ..] if *other != 0 => {
            Some(UTF_16BE.decode_without_bom_handling(bytes).0)
        }
        [0xef, 0xbb, 0xbf, rest @ ..] => Some(String::from_utf8_lossy(rest)),
        _ => None,
    }
}

fn utf32(bytes: &[u8], read: impl Fn([u8; 4]) -> u32) -> String {
    bytes
        .as_chunks::<4>()
        .0
        .iter()
        .map(|unit| char::from_u32(read(*unit)).unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

fn by_label<'a>(bytes: &'a [u8], encoding: &'static Encoding) -> Decoded<'a> {
    let (text, had_errors) = encoding.decode_without_bom_handling(bytes);
    let note = had_errors.then(|| format!("some bytes are not {}", encoding.name()));
    Decoded { text: without_marks(text), note, guessed: None }
}

/// Bytes that are valid UTF-8, and so perhaps are it.
fn valid_utf8<'a>(
    bytes: &'a [u8],
    text: &'a str,
    stated: Option<&'static Encoding>,
    host: Option<&str>,
) -> Decoded<'a> {
    let as_utf8 = |note| Decoded { text: without_marks(Cow::Borrowed(text)), note, guessed: None };
    if text.is_ascii() {
        // Only ISO-2022-JP hides other characters in ASCII, behind escapes.
        if memchr::memchr(0x1b, bytes).is_some() {
            match stated {
                Some(encoding) if encoding == encoding_rs::ISO_2022_JP => {
                    return by_label(bytes, encoding);
                }
                None => return guessed(bytes, None, host),
                Some(_) => {}
            }
        }
        return as_utf8(None);
    }
    match stated {
        Some(encoding) if encoding != UTF_8 && encoding != UTF_16LE && encoding != UTF_16BE => {
            // Two letters of a two-byte encoding can look like UTF-8; a sentence of them cannot.
            let few = text.chars().filter(|character| !character.is_ascii()).count() < 4;
            if few
                && !encoding.is_single_byte()
                && let Some(text) =
                    encoding.decode_without_bom_handling_and_without_replacement(bytes)
            {
                return Decoded { text: without_marks(text), note: None, guessed: None };
            }
            as_utf8(Some(differs(UTF_8, encoding)))
        }
        Some(_) | None => as_utf8(None),
    }
}

/// Bytes that nothing says are not UTF-8, and that are not quite: a few broken characters, or another encoding altogether.
fn mostly_utf8<'a>(
    bytes: &'a [u8],
    stated: Option<&'static Encoding>,
    host: Option<&str>,
) -> Decoded<'a> {
    let (mut good, mut bad) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|character| !character.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    if good <= bad {
        return guessed(bytes, stated, host);
    }
    Decoded {
        text: without_marks(String::from_utf8_lossy(bytes)),
        note: Some(format!("{bad} places are not UTF-8")),
        guessed: None,
    }
}

/// Text in the encoding that the bytes look like.
fn guessed<'a>(
    bytes: &'a [u8],
    stated: Option<&'static Encoding>,
    host: Option<&str>,
) -> Decoded<'a> {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(&bytes[..bytes.len().min(GUESS_BYTES)], true);
    let country = host.and_then(top_level);
    let encoding = detector.guess(country, Utf8Detection::Allow);
    let note = match stated {
        Some(stated) => differs(encoding, stated),
        None => format!("no encoding is stated that fits; read as {}", encoding.name()),
    };
    let text = encoding.decode_without_bom_handling(bytes).0;
    Decoded { text: without_marks(text), note: Some(note), guessed: Some(encoding.name()) }
}

/// The top-level domain of a host; `None` if it has none, as an address has not.
fn top_level(host: &str) -> Option<&[u8]> {
    let last = host.trim_end_matches('.').rsplit('.').next()?.as_bytes();
    // The detector takes nothing else.
    let fits = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
    (last.first().is_some_and(u8::is_ascii_lowercase) && last.iter().all(fits)).then_some(last)
}

fn differs(encoding: &'static Encoding, stated: &'static Encoding) -> String {
    format!("said to be {}, read as {}", stated.name(), encoding.name())
}

/// The encoding of that label (Encoding Standard §4.2), and of the names that Korean, Japanese and Chinese servers use besides. `None` if `bytes`
/// show that it cannot be.
fn labelled(label: &str, bytes: &[u8]) -> Option<&'static Encoding> {
    let label = label.trim_matches(|character: char| {
        character.is_ascii_whitespace() || matches!(character, '"' | '\'')
    });
    if label.is_empty() || label.len() > LABEL_BYTES {
        return None;
    }
    let encoding = Encoding::for_label_no_replacement(label.as_bytes()).or_else(|| match label
        .to_ascii_lowercase()
        .as_str()
    {
        "cp949" | "ms949" | "uhc" | "x-windows-949" | "euc_kr" | "ksc5601" | "ks_c_5601" => {
            Some(encoding_rs::EUC_KR)
        }
        "cp932" | "ms932" | "sjis" | "shift-jis" | "x-ms-cp932" => Some(encoding_rs::SHIFT_JIS),
        "eucjp" | "euc_jp" => Some(encoding_rs::EUC_JP),
        "cp936" | "ms936" | "euc-cn" => Some(encoding_rs::GBK),
        "cp950" | "ms950" | "big5_hkscs" => Some(encoding_rs::BIG5),
        "utf_8" | "utf-8-sig" => Some(UTF_8),
        _ => None,
    })?;
    if encoding == UTF_16LE || encoding == UTF_16BE {
        return wide(bytes);
    }
    (encoding != encoding_rs::X_USER_DEFINED).then_some(encoding)
}

/// Which UTF-16 bytes that are said to be it are: in markup every other byte is zero. `None` if they are none, as in a document of single bytes
/// that calls itself UTF-16.
fn wide(bytes: &[u8]) -> Option<&'static Encoding> {
    let start = &bytes[..bytes.len().min(DECLARATION_BYTES)];
    let zeros =
        |first: usize| start.iter().skip(first).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    match even.max(odd) * 8 > start.len() {
        true if even > odd => Some(UTF_16BE),
        true => Some(UTF_16LE),
        false => None,
    }
}

/// The `charset` parameter of a content type.
fn charset_parameter(content_type: &str) -> Option<&str> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then_some(value)
    })
}

/// The encoding that an XML declaration names.
fn declaration(bytes: &[u8]) -> Option<&str> {
    let start = &bytes[..bytes.len().min(DECLARATION_BYTES)];
    let from = memchr::memmem::find(start, b"<?xml")?;
    let end = from + memchr::memmem::find(&start[from..], b"?>").unwrap_or(start.len() - from);
    let text = &start[from..end];
    let value = &text[memchr::memmem::find(text, b"encoding")? + "encoding".len()..];
    let quote = value.iter().position(|byte| matches!(byte, b'"' | b'\''))?;
    let rest = &value[quote + 1..];
    let close = memchr::memchr(value[quote], rest)?;
    std::str::from_utf8(&rest[..close]).ok()
}

/// The text without byte order marks at its start: some documents have been given two.
fn without_marks(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_start_matches('\u{feff}')),
        Cow::Owned(text) if text.starts_with('\u{feff}') => {
            Cow::Owned(text.trim_start_matches('\u{feff}').to_owned())
        }
        Cow::Owned(text) => Cow::Owned(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], content_type: Option<&str>, want: &str) {
        assert_eq!(
            decode(bytes, content_type, None, None).text,
            want,
            "{bytes:?} {content_type:?}"
        );
    }

    fn declared(label: &str, bytes: &[u8]) -> Vec<u8> {
        [format!("<?xml version='1.0' encoding='{label}'?>").as_bytes(), bytes].concat()
    }

    #[test]
    fn labels_are_believed_in_their_order() {
        let euc_kr = encoding_rs::EUC_KR.encode("한일 정상회담").0;
        check(&euc_kr, Some("text/xml; charset=\"euc-kr\""), "한일 정상회담");
        check(&euc_kr, Some("text/xml; Charset=CP949"), "한일 정상회담");
        let document = declared("euc-kr", &euc_kr);
        assert!(
            decode(&document, Some("text/xml; charset=iso-8859-1"), None, None)
                .text
                .ends_with("정상회담")
        );
        assert!(decode(&document, Some("text/xml; charset=shift_jis"), None, None).text.len() > 20);
        assert_eq!(
            decode(&euc_kr, Some("text/xml; charset=utf-8"), Some("euc-kr"), None).text,
            "한일 정상회담"
        );
    }

    #[test]
    fn bytes_that_are_utf_8_are_utf_8() {
        check("정상회담".as_bytes(), Some("text/xml; charset=iso-8859-1"), "정상회담");
        check("é".as_bytes(), Some("text/xml; charset=iso-8859-1"), "é");
        check("정상회담".as_bytes(), Some("text/xml; charset=us-ascii"), "정상회담");
        // Cut off inside a character.
        check(&"정상".as_bytes()[..5], None, "정");
        // One broken character among many.
        check(b"\xec\xa0\x95\xec\x83\x81\xff", None, "정상\u{fffd}");
    }

    #[test]
    fn marks_beat_labels() {
        check(b"\xef\xbb\xbf\xef\xbb\xbfx", Some("text/xml; charset=euc-kr"), "x");
        check(b"\xff\xfex\0", Some("text/xml; charset=utf-8"), "x");
        check(b"\xfe\xff\0x\0", None, "x\u{fffd}");
        check(b"<\0a\0", None, "<a");
        check(b"\0\0\xfe\xff\0\0\0x", None, "x");
    }

    #[test]
    fn every_encoding_of_the_web_is_read_by_its_name() {
        let mut read = 0;
        for encoding in [
            encoding_rs::BIG5,
            encoding_rs::EUC_JP,
            encoding_rs::EUC_KR,
            encoding_rs::GB18030,
            encoding_rs::GBK,
            encoding_rs::IBM866,
            encoding_rs::ISO_2022_JP,
            encoding_rs::ISO_8859_2,
            encoding_rs::ISO_8859_3,
            encoding_rs::ISO_8859_4,
            encoding_rs::ISO_8859_5,
            encoding_rs::ISO_8859_6,
            encoding_rs::ISO_8859_7,
            encoding_rs::ISO_8859_8,
            encoding_rs::ISO_8859_8_I,
            encoding_rs::ISO_8859_10,
            encoding_rs::ISO_8859_13,
            encoding_rs::ISO_8859_14,
            encoding_rs::ISO_8859_15,
            encoding_rs::ISO_8859_16,
            encoding_rs::KOI8_R,
            encoding_rs::KOI8_U,
            encoding_rs::MACINTOSH,
            encoding_rs::SHIFT_JIS,
            encoding_rs::UTF_8,
            encoding_rs::WINDOWS_1250,
            encoding_rs::WINDOWS_1251,
            encoding_rs::WINDOWS_1252,
            encoding_rs::WINDOWS_1253,
            encoding_rs::WINDOWS_1254,
            encoding_rs::WINDOWS_1255,
            encoding_rs::WINDOWS_1256,
            encoding_rs::WINDOWS_1257,
            encoding_rs::WINDOWS_1258,
            encoding_rs::WINDOWS_874,
            encoding_rs::X_MAC_CYRILLIC,
        ] {
            let text = [
                "한국과 일본",
                "日本語の見出し",
                "中文标题",
                "Привет мир",
                "Γειά σου",
                "שלום",
                "مرحبا",
                "สวัสดี",
                "Příliš žluťoučký",
                "Déjà vu œuvre",
                "Ĝis ĉiam",
                "Łódź",
                "Ŵyneb",
                "Ēkā",
            ]
            .into_iter()
            .find(|text| !encoding.encode(text).2)
            .unwrap_or("plain");
            let bytes = encoding.encode(text).0;
            let content_type = format!("text/xml; charset={}", encoding.name());
            check(&bytes, Some(&content_type), text);
            let document = declared(encoding.name(), &bytes);
            let decoded = decode(&document, None, None, None).text;
            assert!(decoded.ends_with(text), "{}: {decoded}", encoding.name());
            read += usize::from(text != "plain");
        }
        assert_eq!(read, 36);
    }

    #[test]
    fn utf_16_is_believed_where_it_can_be() {
        let wide = |text: &str, unit: fn(u16) -> [u8; 2]| {
            text.encode_utf16().flat_map(unit).collect::<Vec<u8>>()
        };
        let text = "\n<?xml version='1.0' encoding='utf-16'?><rss>한국</rss>";
        check(&wide(text, u16::to_le_bytes), Some("text/xml; charset=utf-16"), text);
        // The label is of the other order.
        check(&wide(text, u16::to_be_bytes), Some("text/xml; charset=utf-16le"), text);
        let document = wide(text, u16::to_be_bytes);
        assert_eq!(decode(&document, None, Some("utf-16"), None).text, text);
    }

    #[test]
    fn the_country_of_the_host_helps_to_guess() {
        let of = |host: Option<&str>| {
            let bytes = encoding_rs::EUC_KR.encode("<rss>한일 정상</rss>").0;
            decode(&bytes, None, None, host).text.into_owned()
        };
        assert_eq!(of(Some("news.example.kr")), "<rss>한일 정상</rss>");
        for host in ["127.0.0.1", "[::1]", "EXAMPLE.KR", "xn--3e0b707e", "kr.", "-", ""] {
            assert!(of(Some(host)).starts_with("<rss>"), "{host}");
        }
    }

    #[test]
    fn labels_that_name_nothing_are_passed_over() {
        check(b"+ADw-", Some("text/xml; charset=utf-7"), "+ADw-");
        check(b"x", Some(&format!("text/xml; charset={}", "a".repeat(20_000))), "x");
        check(b"~{x~}", Some("text/xml; charset=hz-gb-2312"), "~{x~}");
        check(b"x", Some("text/xml; charset=utf-16"), "x");
        check(b"", None, "");
    }

    #[test]
    fn controls_of_latin_1_are_the_letters_of_windows_1252() {
        check("don\u{92}t \u{81}".as_bytes(), None, "don’t ");
    }
}
