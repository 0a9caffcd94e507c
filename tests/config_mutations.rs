//! Hundreds of hostile edits of the file that `tidings init` writes: none may panic or take long, and each that is wrong says where.

#![expect(clippy::unwrap_used, clippy::panic, reason = "all of this file is a test")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use tidings::config::edit::{self, NewSource};
use tidings::config::{Config, ConfigError, Layout};
use tidings::model::source::SourceAddress;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn no_edit_of_the_file_panics_or_hangs() {
    let shared = std::env::var_os("TIDINGS_SHARED")
        .map_or_else(|| Path::new(ROOT).join("../shared"), PathBuf::from);
    let generator = shared.join("hostile/gen.py");
    if !generator.is_file() {
        eprintln!("skipped: no shared test data at {}", shared.display());
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let made = Command::new("python3")
        .arg(&generator)
        .arg("--mutate-config")
        .arg(Path::new(ROOT).join("src/config/start.toml"))
        .arg(dir.path())
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let (half, other) = files.split_at(files.len() / 2);
    let (right, wrong) = std::thread::scope(|scope| {
        let other = scope.spawn(|| check_all(other));
        let (right, wrong) = check_all(half);
        let (more_right, more_wrong) = other.join().unwrap();
        (right + more_right, wrong + more_wrong)
    });
    eprintln!("{right} edits left the file right, {wrong} made it wrong");
    assert!(right > 20 && wrong > 300, "{right} right, {wrong} wrong");
}

/// How many of the files are right, and how many are wrong.
fn check_all(files: &[PathBuf]) -> (usize, usize) {
    let right = files.iter().filter(|path| check(path)).count();
    (right, files.len() - right)
}

/// Whether a file is right; if not, its report must be one.
fn check(path: &Path) -> bool {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let started = Instant::now();
    let right = match Config::load(path) {
        Ok(config) => {
            assert!(!config.warnings.has_errors(), "{name}");
            true
        }
        Err(ConfigError::Invalid(report)) => {
            let lines = report.lines();
            assert!(!lines.is_empty() && report.has_errors(), "{name}");
            assert!(lines.iter().all(|line| line.starts_with(&name)), "{lines:?}");
            let shown = report.render(Layout { colour: false, width: 100 });
            assert!(shown.len() < 100_000, "{name}: {}", shown.len());
            let controls = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
            assert!(!shown.contains(controls), "{name}");
            false
        }
        Err(ConfigError::Unreadable { reason, .. }) => panic!("{name}: {reason}"),
    };
    assert!(started.elapsed() < Duration::from_secs(5), "{name}: {:?}", started.elapsed());
    edit_survives(path, &name);
    right
}

/// Adding to a file keeps every line of it; what is added can be removed again.
fn edit_survives(path: &Path, name: &str) {
    let Ok(text) = std::fs::read_to_string(path) else { return };
    let base = edit::base_of(path);
    let address = SourceAddress::Web("https://not-there-yet.example/feed".parse().unwrap());
    let new = NewSource {
        address,
        key: None,
        name: None,
        language: None,
        kind: tidings::model::source::SourceKind::Feed,
    };
    let Ok(edited) = edit::add(&text, &base, &[new]) else { return };
    let mut lines = edited.text.lines();
    for line in text.lines() {
        assert!(lines.any(|kept| kept == line), "{name}: lost {line:?}");
    }
    let removed = edit::remove(&edited.text, &base, edited.keys[0].as_str()).unwrap();
    let bare = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(bare(&removed) == bare(&text), "{name}: {removed:?}");
}
