//! From a history to a model.

use std::sync::Arc;

use forescale_core::{FitOptions, FittedPredictor, History, LoadSeries};

use crate::card::ModelCard;
use crate::fallback::LastValue;
use crate::{EngineError, EngineOptions, Model, horizon};

/// Learns from `series`.
///
/// A history that is too short for every predictor gives a model that repeats the last value and says so in
/// its card: an answer that is poor is better than none.
///
/// # Errors
/// [`EngineError::UnknownPredictor`] for a predictor that does not exist, [`EngineError::Unit`] for a horizon
/// of too many steps.
pub fn train(series: &LoadSeries, options: &EngineOptions) -> Result<Model, EngineError> {
    let history = History::new(series.clone(), Arc::clone(&options.calendar));
    let horizon = horizon(options.horizon, series.frequency())?;
    let fit = FitOptions { horizon, seed: options.seed };
    let mut degraded = Vec::new();
    let mut fitted: Option<Box<dyn FittedPredictor>> = None;
    for predictor in options.chosen()? {
        match predictor.fit(&history, &fit) {
            Ok(done) if fitted.is_none() => fitted = Some(done),
            Ok(_) => {}
            Err(error) => degraded.push(error.to_string()),
        }
    }
    let fitted = fitted.unwrap_or_else(|| Box::new(LastValue));
    let card = ModelCard::new(series, options, horizon.steps(), fitted.name(), degraded);
    Ok(Model::new(card, fitted, series, Arc::clone(&options.calendar)))
}
