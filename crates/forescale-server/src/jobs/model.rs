//! The model that forecasts: the newest that can be read, else the one before, else a simple one made on the spot.

use std::sync::Arc;

use forescale::{Calendar, EngineError, EngineOptions, LoadSeries, Model, YARDSTICK, train};

use crate::config::Target;
use crate::store::Store;

/// A model, and why it is not the newest one if so.
pub struct Found {
    /// The model.
    pub model: Model,
    /// Why a simpler or older one has to do.
    pub fallback: Option<String>,
    /// Whether a new one should be trained at once.
    pub retrain: bool,
}

/// The model of `target` for `series`.
///
/// # Errors
/// [`EngineError`] when not even the simplest can be fitted.
pub fn find(
    store: &Store,
    target: &Target,
    calendar: &Arc<Calendar>,
    series: &LoadSeries,
) -> Result<Found, EngineError> {
    let kept = store.models(&target.name);
    let mut why = match &kept {
        Err(error) => format!("the models cannot be read: {error}"),
        Ok(kept) if kept.is_empty() => "no model has been trained yet".to_owned(),
        Ok(_) => String::new(),
    };
    for (at, bytes) in kept.unwrap_or_default().into_iter().enumerate() {
        match usable(bytes, series) {
            Ok(model) => {
                let fallback = (at > 0).then(|| format!("the previous model: {why}"));
                let model = model.with_calendar(Arc::clone(calendar));
                return Ok(Found { model, retrain: fallback.is_some(), fallback });
            }
            Err(reason) if why.is_empty() => why = reason,
            Err(_) => {}
        }
    }
    let options =
        EngineOptions { predictors: vec![YARDSTICK.to_owned()], ..options(target, calendar) };
    let model = train(series, &options)?;
    Ok(Found { model, fallback: Some(format!("{YARDSTICK}: {why}")), retrain: true })
}

/// How a target's models learn.
pub fn options(target: &Target, calendar: &Arc<Calendar>) -> EngineOptions {
    EngineOptions {
        predictors: target.predictors.clone(),
        seed: target.seed,
        calendar: Arc::clone(calendar),
        horizon: target.horizon,
        // One core learns, so that the others go on to forecast.
        threads: Some(1),
    }
}

fn usable(bytes: Option<Vec<u8>>, series: &LoadSeries) -> Result<Model, String> {
    let bytes = bytes.ok_or("the newest model has changed on the disk")?;
    let model = Model::from_bytes(&bytes).map_err(|error| error.to_string())?;
    let (trained, given) = (model.frequency(), series.frequency());
    match trained == given {
        true => Ok(model),
        false => Err(format!("it was trained with a step of {trained}, but the load has {given}")),
    }
}
