//! What the page of a topic shows, and what a rule that is tried there comes to.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use chrono::{Days, NaiveDate};
use chrono_tz::Tz;

use crate::config::{Text, TopicConfig};
use crate::model::source::{SourceKey, SourceState};
use crate::model::time::Timestamp;
use crate::model::verdict::{TopicName, Verdict};
use crate::run::desk::{Desk, name_of};
use crate::run::error::RunError;
use crate::run::trial::{self, Hit, Trial, TrialOptions, TrialRule};
use crate::run::views::title_of;
use crate::serve::Sees;
use crate::serve::pages::{
    Attempt, Compared, Found, RuleLine, RuleSays, TopicRule, TopicView, TriedView, WrongRule,
    wrong_rule,
};
use crate::store::{StoreReader, StoryQuery};

/// The days that are counted.
const DAYS: u64 = 14;
/// So many entries of a kind are shown.
const SHOWN: usize = 20;
/// So many terms are named.
const TERMS: usize = 12;
/// So many stories are looked at: what a busy topic keeps in two weeks, and a bound for what the page may cost.
const STORIES: usize = 2_000;
/// So many entries are looked at for those that were dropped, and for so long.
const LOOK: usize = 20_000;
const LONGEST_LOOK: Duration = Duration::from_millis(1_500);

/// The page of a topic; `None` if there is none of that name.
///
/// # Errors
/// If the store cannot be read.
pub fn topic(
    desk: &Desk,
    reader: &dyn StoreReader,
    name: &TopicName,
    attempt: Option<&Attempt>,
    sees: Sees,
    now: Timestamp,
) -> Result<Option<TopicView>, RunError> {
    let Some(config) = desk.config.topics.iter().find(|topic| topic.name == *name) else {
        return Ok(None);
    };
    let zone = desk.config.fetch.timezone;
    let since = now - Duration::from_secs(DAYS * 86_400);
    let mut view = TopicView {
        topic: name.clone(),
        title: title_of(name.as_str()),
        at: now,
        rule: rule_in_words(desk, config),
        feeds: desk
            .config
            .feeds
            .iter()
            .filter(|feed| feed.spec.topics.is_empty() || feed.spec.topics.contains(name))
            .map(|feed| feed.spec.name.clone())
            .collect(),
        days: Vec::new(),
        terms: Vec::new(),
        kept: Vec::new(),
        dropped: None,
        tried: None,
        names: names(desk, &reader.source_states()?),
    };
    kept(&mut view, desk, reader, since, zone)?;
    if sees == Sees::Private {
        view.dropped = Some(dropped(name, desk, reader, since)?);
        view.tried = match attempt {
            Some(attempt) => Some((attempt.clone(), tried(attempt, name, desk, reader, now)?)),
            None => None,
        };
    }
    Ok(Some(view))
}

/// Fills in what the topic kept: by the listing of the stories it keeps, so that the page costs what it shows.
fn kept(
    view: &mut TopicView,
    desk: &Desk,
    reader: &dyn StoreReader,
    since: Timestamp,
    zone: Tz,
) -> Result<(), RunError> {
    let topics = [view.topic.clone()];
    let query = StoryQuery {
        topics: &topics,
        since: Some(since - desk.config.stories.window),
        limit: STORIES,
    };
    let mut counts: BTreeMap<NaiveDate, usize> = BTreeMap::new();
    let mut terms: HashMap<String, usize> = HashMap::new();
    for story in reader.stories(&query)? {
        for member in story.members {
            let verdict = member.verdicts.iter().find(|of| of.topic == view.topic);
            let Some(Verdict::Keep(evidence)) = verdict.map(|of| &of.verdict) else { continue };
            let counts_here = desk.sources.contains_key(&member.entry.source);
            if member.entry.published.at < since || !counts_here {
                continue;
            }
            *counts.entry(day(member.entry.published.at, zone)).or_default() += 1;
            let mut found: Vec<&str> = evidence
                .iter()
                .map(|of| of.term.as_ref())
                .filter(|term| !term.is_empty())
                .collect();
            found.sort_unstable();
            found.dedup();
            for term in found {
                *terms.entry(term.to_owned()).or_default() += 1;
            }
            let evidence = evidence.clone();
            view.kept.push(Found { member, story: story.id, evidence });
        }
    }
    newest(&mut view.kept);
    view.days = every_day(&counts, since, view.at, zone);
    let mut terms: Vec<(String, usize)> = terms.into_iter().collect();
    terms.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    terms.truncate(TERMS);
    view.terms = terms;
    Ok(())
}

/// The newest entries that the topic dropped, among the newest that there are.
fn dropped(
    name: &TopicName,
    desk: &Desk,
    reader: &dyn StoreReader,
    since: Timestamp,
) -> Result<Vec<Found>, RunError> {
    let begun = Instant::now();
    let mut seen = 0;
    let mut found: Vec<Found> = Vec::new();
    reader.each_story(Some(since - desk.config.stories.window), &mut |story| {
        for member in story.members {
            seen += 1;
            let verdict = member.verdicts.iter().find(|of| of.topic == *name);
            if let Some(Verdict::Drop(evidence)) = verdict.map(|of| &of.verdict)
                && desk.sources.contains_key(&member.entry.source)
            {
                let evidence = evidence.clone();
                found.push(Found { member, story: story.id, evidence });
            }
        }
        // A few more than are shown: an entry may be younger than its story.
        if found.len() >= SHOWN * 4 || seen >= LOOK || begun.elapsed() >= LONGEST_LOOK {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })?;
    newest(&mut found);
    Ok(found)
}

fn newest(found: &mut Vec<Found>) {
    found.sort_by_key(|found| {
        let stored = &found.member.entry;
        (std::cmp::Reverse(stored.published.at), stored.id)
    });
    found.truncate(SHOWN);
}

fn tried(
    attempt: &Attempt,
    name: &TopicName,
    desk: &Desk,
    reader: &dyn StoreReader,
    now: Timestamp,
) -> Result<TriedView, RunError> {
    let rule = match TrialRule::read(&attempt.rule) {
        Ok(rule) => rule,
        Err(errors) => return Ok(TriedView::Wrong(what_is_wrong(&attempt.rule, errors))),
    };
    let options = TrialOptions {
        since: Duration::from_secs(u64::from(attempt.days) * 86_400),
        topic: Some(name.clone()),
        entries: LOOK,
        time: Some(LONGEST_LOOK),
        shown: SHOWN,
        listed: SHOWN,
    };
    let trial = trial::attempt(desk, reader, &rule, &options, now)?;
    Ok(TriedView::Compared(Box::new(compared(trial, desk.config.fetch.timezone, now))))
}

/// The first of the errors, at its place.
fn what_is_wrong(rule: &str, errors: Vec<crate::topics::TopicError>) -> WrongRule {
    match errors.into_iter().next() {
        Some(error) => wrong_rule(rule, error.span, error.message, error.help),
        None => wrong_rule(rule, 0..0, "it says nothing".to_owned(), None),
    }
}

fn compared(trial: Trial, zone: Tz, now: Timestamp) -> Compared {
    let found = |hits: Vec<Hit>| {
        let each = hits.into_iter().map(|hit| Found {
            member: hit.member,
            story: hit.story,
            evidence: hit.evidence,
        });
        each.collect::<Vec<Found>>()
    };
    let days = every_day(&trial.days, trial.since, now, zone);
    let (mut adds, mut removes, mut added, mut removed) = (0, 0, Vec::new(), Vec::new());
    if let Some(difference) = trial.difference {
        (adds, removes) = (difference.adds, difference.removes);
        (added, removed) = (difference.added.into(), difference.removed.into());
    }
    let mut languages: Vec<_> = trial.languages.into_iter().collect();
    languages.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Compared {
        seen: trial.seen,
        whole: trial.whole,
        matched: trial.matched,
        days,
        languages,
        newest: found(trial.newest),
        adds,
        added: found(added),
        removes,
        removed: found(removed),
    }
}

fn day(at: Timestamp, zone: Tz) -> NaiveDate {
    at.to_utc().with_timezone(&zone).date_naive()
}

/// A count for every day from one to another, also for those without any; at most 31 of them, the last ones.
fn every_day(
    counts: &BTreeMap<NaiveDate, usize>,
    since: Timestamp,
    now: Timestamp,
    zone: Tz,
) -> Vec<(NaiveDate, usize)> {
    const MOST: u64 = 31;
    let last = day(now, zone);
    // The day on which it began has passed in part only.
    let first = day(since, zone).checked_add_days(Days::new(1)).unwrap_or(last);
    let earliest = last.checked_sub_days(Days::new(MOST - 1)).unwrap_or(first);
    let from = first.max(earliest).min(last);
    let days = from.iter_days().take_while(|day| *day <= last);
    days.map(|day| (day, counts.get(&day).copied().unwrap_or(0))).collect()
}

fn names(desk: &Desk, states: &HashMap<SourceKey, SourceState>) -> BTreeMap<SourceKey, String> {
    let named = |(key, source): (&SourceKey, &std::sync::Arc<crate::model::source::Source>)| {
        (key.clone(), name_of(source, states.get(key)))
    };
    desk.sources.iter().map(named).collect()
}

/// A topic as one rule for the form that tries rules, where it can be said so: what it keeps, and apart from that the terms it drops.
pub fn as_rule(topic: &TopicConfig) -> Option<TopicRule> {
    // Packs, countries and meanings cannot be said in a rule.
    if !topic.packs.is_empty() || topic.bilateral.is_some() || !topic.about.is_empty() {
        return None;
    }
    let terms = |texts: &[Text]| texts.iter().map(|text| term(&text.value)).collect::<Vec<_>>();
    let mut keeps = terms(&topic.any);
    keeps.extend(topic.rule.iter().map(|rule| format!("({})", rule.value)));
    let mut all: Vec<String> = match keeps.len() {
        0 => Vec::new(),
        1 => keeps,
        _ => vec![format!("({})", keeps.join(" OR "))],
    };
    all.extend(terms(&topic.all));
    let drops = topic.none.iter().map(|text| (text.value.clone(), term(&text.value))).collect();
    (!all.is_empty()).then(|| TopicRule { keeps: all.join(" AND "), drops })
}

/// A term of a list as a rule writes it.
fn term(text: &str) -> String {
    let bare = text.chars().any(char::is_whitespace)
        && !text.contains(['"', ':', '(', ')', '/', '*', '='])
        || matches!(text, "AND" | "OR" | "NOT");
    if bare { format!("\"{text}\"") } else { text.to_owned() }
}

/// A topic's rule, line by line.
fn rule_in_words(desk: &Desk, topic: &TopicConfig) -> Vec<RuleLine> {
    let mut lines = Vec::new();
    let mut say = |says: RuleSays, terms: Vec<String>| {
        if !terms.is_empty() {
            lines.push(RuleLine { says, terms });
        }
    };
    let values = |texts: &[Text]| texts.iter().map(|text| text.value.clone()).collect::<Vec<_>>();
    let always = desk.sources.values().filter(|source| source.topics.contains(&topic.name));
    say(RuleSays::Matches, topic.rule.iter().map(|rule| rule.value.clone()).collect());
    say(RuleSays::Any, values(&topic.any));
    say(RuleSays::Packs, topic.packs.iter().map(|pack| pack.name.value.clone()).collect());
    say(
        RuleSays::Between,
        topic.bilateral.iter().flatten().map(|text| text.value.clone()).collect(),
    );
    say(RuleSays::Sources, always.map(|source| source.key.to_string()).collect());
    say(RuleSays::About, values(&topic.about));
    say(RuleSays::All, values(&topic.all));
    say(RuleSays::Drops, values(&topic.none));
    say(RuleSays::Languages, topic.languages.iter().map(ToString::to_string).collect());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_written_as_rules_take_them() {
        let check = |text: &str, want: &str| assert_eq!(term(text), want);
        check("potato", "potato");
        check("trade war", "\"trade war\"");
        check("외교*", "외교*");
        check("title:\"a b\"", "title:\"a b\"");
        check("OR", "\"OR\"");
    }

    #[test]
    fn every_day_has_a_count() {
        let at = |text: &str| -> Timestamp {
            chrono::DateTime::parse_from_rfc3339(text).unwrap().to_utc().into()
        };
        let date = |day| NaiveDate::from_ymd_opt(2025, 10, day).unwrap();
        let counts = BTreeMap::from([(date(29), 3), (date(1), 9)]);
        let now = at("2025-10-30T20:00:00Z");
        let days = |since| every_day(&counts, since, now, chrono_tz::UTC);
        assert_eq!(days(at("2025-10-27T20:00:00Z")), [(date(28), 0), (date(29), 3), (date(30), 0)]);
        assert_eq!(days(at("2025-10-30T19:00:00Z")), [(date(30), 0)]);
        assert_eq!(days(at("2020-10-30T19:00:00Z")).len(), 31);
        // In Seoul it is the next day already.
        let seoul = every_day(&counts, at("2025-10-29T20:00:00Z"), now, chrono_tz::Asia::Seoul);
        assert_eq!(seoul, [(date(31), 0)]);
    }
}
