//! Features in bins, and the trees that are grown on histograms of them.
//!
//! # Source
//! Ke et al., *LightGBM: a highly efficient gradient boosting decision tree*, 2017: leaf-wise growth on histograms,
//! the larger child's histogram by subtraction.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

/// Most bins of a feature; bin 0 holds what is missing.
const BINS: usize = 64;

/// A feature matrix in bins, feature after feature.
#[derive(Debug)]
pub(crate) struct Binned {
    /// `columns[feature][row]`.
    columns: Vec<Vec<u8>>,
    /// Upper edge of each bin from bin 1 on.
    edges: Vec<Vec<f32>>,
}

impl Binned {
    /// Bins each column of `x` at its quantiles.
    pub fn new(x: &Array2<f32>) -> Self {
        let edges: Vec<Vec<f32>> =
            x.columns().into_iter().map(|column| edges(column.iter())).collect();
        let columns = x
            .columns()
            .into_iter()
            .zip(&edges)
            .map(|(column, edges)| column.iter().map(|value| bin(edges, *value)).collect())
            .collect();
        Self { columns, edges }
    }

    /// How many features there are.
    pub fn features(&self) -> usize {
        self.columns.len()
    }
}

fn edges<'a>(values: impl Iterator<Item = &'a f32>) -> Vec<f32> {
    let mut known: Vec<f32> = values.copied().filter(|value| value.is_finite()).collect();
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

/// How a tree is grown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TreeGrowth {
    /// Most leaves.
    pub leaves: usize,
    /// Fewest rows of a leaf.
    pub leaf: usize,
    /// Added to the row count under each gain: damps splits that rest on few rows.
    pub damping: f64,
}

/// A tree whose leaves are numbered; what they hold is kept outside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tree {
    nodes: Vec<Node>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
enum Node {
    Split { feature: u16, threshold: f32, left: u16, right: u16 },
    Leaf(u16),
}

impl Tree {
    /// The leaf of a row whose features are `value(feature)`; what is missing goes left.
    pub fn leaf(&self, value: impl Fn(usize) -> f32) -> usize {
        let mut at = 0;
        loop {
            match self.nodes[at] {
                Node::Leaf(leaf) => return leaf as usize,
                Node::Split { feature, threshold, left, right } => {
                    let goes_right = value(feature as usize) > threshold;
                    at = usize::from(if goes_right { right } else { left });
                }
            }
        }
    }
}

/// A grown tree with the rows of each leaf and the gain of each feature that was split.
pub(crate) struct Grown {
    /// The tree.
    pub tree: Tree,
    /// Rows by leaf.
    pub leaves: Vec<Vec<u32>>,
    /// `(feature, gain)` of each split.
    pub gains: Vec<(usize, f64)>,
}

#[derive(Clone, Copy, Default)]
struct Cell {
    sum: f64,
    count: u32,
}

struct Open {
    node: usize,
    rows: Vec<u32>,
    cells: Vec<Cell>,
    best: Option<Candidate>,
}

#[derive(Clone, Copy)]
struct Candidate {
    gain: f64,
    slot: usize,
    bin: u8,
}

/// Grows a tree leaf by leaf, the best gain first, on `rows` and the chosen `features`.
pub(crate) fn grow(
    binned: &Binned,
    gradient: &[f32],
    rows: Vec<u32>,
    features: &[usize],
    growth: TreeGrowth,
) -> Grown {
    let grower = Grower { binned, gradient, features, growth };
    let cells = grower.histogram(&rows);
    let mut open = vec![grower.open(0, rows, cells)];
    let mut tree = Tree { nodes: vec![Node::Leaf(0)] };
    let mut gains = Vec::new();
    while open.len() < growth.leaves {
        let Some((at, best)) = best_open(&open) else { break };
        let parent = open.swap_remove(at);
        let feature = features[best.slot];
        gains.push((feature, best.gain));
        let (left, right) = grower.divide(parent, best, tree.nodes.len());
        tree.nodes[left.1] = Node::Split {
            feature: feature as u16,
            threshold: binned.edges[feature][usize::from(best.bin) - 1],
            left: left.0.node as u16,
            right: right.node as u16,
        };
        tree.nodes.extend([Node::Leaf(0), Node::Leaf(0)]);
        open.extend([left.0, right]);
    }
    let mut leaves = Vec::with_capacity(open.len());
    for (number, leaf) in open.into_iter().enumerate() {
        tree.nodes[leaf.node] = Node::Leaf(number as u16);
        leaves.push(leaf.rows);
    }
    Grown { tree, leaves, gains }
}

fn best_open(open: &[Open]) -> Option<(usize, Candidate)> {
    let mut best: Option<(usize, Candidate)> = None;
    for (at, leaf) in open.iter().enumerate() {
        if let Some(candidate) = leaf.best
            && best.is_none_or(|(_, known)| candidate.gain > known.gain)
        {
            best = Some((at, candidate));
        }
    }
    best
}

struct Grower<'a> {
    binned: &'a Binned,
    gradient: &'a [f32],
    features: &'a [usize],
    growth: TreeGrowth,
}

impl Grower<'_> {
    fn histogram(&self, rows: &[u32]) -> Vec<Cell> {
        let mut cells = vec![Cell::default(); self.features.len() * BINS];
        for (slot, feature) in self.features.iter().enumerate() {
            let column = &self.binned.columns[*feature];
            let cells = &mut cells[slot * BINS..(slot + 1) * BINS];
            for row in rows {
                let cell = &mut cells[usize::from(column[*row as usize]) % BINS];
                cell.sum += f64::from(self.gradient[*row as usize]);
                cell.count += 1;
            }
        }
        cells
    }

    fn open(&self, node: usize, rows: Vec<u32>, cells: Vec<Cell>) -> Open {
        let best = self.best(&cells, rows.len());
        Open { node, rows, cells, best }
    }

    fn best(&self, cells: &[Cell], n: usize) -> Option<Candidate> {
        if n < 2 * self.growth.leaf {
            return None;
        }
        let damping = self.growth.damping;
        let total: f64 = cells[..BINS].iter().map(|cell| cell.sum).sum();
        let whole = total * total / (n as f64 + damping);
        let mut best: Option<Candidate> = None;
        for (slot, feature) in self.features.iter().enumerate() {
            let (mut sum, mut count) = (0.0, 0_usize);
            let column = &cells[slot * BINS..(slot + 1) * BINS];
            // The last bin cannot be split off to the left: there is no edge above it.
            for (bin, cell) in column.iter().enumerate().take(self.binned.edges[*feature].len() + 1)
            {
                sum += cell.sum;
                count += cell.count as usize;
                if bin == 0 || count < self.growth.leaf || n - count < self.growth.leaf {
                    continue;
                }
                let rest = total - sum;
                let gain = sum * sum / (count as f64 + damping)
                    + rest * rest / ((n - count) as f64 + damping)
                    - whole;
                if gain > best.map_or(1e-9, |known| known.gain) {
                    best = Some(Candidate { gain, slot, bin: bin as u8 });
                }
            }
        }
        best
    }

    /// Splits a leaf; returns the left child with its parent's node, and the right child.
    fn divide(&self, parent: Open, best: Candidate, next: usize) -> ((Open, usize), Open) {
        let column = &self.binned.columns[self.features[best.slot]];
        let (left, right): (Vec<u32>, Vec<u32>) =
            parent.rows.iter().partition(|row| column[**row as usize] <= best.bin);
        let small_is_left = left.len() <= right.len();
        let small = self.histogram(if small_is_left { &left } else { &right });
        let mut large = parent.cells;
        for (cell, taken) in large.iter_mut().zip(&small) {
            cell.sum -= taken.sum;
            cell.count -= taken.count;
        }
        let (left_cells, right_cells) = if small_is_left { (small, large) } else { (large, small) };
        let left = self.open(next, left, left_cells);
        let right = self.open(next + 1, right, right_cells);
        ((left, parent.node), right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_split_sets_two_levels_apart() {
        let x = Array2::from_shape_fn((100, 1), |(i, _)| i as f32);
        let gradient: Vec<f32> = (0..100).map(|i| if i < 40 { -1.0 } else { 1.0 }).collect();
        let growth = TreeGrowth { leaves: 2, leaf: 5, damping: 1.0 };
        let grown = grow(&Binned::new(&x), &gradient, (0..100).collect(), &[0], growth);
        assert_eq!(grown.leaves.iter().map(Vec::len).sum::<usize>(), 100);
        let (low, high) = (grown.tree.leaf(|_| 10.0), grown.tree.leaf(|_| 90.0));
        assert_ne!(low, high);
        assert!(grown.leaves[low].iter().all(|row| *row < 42));
        assert_eq!(grown.tree.leaf(|_| f32::NAN), low);
    }

    #[test]
    fn a_constant_feature_is_never_split() {
        let x = Array2::from_elem((50, 1), 3.0);
        let gradient: Vec<f32> = (0..50).map(|i| i as f32).collect();
        let growth = TreeGrowth { leaves: 4, leaf: 5, damping: 1.0 };
        let grown = grow(&Binned::new(&x), &gradient, (0..50).collect(), &[0], growth);
        assert_eq!(grown.leaves.len(), 1);
    }
}
