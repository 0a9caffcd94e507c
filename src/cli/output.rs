//! The only door to the terminal: what came from the network cannot move the cursor, colour the screen or turn the text around.

use std::borrow::Cow;
use std::io::{IsTerminal, Write};

use tracing_subscriber::EnvFilter;

use super::CliError;
use crate::config::{ConfigError, Layout, Report};
use crate::model::text::is_bidi_control;

/// Writes lines to standard output as they are: for JSON and for text that has been escaped. A closed pipe ends the output quietly.
pub fn raw(text: &str) {
    let mut out = anstream::stdout().lock();
    // Nobody is left to tell when standard output is gone.
    let _ = out
        .write_all(text.as_bytes())
        .and_then(|()| out.write_all(b"\n"))
        .and_then(|()| out.flush());
}

/// Writes a line to standard output, control and bidirectional characters made visible.
pub fn line(text: &str) {
    raw(&escaped(text));
}

/// Writes a value as a line of JSON, control and bidirectional characters escaped.
///
/// # Errors
/// If the value cannot be written as JSON, which is a bug in its type.
pub fn json(value: &impl serde::Serialize) -> Result<(), CliError> {
    let text = serde_json::to_string(value)
        .map_err(|error| CliError::Failed(format!("cannot write JSON: {error}")))?;
    raw(&escaped_json(text));
    Ok(())
}

/// JSON leaves some characters as they are that a terminal must not get (DEL, C1, bidirectional controls); such can only stand in strings, where an
/// escape means the same (RFC 8259 §7).
fn escaped_json(text: String) -> String {
    if !text.chars().any(is_hidden) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_hidden(character) {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(character);
        }
    }
    out
}

/// Whether standard output takes colours: a terminal, and `NO_COLOR` is not set.
pub fn colours() -> bool {
    std::io::stdout().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Sends the log to standard error, from `level` up unless `TIDINGS_LOG` says otherwise. A second call changes nothing.
pub fn log_to_stderr(level: &str) {
    let filter = EnvFilter::try_from_env("TIDINGS_LOG")
        .unwrap_or_else(|_| EnvFilter::new(format!("warn,tidings={level}")));
    let colours = std::io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // It would tell of a log that cannot be written on standard error, and panic where that is gone.
        .log_internal_errors(false)
        .with_ansi(colours)
        .with_target(false)
        .try_init();
}

/// Writes a line to standard error, control and bidirectional characters made visible.
pub fn problem(text: &str) {
    let mut out = anstream::stderr().lock();
    let _ = writeln!(out, "{}", escaped(text));
}

/// Writes what is wrong with a configuration to standard error, each problem with its place in the file.
pub fn report(error: &ConfigError) {
    match error {
        ConfigError::Invalid(report) => marked(report),
        ConfigError::Unreadable { reason, .. } => {
            let missing = reason.kind() == std::io::ErrorKind::NotFound;
            let help = if missing { "; `tidings init` writes one" } else { "" };
            problem(&format!("error: {error}: {reason}{help}"));
        }
    }
}

/// Writes the problems of a configuration, errors or warnings, to standard error.
pub fn marked(report: &Report) {
    let width = comfy_table::Table::new().use_stderr().width().map_or(100, usize::from);
    let text = report.render(Layout { colour: true, width: width.max(40) });
    let mut out = anstream::stderr().lock();
    // The stream takes colours off where no terminal is; the report holds no control characters of the file.
    let _ = out.write_all(text.as_bytes());
}

/// The text with control characters (but for line breaks and tabs) and bidirectional controls written as `\u{1b}`.
pub fn escaped(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_hidden(character) {
            out.extend(character.escape_unicode());
        } else {
            out.push(character);
        }
    }
    Cow::Owned(out)
}

fn is_hidden(character: char) -> bool {
    (character.is_control() && !matches!(character, '\n' | '\t')) || is_bidi_control(character)
}

#[cfg(test)]
mod tests {
    use super::{escaped, escaped_json};

    #[test]
    fn the_terminal_is_not_the_publishers() {
        assert_eq!(escaped("a\u{1b}[31mb\u{202e}c\td"), "a\\u{1b}[31mb\\u{202e}c\td");
        assert_eq!(escaped("한일"), "한일");
        let json = serde_json::to_string("a\u{1b}\u{7f}\u{9b}\u{202e}한\n").unwrap();
        let shown = escaped_json(json.clone());
        assert_eq!(shown, r#""a\u001b\u007f\u009b\u202e한\n""#);
        assert_eq!(
            serde_json::from_str::<String>(&shown).unwrap(),
            serde_json::from_str::<String>(&json).unwrap()
        );
    }
}
