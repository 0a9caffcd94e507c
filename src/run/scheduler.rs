//! Owns due times: which source is polled when, how many at once in all and of one host.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::num::NonZero;
use std::sync::Arc;

use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::{Id, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::model::due::{Due, Push, Why};
use crate::model::source::{Source, SourceKey, SourceState, Validators};
use crate::model::time::Timestamp;
use crate::run::clock::Clock;
use crate::run::curator::{Order, Report};
use crate::run::desk::Desk;
use crate::run::due::{Spread, due, interval_while_pushed};
use crate::run::host_waits::{HostWaits, host_of, is_of_host};
use crate::run::poll::{Job, poll, pushed};
use crate::run::websub::{Document, Hint};

/// For how long the scheduler works.
#[derive(Debug, Clone)]
pub enum Mode {
    /// Until it is stopped.
    Service,
    /// Until every due source has been polled once.
    Round(Round),
}

/// What a single round does.
#[derive(Debug, Clone, Default)]
pub struct Round {
    /// Polls also what is not due.
    pub force: bool,
    /// Polls these only, if any are named.
    pub only: BTreeSet<SourceKey>,
}

/// Owns due times.
pub struct Scheduler {
    mode: Mode,
    clock: Clock,
    slots: HashMap<SourceKey, Slot>,
    /// What is remembered of sources that are not configured, should they come back.
    remembered: HashMap<SourceKey, SourceState>,
    /// Sources that wait for their time, earliest first.
    timeline: BTreeSet<(Timestamp, SourceKey)>,
    /// Sources whose time has come, by host: a host with many feeds keeps itself waiting, never another.
    lanes: HashMap<String, Lane>,
    /// Hosts with a source waiting, each once, in turn.
    turns: VecDeque<String>,
    /// Hosts that want to be left alone.
    waits: HostWaits,
    /// Polls that have begun.
    polls: JoinSet<HandedOn>,
    begun: HashMap<Id, (SourceKey, String)>,
    /// Polls that the curator has not reported yet.
    unreported: usize,
    /// Places for documents that are read at once: one a processor.
    reading: Arc<Semaphore>,
    /// Sources for which a hub sent something that can be read now.
    told: VecDeque<SourceKey>,
}

/// Whether a poll's outcome reached the curator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HandedOn {
    Yes,
    /// The curator has ended; so must we.
    No,
}

/// A source as the scheduler knows it.
struct Slot {
    source: Arc<Source>,
    state: SourceState,
    /// When it is in the timeline.
    at: Option<Timestamp>,
    /// Whether it waits in a lane or is polled: it must not be planned meanwhile, so that it never overlaps itself.
    busy: bool,
    /// Whether the configuration still has it.
    configured: bool,
    /// Until when a hub tells of its changes.
    live_until: Option<Timestamp>,
    /// Whether it was polled since the start: what a hub sent while we were not there is lost otherwise.
    caught_up: bool,
    /// What a hub sent while the source was busy.
    pushed: VecDeque<Document>,
}

impl Slot {
    fn new(source: &Arc<Source>, state: SourceState, configured: bool) -> Slot {
        Slot {
            source: Arc::clone(source),
            state,
            at: None,
            busy: false,
            configured,
            live_until: None,
            caught_up: false,
            pushed: VecDeque::new(),
        }
    }
}

#[derive(Default)]
struct Lane {
    waiting: VecDeque<SourceKey>,
    running: usize,
}

impl Scheduler {
    /// Plans the sources by what is remembered of them.
    pub fn new(
        mode: Mode,
        clock: Clock,
        desk: &Desk,
        states: HashMap<SourceKey, SourceState>,
    ) -> Scheduler {
        let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
        let mut scheduler = Scheduler {
            mode,
            clock,
            slots: HashMap::new(),
            remembered: states,
            timeline: BTreeSet::new(),
            lanes: HashMap::new(),
            turns: VecDeque::new(),
            waits: HostWaits::default(),
            polls: JoinSet::new(),
            begun: HashMap::new(),
            unreported: 0,
            reading: Arc::new(Semaphore::new(processors)),
            told: VecDeque::new(),
        };
        for (key, source) in &desk.sources {
            let state = scheduler.remembered.remove(key).unwrap_or_default();
            // Of no lease is known yet that it holds.
            let state = SourceState { push: None, ..state };
            scheduler.slots.insert(key.clone(), Slot::new(source, state, true));
        }
        let known = scheduler.slots.values().map(|slot| (slot.source.as_ref(), &slot.state));
        scheduler.waits = HostWaits::of(known, clock.now());
        desk.sources.keys().for_each(|key| scheduler.plan(key));
        scheduler
    }

    /// How many sources are planned: in a round, how many it polls.
    pub fn planned(&self) -> usize {
        self.timeline.len()
    }

    /// Works until stopped, or in a round until every poll has been reported. What has begun is finished; then the channel to the curator closes.
    pub async fn work(
        mut self,
        mut desks: watch::Receiver<Arc<Desk>>,
        orders: mpsc::Sender<Order>,
        mut reports: mpsc::UnboundedReceiver<Report>,
        mut hints: mpsc::Receiver<Hint>,
        finish: CancellationToken,
        mut told: impl FnMut(&Report),
    ) {
        loop {
            let stopping = finish.is_cancelled();
            // What a hub sent is here already: it is read also while stopping, for nobody sends it again.
            self.start_pushed(&desks.borrow(), &orders);
            if !stopping {
                self.wake(self.clock.now());
                let desk = Arc::clone(&desks.borrow());
                self.start(&desk, &orders);
            }
            let nothing_to_come = match self.mode {
                Mode::Service => stopping,
                Mode::Round(_) => stopping || self.turns.is_empty(),
            };
            if nothing_to_come
                && self.told.is_empty()
                && self.begun.is_empty()
                && self.unreported == 0
            {
                return;
            }
            let next = self.timeline.first().map(|(at, _)| *at);
            tokio::select! {
                report = reports.recv() => match report {
                    Some(report) => {
                        told(&report);
                        self.reported(report);
                    }
                    // The curator has ended.
                    None => return,
                },
                Some(ended) = self.polls.join_next_with_id() => {
                    if self.ended(ended) == HandedOn::No {
                        return;
                    }
                }
                Ok(()) = desks.changed(), if !stopping => {
                    let desk = Arc::clone(&desks.borrow_and_update());
                    self.reconfigure(&desk);
                }
                Some(hint) = hints.recv() => self.hinted(hint),
                () = sleep_until(self.clock, next), if !stopping => {}
                () = finish.cancelled(), if !stopping => {}
            }
        }
    }

    /// Puts a source into the timeline, at the time it falls due.
    fn plan(&mut self, key: &SourceKey) {
        let now = self.clock.now();
        let Some(slot) = self.slots.get_mut(key) else { return };
        if let Some(at) = slot.at.take() {
            self.timeline.remove(&(at, key.clone()));
        }
        if slot.busy || !slot.configured {
            return;
        }
        let live_until = slot.live_until.filter(|until| slot.caught_up && *until > now);
        slot.state.push = live_until
            .filter(|_| slot.state.error.is_none())
            .map(|until| Push { until, every: interval_while_pushed(&slot.source) });
        let wait = self.waits.until(&slot.source);
        let at = match &self.mode {
            Mode::Service => due(&slot.source, &slot.state, Spread::Jitter, wait, now),
            Mode::Round(round) if !round.only.is_empty() && !round.only.contains(key) => None,
            // Asked for by name, it is polled all the same.
            Mode::Round(round) if round.force && slot.source.paused && round.only.is_empty() => {
                None
            }
            Mode::Round(round) if round.force => Some(Due { at: now, why: Why::Schedule }),
            Mode::Round(_) => {
                due(&slot.source, &slot.state, Spread::Round, wait, now).filter(|due| due.at <= now)
            }
        };
        if let Some(Due { at, .. }) = at {
            slot.at = Some(at);
            self.timeline.insert((at, key.clone()));
        }
    }

    /// Moves the sources whose time has come into the lanes of their hosts.
    fn wake(&mut self, now: Timestamp) {
        while self.timeline.first().is_some_and(|(at, _)| *at <= now) {
            let Some((_, key)) = self.timeline.pop_first() else { return };
            let Some(slot) = self.slots.get_mut(&key) else { continue };
            slot.at = None;
            slot.busy = true;
            let host = host_of(&slot.source);
            let lane = self.lanes.entry(host.clone()).or_default();
            if lane.waiting.is_empty() {
                self.turns.push_back(host);
            }
            lane.waiting.push_back(key);
        }
    }

    /// Begins as many polls as the limits allow.
    fn start(&mut self, desk: &Arc<Desk>, orders: &mpsc::Sender<Order>) {
        while self.begun.len() < desk.config.fetch.concurrency {
            let Some((key, host)) = self.next_in_turn(desk.config.fetch.per_host) else { return };
            let Some(slot) = self.slots.get_mut(&key).filter(|slot| slot.configured) else {
                self.release(&key, &host);
                continue;
            };
            // It was told while this one waited for its turn.
            let forced = matches!(&self.mode, Mode::Round(round) if round.force);
            let wait = self.waits.until(&slot.source).filter(|_| !forced);
            if wait.is_some_and(|until| until > self.clock.now()) {
                self.release(&key, &host);
                if matches!(self.mode, Mode::Service) {
                    self.plan(&key);
                }
                continue;
            }
            let job = Job { source: Arc::clone(&slot.source), state: slot.state.clone() };
            let polling = poll(job, Arc::clone(desk), self.clock, Arc::clone(&self.reading));
            let orders = orders.clone();
            let task = self.polls.spawn(async move {
                match orders.send(Order::Poll(Box::new(polling.await))).await {
                    Ok(()) => HandedOn::Yes,
                    Err(_) => HandedOn::No,
                }
            });
            self.begun.insert(task.id(), (key, host));
            self.unreported += 1;
        }
    }

    /// A hub began or ceased to tell of a source's changes, or sent some.
    fn hinted(&mut self, hint: Hint) {
        match hint {
            Hint::Live(key, until) => {
                let Some(slot) = self.slots.get_mut(&key) else { return };
                slot.live_until = until;
                self.plan(&key);
            }
            Hint::Pushed(key, document) => {
                let Some(slot) = self.slots.get_mut(&key).filter(|slot| slot.configured) else {
                    return;
                };
                slot.pushed.push_back(document);
                if !slot.busy {
                    self.told.push_back(key);
                }
            }
        }
    }

    /// Reads what hubs sent, source by source in the order in which it came.
    fn start_pushed(&mut self, desk: &Arc<Desk>, orders: &mpsc::Sender<Order>) {
        while let Some(key) = self.told.pop_front() {
            let Some(slot) = self.slots.get_mut(&key).filter(|slot| !slot.busy) else { continue };
            let Some(document) = slot.pushed.pop_front() else { continue };
            slot.busy = true;
            if let Some(at) = slot.at.take() {
                self.timeline.remove(&(at, key.clone()));
            }
            let job = Job { source: Arc::clone(&slot.source), state: slot.state.clone() };
            let reading = Arc::clone(&self.reading);
            let taking = pushed(job, document, Arc::clone(desk), self.clock, reading);
            let orders = orders.clone();
            let task = self.polls.spawn(async move {
                match orders.send(Order::Poll(Box::new(taking.await))).await {
                    Ok(()) => HandedOn::Yes,
                    Err(_) => HandedOn::No,
                }
            });
            // No host's lane: nothing is asked of any host.
            self.begun.insert(task.id(), (key, String::new()));
            self.unreported += 1;
        }
    }

    /// The next source of the next host that has room.
    fn next_in_turn(&mut self, per_host: usize) -> Option<(SourceKey, String)> {
        for _ in 0..self.turns.len() {
            let host = self.turns.pop_front()?;
            let Some(lane) = self.lanes.get_mut(&host) else { continue };
            let key = if lane.running < per_host { lane.waiting.pop_front() } else { None };
            if !lane.waiting.is_empty() {
                self.turns.push_back(host.clone());
            }
            if let Some(key) = key {
                lane.running += 1;
                return Some((key, host));
            }
        }
        None
    }

    /// Makes room for the next poll of the host.
    fn ended(&mut self, ended: Result<(Id, HandedOn), tokio::task::JoinError>) -> HandedOn {
        let (id, handed_on) = match ended {
            Ok((id, handed_on)) => (id, Some(handed_on)),
            Err(error) => (error.id(), None),
        };
        let Some((key, host)) = self.begun.remove(&id) else { return HandedOn::Yes };
        let Some(handed_on) = handed_on else {
            // No report will come. As after any failure the source waits, and the others do not notice.
            tracing::error!(source = %key, "polling failed inside tidings; please report this source");
            self.unreported = self.unreported.saturating_sub(1);
            if let Some(slot) = self.slots.get_mut(&key) {
                slot.state.last_polled = Some(self.clock.now());
                slot.state.address = slot.source.address.to_string();
            }
            self.release(&key, &host);
            if matches!(self.mode, Mode::Service) {
                self.plan(&key);
            }
            return HandedOn::Yes;
        };
        self.leave_lane(&host);
        handed_on
    }

    /// Takes a source out of its lane without a poll.
    fn release(&mut self, key: &SourceKey, host: &str) {
        self.leave_lane(host);
        if let Some(slot) = self.slots.get_mut(key) {
            slot.busy = false;
        }
    }

    fn leave_lane(&mut self, host: &str) {
        if let Some(lane) = self.lanes.get_mut(host) {
            lane.running = lane.running.saturating_sub(1);
            if lane.running == 0 && lane.waiting.is_empty() {
                self.lanes.remove(host);
            }
        }
    }

    /// Takes over what the curator remembers of a source after a poll.
    fn reported(&mut self, report: Report) {
        self.unreported = self.unreported.saturating_sub(1);
        let Some(slot) = self.slots.get_mut(&report.source) else { return };
        slot.caught_up |= report.state.last_polled > slot.state.last_polled;
        slot.state = report.state;
        slot.busy = false;
        let source = Arc::clone(&slot.source);
        // Weighed when something is said that may change it: one more is told to wait, or one is answered while all were to wait.
        if slot.state.asked.wait.is_some() || self.waits.until(&source).is_some() {
            let host = host_of(&source);
            let slots = self.slots.values().filter(|slot| slot.configured);
            let states =
                slots.filter(|slot| is_of_host(&slot.source, &host)).map(|slot| &slot.state);
            self.waits.weigh(&host, states, self.clock.now());
        }
        if self.slots.get(&report.source).is_some_and(|slot| !slot.pushed.is_empty()) {
            self.told.push_back(report.source);
            return;
        }
        if matches!(self.mode, Mode::Service) {
            self.plan(&report.source);
        }
    }

    /// Follows the configuration; what did not change stays planned as it is.
    fn reconfigure(&mut self, desk: &Desk) {
        let gone: Vec<SourceKey> =
            self.slots.keys().filter(|key| !desk.sources.contains_key(*key)).cloned().collect();
        for key in gone {
            if let Some(slot) = self.slots.get_mut(&key) {
                slot.configured = false;
                self.plan(&key);
            }
        }
        for (key, source) in &desk.sources {
            let slot = self.slots.entry(key.clone()).or_insert_with(|| {
                Slot::new(source, self.remembered.remove(key).unwrap_or_default(), false)
            });
            if !reads_alike(&slot.source, source) {
                // The next answer must be a document, not "as you know it".
                slot.state.validators = Validators::default();
                slot.state.body_digest = None;
            }
            if !slot.configured || slot.source != *source {
                slot.source = Arc::clone(source);
                slot.configured = true;
                self.plan(key);
            }
        }
    }
}

/// Whether a document would be read in the same way.
fn reads_alike(before: &Source, after: &Source) -> bool {
    before.encoding == after.encoding
        && before.zone == after.zone
        && before.language == after.language
}

async fn sleep_until(clock: Clock, at: Option<Timestamp>) {
    match at {
        Some(at) => clock.sleep_until(at).await,
        None => std::future::pending().await,
    }
}
