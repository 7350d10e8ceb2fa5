//! A history made ready for fast look-ups: gaps filled causally, prefix sums, local clock.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use forescale_core::{Calendar, History, SeriesError};

use crate::known::Known;
use crate::thinned::Thinned;

/// Days of history that features may look back from an origin.
pub const LOOK_BACK_DAYS: usize = 28;

/// How far ahead of the history's end the local clock is prepared, in days.
const CLOCK_AHEAD_DAYS: usize = 15;

/// A history with its gaps filled from the past and sums over any stretch in constant time.
///
/// Indices count steps from the start of the history; index `len()` is the origin.
#[derive(Debug)]
pub struct Prepared {
    /// The load, a gap filled with the value one day before, else with the previous one.
    pub y: Known<f64>,
    /// Whether a value was there.
    pub present: Known<bool>,
    /// Steps in a day.
    pub day: usize,
    /// The step in seconds.
    pub step_seconds: i64,
    start_seconds: i64,
    calendar: Arc<Calendar>,
    sums: Arc<Sums>,
    thinned: Arc<Thinned>,
    clock: Arc<LocalClock>,
}

/// Prefix sums: of the load, its square, and its changes over a step, an hour, a day and a week.
#[derive(Debug)]
struct Sums {
    load: Vec<f64>,
    square: Vec<f64>,
    change_step: Vec<f64>,
    change_hour: Vec<f64>,
    change_day: Vec<f64>,
    change_week: Vec<f64>,
}

impl Prepared {
    /// Prepares `history`, once for all who ask.
    pub fn of(history: &History) -> Arc<Self> {
        history.derive(0, Self::new)
    }

    /// `history` as it was after `steps` steps; what is prepared of the whole serves it too, since no value is made of
    /// later ones.
    ///
    /// # Errors
    /// [`SeriesError::Empty`] when nothing was known by then.
    pub fn as_of(history: &History, steps: usize) -> Result<History, SeriesError> {
        let then = history.as_of(steps)?;
        let whole = Self::of(history);
        then.derive(0, |then| Self {
            y: whole.y.first(then.series().len()),
            present: whole.present.first(then.series().len()),
            sums: Arc::clone(&whole.sums),
            thinned: Arc::clone(&whole.thinned),
            clock: Arc::clone(&whole.clock),
            calendar: Arc::clone(&whole.calendar),
            ..*whole
        });
        Ok(then)
    }

    fn new(history: &History) -> Self {
        let series = history.series();
        let day = series.frequency().steps_per_day();
        let step_seconds = series.frequency().seconds();
        let y = fill_causally(series.values(), day);
        let hour = steps_in_hour(step_seconds);
        let start = series.start();
        let ahead = CLOCK_AHEAD_DAYS * day;
        let present: Vec<bool> = series.values().iter().map(|value| !value.is_nan()).collect();
        let clock = LocalClock::new(history.calendar(), start, step_seconds, y.len() + ahead);
        let sums = Sums {
            load: prefix(y.iter().copied()),
            square: prefix(y.iter().map(|value| value * value)),
            change_step: prefix_changes(&y, 1),
            change_hour: prefix_changes(&y, hour),
            change_day: prefix_changes(&y, day),
            change_week: prefix_changes(&y, 7 * day),
        };
        Self {
            present: Known::new(present),
            day,
            step_seconds,
            start_seconds: start.timestamp(),
            sums: Arc::new(sums),
            thinned: Arc::new(Thinned::new(&y, thin(7 * day))),
            clock: Arc::new(clock),
            calendar: Arc::clone(history.calendar()),
            y: Known::new(y),
        }
    }

    /// Steps of history.
    #[allow(clippy::len_without_is_empty)] // A history cannot be empty.
    pub fn len(&self) -> usize {
        self.y.len()
    }

    /// Steps in an hour, at least 1.
    pub fn hour(&self) -> usize {
        steps_in_hour(self.step_seconds)
    }

    /// The service's calendar.
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// When step `index` begins.
    pub fn time(&self, index: usize) -> DateTime<Utc> {
        let seconds = self.start_seconds + self.step_seconds * index as i64;
        DateTime::from_timestamp(seconds, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// Mean load over `from..to`, which must not be empty.
    pub fn mean(&self, from: usize, to: usize) -> f64 {
        (self.sums.load[to] - self.sums.load[from]) / (to - from) as f64
    }

    /// The load over `from..to`, a week at most, thinned to what a mean needs.
    pub(crate) fn thinned_week(&self, from: usize, to: usize) -> Cow<'_, [f64]> {
        let every = thin(to - from);
        if every == self.thinned.every() {
            return Cow::Borrowed(self.thinned.of(from, to));
        }
        Cow::Owned(self.y[from..to].iter().copied().step_by(every).collect())
    }

    /// Standard deviation over `from..to`.
    pub fn deviation(&self, from: usize, to: usize) -> f64 {
        let mean = self.mean(from, to);
        let square = (self.sums.square[to] - self.sums.square[from]) / (to - from) as f64;
        (square - mean * mean).max(0.0).sqrt()
    }

    /// Mean absolute change from one step to the next over `from..to`.
    pub fn roughness_step(&self, from: usize, to: usize) -> Option<f64> {
        mean_change(&self.sums.change_step, 1, from, to)
    }

    /// Mean absolute change over an hour.
    pub fn roughness_hour(&self, from: usize, to: usize) -> Option<f64> {
        mean_change(&self.sums.change_hour, self.hour(), from, to)
    }

    /// Mean absolute difference to the value a day before: the error of a daily naive.
    pub fn change_day(&self, from: usize, to: usize) -> Option<f64> {
        mean_change(&self.sums.change_day, self.day, from, to)
    }

    /// Mean absolute difference to the value a week before.
    pub fn change_week(&self, from: usize, to: usize) -> Option<f64> {
        mean_change(&self.sums.change_week, 7 * self.day, from, to)
    }

    /// The step `days` local days before `index` at the same local time of day; may be before the start.
    pub fn same_time(&self, index: usize, days: usize) -> i64 {
        let plain = index as i64 - (days * self.day) as i64;
        plain + self.clock.shift(index, plain)
    }

    /// The local day that step `index` falls on, counted from 1970-01-01.
    pub fn local_day(&self, index: i64) -> i64 {
        self.local_seconds(index).div_euclid(86_400)
    }

    /// Seconds since local midnight at step `index`.
    pub fn local_second_of_day(&self, index: i64) -> i64 {
        self.local_seconds(index).rem_euclid(86_400)
    }

    /// 0 on Monday to 6 on Sunday, at step `index`.
    pub fn weekday(&self, index: i64) -> i64 {
        (self.local_day(index) + 3).rem_euclid(7)
    }

    /// Whether step `index` falls on a weekend or a day off.
    pub fn is_free_day(&self, index: i64) -> bool {
        self.weekday(index) >= 5 || self.clock.is_holiday(self.local_day(index))
    }

    /// Whether step `index` falls on a day off of the calendar.
    pub fn is_holiday(&self, index: i64) -> bool {
        self.clock.is_holiday(self.local_day(index))
    }

    fn local_seconds(&self, index: i64) -> i64 {
        self.start_seconds + self.step_seconds * index + self.clock.offset_seconds(index)
    }
}

/// Every how many of `steps` steps a mean needs.
pub(crate) fn thin(steps: usize) -> usize {
    (steps / 672).max(1)
}

fn steps_in_hour(step_seconds: i64) -> usize {
    ((3_600.0 / step_seconds as f64).round() as usize).max(1)
}

/// Fills each gap from the past alone, so that nothing after an origin leaks before it.
fn fill_causally(values: &[f64], day: usize) -> Vec<f64> {
    let first = values.iter().copied().find(|value| !value.is_nan()).unwrap_or(0.0);
    let mut y: Vec<f64> = Vec::with_capacity(values.len());
    for (i, value) in values.iter().enumerate() {
        let filled = match value {
            v if !v.is_nan() => *v,
            _ if i >= day => y[i - day],
            _ => y.last().copied().unwrap_or(first),
        };
        y.push(filled);
    }
    y
}

fn prefix(values: impl ExactSizeIterator<Item = f64>) -> Vec<f64> {
    let mut sums = Vec::with_capacity(values.len() + 1);
    let mut total = 0.0;
    sums.push(total);
    for value in values {
        total += value;
        sums.push(total);
    }
    sums
}

/// Prefix sums of `|y[j] - y[j - lag]|`, 0 where there is no value `lag` before.
fn prefix_changes(y: &[f64], lag: usize) -> Vec<f64> {
    prefix((0..y.len()).map(|j| if j >= lag { (y[j] - y[j - lag]).abs() } else { 0.0 }))
}

fn mean_change(changes: &[f64], lag: usize, from: usize, to: usize) -> Option<f64> {
    let from = from.max(lag);
    (to > from).then(|| (changes[to] - changes[from]) / (to - from) as f64)
}

/// The zone's offset step by step, so that lags keep the local time of day across summer time.
#[derive(Debug)]
struct LocalClock {
    /// Offsets in seconds, one a step; a single one where the offset never changes.
    offsets: Vec<i64>,
    step_seconds: i64,
    holidays: Vec<i64>,
}

impl LocalClock {
    fn new(calendar: &Calendar, start: DateTime<Utc>, step_seconds: i64, steps: usize) -> Self {
        let offset_at = |index: usize| {
            calendar.offset_seconds(start + TimeDelta::seconds(step_seconds * index as i64))
        };
        let hour = steps_in_hour(step_seconds);
        let mut offsets = Vec::with_capacity(steps);
        while offsets.len() < steps {
            let offset = offset_at(offsets.len());
            offsets.resize(steps.min(offsets.len() + hour), offset);
        }
        if offsets.iter().all(|offset| *offset == offsets[0]) {
            offsets.truncate(1);
        }
        let epoch = DateTime::UNIX_EPOCH.date_naive();
        let holidays = calendar.holidays.iter().map(|h| (h.date - epoch).num_days()).collect();
        Self { offsets, step_seconds, holidays }
    }

    fn offset_seconds(&self, index: i64) -> i64 {
        let last = self.offsets.len() as i64 - 1;
        self.offsets[index.clamp(0, last) as usize]
    }

    /// Steps to add to an earlier index so that it shows the same local time as `index`.
    fn shift(&self, index: usize, earlier: i64) -> i64 {
        if self.offsets.len() == 1 {
            return 0;
        }
        let seconds = self.offset_seconds(index as i64) - self.offset_seconds(earlier);
        (seconds as f64 / self.step_seconds as f64).round() as i64
    }

    fn is_holiday(&self, local_day: i64) -> bool {
        self.holidays.binary_search(&local_day).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use forescale_core::{Frequency, LoadSeries};

    fn history(start: &str, values: Vec<f64>, zone: chrono_tz::Tz) -> History {
        let step = Frequency::from_seconds(3_600).unwrap();
        let series = LoadSeries::new(start.parse().unwrap(), step, values).unwrap();
        History::new(series, Arc::new(Calendar { zone, ..Calendar::default() }))
    }

    #[test]
    fn a_gap_takes_the_value_of_the_day_before() {
        let mut values: Vec<f64> = (0..48).map(f64::from).collect();
        values[2] = f64::NAN;
        values[30] = f64::NAN;
        let p = Prepared::of(&history("2026-01-05T00:00:00Z", values, chrono_tz::Tz::UTC));
        assert_eq!((p.y[2], p.y[30]), (1.0, 6.0));
        assert!(!p.present[30]);
    }

    #[test]
    fn the_same_local_time_is_found_across_summer_time() {
        let zone = chrono_tz::Tz::Europe__Berlin;
        let p = Prepared::of(&history("2026-03-28T00:00:00Z", vec![1.0; 72], zone));
        // 2026-03-30T07:00Z is nine o'clock in summer; two days before, nine o'clock was 08:00Z.
        assert_eq!(p.same_time(55, 2), 8);
        assert_eq!(p.same_time(55, 1), 31);
        assert_eq!(p.local_second_of_day(55), 9 * 3_600);
    }

    #[test]
    fn sums_and_changes_are_over_the_stretch() {
        let values = (0..48).map(|i| f64::from(i * i)).collect();
        let p = Prepared::of(&history("2026-01-05T00:00:00Z", values, chrono_tz::Tz::UTC));
        assert_eq!(p.mean(0, 3), 5.0 / 3.0);
        assert_eq!(p.roughness_step(0, 3), Some(2.0));
        assert_eq!(p.change_day(0, 24), None);
        assert_eq!(p.change_day(0, 25), Some(576.0));
    }
}
