//! A page that lists articles → `ParsedFeed`: found by its repeated structure, or by the curator's CSS selectors.
//!
//! Ids are the canonical links. A page whose list is not found is an error, never an empty feed: what is gone is the layout, not the news.

mod dates;
mod fields;
mod infer;
mod outline;
mod repeated;
mod words;

use std::collections::HashMap;

use scraper::node::Element;
use scraper::{ElementRef, Html, Selector};
use url::Url;

use super::{ReadError, ReadOptions, charset, tree};
use crate::model::due::Wishes;
use crate::model::entry::{Entry, FeedFormat, Guid, Image, Note, ParsedFeed};
use crate::model::lang::Lang;
use crate::model::source::PageSelectors;
use crate::model::text::{Headline, PlainText, SafeHtml};
use crate::model::time::Timestamp;
use crate::model::url::{CanonicalUrl, WebUrl};
use crate::model::websub::Advert;
use dates::Frame;
use fields::Fields;
use outline::Outline;
use repeated::Item;

/// The longest selector that is taken, in bytes.
const SELECTOR_BYTES: usize = 500;

/// Reads a page that lists articles. `now` is the moment it was fetched, which settles dates without a year and what is told as "3 hours ago".
///
/// # Errors
/// If no list of articles is found in it, or a selector finds nothing.
pub fn read_page(
    bytes: &[u8],
    options: &ReadOptions<'_>,
    selectors: &PageSelectors,
    now: Option<Timestamp>,
) -> Result<ParsedFeed, ReadError> {
    Page::of(bytes, options)?.read(options, selectors, now)
}

/// Reads a page by its repeated structure, and finds selectors that read it the same way: as many as can be told with certainty.
///
/// # Errors
/// If no list of articles is found in it.
pub fn infer_selectors(
    bytes: &[u8],
    options: &ReadOptions<'_>,
    now: Option<Timestamp>,
) -> Result<(ParsedFeed, PageSelectors), ReadError> {
    let page = Page::of(bytes, options)?;
    let feed = page.read(options, &PageSelectors::default(), now)?;
    let frame = page.frame(options, now);
    let selectors = {
        let outline = Outline::of(&page.html, options.base);
        let items = repeated::items(&outline, frame);
        infer::selectors(&page.html, &outline, &items)
    };
    // Only what reads the page in the same way is worth writing down.
    let same = page.read(options, &selectors, now).is_ok_and(|again| {
        let links = |feed: &ParsedFeed| -> Vec<Option<WebUrl>> {
            feed.entries.iter().map(|entry| entry.link.clone()).collect()
        };
        links(&again) == links(&feed)
    });
    Ok((feed, if same { selectors } else { PageSelectors::default() }))
}

/// Whether a text is a CSS selector that can be asked of a page.
///
/// # Errors
/// In words, if it is not.
pub fn check_selector(text: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err("it is empty".to_owned());
    }
    if text.len() > SELECTOR_BYTES {
        return Err(format!("it is longer than {SELECTOR_BYTES} bytes"));
    }
    if text.contains(":has(") {
        // Each element would be compared with all others.
        return Err("`:has()` is not supported".to_owned());
    }
    Selector::parse(text).map(|_| ()).map_err(|error| {
        let error = error.to_string();
        let mut line: String = error.chars().filter(|c| !c.is_control()).take(160).collect();
        if let Some(first) = line.get(..1).map(str::to_lowercase) {
            line.replace_range(..1, &first);
        }
        line
    })
}

/// A page as read.
struct Page {
    html: Html,
    note: Option<String>,
    /// The encoding, if it was guessed.
    guessed: Option<&'static str>,
    language: Option<Lang>,
    /// The zone of the country whose script the page is in.
    zone: Option<chrono_tz::Tz>,
}

impl Page {
    fn of(bytes: &[u8], options: &ReadOptions<'_>) -> Result<Page, ReadError> {
        let host = options.base.and_then(Url::host_str);
        let decoded = charset::decode(bytes, options.content_type, options.encoding, host);
        if decoded.text.trim().is_empty() {
            return Err(ReadError::Empty);
        }
        let html = tree::read(&decoded.text);
        let language = html.root_element().attr("lang").and_then(Lang::parse);
        let zone = zone_of(&decoded.text);
        Ok(Page { html, note: decoded.note, guessed: decoded.guessed, language, zone })
    }

    /// What dates of the page are read by: the source's zone, else that of the country whose language or domain it has.
    fn frame(&self, options: &ReadOptions<'_>, now: Option<Timestamp>) -> Frame {
        let host = options.base.and_then(Url::host_str).unwrap_or_default();
        let speaks = |code: &str| self.language.as_ref().is_some_and(|lang| lang.primary() == code);
        let zone = options.zone.or(self.zone).or_else(|| {
            if speaks("ko") || host.ends_with(".kr") {
                Some(chrono_tz::Asia::Seoul)
            } else if speaks("ja") || host.ends_with(".jp") {
                Some(chrono_tz::Asia::Tokyo)
            } else {
                None
            }
        });
        Frame { zone, now }
    }

    fn read(
        &self,
        options: &ReadOptions<'_>,
        selectors: &PageSelectors,
        now: Option<Timestamp>,
    ) -> Result<ParsedFeed, ReadError> {
        let frame = self.frame(options, now);
        let outline = Outline::of(&self.html, options.base);
        let mut notes: Vec<Note> = Vec::new();
        notes.extend(self.note.clone().map(|text| Note { item: None, text }));
        let own = Asked::of(selectors)?;
        let items = match &own.items {
            Some(items) => selected(&self.html, &outline, items, &own, frame)?,
            None => repeated::items(&outline, frame),
        };
        if items.is_empty() {
            return Err(ReadError::NoListing);
        }
        let positions = Positions::of(&outline);
        let mut entries: Vec<Entry> = Vec::with_capacity(items.len().min(options.max_entries));
        for item in items {
            if entries.len() >= options.max_entries {
                let text = format!("only the first {} items were read", options.max_entries);
                notes.push(Note { item: None, text });
                break;
            }
            let fields = own.overrule(&outline, &positions, &item, frame);
            entries.extend(entry(item.url, fields));
        }
        if entries.is_empty() {
            return Err(ReadError::NoListing);
        }
        Ok(ParsedFeed {
            format: FeedFormat::Page,
            title: self.title(&outline),
            link: options.base.and_then(|base| WebUrl::parse(base.as_str())),
            language: self.language.clone(),
            guessed_encoding: self.guessed,
            wishes: Wishes::default(),
            advert: Advert::default(),
            entries,
            notes,
        })
    }

    /// What the page calls itself, for sites that have several lists: its own title.
    fn title(&self, outline: &Outline<'_>) -> Option<PlainText> {
        let text = (0..outline.spots.len())
            .find(|at| outline.name(*at) == "title")
            .map(|at| outline.text(at));
        text.and_then(|text| PlainText::new(&text))
    }
}

/// The zone of a page that is Korean or Japanese by its letters, whatever language it says it has.
fn zone_of(page: &str) -> Option<chrono_tz::Tz> {
    let (mut hangul, mut kana) = (0_usize, 0_usize);
    for character in page.chars() {
        match character {
            '\u{ac00}'..='\u{d7a3}' => hangul += 1,
            '\u{3041}'..='\u{30fa}' => kana += 1,
            _ => {}
        }
    }
    const ENOUGH: usize = 20;
    if hangul.max(kana) < ENOUGH {
        None
    } else if hangul > kana {
        Some(chrono_tz::Asia::Seoul)
    } else {
        Some(chrono_tz::Asia::Tokyo)
    }
}

fn entry(url: WebUrl, fields: Fields) -> Option<Entry> {
    let title = Headline::new(&fields.title?)?;
    let link = url.without_tracking();
    let summary_text = fields.summary.as_deref().and_then(PlainText::new);
    Some(Entry {
        guid: Guid::new(link.canonical().as_str()),
        title: Some(title),
        link: Some(link),
        published: fields.date.map(|date| date.at),
        is_date_estimated: fields.date.is_some_and(|date| date.is_estimate),
        summary: summary_text.as_ref().map(|text| SafeHtml::escaped(text.as_str())),
        summary_text,
        image: fields.image.map(|url| Image { url, caption: None, credit: None }),
        ..Entry::default()
    })
}

/// The curator's selectors, ready to be asked.
#[derive(Debug, Default)]
struct Asked {
    items: Option<Selector>,
    title: Option<Selector>,
    link: Option<Selector>,
    date: Option<Selector>,
    summary: Option<Selector>,
    image: Option<Selector>,
}

impl Asked {
    fn of(selectors: &PageSelectors) -> Result<Asked, ReadError> {
        let parse = |text: &Option<String>| match text {
            None => Ok(None),
            Some(text) => match check_selector(text).map(|()| Selector::parse(text)) {
                Ok(Ok(selector)) => Ok(Some(selector)),
                Ok(Err(_)) | Err(_) => Err(ReadError::BadSelector { selector: text.clone() }),
            },
        };
        Ok(Asked {
            items: parse(&selectors.items)?,
            title: parse(&selectors.title)?,
            link: parse(&selectors.link)?,
            date: parse(&selectors.date)?,
            summary: parse(&selectors.summary)?,
            image: parse(&selectors.image)?,
        })
    }

    /// The fields of an item, with what the curator's selectors say in place of what was guessed. A selector that finds nothing in one item leaves
    /// that field of it empty: it was meant to say where the field is.
    fn overrule(
        &self,
        outline: &Outline<'_>,
        positions: &Positions,
        item: &Item,
        frame: Frame,
    ) -> Fields {
        let mut fields = item.fields.clone();
        let find = |selector: &Selector| -> Option<usize> {
            item.parts.iter().find_map(|part| {
                let root = outline.spots.get(*part)?.element;
                let found = first(root, selector)?;
                positions.of_element(found)
            })
        };
        if let Some(selector) = &self.title {
            fields.title = find(selector).map(|at| {
                let text = outline.text(at);
                let text = Some(text).filter(|text| !text.is_empty());
                let attribute = || {
                    ["title", "content", "alt"].iter().find_map(|name| outline.attribute(at, name))
                };
                text.or_else(|| attribute().map(str::to_owned)).unwrap_or_default()
            });
        }
        if let Some(selector) = &self.date {
            fields.date = find(selector).and_then(|at| {
                let stated = ["datetime", "content", "data-date", "data-time", "title"]
                    .iter()
                    .filter_map(|name| outline.attribute(at, name))
                    .find_map(|text| dates::of_attribute(text, frame));
                stated.or_else(|| dates::find(&outline.text(at), frame))
            });
        }
        if let Some(selector) = &self.summary {
            fields.summary = find(selector).map(|at| outline.text(at));
        }
        if let Some(selector) = &self.image {
            fields.image = find(selector).and_then(|at| fields::image(outline, &[at]));
        }
        fields
    }
}

/// The first element that a selector finds in another, itself included.
fn first<'a>(root: ElementRef<'a>, selector: &Selector) -> Option<ElementRef<'a>> {
    if selector.matches(&root) {
        return Some(root);
    }
    root.select(selector).next()
}

/// The number in the outline of each element.
struct Positions {
    by_address: HashMap<*const Element, usize>,
}

impl Positions {
    fn of(outline: &Outline<'_>) -> Positions {
        let address = |spot: &outline::Spot<'_>| std::ptr::from_ref(spot.element.value());
        let spots = outline.spots.iter().enumerate();
        Positions { by_address: spots.map(|(at, spot)| (address(spot), at)).collect() }
    }

    fn of_element(&self, element: ElementRef<'_>) -> Option<usize> {
        self.by_address.get(&std::ptr::from_ref(element.value())).copied()
    }
}

/// The articles that the curator's `items` finds.
fn selected(
    html: &Html,
    outline: &Outline<'_>,
    selector: &Selector,
    own: &Asked,
    frame: Frame,
) -> Result<Vec<Item>, ReadError> {
    let positions = Positions::of(outline);
    let mut items: Vec<Item> = Vec::new();
    let mut known: HashMap<CanonicalUrl, usize> = HashMap::new();
    let mut found = 0;
    for element in html.select(selector) {
        found += 1;
        let Some(at) = positions.of_element(element) else { continue };
        let link = match &own.link {
            Some(link) => first(element, link).and_then(|link| {
                let link = positions.of_element(link)?;
                // The element itself, what is in it, or what it is in.
                let around = outline.inside(link).chain(outline.ancestors(link));
                around.into_iter().find_map(|at| outline.target(at))
            }),
            None => outline.inside(at).find_map(|at| outline.target(at)),
        };
        let Some(url) = link else { continue };
        let fields = fields::read(outline, &[at], &url, frame);
        match known.get(&url.canonical()) {
            Some(first) => {
                if let Some(first) = items.get_mut(*first) {
                    first.fields.complete(fields);
                }
            }
            None => {
                known.insert(url.canonical(), items.len());
                items.push(Item { parts: vec![at], url, fields, is_core: true });
            }
        }
    }
    if items.is_empty() {
        return Err(ReadError::NothingSelected { found });
    }
    Ok(items)
}
