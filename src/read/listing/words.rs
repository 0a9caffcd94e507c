//! The words by which parts of a page are told: what is furniture, what a link says that is no headline, what a class promises.

use scraper::ElementRef;

use super::outline::class_words;

/// Whether an element holds no articles of the page's own list, by its name, role or classes.
pub(super) fn is_furniture(element: ElementRef<'_>) -> bool {
    const WORDS: [&str; 71] = [
        "nav",
        "navi",
        "navigation",
        "gnb",
        "lnb",
        "snb",
        "tnb",
        "menu",
        "menus",
        "submenu",
        "footer",
        "foot",
        "sidebar",
        "aside",
        "rank",
        "ranking",
        "rankings",
        "popular",
        "mostread",
        "mostviewed",
        "mostpopular",
        "related",
        "relation",
        "recommend",
        "recommended",
        "recommends",
        "recommendation",
        "breadcrumb",
        "breadcrumbs",
        "pagination",
        "paging",
        "pager",
        "paginate",
        "banner",
        "banners",
        "promotion",
        "newsletter",
        "subscribe",
        "comments",
        "sns",
        "trending",
        "sponsor",
        "sponsored",
        "ad",
        "ads",
        "advert",
        "advertisement",
        "advertorial",
        "login",
        "signin",
        "cookie",
        "cookies",
        "consent",
        "copyright",
        "familysite",
        "utility",
        "utils",
        "topics",
        "keyword",
        "keywords",
        "tags",
        "tagcloud",
        "hashtag",
        "skip",
        "modal",
        "popup",
        "topbar",
        "toolbar",
        "pr",
        "prbox",
        "bestclick",
    ];
    const PAIRS: [(&str, &str); 16] = [
        ("most", "read"),
        ("most", "viewed"),
        ("most", "popular"),
        ("most", "shared"),
        ("best", "news"),
        ("best", "view"),
        ("hot", "news"),
        ("hot", "issue"),
        ("side", "bar"),
        ("side", "col"),
        ("side", "column"),
        ("right", "col"),
        ("right", "column"),
        ("many", "view"),
        ("read", "also"),
        ("family", "site"),
    ];
    const ROLES: [&str; 7] =
        ["navigation", "banner", "contentinfo", "complementary", "search", "menu", "dialog"];
    match element.value().name() {
        "nav" | "footer" | "aside" | "dialog" | "menu" => return true,
        "html" | "body" | "main" | "article" => return false,
        _ => {}
    }
    if element.attr("hidden").is_some()
        || element.attr("role").is_some_and(|role| ROLES.contains(&role.trim()))
        || element.attr("style").is_some_and(|style| {
            let style: String = style.split_whitespace().collect();
            style.contains("display:none") || style.contains("visibility:hidden")
        })
    {
        return true;
    }
    let words = class_words(element);
    words.iter().any(|word| WORDS.contains(&word.as_str()))
        || words
            .windows(2)
            .any(|pair| PAIRS.iter().any(|(first, second)| pair[0] == *first && pair[1] == *second))
}

/// Whether a short heading stands over a list that repeats articles by how often they are read, or of other places.
pub(super) fn heads_furniture(text: &str) -> bool {
    const STARTS: [&str; 41] = [
        "most read",
        "most popular",
        "most viewed",
        "most shared",
        "popular",
        "trending",
        "related",
        "you may also",
        "more from",
        "recommended",
        "read next",
        "sponsored",
        "advertisement",
        "partner content",
        "newsletter",
        "topics",
        "tags",
        "top stories in",
        "많이 본",
        "가장 많이",
        "인기",
        "추천",
        "관련",
        "이 시각 주요",
        "실시간",
        "랭킹",
        "핫클릭",
        "주간 베스트",
        "댓글 많은",
        "광고",
        "アクセスランキング",
        "ランキング",
        "人気",
        "関連",
        "おすすめ",
        "オススメ",
        "よく読まれ",
        "あわせて読み",
        "注目の",
        "広告",
        "pr",
    ];
    if text.chars().count() > 28 {
        return false;
    }
    let lower = text.to_lowercase();
    STARTS.iter().any(|start| match *start {
        // A word of two letters begins too many others.
        "pr" => lower == "pr" || lower.starts_with("pr "),
        _ => lower.starts_with(start),
    }) || lower.ends_with("ランキング")
        || lower.ends_with("많이 본 뉴스")
        || lower.ends_with("랭킹")
}

/// Whether a link only leads on: "more", "continue reading", a page number.
pub(super) fn leads_on(text: &str) -> bool {
    const WHOLE: [&str; 62] = [
        "more",
        "read more",
        "see more",
        "view more",
        "show more",
        "load more",
        "see all",
        "view all",
        "read",
        "continue reading",
        "full story",
        "read full story",
        "learn more",
        "details",
        "next",
        "previous",
        "prev",
        "older",
        "newer",
        "older posts",
        "newer posts",
        "first",
        "last",
        "top",
        "back",
        "back to top",
        "home",
        "share",
        "comments",
        "permalink",
        "read article",
        "go",
        "더보기",
        "더 보기",
        "전체보기",
        "전체 보기",
        "기사보기",
        "기사 보기",
        "자세히",
        "자세히 보기",
        "자세히보기",
        "바로가기",
        "다음",
        "이전",
        "다음 페이지",
        "이전 페이지",
        "처음",
        "마지막",
        "끝",
        "목록",
        "맨위로",
        "댓글",
        "공유",
        "もっと見る",
        "続きを読む",
        "続きを見る",
        "記事を読む",
        "一覧",
        "一覧へ",
        "次へ",
        "前へ",
        "詳細",
    ];
    let bare = text
        .trim_matches(|c: char| !c.is_alphanumeric())
        .trim_end_matches(['›', '»', '→', '>'])
        .trim()
        .to_lowercase();
    bare.is_empty()
        || WHOLE.contains(&bare.as_str())
        || bare.chars().all(|c| c.is_ascii_digit())
        || ["一覧を見る", "一覧はこちら", "詳しくはこちら", "もっとみる", "もっと読む"]
            .contains(&bare.as_str())
        || bare.starts_with("read more")
        || bare.starts_with("continue reading")
        || bare.starts_with("続きを")
}

/// What the classes of an element promise of its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Promise {
    /// The headline.
    Title,
    /// The summary.
    Summary,
    /// A date.
    Date,
    /// Neither: a badge, a counter, a byline, a section.
    Trifle,
}

/// What an element promises; `None` if nothing.
pub(super) fn promise(element: ElementRef<'_>) -> Option<Promise> {
    const TITLE: [&str; 14] = [
        "title",
        "titles",
        "headline",
        "heading",
        "head",
        "tit",
        "ttl",
        "subject",
        "subj",
        "hed",
        "midashi",
        "sbj",
        "titl",
        "newstitle",
    ];
    const SUMMARY: [&str; 25] = [
        "summary",
        "desc",
        "description",
        "lead",
        "lede",
        "excerpt",
        "dek",
        "standfirst",
        "intro",
        "preview",
        "teaser",
        "snippet",
        "abstract",
        "subtitle",
        "subtit",
        "sub",
        "txt",
        "text",
        "body",
        "content",
        "cont",
        "read",
        "gaiyo",
        "copy",
        "digest",
    ];
    const DATE: [&str; 21] = [
        "date",
        "time",
        "datetime",
        "day",
        "ymd",
        "regdate",
        "pubdate",
        "posted",
        "timestamp",
        "published",
        "wdate",
        "dates",
        "times",
        "ago",
        "hiduke",
        "nichiji",
        "jikan",
        "dt",
        "registdate",
        "updated",
        "pubtime",
    ];
    const TRIFLE: [&str; 44] = [
        "badge",
        "icon",
        "ico",
        "label",
        "flag",
        "new",
        "count",
        "cnt",
        "num",
        "number",
        "comment",
        "cmt",
        "reply",
        "replies",
        "blind",
        "sr",
        "hidden",
        "visually",
        "screenreader",
        "author",
        "byline",
        "writer",
        "reporter",
        "name",
        "category",
        "categories",
        "cate",
        "cat",
        "section",
        "kicker",
        "eyebrow",
        "press",
        "media",
        "source",
        "views",
        "hit",
        "hits",
        "tag",
        "credit",
        "caption",
        "share",
        "bookmark",
        "duration",
        "genre",
    ];
    if element.value().name() == "time" {
        return Some(Promise::Date);
    }
    if element.attr("itemprop") == Some("headline") {
        return Some(Promise::Title);
    }
    let words = class_words(element);
    // The last word says most: `title-date` is a date, `news-title` a title.
    for word in words.iter().rev() {
        let word = word.as_str();
        if DATE.contains(&word) {
            return Some(Promise::Date);
        }
        if TITLE.contains(&word) {
            return Some(Promise::Title);
        }
        if TRIFLE.contains(&word) {
            return Some(Promise::Trifle);
        }
        if SUMMARY.contains(&word) {
            return Some(Promise::Summary);
        }
    }
    None
}

/// How much a text says, in words of a language that parts them.
pub(super) fn words(text: &str) -> f64 {
    let mut count = 0.0;
    for word in text.split_whitespace() {
        let (mut wide, mut hangul, mut narrow) = (0_u32, 0_u32, 0_u32);
        for character in word.chars() {
            match character {
                '\u{ac00}'..='\u{d7a3}' => hangul += 1,
                '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' => {
                    wide += 1;
                }
                character if character.is_alphanumeric() => narrow += 1,
                _ => {}
            }
        }
        let foreign = f64::from(wide) / 2.5 + f64::from(hangul) / 2.2;
        count += if foreign > 0.0 {
            foreign + f64::from(narrow) / 6.0
        } else if narrow > 0 {
            1.0
        } else {
            0.0
        };
    }
    count
}

/// Whether a text is long enough for a headline, and not too long.
pub(super) fn is_headline(text: &str) -> bool {
    let count = words(text);
    (3.5..=60.0).contains(&count) && text.chars().count() >= 7 && !leads_on(text)
}
