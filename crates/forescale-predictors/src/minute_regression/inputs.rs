//! What the regression sees of a history at an origin: levels, profiles, and the same minute of past hours, days and
//! weeks, all as differences to the last value.

use std::sync::Arc;

use forescale_core::History;
use forescale_features::Prepared;

use super::profiles::Profiles;

/// Columns of a row, and how many of them the recent model sees.
pub(crate) const COLUMNS: usize = 16;
pub(crate) const RECENT: usize = 5;

/// The columns, for those who ask what drives the forecast.
pub(crate) const NAMES: [&str; COLUMNS] = [
    "mean load",
    "mean of 3 minutes",
    "mean of 15 minutes",
    "mean of an hour",
    "change in 15 minutes",
    "usual day",
    "usual week",
    "usual day at today's level",
    "usual week at today's level",
    "course of the usual day",
    "course of the usual week",
    "same minute of past hours",
    "same minute of the last hour",
    "same time yesterday",
    "same time of 3 days",
    "same time of 2 weeks",
];

/// What is learned from: 28 days, or as many steps as coarse series need and fine ones can afford.
const LEARNED_DAYS: usize = 28;
const FEWEST_LEARNED: usize = 1_000;
const MOST_LEARNED: usize = 45_000;

/// Days before those that the profiles are begun on.
const WARM_UP_DAYS: usize = 14;

/// The level now over the usual level is believed within this factor.
const LEVEL_FACTOR: f64 = 4.0;

/// Past hours, days and weeks whose load, and whose errors, are averaged.
const HOURS: usize = 6;
const DAYS: usize = 3;
const WEEKS: usize = 2;
const ERROR_HOURS: usize = 4;

/// A row of the regression.
pub(crate) type Row = [f64; COLUMNS];

/// A history with what its rows are made of.
#[derive(Debug)]
pub(crate) struct Inputs {
    pub p: Arc<Prepared>,
    profiles: Profiles,
    /// First origin that is learned from.
    pub from: usize,
    minutes_3: usize,
    minutes_15: usize,
    minutes_30: usize,
    minutes_60: usize,
    /// Steps in a minute; 0 for coarser steps.
    minute: usize,
}

/// Steps in `minutes`, and at least `least` so that coarse series still have a mean to compare with.
fn steps(p: &Prepared, minutes: i64, least: usize) -> usize {
    ((minutes * 60 + p.step_seconds / 2) / p.step_seconds).max(least as i64) as usize
}

impl Inputs {
    /// Of `history`, once for all who ask.
    pub fn of(history: &History) -> Arc<Self> {
        history.derive(0, Self::new)
    }

    fn new(history: &History) -> Self {
        let p = Prepared::of(history);
        let learned = (LEARNED_DAYS * p.day).clamp(FEWEST_LEARNED, MOST_LEARNED);
        let from = p.len().saturating_sub(learned).max(1);
        Self::since(p, from, WARM_UP_DAYS)
    }

    /// The whole of `history`, to be walked along from its first step.
    pub(crate) fn whole(history: &History) -> Self {
        Self::since(Prepared::of(history), 1, 0)
    }

    /// Rows from `from` on, with profiles that begin `warm_up_days` before.
    fn since(p: Arc<Prepared>, from: usize, warm_up_days: usize) -> Self {
        let known = from.saturating_sub(1 + warm_up_days * p.day);
        Self {
            profiles: Profiles::new(&p, known),
            from,
            minutes_3: steps(&p, 3, 2),
            minutes_15: steps(&p, 15, 3),
            minutes_30: steps(&p, 30, 4),
            minutes_60: steps(&p, 60, 6),
            minute: steps(&p, 1, 0),
            p,
        }
    }

    /// Steps in `minutes`, at least `least`.
    pub fn steps_in(&self, minutes: i64, least: usize) -> usize {
        steps(&self.p, minutes, least)
    }

    /// The load of the last step before `origin`: what forecasts start from.
    pub fn last(&self, origin: usize) -> f64 {
        self.p.y[origin - 1]
    }

    /// Mean load over the four weeks before `origin`.
    pub fn mean(&self, origin: usize) -> f64 {
        let span = (LEARNED_DAYS * self.p.day).max(FEWEST_LEARNED);
        self.mean_of(origin, span)
    }

    /// The level that errors are measured against: the mean of the last hour and a tenth of the long mean; above 0.
    pub fn level(&self, origin: usize) -> f64 {
        let hour = self.mean_of(origin, self.minutes_60).abs();
        let level = hour + 0.1 * self.mean(origin).abs();
        if level > 0.0 { level } else { 1.0 }
    }

    /// Mean absolute change from step to step in the last half-hour.
    pub fn roughness(&self, origin: usize) -> f64 {
        let from = origin.saturating_sub(self.minutes_30);
        self.p.roughness_step(from, origin).unwrap_or(0.0)
    }

    /// Mean load of the last hour.
    pub fn hour_mean(&self, origin: usize) -> f64 {
        self.mean_of(origin, self.minutes_60)
    }

    /// The mean of `value` over the newest known steps at the local time of `target`, one a day.
    pub fn mean_of_days(
        &self,
        origin: usize,
        target: usize,
        days: usize,
        value: impl Fn(usize) -> f64,
    ) -> Option<f64> {
        average(self.days(origin, target, 1, days), |index| Some(value(index)))
    }

    /// The row of the step `h` (from 1) after `origin`, which is at least 1.
    pub fn row(&self, origin: usize, h: usize) -> Row {
        let (a, mean, target) = (self.last(origin), self.mean(origin), origin + h - 1);
        let (b, hour) =
            (self.mean_of(origin, self.minutes_15), self.mean_of(origin, self.minutes_60));
        let earlier = origin.saturating_sub(self.minutes_15).max(1);
        let mut x = [0.0; COLUMNS];
        x[0] = mean;
        x[1] = self.mean_of(origin, self.minutes_3) - a;
        x[2] = b - a;
        x[3] = hour - a;
        x[4] = b - self.mean_of(earlier, self.minutes_15);
        let now = origin.saturating_sub(self.minutes_15 / 2).max(1);
        let usual = self.profiles.at(&self.p, origin, target);
        if let (Some(then), Some(now)) = (usual, self.profiles.at(&self.p, origin, now)) {
            let level = |now: f64| {
                let epsilon = 0.02 * mean.abs();
                let factor = (b + epsilon) / (now + epsilon);
                let factor = if factor.is_nan() { 1.0 } else { factor };
                factor.clamp(1.0 / LEVEL_FACTOR, LEVEL_FACTOR)
            };
            (x[5], x[6]) = (then.0 - a, then.1 - a);
            (x[7], x[8]) = (then.0 * level(now.0) - a, then.1 * level(now.1) - a);
            (x[9], x[10]) = (then.0 - now.0, then.1 - now.1);
        }
        let y = |index: usize| Some(self.p.y[index]);
        let difference = |mean: Option<f64>, from: f64| mean.map_or(0.0, |mean| mean - from);
        x[11] = difference(average(self.hours(origin, target, HOURS), y), hour);
        x[12] = difference(average(self.hours(origin, target, 1), y), hour);
        x[13] = difference(average(self.days(origin, target, 1, 1), y), a);
        x[14] = difference(average(self.days(origin, target, 1, DAYS), y), a);
        x[15] = difference(average(self.days(origin, target, 7, WEEKS), y), a);
        x
    }

    /// The mean over past hours, past days and past weeks of the largest error at the minute of the step `h` after
    /// `origin`, one minute and two minutes before it; `error` tells that of a step, if it is known.
    ///
    /// Where the weeks know nothing the days stand in, for them the hours, and for those `otherwise`.
    pub fn recurring_errors(
        &self,
        origin: usize,
        h: usize,
        otherwise: f64,
        error: impl Fn(usize) -> Option<f64>,
    ) -> [f64; 3] {
        let target = origin + h - 1;
        let minutes = if self.minute > 0 { 3 } else { 1 };
        let largest = |index: usize| {
            let near = (0..minutes).filter_map(|back| index.checked_sub(back * self.minute));
            near.filter_map(&error).reduce(f64::max)
        };
        let hours = average(self.hours(origin, target, ERROR_HOURS), largest).unwrap_or(otherwise);
        let days = average(self.days(origin, target, 1, DAYS), largest).unwrap_or(hours);
        let weeks = average(self.days(origin, target, 7, WEEKS), largest).unwrap_or(days);
        [hours, days, weeks]
    }

    /// The newest known steps at the minute of `target` in past hours.
    pub fn hours(&self, origin: usize, target: usize, most: usize) -> impl Iterator<Item = usize> {
        let hour = self.p.hour();
        let nearest = (target - origin) / hour + 1;
        (nearest..nearest + most).map_while(move |k| target.checked_sub(k * hour))
    }

    /// The newest known steps at the local time of `target`, whole `period`s of days before it.
    pub fn days(
        &self,
        origin: usize,
        target: usize,
        period: usize,
        most: usize,
    ) -> impl Iterator<Item = usize> {
        let nearest = (target - origin) / (period * self.p.day) + 1;
        let past = (nearest..).map(move |k| self.p.same_time(target, k * period));
        // Where the clock is put back, the nearest may not be known yet.
        past.take_while(|index| *index >= 0)
            .map(|index| index as usize)
            .filter(move |index| *index < origin)
            .take(most)
    }

    fn mean_of(&self, origin: usize, steps: usize) -> f64 {
        self.p.mean(origin.saturating_sub(steps), origin)
    }
}

/// The mean of what `value` knows of `steps`.
fn average(
    steps: impl Iterator<Item = usize>,
    value: impl Fn(usize) -> Option<f64>,
) -> Option<f64> {
    let (sum, count) = steps
        .filter_map(value)
        .fold((0.0, 0.0), |(sum, count): (f64, f64), value| (sum + value, count + 1.0));
    (count > 0.0).then(|| sum / count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::history;

    #[test]
    fn a_row_holds_differences_to_the_last_value() {
        // Five-minute steps that rise by one: 3 minutes are two steps here, 15 are three, an hour twelve.
        let values: Vec<f64> = (0..288 * 2).map(f64::from).collect();
        let inputs = Inputs::of(&history(300, &values));
        let x = inputs.row(500, 3);
        assert_eq!(inputs.last(500), 499.0);
        assert_eq!(x[..5], [249.5, -0.5, -1.0, -5.5, 3.0]);
        // The target is step 502: on day 0 that slot held 214, and the middle of the last quarter (499) held 211.
        assert_eq!((x[5], x[9]), (214.0 - 499.0, 3.0));
        assert_eq!(x[12], 490.0 - 493.5);
        assert_eq!(x[13], 214.0 - 499.0);
        assert_eq!(x[15], 0.0);
    }

    #[test]
    fn nothing_from_the_origin_on_is_read() {
        let mut values: Vec<f64> = (0..24 * 20).map(|i| f64::from(i % 24)).collect();
        let rows = |values: &[f64]| {
            let inputs = Inputs::of(&history(3_600, values));
            [1, 2, 24, 25, 200].map(|h| inputs.row(24 * 15 + 7, h))
        };
        let before = rows(&values);
        values[24 * 15 + 7..].fill(1e9);
        assert_eq!(rows(&values), before);
    }

    #[test]
    fn errors_recur_at_their_minute() {
        let inputs = Inputs::of(&history(60, &[1.0; 3 * 1_440]));
        let spike = |index: usize| Some(if index.is_multiple_of(60) { 9.0 } else { 1.0 });
        let origin = 3 * 1_440 - 90;
        let at = |minute: usize| inputs.recurring_errors(origin, minute + 31, 0.0, spike);
        assert_eq!(at(2), [9.0, 9.0, 9.0]);
        assert_eq!(at(3), [1.0, 1.0, 1.0]);
        assert_eq!(inputs.recurring_errors(origin, 1, 5.0, |_| None), [5.0; 3]);
    }
}
