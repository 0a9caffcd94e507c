//! What the curator said → what that means for each pair of entries.

use std::collections::BTreeMap;

use super::Ruling;
use crate::model::decision::{Decision, Word};
use crate::model::story::MemberKey;

/// Each pair of entries that a decision speaks of, the lesser key first, with what holds of it. Later decisions overrule earlier ones.
///
/// Of a joined story every entry is bound to the first open one that has not been split off since: that binds them all, and lets any go. When that
/// one leaves the window, the others are what is left of a story, which stays together.
pub fn rulings(
    decisions: &[Decision],
    is_open: impl Fn(&MemberKey) -> bool,
) -> BTreeMap<(MemberKey, MemberKey), Ruling> {
    let mut together: Vec<Vec<&MemberKey>> = Vec::new();
    let mut apart: Vec<(&MemberKey, &MemberKey)> = Vec::new();
    for decision in decisions {
        match &decision.word {
            Word::Split { entry, from } => {
                for group in &mut together {
                    group.retain(|member| *member != entry);
                }
                apart.extend(from.iter().map(|other| (entry, other)));
            }
            Word::Join { one, other } => {
                let group: Vec<&MemberKey> = one.members.iter().chain(&other.members).collect();
                apart.retain(|(one, other)| !(group.contains(one) && group.contains(other)));
                together.push(group);
            }
            Word::Hide { .. } | Word::Pin { .. } => {}
        }
    }
    let mut rulings = BTreeMap::new();
    for group in &together {
        if let Some(first) = group.iter().find(|member| is_open(member)) {
            for other in group.iter().filter(|other| *other != first) {
                rulings.insert(ordered(first, other), Ruling::Together);
            }
        }
    }
    for (one, other) in apart {
        rulings.insert(ordered(one, other), Ruling::Apart);
    }
    rulings
}

fn ordered(one: &MemberKey, other: &MemberKey) -> (MemberKey, MemberKey) {
    if one <= other { (one.clone(), other.clone()) } else { (other.clone(), one.clone()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::decision::{DecisionId, Part};
    use crate::model::identity::Identity;
    use crate::model::source::SourceKey;
    use crate::model::time::Timestamp;

    fn key(number: char) -> MemberKey {
        let identity = Identity([number as u8; 16]);
        MemberKey { source: SourceKey::parse("s").unwrap(), identity }
    }

    fn keys(numbers: &str) -> Vec<MemberKey> {
        numbers.chars().map(key).collect()
    }

    /// `split a bc`, `join ab c`: what is ruled, as `a=b` and `a|b`.
    fn check(words: &[&str], want: &str) {
        let part = |members: &str| Part { story: key('0').founds(), members: keys(members) };
        let decisions = words.iter().zip(0..).map(|(word, number)| {
            let parts: Vec<&str> = word.split(' ').collect();
            let word = match parts[0] {
                "split" => Word::Split { entry: keys(parts[1])[0].clone(), from: keys(parts[2]) },
                "join" => Word::Join { one: part(parts[1]), other: part(parts[2]) },
                _ => Word::Hide { story: key('0').founds() },
            };
            Decision { id: DecisionId([number; 16]), at: Timestamp::from_unix(0), word }
        });
        let decisions: Vec<Decision> = decisions.collect();
        let name = |key: &MemberKey| char::from(key.identity.0[0]);
        let found: Vec<String> = rulings(&decisions, |key| key.identity.0[0] != b'z')
            .iter()
            .map(|((one, other), ruling)| {
                let sign = match ruling {
                    Ruling::Together => '=',
                    Ruling::Apart => '|',
                };
                format!("{}{sign}{}", name(one), name(other))
            })
            .collect();
        assert_eq!(found.join(" "), want, "{words:?}");
    }

    #[test]
    fn the_last_word_holds() {
        check(&[], "");
        check(&["hide"], "");
        check(&["split c ab"], "a|c b|c");
        check(&["join ab cd"], "a=b a=c a=d");
        check(&["split c ab", "join ab c"], "a=b a=c");
        // Who is split off lets go; the others stay bound, also where it was the one that bound them.
        check(&["join ab cd", "split c abd"], "a=b a|c a=d b|c c|d");
        check(&["join ab cd", "split a bcd"], "a|b a|c a|d b=c b=d");
        check(&["join a b", "split b a", "join b a"], "a=b");
        check(&["join a b", "join b c"], "a=b b=c");
        check(&["join za bz"], "a=b a=z");
        check(&["join z z"], "");
    }
}
