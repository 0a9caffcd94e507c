//! What `gen.py` makes: bombs, a million levels, a hundred thousand items. Each is polled by itself for what it costs, then all together.

use std::process::Stdio;

use crate::corpus::{Corpus, Outcome, Replay, Row};
use crate::findings::Findings;
use crate::stored::{NOW, desk_of, documents_of, run, status, told};
use crate::support::desk::Desk;
use crate::support::documents::{item, rss};
use crate::support::measure::{Cost, cost};
use crate::support::origin::{Answer, Origin};
use crate::support::python::Python;
use crate::support::skip;

#[test]
fn every_generated_row_holds() {
    let Some(corpus) = Corpus::open() else { return };
    let Some(python) = Python::with(&["html5lib"]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let script = corpus.file("gen.py");
    let made = python.run([script.as_os_str(), "--large".as_ref(), folder.path().as_ref()]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let is_made = |row: &Row| folder.path().join(&row.path).is_file();
    let (rows, absent): (Vec<Row>, Vec<Row>) = corpus.generated.iter().cloned().partition(is_made);
    if !absent.is_empty() {
        skip(&format!(
            "{:?} were not made",
            absent.iter().map(|row| &row.path).collect::<Vec<_>>()
        ));
    }
    let replay = Replay::start(&corpus, &python, Some(folder.path()));
    let mut findings = Findings::default();

    // Each by itself: what it costs, and what comes of it.
    let idle = Desk::new(&desk_of(std::iter::empty()));
    let idle = measured(&idle, "once").1.peak_kib;
    println!("idle: {idle} KiB");
    for row in &rows {
        let desk = Desk::new(&desk_of([(row.key(), replay.extra_url(row))].into_iter()));
        let (code, cost) = measured(&desk, "once");
        println!(
            "{:28} {:6.2} s CPU of {:4.1}, {:7} KiB of {:7}",
            row.path,
            cost.cpu.as_secs_f64(),
            row.cpu_s,
            cost.peak_kib - idle.min(cost.peak_kib),
            row.rss_mb * 1024
        );
        if cost.cpu.as_secs_f64() > row.cpu_s || cost.peak_kib > idle + row.rss_mb * 1024 {
            findings.row(row, format!("{cost:?}, idle {idle} KiB"));
        }
        if !matches!(code, 0 | 1) {
            findings.row(row, format!("`once` ends with {code}"));
            continue;
        }
        let status = &status(&desk)[&row.key()];
        let (error, entries) = (&status["error"], status["entries"].as_u64().unwrap());
        match &row.outcome {
            Outcome::Items(range) if !error.is_null() || !range.contains(&entries) => {
                findings.row(row, format!("{entries} items, {error}, not {range:?}"));
            }
            Outcome::Reject if error.is_null() => {
                findings.row(row, format!("taken for a feed of {entries} items"))
            }
            Outcome::Items(_) | Outcome::Reject | Outcome::Either => {}
        }
        let documents = documents_of(&desk, &row.key());
        documents.faults().into_iter().for_each(|fault| findings.row(row, fault));
        let files = ["rss", "atom", "json"]
            .map(|format| desk.file(&format!("public/{}.{format}", row.key())));
        for (path, fault) in corpus.outcheck(&python, &files) {
            findings.row(row, format!("{}: {fault}", path.display()));
        }
    }

    // All together, beside a healthy source that loses nothing.
    let origin = Origin::start();
    let items: Vec<_> = (0..30).map(|number| item(number, &format!("Healthy {number}"))).collect();
    origin.set("/", Answer::document("application/rss+xml", rss("Healthy", &items)));
    let sources = rows
        .iter()
        .map(|row| (row.key(), replay.extra_url(row)))
        .chain([("healthy".to_owned(), origin.url("/"))]);
    let desk = Desk::new(&desk_of(sources));
    let together = run(&desk, &["once"], NOW);
    println!("together: {:?}", together.cost);
    if together.cost.cpu.as_secs_f64() > rows.iter().map(|row| row.cpu_s).sum() {
        findings.all(format!("together: {:?}", together.cost));
    }
    if told(&documents_of(&desk, "healthy")).len() != 30 {
        findings.all("the healthy source lost items");
    }
    findings.conclude("generated", &rows, &[]);
}

fn measured(desk: &Desk, command: &str) -> (i32, Cost) {
    let mut child = desk
        .command(&[command])
        .env("TIDINGS_NOW", NOW)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let cost = cost(&child, std::time::Duration::from_secs(300));
    (child.wait().unwrap().code().unwrap_or(-1), cost)
}
