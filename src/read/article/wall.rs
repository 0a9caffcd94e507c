//! What stands between a reader and the text: a paywall, a question about cookies, a log-in, a proof of being human, or scripts that never ran.

use super::dom::Page;
use super::segment::{Block, Measure, called};
use super::words;
use crate::model::article::Wall;

/// Below that much prose (in units of [`words::weight`]) a page shows no whole article.
const SHORT: usize = 1_200;
/// Below that it shows the beginning of one.
const TEASER: usize = 900;
/// Below that there is hardly a sentence.
const BARE: usize = 350;

const PAY: [&str; 43] = [
    "subscribe to continue",
    "subscribe to read",
    "subscribers only",
    "subscriber-only",
    "subscriber only",
    "for subscribers",
    "exclusive to subscribers",
    "already a subscriber",
    "become a subscriber",
    "to continue reading",
    "to keep reading",
    "continue reading with",
    "read the full article",
    "read the full story",
    "unlock this article",
    "unlock the full",
    "premium content",
    "free articles left",
    "free articles remaining",
    "reached your limit",
    "start your free trial",
    "start your trial",
    "members only",
    "구독자 전용",
    "유료 회원",
    "유료회원",
    "회원 전용 기사",
    "회원전용",
    "프리미엄 기사",
    "유료 기사",
    "유료기사",
    "구독 후",
    "구독하시면",
    "구독하고",
    "전체 기사를 보시려면",
    "이후 내용은",
    "有料会員",
    "会員限定",
    "有料記事",
    "続きを読むには",
    "この記事は有料",
    "購読すると",
    "有料プラン",
];

const LOGIN: [&str; 18] = [
    "log in to read",
    "log in to continue",
    "login to continue",
    "sign in to read",
    "sign in to continue",
    "please log in",
    "please sign in",
    "register to continue",
    "create a free account",
    "register for free",
    "로그인 후 이용",
    "로그인이 필요",
    "로그인 후 전체",
    "로그인 하셔야",
    "무료 회원가입",
    "ログインして",
    "ログインが必要",
    "無料会員登録",
];

const CONSENT: [&str; 20] = [
    "we value your privacy",
    "before you continue",
    "we use cookies",
    "our partners use cookies",
    "accept all cookies",
    "accept all",
    "cookie consent",
    "consent to cookies",
    "manage your privacy",
    "your privacy choices",
    "we and our partners",
    "privacy settings",
    "agree and continue",
    "쿠키 사용에 동의",
    "쿠키를 사용",
    "모두 동의",
    "クッキーを使用",
    "クッキーの使用",
    "すべて同意",
    "cookieの使用",
];

const CHALLENGE: [&str; 14] = [
    "just a moment",
    "checking your browser",
    "verify you are human",
    "are you a robot",
    "verifying you are human",
    "attention required",
    "access denied",
    "unusual traffic",
    "complete the captcha",
    "enable cookies and reload",
    "자동 접속",
    "로봇이 아닙니다",
    "ロボットではありません",
    "アクセスが拒否",
];

const SCRIPT: [&str; 14] = [
    "enable javascript",
    "javascript is required",
    "javascript is disabled",
    "javascript to run this app",
    "requires javascript",
    "turn on javascript",
    "without javascript",
    "javascript enabled",
    "자바스크립트를 활성화",
    "자바스크립트를 사용",
    "자바스크립트가",
    "javascriptを有効",
    "javascriptが無効",
    "javascript を有効",
];

/// What elements of a paywall are called.
const PAY_ELEMENTS: [&str; 16] = [
    "paywall",
    "pay-wall",
    "pay_wall",
    "subscriber-only",
    "subscribers-only",
    "subscription-wall",
    "premium-wall",
    "tp-modal",
    "piano-offer",
    "regwall",
    "meter-wall",
    "metered",
    "locked-content",
    "article-lock",
    "gate-content",
    "premium-lock",
];

/// The wall, if there is one. `shown` is how much of the article's text the page has, `is_free` what it states.
pub(super) fn wall(
    page: &Page<'_>,
    measure: &Measure,
    blocks: &[Block],
    shown: usize,
    is_free: Option<bool>,
) -> Option<Wall> {
    if is_free == Some(false) {
        return Some(Wall::Paywall);
    }
    if shown >= SHORT {
        return None;
    }
    // Comment boxes and the frame of the page ask to log in on every page.
    let is_frame = |block: &Block| {
        page.ancestors(block.first).take(12).any(|above| {
            page.name(above)
                .is_some_and(|name| matches!(name, "nav" | "header" | "footer" | "aside"))
                || called(page, above, &["comment", "reply", "footer", "header", "gnb"], &["cmt"])
        })
    };
    let texts: Vec<String> = blocks
        .iter()
        .filter(|block| block.text.len() < 1_000 && !is_frame(block))
        .map(|block| block.text.to_lowercase())
        .collect();
    let says = |phrases: &[&str]| {
        texts.iter().any(|text| phrases.iter().any(|phrase| text.contains(phrase)))
    };
    let has_password = page.elements("input").any(|id| page.has_word(id, "type", "password"));
    let elements = page.inside(page.root()).any(|id| {
        page.name(id).is_some()
            && !page.is(id, "body")
            && !page.is(id, "html")
            && called(page, id, &PAY_ELEMENTS, &[])
    });
    let title =
        page.elements("title").next().map(|id| page.raw(id).to_lowercase()).unwrap_or_default();
    let in_title = |phrases: &[&str]| phrases.iter().any(|phrase| title.contains(phrase));
    let everything = measure.chars(page, page.root());
    if shown < BARE {
        if in_title(&CHALLENGE) || (everything < 2_500 && says(&CHALLENGE)) {
            return Some(Wall::Challenge);
        }
        if in_title(&CONSENT) || says(&CONSENT) && !says(&PAY) {
            return Some(Wall::Consent);
        }
    }
    if shown < TEASER && (says(&PAY) || elements || texts.iter().any(|text| counts_the_rest(text)))
    {
        return Some(Wall::Paywall);
    }
    if shown < BARE && (says(&LOGIN) || has_password) {
        return Some(Wall::Login);
    }
    if shown < BARE && is_shell(page, everything) {
        return Some(Wall::Script);
    }
    None
}

/// Whether a text says how many characters are behind the wall: `残り1250文字`.
fn counts_the_rest(text: &str) -> bool {
    text.split_once("残り").is_some_and(|(_, rest)| {
        let rest = rest.trim_start_matches(|character: char| {
            character.is_ascii_digit() || matches!(character, ':' | '：' | ',' | ' ')
        });
        rest.starts_with("文字") || rest.starts_with('字')
    })
}

/// Whether a page has nothing until its scripts have run.
fn is_shell(page: &Page<'_>, everything: usize) -> bool {
    let has_scripts = page.elements("script").next().is_some();
    let asks = page.elements("noscript").take(20).any(|id| {
        page.inside(id).take(100).any(|inner| {
            let text = page.raw(inner).to_lowercase();
            SCRIPT.iter().any(|phrase| text.contains(phrase))
        })
    }) || page.inside(page.root()).any(|id| {
        page.name(id).is_none() && {
            let text = page.raw(id);
            text.len() < 400
                && (text.contains("avaScript")
                    || text.contains("avascript")
                    || text.contains("자바스크립트"))
                && {
                    let text = text.to_lowercase();
                    SCRIPT.iter().any(|phrase| text.contains(phrase))
                }
        }
    });
    let has_root = page.elements("div").any(|id| {
        page.written(id, "id").is_some_and(|id| {
            matches!(
                id,
                "root"
                    | "app"
                    | "__next"
                    | "__nuxt"
                    | "app-root"
                    | "react-root"
                    | "main-app"
                    | "svelte"
                    | "___gatsby"
                    | "q-app"
                    | "application"
                    | "ember-app"
            )
        })
    });
    has_scripts && (asks || has_root || everything < 150)
}

/// How much of an article its paragraphs are.
pub(super) fn shown(paragraphs: &[String]) -> usize {
    paragraphs.iter().map(|paragraph| words::weight(paragraph)).sum()
}
