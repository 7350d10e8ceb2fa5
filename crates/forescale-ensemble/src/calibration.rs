//! Interval widths that hold, for near and far horizons, at every time of the day, in calm and in busy hours; they move
//! with what comes.
//!
//! What was seen counts by its days against what was known before: first a prior, later all the evidence so far. At
//! most [`MEMORY`] days of it count, so that newer errors replace older ones.
//!
//! # Source
//! Romano, Patterson & Candès, *Conformalized quantile regression*, 2019, in its multiplicative form, with factors by
//! groups as in Romano, Barber, Sabatti & Candès, *With malice toward none: assessing uncertainty via equalized
//! coverage*, 2020, shrunk to the factor of all.

use forescale_core::Quantiles;
use forescale_core::metrics::sorted_quantile;
use serde::{Deserialize, Serialize};

use crate::conditions::{Condition, PARTS, THIRDS};
use crate::evidence::Evidence;
use crate::mixing;
use crate::spread::Spread;

/// The prior counts as many days as these: for the next hour, for a range of horizons beyond, for a third of the load, and
/// for a part of the day. Errors within the next hour hang together less, so a day of them tells more.
///
/// On public traces a week tells little of the next one's widths: more trust in it made the mean loss worse, less left
/// services further from what was promised.
const HOUR_DAYS: f64 = 4.0;
const HORIZON_DAYS: f64 = 11.0;
const THIRD_DAYS: f64 = 16.0;
const PART_DAYS: f64 = 60.0;

/// Days of evidence that count at most.
const MEMORY: f64 = 28.0;

/// How much further off a draft is, with a week's newest days unknown to it, than the fit that will forecast; measured
/// on public load traces.
pub(crate) const DRAFT_EXCESS: f64 = 1.15;

/// Fewer steps than these tell nothing of a condition.
const FEWEST: usize = 20;

/// How wide intervals are made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Calibration {
    /// For each range of horizons.
    spreads: Vec<Spread>,
    /// Days behind each of them.
    days: Vec<f64>,
    /// Logarithms of factors for the parts of the day, and for calm to busy hours.
    parts: [f64; PARTS],
    thirds: [f64; THIRDS],
}

impl Calibration {
    /// Before there is evidence.
    pub fn prior(buckets: usize) -> Self {
        Self {
            spreads: vec![Spread::PRIOR; buckets],
            days: vec![0.0; buckets],
            parts: [0.0; PARTS],
            thirds: [0.0; THIRDS],
        }
    }

    /// Whether it is for so many ranges of horizons.
    pub fn is_for(&self, buckets: usize) -> bool {
        self.spreads.len() == buckets && self.days.len() == buckets
    }

    /// After what the mixture by `weights` forecast in `evidence`, whose misses are `excess` times those to come.
    pub fn updated(mut self, evidence: &Evidence, weights: &[Vec<f64>], excess: f64) -> Self {
        let quantiles = evidence.quantiles();
        let mut misses = Misses::default();
        let known = self.days.iter().copied().fold(0.0, f64::max);
        let mut most = 0.0_f64;
        for (bucket, weights) in weights.iter().enumerate() {
            let rows = mixing::rows(evidence, bucket, weights);
            let days = evidence.days(bucket);
            most = most.max(days);
            let pairs: Vec<(f64, &[f64])> =
                rows.iter().map(|row| (row.actual, &row.row[..])).collect();
            let prior = if bucket == 0 { HOUR_DAYS } else { HORIZON_DAYS };
            let trust = trust(days, prior, self.days[bucket]);
            self.spreads[bucket] = self.spreads[bucket].updated(&pairs, quantiles, trust, excess);
            self.days[bucket] = (self.days[bucket] + days).min(MEMORY);
            for mut row in rows {
                self.spreads[bucket].apply(&mut row.row, quantiles, 1.0);
                misses.add(row.actual, &row.row, quantiles, row.condition);
            }
        }
        let (parts, thirds) = misses.relative();
        move_to(&mut self.parts, parts, trust(most, PART_DAYS, known));
        move_to(&mut self.thirds, thirds, trust(most, THIRD_DAYS, known));
        self
    }

    /// Widens or narrows `row`, which lies `share` of the way from the range of horizons `near` to `far`.
    pub fn apply(&self, row: &mut [f64], (near, far, share): (usize, usize, f64), at: Condition) {
        let spread = self.spreads[near].blend(self.spreads[far], share);
        let more = (self.parts[at.part] + self.thirds[at.third]).exp();
        spread.apply(row, &Quantiles::standard(), more);
    }
}

/// What `days` of evidence count against a prior of so many days and `known` days before.
fn trust(days: f64, prior: f64, known: f64) -> f64 {
    days / (days + prior + known)
}

fn move_to<const N: usize>(factors: &mut [f64; N], seen: [Option<f64>; N], trust: f64) {
    for (factor, seen) in factors.iter_mut().zip(seen) {
        *factor += trust * (seen.unwrap_or(0.0) - *factor);
    }
}

/// How far off forecasts were, in units of their 80 % interval's half on that side.
#[derive(Debug, Default)]
struct Misses {
    all: Vec<(f64, Condition)>,
}

impl Misses {
    fn add(&mut self, actual: f64, row: &[f64], quantiles: &Quantiles, condition: Condition) {
        let median = row[quantiles.median_index()];
        let p = if actual < median { 0.1 } else { 0.9 };
        let place = quantiles.index_of(p).expect("the standard quantiles hold those of 80 %");
        let width = (row[place] - median).abs().max(1e-3 * median.abs() + 1e-9);
        self.all.push(((actual - median).abs() / width, condition));
    }

    /// The logarithm of how much further off each condition is than all of them; none where too few steps tell.
    fn relative(&self) -> ([Option<f64>; PARTS], [Option<f64>; THIRDS]) {
        let whole = reach(self.all.iter().map(|(miss, _)| *miss));
        let than_all = |wanted: &dyn Fn(&Condition) -> bool| {
            let misses = self.all.iter().filter(|(_, at)| wanted(at)).map(|(miss, _)| *miss);
            Some(reach(misses)? - whole?)
        };
        (
            std::array::from_fn(|part| than_all(&|at| at.part == part)),
            std::array::from_fn(|third| than_all(&|at| at.third == third)),
        )
    }
}

/// The logarithm of the factor at which four in five misses fall inside.
fn reach(misses: impl Iterator<Item = f64>) -> Option<f64> {
    let mut misses: Vec<f64> = misses.collect();
    if misses.len() < FEWEST {
        return None;
    }
    misses.sort_unstable_by(f64::total_cmp);
    Some(sorted_quantile(&misses, 0.8).clamp(0.3, 5.0).ln())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn misses(of: impl Fn(usize) -> f64) -> Misses {
        let all = (0..4_000).map(|i| {
            let at = Condition { part: i % PARTS, third: i / PARTS % THIRDS };
            (of(i) * ((i / 12) % 100) as f64 / 80.0, at)
        });
        Misses { all: all.collect() }
    }

    #[test]
    fn a_part_of_the_day_that_is_further_off_gets_wider_intervals() {
        let (parts, thirds) = misses(|i| if i % PARTS == 1 { 2.0 } else { 1.0 }).relative();
        let parts = parts.map(Option::unwrap);
        assert!(parts[1] > 0.3 && parts[0] < 0.0, "{parts:?}");
        assert!(thirds.iter().all(|third| third.unwrap().abs() < 0.05), "{thirds:?}");
    }

    #[test]
    fn even_misses_change_nothing() {
        let (parts, thirds) = misses(|_| 1.0).relative();
        assert!(parts.iter().chain(&thirds).all(|factor| factor.unwrap().abs() < 0.03));
    }

    #[test]
    fn newer_days_count_less_the_more_is_known() {
        assert!(trust(7.0, 28.0, 0.0) > trust(7.0, 28.0, 20.0));
        assert_eq!(trust(0.0, 28.0, 5.0), 0.0);
    }
}
