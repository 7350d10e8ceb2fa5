//! Sums of products that the compiler turns into vector instructions.

/// Adds `x row` to `to`.
///
/// Inlined, the sums of a whole pass are kept in single registers, at four times the cost of a call.
#[inline(never)]
pub(crate) fn add<const N: usize>(to: &mut [f32; N], x: f32, row: &[f32; N]) {
    to.iter_mut().zip(row).for_each(|(to, value)| *to += x * value);
}

/// The sum of products, in eight lanes.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 8;
    let mut sums = [0.0; LANES];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.iter().zip(b) {
        sums.iter_mut().zip(a.iter().zip(b)).for_each(|(sum, (a, b))| *sum += a * b);
    }
    let rest = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>();
    rest + sums.iter().sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_products_are_summed() {
        let a: Vec<f32> = (0..19).map(|i| i as f32).collect();
        assert_eq!(dot(&a, &a), 2109.0);
        let mut to = [1.0, 2.0];
        add(&mut to, 2.0, &[3.0, -1.0]);
        assert_eq!(to, [7.0, 0.0]);
    }
}
