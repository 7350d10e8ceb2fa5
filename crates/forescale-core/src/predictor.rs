//! The contract of a predictor: fit once, predict from any later history, any horizon, any quantiles.

use std::fmt::Debug;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::forecast::{Forecast, ForecastError};
use crate::history::History;
use crate::quantile::Quantiles;
use crate::time::Horizon;

/// What a fit is told beside the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FitOptions {
    /// The farthest horizon the fit is made for; predictions beyond it are allowed and may be poorer.
    pub horizon: Horizon,
    /// Where all randomness comes from: the same seed gives the same fit, whatever the number of threads.
    pub seed: u64,
    /// How much a fit may cost.
    pub effort: Effort,
}

/// How much a fit may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effort {
    /// The fit that will forecast.
    Full,
    /// A fit that only shows how good the predictor is: it may learn from fewer rows.
    Draft,
}

impl FitOptions {
    /// A full fit for `horizon` with `seed`.
    pub fn new(horizon: Horizon, seed: u64) -> Self {
        Self { horizon, seed, effort: Effort::Full }
    }

    /// The same for a draft.
    pub fn draft(self) -> Self {
        Self { effort: Effort::Draft, ..self }
    }
}

/// A predictor that could not be fitted.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum FitError {
    /// Too little history.
    #[error("{predictor} needs {needed} steps of history, but got {got}")]
    TooShort {
        /// Which predictor.
        predictor: &'static str,
        /// Steps it needs.
        needed: usize,
        /// Steps it got.
        got: usize,
    },
    /// Anything else that stopped the fit.
    #[error("{predictor} could not be fitted: {reason}")]
    Failed {
        /// Which predictor.
        predictor: &'static str,
        /// What happened.
        reason: String,
    },
}

/// A fitted predictor that could not predict.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum PredictError {
    /// The new history does not fit the fit: another step, or too short.
    #[error("{predictor} cannot predict from this history: {reason}")]
    Unsuitable {
        /// Which predictor.
        predictor: &'static str,
        /// What does not fit.
        reason: String,
    },
    /// What was predicted is no forecast.
    #[error(transparent)]
    Forecast(#[from] ForecastError),
}

/// How much an input drives a predictor, as a share of all its inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Importance {
    /// The input.
    pub feature: String,
    /// Its share, 0 to 1.
    pub share: f64,
}

impl Importance {
    /// What each input drives, in any unit and in either direction, as shares of all of them, largest first; one that
    /// drives nothing is left out.
    pub fn shares<N: Into<String>>(drives: impl IntoIterator<Item = (N, f64)>) -> Vec<Self> {
        let drives = drives.into_iter().map(|(feature, drive)| (feature, drive.abs()));
        let drives: Vec<(N, f64)> = drives.filter(|(_, drive)| *drive > 0.0).collect();
        let total: f64 = drives.iter().map(|(_, drive)| drive).sum();
        let share =
            |(feature, drive): (N, f64)| Self { feature: feature.into(), share: drive / total };
        let mut shares: Vec<Self> = drives.into_iter().map(share).collect();
        shares.sort_by(|a, b| b.share.total_cmp(&a.share));
        shares
    }
}

/// Something that can learn from a history. It holds hyperparameters only.
pub trait Predictor: Debug + Send + Sync {
    /// The name in configuration, equal to the module's: `seasonal-naive`.
    fn name(&self) -> &'static str;

    /// Learns from `history`.
    ///
    /// # Errors
    /// [`FitError::TooShort`] names the steps it needs; [`FitError::Failed`] says what else went wrong.
    fn fit(
        &self,
        history: &History,
        options: &FitOptions,
    ) -> Result<Box<dyn FittedPredictor>, FitError>;
}

/// What was learned. It predicts from the history it is given, so one fit serves many origins.
pub trait FittedPredictor: Debug + Send + Sync {
    /// The name of the predictor that was fitted.
    fn name(&self) -> &'static str;

    /// Predicts `horizon` steps from the end of `history`, which has the step that was fitted.
    ///
    /// The forecast carries exactly `quantiles`; every value is finite.
    ///
    /// # Errors
    /// [`PredictError`] when `history` does not fit or the result is no forecast.
    fn predict(
        &self,
        history: &History,
        horizon: Horizon,
        quantiles: &Quantiles,
    ) -> Result<Forecast, PredictError>;

    /// The quantile rows at `horizons` alone (ascending), one after the other: a backtest does not look at every step.
    ///
    /// # Errors
    /// As [`FittedPredictor::predict`].
    fn predict_at(
        &self,
        history: &History,
        horizons: &[Horizon],
        quantiles: &Quantiles,
    ) -> Result<Vec<f64>, PredictError> {
        let Some(last) = horizons.last() else { return Ok(Vec::new()) };
        let forecast = self.predict(history, *last, quantiles)?;
        let known = horizons.iter().filter(|horizon| horizon.steps() <= forecast.steps());
        Ok(known.flat_map(|horizon| forecast.row(horizon.steps() - 1)).copied().collect())
    }

    /// The same fit after it learned from what came since, without fitting again: `history` holds it, up to now.
    ///
    /// None for a fit that does not learn so, or where there is nothing new.
    fn observed(&self, history: &History) -> Option<Box<dyn FittedPredictor>> {
        let _ = history;
        None
    }

    /// The fit as bytes that this version reads back.
    fn to_bytes(&self) -> Vec<u8>;

    /// What drives it, largest first; empty when it cannot say.
    fn importances(&self) -> Vec<Importance> {
        Vec::new()
    }
}
