//! `[[source]]`, and who leads.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

use super::{Checker, DAY, Seen};
use crate::config::problem::Problem;
use crate::config::raw::{self, At, KeyOrRank, SecretText};
use crate::config::{Fetch, TopicConfig, address, secret, value};
use crate::model::schedule::{Schedule, Timing};
use crate::model::source::{
    PageSelectors, Proxy, Secret, Source, SourceAddress, SourceKey, SourceKind,
};
use crate::read::listing;

/// The rank of a source that was given none.
const USUAL_RANK: u32 = 100;
const LARGEST_RANK: u32 = 1_000_000;

impl Checker<'_> {
    pub(super) fn sources(
        &mut self,
        raw: Vec<At<raw::Source>>,
        fetch: &Fetch,
        jitter: Option<Duration>,
        topics: &[At<TopicConfig>],
    ) -> Vec<Source> {
        let topics: HashSet<&str> = topics.iter().map(|topic| topic.value.name.as_str()).collect();
        let keys = self.keys(&raw);
        let mut taken: HashSet<String> =
            keys.iter().flatten().map(|key| key.as_str().to_owned()).collect();
        let mut addresses = Seen::new();
        let mut sources = Vec::with_capacity(raw.len());
        for (At { value: source, span }, key) in raw.into_iter().zip(keys) {
            let kind = self.kind(
                source.kind,
                [
                    ("items", source.items),
                    ("title", source.title),
                    ("link", source.link),
                    ("date", source.date),
                    ("summary", source.summary),
                    ("image", source.image),
                ],
            );
            let Some(url) = source.url else {
                self.problems.push(Problem::missing_key(
                    "url",
                    "this [[source]]",
                    span,
                    "the address of the feed: `url = \"https://example.org/rss.xml\"`",
                ));
                continue;
            };
            let Some(address) = self.address(&url, &mut addresses) else { continue };
            let key = key.or_else(|| address::default_key(&address, |key| taken.contains(key)));
            let Some(key) = key else {
                // Only where two keyless sources share an address, which has been reported.
                continue;
            };
            taken.insert(key.as_str().to_owned());
            let schedule =
                self.schedule(source.schedule, source.every, source.jitter, fetch, jitter);
            let is_adaptive = source.adaptive.map_or(fetch.adaptive.0, |at| at.value);
            let bounds = self.bounds(source.min, source.max, fetch.adaptive.1);
            let proxy = match source.proxy {
                None => Proxy::Usual,
                Some(At { value: SecretText::Literal(off), .. }) if off.trim() == "off" => {
                    Proxy::Direct
                }
                Some(at) => self.proxy(&at).map_or(Proxy::Usual, Proxy::Of),
            };
            if let Some(At { value: true, span }) = source.full_text.clone() {
                self.problems.push(Problem::no_effect(
                    "`full_text = true`",
                    span,
                    "items are published as the feed gives them",
                ));
            }
            sources.push(Source {
                key,
                address,
                kind,
                name: self.title("name", source.name),
                language: source
                    .language
                    .and_then(|at| self.value("language", &at, value::language)),
                schedule,
                adaptive: is_adaptive.then_some(bounds),
                proxy,
                zone: source.timezone.and_then(|at| self.value("timezone", &at, value::zone)),
                encoding: source.encoding.and_then(|at| self.encoding(&at)),
                rank: self.rank(source.rank),
                topics: self.source_topics(source.topics, &topics),
                groups: self.groups(source.group),
                headers: self.headers(source.headers),
                timeout: fetch.timeout,
                full_text: source.full_text.is_some_and(|at| at.value),
                paused: source.paused.is_some_and(|at| at.value),
                websub: source.websub.is_none_or(|at| at.value),
            });
        }
        sources
    }

    fn groups(&mut self, at: Option<At<raw::OneOrMore>>) -> Vec<String> {
        let names = at.map(|at| at.value.0).unwrap_or_default();
        let checked = names.into_iter().filter_map(|at| {
            let is_name = crate::model::verdict::TopicName::parse(&at.value).is_some();
            if !is_name {
                self.problems.push(Problem::bad_value(
                    "group",
                    "this is not a name",
                    at.span,
                    "a name is 1 to 64 letters, digits, `-` and `_`",
                ));
            }
            is_name.then_some(at.value)
        });
        checked.collect()
    }

    /// The keys that the curator gave, source by source.
    fn keys(&mut self, raw: &[At<raw::Source>]) -> Vec<Option<SourceKey>> {
        let mut seen = Seen::new();
        raw.iter()
            .map(|source| {
                let at = source.value.key.as_ref()?;
                let Some(key) = SourceKey::parse(&at.value) else {
                    self.problems.push(Problem::bad_value(
                        "key",
                        "this is not a key",
                        at.span.clone(),
                        "a key is 1 to 100 bytes of letters, digits, `-`, `_` and `.`, such as `yonhap-en`",
                    ));
                    return None;
                };
                if let Some(first) = seen.again(key.clone(), &at.span) {
                    self.problems.push(Problem::duplicate(
                        "the source",
                        key.as_str(),
                        at.span.clone(),
                        first,
                        "give one of the two another key",
                    ));
                    return None;
                }
                Some(key)
            })
            .collect()
    }

    /// What the address holds; the selectors are for pages only.
    fn kind(
        &mut self,
        kind: Option<At<String>>,
        selectors: [(&'static str, Option<At<String>>); 6],
    ) -> SourceKind {
        const KINDS: [&str; 3] = ["feed", "page", "sitemap"];
        let word = kind.as_ref().map_or("feed", |at| at.value.as_str());
        if let Some(at) = &kind
            && !KINDS.contains(&word)
        {
            let problem = Problem::unknown_choice("kind", word, &KINDS, at.span.clone());
            self.problems.push(problem);
            return SourceKind::Feed;
        }
        let checked = selectors.map(|(key, selector)| {
            let at = selector?;
            if word != "page" {
                self.problems.push(Problem::bad_value(
                    key,
                    "selectors are for pages",
                    at.span,
                    "write `kind = \"page\"` beside it, or leave it out",
                ));
                return None;
            }
            match listing::check_selector(&at.value) {
                Ok(()) => Some(at.value),
                Err(why) => {
                    self.problems.push(Problem::bad_value(
                        key,
                        &format!("this is not a CSS selector: {why}"),
                        at.span,
                        "write one such as `ul.news > li`, `h3 a`, `span.date`; `tidings parse URL --kind page` tries it out",
                    ));
                    None
                }
            }
        });
        match word {
            "page" => {
                let [items, title, link, date, summary, image] = checked;
                SourceKind::Page(PageSelectors { items, title, link, date, summary, image })
            }
            "sitemap" => SourceKind::Sitemap,
            _ => SourceKind::Feed,
        }
    }

    fn address(&mut self, at: &At<String>, seen: &mut Seen<String>) -> Option<SourceAddress> {
        let address = self.value("url", at, |text| address::parse(text, self.surroundings.base))?;
        if let SourceAddress::Web(url) = &address
            && (!url.username().is_empty() || url.password().is_some())
        {
            self.problems.push(Problem::bad_value(
                "url",
                "there are credentials in the address",
                at.span.clone(),
                "take them out, and write `headers = { Authorization = { env = \"NAME\" } }`",
            ));
            return None;
        }
        if let Some(first) = seen.again(address::identity(&address), &at.span) {
            let same_spelling = self.text.get(first.clone()) == self.text.get(at.span.clone());
            self.problems.push(Problem::duplicate_address(
                &address.to_string(),
                at.span.clone(),
                first,
                same_spelling,
            ));
        }
        Some(address)
    }

    fn schedule(
        &mut self,
        schedule: Option<At<String>>,
        every: Option<At<raw::DurationText>>,
        jitter: Option<At<raw::DurationText>>,
        fetch: &Fetch,
        usual_jitter: Option<Duration>,
    ) -> Schedule {
        let own = self.timing(schedule, every, fetch.timezone);
        if own.is_none() && jitter.is_none() {
            return fetch.schedule.clone();
        }
        let timing: Timing = own.unwrap_or_else(|| fetch.schedule.timing.clone());
        let own_jitter = jitter.and_then(|at| self.bounded("jitter", &at, Duration::ZERO..=DAY));
        Schedule::new(timing, own_jitter.or(usual_jitter))
    }

    fn encoding(&mut self, at: &At<String>) -> Option<String> {
        let label = at.value.trim();
        if encoding_rs::Encoding::for_label(label.as_bytes()).is_some() {
            return Some(label.to_owned());
        }
        const USUAL: [&str; 9] = [
            "utf-8",
            "euc-kr",
            "shift_jis",
            "euc-jp",
            "iso-2022-jp",
            "gb18030",
            "big5",
            "windows-1252",
            "utf-16le",
        ];
        self.problems.push(Problem::unknown_choice("encoding", label, &USUAL, at.span.clone()));
        None
    }

    fn rank(&mut self, at: Option<At<i64>>) -> u32 {
        let Some(at) = at else { return USUAL_RANK };
        match u32::try_from(at.value) {
            Ok(rank) if rank <= LARGEST_RANK => rank,
            _ => {
                let most = LARGEST_RANK.to_string();
                self.problems.push(Problem::out_of_range("rank", "0", &most, at.span));
                USUAL_RANK
            }
        }
    }

    fn source_topics(
        &mut self,
        at: Option<At<Vec<At<String>>>>,
        known: &HashSet<&str>,
    ) -> BTreeSet<crate::model::verdict::TopicName> {
        let names = at.map(|at| at.value).unwrap_or_default();
        names.into_iter().filter_map(|name| self.topic_name(&name, known)).collect()
    }

    /// The name of a topic that there is.
    pub(super) fn topic_name(
        &mut self,
        at: &At<String>,
        known: &HashSet<&str>,
    ) -> Option<crate::model::verdict::TopicName> {
        if known.contains(at.value.as_str()) {
            return crate::model::verdict::TopicName::parse(&at.value);
        }
        self.problems.push(Problem::unknown_name(
            "topic",
            &at.value,
            sorted(known).into_iter(),
            at.span.clone(),
            "add a table `[topic.NAME]`",
        ));
        None
    }

    fn headers(&mut self, at: Option<At<raw::Named<SecretText>>>) -> Vec<(String, Secret)> {
        let mut headers = Vec::new();
        for (name, content) in at.map(|at| at.value.0).unwrap_or_default() {
            let literal = matches!(content.value, SecretText::Literal(_));
            if literal {
                self.secrets.push(content.span.clone());
                if secret::is_secret_name(&name.value) {
                    self.problems.push(Problem::literal_secret(&name.value, content.span.clone()));
                }
            }
            if !is_token(&name.value) {
                self.problems.push(Problem::bad_value(
                    "headers",
                    "this is not the name of a header",
                    name.span,
                    "a name has letters, digits and hyphens: `Accept-Language`",
                ));
                continue;
            }
            const OURS: [&str; 9] = [
                "host",
                "content-length",
                "transfer-encoding",
                "connection",
                "accept-encoding",
                "if-none-match",
                "if-modified-since",
                "range",
                "te",
            ];
            let lower = name.value.to_ascii_lowercase();
            if OURS.contains(&lower.as_str()) {
                self.problems.push(Problem::bad_value(
                    "headers",
                    "tidings sets this header itself",
                    name.span,
                    "leave it out",
                ));
                continue;
            }
            let Some(value) = self.secret(&content) else { continue };
            let text = value.reveal();
            if text.len() > 8 * 1024 || text.chars().any(|c| c.is_control() && c != '\t') {
                self.problems.push(Problem::bad_value(
                    "headers",
                    "this value cannot be a header: it is longer than 8 KiB or has control characters",
                    content.span,
                    "write one line; it may end in white space in a file only",
                ));
                continue;
            }
            headers.push((name.value, value));
        }
        headers
    }

    /// Turns `prefer` into ranks: who is preferred leads, in that order, and the others follow by their own ranks.
    pub(super) fn prefer(&mut self, prefer: &[At<KeyOrRank>], sources: &mut [Source]) {
        if prefer.is_empty() {
            return;
        }
        let mut keys: HashMap<String, u32> = HashMap::new();
        let mut ranks: HashMap<u32, u32> = HashMap::new();
        for (place, at) in (0u32..).zip(prefer) {
            match &at.value {
                KeyOrRank::Key(key) => {
                    if !sources.iter().any(|source| source.key.as_str() == key) {
                        self.problems.push(Problem::unknown_name(
                            "source",
                            key,
                            sources.iter().map(|source| source.key.as_str()),
                            at.span.clone(),
                            "`prefer` takes keys of sources, and ranks",
                        ));
                    }
                    keys.entry(key.clone()).or_insert(place);
                }
                KeyOrRank::Rank(rank) => match u32::try_from(*rank) {
                    Ok(rank) if rank <= LARGEST_RANK => {
                        ranks.entry(rank).or_insert(place);
                    }
                    _ => {
                        let most = LARGEST_RANK.to_string();
                        let span = at.span.clone();
                        self.problems.push(Problem::out_of_range("prefer", "0", &most, span));
                    }
                },
            }
        }
        let after = u32::try_from(prefer.len()).unwrap_or(u32::MAX);
        for source in sources {
            let by_key = keys.get(source.key.as_str());
            let place = [by_key, ranks.get(&source.rank)].into_iter().flatten().min();
            source.rank = place.copied().unwrap_or_else(|| source.rank.saturating_add(after));
        }
    }
}

/// The names in alphabetical order, so that a report is the same each time.
pub(super) fn sorted<'a>(names: &HashSet<&'a str>) -> Vec<&'a str> {
    let mut names: Vec<&str> = names.iter().copied().collect();
    names.sort_unstable();
    names
}

/// Whether the text is a token of HTTP (RFC 9110 §5.6.2).
fn is_token(text: &str) -> bool {
    (1..=100).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}
