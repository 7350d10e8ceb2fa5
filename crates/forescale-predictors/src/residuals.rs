//! Quantiles of walk-forward residuals by horizon: where the intervals of a point predictor come from.

use forescale_core::Quantiles;
use forescale_core::forecast::Interpolation;
use forescale_core::metrics::sorted_quantile;
use serde::{Deserialize, Serialize};

use crate::sound::{Flaw, Sound, ascends, ensure, is_row};

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
    /// The quantiles of each bucket, at [`Quantiles::standard`] until [`ResidualQuantiles::at`] is asked.
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

    /// The same curves at `quantiles`, worked out once for all steps of a forecast.
    pub fn at(&self, quantiles: &Quantiles) -> Self {
        let curve = Interpolation::new(Quantiles::standard().as_slice(), quantiles.as_slice());
        let rows = self.rows.iter().map(|row| {
            let mut values = Vec::with_capacity(quantiles.len());
            curve.extend(row, &mut values);
            values
        });
        Self { starts: self.starts.clone(), rows: rows.collect() }
    }

    /// The quantiles of step `h`.
    pub fn row(&self, h: usize) -> &[f64] {
        let bucket = self.starts.partition_point(|start| *start <= h).saturating_sub(1);
        &self.rows[bucket.min(self.rows.len() - 1)]
    }
}

impl Sound for ResidualQuantiles {
    fn check(&self) -> Result<(), Flaw> {
        let starts = self.starts.first() == Some(&0) && ascends(&self.starts);
        ensure(starts, "the residuals do not begin at the first step and ascend")?;
        let rows = self.rows.len() == self.starts.len() && self.rows.iter().all(|row| is_row(row));
        ensure(rows, "the residuals are not those of the standard quantiles")
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

    fn near(value: f64, expected: f64) -> bool {
        (value - expected).abs() < 1e-9
    }

    #[test]
    fn each_bucket_has_its_own_spread_and_thin_ones_borrow() {
        let close = (0..=100).map(|i| Residual { h: 0, value: f64::from(i) - 50.0 });
        let far = (0..=100).map(|i| Residual { h: 7, value: 2.0 * (f64::from(i) - 50.0) });
        let thin = [Residual { h: 9, value: 1e6 }];
        let residuals: Vec<_> = close.chain(far).chain(thin).collect();
        let curves = ResidualQuantiles::new(&residuals, vec![0, 5, 9])
            .at(&Quantiles::new([0.1, 0.9]).unwrap());
        assert!(near(curves.row(4)[2], 40.0) && near(curves.row(5)[2], 80.0));
        assert!(near(curves.row(1000)[0], -80.0));
    }

    #[test]
    fn a_centred_spread_has_a_median_of_zero() {
        let residuals: Vec<_> = (0..=20).map(|i| Residual { h: 0, value: f64::from(i) }).collect();
        let curves = ResidualQuantiles::new(&residuals, vec![0])
            .centered()
            .at(&Quantiles::new([0.9]).unwrap());
        assert_eq!(curves.row(0), [0.0, 8.0]);
    }

    #[test]
    fn a_row_of_the_wrong_length_is_no_spread() {
        let sound = ResidualQuantiles::new(&[], vec![0, 5]);
        assert_eq!(sound.check(), Ok(()));
        let mut short = sound.clone();
        short.rows[1].pop();
        assert!(short.check().unwrap_err().contains("standard quantiles"));
        for starts in [vec![], vec![1, 5], vec![0, 0], vec![0]] {
            assert!(ResidualQuantiles { starts, ..sound.clone() }.check().is_err());
        }
    }

    #[test]
    fn no_residual_means_no_spread() {
        let curves = ResidualQuantiles::new(&[], vec![0]).at(&Quantiles::standard());
        assert!(curves.row(3).iter().all(|value| *value == 0.0));
    }
}
