//! One poll: fetch, read, normalise and judge a source's document. The results go to the curator; nothing is written here.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use url::Url;

use crate::fetch::{Caching, FetchError, FetchRequest, Fetched};
use crate::health::{self, PageSigns};
use crate::model::due::{Wait, Wishes};
use crate::model::entry::{Entry, ParsedFeed};
use crate::model::identity::{Fingerprint, Identity, digest, fingerprint, identities};
use crate::model::lang::Lang;
use crate::model::moving::{Moves, Route};
use crate::model::source::{Source, SourceAddress, SourceKind, SourceState, Validators};
use crate::model::time::Timestamp;
use crate::model::url::{CanonicalUrl, WebUrl};
use crate::model::verdict::TopicVerdict;
use crate::model::websub::Advert;
use crate::read::{self, ReadError, ReadOptions, charset, listing};
use crate::run::clock::Clock;
use crate::run::desk::Desk;
use crate::run::sitemap::{self, GatherError, Gathered, Reading};
use crate::run::websub::Document;
use crate::stories::{Traits, distinct_urls};

/// So many entries of one document are compared with others by what they speak of; the rest, of which no newsroom writes as many, by page and headline.
pub const COMPARED: usize = 500;

/// A source that is due, with what we remember of it.
#[derive(Debug, Clone)]
pub struct Job {
    /// The source.
    pub source: Arc<Source>,
    /// What we remember of it.
    pub state: SourceState,
}

/// What came of a poll.
#[derive(Debug)]
pub struct Poll {
    /// The source.
    pub source: Arc<Source>,
    /// What we remembered before.
    pub state: SourceState,
    /// When it was polled.
    pub at: Timestamp,
    /// The rules its entries were judged by.
    pub rules: Arc<str>,
    /// What it told.
    pub outcome: PollOutcome,
    /// What else it showed, by which its health is judged.
    pub seen: Seen,
}

/// What a poll shows besides what a source told.
#[derive(Debug, Default)]
pub struct Seen {
    /// Where the server says that the source has moved for good.
    pub moved_to: Option<Url>,
    /// What the web page tells that came in place of a document.
    pub page: Option<PageSigns>,
    /// The encoding of the document, if it was guessed.
    pub guessed_encoding: Option<&'static str>,
    /// What of a listing page is no longer where it was, in words.
    pub layout: Option<String>,
    /// Which way the request went.
    pub route: Route,
    /// How long the answer took, waiting for our own limits left out; `None` if there was none.
    pub took: Option<Duration>,
}

/// What a source told at a poll.
#[derive(Debug)]
pub enum PollOutcome {
    /// It holds what it held; the validators are the newest.
    Unchanged {
        /// What to ask with next time.
        validators: Validators,
        /// How long the server calls its answer fresh.
        fresh_for: Option<Duration>,
        /// Bytes received.
        received_bytes: u64,
    },
    /// It holds this.
    Read(Box<ReadDocument>),
    /// Its hub sent this, which may be only what is new; `None`: what was sent is no feed.
    Pushed(Option<Box<ReadDocument>>),
    /// It told nothing.
    Failed {
        /// A short word a machine can sort by.
        class: String,
        /// One line for people.
        message: String,
        /// Whether trying again soon makes sense.
        transient: bool,
        /// `Retry-After`, if the server asks us to wait.
        retry_after: Option<Wait>,
        /// Whether the server said that the source is gone for good.
        gone: bool,
        /// Bytes received.
        received_bytes: u64,
    },
}

impl PollOutcome {
    /// Bytes received, as on the wire.
    pub fn received_bytes(&self) -> u64 {
        match self {
            PollOutcome::Read(document) | PollOutcome::Pushed(Some(document)) => {
                document.received_bytes
            }
            PollOutcome::Pushed(None) => 0,
            PollOutcome::Unchanged { received_bytes, .. }
            | PollOutcome::Failed { received_bytes, .. } => *received_bytes,
        }
    }
}

/// A document as read, each entry ready to be stored.
#[derive(Debug)]
pub struct ReadDocument {
    /// What to ask with next time.
    pub validators: Validators,
    /// How long the server calls its answer fresh.
    pub fresh_for: Option<Duration>,
    /// What the document asks of those who poll it.
    pub wishes: Wishes,
    /// Bytes received.
    pub received_bytes: u64,
    /// The digest of the body.
    pub body_digest: [u8; 16],
    /// The feed's title.
    pub title: Option<String>,
    /// The feed's language.
    pub language: Option<Lang>,
    /// The feed's home page.
    pub home: Option<WebUrl>,
    /// What it says of being told about its changes.
    pub advert: Advert,
    /// For an index of sitemaps: to which change of them it was read.
    pub read_to: Option<Timestamp>,
    /// What the reader repaired or gave up, in words.
    pub notes: Vec<String>,
    /// The entries in document order, copies left out.
    pub entries: Vec<ReadEntry>,
}

/// An entry with all that pure functions know of it.
#[derive(Debug)]
pub struct ReadEntry {
    /// By what the source knows it.
    pub identity: Identity,
    /// What we keep of it, digested.
    pub fingerprint: Fingerprint,
    /// As read.
    pub entry: Entry,
    /// Its language.
    pub language: Option<Lang>,
    /// Its page, if no other entry of the document has the same.
    pub url: Option<CanonicalUrl>,
    /// Its folded headline.
    pub headline_key: String,
    /// What its headline speaks of, if some feed may show it.
    pub traits: Option<Traits>,
    /// What the topics say.
    pub verdicts: Vec<TopicVerdict>,
}

/// Polls a source; `reading` has a place for each document that may be read at once.
///
/// One that has moved for good is asked at its new address; now and then at its old one, and if that tells nothing, at the new one all the same.
pub async fn poll(job: Job, desk: Arc<Desk>, clock: Clock, reading: Arc<Semaphore>) -> Poll {
    let Job { source, state } = job;
    let rules = Arc::clone(&desk.rules_digest);
    let is_here = state.address == source.address.to_string();
    let moves = if is_here { state.moves.clone() } else { Moves::default() };
    let adopted = moves.adopted().and_then(|to| Url::parse(to).ok());
    let start = moves.start(state.failures, clock.now());
    let asks_old = adopted.is_some() && start.is_none();
    let mut answer = ask(&source, &state, start, asks_old, &desk, clock, &reading).await;
    if asks_old && matches!(answer.outcome, PollOutcome::Failed { .. }) {
        answer = ask(&source, &state, adopted, false, &desk, clock, &reading).await;
    }
    let Answer { outcome, seen } = answer;
    Poll { source, state, at: clock.now(), rules, outcome, seen }
}

/// What one request told.
struct Answer {
    outcome: PollOutcome,
    seen: Seen,
}

/// Asks a source at its new address, if one is given. `afresh`: the validators are of another address.
async fn ask(
    source: &Arc<Source>,
    state: &SourceState,
    moved_to: Option<Url>,
    afresh: bool,
    desk: &Arc<Desk>,
    clock: Clock,
    reading: &Arc<Semaphore>,
) -> Answer {
    // Another address starts without validators: they belong to the old one. Unless the curator has written down what the source said.
    let address = source.address.to_string();
    let same_address = state.address == address || state.moves.adopted() == Some(address.as_str());
    let from_adopted = moved_to.is_some();
    // One that is polled where it has moved to has moved still.
    let had_moved = moved_to.clone();
    let knows = same_address && !afresh;
    let request = FetchRequest {
        source_key: source.key.clone(),
        address: source.address.clone(),
        moved_to,
        proxy: source.proxy.clone(),
        validators: if knows { state.validators.clone() } else { Validators::default() },
        headers: source.headers.clone(),
        timeout: source.timeout,
        now: clock.now(),
    };
    if let Some(outcome) = refused(desk, source, request.moved_to.as_ref(), request.now).await {
        return Answer { outcome, seen: Seen::default() };
    }
    let fetched = desk.fetcher.fetch(&request).await;
    let at = clock.now();
    let mut seen = Seen::default();
    let route = |final_url: &Url, moved_to: &Option<Url>| Route {
        from_adopted,
        redirected: final_url.as_str() != address,
        moved_to: moved_to.clone(),
    };
    match fetched {
        Err(error) => {
            seen.route.from_adopted = from_adopted;
            Answer { outcome: failed(&error, at), seen }
        }
        Ok(Fetched::NotModified { validators, caching, final_url, permanent_redirect, took }) => {
            let fresh_for = caching.fresh_for;
            seen.route = route(&final_url, &permanent_redirect);
            seen.moved_to = permanent_redirect.or(had_moved);
            seen.took = Some(took);
            Answer {
                outcome: PollOutcome::Unchanged { validators, fresh_for, received_bytes: 0 },
                seen,
            }
        }
        Ok(Fetched::Body {
            bytes,
            content_type,
            final_url,
            permanent_redirect,
            validators,
            caching,
            advert,
            received_bytes,
            took,
            notes,
        }) => {
            seen.route = route(&final_url, &permanent_redirect);
            seen.moved_to = permanent_redirect.or(had_moved);
            seen.took = Some(took);
            let body = Body {
                bytes,
                content_type,
                final_url,
                validators,
                caching,
                advert,
                received_bytes,
                notes,
            };
            let known_digest = state.body_digest.filter(|_| same_address);
            let gathered = match &source.kind {
                SourceKind::Feed | SourceKind::Page(_) => None,
                SourceKind::Sitemap => {
                    match gather(desk, source, state, same_address, &body, at).await {
                        Ok(gathered) => Some(gathered),
                        Err(outcome) => return Answer { outcome, seen },
                    }
                }
            };
            let last_success = state.last_success.filter(|_| same_address);
            let (source, desk) = (Arc::clone(source), Arc::clone(desk));
            // More at once than there are processors would only hold more memory. It is never closed.
            let place = Arc::clone(reading).acquire_owned().await;
            // Reading takes longer than the runtime may be kept waiting.
            let read = tokio::task::spawn_blocking(move || {
                let _place = place;
                let known = Known { digest: known_digest, at, last_success };
                let outcome = read_body(&source, &desk, body, gathered, known, &mut seen);
                (outcome, seen)
            });
            let internal = |_| PollOutcome::Failed {
                class: "internal".into(),
                message: "reading the document failed inside tidings; please report this feed"
                    .into(),
                transient: true,
                retry_after: None,
                gone: false,
                received_bytes: 0,
            };
            let (outcome, seen) =
                read.await.unwrap_or_else(|error| (internal(error), Seen::default()));
            Answer { outcome, seen }
        }
    }
}

/// Why a page may not be polled: its site does not want programs there. Feeds and sitemaps are made for them.
async fn refused(
    desk: &Desk,
    source: &Source,
    moved_to: Option<&Url>,
    now: Timestamp,
) -> Option<PollOutcome> {
    let (SourceKind::Page(_), SourceAddress::Web(url)) = (&source.kind, &source.address) else {
        return None;
    };
    let url = moved_to.unwrap_or(url);
    match desk.site_rules.of(&desk.fetcher, url, now).await {
        Ok(rules) if rules.allows(url) => None,
        Ok(_) => Some(PollOutcome::Failed {
            class: "robots".to_owned(),
            message: "the site's robots.txt does not let programs read this page".to_owned(),
            transient: false,
            retry_after: None,
            gone: false,
            received_bytes: 0,
        }),
        Err(error) => {
            let mut outcome = failed(&error, now);
            if let PollOutcome::Failed { message, transient, .. } = &mut outcome {
                *message = format!("cannot ask the site's robots.txt: {message}");
                *transient = true;
            }
            Some(outcome)
        }
    }
}

/// Reads a sitemap, and what it names of others; `Err` is what came of the poll if there is nothing to take in.
async fn gather(
    desk: &Desk,
    source: &Source,
    state: &SourceState,
    same_address: bool,
    body: &Body,
    now: Timestamp,
) -> Result<Gathered, PollOutcome> {
    let reading = Reading {
        fetcher: &desk.fetcher,
        source_key: &source.key,
        headers: &source.headers,
        timeout: source.timeout,
        zone: source.zone,
        encoding: source.encoding.as_deref(),
        now,
        read_to: state.read_to.filter(|_| same_address),
    };
    let (bytes, content_type) = (body.bytes.clone(), body.content_type.clone());
    match sitemap::gather(reading, bytes, content_type, body.final_url.clone()).await {
        Ok(gathered) => Ok(gathered),
        Err(GatherError::Unchanged) => Err(PollOutcome::Unchanged {
            // Each sitemap of an index has its own; that of the index itself would hide that one of them has changed.
            validators: Validators::default(),
            fresh_for: body.caching.fresh_for,
            received_bytes: body.received_bytes,
        }),
        Err(GatherError::Fetch(error)) => Err(failed(&error, now)),
        Err(GatherError::Read(error)) => Err(unread(&error, body.received_bytes)),
    }
}

fn unread(error: &ReadError, received_bytes: u64) -> PollOutcome {
    PollOutcome::Failed {
        class: error.class().to_owned(),
        message: error.to_string(),
        transient: true,
        retry_after: None,
        gone: false,
        received_bytes,
    }
}

/// A source that was polled so lately is not asked again because of what a hub sent.
const LATELY: Duration = Duration::from_secs(30);

/// Takes a document that a hub sent as if the source had been polled. What is no feed (some hubs only say that there is something new) makes us ask the
/// source itself, if it was not asked a moment ago and does not want to be left alone.
pub async fn pushed(
    job: Job,
    document: Document,
    desk: Arc<Desk>,
    clock: Clock,
    reading: Arc<Semaphore>,
) -> Poll {
    let Document { content_type, bytes, base, room } = document;
    let at = clock.now();
    let final_url = base.or_else(|| match &job.source.address {
        SourceAddress::Web(url) => Some(url.clone()),
        SourceAddress::File(_) => None,
    });
    let read = match final_url {
        Some(final_url) if !bytes.is_empty() => {
            let body = Body {
                received_bytes: bytes.len() as u64,
                bytes,
                content_type,
                final_url,
                validators: Validators::default(),
                caching: Caching::default(),
                advert: Advert::default(),
                notes: Vec::new(),
            };
            let (source, desk) = (Arc::clone(&job.source), Arc::clone(&desk));
            let place = Arc::clone(&reading).acquire_owned().await;
            let known = Known { digest: None, at, last_success: job.state.last_success };
            let read = tokio::task::spawn_blocking(move || {
                let _place = (place, room);
                read_body(&source, &desk, body, None, known, &mut Seen::default())
            });
            read.await.ok()
        }
        Some(_) | None => None,
    };
    let rules = Arc::clone(&desk.rules_digest);
    let outcome = match read {
        Some(PollOutcome::Read(document)) => PollOutcome::Pushed(Some(document)),
        Some(_) | None => {
            let may_ask = !job.state.gone
                && job.state.not_before.is_none_or(|due| due.at <= clock.now())
                && job.state.last_polled.is_none_or(|last| at.since(last) >= LATELY);
            if may_ask {
                return poll(job, desk, clock, reading).await;
            }
            PollOutcome::Pushed(None)
        }
    };
    let Job { source, state } = job;
    Poll { source, state, at, rules, outcome, seen: Seen::default() }
}

fn failed(error: &FetchError, at: Timestamp) -> PollOutcome {
    PollOutcome::Failed {
        class: error.class(),
        message: error.reason.to_string(),
        transient: error.is_transient(),
        retry_after: error.retry_after().map(|(status, wait)| Wait {
            status,
            wait,
            until: at + wait,
        }),
        gone: error.gone(),
        received_bytes: 0,
    }
}

/// What is known of a source from before.
struct Known {
    /// The digest of the last body.
    digest: Option<[u8; 16]>,
    /// The moment of this poll.
    at: Timestamp,
    /// When it was last read.
    last_success: Option<Timestamp>,
}

/// A body as fetched.
struct Body {
    bytes: Vec<u8>,
    content_type: Option<String>,
    final_url: Url,
    validators: Validators,
    caching: Caching,
    advert: Advert,
    received_bytes: u64,
    notes: Vec<String>,
}

/// Reads a body and prepares its entries; runs on a blocking thread.
fn read_body(
    source: &Source,
    desk: &Desk,
    body: Body,
    gathered: Option<Gathered>,
    known: Known,
    seen: &mut Seen,
) -> PollOutcome {
    let Body {
        bytes,
        content_type,
        final_url,
        validators,
        caching,
        advert: said,
        received_bytes,
        notes: odd,
    } = body;
    let body_digest = digest(&[&bytes]);
    if gathered.is_none() && known.digest == Some(body_digest) {
        return PollOutcome::Unchanged { validators, fresh_for: caching.fresh_for, received_bytes };
    }
    let options = ReadOptions {
        content_type: content_type.as_deref(),
        base: Some(&final_url),
        zone: source.zone,
        encoding: source.encoding.as_deref(),
        ..ReadOptions::default()
    };
    let mut read_to = None;
    let mut received_bytes = received_bytes;
    let mut validators = validators;
    let read = match (gathered, &source.kind) {
        (Some(gathered), _) => {
            read_to = gathered.read_to;
            received_bytes += gathered.received_bytes;
            if gathered.is_index {
                // See `gather`.
                validators = Validators::default();
            }
            Ok(gathered.feed)
        }
        (None, SourceKind::Page(selectors)) => {
            listing::read_page(&bytes, &options, selectors, Some(known.at))
        }
        (None, SourceKind::Feed | SourceKind::Sitemap) => read::read(&bytes, &options),
    };
    let feed = match read {
        Ok(feed) => feed,
        Err(error) => {
            seen.page = page_signs(source, &error, &bytes, content_type.as_deref(), &final_url);
            let mut outcome = unread(&error, received_bytes);
            if let (PollOutcome::Failed { class, message, .. }, Some(last)) =
                (&mut outcome, known.last_success)
                && class == "layout"
            {
                *message = format!(
                    "the layout of the page has changed: {message}; the last list was read at {last}"
                );
                seen.layout = Some(message.clone());
            }
            return outcome;
        }
    };
    let ParsedFeed {
        format: _,
        title,
        link,
        language,
        wishes,
        advert,
        entries,
        notes,
        guessed_encoding,
    } = feed;
    seen.guessed_encoding = guessed_encoding;
    let entries = prepare(source, desk, language.as_ref(), entries);
    PollOutcome::Read(Box::new(ReadDocument {
        validators,
        fresh_for: caching.fresh_for,
        wishes,
        received_bytes,
        body_digest,
        title: title.map(|title| title.as_str().to_owned()),
        language,
        home: link,
        advert: said.or(advert),
        read_to,
        notes: odd
            .into_iter()
            .chain(notes.iter().map(ToString::to_string))
            .take(NOTES_KEPT)
            .collect(),
        entries,
    }))
}

/// What the web page tells that stands where a document was; `None` if it is none.
fn page_signs(
    source: &Source,
    error: &ReadError,
    bytes: &[u8],
    content_type: Option<&str>,
    landed: &Url,
) -> Option<PageSigns> {
    match error {
        ReadError::WebPage => {}
        ReadError::OtherXml { root } if root.eq_ignore_ascii_case("html") => {}
        ReadError::Empty
        | ReadError::NotAFeed
        | ReadError::OtherXml { .. }
        | ReadError::OtherJson
        | ReadError::Json { .. }
        | ReadError::TooDeep
        | ReadError::NoListing
        | ReadError::NothingSelected { .. }
        | ReadError::BadSelector { .. }
        | ReadError::NoHeadlines
        | ReadError::Truncated => return None,
    }
    let asked = match &source.address {
        SourceAddress::Web(url) => url.host_str(),
        SourceAddress::File(_) => None,
    };
    // What tells a parked domain stands at the beginning.
    let head = bytes.get(..PAGE_BYTES).unwrap_or(bytes);
    let decoded = charset::decode(head, content_type, None, landed.host_str());
    Some(health::signs(&decoded.text, asked, landed.host_str(), landed.path()))
}

/// So many bytes of a web page are looked at.
const PAGE_BYTES: usize = 256 * 1024;

/// So many notes of one document are kept: enough to see what is wrong with it.
const NOTES_KEPT: usize = 20;

/// Normalises and judges a document's entries; of copies the first stays.
fn prepare(
    source: &Source,
    desk: &Desk,
    language: Option<&Lang>,
    entries: Vec<Entry>,
) -> Vec<ReadEntry> {
    let identities = identities(&entries);
    let pages = identities
        .iter()
        .zip(&entries)
        .map(|(identity, entry)| (*identity, entry.link.as_ref().map(WebUrl::canonical)));
    let urls = distinct_urls(pages);
    let mut seen = HashSet::with_capacity(entries.len());
    let mut prepared = Vec::with_capacity(entries.len());
    for ((entry, identity), url) in entries.into_iter().zip(identities).zip(urls) {
        if !seen.insert(identity) {
            continue;
        }
        let normalised = desk.normalise(&entry);
        let language = desk.language_of(source, language, &entry);
        let verdicts = desk.judge(source, &entry, &normalised, language.as_ref());
        prepared.push(ReadEntry {
            identity,
            fingerprint: fingerprint(&entry),
            url,
            traits: if prepared.len() < COMPARED {
                desk.traits_of_kept(&entry, &verdicts)
            } else {
                None
            },
            headline_key: normalised.headline_key,
            entry,
            language,
            verdicts,
        });
    }
    prepared
}
