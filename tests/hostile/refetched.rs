//! What comes later at the same address, or beside it: what subscribers have stays as it is.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::corpus::{Corpus, Outcome, Row, Switch};
use crate::findings::Findings;
use crate::stored::{NOW, desk_of, documents_of, run, status, told};
use crate::support::desk::Desk;
use crate::support::documents::{Item, item, rss};

const LATER: &str = "2026-02-02T12:00:00Z";

/// A good document, then a row at its address: an error touches nothing, and whatever else comes takes nothing away.
#[test]
fn what_was_there_stays() {
    let Some(corpus) = Corpus::open() else { return };
    let origin = Switch::start();
    let good = rss(
        "Good",
        &(0..3).map(|number| item(number, &format!("Good {number}"))).collect::<Vec<_>>(),
    );
    let paths = || corpus.rows.iter().map(|row| (row, format!("/{}", row.key())));
    paths().for_each(|(_, path)| origin.set(&path, "application/rss+xml", good.as_bytes()));
    let desk = Desk::new(&desk_of(paths().map(|(row, path)| (row.key(), origin.url(&path)))));
    assert_eq!(desk.run_at(Some(NOW), &["once"]).code, 0);
    let before: BTreeMap<_, _> = desk.published().into_iter().collect();
    let told_before: BTreeMap<_, _> =
        corpus.rows.iter().map(|row| (row.key(), told(&documents_of(&desk, &row.key())))).collect();

    paths().for_each(|(row, path)| origin.set_row(&path, &corpus, row, b""));
    run(&desk, &["once", "--force"], LATER);
    let after: BTreeMap<_, _> = desk.published().into_iter().collect();
    let status = status(&desk);
    let mut findings = Findings::default();
    for row in &corpus.rows {
        let error = &status[&row.key()]["error"];
        if row.outcome == Outcome::Reject && error.is_null() {
            findings.row(row, "no error");
        }
        let files =
            ["rss", "atom", "json", "html"].map(|extension| format!("{}.{extension}", row.key()));
        if !error.is_null() && files.iter().any(|file| before[file] != after[file]) {
            findings.row(row, format!("published files changed in spite of {error}"));
        }
        let told = told(&documents_of(&desk, &row.key()));
        if told_before[&row.key()].len() != 3
            || told_before[&row.key()].iter().any(|item| !told.contains(item))
        {
            findings.row(row, "an earlier item is lost or changed");
        }
    }
    findings.conclude("after a good document", &corpus.rows, &[]);
}

/// Each row twice, the second time with a line break at its end, so that it is read again: ids, dates and order stay.
#[test]
fn the_same_again_changes_nothing() {
    let Some(corpus) = Corpus::open() else { return };
    let origin = Switch::start();
    let rows: Vec<Row> = corpus.rows.iter().filter(|row| !row.is_response()).cloned().collect();
    let desk = Desk::new(&desk_of(
        rows.iter().map(|row| (row.key(), origin.url(&format!("/{}", row.key())))),
    ));
    let set = |more: &[u8]| {
        rows.iter().for_each(|row| origin.set_row(&format!("/{}", row.key()), &corpus, row, more))
    };
    set(b"");
    run(&desk, &["once"], NOW);
    let before: BTreeMap<_, _> = desk.published().into_iter().collect();
    set(b"\n");
    run(&desk, &["once", "--force"], LATER);
    let mut findings = Findings::default();
    for (name, bytes) in desk.published() {
        if before[&name] != bytes {
            match rows.iter().find(|row| name.starts_with(&format!("{}.", row.key()))) {
                Some(row) => findings.row(row, format!("{name} changed")),
                None => findings.all(format!("{name} changed")),
            }
        }
    }
    findings.conclude("read twice", &rows, &[]);
}

/// The same articles under other guids are no news to anybody.
#[test]
fn a_flood_of_new_guids_is_no_news() {
    let Some(corpus) = Corpus::open() else { return };
    let origin = Switch::start();
    let desk = Desk::new(&desk_of([("flood".to_owned(), origin.url("/flood"))].into_iter()));
    let poll = |row: &str, now: &str| {
        origin.set("/flood", "application/rss+xml", &corpus.read(row));
        assert_eq!(desk.run_at(Some(now), &["once", "--force"]).code, 0);
        told(&documents_of(&desk, "flood"))
    };
    let before = poll("identity/flood-a.xml", NOW);
    assert_eq!(before.len(), 50);
    assert_eq!(poll("identity/flood-b.xml", LATER), before);
    assert_eq!(poll("identity/flood-a.xml", "2026-02-03T12:00:00Z"), before);
}

/// Another source that claims a victim's guid and page changes nothing of the victim's item, whichever comes first and whatever date it claims.
#[test]
fn a_hijacker_gets_nothing_of_its_victim() {
    let Some(corpus) = Corpus::open() else { return };
    let check = |date: &str, rounds: [&[&str]; 2]| {
        let origin = Switch::start();
        origin.set("/hijacker", "application/rss+xml", &corpus.read("identity/hijack.xml"));
        let victim = Item {
            guid: "tag:victim.example,2026:1".into(),
            title: "What the victim wrote".into(),
            link: "https://victim.example/1".into(),
            date: date.into(),
            summary: "In its own words.".into(),
        };
        let document = rss("The victim", &[victim])
            .replace("https://origin.example/", "https://victim.example/");
        origin.set("/victim", "application/rss+xml", document.as_bytes());
        let sources =
            ["hijacker", "victim"].map(|key| (key.to_owned(), origin.url(&format!("/{key}"))));
        let merged = "[[feed]]\nname = \"merged\"\n";
        let desk = Desk::new(&(desk_of(sources.into_iter()) + merged));
        let mut ids = Vec::new();
        for (round, now) in rounds.into_iter().zip([NOW, LATER]) {
            let args: Vec<&str> = ["once", "--force"]
                .into_iter()
                .chain(round.iter().flat_map(|key| ["--source", key]))
                .collect();
            assert_eq!(desk.run_at(Some(now), &args).code, 0);
            let [item] = &documents_of(&desk, "merged").items()[..] else { panic!("not one item") };
            ids.push(item["id"].clone());
            if desk.json_feed("victim")["items"] != Value::Array(Vec::new()) {
                let own = &documents_of(&desk, "victim").items()[0];
                for item in [own, item] {
                    assert_eq!(item["title"], "What the victim wrote", "{rounds:?}");
                    assert_eq!(item["url"], "https://victim.example/1");
                }
            }
        }
        assert_eq!(ids[0], ids[1], "{rounds:?}");
    };
    // The hijacker says 10:00.
    for date in ["Mon, 05 Jan 2026 09:00:00 GMT", "Mon, 05 Jan 2026 11:00:00 GMT"] {
        check(date, [&["victim"], &["hijacker"]]);
        check(date, [&["hijacker"], &["victim"]]);
        check(date, [&[], &[]]);
    }
}

/// An entry that says it is of 2098 does not stay on top.
#[test]
fn a_date_in_the_future_pins_nothing() {
    let Some(corpus) = Corpus::open() else { return };
    let origin = Switch::start();
    origin.set("/pin", "application/rss+xml", &corpus.read("date/future-pin.xml"));
    let news =
        |items: &[Item]| origin.set("/news", "application/rss+xml", rss("News", items).as_bytes());
    news(&[]);
    let sources = ["pin", "news"].map(|key| (key.to_owned(), origin.url(&format!("/{key}"))));
    let desk = Desk::new(&desk_of(sources.into_iter()));
    assert_eq!(desk.run_at(Some(NOW), &["once"]).code, 0);
    let titles = desk.titles("all");
    assert_eq!(titles[0], "real4", "{titles:?}");
    assert_eq!(titles.len(), 6);
    news(&[Item { date: "Sun, 01 Feb 2026 13:00:00 GMT".into(), ..item(1, "Normal") }]);
    assert_eq!(desk.run_at(Some(LATER), &["once", "--force"]).code, 0);
    let later = desk.titles("all");
    assert_eq!(later, [&["Normal".to_owned()], &titles[..]].concat());
}
