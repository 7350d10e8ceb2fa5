//! What was last found out about the past of a target, one row for each kind.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Result, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Store, checked};
use crate::config::TargetName;

impl Store {
    /// Puts `result`, of `kind` and made at `now`, in place of the one before.
    ///
    /// # Errors
    /// When the store cannot be written; then it is what it was.
    pub fn save_hindsight(
        &self,
        target: &TargetName,
        kind: &str,
        now: DateTime<Utc>,
        result: &impl Serialize,
    ) -> Result<()> {
        let body =
            serde_json::to_vec(result).expect("a result holds nothing that cannot be written");
        self.write(|transaction| {
            transaction.execute(
                "INSERT OR REPLACE INTO hindsights (target, kind, made_at, checksum, body)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    target.as_str(),
                    kind,
                    now.timestamp_millis(),
                    crc32fast::hash(&body),
                    body
                ],
            )?;
            Ok(())
        })
    }

    /// The newest result of `kind`; none when there is nothing whole.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn hindsight<T: DeserializeOwned>(
        &self,
        target: &TargetName,
        kind: &str,
    ) -> Result<Option<T>> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT body, checksum FROM hindsights WHERE target = ?1 AND kind = ?2",
        )?;
        let row = statement
            .query_row([target.as_str(), kind], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let whole = row.and_then(|(body, checksum)| checked(body, checksum));
        Ok(whole.and_then(|body| serde_json::from_slice(&body).ok()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_of_each_kind_is_kept_and_a_damaged_one_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("state.db")).unwrap();
        let (name, now) = (TargetName::new("web").unwrap(), DateTime::UNIX_EPOCH);
        let read = |kind| store.hindsight::<u32>(&name, kind).unwrap();
        assert_eq!(read("replay"), None);
        for (kind, number) in [("replay", 1), ("replay", 2), ("backtest", 3)] {
            store.save_hindsight(&name, kind, now, &number).unwrap();
        }
        assert_eq!((read("replay"), read("backtest")), (Some(2), Some(3)));
        let damage = "UPDATE hindsights SET body = x'34' WHERE kind = 'replay'";
        assert_eq!(store.connection().execute(damage, []).unwrap(), 1);
        assert_eq!(read("replay"), None);
    }
}
