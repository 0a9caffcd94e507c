//! `[topic.NAME]`: its names here, its rules by the stage that judges with them.

use std::ops::Range;

use super::feeds::NAME_HELP;
use super::{Checker, Seen};
use crate::config::problem::{Problem, shown};
use crate::config::raw::{self, At};
use crate::config::{Pack, Text, TopicConfig, secret, value};
use crate::model::source::{Source, SourceKey};
use crate::model::verdict::TopicName;
use crate::normalise::fold::fold;
use crate::topics::{
    PackRef, THRESHOLD, TopicError, TopicKey, TopicSpec, Topics, built_in_names, lint,
};

impl Checker<'_> {
    pub(super) fn topics(&mut self, raw: Option<raw::Named<raw::Topic>>) -> Vec<At<TopicConfig>> {
        let mut names = Seen::new();
        let mut topics = Vec::new();
        let raw = raw.map(|topics| topics.0).unwrap_or_default();
        let known: Vec<TopicName> =
            raw.iter().filter_map(|(name, _)| TopicName::parse(&name.value)).collect();
        for (name, topic) in raw {
            let Some(topic_name) = TopicName::parse(&name.value) else {
                self.problems.push(Problem::bad_value(
                    "topic",
                    "this is not a name",
                    name.span,
                    NAME_HELP,
                ));
                continue;
            };
            // Two names that differ in case only are one address on some servers.
            if let Some(first) = names.again(name.value.to_lowercase(), &name.span) {
                self.problems.push(Problem::duplicate(
                    "the topic",
                    &name.value,
                    name.span.clone(),
                    first,
                    "give one of the two another name",
                ));
            }
            let config = self.topic(topic_name, topic.value, &known);
            topics.push(At { value: config, span: name.span });
        }
        let specs: Vec<TopicSpec> = topics.iter().map(|topic| topic.value.spec()).collect();
        if let Err(errors) = Topics::compile(&specs, fold) {
            for error in errors {
                self.rule_problem(&topics, error, Problem::rule);
            }
        }
        topics
    }

    /// Warns of rules that are right, but probably do not say what was meant.
    pub(super) fn doubtful_rules(
        &mut self,
        topics: &[At<TopicConfig>],
        sources: &[Source],
        encoder: bool,
    ) {
        for first in topics.iter().filter_map(|topic| topic.value.about.first()) {
            if !encoder {
                self.problems.push(Problem::doubtful(
                    "`about` says nothing without the sentence encoder".to_owned(),
                    first.span.clone(),
                    "leave out `encoder = \"off\"` in [stories]",
                ));
            }
        }
        let keys: Vec<&SourceKey> = sources.iter().map(|source| &source.key).collect();
        let specs: Vec<TopicSpec> = topics.iter().map(|topic| topic.value.spec()).collect();
        for doubt in lint(&specs, &keys, fold) {
            self.rule_problem(topics, doubt, Problem::doubtful_rule);
        }
    }

    fn topic(&mut self, name: TopicName, topic: raw::Topic, known: &[TopicName]) -> TopicConfig {
        let packs = topic.packs.map(|at| at.value.0).unwrap_or_default();
        let languages = topic.languages.map(|at| at.value).unwrap_or_default();
        TopicConfig {
            packs: packs.into_iter().filter_map(|at| self.pack(at, &name, known)).collect(),
            name,
            rule: topic.rule.map(Text::from),
            any: texts(topic.any),
            all: texts(topic.all),
            none: texts(topic.none),
            bilateral: topic.bilateral.and_then(|at| {
                self.sides(
                    "bilateral",
                    "write the codes of two countries: `bilateral = [\"KR\", \"JP\"]`",
                    at,
                )
            }),
            trilateral: topic.trilateral.and_then(|at| {
                self.sides(
                    "trilateral",
                    "write the codes of three countries: `trilateral = [\"KR\", \"JP\", \"US\"]`",
                    at,
                )
            }),
            about: texts(topic.about),
            about_threshold: self.about_threshold(topic.about_threshold),
            languages: languages
                .iter()
                .filter_map(|at| self.value("languages", at, value::language))
                .collect(),
        }
    }

    fn about_threshold(&mut self, at: Option<At<f64>>) -> f32 {
        let Some(at) = at else { return THRESHOLD };
        if (0.1..=1.0).contains(&at.value) {
            return at.value as f32;
        }
        self.problems.push(Problem::out_of_range("about_threshold", "0.1", "1", at.span));
        THRESHOLD
    }

    /// What an item of `use` leads to. A name that a topic and a built-in pack share is the topic, but in that topic itself: it extends the pack.
    fn pack(&mut self, at: At<String>, own: &TopicName, known: &[TopicName]) -> Option<Pack> {
        let written = at.value.trim();
        let (kind, name) = match written.split_once(':') {
            Some((kind @ ("pack" | "topic"), name)) => (Some(kind), name.trim()),
            Some(_) | None => (None, written),
        };
        let topic = || known.iter().find(|topic| topic.as_str() == name).cloned();
        let built_in = || built_in_names().any(|known| known == name);
        let reference = match kind {
            Some("topic") => topic().map(PackRef::Topic),
            Some(_) => built_in().then(|| PackRef::BuiltIn(name.to_owned())),
            None => topic()
                .filter(|topic| !(topic == own && built_in()))
                .map(PackRef::Topic)
                .or_else(|| built_in().then(|| PackRef::BuiltIn(name.to_owned()))),
        };
        if let Some(reference) = reference {
            return Some(Pack { name: at.into(), reference });
        }
        let is_path = written.ends_with(".toml") || written.contains('/');
        if kind.is_some() || !is_path {
            let topics = known.iter().filter(|topic| *topic != own).map(TopicName::as_str);
            let mut names: Vec<&str> = Vec::new();
            if kind != Some("topic") {
                names.extend(built_in_names().map(|name| -> &str { name }));
            }
            if kind != Some("pack") {
                names.extend(topics);
            }
            let what = kind.unwrap_or("pack or topic");
            self.problems.push(Problem::unknown_name(
                what,
                name,
                names.into_iter(),
                at.span,
                "a pack of your own is named by its path, `use = \"./NAME.toml\"`",
            ));
            return None;
        }
        match secret::text_file(&self.surroundings.base.join(&at.value), PACK_BYTES) {
            Ok(text) => {
                let reference = PackRef::Custom { path: at.value.clone(), text };
                Some(Pack { name: at.into(), reference })
            }
            Err(why) => {
                self.problems.push(Problem::bad_value(
                    "use",
                    &format!("the pack `{}` cannot be read: {why}", shown(&at.value)),
                    at.span,
                    "the path is relative to this file",
                ));
                None
            }
        }
    }

    fn sides<const SIDES: usize>(
        &mut self,
        key: &'static str,
        help: &str,
        at: At<Vec<At<String>>>,
    ) -> Option<[Text; SIDES]> {
        let countries: Vec<Text> = at.value.into_iter().map(Text::from).collect();
        let Ok(sides) = <[Text; SIDES]>::try_from(countries) else {
            let count = if SIDES == 2 { "two" } else { "three" };
            let message = format!("{count} countries are needed");
            self.problems.push(Problem::bad_value(key, &message, at.span, help));
            return None;
        };
        Some(sides)
    }

    /// Leads an error of the topics stage back to the place in the file.
    fn rule_problem(
        &mut self,
        topics: &[At<TopicConfig>],
        error: TopicError,
        problem: fn(&str, &str, Range<usize>, Option<String>) -> Problem,
    ) {
        let topic = topics.iter().find(|topic| topic.value.name == error.topic);
        let Some(At { value: config, span: name }) = topic else { return };
        let part = |text: Option<&Text>| {
            text.map_or(name.clone(), |text| value::within(self.text, &text.span, &error.span))
        };
        let whole = |text: Option<&Text>| text.map_or(name.clone(), |text| text.span.clone());
        let pack = |index: usize| config.packs.get(index).map(|pack| &pack.name);
        let mut message = error.message;
        let span: Range<usize> = match error.key {
            TopicKey::Topic => name.clone(),
            TopicKey::Match => part(config.rule.as_ref()),
            TopicKey::Any(index) => part(config.any.get(index)),
            TopicKey::All(index) => part(config.all.get(index)),
            TopicKey::None(index) => part(config.none.get(index)),
            TopicKey::Use(index) => whole(pack(index)),
            TopicKey::Pack(index) => {
                let text = match config.packs.get(index).map(|pack| &pack.reference) {
                    Some(PackRef::Custom { text, .. }) => Some(text.as_str()),
                    Some(PackRef::BuiltIn(_) | PackRef::Topic(_)) | None => None,
                };
                let before = text.and_then(|text| text.get(..error.span.start)).unwrap_or_default();
                let line = before.matches('\n').count() + 1;
                message = format!("line {line} of the pack: {message}");
                whole(pack(index))
            }
            TopicKey::Bilateral(index) => {
                whole(config.bilateral.as_ref().and_then(|countries| countries.get(index)))
            }
            TopicKey::Trilateral(index) => {
                whole(config.trilateral.as_ref().and_then(|countries| countries.get(index)))
            }
            TopicKey::About(index) => part(config.about.get(index)),
            TopicKey::AboutThreshold => name.clone(),
        };
        self.problems.push(problem(config.name.as_str(), &message, span, error.help));
    }
}

/// The largest pack, in bytes.
const PACK_BYTES: u64 = 4 << 20;

impl From<At<String>> for Text {
    fn from(at: At<String>) -> Text {
        Text { value: at.value, span: at.span }
    }
}

fn texts(list: Option<At<Vec<At<String>>>>) -> Vec<Text> {
    list.map(|at| at.value).unwrap_or_default().into_iter().map(Text::from).collect()
}
