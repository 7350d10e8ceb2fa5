//! The upper half of a distribution of standardised errors, with an exponential tail.

use std::sync::LazyLock;

/// Where it is known, as `θ = -log10` of the probability of being exceeded.
const KNOTS: usize = 19;
const STAYS_BELOW: [f64; KNOTS] = [
    0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.985, 0.99, 0.993, 0.995, 0.997, 0.998,
    0.999, 0.9995, 0.9998,
];

/// As long as few errors are known they are taken for these.
const USUAL: [f32; KNOTS] =
    [0.0, 0.3, 0.7, 1.2, 1.5, 1.9, 2.2, 2.5, 2.9, 3.2, 3.4, 3.7, 4.0, 4.3, 4.8, 5.2, 6.0, 7.0, 8.0];

/// Fewer errors than this are few.
const ENOUGH: usize = 300;

/// The tail goes on with the slope over this many of the last knots.
const SLOPE_KNOTS: usize = 4;

/// Quantiles of errors at the knots.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tail([f32; KNOTS]);

impl Tail {
    /// Of errors that are sorted ascending.
    pub fn of(sorted: &[(f32, u32)]) -> Self {
        if sorted.len() < ENOUGH {
            return Self(USUAL);
        }
        let last = (sorted.len() - 1) as f64;
        Self(STAYS_BELOW.map(|p| {
            let place = p * last;
            let (below, share) = (place.floor(), place.fract() as f32);
            let (low, high) = (sorted[below as usize].0, sorted[place.ceil() as usize].0);
            low + (high - low) * share
        }))
    }

    /// The error that is exceeded with probability `10^-theta`; the median for every larger one.
    pub fn at(&self, theta: f64) -> f64 {
        let knots = &*THETAS;
        let next = knots.partition_point(|knot| *knot < theta);
        let (from, to) = match next {
            0 => return f64::from(self.0[0]),
            KNOTS => (KNOTS - 1 - SLOPE_KNOTS, KNOTS - 1),
            _ => (next - 1, next),
        };
        let (low, high) = (f64::from(self.0[from]), f64::from(self.0[to]));
        low + (high - low) * (theta - knots[from]) / (knots[to] - knots[from])
    }
}

static THETAS: LazyLock<[f64; KNOTS]> =
    LazyLock::new(|| STAYS_BELOW.map(|p: f64| -(1.0 - p).log10()));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_read_off_and_the_tail_goes_on() {
        let sorted: Vec<(f32, u32)> = (0..=10_000).map(|i| (i as f32, 0)).collect();
        let tail = Tail::of(&sorted);
        let at = |exceeded: f64| tail.at(-exceeded.log10()).round();
        assert_eq!(
            [0.9, 0.5, 0.1, 0.01, 0.001].map(at),
            [5_000.0, 5_000.0, 9_000.0, 9_900.0, 9_990.0]
        );
        let steps = [4.0, 5.0, 6.0].map(|theta| tail.at(theta));
        assert!(steps[1] > steps[0] && (steps[2] + steps[0] - 2.0 * steps[1]).abs() < 1e-6);
    }

    #[test]
    fn few_errors_are_taken_for_usual_ones() {
        assert_eq!(Tail::of(&[(1e9, 0); 20]), Tail(USUAL));
    }
}
