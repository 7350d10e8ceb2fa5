//! Waves in absolute time, found one after the other by projection and extended for ever.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::f64::consts::TAU;

use crate::seasons::Season;

/// Waves of a season, at most.
const WAVES: usize = 12;

/// A wave that brings less of the variance than this is left out.
const LEAST_SHARE: f64 = 5e-4;

/// One wave: `cos * cos(2 pi t / period) + sin * sin(2 pi t / period)`, with `t` from the epoch of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Wave {
    period_seconds: f64,
    cos: f64,
    sin: f64,
}

/// The level and seasonal shape of a load, in load units.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Harmonics {
    epoch: DateTime<Utc>,
    mean: f64,
    waves: Vec<Wave>,
}

impl Harmonics {
    /// Fits the waves of `seasons` to `load`, one value each `step` from `epoch`, strongest season first.
    ///
    /// Each is fitted to what the ones before left over, over as many whole cycles as there are.
    pub fn fit(epoch: DateTime<Utc>, step: TimeDelta, load: &[f64], seasons: &[Season]) -> Self {
        let step = step.num_seconds() as f64;
        let mean = load.iter().sum::<f64>() / load.len() as f64;
        let mut rest: Vec<f64> = load.iter().map(|value| value - mean).collect();
        let total: f64 = rest.iter().map(|value| value * value).sum();
        let mut waves: Vec<Wave> = Vec::new();
        for season in seasons {
            let period = season.period.num_seconds() as f64;
            for part in 1..=WAVES {
                let period_seconds = period / part as f64;
                let known = |w: &Wave| (w.period_seconds / period_seconds - 1.0).abs() < 1e-6;
                if period_seconds < 2.0 * step || waves.iter().any(known) {
                    continue;
                }
                let wave = project(&rest, step, period_seconds);
                let power = (wave.cos.powi(2) + wave.sin.powi(2)) * rest.len() as f64 / 2.0;
                if power > LEAST_SHARE * total {
                    subtract(&mut rest, step, wave);
                    waves.push(wave);
                }
            }
        }
        Self { epoch, mean, waves }
    }

    /// The shape at `time`.
    pub fn at(&self, time: DateTime<Utc>) -> f64 {
        let seconds = (time - self.epoch).num_seconds() as f64;
        let shape = self.waves.iter().map(|wave| {
            let (sin, cos) = (TAU * (seconds / wave.period_seconds).fract()).sin_cos();
            wave.cos * cos + wave.sin * sin
        });
        self.mean + shape.sum::<f64>()
    }
}

/// The wave of `period_seconds` in the newest whole cycles of `rest`.
fn project(rest: &[f64], step: f64, period_seconds: f64) -> Wave {
    let cycles = (rest.len() as f64 * step / period_seconds).floor().max(1.0);
    let points = ((cycles * period_seconds / step).round() as usize).min(rest.len());
    let from = rest.len() - points;
    let (mut cos, mut sin) = (0.0, 0.0);
    turn(from, step, period_seconds, &rest[from..], |value, c, s| {
        cos += value * c;
        sin += value * s;
    });
    let factor = 2.0 / points as f64;
    Wave { period_seconds, cos: cos * factor, sin: sin * factor }
}

fn subtract(rest: &mut [f64], step: f64, wave: Wave) {
    let mut shape = Vec::with_capacity(rest.len());
    turn(0, step, wave.period_seconds, rest, |_, c, s| shape.push(wave.cos * c + wave.sin * s));
    rest.iter_mut().zip(shape).for_each(|(value, shape)| *value -= shape);
}

/// Walks `values` from index `from` on with the cosine and sine of their place in the cycle.
///
/// The angle is turned by complex multiplication, and set afresh now and then so that rounding does not add up.
fn turn(from: usize, step: f64, period: f64, values: &[f64], mut visit: impl FnMut(f64, f64, f64)) {
    let (turn_sin, turn_cos) = (TAU * step / period).sin_cos();
    let (mut s, mut c) = (0.0, 0.0);
    for (i, value) in values.iter().enumerate() {
        if i % 512 == 0 {
            (s, c) = (TAU * ((from + i) as f64 * step / period).fract()).sin_cos();
        }
        visit(*value, c, s);
        (c, s) = (c * turn_cos - s * turn_sin, s * turn_cos + c * turn_sin);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_is_found_and_extended() {
        let epoch = "2026-01-05T00:00:00Z".parse().unwrap();
        let shape = |i: f64| 3.0 * (TAU * i / 24.0).sin() + 1.0 * (TAU * i / 8.0 + 0.3).cos();
        let load: Vec<f64> = (0..24 * 7).map(|i| 10.0 + shape(f64::from(i))).collect();
        let day = Season { period: TimeDelta::days(1), strength: 1.0 };
        let harmonics = Harmonics::fit(epoch, TimeDelta::hours(1), &load, &[day]);
        assert_eq!(harmonics.waves.len(), 2);
        for i in [0, 5, 24 * 7, 24 * 9 + 13] {
            let there = harmonics.at(epoch + TimeDelta::hours(i));
            assert!((there - 10.0 - shape(i as f64)).abs() < 1e-9, "{i}");
        }
    }
}
