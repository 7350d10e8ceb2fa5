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

use chrono::{DateTime, TimeDelta, Utc};
use prometheus_client::metrics::counter::Counter;
use rusqlite::{Connection, Result, Transaction};

pub use plans::PlanRow;
pub use records::{Run, RunResult};

use crate::clock::lock;

/// The most that is dropped of the past at a time.
const AT_ONCE: TimeDelta = TimeDelta::days(1);

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

    /// Drops plans and evaluations that are older than `keep`, and forecasts older than `compared`, as of `now`.
    ///
    /// A clock that is wrong for an hour must not take the past along. Age counts from the newest row on, so that the
    /// clock alone makes nothing old, and a call drops no more than the oldest day, whatever was written meanwhile.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn forget(&self, now: DateTime<Utc>, keep: TimeDelta, compared: TimeDelta) -> Result<()> {
        let tables = [("plans", keep), ("evaluations", keep), ("forecasts", compared)];
        self.write(|transaction| {
            for (table, keep) in tables {
                let statement = format!(
                    "DELETE FROM {table}
                     WHERE made_at < min(?1, (SELECT max(made_at) FROM {table})) - ?2
                     AND made_at < (SELECT min(made_at) FROM {table}) + ?3"
                );
                let times = (now.timestamp_millis(), keep.num_milliseconds());
                transaction.execute(&statement, (times.0, times.1, AT_ONCE.num_milliseconds()))?;
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
    use super::*;
    use crate::accuracy::Accuracy;
    use crate::config::TargetName;

    fn day(day: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(day)
    }

    /// Adds a forecast and an evaluation, both made at `made_at`.
    fn add(store: &Store, made_at: DateTime<Utc>) {
        let insert =
            "INSERT INTO forecasts (target, made_at, checksum, body) VALUES ('web', ?1, 0, x'00')";
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
        store.save_accuracy(&TargetName::new("web").unwrap(), &accuracy).unwrap();
    }

    /// Days of the forecasts and of the evaluations that are left.
    fn left(store: &Store) -> (Vec<i64>, Vec<i64>) {
        let connection = store.connection();
        let days = |table: &str| {
            let query = format!("SELECT made_at / 86400000 FROM {table} ORDER BY made_at");
            let mut statement = connection.prepare(&query).unwrap();
            let rows = statement.query_map([], |row| row.get(0)).unwrap();
            rows.collect::<Result<_>>().unwrap()
        };
        (days("forecasts"), days("evaluations"))
    }

    const KEEP: (TimeDelta, TimeDelta) = (TimeDelta::days(30), TimeDelta::days(7));

    #[test]
    fn forecasts_are_dropped_before_what_is_looked_back_on() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("state.db")).unwrap();
        [0, 25, 35, 40].into_iter().for_each(|of| add(&store, day(of)));
        // It is day 40: plans and evaluations of 30 days are kept, and forecasts of 7. Each hour drops the oldest day.
        store.forget(day(40), KEEP.0, KEEP.1).unwrap();
        assert_eq!(left(&store), (vec![25, 35, 40], vec![25, 35, 40]));
        store.forget(day(40), KEEP.0, KEEP.1).unwrap();
        store.forget(day(40), KEEP.0, KEEP.1).unwrap();
        assert_eq!(left(&store), (vec![35, 40], vec![25, 35, 40]));
    }

    #[test]
    fn a_clock_that_is_a_month_ahead_for_an_hour_takes_no_past_along() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("state.db")).unwrap();
        (1..=30).for_each(|of| add(&store, day(of)));
        let before = left(&store);
        store.forget(day(61), KEEP.0, KEEP.1).unwrap();
        assert_eq!(left(&store).1, before.1, "nothing was made since");
        // Even when something was.
        add(&store, day(61));
        store.forget(day(61), KEEP.0, KEEP.1).unwrap();
        store.forget(day(30), KEEP.0, KEEP.1).unwrap();
        let expected: Vec<i64> = (2..=30).chain([61]).collect();
        assert_eq!(left(&store).1, expected, "no more than a day went");
    }
}
