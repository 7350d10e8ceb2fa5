//! What holds for every predictor of the list, whoever wrote it.
//!
//! The model is `test_all_forecasters.py` of sktime.

use std::sync::Arc;

use forescale_core::{
    Calendar, FitError, FitOptions, FittedPredictor, Forecast, Frequency, History, Horizon,
    LoadSeries, Quantiles,
};
use forescale_predictors::{PREDICTORS, Row};

const HOUR: i64 = 3_600;
const DAY: usize = 24;

/// A history that begins on a Monday.
fn history(step_seconds: i64, values: Vec<f64>) -> History {
    let start = "2026-01-05T00:00:00Z".parse().unwrap();
    let step = Frequency::from_seconds(step_seconds).unwrap();
    History::new(LoadSeries::new(start, step, values).unwrap(), Arc::new(Calendar::default()))
}

/// A day's wave with quieter weekends and some noise, the same on every run.
fn wave(steps: usize, per_day: usize) -> Vec<f64> {
    let mut state = 12_345_u32;
    let load = |i: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = f64::from(state >> 8) / f64::from(1 << 24) - 0.5;
        let angle = std::f64::consts::TAU * (i % per_day) as f64 / per_day as f64;
        let level = if (i / per_day) % 7 < 5 { 100.0 } else { 70.0 };
        level - 40.0 * angle.cos() + 6.0 * noise
    };
    (0..steps).map(load).collect()
}

fn two_weeks() -> Vec<f64> {
    wave(14 * DAY, DAY)
}

fn fit(row: &Row, history: &History, steps: usize) -> Box<dyn FittedPredictor> {
    let options = FitOptions::new(Horizon::new(steps).unwrap(), 7);
    (row.create)().fit(history, &options).unwrap_or_else(|error| panic!("{}: {error}", row.name))
}

fn predict(fitted: &dyn FittedPredictor, history: &History, steps: usize) -> Forecast {
    let horizon = Horizon::new(steps).unwrap();
    fitted
        .predict(history, horizon, &Quantiles::standard())
        .unwrap_or_else(|error| panic!("{}: {error}", fitted.name()))
}

fn forecast(row: &Row, step_seconds: i64, values: &[f64], steps: usize) -> Forecast {
    let history = history(step_seconds, values.to_vec());
    predict(fit(row, &history, steps).as_ref(), &history, steps)
}

fn mean_median(forecast: &Forecast) -> f64 {
    let steps = forecast.steps();
    (0..steps).map(|h| forecast.point(h)).sum::<f64>() / steps as f64
}

/// Nothing below zero, nothing that is not finite, nothing far above what was seen.
fn assert_sane(name: &str, forecast: &Forecast, highest: f64) {
    let upper = forecast.quantiles().index_of(0.975).unwrap();
    for h in 0..forecast.steps() {
        let row = forecast.row(h);
        assert!(row.iter().all(|value| value.is_finite() && *value >= 0.0), "{name} {h} {row:?}");
        assert!(row[upper] <= 3.0 * highest * (1.0 + 1e-9), "{name} {h} {}", row[upper]);
    }
}

#[test]
fn a_forecast_has_the_horizon_and_the_quantiles_asked_for() {
    let history = history(HOUR, two_weeks());
    let quantiles = Quantiles::new([0.03, 0.5, 0.92]).unwrap();
    for row in PREDICTORS {
        for steps in [1, DAY, 7 * DAY] {
            let horizon = Horizon::new(steps).unwrap();
            let fitted = fit(row, &history, steps);
            let forecast = fitted.predict(&history, horizon, &quantiles).unwrap();
            assert_eq!(
                (forecast.steps(), forecast.quantiles()),
                (steps, &quantiles),
                "{}",
                row.name
            );
            assert_eq!(forecast.origin(), history.origin(), "{}", row.name);
            assert_eq!(fitted.name(), row.name);
        }
    }
}

#[test]
fn more_is_forecast_than_was_fitted_for() {
    let history = history(HOUR, two_weeks());
    for row in PREDICTORS {
        let forecast = predict(fit(row, &history, 1).as_ref(), &history, 3 * DAY);
        assert_eq!(forecast.steps(), 3 * DAY);
        assert_sane(row.name, &forecast, 145.0);
    }
}

#[test]
fn the_same_seed_fits_the_same_bytes() {
    for row in PREDICTORS {
        let bytes = || fit(row, &history(HOUR, two_weeks()), DAY).to_bytes();
        assert_eq!(bytes(), bytes(), "{}", row.name);
    }
}

#[test]
fn a_fit_comes_back_from_its_bytes() {
    let history = history(HOUR, two_weeks());
    for row in PREDICTORS {
        let fitted = fit(row, &history, DAY);
        let back = forescale_predictors::load(row.name, &fitted.to_bytes()).unwrap();
        assert_eq!(predict(back.as_ref(), &history, DAY), predict(fitted.as_ref(), &history, DAY));
        assert_eq!(back.importances(), fitted.importances(), "{}", row.name);
        assert!(forescale_predictors::load(row.name, &[]).is_err(), "{}", row.name);
    }
}

#[test]
fn gaps_are_survived() {
    let mut values = two_weeks();
    for i in (0..values.len()).filter(|i| i % 5 == 2 || (100..140).contains(i) || *i > 325) {
        values[i] = f64::NAN;
    }
    for row in PREDICTORS {
        let forecast = forecast(row, HOUR, &values, DAY);
        assert_sane(row.name, &forecast, 145.0);
        assert!((20.0..150.0).contains(&mean_median(&forecast)), "{}", row.name);
    }
}

#[test]
fn a_history_that_is_too_short_is_named() {
    let short = history(HOUR, vec![5.0]);
    let options = FitOptions::new(Horizon::new(DAY).unwrap(), 7);
    for row in PREDICTORS {
        match (row.create)().fit(&short, &options) {
            Ok(fitted) => assert_sane(row.name, &predict(fitted.as_ref(), &short, DAY), 5.0),
            Err(FitError::TooShort { predictor, needed, got }) => {
                assert_eq!((predictor, got), (row.name, 1));
                assert!(needed > 1, "{}", row.name);
            }
            Err(error) => panic!("{}: {error}", row.name),
        }
    }
}

#[test]
fn a_history_of_another_step_is_refused() {
    let hourly = history(HOUR, two_weeks());
    let quarterly = history(HOUR / 4, wave(14 * 96, 96));
    for row in PREDICTORS {
        let fitted = fit(row, &hourly, DAY);
        let horizon = Horizon::new(1).unwrap();
        let error = fitted.predict(&quarterly, horizon, &Quantiles::standard()).unwrap_err();
        assert!(error.to_string().contains(row.name), "{error}");
    }
}

#[test]
fn a_later_history_is_forecast_without_a_new_fit() {
    let values = two_weeks();
    let early = history(HOUR, values[..13 * DAY].to_vec());
    let mut raised = values.clone();
    raised[13 * DAY..].iter_mut().for_each(|value| *value *= 1.4);
    for row in PREDICTORS {
        let fitted = fit(row, &early, DAY);
        let usual = predict(fitted.as_ref(), &history(HOUR, values.clone()), DAY);
        let higher = predict(fitted.as_ref(), &history(HOUR, raised.clone()), DAY);
        assert_eq!(usual.origin(), early.origin() + chrono::TimeDelta::days(1), "{}", row.name);
        assert!(mean_median(&higher) > mean_median(&usual), "{}", row.name);
    }
}

#[test]
fn nothing_after_the_origin_is_read() {
    let known = two_weeks();
    let with_future = |value: f64| history(HOUR, [known.clone(), vec![value; DAY]].concat());
    for row in PREDICTORS {
        let seen = |future: f64| {
            let history = with_future(future).as_of(known.len()).unwrap();
            predict(fit(row, &history, DAY).as_ref(), &history, DAY)
        };
        assert_eq!(seen(0.0), seen(1e6), "{}", row.name);
    }
}

#[test]
fn a_load_counted_in_other_units_is_forecast_in_them() {
    // A power of two near 1000 changes no digit of the inputs, so what differs is no rounding.
    let values = two_weeks();
    let larger: Vec<f64> = values.iter().map(|value| value * 1_024.0).collect();
    for row in PREDICTORS {
        let (one, other) = (forecast(row, HOUR, &values, DAY), forecast(row, HOUR, &larger, DAY));
        for h in 0..DAY {
            let miss = (other.point(h) / 1_024.0 - one.point(h)).abs();
            assert!(miss < 0.03 * one.point(h), "{} {h} {miss}", row.name);
        }
    }
}

#[test]
fn zeros_stay_zeros_and_a_constant_stays_constant() {
    for row in PREDICTORS {
        for level in [0.0, 7.0, 1e12, 1e-9] {
            let forecast = forecast(row, HOUR, &[level; 10 * DAY], DAY);
            for h in 0..DAY {
                let point = forecast.point(h);
                assert!((point - level).abs() <= 0.02 * level, "{} {level}: {point}", row.name);
            }
            assert_sane(row.name, &forecast, level);
        }
    }
}

#[test]
fn tiny_and_huge_loads_are_forecast() {
    for row in PREDICTORS {
        for unit in [1e-9, 1e12] {
            let values: Vec<f64> = two_weeks().iter().map(|value| value * unit).collect();
            let forecast = forecast(row, HOUR, &values, DAY);
            assert_sane(row.name, &forecast, 145.0 * unit);
            let mean = mean_median(&forecast);
            assert!((20.0 * unit..150.0 * unit).contains(&mean), "{} {unit}: {mean}", row.name);
        }
    }
}

#[test]
fn a_service_that_wakes_up_is_not_forecast_to_explode() {
    let mut values = vec![1e-6; 12 * DAY];
    values.extend(wave(2 * DAY, DAY));
    for row in PREDICTORS {
        assert_sane(row.name, &forecast(row, HOUR, &values, DAY), 145.0);
    }
}

#[test]
fn seconds_and_days_are_steps_too() {
    let daily = history(86_400, wave(120, 7));
    let seconds = history(1, wave(140_000, 86_400));
    for row in PREDICTORS {
        for (history, steps) in [(&daily, 14), (&seconds, 600)] {
            let forecast = predict(fit(row, history, steps).as_ref(), history, steps);
            assert_sane(row.name, &forecast, 145.0);
        }
    }
}

#[test]
fn importances_are_shares_of_a_whole() {
    let history = history(HOUR, two_weeks());
    for row in PREDICTORS {
        let importances = fit(row, &history, DAY).importances();
        let total: f64 = importances.iter().map(|importance| importance.share).sum();
        assert!(importances.is_empty() || (total - 1.0).abs() < 1e-6, "{} {total}", row.name);
        assert!(importances.windows(2).all(|pair| pair[0].share >= pair[1].share), "{}", row.name);
    }
}
