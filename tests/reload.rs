//! Someone edits `feeds.toml` while the service runs.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[cfg(test)]
mod support;

use std::io::Write as _;
use std::time::Duration;

use support::desk::{Desk, Service, get_at};
use support::documents::{Item, item, rss, titles};
use support::origin::{Answer, Origin};
use support::until;

const RSS: &str = "application/rss+xml";
const SOON: Duration = Duration::from_secs(20);
const IN_FORCE: &str = "the configuration has changed and is in force";

fn document(items: &[Item]) -> Answer {
    Answer::document(RSS, rss("Daily", items))
}

fn three() -> Vec<Item> {
    vec![item(3, "Storm closes ports"), item(2, "Budget passes"), item(1, "Talks resume")]
}

/// A configuration with a server on a free port.
fn config(sources: &[(&str, String)], more: &str) -> String {
    Desk::config(sources, more).replace("listen = \"off\"", "listen = \"127.0.0.1:0\"")
}

/// An origin with a document at `/a` and one at `/b`, and a running service that has read the first.
fn running() -> (Origin, Desk, Service) {
    let origin = Origin::start();
    origin.set("/a", document(&three()));
    origin.set("/b", document(&[item(20, "Harvest begins")]));
    let desk = Desk::new(&config(&[("a", origin.url("/a"))], ""));
    let service = desk.serve();
    service.wait_for_titles("all", &titles(&three()));
    (origin, desk, service)
}

/// Waits until so many edits are in force.
#[track_caller]
fn wait_for_edits(service: &Service, edits: usize) {
    until(&format!("{edits} edits in force:\n{}", service.log()), SOON, || {
        (service.log().matches(IN_FORCE).count() == edits).then_some(())
    });
}

fn page(service: &Service, path: &str) -> String {
    String::from_utf8(service.get(path, &[]).2).unwrap()
}

#[test]
fn an_edit_with_errors_changes_nothing_and_is_said_everywhere() {
    let (origin, desk, service) = running();
    let before = desk.stamps();
    assert_eq!(desk.run(&["status"]).code, 0);
    let good = config(&[("a", origin.url("/a")), ("b", origin.url("/b"))], "");
    desk.configure(&good.replace("[[feed]]", "[[feed]]\nlimmit = 5"));
    service.wait_for("the last good one stays in force");
    assert!(
        service.log().contains("limmit") && service.log().contains("did you mean"),
        "{}",
        service.log()
    );
    until("the page says so", SOON, || {
        let page = page(&service, "/");
        (page.contains("has errors since") && page.contains("limmit")).then_some(())
    });
    let health: serde_json::Value = serde_json::from_str(&page(&service, "/healthz")).unwrap();
    assert_eq!(
        (health["config"].as_str(), health["status"].as_str()),
        (Some("last good"), Some("degraded"))
    );
    for args in [&["status"][..], &["status", "--json"]] {
        let status = desk.run(args);
        assert_eq!(status.code, 1, "{status:?}");
        assert!(
            status.err.contains("limmit") && status.err.contains("last good configuration"),
            "{status:?}"
        );
        assert!(status.out.contains('a') && status.out.contains('3'), "{status:?}");
    }
    // The same for a file that is no TOML at all, and one that is gone.
    desk.configure("[[source]\nurl = ");
    until("the next report", SOON, || {
        (service.log().matches("the last good one stays").count() == 2).then_some(())
    });
    assert_eq!(desk.run(&["status", "--json"]).line("source", "a")["entries"], 3);
    std::fs::remove_file(desk.file("feeds.toml")).unwrap();
    until("the next report", SOON, || {
        (service.log().matches("the last good one stays").count() == 3).then_some(())
    });
    assert_eq!((desk.stamps(), origin.asked().len()), (before, 1));
    // Mended: it takes effect, and nobody complains any more.
    desk.configure(&good);
    wait_for_edits(&service, 1);
    service.wait_for_titles(
        "all",
        &["Harvest begins", "Storm closes ports", "Budget passes", "Talks resume"],
    );
    until("the page is quiet", SOON, || {
        (!page(&service, "/").contains("has errors")).then_some(())
    });
    assert_eq!(desk.run(&["status"]).code, 0);
    assert_eq!((origin.count("/a"), origin.count("/b")), (1, 1));
    service.stop();
}

#[test]
fn a_valid_edit_takes_effect_without_polling_what_did_not_change() {
    let (origin, desk, service) = running();
    let ids = desk.ids("all");
    let a = ("a", origin.url("/a"));
    // Another source, another feed.
    desk.configure(&config(
        &[a.clone(), ("b", origin.url("/b"))],
        "[[feed]]\nname = \"two\"\ntitle = \"Two\"\nlimit = 2\n",
    ));
    service.wait_for_titles("two", &["Harvest begins", "Storm closes ports"]);
    service.wait_for_titles(
        "all",
        &["Harvest begins", "Storm closes ports", "Budget passes", "Talks resume"],
    );
    assert_eq!(service.get("/feeds/two.rss", &[]).0, 200);
    // Titles, limits and order are of the desk, and cost no poll.
    desk.configure(
        &config(std::slice::from_ref(&a), "limit = 1\n").replace("All of it", "Some of it"),
    );
    service.wait_for_titles("all", &["Storm closes ports"]);
    until("the shelf follows", SOON, || {
        (service.get("/feeds/two.rss", &[]).0 == 404).then_some(())
    });
    assert_eq!(desk.json_feed("all")["title"], "Some of it");
    assert!(page(&service, "/").contains("Some of it"));
    // The source that left comes back with what is remembered of it.
    desk.configure(&config(&[a, ("b", origin.url("/b"))], ""));
    service.wait_for_titles(
        "all",
        &["Harvest begins", "Storm closes ports", "Budget passes", "Talks resume"],
    );
    wait_for_edits(&service, 3);
    assert_eq!(desk.ids("all")[1..], ids[..]);
    let log = service.stop();
    assert_eq!((origin.count("/a"), origin.count("/b")), (1, 1), "{log}");
}

#[test]
fn a_source_of_an_earlier_configuration_is_remembered_across_a_restart() {
    let origin = Origin::start();
    origin.set("/a", document(&three()));
    origin.set("/b", document(&[item(20, "Harvest begins")]));
    let (a, b) = (("a", origin.url("/a")), ("b", origin.url("/b")));
    let desk = Desk::new(&config(&[a.clone(), b.clone()], ""));
    assert_eq!(desk.run(&["once"]).code, 0);
    desk.configure(&config(std::slice::from_ref(&a), ""));
    let service = desk.serve();
    service.wait_for_titles("all", &titles(&three()));
    desk.configure(&config(&[a, b], ""));
    wait_for_edits(&service, 1);
    service.wait_for_titles(
        "all",
        &["Harvest begins", "Storm closes ports", "Budget passes", "Talks resume"],
    );
    service.stop();
    assert_eq!((origin.count("/a"), origin.count("/b")), (1, 1));
    assert_eq!(desk.health("b")["polls"], 1);
}

#[test]
fn a_file_written_in_place_and_in_pieces_is_one_edit() {
    let (origin, desk, service) = running();
    let whole = config(
        &[("a", origin.url("/a")), ("b", origin.url("/b"))],
        "[[feed]]\nname = \"two\"\ntitle = \"Two\"\n",
    );
    // Cut where it is valid by itself, but has no sources.
    let cut = whole.find("[[source]]").unwrap();
    let mut file = std::fs::File::create(desk.file("feeds.toml")).unwrap();
    for piece in [&whole[..cut], &whole[cut..]] {
        file.write_all(piece.as_bytes()).unwrap();
        file.flush().unwrap();
        // Looking at something else for a moment, as an editor on a slow disk does.
        desk.run(&["--version"]);
    }
    drop(file);
    service.wait_for_titles(
        "two",
        &["Harvest begins", "Storm closes ports", "Budget passes", "Talks resume"],
    );
    wait_for_edits(&service, 1);
    let log = service.stop();
    assert!(!log.contains("has errors"), "{log}");
    assert_eq!(origin.count("/a"), 1);
}

#[test]
fn a_link_in_the_place_of_the_file_is_followed() {
    let origin = Origin::start();
    origin.set("/a", document(&three()));
    let desk = Desk::new(&config(&[("a", origin.url("/a"))], ""));
    // As orchestrators mount configuration: a link to a link to a folder.
    for version in ["one", "two"] {
        std::fs::create_dir(desk.file(version)).unwrap();
        let text = config(&[("a", origin.url("/a"))], "").replace("Test desk", version);
        std::fs::write(desk.file(version).join("feeds.toml"), text).unwrap();
    }
    let link = |to: &str, name: &str| {
        std::os::unix::fs::symlink(to, desk.file("new-link")).unwrap();
        std::fs::rename(desk.file("new-link"), desk.file(name)).unwrap();
    };
    link("one", "current");
    link("current/feeds.toml", "feeds.toml");
    let service = desk.serve();
    until("the first title", SOON, || page(&service, "/").contains("one").then_some(()));
    link("two", "current");
    wait_for_edits(&service, 1);
    until("the second title", SOON, || page(&service, "/").contains("two").then_some(()));
    service.stop();
}

#[test]
fn a_file_that_was_only_touched_is_no_edit_but_a_hangup_reads_it_again() {
    let (origin, desk, service) = running();
    let text = desk.read("feeds.toml");
    desk.configure(&text);
    service.signal("HUP");
    wait_for_edits(&service, 1);
    desk.configure(&format!("{text}# a comment\n"));
    wait_for_edits(&service, 2);
    let before = desk.stamps();
    let log = service.stop();
    assert_eq!(log.matches(IN_FORCE).count(), 2, "{log}");
    assert_eq!((origin.count("/a"), desk.stamps()), (1, before));
}

#[test]
fn another_schedule_counts_from_the_last_poll() {
    let (origin, desk, service) = running();
    desk.configure(
        &config(&[("a", origin.url("/a"))], "")
            .replace("every = \"15m\"", "every = \"1s\"\njitter = \"0s\""),
    );
    origin.wait_for("/a", 3, SOON);
    wait_for_edits(&service, 1);
    let before = desk.read("feeds.toml");
    desk.configure(&before.replace("every = \"1s\"", "every = \"6h\""));
    wait_for_edits(&service, 2);
    let due = desk.run(&["status"]).out;
    assert!(due.contains("in 5 h") || due.contains("in 6 h"), "{due}");
    service.stop();
}

#[test]
fn another_address_is_polled_at_once_without_the_validators_of_the_old_one() {
    let (origin, desk, service) = running();
    origin.set("/moved", document(&[item(4, "Minister resigns"), item(3, "Storm closes ports")]));
    desk.configure(&config(&[("a", origin.url("/moved"))], ""));
    service.wait_for_titles(
        "all",
        &["Minister resigns", "Storm closes ports", "Budget passes", "Talks resume"],
    );
    assert!(!origin.asked().last().unwrap().headers.contains_key("if-none-match"));
    service.stop();
}

#[test]
fn another_topic_judges_what_is_stored() {
    let origin = Origin::start();
    origin.set("/a", document(&three()));
    let source = [("a", origin.url("/a"))];
    let topic = |rule: &str| {
        let topic = format!(
            "topics = [\"desk\"]\n[topic.desk]\nany = [{rule}]\n[[feed]]\nname = \"each\"\ntitle = \"Each\"\n"
        );
        config(&source, &topic)
    };
    let desk = Desk::new(&topic("\"storm\""));
    let service = desk.serve();
    service.wait_for_titles("all", &["Storm closes ports"]);
    let storm = desk.ids("all");
    desk.configure(&topic("\"storm\", \"budget\""));
    service.wait_for_titles("all", &["Storm closes ports", "Budget passes"]);
    assert_eq!(desk.ids("all")[..1], storm[..]);
    let budget = desk.id("all", "Budget passes");
    desk.configure(&topic("\"budget\", \"talks\""));
    service.wait_for_titles("all", &["Budget passes", "Talks resume"]);
    desk.configure(&topic("\"storm\""));
    service.wait_for_titles("all", &["Storm closes ports"]);
    assert_eq!(desk.ids("all"), storm);
    assert_eq!(desk.id("each", "Budget passes"), budget);
    let log = service.stop();
    assert_eq!(origin.count("/a"), 1, "{log}");
    // The rules may change while nobody runs it.
    desk.configure(&topic("\"talks\""));
    assert_eq!(desk.run(&["once"]).code, 0);
    assert_eq!((desk.titles("all"), origin.count("/a")), (vec!["Talks resume".to_owned()], 1));
}

#[test]
fn a_poll_under_way_is_judged_by_the_rules_in_force() {
    let origin = Origin::start();
    origin.set("/a", document(&three()));
    origin.hold("/a");
    let source = [("a", origin.url("/a"))];
    let topic = |term: &str| {
        config(&source, &format!("topics = [\"desk\"]\n[topic.desk]\nany = [\"{term}\"]\n"))
    };
    let desk = Desk::new(&topic("storm"));
    let service = desk.serve();
    origin.wait_for("/a", 1, SOON);
    desk.configure(&topic("budget"));
    wait_for_edits(&service, 1);
    origin.release("/a");
    service.wait_for_titles("all", &["Budget passes"]);
    service.stop();
    assert_eq!(origin.count("/a"), 1);
}

#[test]
fn another_window_joins_by_its_own_length() {
    let origin = Origin::start();
    let mut late = item(9, "Storm closes ports");
    late.date = "Fri, 31 Oct 2025 12:00:00 +0000".to_owned();
    origin.set("/a", document(&three()));
    origin.set("/b", document(&[late]));
    let (a, b) = (("a", origin.url("/a")), ("b", origin.url("/b")));
    let desk = Desk::new(&config(std::slice::from_ref(&a), "[stories]\nwindow = \"6h\"\n"));
    let service = desk.serve_at(Some("2025-10-30T07:00:00Z"));
    service.wait_for_titles("all", &titles(&three()));
    service.stop();
    // Thirty hours apart: two stories by the old window, one by the new.
    let service = desk.serve_at(Some("2025-10-31T12:30:00Z"));
    desk.configure(&config(&[a, b], "[stories]\nwindow = \"48h\"\n"));
    origin.wait_for("/b", 1, SOON);
    until("both are one story", SOON, || {
        desk.read("public/all.rss").contains("Also").then_some(())
    });
    assert_eq!(desk.titles("all").len(), 3);
    service.stop();
}

#[test]
fn what_needs_a_restart_is_said() {
    let (origin, desk, service) = running();
    let text = config(&[("a", origin.url("/a"))], "[store]\npath = \"other.db\"\n");
    desk.configure(&text);
    wait_for_edits(&service, 1);
    let log = service.stop();
    assert!(log.contains("[store] path has changed; that takes effect after a restart"), "{log}");
}

#[test]
fn another_address_to_listen_on_is_moved_to() {
    let (origin, desk, service) = running();
    let old = service.base().trim_start_matches("http://").trim_end_matches('/').to_owned();
    let listen =
        |address: &str| config(&[("a", origin.url("/a"))], "").replace("127.0.0.1:0", address);
    // One that is taken changes nothing, and is said.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    desk.configure(&listen(&address));
    service.wait_for(&format!("cannot listen on {address}"));
    assert_eq!(get_at(&old, "/healthz", &[]).0, 200);
    drop(taken);
    let free = std::net::TcpListener::bind("127.0.0.2:0").unwrap().local_addr().unwrap();
    desk.configure(&listen(&free.to_string()));
    service.wait_for(&format!("listens at http://{free}/ now"));
    assert_eq!(get_at(&free.to_string(), "/feeds/all.rss", &[]).0, 200);
    assert!(std::net::TcpStream::connect(&old).is_err(), "the old address is closed");
    // The same port on another address.
    let other = format!("127.0.0.3:{}", free.port());
    desk.configure(&listen(&other));
    service.wait_for(&format!("listens at http://{other}/ now"));
    assert_eq!(get_at(&other, "/healthz", &[]).0, 200);
    desk.configure(&listen("off"));
    service.wait_for("listens no more");
    assert!(std::net::TcpStream::connect(&other).is_err());
    service.stop();
}

#[test]
fn nothing_is_published_by_new_feeds_and_old_verdicts() {
    let origin = Origin::start();
    origin.set("/a", document(&three()));
    let with = |topic: &str| {
        let topics = format!("topics = [\"{topic}\"]\n[topic.{topic}]\nany = [\"storm\"]\n");
        config(&[("a", origin.url("/a"))], &topics)
    };
    let desk = Desk::new(&with("weather"));
    let service = desk.serve();
    service.wait_for_titles("all", &["Storm closes ports"]);
    let before = desk.stamps();
    // Judging again takes as long as another program holds the database.
    let other = rusqlite::Connection::open(desk.file("tidings.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    desk.configure(&with("storms"));
    let begun = std::time::Instant::now();
    while begun.elapsed() < Duration::from_secs(2) {
        assert_eq!(desk.stamps(), before);
    }
    other.execute_batch("ROLLBACK").unwrap();
    wait_for_edits(&service, 1);
    until("the new topic", SOON, || {
        desk.read("public/all.rss").contains("<category>storms</category>").then_some(())
    });
    service.wait_for_titles("all", &["Storm closes ports"]);
    service.stop();
}

#[test]
fn a_source_read_anew_is_read_with_its_new_settings() {
    let origin = Origin::start();
    let text = "<rss version=\"2.0\"><channel><title>D</title><item><guid>1</guid><title>외교</title></item></channel></rss>";
    let (bytes, _, _) = encoding_rs::EUC_KR.encode(text);
    origin.set("/a", Answer::document(RSS, bytes.into_owned()));
    let every = |more: &str| {
        let config = config(&[("a", origin.url("/a"))], "")
            .replace("every = \"15m\"", "every = \"1s\"\njitter = \"0s\"");
        config.replace("key = \"a\"", &format!("key = \"a\"\n{more}"))
    };
    let desk = Desk::new(&every("encoding = \"windows-1252\""));
    let service = desk.serve();
    until("it is read", SOON, || {
        (desk.file("public/all.json").exists() && desk.titles("all").len() == 1).then_some(())
    });
    assert_ne!(desk.titles("all"), ["외교"]);
    desk.configure(&every("encoding = \"euc-kr\""));
    service.wait_for_titles("all", &["외교"]);
    service.stop();
}
