//! Predictors that follow a curve: what `linear-trend` and `fft-seasonality` share.
//!
//! The curve is fitted once. The level is taken anew from the newest history it predicts from, and the spread is what
//! the curve missed on the part of the history it had not seen.

use std::fmt::Debug;
use std::marker::PhantomData;

use forescale_core::{
    FitError, FitOptions, FittedPredictor, Forecast, Frequency, History, Horizon, Importance,
    PredictError, Predictor, Quantiles,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::bounds::bounded;
use crate::filled::fill_gaps;
use crate::level::recent_scale;
use crate::recent::{Carry, bucket_starts};
use crate::residuals::{Residual, ResidualQuantiles};
use crate::sound::{Flaw, Sound};
use crate::{check, persist};

/// The share of the history that the curve is fitted on when its residuals are measured on the rest.
const LEARNED_SHARE: f64 = 0.6;

/// Fewer steps than this show no curve.
const FEWEST_STEPS: usize = 12;

/// The scale of the spread is at least this share of the scale at the end of the fitted history.
const SCALE_FLOOR: f64 = 0.2;

/// A curve through a history that goes on beyond it.
pub(crate) trait Curve:
    Sound + Debug + Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync + Sized + 'static
{
    const NAME: &'static str;

    /// Fits on `load`, the oldest part of `history` with its gaps filled.
    fn fit(history: &History, load: &[f64]) -> Result<Self, String>;

    /// The curve at step `index`, also beyond the end.
    fn at(&self, history: &History, index: usize) -> f64;

    /// What makes it up, largest first.
    fn importances(&self) -> Vec<Importance>;
}

/// A predictor that follows a curve of kind `C`.
#[derive(Debug, Clone)]
pub struct Curved<C>(PhantomData<fn() -> C>);

impl<C> Default for Curved<C> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<C: Curve> Predictor for Curved<C> {
    fn name(&self) -> &'static str {
        C::NAME
    }

    fn fit(
        &self,
        history: &History,
        options: &FitOptions,
    ) -> Result<Box<dyn FittedPredictor>, FitError> {
        let series = history.series();
        let (frequency, m) = (series.frequency(), series.frequency().steps_per_day());
        check::enough_to_fit(C::NAME, history, (m * 3 / 2).max(FEWEST_STEPS))?;
        let load = fill_gaps(series.values(), m);
        let learned = (load.len() as f64 * LEARNED_SHARE) as usize;
        let failed = |reason| FitError::Failed { predictor: C::NAME, reason };
        let early = C::fit(history, &load[..learned]).map_err(failed)?;
        let steps = options.horizon.steps();
        let unseen: Vec<f64> = (learned..load.len()).map(|i| early.at(history, i)).collect();
        let (carry, residuals) = Carry::choose(&load[learned..], &unseen, m, steps);
        let scale = recent_scale(&load, m);
        let residuals: Vec<Residual> =
            residuals.iter().map(|r| Residual { h: r.h, value: r.value / scale }).collect();
        Ok(Box::new(FittedCurve {
            frequency,
            curve: C::fit(history, &load).map_err(failed)?,
            carry,
            floor: SCALE_FLOOR * scale,
            residuals: ResidualQuantiles::new(&residuals, bucket_starts(m, steps)),
        }))
    }
}

/// The curve, how the newest level is carried ahead, and the spread in units of the scale.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FittedCurve<C> {
    frequency: Frequency,
    curve: C,
    carry: Carry,
    floor: f64,
    residuals: ResidualQuantiles,
}

impl<C: Curve> FittedPredictor for FittedCurve<C> {
    fn name(&self) -> &'static str {
        C::NAME
    }

    fn predict(
        &self,
        history: &History,
        horizon: Horizon,
        quantiles: &Quantiles,
    ) -> Result<Forecast, PredictError> {
        check::suits(C::NAME, history, self.frequency, 1)?;
        let m = self.frequency.steps_per_day();
        let load = fill_gaps(history.series().values(), m);
        let points =
            self.carry.carry_on(&load, horizon.steps(), |i: usize| self.curve.at(history, i));
        let scale = recent_scale(&load, m).max(self.floor);
        let spread = self.residuals.at(quantiles);
        let mut values = Vec::with_capacity(horizon.steps() * quantiles.len());
        for (h, point) in points.iter().enumerate() {
            values.extend(spread.row(h).iter().map(|residual| point + scale * residual));
        }
        bounded(history, quantiles, values)
    }

    fn to_bytes(&self) -> Vec<u8> {
        persist::to_bytes(self)
    }

    fn importances(&self) -> Vec<Importance> {
        self.curve.importances()
    }
}

impl<C: Curve> Sound for FittedCurve<C> {
    fn check(&self) -> Result<(), Flaw> {
        self.curve.check()?;
        self.carry.check(self.frequency.steps_per_day())?;
        self.residuals.check()
    }
}
