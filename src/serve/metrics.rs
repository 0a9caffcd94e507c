//! What the program counts about itself, in the OpenMetrics text format.

use std::fmt::{self, Write as _};

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::model::health::FindingKind;

/// What came of a poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PollResult {
    /// A document was read.
    Read,
    /// The server said "not modified", or sent the same bytes again.
    NotModified,
    /// The server could not be reached, or what it sent was no feed.
    Failed,
    /// None was needed: a hub sent what is new.
    Pushed,
}

impl EncodeLabelValue for PollResult {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        encoder.write_str(match self {
            PollResult::Read => "read",
            PollResult::NotModified => "not_modified",
            PollResult::Failed => "failed",
            PollResult::Pushed => "pushed",
        })
    }
}

/// What became of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EntryChange {
    /// Seen for the first time.
    New,
    /// Changed by its source.
    Changed,
    /// Joined a story that was there before; counted besides `new`.
    Merged,
}

impl EncodeLabelValue for EntryChange {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        encoder.write_str(match self {
            EntryChange::New => "new",
            EntryChange::Changed => "changed",
            EntryChange::Merged => "merged",
        })
    }
}

/// What an address leads to; a closed list, so that no request can grow the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Route {
    Front,
    Feeds,
    Opml,
    Sources,
    Search,
    Status,
    Story,
    Topic,
    Rejects,
    Websub,
    Hub,
    Healthz,
    Metrics,
    Assets,
    Other,
}

impl EncodeLabelValue for Route {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        encoder.write_str(match self {
            Route::Front => "front",
            Route::Feeds => "feeds",
            Route::Opml => "opml",
            Route::Sources => "sources",
            Route::Search => "search",
            Route::Status => "status",
            Route::Story => "story",
            Route::Topic => "topic",
            Route::Rejects => "rejects",
            Route::Websub => "websub",
            Route::Hub => "hub",
            Route::Healthz => "healthz",
            Route::Metrics => "metrics",
            Route::Assets => "assets",
            Route::Other => "other",
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByFinding {
    kind: Finding,
}

/// A kind of finding; there are as many series as kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Finding(FindingKind);

impl EncodeLabelValue for Finding {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        encoder.write_str(self.0.name())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByResult {
    result: PollResult,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByChange {
    change: EntryChange,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByRequest {
    route: Route,
    status: u32,
}

/// The counters of one running program. Each field may be updated from any thread at any time.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    polls: Family<ByResult, Counter>,
    findings: Family<ByFinding, Gauge>,
    entries: Family<ByChange, Counter>,
    requests: Family<ByRequest, Counter>,
    /// Seconds from the start of a poll to its end.
    pub poll_seconds: Histogram,
    /// Bytes received from sources.
    pub received_bytes: Counter,
    /// Stories in the window.
    pub stories: Gauge,
    /// 1 if the sentence encoder works, 0 if it is switched off.
    pub encoder: Gauge,
    /// Headlines that wait to be encoded.
    pub encoder_backlog: Gauge,
    /// Headlines encoded.
    pub encoded: Counter,
    /// Published documents written because they changed.
    pub publish_writes: Counter,
    /// Fetched batches that wait for the curator.
    pub queued_batches: Gauge,
    /// When something published last changed, in seconds since the epoch; 0 before the first time.
    pub last_publish: Gauge,
    /// Sources configured.
    pub sources: Gauge,
    /// Sources whose last poll failed.
    pub sources_failing: Gauge,
    /// Open HTTP connections.
    pub(super) connections: Gauge,
}

impl Metrics {
    /// All at zero.
    pub fn new() -> Metrics {
        let mut metrics = Metrics {
            registry: Registry::with_prefix("tidings"),
            polls: Family::default(),
            findings: Family::default(),
            entries: Family::default(),
            requests: Family::default(),
            poll_seconds: Histogram::new([0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 60.0]),
            received_bytes: Counter::default(),
            stories: Gauge::default(),
            encoder: Gauge::default(),
            encoder_backlog: Gauge::default(),
            encoded: Counter::default(),
            publish_writes: Counter::default(),
            queued_batches: Gauge::default(),
            last_publish: Gauge::default(),
            sources: Gauge::default(),
            sources_failing: Gauge::default(),
            connections: Gauge::default(),
        };
        // Alerts compare rates from the first scrape on: a series must exist before its first event.
        for result in
            [PollResult::Read, PollResult::NotModified, PollResult::Failed, PollResult::Pushed]
        {
            drop(metrics.polls.get_or_create(&ByResult { result }));
        }
        for change in [EntryChange::New, EntryChange::Changed, EntryChange::Merged] {
            drop(metrics.entries.get_or_create(&ByChange { change }));
        }
        for kind in FindingKind::ALL {
            drop(metrics.findings.get_or_create(&ByFinding { kind: Finding(kind) }));
        }
        let Metrics {
            registry,
            polls,
            findings,
            entries,
            requests,
            poll_seconds,
            received_bytes,
            stories,
            encoder,
            encoder_backlog,
            encoded,
            publish_writes,
            queued_batches,
            last_publish,
            sources,
            sources_failing,
            connections,
        } = &mut metrics;
        let version = vec![("version", env!("CARGO_PKG_VERSION"))];
        registry.register("build", "The running program", Info::new(version));
        registry.register("polls", "Polls of sources by result", polls.clone());
        registry.register_with_unit(
            "poll",
            "Time a poll took",
            Unit::Seconds,
            poll_seconds.clone(),
        );
        registry.register_with_unit(
            "received",
            "Received from sources, as on the wire",
            Unit::Bytes,
            received_bytes.clone(),
        );
        registry.register("entries", "Entries by what became of them", entries.clone());
        registry.register("stories", "Stories in the window", stories.clone());
        registry.register("encoder", "Whether headlines are compared by meaning", encoder.clone());
        registry.register(
            "encoder_backlog",
            "Headlines that wait for the encoder",
            encoder_backlog.clone(),
        );
        registry.register("encoded", "Headlines encoded", encoded.clone());
        registry.register(
            "publish_writes",
            "Published documents written because they changed",
            publish_writes.clone(),
        );
        registry.register(
            "queued_batches",
            "Fetched batches waiting for the curator",
            queued_batches.clone(),
        );
        registry.register_with_unit(
            "last_publish_timestamp",
            "When something published last changed",
            Unit::Seconds,
            last_publish.clone(),
        );
        registry.register("sources", "Sources configured", sources.clone());
        registry.register(
            "sources_failing",
            "Sources whose last poll failed",
            sources_failing.clone(),
        );
        registry.register(
            "source_findings",
            "What stands against sources, by kind",
            findings.clone(),
        );
        registry.register("http_requests", "Requests by route and status", requests.clone());
        registry.register("http_connections", "Open connections", connections.clone());
        metrics
    }

    /// Counts a poll.
    pub fn polled(&self, result: PollResult) {
        self.polls.get_or_create(&ByResult { result }).inc();
    }

    /// Says against how many sources a kind of finding stands.
    pub fn found(&self, kind: FindingKind, sources: usize) {
        let sources = i64::try_from(sources).unwrap_or(i64::MAX);
        self.findings.get_or_create(&ByFinding { kind: Finding(kind) }).set(sources);
    }

    /// Counts entries.
    pub fn curated(&self, change: EntryChange, entries: u64) {
        self.entries.get_or_create(&ByChange { change }).inc_by(entries);
    }

    pub(super) fn answered(&self, route: Route, status: u16) {
        let status = u32::from(status);
        self.requests.get_or_create(&ByRequest { route, status }).inc();
    }

    /// The media type of [`Metrics::encode`].
    pub const MEDIA_TYPE: &'static str =
        "application/openmetrics-text; version=1.0.0; charset=utf-8";

    /// All of it as text.
    pub fn encode(&self) -> String {
        let mut text = String::with_capacity(4 * 1024);
        // Writing to a String cannot fail, and the metrics above have no encoder of their own that could.
        let _ = prometheus_client::encoding::text::encode(&mut text, &self.registry);
        text
    }
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_told() {
        let metrics = Metrics::new();
        metrics.polled(PollResult::NotModified);
        metrics.polled(PollResult::NotModified);
        metrics.curated(EntryChange::New, 40);
        metrics.answered(Route::Feeds, 304);
        metrics.received_bytes.inc_by(1_000);
        metrics.last_publish.set(1_761_804_300);
        metrics.poll_seconds.observe(0.3);
        metrics.found(FindingKind::Silent, 2);
        let text = metrics.encode();
        for line in [
            "tidings_polls_total{result=\"not_modified\"} 2",
            "tidings_polls_total{result=\"failed\"} 0",
            "tidings_entries_total{change=\"new\"} 40",
            "tidings_http_requests_total{route=\"feeds\",status=\"304\"} 1",
            "tidings_received_bytes_total 1000",
            "tidings_last_publish_timestamp_seconds 1761804300",
            "tidings_source_findings{kind=\"silent\"} 2",
            "tidings_source_findings{kind=\"soft-404\"} 0",
            "tidings_poll_seconds_bucket{le=\"0.5\"} 1",
        ] {
            assert!(text.lines().any(|have| have == line), "{line} is not in\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }
}
