//! What files, frames and services agree on when samples are put on a grid of steps.

/// The largest load that is taken for one; squares and sums beyond it would overflow.
pub const LARGEST_LOAD: f64 = 1e100;

/// Up to this many steps a grid may hold as few samples as it likes.
const SMALL_GRID: i64 = 1_000_000;

/// Beyond it, one step in this many must hold a sample.
const SPARSEST: i64 = 100;

/// No grid is longer: 100 million steps are three years of seconds.
const LARGEST_GRID: i64 = 100_000_000;

/// Steps that divide a day or a week and that people use, in seconds.
const NATURAL: &[i64] = &[
    1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60, 120, 180, 240, 300, 360, 600, 720, 900, 1_200, 1_800,
    3_600, 7_200, 10_800, 14_400, 21_600, 28_800, 43_200, DAY,
];

const DAY: i64 = 86_400;

/// A natural step may be this much below the median: clocks drift, and a few samples are always missing.
const DRIFT: f64 = 0.95;

/// The step, in seconds, for samples whose distance is `median` seconds in the median.
///
/// A median that divides a day is taken as it is; another goes to the smallest natural step that is not clearly
/// below it, so that every step gets a sample. Above a day, steps are whole days.
///
/// ```
/// use forescale_core::grid::natural_step;
/// assert_eq!(natural_step(59.7), 60);
/// assert_eq!(natural_step(432.0), 432);
/// ```
pub fn natural_step(median: f64) -> i64 {
    let whole = median.round() as i64;
    if whole > DAY {
        return ((median / DAY as f64).round() as i64).saturating_mul(DAY);
    }
    if whole >= 1 && DAY % whole == 0 && (median - whole as f64).abs() < 0.01 * median {
        return whole;
    }
    let natural = NATURAL.iter().find(|&&step| step as f64 >= DRIFT * median);
    natural.copied().unwrap_or(DAY)
}

/// Whether a grid of so many steps would be nearly empty, or longer than any history.
///
/// ```
/// use forescale_core::grid::is_too_sparse;
/// assert!(!is_too_sparse(1_000_000, 2));
/// assert!(is_too_sparse(2_000_000, 2) && !is_too_sparse(2_000_000, 20_000));
/// assert!(is_too_sparse(200_000_000, 200_000_000));
/// ```
pub fn is_too_sparse(steps: i64, samples: usize) -> bool {
    let dense = steps <= SMALL_GRID || steps / SPARSEST <= samples as i64;
    !dense || steps > LARGEST_GRID
}

/// The mean of the loads of one step; `NaN` is a gap and counts for nothing, and so does a step of gaps alone.
///
/// ```
/// use forescale_core::grid::mean;
/// assert_eq!(mean([1.0, f64::NAN, 3.0]), 2.0);
/// assert!(mean([f64::NAN]).is_nan());
/// ```
pub fn mean(loads: impl IntoIterator<Item = f64>) -> f64 {
    let (mut count, mut sum) = (0.0, 0.0);
    for load in loads.into_iter().filter(|load| !load.is_nan()) {
        count += 1.0;
        sum += load;
    }
    if count > 0.0 { sum / count } else { f64::NAN }
}

/// Whether the first moment of a history, in microseconds since the Unix epoch, looks like the number of a row.
///
/// ```
/// use forescale_core::grid::begins_in_1970;
/// assert!(begins_in_1970(504 * 1_000_000));
/// assert!(!begins_in_1970(1_767_571_200_000_000));
/// ```
pub fn begins_in_1970(micros: i64) -> bool {
    (0..366 * DAY * 1_000_000).contains(&micros)
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(natural_step(median), step, "{median}");
        }
    }
}
