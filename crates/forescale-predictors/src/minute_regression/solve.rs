//! Sums of squares that forget, and the two ways to solve them: ridge, and least squares over what is not negative.

use ndarray::{Array1, Array2};

use crate::learners::least_absolute::solve_not_negative;

/// Share of each column's sum of squares that is added to it.
const RIDGE: f64 = 0.01;

/// Rows of a typical column that draw every coefficient toward 0: what keeps short histories from fitting noise.
const RIDGE_ROWS: f64 = 20.0;

/// Weighted sums of squares and products of `N` columns, and of each with the target.
#[derive(Debug, Clone)]
pub(crate) struct Squares<const N: usize> {
    gram: [[f64; N]; N],
    right: [f64; N],
    rows: usize,
}

impl<const N: usize> Squares<N> {
    pub fn new() -> Self {
        Self { gram: [[0.0; N]; N], right: [0.0; N], rows: 0 }
    }

    /// Rows that were added.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The sum of squares of a column.
    pub fn of(&self, column: usize) -> f64 {
        self.gram[column][column]
    }

    /// Lets what was added so far count `share` of what it did.
    pub fn fade(&mut self, share: f64) {
        self.gram.iter_mut().flatten().chain(&mut self.right).for_each(|sum| *sum *= share);
    }

    /// Adds a row whose both sides count `weight` times; columns that it lacks are 0.
    pub fn add(&mut self, columns: &[f64], target: f64, weight: f64) {
        let square = weight * weight;
        for (i, column) in columns.iter().enumerate() {
            let weighted = square * column;
            self.right[i] += weighted * target;
            let sums = self.gram[i].iter_mut().zip(columns).skip(i);
            sums.for_each(|(sum, other)| *sum += weighted * other);
        }
        self.rows += 1;
    }

    /// Coefficients of the first `k` columns by ridge regression; a column of zeros gets 0.
    pub fn ridge(&self, k: usize) -> Vec<f64> {
        let mut squares: Vec<f64> = (0..k).map(|i| self.gram[i][i]).collect();
        let total: f64 = squares.iter().sum();
        squares.sort_unstable_by(f64::total_cmp);
        let typical = 0.5 * (squares[(k - 1) / 2] + squares[k / 2]);
        let all = 1e-9 * total + typical * RIDGE_ROWS / self.rows.max(1) as f64;
        let mut a = self.gram;
        (0..k).for_each(|i| a[i][i] += RIDGE * a[i][i] + all);
        solve(a, self.right, k)
    }

    /// Coefficients of the first `k` columns that are not negative; a column of zeros gets 0.
    pub fn not_negative(&self, k: usize) -> Vec<f64> {
        let known: Vec<usize> = (0..k).filter(|i| self.gram[*i][*i] > 0.0).collect();
        let gram = Array2::from_shape_fn((known.len(), known.len()), |(i, j)| {
            self.gram[known[i.min(j)]][known[i.max(j)]]
        });
        let right: Array1<f64> = known.iter().map(|i| self.right[*i]).collect();
        let solved = solve_not_negative(gram, &right, &Array1::zeros(known.len()));
        let mut coefficients = vec![0.0; k];
        known.iter().zip(solved).for_each(|(i, solved)| coefficients[*i] = solved);
        coefficients
    }
}

/// Solves the first `k` rows of `a x = b` by Cholesky's decomposition; `a` is given by its upper triangle.
fn solve<const N: usize>(mut a: [[f64; N]; N], mut b: [f64; N], k: usize) -> Vec<f64> {
    for i in 0..k {
        let pivot = a[i][i];
        if pivot <= 0.0 {
            // Nothing is known of this column.
            a[i][i..].fill(0.0);
            b[i] = 0.0;
            continue;
        }
        let (above, below) = a.split_at_mut(i + 1);
        let line = &above[i];
        for (j, row) in (i + 1..k).zip(below) {
            let share = line[j] / pivot;
            row[j..k].iter_mut().zip(&line[j..k]).for_each(|(value, of)| *value -= share * of);
            b[j] -= share * b[i];
        }
    }
    let mut x = vec![0.0; k];
    for i in (0..k).rev().filter(|i| a[*i][*i] > 0.0) {
        let later: f64 = (i + 1..k).map(|j| a[i][j] * x[j]).sum();
        x[i] = (b[i] - later) / a[i][i];
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_system_is_solved() {
        let x = solve([[4.0, 2.0, 0.0], [0.0, 3.0, 0.0], [0.0; 3]], [10.0, 8.0, 0.0], 3);
        assert_eq!(x, [1.75, 1.5, 0.0]);
    }

    #[test]
    fn what_would_be_negative_is_left_out() {
        let mut squares = Squares::<2>::new();
        for i in 0..50 {
            let x = f64::from(i);
            squares.add(&[x, 10.0 - x], 2.0 * x - 0.5 * (10.0 - x), 1.0);
        }
        let b = squares.not_negative(2);
        assert!(b[1] == 0.0 && b[0] > 2.0, "{b:?}");
    }

    #[test]
    fn ridge_draws_toward_zero_and_less_so_with_more_rows() {
        let slope = |rows: i32| {
            let mut squares = Squares::<1>::new();
            (0..rows).for_each(|i| squares.add(&[f64::from(i % 7)], 3.0 * f64::from(i % 7), 0.5));
            squares.ridge(1)[0]
        };
        assert!(slope(20) < 2.0 && slope(7_000) > 2.9, "{} {}", slope(20), slope(7_000));
    }
}
