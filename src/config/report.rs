//! All problems of a file in one report: in lines for logs, marked in the text for people. No secret is in it.

use std::fmt;
use std::fmt::Write as _;
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError,
    MietteSpanContents, SourceCode, SourceSpan, SpanContents,
};

use super::problem::{Problem, Severity};

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file could not be read.
    #[error("cannot read the configuration {}", .path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        reason: io::Error,
    },
    /// The file says what it must not.
    #[error("{0}")]
    Invalid(Report),
}

impl ConfigError {
    /// Each problem in one line, free of secrets: `feeds.toml:12:5: unknown key …`.
    pub fn lines(&self) -> Vec<String> {
        match self {
            ConfigError::Unreadable { path, reason } => {
                vec![format!("{}: {reason}", path.display())]
            }
            ConfigError::Invalid(report) => report.lines(),
        }
    }
}

/// The problems of one file, in the order of the text, with the text they mark.
#[derive(Clone, PartialEq, Eq)]
pub struct Report {
    file: String,
    /// The text of the file, byte for byte as long, with stars for secrets and placeholders for what would move a terminal's cursor.
    text: Arc<str>,
    problems: Vec<Problem>,
}

/// How a report is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Whether it is coloured.
    pub colour: bool,
    /// The width of a line, in columns.
    pub width: usize,
}

/// Problems beyond these are counted only.
const SHOWN: usize = 50;
/// The longest line that is shown whole, and the most that is shown of a longer one, in bytes.
const LINE_BYTES: usize = 160;

impl Report {
    /// Reports the problems of a text, except for the bytes of `secrets`.
    pub fn new(
        file: String,
        text: &str,
        mut problems: Vec<Problem>,
        secrets: &[Range<usize>],
    ) -> Report {
        problems.sort_by_key(|problem| (problem.span.start, problem.span.end));
        problems.dedup();
        // Without problems nothing is ever marked.
        let text = if problems.is_empty() { Arc::from("") } else { showable(text, secrets).into() };
        Report { file, text, problems }
    }

    /// The problems, in the order of the text.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    /// Whether any of them stands in the way of using the file.
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(|problem| problem.severity == Severity::Error)
    }

    /// The line and the column in characters of a byte, both from 1.
    pub fn position(&self, at: usize) -> (usize, usize) {
        let before = self.text.get(..self.floor(at)).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        (line, before.get(line_start..).unwrap_or_default().chars().count() + 1)
    }

    /// Each problem in one line: `feeds.toml:12:5: unknown key …`.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> =
            self.problems.iter().take(SHOWN).map(|problem| self.line(problem)).collect();
        if let Some(more) = self.more() {
            lines.push(format!("{}: {more}", self.file));
        }
        lines
    }

    fn line(&self, problem: &Problem) -> String {
        let (line, column) = self.position(problem.span.start);
        let mut text = format!("{}:{line}:{column}: {}", self.file, problem.message);
        if let Some(help) = &problem.help {
            let _ = write!(text, " ({help})");
        }
        text
    }

    fn more(&self) -> Option<String> {
        let more = self.problems.len().checked_sub(SHOWN).filter(|more| *more > 0)?;
        Some(format!("and {more} more"))
    }

    /// The whole report for a person, each problem with the marked text.
    pub fn render(&self, layout: Layout) -> String {
        let theme = if layout.colour {
            GraphicalTheme::unicode()
        } else {
            GraphicalTheme::unicode_nocolor()
        };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_width(layout.width)
            .with_context_lines(1)
            .with_links(false)
            .without_syntax_highlighting();
        let mut text = String::new();
        for problem in self.problems.iter().take(SHOWN) {
            if !text.is_empty() {
                text.push('\n');
            }
            let shown = Shown { report: self, problem };
            if handler.render_report(&mut text, &shown).is_err() {
                text.push_str(&self.line(problem));
                text.push('\n');
            }
        }
        if let Some(more) = self.more() {
            text.push_str(&more);
            text.push('\n');
        }
        text
    }

    fn floor(&self, at: usize) -> usize {
        self.text.floor_char_boundary(at.min(self.text.len()))
    }

    /// The part of a span that one mark can show: what of it stands in its first line, and not too much of that.
    fn mark(&self, span: &Range<usize>) -> SourceSpan {
        let start = self.floor(span.start);
        let end = self.floor(span.end.max(start));
        let marked = self.text.get(start..end).unwrap_or_default();
        let line = marked.lines().next().unwrap_or_default();
        let length = line.floor_char_boundary(line.len().min(LINE_BYTES / 2));
        (start, length).into()
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.lines()).finish()
    }
}

impl fmt::Display for Report {
    /// One line: how many problems there are, and the first.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(first) = self
            .problems
            .iter()
            .find(|problem| problem.severity == Severity::Error)
            .or_else(|| self.problems.first())
        else {
            return write!(f, "{} is fine", self.file);
        };
        f.write_str(&self.line(first))?;
        match self.problems.len() - 1 {
            0 => Ok(()),
            1 => f.write_str(", and one more problem"),
            more => write!(f, ", and {more} more problems"),
        }
    }
}

impl std::error::Error for Report {}

impl Diagnostic for Report {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.problems.iter().map(|problem| problem as &dyn Diagnostic)))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self)
    }
}

/// A problem beside the text it marks.
#[derive(Debug)]
struct Shown<'a> {
    report: &'a Report,
    problem: &'a Problem,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem.message)
    }
}

impl std::error::Error for Shown<'_> {}

impl Diagnostic for Shown<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.problem.code()
    }

    fn severity(&self) -> Option<miette::Severity> {
        Diagnostic::severity(self.problem)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Diagnostic::help(self.problem)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self.report)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let Problem { span, label, elsewhere, .. } = self.problem;
        let main = LabeledSpan::new_primary_with_span(label.clone(), self.report.mark(span));
        let other = elsewhere.iter().map(|(span, label)| {
            LabeledSpan::new_with_span(Some(label.clone()), self.report.mark(span))
        });
        Some(Box::new(std::iter::once(main).chain(other)))
    }
}

impl SourceCode for Report {
    /// Gives the lines around a span; of a very long line only what is near it, so that a report stays a page.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let text: &str = &self.text;
        let from = self.floor(span.offset());
        let to = self.floor(span.offset() + span.len());
        let (line, column) = self.position(from);
        let contents = |range: Range<usize>, line: usize, column: usize| {
            let data = text.get(range.clone()).unwrap_or_default();
            let count = data.bytes().filter(|byte| *byte == b'\n').count();
            MietteSpanContents::new_named(
                self.file.clone(),
                data.as_bytes(),
                (range.start, range.len()).into(),
                line - 1,
                column - 1,
                count,
            )
        };
        if lines_before == 0 && lines_after == 0 {
            return Ok(Box::new(contents(from..to, line, column)));
        }
        let line_start = |at: usize| {
            text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1)
        };
        let line_end = |at: usize| {
            text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |next| at + next)
        };
        let (start, end) = (line_start(from), line_end(to));
        if end - start > LINE_BYTES {
            if text.get(from..to).unwrap_or_default().contains('\n') {
                return Err(MietteError::OutOfBounds);
            }
            let start = start.max(self.floor(from.saturating_sub(LINE_BYTES / 4)));
            let end = end.min(self.floor(to + LINE_BYTES / 4));
            return Ok(Box::new(contents(start..end, line, 1)));
        }
        let (mut start, mut first_line) = (start, line);
        if start > 0 {
            let before = line_start(start - 1);
            if start - before <= LINE_BYTES {
                (start, first_line) = (before, line - 1);
            }
        }
        let mut end = end;
        if end < text.len() {
            let after = line_end(end + 1);
            if after - end <= LINE_BYTES {
                end = after;
            }
        }
        Ok(Box::new(contents(start..end, first_line, 1)))
    }
}

/// The text with stars for the bytes of secrets, and with placeholders of the same length for control characters and for characters that
/// turn the direction of the text: positions stay as they are.
fn showable(text: &str, secrets: &[Range<usize>]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut secrets: Vec<&Range<usize>> = secrets.iter().collect();
    secrets.sort_by_key(|span| (span.start, span.end));
    let mut secrets = secrets.into_iter().peekable();
    for (at, character) in text.char_indices() {
        while secrets.next_if(|span| span.end <= at).is_some() {}
        let secret = secrets.peek().is_some_and(|span| span.contains(&at));
        if secret && !matches!(character, '\r' | '\n') {
            out.extend(std::iter::repeat_n('*', character.len_utf8()));
        } else if matches!(character, '\n' | '\t') {
            out.push(character);
        } else if character == '\r' && text[at + 1..].starts_with('\n') {
            // A space keeps a line ending of two bytes from being counted as two lines.
            out.push(' ');
        } else if character.is_control() || crate::model::text::is_bidi_control(character) {
            out.push_str(match character.len_utf8() {
                1 => "?",
                2 => "\u{b7}",
                _ => "\u{fffd}",
            });
        } else {
            out.push(character);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(text: &str, span: Range<usize>, secret: Range<usize>) -> Report {
        let problem = Problem::syntax("made up".to_owned(), span);
        Report::new("feeds.toml".to_owned(), text, vec![problem], std::slice::from_ref(&secret))
    }

    const PLAIN: Layout = Layout { colour: false, width: 100 };

    #[test]
    fn positions_are_those_of_an_editor() {
        let check = |text: &str, at: usize, want: (usize, usize)| {
            assert_eq!(report(text, at..at, 0..0).position(at), want, "{text:?} {at}");
        };
        check("a = 1\nb = 2\n", 6, (2, 1));
        check("a = 1\r\nb = 2\r\n", 11, (2, 5));
        check("가 = 나", 6, (1, 5));
        check("a", 99, (1, 2));
        check("", 0, (1, 1));
    }

    #[test]
    fn secrets_and_tricks_are_not_shown() {
        let text = "token = \"hunter2\"\nname = \"\u{1b}[31m\u{202e}x\"\n";
        let report = report(text, 0..5, 9..16);
        let shown = report.render(PLAIN);
        assert!(shown.contains("token = \"*******\""), "{shown}");
        assert!(shown.contains("?[31m\u{fffd}x"), "{shown}");
        assert!(!shown.contains("hunter2") && !shown.contains('\u{1b}'), "{shown}");
        assert!(!format!("{report:?}{report}").contains("hunter2"));
    }

    #[test]
    fn a_long_line_is_shown_in_part() {
        let text = format!("x = {}here{}\n", "[".repeat(20_000), "]".repeat(20_000));
        let shown = report(&text, 20_004..20_008, 0..0).render(PLAIN);
        assert!(shown.len() < 1_000 && shown.contains("[here]"), "{shown}");
        assert!(shown.contains("feeds.toml:1:20005"), "{shown}");
        let whole = report(&text, 0..text.len(), 0..0).render(PLAIN);
        assert!(whole.len() < 1_000, "{whole}");
    }

    #[test]
    fn a_report_ends() {
        let problems =
            (0..1_000).map(|at| Problem::syntax("made up".to_owned(), at..at + 1)).collect();
        let report = Report::new("f".to_owned(), &"x".repeat(1_000), problems, &[]);
        assert_eq!(report.lines().len(), SHOWN + 1);
        assert!(report.render(PLAIN).ends_with("and 950 more\n"));
    }
}
