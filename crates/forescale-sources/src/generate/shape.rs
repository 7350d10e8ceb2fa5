//! What the scenarios are made of: a stream of random numbers, a day as a line through its hours, local clocks.

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Random numbers that are the same everywhere.
pub(super) struct Noise(ChaCha8Rng);

impl Noise {
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Uniform in `[0, 1)`: the upper 53 bits of a word.
    pub fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Nearly normal, mean 0, deviation 1, within 6: the sum of twelve uniform numbers.
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

/// A moment as a clock in `zone` shows it: hours since midnight and the weekday, Monday being 0.
pub(super) fn local(time: DateTime<Utc>, zone: Tz) -> (f64, usize) {
    let local = time.with_timezone(&zone);
    let hour = f64::from(local.hour()) + f64::from(local.minute()) / 60.0;
    (hour, local.weekday().num_days_from_monday() as usize)
}

/// The line through the values of the full hours, at `hour`.
pub(super) fn of_day(hours: &[f64; 24], hour: f64) -> f64 {
    let from = hour as usize % 24;
    let (a, b) = (hours[from], hours[(from + 1) % 24]);
    a + (b - a) * (hour - hour.floor())
}

/// A moment written in the source of a scenario.
pub(super) fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("the moments of a scenario are ISO 8601")
}

/// The moments from `start` on, `minutes` apart, for `days`.
pub(super) fn grid(
    start: DateTime<Utc>,
    minutes: i64,
    days: i64,
) -> impl Iterator<Item = DateTime<Utc>> {
    (0..days * 24 * 60 / minutes).map(move |step| start + TimeDelta::minutes(step * minutes))
}

/// A load with one decimal, never below zero.
pub(super) fn load(value: f64) -> f64 {
    (value.max(0.0) * 10.0).round() / 10.0
}
