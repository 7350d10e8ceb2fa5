//! The forecast that is at hand at a moment, computed once for all who ask.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::forecast::Forecast;
use crate::history::History;
use crate::predictor::{FittedPredictor, PredictError};
use crate::quantile::Quantiles;
use crate::series::SeriesError;
use crate::time::Horizon;

/// What a planner or a policy asks for a forecast: only what was known at a moment goes into it.
pub trait Forecasts: Debug + Send + Sync {
    /// The forecast from the first `known` steps on; its first step is step `known` of the series.
    ///
    /// # Errors
    /// [`PredictError`] when there is no forecast from so little.
    fn after(&self, known: usize) -> Result<Arc<Forecast>, PredictError>;
}

/// Which fit forecasts at a moment.
pub trait Fits: Debug + Send + Sync {
    /// The fit for a forecast from the first `known` steps on. It has learned from no later step.
    ///
    /// # Errors
    /// [`PredictError`] when there is none so early.
    fn at(&self, known: usize) -> Result<Arc<dyn FittedPredictor>, PredictError>;
}

/// One fit for all times.
impl Fits for Arc<dyn FittedPredictor> {
    fn at(&self, _: usize) -> Result<Arc<dyn FittedPredictor>, PredictError> {
        Ok(Arc::clone(self))
    }
}

type Slot = Arc<OnceLock<Result<Arc<Forecast>, PredictError>>>;

/// Forecasts along a known series. Every origin is forecast once, whoever asks, and as often as anyone asks.
///
/// Many settings of a policy that are replayed side by side share it, so that their forecasts cost as much as one's.
#[derive(Debug)]
pub struct SharedForecasts<F> {
    fits: F,
    history: History,
    horizon: Horizon,
    quantiles: Quantiles,
    /// Newest steps that a forecast looks at; all when absent.
    memory: Option<usize>,
    made: Mutex<BTreeMap<usize, Slot>>,
}

impl<F: Fits> SharedForecasts<F> {
    /// Forecasts of `horizon` steps by `fits` along `history`, each from its newest `memory` steps.
    pub fn new(
        fits: F,
        history: History,
        horizon: Horizon,
        quantiles: Quantiles,
        memory: Option<usize>,
    ) -> Self {
        Self { fits, history, horizon, quantiles, memory, made: Mutex::default() }
    }

    fn forecast(&self, known: usize) -> Result<Arc<Forecast>, PredictError> {
        let fitted = self.fits.at(known)?;
        let seen = self.seen(known).map_err(|error| PredictError::Unsuitable {
            predictor: fitted.name(),
            reason: error.to_string(),
        })?;
        fitted.predict(&seen, self.horizon, &self.quantiles).map(Arc::new)
    }

    /// The steps before `known` that a forecast looks at.
    fn seen(&self, known: usize) -> Result<History, SeriesError> {
        let from = self.memory.map_or(0, |memory| known.saturating_sub(memory));
        let series = self.history.series().slice(from, known)?;
        Ok(History::new(series, Arc::clone(self.history.calendar())))
    }
}

impl<F: Fits> Forecasts for SharedForecasts<F> {
    fn after(&self, known: usize) -> Result<Arc<Forecast>, PredictError> {
        let slot = {
            let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(made.entry(known).or_default())
        };
        slot.get_or_init(|| self.forecast(known)).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use crate::calendar::Calendar;
    use crate::series::LoadSeries;
    use crate::time::Frequency;

    /// Repeats the newest value and counts how often it is asked.
    #[derive(Debug, Default)]
    struct Counting(AtomicUsize);

    impl FittedPredictor for Counting {
        fn name(&self) -> &'static str {
            "counting"
        }

        fn predict(
            &self,
            history: &History,
            horizon: Horizon,
            quantiles: &Quantiles,
        ) -> Result<Forecast, PredictError> {
            self.0.fetch_add(1, Ordering::Relaxed);
            let last = *history.series().values().last().expect("a series is not empty");
            let values = vec![last; horizon.steps() * quantiles.as_slice().len()];
            let step = history.series().frequency();
            Ok(Forecast::new(history.origin(), step, quantiles.clone(), values)?)
        }

        fn to_bytes(&self) -> Vec<u8> {
            Vec::new()
        }
    }

    fn shared(fitted: &Arc<Counting>) -> SharedForecasts<Arc<dyn FittedPredictor>> {
        let start = "2026-01-05T00:00:00Z".parse().unwrap();
        let step = Frequency::from_seconds(60).unwrap();
        let series = LoadSeries::new(start, step, vec![1.0, 2.0, 3.0, 4.0]).unwrap();
        let history = History::new(series, Arc::new(Calendar::default()));
        let horizon = Horizon::new(2).unwrap();
        let fitted = Arc::clone(fitted) as Arc<dyn FittedPredictor>;
        SharedForecasts::new(fitted, history, horizon, Quantiles::standard(), Some(2))
    }

    #[test]
    fn an_origin_is_forecast_once_and_never_sees_what_comes() {
        let fitted = Arc::new(Counting::default());
        let shared = shared(&fitted);
        for _ in 0..3 {
            assert_eq!(shared.after(2).unwrap().point(0), 2.0);
        }
        assert_eq!(shared.after(3).unwrap().point(1), 3.0);
        assert_eq!(fitted.0.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn nothing_known_is_an_error() {
        let error = shared(&Arc::default()).after(0).unwrap_err();
        assert!(error.to_string().starts_with("counting cannot predict from this history"));
    }
}
