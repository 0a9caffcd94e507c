//! The pages as readers meet them: in their language, day by day, and with a search, all without script.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[cfg(test)]
mod support;

use std::time::Duration;

use support::at;
use support::desk::{Desk, Service};
use support::documents::{item, rss};
use support::origin::{Answer, Origin};
use support::until;

/// What a proxy adds to what it passes on: such a request is not of this machine.
const ELSEWHERE: (&str, &str) = ("X-Forwarded-For", "198.51.100.7");

struct Newsroom {
    _origin: Origin,
    desk: Desk,
    service: Service,
}

impl Newsroom {
    fn new() -> Newsroom {
        let origin = Origin::start();
        let mut talks = item(1, "한일 정상회담 경주에서 열려");
        talks.summary = "Leaders of both countries spoke of trade war fears.".to_owned();
        let mut yesterday = item(3, "Chips exports rise");
        yesterday.date = "Wed, 29 Oct 2025 06:00:00 +0000".to_owned();
        let items = [
            talks,
            item(2, "日韓首脳会談、慶州で開催 chips"),
            yesterday,
            item(4, "Budget passes, no war of trade"),
        ];
        origin.set("/a", Answer::document("application/rss+xml", rss("Daily", &items)));
        let rest =
            "topics = [\"talks\"]\n[topic.talks]\nany = [\"정상회담\", \"首脳会談\", \"chips\"]\n";
        let config = Desk::config(&[("a", origin.url("/a"))], rest)
            .replace("listen = \"off\"", "listen = \"127.0.0.1:0\"");
        let desk = Desk::new("");
        desk.configure(&config);
        let said = desk.run_at(Some(&at(0)), &["once"]);
        assert_eq!(said.code, 0, "{said:?}");
        let service = desk.serve_at(Some(&at(0)));
        Newsroom { _origin: origin, desk, service }.ready()
    }

    /// Waits until the first edition is served.
    fn ready(self) -> Newsroom {
        until("the front page", Duration::from_secs(30), || {
            self.page("/", &[]).contains("<article").then_some(())
        });
        self
    }

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

    /// The headlines that a search finds, marks in brackets.
    fn found(&self, query: &str, headers: &[(&str, &str)]) -> Vec<String> {
        let page = self.page(&format!("/search?q={}", encoded(query)), headers);
        let heads = page.split("<h3 ").skip(1).map(|rest| rest.split("</h3>").next().unwrap());
        heads
            .map(|head| {
                let head = head.replace("<mark>", "[").replace("</mark>", "]");
                let text = head.split('>').skip(1).map(|part| part.split('<').next().unwrap());
                text.collect::<String>().trim().to_owned()
            })
            .collect()
    }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[test]
fn every_page_speaks_the_readers_language() {
    let newsroom = Newsroom::new();
    let check = |path: &str, english: &str, korean: &str, japanese: &str| {
        for (tag, want) in [("en", english), ("ko", korean), ("ja", japanese)] {
            let (_, page, headers) = newsroom.get(path, &[("Accept-Language", tag)]);
            assert!(page.contains(&format!("<html lang=\"{tag}\">")), "{path} {tag}\n{page}");
            assert!(page.contains(want), "{path} {tag} {want}\n{page}");
            assert!(headers.contains(&format!("content-language: {tag}")), "{headers}");
            assert!(
                headers.contains("vary: accept-encoding, accept-language, cookie"),
                "{headers}"
            );
        }
    };
    check("/", "Earlier days", "지난 지면", "過去の紙面");
    check("/search", "Search the stories", "소식 검색", "ニュースを検索");
    check("/feeds", "One item for each story", "소식마다 한 항목", "ニュースごとに1項目");
    check("/topics/talks", "Try a rule", "규칙 시험", "ルールを試す");
    check("/rejects", "Dropped and folded", "제외·병합된 기사", "除外・統合された記事");
    check(
        "/nothing",
        "There is nothing here",
        "이곳에는 아무것도 없습니다",
        "ここには何もありません",
    );
    check(
        "/?day=2025-10-01",
        "No stories of that day",
        "이날의 소식이 없습니다",
        "この日のニュースはありません",
    );
    newsroom.service.stop();
}

#[test]
fn a_choice_of_language_is_kept_in_a_cookie_without_script() {
    let newsroom = Newsroom::new();
    let front = newsroom.page("/", &[("Accept-Language", "ja")]);
    assert!(front.contains("<a href=\"?lang=ko\" lang=\"ko\" hreflang=\"ko\""), "{front}");
    let (status, page, headers) = newsroom.get("/?lang=ko", &[("Accept-Language", "ja")]);
    assert_eq!(status, 200);
    assert!(page.contains("<html lang=\"ko\">"));
    assert!(headers.contains("cache-control: private, no-cache"), "{headers}");
    let cookie = headers.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    assert!(cookie.starts_with("tidings_lang=ko; Path=/;"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();
    let kept = newsroom.page("/feeds", &[("Accept-Language", "ja"), ("Cookie", cookie)]);
    assert!(kept.contains("<html lang=\"ko\">"));
    // Each language has its own tag, and is confirmed by it.
    let tag = |language: &str| {
        let (_, _, headers) = newsroom.get("/", &[("Accept-Language", language)]);
        headers.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap().to_owned()
    };
    let korean = tag("ko");
    assert_ne!(korean, tag("en"));
    let again = |language: &str| {
        newsroom.get("/", &[("Accept-Language", language), ("If-None-Match", &korean)]).0
    };
    assert_eq!((again("ko"), again("ja")), (304, 200));
    newsroom.service.stop();
}

#[test]
fn a_search_finds_words_of_two_characters_and_marks_them() {
    let newsroom = Newsroom::new();
    let check = |query: &str, want: &[&str]| {
        assert_eq!(newsroom.found(query, &[]), want, "{query}");
    };
    check("정상", &["한일 [정상]회담 경주에서 열려"]);
    check("회담 경주", &["한일 정상[회담] [경주]에서 열려"]);
    check("首脳", &["日韓[首脳]会談、慶州で開催 chips"]);
    check("慶州", &["日韓首脳会談、[慶州]で開催 chips"]);
    check("ＣＨＩＰ", &["[Chips] exports rise", "日韓首脳会談、慶州で開催 [chips]"]);
    check("chips -首脳", &["[Chips] exports rise"]);
    check("\"trade war\"", &["한일 정상회담 경주에서 열려"]);
    check("trade war", &["Budget passes, no [war] of [trade]", "한일 정상회담 경주에서 열려"]);
    check("absent", &[]);
    // What no feed holds is for the desk only.
    assert_eq!(newsroom.found("budget", &[]), ["[Budget] passes, no war of trade"]);
    assert!(newsroom.found("budget", &[ELSEWHERE]).is_empty());
    assert_eq!(newsroom.found("정상", &[ELSEWHERE]).len(), 1);
    let says = |query: &str, text: &str| {
        let page = newsroom.page(&format!("/search?q={}", encoded(query)), &[]);
        assert!(page.contains(text), "{query}\n{page}");
    };
    says("absent <b>", "Nothing is kept here with <q>absent &#60;b&#62;</q>");
    says("-chips", "Say also what to look for");
    says("!?", "That holds no letter or digit");
    says(&"한".repeat(201), "That is too much at once");
    says("", "How to search");
    newsroom.service.stop();
}

#[test]
fn earlier_days_have_their_page() {
    let newsroom = Newsroom::new();
    let front = newsroom.page("/", &[]);
    assert!(front.contains("href=\"?day=2025-10-29\""), "{front}");
    let day = newsroom.page("/?day=2025-10-29", &[]);
    assert!(day.contains("Chips exports rise") && !day.contains("정상회담 경주"), "{day}");
    assert!(day.contains("href=\"?day=2025-10-30\""), "{day}");
    assert_eq!(newsroom.get("/?day=nonsense", &[]).0, 404);
    assert_eq!(newsroom.get("/?day=99999-01-01", &[]).0, 404);
    newsroom.service.stop();
}

#[test]
fn feeds_say_what_they_hold_and_where_they_are() {
    let newsroom = Newsroom::new();
    let page = newsroom.page("/feeds", &[]);
    for text in ["<a href=\"topics/talks\">Talks</a>", "href=\"feeds/all.rss\"", "last change"] {
        assert!(page.contains(text), "{text}\n{page}");
    }
    newsroom.service.stop();
}

#[test]
fn an_old_store_is_indexed_when_it_is_opened() {
    let newsroom = Newsroom::new();
    let Newsroom { _origin, desk, service } = newsroom;
    service.stop();
    // As if an older version had written it.
    let store = rusqlite::Connection::open(desk.file("tidings.db")).unwrap();
    store.execute("INSERT INTO entry_words (entry_words) VALUES ('delete-all')", []).unwrap();
    store.execute("DELETE FROM fact WHERE name = 'search-index'", []).unwrap();
    drop(store);
    let said = desk.run_at(Some(&at(1)), &["once"]);
    assert_eq!(said.code, 0, "{said:?}");
    let newsroom = Newsroom { service: desk.serve_at(Some(&at(1))), _origin, desk }.ready();
    assert_eq!(newsroom.found("首脳", &[]).len(), 1);
    newsroom.service.stop();
}
