//! The load that is replayed: a history on the grid of decisions.

use std::ops::Range;

use chrono::{DateTime, TimeDelta, Utc};
use forescale_core::{Frequency, LoadSeries};
use forescale_plan::policies::Dimension;

use crate::error::ReplayError;

/// A gap longer than this is not scored: nobody knows what happened in it.
const LONGEST_GAP_S: i64 = 900;

/// A history as a replay goes through it: a value for every step, and which of them count.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    start: DateTime<Utc>,
    step: Frequency,
    loads: Vec<f64>,
    reported: Vec<bool>,
    scored: Vec<bool>,
    columns: Vec<(Dimension, Vec<f64>)>,
}

impl Trace {
    /// `series` on steps of `step`, in load units.
    ///
    /// A coarser series is held, never interpolated: the next value would leak to the policy. A finer one is averaged.
    /// A gap is held too; one of more than 15 minutes and of more than three steps of the series is not scored.
    ///
    /// # Errors
    /// [`ReplayError::Step`] when neither step divides the other.
    ///
    /// ```
    /// use forescale_core::{Frequency, LoadSeries};
    /// use forescale_replay::Trace;
    /// let five = Frequency::from_seconds(300)?;
    /// let series = LoadSeries::new("2026-01-05T00:00:00Z".parse()?, five, vec![3.0, 4.0])?;
    /// let trace = Trace::new(&series, Frequency::from_seconds(60)?)?;
    /// assert_eq!(trace.loads(), [3.0, 3.0, 3.0, 3.0, 3.0, 4.0, 4.0, 4.0, 4.0, 4.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(series: &LoadSeries, step: Frequency) -> Result<Self, ReplayError> {
        let on_grid = on_grid(series.values(), series.frequency(), step)?;
        let longest = LONGEST_GAP_S.max(3 * series.frequency().seconds()) / step.seconds();
        let scored = short_gaps(&on_grid, longest.max(1) as usize);
        let reported = on_grid.iter().map(|load| !load.is_nan()).collect();
        Ok(Self {
            start: series.start(),
            step,
            loads: held(&on_grid),
            reported,
            scored,
            columns: Vec::new(),
        })
    }

    /// The same with a further column on the grid of `series`: memory, network and disk as the sum over the fleet in
    /// full instances, response time in seconds.
    ///
    /// # Errors
    /// [`ReplayError::Column`] when it is not as long as the load, [`ReplayError::Step`] when it does not fit.
    pub fn with_column(
        mut self,
        dimension: Dimension,
        series: &LoadSeries,
    ) -> Result<Self, ReplayError> {
        let values = held(&on_grid(series.values(), series.frequency(), self.step)?);
        if values.len() != self.loads.len() {
            let (expected, got) = (self.loads.len(), values.len());
            return Err(ReplayError::Column { name: dimension.name(), expected, got });
        }
        self.columns.retain(|(known, _)| *known != dimension);
        self.columns.push((dimension, values));
        Ok(self)
    }

    /// Some of its steps, at least one.
    pub(crate) fn part(&self, steps: Range<usize>) -> Self {
        let shift = self.step.seconds() * steps.start as i64;
        let column = |(dimension, values): &(Dimension, Vec<f64>)| {
            (*dimension, values[steps.clone()].to_vec())
        };
        Self {
            start: self.start + TimeDelta::seconds(shift),
            step: self.step,
            loads: self.loads[steps.clone()].to_vec(),
            reported: self.reported[steps.clone()].to_vec(),
            scored: self.scored[steps.clone()].to_vec(),
            columns: self.columns.iter().map(column).collect(),
        }
    }

    /// When step 0 begins.
    pub fn start(&self) -> DateTime<Utc> {
        self.start
    }

    /// How often is decided.
    pub fn step(&self) -> Frequency {
        self.step
    }

    /// The load of every step.
    pub fn loads(&self) -> &[f64] {
        &self.loads
    }

    /// Whether the load of a step was reported, or is held through a gap.
    pub fn reported(&self) -> &[bool] {
        &self.reported
    }

    /// Whether a step counts.
    pub fn scored(&self) -> &[bool] {
        &self.scored
    }

    /// The further columns, each with a value for every step.
    pub fn columns(&self) -> &[(Dimension, Vec<f64>)] {
        &self.columns
    }
}

/// `values` of one step on another: repeated or averaged.
fn on_grid(values: &[f64], from: Frequency, to: Frequency) -> Result<Vec<f64>, ReplayError> {
    let (history, step) = (from.seconds(), to.seconds());
    if history % step == 0 {
        let times = (history / step) as usize;
        Ok(values.iter().flat_map(|value| std::iter::repeat_n(*value, times)).collect())
    } else if step % history == 0 {
        Ok(values.chunks((step / history) as usize).map(mean_of_present).collect())
    } else {
        Err(ReplayError::Step { history, step })
    }
}

fn mean_of_present(values: &[f64]) -> f64 {
    let present = values.iter().filter(|value| !value.is_nan());
    let (sum, count) = present.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    sum / count
}

/// Gaps filled with the value before them, 0 before the first; no load is below 0.
fn held(values: &[f64]) -> Vec<f64> {
    let mut last = 0.0;
    let fill = |value: &f64| {
        if !value.is_nan() {
            last = value.max(0.0);
        }
        last
    };
    values.iter().map(fill).collect()
}

/// Whether each step is in no gap of more than `longest` steps.
fn short_gaps(values: &[f64], longest: usize) -> Vec<bool> {
    let mut scored = Vec::with_capacity(values.len());
    for run in values.chunk_by(|a, b| a.is_nan() == b.is_nan()) {
        let counts = !run[0].is_nan() || run.len() <= longest;
        scored.extend(std::iter::repeat_n(counts, run.len()));
    }
    scored
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAP: f64 = f64::NAN;

    fn trace(values: Vec<f64>, seconds: i64, step: i64) -> Result<Trace, ReplayError> {
        let start = "2026-01-05T00:00:00Z".parse().unwrap();
        let series =
            LoadSeries::new(start, Frequency::from_seconds(seconds).unwrap(), values).unwrap();
        Trace::new(&series, Frequency::from_seconds(step).unwrap())
    }

    #[test]
    fn a_finer_series_is_averaged_and_gaps_are_held() {
        let trace = trace(vec![1.0, 3.0, GAP, 5.0, GAP, GAP, -2.0, 0.0], 30, 60).unwrap();
        assert_eq!(trace.loads(), [2.0, 5.0, 5.0, 0.0]);
        assert_eq!(trace.reported(), [true, true, false, true]);
        assert_eq!(trace.scored(), [true; 4]);
    }

    #[test]
    fn a_long_gap_is_not_scored() {
        let mut values = vec![1.0; 3];
        values.extend([GAP; 16]);
        values.push(2.0);
        values.extend([GAP; 15]);
        let trace = trace(values, 60, 60).unwrap();
        let scored: usize = trace.scored().iter().filter(|scored| **scored).count();
        assert_eq!(scored, 3 + 1 + 15);
    }

    #[test]
    fn steps_that_do_not_fit_are_refused() {
        let error = trace(vec![1.0], 90, 60).unwrap_err();
        assert!(error.to_string().ends_with("90s, or be a multiple of it, but is 60s"), "{error}");
    }
}
