//! The state on disk: one SQLite file, held by one process, whole after any crash.
//!
//! Every write is one transaction that is on the disk when it returns.

mod forecasts;
mod models;
mod open;
mod plans;
mod records;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Result};

pub use plans::PlanRow;
pub use records::{Run, RunResult};

use crate::clock::lock;

/// The state on disk.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    connection: Mutex<Connection>,
}

impl Store {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        lock(&self.connection)
    }

    /// Drops plans and evaluations made before `moment`.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn forget_before(&self, moment: DateTime<Utc>) -> Result<()> {
        let mut connection = self.connection();
        let transaction = connection.transaction()?;
        for table in ["plans", "evaluations", "forecasts"] {
            let statement = format!("DELETE FROM {table} WHERE made_at < ?1");
            transaction.execute(&statement, [moment.timestamp_millis()])?;
        }
        transaction.commit()
    }
}

/// A moment as the store keeps it: milliseconds since 1970.
fn moment(milliseconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(milliseconds).unwrap_or_default()
}

/// Bytes that were written with `checksum`; none when they are no longer the same.
fn checked(bytes: Vec<u8>, checksum: u32) -> Option<Vec<u8>> {
    (crc32fast::hash(&bytes) == checksum).then_some(bytes)
}
