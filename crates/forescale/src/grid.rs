//! Samples of a frame on a regular grid.
//!
//! The rules are those of files: of two samples of one moment the last is kept, what is not a load (below 0, infinite or
//! above 1e100) is a gap, samples of one step are averaged, and a step without a sample stays a gap.

use chrono::{DateTime, Utc};
pub use forescale_core::GridError;
use forescale_core::grid::{LARGEST_LOAD, mean};
use forescale_core::grid_error::{native_step, refuse_finer, refuse_sparse};
use forescale_core::{Frequency, LoadSeries, phase};

/// Microseconds in a second.
const SECOND: i64 = 1_000_000;

/// A load at a moment, in microseconds since the Unix epoch; `NaN` where there is none.
pub type Sample = (i64, f64);

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
    keep_last(&mut samples);
    let ends = samples.first().zip(samples.last()).map(|(first, last)| (first.0, last.0));
    let (first, last) = ends.ok_or(GridError::NoLoad(0))?;
    let moments = samples.iter().map(|sample| sample.0);
    let step = match step {
        Some(step) => refuse_finer(step, moments.clone()).map(|()| step)?,
        None if samples.len() < 2 => return Err(GridError::TooFew(samples.len())),
        None => native_step(moments.clone())?.step,
    };
    let phase = phase(moments.clone(), step);
    let step_of = |at: i64| (at - phase).div_euclid(step.seconds() * SECOND);
    let steps = step_of(last) - step_of(first) + 1;
    refuse_sparse(moments, steps, step)?;
    let mut values = vec![f64::NAN; steps as usize];
    for own in samples.chunk_by(|a, b| step_of(a.0) == step_of(b.0)) {
        values[(step_of(own[0].0) - step_of(first)) as usize] = averaged(own);
    }
    let start = step_of(first) * step.seconds() * SECOND + phase;
    let start = DateTime::<Utc>::from_timestamp_micros(start).unwrap_or_default();
    LoadSeries::new(start, step, values).map_err(|_| GridError::NoLoad(samples.len()))
}

/// Sorts by time and keeps the last sample of every moment.
fn keep_last(samples: &mut Vec<Sample>) {
    // A stable sort: of one moment, the last row stays last.
    samples.sort_by_key(|sample| sample.0);
    samples.dedup_by(|later, kept| {
        let same = later.0 == kept.0;
        if same {
            kept.1 = later.1;
        }
        same
    });
}

/// The mean load of the samples of a step.
fn averaged(samples: &[Sample]) -> f64 {
    let loads = samples.iter().map(|sample| sample.1);
    mean(loads.filter(|load| (0.0..=LARGEST_LOAD).contains(load)))
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
