//! One tree of the forest: its splits, and the rows of each leaf as ranks of their targets.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// Rows that walk down a tree side by side, so that one does not wait for the next.
pub(crate) const LANES: usize = 16;

/// Steps down a tree before it is looked whether all rows have arrived.
const STEPS_UNSEEN: usize = 3;

/// A tree whose root is its first node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tree {
    pub nodes: Vec<Node>,
    /// Ranks of the rows, grouped by leaf.
    pub ranks: Vec<u16>,
}

/// A split, whose left child the right one follows; or a leaf, which is its own left child.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Node {
    threshold: f32,
    child: u32,
    from: u32,
    count: u16,
    feature: u16,
}

impl Node {
    pub fn split(feature: usize, threshold: f32, child: usize) -> Self {
        Self { threshold, child: child as u32, from: 0, count: 0, feature: feature as u16 }
    }

    /// A leaf at `place` among the nodes, with `rows` of the tree.
    pub fn leaf(place: usize, rows: Range<usize>) -> Self {
        Self {
            // No value is above it, so that a row that is here stays here.
            threshold: f32::INFINITY,
            child: place as u32,
            from: rows.start as u32,
            count: rows.len() as u16,
            feature: 0,
        }
    }

    /// The rows of a leaf.
    pub fn rows(self) -> Range<usize> {
        self.from as usize..self.from as usize + self.count as usize
    }
}

impl Tree {
    /// The leaves of the rows in `block`, which holds [`LANES`] rows of `columns` features one after the other.
    pub fn leaves(&self, block: &[f32], columns: usize) -> [u32; LANES] {
        let mut places = [0; LANES];
        loop {
            let before = places;
            // To look whether all have arrived costs as much as a step.
            for _ in 0..STEPS_UNSEEN {
                for (place, row) in places.iter_mut().zip(block.chunks_exact(columns)) {
                    let node = &self.nodes[*place as usize];
                    let right = row[node.feature as usize] > node.threshold;
                    *place = node.child + u32::from(right);
                }
            }
            if places == before {
                return places;
            }
        }
    }

    /// The ranks of the rows of a leaf.
    pub fn ranks(&self, leaf: u32) -> &[u16] {
        &self.ranks[self.nodes[leaf as usize].rows()]
    }
}
