//! What a process costs, read from `/proc` until it is over.

use std::process::Child;
use std::time::{Duration, Instant};

/// What a process has cost.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cost {
    /// User and system time of all its threads, to the hundredth of a second.
    pub cpu: Duration,
    /// The most memory it held, in KiB; as last seen a few milliseconds before its end.
    pub peak_kib: u64,
    /// How long it took.
    pub wall: Duration,
}

/// Waits for the end of a process, without reaping it, and gives what it has cost. Its output must not fill a pipe meanwhile.
#[track_caller]
pub fn cost(child: &Child, limit: Duration) -> Cost {
    let (begun, id) = (Instant::now(), child.id());
    let mut cost = Cost::default();
    loop {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
        // The name of the program stands in parentheses and may hold anything.
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        let ticks: u64 = [11, 12].iter().map(|field| fields[*field].parse::<u64>().unwrap()).sum();
        // proc(5): in clock ticks, of which Linux has a hundred a second on every machine of today.
        cost.cpu = Duration::from_millis(ticks * 10);
        if let Some(peak) = peak(id) {
            cost.peak_kib = peak;
        }
        cost.wall = begun.elapsed();
        if fields[0] == "Z" {
            return cost;
        }
        assert!(cost.wall < limit, "not over within {} s", limit.as_secs());
        std::thread::sleep(Duration::from_millis(3));
    }
}

/// The most memory a process has held so far, in KiB; `None` of one that is over.
pub fn peak(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
