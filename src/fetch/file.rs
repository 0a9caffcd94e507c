//! A source that is a file of this machine.

use std::fs::{File, Metadata};
use std::io::{ErrorKind, Read};
use std::path::Path;

use super::error::{FetchReason, detail};
use crate::model::source::Validators;

/// What a file held.
pub(super) enum Contents {
    /// It is as it was.
    Unchanged,
    /// The whole of it, and by what to know it again.
    Read { bytes: Vec<u8>, validators: Validators },
}

/// Reads a regular file of at most `limit` bytes; never blocks on a pipe or a device. Symbolic links are followed: the curator set them.
///
/// Its "entity tag" is made of modification time, length and inode, which together change whenever someone writes or replaces the file.
pub(super) fn read(path: &Path, known: &Validators, limit: u64) -> Result<Contents, FetchReason> {
    // Asked before it is opened, because opening a pipe waits for its other end.
    is_regular(&path.metadata().map_err(|error| cannot(&error))?)?;
    let mut file = File::open(path).map_err(|error| cannot(&error))?;
    let metadata = file.metadata().map_err(|error| cannot(&error))?;
    is_regular(&metadata)?;
    let tag = tag(&metadata);
    if known.etag.as_ref() == Some(&tag) {
        return Ok(Contents::Unchanged);
    }
    if metadata.len() > limit {
        return Err(FetchReason::TooLarge { limit });
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0) + 1);
    // It may grow meanwhile.
    file.by_ref().take(limit + 1).read_to_end(&mut bytes).map_err(|error| cannot(&error))?;
    if bytes.len() as u64 > limit {
        return Err(FetchReason::TooLarge { limit });
    }
    Ok(Contents::Read { bytes, validators: Validators { etag: Some(tag), last_modified: None } })
}

fn is_regular(metadata: &Metadata) -> Result<(), FetchReason> {
    if metadata.is_file() {
        return Ok(());
    }
    let what = if metadata.is_dir() { "it is a directory" } else { "it is not a regular file" };
    Err(FetchReason::File { detail: what.to_owned(), transient: false })
}

fn cannot(error: &std::io::Error) -> FetchReason {
    let transient = !matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::InvalidInput);
    FetchReason::File { detail: detail(error), transient }
}

fn tag(metadata: &Metadata) -> Vec<u8> {
    use std::os::unix::fs::MetadataExt;
    format!(
        "\"{}.{:09}-{}-{}\"",
        metadata.mtime(),
        metadata.mtime_nsec(),
        metadata.len(),
        metadata.ino()
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &Path, limit: u64, want: Result<&[u8], &str>) -> Validators {
        match read(path, &Validators::default(), limit) {
            Ok(Contents::Read { bytes, validators }) => {
                assert_eq!(Ok(&bytes[..]), want);
                validators
            }
            Ok(Contents::Unchanged) => panic!("unchanged"),
            Err(reason) => {
                assert_eq!(Err(reason.class().as_str()), want);
                Validators::default()
            }
        }
    }

    #[test]
    fn a_file_is_read_within_bounds_and_known_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("feed.xml");
        std::fs::write(&path, b"<rss/>").unwrap();
        let validators = check(&path, 6, Ok(b"<rss/>"));
        assert!(matches!(read(&path, &validators, 6), Ok(Contents::Unchanged)));
        check(&path, 5, Err("too-large"));
        std::fs::write(&path, b"<rss />").unwrap();
        assert!(matches!(read(&path, &validators, 7), Ok(Contents::Read { .. })));
    }

    #[test]
    fn what_is_no_file_is_refused_and_never_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        check(folder.path(), 9, Err("file"));
        check(&folder.path().join("missing"), 9, Err("file"));
        check(Path::new("/dev/zero"), 9, Err("file"));
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        if made.is_ok_and(|status| status.success()) {
            check(&pipe, 9, Err("file"));
        }
        // A file that claims to be empty and is not.
        check(Path::new("/proc/self/status"), 9, Err("too-large"));
    }
}
