//! The invariants of the architecture, read from the source: which folder may name which, and what must be absent where. `ARCHITECTURE.md` says why.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The folders of `src`, and the ones each may name besides itself. The order is the order of `lib.rs`.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("gazetteer", &["model"]),
    ("read", &["model"]),
    ("normalise", &["model"]),
    ("topics", &["model", "gazetteer"]),
    ("stories", &["model", "gazetteer"]),
    ("edition", &["model"]),
    ("render", &["model"]),
    ("health", &["model"]),
    ("websub", &["model"]),
    (
        "config",
        &["model", "gazetteer", "read", "normalise", "topics", "stories", "edition", "render"],
    ),
    ("fetch", &["model"]),
    ("store", &["model"]),
    ("publish", &["model"]),
    ("serve", &["model"]),
    (
        "run",
        &[
            "model",
            "gazetteer",
            "read",
            "normalise",
            "topics",
            "stories",
            "edition",
            "render",
            "health",
            "websub",
            "config",
            "fetch",
            "store",
            "publish",
            "serve",
        ],
    ),
    // Commands that run nothing (`check`, `parse`, `schema`, edits of `feeds.toml`) name the stages they are a window of.
    ("cli", &["model", "read", "stories", "config", "run"]),
    ("main", &["cli"]),
    (
        "lib",
        &[
            "model",
            "gazetteer",
            "read",
            "normalise",
            "topics",
            "stories",
            "edition",
            "render",
            "health",
            "websub",
            "config",
            "fetch",
            "store",
            "publish",
            "serve",
            "run",
            "cli",
        ],
    ),
];

/// Folders whose functions give the same output for the same input, wherever and whenever they run.
const PURE: &[&str] = &[
    "model",
    "gazetteer",
    "read",
    "normalise",
    "topics",
    "stories",
    "edition",
    "render",
    "health",
    "websub",
];

/// What a pure folder never names.
const IMPURE: &[&str] = &[
    "async",
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "std::thread",
    "std::io::stdin",
    "SystemTime",
    "Instant::now",
    "Local::now",
    "Utc::now",
    "File::open",
    "tokio",
    "rand",
    "getrandom",
    "RandomState",
    "println!",
    "eprintln!",
];

/// Pure files outside the pure folders.
const PURE_FILES: &[&str] = &[
    "src/run/due.rs",
    "src/fetch/politeness.rs",
    "src/fetch/conditional.rs",
    "src/fetch/link.rs",
    "src/config/problem.rs",
];

/// What is named only in files that begin with one of these paths.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("reqwest", &["src/fetch/", "src/publish/websub.rs"]),
    ("rusqlite", &["src/store/sqlite"]),
    ("axum", &["src/serve/"]),
    ("hyper", &["src/fetch/", "src/serve/"]),
    ("tower_http", &["src/serve/"]),
    ("askama", &["src/render/html.rs", "src/serve/"]),
    ("async_nats", &["src/bus/"]),
    ("RecommendedWatcher", &["src/run/reload.rs", "src/run/decide.rs"]),
    ("clap", &["src/cli/"]),
    ("miette", &["src/config/"]),
    ("toml_edit", &["src/config/"]),
    ("ammonia", &["src/read/sanitise"]),
    ("SafeHtml::vouched", &["src/model/text.rs", "src/read/sanitise", "src/store/"]),
    ("Utc::now", &["src/run/clock.rs"]),
    ("Local::now", &[]),
    ("SystemTime::now", &[]),
    ("process::exit", &[]),
    ("process::abort", &[]),
    ("static mut", &[]),
    ("thread_local!", &[]),
    ("lazy_static", &[]),
    ("unsafe", &[]),
];

/// Past this length a file is asked whether it has two reasons to change.
const LONG: usize = 900;
/// Files that were asked and are about one thing still.
const MAY_BE_LONG: &[&str] = &[
    // One table row after another: the spellings of dates.
    "src/read/date.rs",
    // One contract after another, for every store.
    "src/store/contract.rs",
];

/// A file of the source tree.
struct File {
    /// From the root of the project, with slashes.
    path: String,
    /// The folder of `src` it is in, or its own name.
    folder: String,
    text: String,
}

impl File {
    fn new(path: &str, text: &str) -> File {
        let below = path.strip_prefix("src/").unwrap_or(path);
        let folder = below.split('/').next().unwrap_or_default().trim_end_matches(".rs").to_owned();
        File { path: path.to_owned(), folder, text: text.to_owned() }
    }

    /// Whether the whole file is tests.
    fn is_tests(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name == "tests.rs" || name == "contract.rs" || self.path.contains("/tests/")
    }
}

/// The source with comments and the content of strings blanked, so that what is left is code; line breaks stay.
fn code(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut word_before = false;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            comment_length(rest)
        } else if let Some(length) = (!word_before).then(|| string_length(rest)).flatten() {
            length
        } else {
            out.push(first);
            word_before = first.is_alphanumeric() || first == '_';
            rest = &rest[first.len_utf8()..];
            continue;
        };
        word_before = false;
        out.push(' ');
        out.extend(rest[..length].chars().filter(|character| *character == '\n'));
        rest = &rest[length..];
    }
    out
}

/// The length of a block comment, those inside it included.
fn comment_length(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        if text[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if text[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The length of the string or character literal at the start; `None` if there is none.
fn string_length(text: &str) -> Option<usize> {
    let body = text.trim_start_matches(['b', 'c']);
    let prefix = text.len() - body.len();
    if prefix > 1 {
        return None;
    }
    if let Some(raw) = body.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        let content = raw[hashes..].strip_prefix('"')?;
        let end = format!("\"{}", "#".repeat(hashes));
        let begin = text.len() - content.len();
        return Some(content.find(&end).map_or(text.len(), |at| begin + at + end.len()));
    }
    let quote = body.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    if quote == '\'' {
        let mut letters = body[1..].chars();
        // `'a` without a closing quote is a lifetime.
        let is_literal = letters.next() == Some('\\') || letters.next() == Some('\'');
        if !is_literal {
            return None;
        }
    }
    let mut escaped = false;
    for (at, character) in body.char_indices().skip(1) {
        if !escaped && character == quote {
            return Some(prefix + at + 1);
        }
        escaped = !escaped && character == '\\';
    }
    Some(text.len())
}

/// Code without its inline test modules.
fn without_tests(code: &str) -> String {
    let mut out = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(at) = rest.find("#[cfg(test)]") {
        out.push_str(&rest[..at]);
        let after = &rest[at..];
        let end = after.find(['{', ';']).unwrap_or(after.len());
        rest = if after[end..].starts_with('{') {
            let mut depth = 0;
            let close = after[end..].char_indices().find(|(_, character)| {
                match character {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    _ => {}
                }
                depth == 0
            });
            close.map_or("", |(close, _)| &after[end + close + 1..])
        } else {
            after.get(end + 1..).unwrap_or_default()
        };
    }
    out.push_str(rest);
    out
}

/// The places where code names something, as whole words, by line.
fn named<'a>(code: &'a str, name: &'a str) -> impl Iterator<Item = usize> + 'a {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    code.match_indices(name)
        .filter(move |(at, _)| {
            let before = code[..*at].chars().next_back();
            let after = code[at + name.len()..].chars().next();
            let ends_in_word = name.chars().next_back().is_some_and(is_word);
            !(before.is_some_and(is_word) || ends_in_word && after.is_some_and(is_word))
        })
        .map(|(at, _)| line_of(code, at))
}

fn line_of(code: &str, at: usize) -> usize {
    code[..at].matches('\n').count() + 1
}

/// The folders that code names: `crate::NAME`, `crate::{NAME, …}`, and the same by the crate's own name.
fn folders_named(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for root in ["crate::", "tidings::"] {
        for (at, _) in code.match_indices(root) {
            if code[..at].ends_with(|before: char| {
                before.is_alphanumeric() || before == '_' || before == '$'
            }) {
                continue;
            }
            let rest = &code[at + root.len()..];
            let names: Vec<&str> = match rest.strip_prefix('{') {
                Some(list) => top_level(list),
                None => vec![rest],
            };
            for name in names {
                let name: String = name
                    .trim_start()
                    .chars()
                    .take_while(|character| character.is_alphanumeric() || *character == '_')
                    .collect();
                found.push((line_of(code, at), name));
            }
        }
    }
    found
}

/// The parts of a braced list, up to its closing brace.
fn top_level(list: &str) -> Vec<&str> {
    let (mut depth, mut begin, mut parts) = (0, 0, Vec::new());
    for (at, character) in list.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => {
                parts.push(&list[begin..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&list[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// Whether text is written in a script other than Latin.
fn foreign(text: &str) -> bool {
    text.chars().any(|character| {
        matches!(character, '\u{370}'..='\u{1fff}' | '\u{2e80}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..) && character.is_alphabetic()
    })
}

/// Everything a file does that its place forbids, in words.
fn violations(file: &File) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut say = |line: usize, what: String| wrong.push(format!("{}:{line}: {what}", file.path));
    let whole = code(&file.text);
    let program = if file.is_tests() { String::new() } else { without_tests(&whole) };

    match MAY_NAME.iter().find(|(folder, _)| *folder == file.folder) {
        Some((_, allowed)) => {
            let is_folder = |name: &str| MAY_NAME.iter().any(|(folder, _)| *folder == name);
            for (line, name) in folders_named(&whole) {
                if name != file.folder && is_folder(&name) && !allowed.contains(&name.as_str()) {
                    say(line, format!("`{}` must not name `{name}`", file.folder));
                }
            }
        }
        None => say(
            1,
            format!(
                "`{}` has no place in the one-way rule; give it one in tests/architecture.rs",
                file.folder
            ),
        ),
    }
    if PURE.contains(&file.folder.as_str()) || PURE_FILES.contains(&file.path.as_str()) {
        for impure in IMPURE {
            for line in named(&program, impure) {
                say(line, format!("`{impure}` in a pure file"));
            }
        }
    }
    for (name, places) in ONLY_IN {
        if !places.iter().any(|place| file.path.starts_with(place)) {
            for line in named(&program, name) {
                say(
                    line,
                    format!(
                        "`{name}` is named only in {}",
                        if places.is_empty() { "no file".to_owned() } else { places.join(", ") }
                    ),
                );
            }
        }
    }
    if file.folder == "model" {
        for serialised in ["serde", "Serialize", "Deserialize", "JsonSchema"] {
            for line in named(&program, serialised) {
                say(
                    line,
                    format!(
                        "`{serialised}` in the model: what crosses a boundary has its own type beside that boundary"
                    ),
                );
            }
        }
    }
    // What a topic looks for is data. Strings count here, so the text is looked at, without comments and tests.
    if ["topics", "gazetteer"].contains(&file.folder.as_str()) && !file.is_tests() {
        let before_tests = file.text.split("#[cfg(test)]").next().unwrap_or_default();
        for (number, line) in before_tests.lines().enumerate() {
            let written = line.split("//").next().unwrap_or_default();
            if foreign(written) {
                say(number + 1, "a term of a language in Rust code: packs are data".to_owned());
            }
        }
    }
    let lines = file.text.lines().count();
    if lines > LONG && !MAY_BE_LONG.contains(&file.path.as_str()) {
        say(LONG, format!("{lines} lines: does it have two reasons to change?"));
    }
    wrong
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn files() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    sources(&root.join("src"), &mut paths);
    paths.sort();
    let file = |path: &PathBuf| {
        let below = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
        File::new(&below, &std::fs::read_to_string(path).unwrap())
    };
    paths.iter().map(file).collect()
}

#[test]
fn the_source_keeps_to_the_architecture() {
    let files = files();
    assert!(files.len() > 80, "{} files only: is the walk right?", files.len());
    let wrong: Vec<String> = files.iter().flat_map(violations).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn modules_stand_in_the_order_of_reading() {
    let lib =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let modules: Vec<String> = code(&lib)
        .lines()
        .filter_map(|line| {
            line.trim().strip_prefix("pub mod ")?.strip_suffix(';').map(str::to_owned)
        })
        .collect();
    let order: Vec<&str> = MAY_NAME
        .iter()
        .map(|(folder, _)| *folder)
        .filter(|folder| *folder != "main" && *folder != "lib")
        .collect();
    assert_eq!(modules, order);
}

/// A table of what is allowed is no cycle: each folder names only folders that stand before it.
#[test]
fn the_rule_goes_one_way() {
    let place: BTreeMap<&str, usize> =
        MAY_NAME.iter().enumerate().map(|(place, (folder, _))| (*folder, place)).collect();
    for (folder, allowed) in MAY_NAME {
        assert!(allowed.iter().all(|other| place[other] < place[folder]), "{folder}");
    }
}

#[test]
fn lists_of_files_name_files_that_exist() {
    let files = files();
    let names = PURE_FILES.iter().chain(MAY_BE_LONG);
    for name in names {
        assert!(files.iter().any(|file| file.path == *name), "{name} is not there any more");
    }
}

// The checker itself.

#[track_caller]
fn check(path: &str, text: &str, want: &[&str]) {
    let found = violations(&File::new(path, text));
    assert_eq!(found.len(), want.len(), "{text}: {found:#?}");
    for (found, want) in found.iter().zip(want) {
        assert!(found.contains(want), "{found} does not say {want}");
    }
}

#[test]
fn the_one_way_rule_is_seen_to() {
    check("src/model/a.rs", "use crate::model::time::Timestamp;", &[]);
    check(
        "src/model/a.rs",
        "\nuse crate::read::read;",
        &["src/model/a.rs:2: `model` must not name `read`"],
    );
    check(
        "src/read/rss.rs",
        "use crate::{model::entry::Entry, topics::{Topics, Pack}};",
        &["must not name `topics`"],
    );
    check("src/store/a.rs", "fn f() -> crate::run::Report {}", &["must not name `run`"]);
    check("src/serve/a.rs", "use tidings::store::Store;", &["must not name `store`"]);
    check(
        "src/cli/a.rs",
        "use crate::run::newsroom; use crate::store::Store;",
        &["must not name `store`"],
    );
    check("src/main.rs", "fn main() -> ExitCode { tidings::cli::main() }", &[]);
    check("src/main.rs", "fn main() { tidings::run::serve() }", &["must not name `run`"]);
    check("src/stages/a.rs", "", &["has no place in the one-way rule"]);
    check("src/read/a.rs", "use super::xml; use crate::read::date; use quick_xml::events;", &[]);
    check(
        "src/topics/a.rs",
        "#[cfg(test)]\nmod tests { use crate::normalise::fold; }",
        &["must not name `normalise`"],
    );
}

#[test]
fn comments_and_strings_are_no_code() {
    check(
        "src/model/a.rs",
        "//! As `crate::run` does.\n/* crate::read /* nested */ crate::run */ fn f<'a>(x: &'a str) -> char { '\"' }",
        &[],
    );
    check(
        "src/read/a.rs",
        r####"const A: &str = "tokio \" async"; const B: &str = r#"std::fs "async" "#; const C: u8 = b'"';"####,
        &[],
    );
    check("src/read/a.rs", "const A: char = '\\''; use tokio::task;", &["`tokio` in a pure file"]);
    check(
        "src/read/a.rs",
        "const A: &str = \"\\\\\"; async fn f() {}",
        &["`async` in a pure file"],
    );
}

#[test]
fn purity_is_seen_to() {
    check("src/edition/a.rs", "async fn f() {}", &["`async`"]);
    check("src/render/a.rs", "fn f() { std::fs::read(x); }", &["`std::fs`"]);
    check("src/normalise/a.rs", "fn f() { let brand = operand; }", &[]);
    check("src/run/due.rs", "fn f() { let x = Instant::now(); }", &["`Instant::now`"]);
    check("src/run/newsroom.rs", "async fn f() { let x = Instant::now(); }", &[]);
    check(
        "src/read/a.rs",
        "fn f() {}\n#[cfg(test)]\nmod tests {\n fn g() { std::fs::read(x); }\n}\n",
        &[],
    );
    check(
        "src/read/a.rs",
        "#[cfg(test)]\nmod tests { fn g() { if x {} } }\nfn f() { std::env::var(x); }",
        &["`std::env`"],
    );
    check(
        "src/read/a.rs",
        "#[cfg(test)]\nmod tests;\nfn f() { std::env::var(x); }",
        &["`std::env`"],
    );
    check("src/read/date/tests.rs", "fn f() { std::fs::read(x); }", &[]);
}

#[test]
fn names_have_their_place() {
    check("src/run/a.rs", "use reqwest::Client;", &["`reqwest` is named only in src/fetch/"]);
    check("src/publish/websub.rs", "use reqwest::Client;", &[]);
    check("src/store/sqlite/rows.rs", "use rusqlite::Row;", &[]);
    check("src/store/postgres.rs", "use rusqlite::Row;", &["`rusqlite`"]);
    check("src/run/scheduler.rs", "let now = chrono::Utc::now();", &["`Utc::now`"]);
    check(
        "src/cli/serve.rs",
        "std::process::exit(1)",
        &["`process::exit` is named only in no file"],
    );
    check("src/render/a.rs", "let x = SafeHtml::vouched(text);", &["`SafeHtml::vouched`"]);
    check(
        "src/model/a.rs",
        "#[derive(Debug, serde::Serialize)] struct A;",
        &["`serde`", "`Serialize`"],
    );
    check(
        "src/topics/a.rs",
        "// 외교 is no term here\nconst A: &str = \"외교\";",
        &["src/topics/a.rs:2: a term of a language"],
    );
    check(
        "src/topics/a.rs",
        "const A: &str = \"diplomacy – talks\";\n#[cfg(test)]\nmod tests { const B: &str = \"外交\"; }",
        &[],
    );
    check("src/read/a.rs", &"\n".repeat(LONG + 1), &["lines: does it have two reasons"]);
}
