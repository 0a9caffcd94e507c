//! A source goes wrong over days, and the desk says so without losing or inventing news.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[cfg(test)]
mod support;

use std::time::Duration;

use serde_json::Value;
use support::desk::{Desk, Service};
use support::documents::{Item, item, rss};
use support::origin::{Answer, Origin};
use support::until;

const RSS: &str = "application/rss+xml";

/// So many hours after 30 October 2025, 07:00 UTC.
fn hours(hours: i64) -> String {
    let at = chrono::DateTime::from_timestamp(1_761_807_600 + hours * 3_600, 0).unwrap();
    at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

const HEADLINES: [&str; 6] = [
    "Storm closes ports along the coast",
    "Budget passes after a long night",
    "Talks on chips resume in Tokyo",
    "Minister visits flooded valley",
    "New library opens its doors",
    "Leaders meet at the summit",
];

fn items() -> Vec<Item> {
    HEADLINES.iter().zip(1..).map(|(title, number)| item(number, title)).collect()
}

struct Newsroom {
    origin: Origin,
    desk: Desk,
}

impl Newsroom {
    fn new() -> Newsroom {
        let origin = Origin::start();
        origin.set("/a", Answer::document(RSS, rss("Daily", &items())));
        let desk = Desk::of_sources(&[("a", origin.url("/a"))]);
        Newsroom { origin, desk }
    }

    /// One round; gives how many entries were new.
    #[track_caller]
    fn round(&self, at: i64) -> u64 {
        let said = self.desk.run_at(Some(&hours(at)), &["once", "--force", "--json"]);
        said.json()[0]["new"].as_u64().unwrap()
    }

    /// What `status` says of the source.
    fn status(&self, at: i64) -> Value {
        self.desk.run_at(Some(&hours(at)), &["status", "--json"]).line("source", "a")
    }
}

#[test]
fn other_guids_are_no_news() {
    let newsroom = Newsroom::new();
    assert_eq!(newsroom.round(0), 6);
    let ids = newsroom.desk.ids("all");
    let renamed: Vec<Item> = items()
        .into_iter()
        .map(|item| Item { guid: item.link.replace("https://", "urn:"), ..item })
        .collect();
    newsroom.origin.set("/a", Answer::document(RSS, rss("Daily", &renamed)));
    assert_eq!(newsroom.round(1), 0);
    // Once more, with a story that is news, at other addresses and without dates.
    let mut again: Vec<Item> = items()
        .into_iter()
        .map(|item| Item { guid: format!("x{}", item.guid), date: String::new(), ..item })
        .collect();
    newsroom.origin.set("/a", Answer::document(RSS, rss("Daily", &again)));
    assert_eq!(newsroom.round(2), 0);
    assert_eq!(newsroom.desk.ids("all"), ids);
    again.insert(0, item(7, "Ports open again"));
    newsroom.origin.set("/a", Answer::document(RSS, rss("Daily", &again)));
    assert_eq!(newsroom.round(3), 1);
    // After a document without entries they are known still.
    newsroom.origin.set("/a", Answer::document(RSS, rss("Daily", &[])));
    assert_eq!(newsroom.round(4), 0);
    let back: Vec<Item> =
        again.into_iter().map(|item| Item { guid: format!("y{}", item.guid), ..item }).collect();
    newsroom.origin.set("/a", Answer::document(RSS, rss("Daily", &back)));
    assert_eq!(newsroom.round(5), 0);
    assert_eq!(newsroom.desk.titles("all").len(), 7);
}

/// The kinds of what stands against the source.
fn open(status: &Value) -> Vec<&str> {
    let findings = status["findings"].as_array().map(Vec::as_slice).unwrap_or_default();
    let open = findings.iter().filter(|finding| finding["closed"].is_null());
    open.map(|finding| finding["kind"].as_str().unwrap()).collect()
}

#[test]
fn a_web_page_in_the_place_of_the_feed_is_found_and_forgiven() {
    let newsroom = Newsroom::new();
    newsroom.round(0);
    let feed = Answer::document(RSS, rss("Daily", &items()));
    let sorry = "<!DOCTYPE html><html><head><title>Sorry</title></head><body><p>Nothing here";
    newsroom.origin.set("/a", Answer::bare("text/html", sorry));
    newsroom.round(1);
    assert!(open(&newsroom.status(1)).is_empty(), "one odd answer is none");
    newsroom.round(2);
    let status = newsroom.status(2);
    assert_eq!(open(&status), ["soft-404"], "{status}");
    let finding = &status["findings"][0];
    assert_eq!(
        (finding["first"].as_str(), finding["last"].as_str()),
        (Some(&*hours(1)), Some(&*hours(2)))
    );
    assert_eq!(finding["severity"], "loss");
    let words = finding["words"].as_str().unwrap();
    assert_eq!(words, "a web page “Sorry” comes with status 200, not the feed");
    assert!(!finding["advice"].as_str().unwrap().is_empty());
    let said = newsroom.desk.run_at(Some(&hours(2)), &["status"]);
    assert!(said.out.contains("soft-404"), "{said:?}");
    let said = newsroom.desk.run_at(Some(&hours(2)), &["status", "--source", "a"]);
    assert!(
        said.out.contains("a web page “Sorry”") && said.out.contains("tidings add"),
        "{said:?}"
    );
    // What was read before stays published.
    assert_eq!(newsroom.desk.titles("all").len(), 6);
    newsroom.origin.set("/a", feed);
    newsroom.round(3);
    let status = newsroom.status(3);
    assert!(open(&status).is_empty(), "{status}");
    assert_eq!(status["findings"][0]["closed"].as_str(), Some(&*hours(3)));
    assert_eq!(status["findings"][0]["last"].as_str(), Some(&*hours(2)));
}

#[test]
fn what_goes_wrong_inside_a_feed_is_found() {
    let check = |answer: &dyn Fn() -> Answer, want: &[&str]| {
        let newsroom = Newsroom::new();
        newsroom.round(0);
        newsroom.origin.set("/a", answer());
        newsroom.round(1);
        let early = newsroom.status(1);
        newsroom.round(2);
        let status = newsroom.status(2);
        assert_eq!(open(&status), want, "{status}");
        if want != ["guids-changed"] {
            assert!(open(&early).is_empty(), "after one answer: {early}");
        }
        status
    };
    let document = |items: &[Item]| Answer::document(RSS, rss("Daily", items));
    let each =
        |change: &dyn Fn(Item) -> Item| -> Vec<Item> { items().into_iter().map(change).collect() };
    check(&|| document(&items()), &[]);
    check(&|| document(&[]), &["no-items"]);
    let titled = |title: &dyn Fn(&str) -> String| {
        each(&|item: Item| Item { title: title(&item.title), ..item })
    };
    check(&|| document(&titled(&|_| String::new())), &["titles-changed"]);
    check(&|| document(&titled(&|_| "Untitled".to_owned())), &["titles-changed"]);
    check(&|| document(&titled(&|title| format!("[속보] {title}"))), &["titles-changed"]);
    let ahead = |item| Item { date: "Fri, 01 Jan 2027 00:00:00 +0000".to_owned(), ..item };
    check(&|| document(&each(&ahead)), &["future-dates"]);
    let renamed = |item: Item| Item { guid: format!("new-{}", item.guid), ..item };
    check(&|| document(&each(&renamed)), &["guids-changed"]);
    // EUC-KR that nobody says is EUC-KR.
    let korean = || {
        let words = [
            0xbc_u8, 0xbc, 0xc1, 0xbe, 0xbd, 0xc3, 0xbf, 0xa1, 0x20, 0xbb, 0xf5, 0xb7, 0xce, 0xbf,
            0xee,
        ];
        let text = rss("Daily", &titled(&|title| format!("{title} MARK")))
            .replace(" encoding=\"UTF-8\"", "");
        let mut bytes = Vec::new();
        for (at, part) in text.split("MARK").enumerate() {
            if at > 0 {
                bytes.extend(words);
            }
            bytes.extend(part.bytes());
        }
        Answer::bare(RSS, bytes)
    };
    check(&korean, &["encoding-guessed"]);
    let parked = "<html><body><h1>daily.example</h1><p>This domain is for sale. Make an offer.";
    let status = check(&|| Answer::bare("text/html", parked), &["parked-domain"]);
    assert_eq!(
        status["findings"][0]["words"],
        "the domain is parked: its page says “domain is for sale”"
    );
}

#[test]
fn a_daily_that_stops_is_silent_and_others_are_not() {
    let origin = Origin::start();
    let daily: Vec<Item> = (0..28)
        .map(|day| Item {
            date: format!("Day, {:02} Oct 2025 06:10:00 +0000", day + 3),
            ..item(day + 1, &format!("The news of day {day}"))
        })
        .map(|item| Item { date: item.date.replace("Day, ", ""), ..item })
        .collect();
    origin.set("/daily", Answer::document(RSS, rss("Daily", &daily)));
    origin.set("/once", Answer::document(RSS, rss("Once", &daily[20..22])));
    let desk = Desk::of_sources(&[("daily", origin.url("/daily")), ("once", origin.url("/once"))]);
    let round = |at: i64| {
        desk.run_at(Some(&hours(at)), &["once", "--force"]);
        let said = desk.run_at(Some(&hours(at)), &["status", "--json"]);
        let of = |key: &str| open(&said.line("source", key)).join(" ");
        (of("daily"), of("once"))
    };
    for (at, want) in [(0, ""), (24, ""), (48, ""), (96, "silent"), (120, "silent")] {
        assert_eq!(round(at), (want.to_owned(), String::new()), "after {at} h");
    }
    let said = desk.run_at(Some(&hours(120)), &["status", "--json"]).line("source", "daily");
    assert_eq!(said["findings"][0]["first"], "2025-10-30T07:00:00Z", "{said}");
    let mut more = daily;
    more.insert(
        0,
        Item { date: "04 Nov 2025 08:00:00 +0000".to_owned(), ..item(40, "Back again") },
    );
    origin.set("/daily", Answer::document(RSS, rss("Daily", &more)));
    assert_eq!(round(122), (String::new(), String::new()));
    let days = desk.run_at(Some(&hours(122)), &["status", "--json"]).line("source", "daily");
    let days = days["days"].as_array().unwrap();
    assert_eq!(days.len(), 5, "{days:?}");
    assert_eq!(
        (&days[0]["items"], &days[0]["polls"], &days[4]["items"]),
        (&28.into(), &1.into(), &1.into())
    );
}

const KEY: &str = "0123456789abcdef-health";
/// What a proxy adds to what it passes on: such a request is not of this machine.
const ELSEWHERE: (&str, &str) = ("X-Forwarded-For", "198.51.100.7");

/// A service at so many hours, whose source shows a web page since then.
fn served(newsroom: &Newsroom, at: i64) -> Service {
    let feed = "[[feed]]\nname = \"wrong\"\ntitle = \"What is wrong\"\nkind = \"health\"\nsecret = { file = \"health.key\" }\n";
    let config = Desk::config(&[("a", newsroom.origin.url("/a"))], feed)
        .replace("listen = \"off\"", "listen = \"127.0.0.1:0\"")
        .replace("[[source]]", "# The daily.\n[[source]]");
    std::fs::write(newsroom.desk.file("health.key"), format!("{KEY}\n")).unwrap();
    newsroom.desk.configure(&config);
    newsroom.desk.serve_at(Some(&hours(at)))
}

fn text(service: &Service, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let (status, _, body) = service.get(path, headers);
    (status, String::from_utf8_lossy(&body).into_owned())
}

#[test]
fn what_is_wrong_is_told_to_the_curator_alone() {
    let newsroom = Newsroom::new();
    newsroom.round(0);
    newsroom.origin.set("/a", Answer::bare("text/html", "<html><body>This domain is for sale"));
    newsroom.round(1);
    newsroom.round(2);
    let service = served(&newsroom, 2);
    let path = format!("/feeds/wrong.json?key={KEY}");
    let item = |service: &Service| {
        let (status, json) = text(service, &path, &[ELSEWHERE]);
        assert_eq!(status, 200, "{json}");
        let feed: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(feed["items"].as_array().map(Vec::len), Some(1), "{json}");
        feed["items"][0].clone()
    };
    let open = item(&service);
    assert_eq!(open["title"], "a news: Parked domain", "{open}");
    let html = open["content_html"].as_str().or(open["summary"].as_str()).unwrap();
    assert!(html.contains("The domain is parked") && html.contains("find its new one"), "{open}");
    for format in ["rss", "atom"] {
        assert_eq!(text(&service, &format!("/feeds/wrong.{format}?key={KEY}"), &[]).0, 200);
    }
    // Without the key there is no such feed, and no public document speaks of it.
    assert_eq!(text(&service, "/feeds/wrong.json", &[]).0, 404);
    assert_eq!(text(&service, "/feeds/wrong.json?key=wrong", &[]).0, 404);
    for page in ["/", "/opml", "/sources", "/feeds/all.json", "/feeds/all.rss"] {
        let (_, text) = text(&service, page, &[ELSEWHERE]);
        assert!(!text.contains("What is wrong"), "{page}: {text}");
        assert!(page == "/sources" || !text.contains("arked"), "{page}: {text}");
    }
    let metrics = until("the metric", Duration::from_secs(10), || {
        let (_, metrics) = text(&service, "/metrics", &[]);
        metrics.contains("tidings_source_findings{kind=\"parked-domain\"} 1").then_some(metrics)
    });
    assert!(metrics.contains("tidings_source_findings{kind=\"silent\"} 0"), "{metrics}");
    let (_, page) = text(&service, "/sources", &[]);
    for part in
        ["Parked domain", "nothing comes in", "role=\"img\"", "find its new one", "Find and add"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    let (_, page) = text(&service, "/sources?lang=ko&order=name", &[]);
    assert!(page.contains("판매 중인 도메인"), "{page}");
    let (status, page) = text(&service, "/status", &[]);
    assert_eq!(status, 200, "{page}");
    for part in ["Parked domain", "a news", "All of it", "all.rss", "Store"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(text(&service, "/status", &[ELSEWHERE]).0, 401);
    service.stop();
    // Once it is over the item says so, and is the same item.
    newsroom.origin.set("/a", Answer::document(RSS, rss("Daily", &items())));
    newsroom.round(5);
    let service = newsroom.desk.serve_at(Some(&hours(5)));
    let closed = item(&service);
    assert_eq!(closed["title"], "a news: Parked domain (over)");
    assert_eq!(closed["id"], open["id"]);
    service.stop();
}

/// The token of the forms on the page of the sources.
fn form_token(service: &Service) -> String {
    let (_, page) = text(service, "/sources", &[]);
    let at = page.find("name=\"form-token\" value=\"").unwrap();
    page[at..].split('"').nth(3).unwrap().to_owned()
}

#[test]
fn sources_are_added_and_paused_on_their_page() {
    let newsroom = Newsroom::new();
    let page = "<html><head><link rel=\"alternate\" type=\"application/rss+xml\" href=\"/b.rss\"></head><body>Home";
    newsroom.origin.set("/home", Answer::bare("text/html", page));
    newsroom
        .origin
        .set("/b.rss", Answer::document(RSS, rss("The Second", &[item(30, "Ports open again")])));
    let service = served(&newsroom, 0);
    service.wait_for_titles(
        "all",
        &[
            "Leaders meet at the summit",
            "New library opens its doors",
            "Minister visits flooded valley",
            "Talks on chips resume in Tokyo",
            "Budget passes after a long night",
            "Storm closes ports along the coast",
        ],
    );
    let token = form_token(&service);
    let post = |path: &str, field: (&str, &str), headers: &[(&str, &str)]| {
        let (status, _, text) = service.post(path, headers, &[("form-token", &token), field]);
        (status, String::from_utf8_lossy(&text).into_owned())
    };
    // Neither from elsewhere, nor for another site, nor without the token of the page.
    assert_eq!(post("/sources/pause", ("source", "a"), &[ELSEWHERE]).0, 401);
    assert_eq!(
        post(
            "/sources/pause",
            ("source", "a"),
            &[("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")]
        )
        .0,
        403
    );
    assert_eq!(service.post("/sources/pause", &[], &[("source", "a")]).0, 403);
    assert_eq!(post("/sources/pause", ("source", "none"), &[]).0, 404);
    assert!(!newsroom.desk.read("feeds.toml").contains("paused"));

    assert_eq!(post("/sources/pause", ("source", "a"), &[]).0, 303);
    let config = newsroom.desk.read("feeds.toml");
    assert!(config.contains("# The daily.\n") && config.contains("\npaused = true\n"), "{config}");
    let (_, sources) = text(&service, "/sources", &[]);
    assert!(sources.contains("Resume") && sources.contains("paused"), "{sources}");
    let said = newsroom.desk.run_at(Some(&hours(50)), &["status", "--json"]);
    assert_eq!(said.line("source", "a")["next_due"], Value::Null, "{said:?}");
    assert_eq!(said.line("source", "a")["paused"], true);
    assert_eq!(post("/sources/resume", ("source", "a"), &[]).0, 303);
    assert!(!newsroom.desk.read("feeds.toml").contains("paused"));

    let home = newsroom.origin.url("/home");
    let (status, said) = post("/sources/add", ("url", &home), &[]);
    assert_eq!(status, 303, "{said}");
    let config = newsroom.desk.read("feeds.toml");
    assert!(config.contains("# The daily.\n") && config.contains("The Second"), "{config}");
    until("the new source is read", Duration::from_secs(20), || {
        newsroom.desk.read("public/all.json").contains("Ports open again").then_some(())
    });
    let (status, said) = post("/sources/add", ("url", &home), &[]);
    assert!(status == 409 && said.contains("is there already"), "{status} {said}");
    let (status, said) = post("/sources/add", ("url", "file:///etc/passwd"), &[]);
    assert!(status == 422 && said.contains("only http and https"), "{status} {said}");
    service.stop();
}

#[test]
fn a_paused_source_is_left_alone() {
    let newsroom = Newsroom::new();
    let config = newsroom.desk.read("feeds.toml");
    newsroom
        .desk
        .configure(&config.replace("name = \"a news\"", "name = \"a news\"\npaused = true"));
    newsroom.round(0);
    assert_eq!(newsroom.origin.count("/a"), 0);
    let said = newsroom.desk.run_at(Some(&hours(0)), &["status"]);
    assert!(said.out.contains("paused"), "{said:?}");
    newsroom.desk.run_at(Some(&hours(0)), &["once", "--force", "--source", "a"]);
    assert_eq!(newsroom.origin.count("/a"), 1, "asked for by name");
}
