//! The ARMAX fit: least squares in two stages, the second with the errors of the first (Hannan & Rissanen, 1982).

use super::model::ResponseModel;
use super::rows::Row;

/// The closest model to consecutive rows, where it is stable and grows with the load.
pub(super) fn fit(rows: &[Row]) -> Option<ResponseModel> {
    let busiest = rows.iter().map(Row::load_per_instance).fold(0.0, f64::max);
    let pairs = || rows.windows(2).enumerate().filter(|(_, w)| w[0].place + 1 == w[1].place);
    let known = |w: &[Row]| {
        let busy = |row: &Row| row.load_per_instance() / busiest;
        [1.0, w[0].log_seconds, busy(&w[1]), busy(&w[0])]
    };
    let first = least_squares(pairs().map(|(_, w)| (known(w), w[1].log_seconds)))?;
    let mut errors = vec![0.0; rows.len()];
    for (place, w) in pairs() {
        errors[place + 1] = w[1].log_seconds - dot(&first, &known(w));
    }
    let with_error = |(place, w): (usize, &[Row])| {
        let [one, own, busy, busy_lag] = known(w);
        ([one, own, busy, busy_lag, errors[place]], w[1].log_seconds)
    };
    let [constant, own_lag, load, load_lag, noise_lag] = least_squares(pairs().map(with_error))
        .unwrap_or([first[0], first[1], first[2], first[3], 0.0]);
    let usable = (0.0..1.0).contains(&own_lag) && load + load_lag > 0.0;
    let load_per_instance = busiest;
    usable.then_some(ResponseModel::Armax {
        constant,
        own_lag,
        load,
        load_lag,
        noise_lag,
        load_per_instance,
    })
}

fn dot<const N: usize>(a: &[f64; N], b: &[f64; N]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The coefficients with the least squared error; none when the columns depend on each other.
fn least_squares<const N: usize>(rows: impl Iterator<Item = ([f64; N], f64)>) -> Option<[f64; N]> {
    let (mut normal, mut right) = ([[0.0; N]; N], [0.0; N]);
    for (x, y) in rows {
        for i in 0..N {
            right[i] += x[i] * y;
            (0..N).for_each(|j| normal[i][j] += x[i] * x[j]);
        }
    }
    solve(normal, right)
}

/// Gaussian elimination with the largest pivot.
fn solve<const N: usize>(mut a: [[f64; N]; N], mut b: [f64; N]) -> Option<[f64; N]> {
    let scale = a.iter().flatten().fold(0.0_f64, |scale, value| scale.max(value.abs()));
    for i in 0..N {
        let pivot = (i..N).max_by(|p, q| a[*p][i].abs().total_cmp(&a[*q][i].abs()))?;
        a.swap(i, pivot);
        b.swap(i, pivot);
        if a[i][i].abs() <= scale * 1e-12 {
            return None;
        }
        for row in i + 1..N {
            let factor = a[row][i] / a[i][i];
            (i..N).for_each(|column| a[row][column] -= factor * a[i][column]);
            b[row] -= factor * b[i];
        }
    }
    let mut x = [0.0; N];
    for i in (0..N).rev() {
        let rest: f64 = (i + 1..N).map(|j| a[i][j] * x[j]).sum();
        x[i] = (b[i] - rest) / a[i][i];
    }
    Some(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equations_are_solved_and_dependent_ones_are_not() {
        assert_eq!(solve([[0.0, 2.0], [1.0, 1.0]], [4.0, 5.0]), Some([3.0, 2.0]));
        assert_eq!(solve([[1.0, 2.0], [2.0, 4.0]], [4.0, 8.0]), None);
    }
}
