//! Gaps filled from the past, and the newest same time of day that is known at an origin.

use std::borrow::Cow;

/// `values` with every gap filled by the value one season of `m` steps before, else by the value before it.
///
/// Gaps that open the series take its first value.
pub(crate) fn fill_gaps(values: &[f64], m: usize) -> Vec<f64> {
    let first = values.iter().copied().find(|value| !value.is_nan()).unwrap_or(0.0);
    let mut filled: Vec<f64> = Vec::with_capacity(values.len());
    for (index, &value) in values.iter().enumerate() {
        let known = if !value.is_nan() {
            value
        } else if index >= m {
            filled[index - m]
        } else {
            filled.last().copied().unwrap_or(first)
        };
        filled.push(known);
    }
    filled
}

/// As [`fill_gaps`], but copies nothing when there is no gap.
pub(crate) fn without_gaps(values: &[f64], m: usize) -> Cow<'_, [f64]> {
    if values.iter().any(|value| value.is_nan()) {
        Cow::Owned(fill_gaps(values, m))
    } else {
        Cow::Borrowed(values)
    }
}

/// How many seasons of `m` steps before step `h` (from 0) of a forecast the newest known value lies.
pub(crate) fn seasons_back(h: usize, m: usize) -> usize {
    h / m + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_takes_the_season_before_or_else_the_step_before() {
        let nan = f64::NAN;
        assert_eq!(fill_gaps(&[1.0, nan, 3.0, nan, nan], 2), [1.0, 1.0, 3.0, 1.0, 3.0]);
        assert_eq!(fill_gaps(&[nan, 4.0], 1), [4.0, 4.0]);
    }

    #[test]
    fn the_newest_known_season_is_whole_seasons_back() {
        assert_eq!([0, 2, 3, 5, 6].map(|h| seasons_back(h, 3)), [1, 1, 2, 2, 3]);
    }
}
