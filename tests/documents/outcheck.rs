//! What readers that take every text for HTML would find: no script, no handler, no foreign element.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use tidings::model::edition::Edition;
use tidings::render::{Format, render};

use crate::sample;

/// The check, where this machine has it and what it needs.
fn outcheck() -> Option<PathBuf> {
    let shared = env::var_os("TIDINGS_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let script = shared.join("hostile/outcheck.py");
    let has_html5lib = Command::new("python3")
        .args(["-c", "import html5lib"])
        .output()
        .is_ok_and(|output| output.status.success());
    (script.is_file() && has_html5lib).then_some(script)
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
fn no_text_becomes_markup() {
    let Some(script) = outcheck() else {
        eprintln!("skipped: no python3 with html5lib, or no shared/hostile/outcheck.py");
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let check = |name: &str, edition: &Edition| {
        for format in [Format::Rss, Format::Atom, Format::Json] {
            let path = dir.path().join(format!("{name}.{}", format.extension()));
            std::fs::write(&path, render(edition, format, &sample::options())).unwrap();
            let output = Command::new("python3").arg(&script).arg(&path).output().unwrap();
            let found = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "{found}{}", String::from_utf8_lossy(&output.stderr));
        }
    };
    check("hostile", &sample::hostile());
    check("full", &sample::full());
    check("empty", &sample::empty());
}
