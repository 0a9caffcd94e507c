//! The private feed of what is wrong with sources, gathered from the store.

use std::collections::HashMap;

use crate::config::PrivateFeed;
use crate::edition::{self, Found};
use crate::model::edition::Artifact;
use crate::model::source::{Outlet, SourceKey, SourceState};
use crate::model::time::Timestamp;
use crate::render::{self, Format};
use crate::run::desk::{Desk, name_of, source_url};
use crate::run::error::RunError;
use crate::store::StoreReader;

/// The feed of health that has a document of this file name, and the format of that.
pub fn feed_of<'a>(desk: &'a Desk, file_name: &str) -> Option<(&'a PrivateFeed, Format)> {
    desk.config.health.iter().find_map(|feed| {
        let mut formats = feed.formats.iter();
        let format = formats.find(|format| format.file_name(&feed.spec.name) == file_name)?;
        Some((feed, *format))
    })
}

/// A document of a feed of health.
///
/// # Errors
/// If the store cannot be read.
pub fn document(
    desk: &Desk,
    reader: &dyn StoreReader,
    (feed, format): (&PrivateFeed, Format),
    now: Timestamp,
) -> Result<Artifact, RunError> {
    let states = reader.source_states()?;
    let mut found = findings(desk, &states);
    if let Some(age) = feed.spec.max_age {
        found.retain(|found| found.finding.changed().is_some_and(|at| at >= now - age));
    }
    let edition = edition::of_findings(&found, &feed.spec);
    let mut options = desk.render_options(&feed.formats);
    options.key = Some(feed.secret.clone());
    let document = render::render(&edition, format, &options);
    Ok(Artifact::new(format.file_name(&feed.spec.name), format.media_type(), document, None))
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
