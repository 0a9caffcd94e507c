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
        WebUrl::from_url(url::Url::parse(text.trim()).ok()?)
    }

    /// Reads a URL that may be relative to `base` (RFC 3986 §5).
    pub fn join(base: Option<&url::Url>, text: &str) -> Option<WebUrl> {
        match base {
            Some(base) => WebUrl::from_url(base.join(text.trim()).ok()?),
            None => WebUrl::parse(text),
        }
    }

    fn from_url(mut url: url::Url) -> Option<WebUrl> {
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
            return None;
        }
        // Credentials in a link are the publisher's slip or a trick; they are never republished.
        url.set_username("").ok()?;
        url.set_password(None).ok()?;
        let text = String::from(url);
        if text.len() > URL_BYTES {
            return None;
        }
        // The URL Standard leaves quotes in a query or fragment; an attribute must not end at one.
        if text.bytes().any(|byte| matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'`')) {
            let mut safe = String::with_capacity(text.len() + 8);
            for character in text.chars() {
                match character {
                    '"' => safe.push_str("%22"),
                    '\'' => safe.push_str("%27"),
                    '<' => safe.push_str("%3C"),
                    '>' => safe.push_str("%3E"),
                    '`' => safe.push_str("%60"),
                    character => safe.push(character),
                }
            }
            return Some(WebUrl(safe));
        }
        Some(WebUrl(text))
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

/// A link normalised so that equal pages compare equal: the syntax-based rules of RFC 3986 §6.2, and tracking parameters, the fragment,
/// default files and the order of parameters left out. Its scheme is `https` where the page's was `http`: the two name one page.
///
/// Taking the canonical form of a canonical URL gives it back.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CanonicalUrl(String);

impl CanonicalUrl {
    fn of(url: &WebUrl) -> CanonicalUrl {
        let text = url.as_str();
        let (text, fragment) =
            text.split_once('#').map_or((text, ""), |(rest, fragment)| (rest, fragment));
        let rest =
            text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(text);
        let (rest, query) = rest.split_once('?').map_or((rest, ""), |(rest, query)| (rest, query));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let authority = authority
            .strip_suffix(":80")
            .or_else(|| authority.strip_suffix(":443"))
            .unwrap_or(authority);
        let mut out = String::with_capacity(url.as_str().len() + 1);
        out.push_str("https://");
        out.push_str(authority.strip_prefix("www.").unwrap_or(authority));
        out.push('/');
        let path = path.strip_suffix('/').unwrap_or(path);
        push_normal_escapes(&mut out, path);
        let mut pairs: Vec<&str> =
            query.split('&').filter(|pair| !pair.is_empty() && !is_tracking(pair)).collect();
        // Stable: a repeated name keeps the order of its values.
        pairs.sort_by_key(|pair| pair.split('=').next());
        for (index, pair) in pairs.iter().enumerate() {
            out.push(if index == 0 { '?' } else { '&' });
            push_normal_escapes(&mut out, pair);
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

/// Decodes escaped unreserved characters and writes other escapes in upper case (RFC 3986 §6.2.2.1, §6.2.2.2).
fn push_normal_escapes(out: &mut String, text: &str) {
    let bytes = text.as_bytes();
    let mut from = 0;
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'%', &bytes[at..]) {
        let percent = at + found;
        let hex = |byte: Option<&u8>| byte.and_then(|byte| (*byte as char).to_digit(16));
        let (Some(high), Some(low)) = (hex(bytes.get(percent + 1)), hex(bytes.get(percent + 2)))
        else {
            at = percent + 1;
            continue;
        };
        out.push_str(&text[from..percent]);
        let byte = u8::try_from(high * 16 + low).unwrap_or_default();
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(byte as char);
        } else {
            out.push('%');
            out.push_str(&text[percent + 1..percent + 3].to_ascii_uppercase());
        }
        at = percent + 3;
        from = at;
    }
    out.push_str(&text[from..]);
}

/// Whether a `name=value` pair only says where the reader came from.
fn is_tracking(pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or(pair);
    let name = name.to_ascii_lowercase();
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
    PREFIXES.iter().any(|prefix| name.starts_with(prefix)) || NAMES.contains(&name.as_str())
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
}
