//! Instants, and where a date came from. Nothing here asks a clock.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};

/// An instant in whole seconds since 1970-01-01T00:00:00Z.
///
/// Feeds speak in seconds (RFC 822, RFC 3339); a finer clock would only make equal dates unequal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// 0001-01-01T00:00:00Z: what every published format can still write.
    pub const MIN: Timestamp = Timestamp(-62_135_596_800);
    /// 9999-12-31T23:59:59Z: the last instant RFC 3339 can write.
    pub const MAX: Timestamp = Timestamp(253_402_300_799);

    /// The instant that many seconds after the epoch, moved into the years 1 to 9999 that RFC 3339 can write.
    pub fn from_unix(seconds: i64) -> Timestamp {
        Timestamp(seconds).clamp(Timestamp::MIN, Timestamp::MAX)
    }

    /// Seconds since the epoch.
    pub fn unix(self) -> i64 {
        self.0
    }

    /// The same instant in the calendar's terms.
    pub fn to_utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.0, 0).unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// RFC 3339 in UTC with `Z`: `2025-10-30T06:05:00Z`.
    pub fn to_rfc3339(self) -> String {
        self.to_utc().to_rfc3339_opts(SecondsFormat::Secs, true)
    }

    /// The IMF-fixdate of HTTP (RFC 9110 §5.6.7): `Thu, 30 Oct 2025 06:05:00 GMT`.
    pub fn to_http_date(self) -> String {
        self.to_utc().format("%a, %d %b %Y %H:%M:%S GMT").to_string()
    }

    /// The date of RSS 2.0 (RFC 822 with four-digit years): `Thu, 30 Oct 2025 06:05:00 +0000`.
    pub fn to_rfc822(self) -> String {
        self.to_utc().to_rfc2822()
    }

    /// How long after `earlier` this is; zero if it is not after it.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_secs(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(instant: DateTime<Utc>) -> Timestamp {
        Timestamp::from_unix(instant.timestamp())
    }
}

impl std::ops::Add<Duration> for Timestamp {
    type Output = Timestamp;
    /// Adds whole seconds; the end of the calendar stops it.
    fn add(self, wait: Duration) -> Timestamp {
        Timestamp::from_unix(
            self.0.saturating_add(i64::try_from(wait.as_secs()).unwrap_or(i64::MAX)),
        )
    }
}

impl std::ops::Sub<Duration> for Timestamp {
    type Output = Timestamp;
    /// Takes whole seconds off; the start of the calendar stops it.
    fn sub(self, wait: Duration) -> Timestamp {
        Timestamp::from_unix(
            self.0.saturating_sub(i64::try_from(wait.as_secs()).unwrap_or(i64::MAX)),
        )
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_rfc3339())
    }
}

/// When an entry counts as published, and how we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// The instant.
    pub at: Timestamp,
    /// Where it came from.
    pub origin: DateOrigin,
}

/// Where a publication date came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateOrigin {
    /// The source states it.
    Stated,
    /// The source states a later date than the moment we saw the entry, which therefore counts.
    Clamped,
    /// The source states none that can be read; the first sight counts, for ever.
    FirstSeen,
}

impl Published {
    /// The date of an entry first seen at `first_seen` whose source states `stated`.
    ///
    /// A date in the future would pin its entry to the top of every feed, so first sight bounds it.
    pub fn of(stated: Option<Timestamp>, first_seen: Timestamp) -> Published {
        match stated {
            Some(at) if at <= first_seen => Published { at, origin: DateOrigin::Stated },
            Some(_) => Published { at: first_seen, origin: DateOrigin::Clamped },
            None => Published { at: first_seen, origin: DateOrigin::FirstSeen },
        }
    }

    /// The same for an entry of the first document that its source ever gave us, whose entries are of any age: one whose date cannot be
    /// believed (over a day ahead, which no slip of a time zone explains) is no newer than `newest`, the newest date of that document
    /// that can.
    pub fn of_backlog(
        stated: Option<Timestamp>,
        first_seen: Timestamp,
        newest: Option<Timestamp>,
    ) -> Published {
        const SECOND: Duration = Duration::from_secs(1);
        const DAY: Duration = Duration::from_hours(24);
        let published = Published::of(stated, first_seen);
        match newest {
            Some(newest) if stated.is_some_and(|stated| stated > first_seen + DAY) => {
                Published { at: (newest - SECOND).min(published.at), ..published }
            }
            Some(_) | None => published,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_follow_their_standards() {
        let at = Timestamp::from_unix(1_761_804_300);
        assert_eq!(at.to_rfc3339(), "2025-10-30T06:05:00Z");
        assert_eq!(at.to_http_date(), "Thu, 30 Oct 2025 06:05:00 GMT");
        assert_eq!(at.to_rfc822(), "Thu, 30 Oct 2025 06:05:00 +0000");
    }

    #[test]
    fn the_calendar_has_ends() {
        assert_eq!(Timestamp::from_unix(i64::MAX).to_rfc3339(), "9999-12-31T23:59:59Z");
        assert_eq!(Timestamp::MAX + Duration::from_secs(u64::MAX), Timestamp::MAX);
        assert_eq!(Timestamp::from_unix(5).since(Timestamp::from_unix(9)), Duration::ZERO);
    }

    #[test]
    fn no_entry_is_published_after_it_was_seen() {
        let seen = Timestamp::from_unix(1_000);
        assert_eq!(Published::of(Some(Timestamp::from_unix(900)), seen).origin, DateOrigin::Stated);
        assert_eq!(
            Published::of(Some(Timestamp::from_unix(9_000)), seen),
            Published { at: seen, origin: DateOrigin::Clamped }
        );
        assert_eq!(
            Published::of(None, seen),
            Published { at: seen, origin: DateOrigin::FirstSeen }
        );
        let newest = Some(Timestamp::from_unix(500));
        let backlog = |stated: i64| {
            Published::of_backlog(Some(Timestamp::from_unix(stated)), seen, newest).at.unix()
        };
        assert_eq!(backlog(900), 900);
        assert_eq!(backlog(9_000), 1_000);
        assert_eq!(backlog(900_000), 499);
    }
}
