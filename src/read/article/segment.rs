//! A page → blocks of text: what stands between two breaks of line, with what is known of its place. What its markup says is no text of the
//! article (navigation, share bars, comments, advertising) is passed over.

use super::super::sanitise::decode_entities;
use super::dom::{Line, NodeId, Page, is_phrase, is_silent};
use super::words;

/// How many blocks of an element are looked at, and how much of each, in bytes: each is compared with every rule.
const BLOCKS: usize = 3_000;
const BLOCK_BYTES: usize = 64 * 1024;

/// A piece of text.
#[derive(Debug, Clone)]
pub(super) struct Block {
    /// The element whose text it is.
    pub(super) element: NodeId,
    /// The first node of it.
    pub(super) first: NodeId,
    /// One line.
    pub(super) text: String,
    /// How many bytes of it are links.
    pub(super) linked: usize,
    /// The last link in it.
    pub(super) link: Option<NodeId>,
    pub(super) kind: BlockKind,
}

impl Block {
    /// Whether more than so many hundredths of it are links.
    pub(super) fn is_linked(&self, hundredths: usize) -> bool {
        self.linked * 100 > self.text.len() * hundredths
    }
}

/// What markup says of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockKind {
    Paragraph,
    Heading,
    Item,
    Cell,
    /// In a `figure`, or called a caption.
    Caption,
}

/// The lengths of texts, summed up in document order, so that those of an element are a difference; and which elements are no article.
#[derive(Debug)]
pub(super) struct Measure {
    chars: Vec<u32>,
    prose: Vec<u32>,
    foreign: Vec<bool>,
}

impl Measure {
    /// Measures a page.
    pub(super) fn new(page: &Page<'_>) -> Measure {
        let root = page.root();
        let len = page.end(root).0 as usize;
        let chars = sums(page, len, |_| false, |text| words::weight(text.trim()));
        let plain = sums(page, len, |id| matches!(page.name(id), Some("nav" | "footer")), prose);
        let whole = difference(&plain, page, root);
        // A name is a guess: what holds the better part of all prose is the article, whatever it is called.
        let foreign: Vec<bool> = std::iter::once(false)
            .chain(page.inside(root).map(|id| {
                let share = match foreign(page, id) {
                    Foreign::No => return false,
                    Foreign::Surely => return true,
                    Foreign::Probably => 9,
                    Foreign::Perhaps => 5,
                };
                difference(&plain, page, id) * 10 <= whole * share
            }))
            .collect();
        let is_foreign = |id: NodeId| foreign.get(id.0 as usize).copied().unwrap_or(false);
        let prose = sums(page, len, is_foreign, prose);
        Measure { chars, prose, foreign }
    }

    /// How much text is in an element.
    pub(super) fn chars(&self, page: &Page<'_>, id: NodeId) -> usize {
        difference(&self.chars, page, id)
    }

    /// How much of it reads like prose outside links.
    pub(super) fn prose(&self, page: &Page<'_>, id: NodeId) -> usize {
        difference(&self.prose, page, id)
    }

    /// Whether markup says of an element that it is no part of an article, and nothing speaks against that.
    pub(super) fn is_foreign(&self, id: NodeId) -> bool {
        self.foreign.get(id.0 as usize).copied().unwrap_or(false)
    }
}

fn difference(sums: &[u32], page: &Page<'_>, id: NodeId) -> usize {
    let at = |id: NodeId| sums.get(id.0 as usize).copied().unwrap_or_default() as usize;
    at(page.end(id)).saturating_sub(at(id))
}

/// The sums of what texts are worth, for each node that of all before it.
fn sums(
    page: &Page<'_>,
    len: usize,
    unwanted: impl Fn(NodeId) -> bool,
    worth: impl Fn(&str) -> usize,
) -> Vec<u32> {
    let mut sums = Vec::with_capacity(len + 1);
    let mut sum = 0_u32;
    let mut skip_to = NodeId(0);
    let mut link_to = NodeId(0);
    for index in 0..len {
        let id = NodeId(u32::try_from(index).unwrap_or(u32::MAX));
        sums.push(sum);
        if id < skip_to {
            continue;
        }
        match page.name(id) {
            Some(name) => {
                if id.0 > 0 && (is_silent(name) || page.is_hidden(id) || unwanted(id)) {
                    skip_to = page.end(id);
                } else if name == "a" {
                    link_to = page.end(id);
                }
            }
            None if id < link_to => {}
            None => {
                let text = page.raw(id);
                sum = sum.saturating_add(u32::try_from(worth(text)).unwrap_or(u32::MAX));
            }
        }
    }
    sums.push(sum);
    sums
}

/// How much prose a text is: labels and buttons are none.
fn prose(text: &str) -> usize {
    let text = text.trim();
    let weight = words::weight(text);
    let has_sentence = text.contains(['.', '。', ',', '、', '?', '!', '」', '”']);
    if weight >= 60 || (weight >= 25 && has_sentence) { weight } else { 0 }
}

/// How sure markup is that an element is no part of an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Foreign {
    No,
    Perhaps,
    Probably,
    Surely,
}

/// What markup says of an element: by its name, its role, or what its author called it.
fn foreign(page: &Page<'_>, id: NodeId) -> Foreign {
    let Some(name) = page.name(id) else { return Foreign::No };
    match name {
        "nav" | "footer" | "button" | "amp-sidebar" | "dialog" => return Foreign::Surely,
        "aside" | "form" | "fieldset" => return Foreign::Perhaps,
        "html" | "body" | "main" | "article" | "img" | "h1" => return Foreign::No,
        _ => {}
    }
    if let Some(role) = page.written(id, "role")
        && ROLES.iter().any(|known| role.eq_ignore_ascii_case(known))
    {
        return Foreign::Perhaps;
    }
    if called(page, id, &STRANGER_STEMS, &["comments", "cmt", "reply"]) {
        return Foreign::Probably;
    }
    if called(page, id, &FOREIGN_STEMS, &FOREIGN_WORDS) { Foreign::Perhaps } else { Foreign::No }
}

const ROLES: [&str; 9] = [
    "navigation",
    "complementary",
    "contentinfo",
    "banner",
    "search",
    "dialog",
    "alertdialog",
    "menu",
    "toolbar",
];

/// What elements are called whose text may be longer than the article's.
const STRANGER_STEMS: [&str; 12] = [
    "commentlist",
    "comment-list",
    "comment_list",
    "commentbox",
    "comment-box",
    "comment_box",
    "disqus",
    "cookie",
    "consent",
    "gdpr",
    "onetrust",
    "cmpbox",
];

/// What elements that are no part of an article are called: the name holds one of these.
const FOREIGN_STEMS: [&str; 96] = [
    "navi",
    "breadcrumb",
    "share",
    "sharing",
    "social",
    "snsbox",
    "sns-",
    "sns_",
    "snsarea",
    "comment-",
    "comment_",
    "comments",
    "commentlist",
    "commentbox",
    "disqus",
    "reply",
    "login",
    "signin",
    "sign-in",
    "newsletter",
    "subscribe",
    "subscription",
    "promo",
    "sponsor",
    "advert",
    "adsby",
    "banner",
    "related",
    "relation",
    "relate-",
    "relate_",
    "recommend",
    "outbrain",
    "taboola",
    "dable",
    "mostread",
    "most-read",
    "most_read",
    "popular",
    "ranking",
    "trending",
    "toolbar",
    "tool-bar",
    "tool_bar",
    "utility",
    "fontsize",
    "font-size",
    "font_size",
    "fontctrl",
    "print-",
    "btn-print",
    "btn_print",
    "printbtn",
    "dictionary",
    "dict-",
    "copyright",
    "footer",
    "footnav",
    "sidebar",
    "side-bar",
    "side_bar",
    "widget",
    "cookie",
    "consent",
    "gdpr",
    "modal",
    "popup",
    "pop-up",
    "layerpop",
    "overlay",
    "paywall",
    "piano",
    "byline",
    "by-line",
    "reporter",
    "journalist",
    "writer-info",
    "author-",
    "author_",
    "authorbox",
    "pagination",
    "pager",
    "taglist",
    "tag-list",
    "tag_list",
    "tags-",
    "hashtag",
    "keyword",
    "feedback",
    "donat",
    "skip-",
    "skipnav",
    "gnb",
    "lnb",
    "sitemap",
    "appdown",
];

/// The same, where the name or a part of it between hyphens is exactly one of these.
const FOREIGN_WORDS: [&str; 42] = [
    "ad",
    "ads",
    "adv",
    "adbox",
    "adsense",
    "nav",
    "menu",
    "sns",
    "comment",
    "tag",
    "tags",
    "tool",
    "tools",
    "util",
    "utils",
    "search",
    "meta",
    "byline",
    "date",
    "dateline-info",
    "rank",
    "hot",
    "best",
    "aside",
    "side",
    "cmt",
    "vote",
    "poll",
    "quiz",
    "like",
    "recomm",
    "rel",
    "crumb",
    "crumbs",
    "location",
    "path",
    "topic-path",
    "topicpath",
    "profile",
    "more",
    "toc",
    "infobox",
];

/// What publishers call the text under a picture, in classes and ids.
pub(super) const CAPTION_NAMES: [&str; 20] = [
    "caption",
    "photo-desc",
    "photo_desc",
    "photodesc",
    "img-desc",
    "img_desc",
    "imgdesc",
    "image-desc",
    "image_desc",
    "photo-info",
    "photo_info",
    "photo-txt",
    "photo_txt",
    "img_txt",
    "img-txt",
    "pic_desc",
    "figcap",
    "photo-text",
    "image-text",
    "desc_photo",
];

/// Whether the author of a page called an element by one of these: in its `class` or `id`, whole words between signs or capitals.
pub(super) fn called(page: &Page<'_>, id: NodeId, stems: &[&str], exact: &[&str]) -> bool {
    ["class", "id"].iter().any(|attribute| {
        page.written(id, attribute).is_some_and(|value| {
            value.split_ascii_whitespace().take(12).any(|name| is_called(name, stems, exact))
        })
    })
}

fn is_called(name: &str, stems: &[&str], exact: &[&str]) -> bool {
    if name.len() > 80 {
        return false;
    }
    let lower = name.to_ascii_lowercase();
    if stems.iter().any(|stem| lower.contains(stem)) {
        return true;
    }
    parts(name).any(|part| exact.iter().any(|word| part.eq_ignore_ascii_case(word)))
}

/// The words of a name: `articleShareBar`, `article_share-bar`.
fn parts(name: &str) -> impl Iterator<Item = &str> {
    name.split(['-', '_', ':', '.']).flat_map(|part| {
        let mut starts: Vec<usize> = part
            .char_indices()
            .zip(part.chars().skip(1))
            .filter(|((_, before), after)| {
                before.is_ascii_lowercase() && after.is_ascii_uppercase()
            })
            .map(|((at, _), _)| at + 1)
            .collect();
        starts.insert(0, 0);
        starts.push(part.len());
        starts.windows(2).filter_map(|pair| part.get(pair[0]..pair[1])).collect::<Vec<_>>()
    })
}

/// The blocks of an element in document order, what `unwanted` names passed over with all that is inside it.
pub(super) fn blocks(
    page: &Page<'_>,
    within: NodeId,
    unwanted: impl Fn(NodeId) -> bool,
) -> Vec<Block> {
    let mut writer =
        Writer { page, blocks: Vec::new(), line: Line::default(), open: None, breaks: 0 };
    let mut at = NodeId(within.0 + 1);
    let end = page.end(within);
    let mut link = (NodeId(0), NodeId(0));
    while at < end {
        let id = at;
        at = NodeId(at.0 + 1);
        match page.name(id) {
            None => {
                let text = decode_entities(page.raw(id));
                writer.text(id, &text, (id < link.1).then_some(link.0));
            }
            Some("br") => writer.line_break(),
            Some(name) => {
                if is_silent(name) || page.is_hidden(id) || unwanted(id) {
                    if !matches!(name, "rt" | "rp") {
                        if !is_phrase(name) {
                            writer.flush();
                        } else {
                            writer.line.gap();
                        }
                    }
                    at = page.end(id);
                    continue;
                }
                if name == "a" {
                    link = (id, page.end(id));
                } else if matches!(name, "td" | "th") {
                    writer.line.gap();
                } else if !is_phrase(name) {
                    writer.flush();
                }
            }
        }
    }
    writer.flush();
    writer.blocks
}

struct Writer<'p, 'a> {
    page: &'p Page<'a>,
    blocks: Vec<Block>,
    line: Line,
    open: Option<Block>,
    /// How many line breaks stand behind what is written.
    breaks: usize,
}

impl Writer<'_, '_> {
    fn text(&mut self, id: NodeId, text: &str, link: Option<NodeId>) {
        if text.trim().is_empty() {
            self.line.push(text);
            return;
        }
        let element = self.line_of(id);
        if self.open.as_ref().is_some_and(|open| open.element != element) {
            self.flush();
        }
        if self.breaks > 0 {
            // One break ends a paragraph where a sentence ends; two always do.
            // So does a line that is too short to be broken: a label.
            if self.breaks > 1
                || words::ends_sentence(&self.line.text)
                || starts_item(text)
                || words::weight(&self.line.text) < 45
            {
                self.flush();
            } else if !words::is_cjk(&self.line.text)
                || self.line.text.ends_with(|end: char| end.is_ascii())
                || is_korean(&self.line.text)
            {
                self.line.gap();
            }
            self.breaks = 0;
        }
        let before = self.line.text.len();
        self.line.push(text);
        let added = self.line.text.len() - before;
        let kind = self.kind(element);
        let open = self.open.get_or_insert_with(|| Block {
            element,
            first: id,
            text: String::new(),
            linked: 0,
            link: None,
            kind,
        });
        if link.is_some() {
            open.linked += added;
            open.link = link;
        }
    }

    /// The element whose line a text stands in: a row of a table is one line.
    fn line_of(&self, id: NodeId) -> NodeId {
        let block = self.page.block_of(id);
        match self.page.name(block) {
            Some("td" | "th") => {
                self.page.parent(block).filter(|row| self.is_plain_row(*row)).unwrap_or(block)
            }
            _ => block,
        }
    }

    /// Whether the cells of a row hold words and numbers, not paragraphs.
    fn is_plain_row(&self, row: NodeId) -> bool {
        self.page.is(row, "tr")
            && self
                .page
                .children(row)
                .filter(|cell| self.page.name(*cell).is_some())
                .take(2)
                .count()
                > 1
            && self.page.end(row).0 - row.0 < 80
    }

    fn kind(&self, element: NodeId) -> BlockKind {
        let page = self.page;
        for id in std::iter::once(element).chain(page.ancestors(element)).take(6) {
            match page.name(id) {
                Some("figure" | "figcaption" | "caption") => return BlockKind::Caption,
                Some("h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "legend") => {
                    return BlockKind::Heading;
                }
                Some("li" | "dt" | "dd") => return BlockKind::Item,
                Some("td" | "th" | "tr") => return BlockKind::Cell,
                Some("body" | "article" | "main") => break,
                _ => {}
            }
        }
        BlockKind::Paragraph
    }

    fn line_break(&mut self) {
        if self.open.is_some() {
            self.breaks += 1;
        }
    }

    fn flush(&mut self) {
        self.breaks = 0;
        let line = std::mem::take(&mut self.line);
        if let Some(mut block) = self.open.take() {
            block.text = line.text;
            block.text.truncate(block.text.floor_char_boundary(BLOCK_BYTES));
            if self.blocks.len() < BLOCKS && block.text.chars().any(char::is_alphanumeric) {
                self.blocks.push(block);
            }
        }
    }
}

/// Whether a line begins as items of plain-text lists do.
fn starts_item(text: &str) -> bool {
    text.trim_start().starts_with([
        '▲', '△', '▶', '▷', '■', '□', '◆', '◇', '●', '○', '※', '☞', '·', '•', '-', '[',
    ])
}

fn is_korean(text: &str) -> bool {
    text.chars().any(|character| ('\u{ac00}'..='\u{d7a3}').contains(&character))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(html: &str, want: &[&str]) {
        let page = Page::new(html);
        let measure = Measure::new(&page);
        let found = blocks(&page, page.root(), |id| measure.is_foreign(id));
        let found: Vec<&str> = found.iter().map(|block| block.text.as_str()).collect();
        assert_eq!(found, want, "{html}");
    }

    #[test]
    fn lines_become_blocks() {
        check(
            "<p>One <b>two</b></p>three and so on for as long as a line may be before it breaks<br>four<br><br>five",
            &[
                "One two",
                "three and so on for as long as a line may be before it breaks four",
                "five",
            ],
        );
        check(
            "정부는 밝혔다.<br>일본은 이에 대해 아무런 말도 하지 않다가<br>답했다.",
            &["정부는 밝혔다.", "일본은 이에 대해 아무런 말도 하지 않다가 답했다."],
        );
        check(
            "首相は三十日の夜に官邸で記者団に対して<br>述べた。<br>次の段落。",
            &["首相は三十日の夜に官邸で記者団に対して述べた。", "次の段落。"],
        );
        check("<table><tr><td>a<td>1<tr><td>b<td>2</table>", &["a 1", "b 2"]);
        check("<div>a<p>b</p>c</div>", &["a", "b", "c"]);
    }

    #[test]
    fn names_tell_what_is_foreign() {
        check(
            "<div class=articleShareBar>x</div><div class='sns_area'>x</div><p class=adult>a</p><ul id=ad-top>x</ul><nav>x</nav><div class=navy-story>b</div>",
            &["a", "b"],
        );
        check(
            "<p class='lead'>a</p><div class='commentary'>b</div><div class='comment_list'>x</div>",
            &["a", "b"],
        );
    }
}
