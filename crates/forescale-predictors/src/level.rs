//! The scale of a history: how far its load usually is from its mean.

/// Days of history that the scale is taken from.
const DAYS: usize = 7;

/// Values that are enough for a mean.
const VALUES: usize = 4_000;

/// Mean absolute deviation of the last seven days of `m` steps plus 2 % of their mean; above 0.
///
/// The share of the mean keeps a load that never changes from having a scale of 0.
pub(crate) fn recent_scale(load: &[f64], m: usize) -> f64 {
    let newest = &load[load.len().saturating_sub(DAYS * m)..];
    let newest = newest.iter().rev().step_by((newest.len() / VALUES).max(1));
    let count = newest.len() as f64;
    let mean = newest.clone().sum::<f64>() / count;
    let deviation = newest.map(|value| (value - mean).abs()).sum::<f64>() / count;
    let scale = deviation + 0.02 * mean.abs();
    if scale > 0.0 { scale } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_of_two_levels_and_of_none() {
        assert!((recent_scale(&[9.0, 11.0], 24) - 1.2).abs() < 1e-12);
        assert_eq!(recent_scale(&[0.0; 5], 24), 1.0);
    }

    #[test]
    fn only_the_last_week_counts() {
        let load: Vec<f64> = [vec![1e6; 10], vec![5.0; 7]].concat();
        assert!((recent_scale(&load, 1) - 0.1).abs() < 1e-12);
    }
}
