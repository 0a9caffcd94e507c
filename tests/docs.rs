//! Documents are tested like code: what they say of commands, keys, folders and files must be so.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot go on should stop"
)]

mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::desk::Desk;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn text(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn help() -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_tidings")).arg("--help").output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The commands that `--help` lists.
fn commands() -> BTreeSet<String> {
    let help = help();
    let list = help.split("Commands:").nth(1).expect("help lists commands");
    list.lines()
        .skip(1)
        .take_while(|line| !line.trim().is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|command| *command != "help")
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_readme_lists_every_command_and_no_other() {
    let readme = text("README.md");
    let table = readme.split("## Commands").nth(1).unwrap();
    let listed: BTreeSet<String> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .filter_map(|line| line.split('`').next())
        .map(str::to_owned)
        .collect();
    assert_eq!(listed, commands());
}

#[test]
fn the_desk_of_the_readme_is_valid() {
    let readme = text("README.md");
    let example = readme
        .split("```toml\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .expect("the README has an example");
    let lines = example.lines().count();
    assert!(lines <= 10, "the desk in ten lines has {lines}");
    let said = Desk::new(example).run(&["check"]);
    assert_eq!(said.code, 0, "{said:?}");
}

#[test]
fn the_desk_of_the_repository_is_valid() {
    let output = Command::new(env!("CARGO_BIN_EXE_tidings"))
        .args(["check", "--config"])
        .arg(root().join("feeds.toml"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_changelog_knows_this_version() {
    let changelog = text("CHANGELOG.md");
    let version = format!("## {}", env!("CARGO_PKG_VERSION"));
    assert!(changelog.lines().any(|line| line.starts_with(&version)), "no `{version}`");
    assert!(changelog.lines().any(|line| line == "## Unreleased"));
}

#[test]
fn the_architecture_maps_every_folder() {
    let map = text("ARCHITECTURE.md");
    for folder in std::fs::read_dir(root().join("src"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
    {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        assert!(map.contains(&format!("| `{name}` |")), "`{name}` is not on the map");
    }
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut documents = vec![
        PathBuf::from("README.md"),
        PathBuf::from("ARCHITECTURE.md"),
        PathBuf::from("CHANGELOG.md"),
    ];
    for folder in ["docs", "docs/adr"] {
        let files =
            std::fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().file_name());
        documents.extend(
            files
                .map(|name| Path::new(folder).join(name))
                .filter(|path| path.extension().is_some_and(|ending| ending == "md")),
        );
    }
    for document in documents {
        let text = text(&document.to_string_lossy());
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if target.contains("://")
                || target.starts_with('#')
                || target.contains(char::is_whitespace)
            {
                continue;
            }
            let target = target.split('#').next().unwrap_or(target);
            let path = root().join(document.parent().unwrap()).join(target);
            assert!(path.exists(), "{} links to {target}, which is not there", document.display());
        }
    }
}

#[test]
fn the_program_speaks_of_itself_alone() {
    // Words of the workplace it was made in, in two parts each, so that this file does not hold them.
    let foreign: Vec<String> = [("/wo", "rk/"), ("/tmp/w", "t"), ("CLAU", "DE"), ("far", "m-")]
        .iter()
        .map(|(one, other)| format!("{one}{other}"))
        .collect();
    let files = Command::new("git").arg("-C").arg(root()).args(["ls-files", "-z"]).output();
    let Ok(files) = files else {
        eprintln!("skipped: git is not there");
        return;
    };
    for name in String::from_utf8_lossy(&files.stdout).split('\0').filter(|name| !name.is_empty()) {
        let Ok(text) = std::fs::read_to_string(root().join(name)) else { continue };
        for word in &foreign {
            assert!(!text.contains(word.as_str()), "{name} holds `{word}`");
        }
    }
}
