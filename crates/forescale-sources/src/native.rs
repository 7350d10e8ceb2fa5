//! The step that the samples of a source have by themselves.

use forescale_core::grid::natural_step;
use forescale_core::native::{NativeStep, median_distance};

use crate::error::SourceError;
use crate::samples::Sample;
use crate::timestamp::SECOND;

const DAY: i64 = 86_400;

/// The native step of ascending samples.
///
/// # Errors
/// [`SourceError::StepTooLong`] above 28 days.
pub(crate) fn native_step(samples: &[Sample], name: &str) -> Result<NativeStep, SourceError> {
    let median = median_distance(samples.iter().map(|sample| sample.at));
    NativeStep::of(median).map_err(|_| {
        let seconds = natural_step(median.unwrap_or_default() as f64 / SECOND as f64);
        SourceError::StepTooLong { name: name.to_owned(), days: seconds / DAY }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
