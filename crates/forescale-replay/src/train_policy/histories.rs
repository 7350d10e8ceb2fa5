//! Generated histories to learn from: days and weekends, noise, bursts, lasting shifts, hourly jobs.
//!
//! The shapes are made with additions, multiplications and divisions alone, because the rounding of `sin` differs
//! between machines: the same seed gives the same loads everywhere.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use forescale_core::{Frequency, LoadSeries, Utilization};
use forescale_plan::Capacity;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::error::ReplayError;
use crate::settings::FleetSettings;
use crate::trace::Trace;
use crate::world::World;

const DAY: usize = 1_440;

/// Load that an instance carries when saturated.
const PER_INSTANCE: f64 = 10.0;

/// Instances at an ordinary peak, start-up in seconds, target utilisation: one of each is drawn for a service.
const PEAKS: [f64; 7] = [4.0, 7.0, 12.0, 20.0, 30.0, 50.0, 80.0];
const STARTUPS_S: [f64; 4] = [60.0, 180.0, 300.0, 600.0];
const TARGETS: [f64; 3] = [0.7, 0.8, 0.9];

/// Minutes that the monitoring averages over: decided is every minute, so a coarser load jumps from mean to mean.
const GRAINS: [f64; 4] = [1.0, 1.0, 5.0, 15.0];

/// Random numbers that are the same everywhere.
#[derive(Debug)]
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Uniform in `[0, 1)`.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Another stream of numbers, which leaves this one as it is whatever is drawn from it.
    pub(crate) fn split(&mut self) -> Self {
        Self::new(self.0.next_u64())
    }

    /// Uniform from `low` to `high`.
    fn within(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Nearly normal, with mean 0 and deviation 1: a sum of four uniform numbers.
    fn normal(&mut self) -> f64 {
        1.732_050_8 * ((0..4).map(|_| self.unit()).sum::<f64>() - 2.0)
    }

    /// A whole number below `most`.
    pub(crate) fn below(&mut self, most: usize) -> usize {
        ((self.unit() * most as f64) as usize).min(most - 1)
    }

    fn one_of(&mut self, choices: &[f64]) -> f64 {
        choices[self.below(choices.len())]
    }
}

/// A service with `days` of load by the minute, the first of which is not scored.
pub(crate) fn generated(seed: u64, days: usize) -> Result<World, ReplayError> {
    let mut dice = Dice::new(seed);
    let target = dice.one_of(&TARGETS);
    let peak = dice.one_of(&PEAKS) * target * PER_INSTANCE;
    let startup_s = dice.one_of(&STARTUPS_S);
    let monday: DateTime<Utc> = "2026-01-05T00:00:00Z".parse().expect("a moment in ISO 8601");
    let start = monday + TimeDelta::days(dice.below(7) as i64);
    let first = (start - monday).num_days() as usize;
    let loads = Load::new(&mut dice).minutes(&mut dice, peak, first, days);
    let minute = Frequency::from_seconds(60).expect("a minute is a step");
    let series = LoadSeries::new(start, minute, averaged(&loads, dice.one_of(&GRAINS) as usize))?;
    let target = Utilization::new(target).expect("the targets are shares");
    let capacity = Capacity::utilization(PER_INSTANCE, target)?;
    let fleet = FleetSettings { startup_s, ..FleetSettings::default() };
    World::new(Trace::new(&series, minute)?, capacity, fleet, Arc::default(), DAY)
}

/// The mean of every `minutes`, held for as long.
fn averaged(loads: &[f64], minutes: usize) -> Vec<f64> {
    let mean = |span: &[f64]| span.iter().sum::<f64>() / span.len() as f64;
    let held = |span| std::iter::repeat_n(mean(span), span.len());
    loads.chunks(minutes).flat_map(held).collect()
}

/// What is particular to a service; shares are of the ordinary peak.
struct Load {
    /// The quiet hours, and two busy times of the day: when, how wide in hours, how high.
    base: f64,
    humps: [[f64; 3]; 2],
    weekend: f64,
    /// How much every minute differs, and how much the mood drifts.
    noise: f64,
    drift: f64,
    /// Bursts a day, their usual size, and the share that is left a minute later.
    bursts: f64,
    burst: f64,
    decay: f64,
    /// Lasting shifts a day.
    shifts: f64,
    /// Jobs that run at the full hour, and the minutes they take.
    jobs: f64,
    job_minutes: usize,
}

impl Load {
    fn new(dice: &mut Dice) -> Self {
        let often = |dice: &mut Dice, share: f64, high: f64| {
            let (is_on, value) = (dice.unit() < share, dice.within(0.0, high));
            if is_on { value } else { 0.0 }
        };
        let mut hump = || [dice.within(0.0, 24.0), dice.within(2.0, 9.0), dice.within(0.2, 1.0)];
        let humps = [hump(), hump()];
        Self {
            base: dice.within(0.08, 0.7),
            humps,
            weekend: dice.within(0.5, 1.1),
            noise: 0.01 + often(dice, 0.7, 0.12),
            drift: often(dice, 0.7, 0.01),
            bursts: often(dice, 0.6, 6.0),
            burst: dice.within(0.1, 0.5),
            decay: dice.within(0.8, 0.98),
            shifts: often(dice, 0.3, 1.0),
            jobs: often(dice, 0.25, 0.8),
            job_minutes: 1 + dice.below(15),
        }
    }

    fn minutes(&self, dice: &mut Dice, peak: f64, first: usize, days: usize) -> Vec<f64> {
        let (mut mood, mut rising, mut burst, mut level) = (0.0, 0.0, 0.0, 1.0);
        let minute = |m: usize| {
            mood = 0.99 * mood + self.drift * dice.normal();
            if dice.unit() < self.bursts / DAY as f64 {
                // Many small ones and a few large ones, as 1/x has them.
                rising += self.burst / (0.1 + 0.9 * dice.unit());
            }
            // A burst comes within a few minutes and fades.
            burst = self.decay * burst + 0.4 * rising;
            rising *= 0.6;
            if dice.unit() < self.shifts / DAY as f64 {
                level = (level * dice.within(0.6, 1.5)).clamp(0.4, 2.0);
            }
            let wobble = (1.0 + mood + self.noise * dice.normal()).max(0.0);
            peak * level * (self.usual(m, first) + burst) * wobble
        };
        (0..days * DAY).map(minute).collect()
    }

    /// The load of an ordinary minute.
    fn usual(&self, minute: usize, first: usize) -> f64 {
        let hour = (minute % DAY) as f64 / 60.0;
        let humps: f64 = self.humps.iter().map(|hump| over(*hump, hour)).sum();
        let is_weekend = (first + minute / DAY) % 7 >= 5;
        let day = if is_weekend { self.weekend } else { 1.0 };
        let job = if minute % 60 < self.job_minutes { self.jobs } else { 0.0 };
        day * (self.base + (1.0 - self.base) * humps) + job
    }
}

/// A smooth hump `[center, half width, height]` over the day, which has no end.
fn over([center, half, height]: [f64; 3], hour: f64) -> f64 {
    let apart = (hour - center).abs();
    let x = apart.min(24.0 - apart) / half;
    let open = (1.0 - x * x).max(0.0);
    height * open * open
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_and_nothing_else_decides() {
        let loads = |seed| generated(seed, 2).unwrap().trace().loads().to_vec();
        assert_eq!(loads(3), loads(3));
        assert_ne!(loads(3), loads(4));
        for seed in 0..20 {
            let world = generated(seed, 3).unwrap();
            let loads = world.trace().loads();
            assert!(loads.iter().all(|load| *load >= 0.0 && load.is_finite()));
            assert!(loads.iter().any(|load| *load > 0.0));
            assert_eq!((loads.len(), world.score_from()), (3 * DAY, DAY));
        }
    }

    #[test]
    fn a_hump_goes_over_midnight() {
        let hump = [23.0, 4.0, 2.0];
        assert_eq!([over(hump, 23.0), over(hump, 12.0)], [2.0, 0.0]);
        assert_eq!(over(hump, 1.0), over(hump, 21.0));
    }
}
