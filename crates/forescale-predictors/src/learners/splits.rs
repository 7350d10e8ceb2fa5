//! A tree of a booster: its splits, and leaves that are numbered.

use serde::{Deserialize, Serialize};

use crate::sound::{Flaw, ensure};

/// A tree whose leaves are numbered; what they hold is kept outside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tree {
    pub nodes: Vec<Node>,
}

/// A split stands before its children.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) enum Node {
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

    /// Whether every row of `columns` features ends in one of `leaves` leaves.
    pub fn check(&self, columns: usize, leaves: usize) -> Result<(), Flaw> {
        ensure(!self.nodes.is_empty(), "a tree has no root")?;
        for (place, node) in self.nodes.iter().enumerate() {
            match *node {
                Node::Leaf(leaf) => ensure(usize::from(leaf) < leaves, "a leaf holds nothing")?,
                Node::Split { feature, left, right, .. } => {
                    ensure(usize::from(feature) < columns, "a tree asks for a column too many")?;
                    let (nearest, farthest) = (left.min(right), left.max(right));
                    ensure(usize::from(nearest) > place, "a tree leads back to itself")?;
                    ensure(usize::from(farthest) < self.nodes.len(), "a tree leads nowhere")?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(left: u16, right: u16, feature: u16) -> Tree {
        let split = Node::Split { feature, threshold: 0.0, left, right };
        Tree { nodes: vec![split, Node::Leaf(0), Node::Leaf(1)] }
    }

    #[test]
    fn a_tree_with_an_end_is_sound() {
        assert_eq!(tree(1, 2, 4).check(5, 2), Ok(()));
    }

    #[test]
    fn a_tree_without_an_end_is_refused() {
        assert_eq!(tree(0, 2, 0).check(1, 2), Err("a tree leads back to itself"));
        assert_eq!(tree(1, 3, 0).check(1, 2), Err("a tree leads nowhere"));
        assert_eq!(Tree { nodes: vec![] }.check(1, 2), Err("a tree has no root"));
    }

    #[test]
    fn a_tree_that_looks_up_what_is_not_there_is_refused() {
        assert_eq!(tree(1, 2, 5).check(5, 2), Err("a tree asks for a column too many"));
        assert_eq!(tree(1, 2, 0).check(1, 1), Err("a leaf holds nothing"));
    }
}
