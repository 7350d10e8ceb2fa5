//! Why samples make no series, in words that files and frames share.
//!
//! The reason stands in the rows of a fleet: whoever divides it, over shards of the command or over machines of Spark, has to
//! get the same bytes.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use thiserror::Error;

use crate::grid::is_too_sparse;
use crate::native::{NativeStep, median_distance};
use crate::time::format_span;
use crate::{Frequency, UnitError};

/// Microseconds in a second.
const SECOND: i64 = 1_000_000;

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
    #[error("there would be {steps} steps of {step} for only {samples} samples: {hole}")]
    TooSparse {
        /// Samples there are, of each moment one.
        samples: usize,
        /// Steps from the first to the last.
        steps: i64,
        /// The step.
        step: Frequency,
        /// The longest time without a sample, as `none from 2026-01-05T00:00:00Z to 2026-03-01T00:00:00Z`.
        hole: String,
    },
    /// No load at all; of each moment one sample is counted.
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

/// The native step of ascending moments, in microseconds.
///
/// # Errors
/// [`GridError::Step`] above 28 days.
pub fn native_step<M>(moments: M) -> Result<NativeStep, GridError>
where
    M: IntoIterator<Item = i64>,
    M::IntoIter: Clone,
{
    let median = median_distance(moments);
    let distance = || written(median.unwrap_or_default());
    NativeStep::of(median).map_err(|reason| GridError::Step { distance: distance(), reason })
}

/// Refuses a given step that is finer than the samples at ascending `moments`: it holds even where most of them are missing,
/// but not where it is below their own step and no two of them are as near as that.
///
/// # Errors
/// [`GridError::TooFine`].
///
/// ```
/// use forescale_core::{Frequency, grid_error::refuse_finer};
/// let hours = |hours: &'static [i64]| hours.iter().map(|hour| hour * 3_600_000_000);
/// let hour = Frequency::from_seconds(3_600)?;
/// assert!(refuse_finer(hour, hours(&[0, 2, 4, 5, 7])).is_ok());
/// assert!(refuse_finer(hour, hours(&[0, 2, 4, 6, 8])).is_err());
/// # Ok::<(), forescale_core::UnitError>(())
/// ```
pub fn refuse_finer<M>(step: Frequency, moments: M) -> Result<(), GridError>
where
    M: IntoIterator<Item = i64>,
    M::IntoIter: Clone,
{
    let moments = moments.into_iter();
    let distances = moments.clone().zip(moments.clone().skip(1)).map(|(at, next)| next - at);
    let nearest = distances.filter(|distance| *distance > 0).min();
    let Some(nearest) = nearest.filter(|nearest| step.seconds() * SECOND < *nearest) else {
        return Ok(());
    };
    match NativeStep::of(median_distance(moments)) {
        // Clocks drift: samples 61 s apart are on steps of a minute.
        Ok(native) if native.step <= step => Ok(()),
        _ => Err(GridError::TooFine { asked: step, nearest: written(nearest) }),
    }
}

/// Refuses a grid of `steps` that would hold hardly a sample: `moments` are ascending and each comes once.
///
/// # Errors
/// [`GridError::TooSparse`].
pub fn refuse_sparse<M>(moments: M, steps: i64, step: Frequency) -> Result<(), GridError>
where
    M: IntoIterator<Item = i64>,
    M::IntoIter: Clone,
{
    let moments = moments.into_iter();
    let samples = moments.clone().count();
    if !is_too_sparse(steps, samples) {
        return Ok(());
    }
    let pairs = moments.clone().zip(moments.skip(1));
    let longest = pairs.max_by_key(|(at, next)| next - at);
    let hole = longest
        .map_or_else(String::new, |(at, next)| format!("none from {} to {}", iso(at), iso(next)));
    Err(GridError::TooSparse { samples, steps, step, hole })
}

/// A span of microseconds.
fn written(micros: i64) -> String {
    let span = TimeDelta::microseconds(micros);
    if micros % SECOND == 0 { format_span(span) } else { format!("{} ms", micros as f64 / 1e3) }
}

/// A moment as ISO 8601.
fn iso(micros: i64) -> String {
    let moment = DateTime::<Utc>::from_timestamp_micros(micros).unwrap_or_default();
    moment.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: &[i64]) -> impl Iterator<Item = i64> + Clone {
        seconds.iter().map(|second| second * SECOND)
    }

    fn step(seconds: i64) -> Frequency {
        Frequency::from_seconds(seconds).unwrap()
    }

    #[test]
    fn a_clock_that_drifts_makes_no_step_finer() {
        assert_eq!(refuse_finer(step(60), seconds(&[0, 61, 122, 183])), Ok(()));
        let finer = refuse_finer(step(30), seconds(&[0, 61, 122, 183])).unwrap_err();
        let words = "a step of 30s is finer than the samples, which are 1m1s apart or more";
        assert_eq!(finer.to_string(), words);
        assert_eq!(refuse_finer(step(60), seconds(&[7])), Ok(()), "one sample has no distance");
    }

    #[test]
    fn samples_months_apart_have_no_step_of_their_own() {
        let month = 30 * 86_400;
        let error = native_step(seconds(&[0, month])).unwrap_err().to_string();
        assert!(error.starts_with("the samples are 30d apart in the median"), "{error}");
        let finer = refuse_finer(step(3_600), seconds(&[0, month])).unwrap_err().to_string();
        assert_eq!(finer, "a step of 1h is finer than the samples, which are 30d apart or more");
    }

    #[test]
    fn a_grid_that_is_nearly_empty_names_its_hole() {
        let moments = seconds(&[0, 1, 2, 2_000_000]);
        let sparse = refuse_sparse(moments, 2_000_001, step(1)).unwrap_err().to_string();
        let words = "there would be 2000001 steps of 1s for only 4 samples: \
            none from 1970-01-01T00:00:02Z to 1970-01-24T03:33:20Z";
        assert_eq!(sparse, words);
        assert_eq!(refuse_sparse(seconds(&[0, 1]), 2, step(1)), Ok(()));
    }
}
