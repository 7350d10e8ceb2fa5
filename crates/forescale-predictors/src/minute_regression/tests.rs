//! What the whole predictor should do on loads whose law is known.

use forescale_core::metrics::pinball;
use forescale_core::{Forecast, History, Horizon, Predictor, Quantiles};

use super::{FittedMinuteRegression, MinuteRegression, horizons};
use crate::testing::{Noise, history, options};
use crate::{last_value, persist, seasonal_naive};

const FIVE_MINUTES: i64 = 300;
const DAY: usize = 288;

/// A day's wave and a disturbance that fades by a twentieth each step.
fn wave_and_drift(steps: usize) -> Vec<f64> {
    let (mut noise, mut drift) = (Noise::new(3), 0.0);
    let load = |i: usize| {
        drift = 0.95 * drift + 2.0 * noise.next();
        let angle = std::f64::consts::TAU * (i % DAY) as f64 / DAY as f64;
        100.0 - 50.0 * angle.cos() + drift
    };
    (0..steps).map(load).collect()
}

/// A level of 20 with noise, and a job of 200 in the first five minutes of every hour.
fn hourly_job(minutes: usize) -> Vec<f64> {
    let mut noise = Noise::new(5);
    let job = |i: usize| if i % 60 < 5 { 200.0 } else { 0.0 };
    (0..minutes).map(|i| (20.0 + job(i) + noise.next()).max(0.0)).collect()
}

fn forecasts(
    predictor: &dyn Predictor,
    step_seconds: i64,
    values: &[f64],
    learned: usize,
    stride: usize,
) -> Vec<(usize, Forecast)> {
    let known = |n: usize| -> History { history(step_seconds, &values[..n]) };
    let fitted = predictor.fit(&known(learned), &options(12)).unwrap();
    let horizon = Horizon::new(12).unwrap();
    (learned..values.len() - 12)
        .step_by(stride)
        .map(|n| (n, fitted.predict(&known(n), horizon, &Quantiles::standard()).unwrap()))
        .collect()
}

fn loss(forecasts: &[(usize, Forecast)], values: &[f64]) -> f64 {
    let of = |(n, forecast): &(usize, Forecast)| -> f64 {
        let step = |h: usize| -> f64 {
            let levels = forecast.quantiles().as_slice().iter().zip(forecast.row(h));
            levels.map(|(q, value)| pinball(values[n + h], *value, *q)).sum()
        };
        (0..12).map(step).sum()
    };
    forecasts.iter().map(of).sum()
}

#[test]
fn a_wave_with_drift_is_forecast_better_than_by_its_last_value_or_last_day() {
    let values = wave_and_drift(DAY * 17);
    let loss = |predictor: &dyn Predictor| {
        loss(&forecasts(predictor, FIVE_MINUTES, &values, DAY * 14, 17), &values)
    };
    let own = loss(&MinuteRegression);
    let (last, season) =
        (loss(&last_value::LastValue), loss(&seasonal_naive::SeasonalNaive::default()));
    assert!(own < 0.75 * last && own < 0.75 * season, "{own} {last} {season}");
}

#[test]
fn intervals_hold_what_they_promise_on_load_that_was_not_learned() {
    let values = wave_and_drift(DAY * 24);
    let forecasts = forecasts(&MinuteRegression, FIVE_MINUTES, &values, DAY * 14, 7);
    for (low, high, promised) in [(0.1, 0.9, 0.8), (0.025, 0.975, 0.95)] {
        let inside = |(n, forecast): &(usize, Forecast)| {
            let at = |q: f64, h: usize| forecast.row(h)[forecast.quantiles().index_of(q).unwrap()];
            (0..12).filter(|h| (at(low, *h)..at(high, *h)).contains(&values[n + h])).count()
        };
        let held: usize = forecasts.iter().map(inside).sum();
        let share = held as f64 / (12 * forecasts.len()) as f64;
        assert!((share - promised).abs() < 0.04, "{share} of {promised}");
    }
}

#[test]
fn a_job_that_recurs_is_expected_when_it_recurs() {
    let values = hourly_job(10 * 1_440);
    // The last minute known is minute 54 of its hour; the job begins with the sixth step ahead.
    let known = history(60, &values[..10 * 1_440 - 5]);
    let fitted = MinuteRegression.fit(&known, &options(12)).unwrap();
    let horizon = Horizon::new(12).unwrap();
    let forecast = fitted.predict(&known, horizon, &Quantiles::standard()).unwrap();
    let upper = forecast.quantiles().index_of(0.9).unwrap();
    for h in 0..12 {
        let (point, high) = (forecast.point(h), forecast.row(h)[upper]);
        let job = (5..10).contains(&h);
        assert_eq!(point > 100.0, job, "{h}: {point}");
        assert_eq!(high > 100.0, job, "{h}: {high}");
    }
}

#[test]
fn spikes_of_any_height_widen_only_their_minute() {
    let mut noise = Noise::new(9);
    let height = |noise: &mut Noise| 100.0 * noise.next().abs();
    let values: Vec<f64> = (0..DAY * 21)
        .map(|i| 50.0 + noise.next() + if i % 12 == 6 { height(&mut noise) } else { 0.0 })
        .collect();
    let known = history(FIVE_MINUTES, &values);
    let fitted = MinuteRegression.fit(&known, &options(12)).unwrap();
    let horizon = Horizon::new(12).unwrap();
    let forecast = fitted.predict(&known, horizon, &Quantiles::standard()).unwrap();
    let width = |h: usize| {
        let row = forecast.row(h);
        row[forecast.quantiles().index_of(0.9).unwrap()] - row[forecast.quantiles().median_index()]
    };
    let elsewhere = (0..12).filter(|h| *h != 6).map(width).fold(0.0, f64::max);
    assert!(width(6) > 3.0 * elsewhere, "{} {elsewhere}", width(6));
}

#[test]
fn a_constant_load_stays_without_doubt() {
    let known = history(FIVE_MINUTES, &[40.0; DAY * 3]);
    let fitted = MinuteRegression.fit(&known, &options(12)).unwrap();
    let horizon = Horizon::new(12).unwrap();
    let forecast = fitted.predict(&known, horizon, &Quantiles::standard()).unwrap();
    assert!((0..12).all(|h| forecast.row(h).iter().all(|value| (value - 40.0).abs() < 0.1)));
}

#[test]
fn a_short_history_is_refused_with_what_is_needed() {
    let error = MinuteRegression.fit(&history(FIVE_MINUTES, &[1.0; 100]), &options(12));
    let error = error.unwrap_err().to_string();
    assert_eq!(error, "minute-regression needs 432 steps of history, but got 100");
}

#[test]
fn gaps_teach_nothing() {
    // Every gap is filled with the load of a day before, here a tenth of what it became.
    let mut values = wave_and_drift(DAY * 14);
    values[..DAY * 2].iter_mut().for_each(|value| *value *= 0.1);
    values[DAY * 4..DAY * 5].fill(f64::NAN);
    let learned = DAY * 14 - 12;
    let forecasts = forecasts(&MinuteRegression, FIVE_MINUTES, &values, learned - 1, 1);
    let missed = |h: usize| (forecasts[0].1.point(h) - values[learned - 1 + h]).abs();
    assert!((0..12).all(|h| missed(h) < 15.0), "{:?}", (0..12).map(missed).collect::<Vec<_>>());
}

#[test]
fn a_fit_is_the_same_after_a_round_through_bytes() {
    let known = history(3_600, &wave_and_drift(24 * 20));
    let fitted = MinuteRegression.fit(&known, &options(24)).unwrap();
    let back = persist::from_bytes::<FittedMinuteRegression>(&fitted.to_bytes()).unwrap();
    assert_eq!(back.to_bytes(), fitted.to_bytes());
}

#[test]
fn horizons_reach_from_one_step_to_the_last() {
    assert_eq!(horizons(12, 12), [1, 2, 3, 6, 12]);
    assert_eq!(horizons(60, 60), [1, 2, 3, 6, 12, 30, 60]);
    assert_eq!(horizons(288, 12), [1, 2, 3, 6, 12, 36, 96, 288]);
    assert_eq!(horizons(24, 1), [1, 2, 3, 6, 8, 12, 24]);
    assert_eq!(horizons(1, 1), [1]);
}
