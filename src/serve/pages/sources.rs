//! The health of the sources.

use askama::Template;

use super::words::{self, Moment};
use super::{Desk, Frame, Place, Visit, rendered};
use crate::model::source::SourceKey;
use crate::model::time::Timestamp;
use crate::model::url::WebUrl;

/// What the page of the sources shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourcesView {
    /// When this was looked up.
    pub at: Timestamp,
    /// The sources, in the order of the configuration.
    pub rows: Vec<SourceRow>,
}

/// One source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRow {
    /// Its stable name.
    pub key: SourceKey,
    /// Its name for people.
    pub name: String,
    /// Its address, without credentials.
    pub url: String,
    /// Why the last poll failed; `None` if it did not.
    pub error: Option<SourceProblem>,
    /// Entries in the store.
    pub entries: u64,
    /// Entries that some topic keeps.
    pub kept: u64,
    /// The last poll that told what the source holds.
    pub last_success: Option<Timestamp>,
    /// The earliest next poll; `None` if there will be none.
    pub next_due: Option<Timestamp>,
    /// Polls in all.
    pub polls: u64,
    /// Polls answered by "not modified".
    pub not_modified: u64,
}

/// Why a poll failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceProblem {
    /// A short word: `timeout`, `http-404`.
    pub class: String,
    /// In a line.
    pub message: String,
    /// When the row of failures began.
    pub since: Timestamp,
}

/// Renders the page of the sources: those that fail first, each group in the order given.
pub fn sources(desk: &Desk, visit: &Visit, view: &SourcesView) -> String {
    let today = Some(words::day(view.at, desk.zone));
    let say = |at: Timestamp| words::moment(at, desk.zone, today, visit.tongue);
    let mut rows: Vec<RowPart<'_>> = view
        .rows
        .iter()
        .map(|row| RowPart {
            row,
            link: WebUrl::parse(&row.url),
            since: row.error.as_ref().map(|error| say(error.since)),
            last_success: row.last_success.map(say),
            next_due: row.next_due.map(say),
            unchanged_percent: row
                .not_modified
                .saturating_mul(100)
                .checked_div(row.polls)
                .filter(|_| row.polls > 0),
        })
        .collect();
    rows.sort_by_key(|part| part.row.error.is_none());
    rendered(&Page {
        frame: Frame::new(desk, visit, "", Some(visit.tongue.words().frame.sources))
            .at(Place::Sources),
        at: say(view.at),
        failing: rows.iter().filter(|part| part.row.error.is_some()).count(),
        rows,
    })
}

#[derive(Template)]
#[template(path = "sources.html", whitespace = "minimize")]
struct Page<'a> {
    frame: Frame<'a>,
    at: Moment,
    failing: usize,
    rows: Vec<RowPart<'a>>,
}

struct RowPart<'a> {
    row: &'a SourceRow,
    /// The address, where a browser can go to it.
    link: Option<WebUrl>,
    since: Option<Moment>,
    last_success: Option<Moment>,
    next_due: Option<Moment>,
    unchanged_percent: Option<u64>,
}

#[cfg(test)]
mod tests {
    use scraper::Html;

    use super::*;
    use crate::serve::pages::checks::{HOSTILE, assert_tame, texts};

    fn row(key: &str, error: Option<&str>) -> SourceRow {
        SourceRow {
            key: SourceKey::parse(key).unwrap(),
            name: format!("The {key}"),
            url: "https://a.example/feed".into(),
            error: error.map(|message| SourceProblem {
                class: "timeout".into(),
                message: message.into(),
                since: Timestamp::from_unix(1_761_700_000),
            }),
            entries: 40,
            kept: 3,
            last_success: Some(Timestamp::from_unix(1_761_804_300)),
            next_due: None,
            polls: 8,
            not_modified: 6,
        }
    }

    fn shown(rows: Vec<SourceRow>) -> Html {
        let at = Timestamp::from_unix(1_761_804_400);
        let html = sources(&Desk::default(), &Visit::default(), &SourcesView { at, rows });
        assert_tame(&html);
        Html::parse_document(&html)
    }

    #[test]
    fn what_fails_stands_first() {
        let page =
            shown(vec![row("b", None), row("a", Some("no answer within 20 s")), row("c", None)]);
        assert_eq!(texts(&page, "tbody th"), ["The a a", "The b b", "The c c"]);
        assert_eq!(texts(&page, "tr.failing .why").len(), 1);
        assert!(texts(&page, ".standfirst")[0].starts_with("3 sources, 1 failing,"));
        assert_eq!(texts(&page, "td.number")[..4], ["40", "3", "8", "75 %"]);
    }

    #[test]
    fn a_source_never_polled_and_no_source_are_said_in_words() {
        let fresh = SourceRow { polls: 0, not_modified: 0, last_success: None, ..row("a", None) };
        let page = shown(vec![fresh]);
        assert_eq!(texts(&page, ".state"), ["not polled yet"]);
        assert!(texts(&shown(Vec::new()), "main")[0].contains("No sources yet"));
    }

    #[test]
    fn what_sources_write_is_text() {
        for hostile in HOSTILE {
            let mut bad = row("a", Some(hostile));
            bad.name = hostile.into();
            bad.url = format!("javascript:{hostile}");
            let page = shown(vec![bad]);
            assert!(texts(&page, "tbody th a").is_empty());
            let text = hostile.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(texts(&page, "tbody th")[0].starts_with(&text));
        }
    }
}
