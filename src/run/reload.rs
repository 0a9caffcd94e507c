//! Follows the configuration file: a valid edit takes effect, an invalid one is reported and changes nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use notify::{RecursiveMode, Watcher};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::config::{ConfigError, Layout};
use crate::model::identity::digest;
use crate::run::desk::Desk;
use crate::run::error::{RunError, with_causes};

/// An editor writes in several steps; they are over when nothing has happened for so long. Half a file may be a valid one, with half the sources.
const SETTLE: Duration = Duration::from_millis(200);
/// A file that never comes to rest is read all the same.
const LONGEST_SETTLE: Duration = Duration::from_secs(3);
/// Where the system tells nothing (network file systems), the file is looked at so often.
const LOOK: Duration = Duration::from_secs(5);

/// What became of an edit.
#[derive(Debug)]
pub enum Edit {
    /// It is valid: this is in force now.
    Valid(Arc<Desk>),
    /// It is not, for these reasons; or the file is gone.
    Invalid(String),
}

/// Tells of every edit of a file until stopped.
///
/// The directory is watched, not the file: editors and orchestrators replace a file by renaming another one to its name. What counts is the content,
/// so that a file that was only touched is no edit. `in_force` is the digest of the file as it was loaded, and what was made of it.
pub async fn follow(
    path: PathBuf,
    in_force: ([u8; 16], Arc<Desk>),
    edits: mpsc::Sender<Edit>,
    stop: CancellationToken,
) {
    let (wake, mut woken) = mpsc::channel::<()>(1);
    // Dropping the watcher ends it.
    let watcher = watch(&path, wake);
    if let Err(error) = &watcher {
        tracing::warn!(
            "cannot watch {}: {error}; looking at it every {} s instead",
            path.display(),
            LOOK.as_secs()
        );
    }
    let mut hangups = signal(SignalKind::hangup()).ok();
    let (digest, mut desk) = in_force;
    let mut seen = Some(digest);
    loop {
        let asked = tokio::select! {
            () = stop.cancelled() => return,
            Some(()) = woken.recv() => false,
            () = tokio::time::sleep(LOOK) => false,
            () = hangup(&mut hangups) => true,
        };
        let mut now = digest_of(&path).await;
        if now == seen && !asked {
            continue;
        }
        let settling = async {
            loop {
                tokio::time::sleep(SETTLE).await;
                if woken.try_recv().is_ok() {
                    continue;
                }
                // Where the system tells nothing, the content does.
                let before = std::mem::replace(&mut now, digest_of(&path).await);
                // Between the two steps of a replacement there may be no file for a moment.
                if now == before && now.is_some() {
                    return;
                }
            }
        };
        let _ = tokio::time::timeout(LONGEST_SETTLE, settling).await;
        if now == seen && !asked {
            continue;
        }
        seen = now;
        let (loading, before) = (path.clone(), Arc::clone(&desk));
        let loaded = tokio::task::spawn_blocking(move || Desk::reload(&loading, &before)).await;
        let edit = match loaded {
            Ok(Ok(new)) => {
                desk = Arc::new(new);
                Edit::Valid(Arc::clone(&desk))
            }
            Ok(Err(error)) => Edit::Invalid(report(&error)),
            Err(_) => Edit::Invalid(
                "reading the file failed inside tidings; please report this".to_owned(),
            ),
        };
        if edits.send(edit).await.is_err() {
            return;
        }
    }
}

async fn digest_of(path: &Path) -> Option<[u8; 16]> {
    let path = path.to_owned();
    tokio::task::spawn_blocking(move || file_digest(&path)).await.ok().flatten()
}

/// What is wrong with a configuration, as a person reads it: every problem with its place in the file.
pub fn report(error: &RunError) -> String {
    if let RunError::Config(ConfigError::Invalid(report)) = error {
        report.render(Layout { colour: false, width: 100 })
    } else {
        with_causes(error)
    }
}

/// The digest of a file's content; `None` if it cannot be read.
pub fn file_digest(path: &Path) -> Option<[u8; 16]> {
    std::fs::read(path).ok().map(|bytes| digest(&[&bytes]))
}

fn watch(path: &Path, wake: mpsc::Sender<()>) -> notify::Result<notify::RecommendedWatcher> {
    let directory =
        path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().map(ToOwned::to_owned);
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // The database may live in the same directory; reads of the file are no news; a full channel wakes us already.
        let ours = |event: &notify::Event| {
            event.paths.iter().any(|path| path.file_name() == name.as_deref())
        };
        if event.is_ok_and(|event| !event.kind.is_access() && ours(&event)) {
            let _ = wake.try_send(());
        }
    })?;
    watcher.watch(directory, RecursiveMode::NonRecursive)?;
    Ok(watcher)
}

async fn hangup(signal: &mut Option<tokio::signal::unix::Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}
