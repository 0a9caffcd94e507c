//! What a reader's program, a cache, a script of another site and a hostile client get from the service: every promise of its HTTP.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[cfg(test)]
mod support;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use support::desk::{Desk, Service, exchange};
use support::documents::{Item, item, rss};
use support::origin::{Answer, Origin};
use support::{at, until};
use tidings::model::edition::Artifact;

const DOCUMENTS: [(&str, &str); 5] = [
    ("/feeds/all.rss", "application/rss+xml; charset=utf-8"),
    ("/feeds/all.atom", "application/atom+xml; charset=utf-8"),
    ("/feeds/all.json", "application/feed+json"),
    ("/feeds/all.html", "text/html; charset=utf-8"),
    ("/opml", "text/x-opml; charset=utf-8"),
];

struct Newsroom {
    origin: Origin,
    desk: Desk,
    service: Service,
}

/// A desk with so many items of so many sentences, polled every four minutes.
fn newsroom(items: usize, sentences: usize) -> Newsroom {
    let origin = Origin::start();
    let items: Vec<Item> = (0..items)
        .map(|number| {
            let mut item = item(number, &format!("Report {number} of the day"));
            item.summary = "What is known. ".repeat(sentences);
            item
        })
        .collect();
    origin.set("/rss", Answer::document("application/rss+xml", rss("Daily", &items)));
    let config = Desk::config(&[("daily", origin.url("/rss"))], "limit = 5000\nmerge = \"none\"\n")
        .replace("listen = \"off\"", "listen = \"127.0.0.1:0\"")
        .replace("every = \"15m\"", "every = \"4m\"");
    let desk = Desk::new(&config);
    let said = desk.run_at(Some(&at(0)), &["once"]);
    assert_eq!(said.code, 0, "{said:?}");
    let service = desk.serve_at(Some(&at(1)));
    Newsroom { origin, desk, service }
}

type Headers = Vec<(String, String)>;

fn header<'a>(headers: &'a Headers, name: &str) -> Option<&'a str> {
    headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

impl Newsroom {
    fn host(&self) -> String {
        self.service.base().trim_start_matches("http://").trim_end_matches('/').to_owned()
    }

    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> (u16, Headers, Vec<u8>) {
        let host = self.host();
        let mut request =
            format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        exchange(&host, format!("{request}\r\n").as_bytes())
    }
}

fn decoded(headers: &Headers, body: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    match header(headers, "content-encoding") {
        Some("gzip") => {
            flate2::read::GzDecoder::new(body).read_to_end(&mut plain).unwrap();
        }
        Some("br") => brotli::BrotliDecompress(&mut &*body, &mut plain).unwrap(),
        Some(other) => unreachable!("{other}"),
        None => plain = body.to_vec(),
    }
    plain
}

#[test]
fn documents_are_served_from_memory_in_the_form_that_is_asked_for() {
    let newsroom = newsroom(40, 20);
    let files: Vec<(String, Vec<u8>)> = newsroom.desk.published();
    // The files may be gone: what is served is in memory.
    std::fs::remove_dir_all(newsroom.desk.file("public")).unwrap();
    for (path, media_type) in DOCUMENTS {
        let name = path.rsplit('/').next().unwrap();
        let name = if name == "opml" { "sources.opml" } else { name };
        let file = &files.iter().find(|(known, _)| known == name).unwrap().1;
        let own = Artifact::new("x".into(), "text/plain", file.clone(), None).etag;
        let mut tags = Vec::new();
        for coding in ["identity", "gzip", "br"] {
            let (status, headers, body) = newsroom.ask("GET", path, &[("Accept-Encoding", coding)]);
            assert_eq!((status, decoded(&headers, &body) == *file), (200, true), "{path} {coding}");
            // OPML of one source is too short to be packed.
            let packed = path != "/opml" && coding != "identity";
            assert_eq!(header(&headers, "content-encoding"), packed.then_some(coding), "{path}");
            assert!(!packed || body.len() < file.len() / 2);
            assert_eq!(header(&headers, "content-type"), Some(media_type));
            assert_eq!(header(&headers, "vary"), Some("accept-encoding"));
            assert_eq!(header(&headers, "content-length"), Some(body.len().to_string().as_str()));
            // Half the time after which something new may come.
            assert_eq!(header(&headers, "cache-control"), Some("public, max-age=120"), "{path}");
            let tag = header(&headers, "etag").unwrap().to_owned();
            assert!(
                tag.starts_with(own.trim_end_matches('"')),
                "{path}: {tag} is not of its content"
            );
            if packed {
                assert!(!tags.contains(&tag), "one tag for two forms");
            }
            // HEAD says the same of it.
            let (status, head, nothing) =
                newsroom.ask("HEAD", path, &[("Accept-Encoding", coding)]);
            let without_date = |headers: &Headers| {
                headers.iter().filter(|(name, _)| name != "date").cloned().collect::<Headers>()
            };
            assert_eq!((status, nothing.len()), (200, 0));
            assert_eq!(without_date(&head), without_date(&headers), "{path} {coding}");
            tags.push(tag);
        }
        // Whoever has any of the forms is told that it is current, and nothing is sent.
        let date = newsroom.ask("GET", path, &[]).1;
        let date = header(&date, "last-modified").map(str::to_owned);
        assert_eq!(date.is_some(), path != "/opml", "{path}");
        let [plain, gzip, _] = &tags[..] else { unreachable!() };
        for (name, value, want) in [
            ("If-None-Match", plain.clone(), 304),
            ("If-None-Match", format!("W/{gzip}"), 304),
            ("If-None-Match", format!("\"a\", {gzip} , \"b\""), 304),
            ("If-None-Match", "*".to_owned(), 304),
            ("If-None-Match", "\"another\"".to_owned(), 200),
            (
                "If-Modified-Since",
                date.clone().unwrap_or_default(),
                if date.is_some() { 304 } else { 200 },
            ),
            ("If-Modified-Since", "Thu, 01 Jan 1970 00:00:00 GMT".to_owned(), 200),
        ] {
            let (status, headers, body) = newsroom.ask("GET", path, &[(name, &value)]);
            assert_eq!(status, want, "{path} {name}: {value}");
            assert!(
                header(&headers, "etag").is_some() && header(&headers, "cache-control").is_some()
            );
            assert!(status == 200 || body.is_empty());
        }
        if let Some(date) = &date {
            // A tag that does not match is the last word.
            let both = [("If-None-Match", "\"another\""), ("If-Modified-Since", date.as_str())];
            assert_eq!(newsroom.ask("GET", path, &both).0, 200);
        }
        // A part of a document is never sent: what grows with every edition cannot be put together of two.
        for range in [("Range", "bytes=0-9"), ("Range", "bytes=9999999-")] {
            let (status, headers, body) = newsroom.ask("GET", path, &[range, ("If-Range", plain)]);
            assert_eq!((status, &body), (200, file), "{path} {range:?}");
            assert_eq!(header(&headers, "accept-ranges"), Some("none"));
            assert_eq!(header(&headers, "content-range"), None);
        }
    }
    newsroom.service.stop();
}

#[test]
fn caches_follow_the_schedule_of_the_sources() {
    let newsroom = newsroom(3, 20);
    let cache = || {
        let (_, headers, _) = newsroom.ask("GET", "/feeds/all.rss", &[]);
        header(&headers, "cache-control").unwrap().to_owned()
    };
    assert_eq!(cache(), "public, max-age=120");
    for (every, want) in [("30s", "public, max-age=15"), ("6h", "public, max-age=900")] {
        let config = newsroom.desk.read("feeds.toml");
        let line = config.lines().find(|line| line.starts_with("every = ")).unwrap();
        newsroom.desk.configure(&config.replace(line, &format!("every = \"{every}\"")));
        until(&format!("{every} in force"), Duration::from_secs(20), || {
            (cache() == want).then_some(())
        });
    }
    newsroom.service.stop();
}

#[test]
fn scripts_of_other_sites_may_read_feeds_and_nothing_else() {
    let newsroom = newsroom(3, 20);
    let origin = ("Origin", "https://reader.example");
    for path in ["/feeds/all.rss", "/feeds/all.json", "/opml"] {
        let (_, headers, _) = newsroom.ask("GET", path, &[origin]);
        assert_eq!(header(&headers, "access-control-allow-origin"), Some("*"), "{path}");
        let exposed = header(&headers, "access-control-expose-headers").unwrap();
        assert!(exposed.contains("etag"), "{exposed}");
        let asks = [
            origin,
            ("Access-Control-Request-Method", "GET"),
            ("Access-Control-Request-Headers", "if-none-match"),
        ];
        let (status, headers, _) = newsroom.ask("OPTIONS", path, &asks);
        assert_eq!(status, 204);
        assert_eq!(header(&headers, "access-control-allow-methods"), Some("GET, HEAD"));
        assert!(
            header(&headers, "access-control-allow-headers").unwrap().contains("if-none-match")
        );
    }
    for path in ["/", "/sources", "/rejects", "/topics/x", "/healthz", "/metrics"] {
        for method in ["GET", "OPTIONS"] {
            let (_, headers, _) = newsroom.ask(method, path, &[origin]);
            assert_eq!(header(&headers, "access-control-allow-origin"), None, "{method} {path}");
        }
    }
    // Every page says what a browser may do with it: nothing but show it.
    for path in ["/", "/sources", "/rejects", "/feeds/all.html", "/nowhere"] {
        let (_, headers, body) = newsroom.ask("GET", path, &[]);
        let policy = header(&headers, "content-security-policy").unwrap();
        for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("script-src"), "{path}: {policy}");
        assert_eq!(header(&headers, "x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(header(&headers, "x-frame-options"), Some("DENY"), "{path}");
        assert_eq!(header(&headers, "referrer-policy"), Some("same-origin"), "{path}");
        assert!(header(&headers, "permissions-policy").unwrap().contains("camera=()"), "{path}");
        let body = String::from_utf8(body).unwrap();
        assert!(!body.contains("<script") && !body.contains(" style=\""), "{path}");
    }
    newsroom.service.stop();
}

#[test]
fn requests_without_bound_are_refused() {
    let newsroom = newsroom(3, 20);
    let host = newsroom.host();
    let long = "x".repeat(40_000);
    let many = "a: b\r\n".repeat(200);
    let get = |path: &str, more: &str| {
        exchange(
            &host,
            format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{more}\r\n")
                .as_bytes(),
        )
        .0
    };
    assert_eq!(get("/", &format!("x: {long}\r\n")), 431);
    assert_eq!(get("/", &many), 431);
    assert_eq!(get(&format!("/{}", "x".repeat(5_000)), ""), 414);
    assert_eq!(get(&format!("/feeds/all.rss?{}", "x".repeat(5_000)), ""), 414);
    assert_eq!(exchange(&host, b"nonsense\r\n\r\n").0, 400);
    assert_eq!(get("/feeds/all.rss", ""), 200);
    newsroom.service.stop();
}

#[test]
fn stopping_ends_every_answer_that_has_begun() {
    let newsroom = newsroom(900, 250);
    let path = "/feeds/all.rss";
    let whole = newsroom.ask("GET", path, &[]).2;
    assert!(whole.len() > 2_000_000, "{}", whole.len());
    let connect = |path: &str| {
        let mut stream = TcpStream::connect(newsroom.host()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut first = [0; 9];
        stream.read_exact(&mut first).unwrap();
        assert_eq!(&first, b"HTTP/1.1 ");
        stream
    };
    // One is idle after its answer, one in the middle of an answer that is longer than sockets hold.
    let mut idle = connect("/healthz");
    let mut slow = connect(path);
    newsroom.service.signal("TERM");
    newsroom.service.wait_for("finishing begun polls");
    // The idle one is closed by itself.
    let mut rest = Vec::new();
    idle.read_to_end(&mut rest).unwrap();
    let mut rest = Vec::new();
    slow.read_to_end(&mut rest).unwrap();
    assert!(rest.ends_with(&whole[whole.len() - 1000..]), "the answer broke off");
    let head = rest.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    assert_eq!(rest.len() - head, whole.len());
    assert!(TcpStream::connect(newsroom.host()).is_err());
    assert_eq!(newsroom.origin.count("/rss"), 1);
    newsroom.desk.run(&["status"]);
}
