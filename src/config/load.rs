//! Bytes of a file → checked `Config`, or one report of all that is wrong.

use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::Path;

use toml::de::DeTable;

use super::check::{Surroundings, check};
use super::problem::{Problem, Severity};
use super::raw::{Context, Raw, Shape};
use super::report::{ConfigError, Report};
use super::{Config, secret};

/// The largest configuration, in bytes.
pub const FILE_BYTES: u64 = 64 << 20;
/// How many slips of syntax are reported: what follows them is mostly their consequence.
const SYNTAX_PROBLEMS: usize = 10;

impl Config {
    /// Reads and checks a file. Relative paths in it start from its directory.
    ///
    /// # Errors
    /// If the file cannot be read, or with all that is wrong with it.
    pub fn load(path: &Path) -> Result<Config, ConfigError> {
        let bytes = read(path)?;
        Config::from_bytes(&bytes, path)
    }

    /// Checks the text of a file; `path` is where it stands.
    ///
    /// # Errors
    /// With all that is wrong with it.
    pub fn parse(text: &str, path: &Path) -> Result<Config, ConfigError> {
        Config::from_bytes(text.as_bytes(), path)
    }

    fn from_bytes(bytes: &[u8], path: &Path) -> Result<Config, ConfigError> {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let name = path
            .file_name()
            .map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
        let text = text(bytes, &name)?;
        let surroundings = Surroundings {
            base: path.parent().unwrap_or(Path::new("/")),
            env: &|name| std::env::var_os(name).and_then(|value| value.into_string().ok()),
        };
        from_text(text, name, &surroundings)
    }
}

/// Reads the bytes of a configuration, but no more of them than a configuration has.
pub fn read(path: &Path) -> Result<Vec<u8>, ConfigError> {
    let unreadable = |reason| ConfigError::Unreadable { path: path.to_owned(), reason };
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(FILE_BYTES + 1).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    Ok(bytes)
}

/// The text of a file, without a byte order mark.
pub fn text<'a>(bytes: &'a [u8], name: &str) -> Result<&'a str, ConfigError> {
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
