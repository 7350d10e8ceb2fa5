//! Load on a regular grid, with its gaps marked.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::time::{Frequency, Horizon};

/// A series that cannot be built.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum SeriesError {
    /// No value at all, or only gaps.
    #[error("a load series should hold at least one value, but holds none")]
    Empty,
    /// An infinite value: only a finite load or a gap (NaN) can stand in a series.
    #[error("a load should be finite, but the value at step {index} is {value}")]
    NotFinite {
        /// The step.
        index: usize,
        /// The value.
        value: f64,
    },
    /// A series that leaves no room in the calendar for a forecast and its clock.
    #[error("a series of {steps} steps from {start} lies outside the calendar")]
    TooLong {
        /// The first moment.
        start: DateTime<Utc>,
        /// Its length.
        steps: usize,
    },
}

/// What has to be left of the calendar on both sides: the longest forecast, so that no moment of it overflows.
const ROOM: TimeDelta = TimeDelta::days(28 * Horizon::MAX_STEPS as i64);

/// Load on a regular grid: value `i` covers `[start + i * step, start + (i + 1) * step)`, in load units.
///
/// A gap is `NaN` inside and stays a gap: it is never read as zero load.
///
/// ```
/// use forescale_core::{Frequency, LoadSeries};
/// let start = "2026-01-05T00:00:00Z".parse().unwrap();
/// let series = LoadSeries::new(start, Frequency::from_seconds(60)?, vec![3.0, f64::NAN, 5.0])?;
/// assert_eq!(series.gaps(), 1);
/// assert_eq!(series.end(), start + chrono::TimeDelta::minutes(3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct LoadSeries {
    start: DateTime<Utc>,
    frequency: Frequency,
    values: Vec<f64>,
}

/// A series as it is read, before anything is known of it.
#[derive(Deserialize)]
struct Unchecked {
    start: DateTime<Utc>,
    frequency: Frequency,
    values: Vec<f64>,
}

impl TryFrom<Unchecked> for LoadSeries {
    type Error = SeriesError;

    fn try_from(read: Unchecked) -> Result<Self, SeriesError> {
        Self::new(read.start, read.frequency, read.values)
    }
}

impl LoadSeries {
    /// A series of `values` from `start`, one each `frequency`; `NaN` marks a gap.
    ///
    /// # Errors
    /// [`SeriesError::Empty`] without a value, [`SeriesError::NotFinite`] for an infinite one,
    /// [`SeriesError::TooLong`] when the calendar has no room before or behind it.
    pub fn new(
        start: DateTime<Utc>,
        frequency: Frequency,
        values: Vec<f64>,
    ) -> Result<Self, SeriesError> {
        if let Some(index) = values.iter().position(|value| value.is_infinite()) {
            return Err(SeriesError::NotFinite { index, value: values[index] });
        }
        if values.iter().all(|value| value.is_nan()) {
            return Err(SeriesError::Empty);
        }
        let span = TimeDelta::try_seconds(frequency.seconds().saturating_mul(values.len() as i64));
        let end = span.and_then(|span| start.checked_add_signed(span));
        let before = start.checked_sub_signed(ROOM);
        if before.and(end).and_then(|end| end.checked_add_signed(ROOM)).is_none() {
            return Err(SeriesError::TooLong { start, steps: values.len() });
        }
        Ok(Self { start, frequency, values })
    }

    /// The first moment.
    pub fn start(&self) -> DateTime<Utc> {
        self.start
    }

    /// The first moment after the series: the origin of a forecast from it.
    pub fn end(&self) -> DateTime<Utc> {
        self.time_at(self.values.len())
    }

    /// The step.
    pub fn frequency(&self) -> Frequency {
        self.frequency
    }

    /// Steps, gaps included.
    #[allow(clippy::len_without_is_empty)] // An empty series cannot be built.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// The values; `NaN` marks a gap.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// How many steps are gaps.
    pub fn gaps(&self) -> usize {
        self.values.iter().filter(|value| value.is_nan()).count()
    }

    /// The values that are there.
    pub fn present(&self) -> impl Iterator<Item = f64> + '_ {
        self.values.iter().copied().filter(|value| !value.is_nan())
    }

    /// When step `index` begins (also beyond the end).
    pub fn time_at(&self, index: usize) -> DateTime<Utc> {
        self.start + TimeDelta::seconds(self.frequency.seconds() * index as i64)
    }

    /// Which step covers `time`: negative before the start, `len()` and more after the end.
    pub fn index_at(&self, time: DateTime<Utc>) -> i64 {
        (time - self.start).num_seconds().div_euclid(self.frequency.seconds())
    }

    /// The steps `from..to` as a series of their own.
    ///
    /// # Errors
    /// [`SeriesError::Empty`] when there is no value in that range.
    pub fn slice(&self, from: usize, to: usize) -> Result<Self, SeriesError> {
        let to = to.min(self.values.len());
        let values = self.values.get(from..to).unwrap_or_default().to_vec();
        Self::new(self.time_at(from), self.frequency, values)
    }

    /// The means of the values in every step of `frequency`; what is left over at the end makes no step.
    ///
    /// # Errors
    /// [`SeriesError::Empty`] when no step has a value. `frequency` should be a multiple of the series' own; a rest of
    /// the division is left out.
    ///
    /// ```
    /// use forescale_core::{Frequency, LoadSeries};
    /// let half = Frequency::from_seconds(30)?;
    /// let series = LoadSeries::new("2026-01-05T00:00:00Z".parse()?, half, vec![1.0, 3.0, f64::NAN, 5.0, 9.0])?;
    /// assert_eq!(series.averaged(Frequency::from_seconds(60)?)?.values(), [2.0, 5.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn averaged(&self, frequency: Frequency) -> Result<Self, SeriesError> {
        let steps = (frequency.seconds() / self.frequency.seconds()).max(1) as usize;
        let mean = |values: &[f64]| {
            let present = values.iter().filter(|value| !value.is_nan());
            present.clone().sum::<f64>() / present.count() as f64
        };
        Self::new(self.start, frequency, self.values.chunks_exact(steps).map(mean).collect())
    }

    /// The same series made to end at `origin`: later samples are left out, missing ones become gaps.
    ///
    /// # Errors
    /// [`SeriesError::Empty`] when no value stands before `origin`.
    pub fn until(&self, origin: DateTime<Utc>) -> Result<Self, SeriesError> {
        let steps = self.index_at(origin).max(0) as usize;
        let mut values = self.values[..steps.min(self.values.len())].to_vec();
        values.resize(steps, f64::NAN);
        Self::new(self.start, self.frequency, values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(values: &[f64]) -> LoadSeries {
        let start = "2026-01-05T00:00:00Z".parse().unwrap();
        LoadSeries::new(start, Frequency::from_seconds(60).unwrap(), values.to_vec()).unwrap()
    }

    #[test]
    fn a_later_origin_adds_gaps_and_an_earlier_one_hides_the_future() {
        let s = series(&[1.0, 2.0, 3.0]);
        let later = s.until(s.time_at(5)).unwrap();
        assert_eq!((later.len(), later.gaps()), (5, 2));
        assert_eq!(s.until(s.time_at(2)).unwrap().values(), [1.0, 2.0]);
        assert_eq!(s.until(s.start()), Err(SeriesError::Empty));
    }

    #[test]
    fn a_series_at_the_end_of_the_calendar_is_refused() {
        let step = Frequency::from_seconds(60).unwrap();
        for start in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC - TimeDelta::days(1)] {
            let error = LoadSeries::new(start, step, vec![1.0]).unwrap_err();
            assert!(error.to_string().ends_with("lies outside the calendar"), "{error}");
        }
    }

    #[test]
    fn only_gaps_or_an_infinity_are_refused() {
        let start = "2026-01-05T00:00:00Z".parse().unwrap();
        let step = Frequency::from_seconds(60).unwrap();
        assert_eq!(LoadSeries::new(start, step, vec![f64::NAN]), Err(SeriesError::Empty));
        let error = LoadSeries::new(start, step, vec![1.0, f64::INFINITY]).unwrap_err();
        assert_eq!(error.to_string(), "a load should be finite, but the value at step 1 is inf");
    }
}
