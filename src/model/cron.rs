//! Cron expressions as crontab(5) reads them, in a time zone. Nothing here asks a clock.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use chrono::{
    DateTime, Datelike, Days, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta,
    TimeZone, Timelike, Utc,
};
use chrono_tz::Tz;

use super::time::Timestamp;

/// A cron expression in a time zone: five fields (minute, hour, day of month, month, day of week), or six with leading seconds, or a
/// nickname such as `@hourly`.
///
/// As in crontab(5), Sunday is 0 or 7, and where both day fields are restricted (neither begins with `*`) either may match.
///
/// Where the clocks go forward, the runs that fall into the gap happen once, right after it. Where they go back, a run of the repeated hour
/// happens once, the first time; only an expression that runs in every hour goes on through the repeat, so that polling does not pause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    text: String,
    zone: Tz,
    /// A bit for each second, minute, hour, day, month and weekday (0 = Sunday) that matches.
    seconds: u64,
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Whether one of the day fields suffices.
    either_day: bool,
    fixed_minute: bool,
    interval: Duration,
}

/// What is wrong with an expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CronError {
    /// The bytes of the expression that are wrong.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl Cron {
    /// Reads an expression.
    pub fn parse(text: &str, zone: Tz) -> Result<Cron, CronError> {
        let whole = || 0..text.len();
        let trimmed = text.trim();
        let expression = match trimmed.strip_prefix('@') {
            Some(nickname) => expand(nickname).map_err(|help| CronError {
                span: whole(),
                message: format!("`{trimmed}` is not a schedule this program knows"),
                help: Some(help),
            })?,
            None => text,
        };
        let words = words(expression);
        let count = words.len();
        let fields: &[Field] = match count {
            5 => &FIELDS[1..],
            6 => &FIELDS,
            _ => {
                return Err(CronError {
                    span: whole(),
                    message: format!(
                        "a cron expression has five fields, or six with leading seconds, not {count}"
                    ),
                    help: Some(
                        "minute, hour, day of month, month, day of week: `*/15 * * * *`, `0 6 * * MON-FRI`"
                            .to_owned(),
                    ),
                });
            }
        };
        let mut sets = [1, 0, 0, 0, 0, 0];
        let mut starred = [false; 6];
        for ((field, word), slot) in fields.iter().zip(&words).zip(6 - count..) {
            // Both arrays have six places, and slot runs from 0 or 1 to 5.
            if let (Some(set), Some(star)) = (sets.get_mut(slot), starred.get_mut(slot)) {
                *set = field.read(expression, word.clone())?;
                *star = expression[word.clone()].starts_with('*');
            }
        }
        let [seconds, minutes, hours, days, months, weekdays] = sets;
        let minute = words.get(count - 5).map_or("", |word| &expression[word.clone()]);
        let mut cron = Cron {
            text: trimmed.to_owned(),
            zone,
            seconds,
            minutes,
            hours,
            days,
            months,
            // 7 is Sunday too.
            weekdays: (weekdays | weekdays >> 7) & 0x7f,
            either_day: !starred[3] && !starred[5],
            fixed_minute: !minute.contains(['*', '/']) && !starred[0],
            interval: Duration::ZERO,
        };
        cron.interval = cron.typical_interval().ok_or_else(|| CronError {
            span: whole(),
            message: "this schedule never runs".to_owned(),
            help: Some("no month has such a day; check the day and month fields".to_owned()),
        })?;
        Ok(cron)
    }

    /// The expression as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The time zone its fields are read in.
    pub fn zone(&self) -> Tz {
        self.zone
    }

    /// The typical time between two runs: the median of the first ones.
    pub fn interval(&self) -> Duration {
        self.interval
    }

    /// Whether the curator chose the minute (`0 6 * * *`) rather than a rhythm (`*/15 * * * *`).
    pub fn has_fixed_minute(&self) -> bool {
        self.fixed_minute
    }

    /// The first run after `after`; `None` if there is none within fifty years.
    pub fn next_after(&self, after: Timestamp) -> Option<Timestamp> {
        let after = after.to_utc();
        let local = after.with_timezone(&self.zone).naive_local();
        if self.hours == EVERY_HOUR {
            return self.next_through_repeats(after, local);
        }
        let mut candidate = local;
        loop {
            candidate = self.next_match(candidate)?;
            let run = self.first_instant(candidate)?;
            // In the second pass of a repeated hour, or at the end of a gap, this wall time has had its run.
            if run > after {
                return Some(run.into());
            }
        }
    }

    /// The next run of an expression that runs in every hour: hours follow each other in real time, whatever the clocks on the wall do.
    fn next_through_repeats(
        &self,
        after: DateTime<Utc>,
        local: NaiveDateTime,
    ) -> Option<Timestamp> {
        let offset = self.offset(after);
        let candidate = self.next_match(local)?;
        let run = candidate.checked_sub_signed(offset)?.and_utc();
        if self.offset(run) == offset {
            return Some(run.into());
        }
        // The clocks change on the way there.
        let change = first_instant_where(after, run, |at| self.offset(at) != offset)?;
        let new_local = change.with_timezone(&self.zone).naive_local();
        if self.offset(change) > offset && candidate < new_local {
            return Some(change.into());
        }
        // The moment of the change itself may be a run.
        let candidate = self.next_match(new_local.checked_sub_signed(TimeDelta::seconds(1))?)?;
        let run = candidate.checked_sub_signed(self.offset(change))?.and_utc();
        (run > after).then(|| run.into())
    }

    /// The instant of a wall time: the first of two, and the end of the gap for one that the clocks leap over.
    fn first_instant(&self, local: NaiveDateTime) -> Option<DateTime<Utc>> {
        match self.zone.from_local_datetime(&local) {
            LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Some(at.with_timezone(&Utc)),
            LocalResult::None => {
                // No zone is more than a day away from UTC.
                let day = TimeDelta::days(1) + TimeDelta::hours(2);
                let low = local.checked_sub_signed(day)?.and_utc();
                let high = local.checked_add_signed(day)?.and_utc();
                first_instant_where(low, high, |at| {
                    at.with_timezone(&self.zone).naive_local() >= local
                })
            }
        }
    }

    fn offset(&self, at: DateTime<Utc>) -> TimeDelta {
        let offset = self.zone.offset_from_utc_datetime(&at.naive_utc()).fix();
        TimeDelta::seconds(offset.local_minus_utc().into())
    }

    /// The first matching wall time after `after`.
    fn next_match(&self, after: NaiveDateTime) -> Option<NaiveDateTime> {
        let from = after.with_nanosecond(0)?.checked_add_signed(TimeDelta::seconds(1))?;
        let mut date = from.date();
        let last_year = date.year().saturating_add(50);
        let mut earliest = from.time();
        while date.year() <= last_year {
            if self.months & bit(date.month()) == 0 {
                date = first_of_next_month(date)?;
                earliest = NaiveTime::MIN;
                continue;
            }
            if self.matches_day(date)
                && let Some(time) = self.next_time(earliest)
            {
                return Some(date.and_time(time));
            }
            date = date.checked_add_days(Days::new(1))?;
            earliest = NaiveTime::MIN;
        }
        None
    }

    fn matches_day(&self, date: NaiveDate) -> bool {
        let day = self.days & bit(date.day()) != 0;
        let weekday = self.weekdays & bit(date.weekday().num_days_from_sunday()) != 0;
        if self.either_day { day || weekday } else { day && weekday }
    }

    /// The first matching time of a day at `earliest` or later.
    fn next_time(&self, earliest: NaiveTime) -> Option<NaiveTime> {
        let (mut hour, mut minute, mut second) =
            (earliest.hour(), earliest.minute(), earliest.second());
        loop {
            let next_hour = lowest_from(self.hours, hour)?;
            if next_hour != hour {
                (hour, minute, second) = (next_hour, 0, 0);
            }
            let Some(next_minute) = lowest_from(self.minutes, minute) else {
                (hour, minute, second) = (hour + 1, 0, 0);
                continue;
            };
            if next_minute != minute {
                (minute, second) = (next_minute, 0);
            }
            let Some(second_found) = lowest_from(self.seconds, second) else {
                (minute, second) = (minute + 1, 0);
                continue;
            };
            return NaiveTime::from_hms_opt(hour, minute, second_found);
        }
    }

    /// The median of the first gaps from a Monday on; `None` if it never runs.
    fn typical_interval(&self) -> Option<Duration> {
        let monday = NaiveDate::from_ymd_opt(2026, 1, 5)?.and_time(NaiveTime::MIN);
        let mut last = self.next_match(monday)?;
        let mut gaps = Vec::with_capacity(24);
        while gaps.len() < 24 {
            let Some(next) = self.next_match(last) else { break };
            gaps.push((next - last).to_std().unwrap_or_default());
            last = next;
        }
        gaps.sort_unstable();
        Some(gaps.get(gaps.len() / 2).copied().unwrap_or(Duration::from_secs(366 * 86_400)))
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Every hour of the day.
const EVERY_HOUR: u64 = (1 << 24) - 1;

/// A field of an expression.
struct Field {
    name: &'static str,
    low: u32,
    high: u32,
    /// The names of its values, from the value `low` of months and 0 of weekdays on.
    names: &'static [&'static str],
}

const FIELDS: [Field; 6] = [
    Field { name: "second", low: 0, high: 59, names: &[] },
    Field { name: "minute", low: 0, high: 59, names: &[] },
    Field { name: "hour", low: 0, high: 23, names: &[] },
    Field { name: "day of month", low: 1, high: 31, names: &[] },
    Field {
        name: "month",
        low: 1,
        high: 12,
        names: &[
            "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
        ],
    },
    Field {
        name: "day of week",
        low: 0,
        high: 7,
        names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
    },
];

impl Field {
    /// The set of values that the words of a field name, as bits.
    fn read(&self, expression: &str, span: Range<usize>) -> Result<u64, CronError> {
        let mut set = 0;
        let mut start = span.start;
        for part in expression[span].split(',') {
            let part_span = start..start + part.len();
            set |= self.part(part).map_err(|message| CronError {
                span: part_span.clone(),
                message,
                help: Some(self.help()),
            })?;
            start = part_span.end + 1;
        }
        Ok(set)
    }

    fn part(&self, part: &str) -> Result<u64, String> {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => {
                let step: u32 = step
                    .parse()
                    .ok()
                    .filter(|step| (1..=self.high).contains(step))
                    .ok_or_else(|| format!("`{part}` has no step that fits a {}", self.name))?;
                (range, Some(step))
            }
            None => (part, None),
        };
        let (low, high) = match range.split_once('-') {
            // `*/2` of weekdays is Sunday, Tuesday, Thursday, Saturday: 7 would be Sunday again.
            None if range == "*" => (self.low, self.high - u32::from(self.high == 7)),
            None => {
                let value = self.value(range)?;
                // `5/10` is "from 5 on".
                (value, if step.is_some() { self.high } else { value })
            }
            Some((low, high)) => {
                let (low, mut high) = (self.value(low)?, self.value(high)?);
                // `FRI-SUN` and `5-0` end on the Sunday after.
                if self.high == 7 && high == 0 && low > 0 {
                    high = 7;
                }
                if low > high {
                    return Err(format!("`{range}` runs backwards"));
                }
                (low, high)
            }
        };
        let step = usize::try_from(step.unwrap_or(1)).unwrap_or(1);
        Ok((low..=high).step_by(step).fold(0, |set, value| set | bit(value)))
    }

    fn value(&self, text: &str) -> Result<u32, String> {
        let name = text.to_ascii_lowercase();
        if let Some(index) = self.names.iter().position(|candidate| *candidate == name) {
            return Ok(self.low + u32::try_from(index).unwrap_or_default());
        }
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let value: Option<u32> = digits.then(|| text.parse().ok()).flatten();
        match value {
            Some(value) if (self.low..=self.high).contains(&value) => Ok(value),
            Some(_) => Err(format!("`{text}` is not between {} and {}", self.low, self.high)),
            None if text.is_empty() => Err(format!("a value of the {} is missing", self.name)),
            None => Err(format!("`{text}` is not a {}", self.name)),
        }
    }

    fn help(&self) -> String {
        let Field { name, low, high, names } = self;
        let names = match (names.first(), names.last()) {
            (Some(first), Some(last)) => format!(", or {first} to {last}"),
            _ => String::new(),
        };
        format!(
            "the {name} is `*`, or {low} to {high}{names}, in lists `a,b`, ranges `a-b` and steps `*/n`"
        )
    }
}

/// The expression of a nickname, or what to write instead.
fn expand(nickname: &str) -> Result<&'static str, String> {
    const NICKNAMES: [(&str, &str); 7] = [
        ("hourly", "0 * * * *"),
        ("daily", "0 0 * * *"),
        ("midnight", "0 0 * * *"),
        ("weekly", "0 0 * * 0"),
        ("monthly", "0 0 1 * *"),
        ("yearly", "0 0 1 1 *"),
        ("annually", "0 0 1 1 *"),
    ];
    let found = NICKNAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(nickname));
    match found {
        Some((_, expression)) => Ok(expression),
        None if nickname.eq_ignore_ascii_case("reboot") => {
            Err("what is due runs at start-up anyway; choose a rhythm, such as `@hourly`".to_owned())
        }
        None => Err(
            "there are @hourly, @daily, @midnight, @weekly, @monthly, @yearly and @annually; for an interval use the key `every`"
                .to_owned(),
        ),
    }
}

/// The spans of the words between white space.
fn words(text: &str) -> Vec<Range<usize>> {
    let start_of = |word: &str| word.as_ptr() as usize - text.as_ptr() as usize;
    text.split_whitespace().map(|word| start_of(word)..start_of(word) + word.len()).collect()
}

fn bit(value: u32) -> u64 {
    1u64.checked_shl(value).unwrap_or_default()
}

/// The lowest value of a set that is not below `from`.
fn lowest_from(set: u64, from: u32) -> Option<u32> {
    let rest = set & u64::MAX.checked_shl(from).unwrap_or_default();
    (rest != 0).then(|| rest.trailing_zeros())
}

fn first_of_next_month(date: NaiveDate) -> Option<NaiveDate> {
    match date.month() {
        12 => NaiveDate::from_ymd_opt(date.year().checked_add(1)?, 1, 1),
        month => NaiveDate::from_ymd_opt(date.year(), month + 1, 1),
    }
}

/// The first second in `(low, high]` where `holds`, which is false at `low`, true at `high` and changes once between.
fn first_instant_where(
    low: DateTime<Utc>,
    high: DateTime<Utc>,
    holds: impl Fn(DateTime<Utc>) -> bool,
) -> Option<DateTime<Utc>> {
    let (mut low, mut high) = (low.timestamp(), high.timestamp());
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if holds(DateTime::from_timestamp(middle, 0)?) {
            high = middle;
        } else {
            low = middle;
        }
    }
    DateTime::from_timestamp(high, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        DateTime::parse_from_rfc3339(text).unwrap().with_timezone(&Utc).into()
    }

    fn runs(cron: &Cron, from: &str, count: usize) -> Vec<String> {
        let mut now = at(from);
        (0..count)
            .map(|_| {
                now = cron.next_after(now).unwrap();
                now.to_utc().with_timezone(&cron.zone()).format("%a %m-%dT%H:%M:%S%z").to_string()
            })
            .collect()
    }

    /// The next runs of an expression in a zone.
    fn check(expression: &str, zone: Tz, from: &str, want: &[&str]) {
        let cron = Cron::parse(expression, zone).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(runs(&cron, from, want.len()), want, "{expression} in {zone} from {from}");
    }

    fn refused(expression: &str, marked: &str, message: &str) {
        let error = Cron::parse(expression, Tz::UTC).unwrap_err();
        assert_eq!(&expression[error.span.clone()], marked, "{expression}");
        assert!(error.message.contains(message), "{expression}: {error}");
    }

    #[test]
    fn weekdays_are_those_of_crontab() {
        // 2026-01-03 is a Saturday.
        let days = |field: &str| {
            let cron = Cron::parse(&format!("0 6 * * {field}"), Tz::UTC).unwrap();
            let days: Vec<String> =
                runs(&cron, "2026-01-03T12:00:00Z", 7).iter().map(|run| run[..3].into()).collect();
            days.join(" ")
        };
        assert_eq!(days("1-5"), "Mon Tue Wed Thu Fri Mon Tue");
        assert_eq!(days("0"), "Sun Sun Sun Sun Sun Sun Sun");
        assert_eq!(days("7"), "Sun Sun Sun Sun Sun Sun Sun");
        assert_eq!(days("5-7"), "Sun Fri Sat Sun Fri Sat Sun");
        assert_eq!(days("*/2"), "Sun Tue Thu Sat Sun Tue Thu");
        assert_eq!(days("MON,WED"), "Mon Wed Mon Wed Mon Wed Mon");
        assert_eq!(days("fri-sun"), "Sun Fri Sat Sun Fri Sat Sun");
        assert_eq!(days("6,0"), "Sun Sat Sun Sat Sun Sat Sun");
    }

    #[test]
    fn fields_have_lists_ranges_steps_and_names() {
        let from = "2026-01-03T12:00:00Z";
        check(
            "*/15 * * * *",
            Tz::UTC,
            from,
            &["Sat 01-03T12:15:00+0000", "Sat 01-03T12:30:00+0000"],
        );
        check(
            "30 0 12 * * *",
            Tz::UTC,
            from,
            &["Sat 01-03T12:00:30+0000", "Sun 01-04T12:00:30+0000"],
        );
        check(
            "*/20 59 23 31 dec *",
            Tz::UTC,
            from,
            &["Thu 12-31T23:59:00+0000", "Thu 12-31T23:59:20+0000"],
        );
        check(
            "5/20 9-10 * JAN,mar *",
            Tz::UTC,
            from,
            &["Sun 01-04T09:05:00+0000", "Sun 01-04T09:25:00+0000"],
        );
        check(
            "10-30/10 0 1 * *",
            Tz::UTC,
            from,
            &["Sun 02-01T00:10:00+0000", "Sun 02-01T00:20:00+0000"],
        );
        check("0 0 29 2 *", Tz::UTC, from, &["Tue 02-29T00:00:00+0000"]);
        check("@hourly", Tz::UTC, from, &["Sat 01-03T13:00:00+0000"]);
        check("@weekly", Tz::Asia__Seoul, from, &["Sun 01-04T00:00:00+0900"]);
        check("@yearly", Tz::UTC, from, &["Fri 01-01T00:00:00+0000"]);
        check("0 6 * * MON-FRI", Tz::Asia__Seoul, from, &["Mon 01-05T06:00:00+0900"]);
    }

    #[test]
    fn either_day_field_suffices_if_both_are_restricted() {
        let from = "2026-01-03T12:00:00Z";
        check(
            "0 0 13 * 5",
            Tz::UTC,
            from,
            &["Fri 01-09T00:00:00+0000", "Tue 01-13T00:00:00+0000", "Fri 01-16T00:00:00+0000"],
        );
        // A field that begins with a star restricts nothing by itself: both must match.
        check(
            "0 0 */2 * 5",
            Tz::UTC,
            from,
            &["Fri 01-09T00:00:00+0000", "Fri 01-23T00:00:00+0000"],
        );
        check("0 0 13 * *", Tz::UTC, from, &["Tue 01-13T00:00:00+0000", "Fri 02-13T00:00:00+0000"]);
    }

    #[test]
    fn what_the_clocks_leap_over_runs_once_right_after() {
        // Berlin: 02:00 becomes 03:00 on 2026-03-29.
        let berlin = Tz::Europe__Berlin;
        check(
            "30 2 * * *",
            berlin,
            "2026-03-28T12:00:00Z",
            &["Sun 03-29T03:00:00+0200", "Mon 03-30T02:30:00+0200"],
        );
        check(
            "*/20 2 * * *",
            berlin,
            "2026-03-28T12:00:00Z",
            &["Sun 03-29T03:00:00+0200", "Mon 03-30T02:00:00+0200"],
        );
        check(
            "30 2,3 * * *",
            berlin,
            "2026-03-28T12:00:00Z",
            &["Sun 03-29T03:00:00+0200", "Sun 03-29T03:30:00+0200"],
        );
        check(
            "0 2,3 * * *",
            berlin,
            "2026-03-28T12:00:00Z",
            &["Sun 03-29T03:00:00+0200", "Mon 03-30T02:00:00+0200"],
        );
        check(
            "*/30 * * * *",
            berlin,
            "2026-03-29T00:10:00Z",
            &["Sun 03-29T01:30:00+0100", "Sun 03-29T03:00:00+0200", "Sun 03-29T03:30:00+0200"],
        );
        check(
            "45 * * * *",
            berlin,
            "2026-03-29T00:00:00Z",
            &["Sun 03-29T01:45:00+0100", "Sun 03-29T03:00:00+0200", "Sun 03-29T03:45:00+0200"],
        );
        // Apia left out all of 2011-12-30.
        check(
            "0 6 * * *",
            Tz::Pacific__Apia,
            "2011-12-29T20:00:00Z",
            &["Sat 12-31T00:00:00+1400", "Sat 12-31T06:00:00+1400"],
        );
        // Lord Howe's clocks move by half an hour.
        check(
            "15 2 * * *",
            Tz::Australia__Lord_Howe,
            "2026-10-03T12:00:00Z",
            &["Sun 10-04T02:30:00+1100", "Mon 10-05T02:15:00+1100"],
        );
    }

    #[test]
    fn what_the_clocks_repeat_runs_once() {
        // Berlin: 03:00 becomes 02:00 on 2026-10-25 at 01:00 UTC.
        let berlin = Tz::Europe__Berlin;
        check(
            "30 2 * * *",
            berlin,
            "2026-10-24T12:00:00Z",
            &["Sun 10-25T02:30:00+0200", "Mon 10-26T02:30:00+0100"],
        );
        check(
            "*/30 2,3 * * *",
            berlin,
            "2026-10-24T12:00:00Z",
            &["Sun 10-25T02:00:00+0200", "Sun 10-25T02:30:00+0200", "Sun 10-25T03:00:00+0100"],
        );
        // Started within the repeat: the first pass had the run.
        check("30 2 * * *", berlin, "2026-10-25T01:10:00Z", &["Mon 10-26T02:30:00+0100"]);
        check("0 3 * * *", berlin, "2026-10-25T00:59:00Z", &["Sun 10-25T03:00:00+0100"]);
    }

    #[test]
    fn polling_in_every_hour_does_not_pause_while_the_clocks_repeat() {
        let berlin = Tz::Europe__Berlin;
        check(
            "*/30 * * * *",
            berlin,
            "2026-10-25T00:10:00Z",
            &[
                "Sun 10-25T02:30:00+0200",
                "Sun 10-25T02:00:00+0100",
                "Sun 10-25T02:30:00+0100",
                "Sun 10-25T03:00:00+0100",
            ],
        );
        check(
            "10 * * * *",
            berlin,
            "2026-10-25T00:00:00Z",
            &["Sun 10-25T02:10:00+0200", "Sun 10-25T02:10:00+0100", "Sun 10-25T03:10:00+0100"],
        );
    }

    #[test]
    fn the_wrong_part_is_marked() {
        refused("*/15 * * *", "*/15 * * *", "five fields");
        refused("", "", "five fields");
        refused("60 * * * *", "60", "not between 0 and 59");
        refused("0 1,25 * * *", "25", "not between 0 and 23");
        refused("0 0 0 * *", "0", "not between 1 and 31");
        refused("0 6 * * MON-FRY", "MON-FRY", "`FRY` is not a day of week");
        refused("*/0 * * * *", "*/0", "step");
        refused("30-10 * * * *", "30-10", "backwards");
        refused("0 0 31 2 *", "0 0 31 2 *", "never runs");
        refused("@reboot", "@reboot", "not a schedule");
        refused("@fortnightly", "@fortnightly", "not a schedule");
        refused("1,,2 * * * *", "", "missing");
        refused("99999999999999999999 * * * *", "99999999999999999999", "not a minute");
        refused("+1 * * * *", "+1", "not a minute");
    }

    #[test]
    fn the_interval_is_what_is_usual() {
        let interval = |text: &str| Cron::parse(text, Tz::UTC).unwrap().interval().as_secs();
        assert_eq!(interval("*/15 * * * *"), 900);
        assert_eq!(interval("0 6 * * MON-FRI"), 86_400);
        assert_eq!(interval("*/10 * * * * *"), 10);
        assert_eq!(interval("@weekly"), 7 * 86_400);
        assert!(interval("0 0 29 2 *") > 3 * 365 * 86_400);
    }

    /// The `cron` crate as a second opinion, where both mean the same.
    #[test]
    fn another_implementation_agrees() {
        use std::str::FromStr;
        // Ours on the left; on the right with seconds, and 1 = Sunday.
        for (ours, theirs) in [
            ("*/7 3-9 * * *", "0 */7 3-9 * * *"),
            ("0 6 * * 1-5", "0 0 6 * * 2-6"),
            ("15 12 * 2,6-8 0", "0 15 12 * 2,6-8 1"),
            ("15 12 * * 5-7", "0 15 12 * * 6,7,1"),
            ("0 0 31 * *", "0 0 0 31 * *"),
            ("*/25 58 23 28-31 * *", "*/25 58 23 28-31 * *"),
        ] {
            let cron = Cron::parse(ours, Tz::UTC).unwrap();
            let other = cron::Schedule::from_str(theirs).unwrap();
            let start = at("2026-02-27T22:10:05Z");
            let mut now = start;
            for run in other.after(&start.to_utc()).take(200) {
                now = cron.next_after(now).unwrap();
                assert_eq!(now, run.into(), "{ours}");
            }
        }
    }
}
