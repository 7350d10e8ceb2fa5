//! Where the grid of a series stands: at the moments that its samples have themselves.

use crate::Frequency;

const SECOND: i64 = 1_000_000;

/// So many of ten samples have to stand alike for the grid to stand where they do.
const ALIKE_OF_TEN: usize = 9;

/// How far behind the multiples of `step` since the Unix epoch most of `moments` stand, in microseconds; 0 when they do not
/// agree, or not on whole seconds.
///
/// A history stamped 00:04, 00:09, ... is on steps of five minutes that begin there: its forecasts and plans are at moments
/// that it has itself.
///
/// ```
/// use forescale_core::{Frequency, phase};
/// let five = Frequency::from_seconds(300)?;
/// let minute = 60_000_000;
/// assert_eq!(phase([4, 9, 14, 19].map(|at| at * minute), five), 4 * minute);
/// assert_eq!(phase([0, 1, 2, 3, 4].map(|at| at * minute), five), 0);
/// # Ok::<(), forescale_core::UnitError>(())
/// ```
pub fn phase<M>(moments: M, step: Frequency) -> i64
where
    M: IntoIterator<Item = i64>,
    M::IntoIter: Clone,
{
    let micros = step.seconds() * SECOND;
    let phases = moments.into_iter().map(|at| at.rem_euclid(micros));
    let most = majority(phases.clone());
    let (alike, all) =
        phases.fold((0, 0), |(alike, all), phase| (alike + usize::from(phase == most), all + 1));
    if 10 * alike >= ALIKE_OF_TEN * all && most % SECOND == 0 { most } else { 0 }
}

/// What more than half of `values` are, if there is such a value. Source: Boyer and Moore, MJRTY, 1991.
fn majority(values: impl Iterator<Item = i64>) -> i64 {
    let (mut most, mut lead) = (0, 0_usize);
    for value in values {
        if lead == 0 {
            most = value;
        }
        lead = if value == most { lead + 1 } else { lead - 1 };
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(seconds: &[i64]) -> i64 {
        let hour = Frequency::from_seconds(3_600).unwrap();
        phase(seconds.iter().map(|second| second * SECOND), hour) / SECOND
    }

    #[test]
    fn a_stray_sample_moves_no_grid() {
        let mut moments: Vec<i64> = (0..19).map(|hour| hour * 3_600 + 1_800).collect();
        moments.push(19 * 3_600 + 7);
        assert_eq!(of(&moments), 1_800);
        moments.extend([20 * 3_600, 21 * 3_600]);
        assert_eq!(of(&moments), 0, "three of 22 stand elsewhere");
    }

    #[test]
    fn moments_before_1970_and_none_at_all_have_a_phase() {
        assert_eq!(of(&[-3_500, 100, 3_700]), 100);
        assert_eq!(of(&[]), 0);
    }

    #[test]
    fn a_grid_stands_on_whole_seconds() {
        let second = Frequency::from_seconds(1).unwrap();
        assert_eq!(phase([500_000, 1_500_000], second), 0);
    }
}
