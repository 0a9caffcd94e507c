//! The rhythm of a source: the hours in which it publishes, and whether a pause is longer than they explain.
//!
//! Time is counted in the news that an hour of the week usually brings, not in hours: the night and the weekend of a paper that rests then count for
//! nothing, whatever its zone, and a weekly has one such hour a week.

use std::time::Duration;

use crate::model::health::ActiveDay;
use crate::model::time::Timestamp;

/// So many days before the last news tell the rhythm.
const DAYS: i32 = 42;
const HOUR: i64 = 3_600;
const HOURS_A_DAY: i64 = 24;
const HOURS_A_WEEK: i64 = 7 * HOURS_A_DAY;
/// With fewer hours and days with news there is no rhythm to speak of.
const FEWEST_HOURS: usize = 6;
const FEWEST_DAYS: usize = 5;
/// A history must span so many hours before each hour of the week is looked at by itself.
const TWO_WEEKS: i64 = 2 * HOURS_A_WEEK;
/// Until then nobody knows what a weekend is like, so a pause must be longer than one.
const LONG_WEEKEND: i64 = 3 * HOURS_A_DAY;
/// No shorter pause is called silence, however busy a source is.
const SHORTEST: i64 = 6;
/// A source whose usual pauses lack so much news has no rhythm.
const IRREGULAR: f64 = 8.0;

/// A pause that the rhythm does not explain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Silence {
    /// The end of the hour that brought the last news.
    pub since: Timestamp,
    /// The longest pause before it.
    pub longest: Duration,
    /// So many days of history tell that.
    pub days: u32,
}

/// Takes in when something was published.
pub fn learn(active: &mut Vec<ActiveDay>, published: &[Timestamp]) {
    for at in published {
        let hour = at.unix().div_euclid(HOUR);
        let Ok(day) = i32::try_from(hour.div_euclid(HOURS_A_DAY)) else { continue };
        let bit = 1 << hour.rem_euclid(HOURS_A_DAY);
        match active.binary_search_by_key(&day, |active| active.day) {
            Ok(found) => {
                if let Some(active) = active.get_mut(found) {
                    active.hours |= bit;
                }
            }
            Err(place) => active.insert(place, ActiveDay { day, hours: bit }),
        }
    }
    // Counted back from the last news, not from today: a silent source does not forget its rhythm.
    if let Some(last) = active.last().map(|active| active.day) {
        active.retain(|active| active.day > last.saturating_sub(DAYS));
    }
}

/// Whether nothing new until `now` is more than the source's own pauses explain; `None` also of a source without a rhythm.
pub fn silence(active: &[ActiveDay], now: Timestamp) -> Option<Silence> {
    let last = active.last()?;
    let last_hour = i64::from(last.day) * HOURS_A_DAY + i64::from(last.hours.checked_ilog2()?);
    // Whole hours without news.
    let pause = now.unix().div_euclid(HOUR) - last_hour - 1;
    if pause < SHORTEST || active.len() < FEWEST_DAYS {
        return None;
    }
    let hours = hours_of(active);
    let first_hour = *hours.first()?;
    let span = last_hour - first_hour + 1;
    if hours.len() < FEWEST_HOURS || (span < TWO_WEEKS && pause < LONG_WEEKEND) {
        return None;
    }
    let profile = Profile::of(&hours, first_hour, span);
    let pairs = || hours.windows(2).filter_map(|pair| Some((*pair.first()?, *pair.last()?)));
    let missed = pairs().map(|(one, other)| profile.news(one + 1, other)).fold(0.0, f64::max);
    if missed > IRREGULAR {
        return None;
    }
    // The longest of many pauses is a measure of how they vary, so that twice as much is no accident; one more for a source with few of them.
    if profile.news(last_hour + 1, last_hour + pause) < 2.0 * missed + 1.0 {
        return None;
    }
    let longest = pairs().map(|(one, other)| other - one).max().unwrap_or(1);
    Some(Silence {
        since: Timestamp::from_unix((last_hour + 1) * HOUR),
        longest: Duration::from_secs(u64::try_from(longest * HOUR).unwrap_or(0)),
        days: u32::try_from(span.div_euclid(HOURS_A_DAY) + 1).unwrap_or(1),
    })
}

/// The hours with news, counted from the epoch, in order.
fn hours_of(active: &[ActiveDay]) -> Vec<i64> {
    let of_day = |active: &ActiveDay| {
        let (day, hours) = (i64::from(active.day) * HOURS_A_DAY, active.hours);
        (0..HOURS_A_DAY).filter(move |hour| hours >> hour & 1 == 1).map(move |hour| day + hour)
    };
    active.iter().flat_map(of_day).collect()
}

/// How likely each hour brings news.
struct Profile {
    /// By hour of the week, or of the day where the history is short.
    likely: Vec<f64>,
}

impl Profile {
    fn of(hours: &[i64], first: i64, span: i64) -> Profile {
        let period = if span < TWO_WEEKS { HOURS_A_DAY } else { HOURS_A_WEEK };
        let slots = usize::try_from(period).unwrap_or(1);
        let slot = |hour: i64| usize::try_from(hour.rem_euclid(period)).unwrap_or(0);
        let mut likely = vec![0.0; slots];
        for hour in hours {
            if let Some(count) = likely.get_mut(slot(*hour)) {
                *count += 1.0;
            }
        }
        for (place, count) in likely.iter_mut().enumerate() {
            let place = i64::try_from(place).unwrap_or(0);
            // How often that hour came between the first and the last.
            let offset = (place - first).rem_euclid(period);
            let came = if offset < span { (span - 1 - offset) / period + 1 } else { 0 };
            *count =
                if came > 0 { *count / f64::from(u32::try_from(came).unwrap_or(1)) } else { 0.0 };
        }
        Profile { likely }
    }

    /// The news that the hours from `first` to `last` usually bring.
    fn news(&self, first: i64, last: i64) -> f64 {
        let Ok(period) = i64::try_from(self.likely.len()) else { return 0.0 };
        if period == 0 || last < first {
            return 0.0;
        }
        let whole = (last - first + 1) / period;
        let rest = (first..=last).skip(usize::try_from(whole * period).unwrap_or(usize::MAX));
        let each = |hour: i64| {
            usize::try_from(hour.rem_euclid(period)).ok().and_then(|slot| self.likely.get(slot))
        };
        let of_rest: f64 = rest.filter_map(each).sum();
        let of_whole: f64 = self.likely.iter().sum();
        of_rest + of_whole * f64::from(u32::try_from(whole).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Monday, 6 October 2025, 00:00 UTC.
    const MONDAY: i64 = 1_759_708_800;

    fn hour(hours: i64) -> Timestamp {
        Timestamp::from_unix(MONDAY + hours * HOUR + 600)
    }

    /// Whether a source that published in these hours is silent at each of the others.
    fn check(published: &[i64], cases: &[(i64, bool)]) {
        let mut active = Vec::new();
        let moments: Vec<Timestamp> = published.iter().map(|at| hour(*at)).collect();
        learn(&mut active, &moments);
        for (at, silent) in cases {
            let found = silence(&active, hour(*at));
            assert_eq!(found.is_some(), *silent, "at hour {at}: {found:?}");
        }
    }

    fn days(range: std::ops::Range<i64>) -> impl Iterator<Item = i64> {
        range.map(|day| day * 24)
    }

    fn workdays(range: std::ops::Range<i64>) -> impl Iterator<Item = i64> {
        days(range).filter(|start| start / 24 % 7 < 5)
    }

    #[test]
    fn a_source_that_never_rests_is_silent_within_hours() {
        let busy: Vec<i64> = (0..24 * 21).collect();
        let last = 24 * 21 - 1;
        check(&busy, &[(last + 1, false), (last + 5, false), (last + 8, true), (last + 900, true)]);
    }

    #[test]
    fn nights_and_weekends_are_no_silence() {
        // From nine to five on workdays, for four weeks, the last time on a Friday.
        let paper: Vec<i64> =
            workdays(0..26).flat_map(|start| (9..17).map(move |hour| start + hour)).collect();
        let friday = 25 * 24 + 16;
        let (sunday, monday) = (27 * 24 + 12, 28 * 24);
        check(
            &paper,
            &[(friday + 12, false), (sunday, false), (monday + 10, false), (monday + 16, true)],
        );
    }

    #[test]
    fn a_daily_may_miss_a_day() {
        let daily: Vec<i64> = days(0..28).map(|start| start + 7).collect();
        let last = 27 * 24 + 7;
        check(&daily, &[(last + 30, false), (last + 60, false), (last + 80, true)]);
        // Not on weekends: from Friday it takes until Wednesday.
        let workdaily: Vec<i64> = workdays(0..26).map(|start| start + 7).collect();
        let friday = 25 * 24 + 7;
        check(
            &workdaily,
            &[(friday + 80, false), (friday + 100, false), (friday + 5 * 24 + 2, true)],
        );
    }

    #[test]
    fn a_weekly_is_silent_after_weeks() {
        let weekly: Vec<i64> = (0..6).map(|week| week * 168 + 9).collect();
        let last = 5 * 168 + 9;
        check(&weekly, &[(last + 24 * 8, false), (last + 24 * 20, false), (last + 24 * 22, true)]);
    }

    #[test]
    fn a_short_history_knows_no_weekend() {
        let workdays: Vec<i64> =
            workdays(0..5).flat_map(|start| (6..18).map(move |hour| start + hour)).collect();
        let friday = 4 * 24 + 17;
        check(&workdays, &[(friday + 24, false), (friday + 60, false), (friday + 24 * 4, true)]);
    }

    #[test]
    fn without_a_rhythm_there_is_no_silence() {
        // A backlog without dates, a burst, and now and then something.
        check(&[5], &[(24 * 90, false)]);
        check(&[5, 6, 7, 8, 9, 10, 11, 12], &[(24 * 90, false)]);
        check(&[5, 24 * 30, 24 * 31], &[(24 * 90, false)]);
        let bursts: Vec<i64> =
            (0..6).chain(24 * 19..24 * 19 + 9).chain([24 * 22, 24 * 38]).collect();
        check(&bursts, &[(24 * 39, false), (24 * 50, false)]);
    }

    #[test]
    fn a_silent_source_keeps_its_rhythm() {
        let mut active = Vec::new();
        learn(&mut active, &days(0..200).map(hour).collect::<Vec<_>>());
        assert_eq!(active.len(), 42);
        let silence = silence(&active, hour(24 * 400)).unwrap();
        assert_eq!(silence.longest, Duration::from_secs(86_400));
        assert_eq!(
            (silence.since, silence.days),
            (Timestamp::from_unix(MONDAY + (199 * 24 + 1) * HOUR), 42)
        );
        learn(&mut active, &[hour(24 * 400)]);
        assert_eq!(active.len(), 1, "what was before the pause tells nothing of now");
    }
}
