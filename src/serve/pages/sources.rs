//! The health of the sources.

use std::cmp::Reverse;

use askama::Template;
use chrono::{Datelike as _, NaiveDate};

use super::words::{self, Moment};
use super::{Desk, Forms, Frame, Place, Visit, rendered};
use crate::model::due::Due;
use crate::model::health::{DayCount, Finding, FindingKind, Severity};
use crate::model::source::SourceKey;
use crate::model::time::Timestamp;
use crate::model::url::WebUrl;

/// What the page of the sources shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourcesView {
    /// When this was looked up.
    pub at: Timestamp,
    /// The order of the rows.
    pub order: SourceOrder,
    /// The sources, in the order of the configuration.
    pub rows: Vec<SourceRow>,
}

/// In which order sources are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SourceOrder {
    /// What is worst first.
    #[default]
    Severity,
    /// By name.
    Name,
    /// What is polled next first.
    Due,
    /// As in the configuration.
    File,
}

impl SourceOrder {
    const ALL: [SourceOrder; 4] =
        [SourceOrder::Severity, SourceOrder::Name, SourceOrder::Due, SourceOrder::File];

    /// The order of this name; `None` if there is none.
    pub fn parse(name: &str) -> Option<SourceOrder> {
        SourceOrder::ALL.into_iter().find(|order| order.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            SourceOrder::Severity => "severity",
            SourceOrder::Name => "name",
            SourceOrder::Due => "due",
            SourceOrder::File => "file",
        }
    }
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
    /// Whether the curator leaves it alone for now.
    pub paused: bool,
    /// Whether its server said that it is gone for good.
    pub gone: bool,
    /// Why the last poll failed; `None` if it did not.
    pub error: Option<SourceProblem>,
    /// Entries in the store.
    pub entries: u64,
    /// Entries that some topic keeps.
    pub kept: u64,
    /// The last poll that told what the source holds.
    pub last_success: Option<Timestamp>,
    /// The earliest next poll and what decided it; `None` if there will be none.
    pub next_due: Option<Due>,
    /// Polls in all.
    pub polls: u64,
    /// Polls answered by "not modified".
    pub not_modified: u64,
    /// Bytes received.
    pub bytes: u64,
    /// What was repaired at the last read.
    pub repairs: usize,
    /// What stands against it, the worst first.
    pub findings: Vec<Finding>,
    /// What stood against it, the last first.
    pub earlier: Vec<Finding>,
    /// What it did lately.
    pub days: Vec<DayCount>,
}

impl SourceRow {
    /// The worst first: failures, then findings, then what is well, then what is paused.
    fn severity(&self) -> Reverse<u8> {
        let found = self.findings.iter().map(|finding| finding.kind.severity()).max();
        Reverse(match (&self.error, found) {
            _ if self.paused => 0,
            (Some(_), _) => 5,
            (None, Some(Severity::Loss)) => 4,
            (None, Some(Severity::Warning)) => 3,
            (None, Some(Severity::Notice)) => 2,
            (None, None) => 1,
        })
    }
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
    /// How many there were.
    pub failures: u32,
}

/// Renders the page of the sources. `forms` is for whoever may add and pause some.
pub fn sources(desk: &Desk, visit: &Visit, view: &SourcesView, forms: Option<&Forms>) -> String {
    let today = words::day(view.at, desk.zone);
    let say = |at: Timestamp| words::moment(at, desk.zone, Some(today), visit.tongue);
    let words = visit.tongue.words();
    let finding = |finding: &Finding| {
        let (title, advice) = words.sources.finding(finding.kind);
        FindingPart {
            kind: finding.kind,
            title,
            advice,
            severity: words.sources.severity(finding.kind.severity()),
            words: finding.words.clone(),
            first: say(finding.first),
            last: say(finding.last),
            closed: finding.closed.map(say),
        }
    };
    let mut rows: Vec<&SourceRow> = view.rows.iter().collect();
    match view.order {
        SourceOrder::Severity => rows.sort_by_key(|row| row.severity()),
        SourceOrder::Name => rows.sort_by_key(|row| row.name.to_lowercase()),
        SourceOrder::Due => {
            rows.sort_by_key(|row| row.next_due.map_or(Timestamp::MAX, |due| due.at));
        }
        SourceOrder::File => {}
    }
    let rows: Vec<RowPart<'_>> = rows
        .into_iter()
        .map(|row| RowPart {
            row,
            link: WebUrl::parse(&row.url),
            since: row.error.as_ref().map(|error| say(error.since)),
            last_success: row.last_success.map(say),
            next: row.next_due.map(|due| (say(due.at), words.sources.why(due.why))),
            unchanged_percent: row
                .not_modified
                .saturating_mul(100)
                .checked_div(row.polls)
                .filter(|_| row.polls > 0),
            received: bytes(row.bytes),
            findings: row.findings.iter().map(finding).collect(),
            earlier: row.earlier.iter().map(finding).collect(),
            spark: spark(&row.days, today),
        })
        .collect();
    let order = |order: SourceOrder, name| (order.name(), name, order == view.order);
    rendered(&Page {
        frame: Frame::new(desk, visit, "", Some(words.frame.sources)).at(Place::Sources),
        at: say(view.at),
        failing: rows.iter().filter(|part| part.row.error.is_some()).count(),
        found: rows.iter().map(|part| part.findings.len()).sum(),
        orders: [
            order(SourceOrder::Severity, words.sources.by_severity),
            order(SourceOrder::Name, words.sources.by_name),
            order(SourceOrder::Due, words.sources.by_due),
            order(SourceOrder::File, words.sources.by_file),
        ],
        rows,
        forms,
    })
}

/// Bytes in a unit that people read: `870 kB`.
pub(super) fn bytes(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    let Some((unit, name)) = UNITS.iter().find(|(unit, _)| bytes >= *unit) else {
        return format!("{bytes} B");
    };
    let tenths = bytes / (unit / 10);
    if tenths >= 100 {
        return format!("{} {name}", tenths / 10);
    }
    format!("{}.{} {name}", tenths / 10, tenths % 10)
}

/// So many days are drawn.
const DAYS: i32 = 14;
/// The height of bars above the line and below it, and how far apart days are.
const ABOVE: u32 = 22;
const BELOW: u32 = 10;
const STEP: i32 = 8;

/// The last days as bars: new entries above the line, failed polls below it.
fn spark(days: &[DayCount], today: NaiveDate) -> Spark {
    let last = today.num_days_from_ce();
    let shown: Vec<&DayCount> = days.iter().filter(|day| day.day > last - DAYS).collect();
    let most = shown.iter().map(|day| day.items).max().unwrap_or(0).max(1);
    let worst = shown.iter().map(|day| day.errors).max().unwrap_or(0).max(1);
    // What is there is seen, however little.
    let height = |count: u32, most: u32, room: u32| match count {
        0 => 0,
        count => (u64::from(count) * u64::from(room)).div_ceil(u64::from(most)).clamp(2, 99),
    };
    let bars = shown.iter().map(|day| {
        let items = height(day.items, most, ABOVE);
        Bar {
            x: (DAYS - 1 - (last - day.day)) * STEP,
            items,
            top: u64::from(ABOVE) - items.min(u64::from(ABOVE)),
            errors: height(day.errors, worst, BELOW),
        }
    });
    Spark {
        bars: bars.collect(),
        items: shown.iter().map(|day| u64::from(day.items)).sum(),
        errors: shown.iter().map(|day| u64::from(day.errors)).sum(),
    }
}

#[derive(Template)]
#[template(path = "sources.html", whitespace = "minimize")]
struct Page<'a> {
    frame: Frame<'a>,
    at: Moment,
    failing: usize,
    found: usize,
    orders: [(&'static str, &'static str, bool); 4],
    rows: Vec<RowPart<'a>>,
    forms: Option<&'a Forms>,
}

struct RowPart<'a> {
    row: &'a SourceRow,
    /// The address, where a browser can go to it.
    link: Option<WebUrl>,
    since: Option<Moment>,
    last_success: Option<Moment>,
    next: Option<(Moment, &'static str)>,
    unchanged_percent: Option<u64>,
    received: String,
    findings: Vec<FindingPart>,
    earlier: Vec<FindingPart>,
    spark: Spark,
}

struct FindingPart {
    kind: FindingKind,
    title: &'static str,
    advice: &'static str,
    severity: &'static str,
    words: String,
    first: Moment,
    last: Moment,
    closed: Option<Moment>,
}

struct Spark {
    bars: Vec<Bar>,
    items: u64,
    errors: u64,
}

struct Bar {
    x: i32,
    /// The height of the bar of entries, and where it begins.
    items: u64,
    top: u64,
    /// The height of the bar of errors.
    errors: u64,
}

#[cfg(test)]
mod tests {
    use scraper::Html;

    use super::*;
    use crate::model::due::Why;
    use crate::serve::Sees;
    use crate::serve::pages::Tongue;
    use crate::serve::pages::checks::{HOSTILE, assert_tame, texts};

    const AT: Timestamp = Timestamp::MIN;

    fn at(hours: u64) -> Timestamp {
        Timestamp::from_unix(1_761_804_400) - std::time::Duration::from_hours(hours)
    }

    fn row(key: &str, error: Option<&str>) -> SourceRow {
        SourceRow {
            key: SourceKey::parse(key).unwrap(),
            name: format!("The {key}"),
            url: "https://a.example/feed".into(),
            paused: false,
            gone: false,
            error: error.map(|message| SourceProblem {
                class: "timeout".into(),
                message: message.into(),
                since: at(30),
                failures: 3,
            }),
            entries: 40,
            kept: 3,
            last_success: Some(at(1)),
            next_due: Some(Due { at: at(0), why: Why::Fresh }),
            polls: 8,
            not_modified: 6,
            bytes: 12_345,
            repairs: 0,
            findings: Vec::new(),
            earlier: Vec::new(),
            days: Vec::new(),
        }
    }

    fn finding(kind: FindingKind, closed: Option<Timestamp>) -> Finding {
        Finding {
            kind,
            first: at(50),
            last: at(2),
            opened: Some(at(48)),
            closed,
            times: 1,
            words: "what was seen".into(),
            suspicion: None,
        }
    }

    fn shown_in(rows: Vec<SourceRow>, order: SourceOrder, forms: Option<&Forms>) -> Html {
        let visit = Visit {
            sees: if forms.is_some() { Sees::Private } else { Sees::Public },
            ..Visit::anybody(Tongue::English)
        };
        let view = SourcesView { at: at(0), order, rows };
        let html = sources(&Desk::default(), &visit, &view, forms);
        assert_tame(&html);
        Html::parse_document(&html)
    }

    fn shown(rows: Vec<SourceRow>) -> Html {
        shown_in(rows, SourceOrder::Severity, None)
    }

    #[test]
    fn what_is_worst_stands_first() {
        let found =
            |key: &str, kind| SourceRow { findings: vec![finding(kind, None)], ..row(key, None) };
        let rows = || {
            vec![
                SourceRow { paused: true, ..row("p", Some("x")) },
                row("b", None),
                found("n", FindingKind::GuidsChanged),
                found("s", FindingKind::Silent),
                row("a", Some("no answer within 20 s")),
            ]
        };
        let keys = |page: &Html| texts(page, "tbody th .key");
        let page = shown(rows());
        assert_eq!(keys(&page), ["a", "s", "n", "b", "p"]);
        assert!(texts(&page, ".standfirst")[0].starts_with("5 sources, 2 failing, 2 findings"));
        assert_eq!(texts(&page, "td.number")[..4], ["8", "75 %", "12 kB", "40"]);
        assert!(texts(&page, ".why")[0].contains("3 times in a row"));
        assert_eq!(keys(&shown_in(rows(), SourceOrder::Name, None)), ["a", "b", "n", "p", "s"]);
        assert_eq!(keys(&shown_in(rows(), SourceOrder::File, None)), ["p", "b", "n", "s", "a"]);
        assert!(texts(&page, "td")[2].contains("fresh until then"), "{:?}", texts(&page, "td"));
    }

    #[test]
    fn findings_say_what_was_seen_and_what_to_do() {
        let mut bad = row("a", None);
        bad.findings = vec![finding(FindingKind::Parked, None)];
        bad.earlier = vec![finding(FindingKind::NoItems, Some(AT))];
        let page = shown(vec![bad]);
        let found = texts(&page, ".finding");
        assert!(found[0].starts_with("Parked domain nothing comes in what was seen"), "{found:?}");
        assert!(found[0].contains("find its new one"), "{found:?}");
        assert!(texts(&page, "details")[0].contains("No items any more"));
    }

    #[test]
    fn days_are_bars_and_words() {
        let today = at(0).to_utc().date_naive().num_days_from_ce();
        let day = |ago, items, errors| DayCount {
            day: today - ago,
            items,
            errors,
            ..DayCount::default()
        };
        let busy =
            SourceRow { days: vec![day(20, 99, 9), day(3, 40, 0), day(0, 1, 2)], ..row("a", None) };
        let page = shown(vec![busy]);
        let svg = scraper::Selector::parse("svg.spark").unwrap();
        let svg = page.select(&svg).next().unwrap().value();
        assert_eq!(svg.attr("role"), Some("img"));
        assert_eq!(svg.attr("aria-label"), Some("In 14 days 41 new entries and 2 failed polls"));
        assert_eq!(texts(&page, "rect.items").len(), 2);
        assert_eq!(texts(&page, "rect.errors").len(), 1);
    }

    #[test]
    fn forms_are_for_the_curator() {
        let rows = || vec![row("a", None), SourceRow { paused: true, ..row("b", None) }];
        assert!(texts(&shown(rows()), "form").is_empty());
        let forms = Forms { token: "t".into() };
        let page = shown_in(rows(), SourceOrder::File, Some(&forms));
        assert_eq!(texts(&page, "form button"), ["Pause", "Resume", "Find and add"]);
        assert_eq!(texts(&page, "form input[name=form-token][value=t]").len(), 3);
    }

    #[test]
    fn a_source_never_polled_and_no_source_are_said_in_words() {
        let fresh = SourceRow { polls: 0, not_modified: 0, last_success: None, ..row("a", None) };
        let page = shown(vec![fresh]);
        assert_eq!(texts(&page, ".state"), ["not polled yet"]);
        assert!(texts(&shown(Vec::new()), "main")[0].contains("No sources yet"));
    }

    #[test]
    fn bytes_are_said_in_their_unit() {
        let check = |count: u64, want: &str| assert_eq!(bytes(count), want);
        check(999, "999 B");
        check(1_000, "1.0 kB");
        check(12_345, "12 kB");
        check(9_990_000_000, "9.9 GB");
    }

    #[test]
    fn what_sources_write_is_text() {
        for hostile in HOSTILE {
            let mut bad = row("a", Some(hostile));
            bad.name = hostile.into();
            bad.url = format!("javascript:{hostile}");
            bad.findings =
                vec![Finding { words: hostile.into(), ..finding(FindingKind::Silent, None) }];
            let page = shown(vec![bad]);
            assert!(texts(&page, "tbody th a").is_empty());
            let text = hostile.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(texts(&page, "tbody th")[0].starts_with(&text));
        }
    }
}
