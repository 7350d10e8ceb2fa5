//! How the last run of every job went, and how good the forecasts were.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Result, params};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Store, legible, moment};
use crate::accuracy::Accuracy;
use crate::config::TargetName;
use crate::standing::Failing;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunResult {
    /// It did what it should.
    Success,
    /// It could not.
    Failure,
    /// It took longer than it may, and what it makes is not used.
    Deadline,
    /// It panicked, which is a mistake in forescale.
    Panic,
}

impl RunResult {
    const ALL: [Self; 4] = [Self::Success, Self::Failure, Self::Deadline, Self::Panic];

    /// Its name, in labels and in the store.
    pub fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Deadline => "deadline",
            Self::Panic => "panic",
        }
    }
}

/// The last run of a job.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Run {
    /// What it did: `train`, `forecast`, `evaluate`, `backtest` or `replay`.
    pub job: String,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: DateTime<Utc>,
    /// How it ended.
    pub result: RunResult,
    /// What went wrong, or what is worth knowing.
    pub detail: String,
}

impl Store {
    /// Remembers `run` as the last of its job.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn save_run(&self, target: &TargetName, run: &Run) -> Result<()> {
        self.write(|transaction| {
            transaction.execute(
                "INSERT OR REPLACE INTO runs (target, job, started_at, ended_at, result, detail, failing_since)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, iif(?7, coalesce(
                     (SELECT failing_since FROM runs WHERE target = ?1 AND job = ?2), ?3), NULL))",
                params![
                    target.as_str(),
                    run.job,
                    run.started_at.timestamp_millis(),
                    run.ended_at.timestamp_millis(),
                    run.result.name(),
                    run.detail,
                    run.result != RunResult::Success
                ],
            )?;
            Ok(())
        })
    }

    /// Since when every run of `job` for `target` has failed, and why the last one did; none when that did what it should.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn failing(&self, target: &TargetName, job: &str) -> Result<Option<Failing>> {
        let query = "SELECT failing_since, detail FROM runs WHERE target = ?1 AND job = ?2 AND failing_since NOT NULL";
        let connection = self.connection();
        let failing = connection.query_row(query, [target.as_str(), job], |row| {
            Ok(Failing { since: moment(row.get(0)?), reason: row.get(1)? })
        });
        failing.optional()
    }

    /// The last run of every job of `target`; rows that no longer can be read are left out.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn runs(&self, target: &TargetName) -> Result<Vec<Run>> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT job, started_at, ended_at, result, detail FROM runs WHERE target = ?1 ORDER BY job",
        )?;
        let rows = statement.query_map([target.as_str()], |row| {
            let result: String = row.get(3)?;
            let known = RunResult::ALL.into_iter().find(|known| known.name() == result);
            Ok(Run {
                job: row.get(0)?,
                started_at: moment(row.get(1)?),
                ended_at: moment(row.get(2)?),
                result: known.unwrap_or(RunResult::Failure),
                detail: row.get(4)?,
            })
        })?;
        legible(rows)
    }

    /// Adds what an evaluation found.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn save_accuracy(&self, target: &TargetName, accuracy: &Accuracy) -> Result<()> {
        let body = serde_json::to_string(accuracy).expect("scores are plain numbers");
        self.write(|transaction| {
            transaction.execute(
                "INSERT INTO evaluations (target, made_at, body) VALUES (?1, ?2, ?3)",
                params![target.as_str(), accuracy.made_at.timestamp_millis(), body],
            )?;
            Ok(())
        })
    }

    /// The newest `most` evaluations of `target`, newest first; those that no longer can be read are left out.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn accuracy(&self, target: &TargetName, most: u32) -> Result<Vec<Accuracy>> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT body FROM evaluations WHERE target = ?1 ORDER BY id DESC LIMIT ?2",
        )?;
        let rows =
            statement.query_map(params![target.as_str(), most], |row| row.get::<_, String>(0))?;
        let whole = |body: String| serde_json::from_str(&body).ok();
        Ok(legible(rows)?.into_iter().filter_map(whole).collect())
    }

    /// The alerts of which somebody may believe that they hold, as target, name and whether that was taken; rows that
    /// no longer can be read are left out.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn alerts(&self) -> Result<Vec<(String, String, bool)>> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached("SELECT target, alert, taken FROM alerts")?;
        legible(statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?)
    }

    /// Remembers such alerts, in place of those before.
    ///
    /// # Errors
    /// When the store cannot be written; then they are what they were.
    pub fn save_alerts<'a>(
        &self,
        all: impl Iterator<Item = (&'a str, &'a str, bool)>,
    ) -> Result<()> {
        self.write(|transaction| {
            transaction.execute("DELETE FROM alerts", [])?;
            for (target, alert, taken) in all {
                let insert = "INSERT INTO alerts (target, alert, taken) VALUES (?1, ?2, ?3)";
                transaction.execute(insert, params![target, alert, taken])?;
            }
            Ok(())
        })
    }
}
