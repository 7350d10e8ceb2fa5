//! A trained model: forecasts from any later history, and is bytes in between.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use forescale_core::{
    Calendar, FitOptions, FittedPredictor, Forecast, Frequency, History, Horizon, Importance,
    LoadSeries, PredictError, Quantiles,
};
use forescale_ensemble::{FittedEnsemble, Predicted};
use serde::{Deserialize, Serialize};

use crate::EngineError;
use crate::card::ModelCard;
use crate::roles::LAST_RESORT;
use crate::train::last_resort;

/// The version of what [`Model::to_bytes`] writes: raised whenever an older forescale could not read it.
pub const MODEL_VERSION: u32 = 2;

/// The newest history that a model keeps, to forecast from when it is given none.
const KEPT_DAYS: usize = 29;

/// The most steps of it: a month of minutes.
const KEPT_STEPS: usize = 45_000;

/// The name of the predictors as one.
pub(crate) const ENSEMBLE: &str = "ensemble";

/// What was learnt from a history.
#[derive(Debug)]
pub struct Model {
    card: ModelCard,
    fitted: Fitted,
    recent: LoadSeries,
    calendar: Arc<Calendar>,
}

/// What forecasts.
#[derive(Debug)]
pub(crate) enum Fitted {
    /// Many predictors as one.
    Ensemble(Box<FittedEnsemble>),
    /// One alone, where no other could be fitted.
    Single(Box<dyn FittedPredictor>),
}

impl Fitted {
    pub(crate) fn ensemble(&self) -> Option<&FittedEnsemble> {
        match self {
            Self::Ensemble(ensemble) => Some(ensemble),
            Self::Single(_) => None,
        }
    }

    fn predictor(&self) -> &dyn FittedPredictor {
        match self {
            Self::Ensemble(ensemble) => ensemble.as_ref(),
            Self::Single(fitted) => fitted.as_ref(),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Stored {
    card: ModelCard,
    name: String,
    fitted: Vec<u8>,
    recent: LoadSeries,
    calendar: Calendar,
}

impl Model {
    pub(crate) fn new(
        card: ModelCard,
        fitted: Fitted,
        series: &LoadSeries,
        calendar: Arc<Calendar>,
    ) -> Self {
        Self { card, fitted, recent: newest(series), calendar }
    }

    /// What the model says about itself.
    pub fn card(&self) -> &ModelCard {
        &self.card
    }

    /// The step it was trained with.
    pub fn frequency(&self) -> Frequency {
        self.recent.frequency()
    }

    /// The newest history it was trained on.
    pub fn recent(&self) -> &LoadSeries {
        &self.recent
    }

    /// The calendar it was told.
    pub fn calendar(&self) -> &Arc<Calendar> {
        &self.calendar
    }

    /// The same model with a newer calendar.
    pub fn with_calendar(mut self, calendar: Arc<Calendar>) -> Self {
        self.calendar = calendar;
        self
    }

    /// Forecasts `horizon` steps from the end of `series`, at `quantiles`, without learning again.
    ///
    /// # Errors
    /// [`EngineError::Step`] for a history with another step, [`EngineError::Predict`] when it does not fit
    /// what was learnt.
    pub fn forecast(
        &self,
        series: &LoadSeries,
        horizon: Horizon,
        quantiles: &Quantiles,
    ) -> Result<Forecast, EngineError> {
        Ok(self.forecast_with_notes(series, horizon, quantiles)?.forecast)
    }

    /// The same, and says which predictor was left out and what was held back on the way.
    ///
    /// # Errors
    /// As [`Model::forecast`].
    pub fn forecast_with_notes(
        &self,
        series: &LoadSeries,
        horizon: Horizon,
        quantiles: &Quantiles,
    ) -> Result<Predicted, EngineError> {
        let (trained, given) = (self.frequency(), series.frequency());
        if trained != given {
            return Err(EngineError::Step { trained, given });
        }
        let history = History::new(series.clone(), Arc::clone(&self.calendar));
        let predicted = match &self.fitted {
            Fitted::Ensemble(e) => e.predict_with_notes(&history, horizon, quantiles),
            Fitted::Single(fitted) => alone(fitted.as_ref(), &history, horizon, quantiles)
                .map(|forecast| Predicted { forecast, notes: Vec::new() }),
        };
        predicted.or_else(|error| self.last_value(&history, horizon, quantiles, &error))
    }

    /// A history that is too short for what was learnt: the last value is better than no answer.
    fn last_value(
        &self,
        history: &History,
        horizon: Horizon,
        quantiles: &Quantiles,
        error: &PredictError,
    ) -> Result<Predicted, EngineError> {
        let options = FitOptions::new(horizon, self.card.seed);
        let fitted = last_resort(history, &options)?;
        let forecast = fitted.predict(history, horizon, quantiles)?;
        let note = format!("degraded: {LAST_RESORT} carries the forecast: {error}");
        Ok(Predicted { forecast, notes: vec![note] })
    }

    /// Learns from what came after the training without training again: the weights of the predictors and the widths
    /// of the intervals move with how far off they were. `series` holds the load up to now.
    ///
    /// Whether there was anything new to learn from: an hour at least, on the step of the model.
    pub fn observe(&mut self, series: &LoadSeries) -> bool {
        let Fitted::Ensemble(ensemble) = &self.fitted else { return false };
        let history = History::new(series.clone(), Arc::clone(&self.calendar));
        let Some(observed) = ensemble.observe(&history) else { return false };
        self.card.report = Some(observed.report().clone());
        self.fitted = Fitted::Ensemble(Box::new(observed));
        true
    }

    /// What drives the forecast, largest first; empty when nothing can say.
    pub fn importances(&self) -> Vec<Importance> {
        self.fitted.predictor().importances()
    }

    /// The model as bytes that this version reads back.
    pub fn to_bytes(&self) -> Vec<u8> {
        let stored = Stored {
            card: self.card.clone(),
            name: self.fitted.predictor().name().to_owned(),
            fitted: self.fitted.predictor().to_bytes(),
            recent: self.recent.clone(),
            calendar: Calendar::clone(&self.calendar),
        };
        postcard::to_allocvec(&stored).expect("a model holds nothing that cannot be written")
    }

    /// Reads a model that [`Model::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`EngineError::Model`] when the bytes are none.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EngineError> {
        let broken = |error: &dyn std::fmt::Display| EngineError::Model(error.to_string());
        let stored: Stored = postcard::from_bytes(bytes).map_err(|error| broken(&error))?;
        Ok(Self {
            card: stored.card,
            fitted: load(&stored.name, &stored.fitted)?,
            recent: stored.recent,
            calendar: Arc::new(stored.calendar),
        })
    }
}

/// The forecast of a predictor without others; a fit that was made to break it is as good as none.
fn alone(
    fitted: &dyn FittedPredictor,
    history: &History,
    horizon: Horizon,
    quantiles: &Quantiles,
) -> Result<Forecast, PredictError> {
    let predict = || fitted.predict(history, horizon, quantiles);
    catch_unwind(AssertUnwindSafe(predict)).unwrap_or_else(|_| {
        let reason = "it stopped with a fault".to_owned();
        Err(PredictError::Unsuitable { predictor: fitted.name(), reason })
    })
}

fn load(name: &str, bytes: &[u8]) -> Result<Fitted, EngineError> {
    let member = |name: &str, bytes: &[u8]| {
        forescale_predictors::load(name, bytes).map_err(|error| error.to_string())
    };
    if name == ENSEMBLE {
        let ensemble = FittedEnsemble::from_bytes(bytes, &member);
        return ensemble
            .map(|ensemble| Fitted::Ensemble(Box::new(ensemble)))
            .map_err(|error| EngineError::Model(error.to_string()));
    }
    member(name, bytes).map(Fitted::Single).map_err(EngineError::Model)
}

/// What is worth keeping of a history.
fn newest(series: &LoadSeries) -> LoadSeries {
    let steps = (KEPT_DAYS * series.frequency().steps_per_day()).clamp(1, KEPT_STEPS);
    let from = series.len().saturating_sub(steps);
    series.slice(from, series.len()).unwrap_or_else(|_| series.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EngineOptions, train};

    #[test]
    fn a_history_too_short_for_the_members_still_gets_an_answer_that_says_so() {
        let start = "2026-01-05T00:00:00Z".parse().unwrap();
        let hour = Frequency::from_seconds(3_600).unwrap();
        let load = (0..336).map(|i| 100.0 + f64::from(i % 24)).collect();
        let series = LoadSeries::new(start, hour, load).unwrap();
        let predictors = vec!["seasonal-naive".to_owned(), "linear-trend".to_owned()];
        let options = EngineOptions { predictors, ..EngineOptions::default() };
        let model = train(&series, &options).unwrap();
        let recent = series.slice(326, 336).unwrap();
        let horizon = Horizon::new(3).unwrap();
        let answer = model.forecast_with_notes(&recent, horizon, &Quantiles::standard()).unwrap();
        assert_eq!(answer.forecast.point(0), 123.0);
        assert!(answer.notes[0].starts_with("degraded: last-value carries the forecast: "));
    }
}
