//! Checks by programs of Python, where this machine has them: no text becomes markup, and JSON Feed keeps its schema.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use tidings::render::{Format, render};

use crate::sample;

/// What readers that take every text for HTML would find: no script, no handler, no foreign element.
#[test]
#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
fn no_text_becomes_markup() {
    let shared = env::var_os("TIDINGS_SHARED").map_or_else(|| here("../shared"), PathBuf::from);
    let script = shared.join("hostile/outcheck.py");
    if !script.is_file() || !has("html5lib") {
        eprintln!("skipped: no python3 with html5lib, or no {}", script.display());
        return;
    }
    check(&[Format::Rss, Format::Atom, Format::Json], |document| {
        vec![script.clone(), document.to_owned()]
    });
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
fn json_feed_keeps_its_schema() {
    if !has("jsonschema") {
        eprintln!("skipped: no python3 with jsonschema");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let script = dir.path().join("validate.py");
    let program = "import json, sys, jsonschema\n\
        schema, document = (json.load(open(path, encoding='utf-8')) for path in sys.argv[1:])\n\
        jsonschema.Draft202012Validator.check_schema(schema)\n\
        jsonschema.Draft202012Validator(schema).validate(document)\n";
    std::fs::write(&script, program).unwrap();
    check(&[Format::Json], |document| {
        vec![script.clone(), here("tests/schemas/jsonfeed-1.1.json"), document.to_owned()]
    });
}

/// Runs Python on each document of each sample; fails if it does.
fn check(formats: &[Format], arguments: impl Fn(&Path) -> Vec<PathBuf>) {
    let dir = tempfile::tempdir().unwrap();
    for edition in [sample::full(), sample::hostile(), sample::empty()] {
        for format in formats {
            let path = dir.path().join(format.file_name(&edition.feed));
            std::fs::write(&path, render(&edition, *format, &sample::options())).unwrap();
            let output = Command::new("python3").args(arguments(&path)).output().unwrap();
            let said = [output.stdout, output.stderr].concat();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
        }
    }
}

fn has(module: &str) -> bool {
    let import = format!("import {module}");
    let output = Command::new("python3").args(["-c", &import]).output();
    output.is_ok_and(|output| output.status.success())
}

fn here(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}
