//! Artifacts as files: a reader finds the old document or the new one, whole, also after a crash or a power failure.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Component, Path, PathBuf};

use super::PublishError;
use crate::model::edition::Artifact;

/// What names of temporary files begin and end with; a dot hides them from listings of file servers.
const TEMPORARY: (&str, &str) = (".tidings-", ".tmp");

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It held these bytes already, and was not touched.
    Unchanged,
    /// It holds them now.
    Written,
}

/// Writes an artifact to its file below `dir`, which is made if it is not there.
///
/// A file that holds the same bytes is not touched, so its times tell when its content changed. Another is replaced in one step: the bytes are
/// written to a file beside it, brought to the disk, renamed, and the directory brought to the disk too. A link in the place of the file is
/// replaced, not followed.
pub fn write(dir: &Path, artifact: &Artifact) -> Result<Written, PublishError> {
    let path = path_below(dir, &artifact.file_name)?;
    if holds(&path, &artifact.bytes) {
        return Ok(Written::Unchanged);
    }
    let parent = path.parent().unwrap_or(dir);
    fs::create_dir_all(parent).map_err(|reason| PublishError::File {
        action: "create the directory",
        path: parent.to_owned(),
        reason,
    })?;
    replace(parent, &path, &artifact.bytes).map_err(|reason| PublishError::File {
        action: "write",
        path,
        reason,
    })?;
    Ok(Written::Written)
}

/// The names of the files in a directory below `dir`, temporary ones left out; none if there is no such directory. In no order.
pub fn list(dir: &Path, below: &str) -> Result<Vec<String>, PublishError> {
    let path = path_below(dir, below)?;
    let failed = |reason| PublishError::File { action: "list", path: path.clone(), reason };
    let entries = match fs::read_dir(&path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        // A name that is no text is none of ours.
        let name = entry.map_err(failed)?.file_name().into_string();
        names.extend(name.ok().filter(|name| !is_temporary(name)));
    }
    Ok(names)
}

/// The bytes of a file below `dir`.
pub fn read(dir: &Path, name: &str) -> Result<Vec<u8>, PublishError> {
    let path = path_below(dir, name)?;
    fs::read(&path).map_err(|reason| PublishError::File { action: "read", path, reason })
}

/// Removes a file below `dir`, if it is there.
pub fn remove(dir: &Path, name: &str) -> Result<(), PublishError> {
    let path = path_below(dir, name)?;
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(PublishError::File { action: "remove", path, reason: error })
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Removes temporary files that a crash has left in `dir`, and tells how many there were. Called before the first [`write()`].
pub fn sweep(dir: &Path) -> Result<usize, PublishError> {
    let failed = |action, path: &Path, reason| {
        Err(PublishError::File { action, path: path.to_owned(), reason })
    };
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return failed("list", dir, error),
    };
    let mut swept = 0;
    for entry in entries {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => return failed("list", dir, error),
        };
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if !is_file || !is_temporary(&entry.file_name().to_string_lossy()) {
            continue;
        }
        match fs::remove_file(entry.path()) {
            Ok(()) => swept += 1,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return failed("remove", &entry.path(), error),
        }
    }
    Ok(swept)
}

fn is_temporary(name: &str) -> bool {
    name.starts_with(TEMPORARY.0) && name.ends_with(TEMPORARY.1)
}

/// The file of that name below the directory; an error for a name that leads elsewhere.
fn path_below(dir: &Path, name: &str) -> Result<PathBuf, PublishError> {
    let is_below = !name.is_empty()
        && !name.ends_with('/')
        && !name.contains('\0')
        && Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    match is_below {
        true => Ok(dir.join(name)),
        false => Err(PublishError::Name { name: name.to_owned(), dir: dir.to_owned() }),
    }
}

/// Whether the file is there and holds just these bytes. A file that cannot be read is replaced, which tells what is wrong.
fn holds(path: &Path, bytes: &[u8]) -> bool {
    let same_length = |file: &File| {
        file.metadata().is_ok_and(|about| about.is_file() && about.len() == bytes.len() as u64)
    };
    // Asked before it is opened: a pipe in its place would keep us waiting.
    if !fs::metadata(path).is_ok_and(|about| about.is_file()) {
        return false;
    }
    let Ok(mut file) = File::open(path) else {
        return false;
    };
    let mut found = Vec::with_capacity(bytes.len());
    same_length(&file) && file.read_to_end(&mut found).is_ok() && found == bytes
}

fn replace(parent: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    // Dropping it on an early return removes it.
    let mut temporary =
        tempfile::Builder::new().prefix(TEMPORARY.0).suffix(TEMPORARY.1).tempfile_in(parent)?;
    temporary.write_all(bytes)?;
    readable_by_all(temporary.as_file())?;
    // Before the rename: else a power failure may leave the new name on an empty file.
    temporary.as_file().sync_all()?;
    temporary.persist(path).map_err(|failed| failed.error)?;
    sync_directory(parent)
}

/// Temporary files are private to their owner, and a file server is another user.
#[cfg(unix)]
fn readable_by_all(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable_by_all(_: &File) -> io::Result<()> {
    Ok(())
}

/// Makes the rename last. Some file systems cannot do so for a directory, and say that; then there is nothing more to do.
#[cfg(unix)]
fn sync_directory(dir: &Path) -> io::Result<()> {
    match File::open(dir).and_then(|dir| dir.sync_all()) {
        Err(error)
            if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) =>
        {
            Ok(())
        }
        outcome => outcome,
    }
}

#[cfg(not(unix))]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn artifact(name: &str, bytes: &str) -> Artifact {
        Artifact::new(name.to_owned(), "text/plain", bytes.as_bytes().to_vec(), None)
    }

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn equal_bytes_leave_the_file_alone() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("a/public");
        assert_eq!(write(&dir, &artifact("x.rss", "one")).unwrap(), Written::Written);
        let before = fs::metadata(dir.join("x.rss")).unwrap();
        assert_eq!(write(&dir, &artifact("x.rss", "one")).unwrap(), Written::Unchanged);
        let after = fs::metadata(dir.join("x.rss")).unwrap();
        assert_eq!(before.modified().unwrap(), after.modified().unwrap());
        #[cfg(unix)]
        {
            use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
            assert_eq!(before.ino(), after.ino());
            assert_eq!(after.permissions().mode() & 0o777, 0o644);
        }
        assert_eq!(write(&dir, &artifact("x.rss", "two")).unwrap(), Written::Written);
        assert_eq!(fs::read_to_string(dir.join("x.rss")).unwrap(), "two");
        assert_eq!(names(&dir), ["x.rss"]);
    }

    #[test]
    fn an_open_reader_keeps_the_document_it_began() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &artifact("x.rss", "the old one")).unwrap();
        let mut reader = File::open(dir.path().join("x.rss")).unwrap();
        write(dir.path(), &artifact("x.rss", "new")).unwrap();
        let mut read = String::new();
        reader.read_to_string(&mut read).unwrap();
        assert_eq!(read, "the old one");
    }

    #[test]
    fn names_stay_below_the_directory() {
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("public");
        for name in ["../x", "/etc/x", "", ".", "a/../../x", "a/", "a\0b"] {
            let error = write(&inner, &artifact(name, "x")).unwrap_err();
            assert!(matches!(error, PublishError::Name { .. }), "{name:?}");
        }
        write(&inner, &artifact("x/archive/2025-10.rss", "x")).unwrap();
        assert_eq!(names(dir.path()), ["public"]);
        assert!(inner.join("x/archive/2025-10.rss").is_file());
    }

    #[test]
    fn what_a_crash_left_is_swept() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(".tidings-abc.tmp"), "half").unwrap();
        fs::write(dir.path().join(".other.tmp"), "not ours").unwrap();
        write(dir.path(), &artifact("x.rss", "x")).unwrap();
        assert_eq!(sweep(dir.path()).unwrap(), 1);
        assert_eq!(sweep(&dir.path().join("absent")).unwrap(), 0);
        assert_eq!(names(dir.path()), [".other.tmp", "x.rss"]);
    }

    #[test]
    fn errors_say_what_to_do() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("file"), "").unwrap();
        fs::create_dir(dir.path().join("x.rss")).unwrap();
        let check = |dir: &Path, want: &str| {
            let error = write(dir, &artifact("x.rss", "x")).unwrap_err();
            assert!(error.to_string().contains(want), "{error}");
            assert!(error.hint().is_some(), "{error:?}");
            assert!(!error.is_transient());
        };
        check(&dir.path().join("file"), "cannot create the directory");
        check(dir.path(), "x.rss");
        assert_eq!(names(dir.path()), ["file", "x.rss"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_replaced_and_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let outside = dir.path().join("outside");
        fs::write(&outside, "precious").unwrap();
        let public = dir.path().join("public");
        fs::create_dir(&public).unwrap();
        std::os::unix::fs::symlink(&outside, public.join("x.rss")).unwrap();
        write(&public, &artifact("x.rss", "x")).unwrap();
        assert_eq!(fs::read_to_string(&outside).unwrap(), "precious");
        assert!(fs::symlink_metadata(public.join("x.rss")).unwrap().is_file());
    }
}
