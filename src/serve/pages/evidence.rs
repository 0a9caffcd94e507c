//! Why an entry is where it is, in the words of a page.

use super::words::{JoinedWords, Words};
use crate::model::story::{Joined, Likeness};

/// Why an entry is in a story, in words, with what it shares with another.
pub(super) struct Why {
    pub(super) words: &'static str,
    pub(super) shared: Option<String>,
    /// Whether that is a text of theirs, which stands in quotes, and none of ours about them.
    pub(super) is_quoted: bool,
}

impl Why {
    /// Why an entry is in its story.
    pub(super) fn of(joined: &Joined, say: &Words) -> Why {
        let say = &say.joined;
        let (words, shared) = match joined {
            Joined::Founded => (say.founded, None),
            Joined::SameUrl { url } => (say.same_url, Some(url.as_str().to_owned())),
            Joined::SameHeadline { key } => (say.same_headline, Some(key.clone())),
            Joined::NearHeadline(likeness) => (say.near_headline, Some(likeness_in(likeness, say))),
            Joined::SameEvent(likeness) => (say.same_event, Some(likeness_in(likeness, say))),
            Joined::ByCurator => (say.by_curator, None),
        };
        let is_quoted = matches!(joined, Joined::SameUrl { .. } | Joined::SameHeadline { .. });
        Why { words, shared, is_quoted }
    }
}

/// What makes two entries one event: `한일 = Korea–Japan, 2 hours apart, confidence 0.91; most like “…”`.
fn likeness_in(likeness: &Likeness, say: &JoinedWords) -> String {
    let mut parts: Vec<String> = likeness.shared.clone();
    parts.push(match likeness.hours_apart {
        0 => say.same_hour.to_owned(),
        hours @ 1..=23 => say.hours_apart.of(usize::from(hours)),
        hours => say.days_apart.of((usize::from(hours) + 12) / 24),
    });
    let hundredths = |of: u8| format!("{}.{:02}", of / 100, of % 100);
    parts.extend(likeness.similarity.map(|of| say.similarity.with(hundredths(of))));
    parts.push(say.confidence.with(hundredths(likeness.confidence)));
    format!("{}; {}", parts.join(", "), say.most_like.with(&likeness.headline))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::pages::tongue::Tongue;

    #[test]
    fn a_likeness_is_said_in_the_pages_language() {
        let check = |tongue: Tongue, hours_apart: u16, want: &str| {
            let joined = Joined::SameEvent(Likeness {
                headline: "한일 정상 회담".into(),
                shared: vec!["한일 = Korea–Japan".into()],
                similarity: Some(87),
                confidence: 100,
                hours_apart,
            });
            let why = Why::of(&joined, tongue.words());
            assert_eq!(why.shared.as_deref(), Some(want));
        };
        check(
            Tongue::English,
            1,
            "한일 = Korea–Japan, 1 hour apart, similarity 0.87, confidence 1.00; most like “한일 정상 회담”",
        );
        check(
            Tongue::Korean,
            0,
            "한일 = Korea–Japan, 한 시간 이내, 유사도 0.87, 확신도 1.00; 가장 비슷한 제목 “한일 정상 회담”",
        );
        check(
            Tongue::Japanese,
            50,
            "한일 = Korea–Japan, 2日差, 類似度0.87, 確度1.00; 最も近い見出し「한일 정상 회담」",
        );
    }
}
