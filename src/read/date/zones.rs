//! Names of zones as feeds write them, and what a place's clock showed.

use chrono::{Duration, NaiveDateTime, Offset, TimeZone};
use chrono_tz::{OffsetName, Tz};

/// What a name says about the distance from UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// Always this many minutes east of UTC.
    Minutes(i32),
    /// Minutes east of UTC, unless the source's own zone knows the name in another sense (`CST` in Chicago and in Shanghai).
    Shared(i32),
    /// The rules of a place.
    Place(Tz),
}

/// Reads an abbreviation or a name of the IANA data base.
pub(super) fn named(name: &str) -> Option<Named> {
    if name.contains('/') {
        return place(name).map(Named::Place).or_else(|| abbreviated(name.split('/').next()?));
    }
    abbreviated(name)
}

fn place(name: &str) -> Option<Tz> {
    name.parse().ok().or_else(|| {
        // `asia/seoul` and `ASIA/SEOUL`, which the data base writes `Asia/Seoul`.
        let mut start = true;
        let title: String = name
            .chars()
            .map(|letter| {
                let cased =
                    if start { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() };
                start = matches!(letter, '/' | '_' | '-');
                cased
            })
            .collect();
        title.parse().ok()
    })
}

fn abbreviated(name: &str) -> Option<Named> {
    // The longest abbreviation is five letters long; a military letter is in upper case and tells nothing (RFC 2822 §4.3).
    if name.len() > 5 || !name.is_ascii() {
        return None;
    }
    if let [letter @ (b'A'..=b'I' | b'K'..=b'Z')] = name.as_bytes() {
        return (*letter != b'T').then_some(Named::Minutes(0));
    }
    // Two letters in lower case are a word ("at"), but for the oldest zone of all.
    if name.len() == 2 && name != name.to_ascii_uppercase() && !name.eq_ignore_ascii_case("ut") {
        return None;
    }
    let mut upper = [0_u8; 5];
    for (to, from) in upper.iter_mut().zip(name.bytes()) {
        *to = from.to_ascii_uppercase();
    }
    let hours = |hours: i32| Named::Minutes(hours * 60);
    let shared = |hours: i32| Named::Shared(hours * 60);
    Some(match upper.get(..name.len())? {
        b"Z" | b"UT" | b"UTC" | b"GMT" | b"WET" | b"ZULU" => hours(0),
        b"EST" => shared(-5),
        b"EDT" => shared(-4),
        b"CST" => shared(-6),
        b"CDT" => shared(-5),
        b"MST" => shared(-7),
        b"MDT" => hours(-6),
        b"PST" => shared(-8),
        b"PDT" => hours(-7),
        b"ET" => Named::Place(Tz::America__New_York),
        b"CT" => Named::Place(Tz::America__Chicago),
        b"MT" => Named::Place(Tz::America__Denver),
        b"PT" => Named::Place(Tz::America__Los_Angeles),
        b"AT" => Named::Place(Tz::America__Halifax),
        b"NT" => Named::Place(Tz::America__St_Johns),
        b"AKST" => hours(-9),
        b"AKDT" => hours(-8),
        b"HST" => hours(-10),
        b"HDT" => hours(-9),
        b"AST" => shared(-4),
        b"ADT" => shared(-3),
        b"NST" => Named::Minutes(-210),
        b"NDT" => Named::Minutes(-150),
        b"BRT" | b"ART" | b"CLST" | b"UYT" | b"GFT" => hours(-3),
        b"BRST" => hours(-2),
        b"CLT" | b"BOT" | b"VET" | b"PYT" => hours(-4),
        b"COT" | b"PET" | b"ECT" => hours(-5),
        b"BST" => shared(1),
        b"CET" | b"MET" | b"WEST" | b"WAT" | b"MEZ" => hours(1),
        b"CEST" | b"MEST" | b"EET" | b"CAT" | b"SAST" | b"MESZ" | b"HAEC" => hours(2),
        b"EEST" | b"MSK" | b"EAT" | b"TRT" | b"IDT" => hours(3),
        b"MSD" | b"GST" | b"SAMT" => hours(4),
        b"IRST" => Named::Minutes(210),
        b"IRDT" => Named::Minutes(270),
        b"PKT" | b"UZT" | b"YEKT" => hours(5),
        b"IST" => Named::Shared(330),
        b"NPT" => Named::Minutes(345),
        b"BDT" | b"OMST" => hours(6),
        b"MMT" => Named::Minutes(390),
        b"ICT" | b"WIB" | b"KRAT" | b"NOVT" => hours(7),
        b"HKT" | b"SGT" | b"MYT" | b"PHT" | b"PHST" | b"WITA" | b"AWST" | b"ULAT" | b"IRKT" => {
            hours(8)
        }
        b"KST" | b"JST" | b"WIT" | b"YAKT" => hours(9),
        b"KDT" | b"JDT" | b"AEST" | b"VLAT" | b"CHST" => hours(10),
        b"ACST" => Named::Minutes(570),
        b"ACDT" => Named::Minutes(630),
        b"AEDT" | b"MAGT" => hours(11),
        b"NZST" | b"FJT" | b"PETT" => hours(12),
        b"NZDT" => hours(13),
        _ => return None,
    })
}

/// Seconds east of UTC that a local time (in seconds as if it were UTC) is by a place's clock: before the jump where a clock skipped it, the
/// first of two where a clock showed it twice.
pub(super) fn east_of(place: Tz, local: i64) -> Option<i64> {
    // A jump is an hour as a rule, and was a whole day in the Pacific.
    [0, 3, 26].iter().find_map(|hours| {
        let local = naive(local)?.checked_sub_signed(Duration::hours(*hours))?;
        let offset = match place.offset_from_local_datetime(&local) {
            chrono::LocalResult::Single(offset) => offset,
            chrono::LocalResult::Ambiguous(first, _) => first,
            chrono::LocalResult::None => return None,
        };
        Some(i64::from(offset.fix().local_minus_utc()))
    })
}

/// Seconds east of UTC that a name means by a place's own clock at that time of the year, or half a year on; `None` if it is not a name
/// used there.
pub(super) fn east_by_name(place: Tz, name: &str, local: i64) -> Option<i64> {
    const HALF_YEAR: i64 = 182 * 86_400;
    [local, local + HALF_YEAR].iter().find_map(|local| {
        let offset = place.offset_from_local_datetime(&naive(*local)?).earliest()?;
        offset
            .abbreviation()
            .is_some_and(|there| there.eq_ignore_ascii_case(name))
            .then(|| i64::from(offset.fix().local_minus_utc()))
    })
}

fn naive(local: i64) -> Option<NaiveDateTime> {
    Some(chrono::DateTime::from_timestamp(local, 0)?.naive_utc())
}
