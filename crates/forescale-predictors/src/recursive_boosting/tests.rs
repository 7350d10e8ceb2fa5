//! What the walks do, on loads whose future is known.

use forescale_core::{FitError, Forecast, Horizon, Predictor, Quantiles};

use super::*;
use crate::testing::{Noise, history, options};

const DAY: usize = 24;

fn wave(hour: usize) -> f64 {
    100.0 - 40.0 * (std::f64::consts::TAU * hour as f64 / DAY as f64).cos()
}

fn noisy(hours: usize, noise: f64, seed: u64) -> Vec<f64> {
    let mut draw = Noise::new(seed);
    (0..hours).map(|hour| wave(hour) + noise * draw.next()).collect()
}

fn forecast(values: &[f64], steps: usize) -> Forecast {
    let history = history(3_600, values);
    let fitted = RecursiveBoosting.fit(&history, &options(steps)).unwrap();
    let horizon = Horizon::new(steps).unwrap();
    fitted.predict(&history, horizon, &Quantiles::standard()).unwrap()
}

fn width(forecast: &Forecast, h: usize) -> f64 {
    let place = |q| forecast.quantiles().index_of(q).unwrap();
    forecast.row(h)[place(0.9)] - forecast.row(h)[place(0.1)]
}

#[test]
fn a_day_that_repeats_is_followed() {
    let forecast = forecast(&noisy(21 * DAY, 1.0, 3), 2 * DAY);
    for h in 0..2 * DAY {
        let expected = wave(21 * DAY + h);
        assert!((forecast.point(h) - expected).abs() < 8.0, "{h} {}", forecast.point(h));
    }
}

#[test]
fn a_new_level_is_kept() {
    let mut values = noisy(21 * DAY, 1.0, 3);
    values[19 * DAY..].iter_mut().for_each(|value| *value *= 1.6);
    let forecast = forecast(&values, DAY);
    let mean = (0..DAY).map(|h| forecast.point(h)).sum::<f64>() / DAY as f64;
    assert!((145.0..175.0).contains(&mean), "{mean}");
}

#[test]
fn quantiles_grow_with_the_horizon() {
    let mut draw = Noise::new(5);
    let mut level = 500.0_f64;
    let values: Vec<f64> = (0..28 * DAY)
        .map(|_| {
            level = (level + 5.0 * draw.next()).clamp(300.0, 700.0);
            level
        })
        .collect();
    let forecast = forecast(&values, DAY);
    let widths = [0, 5, 23].map(|h| width(&forecast, h));
    assert!(widths[1] > 1.3 * widths[0] && widths[2] > 1.2 * widths[1], "{widths:?}");
}

#[test]
fn growth_does_not_run_away() {
    let values: Vec<f64> = (0..10 * DAY).map(|hour| 10.0 * 1.01_f64.powi(hour as i32)).collect();
    let forecast = forecast(&values, 28 * DAY);
    let highest = values[values.len() - 1];
    assert!((0..28 * DAY).all(|h| forecast.point(h) < 2.5 * highest), "{highest}");
}

#[test]
fn a_load_of_zeros_at_night_stays_at_or_above_zero() {
    let values: Vec<f64> =
        noisy(14 * DAY, 5.0, 7).into_iter().map(|value| (value - 80.0).max(0.0)).collect();
    let forecast = forecast(&values, DAY);
    assert!((0..DAY).all(|h| forecast.row(h).iter().all(|value| *value >= 0.0)));
    assert!(forecast.point(0) < 5.0 && forecast.point(11) > 30.0);
}

#[test]
fn the_same_fit_has_the_same_bytes_and_a_draft_is_a_fit_too() {
    let history = history(3_600, &noisy(14 * DAY, 3.0, 1));
    let bytes = || RecursiveBoosting.fit(&history, &options(DAY)).unwrap().to_bytes();
    assert_eq!(bytes(), bytes());
    assert!(RecursiveBoosting.fit(&history, &options(DAY).draft()).is_ok());
}

#[test]
fn nothing_after_the_origin_is_read() {
    let known = noisy(10 * DAY, 3.0, 1);
    let seen = |future: f64| {
        let whole = history(3_600, &[known.clone(), vec![future; DAY]].concat());
        let then = Prepared::as_of(&whole, known.len()).unwrap();
        let fitted = RecursiveBoosting.fit(&then, &options(DAY)).unwrap();
        fitted.predict(&then, Horizon::new(DAY).unwrap(), &Quantiles::standard()).unwrap()
    };
    assert_eq!(seen(0.0), seen(1e6));
    assert_eq!(seen(0.0), forecast(&known, DAY));
}

#[test]
fn short_histories_have_fewer_day_lags_and_the_shortest_are_refused() {
    let names = |days: usize| {
        let fitted = RecursiveBoosting.fit(&history(600, &noisy(days * 144, 3.0, 1)), &options(6));
        let shares = fitted.unwrap().importances();
        shares.into_iter().map(|importance| importance.feature).collect::<Vec<_>>()
    };
    assert!(!names(2).iter().any(|name| name.contains("day-2")));
    assert!(!names(8).iter().any(|name| name.contains("day-7")));
    let error = RecursiveBoosting.fit(&history(3_600, &[1.0; 59]), &options(1)).unwrap_err();
    assert!(matches!(error, FitError::TooShort { needed: 60, got: 59, .. }), "{error}");
}

#[test]
fn a_history_of_gaps_is_refused() {
    let mut values = vec![f64::NAN; 10 * DAY];
    values[3] = 1.0;
    let error = RecursiveBoosting.fit(&history(3_600, &values), &options(1)).unwrap_err();
    assert!(error.to_string().contains("gaps"), "{error}");
}
