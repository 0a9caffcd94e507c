//! Stories that turn out to be one, or two, while they are published: no item is lost, doubled or renamed.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[cfg(test)]
mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;
use support::desk::{Desk, Service};
use support::documents::{Item, item, rss};
use support::origin::{Answer, Origin};
use support::{at, until};

const SOON: Duration = Duration::from_secs(60);

fn document(items: &[Item]) -> Answer {
    Answer::document("application/rss+xml", rss("Daily", items))
}

fn linked(number: usize, title: &str, link: &str) -> Item {
    Item { link: link.to_owned(), ..item(number, title) }
}

/// Three sources at one origin.
fn three(origin: &Origin) -> Vec<(&'static str, String)> {
    ["a", "b", "c"].map(|key| (key, origin.url(&format!("/{key}")))).into()
}

/// The published items by title; no id twice.
#[track_caller]
fn items(desk: &Desk) -> Vec<(String, String)> {
    let items = desk.ids("all");
    let ids: BTreeSet<&String> = items.iter().map(|(_, id)| id).collect();
    assert_eq!(ids.len(), items.len(), "an id twice: {items:?}");
    items
}

fn story_of(desk: &Desk, needle: &str) -> String {
    let said = desk.run(&["explain", "--json", needle]);
    assert_eq!(said.code, 0, "{said:?}");
    said.json()[0]["story"].as_str().unwrap().to_owned()
}

#[test]
fn two_stories_become_one() {
    let origin = Origin::start();
    let first = linked(1, "Storm closes all the ports", "https://one.example/storm");
    let second = linked(2, "Ferries stay in their harbours", "https://two.example/ferries");
    origin.set("/a", document(std::slice::from_ref(&first)));
    origin.set("/b", document(&[]));
    origin.set("/c", document(&[]));
    let desk = Desk::of_sources(&three(&origin));
    desk.round(&at(0));
    origin.set("/b", document(std::slice::from_ref(&second)));
    desk.round(&at(5));
    let before = items(&desk);
    assert_eq!(before.len(), 2);
    let (storm, ferries) = (desk.id("all", &first.title), desk.id("all", &second.title));
    let published = desk.json_feed("all");

    // The third has the page of the one and the headline of the other.
    origin.set("/c", document(&[linked(3, &second.title, &first.link)]));
    desk.round(&at(10));
    let after = items(&desk);
    assert_eq!(after.len(), 1, "{after:?}");
    assert_eq!(after[0].1, storm, "the older story keeps its id");
    for needle in [&storm, &ferries, &first.link, &second.link] {
        assert_eq!(format!("urn:uuid:{}", story_of(&desk, needle)), storm, "{needle}");
    }
    let modified = |feed: &Value| feed["items"][0]["date_modified"].as_str().unwrap().to_owned();
    assert!(modified(&desk.json_feed("all")) > modified(&published), "it is an update to readers");

    // Another process finds what this one left, and a round without news changes nothing.
    let stamps = desk.stamps();
    desk.round(&at(20));
    assert_eq!(desk.stamps(), stamps);
    // The second source says more: the item stays what it is.
    origin.set(
        "/b",
        document(&[linked(4, "Something else entirely", "https://two.example/4"), second]),
    );
    desk.round(&at(30));
    let ids: BTreeSet<String> = items(&desk).into_iter().map(|(_, id)| id).collect();
    assert!(ids.len() == 2 && ids.contains(&storm) && !ids.contains(&ferries));
}

#[test]
fn one_batch_is_one_story_whatever_its_order() {
    let copies = || {
        vec![
            linked(1, "Storm closes all the ports", "https://one.example/storm"),
            linked(2, "Ferries stay in their harbours", "https://two.example/ferries"),
        ]
    };
    let mut found = Vec::new();
    for bridge_first in [true, false] {
        let origin = Origin::start();
        let bridge = linked(3, "Ferries stay in their harbours", "https://one.example/storm");
        let mut rest = copies();
        let (early, late) = if bridge_first { ("/a", "/c") } else { ("/c", "/a") };
        origin.set(early, document(&[bridge]));
        origin.set(late, document(&rest.split_off(1)));
        origin.set("/b", document(&rest));
        let desk = Desk::of_sources(&three(&origin));
        desk.round(&at(0));
        found.push(items(&desk).len());
    }
    assert_eq!(found, [1, 1]);
}

#[test]
fn a_kill_at_any_moment_loses_doubles_and_renames_nothing() {
    let origin = Origin::start();
    // Headlines that have no word in common: those of one template would be told apart by what differs in it.
    const SYLLABLES: [&str; 10] = ["ba", "ke", "li", "mo", "nu", "ra", "se", "ti", "vo", "zu"];
    let word = |number: usize| {
        let digits = [number / 100 % 10, number / 10 % 10, number % 10];
        digits.map(|digit| SYLLABLES[digit]).concat()
    };
    let headline = |number: usize| (0..4).map(|part| word(part * 200 + number * 5 + 3)).collect();
    let titles: Vec<String> = (0..40)
        .map(|number| -> Vec<String> { headline(number) })
        .map(|words| words.join(" "))
        .collect();
    let items_of = |range: std::ops::Range<usize>, host: &str| -> Vec<Item> {
        let link = |number: usize| format!("https://{host}.example/{number}");
        range.map(|number| linked(number, &titles[number], &link(number))).collect()
    };
    origin.set("/a", document(&items_of(0..40, "one")));
    origin.set("/b", document(&items_of(0..20, "two")));
    origin.set("/c", document(&[]));
    let config =
        Desk::config(&three(&origin), "").replace("listen = \"off\"", "listen = \"127.0.0.1:0\"");
    let desk = Desk::new(&config.replace("every = \"15m\"", "every = \"1s\"\njitter = \"0s\""));
    let mut known: Vec<(String, String)> = Vec::new();
    for round in 0_u64..6 {
        let bridges = (0..round as usize * 3).map(|number| {
            linked(100 + number, &titles[number], &format!("https://one.example/{}", number + 20))
        });
        origin.set("/c", document(&bridges.collect::<Vec<_>>()));
        let polls = origin.count("/c") + 1;
        let service = desk.serve_at(Some(&at(round as u32 * 10)));
        // A little later each time: before, between and after the commits.
        origin.wait_for("/c", polls, SOON);
        std::thread::sleep(Duration::from_millis(round * 40));
        service.kill();
        if desk.file("public/all.json").exists() {
            let now = items(&desk);
            for (title, id) in &known {
                let same = now.iter().find(|(known, _)| known == title);
                assert!(
                    same.is_none_or(|(_, now)| now == id),
                    "round {round}: {title} was {id}
{now:#?}
{}",
                    desk.run(&["explain", id]).out
                );
            }
            known = now;
        }
    }
    let service = desk.serve_at(Some(&at(80)));
    wait_for_items(&service, 25);
    service.stop();
    let now = items(&desk);
    for (title, id) in &known {
        let leads_to = format!("urn:uuid:{}", story_of(&desk, id));
        assert!(now.iter().any(|(_, known)| *known == leads_to), "{title} was lost");
    }
}

#[track_caller]
fn wait_for_items(service: &Service, count: usize) {
    until(&format!("{count} items:\n{}", service.log()), SOON, || {
        let (_, _, body) = service.get("/feeds/all.json", &[]);
        let feed: Value = serde_json::from_slice(&body).unwrap_or_default();
        (feed["items"].as_array().map(Vec::len) == Some(count)).then_some(())
    });
}
