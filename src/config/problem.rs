//! The wording of everything that can be wrong with a configuration.

use std::fmt;
use std::ops::Range;

use miette::{Diagnostic, LabeledSpan};

/// Whether a problem stands in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// The file can be used, but probably does not do what was meant.
    Warning,
}

/// One thing that is wrong, where, and what to do. Its text holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Whether it stands in the way.
    pub severity: Severity,
    /// A short word for its kind: `unknown-key`.
    pub kind: &'static str,
    /// What is wrong.
    pub message: String,
    /// The bytes of the file it is about.
    pub span: Range<usize>,
    /// What to say of those bytes.
    pub label: Option<String>,
    /// Other bytes that belong to it, and what to say of them.
    pub elsewhere: Option<(Range<usize>, String)>,
    /// What to do.
    pub help: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

impl Diagnostic for Problem {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(format!("config::{}", self.kind)))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let main = LabeledSpan::new_primary_with_span(self.label.clone(), self.span.clone());
        let other = self
            .elsewhere
            .iter()
            .map(|(span, label)| LabeledSpan::new_with_span(Some(label.clone()), span.clone()));
        Some(Box::new(std::iter::once(main).chain(other)))
    }
}

impl Problem {
    fn error(kind: &'static str, span: Range<usize>, message: String) -> Problem {
        Problem {
            severity: Severity::Error,
            kind,
            message: printable(message),
            span,
            label: None,
            elsewhere: None,
            help: None,
        }
    }

    fn warning(kind: &'static str, span: Range<usize>, message: String) -> Problem {
        Problem { severity: Severity::Warning, ..Problem::error(kind, span, message) }
    }

    fn label(mut self, label: impl Into<String>) -> Problem {
        self.label = Some(printable(label.into()));
        self
    }

    fn help(mut self, help: impl Into<String>) -> Problem {
        self.help = Some(printable(help.into()));
        self
    }

    fn help_if(mut self, help: Option<String>) -> Problem {
        self.help = help.map(printable);
        self
    }

    fn elsewhere(mut self, span: Range<usize>, label: impl Into<String>) -> Problem {
        self.elsewhere = Some((span, printable(label.into())));
        self
    }

    /// The file is not TOML.
    pub fn syntax(message: String, span: Range<usize>) -> Problem {
        Problem::error("syntax", span, message)
    }

    /// The file is not TOML, and what the text around suggests.
    pub fn syntax_with_help(message: String, span: Range<usize>, help: Option<String>) -> Problem {
        Problem::syntax(message, span).help_if(help)
    }

    /// The file is not UTF-8 from here on.
    pub fn not_utf8(span: Range<usize>, help: &str) -> Problem {
        Problem::error("encoding", span, "the file is not UTF-8 text".to_owned())
            .label("from here on")
            .help(help)
    }

    /// The file is larger than any configuration.
    pub fn too_large(limit_bytes: u64) -> Problem {
        Problem::error(
            "too-large",
            0..0,
            format!("the file is larger than {} MiB", limit_bytes / (1024 * 1024)),
        )
        .help("is this the configuration?")
    }

    /// The file says nothing.
    pub fn empty() -> Problem {
        Problem::error("empty", 0..0, "the file configures nothing".to_owned())
            .help("`tidings init` writes a file to start from")
    }

    /// A key that no table has, or not this one.
    pub fn unknown_key(
        key: &str,
        span: Range<usize>,
        known: &[&str],
        home: Option<&str>,
    ) -> Problem {
        let help = match (nearest(key, known.iter().copied()), home) {
            (Some(near), _) => format!("did you mean `{near}`?"),
            (None, Some(home)) => format!("`{}` belongs in {home}", shown(key)),
            (None, None) => format!("here go {}", list(known)),
        };
        Problem::error("unknown-key", span, format!("unknown key `{}`", shown(key)))
            .label("not a key of this table")
            .help(help)
    }

    /// A value of another type than the key takes.
    pub fn wrong_type(
        key: &str,
        wanted: &str,
        found: &str,
        span: Range<usize>,
        help: Option<String>,
    ) -> Problem {
        Problem::error("wrong-type", span, format!("`{}` takes {wanted}, not {found}", shown(key)))
            .label(format!("this is {found}"))
            .help_if(help)
    }

    /// A key that must be there.
    pub fn missing_key(key: &str, table: &str, span: Range<usize>, example: &str) -> Problem {
        Problem::error("missing-key", span, format!("{table} has no `{key}`"))
            .label("of this one")
            .help(format!("add {example}"))
    }

    /// A value that the key does not take.
    pub fn bad_value(
        key: &str,
        what: &str,
        span: Range<usize>,
        help: impl Into<String>,
    ) -> Problem {
        Problem::error("bad-value", span, format!("`{key}`: {what}")).help(help)
    }

    /// A number or length outside its bounds.
    pub fn out_of_range(key: &str, low: &str, high: &str, span: Range<usize>) -> Problem {
        Problem::error("out-of-range", span, format!("`{key}` must be between {low} and {high}"))
            .label("out of range")
    }

    /// A word that is none of a key's choices.
    pub fn unknown_choice(key: &str, word: &str, choices: &[&str], span: Range<usize>) -> Problem {
        let help = match nearest(word, choices.iter().copied()) {
            Some(near) => format!("did you mean `{near}`? there are {}", list(choices)),
            None => format!("there are {}", list(choices)),
        };
        Problem::error("unknown-choice", span, format!("`{key}` cannot be `{}`", shown(word)))
            .help(help)
    }

    /// A name of something that is not there.
    pub fn unknown_name<'a>(
        what: &str,
        name: &str,
        known: impl Iterator<Item = &'a str>,
        span: Range<usize>,
        otherwise: &str,
    ) -> Problem {
        let known: Vec<&str> = known.collect();
        let help = match nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.is_empty() => otherwise.to_owned(),
            None => format!("{otherwise}; there are {}", list(&known[..known.len().min(20)])),
        };
        Problem::error("unknown-name", span, format!("there is no {what} `{}`", shown(name)))
            .help(help)
    }

    /// A name that may not be given twice.
    pub fn duplicate(
        what: &str,
        name: &str,
        span: Range<usize>,
        first: Range<usize>,
        help: &str,
    ) -> Problem {
        Problem::error("duplicate", span, format!("{what} `{}` is there twice", shown(name)))
            .label("again here")
            .elsewhere(first, "first here")
            .help(help)
    }

    /// Two addresses of one feed.
    pub fn duplicate_address(
        url: &str,
        span: Range<usize>,
        first: Range<usize>,
        same_spelling: bool,
    ) -> Problem {
        let message = if same_spelling {
            format!("the source {url} is there twice")
        } else {
            format!("{url} is a source already, under another spelling")
        };
        Problem::error("duplicate", span, message)
            .label("again here")
            .elsewhere(first, "first here")
            .help("remove one of the two")
    }

    /// Two keys of which only one may be given.
    pub fn both(one: &str, other: &str, span: Range<usize>, first: Range<usize>) -> Problem {
        Problem::error("conflict", span, format!("`{one}` and `{other}` exclude each other"))
            .label("and this")
            .elsewhere(first, "this")
            .help("keep one of the two")
    }

    /// Something that a later version will do.
    pub fn unsupported(what: &str, span: Range<usize>, help: &str) -> Problem {
        Problem::error(
            "unsupported",
            span,
            format!("this version of tidings does not support {what}"),
        )
        .help(help)
    }

    /// A secret that could not be had.
    pub fn secret(message: String, span: Range<usize>, help: String) -> Problem {
        Problem::error("secret", span, message).help(help)
    }

    /// A secret written into the file.
    pub fn literal_secret(key: &str, span: Range<usize>) -> Problem {
        Problem::warning("literal-secret", span, format!("the value of `{}` is written in the file", shown(key)))
            .label("not shown")
            .help(format!(
                "`{} = {{ env = \"NAME\" }}` or `{{ file = \"PATH\" }}` keeps it out of the file and of its copies",
                shown(key)
            ))
    }

    /// A key that has no effect yet.
    pub fn no_effect(what: &str, span: Range<usize>, why: &str) -> Problem {
        Problem::warning("no-effect", span, format!("{what} has no effect in this version"))
            .help(why)
    }

    /// Something that probably is not meant.
    pub fn doubtful(message: String, span: Range<usize>, help: impl Into<String>) -> Problem {
        Problem::warning("doubtful", span, message).help(help)
    }

    /// A rule of a topic that can be read, but probably is not meant so.
    pub fn doubtful_rule(
        topic: &str,
        message: &str,
        span: Range<usize>,
        help: Option<String>,
    ) -> Problem {
        Problem::warning("doubtful", span, format!("topic `{topic}`: {message}")).help_if(help)
    }

    /// A rule that is tried and cannot be read; the span is of the rule itself.
    pub fn tried_rule(message: String, span: Range<usize>, help: Option<String>) -> Problem {
        Problem::error("rule", span, message).help_if(help)
    }

    /// A rule of a topic that cannot be read.
    pub fn rule(topic: &str, message: &str, span: Range<usize>, help: Option<String>) -> Problem {
        Problem::error("rule", span, format!("topic `{topic}`: {message}")).help_if(help)
    }
}

/// The known name nearest to what was written, if it is near enough to be meant.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // A guess from a text would take long and mean nothing.
    if name.len() > 64 {
        return None;
    }
    let lower = name.to_lowercase();
    known
        .take(5_000)
        .map(|candidate| {
            let folded = candidate.to_lowercase();
            let unlike = if folded == lower {
                0.0
            } else {
                1.0 - strsim::normalized_damerau_levenshtein(&lower, &folded)
                    .max(strsim::jaro_winkler(&lower, &folded) - 0.2)
            };
            (unlike, candidate)
        })
        .filter(|(unlike, _)| *unlike <= 0.4)
        .min_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, candidate)| candidate)
}

/// A text of the file as a message may quote it: in part, if it is long.
pub fn shown(text: &str) -> std::borrow::Cow<'_, str> {
    const CHARS: usize = 60;
    match text.char_indices().nth(CHARS) {
        None => text.into(),
        Some((cut, _)) => format!("{}…", &text[..cut]).into(),
    }
}

/// A message with what would move a terminal's cursor or turn its text made visible: it may quote the file.
fn printable(message: String) -> String {
    let is_active =
        |character: char| character.is_control() || crate::model::text::is_bidi_control(character);
    if message.contains(is_active) { message.replace(is_active, "\u{fffd}") } else { message }
}

/// `` `a`, `b` and `c` ``
fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_message_moves_the_cursor() {
        let problem = Problem::unknown_key("a\u{1b}[31m\u{202e}b\n", 0..1, &["c"], Some("\u{7}d"));
        assert_eq!(problem.message, "unknown key `a\u{fffd}[31m\u{fffd}b\u{fffd}`");
        assert!(problem.help.unwrap().ends_with("belongs in \u{fffd}d"));
    }

    #[test]
    fn a_slip_is_guessed_and_another_word_is_not() {
        let check = |name: &str, want: Option<&str>| {
            let known =
                ["schedule", "timezone", "timeout", "per_host", "per_host_delay", "max_body"];
            assert_eq!(nearest(name, known.into_iter()), want, "{name}");
        };
        check("shedule", Some("schedule"));
        check("Timezone", Some("timezone"));
        check("time_zone", Some("timezone"));
        check("perhost", Some("per_host"));
        check("maxbody", Some("max_body"));
        check("colour", None);
        check(&"x".repeat(100_000), None);
    }
}
