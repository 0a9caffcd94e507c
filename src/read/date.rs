//! Date texts of feeds → instants. The zone for texts that state none is an argument; nothing here asks a clock.
//!
//! Two shapes make up nearly all dates (RFC 822 with a four-digit year, RFC 3339) and are read byte by byte. Everything else is cut
//! into numbers, words and marks, which are then given meaning one after another: there is no list of formats, so a spelling that
//! mixes two of them still reads.

use chrono::NaiveDate;
use chrono_tz::Tz;

use crate::model::time::Timestamp;

mod custom;
mod names;
#[cfg(test)]
mod tests;
mod tokens;
mod zones;

use custom::numeric_date;
use names::{Country, Half, Meaning, Unit};
use tokens::{Piece, Token, folded, normal_text, tokens};
use zones::{Named, east_by_name, east_of};

/// Reads a date text; `None` if no instant in the years 1 to 9999 can be read from it.
///
/// Understood are RFC 822 and RFC 2822 (§4.3, with what publishers make of them), RFC 3339 and the W3C profile, ISO 8601 week and
/// ordinal dates, asctime, the dates of Korean, Japanese and Chinese prose, numeric dates with dots and slashes, month names in some twenty
/// languages, and seconds or milliseconds since the epoch. A weekday is never believed. A text without a zone is meant in `zone`, else in
/// Korea's or Japan's time if it is unmistakably Korean or Japanese, else in UTC. A local time that a clock skipped is read by
/// the offset before the jump, one that a clock showed twice is its first occurrence.
pub fn parse(text: &str, zone: Option<Tz>) -> Option<Timestamp> {
    let text = text.trim();
    if let Some(seconds) = common_shape(text.as_bytes()) {
        return in_calendar(seconds);
    }
    let text = normal_text(text);
    in_calendar(Reading::of(&text, zone)?.instant(zone)?)
}

fn in_calendar(seconds: i64) -> Option<Timestamp> {
    (Timestamp::MIN.unix()..=Timestamp::MAX.unix())
        .contains(&seconds)
        .then(|| Timestamp::from_unix(seconds))
}

/// Seconds since the epoch of `2025-10-30T15:05:00+09:00` or `Thu, 30 Oct 2025 15:05:00 +0900` spelled exactly so; `None` is no verdict.
fn common_shape(text: &[u8]) -> Option<i64> {
    let (year, month, day, clock, zone) = match text {
        [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', rest @ ..] => {
            let year = i64::from(pair(*y1, *y2)? * 100 + pair(*y3, *y4)?);
            let (clock, mut zone) = rest.split_at_checked(8)?;
            if let [b'.', fraction @ ..] = zone {
                let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
                zone = fraction.get(digits.max(1)..)?;
            }
            (year, pair(*m1, *m2)?, pair(*d1, *d2)?, clock, zone)
        }
        [_, _, _, b',', b' ', d1, d2, b' ', m1, m2, m3, b' ', y1, y2, y3, y4, b' ', rest @ ..] => {
            let month = english_month([*m1, *m2, *m3])?;
            let year = i64::from(pair(*y1, *y2)? * 100 + pair(*y3, *y4)?);
            let (clock, zone) = rest.split_at_checked(8)?;
            let [b' ', zone @ ..] = zone else { return None };
            (year, month, pair(*d1, *d2)?, clock, zone)
        }
        _ => return None,
    };
    let [h1, h2, b':', n1, n2, b':', s1, s2] = clock else { return None };
    let (hour, minute, second) = (pair(*h1, *h2)?, pair(*n1, *n2)?, pair(*s1, *s2)?);
    let east = match zone {
        b"Z" | b"GMT" | b"UTC" => 0,
        [b'A'..=b'Z', b'A'..=b'Z', b'A'..=b'Z', ..] => {
            // What the source's own zone may know better is not for this way.
            let Some(Named::Minutes(minutes)) = zones::named(std::str::from_utf8(zone).ok()?)
            else {
                return None;
            };
            i64::from(minutes) * 60
        }
        [sign @ (b'+' | b'-'), h1, h2, m1, m2] | [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (pair(*h1, *h2)?, pair(*m1, *m2)?);
            if hours > 18 || minutes > 59 {
                return None;
            }
            let seconds = i64::from(hours * 3600 + minutes * 60);
            if *sign == b'-' { -seconds } else { seconds }
        }
        _ => return None,
    };
    if hour > 23 || minute > 59 || second > 59 || !is_day(year, month, day) {
        return None;
    }
    let clock = i64::from(hour * 3600 + minute * 60 + second);
    Some(days_since_epoch(year, month, day) * 86_400 + clock - east)
}

fn pair(tens: u8, ones: u8) -> Option<u32> {
    (tens.is_ascii_digit() && ones.is_ascii_digit())
        .then(|| u32::from(tens - b'0') * 10 + u32::from(ones - b'0'))
}

fn english_month(name: [u8; 3]) -> Option<u32> {
    const MONTHS: [&[u8; 3]; 12] = [
        b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov",
        b"Dec",
    ];
    let index = MONTHS.iter().position(|month| **month == name)?;
    u32::try_from(index + 1).ok()
}

fn is_day(year: i64, month: u32, day: u32) -> bool {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    };
    (1..=9999).contains(&year) && (1..=days).contains(&day)
}

/// Days from 1970-01-01 to a day of the Gregorian calendar. Counts years from March, so that the leap day is a year's last.
fn days_since_epoch(year: i64, month: u32, day: u32) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month_from_march = i64::from((month + 9) % 12);
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year
        - 719_468
}

/// Where a text says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Zone<'a> {
    /// Seconds east of UTC.
    East(i64),
    /// A name, kept for asking the source's own zone what it means there.
    Name(&'a str, Named),
}

/// What has been understood of a text so far.
#[derive(Debug, Default)]
struct Reading<'a> {
    year: Option<i64>,
    month: Option<u32>,
    day: Option<u32>,
    hour: Option<u32>,
    minute: u32,
    second: u32,
    half: Option<Half>,
    /// The hour is counted on through the night, as broadcasters do: 25時 is one o'clock.
    night: bool,
    zone: Option<Zone<'a>>,
    country: Option<Country>,
    /// Numbers whose meaning depends on the others, with their numbers of digits.
    loose: Vec<(u64, usize)>,
    /// Whether the month was named before any number, where a weekday stands (`mar., 17 nov. 2025`).
    month_in_front: bool,
    era: Option<i64>,
    /// The instant itself, in seconds since the epoch.
    epoch: Option<i64>,
    numbers: usize,
}

impl<'a> Reading<'a> {
    /// Gives meaning to the tokens of a text; `None` if they contradict each other.
    fn of(text: &'a str, zone: Option<Tz>) -> Option<Reading<'a>> {
        let tokens = tokens(text);
        let mut reading = Reading::default();
        if let [Token { piece: Piece::Mark('-' | '+'), .. }, rest @ ..] = tokens.as_slice() {
            reading.read_truncated(rest)?;
            return Some(reading);
        }
        let mut aside = None;
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            let used = match token.piece {
                Piece::Number { value, digits } => {
                    reading.numbers += 1;
                    reading.read_number(&tokens, at, value, digits, zone)?
                }
                Piece::Word(word) => reading.read_word(&tokens, at, word)?,
                Piece::Mark('+' | '-') => reading.read_sign(&tokens, at)?,
                Piece::Mark(_) => 1,
                Piece::Aside(text) => {
                    aside = aside.or(Some(text));
                    1
                }
            };
            at += used;
        }
        if let (None, Some(aside)) = (reading.zone, aside) {
            reading.read_aside(aside);
        }
        reading.settle_date(tokens.len())?;
        Some(reading)
    }

    /// Reads ISO 8601's dates without a century, `-03-12` and `-0312`. Anything else behind a sign is a year out of the calendar.
    fn read_truncated(&mut self, rest: &[Token<'_>]) -> Option<()> {
        let (year, month) = match *rest {
            [
                Token { piece: Piece::Number { value: year, digits: 2 }, .. },
                Token { piece: Piece::Mark('-'), .. },
                Token { piece: Piece::Number { value: month, digits: 2 }, .. },
            ] => (year, month),
            [Token { piece: Piece::Number { value, digits: 4 }, .. }] => (value / 100, value % 100),
            _ => return None,
        };
        self.year = full_year(year, 2);
        self.month = u32::try_from(month).ok();
        self.day = Some(1);
        Some(())
    }

    /// Reads a number and the tokens that belong to it; returns how many tokens that were.
    fn read_number(
        &mut self,
        tokens: &[Token<'a>],
        at: usize,
        value: u64,
        digits: usize,
        zone: Option<Tz>,
    ) -> Option<usize> {
        let piece = |ahead: usize| tokens.get(at + ahead).map(|token| token.piece);
        let number = |ahead: usize| match piece(ahead) {
            Some(Piece::Number { value, digits }) => Some((value, digits)),
            _ => None,
        };
        let tight = |ahead: usize| tokens.get(at + ahead).is_some_and(|token| !token.spaced);
        let after_t = at.checked_sub(1).and_then(|before| tokens.get(before)).is_some_and(
            |token| matches!(token.piece, Piece::Word(word) if word.eq_ignore_ascii_case("t")),
        );

        // 08:12, 08:12:45, 08:12:45.250
        if let (Some(Piece::Mark(':')), Some((minute, _))) = (piece(1), number(2)) {
            let (Some(Piece::Mark(':')), Some((second, _))) = (piece(3), number(4)) else {
                self.set_time(value, minute, 0)?;
                return Some(3);
            };
            self.set_time(value, minute, second)?;
            return match (piece(5), number(6)) {
                (Some(Piece::Mark('.' | ',')), Some(_)) if tight(5) && tight(6) => Some(7),
                (Some(Piece::Mark(':')), _) => None,
                _ => Some(5),
            };
        }
        // 20時, 5분
        if let Some(Piece::Word(word)) = piece(1) {
            if let Some(unit) = unit(word) {
                return self.read_unit(tokens, at, unit, value, digits);
            }
            // 17th
            if matches!(word, "st" | "nd" | "rd" | "th" | "er" | "º") && tight(1) {
                self.push_loose(value, digits)?;
                return Some(2);
            }
            let half = names::spaced(&folded(word)).or_else(|| unspaced(word));
            if self.hour.is_none() && self.has_date() && matches!(half, Some(Meaning::Half(_))) {
                self.set_time(value, 0, 0)?;
                return Some(1);
            }
        }
        // T081245, and what stands after a compact date
        if self.hour.is_none() && self.has_date() && (after_t || self.loose.is_empty()) {
            match digits {
                6 => {
                    self.set_time(value / 10_000, value / 100 % 100, value % 100)?;
                    return Some(1);
                }
                4 if after_t || number(1).is_none() => {
                    self.set_time(value / 100, value % 100, 0)?;
                    return Some(1);
                }
                1 | 2 if after_t => {
                    self.set_time(value, 0, 0)?;
                    return Some(1);
                }
                _ => {}
            }
        }
        // 08.12.45 after a date
        if self.hour.is_none()
            && self.has_date()
            && let (Some(Piece::Mark('.')), Some((minute, 2)), true) =
                (piece(1), number(2), tight(2))
        {
            if let (Some(Piece::Mark('.')), Some((second, 2)), true) =
                (piece(3), number(4), tight(4))
            {
                self.set_time(value, minute, second)?;
                return Some(5);
            }
            self.set_time(value, minute, 0)?;
            return Some(3);
        }
        if self.has_date() {
            // A date is complete: a number that is no time says nothing, unless it is the year of `Nov 17 08:12:45 2025`.
            self.push_loose(value, digits)?;
            return Some(1);
        }
        self.read_date(tokens, at, value, digits, zone)
    }

    /// Reads a date that starts with a number; returns how many tokens it had.
    fn read_date(
        &mut self,
        tokens: &[Token<'a>],
        at: usize,
        value: u64,
        digits: usize,
        zone: Option<Tz>,
    ) -> Option<usize> {
        let piece = |ahead: usize| tokens.get(at + ahead).map(|token| token.piece);
        let number = |ahead: usize| match piece(ahead) {
            Some(Piece::Number { value, digits }) => Some((value, digits)),
            _ => None,
        };
        let is_clock = |ahead: usize| piece(ahead) == Some(Piece::Mark(':'));
        let separator = match piece(1) {
            Some(Piece::Mark(mark @ ('-' | '/' | '.'))) => Some(mark),
            _ => None,
        };
        let plain = self.month.is_none() && self.loose.is_empty();
        if plain && let (Some(mark), Some(second)) = (separator, number(2)) {
            // 2025-10-30, 30/10/2025, 2025. 10. 30.
            if let (Some(Piece::Mark(again)), Some(third)) = (piece(3), number(4))
                && again == mark
                && !is_clock(5)
            {
                let (year, month, day) =
                    numeric_date([(value, digits), second, third], mark, zone)?;
                self.set_date(year, month, day);
                return Some(5);
            }
            // 2025-10-30T…, where the third number ends in a clock, has been read above; `2025-10 15:05` has only two.
            if !is_clock(3) && mark != '.' {
                if second.1 == 3 && matches!(digits, 2 | 4) {
                    self.set_ordinal(full_year(value, digits)?, second.0)?;
                    return Some(3);
                }
                if digits == 4 && second.1 <= 2 {
                    self.set_date(full_year(value, digits)?, u32::try_from(second.0).ok()?, 1);
                    return Some(3);
                }
            }
        }
        // 2025-W44-4, 2025W444
        let dash = usize::from(separator == Some('-'));
        if plain
            && digits == 4
            && let (Some(Piece::Word("W" | "w")), Some(week)) = (piece(1 + dash), number(2 + dash))
        {
            let (week, day, used) = match (week, piece(3 + dash), number(4 + dash)) {
                ((week, 2), Some(Piece::Mark('-')), Some((day, 1))) => (week, day, 5 + dash),
                ((week, 2), ..) => (week, 1, 3 + dash),
                ((week, 3), ..) => (week / 10, week % 10, 3 + dash),
                _ => return None,
            };
            self.set_week(full_year(value, digits)?, week, day)?;
            return Some(used);
        }
        if plain && self.read_compact(tokens.len(), piece(1), number(2), value, digits)? {
            let fraction = self.epoch.is_some() && number(2).is_some();
            return Some(if fraction { 3 } else { 1 });
        }
        self.push_loose(value, digits)?;
        Some(1)
    }

    /// Reads a number that is a whole date (`20251117`, `20251117081245`, `2025321`, seconds or milliseconds since the epoch).
    fn read_compact(
        &mut self,
        count: usize,
        next: Option<Piece<'_>>,
        after: Option<(u64, usize)>,
        value: u64,
        digits: usize,
    ) -> Option<bool> {
        let is_whole = count == 1 || matches!(next, Some(Piece::Mark(')' | ']' | '+')));
        let has_fraction = count == 3 && next == Some(Piece::Mark('.')) && after.is_some();
        match digits {
            8 => self.set_compact_date(value),
            12 => {
                self.set_compact_date(value / 10_000);
                self.set_time(value / 100 % 100, value % 100, 0)?;
            }
            14 => {
                self.set_compact_date(value / 1_000_000);
                self.set_time(value / 10_000 % 100, value / 100 % 100, value % 100)?;
            }
            7 => self.set_ordinal(full_year(value / 1000, 4)?, value % 1000)?,
            6 if count == 1 => self.set_date(
                full_year(value / 10_000, 2)?,
                u32::try_from(value / 100 % 100).ok()?,
                u32::try_from(value % 100).ok()?,
            ),
            5 if count == 1 => self.set_ordinal(full_year(value / 1000, 2)?, value % 1000)?,
            9 | 10 if is_whole || has_fraction => self.epoch = i64::try_from(value).ok(),
            13 if is_whole => self.epoch = i64::try_from(value / 1000).ok(),
            _ => return Some(false),
        }
        Some(true)
    }

    /// Reads a number and the unit behind it; returns how many tokens that were.
    fn read_unit(
        &mut self,
        tokens: &[Token<'a>],
        at: usize,
        unit: Unit,
        value: u64,
        digits: usize,
    ) -> Option<usize> {
        let small = u32::try_from(value).ok()?;
        if let Some(Piece::Word(word)) = tokens.get(at + 1).map(|token| token.piece) {
            self.country = self.country.or_else(|| names::country(word));
        }
        match unit {
            Unit::Year => {
                self.year = match self.era {
                    Some(before) => before.checked_add(i64::try_from(value).ok()?),
                    None => full_year(value, digits),
                };
                self.year?;
            }
            Unit::Month => self.month = Some(small),
            Unit::Day => self.day = Some(small),
            Unit::Hour => {
                // 20h12, 20 Uhr 12; 時 is followed by 分, which says so itself.
                let number = tokens.get(at + 2).map(|token| token.piece);
                let word = tokens.get(at + 3).map(|token| token.piece);
                let says_itself =
                    matches!(word, Some(Piece::Word(word)) if self::unit(word).is_some());
                if let (Some(Piece::Number { value: minute, digits: 2 }), false) =
                    (number, says_itself)
                {
                    self.set_time(value, minute, 0)?;
                    return Some(3);
                }
                self.set_time(value, 0, 0)?;
                self.night = true;
            }
            Unit::Minute => self.minute = small,
            Unit::Second => self.second = small,
        }
        Some(2)
    }

    /// Reads a word and the tokens that belong to it; returns how many tokens that were.
    fn read_word(&mut self, tokens: &[Token<'a>], at: usize, word: &'a str) -> Option<usize> {
        let next = tokens.get(at + 1).map(|token| token.piece);
        if let Some(country) = names::country(word) {
            self.country = self.country.or(Some(country));
        }
        let lower = folded(word);
        // R7.11.17
        if let (Some(before), Some(Piece::Number { digits: 1 | 2, .. }), false, 0) = (
            era_letter(word),
            next,
            tokens.get(at + 1).is_none_or(|token| token.spaced),
            self.numbers,
        ) {
            self.era = Some(before);
            self.country = Some(Country::Japan);
            return Some(1);
        }
        match unspaced(word).or_else(|| names::spaced(&lower)) {
            Some(Meaning::Half(half)) => {
                self.half = Some(half);
                return Some(1);
            }
            Some(Meaning::Clock(hour)) => {
                self.hour = self.hour.or(Some(hour));
                return Some(1);
            }
            Some(Meaning::Era(before)) => {
                self.era = Some(before);
                return Some(1);
            }
            Some(Meaning::FirstYear) => {
                self.year = self.era.map(|before| before + 1);
                return Some(1);
            }
            Some(Meaning::Unit(_) | Meaning::Weekday) => return Some(1),
            None => {}
        }
        if let Some(month) = names::month(&lower) {
            if self.month.is_none() || self.month_in_front {
                self.month_in_front = self.numbers == 0 && self.month.is_none();
                self.month = Some(month);
            }
            return Some(1);
        }
        // A single letter is a zone only behind a clock.
        if self.numbers > 0 && (word.len() > 1 || self.hour.is_some()) {
            let word = word.strip_suffix('/').unwrap_or(word);
            if let Some(named) = zones::named(word)
                && self.zone.is_none()
            {
                self.zone = Some(Zone::Name(word, named));
            }
        }
        Some(1)
    }

    /// Reads a sign, which before a number and behind a clock starts an offset; returns how many tokens that were.
    fn read_sign(&mut self, tokens: &[Token<'a>], at: usize) -> Option<usize> {
        let Some(Token { piece: Piece::Mark(sign), .. }) = tokens.get(at) else { return Some(1) };
        let behind_date = self.hour.is_some()
            || self.epoch.is_some()
            || (self.has_date() && (*sign == '+' || self.loose.len() > 2));
        let before =
            at.checked_sub(1).and_then(|before| tokens.get(before)).map(|token| token.piece);
        // 08:12:45 17-Nov-2025
        let in_date = match before {
            Some(Piece::Word(word)) => names::month(&folded(word)).is_some(),
            _ => false,
        };
        let Some((seconds, used)) = offset(tokens, at).filter(|_| behind_date && !in_date) else {
            return Some(1);
        };
        let seconds = seconds?;
        if matches!(self.zone, Some(Zone::East(_))) {
            return Some(used);
        }
        // The names Etc/GMT+9 and the like count to the west.
        let west = match before {
            Some(Piece::Word(word)) => word.to_ascii_lowercase().starts_with("etc/gmt"),
            _ => false,
        };
        self.zone = Some(Zone::East(if west { -seconds } else { seconds }));
        Some(used)
    }

    /// Takes the zone from a bracket: `(KST)`, `(UTC+9)`, `[Asia/Seoul]`.
    fn read_aside(&mut self, text: &'a str) {
        let tokens = tokens(text);
        let [Token { piece: Piece::Word(word), .. }, rest @ ..] = tokens.as_slice() else { return };
        let Some(named) = zones::named(word) else { return };
        match (offset(&tokens, 1), rest) {
            (Some((Some(seconds), _)), _) => self.zone = Some(Zone::East(seconds)),
            (None, []) => self.zone = Some(Zone::Name(word, named)),
            _ => {}
        }
    }

    fn has_date(&self) -> bool {
        let named = usize::from(self.year.is_some()) + usize::from(self.day.is_some());
        self.epoch.is_some() || (self.month.is_some() && named + self.loose.len() >= 2)
    }

    fn set_date(&mut self, year: i64, month: u32, day: u32) {
        let year = match self.era {
            // R7 has been read by the rule for two digits.
            Some(before) => before + year % 100,
            None => year,
        };
        (self.year, self.month, self.day) = (Some(year), Some(month), Some(day));
    }

    fn set_compact_date(&mut self, value: u64) {
        let part = |value: u64| u32::try_from(value % 100).unwrap_or_default();
        self.set_date(
            i64::try_from(value / 10_000).unwrap_or_default(),
            part(value / 100),
            part(value),
        );
    }

    fn set_ordinal(&mut self, year: i64, day: u64) -> Option<()> {
        let date = NaiveDate::from_yo_opt(i32::try_from(year).ok()?, u32::try_from(day).ok()?)?;
        self.set_naive(date);
        Some(())
    }

    fn set_week(&mut self, year: i64, week: u64, day: u64) -> Option<()> {
        let monday = NaiveDate::from_isoywd_opt(
            i32::try_from(year).ok()?,
            u32::try_from(week).ok()?,
            chrono::Weekday::Mon,
        )?;
        let days = day.checked_sub(1).filter(|days| *days < 7)?;
        self.set_naive(monday.checked_add_days(chrono::Days::new(days))?);
        Some(())
    }

    fn set_naive(&mut self, date: NaiveDate) {
        use chrono::Datelike as _;
        self.set_date(i64::from(date.year()), date.month(), date.day());
    }

    /// The first time of day counts; a second one is the end of a span.
    fn set_time(&mut self, hour: u64, minute: u64, second: u64) -> Option<()> {
        if self.hour.is_none() {
            self.hour = Some(u32::try_from(hour).ok()?);
            self.minute = u32::try_from(minute).ok()?;
            self.second = u32::try_from(second).ok()?;
        }
        Some(())
    }

    fn push_loose(&mut self, value: u64, digits: usize) -> Option<()> {
        // More than a date and an hour can have: the text is something else.
        (self.loose.len() < 5).then(|| self.loose.push((value, digits)))
    }

    /// Gives the loose numbers their places; `None` if the date stays without a year, or without month and day.
    fn settle_date(&mut self, count: usize) -> Option<()> {
        if self.epoch.is_some() {
            return Some(());
        }
        let loose = std::mem::take(&mut self.loose);
        let mut loose = loose.into_iter();
        let small = |(value, _): (u64, usize)| u32::try_from(value).ok();
        match (self.year, self.month, self.day) {
            (Some(_), Some(_), Some(_)) => {}
            (Some(_), Some(_), None) => self.day = Some(loose.next().map_or(Some(1), small)?),
            (None, Some(_), Some(_)) => {
                let (value, digits) = loose.next()?;
                self.year = Some(full_year(value, digits)?);
            }
            (None, Some(_), None) => {
                let first = loose.next()?;
                match loose.next() {
                    Some(second) if first.1 > 2 || first.0 > 31 => {
                        self.year = Some(full_year(first.0, first.1)?);
                        self.day = Some(small(second)?);
                    }
                    Some(second) => {
                        self.day = Some(small(first)?);
                        self.year = Some(full_year(second.0, second.1)?);
                    }
                    None if first.1 == 4 => {
                        self.year = Some(full_year(first.0, first.1)?);
                        self.day = Some(1);
                    }
                    None => return None,
                }
            }
            (None, None, None) => match (loose.next(), loose.next(), loose.next()) {
                (Some((year, 4)), None, None) if count == 1 => {
                    self.set_date(full_year(year, 4)?, 1, 1);
                }
                (Some(day), Some(month), Some((year, 4))) if day.1 <= 2 => {
                    self.set_date(full_year(year, 4)?, small(month)?, small(day)?);
                }
                (Some((year, 4)), Some(month), Some(day)) => {
                    self.set_date(full_year(year, 4)?, small(month)?, small(day)?);
                }
                _ => return None,
            },
            _ => return None,
        }
        // `2 Jan 2006 15 -0700`
        if let (None, Some((hour @ 0..=24, _)), Some(Zone::East(_))) =
            (self.hour, loose.next(), self.zone)
        {
            self.hour = u32::try_from(hour).ok();
        }
        Some(())
    }

    /// Seconds since the epoch; `None` if there is no such day or time.
    fn instant(&self, zone: Option<Tz>) -> Option<i64> {
        if let Some(epoch) = self.epoch {
            return Some(epoch);
        }
        let (year, month, day) = (self.year?, self.month?, self.day?);
        if !is_day(year, month, day) {
            return None;
        }
        let mut hour = self.hour.unwrap_or(0);
        match self.half {
            Some(Half::Afternoon) if hour < 12 => hour += 12,
            Some(Half::Morning) if hour == 12 => hour = 0,
            _ => {}
        }
        let latest = if self.night { 29 } else { 23 };
        let is_midnight = hour == 24 && self.minute == 0 && self.second == 0;
        // The sixtieth second is a leap second, which is the next minute's first to every clock that has none.
        if (hour > latest && !is_midnight) || self.minute > 59 || self.second > 60 {
            return None;
        }
        let local = days_since_epoch(year, month, day) * 86_400
            + i64::from(hour) * 3600
            + i64::from(self.minute) * 60
            + i64::from(self.second);
        let east = match self.zone {
            Some(Zone::East(seconds)) => seconds,
            Some(Zone::Name(_, Named::Minutes(minutes))) => i64::from(minutes) * 60,
            Some(Zone::Name(_, Named::Place(place))) => east_of(place, local)?,
            Some(Zone::Name(name, Named::Shared(minutes))) => zone
                .and_then(|zone| east_by_name(zone, name, local))
                .unwrap_or(i64::from(minutes) * 60),
            None => match (zone, self.country) {
                (Some(zone), _) => east_of(zone, local)?,
                (None, Some(Country::Korea)) => east_of(Tz::Asia__Seoul, local)?,
                (None, Some(Country::Japan)) => east_of(Tz::Asia__Tokyo, local)?,
                (None, None) => 0,
            },
        };
        Some(local - east)
    }
}

/// The unit a word names behind a number.
fn unit(word: &str) -> Option<Unit> {
    let meaning = unspaced(word).or_else(|| names::spaced(&folded(word)))?;
    match meaning {
        Meaning::Unit(unit) => Some(unit),
        Meaning::Half(_)
        | Meaning::Clock(_)
        | Meaning::Era(_)
        | Meaning::FirstYear
        | Meaning::Weekday => None,
    }
}

fn unspaced(word: &str) -> Option<Meaning> {
    names::unspaced(word).map(|(meaning, _)| meaning)
}

/// The year before the first of the Japanese era that a letter stands for.
fn era_letter(word: &str) -> Option<i64> {
    match word {
        "R" => Some(2018),
        "H" => Some(1988),
        "S" => Some(1925),
        _ => None,
    }
}

/// The year that a number of so many digits means (RFC 2822 §4.3); `None` for more than four.
fn full_year(value: u64, digits: usize) -> Option<i64> {
    let value = i64::try_from(value).ok()?;
    match digits {
        1 | 2 if value < 50 => Some(2000 + value),
        1..=3 => Some(1900 + value),
        4 => Some(value),
        _ => None,
    }
}

/// The offset in seconds that a sign and the numbers behind it spell, with the number of their tokens; the offset is `None` if no clock
/// is that far from UTC.
fn offset(tokens: &[Token<'_>], at: usize) -> Option<(Option<i64>, usize)> {
    let piece = |ahead: usize| tokens.get(at + ahead).map(|token| token.piece);
    let (Some(Piece::Mark(sign @ ('+' | '-'))), Some(Piece::Number { value, digits })) =
        (piece(0), piece(1))
    else {
        return None;
    };
    let (hours, minutes, used) = match (digits, piece(2), piece(3)) {
        (1 | 2, Some(Piece::Mark(':')), Some(Piece::Number { value: minutes, .. })) => {
            (value, minutes, 4)
        }
        (1 | 2, ..) => (value, 0, 2),
        (3 | 4, ..) => (value / 100, value % 100, 2),
        _ => return None,
    };
    let east = (hours <= 18 && minutes <= 59)
        .then(|| i64::try_from(hours * 3600 + minutes * 60).ok())
        .flatten();
    Some((east.map(|seconds| if sign == '-' { -seconds } else { seconds }), used))
}
