//! SQLite: one file, one writer, any number of readers (write-ahead log).

mod health;
mod read;
mod rows;
mod search;
mod state;
#[cfg(test)]
pub(super) mod tests;
mod websub;
mod write;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs::{File, TryLockError};
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, Row, Rows};
use rusqlite_migration::{M, Migrations};

use super::{
    Batch, Encoded, FoundEntry, Hit, Index, Judge, KnownEntry, Moved, PlacedEntry, Pruned,
    SourceCounts, Store, StoreError, StoreReader, StoryQuery,
};
use crate::model::decision::{Decision, Request};
use crate::model::identity::Identity;
use crate::model::search::Search;
use crate::model::source::{SourceKey, SourceState};
use crate::model::story::{EntryId, MemberKey, StoredEntry, Story, StoryId};
use crate::model::time::Timestamp;
use crate::model::websub::{Change, Remembered};

/// The steps from an empty database to ours, in order; each raises `user_version` by one. A step is never edited once released.
const STEPS: &[M<'static>] = &[
    M::up(include_str!("migrations/sqlite/0001-first.sql")),
    M::up(include_str!("migrations/sqlite/0002-stories.sql")),
    M::up(include_str!("migrations/sqlite/0003-websub.sql")),
    M::up(include_str!("migrations/sqlite/0004-words.sql")),
];

/// The `application_id` in the head of our databases: `tidn`.
const APPLICATION_ID: i32 = 0x7469_646e;

/// How long a statement waits for a lock that another program has on the database, a shell or a backup.
const BUSY: Duration = Duration::from_secs(5);

/// Opens the store to write, making it where there is none, and brings its schema up to date.
///
/// A lock on the file `PATH.lock` is held until the value is dropped; the file stays, for taking it away would let two processes lock
/// two files of one name. The parent folder must exist.
///
/// # Errors
///
/// [`StoreError::InUse`] if another process writes, [`StoreError::TooNew`] if a later version wrote it, [`StoreError::Foreign`] if the file
/// is something else.
pub fn open(path: &Path) -> Result<Box<dyn Store>, StoreError> {
    let real = real_path(path)?;
    refuse_foreign(path, &real)?;
    let lock = lock(path, &real)?;
    let mut connection =
        connect(path, &real, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
    let action = sql_error("prepare the database");
    match standing(path, &connection)? {
        Standing::Empty => {
            // Both hold only if set before the first table.
            connection
                .execute_batch("PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL;")
                .map_err(&action)?;
        }
        Standing::Ours { .. } => {}
    }
    // NORMAL: a crash of the machine may lose the last commits, never part of one; they are polled again.
    // A larger log between checkpoints: pages of the indexes change in each commit and are copied back once.
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = OFF;
             PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864;
             PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY;",
        )
        .map_err(&action)?;
    Migrations::from_slice(STEPS).to_latest(&mut connection).map_err(|error| {
        StoreError::Database { action: "bring the schema up to date", source: error.into() }
    })?;
    let numbers = write::Numbers::read(&connection)?;
    Ok(Box::new(Sqlite {
        reader: Reader { path: path.to_owned(), connection },
        numbers,
        _lock: lock,
    }))
}

/// Opens the store to read, beside a process that writes or without one. Neither makes nor changes anything.
///
/// # Errors
///
/// [`StoreError::Missing`] if there is none, [`StoreError::TooNew`] and [`StoreError::TooOld`] if another version wrote it.
pub fn open_reader(path: &Path) -> Result<Box<dyn StoreReader>, StoreError> {
    Reader::open(path).map(|reader| -> Box<dyn StoreReader> { Box::new(reader) })
}

/// The database itself where the path is a link, so that two names of one store share one lock.
fn real_path(path: &Path) -> Result<PathBuf, StoreError> {
    let file_error = |source| StoreError::File { action: "open", path: path.to_owned(), source };
    match path.canonicalize() {
        Ok(real) => Ok(real),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let name = path.file_name().ok_or(error).map_err(file_error)?;
            let folder = match path.parent() {
                Some(folder) if !folder.as_os_str().is_empty() => folder,
                Some(_) | None => Path::new("."),
            };
            Ok(folder.canonicalize().map_err(file_error)?.join(name))
        }
        Err(error) => Err(file_error(error)),
    }
}

/// Refuses a file that is there and is no database; an empty one may become ours. SQLite itself takes a file of a few bytes for empty.
fn refuse_foreign(path: &Path, real: &Path) -> Result<(), StoreError> {
    const HEAD: &[u8] = b"SQLite format 3\0";
    let mut head = Vec::with_capacity(HEAD.len());
    match File::open(real).and_then(|file| file.take(HEAD.len() as u64).read_to_end(&mut head)) {
        Ok(_) if head.is_empty() || head == HEAD => Ok(()),
        Ok(_) => Err(StoreError::Foreign { path: path.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(StoreError::File { action: "open", path: path.to_owned(), source }),
    }
}

/// Takes the lock of the store.
fn lock(path: &Path, real: &Path) -> Result<File, StoreError> {
    let mut name = real.as_os_str().to_owned();
    name.push(".lock");
    let lock_path = PathBuf::from(name);
    let file_error = |source| StoreError::File { action: "lock", path: lock_path.clone(), source };
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&lock_path)
        .map_err(file_error)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(error)) => Err(file_error(error)),
    }
}

fn connect(path: &Path, real: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(real, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(|error| StoreError::File {
            action: "open",
            path: path.to_owned(),
            source: io::Error::other(error),
        })?;
    connection.busy_timeout(BUSY).map_err(sql_error("open the database"))?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// What a database is to us.
enum Standing {
    /// Nothing is in it yet.
    Empty,
    /// One of ours, of a version we know.
    Ours { version: u32 },
}

/// Tells what a database is, without changing it.
fn standing(path: &Path, connection: &Connection) -> Result<Standing, StoreError> {
    const ACTION: &str = "read the schema version";
    let foreign = || StoreError::Foreign { path: path.to_owned() };
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i32>(0));
    let tables = number("SELECT count(*) FROM sqlite_schema").map_err(sql_error(ACTION))?;
    let version = number("PRAGMA user_version").map_err(sql_error(ACTION))?;
    let application = number("PRAGMA application_id").map_err(sql_error(ACTION))?;
    match (tables, version) {
        (0, 0) => Ok(Standing::Empty),
        (_, version) if application == APPLICATION_ID => {
            let known = u32::try_from(STEPS.len()).unwrap_or(u32::MAX);
            let found = u32::try_from(version).map_err(|_| foreign())?;
            if found > known {
                return Err(StoreError::TooNew { path: path.to_owned(), found, known });
            }
            Ok(Standing::Ours { version: found })
        }
        (_, _) => Err(foreign()),
    }
}

/// A connection that only reads.
struct Reader {
    /// As the user named it.
    path: PathBuf,
    connection: Connection,
}

impl Reader {
    fn open(path: &Path) -> Result<Reader, StoreError> {
        let missing = || StoreError::Missing { path: path.to_owned() };
        let real = match path.canonicalize() {
            Ok(real) => real,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(missing()),
            Err(source) => {
                return Err(StoreError::File { action: "open", path: path.to_owned(), source });
            }
        };
        refuse_foreign(path, &real)?;
        let connection = connect(path, &real, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let (connection, standing) = match standing(path, &connection) {
            Ok(standing) => (connection, standing),
            // A folder we may not write to, and no writer: the log, which is empty then, cannot be made. Nor can anyone whose writes we
            // would miss, unless a writer with more rights starts meanwhile; what it writes then is not seen by this reader.
            Err(StoreError::Database { .. }) if no_log(&real) => {
                let uri = format!("file:{}?immutable=1", escaped(&real));
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
                let connection = connect(path, Path::new(&uri), flags)?;
                let standing = self::standing(path, &connection)?;
                (connection, standing)
            }
            Err(error) => return Err(error),
        };
        let known = u32::try_from(STEPS.len()).unwrap_or(u32::MAX);
        match standing {
            Standing::Empty => Err(missing()),
            Standing::Ours { version } if version < known => {
                Err(StoreError::TooOld { path: path.to_owned(), found: version, known })
            }
            Standing::Ours { .. } => Ok(Reader { path: path.to_owned(), connection }),
        }
    }
}

/// Whether no write-ahead log with anything in it lies beside the database.
fn no_log(real: &Path) -> bool {
    let mut log = real.as_os_str().to_owned();
    log.push("-wal");
    std::fs::metadata(PathBuf::from(log)).map_or(true, |log| log.len() == 0)
}

/// A path within a `file:` URI (SQLite, "Uniform Resource Identifiers").
fn escaped(path: &Path) -> String {
    percent_encoding::percent_encode(
        path.as_os_str().as_encoded_bytes(),
        percent_encoding::NON_ALPHANUMERIC,
    )
    .to_string()
    .replace("%2F", "/")
}

impl StoreReader for Reader {
    fn source_states(&self) -> Result<HashMap<SourceKey, SourceState>, StoreError> {
        read::source_states(&self.connection)
    }

    fn known_entries(
        &self,
        source: &SourceKey,
    ) -> Result<HashMap<Identity, KnownEntry>, StoreError> {
        read::known_entries(&self.connection, source)
    }

    fn left_out(
        &self,
        source: &SourceKey,
        listed: &HashSet<Identity>,
    ) -> Result<Vec<StoredEntry>, StoreError> {
        read::snapshot(&self.connection, |connection| read::left_out(connection, source, listed))
    }

    fn stories(&self, query: &StoryQuery<'_>) -> Result<Vec<Story>, StoreError> {
        read::snapshot(&self.connection, |connection| read::stories(connection, query))
    }

    fn each_story(
        &self,
        since: Option<Timestamp>,
        each: &mut dyn FnMut(Story) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        read::snapshot(&self.connection, |connection| read::each_story(connection, since, each))
    }

    fn story(&self, id: StoryId) -> Result<Option<Story>, StoreError> {
        read::snapshot(&self.connection, |connection| read::story(connection, id))
    }

    fn story_now(&self, id: StoryId) -> Result<Option<StoryId>, StoreError> {
        read::snapshot(&self.connection, |connection| read::story_now(connection, id))
    }

    fn story_of(&self, key: &MemberKey) -> Result<Option<StoryId>, StoreError> {
        read::story_of(&self.connection, key)
    }

    fn entries(&self, keys: &[MemberKey]) -> Result<Vec<Option<StoredEntry>>, StoreError> {
        read::snapshot(&self.connection, |connection| read::entries(connection, keys))
    }

    fn decisions(&self) -> Result<Vec<Decision>, StoreError> {
        read::decisions(&self.connection)
    }

    fn stories_between(
        &self,
        from: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Story>, StoreError> {
        read::snapshot(&self.connection, |connection| {
            read::stories_between(connection, from, until, limit)
        })
    }

    fn last_before(&self, until: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        read::last_before(&self.connection, until)
    }

    fn search(
        &self,
        search: &Search,
        kept_only: bool,
        limit: usize,
    ) -> Result<Vec<Hit>, StoreError> {
        read::snapshot(&self.connection, |connection| {
            search::search(connection, search, kept_only, limit)
        })
    }

    fn is_indexed(&self) -> Result<bool, StoreError> {
        search::is_whole(&self.connection)
    }

    fn find_entries(&self, needle: &str) -> Result<Vec<FoundEntry>, StoreError> {
        read::snapshot(&self.connection, |connection| read::find_entries(connection, needle))
    }

    fn find(&self, needle: &str) -> Result<Vec<StoryId>, StoreError> {
        read::snapshot(&self.connection, |connection| read::find(connection, needle))
    }

    fn each_entry_since(
        &self,
        since: Timestamp,
        encoder: u32,
        each: &mut dyn FnMut(PlacedEntry),
    ) -> Result<(), StoreError> {
        read::snapshot(&self.connection, |connection| {
            read::each_entry_since(connection, since, encoder, each)
        })
    }

    fn source_counts(&self) -> Result<HashMap<SourceKey, SourceCounts>, StoreError> {
        read::source_counts(&self.connection)
    }

    fn websub(&self) -> Result<Remembered, StoreError> {
        read::snapshot(&self.connection, websub::read)
    }

    fn fact(&self, name: &str) -> Result<Option<String>, StoreError> {
        read::fact(&self.connection, name)
    }
}

/// The connection that writes, and the lock.
struct Sqlite {
    reader: Reader,
    numbers: write::Numbers,
    _lock: File,
}

impl Drop for Sqlite {
    /// Folds the log back into the file. SQLite does so by itself only where no reader is left; else the next process would have to read the
    /// whole log before anything else.
    fn drop(&mut self) {
        // What fails here is done at the next start.
        let _ = self.reader.connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
    }
}

impl StoreReader for Sqlite {
    fn source_states(&self) -> Result<HashMap<SourceKey, SourceState>, StoreError> {
        self.reader.source_states()
    }

    fn known_entries(
        &self,
        source: &SourceKey,
    ) -> Result<HashMap<Identity, KnownEntry>, StoreError> {
        self.reader.known_entries(source)
    }

    fn left_out(
        &self,
        source: &SourceKey,
        listed: &HashSet<Identity>,
    ) -> Result<Vec<StoredEntry>, StoreError> {
        self.reader.left_out(source, listed)
    }

    fn stories(&self, query: &StoryQuery<'_>) -> Result<Vec<Story>, StoreError> {
        self.reader.stories(query)
    }

    fn each_story(
        &self,
        since: Option<Timestamp>,
        each: &mut dyn FnMut(Story) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.reader.each_story(since, each)
    }

    fn story(&self, id: StoryId) -> Result<Option<Story>, StoreError> {
        self.reader.story(id)
    }

    fn story_now(&self, id: StoryId) -> Result<Option<StoryId>, StoreError> {
        self.reader.story_now(id)
    }

    fn story_of(&self, key: &MemberKey) -> Result<Option<StoryId>, StoreError> {
        self.reader.story_of(key)
    }

    fn entries(&self, keys: &[MemberKey]) -> Result<Vec<Option<StoredEntry>>, StoreError> {
        self.reader.entries(keys)
    }

    fn decisions(&self) -> Result<Vec<Decision>, StoreError> {
        self.reader.decisions()
    }

    fn stories_between(
        &self,
        from: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Story>, StoreError> {
        self.reader.stories_between(from, until, limit)
    }

    fn last_before(&self, until: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        self.reader.last_before(until)
    }

    fn search(
        &self,
        search: &Search,
        kept_only: bool,
        limit: usize,
    ) -> Result<Vec<Hit>, StoreError> {
        self.reader.search(search, kept_only, limit)
    }

    fn is_indexed(&self) -> Result<bool, StoreError> {
        self.reader.is_indexed()
    }

    fn find_entries(&self, needle: &str) -> Result<Vec<FoundEntry>, StoreError> {
        self.reader.find_entries(needle)
    }

    fn find(&self, needle: &str) -> Result<Vec<StoryId>, StoreError> {
        self.reader.find(needle)
    }

    fn each_entry_since(
        &self,
        since: Timestamp,
        encoder: u32,
        each: &mut dyn FnMut(PlacedEntry),
    ) -> Result<(), StoreError> {
        self.reader.each_entry_since(since, encoder, each)
    }

    fn source_counts(&self) -> Result<HashMap<SourceKey, SourceCounts>, StoreError> {
        self.reader.source_counts()
    }

    fn websub(&self) -> Result<Remembered, StoreError> {
        self.reader.websub()
    }

    fn fact(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.reader.fact(name)
    }
}

impl Store for Sqlite {
    fn commit(&mut self, batches: &[Batch]) -> Result<Vec<Vec<EntryId>>, StoreError> {
        write::in_one_go(&mut self.reader.connection, &mut self.numbers, "commit a batch", |pen| {
            let ids: Result<Vec<_>, _> = batches.iter().map(|batch| pen.batch(batch)).collect();
            let ids = ids?;
            for batch in batches {
                pen.move_entries(batch.at, &batch.moved)?;
            }
            Ok(ids)
        })
    }

    fn rearrange(
        &mut self,
        at: Timestamp,
        encoded: &Encoded,
        moved: &[Moved],
    ) -> Result<(), StoreError> {
        write::in_one_go(&mut self.reader.connection, &mut self.numbers, "move entries", |pen| {
            pen.keep_vectors(encoded)?;
            pen.move_entries(at, moved)
        })
    }

    fn decide(
        &mut self,
        at: Timestamp,
        request: &Request,
        moved: &[Moved],
    ) -> Result<(), StoreError> {
        write::in_one_go(&mut self.reader.connection, &mut self.numbers, "keep a decision", |pen| {
            pen.decide(request)?;
            pen.move_entries(at, moved)
        })
    }

    fn rejudge(&mut self, judge: &mut Judge<'_>) -> Result<u64, StoreError> {
        write::in_one_go(
            &mut self.reader.connection,
            &mut self.numbers,
            "replace verdicts",
            |pen| pen.rejudge(judge),
        )
    }

    fn prune(
        &mut self,
        before: Timestamp,
        configured: &BTreeSet<SourceKey>,
    ) -> Result<Pruned, StoreError> {
        let pruned = write::in_one_go(
            &mut self.reader.connection,
            &mut self.numbers,
            "remove old entries",
            |pen| pen.prune(before, configured),
        )?;
        write::give_back_space(&self.reader.connection)?;
        Ok(pruned)
    }

    fn keep_websub(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        websub::keep(&mut self.reader.connection, changes)
    }

    fn index_by(&mut self, index: Index) {
        self.numbers.index = Some(index);
    }

    fn index_backlog(&mut self, limit: usize) -> Result<bool, StoreError> {
        write::in_one_go(&mut self.reader.connection, &mut self.numbers, "index entries", |pen| {
            pen.index_backlog(limit)
        })
    }

    fn set_fact(&mut self, name: &str, value: &str) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO fact (name, value) VALUES (?1, ?2)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        self.reader
            .connection
            .execute(SQL, [name, value])
            .map(|_| ())
            .map_err(sql_error("keep a fact"))
    }

    fn reader(&self) -> Result<Box<dyn StoreReader>, StoreError> {
        open_reader(&self.reader.path)
    }
}

/// The next row.
fn sql_step<'a, 'stmt>(
    rows: &'a mut Rows<'stmt>,
    action: &'static str,
) -> Result<Option<&'a Row<'stmt>>, StoreError> {
    rows.next().map_err(sql_error(action))
}

/// What an error of SQLite is to the program: damage of the file, or a refusal.
fn sql_error(action: &'static str) -> impl Fn(rusqlite::Error) -> StoreError {
    move |error| {
        let cell = matches!(
            error,
            rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::Utf8Error(..)
        );
        let file = matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
        );
        if cell || file {
            let what = if cell { "row" } else { "database" };
            return StoreError::Damaged { what, detail: error.to_string() };
        }
        StoreError::Database { action, source: error.into() }
    }
}
