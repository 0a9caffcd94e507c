//! The front page: the stories of the day by topic, who else covers them, and the feeds to subscribe to.

use askama::Template;
use chrono::NaiveDate;

use super::words::{self, Moment};
use super::{Desk, FeedLink, Frame, Place, Visit, rendered};
use crate::model::edition::{Also, Item};
use crate::model::lang::Lang;
use crate::model::time::Timestamp;
use crate::model::verdict::TopicName;

/// What the front page shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FrontView {
    /// When this was put together: what ages count from. Pages know no clock, so that one page is the same for everyone who asks.
    pub at: Option<Timestamp>,
    /// The last change of any story shown. `None` while there is none.
    pub updated: Option<Timestamp>,
    /// The languages that sources are read in, for the line below the title.
    pub languages: Vec<Lang>,
    /// How many outlets the stories shown come from.
    pub outlets: usize,
    /// The stories, a section a topic; a story in two topics stands in the first. Empty sections are left out.
    pub sections: Vec<Section>,
    /// What the curator must know.
    pub notices: Vec<Notice>,
    /// The day that this is the page of, if it is not of now.
    pub day: Option<DayView>,
    /// The last day before today of which stories are kept.
    pub before: Option<NaiveDate>,
}

/// A day that has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayView {
    /// The day.
    pub day: NaiveDate,
    /// The last day before it of which stories are kept.
    pub before: Option<NaiveDate>,
    /// The day after it, if that has begun.
    pub after: Option<NaiveDate>,
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
    /// Since when `feeds.toml` has errors.
    pub since: Timestamp,
    /// The whole report, shown as it is written.
    pub report: Option<String>,
}

/// Renders the front page.
pub fn front(desk: &Desk, visit: &Visit, view: &FrontView) -> String {
    let tongue = visit.tongue;
    let words = tongue.words();
    let now = view.at.or(view.updated).unwrap_or(Timestamp::from_unix(0));
    let say = |at: Timestamp| match &view.day {
        // Of a day that has passed the clock says more than the age.
        Some(of) => words::moment(at, desk.zone, Some(of.day), tongue),
        None => words::aged(at, now, desk.zone, tongue),
    };
    let title = view.day.map(|of| words.front.stories_of.with(words::long_date(of.day, tongue)));
    let day_link = |day: NaiveDate| (day.to_string(), words::short_day(day, tongue));
    let titles: Vec<(&TopicName, &str)> = view
        .sections
        .iter()
        .filter_map(|section| Some((section.topic.as_ref()?, section.title.as_str())))
        .collect();
    let sections: Vec<SectionPart<'_>> = view
        .sections
        .iter()
        .filter_map(|section| {
            let beside = beside(&section.items);
            let mut stories = section.items.iter().enumerate().map(|(place, item)| {
                let summary_width = if place == 0 { LEAD_WIDTH } else { STORY_WIDTH };
                let also = if (1..=beside).contains(&place) { RAIL_ALSO } else { ALSO_SHOWN };
                let topic = section.topic.as_ref();
                StoryPart::new(item, topic, &titles, summary_width, also, &say)
            });
            // Empty sections are left out above.
            let lead = stories.next()?;
            let rail: Vec<StoryPart<'_>> = stories.by_ref().take(beside).collect();
            let mut blocks = Vec::new();
            loop {
                let block: Vec<StoryPart<'_>> = stories.by_ref().take(BLOCK_STORIES).collect();
                if block.is_empty() {
                    break;
                }
                blocks.push(block);
            }
            Some(SectionPart {
                anchor: section.topic.as_ref().map_or("other", TopicName::as_str),
                topic: section.topic.as_ref().map(TopicName::as_str),
                title: if section.topic.is_some() { &section.title } else { words.front.other },
                count: section.items.len(),
                lead,
                rail,
                blocks,
            })
        })
        .collect();
    let stories: usize = sections.iter().map(|section| section.count).sum();
    rendered(&Page {
        frame: Frame::new(desk, visit, "", title.as_deref()).at(Place::Front),
        dateline: match &view.day {
            Some(of) => Some(words::long_date(of.day, tongue)),
            None => view.updated.map(|_| words::long_date(words::day(now, desk.zone), tongue)),
        },
        updated: view.updated.filter(|_| view.day.is_none()).map(say),
        of_day: view.day.is_some(),
        day: view.day.map_or_else(|| words::day(now, desk.zone), |of| of.day).to_string(),
        before: view.day.map_or(view.before, |of| of.before).map(day_link),
        after: view.day.and_then(|of| of.after).map(day_link),
        languages: view.languages.iter().map(|lang| (lang, words::language_name(lang))).collect(),
        gathered: words
            .front
            .gathered
            .with_both(words.item.stories.of(stories), words.item.outlets.of(view.outlets)),
        sections,
        notices: view
            .notices
            .iter()
            .map(|notice| NoticePart {
                text: words.front.refused.with(&say(notice.since).short),
                report: notice.report.as_deref(),
            })
            .collect(),
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
/// Stories beside the first one at most.
const RAIL_STORIES: usize = 5;
/// Stories set in columns together. A section of a hundred set in one piece would put its second newest hour at the top of the second
/// column, screens away from the first.
const BLOCK_STORIES: usize = 12;
/// Other outlets shown at once; the rest are unfolded by hand.
const ALSO_SHOWN: usize = 5;
/// The same beside the first story, which a long list would leave in white.
const RAIL_ALSO: usize = 2;

/// How many stories stand beside the first of a section: as many as are about as high as it, so that no column ends in white.
fn beside(items: &[Item]) -> usize {
    let Some((lead, others)) = items.split_first() else { return 0 };
    let height = height(lead, &LEAD_SHAPE);
    let mut used = 0;
    let mut count = 0;
    for item in others.iter().take(RAIL_STORIES) {
        let next = used + self::height(item, &RAIL_SHAPE);
        // The nearer of a little too short and a little too long.
        if count > 0 && next > height && next - height > height.saturating_sub(used) {
            break;
        }
        (used, count) = (next, count + 1);
        if used >= height {
            break;
        }
    }
    count
}

/// How text runs in a place of the page: letters in a line (a Han character takes two), and heights in pixels.
struct Shape {
    headline_letters: usize,
    headline_line: usize,
    summary_width: usize,
    summary_letters: usize,
    picture: usize,
    /// Other outlets shown, and how many of them beside each other.
    also_shown: usize,
    also_columns: usize,
}

const LEAD_SHAPE: Shape = Shape {
    headline_letters: 36,
    headline_line: 40,
    summary_width: LEAD_WIDTH,
    summary_letters: 88,
    picture: 330,
    also_shown: ALSO_SHOWN,
    also_columns: 2,
};
const RAIL_SHAPE: Shape = Shape {
    headline_letters: 32,
    headline_line: 25,
    summary_width: STORY_WIDTH,
    summary_letters: 46,
    picture: 225,
    also_shown: RAIL_ALSO,
    also_columns: 1,
};

/// About how high a story stands.
fn height(item: &Item, shape: &Shape) -> usize {
    let headline = item.headline.as_ref().map_or(10, |headline| words::columns(headline.as_str()));
    let body = item.summary.as_ref().or(item.content.as_ref());
    let body = body.map_or(0, |html| words::columns(&words::excerpt(html, shape.summary_width)));
    let also = item.also.len().min(shape.also_shown).div_ceil(shape.also_columns);
    headline.div_ceil(shape.headline_letters) * shape.headline_line
        + body.div_ceil(shape.summary_letters) * 24
        + also * 48
        + usize::from(also > 0) * 36
        + item.image.as_ref().map_or(0, |_| shape.picture)
        + 60
}

#[derive(Template)]
#[template(path = "front.html", whitespace = "minimize")]
struct Page<'a> {
    frame: Frame<'a>,
    dateline: Option<String>,
    updated: Option<Moment>,
    /// Whether this is a day that has passed.
    of_day: bool,
    /// The day shown, for machines.
    day: String,
    /// The days beside it, for machines and in words.
    before: Option<(String, String)>,
    after: Option<(String, String)>,
    languages: Vec<(&'a Lang, &'a str)>,
    gathered: String,
    sections: Vec<SectionPart<'a>>,
    notices: Vec<NoticePart<'a>>,
    feeds: Vec<FeedPart<'a>>,
}

struct NoticePart<'a> {
    text: String,
    report: Option<&'a str>,
}

struct FeedPart<'a> {
    feed: &'a FeedLink,
    updated: Option<Moment>,
}

struct SectionPart<'a> {
    anchor: &'a str,
    /// The topic whose page says why these stories are here.
    topic: Option<&'a str>,
    title: &'a str,
    count: usize,
    lead: StoryPart<'a>,
    /// Stories beside the first.
    rail: Vec<StoryPart<'a>>,
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
        also_shown: usize,
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
            // A member that joined minutes later is no update worth a word, and that we came late to an old story is none at all.
            changed: (item.updated.since(item.published.max(item.first_seen)).as_secs() >= 3600)
                .then(|| say(item.updated)),
            summary,
            topics,
            also: also.by_ref().take(also_shown).collect(),
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

#[cfg(test)]
mod tests {
    use scraper::{Html, Selector};

    use super::*;
    use crate::model::edition::FeedName;
    use crate::model::edition::Merge;
    use crate::model::entry::Image;
    use crate::model::identity::Identity;
    use crate::model::source::{Outlet, SourceKey};
    use crate::model::story::StoryId;
    use crate::model::text::{Headline, PlainText, SafeHtml};
    use crate::model::url::WebUrl;
    use crate::serve::pages::checks::{HOSTILE, assert_tame, texts};
    use crate::serve::pages::{FeedRule, FormatLink, STYLE};

    const NOW: i64 = 1_761_804_300;

    fn item(number: u8, headline: &str, lang: &str) -> Item {
        let published = Timestamp::from_unix(NOW - 60 * i64::from(number));
        Item {
            id: StoryId::founded_by(&SourceKey::parse("a").unwrap(), Identity([number; 16])),
            headline: Headline::new(headline),
            link: WebUrl::parse("https://news.example/1"),
            outlet: Outlet { name: "Peninsula Wire".into(), url: None },
            source_url: None,
            language: Lang::parse(lang),
            authors: Vec::new(),
            topics: vec![TopicName::parse("korea-japan").unwrap()],
            categories: Vec::new(),
            summary: Some(SafeHtml::escaped(
                "The leaders met for three quarters of an hour. ".repeat(9).trim(),
            )),
            content: None,
            image: None,
            enclosures: Vec::new(),
            published,
            first_seen: published,
            updated: published,
            also: Vec::new(),
        }
    }

    fn view(items: Vec<Item>) -> FrontView {
        FrontView {
            at: None,
            updated: items.iter().map(|item| item.updated).max(),
            outlets: items.len(),
            languages: vec![Lang::parse("ko").unwrap()],
            sections: vec![Section {
                topic: TopicName::parse("korea-japan"),
                title: "Korea & Japan".into(),
                items,
            }],
            notices: Vec::new(),
            day: None,
            before: None,
        }
    }

    fn desk() -> Desk {
        let format = |label, file_name: &str, media_type| FormatLink {
            label,
            file_name: file_name.into(),
            media_type,
        };
        Desk {
            title: "Desk".into(),
            zone: chrono_tz::Asia::Seoul,
            url: "https://desk.example/".into(),
            encoder: true,
            feeds: vec![FeedLink {
                name: FeedName::parse("all").unwrap(),
                title: "All <of> it".into(),
                items: 3,
                updated: Some(Timestamp::from_unix(NOW)),
                rule: FeedRule {
                    topics: Vec::new(),
                    languages: Vec::new(),
                    merge: Merge::Story,
                    limit: 100,
                    max_age: None,
                },
                formats: vec![
                    format("RSS", "all.rss", "application/rss+xml; charset=utf-8"),
                    format("Atom", "all.atom", "application/atom+xml; charset=utf-8"),
                    format("Web page", "all.html", "text/html; charset=utf-8"),
                ],
            }],
        }
    }

    #[test]
    fn every_state_of_the_desk_has_a_page() {
        let check = |view: &FrontView, stories: usize, says: &str| {
            let html = front(&desk(), &Visit::default(), view);
            assert_tame(&html);
            let page = Html::parse_document(&html);
            assert_eq!(texts(&page, "article").len(), stories);
            assert_eq!(texts(&page, "h1"), ["Desk"]);
            assert_eq!(texts(&page, "main").len(), 1);
            assert!(texts(&page, "body").join(" ").contains(says), "{says} is not in {html}");
            assert_eq!(html, front(&desk(), &Visit::default(), view));
        };
        check(&FrontView::default(), 0, "The first edition is being gathered");
        check(&view(Vec::new()), 0, "The first edition is being gathered");
        check(&view(vec![item(0, "One", "en")]), 1, "1 story");
        check(
            &view((0..100).map(|number| item(number, "Many", "en")).collect()),
            100,
            "100 stories",
        );
        let mut errors = FrontView::default();
        errors.notices.push(Notice {
            since: Timestamp::from_unix(NOW),
            report: Some("1 | <title>\n  | ^ here".into()),
        });
        check(&errors, 0, "1 | <title> | ^ here");
    }

    #[test]
    fn a_hundred_stories_are_a_light_page() {
        let items = (0..100)
            .map(|number| {
                let mut item = item(number, &format!("Leaders meet for the {number}th time"), "en");
                item.also = (0..4)
                    .map(|_| other("ja", "日韓首脳が会談、経済安保で年内に局長級協議"))
                    .collect();
                item
            })
            .collect();
        let size = |text: String| {
            let artifact =
                crate::model::edition::Artifact::new(String::new(), "text/html", text.into(), None);
            crate::serve::Shelved::new(artifact).gzip().unwrap().len()
        };
        let first_load = size(front(&desk(), &Visit::default(), &view(items))) + size(STYLE.into());
        assert!(first_load < 40_000, "{first_load} bytes");
    }

    fn other(lang: &str, headline: &str) -> Also {
        Also {
            outlet: Outlet { name: "桜通信".into(), url: None },
            language: Lang::parse(lang),
            headline: Headline::new(headline),
            link: WebUrl::parse("https://other.example/"),
        }
    }

    #[test]
    fn what_sources_write_is_text() {
        for hostile in HOSTILE {
            let mut item = item(0, hostile, "en");
            item.outlet.name = hostile.into();
            item.summary = Some(SafeHtml::escaped(hostile));
            item.image = WebUrl::parse("https://img.example/1.jpg").map(|url| Image {
                url,
                caption: PlainText::new(hostile),
                credit: PlainText::new(hostile),
            });
            item.also = vec![other("ja", hostile)];
            item.also[0].outlet.name = hostile.into();
            let mut view = view(vec![item]);
            view.sections[0].title = hostile.into();
            view.notices
                .push(Notice { since: Timestamp::from_unix(NOW), report: Some(hostile.into()) });
            let mut desk = desk();
            desk.title = hostile.into();
            desk.feeds[0].title = hostile.into();
            let html = front(&desk, &Visit::default(), &view);
            assert_tame(&html);
            let page = Html::parse_document(&html);
            let text = hostile.split_whitespace().collect::<Vec<_>>().join(" ");
            for place in [
                "h1",
                "article h3",
                "article .outlet",
                ".also .head",
                ".notice pre",
                "aside h3",
                "title",
            ] {
                assert_eq!(texts(&page, place)[0], text, "{place}");
            }
        }
    }

    #[test]
    fn each_headline_bears_its_language_and_each_feed_is_discovered() {
        let mut first = item(0, "한일 정상이 경주에서 만났다", "ko");
        first.also = vec![other("ja", "日韓首脳が会談")];
        let html =
            front(&desk(), &Visit::default(), &view(vec![first, item(1, "No language", "")]));
        let page = Html::parse_document(&html);
        let lang = |selector: &str| {
            let selector = Selector::parse(selector).unwrap();
            page.select(&selector)
                .map(|found| found.attr("lang").unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(lang("html"), ["en"]);
        assert_eq!(lang("article h3"), ["ko", ""]);
        assert_eq!(lang(".also .head"), ["ja"]);
        let links = Selector::parse("link[rel=alternate]").unwrap();
        let links: Vec<_> = page
            .select(&links)
            .map(|link| {
                (
                    link.attr("type").unwrap(),
                    link.attr("href").unwrap(),
                    link.attr("title").unwrap(),
                )
            })
            .collect();
        assert_eq!(
            links,
            [
                ("application/rss+xml", "feeds/all.rss", "All <of> it (RSS)"),
                ("application/atom+xml", "feeds/all.atom", "All <of> it (Atom)"),
            ]
        );
    }

    #[test]
    fn a_long_list_of_outlets_is_folded() {
        let check = |others: usize, shown: usize, folded: usize| {
            let mut item = item(0, "Many outlets", "en");
            item.also = (0..others).map(|_| other("ja", "日韓首脳が会談")).collect();
            let page = Html::parse_document(&front(&desk(), &Visit::default(), &view(vec![item])));
            assert_eq!(texts(&page, ".also > ul > li").len(), shown);
            assert_eq!(texts(&page, ".also details li").len(), folded);
            assert_eq!(texts(&page, ".also").len(), usize::from(others > 0));
        };
        check(0, 0, 0);
        check(5, 5, 0);
        check(8, 5, 3);
    }

    #[test]
    fn an_old_story_that_is_new_to_us_is_not_called_updated() {
        let check = |first_seen: i64, updated: i64, says: usize| {
            let mut item = item(0, "Leaders meet", "en");
            item.first_seen = Timestamp::from_unix(NOW + first_seen);
            item.updated = Timestamp::from_unix(NOW + updated);
            let page = Html::parse_document(&front(&desk(), &Visit::default(), &view(vec![item])));
            assert_eq!(texts(&page, ".changed").len(), says, "{first_seen} {updated}");
        };
        check(0, 600, 0);
        check(0, 7_200, 1);
        check(30_000, 30_000, 0);
        check(30_000, 34_000, 1);
    }

    #[test]
    fn a_summary_that_repeats_the_headline_is_left_out() {
        let check = |summary: &str, shown: bool| {
            let mut item = item(0, "Leaders meet in Gyeongju", "en");
            item.summary = Some(SafeHtml::escaped(summary));
            let page = Html::parse_document(&front(&desk(), &Visit::default(), &view(vec![item])));
            assert_eq!(texts(&page, ".summary").len(), usize::from(shown), "{summary}");
        };
        check("Leaders meet in Gyeongju", false);
        check("Leaders meet in Gyeongju  Peninsula Wire", false);
        check("", false);
        check("Leaders meet in Gyeongju to speak of ships, chips and trips", true);
        check("They spoke for an hour", true);
    }
}
