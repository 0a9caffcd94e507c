//! Which address leads to what.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LANGUAGE,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, RETRY_AFTER, SET_COOKIE,
    VARY, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, options, post};
use chrono::{Datelike as _, NaiveDate};
use tokio::time::timeout;

use super::actions;
use super::admin::{self, Access};
use super::feeds::{self, Sharing};
use super::metrics::{Metrics, Route};
use super::pages::{self, Forms, Message, Running, SourceOrder, SourcesView, Visit};
use super::shelf::{ConfigState, Health, Shelved};
use super::{Archived, LookupError, Sees, Site, visit, websub};
use crate::model::edition::Artifact;
use crate::model::story::StoryId;
use crate::model::verdict::TopicName;

/// The longest address we read, in bytes; ours are far shorter.
pub(super) const ADDRESS_BYTES: usize = 2 * 1024;
/// The longest address with a rule to try: a Korean or Japanese letter takes nine bytes there.
const RULE_ADDRESS_BYTES: usize = 12 * 1024;
/// Pages are asked for anew each time, which costs a 304.
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");
/// What one reader may keep and others must not see.
const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");
/// An archive does not change; but a publisher may have to take one back.
const FOR_A_DAY: HeaderValue = HeaderValue::from_static("public, max-age=86400");
/// The name of a file in `assets/` changes with its content.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// All addresses of the site.
pub fn router(site: Arc<Site>) -> Router {
    Router::new()
        .route("/", get(front))
        .route("/feeds/{file}", get(feed).merge(options(feeds_preflight)))
        .route("/feeds/{name}/archive/{file}", get(archive).merge(options(feeds_preflight)))
        .route("/opml", get(opml).merge(options(feeds_preflight)))
        .route("/feeds", get(feed_list))
        .route("/search", get(search))
        .route("/sources", get(sources))
        .route("/sources/{verb}", post(actions::sources))
        .route("/status", get(status))
        .route("/story/{id}", get(story))
        .route("/story/{id}/{verb}", post(actions::story))
        .route("/topics/{name}", get(topic))
        .route("/rejects", get(rejects))
        .route("/websub/{id}", get(websub::told).post(websub::pushed))
        .route("/hub", post(websub::hub))
        .route("/healthz", get(healthz))
        .route("/metrics", get(metrics))
        .route("/assets/{file}", get(asset))
        .fallback(nothing_here)
        .method_not_allowed_fallback(not_that_way)
        .layer(middleware::from_fn_with_state(Arc::clone(&site), every_answer))
        .with_state(site)
}

async fn front(State(site): State<Arc<Site>>, request: Request) -> Response {
    if let Some(day) = admin::parameter(&request, "day").filter(|day| !day.is_empty()) {
        return match day.parse::<NaiveDate>().ok().filter(|day| (1900..3000).contains(&day.year()))
        {
            Some(day) => front_of(site, request, day).await,
            None => say(&site, &request, StatusCode::NOT_FOUND, Message::Nothing),
        };
    }
    let contents = site.shelf.current();
    let front = contents.front(visit::tongue(&request));
    let response = feeds::answer(front, request.headers(), &REVALIDATE, Sharing::OwnSite);
    in_tongue(response, &request)
}

/// The front page of a day that has passed.
async fn front_of(site: Arc<Site>, request: Request, day: NaiveDate) -> Response {
    let visit = visit::visit(&request, Sees::Public);
    let look_up = move |site: &Site| {
        let view = site.lookup.day(day)?;
        Ok(Some(Made::Page(pages::front(&site.shelf.current().desk, &visit, &view))))
    };
    page(site, request, look_up, Message::Nothing).await
}

async fn feed_list(State(site): State<Arc<Site>>, request: Request) -> Response {
    let visit = visit::visit(&request, Sees::Public);
    let look_up =
        move |site: &Site| Ok(Some(Made::Page(pages::feeds(&site.shelf.current().desk, &visit))));
    page(site, request, look_up, Message::Nothing).await
}

async fn search(State(site): State<Arc<Site>>, request: Request) -> Response {
    let sees = match sees(&site, &request) {
        Ok(sees) => sees,
        Err(response) => return *response,
    };
    let visit = visit::visit(&request, sees);
    let query = admin::parameter(&request, "q").unwrap_or_default();
    let number = admin::parameter(&request, "page").and_then(|page| page.parse().ok()).unwrap_or(1);
    let look_up = move |site: &Site| {
        let view = site.lookup.search(&query, number, sees)?;
        Ok(Some(Made::Page(document(pages::search(&site.shelf.current().desk, &visit, &view)))))
    };
    let cache = match sees {
        Sees::Private => &PRIVATE,
        Sees::Public => &REVALIDATE,
    };
    made(site, request, look_up, cache, Message::Nothing).await
}

async fn feed(State(site): State<Arc<Site>>, request: Request) -> Response {
    let contents = site.shelf.current();
    // The name as written: one that needs decoding is none of ours.
    let name = request.uri().path().strip_prefix("/feeds/").unwrap_or_default();
    match contents.artifact(name) {
        Some(shelved) => {
            feeds::answer(shelved, request.headers(), &site.shelf.cache(), Sharing::Everyone)
        }
        None => private_feed(site, request).await,
    }
}

/// An archive of a feed. They are many and seldom asked for, so they stay on the disk.
async fn archive(State(site): State<Arc<Site>>, request: Request) -> Response {
    let name = request.uri().path().strip_prefix("/feeds/").unwrap_or_default().to_owned();
    let look_up = move |site: &Site| {
        Ok(site.lookup.archive(&name)?.map(|archived| match archived {
            Archived::Document(artifact) => Made::Page(artifact),
            Archived::Elsewhere(place) => Made::Elsewhere(place),
        }))
    };
    let mut response = made(site, request, look_up, &FOR_A_DAY, Message::NoFeed).await;
    if response.status() == StatusCode::PERMANENT_REDIRECT {
        // The month that runs will have an archive at this address.
        *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
    }
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

/// A feed of rejects answers whoever knows its key; to everybody else there is no such feed.
async fn private_feed(site: Arc<Site>, request: Request) -> Response {
    let name = request.uri().path().strip_prefix("/feeds/").unwrap_or_default().to_owned();
    let opened = site.lookup.private_key(&name).is_some_and(|key| {
        admin::parameter(&request, "key")
            .is_some_and(|given| site.guard.opens(&request, &given, &key))
    });
    if !opened {
        return say(&site, &request, StatusCode::NOT_FOUND, Message::NoFeed);
    }
    let look_up = move |site: &Site| Ok(site.lookup.private_feed(&name)?.map(Made::Page));
    made(site, request, look_up, &PRIVATE, Message::NoFeed).await
}

async fn feeds_preflight() -> Response {
    feeds::preflight()
}

async fn opml(State(site): State<Arc<Site>>, request: Request) -> Response {
    let contents = site.shelf.current();
    let Some(shelved) = contents.opml() else {
        return say(&site, &request, StatusCode::SERVICE_UNAVAILABLE, Message::Starting);
    };
    let mut response =
        feeds::answer(shelved, request.headers(), &site.shelf.cache(), Sharing::Everyone);
    response.headers_mut().insert(
        CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment; filename=\"sources.opml\""),
    );
    response
}

async fn sources(State(site): State<Arc<Site>>, request: Request) -> Response {
    let forms = match forms(&site, &request) {
        Ok(forms) => forms,
        Err(response) => return *response,
    };
    let (cache, sees) = match forms {
        Some(_) => (&PRIVATE, Sees::Private),
        None => (&REVALIDATE, Sees::Public),
    };
    let order = admin::parameter(&request, "order");
    let order = order.and_then(|order| SourceOrder::parse(&order)).unwrap_or_default();
    let visit = visit::visit(&request, sees);
    let look_up = move |site: &Site| {
        let view = SourcesView { order, ..site.lookup.sources()? };
        let desk = &site.shelf.current().desk;
        Ok(Some(Made::Page(document(pages::sources(desk, &visit, &view, forms.as_ref())))))
    };
    made(site, request, look_up, cache, Message::Nothing).await
}

async fn status(State(site): State<Arc<Site>>, request: Request) -> Response {
    let visit = match private_visit(&site, &request) {
        Ok(visit) => visit,
        Err(response) => return *response,
    };
    let look_up = move |site: &Site| {
        let view = site.lookup.status()?;
        let count = |gauge: &prometheus_client::metrics::gauge::Gauge| {
            u64::try_from(gauge.get()).unwrap_or(0)
        };
        let running = Running {
            last_publish: site.shelf.health().last_publish,
            queued: count(&site.metrics.queued_batches),
            backlog: count(&site.metrics.encoder_backlog),
            stories: count(&site.metrics.stories),
        };
        let desk = &site.shelf.current().desk;
        Ok(Some(Made::Page(document(pages::status(desk, &visit, &view, &running)))))
    };
    made(site, request, look_up, &PRIVATE, Message::Nothing).await
}

async fn story(State(site): State<Arc<Site>>, request: Request) -> Response {
    let id = request.uri().path().strip_prefix("/story/").unwrap_or_default();
    let Some(id) = StoryId::parse(id).filter(|known| known.to_string() == id) else {
        return say(&site, &request, StatusCode::NOT_FOUND, Message::NoStory);
    };
    let forms = match forms(&site, &request) {
        Ok(forms) => forms,
        Err(response) => return *response,
    };
    let cache = if forms.is_some() { &PRIVATE } else { &REVALIDATE };
    let sees = if forms.is_some() { Sees::Private } else { Sees::Public };
    let visit = visit::visit(&request, sees);
    let look_up = move |site: &Site| {
        let Some(view) = site.lookup.story(id)? else { return Ok(None) };
        if view.story.id != id {
            return Ok(Some(Made::Elsewhere(view.story.id.to_string())));
        }
        let html = pages::story(&site.shelf.current().desk, &visit, &view, forms.as_ref());
        Ok(Some(Made::Page(document(html))))
    };
    made(site, request, look_up, cache, Message::NoStory).await
}

/// What the forms of a page carry that is made for whoever asks; `None` if they may change nothing. `Err`: the answer where that is not the question.
fn forms(site: &Site, request: &Request) -> Result<Option<Forms>, Box<Response>> {
    Ok(match sees(site, request)? {
        Sees::Private => site.guard.form_token(request).map(|token| Forms { token }),
        Sees::Public => None,
    })
}

/// What was made of a request.
enum Made<Page> {
    /// A page.
    Page(Page),
    /// What is asked for stands there now: an address relative to this one, for the site may be below another.
    Elsewhere(String),
}

impl<Page> Made<Page> {
    fn map<Other>(self, each: impl FnOnce(Page) -> Other) -> Made<Other> {
        match self {
            Made::Page(page) => Made::Page(each(page)),
            Made::Elsewhere(place) => Made::Elsewhere(place),
        }
    }
}

async fn topic(State(site): State<Arc<Site>>, request: Request) -> Response {
    let name = request.uri().path().strip_prefix("/topics/").unwrap_or_default();
    let Some(name) = TopicName::parse(name) else {
        return say(&site, &request, StatusCode::NOT_FOUND, Message::NoTopic);
    };
    let sees = match sees(&site, &request) {
        Ok(sees) => sees,
        Err(response) => return *response,
    };
    let mut visit = visit::visit(&request, sees);
    let attempt = match sees {
        Sees::Private => attempt(&request),
        Sees::Public => {
            // Nothing of it is answered.
            visit.query.clear();
            None
        }
    };
    let look_up = move |site: &Site| {
        let view = site.lookup.topic(&name, attempt.as_ref(), sees)?;
        let desk = &site.shelf.current().desk;
        Ok(view.map(|view| Made::Page(document(pages::topic(desk, &visit, &view)))))
    };
    let cache = match sees {
        Sees::Private => &PRIVATE,
        Sees::Public => &REVALIDATE,
    };
    made(site, request, look_up, cache, Message::NoTopic).await
}

/// The rule that the form of a topic's page asks to try.
fn attempt(request: &Request) -> Option<pages::Attempt> {
    // Forms send line breaks as CR LF (URL §5.2); places in the rule count as it is shown.
    let rule = admin::parameter(request, "rule")?.replace("\r\n", "\n");
    let rule = rule.trim().to_owned();
    let days = admin::parameter(request, "days").and_then(|days| days.parse().ok());
    (!rule.is_empty()).then(|| pages::Attempt { rule, days: days.unwrap_or(14).clamp(1, 366) })
}

async fn rejects(State(site): State<Arc<Site>>, request: Request) -> Response {
    let visit = match private_visit(&site, &request) {
        Ok(visit) => visit,
        Err(response) => return *response,
    };
    let look_up = move |site: &Site| {
        let view = site.lookup.rejects()?;
        let desk = &site.shelf.current().desk;
        Ok(Some(Made::Page(document(pages::rejects(desk, &visit, &view)))))
    };
    made(site, request, look_up, &PRIVATE, Message::Nothing).await
}

/// The visit of who may see what is private, or the answer to everybody else.
fn private_visit(site: &Site, request: &Request) -> Result<Visit, Box<Response>> {
    match sees(site, request)? {
        Sees::Private => Ok(visit::visit(request, Sees::Private)),
        Sees::Public => Err(Box::new(closed(site, request))),
    }
}

/// What a request may see, or the answer where that is not the question.
fn sees(site: &Site, request: &Request) -> Result<Sees, Box<Response>> {
    match site.guard.access(request, site.lookup.admin_token().as_ref()) {
        Access::Private => Ok(Sees::Private),
        Access::Public => Ok(Sees::Public),
        Access::Entering { location, cookie } => {
            let mut response =
                plain(StatusCode::SEE_OTHER, "text/plain; charset=utf-8", String::new());
            response.headers_mut().insert(LOCATION, location);
            response.headers_mut().insert(SET_COOKIE, cookie);
            Err(Box::new(response))
        }
        Access::TooMany => {
            Err(Box::new(say(site, request, StatusCode::TOO_MANY_REQUESTS, Message::TooMany)))
        }
    }
}

/// Answers whoever may not see what is private.
pub(super) fn closed(site: &Site, request: &Request) -> Response {
    let mut response = say(site, request, StatusCode::UNAUTHORIZED, Message::Closed);
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

fn document(html: String) -> Artifact {
    Artifact::new("page".into(), pages::MEDIA_TYPE, html.into(), None)
}

/// Answers with a page for everybody that is made on demand.
async fn page(
    site: Arc<Site>,
    request: Request,
    look_up: impl FnOnce(&Site) -> Result<Option<Made<String>>, LookupError> + Send + 'static,
    missing: Message<'static>,
) -> Response {
    let look_up = |site: &Site| Ok(look_up(site)?.map(|made| made.map(document)));
    made(site, request, look_up, &REVALIDATE, missing).await
}

/// Answers with a document that is made on demand, on a thread that may wait for the store.
async fn made(
    site: Arc<Site>,
    request: Request,
    look_up: impl FnOnce(&Site) -> Result<Option<Made<Artifact>>, LookupError> + Send + 'static,
    cache: &HeaderValue,
    missing: Message<'static>,
) -> Response {
    let work = async {
        // Few at a time: whoever asks for many pages at once waits here, and does not fill the pool that commits and publishing need.
        let permit = Arc::clone(&site.lookups).acquire_owned().await.ok()?;
        let site = Arc::clone(&site);
        let made = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            Ok::<_, LookupError>(look_up(&site)?.map(|made| made.map(Shelved::new)))
        });
        made.await.ok()
    };
    match timeout(site.options.request_timeout, work).await {
        Ok(Some(Ok(Some(Made::Elsewhere(place))))) => elsewhere(&place),
        Ok(Some(Ok(Some(Made::Page(shelved))))) => {
            let response = feeds::answer(&shelved, request.headers(), cache, Sharing::OwnSite);
            // A feed of rejects is the same in all languages.
            let is_page = shelved.artifact().media_type == pages::MEDIA_TYPE;
            if is_page { in_tongue(response, &request) } else { response }
        }
        Ok(Some(Ok(None))) => say(&site, &request, StatusCode::NOT_FOUND, missing),
        Ok(Some(Err(error))) => {
            tracing::error!(path = request.uri().path(), "{error}");
            say(&site, &request, StatusCode::INTERNAL_SERVER_ERROR, Message::Trouble)
        }
        Ok(None) => say(&site, &request, StatusCode::INTERNAL_SERVER_ERROR, Message::Trouble),
        Err(_) => say(&site, &request, StatusCode::SERVICE_UNAVAILABLE, Message::Busy),
    }
}

/// Leads to where something stands now. It may come back (two stories that are one may be parted again), so nobody should remember this for long.
fn elsewhere(place: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    response.headers_mut().insert(CACHE_CONTROL, REVALIDATE);
    if let Ok(place) = HeaderValue::from_str(place) {
        response.headers_mut().insert(LOCATION, place);
    }
    response
}

async fn healthz(State(site): State<Arc<Site>>) -> Response {
    let health = site.shelf.health();
    let status = if health.curator_dead { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    plain(status, "application/json", health_json(&health))
}

/// The health as JSON: `{"status","sources","failing","config","last_publish"}`.
fn health_json(health: &Health) -> String {
    let well = health.failing == 0 && health.config == ConfigState::Current && !health.curator_dead;
    let mut json = serde_json::json!({
        "status": if well { "ok" } else { "degraded" },
        "sources": health.sources,
        "failing": health.failing,
        "config": match health.config {
            ConfigState::Current => "ok",
            ConfigState::LastGood => "last good",
        },
        "last_publish": health.last_publish.map(|at| at.to_rfc3339()),
    })
    .to_string();
    json.push('\n');
    json
}

async fn metrics(State(site): State<Arc<Site>>) -> Response {
    plain(StatusCode::OK, Metrics::MEDIA_TYPE, site.metrics.encode())
}

async fn asset(State(site): State<Arc<Site>>, request: Request) -> Response {
    let asset = match request.uri().path().strip_prefix("/assets/").unwrap_or_default() {
        "icon.svg" => {
            return feeds::answer(&site.icon, request.headers(), &REVALIDATE, Sharing::OwnSite);
        }
        name if name == pages::style_name() => &site.style,
        _ => return say(&site, &request, StatusCode::NOT_FOUND, Message::Nothing),
    };
    feeds::answer(asset, request.headers(), &FOR_EVER, Sharing::OwnSite)
}

async fn nothing_here(State(site): State<Arc<Site>>, request: Request) -> Response {
    say(&site, &request, StatusCode::NOT_FOUND, Message::Nothing)
}

async fn not_that_way(State(site): State<Arc<Site>>, request: Request) -> Response {
    say(&site, &request, StatusCode::METHOD_NOT_ALLOWED, Message::Otherwise)
}

/// Answers in words.
pub(super) fn say(
    site: &Site,
    request: &Request,
    status: StatusCode,
    message: Message<'_>,
) -> Response {
    let depth = request.uri().path().bytes().skip(1).filter(|byte| *byte == b'/').count();
    let root = "../".repeat(depth.min(64));
    // Nothing of the query: it may hold what only the page asked for may see.
    let visit = Visit::anybody(visit::tongue(request));
    let html = pages::message(&site.shelf.current().desk, &visit, &root, message);
    let shelved = Artifact::new("message".into(), pages::MEDIA_TYPE, html.into(), None);
    // Not compressed and not conditional: an error is small, and no one keeps it.
    let policy = super::shelf::content_security_policy(&shelved.bytes);
    let mut response = Response::new(Body::from(shelved.bytes));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(pages::MEDIA_TYPE));
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    headers.insert(CACHE_CONTROL, REVALIDATE);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(RETRY_AFTER, HeaderValue::from_static("10"));
    } else if status == StatusCode::TOO_MANY_REQUESTS {
        headers.insert(RETRY_AFTER, HeaderValue::from_static("60"));
    }
    in_tongue(response, request)
}

/// Says of a page which language it is in and what decided that, so that a cache gives nobody another's, and keeps the choice where there was one.
fn in_tongue(mut response: Response, request: &Request) -> Response {
    let headers = response.headers_mut();
    let tag = HeaderValue::from_static(visit::tongue(request).tag());
    headers.insert(CONTENT_LANGUAGE, tag);
    headers.insert(VARY, HeaderValue::from_static("accept-encoding, accept-language, cookie"));
    if let Some(tongue) = visit::chosen(request)
        && let Ok(cookie) = HeaderValue::try_from(visit::cookie(tongue))
    {
        headers.append(SET_COOKIE, cookie);
        headers.insert(CACHE_CONTROL, PRIVATE);
    }
    response
}

pub(super) fn plain(status: StatusCode, media_type: &'static str, text: String) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// What holds for every answer: it is counted, and a browser takes it for nothing but what it says it is.
async fn every_answer(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let route = route_of(request.uri().path());
    let address_bytes = request.uri().path_and_query().map_or(0, |address| address.as_str().len());
    let limit = match route {
        Route::Topic | Route::Websub => RULE_ADDRESS_BYTES,
        Route::Front
        | Route::Feeds
        | Route::Opml
        | Route::Sources
        | Route::Story
        | Route::Rejects
        | Route::Hub
        | Route::Healthz
        | Route::Metrics
        | Route::Assets
        | Route::Search
        | Route::Status
        | Route::Other => ADDRESS_BYTES,
    };
    let mut response = if address_bytes > limit {
        plain(StatusCode::URI_TOO_LONG, "text/plain; charset=utf-8", "address too long\n".into())
    } else {
        next.run(request).await
    };
    site.metrics.answered(route, response.status().as_u16());
    seal(response.headers_mut());
    response
}

/// Says to a browser what holds for every answer: it is nothing but what it says it is, tells no other site where its reader was, and is framed by
/// none. A page may use nothing of the machine, and shares no window and no memory with other sites.
pub(super) fn seal(headers: &mut HeaderMap) {
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(feeds::NOTHING_ALLOWED);
    let is_page =
        headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if is_page {
        headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
        headers.insert(PERMISSIONS_POLICY, NOTHING_USED);
        headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
    }
}

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
/// What a page could use of its reader's machine, and ours never do.
const NOTHING_USED: HeaderValue = HeaderValue::from_static(
    "camera=(), microphone=(), geolocation=(), display-capture=(), payment=(), usb=(), serial=(), hid=(), midi=(), browsing-topics=()",
);

fn route_of(path: &str) -> Route {
    match path {
        "/" => Route::Front,
        "/opml" => Route::Opml,
        "/sources" => Route::Sources,
        "/search" => Route::Search,
        "/status" => Route::Status,
        path if path.starts_with("/sources/") => Route::Sources,
        "/healthz" => Route::Healthz,
        "/metrics" => Route::Metrics,
        path if path.starts_with("/feeds/") => Route::Feeds,
        "/rejects" => Route::Rejects,
        "/hub" => Route::Hub,
        path if path.starts_with("/websub/") => Route::Websub,
        path if path.starts_with("/story/") => Route::Story,
        path if path.starts_with("/topics/") => Route::Topic,
        path if path.starts_with("/assets/") => Route::Assets,
        _ => Route::Other,
    }
}

#[cfg(test)]
mod tests;
