//! Trees that are grown on histograms of binned features.
//!
//! A gradient here is one of a few whole numbers, so that a cell of a histogram is one integer: how many rows fell
//! there, and the sum of what they pull. One addition a row and feature is most of what boosting costs.
//!
//! # Source
//! Ke et al., *LightGBM: a highly efficient gradient boosting decision tree*, 2017: leaf-wise growth on histograms,
//! the larger child's histogram by subtraction.

use super::binned::{BINS, Binned};
use super::drawn::Drawn;
use super::splits::{Node, Tree};

/// The largest pull of a row.
pub(crate) const MOST_PULL: u32 = 9;

/// Bits of a cell that hold the sum of pulls; those above hold the count.
const SUM_BITS: u32 = 17;

/// More rows could overflow the sum of a cell.
const MOST_ROWS: usize = ((1 << SUM_BITS) - 1) / MOST_PULL as usize;

/// Columns that are walked side by side, so that a row and what it adds are read once for all of them.
const TOGETHER: usize = 4;

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

/// Which way each row pulls the forecast: its gradient is `center` less its pull.
pub(crate) struct Pulls {
    pub of_row: Vec<u8>,
    pub center: f64,
}

/// A grown tree with the rows of each leaf and the gain of each feature that was split.
pub(crate) struct Grown {
    /// The tree.
    pub tree: Tree,
    /// Rows by leaf.
    pub leaves: Vec<Drawn>,
    /// `(feature, gain)` of each split.
    pub gains: Vec<(usize, f64)>,
}

type Cells = Vec<[u32; BINS]>;

struct Open {
    node: usize,
    rows: Drawn,
    cells: Cells,
    best: Option<Candidate>,
}

#[derive(Clone, Copy)]
struct Candidate {
    gain: f64,
    slot: usize,
    bin: u8,
}

/// Grows trees on one binned matrix.
pub(crate) struct Grower<'a> {
    binned: &'a Binned,
    growth: TreeGrowth,
    /// `1 / (rows + damping)`: a division for every bin would cost more than the sums.
    inverse: Vec<f64>,
}

impl<'a> Grower<'a> {
    /// # Panics
    /// With more rows than the sums of a cell have room for.
    pub fn new(binned: &'a Binned, growth: TreeGrowth) -> Self {
        assert!(binned.rows() <= MOST_ROWS, "at most {MOST_ROWS} rows, but got {}", binned.rows());
        let inverse = (0..=binned.rows()).map(|n| 1.0 / (n as f64 + growth.damping)).collect();
        Self { binned, growth, inverse }
    }

    /// Grows a tree leaf by leaf, the best gain first, on the learned `rows` and the chosen `features`.
    pub fn grow(&self, pulls: &Pulls, rows: Drawn, features: &[usize]) -> Grown {
        let growing = Growing { grower: self, pulls, features };
        let cells = growing.histogram(&rows.learned);
        let mut open = vec![growing.open(0, rows, cells)];
        let mut tree = Tree { nodes: vec![Node::Leaf(0)] };
        let mut gains = Vec::new();
        while open.len() < self.growth.leaves {
            let Some((at, best)) = best_open(&open) else { break };
            let parent = open.swap_remove(at);
            let (node, feature) = (parent.node, features[best.slot]);
            gains.push((feature, best.gain));
            let last = open.len() + 2 == self.growth.leaves;
            let (left, right) = growing.divide(parent, best, tree.nodes.len(), last);
            tree.nodes[node] = Node::Split {
                feature: feature as u16,
                threshold: self.binned.edges(feature)[usize::from(best.bin) - 1],
                left: left.node as u16,
                right: right.node as u16,
            };
            tree.nodes.extend([Node::Leaf(0), Node::Leaf(0)]);
            open.extend([left, right]);
        }
        let mut leaves = Vec::with_capacity(open.len());
        for (number, leaf) in open.into_iter().enumerate() {
            tree.nodes[leaf.node] = Node::Leaf(number as u16);
            leaves.push(leaf.rows);
        }
        Grown { tree, leaves, gains }
    }
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

/// Grows one tree.
struct Growing<'a> {
    grower: &'a Grower<'a>,
    pulls: &'a Pulls,
    features: &'a [usize],
}

impl Growing<'_> {
    fn histogram(&self, rows: &[u32]) -> Cells {
        // Whole groups, the last one filled up with its last feature again, whose cells nobody reads.
        let mut cells = vec![[0; BINS]; self.features.len().next_multiple_of(TOGETHER)];
        let pull = |row: &u32| (1 << SUM_BITS) + u32::from(self.pulls.of_row[*row as usize]);
        let added: Vec<u32> = rows.iter().map(pull).collect();
        let groups = self.features.chunks(TOGETHER);
        for (cells, features) in cells.as_chunks_mut().0.iter_mut().zip(groups) {
            let column = |k| self.grower.binned.column(features[features.len().min(k + 1) - 1]);
            add_up(cells, std::array::from_fn(column), rows, &added);
        }
        cells
    }

    fn open(&self, node: usize, rows: Drawn, cells: Cells) -> Open {
        let best = self.best(&cells, rows.learned.len());
        Open { node, rows, cells, best }
    }

    fn best(&self, cells: &[[u32; BINS]], n: usize) -> Option<Candidate> {
        let leaf = self.grower.growth.leaf;
        if n < 2 * leaf {
            return None;
        }
        let (n, leaf, inverse) = (n as u32, leaf as u32, &self.grower.inverse[..=n]);
        let gradient = |rows: u32| self.pulls.center * f64::from(rows >> SUM_BITS) - pull_of(rows);
        let all = cells[0].iter().sum();
        let total = gradient(all);
        let whole = total * total * inverse[n as usize];
        let (mut best, mut most) = (None, 1e-9);
        for (slot, (cells, feature)) in cells.iter().zip(self.features).enumerate() {
            // The last bin cannot be split off to the left: there is no edge above it.
            let (missing, bins) = (cells[0], &cells[1..=self.grower.binned.edges(*feature).len()]);
            let mut passed = missing;
            for (bin, cell) in bins.iter().enumerate() {
                passed += cell;
                let count = passed >> SUM_BITS;
                if count < leaf {
                    continue;
                }
                if n - count < leaf {
                    break;
                }
                let left = gradient(passed);
                let right = total - left;
                let parts = left * left * inverse[count as usize]
                    + right * right * inverse[(n - count) as usize];
                let gain = parts - whole;
                if gain > most {
                    most = gain;
                    best = Some(Candidate { gain, slot, bin: bin as u8 + 1 });
                }
            }
        }
        best
    }

    /// Splits a leaf into its children, whose nodes are `next` and the one after it; after the `last` split nobody asks
    /// how they could be split.
    fn divide(&self, parent: Open, best: Candidate, next: usize, last: bool) -> (Open, Open) {
        let feature = self.features[best.slot];
        let column = self.grower.binned.column(feature);
        let goes_left = |row: u32| column[row as usize] <= best.bin;
        let (left, right) = parent.rows.part(goes_left);
        if last {
            let leaf = |node, rows| Open { node, rows, cells: Vec::new(), best: None };
            return (leaf(next, left), leaf(next + 1, right));
        }
        let small_is_left = left.learned.len() <= right.learned.len();
        let small = self.histogram(if small_is_left { &left.learned } else { &right.learned });
        let mut large = parent.cells;
        for (cell, taken) in large.as_flattened_mut().iter_mut().zip(small.as_flattened()) {
            *cell -= taken;
        }
        let (left_cells, right_cells) = if small_is_left { (small, large) } else { (large, small) };
        (self.open(next, left, left_cells), self.open(next + 1, right, right_cells))
    }
}

/// Adds what each of `rows` brings to the cells of its bins in some columns of one length.
fn add_up(
    cells: &mut [[u32; BINS]; TOGETHER],
    columns: [&[u8]; TOGETHER],
    rows: &[u32],
    added: &[u32],
) {
    let length = columns[0].len();
    let columns = columns.map(|column| &column[..length]);
    for (row, added) in rows.iter().zip(added) {
        for (cells, column) in cells.iter_mut().zip(columns) {
            cells[usize::from(column[*row as usize]) % BINS] += added;
        }
    }
}

/// The sum of the pulls in a cell.
fn pull_of(cell: u32) -> f64 {
    f64::from(cell & ((1 << SUM_BITS) - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    fn grow(x: &Array2<f32>, pull: impl Fn(usize) -> u8, growth: TreeGrowth) -> Grown {
        let pulls = Pulls { of_row: (0..x.nrows()).map(pull).collect(), center: 1.0 };
        let (learned, others) = (0..x.nrows() as u32).partition(|row| row % 4 > 0);
        Grower::new(&Binned::new(x), growth).grow(&pulls, Drawn { learned, others }, &[0])
    }

    #[test]
    fn one_split_sets_two_levels_apart() {
        let x = Array2::from_shape_fn((100, 1), |(i, _)| i as f32);
        let growth = TreeGrowth { leaves: 2, leaf: 5, damping: 1.0 };
        let grown = grow(&x, |i| if i < 40 { 2 } else { 0 }, growth);
        assert_eq!(grown.leaves.iter().map(Drawn::len).sum::<usize>(), 100);
        let (low, high) = (grown.tree.leaf(|_| 10.0), grown.tree.leaf(|_| 90.0));
        assert_ne!(low, high);
        assert!(grown.leaves[low].iter().all(|row| row < 42));
        assert!(grown.leaves[high].iter().all(|row| row > 38));
        assert_eq!(grown.tree.leaf(|_| f32::NAN), low);
    }

    #[test]
    fn a_constant_feature_is_never_split() {
        let x = Array2::from_elem((50, 1), 3.0);
        let growth = TreeGrowth { leaves: 4, leaf: 5, damping: 1.0 };
        assert_eq!(grow(&x, |i| (i % 10) as u8, growth).leaves.len(), 1);
    }
}
