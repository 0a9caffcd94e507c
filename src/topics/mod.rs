//! `Normalised` → `Verdict`.

mod error;
mod rule;
mod term;
mod pack;
mod countries;
mod program;
mod meaning;
mod uses;
mod compile;
mod judge;
mod explain;
mod cover;
mod lint;
mod hits;

use std::collections::BTreeSet;

pub use error::{RuleError, TopicError, TopicKey};
pub use explain::{Part, PartState, TopicExplanation};
pub use hits::{TermHits, TermRef};
pub use lint::lint;
pub use meaning::THRESHOLD;
pub use pack::built_in_names;

use crate::model::entry::Entry;
use crate::model::lang::Lang;
use crate::model::source::SourceKey;
use crate::model::text::{Folded, Normalised};
use crate::model::vector::Vector;
use crate::model::verdict::{Field, TopicName, TopicVerdict};

/// How texts are folded; a plain function, so that what is compiled folds as what is judged.
pub type Fold = fn(&str) -> Folded;

/// A pack or another topic that a topic uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackRef {
    /// Another topic: what it keeps.
    Topic(TopicName),
    /// A built-in one, by name.
    BuiltIn(String),
    /// The curator's own.
    Custom {
        /// Where it was read, as written in `use`: names the pack in evidence.
        path: String,
        /// Its text.
        text: String,
    },
}

/// A topic as configured.
///
/// `match`, `any`, `use`, `bilateral`, `trilateral` and `about` are alternatives: one is enough. All of `all` are needed besides, and one of `none` suppresses
/// the topic.
#[derive(Debug, Clone, PartialEq)]
pub struct TopicSpec {
    /// Its name.
    pub name: TopicName,
    /// A rule (the grammar is in `topics/rule.rs`).
    pub match_rule: Option<String>,
    /// Terms of which one is enough.
    pub any: Vec<String>,
    /// Terms of which each is needed.
    pub all: Vec<String>,
    /// Terms of which none may be there.
    pub none: Vec<String>,
    /// Packs and other topics of which one is enough.
    pub use_packs: Vec<PackRef>,
    /// Two countries (ISO 3166-1 alpha-2) whose relations are meant.
    pub bilateral: Option<(String, String)>,
    /// Three countries whose relations are meant.
    pub trilateral: Option<[String; 3]>,
    /// Examples of headlines that mean what the topic is about.
    pub about: Vec<String>,
    /// How like one of them a headline must be, from 0 to 1.
    pub about_threshold: f32,
    /// The languages whose entries may belong to it; any if empty.
    pub languages: Vec<Lang>,
}

impl TopicSpec {
    /// A topic that says nothing yet.
    pub fn new(name: TopicName) -> TopicSpec {
        TopicSpec {
            name,
            match_rule: None,
            any: Vec::new(),
            all: Vec::new(),
            none: Vec::new(),
            use_packs: Vec::new(),
            bilateral: None,
            trilateral: None,
            about: Vec::new(),
            about_threshold: THRESHOLD,
            languages: Vec::new(),
        }
    }
}

/// Checks a rule by itself, as `match` takes it: its grammar, its groups and regular expressions.
///
/// # Errors
/// What is wrong first, with the bytes of the rule it is about.
pub fn parse_rule(text: &str) -> Result<(), RuleError> {
    let Some(name) = TopicName::parse("rule") else { return Ok(()) };
    compile::check_rule(text, name)
}

/// What is judged.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// Its folded texts.
    pub normalised: &'a Normalised,
    /// The entry.
    pub entry: &'a Entry,
    /// The source that listed it.
    pub source: &'a SourceKey,
    /// Its language, as far as it is known.
    pub language: Option<&'a Lang>,
    /// The topics that its source's entries always belong to.
    pub always: &'a BTreeSet<TopicName>,
    /// What its headline means, where that is known; without it no `about` speaks.
    pub vector: Option<&'a Vector>,
}

/// The topics, ready to judge.
#[derive(Debug)]
pub struct Topics {
    program: program::Program,
    fold: Fold,
}

impl Topics {
    /// Compiles the topics; all problems at once.
    pub fn compile(specs: &[TopicSpec], fold: Fold) -> Result<Topics, Vec<TopicError>> {
        Ok(Topics { program: compile::compile(specs, fold)?, fold })
    }

    /// The examples of every `about`, each once, in order.
    pub fn examples(&self) -> Vec<&str> {
        self.program.meanings.iter().flat_map(|meaning| meaning.texts()).collect()
    }

    /// Tells what the examples mean: `encode` takes those of [`Topics::examples`] and gives a vector each. Until then no `about` speaks.
    pub fn encode_examples(&mut self, encode: impl FnOnce(&[&str]) -> Vec<Vector>) {
        let vectors = encode(&self.examples());
        let mut rest = vectors.into_iter();
        for meaning in &mut self.program.meanings {
            meaning.take_vectors(&mut rest);
        }
    }

    /// Whether the vector of the entry's headline would decide something: some topic has an `about`, and whether it keeps the entry hangs on it.
    /// `false` where the entry's vector is known already.
    pub fn wants_vector(&self, subject: &Subject<'_>) -> bool {
        subject.vector.is_none()
            && self.program.meanings.iter().any(|meaning| meaning.is_known())
            && judge::hangs_on_meaning(&self.program, self.fold, subject)
    }

    /// Whether any of them looks into summaries: if none does, those need not be folded.
    pub fn read_summaries(&self) -> bool {
        self.program.reads.has(Field::Summary)
    }

    /// What the topics say of an entry, in the order of the configuration; silent ones are left out.
    ///
    /// A topic drops an entry only where it would keep it but for a `none` or a `NOT`.
    pub fn judge(&self, subject: &Subject<'_>) -> Vec<TopicVerdict> {
        judge::judge(&self.program, self.fold, subject)
    }

    /// What every topic says of an entry and why, also the silent ones, in the order of the configuration. Takes longer than [`Topics::judge`].
    pub fn explain(&self, subject: &Subject<'_>) -> Vec<TopicExplanation> {
        judge::explain(&self.program, self.fold, subject)
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use proptest::prelude::*;

    use super::*;
    use crate::model::source::SourceKey;
    use crate::model::text::{Headline, PlainText, SafeHtml};
    use crate::model::url::WebUrl;
    use crate::model::verdict::{Field, Verdict};

    // The program's own folding is another stage's; what it promises is enough here.
    fn lower(text: &str) -> Folded {
        Folded::in_place(text.to_ascii_lowercase())
    }

    fn name(name: &str) -> TopicName {
        TopicName::parse(name).unwrap()
    }

    fn topic(rule: &str) -> TopicSpec {
        TopicSpec { match_rule: Some(rule.to_owned()), ..TopicSpec::new(name("t")) }
    }

    fn strings(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    fn entry() -> Entry {
        Entry {
            title: Headline::new("Korea and Japan hold talks"),
            summary_text: PlainText::new("The summit took place in Seoul"),
            content: Some(SafeHtml::vouched("<p>Full <b>text</b> of the accord</p>".into())),
            authors: PlainText::new("Jane Doe").into_iter().collect(),
            categories: PlainText::new("World News").into_iter().collect(),
            link: WebUrl::parse("https://example.org/world/1"),
            ..Entry::default()
        }
    }

    fn judge_all(specs: &[TopicSpec], entry: &Entry, language: &str) -> Vec<TopicVerdict> {
        let topics = Topics::compile(specs, lower).unwrap();
        let text = |text: Option<&str>| text.map_or_else(Folded::default, lower);
        let normalised = Normalised {
            title: text(entry.title.as_ref().map(Headline::as_str)),
            summary: text(entry.summary_text.as_ref().map(PlainText::as_str)),
            headline_key: String::new(),
        };
        topics.judge(&Subject {
            normalised: &normalised,
            entry,
            source: &SourceKey::parse("yonhap-en").unwrap(),
            language: Lang::parse(language).as_ref(),
            always: &BTreeSet::new(),
            vector: None,
        })
    }

    /// The verdict on [`entry`] and the published texts that prove it.
    fn judged(spec: TopicSpec) -> String {
        let entry = entry();
        let verdicts = judge_all(&[spec], &entry, "en-GB");
        let Some(TopicVerdict { verdict, .. }) = verdicts.first() else { return "silent".into() };
        let kind = match verdict {
            Verdict::Keep(_) => "keep",
            Verdict::Drop(_) => "drop",
            Verdict::Silent => "silent",
        };
        let content = entry.content.as_ref().unwrap().to_text();
        let proofs = verdict.evidence().iter().map(|proof| {
            let text = match proof.field {
                Field::Title => entry.title.as_ref().unwrap().as_str(),
                Field::Summary => entry.summary_text.as_ref().unwrap().as_str(),
                Field::Content => &content,
                Field::Author => entry.authors[0].as_str(),
                Field::Category => entry.categories[0].as_str(),
                Field::Source => "yonhap-en",
                Field::Lang => "en-GB",
                Field::Url => entry.link.as_ref().unwrap().as_str(),
            };
            format!(" {}:{}", proof.field.name(), &text[proof.span.clone()])
        });
        format!("{kind}{}", proofs.collect::<String>())
    }

    #[test]
    fn rules_judge_as_they_read() {
        let check = |rule: &str, want: &str| assert_eq!(judged(topic(rule)), want, "{rule}");
        check("talks", "keep title:talks");
        check("summit", "keep summary:summit");
        check("title:summit", "silent");
        check("korea AND japan", "keep title:Korea title:Japan");
        check("korea AND china", "silent");
        check("korea OR china", "keep title:Korea");
        check("korea NOT china", "keep title:Korea");
        check("korea NOT seoul", "drop summary:Seoul");
        check("china NOT seoul", "silent");
        check("(korea NOT seoul) OR talks", "keep title:talks");
        check("NOT china", "keep");
        check("NOT korea", "drop title:Korea");
        check("*", "keep title:");
        check("korea NEAR/1 japan", "keep title:Korea title:Japan");
        check("japan NEAR/1 korea", "keep title:Korea title:Japan");
        check("korea NEAR/2 (talks OR japan)", "keep title:Korea title:Japan");
        check("korea NEAR/2 talks", "silent");
        check("talks NEAR/9 summit", "silent");
        check("content:accord", "keep content:accord");
        check("content:\"full text\"", "silent");
        check("author:jane", "keep author:Jane");
        check("category:(world OR sport)", "keep category:World");
        check("source:yonhap*", "keep source:yonhap-en");
        check("source:yonhap", "silent");
        check("lang:en", "keep lang:en-GB");
        check("lang:e", "silent");
        check("lang:ko", "silent");
        check("url:/world/", "keep url:/world/");
        check("/tal[kx]s?/", "keep title:talks");
        check("title:/^korea/", "keep title:Korea");
        check("=Korea", "keep title:Korea");
        check("=KOREA", "silent");
        check("DISTINCT/2 @state", "keep title:Korea title:Japan");
        check("DISTINCT/3 @state", "silent");
        check("@JP", "keep title:Japan");
        check("title:(@KR AND talk)", "keep title:Korea title:talk");
    }

    #[test]
    fn lists_are_alternatives_and_conditions() {
        let spec = |any: &[&str], all: &[&str], none: &[&str]| TopicSpec {
            any: strings(any),
            all: strings(all),
            none: strings(none),
            ..TopicSpec::new(name("t"))
        };
        let check = |spec: TopicSpec, want: &str| assert_eq!(judged(spec), want);
        check(spec(&["china", "japan"], &[], &[]), "keep title:Japan");
        check(
            spec(&["japan"], &["korea", "seoul"], &[]),
            "keep title:Korea title:Japan summary:Seoul",
        );
        check(spec(&["japan"], &["korea", "china"], &[]), "silent");
        check(spec(&[], &["korea", "japan"], &[]), "keep title:Korea title:Japan");
        check(spec(&["japan"], &[], &["title:talks"]), "drop title:talks");
        check(spec(&["china"], &[], &["talks"]), "silent");
        check(
            TopicSpec { match_rule: Some("japan".into()), ..spec(&["china"], &[], &["tennis"]) },
            "keep title:Japan",
        );
        let languages = |tag: &str| Lang::parse(tag).into_iter().collect::<Vec<_>>();
        check(TopicSpec { languages: languages("en"), ..topic("talks") }, "keep title:talks");
        check(TopicSpec { languages: languages("ko"), ..topic("talks") }, "silent");
    }

    #[test]
    fn a_source_may_always_belong_to_a_topic() {
        let without_rules = TopicSpec::new(name("other"));
        let topics = Topics::compile(&[topic("nothing"), without_rules], lower).unwrap();
        let verdicts = topics.judge(&Subject {
            normalised: &Normalised::default(),
            entry: &Entry::default(),
            source: &SourceKey::parse("mofa").unwrap(),
            language: None,
            always: &[name("other")].into(),
            vector: None,
        });
        assert_eq!(verdicts.len(), 1);
        assert_eq!(verdicts[0].topic, name("other"));
        assert_eq!(verdicts[0].verdict.evidence()[0].rule.as_str(), "source.topics");
    }

    /// What is wrong with a topic: which of its texts, the part of it that is marked, and the words.
    fn faults(spec: &TopicSpec) -> Vec<(TopicKey, Range<usize>, String)> {
        let errors = Topics::compile(std::slice::from_ref(spec), lower).unwrap_err();
        errors.into_iter().map(|error| (error.key, error.span, error.message)).collect()
    }

    #[test]
    fn every_fault_of_a_topic_is_told() {
        let spec = TopicSpec {
            match_rule: Some("(a".into()),
            any: strings(&["ok", "..."]),
            none: strings(&["/[/"]),
            use_packs: vec![
                PackRef::BuiltIn("diplomacie".into()),
                PackRef::Custom {
                    path: "./own.toml".into(),
                    text: "about = \"x\"\nmatch = \"@b\"\n[group.a]\n".into(),
                },
            ],
            bilateral: Some(("KR".into(), "jp".into())),
            ..TopicSpec::new(name("t"))
        };
        let faults = faults(&spec);
        let check = |key: TopicKey, span: Range<usize>, words: &str| {
            assert!(
                faults
                    .iter()
                    .any(|(k, s, message)| *k == key && *s == span && message.contains(words)),
                "{key:?} {span:?} {words} in {faults:#?}"
            );
        };
        check(TopicKey::Match, 0..1, "not closed");
        check(TopicKey::Any(1), 0..3, "needs a letter");
        check(TopicKey::None(0), 0..3, "cannot be read");
        check(TopicKey::Use(0), 0..10, "no pack `diplomacie`");
        check(TopicKey::Pack(1), 20..24, "no group `@b`");
        check(TopicKey::Bilateral(1), 0..2, "no country `jp`");
        assert_eq!(faults.len(), 6);
    }

    #[test]
    fn a_topic_must_make_sense() {
        let check = |spec: TopicSpec, words: &str| {
            let found = faults(&spec);
            assert!(found[0].2.contains(words), "{found:?}");
        };
        let pair = |one: &str, other: &str| TopicSpec {
            bilateral: Some((one.into(), other.into())),
            ..TopicSpec::new(name("t"))
        };
        check(pair("KR", "KR"), "the same");
        check(pair("KR", "NATO"), "no country");
        check(topic("@nothing"), "no group");
        check(topic("DISTINCT/2 @KR"), "not counted apart");
        check(topic("source:a NEAR/2 b"), "two places");
        check(topic(&format!("/{}/", "a".repeat(3_000))), "longer than");
        check(topic("/(((a{90}){90}){90})/"), "too large");
    }

    #[test]
    fn two_countries_are_any_two() {
        let keeps = |one: &str, other: &str, title: &str| {
            let spec = TopicSpec {
                bilateral: Some((one.into(), other.into())),
                ..TopicSpec::new(name("t"))
            };
            let entry = Entry { title: Headline::new(title), ..Entry::default() };
            judge_all(&[spec], &entry, "en").iter().any(|verdict| verdict.verdict.keeps())
        };
        let check = |one: &str, other: &str, yes: &[&str], no: &[&str]| {
            for title in yes {
                assert!(
                    keeps(one, other, title) && keeps(other, one, title),
                    "{one} {other} {title}"
                );
            }
            for title in no {
                assert!(!keeps(one, other, title), "{one} {other} not {title}");
            }
        };
        check(
            "KR",
            "JP",
            &[
                "한일 정상회담 개최",
                "한·일 관계 개선",
                "日韓首脳会談",
                "韓日 셔틀외교",
                "Korea-Japan ties warm",
                "Seoul, Tokyo in talks",
                "ROK-Japan summit",
            ],
            &[
                "한일전 3-2 승리",
                "한일병원 개원",
                "Korea beats Japan in World Cup qualifier",
                "North Korea slams Japan over drills",
                "日韓戦で勝利",
                "日本の天気",
            ],
        );
        check(
            "US",
            "JP",
            &["日米首脳会談", "미·일 정상회담", "US and Japan sign trade deal", "米日関係"],
            &["米の価格", "join us in Japan for talks", "日米通算200勝"],
        );
        check(
            "KR",
            "CN",
            &["韓中首脳会談", "한중 관계", "China and South Korea hold talks"],
            &["한중록 출간"],
        );
        check(
            "FR",
            "DE",
            &["Macron meets Merz in Berlin", "独仏首脳が会談", "프랑스·독일 정상회담"],
            &["French and German wines compared"],
        );
        check("RU", "JP", &["日露外相会談", "日ロ平和条約交渉"], &["日ロサンゼルス線"]);
    }

    proptest! {
        #[test]
        fn the_order_of_topics_does_not_matter(
            order in Just(["korea", "talks NOT japan", "title:summit OR seoul", "NOT china", "/j.p/"]).prop_shuffle(),
            title in "(korea |japan |talks |summit |seoul |china ){1,5}",
        ) {
            let rules = ["korea", "talks NOT japan", "title:summit OR seoul", "NOT china", "/j.p/"];
            let specs = |rules: &[&str]| -> Vec<TopicSpec> {
                rules
                    .iter()
                    .map(|rule| {
                        let index = ["korea", "talks NOT japan", "title:summit OR seoul", "NOT china", "/j.p/"]
                            .iter()
                            .position(|known| known == rule);
                        TopicSpec { name: name(&format!("t{}", index.unwrap())), ..topic(rule) }
                    })
                    .collect()
            };
            let entry = Entry { title: Headline::new(&title), ..Entry::default() };
            let sorted = |specs: &[TopicSpec]| {
                let mut verdicts = judge_all(specs, &entry, "en");
                verdicts.sort_by(|one, other| one.topic.cmp(&other.topic));
                verdicts
            };
            prop_assert_eq!(sorted(&specs(&rules)), sorted(&specs(&order)));
        }

        #[test]
        fn a_span_stays_inside_its_text(title in "[a-c가나日 ·\\-']{0,30}", rule in "(a|b\\*|가|\\*나|日|ab|=c| OR | AND | NEAR/2 |NOT ){1,7}") {
            let Ok(topics) = Topics::compile(&[topic(&rule)], lower) else { return Ok(()) };
            let entry = Entry { title: Headline::new(&title), ..Entry::default() };
            let published = entry.title.as_ref().map_or("", Headline::as_str);
            let verdicts = topics.judge(&Subject {
                normalised: &Normalised { title: lower(published), ..Normalised::default() },
                entry: &entry,
                source: &SourceKey::parse("s").unwrap(),
                language: None,
                always: &BTreeSet::new(),
                vector: None,
            });
            for proof in verdicts.iter().flat_map(|verdict| verdict.verdict.evidence()) {
                prop_assert!(published.get(proof.span.clone()).is_some());
            }
        }
    }
}
