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
}
