//! One tree of the forest: its splits, and the rows of each leaf as ranks of their targets.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::sound::{Flaw, ensure};

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

    /// Whether every row of `columns` features ends in a leaf that holds ranks below `targets`.
    pub fn check(&self, columns: usize, targets: usize) -> Result<(), Flaw> {
        ensure(!self.nodes.is_empty(), "a tree has no root")?;
        let ranks = self.ranks.iter().all(|rank| usize::from(*rank) < targets);
        ensure(ranks, "a leaf holds a target too many")?;
        for (place, node) in self.nodes.iter().enumerate() {
            ensure(usize::from(node.feature) < columns, "a tree asks for a column too many")?;
            ensure(node.rows().end <= self.ranks.len(), "a leaf holds a row too many")?;
            let child = node.child as usize;
            if child == place {
                ensure(node.threshold == f32::INFINITY, "a leaf of a tree can be left")?;
            } else {
                ensure(child > place, "a tree leads back to itself")?;
                ensure(child + 1 < self.nodes.len(), "a tree leads nowhere")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(root: Node, ranks: Vec<u16>) -> Result<(), Flaw> {
        let leaves = [Node::leaf(1, 0..1), Node::leaf(2, 1..3)];
        Tree { nodes: [root].into_iter().chain(leaves).collect(), ranks }.check(4, 9)
    }

    #[test]
    fn a_tree_with_an_end_is_sound() {
        assert_eq!(checked(Node::split(3, 0.5, 1), vec![8, 0, 4]), Ok(()));
    }

    #[test]
    fn a_tree_without_an_end_is_refused() {
        let ranks = || vec![8, 0, 4];
        assert_eq!(checked(Node::split(0, 0.5, 0), ranks()), Err("a leaf of a tree can be left"));
        assert_eq!(checked(Node::split(0, 0.5, 2), ranks()), Err("a tree leads nowhere"));
        let back = [Node::split(0, 0.5, 1), Node::split(0, 0.5, 0), Node::leaf(2, 0..1)];
        let back = Tree { nodes: back.to_vec(), ranks: vec![0] };
        assert_eq!(back.check(1, 1), Err("a tree leads back to itself"));
        assert!(Tree { nodes: vec![], ranks: vec![] }.check(1, 1).is_err());
    }

    #[test]
    fn a_tree_that_looks_up_what_is_not_there_is_refused() {
        let split = Node::split(4, 0.5, 1);
        assert_eq!(checked(split, vec![8, 0, 4]), Err("a tree asks for a column too many"));
        let split = Node::split(3, 0.5, 1);
        assert_eq!(checked(split, vec![9, 0, 4]), Err("a leaf holds a target too many"));
        assert_eq!(checked(split, vec![8, 0]), Err("a leaf holds a row too many"));
    }
}
