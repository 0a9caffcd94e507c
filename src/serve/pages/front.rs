//! The front page: the stories of the day by topic, who else covers them, and the feeds to subscribe to.

use askama::Template;

use super::words::{self, Moment};
use super::{Desk, FeedLink, Frame, rendered};
use crate::model::edition::{Also, Item};
use crate::model::lang::Lang;
use crate::model::time::Timestamp;
use crate::model::verdict::TopicName;

/// What the front page shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FrontView {
    /// The last change of any story shown; the page's dateline. `None` while there is none.
    pub updated: Option<Timestamp>,
    /// The languages that sources are read in, for the line below the title.
    pub languages: Vec<Lang>,
    /// How many outlets the stories shown come from.
    pub outlets: usize,
    /// The stories, a section a topic; a story in two topics stands in the first. Empty sections are left out.
    pub sections: Vec<Section>,
    /// What the curator must know.
    pub notices: Vec<Notice>,
}

/// A part of the front page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The topic; `None` for stories of no topic.
    pub topic: Option<TopicName>,
    /// Its title for people.
    pub title: String,
    /// Newest first.
    pub items: Vec<Item>,
}

/// Something the curator must know: `feeds.toml has errors since 10:04; the last good configuration stays in force`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// In a sentence.
    pub text: String,
    /// The whole report, shown as it is written.
    pub report: Option<String>,
}

/// Renders the front page.
pub fn front(desk: &Desk, view: &FrontView) -> String {
    let today = view.updated.map(|at| words::day(at, desk.zone));
    let say = |at: Timestamp| words::moment(at, desk.zone, today);
    let titles: Vec<(&TopicName, &str)> = view
        .sections
        .iter()
        .filter_map(|section| Some((section.topic.as_ref()?, section.title.as_str())))
        .collect();
    let sections: Vec<SectionPart<'_>> = view
        .sections
        .iter()
        .filter(|section| !section.items.is_empty())
        .map(|section| {
            let mut stories = section.items.iter().enumerate().map(|(place, item)| {
                let summary_width = if place == 0 { LEAD_WIDTH } else { STORY_WIDTH };
                StoryPart::new(item, section.topic.as_ref(), &titles, summary_width, &say)
            });
            let lead: Vec<StoryPart<'_>> = stories.by_ref().take(LEAD_STORIES).collect();
            let mut blocks = Vec::new();
            loop {
                let block: Vec<StoryPart<'_>> = stories.by_ref().take(BLOCK_STORIES).collect();
                if block.is_empty() {
                    break;
                }
                blocks.push(block);
            }
            SectionPart {
                anchor: section.topic.as_ref().map_or("other", TopicName::as_str),
                title: &section.title,
                count: section.items.len(),
                lead,
                blocks,
            }
        })
        .collect();
    rendered(&Page {
        frame: Frame::new(desk, "", None),
        dateline: view.updated.map(|at| dateline(at, desk)),
        updated: view.updated.map(say),
        languages: view.languages.iter().map(|lang| (lang, words::language_name(lang))).collect(),
        outlets: view.outlets,
        stories: sections.iter().map(|section| section.count).sum(),
        sections,
        notices: &view.notices,
        feeds: desk
            .feeds
            .iter()
            .map(|feed| FeedPart { feed, updated: feed.updated.map(say) })
            .collect(),
    })
}

/// Columns of a summary: of the first story, and of the others.
const LEAD_WIDTH: usize = 420;
const STORY_WIDTH: usize = 200;
/// Stories that open a section above the columns.
const LEAD_STORIES: usize = 3;
/// Stories set in columns together. A section of a hundred set in one piece would put its second newest hour at the top of the second
/// column, screens away from the first.
const BLOCK_STORIES: usize = 12;
/// Other outlets shown at once; the rest are unfolded by hand.
const ALSO_SHOWN: usize = 5;

fn dateline(at: Timestamp, desk: &Desk) -> String {
    at.to_utc().with_timezone(&desk.zone).format("%A, %-d %B %Y").to_string()
}

#[derive(Template)]
#[template(path = "front.html", whitespace = "minimize")]
struct Page<'a> {
    frame: Frame<'a>,
    dateline: Option<String>,
    updated: Option<Moment>,
    languages: Vec<(&'a Lang, &'a str)>,
    outlets: usize,
    stories: usize,
    sections: Vec<SectionPart<'a>>,
    notices: &'a [Notice],
    feeds: Vec<FeedPart<'a>>,
}

struct FeedPart<'a> {
    feed: &'a FeedLink,
    updated: Option<Moment>,
}

struct SectionPart<'a> {
    anchor: &'a str,
    title: &'a str,
    count: usize,
    lead: Vec<StoryPart<'a>>,
    blocks: Vec<Vec<StoryPart<'a>>>,
}

/// A story as the templates show it.
struct StoryPart<'a> {
    item: &'a Item,
    lang: &'a str,
    language: Option<&'a str>,
    time: Moment,
    changed: Option<Moment>,
    summary: String,
    topics: Vec<TopicPart<'a>>,
    also: Vec<AlsoPart<'a>>,
    more: Vec<AlsoPart<'a>>,
}

/// A topic besides the section's own.
struct TopicPart<'a> {
    title: &'a str,
    /// The section it has on the page, if any.
    anchor: Option<&'a str>,
}

struct AlsoPart<'a> {
    also: &'a Also,
    lang: &'a str,
    language: Option<&'a str>,
}

impl<'a> StoryPart<'a> {
    fn new(
        item: &'a Item,
        section: Option<&TopicName>,
        titles: &[(&'a TopicName, &'a str)],
        summary_width: usize,
        say: &impl Fn(Timestamp) -> Moment,
    ) -> StoryPart<'a> {
        let body = item.summary.as_ref().or(item.content.as_ref());
        let mut summary = body.map(|html| words::excerpt(html, summary_width)).unwrap_or_default();
        // Many feeds repeat the headline as the summary; twice the same is no news.
        if item.headline.as_ref().is_some_and(|headline| repeats(&summary, headline.as_str())) {
            summary.clear();
        }
        let topics = item
            .topics
            .iter()
            .filter(|topic| Some(*topic) != section)
            .map(|topic| match titles.iter().find(|(name, _)| *name == topic) {
                Some((name, title)) => TopicPart { title, anchor: Some(name.as_str()) },
                None => TopicPart { title: topic.as_str(), anchor: None },
            })
            .collect();
        let mut also = item.also.iter().map(|also| AlsoPart {
            also,
            lang: lang_of(also.language.as_ref()),
            language: also.language.as_ref().map(words::language_name),
        });
        StoryPart {
            item,
            lang: lang_of(item.language.as_ref()),
            language: item.language.as_ref().map(words::language_name),
            time: say(item.published),
            // A member that joined minutes later is no update worth a word.
            changed: (item.updated.since(item.published).as_secs() >= 3600)
                .then(|| say(item.updated)),
            summary,
            topics,
            also: also.by_ref().take(ALSO_SHOWN).collect(),
            more: also.collect(),
        }
    }
}

/// The `lang` of a text; empty where it is unknown (HTML §3.2.6.2), so that it is not taken for the page's.
fn lang_of(language: Option<&Lang>) -> &str {
    language.map_or("", Lang::as_str)
}

/// Whether a summary says no more than the headline.
fn repeats(summary: &str, headline: &str) -> bool {
    let summary = summary.trim_end_matches('…').trim();
    summary.is_empty()
        || headline.starts_with(summary)
        || summary.strip_prefix(headline).is_some_and(|rest| rest.chars().count() < 24)
}
