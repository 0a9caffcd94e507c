//! The private feed of what is wrong with sources, gathered from the store.

use std::collections::HashMap;

use crate::edition::{self, Found};
use crate::model::edition::{Edition, FeedSpec};
use crate::model::source::{Outlet, SourceKey, SourceState};
use crate::model::time::Timestamp;
use crate::run::desk::{Desk, name_of, source_url};
use crate::run::error::RunError;
use crate::store::StoreReader;

/// What a feed of health holds now.
///
/// # Errors
/// If the store cannot be read.
pub fn edition(
    desk: &Desk,
    reader: &dyn StoreReader,
    spec: &FeedSpec,
    now: Timestamp,
) -> Result<Edition, RunError> {
    let states = reader.source_states()?;
    let mut found = findings(desk, &states);
    if let Some(age) = spec.max_age {
        found.retain(|found| found.finding.changed().is_some_and(|at| at >= now - age));
    }
    Ok(edition::of_findings(&found, spec))
}

/// What stands and stood against the sources of the configuration.
fn findings(desk: &Desk, states: &HashMap<SourceKey, SourceState>) -> Vec<Found> {
    let of_source = |source: &std::sync::Arc<crate::model::source::Source>| {
        let state = states.get(&source.key)?;
        let outlet = Outlet { name: name_of(source, Some(state)), url: state.home.clone() };
        let url = source_url(source);
        let found = state.health.findings.iter().map(move |finding| Found {
            source: source.key.clone(),
            outlet: outlet.clone(),
            url: url.clone(),
            finding: finding.clone(),
        });
        Some(found.collect::<Vec<Found>>())
    };
    desk.sources.values().filter_map(of_source).flatten().collect()
}
