//! What HTTP headers say about asking again: validators, freshness, Retry-After. Pure: headers and the time in, values out.

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime};
use reqwest::header::{
    AGE, CACHE_CONTROL, DATE, ETAG, EXPIRES, HeaderMap, HeaderName, HeaderValue, LAST_MODIFIED,
    RETRY_AFTER,
};

use crate::model::source::Validators;
use crate::model::time::Timestamp;

/// The longest a server can make us wait, by freshness or by Retry-After. A mistyped header must not silence a source for a year.
pub const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);
/// The longest entity tag we keep and send back, in bytes.
const LONGEST_ETAG: usize = 1024;
/// The longest modification date we keep and send back, in bytes.
const LONGEST_DATE: usize = 128;

/// How long the server lets us keep what it sent (RFC 9111 §4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Caching {
    /// For so long it need not be asked again, at most [`LONGEST_WAIT`]; `None` if the server does not say or says it is stale.
    pub fresh_for: Option<Duration>,
}

/// The validators of a response, byte for byte (RFC 9110 §8.8).
///
/// What would not be a legal header again is not kept: too long, with control characters, white space where no quotes hold it together.
/// Nor is a modification date in the future, because "not modified since then" would stay true for ever. Of several ETags the first counts.
pub fn validators(headers: &HeaderMap, now: Timestamp) -> Validators {
    let kept = |name: HeaderName, fits: fn(&[u8]) -> bool| {
        headers.get(name).map(HeaderValue::as_bytes).filter(|value| fits(value)).map(<[u8]>::to_vec)
    };
    let last_modified = kept(LAST_MODIFIED, is_date_like).filter(|date| {
        let at = std::str::from_utf8(date).ok().and_then(http_date);
        // A clock may be a little fast; more than an hour is a mistake.
        at.is_none_or(|at| at <= now + Duration::from_secs(60 * 60))
    });
    Validators { etag: kept(ETAG, is_entity_tag), last_modified }
}

/// The old validators with what a 304 brought replaced (RFC 9110 §15.4.5).
pub fn merged(old: &Validators, new: Validators) -> Validators {
    Validators {
        etag: new.etag.or_else(|| old.etag.clone()),
        last_modified: new.last_modified.or_else(|| old.last_modified.clone()),
    }
}

/// Whether it can be sent back as it came: `"…"`, `W/"…"`, or an unquoted word, as some servers send it.
fn is_entity_tag(tag: &[u8]) -> bool {
    let opaque = tag.strip_prefix(b"W/").unwrap_or(tag);
    let quoted = opaque.len() >= 2 && opaque.starts_with(b"\"") && opaque.ends_with(b"\"");
    !tag.is_empty()
        && tag.len() <= LONGEST_ETAG
        && tag.iter().all(|byte| !byte.is_ascii_control() && (quoted || *byte != b' '))
}

fn is_date_like(date: &[u8]) -> bool {
    !date.is_empty()
        && date.len() <= LONGEST_DATE
        && date.iter().all(|byte| !byte.is_ascii_control())
}

/// How long the response is fresh: `max-age` less `Age`, else `Expires` less `Date`; nothing where it must not be kept or is stale.
pub fn caching(headers: &HeaderMap, now: Timestamp) -> Caching {
    let mut max_age = None;
    for directive in headers
        .get_all(CACHE_CONTROL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
    {
        let (name, argument) = directive.split_once('=').unwrap_or((directive, ""));
        let name = name.trim();
        if name.eq_ignore_ascii_case("no-store") || name.eq_ignore_ascii_case("no-cache") {
            return Caching { fresh_for: None };
        }
        if name.eq_ignore_ascii_case("max-age") && max_age.is_none() {
            // A malformed number counts as stale (RFC 9111 §4.2.1).
            max_age = Some(delta_seconds(argument.trim().trim_matches('"')).unwrap_or_default());
        }
    }
    let lifetime = match max_age {
        Some(age) => Some(age),
        None => text(headers, EXPIRES)
            .and_then(http_date)
            .map(|expires| expires.since(text(headers, DATE).and_then(http_date).unwrap_or(now))),
    };
    let age = text(headers, AGE).and_then(delta_seconds).unwrap_or_default();
    let fresh_for = lifetime.map(|lifetime| lifetime.saturating_sub(age).min(LONGEST_WAIT));
    Caching { fresh_for: fresh_for.filter(|wait| !wait.is_zero()) }
}

/// How long `Retry-After` asks us to wait, in seconds or until a date (RFC 9110 §10.2.3), at most [`LONGEST_WAIT`]; `None` if it is absent,
/// not to be read, or past.
pub fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let value = text(headers, RETRY_AFTER)?;
    let wait = delta_seconds(value).or_else(|| {
        // By the server's own clock where it shows it: the date was made with that clock.
        let now = text(headers, DATE).and_then(http_date).unwrap_or(now);
        http_date(value).map(|at| at.since(now))
    })?;
    (!wait.is_zero()).then_some(wait.min(LONGEST_WAIT))
}

/// A date of HTTP in any of its three forms (RFC 9110 §5.6.7).
pub fn http_date(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.len() > LONGEST_DATE {
        return None;
    }
    // Without the day of the week, which says nothing and is often wrong.
    let date = text.split_once(", ").map_or(text, |(_, date)| date);
    DateTime::parse_from_rfc2822(date)
        .map(|at| at.timestamp())
        .or_else(|_| {
            NaiveDateTime::parse_from_str(text, "%A, %d-%b-%y %H:%M:%S GMT")
                .or_else(|_| NaiveDateTime::parse_from_str(text, "%a %b %e %H:%M:%S %Y"))
                .map(|at| at.and_utc().timestamp())
        })
        .ok()
        .map(Timestamp::from_unix)
}

/// Whole seconds; more than can be counted are very many (RFC 9111 §1.2.2).
fn delta_seconds(text: &str) -> Option<Duration> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| Duration::from_secs(text.parse().unwrap_or(u64::from(u32::MAX))))
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2025-10-30T06:05:00Z.
    fn now() -> Timestamp {
        Timestamp::from_unix(1_761_804_300)
    }

    fn headers(lines: &[(&'static str, &[u8])]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_bytes(value).unwrap());
        }
        headers
    }

    #[test]
    fn validators_are_kept_byte_for_byte_or_not_at_all() {
        let check = |tag: &[u8], kept: bool| {
            let got = validators(&headers(&[("etag", tag)]), now()).etag;
            assert_eq!(got.as_deref(), kept.then_some(tag), "{:?}", String::from_utf8_lossy(tag));
        };
        check(b"\"abc\"", true);
        check(b"W/\"abc\"", true);
        check(b"abc", true);
        check(b"\"a\"b\"c\"", true);
        check(b"\"a b\"", true);
        check("\"üÿ\"".as_bytes(), true);
        check(b"\"\xfc\xff\"", true);
        check(b"W/\"a\", W/\"b\"", true);
        check(b"\"x\"  X-Injected: 1", false);
        check(b"\"x\" \tX-Injected: \"1\"", false);
        check(b"", false);
        check(&[b'"'; 1_025], false);
        check(&[b'"'; 1_024], true);
    }

    #[test]
    fn the_first_of_two_tags_counts() {
        let got = validators(&headers(&[("etag", b"\"a\""), ("etag", b"\"b\"")]), now());
        assert_eq!(got.etag.as_deref(), Some(&b"\"a\""[..]));
    }

    #[test]
    fn a_date_that_would_freeze_the_source_is_not_kept() {
        let check = |date: &str, kept: bool| {
            let got = validators(&headers(&[("last-modified", date.as_bytes())]), now());
            assert_eq!(got.last_modified.is_some(), kept, "{date}");
        };
        check("Thu, 30 Oct 2025 06:05:00 GMT", true);
        check("Fri, 31 Dec 9999 23:59:59 GMT", false);
        check("Thu, 30 Oct 2025 06:35:00 GMT", true);
        check("Thu, 30 Oct 2025 08:05:00 GMT", false);
        check("'; DROP TABLE feeds; --", true);
    }

    #[test]
    fn a_304_replaces_what_it_brings() {
        let old =
            Validators { etag: Some(b"\"1\"".into()), last_modified: Some(b"yesterday".into()) };
        let new = Validators { etag: Some(b"\"2\"".into()), last_modified: None };
        assert_eq!(
            merged(&old, new),
            Validators { etag: Some(b"\"2\"".into()), last_modified: Some(b"yesterday".into()) }
        );
    }

    #[test]
    fn freshness_follows_the_headers_within_a_day() {
        let check = |lines: &[(&'static str, &str)], want: Option<u64>| {
            let lines: Vec<_> =
                lines.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
            let got = caching(&headers(&lines), now()).fresh_for;
            assert_eq!(got.map(|wait| wait.as_secs()), want, "{lines:?}");
        };
        check(&[], None);
        check(&[("cache-control", "public, max-age=600")], Some(600));
        check(&[("cache-control", "max-age=\"600\"")], Some(600));
        check(&[("cache-control", "max-age=600"), ("age", "100")], Some(500));
        check(&[("cache-control", "max-age=600"), ("age", "1000")], None);
        check(&[("cache-control", "max-age=600, no-cache")], None);
        check(&[("cache-control", "public"), ("cache-control", "Max-Age=60")], Some(60));
        check(&[("cache-control", "max-age=99999999999999999999")], Some(86_400));
        check(&[("cache-control", "max-age=-1, max-age=\"5"), ("expires", "0")], None);
        check(
            &[("cache-control", "max-age=5"), ("expires", "Fri, 31 Dec 9999 23:59:59 GMT")],
            Some(5),
        );
        check(&[("expires", "Thu, 30 Oct 2025 06:15:00 GMT")], Some(600));
        check(
            &[
                ("expires", "Thu, 30 Oct 2025 06:15:00 GMT"),
                ("date", "Thu, 30 Oct 2025 06:14:00 GMT"),
            ],
            Some(60),
        );
        check(&[("expires", "Fri, 31 Dec 9999 23:59:59 GMT")], Some(86_400));
        check(&[("expires", "0")], None);
    }

    #[test]
    fn waiting_is_bounded() {
        let check = |value: &str, want: Option<u64>| {
            let got = retry_after(&headers(&[("retry-after", value.as_bytes())]), now());
            assert_eq!(got.map(|wait| wait.as_secs()), want, "{value}");
        };
        check("90", Some(90));
        check("0", None);
        check("-5", None);
        check("99999999999", Some(86_400));
        check("99999999999999999999999999", Some(86_400));
        check("Thu, 30 Oct 2025 06:06:00 GMT", Some(60));
        check("Thu, 01 Jan 1970 00:00:00 GMT", None);
        check("soon", None);
        check("", None);
    }

    #[test]
    fn all_three_date_forms_are_read() {
        for text in [
            "Thu, 30 Oct 2025 06:05:00 GMT",
            "Thursday, 30-Oct-25 06:05:00 GMT",
            "Thu Oct 30 06:05:00 2025",
        ] {
            assert_eq!(http_date(text), Some(now()), "{text}");
        }
        assert_eq!(http_date("Mon, 30 Oct 2025 06:05:00 GMT"), Some(now()));
        assert_eq!(http_date("0"), None);
    }
}
