//! Forms that change something: who may send them, how they are read, and where they lead.
//!
//! A form changes something only if all of this holds:
//!
//! - whoever sends it may see what is private ([`super::admin`]), which on this machine means that `Host` names it, so that no other name that
//!   resolves to it (DNS rebinding) will do;
//! - the browser does not say that a page of another site sends it (`Sec-Fetch-Site`, or `Origin` where the browser is too old for that);
//! - it carries the token that this site wrote into its own page for that visitor, which no other site can read.
//!
//! What brings the token of the configuration as `Authorization: Bearer` is a program, not a page, and needs no token of a page: no browser adds that
//! header by itself. An answer to a form that was done is 303, so that going back and reloading do nothing again.

use std::sync::Arc;
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{Path, Request, State};
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use tokio::time::timeout;
use url::form_urlencoded;

use super::Site;
use super::admin::{MayPost, Refusal};
use super::pages::Message;
use super::routes::{self, say};
use crate::model::decision::DecisionId;
use crate::model::source::SourceKey;
use crate::model::story::{EntryId, StoryId};

/// The most bytes of a form that are read; the longest has an address and a token.
const FORM_BYTES: usize = 16 * 1024;
/// How long an action may take before the visitor is told that it goes on: adding a source asks other servers.
const ACTION_TIMEOUT: Duration = Duration::from_secs(45);
/// The field that carries the token of the page.
pub(super) const TOKEN_FIELD: &str = "form-token";

/// What a form asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// That an entry be a story of its own.
    Split {
        /// The story that it is in.
        story: StoryId,
        /// The entry.
        entry: EntryId,
    },
    /// That two stories be one.
    Join {
        /// One.
        story: StoryId,
        /// The other: its id, the address of its page, or the id, guid or link of one of its entries.
        other: String,
    },
    /// That a story be in no feed.
    Hide(StoryId),
    /// That a story stay on top of its feeds.
    Pin(StoryId),
    /// That the feed behind an address be found and made a source.
    AddSource {
        /// The address, as typed.
        url: String,
    },
    /// That a source be left alone for now.
    Pause(SourceKey),
    /// That a source be polled again.
    Resume(SourceKey),
    /// That something said of a story be taken back.
    Undo {
        /// The story.
        story: StoryId,
        /// What was said.
        decision: DecisionId,
    },
}

/// What became of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acted {
    /// It is done and kept, or it held already.
    Done,
    /// It was taken in, and will be done soon.
    Waits,
}

/// Why an action was not done; the words are for whoever sent the form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActionError {
    /// What it is about is not there.
    #[error("{0}")]
    Unknown(String),
    /// It cannot be done as things are.
    #[error("{0}")]
    Conflict(String),
    /// The form says what cannot be meant.
    #[error("{0}")]
    Wrong(String),
    /// It failed; the log says why, too.
    #[error("{0}")]
    Failed(String),
}

/// What a form says, field by field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Form {
    fields: Vec<(String, String)>,
}

impl Form {
    fn read(body: &[u8]) -> Form {
        Form { fields: form_urlencoded::parse(body).into_owned().collect() }
    }

    /// A field without the white space around it; `None` if it is not there or empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let (_, value) = self.fields.iter().find(|(field, _)| field == name)?;
        Some(value.trim()).filter(|value| !value.is_empty())
    }
}

/// `POST /story/ID/split|join|hide|pin|undo`.
pub(super) async fn story(
    State(site): State<Arc<Site>>,
    Path((id, verb)): Path<(String, String)>,
    request: Request,
) -> Response {
    let Some(story) = StoryId::parse(&id).filter(|known| known.to_string() == id) else {
        return say(&site, &request, StatusCode::NOT_FOUND, Message::NoStory);
    };
    let read = move |form: &Form| of_story(story, &verb, form);
    act(site, request, read, &format!("../{id}")).await
}

/// `POST /sources/add|pause|resume`.
pub(super) async fn sources(
    State(site): State<Arc<Site>>,
    Path(verb): Path<String>,
    request: Request,
) -> Response {
    act(site, request, move |form: &Form| of_sources(&verb, form), "../sources").await
}

/// What a form on the page of the sources asks for; `None` if it is none of that page's.
fn of_sources(verb: &str, form: &Form) -> Option<Action> {
    let key = || SourceKey::parse(form.text("source")?);
    match verb {
        "add" => Some(Action::AddSource { url: form.text("url")?.to_owned() }),
        "pause" => Some(Action::Pause(key()?)),
        "resume" => Some(Action::Resume(key()?)),
        _ => None,
    }
}

/// What a form on the page of a story asks for; `None` if it is none of that page's.
fn of_story(story: StoryId, verb: &str, form: &Form) -> Option<Action> {
    match verb {
        "split" => {
            let entry = form.text("entry")?.parse().ok()?;
            Some(Action::Split { story, entry: EntryId(entry) })
        }
        "join" => Some(Action::Join { story, other: form.text("with")?.to_owned() }),
        "hide" => Some(Action::Hide(story)),
        "pin" => Some(Action::Pin(story)),
        "undo" => {
            Some(Action::Undo { story, decision: DecisionId::parse(form.text("decision")?)? })
        }
        _ => None,
    }
}

/// Does what a form asks for, if whoever sends it may, and leads to `back`, an address relative to the form's own. `read` makes an action of the
/// form; `None` where it lacks something.
pub(super) async fn act(
    site: Arc<Site>,
    request: Request,
    read: impl FnOnce(&Form) -> Option<Action>,
    back: &str,
) -> Response {
    let token = site.lookup.admin_token();
    let by = match site.guard.may_post(&request, token.as_ref()) {
        Ok(by) => by,
        Err(Refusal::NotPrivate) => return routes::closed(&site, &request),
        Err(Refusal::TooMany) => {
            return say(&site, &request, StatusCode::TOO_MANY_REQUESTS, Message::TooMany);
        }
        Err(Refusal::AnotherSite) => {
            tracing::warn!(
                path = request.uri().path(),
                "refused a form that a page of another site sent"
            );
            return say(&site, &request, StatusCode::FORBIDDEN, Message::AnotherSite);
        }
    };
    if !is_form(request.headers()) {
        return say(&site, &request, StatusCode::UNSUPPORTED_MEDIA_TYPE, Message::NoForm);
    }
    let (head, body) = request.into_parts();
    let body = timeout(site.options.body_timeout, to_bytes(body, FORM_BYTES)).await;
    // The head is all that an answer in words looks at.
    let request = Request::from_parts(head, axum::body::Body::empty());
    let form = match body {
        Ok(Ok(body)) => Form::read(&body),
        Ok(Err(_)) => return say(&site, &request, StatusCode::PAYLOAD_TOO_LARGE, Message::TooLong),
        Err(_) => return say(&site, &request, StatusCode::REQUEST_TIMEOUT, Message::TooSlow),
    };
    match by {
        MayPost::ByHeader => {}
        MayPost::WithToken(expected) => {
            let given = form.text(TOKEN_FIELD).unwrap_or_default();
            if !super::admin::same(given, &expected) {
                return say(&site, &request, StatusCode::FORBIDDEN, Message::TooOld);
            }
        }
    }
    let Some(action) = read(&form) else {
        return say(&site, &request, StatusCode::UNPROCESSABLE_ENTITY, Message::Incomplete);
    };
    let work = async {
        let permit = Arc::clone(&site.actions).acquire_owned().await.ok()?;
        let site = Arc::clone(&site);
        let acted = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            site.lookup.act(&action)
        });
        acted.await.ok()
    };
    match timeout(ACTION_TIMEOUT, work).await {
        Ok(Some(Ok(Acted::Done))) => see_other(back),
        Ok(Some(Ok(Acted::Waits))) | Err(_) => {
            say(&site, &request, StatusCode::ACCEPTED, Message::TakenIn)
        }
        Ok(Some(Err(error))) => {
            let status = match error {
                ActionError::Unknown(_) => StatusCode::NOT_FOUND,
                ActionError::Conflict(_) => StatusCode::CONFLICT,
                ActionError::Wrong(_) => StatusCode::UNPROCESSABLE_ENTITY,
                ActionError::Failed(_) => {
                    tracing::error!(path = request.uri().path(), "{error}");
                    StatusCode::INTERNAL_SERVER_ERROR
                }
            };
            let words = error.to_string();
            say(&site, &request, status, Message::NotDone(&words))
        }
        Ok(None) => say(&site, &request, StatusCode::INTERNAL_SERVER_ERROR, Message::Trouble),
    }
}

/// Leads to a page that shows what was done (RFC 9110 §15.4.4).
fn see_other(back: &str) -> Response {
    let mut response =
        routes::plain(StatusCode::SEE_OTHER, "text/plain; charset=utf-8", String::new());
    if let Ok(back) = HeaderValue::from_str(back) {
        response.headers_mut().insert(LOCATION, back);
    }
    response
}

/// Whether the body is what a form without files sends.
fn is_form(headers: &HeaderMap) -> bool {
    let essence = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .map(|value| value.split(';').next().unwrap_or_default().trim());
    essence.is_some_and(|essence| essence.eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_ask_for_what_they_say() {
        let id = "00000000-0000-8000-8000-000000000001";
        let story = StoryId::parse(id).unwrap();
        let decision = DecisionId::of("x");
        let check = |verb: &str, body: &str, want: Option<Action>| {
            assert_eq!(of_story(story, verb, &Form::read(body.as_bytes())), want, "{verb} {body}");
        };
        check("hide", "", Some(Action::Hide(story)));
        check("pin", "form-token=x", Some(Action::Pin(story)));
        check("split", "entry=17", Some(Action::Split { story, entry: EntryId(17) }));
        check("split", "entry=seventeen", None);
        check("split", "", None);
        let other = "https://a.example/?a=1&b=한".to_owned();
        check(
            "join",
            "with=+https%3A%2F%2Fa.example%2F%3Fa%3D1%26b%3D%ED%95%9C+",
            Some(Action::Join { story, other }),
        );
        check("join", "with=++", None);
        check("undo", &format!("decision={decision}"), Some(Action::Undo { story, decision }));
        check("undo", "decision=1", None);
        check("delete", "", None);
    }

    #[test]
    fn forms_of_sources_ask_for_what_they_say() {
        let check = |verb: &str, body: &str, want: Option<Action>| {
            assert_eq!(of_sources(verb, &Form::read(body.as_bytes())), want, "{verb} {body}");
        };
        let key = SourceKey::parse("a").unwrap();
        check("add", "url=+a.example+", Some(Action::AddSource { url: "a.example".to_owned() }));
        check("add", "url=", None);
        check("pause", "source=a", Some(Action::Pause(key.clone())));
        check("resume", "source=a", Some(Action::Resume(key)));
        check("pause", "source=..%2Fa", None);
        check("remove", "source=a", None);
    }

    #[test]
    fn only_forms_are_forms() {
        let check = |media_type: &str, want: bool| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_str(media_type).unwrap());
            assert_eq!(is_form(&headers), want, "{media_type}");
        };
        check("application/x-www-form-urlencoded", true);
        check("Application/X-WWW-Form-Urlencoded; charset=utf-8", true);
        check("text/plain", false);
        check("multipart/form-data; boundary=x", false);
        check("application/json", false);
        assert!(!is_form(&HeaderMap::new()));
    }
}
