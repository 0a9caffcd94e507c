//! A topic: its rule in words, what it found lately and where, and, for the curator, what it dropped and a rule to try.

use std::collections::BTreeMap;

use askama::Template;
use chrono::{Datelike as _, NaiveDate};

use super::marks::{self, Piece};
use super::words::{self, Moment, Words};
use super::{Desk, FeedLink, Frame, Tongue, Visit, rejects, rendered};
use crate::model::edition::FeedName;
use crate::model::lang::Lang;
use crate::model::source::SourceKey;
use crate::model::story::{Member, StoryId};
use crate::model::time::Timestamp;
use crate::model::verdict::{Evidence, Field, TopicName};

/// What the page of a topic shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicView {
    /// The topic.
    pub topic: TopicName,
    /// Its title for people.
    pub title: String,
    /// When this was looked up.
    pub at: Timestamp,
    /// Its rule, line by line.
    pub rule: Vec<RuleLine>,
    /// The feeds that hold its stories.
    pub feeds: Vec<FeedName>,
    /// How many entries it kept of each day, the oldest first.
    pub days: Vec<(NaiveDate, usize)>,
    /// What it found most often, and in how many entries.
    pub terms: Vec<(String, usize)>,
    /// The newest entries it kept, newest first.
    pub kept: Vec<Found>,
    /// What only the curator sees: the newest entries it dropped, newest first.
    pub dropped: Option<Vec<Found>>,
    /// The rule that was tried, and what came of it.
    pub tried: Option<(Attempt, TriedView)>,
    /// The names of the sources for people; the key of one that is not here.
    pub names: BTreeMap<SourceKey, String>,
}

/// What a line of a rule says of its terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleSays {
    /// It keeps what matches.
    Matches,
    /// It keeps what has one of them.
    Any,
    /// It keeps what these packs and topics keep.
    Packs,
    /// It keeps news between these countries.
    Between,
    /// It keeps all of these sources.
    Sources,
    /// It keeps what means about the same.
    About,
    /// What it keeps must have all of them.
    All,
    /// It drops what has one of them.
    Drops,
    /// It looks at these languages only.
    Languages,
}

impl RuleSays {
    fn in_words(self, say: &Words) -> &'static str {
        let say = &say.topic;
        match self {
            RuleSays::Matches => say.matches,
            RuleSays::Any => say.any,
            RuleSays::Packs => say.packs,
            RuleSays::Between => say.between,
            RuleSays::Sources => say.sources,
            RuleSays::About => say.about,
            RuleSays::All => say.all,
            RuleSays::Drops => say.drops,
            RuleSays::Languages => say.languages,
        }
    }
}

/// A line of a rule: `one of these is enough:` and the terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleLine {
    /// What is said.
    pub says: RuleSays,
    /// The terms or the rule that it is said of.
    pub terms: Vec<String>,
}

/// An entry and what was found in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The entry.
    pub member: Member,
    /// Its story.
    pub story: StoryId,
    /// What was found where.
    pub evidence: Vec<Evidence>,
}

/// A rule to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The rule as written.
    pub rule: String,
    /// How many days back.
    pub days: u32,
}

/// The days that can be asked for.
const DAYS: [u32; 5] = [1, 3, 7, 14, 30];

/// What came of trying a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TriedView {
    /// It cannot be read.
    Wrong(WrongRule),
    /// It was tried on what is stored.
    Compared(Box<Compared>),
}

/// What is wrong with a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongRule {
    /// Line of the marked text, from 1.
    pub line: usize,
    /// Column of the marked text in characters, from 1.
    pub column: usize,
    /// The rule before the marked text.
    pub before: String,
    /// The marked text; empty at the end of the rule.
    pub marked: String,
    /// The rule after the marked text.
    pub after: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// What a rule matches, and how that differs from the topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// Entries looked at.
    pub seen: usize,
    /// Whether those are all there are.
    pub whole: bool,
    /// Entries that match.
    pub matched: usize,
    /// How many match of each day, the oldest first.
    pub days: Vec<(NaiveDate, usize)>,
    /// How many match in each language.
    pub languages: Vec<(Option<Lang>, usize)>,
    /// The newest that match, newest first.
    pub newest: Vec<Found>,
    /// How many the topic would gain.
    pub adds: usize,
    /// The newest of them.
    pub added: Vec<Found>,
    /// How many the topic would lose.
    pub removes: usize,
    /// The newest of them.
    pub removed: Vec<Found>,
}

/// What is wrong at a place of a rule.
pub fn wrong_rule(
    rule: &str,
    span: std::ops::Range<usize>,
    message: String,
    help: Option<String>,
) -> WrongRule {
    let start = rule.floor_char_boundary(span.start.min(rule.len()));
    let end = rule.floor_char_boundary(span.end.clamp(start, rule.len()));
    let before = &rule[..start];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    WrongRule {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        before: before.to_owned(),
        marked: rule[start..end].to_owned(),
        after: rule[end..].to_owned(),
        message,
        help,
    }
}

/// Renders the page of a topic.
pub fn topic(desk: &Desk, visit: &Visit, view: &TopicView) -> String {
    let today = Some(words::day(view.at, desk.zone));
    let tongue = visit.tongue;
    let say_words = tongue.words();
    let say = |at: Timestamp| words::moment(at, desk.zone, today, tongue);
    let parts = |found| entries(found, &view.names, &say, say_words);
    let tried = view.tried.as_ref().map(|(attempt, tried)| TriedPart {
        days: attempt.days,
        wrong: match tried {
            TriedView::Wrong(wrong) => Some(wrong),
            TriedView::Compared(_) => None,
        },
        compared: match tried {
            TriedView::Wrong(_) => None,
            TriedView::Compared(compared) => Some(ComparedPart {
                compared,
                chart: Chart::new(&compared.days, tongue),
                languages: compared
                    .languages
                    .iter()
                    .map(|(language, count)| {
                        (
                            language
                                .as_ref()
                                .map_or(say_words.item.language_unknown, words::language_name),
                            *count,
                        )
                    })
                    .collect(),
                newest: parts(&compared.newest),
                added: parts(&compared.added),
                removed: parts(&compared.removed),
            }),
        },
    });
    let attempt = view.tried.as_ref().map(|(attempt, _)| attempt);
    rendered(&Page {
        frame: Frame::new(desk, visit, "../", Some(&view.title)),
        view,
        lines: view
            .rule
            .iter()
            .map(|line| (line.says.in_words(say_words), line.terms.as_slice()))
            .collect(),
        at: say(view.at),
        chart: Chart::new(&view.days, tongue),
        kept_in_all: view.days.iter().map(|(_, count)| count).sum(),
        feeds: desk.feeds.iter().filter(|feed| view.feeds.contains(&feed.name)).collect(),
        kept: parts(&view.kept),
        dropped: view.dropped.as_deref().map(parts),
        rule: attempt.map_or("", |attempt| attempt.rule.as_str()),
        choices: DAYS
            .iter()
            .map(|days| (*days, *days == attempt.map_or(14, |attempt| attempt.days)))
            .collect(),
        tried,
    })
}

#[derive(Template)]
#[template(path = "topic.html", whitespace = "minimize")]
struct Page<'a> {
    frame: Frame<'a>,
    view: &'a TopicView,
    lines: Vec<(&'static str, &'a [String])>,
    at: Moment,
    chart: Chart,
    kept_in_all: usize,
    feeds: Vec<&'a FeedLink>,
    kept: Vec<EntryPart<'a>>,
    dropped: Option<Vec<EntryPart<'a>>>,
    rule: &'a str,
    choices: Vec<(u32, bool)>,
    tried: Option<TriedPart<'a>>,
}

struct TriedPart<'a> {
    days: u32,
    wrong: Option<&'a WrongRule>,
    compared: Option<ComparedPart<'a>>,
}

struct ComparedPart<'a> {
    compared: &'a Compared,
    chart: Chart,
    languages: Vec<(&'a str, usize)>,
    newest: Vec<EntryPart<'a>>,
    added: Vec<EntryPart<'a>>,
    removed: Vec<EntryPart<'a>>,
}

/// Counts a day as bars.
struct Chart {
    bars: Vec<Bar>,
    width: usize,
    /// The whole in words.
    words: String,
}

struct Bar {
    /// Of its left edge, its top and its height, in units of the drawing.
    x: usize,
    y: usize,
    height: usize,
    count: usize,
    /// `2025-10-30`
    date: String,
    /// `Thu 30 Oct`
    day: String,
    /// Day of the month, shown below the bar.
    short: String,
}

/// The height of the highest bar and the step from one to the next, in units of the drawing.
const HEIGHT: usize = 60;
const STEP: usize = 24;

impl Chart {
    fn new(days: &[(NaiveDate, usize)], tongue: Tongue) -> Chart {
        let most = days.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
        let bars: Vec<Bar> = days
            .iter()
            .enumerate()
            .map(|(place, (date, count))| {
                // A bar is seen where there is anything at all.
                let height = (count * HEIGHT).div_ceil(most);
                Bar {
                    x: place * STEP,
                    y: HEIGHT - height + 14,
                    height,
                    count: *count,
                    date: date.to_string(),
                    day: words::short_day(*date, tongue),
                    short: date.day().to_string(),
                }
            })
            .collect();
        let each: Vec<String> = bars
            .iter()
            .filter(|bar| bar.count > 0)
            .map(|bar| format!("{} {}", bar.day, bar.count))
            .collect();
        let words = match each.is_empty() {
            true => tongue.words().topic.none.to_owned(),
            false => each.join(", "),
        };
        Chart { width: bars.len() * STEP, bars, words }
    }
}

struct EntryPart<'a> {
    story: StoryId,
    outlet: &'a str,
    lang: &'a str,
    language: Option<&'a str>,
    time: Moment,
    link: Option<&'a str>,
    headline: Vec<Piece<'a>>,
    summary: Vec<Piece<'a>>,
    /// What was found elsewhere than in headline and summary.
    elsewhere: Vec<(&'a str, &'static str)>,
    rules: Vec<&'a str>,
}

/// Columns of a summary.
const SUMMARY_WIDTH: usize = 200;

fn entries<'a>(
    found: &'a [Found],
    names: &'a BTreeMap<SourceKey, String>,
    say: &impl Fn(Timestamp) -> Moment,
    say_words: &'static Words,
) -> Vec<EntryPart<'a>> {
    found.iter().map(|found| EntryPart::new(found, names, say, say_words)).collect()
}

impl<'a> EntryPart<'a> {
    fn new(
        found: &'a Found,
        names: &'a BTreeMap<SourceKey, String>,
        say: &impl Fn(Timestamp) -> Moment,
        say_words: &'static Words,
    ) -> EntryPart<'a> {
        let stored = &found.member.entry;
        let entry = &stored.entry;
        let in_summary = found.evidence.iter().any(|of| of.field == Field::Summary);
        let mut rules: Vec<&str> = Vec::new();
        for rule in found.evidence.iter().map(|of| of.rule.as_str()) {
            if !rules.contains(&rule) {
                rules.push(rule);
            }
        }
        let mut elsewhere: Vec<(&str, &'static str)> = Vec::new();
        for of in &found.evidence {
            let place = (of.term.as_ref(), say_words.fields.of(of.field));
            let is_shown = matches!(of.field, Field::Title | Field::Summary);
            if !is_shown && !of.term.is_empty() && !elsewhere.contains(&place) {
                elsewhere.push(place);
            }
        }
        EntryPart {
            story: found.story,
            outlet: rejects::outlet(&found.member, names),
            lang: stored.language.as_ref().map_or("", Lang::as_str),
            language: stored.language.as_ref().map(words::language_name),
            time: say(stored.published.at),
            link: entry.link.as_ref().map(|link| link.as_str()),
            headline: marks::headline(entry, &found.evidence),
            // A summary is shown for what was found in it.
            summary: if in_summary {
                marks::summary(entry, &found.evidence, SUMMARY_WIDTH)
            } else {
                Vec::new()
            },
            elsewhere,
            rules,
        }
    }
}

#[cfg(test)]
mod tests {
    use scraper::Html;

    use super::*;
    use crate::model::entry::Entry;
    use crate::model::identity::Identity;
    use crate::model::story::{EntryId, Joined, StoredEntry};
    use crate::model::text::{Headline, PlainText};
    use crate::model::time::Published;
    use crate::model::verdict::RuleId;
    use crate::serve::pages::checks::{HOSTILE, assert_tame, texts};

    fn found(headline: &str) -> Found {
        let at = Timestamp::from_unix(1_761_804_300);
        let source = SourceKey::parse("wire").unwrap();
        let evidence = |field, span| Evidence {
            rule: RuleId::new("topic.talks.any"),
            field,
            span,
            term: headline.into(),
        };
        Found {
            member: Member {
                entry: StoredEntry {
                    id: EntryId(1),
                    source: source.clone(),
                    identity: Identity([0; 16]),
                    entry: Entry {
                        title: Headline::new(headline),
                        summary_text: PlainText::new(headline),
                        ..Entry::default()
                    },
                    language: Lang::parse("ko"),
                    first_seen: at,
                    changed: at,
                    published: Published::of(None, at),
                },
                joined: Joined::Founded,
                verdicts: Vec::new(),
            },
            story: StoryId::founded_by(&source, Identity([0; 16])),
            evidence: vec![
                evidence(Field::Title, 0..1),
                evidence(Field::Summary, 0..1),
                evidence(Field::Url, 0..1),
            ],
        }
    }

    fn day(number: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2025, 10, number).unwrap()
    }

    fn view(text: &str, private: bool) -> TopicView {
        let compared = Compared {
            seen: 9,
            whole: true,
            matched: 1,
            days: vec![(day(30), 1)],
            languages: vec![(Lang::parse("ko"), 1), (None, 2)],
            newest: vec![found(text)],
            adds: 1,
            added: vec![found(text)],
            removes: 0,
            removed: Vec::new(),
        };
        TopicView {
            topic: TopicName::parse("talks").unwrap(),
            title: text.to_owned(),
            at: Timestamp::from_unix(1_761_804_300),
            rule: vec![RuleLine { says: RuleSays::Any, terms: vec![text.to_owned()] }],
            feeds: Vec::new(),
            days: vec![(day(29), 0), (day(30), 4)],
            terms: vec![(text.to_owned(), 3)],
            kept: vec![found(text)],
            dropped: private.then(|| vec![found(text)]),
            tried: private.then(|| {
                (
                    Attempt { rule: text.to_owned(), days: 7 },
                    TriedView::Compared(Box::new(compared)),
                )
            }),
            names: BTreeMap::new(),
        }
    }

    fn shown(view: &TopicView) -> Html {
        let html = topic(&Desk::default(), &Visit::default(), view);
        assert_tame(&html);
        Html::parse_document(&html)
    }

    #[test]
    fn what_sources_and_curators_write_is_text() {
        for text in HOSTILE {
            let page = shown(&view(text, true));
            let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(texts(&page, "h1"), [words.as_str()]);
            assert_eq!(texts(&page, "h3"), vec![words.as_str(); 4]);
            assert_eq!(texts(&page, "textarea"), [words.as_str()]);
            assert_eq!(texts(&page, ".terms q")[0], words);
        }
    }

    #[test]
    fn what_is_private_is_on_the_curators_page_only() {
        let page = shown(&view("Talks", true));
        assert_eq!(texts(&page, "h2"), ["The rule", "Try a rule", "Kept lately", "Dropped lately"]);
        assert_eq!(texts(&page, "option[selected]"), ["7 days"]);
        assert!(texts(&page, ".result p")[0].starts_with("1 of 9 entries match (7 days)"));
        let page = shown(&view("Talks", false));
        assert_eq!(texts(&page, "h2"), ["The rule", "Kept lately"]);
        assert!(texts(&page, "form").is_empty());
    }

    #[test]
    fn bars_have_a_text_beside_them() {
        let page = shown(&view("Talks", false));
        assert_eq!(texts(&page, "svg title"), ["Entries kept a day: Thu 30 Oct 4"]);
        assert_eq!(texts(&page, "svg rect").len(), 2);
        assert_eq!(texts(&page, ".numbers td"), ["0", "4"]);
    }

    #[test]
    fn what_is_wrong_with_a_rule_is_marked() {
        let check = |rule: &str,
                     span: std::ops::Range<usize>,
                     want: (usize, usize),
                     marked: &str| {
            let wrong =
                wrong_rule(rule, span, "this is not closed".to_owned(), Some("add `)`".to_owned()));
            assert_eq!((wrong.line, wrong.column), want);
            let attempt = Attempt { rule: rule.to_owned(), days: 14 };
            let page = shown(&TopicView {
                tried: Some((attempt, TriedView::Wrong(wrong))),
                ..view("Talks", true)
            });
            assert_eq!(texts(&page, ".wrong mark"), [marked]);
            let told = &texts(&page, ".wrong p")[0];
            assert!(
                told.contains(&format!("line {}, column {}: this is not closed", want.0, want.1)),
                "{told}"
            );
        };
        check("talks AND (storm", 10..11, (1, 11), "(");
        check("talks AND\n 한일 (", 18..19, (2, 5), "(");
        check("talks AND", 9..9, (1, 10), "‸");
        check("<b>", 0..1, (1, 1), "<");
    }
}
