//! Quantiles of standardised errors on both sides of the median, each with an exponential tail.

use forescale_core::metrics::sorted_quantile;
use serde::{Deserialize, Serialize};

use crate::sound::{Flaw, Sound, ensure};

/// Where the curve of a side is known: probabilities of staying below, from the median outward.
const KNOTS: [f64; 19] = [
    0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.985, 0.99, 0.993, 0.995, 0.997, 0.998,
    0.999, 0.9995, 0.9998,
];

/// A knot with fewer errors than this beyond it is left to the tail.
const BEYOND: f64 = 2.0;

/// Fewer errors than this say nothing of their distribution.
const ENOUGH: usize = 20;

/// Quantiles of `z`, an error in units of the expected absolute error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Tails {
    above: Vec<f64>,
    below: Vec<f64>,
}

impl Tails {
    /// Of the errors `z`; too few of them are taken for a double exponential.
    pub fn of(mut z: Vec<f64>) -> Self {
        if z.len() < ENOUGH {
            let exponential: Vec<f64> = KNOTS.iter().map(|p| -(2.0 * (1.0 - p)).ln()).collect();
            return Self { above: exponential.clone(), below: exponential };
        }
        let above = side(&mut z);
        z.iter_mut().for_each(|z| *z = -*z);
        Self { above, below: side(&mut z) }
    }

    /// The quantile `p` of the errors.
    pub fn at(&self, p: f64) -> f64 {
        if p >= 0.5 { along(&self.above, 1.0 - p) } else { -along(&self.below, p) }
    }
}

impl Sound for Tails {
    fn check(&self) -> Result<(), Flaw> {
        let known = |side: &[f64]| (2..=KNOTS.len()).contains(&side.len());
        ensure(known(&self.above) && known(&self.below), "a tail of its errors is not known")
    }
}

fn side(z: &mut [f64]) -> Vec<f64> {
    z.sort_unstable_by(f64::total_cmp);
    let n = z.len() as f64;
    let known = KNOTS.iter().take_while(|p| (1.0 - *p) * n >= BEYOND);
    known.map(|p| sorted_quantile(z, *p)).collect()
}

/// The value beyond which `rest` of the probability lies: linear in its logarithm, and further on with the last slope.
fn along(values: &[f64], rest: f64) -> f64 {
    let theta = |p: f64| -(1.0 - p).log10();
    let wanted = -rest.log10();
    let last = values.len() - 1;
    let next = (1..last).find(|i| theta(KNOTS[*i]) >= wanted - 1e-12).unwrap_or(last);
    let (from, to) = (theta(KNOTS[next - 1]), theta(KNOTS[next]));
    values[next - 1] + (values[next] - values[next - 1]) * (wanted - from) / (to - from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(value: f64, expected: f64) {
        assert!((value - expected).abs() < 1e-9, "{value} {expected}");
    }

    #[test]
    fn both_sides_are_read_off_the_errors() {
        // 1000 errors from -250 to 749.
        let tails = Tails::of((0..=1_000).map(|i| f64::from(i) - 250.0).collect());
        near(tails.at(0.5), 250.0);
        near(tails.at(0.9), 650.0);
        near(tails.at(0.1), -150.0);
        near(tails.at(0.01), -240.0);
    }

    #[test]
    fn a_tail_goes_on_as_far_for_every_tenth_of_the_probability() {
        let tails = Tails::of((0..=1_000).map(f64::from).collect());
        let (p3, p4, p5) = (tails.at(0.999), tails.at(0.9999), tails.at(0.99999));
        assert!(p4 > p3);
        near(p5 - p4, p4 - p3);
    }

    #[test]
    fn few_errors_are_taken_for_a_double_exponential() {
        let tails = Tails::of(vec![3.0; 5]);
        near(tails.at(0.5), 0.0);
        near(tails.at(0.95), 10.0_f64.ln());
        near(tails.at(0.05), -(10.0_f64.ln()));
    }
}
