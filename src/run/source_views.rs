//! The sources and the service as their pages show them.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::due::Due;
use crate::model::health::FindingKind;
use crate::model::time::Timestamp;
use crate::run::curator::{REFUSED, UNPUBLISHED};
use crate::run::desk::{Desk, name_of};
use crate::run::due::{Spread, due};
use crate::run::error::RunError;
use crate::run::host_waits::HostWaits;
use crate::serve::pages::{SourceOrder, SourceProblem, SourceRow, SourcesView, StatusView};
use crate::store::StoreReader;

/// The sources as they are now.
///
/// # Errors
/// If the store cannot be read.
pub fn sources(
    desk: &Desk,
    reader: &dyn StoreReader,
    now: Timestamp,
) -> Result<SourcesView, RunError> {
    let mut states = reader.source_states()?;
    let mut counts = reader.source_counts()?;
    let known = desk.config.sources.iter();
    let known = known.filter_map(|source| Some((source, states.get(&source.key)?)));
    let waits = HostWaits::of(known, now);
    let rows = desk.config.sources.iter().map(|source| {
        let state = states.remove(&source.key).unwrap_or_default();
        let counts = counts.remove(&source.key).unwrap_or_default();
        // As the schedule is now; the state says what it was at the last poll.
        let next_due = due(source, &state, Spread::Jitter, waits.until(source), now);
        let failures = state.failures;
        SourceRow {
            key: source.key.clone(),
            name: name_of(source, Some(&state)),
            url: source.address.to_string(),
            paused: source.paused,
            gone: state.gone,
            entries: counts.entries,
            kept: counts.kept,
            last_success: state.last_success,
            next_due: next_due.map(|due| Due { at: due.at.max(now), ..due }),
            polls: state.polls,
            not_modified: state.not_modified,
            bytes: state.bytes,
            repairs: state.notes.len(),
            findings: state.health.open().into_iter().cloned().collect(),
            earlier: state.health.closed().into_iter().cloned().collect(),
            days: state.health.days,
            error: state.error.map(|error| SourceProblem {
                class: error.class,
                message: error.message,
                since: error.since,
                failures,
            }),
        }
    });
    Ok(SourcesView { at: now, order: SourceOrder::default(), rows: rows.collect() })
}

/// The service as it is now, but for what only it knows of itself.
///
/// # Errors
/// If the store cannot be read.
pub fn status(
    desk: &Desk,
    reader: &dyn StoreReader,
    now: Timestamp,
) -> Result<StatusView, RunError> {
    const HOUR: Duration = Duration::from_hours(1);
    let said = |fact| Ok::<_, RunError>(reader.fact(fact)?.filter(|text| !text.is_empty()));
    let SourcesView { rows, .. } = sources(desk, reader, now)?;
    let mut view = StatusView {
        at: Some(now),
        refused: said(REFUSED)?,
        unpublished: said(UNPUBLISHED)?,
        store_bytes: store_bytes(desk),
        ..StatusView::default()
    };
    let mut findings: BTreeMap<FindingKind, Vec<String>> = BTreeMap::new();
    for row in rows {
        view.entries = view.entries.saturating_add(row.entries);
        match row.next_due {
            None => view.never_due += 1,
            Some(due) if due.at <= now => view.due += 1,
            Some(due) if due.at <= now + HOUR => view.due_soon += 1,
            Some(_) => view.due_later += 1,
        }
        if let Some(due) = row.next_due
            && view.next.as_ref().is_none_or(|(_, at)| due.at < *at)
        {
            view.next = Some((row.name.clone(), due.at));
        }
        for finding in &row.findings {
            findings.entry(finding.kind).or_default().push(row.name.clone());
        }
        if row.error.is_some() {
            view.failing.push(row.name);
        }
    }
    view.findings = findings.into_iter().collect();
    Ok(view)
}

/// The size of the database with its log; 0 where it cannot be told.
fn store_bytes(desk: &Desk) -> u64 {
    let path = &desk.config.store.path;
    let mut log = path.clone().into_os_string();
    log.push("-wal");
    let size = |path: &std::path::Path| std::fs::metadata(path).map_or(0, |file| file.len());
    size(path) + size(std::path::Path::new(&log))
}
