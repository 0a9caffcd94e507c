//! The front page of a day that has passed.

use std::time::Duration;

use chrono::{Days, NaiveDate, TimeZone as _};
use chrono_tz::Tz;

use crate::edition;
use crate::model::edition::{Edition, FeedSpec};
use crate::model::time::Timestamp;
use crate::run::desk::Desk;
use crate::run::error::RunError;
use crate::run::publisher::edition_desk;
use crate::run::views;
use crate::serve::pages::{DayView, FrontView};
use crate::store::StoreReader;

/// So many stories of a day are looked at.
const STORIES: usize = 2_000;

/// The stories that were published on a day of the desk's zone, as its feeds would show them.
///
/// # Errors
/// If the store cannot be read.
pub fn front_of(
    desk: &Desk,
    reader: &dyn StoreReader,
    day: NaiveDate,
    now: Timestamp,
) -> Result<FrontView, RunError> {
    let zone = desk.config.fetch.timezone;
    let (from, until) = (start_of(day, zone), start_of(next(day), zone));
    let stories = reader.stories_between(from, until, STORIES)?;
    let states = reader.source_states()?;
    let mut edition_desk = edition_desk(desk, reader, &states)?;
    // What was pinned stays on top of today's, not of every day.
    let pinned = std::mem::take(&mut edition_desk.pinned);
    let editions: Vec<Edition> = desk
        .config
        .feeds
        .iter()
        .map(|feed| {
            let spec = FeedSpec { max_age: None, limit: STORIES, ..feed.spec.clone() };
            edition::choose(&stories, &spec, &edition_desk, until.max(now))
        })
        .collect();
    let editions: Vec<&Edition> = editions.iter().collect();
    let mut view = views::front(desk, &editions, &pinned, Vec::new(), until);
    let before = reader.last_before(from)?.map(|at| day_of(at, zone));
    let today = day_of(now, zone);
    view.day = Some(DayView { day, before, after: (day < today).then(|| next(day)) });
    Ok(view)
}

/// The last day before today of which stories are kept.
///
/// # Errors
/// If the store cannot be read.
pub fn before_today(
    desk: &Desk,
    reader: &dyn StoreReader,
    now: Timestamp,
) -> Result<Option<NaiveDate>, RunError> {
    let zone = desk.config.fetch.timezone;
    let last = reader.last_before(start_of(day_of(now, zone), zone))?;
    Ok(last.map(|at| day_of(at, zone)))
}

fn day_of(at: Timestamp, zone: Tz) -> NaiveDate {
    at.to_utc().with_timezone(&zone).date_naive()
}

fn next(day: NaiveDate) -> NaiveDate {
    day.checked_add_days(Days::new(1)).unwrap_or(day)
}

/// When a day begins in a zone: where midnight is left out by summer time, an hour later.
fn start_of(day: NaiveDate, zone: Tz) -> Timestamp {
    let midnight = day.and_time(chrono::NaiveTime::MIN);
    let begins = zone
        .from_local_datetime(&midnight)
        .earliest()
        .or_else(|| zone.from_local_datetime(&(midnight + Duration::from_secs(3600))).earliest());
    match begins {
        Some(begins) => begins.to_utc().into(),
        None => midnight.and_utc().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_by_the_zone() {
        let check = |zone: Tz, day: (i32, u32, u32), want: &str| {
            let day = NaiveDate::from_ymd_opt(day.0, day.1, day.2).unwrap();
            assert_eq!(start_of(day, zone).to_rfc3339(), want);
        };
        check(chrono_tz::Asia::Seoul, (2026, 10, 30), "2026-10-29T15:00:00Z");
        check(chrono_tz::UTC, (2026, 10, 30), "2026-10-30T00:00:00Z");
        // Midnight did not take place there.
        check(chrono_tz::America::Sao_Paulo, (2018, 11, 4), "2018-11-04T03:00:00Z");
    }
}
