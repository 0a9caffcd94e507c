//! The dates of listings: in the middle of other text, without a year, without a day, or said as "3 hours ago". What they leave open is settled
//! by the moment the page was read.

use std::sync::LazyLock;

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;
use regex::{Captures, Regex};

use crate::model::time::Timestamp;
use crate::read::date;

/// A date of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dated {
    pub(super) at: Timestamp,
    /// Counted back from the moment of reading, so that it is another one at each.
    pub(super) is_estimate: bool,
}

/// What the text of a page leaves open.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    /// The zone of what states none.
    pub(super) zone: Option<Tz>,
    /// When the page was read; without it only whole dates are read.
    pub(super) now: Option<Timestamp>,
}

/// A whole date with or without a clock: `2025-10-30T15:05:00+09:00`, `2025.10.30. 오후 3:05`, `2025年10月30日 15時05分`.
static YEAR_FIRST: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        r"(?x)(?:^|[^\d.])(?P<y>(?:19|20)\d{2})\s?(?:[-./]|년|年)\s?(?P<m>\d{1,2})\s?(?:[-./]|월|月)\s?(?P<d>\d{1,2})\s?(?:\.|일|日)?
        (?:\s*[(（\[][^)）\]]{1,9}[)）\]])?(?:[\sT,|·]*(?P<clock>CLOCK))?",
    )
});
/// `25.10.30 15:05`, `25-10-30`, as Korean and Japanese boards write.
static SHORT_YEAR: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        r"(?x)(?:^|[^\d.:])'?(?P<yy>\d{2})[-./]\s?(?P<m>\d{1,2})[-./]\s?(?P<d>\d{1,2})\.?(?:[\s,|·]*(?P<clock>CLOCK))?(?:[^\d.:-]|$)",
    )
});
/// `Oct 30, 2025 3:05 PM`, `October 30`.
static MONTH_FIRST: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        r"(?ix)\b(?P<mon>jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*\.?\s{1,2}(?P<d>\d{1,2})(?:st|nd|rd|th)?\b
        (?:,?\s{1,2}(?P<y>(?:19|20)\d{2}))?(?:[\s,|·]*(?:at\s)?(?P<clock>CLOCK))?",
    )
});
/// `30 Oct 2025 15:05`, `Thu, 30 October`.
static DAY_FIRST: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        r"(?ix)\b(?P<d>\d{1,2})(?:st|nd|rd|th)?[\s-](?:of\s)?(?P<mon>jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*\.?
        (?:,?[\s-](?P<y>(?:19|20)\d{2}))?(?:[\s,|·]*(?:at\s)?(?P<clock>CLOCK))?",
    )
});
/// `10월 30일 15:05`, `10/30(木) 15:05`, `10.30 15:05`, `10-30`.
static NO_YEAR: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        r"(?x)(?:^|[^\d.:/-])(?P<m>\d{1,2})\s?(?:[-./]|월|月)\s?(?P<d>\d{1,2})(?:\s?[일日]|\.)?
        (?:\s*[(（\[][^)）\]]{1,9}[)）\]])?(?:[\s,|·]*(?P<clock>CLOCK))?(?:[^\d.:/-]|$)",
    )
});
/// `오늘 15:05`, `yesterday`, `昨日 9:00`.
static DAY_WORD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        r"(?ix)(?P<word>today|yesterday|오늘|어제|그제|그저께|今日|本日|昨日|きのう|一昨日|おととい)(?:[\s,|·]*(?:at\s)?(?P<clock>CLOCK))?",
    )
});
/// A clock alone.
static TIME_ONLY: LazyLock<Option<Regex>> =
    LazyLock::new(|| regex(r"(?x)(?:^|[^\d:.])(?P<clock>CLOCK)(?:[^\d:.]|$)"));
/// `3 hours ago`, `5분 전`, `2時間前`.
static AGO: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        r"(?ix)(?P<n>\d{1,4}|\ban?|\bone)\s?(?:
          (?P<s>seconds?|secs?|s)\sago|(?P<mi>minutes?|mins?|m)\sago|(?P<h>hours?|hrs?|h)\sago|(?P<dd>days?|d)\sago|
          (?P<w>weeks?|wks?|w)\sago|(?P<mo>months?)\sago|
          (?P<ks>초|秒)\s?(?:전|前)|(?P<kmi>분|分)\s?(?:전|前)|(?P<kh>시간|時間)\s?(?:전|前)|(?P<kd>일|日)\s?(?:전|前)|
          (?P<kw>주|주일|週間|週)\s?(?:전|前)|(?P<kmo>개월|달|か月|カ月|ヶ月|ヵ月)\s?(?:전|前))",
    )
});
static JUST_NOW: LazyLock<Option<Regex>> =
    LazyLock::new(|| regex(r"(?i)just now|방금|たった今|さきほど"));
static CLOCK_PARTS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        r"(?ix)(?P<half1>오전|오후|午前|午後|am|pm)?\s?(?P<hh>\d{1,2})\s?(?::|시|時)\s?(?P<mm>\d{1,2})?(?:\s?[분分])?(?::(?P<ss>\d{2}))?
        (?:\.\d{1,9})?\s?(?P<half2>a\.?m\.?|p\.?m\.?)?\s?(?P<zone>Z\b|[+-]\d{2}:?\d{2}|UTC|GMT|KST|JST|EST|EDT|CST|CDT|MST|MDT|PST|PDT|BST|CET|CEST|ET|PT)?",
    )
});

/// A pattern of ours; `CLOCK` stands for a clock with what belongs to it.
fn regex(pattern: &str) -> Option<Regex> {
    const CLOCK: &str = r"(?:오전|오후|午前|午後|AM|PM)?\s?(?:(?:[01]?\d|2[0-9]):[0-5]\d(?::[0-5]\d)?(?:\.\d{1,9})?|\d{1,2}\s?[시時]\s?(?:\d{1,2}\s?[분分])?)(?:\s?(?:[aApP]\.?[mM]\.?))?(?:\s?(?:Z\b|[+-]\d{2}:?\d{2}|UTC|GMT|KST|JST|E[SD]T|C[SD]T|M[SD]T|P[SD]T|BST|CES?T))?";
    Regex::new(&pattern.replace("CLOCK", CLOCK)).ok()
}

/// The date in a text, if there is one.
pub(super) fn find(text: &str, frame: Frame) -> Option<Dated> {
    // No listing writes a date behind more text than that.
    let text = &text[..text.floor_char_boundary(400)];
    if !text.bytes().any(|byte| byte.is_ascii_digit()) && text.chars().count() > 40 {
        return None;
    }
    let stated = |at| Dated { at, is_estimate: false };
    let captures = |regex: &'static LazyLock<Option<Regex>>| {
        regex.as_ref().and_then(|regex| regex.captures(text))
    };
    if let Some(found) = captures(&YEAR_FIRST) {
        let day = NaiveDate::from_ymd_opt(
            number(&found, "y")? as i32,
            number(&found, "m")?,
            number(&found, "d")?,
        )?;
        return instant(day, &found, frame).map(stated);
    }
    for regex in [&MONTH_FIRST, &DAY_FIRST] {
        let Some(found) = captures(regex) else { continue };
        let month = month(found.name("mon")?.as_str())?;
        let day = number(&found, "d")?;
        let day = match number(&found, "y") {
            Some(year) => NaiveDate::from_ymd_opt(year as i32, month, day),
            None => latest(month, day, frame),
        };
        return instant(day?, &found, frame).map(stated);
    }
    if let Some(found) = captures(&AGO) {
        return ago(&found, frame);
    }
    if let (Some(now), Some(_)) = (frame.now, captures(&JUST_NOW)) {
        return Some(Dated { at: now, is_estimate: true });
    }
    if let Some(found) = captures(&DAY_WORD) {
        let back = match found.name("word")?.as_str().to_lowercase().as_str() {
            "today" | "오늘" | "今日" | "本日" => 0,
            "yesterday" | "어제" | "昨日" | "きのう" => 1,
            _ => 2,
        };
        let day = today(frame)?.checked_sub_days(Days::new(back))?;
        return instant(day, &found, frame).map(stated);
    }
    if let Some(found) = captures(&SHORT_YEAR) {
        let (yy, month, day) = (number(&found, "yy")?, number(&found, "m")?, number(&found, "d")?);
        let day = NaiveDate::from_ymd_opt(2000 + yy as i32, month, day)
            .filter(|day| today(frame).is_none_or(|today| *day <= today + Days::new(2)));
        if let Some(day) = day {
            return instant(day, &found, frame).map(stated);
        }
        return date::parse(text.trim(), frame.zone).map(stated);
    }
    if let Some(found) = captures(&NO_YEAR) {
        let is_padded =
            ["m", "d"].iter().all(|part| found.name(part).is_some_and(|n| n.len() == 2));
        let has_sign = found.get(0).is_some_and(|all| all.as_str().contains(['/', '월', '月']));
        if !is_padded && !has_sign && found.name("clock").is_none() {
            // A score, a version, a paragraph.
            return None;
        }
        let day = latest(number(&found, "m")?, number(&found, "d")?, frame)?;
        return instant(day, &found, frame).map(stated);
    }
    if let (Some(found), Some(now)) = (captures(&TIME_ONLY), frame.now) {
        let today = today(frame)?;
        let at = instant(today, &found, frame)?;
        if at <= now + std::time::Duration::from_secs(600) {
            return Some(stated(at));
        }
        return instant(today.checked_sub_days(Days::new(1))?, &found, frame).map(stated);
    }
    None
}

/// The date that an attribute states for machines, else one as people write it.
pub(super) fn of_attribute(text: &str, frame: Frame) -> Option<Dated> {
    let text = text.trim();
    if text.is_empty() || text.len() > 100 {
        return None;
    }
    let is_machine = text.bytes().filter(u8::is_ascii_digit).count() >= 6;
    date::parse(text, frame.zone)
        .filter(|_| is_machine)
        .map(|at| Dated { at, is_estimate: false })
        .or_else(|| find(text, frame))
}

fn number(found: &Captures<'_>, name: &str) -> Option<u32> {
    found.name(name)?.as_str().parse().ok()
}

fn month(name: &str) -> Option<u32> {
    const NAMES: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let name = name.to_ascii_lowercase();
    let at = NAMES.iter().position(|known| name.starts_with(known))?;
    u32::try_from(at + 1).ok()
}

fn ago(found: &Captures<'_>, frame: Frame) -> Option<Dated> {
    const UNITS: [(&str, &str, u64); 6] = [
        ("s", "ks", 1),
        ("mi", "kmi", 60),
        ("h", "kh", 3_600),
        ("dd", "kd", 86_400),
        ("w", "kw", 604_800),
        ("mo", "kmo", 2_592_000),
    ];
    let count = found.name("n")?.as_str().parse().unwrap_or(1_u64);
    let (_, _, unit) = UNITS
        .iter()
        .find(|(one, other, _)| found.name(one).is_some() || found.name(other).is_some())?;
    let back = std::time::Duration::from_secs(count.checked_mul(*unit)?);
    Some(Dated { at: frame.now? - back, is_estimate: true })
}

fn today(frame: Frame) -> Option<NaiveDate> {
    let now = frame.now?.to_utc();
    Some(match frame.zone {
        Some(zone) => now.with_timezone(&zone).date_naive(),
        None => now.date_naive(),
    })
}

/// The last such day that is not ahead of us: who leaves the year out means the nearest.
fn latest(month: u32, day: u32, frame: Frame) -> Option<NaiveDate> {
    let today = today(frame)?;
    let fits = |year: i32| {
        NaiveDate::from_ymd_opt(year, month, day).filter(|day| *day <= today + Days::new(1))
    };
    // A 29 February may be some years back.
    (0..=4).find_map(|back| fits(today.year() - back))
}

/// The instant of a day and the clock that was found with it; midnight in the zone where there is none.
fn instant(day: NaiveDate, found: &Captures<'_>, frame: Frame) -> Option<Timestamp> {
    let clock = found.name("clock").map(|clock| clock.as_str());
    let parts =
        clock.and_then(|clock| CLOCK_PARTS.as_ref().and_then(|parts| parts.captures(clock)));
    let Some(parts) = parts else { return local(day.and_hms_opt(0, 0, 0)?, frame.zone) };
    let mut hour = number(&parts, "hh")?;
    let half = parts.name("half1").or(parts.name("half2")).map(|half| half.as_str());
    match half.and_then(|half| half.chars().next()) {
        Some('p' | 'P') if hour < 12 => hour += 12,
        Some('a' | 'A') if hour == 12 => hour = 0,
        Some('오' | '午') => {
            let is_after = half.is_some_and(|half| matches!(half, "오후" | "午後"));
            if is_after && hour < 12 {
                hour += 12;
            } else if !is_after && hour == 12 {
                hour = 0;
            }
        }
        _ => {}
    }
    let (minute, second) = (number(&parts, "mm").unwrap_or(0), number(&parts, "ss").unwrap_or(0));
    // Broadcasters count the hours of a night on: 25:30 is half past one of the next day.
    let (day, hour) =
        if (24..30).contains(&hour) { (day.succ_opt()?, hour - 24) } else { (day, hour) };
    let local_time = day.and_hms_opt(hour, minute, second)?;
    match parts.name("zone") {
        // What the zone means is for the reader of dates to say.
        Some(zone) => {
            let text = format!("{} {}", local_time.format("%Y-%m-%d %H:%M:%S"), zone.as_str());
            date::parse(&text, frame.zone)
        }
        None => local(local_time, frame.zone),
    }
}

/// A local time in a zone; of one that a clock showed twice the first, of one that it skipped the hour after.
fn local(time: NaiveDateTime, zone: Option<Tz>) -> Option<Timestamp> {
    let Some(zone) = zone else { return Some(Timestamp::from(Utc.from_utc_datetime(&time))) };
    let found = zone
        .from_local_datetime(&time)
        .earliest()
        .or_else(|| zone.from_local_datetime(&(time + chrono::Duration::hours(1))).earliest())?;
    Some(Timestamp::from(found.with_timezone(&Utc)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, zone: &str, want: Option<&str>) {
        let now = date::parse("2025-10-30T15:30:00+09:00", None);
        let found = find(text, Frame { zone: zone.parse().ok(), now });
        assert_eq!(found.map(|found| found.at.to_rfc3339()).as_deref(), want, "{text}");
    }

    #[test]
    fn whole_dates_are_found_in_text() {
        check("기자 | 2025.10.30 15:05 | 조회 12", "Asia/Seoul", Some("2025-10-30T06:05:00Z"));
        check("입력 2025-10-30 오후 3:05", "Asia/Seoul", Some("2025-10-30T06:05:00Z"));
        check("2025. 10. 9. (목)", "Asia/Seoul", Some("2025-10-08T15:00:00Z"));
        check("2025年10月30日(木) 12時05分 更新", "Asia/Tokyo", Some("2025-10-30T03:05:00Z"));
        check("2025/10/30 午前0:05", "Asia/Tokyo", Some("2025-10-29T15:05:00Z"));
        check("2025-10-30T15:05:00+09:00", "UTC", Some("2025-10-30T06:05:00Z"));
        check("By A. Writer | Oct. 29, 2025 at 9:05 p.m. EDT", "UTC", Some("2025-10-30T01:05:00Z"));
        check("Thursday, 30 October 2025", "UTC", Some("2025-10-30T00:00:00Z"));
        check("30-Oct-2025 06:05", "UTC", Some("2025-10-30T06:05:00Z"));
        check("25.10.30 15:05", "Asia/Seoul", Some("2025-10-30T06:05:00Z"));
    }

    #[test]
    fn what_is_left_out_is_the_nearest_past() {
        check("10.30 15:05", "Asia/Seoul", Some("2025-10-30T06:05:00Z"));
        check("10月29日 18:00", "Asia/Tokyo", Some("2025-10-29T09:00:00Z"));
        check("12/24(水)", "Asia/Tokyo", Some("2024-12-23T15:00:00Z"));
        check("Dec 31", "UTC", Some("2024-12-31T00:00:00Z"));
        check("14:20", "Asia/Seoul", Some("2025-10-30T05:20:00Z"));
        check("23:50", "Asia/Seoul", Some("2025-10-29T14:50:00Z"));
        check("어제 09:00", "Asia/Seoul", Some("2025-10-29T00:00:00Z"));
        check("yesterday at 9:00 am", "UTC", Some("2025-10-29T09:00:00Z"));
    }

    #[test]
    fn the_past_is_counted_back() {
        check("3 hours ago", "UTC", Some("2025-10-30T03:30:00Z"));
        check("5분 전", "Asia/Seoul", Some("2025-10-30T06:25:00Z"));
        check("2時間前", "Asia/Tokyo", Some("2025-10-30T04:30:00Z"));
        check("a day ago", "UTC", Some("2025-10-29T06:30:00Z"));
        let frame = Frame { zone: None, now: None };
        assert_eq!(find("3 hours ago", frame), None);
    }

    #[test]
    fn other_numbers_are_no_dates() {
        check("조회 1,234", "Asia/Seoul", None);
        check("Score 3-1 in Rome", "UTC", None);
        check("Kim wins by 12.5 points", "UTC", None);
        check("제13기 45호", "Asia/Seoul", None);
        check("2025", "UTC", None);
    }
}
