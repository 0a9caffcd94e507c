//! The words that entries are found by. Where words are spaced they are words, reduced by the plural; in Korean and Japanese, where what is
//! looked for may stand in the middle of a run, they are each two characters that follow each other, so that two characters find what they are in.
//!
//! `日韓首脳会談` has the words `日韓 韓首 首脳 脳会 会談 談`: a run ends with its last character alone, so that one character is found too, as the
//! beginning of a word.

use std::ops::Range;

use super::fold::fold;
use crate::model::entry::Entry;
use crate::model::script::Script;
use crate::model::search::{Findable, Phrase, Search};

/// Another number than before whenever the words of a text become others: what was indexed by the last is indexed anew.
pub const VERSION: u32 = 1;
/// Characters of a text that are looked at, besides the headline: its first paragraphs, where news says what it is about.
const TEXT_CHARACTERS: usize = 1_500;
/// Characters of a query.
const QUERY_CHARACTERS: usize = 200;
/// Phrases of a query.
const PHRASES: usize = 12;

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Word {
    text: String,
    /// Bytes of the text as written.
    span: Range<usize>,
    /// Whether it is the last character of a run, standing alone.
    tail: bool,
}

/// What is wrong with a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// There is no letter and no digit in it.
    #[error("there is no letter and no digit to look for")]
    Empty,
    /// It only says what to leave out.
    #[error("it only says what to leave out")]
    OnlyNot,
    /// It is too long, or holds too many words.
    #[error("it is too long")]
    TooLong,
}

/// The words of an entry.
pub fn findable(entry: &Entry) -> Findable {
    let title = entry.title.as_ref().map(|title| joined(title.as_str())).unwrap_or_default();
    let text = match (&entry.summary_text, &entry.content) {
        (Some(summary), _) => joined(beginning(summary.as_str())),
        (None, Some(content)) => joined(beginning(&content.to_text())),
        (None, None) => String::new(),
    };
    Findable { title, text }
}

fn beginning(text: &str) -> &str {
    text.char_indices().nth(TEXT_CHARACTERS).map_or(text, |(end, _)| &text[..end])
}

fn joined(text: &str) -> String {
    let words: Vec<String> = words(text).into_iter().map(|word| word.text).collect();
    words.join(" ")
}

/// Reads a query: words that must all be there, phrases in quotation marks, and after a minus what must not be there; a `*` leaves a word open.
///
/// # Errors
/// If nothing is left to look for, or it is too much.
pub fn parse(query: &str) -> Result<Search, QueryError> {
    if query.chars().count() > QUERY_CHARACTERS {
        return Err(QueryError::TooLong);
    }
    let mut search = Search { all: Vec::new(), none: Vec::new() };
    let mut rest = query.trim_start();
    while !rest.is_empty() {
        let minus = rest.strip_prefix(['-', '－', '−', '–']);
        rest = minus.unwrap_or(rest);
        let (term, after) = match rest.chars().next().and_then(closing) {
            Some(close) => {
                let inner = rest.trim_start_matches(|open| closing(open) == Some(close));
                // A phrase that is never closed ends with the query.
                match inner.find(close) {
                    Some(end) => (&inner[..end], inner[end..].trim_start_matches(close)),
                    None => (inner, ""),
                }
            }
            None => {
                let ends =
                    |character: char| character.is_whitespace() || closing(character).is_some();
                let end = rest.find(ends).unwrap_or(rest.len());
                (&rest[..end], &rest[end..])
            }
        };
        if let Some(phrase) = phrase(term) {
            let phrases = if minus.is_some() { &mut search.none } else { &mut search.all };
            if !phrases.contains(&phrase) {
                phrases.push(phrase);
            }
        }
        rest = after.trim_start();
    }
    match (search.all.len(), search.none.len()) {
        (0, 0) => Err(QueryError::Empty),
        (0, _) => Err(QueryError::OnlyNot),
        (all, none) if all + none > PHRASES => Err(QueryError::TooLong),
        (_, _) => Ok(search),
    }
}

/// What closes a quotation that this opens.
fn closing(open: char) -> Option<char> {
    match open {
        '"' | '＂' => Some(open),
        '“' | '„' => Some('”'),
        '”' => Some('”'),
        '«' => Some('»'),
        '「' => Some('」'),
        '『' => Some('』'),
        _ => None,
    }
}

fn phrase(term: &str) -> Option<Phrase> {
    let mut words = words(term);
    let ends_in_run = words.last().is_some_and(|word| word.tail);
    // What is looked for may go on where it ends in the middle of a run; one character alone begins a word.
    if ends_in_run && words.len() > 1 && !words[words.len() - 2].tail && touches(&words) {
        words.pop();
        return Some(Phrase { words: texts(words), open: false });
    }
    if words.is_empty() {
        return None;
    }
    let open = ends_in_run || term.trim_end().ends_with('*');
    Some(Phrase { words: texts(words), open })
}

/// Whether the last character alone is the end of the pair before it, not a run of its own.
fn touches(words: &[Word]) -> bool {
    match words {
        [.., pair, tail] => pair.span.end == tail.span.end,
        [] | [_] => false,
    }
}

fn texts(words: Vec<Word>) -> Vec<String> {
    words.into_iter().map(|word| word.text).collect()
}

/// Where a text holds what is looked for: bytes of the text as written, in order, none within another.
pub fn found(text: &str, search: &Search) -> Vec<Range<usize>> {
    let words = words(text);
    let mut spans: Vec<Range<usize>> = Vec::new();
    for phrase in &search.all {
        for here in words.windows(phrase.words.len()) {
            let last = phrase.words.len() - 1;
            let fits = here.iter().zip(&phrase.words).enumerate().all(|(place, (word, wanted))| {
                word.text == *wanted
                    || (place == last && phrase.open && word.text.starts_with(wanted.as_str()))
            });
            if let (true, [first, ..], [.., end]) = (fits, here, here) {
                // A pair that goes on after the one character that was looked for is not all found.
                let wanted = phrase.words.last().map_or("", String::as_str);
                let beyond = phrase.open && end.text != wanted && is_run(wanted);
                let to = match text.get(end.span.clone()).and_then(|word| word.chars().next()) {
                    Some(character) if beyond => end.span.start + character.len_utf8(),
                    Some(_) | None => end.span.end,
                };
                spans.push(first.span.start..to.max(first.span.start));
            }
        }
    }
    spans.sort_unstable_by_key(|span| (span.start, span.end));
    let mut apart: Vec<Range<usize>> = Vec::new();
    for span in spans {
        match apart.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            Some(_) | None => apart.push(span),
        }
    }
    apart
}

fn is_run(text: &str) -> bool {
    text.chars().all(|character| class(character) == Class::Run)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Of a word that is spaced.
    Spaced,
    /// Of a run of characters that may be parted anywhere.
    Run,
    Between,
}

fn class(character: char) -> Class {
    match Script::of(character) {
        Script::Digit | Script::Letter => Class::Spaced,
        Script::Hangul | Script::Han | Script::Hiragana | Script::Katakana => Class::Run,
        Script::Other => Class::Between,
    }
}

fn words(text: &str) -> Vec<Word> {
    let folded = fold(text);
    let characters: Vec<(usize, char)> = folded.text().char_indices().collect();
    let end_of = |place: usize| characters.get(place).map_or(folded.text().len(), |(at, _)| *at);
    let mut words = Vec::new();
    let mut from = 0;
    while let Some((start, first)) = characters.get(from).copied() {
        let kind = class(first);
        let length = characters[from..].iter().take_while(|(_, next)| class(*next) == kind).count();
        let to = from + length;
        match kind {
            Class::Between => {}
            Class::Spaced => {
                let word = &folded.text()[start..end_of(to)];
                // The possessive is no word.
                let after_apostrophe = from > 0 && characters[from - 1].1 == '\'';
                if !(word == "s" && after_apostrophe && from > 1) {
                    words.push(Word {
                        text: singular(word),
                        span: folded.span(start..end_of(to)),
                        tail: false,
                    });
                }
            }
            Class::Run => {
                for (place, (start, _)) in characters.iter().enumerate().take(to).skip(from) {
                    let last = place + 1 == to;
                    let end = end_of(if last { place + 1 } else { place + 2 });
                    let here = *start..end;
                    words.push(Word {
                        text: folded.text()[here.clone()].to_owned(),
                        span: folded.span(here),
                        tail: last,
                    });
                }
            }
        }
        from = to;
    }
    words
}

/// An English word without the ending of its plural, as far as that is safe without a dictionary; both what is looked for and where is reduced, so a
/// wrong one costs little.
fn singular(word: &str) -> String {
    let plain = word.bytes().all(|byte| byte.is_ascii_alphabetic());
    if !plain || word.len() < 4 || word == "news" {
        return word.to_owned();
    }
    let kept = |ending: &str| word.ends_with(ending);
    if kept("ss") || kept("us") || kept("is") {
        return word.to_owned();
    }
    if let Some(stem) = word.strip_suffix("ies").filter(|stem| stem.len() >= 2) {
        return format!("{stem}y");
    }
    for ending in ["xes", "ches", "shes", "sses", "zes"] {
        if kept(ending) {
            return word[..word.len() - 2].to_owned();
        }
    }
    word.strip_suffix('s').unwrap_or(word).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_words() {
        let check = |text: &str, want: &str| assert_eq!(joined(text), want, "{text}");
        check("", "");
        check("Korea's Summits, 2025", "korea summit 2025");
        check("日韓首脳会談", "日韓 韓首 首脳 脳会 会談 談");
        check("한일 정상", "한일 일 정상 상");
        check("核", "核");
        check("G7サミット", "g7 サミ ミッ ット ト");
        check("ＮＨＫ会長", "nhk 会長 長");
        check("ﾄﾗﾝﾌﾟ", "トラ ラン ンプ プ");
        check("parties taxes clashes news crisis bus boss", "party tax clash news crisis bus boss");
    }

    #[test]
    fn queries_are_read() {
        let check = |query: &str, want: Result<&str, QueryError>| {
            let say = |phrase: &Phrase| {
                format!("{}{}", phrase.words.join("+"), if phrase.open { "*" } else { "" })
            };
            let have = parse(query).map(|search| {
                let all = search.all.iter().map(say);
                let none = search.none.iter().map(|phrase| format!("-{}", say(phrase)));
                all.chain(none).collect::<Vec<_>>().join(" ")
            });
            assert_eq!(have.as_deref(), want.as_ref().map(|text| *text), "{query}");
        };
        check("Summit talks", Ok("summit talk"));
        check("정상", Ok("정상"));
        check("정상회담", Ok("정상+상회+회담"));
        check("核", Ok("核*"));
        check("首脳 -中国", Ok("首脳 -中国"));
        check("\"trade war\" chips", Ok("trade+war chip"));
        check("“trade war” -\"chip act\"", Ok("trade+war -chip+act"));
        check("「日韓 首脳」", Ok("日韓+韓+首脳"));
        check("diplom*", Ok("diplom*"));
        check("g7サミット", Ok("g7+サミ+ミッ+ット"));
        check("\"never closed", Ok("never+closed"));
        check("AND OR NOT", Ok("and or not"));
        check("a a a", Ok("a"));
        check("co-operation", Ok("co+operation"));
        check("", Err(QueryError::Empty));
        check("  \" \" - -- ?!", Err(QueryError::Empty));
        check("-chips", Err(QueryError::OnlyNot));
        check("\u{0}*'\"); DROP TABLE entry; --", Ok("drop+table+entry"));
        assert_eq!(parse(&"한".repeat(201)), Err(QueryError::TooLong));
        assert_eq!(parse("a b c d e f g h i j k l m"), Err(QueryError::TooLong));
    }

    #[test]
    fn what_was_looked_for_is_marked_where_it_stands() {
        let check = |text: &str, query: &str, want: &str| {
            let mut have = String::new();
            let mut at = 0;
            for span in found(text, &parse(query).unwrap()) {
                have.push_str(&text[at..span.start]);
                have.push_str(&format!("[{}]", &text[span.clone()]));
                at = span.end;
            }
            have.push_str(&text[at..]);
            assert_eq!(have, want, "{query}");
        };
        check("Leaders hold Talks", "talk", "Leaders hold [Talks]");
        check("한일 정상회담 개최", "정상", "한일 [정상]회담 개최");
        check("日韓首脳会談を開催", "首脳会談", "日韓[首脳会談]を開催");
        check("北朝鮮の核実験と核", "核", "北朝鮮の[核]実験と[核]");
        check("ＮＨＫ会長が辞任", "nhk", "[ＮＨＫ]会長が辞任");
        check("Diplomacy and diplomats", "diplom*", "[Diplomacy] and [diplomats]");
        check("No such thing", "absent", "No such thing");
        check("trade and war, trade war", "\"trade war\"", "trade and war, [trade war]");
    }
}
