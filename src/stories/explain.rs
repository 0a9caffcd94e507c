//! Why an entry is in its story, for people: what both headlines speak of, in the words of both.

use std::time::Duration;

use super::similarity::{is_nearly_equal, matches};
use super::traits::{Item, ItemKind, Traits};
use crate::gazetteer::{EntityId, gazetteer};
use crate::model::story::{Joined, Likeness};

/// At most so many things are named.
const NAMED: usize = 6;

/// Why an entry is one event with the member that is most like it. `mean` is the log-odds, the mean over all members.
pub(super) fn explain(
    entry: &Traits,
    member: &Traits,
    cosine: Option<f32>,
    apart: Duration,
    mean: f32,
) -> Joined {
    let mut found = matches(entry, member);
    let strength = |item: &Item| match item.kind {
        ItemKind::Person => 5,
        ItemKind::Country => 4,
        ItemKind::Place | ItemKind::Organisation => 3,
        ItemKind::Concept => 2,
        ItemKind::Word => 1,
    };
    found.sort_by_key(|found| (std::cmp::Reverse(strength(found.one)), found.one.span().start));
    // A compound and what it implies stand at the same words.
    let mut shared: Vec<String> = Vec::new();
    for found in &found {
        let (one, other) = (entry.words_of(found.one), member.words_of(found.other));
        let name = found.one.entity.map_or("", english);
        let told = if one != other && !one.is_empty() {
            format!("{one} = {other}")
        } else if found.one.kind == ItemKind::Concept || name.is_empty() {
            // A word as it stands, a name as it is written.
            other.to_owned()
        } else {
            name.to_owned()
        };
        if shared.len() < NAMED && !shared.contains(&told) {
            shared.push(told);
        }
    }
    let numbers = entry.numbers.iter().filter(|number| {
        member.numbers.iter().any(|far| (far.value, far.unit) == (number.value, number.unit))
    });
    shared.extend(
        numbers.take(2).filter_map(|number| Some(entry.text.get(number.span.clone())?.to_owned())),
    );
    let percent = |share: f32| (share * 100.0).round().clamp(0.0, 100.0) as u8;
    let likeness = Likeness {
        headline: member.headline.to_string(),
        shared,
        similarity: cosine.map(percent),
        confidence: percent(1.0 / (1.0 + (-mean).exp())),
        hours_apart: u16::try_from(apart.as_secs() / 3600).unwrap_or(u16::MAX),
    };
    if is_nearly_equal(entry, member) {
        Joined::NearHeadline(likeness)
    } else {
        Joined::SameEvent(likeness)
    }
}

fn english(id: EntityId) -> &'static str {
    gazetteer().entity(id).name("en")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stories::traits::StoryText;

    #[test]
    fn a_reason_is_told_once_in_the_words_of_both() {
        let of = |headline: &str| {
            let bare = headline.to_lowercase();
            Traits::of(&StoryText { headline, bare: &bare, summary: "" }, gazetteer())
        };
        let (one, other) = (of("Trump and Putin hold summit"), of("트럼프·푸틴 정상회담"));
        let why = explain(&one, &other, Some(0.71), Duration::from_secs(7300), 2.0);
        let Joined::SameEvent(likeness) = why else { panic!("{why:?}") };
        let told: std::collections::HashSet<&String> = likeness.shared.iter().collect();
        assert_eq!(told.len(), likeness.shared.len(), "{likeness:?}");
        assert!(likeness.shared.contains(&"trump = 트럼프".to_owned()), "{likeness:?}");
        assert!(likeness.shared.contains(&"summit = 정상회담".to_owned()), "{likeness:?}");
        let text = likeness.to_string();
        assert!(text.contains("2 h apart, similarity 0.71, confidence 0.88"), "{text}");
    }
}
