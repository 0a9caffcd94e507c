//! The addresses of WebSub: `/websub/ID`, where hubs speak to us, and `/hub`, where subscribers ask us to be their hub. What they say is for the
//! [`Exchange`]; here it is only bounded and answered.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Bytes, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use tokio::time::timeout;

use super::Site;
use super::routes::plain;

/// The most bytes of a form that asks us to be somebody's hub: two addresses and a secret.
const FORM_BYTES: usize = 16 * 1024;
/// How long a document may take to come.
const BODY_TIMEOUT: Duration = Duration::from_secs(60);
/// The most documents that come at a time; more are asked to come again.
pub(super) const DOCUMENTS: usize = 4;

/// Who keeps subscriptions. Every method answers at once.
pub trait Exchange: Send + Sync {
    /// A hub says something at a callback (WebSub §5.2, §5.3).
    fn told(&self, id: &str, query: &str) -> Told;

    /// How large a document may be that comes to a callback, in bytes; `None` if none is expected there, or no more.
    fn expects(&self, id: &str) -> Option<usize>;

    /// A document came to a callback (§7).
    fn pushed(&self, id: &str, push: Push) -> Pushed;

    /// Whether we are a hub.
    fn is_hub(&self) -> bool;

    /// Somebody asks us as a hub (§5.1).
    fn asked(&self, form: &[u8]) -> Asked;
}

/// What we answer to what a hub says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// Yes, we asked for it: this is to be echoed.
    Yes(String),
    /// Understood.
    Noted,
    /// We know nothing of it.
    No,
}

/// A document as it came.
#[derive(Debug, Clone)]
pub struct Push {
    /// Its type as stated, where that is text.
    pub content_type: Option<String>,
    /// The signature, where there is exactly one.
    pub signature: Option<String>,
    /// The document.
    pub body: Bytes,
}

/// What became of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    /// Taken; or ignored, which is nobody's business.
    Taken,
    /// Too many wait: it should come again.
    Busy,
    /// Nothing is expected there, or no more.
    Gone,
}

/// What we answer whoever asks us as a hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// It will be looked into.
    Accepted,
    /// It says what cannot be meant, in words.
    Wrong(&'static str),
    /// Nothing of ours has that address.
    NoSuchTopic,
    /// There are too many already, or too many ask.
    TooMany,
}

/// GET and HEAD of `/websub/ID`.
pub(super) async fn told(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let Some(exchange) = &site.exchange else { return nothing() };
    match exchange.told(&id, request.uri().query().unwrap_or_default()) {
        Told::Yes(challenge) => text(StatusCode::OK, challenge),
        Told::Noted => text(StatusCode::OK, String::new()),
        Told::No => nothing(),
    }
}

/// POST of `/websub/ID`.
pub(super) async fn pushed(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let Some(exchange) = &site.exchange else { return nothing() };
    // Before anything of the body is read: who does not know the address may not make us read.
    let Some(most_bytes) = exchange.expects(&id) else { return gone() };
    let Ok(_place) = site.documents.try_acquire() else { return busy() };
    let (parts, body) = request.into_parts();
    if parts.headers.get(CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
        return text(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send it as it is\n".to_owned());
    }
    let body = match timeout(BODY_TIMEOUT, to_bytes(body, most_bytes)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return text(StatusCode::PAYLOAD_TOO_LARGE, "too large\n".to_owned()),
        Err(_) => return text(StatusCode::REQUEST_TIMEOUT, "too slow\n".to_owned()),
    };
    let push = Push {
        content_type: single(&parts.headers, CONTENT_TYPE.as_str()),
        signature: single(&parts.headers, "x-hub-signature"),
        body,
    };
    match exchange.pushed(&id, push) {
        Pushed::Taken => text(StatusCode::ACCEPTED, String::new()),
        Pushed::Busy => busy(),
        Pushed::Gone => gone(),
    }
}

/// POST of `/hub`.
pub(super) async fn hub(State(site): State<Arc<Site>>, request: Request) -> Response {
    let Some(exchange) = site.exchange.as_ref().filter(|exchange| exchange.is_hub()) else {
        return nothing();
    };
    let (parts, body) = request.into_parts();
    let is_form = single(&parts.headers, CONTENT_TYPE.as_str()).is_some_and(|media_type| {
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
    });
    if !is_form {
        let help = "send a form (application/x-www-form-urlencoded)\n".to_owned();
        return text(StatusCode::UNSUPPORTED_MEDIA_TYPE, help);
    }
    let form = match timeout(site.options.body_timeout, to_bytes(body, FORM_BYTES)).await {
        Ok(Ok(form)) => form,
        Ok(Err(_)) => return text(StatusCode::PAYLOAD_TOO_LARGE, "too large\n".to_owned()),
        Err(_) => return text(StatusCode::REQUEST_TIMEOUT, "too slow\n".to_owned()),
    };
    match exchange.asked(&form) {
        Asked::Accepted => text(StatusCode::ACCEPTED, String::new()),
        Asked::Wrong(what) => text(StatusCode::BAD_REQUEST, format!("{what}\n")),
        Asked::NoSuchTopic => {
            text(StatusCode::NOT_FOUND, "nothing of that address is published here\n".to_owned())
        }
        Asked::TooMany => {
            let mut response =
                text(StatusCode::TOO_MANY_REQUESTS, "too many; come again later\n".to_owned());
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("300"));
            response
        }
    }
}

/// The one value of a header, where it is text.
fn single(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().filter(|_| values.next().is_none())?;
    value.to_str().ok().map(str::to_owned)
}

/// A short text that no browser takes for a page.
fn text(status: StatusCode, text: String) -> Response {
    plain(status, "text/plain; charset=utf-8", text)
}

fn nothing() -> Response {
    text(StatusCode::NOT_FOUND, String::new())
}

/// So that a hub that remembers what we do not stops sending (§7).
fn gone() -> Response {
    text(StatusCode::GONE, String::new())
}

fn busy() -> Response {
    let mut response = text(StatusCode::SERVICE_UNAVAILABLE, String::new());
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("60"));
    response
}
