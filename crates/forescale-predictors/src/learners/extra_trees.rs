//! An extremely randomised quantile forest.
//!
//! # Source
//! Geurts, Ernst & Wehenkel, *Extremely randomized trees*, 2006; Meinshausen, *Quantile regression forests*, 2006.
//! A threshold lies beside the value of a random row, so that splits fall where the data are. Compared with
//! scikit-learn's forests in `benches/forest_vs_sklearn.py`.

use ndarray::Array2;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::bins::Bins;
use super::grower::{Grown, Table, grow};
use super::tree::{LANES, Tree};
use super::weights::Weights;
use crate::sound::{Flaw, ensure};

/// Stands for a missing feature: below every real one, so that a split can set it apart.
pub(crate) const MISSING: f32 = -1_000.0;

/// Rows that a thread predicts at a time: fewer are not worth waking it for.
const ROWS_OF_A_THREAD: usize = 512;

/// How a forest is grown.
#[derive(Debug, Clone, Copy)]
pub struct Growth {
    /// Trees.
    pub trees: usize,
    /// Features that compete for a split.
    pub candidates: usize,
    /// Fewest rows of a leaf.
    pub leaf: usize,
    /// Share of the rows each tree sees.
    pub share: f64,
}

/// A forest that keeps which rows fell into each leaf, as ranks of their targets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExtraTrees {
    /// The targets, ascending.
    targets: Vec<f32>,
    trees: Vec<Tree>,
    /// Gain by feature, summed over all splits.
    pub gains: Vec<f32>,
}

impl ExtraTrees {
    /// Grows a forest on `x` (rows by features, no NaN) and `y`; the same seed grows the same forest on any number
    /// of threads.
    ///
    /// # Panics
    /// With no row, with more than 65 535, or when `y` has another length than `x` has rows.
    pub fn fit(x: &Array2<f32>, y: &[f64], growth: Growth, seed: u64) -> Self {
        assert!(x.nrows() == y.len() && !y.is_empty(), "{} targets of {} rows", y.len(), x.nrows());
        assert!(y.len() <= usize::from(u16::MAX), "at most 65535 rows, but got {}", y.len());
        let (targets, ranks) = ranked(y);
        let table = Table { bins: Bins::new(x), targets: y, ranks };
        let seeds =
            (1..=growth.trees as u64).map(|tree| seed ^ tree.wrapping_mul(0xd134_2543_de82_ef95));
        let seeds: Vec<u64> = seeds.collect();
        let grown: Vec<Grown> =
            seeds.into_par_iter().map(|seed| grow(&table, growth, seed)).collect();
        let mut gains = vec![0.0; x.ncols()];
        for tree in &grown {
            gains.iter_mut().zip(&tree.gains).for_each(|(sum, gain)| *sum += *gain as f32);
        }
        Self { targets, trees: grown.into_iter().map(|grown| grown.tree).collect(), gains }
    }

    /// The quantiles at `levels` (ascending) of each row of `x`, row after row.
    pub fn predict(&self, x: &Array2<f32>, levels: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; x.nrows() * levels.len()];
        let rows = ROWS_OF_A_THREAD.min(x.nrows()).max(1);
        let parts = out.chunks_mut((rows * levels.len()).max(1)).enumerate();
        let parts: Vec<(usize, &mut [f64])> = parts.collect();
        parts
            .into_par_iter()
            .for_each(|(part, out)| self.predict_from(x, part * rows, levels, out));
        out
    }

    /// The mean over the trees for each row of `x`, of what its leaf in each of them holds.
    pub fn means(&self, x: &Array2<f32>) -> Vec<f64> {
        let columns = x.ncols();
        let mut block = vec![0.0; LANES * columns];
        let mut means = Vec::with_capacity(x.nrows());
        for row in x.rows() {
            block.iter_mut().zip(row).for_each(|(value, x)| *value = *x);
            let of_tree = |tree: &Tree| {
                let ranks = tree.ranks(tree.leaves(&block, columns)[0]);
                let targets = ranks.iter().map(|rank| f64::from(self.targets[usize::from(*rank)]));
                targets.sum::<f64>() / ranks.len() as f64
            };
            means.push(self.trees.iter().map(of_tree).sum::<f64>() / self.trees.len() as f64);
        }
        means
    }

    /// Whether it can predict rows of `columns` features.
    pub(crate) fn check(&self, columns: usize) -> Result<(), Flaw> {
        ensure(self.gains.len() == columns, "its forest was grown on other columns")?;
        ensure(!self.trees.is_empty() && !self.targets.is_empty(), "its forest is empty")?;
        self.trees.iter().try_for_each(|tree| tree.check(columns, self.targets.len()))
    }

    /// The quantiles of the rows of `x` from `first` on, as far as `out` has room.
    fn predict_from(&self, x: &Array2<f32>, first: usize, levels: &[f64], out: &mut [f64]) {
        let columns = x.ncols();
        let mut block = vec![0.0; LANES * columns];
        let mut leaves = vec![[0; LANES]; self.trees.len()];
        let mut weights = Weights::new(self.targets.len());
        for (place, out) in out.chunks_mut(LANES * levels.len()).enumerate() {
            let from = first + place * LANES;
            let rows = out.len() / levels.len();
            for (lane, row) in block.chunks_exact_mut(columns).take(rows).enumerate() {
                row.iter_mut().zip(x.row(from + lane)).for_each(|(value, x)| *value = *x);
            }
            for (leaves, tree) in leaves.iter_mut().zip(&self.trees) {
                *leaves = tree.leaves(&block, columns);
            }
            for (lane, out) in out.chunks_exact_mut(levels.len()).enumerate() {
                for (leaves, tree) in leaves.iter().zip(&self.trees) {
                    weights.add(tree.ranks(leaves[lane]));
                }
                weights.read_quantiles(&self.targets, levels, out);
            }
        }
    }
}

/// The targets in ascending order, and the place of each in it.
fn ranked(y: &[f64]) -> (Vec<f32>, Vec<u16>) {
    let mut order: Vec<usize> = (0..y.len()).collect();
    order.sort_by(|a, b| y[*a].total_cmp(&y[*b]));
    let mut ranks = vec![0; y.len()];
    for (place, row) in order.iter().enumerate() {
        ranks[*row] = place as u16;
    }
    (order.iter().map(|row| y[*row] as f32).collect(), ranks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use forescale_features::rows::SplitMix;

    const GROWTH: Growth = Growth { trees: 30, candidates: 2, leaf: 5, share: 0.7 };

    /// A step at 0.5 with noise of +-1 that the second feature knows nothing about.
    fn step() -> (Array2<f32>, Vec<f64>) {
        let mut draw = SplitMix(7);
        let x = Array2::from_shape_fn((600, 2), |_| draw.unit() as f32);
        let y = x.column(0).into_iter().map(|v| if *v > 0.5 { 10.0 } else { 0.0 });
        let y = y.map(|level| level + 2.0 * draw.unit() - 1.0).collect();
        (x, y)
    }

    #[test]
    fn it_finds_the_step_and_its_spread() {
        let (x, y) = step();
        let forest = ExtraTrees::fit(&x, &y, GROWTH, 1);
        let at = ndarray::array![[0.1_f32, 0.5], [0.9, 0.5]];
        let q = forest.predict(&at, &[0.1, 0.5, 0.9]);
        assert!(q[1].abs() < 0.4 && (q[4] - 10.0).abs() < 0.4, "{q:?}");
        assert!((q[0] + 0.8).abs() < 0.3 && (q[5] - 10.8).abs() < 0.3, "{q:?}");
        assert!(forest.gains[0] > 20.0 * forest.gains[1]);
    }

    #[test]
    fn its_mean_is_that_of_the_rows_alike() {
        let (x, y) = step();
        let forest = ExtraTrees::fit(&x, &y, GROWTH, 1);
        let means = forest.means(&ndarray::array![[0.1_f32, 0.5], [0.9, 0.5]]);
        assert!(means[0].abs() < 0.3 && (means[1] - 10.0).abs() < 0.3, "{means:?}");
    }

    #[test]
    fn the_same_seed_grows_the_same_forest() {
        let (x, y) = step();
        assert_eq!(ExtraTrees::fit(&x, &y, GROWTH, 3), ExtraTrees::fit(&x, &y, GROWTH, 3));
        assert_ne!(ExtraTrees::fit(&x, &y, GROWTH, 3), ExtraTrees::fit(&x, &y, GROWTH, 4));
    }

    #[test]
    fn one_thread_and_two_grow_the_same_bytes() {
        let (x, y) = step();
        let bytes = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| crate::persist::to_bytes(&ExtraTrees::fit(&x, &y, GROWTH, 3)))
        };
        assert!(bytes(1) == bytes(2));
    }

    #[test]
    fn constants_and_single_rows_are_leaves() {
        let x = Array2::zeros((1, 2));
        let forest = ExtraTrees::fit(&x, &[4.0], GROWTH, 1);
        assert_eq!(forest.predict(&x, &[0.1, 0.9]), [4.0, 4.0]);
    }
}
