//! Whose headline leads a story.

use std::fmt;

use super::Counted;
use crate::model::edition::FeedSpec;
use crate::model::lang::Lang;
use crate::model::story::EntryId;
use crate::model::text::Headline;
use crate::model::time::Timestamp;

/// The longest headline made of a summary, in columns: a Korean or Japanese character takes two.
const HEADLINE_COLUMNS: usize = 90;

/// The member that tells the story: first one with a headline, then by the feed's languages, then one that the feed is for, then by the rank of the source, an original before a
/// copy, the earlier date, the earlier number.
///
/// `None` only of no members.
pub(super) fn leading<'a>(members: &[Counted<'a>], spec: &FeedSpec) -> Option<Counted<'a>> {
    members.iter().copied().min_by_key(|counted| place(*counted, spec))
}

/// What decides who leads, the weightiest first; the least leads.
type Place = (bool, usize, bool, u32, u8, Timestamp, EntryId);

fn place(counted: Counted<'_>, spec: &FeedSpec) -> Place {
    let entry = &counted.member.entry;
    let language = spec
        .languages
        .iter()
        .position(|wanted| counted.language().is_some_and(|has| has.same_language(wanted)));
    (
        entry.entry.title.is_none(),
        language.unwrap_or(usize::MAX),
        !counted.is_wanted(spec),
        counted.info.rank,
        counted.distance(),
        entry.published.at,
        entry.id,
    )
}

/// What the leading member has before the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precedence {
    /// There is no other.
    Only,
    /// It has a headline.
    Headline,
    /// Its language comes earlier in the feed's `languages`.
    Language(Lang),
    /// The feed is made for its source or language.
    Wanted,
    /// Its source comes earlier by `prefer` or `rank`.
    Rank,
    /// It is an original, or nearer to one.
    Original,
    /// It was published earlier.
    Earliest,
    /// It came earlier.
    First,
}

impl fmt::Display for Precedence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Precedence::Only => "no other source reports it",
            Precedence::Headline => "the others have no headline",
            Precedence::Language(lang) => {
                return write!(f, "the feed's `languages` put {lang} first");
            }
            Precedence::Wanted => "the feed is for its source and language",
            Precedence::Rank => "`prefer` or `rank` puts its source first",
            Precedence::Original => "it is the original, and others are copies",
            Precedence::Earliest => "it was published first",
            Precedence::First => "it came first",
        })
    }
}

/// What the leading member has before the best of the others.
pub(super) fn precedence(
    leading: Counted<'_>,
    members: &[Counted<'_>],
    spec: &FeedSpec,
) -> Precedence {
    let others = members.iter().filter(|other| other.member.entry.id != leading.member.entry.id);
    let Some(next) = others.map(|other| place(*other, spec)).min() else {
        return Precedence::Only;
    };
    let first = place(leading, spec);
    match leading.language() {
        _ if first.0 != next.0 => Precedence::Headline,
        Some(language) if first.1 != next.1 => Precedence::Language(language.clone()),
        _ if first.2 != next.2 => Precedence::Wanted,
        _ if first.3 != next.3 => Precedence::Rank,
        _ if first.4 != next.4 => Precedence::Original,
        _ if first.5 != next.5 => Precedence::Earliest,
        _ => Precedence::First,
    }
}

/// The headline as published; for an entry without one the first words of its summary, else the outlet and the day.
pub(super) fn headline(leading: Counted<'_>) -> Option<Headline> {
    let stored = &leading.member.entry;
    if let Some(title) = &stored.entry.title {
        return Some(title.clone());
    }
    let words = stored.entry.summary_text.as_ref().and_then(|text| first_words(text.as_str()));
    words.or_else(|| {
        let day = stored.published.at.to_utc().format("%Y-%m-%d");
        Headline::new(&format!("{}, {day}", leading.outlet().name))
    })
}

/// The text up to [`HEADLINE_COLUMNS`], cut between words where there are any.
fn first_words(text: &str) -> Option<Headline> {
    let mut columns = 0;
    let past_limit = text.char_indices().find(|(_, character)| {
        columns += if *character < '\u{1100}' { 1 } else { 2 };
        columns > HEADLINE_COLUMNS
    });
    let Some((limit, _)) = past_limit else {
        return Headline::new(text);
    };
    let cut = &text[..limit];
    // A text without spaces (Japanese) is cut between characters; half of the room would be wasted on one long last word.
    let end = cut.rfind(char::is_whitespace).filter(|at| *at > limit / 2).unwrap_or(limit);
    let words = cut[..end].trim_end_matches([',', ';', ':', '.', '、', '。', ' ']);
    Headline::new(&format!("{words}…"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_words() {
        let check = |text: &str, want: &str| {
            assert_eq!(first_words(text).unwrap().as_str(), want);
        };
        check("Talks resume.", "Talks resume.");
        check(&"word ".repeat(40), &format!("{}…", "word ".repeat(18).trim_end()));
        check(&"会談".repeat(60), &format!("{}会…", "会談".repeat(22)));
        check(&"会談".repeat(22), &"会談".repeat(22));
    }
}
