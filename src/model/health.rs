//! How well a source does: what was found wrong with it, what it did on each of the last days, and the habits that both are judged by. Nothing here
//! judges; that is `health`.

use std::fmt;

use chrono::NaiveDate;

use super::time::Timestamp;

/// What can be wrong with a source that answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FindingKind {
    /// The domain is for sale, or shows a registrar's advertisements.
    Parked,
    /// A web page comes with status 200 where the feed was.
    SoftNotFound,
    /// The document has (nearly) no entries any more.
    NoItems,
    /// Nothing new for longer than the source's own rhythm explains.
    Silent,
    /// A listing page is built otherwise than it was.
    LayoutChanged,
    /// The server says that the feed has moved for good.
    Moved,
    /// Headlines are not what they were: empty, all alike, cut, or all begin or end alike.
    TitlesChanged,
    /// The dates of all entries are in the future.
    FutureDates,
    /// New entries are dated some hours ahead of the moment they appear.
    WrongZone,
    /// No encoding is stated that fits, so it was guessed.
    EncodingGuessed,
    /// Known entries came with other guids.
    GuidsChanged,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is lost.
    Notice,
    /// What is read may be wrong.
    Warning,
    /// Nothing comes in any more.
    Loss,
}

impl FindingKind {
    /// All kinds, the worst first.
    pub const ALL: [FindingKind; 11] = [
        FindingKind::Parked,
        FindingKind::SoftNotFound,
        FindingKind::NoItems,
        FindingKind::Silent,
        FindingKind::LayoutChanged,
        FindingKind::Moved,
        FindingKind::TitlesChanged,
        FindingKind::FutureDates,
        FindingKind::WrongZone,
        FindingKind::EncodingGuessed,
        FindingKind::GuidsChanged,
    ];

    /// A short word a machine can sort by.
    pub fn name(self) -> &'static str {
        match self {
            FindingKind::Parked => "parked-domain",
            FindingKind::SoftNotFound => "soft-404",
            FindingKind::NoItems => "no-items",
            FindingKind::Silent => "silent",
            FindingKind::LayoutChanged => "layout-changed",
            FindingKind::Moved => "moved",
            FindingKind::TitlesChanged => "titles-changed",
            FindingKind::FutureDates => "future-dates",
            FindingKind::WrongZone => "wrong-zone",
            FindingKind::EncodingGuessed => "encoding-guessed",
            FindingKind::GuidsChanged => "guids-changed",
        }
    }

    /// The kind of this name; `None` if there is none.
    pub fn parse(name: &str) -> Option<FindingKind> {
        FindingKind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The kind as a title for people.
    pub fn title(self) -> &'static str {
        match self {
            FindingKind::Parked => "Parked domain",
            FindingKind::SoftNotFound => "A web page where the feed was",
            FindingKind::NoItems => "No items any more",
            FindingKind::Silent => "Silent",
            FindingKind::LayoutChanged => "Page layout changed",
            FindingKind::Moved => "Feed moved",
            FindingKind::TitlesChanged => "Headlines changed shape",
            FindingKind::FutureDates => "All dates in the future",
            FindingKind::WrongZone => "Dates run ahead",
            FindingKind::EncodingGuessed => "Encoding guessed",
            FindingKind::GuidsChanged => "Guids changed",
        }
    }

    /// What the curator can do about it.
    pub fn advice(self) -> &'static str {
        match self {
            FindingKind::Parked => {
                "the publisher has left this address: find its new one, or remove the source"
            }
            FindingKind::SoftNotFound => {
                "open the page: the feed has moved or ended; `tidings add` finds the new one from the publisher's front page"
            }
            FindingKind::NoItems => {
                "look at the publisher's front page: the section may have ended, or the feed is broken and its publisher should know"
            }
            FindingKind::Silent => {
                "look at the publisher's front page: if it goes on there, the feed was left behind; find the new one or remove the source"
            }
            FindingKind::LayoutChanged => {
                "look at the page and adjust the selectors of the source; `tidings parse` shows what they find"
            }
            FindingKind::Moved => {
                "write the new address as `url` of the source, so that nothing depends on the redirect"
            }
            FindingKind::TitlesChanged => {
                "look at the entries: if the publisher means it so, nothing is to do; if not, rules on headlines may miss, and the publisher should know"
            }
            FindingKind::FutureDates => {
                "the dates are not believed, first sight counts instead; if they are off by hours, set `timezone` of the source"
            }
            FindingKind::WrongZone => {
                "set `timezone` of the source if its dates state no zone; first sight counts meanwhile"
            }
            FindingKind::EncodingGuessed => {
                "look at a headline: if its letters are wrong, set `encoding` of the source"
            }
            FindingKind::GuidsChanged => {
                "nothing is to do: known entries were recognised by address and headline, and keep their place"
            }
        }
    }

    /// How bad it is.
    pub fn severity(self) -> Severity {
        match self {
            FindingKind::Parked
            | FindingKind::SoftNotFound
            | FindingKind::NoItems
            | FindingKind::Silent
            | FindingKind::LayoutChanged => Severity::Loss,
            FindingKind::TitlesChanged
            | FindingKind::Moved
            | FindingKind::FutureDates
            | FindingKind::WrongZone => Severity::Warning,
            FindingKind::EncodingGuessed | FindingKind::GuidsChanged => Severity::Notice,
        }
    }
}

impl Severity {
    /// In a word a machine can sort by.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Notice => "notice",
            Severity::Warning => "warning",
            Severity::Loss => "loss",
        }
    }
}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What stands, or stood, against a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub kind: FindingKind,
    /// Since when its cause holds, as far as that is known: of silence the last entry, of all else the first poll of the row that showed it.
    pub first: Timestamp,
    /// The last poll that showed it.
    pub last: Timestamp,
    /// When the evidence was enough; `None` while it is only suspected.
    pub opened: Option<Timestamp>,
    /// The poll that showed that the cause is gone.
    pub closed: Option<Timestamp>,
    /// How often it was opened.
    pub times: u32,
    /// What was seen, in a line without control characters.
    pub words: String,
    /// Evidence that is not enough yet.
    pub suspicion: Option<Suspicion>,
}

/// Evidence that is not enough yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suspicion {
    /// The first poll of the row that showed it.
    pub since: Timestamp,
    /// Polls in a row that showed it.
    pub polls: u32,
}

impl Finding {
    /// Whether it stands now.
    pub fn is_open(&self) -> bool {
        self.opened.is_some() && self.closed.is_none()
    }

    /// When it was opened or closed last; `None` while it is only suspected.
    pub fn changed(&self) -> Option<Timestamp> {
        self.closed.or(self.opened)
    }
}

/// What a source did on one day of the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DayCount {
    /// The day, counted from 1 January of the year 1, which is day 1.
    pub day: i32,
    /// Polls.
    pub polls: u32,
    /// Of those, the ones that told nothing.
    pub errors: u32,
    /// Of those, the ones answered by "not modified".
    pub unchanged: u32,
    /// Entries seen for the first time.
    pub items: u32,
    /// Bytes received.
    pub bytes: u64,
}

impl DayCount {
    /// The day in the calendar; `None` of one that no calendar has.
    pub fn date(&self) -> Option<NaiveDate> {
        NaiveDate::from_num_days_from_ce_opt(self.day)
    }
}

/// The hours of one day (UTC) in which a source published something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActiveDay {
    /// The day, counted from 1970-01-01.
    pub day: i32,
    /// Bit 0 is the hour from 00:00.
    pub hours: u32,
}

/// What the headlines of a document look like together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TitleShape {
    /// Of a hundred entries, how many have no headline.
    pub empty: u8,
    /// Of a hundred headlines, how many are different.
    pub distinct: u8,
    /// Of a hundred headlines, how many end in an ellipsis.
    pub cut: u8,
    /// Their length in characters, in the middle.
    pub length: u32,
    /// How nearly all begin: `[속보] `.
    pub prefix: String,
    /// How nearly all end: ` - Outlet`.
    pub suffix: String,
}

/// What a source usually does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Habits {
    /// When it published, by ascending day; only days on which it did.
    pub active: Vec<ActiveDay>,
    /// Entries in a usual document; 0 before the first.
    pub entries: u32,
    /// Entries in the shortest of late.
    pub fewest: u32,
    /// What its headlines usually look like; `None` before the first document.
    pub titles: Option<TitleShape>,
    /// Entries of the last document that are known under other guids.
    pub renamed: u32,
}

/// The health of a source.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Health {
    /// What stands, stood or is suspected, at most one of a kind.
    pub findings: Vec<Finding>,
    /// The last days, by ascending day; a day without a poll is missing.
    pub days: Vec<DayCount>,
    /// What is usual.
    pub habits: Habits,
}

impl Health {
    /// What stands now, the worst first.
    pub fn open(&self) -> Vec<&Finding> {
        let mut open: Vec<&Finding> =
            self.findings.iter().filter(|finding| finding.is_open()).collect();
        open.sort_by_key(|finding| finding.kind);
        open
    }

    /// What stood and stands no longer, the last first.
    pub fn closed(&self) -> Vec<&Finding> {
        let mut closed: Vec<&Finding> =
            self.findings.iter().filter(|finding| finding.closed.is_some()).collect();
        closed.sort_by_key(|finding| std::cmp::Reverse(finding.closed));
        closed
    }

    /// How bad the worst is that stands now; `None` if nothing does.
    pub fn severity(&self) -> Option<Severity> {
        let open = self.findings.iter().filter(|finding| finding.is_open());
        open.map(|finding| finding.kind.severity()).max()
    }
}
