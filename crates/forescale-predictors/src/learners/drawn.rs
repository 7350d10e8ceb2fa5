//! Rows that a tree is grown on, parted as it grows.

/// The rows a tree is grown on, and those that only fall into its leaves.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Drawn {
    pub learned: Vec<u32>,
    pub others: Vec<u32>,
}

impl Drawn {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.learned.len() + self.others.len()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        self.learned.iter().chain(&self.others).map(|row| *row as usize)
    }

    /// Those that go left, and the others.
    pub fn part(self, goes_left: impl Fn(u32) -> bool) -> (Self, Self) {
        let (learned, others) = (part(self.learned, &goes_left), part(self.others, &goes_left));
        (
            Self { learned: learned.0, others: others.0 },
            Self { learned: learned.1, others: others.1 },
        )
    }
}

/// The rows that go left, and the others, in their order.
pub(crate) fn part(mut rows: Vec<u32>, goes_left: impl Fn(u32) -> bool) -> (Vec<u32>, Vec<u32>) {
    let mut right = vec![0; rows.len()];
    let mut left = 0;
    // Every row is written to both places and one of them is kept, which costs less than a branch.
    for i in 0..rows.len() {
        let row = rows[i];
        (rows[left], right[i - left]) = (row, row);
        left += usize::from(goes_left(row));
    }
    right.truncate(rows.len() - left);
    rows.truncate(left);
    (rows, right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parted_rows_keep_their_order() {
        assert_eq!(part(vec![5, 2, 8, 1], |row| row < 5), (vec![2, 1], vec![5, 8]));
    }
}
