//! Features in at most 64 bins each, for the trees that are grown on histograms of them.

use ndarray::{Array2, ArrayView1};

/// Most bins of a feature; bin 0 holds what is missing.
pub(crate) const BINS: usize = 64;

/// Values of a feature that its edges are laid through.
const SAMPLED: usize = 2_000;

/// A feature matrix in bins, row after row: a histogram reads whole rows.
#[derive(Debug)]
pub(crate) struct Binned {
    bytes: Vec<u8>,
    rows: usize,
    /// Upper edge of each bin from bin 1 on.
    edges: Vec<Vec<f32>>,
}

impl Binned {
    /// Bins each column of `x` at its quantiles.
    pub fn new(x: &Array2<f32>) -> Self {
        let edges: Vec<Vec<f32>> = x.columns().into_iter().map(edges_of).collect();
        let mut bytes = vec![0; x.len()];
        for (feature, (column, edges)) in x.columns().into_iter().zip(&edges).enumerate() {
            let places = bytes[feature..].iter_mut().step_by(x.ncols());
            places.zip(column).for_each(|(byte, value)| *byte = bin(edges, *value));
        }
        Self { bytes, rows: x.nrows(), edges }
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many features there are.
    pub fn features(&self) -> usize {
        self.edges.len()
    }

    /// The bins of a row, feature after feature.
    pub fn row(&self, row: u32) -> &[u8] {
        let features = self.features();
        &self.bytes[row as usize * features..][..features]
    }

    /// The upper edges of the bins of `feature`, from bin 1 on.
    pub fn edges(&self, feature: usize) -> &[f32] {
        &self.edges[feature]
    }
}

fn edges_of(column: ArrayView1<f32>) -> Vec<f32> {
    let thin = column.len().div_ceil(SAMPLED).max(1);
    let known = column.iter().copied().step_by(thin).filter(|value| value.is_finite());
    let mut known: Vec<f32> = known.collect();
    known.sort_unstable_by(f32::total_cmp);
    let mut edges: Vec<f32> =
        (1..BINS - 1).filter_map(|k| known.get(k * known.len() / (BINS - 1)).copied()).collect();
    edges.dedup();
    edges
}

/// 0 for missing, else 1 + the number of edges below the value.
fn bin(edges: &[f32], value: f32) -> u8 {
    if value.is_finite() { 1 + edges.partition_point(|edge| *edge < value) as u8 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_has_a_bin_of_its_own_and_the_rest_ascends() {
        let x = Array2::from_shape_fn((200, 2), |(i, feature)| match (i, feature) {
            (7, 0) => f32::NAN,
            (_, 0) => i as f32,
            _ => 3.0,
        });
        let binned = Binned::new(&x);
        assert_eq!((binned.rows(), binned.features(), binned.edges(1)), (200, 2, &[3.0_f32][..]));
        assert_eq!((binned.row(7), binned.row(0)), (&[0, 1][..], &[1, 1][..]));
        assert!((8..199).all(|i| binned.row(i)[0] <= binned.row(i + 1)[0]));
        assert!(binned.row(199)[0] > 50);
    }
}
