//! Least absolute deviations over columns that are forecasts of one thing, so that no weight is below zero.
//!
//! # Source
//! Iteratively re-weighted least squares for the L1 loss: Schlossmacher 1973.

use ndarray::{Array1, Array2, ArrayView1};

const ROUNDS: usize = 4;
const EPSILON: f64 = 0.05;

/// Columns, and how many of them are summed side by side.
pub(crate) const N: usize = 24;
const BLOCK: usize = 8;

/// Rows whose squares are added up together: sums are read and written once for all of them.
const TOGETHER: usize = 4;

const _: () = assert!(N.is_multiple_of(BLOCK));

/// Minimises `sum w |y - A b| + ridge n |b - prior|^2` over `b >= 0` by re-weighted least squares.
///
/// Anchors are forecasts of the same thing, so a weight below zero is a fit to noise: without the bound a week of
/// history taught one service to forecast nothing at all from a rising load.
pub(crate) fn least_absolute(
    a: &Array2<f64>,
    y: &[f64],
    weight: &[f64],
    rows: &[usize],
    prior: &Array1<f64>,
) -> Array1<f64> {
    const RIDGE: f64 = 0.6;
    let unit = least_miss(a, y, weight, rows);
    let ridge = RIDGE * unit * rows.len().max(1) as f64;
    let mut b = prior.clone();
    for _ in 0..ROUNDS {
        let (mut gram, mut right) = ([[0.0; N]; N], [0.0; N]);
        let at: [f64; N] = std::array::from_fn(|k| b[k]);
        let mut weighed = |i: &usize| {
            let row = a.row(*i).to_slice().expect("anchors are stored row by row");
            let row: &[f64; N] = row.try_into().expect("a value for each anchor");
            let w = weight[*i] / (y[*i] - dot(row, &at)).abs().max(EPSILON * unit);
            right.iter_mut().zip(row).for_each(|(sum, anchor)| *sum += w * anchor * y[*i]);
            (w, row)
        };
        let (together, rest) = rows.as_chunks::<TOGETHER>();
        together.iter().for_each(|rows| add_squares(&mut gram, rows.each_ref().map(&mut weighed)));
        rest.iter().for_each(|row| add_squares(&mut gram, [weighed(row)]));
        let gram = Array2::from(gram.to_vec()) + Array2::<f64>::eye(N) * ridge;
        b = solve_not_negative(gram, &(prior * ridge + Array1::from(right.to_vec())), &b);
    }
    b
}

/// Adds the weighted products of each row with itself to the upper triangle of `gram`, which is all that is read; in
/// whole blocks, so that the compiler makes vector instructions of them.
fn add_squares<const K: usize>(gram: &mut [[f64; N]; N], rows: [(f64, &[f64; N]); K]) {
    for (p, line) in gram.iter_mut().enumerate() {
        let factors = rows.map(|(weight, row)| weight * row[p]);
        let blocks = line.as_chunks_mut::<BLOCK>().0.iter_mut().enumerate();
        for (block, line) in blocks.skip(p / BLOCK) {
            let mut sums = *line;
            for (factor, (_, row)) in factors.iter().zip(&rows) {
                let values = &row.as_chunks::<BLOCK>().0[block];
                sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += factor * value);
            }
            *line = sums;
        }
    }
}

/// The sum of products, in lanes.
fn dot(a: &[f64; N], b: &[f64; N]) -> f64 {
    let mut sums = [0.0; BLOCK];
    let blocks = a.as_chunks::<BLOCK>().0.iter().zip(b.as_chunks::<BLOCK>().0);
    blocks.for_each(|(a, b)| (0..BLOCK).for_each(|lane| sums[lane] += a[lane] * b[lane]));
    sums.iter().sum()
}

/// How far the best single anchor misses on average: the unit in which misses are small or large, 1 at most.
fn least_miss(a: &Array2<f64>, y: &[f64], weight: &[f64], rows: &[usize]) -> f64 {
    let total: f64 = rows.iter().map(|i| weight[*i]).sum();
    let miss = |anchor: ArrayView1<f64>| -> f64 {
        let misses = rows.iter().map(|i| weight[*i] * (y[*i] - anchor[*i]).abs());
        misses.sum::<f64>() / total.max(1e-12)
    };
    a.columns().into_iter().map(miss).fold(1.0, f64::min).max(1e-4)
}

/// Solves `a x = b` for the least squares over `x >= 0` by coordinate descent from `start`; `a` is positive definite and
/// given by its upper triangle.
pub(crate) fn solve_not_negative(
    mut a: Array2<f64>,
    b: &Array1<f64>,
    start: &Array1<f64>,
) -> Array1<f64> {
    const SWEEPS: usize = 200;
    const STILL: f64 = 1e-5;
    let n = b.len();
    for i in 0..n {
        for j in 0..i {
            a[(i, j)] = a[(j, i)];
        }
    }
    let mut x = start.clone();
    for _ in 0..SWEEPS {
        let mut moved = 0.0_f64;
        for i in 0..n {
            let better = (x[i] + (b[i] - a.row(i).dot(&x)) / a[(i, i)]).max(0.0);
            moved = moved.max((better - x[i]).abs());
            x[i] = better;
        }
        if moved < STILL {
            break;
        }
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_system_is_solved_and_stays_above_zero() {
        let a = ndarray::array![[4.0, 2.0], [0.0, 3.0]];
        let solve = |b| solve_not_negative(a.clone(), &b, &Array1::zeros(2));
        let free = solve(ndarray::array![10.0, 8.0]);
        assert!((free[0] - 1.75).abs() < 1e-3 && (free[1] - 1.5).abs() < 1e-3, "{free}");
        let held = solve(ndarray::array![10.0, 2.0]);
        assert!((held[0] - 2.5).abs() < 1e-3 && held[1] == 0.0, "{held}");
    }
}
