//! WebSub: owns who tells us of changes and whom we tell, and sends the messages. What comes in from hubs and subscribers meets it on other threads,
//! behind a short lock; what has to outlive the process goes to the curator, which writes.
//!
//! `subscriptions` are ours, `announcements` go to hubs, and `hub` is the small hub of this program: three books without clock or network, and
//! this file, which has both.

mod announcements;
mod hub;
mod send;
mod subscriptions;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ring::rand::{SecureRandom, SystemRandom};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::{Host, Url};

use crate::config::Config;
use crate::fetch::guard;
use crate::model::edition::Artifact;
use crate::model::source::{Secret, Source, SourceAddress, SourceKey, SourceKind, SourceState};
use crate::model::time::Timestamp;
use crate::model::websub::{Advert, Change, Remembered, Standing};
use crate::run::clock::Clock;
use crate::run::curator::Order;
use crate::run::desk::Desk;
use crate::serve::websub::{Asked, Exchange, Push, Pushed, Told};
use crate::websub::form;
use crate::websub::signature::is_signed;
use announcements::{Announcements, Version};
use hub::Hub;
use send::{Done, Job};
use subscriptions::{Reply, Subscriptions, Wish};

/// So many hints wait for the scheduler at most.
const HINTS: usize = 32;
/// How long messages under way may take to end once the service stops.
const LAST_MESSAGES: Duration = Duration::from_secs(10);

/// What the scheduler is told besides reports.
#[derive(Debug)]
pub enum Hint {
    /// A hub tells of this source's changes until then; `None`: no more.
    Live(SourceKey, Option<Timestamp>),
    /// A hub sent a document of this source.
    Pushed(SourceKey, Document),
}

/// A document that a hub sent.
#[derive(Debug)]
pub struct Document {
    /// Its type as stated.
    pub content_type: Option<String>,
    /// The document.
    pub bytes: Vec<u8>,
    /// What its relative links are relative to.
    pub base: Option<Url>,
    /// Its share of the memory that documents may take while they wait.
    pub room: Option<OwnedSemaphorePermit>,
}

/// A document as published.
#[derive(Debug, Clone)]
pub struct Topic {
    /// Its address.
    pub address: String,
    /// What it is; `None` if what it should be could not be published.
    pub artifact: Option<Artifact>,
    /// Whether there is nothing in it.
    pub is_empty: bool,
}

/// Owns subscriptions, announcements and the hub.
pub struct Switchboard {
    book: Mutex<Book>,
    /// Something is to be done.
    wake: Notify,
    clock: Clock,
    hints: mpsc::Sender<Hint>,
    /// How much waiting documents may take together, in KiB.
    room: Arc<Semaphore>,
    random: SystemRandom,
}

struct Book {
    desk: Arc<Desk>,
    /// Where hubs reach us, if they do.
    callback: Option<Url>,
    /// What sources said of being told about, as far as they said anything.
    adverts: HashMap<SourceKey, Said>,
    subscriptions: Subscriptions,
    announcements: Announcements,
    hub: Hub,
    /// Told to the scheduler when it has room.
    live: Vec<(SourceKey, Option<Timestamp>)>,
}

/// What a source said, and where it was then.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Said {
    address: String,
    advert: Advert,
}

impl Switchboard {
    /// Goes on with what is remembered. The receiver is the scheduler's.
    pub fn new(
        desk: &Arc<Desk>,
        clock: Clock,
        remembered: Remembered,
        states: &HashMap<SourceKey, SourceState>,
    ) -> (Arc<Switchboard>, mpsc::Receiver<Hint>) {
        let now = clock.now();
        let (hints, hinted) = mpsc::channel(HINTS);
        let room_kib = 2 * desk.config.fetch.max_body_bytes / 1024 + 64;
        let mut book = Book {
            desk: Arc::clone(desk),
            callback: callback(&desk.config),
            adverts: HashMap::new(),
            subscriptions: Subscriptions::new(remembered.subscriptions, now),
            announcements: Announcements::new(remembered.announced),
            hub: Hub::new(remembered.subscribers),
            live: Vec::new(),
        };
        book.hub.set_open(desk.config.websub.own_hub.is_some());
        for (key, state) in states {
            book.hear(key, state);
        }
        let switchboard = Switchboard {
            book: Mutex::new(book),
            wake: Notify::new(),
            clock,
            hints,
            room: Arc::new(Semaphore::new(usize::try_from(room_kib).unwrap_or(1 << 20))),
            random: SystemRandom::new(),
        };
        (Arc::new(switchboard), hinted)
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        // Each change is whole before the next begins; a panic between two leaves what was.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A text of random bytes that nobody guesses; `None` if the system gives none.
    fn secret(&self, bytes: usize) -> Option<Secret> {
        let mut random = vec![0; bytes];
        self.random.fill(&mut random).ok()?;
        Some(Secret::new(random.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    /// A source was polled: it may have said something of hubs.
    pub fn heard(&self, source: &SourceKey, state: &SourceState) {
        let mut book = self.book();
        if book.hear(source, state) {
            self.follow(&mut book, source);
            self.wake.notify_one();
        }
    }

    /// Wishes for a source what it and the configuration say.
    fn follow(&self, book: &mut Book, source: &SourceKey) {
        let wish = book.wish(source);
        book.subscriptions.follow(source, wish, self.clock.now(), || self.secret(24));
    }

    /// Follows another configuration.
    fn reconfigure(&self, desk: Arc<Desk>) {
        let mut book = self.book();
        book.callback = callback(&desk.config);
        book.hub.set_open(desk.config.websub.own_hub.is_some());
        book.desk = desk;
        let mut sources = book.subscriptions.sources();
        sources.extend(book.adverts.keys().cloned());
        for source in sources {
            self.follow(&mut book, &source);
        }
    }

    /// These documents are published now, and no others.
    pub fn published(&self, desk: &Desk, topics: Vec<Topic>) {
        let websub = &desk.config.websub;
        let is_foreign = |hub: &&String| websub.own_hub.as_ref() != Some(*hub);
        let hubs = websub.hubs.iter().filter(is_foreign).cloned().collect();
        let version = |topic: &Topic| match &topic.artifact {
            Some(artifact) if topic.is_empty => Version::Empty(artifact.etag.clone()),
            Some(artifact) => Version::Of(artifact.etag.clone()),
            None => Version::Unknown,
        };
        let versions = topics.iter().map(|topic| (topic.address.clone(), version(topic)));
        let mut book = self.book();
        book.announcements.published(versions.collect(), hubs);
        let artifacts: BTreeMap<String, Option<Artifact>> =
            topics.into_iter().map(|topic| (topic.address, topic.artifact)).collect();
        book.hub.published(artifacts);
        drop(book);
        self.wake.notify_one();
    }

    /// Works until stopped: asks hubs, tells them, and is one. Messages under way are waited for, for a while; what then is not known to have
    /// arrived is sent again after the next start.
    pub async fn work(
        self: Arc<Self>,
        orders: mpsc::Sender<Order>,
        mut desks: watch::Receiver<Arc<Desk>>,
        finish: CancellationToken,
    ) {
        let desk = Arc::clone(&desks.borrow_and_update());
        self.reconfigure(desk);
        let mut sent = JoinSet::new();
        loop {
            if !self.keep(&orders).await {
                return;
            }
            self.hint().await;
            let (jobs, next) = self.plan();
            let planned = !jobs.is_empty();
            for job in jobs {
                let (desk, clock) = (Arc::clone(&self.book().desk), self.clock);
                let challenge = self.secret(24);
                sent.spawn(async move { send::send(job, &desk, clock, challenge).await });
            }
            if planned {
                // That they are under way is to be kept, too.
                continue;
            }
            tokio::select! {
                () = finish.cancelled() => break,
                () = self.wake.notified() => {}
                () = sleep_until(self.clock, next) => {}
                Some(done) = sent.join_next() => self.done(done.ok()),
                changed = desks.changed() => match changed {
                    Ok(()) => {
                        let desk = Arc::clone(&desks.borrow_and_update());
                        self.reconfigure(desk);
                    }
                    // The curator has ended.
                    Err(_) => return,
                },
            }
        }
        let last = async {
            while let Some(done) = sent.join_next().await {
                self.done(done.ok());
            }
        };
        let _ = tokio::time::timeout(LAST_MESSAGES, last).await;
        self.keep(&orders).await;
    }

    /// Tells hubs of changes once, without waiting for those that cannot be told now, and gives what is to be kept.
    pub async fn announce_once(&self) -> Vec<Change> {
        let mut sent = JoinSet::new();
        loop {
            let (desk, pings) = {
                let mut book = self.book();
                (Arc::clone(&book.desk), book.announcements.due(self.clock.now()))
            };
            for ping in pings {
                let (desk, clock) = (Arc::clone(&desk), self.clock);
                sent.spawn(async move { send::send(Job::Tell(ping), &desk, clock, None).await });
            }
            match sent.join_next().await {
                Some(done) => self.done(done.ok()),
                None => return self.book().announcements.take_changes(),
            }
        }
    }

    /// Hands what is to be kept to the curator; `false` if it has ended.
    async fn keep(&self, orders: &mpsc::Sender<Order>) -> bool {
        let mut changes = Vec::new();
        {
            let mut book = self.book();
            changes.extend(book.subscriptions.take_changes());
            changes.extend(book.announcements.take_changes());
            changes.extend(book.hub.take_changes());
        }
        changes.is_empty() || orders.send(Order::Websub(changes)).await.is_ok()
    }

    /// Tells the scheduler who is told about.
    async fn hint(&self) {
        let live = {
            let mut book = self.book();
            let told = book.subscriptions.take_told();
            book.live.extend(told);
            std::mem::take(&mut book.live)
        };
        for (source, until) in live {
            // It has ended: the service stops.
            if self.hints.send(Hint::Live(source, until)).await.is_err() {
                return;
            }
        }
    }

    /// What is to be sent now, and when to look again.
    fn plan(&self) -> (Vec<Job>, Option<Timestamp>) {
        let now = self.clock.now();
        let mut book = self.book();
        let mut jobs = Vec::new();
        if let Some(callback) = book.callback.clone() {
            let requests = book.subscriptions.due(now);
            jobs.extend(requests.into_iter().map(|request| Job::Ask(request, callback.clone())));
        }
        jobs.extend(book.announcements.due(now).into_iter().map(Job::Tell));
        jobs.extend(book.hub.due(now).into_iter().map(Job::Serve));
        let asking = book.callback.as_ref().and_then(|_| book.subscriptions.next());
        let next = [asking, book.announcements.next(), book.hub.next()];
        (jobs, next.into_iter().flatten().min())
    }

    fn done(&self, done: Option<Done>) {
        let now = self.clock.now();
        let mut book = self.book();
        match done {
            Some(Done::Asked(id, outcome)) => book.subscriptions.answered(&id, outcome, now),
            Some(Done::Told(ping, outcome)) => book.announcements.told(ping, outcome, now),
            Some(Done::Served(errand, outcome)) => book.hub.done(errand, outcome, now),
            None => tracing::error!("a message failed inside tidings; please report this"),
        }
    }
}

async fn sleep_until(clock: Clock, at: Option<Timestamp>) {
    match at {
        Some(at) => clock.sleep_until(at).await,
        None => std::future::pending().await,
    }
}

impl std::fmt::Debug for Switchboard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Switchboard").finish_non_exhaustive()
    }
}

impl Book {
    /// Remembers what a source said; whether that is something new.
    fn hear(&mut self, source: &SourceKey, state: &SourceState) -> bool {
        let is_told = !state.gone && !state.advert.hubs.is_empty();
        let said =
            is_told.then(|| Said { address: state.address.clone(), advert: state.advert.clone() });
        match said {
            Some(said) if self.adverts.get(source) == Some(&said) => false,
            Some(said) => {
                self.adverts.insert(source.clone(), said);
                true
            }
            None => self.adverts.remove(source).is_some(),
        }
    }

    /// What a source and the configuration say of being told about its changes.
    fn wish(&self, key: &SourceKey) -> Option<Wish> {
        self.callback.as_ref()?;
        let source: &Source = self.desk.sources.get(key).filter(|source| source.websub)?;
        // What a hub sends of a page is a page, not what is new in it.
        let (SourceAddress::Web(url), SourceKind::Feed) = (&source.address, &source.kind) else {
            return None;
        };
        let Said { address, advert } = self.adverts.get(key)?;
        if *address != source.address.to_string() {
            return None;
        }
        let base = advert.base.clone().unwrap_or_else(|| url.as_str().to_owned());
        // A publisher that does not say by what name hubs know it means the one it has.
        let topic = advert.topic.clone().unwrap_or_else(|| base.clone());
        Some(Wish { hubs: advert.hubs.clone(), topic, base })
    }
}

/// Where hubs on the web reach this server; `None` if they do not: it does not listen, or its address is of this machine or network only.
fn callback(config: &Config) -> Option<Url> {
    config.server.listen?;
    if let Some(callback) = &config.websub.callback {
        return Some(callback.clone());
    }
    let url = &config.publish.base_url;
    let is_public = match url.host()? {
        Host::Ipv4(_) | Host::Ipv6(_) => guard::permitted_host(url, &[]).is_ok(),
        Host::Domain(name) => {
            let name = name.trim_end_matches('.');
            let last = name.rsplit('.').next().unwrap_or_default();
            name.contains('.') && !matches!(last, "localhost" | "local" | "internal" | "test")
        }
    };
    is_public.then(|| url.clone())
}

impl Exchange for Switchboard {
    fn told(&self, id: &str, query: &str) -> Told {
        let Some(word) = form::word(query) else { return Told::No };
        let reply = self.book().subscriptions.told(id, &word, self.clock.now());
        self.wake.notify_one();
        match reply {
            Reply::Echo(challenge) => Told::Yes(challenge),
            Reply::Noted => Told::Noted,
            Reply::No => Told::No,
        }
    }

    fn expects(&self, id: &str) -> Option<usize> {
        let book = self.book();
        let subscription = book.subscriptions.get(id)?;
        let is_wanted = !matches!(subscription.standing, Standing::Leaving)
            && book.desk.sources.contains_key(&subscription.source);
        is_wanted.then(|| usize::try_from(book.desk.config.fetch.max_body_bytes).unwrap_or(1 << 24))
    }

    fn pushed(&self, id: &str, push: Push) -> Pushed {
        let (source, secret, base) = {
            let book = self.book();
            let Some(subscription) = book.subscriptions.get(id) else { return Pushed::Gone };
            let base = Url::parse(&subscription.base).ok();
            (subscription.source.clone(), subscription.secret.clone(), base)
        };
        let Push { content_type, signature, body } = push;
        // Outside the lock: a large document takes a while.
        let is_genuine =
            signature.is_some_and(|signature| is_signed(secret.reveal(), &body, &signature));
        if is_genuine {
            let kib = u32::try_from(body.len() / 1024 + 1).unwrap_or(u32::MAX);
            let Ok(room) = Arc::clone(&self.room).try_acquire_many_owned(kib) else {
                return Pushed::Busy;
            };
            let bytes = body.to_vec();
            let document = Document { content_type, bytes, base, room: Some(room) };
            if self.hints.try_send(Hint::Pushed(source, document)).is_err() {
                return Pushed::Busy;
            }
        }
        self.book().subscriptions.pushed(id, is_genuine, self.clock.now());
        self.wake.notify_one();
        // A wrong signature is answered like a right one: nobody shall find out by trying.
        Pushed::Taken
    }

    fn is_hub(&self) -> bool {
        self.book().hub.is_open()
    }

    fn asked(&self, body: &[u8]) -> Asked {
        let request = match form::request(body) {
            Ok(request) => request,
            Err(wrong) => return Asked::Wrong(wrong),
        };
        let reply = self.book().hub.asked(request, self.clock.now());
        self.wake.notify_one();
        match reply {
            hub::Reply::Accepted => Asked::Accepted,
            hub::Reply::NoSuchTopic => Asked::NoSuchTopic,
            hub::Reply::TooMany => Asked::TooMany,
        }
    }
}
