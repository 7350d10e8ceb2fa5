//! Opening the store: locked against a second process, and brought to the newest format.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use chrono::{DateTime, Utc};
use prometheus_client::metrics::counter::Counter;
use rusqlite::{Connection, ErrorCode};

use super::Store;
use crate::error::ServerError;

/// What brings a store from each format to the next one.
const MIGRATIONS: [&str; 5] = [
    "
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
",
    "
CREATE TABLE alerts (target TEXT NOT NULL, alert TEXT NOT NULL, PRIMARY KEY (target, alert));
",
    "
CREATE TABLE hindsights (
    target TEXT NOT NULL, kind TEXT NOT NULL, made_at INTEGER NOT NULL,
    checksum INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (target, kind)
);
",
    "
ALTER TABLE alerts ADD COLUMN taken INTEGER NOT NULL DEFAULT 1;
",
    "
ALTER TABLE runs ADD COLUMN failing_since INTEGER;
",
];

/// What there is in the newest format.
const TABLES: [&str; 8] =
    ["standings", "models", "plans", "evaluations", "runs", "alerts", "forecasts", "hindsights"];

/// A store that a service begins with.
#[derive(Debug)]
pub struct Begun<T> {
    /// The store.
    pub store: Store,
    /// What was read of it.
    pub recalled: T,
    /// Where a damaged one was moved to, which it stands in place of.
    pub aside: Option<PathBuf>,
}

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
        let (path, connection) = (path.into(), Mutex::new(connection));
        Ok(Self { path, connection, failures: Counter::default() })
    }
}

impl Store {
    /// Opens the store at `path` for a service that begins with what `recall` reads of it. One that is damaged is moved
    /// aside and a new one is begun, because a service without its past still forecasts.
    ///
    /// # Errors
    /// As [`Store::open`], and when the damaged store cannot be moved.
    pub fn open_or_begin<T>(
        path: &Path,
        now: DateTime<Utc>,
        recall: impl Fn(&Self) -> rusqlite::Result<T>,
    ) -> Result<Begun<T>, ServerError> {
        let failed = |source| ServerError::Store { path: path.into(), source };
        let open = || {
            let store = Self::open(path)?;
            let recalled = store.walk().and_then(|()| recall(&store)).map_err(failed)?;
            Ok((store, recalled))
        };
        let (opened, aside) = match open() {
            Err(ServerError::Store { source, .. }) if is_damage(path, &source) => {
                let aside = set_aside(path, now)?;
                tracing::error!(%source, aside = %aside.display(), "the store is damaged: a new one is begun");
                (open(), Some(aside))
            }
            opened => (opened, None),
        };
        let (store, recalled) = opened?;
        Ok(Begun { store, recalled, aside })
    }

    /// Looks at the pages of every table, also of those that a service needs only later.
    fn walk(&self) -> rusqlite::Result<()> {
        let connection = self.connection();
        for table in TABLES {
            let count = format!("SELECT count(*) FROM {table} NOT INDEXED");
            connection.query_row(&count, [], |row| row.get::<_, i64>(0))?;
        }
        Ok(())
    }
}

/// Whether `source` says that the file is a store no more. What was never one is not ours to move, so a file whose first
/// bytes are another's has to be called as a store is.
fn is_damage(path: &Path, source: &rusqlite::Error) -> bool {
    match source.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt) => true,
        // Also the numbers in the first bytes that no version ever wrote.
        Some(ErrorCode::NotADatabase | ErrorCode::Unknown) => {
            path.extension().is_some_and(|kind| kind == "db")
        }
        _ => false,
    }
}

/// Gives the damaged store and its journal other names.
fn set_aside(path: &Path, now: DateTime<Utc>) -> Result<PathBuf, ServerError> {
    let named = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let damaged = format!(".damaged-{}", now.format("%Y%m%dT%H%M%SZ"));
    let aside = named(&damaged);
    let failed = |error: std::io::Error| ServerError::File {
        what: "the damaged store",
        path: path.into(),
        reason: format!("it cannot be moved aside: {error}"),
    };
    std::fs::rename(path, &aside).map_err(failed)?;
    for journal in ["-wal", "-shm"] {
        let from = named(journal);
        if from.exists() {
            std::fs::rename(&from, named(&format!("{damaged}{journal}"))).map_err(failed)?;
        }
    }
    Ok(aside)
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
    use crate::config::TargetName;

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

    #[test]
    fn a_damaged_store_is_moved_aside_and_a_new_one_begun() {
        let now = DateTime::UNIX_EPOCH;
        // The first bytes, all but those, and a page in the middle that a service begins with.
        for (at, length) in [(Some(0), 100), (Some(40), 60_000), (None, 4_096)] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("state.db");
            let store = Store::open(&path).unwrap();
            let page = "SELECT (rootpage - 1) * 4096 FROM sqlite_master WHERE name = 'runs'";
            let page: isize = store.connection().query_row(page, [], |row| row.get(0)).unwrap();
            drop(store);
            let at = at.unwrap_or(page as usize);
            let mut bytes = std::fs::read(&path).unwrap();
            let to = bytes.len().min(at + length);
            bytes[at..to].fill(0x5a);
            std::fs::write(&path, &bytes).unwrap();
            let begun = Store::open_or_begin(&path, now, |_| Ok(())).unwrap();
            let aside = begun.aside.expect("it was damaged");
            assert_eq!(std::fs::read(aside).unwrap().len(), bytes.len());
            assert!(begun.store.walk().is_ok());
        }
    }

    #[test]
    fn damage_that_only_what_a_service_reads_meets_is_damage_as_well() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        let store = Store::open(&path).unwrap();
        // A row that goes on in pages of its own, which counting rows does not look at.
        let insert = "INSERT INTO evaluations (target, made_at, body) VALUES ('web', 0, printf('%.20000c', 'x'))";
        store.connection().execute(insert, []).unwrap();
        drop(store);
        let mut bytes = std::fs::read(&path).unwrap();
        let pages = bytes.chunks_mut(4_096).filter(|page| page[100..].iter().all(|b| *b == b'x'));
        // Each such page begins with the number of the next one.
        pages.for_each(|page| page[..4].fill(0x5a));
        std::fs::write(&path, &bytes).unwrap();
        let name = TargetName::new("web").unwrap();
        let recall = |store: &Store| store.accuracy(&name, 9);
        let begun = Store::open_or_begin(&path, DateTime::UNIX_EPOCH, recall).unwrap();
        assert!(begun.aside.is_some() && begun.recalled.is_empty());
    }

    #[test]
    fn what_is_whole_or_never_was_a_store_stays_where_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        drop(Store::open(&path).unwrap());
        let begin = |path: &Path| Store::open_or_begin(path, DateTime::UNIX_EPOCH, |_| Ok(()));
        assert_eq!(begin(&path).unwrap().aside, None);
        let other = folder.path().join("notes.txt");
        let text = "a text that is as long as the first page of a store would be ".repeat(100);
        std::fs::write(&other, &text).unwrap();
        assert!(begin(&other).is_err());
        assert_eq!(std::fs::read_to_string(&other).unwrap(), text);
    }
}
