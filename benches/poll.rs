//! A poll of a thousand sources, cold and unchanged, against the least that any program must do: `cargo bench --bench poll`.
//!
//! `docs/benchmarks.md` says what is measured and how. `TIDINGS_BENCH_QUICK=1` polls fifty sources once, to see that the bench works;
//! `TIDINGS_BENCH_RUNS=N` takes the best of N runs, five by default.
#![expect(clippy::print_stdout, reason = "a bench reports to people")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot run should stop")]

mod support;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use support::corpus::ENTRIES;
use support::measure::{self, Cost};
use support::origin::{Origin, Source};
use support::{floor, origin, peers};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("origin") => origin::serve(arguments[1].parse().unwrap()),
        Some("measure") => return measure::in_between(&arguments[1..]),
        Some("floor") => floor::poll(&arguments[1]),
        // What `cargo bench` passes on does not concern us.
        _ => bench(),
    }
    ExitCode::SUCCESS
}

fn bench() {
    let quick = std::env::var_os("TIDINGS_BENCH_QUICK").is_some_and(|quick| quick == "1");
    let sources = if quick { 50 } else { 1_000 };
    let runs = std::env::var("TIDINGS_BENCH_RUNS").ok().and_then(|runs| runs.parse().ok());
    let runs = runs.unwrap_or(if quick { 1 } else { 5 });
    let origin = Origin::start(sources);
    println!(
        "{sources} sources × {ENTRIES} entries: {:.1} MB, {:.1} MB on the wire; the best of {runs}",
        origin.plain_bytes as f64 / 1e6,
        origin.packed_bytes as f64 / 1e6
    );
    println!("{:<44} {:>8} {:>8} {:>9}", "", "wall", "CPU", "memory");

    let mut best: Vec<(&str, [Cost; 2])> = Vec::new();
    for _ in 0..runs {
        // In turn, so that a machine that is busy for a while is so for all.
        let contestants = [
            ("floor", poll_floor(&origin.sources)),
            ("tidings, no topics", poll_tidings(&origin.sources, Topics::None)),
            ("tidings, two topics", poll_tidings(&origin.sources, Topics::Packs)),
        ];
        for (name, [cold, again]) in contestants {
            match best.iter_mut().find(|(known, _)| *known == name) {
                Some((_, costs)) => *costs = [costs[0].or(cold), costs[1].or(again)],
                None => best.push((name, [cold, again])),
            }
        }
    }
    for (index, round) in ["cold", "unchanged"].iter().enumerate() {
        for (name, costs) in &best {
            show(&format!("{name}, {round}"), costs[index]);
        }
    }
    for (name, polls) in [
        ("sfeed_update", peers::sfeed(&origin.sources)),
        ("newsboat -x reload", peers::newsboat(&origin.sources)),
    ] {
        match polls {
            Some([cold, again]) => {
                show(&format!("{name} (XML sources only), cold"), cold);
                show(&format!("{name} (XML sources only), unchanged"), again);
            }
            None => println!("{name} is not installed, and left out"),
        }
    }

    println!("\n{:<44} {:>8} {:>8}", "÷ floor", "wall", "CPU");
    let floor = best[0].1;
    for (name, costs) in &best[1..] {
        for (index, round) in ["cold", "unchanged"].iter().enumerate() {
            println!(
                "{:<44} {:>8.2} {:>8.2}",
                format!("{name}, {round}"),
                costs[index].wall.as_secs_f64() / floor[index].wall.as_secs_f64(),
                costs[index].cpu.as_secs_f64() / floor[index].cpu.as_secs_f64(),
            );
        }
    }
    println!(
        "\naims: cold at most 1.5 × the wall and 2 × the CPU, unchanged at most 1.5 × the wall, memory at most 100 MiB"
    );
}

fn show(name: &str, cost: Cost) {
    println!(
        "{name:<44} {:>6.3} s {:>6.3} s {:>5.1} MiB",
        cost.wall.as_secs_f64(),
        cost.cpu.as_secs_f64(),
        cost.peak_bytes as f64 / 1_048_576.0
    );
}

/// The floor, cold and unchanged.
fn poll_floor(sources: &[Source]) -> [Cost; 2] {
    let folder = tempfile::tempdir().unwrap();
    let list: String = sources.iter().map(|source| format!("{}\n", source.url)).collect();
    fs::write(folder.path().join("list"), list).unwrap();
    let program = std::env::current_exe().unwrap();
    [sources.len() * ENTRIES, 0].map(|entries| {
        let run = measure::run(folder.path(), &[program.to_str().unwrap(), "floor", "list"]);
        let counts: Vec<&str> = run.out.split_whitespace().collect();
        assert_eq!(counts[..2], [sources.len().to_string(), entries.to_string()]);
        run.cost
    })
}

/// What entries are judged by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Topics {
    None,
    Packs,
}

/// `tidings once` and `tidings once --force`, which publish three feeds.
fn poll_tidings(sources: &[Source], topics: Topics) -> [Cost; 2] {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("feeds.toml"), configuration(sources, topics)).unwrap();
    let once = |arguments: &[&str], new: usize| {
        let command = [&[env!("CARGO_BIN_EXE_tidings"), "once", "--json"], arguments].concat();
        let run = measure::run(folder.path(), &command);
        let summary: serde_json::Value = serde_json::from_str(run.out.trim()).unwrap();
        assert_eq!(summary["polled"], sources.len());
        assert_eq!(summary["failed"], 0);
        assert_eq!(summary["new"], new);
        run.cost
    };
    let cold = once(&[], sources.len() * ENTRIES);
    assert!(published(folder.path()) > 3, "nothing has been published");
    [cold, once(&["--force"], 0)]
}

fn configuration(sources: &[Source], topics: Topics) -> String {
    let mut text = String::from(
        "[server]\nlisten = \"off\"\n[fetch]\nevery = \"15m\"\nallow_addresses = [\"127.0.0.0/8\"]\n",
    );
    for (number, source) in sources.iter().enumerate() {
        let _ = writeln!(text, "[[source]]\nkey = \"source-{number}\"\nurl = \"{}\"", source.url);
    }
    let feeds = match topics {
        Topics::None => ["", "", ""],
        Topics::Packs => {
            for name in ["diplomacy", "korea-japan"] {
                let _ = writeln!(text, "[topic.{name}]\nuse = \"{name}\"");
            }
            ["", "topics = [\"diplomacy\"]", "topics = [\"korea-japan\"]"]
        }
    };
    for (name, topics) in ["first", "second", "third"].iter().zip(feeds) {
        let _ = writeln!(text, "[[feed]]\nname = \"{name}\"\n{topics}");
    }
    text
}

/// How many documents are published.
fn published(folder: &Path) -> usize {
    let files = fs::read_dir(folder.join("public")).unwrap();
    files
        .filter(|file| file.as_ref().is_ok_and(|file| file.metadata().unwrap().len() > 500))
        .count()
}
