//! What files, frames and services agree on when samples are put on a grid of steps.

/// The largest load that is taken for one; squares and sums beyond it would overflow.
pub const LARGEST_LOAD: f64 = 1e100;

/// Up to this many steps a grid may hold as few samples as it likes.
const SMALL_GRID: i64 = 1_000_000;

/// Beyond it, one step in this many must hold a sample.
const SPARSEST: i64 = 100;

/// No grid is longer: 100 million steps are three years of seconds.
const LARGEST_GRID: i64 = 100_000_000;

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
