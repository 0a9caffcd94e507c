use std::time::Duration;

use super::*;
use crate::model::edition::{FeedName, Select};
use crate::model::entry::{Entry, Image};
use crate::model::identity::Identity;
use crate::model::story::{EntryId, StoredEntry};
use crate::model::text::{Headline, PlainText};
use crate::model::time::{DateOrigin, Published};
use crate::model::url::CanonicalUrl;
use crate::model::verdict::{TopicVerdict, Verdict};

fn key(source: &str) -> SourceKey {
    SourceKey::parse(source).unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(seconds)
}

/// Member `id` of `source`, published at `id` and seen ten seconds later; the topics it names keep it.
fn member(id: i64, source: &str, language: &str, title: &str, topics: &[&str]) -> Member {
    let identity = Identity([u8::try_from(id).unwrap(); 16]);
    Member {
        entry: StoredEntry {
            id: EntryId(id),
            source: key(source),
            identity,
            entry: Entry {
                title: Headline::new(title),
                link: WebUrl::parse(&format!("https://{source}.example/{id}")),
                ..Entry::default()
            },
            language: Lang::parse(language),
            first_seen: at(id + 10),
            changed: at(id + 10),
            published: Published { at: at(id), origin: DateOrigin::Stated },
        },
        joined: Joined::Founded,
        verdicts: topics
            .iter()
            .map(|topic| TopicVerdict {
                topic: TopicName::parse(topic).unwrap(),
                verdict: Verdict::Keep(Vec::new()),
            })
            .collect(),
    }
}

fn story(members: Vec<Member>) -> Story {
    let first = &members[0].entry;
    let id = StoryId::founded_by(&first.source, first.identity);
    Story { id, members, rearranged: None }
}

fn desk() -> Desk {
    let outlet = |source: &str, rank, language| {
        let info = OutletInfo {
            outlet: Outlet { name: source.to_uppercase(), url: None },
            source_url: WebUrl::parse(&format!("https://{source}.example/rss")),
            rank,
            language: Lang::parse(language),
        };
        (key(source), info)
    };
    Desk {
        outlets: [outlet("a", 1, "en"), outlet("b", 1, "ko"), outlet("c", 0, "ja")].into(),
        topics_in_order: ["two", "one"].map(|topic| TopicName::parse(topic).unwrap()).into(),
        ..Desk::default()
    }
}

/// Lets a source lead before all others.
fn lead_with(desk: &mut Desk, source: &str) {
    for (key, info) in &mut desk.outlets {
        info.rank = if key.as_str() == source { 0 } else { info.rank + 1 };
    }
}

fn spec() -> FeedSpec {
    FeedSpec {
        name: FeedName::parse("news").unwrap(),
        title: "News".to_owned(),
        topics: Vec::new(),
        select: Select::default(),
        languages: Vec::new(),
        merge: Merge::Story,
        limit: 100,
        max_age: None,
    }
}

/// The leading headlines of the items, in order.
fn headlines(stories: &[Story], spec: &FeedSpec, desk: &Desk) -> Vec<String> {
    let edition = choose(stories, spec, desk, at(1_000_000));
    edition.items.iter().map(|item| item.headline.as_ref().unwrap().to_string()).collect()
}

#[test]
fn the_leading_member_is_chosen_by_one_order() {
    let check = |members: Vec<Member>, change: &dyn Fn(&mut FeedSpec, &mut Desk), want: &str| {
        let (mut spec, mut desk) = (spec(), desk());
        change(&mut spec, &mut desk);
        assert_eq!(headlines(&[story(members)], &spec, &desk), [want]);
    };
    let three = || {
        vec![
            member(1, "a", "en", "English", &[]),
            member(2, "b", "ko", "한국어", &[]),
            member(3, "c", "ja", "日本語", &[]),
        ]
    };
    let languages = |tags: &[&str]| tags.iter().map(|tag| Lang::parse(tag).unwrap()).collect();
    check(three(), &|_, _| {}, "日本語");
    check(three(), &|spec, _| spec.languages = languages(&["ko-KR", "en"]), "한국어");
    check(three(), &|spec, _| spec.languages = languages(&["fr", "en"]), "English");
    check(three(), &|_, desk| lead_with(desk, "b"), "한국어");
    check(
        three(),
        &|spec, desk| {
            spec.languages = languages(&["en"]);
            lead_with(desk, "b");
        },
        "English",
    );
    check(
        vec![member(1, "a", "en", "Older", &[]), member(2, "b", "en", "Newer", &[])],
        &|_, _| {},
        "Older",
    );
    let mut copied = member(1, "a", "en", "Copied", &[]);
    copied.entry.entry.outlet = Some(Outlet { name: "Wire".to_owned(), url: None });
    check(vec![copied, member(2, "b", "en", "Original", &[])], &|_, _| {}, "Original");
    // Who claims another's page does not lead, whether it came first or says that it did.
    let home = |desk: &mut Desk, source: &str| {
        let info = desk.outlets.get_mut(&key(source)).unwrap();
        info.outlet.url = WebUrl::parse(&format!("https://www.{source}.example/"));
    };
    let page = |id: i64, source: &str, title: &str, joined: bool| {
        let mut member = member(id, source, "en", title, &[]);
        member.entry.entry.link = WebUrl::parse("https://news.b.example/1");
        if joined {
            let url = member.entry.entry.link.as_ref().unwrap().canonical();
            member.joined = Joined::SameUrl { url };
        }
        member
    };
    check(
        vec![page(1, "a", "Claimed", false), page(2, "b", "Owned", true)],
        &|_, desk| {
            home(desk, "a");
            home(desk, "b");
        },
        "Owned",
    );
    check(
        vec![page(2, "b", "First", false), page(1, "a", "Dated earlier", true)],
        &|_, _| {},
        "First",
    );
    let untitled = member(1, "c", "en", "", &[]);
    check(vec![untitled, member(2, "b", "en", "Titled", &[])], &|_, _| {}, "Titled");
}

#[test]
fn an_outlet_has_one_name_in_all_countries() {
    let check = |url: &str, want: Option<&str>| assert_eq!(site_of(url), want);
    check("https://feeds.bbci.co.uk/news", Some("bbci"));
    check("https://bbc.com", Some("bbc"));
    check("https://www3.nhk.or.jp:443/x?y", Some("nhk"));
    check("http://127.0.0.1:80/", Some("127.0.0.1"));
    check("https://go.kr/", Some("go"));
    check("https://localhost/", None);
}

#[test]
fn an_item_belongs_if_a_member_that_counts_is_kept() {
    let check = |stories: &[Story], topics: &[&str], want: &[&str]| {
        let topics = topics.iter().map(|topic| TopicName::parse(topic).unwrap()).collect();
        assert_eq!(headlines(stories, &FeedSpec { topics, ..spec() }, &desk()), want);
    };
    let stories = [
        story(vec![member(1, "a", "en", "One", &["one"])]),
        story(vec![member(2, "a", "en", "Two", &[]), member(3, "b", "ko", "둘", &["two"])]),
        story(vec![member(4, "a", "en", "None", &[])]),
        story(vec![member(5, "gone", "en", "Gone", &["one"])]),
        story(vec![member(6, "a", "en", "Left", &[]), member(7, "gone", "en", "Gone", &["one"])]),
    ];
    check(&stories, &[], &["Left", "None", "Two", "One"]);
    check(&stories, &["one"], &["One"]);
    check(&stories, &["two", "one"], &["Two", "One"]);
    check(&stories, &["three"], &[]);
    let mut dropped = member(1, "a", "en", "Dropped", &["one"]);
    dropped.verdicts[0].verdict = Verdict::Drop(Vec::new());
    check(&[story(vec![dropped])], &["one"], &[]);
}

#[test]
fn the_order_is_total_and_limits_keep_the_newest() {
    let mut same_date = member(9, "b", "en", "Same date", &[]);
    same_date.entry.published.at = at(3);
    let stories = [
        story(vec![member(1, "a", "en", "Old", &[])]),
        story(vec![member(3, "a", "en", "New", &[])]),
        story(vec![same_date]),
    ];
    let reversed: Vec<Story> = stories.iter().rev().cloned().collect();
    let order = headlines(&stories, &spec(), &desk());
    assert_eq!(order, headlines(&reversed, &spec(), &desk()));
    assert_eq!(order.last().map(String::as_str), Some("Old"));
    let two = FeedSpec { limit: 2, ..spec() };
    assert_eq!(headlines(&stories, &two, &desk()), order[..2]);
    let young = FeedSpec { max_age: Some(Duration::from_secs(2)), ..spec() };
    assert_eq!(choose(&stories, &young, &desk(), at(5)).items.len(), 2);
    assert_eq!(choose(&stories, &young, &desk(), at(6)).items.len(), 0);
    assert_eq!(choose(&[], &spec(), &desk(), at(5)).updated, None);
}

#[test]
fn merging_makes_items_of_stories_or_entries() {
    let mut second = member(2, "b", "ko", "한국어", &["one"]);
    second.joined = Joined::SameHeadline { key: "x".to_owned() };
    let stories = [story(vec![member(1, "a", "en", "English", &[]), second.clone()])];
    let check = |merge: Merge, want: &[StoryId]| {
        let topics = vec![TopicName::parse("one").unwrap()];
        let edition = choose(&stories, &FeedSpec { merge, topics, ..spec() }, &desk(), at(9));
        let ids: Vec<StoryId> = edition.items.iter().map(|item| item.id).collect();
        assert_eq!(ids, want, "{merge:?}");
    };
    check(Merge::Story, &[stories[0].id]);
    check(Merge::Headline, &[stories[0].id]);
    // Only the entry that a topic keeps, under an id of its own.
    check(Merge::None, &[StoryId::founded_by(&key("b"), second.entry.identity)]);
}

#[test]
fn others_are_named_once_each() {
    let mut shared = member(4, "c", "ja", "日本語", &[]);
    shared.joined = Joined::SameUrl { url: CanonicalUrl::clone(&url("https://a.example/1")) };
    let stories = [story(vec![
        member(1, "a", "en", "English", &[]),
        member(2, "b", "ko", "한국어", &[]),
        member(3, "a", "en", "English, again", &[]),
        shared,
        member(5, "b", "ko", "한국어 또", &[]),
        member(6, "b", "en", "In English", &[]),
    ])];
    let spec = FeedSpec { languages: vec![Lang::parse("en").unwrap()], ..spec() };
    let mut desk = desk();
    lead_with(&mut desk, "a");
    let edition = choose(&stories, &spec, &desk, at(99));
    let also: Vec<String> = edition.items[0]
        .also
        .iter()
        .map(|also| format!("{} {}", also.outlet.name, also.headline.as_ref().unwrap()))
        .collect();
    assert_eq!(also, ["B 한국어", "C 日本語", "B In English"]);
}

fn url(text: &str) -> CanonicalUrl {
    WebUrl::parse(text).unwrap().canonical()
}

#[test]
fn dates_are_of_what_is_shown() {
    let check = |members: Vec<Member>, published: i64, updated: i64| {
        let edition = choose(&[story(members)], &spec(), &desk(), at(99));
        let item = &edition.items[0];
        assert_eq!((item.published, item.updated), (at(published), at(updated)));
        assert_eq!(edition.updated, Some(at(updated)));
    };
    check(vec![member(1, "a", "en", "A", &[])], 1, 11);
    check(vec![member(1, "a", "en", "A", &[]), member(5, "b", "ko", "B", &[])], 1, 15);
    // A re-post by the same outlet shows nowhere, and changes nothing.
    check(vec![member(1, "a", "en", "A", &[]), member(5, "a", "en", "A again", &[])], 1, 11);
    let mut changed = member(1, "a", "en", "A", &[]);
    changed.entry.changed = at(50);
    check(vec![changed, member(5, "b", "ko", "B", &[])], 1, 50);
    check(vec![member(5, "a", "en", "A", &[]), member(1, "gone", "ko", "B", &[])], 5, 15);
}

#[test]
fn hidden_stories_are_nowhere_and_pinned_ones_on_top() {
    let one = |id: i64| story(vec![member(id, "a", "en", &format!("{id}"), &[])]);
    let stories = [one(1), one(2), one(3), one(4)];
    let check = |hidden: &[usize], pinned: &[usize], spec: FeedSpec, want: &[&str]| {
        let ids =
            |numbers: &[usize]| numbers.iter().map(|number| stories[*number - 1].id).collect();
        let desk = Desk { hidden: ids(hidden), pinned: ids(pinned), ..desk() };
        let edition = choose(&stories, &spec, &desk, at(100));
        let headlines: Vec<&str> =
            edition.items.iter().map(|item| item.headline.as_ref().unwrap().as_str()).collect();
        assert_eq!(headlines, want);
    };
    check(&[], &[], spec(), &["4", "3", "2", "1"]);
    check(&[3], &[], spec(), &["4", "2", "1"]);
    check(&[], &[2, 1], spec(), &["2", "1", "4", "3"]);
    // Hidden is hidden, pinned or not.
    check(&[2], &[2], spec(), &["4", "3", "1"]);
    check(&[], &[1], FeedSpec { limit: 2, ..spec() }, &["1", "4"]);
    check(&[], &[1, 2, 3], FeedSpec { limit: 2, ..spec() }, &["3", "2", "1"]);
    let young = FeedSpec { max_age: Some(Duration::from_secs(97)), ..spec() };
    check(&[], &[1], young, &["1", "4", "3"]);
    let others = FeedSpec { topics: vec![TopicName::parse("other").unwrap()], ..spec() };
    check(&[], &[1], others, &[]);
    check(&[3], &[1], FeedSpec { merge: Merge::None, ..spec() }, &["1", "4", "2"]);
}

#[test]
fn no_two_items_have_one_id() {
    // The first entry left the story that it opened, and is in another one by its meaning.
    let mut left = member(1, "a", "en", "A", &[]);
    left.joined = Joined::ByCurator;
    let mut stayed = member(2, "b", "en", "B", &[]);
    stayed.joined = Joined::SameHeadline { key: "b".to_owned() };
    let opened = StoryId::founded_by(&left.entry.source, left.entry.identity);
    let rest = Story { id: opened, members: vec![stayed], rearranged: None };
    let other = story(vec![member(3, "c", "en", "C", &[]), left]);
    for merge in [Merge::Story, Merge::Headline, Merge::None] {
        let desk = desk();
        let edition =
            choose(&[rest.clone(), other.clone()], &FeedSpec { merge, ..spec() }, &desk, at(99));
        let mut ids: Vec<StoryId> = edition.items.iter().map(|item| item.id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), edition.items.len(), "{merge:?}");
    }
}

#[test]
fn it_is_said_why_one_leads() {
    let check = |members: Vec<Member>, languages: &[&str], want: (i64, Precedence)| {
        let languages = languages.iter().map(|tag| Lang::parse(tag).unwrap()).collect();
        let mut desk = desk();
        lead_with(&mut desk, "c");
        let found = leader(&story(members), &FeedSpec { languages, ..spec() }, &desk);
        assert_eq!(found, Some((EntryId(want.0), want.1)));
    };
    let a = || member(1, "a", "en", "A", &[]);
    let b = || member(2, "b", "ko", "B", &[]);
    check(vec![a()], &[], (1, Precedence::Only));
    check(vec![a(), b()], &[], (1, Precedence::Earliest));
    check(vec![a(), b()], &["ko"], (2, Precedence::Language(Lang::parse("ko").unwrap())));
    check(vec![a(), member(3, "c", "en", "C", &[])], &[], (3, Precedence::Rank));
    check(vec![member(1, "a", "en", "", &[]), b()], &[], (2, Precedence::Headline));
    let mut copy = a();
    copy.entry.entry.outlet = Some(Outlet { name: "Wire".to_owned(), url: None });
    check(vec![copy, b()], &[], (2, Precedence::Original));
    let mut at_once = b();
    at_once.entry.published.at = at(1);
    check(vec![a(), at_once], &[], (1, Precedence::First));
}

#[test]
fn an_item_changes_when_members_come_and_go() {
    let check = |merge: Merge, want: i64| {
        let mut story = story(vec![member(1, "a", "en", "A", &[])]);
        story.rearranged = Some(at(70));
        let edition = choose(&[story], &FeedSpec { merge, ..spec() }, &desk(), at(99));
        assert_eq!(edition.items[0].updated, at(want));
    };
    check(Merge::Story, 70);
    check(Merge::None, 11);
}

#[test]
fn no_item_is_without_a_headline() {
    let check = |summary: &str, want: &str| {
        let mut untitled = member(1, "a", "en", "", &[]);
        untitled.entry.entry.summary_text = PlainText::new(summary);
        assert_eq!(headlines(&[story(vec![untitled])], &spec(), &desk()), [want]);
    };
    check("Ministers met in Seoul.", "Ministers met in Seoul.");
    check("", "A, 1970-01-01");
}

#[test]
fn an_item_tells_where_it_is_from() {
    let mut credited = member(1, "a", "", "A", &["one", "unknown", "two"]);
    credited.entry.entry.outlet =
        Some(Outlet { name: "Wire".to_owned(), url: WebUrl::parse("https://wire.example/") });
    let mut pictured = member(2, "b", "ko", "B", &[]);
    pictured.entry.entry.image = Some(Image {
        url: WebUrl::parse("https://b.example/x.jpg").unwrap(),
        caption: None,
        credit: None,
    });
    let mut desk = desk();
    lead_with(&mut desk, "a");
    let edition = choose(&[story(vec![credited, pictured])], &spec(), &desk, at(99));
    let item = &edition.items[0];
    assert_eq!(item.outlet.name, "Wire");
    assert_eq!(item.source_url, WebUrl::parse("https://wire.example/"));
    assert_eq!(item.language, Lang::parse("en"));
    assert_eq!(item.image.as_ref().map(|image| image.url.host()), Some("b.example"));
    let topics: Vec<&str> = item.topics.iter().map(|topic| topic.as_str()).collect();
    assert_eq!(topics, ["two", "one"]);
}

#[test]
fn a_feed_has_the_language_its_items_share() {
    let check = |languages: &[&str], first: &[&str], want: Option<&str>| {
        let stories: Vec<Story> = (1..)
            .zip(languages)
            .map(|(id, language)| story(vec![member(id, "a", language, "A", &[])]))
            .collect();
        let languages = first.iter().map(|tag| Lang::parse(tag).unwrap()).collect();
        let edition = choose(&stories, &FeedSpec { languages, ..spec() }, &desk(), at(99));
        assert_eq!(edition.language.as_ref().map(Lang::as_str), want);
    };
    check(&["ko", "ko"], &[], Some("ko"));
    check(&["en-GB", "en-US"], &[], Some("en"));
    check(&["en", "ko"], &[], None);
    check(&["en", "ko"], &["ja"], Some("ja"));
    check(&[], &[], None);
}

#[test]
fn a_feed_for_sources_or_languages_holds_their_stories_and_lets_them_lead() {
    let both =
        story(vec![member(1, "a", "en", "English", &[]), member(2, "b", "ko", "한국어", &[])]);
    let alone = story(vec![member(3, "c", "ja", "日本語", &[])]);
    let stories = [both, alone];
    let check = |sources: Option<&[&str]>, languages: &[&str], want: &[&str]| {
        let select = Select {
            sources: sources.map(|keys| keys.iter().map(|source| key(source)).collect()),
            languages: languages.iter().filter_map(|tag| Lang::parse(tag)).collect(),
        };
        assert_eq!(headlines(&stories, &FeedSpec { select, ..spec() }, &desk()), want);
    };
    check(None, &[], &["日本語", "English"]);
    check(Some(&["b"]), &[], &["한국어"]);
    check(None, &["ko-KR", "fr"], &["한국어"]);
    check(Some(&["a", "c"]), &["ja"], &["日本語"]);
    check(Some(&["a"]), &["ko"], &[]);
    check(Some(&[]), &[], &[]);
}
