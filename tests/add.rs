//! A curator adds sources by the address of any page: the feed behind it is found, and `feeds.toml` keeps its comments and order.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on should stop")]

mod support;

use support::desk::{Desk, Said};
use support::documents::{item, rss};
use support::origin::{Answer, Origin};

fn feed() -> Answer {
    Answer::document("application/rss+xml", rss("Paper & pen", &[item(1, "Talks resume")]))
}

fn page(head: &str) -> Answer {
    let html = format!(
        "<!DOCTYPE html><html><head><title>p</title>{head}</head><body><p>Hello</p></body></html>"
    );
    Answer::document("text/html", html)
}

fn desk() -> Desk {
    Desk::new(
        "# our desk\n[fetch]\nallow_addresses = [\"127.0.0.0/8\"]\nper_host_delay = \"0s\"\n\n# the first\n[[source]]\nurl = \"https://first.example/rss\" # keep\n\n[[feed]]\nname = \"all\"\n",
    )
}

#[track_caller]
fn added(said: &Said, key: &str, how: &str) {
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains(&format!("added `{key}`")) && said.out.contains(how), "{said:?}");
}

#[test]
fn a_feed_is_added_as_it_is() {
    let (origin, desk) = (Origin::start(), desk());
    origin.set("/rss", feed());
    let before = desk.read("feeds.toml");
    added(
        &desk.run(&["add", &origin.url("/rss"), "--key", "paper"]),
        "paper",
        "the address is a feed",
    );
    let after = desk.read("feeds.toml");
    for line in before.lines() {
        assert!(after.contains(line), "`{line}` is gone from\n{after}");
    }
    assert!(after.contains("Paper & pen"), "{after}");
    assert!(
        after.find("paper").unwrap() < after.find("[[feed]]").unwrap(),
        "a source stands with the sources:\n{after}"
    );
    assert_eq!(desk.run(&["check"]).code, 0);
}

#[test]
fn the_feed_that_a_page_links_to_is_found() {
    let (origin, desk) = (Origin::start(), desk());
    origin.set("/news", page("<link rel=alternate type='application/rss+xml' href='feeds/main.xml'><link rel=alternate type='application/atom+xml' href='/second.xml'>"));
    origin.set("/feeds/main.xml", feed());
    let said = desk.run(&["add", &origin.url("/news"), "--key", "paper"]);
    added(&said, "paper", "the page links to it");
    assert!(said.out.contains("also links to") && said.out.contains("/second.xml"), "{said:?}");
    assert!(desk.read("feeds.toml").contains(&origin.url("/feeds/main.xml")));
}

#[test]
fn a_feed_that_no_page_links_to_is_found() {
    let (origin, desk) = (Origin::start(), desk());
    origin.set("/", page(""));
    origin.set("/rss.xml", feed());
    added(
        &desk.run(&["add", &origin.url("/"), "--key", "paper"]),
        "paper",
        "without linking to it",
    );
}

#[test]
fn a_site_that_refuses_its_pages_may_serve_a_feed() {
    let (origin, desk) = (Origin::start(), desk());
    origin.set("/", Answer::status(403));
    origin.set("/feed", feed());
    added(
        &desk.run(&["add", &origin.url("/"), "--key", "paper"]),
        "paper",
        "without linking to it",
    );
}

#[test]
fn what_is_there_already_is_refused_without_asking_anyone() {
    let (origin, desk) = (Origin::start(), desk());
    origin.set("/rss", feed());
    added(&desk.run(&["add", &origin.url("/rss"), "--key", "paper"]), "paper", "is a feed");
    let (text, asked) = (desk.read("feeds.toml"), origin.asked().len());
    for spelling in [
        origin.url("/rss"),
        origin.url("/rss/"),
        origin.url("/rss#top"),
        format!("{}?utm_source=x", origin.url("/rss")),
    ] {
        let said = desk.run(&["add", &spelling]);
        assert_eq!(said.code, 2, "{spelling}: {said:?}");
        assert!(said.err.contains("paper"), "{said:?}");
    }
    let said = desk.run(&["add", "http://www.first.example/rss/"]);
    assert!(said.code == 2 && said.err.contains("another spelling"), "{said:?}");
    assert_eq!((desk.read("feeds.toml"), origin.asked().len()), (text, asked));
}

#[test]
fn a_page_without_a_feed_changes_nothing() {
    let (origin, desk) = (Origin::start(), desk());
    origin.set("/", page(""));
    let before = desk.read("feeds.toml");
    let said = desk.run(&["add", &origin.url("/")]);
    assert!(said.code == 1 && said.err.contains("no feed at"), "{said:?}");
    let said = desk.run(&["add", "http://127.0.0.1:1/"]);
    assert!(said.code == 1 && said.err.contains("connect"), "{said:?}");
    let said = desk.run(&["add", "ftp://files.example/feed"]);
    assert!(said.code == 2 && said.err.contains("not an http"), "{said:?}");
    assert_eq!(desk.read("feeds.toml"), before);
}

#[test]
fn one_that_fails_does_not_keep_the_others_out() {
    let (origin, desk) = (Origin::start(), desk());
    origin.set("/rss", feed());
    let said = desk.run(&["add", "http://127.0.0.1:1/", &origin.url("/rss")]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.out.contains("added"), "{said:?}");
}

#[test]
fn a_private_address_is_not_searched() {
    let origin = Origin::start();
    origin.set("/rss", feed());
    let desk = Desk::new("[[feed]]\nname = \"all\"\n");
    let said = desk.run(&["add", &origin.url("/rss")]);
    assert!(said.code == 1 && said.err.contains("allow_addresses"), "{said:?}");
    assert!(origin.asked().is_empty());
}

#[test]
fn what_was_added_can_be_removed() {
    let (origin, desk) = (Origin::start(), desk());
    origin.set("/rss", feed());
    let before = desk.read("feeds.toml");
    added(&desk.run(&["add", &origin.url("/rss"), "--key", "paper"]), "paper", "is a feed");
    assert_eq!(desk.run(&["remove", "paper"]).code, 0);
    assert_eq!(desk.read("feeds.toml"), before);
}
