//! The stages put together: the service, and a single round of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::publish::files;
use crate::run::clock::Clock;
use crate::run::curator::{Curator, Listeners, Order, REFUSED, Report, UNPUBLISHED};
use crate::run::decide;
use crate::run::desk::Desk;
use crate::run::door::Door;
use crate::run::encoding::Encoding;
use crate::run::error::{RunError, with_causes};
use crate::run::publisher::{Published, Publisher, Refused, When};
use crate::run::reload::{self, Edit};
use crate::run::scheduler::{Mode, Round, Scheduler};
use crate::run::shutdown::Shutdown;
use crate::run::views;
use crate::run::websub::{Hint, Switchboard};
use crate::serve::metrics::Metrics;
use crate::serve::shelf::{Contents, Shelf};
use crate::serve::{ServeOptions, Site};
use crate::store::inbox::Inbox;
use crate::store::{Store, StoreReader, sqlite};

/// So many polls wait for the curator at most; then polling waits too.
const QUEUE: usize = 64;

/// What a single round did.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Summary {
    /// Sources polled.
    pub polled: usize,
    /// Of those, the ones that failed.
    pub failed: usize,
    /// Entries seen for the first time.
    pub new: usize,
    /// Of those, the ones that joined a story.
    pub merged: usize,
    /// Documents whose bytes changed.
    pub published: usize,
    /// Documents that could not be written.
    pub not_written: usize,
    /// How long it took.
    pub seconds: f64,
}

/// What a round tells while it goes on.
#[derive(Debug)]
pub enum Progress<'a> {
    /// So many sources will be polled.
    Planned(usize),
    /// One has been.
    Polled(&'a Report),
}

/// Polls every due source once, publishes, and ends.
///
/// # Errors
/// If the configuration is wrong, the store is in use or fails, or nothing can be published. A source that fails is part of the summary.
pub async fn once(
    config: &Path,
    round: Round,
    clock: Clock,
    stop: CancellationToken,
    mut told: impl FnMut(Progress<'_>),
) -> Result<Summary, RunError> {
    let begun = Instant::now();
    let path = config.to_owned();
    let desk = Arc::new(blocking(move || Desk::load(&path)).await??);
    if let Some(key) = round.only.iter().find(|key| !desk.sources.contains_key(*key)) {
        return Err(RunError::NoSuchSource { key: key.clone() });
    }
    let rooms = Rooms::open(Mode::Round(round), desk, clock, None, stop.clone()).await?;
    told(Progress::Planned(rooms.scheduler.planned()));
    let mut summary = Summary::default();
    rooms
        .scheduler
        .work(rooms.desks, rooms.orders, rooms.reports, rooms.hints, stop, |report| {
            told(Progress::Polled(report));
            summary.polled += 1;
            summary.failed += usize::from(report.state.error.is_some());
            summary.new += report.new;
            summary.merged += report.merged;
        })
        .await;
    let (mut store, published) = end(rooms.curator, rooms.publisher).await?;
    let told = rooms.switchboard.announce_once().await;
    if let Err(error) = blocking(move || store.keep_websub(&told)).await? {
        tracing::error!("{}", with_causes(&error));
    }
    summary.published = published.written;
    summary.not_written = published.failed;
    summary.seconds = begun.elapsed().as_secs_f64();
    Ok(summary)
}

/// What the service says once it runs.
#[derive(Debug, Clone)]
pub struct Running {
    /// Where it listens, if it does.
    pub address: Option<std::net::SocketAddr>,
    /// Sources configured.
    pub sources: usize,
    /// Feeds published.
    pub feeds: usize,
}

/// Runs the service until it is stopped.
///
/// # Errors
/// If the configuration is wrong at the start, the store is in use, the address is taken, or a part fails for good.
pub async fn serve(
    config: &Path,
    clock: Clock,
    shutdown: Shutdown,
    running: impl FnOnce(&Running),
) -> Result<(), RunError> {
    serve_on(config, None, clock, shutdown, running).await
}

/// Runs the service like [`serve`], on a listener that is there already, if one is.
///
/// # Errors
/// As [`serve`].
pub async fn serve_on(
    config: &Path,
    listener: Option<TcpListener>,
    clock: Clock,
    shutdown: Shutdown,
    running: impl FnOnce(&Running),
) -> Result<(), RunError> {
    tokio::select! {
        done = work(config, listener, clock, shutdown.finish.clone(), running) => done,
        () = shutdown.at_once.cancelled() => Ok(()),
    }
}

async fn work(
    config: &Path,
    listener: Option<TcpListener>,
    clock: Clock,
    finish: CancellationToken,
    running: impl FnOnce(&Running),
) -> Result<(), RunError> {
    let path = config.to_owned();
    let (desk, in_force) = blocking(move || {
        let in_force = reload::file_digest(&path).unwrap_or_default();
        Desk::load(&path).map(|desk| (Arc::new(desk), in_force))
    })
    .await??;
    // The store first: of two services with one configuration, the second should say that the first has it, not that a port is taken.
    let shelf = Arc::new(Shelf::new(Contents::starting(views::desk(&desk, &[]))));
    let filled = Some(Arc::clone(&shelf));
    let rooms =
        Rooms::open(Mode::Service, Arc::clone(&desk), clock, filled, finish.clone()).await?;
    let inbox = Inbox::beside(&desk.config.store.path);
    let lookup = views::Lookup::new(
        rooms.lookup,
        rooms.desks.clone(),
        clock,
        rooms.orders.downgrade(),
        config.to_owned(),
    );
    let switchboard = rooms.switchboard;
    let site = Site::new(shelf, rooms.metrics, Arc::new(lookup), ServeOptions::default())
        .with_exchange(switchboard.clone());
    let door = Door::open(Arc::new(site), listener, desk.config.server.listen).await?;
    running(&Running {
        address: door.address(),
        sources: desk.sources.len(),
        feeds: desk.config.feeds.len(),
    });
    let stop_serving = CancellationToken::new();
    let serving = tokio::spawn(door.keep(rooms.desks.clone(), stop_serving.clone()));
    // Not running under systemd is no error.
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);

    let (edits_in, edits) = mpsc::channel(1);
    let following = tokio::spawn(reload::follow(
        config.to_owned(),
        (in_force, Arc::clone(&desk)),
        edits_in,
        finish.clone(),
    ));
    let applying =
        tokio::spawn(apply(edits, desk, clock, rooms.orders.downgrade(), rooms.refusals));
    let watchdog = tokio::spawn(watchdog(finish.clone()));
    let listening = tokio::spawn(decide::listen(inbox, rooms.orders.downgrade(), finish.clone()));

    // It keeps what is under way, so the curator waits for it as for the scheduler.
    let orders = rooms.orders.clone();
    let telling =
        tokio::spawn(switchboard.clone().work(orders, rooms.desks.clone(), finish.clone()));

    rooms
        .scheduler
        .work(rooms.desks, rooms.orders, rooms.reports, rooms.hints, finish.clone(), |report| {
            switchboard.heard(&report.source, &report.state);
        })
        .await;
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
    following.abort();
    applying.abort();
    watchdog.abort();
    listening.abort();
    telling.await.map_err(|_| RunError::Ended { part: "switchboard" })?;
    end(rooms.curator, rooms.publisher).await?;
    stop_serving.cancel();
    serving.await.map_err(|_| RunError::Ended { part: "HTTP server" })?;
    if finish.is_cancelled() { Ok(()) } else { Err(RunError::Ended { part: "scheduler" }) }
}

/// Waits for the curator and the publisher, whose inputs have closed, and keeps what the last publishing could not do. The lock of the store is held
/// until then: no other process publishes meanwhile.
async fn end(
    curator: JoinHandle<Box<dyn Store>>,
    publisher: JoinHandle<Result<Published, RunError>>,
) -> Result<(Box<dyn Store>, Published), RunError> {
    let mut store = curator.await.map_err(|_| RunError::Ended { part: "curator" })?;
    let published = publisher.await.map_err(|_| RunError::Ended { part: "publisher" })??;
    let trouble = published.trouble.clone().unwrap_or_default();
    let (store, kept) = blocking(move || {
        let kept = store.set_fact(UNPUBLISHED, &trouble);
        (store, kept)
    })
    .await?;
    if let Err(error) = kept {
        tracing::error!("{}", with_causes(&error));
    }
    Ok((store, published))
}

/// Puts every valid edit in force, and says what is wrong with the others.
async fn apply(
    mut edits: mpsc::Receiver<Edit>,
    mut in_force: Arc<Desk>,
    clock: Clock,
    orders: mpsc::WeakSender<Order>,
    refusals: watch::Sender<Option<Refused>>,
) {
    while let Some(edit) = edits.recv().await {
        let Some(orders) = orders.upgrade() else { return };
        let refused = match edit {
            Edit::Valid(desk) => {
                for key in needs_restart(&in_force, &desk) {
                    tracing::warn!("{key} has changed; that takes effect after a restart");
                }
                in_force = Arc::clone(&desk);
                // The curator first, and it tells the others: what is published is judged by the rules it is chosen by.
                if orders.send(Order::Desk(desk)).await.is_err() {
                    return;
                }
                None
            }
            Edit::Invalid(report) => {
                tracing::error!(
                    "the configuration has changed but has errors; the last good one stays in force\n{report}"
                );
                Some(Refused { at: clock.now(), report })
            }
        };
        let words =
            refused.as_ref().map(|refused| format!("since {}:\n{}", refused.at, refused.report));
        if orders.send(Order::Refused(words)).await.is_err() {
            return;
        }
        refusals.send_replace(refused);
    }
}

/// The keys that changed but are read only at the start.
fn needs_restart(before: &Desk, after: &Desk) -> Vec<&'static str> {
    let (before, after) = (&before.config, &after.config);
    let mut keys = Vec::new();
    if before.store.path != after.store.path {
        keys.push("[store] path");
    }
    keys
}

/// Tells the service manager that we are alive, where it asks (`WatchdogSec=` of systemd.service).
async fn watchdog(stop: CancellationToken) {
    let Some(limit) = sd_notify::watchdog_enabled() else { return };
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(limit / 2) => {
                let _ = sd_notify::notify(&[sd_notify::NotifyState::Watchdog]);
            }
        }
    }
}

/// The parts, running and connected.
struct Rooms {
    scheduler: Scheduler,
    orders: mpsc::Sender<Order>,
    reports: mpsc::UnboundedReceiver<Report>,
    curator: JoinHandle<Box<dyn Store>>,
    publisher: JoinHandle<Result<Published, RunError>>,
    desks: watch::Receiver<Arc<Desk>>,
    refusals: watch::Sender<Option<Refused>>,
    metrics: Arc<Metrics>,
    /// For the pages that look something up.
    lookup: Box<dyn StoreReader>,
    switchboard: Arc<Switchboard>,
    hints: mpsc::Receiver<Hint>,
}

impl Rooms {
    /// Opens the store, which no other process may hold, and starts the curator and the publisher. A service publishes what it has
    /// before that.
    async fn open(
        mode: Mode,
        desk: Arc<Desk>,
        clock: Clock,
        shelf: Option<Arc<Shelf>>,
        stop: CancellationToken,
    ) -> Result<Rooms, RunError> {
        let metrics = Arc::new(Metrics::new());
        let is_service = matches!(mode, Mode::Service);
        let (orders, inbox) = mpsc::channel(QUEUE);
        let (reports_in, reports) = mpsc::unbounded_channel();
        let (changes_in, changes) = watch::channel(0);
        let (refusals, refused) = watch::channel(None);
        let (desks_in, desks) = watch::channel(Arc::clone(&desk));
        let opening = {
            let (desk, metrics) = (Arc::clone(&desk), Arc::clone(&metrics));
            let answers = orders.downgrade();
            move || -> Result<_, RunError> {
                let mut store = sqlite::open(&desk.config.store.path)?;
                store.set_fact(REFUSED, "")?;
                let states = store.source_states()?;
                let (switchboard, hints) = Switchboard::new(&desk, clock, store.websub()?, &states);
                let (reader, lookup) = (store.reader()?, store.reader()?);
                if let Err(error) = files::sweep(&desk.config.publish.dir) {
                    // Writing there will say so again, document by document; polling goes on.
                    tracing::warn!("{}", with_causes(&error));
                }
                let encoding = match is_service {
                    true => Encoding::beside(answers)?,
                    false => Encoding::AtTheEnd(stop),
                };
                let mut curator = Curator::new(
                    store,
                    Arc::clone(&desk),
                    clock,
                    Arc::clone(&metrics),
                    encoding,
                    Listeners { reports: reports_in, changes: changes_in, desks: desks_in },
                )?;
                let mut publisher = Publisher::new(reader, desk, clock, shelf, metrics)
                    .telling(Arc::clone(&switchboard));
                let mut trouble = None;
                // Whoever asks is answered from the start. In a round nobody does, and it publishes at its end.
                if is_service {
                    curator.reopen()?;
                    trouble = publisher.publish()?.trouble;
                    curator.note(UNPUBLISHED, trouble.as_deref());
                }
                Ok((states, lookup, curator, publisher, trouble, switchboard, hints))
            }
        };
        let (states, lookup, curator, publisher, trouble, switchboard, hints) =
            blocking(opening).await??;
        let when = match mode {
            Mode::Service => When::Changed,
            Mode::Round(_) => When::AtTheEnd,
        };
        let scheduler = Scheduler::new(mode, clock, &desk, states);
        // A thread of its own: the curator waits for disks, and lives as long as the process.
        let curator = tokio::task::spawn_blocking(move || curator.work(inbox));
        let publishing =
            publisher.work(when, changes, desks.clone(), refused, orders.downgrade(), trouble);
        let publisher = tokio::spawn(publishing);
        Ok(Rooms {
            scheduler,
            orders,
            reports,
            curator,
            publisher,
            desks,
            refusals,
            metrics,
            lookup,
            switchboard,
            hints,
        })
    }
}

/// Runs what would keep the runtime waiting.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, RunError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| RunError::Ended { part: "start" })
}

/// Where the configuration is, made absolute: the service may be started anywhere.
pub fn absolute(config: &Path) -> PathBuf {
    std::path::absolute(config).unwrap_or_else(|_| config.to_owned())
}
