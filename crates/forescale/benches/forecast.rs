//! A forecast from a trained model: 28 days at 5 minutes, all members, a day ahead, no refit.
//!
//! `cargo bench -p forescale --bench forecast` prints the median and fails at 10 ms or more.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use forescale::{EngineOptions, Frequency, LoadSeries, Model, Quantiles, horizon, train};

const LIMIT: Duration = Duration::from_millis(10);

const RUNS: usize = 51;

fn main() -> ExitCode {
    let series = four_weeks();
    let model = train(&series, &EngineOptions::default()).expect("a plain history trains");
    let mut taken: Vec<Duration> = (0..RUNS).map(|_| forecast(&model, &series)).collect();
    taken.sort();
    let (fastest, median) = (taken[0], taken[RUNS / 2]);
    println!("forecast from a trained model: median {median:.2?}, fastest {fastest:.2?} of {RUNS}");
    if median < LIMIT { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn forecast(model: &Model, series: &LoadSeries) -> Duration {
    let quantiles = Quantiles::new([0.025, 0.1, 0.5, 0.9, 0.975]).expect("probabilities");
    let steps = horizon(TimeDelta::days(1), series.frequency()).expect("a day has few steps");
    let started = Instant::now();
    let forecast = model.forecast(series, steps, &quantiles).expect("the model fits its history");
    let taken = started.elapsed();
    assert_eq!(forecast.steps(), steps.steps());
    taken
}

/// A day shape with quiet weekends and a little noise.
fn four_weeks() -> LoadSeries {
    let load = |step: usize| {
        let day = 100.0 - 60.0 * (std::f64::consts::TAU * step as f64 / 288.0).cos();
        let week = if step / 288 % 7 < 5 { 1.0 } else { 0.6 };
        day * week + 8.0 * ((step as f64 * 0.754_877_666).fract() - 0.5)
    };
    let start = "2026-01-05T00:00:00Z".parse().expect("a date");
    let step = Frequency::from_seconds(300).expect("five minutes");
    LoadSeries::new(start, step, (0..28 * 288).map(load).collect()).expect("finite loads")
}
