//! What a headline says apart from who says it and how new it is: outlet names at its end, desk tags and punctuation left out.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

use super::fold::fold;
use crate::model::script::Script;

/// The names that may be cut from the end of a headline.
///
/// Only known names are cut: "Messi - the end" has the shape of a headline with an outlet, and cutting any last part would make one story of two.
#[derive(Debug, Clone)]
pub struct Outlets {
    names: HashSet<Box<str>>,
}

/// The longest name of an outlet that is looked for, in bytes.
const NAME_BYTES: usize = 80;

impl Outlets {
    /// The well-known outlets of `outlets.txt` and these.
    pub fn new(names: impl IntoIterator<Item = String>) -> Outlets {
        static KNOWN: LazyLock<HashSet<Box<str>>> = LazyLock::new(|| {
            lines(include_str!("outlets.txt")).map(name_key).filter(|key| !key.is_empty()).collect()
        });
        let mut known = KNOWN.clone();
        known.extend(names.into_iter().map(|name| name_key(&name)).filter(|key| !key.is_empty()));
        Outlets { names: known }
    }

    fn knows(&self, folded: &str, credited: Option<&str>) -> bool {
        if folded.is_empty() || folded.len() > NAME_BYTES {
            return false;
        }
        let key = compared(folded);
        !key.is_empty()
            && (self.names.contains(key.as_str())
                || credited.is_some_and(|name| *name_key(name) == *key))
    }
}

fn name_key(name: &str) -> Box<str> {
    compared(fold(name).text()).into_boxed_str()
}

/// The lines of a data file that say something.
fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Reduces a folded headline to its key: equal keys are equal headlines. `credited` is the outlet that the entry itself names.
///
/// Empty if nothing but punctuation is left.
pub fn headline_key(folded: &str, outlets: &Outlets, credited: Option<&str>) -> String {
    let untagged = without_bracket_tags(folded);
    let bare = without_outlet(without_lead_tags(&untagged), outlets, credited);
    let key = compared(bare);
    // A headline that is nothing but a tag is its own text.
    if key.is_empty() { compared(folded) } else { key }
}

/// A folded headline as people would read it aloud: desk tags and outlet names left out, words, spaces and punctuation kept.
///
/// Empty only if the headline is; a headline that is nothing but a tag is its own text.
pub fn bare_headline<'a>(
    folded: &'a str,
    outlets: &Outlets,
    credited: Option<&str>,
) -> Cow<'a, str> {
    let bare = match without_bracket_tags(folded) {
        Cow::Borrowed(untagged) => {
            Cow::Borrowed(without_outlet(without_lead_tags(untagged), outlets, credited))
        }
        Cow::Owned(untagged) => {
            Cow::Owned(without_outlet(without_lead_tags(&untagged), outlets, credited).to_owned())
        }
    };
    if bare.is_empty() { Cow::Borrowed(folded) } else { bare }
}

struct Tags {
    bracket: HashSet<&'static str>,
    lead: HashSet<&'static str>,
}

static TAGS: LazyLock<Tags> = LazyLock::new(|| {
    let of = |kind: &str| {
        lines(include_str!("desk_tags.txt"))
            .filter_map(|line| line.split_once(' '))
            .filter(|(found, _)| *found == kind)
            .map(|(_, tag)| tag)
            .collect()
    };
    Tags { bracket: of("bracket"), lead: of("lead") }
});

/// The longest text in brackets that may be a tag, in bytes.
const TAG_BYTES: usize = 48;

const BRACKETS: [(char, char); 8] = [
    ('[', ']'),
    ('(', ')'),
    ('【', '】'),
    ('<', '>'),
    ('〈', '〉'),
    ('《', '》'),
    ('〔', '〕'),
    ('≪', '≫'),
];

/// A tag with each number as "#".
fn numberless(tag: &str) -> String {
    let mut out = String::with_capacity(tag.len());
    for character in tag.trim().chars() {
        if !character.is_ascii_digit() {
            out.push(character);
        } else if !out.ends_with('#') {
            out.push('#');
        }
    }
    out
}

/// The headline without the desk tags in brackets ("[단독]", "(종합2보)", "【速報】", "[속보·영상]").
fn without_bracket_tags(folded: &str) -> Cow<'_, str> {
    let opens = |character: char| BRACKETS.iter().find(|(open, _)| *open == character);
    let mut kept: Option<String> = None;
    let mut done = 0;
    let mut from = 0;
    while let Some((open_at, close)) = folded[from..].char_indices().find_map(|(at, character)| {
        opens(character).map(|(open, close)| (from + at, (open.len_utf8(), *close)))
    }) {
        let (open_bytes, close) = close;
        let inside = open_at + open_bytes;
        from = inside;
        let reach = folded.floor_char_boundary((inside + TAG_BYTES).min(folded.len()));
        let Some(length) = folded[inside..reach].find(close) else { continue };
        let is_tag = |part: &str| TAGS.bracket.contains(numberless(part).as_str());
        let content = &folded[inside..inside + length];
        if !(is_tag(content) || content.split(['/', '·', ',', '&', '|']).all(is_tag)) {
            continue;
        }
        let kept = kept.get_or_insert_with(|| String::with_capacity(folded.len()));
        kept.push_str(&folded[done..open_at]);
        kept.push(' ');
        done = inside + length + close.len_utf8();
        from = done;
    }
    match kept {
        Some(mut kept) => {
            kept.push_str(&folded[done..]);
            Cow::Owned(kept)
        }
        None => Cow::Borrowed(folded),
    }
}

/// The headline without the desk tags before it ("LEAD: ", "UPDATE 2-", "속보: ").
fn without_lead_tags(headline: &str) -> &str {
    let mut rest = headline.trim();
    // "BREAKING: UPDATE 2-": no desk puts more than a few.
    for _ in 0..3 {
        let reach = rest.floor_char_boundary(TAG_BYTES.min(rest.len()));
        let Some(end) = rest[..reach].find([':', '-', '|']) else { break };
        let after = rest[end + 1..].trim();
        if after.is_empty() || !TAGS.lead.contains(numberless(&rest[..end]).as_str()) {
            break;
        }
        rest = after;
    }
    rest
}

/// The headline without the names of known outlets at its end.
fn without_outlet<'a>(headline: &'a str, outlets: &Outlets, credited: Option<&str>) -> &'a str {
    let mut rest = headline.trim();
    // "… - BBC News - Yahoo News".
    for _ in 0..3 {
        let Some(cut) = outlet_cut(rest, outlets, credited) else { break };
        rest = cut;
    }
    rest
}

fn outlet_cut<'a>(headline: &'a str, outlets: &Outlets, credited: Option<&str>) -> Option<&'a str> {
    for (open, close) in BRACKETS {
        if let Some(inner) = headline.strip_suffix(close)
            && let Some((before, name)) = inner.rsplit_once(open)
            && !before.trim().is_empty()
            && outlets.knows(name, credited)
        {
            return Some(before.trim_end());
        }
    }
    // From the last separator backwards: names have hyphens of their own ("NHK WORLD-JAPAN", "The Dong-A Ilbo").
    let from = headline.ceil_char_boundary(headline.len().saturating_sub(NAME_BYTES + 4));
    for (at, character) in headline[from..].char_indices().rev() {
        let at = from + at;
        if !matches!(character, '-' | '|' | ':' | '/' | '·') {
            continue;
        }
        let (before, after) = (&headline[..at], &headline[at + character.len_utf8()..]);
        let apart = before.ends_with(' ') && after.starts_with(' ');
        let name = after.trim();
        // "the BBC-CNN" is no suffix; "…|NHK" is, and so is "…:朝日新聞デジタル".
        if !(apart || character == '|' || (character == ':' && !name.is_ascii())) {
            continue;
        }
        let before = before.trim_end_matches([' ', '|', '-', ':']);
        if !before.is_empty() && outlets.knows(name, credited) {
            return Some(before);
        }
    }
    None
}

/// The letters and digits of a folded text, and of its signs those that change what is said: decimal points, minus and plus, per cent,
/// currencies, degrees, arrows; one space between words of spaced scripts and none beside a Hangul syllable, kanji or kana, where spacing is
/// the desk's taste.
fn compared(folded: &str) -> String {
    let mut out = Compared { text: String::with_capacity(folded.len()), gap: false };
    let mut before_previous = None;
    let mut previous: Option<char> = None;
    for (at, character) in folded.char_indices() {
        let rest = &folded[at + character.len_utf8()..];
        let next = rest.chars().next();
        out.take(character, [before_previous, previous], next, rest);
        before_previous = previous;
        previous = Some(character);
    }
    out.text
}

struct Compared {
    text: String,
    gap: bool,
}

impl Compared {
    fn take(
        &mut self,
        character: char,
        [before_previous, previous]: [Option<char>; 2],
        next: Option<char>,
        rest: &str,
    ) {
        let is_digit =
            |neighbour: Option<char>| neighbour.is_some_and(|neighbour| neighbour.is_ascii_digit());
        let is_word = |neighbour: Option<char>| {
            neighbour.is_some_and(|neighbour| Script::of(neighbour) != Script::Other)
        };
        let is_letter = |neighbour: Option<char>| {
            neighbour.is_some_and(|neighbour| Script::of(neighbour) == Script::Letter)
        };
        let between_digits = is_digit(previous) && is_digit(next);
        match character {
            _ if Script::of(character) != Script::Other => self.write(character),
            // "3.2" is not "32"; "U.S." is "US".
            '.' if between_digits => self.write('.'),
            '.' if is_letter(previous) && is_letter(next) && !is_word(before_previous) => {}
            // "1,350" is "1350"; "3,2" is not "32".
            ',' if between_digits => {
                let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
                if digits != 3 {
                    self.write(',');
                }
            }
            // A range, a score, or a sign; but "Covid-19" is "Covid 19".
            '-' if is_digit(next) && !is_letter(previous) => self.write('-'),
            '+' if is_digit(next) || is_word(previous) => self.write('+'),
            ':' | '/' | '~' | '×' if between_digits => self.write(character),
            '%' | '‰' | '°' | '$' | '€' | '£' | '¥' | '₩' | '±' => self.write(character),
            // "매출↑ 이익↓", "코스피 ▲2.3%"; but not "▲ 조국해방", a bullet.
            '▲' | '▼' | '△' | '▽' | '↑' | '↓' | '→' | '←' | '↗' | '↘'
                if is_digit(next) || previous.is_some_and(|previous| !previous.is_whitespace()) =>
            {
                self.write(character);
            }
            // "Trump's" is one word.
            '\'' if is_word(previous) && is_word(next) => {}
            _ => self.gap = true,
        }
    }

    fn write(&mut self, character: char) {
        if std::mem::take(&mut self.gap)
            && let Some(last) = self.text.chars().next_back()
            && !Script::of(last).is_cjk()
            && !Script::of(character).is_cjk()
        {
            self.text.push(' ');
        }
        self.text.push(character);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(headline: &str) -> String {
        headline_key(fold(headline).text(), &Outlets::new(["Example Daily".to_owned()]), None)
    }

    #[test]
    fn equal_headlines_have_equal_keys() {
        let check = |left: &str, right: &str| {
            assert_eq!(key(left), key(right), "{left:?} {right:?}");
            assert!(!key(left).is_empty());
        };
        check("Talks resume in Seoul - Reuters", "Talks resume in Seoul");
        check("TALKS RESUME IN SEOUL | The Korea Herald", "Talks resume, in Seoul");
        check("Talks resume in Seoul – Example Daily", "Talks resume in Seoul");
        check("Talks resume - BBC News - Yahoo News", "talks resume");
        check("Talks resume - NHK WORLD-JAPAN", "talks resume");
        check("首脳会談を開催｜ＮＨＫ", "首脳会談を開催");
        check("首脳会談を開催：朝日新聞デジタル", "【速報】首脳会談を開催");
        check("정상회담 개최 | 연합뉴스", "[속보] 정상회담 개최");
        check("정상회담 개최(종합2보)", "[단독] 정상 회담 개최");
        check("[속보·영상] 정상회담 개최", "정상회담 개최 (연합뉴스)");
        check("LEAD: Lee, Takaichi meet", "Lee, Takaichi meet");
        check("(2nd LD) Lee, Takaichi meet", "Lee, Takaichi meet");
        check("UPDATE 2-Lee, Takaichi meet", "BREAKING: Lee, Takaichi meet");
        check("“한·일 정상” 회담", "'한일 정상' 회담");
        check("U.S. and Korea: talks", "US and Korea talks");
        check("Trump’s 1,350-day war", "Trump's 1350 day war");
        check("Covid-19 cases", "Covid 19 cases");
    }

    #[test]
    fn other_headlines_have_other_keys() {
        let check =
            |left: &str, right: &str| assert_ne!(key(left), key(right), "{left:?} {right:?}");
        check("M 3.2 quake", "M 32 quake");
        check("M 5.1 quake hits Japan", "M 5.2 quake hits Japan");
        check("GDP at -5%", "GDP at 5%");
        check("GDP at 5%", "GDP at 5");
        check("Growth 3,2 %", "Growth 32 %");
        check("코스피 ▲2.3%", "코스피 ▼2.3%");
        check("매출↑ 이익↓", "매출↓ 이익↑");
        check("Korea wins 2-1", "Korea wins 21");
        check("Korea wins 2:1", "Korea wins 21");
        check("$5 tax", "€5 tax");
        check("ハス", "バス");
        check("ガザ", "カサ");
        check("Messi - the end", "Messi");
        check("Messi - the end", "Messi - the beginning");
        check("[사설] 정상회담", "정상회담");
        check("1회 정상회담", "2회 정상회담");
        check("Update 2", "Update 3");
        check("15日 会談", "16日 会談");
    }

    #[test]
    fn what_says_nothing_has_no_key() {
        for text in ["", "…", "!?", "■ ▲ ●", "- | -"] {
            assert_eq!(key(text), "", "{text:?}");
        }
        assert_eq!(key("(종합)"), "종합");
        assert_eq!(key("Reuters"), "reuters");
        assert_eq!(key("- Reuters"), "reuters");
    }
}
