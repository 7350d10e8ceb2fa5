//! What holds for every model that is read from bytes, whoever wrote them.

use std::sync::LazyLock;

use chrono::DateTime;
use forescale::{
    EngineOptions, Frequency, Horizon, LoadSeries, MODEL_VERSION, Model, Quantiles, train,
};
use forescale_core::model_file::decode;
use proptest::prelude::*;

// The same changes that the fits alone are put to.
#[path = "../../forescale-predictors/src/persist/changes.rs"]
mod changes;

use changes::{changed, changes, config};

const STEPS: usize = 30;

/// A model of several predictors, and one of a predictor that stands alone.
static MODELS: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
    let predictors = ["last-value", "seasonal-naive", "linear-trend", "fft-seasonality"];
    let predictors = predictors.map(str::to_owned).to_vec();
    let options = EngineOptions { predictors, threads: Some(1), ..EngineOptions::default() };
    // From two hours nothing but the last value can be learned.
    [60, 2].map(|count| train(&hours(count), &options).expect("a model").to_bytes())
});

/// Hours with a day in them.
fn hours(count: u32) -> LoadSeries {
    let hour = Frequency::from_seconds(3_600).unwrap();
    let load = (0..count).map(|i| f64::from(10 + i % 24)).collect();
    LoadSeries::new(DateTime::UNIX_EPOCH, hour, load).unwrap()
}

/// What the model forecasts, if it can; and that nobody stopped with a fault on the way.
fn check(model: &Model, series: &LoadSeries) {
    let horizon = Horizon::new(STEPS).unwrap();
    let Ok(told) = model.forecast_with_notes(series, horizon, &Quantiles::standard()) else {
        return;
    };
    assert!(!told.notes.iter().any(|note| note.contains("fault")), "{:?}", told.notes);
    assert_eq!(told.forecast.steps(), STEPS);
    for row in (0..STEPS).map(|step| told.forecast.row(step)) {
        assert!(row.is_sorted() && row.iter().all(|load| load.is_finite()), "{row:?}");
    }
}

#[test]
fn what_is_read_is_written_again_byte_for_byte() {
    for bytes in &*MODELS {
        assert!(Model::from_bytes(bytes).unwrap().to_bytes() == *bytes);
    }
}

#[test]
fn a_model_that_was_trained_before_is_read_as_it_was() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/web-shop");
    let file = decode(&std::fs::read(path).unwrap(), MODEL_VERSION).unwrap();
    assert!(Model::from_bytes(&file.payload).unwrap().to_bytes() == file.payload);
}

proptest! {
    #![proptest_config(config())]

    /// A model is refused, or it forecasts and learns, or says why it cannot; it neither panics nor goes on for ever.
    #[test]
    fn a_changed_model_is_refused_or_forecasts(changes in changes()) {
        for bytes in &*MODELS {
            let Ok(mut model) = Model::from_bytes(&changed(bytes, &changes)) else { continue };
            prop_assert!(Model::from_bytes(&model.to_bytes()).is_ok(), "it cannot be read again");
            check(&model, &hours(90));
            check(&model, &model.recent().clone());
            model.importances();
            model.observe(&hours(90));
            check(&model, &hours(90));
        }
    }
}
