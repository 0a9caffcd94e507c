//! How well stories are recognised: the binary against labelled headlines beside the project, and against headlines of our own.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod support;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

/// What the binary prints, line by line.
fn lines(arguments: &[&str], input: &str) -> Vec<Value> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tidings"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{arguments:?}");
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The stories of headlines, each named by its first one.
fn grouped(headlines: &[(&str, &str)], arguments: &[&str]) -> (Vec<usize>, Vec<Value>) {
    let rows = headlines.iter().enumerate().map(|(number, (source, title))| {
        json!({"id": number, "title": title, "source": source, "date": "2026-03-02T09:00:00Z"})
            .to_string()
    });
    let input = rows.collect::<Vec<_>>().join("\n");
    let found = lines(&[&["stories", "--input", "-"], arguments].concat(), &input);
    let story = |number: usize| found[number]["story"].clone();
    let groups = (0..found.len())
        .map(|number| (0..=number).find(|first| story(*first) == story(number)).unwrap())
        .collect();
    (groups, found)
}

#[test]
fn one_event_in_three_languages_is_one_story() {
    let (groups, found) = grouped(
        &[
            ("a", "Lee and Takaichi agree to resume shuttle diplomacy at Seoul summit"),
            ("b", "이재명·다카이치, 서울 정상회담서 셔틀외교 재개 합의"),
            ("c", "李大統領と高市首相、ソウルで首脳会談 シャトル外交再開で合意"),
            ("d", "KOSPI opens higher on chip gains"),
        ],
        &[],
    );
    assert_eq!(groups, [0, 0, 0, 3], "{found:?}");
    let why =
        found[1]["evidence"][0]["text"].to_string() + &found[2]["evidence"][0]["text"].to_string();
    assert!(why.contains("same event") && why.contains(" = "), "{why}");
}

#[test]
fn other_events_of_a_template_stay_apart() {
    let (groups, found) = grouped(
        &[
            ("a", "Magnitude 6.1 earthquake hits off Fukushima, no tsunami warning"),
            ("b", "Magnitude 5.2 earthquake hits off Fukushima, no tsunami warning"),
            ("a", "Lee and Takaichi to hold summit in Nara"),
            ("b", "Lee and Xi to hold summit in Beijing"),
            ("a", "Exports rise 5.5 percent in February"),
            ("b", "Exports rise 3.1 percent in January"),
        ],
        &[],
    );
    assert_eq!(groups, [0, 1, 2, 3, 4, 5], "{found:?}");
}

#[test]
fn without_the_encoder_words_decide() {
    let (groups, _) = grouped(
        &[
            ("a", "Parliament passes 2027 budget after all-night debate"),
            ("b", "Parliament passes 2027 budget after all-night session"),
            ("c", "Central bank keeps rates on hold"),
        ],
        &["--encoder", "off"],
    );
    assert_eq!(groups, [0, 0, 2]);
}

/// Floors a little below what docs/stories.md says.
#[test]
fn labelled_headlines_are_grouped_as_documented() {
    let Some(shared) = support::shared() else {
        println!("skipped: the labelled headlines are not beside the project");
        return;
    };
    let file = shared.join("eval/dedup/stories_dev.jsonl");
    for (arguments, within, across) in [
        (&[][..], 0.77, 0.68),
        (&["--encoder", "off"], 0.78, 0.62),
        (&["--sensitivity", "strict"], 0.60, 0.60),
    ] {
        let table = lines(
            &[&["eval", "stories", "--json", file.to_str().unwrap()], arguments].concat(),
            "",
        );
        let f1: BTreeMap<String, f64> = table
            .iter()
            .map(|line| (line["group"].as_str().unwrap().to_owned(), line["f1"].as_f64().unwrap()))
            .collect();
        assert!(f1["within a language"] >= within, "{arguments:?} {f1:?}");
        assert!(f1["across languages"] >= across, "{arguments:?} {f1:?}");
    }
}
