//! An extremely randomised quantile forest.
//!
//! # Source
//! Geurts, Ernst & Wehenkel, *Extremely randomized trees*, 2006; Meinshausen, *Quantile regression forests*, 2006.
//! A threshold is a random mix of the values of two random rows, so that splits fall where the data are.

use forescale_features::rows::SplitMix;
use ndarray::Array2;
use serde::{Deserialize, Serialize};

/// Stands for a missing feature: below every real one, so that a split can set it apart.
pub(crate) const MISSING: f32 = -1_000.0;

const LEAF: u16 = u16::MAX;

/// How a forest is grown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Growth {
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
pub(crate) struct ExtraTrees {
    /// The targets, ascending.
    targets: Vec<f32>,
    trees: Vec<Tree>,
    /// Gain by feature, summed over all splits.
    pub gains: Vec<f32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Tree {
    nodes: Vec<Node>,
    /// Ranks of the rows, grouped by leaf.
    ranks: Vec<u16>,
}

/// A split (`feature`, `threshold`, and the left child, which the right one follows) or a leaf (a range of ranks).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Node {
    feature: u16,
    threshold: f32,
    from: u32,
    to: u32,
}

impl ExtraTrees {
    /// Grows a forest on `x` (rows by features, no NaN) and `y`; at most 65 535 rows.
    pub fn fit(x: &Array2<f32>, y: &[f64], growth: Growth, seed: u64) -> Self {
        let mut order: Vec<usize> = (0..y.len()).collect();
        order.sort_by(|a, b| y[*a].total_cmp(&y[*b]));
        let mut rank = vec![0_u16; y.len()];
        for (place, row) in order.iter().enumerate() {
            rank[*row] = place as u16;
        }
        let targets = order.iter().map(|row| y[*row] as f32).collect();
        let mut forest = Self { targets, trees: Vec::new(), gains: vec![0.0; x.ncols()] };
        for tree in 0..growth.trees {
            let mut grower = Grower {
                x,
                y,
                growth,
                draw: SplitMix(seed ^ (tree as u64 + 1).wrapping_mul(0xd134_2543_de82_ef95)),
                gains: &mut forest.gains,
                nodes: Vec::new(),
            };
            let (nodes, rows) = grower.grow();
            let ranks = rows.iter().map(|row| rank[*row as usize]).collect();
            forest.trees.push(Tree { nodes, ranks });
        }
        forest
    }

    /// Writes the quantiles at `levels` of each row of `x`, row after row.
    pub fn predict(&self, x: &Array2<f32>, levels: &[f64]) -> Vec<f64> {
        let mut weights = vec![0.0_f32; self.targets.len()];
        let mut out = Vec::with_capacity(x.nrows() * levels.len());
        for i in 0..x.nrows() {
            for tree in &self.trees {
                let leaf = tree.leaf(|feature| x[(i, feature)]);
                let weight = 1.0 / leaf.len() as f32;
                for rank in leaf {
                    weights[*rank as usize] += weight;
                }
            }
            self.read_quantiles(&mut weights, levels, &mut out);
        }
        out
    }

    /// Reads quantiles off the weighted targets, linear between their mid-ranks, and clears the weights.
    fn read_quantiles(&self, weights: &mut [f32], levels: &[f64], out: &mut Vec<f64>) {
        let total = self.trees.len() as f64;
        let (mut sum, mut next) = (0.0, 0);
        let mut last: Option<(f64, f64)> = None;
        for (weight, target) in weights.iter_mut().zip(&self.targets) {
            if *weight == 0.0 {
                continue;
            }
            let share = f64::from(*weight) / total;
            let (middle, value) = (sum + 0.5 * share, f64::from(*target));
            while next < levels.len() && levels[next] <= middle {
                out.push(match last {
                    Some((p, v)) => v + (value - v) * (levels[next] - p) / (middle - p),
                    None => value,
                });
                next += 1;
            }
            last = Some((middle, value));
            sum += share;
            *weight = 0.0;
        }
        let highest = last.map_or(0.0, |(_, value)| value);
        out.extend(levels[next..].iter().map(|_| highest));
    }
}

impl Tree {
    fn leaf(&self, value: impl Fn(usize) -> f32) -> &[u16] {
        let mut node = self.nodes[0];
        while node.feature != LEAF {
            let right = value(node.feature as usize) > node.threshold;
            node = self.nodes[node.from as usize + usize::from(right)];
        }
        &self.ranks[node.from as usize..node.to as usize]
    }
}

struct Grower<'a> {
    x: &'a Array2<f32>,
    y: &'a [f64],
    growth: Growth,
    draw: SplitMix,
    gains: &'a mut [f32],
    nodes: Vec<Node>,
}

struct Split {
    gain: f64,
    feature: usize,
    threshold: f32,
}

impl Grower<'_> {
    fn grow(&mut self) -> (Vec<Node>, Vec<u32>) {
        let mut rows = self.sample();
        let whole = Node { feature: LEAF, threshold: 0.0, from: 0, to: rows.len() as u32 };
        self.nodes.push(whole);
        let mut open = vec![0];
        while let Some(at) = open.pop() {
            let (from, to) = (self.nodes[at].from as usize, self.nodes[at].to as usize);
            if to - from < 2 * self.growth.leaf {
                continue;
            }
            let Some(split) = self.best_split(&rows[from..to]) else { continue };
            self.gains[split.feature] += split.gain as f32;
            let middle = from + self.partition(&mut rows[from..to], &split);
            let left = self.nodes.len() as u32;
            let leaf = |from: usize, to: usize| Node {
                feature: LEAF,
                threshold: 0.0,
                from: from as u32,
                to: to as u32,
            };
            self.nodes[at] = Node {
                feature: split.feature as u16,
                threshold: split.threshold,
                from: left,
                to: 0,
            };
            self.nodes.push(leaf(from, middle));
            self.nodes.push(leaf(middle, to));
            open.extend([left as usize, left as usize + 1]);
        }
        (std::mem::take(&mut self.nodes), rows)
    }

    /// A random share of the rows, without replacement.
    fn sample(&mut self) -> Vec<u32> {
        let n = self.y.len();
        let mut rows: Vec<u32> = (0..n as u32).collect();
        let wanted = ((n as f64 * self.growth.share) as usize).clamp(1, n);
        for i in 0..wanted {
            let j = i + self.draw.below(n - i);
            rows.swap(i, j);
        }
        rows.truncate(wanted);
        rows
    }

    /// The best of a few random features, each with one random threshold.
    fn best_split(&mut self, rows: &[u32]) -> Option<Split> {
        let total: f64 = rows.iter().map(|row| self.y[*row as usize]).sum();
        let n = rows.len() as f64;
        let mut best: Option<Split> = None;
        for _ in 0..self.growth.candidates {
            let feature = self.draw.below(self.x.ncols());
            let Some(threshold) = self.threshold(rows, feature) else { continue };
            let column = self.x.column(feature);
            let (mut left, mut sum) = (0_usize, 0.0);
            for row in rows {
                let goes_left = column[*row as usize] <= threshold;
                left += usize::from(goes_left);
                sum += if goes_left { self.y[*row as usize] } else { 0.0 };
            }
            if left < self.growth.leaf || rows.len() - left < self.growth.leaf {
                continue;
            }
            let (l, rest) = (left as f64, total - sum);
            let gain = sum * sum / l + rest * rest / (n - l) - total * total / n;
            if gain > best.as_ref().map_or(0.0, |split| split.gain) {
                best = Some(Split { gain, feature, threshold });
            }
        }
        best
    }

    fn threshold(&mut self, rows: &[u32], feature: usize) -> Option<f32> {
        let column = self.x.column(feature);
        let mut value = || column[rows[self.draw.below(rows.len())] as usize];
        let (a, b) = (value(), value());
        if a == b {
            return None;
        }
        let share = self.draw.unit() as f32;
        let mixed = a * share + b * (1.0 - share);
        // Rounding may land on the larger of the two, which would put both on the same side.
        Some(if mixed >= a.max(b) { a.min(b) } else { mixed })
    }

    fn partition(&self, rows: &mut [u32], split: &Split) -> usize {
        let column = self.x.column(split.feature);
        let mut left = 0;
        for i in 0..rows.len() {
            if column[rows[i] as usize] <= split.threshold {
                rows.swap(i, left);
                left += 1;
            }
        }
        left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn the_same_seed_grows_the_same_forest() {
        let (x, y) = step();
        assert_eq!(ExtraTrees::fit(&x, &y, GROWTH, 3), ExtraTrees::fit(&x, &y, GROWTH, 3));
        assert_ne!(ExtraTrees::fit(&x, &y, GROWTH, 3), ExtraTrees::fit(&x, &y, GROWTH, 4));
    }

    #[test]
    fn constants_and_single_rows_are_leaves() {
        let x = Array2::zeros((1, 2));
        let forest = ExtraTrees::fit(&x, &[4.0], GROWTH, 1);
        assert_eq!(forest.predict(&x, &[0.1, 0.9]), [4.0, 4.0]);
    }
}
