//! Real readers subscribe over HTTP to what `tidings serve` publishes: newsboat and sfeed (Debian), feedparser (PyPI), and a reader of JSON Feed by its
//! schema. They find every item with its title, link, date, id and enclosure, and later the one item that is new.

#![expect(clippy::unwrap_used, reason = "all of this file is a test")]

#[cfg(test)]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use rusqlite::Connection;
use serde_json::Value;
use support::desk::{Desk, Service};
use support::origin::{Answer, Origin};
use support::python::Python;
use support::{rules, skip, until};

/// An item as its source publishes it.
#[derive(Debug, Clone, Copy)]
struct Told {
    title: &'static str,
    link: &'static str,
    /// RFC 3339, in UTC.
    date: &'static str,
    enclosure: Option<&'static str>,
}

const ENGLISH: [Told; 2] = [
    Told {
        title: "3 < 5 & \"quotes\" — AT&T's 🤝 deal",
        link: "https://en.example/deal?a=1&b=%ED%95%9C",
        date: "2025-10-30T06:05:00Z",
        enclosure: Some("https://en.example/deal.mp3?x=1&y=2"),
    },
    Told {
        title: "Leaders meet in Gyeongju",
        link: "https://en.example/gyeongju",
        date: "2025-10-30T05:00:00Z",
        enclosure: None,
    },
];
const KOREAN: Told = Told {
    title: "이재명 대통령, ‘다카이치 총리’와 한·일 정상회담 & 만찬",
    link: "https://ko.example/%ED%9A%8C%EB%8B%B4",
    date: "2025-10-30T07:10:00Z",
    enclosure: None,
};
const JAPANESE: Told = Told {
    title: "高市首相「未来志向」<李大統領と会談>で一致 🇯🇵",
    link: "https://ja.example/kaidan",
    date: "2025-10-29T23:00:00Z",
    enclosure: None,
};
const NEWS: Told = Told {
    title: "Ministers agree on a date",
    link: "https://en.example/date",
    date: "2025-10-30T08:00:00Z",
    enclosure: Some("https://en.example/date.mp4"),
};

/// What a reader has of an item.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Read {
    title: String,
    link: String,
    /// Seconds since 1970.
    date: i64,
    id: String,
    enclosure: Option<String>,
}

#[test]
fn newsboat_reads_rss_and_atom() {
    if !installed("newsboat") {
        return;
    }
    for extension in ["rss", "atom"] {
        let newsroom = Newsroom::open();
        let home = tempfile::tempdir().unwrap();
        let url = newsroom.url(extension);
        let reload = || {
            newsboat(home.path(), &url);
            let read = newsboat_items(home.path());
            assert_eq!(
                newsboat_feed(home.path()),
                (url.clone(), "Diplomacy & \"more\" 外交".to_owned())
            );
            read
        };
        newsroom.check(extension, &reload);
    }
}

#[test]
fn sfeed_reads_rss_and_atom() {
    if !installed("sfeed") || !installed("sfeed_update") || !installed("curl") {
        return;
    }
    for extension in ["rss", "atom"] {
        let newsroom = Newsroom::open();
        let home = tempfile::tempdir().unwrap();
        let url = newsroom.url(extension);
        newsroom.check(extension, &|| sfeed(home.path(), &url));
    }
}

#[test]
fn feedparser_reads_rss_and_atom() {
    let Some(python) = Python::with(&["feedparser"]) else { return };
    for extension in ["rss", "atom"] {
        let newsroom = Newsroom::open();
        let url = newsroom.url(extension);
        newsroom.check(extension, &|| feedparser(&python, &url));
    }
}

#[test]
fn json_feed_is_read_by_its_schema() {
    let Some(python) = Python::with(&["jsonschema"]) else { return };
    let newsroom = Newsroom::open();
    let folder = tempfile::tempdir().unwrap();
    newsroom.check("json", &|| {
        let document = folder.path().join("feed.json");
        std::fs::write(&document, newsroom.document("json")).unwrap();
        python.check_json_feed(&document);
        newsroom.items().iter().map(read_json).collect()
    });
}

/// A service with an English, a Korean and a Japanese source, and one feed.
struct Newsroom {
    origin: Origin,
    service: Service,
    /// Where the service runs; goes when the service is gone.
    _desk: Desk,
}

impl Newsroom {
    fn open() -> Newsroom {
        let origin = Origin::start();
        origin.set("/en", Answer::document("application/rss+xml", rss(&ENGLISH)));
        origin.set("/ko", Answer::document("application/atom+xml", atom(KOREAN)));
        origin.set("/ja", Answer::document("application/rdf+xml", rdf(JAPANESE)));
        let mut config = String::from(
            "[publish]\ntitle = \"The desk\"\n[server]\nlisten = \"127.0.0.1:0\"\n[fetch]\nevery = \"1s\"\njitter = \"0s\"\nper_host = 4\nallow_addresses = [\"127.0.0.0/8\"]\n[[feed]]\nname = \"all\"\nmerge = \"none\"\ntitle = \"Diplomacy & \\\"more\\\" 外交\"\n",
        );
        for key in ["en", "ko", "ja"] {
            let url = origin.url(&format!("/{key}"));
            config.push_str(&format!("[[source]]\nkey = \"{key}\"\nname = \"News {key}\"\nlanguage = \"{key}\"\nurl = \"{url}\"\n"));
        }
        let desk = Desk::new(&config);
        let newsroom = Newsroom { origin, service: desk.serve(), _desk: desk };
        newsroom.wait_for(4);
        newsroom
    }

    fn url(&self, extension: &str) -> String {
        format!("{}/feeds/all.{extension}", self.service.base().trim_end_matches('/'))
    }

    fn document(&self, extension: &str) -> Vec<u8> {
        let (status, _, body) = self.service.get(&format!("/feeds/all.{extension}"), &[]);
        assert_eq!(status, 200);
        body
    }

    /// The items of the JSON Feed, which name the others' ids.
    fn items(&self) -> Vec<Value> {
        let feed: Value = serde_json::from_slice(&self.document("json")).unwrap();
        feed["items"].as_array().unwrap().clone()
    }

    fn wait_for(&self, items: usize) {
        until(&format!("{items} items"), Duration::from_secs(20), || {
            (self.items().len() == items).then_some(())
        });
    }

    /// Lets a reader read what is published at first, again without news, and again with one item more.
    fn check(&self, extension: &str, reload: &dyn Fn() -> Vec<Read>) {
        let rule = match extension {
            "rss" => rules::rss,
            "atom" => rules::atom,
            _ => rules::json_feed,
        };
        let told = [ENGLISH[0], ENGLISH[1], KOREAN, JAPANESE];
        rule(&self.document(extension));
        let before = reload();
        self.compare(&told, &before);
        assert_eq!(reload(), before, "a reload without news changes nothing");
        self.origin.set(
            "/en",
            Answer::document("application/rss+xml", rss(&[NEWS, ENGLISH[0], ENGLISH[1]])),
        );
        self.wait_for(5);
        rule(&self.document(extension));
        let after = reload();
        self.compare(&[&told[..], &[NEWS]].concat(), &after);
        let (before, after): (BTreeSet<_>, BTreeSet<_>) =
            (before.into_iter().collect(), after.into_iter().collect());
        let new: Vec<_> = after.difference(&before).map(|read| read.title.as_str()).collect();
        assert_eq!(new, [NEWS.title]);
        assert!(before.is_subset(&after));
    }

    /// Compares what was read with what the sources tell, the ids with those of the JSON Feed.
    #[track_caller]
    fn compare(&self, told: &[Told], read: &[Read]) {
        let ids: BTreeMap<String, String> =
            self.items().iter().map(read_json).map(|read| (read.link, read.id)).collect();
        let want: BTreeSet<Read> = told
            .iter()
            .map(|told| Read {
                title: told.title.to_owned(),
                link: told.link.to_owned(),
                date: chrono::DateTime::parse_from_rfc3339(told.date).unwrap().timestamp(),
                id: ids[told.link].clone(),
                enclosure: told.enclosure.map(str::to_owned),
            })
            .collect();
        assert_eq!(read.iter().cloned().collect::<BTreeSet<_>>(), want);
        assert_eq!(read.len(), told.len());
        assert!(ids.values().all(|id| id.starts_with("urn:uuid:")));
    }
}

fn installed(program: &str) -> bool {
    let found = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
        .any(|folder| folder.join(program).is_file());
    if !found {
        skip(&format!("{program} is not installed"));
    }
    found
}

/// Reloads a subscription as `newsboat -x reload` does, with a home of its own.
fn newsboat(home: &Path, url: &str) {
    std::fs::write(home.join("urls"), format!("{url}\n")).unwrap();
    std::fs::write(home.join("config"), "reload-only-visible-feeds no\n").unwrap();
    let mut command = Command::new("newsboat");
    command.args(["-u", "urls", "-C", "config", "-c", "cache.db", "-x", "reload"]);
    finish(command.current_dir(home).env("HOME", home));
}

fn newsboat_items(home: &Path) -> Vec<Read> {
    let cache = Connection::open(home.join("cache.db")).unwrap();
    let mut items = cache.prepare("SELECT title, url, pubDate, guid, enclosure_url FROM rss_item WHERE NOT deleted ORDER BY id").unwrap();
    let items = items.query_map([], |row| {
        Ok(Read {
            title: row.get(0)?,
            link: row.get(1)?,
            date: row.get(2)?,
            id: row.get(3)?,
            enclosure: row.get::<_, Option<String>>(4)?.filter(|url| !url.is_empty()),
        })
    });
    items.unwrap().map(Result::unwrap).collect()
}

/// The address and title of the only subscription.
fn newsboat_feed(home: &Path) -> (String, String) {
    let cache = Connection::open(home.join("cache.db")).unwrap();
    cache
        .query_row("SELECT rssurl, title FROM rss_feed", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
}

/// Updates a subscription as `sfeed_update` does, and reads its lines (sfeed(5)).
fn sfeed(home: &Path, url: &str) -> Vec<Read> {
    let path = home.join("feeds");
    std::fs::write(
        home.join("sfeedrc"),
        format!("sfeedpath='{}'\nfeeds() {{\n\tfeed 'all' '{url}'\n}}\n", path.display()),
    )
    .unwrap();
    finish(
        Command::new("sfeed_update").arg(home.join("sfeedrc")).current_dir(home).env("HOME", home),
    );
    let lines = std::fs::read_to_string(path.join("all")).unwrap();
    let items = lines.lines().map(|line| {
        let fields: Vec<&str> = line.split('\t').collect();
        Read {
            date: fields[0].parse().unwrap(),
            title: fields[1].to_owned(),
            link: fields[2].to_owned(),
            id: fields[5].to_owned(),
            enclosure: Some(fields[7]).filter(|url| !url.is_empty()).map(str::to_owned),
        }
    });
    items.collect()
}

fn feedparser(python: &Python, url: &str) -> Vec<Read> {
    const PROGRAM: &str = "
import calendar, json, sys, feedparser
feed = feedparser.parse(sys.argv[1])
assert feed.status == 200 and not feed.bozo, feed.get('bozo_exception')
assert feed.feed.title == 'Diplomacy & \"more\" \\u5916\\u4ea4', feed.feed.title
for entry in feed.entries:
    assert entry.source.title.startswith('News '), entry.source
    print(json.dumps({
        'title': entry.title, 'link': entry.link, 'id': entry.id,
        'date': calendar.timegm(entry.published_parsed),
        'enclosure': entry.enclosures[0].href if entry.enclosures else None,
    }))
";
    let output = python.run(["-c", PROGRAM, url]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    let items = lines.lines().map(|line| {
        let item: Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| item[key].as_str().map(str::to_owned);
        Read {
            title: text("title").unwrap(),
            link: text("link").unwrap(),
            id: text("id").unwrap(),
            date: item["date"].as_i64().unwrap(),
            enclosure: text("enclosure"),
        }
    });
    items.collect()
}

fn read_json(item: &Value) -> Read {
    let text = |key: &str| item[key].as_str().unwrap().to_owned();
    Read {
        title: text("title"),
        link: text("url"),
        id: text("id"),
        date: chrono::DateTime::parse_from_rfc3339(&text("date_published")).unwrap().timestamp(),
        enclosure: item["attachments"][0]["url"].as_str().map(str::to_owned),
    }
}

/// Runs a reader to its end, without a terminal.
#[track_caller]
fn finish(command: &mut Command) {
    let output =
        command.stdin(Stdio::null()).env("TERM", "dumb").env("LC_ALL", "C.UTF-8").output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

fn rss(items: &[Told]) -> String {
    let items: String = items
        .iter()
        .map(|told| {
            let date = chrono::DateTime::parse_from_rfc3339(told.date).unwrap().to_rfc2822();
            let enclosure = told.enclosure.map(|url| format!("<enclosure url=\"{}\" type=\"audio/mpeg\" length=\"1234\"/>", escaped(url)));
            format!(
                "<item><title>{}</title><link>{}</link><guid isPermaLink=\"false\">{}</guid><pubDate>{date}</pubDate>{}<description>&lt;p&gt;More of it.&lt;/p&gt;</description></item>",
                escaped(told.title),
                escaped(told.link),
                escaped(told.link),
                enclosure.unwrap_or_default()
            )
        })
        .collect();
    format!(
        "<rss version=\"2.0\"><channel><title>En</title><link>https://en.example/</link><description>d</description>{items}</channel></rss>"
    )
}

fn atom(told: Told) -> String {
    format!(
        "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>Ko</title><id>tag:ko.example,2025:feed</id><updated>{0}</updated><entry><id>tag:ko.example,2025:1</id><title>{1}</title><link href=\"{2}\"/><published>{0}</published><updated>{0}</updated><summary>요약</summary></entry></feed>",
        told.date,
        escaped(told.title),
        escaped(told.link)
    )
}

fn rdf(told: Told) -> String {
    format!(
        "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns=\"http://purl.org/rss/1.0/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><channel rdf:about=\"https://ja.example/\"><title>Ja</title><link>https://ja.example/</link></channel><item rdf:about=\"{1}\"><title>{0}</title><link>{1}</link><dc:date>{2}</dc:date><description>要約</description></item></rdf:RDF>",
        escaped(told.title),
        escaped(told.link),
        told.date
    )
}
