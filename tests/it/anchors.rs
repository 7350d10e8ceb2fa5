//! Our numbers against reference implementations, on data small enough to print.
//!
//! The expected values come from `tests/anchors/anchors.py` (statsforecast, numpy); the data are made by the same
//! whole-number arithmetic there and here. The regression of `linear-trend` has its anchor beside the code.

use std::sync::Arc;

use forescale_core::{
    Calendar, FitOptions, Frequency, History, Horizon, LoadSeries, Predictor, Quantiles,
};
use forescale_predictors::{SeasonalNaive, find_seasonality};

/// Whole numbers 0 to 99 by a linear congruential generator.
fn draws(count: usize) -> Vec<f64> {
    let mut seed = 12_345_u32;
    let mut draw = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from((seed >> 8) % 100)
    };
    (0..count).map(|_| draw()).collect()
}

fn hourly(values: Vec<f64>) -> History {
    let start = "2026-01-05T00:00:00Z".parse().unwrap();
    let step = Frequency::from_seconds(3_600).unwrap();
    History::new(LoadSeries::new(start, step, values).unwrap(), Arc::new(Calendar::default()))
}

#[test]
fn seasonal_naive_is_that_of_statsforecast() {
    let expected = [
        66, 21, 77, 56, 39, 46, 0, 40, 89, 16, 10, 15, 12, 86, 27, 9, 64, 43, 16, 32, 66, 6, 91,
        98, 66, 21, 77, 56, 39, 46,
    ];
    let history = hourly(draws(60));
    let horizon = Horizon::new(30).unwrap();
    let fitted = SeasonalNaive::default().fit(&history, &FitOptions::new(horizon, 1)).unwrap();
    let forecast = fitted.predict(&history, horizon, &Quantiles::standard()).unwrap();
    for (h, value) in expected.into_iter().enumerate() {
        assert_eq!(forecast.point(h), f64::from(value), "step {h}");
    }
}

#[test]
fn periods_are_the_peaks_of_numpys_spectrum() {
    let tau = std::f64::consts::TAU;
    let noise = draws(360).into_iter().enumerate();
    let values = noise.map(|(i, noise)| {
        let i = i as f64;
        200.0 + 60.0 * (tau * i / 36.0).sin() + 40.0 * (tau * i / 10.0).cos() + noise / 2.0
    });
    let seasons = find_seasonality(hourly(values.collect()).series());
    let hours: Vec<f64> =
        seasons.iter().map(|season| season.period.num_seconds() as f64 / 3_600.0).collect();
    assert_eq!(hours.len(), 2, "{seasons:?}");
    assert!((hours[0] - 36.0).abs() < 0.4 && (hours[1] - 10.0).abs() < 0.1, "{hours:?}");
}
