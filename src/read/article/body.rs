//! The element that holds an article, and the text of it: what is prose stays; lists of other articles, captions, bylines, copyright lines and
//! the other furniture of pages go.

use std::collections::HashSet;

use super::address;
use super::boilerplate::{self, Line};
use super::dom::{NodeId, Page};
use super::segment::{Block, BlockKind, CAPTION_NAMES, Measure, blocks, called};
use super::words;
use crate::model::article::ArticleText;

/// What is made of the body of a page.
#[derive(Debug, Clone, Default)]
pub(super) struct Body {
    /// The element that holds the article.
    pub(super) container: Option<NodeId>,
    /// The paragraphs of the text.
    pub(super) paragraphs: Vec<String>,
    /// What was taken for no part of the text, in document order: other rules read there.
    pub(super) left_out: Vec<LeftOut>,
}

/// A block that is no part of the text.
#[derive(Debug, Clone)]
pub(super) struct LeftOut {
    pub(super) block: Block,
    pub(super) why: Why,
}

/// Why a block is no part of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    Caption,
    Byline,
    Related,
    Furniture,
}

/// What elements that hold an article are called, by the templates of many outlets.
const HOLDERS: [&str; 56] = [
    "articlebody",
    "article-body",
    "article_body",
    "article__body",
    "articlecontent",
    "article-content",
    "article_content",
    "article__content",
    "articletext",
    "article-text",
    "article_txt",
    "articletxt",
    "article_view",
    "article-view",
    "articleview",
    "articlearea",
    "article_area",
    "article_cont",
    "article-main",
    "article_main",
    "storybody",
    "story-body",
    "story_body",
    "story-content",
    "storycontent",
    "story-text",
    "storytext",
    "story_text",
    "entry-content",
    "entry_content",
    "entry-body",
    "entrybody",
    "post-content",
    "post_content",
    "post-body",
    "postbody",
    "post_text",
    "content-body",
    "contentbody",
    "content__body",
    "content-text",
    "news_body",
    "newsbody",
    "news-body",
    "news_view",
    "newsview",
    "news_cnt",
    "news_text",
    "newstext",
    "newsct",
    "news-content",
    "news_content",
    "body-text",
    "body_text",
    "main-text",
    "maintext",
];

/// The same, as whole words of a name.
const HOLDER_WORDS: [&str; 6] = ["honbun", "kiji", "richtext", "prose", "bodycopy", "wysiwyg"];

/// The element that holds the article; `None` if there is no prose on the page.
pub(super) fn container(page: &Page<'_>, measure: &Measure) -> Option<NodeId> {
    let root = page.elements("body").next().unwrap_or(page.root());
    let all = measure.prose(page, root);
    if all == 0 {
        return None;
    }
    let mut hints: Vec<(NodeId, usize, bool)> = page
        .inside(root)
        .filter(|id| {
            page.name(*id)
                .is_some_and(|name| !name.is_empty() || page.written(*id, "itemprop").is_some())
        })
        .filter_map(|id| {
            let is_stated = page.has_word(id, "itemprop", "articleBody")
                || page.has_word(id, "itemprop", "reviewBody");
            let is_hint = is_stated || called(page, id, &HOLDERS, &HOLDER_WORDS);
            is_hint.then(|| (id, measure.prose(page, id), is_stated))
        })
        .filter(|(_, prose, _)| *prose > 0)
        .collect();
    // Outer ones that hold no more than an inner one say less.
    let most = hints.iter().map(|(_, prose, _)| *prose).max().unwrap_or(0);
    hints.retain(|(_, prose, _)| prose * 10 >= most * 2);
    hints.truncate(200);
    let outermost: Vec<NodeId> = hints
        .iter()
        .map(|(id, _, _)| *id)
        .filter(|id| !hints.iter().any(|(other, _, _)| other != id && page.holds(*other, *id)))
        .take(50)
        .collect();
    let is_stated = hints.iter().any(|(_, prose, stated)| *stated && prose * 10 >= most * 8);
    let share = if is_stated { 1 } else { 3 };
    let start = match outermost.as_slice() {
        _ if most * 10 < all * share => root,
        [one] => *one,
        // Several parts of one article, as in a live report.
        [first, .., last] => common(page, *first, *last),
        [] => root,
    };
    Some(densest(page, measure, start))
}

/// The smallest element that holds both.
fn common(page: &Page<'_>, first: NodeId, last: NodeId) -> NodeId {
    page.ancestors(first).find(|above| page.holds(*above, last)).unwrap_or(page.root())
}

/// The smallest element inside that still holds nearly all of its prose.
fn densest(page: &Page<'_>, measure: &Measure, start: NodeId) -> NodeId {
    let all = measure.prose(page, start);
    let mut here = start;
    loop {
        let next = page.children(here).find(|child| {
            page.name(*child).is_some_and(|name| {
                !matches!(
                    name,
                    "p" | "h1"
                        | "h2"
                        | "h3"
                        | "ul"
                        | "ol"
                        | "table"
                        | "tr"
                        | "tbody"
                        | "blockquote"
                        | "li"
                        | "span"
                        | "b"
                        | "strong"
                        | "font"
                )
            }) && measure.prose(page, *child) * 100 >= all * 88
        });
        match next {
            Some(next) => here = next,
            None => return here,
        }
    }
}

/// Takes the text out of the element that holds the article. `title` is what the page calls it, `captions` what is known to stand under its pictures.
pub(super) fn read(
    page: &Page<'_>,
    measure: &Measure,
    container: NodeId,
    title: &str,
    captions: &[String],
) -> Body {
    let blocks = blocks(page, container, |id| measure.is_foreign(id) || is_furniture(page, id));
    let mut body = Body { container: Some(container), ..Body::default() };
    let title = words::letters(title);
    let captions: HashSet<String> =
        captions.iter().map(|caption| words::letters(caption)).collect();
    let sorted: Vec<Option<Why>> = sort(page, &blocks, &title, &captions);
    let mut seen: HashSet<String> = HashSet::new();
    let mut left = ArticleText::BYTES;
    for (block, why) in blocks.into_iter().zip(sorted) {
        match why {
            None if left == 0 => {}
            None => {
                left = left.saturating_sub(block.text.len());
                let text = address::without(&block.text);
                let text = boilerplate::without_ends(&text);
                // A paragraph that stands there twice is a pull quote or a mistake of the template.
                if !text.is_empty() && (text.len() < 60 || seen.insert(words::letters(&text))) {
                    body.paragraphs.push(text);
                }
            }
            Some(why) => body.left_out.push(LeftOut { block, why }),
        }
    }
    body
}

/// What the line between headline and text is called, which most pages repeat as their description.
const STANDFIRSTS: [&str; 9] = [
    "standfirst",
    "subtitle",
    "sub-title",
    "sub_title",
    "subheadline",
    "sub-headline",
    "subhead-line",
    "excerpt",
    "strapline",
];

/// Elements inside an article that are never its text.
fn is_furniture(page: &Page<'_>, id: NodeId) -> bool {
    match page.name(id) {
        Some("video" | "audio" | "amp-video" | "input" | "label") => true,
        Some("p" | "h2" | "h3" | "div") => called(page, id, &STANDFIRSTS, &["dek", "deck"]),
        Some("blockquote") => {
            called(page, id, &["twitter-tweet", "instagram-media", "tiktok-embed", "fb-post"], &[])
        }
        _ => false,
    }
}

/// For each block why it is no part of the text; `None` if it is one.
fn sort(
    page: &Page<'_>,
    blocks: &[Block],
    title: &str,
    captions: &HashSet<String>,
) -> Vec<Option<Why>> {
    let mut out: Vec<Option<Why>> = Vec::with_capacity(blocks.len());
    let mut seen_prose = false;
    // The part of the page that a heading began, which is no part of the text.
    let mut part: Option<Why> = None;
    let last_prose = blocks.iter().rposition(is_prose).unwrap_or(0);
    for (index, block) in blocks.iter().enumerate() {
        let text = block.text.as_str();
        let is_heading = block.kind == BlockKind::Heading || words::weight(text) < 45;
        if is_heading && words::is_heading(text, &words::RELATED) {
            part = Some(Why::Related);
            out.push(part);
            continue;
        }
        if is_heading && words::is_heading(text, &words::OTHERS) && !block.is_linked(90) {
            part = Some(Why::Furniture);
            out.push(part);
            continue;
        }
        let bare = words::letters(text);
        let is_title =
            !title.is_empty() && bare == title && (block.kind == BlockKind::Heading || index < 6);
        let why = if is_title {
            Some(Why::Furniture)
        } else if block.kind == BlockKind::Caption
            || is_called_caption(page, block)
            || captions.contains(&bare)
        {
            Some(Why::Caption)
        } else {
            match boilerplate::line(text) {
                Line::Caption => Some(Why::Caption),
                Line::Byline => Some(Why::Byline),
                Line::Furniture => Some(Why::Furniture),
                Line::Related => Some(Why::Related),
                Line::Text => None,
            }
        };
        if why.is_some() {
            out.push(why);
            continue;
        }
        let is_prose = is_prose(block);
        if is_prose && !block.is_linked(60) {
            // Prose again: the list is over, unless it is a teaser in a list.
            if part == Some(Why::Related)
                || index <= last_prose && block.kind == BlockKind::Paragraph && part.is_some()
            {
                part = part.filter(|_| block.kind == BlockKind::Item || block.is_linked(30));
            }
        }
        if let Some(why) = part {
            out.push(Some(why));
            continue;
        }
        if block.is_linked(75) && (words::weight(text) < 200 || block.kind == BlockKind::Item) {
            // A paragraph that is nothing but a link to another article, or a list of such.
            let is_alone =
                !(block.kind == BlockKind::Item && seen_prose && !is_list_of_links(blocks, index));
            out.push(if is_alone { Some(Why::Related) } else { None });
            continue;
        }
        // Labels in front of the text and behind it.
        let is_label = !is_prose && !words::ends_sentence(text) && words::weight(text) < 40;
        // A heading stays where text follows it.
        let leads =
            block.kind == BlockKind::Heading && blocks.get(index + 1).is_some_and(self::is_prose);
        if is_label
            && !leads
            && (!seen_prose || index > last_prose)
            && block.kind != BlockKind::Item
            && block.kind != BlockKind::Cell
        {
            out.push(Some(Why::Furniture));
            continue;
        }
        seen_prose |= is_prose;
        out.push(None);
    }
    out
}

/// Whether the neighbours of an item are links too.
fn is_list_of_links(blocks: &[Block], index: usize) -> bool {
    let near = index.saturating_sub(1)..(index + 2).min(blocks.len());
    blocks.get(near).is_none_or(|near| {
        near.iter().filter(|block| block.kind == BlockKind::Item).all(|block| block.is_linked(75))
    })
}

/// Whether a block reads like a sentence or several.
fn is_prose(block: &Block) -> bool {
    let weight = words::weight(&block.text);
    (weight >= 80 || (weight >= 30 && words::ends_sentence(&block.text)))
        && !block.is_linked(60)
        && block.kind != BlockKind::Caption
        && boilerplate::line(&block.text) == Line::Text
}

/// Whether a block or what it stands in is called a caption.
fn is_called_caption(page: &Page<'_>, block: &Block) -> bool {
    // A credit alone is no text of the article either.
    const CREDITS: [&str; 4] = ["image-credit", "image_credit", "photo-credit", "photo_credit"];
    if words::weight(&block.text) > 700 {
        return false;
    }
    std::iter::once(block.element)
        .chain(page.ancestors(block.element))
        .take(3)
        .take_while(|id| {
            !page
                .name(*id)
                .is_some_and(|name| matches!(name, "body" | "article" | "main" | "section"))
        })
        .any(|id| {
            called(page, id, &CAPTION_NAMES, &["cap", "captxt"])
                || called(page, id, &CREDITS, &["credit"])
        })
}
