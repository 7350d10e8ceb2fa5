//! Waves on a clock, found one after the other by projection and extended for ever.

use std::f64::consts::TAU;

use chrono::{DateTime, TimeDelta, Utc};
use forescale_core::Calendar;
use serde::{Deserialize, Serialize};

use crate::clock::{Clock, is_local};
use crate::sound::{Flaw, ensure, is_positive};

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
    /// Fits the waves of `seasons` (seconds, strength), strongest first, to `load`, one value each `step` from `epoch`.
    ///
    /// Each is fitted to what the ones before left over, over as many whole cycles as there are. What is part of a
    /// day or a week goes by the clock of `calendar`, and a job by UTC.
    pub fn fit(
        calendar: &Calendar,
        epoch: DateTime<Utc>,
        step: TimeDelta,
        load: &[f64],
        seasons: &[(i64, f64)],
    ) -> Self {
        let mean = load.iter().sum::<f64>() / load.len() as f64;
        let mut rest: Vec<f64> = load.iter().map(|value| value - mean).collect();
        let total: f64 = rest.iter().map(|value| value * value).sum();
        let utc = Clock::utc(step, load.len());
        let local = Clock::local(calendar, epoch, step, load.len());
        let mut waves: Vec<Wave> = Vec::new();
        for (period, _) in seasons {
            for part in 1..=WAVES {
                let period_seconds = *period as f64 / part as f64;
                let known = |w: &Wave| (w.period_seconds / period_seconds - 1.0).abs() < 1e-6;
                if period_seconds < 2.0 * utc.step_seconds || waves.iter().any(known) {
                    continue;
                }
                let clock = if is_local(period_seconds, seasons) { &local } else { &utc };
                let wave = project(&rest, clock, period_seconds);
                let power = (wave.cos.powi(2) + wave.sin.powi(2)) * rest.len() as f64 / 2.0;
                if power > LEAST_SHARE * total {
                    subtract(&mut rest, clock, wave);
                    waves.push(wave);
                }
            }
        }
        Self { epoch, mean, waves }
    }

    /// Whether these are the waves of so many `seasons`.
    pub fn check(&self, seasons: usize) -> Result<(), Flaw> {
        ensure(self.waves.len() <= WAVES * seasons, "it has more waves than its seasons")?;
        let periods = self.waves.iter().all(|wave| is_positive(wave.period_seconds));
        ensure(periods, "a wave of it has no period")
    }

    /// The shape at `time`, with the calendar and the `seasons` of the fit.
    pub fn at(&self, calendar: &Calendar, time: DateTime<Utc>, seasons: &[(i64, f64)]) -> f64 {
        let utc = (time - self.epoch).num_seconds();
        let local = utc + calendar.offset_seconds(time) - calendar.offset_seconds(self.epoch);
        let shape = self.waves.iter().map(|wave| {
            let seconds = if is_local(wave.period_seconds, seasons) { local } else { utc };
            let (sin, cos) = (TAU * (seconds as f64 / wave.period_seconds).fract()).sin_cos();
            wave.cos * cos + wave.sin * sin
        });
        self.mean + shape.sum::<f64>()
    }
}

/// The wave of `period_seconds` in the newest whole cycles of `rest`.
fn project(rest: &[f64], clock: &Clock, period_seconds: f64) -> Wave {
    let cycles = (rest.len() as f64 * clock.step_seconds / period_seconds).floor().max(1.0);
    let points = (cycles * period_seconds / clock.step_seconds).round() as usize;
    let from = rest.len().saturating_sub(points);
    let (mut cos, mut sin) = (0.0, 0.0);
    turn(from, clock, period_seconds, &rest[from..], |value, c, s| {
        cos += value * c;
        sin += value * s;
    });
    let factor = 2.0 / (rest.len() - from) as f64;
    Wave { period_seconds, cos: cos * factor, sin: sin * factor }
}

fn subtract(rest: &mut [f64], clock: &Clock, wave: Wave) {
    let mut shape = Vec::with_capacity(rest.len());
    turn(0, clock, wave.period_seconds, rest, |_, c, s| shape.push(wave.cos * c + wave.sin * s));
    rest.iter_mut().zip(shape).for_each(|(value, shape)| *value -= shape);
}

/// Walks `values` from index `from` on with the cosine and sine of their place in the cycle.
///
/// The angle is turned by complex multiplication, and set afresh now and then so that rounding does not add up.
fn turn(
    from: usize,
    clock: &Clock,
    period: f64,
    values: &[f64],
    mut visit: impl FnMut(f64, f64, f64),
) {
    let (turn_sin, turn_cos) = (TAU * clock.step_seconds / period).sin_cos();
    for run in clock.runs_from(from) {
        for first in run.steps.clone().step_by(512) {
            let seconds = first as f64 * clock.step_seconds + run.shift_seconds;
            let (mut s, mut c) = (TAU * (seconds / period).fract()).sin_cos();
            let end = run.steps.end.min(first + 512);
            for value in &values[first - from..end - from] {
                visit(*value, c, s);
                (c, s) = (c * turn_cos - s * turn_sin, s * turn_cos + c * turn_sin);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_is_found_and_extended() {
        let calendar = Calendar::default();
        let epoch = "2026-01-05T00:00:00Z".parse().unwrap();
        let shape = |i: f64| 3.0 * (TAU * i / 24.0).sin() + 1.0 * (TAU * i / 8.0 + 0.3).cos();
        let load: Vec<f64> = (0..24 * 7).map(|i| 10.0 + shape(f64::from(i))).collect();
        let day = [(86_400, 1.0)];
        let harmonics = Harmonics::fit(&calendar, epoch, TimeDelta::hours(1), &load, &day);
        assert_eq!(harmonics.waves.len(), 2);
        for i in [0, 5, 24 * 7, 24 * 9 + 13] {
            let there = harmonics.at(&calendar, epoch + TimeDelta::hours(i), &day);
            assert!((there - 10.0 - shape(i as f64)).abs() < 1e-9, "{i}");
        }
    }
}
