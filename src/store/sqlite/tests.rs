//! What only SQLite can get wrong; the rest is in the contract.

use std::collections::BTreeSet;
use std::path::Path;

use rusqlite::Connection;

use super::*;
use crate::model::entry::Entry;
use crate::model::identity::fingerprint;
use crate::model::story::{Joined, StoryChange};
use crate::model::text::{Headline, PlainText, SafeHtml};
use crate::model::time::{DateOrigin, Published};
use crate::model::verdict::{Evidence, Field, RuleId, TopicName, TopicVerdict, Verdict};
use crate::store::NewEntry;

/// Makes the database refuse entries of this headline.
pub(in crate::store) fn refuse(path: &Path, headline: &str) {
    let refuse = format!(
        "CREATE TRIGGER refuse BEFORE INSERT ON entry WHEN NEW.title = '{headline}'
         BEGIN SELECT raise(ABORT, 'refused'); END"
    );
    sql(path, &refuse);
}

/// Does something to the database behind the store's back.
fn sql(path: &Path, statements: &str) {
    Connection::open(path).unwrap().execute_batch(statements).unwrap();
}

/// A batch of a source with some entries, each a story of its own, kept by one topic.
fn batch(source: &str, round: usize, entries: usize) -> Batch {
    let source = SourceKey::parse(source).unwrap();
    let new: Vec<NewEntry> = (0..entries)
        .map(|n| {
            let name = format!("{round}-{n}");
            let identity = Identity(crate::model::identity::digest(&[name.as_bytes()]));
            let entry = Entry {
                title: Headline::new(&name),
                summary: Some(SafeHtml::vouched(name.repeat(400))),
                ..Entry::default()
            };
            let evidence = Evidence {
                rule: RuleId::new("topic.x.any"),
                field: Field::Title,
                span: 0..1,
                term: "term".into(),
            };
            NewEntry {
                identity,
                fingerprint: fingerprint(&entry),
                entry,
                language: None,
                published: Published {
                    at: Timestamp::from_unix(50),
                    origin: DateOrigin::FirstSeen,
                },
                change: StoryChange {
                    story: StoryId::founded_by(&source, identity),
                    joined: Joined::Founded,
                },
                verdicts: vec![TopicVerdict {
                    topic: TopicName::parse("x").unwrap(),
                    verdict: Verdict::Keep(vec![evidence]),
                }],
            }
        })
        .collect();
    Batch {
        source,
        state: SourceState { polls: round as u64, ..SourceState::default() },
        at: Timestamp::from_unix(100),
        listed: Some(new.iter().map(|new| new.identity).collect()),
        new,
        changed: Vec::new(),
        moved: Vec::new(),
    }
}

/// A store with a few entries in it, closed again.
fn filled(folder: &Path) -> PathBuf {
    let path = folder.join("tidings.db");
    open(&path).unwrap().commit(&[batch("a", 1, 3)]).unwrap();
    path
}

const ALL: StoryQuery<'static> = StoryQuery { topics: &[], since: None, limit: usize::MAX };

#[test]
fn another_schema_is_refused() {
    let check = |statements: &str, want: &str, want_of_reader: &str| {
        let folder = tempfile::tempdir().unwrap();
        let path = filled(folder.path());
        sql(&path, statements);
        let before = std::fs::read(&path).unwrap();
        let name = |error: Option<StoreError>| {
            let text = format!("{error:?}");
            let text = text.trim_start_matches("Some(");
            text.split(' ').next().unwrap_or_default().to_owned()
        };
        assert_eq!(name(open(&path).err()), want, "{statements}");
        assert_eq!(name(open_reader(&path).err()), want_of_reader, "{statements}");
        if want != "None" {
            assert!(std::fs::read(&path).unwrap() == before, "{statements} was touched");
        }
    };
    check("SELECT 1", "None", "None");
    let next = STEPS.len() + 1;
    check(&format!("PRAGMA user_version = {next}"), "TooNew", "TooNew");
    check("PRAGMA user_version = -1", "Foreign", "Foreign");
    check("PRAGMA application_id = 0", "Foreign", "Foreign");
    check("PRAGMA user_version = 0; PRAGMA application_id = 0", "Foreign", "Foreign");
    // The first step cannot be taken twice: refused, not mixed.
    check("PRAGMA user_version = 0", "Database", "TooOld");
}

#[test]
fn what_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let check = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        assert!(matches!(open(&path).err(), Some(StoreError::Foreign { .. })), "{name}");
        assert!(matches!(open_reader(&path).err(), Some(StoreError::Foreign { .. })), "{name}");
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "{name}");
    };
    check("text", "[store]\npath = \"x\"\n".repeat(100).as_bytes());
    check("short", b"x");

    // An empty file is what `mktemp` leaves: a store is made in it, and until then there is none to read.
    let path = folder.path().join("empty");
    std::fs::write(&path, b"").unwrap();
    assert!(matches!(open_reader(&path).err(), Some(StoreError::Missing { .. })));
    assert!(open(&path).is_ok());
    assert!(open_reader(&path).is_ok());

    // Folders are not made: a mistyped path would begin a second history in silence.
    let path = folder.path().join("missing/tidings.db");
    assert!(matches!(open(&path).err(), Some(StoreError::File { .. })));
    assert!(matches!(open_reader(&path).err(), Some(StoreError::Missing { .. })));
    assert!(matches!(open(folder.path()).err(), Some(StoreError::File { .. })));
}

#[test]
fn names_that_mean_something_to_sqlite_are_plain_files() {
    let folder = tempfile::tempdir().unwrap();
    for name in [":memory:", "file:x?mode=memory", "a b%20'\"한.db"] {
        let path = folder.path().join(name);
        let store = open(&path).unwrap();
        assert!(path.is_file(), "{name}");
        assert!(store.reader().is_ok(), "{name}");
    }
}

#[cfg(unix)]
#[test]
fn two_names_of_one_store_share_its_lock() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path());
    let link = folder.path().join("link.db");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let store = open(&link).unwrap();
    assert!(matches!(open(&path).err(), Some(StoreError::InUse { .. })));
    drop(store);
    assert!(open(&path).is_ok());
}

#[cfg(unix)]
#[test]
fn a_folder_that_is_read_only_can_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path());
    let allow = |mode| {
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    allow(0o555);
    if std::fs::write(folder.path().join("probe"), b"").is_ok() {
        println!("skipped: this user may write anywhere");
        return;
    }
    let read = || open_reader(&path).and_then(|reader| reader.stories(&ALL));
    assert_eq!(read().unwrap().len(), 3);
    assert!(matches!(
        open(&path).err(),
        Some(StoreError::Database { .. } | StoreError::File { .. })
    ));
    // Beside a writer.
    allow(0o755);
    let mut store = open(&path).unwrap();
    store.commit(&[batch("b", 1, 2)]).unwrap();
    allow(0o555);
    assert_eq!(read().unwrap().len(), 5);
    allow(0o755);
}

/// A copy of a store in the middle of its work is what a crash leaves. However much of the log has reached the disk, the commits in it are
/// whole.
#[test]
fn a_crash_leaves_whole_commits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tidings.db");
    let mut store = open(&path).unwrap();
    for round in 1..=12 {
        store.commit(&[batch("a", round, 2), batch("b", round, 3)]).unwrap();
    }
    let log = std::fs::read(folder.path().join("tidings.db-wal")).unwrap();
    assert!(log.len() > 100_000, "the log was written back too early for this test");
    let crashed = folder.path().join("crashed.db");
    let mut seen = BTreeSet::new();
    for cut in (0..=24).map(|part| log.len() * part / 24) {
        std::fs::copy(&path, &crashed).unwrap();
        std::fs::write(folder.path().join("crashed.db-wal"), &log[..cut]).unwrap();
        let _ = std::fs::remove_file(folder.path().join("crashed.db-shm"));
        let mut store = open(&crashed).unwrap();
        let entries = store.stories(&ALL).unwrap().len();
        assert!(entries.is_multiple_of(5), "{entries} after {cut} bytes");
        let round = entries / 5;
        let kept: u64 = store.source_counts().unwrap().values().map(|count| count.kept).sum();
        assert_eq!(kept, entries as u64, "{cut}");
        let states = store.source_states().unwrap();
        assert!(states.values().all(|state| state.polls == round as u64), "{cut}");
        store.commit(&[batch("a", round + 1, 2)]).unwrap();
        assert_eq!(store.stories(&ALL).unwrap().len(), entries + 2, "{cut}");
        seen.insert(round);
    }
    assert!(seen.contains(&0) && seen.contains(&12) && seen.len() > 6, "{seen:?}");
}

#[test]
fn a_change_not_committed_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path());
    let mut connection = Connection::open(&path).unwrap();
    let mut numbers = write::Numbers::read(&connection).unwrap();
    let result: Result<(), StoreError> =
        write::in_one_go(&mut connection, &mut numbers, "commit a batch", |pen| {
            pen.batch(&batch("b", 2, 3))?;
            Err(rows::damaged("test", "stop"))
        });
    assert!(result.is_err());
    drop(connection);
    let store = open(&path).unwrap();
    assert_eq!(store.stories(&ALL).unwrap().len(), 3);
    assert_eq!(store.source_states().unwrap().len(), 1);
}

#[test]
fn damage_is_an_error() {
    let check = |statement: &str| {
        let folder = tempfile::tempdir().unwrap();
        let path = filled(folder.path());
        sql(&path, statement);
        let store = open(&path).unwrap();
        let read = || -> Result<(), StoreError> {
            store.stories(&ALL)?;
            store.known_entries(&SourceKey::parse("a").unwrap())?;
            store.source_states()?;
            store.source_counts()?;
            store.each_entry_since(Timestamp::MIN, 1, &mut |_| {})?;
            store.find("x").map(|_| ())
        };
        let error = read().unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{statement}: {error:?}");
    };
    check("UPDATE entry SET title = ''");
    check("UPDATE entry SET title = CAST(x'ff41' AS TEXT)");
    check("UPDATE entry SET guid = ' '");
    check("UPDATE entry SET link = 'javascript:alert(1)'");
    check("UPDATE entry SET origin = 7");
    check("UPDATE entry SET joined = 1");
    check("UPDATE entry SET joined = 9");
    check("UPDATE entry SET identity = x'00'  WHERE entry = 2");
    check("UPDATE entry SET fingerprint = x''");
    check("UPDATE entry SET language = '?'");
    check("UPDATE entry SET more = '{'");
    check("UPDATE entry SET more = '{\"image\":{}}'");
    check("UPDATE entry SET more = '{\"enclosures\":[{\"url\":\"ftp://x/\"}]}'");
    check("UPDATE entry SET verdicts = '[{\"topic\":\"a b\",\"keep\":true}]'");
    check("UPDATE entry SET verdicts = '[1]'");
    check("UPDATE entry SET source = 99");
    check("UPDATE story SET id = x'01'");
    check("DELETE FROM entry");
    check("INSERT INTO vector SELECT entry, 1, x'00' FROM entry");
    check("UPDATE source SET key = '../x'");
    check("UPDATE source SET state = 'null'");
    check("UPDATE source SET kept = -1");
    check("UPDATE source SET body_digest = x'00'");
}

#[test]
fn a_broken_file_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tidings.db");
    open(&path).unwrap().commit(&[batch("a", 1, 400)]).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let half = bytes.len() / 2;
    bytes[half..].iter_mut().enumerate().for_each(|(at, byte)| *byte = (at * 31) as u8);
    std::fs::write(&path, &bytes).unwrap();
    let error = open(&path).and_then(|store| store.stories(&ALL)).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
}

#[test]
fn later_fields_are_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path());
    let store = || open_reader(&path).unwrap();
    let before = (store().stories(&ALL).unwrap(), store().source_states().unwrap());
    sql(
        &path,
        "UPDATE entry SET more = '{\"rating\":[5]}', verdicts = json_set(verdicts, '$[0].weight', 0.5);
         UPDATE source SET state = json_set(state, '$.mood', json('{\"good\":true}'));",
    );
    assert_eq!((store().stories(&ALL).unwrap(), store().source_states().unwrap()), before);
}

/// Each question that is asked often walks an index; a scan would not show in a small store.
#[test]
fn no_question_scans() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path());
    let connection = Connection::open(&path).unwrap();
    let check = |sql: &str, want: &[&str]| {
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let none = vec![rusqlite::types::Null; statement.parameter_count()];
        let plan: Vec<String> = statement
            .query_map(rusqlite::params_from_iter(none), |row| row.get(3))
            .unwrap()
            .map(Result::unwrap)
            .filter(|step: &String| step.starts_with("SEARCH") || !step.starts_with("COMPOUND"))
            .collect();
        assert_eq!(plan, want, "{sql}");
    };
    check(read::STORY_BY_ID, &["SEARCH story USING INDEX story_id (<expr>=?)"]);
    check(
        read::KNOWN_ENTRIES,
        &[
            "SEARCH source USING COVERING INDEX sqlite_autoindex_source_1 (key=?)",
            "SEARCH entry USING INDEX entry_identity (source=?)",
            "SEARCH story USING INTEGER PRIMARY KEY (rowid=?)",
        ],
    );
    check(
        read::NEWEST,
        &[
            "SEARCH story_topic USING PRIMARY KEY (topic=? AND published>?)",
            "SEARCH story USING INTEGER PRIMARY KEY (rowid=?)",
        ],
    );
    check(
        read::WHEREABOUTS,
        &[
            "SEARCH source USING COVERING INDEX sqlite_autoindex_source_1 (key=?)",
            "SEARCH entry USING INDEX entry_identity (source=? AND identity=?)",
            "SEARCH story USING INTEGER PRIMARY KEY (rowid=?)",
        ],
    );
    let members = [
        "LEFT-MOST SUBQUERY",
        "SEARCH entry USING INTEGER PRIMARY KEY (rowid=?)",
        "UNION ALL",
        "SEARCH entry USING INDEX entry_joined (story=?)",
    ];
    check(&read::members_of_story("published, topics"), &members);
    check(
        read::FIRST_SINCE,
        &["SEARCH entry USING COVERING INDEX entry_first_seen (first_seen>?)"],
    );
    check(&read::entries_from(), &["SEARCH entry USING INTEGER PRIMARY KEY (rowid>?)"]);
    check(&read::page_of_entries(), &["SEARCH entry USING INTEGER PRIMARY KEY (rowid>?)"]);
}

#[test]
fn space_is_given_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tidings.db");
    let mut store = open(&path).unwrap();
    for round in 0..40 {
        store.commit(&[batch("a", round, 400)]).unwrap();
    }
    let size = || std::fs::metadata(&path).unwrap().len();
    store.prune(Timestamp::MIN, &BTreeSet::new()).unwrap();
    drop(store);
    let full = size();
    let mut store = open(&path).unwrap();
    let pruned = store.prune(Timestamp::MAX, &BTreeSet::new()).unwrap();
    assert_eq!((pruned.entries, pruned.stories), (16_000, 16_000));
    assert!(store.source_states().unwrap().is_empty());
    drop(store);
    assert!(size() < full * 3 / 4, "{} of {full}", size());
}

#[test]
fn a_summary_is_stored_once() {
    let check = |summary: &str, text: &str, want: &str| {
        let entry = Entry {
            summary: Some(SafeHtml::vouched(summary.to_owned())),
            summary_text: PlainText::new(text),
            ..Entry::default()
        };
        assert_eq!(rows::summary_text_cell(&entry), Some(want), "{summary:?}");
    };
    check("plain", "plain", "");
    check("<p>one &amp; two</p><p>three</p>", "one & two three", "");
    check("<em>one</em>.", "one.", "one.");
}
