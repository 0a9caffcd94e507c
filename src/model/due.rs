//! When a source is asked next and what decided it, and what servers and documents ask of those who poll them. Values only: `fetch/politeness.rs` and
//! `run/due.rs` decide.

use std::fmt;
use std::time::Duration;

use super::time::Timestamp;

/// When a source is asked next, and why not earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The earliest moment.
    pub at: Timestamp,
    /// What decided it.
    pub why: Why,
}

/// What decides when a source is asked next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Why {
    /// It was never polled at this address.
    New,
    /// Its schedule.
    Schedule,
    /// The rhythm learned of it.
    Rhythm,
    /// The server's `Cache-Control: max-age` or `Expires`.
    Fresh,
    /// The document's `ttl`.
    Ttl,
    /// The document's `sy:updatePeriod` and `sy:updateFrequency`.
    UpdatePeriod,
    /// The document's `skipHours`.
    SkipHours,
    /// The document's `skipDays`.
    SkipDays,
    /// The server's `Retry-After`.
    RetryAfter,
    /// `Retry-After` to several other sources of its host.
    HostRetryAfter,
    /// Failures in a row.
    BackOff,
    /// A hub tells us what is new.
    Pushed,
    /// What it told could not be stored.
    Store,
}

impl Why {
    /// Every reason there is.
    pub const ALL: [Why; 13] = [
        Why::New,
        Why::Schedule,
        Why::Rhythm,
        Why::Fresh,
        Why::Ttl,
        Why::UpdatePeriod,
        Why::SkipHours,
        Why::SkipDays,
        Why::RetryAfter,
        Why::HostRetryAfter,
        Why::BackOff,
        Why::Pushed,
        Why::Store,
    ];

    /// A short word a machine can sort by.
    pub fn word(self) -> &'static str {
        match self {
            Why::New => "new",
            Why::Schedule => "schedule",
            Why::Rhythm => "rhythm",
            Why::Fresh => "max-age",
            Why::Ttl => "ttl",
            Why::UpdatePeriod => "update-period",
            Why::SkipHours => "skip-hours",
            Why::SkipDays => "skip-days",
            Why::RetryAfter => "retry-after",
            Why::HostRetryAfter => "host-retry-after",
            Why::BackOff => "back-off",
            Why::Pushed => "pushed",
            Why::Store => "store",
        }
    }

    /// The reason of that word.
    pub fn of_word(word: &str) -> Option<Why> {
        Why::ALL.into_iter().find(|why| why.word() == word)
    }
}

impl fmt::Display for Why {
    /// In words that follow "next due at …: ".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Why::New => "it has not been polled at this address",
            Why::Schedule => "by its schedule",
            Why::Rhythm => "by the rhythm learned of it",
            Why::Fresh => "the server calls its answer fresh until then (Cache-Control, Expires)",
            Why::Ttl => "the document asks to be left alone until then (ttl)",
            Why::UpdatePeriod => {
                "the document says that it is not updated before (sy:updatePeriod)"
            }
            Why::SkipHours => "the document asks not to be polled in the hours before (skipHours)",
            Why::SkipDays => "the document asks not to be polled on the days before (skipDays)",
            Why::RetryAfter => "the server asks us to wait (Retry-After)",
            Why::HostRetryAfter => "the host asks several of its sources to wait (Retry-After)",
            Why::BackOff => "it fails, and is asked less and less often",
            Why::Pushed => "a hub tells us what is new, so it is polled seldom",
            Why::Store => "what it told could not be stored",
        })
    }
}

/// What a document asks of those who poll it. A copy of it that has not changed asks the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wishes {
    /// For how long it is to be left alone (`ttl`, RSS 2.0).
    pub ttl: Option<Duration>,
    /// The time between its updates (`sy:updatePeriod` ÷ `sy:updateFrequency`, RSS 1.0 syndication module).
    pub update_period: Option<Duration>,
    /// When it is not to be asked.
    pub skip: Skip,
}

impl Wishes {
    /// Whether it asks for nothing.
    pub fn is_empty(&self) -> bool {
        *self == Wishes::default()
    }
}

/// The hours and days (UTC) in which a document is not to be asked (`skipHours`, `skipDays` of RSS 2.0). Who names all of them names none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Skip {
    /// Bit 0 is the hour from midnight.
    hours: u32,
    /// Bit 0 is Monday.
    days: u8,
}

const ALL_HOURS: u32 = (1 << 24) - 1;
const ALL_DAYS: u8 = (1 << 7) - 1;
const DAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const HOUR_SECONDS: i64 = 3_600;
const DAY_SECONDS: i64 = 86_400;

impl Skip {
    /// Nothing but these bits: bit 0 of the hours from midnight, bit 0 of the days Monday.
    pub fn of_bits(hours: u32, days: u8) -> Skip {
        Skip { hours: hours & ALL_HOURS, days: days & ALL_DAYS }
    }

    /// The bits of the hours and of the days.
    pub fn bits(self) -> (u32, u8) {
        (self.hours, self.days)
    }

    /// Adds an hour as documents write it: 0 to 23, or 24 for midnight (RSS 0.91). Anything else is nothing.
    pub fn add_hour(&mut self, text: &str) {
        if let Some(hour) = text.trim().parse::<u32>().ok().filter(|hour| *hour <= 24) {
            self.hours |= 1 << (hour % 24);
        }
    }

    /// Adds a day by its English name. Anything else is nothing.
    pub fn add_day(&mut self, text: &str) {
        let is_day = |name: &&str| name.eq_ignore_ascii_case(text.trim());
        if let Some(day) = DAYS.iter().position(is_day) {
            self.days |= 1 << day;
        }
    }

    /// The first moment from `at` on that is not to be skipped, and what it waits for; `None` if `at` itself is one.
    pub fn after(self, at: Timestamp) -> Option<(Timestamp, Why)> {
        let hours = if self.hours == ALL_HOURS { 0 } else { self.hours };
        let days = if self.days == ALL_DAYS { 0 } else { self.days };
        let mut seconds = at.unix();
        let mut why = None;
        // Eight days hold every hour of every day of the week.
        for _ in 0..8 * 24 {
            // The epoch was a Thursday.
            let day = (seconds.div_euclid(DAY_SECONDS) + 3).rem_euclid(7);
            let hour = seconds.rem_euclid(DAY_SECONDS) / HOUR_SECONDS;
            if days & 1 << day != 0 {
                seconds = (seconds.div_euclid(DAY_SECONDS) + 1) * DAY_SECONDS;
                why = Some(Why::SkipDays);
            } else if hours & 1 << hour != 0 {
                seconds = (seconds.div_euclid(HOUR_SECONDS) + 1) * HOUR_SECONDS;
                why = why.or(Some(Why::SkipHours));
            } else {
                break;
            }
        }
        why.map(|why| (Timestamp::from_unix(seconds), why))
    }

    /// The hours that are skipped, ascending.
    pub fn hours(self) -> impl Iterator<Item = u32> {
        (0..24).filter(move |hour| self.hours & 1 << hour != 0)
    }

    /// The English names of the days that are skipped, from Monday on.
    pub fn days(self) -> impl Iterator<Item = &'static str> {
        DAYS.iter()
            .enumerate()
            .filter(move |(day, _)| self.days & 1 << day != 0)
            .map(|(_, day)| *day)
    }
}

/// What a server asked for with its last answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ServerWishes {
    /// For how long its answer is fresh (RFC 9111 §4.2).
    pub fresh_for: Option<Duration>,
    /// To be left alone, where it is too busy.
    pub wait: Option<Wait>,
}

/// `Retry-After` (RFC 9110 §10.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// The status it came with.
    pub status: u16,
    /// How long.
    pub wait: Duration,
    /// Until when.
    pub until: Timestamp,
}

/// A hub that tells us what is new (WebSub): polls are only there to be sure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Push {
    /// The end of the lease.
    pub until: Timestamp,
    /// The time between two polls meanwhile.
    pub every: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_word_of_its_own() {
        for why in Why::ALL {
            assert_eq!(Why::of_word(why.word()), Some(why));
            assert!(!why.to_string().is_empty());
        }
        assert_eq!(Why::of_word("x"), None);
    }

    #[test]
    fn hours_and_days_are_read_as_documents_write_them() {
        let mut skip = Skip::default();
        for hour in ["0", " 1 ", "24", "23", "25", "-1", "x", ""] {
            skip.add_hour(hour);
        }
        for day in ["Saturday", " sunday ", "Sonntag", ""] {
            skip.add_day(day);
        }
        assert_eq!(skip.hours().collect::<Vec<_>>(), [0, 1, 23]);
        assert_eq!(skip.days().collect::<Vec<_>>(), ["Saturday", "Sunday"]);
        let (hours, days) = skip.bits();
        assert_eq!(Skip::of_bits(hours, days), skip);
    }

    #[test]
    fn what_is_skipped_is_waited_out() {
        // 2025-10-30 is a Thursday.
        let check = |hours: &[u32], days: &[&str], at: &str, want: Option<(&str, Why)>| {
            let mut skip = Skip::default();
            hours.iter().for_each(|hour| skip.add_hour(&hour.to_string()));
            days.iter().for_each(|day| skip.add_day(day));
            let parse = |text: &str| {
                Timestamp::from(chrono::DateTime::parse_from_rfc3339(text).unwrap().to_utc())
            };
            let want = want.map(|(at, why)| (parse(at), why));
            assert_eq!(skip.after(parse(at)), want, "{hours:?} {days:?} {at}");
        };
        check(&[], &[], "2025-10-30T06:05:00Z", None);
        check(&[7], &[], "2025-10-30T06:59:59Z", None);
        check(&[6, 7], &[], "2025-10-30T06:05:00Z", Some(("2025-10-30T08:00:00Z", Why::SkipHours)));
        check(
            &[23, 0],
            &[],
            "2025-10-30T23:05:00Z",
            Some(("2025-10-31T01:00:00Z", Why::SkipHours)),
        );
        check(
            &[],
            &["thursday"],
            "2025-10-30T06:05:00Z",
            Some(("2025-10-31T00:00:00Z", Why::SkipDays)),
        );
        check(
            &[0],
            &["Saturday", "Sunday"],
            "2025-11-01T12:00:00Z",
            Some(("2025-11-03T01:00:00Z", Why::SkipDays)),
        );
        // All hours or all days would be for ever, which nobody means.
        check(&(0..24).collect::<Vec<_>>(), &[], "2025-10-30T06:05:00Z", None);
        check(&[], &DAYS, "2025-10-30T06:05:00Z", None);
    }
}
