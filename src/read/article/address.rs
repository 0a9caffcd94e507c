//! Addresses of people (mail, telephone) in what a page says: found, however scrambled, and left out, because they are never published.

use std::sync::LazyLock;

use regex::Regex;

/// A mail address, also as pages scramble it: `name@host.kr`, `name＠host.kr`, `name [at] host [dot] kr`, `name(a)host.kr`, `name★host.kr`.
#[expect(clippy::expect_used, reason = "a constant pattern, compiled by every test")]
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    const AT: &str = r"(?:\s?[@＠﹫★☆♥◎]\s?|\s*[\[\(\{<（［【＜]\s*(?:at|AT|a|골뱅이|アット|アットマーク|@|＠)\s*[\]\)\}>）］】＞]\s*|&#64;|%40)";
    const DOT: &str = r"(?:\.|．|\s*[\[\(\{<（［]\s*(?:dot|DOT|점|ドット|\.)\s*[\]\)\}>）］]\s*)";
    const LABEL: &str =
        r"[A-Za-z0-9ａ-ｚＡ-Ｚ０-９](?:[A-Za-z0-9ａ-ｚＡ-Ｚ０-９_\-]*[A-Za-z0-9ａ-ｚＡ-Ｚ０-９])?";
    const NAME: &str = r"(?:mailto:)?[A-Za-z0-9ａ-ｚＡ-Ｚ０-９._%+\-]+";
    // Words for the signs count only where both are spelled out: people meet at reuters.com too.
    Regex::new(&format!(
        r"{NAME}(?:{AT}{LABEL}(?:{DOT}{LABEL}){{0,4}}{DOT}[A-Za-zａ-ｚＡ-Ｚ]{{2,12}}|\s+(?:at|AT)\s+{LABEL}(?:\s+(?:dot|DOT)\s+{LABEL}){{0,3}}\s+(?:dot|DOT)\s+[A-Za-z]{{2,12}})"
    ))
    .expect("the pattern is right")
});

/// Brackets with nothing in them but what an address left behind.
#[expect(clippy::expect_used, reason = "a constant pattern, compiled by every test")]
static EMPTY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"\s*[\[\(（［【〔<＜{]\s*(?:(?i:e-?mail|mail|contact)|이메일|메일|メール|연락처)?\s*[:：=]?\s*[\]\)）］】〕>＞}]|\s*(?:(?i:e-?mail)|이메일|メール)\s*[:：=]\s*$",
    )
    .expect("the pattern is right")
});

/// Whether there is an address in a text.
pub(super) fn is_in(text: &str) -> bool {
    may_be_in(text) && ADDRESS.is_match(text)
}

/// The text without the addresses in it, and without the brackets and separators that stood around them only.
pub(super) fn without(text: &str) -> String {
    if !is_in(text) {
        return text.to_owned();
    }
    let bare = ADDRESS.replace_all(text, "");
    let bare = EMPTY.replace_all(&bare, "");
    let mut out = String::with_capacity(bare.len());
    for word in bare.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out.trim_matches(|end: char| {
        end.is_whitespace() || matches!(end, '/' | '|' | ',' | '·' | '-' | '=' | ':' | '：' | '、')
    })
    .to_owned()
}

/// Whether a closer look is worth it; nearly all texts have nothing that an address is written with.
fn may_be_in(text: &str) -> bool {
    text.contains([
        '@', '＠', '﹫', '★', '☆', '♥', '◎', '[', '(', '{', '<', '（', '［', '【', '＜', '%',
    ]) || text.contains("&#64;")
        || text.contains(" at ")
        || text.contains(" AT ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, want: &str) {
        assert_eq!(without(text), want, "{text}");
    }

    #[test]
    fn addresses_go_however_they_are_written() {
        check("홍길동 기자 hong@example.co.kr", "홍길동 기자");
        check("홍길동 기자 (hong＠example.co.kr)", "홍길동 기자");
        check("홍길동 기자 hong [at] example.com", "홍길동 기자");
        check("By Jane Doe jane(at)example(dot)com", "By Jane Doe");
        check("jane.doe at example dot com", "");
        check("문의 hong★example.com", "문의");
        check("山田太郎（taro＠example.jp）", "山田太郎");
        check("Jane Doe [email: jane@example.com]", "Jane Doe");
    }

    #[test]
    fn other_text_stays() {
        for text in [
            "He is at example of work. dot com",
            "leaders met at home. They spoke",
            "meeting at Reuters.com headquarters",
            "100% (a) first [b] second.",
            "팔로워 @example 계정",
            "sales (up) 3.5",
        ] {
            check(text, text);
        }
    }
}
