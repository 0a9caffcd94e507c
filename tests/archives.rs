//! What has left a feed stays readable (RFC 5005): a reader that follows the chain of archives meets each story once, in every format, and no archive
//! ever changes.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "all of this file is a test")]

#[cfg(test)]
mod support;

use std::collections::{BTreeMap, BTreeSet};

use support::desk::Desk;
use support::documents::{Item, rss};
use support::origin::{Answer, Origin};
use support::{rules, xml};

/// An item of a day (RFC 3339), with a headline that no other shares.
fn item(number: usize, date: &str) -> Item {
    const WORDS: [&str; 8] =
        ["harbour", "budget", "museum", "railway", "orchard", "tunnel", "festival", "glacier"];
    let date = chrono::DateTime::parse_from_rfc3339(date).unwrap();
    let (one, other, third) =
        (WORDS[number % 8], WORDS[(number / 8) % 8], WORDS[(number / 64 + 3) % 8]);
    Item {
        guid: format!("tag:origin.example,2025:{number}"),
        title: format!("Number {number}: {one} meets {other} and {third}"),
        link: format!("https://origin.example/story/{number}"),
        date: date.to_rfc2822(),
        summary: format!("What is known of story {number}."),
    }
}

/// An origin with these items, and a desk whose only feed holds at most `limit`.
struct Newsroom {
    origin: Origin,
    desk: Desk,
    items: Vec<Item>,
}

impl Newsroom {
    fn open(more: &str) -> Newsroom {
        let origin = Origin::start();
        origin.set("/rss", Answer::document("application/rss+xml", rss("Daily", &[])));
        let url = origin.url("/rss");
        let desk = Desk::new(&format!(
            "[publish]\ntitle = \"Test desk\"\nbase_url = \"https://desk.example/\"\n[server]\nlisten = \"off\"\n[fetch]\nevery = \"15m\"\nallow_addresses = [\"127.0.0.0/8\"]\n[[source]]\nkey = \"daily\"\nurl = \"{url}\"\n{more}"
        ));
        Newsroom { origin, desk, items: Vec::new() }
    }

    /// Adds items of these dates, polls at a time, and checks all that is published.
    fn round(&mut self, now: &str, dates: &[&str]) {
        for date in dates {
            self.items.insert(0, item(self.items.len() + 1, date));
        }
        self.origin.set("/rss", Answer::document("application/rss+xml", rss("Daily", &self.items)));
        let said = self.desk.run_at(Some(now), &["once", "--force"]);
        assert_eq!(said.code, 0, "{said:?}");
        for (name, bytes) in self.desk.published() {
            rules::document(&name, &bytes);
        }
    }

    /// The archives, by file name.
    fn archives(&self) -> BTreeMap<String, Vec<u8>> {
        let published = self.desk.published().into_iter();
        published.filter(|(name, _)| name.contains("/archive/")).collect()
    }

    fn archive_names(&self) -> Vec<String> {
        let names = self.archives().into_keys();
        names.filter_map(|name| name.strip_suffix(".atom").map(str::to_owned)).collect()
    }

    /// Follows the chain of a format from the feed to its end: the headlines of each story, by id, and the documents in the order of the walk.
    fn walk(&self, extension: &str) -> (BTreeMap<String, Vec<String>>, Vec<String>) {
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut walked = Vec::new();
        let mut next = Some(format!("all.{extension}"));
        let mut after: Option<String> = None;
        while let Some(name) = next {
            let (ids, links) = read(&name, self.desk.read(&format!("public/{name}")).as_bytes());
            for (id, title) in ids {
                found.entry(id).or_default().push(title);
            }
            let file = |rel: &str| {
                links.get(rel).map(|url| {
                    url.strip_prefix("https://desk.example/feeds/").expect("ours").to_owned()
                })
            };
            assert_eq!(file("self"), Some(name.clone()));
            if extension != "json" {
                let is_archive = name.contains("/archive/");
                let current = is_archive.then(|| format!("all.{extension}"));
                assert_eq!(file("current"), current);
                // Who stands in an archive finds the one after it, which may yet be to come.
                if let (Some(after), Some(there)) = (&after, file("next-archive")) {
                    // A part is in the place of the month that is not over.
                    let month = after
                        .split_once("-part-")
                        .map_or(after.clone(), |(month, _)| format!("{month}.{extension}"));
                    assert_eq!(month, there, "after {name}");
                }
            }
            walked.push(name.clone());
            after = name.contains("/archive/").then_some(name);
            next = file("prev-archive");
            assert!(walked.len() < 200, "the chain has an end: {walked:?}");
        }
        (found, walked)
    }

    /// Checks that each item is found, and that no archive holds a story of another.
    #[track_caller]
    fn check_chain(&self) {
        for extension in ["rss", "atom", "json"] {
            let (found, walked) = self.walk(extension);
            let titles: BTreeSet<&String> = found.values().flatten().collect();
            let want: BTreeSet<&String> = self.items.iter().map(|item| &item.title).collect();
            assert_eq!(titles, want, "{walked:?}");
            assert_eq!(found.len(), self.items.len());
            // Once in the archives, and, while it is new, in the feed too.
            assert!(found.values().all(|titles| titles.len() <= 2));
            let mut archived = BTreeSet::new();
            for name in walked.iter().filter(|name| name.contains("/archive/")) {
                let document = self.desk.read(&format!("public/{name}"));
                for (id, title) in read(name, document.as_bytes()).0 {
                    assert!(archived.insert(id), "{title} again in {name}");
                }
            }
        }
    }
}

/// The id and title of each item of a document, and its links by what they are.
fn read(name: &str, document: &[u8]) -> (Vec<(String, String)>, BTreeMap<String, String>) {
    if name.ends_with(".json") {
        let feed: serde_json::Value = serde_json::from_slice(document).unwrap();
        let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
        let items = feed["items"].as_array().unwrap().iter();
        let items = items.map(|item| (text(&item["id"]).unwrap(), text(&item["title"]).unwrap()));
        let links = [("self", &feed["feed_url"]), ("prev-archive", &feed["next_url"])];
        let links = links.into_iter().filter_map(|(rel, url)| Some((rel.to_owned(), text(url)?)));
        return (items.collect(), links.collect());
    }
    let root = xml::parse(document);
    let (top, item, id, link) = match name.ends_with(".rss") {
        true => (root.one("channel").unwrap(), "item", "guid", "atom:link"),
        false => (&root, "entry", "id", "link"),
    };
    let items =
        top.all(item).map(|item| (item.text_of(id).to_owned(), item.text_of("title").to_owned()));
    let links = top.all(link).filter(|link| link.attribute("rel") != Some("alternate"));
    let links = links.map(|link| {
        (link.attribute("rel").unwrap().to_owned(), link.attribute("href").unwrap().to_owned())
    });
    (items.collect(), links.collect())
}

const FEED: &str = "[[feed]]\nname = \"all\"\n";

#[test]
fn a_month_that_is_over_is_an_archive_and_never_changes() {
    let mut newsroom = Newsroom::open(FEED);
    newsroom.round(
        "2025-11-05T09:00:00Z",
        &[
            "2025-08-20T10:00:00Z",
            "2025-10-01T00:00:00Z",
            "2025-10-31T23:59:59Z",
            "2025-11-01T00:00:00Z",
        ],
    );
    assert_eq!(newsroom.archive_names(), ["all/archive/2025-08", "all/archive/2025-10"]);
    newsroom.check_chain();
    let august = newsroom.desk.read("public/all/archive/2025-08.atom");
    assert!(
        august.contains(
            "href=\"https://desk.example/feeds/all/archive/2025-10.atom\" rel=\"next-archive\""
        ),
        "{august}"
    );
    assert!(
        august.contains("<fh:archive/>") || august.contains("<fh:archive></fh:archive>"),
        "{august}"
    );
    assert!(!newsroom.desk.read("public/all.atom").contains("fh:complete>"));

    // A month later: one story that came too late for its month, one of the month. And in between, nothing happens.
    let before = newsroom.archives();
    newsroom.round("2025-11-20T09:00:00Z", &["2025-10-15T09:00:00Z", "2025-11-20T08:00:00Z"]);
    assert_eq!(newsroom.archives(), before);
    newsroom.round("2025-12-01T00:00:10Z", &["2025-11-30T08:00:00Z"]);
    assert_eq!(
        newsroom.archive_names(),
        ["all/archive/2025-08", "all/archive/2025-10", "all/archive/2025-11"]
    );
    let november = newsroom.desk.read("public/all/archive/2025-11.json");
    assert_eq!(november.matches("date_published").count(), 4, "{november}");
    newsroom.check_chain();
    let after = newsroom.archives();
    assert!(before.iter().all(|(name, bytes)| after.get(name) == Some(bytes)));

    // Months without a round: those whose address was given are there, though empty.
    newsroom.round("2026-03-02T09:00:00Z", &[]);
    assert_eq!(
        newsroom.archive_names()[2..],
        ["all/archive/2025-11", "all/archive/2025-12", "all/archive/2026-02"]
    );
    newsroom.check_chain();
    let last = newsroom.archives();
    assert!(after.iter().all(|(name, bytes)| last.get(name) == Some(bytes)));
}

#[test]
fn a_story_that_changes_stays_in_its_archive_as_it_was() {
    let mut newsroom = Newsroom::open(FEED);
    newsroom.round("2025-11-02T09:00:00Z", &["2025-10-31T10:00:00Z", "2025-11-01T10:00:00Z"]);
    let before = newsroom.archives();
    newsroom.items[1].title = "Number 1, as it turned out later".to_owned();
    newsroom.round("2025-11-03T09:00:00Z", &[]);
    assert!(newsroom.desk.read("public/all.rss").contains("as it turned out later"));
    assert_eq!(newsroom.archives(), before);
    // Nor does it change when a published file was lost and all is made anew.
    newsroom.round("2025-11-04T09:00:00Z", &[]);
    assert_eq!(newsroom.archives(), before);
}

#[test]
fn what_a_full_feed_has_no_room_for_is_in_a_part_of_the_month() {
    let mut newsroom = Newsroom::open(&format!("{FEED}limit = 4\n"));
    newsroom.round("2025-11-02T09:00:00Z", &["2025-10-30T10:00:00Z", "2025-11-01T10:00:00Z"]);
    newsroom.check_chain();
    let mut parts = BTreeSet::new();
    for day in 3..20 {
        let dates = [format!("2025-11-{day:02}T01:00:00Z"), format!("2025-11-{day:02}T02:00:00Z")];
        let before = newsroom.archives();
        newsroom
            .round(&format!("2025-11-{day:02}T09:00:00Z"), &dates.each_ref().map(String::as_str));
        newsroom.check_chain();
        let after = newsroom.archives();
        assert!(before.iter().all(|(name, bytes)| after.get(name) == Some(bytes)));
        parts.extend(after.into_keys().filter(|name| name.contains("-part-")));
    }
    // Each takes half of what the feed shows, so they are few.
    assert!((3 * 5..=3 * 17).contains(&parts.len()), "{parts:?}");
    // Late news of October has its place, too.
    newsroom.round("2025-11-20T09:00:00Z", &["2025-10-02T10:00:00Z"]);
    newsroom.check_chain();
    // The whole month takes the place of its parts.
    newsroom.round("2025-12-01T09:00:00Z", &["2025-12-01T08:00:00Z"]);
    newsroom.check_chain();
    assert_eq!(newsroom.archive_names(), ["all/archive/2025-10", "all/archive/2025-11"]);
}

#[test]
fn what_is_kept_no_longer_stays_in_the_archives() {
    let mut newsroom = Newsroom::open(&format!("[store]\nkeep = \"20d\"\n{FEED}limit = 3\n"));
    newsroom.round("2025-11-01T09:00:00Z", &["2025-10-30T10:00:00Z", "2025-11-01T01:00:00Z"]);
    for day in [3, 5, 7] {
        let dates = [format!("2025-11-{day:02}T01:00:00Z"), format!("2025-11-{day:02}T02:00:00Z")];
        newsroom
            .round(&format!("2025-11-{day:02}T09:00:00Z"), &dates.each_ref().map(String::as_str));
    }
    newsroom.check_chain();
    // The source lists the last one only, and the others are older than what is kept.
    let all = newsroom.items.clone();
    newsroom.items.truncate(1);
    newsroom.round("2025-11-29T09:00:00Z", &[]);
    let said = newsroom.desk.run_at(Some("2025-12-02T09:00:00Z"), &["once", "--force"]);
    assert_eq!(said.code, 0, "{said:?}");
    let (found, walked) = newsroom.walk("atom");
    // All but the half that the feed alone showed when its stories went.
    assert!(found.len() >= all.len() - 2, "{found:?} {walked:?}");
    assert!(walked.contains(&"all/archive/2025-11-part-1.atom".to_owned()), "{walked:?}");
}

#[test]
fn a_feed_that_gets_another_format_has_its_archives_in_it() {
    let mut newsroom = Newsroom::open(&format!("{FEED}formats = [\"atom\"]\n"));
    newsroom.round("2025-11-02T09:00:00Z", &["2025-09-30T10:00:00Z", "2025-10-30T10:00:00Z"]);
    newsroom.round("2025-12-02T09:00:00Z", &["2025-11-11T10:00:00Z"]);
    let before = newsroom.archives();
    assert_eq!(before.len(), 3);
    let config =
        newsroom.desk.read("feeds.toml").replace("[\"atom\"]", "[\"atom\", \"json\", \"rss\"]");
    newsroom.desk.configure(&config);
    newsroom.round("2025-12-03T09:00:00Z", &[]);
    newsroom.check_chain();
    let after = newsroom.archives();
    assert_eq!(after.len(), 9);
    assert!(before.iter().all(|(name, bytes)| after.get(name) == Some(bytes)));
}

#[test]
fn two_machines_write_the_same_archives() {
    let rounds = |newsroom: &mut Newsroom| {
        newsroom.round("2025-11-02T09:00:00Z", &["2025-09-30T10:00:00Z", "2025-10-30T10:00:00Z"]);
        newsroom.round("2025-12-02T09:00:00Z", &["2025-11-11T10:00:00Z"]);
        newsroom.archives()
    };
    let mut one = Newsroom::open(FEED);
    let mut other = Newsroom::open(FEED);
    let port = |newsroom: &Newsroom| newsroom.origin.url("/").replace("/rss", "");
    let (first, second) = (rounds(&mut one), rounds(&mut other));
    let (here, there) = (port(&one), port(&other));
    let same = |bytes: &Vec<u8>, url: &str| String::from_utf8_lossy(bytes).replace(url, "ORIGIN/");
    for (name, bytes) in &first {
        assert_eq!(same(bytes, &here), same(&second[name], &there), "{name}");
    }
    // Lost files are written again from the store, to the byte.
    std::fs::remove_dir_all(one.desk.file("public")).unwrap();
    one.round("2025-12-02T09:30:00Z", &[]);
    assert_eq!(one.archives(), first);
}

#[test]
fn archives_are_served_as_they_are() {
    let mut newsroom = Newsroom::open(&format!("{FEED}limit = 2\n"));
    newsroom.round(
        "2025-11-05T09:00:00Z",
        &[
            "2025-10-01T00:00:00Z",
            "2025-11-02T01:00:00Z",
            "2025-11-03T01:00:00Z",
            "2025-11-04T01:00:00Z",
        ],
    );
    let config = newsroom.desk.read("feeds.toml").replace("\"off\"", "\"127.0.0.1:0\"");
    newsroom.desk.configure(&config);
    let service = newsroom.desk.serve_at(Some("2025-11-05T10:00:00Z"));
    for (name, bytes) in newsroom.archives() {
        let (status, headers, body) = service.get(&format!("/feeds/{name}"), &[]);
        assert_eq!((status, &body), (200, &bytes), "{name}");
        let header = |name: &str| {
            let found = headers.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        assert!(header("content-type").contains(name.rsplit_once('.').unwrap().1), "{headers:?}");
        assert_eq!(header("access-control-allow-origin"), "*");
        let etag = header("etag");
        let (status, ..) = service.get(&format!("/feeds/{name}"), &[("If-None-Match", &etag)]);
        assert_eq!(status, 304);
    }
    // The next archive of the last month: so far its stories are in the feed.
    let (status, headers, _) = service.get("/feeds/all/archive/2025-11.atom", &[]);
    assert_eq!(status, 307);
    assert!(headers.contains(&("location".to_owned(), "../../all.atom".to_owned())), "{headers:?}");
    for nothing in [
        "2025-09.atom",
        "2025-10.html",
        "2025-10",
        "../2025-10.atom",
        "2025-10.atom/x",
        "..%2f..%2fall.atom",
    ] {
        let (status, ..) = service.get(&format!("/feeds/all/archive/{nothing}"), &[]);
        assert_eq!(status, 404, "{nothing}");
    }
    service.stop();
}
