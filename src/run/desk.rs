//! The configuration in force, translated once into what each stage takes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::config::{Config, TopicConfig};
use crate::edition;
use crate::fetch::{FetchOptions, Fetcher, user_agent};
use crate::model::entry::Entry;
use crate::model::identity::digest;
use crate::model::lang::Lang;
use crate::model::source::{Outlet, Source, SourceAddress, SourceKey, SourceState};
use crate::model::story::StoredEntry;
use crate::model::text::{Headline, Normalised};
use crate::model::url::WebUrl;
use crate::model::verdict::{TopicName, TopicVerdict};
use crate::normalise::fold::fold;
use crate::normalise::script::detect_language;
use crate::normalise::{self, Outlets};
use crate::render::{Format, OpmlSource, RenderOptions};
use crate::run::error::RunError;
use crate::run::meaning::Meaning;
use crate::run::recognise;
use crate::run::robots::SiteRules;
use crate::stories::Traits;
use crate::topics::{Subject, TopicExplanation, TopicSpec, Topics};

/// The configuration in force, and what the stages made of it. It never changes: a changed file makes another desk.
pub struct Desk {
    /// As checked.
    pub config: Config,
    /// The sources by key.
    pub sources: BTreeMap<SourceKey, Arc<Source>>,
    /// The topics, compiled.
    pub topics: Topics,
    /// What headlines mean, for topics that ask.
    pub meaning: Meaning,
    /// The names of outlets that headlines may end in.
    pub outlet_names: Outlets,
    /// What verdicts depend on besides the entry: another digest means that entries must be judged again.
    pub rules_digest: Arc<str>,
    /// The HTTP client.
    pub fetcher: Fetcher,
    /// What the sites asked so far let programs fetch.
    pub site_rules: SiteRules,
    /// The HTTP client of our hub, with limits of its own: subscribers must not take the places of sources. Where we are no hub, the other one.
    pub messenger: Fetcher,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk")
            .field("sources", &self.sources.len())
            .field("rules", &self.rules_digest)
            .finish_non_exhaustive()
    }
}

impl Desk {
    /// Reads, checks and translates a file.
    ///
    /// # Errors
    /// If the file is wrong (every problem in one error), or the HTTP client cannot be made.
    pub fn load(path: &Path) -> Result<Desk, RunError> {
        Desk::new(Config::load(path)?, None)
    }

    /// As [`Desk::load`], but without secrets: for what contacts no source and opens nothing, and may run where the secrets are not.
    ///
    /// # Errors
    /// As for [`Desk::load`].
    pub fn load_without_secrets(path: &Path) -> Result<Desk, RunError> {
        Desk::new(Config::load_without_secrets(path)?, None)
    }

    /// Reads, checks and translates a file that has changed. Where it leaves the behaviour towards sources as it was, the HTTP client stays, with
    /// its connections and all that it knows of hosts that want to be left alone.
    ///
    /// # Errors
    /// As for [`Desk::load`].
    pub fn reload(path: &Path, before: &Desk) -> Result<Desk, RunError> {
        Desk::new(Config::load(path)?, Some(before))
    }

    fn new(config: Config, before: Option<&Desk>) -> Result<Desk, RunError> {
        let mut topics = Topics::compile(&topic_specs(&config), fold).map_err(RunError::Topics)?;
        let encodes = config.stories.encoder;
        let meaning = if encodes { Meaning::of(&mut topics) } else { Meaning::default() };
        let outlet_names =
            Outlets::new(config.sources.iter().filter_map(|source| source.name.clone()));
        let sources: BTreeMap<SourceKey, Arc<Source>> = config
            .sources
            .iter()
            .map(|source| (source.key.clone(), Arc::new(source.clone())))
            .collect();
        let fetcher = match before {
            Some(before) if fetch_options(&before.config) == fetch_options(&config) => {
                before.fetcher.clone()
            }
            Some(_) | None => Fetcher::new(fetch_options(&config))?,
        };
        let messenger = match before {
            _ if config.websub.own_hub.is_none() => fetcher.clone(),
            Some(before)
                if before.config.websub.own_hub.is_some()
                    && message_options(&before.config) == message_options(&config) =>
            {
                before.messenger.clone()
            }
            Some(_) | None => Fetcher::new(message_options(&config))?,
        };
        let rules_digest = rules_digest(&config);
        let site_rules = SiteRules::default();
        Ok(Desk {
            messenger,
            sources,
            topics,
            meaning,
            outlet_names,
            rules_digest,
            fetcher,
            site_rules,
            config,
        })
    }

    /// An entry's language: its own, else the source's as configured, else the feed's, else as its headline looks.
    pub fn language_of(&self, source: &Source, feed: Option<&Lang>, entry: &Entry) -> Option<Lang> {
        let said = entry.language.as_ref().or(source.language.as_ref()).or(feed);
        said.cloned()
            .or_else(|| entry.title.as_ref().and_then(|title| detect_language(title.as_str())))
    }

    /// An entry's texts folded, as far as somebody looks at them.
    pub fn normalise(&self, entry: &Entry) -> Normalised {
        if self.topics.read_summaries() {
            normalise::normalise(entry, &self.outlet_names)
        } else {
            normalise::normalise_headline(entry, &self.outlet_names)
        }
    }

    /// Whether some feed may show an entry that these topics keep: only such are worth a close look.
    pub fn publishes<'a>(&self, mut kept_by: impl Iterator<Item = &'a TopicName>) -> bool {
        let feeds = &self.config.feeds;
        feeds.iter().any(|feed| feed.spec.topics.is_empty())
            || kept_by.any(|topic| feeds.iter().any(|feed| feed.spec.topics.contains(topic)))
    }

    /// What of an entry is compared with others besides page and headline. The summary too, whether topics read it or not: the same entry has
    /// the same traits when it is polled and when the stories are read from the store.
    pub fn traits(&self, entry: &Entry) -> Option<Traits> {
        let normalised = normalise::normalise(entry, &self.outlet_names);
        Some(recognise::traits(entry, &normalised, &self.outlet_names))
    }

    /// What of an entry that some feed may show is compared with others; `None` of all else.
    pub fn traits_of_kept(&self, entry: &Entry, verdicts: &[TopicVerdict]) -> Option<Traits> {
        let kept_by = verdicts.iter().filter(|verdict| verdict.verdict.keeps());
        let is_shown = self.publishes(kept_by.map(|verdict| &verdict.topic));
        if is_shown { self.traits(entry) } else { None }
    }

    /// What of an entry is encoded.
    pub fn text_to_encode(&self, entry: &Entry) -> String {
        let title = entry.title.as_ref().map_or("", Headline::as_str);
        recognise::text_to_encode(title, &self.outlet_names)
    }

    /// What the topics say of an entry; silent ones left out.
    pub fn judge(
        &self,
        source: &Source,
        entry: &Entry,
        normalised: &Normalised,
        language: Option<&Lang>,
    ) -> Vec<TopicVerdict> {
        let subject = Subject {
            normalised,
            entry,
            source: &source.key,
            language,
            always: &source.topics,
            vector: None,
        };
        self.meaning.judge(&self.topics, &subject)
    }

    /// What the topics say now of an entry in the store; `None` if its source is no longer configured: then it keeps its verdicts, should the source
    /// come back.
    pub fn judge_again(&self, stored: &StoredEntry) -> Option<Vec<TopicVerdict>> {
        let source = self.sources.get(&stored.source)?;
        let normalised = self.normalise(&stored.entry);
        Some(self.judge(source, &stored.entry, &normalised, stored.language.as_ref()))
    }

    /// What every topic says of an entry and why, also the silent ones.
    pub fn explain_topics(
        &self,
        source: &Source,
        entry: &Entry,
        language: Option<&Lang>,
    ) -> Vec<TopicExplanation> {
        let subject = Subject {
            normalised: &self.normalise(entry),
            entry,
            source: &source.key,
            language,
            always: &source.topics,
            vector: None,
        };
        self.meaning.explain(&self.topics, &subject)
    }

    /// What the choice of an edition rests on besides the stories.
    pub fn edition_desk(&self, states: &HashMap<SourceKey, SourceState>) -> edition::Desk {
        let outlets = self.sources.values().map(|source| {
            let state = states.get(&source.key);
            let info = edition::OutletInfo {
                outlet: Outlet {
                    name: name_of(source, state),
                    url: state.and_then(|state| state.home.clone()),
                },
                source_url: source_url(source),
                rank: source.rank,
                language: source
                    .language
                    .clone()
                    .or_else(|| state.and_then(|state| state.language.clone())),
            };
            (source.key.clone(), info)
        });
        edition::Desk {
            hidden: BTreeSet::new(),
            pinned: BTreeSet::new(),
            outlets: outlets.collect(),
            topics_in_order: self.config.topics.iter().map(|topic| topic.name.clone()).collect(),
        }
    }

    /// What every document of a feed says besides its edition.
    pub fn render_options(&self, formats: &[Format]) -> RenderOptions {
        RenderOptions {
            base_url: self.config.publish.base_url.clone(),
            desk_title: self.config.publish.title.clone(),
            key: None,
            formats_available: formats.to_vec(),
            rights: self.config.publish.rights.clone(),
            icon: self.config.publish.icon.clone(),
            ttl_minutes: self
                .sources
                .values()
                .map(|source| source.schedule.interval().as_secs().div_ceil(60).max(1))
                .min(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            hubs: self.config.websub.hubs.clone(),
        }
    }

    /// The sources as a subscription list.
    pub fn opml_sources(&self, states: &HashMap<SourceKey, SourceState>) -> Vec<OpmlSource> {
        let listed = self.config.sources.iter().filter_map(|source| {
            let state = states.get(&source.key);
            Some(OpmlSource {
                title: name_of(source, state),
                feed_url: source_url(source)?.as_str().to_owned(),
                home: state.and_then(|state| state.home.clone()),
                language: source
                    .language
                    .clone()
                    .or_else(|| state.and_then(|state| state.language.clone())),
                categories: Vec::new(),
            })
        });
        listed.collect()
    }
}

fn fetch_options(config: &Config) -> FetchOptions {
    FetchOptions {
        user_agent: user_agent(config.fetch.contact.as_deref()),
        max_body_bytes: config.fetch.max_body_bytes,
        concurrency: config.fetch.concurrency,
        per_host: config.fetch.per_host,
        per_host_delay: config.fetch.per_host_delay,
        allow_addresses: config.fetch.allow_addresses.clone(),
        proxy: config.fetch.proxy.clone(),
        ca: config.fetch.ca.clone(),
        ..FetchOptions::default()
    }
}

/// The hub keeps the limits of its hosts itself.
fn message_options(config: &Config) -> FetchOptions {
    FetchOptions {
        concurrency: 64,
        per_host: 64,
        per_host_delay: Duration::ZERO,
        ..fetch_options(config)
    }
}

/// The name of a source for people: the curator's, else the feed's own title, else the key.
pub fn name_of(source: &Source, state: Option<&SourceState>) -> String {
    let own = || state.and_then(|state| state.title.clone());
    source.name.clone().or_else(own).unwrap_or_else(|| source.key.as_str().to_owned())
}

/// The address of a source, where it may be shown: a file is nobody else's business, and credentials are left out.
pub fn source_url(source: &Source) -> Option<WebUrl> {
    match &source.address {
        SourceAddress::Web(url) => WebUrl::parse(url.as_str()),
        SourceAddress::File(_) => None,
    }
}

/// The topics in the stage's own terms.
pub fn topic_specs(config: &Config) -> Vec<TopicSpec> {
    config.topics.iter().map(TopicConfig::spec).collect()
}

/// A digest of the topics, of the topics that sources always belong to, and of this program's version, whose packs may differ.
fn rules_digest(config: &Config) -> Arc<str> {
    let mut rules = format!("{} ", env!("CARGO_PKG_VERSION"));
    for spec in topic_specs(config) {
        // Without the encoder its examples say nothing.
        let encodes = config.stories.encoder || spec.about.is_empty();
        rules.push_str(&format!("{spec:?} {encodes} "));
    }
    // A source without topics of its own changes no verdict: adding one must not judge everything again.
    for source in config.sources.iter().filter(|source| !source.topics.is_empty()) {
        rules.push_str(&format!("{} {:?} ", source.key, source.topics));
    }
    digest(&[rules.as_bytes()]).iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
}
