//! What a listing says of one article: headline, date, summary and picture, from the part of the page that belongs to it alone.

use scraper::ElementRef;

use super::dates::{self, Dated, Frame};
use super::outline::{Outline, class_words};
use super::words::{Promise, is_headline, leads_on, promise, words};
use crate::model::url::WebUrl;

/// What is said of an article.
#[derive(Debug, Clone, Default)]
pub(super) struct Fields {
    pub(super) title: Option<String>,
    pub(super) date: Option<Dated>,
    pub(super) summary: Option<String>,
    pub(super) image: Option<WebUrl>,
}

impl Fields {
    /// Takes from another place of the page what is missing here.
    pub(super) fn complete(&mut self, other: Fields) {
        let is_better = match (&self.title, &other.title) {
            (None, Some(_)) => true,
            (Some(own), Some(other)) => !is_headline(own) && is_headline(other),
            (_, None) => false,
        };
        if is_better {
            self.title = other.title;
        }
        self.date = self.date.or(other.date);
        self.summary = self.summary.take().or(other.summary);
        self.image = self.image.take().or(other.image);
    }
}

/// What the parts of a page say of the article at `url`.
pub(super) fn read(outline: &Outline<'_>, parts: &[usize], url: &WebUrl, frame: Frame) -> Fields {
    let canonical = url.canonical();
    let spots = || spots(outline, parts);
    let links: Vec<usize> = spots()
        .filter(|at| outline.target(*at).is_some_and(|target| target.canonical() == canonical))
        .collect();
    let title = title(outline, parts, &links);
    let date = date(outline, parts, title.as_deref(), frame);
    let summary = summary(outline, parts, title.as_deref());
    Fields { title, date, summary, image: image(outline, parts) }
}

/// The elements of an item; of one that is no item but half a page, the first.
fn spots<'o>(outline: &'o Outline<'_>, parts: &'o [usize]) -> impl Iterator<Item = usize> + 'o {
    const SPOTS: usize = 400;
    parts.iter().flat_map(|part| outline.inside(*part)).take(SPOTS)
}

/// The first picture in parts of a page.
pub(super) fn image(outline: &Outline<'_>, parts: &[usize]) -> Option<WebUrl> {
    let spots = || spots(outline, parts);
    let shown = spots().filter(|at| outline.name(*at) != "source");
    // Of a choice of sources the picture itself is what every browser can show.
    shown.chain(spots()).find_map(|at| picture(outline, at))
}

fn is_heading(name: &str) -> bool {
    matches!(name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6")
}

/// What in a headline's element is no part of the headline.
fn is_beside(element: ElementRef<'_>) -> bool {
    let name = element.value().name();
    if matches!(name, "time" | "img" | "picture" | "button" | "input" | "label" | "sup") {
        return true;
    }
    match promise(element) {
        Some(Promise::Date | Promise::Trifle) => true,
        Some(Promise::Summary) => is_block(name) || name == "span",
        Some(Promise::Title) | None => false,
    }
}

fn is_block(name: &str) -> bool {
    crate::read::tree::ends_paragraph(name)
}

fn title(outline: &Outline<'_>, parts: &[usize], links: &[usize]) -> Option<String> {
    let spots: Vec<usize> = spots(outline, parts).collect();
    let in_link = |at: usize| {
        links
            .iter()
            .any(|link| outline.inside(*link).contains(&at) || outline.inside(at).contains(link))
    };
    let headings = || spots.iter().copied().filter(|at| is_heading(outline.name(*at)));
    let promised = || {
        spots.iter().copied().filter(|at| {
            outline.spots.get(*at).is_some_and(|spot| promise(spot.element) == Some(Promise::Title))
                && !matches!(outline.name(*at), "ul" | "ol" | "table" | "section")
        })
    };
    let headings_in: Vec<usize> = headings().filter(|at| in_link(*at)).collect();
    let promised_in: Vec<usize> = promised().filter(|at| in_link(*at)).collect();
    let ways: [&[usize]; 2] = [&headings_in, &promised_in];
    for way in ways {
        // The innermost of nested ones has least beside the headline.
        let best = way.iter().rev().find_map(|at| {
            let text = clean(outline, *at, links);
            is_plausible(&text).then_some(text)
        });
        if best.is_some() {
            return best;
        }
    }
    // The first link that says enough; the summary may lead to the article, too.
    let in_summary = |link: usize| {
        std::iter::once(link).chain(outline.ancestors(link)).take(3).any(|at| {
            spots.contains(&at)
                && outline
                    .spots
                    .get(at)
                    .is_some_and(|spot| promise(spot.element) == Some(Promise::Summary))
                && !is_heading(outline.name(at))
        })
    };
    let mut best: Option<(f64, String)> = None;
    let (summaries, others): (Vec<usize>, Vec<usize>) =
        links.iter().partition(|link| in_summary(**link));
    for link in others.into_iter().chain(summaries) {
        let text = whole(outline, link, inside_link(outline, link));
        if is_headline(&text) {
            return Some(text);
        }
        let score = words(&text);
        if is_plausible(&text) && best.as_ref().is_none_or(|(most, _)| score > *most) {
            best = Some((score, text));
        }
    }
    // A link that says only "more" or shows a picture: the headline stands beside it.
    for at in headings().chain(promised()) {
        let text = clean(outline, at, links);
        if is_plausible(&text) {
            return Some(text);
        }
    }
    for link in links {
        for name in ["title", "aria-label"] {
            if let Some(text) = outline.attribute(*link, name)
                && is_headline(text)
            {
                return Some(crate::read::tree::squeezed(text, super::outline::TEXT_BYTES));
            }
        }
    }
    let alt = spots.iter().find_map(|at| {
        let alt = (outline.name(*at) == "img").then(|| outline.attribute(*at, "alt"))??;
        is_headline(alt).then(|| crate::read::tree::squeezed(alt, super::outline::TEXT_BYTES))
    });
    alt.or_else(|| best.map(|(_, text)| text))
}

/// Whether a text may be a headline, however short.
fn is_plausible(text: &str) -> bool {
    words(text) >= 1.5 && !leads_on(text)
}

/// The text of a headline's element, without what stands beside the headline in it.
fn clean(outline: &Outline<'_>, at: usize, links: &[usize]) -> String {
    // A link in the heading is narrower than the heading: a counter or a section may stand before it.
    let link =
        links.iter().copied().find(|link| outline.inside(at).skip(1).any(|inner| inner == *link));
    if let Some(link) = link {
        let text = whole(outline, link, inside_link(outline, link));
        if is_plausible(&text) {
            return text;
        }
    }
    let text = outline.text_without(at, &is_beside);
    let text = if text.is_empty() { outline.text(at) } else { text };
    let link = links.iter().copied().find(|link| outline.inside(*link).contains(&at));
    whole(outline, link.unwrap_or(at), without_counter(&text))
}

/// The headline in a link that may hold a whole card: headline, summary, date.
fn inside_link(outline: &Outline<'_>, link: usize) -> String {
    let blocks: Vec<usize> = outline
        .inside(link)
        .skip(1)
        .filter(|at| {
            let name = outline.name(*at);
            (is_block(name) || matches!(name, "span" | "strong" | "b" | "em"))
                && outline.is_leaf(*at)
                && outline.spots.get(*at).is_some_and(|spot| !is_beside(spot.element))
        })
        .collect();
    let own = outline.own_text(link);
    if words(&own) < 1.5 && blocks.len() > 1 {
        let strong = blocks.iter().find(|at| {
            let name = outline.name(**at);
            matches!(name, "strong" | "b" | "dt") || is_heading(name)
        });
        let text = strong.map(|at| outline.text_without(*at, &is_beside));
        if let Some(text) = text.filter(|text| is_plausible(text)) {
            return without_counter(&text);
        }
        let parts: Vec<String> =
            blocks.iter().map(|at| outline.text_without(*at, &is_beside)).collect();
        let is_dated = |text: &str| {
            text.chars().count() < 40
                && text.bytes().any(|byte| byte.is_ascii_digit())
                && words(text) < 4.0
        };
        let all_inline = blocks.iter().all(|at| !is_block(outline.name(*at)));
        if let Some(first) = parts.iter().find(|text| is_headline(text) && !is_dated(text))
            && (!all_inline
                || parts.iter().filter(|text| is_headline(text)).count() > 1
                || parts.iter().any(|t| is_dated(t)))
        {
            return without_counter(first);
        }
    }
    let text = outline.text_without(link, &is_beside);
    let text = if words(&text) < 1.5 { outline.text(link) } else { text };
    without_counter(&text)
}

/// The headline in full, where what is shown is cut and an attribute has all of it.
fn whole(outline: &Outline<'_>, at: usize, text: String) -> String {
    let cut = text.trim_end_matches(['…', '.', '·']).trim_end();
    if cut.len() == text.len()
        || !(text.ends_with('…') || text.ends_with("...") || text.ends_with(".."))
    {
        return text;
    }
    for name in ["title", "aria-label", "data-title"] {
        if let Some(full) = outline.attribute(at, name) {
            let full = crate::read::tree::squeezed(full, super::outline::TEXT_BYTES);
            if full.starts_with(cut) && full.len() > cut.len() {
                return full;
            }
        }
    }
    text
}

/// Without the number of comments in brackets at the end.
fn without_counter(text: &str) -> String {
    let text = text.trim();
    let rest = text
        .strip_suffix(']')
        .and_then(|rest| rest.rsplit_once('['))
        .filter(|(_, number)| {
            (1..=5).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
        })
        .map(|(rest, _)| rest.trim_end());
    rest.filter(|rest| !rest.is_empty()).unwrap_or(text).to_owned()
}

fn date(
    outline: &Outline<'_>,
    parts: &[usize],
    title: Option<&str>,
    frame: Frame,
) -> Option<Dated> {
    let spots: Vec<usize> = spots(outline, parts).collect();
    let stated = |at: usize| {
        const NAMES: [&str; 8] = [
            "datetime",
            "data-datetime",
            "data-date",
            "data-time",
            "data-timestamp",
            "data-published",
            "data-pubdate",
            "data-publish-date",
        ];
        let by_name = NAMES.iter().find_map(|name| outline.attribute(at, name));
        let by_property = || {
            outline
                .attribute(at, "itemprop")
                .filter(|property| property.starts_with("date"))
                .and_then(|_| outline.attribute(at, "content"))
        };
        dates::of_attribute(by_name.or_else(by_property)?, frame)
    };
    if let Some(date) = spots.iter().find_map(|at| stated(*at)) {
        return Some(date);
    }
    let in_text = |at: &usize| {
        let text = outline.text(*at);
        if Some(text.as_str()) == title { None } else { dates::find(&text, frame) }
    };
    let is_promised = |at: &&usize| {
        outline.spots.get(**at).is_some_and(|spot| promise(spot.element) == Some(Promise::Date))
    };
    if let Some(date) = spots.iter().filter(is_promised).find_map(in_text) {
        return Some(date);
    }
    // Any short text that is not the headline.
    spots.iter().find_map(|at| {
        let text = outline.own_text(*at);
        let is_short = (3..=60).contains(&text.chars().count());
        let is_title =
            title.is_some_and(|title| title.contains(text.as_str()) || text.contains(title));
        if !is_short || is_title || !has_date_mark(&text) {
            None
        } else {
            dates::find(&text, frame)
        }
    })
}

/// Whether a text has something of a date: a number, or a word for a day.
fn has_date_mark(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
        || [
            "어제",
            "오늘",
            "방금",
            "昨日",
            "今日",
            "yesterday",
            "Yesterday",
            "just now",
            "Just now",
            "ago",
        ]
        .iter()
        .any(|word| text.contains(word))
}

fn summary(outline: &Outline<'_>, parts: &[usize], title: Option<&str>) -> Option<String> {
    let spots: Vec<usize> = spots(outline, parts).collect();
    let fits = |at: usize| {
        let text = outline.text_without(at, &|inner| {
            is_heading(inner.value().name())
                || matches!(promise(inner), Some(Promise::Date | Promise::Title | Promise::Trifle))
        });
        let text = without_more(&text);
        let is_new = title.is_none_or(|title| {
            let is_title_with_a_word = text.starts_with(title) && text.len() < title.len() + 20;
            !title.contains(text.as_str()) && !is_title_with_a_word
        });
        (is_new && words(&text) >= 5.0 && text.chars().count() >= 15).then_some(text)
    };
    let holds_title = |at: usize| {
        title.is_some_and(|title| {
            outline.inside(at).take(50).any(|inner| outline.text(inner) == title)
        })
    };
    let promised = spots.iter().copied().find_map(|at| {
        let spot = outline.spots.get(at)?;
        let is_promised = promise(spot.element) == Some(Promise::Summary);
        (is_promised && !holds_title(at)).then(|| fits(at)).flatten()
    });
    promised.or_else(|| {
        spots
            .iter()
            .copied()
            .filter(|at| {
                matches!(outline.name(*at), "p" | "dd" | "div" | "span" | "blockquote" | "td")
                    && !holds_title(*at)
                    && outline.spots.get(*at).is_some_and(|spot| {
                        !matches!(
                            promise(spot.element),
                            Some(Promise::Title | Promise::Date | Promise::Trifle)
                        )
                    })
                    && (outline.is_leaf(*at) || outline.name(*at) == "p")
            })
            .filter_map(fits)
            .filter(|text| words(text) >= 8.0)
            .max_by_key(String::len)
    })
}

/// Without the words that lead on at the end.
fn without_more(text: &str) -> String {
    const ENDS: [&str; 8] = [
        "read more",
        "continue reading",
        "more",
        "더보기",
        "자세히 보기",
        "続きを読む",
        "もっと見る",
        "[…]",
    ];
    let mut text = text.trim();
    for end in ENDS {
        let at = text.len().saturating_sub(end.len());
        if text.is_char_boundary(at) && text[at..].to_lowercase() == end {
            let before = &text[..at];
            if before.ends_with(['…', '.', ' ', '»', '>', '。']) {
                text = before.trim_end();
            }
        }
    }
    text.to_owned()
}

/// The picture that an element shows.
fn picture(outline: &Outline<'_>, at: usize) -> Option<WebUrl> {
    let name = outline.name(at);
    if !matches!(name, "img" | "source" | "amp-img") {
        let style = outline.attribute(at, "style").filter(|style| style.contains("background"))?;
        let address = style.split_once("url(")?.1.split(')').next()?;
        return outline.link(address.trim_matches(['\'', '"', ' '])).filter(is_picture);
    }
    let size = |name| {
        outline
            .attribute(at, name)
            .and_then(|text| text.trim_end_matches("px").trim().parse::<u32>().ok())
    };
    if [size("width"), size("height")].into_iter().flatten().any(|length| length < 40) {
        return None;
    }
    let words = outline.spots.get(at).map(|spot| class_words(spot.element)).unwrap_or_default();
    if words
        .iter()
        .any(|word| matches!(word.as_str(), "icon" | "ico" | "logo" | "avatar" | "emoji"))
    {
        return None;
    }
    const NAMES: [&str; 7] = [
        "data-src",
        "data-original",
        "data-lazy-src",
        "data-lazy",
        "data-image",
        "data-url",
        "src",
    ];
    let sources = NAMES.iter().filter_map(|name| outline.attribute(at, name));
    let sets = ["data-srcset", "srcset"]
        .iter()
        .filter_map(|name| outline.attribute(at, name))
        .filter_map(|set| set.split(',').next_back()?.split_whitespace().next());
    sources.chain(sets).filter_map(|address| outline.link(address)).find(is_picture)
}

fn is_picture(url: &WebUrl) -> bool {
    const NONE: [&str; 11] = [
        "blank.",
        "spacer",
        "pixel",
        "placeholder",
        "loading",
        "transparent",
        "noimage",
        "no_image",
        "no-image",
        "1x1",
        "/icon",
    ];
    let path = url.as_str().to_ascii_lowercase();
    !path.ends_with(".svg") && !NONE.iter().any(|none| path.contains(none))
}
