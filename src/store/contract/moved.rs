//! Entries that change story, and what is kept for that.

use super::*;
use crate::model::decision::{DecisionId, Part, Word};
use crate::model::story::MemberKey;
use crate::model::vector::{DIMENSIONS, Vector};

fn member(source: &str, name: &str) -> MemberKey {
    MemberKey { source: key(source), identity: identity(name) }
}

/// The id of the story that this entry of source `a` opens.
fn opened_by(name: &str) -> StoryId {
    member("a", name).founds()
}

fn moved(source: &str, name: &str, story: StoryId) -> Moved {
    let joined =
        if member(source, name).founds() == story { Joined::Founded } else { Joined::ByCurator };
    Moved { key: member(source, name), change: StoryChange { story, joined } }
}

const NONE: Encoded = Encoded { version: 1, vectors: Vec::new() };

fn rearrange(store: &mut dyn Store, seconds: i64, moves: &[Moved]) {
    store.rearrange(at(seconds), &NONE, moves).unwrap();
    check_counts(store);
}

/// The headlines of the story with this id, and when it was rearranged.
fn standing(store: &dyn StoreReader, id: StoryId) -> Option<(String, Option<i64>)> {
    let story = store.story(id).unwrap()?;
    Some((headlines(&story), story.rearranged.map(Timestamp::unix)))
}

pub(super) fn a_new_entry_makes_two_stories_one(place: &dyn Place) {
    let mut store = place.open().unwrap();
    commit(&mut *store, batch("a", 100, vec![opening("1", 50, &["x"]), opening("2", 40, &["y"])]));
    let mut third = batch("b", 200, vec![joining("1", "3", 60, &[])]);
    third.moved = vec![moved("a", "2", opened_by("1")), moved("a", "gone", opened_by("1"))];
    commit(&mut *store, third);
    assert_eq!(all(&*store), ["1+2+3"]);
    assert_eq!(of(&*store, "x"), ["1+2+3"]);
    assert_eq!(of(&*store, "y"), ["1+2+3"]);
    assert_eq!(listing(&*store, &["y"], 41, 9), [""; 0]);
    check_counts(&*store);
    assert_eq!(standing(&*store, opened_by("1")), Some(("1+2+3".to_owned(), Some(200))));
    assert_eq!(standing(&*store, opened_by("2")), None);
    let reasons: Vec<Joined> = store
        .story(opened_by("1"))
        .unwrap()
        .unwrap()
        .members
        .into_iter()
        .map(|member| member.joined)
        .collect();
    assert_eq!(reasons[..2], [Joined::Founded, Joined::ByCurator]);
    drop(store);
    let reader = place.open_reader().unwrap();
    for id in [opened_by("1"), opened_by("2")] {
        assert_eq!(reader.story_now(id).unwrap(), Some(opened_by("1")));
        assert_eq!(reader.find(&id.urn()).unwrap(), [opened_by("1")]);
    }
    assert_eq!(reader.story_now(opened_by("3")).unwrap(), None);
}

pub(super) fn a_story_outlives_its_founder(place: &dyn Place) {
    let mut store = place.open().unwrap();
    let three =
        vec![opening("1", 50, &["x"]), joining("1", "2", 60, &["y"]), opening("o", 70, &[])];
    commit(&mut *store, batch("a", 100, three));
    rearrange(&mut *store, 200, &[moved("a", "1", opened_by("o"))]);
    assert_eq!(standing(&*store, opened_by("1")), Some(("2".to_owned(), Some(200))));
    assert_eq!(standing(&*store, opened_by("o")), Some(("1+o".to_owned(), Some(200))));
    assert_eq!(of(&*store, "x"), ["1+o"]);
    assert_eq!(of(&*store, "y"), ["2"]);
    assert_eq!(store.story_now(opened_by("1")).unwrap(), Some(opened_by("1")));
    // A new entry joins by the id, whose founder is elsewhere.
    commit(&mut *store, batch("b", 300, vec![joining("1", "4", 55, &["z"])]));
    assert_eq!(of(&*store, "z"), ["2+4"]);
    // The founder opens another story, for its own id is taken.
    let again = opened_by("1").after();
    rearrange(&mut *store, 400, &[moved("a", "1", again)]);
    assert_eq!(standing(&*store, again), Some(("1".to_owned(), Some(400))));
    assert_eq!(of(&*store, "x"), ["1"]);
    assert_eq!(standing(&*store, opened_by("o")), Some(("o".to_owned(), Some(400))));
    drop(store);
    let mut store = place.open().unwrap();
    commit(&mut *store, batch("b", 500, vec![opening("5", 80, &[])]));
    assert_eq!(all(&*store), ["5", "o", "2+4", "1"]);
    // All come home; the ids lead where they went.
    let home = opened_by("o");
    let moves = [moved("b", "4", home), moved("a", "1", home), moved("a", "2", home)];
    rearrange(&mut *store, 600, &moves);
    assert_eq!(all(&*store), ["5", "1+2+o+4"]);
    assert_eq!(store.story_now(again).unwrap(), Some(home));
    assert_eq!(store.story_now(opened_by("1")).unwrap(), Some(home));
    // An id that comes back is a story again.
    rearrange(&mut *store, 700, &[moved("a", "1", opened_by("1"))]);
    assert_eq!(store.story_now(opened_by("1")).unwrap(), Some(opened_by("1")));
    assert_eq!(store.story_now(again).unwrap(), Some(opened_by("1")));
}

pub(super) fn an_id_leads_on_while_anyone_is_left(place: &dyn Place) {
    let mut store = place.open().unwrap();
    commit(&mut *store, batch("a", 100, vec![opening("1", 50, &["x"])]));
    commit(&mut *store, batch("b", 300, vec![opening("2", 60, &["y"])]));
    let second = member("b", "2").founds();
    // Source `b` opened it under its own name.
    let own = StoryId::founded_by(&key("a"), identity("2"));
    assert_eq!(store.story_now(own).unwrap(), Some(own));
    rearrange(&mut *store, 400, &[moved("a", "1", own), moved("b", "2", own)]);
    assert_eq!(store.story_now(opened_by("1")).unwrap(), Some(own));
    let none = BTreeSet::new();
    assert_eq!(store.prune(at(200), &none).unwrap(), Pruned { entries: 1, stories: 0 });
    assert_eq!(store.story_now(opened_by("1")).unwrap(), Some(own));
    rearrange(&mut *store, 500, &[moved("b", "2", second)]);
    assert_eq!(store.story_now(opened_by("1")).unwrap(), Some(second));
    assert_eq!(store.prune(at(400), &none).unwrap(), Pruned { entries: 1, stories: 1 });
    assert_eq!(store.story_now(opened_by("1")).unwrap(), None);
    check_counts(&*store);
}

pub(super) fn a_move_that_fails_moves_nothing(place: &dyn Place) {
    let mut store = place.open().unwrap();
    commit(&mut *store, batch("a", 100, vec![opening("1", 50, &["x"]), opening("2", 40, &["y"])]));
    place.refuse("Headline bad");
    let mut bad = batch("b", 200, vec![joining("1", "3", 60, &[])]);
    bad.moved = vec![moved("a", "2", opened_by("1"))];
    let worse = batch("c", 200, vec![opening("bad", 1, &[])]);
    store.commit(&[bad, worse]).unwrap_err();
    assert_eq!(all(&*store), ["1", "2"]);
    assert_eq!(of(&*store, "y"), ["2"]);
    check_counts(&*store);
}

/// Whatever moves where, the store holds what a plain table of entries and stories holds.
pub(super) fn any_moves_keep_the_store_whole(place: &dyn Place) {
    const ENTRIES: u64 = 12;
    let mut store = place.open().unwrap();
    let name = |number: u64| format!("n{number}");
    let entries = (0..ENTRIES).map(|number| {
        let topics: &[&str] = [&["x"][..], &["y"], &[]][(number % 3) as usize];
        opening(&name(number), 100 + number as i64, topics)
    });
    commit(&mut *store, batch("a", 100, entries.collect()));
    let mut table: Vec<StoryId> = (0..ENTRIES).map(|number| opened_by(&name(number))).collect();
    let mut state = 7_u64;
    let mut next = |below: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for round in 0..60 {
        let mut moves = Vec::new();
        for _ in 0..next(4) + 1 {
            let (who, whither) = (next(ENTRIES), next(ENTRIES));
            let mut story = opened_by(&name(whither));
            if next(5) == 0 {
                story = story.after();
            }
            moves.push(moved("a", &name(who), story));
            table[who as usize] = story;
        }
        rearrange(&mut *store, 1_000 + round, &moves);
        if round % 20 == 19 {
            drop(store);
            store = place.open().unwrap();
        }
        let held = |id: StoryId| -> Vec<String> {
            let mine = (0..ENTRIES).filter(|number| table[*number as usize] == id);
            mine.map(name).collect()
        };
        let ids: BTreeSet<StoryId> = table.iter().copied().collect();
        for id in &ids {
            assert_eq!(standing(&*store, *id).unwrap().0, held(*id).join("+"), "round {round}");
        }
        let known = store.known_entries(&key("a")).unwrap();
        for number in 0..ENTRIES {
            let id = opened_by(&name(number));
            let now = store.story_now(id).unwrap().unwrap();
            assert!(ids.contains(&now) && (now == id || !ids.contains(&id)), "round {round}");
            assert_eq!(known[&identity(&name(number))].story, table[number as usize]);
        }
        for topic in ["x", "y"] {
            let keeps = |id: &&StoryId| {
                (0..ENTRIES).any(|number| {
                    table[number as usize] == **id && number % 3 == u64::from(topic == "y")
                })
            };
            assert_eq!(of(&*store, topic).len(), ids.iter().filter(keeps).count(), "round {round}");
        }
        assert_eq!(all(&*store).len(), ids.len());
    }
}

pub(super) fn vectors_stay_as_long_as_their_headlines(place: &dyn Place) {
    let vector = |seed: usize| {
        let mut numbers = [0.0; DIMENSIONS];
        numbers[seed] = 1.0;
        Vector::new(&numbers)
    };
    let found = |store: &dyn StoreReader, version: u32| -> Vec<Option<Vector>> {
        let mut found = Vec::new();
        store.each_entry_since(at(0), version, &mut |placed| found.push(placed.vector)).unwrap();
        found
    };
    let mut store = place.open().unwrap();
    let entries =
        vec![opening("1", 50, &["x", "y"]), opening("2", 60, &["x"]), opening("3", 70, &[])];
    let ids = commit(&mut *store, batch("a", 100, entries));
    let mut kept_by = Vec::new();
    store.each_entry_since(at(0), 7, &mut |placed| kept_by.push(placed.kept_by)).unwrap();
    assert_eq!(kept_by, [vec![topic("x"), topic("y")], vec![topic("x")], Vec::new()]);
    let vectors = vec![
        (member("a", "1"), vector(1)),
        (member("a", "2"), vector(2)),
        (member("a", "gone"), vector(3)),
    ];
    let moves = [moved("a", "2", opened_by("1"))];
    store.rearrange(at(200), &Encoded { version: 7, vectors }, &moves).unwrap();
    assert_eq!(all(&*store), ["3", "1+2"]);
    assert_eq!(found(&*store, 7), [Some(vector(1)), Some(vector(2)), None]);
    assert_eq!(found(&*store, 8), [None, None, None]);
    // The same headline with another text means the same; another headline does not.
    let change = |id: EntryId, title: &str| {
        let entry = Entry { title: Headline::new(title), ..full_entry() };
        ChangedEntry {
            id,
            fingerprint: fingerprint(&entry),
            entry,
            language: None,
            verdicts: keeps(&["x"]),
        }
    };
    let mut changes = batch("a", 300, Vec::new());
    changes.listed = None;
    changes.changed = vec![change(ids[0], "Headline 1"), change(ids[1], "Headline 2, corrected")];
    commit(&mut *store, changes);
    assert_eq!(found(&*store, 7), [Some(vector(1)), None, None]);
    let again = vec![(member("a", "1"), vector(9))];
    store.rearrange(at(400), &Encoded { version: 8, vectors: again }, &[]).unwrap();
    assert_eq!(found(&*store, 8)[0], Some(vector(9)));
    store.prune(Timestamp::MAX, &BTreeSet::new()).unwrap();
    assert_eq!(found(&*store, 8), [None; 0]);
}

fn said(text: &str, seconds: i64, word: Word) -> Decision {
    Decision { id: DecisionId::of(text), at: at(seconds), word }
}

pub(super) fn decisions_are_kept_once_and_for_ever(place: &dyn Place) {
    let mut store = place.open().unwrap();
    commit(&mut *store, batch("a", 100, vec![opening("1", 50, &["x"]), opening("2", 40, &["y"])]));
    let part = |name: &str| Part { story: opened_by(name), members: vec![member("a", name)] };
    let join = said("join", 300, Word::Join { one: part("1"), other: part("2") });
    let split =
        said("split", 200, Word::Split { entry: member("a", "2"), from: vec![member("a", "1")] });
    let hide = said("hide", 200, Word::Hide { story: opened_by("9") });
    let asked = Request::Decide(join.clone());
    store.decide(at(300), &asked, &[moved("a", "2", opened_by("1"))]).unwrap();
    assert_eq!(all(&*store), ["1+2"]);
    // Taken in once more after a crash: it is there once, and its moves do no harm.
    store.decide(at(300), &asked, &[moved("a", "2", opened_by("1"))]).unwrap();
    for decision in [&split, &hide] {
        store.decide(at(400), &Request::Decide(decision.clone()), &[]).unwrap();
    }
    // In the order in which they were said, whatever the clock; and beyond the entries they name.
    store.prune(Timestamp::MAX, &BTreeSet::new()).unwrap();
    drop(store);
    let mut store = place.open().unwrap();
    assert_eq!(store.decisions().unwrap(), [join.clone(), split, hide.clone()]);
    store.decide(at(500), &Request::Undo(DecisionId::of("split")), &[]).unwrap();
    store.decide(at(500), &Request::Undo(DecisionId::of("never said")), &[]).unwrap();
    assert_eq!(place.open_reader().unwrap().decisions().unwrap(), [join, hide]);
}

pub(super) fn pinned_stories_are_kept(place: &dyn Place) {
    let mut store = place.open().unwrap();
    let entries = vec![opening("1", 50, &["x"]), opening("2", 40, &["y"]), opening("3", 30, &[])];
    commit(&mut *store, batch("a", 100, entries));
    let pin = said("pin", 200, Word::Pin { story: opened_by("1") });
    store.decide(at(200), &Request::Decide(pin.clone()), &[]).unwrap();
    // The story it named is part of another now; that is what the word is about.
    rearrange(&mut *store, 300, &[moved("a", "1", opened_by("2"))]);
    let none = BTreeSet::new();
    let pruned = store.prune(Timestamp::MAX, &none).unwrap();
    assert_eq!(pruned, Pruned { entries: 1, stories: 1 });
    assert_eq!(all(&*store), ["1+2"]);
    check_counts(&*store);
    store.decide(at(400), &Request::Undo(pin.id), &[]).unwrap();
    assert_eq!(store.prune(Timestamp::MAX, &none).unwrap().entries, 2);
}

pub(super) fn entries_are_found_by_name(place: &dyn Place) {
    let mut store = place.open().unwrap();
    let entries = vec![opening("1", 50, &["x"]), joining("1", "2", 60, &[])];
    let ids = commit(&mut *store, batch("a", 100, entries));
    let second = FoundEntry { id: ids[1], key: member("a", "2"), story: opened_by("1") };
    for needle in ["https://a.example/2", "2", &ids[1].0.to_string()] {
        let found = store.find_entries(needle).unwrap();
        assert_eq!(found[0], second, "{needle}");
    }
    assert_eq!(store.find_entries("https://a.example/9").unwrap(), []);
    assert_eq!(store.find_entries(&opened_by("1").to_string()).unwrap(), []);
    assert_eq!(store.story_of(&member("a", "2")).unwrap(), Some(opened_by("1")));
    assert_eq!(store.story_of(&member("b", "2")).unwrap(), None);
    let entries = store.entries(&[member("a", "2"), member("b", "2"), member("a", "1")]);
    let texts: Vec<Option<String>> = entries
        .unwrap()
        .into_iter()
        .map(|entry| entry.map(|entry| entry.entry.title.unwrap().to_string()))
        .collect();
    assert_eq!(texts, [Some("Headline 2".to_owned()), None, Some("Headline 1".to_owned())]);
}
