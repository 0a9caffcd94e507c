//! Texts in pieces: what rules found, and what is between.

use std::ops::Range;

use crate::model::entry::Entry;
use crate::model::text::{Headline, PlainText};
use crate::model::verdict::{Evidence, Field};

use super::words;

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    pub(super) text: &'a str,
    /// Whether a rule found it.
    pub(super) marked: bool,
}

/// A headline with what was found in it.
pub(super) fn headline<'a>(entry: &'a Entry, evidence: &'a [Evidence]) -> Vec<Piece<'a>> {
    let text = entry.title.as_ref().map_or("", Headline::as_str);
    marked(text, Field::Title, evidence.iter())
}

/// The columns of a summary before the first thing that was found in it.
const BEFORE: usize = 60;

/// The part of a summary of about so many columns that shows what was found first, with what was found in it; from its beginning where nothing was.
pub(super) fn summary<'a>(
    entry: &'a Entry,
    evidence: &'a [Evidence],
    width: usize,
) -> Vec<Piece<'a>> {
    let text = entry.summary_text.as_ref().map_or("", PlainText::as_str);
    let found = evidence
        .iter()
        .filter(|found| found.field == Field::Summary)
        .map(|found| found.span.clone());
    around(text, found.collect(), width)
}

/// The part of a text of about so many columns that shows the first of these spans, with all of them that are in it; from its beginning where there
/// is none.
pub(super) fn around(text: &str, spans: Vec<Range<usize>>, width: usize) -> Vec<Piece<'_>> {
    let first = spans.iter().filter(|span| !span.is_empty()).map(|span| span.start).min();
    let from = first.map_or(0, |first| words::columns_before(text, first, BEFORE));
    let to = from + words::columns_after(&text[from..], width);
    let mut pieces = Vec::new();
    if from > 0 {
        pieces.push(Piece { text: "…", marked: false });
    }
    let mut at = 0;
    for piece in of_spans(text, spans) {
        let (start, end) = (at.max(from), (at + piece.text.len()).min(to));
        if let Some(shown) = text.get(start..end).filter(|shown| !shown.is_empty()) {
            pieces.push(Piece { text: shown, marked: piece.marked });
        }
        at += piece.text.len();
    }
    if to < text.len() {
        pieces.push(Piece { text: "…", marked: false });
    }
    pieces
}

/// A text in pieces. Spans that do not fit it (it may have changed since it was judged) are left out.
pub(super) fn marked<'a>(
    text: &'a str,
    field: Field,
    evidence: impl Iterator<Item = &'a Evidence>,
) -> Vec<Piece<'a>> {
    let found =
        evidence.filter(|found| found.field == field).map(|found| found.span.clone()).collect();
    of_spans(text, found)
}

/// A text in pieces, marked where these spans are.
pub(super) fn of_spans(text: &str, spans: Vec<Range<usize>>) -> Vec<Piece<'_>> {
    let mut spans: Vec<(usize, usize)> = spans
        .into_iter()
        .filter(|span| !span.is_empty())
        .map(|span| (span.start, span.end))
        .filter(|(start, end)| text.get(*start..*end).is_some())
        .collect();
    spans.sort_unstable();
    let mut pieces = Vec::new();
    let mut at = 0;
    for (start, end) in spans {
        // Rules may find overlapping terms; the later only adds what goes beyond the earlier.
        let start = start.max(at);
        if end <= start {
            continue;
        }
        pieces.push(Piece { text: &text[at..start], marked: false });
        pieces.push(Piece { text: &text[start..end], marked: true });
        at = end;
    }
    pieces.push(Piece { text: &text[at..], marked: false });
    pieces.retain(|piece| !piece.text.is_empty());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::verdict::RuleId;

    fn found(field: Field, start: usize, end: usize) -> Evidence {
        Evidence { rule: RuleId::new("topic.a.any"), field, span: start..end, term: "".into() }
    }

    fn shown(pieces: &[Piece<'_>]) -> String {
        let each = pieces.iter().map(|piece| {
            if piece.marked { format!("[{}]", piece.text) } else { piece.text.to_owned() }
        });
        each.collect()
    }

    #[test]
    fn what_rules_found_is_marked_once() {
        let check = |text: &str, spans: &[(usize, usize)], want: &str| {
            let evidence: Vec<Evidence> =
                spans.iter().map(|(start, end)| found(Field::Title, *start, *end)).collect();
            assert_eq!(shown(&marked(text, Field::Title, evidence.iter())), want);
        };
        check("Leaders meet in Seoul", &[(16, 21)], "Leaders meet in [Seoul]");
        check("Leaders meet", &[(0, 7), (0, 7), (3, 12)], "[Leaders][ meet]");
        check("한일 정상회담", &[(0, 6), (7, 19)], "[한일] [정상회담]");
        check("한일", &[(1, 3), (0, 99), (6, 6)], "한일");
        check("", &[(0, 1)], "");
    }

    #[test]
    fn a_summary_is_shown_where_something_was_found() {
        let text = format!("{} needle {}", "word ".repeat(80).trim(), "한국 ".repeat(200).trim());
        let entry = Entry { summary_text: PlainText::new(&text), ..Entry::default() };
        let at = text.find("needle").unwrap();
        let evidence = [found(Field::Summary, at, at + 6)];
        let have = shown(&summary(&entry, &evidence, 200));
        assert!(
            have.starts_with("…") && have.contains(" [needle] 한국") && have.ends_with('…'),
            "{have}"
        );
        assert!(have.chars().count() < 200, "{have}");
        let plain = shown(&summary(&entry, &[], 20));
        assert_eq!(plain, "word word word word …");
        assert_eq!(shown(&summary(&Entry::default(), &[], 20)), "");
    }
}
