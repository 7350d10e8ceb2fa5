//! How good forecasts would have been: the engine's backtest over the newest part of the history.

use chrono::{DateTime, Utc};
use forescale::{Backtest, BacktestOptions, LoadSeries, Scores, YARDSTICK};

use super::model::options;
use super::trailing::trailing;
use super::work::Work;
use crate::board::Entry;
use crate::hindsight::{BacktestResult, ForecastScores, PredictorResult, StepRange};

/// Moments of the past from which is forecast, and fits among them: those of `forescale backtest`.
const ORIGINS: usize = 7;
const FITS: usize = 2;

/// Scores the predictors of the target of `entry` on its load up to `now`.
///
/// # Errors
/// What was wrong, in words.
pub fn backtest(work: &Work, entry: &Entry, now: DateTime<Utc>) -> Result<BacktestResult, String> {
    let series = trailing(work, entry, now)?;
    let engine = options(&entry.target, &entry.calendar(now)?);
    let asked = BacktestOptions { horizon: entry.target.horizon, origins: ORIGINS, fits: FITS };
    let made = forescale::backtest(&series, &engine, &asked, &|_, _| {});
    Ok(result(made.map_err(|error| error.to_string())?, &series, now))
}

fn result(made: Backtest, series: &LoadSeries, now: DateTime<Utc>) -> BacktestResult {
    let naive = made.predictors.iter().find(|scores| scores.predictor == YARDSTICK);
    let predictor = |scores: &forescale::PredictorScores| PredictorResult {
        predictor: scores.predictor.clone(),
        overall: scored(scores.overall, naive.and_then(|naive| naive.overall)),
        by_range: (0..made.buckets.len())
            .map(|at| scored(scores.by_horizon[at], naive.and_then(|naive| naive.by_horizon[at])))
            .collect(),
        failures: scores.failures.clone(),
    };
    BacktestResult {
        made_at: now,
        from: series.start(),
        to: series.end(),
        step_seconds: series.frequency().seconds(),
        horizon_steps: made.horizon_steps,
        ranges: made
            .buckets
            .iter()
            .map(|bucket| StepRange { from: bucket.from, to: bucket.to })
            .collect(),
        predictors: made.predictors.iter().map(predictor).collect(),
        origins: made.origins,
        notes: made.notes,
    }
}

fn scored(scores: Option<Scores>, naive: Option<Scores>) -> Option<ForecastScores> {
    let scores = scores?;
    Some(ForecastScores {
        steps: scores.steps,
        wql: scores.wql,
        relative_wql: naive.filter(|naive| naive.wql > 0.0).map(|naive| scores.wql / naive.wql),
        mase: scores.mase,
        coverage_80: scores.coverage_80,
        coverage_95: scores.coverage_95,
    })
}
