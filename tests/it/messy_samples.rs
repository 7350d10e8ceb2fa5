//! Samples as broken exporters send them: what becomes a load is one, and what is forecast of it is sound.

use forescale::grid::regular;
use forescale::{EngineOptions, Horizon, Quantiles, train};
use proptest::prelude::*;

/// Microseconds of a minute.
const MINUTE: i64 = 60_000_000;

/// The largest load there may be.
const LARGEST: f64 = 1e100;

proptest! {
    #[test]
    fn whatever_the_samples_are_the_forecast_is_finite_and_ordered(samples in samples()) {
        let Ok(series) = regular(samples, None) else { return Ok(()) };
        prop_assert!(series.present().all(|load| (0.0..=LARGEST).contains(&load)), "{series:?}");
        let predictors = vec!["seasonal-naive".to_owned()];
        let options = EngineOptions { predictors, threads: Some(1), ..EngineOptions::default() };
        let Ok(model) = train(&series, &options) else { return Ok(()) };
        let horizon = Horizon::new(3).unwrap();
        let Ok(forecast) = model.forecast(&series, horizon, &Quantiles::standard()) else {
            return Ok(());
        };
        for row in (0..forecast.steps()).map(|step| forecast.row(step)) {
            prop_assert!(row.iter().all(|load| load.is_finite()), "{row:?}");
            prop_assert!(row.is_sorted() && row[0] >= 0.0, "{row:?}");
        }
    }
}

/// Minutes that come late, twice or in no order, in steps that change on the way.
fn samples() -> impl Strategy<Value = Vec<(i64, f64)>> {
    let distance = prop_oneof![
        20 => Just(MINUTE),
        1 => Just(0),
        1 => Just(-3 * MINUTE),
        1 => Just(5 * MINUTE),
        1 => -MINUTE..2 * MINUTE,
    ];
    let load = prop_oneof![
        20 => 0.0..1e3,
        1 => prop::sample::select(vec![
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::MAX,
            f64::MIN,
            f64::MIN_POSITIVE,
            1e308,
            1e99,
            -1.0,
            -0.0,
        ]),
    ];
    prop::collection::vec((distance, load), 0..60).prop_map(|rows| {
        let mut at = 0;
        let moved = |(distance, load)| {
            at += distance;
            (at, load)
        };
        rows.into_iter().map(moved).collect()
    })
}
