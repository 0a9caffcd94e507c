//! Where redirects lead, and what may go along. Pure.

use reqwest::header::{HeaderMap, HeaderValue, LOCATION};
use url::Url;

use super::error::{FetchReason, URL_CHARACTERS, clean};

/// The longest `Location` we follow, in bytes.
const LONGEST_LOCATION: usize = 8 * 1024;
/// The URL without fragment and credentials: what is requested, shown and stored.
pub(super) fn bare(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_fragment(None);
    // Fails only for URLs without a host, which have none to lose.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url
}

/// Where a redirect leads, if it leads somewhere we go.
pub(super) fn target(from: &Url, headers: &HeaderMap) -> Result<Url, FetchReason> {
    let refused = |detail: String| FetchReason::Redirect { detail };
    let location = headers.get(LOCATION).map(HeaderValue::as_bytes).unwrap_or_default();
    let location = String::from_utf8_lossy(location);
    let location = location.trim();
    if location.is_empty() {
        return Err(refused("it redirects without saying where to".to_owned()));
    }
    if location.len() > LONGEST_LOCATION {
        return Err(refused("it redirects to an address of absurd length".to_owned()));
    }
    let to = from
        .join(location)
        .map_err(|error| refused(format!("it redirects to something that is no URL: {error}")))?;
    if !matches!(to.scheme(), "http" | "https") || !to.has_host() {
        return Err(refused(format!("it redirects to a \"{}:\" address", clean(to.scheme(), 40))));
    }
    let to = bare(&to);
    if to == *from {
        return Err(refused(format!(
            "it redirects to itself: {}",
            clean(to.as_str(), URL_CHARACTERS)
        )));
    }
    Ok(to)
}

/// Whether headers meant for `from` may go to `to`: the same host and port, or its secure side.
pub(super) fn may_see_secrets(from: &Url, to: &Url) -> bool {
    let same_port = from.port_or_known_default() == to.port_or_known_default();
    let secured = from.scheme() == "http"
        && to.scheme() == "https"
        && from.port_or_known_default() == Some(80)
        && to.port_or_known_default() == Some(443);
    from.host() == to.host() && ((from.scheme() == to.scheme() && same_port) || secured)
}

/// Whether redirects are permanent: only if every one of them is.
pub(super) struct Moved {
    all_permanent: bool,
    /// The end of the chain.
    to: Option<Url>,
}

impl Moved {
    /// Before the first redirect.
    pub(super) fn nowhere() -> Moved {
        Moved { all_permanent: true, to: None }
    }

    pub(super) fn add(&mut self, to: &Url, permanent: bool) {
        self.all_permanent &= permanent;
        self.to = Some(to.clone());
    }

    /// Where the chain led, if the source has moved there for good.
    pub(super) fn for_good(&self) -> Option<Url> {
        self.to.clone().filter(|_| self.all_permanent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn a_location_leads_to_the_web_or_nowhere() {
        let check = |location: &[u8], want: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(LOCATION, HeaderValue::from_bytes(location).unwrap());
            let got = target(&url("https://a.example/b/c?d"), &headers).ok();
            assert_eq!(got.as_ref().map(Url::as_str), want, "{}", location.escape_ascii());
        };
        check(b"/x", Some("https://a.example/x"));
        check(b" x#y ", Some("https://a.example/b/x"));
        check(b"//b.example", Some("https://b.example/"));
        check(b"http://me:pw@b.example/", Some("http://b.example/"));
        check("/뉴스".as_bytes(), Some("https://a.example/%EB%89%B4%EC%8A%A4"));
        check(b"/\xff", Some("https://a.example/%EF%BF%BD"));
        check(b"/%0d%0aX: 1", Some("https://a.example/%0d%0aX:%201"));
        for nowhere in [
            "",
            " ",
            "#",
            "file:///etc/passwd",
            "javascript:1",
            "data:,",
            "gopher://a.example/",
            "http://[::1",
            "https:",
            "http://",
        ] {
            check(nowhere.as_bytes(), None);
        }
        check(&[b'x'; LONGEST_LOCATION + 1], None);
        assert!(target(&url("https://a.example/"), &HeaderMap::new()).is_err());
    }

    #[test]
    fn secrets_stay_on_their_host() {
        let check = |from: &str, to: &str, want: bool| {
            assert_eq!(may_see_secrets(&url(from), &url(to)), want, "{from} {to}");
        };
        check("https://a.example/x", "https://a.example/y", true);
        check("https://a.example/", "https://A.example:443/", true);
        check("http://a.example/", "https://a.example/", true);
        check("https://a.example/", "http://a.example/", false);
        check("http://a.example:8080/", "https://a.example/", false);
        check("https://a.example/", "https://a.example:8443/", false);
        check("https://a.example/", "https://b.example/", false);
        check("https://a.example/", "https://sub.a.example/", false);
    }

    #[test]
    fn only_an_unbroken_chain_is_a_move() {
        let check = |hops: &[bool], want: bool| {
            let mut moved = Moved::nowhere();
            for (number, permanent) in hops.iter().enumerate() {
                moved.add(&url(&format!("https://{number}.example/")), *permanent);
            }
            let end = url(&format!("https://{}.example/", hops.len().saturating_sub(1)));
            assert_eq!(moved.for_good(), want.then_some(end), "{hops:?}");
        };
        check(&[], false);
        check(&[true], true);
        check(&[true, true, true], true);
        check(&[true, false], false);
        check(&[false, true], false);
        check(&[true, false, true], false);
    }
}
