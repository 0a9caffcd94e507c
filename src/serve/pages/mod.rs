//! Pages for people, rendered on the server: readable without script, and asking nothing of other sites but the pictures of the stories.
//!
//! Each page is a pure function of its view, which is made of model values. Addresses in pages are relative to the page, so that they
//! hold under whatever host and path a reader came by. Text of sources is escaped by the templates; no HTML of a source is shown, only
//! its text.

mod evidence;
mod front;
mod marks;
mod message;
mod feeds;
mod rejects;
mod search;
mod sources;
mod status;
mod story;
mod tongue;
mod topic;
mod words;

use std::sync::OnceLock;
use std::time::Duration;

use super::Sees;
use crate::model::edition::{FeedName, Merge};
use crate::model::lang::Lang;
use crate::model::time::Timestamp;
use crate::model::verdict::TopicName;
use words::Words;

pub use feeds::feeds;
pub use front::{DayView, FrontView, Notice, Section, front};
pub use message::{Message, message};
pub use rejects::{RejectsView, TopicRule, rejects};
pub use search::{SearchProblem, SearchResult, SearchView, search};
pub use sources::{SourceOrder, SourceProblem, SourceRow, SourcesView, sources};
pub use status::{Running, StatusView, status};
pub use story::{Because, StoryView, story};
pub use tongue::Tongue;
pub use topic::{
    Attempt, Compared, Found, RuleLine, RuleSays, TopicView, TriedView, WrongRule, topic,
    wrong_rule,
};

/// The media type of every page.
pub const MEDIA_TYPE: &str = "text/html; charset=utf-8";

/// What all pages share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desk {
    /// The name of the site, as in `[publish] title`.
    pub title: String,
    /// The zone that times are shown in, as in `[fetch] timezone`.
    pub zone: chrono_tz::Tz,
    /// The public address of the site, ending in a slash, as in `[publish] base_url`.
    pub url: String,
    /// The published feeds, in the order of the configuration.
    pub feeds: Vec<FeedLink>,
    /// Whether headlines are compared by meaning, too; if not, the pages say so.
    pub encoder: bool,
}

impl Default for Desk {
    fn default() -> Desk {
        Desk {
            title: "tidings".into(),
            zone: chrono_tz::UTC,
            url: "/".into(),
            feeds: Vec::new(),
            encoder: true,
        }
    }
}

/// What the forms of a page carry that change something. A page has it if it is made for somebody who may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forms {
    /// The value of the hidden field `form-token`: of this visitor, and of no use to another.
    pub token: String,
}

/// A published feed, to subscribe to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedLink {
    /// Its name.
    pub name: FeedName,
    /// Its title.
    pub title: String,
    /// How many items it holds.
    pub items: usize,
    /// When it last changed.
    pub updated: Option<Timestamp>,
    /// What it holds.
    pub rule: FeedRule,
    /// In which formats it is there, the preferred first.
    pub formats: Vec<FormatLink>,
}

/// What a feed holds, as `[[feed]]` says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedRule {
    /// Stories of any of these topics, with their titles; all stories if empty.
    pub topics: Vec<(TopicName, String)>,
    /// Whose headline leads, the first available; any if empty.
    pub languages: Vec<Lang>,
    /// What counts as one item.
    pub merge: Merge,
    /// How many items at most.
    pub limit: usize,
    /// How old an item may be.
    pub max_age: Option<Duration>,
}

/// A feed in one format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormatLink {
    /// The format's name for people: `RSS`, `Atom`, `JSON Feed`, `Web page`.
    pub label: &'static str,
    /// The file below `feeds/`: `diplomacy.rss`.
    pub file_name: String,
    /// The media type it is served with.
    pub media_type: &'static str,
}

impl FormatLink {
    /// The media type without parameters, as auto-discovery wants it.
    fn essence(&self) -> &str {
        self.media_type.split(';').next().unwrap_or(self.media_type).trim()
    }

    /// Whether it is for feed readers, not for browsers.
    fn is_feed(&self) -> bool {
        self.essence() != "text/html"
    }
}

/// The style sheet of all pages.
pub(super) const STYLE: &str = include_str!("style.css");

/// The style sheet's file name, which changes with its content, so that browsers may keep it for ever.
pub(super) fn style_name() -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(|| {
        let digest = crate::model::identity::digest(&[STYLE.as_bytes()]);
        let digest: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        format!("style-{digest}.css")
    })
}

/// The site's icon: a folded page with a headline.
pub(super) const ICON: &str = include_str!("icon.svg");

/// Who asks for a page, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// The language to speak.
    pub tongue: Tongue,
    /// The query of the address without the choice of a language and without a token: what a link to the same page in another language keeps.
    pub query: String,
    /// What may be shown.
    pub sees: Sees,
}

impl Visit {
    /// Anybody who reads this language.
    pub fn anybody(tongue: Tongue) -> Visit {
        Visit { tongue, query: String::new(), sees: Sees::Public }
    }
}

impl Default for Visit {
    fn default() -> Visit {
        Visit::anybody(Tongue::default())
    }
}

/// The page of the menu that a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Front,
    Search,
    Feeds,
    Sources,
    Rejects,
    Status,
    /// None of them.
    Elsewhere,
}

/// What the frame of a page needs to know.
struct Frame<'a> {
    desk: &'a Desk,
    /// The way from the page to the site's root: `""`, `"../"`.
    root: &'a str,
    /// The page's own title; `None` on the front page.
    page: Option<&'a str>,
    place: Place,
    style: &'static str,
    tongue: Tongue,
    /// What is said in that language.
    say: &'static Words,
    /// The same page in each language.
    switches: Vec<Switch>,
    private: bool,
}

/// A link to the same page in another language.
struct Switch {
    tag: &'static str,
    name: &'static str,
    href: String,
    current: bool,
}

impl<'a> Frame<'a> {
    fn new(desk: &'a Desk, visit: &Visit, root: &'a str, page: Option<&'a str>) -> Frame<'a> {
        let switch = |tongue: Tongue| {
            let and = if visit.query.is_empty() { "" } else { "&" };
            Switch {
                tag: tongue.tag(),
                name: tongue.name(),
                href: format!("?{}{and}lang={}", visit.query, tongue.tag()),
                current: tongue == visit.tongue,
            }
        };
        Frame {
            desk,
            root,
            page,
            place: Place::Elsewhere,
            style: style_name(),
            tongue: visit.tongue,
            say: visit.tongue.words(),
            switches: Tongue::ALL.map(switch).into(),
            private: visit.sees == Sees::Private,
        }
    }

    /// Marks the page in the menu.
    fn at(self, place: Place) -> Frame<'a> {
        Frame { place, ..self }
    }

    /// The name of a format: the page for browsers has one of each language.
    fn label(&self, format: &'a FormatLink) -> &'a str {
        if format.is_feed() { format.label } else { self.say.frame.web_page }
    }

    /// The way to the front page: a relative reference cannot be empty and mean the folder (RFC 3986 §4.4).
    fn home(&self) -> &str {
        if self.root.is_empty() { "./" } else { self.root }
    }

    /// The pages of the menu, with their addresses from the root.
    fn menu(&self) -> Vec<(&'static str, &'static str, bool)> {
        let words = &self.say.frame;
        let mut menu = vec![
            (words.search, "search", self.place == Place::Search),
            (words.feeds, "feeds", self.place == Place::Feeds),
            (words.sources, "sources", self.place == Place::Sources),
        ];
        // To others it is closed.
        if self.private {
            menu.push((words.rejects, "rejects", self.place == Place::Rejects));
            menu.push((self.say.status.title, "status", self.place == Place::Status));
        }
        menu
    }
}

/// A rendered template.
fn rendered(template: &impl askama::Template) -> String {
    // Writing to a String cannot fail, and the templates call nothing that can.
    template.render().unwrap_or_default()
}

#[cfg(test)]
mod checks {
    use scraper::{Html, Selector};

    /// Texts that would be markup, code or a template if anything took them for it.
    pub(super) const HOSTILE: [&str; 7] = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "'><svg/onload=alert(1)>",
        "</title></head><body onload=alert(1)>",
        "{{ 7 * 7 }} {% include \"base.html\" %}",
        "&lt;b&gt;&#x3c;script&#x3e;",
        "--><!--<base href=//evil.example>",
    ];

    /// The texts of the elements, white space squeezed.
    pub(super) fn texts(page: &Html, selector: &str) -> Vec<String> {
        let text = |found: scraper::ElementRef<'_>| found.text().collect::<String>();
        let selector = Selector::parse(selector).unwrap();
        page.select(&selector)
            .map(|found| text(found).split_whitespace().collect::<Vec<_>>().join(" "))
            .collect()
    }

    /// Nothing on the page runs, loads from elsewhere but pictures, or leads anywhere but to the web.
    pub(super) fn assert_tame(html: &str) {
        let page = Html::parse_document(html);
        assert!(page.errors.is_empty(), "{:?}", page.errors);
        for element in page.select(&Selector::parse("*").unwrap()) {
            let element = element.value();
            let name = element.name();
            assert!(
                !matches!(name, "script" | "style" | "iframe" | "object" | "embed" | "base"),
                "{name}"
            );
            // A form asks a page of this site, or posts to one.
            if name == "form" {
                assert!(matches!(element.attr("method"), Some("get" | "post")));
                assert!(element.attr("action").is_some_and(|way| !way.contains("//")));
            }
            for (attribute, value) in element.attrs() {
                assert!(!attribute.starts_with("on") && attribute != "style", "{name} {attribute}");
                if matches!(attribute, "href" | "src") {
                    let scheme = value.split_once(':').map(|(scheme, _)| scheme);
                    assert!(matches!(scheme, None | Some("http" | "https")), "{value}");
                }
            }
        }
    }
}
