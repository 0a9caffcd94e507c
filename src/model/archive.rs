//! The archives of a feed (RFC 5005 §4): which documents there are, and what they are called.

use std::fmt;

use chrono::{Datelike, NaiveDate};

use super::time::Timestamp;

/// A month of the calendar, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Month {
    year: u16,
    /// 1 to 12.
    month: u8,
}

impl Month {
    /// The month that an instant is in.
    pub fn of(at: Timestamp) -> Month {
        let date = at.to_utc();
        let year = u16::try_from(date.year()).unwrap_or(1);
        Month { year, month: u8::try_from(date.month()).unwrap_or(1) }
    }

    /// Reads `2026-10`.
    pub fn parse(text: &str) -> Option<Month> {
        let (year, month) = text.split_once('-')?;
        let digits = |text: &str, wanted: usize| {
            text.len() == wanted && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !digits(year, 4) || !digits(month, 2) {
            return None;
        }
        let (year, month) = (year.parse().ok()?, month.parse().ok()?);
        ((1..=12).contains(&month) && year > 0).then_some(Month { year, month })
    }

    /// The month after it.
    pub fn next(self) -> Month {
        match self.month {
            12 => Month { year: self.year.saturating_add(1), month: 1 },
            month => Month { month: month + 1, ..self },
        }
    }

    /// The month before it.
    pub fn previous(self) -> Month {
        match self.month {
            1 => Month { year: self.year.saturating_sub(1), month: 12 },
            month => Month { month: month - 1, ..self },
        }
    }

    /// Its first instant.
    pub fn start(self) -> Timestamp {
        let first = NaiveDate::from_ymd_opt(i32::from(self.year), u32::from(self.month), 1);
        first
            .and_then(|date| date.and_hms_opt(0, 0, 0))
            .map_or(Timestamp::MAX, |at| Timestamp::from(at.and_utc()))
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// One archive of a feed: a month that is over (`2026-10`), or what of the present month has left the feed already (`2026-11-part-1`, `-2` …).
///
/// Their order is the order of the chain; the parts of a month are followed by the whole month, which takes their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ArchiveName {
    /// The month.
    pub month: Month,
    /// Which part, counted from 1; [`ArchiveName::WHOLE`] is the month.
    part: u32,
}

impl ArchiveName {
    const WHOLE: u32 = u32::MAX;

    /// A month that is over.
    pub fn whole(month: Month) -> ArchiveName {
        ArchiveName { month, part: ArchiveName::WHOLE }
    }

    /// A part of a month, counted from 1.
    pub fn part(month: Month, part: u32) -> ArchiveName {
        ArchiveName { month, part: part.clamp(1, ArchiveName::WHOLE - 1) }
    }

    /// Which part of its month it is; `None` if it is the whole of it.
    pub fn part_number(self) -> Option<u32> {
        (self.part != ArchiveName::WHOLE).then_some(self.part)
    }

    /// Reads a name as it stands in addresses.
    pub fn parse(text: &str) -> Option<ArchiveName> {
        let Some((month, part)) = text.split_once("-part-") else {
            return Month::parse(text).map(ArchiveName::whole);
        };
        let name = ArchiveName::part(Month::parse(month)?, part.parse().ok()?);
        // One name, one document: no `-part-01`.
        (name.to_string() == text).then_some(name)
    }
}

impl fmt::Display for ArchiveName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.part_number() {
            Some(part) => write!(f, "{}-part-{part}", self.month),
            None => self.month.fmt(f),
        }
    }
}

/// Where a document stands among those of its feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// The archive that it is; `None` of the feed as it is now.
    pub archive: Option<ArchiveName>,
    /// The archive before it.
    pub previous: Option<ArchiveName>,
    /// The archive after it, which may yet be to come.
    pub next: Option<ArchiveName>,
    /// Whether it holds all that the feed has: nothing was left out, and there are no archives.
    pub is_complete: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_stand_in_the_order_of_the_chain() {
        let names = ["2026-09", "2026-10-part-1", "2026-10-part-2", "2026-10-part-10", "2026-10"];
        let read: Vec<ArchiveName> =
            names.iter().map(|name| ArchiveName::parse(name).unwrap()).collect();
        assert!(read.is_sorted());
        assert_eq!(read.iter().map(ToString::to_string).collect::<Vec<_>>(), names);
        for wrong in [
            "",
            "2026",
            "2026-13",
            "2026-1",
            "26-10",
            "2026-10-part-0",
            "2026-10-part-01",
            "2026-10-part-",
            "+026-10",
            "0000-01",
        ] {
            assert_eq!(ArchiveName::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn months_follow_each_other() {
        let check = |at: i64, want: &str, next: &str| {
            let month = Month::of(Timestamp::from_unix(at));
            assert_eq!(
                (month.to_string().as_str(), month.next().to_string().as_str()),
                (want, next)
            );
            assert_eq!(month.next().previous(), month);
            assert!(month.start() <= Timestamp::from_unix(at));
            assert!(Timestamp::from_unix(at) < month.next().start());
        };
        check(1_761_804_300, "2025-10", "2025-11");
        check(1_767_225_599, "2025-12", "2026-01");
        check(1_767_225_600, "2026-01", "2026-02");
    }
}
