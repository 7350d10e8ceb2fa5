//! The load as far as it is known, then as far as it is forecast, and what the next step is predicted from.
//!
//! Values are `z = asinh(load / unit)`. Apart from the last of them all are counted from it, so that a load that moved
//! to another level is seen as it was before.

use forescale_features::Prepared;

/// Values before the next one that are looked at; the first is what the others are counted from.
const LAGS: [usize; 7] = [1, 2, 3, 4, 6, 9, 12];

/// Steps that a mean is taken of.
const WINDOW: usize = 12;

/// Days that the profile is the mean of.
const PROFILE_DAYS: usize = 7;

/// Days before the next step, and the days of history from which on each has its columns.
const DAYS: [(usize, usize); 3] = [(1, 0), (2, 3), (7, 9)];

/// Columns that every row has; each day has two more.
const COLUMNS: usize = 13;

/// What the columns are called.
const NAMES: [&str; COLUMNS + 2 * DAYS.len()] = [
    "lag 1",
    "lag 2",
    "lag 3",
    "lag 4",
    "lag 6",
    "lag 9",
    "lag 12",
    "mean of 12",
    "hour of day",
    "weekday",
    "day off",
    "profile",
    "change of the profile",
    "day-1",
    "change at day-1",
    "day-2",
    "change at day-2",
    "day-7",
    "change at day-7",
];

/// The share of the range of the newest days that a walk may leave it by.
const BEYOND: f64 = 0.25;

/// A load that a walk is at the end of.
pub(super) struct Track<'a> {
    p: &'a Prepared,
    /// Index of the first known value.
    first: usize,
    known: &'a [f64],
    /// What was forecast so far.
    pub ahead: Vec<f64>,
}

/// How many days the history is long enough to look back to, in the order of [`DAYS`].
pub(super) fn day_lags(p: &Prepared) -> usize {
    DAYS.iter().filter(|(_, needed)| p.len() >= needed * p.day).count()
}

/// The most days that are looked back to.
pub(super) const MOST_DAY_LAGS: usize = DAYS.len();

/// What the columns of a row with `day_lags` days are called.
pub(super) fn names(day_lags: usize) -> &'static [&'static str] {
    &NAMES[..COLUMNS + 2 * day_lags]
}

/// Steps before the next one that a row may look back, an hour for a clock that was changed among them.
pub(super) fn look_back(p: &Prepared) -> usize {
    PROFILE_DAYS * p.day + p.hour() + WINDOW + 1
}

impl<'a> Track<'a> {
    /// From the end of `known`, the values of `p` from index `first` on, with room for `steps` steps.
    pub fn new(p: &'a Prepared, first: usize, known: &'a [f64], steps: usize) -> Self {
        Self { p, first, known, ahead: Vec::with_capacity(steps) }
    }

    /// The range of the newest days and a little more, which holds the last value.
    pub fn within(&self) -> (f64, f64) {
        let newest = &self.known[self.known.len().saturating_sub(look_back(self.p))..];
        let (low, high) = newest
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), z| (l.min(*z), h.max(*z)));
        let more = BEYOND * (high - low);
        (low - more, high + more)
    }

    /// Writes what the next step is predicted from, `NaN` where nothing is known, and returns the last value.
    pub fn fill(&self, day_lags: usize, mut set: impl FnMut(usize, f64)) -> f64 {
        let next = self.first + self.known.len() + self.ahead.len();
        let back = |steps: usize| self.at(next as i64 - steps as i64);
        let last = back(1);
        set(0, last);
        LAGS.iter().enumerate().skip(1).for_each(|(slot, lag)| set(slot, back(*lag) - last));
        set(7, (1..=WINDOW).map(back).sum::<f64>() / WINDOW as f64 - last);
        set(8, self.p.local_second_of_day(next as i64) as f64 / 3_600.0);
        set(9, self.p.weekday(next as i64) as f64);
        set(10, f64::from(u8::from(self.p.is_free_day(next as i64))));
        let (profile, change) = self.profile(next);
        set(11, profile - last);
        set(12, change);
        for (slot, (day, _)) in DAYS.iter().take(day_lags).enumerate() {
            let (then, change) = self.same_time(next, *day);
            set(COLUMNS + 2 * slot, then - last);
            set(COLUMNS + 2 * slot + 1, change);
        }
        last
    }

    /// The mean over the last days of the value at this time, and of the change that led to it.
    fn profile(&self, next: usize) -> (f64, f64) {
        let days = (1..=PROFILE_DAYS).map(|day| self.same_time(next, day));
        let known = days.take_while(|(_, change)| !change.is_nan());
        let (count, then, change) = known
            .fold((0.0, 0.0, 0.0), |(count, sum, changes), (z, by)| {
                (count + 1.0, sum + z, changes + by)
            });
        (then / count, change / count)
    }

    /// The value at the local time of step `next`, `days` before, and the change that led to it.
    fn same_time(&self, next: usize, days: usize) -> (f64, f64) {
        let same = self.p.same_time(next, days);
        let then = self.at(same);
        (then, then - self.at(same - 1))
    }

    fn at(&self, index: i64) -> f64 {
        let Ok(place) = usize::try_from(index - self.first as i64) else { return f64::NAN };
        self.known.get(place).copied().unwrap_or_else(|| self.ahead[place - self.known.len()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::history;

    #[test]
    fn a_row_counts_from_the_last_value() {
        let values: Vec<f64> = (0..72).map(f64::from).collect();
        let p = Prepared::of(&history(3_600, &values));
        let mut track = Track::new(&p, 0, &values[..60], 2);
        track.ahead.extend([100.0, 101.0]);
        let days = day_lags(&p);
        let mut row = vec![0.0; names(days).len()];
        assert_eq!(track.fill(days, |column, value| row[column] = value), 101.0);
        assert_eq!(row[..7], [101.0, -1.0, -42.0, -43.0, -45.0, -48.0, -51.0]);
        // Step 62 is 14:00 on a Wednesday; the two days before it showed 38 and 14.
        assert_eq!(row[8..13], [14.0, 2.0, 0.0, 26.0 - 101.0, 1.0]);
        assert_eq!(row[13..], [38.0 - 101.0, 1.0, 14.0 - 101.0, 1.0]);
    }

    #[test]
    fn what_is_not_known_is_nan() {
        let p = Prepared::of(&history(3_600, &[5.0; 40]));
        let mut row = vec![0.0; names(1).len()];
        Track::new(&p, 38, &[5.0, 6.0], 0).fill(1, |column, value| row[column] = value);
        assert_eq!(row[..2], [6.0, -1.0]);
        assert!([2, 7, 11, 12, 13, 14].into_iter().all(|column| row[column].is_nan()), "{row:?}");
    }

    #[test]
    fn a_walk_stays_near_the_newest_days() {
        let p = Prepared::of(&history(86_400, &[0.0; 100]));
        let known: Vec<f64> =
            (0..100).map(|i| if i < 50 { 1e3 } else { f64::from(i % 2) }).collect();
        assert_eq!(Track::new(&p, 0, &known, 0).within(), (-0.25, 1.25));
    }
}
