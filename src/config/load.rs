//! Bytes of a file → checked `Config`, or one report of all that is wrong.

use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::Path;

use toml::de::DeTable;

use super::check::{Secrets, Surroundings, check};
use super::problem::{Problem, Severity};
use super::raw::{Context, Raw, Shape};
use super::report::{ConfigError, Report};
use super::{Config, secret};

/// The largest configuration, in bytes.
const FILE_BYTES: u64 = 64 << 20;
/// How many slips of syntax are reported: what follows them is mostly their consequence.
const SYNTAX_PROBLEMS: usize = 10;

impl Config {
    /// Reads and checks a file. Relative paths in it start from its directory.
    ///
    /// # Errors
    /// If the file cannot be read, or with all that is wrong with it.
    pub fn load(path: &Path) -> Result<Config, ConfigError> {
        from_bytes(&read(path)?, path, Secrets::Needed)
    }

    /// As [`Config::load`], but secrets are neither asked for nor in the result: for commands that contact no source, and may run where the
    /// secrets are not.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn load_without_secrets(path: &Path) -> Result<Config, ConfigError> {
        from_bytes(&read(path)?, path, Secrets::LeftOut)
    }

    /// Checks the text of a file; `path` is where it stands.
    ///
    /// # Errors
    /// With all that is wrong with it.
    pub fn parse(text: &str, path: &Path) -> Result<Config, ConfigError> {
        from_bytes(text.as_bytes(), path, Secrets::Needed)
    }

    /// As [`Config::parse`], but without secrets, as in [`Config::load_without_secrets`].
    ///
    /// # Errors
    /// As [`Config::parse`].
    pub fn parse_without_secrets(text: &str, path: &Path) -> Result<Config, ConfigError> {
        from_bytes(text.as_bytes(), path, Secrets::LeftOut)
    }
}

fn from_bytes(bytes: &[u8], path: &Path, secrets: Secrets) -> Result<Config, ConfigError> {
    let name = path
        .file_name()
        .map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
    let text = text(bytes, &name)?;
    let surroundings = Surroundings { base: &super::edit::base_of(path), secrets };
    from_text(text, name, &surroundings)
}

/// The text of a configuration that is to be edited, byte order mark included.
///
/// # Errors
/// If it cannot be read, or is not text.
pub fn text_of(path: &Path) -> Result<String, ConfigError> {
    let bytes = read(path)?;
    let name = path.display().to_string();
    text(&bytes, &name)?;
    // That it is UTF-8 has just been seen.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Reads the bytes of a configuration, but no more of them than a configuration has.
fn read(path: &Path) -> Result<Vec<u8>, ConfigError> {
    let unreadable = |reason| ConfigError::Unreadable { path: path.to_owned(), reason };
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(FILE_BYTES + 1).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    Ok(bytes)
}

/// The text of a file, without a byte order mark.
fn text<'a>(bytes: &'a [u8], name: &str) -> Result<&'a str, ConfigError> {
    let refused = |text: &str, problem: Problem| {
        ConfigError::Invalid(Report::new(name.to_owned(), text, vec![problem], &[]))
    };
    if bytes.len() as u64 > FILE_BYTES {
        return Err(refused("", Problem::too_large(FILE_BYTES)));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(error) => {
            let valid = error.valid_up_to();
            let text = String::from_utf8_lossy(bytes);
            let help = match bytes {
                [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "it looks like UTF-16; save it as UTF-8",
                _ => "save it as UTF-8 (in most editors: save with encoding)",
            };
            Err(refused(&text, Problem::not_utf8(valid..valid + 1, help)))
        }
    }
}

fn from_text(
    text: &str,
    name: String,
    surroundings: &Surroundings<'_>,
) -> Result<Config, ConfigError> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut secrets = secret::literal_secrets(text);
    let mut problems: Vec<Problem> = errors
        .iter()
        .take(SYNTAX_PROBLEMS)
        .map(|error| syntax_problem(text, error.message(), error.span().unwrap_or(0..0)))
        .collect();
    let root = toml::Spanned::new(0..0, toml::de::DeValue::Table(table.into_inner()));
    let mut found = Vec::new();
    let raw = Raw::read(&root, &mut Context { key: "", problems: &mut found }).unwrap_or_default();
    if !problems.is_empty() {
        // What was saved of a broken file lacks what was broken: only what is there can be wrong.
        let broken: Vec<usize> =
            problems.iter().map(|problem| line(text, problem.span.start)).collect();
        found.retain(|problem| !broken.contains(&line(text, problem.span.start)));
        problems.append(&mut found);
        return Err(ConfigError::Invalid(Report::new(name, text, problems, &secrets)));
    }
    let (mut config, problems, mut more) = check(raw, text, surroundings, found, Vec::new());
    secrets.append(&mut more);
    let failed = problems.iter().any(|problem| problem.severity == Severity::Error);
    let report = Report::new(name, text, problems, &secrets);
    if failed {
        return Err(ConfigError::Invalid(report));
    }
    config.warnings = report;
    Ok(config)
}

fn line(text: &str, at: usize) -> usize {
    let before = text.as_bytes().get(..at).unwrap_or(text.as_bytes());
    before.iter().filter(|byte| **byte == b'\n').count()
}

/// The parser's words, and what the text around the place suggests.
fn syntax_problem(text: &str, message: &str, span: Range<usize>) -> Problem {
    let start = text.floor_char_boundary(span.start.min(text.len()));
    let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[line_start..].lines().next().unwrap_or_default();
    let help = if line.starts_with("<<<<<<<")
        || line.starts_with("=======")
        || line.starts_with(">>>>>>>")
    {
        Some("a merge left its marks here; decide which side stays")
    } else if line.contains(['\u{201c}', '\u{201d}', '\u{2018}', '\u{2019}']) {
        Some("write straight quotes: \"…\"")
    } else if text.contains('\r') && !text.contains('\n') {
        Some("save the file with line endings of Unix or Windows")
    } else if message.starts_with("duplicate key") {
        Some("keep one of the two")
    } else if message.contains("recursion limit") {
        Some("nothing in a configuration is nested so deeply")
    } else {
        None
    };
    Problem::syntax_with_help(message.to_owned(), span, help.map(str::to_owned))
}
