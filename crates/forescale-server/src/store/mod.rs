//! The state on disk: one SQLite file, held by one process, whole after any crash.
//!
//! Every write is one transaction that is on the disk when it returns.

mod forecasts;
mod hindsights;
mod models;
mod open;
mod plans;
mod records;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use chrono::{DateTime, Utc};
use prometheus_client::metrics::counter::Counter;
use rusqlite::{Connection, Result, Transaction};

pub use plans::PlanRow;
pub use records::{Run, RunResult};

use crate::clock::lock;

/// The state on disk.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    connection: Mutex<Connection>,
    failures: Counter,
}

impl Store {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes every write fail from now on, as a full disk would.
    #[cfg(test)]
    pub(crate) fn refuse_writes(&self) {
        self.connection().pragma_update(None, "query_only", true).expect("it is a pragma");
    }

    /// Counts the writes that failed.
    pub fn failures(&self) -> &Counter {
        &self.failures
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        lock(&self.connection)
    }

    /// Does `work` and has it on the disk, or leaves everything as it was and counts that.
    fn write(&self, work: impl FnOnce(&Transaction) -> Result<()>) -> Result<()> {
        let mut connection = self.connection();
        let written = connection.transaction().and_then(|transaction| {
            work(&transaction)?;
            transaction.commit()
        });
        written.inspect_err(|_| {
            self.failures.inc();
        })
    }

    /// Drops plans and evaluations made before `moment`, and forecasts made before `compared`.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn forget_before(&self, moment: DateTime<Utc>, compared: DateTime<Utc>) -> Result<()> {
        let tables = [("plans", moment), ("evaluations", moment), ("forecasts", compared)];
        self.write(|transaction| {
            for (table, before) in tables {
                let statement = format!("DELETE FROM {table} WHERE made_at < ?1");
                transaction.execute(&statement, [before.timestamp_millis()])?;
            }
            Ok(())
        })
    }
}

/// A moment as the store keeps it: milliseconds since 1970.
fn moment(milliseconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(milliseconds).unwrap_or_default()
}

/// What could still be read of `rows`; those in which a disk has changed more than bytes are left out.
fn legible<T>(rows: impl Iterator<Item = Result<T>>) -> Result<Vec<T>> {
    use rusqlite::Error;
    let changed = |row: &Result<T>| {
        matches!(
            row,
            Err(Error::Utf8Error(..)
                | Error::InvalidColumnType(..)
                | Error::IntegralValueOutOfRange(..)
                | Error::FromSqlConversionFailure(..))
        )
    };
    rows.filter(|row| !changed(row)).collect()
}

/// Bytes that were written with `checksum`; none when they are no longer the same.
fn checked(bytes: Vec<u8>, checksum: u32) -> Option<Vec<u8>> {
    (crc32fast::hash(&bytes) == checksum).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::accuracy::Accuracy;
    use crate::config::TargetName;

    #[test]
    fn forecasts_are_dropped_before_what_is_looked_back_on() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("state.db")).unwrap();
        let name = TargetName::new("web").unwrap();
        let day = |day: i64| DateTime::UNIX_EPOCH + TimeDelta::days(day);
        for made_at in [day(0), day(25), day(35)] {
            let insert = "INSERT INTO forecasts (target, made_at, checksum, body) VALUES ('web', ?1, 0, x'00')";
            store.connection().execute(insert, [made_at.timestamp_millis()]).unwrap();
            let accuracy = Accuracy {
                made_at,
                steps: 1,
                absolute_error: 0.0,
                naive_error: None,
                skill: None,
                coverage_80: 1.0,
                coverage_95: 1.0,
                drift: None,
            };
            store.save_accuracy(&name, &accuracy).unwrap();
        }
        // It is day 40: plans and evaluations of 30 days are kept, and forecasts of 7.
        store.forget_before(day(10), day(33)).unwrap();
        let count = "SELECT count(*) FROM forecasts";
        let left: i64 = store.connection().query_row(count, [], |row| row.get(0)).unwrap();
        assert_eq!((left, store.accuracy(&name, 9).unwrap().len()), (1, 2));
    }
}
