//! Quantile gradient boosting with one tree an iteration for all quantiles.
//!
//! Each tree is grown on one combined gradient (where the row lies among its predicted quantiles, or how far out),
//! and each of its leaves then moves every quantile to where the rows in the leaf are. That costs little more than
//! boosting a single quantile.
//!
//! # Source
//! Friedman, *Greedy function approximation: a gradient boosting machine*, 2001, for the leaf-wise line search; Ke et
//! al., *LightGBM*, 2017, for the growth.

use forescale_features::rows::SplitMix;
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::binned::{Binned, from_ordered, ordered};
use super::drawn::{Drawn, part};
use super::histogram::{Grower, MOST_PULL, Pulls, TreeGrowth};
use super::splits::Tree;
use crate::sound::{Flaw, ensure};

/// The quantiles that are boosted; others are interpolated.
pub(crate) const LEVELS: [f64; 9] = [0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99];

const WIDTH: usize = LEVELS.len();

/// Levels up to the median.
const LOWER: usize = 4;

const _: () = assert!(WIDTH == MOST_PULL as usize);

/// About this many rows of a leaf say how it moves.
const LEAF_SAMPLE: usize = 200;

/// How boosting goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Boosting {
    /// Trees.
    pub rounds: usize,
    /// Share of each leaf's move that is made.
    pub rate: f32,
    /// How each tree is grown.
    pub tree: TreeGrowth,
    /// Share of the features a tree may split on.
    pub feature_share: f64,
    /// Share of the groups of rows a tree is grown on.
    pub group_share: f64,
}

/// Boosted quantiles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Boosted {
    base: [f32; WIDTH],
    trees: Vec<(Tree, Vec<[f32; WIDTH]>)>,
    /// Gain by feature, summed over all splits.
    pub gains: Vec<f32>,
}

impl Boosted {
    /// Boosts the quantiles of `y` on the rows of `binned`.
    ///
    /// Each tree is grown on some of the `groups` and its leaves are moved by all rows: rows of one day are nearly the
    /// same, and trees grown on some rows of every day would learn the noise of each.
    pub fn fit(binned: &Binned, y: &[f32], groups: &[u32], how: Boosting, seed: u64) -> Self {
        let mut draw = SplitMix(seed);
        let mut sorted = y.to_vec();
        sorted.sort_unstable_by(f32::total_cmp);
        let base = LEVELS.map(|level| sorted[((sorted.len() - 1) as f64 * level).round() as usize]);
        let mut fitted = Self { base, trees: Vec::new(), gains: vec![0.0; binned.features()] };
        let mut predicted = vec![base; y.len()];
        let grower = Grower::new(binned, how.tree);
        for round in 0..how.rounds {
            let pulls =
                if round % 3 == 2 { spread(y, &predicted) } else { location(y, &predicted) };
            let rows = draw_groups(&mut draw, groups, how.group_share);
            let features = draw_features(&mut draw, binned.features(), how.feature_share);
            let grown = grower.grow(&pulls, rows, &features);
            if grown.leaves.len() < 2 {
                continue;
            }
            let moves = leaf_moves(&grown.leaves, y, &predicted, how.rate, round);
            for (rows, step) in grown.leaves.iter().zip(&moves) {
                for row in rows.iter() {
                    // All are read before one is written, so that the compiler adds them side by side.
                    let before = predicted[row];
                    predicted[row] = std::array::from_fn(|k| before[k] + step[k]);
                }
            }
            for (feature, gain) in &grown.gains {
                fitted.gains[*feature] += *gain as f32;
            }
            fitted.trees.push((grown.tree, moves));
        }
        fitted
    }

    /// The boosted quantiles of row `i` of `x`, ascending.
    pub fn predict(&self, x: &Array2<f32>, i: usize) -> [f64; WIDTH] {
        let mut row = self.base;
        for (tree, moves) in &self.trees {
            let leaf = tree.leaf(|feature| x[(i, feature)]);
            row.iter_mut().zip(&moves[leaf]).for_each(|(value, step)| *value += step);
        }
        row.sort_unstable_by(f32::total_cmp);
        row.map(f64::from)
    }

    /// Whether it can predict rows of `columns` features.
    pub fn check(&self, columns: usize) -> Result<(), Flaw> {
        ensure(self.gains.len() == columns, "it was boosted on other columns")?;
        self.trees.iter().try_for_each(|(tree, moves)| tree.check(columns, moves.len()))
    }
}

/// The summed pinball gradient: which way the whole distribution should move. A row pulls by the quantiles above it.
fn location(y: &[f32], predicted: &[[f32; WIDTH]]) -> Pulls {
    let rows = y.iter().zip(predicted);
    let of_row = rows.map(|(y, row)| above(*y, row).iter().sum()).collect();
    Pulls { of_row, center: LEVELS.iter().sum() }
}

/// The pinball gradient summed with opposite signs up to and above the median: whether it should widen.
fn spread(y: &[f32], predicted: &[[f32; WIDTH]]) -> Pulls {
    let pull = |(y, row): (&f32, &[f32; WIDTH])| {
        let above = above(*y, row);
        let (lower, upper) = above.split_at(LOWER);
        LOWER as u8 + upper.iter().sum::<u8>() - lower.iter().sum::<u8>()
    };
    let (lower, upper) = LEVELS.split_at(LOWER);
    let center = LOWER as f64 + upper.iter().sum::<f64>() - lower.iter().sum::<f64>();
    Pulls { of_row: y.iter().zip(predicted).map(pull).collect(), center }
}

/// Which predicted quantiles lie above `y`: 1 for those that do.
fn above(y: f32, predicted: &[f32; WIDTH]) -> [u8; WIDTH] {
    predicted.map(|quantile| u8::from(y < quantile))
}

/// The rows of a random share of the groups to learn from, and the others.
fn draw_groups(draw: &mut SplitMix, groups: &[u32], share: f64) -> Drawn {
    let count = groups.iter().max().map_or(0, |last| *last as usize + 1);
    let drawn: Vec<bool> = (0..count).map(|_| draw.unit() < share).collect();
    let rows = (0..groups.len() as u32).collect();
    let (learned, others) = part(rows, |row| drawn[groups[row as usize] as usize]);
    Drawn { learned, others }
}

fn draw_features(draw: &mut SplitMix, n: usize, share: f64) -> Vec<usize> {
    let mut features: Vec<usize> = (0..n).collect();
    let wanted = ((n as f64 * share).round() as usize).clamp(1, n);
    for i in 0..wanted {
        let j = i + draw.below(n - i);
        features.swap(i, j);
    }
    features.truncate(wanted);
    features.sort_unstable();
    features
}

/// For each leaf and quantile: the quantile of what is left to explain, times the learning rate.
///
/// A large leaf is moved by every few rows, others in each round: its quantiles are as good, and most of the time of
/// boosting is spent here.
fn leaf_moves(
    leaves: &[Drawn],
    y: &[f32],
    predicted: &[[f32; WIDTH]],
    rate: f32,
    round: usize,
) -> Vec<[f32; WIDTH]> {
    let mut rests: [Vec<i32>; WIDTH] = Default::default();
    let moves = leaves.iter().map(|rows| {
        let every = rows.len().div_ceil(LEAF_SAMPLE).max(1);
        rests.iter_mut().for_each(Vec::clear);
        for row in rows.iter().skip(round % every).step_by(every) {
            let rest = predicted[row].map(|quantile| ordered(y[row] - quantile));
            rests.iter_mut().zip(rest).for_each(|(rests, rest)| rests.push(rest));
        }
        std::array::from_fn(|k| {
            let place = ((rests[k].len() - 1) as f64 * LEVELS[k]).round() as usize;
            let (_, value, _) = rests[k].select_nth_unstable(place);
            rate * from_ordered(*value)
        })
    });
    moves.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOW: Boosting = Boosting {
        rounds: 120,
        rate: 0.1,
        tree: TreeGrowth { leaves: 7, leaf: 20, damping: 1.0 },
        feature_share: 1.0,
        group_share: 0.8,
    };

    /// The level follows the first feature, the spread the second.
    fn sample() -> (Array2<f32>, Vec<f32>, Vec<u32>) {
        let mut draw = SplitMix(11);
        let x = Array2::from_shape_fn((3_000, 2), |_| draw.unit() as f32);
        let y = x.rows().into_iter().map(|r| {
            let noise = 2.0 * draw.unit() as f32 - 1.0;
            let level = if r[0] > 0.5 { 10.0 } else { 0.0 };
            level + if r[1] > 0.5 { 4.0 * noise } else { noise }
        });
        let y = y.collect();
        let groups = (0..3_000).map(|row| row % 20).collect();
        (x, y, groups)
    }

    #[test]
    fn it_learns_level_and_spread() {
        let (x, y, groups) = sample();
        let boosted = Boosted::fit(&Binned::new(&x), &y, &groups, HOW, 1);
        let at = ndarray::array![[0.2_f32, 0.2], [0.8, 0.8]];
        let (low, high) = (boosted.predict(&at, 0), boosted.predict(&at, 1));
        // A uniform spread of +-w has its 10 % and 90 % quantiles at -+0.8 w.
        assert!(low[3].abs() < 0.4 && (high[3] - 10.0).abs() < 1.0, "{low:?} {high:?}");
        assert!((low[5] - 0.8).abs() < 0.4 && (high[5] - 13.2).abs() < 1.0, "{low:?} {high:?}");
    }

    #[test]
    fn the_same_seed_boosts_the_same() {
        let (x, y, groups) = sample();
        assert_eq!(
            Boosted::fit(&Binned::new(&x), &y, &groups, HOW, 5),
            Boosted::fit(&Binned::new(&x), &y, &groups, HOW, 5)
        );
    }
}
