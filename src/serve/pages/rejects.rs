//! What was dropped or folded, and why. For the curator alone.

use std::collections::BTreeMap;

use askama::Template;

use super::evidence::Why;
use super::marks::{self, Piece};
use super::words::{self, Moment, Words};
use super::{Desk, Frame, Place, Visit, rendered};
use crate::model::lang::Lang;
use crate::model::rejection::{Rejected, Rejection};
use crate::model::source::SourceKey;
use crate::model::story::{Joined, StoryId};
use crate::model::text::Headline;
use crate::model::time::Timestamp;
use crate::model::verdict::{Evidence, TopicName};

/// What the page of the rejected shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectsView {
    /// When this was looked up.
    pub at: Timestamp,
    /// The entries, newest first.
    pub rejected: Vec<Rejected>,
    /// The names of the sources for people; the key of one that is not here.
    pub names: BTreeMap<SourceKey, String>,
    /// Topics as rules, to be tried without what dropped an entry; those that cannot be said in a rule are left out.
    pub rules: BTreeMap<TopicName, TopicRule>,
}

/// A topic as a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicRule {
    /// What it keeps.
    pub keeps: String,
    /// What it drops: the terms as they are named in evidence, and as a rule writes them.
    pub drops: Vec<(String, String)>,
}

impl TopicRule {
    /// The rule without the terms that dropped something.
    fn without(&self, evidence: &[Evidence]) -> String {
        let is_left = |term: &str| !evidence.iter().any(|found| found.term.as_ref() == term);
        let left: Vec<&str> = self
            .drops
            .iter()
            .filter(|(term, _)| is_left(term))
            .map(|(_, written)| written.as_str())
            .collect();
        match left.is_empty() {
            true => self.keeps.clone(),
            false => format!("{} AND NOT ({})", self.keeps, left.join(" OR ")),
        }
    }
}

/// Renders the page of the rejected.
pub fn rejects(desk: &Desk, visit: &Visit, view: &RejectsView) -> String {
    let today = Some(words::day(view.at, desk.zone));
    let say_words = visit.tongue.words();
    let say = |at: Timestamp| words::moment(at, desk.zone, today, visit.tongue);
    let parts: Vec<Part<'_>> =
        view.rejected.iter().map(|rejected| Part::new(rejected, view, &say, say_words)).collect();
    let count = |kind: &str| {
        let has = |part: &&Part<'_>| part.reasons.iter().any(|reason| reason.kind == kind);
        parts.iter().filter(has).count()
    };
    rendered(&Page {
        frame: Frame::new(desk, visit, "", Some(say_words.rejects.title)).at(Place::Rejects),
        at: say(view.at),
        dropped: count("dropped"),
        folded: count("folded"),
        parts,
    })
}

#[derive(Template)]
#[template(path = "rejects.html", whitespace = "minimize")]
struct Page<'a> {
    frame: Frame<'a>,
    at: Moment,
    dropped: usize,
    folded: usize,
    parts: Vec<Part<'a>>,
}

struct Part<'a> {
    outlet: &'a str,
    lang: &'a str,
    language: Option<&'a str>,
    time: Moment,
    link: Option<&'a str>,
    headline: Vec<Piece<'a>>,
    summary: Vec<Piece<'a>>,
    reasons: Vec<Reason<'a>>,
}

struct Reason<'a> {
    kind: &'static str,
    /// The topic that dropped it.
    topic: Option<&'a str>,
    /// Where another rule is tried: the topic's page, with the rule that would have kept it where there is one.
    try_at: String,
    /// What made the topic drop it.
    terms: Vec<(&'a str, &'static str)>,
    rules: Vec<&'a str>,
    /// The story that it was folded into, and the headline that leads it.
    story: Option<(StoryId, &'a str, &'a str)>,
    /// Why it is of that story.
    because: &'static str,
    shared: Option<String>,
    is_quoted: bool,
}

impl<'a> Part<'a> {
    fn new(
        rejected: &'a Rejected,
        view: &'a RejectsView,
        say: &impl Fn(Timestamp) -> Moment,
        say_words: &'static Words,
    ) -> Part<'a> {
        let stored = &rejected.member.entry;
        let entry = &stored.entry;
        let dropping: &[Evidence] = rejected
            .reasons
            .iter()
            .find_map(|reason| match reason {
                Rejection::Dropped { evidence, .. } => Some(evidence.as_slice()),
                Rejection::Folded { .. } => None,
            })
            .unwrap_or_default();
        Part {
            outlet: outlet(&rejected.member, &view.names),
            lang: stored.language.as_ref().map_or("", Lang::as_str),
            language: stored.language.as_ref().map(words::language_name),
            time: say(stored.published.at),
            link: entry.link.as_ref().map(|link| link.as_str()),
            headline: marks::headline(entry, dropping),
            summary: marks::summary(entry, dropping, SUMMARY_WIDTH),
            reasons: rejected
                .reasons
                .iter()
                .map(|reason| Reason::new(reason, view, say_words))
                .collect(),
        }
    }
}

/// Columns of a summary.
const SUMMARY_WIDTH: usize = 240;

/// Who wrote an entry, for people.
pub(super) fn outlet<'a>(
    member: &'a crate::model::story::Member,
    names: &'a BTreeMap<SourceKey, String>,
) -> &'a str {
    let stored = &member.entry;
    match (&stored.entry.outlet, names.get(&stored.source)) {
        (Some(outlet), _) => &outlet.name,
        (None, Some(name)) => name,
        (None, None) => stored.source.as_str(),
    }
}

impl<'a> Reason<'a> {
    fn new(reason: &'a Rejection, view: &'a RejectsView, say: &'static Words) -> Reason<'a> {
        match reason {
            Rejection::Dropped { topic, evidence } => {
                let mut terms: Vec<(&str, &'static str)> = Vec::new();
                let mut rules: Vec<&str> = Vec::new();
                for found in evidence {
                    let term = (found.term.as_ref(), say.fields.of(found.field));
                    if !found.term.is_empty() && !terms.contains(&term) {
                        terms.push(term);
                    }
                    if !rules.contains(&found.rule.as_str()) {
                        rules.push(found.rule.as_str());
                    }
                }
                Reason {
                    kind: reason.kind(),
                    topic: Some(topic.as_str()),
                    try_at: try_at(topic, view.rules.get(topic), evidence),
                    terms,
                    rules,
                    story: None,
                    because: "",
                    shared: None,
                    is_quoted: false,
                }
            }
            Rejection::Folded { into, headline, outlet, joined, .. } => {
                let Why { words, shared, is_quoted } = Why::of(joined, say);
                let because = match joined {
                    Joined::Founded => say.joined.led_by_another,
                    Joined::SameUrl { .. }
                    | Joined::SameHeadline { .. }
                    | Joined::NearHeadline(_)
                    | Joined::SameEvent(_)
                    | Joined::ByCurator => words,
                };
                let headline =
                    headline.as_ref().map_or(say.story.without_headline, Headline::as_str);
                Reason {
                    kind: reason.kind(),
                    topic: None,
                    try_at: String::new(),
                    terms: Vec::new(),
                    rules: Vec::new(),
                    story: Some((*into, headline, &outlet.name)),
                    because,
                    shared,
                    is_quoted,
                }
            }
        }
    }
}

/// The longest rule that is put into an address.
const RULE_BYTES: usize = 2_500;

fn try_at(topic: &TopicName, rule: Option<&TopicRule>, evidence: &[Evidence]) -> String {
    let rule = rule.map(|rule| rule.without(evidence)).filter(|rule| rule.len() <= RULE_BYTES);
    match rule {
        Some(rule) => {
            let query: String = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("rule", &rule)
                .finish();
            format!("topics/{topic}?{query}#try")
        }
        None => format!("topics/{topic}#try"),
    }
}

#[cfg(test)]
mod tests {
    use scraper::Html;

    use super::*;
    use crate::model::entry::Entry;
    use crate::model::identity::Identity;
    use crate::model::source::Outlet;
    use crate::model::story::{EntryId, Member, StoredEntry};
    use crate::model::text::PlainText;
    use crate::model::time::Published;
    use crate::model::verdict::{Field, RuleId, TopicName};
    use crate::serve::pages::checks::{HOSTILE, assert_tame, texts};

    fn shown(headline: &str, reasons: Vec<Rejection>) -> Html {
        let at = Timestamp::from_unix(1_761_804_300);
        let member = Member {
            entry: StoredEntry {
                id: EntryId(1),
                source: SourceKey::parse("wire").unwrap(),
                identity: Identity([0; 16]),
                entry: Entry {
                    title: Headline::new(headline),
                    summary_text: PlainText::new(headline),
                    ..Entry::default()
                },
                language: None,
                first_seen: at,
                changed: at,
                published: Published::of(None, at),
            },
            joined: Joined::Founded,
            verdicts: Vec::new(),
        };
        let names = BTreeMap::from([(SourceKey::parse("wire").unwrap(), headline.to_owned())]);
        let html = rejects(
            &Desk::default(),
            &Visit::default(),
            &RejectsView {
                at,
                rejected: vec![Rejected { member, reasons }],
                names,
                rules: BTreeMap::new(),
            },
        );
        assert_tame(&html);
        Html::parse_document(&html)
    }

    #[test]
    fn reasons_stand_below_the_headline_and_what_sources_write_is_text() {
        for text in HOSTILE.iter().chain(&["Potato chips recalled"]) {
            let found = |field| Evidence {
                rule: RuleId::new("topic.chips.none"),
                field,
                span: 0..3,
                term: (*text).into(),
            };
            let page = shown(
                text,
                vec![
                    Rejection::Dropped {
                        topic: TopicName::parse("chips").unwrap(),
                        evidence: vec![found(Field::Title), found(Field::Summary)],
                    },
                    Rejection::Folded {
                        into: StoryId::founded_by(
                            &SourceKey::parse("a").unwrap(),
                            Identity([1; 16]),
                        ),
                        headline: Headline::new(text),
                        outlet: Outlet { name: (*text).to_owned(), url: None },
                        link: None,
                        joined: Joined::SameHeadline { key: (*text).to_owned() },
                    },
                ],
            );
            let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(texts(&page, "h2"), [words.as_str()]);
            assert_eq!(texts(&page, "h2 mark").len(), 1);
            assert_eq!(
                texts(&page, ".proof li"),
                [
                    format!(
                        "Dropped by chips – headline: {words}; summary: {words} topic.chips.none This was wrong: try another rule"
                    ),
                    format!(
                        "Folded into {words} ({words}), because it has the headline of another: {words}"
                    ),
                ]
            );
        }
    }

    #[test]
    fn what_was_wrong_is_tried_without_the_term_that_dropped_it() {
        let check = |term: &str, want: &str| {
            let rule = TopicRule {
                keeps: "chips".into(),
                drops: vec![
                    ("potato".into(), "potato".into()),
                    ("corn & rice".into(), "\"corn & rice\"".into()),
                ],
            };
            let evidence = [Evidence {
                rule: RuleId::new("topic.chips.none"),
                field: Field::Title,
                span: 0..3,
                term: term.into(),
            }];
            let topic = TopicName::parse("chips").unwrap();
            assert_eq!(try_at(&topic, Some(&rule), &evidence), want);
        };
        check("potato", "topics/chips?rule=chips+AND+NOT+%28%22corn+%26+rice%22%29#try");
        check("corn & rice", "topics/chips?rule=chips+AND+NOT+%28potato%29#try");
    }

    #[test]
    fn an_empty_desk_says_so() {
        let view = RejectsView {
            at: Timestamp::from_unix(0),
            rejected: Vec::new(),
            names: BTreeMap::new(),
            rules: BTreeMap::new(),
        };
        let html = rejects(&Desk::default(), &Visit::default(), &view);
        assert_tame(&html);
        assert!(html.contains("Nothing was dropped or folded"));
    }
}
