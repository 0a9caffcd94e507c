//! `[topic.NAME]`: its names here, its rules by the stage that judges with them.

use std::ops::Range;

use super::feeds::NAME_HELP;
use super::{Checker, Seen};
use crate::config::problem::{Problem, shown};
use crate::config::raw::{self, At};
use crate::config::{Pack, Text, TopicConfig, secret, value};
use crate::model::verdict::TopicName;
use crate::normalise::fold::fold;
use crate::topics::{TopicError, TopicKey, TopicSpec, Topics, built_in_names};

impl Checker<'_> {
    pub(super) fn topics(&mut self, raw: Option<raw::Named<raw::Topic>>) -> Vec<At<TopicConfig>> {
        let mut names = Seen::new();
        let mut topics = Vec::new();
        for (name, topic) in raw.map(|topics| topics.0).unwrap_or_default() {
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
            let config = self.topic(topic_name, topic.value);
            topics.push(At { value: config, span: name.span });
        }
        let specs: Vec<TopicSpec> = topics.iter().map(|topic| topic.value.spec()).collect();
        if let Err(errors) = Topics::compile(&specs, fold) {
            for error in errors {
                if let Some(topic) = topics.iter().find(|topic| topic.value.name == error.topic) {
                    self.rule_problem(topic, error);
                }
            }
        }
        topics
    }

    fn topic(&mut self, name: TopicName, topic: raw::Topic) -> TopicConfig {
        let packs = topic.packs.map(|at| at.value.0).unwrap_or_default();
        let languages = topic.languages.map(|at| at.value).unwrap_or_default();
        TopicConfig {
            name,
            packs: packs.into_iter().filter_map(|at| self.pack(at)).collect(),
            rule: topic.rule.map(Text::from),
            any: texts(topic.any),
            all: texts(topic.all),
            none: texts(topic.none),
            bilateral: topic.bilateral.and_then(|at| self.bilateral(at)),
            languages: languages
                .iter()
                .filter_map(|at| self.value("languages", at, value::language))
                .collect(),
        }
    }

    fn pack(&mut self, at: At<String>) -> Option<Pack> {
        let path = at.value.ends_with(".toml") || at.value.contains('/');
        if !path {
            if !built_in_names().any(|name| name == at.value) {
                self.problems.push(Problem::unknown_name(
                    "pack",
                    &at.value,
                    built_in_names(),
                    at.span,
                    "your own is named by its path, `use = \"./NAME.toml\"`",
                ));
                return None;
            }
            return Some(Pack { name: at.into(), text: None });
        }
        match secret::text_file(&self.surroundings.base.join(&at.value), PACK_BYTES) {
            Ok(text) => Some(Pack { name: at.into(), text: Some(text) }),
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

    fn bilateral(&mut self, at: At<Vec<At<String>>>) -> Option<[Text; 2]> {
        let countries: Vec<Text> = at.value.into_iter().map(Text::from).collect();
        match <[Text; 2]>::try_from(countries) {
            Ok(pair) => Some(pair),
            Err(_) => {
                self.problems.push(Problem::bad_value(
                    "bilateral",
                    "two countries are needed",
                    at.span,
                    "write the codes of two countries: `bilateral = [\"KR\", \"JP\"]`",
                ));
                None
            }
        }
    }

    /// Leads an error of the topics stage back to the place in the file.
    fn rule_problem(&mut self, topic: &At<TopicConfig>, error: TopicError) {
        let At { value: config, span: name } = topic;
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
                let text = config.packs.get(index).and_then(|pack| pack.text.as_deref());
                let before = text.and_then(|text| text.get(..error.span.start)).unwrap_or_default();
                let line = before.matches('\n').count() + 1;
                message = format!("line {line} of the pack: {message}");
                whole(pack(index))
            }
            TopicKey::Bilateral(index) => {
                whole(config.bilateral.as_ref().and_then(|countries| countries.get(index)))
            }
        };
        self.problems.push(Problem::rule(config.name.as_str(), &message, span, error.help));
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
