//! Texts of the configuration → values. Each function says in words why a text is none.

use std::net::IpAddr;
use std::ops::Range;
use std::str::FromStr;
use std::time::Duration;

use chrono_tz::Tz;
use ipnet::IpNet;

use super::problem::nearest;
use crate::model::lang::Lang;

/// What is wrong with a text, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub help: String,
}

fn wrong<T>(what: impl Into<String>, help: impl Into<String>) -> Result<T, Wrong> {
    Err(Wrong { what: what.into(), help: help.into() })
}

/// A number and a unit: `90s`, `15m`, `72h`, `14d`, `500ms`.
pub fn duration(text: &str) -> Result<Duration, Wrong> {
    const HELP: &str = "write a whole number and a unit: `90s`, `15m`, `72h`, `14d`";
    let (number, unit) = number_and_unit(text);
    let millis = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        "" => return wrong("the unit is missing", HELP),
        _ => return wrong("this is not a duration", HELP),
    };
    let Ok(number) = number.parse::<u64>() else {
        return wrong("this is not a duration", HELP);
    };
    match number.checked_mul(millis) {
        Some(millis) => Ok(Duration::from_millis(millis)),
        None => wrong("this is longer than any clock runs", HELP),
    }
}

/// A number and a unit, in bytes: `16MiB`, `500kB`.
pub fn size(text: &str) -> Result<u64, Wrong> {
    const HELP: &str = "write a whole number and a unit: `512KiB`, `16MiB`, `1GiB`";
    let (number, unit) = number_and_unit(text);
    let bytes = match unit {
        "B" => 1,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "" => return wrong("the unit is missing", HELP),
        _ => return wrong("this is not a size", HELP),
    };
    match number.parse::<u64>().ok().and_then(|number| number.checked_mul(bytes)) {
        Some(bytes) => Ok(bytes),
        None => wrong("this is not a size", HELP),
    }
}

fn number_and_unit(text: &str) -> (&str, &str) {
    let text = text.trim();
    let end = text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    (number, unit.trim_start())
}

/// A zone of the IANA database: `Asia/Seoul`.
pub fn zone(text: &str) -> Result<Tz, Wrong> {
    let name = text.trim();
    if let Ok(zone) = Tz::from_str(name) {
        return Ok(zone);
    }
    let names = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
    let short = match name.to_ascii_uppercase().as_str() {
        "KST" => Some("Asia/Seoul"),
        "JST" => Some("Asia/Tokyo"),
        "BST" => Some("Europe/London"),
        "CEST" => Some("Europe/Berlin"),
        "EDT" => Some("America/New_York"),
        "PST" | "PDT" => Some("America/Los_Angeles"),
        _ => None,
    };
    let city = || {
        let city = name.replace(' ', "_");
        names.clone().find(|name| {
            name.rsplit_once('/').is_some_and(|(_, last)| last.eq_ignore_ascii_case(&city))
        })
    };
    let near = short.or_else(city).or_else(|| nearest(name, names.clone()));
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "write a name of the IANA database, such as `Asia/Seoul`, `Europe/London` or `UTC`"
            .to_owned(),
    };
    wrong(format!("there is no time zone `{}`", super::problem::shown(name)), help)
}

/// A network in CIDR notation, or a single address.
pub fn network(text: &str) -> Result<IpNet, Wrong> {
    let text = text.trim();
    text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).or_else(|_| {
        wrong(
            "this is not a network",
            "write an address and a length: `127.0.0.2/32`, `10.1.0.0/16`, `fd00::/8`",
        )
    })
}

/// The languages of ISO 639-1.
const LANGUAGES: &str = "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo es et eu \
    fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw \
    ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa \
    sc sd se sg sh si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu";

/// What people write for a language, and its code.
const LANGUAGE_NAMES: [(&str, &str); 24] = [
    ("english", "en"),
    ("eng", "en"),
    ("korean", "ko"),
    ("kor", "ko"),
    ("한국어", "ko"),
    ("japanese", "ja"),
    ("jpn", "ja"),
    ("jp", "ja"),
    ("日本語", "ja"),
    ("chinese", "zh"),
    ("cn", "zh"),
    ("中文", "zh"),
    ("french", "fr"),
    ("german", "de"),
    ("spanish", "es"),
    ("russian", "ru"),
    ("arabic", "ar"),
    ("italian", "it"),
    ("portuguese", "pt"),
    ("vietnamese", "vi"),
    ("indonesian", "id"),
    ("thai", "th"),
    ("ukrainian", "uk"),
    ("hindi", "hi"),
];

/// A language tag (BCP 47): `ko`, `en-GB`.
pub fn language(text: &str) -> Result<Lang, Wrong> {
    let lower = text.trim().to_lowercase();
    if let Some((_, code)) = LANGUAGE_NAMES.iter().find(|(name, _)| *name == lower) {
        return wrong(
            format!("`{lower}` is not the code of a language"),
            format!("did you mean `{code}`?"),
        );
    }
    let known = |lang: &Lang| match lang.primary().len() {
        2 => LANGUAGES.split(' ').any(|code| code == lang.primary()),
        length => length == 3,
    };
    match Lang::parse(text).filter(known) {
        Some(lang) => Ok(lang),
        None => wrong(
            format!("`{}` is not the code of a language", super::problem::shown(text)),
            "write a code of ISO 639, such as `en`, `ko` or `ja`, and a region if you like: `en-GB`",
        ),
    }
}

/// The bytes of a file that a part of a string's value stands in: `literal` is the whole TOML literal, quotes included, `part` bytes of its value.
pub fn within(file: &str, literal: &Range<usize>, part: &Range<usize>) -> Range<usize> {
    let raw = file.get(literal.clone()).unwrap_or_default();
    let quotes = ["\"\"\"", "'''", "\"", "'"];
    let Some(quote) = quotes.into_iter().find(|quote| raw.starts_with(quote)) else {
        return literal.clone();
    };
    let body_end = raw.len().saturating_sub(quote.len()).max(quote.len());
    let mut body_start = quote.len();
    if quote.len() == 3 {
        let rest = raw.get(body_start..).unwrap_or_default();
        body_start += rest.len() - rest.trim_start_matches('\r').len();
        body_start += usize::from(raw.get(body_start..).is_some_and(|rest| rest.starts_with('\n')));
    }
    let escapes = quote.starts_with('"');
    // The raw place of a byte of the value: escapes are longer than what they stand for.
    let place = |wanted: usize| {
        let (mut at, mut value_at) = (body_start, 0);
        while at < body_end {
            let Some(character) = raw.get(at..).and_then(|rest| rest.chars().next()) else { break };
            let rest = raw.get(at + 1..).unwrap_or_default();
            let escape = (character == '\\' && escapes).then(|| rest.bytes().next()).flatten();
            // The end of a line, and what white space follows, is nothing.
            if let Some(b' ' | b'\t' | b'\r' | b'\n') = escape {
                at += 1 + rest.len() - rest.trim_start().len();
                continue;
            }
            if value_at >= wanted {
                break;
            }
            let digits = match escape {
                Some(b'x') => 2,
                Some(b'u') => 4,
                Some(b'U') => 8,
                Some(_) => 0,
                None => {
                    at += character.len_utf8();
                    value_at += character.len_utf8();
                    continue;
                }
            };
            let code = rest.get(1..=digits).and_then(|code| u32::from_str_radix(code, 16).ok());
            value_at += code.and_then(char::from_u32).map_or(1, char::len_utf8);
            at += 2 + digits;
        }
        literal.start + at.min(body_end)
    };
    let start = place(part.start);
    start..place(part.end).max(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit() {
        let check = |text: &str, want: Option<u64>| {
            assert_eq!(
                duration(text).ok().map(|value| value.as_millis()),
                want.map(u128::from),
                "{text}"
            );
        };
        check("90s", Some(90_000));
        check("15m", Some(900_000));
        check("72h", Some(259_200_000));
        check("14d", Some(1_209_600_000));
        check("500ms", Some(500));
        check("0s", Some(0));
        check(" 5 m ", Some(300_000));
        for text in [
            "",
            "15",
            "m",
            "-1s",
            "1.5h",
            "1y",
            "99999999999999999999s",
            "18446744073709551615d",
            "１５m",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn sizes_have_a_unit() {
        let check = |text: &str, want: Option<u64>| assert_eq!(size(text).ok(), want, "{text}");
        check("16MiB", Some(16 * 1024 * 1024));
        check("500kB", Some(500_000));
        check("1 GiB", Some(1 << 30));
        for text in ["16", "16M", "-1MiB", "99999999999GiB", ""] {
            check(text, None);
        }
    }

    #[test]
    fn zones_and_languages_are_guessed() {
        let zone_help = |text: &str| zone(text).unwrap_err().help;
        assert_eq!(zone("Asia/Seoul"), Ok(Tz::Asia__Seoul));
        assert_eq!(zone_help("KST"), "did you mean `Asia/Seoul`?");
        assert_eq!(zone_help("seoul"), "did you mean `Asia/Seoul`?");
        assert_eq!(zone_help("Asia/Soul"), "did you mean `Asia/Seoul`?");
        assert_eq!(zone_help("New York"), "did you mean `America/New_York`?");
        let language_help = |text: &str| language(text).unwrap_err().help;
        assert_eq!(language("en_GB").unwrap().as_str(), "en-GB");
        assert_eq!(language_help("jp"), "did you mean `ja`?");
        assert_eq!(language_help("Korean"), "did you mean `ko`?");
        assert!(language("xx").is_err() && language("").is_err() && language("klingon").is_err());
    }

    #[test]
    fn networks_may_be_single_addresses() {
        assert_eq!(network("127.0.0.2").unwrap().to_string(), "127.0.0.2/32");
        assert_eq!(network("fd00::/8").unwrap().to_string(), "fd00::/8");
        assert!(network("127.0.0.0/33").is_err() && network("localhost").is_err());
    }

    #[test]
    fn parts_of_a_value_are_found_in_the_file() {
        let check = |literal: &str, value_part: Range<usize>, want: &str| {
            let file = format!("key = {literal}\n");
            let span = within(&file, &(6..6 + literal.len()), &value_part);
            assert_eq!(&file[span], want, "{literal}");
        };
        check("\"a OR b\"", 2..4, "OR");
        check("'a \"b\" c'", 2..5, "\"b\"");
        check("\"\\\"x\\\" AND y\"", 4..7, "AND");
        check("\"\\u97d3国 OR\"", 7..9, "OR");
        check("'''\nline OR\n'''", 5..7, "OR");
        check("\"\"\"a \\\n   OR b\"\"\"", 2..4, "OR");
        check("\"abc\"", 3..9, "");
    }
}
