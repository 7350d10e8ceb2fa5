//! How one tree of the forest grows.
//!
//! The rows of a node lie next to each other with their targets, and all splits that compete for it are judged in one
//! walk over them: each feature is one byte, as is the target among those of its node, so that a few instructions
//! add up many features at once.

use std::ops::Range;

use forescale_features::rows::SplitMix;

use super::bins::{Bins, GROUP};
use super::extra_trees::Growth;
use super::lanes::{ADDED, add_up, bounds, floor};
use super::tree::{Node, Tree};

/// Rows of a node that splits are judged on, at most: more do not change which of a few random ones is best.
const JUDGED: usize = 512;

/// What all trees of a forest learn from.
pub(crate) struct Table<'a> {
    pub bins: Bins,
    pub targets: &'a [f64],
    /// The place of each row when the targets are ascending.
    pub ranks: Vec<u16>,
}

/// A tree and the gain of each feature.
pub(crate) struct Grown {
    pub tree: Tree,
    pub gains: Vec<f64>,
}

/// Grows the tree of `seed`.
pub(crate) fn grow(table: &Table, growth: Growth, seed: u64) -> Grown {
    let mut grower = Grower::new(table, growth, SplitMix(seed));
    let mut gains = vec![0.0; table.bins.features()];
    let mut nodes = vec![Node::leaf(0, 0..grower.rows.len())];
    let mut open = vec![0];
    while let Some(place) = open.pop() {
        let rows = nodes[place].rows();
        let Some(split) = grower.best_split(rows.clone()) else { continue };
        gains[split.feature] += split.gain;
        let middle = rows.start + grower.partition(rows.clone(), split);
        let left = nodes.len();
        let threshold = table.bins.upper_end(split.feature, split.step);
        nodes[place] = Node::split(split.feature, threshold, left);
        nodes.push(Node::leaf(left, rows.start..middle));
        nodes.push(Node::leaf(left + 1, middle..rows.end));
        open.extend([left, left + 1]);
    }
    let rank = |at: &u32| table.ranks[*at as usize / table.bins.stride];
    let ranks = grower.rows.iter().map(rank).collect();
    Grown { tree: Tree { nodes, ranks }, gains }
}

/// Grows one tree.
struct Grower<'a> {
    table: &'a Table<'a>,
    growth: Growth,
    draw: SplitMix,
    /// Where the bytes of each row of the tree begin, in random order, grouped by node; and their targets.
    rows: Vec<u32>,
    targets: Vec<f32>,
    /// The targets of the judged rows, as shares of their range.
    shares: Vec<u16>,
    /// Features in random order, of which the first are tried, and the step of each that is tried.
    features: Vec<usize>,
    tried: usize,
    steps: Vec<u8>,
    left: Vec<Left>,
    /// Where the rows that go right wait while a node is parted.
    aside: Vec<(u32, f32)>,
}

/// Rows whose feature is on `step` or below go left.
#[derive(Clone, Copy)]
struct Split {
    feature: usize,
    step: u8,
    gain: f64,
}

/// Rows that go left, and the sum of their shares.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Left {
    count: u32,
    sum: u32,
}

impl Left {
    /// What these rows add to the variance that a split explains.
    fn square(self) -> f64 {
        f64::from(self.sum) * f64::from(self.sum) / f64::from(self.count)
    }
}

impl<'a> Grower<'a> {
    /// With a random share of the rows, drawn without replacement.
    fn new(table: &'a Table<'a>, growth: Growth, mut draw: SplitMix) -> Self {
        let n = table.targets.len();
        let mut rows: Vec<u32> = (0..n as u32).collect();
        let wanted = ((n as f64 * growth.share) as usize).clamp(1, n);
        for i in 0..wanted {
            rows.swap(i, i + draw.below(n - i));
        }
        rows.truncate(wanted);
        let targets = rows.iter().map(|row| table.targets[*row as usize] as f32).collect();
        rows.iter_mut().for_each(|row| *row *= table.bins.stride as u32);
        let (features, stride) = (table.bins.features(), table.bins.stride);
        Self {
            table,
            growth,
            draw,
            targets,
            shares: Vec::with_capacity(JUDGED),
            features: (0..features).collect(),
            tried: growth.candidates.min(features),
            steps: vec![0; stride],
            left: vec![Left::default(); stride],
            aside: vec![(0, 0.0); rows.len()],
            rows,
        }
    }

    /// The best of a few random features, each with one random threshold.
    fn best_split(&mut self, node: Range<usize>) -> Option<Split> {
        if node.len() < 2 * self.growth.leaf.max(1) {
            return None;
        }
        // The rows are in random order, so that the first ones are a fair sample.
        let judged = node.start..node.end.min(node.start + JUDGED);
        let unit = self.take_shares(judged.clone())?;
        self.draw_steps(judged.clone());
        self.add_up(judged.clone());
        let total = self.shares.iter().map(|share| u32::from(*share)).sum();
        let whole = Left { count: judged.len() as u32, sum: total };
        let scale = unit * unit * node.len() as f64 / judged.len() as f64;
        let none = whole.square();
        let (mut best, mut least) = (None, none * (1.0 + 1e-12));
        for &feature in &self.features[..self.tried] {
            let square = self.square_of_parts(self.left[feature], whole);
            if square > least {
                least = square;
                let gain = scale * (square - none);
                best = Some(Split { feature, step: self.steps[feature], gain });
            }
        }
        best
    }

    /// Notes the targets of `rows` as bytes from the least to the largest, and says how much one step of them is;
    /// `None` where all are the same.
    fn take_shares(&mut self, rows: Range<usize>) -> Option<f64> {
        let targets = &self.targets[rows];
        let (least, largest) = bounds(targets);
        let factor = 255.0 / (largest - least);
        self.shares.clear();
        self.shares.extend(targets.iter().map(|y| floor((y - least) * factor + 0.5)));
        (largest > least).then(|| f64::from(largest - least) / 255.0)
    }

    /// Draws the features that compete on `rows`, each with a threshold beside a random row, on the side of another.
    ///
    /// A feature that looks constant gets no second chance: all rows go left.
    fn draw_steps(&mut self, rows: Range<usize>) {
        let bins = &self.table.bins;
        let rows = &self.rows[rows];
        for place in 0..self.tried {
            let mut bits = self.draw.bits();
            // A third of the bits for each choice: there are few to choose from.
            let mut below = |bound: usize| {
                let drawn = ((bits & 0x1f_ffff) as usize * bound) >> 21;
                bits >>= 21;
                drawn
            };
            self.features.swap(place, place + below(bins.features() - place));
            let feature = self.features[place];
            let (a, b) = (rows[below(rows.len())] as usize, rows[below(rows.len())] as usize);
            self.steps[feature] = match (bins.bytes[a + feature], bins.bytes[b + feature]) {
                (a, b) if a == b => u8::MAX,
                (a, b) if a < b => a,
                (a, _) => a - 1,
            };
        }
    }

    /// Adds up what goes left of the judged rows at each feature.
    fn add_up(&mut self, rows: Range<usize>) {
        let groups = self.steps.chunks_exact(GROUP).zip(self.left.chunks_exact_mut(GROUP));
        for (group, (steps, left)) in groups.enumerate() {
            let steps = steps.try_into().expect("a whole group");
            left.fill(Left::default());
            let parts = self.rows[rows.clone()].chunks(ADDED).zip(self.shares.chunks(ADDED));
            for (rows, shares) in parts {
                let values = rows.iter().map(|row| self.table.bins.group(*row, group));
                let (count, sum) = add_up(values.zip(shares), steps);
                for (left, (count, sum)) in left.iter_mut().zip(count.into_iter().zip(sum)) {
                    left.count += u32::from(count);
                    left.sum += u32::from(sum);
                }
            }
        }
    }

    /// The squares that are left when the `whole` is split; 0 where a side has too few rows.
    fn square_of_parts(&self, left: Left, whole: Left) -> f64 {
        let right = Left { count: whole.count - left.count, sum: whole.sum - left.sum };
        let enough = left.count.min(right.count) as usize >= self.growth.leaf.max(1);
        if enough { left.square() + right.square() } else { 0.0 }
    }

    /// Moves the rows of `node` that go left to its front, and says how many they are.
    fn partition(&mut self, node: Range<usize>, split: Split) -> usize {
        let bytes = &self.table.bins.bytes[split.feature..];
        let (rows, targets) = (&mut self.rows[node.clone()], &mut self.targets[node]);
        let mut left = 0;
        // Every row is written to both places and one of them is kept, which costs less than a branch.
        for i in 0..rows.len() {
            let (row, y) = (rows[i], targets[i]);
            (rows[left], targets[left], self.aside[i - left]) = (row, y, (row, y));
            left += usize::from(bytes[row as usize] <= split.step);
        }
        let right = rows[left..].iter_mut().zip(&mut targets[left..]);
        right.zip(&self.aside).for_each(|((row, y), aside)| (*row, *y) = *aside);
        left
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    const GROWTH: Growth = Growth { trees: 1, candidates: 1, leaf: 1, share: 1.0 };

    /// 600 rows of two features, and targets that are the first of them.
    fn table(targets: &[f64]) -> Table<'_> {
        let feature = |(row, feature)| if feature == 0 { targets[row] as f32 } else { 0.0 };
        let bins = Bins::new(&Array2::from_shape_fn((600, 2), feature));
        Table { bins, targets, ranks: vec![0; 600] }
    }

    fn targets() -> Vec<f64> {
        (0..600).map(|row| f64::from(row * 37 % 101)).collect()
    }

    #[test]
    fn sums_are_those_of_the_rows_that_go_left() {
        let targets = targets();
        let table = table(&targets);
        let mut grower = Grower::new(&table, GROWTH, SplitMix(1));
        assert_eq!(grower.take_shares(0..600), Some(100.0 / 255.0));
        grower.steps[0] = 49;
        grower.add_up(0..600);
        let left: Vec<f64> = targets.iter().copied().filter(|y| *y < 50.0).collect();
        assert_eq!((grower.left[0].count, grower.left[1].count), (left.len() as u32, 600));
        let sum = f64::from(grower.left[0].sum) * 100.0 / 255.0;
        assert!((sum / left.iter().sum::<f64>() - 1.0).abs() < 2e-3, "{sum}");
    }

    #[test]
    fn parting_keeps_rows_and_targets_together() {
        let targets = targets();
        let table = table(&targets);
        let mut grower = Grower::new(&table, GROWTH, SplitMix(1));
        let left = grower.partition(0..600, Split { feature: 0, step: 29, gain: 0.0 });
        assert_eq!(left, targets.iter().filter(|y| **y < 30.0).count());
        for (place, (at, y)) in grower.rows.iter().zip(&grower.targets).enumerate() {
            assert_eq!(*y < 30.0, place < left);
            assert_eq!(f64::from(*y), targets[*at as usize / table.bins.stride]);
        }
    }
}
