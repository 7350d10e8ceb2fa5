//! How good the forecasts would have been: rolling origins over the user's own history.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use forescale_backtest::{Bucket, Buckets, Scorer, Scores, rolling_origins};
use forescale_core::metrics::seasonal_scale;
use forescale_core::{
    FitOptions, FittedPredictor, Forecast, History, Horizon, LoadSeries, Quantiles,
};
use serde::Serialize;

use crate::model::ENSEMBLE;
use crate::roles::YARDSTICK;
use crate::train::ensemble;
use crate::{EngineError, EngineOptions, horizon};

/// Fewer steps than this leave nothing to learn from and to score.
const FEWEST_STEPS: usize = 8;

/// What a backtest is told beside the engine's options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BacktestOptions {
    /// How far each origin forecasts.
    pub horizon: TimeDelta,
    /// Rolling origins.
    pub origins: usize,
    /// Fits among them; between two a fit forecasts from newer history.
    pub fits: usize,
}

/// Scores of every predictor on rolling origins.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Backtest {
    /// Steps each origin forecast.
    pub horizon_steps: usize,
    /// The origins, ascending.
    pub origins: Vec<DateTime<Utc>>,
    /// Where the predictors were fitted, ascending.
    pub fitted_at: Vec<DateTime<Utc>>,
    /// Ranges of horizons, in steps.
    pub buckets: Vec<Bucket>,
    /// The ensemble first, then each predictor.
    pub predictors: Vec<PredictorScores>,
    /// Where the ensemble does not help, and what else a reader should know.
    pub notes: Vec<String>,
}

/// Scores of a predictor.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PredictorScores {
    /// Its name.
    pub predictor: String,
    /// Over all horizons; absent when it never forecast.
    pub overall: Option<Scores>,
    /// By range of horizons, as in [`Backtest::buckets`].
    pub by_horizon: Vec<Option<Scores>>,
    /// What it could not do, and why.
    pub failures: Vec<String>,
}

/// Scores the ensemble and each predictor on rolling origins of `series`, calling `progress(done, total)` after
/// each fit.
///
/// A history that is too short for the horizon is scored on a shorter one, which the notes say.
///
/// # Errors
/// [`EngineError::Backtest`] with fewer than eight steps; those of [`crate::train`] beside.
pub fn backtest(
    series: &LoadSeries,
    engine: &EngineOptions,
    options: &BacktestOptions,
    progress: &dyn Fn(usize, usize),
) -> Result<Backtest, EngineError> {
    let course = Course::new(series, options)?;
    let names = std::iter::once(ENSEMBLE).chain(engine.rows()?.into_iter().map(|row| row.name));
    let mut tallies: Vec<Tally> =
        names.map(|name| Tally::new(name, &course.buckets, &Quantiles::standard())).collect();
    for (done, group) in course.groups.iter().enumerate() {
        course.score_group(group, engine, &mut tallies)?;
        progress(done + 1, course.groups.len());
    }
    Ok(course.result(tallies))
}

/// The origins of a backtest, grouped by the fit that serves them.
pub(crate) struct Course<'a> {
    series: &'a LoadSeries,
    pub(crate) horizon: Horizon,
    buckets: Buckets,
    pub(crate) groups: Vec<Vec<usize>>,
    shortened: bool,
}

impl<'a> Course<'a> {
    pub(crate) fn new(
        series: &'a LoadSeries,
        options: &BacktestOptions,
    ) -> Result<Self, EngineError> {
        let steps = series.len();
        if steps < FEWEST_STEPS {
            return Err(EngineError::Backtest { needed: FEWEST_STEPS, got: steps });
        }
        let asked = horizon(options.horizon, series.frequency())?;
        let horizon = Horizon::new(asked.steps().min(steps / 4))?;
        let to = steps - horizon.steps();
        let day = series.frequency().steps_per_day();
        let from = (steps / 2).min(to);
        let origins = rolling_origins(from, to, options.origins.max(1), day);
        let origins: Vec<usize> =
            origins.into_iter().filter(|origin| series.slice(0, *origin).is_ok()).collect();
        let size = origins.len().div_ceil(options.fits.max(1)).max(1);
        Ok(Self {
            series,
            horizon,
            buckets: Buckets::new(series.frequency(), horizon),
            groups: origins.chunks(size).map(<[usize]>::to_vec).collect(),
            shortened: horizon < asked,
        })
    }

    fn score_group(
        &self,
        group: &[usize],
        engine: &EngineOptions,
        tallies: &mut [Tally],
    ) -> Result<(), EngineError> {
        let past = self.history(group[0], engine)?;
        let fit = FitOptions::new(self.horizon, engine.seed);
        let fitted = ensemble(engine)?.fit_with_progress(&past, &fit, &|_| {});
        let fitted = fitted.map(|fitted| Box::new(fitted) as Box<dyn FittedPredictor>);
        self.score(group, engine, fitted.map_err(|error| error.to_string()), &mut tallies[0])?;
        for (row, tally) in engine.rows()?.into_iter().zip(&mut tallies[1..]) {
            let fitted = guarded(|| (row.create)().fit(&past, &fit).map_err(|e| e.to_string()));
            self.score(group, engine, fitted, tally)?;
        }
        Ok(())
    }

    fn score(
        &self,
        group: &[usize],
        engine: &EngineOptions,
        fitted: Result<Box<dyn FittedPredictor>, String>,
        tally: &mut Tally,
    ) -> Result<(), EngineError> {
        let mut fitted = match fitted {
            Ok(fitted) => fitted,
            Err(reason) => {
                tally.fails(reason);
                return Ok(());
            }
        };
        for origin in group {
            let history = self.history(*origin, engine)?;
            if let Ok(Some(observed)) = guarded(|| Ok(fitted.observed(&history))) {
                fitted = observed;
            }
            let forecast = guarded(|| {
                let forecast = fitted.predict(&history, self.horizon, &Quantiles::standard());
                forecast.map_err(|error| error.to_string())
            });
            match forecast {
                Ok(forecast) => {
                    tally.add(&forecast, &self.series.values()[*origin..], &self.buckets)
                }
                Err(reason) => tally.fails(reason),
            }
        }
        Ok(())
    }

    fn history(&self, origin: usize, engine: &EngineOptions) -> Result<History, EngineError> {
        Ok(History::new(self.series.slice(0, origin)?, Arc::clone(&engine.calendar)))
    }

    fn result(&self, tallies: Vec<Tally>) -> Backtest {
        let first = self.groups.first().map_or(0, |group| group[0]);
        let scale = scale(self.series, first);
        let predictors: Vec<PredictorScores> =
            tallies.into_iter().map(|tally| tally.scores(scale)).collect();
        let time = |origin: &usize| self.series.time_at(*origin);
        Backtest {
            horizon_steps: self.horizon.steps(),
            origins: self.groups.iter().flatten().map(time).collect(),
            fitted_at: self.groups.iter().map(|group| time(&group[0])).collect(),
            buckets: self.buckets.as_slice().to_vec(),
            notes: self.notes(&predictors),
            predictors,
        }
    }

    fn span(&self, steps: usize) -> String {
        let seconds = self.series.frequency().seconds() * steps as i64;
        forescale_core::time::format_span(TimeDelta::seconds(seconds))
    }

    fn notes(&self, predictors: &[PredictorScores]) -> Vec<String> {
        let mut notes = Vec::new();
        if self.shortened {
            notes.push(format!(
                "the history is too short for the horizon asked for: {} ahead is scored",
                self.span(self.horizon.steps())
            ));
        }
        let yardstick = predictors.iter().find(|scores| scores.predictor == YARDSTICK);
        let Some(yardstick) = yardstick.filter(|scores| scores.overall.is_some()) else {
            notes.push(format!("{YARDSTICK} could not be scored: nothing to compare with"));
            return notes;
        };
        for (at, bucket) in self.buckets.as_slice().iter().enumerate() {
            let wql = |scores: &PredictorScores| scores.by_horizon[at].map(|scores| scores.wql);
            if let (Some(ours), Some(naive)) = (wql(&predictors[0]), wql(yardstick))
                && ours > naive
            {
                notes.push(format!(
                    "the ensemble does not help {} to {} ahead: its WQL is {ours:.4}, that of {YARDSTICK} {naive:.4}",
                    self.span(bucket.from - 1),
                    self.span(bucket.to)
                ));
            }
        }
        notes
    }
}

/// The scale of MASE before `first`: what repeating the last day misses by, else the last step.
pub(crate) fn scale(series: &LoadSeries, first: usize) -> f64 {
    let past = &series.values()[..first.max(1)];
    [series.frequency().steps_per_day(), 1]
        .iter()
        .filter_map(|season| seasonal_scale(past, *season))
        .find(|scale| *scale > 0.0)
        .unwrap_or(1.0)
}

/// The result of `work`, or what went wrong: a panic of a predictor is no reason to stop.
fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err("it panicked".to_owned()))
}

/// What a predictor did so far.
pub(crate) struct Tally {
    name: String,
    empty: Scorer,
    buckets: Vec<Scorer>,
    failures: Vec<String>,
}

impl Tally {
    pub(crate) fn new(name: impl Into<String>, buckets: &Buckets, quantiles: &Quantiles) -> Self {
        let empty = Scorer::new(quantiles);
        let buckets = vec![empty.clone(); buckets.as_slice().len()];
        Self { name: name.into(), empty, buckets, failures: Vec::new() }
    }

    pub(crate) fn fails(&mut self, reason: String) {
        if !self.failures.contains(&reason) {
            self.failures.push(reason);
        }
    }

    pub(crate) fn add(&mut self, forecast: &Forecast, actual: &[f64], buckets: &Buckets) {
        for (h, actual) in actual.iter().enumerate().take(forecast.steps()) {
            self.buckets[buckets.of(h + 1)].add(*actual, forecast.row(h));
        }
    }

    pub(crate) fn scores(self, scale: f64) -> PredictorScores {
        let mut all = self.empty;
        self.buckets.iter().for_each(|bucket| all.merge(bucket));
        PredictorScores {
            predictor: self.name,
            overall: all.scores(scale),
            by_horizon: self.buckets.iter().map(|bucket| bucket.scores(scale)).collect(),
            failures: self.failures,
        }
    }
}
