//! The step that samples have by themselves.

use forescale_core::Frequency;
use forescale_core::grid::natural_step;

use crate::error::SourceError;
use crate::samples::Sample;
use crate::timestamp::SECOND;

/// The native step, and how it was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct NativeStep {
    /// The step.
    pub step: Frequency,
    /// Seconds between neighbouring samples, the median; `None` for a single sample.
    pub median_seconds: Option<f64>,
}

impl NativeStep {
    /// Whether the samples are clearly not as far apart as the step.
    pub fn is_uneven(&self) -> bool {
        let step = self.step.seconds() as f64;
        self.median_seconds.is_some_and(|median| (median - step).abs() > 0.05 * median)
    }
}

const DAY: i64 = 86_400;

/// One sample alone has no step; this is what monitoring most often uses.
pub(crate) const STEP_OF_ONE: i64 = 300;

/// The median distance of ascending samples, as a [natural step](natural_step).
///
/// # Errors
/// [`SourceError::StepTooLong`] above 28 days.
pub(crate) fn native_step(samples: &[Sample], name: &str) -> Result<NativeStep, SourceError> {
    let median = median_distance(samples).map(|micros| micros as f64 / SECOND as f64);
    let seconds = median.map_or(STEP_OF_ONE, natural_step);
    let step = Frequency::from_seconds(seconds)
        .map_err(|_| SourceError::StepTooLong { name: name.to_owned(), days: seconds / DAY })?;
    Ok(NativeStep { step, median_seconds: median })
}

fn median_distance(samples: &[Sample]) -> Option<i64> {
    let distances = || samples.windows(2).map(|pair| pair[1].at - pair[0].at);
    let first = distances().next()?;
    // Nearly every history is regular: a distance that most samples have is the median.
    let alike = distances().filter(|&distance| distance == first).count();
    if 2 * alike > samples.len() {
        return Some(first);
    }
    let mut all: Vec<i64> = distances().collect();
    let middle = (all.len() - 1) / 2;
    Some(*all.select_nth_unstable(middle).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step_of(seconds: &[f64]) -> i64 {
        let at = |second: &f64| Sample { at: (second * 1e6) as i64, load: 1.0 };
        let samples: Vec<_> = seconds.iter().map(at).collect();
        native_step(&samples, "f").unwrap().step.seconds()
    }

    #[test]
    fn the_step_is_the_median_distance() {
        assert_eq!(step_of(&[0.0, 300.0, 600.0, 1800.0]), 300);
        assert_eq!(step_of(&[0.0, 3600.0, 3660.0, 3720.0]), 60);
        assert_eq!(step_of(&[7.0]), 300);
    }

    #[test]
    fn samples_months_apart_are_refused() {
        let rows = [0, 30 * DAY].map(|second| Sample { at: second * SECOND, load: 1.0 });
        let error = native_step(&rows, "f.csv").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the samples of f.csv are 30 days apart, but a step is at most 28 days"
        );
    }
}
