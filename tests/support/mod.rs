//! What the tests of the real binary share: an origin on loopback that answers as it is told and remembers what it was asked, and a desk in a
//! folder of its own where the binary runs.

#![allow(dead_code, reason = "each test file is a crate of its own and uses a part of this")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot go on should stop, and one that skips says so"
)]

pub mod origin;
pub mod desk;
pub mod documents;
pub mod measure;
pub mod python;
pub mod rules;
pub mod xml;

use std::path::PathBuf;
use std::time::{Duration, Instant};

/// A moment of 30 October 2025, so many minutes after seven in the morning.
pub fn at(minutes: u32) -> String {
    format!("2025-10-30T{:02}:{:02}:00Z", 7 + minutes / 60, minutes % 60)
}

/// The folder with the labelled and hostile corpora; `None`, said once on standard error, where it is not there.
pub fn shared() -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let path = std::env::var_os("TIDINGS_SHARED").map_or(beside, PathBuf::from);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("skipped: {} is not there", path.display());
    None
}

/// Says that a test skips, and why. On CI everything is there that the tests use, so there it fails.
pub fn skip(why: &str) {
    assert!(std::env::var("CI").as_deref() != Ok("true"), "CI lacks something: {why}");
    eprintln!("skipped: {why}; `bash tests/setup.sh` installs what the tests use");
}

/// Looks until a condition holds; fails the test if it does not within `limit`. Looking often is no synchronisation by sleeping: what is waited for
/// is the condition.
#[track_caller]
pub fn until<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < limit, "not within {} s: {what}", limit.as_secs());
        std::thread::sleep(Duration::from_millis(20));
    }
}
