//! The published feeds: what each holds, and the addresses to subscribe to.

use askama::Template;

use super::words::{self, Moment, Words};
use super::{Desk, FeedLink, FeedRule, Frame, Place, Visit, rendered};
use crate::model::edition::Merge;
use crate::model::lang::Lang;

/// Renders the page of the feeds.
pub fn feeds(desk: &Desk, visit: &Visit) -> String {
    let say = visit.tongue.words();
    rendered(&Page {
        frame: Frame::new(desk, visit, "", Some(say.feeds.title)).at(Place::Feeds),
        base: desk.url.as_str(),
        feeds: desk
            .feeds
            .iter()
            .map(|feed| FeedPart {
                feed,
                updated: feed.updated.map(|at| words::moment(at, desk.zone, None, visit.tongue)),
                merge: merge_in_words(feed.rule.merge, say),
                languages: feed
                    .rule
                    .languages
                    .iter()
                    .map(|lang| (lang, words::language_name(lang)))
                    .collect(),
                bounds: bounds(&feed.rule, say),
            })
            .collect(),
    })
}

fn merge_in_words(merge: Merge, say: &Words) -> &'static str {
    match merge {
        Merge::Story => say.feeds.merge_story,
        Merge::Headline => say.feeds.merge_headline,
        Merge::None => say.feeds.merge_none,
    }
}

/// `At most 100 items, none older than 14 days`.
fn bounds(rule: &FeedRule, say: &Words) -> String {
    let limit = say.feeds.limit.of(rule.limit);
    let Some(age) = rule.max_age else { return limit };
    let hours = age.as_secs() / 3600;
    let age = match hours % 24 {
        0 => say.feeds.days.of_u64(hours / 24),
        _ => say.feeds.hours.of_u64(hours),
    };
    format!("{limit}{}{}", say.frame.comma, say.feeds.max_age.with(age))
}

#[derive(Template)]
#[template(path = "feeds.html", whitespace = "minimize")]
struct Page<'a> {
    frame: Frame<'a>,
    /// The address of the site, ending in a slash.
    base: &'a str,
    feeds: Vec<FeedPart<'a>>,
}

struct FeedPart<'a> {
    feed: &'a FeedLink,
    updated: Option<Moment>,
    merge: &'static str,
    languages: Vec<(&'a Lang, &'a str)>,
    bounds: String,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::serve::pages::tongue::Tongue;

    #[test]
    fn bounds_are_said_in_words() {
        let check = |age: Option<u64>, tongue: Tongue, want: &str| {
            let rule = FeedRule {
                topics: Vec::new(),
                languages: Vec::new(),
                merge: Merge::Story,
                limit: 100,
                max_age: age.map(|hours| Duration::from_secs(hours * 3600)),
            };
            assert_eq!(bounds(&rule, tongue.words()), want);
        };
        check(None, Tongue::English, "At most 100 items");
        check(Some(48), Tongue::English, "At most 100 items, none older than 2 days");
        check(Some(36), Tongue::Korean, "최대 100건, 36시간 이내");
        check(Some(24), Tongue::Japanese, "最大100件、1日以内");
    }
}
