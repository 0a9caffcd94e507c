//! A rule tried on what is stored: what it matches, by day and language, and how that differs from what a topic keeps now.

use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use chrono_tz::Tz;

use crate::model::lang::Lang;
use crate::model::story::{Member, StoryId};
use crate::model::time::Timestamp;
use crate::model::verdict::{Evidence, TopicName};
use crate::normalise::fold::fold;
use crate::run::desk::Desk;
use crate::run::error::RunError;
use crate::store::{StoreReader, sqlite};
use crate::topics::{Subject, TopicError, TopicSpec, Topics};

/// What is tried, on what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialOptions {
    /// Entries published in the last so much time.
    pub since: Duration,
    /// The topic that the rule is compared with; `None`: the one that has most in common with it.
    pub topic: Option<TopicName>,
    /// How many entries are looked at, the newest first.
    pub entries: usize,
    /// How long looking may take; `None` for as long as it takes.
    pub time: Option<Duration>,
    /// How many entries that match are given whole, the newest first.
    pub shown: usize,
    /// How many entries are given of those the topic would gain, and of those it would lose.
    pub listed: usize,
}

/// What came of it.
#[derive(Debug)]
pub struct Trial {
    /// Entries published at this time or later were looked at.
    pub since: Timestamp,
    /// How many were looked at.
    pub seen: usize,
    /// Whether those are all there are.
    pub whole: bool,
    /// How many match.
    pub matched: usize,
    /// The newest that match, newest first.
    pub newest: Vec<Hit>,
    /// How many match of each day, in the desk's zone.
    pub days: BTreeMap<NaiveDate, usize>,
    /// How many match in each language; `None` stands for "not known".
    pub languages: BTreeMap<Option<Lang>, usize>,
    /// How that differs from a topic; `None` if none was asked for, and none keeps any of them.
    pub difference: Option<Difference>,
}

/// An entry that a rule matches.
#[derive(Debug, Clone)]
pub struct Hit {
    /// The entry; its verdicts are those of the topics.
    pub member: Member,
    /// Its story.
    pub story: StoryId,
    /// Where the rule found what.
    pub evidence: Vec<Evidence>,
}

/// How a rule differs from a topic, over the entries that were looked at.
#[derive(Debug, Clone)]
pub struct Difference {
    /// The topic.
    pub topic: TopicName,
    /// How many the topic keeps now.
    pub kept: usize,
    /// How many of those the rule matches too.
    pub both: usize,
    /// The newest that the topic would gain, newest first.
    pub added: VecDeque<Hit>,
    /// How many it would gain.
    pub adds: usize,
    /// The newest that it would lose, newest first, with what keeps them.
    pub removed: VecDeque<Hit>,
    /// How many it would lose.
    pub removes: usize,
}

/// A rule that can be tried.
#[derive(Debug)]
pub struct TrialRule {
    topics: Topics,
}

impl TrialRule {
    /// Reads a rule as `match` takes it.
    ///
    /// # Errors
    /// With all that is wrong with it; the spans are bytes of the rule.
    pub fn read(rule: &str) -> Result<TrialRule, Vec<TopicError>> {
        let Some(name) = TopicName::parse(NAME) else { return Err(Vec::new()) };
        let spec = TopicSpec { match_rule: Some(rule.to_owned()), ..TopicSpec::new(name) };
        Ok(TrialRule { topics: Topics::compile(&[spec], fold)? })
    }

    /// Where the rule finds what; `None` if it does not match.
    fn finds(&self, desk: &Desk, member: &Member) -> Option<Vec<Evidence>> {
        let stored = &member.entry;
        let source = desk.sources.get(&stored.source)?;
        // What the desk's topics look at may be less than this rule does.
        let normalised = crate::normalise::normalise(&stored.entry, &desk.outlet_names);
        let verdicts = self.topics.judge(&Subject {
            normalised: &normalised,
            entry: &stored.entry,
            source: &source.key,
            language: stored.language.as_ref(),
            always: &std::collections::BTreeSet::new(),
            vector: None,
        });
        let kept = verdicts.into_iter().find(|verdict| verdict.verdict.keeps())?;
        Some(kept.verdict.evidence().to_vec())
    }
}

/// The name under which a rule is tried.
const NAME: &str = "try";

/// Tries a rule on the store of a configuration. Blocks on the database.
///
/// # Errors
/// If the configuration is wrong, the topic is not there, or the store is missing or cannot be read.
pub fn of_file(
    config: &Path,
    rule: &TrialRule,
    options: &TrialOptions,
    now: Timestamp,
) -> Result<Trial, RunError> {
    let desk = Desk::load_without_secrets(config)?;
    let topics = || desk.config.topics.iter().map(|topic| &topic.name);
    if let Some(topic) = options.topic.as_ref().filter(|topic| !topics().any(|name| name == *topic))
    {
        return Err(RunError::NoSuchTopic {
            topic: topic.clone(),
            known: topics().cloned().collect(),
        });
    }
    let reader = sqlite::open_reader(&desk.config.store.path)?;
    attempt(&desk, reader.as_ref(), rule, options, now)
}

/// Tries a rule on what is stored. Blocks on the database.
///
/// # Errors
/// If the store cannot be read.
pub fn attempt(
    desk: &Desk,
    reader: &dyn StoreReader,
    rule: &TrialRule,
    options: &TrialOptions,
    now: Timestamp,
) -> Result<Trial, RunError> {
    let begun = Instant::now();
    let since = now - options.since;
    let topics = desk.config.topics.iter().map(|topic| topic.name.clone());
    let topics: Vec<TopicName> =
        topics.filter(|name| options.topic.as_ref().is_none_or(|only| only == name)).collect();
    let mut tally = Tally::new(topics, options, desk.config.fetch.timezone);
    let mut whole = true;
    // An entry is at most a window younger than the story it joins, and stories come by the date of their first entry.
    let first = since - desk.config.stories.window;
    reader.each_story(Some(first), &mut |story| {
        for member in story.members {
            let known = desk.sources.contains_key(&member.entry.source);
            if member.entry.published.at < since || !known {
                continue;
            }
            let late = options.time.is_some_and(|time| begun.elapsed() >= time);
            if tally.seen >= options.entries || late {
                whole = false;
                return ControlFlow::Break(());
            }
            let evidence = rule.finds(desk, &member);
            let verdicts = desk.judge_again(&member.entry).unwrap_or_default();
            tally.count(story.id, Member { verdicts, ..member }, evidence);
        }
        ControlFlow::Continue(())
    })?;
    Ok(tally.result(since, whole))
}

/// What has been found so far.
struct Tally<'a> {
    options: &'a TrialOptions,
    zone: Tz,
    seen: usize,
    matched: usize,
    newest: Vec<Hit>,
    days: BTreeMap<NaiveDate, usize>,
    languages: BTreeMap<Option<Lang>, usize>,
    differences: Vec<Difference>,
}

impl<'a> Tally<'a> {
    fn new(topics: Vec<TopicName>, options: &'a TrialOptions, zone: Tz) -> Tally<'a> {
        let difference = |topic| Difference {
            topic,
            kept: 0,
            both: 0,
            added: VecDeque::new(),
            adds: 0,
            removed: VecDeque::new(),
            removes: 0,
        };
        Tally {
            options,
            zone,
            seen: 0,
            matched: 0,
            newest: Vec::new(),
            days: BTreeMap::new(),
            languages: BTreeMap::new(),
            differences: topics.into_iter().map(difference).collect(),
        }
    }

    fn count(&mut self, story: StoryId, member: Member, evidence: Option<Vec<Evidence>>) {
        self.seen += 1;
        for difference in &mut self.differences {
            let verdict = member.verdicts.iter().find(|of| of.topic == difference.topic);
            let kept = verdict.map(|of| &of.verdict).filter(|verdict| verdict.keeps());
            difference.kept += usize::from(kept.is_some());
            let hit = |evidence: &[Evidence]| Hit {
                member: member.clone(),
                story,
                evidence: evidence.to_vec(),
            };
            match (kept, &evidence) {
                (Some(_), Some(_)) => difference.both += 1,
                (None, Some(evidence)) => {
                    difference.adds += 1;
                    keep_newest(&mut difference.added, self.options.listed, hit(evidence));
                }
                (Some(verdict), None) => {
                    difference.removes += 1;
                    let hit = hit(verdict.evidence());
                    keep_newest(&mut difference.removed, self.options.listed, hit);
                }
                (None, None) => {}
            }
        }
        let Some(evidence) = evidence else { return };
        self.matched += 1;
        let published = member.entry.published.at;
        let day = published.to_utc().with_timezone(&self.zone).date_naive();
        *self.days.entry(day).or_default() += 1;
        *self.languages.entry(member.entry.language.clone()).or_default() += 1;
        self.newest.push(Hit { member, story, evidence });
        // Stories come in order, their entries nearly so: what is cut off was not among the newest.
        if self.newest.len() > self.options.shown.saturating_mul(2).saturating_add(64) {
            in_order(&mut self.newest);
            self.newest.truncate(self.options.shown);
        }
    }

    fn result(mut self, since: Timestamp, whole: bool) -> Trial {
        in_order(&mut self.newest);
        self.newest.truncate(self.options.shown);
        let asked = self.options.topic.is_some();
        // The topic that the rule is most like: what they share, of all that either keeps.
        let likeness = |difference: &Difference| {
            let either = difference.both + difference.adds + difference.removes;
            difference.both.saturating_mul(1_000_000).checked_div(either).unwrap_or(0)
        };
        let mut best: Option<Difference> = None;
        for difference in self.differences {
            let better = best.as_ref().is_none_or(|best| likeness(&difference) > likeness(best));
            if (asked || difference.both > 0) && better {
                best = Some(difference);
            }
        }
        Trial {
            since,
            seen: self.seen,
            whole,
            matched: self.matched,
            newest: self.newest,
            days: self.days,
            languages: self.languages,
            difference: best,
        }
    }
}

fn in_order(hits: &mut [Hit]) {
    let place = |hit: &Hit| (std::cmp::Reverse(hit.member.entry.published.at), hit.member.entry.id);
    hits.sort_by_key(place);
}

fn keep_newest(hits: &mut VecDeque<Hit>, limit: usize, hit: Hit) {
    let at = hits
        .partition_point(|other| other.member.entry.published.at >= hit.member.entry.published.at);
    if at < limit {
        hits.insert(at, hit);
        hits.truncate(limit);
    }
}
