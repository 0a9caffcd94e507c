//! Who may see what is private, and change it: whoever sits at this machine, or knows the token.
//!
//! A request comes from this machine if its connection does, its `Host` names this machine, and no proxy says that it only passes it on. A token comes
//! as `Authorization: Bearer …`, in a cookie, or once as `?token=…`, which is answered with the cookie and the address without it, so that no
//! history, log or bookmark keeps it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, COOKIE, FORWARDED, HOST, ORIGIN, VIA};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest, Sha256};
use tokio::time::Instant;
use url::form_urlencoded;

use crate::model::source::Secret;

/// The name of the cookie that stands for a token.
const COOKIE_NAME: &str = "tidings-admin";
/// How long a browser remembers, in seconds: thirty days.
const COOKIE_SECONDS: u32 = 30 * 86_400;
/// The parameter that brings a token.
const PARAMETER: &str = "token";
/// So many wrong secrets of one visitor within [`WINDOW`]; then none of theirs is looked at until it is over.
const FAILURES: u32 = 10;
const WINDOW: Duration = Duration::from_secs(60);
/// So many visitors with wrong secrets are remembered.
const VISITORS: usize = 4_096;

/// The other end of a connection, put to each request by the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Peer(pub(super) IpAddr);

/// What a request may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Access {
    /// What is private too.
    Private,
    /// What is public.
    Public,
    /// What is private, once it has gone to this address with this cookie.
    Entering {
        /// The same address without the token, relative to it.
        location: HeaderValue,
        /// `Set-Cookie`.
        cookie: HeaderValue,
    },
    /// Nothing for now: there were too many wrong secrets.
    TooMany,
}

/// How a form may be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum MayPost {
    /// As it is: a program brought the token of the configuration in a header, which no browser adds by itself.
    ByHeader,
    /// With this token of the page that it stands on.
    WithToken(String),
}

/// Why a form is not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Whoever sends it may not see what is private.
    NotPrivate,
    /// There were too many wrong secrets.
    TooMany,
    /// A page of another site sends it.
    AnotherSite,
}

/// Remembers wrong secrets, and makes the tokens of forms.
#[derive(Debug)]
pub(super) struct Guard {
    failures: Mutex<HashMap<IpAddr, Failures>>,
    /// What tokens of forms are made with, new with each start; without one no form is accepted but by header.
    key: Option<[u8; 32]>,
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    since: Instant,
    count: u32,
}

impl Guard {
    /// A guard that remembers nothing yet.
    pub(super) fn new() -> Guard {
        let mut key = [0; 32];
        let made = getrandom::fill(&mut key);
        if let Err(error) = &made {
            tracing::error!("the system gives no random bytes, so forms are refused: {error}");
        }
        Guard { failures: Mutex::default(), key: made.is_ok().then_some(key) }
    }

    /// What a request may see, where this is the token of the configuration in force.
    pub(super) fn access(&self, request: &Request, token: Option<&Secret>) -> Access {
        let headers = request.headers();
        let given = token_of(request);
        let Some(token) = token.filter(|token| !token.reveal().is_empty()) else {
            return access_of(is_from_this_machine(request));
        };
        let Some(given) = given else {
            return match cookie_of(headers) {
                Some(cookie) if same(&cookie, &cookie_value(token)) => Access::Private,
                // A cookie of a former token is no attempt: browsers send it for weeks.
                Some(_) | None => access_of(is_from_this_machine(request)),
            };
        };
        if !self.opens(request, &given.text, token) {
            return if self.is_barred(visitor(request)) {
                Access::TooMany
            } else {
                access_of(is_from_this_machine(request))
            };
        }
        match given.by {
            By::Header => Access::Private,
            By::Address => entering(request, token),
        }
    }

    /// Whether a form may be looked at, and what it must carry.
    pub(super) fn may_post(
        &self,
        request: &Request,
        token: Option<&Secret>,
    ) -> Result<MayPost, Refusal> {
        match self.access(request, token) {
            Access::Private => {}
            // A secret in the address of a form would be in histories and logs.
            Access::Public | Access::Entering { .. } => return Err(Refusal::NotPrivate),
            Access::TooMany => return Err(Refusal::TooMany),
        }
        if !is_by_this_site(request) {
            return Err(Refusal::AnotherSite);
        }
        let token = token.filter(|token| !token.reveal().is_empty());
        let by_header = match (token, bearer_of(request.headers())) {
            (Some(token), Some(given)) => same(&given, token.reveal()),
            (Some(_), None) | (None, _) => false,
        };
        match self.form_token(request) {
            _ if by_header => Ok(MayPost::ByHeader),
            Some(expected) => Ok(MayPost::WithToken(expected)),
            None => Err(Refusal::NotPrivate),
        }
    }

    /// What the forms of a page carry that is made for this visitor, who may see what is private. It is bound to the visitor's cookie: one that was
    /// read off another visitor's page is of no use.
    pub(super) fn form_token(&self, request: &Request) -> Option<String> {
        let key = self.key.as_ref()?;
        let session = cookie_of(request.headers()).unwrap_or_default();
        let inner = Sha256::new().chain_update(key).chain_update(b"form\0").chain_update(session);
        let outer = Sha256::new().chain_update(key).chain_update(inner.finalize());
        Some(hexadecimal(&outer.finalize()))
    }

    /// Whether this is the secret; a wrong one is remembered, and after too many of them none opens anything for a while.
    pub(super) fn opens(&self, request: &Request, given: &str, secret: &Secret) -> bool {
        let visitor = visitor(request);
        if self.is_barred(visitor) {
            return false;
        }
        let right = !secret.reveal().is_empty() && same(given, secret.reveal());
        if !right {
            self.remember(visitor);
        }
        right
    }

    fn is_barred(&self, visitor: Option<IpAddr>) -> bool {
        let Some(visitor) = visitor else { return false };
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures
            .get(&visitor)
            .is_some_and(|known| known.count >= FAILURES && known.since.elapsed() < WINDOW)
    }

    fn remember(&self, visitor: Option<IpAddr>) {
        let Some(visitor) = visitor else { return };
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= VISITORS && !failures.contains_key(&visitor) {
            failures.retain(|_, known| known.since.elapsed() < WINDOW);
            // Whoever has so many addresses is not kept out by remembering them; the secret does that.
            if failures.len() >= VISITORS {
                failures.clear();
            }
        }
        let now = Instant::now();
        let known = failures.entry(visitor).or_insert(Failures { since: now, count: 0 });
        if known.since.elapsed() >= WINDOW {
            *known = Failures { since: now, count: 0 };
        }
        known.count += 1;
    }
}

fn access_of(private: bool) -> Access {
    if private { Access::Private } else { Access::Public }
}

/// Who asks, as far as limits go: a whole IPv6 network counts as one (RFC 6177: a site gets a /64 at least).
fn visitor(request: &Request) -> Option<IpAddr> {
    let peer = request.extensions().get::<Peer>()?.0.to_canonical();
    Some(match peer {
        IpAddr::V4(_) => peer,
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
    })
}

/// Whether two texts are equal, in a time that does not tell how much of them is.
pub(super) fn same(one: &str, other: &str) -> bool {
    let (one, other) = (Sha256::digest(one), Sha256::digest(other));
    one.iter().zip(other.iter()).fold(0, |unlike, (one, other)| unlike | (one ^ other)) == 0
}

/// Whether a request comes from this machine and from nobody who passes it on.
fn is_from_this_machine(request: &Request) -> bool {
    /// What proxies add.
    const PASSED_ON: [HeaderName; 8] = [
        FORWARDED,
        VIA,
        HeaderName::from_static("x-forwarded-for"),
        HeaderName::from_static("x-forwarded-host"),
        HeaderName::from_static("x-forwarded-proto"),
        HeaderName::from_static("x-real-ip"),
        HeaderName::from_static("x-client-ip"),
        HeaderName::from_static("cf-connecting-ip"),
    ];
    let headers = request.headers();
    let near =
        request.extensions().get::<Peer>().is_some_and(|Peer(ip)| ip.to_canonical().is_loopback());
    near && !PASSED_ON.iter().any(|name| headers.contains_key(name))
        && names_this_machine(headers)
        && !is_by_another_site(headers)
}

/// Whether `Host` is a name of this machine for itself: a page of another name that resolves to it (DNS rebinding) has that name there.
fn names_this_machine(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(HOST).and_then(|host| host.to_str().ok()) else { return false };
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

/// Whether a page of another site makes the browser ask without the reader going there (Fetch Metadata §2).
fn is_by_another_site(headers: &HeaderMap) -> bool {
    let says = |name: &str, value: &str| headers.get(name).is_some_and(|found| found == value);
    says("sec-fetch-site", "cross-site") && !says("sec-fetch-mode", "navigate")
}

/// Whether a form was sent by a page of this site, or by no page. A browser says so itself (Fetch Metadata §2.3), or names the site of the page,
/// which then is ours if it is the one that was asked for.
fn is_by_this_site(request: &Request) -> bool {
    let headers = request.headers();
    let text =
        |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if let Some(site) = text(&HeaderName::from_static("sec-fetch-site")) {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(&ORIGIN) else { return true };
    let Some((_, authority)) = origin.split_once("://") else { return false };
    // Behind a proxy that speaks TLS the scheme differs, and so may the name that the proxy asks by; no page can add either of these headers.
    let asked = [text(&HOST), text(&HeaderName::from_static("x-forwarded-host"))];
    asked.into_iter().flatten().any(|host| host.eq_ignore_ascii_case(authority))
}

/// A token and how it came.
struct Given {
    text: String,
    by: By,
}

enum By {
    Header,
    Address,
}

fn token_of(request: &Request) -> Option<Given> {
    if let Some(token) = bearer_of(request.headers()) {
        return Some(Given { text: token, by: By::Header });
    }
    parameter(request, PARAMETER).map(|text| Given { text, by: By::Address })
}

/// The token of an `Authorization: Bearer` header.
fn bearer_of(headers: &HeaderMap) -> Option<String> {
    let header = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

/// The value of a parameter of the address.
pub(super) fn parameter(request: &Request, name: &str) -> Option<String> {
    let query = request.uri().query()?;
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn cookie_of(headers: &HeaderMap) -> Option<String> {
    let values = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE_NAME)
        .map(|(_, value)| value.to_owned())
}

/// What a cookie says in the place of a token: whoever reads it in a browser has not read the token, and another token makes it void.
fn cookie_value(token: &Secret) -> String {
    let mut hash = Sha256::new();
    hash.update(b"tidings admin cookie\0");
    hash.update(token.reveal());
    hexadecimal(&hash.finalize())
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn entering(request: &Request, token: &Secret) -> Access {
    let last = request.uri().path().rsplit('/').next().unwrap_or_default();
    let query = request.uri().query().unwrap_or_default();
    let others = form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key != PARAMETER);
    let rest = form_urlencoded::Serializer::new(String::new()).extend_pairs(others).finish();
    let location = if rest.is_empty() { format!("./{last}") } else { format!("./{last}?{rest}") };
    let by_tls = request.headers().get("x-forwarded-proto").is_some_and(|scheme| scheme == "https");
    let secure = if by_tls { "; Secure" } else { "" };
    let cookie = format!(
        "{COOKIE_NAME}={}; Path=/; Max-Age={COOKIE_SECONDS}; HttpOnly; SameSite=Lax{secure}",
        cookie_value(token)
    );
    match (HeaderValue::try_from(location), HeaderValue::try_from(cookie)) {
        (Ok(location), Ok(cookie)) => Access::Entering { location, cookie },
        // An address that cannot be written in a header was none that a browser sent.
        _ => Access::Private,
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    const TOKEN: &str = "correct horse battery";

    fn request(address: &str, peer: &str, headers: &[(&str, &str)]) -> Request {
        let mut request = Request::builder().uri(address);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::empty()).unwrap();
        request.extensions_mut().insert(Peer(peer.parse().unwrap()));
        request
    }

    fn access(address: &str, peer: &str, headers: &[(&str, &str)], token: Option<&str>) -> Access {
        let token = token.map(|token| Secret::new(token.to_owned()));
        Guard::new().access(&request(address, peer, headers), token.as_ref())
    }

    #[test]
    fn this_machine_is_let_in_and_what_it_passes_on_is_not() {
        let check = |peer: &str, headers: &[(&str, &str)], want: Access| {
            for token in [None, Some(TOKEN), Some("")] {
                assert_eq!(access("/rejects", peer, headers, token), want, "{peer} {headers:?}");
            }
        };
        check("127.0.0.1", &[("host", "127.0.0.1:8484")], Access::Private);
        check("127.0.0.9", &[("host", "localhost")], Access::Private);
        check("::1", &[("host", "[::1]:8484")], Access::Private);
        check("::ffff:127.0.0.1", &[("host", "LOCALHOST:1")], Access::Private);
        check("127.0.0.1", &[], Access::Public);
        check("127.0.0.1", &[("host", "news.example.org")], Access::Public);
        check("127.0.0.1", &[("host", "localhost.evil.example")], Access::Public);
        check("192.0.2.1", &[("host", "localhost")], Access::Public);
        check(
            "192.0.2.1",
            &[("host", "localhost"), ("x-forwarded-for", "127.0.0.1")],
            Access::Public,
        );
        for name in ["x-forwarded-for", "forwarded", "via", "x-real-ip", "x-forwarded-host"] {
            check("127.0.0.1", &[("host", "localhost"), (name, "x")], Access::Public);
        }
        let embedded = [
            ("host", "localhost"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "no-cors"),
        ];
        check("127.0.0.1", &embedded, Access::Public);
        let followed = [
            ("host", "localhost"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
        ];
        check("127.0.0.1", &followed, Access::Private);
    }

    #[test]
    fn a_token_opens_from_anywhere() {
        let check = |headers: &[(&str, &str)], token: Option<&str>, want: Access| {
            assert_eq!(access("/rejects", "192.0.2.1", headers, token), want, "{headers:?}");
        };
        let bearer = format!("Bearer {TOKEN}");
        check(&[("authorization", &bearer)], Some(TOKEN), Access::Private);
        check(&[("authorization", "bearer  correct horse battery ")], Some(TOKEN), Access::Private);
        check(&[("authorization", "Bearer wrong")], Some(TOKEN), Access::Public);
        check(&[("authorization", &bearer)], None, Access::Public);
        check(&[("authorization", "Bearer ")], Some(""), Access::Public);
        let cookie = format!("a=b; {COOKIE_NAME}={}", cookie_value(&Secret::new(TOKEN.into())));
        check(&[("cookie", &cookie)], Some(TOKEN), Access::Private);
        check(&[("cookie", &cookie)], Some("another"), Access::Public);
        check(&[("cookie", &format!("{COOKIE_NAME}={TOKEN}"))], Some(TOKEN), Access::Public);
    }

    #[test]
    fn a_token_in_the_address_becomes_a_cookie() {
        let address = "/topics/x?rule=a+b&token=correct+horse+battery";
        let Access::Entering { location, cookie } = access(address, "192.0.2.1", &[], Some(TOKEN))
        else {
            panic!("not let in")
        };
        assert_eq!(location, "./x?rule=a+b");
        let cookie = cookie.to_str().unwrap();
        assert!(cookie.contains("; HttpOnly; SameSite=Lax") && !cookie.contains(TOKEN), "{cookie}");
        assert!(!cookie.contains("Secure"));
        let pair = cookie.split(';').next().unwrap();
        let let_in = access("/topics/x", "192.0.2.1", &[("cookie", pair)], Some(TOKEN));
        assert_eq!(let_in, Access::Private);
        let tls = [("x-forwarded-proto", "https")];
        let by_tls = access("/rejects?token=correct+horse+battery", "192.0.2.1", &tls, Some(TOKEN));
        assert!(
            matches!(by_tls, Access::Entering { cookie, .. } if cookie.to_str().unwrap().contains("Secure"))
        );
    }

    #[tokio::test(start_paused = true)]
    async fn guessing_is_slow() {
        let guard = Guard::new();
        let token = Secret::new(TOKEN.to_owned());
        let ask = |peer: &str, given: &str| {
            let bearer = format!("Bearer {given}");
            guard.access(&request("/rejects", peer, &[("authorization", &bearer)]), Some(&token))
        };
        for _ in 0..FAILURES - 1 {
            assert_eq!(ask("192.0.2.1", "wrong"), Access::Public);
        }
        assert_eq!(ask("192.0.2.1", TOKEN), Access::Private);
        assert_eq!(ask("192.0.2.1", "wrong"), Access::TooMany);
        assert_eq!(ask("192.0.2.1", TOKEN), Access::TooMany);
        assert_eq!(ask("192.0.2.2", TOKEN), Access::Private);
        // Whoever brings no token is a reader like any other.
        let plain = request("/rejects", "192.0.2.1", &[]);
        assert_eq!(guard.access(&plain, Some(&token)), Access::Public);
        tokio::time::advance(WINDOW).await;
        assert_eq!(ask("192.0.2.1", TOKEN), Access::Private);
        assert_eq!(ask("192.0.2.1", "wrong"), Access::Public);
        for network in 0..VISITORS as u32 * 2 {
            let ip = format!("2001:db8:{:x}:{:x}::1", network >> 16, network & 0xffff);
            assert_eq!(ask(&ip, "wrong"), Access::Public);
        }
        assert!(guard.failures.lock().unwrap().len() <= VISITORS);
    }

    fn may_post(
        guard: &Guard,
        peer: &str,
        headers: &[(&str, &str)],
        token: Option<&str>,
    ) -> Result<MayPost, Refusal> {
        let token = token.map(|token| Secret::new(token.to_owned()));
        guard.may_post(&request("/story/x/hide", peer, headers), token.as_ref())
    }

    #[test]
    fn a_form_is_taken_from_this_sites_pages_only() {
        let guard = Guard::new();
        let check = |headers: &[(&str, &str)], want: Option<Refusal>| {
            let mut headers = headers.to_vec();
            headers.insert(0, ("host", "localhost:8484"));
            let have = may_post(&guard, "127.0.0.1", &headers, None);
            assert_eq!(have.err(), want, "{headers:?}");
        };
        check(&[], None);
        check(&[("sec-fetch-site", "same-origin"), ("origin", "null")], None);
        check(&[("sec-fetch-site", "none")], None);
        check(&[("origin", "http://localhost:8484")], None);
        check(&[("origin", "https://LOCALHOST:8484")], None);
        for site in ["same-site", ""] {
            check(&[("sec-fetch-site", site)], Some(Refusal::AnotherSite));
        }
        // Followed from another site: a browser may go there, but no form may come from there.
        let followed = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
        check(&followed, Some(Refusal::AnotherSite));
        for origin in
            ["null", "", "http://localhost:9999", "http://localhost", "https://evil.example"]
        {
            check(&[("origin", origin)], Some(Refusal::AnotherSite));
        }
        let rebound = [("host", "evil.example:8484"), ("origin", "http://evil.example:8484")];
        assert_eq!(may_post(&guard, "127.0.0.1", &rebound, None), Err(Refusal::NotPrivate));
        let passed_on = [("host", "localhost"), ("x-forwarded-for", "198.51.100.7")];
        assert_eq!(may_post(&guard, "127.0.0.1", &passed_on, None), Err(Refusal::NotPrivate));
    }

    #[test]
    fn the_token_of_a_form_is_of_one_visitor() {
        let (guard, other) = (Guard::new(), Guard::new());
        let form_token = |guard: &Guard, headers: &[(&str, &str)]| match may_post(
            guard,
            "127.0.0.1",
            &[&[("host", "localhost")], headers].concat(),
            Some(TOKEN),
        ) {
            Ok(MayPost::WithToken(token)) => token,
            other => panic!("{other:?}"),
        };
        let cookie = format!("{COOKIE_NAME}={}", cookie_value(&Secret::new(TOKEN.into())));
        let here = form_token(&guard, &[]);
        assert_eq!(here.len(), 64);
        assert_eq!(here, form_token(&guard, &[]));
        assert_ne!(here, form_token(&guard, &[("cookie", &cookie)]));
        assert_ne!(here, form_token(&other, &[]));
    }

    #[test]
    fn a_program_needs_no_token_of_a_page() {
        let guard = Guard::new();
        let post = |headers: &[(&str, &str)], token| may_post(&guard, "192.0.2.1", headers, token);
        let bearer = format!("Bearer {TOKEN}");
        assert_eq!(post(&[("authorization", &bearer)], Some(TOKEN)), Ok(MayPost::ByHeader));
        assert_eq!(post(&[("authorization", "Bearer x")], Some(TOKEN)), Err(Refusal::NotPrivate));
        assert_eq!(post(&[("authorization", &bearer)], None), Err(Refusal::NotPrivate));
        // At this machine a header that opens nothing opens nothing more.
        let here = [("host", "localhost"), ("authorization", "Bearer x")];
        for token in [None, Some(TOKEN)] {
            let have = may_post(&guard, "127.0.0.1", &here, token);
            assert!(matches!(have, Ok(MayPost::WithToken(_))), "{have:?}");
        }
        let in_address = request("/story/x/hide?token=correct+horse+battery", "192.0.2.1", &[]);
        let token = Secret::new(TOKEN.to_owned());
        assert_eq!(guard.may_post(&in_address, Some(&token)), Err(Refusal::NotPrivate));
    }
}
