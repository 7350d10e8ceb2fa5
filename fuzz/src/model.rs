//! Bytes that say they are a model, as a file with a head and a checksum or as the payload alone: read or refused, and
//! what was read forecasts or says why not.

use chrono::DateTime;
use forescale::{
    EngineOptions, Frequency, Horizon, LoadSeries, MODEL_VERSION, Model, Quantiles, train,
};
use forescale_core::model_file::{ModelFile, ModelProblem, decode, encode};

/// Reads the bytes as a model, and forecasts with it.
pub fn run(bytes: &[u8]) {
    match decode(bytes, MODEL_VERSION) {
        Ok(file) => {
            assert!(file.payload.len() < bytes.len(), "no length is believed");
            forecast(&file.payload);
        }
        // As an older forescale kept it: no checksum stands between chance and what reads it.
        Err(ModelProblem::NotAModel) => forecast(bytes),
        Err(_) => {}
    }
}

fn forecast(payload: &[u8]) {
    let Ok(model) = Model::from_bytes(payload) else { return };
    let again = Model::from_bytes(&model.to_bytes()).expect("what was read can be written");
    assert_eq!(again.recent().len(), model.recent().len());
    let horizon = Horizon::new(3).expect("three steps");
    if let Ok(forecast) = model.forecast(&hours(60), horizon, &Quantiles::standard()) {
        let rows = (0..forecast.steps()).map(|step| forecast.row(step));
        rows.for_each(|row| assert!(row.is_sorted() && row.iter().all(|load| load.is_finite())));
    }
}

/// A small model of each predictor that learns in no time, one of all of them, and one that stands alone; the last two
/// also as files.
pub fn seeds() -> Vec<Vec<u8>> {
    let quick = ["last-value", "seasonal-naive", "linear-trend", "fft-seasonality"];
    let all = quick.iter().map(|name| (*name).to_owned()).collect();
    let each = quick.iter().map(|name| (60, vec![(*name).to_owned()]));
    // From two hours nothing but the last value can be learned, and it stands alone.
    let each = each.chain([(60, all), (2, vec!["seasonal-naive".to_owned()])]);
    let model = |(count, predictors)| {
        let options = EngineOptions { predictors, threads: Some(1), ..EngineOptions::default() };
        train(&hours(count), &options).expect("a model").to_bytes()
    };
    let mut seeds: Vec<_> = each.map(model).collect();
    let file = |payload: &Vec<u8>| {
        let (version, title) = (MODEL_VERSION, "web".to_owned());
        encode(&ModelFile { version, title, payload: payload.clone() })
    };
    let files: Vec<_> = seeds.iter().rev().take(2).map(file).collect();
    seeds.extend(files);
    seeds
}

/// Hours with a day in them.
fn hours(count: u32) -> LoadSeries {
    let hour = Frequency::from_seconds(3_600).expect("an hour is a step");
    let load = (0..count).map(|i| f64::from(10 + i % 24)).collect();
    LoadSeries::new(DateTime::UNIX_EPOCH, hour, load).expect("it is a series")
}
