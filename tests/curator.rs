//! A curator overrules the program: what is split, joined, hidden and pinned stays so, whatever runs and whatever comes.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[cfg(test)]
mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;
use support::desk::{Desk, Said, Service};
use support::documents::{Item, item, rss};
use support::origin::{Answer, Origin};
use support::{at, until};

const RSS: &str = "application/rss+xml";
const SOON: Duration = Duration::from_secs(20);

fn document(items: &[Item]) -> Answer {
    Answer::document(RSS, rss("Daily", items))
}

/// Two sources: the first has two headlines of its own, the second has one of them too.
fn newsroom(more: &str) -> (Origin, Desk) {
    let origin = Origin::start();
    origin.set("/a", document(&[item(3, "Storm closes ports"), item(2, "Budget passes at last")]));
    let mut copy = item(4, "Storm closes ports");
    copy.link = "https://other.example/4".to_owned();
    origin.set("/b", document(&[copy]));
    let sources = [("a", origin.url("/a")), ("b", origin.url("/b"))];
    let desk = Desk::new(&Desk::config(&sources, more));
    (origin, desk)
}

#[track_caller]
fn done(said: &Said) {
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
}

/// What `explain` says of the story that this leads to.
#[track_caller]
fn explained(desk: &Desk, needle: &str) -> Value {
    let said = desk.run(&["explain", "--json", needle]);
    assert_eq!(said.code, 0, "{said:?}");
    said.json().remove(0)
}

fn story_of(desk: &Desk, needle: &str) -> String {
    explained(desk, needle)["story"].as_str().unwrap().to_owned()
}

fn members(desk: &Desk, needle: &str) -> usize {
    explained(desk, needle)["members"].as_array().unwrap().len()
}

/// The titles and the ids of the feed, each item once.
fn items(desk: &Desk) -> Vec<(String, String)> {
    let items = desk.ids("all");
    let ids: BTreeSet<&String> = items.iter().map(|(_, id)| id).collect();
    assert_eq!(ids.len(), items.len(), "an id twice: {items:?}");
    items
}

#[test]
fn what_was_said_holds_whatever_comes() {
    let (origin, desk) = newsroom("");
    desk.round(&at(0));
    let before = items(&desk);
    assert_eq!(before.len(), 2);
    let storm = desk.id("all", "Storm closes ports");
    let budget = desk.id("all", "Budget passes at last");

    // Split: two stories, the first keeps the id.
    done(&desk.run_at(Some(&at(1)), &["split", "https://other.example/4"]));
    desk.round(&at(2));
    let split = items(&desk);
    assert_eq!(split.len(), 3, "{split:?}");
    assert!(split.iter().any(|(_, id)| *id == storm), "{split:?}");
    let again = desk.run(&["split", "https://other.example/4"]);
    assert_eq!(again.code, 1);
    assert!(again.err.contains("alone in its story"), "{again:?}");
    // A third outlet brings the headline: it joins one of the two, and they stay two.
    let mut third = item(9, "Storm closes ports");
    third.link = "https://other.example/9".to_owned();
    let mut copy = item(4, "Storm closes ports");
    copy.link = "https://other.example/4".to_owned();
    origin.set("/b", document(&[third, copy]));
    desk.round(&at(3));
    let first = "https://origin.example/story/3";
    assert_ne!(story_of(&desk, "https://other.example/4"), story_of(&desk, first));
    assert_eq!(items(&desk).len(), 3);

    // Join what has nothing in common; the id that is given up leads on.
    done(&desk.run_at(Some(&at(4)), &["join", &storm, &budget]));
    desk.round(&at(5));
    assert_eq!(story_of(&desk, &budget), story_of(&desk, &storm));
    assert_eq!(items(&desk).len(), 2);
    let one_already = desk.run(&["join", &storm, &budget]);
    assert!(one_already.code == 1 && one_already.err.contains("one story already"));

    // Hours and days later, in other processes, all of it holds, and is said.
    desk.round("2025-10-30T20:00:00Z");
    let story = explained(&desk, &storm);
    let words: Vec<&str> = story["curator"]
        .as_array()
        .unwrap()
        .iter()
        .map(|said| said["word"].as_str().unwrap())
        .collect();
    assert_eq!(words, ["split", "join"]);
    assert_eq!(story["curator"][1]["at"], at(4));
    assert!(story["leads_because"].is_string());
    let text = desk.run(&["explain", &storm]).out;
    assert!(text.contains("by the curator, 2025-10-30"), "{text}");
    assert!(text.contains("leads because"), "{text}");
    desk.round("2025-11-08T07:00:00Z");
    assert_eq!(story_of(&desk, &budget), story_of(&desk, &storm));

    // Taken back, though all of it has left the window: the id that was given up is a story again.
    done(&desk.run_at(Some("2025-11-08T07:01:00Z"), &["join", &storm, &budget, "--undo"]));
    assert_ne!(story_of(&desk, &budget), story_of(&desk, &storm));
    done(
        &desk.run_at(Some("2025-11-08T07:02:00Z"), &["split", "https://other.example/4", "--undo"]),
    );
    assert_eq!(story_of(&desk, "https://other.example/4"), story_of(&desk, first));
    desk.round("2025-11-08T07:03:00Z");
    assert!(items(&desk).iter().any(|(_, id)| *id == budget));
    let nothing = desk.run(&["join", &storm, &budget, "--undo"]);
    assert!(nothing.code == 1 && nothing.err.contains("no `join`"), "{nothing:?}");
}

#[test]
fn hidden_is_nowhere_and_pinned_is_first() {
    let (_origin, desk) = newsroom("limit = 1\n");
    desk.round(&at(0));
    assert_eq!(desk.titles("all"), ["Storm closes ports"]);
    let storm = desk.id("all", "Storm closes ports");
    done(&desk.run_at(Some(&at(1)), &["hide", &storm]));
    desk.round(&at(2));
    assert_eq!(desk.titles("all"), ["Budget passes at last"]);
    let hidden = explained(&desk, &storm);
    assert_eq!(hidden["not_in"][0]["because"], "the curator hid it");
    let again = desk.run(&["hide", &storm]);
    assert!(again.code == 0 && again.out.contains("holds already"), "{again:?}");
    done(&desk.run_at(Some(&at(3)), &["hide", "https://other.example/4", "--undo"]));
    let budget = desk.id("all", "Budget passes at last");
    done(&desk.run_at(Some(&at(3)), &["pin", &budget]));
    desk.round(&at(4));
    assert_eq!(desk.titles("all"), ["Budget passes at last"]);
    done(&desk.run_at(Some(&at(5)), &["pin", &budget, "--undo"]));
    desk.round(&at(6));
    assert_eq!(desk.titles("all"), ["Storm closes ports"]);
}

#[test]
fn names_that_lead_nowhere_or_to_several_are_refused() {
    let (_origin, desk) = newsroom("");
    desk.round(&at(0));
    for (command, want) in [
        (&["hide", "https://nowhere.example/"][..], "nothing is known of"),
        (&["split", "999999"], "nothing is known of"),
        (&["pin", "00000000-0000-8000-8000-000000000000"], "nothing is known of"),
        (&["hide", "https://other.example/4", "--undo"], "no `hide`"),
        (&["split", &desk.id("all", "Storm closes ports")], "name one by its number"),
    ] {
        let said = desk.run(command);
        assert!(said.code == 1 && said.err.contains(want), "{command:?}: {said:?}");
        assert!(said.out.is_empty(), "{command:?}: {said:?}");
    }
    let said = desk.run(&["join", "1"]);
    assert_eq!(said.code, 2, "{said:?}");
}

/// Waits until the feed that is served has so many items.
#[track_caller]
fn wait_for_items(service: &Service, count: usize) {
    until(&format!("{count} items:\n{}", service.log()), SOON, || {
        let (_, _, body) = service.get("/feeds/all.json", &[]);
        let feed: Value = serde_json::from_slice(&body).unwrap_or_default();
        (feed["items"].as_array().map(Vec::len) == Some(count)).then_some(())
    });
}

#[test]
fn a_running_service_takes_a_word_at_once() {
    let (_origin, desk) = newsroom("");
    desk.configure(
        &desk.read("feeds.toml").replace("listen = \"off\"", "listen = \"127.0.0.1:0\""),
    );
    let service = desk.serve_at(Some(&at(0)));
    wait_for_items(&service, 2);
    let storm = desk.id("all", "Storm closes ports");
    let budget = desk.id("all", "Budget passes at last");
    let said = desk.run_at(Some(&at(1)), &["join", &storm, &budget]);
    assert!(said.code == 0 && said.out.contains("the running service"), "{said:?}");
    wait_for_items(&service, 1);
    assert_eq!(members(&desk, &storm), 3);
    // The page of the id that was given up leads to the one that stayed.
    let bare = |urn: &str| urn.trim_start_matches("urn:uuid:").to_owned();
    let (stayed, gone) = match desk.ids("all")[0].1 == storm {
        true => (bare(&storm), bare(&budget)),
        false => (bare(&budget), bare(&storm)),
    };
    let (status, headers, _) = service.get(&format!("/story/{gone}"), &[]);
    let location = headers.iter().find(|(name, _)| name == "location").map(|(_, at)| at.as_str());
    assert_eq!((status, location), (308, Some(stayed.as_str())));
    let (status, _, page) = service.get(&format!("/story/{stayed}"), &[]);
    let page = String::from_utf8(page).unwrap();
    assert!(status == 200 && page.contains("the curator joined it"), "{page}");
    // A page's address names a story, too.
    let address = format!("{}story/{stayed}", service.base());
    assert_eq!(desk.run_at(Some(&at(2)), &["hide", &address]).code, 0);
    wait_for_items(&service, 0);
    service.kill();
    // After a crash it is as it was; and what waits in the inbox is taken in by the next one.
    let service = desk.serve_at(Some(&at(3)));
    wait_for_items(&service, 0);
    assert_eq!(members(&desk, &budget), 3);
    assert_eq!(desk.run_at(Some(&at(4)), &["hide", &address, "--undo"]).code, 0);
    wait_for_items(&service, 1);
    assert_eq!(std::fs::read_dir(desk.file("tidings.db.inbox")).unwrap().count(), 0);
    let log = service.stop();
    assert!(!log.contains("ERROR"), "{log}");
}

#[test]
fn what_waits_in_the_inbox_is_taken_in_once() {
    let (_origin, desk) = newsroom("");
    desk.round(&at(0));
    let storm = desk.id("all", "Storm closes ports");
    let request = |id: &str| {
        format!(
            r#"{{"request":"decide","id":"{id}","at":1761807720,"said":{{"word":"hide","story":"{}"}}}}"#,
            storm.trim_start_matches("urn:uuid:")
        )
    };
    let inbox = desk.file("tidings.db.inbox");
    std::fs::create_dir_all(&inbox).unwrap();
    let id = "0123456789abcdef0123456789abcdef";
    // As after a crash between the commit and the removal: the same request, again.
    for round in 1..3 {
        std::fs::write(inbox.join("1.json"), request(id)).unwrap();
        std::fs::write(inbox.join("2.json"), "no request").unwrap();
        desk.round(&at(round));
        assert_eq!(desk.titles("all"), ["Budget passes at last"]);
        assert_eq!(std::fs::read_dir(&inbox).unwrap().count(), 0);
    }
    assert_eq!(explained(&desk, &storm)["curator"].as_array().unwrap().len(), 1);
}
