//! Which language a request is answered in.

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE};

use super::Sees;
use super::pages::{Tongue, Visit};

/// The name of the cookie that keeps the choice of a language.
const COOKIE_NAME: &str = "tidings_lang";
/// How long a choice is kept: a year.
const COOKIE_SECONDS: u32 = 31_536_000;
/// The parameter of an address that chooses a language.
const PARAMETER: &str = "lang";
/// The parameter that is never repeated in a link (see [`super::admin`]).
const TOKEN: &str = "token";

/// The language of the answer: by the address, else by the cookie, else by `Accept-Language`.
pub(super) fn tongue(request: &Request) -> Tongue {
    chosen(request)
        .or_else(|| kept(request.headers()))
        .unwrap_or_else(|| Tongue::accepted(&wishes(request.headers())))
}

/// The language that the address chooses, to be kept.
pub(super) fn chosen(request: &Request) -> Option<Tongue> {
    parameters(request).find(|(name, _)| *name == PARAMETER).and_then(|(_, tag)| Tongue::parse(tag))
}

/// Who asks, and how.
pub(super) fn visit(request: &Request, sees: Sees) -> Visit {
    let kept: Vec<&str> = request
        .uri()
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| {
            let name = pair.split('=').next().unwrap_or_default();
            !pair.is_empty() && name != PARAMETER && name != TOKEN
        })
        .collect();
    Visit { tongue: tongue(request), query: kept.join("&"), sees }
}

/// The cookie that keeps a choice. Scripts have no use for it, and it says nothing of who reads.
pub(super) fn cookie(tongue: Tongue) -> String {
    format!(
        "{COOKIE_NAME}={}; Path=/; Max-Age={COOKIE_SECONDS}; HttpOnly; SameSite=Lax",
        tongue.tag()
    )
}

fn parameters(request: &Request) -> impl Iterator<Item = (&str, &str)> {
    let query = request.uri().query().unwrap_or_default();
    query.split('&').filter_map(|pair| pair.split_once('='))
}

fn kept(headers: &HeaderMap) -> Option<Tongue> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE_NAME)
        .and_then(|(_, tag)| Tongue::parse(tag))
}

/// All that the browser asks for; several lines are one list (RFC 9110 §5.3).
fn wishes(headers: &HeaderMap) -> String {
    let lines = headers.get_all(ACCEPT_LANGUAGE).iter();
    lines.filter_map(|line| line.to_str().ok()).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn a_choice_goes_before_a_cookie_and_that_before_the_browser() {
        let check = |address: &str,
                     headers: &[(&str, &str)],
                     tongue_wanted: Tongue,
                     query: &str| {
            let mut request = Request::builder().uri(address);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let visit = visit(&request.body(Body::empty()).unwrap(), Sees::Public);
            assert_eq!((visit.tongue, visit.query.as_str()), (tongue_wanted, query), "{address}");
        };
        let korean = ("accept-language", "ko,en;q=0.5");
        let cookie = ("cookie", "a=b; tidings_lang=ja");
        check("/", &[], Tongue::English, "");
        check("/", &[korean], Tongue::Korean, "");
        check("/", &[korean, cookie], Tongue::Japanese, "");
        check("/?lang=en", &[korean, cookie], Tongue::English, "");
        check("/?lang=xx", &[korean], Tongue::Korean, "");
        check("/search?q=%ED%95%9C&lang=ko&page=2", &[], Tongue::Korean, "q=%ED%95%9C&page=2");
        check("/rejects?token=secret&&x", &[("cookie", "tidings_lang=\"")], Tongue::English, "x");
        check("/", &[("accept-language", "fr"), ("accept-language", "ja")], Tongue::Japanese, "");
    }
}
