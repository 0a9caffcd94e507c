//! The languages of the interface, and how a reader's is found: by the choice in the address, by the cookie that keeps it, or by what the browser
//! asks for.

use super::words::{self, Words};
use crate::serve::weight::thousandths;

/// A language that the pages speak. What sources write stays in theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tongue {
    /// English, also for whoever reads none of them.
    #[default]
    English,
    /// Korean.
    Korean,
    /// Japanese.
    Japanese,
}

impl Tongue {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Tongue; 3] = [Tongue::English, Tongue::Korean, Tongue::Japanese];

    /// Its tag (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Tongue::English => "en",
            Tongue::Korean => "ko",
            Tongue::Japanese => "ja",
        }
    }

    /// Its name in itself.
    pub fn name(self) -> &'static str {
        match self {
            Tongue::English => "English",
            Tongue::Korean => "한국어",
            Tongue::Japanese => "日本語",
        }
    }

    /// What the pages say in it.
    pub(super) fn words(self) -> &'static Words {
        match self {
            Tongue::English => &words::ENGLISH,
            Tongue::Korean => &words::KOREAN,
            Tongue::Japanese => &words::JAPANESE,
        }
    }

    /// The one that a tag names, whatever region or script it adds; `None` for another language.
    pub fn parse(tag: &str) -> Option<Tongue> {
        let primary = tag.split('-').next().unwrap_or_default().trim();
        Tongue::ALL.into_iter().find(|tongue| tongue.tag().eq_ignore_ascii_case(primary))
    }

    /// The one that a reader likes best by `Accept-Language` (RFC 9110 §12.5.4): the highest weight, of equal ones the first named; `*` is the first of
    /// ours that is not named. English where none is wanted.
    pub fn accepted(wishes: &str) -> Tongue {
        let mut named: [Option<u16>; 3] = [None; 3];
        let mut any = 0;
        let mut best: Option<(u16, Tongue)> = None;
        // More than anybody reads; a header may be long.
        for wish in wishes.split(',').take(64) {
            let mut parts = wish.split(';').map(str::trim);
            let range = parts.next().unwrap_or_default();
            // A weight that cannot be read says nothing; the language is not used.
            let weight = parts
                .find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")))
                .map_or(1000, |weight| thousandths(weight).unwrap_or(0));
            if range == "*" {
                any = weight.max(any);
                continue;
            }
            let Some(tongue) = Tongue::parse(range) else { continue };
            let place = Tongue::ALL.iter().position(|one| *one == tongue).unwrap_or_default();
            let known = named[place].get_or_insert(weight);
            *known = weight.max(*known);
            if weight > 0 && best.is_none_or(|(most, _)| weight > most) {
                best = Some((weight, tongue));
            }
        }
        let unnamed = Tongue::ALL
            .into_iter()
            .zip(named)
            .find(|(_, weight)| weight.is_none())
            .map(|(one, _)| one);
        match (best, unnamed) {
            (Some((weight, tongue)), _) if weight >= any => tongue,
            (_, Some(tongue)) if any > 0 => tongue,
            (Some((_, tongue)), _) => tongue,
            (None, _) => Tongue::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_liked_of_ours_is_spoken() {
        let check = |wishes: &str, want: Tongue| {
            assert_eq!(Tongue::accepted(wishes), want, "{wishes}");
        };
        check("", Tongue::English);
        check("ko", Tongue::Korean);
        check("ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", Tongue::Korean);
        check("ja-JP", Tongue::Japanese);
        check("JA", Tongue::Japanese);
        check("fr-FR, fr;q=0.9, ja;q=0.2", Tongue::Japanese);
        check("fr, de", Tongue::English);
        check("en;q=0.5, ko;q=0.8", Tongue::Korean);
        check("ko;q=0.8, ja;q=0.8", Tongue::Korean);
        check("ja;q=0", Tongue::English);
        check("en;q=0, *;q=0.5", Tongue::Korean);
        check("en;q=0, ko;q=0, *", Tongue::Japanese);
        check("fr, *;q=0.1", Tongue::English);
        check("ko;q=0.3, *;q=0.5", Tongue::English);
        check("ko;q=2, ja;q=0.1", Tongue::Japanese);
        check("ko;q=x", Tongue::English);
        check(";;,,;q=1,*;q=0", Tongue::English);
        check("kok, jam", Tongue::English);
    }
}
