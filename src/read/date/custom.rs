//! The order of day, month and year in dates of numbers, which is a custom of the place.

use chrono_tz::Tz;

use super::full_year;

/// Sorts three numbers with the same mark between them into year, month and day.
pub(super) fn numeric_date(
    numbers: [(u64, usize); 3],
    mark: char,
    zone: Option<Tz>,
) -> Option<(i64, u32, u32)> {
    let [first, second, third] = numbers;
    let part = |(value, _): (u64, usize)| u32::try_from(value).ok().filter(|value| *value <= 31);
    let (a, b, c) = (part(first), part(second), part(third));
    let year_first = || Some((full_year(first.0, first.1)?, b?, c?));
    let year_last = |month_first: bool| {
        let (month, day) = if month_first { (a?, b?) } else { (b?, a?) };
        // Whatever the custom, there is no thirteenth month.
        let (month, day) = if month > 12 { (day, month) } else { (month, day) };
        Some((full_year(third.0, third.1)?, month, day))
    };
    let place = zone.map_or("", |zone| zone.name());
    if first.1 > 2 || a.is_none() {
        return year_first();
    }
    if third.1 > 2 {
        return year_last(mark == '/' && is_month_first(place));
    }
    // Three numbers of two digits: ISO 8601 and East Asia begin with the year, the others end with it.
    let is_date = |month: Option<u32>, day: Option<u32>| {
        month.is_some_and(|month| (1..=12).contains(&month)) && day.is_some_and(|day| day > 0)
    };
    let custom = mark == '-' || is_year_first(place);
    if (custom && is_date(b, c)) || !(is_date(a, b) || is_date(b, a)) {
        return year_first();
    }
    year_last(mark == '/' && is_month_first(place))
}

/// Whether dates with slashes begin with the month there: the United States, and where nothing is known.
fn is_month_first(place: &str) -> bool {
    const UNITED_STATES: [&str; 9] = [
        "America/New_York",
        "America/Chicago",
        "America/Denver",
        "America/Los_Angeles",
        "America/Phoenix",
        "America/Anchorage",
        "America/Detroit",
        "America/Boise",
        "Pacific/Honolulu",
    ];
    const FAMILIES: [&str; 5] =
        ["US/", "America/Indiana/", "America/Kentucky/", "America/North_Dakota/", "Asia/Manila"];
    matches!(place, "" | "UTC" | "Etc/UTC" | "GMT")
        || UNITED_STATES.contains(&place)
        || FAMILIES.iter().any(|family| place.starts_with(family))
}

/// Whether short dates begin with the year there.
fn is_year_first(place: &str) -> bool {
    const EAST_ASIA: [&str; 9] = [
        "Asia/Seoul",
        "Asia/Pyongyang",
        "Asia/Tokyo",
        "Asia/Shanghai",
        "Asia/Taipei",
        "Asia/Hong_Kong",
        "Asia/Macau",
        "Japan",
        "ROK",
    ];
    EAST_ASIA.contains(&place)
}
