//! The curator's word on stories: what is asked for in words of people, made into requests, and how they reach whoever holds the store.
//!
//! A running service holds the store, so a command leaves its request in the inbox beside it, which the service watches; without one the command
//! takes the store itself (ADR 0006).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use notify::{RecursiveMode, Watcher};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::model::decision::{Decision, DecisionId, Part, Request, Word};
use crate::model::story::{Member, MemberKey, Story, StoryId};
use crate::model::time::Timestamp;
use crate::run::clock::Clock;
use crate::run::curator::{Asker, Curator, Listeners, Order};
use crate::run::desk::Desk;
use crate::run::encoding::Encoding;
use crate::run::error::{RunError, with_causes};
use crate::serve::metrics::Metrics;
use crate::store::inbox::Inbox;
use crate::store::{FoundEntry, StoreError, StoreReader, sqlite};

/// How long a command waits for the service to take in what it asks for.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often it looks.
const GLANCE: Duration = Duration::from_millis(50);
/// Where the system tells nothing (network file systems), the inbox is looked at so often.
const LOOK: Duration = Duration::from_secs(5);
/// So many places are named to choose from.
const CHOICES: usize = 8;

/// What a person asks for. Stories and entries are named by id, number, guid or URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// That an entry be a story of its own.
    Split(String),
    /// That two stories be one.
    Join(String, String),
    /// That a story be in no feed.
    Hide(String),
    /// That a story stay on top of its feeds.
    Pin(String),
}

/// Whether something shall hold, or no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// From now on.
    FromNow,
    /// No longer: what was said before is taken back.
    NoLonger,
}

/// Why it cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    /// Nobody has that name.
    #[error(
        "nothing is known of `{needle}`: no story or entry has this id, guid or link (older than [store] keep, or never listed by a source)"
    )]
    Unknown {
        /// The name.
        needle: String,
    },
    /// Several have that name.
    #[error("`{needle}` may be any of {}; name one by its {what}", .choices.join(", "))]
    Ambiguous {
        /// The name.
        needle: String,
        /// What to name it by: `id`, `number`.
        what: &'static str,
        /// Those that have it.
        choices: Vec<String>,
    },
    /// There is nobody to be parted from.
    #[error("`{needle}` is alone in its story: there is nothing to split it from")]
    Alone {
        /// The name.
        needle: String,
    },
    /// They are one story.
    #[error("`{one}` and `{other}` are one story already: {story}")]
    OneAlready {
        /// The first name.
        one: String,
        /// The other.
        other: String,
        /// The story.
        story: StoryId,
    },
    /// Nobody said so.
    #[error(
        "there is no `{verb}` of `{needle}` to undo; `tidings explain {needle}` lists what was said of it"
    )]
    NeverSaid {
        /// The command.
        verb: &'static str,
        /// The name.
        needle: String,
    },
    /// The newsroom could not do it.
    #[error(transparent)]
    Run(#[from] RunError),
}

impl From<StoreError> for DecideError {
    fn from(error: StoreError) -> DecideError {
        DecideError::Run(error.into())
    }
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// It held already.
    Already,
    /// It was stored; feeds follow with the next `once`, or when a service starts.
    Stored,
    /// The running service has taken it in, and publishes.
    Taken,
    /// It waits in the inbox: the running service has not looked yet.
    Waits,
}

/// Makes something hold, or no longer, whether a service runs or not. Blocks on the store, and for some seconds on the service.
///
/// # Errors
/// If the names lead nowhere or to several, if there is nothing to undo, or if the store cannot be used.
pub fn decide(config: &Path, ask: &Ask, hold: Hold, clock: Clock) -> Result<Done, DecideError> {
    let desk = Arc::new(Desk::load(config)?);
    let path = desk.config.store.path.clone();
    let requests = requests(sqlite::open_reader(&path)?.as_ref(), ask, hold, clock.now())?;
    if requests.is_empty() {
        return Ok(Done::Already);
    }
    match sqlite::open(&path) {
        Ok(store) => {
            // Nobody listens to what is reported and changed: the curator does this and ends.
            let (reports, _reports) = mpsc::unbounded_channel();
            let (changes, _changes) = watch::channel(0);
            let (desks, _desks) = watch::channel(Arc::clone(&desk));
            let metrics = Arc::new(Metrics::new());
            let mut curator = Curator::new(
                store,
                desk,
                clock,
                metrics,
                Encoding::Never,
                Listeners { reports, changes, desks },
            )?;
            for request in &requests {
                curator.hear(request)?;
            }
            Ok(Done::Stored)
        }
        Err(StoreError::InUse { .. }) => leave(&Inbox::beside(&path), &requests, clock.now()),
        Err(error) => Err(error.into()),
    }
}

/// Leaves requests to the service and waits until it has taken them, if that is soon.
fn leave(inbox: &Inbox, requests: &[Request], now: Timestamp) -> Result<Done, DecideError> {
    let mut files = Vec::with_capacity(requests.len());
    for (number, request) in requests.iter().enumerate() {
        // Ordered by time; the process tells two commands of one second apart.
        let name = format!("{:012}-{}-{number:04}", now.unix(), std::process::id());
        files.push(inbox.put(&name, request)?);
    }
    let begun = Instant::now();
    while files.iter().any(|file| file.exists()) {
        if begun.elapsed() > PATIENCE {
            return Ok(Done::Waits);
        }
        std::thread::sleep(GLANCE);
    }
    Ok(Done::Taken)
}

/// What is asked for, as requests to whoever holds the store; none if it holds already. A page's buttons ask like a command, and the requests go to
/// the curator by [`tell`].
///
/// # Errors
/// If the names lead nowhere or to several, if there is nothing to undo, or if the store cannot be read.
pub fn requests(
    reader: &dyn StoreReader,
    ask: &Ask,
    hold: Hold,
    now: Timestamp,
) -> Result<Vec<Request>, DecideError> {
    let said = reader.decisions()?;
    let word = match hold {
        Hold::NoLonger => return undo(reader, ask, &said),
        Hold::FromNow => match ask {
            Ask::Split(needle) => split(reader, needle)?,
            Ask::Join(one, other) => join(reader, one, other)?,
            Ask::Hide(needle) => {
                let story = story_named(reader, needle)?;
                if holds(reader, &said, story, |word| matches!(word, Word::Hide { .. }))? {
                    return Ok(Vec::new());
                }
                Word::Hide { story }
            }
            Ask::Pin(needle) => {
                let story = story_named(reader, needle)?;
                if holds(reader, &said, story, |word| matches!(word, Word::Pin { .. }))? {
                    return Ok(Vec::new());
                }
                Word::Pin { story }
            }
        },
    };
    // Nothing else can be said of the same in the same moment by the same process; said again later it is another decision.
    let id = DecisionId::of(&format!("{word:?} {} {}", now.unix(), std::process::id()));
    Ok(vec![Request::Decide(Decision { id, at: now, word })])
}

/// Tells the curator of the running service, and waits until it is kept, if that is soon. Blocks.
///
/// # Errors
/// In words, if it could not be kept, or the service is stopping.
pub fn tell(curator: &mpsc::WeakSender<Order>, requests: Vec<Request>) -> Result<Done, String> {
    const STOPPING: &str = "the service is stopping";
    let Some(curator) = curator.upgrade() else { return Err(STOPPING.to_owned()) };
    let (told, kept) = std::sync::mpsc::channel();
    let count = requests.len();
    for request in requests {
        let order = Order::Asked(request, Asker::Page(told.clone()));
        curator.blocking_send(order).map_err(|_| STOPPING.to_owned())?;
    }
    // Without the sender, the curator can end while we wait.
    drop((curator, told));
    let begun = Instant::now();
    for _ in 0..count {
        match kept.recv_timeout(PATIENCE.saturating_sub(begun.elapsed())) {
            Ok(kept) => kept?,
            Err(RecvTimeoutError::Timeout) => return Ok(Done::Waits),
            Err(RecvTimeoutError::Disconnected) => return Err(STOPPING.to_owned()),
        }
    }
    Ok(Done::Taken)
}

fn split(reader: &dyn StoreReader, needle: &str) -> Result<Word, DecideError> {
    let entry = entry_named(reader, needle)?;
    let story = reader.story(entry.story)?;
    let members = story.iter().flat_map(|story| &story.members).map(key_of);
    let from: Vec<MemberKey> = members.filter(|key| *key != entry.key).collect();
    if from.is_empty() {
        return Err(DecideError::Alone { needle: needle.to_owned() });
    }
    Ok(Word::Split { entry: entry.key, from })
}

fn join(reader: &dyn StoreReader, one: &str, other: &str) -> Result<Word, DecideError> {
    let part = |needle: &str| -> Result<Part, DecideError> {
        let id = story_named(reader, needle)?;
        let story = reader.story(id)?.ok_or(DecideError::Unknown { needle: needle.to_owned() })?;
        Ok(Part { story: id, members: story.members.iter().map(key_of).collect() })
    };
    let (first, second) = (part(one)?, part(other)?);
    if first.story == second.story {
        let (one, other) = (one.to_owned(), other.to_owned());
        return Err(DecideError::OneAlready { one, other, story: first.story });
    }
    Ok(Word::Join { one: first, other: second })
}

/// Takes back every decision that said this.
fn undo(
    reader: &dyn StoreReader,
    ask: &Ask,
    said: &[Decision],
) -> Result<Vec<Request>, DecideError> {
    let (verb, needle) = match ask {
        Ask::Split(needle) => ("split", needle),
        Ask::Join(needle, _) => ("join", needle),
        Ask::Hide(needle) => ("hide", needle),
        Ask::Pin(needle) => ("pin", needle),
    };
    let mut undone = Vec::new();
    match ask {
        Ask::Split(needle) => {
            let entry = entry_named(reader, needle)?;
            let is_it = |word: &Word| matches!(word, Word::Split { entry: split, .. } if *split == entry.key);
            undone.extend(said.iter().filter(|decision| is_it(&decision.word)));
        }
        Ask::Join(one, other) => {
            let (one, other) = (Named::of(reader, one)?, Named::of(reader, other)?);
            undone.extend(said.iter().filter(|decision| match &decision.word {
                Word::Join { one: first, other: second } => {
                    (one.is(first) && other.is(second)) || (one.is(second) && other.is(first))
                }
                Word::Split { .. } | Word::Hide { .. } | Word::Pin { .. } => false,
            }));
        }
        Ask::Hide(needle) | Ask::Pin(needle) => {
            let named = Named::of(reader, needle)?;
            for decision in said.iter().filter(|decision| decision.word.verb() == verb) {
                for story in decision.word.stories() {
                    let now = reader.story_now(story)?;
                    if named.stories.contains(&story)
                        || now.is_some_and(|now| named.stories.contains(&now))
                    {
                        undone.push(decision);
                    }
                }
            }
        }
    }
    if undone.is_empty() {
        return Err(DecideError::NeverSaid { verb, needle: needle.clone() });
    }
    Ok(undone.into_iter().map(|decision| Request::Undo(decision.id)).collect())
}

/// All that a name may mean: in what was said long ago, it may be the name of what is no more.
struct Named {
    stories: BTreeSet<StoryId>,
    entries: Vec<MemberKey>,
}

impl Named {
    fn of(reader: &dyn StoreReader, needle: &str) -> Result<Named, DecideError> {
        let entries = reader.find_entries(needle)?;
        let mut stories: BTreeSet<StoryId> = entries.iter().map(|entry| entry.story).collect();
        if let Some(id) = id_in(needle) {
            stories.insert(id);
            stories.extend(reader.story_now(id)?);
        }
        if stories.is_empty() {
            return Err(DecideError::Unknown { needle: needle.to_owned() });
        }
        Ok(Named { stories, entries: entries.into_iter().map(|entry| entry.key).collect() })
    }

    fn is(&self, part: &Part) -> bool {
        self.stories.contains(&part.story)
            || self.entries.iter().any(|entry| part.members.contains(entry))
    }
}

/// Whether such a word was said of this story.
fn holds(
    reader: &dyn StoreReader,
    said: &[Decision],
    story: StoryId,
    is_such: impl Fn(&Word) -> bool,
) -> Result<bool, DecideError> {
    for decision in said.iter().filter(|decision| is_such(&decision.word)) {
        for named in decision.word.stories() {
            if reader.story_now(named)? == Some(story) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// The id in a name: the id itself, or the address of a story's page.
fn id_in(needle: &str) -> Option<StoryId> {
    let needle = needle.trim();
    StoryId::parse(needle).or_else(|| {
        let (rest, last) = needle.trim_end_matches('/').rsplit_once('/')?;
        if rest.ends_with("/story") { StoryId::parse(last) } else { None }
    })
}

fn story_named(reader: &dyn StoreReader, needle: &str) -> Result<StoryId, DecideError> {
    if let Some(id) = id_in(needle)
        && let Some(now) = reader.story_now(id)?
    {
        return Ok(now);
    }
    let stories = reader.find(needle)?;
    match stories.as_slice() {
        [] => Err(DecideError::Unknown { needle: needle.to_owned() }),
        [story] => Ok(*story),
        several => {
            let name = |id: &StoryId| -> Result<String, StoreError> {
                Ok(reader.story(*id)?.map_or_else(|| id.to_string(), |story| title_of(&story)))
            };
            let choices: Result<Vec<String>, StoreError> =
                several.iter().take(CHOICES).map(name).collect();
            Err(DecideError::Ambiguous { needle: needle.to_owned(), what: "id", choices: choices? })
        }
    }
}

fn entry_named(reader: &dyn StoreReader, needle: &str) -> Result<FoundEntry, DecideError> {
    let mut found = reader.find_entries(needle)?;
    if let Some(id) = id_in(needle)
        && let Some(now) = reader.story_now(id)?
        && let Some(story) = reader.story(now)?
    {
        found.extend(story.members.iter().map(|member| FoundEntry {
            id: member.entry.id,
            key: key_of(member),
            story: now,
        }));
    }
    match found.as_slice() {
        [] => Err(DecideError::Unknown { needle: needle.to_owned() }),
        [entry] => Ok(entry.clone()),
        several => {
            let name = |entry: &FoundEntry| -> Result<String, StoreError> {
                let stored = reader.entries(std::slice::from_ref(&entry.key))?.pop().flatten();
                let headline = stored.and_then(|stored| stored.entry.title);
                let headline = headline.map_or(String::new(), |text| format!(" “{text}”"));
                Ok(format!("entry {} of `{}`{headline}", entry.id.0, entry.key.source))
            };
            let choices: Result<Vec<String>, StoreError> =
                several.iter().take(CHOICES).map(name).collect();
            Err(DecideError::Ambiguous {
                needle: needle.to_owned(),
                what: "number",
                choices: choices?,
            })
        }
    }
}

fn title_of(story: &Story) -> String {
    let headline = story.members.iter().find_map(|member| member.entry.entry.title.as_ref());
    match headline {
        Some(headline) => format!("story {} “{headline}”", story.id),
        None => format!("story {}", story.id),
    }
}

/// The name of a member.
pub fn key_of(member: &Member) -> MemberKey {
    MemberKey { source: member.entry.source.clone(), identity: member.entry.identity }
}

/// The decisions that speak of a story, or of one of its members.
///
/// # Errors
/// If the store cannot be read.
pub fn said_of(reader: &dyn StoreReader, story: &Story) -> Result<Vec<Decision>, StoreError> {
    let keys: Vec<MemberKey> = story.members.iter().map(key_of).collect();
    let mut said = Vec::new();
    for decision in reader.decisions()? {
        let mut is_of_it = keys.iter().any(|key| decision.word.names(key));
        for named in decision.word.stories() {
            is_of_it |= reader.story_now(named)? == Some(story.id);
        }
        if is_of_it {
            said.push(decision);
        }
    }
    Ok(said)
}

/// Tells the curator what is left in the inbox, until stopped.
pub async fn listen(inbox: Inbox, curator: mpsc::WeakSender<Order>, stop: CancellationToken) {
    let (wake, mut woken) = mpsc::channel::<()>(1);
    // Dropping the watcher ends it.
    let watcher = watch_inbox(&inbox, wake);
    if let Err(reason) = &watcher {
        tracing::warn!(
            "cannot watch {}: {reason}; looking at it every {} s instead",
            inbox.folder().display(),
            LOOK.as_secs()
        );
    }
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            Some(()) = woken.recv() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
        let looking = inbox.clone();
        let waiting = match tokio::task::spawn_blocking(move || looking.waiting()).await {
            Ok(Ok(waiting)) => waiting,
            Ok(Err(error)) => {
                tracing::error!("{}", with_causes(&error));
                continue;
            }
            Err(_) => return,
        };
        for waiting in waiting {
            let Some(orders) = curator.upgrade() else { return };
            // One that is told twice, because it was not taken away in time, is done once.
            if orders.send(Order::Asked(waiting.request, Asker::Inbox(waiting.file))).await.is_err()
            {
                return;
            }
        }
    }
}

fn watch_inbox(
    inbox: &Inbox,
    wake: mpsc::Sender<()>,
) -> Result<notify::RecommendedWatcher, String> {
    inbox.make().map_err(|error| with_causes(&error))?;
    let arrived = |event: notify::Event| {
        let is_request = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "json");
        !event.kind.is_access() && !event.kind.is_remove() && event.paths.iter().any(is_request)
    };
    let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(arrived) {
            // A full channel wakes us already.
            let _ = wake.try_send(());
        }
    });
    let mut watcher = watcher.map_err(|error| error.to_string())?;
    watcher
        .watch(inbox.folder(), RecursiveMode::NonRecursive)
        .map_err(|error| error.to_string())?;
    Ok(watcher)
}
