//! A folded text → the names in it: left to right, the longest that stands as a name of its script.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::LazyLock;

use super::lexicon::Form;
use super::word::{are_particles, hangul_run, is_plural, lines, parts_after, parts_before};
use super::{EntityId, Gazetteer, Kind, Mention, Target};
use crate::model::script::Script;
use crate::model::text::Folded;

/// How many names may run into each other in one word: "한미정상회담" is two.
const RUN: usize = 3;

/// What stands beside a name in a word and is no part of it, and English words that are names in capitals.
struct Words {
    /// Korean syllables before a name: 대(對)이란, 친중.
    prefixes: HashSet<char>,
    /// What follows a Korean name of a country, place or organisation in one word: 군, 산, 측.
    suffixes: Vec<&'static str>,
    /// English words that are names in capitals: nothing is known where the case is gone.
    never: HashSet<&'static str>,
    /// After these "us" is a pronoun.
    pronoun_after: HashSet<&'static str>,
    /// After these it is one, unless a noun follows.
    perhaps_after: HashSet<&'static str>,
    /// Words before which no country stands as an adjective.
    function: HashSet<&'static str>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let mut found: HashMap<&str, Vec<&'static str>> = HashMap::new();
    for line in lines(include_str!("words.txt")) {
        let mut words = line.split_whitespace();
        if let Some(kind) = words.next() {
            found.entry(kind).or_default().extend(words);
        }
    }
    let mut take = |kind: &str| found.remove(kind).unwrap_or_default();
    Words {
        prefixes: take("prefix").iter().flat_map(|word| word.chars()).collect(),
        suffixes: take("suffix"),
        never: take("never").into_iter().collect(),
        pronoun_after: take("pronoun-after").into_iter().collect(),
        perhaps_after: take("perhaps-after").into_iter().collect(),
        function: take("function").into_iter().collect(),
    }
});

/// The names in a folded text; the text as published tells case where it is given.
pub(super) fn mentions(
    gazetteer: &Gazetteer,
    text: &str,
    published: Option<(&Folded, &str)>,
) -> Vec<Mention> {
    let scan = Scan { gazetteer, text, published };
    let mut out = Vec::new();
    let mut weak: Vec<usize> = Vec::new();
    let mut forms = Vec::new();
    let (mut at, mut run_on) = (0, false);
    while let Some(first) = text[at..].chars().next() {
        let next = at + first.len_utf8();
        let previous = text[..at].chars().next_back();
        if let Some(country) = scan.letter(at, first, previous) {
            out.push(Mention { entity: country, other: None, span: at..next });
            (at, run_on) = (next, true);
            continue;
        }
        let may_begin = run_on || begins(first, previous, || text[..at].chars().rev().nth(1));
        let found = if may_begin { scan.longest(at, RUN, &mut forms) } else { None };
        let found = found.or_else(|| {
            // "대이란 제재": a syllable before the name.
            let is_prefix =
                may_begin && Script::of(first) == Script::Hangul && WORDS.prefixes.contains(&first);
            let form = is_prefix.then(|| scan.longest(next, RUN, &mut forms)).flatten()?;
            scan.is_proper(form).then_some(form)
        });
        match found {
            Some(form) => {
                let form = scan.split(form, &forms, &mut out);
                scan.push(form, &mut out, &mut weak);
                (at, run_on) = (form.end, true);
            }
            None => (at, run_on) = (next, false),
        }
    }
    drop_lonely(gazetteer, &mut out, &weak);
    out
}

/// Leaves out names that are words of the language as well where nothing else in the text is a country, person or place.
fn drop_lonely(gazetteer: &Gazetteer, out: &mut Vec<Mention>, weak: &[usize]) {
    if weak.is_empty() {
        return;
    }
    let has_company = out.iter().enumerate().any(|(at, mention)| {
        !weak.contains(&at)
            && match gazetteer.entity(mention.entity).kind {
                Kind::Country | Kind::Place | Kind::Person => true,
                Kind::Organisation | Kind::Concept => false,
            }
    });
    if !has_company {
        let mut at = 0;
        out.retain(|_| {
            at += 1;
            !weak.contains(&(at - 1))
        });
    }
}

/// Whether a name may begin with this character after that one.
fn begins(first: char, previous: Option<char>, before: impl Fn() -> Option<char>) -> bool {
    let Some(previous) = previous else { return true };
    let script = Script::of(previous);
    match Script::of(first) {
        Script::Letter => !script.is_spaced(),
        Script::Digit => {
            let in_number = matches!(previous, '.' | ',')
                && before().is_some_and(|before| before.is_ascii_digit());
            !script.is_spaced() && !in_number
        }
        Script::Hangul => script != Script::Hangul,
        Script::Katakana => script != Script::Katakana,
        Script::Han => !parts_before(first, previous),
        Script::Hiragana => true,
        Script::Other => false,
    }
}

struct Scan<'a> {
    gazetteer: &'a Gazetteer,
    text: &'a str,
    published: Option<(&'a Folded, &'a str)>,
}

impl Scan<'_> {
    /// The longest name here that stands; up to `run` names may follow it in the same word.
    fn longest(&self, at: usize, run: usize, forms: &mut Vec<Form>) -> Option<Form> {
        self.gazetteer.lexicon.at(self.text, at, forms);
        for number in (0..forms.len()).rev() {
            let form = forms[number];
            let span = at..form.end;
            if !self.is_loose_kanji(&span)
                && self.ends(&form, at, run)
                && (!form.marks.exact || self.has_its_case(&form, span))
            {
                return Some(form);
            }
        }
        None
    }

    /// Whether the name ends where a word of its script may end.
    fn ends(&self, form: &Form, at: usize, run: usize) -> bool {
        let (name, after) = (&self.text[at..form.end], &self.text[form.end..]);
        let Some(next) = after.chars().next() else { return true };
        let Some(last) = name.chars().next_back() else { return true };
        let script = Script::of(next);
        match Script::of(last) {
            Script::Letter => form.marks.open || !script.is_spaced() || is_plural(name, after),
            Script::Digit => {
                let in_number = matches!(next, '.' | ',')
                    && after.chars().nth(1).is_some_and(|beyond| beyond.is_ascii_digit());
                !script.is_spaced() && !in_number
            }
            Script::Hangul if script != Script::Hangul => true,
            Script::Hangul => self.hangul_ends(form, name, hangul_run(after), run),
            Script::Katakana => {
                script != Script::Katakana || form.marks.open || self.goes_on(form.end, run)
            }
            Script::Han => form.marks.open || !parts_after(last, next),
            Script::Hiragana | Script::Other => true,
        }
    }

    /// Whether a Korean name may be followed by the rest of its word: particles, a suffix, another name.
    fn hangul_ends(&self, form: &Form, name: &str, rest: &str, run: usize) -> bool {
        if form.marks.open {
            return true;
        }
        let syllables = name.chars().count();
        if syllables < 2 {
            return false;
        }
        // A name of three syllables begins few other words.
        if are_particles(rest) || syllables > 2 {
            return true;
        }
        let is_suffix = self.is_proper(*form)
            && WORDS
                .suffixes
                .iter()
                .any(|suffix| rest.strip_prefix(suffix).is_some_and(are_particles));
        is_suffix || self.goes_on(form.end, run)
    }

    /// Whether another name stands here in the same word.
    fn goes_on(&self, at: usize, run: usize) -> bool {
        run > 0 && self.longest(at, run - 1, &mut Vec::new()).is_some()
    }

    fn target(&self, form: Form) -> Target {
        self.gazetteer.targets[form.target as usize]
    }

    /// Whether the form names something rather than says something.
    fn is_proper(&self, form: Form) -> bool {
        match self.target(form) {
            Target::Nothing => false,
            Target::Joint(_) => true,
            Target::Entity(id, _) => match self.gazetteer.entity(id).kind {
                Kind::Person | Kind::Organisation | Kind::Place | Kind::Country => true,
                Kind::Concept => false,
            },
        }
    }

    /// A single kanji is a name only where it stands alone: "日 총리", "米ウクライナ", not "15日", "中で", "(日)".
    fn is_loose_kanji(&self, span: &Range<usize>) -> bool {
        let mut letters = self.text[span.clone()].chars();
        let (Some(letter), None) = (letters.next(), letters.next()) else { return false };
        if Script::of(letter) != Script::Han {
            return false;
        }
        let alone =
            |script: Script| matches!(script, Script::Hangul | Script::Letter | Script::Other);
        let previous = self.text[..span.start].chars().next_back();
        let next = self.text[span.end..].chars().next();
        let is_alone = previous.is_none_or(|previous| alone(Script::of(previous)))
            && next
                .is_none_or(|next| alone(Script::of(next)) || Script::of(next) == Script::Katakana);
        !is_alone || previous == Some('(') && next == Some(')')
    }

    /// The country that a letter here stands for, because an office or organ of a state follows ("米国務長官", "미 국무장관"), or a dot and a name
    /// ("한·이란").
    fn letter(&self, at: usize, letter: char, previous: Option<char>) -> Option<EntityId> {
        // Nearly every character is none of them.
        if !Script::of(letter).is_cjk() {
            return None;
        }
        let letters = &self.gazetteer.letters;
        let from = letters.partition_point(|known| known.letter < letter);
        let mut known =
            letters[from..].iter().take_while(|known| known.letter == letter).peekable();
        known.peek()?;
        if !begins(letter, previous, || None) {
            return None;
        }
        let after = &self.text[at + letter.len_utf8()..];
        known
            .find(|known| {
                if known.organs.is_empty() {
                    let Some(name) = after.strip_prefix(['·', '-']) else { return false };
                    let at = self.text.len() - name.len();
                    let form = self.longest(at, 0, &mut Vec::new());
                    return form.is_some_and(|form| {
                        form.end - at > letter.len_utf8() && self.is_country(form)
                    });
                }
                let rest = after.strip_prefix(known.space);
                rest.is_some_and(|rest| {
                    known.organs.iter().any(|organ| rest.starts_with(organ.as_str()))
                })
            })
            .map(|known| known.country)
    }

    /// Takes off a concept the name that it begins with: "한미정상회담" is 한미 and 정상회담.
    fn split(&self, form: Form, forms: &[Form], out: &mut Vec<Mention>) -> Form {
        let is_name = self.is_proper(form) || self.target(form) == Target::Nothing;
        if is_name {
            return form;
        }
        let stands = |shorter: &&Form| {
            // Longer ones were walked past, too, but did not stand.
            if shorter.start != form.start || shorter.end >= form.end || shorter.marks.weak {
                return false;
            }
            let rest = &self.text[shorter.end..form.end];
            let last = self.text[..shorter.end].chars().next_back().map(Script::of);
            let cuts_a_word = last.is_some_and(Script::is_spaced)
                && rest.starts_with(|next| Script::of(next).is_spaced());
            self.is_proper(**shorter)
                && !cuts_a_word
                && (!shorter.marks.exact || self.has_its_case(shorter, shorter.start..shorter.end))
        };
        let Some(name) = forms.iter().rev().find(stands) else { return form };
        self.push(*name, out, &mut Vec::new());
        let space = self.text[name.end..form.end].find(|next| next != ' ').unwrap_or_default();
        Form { start: name.end + space, ..form }
    }

    fn is_country(&self, form: Form) -> bool {
        match self.target(form) {
            Target::Entity(id, _) => self.gazetteer.entity(id).country.is_some(),
            Target::Nothing | Target::Joint(_) => false,
        }
    }

    /// Whether a name whose case counts has it; where the text as published is not known, whether the words around it let it be a name.
    fn has_its_case(&self, form: &Form, span: Range<usize>) -> bool {
        if let Some((folded, published)) = self.published {
            let written = published.get(folded.span(span));
            let from = self.gazetteer.exact.partition_point(|(target, _)| *target < form.target);
            return self.gazetteer.exact[from..]
                .iter()
                .take_while(|(target, _)| *target == form.target)
                .any(|(_, known)| written == Some(known));
        }
        let name = &self.text[span.clone()];
        if WORDS.never.contains(name) {
            return false;
        }
        if name != "us" || self.text[span.end..].starts_with(['-', '\'']) {
            return true;
        }
        let is_letter = |character: char| Script::of(character).is_spaced();
        let before = self.text[..span.start].trim_end_matches(|character| {
            !is_letter(character) && !matches!(character, '.' | ',' | ':' | ';' | '?' | '!')
        });
        let before = &before[before
            .rfind(|character| !is_letter(character))
            .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8))..];
        if WORDS.pronoun_after.contains(before) {
            return false;
        }
        let after = &self.text[span.end..];
        let after = after.strip_prefix(' ').unwrap_or("");
        let after = &after[..after.find(|character| !is_letter(character)).unwrap_or(after.len())];
        !WORDS.perhaps_after.contains(before)
            || !(after.is_empty() || WORDS.function.contains(after))
    }

    fn push(&self, form: Form, out: &mut Vec<Mention>, weak: &mut Vec<usize>) {
        if form.marks.weak {
            // Only a single entity is ever weak.
            weak.push(out.len());
        }
        let start = form.start;
        match self.target(form) {
            Target::Nothing => {}
            Target::Entity(entity, other) => {
                out.push(Mention { entity, other, span: start..form.end });
            }
            Target::Joint(number) => {
                let parts = self.gazetteer.joint.get(number as usize).into_iter().flatten();
                out.extend(parts.map(|(span, country)| Mention {
                    entity: *country,
                    other: None,
                    span: start + span.start..start + span.end,
                }));
            }
        }
    }
}
