//! What smartcore's forest is made of, as it is written: its trees cannot be looked at otherwise.

use serde::Serialize;

use crate::persist::to_bytes;
use crate::sound::{Flaw, ensure};

/// Output, feature, value and score of the split, the child of what is at most the value, and the other one.
type Node = (f64, usize, Option<f64>, Option<f64>, Option<usize>, Option<usize>);

/// Depth, rows of a leaf, rows of a split, seed, and how the split is chosen.
type Parameters = (Option<u16>, usize, usize, Option<u64>, u32);

/// Nodes, how they were grown, depth, and the weight of all rows.
type Tree = (Vec<Node>, Option<Parameters>, u16, f64);

/// Trees, features, and the rows that each tree saw.
type Shape = Option<(Option<Vec<Tree>>, Option<usize>, Option<Vec<Vec<bool>>>)>;

/// Whether `forest` can predict rows of `columns` features.
pub(super) fn check(forest: &impl Serialize, columns: usize) -> Result<(), Flaw> {
    let bytes = to_bytes(forest);
    let shape = postcard::take_from_bytes::<Shape>(&bytes).ok().filter(|(_, rest)| rest.is_empty());
    let Some((Some((Some(trees), ..)), _)) = shape else { return Err("its forest is not known") };
    ensure(!trees.is_empty(), "its forest is empty")?;
    trees.iter().try_for_each(|(nodes, ..)| check_nodes(nodes, columns))
}

fn check_nodes(nodes: &[Node], columns: usize) -> Result<(), Flaw> {
    ensure(!nodes.is_empty(), "a tree has no root")?;
    for (place, (_, feature, _, _, left, right)) in nodes.iter().enumerate() {
        let Some(left) = left else { continue };
        let Some(right) = right else { return Err("a tree leads nowhere") };
        ensure(*feature < columns, "a tree asks for a column too many")?;
        ensure(*left.min(right) > place, "a tree leads back to itself")?;
        ensure(*left.max(right) < nodes.len(), "a tree leads nowhere")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(left: Option<usize>, right: Option<usize>, feature: usize) -> Result<(), Flaw> {
        let leaf: Node = (1.0, 0, None, None, None, None);
        let nodes = vec![(0.0, feature, Some(0.5), Some(1.0), left, right), leaf, leaf];
        let tree: Tree = (nodes, None, 1, 3.0);
        let shape: Shape = Some((Some(vec![tree]), Some(3), None));
        check(&shape, 3)
    }

    #[test]
    fn a_tree_with_an_end_is_sound() {
        assert_eq!(checked(Some(1), Some(2), 2), Ok(()));
        assert_eq!(checked(None, None, 7), Ok(()));
    }

    #[test]
    fn a_tree_that_cannot_be_walked_is_refused() {
        assert_eq!(checked(Some(0), Some(2), 0), Err("a tree leads back to itself"));
        assert_eq!(checked(Some(1), Some(3), 0), Err("a tree leads nowhere"));
        assert_eq!(checked(Some(1), None, 0), Err("a tree leads nowhere"));
        assert_eq!(checked(Some(1), Some(2), 3), Err("a tree asks for a column too many"));
    }

    #[test]
    fn a_forest_without_trees_is_refused() {
        assert_eq!(check(&Shape::None, 3), Err("its forest is not known"));
        let empty: Shape = Some((Some(vec![]), None, None));
        assert_eq!(check(&empty, 3), Err("its forest is empty"));
    }
}
