//! What encoding a headline costs in processor time, in floats and in whole numbers, in batches of several sizes.
//!
//! The headlines are those of `tests/data/topics`, each once: about 22 pieces each, 34 million multiply-adds by the network as published.
#![expect(clippy::print_stdout, reason = "a bench reports to people")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot run should stop")]

use std::collections::BTreeSet;
use std::hint::black_box;
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use tidings::stories::encoder::{Encoder, Precision, WEIGHTS};

fn headlines() -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut titles: Vec<String> = [
        include_str!("../tests/data/topics/en.jsonl"),
        include_str!("../tests/data/topics/ko.jsonl"),
        include_str!("../tests/data/topics/ja.jsonl"),
    ]
    .iter()
    .flat_map(|file| file.lines())
    .map(|line| {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        row["title"].as_str().unwrap().to_owned()
    })
    .filter(|title| seen.insert(title.clone()))
    .collect();
    // A stride that shares no factor with the count mixes the languages, as sources do.
    let count = titles.len();
    let stride = (count / 3..).find(|stride| common_factor(*stride, count) == 1).unwrap();
    titles = (0..count).map(|place| titles[place * stride % count].clone()).collect();
    titles
}

fn common_factor(one: usize, other: usize) -> usize {
    if other == 0 { one } else { common_factor(other, one % other) }
}

/// The processor time this process has used: wall clock would count what else the machine does.
fn used() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_SELF).unwrap();
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Duration::from_micros(micros.try_into().unwrap())
}

/// The resident memory of this process in MiB; 0 where the system does not say.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024
}

fn main() {
    let quick = std::env::var_os("TIDINGS_BENCH_QUICK").is_some();
    let titles = headlines();
    let texts: Vec<&str> = titles.iter().map(String::as_str).collect();
    let texts = if quick { &texts[..60] } else { &texts };
    let long_enough = Duration::from_millis(if quick { 1 } else { 1_500 });

    let before = resident();
    let encoder = Encoder::new(WEIGHTS).unwrap();
    let start = used();
    let pieces: usize = texts.iter().map(|text| black_box(encoder.pieces(text)).len() + 2).sum();
    let took = used() - start;
    println!(
        "{} headlines of {:.1} pieces; cutting one: {:.1} µs",
        texts.len(),
        pieces as f64 / texts.len() as f64,
        took.as_secs_f64() * 1e6 / texts.len() as f64
    );
    for precision in [Precision::Whole, Precision::Float] {
        let encoder = Encoder::with_precision(WEIGHTS, precision).unwrap();
        let start = used();
        black_box(encoder.encode(&texts[..1]));
        println!(
            "{precision:?}: the first headline of a process: {:.1} ms",
            (used() - start).as_secs_f64() * 1e3
        );
        for batch in [1, 8, 32, texts.len()] {
            let (mut count, start) = (0, used());
            'long_enough: loop {
                for texts in texts.chunks(batch) {
                    count += black_box(encoder.encode(texts)).len();
                    if used() - start >= long_enough {
                        break 'long_enough;
                    }
                }
            }
            let each = (used() - start).as_secs_f64() / count as f64;
            println!(
                "{precision:?}: batches of {batch:5}: {:7.1} µs a headline  {:6.0} headlines/s",
                each * 1e6,
                1.0 / each
            );
        }
        println!(
            "{precision:?}: {} MiB of memory more than before the first headline",
            resident().saturating_sub(before)
        );
    }
}
