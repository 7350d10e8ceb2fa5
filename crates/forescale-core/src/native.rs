//! The step that samples have by themselves.

use crate::grid::natural_step;
use crate::{Frequency, UnitError, phase};

/// Microseconds in a second.
const SECOND: i64 = 1_000_000;

/// The step of a single sample, in seconds: it has none of its own, and this is what monitoring most often uses.
pub const STEP_OF_ONE: i64 = 300;

/// A step may be this share of the median distance away from it before it is worth a word.
const ODD: f64 = 0.05;

/// The native step, and how it was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NativeStep {
    /// The step.
    pub step: Frequency,
    /// Seconds between neighbouring samples, the median; `None` for a single sample.
    pub median_seconds: Option<f64>,
}

impl NativeStep {
    /// The [natural step](natural_step) of samples whose distance is `median` microseconds in the median.
    ///
    /// # Errors
    /// [`UnitError::Step`] above 28 days.
    ///
    /// ```
    /// use forescale_core::native::{NativeStep, median_distance};
    /// let moments = [0, 7, 14, 21].map(|minute| minute * 60_000_000);
    /// let native = NativeStep::of(median_distance(moments))?;
    /// assert_eq!((native.step.seconds(), native.is_uneven()), (600, true));
    /// # Ok::<(), forescale_core::UnitError>(())
    /// ```
    pub fn of(median: Option<i64>) -> Result<Self, UnitError> {
        let median_seconds = median.map(|micros| micros as f64 / SECOND as f64);
        let step = Frequency::from_seconds(median_seconds.map_or(STEP_OF_ONE, natural_step))?;
        Ok(Self { step, median_seconds })
    }

    /// Whether the samples are clearly not as far apart as the step.
    pub fn is_uneven(&self) -> bool {
        let step = self.step.seconds() as f64;
        self.median_seconds.is_some_and(|median| (median - step).abs() > ODD * median)
    }
}

/// The median distance of ascending moments, in their unit; a moment that comes again has none. `None` for fewer than two.
pub fn median_distance<M>(moments: M) -> Option<i64>
where
    M: IntoIterator<Item = i64>,
    M::IntoIter: Clone,
{
    let moments = moments.into_iter();
    let neighbours = moments.clone().zip(moments.skip(1));
    let distances = neighbours.map(|(at, next)| next - at).filter(|distance| *distance > 0);
    let first = distances.clone().next()?;
    // Nearly every history is regular: a distance that more than half of them are is the median.
    let (alike, count) = distances.clone().fold((0, 0_usize), |(alike, count), distance| {
        (alike + usize::from(distance == first), count + 1)
    });
    if 2 * alike > count {
        return Some(first);
    }
    let mut all: Vec<i64> = distances.collect();
    let middle = (all.len() - 1) / 2;
    Some(*all.select_nth_unstable(middle).1)
}

/// How many steps hold a sample, of ascending moments in microseconds, on the grid where they stand.
///
/// ```
/// use forescale_core::{Frequency, native::steps_held};
/// let moments = [0, 20, 60, 61, 180].map(|second| second * 1_000_000);
/// assert_eq!(steps_held(moments, Frequency::from_seconds(60)?), 3);
/// # Ok::<(), forescale_core::UnitError>(())
/// ```
pub fn steps_held<M>(moments: M, step: Frequency) -> usize
where
    M: IntoIterator<Item = i64>,
    M::IntoIter: Clone,
{
    let moments = moments.into_iter();
    let behind = phase(moments.clone(), step);
    let micros = step.seconds() * SECOND;
    let mut last = None;
    let begins = |at: &i64| {
        let step = Some((at - behind).div_euclid(micros));
        std::mem::replace(&mut last, step) != step
    };
    moments.filter(begins).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step_of(seconds: &[f64]) -> i64 {
        let moments = seconds.iter().map(|second| (second * 1e6) as i64);
        NativeStep::of(median_distance(moments)).unwrap().step.seconds()
    }

    #[test]
    fn the_step_is_the_median_distance() {
        assert_eq!(step_of(&[0.0, 300.0, 600.0, 1800.0]), 300);
        assert_eq!(step_of(&[0.0, 3600.0, 3660.0, 3720.0]), 60);
        assert_eq!(step_of(&[7.0]), 300);
    }

    #[test]
    fn a_moment_that_comes_again_is_no_distance() {
        assert_eq!(median_distance([0, 0, 0, 0, 60, 120]), Some(60));
        assert_eq!(median_distance([5, 5]), None);
    }

    #[test]
    fn a_step_is_at_most_28_days() {
        assert!(NativeStep::of(Some(30 * 86_400 * SECOND)).is_err());
    }
}
