//! What only the curator sees: pages of topics, what was dropped or folded, and the feed of it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[cfg(test)]
mod support;

use std::time::Duration;

use serde_json::Value;
use support::at;
use support::desk::{Desk, Service, get_at};
use support::documents::{item, rss};
use support::origin::{Answer, Origin};
use support::until;

const RSS: &str = "application/rss+xml";
const KEY: &str = "0123456789abcdef-rejects";
const TOKEN: &str = "fedcba9876543210-admin";
/// What a proxy adds to what it passes on: such a request is not of this machine.
const ELSEWHERE: (&str, &str) = ("X-Forwarded-For", "198.51.100.7");

struct Newsroom {
    _origin: Origin,
    desk: Desk,
    service: Service,
}

impl Newsroom {
    fn new(server: &str) -> Newsroom {
        let origin = Origin::start();
        let mut chips = item(4, "Chips exports rise, 반도체 수출 증가");
        chips.summary = "Exports of semiconductors rose by a fifth.".to_owned();
        let items = [
            item(1, "Budget passes"),
            item(2, "Potato chips &lt;script> recalled"),
            item(3, "Talks on chips resume"),
            chips,
        ];
        origin.set("/a", Answer::document(RSS, rss("Daily", &items)));
        let mut repost = item(3, "Talks on chips resume");
        repost.guid = "b3".to_owned();
        repost.link = "https://b.example/3".to_owned();
        repost.date = "Thu, 30 Oct 2025 06:30:00 +0000".to_owned();
        origin.set("/b", Answer::document(RSS, rss("B", &[repost])));
        let rest = "topics = [\"chips\"]\n[topic.chips]\nany = [\"chips\", \"semiconductor\"]\nnone = [\"potato\"]\n[[feed]]\nname = \"turned-down\"\ntitle = \"Turned down\"\nkind = \"rejects\"\nsecret = { file = \"rejects.key\" }\n";
        let config = Desk::config(&[("a", origin.url("/a")), ("b", origin.url("/b"))], rest)
            .replace("listen = \"off\"", &format!("listen = \"127.0.0.1:0\"\n{server}"));
        let desk = Desk::new("");
        std::fs::write(desk.file("rejects.key"), format!("{KEY}\n")).unwrap();
        std::fs::write(desk.file("admin.token"), TOKEN).unwrap();
        desk.configure(&config);
        // The one source before the other: so it is known who opened the story.
        let said = desk.run_at(Some(&at(0)), &["once", "--source", "a"]);
        assert_eq!(said.code, 0, "{said:?}");
        let service = desk.serve_at(Some(&at(0)));
        service.wait_for_titles(
            "all",
            &["Chips exports rise, 반도체 수출 증가", "Talks on chips resume"],
        );
        Newsroom { _origin: origin, desk, service }
    }

    /// Waits until the second source has been read too.
    fn settled(self) -> Newsroom {
        until("both sources", Duration::from_secs(20), || {
            self.page("/rejects", &[]).contains("Folded into").then_some(())
        });
        self
    }

    /// Status and text of a page, and its headers as lines.
    fn get(&self, path: &str, headers: &[(&str, &str)]) -> (u16, String, String) {
        let (status, answered, body) = self.service.get(path, headers);
        let lines = answered.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
        (status, String::from_utf8_lossy(&body).into_owned(), lines)
    }

    #[track_caller]
    fn page(&self, path: &str, headers: &[(&str, &str)]) -> String {
        let (status, text, _) = self.get(path, headers);
        assert_eq!(status, 200, "{path}\n{text}");
        text
    }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[test]
fn the_feed_of_rejects_tells_what_was_dropped_or_folded_and_why() {
    let newsroom = Newsroom::new("").settled();
    let get = |path: &str| newsroom.get(path, &[ELSEWHERE]);
    let (status, json, headers) = get(&format!("/feeds/turned-down.json?key={KEY}"));
    assert_eq!(status, 200, "{json}");
    assert!(headers.contains("cache-control: private, no-cache"), "{headers}");
    assert!(!headers.contains("access-control-allow-origin"), "{headers}");
    let feed: Value = serde_json::from_str(&json).unwrap();
    let items = feed["items"].as_array().unwrap();
    let titles: Vec<&str> = items.iter().map(|item| item["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["Talks on chips resume", "Potato chips ‹script› recalled"]);
    let html = |index: usize| items[index]["content_html"].as_str().unwrap();
    assert!(html(0).starts_with("<p>Folded into: “Talks on chips resume” (a news), because: same headline after folding: "), "{json}");
    assert!(
        html(1)
            .starts_with("<p>Dropped by the topic chips: “potato” in the title (topic.chips.none)"),
        "{json}"
    );
    assert!(!html(1).contains("<script"), "{json}");
    // Whoever reads the document finds it again.
    assert!(
        feed["feed_url"].as_str().unwrap().ends_with(&format!("/feeds/turned-down.json?key={KEY}"))
    );
    for (format, item) in [("rss", "<item>"), ("atom", "<entry")] {
        let (status, text, headers) = get(&format!("/feeds/turned-down.{format}?key={KEY}"));
        assert_eq!((status, text.matches(item).count()), (200, 2), "{text}");
        let etag = headers.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap();
        let again = newsroom.get(
            &format!("/feeds/turned-down.{format}?key={KEY}"),
            &[ELSEWHERE, ("If-None-Match", etag)],
        );
        assert_eq!(again.0, 304);
    }
    newsroom.service.stop();
}

#[test]
fn without_its_key_there_is_no_such_feed() {
    let newsroom = Newsroom::new("").settled();
    let (status, unknown, _) = newsroom.get("/feeds/turned-up.json", &[]);
    assert_eq!(status, 404);
    let check = |path: &str, headers: &[(&str, &str)]| {
        let (status, text, _) = newsroom.get(path, headers);
        assert_eq!((status, &text), (404, &unknown), "{path}");
    };
    check("/feeds/turned-down.json", &[]);
    check("/feeds/turned-down.json?key=", &[]);
    check("/feeds/turned-down.json?key=wrong", &[]);
    check(&format!("/feeds/turned-down.json?key={KEY}x"), &[]);
    check(&format!("/feeds/turned-down.json?token={KEY}"), &[]);
    check(&format!("/feeds/turned-down.html?key={KEY}"), &[]);
    check("/feeds/turned-down.json", &[("Authorization", "Bearer wrong")]);
    // It is on no list and in no file.
    for page in ["/", "/opml", "/sources", "/topics/chips", "/metrics", "/nowhere"] {
        let (_, text, _) = newsroom.get(page, &[ELSEWHERE]);
        assert!(!text.contains("turned-down") && !text.contains("Turned down"), "{page}\n{text}");
    }
    let files: Vec<String> = newsroom.desk.published().into_iter().map(|(name, _)| name).collect();
    assert_eq!(files, ["all.atom", "all.html", "all.json", "all.rss", "sources.opml"]);
    let said = newsroom.desk.run(&["status", "--json"]);
    assert!(!said.out.contains("turned-down"), "{said:?}");
    assert!(!newsroom.desk.run(&["export", "--opml"]).out.contains("turned"));
    // Nor does anything that is said hold the key.
    newsroom.get(&format!("/feeds/turned-down.json?key={KEY}"), &[]);
    let said = newsroom.desk.run(&["check"]);
    let log = newsroom.service.stop();
    assert!(!log.contains(KEY) && !said.out.contains(KEY) && !said.err.contains(KEY), "{log}");
}

#[test]
fn a_feed_of_rejects_follows_its_rules_while_the_service_runs() {
    let newsroom = Newsroom::new("").settled();
    let titles = || {
        let (_, json, _) = newsroom.get(&format!("/feeds/turned-down.json?key={KEY}"), &[]);
        let feed: Value = serde_json::from_str(&json).unwrap_or_default();
        let items = feed["items"].as_array().cloned().unwrap_or_default();
        items.iter().map(|item| item["title"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(titles().len(), 2);
    let config = newsroom.desk.read("feeds.toml");
    newsroom.desk.configure(&config.replace("\"potato\"", "\"exports\""));
    until("the new rule", Duration::from_secs(20), || {
        titles().iter().any(|title| title.starts_with("Chips exports")).then_some(())
    });
    assert!(!titles().iter().any(|title| title.starts_with("Potato")));
    std::fs::write(newsroom.desk.file("rejects.key"), "another-key-0123456789").unwrap();
    newsroom.service.signal("HUP");
    until("the new key", Duration::from_secs(20), || titles().is_empty().then_some(()));
    let (status, _, _) = newsroom.get("/feeds/turned-down.json?key=another-key-0123456789", &[]);
    assert_eq!(status, 200);
    newsroom.service.stop();
}

#[test]
fn a_feed_of_rejects_without_a_secret_is_an_error() {
    let check = |feed: &str, words: &str, code: i32| {
        let desk = Desk::new(&format!(
            "[[source]]\nurl = \"https://a.example/rss\"\n[[feed]]\nname = \"x\"\n{feed}\n"
        ));
        let said = desk.run(&["check"]);
        assert!(said.code == code && said.err.contains(words), "{words}: {said:?}");
        assert!(!said.err.contains("hunter2"), "{said:?}");
    };
    check("kind = \"rejects\"", "this feed of rejects has no `secret`", 2);
    check("kind = \"rejects\"\nsecret = { env = \"NOWHERE_SET\" }", "`NOWHERE_SET` is not set", 2);
    check("kind = \"rejects\"\nsecret = \"\"", "an empty secret keeps nobody out", 2);
    check("kind = \"rejects\"\nsecret = \"hunter2\"", "shorter than 16 characters", 0);
    check("kind = \"rejects\"\nsecret = \"hunter2hunter2hunter2\"", "is written in the file", 0);
    check(
        "kind = \"rejects\"\nsecret = \"hunter2hunter2hunter2\"\nmerge = \"none\"",
        "each entry is an item",
        2,
    );
    check(
        "kind = \"rejects\"\nsecret = \"hunter2hunter2hunter2\"\nformats = [\"html\"]",
        "`formats` cannot be `html`",
        2,
    );
    check("kind = \"reject\"", "did you mean `rejects`?", 2);
    check("secret = \"hunter2hunter2hunter2\"", "a feed of stories is public", 2);
}

#[test]
fn the_page_of_a_topic_says_its_rule_and_what_it_found() {
    let newsroom = Newsroom::new("").settled();
    let page = newsroom.page("/topics/chips", &[]);
    for text in [
        "<h1>Chips</h1>",
        "It keeps what has one of <code dir=\"auto\">chips</code>, <code dir=\"auto\">semiconductor</code>",
        "It drops what has one of <code dir=\"auto\">potato</code>",
        "3 entries kept in the last 14 days",
        "Entries kept a day: Thu 30 Oct 3",
        "Talks on <mark>chips</mark> resume",
        "<mark>Chips</mark> exports rise, 반도체 수출 증가",
        "Exports of <mark>semiconductor</mark>s rose",
        "<mark>Potato</mark> chips &#60;script&#62;",
        "<textarea",
    ] {
        assert!(page.contains(text), "{text} is not in\n{page}");
    }
    assert!(!page.contains("<script>"));
    assert_eq!(newsroom.get("/topics/nope", &[]).0, 404);
    assert_eq!(newsroom.get("/topics/no%20pe", &[]).0, 404);
    // The front page leads there.
    assert!(newsroom.page("/", &[]).contains("<a href=\"topics/chips\">Chips</a>"));
    // Others see the rule and what it kept, and no more.
    let public = newsroom.page("/topics/chips", &[ELSEWHERE]);
    assert!(public.contains("It drops what has one of") && public.contains("Talks on <mark>"));
    for text in ["<mark>Potato</mark>", "<textarea", "rejects"] {
        assert!(!public.contains(text), "{text} is in\n{public}");
    }
    assert_eq!(newsroom.page("/topics/chips?rule=budget", &[ELSEWHERE]), public);
    newsroom.service.stop();
}

#[test]
fn a_rule_is_tried_on_the_page_without_script() {
    let newsroom = Newsroom::new("").settled();
    let tried =
        |rule: &str| newsroom.page(&format!("/topics/chips?rule={}&days=7", encoded(rule)), &[]);
    let page = tried("반도체 OR budget");
    for text in [
        "<b>2 of 5 entries match</b> (7 days)",
        "the rule would add 1 and remove 2",
        "<mark>Budget</mark> passes",
        "<mark>반도체</mark> 수출 증가",
        "반도체 OR budget</textarea>",
        "<option value=\"7\" selected>",
    ] {
        assert!(page.contains(text), "{text} is not in\n{page}");
    }
    let page = tried("budget AND (\"<b>\" OR");
    assert!(
        page.contains("The rule cannot be read.") && page.contains("line 1, column "),
        "{page}"
    );
    let page = tried("budget\r\nAND (x");
    assert!(page.contains("line 2, column 5: ") && page.contains("<mark>(</mark>x"), "{page}");
    let (status, _, headers) = newsroom.get(&format!("/topics/chips?rule={}", encoded("x")), &[]);
    assert_eq!(status, 200);
    assert!(headers.contains("form-action 'self'") && !headers.contains("script-src"), "{headers}");
    // As long as a rule may be, and longer than an address may be.
    assert!(
        tried("한일 OR ".repeat(100).trim_end_matches(" OR ")).contains("of 5 entries match</b>")
    );
    assert_eq!(newsroom.get(&format!("/topics/chips?rule={}", "x".repeat(13_000)), &[]).0, 414);
    newsroom.service.stop();
}

#[test]
fn the_page_of_rejects_is_for_the_desk() {
    let newsroom = Newsroom::new("admin_token = { file = \"admin.token\" }").settled();
    let here = newsroom.page("/rejects", &[]);
    for text in [
        "<b>Dropped by</b> <a href=\"topics/chips\">chips</a> – headline: <q>potato</q>",
        "<b>Folded into</b>",
        "it has the headline of another",
        "&#60;script&#62;",
    ] {
        assert!(here.contains(text), "{text} is not in\n{here}");
    }
    let (status, closed, headers) = newsroom.get("/rejects", &[ELSEWHERE]);
    assert_eq!(status, 401);
    assert!(headers.contains("www-authenticate: Bearer") && !closed.contains("potato"), "{closed}");
    let bearer = format!("Bearer {TOKEN}");
    assert_eq!(newsroom.page("/rejects", &[ELSEWHERE, ("Authorization", &bearer)]), here);
    assert_eq!(newsroom.get("/rejects", &[ELSEWHERE, ("Authorization", "Bearer wrong")]).0, 401);
    // Once in the address, then in a cookie.
    let (status, _, headers) = newsroom.get(&format!("/rejects?token={TOKEN}"), &[ELSEWHERE]);
    assert_eq!(status, 303, "{headers}");
    let line = |name: &str| headers.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    assert_eq!(line("location: "), "./rejects");
    let cookie = line("set-cookie: ").split(';').next().unwrap();
    assert!(!headers.contains(TOKEN), "{headers}");
    let (status, text, headers) = newsroom.get("/rejects", &[ELSEWHERE, ("Cookie", cookie)]);
    assert_eq!((status, &text), (200, &here));
    assert!(headers.contains("cache-control: private"), "{headers}");
    assert!(newsroom.page("/topics/chips", &[ELSEWHERE, ("Cookie", cookie)]).contains("<textarea"));
    // Another name for this machine is another site's trick.
    let base = newsroom.service.base();
    let host = base.trim_start_matches("http://").trim_end_matches('/');
    let (status, _, _) = get_at(host, "/rejects", &[ELSEWHERE]);
    assert_eq!(status, 401);
    // Guessing ends soon.
    let mut statuses = Vec::new();
    for _ in 0..14 {
        statuses.push(newsroom.get("/rejects?token=guess", &[ELSEWHERE]).0);
    }
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
    let log = newsroom.service.stop();
    assert!(!log.contains(TOKEN), "{log}");
}
