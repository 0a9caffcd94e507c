//! What a search finds: the best of the newest, a story once, and only what is published for those who may not see more.

use std::collections::HashMap;

use crate::edition;
use crate::model::edition::FeedSpec;
use crate::model::story::{EntryId, Story, StoryId};
use crate::model::text::{Headline, PlainText};
use crate::model::time::Timestamp;
use crate::normalise::search::{self, QueryError};
use crate::run::desk::{Desk, name_of};
use crate::run::error::RunError;
use crate::run::publisher::edition_desk;
use crate::serve::Sees;
use crate::serve::pages::{SearchProblem, SearchResult, SearchView};
use crate::store::{Hit, StoreReader};

/// So many of the newest entries that match are looked at: what a page may cost at most.
const MATCHES: usize = 10_000;
/// Stories on a page.
const PAGE: usize = 20;
/// Pages that can be turned to.
const PAGES: usize = 50;
/// A match this old counts half as much as one of today.
const HALF_LIFE_SECONDS: f64 = 14.0 * 86_400.0;

/// Looks for a query in what is stored. `page` counts from 1.
///
/// # Errors
/// If the store cannot be read.
pub fn search(
    desk: &Desk,
    reader: &dyn StoreReader,
    query: &str,
    page: usize,
    sees: Sees,
    now: Timestamp,
) -> Result<SearchView, RunError> {
    let mut view = SearchView {
        at: now,
        query: query.trim().to_owned(),
        problem: None,
        results: Vec::new(),
        page: page.clamp(1, PAGES),
        more: false,
        cut: false,
        indexing: !reader.is_indexed()?,
        names: Default::default(),
    };
    if view.query.is_empty() {
        return Ok(view);
    }
    let wanted = match search::parse(&view.query) {
        Ok(wanted) => wanted,
        Err(error) => {
            view.problem = Some(match error {
                QueryError::Empty => SearchProblem::NoWord,
                QueryError::OnlyNot => SearchProblem::OnlyNot,
                QueryError::TooLong => SearchProblem::TooLong,
            });
            return Ok(view);
        }
    };
    let feeds: Vec<FeedSpec> =
        desk.config.feeds.iter().map(|feed| published_ever(&feed.spec)).collect();
    // Where each feed is of some topics, what no topic keeps is in none.
    let kept_only = sees == Sees::Public && feeds.iter().all(|feed| !feed.topics.is_empty());
    let hits = reader.search(&wanted, kept_only, MATCHES)?;
    view.cut = hits.len() >= MATCHES;
    let states = reader.source_states()?;
    let edition_desk = edition_desk(desk, reader, &states)?;
    let first = (view.page - 1) * PAGE;
    let mut shown = 0;
    for (story, best, others) in by_story(hits, now) {
        let Some(story) = reader.story(story)? else { continue };
        let is_public = || {
            let story = std::slice::from_ref(&story);
            feeds
                .iter()
                .any(|feed| !edition::choose(story, feed, &edition_desk, now).items.is_empty())
        };
        if sees == Sees::Public && !is_public() {
            continue;
        }
        shown += 1;
        if shown <= first {
            continue;
        }
        if shown > first + PAGE {
            view.more = view.page < PAGES;
            break;
        }
        view.results.extend(result(story, best, others, &wanted));
    }
    let named = desk.sources.iter();
    view.names =
        named.map(|(key, source)| (key.clone(), name_of(source, states.get(key)))).collect();
    Ok(view)
}

/// The feed as it would be without bounds of age and number.
fn published_ever(spec: &FeedSpec) -> FeedSpec {
    FeedSpec { max_age: None, limit: 16, ..spec.clone() }
}

/// The stories of hits, the best first, each with its best entry and how many others match.
fn by_story(hits: Vec<Hit>, now: Timestamp) -> Vec<(StoryId, EntryId, usize)> {
    let mut stories: HashMap<StoryId, (f64, EntryId, usize)> = HashMap::new();
    for hit in hits {
        let score = score(&hit, now);
        let best = stories.entry(hit.story).or_insert((score, hit.entry, 0));
        best.2 += 1;
        if score > best.0 || (score == best.0 && hit.entry < best.1) {
            (best.0, best.1) = (score, hit.entry);
        }
    }
    let mut stories: Vec<(StoryId, (f64, EntryId, usize))> = stories.into_iter().collect();
    stories.sort_by(|a, b| b.1.0.total_cmp(&a.1.0).then_with(|| b.1.1.cmp(&a.1.1)));
    stories.into_iter().map(|(story, (_, entry, count))| (story, entry, count - 1)).collect()
}

/// How good a hit is: how well it matches, less by its age.
fn score(hit: &Hit, now: Timestamp) -> f64 {
    let age = now.since(hit.published).as_secs_f64();
    hit.weight / (hit.weight + 2.0) * 0.5_f64.powf(age / HALF_LIFE_SECONDS)
}

fn result(
    story: Story,
    best: EntryId,
    others: usize,
    wanted: &crate::model::search::Search,
) -> Option<SearchResult> {
    let id = story.id;
    let member = story.members.into_iter().find(|member| member.entry.id == best)?;
    let entry = &member.entry.entry;
    let in_title = search::found(entry.title.as_ref().map_or("", Headline::as_str), wanted);
    let in_summary =
        search::found(entry.summary_text.as_ref().map_or("", PlainText::as_str), wanted);
    Some(SearchResult { story: id, member, others, in_title, in_summary })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::identity::Identity;
    use crate::model::source::SourceKey;

    #[test]
    fn the_better_and_the_newer_stand_first_and_a_story_once() {
        let now = Timestamp::from_unix(1_761_804_300);
        let story = |number: u8| {
            StoryId::founded_by(&SourceKey::parse("a").unwrap(), Identity([number; 16]))
        };
        let hit = |entry: i64, of: u8, weight: f64, days: i64| Hit {
            entry: EntryId(entry),
            published: Timestamp::from_unix(now.unix() - days * 86_400),
            story: story(of),
            weight,
        };
        let found = by_story(
            vec![hit(1, 1, 4.0, 0), hit(2, 2, 1.0, 0), hit(3, 1, 5.0, 0), hit(4, 3, 5.0, 60)],
            now,
        );
        assert_eq!(
            found,
            [(story(1), EntryId(3), 1), (story(2), EntryId(2), 0), (story(3), EntryId(4), 0)]
        );
    }
}
