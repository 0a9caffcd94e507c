//! What only SQLite can get wrong; the rest is in the contract.

use std::path::Path;

use rusqlite::Connection;

/// Makes the database refuse entries of this headline.
pub(in crate::store) fn refuse(path: &Path, headline: &str) {
    let refuse = format!(
        "CREATE TRIGGER refuse BEFORE INSERT ON entry WHEN NEW.title = '{headline}'
         BEGIN SELECT raise(ABORT, 'refused'); END"
    );
    Connection::open(path).unwrap().execute_batch(&refuse).unwrap();
}
