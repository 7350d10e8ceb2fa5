//! Plans as they were made: what was decided, when, and why.

use chrono::{DateTime, Utc};
use forescale::Forecast;
use rusqlite::{Result, Transaction, params};
use serde::Serialize;
use utoipa::ToSchema;

use super::forecasts::{put_forecast, put_standing};
use super::{Store, legible, moment};
use crate::config::TargetName;
use crate::standing::Standing;

/// A decision that differed from the one before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlanRow {
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// Instances asked for at that moment.
    pub instances: u32,
    /// The state of the target then.
    pub state: String,
    /// Why, in one sentence.
    pub reason: String,
}

impl Store {
    /// Writes where `target` stands, with the row of a changed decision and a forecast to keep, all or nothing.
    ///
    /// # Errors
    /// When the store cannot be written; then it is what it was.
    pub fn save_standing(
        &self,
        target: &TargetName,
        standing: &Standing,
        changed: Option<&PlanRow>,
        keep: Option<&Forecast>,
    ) -> Result<()> {
        self.write(|transaction| {
            put_standing(transaction, target, standing)?;
            changed.map_or(Ok(()), |row| put_plan(transaction, target, row))?;
            keep.map_or(Ok(()), |forecast| put_forecast(transaction, target, forecast))
        })
    }

    /// The newest `most` decisions of `target`, newest first; those that no longer can be read are left out.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn plans(&self, target: &TargetName, most: u32) -> Result<Vec<PlanRow>> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT made_at, instances, state, reason FROM plans WHERE target = ?1 ORDER BY id DESC LIMIT ?2",
        )?;
        let rows = statement.query_map(params![target.as_str(), most], |row| {
            Ok(PlanRow {
                made_at: moment(row.get(0)?),
                instances: row.get(1)?,
                state: row.get(2)?,
                reason: row.get(3)?,
            })
        })?;
        legible(rows)
    }
}

/// Adds the row of a changed decision.
fn put_plan(transaction: &Transaction, target: &TargetName, row: &PlanRow) -> Result<()> {
    transaction.execute(
        "INSERT INTO plans (target, made_at, instances, state, reason) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            target.as_str(),
            row.made_at.timestamp_millis(),
            row.instances,
            row.state,
            row.reason
        ],
    )?;
    Ok(())
}
