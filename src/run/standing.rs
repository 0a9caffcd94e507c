//! What the feeds in force are, as the store remembers it: the past that a new file is compared with.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::edition;
use crate::model::edition::{FeedName, FeedSpec, Merge, Select};
use crate::model::lang::Lang;
use crate::model::source::{Outlet, SourceKey, SourceState};
use crate::model::url::WebUrl;
use crate::model::verdict::TopicName;
use crate::run::desk::{Desk, source_url};

/// The fact that holds it.
pub const STANDING: &str = "standing";

/// What editions are chosen by besides the stories: of a configuration that is or was in force. Unknown keys are skipped, so that an older program
/// reads what a newer one kept.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Standing {
    feeds: Vec<FeedRow>,
    sources: Vec<SourceRow>,
    topics: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct FeedRow {
    name: String,
    title: String,
    topics: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    only_sources: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    only_languages: Vec<String>,
    languages: Vec<String>,
    merge: MergeRow,
    limit: usize,
    max_age_seconds: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum MergeRow {
    #[default]
    Story,
    Headline,
    None,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct SourceRow {
    key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    rank: u32,
}

impl Standing {
    /// Of a configuration.
    pub fn of(desk: &Desk) -> Standing {
        let feed = |spec: &FeedSpec| FeedRow {
            name: spec.name.to_string(),
            title: spec.title.clone(),
            topics: spec.topics.iter().map(ToString::to_string).collect(),
            only_sources: spec
                .select
                .sources
                .as_ref()
                .map(|keys| keys.iter().map(ToString::to_string).collect()),
            only_languages: spec.select.languages.iter().map(ToString::to_string).collect(),
            languages: spec.languages.iter().map(ToString::to_string).collect(),
            merge: match spec.merge {
                Merge::Story => MergeRow::Story,
                Merge::Headline => MergeRow::Headline,
                Merge::None => MergeRow::None,
            },
            limit: spec.limit,
            max_age_seconds: spec.max_age.map(|age| age.as_secs()),
        };
        Standing {
            feeds: desk.config.feeds.iter().map(|config| feed(&config.spec)).collect(),
            sources: desk
                .config
                .sources
                .iter()
                .map(|source| SourceRow {
                    key: source.key.to_string(),
                    name: source.name.clone(),
                    url: source_url(source).map(|url| url.to_string()),
                    language: source.language.as_ref().map(ToString::to_string),
                    rank: source.rank,
                })
                .collect(),
            topics: desk.config.topics.iter().map(|topic| topic.name.to_string()).collect(),
        }
    }

    /// As the store keeps it. Equal configurations give equal texts.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads what the store kept; `None` of what no program of ours wrote.
    pub fn parse(text: &str) -> Option<Standing> {
        serde_json::from_str(text).ok()
    }

    /// The feeds, in the order of the configuration.
    pub fn feeds(&self) -> Vec<FeedSpec> {
        self.feeds.iter().filter_map(FeedRow::spec).collect()
    }

    /// What the choice of an edition rested on.
    pub fn edition_desk(&self, states: &HashMap<SourceKey, SourceState>) -> edition::Desk {
        let outlets: BTreeMap<SourceKey, edition::OutletInfo> = self
            .sources
            .iter()
            .filter_map(|row| {
                let key = SourceKey::parse(&row.key)?;
                let state = states.get(&key);
                let title = state.and_then(|state| state.title.clone());
                let info = edition::OutletInfo {
                    outlet: Outlet {
                        name: row.name.clone().or(title).unwrap_or_else(|| row.key.clone()),
                        url: state.and_then(|state| state.home.clone()),
                    },
                    source_url: row.url.as_deref().and_then(WebUrl::parse),
                    rank: row.rank,
                    language: row
                        .language
                        .as_deref()
                        .and_then(Lang::parse)
                        .or_else(|| state.and_then(|state| state.language.clone())),
                };
                Some((key, info))
            })
            .collect();
        let topics_in_order = self.topics.iter().filter_map(|name| TopicName::parse(name));
        edition::Desk {
            outlets,
            topics_in_order: topics_in_order.collect(),
            ..edition::Desk::default()
        }
    }
}

impl FeedRow {
    fn spec(&self) -> Option<FeedSpec> {
        Some(FeedSpec {
            name: FeedName::parse(&self.name)?,
            title: self.title.clone(),
            topics: self.topics.iter().filter_map(|name| TopicName::parse(name)).collect(),
            select: Select {
                sources: self
                    .only_sources
                    .as_ref()
                    .map(|keys| keys.iter().filter_map(|key| SourceKey::parse(key)).collect()),
                languages: self.only_languages.iter().filter_map(|tag| Lang::parse(tag)).collect(),
            },
            languages: self.languages.iter().filter_map(|tag| Lang::parse(tag)).collect(),
            merge: match self.merge {
                MergeRow::Story => Merge::Story,
                MergeRow::Headline => Merge::Headline,
                MergeRow::None => Merge::None,
            },
            limit: self.limit,
            max_age: self.max_age_seconds.map(Duration::from_secs),
        })
    }
}
