//! How pages say times.

use std::time::Duration;

use chrono::{Datelike as _, NaiveDate, Timelike as _};
use chrono_tz::Tz;

use super::super::tongue::Tongue;
use crate::model::time::Timestamp;

/// A moment as a page shows it: for machines, in words, and in full for whoever points at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::serve::pages) struct Moment {
    /// RFC 3339, for `datetime`.
    pub(in crate::serve::pages) machine: String,
    /// As short as the day it is read on allows: `15:05`, `29 Oct 09:12`, `3 Dec 2024`.
    pub(in crate::serve::pages) short: String,
    /// `Thursday, 30 October 2025, 15:05 KST`.
    pub(in crate::serve::pages) full: String,
}

/// Says a moment on a page whose dateline is `today`.
pub(in crate::serve::pages) fn moment(
    at: Timestamp,
    zone: Tz,
    today: Option<NaiveDate>,
    tongue: Tongue,
) -> Moment {
    let local = at.to_utc().with_timezone(&zone);
    let day = local.date_naive();
    let clock = format!("{:02}:{:02}", local.hour(), local.minute());
    let short = match today {
        Some(today) if today == day => clock.clone(),
        Some(today) if today.year() != day.year() => date(day, tongue),
        Some(_) => format!("{} {clock}", day_of_year(day, tongue)),
        None => format!("{} {clock}", date(day, tongue)),
    };
    let comma = if tongue == Tongue::English { "," } else { "" };
    let full = format!("{}{comma} {clock} {}", long_date(day, tongue), local.format("%Z"));
    Moment { machine: at.to_rfc3339(), short, full }
}

/// Says a moment by its age where that is under a day: what is read at `now` is news by the hour.
pub(in crate::serve::pages) fn aged(
    at: Timestamp,
    now: Timestamp,
    zone: Tz,
    tongue: Tongue,
) -> Moment {
    let mut moment = moment(at, zone, Some(day(now, zone)), tongue);
    if let Some(age) = age(now.since(at), tongue) {
        moment.short = age;
    }
    moment
}

/// An age in words, down to five minutes; `None` from a day on.
fn age(age: Duration, tongue: Tongue) -> Option<String> {
    let minutes = age.as_secs() / 60;
    let words = &tongue.words().ages;
    match minutes {
        0..5 => Some(words.now.to_owned()),
        5..60 => Some(words.minutes.of_u64(minutes / 5 * 5)),
        60..1440 => Some(words.hours.of_u64(minutes / 60)),
        _ => None,
    }
}

/// The day of a moment.
pub(in crate::serve::pages) fn day(at: Timestamp, zone: Tz) -> NaiveDate {
    at.to_utc().with_timezone(&zone).date_naive()
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [(&str, &str, &str); 7] = [
    ("Monday", "월요일", "月曜日"),
    ("Tuesday", "화요일", "火曜日"),
    ("Wednesday", "수요일", "水曜日"),
    ("Thursday", "목요일", "木曜日"),
    ("Friday", "금요일", "金曜日"),
    ("Saturday", "토요일", "土曜日"),
    ("Sunday", "일요일", "日曜日"),
];

fn month(day: NaiveDate) -> &'static str {
    MONTHS.get(day.month0() as usize).copied().unwrap_or_default()
}

/// `Thursday`, `목요일`, `木曜日`.
fn weekday(day: NaiveDate, tongue: Tongue) -> &'static str {
    let place = day.weekday().num_days_from_monday() as usize;
    let (english, korean, japanese) = DAYS.get(place).copied().unwrap_or_default();
    match tongue {
        Tongue::English => english,
        Tongue::Korean => korean,
        Tongue::Japanese => japanese,
    }
}

/// `30 Oct`, `10월 30일`, `10月30日`.
pub(in crate::serve::pages) fn day_of_year(day: NaiveDate, tongue: Tongue) -> String {
    match tongue {
        Tongue::English => format!("{} {}", day.day(), month(day).get(..3).unwrap_or_default()),
        Tongue::Korean => format!("{}월 {}일", day.month(), day.day()),
        Tongue::Japanese => format!("{}月{}日", day.month(), day.day()),
    }
}

/// `30 Oct 2025`, `2025년 10월 30일`, `2025年10月30日`.
pub(in crate::serve::pages) fn date(day: NaiveDate, tongue: Tongue) -> String {
    match tongue {
        Tongue::English => format!("{} {}", day_of_year(day, tongue), day.year()),
        Tongue::Korean => format!("{}년 {}", day.year(), day_of_year(day, tongue)),
        Tongue::Japanese => format!("{}年{}", day.year(), day_of_year(day, tongue)),
    }
}

/// `Thursday, 30 October 2025`, `2025년 10월 30일 목요일`, `2025年10月30日木曜日`.
pub(in crate::serve::pages) fn long_date(day: NaiveDate, tongue: Tongue) -> String {
    let weekday = weekday(day, tongue);
    match tongue {
        Tongue::English => format!("{weekday}, {} {} {}", day.day(), month(day), day.year()),
        Tongue::Korean => format!("{} {weekday}", date(day, tongue)),
        Tongue::Japanese => format!("{}{weekday}", date(day, tongue)),
    }
}

/// `Thu 30 Oct`, `10월 30일 목`, `10月30日 木`.
pub(in crate::serve::pages) fn short_day(day: NaiveDate, tongue: Tongue) -> String {
    let letters = if tongue == Tongue::English { 3 } else { 1 };
    let weekday: String = weekday(day, tongue).chars().take(letters).collect();
    match tongue {
        Tongue::English => format!("{weekday} {}", day_of_year(day, tongue)),
        Tongue::Korean | Tongue::Japanese => format!("{} {weekday}", day_of_year(day, tongue)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: i64 = 1_761_804_300;

    #[test]
    fn a_moment_is_as_short_as_its_day_allows() {
        let zone = chrono_tz::Asia::Seoul;
        let at = Timestamp::from_unix(AT);
        let check = |today: Option<NaiveDate>, english: &str, korean: &str, japanese: &str| {
            let short = |tongue| moment(at, zone, today, tongue).short;
            assert_eq!(short(Tongue::English), english);
            assert_eq!(short(Tongue::Korean), korean);
            assert_eq!(short(Tongue::Japanese), japanese);
        };
        let day = NaiveDate::from_ymd_opt;
        check(day(2025, 10, 30), "15:05", "15:05", "15:05");
        check(day(2025, 10, 31), "30 Oct 15:05", "10월 30일 15:05", "10月30日 15:05");
        check(day(2026, 1, 1), "30 Oct 2025", "2025년 10월 30일", "2025年10月30日");
        check(None, "30 Oct 2025 15:05", "2025년 10월 30일 15:05", "2025年10月30日 15:05");
        let full = |tongue| moment(at, zone, None, tongue).full;
        assert_eq!(full(Tongue::English), "Thursday, 30 October 2025, 15:05 KST");
        assert_eq!(full(Tongue::Korean), "2025년 10월 30일 목요일 15:05 KST");
        assert_eq!(full(Tongue::Japanese), "2025年10月30日木曜日 15:05 KST");
    }

    #[test]
    fn ages_are_said_until_a_day_has_passed() {
        let check = |seconds: i64, english: &str, korean: &str, japanese: &str| {
            let now = Timestamp::from_unix(AT + seconds);
            let short =
                |tongue| aged(Timestamp::from_unix(AT), now, chrono_tz::Asia::Seoul, tongue).short;
            assert_eq!(short(Tongue::English), english);
            assert_eq!(short(Tongue::Korean), korean);
            assert_eq!(short(Tongue::Japanese), japanese);
        };
        check(-900, "just now", "방금", "たった今");
        check(0, "just now", "방금", "たった今");
        check(8 * 60, "5 min ago", "5분 전", "5分前");
        check(3_600, "1 hour ago", "1시간 전", "1時間前");
        check(86_399, "23 hours ago", "23시간 전", "23時間前");
        check(86_400, "30 Oct 15:05", "10월 30일 15:05", "10月30日 15:05");
    }
}
