//! One story: who tells it, in which order they came, and why they are one.

use std::collections::BTreeMap;

use askama::Template;

use super::evidence::Why;
use super::marks::{Piece, marked};
use super::words::{self, Moment, Words};
use super::{Desk, Forms, Frame, Visit, rendered};
use crate::model::decision::{Decision, DecisionId, Word};
use crate::model::edition::FeedName;
use crate::model::lang::Lang;
use crate::model::source::SourceKey;
use crate::model::story::{EntryId, Member, Story};
use crate::model::text::Headline;
use crate::model::time::{DateOrigin, Timestamp};
use crate::model::verdict::{Evidence, Field, Verdict};

/// What the page of a story shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryView {
    /// The story.
    pub story: Story,
    /// The names of the sources for people; the key of one that is not here.
    pub names: BTreeMap<SourceKey, String>,
    /// Whose headline leads; the first member's if `None`.
    pub leading: Option<EntryId>,
    /// Why it leads.
    pub because: Option<Because>,
    /// What the curator said of the story, in order.
    pub said: Vec<Decision>,
    /// The feeds that hold the story now.
    pub feeds: Vec<FeedName>,
}

/// What the leading entry has before the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Because {
    /// There is no other.
    Only,
    /// It has a headline.
    Headline,
    /// Its language comes earlier in the feed's `languages`.
    Language(Lang),
    /// The feed is made for its source or language.
    Wanted,
    /// Its source comes earlier by `prefer` or `rank`.
    Rank,
    /// It is an original, or nearer to one.
    Original,
    /// It was published earlier.
    Earliest,
    /// It came earlier.
    First,
}

impl Because {
    fn in_words(&self, say: &Words) -> String {
        let say = &say.story;
        match self {
            Because::Only => say.only.to_owned(),
            Because::Headline => say.headline.to_owned(),
            Because::Language(lang) => say.language.with(words::language_name(lang)),
            Because::Wanted => say.wanted.to_owned(),
            Because::Rank => say.rank.to_owned(),
            Because::Original => say.original.to_owned(),
            Because::Earliest => say.earliest.to_owned(),
            Because::First => say.came_first.to_owned(),
        }
    }
}

/// Renders the page of a story, with the curator's buttons for whoever may press them.
pub fn story(desk: &Desk, visit: &Visit, view: &StoryView, forms: Option<&Forms>) -> String {
    let say_words = visit.tongue.words();
    let mut members: Vec<&Member> = view.story.members.iter().collect();
    members.sort_by_key(|member| (member.entry.published.at, member.entry.id));
    let leading = members
        .iter()
        .find(|member| Some(member.entry.id) == view.leading)
        .or(members.first())
        .copied();
    let leading_title = leading.and_then(|member| member.entry.entry.title.as_ref());
    let title = leading_title.map_or(say_words.story.without_headline, Headline::as_str);
    let today = members.last().map(|member| words::day(member.entry.published.at, desk.zone));
    let say = |at: Timestamp| words::moment(at, desk.zone, today, visit.tongue);
    let mut languages: Vec<&str> = Vec::new();
    for member in &members {
        if let Some(name) = member.entry.language.as_ref().map(words::language_name)
            && !languages.contains(&name)
        {
            languages.push(name);
        }
    }
    let members: Vec<MemberPart<'_>> = members
        .into_iter()
        .map(|member| {
            let leading = leading.map(|leading| leading.entry.id);
            MemberPart::new(member, view, leading, &say, say_words)
        })
        .collect();
    rendered(&Page {
        frame: Frame::new(desk, visit, "../", Some(title)),
        title,
        lang: leading.and_then(|member| member.entry.language.as_ref()).map_or("", Lang::as_str),
        id: view.story.id.to_string(),
        first: members.first().map(|part| part.time.clone()),
        languages,
        feeds: desk.feeds.iter().filter(|feed| view.feeds.contains(&feed.name)).collect(),
        members,
        because: view.because.as_ref().map(|because| because.in_words(say_words)),
        said: view.said.iter().map(|said| SaidPart::new(said, say_words, &say)).collect(),
        forms,
    })
}

#[derive(Template)]
#[template(path = "story.html", whitespace = "minimize")]
struct Page<'a> {
    frame: Frame<'a>,
    title: &'a str,
    lang: &'a str,
    id: String,
    first: Option<Moment>,
    languages: Vec<&'a str>,
    feeds: Vec<&'a super::FeedLink>,
    members: Vec<MemberPart<'a>>,
    because: Option<String>,
    said: Vec<SaidPart>,
    forms: Option<&'a Forms>,
}

/// Something that the curator said.
struct SaidPart {
    decision: DecisionId,
    words: String,
    at: Moment,
}

impl SaidPart {
    fn new(said: &Decision, say: &Words, moment: &impl Fn(Timestamp) -> Moment) -> SaidPart {
        let say = &say.story;
        let words = match &said.word {
            Word::Split { entry, from } => say.said_split.with_both(&entry.source, from.len()),
            Word::Join { one, other } => say.said_join.with_both(one.story, other.story),
            Word::Hide { .. } => say.said_hide.to_owned(),
            Word::Pin { .. } => say.said_pin.to_owned(),
        };
        SaidPart { decision: said.id, words, at: moment(said.at) }
    }
}

struct MemberPart<'a> {
    member: &'a Member,
    outlet: &'a str,
    lang: &'a str,
    language: Option<&'a str>,
    leads: bool,
    time: Moment,
    /// Where the date came from, if not from the source.
    date_note: Option<&'static str>,
    why: Why,
    headline: Vec<Piece<'a>>,
    summary: String,
    proofs: Vec<Proof<'a>>,
}

/// What a topic says of a member, by what it found where, and by which rules.
struct Proof<'a> {
    topic: &'a str,
    keeps: bool,
    places: Vec<Place<'a>>,
    rules: Vec<&'a str>,
}

/// What was found in one field, in the order it stands there.
struct Place<'a> {
    field: &'static str,
    found: Vec<&'a str>,
}

impl<'a> MemberPart<'a> {
    fn new(
        member: &'a Member,
        view: &'a StoryView,
        leading: Option<EntryId>,
        say: &impl Fn(Timestamp) -> Moment,
        say_words: &'static Words,
    ) -> MemberPart<'a> {
        let stored = &member.entry;
        let entry = &stored.entry;
        let outlet = match (&entry.outlet, view.names.get(&stored.source)) {
            (Some(outlet), _) => &outlet.name,
            (None, Some(name)) => name,
            (None, None) => stored.source.as_str(),
        };
        let evidence = member.verdicts.iter().flat_map(|verdict| verdict.verdict.evidence());
        let summary = entry.summary.as_ref().or(entry.content.as_ref());
        MemberPart {
            member,
            outlet,
            lang: stored.language.as_ref().map_or("", Lang::as_str),
            language: stored.language.as_ref().map(words::language_name),
            leads: leading == Some(stored.id),
            time: say(stored.published.at),
            date_note: match stored.published.origin {
                DateOrigin::Stated => None,
                DateOrigin::Clamped => Some(say_words.story.clamped),
                DateOrigin::FirstSeen => Some(say_words.story.first_seen),
            },
            why: Why::of(&member.joined, say_words),
            headline: marked(
                entry.title.as_ref().map_or("", Headline::as_str),
                Field::Title,
                evidence,
            ),
            summary: summary.map(|html| words::excerpt(html, 320)).unwrap_or_default(),
            proofs: member
                .verdicts
                .iter()
                .filter(|verdict| verdict.verdict != Verdict::Silent)
                .map(|verdict| Proof {
                    topic: verdict.topic.as_str(),
                    keeps: verdict.verdict.keeps(),
                    places: places(
                        entry.title.as_ref().map_or("", Headline::as_str),
                        verdict.verdict.evidence(),
                        say_words,
                    ),
                    rules: rules(verdict.verdict.evidence()),
                })
                .collect(),
        }
    }
}

/// What evidence found, field by field. Of terms that lie in a longer one (`diplom*` in "shuttle diplomacy") only the longer is named.
fn places<'a>(headline: &'a str, evidence: &'a [Evidence], say: &'static Words) -> Vec<Place<'a>> {
    let mut sorted: Vec<&Evidence> =
        evidence.iter().filter(|evidence| !evidence.term.is_empty()).collect();
    sorted.sort_by_key(|evidence| {
        (evidence.field, evidence.span.start, std::cmp::Reverse(evidence.span.end))
    });
    let mut places: Vec<Place<'a>> = Vec::new();
    let mut done = (None, 0);
    for Evidence { field, span, term, .. } in sorted {
        if done.0 == Some(*field) && span.end <= done.1 {
            continue;
        }
        done = (Some(*field), span.end);
        let in_headline = if *field == Field::Title { headline.get(span.clone()) } else { None };
        let found = in_headline.unwrap_or(term.trim_matches('*'));
        match places.last_mut().filter(|place| place.field == say.fields.of(*field)) {
            Some(place) if place.found.contains(&found) => {}
            Some(place) => place.found.push(found),
            None => places.push(Place { field: say.fields.of(*field), found: vec![found] }),
        }
    }
    places
}

/// The rules that spoke, each once.
fn rules(evidence: &[Evidence]) -> Vec<&str> {
    let mut rules: Vec<&str> = Vec::new();
    for rule in evidence.iter().map(|evidence| evidence.rule.as_str()) {
        if !rules.contains(&rule) {
            rules.push(rule);
        }
    }
    rules
}

#[cfg(test)]
mod tests {
    use scraper::Html;

    use super::*;
    use crate::model::decision::DecisionId;
    use crate::model::entry::Entry;
    use crate::model::identity::Identity;
    use crate::model::source::Outlet;
    use crate::model::story::Joined;
    use crate::model::story::{StoredEntry, StoryId};
    use crate::model::text::SafeHtml;
    use crate::model::time::Published;
    use crate::model::url::WebUrl;
    use crate::model::verdict::{RuleId, TopicName, TopicVerdict};
    use crate::serve::pages::checks::{HOSTILE, assert_tame, texts};

    fn member(id: i64, headline: &str, at: i64, joined: Joined) -> Member {
        let at = Timestamp::from_unix(at);
        Member {
            entry: StoredEntry {
                id: EntryId(id),
                source: SourceKey::parse("wire").unwrap(),
                identity: Identity([0; 16]),
                entry: Entry {
                    title: Headline::new(headline),
                    link: WebUrl::parse("https://news.example/1"),
                    summary: Some(SafeHtml::escaped(headline)),
                    ..Entry::default()
                },
                language: Lang::parse("ja"),
                first_seen: at,
                changed: at,
                published: Published::of(None, at),
            },
            joined,
            verdicts: vec![TopicVerdict {
                topic: TopicName::parse("korea-japan").unwrap(),
                verdict: Verdict::Keep(vec![Evidence {
                    rule: RuleId::new("topic.korea-japan.any"),
                    field: Field::Summary,
                    span: 0..1,
                    term: headline.into(),
                }]),
            }],
        }
    }

    fn shown(members: Vec<Member>, leading: Option<EntryId>) -> Html {
        shown_to(members, leading, None)
    }

    fn shown_to(members: Vec<Member>, leading: Option<EntryId>, forms: Option<&Forms>) -> Html {
        let source = SourceKey::parse("wire").unwrap();
        let html = story(
            &Desk::default(),
            &Visit::default(),
            &StoryView {
                story: Story {
                    id: StoryId::founded_by(&source, Identity([1; 16])),
                    members,
                    rearranged: None,
                },
                names: BTreeMap::from([(source, "Peninsula Wire".into())]),
                leading,
                because: Some(Because::Earliest),
                said: vec![Decision {
                    id: DecisionId::of("x"),
                    at: Timestamp::from_unix(1_000),
                    word: Word::Hide {
                        story: StoryId::founded_by(
                            &SourceKey::parse("wire").unwrap(),
                            Identity([1; 16]),
                        ),
                    },
                }],
                feeds: Vec::new(),
            },
            forms,
        );
        assert_tame(&html);
        Html::parse_document(&html)
    }

    #[test]
    fn members_stand_in_time_order_and_say_why_they_are_here() {
        let url = WebUrl::parse("https://news.example/1").unwrap().canonical();
        let page = shown(
            vec![
                member(1, "Second", 2_000, Joined::Founded),
                member(2, "First", 1_000, Joined::SameUrl { url }),
                member(3, "Third", 3_000, Joined::SameHeadline { key: "third".into() }),
            ],
            Some(EntryId(3)),
        );
        assert_eq!(texts(&page, "h1"), ["Third"]);
        assert_eq!(texts(&page, ".member h2"), ["First", "Second", "Third"]);
        assert_eq!(texts(&page, ".leads h2"), ["Third"]);
        assert_eq!(texts(&page, ".outlet"), ["Peninsula Wire"; 3]);
        assert_eq!(texts(&page, ".said li"), ["Hidden: in no feed 00:16"]);
        assert_eq!(
            texts(&page, ".leads .proof li:first-child + li"),
            ["Leads because it was published first"]
        );
        let why = texts(&page, ".proof li:first-child");
        assert_eq!(
            why,
            [
                "Here because it links to the same page as another: https://news.example/1",
                "Here because it opened the story",
                "Here because it has the headline of another: third",
            ]
        );
    }

    #[test]
    fn only_who_may_press_buttons_has_them() {
        let members = || {
            vec![
                member(1, "One", 1_000, Joined::Founded),
                member(2, "Two", 2_000, Joined::SameHeadline { key: "x".into() }),
            ]
        };
        let forms = Forms { token: "abc".to_owned() };
        let page = shown_to(members(), None, Some(&forms));
        let select = |selector: &str| {
            let selector = scraper::Selector::parse(selector).unwrap();
            page.select(&selector).count()
        };
        // One for each member, one for what was said; join, hide and pin.
        assert_eq!(select("form[method=post]"), 6);
        assert_eq!(select("form input[type=hidden][name=form-token][value=abc]"), 6);
        let id = StoryId::founded_by(&SourceKey::parse("wire").unwrap(), Identity([1; 16]));
        for (verb, forms) in [("split", 2), ("undo", 1), ("join", 1), ("hide", 1), ("pin", 1)] {
            assert_eq!(select(&format!("form[action='{id}/{verb}']")), forms, "{verb}");
        }
        assert!(texts(&shown(members(), None), "form").is_empty());
        // Nobody can be parted from nobody.
        let alone = shown_to(vec![member(1, "One", 1_000, Joined::Founded)], None, Some(&forms));
        assert_eq!(texts(&alone, "button"), ["Undo", "Pin on top", "Hide from all feeds", "Join"]);
    }

    #[test]
    fn a_story_without_a_headline_has_a_page() {
        let page = shown(vec![member(1, "", 1_000, Joined::Founded)], None);
        assert_eq!(texts(&page, "h1"), ["A story without a headline"]);
        assert_eq!(texts(&page, ".member h2"), ["Untitled"]);
    }

    #[test]
    fn what_sources_write_is_text() {
        for hostile in HOSTILE {
            let mut member =
                member(1, hostile, 1_000, Joined::SameHeadline { key: hostile.into() });
            member.entry.entry.outlet = Some(Outlet { name: hostile.into(), url: None });
            let page = shown(vec![member], None);
            let text = hostile.split_whitespace().collect::<Vec<_>>().join(" ");
            for place in ["h1", "h2", ".outlet", ".summary", ".proof q"] {
                assert_eq!(texts(&page, place)[0], text, "{place}");
            }
        }
    }

    #[test]
    fn what_was_found_is_named_once_a_field() {
        let headline = "Lee, Takaichi keep shuttle diplomacy";
        let evidence: Vec<Evidence> = [
            (Field::Summary, 4..9, "japan", "country.JP"),
            (Field::Title, 27..36, "diplom*", "relation"),
            (Field::Title, 19..36, "shuttle diplomacy", "relation"),
            (Field::Title, 5..13, "takaichi", "country.JP"),
            (Field::Summary, 40..45, "japan", "country.JP"),
            (Field::Lang, 0..0, "", "lang"),
        ]
        .into_iter()
        .map(|(field, span, term, rule)| Evidence {
            rule: RuleId::new(rule),
            field,
            span,
            term: term.into(),
        })
        .collect();
        let have: Vec<(&str, Vec<&str>)> =
            places(headline, &evidence, Visit::default().tongue.words())
                .into_iter()
                .map(|place| (place.field, place.found))
                .collect();
        let want =
            [("headline", vec!["Takaichi", "shuttle diplomacy"]), ("summary", vec!["japan"])];
        assert_eq!(have, want);
        assert_eq!(rules(&evidence), ["country.JP", "relation", "lang"]);
    }
}
