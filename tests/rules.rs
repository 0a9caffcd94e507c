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
    assert!(because.contains("found, South Korea not"), "{because}");
}

#[test]
fn what_is_probably_not_meant_is_said() {
    let check = |topic: &str, wants: &[(&str, &str)]| {
        let config = format!(
            "[[source]]\nurl = \"https://a.example/\"\nkey = \"a\"\n[[feed]]\nname = \"f\"\ntopics = [\"t\"]\n[topic.t]\n{topic}\n"
        );
        let ran = run(&config, &["check", "--json"], "");
        assert_eq!(ran.code, 0, "{topic}: {}{}", ran.out, ran.err);
        let lines: Vec<Value> =
            ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let doubts: Vec<&Value> =
            lines.iter().filter(|line| line["severity"] == "warning").collect();
        assert_eq!(doubts.len(), wants.len(), "{topic}: {doubts:#?}");
        for (doubt, (marked, message)) in doubts.iter().zip(wants) {
            let text = doubt["message"].as_str().unwrap();
            assert_eq!(text, format!("topic `t`: {message}"), "{topic}");
            let line = config.lines().nth(doubt["line"].as_u64().unwrap() as usize - 1).unwrap();
            let column = doubt["column"].as_u64().unwrap() as usize - 1;
            let rest: String = line.chars().skip(column).collect();
            assert!(rest.starts_with(marked), "{topic}: {rest}");
            assert!(doubt["help"].is_string());
        }
    };
    // Nothing is said of rules that are fine.
    check("match = '(korea OR japan*) AND NOT title:\"potato chips\" AND /sum+it/'", &[]);
    check("any = ['외교', '외교부', '일본*', 'talks', '정상 회담']\nnone = ['외교관']", &[]);
    check("match = '*'\nnone = ['x']\nlanguages = ['ko']", &[]);
    // A term that finds nothing.
    check("match = 'a OR =\"New  York\"'", &[("=\"New", "`=New  York` can never be found")]);
    check("match = 'a source:b'", &[("b'", "no source has the key `b`")]);
    check("match = 'a source:A OR source:a*'", &[]);
    check("match = 'a lang:korean'", &[("korean'", "`korean` is no language")]);
    check(
        "match = 'a lang:ja'\nlanguages = ['ko']",
        &[("ja'", "`languages` of the topic leaves `ja` out")],
    );
    check("match = 'url:\"a b\"'", &[("\"a b", "no address has a space, as `a b` has")]);
    check("match = 'a /ＮＨＫ/'", &[("/ＮＨＫ/", "`/ＮＨＫ/` can never be found")]);
    check("match = 'a /x(“|”)y/'", &[("/x(“|”)y/", "`/x(“|”)y/` can never be found")]);
    check("match = 'a /A–?B[가-힣]/'", &[]);
    // A term that finds nothing more.
    check(
        "any = ['외교*', '외교부']",
        &[("'외교부'", "`외교부` finds nothing that `외교*` does not find")]
            .map(|(_, message)| ("외교부", message)),
    );
    check(
        "any = ['talks', 'Talks']",
        &[("Talks", "`Talks` finds nothing that `talks` does not find")],
    );
    check("any = ['talks', 'talks']", &[("talks", "`talks` is there twice")]);
    check(
        "match = 'nuclear talks OR (talks OR title:talks OR \"new talks\")'",
        &[
            ("talks OR \"new", "`talks` is there twice"),
            ("\"new talks\"", "`new talks` finds nothing that `talks` does not find"),
        ],
    );
    // What excludes what is asked for.
    check(
        "any = ['외교부', '회담']\nnone = ['외교*']",
        &[("외교부", "`외교부` can keep nothing: `외교*` of `none` drops all that it finds")],
    );
    check(
        "match = '(talks OR summit) NOT (summits OR golf) NOT talk'",
        &[("talks", "`talks` can keep nothing: `talk` after NOT drops all that it finds")],
    );
    check(
        "match = 'talks NOT talks'",
        &[("talks", "`talks` can keep nothing: `talks` after NOT drops all that it finds")],
    );
    check("match = 'lang:ko lang:ja'", &[("lang:ko", "the rule can never hold")]);
    // What is found everywhere.
    check("match = 'talks OR /.*/'", &[("/.*/", "`/.*/` is found in every text")]);
    check("match = '/\\S/'", &[("/", "`/\\S/` is found in every text")]);
    check("match = 'a OR NOT a'", &[("a OR", "the rule holds of every entry")]);
    // A list is no rule, and a star inside a word no star.
    check(
        "any = ['korea AND japan']",
        &[("korea", "`AND` is looked for as a word: items of a list are no rules")],
    );
    check("any = ['f*o']", &[("f*o", "the `*` inside `f*o` is looked for as it is")]);
}

#[test]
fn a_topic_that_leads_nowhere_is_said() {
    let config = "[[feed]]\nname = \"f\"\ntopics = [\"a\"]\n[topic.a]\nuse = \"b\"\n[topic.b]\nany = [\"x\"]\n[topic.c]\nany = [\"x\"]\n";
    let ran = run(config, &["check"], "");
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("the topic `c` is in no feed"), "{}", ran.err);
    assert!(!ran.err.contains("topic `b`"), "{}", ran.err);
}

/// Rules that would take for ever, or all memory, are refused in words; large ones that are meant are taken.
#[test]
fn hostile_rules_are_refused_in_words() {
    let check = |topic: &str, message: &str| {
        let ran = run(&format!("[topic.t]\n{topic}\n"), &["check"], "");
        assert_eq!(ran.code, 2, "{message}");
        assert!(ran.err.contains(message) && ran.err.len() < 4_000, "{message}: {}", ran.err);
    };
    let many = |count: usize, quote: &str, between: &str| -> String {
        let terms: Vec<String> =
            (0..count).map(|number| format!("{quote}term{number}{quote}")).collect();
        terms.join(between)
    };
    check(&format!("match = '{}'", "(".repeat(100_000)), "nested deeper than 64");
    check(&format!("match = '{}a'", "NOT ".repeat(10_000)), "nested deeper than 64");
    check(&format!("match = '{}'", many(30_000, "", " OR ")), "the rule is longer than 256 KiB");
    check(&format!("match = '{}'", "a ".repeat(21_000)), "more than 20000 terms");
    check(&format!("any = [{}]", many(20_001, "'", ", ")), "`any` has more than 20000 terms");
    check(&format!("any = ['{}']", "가".repeat(1_000)), "at most 400 bytes");
    check("match = '/(((a{90}){90}){90})/'", "grows too large");
    check("match = '/\\w{500}{500}/'", "grows too large");
    check(&format!("match = '/{}/'", "a".repeat(3_000)), "longer than 2000 bytes");
    check(&format!("match = '/{}a{}/'", "(".repeat(500), ")".repeat(500)), "cannot be read");
    check(
        &format!("match = '{}'", "/a.c/ OR ".repeat(300) + "b"),
        "more than 200 regular expressions",
    );
    check(&format!("about = [{}]", many(201, "'", ", ")), "more than 200 examples");
    check("any = ['x']\nabout_threshold = 7", "must be between 0.1 and 1");
    let right = |topic: &str, title: &str| {
        let config = format!("[topic.t]\n{topic}\n");
        assert_eq!(kept(&config, &json!({ "id": 1, "title": title })), ["t"], "{title}");
    };
    right(&format!("any = [{}]", many(10_000, "'", ", ")), "about term9999 only");
    right(&format!("match = '{}'", many(10_000, "", " OR ")), "about term9999 only");
    right("match = '/(a|b|ab)*c$/'", &format!("{}c", "ab".repeat(1_500)));
}

#[test]
fn faults_are_marked_where_they_stand() {
    let check = |topic: &str, at: &str, message: &str, help: &str| {
        let ran = run(&format!("[topic.t]\n{topic}\n"), &["check"], "");
        assert_eq!(ran.code, 2, "{topic}");
        for part in [&format!("feeds.toml:{at}"), message, help] {
            assert!(ran.err.contains(part), "{topic}: {part}\n{}", ran.err);
        }
    };
    check("match = 'korea AND (japan OR'", "2:29", "something is missing at the end", "a term");
    check(
        "match = '''\nkorea\nAND (japan OR china'''",
        "4:5",
        "this parenthesis is not closed",
        "",
    );
    check("match = '외교 or 회담'", "2:13", "is `or` an operator", "write operators in capitals");
    check("match = 'titel:a'", "2:10", "there is no field `titel`", "title, summary");
    check("match = \"a \\\"b\"", "2:12", "the phrase has no end", "quotation mark");
    check("match = 'a /[/'", "2:12", "cannot be read", "docs.rs/regex");
    check("any = ['a', '...']", "2:14", "needs a letter or a digit", "");
    check("match = '@diplomats'", "2:10", "there is no group `@diplomats`", "codes of countries");
    check("match = 'korea NEAR japan'", "2:16", "NEAR needs a number", "NEAR/6");
}

/// Examples speak for headlines in other words and other languages, where no term does.
#[test]
fn examples_speak_for_headlines_alike() {
    let config = r#"
[topic.quake]
about = ["A strong earthquake hit the coast and a tsunami warning was issued"]
about_threshold = 0.5
none = ["game"]
any = ["aftershock"]
[topic.all]
use = "quake"
"#;
    let rows = [
        (json!({ "id": 1, "title": "Tsunami alert after powerful quake off the coast" }), true),
        (
            json!({ "id": 2, "title": "일본 해안에서 강진 발생, 쓰나미 경보 발령", "lang": "ko" }),
            true,
        ),
        (json!({ "id": 3, "title": "強い地震で沿岸に津波警報", "lang": "ja" }), true),
        (json!({ "id": 4, "title": "Parliament votes on the pension reform" }), false),
        (
            json!({ "id": 5, "title": "New game: strong earthquake hits the coast, tsunami warning" }),
            false,
        ),
        (json!({ "id": 6, "title": "Aftershock felt" }), true),
    ];
    let input: String = rows.iter().map(|(row, _)| format!("{row}\n")).collect();
    let ran = run(config, &["classify"], &input);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let lines: Vec<Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for ((row, keeps), line) in rows.iter().zip(&lines) {
        let want = if *keeps { json!(["quake", "all"]) } else { json!([]) };
        assert_eq!(line["topics"], want, "{row}: {line}");
    }
    let proof = &lines[1]["evidence"][0];
    assert_eq!((&proof["rule"], &proof["field"]), (&json!("topic.quake.about"), &json!("title")));
    let term = proof["term"].as_str().unwrap();
    assert!(term.starts_with("A strong earthquake hit the coast") && term.ends_with(')'), "{term}");
    assert_eq!(lines[5]["evidence"][0]["term"], "aftershock");
    // Without the encoder the terms are left.
    let without = format!("[stories]\nencoder = \"off\"\n{config}");
    assert!(run(&without, &["check"], "").err.contains("`about` says nothing without"));
    let ran = run(&without, &["classify"], &input);
    let kept: Vec<bool> = ran.out.lines().map(|line| line.contains("quake\",\"all")).collect();
    assert_eq!(kept, [false, false, false, false, false, true]);
}

/// The table of `docs/topics.md` that says what rules keep and what not.
#[test]
fn the_examples_of_the_documentation_are_right() {
    let text = include_str!("../docs/topics.md");
    let table = text.split("<!-- examples: begin -->").nth(1).unwrap();
    let table = table.split("<!-- examples: end -->").next().unwrap();
    let rows: Vec<[&str; 3]> = table
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            let mut cells = line.trim_matches('|').split(" | ").map(str::trim);
            [0; 3].map(|_| cells.next().unwrap().trim_matches('`'))
        })
        .collect();
    assert!(rows.len() > 15);
    let mut config = String::new();
    let mut input = String::new();
    for (number, [rule, keeps, not]) in rows.iter().enumerate() {
        // As an item of a list `정상 회담` is one term; as a rule it is two.
        let key = if rule.contains(' ')
            && !rule.contains(['"', '(', '/', '@'])
            && !rule.contains("NOT")
        {
            format!("any = ['{rule}']")
        } else {
            format!("match = '{rule}'")
        };
        config.push_str(&format!("[topic.t{number}]\n{key}\n"));
        for title in [keeps, not] {
            input.push_str(&format!("{}\n", json!({ "id": number, "title": title })));
        }
    }
    let ran = run(&config, &["classify"], &input);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let lines: Vec<Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (number, pair) in lines.chunks(2).enumerate() {
        let topic = json!(format!("t{number}"));
        let keeps = |line: &Value| line["topics"].as_array().unwrap().contains(&topic);
        assert!(keeps(&pair[0]), "{:?}", rows[number]);
        assert!(!keeps(&pair[1]), "{:?}", rows[number]);
    }
}

mod laws {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use tidings::model::entry::Entry;
    use tidings::model::source::SourceKey;
    use tidings::model::text::{Headline, PlainText};
    use tidings::model::verdict::{Field, TopicName, TopicVerdict};
    use tidings::normalise::fold::fold;
    use tidings::normalise::{Outlets, normalise};
    use tidings::topics::{PackRef, Subject, TopicSpec, Topics, parse_rule};

    fn name(text: &str) -> TopicName {
        TopicName::parse(text).unwrap()
    }

    fn judged(specs: &[TopicSpec], entry: &Entry) -> Option<Vec<TopicVerdict>> {
        let topics = Topics::compile(specs, fold).ok()?;
        let mut verdicts = topics.judge(&Subject {
            normalised: &normalise(entry, &Outlets::new([])),
            entry,
            source: &SourceKey::parse("s").unwrap(),
            language: None,
            always: &BTreeSet::new(),
            vector: None,
        });
        verdicts.sort_by(|one, other| one.topic.cmp(&other.topic));
        Some(verdicts)
    }

    fn rule() -> impl Strategy<Value = String> {
        "((NOT )?(title:)?(korea|\"new talks\"|외교\\*?|한일|日|カタカナ|=US|/t.lk/|@KR|\\(seoul OR 日韓\\))( AND | OR | NEAR/3 | )){0,4}(talks|외교|日本|ガザ)"
    }

    fn title() -> impl Strategy<Value = String> {
        "([kK]orea |new  talks |외교부 |외교에서 |한·일 |日韓 |ｶﾀｶﾅ |ｶﾞｻﾞ |US |us |Ｓｅｏｕｌ |日 |“talks” |㈱日本 |e\u{301}|\u{200b}| ){0,8}"
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        /// Whatever the rule, what proves a verdict is a place in the text as published.
        #[test]
        fn proofs_lie_inside_what_was_published(rule in rule(), title in title(), summary in title()) {
            let entry = Entry {
                title: Headline::new(&title),
                summary_text: PlainText::new(&summary),
                ..Entry::default()
            };
            let spec = TopicSpec { match_rule: Some(rule), ..TopicSpec::new(name("t")) };
            for verdict in judged(&[spec], &entry).unwrap_or_default() {
                for proof in verdict.verdict.evidence() {
                    let text = if proof.field == Field::Summary {
                        entry.summary_text.as_ref().map_or("", PlainText::as_str)
                    } else {
                        entry.title.as_ref().map_or("", Headline::as_str)
                    };
                    let found = text.get(proof.span.clone());
                    prop_assert!(found.is_some_and(|found| !found.is_empty()), "{proof:?} in {text:?}");
                }
            }
        }

        /// Topics do not see each other but by `use`, so their order does not matter.
        #[test]
        fn the_order_of_topics_does_not_matter(
            rules in prop::collection::vec(rule(), 5),
            order in Just([0_usize, 1, 2, 3, 4]).prop_shuffle(),
            title in title(),
        ) {
            let specs: Vec<TopicSpec> = rules
                .into_iter()
                .enumerate()
                .map(|(number, rule)| TopicSpec {
                    match_rule: Some(rule),
                    use_packs: (number > 2).then(|| PackRef::Topic(name(&format!("t{}", number - 2)))).into_iter().collect(),
                    ..TopicSpec::new(name(&format!("t{number}")))
                })
                .collect();
            let shuffled: Vec<TopicSpec> = order.iter().map(|number| specs[*number].clone()).collect();
            let entry = Entry { title: Headline::new(&title), ..Entry::default() };
            prop_assert_eq!(judged(&specs, &entry), judged(&shuffled, &entry));
        }

        /// What is wrong with a rule is inside the rule.
        #[test]
        fn faults_lie_inside_the_rule(rule in "[a가日()\"“/ :@*=\n]{0,30}|(AND |OR |NOT |NEAR/3 |title:|DISTINCT/2 |@KR |\\(|\\)|a |\"|/|/\\[/){0,20}") {
            if let Err(error) = parse_rule(&rule) {
                prop_assert!(rule.get(error.span.clone()).is_some());
                let (line, column) = error.position(&rule);
                prop_assert!(line >= 1 && column >= 1 && line <= rule.matches('\n').count() + 1);
            }
        }
    }
}

#[test]
fn a_topic_without_rules_may_be_what_a_source_says() {
    let config = |topics: &str| {
        format!(
            "[[source]]\nurl = \"https://a.example/\"\ntopics = [{topics}]\n[topic.bare]\n[topic.other]\nany = [\"x\"]\n[[feed]]\nname = \"f\"\ntopics = [\"bare\", \"other\"]\n"
        )
    };
    let ran = run(&config("\"bare\""), &["check"], "");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    let ran = run(&config("\"other\""), &["check"], "");
    assert!(ran.err.contains("the topic `bare` keeps nothing"), "{}", ran.err);
}
