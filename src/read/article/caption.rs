//! The text under a picture → what it shows and who made it.

use std::sync::LazyLock;

use regex::Regex;

use super::address;
use super::words;

#[expect(clippy::expect_used, reason = "constant patterns, compiled by every test")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is right")
}

/// A caption and its credit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Caption {
    pub(super) text: Option<String>,
    pub(super) credit: Option<String>,
}

/// Agencies, as a part of a pattern.
const AGENCY: &str = r"(?:AP|AFP|REUTERS|Reuters|EPA|UPI|Yonhap(?: News)?|YONHAP|Kyodo(?: News)?|Xinhua|Jiji(?: Press)?|Getty(?: Images)?|Bloomberg|Newsis|News1|TASS|ANSA|DPA|PTI|ZUMA(?: Press)?|Anadolu|EPA-EFE|NurPhoto|Shutterstock|iStock|Unsplash|연합뉴스(?:TV)?|뉴시스|뉴스1|로이터|신화통신|교도통신|게티이미지(?:뱅크|스)?|AP통신|共同通信社?|共同|時事通信社?|時事|ロイター|聯合ニュース|新華社|ゲッティ(?:イメージズ)?|アフロ)";

/// Words in front of a credit.
const MARK: &str = r"(?:사진|그래픽|자료\s?사진|자료|이미지|영상|일러스트|출처|写真|画像|撮影者?|提供|資料写真|図|イラスト|出典|(?i:photos?|photographs?|images?|pictures?|pics?|graphics?|illustrations?|credits?|source|file photo))\s*(?:제공|출처|크레딧|提供|(?i:credits?|by|courtesy(?:\sof)?|via|from))?";

/// A credit that fills a bracket.
static IN_BRACKETS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        r"^\s*(?:{MARK}\s*[=＝:：/／・|,]?\s*\S.*|[ⓒ©].*|.*(?:제공|촬영|캡처|갈무리|자료사진|자료|提供|撮影|より|資料写真)|(?i:courtesy|handout|file photo|via|credit|screengrab|screenshot)\b.*|{AGENCY}(?:\s.*|\s*[/／=＝・\-,].*)?|[^\s=＝/／]{{1,20}}\s*[/／=＝]\s*{AGENCY}.*|[^\s]{{2,20}}[/／=＝][^\s]{{2,20}}|[가-힣]{{2,4}}\s*(?:사진|선임|인턴)?기자|.*(?:新聞|新聞社|일보|통신|방송|뉴스)|자료사진|資料写真)\s*$"
    ))
});

/// Credits at the end of a text without brackets; the credit is in `credit`.
static AT_END: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        r"\s*[/／|(=＝]?\s*(?:사진|그래픽|자료사진|이미지|영상|일러스트|출처|写真|画像|撮影|提供|図)\s*(?:제공|출처|提供)?\s*[=＝:：/／・|]\s*(?P<credit>[^=＝:：]{1,50})$".to_string(),
        r"(?:^|[\s.!?”\x22])(?i:photo|photograph|image|picture|credit|source|photo credit|image credit|photo source|illustration|graphic)s?\s*[:：/|]\s*(?P<credit>[^:：]{1,80})$".to_owned(),
        r"(?:^|[\s.!?”\x22(])(?i:photo|photograph|image|picture|illustration)s?\s+(?i:by|courtesy of|courtesy|via)\s+(?P<credit>\S.{0,70})$".to_owned(),
        r"(?:^|[.!?]\s+)(?i:courtesy of|courtesy:?|handout from)\s+(?P<credit>\S.{0,60})$".to_owned(),
        r"\s*(?P<credit>[ⓒ©]\s*\S.{0,60})$".to_owned(),
        format!(r"(?:\s+[/／|–—‒-]|[.。]\s*[/／])\s*(?P<credit>{AGENCY}(?:\s*[/／=＝・\-]?\s*\S.{{0,30}})?)$"),
        format!(r"[=＝]\s*(?P<credit>{AGENCY}(?:[/／=＝・]\S{{1,20}})?)$"),
        format!(r"(?:[.。!?”\x22’)）]\s*|\s)(?P<credit>{AGENCY}\s*[/／=＝]\s*\S.{{0,40}})$"),
        format!(r"[.。!?”\x22’)）]\s*(?P<credit>{AGENCY}(?:\s+(?:Photo|자료사진|제공|캡처|via.*))?)$"),
        format!(r"\s(?P<credit>[^\s.。]{{1,20}}\s*[/／=＝]\s*{AGENCY})$"),
        r"(?:[.。!?”\x22’)）]|다)\s*(?P<credit>[가-힣A-Za-z0-9 ]{2,24}?\s*(?:제공|촬영|캡처|갈무리|자료사진))$".to_owned(),
        r"(?:[.。!?”\x22’)）])\s*(?P<credit>[가-힣]{2,4}\s*(?:사진|선임|인턴)?기자)$".to_owned(),
        r"[=＝／/、。]\s*(?P<credit>[^=＝／/、。（）]{1,24}(?:撮影|提供))$".to_owned(),
        r"[\s　](?P<credit>[^\s　。]{1,24}(?:撮影|提供))$".to_owned(),
    ]
    .iter()
    .map(|text| pattern(text))
    .collect()
});

/// What decorates the beginning of a caption.
static DECORATION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^\s*(?:[▲△▼▽◀◁▶▷■□◆◇●○◎※→←↑↓☞▣|]\s*)*(?:[\[(（【<〈]?\s*(?:사진\s?설명|그림\s?설명|写真説明|画像説明|(?i:image caption|photo caption|caption))\s*[\])）】>〉]?\s*[=:：]?\s*)?(?:[▲△▼▽◀◁▶▷■□|]\s*)*",
    )
});

/// Takes a caption apart; `credit` is what the page says of it elsewhere.
pub(super) fn split(text: &str) -> Caption {
    let text = address::without(text);
    let mut text = DECORATION.replace(text.trim(), "").trim().to_owned();
    let mut credit: Option<String> = None;
    // `[서울=뉴시스] 홍길동 기자 = …`: a caption as agencies send it.
    if let Some((before, after)) = agency_lead(&text) {
        credit = Some(before);
        text = after;
    }
    // A caption may end in several of them: `(AP Photo/Lee Min) [재판매 및 DB 금지]`
    for _ in 0..4 {
        let trimmed = text.trim_end_matches(['.', '。', ' ', '　', '/', '|']);
        if let Some((before, inner)) = last_bracket(trimmed) {
            if is_prohibition(inner) {
                text = before.trim_end().to_owned();
                continue;
            }
            if words::weight(inner) < 110 && IN_BRACKETS.is_match(inner) {
                let found = bare_credit(inner);
                text = before.trim_end().to_owned();
                if credit.is_none() {
                    credit = found;
                }
                continue;
            }
        }
        if credit.is_none()
            && let Some((before, found)) = credit_at_end(trimmed)
        {
            credit = Some(found);
            text = before;
            continue;
        }
        break;
    }
    // Nothing but a credit without any mark: `AP Photo/Lee Min`, `연합뉴스`.
    if credit.is_none() && words::weight(&text) < 90 && is_bare_credit(&text) {
        return Caption { text: None, credit: bare_credit(&text) };
    }
    // A bracket in front: `[AFP=연합뉴스] 두 장관이 악수하고 있다`.
    if credit.is_none()
        && let Some((inner, rest)) = first_bracket(&text)
        && words::weight(inner) < 70
        && IN_BRACKETS.is_match(inner)
    {
        credit = bare_credit(inner);
        text = rest.trim_start().to_owned();
    }
    let text =
        text.trim_end_matches(['/', '|', '=', '＝', '／', ' ', '　', '-', '–']).trim().to_owned();
    Caption { text: Some(text).filter(|text| text.chars().any(char::is_alphanumeric)), credit }
}

fn is_bare_credit(text: &str) -> bool {
    static BARE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(&format!(
            r"^(?:{AGENCY}(?:\s*(?:Photo|자료사진|제공|캡처))?(?:\s*[/／=＝]\s*\S.*)?|\S{{1,20}}[/／=＝]{AGENCY}|[가-힣A-Za-z0-9]{{2,16}}\s?(?:제공|자료사진)|[^\s。]{{2,16}}(?:提供|撮影))$"
        ))
    });
    BARE.is_match(text)
}

fn agency_lead(text: &str) -> Option<(String, String)> {
    static LEAD: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"^[\[(【][^=\]】)]{1,16}=(?P<who>[^\]】)]{2,16})[\])】]\s*(?P<name>[가-힣]{2,4}(?:\s?(?:기자|인턴기자|특파원))?)\s*=\s*(?P<rest>\S.*)$",
        )
    });
    let found = LEAD.captures(text)?;
    let rest = found.name("rest")?.as_str();
    // A date and an address stand at the end of such captions.
    static DATE: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"\s*\d{4}\.\s?\d{1,2}\.\s?\d{1,2}\.?\s*$"));
    let rest = DATE.replace(rest, "").into_owned();
    // The last bracket says more than the lead, if it is a credit.
    if last_bracket(&rest).is_some_and(|(_, inner)| IN_BRACKETS.is_match(inner)) {
        return Some((
            last_bracket(&rest).and_then(|(_, inner)| bare_credit(inner))?,
            last_bracket(&rest)?.0.trim_end().to_owned(),
        ));
    }
    Some((found.name("who")?.as_str().to_owned(), rest))
}

/// What agencies forbid, which is no credit.
fn is_prohibition(text: &str) -> bool {
    text.contains("금지")
        || text.contains("NO SALES")
        || text.contains("NO ARCHIVE")
        || text.contains("無断")
        || text.contains("All rights")
}

const OPEN: [char; 9] = ['(', '[', '（', '［', '【', '〔', '<', '＜', '〈'];
const CLOSE: [char; 9] = [')', ']', '）', '］', '】', '〕', '>', '＞', '〉'];

/// What stands before the bracket that ends a text, and in it.
fn last_bracket(text: &str) -> Option<(&str, &str)> {
    let close = text.chars().next_back()?;
    let kind = CLOSE.iter().position(|known| *known == close)?;
    let open = *OPEN.get(kind)?;
    let inner_end = text.len() - close.len_utf8();
    let mut depth = 0;
    for (at, character) in text[..inner_end].char_indices().rev() {
        if character == close {
            depth += 1;
        } else if character == open {
            if depth == 0 {
                return Some((&text[..at], &text[at + open.len_utf8()..inner_end]));
            }
            depth -= 1;
        }
    }
    None
}

/// What stands in the bracket that a text begins with, and behind it.
fn first_bracket(text: &str) -> Option<(&str, &str)> {
    let open = text.chars().next()?;
    let kind = OPEN.iter().position(|known| *known == open)?;
    let rest = &text[open.len_utf8()..];
    rest.split_once(*CLOSE.get(kind)?)
}

fn credit_at_end(text: &str) -> Option<(String, String)> {
    for pattern in AT_END.iter() {
        let Some(found) = pattern.captures(text) else { continue };
        let (Some(whole), Some(credit)) = (found.get(0), found.name("credit")) else { continue };
        // What ends the sentence before belongs to it.
        let lead = &text[whole.start()..credit.start()];
        let kept = lead.chars().next().filter(|first| {
            matches!(first, '.' | '。' | '!' | '?' | '”' | '"' | '’' | ')' | '）' | '다')
        });
        let before =
            format!("{}{}", &text[..whole.start()], kept.map(String::from).unwrap_or_default());
        let Some(credit) = bare_credit(credit.as_str()) else { continue };
        return Some((before.trim_end().to_owned(), credit));
    }
    None
}

/// A credit without the words that only say that it is one; `None` if nothing is left.
pub(super) fn bare_credit(text: &str) -> Option<String> {
    static LEAD: LazyLock<Regex> = LazyLock::new(|| {
        pattern(&format!(
            r"^\s*(?:{MARK}\s*(?:[=＝:：/／・|,]|\s)\s*|(?i:courtesy of|courtesy|photo(?:graph)? by|by|via)\s*[:：]?\s+|[ⓒ©]\s*|(?i:copyright)\s*)"
        ))
    });
    let address_free = address::without(text);
    let mut text = address_free.trim();
    // `AP Photo/Lee` and `File photo` begin with no mark; `자료사진` alone names nobody.
    for _ in 0..2 {
        let end = LEAD.find(text).map_or(0, |found| found.end());
        text = text[end..].trim();
    }
    let text = text.trim_matches(|end: char| {
        end.is_whitespace()
            || matches!(
                end,
                '.' | ','
                    | '='
                    | '＝'
                    | '/'
                    | '／'
                    | ':'
                    | '|'
                    | '['
                    | ']'
                    | '('
                    | ')'
                    | '-'
                    | '【'
                    | '】'
                    | '<'
                    | '>'
            )
    });
    let is_nothing = [
        "자료사진",
        "자료",
        "사진",
        "資料写真",
        "資料",
        "写真",
        "file photo",
        "file",
        "photo",
        "image",
        "제공",
    ]
    .iter()
    .any(|word| word.eq_ignore_ascii_case(text));
    (!is_nothing && text.chars().any(char::is_alphanumeric) && words::weight(text) <= 160)
        .then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, caption: &str, credit: &str) {
        let found = split(text);
        assert_eq!(
            (
                found.text.as_deref().unwrap_or_default(),
                found.credit.as_deref().unwrap_or_default()
            ),
            (caption, credit),
            "{text}"
        );
    }

    #[test]
    fn english_captions() {
        check(
            "Ministers meet in Seoul. (AP Photo/Lee Min)",
            "Ministers meet in Seoul.",
            "AP Photo/Lee Min",
        );
        check("Ministers meet in Seoul. [Yonhap]", "Ministers meet in Seoul.", "Yonhap");
        check("Ministers meet in Seoul. Photo: Jane Doe", "Ministers meet in Seoul.", "Jane Doe");
        check(
            "Ministers meet in Seoul. Photo by Jane Doe/Example",
            "Ministers meet in Seoul.",
            "Jane Doe/Example",
        );
        check(
            "Ministers meet in Seoul. REUTERS/Jane Doe",
            "Ministers meet in Seoul.",
            "REUTERS/Jane Doe",
        );
        check(
            "Ministers meet in Seoul. © Getty Images",
            "Ministers meet in Seoul.",
            "Getty Images",
        );
        check(
            "Ministers meet in Seoul (left) and Tokyo (right)",
            "Ministers meet in Seoul (left) and Tokyo (right)",
            "",
        );
        check("Ministers meet in Seoul / AP", "Ministers meet in Seoul", "AP");
        check("Photograph: Jane Doe/The Example", "", "Jane Doe/The Example");
        check("Courtesy of the Ministry of Foreign Affairs", "", "the Ministry of Foreign Affairs");
        check("Image: Ministers meet", "", "Ministers meet");
    }

    #[test]
    fn korean_captions() {
        check("악수하는 두 장관 [사진=연합뉴스]", "악수하는 두 장관", "연합뉴스");
        check(
            "▲ 두 장관이 악수하고 있다. 사진=외교부 제공",
            "두 장관이 악수하고 있다.",
            "외교부 제공",
        );
        check("두 장관이 악수하고 있다. /사진=뉴스1", "두 장관이 악수하고 있다.", "뉴스1");
        check("두 장관이 악수하고 있다. 외교부 제공", "두 장관이 악수하고 있다.", "외교부 제공");
        check("두 장관이 악수하고 있다. 연합뉴스", "두 장관이 악수하고 있다.", "연합뉴스");
        check("두 장관이 악수하고 있다. ⓒ 뉴시스", "두 장관이 악수하고 있다.", "뉴시스");
        check("두 장관이 악수하고 있다. AP/연합뉴스", "두 장관이 악수하고 있다.", "AP/연합뉴스");
        check("두 장관이 악수하고 있다. 홍길동 기자", "두 장관이 악수하고 있다.", "홍길동 기자");
        check("[연합뉴스 자료사진]", "", "연합뉴스 자료사진");
        check("회의장 전경 [연합뉴스 자료사진. 재판매 및 DB 금지]", "회의장 전경", "");
        check(
            "[서울=뉴시스] 홍길동 기자 = 두 장관이 악수하고 있다. 2025.10.30. hong@example.com",
            "두 장관이 악수하고 있다.",
            "뉴시스",
        );
        check("두 장관(왼쪽)이 악수하고 있다", "두 장관(왼쪽)이 악수하고 있다", "");
        check("사진 제공=외교부", "", "외교부");
    }

    #[test]
    fn japanese_captions() {
        check(
            "会談する両外相＝30日、ソウル（AFP=時事）",
            "会談する両外相＝30日、ソウル",
            "AFP=時事",
        );
        check("会談する両外相（写真＝共同）", "会談する両外相", "共同");
        check(
            "会談する両外相＝30日、ソウル、山田太郎撮影",
            "会談する両外相＝30日、ソウル",
            "山田太郎撮影",
        );
        check("会談する両外相（外務省提供）", "会談する両外相", "外務省提供");
        check("会談する両外相 写真：ロイター", "会談する両外相", "ロイター");
        check("会談する両外相【撮影・山田太郎】", "会談する両外相", "山田太郎");
        check("握手する両外相（左）", "握手する両外相（左）", "");
    }
}
