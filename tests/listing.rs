//! Pages and sitemaps as sources: what `parse` reads of listings of many shapes, what `add` writes, and what the service makes of both.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on should stop")]

mod support;

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use support::desk::Desk;
use support::origin::{Answer, Origin};

const NOW: &str = "2025-10-30T15:30:00+09:00";

fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/listing").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn file(name: &str) -> String {
    format!("{}/tests/listing/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// `tidings parse` of a fixture as a page of `https://paper.example/list/`.
fn parse(name: &str, more: &[&str]) -> (i32, Value, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_tidings"))
        .args(["parse", "--kind", "page", &file(name)])
        .args(more)
        .env("FEED_BASE_URL", "https://paper.example/list/")
        .env("TIDINGS_NOW", NOW)
        .output()
        .unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), serde_json::from_str(&out).unwrap_or(Value::Null), err)
}

fn titles(feed: &Value) -> Vec<&str> {
    feed["items"].as_array().unwrap().iter().map(|item| item["title"].as_str().unwrap()).collect()
}

#[test]
fn listings_of_many_shapes_are_read() {
    let expected: Value = serde_json::from_slice(&fixture("expected.json")).unwrap();
    let mut wrong = Vec::new();
    for (name, want) in expected.as_object().unwrap() {
        let (code, feed, err) = parse(&format!("{name}.html"), &[]);
        if code != 0 {
            wrong.push(format!("{name}: {err}"));
            continue;
        }
        let wanted: Vec<&str> = want["titles"]
            .as_array()
            .unwrap()
            .iter()
            .map(|title| title.as_str().unwrap())
            .collect();
        if titles(&feed) != wanted {
            wrong.push(format!("{name}: titles {:#?}", titles(&feed)));
        }
        let first = &feed["items"][0];
        for (field, wanted) in
            [("link", &want["link"]), ("published", &want["date"]), ("image", &want["image"])]
        {
            if first[field] != *wanted {
                wrong.push(format!("{name}: {field} is {}, not {wanted}", first[field]));
            }
        }
        if first["summary"].is_string() != want["summary"].as_bool().unwrap() {
            wrong.push(format!("{name}: summary {}", first["summary"]));
        }
        if let Some(item) = feed["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|item| item["published"].is_null() || item["id"].is_null())
        {
            wrong.push(format!("{name}: no date or id in {item}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_page_without_a_list_is_none() {
    let (code, _, err) = parse("none.html", &[]);
    assert!(code == 1 && err.contains("no list of articles"), "{code} {err}");
}

#[test]
fn selectors_say_where_things_are() {
    let (code, feed, err) = parse(
        "ko-cut.html",
        &["--select", "items=dl.article-list", "--select", "title=dt", "--select", "date=.date"],
    );
    assert_eq!(code, 0, "{err}");
    assert!(titles(&feed)[0].starts_with("[정치]"), "{feed}");
    assert_eq!(feed["items"][0]["published"], "2025-10-30T00:00:00Z");
    let (code, _, err) = parse("ko-cut.html", &["--select", "items=.gone"]);
    assert!(code == 1 && err.contains("finds nothing"), "{err}");
    let (code, _, err) = parse("ko-cut.html", &["--select", "items=div["]);
    assert!(code == 2 && err.contains("not a CSS selector"), "{err}");
}

fn html(name: &str) -> Answer {
    Answer::document("text/html", fixture(name))
}

fn page_desk(url: &str, more: &str) -> Desk {
    let config = Desk::config(&[("paper", url.to_owned())], "");
    Desk::new(&config.replace("[[feed]]", &format!("kind = \"page\"\n{more}\n[[feed]]")))
}

fn published(desk: &Desk) -> Vec<String> {
    let feed: Value = serde_json::from_str(&desk.read("public/all.json")).unwrap();
    let items = feed["items"].as_array().unwrap();
    items.iter().map(|item| item["title"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_page_is_polled_like_a_feed() {
    let origin = Origin::start();
    origin.set("/latest", html("ko-portal.html"));
    let desk = page_desk(&origin.url("/latest"), "");
    let run = |now: &str| desk.run_at(Some(now), &["once", "--force"]);
    assert_eq!(run(NOW).code, 0);
    let before = published(&desk);
    assert_eq!(before.len(), 8, "{before:?}");
    // Read again an hour later nothing is new or changed.
    origin.set(
        "/latest",
        Answer::bare("text/html", [fixture("ko-portal.html"), b"<!-- -->".to_vec()].concat()),
    );
    let said = desk.run_at(Some("2025-10-30T16:30:00+09:00"), &["once", "--force", "--json"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("\"new\":0"), "{said:?}");
    assert_eq!(published(&desk), before);
    // Another layout is a failure with words, never an empty feed.
    origin.set("/latest", html("none.html"));
    let said = desk.run_at(Some("2025-10-30T17:30:00+09:00"), &["once", "--force"]);
    assert_eq!(said.code, 1, "{said:?}");
    let status = desk.run(&["status", "--json"]);
    let line = status.line("source", "paper");
    assert_eq!(line["error"]["class"], "layout", "{line}");
    assert!(
        line["error"]["message"].as_str().unwrap().contains("layout of the page has changed"),
        "{line}"
    );
    assert_eq!(published(&desk), before);
}

#[test]
fn estimated_dates_change_nothing_later() {
    let origin = Origin::start();
    let page = String::from_utf8(fixture("ko-cards.html")).unwrap();
    let page = page.replace("https://news.paper.example", "");
    origin.set("/latest", Answer::document("text/html", page.clone()));
    let desk = page_desk(&origin.url("/latest"), "");
    assert_eq!(desk.run_at(Some(NOW), &["once"]).code, 0);
    let before = desk.read("public/all.atom");
    origin.set("/latest", Answer::bare("text/html", page + "<!-- -->"));
    assert_eq!(desk.run_at(Some("2025-10-30T16:50:00+09:00"), &["once", "--force"]).code, 0);
    assert_eq!(desk.read("public/all.atom"), before);
}

#[test]
fn a_page_that_programs_may_not_read_is_not_read() {
    let origin = Origin::start();
    origin.set("/latest", html("ko-portal.html"));
    origin.set("/robots.txt", Answer::document("text/plain", "User-agent: *\nDisallow: /latest\n"));
    let desk = page_desk(&origin.url("/latest"), "");
    assert_eq!(desk.run(&["once"]).code, 1);
    assert_eq!(origin.count("/latest"), 0);
    let line = desk.run(&["status", "--json"]);
    let line = line.line("source", "paper");
    assert_eq!(line["error"]["class"], "robots", "{line}");
}

fn sitemap(items: &[(&str, &str, &str)]) -> String {
    let mut text = String::from(
        "<?xml version=\"1.0\"?><urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" xmlns:news=\"http://www.google.com/schemas/sitemap-news/0.9\">",
    );
    for (path, title, date) in items {
        text.push_str(&format!("<url><loc>{path}</loc><news:news><news:publication><news:name>The Paper</news:name><news:language>en</news:language></news:publication><news:publication_date>{date}</news:publication_date><news:title>{title}</news:title></news:news></url>"));
    }
    text + "</urlset>"
}

fn packed(text: &str) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn an_index_of_sitemaps_is_followed_to_what_is_new() {
    let origin = Origin::start();
    let index = |news: &str| {
        let children = [
            ("/news-1.xml.gz", "2025-10-30T01:00:00Z"),
            ("/news-2.xml", news),
            ("/pages.xml", "2025-10-01T00:00:00Z"),
        ];
        let children: String = children
            .iter()
            .map(|(path, date)| {
                format!(
                    "<sitemap><loc>{}</loc><lastmod>{date}</lastmod></sitemap>",
                    origin.url(path)
                )
            })
            .collect();
        Answer::document(
            "application/xml",
            format!(
                "<sitemapindex>{children}<sitemap><loc>http://127.0.0.9/elsewhere.xml</loc></sitemap></sitemapindex>"
            ),
        )
    };
    origin.set("/sitemap.xml", index("2025-10-30T02:00:00Z"));
    origin.set(
        "/news-1.xml.gz",
        Answer::document(
            "application/gzip",
            packed(&sitemap(&[(
                "/a/1",
                "Ministers agree to reopen talks",
                "2025-10-30T00:30:00Z",
            )])),
        ),
    );
    origin.set(
        "/news-2.xml",
        Answer::document(
            "text/xml",
            sitemap(&[("/a/2", "Central bank holds its rate", "2025-10-30T01:30:00Z")]),
        ),
    );
    origin.set(
        "/pages.xml",
        Answer::document("text/xml", "<urlset><url><loc>/about</loc></url></urlset>"),
    );
    let config = Desk::config(&[("paper", origin.url("/sitemap.xml"))], "");
    let desk = Desk::new(&config.replace("[[feed]]", "kind = \"sitemap\"\n[[feed]]"));
    let said = desk.run_at(Some(NOW), &["once"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(
        published(&desk),
        ["Central bank holds its rate", "Ministers agree to reopen talks"]
    );
    // Only what changed is fetched again.
    origin.set("/sitemap.xml", index("2025-10-30T05:00:00Z"));
    origin.set(
        "/news-2.xml",
        Answer::document(
            "text/xml",
            sitemap(&[("/a/3", "Harbour strike enters its second week", "2025-10-30T04:30:00Z")]),
        ),
    );
    assert_eq!(desk.run_at(Some("2025-10-30T16:30:00+09:00"), &["once", "--force"]).code, 0);
    assert_eq!((origin.count("/news-1.xml.gz"), origin.count("/news-2.xml")), (1, 2));
    assert_eq!(published(&desk).len(), 3);
    // And nothing where nothing did.
    assert_eq!(desk.run_at(Some("2025-10-30T17:30:00+09:00"), &["once", "--force"]).code, 0);
    assert_eq!((origin.count("/news-1.xml.gz"), origin.count("/news-2.xml")), (1, 2));
    assert_eq!(published(&desk).len(), 3);
}

fn empty_desk() -> Desk {
    Desk::new(
        "[publish]\ntitle = \"t\"\n[server]\nlisten = \"off\"\n[fetch]\nevery = \"15m\"\nper_host_delay = \"0s\"\nallow_addresses = [\"127.0.0.0/8\"]\n\n[[feed]]\nname = \"all\"\n",
    )
}

#[test]
fn a_site_without_a_feed_is_added_by_its_news_sitemap() {
    let (origin, desk) = (Origin::start(), empty_desk());
    origin.set("/", html("none.html"));
    origin.set(
        "/robots.txt",
        Answer::document(
            "text/plain",
            "User-agent: *\nDisallow:\nSitemap: /sitemaps/daily-news.xml\n",
        ),
    );
    origin.set(
        "/sitemaps/daily-news.xml",
        Answer::document(
            "text/xml",
            sitemap(&[("/a/1", "Ministers agree to reopen talks", "2025-10-30T00:30:00Z")]),
        ),
    );
    let said = desk.run(&["add", &origin.url("/"), "--key", "paper"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("2025-10-30T00:30:00Z  Ministers agree"), "{said:?}");
    let config = desk.read("feeds.toml");
    assert!(
        config.contains("kind = \"sitemap\"") && config.contains("/sitemaps/daily-news.xml"),
        "{config}"
    );
    assert_eq!(desk.run(&["once"]).code, 0);
    assert_eq!(published(&desk).len(), 1);
}

#[test]
fn a_site_without_either_is_added_as_a_page() {
    for (name, items) in [
        ("en-cards.html", "article.card"),
        ("en-hero.html", "section.lead"),
        ("ko-portal.html", "li"),
        ("ja-list.html", "li.newsList_item"),
        ("ko-board.html", "tr"),
    ] {
        let (origin, desk) = (Origin::start(), empty_desk());
        origin.set("/latest", html(name));
        let said = desk.run_at(Some(NOW), &["add", &origin.url("/latest"), "--key", "paper"]);
        assert_eq!(said.code, 0, "{name}: {said:?}");
        let config = desk.read("feeds.toml");
        assert!(
            config.contains("kind = \"page\"")
                && config.contains("items = ")
                && config.contains(items),
            "{name}: {config}"
        );
        assert_eq!(desk.run_at(Some(NOW), &["check"]).code, 0, "{name}: {config}");
        let said = desk.run_at(Some(NOW), &["once"]);
        assert_eq!(said.code, 0, "{name}: {said:?}");
        assert_eq!(published(&desk).len(), 8, "{name}: {config}");
    }
}

#[test]
fn a_wrong_selector_is_shown_where_it_stands() {
    let desk = Desk::new(
        "[[source]]\nurl = \"https://a.example/\"\nkind = \"page\"\nitems = \"div[\"\n[[source]]\nurl = \"https://b.example/\"\ndate = \"time\"\n[[feed]]\nname = \"all\"\n",
    );
    let said = desk.run(&["check"]);
    assert_eq!(said.code, 2, "{said:?}");
    assert!(said.err.contains("not a CSS selector") && said.err.contains(":4:"), "{said:?}");
    assert!(
        said.err.contains("selectors are for pages") && said.err.contains("kind = \"page\""),
        "{said:?}"
    );
}
