//! Date texts of feeds → instants. The zone for texts that state none is an argument.

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeZone};
use chrono_tz::Tz;

use crate::model::time::Timestamp;

/// Reads a date text; `None` if no instant can be read from it. A text without a zone is meant in `zone`, else in UTC.
pub fn parse(text: &str, zone: Option<Tz>) -> Option<Timestamp> {
    let text = text.trim();
    if text.len() > 128 {
        return None;
    }
    let zone = zone.unwrap_or(Tz::UTC);
    let local = |local: NaiveDateTime| {
        Some(Timestamp::from_unix(zone.from_local_datetime(&local).earliest()?.timestamp()))
    };
    if let Ok(at) =
        DateTime::parse_from_rfc2822(text).or_else(|_| DateTime::parse_from_rfc3339(text))
    {
        return Some(Timestamp::from_unix(at.timestamp()));
    }
    if let Ok(at) = text.parse::<NaiveDateTime>() {
        return local(at);
    }
    text.parse::<NaiveDate>().ok().and_then(|date| local(date.and_hms_opt(0, 0, 0)?))
}
