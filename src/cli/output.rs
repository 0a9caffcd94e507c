//! The only door to the terminal: what came from the network cannot move the cursor, colour the screen or turn the text around.

use std::borrow::Cow;
use std::io::Write;

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

/// Writes a line to standard error, control and bidirectional characters made visible.
pub fn problem(text: &str) {
    let mut out = anstream::stderr().lock();
    let _ = writeln!(out, "{}", escaped(text));
}

/// The text with control characters (but for line breaks and tabs) and bidirectional controls written as `\u{1b}`.
pub fn escaped(text: &str) -> Cow<'_, str> {
    let hidden = |character: char| {
        (character.is_control() && !matches!(character, '\n' | '\t')) || is_bidi_control(character)
    };
    if !text.chars().any(hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if hidden(character) {
            out.extend(character.escape_unicode());
        } else {
            out.push(character);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn the_terminal_is_not_the_publishers() {
        assert_eq!(escaped("a\u{1b}[31mb\u{202e}c\td"), "a\\u{1b}[31mb\\u{202e}c\td");
        assert_eq!(escaped("한일"), "한일");
    }
}
