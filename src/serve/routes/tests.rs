use axum::body::to_bytes;
use tower::ServiceExt as _;

use super::super::pages::{
    Attempt, Desk, FeedLink, FeedRule, FormatLink, FrontView, RejectsView, SearchView, StatusView,
    StoryView, TopicView,
};
use super::super::shelf::{Contents, Shelf};
use super::super::{Acted, Action, ActionError, Lookup, ServeOptions};
use super::*;
use crate::model::edition::{FeedName, Merge};
use crate::model::source::Secret;
use crate::model::time::Timestamp;

/// Knows no story but one that makes the store fail, and no source.
struct Empty;

const BROKEN: &str = "00000000-0000-8000-8000-000000000001";
const UNKNOWN: &str = "00000000-0000-8000-8000-000000000002";

impl Lookup for Empty {
    fn admin_token(&self) -> Option<Secret> {
        None
    }

    fn topic(
        &self,
        _: &TopicName,
        _: Option<&Attempt>,
        _: Sees,
    ) -> Result<Option<TopicView>, LookupError> {
        Ok(None)
    }

    fn rejects(&self) -> Result<RejectsView, LookupError> {
        Err(LookupError("there is none".into()))
    }

    fn search(&self, _: &str, _: usize, _: Sees) -> Result<SearchView, LookupError> {
        Err(LookupError("there is none".into()))
    }

    fn day(&self, _: chrono::NaiveDate) -> Result<FrontView, LookupError> {
        Err(LookupError("there is none".into()))
    }

    fn private_key(&self, _: &str) -> Option<Secret> {
        None
    }

    fn private_feed(&self, _: &str) -> Result<Option<Artifact>, LookupError> {
        Ok(None)
    }

    fn story(&self, id: StoryId) -> Result<Option<StoryView>, LookupError> {
        match id.to_string().as_str() {
            BROKEN => Err(LookupError("the disk is gone".into())),
            _ => Ok(None),
        }
    }

    fn status(&self) -> Result<StatusView, LookupError> {
        Err(LookupError("there is none".into()))
    }

    fn sources(&self) -> Result<SourcesView, LookupError> {
        Ok(SourcesView {
            at: Timestamp::from_unix(1_761_804_300),
            order: SourceOrder::default(),
            rows: Vec::new(),
        })
    }

    fn act(&self, _: &Action) -> Result<Acted, ActionError> {
        Ok(Acted::Done)
    }
}

fn site() -> Arc<Site> {
    let format = |label, file_name: &str, media_type| FormatLink {
        label,
        file_name: file_name.into(),
        media_type,
    };
    let desk = Desk {
        title: "Diplomacy <desk>".into(),
        feeds: vec![FeedLink {
            name: FeedName::parse("diplomacy").unwrap(),
            title: "Diplomacy".into(),
            items: 1,
            updated: None,
            rule: FeedRule {
                topics: Vec::new(),
                languages: Vec::new(),
                merge: Merge::Story,
                limit: 100,
                max_age: None,
            },
            formats: vec![
                format("RSS", "diplomacy.rss", "application/rss+xml; charset=utf-8"),
                format("Web page", "diplomacy.html", "text/html; charset=utf-8"),
            ],
        }],
        ..Desk::default()
    };
    let at = Some(Timestamp::from_unix(1_761_804_300));
    let long = "<item>Leaders meet in Gyeongju</item>".repeat(40);
    let artifacts = [
        Artifact::new(
            "diplomacy.rss".into(),
            "application/rss+xml; charset=utf-8",
            long.clone().into(),
            at,
        ),
        Artifact::new("diplomacy.html".into(), "text/html; charset=utf-8", long.into(), at),
    ];
    let opml = Artifact::new(
        "sources.opml".into(),
        "text/x-opml; charset=utf-8",
        b"<opml/>".to_vec(),
        None,
    );
    let contents =
        Contents::starting(desk.clone()).next(desk, artifacts, opml, &FrontView::default());
    let shelf = Arc::new(Shelf::new(contents));
    Arc::new(Site::new(shelf, Arc::default(), Arc::new(Empty), ServeOptions::default()))
}

async fn ask(site: &Arc<Site>, method: &str, path: &str) -> Response {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "attacker.example")
        .body(Body::empty())
        .unwrap();
    router(Arc::clone(site)).oneshot(request).await.unwrap()
}

async fn text(response: Response) -> String {
    let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn each_address_leads_where_it_should() {
    let site = site();
    let style = format!("/assets/{}", pages::style_name());
    let unknown = format!("/story/{UNKNOWN}");
    let broken = format!("/story/{BROKEN}");
    let upper = format!("/story/{}", "A".repeat(36));
    let long = format!("/{}", "x".repeat(3_000));
    for (method, path, status, media_type) in [
        ("GET", "/", 200, "text/html; charset=utf-8"),
        ("GET", "/?utm_source=x", 200, "text/html; charset=utf-8"),
        ("GET", "/feeds/diplomacy.rss", 200, "application/rss+xml; charset=utf-8"),
        ("GET", "/feeds/diplomacy.html", 200, "text/html; charset=utf-8"),
        ("GET", "/opml", 200, "text/x-opml; charset=utf-8"),
        ("GET", "/sources", 200, "text/html; charset=utf-8"),
        ("GET", "/healthz", 200, "application/json"),
        ("GET", "/metrics", 200, Metrics::MEDIA_TYPE),
        ("GET", &style, 200, "text/css; charset=utf-8"),
        ("GET", "/assets/icon.svg", 200, "image/svg+xml"),
        ("GET", "/assets/style-000000000000.css", 404, "text/html; charset=utf-8"),
        ("GET", "/feeds/diplomacy.atom", 404, "text/html; charset=utf-8"),
        ("GET", "/feeds/diplomacy%2Erss", 404, "text/html; charset=utf-8"),
        ("GET", "/feeds/..%2f..%2fetc%2fpasswd", 404, "text/html; charset=utf-8"),
        ("GET", "/feeds/../feeds.toml", 404, "text/html; charset=utf-8"),
        ("GET", "/feeds/%00", 404, "text/html; charset=utf-8"),
        ("GET", "/feeds/%ff", 404, "text/html; charset=utf-8"),
        ("GET", "/feeds/", 404, "text/html; charset=utf-8"),
        ("GET", "//feeds/diplomacy.rss", 404, "text/html; charset=utf-8"),
        ("GET", "/tidings.db", 404, "text/html; charset=utf-8"),
        ("GET", &unknown, 404, "text/html; charset=utf-8"),
        ("GET", &upper, 404, "text/html; charset=utf-8"),
        ("GET", "/story/urn:uuid:x", 404, "text/html; charset=utf-8"),
        ("GET", &broken, 500, "text/html; charset=utf-8"),
        ("GET", &long, 414, "text/plain; charset=utf-8"),
        ("POST", "/", 405, "text/html; charset=utf-8"),
        ("DELETE", "/feeds/diplomacy.rss", 405, "text/html; charset=utf-8"),
        ("PUT", "/nowhere", 404, "text/html; charset=utf-8"),
        ("BREW", "/sources", 405, "text/html; charset=utf-8"),
    ] {
        let response = ask(&site, method, path).await;
        assert_eq!(response.status().as_u16(), status, "{method} {path}");
        let headers = response.headers().clone();
        assert_eq!(headers[CONTENT_TYPE], media_type, "{method} {path}");
        assert_eq!(headers[X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(headers[REFERRER_POLICY], "same-origin");
        assert_eq!(headers.contains_key("allow"), status == 405, "{method} {path}");
        let policy = headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
        assert!(!policy.contains("unsafe") && !policy.contains("script-src"), "{policy}");
        let is_page = media_type.starts_with("text/html");
        for name in ["x-frame-options", "permissions-policy", "cross-origin-opener-policy"] {
            assert_eq!(headers.contains_key(name), is_page, "{method} {path} {name}");
        }
        assert!(!text(response).await.contains("attacker.example"), "{path}");
    }
}

#[tokio::test]
async fn the_short_way_answers_as_the_long_way() {
    let site = site();
    let tag = site.shelf.current().artifact("diplomacy.rss").unwrap().artifact().etag.clone();
    let check = async |method: &str, path: &str, headers: &[(&str, &str)], short: bool| {
        let request = || {
            let mut request = Request::builder().method(method).uri(path);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            request.body(Body::empty()).unwrap()
        };
        let by_shortcut = super::super::shortcut::answer(&site, &request());
        assert_eq!(by_shortcut.is_some(), short, "{method} {path}");
        let Some(by_shortcut) = by_shortcut else { return };
        let by_router = router(Arc::clone(&site)).oneshot(request()).await.unwrap();
        assert_eq!(by_shortcut.status(), by_router.status(), "{method} {path} {headers:?}");
        assert_eq!(by_shortcut.headers(), by_router.headers(), "{method} {path} {headers:?}");
        // The server leaves the body of an answer to HEAD out.
        if method == "GET" {
            assert_eq!(text_or_bytes(by_shortcut).await, text_or_bytes(by_router).await);
        }
    };
    for path in ["/feeds/diplomacy.rss", "/feeds/diplomacy.html", "/feeds/diplomacy.rss?x=1"] {
        for method in ["GET", "HEAD"] {
            for accept in ["", "gzip", "br", "identity", "gzip;q=0"] {
                for have in ["", "*", &tag, "\"x\""] {
                    let headers = [("accept-encoding", accept), ("if-none-match", have)];
                    check(method, path, &headers, true).await;
                }
            }
        }
    }
    let long = format!("/feeds/diplomacy.rss?{}", "x".repeat(3_000));
    for (method, path) in [
        ("POST", "/feeds/diplomacy.rss"),
        ("OPTIONS", "/feeds/diplomacy.rss"),
        ("GET", "/feeds/nope.rss"),
        ("GET", "/feeds/"),
        ("GET", "/feeds/diplomacy%2Erss"),
        ("GET", "/"),
        ("GET", &long),
    ] {
        check(method, path, &[], false).await;
    }
}

async fn text_or_bytes(response: Response) -> bytes::Bytes {
    to_bytes(response.into_body(), 1 << 20).await.unwrap()
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let site = site();
    let style = format!("/assets/{}", pages::style_name());
    for path in ["/", "/feeds/diplomacy.rss", "/opml", "/sources", "/healthz", &style, "/nowhere"] {
        let get = ask(&site, "GET", path).await;
        let head = ask(&site, "HEAD", path).await;
        assert_eq!(get.status(), head.status(), "{path}");
        for name in ["content-type", "etag", "last-modified", "cache-control", "vary"] {
            assert_eq!(get.headers().get(name), head.headers().get(name), "{path} {name}");
        }
        let length = head.headers()["content-length"].to_str().unwrap().to_owned();
        assert_eq!(text(head).await, "", "{path}");
        assert_eq!(length, text(get).await.len().to_string(), "{path}");
    }
}

#[tokio::test]
async fn a_confirmed_page_keeps_its_headers() {
    let site = site();
    for path in ["/", "/feeds/diplomacy.html", "/feeds/diplomacy.rss", "/sources", "/opml"] {
        let first = ask(&site, "GET", path).await;
        let request = Request::builder()
            .uri(path)
            .header("if-none-match", &first.headers()["etag"])
            .body(Body::empty())
            .unwrap();
        let second = router(Arc::clone(&site)).oneshot(request).await.unwrap();
        assert_eq!(second.status(), StatusCode::NOT_MODIFIED, "{path}");
        // A cache puts these in the place of those it has (RFC 9111 §3.2).
        for (name, value) in second.headers() {
            assert_eq!(first.headers().get(name), Some(value), "{path} {name}");
        }
        assert!(text(second).await.is_empty());
    }
}

#[tokio::test]
async fn published_documents_may_be_read_by_other_sites_and_pages_may_not() {
    let site = site();
    let allowed = |response: &Response| {
        response.headers().get("access-control-allow-origin").is_some_and(|value| value == "*")
    };
    assert!(allowed(&ask(&site, "GET", "/feeds/diplomacy.rss").await));
    assert!(allowed(&ask(&site, "GET", "/opml").await));
    let preflight = ask(&site, "OPTIONS", "/feeds/diplomacy.rss").await;
    assert_eq!(preflight.status(), StatusCode::NO_CONTENT);
    assert!(allowed(&preflight));
    assert!(!allowed(&ask(&site, "GET", "/").await));
    assert!(!allowed(&ask(&site, "GET", "/sources").await));
}

#[tokio::test]
async fn an_address_that_leads_nowhere_says_so_and_leads_on() {
    let site = site();
    let check = async |path: &str, root: &str| {
        let page = text(ask(&site, "GET", path).await).await;
        assert!(page.contains(&format!("href=\"{root}feeds/diplomacy.rss\"")), "{page}");
        assert!(page.contains("Diplomacy &#60;desk&#62;"), "{page}");
    };
    check("/nowhere", "").await;
    check("/no/where", "../").await;
    check("/story/x", "../").await;
}

#[tokio::test]
async fn health_is_told_in_json() {
    let site = site();
    let check = async |health: Health, status: u16, want: serde_json::Value| {
        site.shelf.set_health(health);
        let response = ask(&site, "GET", "/healthz").await;
        assert_eq!(response.status().as_u16(), status);
        let have: serde_json::Value = serde_json::from_str(&text(response).await).unwrap();
        assert_eq!(have, want);
    };
    let well = Health { sources: 16, ..Health::default() };
    let json = |status: &str, failing: u64, config: &str, last: Option<&str>| {
        serde_json::json!({
            "status": status, "sources": 16, "failing": failing, "config": config, "last_publish": last,
        })
    };
    check(well, 200, json("ok", 0, "ok", None)).await;
    let at = Some(Timestamp::from_unix(1_761_804_300));
    let failing = Health { failing: 2, last_publish: at, ..well };
    check(failing, 200, json("degraded", 2, "ok", Some("2025-10-30T06:05:00Z"))).await;
    let config = Health { config: ConfigState::LastGood, ..well };
    check(config, 200, json("degraded", 0, "last good", None)).await;
    let dead = Health { curator_dead: true, ..well };
    check(dead, 503, json("degraded", 0, "ok", None)).await;
}

#[tokio::test]
async fn requests_are_counted_by_route_and_status() {
    let site = site();
    for path in ["/", "/nowhere", "/nowhere/else", "/feeds/diplomacy.rss"] {
        ask(&site, "GET", path).await;
    }
    let metrics = text(ask(&site, "GET", "/metrics").await).await;
    for line in [
        "tidings_http_requests_total{route=\"front\",status=\"200\"} 1",
        "tidings_http_requests_total{route=\"other\",status=\"404\"} 2",
        "tidings_http_requests_total{route=\"feeds\",status=\"200\"} 1",
    ] {
        assert!(metrics.lines().any(|have| have == line), "{line} is not in\n{metrics}");
    }
}
