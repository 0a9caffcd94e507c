//! One test suite for every store: what [`Store`](super::Store) promises, whatever it is made of.
//!
//! Each test is a function of a [`Place`]; the list at the end runs all of them on each kind of store.

mod moved;
mod websub;
mod words;

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use super::*;
use crate::model::due::{Due, Push, ServerWishes, Skip, Wait, Why, Wishes};
use crate::model::entry::{Enclosure, Guid, Image};
use crate::model::health::{
    ActiveDay, DayCount, Finding, FindingKind, Habits, Health, Suspicion, TitleShape,
};
use crate::model::identity::fingerprint;
use crate::model::moving::{MoveEvent, MoveKind, Moves, Moving};
use crate::model::rhythm::Rhythm;
use crate::model::source::{Outlet, PollError, Validators};
use crate::model::story::{Joined, Member};
use crate::model::text::{Headline, PlainText, SafeHtml};
use crate::model::time::DateOrigin;
use crate::model::url::WebUrl;
use crate::model::verdict::{Evidence, Field, RuleId, Verdict};
use crate::model::websub::Advert;

/// Where a store is, for as long as a test lasts.
trait Place {
    fn open(&self) -> Result<Box<dyn Store>, StoreError>;
    fn open_reader(&self) -> Result<Box<dyn StoreReader>, StoreError>;
    /// Makes the store refuse entries of this headline from now on, as a full disk would.
    fn refuse(&self, headline: &str);
}

struct SqliteFile(tempfile::TempDir);

impl SqliteFile {
    fn new() -> SqliteFile {
        SqliteFile(tempfile::tempdir().unwrap())
    }
}

impl Place for SqliteFile {
    fn open(&self) -> Result<Box<dyn Store>, StoreError> {
        sqlite::open(&self.0.path().join("tidings.db"))
    }

    fn open_reader(&self) -> Result<Box<dyn StoreReader>, StoreError> {
        sqlite::open_reader(&self.0.path().join("tidings.db"))
    }

    fn refuse(&self, headline: &str) {
        sqlite::tests::refuse(&self.0.path().join("tidings.db"), headline);
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(seconds)
}

fn key(key: &str) -> SourceKey {
    SourceKey::parse(key).unwrap()
}

fn topic(name: &str) -> TopicName {
    TopicName::parse(name).unwrap()
}

fn keeps(topics: &[&str]) -> Vec<TopicVerdict> {
    topics
        .iter()
        .map(|name| TopicVerdict {
            topic: topic(name),
            verdict: Verdict::Keep(vec![Evidence {
                rule: RuleId::new(format!("topic.{name}.any")),
                field: Field::Title,
                span: 0..4,
                term: "term \"quoted\" 한국".into(),
            }]),
        })
        .collect()
}

fn identity(name: &str) -> Identity {
    Identity(crate::model::identity::digest(&[name.as_bytes()]))
}

/// An entry of source `a` that opens a story of its own, published at `published`.
fn opening(name: &str, published: i64, topics: &[&str]) -> NewEntry {
    let entry = Entry {
        guid: Guid::new(name),
        title: Headline::new(&format!("Headline {name}")),
        link: WebUrl::parse(&format!("https://a.example/{name}")),
        ..Entry::default()
    };
    NewEntry {
        identity: identity(name),
        fingerprint: fingerprint(&entry),
        entry,
        language: Lang::parse("en"),
        published: Published { at: at(published), origin: DateOrigin::Stated },
        change: StoryChange {
            story: StoryId::founded_by(&key("a"), identity(name)),
            joined: Joined::Founded,
        },
        verdicts: keeps(topics),
    }
}

/// An entry that joins the story that `first` opened.
fn joining(first: &str, name: &str, published: i64, topics: &[&str]) -> NewEntry {
    let mut new = opening(name, published, topics);
    new.change = StoryChange {
        story: StoryId::founded_by(&key("a"), identity(first)),
        joined: Joined::SameHeadline { key: format!("headline {first}") },
    };
    new
}

fn batch(source: &str, seen: i64, new: Vec<NewEntry>) -> Batch {
    Batch {
        source: key(source),
        state: SourceState { address: format!("https://{source}.example/"), ..Default::default() },
        at: at(seen),
        listed: Some(new.iter().map(|entry| entry.identity).collect()),
        new,
        changed: Vec::new(),
        moved: Vec::new(),
    }
}

fn commit(store: &mut dyn Store, batch: Batch) -> Vec<EntryId> {
    store.commit(&[batch]).unwrap().remove(0)
}

/// The stories that a query gives, each by the headlines of its members.
fn listing(store: &dyn StoreReader, topics: &[&str], since: i64, limit: usize) -> Vec<String> {
    let topics: Vec<TopicName> = topics.iter().map(|name| topic(name)).collect();
    let query = StoryQuery { topics: &topics, since: Some(at(since)), limit };
    let stories = store.stories(&query).unwrap();
    for story in &stories {
        assert_eq!(store.story(story.id).unwrap().as_ref(), Some(story));
        assert!(story.members.is_sorted_by_key(|member| member.entry.id));
    }
    stories.iter().map(headlines).collect()
}

fn headlines(story: &Story) -> String {
    let title = |member: &Member| {
        let title = member.entry.entry.title.as_ref().unwrap();
        title.as_str().trim_start_matches("Headline ").to_owned()
    };
    story.members.iter().map(title).collect::<Vec<_>>().join("+")
}

fn all(store: &dyn StoreReader) -> Vec<String> {
    listing(store, &[], i64::MIN, usize::MAX)
}

fn of(store: &dyn StoreReader, name: &str) -> Vec<String> {
    listing(store, &[name], i64::MIN, usize::MAX)
}

/// What the store counts must be what it holds.
fn check_counts(store: &dyn StoreReader) {
    let mut held: HashMap<SourceKey, SourceCounts> = HashMap::new();
    for story in store.stories(&StoryQuery { topics: &[], since: None, limit: usize::MAX }).unwrap()
    {
        for member in story.members {
            let count = held.entry(member.entry.source).or_default();
            count.entries += 1;
            count.kept += u64::from(member.verdicts.iter().any(|verdict| verdict.verdict.keeps()));
        }
    }
    let mut counted = store.source_counts().unwrap();
    counted.retain(|_, count| count.entries > 0 || count.kept > 0);
    assert_eq!(counted, held);
}

/// An entry with everything in it.
fn full_entry() -> Entry {
    let url = |text| WebUrl::parse(text).unwrap();
    Entry {
        guid: Guid::new("tag:a.example,2025:1 \"'<>"),
        title: Headline::new("한일 정상회담 \u{1f91d} \"quoted\" & <b>"),
        link: Some(url("https://www.a.example/1?b=%ED%95%9C&a=1#part")),
        published: Some(at(-5)),
        is_date_estimated: false,
        updated: Some(Timestamp::MAX),
        authors: vec![PlainText::new("李在明").unwrap(), PlainText::new("A \\ B").unwrap()],
        categories: vec![PlainText::new("World").unwrap()],
        summary: Some(SafeHtml::vouched("<p>one &amp; two\u{2028}</p>".to_owned())),
        content: Some(SafeHtml::vouched("<p>long</p>".repeat(3_000))),
        summary_text: PlainText::new("one & two"),
        enclosures: vec![
            Enclosure {
                url: url("https://a.example/1.mp3"),
                media_type: Some("audio/mpeg".to_owned()),
                length_bytes: Some(u64::MAX),
            },
            Enclosure { url: url("http://b.example/x"), media_type: None, length_bytes: None },
        ],
        image: Some(Image {
            url: url("https://a.example/1.jpg"),
            caption: PlainText::new("caption"),
            credit: None,
        }),
        language: Lang::parse("ko-KR"),
        outlet: Some(Outlet { name: "Outlet".to_owned(), url: Some(url("https://o.example/")) }),
    }
}

fn full_state() -> SourceState {
    SourceState {
        read_to: Some(at(-7)),
        validators: Validators {
            etag: Some(b"W/\"\xff\xfe\"".to_vec()),
            last_modified: Some(b"Thu, 30 Oct 2025 06:05:00 GMT".to_vec()),
        },
        body_digest: Some([3; 16]),
        address: "https://a.example/rss?\"q\"".to_owned(),
        title: Some("연합뉴스".to_owned()),
        language: Lang::parse("ko"),
        home: WebUrl::parse("https://a.example/"),
        wishes: Wishes {
            ttl: Some(Duration::from_secs(3_600)),
            update_period: Some(Duration::from_secs(86_400)),
            skip: Skip::of_bits(0b11, 0b110_0000),
        },
        asked: ServerWishes {
            fresh_for: Some(Duration::from_secs(600)),
            wait: Some(Wait { status: 429, wait: Duration::from_secs(90), until: at(140) }),
        },
        not_before: Some(Due { at: at(99), why: Why::RetryAfter }),
        next_due: Some(Due { at: at(100), why: Why::SkipHours }),
        rhythm: Some(Rhythm { gap: Duration::from_secs(7_200), newest: at(40) }),
        moves: Moves {
            moving: Some(Moving {
                to: "https://b.example/".to_owned(),
                first: at(1),
                last: at(3),
                answers: 4,
                adopted: Some(at(3)),
            }),
            history: vec![MoveEvent {
                at: at(3),
                what: MoveKind::Adopted,
                to: "https://b.example/".to_owned(),
            }],
        },
        answer_millis: Some(120),
        push: Some(Push { until: at(500), every: Duration::from_secs(21_600) }),
        last_polled: Some(at(50)),
        last_success: Some(Timestamp::MIN),
        error: Some(PollError {
            class: "http-404".to_owned(),
            message: "the server says \"not found\"".to_owned(),
            since: at(7),
        }),
        failures: u32::MAX,
        gone: true,
        polls: u64::MAX,
        not_modified: 3,
        bytes: 1 << 40,
        notes: vec!["item 3: no date".to_owned(), String::new()],
        advert: Advert {
            hubs: vec!["https://hub.example/".to_owned()],
            topic: Some("https://A.example".to_owned()),
            base: None,
        },
        health: full_health(),
    }
}

fn full_health() -> Health {
    let finding = |kind, opened, closed, suspicion| Finding {
        kind,
        first: at(1),
        last: at(3),
        opened,
        closed,
        times: 2,
        words: "a “web page” comes\\".to_owned(),
        suspicion,
    };
    let suspicion = Some(Suspicion { since: at(2), polls: 3 });
    Health {
        findings: vec![
            finding(FindingKind::Silent, Some(at(2)), None, None),
            finding(FindingKind::Parked, Some(at(2)), Some(at(4)), suspicion),
            finding(FindingKind::NoItems, None, None, suspicion),
        ],
        days: vec![DayCount {
            day: 739_000,
            polls: 96,
            errors: 1,
            unchanged: 90,
            items: 4,
            bytes: 1 << 40,
        }],
        habits: Habits {
            active: vec![ActiveDay { day: 20_391, hours: 1 << 23 }],
            entries: 40,
            fewest: 38,
            titles: Some(TitleShape {
                empty: 1,
                distinct: 99,
                cut: 2,
                length: 30,
                prefix: "[속보] ".to_owned(),
                suffix: " - A".to_owned(),
            }),
            renamed: 7,
        },
    }
}

fn what_goes_in_comes_out(place: &dyn Place) {
    let entry = full_entry();
    let mut verdicts = keeps(&["diplomacy", "chips"]);
    verdicts.push(TopicVerdict { topic: topic("dropped"), verdict: Verdict::Drop(Vec::new()) });
    let url = entry.link.as_ref().unwrap().canonical();
    let full = NewEntry {
        identity: identity("full"),
        fingerprint: fingerprint(&entry),
        entry,
        language: Lang::parse("ko"),
        published: Published { at: at(-5), origin: DateOrigin::Clamped },
        change: StoryChange {
            story: StoryId::founded_by(&key("a"), identity("full")),
            joined: Joined::Founded,
        },
        verdicts,
    };
    let bare = Entry {
        summary: Some(SafeHtml::escaped("plain")),
        summary_text: PlainText::new("plain"),
        ..Entry::default()
    };
    let bare = NewEntry {
        identity: identity("bare"),
        fingerprint: fingerprint(&bare),
        entry: bare,
        language: None,
        published: Published { at: at(1_000), origin: DateOrigin::FirstSeen },
        change: StoryChange { story: full.change.story, joined: Joined::SameUrl { url } },
        verdicts: Vec::new(),
    };
    let mut given = batch("a", 1_000, vec![full.clone(), bare.clone()]);
    given.state = full_state();
    let mut store = place.open().unwrap();
    let ids = commit(&mut *store, given);
    assert!(ids[0] < ids[1]);
    drop(store);

    let reader = place.open_reader().unwrap();
    let story = reader.story(full.change.story).unwrap().unwrap();
    let want: Vec<Member> = [full.clone(), bare]
        .into_iter()
        .zip(&ids)
        .map(|(new, id)| Member {
            entry: StoredEntry {
                id: *id,
                source: key("a"),
                identity: new.identity,
                entry: new.entry,
                language: new.language,
                first_seen: at(1_000),
                changed: at(1_000),
                published: new.published,
            },
            joined: new.change.joined,
            verdicts: new.verdicts,
        })
        .collect();
    assert_eq!(story, Story { id: full.change.story, members: want, rearranged: None });
    let mut stored = Vec::new();
    reader
        .each_entry_since(at(1_000), 1, &mut |placed| stored.push((placed.entry, placed.story)))
        .unwrap();
    let want: Vec<_> =
        story.members.into_iter().map(|member| (member.entry, full.change.story)).collect();
    assert_eq!(stored, want);
    assert_eq!(reader.source_states().unwrap(), HashMap::from([(key("a"), full_state())]));
    let known = reader.known_entries(&key("a")).unwrap();
    assert_eq!(known.len(), 2);
    assert_eq!(
        known[&full.identity],
        KnownEntry { id: ids[0], fingerprint: full.fingerprint, story: full.change.story }
    );
    assert_eq!(reader.known_entries(&key("b")).unwrap(), HashMap::new());
    assert_eq!(reader.story(StoryId::from_bytes([0; 16])).unwrap(), None);
}

/// Commits states of sources by themselves, as a poll does that told nothing new.
fn keep_states(store: &mut dyn Store, states: &[(SourceKey, SourceState)]) {
    let batch = |(source, state): &(SourceKey, SourceState)| Batch {
        source: source.clone(),
        state: state.clone(),
        at: at(0),
        new: Vec::new(),
        changed: Vec::new(),
        moved: Vec::new(),
        listed: None,
    };
    store.commit(&states.iter().map(batch).collect::<Vec<_>>()).unwrap();
}

fn a_state_may_come_alone(place: &dyn Place) {
    let mut store = place.open().unwrap();
    keep_states(&mut *store, &[(key("a"), full_state()), (key("b"), SourceState::default())]);
    keep_states(&mut *store, &[(key("b"), full_state())]);
    let states = store.source_states().unwrap();
    assert_eq!(states, HashMap::from([(key("a"), full_state()), (key("b"), full_state())]));
    let none = SourceCounts { entries: 0, kept: 0 };
    assert_eq!(store.source_counts().unwrap()[&key("a")], none);
}

fn facts_are_kept(place: &dyn Place) {
    let mut store = place.open().unwrap();
    assert_eq!(store.fact("rules").unwrap(), None);
    store.set_fact("rules", "one").unwrap();
    store.set_fact("rules", "둘").unwrap();
    drop(store);
    assert_eq!(place.open_reader().unwrap().fact("rules").unwrap().as_deref(), Some("둘"));
}

fn stories_are_in_a_total_order(place: &dyn Place) {
    let mut store = place.open().unwrap();
    let tied: Vec<NewEntry> = (0..9).map(|n| opening(&format!("tie{n}"), 50, &["t"])).collect();
    let mut order: Vec<(StoryId, String)> =
        tied.iter().map(|new| (new.change.story, format!("tie{}", name_of(new)))).collect();
    order.sort();
    let mut want = vec!["new".to_owned()];
    want.extend(order.into_iter().map(|(_, name)| name));
    want.push("old".to_owned());
    commit(&mut *store, batch("a", 100, vec![opening("old", 10, &["t"])]));
    commit(&mut *store, batch("a", 100, tied));
    commit(&mut *store, batch("a", 100, vec![opening("new", 90, &["t"])]));
    for topics in [&[][..], &["t"][..]] {
        assert_eq!(listing(&*store, topics, i64::MIN, usize::MAX), want);
        for limit in 0..=want.len() {
            assert_eq!(listing(&*store, topics, i64::MIN, limit), want[..limit], "{limit}");
        }
        assert_eq!(listing(&*store, topics, 50, usize::MAX), want[..10]);
        assert_eq!(listing(&*store, topics, 51, usize::MAX), want[..1]);
        assert_eq!(listing(&*store, topics, 91, usize::MAX), [""; 0]);
    }
}

fn name_of(new: &NewEntry) -> &str {
    new.entry.title.as_ref().unwrap().as_str().trim_start_matches("Headline tie")
}

fn topics_are_those_of_all_members(place: &dyn Place) {
    let mut store = place.open().unwrap();
    let mut dropped = opening("dropped", 15, &[]);
    dropped.verdicts = vec![
        TopicVerdict { topic: topic("x"), verdict: Verdict::Drop(Vec::new()) },
        TopicVerdict { topic: topic("y"), verdict: Verdict::Silent },
    ];
    commit(
        &mut *store,
        batch("a", 100, vec![opening("1", 30, &["x"]), opening("2", 20, &["y", "z"]), dropped]),
    );
    commit(
        &mut *store,
        batch("b", 110, vec![joining("1", "3", 40, &["y"]), joining("1", "4", 35, &["x", "y"])]),
    );
    assert_eq!(all(&*store), ["1+3+4", "2", "dropped"]);
    assert_eq!(of(&*store, "x"), ["1+3+4"]);
    assert_eq!(of(&*store, "y"), ["1+3+4", "2"]);
    assert_eq!(of(&*store, "z"), ["2"]);
    assert_eq!(of(&*store, "unheard-of"), [""; 0]);
    assert_eq!(listing(&*store, &["z", "x", "y", "z"], 0, 9), ["1+3+4", "2"]);
    assert_eq!(listing(&*store, &["z", "x", "y"], 0, 1), ["1+3+4"]);
    check_counts(&*store);
}

fn an_earlier_member_moves_its_story(place: &dyn Place) {
    let mut store = place.open().unwrap();
    commit(&mut *store, batch("a", 100, vec![opening("1", 50, &["x"]), opening("2", 40, &["x"])]));
    assert_eq!(of(&*store, "x"), ["1", "2"]);
    commit(&mut *store, batch("b", 110, vec![joining("1", "3", 60, &[])]));
    assert_eq!(of(&*store, "x"), ["1+3", "2"]);
    commit(&mut *store, batch("b", 120, vec![joining("1", "4", 30, &["y"])]));
    assert_eq!(of(&*store, "x"), ["2", "1+3+4"]);
    assert_eq!(of(&*store, "y"), ["1+3+4"]);
    assert_eq!(all(&*store), ["2", "1+3+4"]);
    assert_eq!(listing(&*store, &["x"], 31, 9), ["2"]);
    check_counts(&*store);
}

fn batches_of_one_commit_see_each_other(place: &dyn Place) {
    let mut store = place.open().unwrap();
    let ids = store
        .commit(&[
            batch("a", 100, vec![opening("1", 50, &["x"])]),
            batch("b", 100, vec![joining("1", "2", 40, &["y"])]),
            batch("c", 100, Vec::new()),
        ])
        .unwrap();
    assert_eq!(ids.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1, 0]);
    assert_eq!(of(&*store, "y"), ["1+2"]);
    assert_eq!(store.commit(&[]).unwrap(), Vec::<Vec<EntryId>>::new());
}

fn a_changed_entry_keeps_its_place(place: &dyn Place) {
    let mut store = place.open().unwrap();
    let first = opening("1", 50, &["x"]);
    let ids = commit(&mut *store, batch("a", 100, vec![first.clone(), opening("2", 40, &["x"])]));
    let entry = full_entry();
    let mut changes = batch("a", 200, Vec::new());
    changes.listed = None;
    changes.changed = vec![
        ChangedEntry {
            id: ids[0],
            fingerprint: fingerprint(&entry),
            entry: entry.clone(),
            language: Lang::parse("ja"),
            verdicts: keeps(&["y"]),
        },
        ChangedEntry {
            id: EntryId(9_999),
            fingerprint: fingerprint(&entry),
            entry: entry.clone(),
            language: None,
            verdicts: keeps(&["gone"]),
        },
    ];
    commit(&mut *store, changes);
    let story = store.story(first.change.story).unwrap().unwrap();
    let member = &story.members[0];
    assert_eq!(member.entry.entry, entry);
    assert_eq!(member.entry.language, Lang::parse("ja"));
    assert_eq!(member.entry.first_seen, at(100));
    assert_eq!(member.entry.changed, at(200));
    assert_eq!(member.entry.published, first.published);
    assert_eq!(member.entry.id, ids[0]);
    assert_eq!(member.joined, Joined::Founded);
    assert_eq!(member.verdicts, keeps(&["y"]));
    assert_eq!(of(&*store, "x"), ["2"]);
    assert_eq!(of(&*store, "gone"), [""; 0]);
    let known = store.known_entries(&key("a")).unwrap();
    assert_eq!(known[&identity("1")].fingerprint, fingerprint(&entry));
    check_counts(&*store);
}

fn verdicts_are_replaced(place: &dyn Place) {
    let mut store = place.open().unwrap();
    let ids = commit(
        &mut *store,
        batch("a", 100, vec![opening("1", 50, &["x"]), joining("1", "2", 60, &["y"])]),
    );
    let judged = store
        .rejudge(&mut |stored| Some(if stored.id == ids[0] { keeps(&["z"]) } else { Vec::new() }));
    assert_eq!(judged.unwrap(), 2);
    assert_eq!(of(&*store, "x"), [""; 0]);
    assert_eq!(of(&*store, "y"), [""; 0]);
    assert_eq!(of(&*store, "z"), ["1+2"]);
    check_counts(&*store);
    // Same topics, other proof.
    let other = vec![TopicVerdict { topic: topic("z"), verdict: Verdict::Keep(Vec::new()) }];
    let only = |id: EntryId, verdicts: Vec<TopicVerdict>| {
        move |stored: &StoredEntry| (stored.id == id).then(|| verdicts.clone())
    };
    assert_eq!(store.rejudge(&mut only(ids[0], other.clone())).unwrap(), 1);
    let story = store.story(StoryId::founded_by(&key("a"), identity("1"))).unwrap().unwrap();
    assert_eq!(story.members[0].verdicts, other);
    store.rejudge(&mut only(ids[0], Vec::new())).unwrap();
    assert_eq!(of(&*store, "z"), [""; 0]);
    assert_eq!(all(&*store), ["1+2"]);
    check_counts(&*store);
}

fn an_entry_known_already_stays_as_it_is(place: &dyn Place) {
    let mut store = place.open().unwrap();
    let ids = commit(&mut *store, batch("a", 100, vec![opening("1", 50, &["x"])]));
    let again = commit(
        &mut *store,
        batch(
            "a",
            200,
            vec![opening("1", 60, &["y"]), opening("2", 10, &[]), opening("2", 9, &[])],
        ),
    );
    assert_eq!(again[0], ids[0]);
    assert_eq!(again[1], again[2]);
    // What is the same entry to one source is another to the next.
    let other = commit(&mut *store, batch("b", 200, vec![joining("1", "1", 70, &["z"])]));
    assert!(other[0] > again[2]);
    assert_eq!(all(&*store), ["1+1", "2"]);
    assert_eq!(of(&*store, "y"), [""; 0]);
    check_counts(&*store);
}

fn what_is_listed_no_more_is_told(place: &dyn Place) {
    let mut store = place.open().unwrap();
    let left_out = |store: &dyn StoreReader, source: &str, listed: &[&str]| -> Vec<String> {
        let listed = listed.iter().map(|name| identity(name)).collect();
        let entries = store.left_out(&key(source), &listed).unwrap();
        entries.into_iter().map(|stored| stored.entry.title.unwrap().to_string()).collect()
    };
    assert_eq!(left_out(&*store, "a", &[]), [""; 0]);
    let three = ["1", "2", "3"].map(|name| opening(name, 50, &[]));
    commit(&mut *store, batch("a", 100, three.into()));
    assert_eq!(left_out(&*store, "a", &["2", "9"]), ["Headline 1", "Headline 3"]);
    assert_eq!(left_out(&*store, "b", &["2"]), [""; 0]);
    let mut later = batch("a", 200, Vec::new());
    later.listed = Some(vec![identity("2"), identity("gone")]);
    commit(&mut *store, later);
    assert_eq!(left_out(&*store, "a", &[]), ["Headline 2"]);
    assert_eq!(left_out(&*store, "a", &["2"]), [""; 0]);
}

fn what_is_listed_stays(place: &dyn Place) {
    let mut store = place.open().unwrap();
    commit(&mut *store, batch("a", 100, vec![opening("1", 50, &["x"]), opening("2", 51, &["x"])]));
    // Not modified: the last listing stays in force.
    let mut unchanged = batch("a", 300, Vec::new());
    unchanged.listed = None;
    commit(&mut *store, unchanged);
    let configured = BTreeSet::from([key("a"), key("b")]);
    assert_eq!(store.prune(at(1_000), &configured).unwrap(), Pruned::default());
    // Source `a` lists only the second now; `b` never polled keeps its state, `c` is not configured.
    let mut later = batch("a", 400, vec![opening("3", 52, &[])]);
    later.listed = Some(vec![identity("2"), identity("3")]);
    commit(&mut *store, later);
    keep_states(&mut *store, &[(key("b"), full_state()), (key("c"), full_state())]);
    assert_eq!(store.prune(at(100), &configured).unwrap(), Pruned::default());
    assert_eq!(store.prune(at(101), &configured).unwrap(), Pruned { entries: 1, stories: 1 });
    assert_eq!(all(&*store), ["3", "2"]);
    assert_eq!(of(&*store, "x"), ["2"]);
    let states: BTreeSet<SourceKey> = store.source_states().unwrap().into_keys().collect();
    assert_eq!(states, configured);
    // No longer configured: nothing protects it.
    let none = BTreeSet::new();
    assert_eq!(store.prune(at(400), &none).unwrap(), Pruned { entries: 1, stories: 1 });
    assert_eq!(store.source_states().unwrap().into_keys().collect::<Vec<_>>(), [key("a")]);
    assert_eq!(store.prune(at(401), &none).unwrap(), Pruned { entries: 1, stories: 1 });
    assert_eq!(store.source_states().unwrap(), HashMap::new());
    assert_eq!(store.source_counts().unwrap(), HashMap::new());
    assert_eq!(all(&*store), [""; 0]);
    assert_eq!(of(&*store, "x"), [""; 0]);
    // A source that returns begins anew, and numbers are never used again.
    let ids = commit(&mut *store, batch("a", 500, vec![opening("1", 50, &["x"])]));
    assert!(ids[0] > EntryId(3), "{ids:?}");
    assert_eq!(of(&*store, "x"), ["1"]);
    check_counts(&*store);
}

fn numbers_survive_a_restart(place: &dyn Place) {
    let mut store = place.open().unwrap();
    let before = commit(&mut *store, batch("a", 100, vec![opening("1", 50, &[])]));
    store.prune(at(101), &BTreeSet::new()).unwrap();
    drop(store);
    let after = commit(&mut *place.open().unwrap(), batch("a", 200, vec![opening("1", 50, &[])]));
    assert!(after[0] > before[0]);
}

fn members_go_one_by_one(place: &dyn Place) {
    let mut store = place.open().unwrap();
    commit(&mut *store, batch("a", 100, vec![opening("1", 50, &["x"]), opening("o", 55, &["x"])]));
    commit(&mut *store, batch("b", 200, vec![joining("1", "2", 60, &["y"])]));
    commit(&mut *store, batch("b", 300, vec![joining("1", "3", 70, &["y"])]));
    assert_eq!(all(&*store), ["o", "1+2+3"]);
    let configured = BTreeSet::from([key("b")]);
    // The opening member goes; the story keeps its id, and its date is that of the members left.
    assert_eq!(store.prune(at(150), &configured).unwrap(), Pruned { entries: 2, stories: 1 });
    assert_eq!(all(&*store), ["2+3"]);
    assert_eq!(of(&*store, "x"), [""; 0]);
    assert_eq!(of(&*store, "y"), ["2+3"]);
    assert_eq!(listing(&*store, &["y"], 60, 9), ["2+3"]);
    assert_eq!(listing(&*store, &["y"], 61, 9), [""; 0]);
    let id = StoryId::founded_by(&key("a"), identity("1"));
    assert!(store.story(id).unwrap().is_some());
    // The entry that opened it is listed again: it joins its own story.
    commit(&mut *store, batch("a", 400, vec![opening("1", 50, &["x"])]));
    assert_eq!(of(&*store, "x"), ["2+3+1"]);
    assert_eq!(listing(&*store, &["x", "y"], 51, 9), [""; 0]);
    check_counts(&*store);
    store.prune(at(1_000), &BTreeSet::new()).unwrap();
    assert_eq!(store.story(id).unwrap(), None);
    // An index of open stories may still name one that has gone: the entry opens it again.
    commit(&mut *store, batch("a", 500, vec![joining("1", "4", 80, &["y"])]));
    assert_eq!(of(&*store, "y"), ["4"]);
    assert_eq!(store.story(id).unwrap().map(|story| story.members.len()), Some(1));
}

fn entries_are_found(place: &dyn Place) {
    let mut store = place.open().unwrap();
    let mut first = opening("1", 50, &[]);
    first.entry.link = WebUrl::parse("http://www.a.example:80/news/?utm_source=x&id=%7e1");
    first.entry.guid = Guid::new("tag:a.example,2025:1");
    let mut second = opening("2", 60, &[]);
    second.entry.link = None;
    second.entry.guid = Guid::new("https://a.example/permalink/2/");
    let story = |name| StoryId::founded_by(&key("a"), identity(name));
    let ids = commit(
        &mut *store,
        batch("a", 100, vec![first, second, opening("3", 70, &[]), joining("3", "4", 71, &[])]),
    );
    let check = |needle: &str, want: &[StoryId]| {
        assert_eq!(store.find(needle).unwrap(), want, "{needle}");
    };
    check(&ids[0].0.to_string(), &[story("1")]);
    check(&format!(" {} ", ids[3].0), &[story("3")]);
    check(&story("2").to_string(), &[story("2")]);
    check(&story("2").urn().to_uppercase().replace("URN:UUID", "urn:uuid"), &[story("2")]);
    check(&story("4").to_string(), &[]);
    check("tag:a.example,2025:1", &[story("1")]);
    check("tag:a.example,2025", &[]);
    check("https://a.example/news?id=~1", &[story("1")]);
    check("http://www.a.example/news/?id=~1#top", &[story("1")]);
    check("https://a.example/news?id=~2", &[]);
    check("http://a.example/permalink/2", &[story("2")]);
    check("https://a.example/3", &[story("3")]);
    check("https://a.example/4/", &[story("3")]);
    check("", &[]);
    check("-1", &[]);
    check("%", &[]);
    check("https://", &[]);
}

fn entries_since_come_by_number(place: &dyn Place) {
    let mut store = place.open().unwrap();
    let mut ids = Vec::new();
    // The clock of the machine was turned back once.
    for (seen, name) in [(100, "1"), (200, "2"), (150, "3"), (300, "4"), (90, "5")] {
        ids.extend(commit(&mut *store, batch("a", seen, vec![opening(name, 50, &[])])));
    }
    let check = |since: i64, want: &[usize]| {
        let mut found = Vec::new();
        store.each_entry_since(at(since), 1, &mut |placed| found.push(placed.entry.id)).unwrap();
        let want: Vec<EntryId> = want.iter().map(|index| ids[*index]).collect();
        assert_eq!(found, want, "{since}");
    };
    check(i64::MIN, &[0, 1, 2, 3, 4]);
    check(100, &[0, 1, 2, 3]);
    check(101, &[1, 2, 3]);
    check(160, &[1, 3]);
    check(300, &[3]);
    check(301, &[]);
}

fn a_failed_commit_leaves_nothing(place: &dyn Place) {
    let mut store = place.open().unwrap();
    commit(&mut *store, batch("a", 100, vec![opening("1", 50, &["x"])]));
    place.refuse("Headline bad");
    let before = (all(&*store), store.source_states().unwrap(), store.source_counts().unwrap());
    let good = batch("new", 200, vec![opening("2", 60, &["new-topic"])]);
    let bad = batch(
        "newer",
        200,
        vec![joining("1", "3", 40, &["y"]), opening("bad", 1, &["other-topic"])],
    );
    let error = store.commit(&[good.clone(), bad]).unwrap_err();
    assert!(matches!(error, StoreError::Database { .. }), "{error:?}");
    let after = (all(&*store), store.source_states().unwrap(), store.source_counts().unwrap());
    assert_eq!(before, after);
    assert_eq!(of(&*store, "new-topic"), [""; 0]);
    // The good half can be done again; what was numbered in vain is numbered anew.
    commit(&mut *store, good);
    assert_eq!(of(&*store, "new-topic"), ["2"]);
    drop(store);
    let store = place.open().unwrap();
    assert_eq!(all(&*store), ["2", "1"]);
    check_counts(&*store);
}

fn readers_see_whole_commits(place: &dyn Place) {
    let mut store = place.open().unwrap();
    let beside = store.reader().unwrap();
    let outside = place.open_reader().unwrap();
    assert_eq!(all(&*beside), [""; 0]);
    std::thread::scope(|scope| {
        let watch = scope.spawn(move || {
            let mut seen = 0;
            while seen < 40 * 5 {
                let now = all(&*beside).len();
                assert!(now >= seen && now.is_multiple_of(5), "{now} after {seen}");
                seen = now;
            }
        });
        for round in 0..40 {
            let new = |n| opening(&format!("{round}-{n}"), 50, &["x"]);
            let half = batch("a", 100, (0..3).map(new).collect());
            store.commit(&[half, batch("b", 100, (3..5).map(new).collect())]).unwrap();
        }
        watch.join().unwrap();
    });
    assert_eq!(of(&*outside, "x").len(), 200);
}

fn one_writes(place: &dyn Place) {
    assert!(matches!(place.open_reader().err(), Some(StoreError::Missing { .. })));
    let store = place.open().unwrap();
    let refused = place.open().err();
    assert!(matches!(refused, Some(StoreError::InUse { .. })), "{refused:?}");
    assert!(place.open_reader().is_ok());
    drop(store);
    assert!(place.open().is_ok());
}

fn many_entries(place: &dyn Place) {
    let mut store = place.open().unwrap();
    let mut expected = 0;
    for group in 0..16_i64 {
        let batches: Vec<Batch> = (0..16)
            .map(|source| {
                let name = |n: i64| format!("{group}-{source}-{n}");
                let new = (0..40)
                    .map(|n| {
                        let published = 1_000 + (n * 7_919 + source * 31 + group) % 5_000;
                        let topics: &[&str] = if n % 4 == 0 { &["x", "y"] } else { &[] };
                        if n % 10 == 9 {
                            joining(&name(n - 1), &name(n), published, topics)
                        } else {
                            opening(&name(n), published, topics)
                        }
                    })
                    .collect();
                batch(&format!("s{source}"), 10_000 + group, new)
            })
            .collect();
        expected += batches.iter().map(|batch| batch.new.len()).sum::<usize>();
        store.commit(&batches).unwrap();
    }
    assert_eq!(expected, 10_240);
    check_counts(&*store);
    assert_eq!(all(&*store).len(), 9_216);
    let newest =
        store.stories(&StoryQuery { topics: &[topic("y")], since: None, limit: 300 }).unwrap();
    let place = |story: &Story| {
        let date = story.members.iter().map(|member| member.entry.published.at).min();
        (std::cmp::Reverse(date), story.id)
    };
    assert_eq!(newest.len(), 300);
    assert!(newest.is_sorted_by_key(place));
    let all_newest = store.stories(&StoryQuery { topics: &[], since: None, limit: 9_999 }).unwrap();
    assert!(all_newest.is_sorted_by_key(place));
    let mut one_by_one = Vec::new();
    let each = &mut |story| {
        one_by_one.push(story);
        if one_by_one.len() == 5_000 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    store.each_story(None, each).unwrap();
    assert_eq!(one_by_one, all_newest[..5_000]);
    let middle = all_newest[4_000].members[0].entry.published.at;
    let mut late = 0;
    store
        .each_story(Some(middle), &mut |story| {
            assert!(
                story.members.iter().map(|member| member.entry.published.at).min() >= Some(middle)
            );
            late += 1;
            ControlFlow::Continue(())
        })
        .unwrap();
    let since = StoryQuery { topics: &[], since: Some(middle), limit: usize::MAX };
    assert_eq!(late, store.stories(&since).unwrap().len());
    // All are judged again in one transaction, each once, in pages.
    let mut before = EntryId(i64::MIN);
    let judged = store.rejudge(&mut |stored| {
        assert!(stored.id > before);
        before = stored.id;
        Some(keeps(if stored.id.0 % 2 == 0 { &["even"] } else { &["odd"] }))
    });
    assert_eq!(judged.unwrap(), 10_240);
    assert_eq!(of(&*store, "y"), [""; 0]);
    check_counts(&*store);
    let kept = |story: &&Story| {
        story.members.iter().any(|member| member.verdicts.iter().any(|of| of.verdict.keeps()))
    };
    let want: Vec<&Story> = all_newest.iter().filter(kept).take(300).collect();
    assert_eq!(newest.iter().collect::<Vec<_>>(), want);
    // Each source lists only the entries of its last group.
    let configured = (0..16).map(|source| key(&format!("s{source}"))).collect();
    let pruned = store.prune(Timestamp::MAX, &configured).unwrap();
    assert_eq!(pruned, Pruned { entries: 9_600, stories: 8_640 });
    assert_eq!(all(&*store).len(), 576);
    check_counts(&*store);
}

use moved::{
    a_move_that_fails_moves_nothing, a_new_entry_makes_two_stories_one,
    a_story_outlives_its_founder, an_id_leads_on_while_anyone_is_left,
    any_moves_keep_the_store_whole, decisions_are_kept_once_and_for_ever,
    entries_are_found_by_name, pinned_stories_are_kept, vectors_stay_as_long_as_their_headlines,
};
use websub::hubs_and_subscribers_are_remembered;
use words::words_are_found_as_long_as_their_entries;

/// Runs each test of the contract on each kind of store.
macro_rules! contract {
    ($tests:tt on $($kind:ident = $place:expr;)+) => {
        $(mod $kind { contract!(@each $place, $tests); })+
    };
    (@each $place:expr, [$($test:ident),* $(,)?]) => {
        $(#[test] fn $test() { super::$test(&$place); })*
    };
}

contract! {
    [
        what_goes_in_comes_out,
        a_state_may_come_alone,
        facts_are_kept,
        words_are_found_as_long_as_their_entries,
        hubs_and_subscribers_are_remembered,
        stories_are_in_a_total_order,
        topics_are_those_of_all_members,
        an_earlier_member_moves_its_story,
        batches_of_one_commit_see_each_other,
        a_changed_entry_keeps_its_place,
        verdicts_are_replaced,
        an_entry_known_already_stays_as_it_is,
        what_is_listed_stays,
        what_is_listed_no_more_is_told,
        numbers_survive_a_restart,
        members_go_one_by_one,
        entries_are_found,
        entries_since_come_by_number,
        a_failed_commit_leaves_nothing,
        readers_see_whole_commits,
        one_writes,
        many_entries,
        a_new_entry_makes_two_stories_one,
        a_story_outlives_its_founder,
        an_id_leads_on_while_anyone_is_left,
        a_move_that_fails_moves_nothing,
        any_moves_keep_the_store_whole,
        vectors_stay_as_long_as_their_headlines,
        decisions_are_kept_once_and_for_ever,
        entries_are_found_by_name,
        pinned_stories_are_kept,
    ] on
    sqlite_file = super::SqliteFile::new();
}
