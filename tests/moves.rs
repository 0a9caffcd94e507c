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

#[test]
fn a_backlog_of_the_encoder_keeps_nobody_waiting() {
    let origin = Origin::start();
    // What happens where: alike enough that only meaning can tell.
    let places = [
        ("Seoul", "서울"),
        ("Tokyo", "도쿄"),
        ("Beijing", "베이징"),
        ("Paris", "파리"),
        ("London", "런던"),
        ("Berlin", "베를린"),
        ("Moscow", "모스크바"),
        ("Busan", "부산"),
        ("Osaka", "오사카"),
        ("Hanoi", "하노이"),
        ("Jakarta", "자카르타"),
        ("Bangkok", "방콕"),
        ("Cairo", "카이로"),
        ("Madrid", "마드리드"),
        ("Rome", "로마"),
        ("Vienna", "빈"),
    ];
    let acts = [
        ("protesters block the main bridge", "시위대, 주요 다리 봉쇄"),
        ("firefighters put out a market fire", "소방대, 시장 화재 진압"),
        ("court clears a former minister", "법원, 전 장관 무죄 선고"),
        ("schools close because of heavy snow", "폭설로 학교 휴교"),
        ("subway workers end their strike", "지하철 노조 파업 종료"),
        ("museum returns a stolen painting", "박물관, 도난 그림 반환"),
        ("police arrest the mayor over bribes", "경찰, 뇌물 혐의 시장 체포"),
        ("hospital opens a centre for children", "병원, 어린이 센터 개원"),
        ("dozens hurt as a bus overturns", "버스 전복으로 수십 명 부상"),
        ("university raises its fees", "대학, 등록금 인상"),
    ];
    let (mut english, mut korean) = (Vec::new(), Vec::new());
    let cases = places.iter().flat_map(|place| acts.iter().map(move |act| (place, act)));
    for (number, (place, act)) in cases.enumerate() {
        let link = |host: &str| format!("https://{host}.example/{number}");
        english.push(linked(number, &format!("{}: {}", place.0, act.0), &link("one")));
        korean.push(linked(1_000 + number, &format!("{} {}", place.1, act.1), &link("two")));
    }
    let entries = english.len() + korean.len();
    origin.set("/a", document(&english));
    origin.set("/b", document(&korean));
    origin.set("/c", document(&[]));
    let all = "topics = [\"all\"]\nlimit = 1000\n[topic.all]\nmatch = \"*\"\n";
    let config = Desk::config(&three(&origin), all);
    let desk = Desk::new(&config.replace("listen = \"off\"", "listen = \"127.0.0.1:0\""));
    let service = desk.serve_at(Some(&at(0)));
    // All is published before all is encoded. (Of two reports of one outlet in one story a feed tells one.)
    let first = until("all are published", SOON, || {
        let (_, _, body) = service.get("/feeds/all.json", &[]);
        let feed: Value = serde_json::from_slice(&body).unwrap_or_default();
        let told = |item: &Value| 1 + item["_tidings"]["also"].as_array().map_or(0, Vec::len);
        let items = feed["items"].as_array()?;
        (items.iter().map(told).sum::<usize>() > entries * 9 / 10).then(|| items.clone())
    });
    let waiting = metric(&service, "tidings_encoder_backlog");
    assert!(waiting > 0, "{} of {entries} were encoded", metric(&service, "tidings_encoded_total"));
    until("the backlog is done", SOON, || {
        (metric(&service, "tidings_encoder_backlog") == 0).then_some(())
    });
    service.stop();
    // What was published then has its id still, or that of the story it is part of now.
    let now: BTreeSet<String> = items(&desk).into_iter().map(|(_, id)| id).collect();
    assert!(now.len() <= first.len(), "{} of {}", now.len(), first.len());
    for item in first.iter().step_by(25) {
        let id = item["id"].as_str().unwrap();
        assert!(now.contains(&format!("urn:uuid:{}", story_of(&desk, id))), "{item}");
    }
    // Nothing is encoded again.
    let service = desk.serve_at(Some(&at(30)));
    wait_for_items(&service, now.len());
    origin.wait_for("/c", 2, SOON);
    assert!(metric(&service, "tidings_encoded_total") < 64);
    service.stop();
}

/// What `/metrics` says of a counter or gauge.
#[track_caller]
fn metric(service: &Service, name: &str) -> u64 {
    let (_, _, body) = service.get("/metrics", &[]);
    let text = String::from_utf8(body).unwrap();
    let line = text.lines().find(|line| line.starts_with(&format!("{name} "))).unwrap();
    line.split(' ').nth(1).unwrap().parse().unwrap()
}
