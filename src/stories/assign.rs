//! Join or open: the only place with thresholds.
//!
//! Wrongly merging loses news, a missed duplicate only costs a line; where the evidence is thin, entries stay apart. The rungs so far are an
//! equal page and an equal headline. A story is not a chain: an entry is compared with the time at which the story opened, so that a headline
//! that comes back every day does not hold one story open for ever.

use std::cmp::Reverse;
use std::collections::hash_map::Entry as Slot;
use std::collections::{BinaryHeap, HashMap};
use std::time::Duration;

use crate::model::identity::{Identity, digest};
use crate::model::script::Script;
use crate::model::source::SourceKey;
use crate::model::story::{Joined, StoryChange, StoryId};
use crate::model::time::Timestamp;
use crate::model::url::CanonicalUrl;

/// What a headline must weigh to be evidence between sources: two words, or six syllables, kanji or kana. "Photos", "사진" and "Item 1" are
/// headlines of many events.
const WEIGHT_BETWEEN_SOURCES: usize = 6;
/// What it must weigh between two pages of one source, which had the choice to update the first.
const WEIGHT_WITHIN_SOURCE: usize = 9;
/// How far apart one source may publish a headline on two pages and still mean one event. Later it is a template ("Today's schedule").
const SAME_SOURCE: Duration = Duration::from_hours(12);

/// With how many of the last members of one headline an entry is compared: a source cannot make the work grow by repeating itself.
const SAME_HEADLINE: usize = 256;

/// What is compared of an entry.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// The source that listed it.
    pub source: &'a SourceKey,
    /// By what its source knows it; names the story that it opens.
    pub identity: Identity,
    /// When it counts as published.
    pub at: Timestamp,
    /// Its page; `None` where the address says nothing of the event (see [`distinct_urls`]). A site's front page is never evidence.
    pub url: Option<&'a CanonicalUrl>,
    /// The headline reduced to what outlets share ([`crate::model::text::Normalised::headline_key`]); an empty one equals none.
    pub headline_key: &'a str,
}

/// The pages of a document's entries, without those that name no single entry: a page that entries of different identity share (a section, a
/// home page) is left out.
pub fn distinct_urls(
    entries: impl IntoIterator<Item = (Identity, Option<CanonicalUrl>)>,
) -> Vec<Option<CanonicalUrl>> {
    let entries: Vec<(Identity, Option<CanonicalUrl>)> = entries.into_iter().collect();
    let mut uses: HashMap<&CanonicalUrl, Option<Identity>> = HashMap::with_capacity(entries.len());
    for (identity, url) in &entries {
        if let Some(url) = url {
            uses.entry(url)
                .and_modify(|first| *first = first.filter(|first| first == identity))
                .or_insert(Some(*identity));
        }
    }
    let shared: Vec<bool> = entries
        .iter()
        .map(|(_, url)| url.as_ref().is_some_and(|url| uses.get(url) == Some(&None)))
        .collect();
    entries
        .into_iter()
        .zip(shared)
        .map(|((_, url), shared)| url.filter(|url| !shared && !is_front_page(url)))
        .collect()
}

/// Whether the address is that of a site, not of a page on it.
fn is_front_page(url: &CanonicalUrl) -> bool {
    let rest = url.as_str().split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    rest.split_once('/').is_none_or(|(_, path)| path.is_empty())
}

/// The stories that an entry may still join: an index by page and by headline over the open window, never over history.
///
/// Costs about 200 bytes an open entry, whatever the length of its headline and address, of which only digests are kept.
#[derive(Debug)]
pub struct OpenStories {
    window: Duration,
    stories: Vec<OpenStory>,
    free_stories: Vec<u32>,
    by_id: HashMap<StoryId, u32>,
    members: Vec<OpenMember>,
    free_members: Vec<u32>,
    by_url: HashMap<u128, UrlUse>,
    /// The last member with this headline; the others hang on it by `previous`.
    by_headline: HashMap<u128, u32>,
    by_age: BinaryHeap<Reverse<(Timestamp, u32)>>,
}

#[derive(Debug)]
struct OpenStory {
    id: StoryId,
    opened: Timestamp,
    members: u32,
}

#[derive(Debug)]
struct OpenMember {
    url: Option<u128>,
    headline: Option<u128>,
    at: Timestamp,
    source: u64,
    story: u32,
    /// Its neighbours among the members with its headline: who came before, who after.
    previous: Option<u32>,
    next: Option<u32>,
}

/// The newest story with this page, how many of its open members have it, and whether another story of its time has it too: then it is a
/// page of many events, and no evidence.
#[derive(Debug)]
struct UrlUse {
    story: u32,
    members: u32,
    is_shared: bool,
}

/// A candidate by its digests.
struct Digests {
    url: Option<u128>,
    headline: Option<u128>,
    source: u64,
}

impl Digests {
    fn of(candidate: &Candidate<'_>) -> Digests {
        let of = |text: &str| u128::from_le_bytes(digest(&[text.as_bytes()]));
        let url = candidate.url.filter(|url| !is_front_page(url)).map(|url| of(url.as_str()));
        let headline = (weight(candidate.headline_key) >= WEIGHT_BETWEEN_SOURCES)
            .then(|| of(candidate.headline_key));
        // Half a digest tells sources apart: a curator, not an attacker, chooses their keys.
        let source = (of(candidate.source.as_str()) >> 64) as u64;
        Digests { url, headline, source }
    }
}

/// How much a headline says: three for a word, one for a number, a syllable, a kanji or a kana.
fn weight(headline_key: &str) -> usize {
    let mut weight = 0;
    for word in headline_key.split(' ') {
        let mut letters = false;
        let mut digits = false;
        for character in word.chars() {
            match Script::of(character) {
                Script::Hangul | Script::Han | Script::Hiragana | Script::Katakana => weight += 1,
                Script::Letter => letters = true,
                Script::Digit => digits = true,
                Script::Other => {}
            }
        }
        weight += if letters { 3 } else { usize::from(digits) };
    }
    weight
}

impl OpenStories {
    /// An empty index; entries further apart than `window` never share a story.
    pub fn new(window: Duration) -> OpenStories {
        OpenStories {
            window,
            stories: Vec::new(),
            free_stories: Vec::new(),
            by_id: HashMap::new(),
            members: Vec::new(),
            free_members: Vec::new(),
            by_url: HashMap::new(),
            by_headline: HashMap::new(),
            by_age: BinaryHeap::new(),
        }
    }

    /// Finds the story of a new entry, or opens one for it, and remembers the entry.
    ///
    /// An equal page counts before an equal headline. Of several stories with the headline the nearest in time is joined.
    pub fn assign(&mut self, candidate: &Candidate<'_>) -> StoryChange {
        let digests = Digests::of(candidate);
        let by_url = digests.url.and_then(|url| self.by_url.get(&url));
        let by_url = by_url.filter(|used| !used.is_shared).map(|used| used.story);
        if let Some(story) = by_url.filter(|story| self.is_within(*story, candidate.at))
            && let Some(url) = candidate.url
        {
            return self.join(candidate, &digests, story, Joined::SameUrl { url: url.clone() });
        }
        if let Some(story) = self.with_headline(candidate, &digests) {
            let key = candidate.headline_key.to_owned();
            return self.join(candidate, &digests, story, Joined::SameHeadline { key });
        }
        let id = StoryId::founded_by(candidate.source, candidate.identity);
        let story = self.story(id, candidate.at);
        self.remember(candidate, &digests, story);
        StoryChange { story: id, joined: Joined::Founded }
    }

    /// Remembers an entry whose story is known, as after a restart. Entries are given back in the order in which they were assigned.
    pub fn restore(&mut self, candidate: &Candidate<'_>, id: StoryId) {
        let digests = Digests::of(candidate);
        let story = self.story(id, candidate.at);
        self.remember(candidate, &digests, story);
    }

    /// Forgets the entries published before this instant.
    pub fn close_before(&mut self, instant: Timestamp) {
        while let Some(Reverse((at, member))) = self.by_age.peek().copied() {
            if at >= instant {
                break;
            }
            self.by_age.pop();
            self.forget(member);
        }
    }

    /// How many entries are open.
    pub fn len(&self) -> usize {
        self.by_age.len()
    }

    /// Whether no entry is open.
    pub fn is_empty(&self) -> bool {
        self.by_age.is_empty()
    }

    fn is_within(&self, story: u32, at: Timestamp) -> bool {
        let opened = self.stories[story as usize].opened;
        at.since(opened).max(opened.since(at)) <= self.window
    }

    fn join(
        &mut self,
        candidate: &Candidate<'_>,
        digests: &Digests,
        story: u32,
        joined: Joined,
    ) -> StoryChange {
        self.remember(candidate, digests, story);
        StoryChange { story: self.stories[story as usize].id, joined }
    }

    /// The story with this headline that is nearest in time; of equally near ones that with the smallest id, so that the order in which they
    /// came does not matter.
    fn with_headline(&self, candidate: &Candidate<'_>, digests: &Digests) -> Option<u32> {
        let weight = weight(candidate.headline_key);
        let mut found: Vec<(Duration, StoryId, u32)> = Vec::new();
        // Stories that this source's own use of the headline rules out.
        let mut barred: Vec<u32> = Vec::new();
        let mut is_template = false;
        let last = self.by_headline.get(&digests.headline?).copied();
        let before = |index: &u32| self.members[*index as usize].previous;
        for index in std::iter::successors(last, before).take(SAME_HEADLINE) {
            let member = &self.members[index as usize];
            let apart = candidate.at.since(member.at).max(member.at.since(candidate.at));
            if member.source == digests.source
                && (apart > SAME_SOURCE || weight < WEIGHT_WITHIN_SOURCE)
            {
                is_template |= apart > SAME_SOURCE;
                barred.push(member.story);
            } else if self.is_within(member.story, candidate.at) {
                found.push((apart, self.stories[member.story as usize].id, member.story));
            }
        }
        found.retain(|(apart, _, story)| {
            !barred.contains(story) && (!is_template || *apart <= SAME_SOURCE)
        });
        found.into_iter().min().map(|(_, _, story)| story)
    }

    fn story(&mut self, id: StoryId, at: Timestamp) -> u32 {
        if let Some(story) = self.by_id.get(&id) {
            return *story;
        }
        let opened = OpenStory { id, opened: at, members: 0 };
        let story = place(&mut self.stories, &mut self.free_stories, opened);
        self.by_id.insert(id, story);
        story
    }

    fn remember(&mut self, candidate: &Candidate<'_>, digests: &Digests, story: u32) {
        let previous =
            digests.headline.and_then(|headline| self.by_headline.get(&headline).copied());
        let open = OpenMember {
            url: digests.url,
            headline: digests.headline,
            at: candidate.at,
            source: digests.source,
            story,
            previous,
            next: None,
        };
        let member = place(&mut self.members, &mut self.free_members, open);
        if let Some(previous) = previous {
            self.members[previous as usize].next = Some(member);
        }
        if let Some(headline) = digests.headline {
            self.by_headline.insert(headline, member);
        }
        if let Some(url) = digests.url {
            let other = self.by_url.get(&url).filter(|used| used.story != story);
            let is_shared = other
                .is_some_and(|used| used.is_shared || self.is_within(used.story, candidate.at));
            let used =
                self.by_url.entry(url).or_insert(UrlUse { story, members: 0, is_shared: false });
            if used.story != story {
                *used = UrlUse { story, members: 0, is_shared };
            }
            used.members += 1;
        }
        self.stories[story as usize].members += 1;
        self.by_age.push(Reverse((candidate.at, member)));
    }

    fn forget(&mut self, member: u32) {
        let OpenMember { url, headline, story, previous, next, .. } = self.members[member as usize];
        if let Some(previous) = previous {
            self.members[previous as usize].next = next;
        }
        match (headline, previous, next) {
            (_, _, Some(next)) => self.members[next as usize].previous = previous,
            (Some(headline), Some(previous), None) => {
                self.by_headline.insert(headline, previous);
            }
            (Some(headline), None, None) => {
                self.by_headline.remove(&headline);
            }
            (None, _, None) => {}
        }
        if let Some(url) = url
            && let Slot::Occupied(mut used) = self.by_url.entry(url)
            && used.get().story == story
        {
            used.get_mut().members -= 1;
            if used.get().members == 0 {
                used.remove();
            }
        }
        self.free_members.push(member);
        let open = &mut self.stories[story as usize];
        open.members -= 1;
        if open.members == 0 {
            self.by_id.remove(&open.id);
            self.free_stories.push(story);
        }
    }
}

/// Puts a value into a free place, or a new one.
fn place<T>(places: &mut Vec<T>, free: &mut Vec<u32>, value: T) -> u32 {
    match free.pop() {
        Some(index) => {
            places[index as usize] = value;
            index
        }
        None => {
            places.push(value);
            u32::try_from(places.len() - 1).unwrap_or(u32::MAX)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::url::WebUrl;

    const HOUR: i64 = 3600;

    /// An entry of a test: source, hours, page, headline key.
    type Row<'a> = (&'a str, i64, &'a str, &'a str);

    fn assign(
        open: &mut OpenStories,
        number: u8,
        (source, hours, url, key): Row<'_>,
    ) -> StoryChange {
        let source = SourceKey::parse(source).unwrap();
        let url = WebUrl::parse(url).map(|url| url.canonical());
        open.assign(&Candidate {
            source: &source,
            identity: Identity([number; 16]),
            at: Timestamp::from_unix(1_700_000_000 + hours * HOUR),
            url: url.as_ref(),
            headline_key: key,
        })
    }

    /// The stories of the rows, each named by its first row.
    fn check(rows: &[Row<'_>], want: &[usize]) {
        let mut open = OpenStories::new(Duration::from_hours(72));
        let changes: Vec<StoryChange> =
            rows.iter().zip(0..).map(|(row, number)| assign(&mut open, number, *row)).collect();
        let found: Vec<Option<usize>> = changes
            .iter()
            .map(|change| changes.iter().position(|first| first.story == change.story))
            .collect();
        assert_eq!(found, want.iter().map(|first| Some(*first)).collect::<Vec<_>>(), "{rows:?}");
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
        let key = "the same headline again";
        check(
            &[
                ("a", 0, "https://a.example/1", key),
                ("b", 70, "https://b.example/1", key),
                ("c", 100, "https://c.example/1", key),
                ("d", -80, "https://d.example/1", key),
            ],
            &[0, 0, 2, 3],
        );
        let page = "https://a.example/1";
        check(&[("a", 0, page, "one thing"), ("b", 73, page, "two things")], &[0, 1]);
    }

    #[test]
    fn evidence_names_what_is_shared() {
        let mut open = OpenStories::new(Duration::from_hours(72));
        assign(&mut open, 0, ("a", 0, "https://a.example/1", "talks resume in seoul"));
        let joined = assign(&mut open, 1, ("b", 0, "", "talks resume in seoul")).joined;
        assert_eq!(joined, Joined::SameHeadline { key: "talks resume in seoul".into() });
        let joined = assign(&mut open, 2, ("b", 0, "https://a.example/1", "")).joined;
        assert_eq!(joined.to_string(), "same page: https://a.example/1");
    }

    #[test]
    fn what_is_closed_is_forgotten() {
        let mut open = OpenStories::new(Duration::from_hours(72));
        for number in 0..100 {
            let url = format!("https://a.example/{}", number % 7);
            let key = format!("the headline number {}", number % 11);
            assign(&mut open, number, ("a", i64::from(number), &url, &key));
        }
        assert_eq!(open.len(), 100);
        open.close_before(Timestamp::from_unix(1_700_000_000 + 60 * HOUR));
        assert_eq!(open.len(), 40);
        open.close_before(Timestamp::MAX);
        assert!(open.is_empty() && open.by_headline.is_empty());
        assert!(open.by_url.is_empty() && open.by_id.is_empty());
        assert_eq!(open.free_members.len(), open.members.len());
        assert_eq!(open.free_stories.len(), open.stories.len());
    }

    #[test]
    fn a_restored_page_of_many_stories_is_no_evidence() {
        let mut open = OpenStories::new(Duration::from_hours(72));
        let page = WebUrl::parse("https://a.example/live").map(|url| url.canonical());
        let source = SourceKey::parse("a").unwrap();
        for (number, key) in [(1, "the first of two events"), (2, "the second of two events")] {
            let candidate = Candidate {
                source: &source,
                identity: Identity([number; 16]),
                at: Timestamp::from_unix(1_700_000_000),
                url: page.as_ref(),
                headline_key: key,
            };
            open.restore(&candidate, StoryId::founded_by(&source, candidate.identity));
        }
        let third = ("b", 1, "https://a.example/live", "the third of three events");
        assert_eq!(assign(&mut open, 3, third).joined, Joined::Founded);
    }

    #[test]
    fn shared_pages_are_no_evidence() {
        let url = |text| WebUrl::parse(text).map(|url| url.canonical());
        let (a, b, section) =
            (url("https://a.example/1"), url("https://a.example/2"), url("https://a.example/s"));
        let id = |number| Identity([number; 16]);
        let found = distinct_urls([
            (id(1), a.clone()),
            (id(1), a.clone()),
            (id(2), b.clone()),
            (id(3), section.clone()),
            (id(4), section),
            (id(5), url("https://a.example/")),
            (id(6), None),
        ]);
        assert_eq!(found, [a.clone(), a, b, None, None, None, None]);
    }

    proptest! {
        #[test]
        fn restored_is_as_assigned(
            rows in proptest::collection::vec((0u8..4, 0i64..100, 0u8..5, 0u8..4), 1..30),
            restart in 0usize..30,
        ) {
            let mut running = OpenStories::new(Duration::from_hours(72));
            let mut restarted = OpenStories::new(Duration::from_hours(72));
            for (number, (source, hours, page, headline)) in (0u8..).zip(rows) {
                let source = SourceKey::parse(&format!("s{source}")).unwrap();
                let url = WebUrl::parse(&format!("https://a.example/{page}"));
                let url = url.map(|url| url.canonical()).filter(|_| page > 0);
                let key = format!("the headline is number {headline}");
                let candidate = Candidate {
                    source: &source,
                    identity: Identity([number; 16]),
                    at: Timestamp::from_unix(hours * HOUR),
                    url: url.as_ref(),
                    headline_key: &key,
                };
                let change = running.assign(&candidate);
                if usize::from(number) < restart {
                    restarted.restore(&candidate, change.story);
                } else {
                    prop_assert_eq!(restarted.assign(&candidate), change);
                }
            }
        }
    }
}
