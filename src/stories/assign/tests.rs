use proptest::prelude::*;

use super::*;
use crate::model::identity::Identity;
use crate::model::url::WebUrl;

const HOUR: i64 = 3600;

/// An entry of a test: source, hours, page, headline key.
type Row<'a> = (&'a str, i64, &'a str, &'a str);

fn key(number: u8, source: &str) -> MemberKey {
    MemberKey { source: SourceKey::parse(source).unwrap(), identity: Identity([number; 16]) }
}

fn insert(open: &mut OpenStories, number: u8, row: Row<'_>, story: Option<StoryId>) {
    let (source, hours, url, headline_key) = row;
    let url = WebUrl::parse(url).map(|url| url.canonical());
    open.insert(Candidate {
        key: key(number, source),
        at: Timestamp::from_unix(1_700_000_000 + hours * HOUR),
        seen: Timestamp::from_unix(1_700_000_000 + hours * HOUR),
        url: url.as_ref(),
        headline_key,
        traits: None,
        vector: None,
        story,
    });
}

/// What became of the last change to these entries, by entry.
fn follow(stories: &mut HashMap<MemberKey, StoryChange>, assigned: Vec<Assigned>) {
    stories.extend(assigned.into_iter().map(|assigned| (assigned.key, assigned.change)));
}

/// The stories of the rows as they come one by one, each named by its first row.
fn grouped(rows: &[Row<'_>], each: bool) -> Vec<usize> {
    let mut open = OpenStories::new(StoryOptions::default());
    let mut stories = HashMap::new();
    for (number, row) in (0u8..).zip(rows) {
        insert(&mut open, number, *row, None);
        if each {
            follow(&mut stories, open.settle());
        }
    }
    follow(&mut stories, open.settle());
    let story = |number: usize| stories[&key(number as u8, rows[number].0)].story;
    (0..rows.len())
        .map(|number| (0..=number).find(|first| story(*first) == story(number)).unwrap())
        .collect()
}

fn check(rows: &[Row<'_>], want: &[usize]) {
    assert_eq!(grouped(rows, true), want, "one by one: {rows:?}");
    assert_eq!(grouped(rows, false), want, "at once: {rows:?}");
}

#[test]
fn equal_pages_and_headlines_are_one_story() {
    check(
        &[
            ("a", 0, "https://a.example/1", "talks resume in seoul"),
            ("b", 1, "https://b.example/9", "talks resume in seoul"),
            ("c", 2, "http://www.a.example/1?utm_source=x", "another headline altogether"),
            ("d", 3, "https://d.example/1", "한일정상회담개최"),
            ("e", 3, "https://e.example/1", "한일정상회담개최"),
        ],
        &[0, 0, 0, 3, 3],
    );
}

#[test]
fn what_says_too_little_joins_nothing() {
    check(
        &[
            ("a", 0, "https://a.example/1", ""),
            ("b", 0, "https://b.example/1", ""),
            ("c", 0, "https://c.example/1", "photos"),
            ("d", 0, "https://d.example/1", "photos"),
            ("e", 0, "https://e.example/1", "item 1"),
            ("f", 0, "https://f.example/1", "item 1"),
            ("g", 0, "https://site.example/", "the first of two events"),
            ("h", 0, "https://site.example/", "the second of two events"),
        ],
        &[0, 1, 2, 3, 4, 5, 6, 7],
    );
}

#[test]
fn a_template_is_not_a_story() {
    // One source, one headline: the same event soon after, another one the next day.
    check(
        &[
            ("a", 0, "https://a.example/1", "kospi opens higher on tech"),
            ("a", 2, "https://a.example/2", "kospi opens higher on tech"),
            ("a", 24, "https://a.example/3", "kospi opens higher on tech"),
            ("b", 24, "https://b.example/3", "kospi opens higher on tech"),
            ("b", 48, "https://b.example/4", "kospi opens higher on tech"),
        ],
        &[0, 0, 2, 2, 4],
    );
    check(
        &[
            ("a", 0, "https://a.example/1", "pope dies"),
            ("a", 1, "https://a.example/2", "pope dies"),
        ],
        &[0, 1],
    );
}

#[test]
fn the_window_is_no_chain() {
    let headline = "the same headline again";
    check(
        &[
            ("a", 0, "https://a.example/1", headline),
            ("b", 70, "https://b.example/1", headline),
            ("c", 100, "https://c.example/1", headline),
            ("d", -80, "https://d.example/1", headline),
        ],
        &[0, 0, 2, 3],
    );
    let page = "https://a.example/1";
    check(&[("a", 0, page, "one thing"), ("b", 73, page, "two things")], &[0, 1]);
}

#[test]
fn a_page_of_many_headlines_is_no_evidence() {
    let live = "https://a.example/live";
    check(
        &[
            ("a", 0, live, "the first of two events"),
            ("a", 0, live, "the second of two events"),
            ("b", 1, live, "the third of three events"),
        ],
        &[0, 1, 2],
    );
}

#[test]
fn evidence_names_what_is_shared() {
    let mut open = OpenStories::new(StoryOptions::default());
    let rows =
        [("a", "https://a.example/1", "talks resume in seoul"), ("b", "", "talks resume in seoul")];
    for (number, (source, url, headline)) in (0u8..).zip(rows) {
        insert(&mut open, number, (source, 0, url, headline), None);
    }
    let joined: Vec<Joined> =
        open.settle().into_iter().map(|assigned| assigned.change.joined).collect();
    let headline = "talks resume in seoul".into();
    assert_eq!(joined, [Joined::Founded, Joined::SameHeadline { key: headline }]);
    insert(&mut open, 2, ("b", 0, "https://a.example/1", "x"), None);
    let joined = open.settle().remove(0).change.joined;
    assert_eq!(joined.to_string(), "same page: https://a.example/1");
}

#[test]
fn a_bridge_unites_two_stories_under_the_older_id() {
    let mut open = OpenStories::new(StoryOptions::default());
    insert(&mut open, 0, ("a", 5, "https://a.example/1", "the one headline"), None);
    open.settle();
    insert(&mut open, 1, ("b", 0, "https://b.example/1", "the other headline"), None);
    open.settle();
    insert(&mut open, 2, ("c", 6, "https://a.example/1", "the other headline"), None);
    let moved = open.settle();
    let oldest = key(0, "a").founds();
    assert!(moved.iter().all(|assigned| assigned.change.story == oldest), "{moved:?}");
    let keys: Vec<&MemberKey> = moved.iter().map(|assigned| &assigned.key).collect();
    assert_eq!(keys, [&key(2, "c"), &key(1, "b")]);
}

#[test]
fn the_curator_has_the_last_word() {
    let mut open = OpenStories::new(StoryOptions::default());
    for number in 0..3 {
        let url = format!("https://a.example/{number}");
        insert(
            &mut open,
            number,
            (["a", "b", "c"][usize::from(number)], 0, &url, "one same headline"),
            None,
        );
    }
    let (a, b, c) = (key(0, "a"), key(1, "b"), key(2, "c"));
    let mut stories = HashMap::new();
    follow(&mut stories, open.settle());
    assert!(stories.values().all(|change| change.story == a.founds()));
    // The founder is parted: the larger part keeps the id.
    open.rule(&a, &b, Some(Ruling::Apart));
    open.rule(&a, &c, Some(Ruling::Apart));
    follow(&mut stories, open.settle());
    assert_eq!(stories[&b].story, a.founds());
    assert_eq!(stories[&c].story, a.founds());
    assert_eq!(stories[&a].story, a.founds().after());
    // What was said of a pair holds when its entries come again, in whatever order.
    let mut again = OpenStories::new(StoryOptions::default());
    again.rule(&b, &a, Some(Ruling::Apart));
    again.rule(&a, &c, Some(Ruling::Apart));
    for number in (0..3).rev() {
        let url = format!("https://a.example/{number}");
        insert(
            &mut again,
            number,
            (["a", "b", "c"][usize::from(number)], 0, &url, "one same headline"),
            None,
        );
    }
    let mut stories = HashMap::new();
    follow(&mut stories, again.settle());
    assert_eq!(stories[&b].story, stories[&c].story);
    assert_ne!(stories[&a].story, stories[&c].story);
    // And can be taken back.
    again.rule(&a, &b, None);
    again.rule(&a, &c, Some(Ruling::Together));
    follow(&mut stories, again.settle());
    assert_eq!(stories[&a].story, stories[&c].story);
    assert_eq!(stories[&a].story, stories[&b].story);
}

#[test]
fn what_is_closed_is_forgotten_and_what_is_left_stays_together() {
    let mut open = OpenStories::new(StoryOptions::default());
    for number in 0..100 {
        let url = format!("https://a.example/{}", number % 7);
        let key = format!("the headline number {}", number % 11);
        insert(&mut open, number, ("a", i64::from(number), &url, &key), None);
    }
    open.settle();
    assert_eq!(open.len(), 100);
    open.close_before(Timestamp::from_unix(1_700_000_000 + 60 * HOUR));
    assert_eq!(open.len(), 40);
    open.settle();
    open.close_before(Timestamp::MAX);
    assert!(open.is_empty() && open.stories.is_empty() && open.by_key.is_empty());
    assert_eq!(open.free.len(), open.nodes.len());
}

#[test]
fn a_story_with_closed_members_takes_in_but_does_not_move() {
    let mut open = OpenStories::new(StoryOptions::default());
    insert(&mut open, 0, ("a", 0, "https://a.example/1", "the old headline"), None);
    insert(&mut open, 1, ("b", 50, "https://a.example/1", "another headline"), None);
    insert(&mut open, 2, ("c", 51, "https://c.example/1", "a third headline"), None);
    open.settle();
    open.close_before(Timestamp::from_unix(1_700_000_000 + HOUR));
    // It would be more like the younger story, but its own is half closed.
    insert(&mut open, 3, ("d", 52, "https://c.example/1", "another headline"), None);
    let moved = open.settle();
    let old = key(0, "a").founds();
    assert!(moved.iter().all(|assigned| assigned.change.story == old), "{moved:?}");
}

proptest! {
    /// Whatever the order of the entries, and whether all come at once or one by one, the groups are the same.
    #[test]
    fn groups_are_a_function_of_the_set(
        rows in proptest::collection::vec((0u8..4, 0i64..100, 0u8..5, 0u8..4), 1..24),
        seed in any::<u64>(),
    ) {
        let sources = ["s0", "s1", "s2", "s3"];
        let rows: Vec<(u8, &str, i64, String, String)> = (0u8..)
            .zip(rows)
            .map(|(number, (source, hours, page, headline))| {
                let url = if page > 0 { format!("https://a.example/{page}") } else { String::new() };
                let key = format!("the headline is number {headline}");
                (number, sources[usize::from(source)], hours, url, key)
            })
            .collect();
        let partition = |order: &[usize], each: bool| {
            let mut open = OpenStories::new(StoryOptions::default());
            let mut stories = HashMap::new();
            for index in order {
                let (number, source, hours, url, headline) = &rows[*index];
                insert(&mut open, *number, (source, *hours, url, headline), None);
                if each {
                    follow(&mut stories, open.settle());
                }
            }
            follow(&mut stories, open.settle());
            let story = |index: usize| stories[&key(rows[index].0, rows[index].1)].story;
            (0..rows.len())
                .map(|index| (0..=index).find(|first| story(*first) == story(index)).unwrap())
                .collect::<Vec<usize>>()
        };
        let plain: Vec<usize> = (0..rows.len()).collect();
        let mut shuffled = plain.clone();
        shuffled.sort_by_key(|index| digest(&[&seed.to_le_bytes(), &index.to_le_bytes()]));
        let want = partition(&plain, false);
        prop_assert_eq!(&partition(&plain, true), &want);
        prop_assert_eq!(&partition(&shuffled, false), &want);
        prop_assert_eq!(&partition(&shuffled, true), &want);
    }
}
