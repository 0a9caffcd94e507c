//! Polls one after the other, and what is found.

use super::*;

/// Monday, 6 October 2025, 12:00 UTC.
const NOON: i64 = 1_759_752_000;
const HEADLINES: [&str; 6] = [
    "Storm closes ports along the coast",
    "Budget passes after a long night",
    "Talks on chips resume in Tokyo",
    "Minister visits flooded valley",
    "New library opens its doors",
    "Leaders meet at the summit",
];

/// Polls every hour from noon on.
struct Desk {
    health: Health,
    at: Timestamp,
    was_read: bool,
}

fn hours(hours: u64) -> Duration {
    Duration::from_hours(hours)
}

impl Desk {
    fn new() -> Desk {
        Desk { health: Health::default(), at: Timestamp::from_unix(NOON), was_read: false }
    }

    fn poll(&mut self, shown: Shown<'_>) -> &mut Desk {
        self.poll_with(shown, None, None)
    }

    fn poll_with(
        &mut self,
        shown: Shown<'_>,
        moved_to: Option<&str>,
        layout: Option<&str>,
    ) -> &mut Desk {
        let seen = Observation {
            at: self.at,
            zone: Tz::UTC,
            bytes: 100,
            was_read: self.was_read,
            moved_to,
            layout,
            shown,
        };
        self.was_read |= matches!(shown, Shown::Read(_));
        self.health = after_poll(std::mem::take(&mut self.health), &seen);
        self.at = self.at + hours(1);
        self
    }

    fn usual(&mut self) -> &mut Desk {
        let listing = self.listing(&HEADLINES);
        self.poll(Shown::Read(&listing))
    }

    /// Entries with these headlines, an hour apart, the newest an hour old.
    fn listing(&self, titles: &[&'static str]) -> Listing<'static> {
        let dates = (1..=titles.len() as u64).map(|age| self.at - hours(age));
        Listing {
            entries: titles.len(),
            titles: titles.iter().map(|title| Some(*title).filter(|t| !t.is_empty())).collect(),
            dates: dates.collect(),
            ..Listing::default()
        }
    }

    #[track_caller]
    fn check(&mut self, open: &[FindingKind]) -> &mut Desk {
        let found: Vec<FindingKind> = self.health.open().iter().map(|found| found.kind).collect();
        assert_eq!(found, open, "{:?}", self.health.findings);
        self
    }

    fn finding(&self, kind: FindingKind) -> &Finding {
        self.health.findings.iter().find(|finding| finding.kind == kind).unwrap()
    }
}

fn web_page(parked: bool) -> PageSigns {
    PageSigns {
        title: Some("Sorry".into()),
        parked: parked.then(|| "its page says “domain is for sale”".to_owned()),
    }
}

#[test]
fn a_web_page_where_the_feed_was() {
    let page = web_page(false);
    let odd = Shown::Failed { page: Some(&page) };
    let mut desk = Desk::new();
    desk.usual().poll(odd).check(&[]).usual().check(&[]).poll(odd).check(&[]);
    desk.poll(Shown::Failed { page: None }).check(&[]);
    desk.poll(odd).check(&[FindingKind::SoftNotFound]);
    let found = desk.finding(FindingKind::SoftNotFound).clone();
    assert_eq!(found.words, "a web page “Sorry” comes with status 200, not the feed");
    assert_eq!((found.first, found.last), (desk.at - hours(3), desk.at - hours(1)));
    // What cannot be reached says nothing of it.
    desk.poll(Shown::Failed { page: None }).check(&[FindingKind::SoftNotFound]);
    desk.usual().check(&[]);
    let closed = desk.finding(FindingKind::SoftNotFound);
    assert_eq!((closed.closed, closed.last), (Some(desk.at - hours(1)), found.last));
    // Never a feed: that is an error, and no change.
    let mut never = Desk::new();
    never.poll(odd).poll(odd).poll(odd).check(&[]);
}

#[test]
fn what_comes_and_goes_needs_more_evidence_each_time() {
    let page = web_page(false);
    let odd = Shown::Failed { page: Some(&page) };
    let mut desk = Desk::new();
    desk.usual().poll(odd).poll(odd).check(&[FindingKind::SoftNotFound]).usual().check(&[]);
    desk.poll(odd).poll(odd).poll(odd).check(&[]);
    desk.poll(odd).check(&[FindingKind::SoftNotFound]).usual().check(&[]);
    assert_eq!(desk.finding(FindingKind::SoftNotFound).times, 2);
    for _ in 0..7 {
        desk.poll(odd).check(&[]);
    }
    desk.poll(odd).check(&[FindingKind::SoftNotFound]);
}

#[test]
fn a_parked_domain_is_one_finding() {
    let page = web_page(true);
    let odd = Shown::Failed { page: Some(&page) };
    let mut desk = Desk::new();
    desk.usual().poll(odd).check(&[]).poll(odd).check(&[FindingKind::Parked]);
    assert_eq!(
        desk.finding(FindingKind::Parked).words,
        "the domain is parked: its page says “domain is for sale”"
    );
    desk.poll(Shown::Unchanged).check(&[]);
    // Also of a source that never was read.
    Desk::new().poll(odd).poll(odd).check(&[FindingKind::Parked]);
}

#[test]
fn a_document_that_empties() {
    let nothing = Listing::default();
    let empty = Shown::Read(&nothing);
    let mut desk = Desk::new();
    desk.usual().poll(empty).check(&[]).usual().check(&[]);
    desk.poll(empty).check(&[]).poll(Shown::Unchanged).check(&[FindingKind::NoItems]);
    assert_eq!(
        desk.finding(FindingKind::NoItems).words,
        "no entries are listed, where about 6 were"
    );
    desk.poll(Shown::Unchanged).check(&[FindingKind::NoItems]).usual().check(&[]);
    // One that was always empty, or lists two entries as a rule.
    Desk::new().poll(empty).poll(empty).poll(empty).check(&[]);
    let mut small = Desk::new();
    let two = small.listing(&HEADLINES[..2]);
    small.poll(Shown::Read(&two)).poll(empty).poll(empty).check(&[]);
    // Nearly none is not much better; half as many is usual.
    let mut large = Desk::new();
    let many: Vec<&'static str> = HEADLINES.iter().copied().cycle().take(40).collect();
    let (all, half, few) =
        (large.listing(&many), large.listing(&many[..20]), large.listing(&many[..2]));
    large.poll(Shown::Read(&all)).poll(Shown::Read(&half)).poll(Shown::Read(&half)).check(&[]);
    large.poll(Shown::Read(&few)).poll(Shown::Read(&few)).check(&[FindingKind::NoItems]);
}

#[test]
fn headlines_that_change_shape() {
    let mut desk = Desk::new();
    desk.usual().usual();
    let empty = desk.listing(&["", "", "", ""]);
    desk.poll(Shown::Read(&empty)).check(&[]).poll(Shown::Read(&empty));
    desk.check(&[FindingKind::TitlesChanged]);
    // Another oddity is the same finding.
    let alike = desk.listing(&["Untitled"; 12]);
    desk.poll(Shown::Read(&alike)).check(&[FindingKind::TitlesChanged]);
    assert_eq!(desk.finding(FindingKind::TitlesChanged).words, "all headlines are the same");
    desk.usual().check(&[]);
    // After a month it is how the source writes.
    for _ in 0..4 {
        desk.poll(Shown::Read(&alike));
    }
    desk.check(&[FindingKind::TitlesChanged]);
    desk.at = desk.at + hours(31 * 24);
    desk.poll(Shown::Read(&alike)).poll(Shown::Read(&alike)).check(&[]);
    // What never had headlines misses none.
    let mut short = Desk::new();
    short.poll(Shown::Read(&empty)).poll(Shown::Read(&empty)).check(&[]);
}

#[test]
fn dates_in_the_future() {
    let mut desk = Desk::new();
    let mut listing = desk.listing(&HEADLINES);
    listing.dates = (1..=6).map(|day| desk.at + hours(day * 24 * 30)).collect();
    desk.poll(Shown::Read(&listing)).check(&[]).poll(Shown::Unchanged);
    desk.check(&[FindingKind::FutureDates]);
    let words = &desk.finding(FindingKind::FutureDates).words;
    assert!(words.starts_with("all 6 dates are in the future, from 2025-11-05"), "{words}");
    // One entry that is announced, or a clock that is five minutes ahead.
    listing.dates = vec![desk.at + hours(72), desk.at - hours(1)];
    desk.poll(Shown::Read(&listing)).check(&[]);
    listing.dates = vec![desk.at + Duration::from_mins(5); 6];
    desk.poll(Shown::Read(&listing)).poll(Shown::Unchanged).check(&[]);
}

#[test]
fn dates_of_another_zone() {
    let mut desk = Desk::new();
    let mut listing = desk.listing(&HEADLINES);
    let seoul = |desk: &Desk, listing: &mut Listing<'_>| {
        listing.new_dates = vec![desk.at + hours(9)];
        listing.dates = vec![desk.at + hours(9), desk.at - hours(3)];
    };
    seoul(&desk, &mut listing);
    desk.poll(Shown::Read(&listing)).check(&[]);
    listing.new_dates.clear();
    desk.poll(Shown::Read(&listing)).poll(Shown::Unchanged);
    seoul(&desk, &mut listing);
    desk.poll(Shown::Read(&listing)).check(&[FindingKind::WrongZone]);
    assert_eq!(
        desk.finding(FindingKind::WrongZone).words,
        "new entries are dated up to 9 hours ahead"
    );
    listing.new_dates = vec![desk.at];
    desk.poll(Shown::Read(&listing)).check(&[]);
}

#[test]
fn an_encoding_that_nobody_states() {
    let mut desk = Desk::new();
    let mut listing = desk.listing(&HEADLINES);
    listing.guessed_encoding = Some("EUC-KR");
    desk.poll(Shown::Read(&listing)).check(&[]).poll(Shown::Read(&listing));
    desk.check(&[FindingKind::EncodingGuessed]).usual().check(&[]);
}

#[test]
fn guids_that_change() {
    let mut desk = Desk::new();
    desk.usual();
    let mut listing = desk.listing(&HEADLINES);
    listing.renamed = 5;
    desk.poll(Shown::Read(&listing)).check(&[FindingKind::GuidsChanged]);
    let first = desk.finding(FindingKind::GuidsChanged).last;
    assert_eq!(
        desk.finding(FindingKind::GuidsChanged).words,
        "5 of 6 entries came with other guids and were recognised"
    );
    // The same entries go on to be known under other guids; that is no news.
    listing.renamed = 4;
    desk.poll(Shown::Read(&listing)).poll(Shown::Unchanged).check(&[FindingKind::GuidsChanged]);
    assert_eq!(desk.finding(FindingKind::GuidsChanged).last, first);
    desk.at = desk.at + hours(72);
    desk.poll(Shown::Read(&listing)).check(&[]);
    listing.renamed = 6;
    desk.poll(Shown::Read(&listing)).check(&[FindingKind::GuidsChanged]);
    // One entry that is corrected under another guid is none.
    let mut other = Desk::new();
    listing.renamed = 1;
    other.usual().poll(Shown::Read(&listing)).check(&[]);
}

#[test]
fn a_feed_that_moves() {
    let mut desk = Desk::new();
    let listing = desk.listing(&HEADLINES);
    let to = Some("https://new.example/rss");
    desk.poll_with(Shown::Read(&listing), to, None).check(&[]);
    desk.usual().poll_with(Shown::Read(&listing), to, None).check(&[]);
    desk.poll(Shown::Unchanged).check(&[FindingKind::Moved]);
    assert_eq!(
        desk.finding(FindingKind::Moved).words,
        "it has moved for good to https://new.example/rss"
    );
    desk.usual().check(&[]);
}

#[test]
fn a_page_that_is_built_otherwise() {
    let mut desk = Desk::new();
    let words = Some("`.headline a` finds nothing");
    desk.usual().poll_with(Shown::Failed { page: None }, None, words).check(&[]);
    desk.poll_with(Shown::Failed { page: None }, None, words);
    desk.check(&[FindingKind::LayoutChanged]).poll(Shown::Failed { page: None });
    desk.check(&[FindingKind::LayoutChanged]).usual().check(&[]);
}

#[test]
fn a_source_that_falls_silent() {
    let mut desk = Desk::new();
    // A daily, for a month; its dates tell the rhythm at the first poll.
    let mut listing = desk.listing(&HEADLINES);
    let first = desk.at;
    listing.news = (1..=30).map(|day| first - hours(day * 24)).collect();
    desk.poll(Shown::Read(&listing)).check(&[]);
    desk.at = first + hours(24);
    desk.poll(Shown::Unchanged).check(&[]);
    desk.at = first + hours(72);
    // Whoever cannot be reached is failing, not silent.
    desk.poll(Shown::Failed { page: None }).check(&[]);
    desk.poll(Shown::Unchanged).check(&[FindingKind::Silent]);
    let found = desk.finding(FindingKind::Silent).clone();
    assert_eq!(found.first, first - hours(23));
    assert!(found.words.contains("the longest pause was 24 hours"), "{}", found.words);
    desk.poll(Shown::Unchanged);
    assert_eq!(desk.finding(FindingKind::Silent).words, found.words);
    listing.news = vec![desk.at];
    desk.poll(Shown::Read(&listing)).check(&[]);
    assert_eq!(desk.finding(FindingKind::Silent).closed, Some(desk.at - hours(1)));
}

#[test]
fn fourteen_days_are_counted() {
    let mut desk = Desk::new();
    let mut listing = desk.listing(&HEADLINES);
    listing.news = vec![desk.at; 6];
    desk.poll(Shown::Read(&listing)).poll(Shown::Unchanged).poll(Shown::Failed { page: None });
    let day = desk.health.days[0];
    assert_eq!((day.polls, day.errors, day.unchanged, day.items, day.bytes), (3, 1, 1, 6, 300));
    for _ in 0..400 {
        desk.poll(Shown::Unchanged);
    }
    assert_eq!(desk.health.days.len(), 14);
    assert!(desk.health.days.windows(2).all(|pair| pair[0].day + 1 == pair[1].day));
}

#[test]
fn what_is_closed_is_forgotten_after_months() {
    let page = web_page(false);
    let odd = Shown::Failed { page: Some(&page) };
    let mut desk = Desk::new();
    desk.usual().poll(odd).poll(odd).usual();
    desk.at = desk.at + hours(24 * 89);
    assert_eq!(desk.usual().health.closed().len(), 1);
    desk.at = desk.at + hours(24 * 3);
    assert!(desk.usual().health.findings.is_empty());
}
