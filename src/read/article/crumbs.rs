//! The path of sections that a page shows: "Home > National > Diplomacy", as a list, as links, or as text.

use super::dom::{NodeId, Page};
use super::segment::{Block, called};
use super::words;

/// What elements that hold such a path are called.
const STEMS: [&str; 14] = [
    "breadcrumb",
    "bread-crumb",
    "bread_crumb",
    "topicpath",
    "topic-path",
    "topic_path",
    "pankuzu",
    "pan-kuzu",
    "crumbs",
    "navipath",
    "navi_path",
    "pagepath",
    "location-path",
    "loc_path",
];
const WORDS: [&str; 6] = ["crumb", "location", "path", "loc", "bc", "linemap"];

/// Signs between the sections of a path; a space around them sets them apart.
const ARROWS: [char; 14] =
    ['>', '＞', '›', '»', '〉', '→', '▶', '▷', '/', '／', '≫', '❯', '·', '|'];
const SURE_ARROWS: [char; 10] = ['>', '＞', '›', '»', '〉', '→', '▶', '▷', '≫', '❯'];

/// The paths that the visible page has, the likeliest first. `blocks` are those of the whole page.
pub(super) fn paths(page: &Page<'_>, blocks: &[Block]) -> Vec<Vec<String>> {
    let mut paths: Vec<Vec<String>> = page
        .inside(page.root())
        .filter(|id| {
            page.name(*id).is_some_and(|name| {
                !matches!(name, "a" | "li" | "img" | "script" | "body" | "html")
            }) && is_path(page, *id)
        })
        .take(8)
        .filter_map(|id| items(page, id))
        .collect();
    // A line of text: it begins at home.
    paths.extend(blocks.iter().take(200).filter_map(|block| {
        let parts = taken_apart(&block.text, &ARROWS);
        let begins_at_home = parts.first().is_some_and(|first| is_home(first));
        (begins_at_home && (2..=7).contains(&parts.len()) && block.text.chars().count() < 120)
            .then_some(parts)
    }));
    paths
}

fn is_path(page: &Page<'_>, id: NodeId) -> bool {
    let label = page.written(id, "aria-label").unwrap_or_default();
    label.to_ascii_lowercase().contains("breadcrumb")
        || label.contains("パンくず")
        || label.contains("현재 위치")
        || page.written(id, "typeof").is_some_and(|kind| kind.contains("BreadcrumbList"))
        || called(page, id, &STEMS, &WORDS)
}

/// The parts of a path in an element: list items, else links and what stands behind them, else text between arrows.
fn items(page: &Page<'_>, id: NodeId) -> Option<Vec<String>> {
    let texts = |name: &'static str| -> Vec<String> {
        page.inside(id)
            .filter(|inner| page.is(*inner, name))
            .take(12)
            .map(|inner| page.text(inner))
            .map(|text| {
                text.trim_matches(|end: char| {
                    end.is_whitespace() || SURE_ARROWS.contains(&end) || matches!(end, '/' | '|')
                })
                .trim()
                .to_owned()
            })
            .filter(|text| !text.is_empty())
            .collect()
    };
    let whole = page.text(id);
    if whole.chars().count() > 400 {
        return None;
    }
    let from_items = texts("li");
    let parts = if from_items.len() > 1 {
        from_items
    } else {
        let by_arrows = taken_apart(&whole, &ARROWS);
        let links = texts("a");
        if by_arrows.len() > links.len().max(1) {
            by_arrows
        } else if links.is_empty() {
            texts("span")
        } else {
            links
        }
    };
    (!parts.is_empty() && parts.len() <= 8 && parts.iter().all(|part| part.chars().count() < 200))
        .then_some(parts)
}

fn taken_apart(text: &str, arrows: &[char]) -> Vec<String> {
    // A bar or a slash parts only where space stands around it: "Arts/Culture" is one section.
    let sure: Vec<char> = arrows
        .iter()
        .copied()
        .filter(|arrow| text.contains(*arrow) && SURE_ARROWS.contains(arrow))
        .collect();
    let parts: Vec<&str> = if sure.is_empty() {
        text.split(" / ")
            .flat_map(|part| part.split(" | "))
            .flat_map(|part| part.split(" · "))
            .flat_map(|part| part.split('／'))
            .collect()
    } else {
        text.split(&sure[..]).collect()
    };
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Whether that is what the home page is called.
fn is_home(part: &str) -> bool {
    words::HOMES.iter().any(|home| words::same(home, part))
}

/// The sections of a path, without the home page, the outlet's name and the article itself. Each part may hold a path itself.
pub(super) fn sections(parts: &[String], title: &str, outlets: &[String]) -> Vec<String> {
    let title = words::letters(title);
    let mut sections: Vec<String> = Vec::new();
    for part in parts.iter().flat_map(|part| taken_apart(part, &SURE_ARROWS)) {
        let bare = words::letters(&part);
        let is_title = !title.is_empty()
            && (bare == title
                || (bare.chars().count() >= 8
                    && (title.starts_with(&bare) || bare.starts_with(&title))));
        let is_outlet = outlets.iter().any(|outlet| {
            let outlet = words::letters(outlet);
            !outlet.is_empty() && (bare == outlet || is_home(&bare.replace(&outlet, "")))
        });
        if bare.is_empty()
            || is_title
            || is_outlet
            || is_home(&part)
            || is_page(&part)
            || part.chars().count() > 60
        {
            continue;
        }
        if !sections.iter().any(|known| words::same(known, &part)) && sections.len() < 6 {
            sections.push(part);
        }
    }
    sections
}

/// Whether a part names the kind of page and no section.
fn is_page(part: &str) -> bool {
    const PAGES: [&str; 16] = [
        "article",
        "story",
        "this article",
        "this page",
        "current page",
        "full article",
        "article view",
        "details",
        "기사",
        "기사보기",
        "기사본문",
        "기사 본문",
        "본문",
        "상세보기",
        "記事",
        "記事詳細",
    ];
    PAGES.iter().any(|page| words::same(page, part))
}

#[cfg(test)]
mod tests {
    use super::super::segment::blocks;
    use super::*;

    fn check(html: &str, want: &[&str]) {
        let page = Page::new(html);
        let blocks = blocks(&page, page.root(), |_| false);
        let found = paths(&page, &blocks)
            .into_iter()
            .map(|path| sections(&path, "Talks begin in Seoul", &["Example Times".to_owned()]))
            .find(|path| !path.is_empty())
            .unwrap_or_default();
        assert_eq!(found, want, "{html}");
    }

    #[test]
    fn paths_are_read_in_every_form() {
        check(
            "<ol class=breadcrumb><li><a href=/>Home</a><li><a href=/n>National</a><li>Diplomacy</ol>",
            &["National", "Diplomacy"],
        );
        check(
            "<nav aria-label=Breadcrumb><a>Home</a> › <a>World</a> › <span>Asia</span></nav>",
            &["World", "Asia"],
        );
        check("<div class=location>홈 &gt; 정치 &gt; 외교</div>", &["정치", "외교"]);
        check("<p>トップ ＞ 国際 ＞ 朝鮮半島</p>", &["国際", "朝鮮半島"]);
        check("<div>Home / National / Diplomacy</div>", &["National", "Diplomacy"]);
        check(
            "<div id=path><a>Example Times</a> &gt; <a>World</a> &gt; Talks begin in Seoul</div>",
            &["World"],
        );
        check("<p>Prices > 3 are rare</p>", &[]);
    }
}
