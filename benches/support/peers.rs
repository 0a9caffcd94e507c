//! Two programs that people read feeds with, doing the same poll. They read no JSON Feed and are asked for the other sources only.

use std::fs;
use std::process::{Command, Stdio};

use super::measure::{self, Cost};
use super::origin::Source;

/// How often at once they ask.
const JOBS: usize = 64;

/// `sfeed_update`, if it is installed: fetches with curl, parses to one text file a feed.
pub fn sfeed(sources: &[Source]) -> Option<[Cost; 2]> {
    installed("sfeed_update")?;
    let folder = tempfile::tempdir().unwrap();
    let feeds: String = xml(sources)
        .map(|(number, source)| format!("\tfeed 'source-{number}' '{}'\n", source.url))
        .collect();
    let path = folder.path().join("feeds");
    fs::create_dir(&path).unwrap();
    fs::write(
        folder.path().join("sfeedrc"),
        format!("sfeedpath='{}'\nmaxjobs={JOBS}\nfeeds() {{\n{feeds}}}\n", path.display()),
    )
    .unwrap();
    let script = format!("sfeed_update '{}/sfeedrc' >/dev/null", folder.path().display());
    let poll = || measure::run(folder.path(), &["sh", "-c", &script]).cost;
    let polls = [poll(), poll()];
    let read = fs::read_dir(&path).unwrap().filter(|file| {
        file.as_ref().is_ok_and(|file| file.metadata().is_ok_and(|data| data.len() > 10_000))
    });
    assert_eq!(read.count(), xml(sources).count(), "sfeed has not read every source");
    Some(polls)
}

/// `newsboat -x reload`, if it is installed: fetches with libcurl, keeps everything in SQLite.
pub fn newsboat(sources: &[Source]) -> Option<[Cost; 2]> {
    installed("newsboat")?;
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let urls: String = xml(sources).map(|(_, source)| format!("{}\n", source.url)).collect();
    fs::write(file("urls"), urls).unwrap();
    fs::write(file("config"), format!("reload-threads {JOBS}\n")).unwrap();
    let script = format!(
        "newsboat -q -u {urls} -C {config} -c {cache} -x reload >/dev/null 2>&1",
        urls = file("urls").display(),
        config = file("config").display(),
        cache = file("cache.db").display(),
    );
    let poll = || measure::run(folder.path(), &["sh", "-c", &script]).cost;
    let polls = [poll(), poll()];
    let cache = rusqlite::Connection::open(file("cache.db")).unwrap();
    let entries: i64 =
        cache.query_row("SELECT count(*) FROM rss_item", [], |row| row.get(0)).unwrap();
    assert!(entries > xml(sources).count() as i64 * 30, "newsboat has only {entries} entries");
    Some(polls)
}

fn xml(sources: &[Source]) -> impl Iterator<Item = (usize, &Source)> {
    sources.iter().enumerate().filter(|(_, source)| source.is_xml)
}

fn installed(program: &str) -> Option<()> {
    let found = Command::new("sh")
        .args(["-c", &format!("command -v {program}")])
        .stdout(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    found.then_some(())
}
