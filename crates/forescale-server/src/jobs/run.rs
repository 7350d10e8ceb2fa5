//! One run of one job: it does its work, and commits it unless it has been given up meanwhile.

use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use tracing::{info, warn};

use super::{JobKind, evaluate, refresh, train};
use crate::accuracy::Accuracy;
use crate::board::Entry;
use crate::metrics::Metrics;
use crate::standing::{Failing, Standing};
use crate::store::{PlanRow, Store};

/// How a run that was not given up ended.
#[derive(Debug, Default)]
pub struct Done {
    /// What went wrong, if anything did.
    pub error: Option<String>,
    /// What is worth knowing.
    pub detail: String,
    /// Whether a model should be trained at once.
    pub retrain: bool,
}

/// Runs a job of `entry` as of `now`. Nothing is committed once `live` is false.
pub fn run(
    kind: JobKind,
    entry: &Entry,
    store: &Store,
    metrics: &Metrics,
    now: DateTime<Utc>,
    live: &AtomicBool,
) -> Done {
    let result = match kind {
        JobKind::Forecast => forecast(entry, store, metrics, now, live),
        JobKind::Train => learn(entry, store, now, live),
        JobKind::Evaluate => compare(entry, store, now, live),
    };
    let target = entry.target.name.as_str();
    match result {
        Ok(done) => {
            info!(target_name = target, job = kind.name(), detail = done.detail, "ran");
            done
        }
        Err(error) => {
            warn!(target_name = target, job = kind.name(), error, "failed");
            Done { error: Some(error), ..Done::default() }
        }
    }
}

const GIVEN_UP: &str = "it took longer than its deadline";

fn alive(live: &AtomicBool) -> Result<(), String> {
    if live.load(Ordering::Acquire) { Ok(()) } else { Err(GIVEN_UP.to_owned()) }
}

fn forecast(
    entry: &Entry,
    store: &Store,
    metrics: &Metrics,
    now: DateTime<Utc>,
    live: &AtomicBool,
) -> Result<Done, String> {
    let refreshed = refresh::refresh(entry, store, now);
    alive(live)?;
    let refreshed = match refreshed {
        Ok(refreshed) => refreshed,
        Err(reason) => {
            fail(entry, store, now, &reason)?;
            return Err(reason);
        }
    };
    let standing = refreshed.standing;
    let changed = changed(entry, &standing, now);
    let keep = kept(entry, &standing).then_some(&standing.forecast);
    store
        .save_standing(&entry.target.name, &standing, changed.as_ref(), keep)
        .map_err(|error| format!("the plan cannot be saved: {error}"))?;
    for (clamp, count) in &standing.clamps {
        metrics.clamped(&entry.target.name, clamp.name(), *count);
    }
    entry.stand(standing);
    Ok(Done { retrain: refreshed.retrain, ..Done::default() })
}

/// Notes that no newer plan could be made. What stood stands, and holds from the first failure on.
fn fail(entry: &Entry, store: &Store, now: DateTime<Utc>, reason: &str) -> Result<(), String> {
    let Some(before) = entry.standing() else { return Ok(()) };
    let since = before.failing.as_ref().map_or(now, |failing| failing.since);
    let failing = Some(Failing { since, reason: reason.to_owned() });
    let standing = Standing { failing, ..Standing::clone(&before) };
    let changed = before.failing.is_none().then(|| row(entry, &standing, now));
    let saved = store.save_standing(&entry.target.name, &standing, changed.as_ref(), None);
    entry.stand(standing);
    saved.map_err(|error| format!("{reason}; and the store cannot be written: {error}"))
}

/// The row of a decision that differs from the one the last plan began with.
fn changed(entry: &Entry, standing: &Standing, now: DateTime<Utc>) -> Option<PlanRow> {
    let new = row(entry, standing, now);
    let Some(before) = entry.standing() else { return Some(new) };
    let before = row(entry, &before, before.made_at);
    (before.instances != new.instances || before.state != new.state).then_some(new)
}

fn row(entry: &Entry, standing: &Standing, now: DateTime<Utc>) -> PlanRow {
    let decision = standing.decide(now, &entry.rules());
    PlanRow {
        made_at: now,
        instances: decision.instances,
        state: decision.state.name().to_owned(),
        reason: decision.reason,
    }
}

/// Whether the forecast is kept to be compared: one in each interval between evaluations.
fn kept(entry: &Entry, standing: &Standing) -> bool {
    let every = entry.target.evaluate.num_seconds().max(1);
    let slot = |at: DateTime<Utc>| at.timestamp().div_euclid(every);
    let new = slot(standing.forecast.origin());
    entry.standing().is_none_or(|before| slot(before.forecast.origin()) != new)
}

fn learn(
    entry: &Entry,
    store: &Store,
    now: DateTime<Utc>,
    live: &AtomicBool,
) -> Result<Done, String> {
    let (bytes, detail) = train::train(entry, now)?;
    alive(live)?;
    train::save(entry, store, now, &bytes)?;
    Ok(Done { detail, ..Done::default() })
}

/// Drift asks for a new model, but not again before forecasts of the last one could be compared.
const BETWEEN_RETRAINS: TimeDelta = TimeDelta::hours(6);

fn compare(
    entry: &Entry,
    store: &Store,
    now: DateTime<Utc>,
    live: &AtomicBool,
) -> Result<Done, String> {
    let found = evaluate::evaluate(entry, store, now)?;
    alive(live)?;
    let Some(accuracy) = found else {
        return Ok(Done { detail: "nothing to compare yet".to_owned(), ..Done::default() });
    };
    store.save_accuracy(&entry.target.name, &accuracy).map_err(|error| error.to_string())?;
    let retrain = evaluate::drifted(&accuracy) && settled(entry, store, now)?;
    let detail = described(&accuracy);
    entry.judge(accuracy);
    Ok(Done { detail, retrain, ..Done::default() })
}

fn settled(entry: &Entry, store: &Store, now: DateTime<Utc>) -> Result<bool, String> {
    let runs = store.runs(&entry.target.name).map_err(|error| error.to_string())?;
    let trained = runs.into_iter().find(|run| run.job == JobKind::Train.name());
    Ok(trained.is_none_or(|run| now - run.started_at >= BETWEEN_RETRAINS))
}

fn described(accuracy: &Accuracy) -> String {
    let skill = accuracy.skill.map_or(String::new(), |skill| format!(", skill {skill:.2}"));
    format!(
        "{} steps: error {:.4}, {:.0} % within the 80 % interval{skill}",
        accuracy.steps,
        accuracy.absolute_error,
        accuracy.coverage_80 * 100.0
    )
}
