//! Why an artifact could not be published.

use std::io;
use std::path::PathBuf;

/// Why an artifact could not be published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The file system refused.
    #[error("cannot {action} {}", .path.display())]
    File {
        /// What was tried: `write`, `create the directory`.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why.
        #[source]
        reason: io::Error,
    },
    /// The artifact's name would lead out of the directory.
    #[error("cannot write an artifact named `{}`: it must name a file below {}", .name.escape_debug(), .dir.display())]
    Name {
        /// The name.
        name: String,
        /// The publishing directory.
        dir: PathBuf,
    },
}

impl PublishError {
    /// What a person can do about it; `None` if nothing helps in general.
    pub fn hint(&self) -> Option<&'static str> {
        let PublishError::File { reason, .. } = self else {
            return None;
        };
        let hints = [
            (
                io::ErrorKind::StorageFull,
                "free some space on the disk; the files published before are still whole",
            ),
            (
                io::ErrorKind::QuotaExceeded,
                "free some space of your quota; the files published before are still whole",
            ),
            (
                io::ErrorKind::PermissionDenied,
                "let this user write there, or give [publish] another dir",
            ),
            (
                io::ErrorKind::ReadOnlyFilesystem,
                "the disk is mounted read-only; give [publish] another dir",
            ),
            (
                io::ErrorKind::NotADirectory,
                "a file is in the way of the directory; move it, or give [publish] another dir",
            ),
            (
                io::ErrorKind::AlreadyExists,
                "a file is in the way of the directory; move it, or give [publish] another dir",
            ),
            (
                io::ErrorKind::IsADirectory,
                "a directory is in the way of the file; move it, or give the [[feed]] another name",
            ),
            (io::ErrorKind::InvalidFilename, "give the [[feed]] a shorter name"),
        ];
        hints.iter().find(|(kind, _)| *kind == reason.kind()).map(|(_, hint)| *hint)
    }

    /// Whether the same may succeed later without anyone changing the configuration.
    pub fn is_transient(&self) -> bool {
        match self {
            PublishError::File { reason, .. } => matches!(
                reason.kind(),
                io::ErrorKind::StorageFull
                    | io::ErrorKind::QuotaExceeded
                    | io::ErrorKind::Interrupted
                    | io::ErrorKind::TimedOut
                    | io::ErrorKind::ResourceBusy
            ),
            PublishError::Name { .. } => false,
        }
    }
}
