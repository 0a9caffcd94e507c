//! The configuration through the real binary: what is said of a wrong one, how it is edited, and that schema, documentation and example agree.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "all of this file is a test")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tidings::config::{Config, START};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A directory with a `feeds.toml` in it, and the program that is run there.
struct Desk {
    dir: tempfile::TempDir,
}

impl Desk {
    fn new(text: impl AsRef<[u8]>) -> Desk {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("feeds.toml"), text).unwrap();
        Desk { dir }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("feeds.toml")
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.path()).unwrap()
    }

    fn run(&self, args: &[&str]) -> Ran {
        Ran::from(
            Command::new(env!("CARGO_BIN_EXE_tidings"))
                .args(args)
                .current_dir(self.dir.path())
                .env_clear()
                .env("TIDINGS_NOW", "2026-03-28T12:00:00Z")
                .output()
                .unwrap(),
        )
    }
}

/// How a command ended.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Ran {
        Ran {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// A file that is wrong in many ways, each named once.
#[test]
fn every_problem_is_in_one_report() {
    let desk = Desk::new(include_str!("config/wrong.toml"));
    let ran = desk.run(&["check"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    insta::assert_snapshot!("wrong", ran.err);
    assert!(!ran.err.contains("hunter2") && !ran.err.contains('\u{1b}'), "{}", ran.err);
    let json = desk.run(&["check", "--json"]);
    assert_eq!(json.code, 2);
    let lines: Vec<Value> =
        json.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (whole, problems) = lines.split_last().unwrap();
    assert_eq!(whole["ok"], false);
    assert_eq!(whole["problems"], problems.len());
    assert!(problems.iter().all(|problem| problem["line"].as_u64() > Some(0)));
}

#[test]
fn a_right_file_shows_its_next_polls() {
    let desk = Desk::new(
        r#"
[fetch]
timezone = "Europe/Berlin"
schedule = "30 2 * * *"
[[source]]
url = "https://a.example/"
[[source]]
url = "https://b.example/"
every = "10m"
[[source]]
url = "https://c.example/"
[topic.unused]
any = ["x"]
[[feed]]
name = "all"
"#,
    );
    let ran = desk.run(&["check"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    insta::assert_snapshot!("right", ran.out);
    assert!(ran.err.contains("the topic `unused` is in no feed"), "{}", ran.err);
    let json = desk.run(&["check", "--json"]);
    assert_eq!((json.code, json.err.as_str()), (0, ""));
    insta::assert_snapshot!("right-json", json.out);
}

#[test]
fn a_secret_comes_from_elsewhere_and_is_never_shown() {
    let desk = Desk::new(
        "[[source]]\nurl = \"https://a.example/\"\nheaders = { Authorization = { file = \"token\" } }\n",
    );
    let ran = desk.run(&["check"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("the file `token` gives no secret"), "{}", ran.err);
    // A command that contacts no source does not need it.
    assert_eq!(desk.run(&["export", "--opml"]).code, 0);
    std::fs::write(desk.dir.path().join("token"), "hunter2\n").unwrap();
    let ran = desk.run(&["check"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let config = Config::load(&desk.path()).unwrap();
    assert_eq!(config.sources[0].headers[0].1.reveal(), "hunter2");
    assert!(!format!("{config:?}{}{}", ran.out, ran.err).contains("hunter2"));
}

#[test]
fn files_that_are_no_text_are_refused_in_words() {
    let check = |bytes: &[u8], message: &str| {
        let ran = Desk::new(bytes).run(&["check"]);
        assert_eq!(ran.code, 2);
        assert!(ran.err.contains(message), "{message}: {}", ran.err);
    };
    check(b"", "the file configures nothing");
    check(b"# only a comment\n", "the file configures nothing");
    check(b"\xff\xfe[\0f\0", "UTF-16");
    check(b"[fetch]\n# \xff\n", "feeds.toml:2:3");
    check(b"[fetch]\n<<<<<<< HEAD\n", "a merge left its marks");
    check("[publish]\ntitle = \u{201c}x\u{201d}\n".as_bytes(), "straight quotes");
    let missing = Desk::new("").run(&["check", "--config", "none.toml"]);
    assert_eq!(missing.code, 2);
    assert!(missing.err.contains("tidings init"), "{}", missing.err);
    let with_mark = Desk::new(
        "\u{feff}[[source]]\r\nurl = \"https://a.example/\"\r\n[[feed]]\r\nname = \"all\"\r\n",
    );
    assert_eq!(with_mark.run(&["check"]).code, 0);
}

#[test]
fn init_writes_a_file_to_start_from_and_never_over_one() {
    let desk = Desk::new("mine");
    let refused = desk.run(&["init"]);
    assert_eq!((refused.code, desk.text().as_str()), (2, "mine"));
    assert!(refused.err.contains("--force"), "{}", refused.err);
    assert_eq!(desk.run(&["init", "--force"]).code, 0);
    assert_eq!(desk.text(), START);
    let ran = desk.run(&["check"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(desk.dir.path().join("feeds.schema.json").exists());
    let elsewhere = desk.run(&["init", "--config", "new.toml"]);
    assert_eq!(elsewhere.code, 0, "{}", elsewhere.err);
}

#[test]
fn the_shipped_schema_is_the_one_of_the_program() {
    let schema = Desk::new("").run(&["schema"]).out;
    let shipped = std::fs::read_to_string(Path::new(ROOT).join("feeds.schema.json")).unwrap();
    assert!(schema == shipped, "run: cargo run -- schema > feeds.schema.json");
    let schema: Value = serde_json::from_str(&schema).unwrap();
    for (name, table) in tables(&schema) {
        for (key, property) in table["properties"].as_object().unwrap() {
            assert!(
                property["description"].as_str().is_some_and(|text| text.len() > 10),
                "{name} {key}"
            );
        }
    }
}

/// The tables of the schema by the headings of the documentation.
fn tables(schema: &Value) -> Vec<(&'static str, &Value)> {
    [
        ("## `[publish]`", "Publish"),
        ("## `[server]`", "Server"),
        ("## `[store]`", "Store"),
        ("## `[fetch]`", "Fetch"),
        ("## `[websub]`", "Websub"),
        ("## `[stories]`", "Stories"),
        ("## `[[source]]`", "Source"),
        ("## `[topic.NAME]`", "Topic"),
        ("## `[[feed]]`", "Feed"),
        ("## A secret", "SecretOrigin"),
    ]
    .map(|(heading, name)| (heading, &schema["definitions"][name]))
    .into()
}

#[test]
fn every_key_is_documented_with_its_default() {
    let docs = std::fs::read_to_string(Path::new(ROOT).join("docs/feeds.toml.md")).unwrap();
    let schema: Value = serde_json::from_str(&Desk::new("").run(&["schema"]).out).unwrap();
    let headings = docs.matches("\n## ").count();
    assert_eq!(headings, tables(&schema).len());
    for (heading, table) in tables(&schema) {
        let section = docs.split(heading).nth(1).unwrap().split("\n## ").next().unwrap();
        let rows: Vec<&str> = section.lines().filter(|line| line.starts_with("| `")).collect();
        let properties = table["properties"].as_object().unwrap();
        assert_eq!(rows.len(), properties.len(), "{heading}");
        for (key, property) in properties {
            let row = rows.iter().find(|row| row.starts_with(&format!("| `{key}` |")));
            let row = row.unwrap_or_else(|| panic!("{heading} lacks {key}"));
            assert!(row.contains(property["description"].as_str().unwrap()), "{heading} {key}");
            let default = &property["default"];
            match default.as_array() {
                Some(items) => {
                    assert!(
                        items.iter().all(|item| row.contains(&item.to_string())),
                        "{heading} {key}"
                    );
                }
                None if default.is_null() => {}
                None => assert!(row.contains(&format!("`{default}`")), "{heading} {key}"),
            }
        }
    }
}

#[test]
fn every_example_is_right() {
    let docs = std::fs::read_to_string(Path::new(ROOT).join("docs/feeds.toml.md")).unwrap();
    let blocks: Vec<&str> =
        docs.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(blocks.len() >= 7);
    let mut examples = 0;
    for block in blocks {
        let config = Config::parse_without_secrets(block, Path::new("/desk/feeds.toml"));
        let config = config.unwrap_or_else(|error| panic!("{error}\n{block}"));
        examples += config.sources.len() + config.topics.len() + config.feeds.len();
    }
    assert!(examples > 15);
}

/// The repository's own desk is what the README starts.
#[test]
fn the_desk_of_the_repository_is_real() {
    let path = Path::new(ROOT).join("feeds.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("#:schema ./feeds.schema.json\n"));
    let config = Config::load(&path).unwrap();
    assert!(config.warnings.is_empty(), "{:?}", config.warnings);
    assert!(config.sources.len() >= 15 && config.feeds.len() == 3);
    for language in ["en", "ko", "ja"] {
        let spoken = config.sources.iter().filter(|source| {
            source.language.as_ref().is_some_and(|lang| lang.primary() == language)
        });
        assert!(spoken.count() >= 4, "{language}");
    }
    let topics: Vec<&str> = config.topics.iter().map(|topic| topic.name.as_str()).collect();
    assert_eq!(topics, ["diplomacy", "korea-japan"]);
    assert_eq!(config.server.listen, Some("127.0.0.1:8484".parse().unwrap()));
    let leads =
        |key: &str| config.sources.iter().find(|source| source.key.as_str() == key).unwrap().rank;
    assert!(leads("yonhap-en") < leads("nhk") && leads("nhk") < leads("bbc-asia"));
}

#[test]
fn a_source_is_removed_with_its_comment() {
    let desk = Desk::new(START);
    let ran = desk.run(&["remove", "asahi"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(!desk.text().contains("asahi.com") && desk.text().contains("bbc-world"));
    let again = desk.run(&["remove", "asahi"]);
    assert_eq!(again.code, 2);
    assert!(again.err.contains("there is no source `asahi`"), "{}", again.err);
    // What names the source elsewhere would break the file.
    let preferred = format!("{START}\n").replace("window = \"72h\"", "prefer = [\"asahi\"]");
    let desk = Desk::new(&preferred);
    let ran = desk.run(&["remove", "asahi"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("there is no source `asahi`"), "{}", ran.err);
    assert_eq!(desk.text(), preferred);
}

#[test]
fn subscriptions_come_in_and_go_out() {
    let desk = Desk::new(START);
    let list = r#"<opml version="2.0"><body>
<outline text="Korea">
<outline type="rss" text="한겨레" language="ko" xmlUrl="https://www.hani.co.kr/rss/politics/"/>
<outline type="rss" text="BBC" xmlUrl="http://feeds.bbci.co.uk/news/world/rss.xml?utm_source=x"/>
<outline type="rss" text="router" xmlUrl="http://192.168.0.1/"/>
</outline></body></opml>"#;
    std::fs::write(desk.dir.path().join("list.opml"), list).unwrap();
    let ran = desk.run(&["import", "list.opml"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert_eq!(ran.out, "added 1 source to feeds.toml, left out 2\n");
    let refusals: Vec<&str> = ran.err.lines().collect();
    assert!(
        refusals[0].starts_with("list.opml:4: ") && refusals[0].contains("`bbc-world`"),
        "{refusals:?}"
    );
    assert!(
        refusals[1].starts_with("list.opml:5: ") && refusals[1].contains("private"),
        "{refusals:?}"
    );
    let added = "[[source]]\nurl      = \"https://www.hani.co.kr/rss/politics/\"\nkey      = \"hani.co.kr\"\nname     = \"한겨레\"\nlanguage = \"ko\"\n\n# ---- What is kept";
    assert!(desk.text().contains(added), "{}", desk.text());
    assert_eq!(desk.run(&["check"]).code, 0);

    let out = desk.run(&["export", "--opml"]);
    assert_eq!(out.code, 0, "{}", out.err);
    std::fs::write(desk.dir.path().join("out.opml"), &out.out).unwrap();
    let other = Desk::new("[[feed]]\nname = \"all\"\n");
    std::fs::copy(desk.dir.path().join("out.opml"), other.dir.path().join("in.opml")).unwrap();
    let back = other.run(&["import", "in.opml"]);
    assert_eq!((back.code, back.err.as_str()), (0, ""));
    let urls = |desk: &Desk| {
        let config = Config::load(&desk.path()).unwrap();
        config.sources.iter().map(|source| source.address.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(urls(&desk), urls(&other));
}

/// The hostile lists: nothing of them but what is a feed on the web.
#[test]
fn hostile_lists_bring_in_feeds_only() {
    let Some(shared) = shared() else { return };
    for (list, code) in [("hostile.opml", 1), ("nest-300.opml", 0)] {
        let desk = Desk::new("[[feed]]\nname = \"all\"\n");
        let file = shared.join("hostile/opml").join(list);
        let ran = desk.run(&["import", file.to_str().unwrap()]);
        assert_eq!(ran.code, code, "{}", ran.err);
        let config = Config::load(&desk.path()).unwrap();
        let urls: Vec<String> =
            config.sources.iter().map(|source| source.address.to_string()).collect();
        assert_eq!(urls, ["https://ok.example/feed"], "{list}");
        assert!(!ran.err.contains("root:") && ran.err.len() < 4_000);
        assert_eq!(
            ran.err.lines().filter(|line| line.contains(".opml:1: ")).count(),
            ran.err.lines().count()
        );
    }
}

/// A list as large as anyone's: all of it, and again none of it.
#[test]
fn a_hundred_thousand_subscriptions_are_taken_once() {
    let desk = Desk::new("[[feed]]\nname = \"all\"\n");
    let mut list = "<opml version=\"2.0\"><body>".to_owned();
    for number in 0..100_000 {
        list.push_str(&format!(
            "<outline type=\"rss\" text=\"{number}\" xmlUrl=\"https://f{number}.example/feed\"/>\n"
        ));
    }
    std::fs::write(desk.dir.path().join("list.opml"), list).unwrap();
    let ran = desk.run(&["import", "list.opml"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!(Config::load(&desk.path()).unwrap().sources.len(), 100_000);
    let text = desk.text();
    let again = desk.run(&["import", "list.opml"]);
    assert_eq!(
        (again.code, again.out.as_str()),
        (1, "added 0 sources to feeds.toml, left out 100000\n")
    );
    assert!(desk.text() == text);
}

/// Where the shared test data is; `None` (said on standard error) where it is not.
fn shared() -> Option<PathBuf> {
    let path = std::env::var_os("TIDINGS_SHARED")
        .map_or_else(|| Path::new(ROOT).join("../shared"), PathBuf::from);
    let found = path.join("hostile").is_dir();
    if !found {
        eprintln!("skipped: no shared test data at {}", path.display());
    }
    found.then_some(path)
}
