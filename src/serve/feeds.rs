//! How a document on the shelf is sent: which form, whether at all (RFC 9110 §8.8, §12.5.3, §13).

use axum::body::Body;
use axum::http::header::{
    ACCEPT_ENCODING, ACCEPT_RANGES, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LINK, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;

use super::shelf::Shelved;
use super::weight::thousandths;
use crate::model::time::Timestamp;

/// The policy of all that is no page: a browser that takes it for one may load nothing for it.
pub(super) const NOTHING_ALLOWED: HeaderValue =
    HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// Who may read a document besides its own site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sharing {
    /// Scripts of any site: it is published to be read.
    Everyone,
    /// Its own site.
    OwnSite,
}

/// The form a document is sent in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Identity,
    Gzip,
    Brotli,
}

/// Answers a request for a document: 200, or 304 where the reader has it. The body is there for HEAD too; the server leaves it out and
/// keeps its length.
pub(super) fn answer(
    shelved: &Shelved,
    request: &HeaderMap,
    cache_control: &HeaderValue,
    sharing: Sharing,
) -> Response {
    let asked = preferred_coding(request, shelved);
    let (coding, fresh) = match matching_coding(request, shelved, asked) {
        // The 304 bears the tag of the form that the reader has, so that a cache finds which of its copies it confirms (RFC 9111 §4.3.4).
        Some(coding) => (coding, true),
        None => (asked, is_unmodified_since(request, shelved)),
    };
    let own = &shelved.headers;
    let (bytes, etag, encoding) = match coding {
        Coding::Identity => (Some(&shelved.artifact().bytes), &own.etag, None),
        Coding::Gzip => (shelved.gzip(), &own.etag_gzip, Some("gzip")),
        Coding::Brotli => (shelved.br(), &own.etag_br, Some("br")),
    };
    let bytes = bytes.cloned().unwrap_or_default();
    let mut headers = HeaderMap::with_capacity(16);
    // Of a 304 too, where it is that of the 200 (RFC 9110 §8.6): left to the server it would be 0.
    headers.insert(CONTENT_LENGTH, bytes.len().into());
    headers.insert(ETAG, etag.clone());
    headers.insert(CACHE_CONTROL, cache_control.clone());
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(link) = &own.link {
        headers.insert(LINK, link.clone());
    }
    if let Some(date) = &own.last_modified {
        headers.insert(LAST_MODIFIED, date.clone());
    }
    // Also of a 304: its headers replace those of the copy (RFC 9111 §3.2), and a page under another policy has no style.
    headers.insert(CONTENT_SECURITY_POLICY, own.policy.clone().unwrap_or(NOTHING_ALLOWED));
    share(&mut headers, sharing);
    let mut response = Response::new(Body::empty());
    if fresh {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        headers.insert(CONTENT_TYPE, own.media_type.clone());
        if let Some(encoding) = encoding {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        headers.insert(ACCEPT_RANGES, HeaderValue::from_static("none"));
        *response.body_mut() = Body::from(bytes);
    }
    *response.headers_mut() = headers;
    response
}

/// Lets scripts of other sites read what is published (Fetch §3.2).
pub(super) fn share(headers: &mut HeaderMap, sharing: Sharing) {
    match sharing {
        Sharing::OwnSite => {}
        Sharing::Everyone => {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("etag"));
        }
    }
}

/// Answers the question of a browser whether a script of another site may ask conditionally (Fetch §4.8).
pub(super) fn preflight() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    share(headers, Sharing::Everyone);
    let mut say = |name: HeaderName, value| headers.insert(name, HeaderValue::from_static(value));
    say(ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD");
    say(ACCESS_CONTROL_ALLOW_HEADERS, "if-none-match, if-modified-since");
    say(ACCESS_CONTROL_MAX_AGE, "86400");
    response
}

/// The form the reader likes best among those there are, the smaller where it has no preference (RFC 9110 §12.5.3).
fn preferred_coding(request: &HeaderMap, shelved: &Shelved) -> Coding {
    let wishes = Wishes::read(request);
    let mut best = (wishes.identity(), Coding::Identity);
    if shelved.gzip().is_some() && wishes.gzip() > 0 && wishes.gzip() >= best.0 {
        best = (wishes.gzip(), Coding::Gzip);
    }
    if shelved.br().is_some() && wishes.brotli() > 0 && wishes.brotli() >= best.0 {
        best = (wishes.brotli(), Coding::Brotli);
    }
    best.1
}

/// How much the reader likes each form, in thousandths; `None` where it does not say.
#[derive(Debug, Default)]
struct Wishes {
    identity: Option<u16>,
    gzip: Option<u16>,
    br: Option<u16>,
    any: Option<u16>,
}

impl Wishes {
    fn read(request: &HeaderMap) -> Wishes {
        let mut wishes = Wishes::default();
        let values = request.get_all(ACCEPT_ENCODING).iter();
        for wish in
            values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','))
        {
            let mut parts = wish.split(';').map(str::trim);
            let coding = parts.next().unwrap_or_default();
            let weight = parts
                .find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")))
                .map_or(Some(1000), thousandths);
            // A weight that cannot be read says nothing; the coding is not used.
            let weight = weight.unwrap_or(0);
            let slot = match coding {
                coding if coding.eq_ignore_ascii_case("br") => &mut wishes.br,
                coding if coding.eq_ignore_ascii_case("gzip") => &mut wishes.gzip,
                coding if coding.eq_ignore_ascii_case("x-gzip") => &mut wishes.gzip,
                coding if coding.eq_ignore_ascii_case("identity") => &mut wishes.identity,
                "*" => &mut wishes.any,
                _ => continue,
            };
            *slot = Some(weight);
        }
        wishes
    }

    fn gzip(&self) -> u16 {
        self.gzip.or(self.any).unwrap_or(0)
    }

    fn brotli(&self) -> u16 {
        self.br.or(self.any).unwrap_or(0)
    }

    /// Zero unless named: any coding the reader takes at all is preferred to none, and where it takes nothing that there is, the
    /// document as it is still serves it better than an error.
    fn identity(&self) -> u16 {
        self.identity.unwrap_or(0)
    }
}

/// The form whose tag the reader names in `If-None-Match` (RFC 9110 §13.1.2, weak comparison); `asked` for `*`.
fn matching_coding(request: &HeaderMap, shelved: &Shelved, asked: Coding) -> Option<Coding> {
    let own = &shelved.headers;
    let forms = [
        (Coding::Identity, &own.etag, true),
        (Coding::Gzip, &own.etag_gzip, shelved.gzip().is_some()),
        (Coding::Brotli, &own.etag_br, shelved.br().is_some()),
    ];
    let mut found = None;
    for value in request.get_all(IF_NONE_MATCH) {
        if value.as_bytes().trim_ascii() == b"*" {
            return Some(asked);
        }
        for tag in entity_tags(value.as_bytes()) {
            for (coding, own_tag, _) in forms.iter().filter(|(_, _, there)| *there) {
                // Of several copies the one that would be sent is confirmed.
                if tag == own_tag.as_bytes() && found != Some(asked) {
                    found = Some(*coding);
                }
            }
        }
    }
    found
}

/// The opaque tags of a list, quotes included, `W/` left out. A list that breaks off ends at the break.
fn entity_tags(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = list;
    std::iter::from_fn(move || {
        let skipped = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b',')).count();
        rest = &rest[skipped..];
        rest = rest.strip_prefix(b"W/").unwrap_or(rest);
        let inner = rest.strip_prefix(b"\"")?;
        let length = memchr::memchr(b'"', inner)? + 2;
        let (tag, after) = rest.split_at(length);
        rest = after;
        Some(tag)
    })
}

/// Whether the reader has the document by its date (RFC 9110 §13.1.3): only where it sends no tag, and a date that can be read.
fn is_unmodified_since(request: &HeaderMap, shelved: &Shelved) -> bool {
    if request.contains_key(IF_NONE_MATCH) {
        return false;
    }
    let since = request
        .get(IF_MODIFIED_SINCE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| httpdate::parse_http_date(value).ok())
        .and_then(|date| date.duration_since(std::time::UNIX_EPOCH).ok())
        .and_then(|since_epoch| i64::try_from(since_epoch.as_secs()).ok());
    let changed = shelved.artifact().last_modified.map(Timestamp::unix);
    matches!((since, changed), (Some(since), Some(changed)) if changed <= since)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::edition::Artifact;

    fn feed() -> Shelved {
        let text = "<item>Leaders meet in Gyeongju</item>".repeat(40);
        let at = Some(Timestamp::from_unix(1_761_804_300));
        let media_type = "application/rss+xml; charset=utf-8";
        Shelved::new(Artifact::new("a.rss".into(), media_type, text.into(), at))
    }

    fn ask(shelved: &Shelved, request: &[(HeaderName, &str)]) -> Response {
        let mut headers = HeaderMap::new();
        for (name, value) in request {
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        answer(shelved, &headers, &HeaderValue::from_static("max-age=60"), Sharing::Everyone)
    }

    #[test]
    fn the_form_follows_the_readers_wishes() {
        let shelved = feed();
        let check = |wishes: &[&str], want: Option<&str>| {
            let request: Vec<_> = wishes.iter().map(|wish| (ACCEPT_ENCODING, *wish)).collect();
            let response = ask(&shelved, &request);
            let have =
                response.headers().get(CONTENT_ENCODING).map(|value| value.to_str().unwrap());
            assert_eq!(have, want, "{wishes:?}");
            let tag = response.headers()[ETAG].to_str().unwrap();
            let suffix = want.map_or("\"".to_owned(), |coding| format!("-{coding}\""));
            assert!(tag.ends_with(&suffix), "{tag}");
            assert_eq!(response.headers()[VARY], "accept-encoding");
        };
        check(&[], None);
        check(&[""], None);
        check(&["gzip"], Some("gzip"));
        check(&["GZIP"], Some("gzip"));
        check(&["x-gzip"], Some("gzip"));
        check(&["gzip, deflate, br, zstd"], Some("br"));
        check(&["gzip", "br"], Some("br"));
        check(&["br;q=0.5, gzip;q=0.8"], Some("gzip"));
        check(&["br; q=0.5 , gzip ; q=0.5"], Some("br"));
        check(&["br;q=0, gzip"], Some("gzip"));
        check(&["gzip;q=0"], None);
        check(&["gzip;q=0.000"], None);
        check(&["gzip;q=0.001"], Some("gzip"));
        check(&["identity, gzip;q=0.5"], None);
        check(&["identity;q=0.5, gzip;q=0.5"], Some("gzip"));
        check(&["*"], Some("br"));
        check(&["*;q=0"], None);
        check(&["identity;q=0"], None);
        check(&["br;q=0, *"], Some("gzip"));
        check(&["deflate, zstd"], None);
        check(&["gzip;q=7"], None);
        check(&["gzip;q="], None);
        check(&["gzip;q=0.12345"], None);
        check(&["gzipped, brotli"], None);
    }

    #[test]
    fn a_reader_that_has_it_is_told_so() {
        let shelved = feed();
        let tag = shelved.artifact().etag.trim_matches('"').to_owned();
        let check = |request: &[(HeaderName, &str)], want: u16| {
            let response = ask(&shelved, request);
            assert_eq!(response.status().as_u16(), want, "{request:?}");
            assert!(response.headers().contains_key(ETAG));
            assert!(response.headers().contains_key(LAST_MODIFIED));
            assert!(response.headers().contains_key(CACHE_CONTROL));
            assert!(response.headers().contains_key(VARY));
            assert_eq!(response.headers().contains_key(CONTENT_TYPE), want == 200);
        };
        let none_match = |value: &str, want: u16| check(&[(IF_NONE_MATCH, value)], want);
        none_match(&format!("\"{tag}\""), 304);
        none_match(&format!("W/\"{tag}\""), 304);
        none_match(&format!("\"{tag}-gzip\""), 304);
        none_match(&format!("W/\"{tag}-br\""), 304);
        none_match(&format!("\"a,b\", W/\"c\" ,, \"{tag}\""), 304);
        none_match("*", 304);
        none_match(" * ", 304);
        none_match(&tag, 200);
        none_match("\"*\"", 200);
        none_match(&format!("\"x{tag}\""), 200);
        none_match(&format!("\"{tag}"), 200);
        none_match("", 200);
        none_match("\"other\"", 200);
        check(&[(IF_NONE_MATCH, "\"a\""), (IF_NONE_MATCH, &format!("\"{tag}\""))], 304);

        let since = |value: &str, want: u16| check(&[(IF_MODIFIED_SINCE, value)], want);
        since("Thu, 30 Oct 2025 06:05:00 GMT", 304);
        since("Thursday, 30-Oct-25 06:05:00 GMT", 304);
        since("Thu Oct 30 06:05:00 2025", 304);
        since("Fri, 31 Oct 2025 00:00:00 GMT", 304);
        since("Thu, 30 Oct 2025 06:04:59 GMT", 200);
        since("yesterday", 200);
        since("", 200);
        // A tag that does not match is the last word, whatever the date says.
        let date = "Fri, 31 Oct 2025 00:00:00 GMT";
        check(&[(IF_NONE_MATCH, "\"other\""), (IF_MODIFIED_SINCE, date)], 200);
        check(&[(IF_NONE_MATCH, &format!("\"{tag}\"")), (IF_MODIFIED_SINCE, "never")], 304);
    }

    #[test]
    fn a_confirmed_copy_keeps_its_own_tag() {
        let shelved = feed();
        let tag = shelved.artifact().etag.trim_matches('"').to_owned();
        let check = |have: &str, accept: &str, want: &str| {
            let response = ask(&shelved, &[(IF_NONE_MATCH, have), (ACCEPT_ENCODING, accept)]);
            assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
            assert_eq!(response.headers()[ETAG], want);
        };
        let (plain, gzip, br) =
            (format!("\"{tag}\""), format!("\"{tag}-gzip\""), format!("\"{tag}-br\""));
        check(&gzip, "br", &gzip);
        check(&plain, "gzip", &plain);
        check(&format!("{br}, {gzip}, {plain}"), "gzip", &gzip);
        check("*", "br", &br);
        check("*", "", &plain);
    }

    #[test]
    fn a_document_without_a_date_is_asked_for_by_tag_only() {
        let page = Shelved::new(Artifact::new(
            "a.html".into(),
            "text/html; charset=utf-8",
            b"x".to_vec(),
            None,
        ));
        let response = ask(&page, &[(IF_MODIFIED_SINCE, "Fri, 31 Oct 2025 00:00:00 GMT")]);
        assert_eq!(response.status(), StatusCode::OK);
        assert!(!response.headers().contains_key(LAST_MODIFIED));
    }
}
