//! Why the store could not do it.

use std::path::PathBuf;

/// Why the store could not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process holds the store.
    #[error("the store {} is in use by another tidings process; stop it first, or give this one another [store] path", .path.display())]
    InUse {
        /// The database.
        path: PathBuf,
    },
    /// There is no store yet, and reading does not make one.
    #[error("there is no store at {} yet; `tidings serve` or `tidings once` makes it", .path.display())]
    Missing {
        /// The database.
        path: PathBuf,
    },
    /// The database was written by a later version.
    #[error("the store {} has schema version {found}, this program knows versions up to {known}; use a newer tidings", .path.display())]
    TooNew {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest version we know.
        known: u32,
    },
    /// The database was written by an earlier version, and reading does not bring it up to date.
    #[error("the store {} has schema version {found}, this program needs {known}; `tidings serve` or `tidings once` brings it up to date", .path.display())]
    TooOld {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The version we need.
        known: u32,
    },
    /// The file is not a store of ours; it is left as it is.
    #[error("{} is not a store of tidings; give another [store] path", .path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A file could not be used.
    #[error("cannot {action} {}", .path.display())]
    File {
        /// What was tried: `open`, `lock`.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The database refused.
    #[error("cannot {action} in the store")]
    Database {
        /// What was tried: `commit a batch`.
        action: &'static str,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// What the database gave back is not what was put in.
    #[error("the store holds a damaged {what}: {detail}")]
    Damaged {
        /// Which kind of value.
        what: &'static str,
        /// What is wrong with it.
        detail: String,
    },
}
