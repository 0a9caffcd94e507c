//! The words that pages are built with, in three languages: names of home pages, headings of lists, lines that are no part of a text.

/// The parts of a list as pages write it: by commas and semicolons of any script, by hashes, bars, or middle dots between names.
pub(super) fn listed(text: &str) -> Vec<String> {
    let has = |signs: &[char]| text.contains(signs);
    let parts: Vec<&str> = if has(&[',', '，', '、', ';', '|']) {
        text.split([',', '，', '、', ';', '|']).collect()
    } else if text.trim_start().starts_with('#') {
        text.split('#').collect()
    } else {
        vec![text]
    };
    let mut out: Vec<String> = Vec::new();
    for part in parts {
        let part = part.trim().trim_start_matches('#').trim();
        if !part.is_empty() && out.len() < 60 && !out.iter().any(|known| same(known, part)) {
            out.push(part.to_owned());
        }
    }
    out
}

/// Whether two texts say the same but for case, white space and punctuation.
pub(super) fn same(left: &str, right: &str) -> bool {
    left == right || letters(left) == letters(right)
}

/// The letters and digits of a text, in lower case and without width.
pub(super) fn letters(text: &str) -> String {
    text.chars()
        .map(narrow)
        .filter(|character| character.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// A full-width form of ASCII as ASCII.
pub(super) fn narrow(character: char) -> char {
    match character {
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(character as u32 - 0xff01 + 0x21).unwrap_or(character)
        }
        '\u{3000}' => ' ',
        character => character,
    }
}

/// Whether a text begins with one of these words, in any case.
pub(super) fn starts_with_any(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| starts_with(text, word))
}

pub(super) fn starts_with(text: &str, word: &str) -> bool {
    text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// Whether a text holds Korean letters, Japanese kana, or Chinese characters.
pub(super) fn is_cjk(text: &str) -> bool {
    text.chars().any(is_cjk_letter)
}

pub(super) fn is_cjk_letter(character: char) -> bool {
    matches!(character, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}')
}

/// How much a text says, in units that compare across scripts: a character of Chinese, Korean or Japanese says as much as 2.5 of others.
pub(super) fn weight(text: &str) -> usize {
    let (mut wide, mut other) = (0, 0);
    for character in text.chars() {
        if is_cjk_letter(character) {
            wide += 1;
        } else {
            other += 1;
        }
    }
    wide * 5 / 2 + other
}

/// Whether a text ends as a sentence does.
pub(super) fn ends_sentence(text: &str) -> bool {
    let text = text.trim_end_matches(['"', '”', '’', '\'', '」', '』', ')', '）', ']', '»']);
    text.ends_with(['.', '。', '!', '?', '！', '？', '…', '．'])
}

/// What home pages are called in a path of sections.
pub(super) const HOMES: [&str; 24] = [
    "home",
    "homepage",
    "home page",
    "top",
    "main",
    "front page",
    "frontpage",
    "start",
    "news home",
    "you are here",
    "홈",
    "홈으로",
    "메인",
    "처음",
    "홈페이지",
    "초기화면",
    "뉴스홈",
    "뉴스 홈",
    "トップ",
    "ホーム",
    "トップページ",
    "ニューストップ",
    "現在位置",
    "現在地",
];

/// What lists of other articles that belong to this one are called.
pub(super) const RELATED: [&str; 45] = [
    "related",
    "related articles",
    "related article",
    "related stories",
    "related story",
    "related news",
    "related links",
    "related coverage",
    "related content",
    "related topics",
    "related posts",
    "related reading",
    "read more",
    "read also",
    "also read",
    "see also",
    "more on this",
    "more on this story",
    "more on this topic",
    "more from",
    "more like this",
    "more coverage",
    "further reading",
    "background",
    "in depth",
    "관련기사",
    "관련 기사",
    "관련뉴스",
    "관련 뉴스",
    "관련보도",
    "연관기사",
    "연관 기사",
    "함께 보면 좋은 기사",
    "함께 읽으면 좋은 기사",
    "이 기사와 함께 보면 좋은 기사",
    "이어지는 기사",
    "관련 키워드 기사",
    "関連記事",
    "関連ニュース",
    "関連する記事",
    "関連リンク",
    "あわせて読みたい",
    "合わせて読みたい",
    "この記事の関連記事",
    "関連情報",
];

/// What begins a part of the page that has nothing to do with the article.
pub(super) const OTHERS: [&str; 111] = [
    "recommended",
    "recommended for you",
    "recommended stories",
    "you may also like",
    "you might also like",
    "you may like",
    "don't miss",
    "more stories",
    "more news",
    "추천기사",
    "추천 기사",
    "추천뉴스",
    "더 보기",
    "こちらもおすすめ",
    "おすすめ記事",
    "comments",
    "comment",
    "leave a comment",
    "leave a reply",
    "join the conversation",
    "conversation",
    "reader comments",
    "post a comment",
    "add a comment",
    "most read",
    "most viewed",
    "most popular",
    "popular",
    "trending",
    "trending now",
    "top stories",
    "latest",
    "latest news",
    "latest stories",
    "editor's picks",
    "editors' picks",
    "newsletter",
    "newsletters",
    "sign up",
    "subscribe",
    "share",
    "share this",
    "share this article",
    "share this story",
    "follow us",
    "advertisement",
    "sponsored",
    "promoted",
    "tags",
    "topics",
    "about the author",
    "about the authors",
    "about the writer",
    "contact us",
    "download our app",
    "partner content",
    "what's next",
    "up next",
    "댓글",
    "전체댓글",
    "댓글쓰기",
    "댓글 쓰기",
    "의견",
    "독자의견",
    "많이 본 뉴스",
    "많이 본 기사",
    "많이본 뉴스",
    "많이본기사",
    "가장 많이 본 뉴스",
    "인기기사",
    "인기 기사",
    "인기뉴스",
    "실시간 뉴스",
    "실시간 인기",
    "최신기사",
    "최신 기사",
    "최신뉴스",
    "주요뉴스",
    "주요 뉴스",
    "주요기사",
    "오늘의 주요뉴스",
    "핫뉴스",
    "핫이슈",
    "뉴스레터",
    "구독하기",
    "기자의 다른 기사",
    "이 기자의 다른 기사",
    "다른 기사 보기",
    "기자 프로필",
    "광고",
    "공유하기",
    "태그",
    "키워드",
    "이 시각 뉴스",
    "コメント",
    "みんなのコメント",
    "アクセスランキング",
    "ランキング",
    "人気記事",
    "人気ランキング",
    "よく読まれている記事",
    "新着記事",
    "新着ニュース",
    "最新ニュース",
    "最新記事",
    "ピックアップ",
    "メルマガ",
    "メールマガジン",
    "シェア",
    "この記事をシェア",
    "広告",
];

/// Whether a heading is one of those, with what decorates it left out.
pub(super) fn is_heading(text: &str, headings: &[&str]) -> bool {
    if text.chars().count() > 40 {
        return false;
    }
    let bare = heading_letters(text);
    !bare.is_empty() && headings.iter().any(|heading| heading_letters(heading) == bare)
}

/// A heading without brackets, marks, counters and case.
fn heading_letters(text: &str) -> String {
    letters(text).trim_matches(|character: char| character.is_ascii_digit()).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_taken_apart() {
        assert_eq!(listed("외교, 한일관계,외교"), ["외교", "한일관계"]);
        assert_eq!(listed("#외교 #한일"), ["외교", "한일"]);
        assert_eq!(listed("foreign policy"), ["foreign policy"]);
    }

    #[test]
    fn headings_are_known_with_their_decoration() {
        for text in [
            "Related:",
            "[관련기사]",
            "▶ 관련 기사",
            "【関連記事】",
            "＜関連記事＞",
            "RELATED STORIES",
        ] {
            assert!(is_heading(text, &RELATED), "{text}");
        }
        assert!(is_heading("Comments (12)", &OTHERS));
        assert!(is_heading("댓글 0", &OTHERS));
        assert!(!is_heading("Related parties must disclose", &RELATED));
    }
}
