//! Article pages through the binary: each page of `tests/articles` gives what its JSON says, and hostile pages cost little.

#![expect(clippy::expect_used, reason = "helpers of tests stop at the first wrong answer")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use serde_json::Value;
use tidings::read::article::{self, ArticleOptions};
use url::Url;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/articles")
}

fn parse(page: &Path, content_type: &str, url: &str) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_tidings"))
        .args(["parse", "--article"])
        .arg(page)
        .env("FEED_CONTENT_TYPE", content_type)
        .env("FEED_BASE_URL", url)
        .output()
        .expect("the binary runs");
    assert!(
        output.status.success(),
        "{}: {}",
        page.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("the output is JSON")
}

/// The fixtures: pages with what is expected of them.
fn fixtures() -> Vec<(PathBuf, Value)> {
    let mut pages: Vec<PathBuf> = std::fs::read_dir(folder())
        .expect("a folder of fixtures")
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "html"))
        .collect();
    pages.sort();
    pages
        .into_iter()
        .map(|page| {
            let text = std::fs::read_to_string(page.with_extension("json")).expect("its JSON");
            let want = serde_json::from_str(&text).expect("the JSON is JSON");
            (page, want)
        })
        .collect()
}

#[test]
fn pages_give_what_is_expected() {
    let fixtures = fixtures();
    assert!(fixtures.len() >= 30, "{} pages only", fixtures.len());
    let mut wrong = Vec::new();
    for (page, want) in &fixtures {
        let text = |name: &str| want[name].as_str().unwrap_or_default();
        let got = parse(page, text("content_type"), text("url"));
        for (field, want) in want.as_object().expect("an object") {
            if field != "content_type" && got[field] != *want {
                let name = page.file_stem().unwrap_or_default().to_string_lossy();
                wrong.push(format!("{name} {field}\n  want {want}\n  got  {}", got[field]));
            }
        }
        for field in ["title", "published", "text", "walled"] {
            assert!(
                got[field].is_null() || got["evidence"][field]["from"].is_string(),
                "{}: nothing says where {field} comes from",
                page.display()
            );
        }
    }
    assert!(wrong.is_empty(), "{} fields differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn no_address_of_a_person_is_published() {
    for (page, want) in fixtures() {
        let text = |name: &str| want[name].as_str().unwrap_or_default();
        let mut got = parse(&page, text("content_type"), text("url"));
        for name in ["url", "canonical"] {
            got[name] = Value::Null;
        }
        let got = got.to_string();
        assert!(!got.contains('@') && !got.contains('＠') && !got.contains("[at]"), "{got}");
    }
}

#[test]
fn what_is_no_page_is_refused() {
    for (bytes, class) in [
        (&b" \n"[..], "empty"),
        (b"<?xml version='1.0'?><rss version='2.0'><channel/></rss>", "not-a-page"),
        (b"{\"version\":\"https://jsonfeed.org/version/1.1\"}", "not-a-page"),
        (b"%PDF-1.7", "not-a-page"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\0\0\0\0\0", "not-a-page"),
    ] {
        let error = article::read(bytes, &ArticleOptions::default()).expect_err("no page");
        assert_eq!(error.class(), class);
    }
}

/// The robots rules of a page and of its header are kept for the caller.
#[test]
fn robots_rules_are_kept() {
    let page = b"<meta name=robots content='noarchive'><p>text</p>";
    let options = ArticleOptions {
        robots: Some("nosnippet\notherbot: noindex"),
        ..ArticleOptions::default()
    };
    let robots = article::read(page, &options).expect("a page").robots;
    assert!(robots.noarchive && robots.nosnippet && !robots.noindex);
}

/// Pages made to cost: each with what is repeated in it.
fn hostile() -> Vec<(&'static str, String)> {
    let words = "the quick brown fox, ";
    let many = |piece: &str, bytes: usize| piece.repeat(bytes / piece.len());
    let pages = vec![
        ("deep blocks", many("<div>", 5_000_000)),
        ("deep phrases", many("<b><i>x", 3_000_000)),
        ("crossing", many("<p><b><a href=x>y<div></b>", 4_000_000)),
        ("tables in tables", many("<table><tr><td>", 5_000_000)),
        ("end tags", format!("{}{}", many("<span>", 1_500), many("</section>", 8_000_000))),
        (
            "end tags in a table",
            format!("{}{}", many("<table><td><div>", 4_000), many("</div></p>", 6_000_000)),
        ),
        ("line breaks", many("a<br>", 4_000_000)),
        ("attributes of one tag", format!("<p {}>x", many("a=b ", 10_000_000))),
        ("attributes of many tags", many("<p class=related id=x href=y title=z>t", 10_000_000)),
        ("one attribute", format!("<p class=\"{}\">x", many("a-b_c ", 10_000_000))),
        ("style", many("<p style='display : none; color:red'>x", 5_000_000)),
        ("scripts", many("<script>if (a<b) x()</script>", 6_000_000)),
        ("script without end", format!("<script>{}", many("<script", 6_000_000))),
        (
            "JSON-LD brackets",
            format!("<script type='application/ld+json'>{}</script>x", many("[", 900_000)),
        ),
        (
            "JSON-LD objects",
            format!(
                "<script type='application/ld+json'>{}</script>x",
                many("{\"@type\":\"NewsArticle\",\"author\":", 900_000)
            ),
        ),
        (
            "JSON-LD quotes",
            format!(
                "<script type='application/ld+json'>{{\"a\":\"{}</script>x",
                many("\",\"x", 900_000)
            ),
        ),
        (
            "JSON-LD scripts",
            many(
                "<script type='application/ld+json'>{\"@type\":\"NewsArticle\",\"headline\":\"x\"}</script>",
                2_000_000,
            ),
        ),
        (
            "JSON-LD numbers",
            format!("<script type='application/ld+json'>[{}0]</script>x", many("0,", 900_000)),
        ),
        ("meta", many("<meta property='article:tag' content='a,b,c,d'>", 3_000_000)),
        ("links", many("<li><a href='/a/b'>A headline of another article here</a>", 5_000_000)),
        (
            "captions",
            many("<figure><img src=/a.jpg><figcaption>x (AP)</figcaption></figure>", 3_000_000),
        ),
        ("one line", format!("<p>{}", many(words, 6_000_000))),
        ("brackets", format!("<p>{}", many("[(（【", 2_000_000))),
        ("signs", format!("<p>{}", many("a@a.", 2_000_000))),
        ("dates", many("<p>입력 2025.10.30 15:05 수정 2025", 3_000_000)),
        ("bylines", many("<div class=byline>By Jane Doe and ", 3_000_000)),
        ("breadcrumbs", many("<div class=breadcrumb><a>Home</a> &gt; ", 3_000_000)),
        ("references", format!("<p>{}", many("&amp&#x41;", 4_000_000))),
        ("items", many("<span itemscope itemprop=author><span itemprop=name>x", 4_000_000)),
        ("related", many("<div><h3>Related</h3><a href=/x>y</a>", 4_000_000)),
        (
            "paragraphs",
            many(
                "<p>The ministers met in Seoul and agreed to meet again, officials said on Friday.",
                6_000_000,
            ),
        ),
        ("headings", many("<h1>The ministers met in Seoul</h1>", 4_000_000)),
        ("comments", many("<!-- x -->", 6_000_000)),
        ("titles", format!("<title>{}</title>x", many("a - ", 1_000_000))),
    ];
    pages
}

#[test]
fn hostile_pages_cost_little() {
    // The figure is for the program as it is shipped; tests are built without optimisation, on a machine that others use too.
    let limit = Duration::from_secs(if cfg!(debug_assertions) { 20 } else { 1 });
    let url = Url::parse("https://news.example/a/1").expect("an address");
    let options = ArticleOptions { url: Some(&url), ..ArticleOptions::default() };
    let spent = || {
        let usage = getrusage(UsageWho::RUSAGE_THREAD).expect("a thread knows its time");
        let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
        Duration::from_micros(micros.unsigned_abs())
    };
    let mut slow = Vec::new();
    for (name, page) in hostile() {
        let before = spent();
        let article = article::read(page.as_bytes(), &options).expect("a page");
        let took = spent() - before;
        if std::env::var_os("TIDINGS_TIMES").is_some() {
            eprintln!("{name}: {} ms", took.as_millis());
        }
        if took > limit {
            slow.push(format!("{name}: {} ms", took.as_millis()));
        }
        assert!(
            article.authors.len() <= 20 && article.tags.len() <= 64 && article.related.len() <= 20,
            "{name}"
        );
    }
    assert!(slow.is_empty(), "{}", slow.join("\n"));
}

/// The stored rows of the hostile corpus that are pages, and payloads against pages, give text and addresses of the web only.
#[test]
fn stored_rows_hold() {
    let shared = std::env::var_os("TIDINGS_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let pages = shared.join("hostile/htmlfeed");
    let Ok(entries) = std::fs::read_dir(&pages) else {
        eprintln!("skipped: no hostile corpus at {}", pages.display());
        return;
    };
    let mut seen = 0;
    for entry in entries {
        let path = entry.expect("a file").path();
        if path.extension().is_none_or(|ending| ending != "html") {
            continue;
        }
        let bytes = std::fs::read(&path).expect("a stored page");
        let Ok(article) = article::read(&bytes, &ArticleOptions::default()) else { continue };
        seen += 1;
        assert!(
            article.wall.is_some() || article.text.is_none_or(|text| text.as_str().len() < 4_000),
            "{}",
            path.display()
        );
    }
    assert!(seen > 0, "no page was read");
    let Ok(payloads) = std::fs::read_to_string(shared.join("hostile/xss/payloads.jsonl")) else {
        return;
    };
    for line in payloads.lines() {
        let row: Value = serde_json::from_str(line).expect("a row");
        let Some(html) = row
            .as_object()
            .and_then(|row| row.values().filter_map(Value::as_str).max_by_key(|text| text.len()))
        else {
            continue;
        };
        let page = format!(
            "<title>{html}</title><h1>{html}</h1><p>{html}</p><img src=\"{html}\"><a rel=author href=x>{html}</a>"
        );
        let Ok(article) = article::read(page.as_bytes(), &ArticleOptions::default()) else {
            continue;
        };
        assert!(article.image.is_none_or(|image| image.url.as_str().starts_with("http")), "{html}");
    }
}
