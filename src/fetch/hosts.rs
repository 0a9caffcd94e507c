//! How many requests a host gets at once, and how far apart they begin.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// The hosts in use. A host that nobody waits for and whose last request is long enough ago is forgotten, so memory is bounded by what is under way.
#[derive(Debug)]
pub(super) struct Hosts {
    at_once: usize,
    delay: Duration,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    hosts: HashMap<Arc<str>, Host>,
    /// How many hosts make the next clean-up worth its while.
    sweep_at: usize,
}

#[derive(Debug)]
struct Host {
    free: Arc<Semaphore>,
    /// Those who hold a place or wait for one.
    users: usize,
    /// No request begins before.
    next_start: Instant,
}

/// A place at a host; dropping it gives the place to the next.
#[derive(Debug)]
pub(super) struct Place<'a> {
    hosts: &'a Hosts,
    name: Arc<str>,
    /// `None` only while waiting, and if the semaphore were closed, which it never is.
    permit: Option<OwnedSemaphorePermit>,
}

impl Hosts {
    /// Lets `at_once` requests (at least one) to a host at the same time, beginning `delay` apart.
    pub(super) fn new(at_once: usize, delay: Duration) -> Hosts {
        let at_once = at_once.clamp(1, Semaphore::MAX_PERMITS);
        Hosts { at_once, delay, known: Mutex::default() }
    }

    /// Waits for a place at the host, in order of asking, and for the moment a request may begin.
    pub(super) async fn enter(&self, host: &str) -> Place<'_> {
        let name: Arc<str> = host.trim_end_matches('.').into();
        let free = self.join(&name);
        // From here on the drop of `place` takes our name off the list, also if we are cancelled while waiting.
        let mut place = Place { hosts: self, name, permit: None };
        place.permit = free.acquire_owned().await.ok();
        if !self.delay.is_zero() {
            let start = self.reserve_start(&place.name);
            if start > Instant::now() {
                tokio::time::sleep_until(start).await;
            }
        }
        place
    }

    fn join(&self, name: &Arc<str>) -> Arc<Semaphore> {
        let mut known = self.known();
        if known.hosts.len() >= known.sweep_at {
            let now = Instant::now();
            known.hosts.retain(|_, host| host.users > 0 || host.next_start > now);
            known.sweep_at = (known.hosts.len() * 2).max(64);
        }
        let host = known.hosts.entry(name.clone()).or_insert_with(|| Host {
            free: Arc::new(Semaphore::new(self.at_once)),
            users: 0,
            next_start: Instant::now(),
        });
        host.users += 1;
        host.free.clone()
    }

    fn reserve_start(&self, name: &Arc<str>) -> Instant {
        let now = Instant::now();
        let mut known = self.known();
        known.hosts.get_mut(name).map_or(now, |host| {
            let start = host.next_start.max(now);
            host.next_start = start + self.delay;
            start
        })
    }

    fn leave(&self, name: &Arc<str>) {
        let mut known = self.known();
        if let Some(host) = known.hosts.get_mut(name) {
            host.users -= 1;
            if host.users == 0 && host.next_start <= Instant::now() {
                known.hosts.remove(name);
            }
        }
    }

    /// Counters stay whole if a holder panicked: each change is one assignment.
    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.permit = None;
        self.hosts.leave(&self.name);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;

    use super::*;

    #[tokio::test]
    async fn a_host_gets_so_many_at_once() {
        let hosts = Hosts::new(2, Duration::ZERO);
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        join_all((0..20).map(|_| async {
            let _place = hosts.enter("a.example").await;
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            now.fetch_sub(1, Ordering::SeqCst);
        }))
        .await;
        assert_eq!(most.load(Ordering::SeqCst), 2);
        assert_eq!(hosts.known().hosts.len(), 0);
    }

    #[tokio::test]
    async fn requests_to_a_host_begin_apart() {
        let delay = Duration::from_millis(20);
        let hosts = Hosts::new(8, delay);
        let begun = Instant::now();
        let starts = join_all((0..4).map(|_| async {
            let _place = hosts.enter("a.example").await;
            begun.elapsed()
        }))
        .await;
        assert!(starts.iter().max().is_some_and(|last| *last >= delay * 3), "{starts:?}");
        let other = hosts.enter("b.example").await;
        assert!(begun.elapsed() < delay * 10, "another host does not wait");
        drop(other);
    }

    #[tokio::test]
    async fn who_gives_up_leaves_no_trace() {
        let hosts = Hosts::new(1, Duration::ZERO);
        let place = hosts.enter("a.example").await;
        let waiting =
            tokio::time::timeout(Duration::from_millis(5), hosts.enter("a.example")).await;
        assert!(waiting.is_err());
        drop(place);
        assert_eq!(hosts.known().hosts.len(), 0);
    }

    #[tokio::test]
    async fn idle_hosts_are_forgotten() {
        let hosts = Hosts::new(1, Duration::from_micros(1));
        for number in 0..10_000 {
            drop(hosts.enter(&format!("{number}.example")).await);
        }
        assert!(hosts.known().hosts.len() <= 200, "{}", hosts.known().hosts.len());
    }
}
