//! When an article was published and changed: what is stated, read in the page's own zone, and what the page shows.

use std::sync::LazyLock;

use chrono_tz::Tz;
use regex::Regex;

use super::super::date;
use super::dom::Page;
use super::segment::Block;
use crate::model::article::Origin;
use crate::model::time::Timestamp;

/// A time, and how sure its text is of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) at: Timestamp,
    pub(super) origin: Origin,
    /// What the page says.
    pub(super) text: String,
    /// Whether it says the time of day.
    has_clock: bool,
    /// Whether it says that the clock is UTC.
    is_utc: bool,
    has_zone: bool,
}

/// Reads a stated time; one without a zone is meant in the page's.
pub(super) fn moment(origin: Origin, text: &str, zone: Option<Tz>) -> Option<Moment> {
    let text = text.trim();
    let text = &text[..text.floor_char_boundary(120)];
    let at = date::parse(text, zone).filter(|at| at.unix() > 0)?;
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let has_clock = text.contains(':')
        || text.contains(['시', '時'])
        || digits >= 12
        || text.ends_with('m')
        || digits == 10 && !text.contains(['-', '.', '/']);
    static ZONE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?:[+-]\d{2}:?\d{2}|Z|\b(?:GMT|UTC|KST|JST|[ECMP][DS]T|BST|CET|CEST|IST)\b)\s*\)?$",
        )
    });
    let is_utc = text.ends_with('Z') || text.ends_with("+00:00") || text.ends_with("+0000");
    Some(Moment {
        at,
        origin,
        text: text.to_owned(),
        has_clock,
        is_utc,
        has_zone: ZONE.is_match(text),
    })
}

#[expect(clippy::expect_used, reason = "constant patterns, compiled by every test")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is right")
}

/// The zone that texts without one are meant in: the curator's, else that of the country whose language or address the page has.
pub(super) fn zone(stated: Option<Tz>, language: Option<&str>, host: Option<&str>) -> Option<Tz> {
    let country = host.and_then(|host| host.rsplit('.').next());
    stated.or(match (language, country) {
        (_, Some("kr")) => Some(Tz::Asia__Seoul),
        (_, Some("jp")) => Some(Tz::Asia__Tokyo),
        (Some("ko"), _) => Some(Tz::Asia__Seoul),
        (Some("ja"), _) => Some(Tz::Asia__Tokyo),
        _ => None,
    })
}

/// The moment that counts, and the rule that decided, if one did.
pub(super) fn choose(
    moments: &[Moment],
    zone: Option<Tz>,
) -> Option<(Moment, Option<&'static str>)> {
    let first = moments.first()?;
    // A clock of the page's zone with the sign of UTC behind it: another place says the same clock in the zone.
    if first.is_utc
        && first.has_clock
        && let Some(zone) = zone
        && let Some(other) = moments.iter().skip(1).find(|other| {
            other.has_clock && !other.is_utc && {
                let east = first.at.unix() - other.at.unix();
                east != 0 && east.unsigned_abs() <= 14 * 3600 && east == offset(zone, other.at)
            }
        })
    {
        return Some((
            other.clone(),
            Some("the stated time is the local clock with the sign of UTC"),
        ));
    }
    // A day gives way to a time of that day.
    if !first.has_clock
        && let Some(other) = moments.iter().skip(1).find(|other| {
            other.has_clock && (other.at.unix() - first.at.unix()).abs() < 86_400 + 14 * 3600
        })
    {
        return Some((other.clone(), Some("a time of the stated day says more than the day")));
    }
    // A clock without a zone gives way to the same clock with one.
    if !first.has_zone
        && first.has_clock
        && let Some(other) = moments.iter().skip(1).find(|other| {
            other.has_zone
                && other.at != first.at
                && (other.at.unix() - first.at.unix()).abs() <= 14 * 3600
                && (other.at.unix() - first.at.unix()) % 900 == 0
        })
    {
        return Some((other.clone(), Some("the same clock with its zone says more than without")));
    }
    Some((first.clone(), None))
}

/// Seconds that a zone is east of UTC at a moment.
fn offset(zone: Tz, at: Timestamp) -> i64 {
    use chrono::Offset as _;
    i64::from(at.to_utc().with_timezone(&zone).offset().fix().local_minus_utc())
}

/// A date as pages show it.
const DATE: &str = r"(?:(?:\d{4}|令和\s?\d{1,2})\s?[-./年년]\s?\d{1,2}\s?[-./月월]\s?\d{1,2}\s?[日일.]?\s*(?:[(（][^)）]{1,4}[)）])?,?\s*(?:T?(?:(?:오전|오후|午前|午後|AM|PM|am|pm)\s*)?\d{1,2}\s?[:：시時]\s?\d{0,2}(?:(?::\d{2})|[분分])?(?:\s?[AaPp]\.?[Mm]\.?)?)?(?:\s*[(]?(?:KST|JST|GMT|UTC|Z|[+-]\d{2}:?\d{2})[)]?)?|(?i:(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+)?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+\d{1,2}(?:st|nd|rd|th)?,?\s+\d{4}|\d{1,2}\s+(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?,?\s+\d{4})(?:,?\s*(?:at|-|–|\||·)?\s*\d{1,2}[:.]\d{2}(?::\d{2})?\s*(?i:[ap]\.?m\.?)?)?(?:\s*[(]?(?:KST|JST|GMT|UTC|BST|CET|EST|EDT|ET|PST|PDT|[+-]\d{2}:?\d{2})\b[)]?)?)";

/// Words in front of the time of the first publication, and of the last change.
const FIRST: &str = r"(?:(?i:first published|originally published|published|posted|issued|release date|publication date|date|created)(?:\s+(?i:on|at|date))?|기사\s?입력|최초\s?입력|입력|등록|승인|게재|발행|송고|작성일?|公開日?時?|掲載日?時?|配信日?時?|投稿日?|発行日)";
const LAST: &str = r"(?:(?i:last updated|last modified|updated|modified|update)(?:\s+(?i:on|at))?|최종\s?수정|최종\s?편집|수정|업데이트|更新日?時?|最終更新日?時?|改訂)";

/// The times that the visible page says, of the first publication and of the last change.
pub(super) fn shown(
    page: &Page<'_>,
    blocks: &[Block],
    zone: Option<Tz>,
) -> (Vec<Moment>, Vec<Moment>) {
    static PUBLISHED: LazyLock<Regex> = LazyLock::new(|| {
        pattern(&format!(r"{FIRST}\s*(?:일시|시간|日時)?\s*[:：|]?\s*[\[(]?\s*(?P<date>{DATE})"))
    });
    static MODIFIED: LazyLock<Regex> = LazyLock::new(|| {
        pattern(&format!(r"{LAST}\s*(?:일시|시간|日時)?\s*[:：|]?\s*[\[(]?\s*(?P<date>{DATE})"))
    });
    static BARE: LazyLock<Regex> =
        LazyLock::new(|| pattern(&format!(r"^\s*[\[(]?\s*(?P<date>{DATE})")));
    let (mut published, mut modified) = (Vec::new(), Vec::new());
    let (mut bare, mut times) = (Vec::new(), Vec::new());
    for block in blocks
        .iter()
        .filter(|block| {
            block.text.len() < 300 && block.text.bytes().any(|byte| byte.is_ascii_digit())
        })
        .take(400)
    {
        let find = |pattern: &Regex| {
            let found = pattern.captures(&block.text)?;
            moment(
                Origin::Document,
                found.name("date")?.as_str().trim_end_matches(['(', '[', ' ']),
                zone,
            )
        };
        published.extend(find(&PUBLISHED));
        modified.extend(find(&MODIFIED));
        if block.text.len() < 100 && bare.len() < 3 {
            bare.extend(find(&BARE));
        }
    }
    // Elements made for it: the first of the page is the article's.
    for id in page.elements("time").take(20) {
        let Some(text) = page.attribute(id, "datetime") else { continue };
        let around = page.parent(id).map(|parent| page.text(parent)).unwrap_or_default();
        let around = &around[..around.floor_char_boundary(40)];
        static IS_LAST: LazyLock<Regex> = LazyLock::new(|| pattern(&format!(r"^\s*{LAST}")));
        let is_last = IS_LAST.is_match(around)
            || ["updated", "modified", "dateModified"].iter().any(|word| {
                page.has_word(id, "class", word) || page.has_word(id, "itemprop", word)
            });
        let list = if is_last { &mut modified } else { &mut times };
        list.extend(moment(Origin::Document, &text, zone));
    }
    published.extend(times);
    published.extend(bare);
    (published, modified)
}

/// The date that an address has in its path (`/2025/10/30/`, `/20251030`).
pub(super) fn in_address(path: &str, zone: Option<Tz>) -> Option<Moment> {
    static DATED: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"/(?P<year>20\d{2})[/-]?(?P<month>0[1-9]|1[0-2])[/-]?(?P<day>0[1-9]|[12]\d|3[01])(?:\D|\d{4,}|$)",
        )
    });
    let found = DATED.captures(path)?;
    let part = |name| found.name(name).map(|part| part.as_str());
    moment(Origin::Address, &format!("{}-{}-{}", part("year")?, part("month")?, part("day")?), zone)
}

#[cfg(test)]
mod tests {
    use super::super::segment::blocks;
    use super::*;

    fn check(html: &str, published: &str, modified: &str) {
        let page = Page::new(html);
        let blocks = blocks(&page, page.root(), |_| false);
        let (first, last) = shown(&page, &blocks, Some(Tz::Asia__Seoul));
        let text = |moments: &[Moment]| {
            moments.first().map_or(String::new(), |moment| moment.at.to_rfc3339())
        };
        assert_eq!((text(&first).as_str(), text(&last).as_str()), (published, modified), "{html}");
    }

    #[test]
    fn shown_times_are_read() {
        check(
            "<p>입력 2025.10.30 15:05 <p>수정 2025.10.30 오후 4:10",
            "2025-10-30T06:05:00Z",
            "2025-10-30T07:10:00Z",
        );
        check(
            "<span>입력 : 2025-10-30 15:05:11 | 수정 : 2025-10-30 16:10:00</span>",
            "2025-10-30T06:05:11Z",
            "2025-10-30T07:10:00Z",
        );
        check(
            "<p>公開日時：2025年10月30日 15時05分</p><p>更新 2025/10/30 16:10",
            "2025-10-30T06:05:00Z",
            "2025-10-30T07:10:00Z",
        );
        check(
            "<p>Published: October 30, 2025 at 3:05 pm KST<p>Updated Oct. 31, 2025",
            "2025-10-30T06:05:00Z",
            "2025-10-30T15:00:00Z",
        );
        check("<p>30 Oct 2025, 15:05 GMT</p>", "2025-10-30T15:05:00Z", "");
        check("<time datetime='2025-10-30T15:05:00+09:00'>x</time>", "2025-10-30T06:05:00Z", "");
    }

    #[test]
    fn contradictions_have_rules() {
        let zone = Some(Tz::Asia__Seoul);
        let check = |texts: &[&str], want: &str| {
            let moments: Vec<Moment> =
                texts.iter().filter_map(|text| moment(Origin::JsonLd, text, zone)).collect();
            assert_eq!(choose(&moments, zone).unwrap().0.at.to_rfc3339(), want, "{texts:?}");
        };
        check(&["2025-10-30T15:05:00Z", "2025-10-30 15:05"], "2025-10-30T06:05:00Z");
        check(&["2025-10-30T06:05:00Z", "2025-10-30 15:05"], "2025-10-30T06:05:00Z");
        check(&["2025-10-30", "2025-10-30T15:05:00+09:00"], "2025-10-30T06:05:00Z");
        check(&["2025-10-30T15:05:00+09:00", "2025-10-29"], "2025-10-30T06:05:00Z");
    }
}
