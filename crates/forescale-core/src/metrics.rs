//! How good a forecast was: pinball loss, WQL, MASE and coverage.

/// The pinball (quantile) loss of `predicted` at `quantile`, in load units.
///
/// # Source
/// Koenker & Bassett, *Regression Quantiles*, Econometrica 1978.
///
/// ```
/// use forescale_core::metrics::pinball;
/// assert_eq!(pinball(10.0, 8.0, 0.9), 1.8);
/// assert!((pinball(10.0, 12.0, 0.9) - 0.2).abs() < 1e-12);
/// ```
pub fn pinball(actual: f64, predicted: f64, quantile: f64) -> f64 {
    let miss = actual - predicted;
    (quantile * miss).max((quantile - 1.0) * miss)
}

/// The scale of MASE: mean absolute difference of values `season` steps apart, gaps left out.
///
/// `None` without a pair of present values.
///
/// # Source
/// Hyndman & Koehler, *Another look at measures of forecast accuracy*, 2006.
pub fn seasonal_scale(values: &[f64], season: usize) -> Option<f64> {
    let differences = values.iter().skip(season).zip(values).map(|(now, then)| (now - then).abs());
    mean(differences.filter(|difference| !difference.is_nan()))
}

/// The mean of what an iterator yields; `None` when it yields nothing.
pub fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0_usize), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / count as f64)
}

/// The `probability` quantile of `sorted` ascending values, linear between them (Hyndman & Fan type 7).
///
/// # Panics
/// When `sorted` is empty.
pub fn sorted_quantile(sorted: &[f64], probability: f64) -> f64 {
    let place = probability.clamp(0.0, 1.0) * (sorted.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_leaves_gaps_out() {
        assert_eq!(seasonal_scale(&[1.0, 2.0, 4.0, f64::NAN, 5.0], 2), Some(2.0));
        assert_eq!(seasonal_scale(&[1.0, 2.0], 2), None);
    }

    #[test]
    fn quantiles_are_linear_between_values() {
        assert_eq!(sorted_quantile(&[0.0, 10.0, 20.0], 0.25), 5.0);
        assert_eq!(sorted_quantile(&[7.0], 0.9), 7.0);
    }
}
