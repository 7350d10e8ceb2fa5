//! One run of one job: it does its work, and commits it unless it has been given up meanwhile.

use chrono::{DateTime, TimeDelta, Utc};
use tracing::{info, warn};

use super::work::Work;
use super::{JobKind, backtest, evaluate, handing, refresh, replay, train};
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

/// Does `work` for `entry` as of `now`. Nothing is committed once it has been given up.
pub fn run(
    work: &Work,
    entry: &Entry,
    store: &Store,
    metrics: &Metrics,
    now: DateTime<Utc>,
) -> Done {
    let kind = work.job().kind;
    let result = match kind {
        JobKind::Forecast => forecast(work, entry, store, metrics, now),
        JobKind::Train => learn(work, entry, store, now),
        JobKind::Evaluate => compare(work, entry, store, now),
        JobKind::Backtest => score(work, entry, store, now),
        JobKind::Replay => relive(work, entry, store, now),
    };
    let target = entry.target.name.as_str();
    match result {
        Ok(done) => {
            match &done.error {
                None => info!(target_name = target, job = kind.name(), detail = done.detail, "ran"),
                Some(error) => warn!(target_name = target, job = kind.name(), error, "ran"),
            }
            done
        }
        Err(error) => {
            warn!(target_name = target, job = kind.name(), error, "failed");
            Done { error: Some(error), ..Done::default() }
        }
    }
}

fn forecast(
    work: &Work,
    entry: &Entry,
    store: &Store,
    metrics: &Metrics,
    now: DateTime<Utc>,
) -> Result<Done, String> {
    // Whatever hangs below: the files know before it that nothing is given back.
    handing::hold(entry, metrics, now);
    let refreshed = refresh::refresh(work, entry, store, now);
    work.alive()?;
    let refreshed = match refreshed {
        Ok(refreshed) => refreshed,
        Err(reason) => {
            let saved = fail(entry, store, now, &reason);
            handing::hold(entry, metrics, now);
            return Err(match saved {
                Ok(()) => reason,
                Err(error) => unsaved(&format!("{reason}; and"), &error),
            });
        }
    };
    let standing = refreshed.standing;
    let changed = changed(entry, &standing, now);
    let keep = kept(entry, &standing).then_some(&standing.forecast);
    let saved = store.save_standing(&entry.target.name, &standing, changed.as_ref(), keep);
    for (clamp, count) in &standing.clamps {
        metrics.clamped(&entry.target.name, clamp.name(), *count);
    }
    // A disk that is full is no reason to go without a plan: it is only lost when the process ends.
    entry.stand(standing);
    handing::renew(entry, metrics, now);
    let error = saved.err().map(|error| unsaved("the plan is used, but", &error));
    Ok(Done { error, retrain: refreshed.retrain, ..Done::default() })
}

/// Says what the store refused.
fn unsaved(what: &str, error: &rusqlite::Error) -> String {
    format!("{what} the store cannot be written: {error}")
}

/// Notes that no newer plan could be made. What stood stands, and holds from the first failure on.
fn fail(entry: &Entry, store: &Store, now: DateTime<Utc>, reason: &str) -> rusqlite::Result<()> {
    // Where there is no plan at all, the pool notes every run that makes none.
    let Some(before) = entry.standing() else { return Ok(()) };
    let since = before.failing.as_ref().map_or(now, |failing| failing.since);
    let failing = Some(Failing { since, reason: reason.to_owned() });
    let standing = Standing { failing, ..Standing::clone(&before) };
    let changed = before.failing.is_none().then(|| row(entry, &standing, now));
    let saved = store.save_standing(&entry.target.name, &standing, changed.as_ref(), None);
    entry.stand(standing);
    saved
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

fn learn(work: &Work, entry: &Entry, store: &Store, now: DateTime<Utc>) -> Result<Done, String> {
    let (bytes, detail) = train::train(work, entry, now)?;
    work.alive()?;
    train::save(entry, store, now, &bytes)?;
    Ok(Done { detail, ..Done::default() })
}

/// Drift asks for a new model, but not again before forecasts of the last one could be compared.
const BETWEEN_RETRAINS: TimeDelta = TimeDelta::hours(6);

fn compare(work: &Work, entry: &Entry, store: &Store, now: DateTime<Utc>) -> Result<Done, String> {
    let found = evaluate::evaluate(work, entry, store, now)?;
    work.alive()?;
    let Some(accuracy) = found else {
        return Ok(Done { detail: "nothing to compare yet".to_owned(), ..Done::default() });
    };
    store.save_accuracy(&entry.target.name, &accuracy).map_err(|error| error.to_string())?;
    let retrain = accuracy.drift.is_some() && settled(entry, store, now)?;
    let detail = described(&accuracy);
    let newest = store.accuracy(&entry.target.name, evaluate::JUDGED);
    entry.judge(&newest.map_err(|error| error.to_string())?);
    Ok(Done { detail, retrain, ..Done::default() })
}

fn score(work: &Work, entry: &Entry, store: &Store, now: DateTime<Utc>) -> Result<Done, String> {
    let result = backtest::backtest(work, entry, now)?;
    work.alive()?;
    let saved = store.save_hindsight(&entry.target.name, JobKind::Backtest.name(), now, &result);
    saved.map_err(|error| error.to_string())?;
    let detail = format!("{} forecasts of {} steps", result.origins.len(), result.horizon_steps);
    Ok(Done { detail, ..Done::default() })
}

fn relive(work: &Work, entry: &Entry, store: &Store, now: DateTime<Utc>) -> Result<Done, String> {
    let result = replay::replay(work, entry, now)?;
    work.alive()?;
    let saved = store.save_hindsight(&entry.target.name, JobKind::Replay.name(), now, &result);
    saved.map_err(|error| error.to_string())?;
    let hours = (result.to - result.from).num_hours();
    let detail = format!("{} policies over {hours} hours", result.policies.len());
    Ok(Done { detail, ..Done::default() })
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

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use chrono_tz::Tz;
    use forescale::{Event, Frequency, LoadSeries};

    use super::*;
    use crate::board::Board;
    use crate::config::Config;
    use crate::jobs::Job;
    use crate::jobs::workers::Workers;
    use crate::source::{Loaded, Source, SourceError, Sources};

    /// A load that never changes.
    struct Flat;

    impl Source for Flat {
        fn load(&self, now: DateTime<Utc>) -> Result<Loaded, SourceError> {
            let step = Frequency::from_seconds(300).unwrap();
            let start = now - TimeDelta::days(3);
            Ok(LoadSeries::new(start, step, vec![50.0; 864]).unwrap().into())
        }
    }

    impl Sources for Flat {
        fn open(&self, _: &str, _: &toml::Table) -> Result<Box<dyn Source>, SourceError> {
            Ok(Box::new(Flat))
        }

        fn events(&self, _: &Path, _: Tz) -> Result<Vec<Event>, SourceError> {
            Ok(Vec::new())
        }
    }

    #[test]
    fn a_plan_that_cannot_be_saved_is_used_and_the_run_says_so() {
        let text = "[[target]]\nname = \"web\"\npredictors = [\"seasonal-naive\"]\n[target.source]\n[target.fleet]\ncapacity = 10.0\n";
        let config = Config::parse(text, Path::new("forescale.toml")).unwrap();
        let now = "2026-01-05T08:00:00Z".parse().unwrap();
        let sources: Arc<dyn Sources> = Arc::new(Flat);
        let board = Board::new(&config, &sources, now).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("state.db")).unwrap();
        store.refuse_writes();
        let (entry, metrics) = (&board.entries()[0], Metrics::new(store.failures()));
        let job = Job { kind: JobKind::Forecast, target: 0 };
        let work = Work::new(job, &Arc::new(Workers::new(2)));
        let done = run(&work, entry, &store, &metrics, now);
        let error = done.error.unwrap();
        assert!(error.starts_with("the plan is used, but the store cannot be written"), "{error}");
        assert_eq!(entry.decide(now).unwrap().instances, 7);
        let text = metrics.text(&board, now);
        assert!(text.contains("store_failures_total 1"));
        let made_at = "forecast_last_success_timestamp_seconds{series=\"web\"} 1767600000";
        assert!(text.contains(made_at), "{text}");
    }
}
