//! Samples on a regular grid.
//!
//! The grid stands where nearly all samples stand ([`forescale_core::phase`]), and at multiples of the step since the Unix
//! epoch when they do not agree: a sample at 00:02 with a step of 5 minutes then belongs to 00:00. Samples of one step are
//! averaged; a step without one is a gap and stays one. A coarser step takes the mean, the maximum or the sum; the sum
//! counts a missing sample as an average one, because half the samples of an hour are not half its load.

use chrono::{DateTime, Utc};
use forescale_core::grid::mean;
use forescale_core::grid_error::{GridError, refuse_finer, refuse_sparse};
use forescale_core::native::{NativeStep, steps_held};
use forescale_core::{Frequency, LoadSeries, phase};
use serde::{Deserialize, Serialize};

use crate::samples::Sample;
use crate::timestamp::SECOND;

/// What a coarser step makes of the samples in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aggregate {
    /// Their mean: for a rate, or a level such as CPU.
    #[default]
    Mean,
    /// Their sum: for a count of what happened in the step.
    Sum,
    /// The largest.
    Max,
}

impl Aggregate {
    /// The load of a step with these samples, of which a full step has `full`.
    fn of(self, samples: &[Sample], full: f64) -> f64 {
        let loads = || samples.iter().map(|sample| sample.load).filter(|load| !load.is_nan());
        match self {
            Self::Mean => mean(loads()),
            // Not of the mean: the sum of a full step is exact. Without a load it is 0 times infinity, a gap.
            Self::Sum => loads().sum::<f64>() * (full / loads().count() as f64),
            Self::Max => loads().fold(f64::NAN, f64::max),
        }
    }
}

/// Puts samples on the grid of `step`; a step of their own is `own`.
///
/// # Errors
/// [`GridError::TooFine`], [`GridError::TooSparse`] when hardly any step would hold a sample, and [`GridError::NoLoad`] when
/// none does.
pub(crate) fn regular(
    samples: &[Sample],
    own: Frequency,
    step: Frequency,
    aggregate: Aggregate,
) -> Result<LoadSeries, GridError> {
    let moments = samples.iter().map(|sample| sample.at);
    refuse_finer(step, moments.clone())?;
    let bins = Bins::new(samples, step, phase(moments.clone(), step));
    let ends =
        samples.first().zip(samples.last()).map(|(first, last)| (bins.of(first), bins.of(last)));
    let (first, last) = ends.ok_or(GridError::NoLoad(0))?;
    let steps = last - first + 1;
    refuse_sparse(moments, steps, step)?;

    // A step of the samples' own takes their mean, whatever a coarser one would do.
    let aggregate = if step <= own { Aggregate::Mean } else { aggregate };
    let full = step.seconds() as f64 / own.seconds() as f64;
    let mut values = vec![f64::NAN; steps as usize];
    let start = first * bins.micros + bins.phase;
    for (bin, samples) in bins {
        values[(bin - first) as usize] = aggregate.of(samples, full);
    }
    let start = DateTime::<Utc>::from_timestamp_micros(start).unwrap_or_default();
    LoadSeries::new(start, step, values).map_err(|_| GridError::NoLoad(samples.len()))
}

/// How many samples share their own step with another.
pub(crate) fn irregular(samples: &[Sample], native: NativeStep) -> usize {
    samples.len() - steps_held(samples.iter().map(|sample| sample.at), native.step)
}

/// The samples of each step that has some, with the number of the step since the Unix epoch.
struct Bins<'a> {
    rest: &'a [Sample],
    micros: i64,
    phase: i64,
}

impl<'a> Bins<'a> {
    fn new(rest: &'a [Sample], step: Frequency, phase: i64) -> Self {
        Self { rest, micros: step.seconds() * SECOND, phase }
    }

    fn of(&self, sample: &Sample) -> i64 {
        (sample.at - self.phase).div_euclid(self.micros)
    }
}

impl<'a> Iterator for Bins<'a> {
    type Item = (i64, &'a [Sample]);

    fn next(&mut self) -> Option<Self::Item> {
        let bin = self.of(self.rest.first()?);
        let end = (bin + 1) * self.micros + self.phase;
        let within = self.rest.iter().take_while(|sample| sample.at < end).count();
        let (samples, rest) = self.rest.split_at(within);
        self.rest = rest;
        Some((bin, samples))
    }
}
