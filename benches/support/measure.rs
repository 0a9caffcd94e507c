//! What a process costs: wall clock, processor time of user and system, and the most memory it held at once.
//!
//! The kernel adds up what children used, so each command is run by a process of its own that has no other child.

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;

/// What a command cost.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    pub wall: Duration,
    /// User and system together.
    pub cpu: Duration,
    pub peak_bytes: u64,
}

impl Cost {
    /// The better of two runs, figure by figure: what else the machine does only adds.
    pub fn or(self, other: Cost) -> Cost {
        Cost {
            wall: self.wall.min(other.wall),
            cpu: self.cpu.min(other.cpu),
            peak_bytes: self.peak_bytes.min(other.peak_bytes),
        }
    }
}

/// What a command cost and said on its standard output.
pub struct Run {
    pub cost: Cost,
    pub out: String,
}

/// Runs a command in a folder by way of this program.
pub fn run(folder: &Path, command: &[&str]) -> Run {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.arg("measure").args(command).current_dir(folder);
    for variable in ["TIDINGS_CONFIG", "TIDINGS_LOG", "TIDINGS_NOW"] {
        child.env_remove(variable);
    }
    let output = child.stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{command:?} failed");
    let out = String::from_utf8(output.stdout).unwrap();
    let (out, costs) = out.trim_end().rsplit_once('\n').unwrap_or(("", out.trim_end()));
    let figures: Vec<u64> = costs.split(' ').map(|figure| figure.parse().unwrap()).collect();
    let cost = Cost {
        wall: Duration::from_micros(figures[0]),
        cpu: Duration::from_micros(figures[1]),
        peak_bytes: figures[2],
    };
    Run { cost, out: out.to_owned() }
}

/// The process in between: runs the command and prints what it cost as the last line.
#[expect(clippy::print_stdout, reason = "its output is what the bench reads")]
pub fn in_between(command: &[String]) -> ExitCode {
    let begun = Instant::now();
    let status = Command::new(&command[0]).args(&command[1..]).status();
    let wall = begun.elapsed();
    let used = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let cpu = used.user_time().num_microseconds() + used.system_time().num_microseconds();
    println!("\n{} {cpu} {}", wall.as_micros(), used.max_rss() * 1024);
    if status.is_ok_and(|status| status.success()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
