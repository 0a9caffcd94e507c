//! Where a source says it has moved for good (RFC 9110 §15.4.2, §15.4.9), and what we make of it. Values and the rule; nothing is fetched.

use std::time::Duration;

use url::Url;

use super::time::Timestamp;

/// So many answers in a row must name the same new address…
pub const ANSWERS: u32 = 3;
/// … over so long a time: what a broken server, a captive portal or a hijacked domain says for a day is no move.
pub const SPAN: Duration = Duration::from_secs(2 * 24 * 60 * 60);
/// How often the old address is asked whether it still says so.
pub const ASK_OLD: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// After so many failures in a row at the new address the old one is asked.
const FAILURES: u32 = 3;
/// The longest address that is remembered, in bytes.
const LONGEST: usize = 2 * 1024;
/// So many events of the history are kept, the newest.
pub const HISTORY: usize = 20;

/// Where a source says it has moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moving {
    /// The new address.
    pub to: String,
    /// The first answer that named it.
    pub first: Timestamp,
    /// The last answer that named it.
    pub last: Timestamp,
    /// Answers in a row that named it.
    pub answers: u32,
    /// Since when it is polled there; `None` while the evidence is not enough.
    pub adopted: Option<Timestamp>,
}

/// Something that happened to the address of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoveEvent {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: MoveKind,
    /// The new address.
    pub to: String,
}

/// What can happen to the address of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoveKind {
    /// It is polled at the new address from then on.
    Adopted,
    /// It is polled at its old address again, which answered by itself.
    Undone,
}

/// Which way a poll went.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Route {
    /// Whether it began at the address that was adopted, not at the one configured.
    pub from_adopted: bool,
    /// Whether it was redirected at all.
    pub redirected: bool,
    /// Where it led, if every redirect on the way was a permanent one.
    pub moved_to: Option<Url>,
}

/// What is known of a source's moves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Moves {
    /// Where it says it is now.
    pub moving: Option<Moving>,
    /// What happened, the oldest first.
    pub history: Vec<MoveEvent>,
}

impl Moves {
    /// The address that was adopted.
    pub fn adopted(&self) -> Option<&str> {
        self.moving
            .as_ref()
            .filter(|moving| moving.adopted.is_some())
            .map(|moving| moving.to.as_str())
    }

    /// Where the next poll begins: the adopted address, unless it is time to ask the configured one, which is `None`.
    pub fn start(&self, failures: u32, now: Timestamp) -> Option<Url> {
        let moving = self.moving.as_ref().filter(|moving| moving.adopted.is_some())?;
        let asks_old = now.since(moving.last) >= ASK_OLD || failures >= FAILURES;
        if asks_old { None } else { Url::parse(&moving.to).ok() }
    }

    /// Takes in the way of a poll that told what the source holds; gives what happened, if anything did.
    ///
    /// A permanent redirect is adopted after [`ANSWERS`] agreeing answers in a row over [`SPAN`], and given up when the configured address answers by
    /// itself. A temporary redirect says nothing for good, and one from `https` to `http` is never adopted.
    pub fn follow(&mut self, configured: &Url, route: &Route, now: Timestamp) -> Option<MoveEvent> {
        if route.from_adopted {
            return None;
        }
        let to = route.moved_to.as_ref().filter(|to| {
            to.as_str().len() <= LONGEST
                && !(configured.scheme() == "https" && to.scheme() == "http")
                && *to != configured
        });
        let adopted = self.moving.as_mut().filter(|moving| moving.adopted.is_some());
        match (to, adopted) {
            // It goes on as we hold it.
            (None, Some(moving)) if route.redirected => {
                moving.last = now;
                None
            }
            (Some(to), Some(moving)) if moving.to == to.as_str() => {
                moving.last = now;
                moving.answers = moving.answers.saturating_add(1);
                None
            }
            (to, Some(moving)) => {
                let event = MoveEvent { at: now, what: MoveKind::Undone, to: moving.to.clone() };
                self.moving = to.map(|to| Moving::first(to, now));
                self.happened(event)
            }
            (None, None) => {
                self.moving = None;
                None
            }
            (Some(to), None) => self.weigh(to, now),
        }
    }

    fn weigh(&mut self, to: &Url, now: Timestamp) -> Option<MoveEvent> {
        let Some(moving) = self.moving.as_mut().filter(|moving| moving.to == to.as_str()) else {
            self.moving = Some(Moving::first(to, now));
            return None;
        };
        moving.last = now;
        moving.answers = moving.answers.saturating_add(1);
        if moving.answers < ANSWERS || now.since(moving.first) < SPAN {
            return None;
        }
        moving.adopted = Some(now);
        let to = moving.to.clone();
        self.happened(MoveEvent { at: now, what: MoveKind::Adopted, to })
    }

    fn happened(&mut self, event: MoveEvent) -> Option<MoveEvent> {
        if self.history.len() >= HISTORY {
            self.history.remove(0);
        }
        self.history.push(event.clone());
        Some(event)
    }
}

impl Moving {
    fn first(to: &Url, now: Timestamp) -> Moving {
        Moving { to: to.as_str().to_owned(), first: now, last: now, answers: 1, adopted: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "https://a.example/rss";

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    fn hour(hours: u64) -> Timestamp {
        Timestamp::from_unix(1_000_000) + Duration::from_secs(hours * 3_600)
    }

    fn permanent(to: &str) -> Route {
        Route { from_adopted: false, redirected: true, moved_to: Some(url(to)) }
    }

    fn temporary() -> Route {
        Route { redirected: true, ..Route::default() }
    }

    /// The hours of answers, and the hour at which something happens.
    fn check(answers: &[(u64, Route)], want: Option<(u64, MoveKind)>) -> Moves {
        let mut moves = Moves::default();
        let mut happened = None;
        for (at, route) in answers {
            let event = moves.follow(&url(OLD), route, hour(*at));
            happened = event.map(|event| (*at, event.what)).or(happened);
        }
        assert_eq!(happened, want, "{answers:?}");
        moves
    }

    #[test]
    fn a_move_is_believed_after_several_answers_over_days() {
        let to = || permanent("https://b.example/rss");
        check(&[(0, to()), (1, to()), (2, to()), (47, to())], None);
        check(&[(0, to()), (72, to())], None);
        let moves = check(&[(0, to()), (24, to()), (48, to())], Some((48, MoveKind::Adopted)));
        assert_eq!(moves.adopted(), Some("https://b.example/rss"));
        assert_eq!(moves.start(0, hour(49)), Some(url("https://b.example/rss")));
        // The old address is asked each week, and when the new one fails.
        assert_eq!(moves.start(0, hour(48 + 7 * 24)), None);
        assert_eq!(moves.start(3, hour(49)), None);
    }

    #[test]
    fn answers_must_agree() {
        let (b, c) = (|| permanent("https://b.example/rss"), || permanent("https://c.example/rss"));
        check(&[(0, b()), (24, c()), (48, b()), (72, c())], None);
        check(&[(0, b()), (24, temporary()), (48, b()), (72, b())], None);
        check(&[(0, b()), (24, Route::default()), (48, b()), (72, b())], None);
        let insecure = || permanent("http://b.example/rss");
        check(&[(0, insecure()), (24, insecure()), (48, insecure()), (72, insecure())], None);
    }

    #[test]
    fn the_old_address_takes_the_source_back() {
        let to = || permanent("https://b.example/rss");
        let adopted = [(0, to()), (24, to()), (48, to())];
        let then = |at, route| [&adopted[..], &[(at, route)]].concat();
        let moves = check(&then(250, Route::default()), Some((250, MoveKind::Undone)));
        assert_eq!((moves.adopted(), moves.history.len()), (None, 2));
        let moves =
            check(&then(250, permanent("https://c.example/")), Some((250, MoveKind::Undone)));
        assert_eq!(moves.moving.map(|moving| moving.answers), Some(1));
        // As before, and a temporary detour is no answer of its own.
        for route in [to(), temporary()] {
            let moves = check(&then(250, route), Some((48, MoveKind::Adopted)));
            assert_eq!(moves.start(0, hour(251)), Some(url("https://b.example/rss")));
        }
    }

    #[test]
    fn the_history_is_bounded() {
        let mut moves = Moves::default();
        for number in 0..100 {
            let to = permanent(&format!("https://b{number}.example/"));
            for day in 0..3 {
                moves.follow(&url(OLD), &to, hour(number * 1_000 + day * 24));
            }
        }
        assert_eq!(moves.history.len(), HISTORY);
    }
}
