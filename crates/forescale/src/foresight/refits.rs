//! The ensemble along a history: fitted when its forecasts begin, and again every week.

use std::sync::{Arc, OnceLock};

use forescale_core::{FitError, FitOptions, Fits, FittedPredictor, History, Horizon, PredictError};

use crate::model::ENSEMBLE;
use crate::train::{ensemble, last_resort};
use crate::{EngineError, EngineOptions};

/// How long a fit forecasts.
const REFIT_DAYS: usize = 7;

type Fit = Result<Arc<dyn FittedPredictor>, PredictError>;

/// A fit for every week from `first` on, made when it is asked for.
#[derive(Debug)]
pub(super) struct Refits {
    history: Arc<History>,
    first: usize,
    every: usize,
    horizon: Horizon,
    options: EngineOptions,
    made: Vec<OnceLock<Fit>>,
}

impl Refits {
    /// Forecasts begin after the first `first` steps of `history`, and not before there is a day.
    pub(super) fn new(
        history: Arc<History>,
        first: usize,
        horizon: Horizon,
        options: EngineOptions,
    ) -> Self {
        let day = history.series().frequency().steps_per_day();
        let (first, every) = (first.max(day), REFIT_DAYS * day);
        let weeks = history.series().len().saturating_sub(first) / every + 1;
        let made = (0..weeks).map(|_| OnceLock::new()).collect();
        Self { history, first, every, horizon, options, made }
    }

    /// The ensemble on the first `known` steps; the last value repeated where they are too few for it.
    fn fit(&self, known: usize) -> Fit {
        let failed = |reason: String| PredictError::Unsuitable { predictor: ENSEMBLE, reason };
        let past = self.history.as_of(known).map_err(|error| failed(error.to_string()))?;
        let options = FitOptions::new(self.horizon, self.options.seed);
        let fitted = ensemble(&self.options).and_then(|ensemble| {
            let fitted = ensemble.fit_with_progress(&past, &options, &|_| {})?;
            Ok(Arc::new(fitted) as Arc<dyn FittedPredictor>)
        });
        fitted.or_else(|error| match error {
            EngineError::Fit(_) => {
                let single = last_resort(&past, &options);
                single.map(Arc::from).map_err(|error: FitError| failed(error.to_string()))
            }
            error => Err(failed(error.to_string())),
        })
    }
}

impl Fits for Refits {
    fn at(&self, known: usize) -> Fit {
        let week = known.checked_sub(self.first).map(|since| since / self.every);
        let made = week.and_then(|week| Some((week, self.made.get(week)?)));
        let Some((week, made)) = made else {
            let reason = format!("forecasts begin after {} steps", self.first);
            return Err(PredictError::Unsuitable { predictor: ENSEMBLE, reason });
        };
        made.get_or_init(|| self.fit(self.first + week * self.every)).clone()
    }
}
