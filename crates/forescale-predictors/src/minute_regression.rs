//! Ridge regressions on the last minutes, the usual day and week, and the same minute of past hours and days, each with
//! a model of how far it will be off and where.
//!
//! There is one regression for each of a few horizons `h`, on the target `y[t+h] - y[t]`; horizons between them mix the
//! two beside them. A *full* model sees all inputs and a *recent* one the last hour only; their quantiles are averaged.
//! A quantile is `f + σ z`: the point, the expected error, and the quantile of past errors in units of theirs. Spikes
//! that recur at their minute raise `σ` where they recur and nowhere else.
//!
//! # Source
//! The plan generator P of the study in `docs/forecast.md`; averaged quantiles: Lichtendahl, Grushka-Cockayne &
//! Winkler, *Is it better to average probabilities or quantiles?*, 2013.

use forescale_core::{
    FitError, FitOptions, FittedPredictor, Forecast, Frequency, History, Horizon, Importance,
    PredictError, Predictor, Quantiles,
};
use serde::{Deserialize, Serialize};

use crate::bounds::bounded;
use crate::sound::{Flaw, Sound, ascends, ensure};
use crate::{check, persist};

pub(crate) mod inputs;
mod profiles;
pub(crate) mod solve;
mod tail;
#[cfg(test)]
mod tests;
mod walk;

use inputs::{Inputs, NAMES};
use walk::{Anchor, Model};

const NAME: &str = "minute-regression";

/// Fewer steps than this are no history to regress on.
const FEWEST_STEPS: usize = 60;

/// Horizons in steps that are regressed on within the first hour, and in hours beyond it.
const STEPS: [usize; 11] = [1, 2, 3, 6, 12, 30, 60, 180, 360, 1_200, 3_600];
const HOURS: [usize; 5] = [3, 8, 24, 72, 168];

/// Coarse series have these horizons at least.
const COARSE_STEPS: usize = 12;

/// The predictor.
///
/// # Shapes
/// `history` holds a day and a half, and at least sixty steps; the forecast is in the unit of the series.
///
/// # Errors
/// [`FitError::TooShort`] when `history` is shorter, [`FitError::Failed`] when it is mostly gaps.
#[derive(Debug, Clone, Default)]
pub struct MinuteRegression;

impl Predictor for MinuteRegression {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fit(
        &self,
        history: &History,
        options: &FitOptions,
    ) -> Result<Box<dyn FittedPredictor>, FitError> {
        let frequency = history.series().frequency();
        let needed = (frequency.steps_per_day() * 3 / 2).max(FEWEST_STEPS);
        check::enough_to_fit(NAME, history, needed)?;
        let inputs = Inputs::of(history);
        let horizons = horizons(options.horizon.steps(), inputs.p.hour());
        let anchors: Vec<Anchor> =
            horizons.into_iter().filter_map(|h| Anchor::learn(&inputs, h)).collect();
        if anchors.is_empty() {
            let reason = "the history holds too few values that are not gaps".to_owned();
            return Err(FitError::Failed { predictor: NAME, reason });
        }
        Ok(Box::new(FittedMinuteRegression { frequency, anchors }))
    }
}

/// Horizons that are regressed on for a forecast of `steps`, ascending; the last is `steps`.
fn horizons(steps: usize, hour: usize) -> Vec<usize> {
    let near = STEPS.into_iter().filter(|h| *h <= hour.max(COARSE_STEPS));
    let mut all: Vec<usize> = near.chain(HOURS.map(|hours| hours * hour)).chain([hour]).collect();
    all.sort_unstable();
    all.dedup();
    // One that is nearly the last would say the same.
    all.retain(|h| *h * 5 <= steps * 4);
    all.push(steps);
    all
}

/// Its fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FittedMinuteRegression {
    frequency: Frequency,
    anchors: Vec<Anchor>,
}

impl FittedPredictor for FittedMinuteRegression {
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
        let inputs = Inputs::of(history);
        let negative = history.series().present().any(|y| y < 0.0);
        let floor = if negative { f64::NEG_INFINITY } else { 0.0 };
        let mut values = vec![0.0; horizon.steps() * quantiles.len()];
        for (i, row) in values.chunks_exact_mut(quantiles.len()).enumerate() {
            for (anchor, share) in self.beside(i + 1) {
                let step = Step { inputs: &inputs, h: i + 1, floor };
                step.add(anchor, 0.5 * share, quantiles.as_slice(), row);
            }
        }
        bounded(history, quantiles, values)
    }

    fn to_bytes(&self) -> Vec<u8> {
        persist::to_bytes(self)
    }

    fn importances(&self) -> Vec<Importance> {
        let Some(Anchor { drives, .. }) = self.anchors.last() else { return Vec::new() };
        Importance::shares(NAMES.into_iter().zip(drives.iter().copied()))
    }
}

impl FittedMinuteRegression {
    /// The anchors beside horizon `h` and how much each counts, by the logarithm of the horizon.
    fn beside(&self, h: usize) -> impl Iterator<Item = (&Anchor, f64)> {
        let after = self.anchors.partition_point(|anchor| anchor.h < h);
        let above = &self.anchors[after.min(self.anchors.len() - 1)];
        let below = &self.anchors[after.saturating_sub(1)];
        let share = if below.h < above.h {
            (h as f64 / below.h as f64).ln() / (above.h as f64 / below.h as f64).ln()
        } else {
            1.0
        };
        [(below, 1.0 - share), (above, share)].into_iter().filter(|(_, share)| *share > 0.0)
    }
}

impl Sound for FittedMinuteRegression {
    fn check(&self) -> Result<(), Flaw> {
        let horizons = self.anchors.iter().map(|anchor| anchor.h);
        let first = self.anchors.first().is_some_and(|anchor| anchor.h > 0);
        ensure(first && ascends(horizons), "its horizons do not ascend")?;
        self.anchors.iter().try_for_each(Sound::check)
    }
}

/// A step of the forecast, `h` steps (from 1) after the end of the history.
struct Step<'a> {
    inputs: &'a Inputs,
    h: usize,
    floor: f64,
}

impl Step<'_> {
    /// Adds the quantiles of both models of `anchor` to `row`, each counting `share`.
    fn add(&self, anchor: &Anchor, share: f64, quantiles: &[f64], row: &mut [f64]) {
        let origin = self.inputs.p.len();
        let (a, x) = (self.inputs.last(origin), self.inputs.row(origin, self.h));
        let recurring = self.recurring_errors(&anchor.full);
        for (model, recurring) in [(&anchor.full, recurring), (&anchor.recent, [0.0; 3])] {
            let f = model.point(a, &x, self.floor);
            let factors = walk::factors(self.inputs, origin, f, recurring);
            let values = model.quantiles(f, &factors, quantiles, self.floor);
            row.iter_mut().zip(values).for_each(|(sum, value)| *sum += share * value);
        }
    }

    /// How far `model` is off at this minute of past hours, days and weeks, had it forecast them from as far.
    fn recurring_errors(&self, model: &Model) -> [f64; 3] {
        let (p, origin) = (&self.inputs.p, self.inputs.p.len());
        let otherwise = self.inputs.roughness(origin);
        self.inputs.recurring_errors(origin, self.h, otherwise, |target| {
            let origin = (target + 1).checked_sub(self.h).filter(|origin| *origin > 0)?;
            let error = || {
                let (a, x) = (self.inputs.last(origin), self.inputs.row(origin, self.h));
                (p.y[target] - model.point(a, &x, self.floor)).abs()
            };
            p.present[target].then(error)
        })
    }
}
