//! The model that forecasts: the newest that can be read, else the one before, else a simple one made on the spot.

use std::sync::Arc;

use forescale::{
    Calendar, EngineError, EngineOptions, LoadSeries, MODEL_VERSION, Model, YARDSTICK, train,
};
use forescale_core::model_file::{self, ModelFile, ModelProblem};

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
        match usable(store, bytes, series) {
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

/// The model of `target` as the store keeps it: a model file, as `forescale train` writes it.
pub fn filed(target: &Target, model: &Model) -> Vec<u8> {
    let title = model.card().title(target.name.as_str());
    model_file::encode(&ModelFile { version: MODEL_VERSION, title, payload: model.to_bytes() })
}

/// The payload of what [`filed`] wrote. An older forescale kept the payload alone.
fn payload(bytes: Vec<u8>) -> Result<Vec<u8>, ModelProblem> {
    match model_file::decode(&bytes, MODEL_VERSION) {
        Ok(file) => Ok(file.payload),
        Err(ModelProblem::NotAModel) => Ok(bytes),
        Err(problem) => Err(problem),
    }
}

fn usable(store: &Store, bytes: Option<Vec<u8>>, series: &LoadSeries) -> Result<Model, String> {
    let bytes = bytes.ok_or("the newest model has changed on the disk")?;
    let named = |problem: &dyn std::fmt::Display| {
        format!("the newest model in the store {} {problem}", store.path().display())
    };
    let payload = payload(bytes).map_err(|problem| named(&problem))?;
    let model = Model::from_bytes(&payload).map_err(|error| named(&format!("is none: {error}")))?;
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
        let newest = filed(&target, &train(&series, &options(&target, &calendar)).unwrap());
        let store = Store::open(&path).unwrap();
        for bytes in [filed(&target, &previous.unwrap()), newest.clone()] {
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

    /// A store with these models of the target, the newest last.
    fn kept(folder: &tempfile::TempDir, models: &[&[u8]]) -> Store {
        let store = Store::open(&folder.path().join("state.db")).unwrap();
        for bytes in models {
            store.save_model(&target().name, DateTime::UNIX_EPOCH, bytes).unwrap();
        }
        store
    }

    #[test]
    fn a_model_without_a_head_is_one_of_an_older_version() {
        let (folder, calendar) = (tempfile::tempdir().unwrap(), Arc::default());
        let bare = train(&series(), &options(&target(), &calendar)).unwrap().to_bytes();
        let store = kept(&folder, &[&bare]);
        let found = find(&store, &target(), None, &calendar, &series()).unwrap();
        assert_eq!((found.fallback, found.retrain), (None, false));
        assert_eq!(found.model.to_bytes(), bare);
    }

    #[test]
    fn a_model_of_a_newer_version_gives_way_to_the_previous_one_and_is_trained_anew() {
        let (folder, calendar) = (tempfile::tempdir().unwrap(), Arc::default());
        let previous = filed(&target(), &train(&series(), &options(&target(), &calendar)).unwrap());
        let version = MODEL_VERSION + 1;
        let newer = ModelFile { version, title: String::new(), payload: b"who knows".to_vec() };
        let newer = model_file::encode(&newer);
        let path = folder.path().join("state.db").display().to_string();
        for (models, carries) in
            [(vec![&previous[..], &newer[..]], "the previous model"), (vec![&newer[..]], YARDSTICK)]
        {
            let store = kept(&folder, &models);
            let found = find(&store, &target(), None, &calendar, &series()).unwrap();
            let expected = format!(
                "{carries}: the newest model in the store {path} has model format {version}, \
                 but this forescale reads up to {MODEL_VERSION}"
            );
            assert_eq!((found.fallback, found.retrain), (Some(expected), true));
            drop(store);
            std::fs::remove_file(folder.path().join("state.db")).unwrap();
        }
    }

    /// The model of each version that was ever released has to be read. Whoever raises the version commits another
    /// file beside this one: the store's bytes of the model that the tests above train.
    #[test]
    fn the_model_that_was_committed_is_of_this_version_and_forecasts() {
        let golden = include_bytes!("../../tests/golden/model-2");
        let file = model_file::decode(golden, MODEL_VERSION).unwrap();
        assert_eq!(
            (file.version, &file.title[..]),
            (MODEL_VERSION, "web, 1970-01-01 to 1970-01-02")
        );
        let (folder, calendar) = (tempfile::tempdir().unwrap(), Arc::default());
        let store = kept(&folder, &[golden]);
        let found = find(&store, &target(), None, &calendar, &series()).unwrap();
        assert_eq!(found.fallback, None);
        let steps = horizon(target().horizon, series().frequency()).unwrap();
        let quantiles = forescale::Quantiles::standard();
        let forecast = found.model.forecast(&series(), steps, &quantiles).unwrap();
        assert_eq!(forecast.point(0), 14.0, "the last load repeats");
    }
}
