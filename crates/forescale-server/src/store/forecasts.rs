//! Forecasts kept to be compared with what came, and where each target stands.

use chrono::{DateTime, Utc};
use forescale::Forecast;
use rusqlite::{OptionalExtension, Result, Transaction, params};

use super::{Store, checked};
use crate::config::TargetName;
use crate::standing::Standing;

impl Store {
    /// Where `target` stood when it was last written; none when there is nothing whole.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn standing(&self, target: &TargetName) -> Result<Option<Standing>> {
        let connection = self.connection();
        let row: Option<(Vec<u8>, u32)> = connection
            .query_row(
                "SELECT body, checksum FROM standings WHERE target = ?1",
                [target.as_str()],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        let whole = row.and_then(|(body, checksum)| checked(body, checksum));
        Ok(whole.and_then(|body| serde_json::from_slice(&body).ok()))
    }

    /// The forecasts of `target` that were kept, oldest first; those that are no longer whole are left out.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn forecasts(&self, target: &TargetName, since: DateTime<Utc>) -> Result<Vec<Forecast>> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT body, checksum FROM forecasts WHERE target = ?1 AND made_at >= ?2 ORDER BY made_at",
        )?;
        let rows = statement
            .query_map(params![target.as_str(), since.timestamp_millis()], |row| {
                Ok(checked(row.get(0)?, row.get(1)?))
            })?;
        let whole = |body: Option<Vec<u8>>| serde_json::from_slice(&body?).ok();
        Ok(rows.collect::<Result<Vec<_>>>()?.into_iter().filter_map(whole).collect())
    }
}

/// Writes where `target` stands.
pub(super) fn put_standing(
    transaction: &Transaction,
    target: &TargetName,
    standing: &Standing,
) -> Result<()> {
    let body =
        serde_json::to_vec(standing).expect("a standing holds nothing that cannot be written");
    transaction.execute(
        "INSERT OR REPLACE INTO standings (target, checksum, body) VALUES (?1, ?2, ?3)",
        params![target.as_str(), crc32fast::hash(&body), body],
    )?;
    Ok(())
}

/// Keeps a forecast for later.
pub(super) fn put_forecast(
    transaction: &Transaction,
    target: &TargetName,
    forecast: &Forecast,
) -> Result<()> {
    let body =
        serde_json::to_vec(forecast).expect("a forecast holds nothing that cannot be written");
    let made_at = forecast.origin().timestamp_millis();
    transaction.execute(
        "INSERT OR REPLACE INTO forecasts (target, made_at, checksum, body) VALUES (?1, ?2, ?3, ?4)",
        params![target.as_str(), made_at, crc32fast::hash(&body), body],
    )?;
    Ok(())
}
