//! Interval widths that hold: how far what came lay from the median, in units of what was forecast.
//!
//! For each range of horizons, and for each side of the median, one factor widens or narrows the middle of the
//! distribution and one its tail, so that on the rolling origins as much fell inside as was promised. Few origins
//! pull the factors to the prior.
//!
//! # Source
//! Romano, Patterson & Candès, *Conformalized quantile regression*, 2019, in its multiplicative form.

use forescale_core::Quantiles;
use forescale_core::metrics::sorted_quantile;
use serde::{Deserialize, Serialize};

/// Levels above the median whose misses set the factor of the middle, and of the tail.
const MIDDLE: [f64; 2] = [0.8, 0.9];
const TAIL: [f64; 2] = [0.95, 0.975];

/// This many independent days of evidence carry half of what they say.
const HALF_TRUST: f64 = 60.0;

/// What the spread is widened by before there is evidence: an average of quantiles of members that all learned from
/// the same history is narrower than what comes.
const PRIOR_MIDDLE: f64 = 1.11;
const PRIOR_TAIL: f64 = 1.2;

/// No factor leaves this range: what seems to need more is a wrong forecast, not a narrow one.
const LEAST: f64 = 0.5;
const MOST: f64 = 3.0;

/// The factors of one range of horizons.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Spread {
    below: Side,
    above: Side,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Side {
    middle: f64,
    tail: f64,
}

impl Spread {
    /// The factors before there is evidence.
    pub const PRIOR: Self = Self { below: Side::PRIOR, above: Side::PRIOR };

    /// The factors for forecast rows at `quantiles` and what came; `days` of evidence decide how far they are trusted.
    pub fn fit(rows: &[(f64, &[f64])], quantiles: &Quantiles, days: f64) -> Self {
        if rows.len() < 20 {
            return Self::PRIOR;
        }
        let trust = days / (days + HALF_TRUST);
        let side = |mirror: bool| Side {
            middle: factor(rows, quantiles, &MIDDLE, mirror, (trust, PRIOR_MIDDLE)),
            tail: factor(rows, quantiles, &TAIL, mirror, (trust, PRIOR_TAIL)),
        };
        Self { below: side(true), above: side(false) }
    }

    /// Between two sets of factors, `share` of the way to `other`.
    pub fn blend(self, other: Self, share: f64) -> Self {
        let mix = |a: f64, b: f64| a + (b - a) * share;
        let side =
            |a: Side, b: Side| Side { middle: mix(a.middle, b.middle), tail: mix(a.tail, b.tail) };
        Self { below: side(self.below, other.below), above: side(self.above, other.above) }
    }

    /// Widens or narrows `row` about its median.
    pub fn apply(self, row: &mut [f64], quantiles: &Quantiles) {
        let median = row[quantiles.median_index()];
        for (value, p) in row.iter_mut().zip(quantiles.as_slice()) {
            let factor = if *p < 0.5 { self.below.at(1.0 - p) } else { self.above.at(*p) };
            *value = median + factor * (*value - median);
        }
    }
}

impl Side {
    const PRIOR: Self = Self { middle: PRIOR_MIDDLE, tail: PRIOR_TAIL };

    /// The middle's factor up to 0.9, the tail's from 0.95 on, and a line between.
    fn at(self, p: f64) -> f64 {
        let share = ((p - 0.9) / 0.05).clamp(0.0, 1.0);
        self.middle + (self.tail - self.middle) * share
    }
}

/// The mean over `levels` of the factor at which the promised share falls inside.
fn factor(
    rows: &[(f64, &[f64])],
    quantiles: &Quantiles,
    levels: &[f64],
    mirror: bool,
    (trust, prior): (f64, f64),
) -> f64 {
    let median = quantiles.median_index();
    let mut sum = 0.0;
    for level in levels {
        let p = if mirror { 1.0 - level } else { *level };
        let place = quantiles.index_of(p).expect("the standard quantiles hold the calibrated ones");
        let mut ratios: Vec<f64> = rows
            .iter()
            .map(|(actual, row)| {
                let width = row[place] - row[median];
                let miss = actual - row[median];
                let least = 1e-6 * (row[median].abs() + 1e-9);
                miss / if width.abs() < least { least.copysign(width) } else { width }
            })
            .collect();
        ratios.sort_unstable_by(f64::total_cmp);
        sum += sorted_quantile(&ratios, *level).clamp(LEAST, MOST).ln();
    }
    let seen = sum / levels.len() as f64;
    (trust * seen + (1.0 - trust) * prior.ln()).exp()
}

#[cfg(test)]
mod tests {
    use super::*;
    use forescale_core::quantile::normal_quantile;

    /// Normal errors of the given deviation about 100 against a forecast that promises a deviation of 1.
    fn spread(deviation: f64, days: f64) -> (Spread, Vec<f64>, Quantiles) {
        let quantiles = Quantiles::standard();
        let row: Vec<f64> =
            quantiles.as_slice().iter().map(|p| 100.0 + normal_quantile(*p)).collect();
        let actual = |i: usize| 100.0 + deviation * normal_quantile((i as f64 + 0.5) / 2_000.0);
        let rows: Vec<(f64, &[f64])> = (0..2_000).map(|i| (actual(i), &row[..])).collect();
        (Spread::fit(&rows, &quantiles, days), row.clone(), quantiles)
    }

    #[test]
    fn intervals_that_are_too_narrow_are_widened_by_what_is_missing() {
        let (spread, mut row, quantiles) = spread(2.0, 1e9);
        spread.apply(&mut row, &quantiles);
        let upper = row[quantiles.index_of(0.9).unwrap()];
        assert!((upper - (100.0 + 2.0 * normal_quantile(0.9))).abs() < 0.02, "{upper}");
        assert_eq!(row[quantiles.median_index()], 100.0);
    }

    #[test]
    fn little_evidence_changes_little() {
        let (strong, ..) = spread(2.0, 20.0);
        let (weak, ..) = spread(2.0, 0.5);
        assert!(weak.above.middle < strong.above.middle && weak.above.middle > PRIOR_MIDDLE);
    }

    #[test]
    fn a_few_rows_change_nothing() {
        assert_eq!(Spread::fit(&[], &Quantiles::standard(), 9.0), Spread::PRIOR);
    }
}
