//! Opening the store: locked against a second process, and brought to the newest format.

use std::path::Path;
use std::sync::Mutex;

use rusqlite::{Connection, ErrorCode};

use super::Store;
use crate::error::ServerError;

/// What brings a store from each format to the next one.
const MIGRATIONS: [&str; 1] = ["
CREATE TABLE models (
    id INTEGER PRIMARY KEY, target TEXT NOT NULL, made_at INTEGER NOT NULL,
    checksum INTEGER NOT NULL, bytes BLOB NOT NULL
);
CREATE INDEX models_of ON models (target, id);
CREATE TABLE standings (
    target TEXT PRIMARY KEY, checksum INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE TABLE forecasts (
    target TEXT NOT NULL, made_at INTEGER NOT NULL, checksum INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (target, made_at)
);
CREATE TABLE plans (
    id INTEGER PRIMARY KEY, target TEXT NOT NULL, made_at INTEGER NOT NULL,
    instances INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL
);
CREATE INDEX plans_of ON plans (target, id);
CREATE TABLE evaluations (
    id INTEGER PRIMARY KEY, target TEXT NOT NULL, made_at INTEGER NOT NULL, body TEXT NOT NULL
);
CREATE INDEX evaluations_of ON evaluations (target, id);
CREATE TABLE runs (
    target TEXT NOT NULL, job TEXT NOT NULL, started_at INTEGER NOT NULL, ended_at INTEGER NOT NULL,
    result TEXT NOT NULL, detail TEXT NOT NULL,
    PRIMARY KEY (target, job)
);
"];

impl Store {
    /// Opens the store at `path`, and makes it when it is not there.
    ///
    /// # Errors
    /// [`ServerError::Locked`] when another process holds it, [`ServerError::NewerStore`] when a newer version wrote
    /// it, [`ServerError::Store`] when it cannot be used.
    pub fn open(path: &Path) -> Result<Self, ServerError> {
        let failed = |source: rusqlite::Error| match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                ServerError::Locked { path: path.into() }
            }
            _ => ServerError::Store { path: path.into(), source },
        };
        let mut connection = Connection::open(path).map_err(failed)?;
        hold(&connection).map_err(failed)?;
        let found = version(&connection).map_err(failed)?;
        let known = MIGRATIONS.len() as i64;
        if found > known {
            return Err(ServerError::NewerStore { path: path.into(), found, known });
        }
        migrate(&mut connection, found as usize).map_err(failed)?;
        Ok(Self { path: path.into(), connection: Mutex::new(connection) })
    }
}

/// Takes the lock that the system gives back when the process ends, however it ends.
fn hold(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(std::time::Duration::ZERO)?;
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch("BEGIN IMMEDIATE; COMMIT;")
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

fn migrate(connection: &mut Connection, from: usize) -> rusqlite::Result<()> {
    for (at, statements) in MIGRATIONS.iter().enumerate().skip(from) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(statements)?;
        transaction.pragma_update(None, "user_version", at as i64 + 1)?;
        transaction.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_one_is_refused_while_the_first_lives() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        let first = Store::open(&path).unwrap();
        assert!(matches!(Store::open(&path), Err(ServerError::Locked { .. })));
        drop(first);
        assert!(Store::open(&path).is_ok());
    }

    #[test]
    fn a_store_of_a_newer_version_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
        let error = Store::open(&path).unwrap_err();
        assert!(matches!(error, ServerError::NewerStore { found: 99, .. }), "{error}");
    }

    #[test]
    fn what_is_no_database_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        std::fs::write(&path, "not a database, but long enough to look like one ".repeat(20))
            .unwrap();
        let error = Store::open(&path).unwrap_err().to_string();
        assert!(error.contains("state.db") && error.contains("not a database"), "{error}");
    }
}
