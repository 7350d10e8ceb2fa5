//! Gradient boosting of the next step, fed with its own forecasts.
//!
//! The others are direct: they have a row for each horizon. This one knows a single step, from the newest values and
//! those of past days, and walks ahead step after step. Its errors add up on the way, and are other errors than theirs.
//! Quantiles are those of the errors it made on the newest part of the history when it had not learned from it.
//!
//! # Source
//! Ben Taieb, Bontempi, Atiya & Sorjamaa, *A review and comparison of strategies for multi-step ahead time series
//! forecasting*, 2012, §2.1 (recursive strategy); the inputs follow the recipe of Nixtla `mlforecast`, with targets
//! counted from the last value; Lei et al., *Distribution-free predictive inference for regression*, 2018, §5.2, for
//! quantiles of errors in units of what is expected.

use forescale_core::{
    Effort, FitError, FitOptions, FittedPredictor, Forecast, Frequency, History, Horizon,
    Importance, PredictError, Predictor, Quantiles,
};
use forescale_features::{Prepared, Segment, levels, training_rows};
use serde::{Deserialize, Serialize};

use crate::bounds::bounded;
use crate::quantile_boosting::unit;
use crate::sound::{Flaw, Sound};
use crate::{check, persist};

mod spread;
#[cfg(test)]
mod tests;
mod track;
mod trees;

use spread::{Miss, Spread};
use track::Track;
use trees::{Scale, Trees};

const NAME: &str = "recursive-boosting";

/// Fewer steps than this are no history to learn a step from.
const FEWEST_STEPS: usize = 60;

/// Steps drawn to learn from, and for a draft.
const TRAINING_ROWS: usize = 6_000;
const DRAFT_ROWS: usize = 3_000;

/// The next step, as a range of horizons.
const NEXT: Segment = Segment { from: 1, to: 1 };

/// The newest share of the history that errors are measured on, and the most days of it.
const HELD_OUT: usize = 4;
const HELD_OUT_DAYS: usize = 7;

/// Origins that errors are measured from: over the next hour, and over the whole horizon.
const NEAR_ORIGINS: usize = 200;
const ORIGINS: usize = 40;

/// About this many steps are walked over the whole horizon: where it is long there are fewer origins, but some.
const WALKED: usize = 15_000;
const FEWEST_ORIGINS: usize = 4;

/// The predictor.
///
/// # Shapes
/// `history` holds a day and a half, and at least sixty steps; the forecast is in the unit of the series.
///
/// # Errors
/// [`FitError::TooShort`] when `history` is shorter, [`FitError::Failed`] when it is mostly gaps.
#[derive(Debug, Clone, Default)]
pub struct RecursiveBoosting;

impl Predictor for RecursiveBoosting {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fit(
        &self,
        history: &History,
        options: &FitOptions,
    ) -> Result<Box<dyn FittedPredictor>, FitError> {
        let p = Prepared::of(history);
        check::enough_to_fit(NAME, history, (p.day * 3 / 2).max(FEWEST_STEPS))?;
        let gaps = || FitError::Failed {
            predictor: NAME,
            reason: "the history holds too few values that are not gaps".to_owned(),
        };
        let unit = unit(&p.y);
        let z: Vec<f64> = p.y.iter().map(|load| levels::z(*load, unit)).collect();
        let scale = Scale::of(unit, &z);
        let cut = p.len() - (p.len() / HELD_OUT).min((HELD_OUT_DAYS * p.day).max(NEAR_ORIGINS));
        let then = Prepared::as_of(history, cut).map_err(|_| gaps())?;
        let early = learn(&then, &z[..cut], scale, options).ok_or_else(gaps)?;
        let misses = misses(&early, &p, &z, cut, options.horizon.steps());
        let spread = Spread::of(misses).ok_or_else(gaps)?;
        let trees = learn(history, &z, scale, options).ok_or_else(gaps)?;
        let frequency = history.series().frequency();
        Ok(Box::new(FittedRecursiveBoosting { frequency, trees, spread }))
    }
}

/// The trees of `history`, whose values are `z`; `None` when it is mostly gaps.
fn learn(history: &History, z: &[f64], scale: Scale, options: &FitOptions) -> Option<Trees> {
    let count = if options.effort == Effort::Draft { DRAFT_ROWS } else { TRAINING_ROWS };
    let rows = training_rows(history, NEXT, count, options.seed);
    Trees::learn(&Prepared::of(history), z, &rows.rows, scale, options.seed)
}

/// What `trees` that were learned up to `cut` miss from origins after it, up to `steps` ahead.
fn misses(trees: &Trees, p: &Prepared, z: &[f64], cut: usize, steps: usize) -> Vec<Miss> {
    let held_out = p.len() - cut;
    let far = (WALKED / steps).clamp(FEWEST_ORIGINS, ORIGINS);
    let walks = [(NEAR_ORIGINS, p.hour().max(3).min(steps)), (far, steps)];
    let mut misses = Vec::new();
    for (origins, steps) in walks {
        let origins = origins.min(held_out);
        for origin in (0..origins).map(|i| cut + i * held_out / origins) {
            let steps = steps.min(p.len() - origin);
            let mut track = Track::new(p, 0, &z[..origin], steps);
            trees.walk(&mut track, steps, |h, ahead, width| {
                let target = origin + h - 1;
                if p.present[target] {
                    misses.push(Miss { h, value: (z[target] - ahead) / width });
                }
            });
        }
    }
    misses
}

/// Its fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FittedRecursiveBoosting {
    frequency: Frequency,
    trees: Trees,
    spread: Spread,
}

impl FittedPredictor for FittedRecursiveBoosting {
    fn name(&self) -> &'static str {
        NAME
    }

    fn predict(
        &self,
        history: &History,
        horizon: Horizon,
        quantiles: &Quantiles,
    ) -> Result<Forecast, PredictError> {
        check::suits(NAME, history, self.frequency, 2)?;
        let (p, unit, steps) = (Prepared::of(history), self.trees.unit(), horizon.steps());
        let first = p.len().saturating_sub(track::look_back(&p));
        let known: Vec<f64> = p.y[first..].iter().map(|load| levels::z(*load, unit)).collect();
        let standard = Quantiles::standard();
        let mut values = Vec::with_capacity(steps * standard.len());
        let mut track = Track::new(&p, first, &known, steps);
        self.trees.walk(&mut track, steps, |h, z, width| {
            values.extend(self.spread.at(h).map(|error| unit * (z + width * error).sinh()));
        });
        Ok(bounded(history, &standard, values)?.at_quantiles(quantiles))
    }

    fn to_bytes(&self) -> Vec<u8> {
        persist::to_bytes(self)
    }

    fn importances(&self) -> Vec<Importance> {
        Importance::shares(self.trees.drives())
    }
}

impl Sound for FittedRecursiveBoosting {
    fn check(&self) -> Result<(), Flaw> {
        self.trees.check()?;
        self.spread.check()
    }
}
