//! Programs of Python that look at what is published: the packages of `tests/requirements.txt`, which `tests/setup.sh` installs in `target/python`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Validates a JSON Feed against a schema: `SCHEMA DOCUMENT`.
const VALIDATE: &str = "
import json, sys, jsonschema
schema, document = (json.load(open(path, encoding='utf-8')) for path in sys.argv[1:])
jsonschema.Draft202012Validator.check_schema(schema)
jsonschema.Draft202012Validator(schema).validate(document)
";

/// A Python that has the modules a test needs.
#[derive(Debug)]
pub struct Python {
    program: PathBuf,
}

impl Python {
    /// The Python of the tests, else that of the system; `None`, said on standard error, if neither has these modules.
    pub fn with(modules: &[&str]) -> Option<Python> {
        let ours = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/python/bin/python3");
        let import = format!("import {}", [&["sys"], modules].concat().join(", "));
        let found = [ours, PathBuf::from("python3")].into_iter().find(|program| {
            let output = Command::new(program).args(["-c", &import]).output();
            output.is_ok_and(|output| output.status.success())
        });
        if found.is_none() {
            super::skip(&format!("no python3 with {}", modules.join(", ")));
        }
        found.map(|program| Python { program })
    }

    /// Runs a script (a path, or the program itself after `-c`).
    #[track_caller]
    pub fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Output {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHONUTF8", "1")
            .output()
            .unwrap()
    }

    /// Starts a script.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONUTF8", "1");
        command
    }

    /// Runs a script that finds faults; fails the test if it finds any.
    #[track_caller]
    pub fn check(&self, script: &Path, arguments: &[&Path]) {
        let output = self.run([&[script], arguments].concat());
        let said = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
    }

    /// Validates a JSON Feed against its schema; fails the test if it does not keep it.
    #[track_caller]
    pub fn check_json_feed(&self, document: &Path) {
        let schema =
            PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/schemas/jsonfeed-1.1.json");
        let output =
            self.run([OsStr::new("-c"), VALIDATE.as_ref(), schema.as_ref(), document.as_ref()]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Validates every document of a folder; fails the test if one has a fault.
    #[track_caller]
    pub fn validate(&self, folder: &Path) {
        let output = self.look(folder);
        let said = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
    }

    /// Whether no document of a folder has a fault.
    pub fn finds_no_fault(&self, folder: &Path) -> bool {
        self.look(folder).status.success()
    }

    fn look(&self, folder: &Path) -> Output {
        let schemas = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/schemas");
        let mut files = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            for file in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
                let list =
                    if file.file_type().unwrap().is_dir() { &mut folders } else { &mut files };
                list.push(file.path());
            }
        }
        let script = schemas.join("feeds.py");
        let first = [script.as_path(), Path::new("validate"), schemas.as_path()];
        self.run(first.into_iter().chain(files.iter().map(PathBuf::as_path)))
    }

    /// What feedparser reads at an address, and on along the chain of archives as far as that can be reached.
    #[track_caller]
    pub fn follow(&self, url: &str) -> Vec<serde_json::Value> {
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/schemas/feeds.py");
        let output = self.run([script.as_os_str(), OsStr::new("follow"), OsStr::new(url)]);
        let lines = String::from_utf8_lossy(&output.stdout).into_owned();
        let read: Vec<_> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(!read.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        read
    }
}
