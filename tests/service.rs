//! Someone keeps `tidings serve` running: what it does by itself, and what it survives.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[cfg(test)]
mod support;

use std::time::Duration;

use serde_json::json;
use support::desk::{Desk, Service};
use support::documents::{Item, item, rss, titles};
use support::origin::{Answer, Origin};
use support::{at, until};

const RSS: &str = "application/rss+xml";
const SOON: Duration = Duration::from_secs(20);

/// A desk with these sources and a server of its own, polling every second.
fn restless(sources: &[(&str, String)]) -> Desk {
    Desk::new(
        &serving(&Desk::config(sources, ""))
            .replace("every = \"15m\"", "every = \"1s\"\njitter = \"0s\""),
    )
}

/// The same configuration with a server on a free port.
fn serving(config: &str) -> String {
    config.replace("listen = \"off\"", "listen = \"127.0.0.1:0\"")
}

fn document(items: &[Item]) -> Answer {
    Answer::document(RSS, rss("Daily", items))
}

fn three() -> Vec<Item> {
    vec![item(3, "Storm closes ports"), item(2, "Budget passes"), item(1, "Talks resume")]
}

/// Waits until the file of the feed `all` has these titles.
#[track_caller]
fn wait_for_titles(desk: &Desk, want: &[&str]) {
    until(&format!("titles {want:?}"), SOON, || {
        (desk.file("public/all.json").exists() && desk.titles("all") == want).then_some(())
    });
}

fn text(service: &Service, path: &str) -> String {
    let (status, _, body) = service.get(path, &[]);
    assert_eq!(status, 200, "{path}");
    String::from_utf8(body).unwrap()
}

fn healthz(service: &Service) -> serde_json::Value {
    serde_json::from_str(&text(service, "/healthz")).unwrap()
}

#[test]
fn the_service_polls_publishes_and_serves() {
    let origin = Origin::start();
    origin.set("/rss", document(&three()));
    let desk = restless(&[("daily", origin.url("/rss"))]);
    let service = desk.serve();
    service.wait_for_titles("all", &titles(&three()));
    let before = desk.stamps();
    // Polls that find nothing new touch nothing.
    origin.wait_for("/rss", 3, SOON);
    assert!(origin.asked()[1..].iter().all(|asked| asked.answered == 304));
    assert_eq!(desk.stamps(), before);
    for (name, bytes) in desk.published().into_iter().filter(|(name, _)| name.starts_with("all")) {
        let (status, headers, served) = service.get(&format!("/feeds/{name}"), &[]);
        assert_eq!((status, &served), (200, &bytes), "{name}");
        let etag = &headers.iter().find(|(name, _)| name == "etag").unwrap().1;
        assert_eq!(
            service.get(&format!("/feeds/{name}"), &[("If-None-Match", etag)]).0,
            304,
            "{name}"
        );
    }
    assert!(text(&service, "/").contains("Storm closes ports"));
    assert!(text(&service, "/sources").contains("daily"));
    assert!(text(&service, "/opml").contains(&origin.url("/rss")));
    let mut items = three();
    items.insert(0, item(4, "Minister resigns"));
    items[2].title = "Budget passes after a night of talks".to_owned();
    origin.set("/rss", document(&items));
    wait_for_titles(&desk, &titles(&items));
    until("the page has it too", SOON, || {
        text(&service, "/").contains("Minister resigns").then_some(())
    });
    assert!(text(&service, "/metrics").contains("tidings_"));
    let log = service.stop();
    assert!(!log.contains("ERROR") && !log.contains("WARN"), "{log}");
}

#[test]
fn one_store_has_one_writer() {
    let origin = Origin::start();
    origin.set("/rss", document(&three()));
    let desk = Desk::new(&serving(&Desk::config(&[("daily", origin.url("/rss"))], "")));
    let service = desk.serve();
    wait_for_titles(&desk, &titles(&three()));
    for command in ["serve", "once"] {
        let said = desk.run(&[command]);
        assert_eq!(said.code, 1, "{command}: {said:?}");
        assert!(
            said.err.contains("tidings.db") && said.err.contains("in use"),
            "{command}: {said:?}"
        );
        assert_eq!(said.err.lines().count(), 1, "{command}: {said:?}");
    }
    // Reading beside it is nobody's business but the reader's.
    for command in [
        &["status"][..],
        &["status", "--json"],
        &["check"],
        &["explain", "https://origin.example/story/1"],
    ] {
        let said = desk.run(command);
        assert_eq!(said.code, 0, "{command:?}: {said:?}");
    }
    service.stop();
    assert_eq!(desk.run(&["once"]).code, 0);
}

#[test]
fn a_taken_port_is_said_before_anything_is_polled() {
    let origin = Origin::start();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let desk = Desk::new(
        &Desk::config(&[("daily", origin.url("/rss"))], "")
            .replace("\"off\"", &format!("\"{address}\"")),
    );
    let said = desk.run(&["serve"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains(&address.to_string()) && said.err.contains("listen"), "{said:?}");
    assert_eq!(origin.asked().len(), 0);
}

#[test]
fn a_poll_that_has_begun_is_finished_and_committed() {
    let origin = Origin::start();
    origin.set("/rss", document(&three()));
    origin.hold("/rss");
    let desk = Desk::new(&serving(&Desk::config(&[("daily", origin.url("/rss"))], "")));
    let mut service = desk.serve();
    origin.wait_for("/rss", 1, SOON);
    // A reader that keeps its connection open does not keep the service.
    let address = service.base().trim_start_matches("http://").trim_end_matches('/').to_owned();
    let _idle = std::net::TcpStream::connect(address).unwrap();
    service.signal("TERM");
    service.wait_for("finishing begun polls");
    origin.release("/rss");
    assert_eq!(service.ended(Duration::from_secs(8)), Some(0), "{}", service.log());
    assert_eq!(desk.titles("all"), titles(&three()));
    assert_eq!(desk.health("daily")["polls"], 1);
    assert_eq!(origin.count("/rss"), 1);
}

#[test]
fn a_service_whose_log_nobody_reads_any_more_ends_when_asked() {
    let origin = Origin::start();
    origin.set("/rss", document(&three()));
    origin.hold("/rss");
    let desk = Desk::of_sources(&[("daily", origin.url("/rss"))]);
    let mut child = desk
        .command(&["serve"])
        .env("TIDINGS_LOG", "debug")
        .stdin(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stderr.take());
    origin.wait_for("/rss", 1, SOON);
    let asked =
        std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
    assert!(asked.unwrap().success());
    origin.release("/rss");
    let ended = until("the service has ended", SOON, || child.try_wait().unwrap());
    assert_eq!(ended.code(), Some(0));
    assert_eq!(desk.titles("all"), titles(&three()));
}

#[test]
fn a_second_signal_ends_at_once() {
    let origin = Origin::start();
    origin.set("/rss", document(&three()));
    origin.hold("/rss");
    let desk = Desk::of_sources(&[("daily", origin.url("/rss"))]);
    for signals in [["TERM", "INT"], ["INT", "TERM"]] {
        let asked = origin.count("/rss");
        let mut service = desk.serve();
        origin.wait_for("/rss", asked + 1, SOON);
        service.signal(signals[0]);
        service.wait_for("finishing begun polls");
        service.signal(signals[1]);
        assert!(service.ended(Duration::from_secs(3)).is_some(), "{}", service.log());
    }
    // Nothing of it was stored, so it is due again.
    origin.release("/rss");
    assert_eq!(desk.run(&["once"]).code, 0);
    assert_eq!(desk.titles("all"), titles(&three()));
}

#[test]
fn a_killed_service_loses_nothing_and_renames_nothing() {
    let (origin, slow) = (Origin::start(), Origin::start());
    origin.set("/rss", document(&three()));
    slow.set("/rss", document(&[item(30, "Late news")]));
    slow.hold("/rss");
    let desk = Desk::new(&serving(&Desk::config(
        &[("daily", origin.url("/rss")), ("slow", slow.url("/rss"))],
        "",
    )));
    let service = desk.serve();
    wait_for_titles(&desk, &titles(&three()));
    slow.wait_for("/rss", 1, SOON);
    let before = desk.ids("all");
    service.kill();
    // What a crash in the middle of writing leaves behind is swept away.
    std::fs::write(desk.file("public/.tidings-x.tmp"), "half").unwrap();
    slow.release("/rss");
    let service = desk.serve();
    wait_for_titles(&desk, &["Late news", "Storm closes ports", "Budget passes", "Talks resume"]);
    assert_eq!(desk.ids("all")[1..], before[..]);
    assert!(!desk.file("public/.tidings-x.tmp").exists());
    // Only what had not been stored was due.
    assert_eq!((origin.count("/rss"), slow.count("/rss")), (1, 2));
    service.stop();
}

#[test]
fn a_restart_polls_what_is_due_and_nothing_else() {
    let origin = Origin::start();
    for path in ["/often", "/seldom"] {
        origin.set(path, document(&three()));
    }
    let config =
        Desk::config(&[("often", origin.url("/often")), ("seldom", origin.url("/seldom"))], "")
            .replace("key = \"seldom\"", "key = \"seldom\"\nevery = \"6h\"");
    let desk = Desk::new(&config);
    desk.run_at(Some(&at(0)), &["once"]);
    let published = desk.stamps();
    // Nothing is due: it starts, says so and waits.
    let service = desk.serve_at(Some(&at(1)));
    service.stop();
    assert_eq!(origin.asked().len(), 2);
    let service = desk.serve_at(Some(&at(60)));
    origin.wait_for("/often", 2, SOON);
    until("it is stored", SOON, || (desk.health("often")["polls"] == 2).then_some(()));
    service.stop();
    assert_eq!((origin.count("/often"), origin.count("/seldom")), (2, 1));
    assert_eq!(desk.stamps(), published);
}

#[test]
fn a_host_that_does_not_answer_delays_no_other() {
    let (dead, alive) = (Origin::start_at("127.0.0.2"), Origin::start_at("127.0.0.3"));
    let mut sources = Vec::new();
    for number in 0..12 {
        let path = format!("/{number}");
        dead.set(&path, document(&[item(100 + number, &format!("Dead {number}"))]));
        dead.hold(&path);
        sources.push((format!("a-dead-{number}"), dead.url(&path)));
    }
    alive.set("/rss", document(&three()));
    sources.push(("z-alive".to_owned(), alive.url("/rss")));
    let sources: Vec<(&str, String)> =
        sources.iter().map(|(key, url)| (key.as_str(), url.clone())).collect();
    let config =
        Desk::config(&sources, "").replace("per_host = 16", "per_host = 2\nconcurrency = 3");
    let desk = Desk::new(&config.replace("every = \"15m\"", "every = \"1s\"\njitter = \"0s\""));
    let service = desk.serve();
    alive.wait_for("/rss", 3, SOON);
    assert_eq!(dead.asked().len(), 2, "two of one host at once, and both are waiting");
    wait_for_titles(&desk, &titles(&three()));
    for number in 0..12 {
        dead.release(&format!("/{number}"));
    }
    until("all are heard", SOON, || (desk.titles("all").len() == 15).then_some(()));
    service.stop();
}

#[test]
fn a_poll_never_overlaps_itself() {
    let (slow, quick) = (Origin::start(), Origin::start());
    slow.set("/rss", document(&three()));
    slow.hold("/rss");
    quick.set("/rss", document(&three()));
    let desk = restless(&[("slow", slow.url("/rss")), ("quick", quick.url("/rss"))]);
    let service = desk.serve();
    quick.wait_for("/rss", 4, SOON);
    assert_eq!(slow.count("/rss"), 1);
    slow.release("/rss");
    slow.wait_for("/rss", 2, SOON);
    service.stop();
}

#[test]
fn a_source_that_fails_and_comes_back_is_seen_on_the_page() {
    let origin = Origin::start();
    origin.set("/rss", document(&three()));
    let desk = restless(&[("daily", origin.url("/rss"))]);
    let service = desk.serve();
    service.wait_for_titles("all", &titles(&three()));
    let before = desk.stamps();
    until("all is well", SOON, || (healthz(&service)["status"] == "ok").then_some(()));
    origin.set("/rss", Answer::status(500));
    until("the failure is seen", SOON, || (healthz(&service)["failing"] == 1).then_some(()));
    assert_eq!(healthz(&service)["status"], "degraded");
    assert!(text(&service, "/sources").contains("500"));
    assert!(service.log().contains("daily") && service.log().contains("500"), "{}", service.log());
    let status = desk.run(&["status"]);
    assert_eq!(status.code, 1);
    assert!(status.out.contains("500"), "{status:?}");
    assert_eq!(desk.stamps(), before);
    origin.set("/rss", document(&three()));
    until("the recovery is seen", SOON, || (healthz(&service)["failing"] == 0).then_some(()));
    assert_eq!(desk.stamps(), before);
    assert_eq!(desk.run(&["status"]).code, 0);
    service.stop();
}

#[test]
fn a_directory_in_the_way_stops_nothing_but_the_files() {
    let origin = Origin::start();
    origin.set("/rss", document(&three()));
    let desk = restless(&[("daily", origin.url("/rss"))]);
    std::fs::write(desk.file("public"), "in the way").unwrap();
    let service = desk.serve();
    until("it is served from memory", SOON, || {
        text(&service, "/feeds/all.json").contains("Storm closes ports").then_some(())
    });
    let status = desk.run(&["status"]);
    assert_eq!(status.code, 1, "{status:?}");
    assert!(
        status.err.contains("not all could be published") && status.err.contains("public"),
        "{status:?}"
    );
    std::fs::remove_file(desk.file("public")).unwrap();
    let mut items = three();
    items.insert(0, item(4, "Minister resigns"));
    origin.set("/rss", document(&items));
    wait_for_titles(&desk, &titles(&items));
    until("status sees that it is mended", SOON, || {
        (desk.run(&["status"]).code == 0).then_some(())
    });
    service.stop();
}

#[test]
fn a_store_that_cannot_be_written_does_not_end_the_service() {
    let (origin, later) = (Origin::start(), Origin::start());
    origin.set("/rss", document(&three()));
    later.set("/rss", document(&[item(30, "Late news")]));
    origin.hold("/rss");
    later.hold("/rss");
    let config = Desk::config(&[("daily", origin.url("/rss")), ("later", later.url("/rss"))], "");
    let desk = Desk::new(&config.replace("timeout = \"10s\"", "timeout = \"60s\""));
    let service = desk.serve();
    origin.wait_for("/rss", 1, SOON);
    later.wait_for("/rss", 1, SOON);
    let other = rusqlite::Connection::open(desk.file("tidings.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    origin.release("/rss");
    service.wait_for("polled again in 60 s");
    assert!(service.log().contains("locked"), "{}", service.log());
    other.execute_batch("ROLLBACK").unwrap();
    // What could not be stored has no part in what is stored after it, and is not hammered.
    later.release("/rss");
    wait_for_titles(&desk, &["Late news"]);
    assert_eq!(origin.count("/rss"), 1);
    service.stop();
    assert_eq!(desk.health("daily")["polls"], 0);
    assert_eq!(desk.run(&["once"]).code, 0);
    assert_eq!(desk.titles("all").len(), 4);
}

#[test]
fn a_service_without_a_configuration_says_what_to_do() {
    let desk = Desk::of_sources(&[]);
    std::fs::remove_file(desk.file("feeds.toml")).unwrap();
    let said = desk.run(&["serve"]);
    assert_eq!(said.code, 2, "{said:?}");
    assert!(said.err.contains("feeds.toml"), "{said:?}");
}

#[test]
fn restarts_keep_what_status_counts() {
    let origin = Origin::start();
    origin.set("/rss", document(&three()));
    let desk = Desk::of_sources(&[("daily", origin.url("/rss"))]);
    for (minutes, polls) in [(0, 1), (60, 2), (120, 3)] {
        let service = desk.serve_at(Some(&at(minutes)));
        until("it is stored", SOON, || (desk.health("daily")["polls"] == polls).then_some(()));
        service.stop();
    }
    let line = desk.health("daily");
    assert_eq!((&line["not_modified"], &line["ok"]), (&json!(2), &json!(true)));
}
