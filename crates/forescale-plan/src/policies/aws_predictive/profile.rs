//! The load of the next two days from the last two weeks: daily and weekly profile at yesterday's level.

use crate::policies::observation::Service;

/// Length of a slot of a profile, when steps are not longer.
const SLOT_S: i64 = 300;

/// Newest days that a forecast is made from; AWS uses no more.
const DAYS: usize = 14;

/// A newer day counts at least this much in the daily profile, a newer week this much in the weekly one.
const DAY_WEIGHT: f64 = 0.25;
const WEEK_WEIGHT: f64 = 0.35;

/// Yesterday changes the level by no more: a day of outage or of a surge says little about tomorrow.
const LEVELS: (f64, f64) = (0.25, 4.0);

/// The mean load of every slot so far.
#[derive(Debug)]
pub(crate) struct Slots {
    steps: usize,
    seconds: i64,
    means: Vec<f64>,
}

impl Slots {
    /// No slot yet, of a service that decides as often as `service`.
    pub(crate) fn new(service: &Service) -> Self {
        let step = service.step.seconds();
        let steps = (SLOT_S / step).max(1);
        Self { steps: steps as usize, seconds: steps * step, means: Vec::new() }
    }

    /// Takes in the slots that `loads` completes.
    pub(crate) fn take(&mut self, loads: &[f64]) {
        let slots = loads.chunks_exact(self.steps).skip(self.means.len());
        let steps = self.steps as f64;
        self.means.extend(slots.map(|slot| slot.iter().sum::<f64>() / steps));
    }

    /// Seconds of a slot.
    pub(crate) fn seconds(&self) -> i64 {
        self.seconds
    }

    /// Complete slots.
    pub(crate) fn known(&self) -> usize {
        self.means.len()
    }

    /// Slots of a day.
    pub(crate) fn per_day(&self) -> usize {
        (86_400 / self.seconds).max(1) as usize
    }

    /// The load of the next `slots` slots; none before there is a day.
    pub(crate) fn forecast(&self, slots: usize) -> Option<Vec<f64>> {
        let (known, day) = (self.known(), self.per_day());
        let yesterday = known.checked_sub(day)?;
        let recent = Recent::new(&self.means, known.saturating_sub(DAYS * day));
        let seen: f64 = self.means[yesterday..].iter().sum();
        let at_level = |profile: Vec<Option<f64>>| {
            let usual: f64 = (yesterday..known).filter_map(|i| profile[i % profile.len()]).sum();
            let level = if usual > 0.0 { (seen / usual).clamp(LEVELS.0, LEVELS.1) } else { 1.0 };
            move |slot: usize| profile[slot % profile.len()].map(|load| level * load)
        };
        let daily = at_level(recent.profile(day, DAY_WEIGHT));
        let weekly = at_level(recent.profile(7 * day, WEEK_WEIGHT));
        let load = |slot: usize| {
            let by_day = daily(slot).unwrap_or(0.0);
            0.5 * (by_day + weekly(slot).unwrap_or(by_day))
        };
        Some((known..known + slots).map(load).collect())
    }
}

/// The newest slots, each smoothed with its neighbours.
struct Recent {
    from: usize,
    smoothed: Vec<f64>,
}

impl Recent {
    fn new(means: &[f64], from: usize) -> Self {
        let smooth = |slot: usize| {
            let near = &means[slot.max(from + 1) - 1..means.len().min(slot + 2)];
            near.iter().sum::<f64>() / near.len() as f64
        };
        Self { from, smoothed: (from..means.len()).map(smooth).collect() }
    }

    /// What is usual at each place of a `period` of slots: a mean in which newer rounds count at least `weight`; none
    /// where no round has been seen.
    fn profile(&self, period: usize, weight: f64) -> Vec<Option<f64>> {
        let mut usual: Vec<Option<f64>> = vec![None; period];
        let mut rounds = vec![0.0_f64; period];
        for (i, value) in self.smoothed.iter().enumerate() {
            let place = (self.from + i) % period;
            rounds[place] += 1.0;
            let share = (1.0 / rounds[place]).max(weight);
            let before = usual[place].unwrap_or(*value);
            usual[place] = Some(before + share * (value - before));
        }
        usual
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::observation::tests::service;

    /// Minutes of `days` days: 10 by night, 40 from nine to five, all times `level` of the day.
    fn days(levels: &[f64]) -> Vec<f64> {
        let load = |level: &f64, minute: usize| match minute / 60 {
            9..17 => 40.0 * level,
            _ => 10.0 * level,
        };
        levels.iter().flat_map(|level| (0..1_440).map(move |m| load(level, m))).collect()
    }

    fn forecast(levels: &[f64]) -> Vec<f64> {
        let mut slots = Slots::new(&service());
        slots.take(&days(levels));
        slots.forecast(2 * slots.per_day()).unwrap()
    }

    #[test]
    fn a_steady_day_is_repeated() {
        let forecast = forecast(&[1.0; 3]);
        assert_eq!((forecast[0], forecast[12 * 12], forecast[288 + 12 * 12]), (10.0, 40.0, 40.0));
        assert_eq!(forecast.len(), 576);
    }

    #[test]
    fn it_has_the_level_of_yesterday() {
        let noon = forecast(&[1.0, 1.0, 1.0, 2.0])[12 * 12];
        assert!((noon - 80.0).abs() < 1e-9, "{noon}");
        // A day of outage says little about tomorrow.
        let noon = forecast(&[1.0, 1.0, 1.0, 0.0])[12 * 12];
        assert!(noon > 0.25 * 0.75 * 40.0 - 1e-9, "{noon}");
    }

    #[test]
    fn a_weekend_comes_back_after_a_week() {
        let week = [1.0, 1.0, 1.0, 1.0, 1.0, 0.2, 0.2];
        let forecast = forecast(&[week, week].concat());
        // By the day it goes on as on Sunday, by the week Monday is five times as busy: half of each.
        let noon = forecast[12 * 12];
        assert!((noon - 0.5 * (0.2 + 1.0) * 40.0).abs() < 0.2, "{noon}");
    }

    #[test]
    fn less_than_a_day_is_too_little_and_slots_come_as_they_are_complete() {
        let mut slots = Slots::new(&service());
        slots.take(&[1.0; 1_439]);
        assert_eq!((slots.known(), slots.forecast(1)), (287, None));
        slots.take(&[1.0; 1_440]);
        assert_eq!(slots.forecast(1), Some(vec![1.0]));
    }
}
