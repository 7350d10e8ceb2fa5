//! How wide the intervals of a range of horizons have to be: how far what came lay from the median, in units of what
//! was forecast.
//!
//! One factor widens or narrows the middle of the distribution and one its tail, so that on the rolling origins as much
//! fell inside as was promised. Little evidence moves the factors little. Both sides of the median share them: a factor
//! for each side follows the noise of a week (on public load traces the upper tail got 1 to 2 % worse).
//!
//! # Source
//! Romano, Patterson & Candès, *Conformalized quantile regression*, 2019, in its multiplicative and symmetric form.

use forescale_core::Quantiles;
use forescale_core::metrics::sorted_quantile;
use serde::{Deserialize, Serialize};

/// Levels above the median whose misses set the factor of the middle, and of the tail.
const MIDDLE: [f64; 1] = [0.9];
const TAIL: [f64; 2] = [0.95, 0.975];

/// What the spread is widened by before there is evidence: an average of quantiles of members that all learned from
/// the same history is narrower than what comes.
const PRIOR_MIDDLE: f64 = 1.12;
const PRIOR_TAIL: f64 = 1.2;

/// How much wider still the 99.9 % quantile is: members learned from few days that far out. On public load traces this
/// lost least, a day (1.15) and an hour ahead (1.3).
const FAR: f64 = 1.2;

/// No factor leaves this range: what seems to need more is a wrong forecast, not a narrow one.
const LEAST: f64 = 0.5;
const MOST: f64 = 3.0;

/// Fewer rows say nothing.
const FEWEST: usize = 20;

/// The factors of one range of horizons.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Spread {
    middle: f64,
    tail: f64,
}

impl Spread {
    /// The factors before there is evidence.
    pub const PRIOR: Self = Self { middle: PRIOR_MIDDLE, tail: PRIOR_TAIL };

    /// The factors after forecast rows at `quantiles` and what came, which count `trust` (0 to 1) against what was
    /// known before. Forecasts that are to come are expected to miss `excess` times less.
    pub fn updated(
        self,
        rows: &[(f64, &[f64])],
        quantiles: &Quantiles,
        trust: f64,
        excess: f64,
    ) -> Self {
        if rows.len() < FEWEST {
            return self;
        }
        let moved = |before: f64, levels: &[f64]| {
            before.powf(1.0 - trust) * (seen(rows, quantiles, levels) / excess).powf(trust)
        };
        Self { middle: moved(self.middle, &MIDDLE), tail: moved(self.tail, &TAIL) }
    }

    /// Between two sets of factors, `share` of the way to `other`.
    pub fn blend(self, other: Self, share: f64) -> Self {
        let mix = |a: f64, b: f64| a + (b - a) * share;
        Self { middle: mix(self.middle, other.middle), tail: mix(self.tail, other.tail) }
    }

    /// Widens or narrows `row` about its median, `more` times as much.
    pub fn apply(self, row: &mut [f64], quantiles: &Quantiles, more: f64) {
        let median = row[quantiles.median_index()];
        for (value, p) in row.iter_mut().zip(quantiles.as_slice()) {
            let factor = (self.at(p.max(1.0 - p)) * more).clamp(LEAST, MOST);
            *value = median + factor * (*value - median);
        }
    }

    /// The middle's factor up to 0.9, the tail's from 0.95 to 0.99, more on the way to 0.999, and lines between.
    fn at(self, p: f64) -> f64 {
        let between = |from: f64, to: f64| ((p - from) / (to - from)).clamp(0.0, 1.0);
        let factor = self.middle + (self.tail - self.middle) * between(0.9, 0.95);
        factor * (1.0 + (FAR - 1.0) * between(0.99, 0.999))
    }
}

/// The mean over `levels` of the factor at which the promised share falls inside.
fn seen(rows: &[(f64, &[f64])], quantiles: &Quantiles, levels: &[f64]) -> f64 {
    let median = quantiles.median_index();
    let mut sum = 0.0;
    for level in levels {
        let place = |p| quantiles.index_of(p).expect("the standard quantiles hold these");
        let (low, high) = (place(1.0 - level), place(*level));
        let ratio = |(actual, row): &(f64, &[f64])| {
            let side = if *actual < row[median] { low } else { high };
            let width = (row[side] - row[median]).abs();
            (actual - row[median]).abs() / width.max(1e-6 * (row[median].abs() + 1e-9))
        };
        let mut ratios: Vec<f64> = rows.iter().map(ratio).collect();
        ratios.sort_unstable_by(f64::total_cmp);
        sum += sorted_quantile(&ratios, 2.0 * level - 1.0).clamp(LEAST, MOST).ln();
    }
    (sum / levels.len() as f64).exp()
}

#[cfg(test)]
mod tests {
    use super::*;
    use forescale_core::quantile::normal_quantile;

    /// Normal errors of the given deviation about 100 against a forecast that promises a deviation of 1.
    fn spread(deviation: f64, trust: f64) -> (Spread, Vec<f64>, Quantiles) {
        let quantiles = Quantiles::standard();
        let row: Vec<f64> =
            quantiles.as_slice().iter().map(|p| 100.0 + normal_quantile(*p)).collect();
        let actual = |i: usize| 100.0 + deviation * normal_quantile((i as f64 + 0.5) / 2_000.0);
        let rows: Vec<(f64, &[f64])> = (0..2_000).map(|i| (actual(i), &row[..])).collect();
        (Spread::PRIOR.updated(&rows, &quantiles, trust, 1.0), row.clone(), quantiles)
    }

    #[test]
    fn intervals_that_are_too_narrow_are_widened_by_what_is_missing() {
        let (spread, mut row, quantiles) = spread(2.0, 1.0);
        spread.apply(&mut row, &quantiles, 1.0);
        let upper = row[quantiles.index_of(0.9).unwrap()];
        assert!((upper - (100.0 + 2.0 * normal_quantile(0.9))).abs() < 0.02, "{upper}");
        assert_eq!(row[quantiles.median_index()], 100.0);
    }

    #[test]
    fn little_evidence_changes_little() {
        let (strong, ..) = spread(2.0, 0.5);
        let (weak, ..) = spread(2.0, 0.02);
        assert!(weak.middle < strong.middle && weak.middle > PRIOR_MIDDLE);
    }

    #[test]
    fn a_few_rows_change_nothing() {
        assert_eq!(Spread::PRIOR.updated(&[], &Quantiles::standard(), 0.9, 1.0), Spread::PRIOR);
    }
}
