//! Train and forecast: 28 days at 5 minutes, the default members, their weights and calibration, a day ahead.
//!
//! `cargo bench -p forescale --bench train` prints CPU seconds, best and median; with a number it makes that many runs.
//! `benches/train_vs_lightgbm.py` asks the same of the command.

use std::time::Duration;

use chrono::TimeDelta;
use forescale::{EngineOptions, Frequency, LoadSeries, Quantiles, horizon, train};
use rustix::time::{ClockId, clock_gettime};

const RUNS: usize = 15;

fn main() {
    // `cargo bench` passes flags of its own, which are not for us.
    let runs = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(RUNS);
    let series = four_weeks();
    let mut taken: Vec<Duration> = (0..runs.max(1)).map(|_| train_and_forecast(&series)).collect();
    taken.sort();
    let (fastest, median) = (taken[0], taken[taken.len() / 2]);
    println!("train + forecast: median {median:.2?}, fastest {fastest:.2?} of CPU, {runs} runs");
}

fn train_and_forecast(series: &LoadSeries) -> Duration {
    let steps = horizon(TimeDelta::days(1), series.frequency()).expect("a day has few steps");
    let started = cpu_time();
    let model = train(series, &EngineOptions::default()).expect("a plain history trains");
    let forecast = model.forecast(series, steps, &Quantiles::standard());
    let taken = cpu_time() - started;
    assert_eq!(forecast.expect("the model fits its history").steps(), steps.steps());
    taken
}

/// Of all threads.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// A day shape with quiet weekends, and noise that grows with it.
fn four_weeks() -> LoadSeries {
    let mut bits = 1_u64;
    let mut unit = || {
        bits = bits.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (bits >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut load = |step: usize| {
        let day = 100.0 - 60.0 * (std::f64::consts::TAU * step as f64 / 288.0).cos();
        let week = if step / 288 % 7 < 5 { 1.0 } else { 0.6 };
        // The sum of twelve is nearly normal, with a deviation of 1.
        let noise = (0..12).map(|_| unit()).sum::<f64>() - 6.0;
        day * week * (1.0 + 0.14 * noise)
    };
    let start = "2026-01-05T00:00:00Z".parse().expect("a date");
    let step = Frequency::from_seconds(300).expect("five minutes");
    let loads = (0..28 * 288).map(&mut load).collect();
    LoadSeries::new(start, step, loads).expect("finite loads")
}
