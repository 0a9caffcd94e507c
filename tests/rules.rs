//! The rule language through the real program: what `check` says of rules, and what `classify` keeps by them and why.

#![expect(clippy::unwrap_used, reason = "all of this file is a test")]

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

/// How a command ended.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

/// Runs a command beside this `feeds.toml`.
fn run(config: &str, args: &[&str], input: &str) -> Ran {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("feeds.toml"), config).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_tidings"))
        .args(["--config", "feeds.toml"])
        .args(args)
        .current_dir(dir.path())
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// What `classify` says of one line of input.
fn classified(config: &str, row: &Value) -> Value {
    let ran = run(config, &["classify"], &row.to_string());
    assert_eq!(ran.code, 0, "{config}\n{}", ran.err);
    serde_json::from_str(&ran.out).unwrap()
}

/// The verdicts on one headline, and the published texts that prove them: `t keep 외교[외교에서]`.
fn judged(config: &str, row: &Value) -> String {
    let line = classified(config, row);
    let mut proofs: Vec<String> = Vec::new();
    let mut last = String::new();
    for evidence in line["evidence"].as_array().unwrap() {
        let verdict = evidence["verdict"].as_str().unwrap();
        if verdict == "silent" {
            continue;
        }
        let head = format!("{} {verdict}", evidence["topic"].as_str().unwrap());
        if head != last {
            proofs.push(head.clone());
            last = head;
        }
        let text = row[evidence["field"].as_str().unwrap()].as_str().unwrap_or_default();
        let [from, to] = [0, 1].map(|end| evidence["span"][end].as_u64().unwrap() as usize);
        let found = text.get(from..to).unwrap_or("?");
        proofs.push(format!("{}[{found}]", evidence["term"].as_str().unwrap()));
    }
    proofs.join(" ")
}

/// The verdict of a topic of this one rule on a headline.
fn by_rule(rule: &str, title: &str) -> String {
    let config = format!("[topic.t]\nmatch = '''{rule}'''\n");
    judged(&config, &json!({ "id": 1, "title": title }))
}

#[test]
fn terms_are_found_as_their_script_asks() {
    let check = |rule: &str, title: &str, want: &str| {
        assert_eq!(by_rule(rule, title), want, "{rule} in {title}");
    };
    // Latin: whole words, plural, possessive.
    check("treaty", "Two treaties and the treaty’s text", "t keep treaty[treaties] treaty[treaty]");
    check("talk", "Talks resume", "t keep talk[Talk]");
    check("envoy", "Seoul's envoy's trip, envoys' plan", "t keep envoy[envoy] envoy[envoy]");
    check("art", "The party starts", "");
    // Hangul: particles and endings, not inside other nouns.
    check("외교", "외교가 답이다", "t keep 외교[외교]");
    check("외교", "외교에서도 통한다", "t keep 외교[외교]");
    check("외교", "외교부 발표, 실용외교", "");
    // Kanji as a country: alone, also before a particle of Korean.
    check("日", "日과 협의", "t keep 日[日]");
    check("日", "15日 발표, その日の夜", "");
    // Kana.
    check("インド", "インドネシアで会談", "");
    check("インド", "印・ｲﾝﾄﾞの会談", "t keep インド[ｲﾝﾄﾞ]");
}

#[test]
fn proofs_are_places_in_the_text_as_published() {
    let check = |rule: &str, title: &str, want: &str| {
        assert_eq!(by_rule(rule, title), want, "{rule} in {title}");
    };
    check("nhk", "速報：ＮＨＫが報道", "t keep nhk[ＮＨＫ]");
    check("한일", "[속보] 한·일 정상회담", "t keep 한일[한·일]");
    check("한일", "한ㆍ일 정상", "t keep 한일[한ㆍ일]");
    check("\"日韓\"", "日･韓が協議", "t keep 日韓[日･韓]");
    check("カタカナ", "新しいｶﾀｶﾅの語", "t keep カタカナ[ｶﾀｶﾅ]");
    check("ガザ", "「ｶﾞｻﾞ」停戦", "t keep ガザ[ｶﾞｻﾞ]");
    check("\"cease-fire\"", "A cease–fire now", "t keep cease-fire[cease–fire]");
    check("\"no 'deal'\"", "It is “no ‘deal’”", "t keep no 'deal'[no ‘deal’]");
    check("école", "L’E\u{301}COLE ferme", "t keep école[E\u{301}COLE]");
    check("/정상\\s?회담/", "한일 정상 회담", "t keep /정상\\s?회담/[정상 회담]");
}

#[test]
fn rules_combine_as_documented() {
    let check = |rule: &str, title: &str, want: &str| {
        assert_eq!(by_rule(rule, title), want, "{rule} in {title}");
    };
    let title = "Korea and Japan open new talks in Seoul";
    check("korea NEAR/6 (japan OR china)", title, "t keep korea[Korea] japan[Japan]");
    check("(china OR korea) NEAR/1 (japan OR 日本)", title, "t keep korea[Korea] japan[Japan]");
    check("korea NEAR/2 seoul", title, "");
    check("title:(korea NEAR/2 japan) NOT weather", title, "t keep korea[Korea] japan[Japan]");
    check("korea NOT talks", title, "t drop talks[talks]");
    check("\"new  talks\"", title, "t keep new  talks[new talks]");
    check("(korea OR china) AND (talks OR NOT japan)", title, "t keep korea[Korea] talks[talks]");
}

/// The topics that keep a headline.
fn kept(config: &str, row: &Value) -> Vec<String> {
    let line = classified(config, row);
    line["topics"].as_array().unwrap().iter().map(|topic| topic.as_str().unwrap().into()).collect()
}

#[test]
fn every_field_can_be_asked() {
    let row = json!({
        "id": 1, "title": "Talks resume", "lang": "en-GB", "source": "yonhap-en",
        "url": "https://example.org/world/%ED%95%9C/1?x=Y", "summary": "In Seoul, at last",
    });
    let check = |rule: &str, keeps: bool| {
        let config = format!("[topic.t]\nmatch = '''{rule}'''\n");
        assert_eq!(!kept(&config, &row).is_empty(), keeps, "{rule}");
    };
    check("title:talks", true);
    check("title:seoul", false);
    check("summary:seoul", true);
    check("seoul", true);
    check("content:seoul", false);
    check("lang:en", true);
    check("lang:ko", false);
    check("source:yonhap-en", true);
    check("source:yonhap*", true);
    check("source:yonhap", false);
    check("url:/world/", true);
    check("url:example.org/WORLD", true);
    check("url:/sport/", false);
    check("NOT source:yonhap*", false);
    check("lang:(ko OR en) talks", true);
}

#[test]
fn topics_use_packs_and_each_other() {
    let config = r#"
[topic.asia]
use = ["diplomacy", "talks"]
none = ["golf"]
[topic.diplomacy]
use = "diplomacy"
none = ["diplomatic immunity"]
[topic.talks]
any = ["talks", "회담"]
languages = ["en"]
[topic.all]
use = ["topic:asia", "pack:korea-japan"]
"#;
    let check = |title: &str, lang: &str, want: &[&str]| {
        let row = json!({ "id": 1, "title": title, "lang": lang });
        assert_eq!(kept(config, &row), want, "{title}");
    };
    check("Talks on rice", "en", &["asia", "talks", "all"]);
    check("회담 소식", "ko", &[]);
    check("Talks on golf", "en", &["talks"]);
    check("Foreign ministers meet at summit", "en", &["asia", "diplomacy", "all"]);
    check("Foreign ministers meet over diplomatic immunity", "en", &[]);
    // Whose rule spoke is said, and what the used topic drops is dropped.
    let line = judged(config, &json!({ "id": 1, "title": "Talks on golf", "lang": "en" }));
    assert_eq!(line, "asia drop golf[golf] talks keep talks[Talks] all drop golf[golf]");
}

#[test]
fn a_topic_cannot_use_itself() {
    let check = |config: &str, parts: &[&str]| {
        let ran = run(config, &["check"], "");
        assert_eq!(ran.code, 2, "{}", ran.err);
        for part in parts {
            assert!(ran.err.contains(part), "{part}: {}", ran.err);
        }
    };
    check(
        "[topic.a]\nuse = \"b\"\n[topic.b]\nuse = [\"c\"]\n[topic.c]\nuse = [\"diplomacy\", \"a\"]\n",
        &["feeds.toml:2:7", "topic `a`: the topic uses itself: a → b → c → a", "take one of these"],
    );
    check(
        "[topic.diplomacy]\nuse = \"asia\"\n[topic.asia]\nuse = \"diplomacy\"\n",
        &["feeds.toml:2:7", "diplomacy → asia → diplomacy", "write `pack:diplomacy`"],
    );
    check(
        "[topic.a]\nuse = \"topic:b\"\n[topic.bb]\nany = [\"x\"]\n",
        &["feeds.toml:2:7", "there is no topic `b`", "did you mean `bb`?"],
    );
    check("[topic.a]\nuse = \"a\"\n", &["feeds.toml:2:7", "a → a", "take one"]);
}

#[test]
fn silence_is_explained() {
    let config =
        "[topic.korea-japan]\nbilateral = [\"KR\", \"JP\"]\n[topic.rice]\nmatch = 'rice'\n";
    let row = json!({ "id": 1, "title": "石破首相、日本の防衛相と協議", "lang": "ja" });
    let line = classified(config, &row);
    assert_eq!(line["topics"], json!([]));
    let evidence = line["evidence"].as_array().unwrap();
    // A topic of which nothing is there needs no words.
    assert_eq!(evidence.len(), 1, "{line}");
    assert_eq!(evidence[0]["topic"], "korea-japan");
    assert_eq!(evidence[0]["verdict"], "silent");
    assert_eq!(evidence[0]["rule"], "country.KR");
    assert_eq!(evidence[0]["span"], json!([0, 0]));
    let because = evidence[0]["because"].as_str().unwrap();
    assert!(because.starts_with("no term of korea-japan for one side: Japan (`"), "{because}");
    assert!(because.contains("found, South Korea in the title not"), "{because}");
}
