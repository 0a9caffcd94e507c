//! What was dropped or folded lately, gathered from the store.

use std::collections::HashMap;
use std::ops::ControlFlow;

use crate::edition;
use crate::model::edition::{Edition, FeedSpec};
use crate::model::rejection::Rejected;
use crate::model::source::{SourceKey, SourceState};
use crate::model::time::Timestamp;
use crate::run::desk::Desk;
use crate::run::error::RunError;
use crate::store::StoreReader;

/// The newest entries that were dropped or folded, as far as the spec asks for them: at most its `limit`, none older than its `max_age`.
///
/// # Errors
/// If the store cannot be read.
pub fn rejected(
    desk: &Desk,
    reader: &dyn StoreReader,
    spec: &FeedSpec,
    states: &HashMap<SourceKey, SourceState>,
    now: Timestamp,
) -> Result<Vec<Rejected>, RunError> {
    let edition_desk = desk.edition_desk(states);
    let oldest = spec.max_age.map(|age| now - age);
    // An entry is at most a window younger than the story it joins, and stories come by the date of their first entry.
    let window = desk.config.stories.window;
    let mut found: Vec<Rejected> = Vec::new();
    reader.each_story(oldest.map(|oldest| oldest - window), &mut |story| {
        if found.len() >= spec.limit {
            edition::in_order(&mut found);
            found.truncate(spec.limit);
            let last = found.last().map(|rejected| rejected.member.entry.published.at);
            let begun = story.members.iter().map(|member| member.entry.published.at).min();
            if let (Some(last), Some(begun)) = (last, begun)
                && begun + window < last
            {
                return ControlFlow::Break(());
            }
        }
        let rejected = edition::rejected(&story, spec, &edition_desk);
        found.extend(rejected.into_iter().filter(|rejected| {
            oldest.is_none_or(|oldest| rejected.member.entry.published.at >= oldest)
        }));
        ControlFlow::Continue(())
    })?;
    edition::in_order(&mut found);
    found.truncate(spec.limit);
    Ok(found)
}

/// What a feed of rejects holds now.
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
    let rejected = rejected(desk, reader, spec, &states, now)?;
    Ok(edition::of_rejected(rejected, spec, &desk.edition_desk(&states)))
}
