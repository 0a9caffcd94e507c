//! The demo: the real binary, nothing but loopback, and nothing left behind.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on should stop")]

mod support;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use support::desk::Service;
use support::until;

/// Polls come every four seconds, and the machine may be busy.
const SOON: Duration = Duration::from_secs(30);

fn start(temp: &Path, args: &[&str]) -> Service {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidings"));
    // A folder for temporary files of its own, to see that none is left.
    command.arg("demo").args(args).current_dir(temp).env("TMPDIR", temp).env_remove("TIDINGS_LOG");
    let demo = Service::start(command);
    demo.wait_for("Ctrl-C ends the demo");
    demo
}

fn text(demo: &Service, path: &str) -> String {
    let (status, _, body) = demo.get(path, &[]);
    assert_eq!(status, 200, "{path}");
    String::from_utf8(body).unwrap()
}

fn items(demo: &Service, feed: &str) -> Vec<Value> {
    let feed: Value = serde_json::from_str(&text(demo, &format!("feeds/{feed}.json"))).unwrap();
    feed["items"].as_array().unwrap().clone()
}

fn titles(demo: &Service, feed: &str) -> Vec<String> {
    items(demo, feed).iter().map(|item| item["title"].as_str().unwrap().to_owned()).collect()
}

/// The names of the outlets besides the leading one.
fn also(item: &Value) -> Vec<&str> {
    item["_tidings"]["also"]
        .as_array()
        .unwrap()
        .iter()
        .map(|also| also["outlet"]["name"].as_str().unwrap())
        .collect()
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().next().is_none()
}

const ENGLISH: &str =
    "Lee, Takaichi agree to keep shuttle diplomacy going at first summit in Gyeongju";
const KOREAN: &str = "이재명 대통령·다카이치 총리, 경주서 첫 정상회담…셔틀외교 이어가기로";
const JAPANESE: &str = "日韓首脳、慶州で初会談 シャトル外交の継続で一致";

/// Parts of headlines that no topic keeps.
const DECOYS: [&str; 12] = [
    "volleyball",
    "Lumen Nine",
    "shares",
    "ramen",
    "leaves",
    "루멘나인",
    "한일전",
    "애니메이션",
    "맑고",
    "バレーボール",
    "紅葉",
    "ドラマ",
];

/// Headlines that are near the summit, and stories of their own.
const APART: [&str; 5] = [
    "Lee to host Xi for summit talks on Saturday as APEC leaders gather",
    "US and China step back from tariff fight after Trump-Xi talks in Busan",
    "APEC foreign ministers and trade ministers wrap up talks in Gyeongju",
    "Lee, Carney agree to work more closely on security and defence",
    "高市首相、韓国・慶州で外交日程続く 31日はAPEC首脳会議",
];

#[test]
fn a_newsroom_in_three_languages_without_a_network() {
    let temp = tempfile::tempdir().unwrap();
    let mut demo = start(temp.path(), &[]);
    assert!(!is_empty(temp.path()), "the demo works somewhere else");

    // One summit in three languages is one item, whatever desks and outlets put around the headline and however they encode it.
    let find = |title: &str| items(&demo, "desk").into_iter().find(|item| item["title"] == title);
    let summit = until(ENGLISH, SOON, || {
        let others = ["Peninsula Courier", "물결일보", "솔바람통신", "灯台通信", "潮見新聞"];
        find(ENGLISH).filter(|item| others.iter().all(|other| also(item).contains(other)))
    });
    let languages: Vec<&str> = summit["_tidings"]["also"]
        .as_array()
        .unwrap()
        .iter()
        .map(|also| also["language"].as_str().unwrap())
        .collect();
    for language in ["en", "ko", "ja"] {
        assert!(languages.contains(&language), "{languages:?}");
    }
    let listed = summit["content_html"].as_str().unwrap();
    assert!(listed.contains(KOREAN) && listed.contains(JAPANESE), "{listed}");
    until("the front page", SOON, || {
        let front = text(&demo, "");
        let shown = [ENGLISH, "Also covered by", "물결일보", "灯台通信"];
        shown.iter().all(|text| front.contains(text)).then_some(())
    });

    // What comes later: another outlet joins, a story opens, and an outlet links to the page of another.
    until("The Meridian Post joins", SOON, || {
        find(ENGLISH).filter(|item| also(item).contains(&"The Meridian Post"))
    });
    let visit = "Lee to host Xi for summit talks on Saturday as APEC leaders gather";
    until("a new story", SOON, || find(visit));
    until("a report of the same page", SOON, || {
        // A Korean outlet that tells of the visit may be found to be one with it besides.
        find(visit).filter(|item| also(item).contains(&"Peninsula Courier"))
    });
    let last = "After Gyeongju: how Seoul and Tokyo mean to go on with shuttle diplomacy";
    let pictured = until("the last story", Duration::from_secs(60), || find(last));
    demo.wait_for("That was all");
    let picture = pictured["image"].as_str().unwrap_or_else(|| panic!("no picture: {pictured}"));
    assert!(picture.ends_with("/harbour.example/pictures/gyeongju.jpg"), "{picture}");

    // The topics keep what is theirs.
    let (both, bilateral, diplomacy) =
        (titles(&demo, "desk"), titles(&demo, "korea-japan"), titles(&demo, "diplomacy"));
    // What has the same actors, place or words is another event all the same.
    for title in APART {
        assert!(both.iter().any(|other| other == title), "{title} is no item: {both:?}");
    }
    for title in [ENGLISH, last] {
        assert!(
            bilateral.iter().any(|other| other == title),
            "korea-japan lacks {title}: {bilateral:?}"
        );
        assert!(
            diplomacy.iter().any(|other| other == title),
            "diplomacy lacks {title}: {diplomacy:?}"
        );
    }
    for title in ["US and China step back from tariff fight after Trump-Xi talks in Busan", visit] {
        assert!(
            diplomacy.iter().any(|other| other == title),
            "diplomacy lacks {title}: {diplomacy:?}"
        );
        assert!(!bilateral.iter().any(|other| other == title), "korea-japan holds {title}");
    }
    for decoy in DECOYS {
        assert!(!both.iter().any(|title| title.contains(decoy)), "{decoy} is in {both:?}");
    }
    let front = text(&demo, "");
    assert!(DECOYS.iter().all(|decoy| !front.contains(decoy)), "a decoy is on the front page");

    // The decoys were read all the same; the broken source says what is wrong in one line.
    let sources = text(&demo, "sources");
    assert!(sources.contains("8 sources") && sources.contains("1 failing"), "{sources}");
    assert_eq!(sources.matches("the document is a web page, not a feed").count(), 1, "{sources}");

    // Feeds as readers get them; headlines lead to pages that are there.
    for path in ["feeds/desk.rss", "feeds/korea-japan.atom", "opml"] {
        let document = text(&demo, path);
        let mut reader = quick_xml::Reader::from_str(&document);
        loop {
            match reader.read_event() {
                Ok(quick_xml::events::Event::Eof) => break,
                Ok(_) => {}
                Err(error) => panic!("{path}: {error}"),
            }
        }
    }
    let rss = text(&demo, "feeds/desk.rss");
    let ids: Vec<Value> = items(&demo, "desk").iter().map(|item| item["id"].clone()).collect();
    assert!(ids.iter().all(|id| rss.contains(id.as_str().unwrap())), "{rss}");
    let link = pictured["url"].as_str().unwrap().trim_start_matches("http://");
    let (host, path) = link.split_once('/').unwrap();
    let page = get(host, path);
    assert!(
        page.starts_with("HTTP/1.1 200")
            && page.contains("Harbour Wire")
            && page.contains(&demo.base()),
        "{page}"
    );

    demo.signal("INT");
    assert_eq!(demo.ended(SOON), Some(0), "{}", demo.log());
    assert!(is_empty(temp.path()), "the demo leaves something behind");
}

fn get(host: &str, path: &str) -> String {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    write!(stream, "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn every_way_to_end_it_leaves_nothing_behind() {
    for signals in [&["TERM"][..], &["HUP"], &["INT", "INT"]] {
        let temp = tempfile::tempdir().unwrap();
        let mut demo = start(temp.path(), &["--no-browser"]);
        for signal in signals {
            demo.signal(signal);
        }
        assert_eq!(demo.ended(SOON), Some(0), "{signals:?}: {}", demo.log());
        assert!(is_empty(temp.path()), "{signals:?} leaves something behind");
    }
}

#[test]
fn a_port_is_taken_as_asked_or_refused() {
    let temp = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidings"));
    command.args(["demo", "--port", &port]).current_dir(temp.path()).env("TMPDIR", temp.path());
    let mut demo = Service::start(command);
    assert_eq!(demo.ended(SOON), Some(1));
    demo.wait_for("give another with `--port`");
    assert!(is_empty(temp.path()));
}
