//! Secrets: where they stand in a file, so that no report shows them, and where they come from.

use std::io::Read;
use std::ops::Range;
use std::path::Path;

/// What the names of secret values have in them.
const TELLING: [&str; 9] = [
    "authorization",
    "token",
    "secret",
    "password",
    "passwd",
    "cookie",
    "api-key",
    "api_key",
    "apikey",
];

/// Whether the value of a header, key or parameter of that name is nobody's business.
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    TELLING.iter().any(|telling| name.contains(telling)) || name.ends_with("-key")
}

/// Where secrets stand in a text that may not even be TOML: the values of telling names, and credentials in addresses.
///
/// Rather too much than too little: what it finds is only left out of reports.
pub fn literal_secrets(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut line_start = 0;
    for line in text.split_inclusive('\n') {
        if line.trim_start().starts_with('#') || !line.contains(['=', '@']) {
            line_start += line.len();
            continue;
        }
        for (equals, _) in line.match_indices(['=', ':']) {
            let before = line[..equals].trim_end().trim_end_matches(['"', '\'']);
            let name_start = before
                .rfind(|character: char| {
                    !(character.is_ascii_alphanumeric() || matches!(character, '_' | '-'))
                })
                .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
            if is_secret_name(&before[name_start..])
                && let Some(value) = value_after(line, equals + 1)
            {
                found.push(line_start + value.start..line_start + value.end);
            }
        }
        for (scheme, _) in line.match_indices("://") {
            let from = scheme + 3;
            let rest = &line[from..];
            let authority =
                rest.find(['/', '?', '#', '"', '\'', ' ']).map_or(rest, |end| &rest[..end]);
            if let Some(at) = authority.rfind('@') {
                found.push(line_start + from..line_start + from + at);
            }
        }
        line_start += line.len();
    }
    found
}

/// The bytes of the value that begins after an equals sign; `None` of a table, which says where a secret is.
fn value_after(line: &str, from: usize) -> Option<Range<usize>> {
    let rest = &line[from..];
    let start = from + rest.len() - rest.trim_start().len();
    let value = line[start..].trim_end();
    let first = value.chars().next()?;
    if first == '{' {
        return None;
    }
    let (open, end) = match first {
        '"' | '\'' => {
            let body = &value[1..];
            (1, body.find(first).map_or(value.len(), |end| end + 1))
        }
        _ => (0, value.find(['&', '"', '\'', ',', ' ']).unwrap_or(value.len())),
    };
    Some(start + open..start + end.max(open))
}

/// The largest secret, in bytes.
const SECRET_BYTES: u64 = 64 * 1024;

/// Reads a secret from the environment. The error is in words: "is not set".
pub fn from_environment(name: &str) -> Result<String, &'static str> {
    // The system cannot hold such a name, and some systems would not survive being asked.
    if name.is_empty() || name.contains(['=', '\0']) {
        return Err("cannot be: a name has neither `=` nor NUL");
    }
    match std::env::var(name) {
        Ok(value) if value.is_empty() => Err("is empty"),
        Ok(value) => Ok(value),
        Err(std::env::VarError::NotPresent) => Err("is not set"),
        Err(std::env::VarError::NotUnicode(_)) => Err("is not UTF-8 text"),
    }
}

/// Reads a secret from a file, without the white space at its end. The error is in words and holds nothing of the file.
pub fn from_file(path: &Path) -> Result<String, String> {
    let text = text_file(path, SECRET_BYTES)?;
    match text.trim_end() {
        "" => Err("it is empty".to_owned()),
        secret => Ok(secret.to_owned()),
    }
}

/// Reads a file of at most so many bytes as text. The error is in words and holds nothing of the file.
pub fn text_file(path: &Path, limit_bytes: u64) -> Result<String, String> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(limit_bytes + 1).read_to_end(&mut bytes))
        .map_err(|error| error.to_string())?;
    if bytes.len() as u64 > limit_bytes {
        return Err(format!("it is larger than {} KiB", limit_bytes / 1024));
    }
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_secret_is_found() {
        let check = |line: &str, want: &[&str]| {
            let found: Vec<&str> =
                literal_secrets(line).into_iter().map(|span| &line[span]).collect();
            assert_eq!(found, want, "{line}");
        };
        check("Authorization = \"Bearer x\"", &["Bearer x"]);
        check("headers = { \"X-Api-Key\" = 'k1' }", &["k1"]);
        check("headers = { Authorization = { env = \"NAME\" } }", &[]);
        check("admin_token = \"unclosed", &["unclosed"]);
        check("url = \"https://user:pw@example.org/a@b\"", &["user:pw"]);
        check("url = \"https://example.org/rss?token=abc&x=1\"", &["abc"]);
        check("title = \"Authorised\"", &[]);
        check("# token = \"example\"", &[]);
        check("한글-token = \"x\"", &["x"]);
        check("contact = \"mailto:desk@example.org\"", &[]);
    }
}
