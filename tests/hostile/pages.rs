//! The pages that `tidings serve` shows, with nothing but hostile sources to show.

use std::time::Duration;

use serde_json::Value;

use crate::corpus::{Corpus, Replay, Row};
use crate::published::{active_parts, first_forbidden};
use crate::stored::{NOW, desk_of, documents_of};
use crate::support::desk::Desk;
use crate::support::python::Python;
use crate::support::until;

/// No page has a script, a handler or an address of another kind, or a character that turns text around, and none asks anyone else for anything.
#[test]
fn no_page_shows_what_a_publisher_made_active() {
    let Some(corpus) = Corpus::open() else { return };
    let Some(python) = Python::with(&[]) else { return };
    let replay = Replay::start(&corpus, &python, None);
    let classes = ["xss", "text", "link", "xml-namespace", "encoding", "date"];
    let rows: Vec<&Row> =
        corpus.rows.iter().filter(|row| classes.contains(&row.class.as_str())).collect();
    let config = desk_of(rows.iter().map(|row| (row.key(), replay.url(row))));
    let desk = Desk::new(&config.replace("listen = \"off\"", "listen = \"127.0.0.1:0\""));
    let service = desk.serve_at(Some(NOW));
    until("every entry is on the shelf", Duration::from_secs(60), || {
        let lines = desk.run_at(Some(NOW), &["status", "--json"]).json();
        let sources: Vec<_> = lines.iter().filter(|line| line["source"].is_string()).collect();
        let entries: u64 = sources.iter().map(|line| line["entries"].as_u64().unwrap()).sum();
        let (_, _, feed) = service.get("/feeds/all.json", &[]);
        let shown =
            serde_json::from_slice::<Value>(&feed).unwrap()["items"].as_array().map_or(0, Vec::len);
        (sources.iter().all(|line| line["polls"] != 0) && shown as u64 == entries).then_some(())
    });
    let items = documents_of(&desk, "all").items();
    assert!(items.len() > 1_000, "{}", items.len());
    // Every sixth, for time.
    let stories = items
        .iter()
        .step_by(6)
        .map(|item| item["id"].as_str().unwrap().replace("urn:uuid:", "/story/"));
    let feeds = rows.iter().map(|row| format!("/feeds/{}.html", row.key()));
    let pages: Vec<String> =
        ["/".to_owned(), "/sources".to_owned()].into_iter().chain(stories).chain(feeds).collect();
    let mut shown = 0;
    for page in pages {
        let (status, headers, body) = service.get(&page, &[]);
        // An entry that stands by itself in its feed has no page of its own where it joined a story.
        assert!(
            status == 200 || (status == 404 && page.starts_with("/story/")),
            "{page}: {status}"
        );
        shown += usize::from(status == 200);
        let policy = headers.iter().find(|(name, _)| name == "content-security-policy");
        assert!(
            policy.is_some_and(|(_, policy)| policy.contains("default-src 'none'")),
            "{page}: {policy:?}"
        );
        let html = String::from_utf8(body).unwrap();
        assert_eq!(first_forbidden(&html), None, "{page}");
        let document = scraper::Html::parse_document(&html);
        assert_eq!(foreign_parts(&document, &page), Vec::<String>::new(), "{page}");
        let active = active_parts(&document).to_lowercase();
        for absent in [
            "<script",
            " on",
            "\"javascript:",
            "\"data:",
            "\"vbscript:",
            "<iframe",
            "<object",
            "<base",
            "srcdoc",
            "pwn(",
        ] {
            let at = active
                .find(absent)
                .map(|at| &active[at.saturating_sub(60)..active.len().min(at + 80)]);
            assert_eq!(at, None, "{absent:?} in {page}");
        }
    }
    assert!(shown > 100, "{shown}");
    service.stop();
}

/// Forms that lead elsewhere, and drawings that are not our own: those of `/sources`, made of strokes and words alone.
fn foreign_parts(document: &scraper::Html, page: &str) -> Vec<String> {
    let all = |selector: &str| {
        document.select(&scraper::Selector::parse(selector).unwrap()).collect::<Vec<_>>()
    };
    let mut found = Vec::new();
    for form in all("form, [formaction]") {
        for name in ["action", "formaction"] {
            let to = form.value().attr(name).unwrap_or_default().trim();
            if to.starts_with("//") || to.contains(':') || to.contains('\\') {
                found.push(form.html());
            }
        }
    }
    let own = ["path", "polyline", "rect", "line", "circle", "g", "title", "desc"];
    for drawing in all("svg") {
        let is_own = drawing
            .descendants()
            .skip(1)
            .filter_map(scraper::ElementRef::wrap)
            .all(|part| own.contains(&part.value().name()));
        if page != "/sources" || drawing.value().attr("role") != Some("img") || !is_own {
            found.push(drawing.html());
        }
    }
    found
}
