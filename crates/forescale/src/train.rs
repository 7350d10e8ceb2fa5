//! From a history to a model.

use std::sync::Arc;

use forescale_core::{FitError, FitOptions, FittedPredictor, History, Horizon, LoadSeries};
use forescale_ensemble::{Ensemble, FittedEnsemble, Member, Progress};

use crate::card::ModelCard;
use crate::model::Fitted;
use crate::noticed::noticed;
use crate::roles::{LAST_RESORT, YARDSTICK, prior};
use crate::{EngineError, EngineOptions, Model, horizon};

/// Learns from `series`.
///
/// A history that is too short for every predictor asked for gives a model that repeats the last value and says
/// so in its card: an answer that is poor is better than none.
///
/// # Errors
/// [`EngineError::UnknownPredictor`] for a predictor that does not exist, [`EngineError::Unit`] for a horizon
/// of too many steps.
pub fn train(series: &LoadSeries, options: &EngineOptions) -> Result<Model, EngineError> {
    train_with_progress(series, options, &|_| {})
}

/// The same, and tells `progress` whenever a predictor is done.
///
/// # Errors
/// As [`train`].
pub fn train_with_progress(
    series: &LoadSeries,
    options: &EngineOptions,
    progress: &dyn Fn(Progress),
) -> Result<Model, EngineError> {
    let history = History::new(series.clone(), Arc::clone(&options.calendar));
    let horizon = horizon(options.horizon, series.frequency())?;
    let fit = FitOptions::new(horizon, options.seed);
    let (fitted, reason) = match ensemble(options)?.fit_with_progress(&history, &fit, progress) {
        Ok(ensemble) => (Fitted::Ensemble(Box::new(ensemble)), None),
        Err(error) => (Fitted::Single(last_resort(&history, &fit)?), Some(error.to_string())),
    };
    let card = card(&history, options, horizon, &fitted, reason);
    Ok(Model::new(card, fitted, series, Arc::clone(&options.calendar)))
}

/// The predictors asked for, as one.
pub(crate) fn ensemble(options: &EngineOptions) -> Result<Ensemble, EngineError> {
    let members = options.rows()?.into_iter();
    let members = members.map(|row| Member { predictor: (row.create)(), prior: prior(row) });
    let ensemble = Ensemble::new(members.collect(), YARDSTICK).with_fallback(LAST_RESORT);
    Ok(match options.threads {
        Some(threads) => ensemble.with_threads(threads),
        None => ensemble,
    })
}

/// What repeats the last value; any history is long enough for it.
pub(crate) fn last_resort(
    history: &History,
    fit: &FitOptions,
) -> Result<Box<dyn FittedPredictor>, FitError> {
    let row = forescale_predictors::by_name(LAST_RESORT).expect("the last resort is in the list");
    (row.create)().fit(history, fit)
}

fn card(
    history: &History,
    options: &EngineOptions,
    horizon: Horizon,
    fitted: &Fitted,
    reason: Option<String>,
) -> ModelCard {
    let report = fitted.ensemble().map(FittedEnsemble::report).cloned();
    let carried_by = report.as_ref().map_or(LAST_RESORT, |report| &report.gate.carried_by);
    let mut degraded: Vec<String> = report.iter().flat_map(|r| r.degraded.clone()).collect();
    if let Some(reason) = reason {
        degraded.push(format!("{LAST_RESORT} carries the forecast: {reason}"));
    }
    let series = history.series();
    let noticed = noticed(history);
    ModelCard::new(
        series,
        options,
        horizon.steps(),
        carried_by.to_owned(),
        degraded,
        noticed,
        report,
    )
}
