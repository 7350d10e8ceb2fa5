//! The step that samples have by themselves.

use forescale_core::Frequency;

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

/// Steps that divide a day or a week and that people use, in seconds.
const NATURAL: &[i64] = &[
    1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60, 120, 180, 240, 300, 360, 600, 720, 900, 1_200, 1_800,
    3_600, 7_200, 10_800, 14_400, 21_600, 28_800, 43_200, DAY,
];

const DAY: i64 = 86_400;

/// A natural step may be this much below the median: clocks drift, and a few samples are always missing.
const DRIFT: f64 = 0.95;

/// One sample alone has no step; this is what monitoring most often uses.
pub(crate) const STEP_OF_ONE: i64 = 300;

/// The median distance of ascending samples, snapped to a natural step.
///
/// A median that divides a day is taken as it is; another goes to the smallest natural step that is not clearly
/// below it, so that every step gets a sample. Above a day, steps are whole days.
///
/// # Errors
/// [`SourceError::StepTooLong`] above 28 days.
pub(crate) fn native_step(samples: &[Sample], name: &str) -> Result<NativeStep, SourceError> {
    let median = median_distance(samples).map(|micros| micros as f64 / SECOND as f64);
    let seconds = median.map_or(STEP_OF_ONE, snap);
    let step = Frequency::from_seconds(seconds)
        .map_err(|_| SourceError::StepTooLong { name: name.to_owned(), days: seconds / DAY })?;
    Ok(NativeStep { step, median_seconds: median })
}

fn snap(median: f64) -> i64 {
    let whole = median.round() as i64;
    if whole > DAY {
        return ((median / DAY as f64).round() as i64) * DAY;
    }
    if whole >= 1 && DAY % whole == 0 && (median - whole as f64).abs() < 0.01 * median {
        return whole;
    }
    let natural = NATURAL.iter().find(|&&step| step as f64 >= DRIFT * median);
    natural.copied().unwrap_or(DAY)
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
    fn the_median_snaps_to_a_step_that_divides_a_day() {
        for (median, step) in [
            (0.1, 1),
            (0.98, 1),
            (59.7, 60),
            (61.0, 60),
            (301.0, 300),
            (420.0, 600),
            (432.0, 432),
            (3_599.0, 3_600),
            (50_000.0, 86_400),
            (86_400.0, 86_400),
            (90_000.0, 86_400),
            (604_800.0, 604_800),
        ] {
            assert_eq!(snap(median), step, "{median}");
        }
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
