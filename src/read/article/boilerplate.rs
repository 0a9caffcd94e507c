//! What a line of an article's element is: its text, or one of the lines that outlets put there in every article. By classes of wording in
//! English, Korean and Japanese; long lines are text whatever they hold.

use std::sync::LazyLock;

use regex::{Regex, RegexSet};

use super::address;
use super::byline;
use super::words;

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    Text,
    Caption,
    Byline,
    Related,
    Furniture,
}

/// Wording that makes a whole line furniture, wherever it stands in it; such lines are shorter than 300 units.
const ANYWHERE: [&str; 34] = [
    // Copyright.
    r"(?i)\ball rights reserved\b",
    r"(?i)(?:^|\s)(?:copyright|copyrights|\(c\))\s*[ⓒ©]?\s*(?:\d{4}|by\b|ⓒ|©|\S+\s+(?:inc|ltd|co)\b)",
    r"(?i)may not be (?:published|reproduced|republished|redistributed|copied)",
    r"(?i)(?:unauthorized|unauthorised) (?:reproduction|copying|use|redistribution)",
    r"(?i)^\s*[ⓒ©]\s*(?:\d{4}\b|.{0,40}$)",
    r"무단\s*(?:전재|복제|배포|도용|사용)",
    r"재배포\s*(?:를\s*)?(?:금지|및)",
    r"저작권자\s*(?:\(c\)|[ⓒ©:：<(\[]|는|ⓒ)",
    r"AI\s*학습\s*(?:및\s*활용|이용|활용)\s*금지",
    r"[無无]断(?:転載|複製|使用|複写|引用)",
    r"転載(?:を|は)?\s*(?:お断り|禁)",
    r"著作権(?:は|者|法)",
    r"記事・?写真(?:・図表)?(?:など)?の無断",
    // Newsletters and subscriptions.
    r"(?i)\b(?:sign up|subscribe|register)\b.{0,60}\b(?:newsletter|briefing|alerts?|inbox|emails?|updates|morning|daily|podcast|today|now)\b",
    r"(?i)\bnewsletter\b.{0,60}\b(?:sign up|subscribe|inbox|every (?:day|morning|week)|delivered)\b",
    r"(?i)\bget (?:the|our|all the)\b.{0,80}\b(?:inbox|newsletter|app|alerts)\b",
    r"(?i)\b(?:follow|like|find|join) us on\b",
    r"(?i)\bdownload (?:the|our)\b.{0,30}\bapp\b",
    r"(?i)^by signing up\b|\bprivacy policy\b.{0,60}\bapply\b|protected by recaptcha",
    r"뉴스레터\s*(?:를|을)?\s*(?:구독|신청|받아)|구독\s*(?:하기|신청|하러)|채널\s*(?:을\s*)?(?:추가|구독)|카카오톡\s*(?:채널|제보|:)|네이버에서\s*.{0,30}(?:구독|보기|받아)",
    r"제보\s*(?:는|하기|전화|를\s*기다|가\s*뉴스)|제보를\s*받|뉴스\s*제보",
    r"(?:メルマガ|メールマガジン|ニュースレター).{0,30}(?:登録|購読|配信|受け取)",
    r"(?:公式)?(?:LINE|X|Twitter|ツイッター|アプリ).{0,20}(?:フォロー|友だち|友達|ダウンロード)(?:する|して|は|登録|追加|を|$)",
    // Comments and logging in.
    r"(?i)\b(?:log|sign) ?in\b.{0,40}\b(?:comment|to (?:continue|save|share|post|vote))\b",
    r"(?i)\b(?:view|show|read|post|leave|add|see|hide|write) (?:all )?(?:\d+ |a |your |the )?comments?\b",
    r"(?i)^\s*\d+\s+(?:comments?|shares?|likes?|views?|replies|responses)\b",
    r"로그인\s*(?:후|하시면|이\s*필요|하셔야|해\s*주세요|하고)|댓글\s*(?:\(?\s*\d|을|쓰기|달기|작성|보기|남기|등록|운영|접기|펼치)|(?:좋아요|화나요|슬퍼요|후속기사\s*원해요|훈훈해요)\s*\d*\s*(?:개|명|$|\d)",
    r"コメント(?:を(?:書|投稿|見|読|する|残)|する|欄|\s*[\(（]?\d|投稿|一覧)|ログイン(?:して|する|が必要|後|／|・)|会員登録(?:して|する|が|・|／)",
    r"(?i)\bcharacters? (?:left|remaining)\b|0\s*/\s*\d{3}\b",
    // Sharing, printing, reading aloud.
    r"(?i)\b(?:share|save|print|listen)\b(?:\s*[|/·,]?\s*\b(?:share|save|print|email|e-mail|tweet|facebook|twitter|linkedin|whatsapp|copy link|copy|link|gift|listen|reddit|pinterest|telegram|x|line|comments?)\b){1,}",
    r"(?:글자|폰트|글씨)\s*(?:크기|확대|축소|크게|작게)|(?:기사|본문)\s*(?:프린트|인쇄|듣기|읽기|공유|스크랩|저장|요약)|프린트(?:하기)?$|(?:URL|주소|링크)\s*복사|공유하기|인쇄하기|스크랩하기|북마크",
    r"(?:文字|フォント)(?:サイズ|の大きさ)|(?:印刷|プリント)(?:する|用|ページ|$)|(?:URL|リンク)(?:を)?コピー|(?:記事を)?(?:シェア|ブックマーク|クリップ|保存)(?:する|$)|ツイートする",
    r"(?i)\b(?:click|tap) (?:here|on a word|any word)\b.{0,60}(?:meaning|dictionary|definition|look up)|단어를\s*(?:클릭|더블클릭)|辞書(?:で|を)(?:引|検索)",
    r"(?i)^(?:advertisement|ad|sponsored|story continues|article continues|continue reading|scroll to continue|this advertisement)\b.{0,40}$|^(?:광고|AD|PR|スポンサーリンク)$",
];

static ANYWHERE_SET: LazyLock<RegexSet> = LazyLock::new(|| set(&ANYWHERE));

#[expect(clippy::expect_used, reason = "constant patterns, compiled by every test")]
fn set(patterns: &[&str]) -> RegexSet {
    RegexSet::new(patterns).expect("the patterns are right")
}

/// Lines that lead to another article.
const LEADS: [&str; 6] = [
    r"(?i)^\s*[\[【(]?\s*(?:read (?:more|also|next|the full)|also read|see also|related|more on this|more|watch|listen|in pictures|recommended|analysis|explainer|don't miss|opinion|what to know)\s*[\]】)]?\s*[:：|►▶»>→-]",
    r"^\s*[▶▷►☞→⇒]\s*\S",
    r"^\s*[\[【〔(<＜]\s*(?:관련\s*기사|관련기사|관련\s*뉴스|연관\s*기사|추천\s*기사|바로가기|기사\s*더\s*보기)\s*[\]】〕)>＞]",
    r"^\s*(?:관련\s*기사|관련\s*뉴스|연관\s*기사)\s*[:：▶☞|]",
    r"^\s*(?:関連記事|関連ニュース|関連|あわせて読みたい|合わせて読みたい|【関連記事】|【関連】|[＜<]関連記事[＞>])\s*[:：|▶】＞>]",
    r"^\s*[（(]?\s*(?:関連記事|詳細)は?こちら",
];

static LEADS_SET: LazyLock<RegexSet> = LazyLock::new(|| set(&LEADS));

/// Lines under a picture that stand among the paragraphs.
const CAPTIONS: [&str; 9] = [
    r"^\s*[▲△▼◀◁]\s*\S",
    r"[\[(（［【〔<＜]\s*(?:사진|그래픽|자료|이미지|영상)\s*(?:제공|출처)?\s*[=:：/／]?\s*[^\]\)）］】〕>＞]{0,40}[\]\)）］】〕>＞]\s*\.?\s*$",
    r"\.\s*/?\s*(?:사진|그래픽|자료)\s*(?:제공|출처)?\s*[=:：/]\s*\S{1,30}\s*$",
    r"[\[(（［【〔＝=]\s*(?:写真|撮影|提供|画像|図)\s*[=＝:：/／・は]?\s*[^\]\)）］】〕]{0,40}[\]\)）］】〕]?\s*$",
    r"[（(＝=／/〔【]?\s*(?:[^（(\s]{1,24}提供|[^（(\s]{1,24}撮影|(?:AFP|AP|ロイター|EPA|UPI|聯合ニュース|新華社|共同|時事)(?:[=＝／/]\S{1,12})?)\s*[）)〕】]\s*$",
    r"(?i)[\[(（]\s*(?:photo|image|picture|photograph|file photo|credit|courtesy)\b[^\])）]{0,60}[\])）]\s*\.?\s*$",
    r"[\[(（]\s*(?i:AP|AFP|REUTERS|EPA|UPI|Yonhap|Kyodo|Xinhua|Getty Images|Bloomberg|Newsis|EPA-EFE|Jiji)(?:\s+Photo)?(?:\s*/\s*[^\])）]{0,40}|[-=][^\])）]{0,30})?[\])）]\s*\.?\s*$",
    r"(?i)(?:^|[.!?\u{201d}\u{22}]\s*)(?:photo(?:graph)?|image|picture|credit)s?\s*(?:by|courtesy of|credit|:|：|/|·)\s*[^.]{2,60}$",
    r"[ⓒ©]\s*[^\s.]{1,20}(?:\s[^\s.]{1,16}){0,2}\s*$",
];

static CAPTIONS_SET: LazyLock<RegexSet> = LazyLock::new(|| set(&CAPTIONS));

/// Labels and times in front of an article.
#[expect(clippy::expect_used, reason = "a constant pattern, compiled by every test")]
static LABELS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)
        ^\s*[\[(（【]?\s*(?:
            (?i:(?:first\ )?(?:published|posted|updated|last\ (?:updated|modified)|modified|created|date|publication\ date|issued|release\ date)(?:\s*(?:on|at|:|：|\|)|\s+\w{3,9}\.?\s\d).{0,80})
          | (?:입력|수정|등록|승인|게재|발행|기사입력|최종수정|최종\ ?편집|최초입력|업데이트|송고|기사\ ?등록|작성)(?:일시?|시간)?\s*[:：|]?\s*[\[(]?\s*(?:\d{4}|오[전후]).{0,90}
          | (?:公開|更新|配信|掲載|最終更新|投稿|公開日|更新日|配信日|掲載日)(?:日時?)?\s*[:：|]?\s*(?:\d{4}|令和).{0,70}
          | (?:\d{4}\s*[-./年년]\s*\d{1,2}\s*[-./月월]\s*\d{1,2}\s*[日일.]?).{0,40}
          | (?i:(?:mon|tue|wed|thu|fri|sat|sun)\w*,?\s+)?(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+\d{1,2},?\s+\d{4}.{0,50}
          | \d{1,2}\s+(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?,?\s+\d{4}.{0,40}
          | (?i:\d+\s*min(?:ute)?s?\ read|reading\ time.{0,20}|\d+\s+(?:minutes?|hours?|days?)\ ago|listen\ to\ (?:this\ )?(?:article|story).{0,20}|estimated\ reading.{0,20})
          | \d+\s*분\s*(?:전|소요).{0,10}
          | \d{1,2}[:.]\d{2}(?:\s*(?i:[ap]\.?m\.?|gmt|kst|jst))?
        )\s*$",
    )
    .expect("the pattern is right")
});

/// Says what a line is.
pub(super) fn line(text: &str) -> Line {
    let weight = words::weight(text);
    if weight > 600 {
        return Line::Text;
    }
    let is_long = weight > 300;
    if !is_long && ANYWHERE_SET.is_match(text) && !is_quoted(text) {
        return Line::Furniture;
    }
    if !is_long && (LABELS.is_match(text) && weight < 130) {
        return Line::Furniture;
    }
    if weight < 260 && LEADS_SET.is_match(text) {
        return Line::Related;
    }
    if byline::is_line(text)
        || (weight < 160 && address::is_in(text) && !words::ends_sentence(text))
    {
        return Line::Byline;
    }
    if weight < 560 && CAPTIONS_SET.is_match(text) {
        return Line::Caption;
    }
    if weight < 200 && address::is_in(text) && words::weight(&address::without(text)) < 60 {
        return Line::Byline;
    }
    Line::Text
}

/// Whether the words stand in what somebody said.
fn is_quoted(text: &str) -> bool {
    words::weight(text) > 90 && text.contains(['"', '“', '「'])
}

/// A paragraph without the copyright and mail address that a template ran into its end.
pub(super) fn without_ends(text: &str) -> String {
    #[expect(clippy::expect_used, reason = "a constant pattern, compiled by every test")]
    static END: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?:\s*[<＜\[(]\s*(?:저작권자|ⓒ|©|Copyright)[^>＞\])]{0,120}[>＞\])]|\s*(?:저작권자|무단\s*전재)[^.]{0,80}금지|\s*[（(【]?無断転載(?:を|・)?(?:禁|複製).{0,12})\s*$",
        )
        .expect("the pattern is right")
    });
    let start = text.floor_char_boundary(text.len().saturating_sub(600));
    match END.find(&text[start..]) {
        Some(found) => text[..start + found.start()].trim_end().to_owned(),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(want: Line, lines: &[&str]) {
        for text in lines {
            assert_eq!(line(text), want, "{text}");
        }
    }

    #[test]
    fn furniture_goes_in_three_languages() {
        check(
            Line::Furniture,
            &[
                "© 2025 Example Times. All rights reserved.",
                "<저작권자 ⓒ 예시일보, 무단전재 및 재배포 금지>",
                "無断転載を禁じます",
                "Sign up for our daily newsletter and never miss a story",
                "댓글 0",
                "Share Tweet Email",
                "글자크기 설정",
                "입력 2025.10.30 15:05 | 수정 2025.10.30 16:00",
                "公開日：2025年10月30日 12:00",
                "Published: Oct 30, 2025 at 3:05 pm",
                "Advertisement",
                "Log in to comment",
                "로그인 후 이용해 주세요",
            ],
        );
    }

    #[test]
    fn captions_are_known_by_their_credits() {
        check(
            Line::Caption,
            &[
                "▲ 회담장에 들어서는 두 장관",
                "회담장에 들어서는 두 장관 [사진=연합뉴스]",
                "会談する両外相＝30日、ソウル（AFP=時事）",
                "The two ministers shake hands in Seoul. (AP Photo/Lee Min)",
                "Photo: Jane Doe",
            ],
        );
    }

    #[test]
    fn text_stays() {
        check(
            Line::Text,
            &[
                "The ministers agreed to share intelligence and to meet again next month.",
                "정부는 30일 회담 결과를 발표하고 후속 협의를 이어가기로 했다고 밝혔다.",
                "首相は30日、記者団に対し「コメントを控える」と述べた上で、今後の協議に期待を示した。",
                "\"We will subscribe to the daily briefing on the truce,\" said the minister, who had earlier said that nothing was agreed.",
                "In 2025 the treaty was signed in Geneva after four years of talks (the longest in its history).",
            ],
        );
    }
}
