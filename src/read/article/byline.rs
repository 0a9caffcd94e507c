//! Names of those who wrote an article, out of bylines as outlets write them in English, Korean and Japanese; and datelines.

use std::sync::LazyLock;

use regex::Regex;

use super::address;
use super::words;

/// The offices of journalists that stand behind a Korean or Japanese name, the longer before the shorter.
const OFFICES: [&str; 52] = [
    "선임기자",
    "전문기자",
    "인턴기자",
    "수습기자",
    "객원기자",
    "사진기자",
    "여행기자",
    "대기자",
    "시민기자",
    "명예기자",
    "통신원",
    "특파원",
    "논설위원",
    "논설실장",
    "논설주간",
    "논설고문",
    "편집위원",
    "편집국장",
    "해설위원",
    "칼럼니스트",
    "아나운서",
    "에디터",
    "리포터",
    "앵커",
    "위원",
    "부장",
    "차장",
    "팀장",
    "국장",
    "주필",
    "교수",
    "변호사",
    "작가",
    "기자",
    "編集委員",
    "論説委員",
    "論説主幹",
    "解説委員",
    "特別編集委員",
    "専門記者",
    "特派員",
    "支局長",
    "総局長",
    "編集長",
    "通信員",
    "カメラマン",
    "ライター",
    "コラムニスト",
    "デスク",
    "キャップ",
    "記者",
    "PD",
];

/// Words that make a part of an English byline an office and no name.
const ENGLISH_OFFICES: [&str; 40] = [
    "correspondent",
    "correspondents",
    "reporter",
    "reporters",
    "writer",
    "writers",
    "editor",
    "editors",
    "editor-in-chief",
    "staff",
    "bureau",
    "chief",
    "columnist",
    "contributor",
    "contributing",
    "photographer",
    "producer",
    "analyst",
    "professor",
    "director",
    "anchor",
    "fellow",
    "intern",
    "senior",
    "news",
    "desk",
    "freelance",
    "special",
    "guest",
    "deputy",
    "assistant",
    "author",
    "journalist",
    "politics",
    "diplomatic",
    "editorial",
    "newsroom",
    "global",
    "affairs",
    "team",
];

/// Names that templates put where nobody is named.
const NOBODY: [&str; 28] = [
    "admin",
    "administrator",
    "webmaster",
    "editor",
    "editors",
    "staff",
    "unknown",
    "null",
    "undefined",
    "none",
    "author",
    "guest",
    "root",
    "webadmin",
    "newsroom",
    "web desk",
    "online desk",
    "digital desk",
    "관리자",
    "편집부",
    "편집국",
    "온라인뉴스팀",
    "온라인 뉴스팀",
    "디지털뉴스팀",
    "인터넷뉴스팀",
    "運営者",
    "編集部",
    "管理者",
];

/// Whether that is what templates put where nobody is named.
pub(super) fn is_nobody(name: &str) -> bool {
    NOBODY.iter().any(|nobody| words::same(nobody, name))
}

#[expect(clippy::expect_used, reason = "constant patterns, compiled by every test")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is right")
}

/// What stands before the names of a byline.
static LEAD: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^\s*(?:by\b\s*[:：]?|(?:written|reported|reporting|story|words|text|posted|edited|compiled|article) by\b\s*[:：]?|from\b|authors?\s*[:：]|reporters?\s*[:：]|글\s*[·/]\s*사진\s*[=:：]?|글\s*[=:：]|(?:작성자|기자|글쓴이|취재)\s*[=:：]|(?:取材[・･]文|文[・･]写真|文責|執筆者?|著者|筆者|聞き手|文|記者)\s*[=＝:：／/]|(?:取材[・･]文)\s+)\s*",
    )
});

/// A bracket in front that says where a report is from, and by whom: `(서울=연합뉴스)`, `【ソウル=山田太郎】`, `[워싱턴=홍길동 특파원]`.
static PLACE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^\s*[(\[（【〔［]\s*(?P<place>[^=＝)\]）】〕］]{1,24}?)\s*(?:[=＝]\s*(?P<who>[^)\]）】〕］]{1,40}))?\s*[)\]）】〕］]",
    )
});

/// An English dateline: `SEOUL, Oct. 30 (Yonhap) --`, `SEOUL (AP) —`, `WASHINGTON —`.
static ENGLISH_PLACE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^\s*(?P<place>\p{Lu}[\p{Lu}'.’-]+(?:[ -]\p{Lu}[\p{Lu}'.’-]*){0,3}(?:, (?:\p{Lu}[\w.]+\.?)(?: \p{Lu}\w+)?)??)(?:[,/]? (?P<date>(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec)[a-z]*\.? \d{1,2}(?:, \d{4})?))?\s*(?:\((?P<who>[^)]{2,30})\))?\s*(?:--|—|–|-|:)\s+\S",
    )
});

/// A day at the end of a place in Japanese and Korean brackets: `ソウル30日`, `서울 30일`.
static DAY: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?P<place>.*?)\s*(?P<date>(?:\d{1,2}[月월]\s*)?\d{1,2}[日일])$"));

/// What a dateline says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dateline {
    pub(super) place: String,
    pub(super) date: Option<String>,
    /// The names in it and behind it.
    pub(super) authors: Vec<String>,
}

/// The dateline that a text begins with.
pub(super) fn dateline(text: &str) -> Option<Dateline> {
    let start = &text[..text.floor_char_boundary(400)];
    if let Some(found) = ENGLISH_PLACE.captures(start) {
        let place = found.name("place")?.as_str();
        if place.len() < 3 {
            return None;
        }
        let date = found.name("date").map(|date| date.as_str().to_owned());
        return Some(Dateline { place: place.to_owned(), date, authors: Vec::new() });
    }
    let found = PLACE.captures(start)?;
    let who = found.name("who").map(|who| who.as_str());
    let place = found.name("place")?.as_str().trim();
    let rest = &start[found.get(0)?.end()..];
    // `(서울=연합뉴스) 홍길동 기자 = …`
    let behind = rest
        .split_once(['=', '＝'])
        .filter(|(before, _)| words::weight(before) < 90 && has_office(before))
        .map(|(before, _)| before);
    if who.is_none() && behind.is_none() {
        return None;
    }
    let mut authors = behind.map(names).unwrap_or_default();
    if authors.is_empty()
        && let Some(who) = who
        && (has_office(who) || is_eastern_name(who))
        && !is_agency(who)
    {
        authors = names(who);
    }
    let place = place.split(['·', '・']).next().unwrap_or(place);
    let (place, date) = match DAY.captures(place) {
        Some(day) => (
            day.name("place").map_or(place, |place| place.as_str()),
            day.name("date").map(|date| date.as_str().to_owned()),
        ),
        None => (place, None),
    };
    // Where a day stands behind the place, an agency stands behind the sign.
    if date.is_some() && behind.is_none() && !who.is_some_and(has_office) {
        authors.clear();
    }
    // A label in brackets ("[단독=…") is no place.
    (!place.is_empty() && !place.contains(char::is_whitespace) || place.is_ascii())
        .then(|| Dateline { place: place.to_owned(), date, authors })
}

/// Names of agencies as they stand in datelines and credits.
pub(super) const AGENCIES: [&str; 44] = [
    "AP",
    "AFP",
    "Reuters",
    "REUTERS",
    "EPA",
    "UPI",
    "Yonhap",
    "Kyodo",
    "Xinhua",
    "Jiji",
    "Getty",
    "Getty Images",
    "Bloomberg",
    "Newsis",
    "News1",
    "TASS",
    "ANSA",
    "DPA",
    "PTI",
    "ZUMA",
    "Anadolu",
    "EPA-EFE",
    "NurPhoto",
    "연합뉴스",
    "뉴시스",
    "뉴스1",
    "로이터",
    "신화",
    "교도",
    "지지",
    "타스",
    "게티이미지",
    "게티이미지뱅크",
    "연합뉴스TV",
    "AP통신",
    "共同",
    "時事",
    "ロイター",
    "聯合ニュース",
    "新華社",
    "共同通信",
    "時事通信",
    "ゲッティ",
    "アフロ",
];

/// Whether a text is the name of an agency.
pub(super) fn is_agency(text: &str) -> bool {
    let text = text.trim();
    AGENCIES.iter().any(|agency| agency.eq_ignore_ascii_case(text))
}

fn has_office(text: &str) -> bool {
    OFFICES.iter().any(|office| text.contains(office))
}

/// Whether a text has the shape of a Korean or Japanese name or two.
fn is_eastern_name(text: &str) -> bool {
    let count = text.chars().filter(|character| words::is_cjk_letter(*character)).count();
    (2..=12).contains(&count)
        && text.chars().all(|character| {
            words::is_cjk_letter(character)
                || matches!(character, ' ' | '　' | '·' | '・' | '、' | ',')
        })
        && !text.ends_with(['社', '局', '部', '会', '省', '所', '사', '국', '부', '청'])
        && !text.chars().any(|character| matches!(character, '\u{3041}'..='\u{3096}'))
}

/// Whether a line is nothing but a byline.
pub(super) fn is_line(text: &str) -> bool {
    static KOREAN: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"^\s*(?:[/|■▶]\s*)?(?:[(\[【]\s*[^)\]】]{1,24}[)\]】]\s*)?(?:[가-힣A-Za-z]{1,8}\s*[=/]\s*)?(?:[가-힣]{2,6}\s+)?[가-힣]{2,4}(?:\s*[·,/、]\s*[가-힣]{2,4}){0,4}\s*(?:[가-힣A-Za-z]{0,8}\s?)(?:기자|특파원|통신원|논설위원|편집위원|칼럼니스트|인턴|에디터|PD)(?:\s*[·,/]\s*[가-힣]{2,4}\s*(?:[가-힣]{0,4})(?:기자|특파원|인턴))*\s*[=/|]?\s*$",
        )
    });
    static JAPANESE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"^\s*(?:【[^】]{2,30}】|(?:記者|文|取材|執筆|文責|取材・文)\s*[=＝:：／/・　 ]\s*[^。]{2,20}|[^。（(]{2,16}(?:記者|特派員|編集委員|論説委員|支局長)|（[一-龥々ヶ]{1,4}[　 ]?[一-龥々ぁ-んァ-ヶ]{1,5}(?:[、・][一-龥々]{1,4}[　 ]?[一-龥々ぁ-んァ-ヶ]{1,5}){0,3}）)\s*$",
        )
    });
    let weight = words::weight(text);
    if weight > 160 {
        return false;
    }
    let bare = if address::is_in(text) { address::without(text) } else { text.to_owned() };
    if bare.is_empty() {
        return true;
    }
    if !words::ends_sentence(&bare) && (KOREAN.is_match(&bare) || JAPANESE.is_match(&bare)) {
        return true;
    }
    LEAD.is_match(&bare)
        && words::starts_with_any(
            bare.trim_start(),
            &["by ", "by:", "written by", "reported by", "reporting by", "story by"],
        )
        && bare.len() < 140
        && bare
            .split_whitespace()
            .skip(1)
            .take(2)
            .all(|word| word.starts_with(char::is_uppercase) || word.eq_ignore_ascii_case("by"))
        && !bare.contains(". ")
}

/// The names of an author statement: lead words, offices, places and addresses left out, several names taken apart.
pub(super) fn names(text: &str) -> Vec<String> {
    let text = address::without(text);
    let text = &text[..text.floor_char_boundary(400)];
    let mut text = LEAD.replace(text, "").trim().to_owned();
    if let Some(found) = PLACE.captures(&text) {
        let end = found.get(0).map_or(0, |whole| whole.end());
        let rest = text[end..].trim().to_owned();
        let who = found.name("who").map(|who| who.as_str().to_owned());
        text = match who {
            Some(who) if rest.is_empty() || !has_office(&rest) && has_office(&who) => who,
            Some(who) if rest.is_empty() => who,
            None if rest.is_empty() => {
                text.trim_matches(['(', ')', '（', '）', '[', ']', '【', '】']).to_owned()
            }
            Some(_) | None => rest,
        };
    }
    // What follows a bar is the outlet's name or a date.
    for sign in ['|', '｜', '=', '＝'] {
        if let Some((before, after)) = text.clone().split_once(sign) {
            // `ソウル＝山田太郎`, `워싱턴=홍길동 특파원`
            text = if matches!(sign, '=' | '＝') && !after.trim().is_empty() {
                after
            } else {
                before
            }
            .trim()
            .to_owned();
        }
    }
    let mut found: Vec<String> = Vec::new();
    for part in parts(&text) {
        if let Some(name) = name(&part)
            && !found.iter().any(|known| words::same(known, &name))
            && found.len() < 12
        {
            found.push(name);
        }
    }
    found
}

/// The parts of a list of names.
fn parts(text: &str) -> Vec<String> {
    static AND: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"(?i)\s+(?:and|with|und|et)\s+|\s*[&＆;；,，、/／·‧∙•]\s*|\s+및\s+|\s*와\s+")
    });
    let mut parts: Vec<String> = Vec::new();
    for part in AND.split(text) {
        // `홍길동 기자 김철수 특파원`
        let tokens: Vec<&str> = part.split_whitespace().collect();
        let ends = |token: &&str| OFFICES.iter().any(|office| token.ends_with(office));
        if tokens.iter().filter(|token| ends(token)).count() > 1 && tokens.last().is_some_and(ends)
        {
            parts.extend(tokens.split_inclusive(ends).map(|one| one.join(" ")));
            continue;
        }
        // A middle dot joins the parts of a foreign name in katakana.
        let is_foreign_name =
            part.chars().all(|character| matches!(character, '\u{30a0}'..='\u{30ff}' | '＝' | ' '));
        if part.contains(['・', '･']) && !is_foreign_name {
            parts.extend(part.split(['・', '･']).map(str::to_owned));
        } else {
            parts.push(part.to_owned());
        }
    }
    parts
}

/// The name in a part of a byline; `None` if there is none.
fn name(part: &str) -> Option<String> {
    let part = part
        .trim()
        .trim_matches(|end: char| {
            matches!(
                end,
                '.' | ':' | '：' | '-' | '–' | '—' | '=' | '"' | '“' | '”' | '*' | '■' | '▶'
            )
        })
        .trim();
    let part =
        part.trim_end_matches(')').rsplit_once(" (").map_or(part, |(before, _)| before).trim();
    if part.is_empty()
        || part.chars().count() > 60
        || part.contains(|character: char| character.is_ascii_digit())
    {
        return None;
    }
    if words::is_cjk(part) { eastern(part) } else { western(part) }
}

fn western(part: &str) -> Option<String> {
    static IN: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"(?i)\s+(?:in|at|for|of|reports?(?: from)?|reporting|from)\s+\p{Lu}.*$")
    });
    let part = IN.replace(part, "").trim().to_owned();
    let all: Vec<&str> = part.split_whitespace().collect();
    let lower = |word: &str| word.trim_matches(|end: char| !end.is_alphanumeric()).to_lowercase();
    let is_office = |word: &str| ENGLISH_OFFICES.contains(&lower(word).as_str());
    // "Korea Correspondent" is an office, "Staff" alone the last resort of a template.
    let offices = all.iter().filter(|word| is_office(word)).count();
    if offices > 0
        && (offices == all.len()
            || all.last().is_some_and(|last| is_office(last)) && all.len() < 5
            || all.first().is_some_and(|first| is_office(first)))
    {
        return None;
    }
    let starts_well = part
        .starts_with(|first: char| first.is_uppercase() || !first.is_alphabetic())
        || all.len() > 1 && all.last().is_some_and(|last| last.starts_with(char::is_uppercase))
        || all.len() == 1;
    (!all.is_empty() && all.len() <= 6 && starts_well && part.chars().any(char::is_alphabetic))
        .then_some(part)
}

fn eastern(part: &str) -> Option<String> {
    let tokens: Vec<&str> = part.split_whitespace().collect();
    let office_of = |token: &str| OFFICES.iter().find(|office| token.ends_with(**office)).copied();
    let Some(place) = tokens.iter().position(|token| office_of(token).is_some()) else {
        // `政治部 山田太郎` and `ソウル支局 山田太郎` name the desk; `山田 太郎` is one name.
        let desk =
            |token: &str| token.ends_with(['部', '局', '팀', '부']) && token.chars().count() > 2;
        let rest: Vec<&str> = tokens.iter().copied().filter(|token| !desk(token)).collect();
        let name = rest.join(" ");
        let count = name.chars().count();
        return (2..=20).contains(&count).then_some(name);
    };
    let token = *tokens.get(place)?;
    let office = office_of(token)?;
    let before = token.strip_suffix(office).unwrap_or_default();
    let is_name = |token: &str| {
        let count = token.chars().count();
        (2..=8).contains(&count) && token.chars().any(words::is_cjk_letter)
    };
    let latin = |token: &&str| {
        token.chars().all(|character| character.is_ascii_alphabetic() || character == '.')
    };
    let kanji = |token: &str| {
        token.chars().all(|character| matches!(character, '\u{4e00}'..='\u{9fff}' | '々' | '\u{3041}'..='\u{30ff}'))
    };
    let earlier = tokens.get(..place).unwrap_or_default();
    // `山田 太郎記者`: two short parts of one name.
    if let [.., family] = earlier
        && !before.is_empty()
        && kanji(family)
        && kanji(before)
        && family.chars().count() <= 3
        && before.chars().count() <= 3
    {
        return Some(format!("{family} {before}"));
    }
    // `홍길동 도쿄특파원`, `도쿄 홍길동 특파원`, `정치부 홍길동 기자`
    if let Some(name) = earlier
        .iter()
        .rev()
        .find(|token| is_name(token) && !token.ends_with(['부', '팀', '국', '部', '局']))
    {
        if let [family, given] = earlier
            && kanji(family)
            && kanji(given)
            && before.is_empty()
        {
            return Some(format!("{family} {given}"));
        }
        return Some((*name).to_owned());
    }
    if earlier.iter().any(latin) && !earlier.is_empty() {
        return Some(earlier.join(" "));
    }
    // `記者 山田太郎`, `워싱턴 특파원 김철수`
    let later = tokens.get(place + 1..).unwrap_or_default();
    if !later.is_empty() && (before.is_empty() || before.chars().count() > 4 || kanji(before)) {
        let name = later.join(" ");
        if later.iter().all(|token| office_of(token).is_none()) && name.chars().count() <= 12 {
            return Some(name);
        }
    }
    is_name(before).then(|| before.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, want: &[&str]) {
        assert_eq!(names(text), want, "{text}");
    }

    #[test]
    fn names_of_english_bylines() {
        check("By Jane Doe", &["Jane Doe"]);
        check("BY JANE DOE AND JOHN SMITH", &["JANE DOE", "JOHN SMITH"]);
        check("By Jane Doe, John Smith and Lee Min-ho", &["Jane Doe", "John Smith", "Lee Min-ho"]);
        check("Jane Doe, Staff Writer", &["Jane Doe"]);
        check("By Jane Doe in Seoul", &["Jane Doe"]);
        check("Written by Jane Doe | Example Times", &["Jane Doe"]);
        check("By Jane Doe (jane@example.com)", &["Jane Doe"]);
        check("Jane Doe Senior Correspondent", &[]);
        check("Ludwig van der Berg", &["Ludwig van der Berg"]);
    }

    #[test]
    fn names_of_korean_bylines() {
        check("홍길동 기자", &["홍길동"]);
        check("홍길동기자", &["홍길동"]);
        check("홍길동 기자 hong@example.co.kr", &["홍길동"]);
        check("홍길동·김철수 기자", &["홍길동", "김철수"]);
        check("홍길동 기자, 김철수 특파원", &["홍길동", "김철수"]);
        check("워싱턴=홍길동 특파원", &["홍길동"]);
        check("도쿄 홍길동 특파원", &["홍길동"]);
        check("홍길동 도쿄특파원", &["홍길동"]);
        check("정치부 홍길동 기자", &["홍길동"]);
        check("(서울=연합뉴스) 홍길동 기자 =", &["홍길동"]);
        check("[워싱턴=홍길동 특파원]", &["홍길동"]);
        check("글·사진=홍길동 기자", &["홍길동"]);
    }

    #[test]
    fn names_of_japanese_bylines() {
        check("【ソウル=山田太郎】", &["山田太郎"]);
        check("記者 山田太郎", &["山田太郎"]);
        check("山田太郎記者", &["山田太郎"]);
        check("山田 太郎", &["山田 太郎"]);
        check("ソウル支局 山田太郎", &["山田太郎"]);
        check("ソウル＝山田太郎", &["山田太郎"]);
        check("山田太郎、鈴木花子", &["山田太郎", "鈴木花子"]);
        check("山田太郎・鈴木花子", &["山田太郎", "鈴木花子"]);
        check("ジョン・スミス", &["ジョン・スミス"]);
        check("（山田太郎）", &["山田太郎"]);
        check("取材・文／山田太郎", &["山田太郎"]);
        check("홍길동 기자 김철수 도쿄특파원", &["홍길동", "김철수"]);
    }

    #[test]
    fn datelines_are_read() {
        let check = |text: &str, place: &str, date: Option<&str>, authors: &[&str]| {
            let found = dateline(text).unwrap();
            assert_eq!((found.place.as_str(), found.date.as_deref()), (place, date), "{text}");
            assert_eq!(found.authors, authors, "{text}");
        };
        check("SEOUL, Oct. 30 (Yonhap) -- The two", "SEOUL", Some("Oct. 30"), &[]);
        check("WASHINGTON (AP) — The two", "WASHINGTON", None, &[]);
        check("NEW DELHI — The two", "NEW DELHI", None, &[]);
        check("(서울=연합뉴스) 홍길동 기자 = 정부는", "서울", None, &["홍길동"]);
        check(
            "(서울·도쿄=연합뉴스) 홍길동 기자 김철수 특파원 = 정부는",
            "서울",
            None,
            &["홍길동", "김철수"],
        );
        check("【ソウル=山田太郎】韓国政府は", "ソウル", None, &["山田太郎"]);
        check("【ワシントン30日=東都】米政府は", "ワシントン", Some("30日"), &[]);
        check("[도쿄=홍길동 특파원] 일본", "도쿄", None, &["홍길동"]);
        for text in ["The talks — held in Seoul", "(종합) 정부는", "A — b", "정부는 30일"]
        {
            assert_eq!(dateline(text), None, "{text}");
        }
    }

    #[test]
    fn bylines_are_told_from_text() {
        for text in [
            "By Jane Doe",
            "홍길동 기자",
            "홍길동 기자 hong@example.co.kr",
            "hong@example.co.kr",
            "【ソウル=山田太郎】",
            "（山田太郎）",
            "도쿄=홍길동 특파원",
        ] {
            assert!(is_line(text), "{text}");
        }
        for text in [
            "By Tuesday the talks had ended.",
            "홍길동 기자가 물었다.",
            "기자 회견은 30일 열린다.",
            "By the way",
        ] {
            assert!(!is_line(text), "{text}");
        }
    }
}
