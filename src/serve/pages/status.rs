//! The service, for whoever runs it.

use askama::Template;

use super::words::{self, Moment};
use super::{Desk, FeedLink, Frame, Place, Visit, rendered, sources};
use crate::model::health::FindingKind;
use crate::model::time::Timestamp;

/// What the page of the service shows from the store and the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StatusView {
    /// When this was looked up.
    pub at: Option<Timestamp>,
    /// When the service started.
    pub started: Option<Timestamp>,
    /// What is wrong with the configuration file, while the last good one is in force.
    pub refused: Option<String>,
    /// Why something could not be published.
    pub unpublished: Option<String>,
    /// Sources that are due.
    pub due: usize,
    /// Sources that will be due within the hour.
    pub due_soon: usize,
    /// Sources that will be due after that.
    pub due_later: usize,
    /// Sources that are not polled: paused, or gone for good.
    pub never_due: usize,
    /// What is polled next, and when.
    pub next: Option<(String, Timestamp)>,
    /// The size of the database, in bytes.
    pub store_bytes: u64,
    /// Entries in the store.
    pub entries: u64,
    /// The names of the sources that fail.
    pub failing: Vec<String>,
    /// What stands against sources, by kind, with the names of the sources.
    pub findings: Vec<(FindingKind, Vec<String>)>,
}

/// What the running service knows of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Running {
    /// When something published last changed.
    pub last_publish: Option<Timestamp>,
    /// Answers that wait to be stored.
    pub queued: u64,
    /// Headlines that wait for the encoder.
    pub backlog: u64,
    /// Open stories.
    pub stories: u64,
}

/// Renders the page of the service.
pub fn status(desk: &Desk, visit: &Visit, view: &StatusView, running: &Running) -> String {
    let today = view.at.map(|at| words::day(at, desk.zone));
    let say = |at: Timestamp| words::moment(at, desk.zone, today, visit.tongue);
    let words = visit.tongue.words();
    let findings = view.findings.iter().map(|(kind, names)| {
        let (title, _) = words.sources.finding(*kind);
        (title, words.sources.severity(kind.severity()), names.join(words.frame.comma))
    });
    let feeds = desk.feeds.iter().map(|feed| (feed, feed.updated.map(say)));
    rendered(&Page {
        frame: Frame::new(desk, visit, "", Some(words.status.title)).at(Place::Status),
        at: view.at.map(say),
        view,
        started: view.started.map(say),
        published: running.last_publish.map(say),
        next: view.next.as_ref().map(|(name, at)| (name.as_str(), say(*at))),
        size: sources::bytes(view.store_bytes),
        failing: view.failing.join(words.frame.comma),
        findings: findings.collect(),
        feeds: feeds.collect(),
        running,
        version: env!("CARGO_PKG_VERSION"),
    })
}

#[derive(Template)]
#[template(path = "status.html", whitespace = "minimize")]
struct Page<'a> {
    frame: Frame<'a>,
    at: Option<Moment>,
    view: &'a StatusView,
    started: Option<Moment>,
    published: Option<Moment>,
    next: Option<(&'a str, Moment)>,
    size: String,
    failing: String,
    /// Title, severity, names.
    findings: Vec<(&'static str, &'static str, String)>,
    feeds: Vec<(&'a FeedLink, Option<Moment>)>,
    running: &'a Running,
    version: &'static str,
}

#[cfg(test)]
mod tests {
    use scraper::Html;

    use super::*;
    use crate::serve::pages::Tongue;
    use crate::serve::pages::checks::{HOSTILE, assert_tame, texts};

    #[test]
    fn the_page_says_how_the_service_does() {
        let at = Timestamp::from_unix(1_761_804_400);
        for tongue in Tongue::ALL {
            let view = StatusView {
                at: Some(at),
                started: Some(at),
                refused: Some(HOSTILE[0].into()),
                unpublished: Some(HOSTILE[1].into()),
                due: 2,
                next: Some((HOSTILE[2].into(), at)),
                store_bytes: 2_500_000,
                entries: 400,
                failing: vec![HOSTILE[3].into()],
                findings: vec![(FindingKind::Silent, vec![HOSTILE[4].into(), "B".into()])],
                ..StatusView::default()
            };
            let html =
                status(&Desk::default(), &Visit::anybody(tongue), &view, &Running::default());
            assert_tame(&html);
            let text = texts(&Html::parse_document(&html), "main").join(" ");
            for part in ["2.5 MB", "400", "<script>alert(1)</script>", "{{ 7 * 7 }}"] {
                assert!(text.contains(part), "{part}: {text}");
            }
        }
    }
}
