//! URLs as published and as compared. No look-ups, no redirects.

use std::fmt;

/// An absolute `http` or `https` URL without credentials, in the form the URL Standard serialises it to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WebUrl(String);

/// The longest URL we keep, in bytes.
pub const URL_BYTES: usize = 8 * 1024;

impl WebUrl {
    /// Reads an absolute URL; `None` unless it is `http` or `https` with a host and not longer than [`URL_BYTES`].
    pub fn parse(text: &str) -> Option<WebUrl> {
        WebUrl::join(None, text)
    }

    /// Reads a URL that may be relative to `base` (RFC 3986 §5).
    pub fn join(base: Option<&url::Url>, text: &str) -> Option<WebUrl> {
        let text = text.trim();
        if is_serialised(text) {
            return Some(WebUrl(text.to_owned()));
        }
        // Escapes make a URL longer, never shorter: nothing much longer than what we keep is worth reading.
        if text.len() > 2 * URL_BYTES {
            return None;
        }
        WebUrl::from_url(match base {
            Some(base) => base.join(text).ok()?,
            None => url::Url::parse(text).ok()?,
        })
    }

    fn from_url(mut url: url::Url) -> Option<WebUrl> {
        if !matches!(url.scheme(), "http" | "https")
            || url.host_str().is_none_or(|host| host.bytes().all(|byte| byte == b'.'))
        {
            return None;
        }
        // Credentials in a link are the publisher's slip or a trick; they are never republished.
        if !url.username().is_empty() {
            url.set_username("").ok()?;
        }
        if url.password().is_some() {
            url.set_password(None).ok()?;
        }
        let mut text = String::from(url);
        // The URL Standard leaves quotes in a path, query or fragment; an attribute must not end at one.
        let is_quote = |byte: u8| matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'`');
        if text.bytes().any(is_quote) {
            let mut safe = String::with_capacity(text.len() + 8);
            for character in text.chars() {
                match u8::try_from(character) {
                    Ok(byte) if is_quote(byte) => {
                        safe.push_str(percent_encoding::percent_encode_byte(byte));
                    }
                    _ => safe.push(character),
                }
            }
            text = safe;
        }
        (text.len() <= URL_BYTES).then_some(WebUrl(text))
    }

    /// The URL without the parameters that only say where a reader came from; nothing else of it is changed.
    pub fn without_tracking(&self) -> WebUrl {
        let (rest, fragment) = match self.0.find('#') {
            Some(at) => self.0.split_at(at),
            None => (self.0.as_str(), ""),
        };
        let Some((page, query)) =
            rest.split_once('?').filter(|(_, query)| query.split('&').any(is_tracking))
        else {
            return self.clone();
        };
        let mut out = String::with_capacity(self.0.len());
        out.push_str(page);
        for (index, pair) in query.split('&').filter(|pair| !is_tracking(pair)).enumerate() {
            out.push(if index == 0 { '?' } else { '&' });
            out.push_str(pair);
        }
        out.push_str(fragment);
        WebUrl(out)
    }

    /// The URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host, in lower case.
    pub fn host(&self) -> &str {
        let rest = self.0.split_once("://").map_or("", |(_, rest)| rest);
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => authority,
        }
    }

    /// The form in which equal pages compare equal.
    pub fn canonical(&self) -> CanonicalUrl {
        CanonicalUrl::of(self)
    }
}

impl fmt::Display for WebUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether the URL Standard serialises a text to itself, by a rule that is sure of it: `http` or `https`, a host of lower-case
/// ASCII labels that is no IPv4 address and needs no IDNA, no port, a path without dot segments, and only characters that are left as they are.
///
/// Nearly all URLs of feeds are so, and need not be taken apart.
fn is_serialised(text: &str) -> bool {
    const HOST: u8 = 1;
    const REST: u8 = 2;
    const CLASSES: [u8; 256] = {
        let mut classes = [0; 256];
        let mut byte = 0_u8;
        while byte < 128 {
            if byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.') {
                classes[byte as usize] |= HOST;
            }
            if byte.is_ascii_alphanumeric()
                || matches!(
                    byte,
                    b'-' | b'.'
                        | b'_'
                        | b'~'
                        | b'!'
                        | b'$'
                        | b'&'
                        | b'('
                        | b')'
                        | b'*'
                        | b'+'
                        | b','
                        | b';'
                        | b'='
                        | b':'
                        | b'@'
                        | b'/'
                        | b'%'
                )
            {
                classes[byte as usize] |= REST;
            }
            byte += 1;
        }
        classes
    };
    let is = |byte: u8, class: u8| CLASSES[usize::from(byte)] & class != 0;
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else {
        return false;
    };
    let Some(slash) = memchr::memchr(b'/', rest.as_bytes()) else { return false };
    let (host, rest) = rest.split_at(slash);
    let last = host.rsplit('.').next().unwrap_or_default();
    if text.len() > URL_BYTES
        || !host.bytes().all(|byte| is(byte, HOST))
        || !last.starts_with(|first: char| first.is_ascii_lowercase())
        || host.contains("--")
        || host.starts_with(['.', '-'])
        || host.contains("..")
    {
        return false;
    }
    let mut before = b'/';
    let mut in_path = true;
    let mut in_fragment = false;
    for byte in rest.bytes() {
        match byte {
            b'?' => in_path = false,
            b'#' if !in_fragment => {
                in_path = false;
                in_fragment = true;
            }
            // A dot segment, or an escape that may be one.
            b'.' if in_path && before == b'/' => return false,
            b'2' if in_path && before == b'%' => return false,
            byte if !is(byte, REST) => return false,
            _ => {}
        }
        before = byte;
    }
    true
}

/// A link normalised so that equal pages compare equal: the syntax-based rules of RFC 3986 §6.2, and tracking parameters, the fragment,
/// closing slashes, a leading `www.` and the order of parameters left out. Its scheme is `https` where the page's was `http`: the two name
/// one page.
///
/// Taking the canonical form of a canonical URL gives it back.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CanonicalUrl(String);

impl CanonicalUrl {
    fn of(url: &WebUrl) -> CanonicalUrl {
        let text = url.as_str();
        let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
        let rest =
            text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(text);
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let mut out = String::with_capacity(url.as_str().len() + 1);
        out.push_str("https://");
        push_authority(&mut out, authority);
        out.push('/');
        push_normal_escapes(&mut out, path.trim_end_matches('/'));
        if !query.is_empty() {
            push_query(&mut out, query);
        }
        // Only a fragment that routes a page names another page ("#!/story/1").
        if let Some(route) = fragment.strip_prefix('!').filter(|route| !route.is_empty()) {
            out.push_str("#!");
            push_normal_escapes(&mut out, route);
        }
        CanonicalUrl(out)
    }

    /// The canonical form as a URL that can be asked for.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CanonicalUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Appends a host and its port without what does not tell pages apart.
fn push_authority(out: &mut String, authority: &str) {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, port),
        _ => (authority, ""),
    };
    // One dot says that the name is whole; of several none may go, lest what is left be read as an address ("a.3..").
    let mut host = host.strip_suffix('.').filter(|host| !host.ends_with('.')).unwrap_or(host);
    while let Some(rest) = host.strip_prefix("www.").filter(|rest| rest.contains('.')) {
        host = rest;
    }
    out.push_str(host);
    if !matches!(port, "" | "80" | "443") {
        out.push(':');
        out.push_str(port);
    }
}

/// Appends the parameters that tell pages apart, sorted by name.
fn push_query(out: &mut String, query: &str) {
    // The escapes come first: they decide about the name by which a pair is sorted and known.
    let mut normal = String::new();
    let query = if query.contains('%') {
        push_normal_escapes(&mut normal, query);
        normal.as_str()
    } else {
        query
    };
    let mut pairs: Vec<&str> =
        query.split('&').filter(|pair| !pair.is_empty() && !is_tracking(pair)).collect();
    // Stable: a repeated name keeps the order of its values.
    pairs.sort_by_key(|pair| pair.split('=').next());
    for (index, pair) in pairs.iter().enumerate() {
        out.push(if index == 0 { '?' } else { '&' });
        out.push_str(pair);
    }
}

/// Decodes escaped unreserved characters and writes other escapes in upper case (RFC 3986 §6.2.2.1, §6.2.2.2). A percent sign that escapes
/// nothing is escaped itself, lest it make an escape with what is decoded behind it.
fn push_normal_escapes(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let hex = |index: usize| {
            after.as_bytes().get(index).and_then(|byte| (*byte as char).to_digit(16))
        };
        let (Some(high), Some(low)) = (hex(0), hex(1)) else {
            out.push_str("%25");
            rest = after;
            continue;
        };
        let byte = u8::try_from(high * 16 + low).unwrap_or_default();
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(percent_encoding::percent_encode_byte(byte));
        }
        rest = &after[2..];
    }
    out.push_str(rest);
}

/// Whether a `name=value` pair only says where the reader came from.
fn is_tracking(pair: &str) -> bool {
    const PREFIXES: [&str; 6] = ["utm_", "mtm_", "pk_", "piwik_", "at_", "hsa_"];
    const NAMES: [&str; 38] = [
        "fbclid",
        "gclid",
        "gclsrc",
        "dclid",
        "msclkid",
        "yclid",
        "igshid",
        "igsh",
        "mc_cid",
        "mc_eid",
        "mkt_tok",
        "vero_id",
        "vero_conv",
        "_hsenc",
        "_hsmi",
        "oly_anon_id",
        "oly_enc_id",
        "twclid",
        "ttclid",
        "li_fat_id",
        "wickedid",
        "s_cid",
        "icid",
        "ncid",
        "cmpid",
        "ocid",
        "ns_mchannel",
        "ns_source",
        "ns_campaign",
        "ns_linkname",
        "ns_fee",
        "__twitter_impression",
        "spm",
        "feature_share",
        "xtor",
        "sr_share",
        "guccounter",
        "taid",
    ];
    // Names that mean many things, and nothing but this if their value says so (`ref=rss`).
    const REFERRERS: [&str; 11] =
        ["ref", "src", "from", "source", "partner", "emc", "smid", "cmp", "via", "mod", "rss"];
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    let starts = |text: &str, prefix: &str| {
        text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    PREFIXES.iter().any(|prefix| starts(name, prefix))
        || NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))
        || (["rss", "feed", "atom"].iter().any(|feed| starts(value, feed))
            && REFERRERS.iter().any(|known| known.eq_ignore_ascii_case(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_pages_compare_equal() {
        let check = |left: &str, right: &str| {
            let canonical = |text| WebUrl::parse(text).map(|url| url.canonical());
            assert_eq!(canonical(left), canonical(right), "{left} {right}");
            assert!(canonical(left).is_some());
        };
        check("http://www.Example.com:80/a/", "https://example.com/a");
        check("https://example.com/a?utm_source=rss&b=2&a=1", "https://example.com/a?a=1&b=2#top");
        check("https://example.com/%7euser/%e3%81%82", "https://example.com/~user/あ");
    }

    #[test]
    fn other_pages_do_not() {
        let canonical = |text| WebUrl::parse(text).unwrap().canonical();
        assert_ne!(canonical("https://example.com/?id=1"), canonical("https://example.com/?id=2"));
        assert_ne!(canonical("https://example.com/#!/a"), canonical("https://example.com/#!/b"));
        assert_ne!(canonical("https://example.com/a%2Fb"), canonical("https://example.com/a/b"));
    }

    #[test]
    fn canonical_twice_is_once() {
        for text in [
            "http://EXAMPLE.com/?b&a=%2f%41&a=1",
            "https://www.example.com:443//x//",
            "https://a.3..//x/",
            "https://example.com./x",
            "http://[::1]:8080/a#b",
        ] {
            let once = WebUrl::parse(text).unwrap().canonical();
            assert_eq!(WebUrl::parse(once.as_str()).unwrap().canonical(), once);
        }
    }

    #[test]
    fn only_the_web_is_linked() {
        for text in [
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "ftp://example.com/",
            "//example.com",
            "mailto:a@b.c",
        ] {
            assert_eq!(WebUrl::parse(text), None, "{text}");
        }
        assert_eq!(
            WebUrl::parse("https://user:pw@example.com/").unwrap().as_str(),
            "https://example.com/"
        );
        assert_eq!(
            WebUrl::parse("https://example.com/?q=\"'<").unwrap().as_str(),
            "https://example.com/?q=%22%27%3C"
        );
    }

    #[test]
    fn the_host_is_without_port() {
        assert_eq!(WebUrl::parse("http://[::1]:8080/a").unwrap().host(), "[::1]");
        assert_eq!(WebUrl::parse("http://Example.com:8080?x:1").unwrap().host(), "example.com");
    }

    #[test]
    fn odd_urls_come_out_plain_or_not_at_all() {
        let base = url::Url::parse("https://feed.example/a/b").unwrap();
        for (text, want) in [
            ("//proto.relative/x", Some("https://proto.relative/x")),
            ("/rooted", Some("https://feed.example/rooted")),
            ("../up/../../up", Some("https://feed.example/up")),
            ("?q=1", Some("https://feed.example/a/b?q=1")),
            ("http:\\\\evil\\x", Some("http://evil/x")),
            ("http://user:secret@h.example/", Some("http://h.example/")),
            ("http://[::ffff:127.0.0.1]/", Some("http://[::ffff:7f00:1]/")),
            ("http://0x7f.1/", Some("http://127.0.0.1/")),
            ("http://2130706433/", Some("http://127.0.0.1/")),
            (
                "http://h.example/%0d%0aSet-Cookie:x=1",
                Some("http://h.example/%0d%0aSet-Cookie:x=1"),
            ),
            ("http://h.example/a\r\nb", Some("http://h.example/ab")),
            ("http://h.example/\"onclick=pwn(31)", Some("http://h.example/%22onclick=pwn(31)")),
            ("http://h.example/<script>", Some("http://h.example/%3Cscript%3E")),
            ("http://h.example/a b|c", Some("http://h.example/a%20b|c")),
            ("http://h.example:99999/", None),
            ("http://\u{202e}gpj.example/", None),
            ("http://한국.example/뉴스", Some("http://xn--3e0b707e.example/%EB%89%B4%EC%8A%A4")),
            ("HTTPS://H.EXAMPLE:443/./x/../y", Some("https://h.example/y")),
            ("http://", None),
            ("https://h.example/%2e%2e/x", Some("https://h.example/x")),
            ("mailto:a@b?body=x", None),
            ("java\tscript:x", None),
        ] {
            let url = WebUrl::join(Some(&base), text);
            assert_eq!(url.as_ref().map(WebUrl::as_str), want, "{text:?}");
        }
        assert_eq!(WebUrl::parse(&format!("https://h.example/{}", "a".repeat(100_000))), None);
    }

    #[test]
    fn tracking_goes_and_the_rest_stays() {
        for (text, want) in [
            (
                "https://www.h.example/a/?utm_source=rss&id=1&UTM_medium=x#top",
                "https://www.h.example/a/?id=1#top",
            ),
            ("https://h.example/?ref=rss", "https://h.example/"),
            ("https://h.example/?ref=1234&from=feedburner", "https://h.example/?ref=1234"),
            ("https://h.example/?b=2&a=1", "https://h.example/?b=2&a=1"),
            ("https://h.example/?feed=rss2", "https://h.example/?feed=rss2"),
        ] {
            assert_eq!(WebUrl::parse(text).unwrap().without_tracking().as_str(), want);
        }
    }

    /// What a URL may be made of, in a random order.
    fn url_pieces() -> impl proptest::strategy::Strategy<Value = String> {
        use proptest::strategy::Strategy as _;
        let pieces = vec![
            "a",
            "b.c",
            "www.",
            "/",
            "//",
            "/.",
            "/..",
            "?",
            "&",
            "=",
            "#",
            "#!",
            "%",
            "%2e",
            "%2F",
            "%41",
            "%%32%65",
            "utm%5Fsource=x",
            "utm_a=1",
            ":80",
            ":443",
            ":8080",
            "@",
            "'",
            "\"",
            "<",
            " ",
            "\t",
            "한국",
            "İ",
            "é",
            "1",
            "0x7f",
            "-",
            "--",
            "xn--",
            "_",
            "~",
            "|",
            "\\",
            "index.html",
            ".",
            "[::1]",
            "ref=rss",
            "+",
            "\u{ad}",
            "`",
            "^",
            "{",
            "}",
        ];
        proptest::collection::vec(proptest::sample::select(pieces), 0..12)
            .prop_map(|pieces| pieces.concat())
    }

    proptest::proptest! {
        #[test]
        fn laws_hold(scheme in proptest::sample::select(vec!["http://", "https://", "https://h.example/", "http://www.h.example"]), rest in url_pieces()) {
            let text = format!("{scheme}{rest}");
            let Some(url) = WebUrl::parse(&text) else { return Ok(()) };
            // The short way and the whole way agree.
            if is_serialised(&text) {
                assert_eq!(url::Url::parse(&text).unwrap().as_str(), text);
            }
            assert_eq!(WebUrl::parse(url.as_str()).as_ref(), Some(&url), "{text:?} reads back");
            assert!(url.as_str().bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'`')), "{url}");
            assert!(!url.host().is_empty() && !url.host().contains('@'), "{url}");
            let once = url.canonical();
            let again = WebUrl::parse(once.as_str()).map(|url| url.canonical());
            assert_eq!(again.as_ref(), Some(&once), "canonical twice is once: {text:?}");
            let bare = url.without_tracking();
            assert_eq!(WebUrl::parse(bare.as_str()).as_ref(), Some(&bare), "{bare}");
            assert_eq!(bare.canonical(), once, "{bare}");
        }

        #[test]
        fn no_text_is_too_odd(text in "\\PC{0,60}") {
            if let Some(url) = WebUrl::parse(&text) {
                url.canonical();
            }
        }
    }
}
