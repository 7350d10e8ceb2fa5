//! Models: the newest and the one before it, each with its checksum.

use chrono::{DateTime, Utc};
use rusqlite::{Result, params};

use super::{Store, checked, legible, moment};
use crate::config::TargetName;

/// Models kept for each target: the newest, and one to fall back to.
const KEPT: u32 = 2;

impl Store {
    /// Adds the newest model of `target` and drops those before the previous one.
    ///
    /// # Errors
    /// When the store cannot be written; then the models are what they were.
    pub fn save_model(&self, target: &TargetName, now: DateTime<Utc>, bytes: &[u8]) -> Result<()> {
        self.write(|transaction| {
            transaction.execute(
                "INSERT INTO models (target, made_at, checksum, bytes) VALUES (?1, ?2, ?3, ?4)",
                params![target.as_str(), now.timestamp_millis(), crc32fast::hash(bytes), bytes],
            )?;
            transaction.execute(
                "DELETE FROM models WHERE target = ?1 AND id NOT IN
                 (SELECT id FROM models WHERE target = ?1 ORDER BY id DESC LIMIT ?2)",
                params![target.as_str(), KEPT],
            )?;
            Ok(())
        })
    }

    /// The models of `target`, newest first; none in place of one whose bytes have changed since they were written.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn models(&self, target: &TargetName) -> Result<Vec<Option<Vec<u8>>>> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT bytes, checksum FROM models WHERE target = ?1 ORDER BY id DESC",
        )?;
        // One row that cannot be read must not hide the one before it.
        let whole = |row: &rusqlite::Row| checked(row.get(0).ok()?, row.get(1).ok()?);
        let rows = statement.query_map([target.as_str()], |row| Ok(whole(row)))?;
        rows.collect()
    }

    /// When the newest model of `target` was trained.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn trained_at(&self, target: &TargetName) -> Result<Option<DateTime<Utc>>> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT made_at FROM models WHERE target = ?1 ORDER BY id DESC LIMIT 1",
        )?;
        let rows = statement.query_map([target.as_str()], |row| row.get(0).map(moment))?;
        Ok(legible(rows)?.first().copied())
    }

    /// Whether `target` has a model, whole or not.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn has_model(&self, target: &TargetName) -> Result<bool> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached("SELECT 1 FROM models WHERE target = ?1")?;
        statement.exists([target.as_str()])
    }
}

#[cfg(test)]
impl Store {
    /// Puts `bytes` in place of the newest model, as a disk might: nobody counts a checksum.
    pub fn damage_newest_model(&self, bytes: &[u8]) {
        let newest = "UPDATE models SET bytes = ?1 WHERE id = (SELECT max(id) FROM models)";
        let connection = self.connection();
        // Thousands of damages need not all reach the disk.
        connection.pragma_update(None, "synchronous", "OFF").unwrap();
        assert_eq!(connection.execute(newest, [bytes]).unwrap(), 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_previous_model_is_kept_and_a_changed_one_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("state.db")).unwrap();
        let (name, now) = (TargetName::new("web").unwrap(), DateTime::UNIX_EPOCH);
        for bytes in [b"one", b"two", b"six"] {
            store.save_model(&name, now, bytes).unwrap();
        }
        let found = store.models(&name).unwrap();
        assert_eq!(found, [Some(b"six".to_vec()), Some(b"two".to_vec())]);
        store.damage_newest_model(&[0]);
        assert_eq!(store.models(&name).unwrap(), [None, Some(b"two".to_vec())]);
    }
}
