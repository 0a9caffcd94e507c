//! What the curator says while another process holds the store: a folder beside it, a file a request.
//!
//! A request is written whole under another name and renamed, so that the reader finds all of it or nothing. It is taken away when what it asks for
//! is committed; after a crash between the two it is taken in once more, which changes nothing, for a decision has an id of its own.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{StoreError, word};
use crate::model::decision::Request;

/// How the file of a request ends.
const SUFFIX: &str = ".json";
/// More than any request takes: a story with thousands of members.
const LARGEST: u64 = 16 * 1024 * 1024;

/// A folder of requests to whoever holds the store.
#[derive(Debug, Clone)]
pub struct Inbox {
    folder: PathBuf,
}

/// A request that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its file; taken away by [`Inbox::done`].
    pub file: PathBuf,
    /// What is asked for.
    pub request: Request,
}

impl Inbox {
    /// The inbox of the store at this path.
    pub fn beside(store: &Path) -> Inbox {
        let real = store.canonicalize().unwrap_or_else(|_| store.to_owned());
        let mut name = real.into_os_string();
        name.push(".inbox");
        Inbox { folder: PathBuf::from(name) }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes the folder, so that it can be watched.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn make(&self) -> Result<(), StoreError> {
        fs::create_dir_all(&self.folder).map_err(self.failed("make"))
    }

    /// Leaves a request; gives the file, which is there until the request is done. `name` tells it from all others, and orders it among them.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn put(&self, name: &str, request: &Request) -> Result<PathBuf, StoreError> {
        self.make()?;
        let (file, new) =
            (self.folder.join(format!("{name}{SUFFIX}")), self.folder.join(format!(".{name}.new")));
        let write = || -> io::Result<()> {
            let mut out = File::create(&new)?;
            out.write_all(word::request_to_text(request).as_bytes())?;
            out.sync_all()?;
            fs::rename(&new, &file)?;
            File::open(&self.folder)?.sync_all()
        };
        write().map_err(self.failed("write to"))?;
        Ok(file)
    }

    /// The requests that wait, in the order of their names. A file that is no request is taken away, and so is heard of once.
    ///
    /// # Errors
    /// If the folder cannot be read; none is no error.
    pub fn waiting(&self) -> Result<Vec<Waiting>, StoreError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(self.failed("read")(error)),
        };
        let mut files = Vec::new();
        for entry in entries {
            let entry = entry.map_err(self.failed("read"))?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.ends_with(SUFFIX) && !name.starts_with('.') {
                files.push(entry.path());
            }
        }
        files.sort();
        let mut waiting = Vec::new();
        for file in files {
            match read(&file) {
                Some(request) => waiting.push(Waiting { file, request }),
                None => {
                    tracing::warn!("{} is no request to tidings; it is removed", file.display());
                    self.done(&file)?;
                }
            }
        }
        Ok(waiting)
    }

    /// Takes a request away, which has been done.
    ///
    /// # Errors
    /// If that fails; one that is gone already is no error.
    pub fn done(&self, file: &Path) -> Result<(), StoreError> {
        match fs::remove_file(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(self.failed("take a request from")(error))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn failed(&self, action: &'static str) -> impl Fn(io::Error) -> StoreError {
        let path = self.folder.clone();
        move |source| StoreError::File { action, path: path.clone(), source }
    }
}

fn read(file: &Path) -> Option<Request> {
    if fs::metadata(file).ok()?.len() > LARGEST {
        return None;
    }
    word::request_from_text(&fs::read_to_string(file).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::decision::DecisionId;

    #[test]
    fn requests_wait_until_they_are_done() {
        let folder = tempfile::tempdir().unwrap();
        let inbox = Inbox::beside(&folder.path().join("tidings.db"));
        assert_eq!(inbox.waiting().unwrap(), []);
        let request = |text: &str| Request::Undo(DecisionId::of(text));
        let second = inbox.put("2", &request("b")).unwrap();
        let first = inbox.put("1", &request("a")).unwrap();
        fs::write(inbox.folder().join("3.json"), "{").unwrap();
        fs::write(inbox.folder().join(".4.new"), "{").unwrap();
        let found = inbox.waiting().unwrap();
        assert_eq!(
            found,
            [
                Waiting { file: first.clone(), request: request("a") },
                Waiting { file: second, request: request("b") }
            ]
        );
        assert!(!inbox.folder().join("3.json").exists());
        inbox.done(&first).unwrap();
        inbox.done(&first).unwrap();
        assert_eq!(inbox.waiting().unwrap().len(), 1);
    }
}
