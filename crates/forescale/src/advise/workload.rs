//! What a load is like, in the numbers that decide how it is best scaled.

use forescale_replay::World;
use serde::Serialize;

/// A step counts as idle below this share of the mean.
const IDLE: f64 = 0.01;

/// The kind of a load, as textbooks sort workloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Often without load.
    Intermittent,
    /// Rises faster than instances start.
    Bursty,
    /// Much like the day before.
    Daily,
    /// About the same all day.
    Steady,
    /// None of these.
    Irregular,
}

impl Kind {
    /// One sentence for people, with what textbooks advise.
    pub fn words(self) -> &'static str {
        match self {
            Self::Intermittent => {
                "often without load: batch work, where textbooks advise schedules and scaling to zero"
            }
            Self::Bursty => {
                "rises faster than instances start: textbooks advise steps and spare instances"
            }
            Self::Daily => {
                "much like the day before: textbooks advise target tracking or prediction"
            }
            Self::Steady => "about the same all day: a fixed number does",
            Self::Irregular => {
                "neither steady nor like the day before: textbooks advise target tracking"
            }
        }
    }
}

/// A load in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Workload {
    /// The kind.
    pub kind: Kind,
    /// The largest load over the mean.
    pub peak_over_mean: f64,
    /// How much of the variation the same time of the day before explains, at most 1.
    pub like_the_day_before: f64,
    /// How far the load rises while an instance starts, over the mean: 99 of 100 times at most this.
    pub rise_in_startup: f64,
    /// Share of the time with next to no load.
    pub idle: f64,
}

impl Workload {
    /// The load of `world`.
    pub(super) fn of(world: &World) -> Self {
        let loads = world.trace().loads();
        let service = world.service();
        let mean = loads.iter().sum::<f64>() / loads.len().max(1) as f64;
        let unit = mean.max(f64::MIN_POSITIVE);
        let peak = loads.iter().copied().fold(0.0, f64::max) / unit;
        let repeated = repeated(loads, service.step.steps_per_day(), mean);
        let rise = rise(loads, service.startup_steps.max(1)) / unit;
        let idle = loads.iter().filter(|load| **load <= IDLE * mean).count() as f64;
        let idle = idle / loads.len().max(1) as f64;
        let spread = (variance(loads, mean)).sqrt() / unit;
        let kind = match () {
            () if idle > 0.3 => Kind::Intermittent,
            () if rise > 0.5 => Kind::Bursty,
            () if spread < 0.1 => Kind::Steady,
            () if repeated > 0.5 => Kind::Daily,
            () => Kind::Irregular,
        };
        Self {
            kind,
            peak_over_mean: peak,
            like_the_day_before: repeated,
            rise_in_startup: rise,
            idle,
        }
    }
}

fn variance(loads: &[f64], mean: f64) -> f64 {
    loads.iter().map(|load| (load - mean).powi(2)).sum::<f64>() / loads.len().max(1) as f64
}

/// One less the error of "as yesterday" over twice the variance: 0 for noise, 1 for a load that repeats.
fn repeated(loads: &[f64], day: usize, mean: f64) -> f64 {
    let pairs = loads.iter().zip(loads.get(day..).unwrap_or_default());
    let count = loads.len().saturating_sub(day).max(1) as f64;
    let missed = pairs.map(|(before, now)| (now - before).powi(2)).sum::<f64>() / count;
    let variance = variance(loads, mean);
    if variance > 0.0 && loads.len() > day { 1.0 - missed / (2.0 * variance) } else { 0.0 }
}

/// The 99 % quantile of how far the load rises within `steps`.
fn rise(loads: &[f64], steps: usize) -> f64 {
    let pairs = loads.iter().zip(loads.get(steps..).unwrap_or_default());
    let mut rises: Vec<f64> = pairs.map(|(before, now)| (now - before).max(0.0)).collect();
    if rises.is_empty() {
        return 0.0;
    }
    let at = (rises.len() - 1) * 99 / 100;
    *rises.select_nth_unstable_by(at, f64::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_repeats_is_told_from_noise() {
        let wave: Vec<f64> = (0..400).map(|k| (f64::from(k) * 0.0628 * 2.0).sin() + 2.0).collect();
        assert!(repeated(&wave, 50, 2.0) > 0.99);
        let mixed = |k: u32| {
            let once = k.wrapping_mul(0x9e37_79b1);
            (once ^ (once >> 15)).wrapping_mul(0x85eb_ca77) >> 8
        };
        let noise: Vec<f64> = (0..4_000).map(|k| f64::from(mixed(k))).collect();
        let mean = noise.iter().sum::<f64>() / 4_000.0;
        assert!(repeated(&noise, 77, mean).abs() < 0.1);
    }

    #[test]
    fn a_rise_counts_and_a_fall_does_not() {
        let steps: Vec<f64> = (0..100).map(f64::from).collect();
        assert_eq!(rise(&steps, 5), 5.0);
        let fall: Vec<f64> = (0..100).rev().map(f64::from).collect();
        assert_eq!(rise(&fall, 5), 0.0);
    }
}
