//! `tidings status`.

use comfy_table::{Cell, CellAlignment, Color, ContentArrangement, LineStyle, Table, TableStyle};
use serde::Serialize;

use super::{CliError, Global, Outcome, output};
use crate::model::due::Why;
use crate::model::health::{DayCount, Finding};
use crate::model::moving::{ANSWERS, MoveEvent, MoveKind, Moving, SPAN};
use crate::model::source::SourceState;
use crate::model::time::Timestamp;
use crate::model::websub::{self, Subscription};
use crate::run::clock::Clock;
use crate::run::newsroom::absolute;
use crate::run::status::{FeedStatus, SourceStatus, Status, status};

/// Shows the health of each source and feed
///
/// Exit code 1 if a source is failing, something could not be published or the configuration has errors. With errors the sources that the store
/// remembers are shown.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Show this source only, with all that is known of it (may be repeated)
    #[arg(long, value_name = "KEY")]
    source: Vec<String>,
    /// A line of JSON for each source and feed
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: Args, global: &Global) -> Result<Outcome, CliError> {
    let now = Clock::from_environment().now();
    let mut status = status(&absolute(&global.config), now)?;
    if let Some(unknown) = args
        .source
        .iter()
        .find(|key| !status.sources.iter().any(|source| source.key.as_str() == *key))
    {
        return Err(CliError::Usage(format!(
            "no source has the key `{unknown}`; `tidings status` lists them all"
        )));
    }
    if !args.source.is_empty() {
        status.sources.retain(|source| args.source.iter().any(|key| key == source.key.as_str()));
        status.feeds.clear();
    }
    if args.json {
        lines(&status, now)?;
    } else {
        table(&status, !args.source.is_empty(), now);
    }
    let failing = status.sources.iter().any(|source| source.state.error.is_some());
    let Status { refused, unpublished, broken, .. } = status;
    if let Some(reason) = &unpublished {
        output::problem(&format!("not all could be published: {reason}"));
    }
    if let Some(report) = refused.as_ref().filter(|_| broken.is_none()) {
        output::problem(&format!("the running service keeps its last good configuration {report}"));
    }
    let attention = failing || unpublished.is_some() || refused.is_some() || broken.is_some();
    if let Some(error) = broken {
        CliError::Run(error).report();
        output::problem("what is shown is how things stood under the last good configuration");
    }
    Ok(if attention { Outcome::Attention } else { Outcome::Done })
}

/// A line for a source (contract 6.4).
#[derive(Debug, Serialize)]
struct SourceLine<'a> {
    source: &'a str,
    url: &'a str,
    ok: bool,
    error: Option<ErrorPart<'a>>,
    entries: u64,
    kept: u64,
    last_success: Option<String>,
    next_due: Option<String>,
    /// What decided it, in a word and in words.
    due_why: Option<&'static str>,
    due_reason: Option<String>,
    /// Where it has moved for good and is polled.
    moved_to: Option<&'a str>,
    polls: u64,
    not_modified: u64,
    bytes: u64,
    name: &'a str,
    failures: u32,
    gone: bool,
    paused: bool,
    notes: &'a [String],
    findings: Vec<FindingPart<'a>>,
    days: Vec<DayPart>,
    /// The hub that tells us of its changes, or should; `null` if it has none.
    push: Option<PushPart>,
}

#[derive(Debug, Serialize)]
struct PushPart {
    hub: String,
    /// Whether it does now.
    live: bool,
    /// The end of the lease.
    until: Option<String>,
    /// How it stands, in words.
    standing: String,
    pushes: u64,
    last_push: Option<String>,
    /// Documents that counted for nothing, because their signature was missing or wrong.
    forged: u64,
}

impl PushPart {
    fn of(subscription: &Subscription, now: Timestamp) -> PushPart {
        let until = subscription.live_until(now);
        PushPart {
            hub: websub::shown(&subscription.hub),
            live: until.is_some(),
            until: until.map(Timestamp::to_rfc3339),
            standing: subscription.standing.to_string(),
            pushes: subscription.pushes,
            last_push: subscription.last_push.map(Timestamp::to_rfc3339),
            forged: subscription.forged,
        }
    }
}

/// What stands against a source, or stood.
#[derive(Debug, Serialize)]
struct FindingPart<'a> {
    kind: &'static str,
    severity: &'static str,
    first: String,
    last: String,
    closed: Option<String>,
    words: &'a str,
    advice: &'static str,
}

/// What a source did on a day.
#[derive(Debug, Serialize)]
struct DayPart {
    day: String,
    polls: u32,
    errors: u32,
    not_modified: u32,
    items: u32,
    bytes: u64,
}

fn findings(state: &SourceState) -> Vec<FindingPart<'_>> {
    let found = state.health.open().into_iter().chain(state.health.closed());
    found.map(finding_part).collect()
}

fn finding_part(finding: &Finding) -> FindingPart<'_> {
    FindingPart {
        kind: finding.kind.name(),
        severity: finding.kind.severity().name(),
        first: finding.first.to_rfc3339(),
        last: finding.last.to_rfc3339(),
        closed: finding.closed.map(Timestamp::to_rfc3339),
        words: &finding.words,
        advice: finding.kind.advice(),
    }
}

fn day_part(count: &DayCount) -> DayPart {
    DayPart {
        day: count.date().map_or_else(String::new, |date| date.to_string()),
        polls: count.polls,
        errors: count.errors,
        not_modified: count.unchanged,
        items: count.items,
        bytes: count.bytes,
    }
}

#[derive(Debug, Serialize)]
struct ErrorPart<'a> {
    class: &'a str,
    message: &'a str,
    since: String,
}

/// A line for a feed (contract 6.4).
#[derive(Debug, Serialize)]
struct FeedLine<'a> {
    feed: &'a str,
    items: usize,
    updated: Option<String>,
    artifacts: Vec<String>,
    title: &'a str,
    /// `on` or `off`: whether its stories rest on what headlines mean, or on their words alone.
    encoder: Option<&'static str>,
}

fn lines(status: &Status, now: Timestamp) -> Result<(), CliError> {
    for SourceStatus { key, name, url, paused, state, counts, spacing: _ } in &status.sources {
        let error = state.error.as_ref().map(|error| ErrorPart {
            class: &error.class,
            message: &error.message,
            since: error.since.to_rfc3339(),
        });
        output::json(&SourceLine {
            source: key.as_str(),
            url,
            ok: error.is_none(),
            error,
            entries: counts.entries,
            kept: counts.kept,
            last_success: state.last_success.map(Timestamp::to_rfc3339),
            next_due: state.next_due.map(|due| due.at.to_rfc3339()),
            due_why: state.next_due.map(|due| due.why.word()),
            due_reason: state.next_due.map(|due| due.why.to_string()),
            moved_to: state.moves.adopted(),
            polls: state.polls,
            not_modified: state.not_modified,
            bytes: state.bytes,
            name,
            failures: state.failures,
            gone: state.gone,
            paused: *paused,
            notes: &state.notes,
            findings: findings(state),
            days: state.health.days.iter().map(day_part).collect(),
            push: status.subscriptions.get(key).map(|one| PushPart::of(one, now)),
        })?;
    }
    for FeedStatus { name, title, items, updated, artifacts } in &status.feeds {
        output::json(&FeedLine {
            feed: name.as_str(),
            items: *items,
            updated: updated.map(Timestamp::to_rfc3339),
            artifacts: artifacts.iter().map(|path| path.display().to_string()).collect(),
            title,
            encoder: status.encoder.map(|is_on| if is_on { "on" } else { "off" }),
        })?;
    }
    Ok(())
}

fn table(status: &Status, details: bool, now: Timestamp) {
    let failing = status.sources.iter().filter(|source| source.state.error.is_some()).count();
    output::line(&match failing {
        0 => format!("{} sources, none failing\n", status.sources.len()),
        failing => format!("{} sources, {failing} failing\n", status.sources.len()),
    });
    let mut table = new_table();
    table.set_header([
        "source",
        "health",
        "last success",
        "next due",
        "polls",
        "304",
        "entries",
        "kept",
    ]);
    for column in 4..8 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for source in &status.sources {
        let state = &source.state;
        table.add_row([
            Cell::new(shown(source.key.as_str())),
            health(source),
            Cell::new(state.last_success.map_or("never".to_owned(), |at| ago(now, at))),
            Cell::new(due(source, now)),
            Cell::new(state.polls),
            Cell::new(share(state.not_modified, state.polls)),
            Cell::new(source.counts.entries),
            Cell::new(source.counts.kept),
        ]);
    }
    output::raw(&table.to_string());
    output::raw("");
    if details {
        for source in &status.sources {
            detail(source);
            if let Some(subscription) = status.subscriptions.get(&source.key) {
                pushed(subscription, now);
            }
        }
    }
    if status.feeds.is_empty() {
        return;
    }
    let mut table = new_table();
    table.set_header(["feed", "items", "last change", "documents"]);
    for feed in &status.feeds {
        let names: Vec<String> = feed
            .artifacts
            .iter()
            .filter_map(|path| path.file_name())
            .map(|name| name.to_string_lossy().into_owned())
            .collect();
        table.add_row([
            Cell::new(shown(feed.name.as_str())),
            Cell::new(feed.items).set_alignment(CellAlignment::Right),
            Cell::new(feed.updated.map_or("never".to_owned(), |at| ago(now, at))),
            Cell::new(shown(&names.join(" "))),
        ]);
    }
    output::raw(&table.to_string());
    if status.encoder == Some(false) {
        output::line(
            "\nencoder off: only equal pages and equal or nearly equal headlines are one story",
        );
    }
}

/// A line below the header and no other: a desk of fifty sources should fit a screen.
const STYLE: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

fn new_table() -> Table {
    let mut table = Table::new();
    table.load_style(STYLE).set_content_arrangement(ContentArrangement::Dynamic);
    if !output::colours() {
        table.force_no_tty();
    }
    table
}

fn health(source: &SourceStatus) -> Cell {
    let state = &source.state;
    let kinds: Vec<&str> = state.health.open().iter().map(|finding| finding.kind.name()).collect();
    let kinds = kinds.join(", ");
    match &state.error {
        Some(error) => {
            let times = if state.failures > 1 {
                format!(" ({} times)", state.failures)
            } else {
                String::new()
            };
            let found = if kinds.is_empty() { String::new() } else { format!("; {kinds}") };
            Cell::new(shown(&format!("{}{times}{found}", error.message))).fg(Color::Red)
        }
        None if source.paused => Cell::new("paused"),
        None if state.polls == 0 => Cell::new("not polled yet"),
        None if !kinds.is_empty() => Cell::new(kinds).fg(Color::Yellow),
        None if !state.notes.is_empty() => Cell::new("ok, with repairs").fg(Color::Yellow),
        None => Cell::new("ok").fg(Color::Green),
    }
}

fn due(source: &SourceStatus, now: Timestamp) -> String {
    match source.state.next_due {
        _ if source.paused => "never: paused".to_owned(),
        _ if source.state.gone => "never: gone for good".to_owned(),
        Some(due) if due.at > now => {
            let wait = span(due.at.since(now).as_secs());
            match due.why {
                // What nobody wonders about is not said in a table.
                Why::Schedule | Why::New => format!("in {wait}"),
                Why::Rhythm
                | Why::Fresh
                | Why::Ttl
                | Why::UpdatePeriod
                | Why::SkipHours
                | Why::SkipDays
                | Why::RetryAfter
                | Why::HostRetryAfter
                | Why::BackOff
                | Why::Pushed
                | Why::Store => format!("in {wait} ({})", due.why.word()),
            }
        }
        Some(_) | None => "now".to_owned(),
    }
}

fn detail(source: &SourceStatus) {
    output::line(&format!("{}: {}\n  {}", source.key, source.name, source.url));
    if let Some(error) = &source.state.error {
        output::line(&format!(
            "  failing since {}: {} ({})",
            error.since, error.message, error.class
        ));
    }
    if source.state.gone {
        output::line(&format!(
            "  polled no more; if it is back, `tidings once --force --source {}` asks once again",
            source.key
        ));
    } else if let Some(due) = source.state.next_due {
        output::line(&format!("  next due {}: {}", due.at, due.why));
    }
    report(source);
    moves(source);
    for finding in source.state.health.open() {
        output::line(&format!(
            "  {} since {}: {}\n    {}",
            finding.kind,
            finding.first,
            shown(&finding.words),
            finding.kind.advice()
        ));
    }
    for finding in source.state.health.closed() {
        let closed = finding.closed.map_or(String::new(), |at| format!("until {at}"));
        output::line(&format!(
            "  was {} from {} {closed}: {}",
            finding.kind,
            finding.first,
            shown(&finding.words)
        ));
    }
    for note in &source.state.notes {
        output::line(&format!("  {note}"));
    }
}

/// How politely it is polled: what it costs its publisher, and what server and document ask for.
fn report(source: &SourceStatus) {
    let state = &source.state;
    let answer = state
        .answer_millis
        .map_or(String::new(), |millis| format!(", an answer takes {millis} ms"));
    output::line(&format!(
        "  {} polls, {} unchanged, {} bytes{answer}",
        state.polls,
        share(state.not_modified, state.polls),
        state.bytes
    ));
    if let Some((at_once, delay)) = source.spacing {
        output::line(&format!(
            "  its host gets at most {at_once} requests at once, {} ms apart",
            delay.as_millis()
        ));
    }
    let mut asks = Vec::new();
    let mut ask = |name: &str, wait: Option<std::time::Duration>| {
        asks.extend(wait.map(|wait| format!("{name} {}", span(wait.as_secs()))));
    };
    ask("Cache-Control or Expires", state.asked.fresh_for);
    ask("Retry-After", state.asked.wait.map(|wait| wait.wait));
    ask("ttl", state.wishes.ttl);
    ask("sy:updatePeriod", state.wishes.update_period);
    let hours: Vec<String> = state.wishes.skip.hours().map(|hour| hour.to_string()).collect();
    let days: Vec<&str> = state.wishes.skip.days().collect();
    if !hours.is_empty() {
        asks.push(format!("skipHours {}", hours.join(" ")));
    }
    if !days.is_empty() {
        asks.push(format!("skipDays {}", days.join(" ")));
    }
    if !asks.is_empty() {
        output::line(&format!("  asks for: {}", asks.join(", ")));
    }
    if let Some(rhythm) = state.rhythm {
        output::line(&format!("  its usual gap between entries: {}", span(rhythm.gap.as_secs())));
    }
}

/// Where it says it has moved, and what to do about it.
fn moves(source: &SourceStatus) {
    if let Some(Moving { to, first, answers, adopted, .. }) = &source.state.moves.moving {
        output::line(&match adopted {
            Some(since) => format!(
                "  has moved for good and is polled at {to} since {since}; write `url = \"{to}\"` in its [[source]]"
            ),
            None => format!(
                "  says that it has moved for good to {to}, since {first} ({answers}×); believed after {ANSWERS} answers over {} days",
                SPAN.as_secs() / 86_400
            ),
        });
    }
    for MoveEvent { at, what, to } in &source.state.moves.history {
        output::line(&match what {
            MoveKind::Adopted => format!("  {at}: moved to {to}"),
            MoveKind::Undone => format!("  {at}: back from {to}"),
        });
    }
}

/// Which hub tells of a source's changes, and until when; or why none does.
fn pushed(subscription: &Subscription, now: Timestamp) {
    let hub = shown(&websub::shown(&subscription.hub));
    let standing = shown(&subscription.standing.to_string());
    let Subscription { pushes, forged, .. } = subscription;
    match subscription.live_until(now) {
        Some(_) => output::line(&format!("  pushed by {hub}, {standing}; {pushes} pushes")),
        None => output::line(&format!("  not pushed by {hub}: {standing}")),
    }
    if *forged > 0 {
        output::line(&format!("  {forged} pushes without our signature were ignored"));
    }
}

/// Text of others, safe in a table.
fn shown(text: &str) -> String {
    output::escaped(text).replace(['\n', '\t'], " ")
}

fn share(part: u64, whole: u64) -> String {
    (part * 100).checked_div(whole).map_or("–".to_owned(), |percent| format!("{percent} %"))
}

fn ago(now: Timestamp, at: Timestamp) -> String {
    format!("{} ago", span(now.since(at).as_secs()))
}

/// A length of time in its largest unit.
fn span(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..172_800 => format!("{} h", seconds / 3_600),
        172_800.. => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_said_in_their_largest_unit() {
        let check = |seconds: u64, want: &str| assert_eq!(span(seconds), want);
        check(0, "0 s");
        check(59, "59 s");
        check(60, "1 min");
        check(7_200, "2 h");
        check(86_400 * 3, "3 d");
        assert_eq!(share(1, 3), "33 %");
        assert_eq!(share(0, 0), "–");
    }
}
