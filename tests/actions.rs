//! The curator's buttons: what they do, who may press them, and what no other site can make a browser do.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[cfg(test)]
mod support;

use std::time::Duration;

use serde_json::Value;
use support::at;
use support::desk::{Desk, Service, exchange};
use support::documents::{Item, item, rss};
use support::origin::{Answer, Origin};
use support::until;

const TOKEN: &str = "fedcba9876543210-admin";
/// What a proxy adds to what it passes on: such a request is not of this machine.
const ELSEWHERE: (&str, &str) = ("X-Forwarded-For", "198.51.100.7");

struct Newsroom {
    _origin: Origin,
    desk: Desk,
    service: Service,
}

/// Two sources: the first has two headlines of its own, the second has one of them too.
fn newsroom(server: &str) -> Newsroom {
    let origin = Origin::start();
    let document = |items: &[Item]| Answer::document("application/rss+xml", rss("Daily", items));
    origin.set("/a", document(&[item(3, "Storm closes ports"), item(2, "Budget passes at last")]));
    let mut copy = item(4, "Storm closes ports");
    copy.link = "https://other.example/4".to_owned();
    origin.set("/b", document(&[copy]));
    let config = Desk::config(&[("a", origin.url("/a")), ("b", origin.url("/b"))], "")
        .replace("listen = \"off\"", &format!("listen = \"127.0.0.1:0\"\n{server}"));
    let desk = Desk::new("");
    std::fs::write(desk.file("admin.token"), TOKEN).unwrap();
    desk.configure(&config);
    let said = desk.run_at(Some(&at(0)), &["once"]);
    assert_eq!(said.code, 0, "{said:?}");
    let service = desk.serve_at(Some(&at(1)));
    Newsroom { _origin: origin, desk, service }
}

impl Newsroom {
    /// The id of the story with this headline, without `urn:uuid:`.
    fn story(&self, title: &str) -> String {
        self.desk.id("all", title).trim_start_matches("urn:uuid:").to_owned()
    }

    fn page(&self, path: &str, headers: &[(&str, &str)]) -> String {
        let (status, _, body) = self.service.get(path, headers);
        let page = String::from_utf8(body).unwrap();
        assert_eq!(status, 200, "{path}\n{page}");
        page
    }

    /// The token that the forms of a page carry.
    fn form_token(&self, path: &str, headers: &[(&str, &str)]) -> String {
        let page = self.page(path, headers);
        assert!(page.contains("form-token"), "no form in\n{page}");
        value_of(&page, "form-token").unwrap()
    }

    /// Posts and gives the status, where it leads, and the words.
    fn post(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        fields: &[(&str, &str)],
    ) -> (u16, Option<String>, String) {
        let (status, headers, body) = self.service.post(path, headers, fields);
        let location = headers.into_iter().find(|(name, _)| name == "location").map(|(_, at)| at);
        (status, location, String::from_utf8(body).unwrap())
    }

    /// Waits until the feed that is served has these titles, in any order.
    fn wait_for(&self, want: &[&str]) {
        let mut want = want.to_vec();
        want.sort_unstable();
        until(&format!("{want:?}\n{}", self.service.log()), Duration::from_secs(20), || {
            let (_, _, body) = self.service.get("/feeds/all.json", &[]);
            let feed: Value = serde_json::from_slice(&body).unwrap_or_default();
            let items = feed["items"].as_array()?;
            let mut titles: Vec<&str> =
                items.iter().map(|item| item["title"].as_str().unwrap()).collect();
            titles.sort_unstable();
            (titles == want).then_some(())
        });
    }
}

/// The value of the first hidden field of this name on a page.
fn value_of(page: &str, field: &str) -> Option<String> {
    let (_, rest) = page.split_once(&format!("name=\"{field}\" value=\""))?;
    rest.split_once('"').map(|(value, _)| value.to_owned())
}

#[test]
fn the_buttons_of_a_story_do_what_the_commands_do() {
    let newsroom = newsroom("");
    let (storm, budget) =
        (newsroom.story("Storm closes ports"), newsroom.story("Budget passes at last"));
    let path = format!("/story/{storm}");
    let token = newsroom.form_token(&path, &[]);
    let press = |verb: &str, field: &[(&str, &str)]| {
        let fields = [&[("form-token", token.as_str())], field].concat();
        let (status, location, words) = newsroom.post(&format!("{path}/{verb}"), &[], &fields);
        assert_eq!(
            (status, location.as_deref()),
            (303, Some(format!("../{storm}").as_str())),
            "{verb}: {words}"
        );
        newsroom.page(&path, &[])
    };
    // What was pressed is done when the page is shown again, and its words can be taken back.
    let undo = |page: &str| press("undo", &[("decision", &value_of(page, "decision").unwrap())]);

    let page = press("hide", &[]);
    assert!(page.contains("Hidden: in no feed"), "{page}");
    newsroom.wait_for(&["Budget passes at last"]);
    press("hide", &[]);
    let page = undo(&page);
    assert!(!page.contains("Hidden: in no feed"), "{page}");
    newsroom.wait_for(&["Budget passes at last", "Storm closes ports"]);

    let page =
        press("split", &[("entry", &value_of(&newsroom.page(&path, &[]), "entry").unwrap())]);
    assert!(page.contains("An entry of"), "{page}");
    newsroom.wait_for(&["Budget passes at last", "Storm closes ports", "Storm closes ports"]);
    // One of them is alone now.
    assert_eq!(value_of(&page, "entry"), None);
    undo(&page);
    newsroom.wait_for(&["Budget passes at last", "Storm closes ports"]);

    let page = press("pin", &[]);
    assert!(page.contains("Pinned: on top of its feeds"), "{page}");
    let page = undo(&page);
    assert!(!page.contains("Pinned: on top of its feeds"), "{page}");

    let address = format!("{}story/{budget}", newsroom.service.base());
    let fields = [("form-token", token.as_str()), ("with", address.as_str())];
    let (status, _, words) = newsroom.post(&format!("{path}/join"), &[], &fields);
    assert_eq!(status, 303, "{words}");
    until("one story", Duration::from_secs(20), || {
        (newsroom.desk.ids("all").len() == 1).then_some(())
    });

    // A second press on a page that has gone old says how things are.
    let (status, _, words) = newsroom.post(&format!("{path}/join"), &[], &fields);
    assert!(status == 409 && words.contains("one story already"), "{status} {words}");
    for (verb, field, want, text) in [
        ("join", ("with", "https://nowhere.example/"), 404, "nothing is known of"),
        ("split", ("entry", "999999"), 409, "in another story"),
        ("split", ("entry", "x"), 422, "lacks something"),
        ("join", ("with", " "), 422, "lacks something"),
        ("undo", ("decision", "x"), 422, "lacks something"),
        ("delete", ("x", "x"), 422, "lacks something"),
    ] {
        let fields = [("form-token", token.as_str()), field];
        let (status, location, words) = newsroom.post(&format!("{path}/{verb}"), &[], &fields);
        assert!(status == want && words.contains(text), "{verb}: {status} {words}");
        assert_eq!(location, None);
    }
    let (status, _, _) = newsroom.post("/story/nope/hide", &[], &[("form-token", &token)]);
    assert_eq!(status, 404);
    // What a button does outlives the service.
    newsroom.service.kill();
    let said = newsroom.desk.run(&["explain", "--json", &storm]);
    assert_eq!(said.json()[0]["curator"][0]["word"], "join", "{said:?}");
}

#[test]
fn no_other_site_presses_a_button() {
    let newsroom = newsroom("");
    let storm = newsroom.story("Storm closes ports");
    let (page, path) = (format!("/story/{storm}"), format!("/story/{storm}/hide"));
    let token = newsroom.form_token(&page, &[]);
    let base = newsroom.service.base();
    let host = base.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let port = host.rsplit(':').next().unwrap();
    let check = |headers: &[(&str, &str)], fields: &[(&str, &str)], want: u16| {
        let (status, location, words) = newsroom.post(&path, headers, fields);
        assert_eq!((status, location), (want, None), "{headers:?} {fields:?} {words}");
    };
    let right = [("form-token", token.as_str())];
    // Without the token of the page, with a wrong one.
    check(&[], &[], 403);
    check(&[], &[("form-token", "")], 403);
    check(&[], &[("form-token", &"0".repeat(64))], 403);
    // By the page of another site, even if it knew the token.
    check(&[("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")], &right, 403);
    check(&[("Sec-Fetch-Site", "same-site")], &right, 403);
    check(&[("Origin", "https://evil.example")], &right, 403);
    check(&[("Origin", "null")], &right, 403);
    check(&[("Origin", "http://localhost:1")], &right, 403);
    // By a name that was made to resolve to this machine.
    let rebound = format!("evil.example:{port}");
    let origin = format!("http://{rebound}");
    check(
        &[("Host", &rebound), ("Origin", &origin), ("Sec-Fetch-Site", "same-origin")],
        &right,
        401,
    );
    // By whoever is not at this machine.
    check(&[ELSEWHERE], &right, 401);
    // What is no form, or too long, or is left half sent.
    let raw = |head: &str, body: &str| {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{head}\r\n\r\n{body}"
        );
        exchange(&host, request.as_bytes()).0
    };
    let body = format!("form-token={token}");
    let length = format!("Content-Length: {}", body.len());
    assert_eq!(raw(&length, &body), 415);
    assert_eq!(raw(&format!("Content-Type: text/plain\r\n{length}"), &body), 415);
    let form = "Content-Type: application/x-www-form-urlencoded";
    let long = format!("{body}&x={}", "x".repeat(40_000));
    assert_eq!(raw(&format!("{form}\r\nContent-Length: {}", long.len()), &long), 413);
    let (status, headers, _) = newsroom.service.get(&path, &[]);
    let allow = headers.iter().find(|(name, _)| name == "allow").map(|(_, value)| value.as_str());
    assert_eq!((status, allow), (405, Some("POST")));
    // None of it did anything, and the page for others has no button.
    assert!(!newsroom.page(&page, &[]).contains("Hidden: in no feed"));
    assert!(!newsroom.page(&page, &[ELSEWHERE]).contains("<form"));
    // And the page itself is kept by nobody but its reader, and framed nowhere.
    let (_, headers, _) = newsroom.service.get(&page, &[]);
    let header = |name: &str| headers.iter().find(|(known, _)| known == name).unwrap().1.clone();
    assert_eq!(header("cache-control"), "private, no-cache");
    assert!(header("content-security-policy").contains("frame-ancestors 'none'"));
    check_done(&newsroom, &path, &right);
    newsroom.service.stop();
}

#[track_caller]
fn check_done(newsroom: &Newsroom, path: &str, fields: &[(&str, &str)]) {
    let base = newsroom.service.base();
    let origin = base.trim_end_matches('/');
    let (status, _, words) = newsroom.post(path, &[("Origin", origin)], fields);
    assert_eq!(status, 303, "{words}");
}

#[test]
fn from_elsewhere_a_token_opens_the_buttons() {
    let newsroom = newsroom("admin_token = { file = \"admin.token\" }");
    let storm = newsroom.story("Storm closes ports");
    let (page, path) = (format!("/story/{storm}"), format!("/story/{storm}/hide"));
    let (status, headers, _) = newsroom.service.get(&format!("{page}?token={TOKEN}"), &[ELSEWHERE]);
    let line = |name: &str| headers.iter().find(|(known, _)| known == name).unwrap().1.clone();
    assert_eq!((status, line("location")), (303, format!("./{storm}")));
    let cookie = line("set-cookie").split(';').next().unwrap().to_owned();
    let visitor = [ELSEWHERE, ("Cookie", cookie.as_str())];
    let token = newsroom.form_token(&page, &visitor);
    // The token of a page is of one visitor: that of another's page is of no use.
    let here = newsroom.form_token(&page, &[]);
    assert_ne!(token, here);
    let status = |headers: &[(&str, &str)], token: &str| {
        newsroom.post(&path, headers, &[("form-token", token)]).0
    };
    assert_eq!(status(&visitor, &here), 403);
    assert_eq!(status(&[], &token), 403);
    assert_eq!(status(&[ELSEWHERE], &token), 401);
    assert_eq!(newsroom.post(&format!("{path}?token={TOKEN}"), &[ELSEWHERE], &[]).0, 401);
    assert_eq!(status(&[&visitor[..], &[("Sec-Fetch-Site", "cross-site")]].concat(), &token), 403);
    assert_eq!(status(&[&visitor[..], &[("Sec-Fetch-Site", "same-origin")]].concat(), &token), 303);
    newsroom.wait_for(&["Budget passes at last"]);
    // A program brings the token in a header, and no form.
    let bearer = format!("Bearer {TOKEN}");
    let program = [ELSEWHERE, ("Authorization", bearer.as_str())];
    let (status, _, words) = newsroom.post(&format!("/story/{storm}/pin"), &program, &[]);
    assert_eq!(status, 303, "{words}");
    // Guessing ends soon, also by posting.
    let mut statuses = Vec::new();
    for _ in 0..12 {
        let wrong = [ELSEWHERE, ("Authorization", "Bearer guess")];
        statuses.push(newsroom.post(&path, &wrong, &[]).0);
    }
    assert_eq!((statuses[0], statuses[11]), (401, 429), "{statuses:?}");
    let log = newsroom.service.stop();
    assert!(!log.contains(TOKEN) && !log.contains(&token), "{log}");
}
