//! The index of words goes with the entries.

use super::*;
use crate::model::search::{Findable, Phrase, Search};
use crate::store::Index;

fn words(entry: &Entry) -> Findable {
    let title = entry.title.as_ref().map_or("", |title| title.as_str()).to_lowercase();
    Findable { title, text: "정상 상회 회담".into() }
}

/// What finds the headline of this name, and not that.
fn wanted(name: &str, none: &[&str]) -> Search {
    let phrase =
        |text: &str| Phrase { words: text.split(' ').map(str::to_owned).collect(), open: false };
    Search { all: vec![phrase(name)], none: none.iter().map(|text| phrase(text)).collect() }
}

pub(super) fn words_are_found_as_long_as_their_entries(place: &dyn Place) {
    let mut store = place.open().unwrap();
    store.index_by(Index { version: 1, findable: words });
    assert!(!store.index_backlog(10).unwrap() && store.is_indexed().unwrap());
    let ids = commit(
        store.as_mut(),
        batch("a", 100, vec![opening("one", 50, &["x"]), opening("two", 60, &[])]),
    );
    let found = |store: &dyn Store, search: &Search, kept_only: bool| {
        let mut hits = store.search(search, kept_only, 10).unwrap();
        hits.sort_by_key(|hit| hit.entry);
        hits.iter().map(|hit| hit.entry).collect::<Vec<_>>()
    };
    let check = |store: &dyn Store, search: Search, kept_only: bool, want: &[EntryId]| {
        assert_eq!(found(store, &search, kept_only), want, "{search:?}");
    };
    check(store.as_ref(), wanted("headline one", &[]), false, &ids[..1]);
    check(store.as_ref(), wanted("one headline", &[]), false, &[]);
    check(store.as_ref(), wanted("상회", &[]), false, &ids);
    check(store.as_ref(), wanted("상회", &[]), true, &ids[..1]);
    check(store.as_ref(), wanted("상회", &["one"]), false, &ids[1..]);
    let hits = store.search(&wanted("headline", &[]), false, 1).unwrap();
    assert_eq!(hits.len(), 1);
    assert_eq!((hits[0].entry, hits[0].published), (ids[1], at(60)));
    // Another version finds other words, a page at a time.
    fn other(_: &Entry) -> Findable {
        Findable { title: "anders".into(), text: String::new() }
    }
    store.index_by(Index { version: 2, findable: other });
    assert!(store.index_backlog(1).unwrap() && !store.is_indexed().unwrap());
    check(store.as_ref(), wanted("anders", &[]), false, &ids[1..]);
    assert!(store.index_backlog(1).unwrap());
    assert!(!store.index_backlog(1).unwrap() && store.is_indexed().unwrap());
    check(store.as_ref(), wanted("anders", &[]), false, &ids);
    check(store.as_ref(), wanted("headline", &[]), false, &[]);
    // What is gone is not found.
    let listed = Batch { listed: Some(Vec::new()), ..batch("a", 200, Vec::new()) };
    commit(store.as_mut(), listed);
    store.prune(at(150), &BTreeSet::new()).unwrap();
    check(store.as_ref(), wanted("anders", &[]), false, &[]);
}
