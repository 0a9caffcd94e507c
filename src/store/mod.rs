//! What is kept, in words of the model. One process writes; any number read beside it.

mod error;
pub mod inbox;
pub mod sqlite;
mod word;
#[cfg(test)]
mod contract;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::ControlFlow;

pub use error::StoreError;

use crate::model::decision::{Decision, Request};
use crate::model::entry::Entry;
use crate::model::identity::{Fingerprint, Identity};
use crate::model::lang::Lang;
use crate::model::search::{Findable, Search};
use crate::model::source::{SourceKey, SourceState};
use crate::model::story::{EntryId, MemberKey, StoredEntry, Story, StoryChange, StoryId};
use crate::model::time::{Published, Timestamp};
use crate::model::vector::Vector;
use crate::model::verdict::{TopicName, TopicVerdict};
use crate::model::websub::{Change, Remembered};

/// An entry of a source that is known already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownEntry {
    /// Its number.
    pub id: EntryId,
    /// What we keep of it, digested.
    pub fingerprint: Fingerprint,
    /// The story it is in.
    pub story: StoryId,
}

/// An entry seen for the first time.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEntry {
    /// By what the source knows it.
    pub identity: Identity,
    /// What we keep of it, digested.
    pub fingerprint: Fingerprint,
    /// As read.
    pub entry: Entry,
    /// Its language, as far as it is known.
    pub language: Option<Lang>,
    /// When it counts as published.
    pub published: Published,
    /// The story it opens or joins.
    pub change: StoryChange,
    /// What the topics say; silent ones left out.
    pub verdicts: Vec<TopicVerdict>,
}

/// An entry that its source has changed. Its story, first sight and date stay.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangedEntry {
    /// Its number.
    pub id: EntryId,
    /// What we keep of it now, digested.
    pub fingerprint: Fingerprint,
    /// As read now.
    pub entry: Entry,
    /// Its language, as far as it is known.
    pub language: Option<Lang>,
    /// What the topics say now; silent ones left out.
    pub verdicts: Vec<TopicVerdict>,
}

/// An entry of any source that goes from its story to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The entry.
    pub key: MemberKey,
    /// The story it goes to, and why.
    pub change: StoryChange,
}

/// All that one poll changes, committed together or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// The source polled.
    pub source: SourceKey,
    /// What to remember of it: validators, next due time and counters after this poll.
    pub state: SourceState,
    /// When we saw what follows.
    pub at: Timestamp,
    /// Entries seen for the first time, in document order.
    pub new: Vec<NewEntry>,
    /// Entries changed.
    pub changed: Vec<ChangedEntry>,
    /// Entries of any source that change story because of the new ones.
    pub moved: Vec<Moved>,
    /// The identities of the document, where one was read: entries listed here are kept however old they are. `None` leaves the last listing
    /// in force (not modified, or failed).
    pub listed: Option<Vec<Identity>>,
}

/// Which stories to give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryQuery<'a> {
    /// Stories that any of these topics keeps; all stories if empty.
    pub topics: &'a [TopicName],
    /// Stories published at this time or later.
    pub since: Option<Timestamp>,
    /// At most so many, newest first, equal dates by ascending id.
    pub limit: usize,
}

/// What headlines mean, as one version of the encoder worked it out.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoded {
    /// The version; vectors of different versions cannot be compared.
    pub version: u32,
    /// The entries with their vectors.
    pub vectors: Vec<(MemberKey, Vector)>,
}

/// An entry in its story, with what else its place there rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacedEntry {
    /// The entry.
    pub entry: StoredEntry,
    /// The story it is in.
    pub story: StoryId,
    /// The topics that keep it.
    pub kept_by: Vec<TopicName>,
    /// What its headline means, if the version asked for has worked it out.
    pub vector: Option<Vector>,
}

/// An entry that was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundEntry {
    /// Its number.
    pub id: EntryId,
    /// Its name.
    pub key: MemberKey,
    /// The story it is in.
    pub story: StoryId,
}

/// How much of a source is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SourceCounts {
    /// Entries in the store.
    pub entries: u64,
    /// Entries that some topic keeps.
    pub kept: u64,
}

/// An entry that a search found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Its number.
    pub entry: EntryId,
    /// When it counts as published.
    pub published: Timestamp,
    /// The story it is in.
    pub story: StoryId,
    /// How well it matches: 0 and up.
    pub weight: f64,
}

/// How entries are put into the index of words.
#[derive(Debug, Clone, Copy)]
pub struct Index {
    /// Another number whenever the words of an entry become others.
    pub version: u32,
    /// The words of an entry.
    pub findable: fn(&Entry) -> Findable,
}

/// What the topics say of an entry, silent ones left out; `None` if nobody can say.
pub type Judge<'a> = dyn FnMut(&StoredEntry) -> Option<Vec<TopicVerdict>> + 'a;

/// What removing the old took away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pruned {
    /// Entries removed.
    pub entries: u64,
    /// Stories left without a member, removed.
    pub stories: u64,
}

/// A way to read what is kept. Many may read while one writes; each call sees whole batches only.
pub trait StoreReader: Send {
    /// What is remembered of each source, also of sources no longer configured.
    fn source_states(&self) -> Result<HashMap<SourceKey, SourceState>, StoreError>;

    /// The entries of a source, by identity.
    fn known_entries(
        &self,
        source: &SourceKey,
    ) -> Result<HashMap<Identity, KnownEntry>, StoreError>;

    /// The entries in the last listing of a source that `listed` leaves out.
    fn left_out(
        &self,
        source: &SourceKey,
        listed: &HashSet<Identity>,
    ) -> Result<Vec<StoredEntry>, StoreError>;

    /// Stories whole, newest first: by descending date (the earliest member's), then by ascending id.
    fn stories(&self, query: &StoryQuery<'_>) -> Result<Vec<Story>, StoreError>;

    /// Calls `each` with every story published at `since` or later, one at a time and in the order of [`StoreReader::stories`], until it breaks.
    fn each_story(
        &self,
        since: Option<Timestamp>,
        each: &mut dyn FnMut(Story) -> ControlFlow<()>,
    ) -> Result<(), StoreError>;

    /// One story whole.
    fn story(&self, id: StoryId) -> Result<Option<Story>, StoreError>;

    /// Where the id of a story leads now: to itself, or, if all members went to other stories, to the one that the founder is in, or else
    /// the last member to go. `None` if no story had it, or none is left.
    fn story_now(&self, id: StoryId) -> Result<Option<StoryId>, StoreError>;

    /// The story that an entry is in; `None` if there is no such entry.
    fn story_of(&self, key: &MemberKey) -> Result<Option<StoryId>, StoreError>;

    /// These entries, in their order; `None` of those that are not there.
    fn entries(&self, keys: &[MemberKey]) -> Result<Vec<Option<StoredEntry>>, StoreError>;

    /// What the curator said, in the order in which it was said.
    fn decisions(&self) -> Result<Vec<Decision>, StoreError>;

    /// Stories whole that were published at `from` or later and before `until`, newest first, at most `limit`.
    fn stories_between(
        &self,
        from: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Story>, StoreError>;

    /// When the newest story was published of those before `until`.
    fn last_before(&self, until: Timestamp) -> Result<Option<Timestamp>, StoreError>;

    /// The entries that match, of the newest `limit` that do; of stories that some topic keeps only, if `kept_only`. In no order.
    fn search(
        &self,
        search: &Search,
        kept_only: bool,
        limit: usize,
    ) -> Result<Vec<Hit>, StoreError>;

    /// Whether a search looks at every entry: see [`Store::index_backlog`].
    fn is_indexed(&self) -> Result<bool, StoreError>;

    /// The entries with this number, guid, link or canonical URL; may take a scan. By ascending number, but that with this number first.
    fn find_entries(&self, needle: &str) -> Result<Vec<FoundEntry>, StoreError>;

    /// The stories that this id leads to, or that hold an entry with this number, guid, link or canonical URL (for `explain`; may take a scan),
    /// each once.
    fn find(&self, needle: &str) -> Result<Vec<StoryId>, StoreError>;

    /// Calls `each` with every entry first seen at `since` or later, by ascending number; `encoder` is the version whose vectors are wanted.
    fn each_entry_since(
        &self,
        since: Timestamp,
        encoder: u32,
        each: &mut dyn FnMut(PlacedEntry),
    ) -> Result<(), StoreError>;

    /// How much of each source is kept.
    fn source_counts(&self) -> Result<HashMap<SourceKey, SourceCounts>, StoreError>;

    /// What is remembered of hubs and subscribers.
    fn websub(&self) -> Result<Remembered, StoreError>;

    /// A small fact of the program's own, by name.
    fn fact(&self, name: &str) -> Result<Option<String>, StoreError>;
}

/// The one way to write. Whoever holds it holds the lock of the store.
pub trait Store: StoreReader {
    /// Commits batches in order, all of each or none; after an error none of them is stored. Gives the numbers of the new entries, batch by batch.
    ///
    /// The more batches at once, the cheaper each is (half the cost from 16 on). An entry that its source has already stays as it is and
    /// gives its number again; an entry that joins a story gone meanwhile opens it; a changed entry gone meanwhile stays away. Entries move when
    /// all new ones have their places; a story that this leaves without members goes, and its id leads on (see [`StoreReader::story_now`]).
    fn commit(&mut self, batches: &[Batch]) -> Result<Vec<Vec<EntryId>>, StoreError>;

    /// Keeps vectors and moves entries, all or nothing, as of `at`. What has gone meanwhile stays away.
    fn rearrange(
        &mut self,
        at: Timestamp,
        encoded: &Encoded,
        moved: &[Moved],
    ) -> Result<(), StoreError>;

    /// Keeps what the curator asked for and moves entries accordingly, all or nothing, as of `at`. A decision that is kept already is kept once,
    /// one that is undone and was not there is none.
    fn decide(
        &mut self,
        at: Timestamp,
        request: &Request,
        moved: &[Moved],
    ) -> Result<(), StoreError>;

    /// Replaces what the topics say of every entry by what `judge` says of it, all or nothing; an entry of which it says nothing (`None`) keeps its
    /// verdicts. A few entries are held at a time, however many there are. Gives the number of entries judged.
    fn rejudge(&mut self, judge: &mut Judge<'_>) -> Result<u64, StoreError>;

    /// Removes entries first seen before `before`, but not those in the last listing of a source of `configured`, nor those of stories that the
    /// curator pinned; then stories without members.
    fn prune(
        &mut self,
        before: Timestamp,
        configured: &BTreeSet<SourceKey>,
    ) -> Result<Pruned, StoreError>;

    /// Keeps changes of what is remembered of hubs and subscribers, in order, all or none.
    fn keep_websub(&mut self, changes: &[Change]) -> Result<(), StoreError>;

    /// Puts the words of entries into the index from now on, each with what brings the entry.
    fn index_by(&mut self, index: Index);

    /// Puts entries from before into the index, the newest first, at most `limit`; all of them if the index was made by another version. Says whether
    /// more are left.
    fn index_backlog(&mut self, limit: usize) -> Result<bool, StoreError>;

    /// Keeps a small fact of the program's own.
    fn set_fact(&mut self, name: &str, value: &str) -> Result<(), StoreError>;

    /// Another way to read, for another thread.
    fn reader(&self) -> Result<Box<dyn StoreReader>, StoreError>;
}
