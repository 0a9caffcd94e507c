//! `[[feed]]`.

use std::collections::HashSet;
use std::time::Duration;

use super::{Checker, DAY, SECOND, Seen};
use crate::config::problem::Problem;
use crate::config::raw::{self, At, SecretText};
use crate::config::{FeedConfig, PrivateFeed, Store, TopicConfig, value};
use crate::model::edition::{FeedName, FeedSpec, Merge, Select};
use crate::model::schedule::Written;
use crate::model::source::{Source, SourceKey};
use crate::model::verdict::TopicName;
use crate::render::Format;
use crate::topics::PackRef;

pub(super) const NAME_HELP: &str =
    "a name is 1 to 64 letters, digits, `-` and `_`: it is part of addresses and file names";
/// A page for people is there already: `/rejects`.
const REJECTS_FORMATS: [Format; 3] = [Format::Rss, Format::Atom, Format::Json];
const KINDS: [(&str, Kind); 3] =
    [("stories", Kind::Stories), ("rejects", Kind::Rejects), ("health", Kind::Health)];
const MERGES: [(&str, Merge); 3] =
    [("story", Merge::Story), ("headline", Merge::Headline), ("none", Merge::None)];

/// What a feed holds.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Stories,
    Rejects,
    Health,
}

/// The feeds by kind.
pub(super) struct Checked {
    pub(super) feeds: Vec<FeedConfig>,
    pub(super) rejects: Vec<PrivateFeed>,
    pub(super) health: Vec<PrivateFeed>,
}

impl Checker<'_> {
    pub(super) fn feeds(
        &mut self,
        raw: Vec<At<raw::Feed>>,
        topics: &[At<TopicConfig>],
        sources: &[Source],
        store: &Store,
    ) -> Checked {
        let known: HashSet<&str> = topics.iter().map(|topic| topic.value.name.as_str()).collect();
        let mut names = Seen::new();
        let mut feeds = Vec::new();
        let mut rejects = Vec::new();
        let mut health = Vec::new();
        for At { value: feed, span } in raw {
            let Some(name) = feed.name else {
                self.problems.push(Problem::missing_key(
                    "name",
                    "this [[feed]]",
                    span,
                    "`name = \"diplomacy\"`, which becomes part of its address",
                ));
                continue;
            };
            let Some(feed_name) = FeedName::parse(&name.value) else {
                self.problems.push(Problem::bad_value(
                    "name",
                    "this is not a name",
                    name.span,
                    NAME_HELP,
                ));
                continue;
            };
            // Two names that differ in case only are one file on some disks.
            if let Some(first) = names.again(name.value.to_lowercase(), &name.span) {
                self.problems.push(Problem::duplicate(
                    "the feed",
                    &name.value,
                    name.span.clone(),
                    first,
                    "give one of the two another name",
                ));
            }
            let topics_at = feed.topics.as_ref().map(|at| at.span.clone());
            let of_topics: Vec<TopicName> = match feed.topics {
                Some(at) => {
                    if at.value.is_empty() {
                        self.problems.push(Problem::bad_value(
                            "topics",
                            "a feed of no topic holds nothing",
                            at.span,
                            "leave the key out for all stories, or name a topic",
                        ));
                    }
                    at.value.iter().filter_map(|name| self.topic_name(name, &known)).collect()
                }
                None => Vec::new(),
            };
            let select = Select {
                sources: self.selected_sources(feed.sources, feed.groups, sources),
                languages: feed
                    .only_languages
                    .map(|at| at.value)
                    .unwrap_or_default()
                    .iter()
                    .filter_map(|at| self.value("only_languages", at, value::language))
                    .collect(),
            };
            let max_age = feed.max_age.and_then(|at| self.max_age(&at, store));
            let languages = feed.languages.map(|at| at.value).unwrap_or_default();
            let kind = feed.kind.and_then(|at| self.choice("kind", &at, &KINDS));
            let merge = feed
                .merge
                .as_ref()
                .and_then(|at| self.choice("merge", at, &MERGES))
                .unwrap_or(Merge::Story);
            let spec = FeedSpec {
                title: self.title("title", feed.title).unwrap_or_else(|| feed_name.to_string()),
                name: feed_name,
                topics: without_repeats(of_topics),
                select,
                languages: languages
                    .iter()
                    .filter_map(|at| self.value("languages", at, value::language))
                    .collect(),
                merge,
                limit: self.count("limit", feed.limit, 100, 10_000),
                max_age,
            };
            match kind.unwrap_or(Kind::Stories) {
                Kind::Stories => {
                    if let Some(at) = &feed.secret {
                        self.misplaced_secret(at);
                    }
                    let formats = self.formats(feed.formats, &Format::ALL);
                    feeds.push(FeedConfig { spec, formats });
                }
                kind @ (Kind::Rejects | Kind::Health) => {
                    let this = match kind {
                        Kind::Stories | Kind::Rejects => "this feed of rejects",
                        Kind::Health => "this feed of health",
                    };
                    if let (Kind::Health, Some(at)) = (kind, topics_at) {
                        self.problems.push(Problem::bad_value(
                            "topics",
                            "a feed of health is about sources, not about topics",
                            at,
                            "leave the key out",
                        ));
                    }
                    if let Some(at) = feed.merge {
                        self.problems.push(Problem::bad_value(
                            "merge",
                            "in a feed of rejects each entry is an item",
                            at.span,
                            "leave the key out",
                        ));
                    }
                    let formats = self.formats(feed.formats, &REJECTS_FORMATS);
                    let Some(at) = feed.secret else {
                        self.problems.push(Problem::missing_key(
                            "secret",
                            this,
                            span,
                            "`secret = { env = \"TIDINGS_REJECTS_KEY\" }`: its address carries it, and nobody else reads it",
                        ));
                        continue;
                    };
                    if let Some(secret) = self.guarding_secret("secret", &at) {
                        let spec = FeedSpec { merge: Merge::None, ..spec };
                        let feed = PrivateFeed { spec, formats, secret };
                        match kind {
                            Kind::Stories | Kind::Rejects => rejects.push(feed),
                            Kind::Health => health.push(feed),
                        }
                    }
                }
            }
        }
        self.unused_topics(topics, sources, &feeds);
        Checked { feeds, rejects, health }
    }

    /// The sources that a feed names, by key or by group; `None` if it names none.
    fn selected_sources(
        &mut self,
        keys: Option<At<Vec<At<String>>>>,
        groups: Option<At<Vec<At<String>>>>,
        sources: &[Source],
    ) -> Option<Vec<SourceKey>> {
        if keys.is_none() && groups.is_none() {
            return None;
        }
        let mut selected = Vec::new();
        for at in keys.map(|at| at.value).unwrap_or_default() {
            match sources.iter().find(|source| source.key.as_str() == at.value) {
                Some(source) => selected.push(source.key.clone()),
                None => self.problems.push(Problem::unknown_name(
                    "source",
                    &at.value,
                    sources.iter().map(|source| source.key.as_str()),
                    at.span,
                    "name a source by its `key`",
                )),
            }
        }
        for at in groups.map(|at| at.value).unwrap_or_default() {
            let members = sources.iter().filter(|source| source.groups.contains(&at.value));
            let before = selected.len();
            selected.extend(members.map(|source| source.key.clone()));
            if selected.len() == before {
                let known: HashSet<&str> =
                    sources.iter().flat_map(|source| &source.groups).map(String::as_str).collect();
                self.problems.push(Problem::unknown_name(
                    "group",
                    &at.value,
                    known.into_iter(),
                    at.span,
                    "write `group = \"NAME\"` in each `[[source]]` of it",
                ));
            }
        }
        Some(without_repeats(selected))
    }

    fn misplaced_secret(&mut self, at: &At<SecretText>) {
        if let SecretText::Literal(_) = at.value {
            self.secrets.push(at.span.clone());
        }
        self.problems.push(Problem::bad_value(
            "secret",
            "a feed of stories is public",
            at.span.clone(),
            "leave the key out, or make it `kind = \"rejects\"`",
        ));
    }

    fn formats(&mut self, at: Option<At<Vec<At<String>>>>, of: &[Format]) -> Vec<Format> {
        let Some(at) = at else { return of.to_vec() };
        if at.value.is_empty() {
            self.problems.push(Problem::bad_value(
                "formats",
                "a feed in no format is not published",
                at.span,
                "name at least one of `rss`, `atom`, `json` and `html`, or leave the key out for all",
            ));
        }
        let choices: Vec<(&str, Format)> =
            of.iter().map(|format| (format.name(), *format)).collect();
        let formats =
            at.value.iter().filter_map(|at| self.choice("formats", at, &choices)).collect();
        without_repeats(formats)
    }

    fn max_age(&mut self, at: &At<raw::DurationText>, store: &Store) -> Option<Duration> {
        let max_age = self.bounded("max_age", at, SECOND..=DAY * 36_500)?;
        if max_age > store.keep {
            self.problems.push(Problem::doubtful(
                format!(
                    "items may be {} old, but stories are kept for {} only",
                    Written(max_age),
                    Written(store.keep)
                ),
                at.span.clone(),
                "make `[store] keep` at least as long as `max_age`",
            ));
        }
        Some(max_age)
    }

    /// Warns of topics that do nothing.
    fn unused_topics(
        &mut self,
        topics: &[At<TopicConfig>],
        sources: &[Source],
        feeds: &[FeedConfig],
    ) {
        let used: HashSet<&TopicName> = topics
            .iter()
            .flat_map(|topic| &topic.value.packs)
            .filter_map(|pack| match &pack.reference {
                PackRef::Topic(name) => Some(name),
                PackRef::BuiltIn(_) | PackRef::Custom { .. } => None,
            })
            .collect();
        for At { value: topic, span } in topics {
            let name = topic.name.as_str();
            if !topic.has_rules()
                && !sources.iter().any(|source| source.topics.contains(&topic.name))
            {
                self.problems.push(Problem::doubtful(
                    format!("the topic `{name}` keeps nothing"),
                    span.clone(),
                    "give it `use`, `match`, `any`, `all` or `about`, or name it in the `topics` of a source",
                ));
            }
            // A topic needs no feed where there is none: `classify` reads such files.
            if !feeds.is_empty()
                && !used.contains(&topic.name)
                && !feeds.iter().any(|feed| feed.spec.topics.contains(&topic.name))
            {
                self.problems.push(Problem::doubtful(
                    format!("the topic `{name}` is in no feed"),
                    span.clone(),
                    "name it in the `topics` of a `[[feed]]`, or remove it",
                ));
            }
        }
    }
}

fn without_repeats<T: PartialEq>(list: Vec<T>) -> Vec<T> {
    let mut unique = Vec::with_capacity(list.len());
    for item in list {
        if !unique.contains(&item) {
            unique.push(item);
        }
    }
    unique
}
