//! Bytes that nobody vouches for, through everything that reads them: documents, dates, HTML, charsets, configuration, rules.
//!
//! Seeds are mutated in this process by a generator that always begins at the same place, so a run can be repeated; `make fuzz` goes on for longer and
//! by coverage (`fuzz/`). What once broke something lies in `tests/fuzz/TARGET/` and is tried first.
//!
//! `TIDINGS_FUZZ_SECONDS=60 cargo test --test fuzz` runs each target for so long, `TIDINGS_FUZZ_SEED` begins elsewhere.

#![expect(
    clippy::expect_used,
    reason = "a test reports what it did and stops where it cannot go on"
)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;

#[path = "../fuzz/src/targets.rs"]
mod targets;

use targets::{TARGETS, Target};

/// How often each target is tried where no time is given, and for how long at most.
const ROUNDS: u32 = 3_000;
const SHORT: Duration = Duration::from_secs(2);
/// The longest input made.
const BYTES: usize = 8 * 1024;
/// How much of a processor's time one input may take without optimisation.
const PATIENCE: Duration = Duration::from_secs(10);

#[test]
fn nothing_is_too_much() {
    let seconds = std::env::var("TIDINGS_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let seed = std::env::var("TIDINGS_FUZZ_SEED").ok().and_then(|text| text.parse().ok());
    let words = dictionary();
    let mut broken = Vec::new();
    for target in &TARGETS {
        let mut chance = Chance(seed.unwrap_or(0x9e37_79b9_7f4a_7c15));
        let seeds = seeds(target);
        let begun = Instant::now();
        let mut tried = 0_u32;
        let goes_on = |tried: u32| match seconds {
            Some(seconds) => begun.elapsed() < Duration::from_secs(seconds),
            None => tried < ROUNDS && begun.elapsed() < SHORT,
        };
        let mut outcome = seeds.iter().try_for_each(|seed| attempt(target, seed));
        while outcome.is_ok() && goes_on(tried) {
            outcome = attempt(target, &mutated(&seeds, &words, &mut chance));
            tried += 1;
        }
        broken.extend(outcome.err());
        println!("{:<8} {tried} inputs in {:.1} s", target.name, begun.elapsed().as_secs_f64());
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// Runs a target; an input that breaks it is kept beside the build.
fn attempt(target: &Target, input: &[u8]) -> Result<(), String> {
    let begun = processor_time();
    let outcome = catch_unwind(AssertUnwindSafe(|| (target.run)(input)));
    let taken = processor_time().saturating_sub(begun);
    if outcome.is_ok() && taken < PATIENCE {
        return Ok(());
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz").join(target.name);
    std::fs::create_dir_all(&folder).expect("a folder for what breaks");
    let number = input
        .iter()
        .fold(0_u64, |sum, byte| sum.wrapping_mul(0x0100_0000_01b3).wrapping_add(u64::from(*byte)));
    let path = folder.join(format!("{number:016x}"));
    std::fs::write(&path, input).expect("what breaks is kept");
    Err(format!("{} after {} ms on {}", target.name, taken.as_millis(), path.display()))
}

/// The processor's time that this thread has had: what else the machine does makes no input slow.
fn processor_time() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_THREAD).expect("a thread knows its time");
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Duration::from_micros(micros.unsigned_abs())
}

/// What once broke the target, what it begins with, and the documents of the reader's tests.
fn seeds(target: &Target) -> Vec<Vec<u8>> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut seeds: Vec<Vec<u8>> = files(&tests.join("fuzz").join(target.name))
        .iter()
        .map(|path| std::fs::read(path).expect("a fixture"))
        .collect();
    seeds.extend(target.seeds.iter().map(|seed| seed.as_bytes().to_vec()));
    if target.documents {
        seeds.extend(
            files(&tests.join("read"))
                .iter()
                .filter(|path| path.extension().is_none_or(|extension| extension != "expected"))
                .map(|path| std::fs::read(path).expect("a document")),
        );
    }
    seeds
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.expect("a file").path()).filter(|path| path.is_file()).collect();
    files.sort();
    files
}

/// The words of `fuzz/dictionary`, in libFuzzer's syntax: one quoted word a line, with `\\`, `\"` and `\xNN`.
fn dictionary() -> Vec<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/dictionary");
    let text = std::fs::read_to_string(path).expect("the dictionary");
    let mut words = Vec::new();
    for line in text.lines() {
        let Some(quoted) = line.strip_prefix('"').and_then(|line| line.strip_suffix('"')) else {
            continue;
        };
        let mut word = Vec::new();
        let mut rest = quoted.as_bytes();
        while let Some((byte, after)) = rest.split_first() {
            rest = after;
            match (byte, after) {
                (b'\\', [b'x', high, low, after @ ..]) => {
                    let digit = |digit: u8| char::from(digit).to_digit(16).expect("a digit");
                    word.push((digit(*high) * 16 + digit(*low)) as u8);
                    rest = after;
                }
                (b'\\', [escaped, after @ ..]) => {
                    word.push(*escaped);
                    rest = after;
                }
                _ => word.push(*byte),
            }
        }
        words.push(word);
    }
    assert!(words.len() > 50, "the dictionary is read");
    words
}

/// A seed, changed in a few places.
fn mutated(seeds: &[Vec<u8>], words: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = chance.one_of(seeds).clone();
    for _ in 0..=chance.below(6) {
        let at = chance.below(bytes.len() + 1);
        let end = (at + chance.below(40)).min(bytes.len());
        match chance.below(9) {
            0 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << chance.below(8);
                }
            }
            1 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = chance.below(256) as u8;
                }
            }
            2 => drop(bytes.drain(at..end)),
            3 => {
                let piece = bytes[at..end].to_vec();
                let times = [1, 2, 100][chance.below(3)];
                bytes.splice(at..at, piece.repeat(times));
            }
            4 | 5 => drop(bytes.splice(at..at, chance.one_of(words).iter().copied())),
            6 => drop(bytes.splice(at..end, chance.one_of(words).iter().copied())),
            7 => {
                // Go on as another seed does.
                let other = chance.one_of(seeds);
                let from = chance.below(other.len() + 1);
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
            _ => {
                let word = chance.one_of(words).repeat(1 + chance.below(200));
                bytes.splice(at..at, word);
            }
        }
        bytes.truncate(BYTES);
    }
    bytes
}

/// A generator of numbers that nobody could tell from chance (xorshift64*), the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        number as usize % limit.max(1)
    }

    fn one_of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}
