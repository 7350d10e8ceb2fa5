//! Quantiles of walk-forward residuals by horizon: where the intervals of a point predictor come from.

use forescale_core::Quantiles;
use forescale_core::forecast::interpolate;
use forescale_core::metrics::sorted_quantile;
use serde::{Deserialize, Serialize};

/// Fewer residuals than this say too little about a tail; such a bucket borrows from the one before.
const ENOUGH: usize = 20;

/// A residual of a walk-forward prediction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Residual {
    /// The step of the forecast, from 0.
    pub h: usize,
    /// Actual minus predicted, in the unit the quantiles are wanted in.
    pub value: f64,
}

/// Residual quantiles by horizon bucket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ResidualQuantiles {
    /// First step of each bucket, ascending, starting with 0.
    starts: Vec<usize>,
    /// The quantiles of each bucket at [`Quantiles::standard`].
    rows: Vec<Vec<f64>>,
}

impl ResidualQuantiles {
    /// Quantiles of `residuals` in buckets that begin at `starts` (ascending, from 0).
    ///
    /// A bucket with too few residuals takes the quantiles of the one before it; without any residual at all
    /// the quantiles are 0.
    pub fn new(residuals: &[Residual], starts: Vec<usize>) -> Self {
        let mut buckets = vec![Vec::new(); starts.len()];
        for residual in residuals.iter().filter(|residual| residual.value.is_finite()) {
            let bucket = starts.partition_point(|start| *start <= residual.h);
            buckets[bucket.saturating_sub(1)].push(residual.value);
        }
        let mut known = quantiles_of(buckets.concat());
        let rows = buckets
            .into_iter()
            .map(|bucket| {
                if bucket.len() >= ENOUGH {
                    known = quantiles_of(bucket);
                }
                known.clone()
            })
            .collect();
        Self { starts, rows }
    }

    /// The same spread about a median of 0, for a point forecast that is to stay the median.
    pub fn centered(mut self) -> Self {
        let median = Quantiles::standard().median_index();
        for row in &mut self.rows {
            let middle = row[median];
            row.iter_mut().for_each(|value| *value -= middle);
        }
        self
    }

    /// The residual quantile at `probability` for step `h`.
    pub fn at(&self, h: usize, probability: f64) -> f64 {
        let bucket = self.starts.partition_point(|start| *start <= h).saturating_sub(1);
        let row = &self.rows[bucket.min(self.rows.len() - 1)];
        interpolate(Quantiles::standard().as_slice(), row, probability)
    }

    /// The quantile row `point + scale * residual` of step `h`, appended to `values`.
    pub fn spread(
        &self,
        h: usize,
        point: f64,
        scale: f64,
        quantiles: &Quantiles,
        values: &mut Vec<f64>,
    ) {
        values.extend(quantiles.as_slice().iter().map(|p| point + scale * self.at(h, *p)));
    }
}

fn quantiles_of(mut residuals: Vec<f64>) -> Vec<f64> {
    let standard = Quantiles::standard();
    if residuals.is_empty() {
        return vec![0.0; standard.len()];
    }
    residuals.sort_unstable_by(f64::total_cmp);
    standard.as_slice().iter().map(|p| sorted_quantile(&residuals, *p)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bucket_has_its_own_spread_and_thin_ones_borrow() {
        let near = (0..=100).map(|i| Residual { h: 0, value: f64::from(i) - 50.0 });
        let far = (0..=100).map(|i| Residual { h: 7, value: 2.0 * (f64::from(i) - 50.0) });
        let thin = [Residual { h: 9, value: 1e6 }];
        let residuals: Vec<_> = near.chain(far).chain(thin).collect();
        let quantiles = ResidualQuantiles::new(&residuals, vec![0, 5, 9]);
        assert!((quantiles.at(4, 0.9) - 40.0).abs() < 1e-9);
        assert!((quantiles.at(5, 0.9) - 80.0).abs() < 1e-9);
        assert!((quantiles.at(1000, 0.1) + 80.0).abs() < 1e-9);
    }

    #[test]
    fn a_centred_spread_has_a_median_of_zero() {
        let residuals: Vec<_> = (0..=20).map(|i| Residual { h: 0, value: f64::from(i) }).collect();
        let quantiles = ResidualQuantiles::new(&residuals, vec![0]).centered();
        assert_eq!((quantiles.at(0, 0.5), quantiles.at(0, 0.9)), (0.0, 8.0));
    }

    #[test]
    fn no_residual_means_no_spread() {
        assert_eq!(ResidualQuantiles::new(&[], vec![0]).at(3, 0.99), 0.0);
    }
}
