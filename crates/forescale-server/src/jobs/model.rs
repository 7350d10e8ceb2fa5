//! The model that forecasts: the newest that can be read, else the one before, else a simple one made on the spot.

use std::sync::Arc;

use forescale::{Calendar, EngineError, EngineOptions, LoadSeries, Model, YARDSTICK, train};

use crate::accuracy::Distrust;
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

/// The model of `target` for `series`. One that was trained before `distrust` gives way to the simplest.
///
/// # Errors
/// [`EngineError`] when not even the simplest can be fitted.
pub fn find(
    store: &Store,
    target: &Target,
    distrust: Option<&Distrust>,
    calendar: &Arc<Calendar>,
    series: &LoadSeries,
) -> Result<Found, EngineError> {
    let trained = store.trained_at(&target.name).ok().flatten();
    let distrust = distrust.filter(|distrust| trained.is_some_and(|trained| trained < distrust.at));
    if let Some(distrust) = distrust {
        let model = simplest(target, calendar, series)?;
        let fallback = Some(format!("{YARDSTICK}: {}", distrust.reason));
        // The evaluation asks for a new model, in its time.
        return Ok(Found { model, fallback, retrain: false });
    }
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
    let model = simplest(target, calendar, series)?;
    Ok(Found { model, fallback: Some(format!("{YARDSTICK}: {why}")), retrain: true })
}

fn simplest(
    target: &Target,
    calendar: &Arc<Calendar>,
    series: &LoadSeries,
) -> Result<Model, EngineError> {
    let options =
        EngineOptions { predictors: vec![YARDSTICK.to_owned()], ..options(target, calendar) };
    train(series, &options)
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

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use forescale::{Frequency, horizon};

    use super::*;

    fn target() -> Target {
        let text =
            "name = \"web\"\npredictors = [\"last-value\"]\n[source]\n[fleet]\ncapacity = 1.0\n";
        toml::from_str(text).unwrap()
    }

    fn series() -> LoadSeries {
        let hour = Frequency::from_seconds(3_600).unwrap();
        let load = (0..40).map(|i| f64::from(10 + i % 7)).collect();
        LoadSeries::new(DateTime::UNIX_EPOCH, hour, load).unwrap()
    }

    /// Every single bit and every length of a small model, and each time the previous one forecasts.
    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed_and_the_previous_model_carries_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        let (target, series, calendar) = (target(), series(), Arc::default());
        let previous = train(&series, &EngineOptions { seed: 2, ..options(&target, &calendar) });
        let newest = train(&series, &options(&target, &calendar)).unwrap().to_bytes();
        let store = Store::open(&path).unwrap();
        for bytes in [previous.unwrap().to_bytes(), newest.clone()] {
            store.save_model(&target.name, DateTime::UNIX_EPOCH, &bytes).unwrap();
        }
        let found = || find(&store, &target, None, &calendar, &series).unwrap();
        assert_eq!(found().fallback, None);
        let flipped = (0..newest.len() * 8).map(|bit| {
            let mut bytes = newest.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            bytes
        });
        let cut = (0..newest.len()).map(|length| newest[..length].to_vec());
        let mut tried = 0;
        for bytes in flipped.chain(cut) {
            store.damage_newest_model(&bytes);
            let found = found();
            let why = found.fallback.unwrap_or_default();
            assert_eq!(why, "the previous model: the newest model has changed on the disk");
            assert!(found.retrain && found.model.card().seed == 2);
            tried += 1;
        }
        let steps = horizon(target.horizon, series.frequency()).unwrap();
        let quantiles = forescale::Quantiles::standard();
        assert!(found().model.forecast(&series, steps, &quantiles).is_ok());
        assert!(tried > 1_000, "{tried} damages are too few for a model");
        println!("{} bytes, {tried} damages noticed", newest.len());
    }
}
