//! How often a source has something new, learned from the dates of its entries, and how often it is worth asking. Pure: time is an argument.

use std::time::Duration;

use super::time::Timestamp;

/// So many of the newest dates count.
const DATES: usize = 60;
/// Fewer gaps than this are no rhythm.
const FEWEST: usize = 4;
/// The age at which a gap counts for half of what a fresh one does.
const HALF_LIFE: f64 = 14.0 * 86_400.0;

/// The rhythm of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rhythm {
    /// The usual time between two entries: the median of the gaps, in which old ones count for less.
    pub gap: Duration,
    /// The newest entry.
    pub newest: Timestamp,
}

/// Between which intervals a rhythm may choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The shortest interval.
    pub min: Duration,
    /// The longest.
    pub max: Duration,
}

impl Rhythm {
    /// Learns from the dates of a document's entries, in any order; `None` where they are too few or tell nothing. Equal dates are one, those after
    /// `now` none.
    pub fn of(dates: impl IntoIterator<Item = Timestamp>, now: Timestamp) -> Option<Rhythm> {
        let mut dates: Vec<Timestamp> = dates.into_iter().filter(|date| *date <= now).collect();
        dates.sort_unstable_by(|one, other| other.cmp(one));
        dates.dedup();
        dates.truncate(DATES);
        let newest = *dates.first()?;
        // By the age against the newest, not against now: the rhythm stays what it is while nothing comes.
        let mut gaps: Vec<(Duration, f64)> = dates
            .windows(2)
            .map(|pair| {
                let age = newest.since(pair[0]).as_secs_f64();
                (pair[0].since(pair[1]), (-age / HALF_LIFE).exp2())
            })
            .collect();
        if gaps.len() < FEWEST {
            return None;
        }
        gaps.sort_unstable_by_key(|(gap, _)| *gap);
        let half = gaps.iter().map(|(_, weight)| weight).sum::<f64>() / 2.0;
        let mut sum = 0.0;
        let median = gaps.iter().find(|(_, weight)| {
            sum += weight;
            sum >= half
        });
        median.or(gaps.last()).map(|(gap, _)| Rhythm { gap: *gap, newest })
    }

    /// How long after a poll at `now` the next one is worth it: half the usual gap, so that an entry is seen a quarter of it late on average. A
    /// source that has been silent for long is asked less: after four gaps as if a quarter of the silence were its gap.
    pub fn interval(&self, bounds: Bounds, now: Timestamp) -> Duration {
        let silence = now.since(self.newest);
        let gap = self.gap.max(silence / 4);
        (gap / 2).min(bounds.max).max(bounds.min)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);
    const BOUNDS: Bounds =
        Bounds { min: Duration::from_secs(600), max: Duration::from_secs(43_200) };

    fn hours_ago(hours: &[u32]) -> Vec<Timestamp> {
        hours.iter().map(|hours| now() - HOUR * *hours).collect()
    }

    fn now() -> Timestamp {
        Timestamp::from_unix(1_761_804_300)
    }

    #[test]
    fn the_interval_follows_the_rhythm_within_bounds() {
        let check = |hours: &[u32], want: Option<u64>| {
            let rhythm = Rhythm::of(hours_ago(hours), now());
            let interval = rhythm.map(|rhythm| rhythm.interval(BOUNDS, now()).as_secs());
            assert_eq!(interval, want, "{hours:?}");
        };
        check(&[0, 1, 2, 3, 4, 5], Some(1_800));
        check(&[0, 4, 8, 12, 16], Some(7_200));
        // One long night changes nothing.
        check(&[0, 1, 2, 12, 13, 14, 15], Some(1_800));
        check(&[0, 100, 200, 300, 400], Some(43_200));
        // Silent for long: a quarter of the silence is taken for the gap.
        check(&[16, 17, 18, 19, 20], Some(7_200));
        // Too little to learn from.
        check(&[0, 1, 2, 3], None);
        check(&[0, 0, 0, 0, 0, 0], None);
        check(&[], None);
    }

    #[test]
    fn a_new_rhythm_takes_over_from_an_old_one() {
        let day = 24;
        let old: Vec<u32> = (0..20).map(|number| 60 * day + number).collect();
        let new: Vec<u32> = (0..12).map(|number| number * day).collect();
        let rhythm = Rhythm::of(hours_ago(&[new, old].concat()), now()).unwrap();
        assert_eq!(rhythm.gap, HOUR * day);
    }

    proptest! {
        #[test]
        fn the_interval_stays_within_bounds(
            ages in prop::collection::vec(0_u32..1_000_000, 0..100),
            later in 0_u32..10_000_000,
        ) {
            let dates = ages.iter().map(|age| now() - Duration::from_secs(u64::from(*age)));
            if let Some(rhythm) = Rhythm::of(dates, now()) {
                let interval = rhythm.interval(BOUNDS, now() + Duration::from_secs(u64::from(later)));
                prop_assert!(BOUNDS.min <= interval && interval <= BOUNDS.max);
            }
        }

        #[test]
        fn order_copies_and_the_future_change_nothing(
            ages in prop::collection::vec(0_u32..1_000_000, 5..50),
            ahead in 1_u32..1_000_000,
        ) {
            let dates: Vec<Timestamp> =
                ages.iter().map(|age| now() - Duration::from_secs(u64::from(*age))).collect();
            let mut others: Vec<Timestamp> = dates.iter().rev().chain(&dates).copied().collect();
            others.push(now() + Duration::from_secs(u64::from(ahead)));
            prop_assert_eq!(Rhythm::of(dates, now()), Rhythm::of(others, now()));
        }

        #[test]
        fn silence_never_makes_us_ask_more(
            ages in prop::collection::vec(0_u32..1_000_000, 5..50),
            one in 0_u32..1_000_000,
            more in 0_u32..1_000_000,
        ) {
            let dates = ages.iter().map(|age| now() - Duration::from_secs(u64::from(*age)));
            if let Some(rhythm) = Rhythm::of(dates, now()) {
                let after = |seconds: u32| now() + Duration::from_secs(u64::from(seconds));
                let early = rhythm.interval(BOUNDS, after(one));
                prop_assert!(early <= rhythm.interval(BOUNDS, after(one + more)));
            }
        }
    }
}
