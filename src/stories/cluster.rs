//! Items with scores between them → groups: average linkage under vetoes. Knows nothing of headlines.
//!
//! A story is not a chain. Two groups become one if the mean score between their items says so, so that one bridge does not fuse two events
//! (average linkage, Sokal and Michener 1958); a single veto between them keeps them apart.

/// What the score of two items says at most, either way, so that no single pair outvotes the others.
pub(super) const CEILING: f32 = 4.0;
/// What two items say of each other that share nothing worth a score.
pub(super) const FLOOR: f32 = -4.0;

/// What stands between two items.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Link {
    /// They belong together whatever else is said: the curator's word, or what can no longer be parted.
    Bound,
    /// Surely one event: linked before all that is only likely.
    Exact,
    /// The log-odds that they are one event.
    Score(f32),
    /// Surely two events.
    Veto,
}

/// The items 0 to `count` in groups, each ascending, ordered by first item.
///
/// Depends on the order of the items only where scores are equal: then the groups of earlier items are joined first. Costs the square of `count` in
/// memory (8 bytes a pair), and its square times the number of joins that touch a group's best partner in time.
pub(super) fn groups(
    count: usize,
    threshold: f32,
    link: impl Fn(usize, usize) -> Link,
) -> Vec<Vec<usize>> {
    let mut groups = Groups::new(count, link);
    groups.bind();
    while let Some((one, other)) = groups.best(threshold) {
        groups.join(one, other);
    }
    groups.members.into_iter().filter(|members| !members.is_empty()).collect()
}

/// What stands between two groups.
#[derive(Debug, Clone, Copy)]
struct Between {
    /// The sum of the scores of all pairs.
    sum: f32,
    exact: bool,
    bound: bool,
    veto: bool,
}

impl Between {
    fn and(self, other: Between) -> Between {
        Between {
            sum: self.sum + other.sum,
            exact: self.exact || other.exact,
            bound: self.bound || other.bound,
            veto: self.veto || other.veto,
        }
    }
}

struct Groups {
    count: usize,
    members: Vec<Vec<usize>>,
    between: Vec<Between>,
    /// The best partner of each group among later ones, and how good it is; looked up again where it is gone.
    best: Vec<Option<(f32, usize)>>,
}

impl Groups {
    fn new(count: usize, link: impl Fn(usize, usize) -> Link) -> Groups {
        let none = Between { sum: 0.0, exact: false, bound: false, veto: false };
        let mut between = vec![none; count * count];
        for one in 0..count {
            for other in one + 1..count {
                let found = match link(one, other) {
                    Link::Bound => Between { sum: CEILING, bound: true, ..none },
                    Link::Exact => Between { sum: CEILING, exact: true, ..none },
                    Link::Score(score) => Between { sum: score.clamp(FLOOR, CEILING), ..none },
                    Link::Veto => Between { sum: FLOOR, veto: true, ..none },
                };
                between[one * count + other] = found;
                between[other * count + one] = found;
            }
        }
        let members = (0..count).map(|item| vec![item]).collect();
        Groups { count, members, between, best: vec![None; count] }
    }

    /// Joins what is bound, whatever else stands between, and looks for everyone's best partner.
    fn bind(&mut self) {
        for one in 0..self.count {
            for other in one + 1..self.count {
                if self.between[one * self.count + other].bound {
                    let (one, other) = (self.holder(one), self.holder(other));
                    if one != other {
                        self.merge(one.min(other), one.max(other));
                    }
                }
            }
        }
        for group in 0..self.count {
            self.best[group] = self.look(group);
        }
    }

    /// The group that holds an item.
    fn holder(&self, item: usize) -> usize {
        if self.members[item].first() == Some(&item) {
            return item;
        }
        (0..item).find(|group| self.members[*group].contains(&item)).unwrap_or(item)
    }

    /// How well two groups go together; `None` if they must not.
    fn strength(&self, one: usize, other: usize) -> Option<f32> {
        let between = &self.between[one * self.count + other];
        if between.veto {
            return None;
        }
        if between.exact {
            return Some(f32::INFINITY);
        }
        Some(between.sum / (self.members[one].len() * self.members[other].len()) as f32)
    }

    fn look(&self, group: usize) -> Option<(f32, usize)> {
        if self.members[group].is_empty() {
            return None;
        }
        let mut best: Option<(f32, usize)> = None;
        for other in group + 1..self.count {
            if !self.members[other].is_empty()
                && let Some(strength) = self.strength(group, other)
                && best.is_none_or(|(found, _)| strength > found)
            {
                best = Some((strength, other));
            }
        }
        best
    }

    fn best(&self, threshold: f32) -> Option<(usize, usize)> {
        let mut best: Option<(f32, usize, usize)> = None;
        for (group, partner) in self.best.iter().enumerate() {
            if let Some((strength, other)) = *partner
                && strength >= threshold
                && best.is_none_or(|(found, _, _)| strength > found)
            {
                best = Some((strength, group, other));
            }
        }
        best.map(|(_, group, other)| (group, other))
    }

    fn join(&mut self, one: usize, other: usize) {
        self.merge(one, other);
        for group in 0..self.count {
            let is_stale =
                self.best[group].is_some_and(|(_, partner)| partner == one || partner == other);
            if group == one || group == other || is_stale {
                self.best[group] = self.look(group);
            } else if group < one
                && !self.members[group].is_empty()
                && let Some(strength) = self.strength(group, one)
            {
                let is_better = self.best[group].is_none_or(|(found, partner)| {
                    strength > found || (strength == found && one < partner)
                });
                if is_better {
                    self.best[group] = Some((strength, one));
                }
            }
        }
    }

    /// Takes the members of `other` into `one`, which comes before it.
    fn merge(&mut self, one: usize, other: usize) {
        let moved = std::mem::take(&mut self.members[other]);
        self.members[one].extend(moved);
        self.members[one].sort_unstable();
        for third in 0..self.count {
            if third != one && third != other && !self.members[third].is_empty() {
                let sum = self.between[one * self.count + third]
                    .and(self.between[other * self.count + third]);
                self.between[one * self.count + third] = sum;
                self.between[third * self.count + one] = sum;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(count: usize, links: &[(usize, usize, Link)], want: &[&[usize]]) {
        let link = |one: usize, other: usize| {
            let found = links.iter().find(|(a, b, _)| (*a, *b) == (one, other));
            found.map_or(Link::Score(FLOOR), |(_, _, link)| *link)
        };
        assert_eq!(groups(count, 0.0, link), want, "{links:?}");
    }

    #[test]
    fn likely_pairs_become_groups() {
        check(4, &[(0, 2, Link::Score(3.0)), (1, 3, Link::Exact)], &[&[0, 2], &[1, 3]]);
        check(0, &[], &[]);
        check(1, &[], &[&[0]]);
    }

    #[test]
    fn one_bridge_fuses_nothing() {
        let sure = Link::Score(4.0);
        check(
            5,
            &[(0, 1, sure), (3, 4, sure), (1, 2, Link::Score(1.0)), (2, 3, Link::Score(0.9))],
            &[&[0, 1], &[2], &[3, 4]],
        );
        check(3, &[(0, 1, Link::Score(2.0)), (1, 2, Link::Score(1.0))], &[&[0, 1], &[2]]);
    }

    #[test]
    fn a_veto_keeps_groups_apart_and_a_bond_overrules_it() {
        let sure = Link::Score(4.0);
        check(3, &[(0, 1, sure), (1, 2, sure), (0, 2, Link::Veto)], &[&[0, 1], &[2]]);
        check(3, &[(0, 1, Link::Exact), (1, 2, Link::Exact), (0, 2, Link::Veto)], &[&[0, 1], &[2]]);
        check(3, &[(0, 1, Link::Bound), (1, 2, Link::Bound), (0, 2, Link::Veto)], &[&[0, 1, 2]]);
    }

    proptest! {
        /// Whatever the order of the items, their groups are the same, as no two scores are.
        #[test]
        fn order_does_not_matter(
            scores in proptest::collection::vec(-4.0_f32..4.0, 66..=66),
            order in Just((0..12usize).collect::<Vec<_>>()).prop_shuffle(),
        ) {
            let at = |one: usize, other: usize| {
                let (low, high) = (one.min(other), one.max(other));
                scores[high * (high - 1) / 2 + low]
            };
            let plain = groups(12, 0.0, |one, other| Link::Score(at(one, other)));
            let shuffled = groups(12, 0.0, |one, other| Link::Score(at(order[one], order[other])));
            let mut named: Vec<Vec<usize>> = shuffled
                .into_iter()
                .map(|group| {
                    let mut group: Vec<usize> = group.into_iter().map(|item| order[item]).collect();
                    group.sort_unstable();
                    group
                })
                .collect();
            named.sort();
            prop_assert_eq!(plain, named);
        }
    }
}
