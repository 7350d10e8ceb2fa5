//! Histories that the tests make for themselves.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};

/// Two weeks at 15 minutes: a day shape, quiet weekends and a little noise that is the same every time.
pub fn two_weeks() -> Vec<f64> {
    (0..14 * 96).map(two_weeks_at).collect()
}

fn two_weeks_at(step: usize) -> f64 {
    let day = 100.0 - 60.0 * (std::f64::consts::TAU * step as f64 / 96.0).cos();
    let week = if step / 96 % 7 < 5 { 1.0 } else { 0.6 };
    // The fractional parts of multiples of an irrational number look like noise and need no generator.
    let noise = (step as f64 * 0.754_877_666).fract() - 0.5;
    day * week + 8.0 * noise
}

/// Writes `load` as `timestamp,load` from Monday 2026-01-05, one row each 15 minutes.
pub fn write_csv(path: &Path, load: &[f64]) {
    let start: DateTime<Utc> = "2026-01-05T00:00:00Z".parse().expect("a date");
    let mut csv = "timestamp,load\n".to_owned();
    for (step, value) in load.iter().enumerate() {
        let moment = start + TimeDelta::minutes(15 * step as i64);
        writeln!(csv, "{},{value:.3}", moment.format("%FT%TZ")).expect("text can be written");
    }
    fs::write(path, csv).expect("a temporary file can be written");
}

/// Days of five minutes from Monday 2026-01-05, as CSV: a daily wave of `swing` around `middle`, and noise.
pub fn waves(days: u32, middle: f64, swing: f64, noise: f64) -> String {
    let row = |k: u32| {
        let wave = (f64::from(k % 288) / 288.0 * std::f64::consts::TAU).sin();
        let even = f64::from(k.wrapping_mul(2_654_435_761) >> 24) / 256.0;
        let load = middle - swing * wave + noise * even;
        let (day, minute) = (k / 288, k % 288 * 5);
        format!("2026-01-{:02}T{:02}:{:02}:00Z,{load:.3}\n", 5 + day, minute / 60, minute % 60)
    };
    let rows: String = (0..days * 288).map(row).collect();
    format!("timestamp,load\n{rows}")
}
