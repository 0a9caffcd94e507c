//! A term: the texts it stands for, and where a text begins and ends a word of its script.
//!
//! One rule a script: Latin terms stand at word boundaries and may be plural or possessive; Hangul terms begin a word and may carry particles and
//! endings, but are not found inside other nouns; runs of katakana are words; kanji and hiragana are found anywhere but where `segments.txt`
//! says that the letter belongs to its neighbour. A single kanji is found only where it stands alone.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::Fold;
use crate::model::script::Script;

/// The longest term, in bytes.
const TERM_BYTES: usize = 400;

/// A term as written in a rule.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Term {
    /// As written, with its `*` and `=`.
    pub written: Box<str>,
    /// Without them.
    text: Box<str>,
    /// Whether it may begin inside a word.
    open_start: bool,
    /// Whether it may end inside a word.
    open_end: bool,
    /// Whether its case counts.
    exact: bool,
    /// Whether the middle dots of the term must be there.
    dotted: bool,
}

/// A folded text to look for, and how its ends must stand.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Pattern {
    pub text: String,
    pub open_start: bool,
    pub open_end: bool,
}

impl Term {
    /// Reads a term; the error says what is wrong with it.
    pub(super) fn parse(written: &str) -> Result<Term, String> {
        let written = written.trim();
        let (exact, rest) = written.strip_prefix('=').map_or((false, written), |rest| (true, rest));
        let (open_start, rest) = rest.strip_prefix('*').map_or((false, rest), |rest| (true, rest));
        let (open_end, rest) = rest.strip_suffix('*').map_or((false, rest), |rest| (true, rest));
        let text = rest.trim();
        if written.len() > TERM_BYTES {
            return Err(format!("a term has at most {TERM_BYTES} bytes"));
        }
        if !text.chars().any(|character| Script::of(character) != Script::Other) {
            return Err("a term needs a letter or a digit".to_owned());
        }
        Ok(Term {
            written: written.into(),
            text: text.into(),
            open_start,
            open_end,
            exact,
            dotted: false,
        })
    }

    /// Reads a term that is found only with its middle dots.
    pub(super) fn parse_dotted(written: &str) -> Result<Term, String> {
        Ok(Term { dotted: true, ..Term::parse(written)? })
    }

    /// The text whose case counts; `None` if case does not.
    pub(super) fn exact(&self) -> Option<&str> {
        self.exact.then_some(&*self.text)
    }

    /// The text without its marks.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether more may stand before or after it.
    pub(super) fn is_open(&self) -> bool {
        self.open_start || self.open_end
    }

    /// Whether a text as a whole, case aside, is what the term says; an open side allows more there.
    pub(super) fn is_whole(&self, text: &str) -> bool {
        let (text, term) = (text.to_lowercase(), self.text.to_lowercase());
        match (self.open_start, self.open_end) {
            (false, false) => text == term,
            (true, false) => text.ends_with(&term),
            (false, true) => text.starts_with(&term),
            (true, true) => text.contains(&term),
        }
    }

    /// The texts it stands for: itself; with hyphens for spaces and the other way round; Hangul also without spaces; short forms of Hangul or
    /// kanji also with middle dots ("한·일"); a word in "-y" also in "-ies".
    pub(super) fn patterns(&self, fold: Fold) -> Vec<Pattern> {
        let base = fold(&self.text).text().to_owned();
        let mut texts = vec![base.clone()];
        let mut add = |text: String| {
            if !text.is_empty() && !texts.contains(&text) {
                texts.push(text);
            }
        };
        if !self.exact {
            if base.contains(' ') {
                add(base.replace(' ', "-"));
                add(without_spaces_of_hangul(&base));
            }
            if base.trim_matches('-').contains('-') {
                add(base.replace('-', " "));
            }
        }
        let undotted = base.replace('·', "");
        let scripts: Vec<Script> = undotted.chars().map(Script::of).collect();
        let is_short = (2..=4).contains(&scripts.len());
        if is_short
            && (scripts.iter().all(|script| *script == Script::Hangul)
                || scripts.iter().all(|script| *script == Script::Han))
        {
            let letters: Vec<String> = undotted.chars().map(String::from).collect();
            add(letters.join("·"));
        }
        if base.contains('·') && !self.dotted {
            add(undotted);
        }
        if !self.open_end
            && base.is_ascii()
            && let Some(stem) = base.strip_suffix('y')
            && stem.len() > 2
            && !stem.ends_with(['a', 'e', 'i', 'o', 'u', ' ', '-', '.'])
        {
            add(format!("{stem}ies"));
        }
        let (open_start, open_end) = (self.open_start, self.open_end);
        texts.into_iter().map(|text| Pattern { text, open_start, open_end }).collect()
    }
}

fn without_spaces_of_hangul(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let between = character == ' '
            && out.chars().next_back().is_some_and(|last| Script::of(last).is_cjk())
            && characters.peek().is_some_and(|next| Script::of(*next).is_cjk());
        if !between {
            out.push(character);
        }
    }
    out
}

impl Pattern {
    /// Whether the pattern, found at these bytes of a folded text, stands as a term of its script must.
    pub(super) fn stands(&self, text: &str, start: usize, end: usize) -> bool {
        (self.open_start || self.begins(&text[..start]))
            && (self.open_end || self.ends(&text[end..]))
            && self.is_not_a_loose_kanji(&text[..start], &text[end..])
    }

    /// Whether it begins a word after this text, but for an open start.
    pub(super) fn begins(&self, before: &str) -> bool {
        let Some(previous) = before.chars().next_back() else { return true };
        let Some(first) = self.text.chars().next() else { return true };
        let script = Script::of(previous);
        match Script::of(first) {
            Script::Letter => !script.is_spaced(),
            Script::Digit => {
                !script.is_spaced() && !is_in_number(previous, before.chars().rev().nth(1))
            }
            Script::Hangul => script != Script::Hangul,
            Script::Katakana => script != Script::Katakana,
            Script::Han => !SEGMENTS.parts_before(first, previous),
            Script::Hiragana | Script::Other => true,
        }
    }

    /// Whether it ends a word before this text, but for an open end.
    pub(super) fn ends(&self, after: &str) -> bool {
        let Some(next) = after.chars().next() else { return true };
        let Some(last) = self.text.chars().next_back() else { return true };
        let script = Script::of(next);
        match Script::of(last) {
            Script::Letter => !script.is_spaced() || self.is_plural(after),
            Script::Digit => {
                (!script.is_spaced() || self.is_plural(after))
                    && !is_in_number(next, after.chars().nth(1))
            }
            Script::Hangul if script != Script::Hangul => true,
            // A syllable alone is part of too many words to carry particles.
            Script::Hangul if self.text.chars().nth(1).is_none() => false,
            Script::Hangul => {
                let run = after.find(|character| Script::of(character) != Script::Hangul);
                are_particles(&after[..run.unwrap_or(after.len())], PARTICLES_IN_A_ROW)
            }
            Script::Katakana => script != Script::Katakana,
            Script::Han => !SEGMENTS.parts_after(last, next),
            Script::Hiragana | Script::Other => true,
        }
    }

    /// Whether what follows a Latin term is the ending of its plural.
    fn is_plural(&self, after: &str) -> bool {
        let hisses = self.text.ends_with(['s', 'x', 'z'])
            || self.text.ends_with("ch")
            || self.text.ends_with("sh");
        let ending = if hisses { "es" } else { "s" };
        after.strip_prefix(ending).is_some_and(|rest| {
            !rest.chars().next().is_some_and(|next| Script::of(next).is_spaced())
        })
    }

    /// A single kanji means its country or office only where it stands alone: "日 총리", "米ウクライナ", not "15日", "中で", "(日)".
    fn is_not_a_loose_kanji(&self, before: &str, after: &str) -> bool {
        let mut letters = self.text.chars();
        let (Some(letter), None) = (letters.next(), letters.next()) else { return true };
        if Script::of(letter) != Script::Han {
            return true;
        }
        let alone =
            |script: Script| matches!(script, Script::Hangul | Script::Letter | Script::Other);
        let previous = before.chars().next_back();
        let next = after.chars().next();
        (self.open_start || previous.is_none_or(|previous| alone(Script::of(previous))))
            && (self.open_end
                || next.is_none_or(|next| {
                    alone(Script::of(next)) || Script::of(next) == Script::Katakana
                }))
            && !(previous.is_some_and(|previous| previous == '(') && next == Some(')'))
    }
}

/// Whether a point or comma beside a digit is part of a number: "3.5", "1,000".
fn is_in_number(sign: char, beyond: Option<char>) -> bool {
    matches!(sign, '.' | ',') && beyond.is_some_and(|beyond| beyond.is_ascii_digit())
}

/// How many particles and endings a Korean noun may carry.
const PARTICLES_IN_A_ROW: usize = 3;

static PARTICLES: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    data_lines(include_str!("particles.txt")).flat_map(str::split_whitespace).collect()
});

/// Whether the rest of a Korean word is nothing but particles and endings.
fn are_particles(rest: &str, most: usize) -> bool {
    if rest.is_empty() {
        return true;
    }
    if most == 0 {
        return false;
    }
    rest.char_indices()
        .map(|(at, character)| at + character.len_utf8())
        .take(4)
        .any(|end| PARTICLES.contains(&rest[..end]) && are_particles(&rest[end..], most - 1))
}

/// Where a kanji belongs to its neighbour and not to a term.
struct Segments {
    before: HashMap<char, String>,
    after: HashMap<char, String>,
}

static SEGMENTS: LazyLock<Segments> = LazyLock::new(|| {
    let of = |kind: &str| {
        data_lines(include_str!("segments.txt"))
            .filter_map(|line| {
                let mut parts = line.split_whitespace();
                let found = parts.next() == Some(kind);
                let letter = parts.next()?.chars().next()?;
                found.then(|| (letter, parts.next().unwrap_or_default().to_owned()))
            })
            .collect()
    };
    Segments { before: of("start"), after: of("end") }
});

impl Segments {
    /// Whether a term's first letter belongs to the character before it.
    fn parts_before(&self, first: char, previous: char) -> bool {
        self.before.get(&first).is_some_and(|list| lists(list, previous))
    }

    /// Whether a term's last letter belongs to the character after it.
    fn parts_after(&self, last: char, next: char) -> bool {
        self.after.get(&last).is_some_and(|list| lists(list, next))
    }
}

fn lists(list: &str, character: char) -> bool {
    list.contains(character) || (list.contains('#') && Script::of(character) == Script::Digit)
}

/// The lines of a data file that say something.
pub(super) fn data_lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::text::Folded;

    fn lower(text: &str) -> Folded {
        Folded::in_place(text.to_lowercase())
    }

    fn found(term: &str, text: &str) -> bool {
        let text = text.to_lowercase();
        Term::parse(term).unwrap().patterns(lower).iter().any(|pattern| {
            text.match_indices(&pattern.text)
                .any(|(at, part)| pattern.stands(&text, at, at + part.len()))
        })
    }

    #[test]
    fn a_term_stands_as_its_script_asks() {
        let check = |term: &str, yes: &[&str], no: &[&str]| {
            for text in yes {
                assert!(found(term, text), "{term} in {text}");
            }
            for text in no {
                assert!(!found(term, text), "{term} not in {text}");
            }
        };
        check(
            "summit",
            &["Summit opens", "two summits", "the summit's end", "pre-summit", "AI와 summit을"],
            &["summiteer", "consummitx"],
        );
        check("treaty", &["treaties", "a treaty", "the treaty’s"], &["treatyx"]);
        check("church", &["churches"], &["churchs", "churchill"]);
        check("diplom*", &["diplomatic", "diploma"], &["undiplomatic"]);
        check("cease-fire", &["a cease fire", "cease-fire"], &["ceasefirex"]);
        check("state visit", &["state visits", "a state-visit"], &["estate visit"]);
        check("35", &["35 dead", "F-35", "35명"], &["350", "3.35", "1,350", "35.2"]);
        check(
            "외교",
            &["외교가", "외교에서", "셔틀 외교", "외교·안보", "對日외교"],
            &["외교부", "실용외교", "외교관"],
        );
        check("외교*", &["외교부", "외교관"], &["실용외교"]);
        check("*외교", &["실용외교", "실용외교로"], &["실용외교부"]);
        check("일본", &["일본과", "일본에서는", "일본"], &["일본어", "제일본부"]);
        check("정상회담", &["정상회담에서도", "정상회담"], &["정상회담장"]);
        check("정상 회담", &["정상회담을", "정상 회담"], &[]);
        check("한일", &["한일 정상", "한·일 정상"], &["한일전", "신한일"]);
        check("미", &["미·중", "미 국무"], &["미국", "미와"]);
        check(
            "日",
            &["日 총리", "日과", "日총리", "米・日・韓".replace('・', "·").as_str()],
            &["15日", "日本", "今日", "その日の", "10日(日)", "日の"],
        );
        check("米", &["米ウクライナ首脳", "米、"], &["米国", "お米", "米の価格"]);
        check("日本", &["来日本紙", "西日本", "日本の"], &["今日本を"]);
        check("한-", &["한-칠레 fta", "한-eu"], &["한 칠레", "신한-국민"]);
        check("米中", &["米中首脳", "米・中".replace('・', "·").as_str()], &["欧米中心"]);
        check("インド", &["インドの", "印・インド"], &["インドネシア", "シンド"]);
        check("*サミット", &["アジアサミット"], &["サミットス"]);
        check("首脳会談", &["日韓首脳会談を"], &[]);
    }

    #[test]
    fn a_whole_text_is_compared_without_case() {
        let check = |term: &str, text: &str, want: bool| {
            assert_eq!(Term::parse(term).unwrap().is_whole(text), want, "{term} {text}");
        };
        check("BBC", "bbc", true);
        check("bbc", "bbc-sport", false);
        check("bbc*", "bbc-sport", true);
        check("*sport", "bbc-sport", true);
    }
}
