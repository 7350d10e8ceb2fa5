//! Samples of a frame on a regular grid.
//!
//! The rules are those of files: of two samples of one moment the last is kept, what is not a load (below 0, infinite or
//! above 1e100) is a gap, samples of one step are averaged, and a step without a sample stays a gap.

use chrono::{DateTime, TimeDelta, Utc};
use forescale_core::grid::{LARGEST_LOAD, is_too_sparse, mean};
use forescale_core::native::{NativeStep, median_distance};
use forescale_core::time::format_span;
use forescale_core::{Frequency, LoadSeries, UnitError, phase};
use thiserror::Error;

/// Microseconds in a second.
const SECOND: i64 = 1_000_000;

/// A load at a moment, in microseconds since the Unix epoch; `NaN` where there is none.
pub type Sample = (i64, f64);

/// Samples that make no series.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum GridError {
    /// Too few samples to see their step.
    #[error("a step cannot be seen from {0} samples")]
    TooFew(usize),
    /// Samples at no step that could be a frequency.
    #[error("the samples are {distance} apart in the median, which is no frequency: {reason}")]
    Step {
        /// Their median distance.
        distance: String,
        /// What is wrong with it.
        reason: UnitError,
    },
    /// A step below the distance of any two samples.
    #[error("a step of {asked} is finer than the samples, which are {nearest} apart or more")]
    TooFine {
        /// The step asked for.
        asked: Frequency,
        /// The least distance of two samples.
        nearest: String,
    },
    /// Hardly any step would hold a sample.
    #[error("{samples} samples on a grid of {steps} steps of {step}")]
    TooSparse {
        /// Samples there are.
        samples: usize,
        /// Steps from the first to the last.
        steps: i64,
        /// The step.
        step: Frequency,
    },
    /// No load at all.
    #[error("none of {0} samples holds a load: a load is a number from 0 to 1e100")]
    NoLoad(usize),
}

impl GridError {
    /// What to do about it, in a sentence.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::TooFew(_) | Self::Step { .. } => "give the frequency, `freq=\"5min\"` say",
            Self::TooFine { .. } => "give the frequency of the samples, or a coarser one",
            Self::TooSparse { .. } => {
                "look for a time far away from the others, or give a coarser frequency"
            }
            Self::NoLoad(_) => {
                "look at the column of the load: its values are missing, negative or infinite"
            }
        }
    }
}

/// The series of `samples` with `step`, or with their own [natural step](forescale_core::grid::natural_step) when none is
/// given. The grid stands where nearly all samples stand, and at multiples of the step since the Unix epoch when they do
/// not agree.
///
/// # Errors
/// [`GridError`] when the step does not fit the samples or none of them is a load.
///
/// ```
/// use forescale::grid::regular;
/// let hour = 3_600_000_000;
/// let series = regular(vec![(0, 5.0), (hour, 7.0), (3 * hour, 6.0)], None)?;
/// assert_eq!(series.len(), 4);
/// assert_eq!(series.gaps(), 1);
/// assert!(regular(vec![(0, -5.0)], None).is_err());
/// # Ok::<(), forescale::grid::GridError>(())
/// ```
pub fn regular(mut samples: Vec<Sample>, step: Option<Frequency>) -> Result<LoadSeries, GridError> {
    if samples.is_empty() {
        return Err(GridError::NoLoad(0));
    }
    // A stable sort: of one moment, the last row stays last.
    samples.sort_by_key(|sample| sample.0);
    let step = match step {
        Some(step) => not_finer(step, &samples)?,
        None => own_step(&samples)?,
    };
    let micros = step.seconds() * SECOND;
    let phase = phase(samples.iter().map(|sample| sample.0), step);
    samples.iter_mut().for_each(|sample| sample.0 -= phase);
    let first = samples[0].0.div_euclid(micros);
    let steps = samples[samples.len() - 1].0.div_euclid(micros) - first + 1;
    if is_too_sparse(steps, samples.len()) {
        return Err(GridError::TooSparse { samples: samples.len(), steps, step });
    }
    let mut values = vec![f64::NAN; steps as usize];
    let step_of = |sample: &Sample| sample.0.div_euclid(micros);
    for own in samples.chunk_by(|a, b| step_of(a) == step_of(b)) {
        values[(step_of(&own[0]) - first) as usize] = averaged(own);
    }
    let start = DateTime::<Utc>::from_timestamp_micros(first * micros + phase);
    let start = start.unwrap_or_default();
    LoadSeries::new(start, step, values).map_err(|_| GridError::NoLoad(samples.len()))
}

/// A given step holds even where most samples are missing, but not where no two of them are as near as that.
fn not_finer(step: Frequency, samples: &[Sample]) -> Result<Frequency, GridError> {
    let distances = samples.windows(2).map(|pair| pair[1].0 - pair[0].0);
    let nearest = distances.filter(|distance| *distance > 0).min();
    match nearest.filter(|nearest| step.seconds() * SECOND < *nearest) {
        Some(nearest) => Err(GridError::TooFine { asked: step, nearest: written(nearest) }),
        None => Ok(step),
    }
}

fn own_step(samples: &[Sample]) -> Result<Frequency, GridError> {
    let median = median_distance(samples.iter().map(|sample| sample.0));
    let distance = median.ok_or(GridError::TooFew(samples.len()))?;
    let native = NativeStep::of(median);
    let native = native.map_err(|reason| GridError::Step { distance: written(distance), reason });
    Ok(native?.step)
}

fn written(micros: i64) -> String {
    let span = TimeDelta::microseconds(micros);
    if micros % SECOND == 0 { format_span(span) } else { format!("{} ms", micros as f64 / 1e3) }
}

/// The mean load of ascending samples, of which the last of every moment counts.
fn averaged(samples: &[Sample]) -> f64 {
    let last = samples.chunk_by(|a, b| a.0 == b.0).filter_map(|same| same.last());
    mean(last.map(|sample| sample.1).filter(|load| (0.0..=LARGEST_LOAD).contains(load)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60 * SECOND;

    fn values(samples: Vec<Sample>, seconds: i64) -> Vec<f64> {
        let step = Frequency::from_seconds(seconds).unwrap();
        regular(samples, Some(step)).unwrap().values().to_vec()
    }

    #[test]
    fn a_coarser_step_takes_the_mean_and_keeps_its_gaps() {
        let samples = vec![(0, 1.0), (MINUTE, 3.0), (6 * MINUTE, 8.0)];
        let values = values(samples, 120);
        assert_eq!(values[0], 2.0);
        assert!(values[1].is_nan() && values[2].is_nan());
        assert_eq!(values[3], 8.0);
    }

    #[test]
    fn the_grid_stands_where_the_samples_stand() {
        let samples = (0..12).map(|k| ((4 + 5 * k) * MINUTE, k as f64)).collect();
        let series = regular(samples, None).unwrap();
        assert_eq!(series.start().to_string(), "1970-01-01 00:04:00 UTC");
        assert_eq!((series.len(), series.gaps(), series.values()[3]), (12, 0, 3.0));
    }

    #[test]
    fn rows_are_sorted_and_the_last_of_a_moment_is_kept() {
        let samples = vec![(MINUTE, 4.0), (0, 1.0), (0, 2.0)];
        assert_eq!(values(samples, 60), [2.0, 4.0]);
    }

    #[test]
    fn what_is_no_load_is_a_gap() {
        let samples =
            vec![(0, -1.0), (MINUTE, f64::INFINITY), (2 * MINUTE, 2e100), (3 * MINUTE, 5.0)];
        assert_eq!(values(samples, 60).iter().filter(|value| value.is_nan()).count(), 3);
        assert_eq!(regular(vec![(0, -1.0), (MINUTE, -2.0)], None), Err(GridError::NoLoad(2)));
    }

    #[test]
    fn a_step_that_nobody_uses_becomes_one_that_people_do() {
        for (distance, seconds) in [(SECOND / 2, 1), (420 * SECOND, 600), (59_700_000, 60)] {
            let samples = (0..40).map(|k| (k * distance, 1.0)).collect();
            let series = regular(samples, None).unwrap();
            assert_eq!(series.frequency().seconds(), seconds);
        }
    }

    #[test]
    fn a_step_that_cannot_be_seen_is_asked_for() {
        assert_eq!(regular(vec![(0, 1.0)], None), Err(GridError::TooFew(1)));
        let month = 30 * 1_440 * MINUTE;
        let error = regular(vec![(0, 1.0), (month, 2.0)], None).unwrap_err().to_string();
        assert!(error.starts_with("the samples are 30d apart in the median"), "{error}");
        let fine = regular(vec![(0, 1.0), (60 * MINUTE, 2.0)], Frequency::from_seconds(60).ok());
        assert_eq!(
            fine.unwrap_err().to_string(),
            "a step of 1m is finer than the samples, which are 1h apart or more"
        );
    }

    #[test]
    fn a_moment_far_away_makes_no_grid() {
        let far = vec![(0, 1.0), (SECOND, 1.0), (2 * SECOND, 1.0), (2_000_000 * SECOND, 1.0)];
        assert!(matches!(regular(far, None), Err(GridError::TooSparse { .. })));
    }
}
