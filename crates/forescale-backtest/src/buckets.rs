//! Ranges of horizons that are judged and weighted together.

use chrono::TimeDelta;
use forescale_core::{Frequency, Horizon};
use serde::{Deserialize, Serialize};

/// A range of horizons in steps, both ends included; 1 is the step that begins at the origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// First horizon.
    pub from: usize,
    /// Last horizon.
    pub to: usize,
}

/// Buckets that cover a horizon: up to an hour, six hours, a day, a week, and beyond.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buckets(Vec<Bucket>);

impl Buckets {
    /// The buckets of a forecast of `horizon` steps.
    pub fn new(frequency: Frequency, horizon: Horizon) -> Self {
        let mut buckets: Vec<Bucket> = Vec::new();
        for hours in [1, 6, 24, 168] {
            let from = buckets.last().map_or(1, |bucket| bucket.to + 1);
            let to = frequency.steps_in(TimeDelta::hours(hours)).min(horizon.steps());
            if to >= from {
                buckets.push(Bucket { from, to });
            }
        }
        let from = buckets.last().map_or(1, |bucket| bucket.to + 1);
        if from <= horizon.steps() {
            buckets.push(Bucket { from, to: horizon.steps() });
        }
        Self(buckets)
    }

    /// The buckets, nearest first; never empty.
    pub fn as_slice(&self) -> &[Bucket] {
        &self.0
    }

    /// Which bucket holds `horizon` (from 1); what is beyond the last belongs to the last.
    pub fn of(&self, horizon: usize) -> usize {
        self.0.partition_point(|bucket| bucket.to < horizon).min(self.0.len() - 1)
    }

    /// The bucket below and above `horizon` and how far it is from one to the other, so that weights change
    /// smoothly: linear in the logarithm of the horizon between the middles of the buckets.
    ///
    /// The nearest bucket stands alone: predictors have models of their own for the next hour.
    pub fn blend(&self, horizon: usize) -> (usize, usize, f64) {
        let own = self.of(horizon);
        let middle = |bucket: usize| {
            let Bucket { from, to } = self.0[bucket];
            0.5 * ((from as f64).ln() + (to as f64).ln())
        };
        let at = (horizon.max(1) as f64).ln();
        let (below, above) = if at < middle(own) {
            (own.saturating_sub(1), own)
        } else {
            (own, (own + 1).min(self.0.len() - 1))
        };
        if own == 0 || below == 0 || below == above {
            return (own, own, 0.0);
        }
        let (low, high) = (middle(below), middle(above));
        (below, above, ((at - low) / (high - low)).clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets(step: i64, steps: usize) -> Vec<(usize, usize)> {
        let frequency = Frequency::from_seconds(step).unwrap();
        let buckets = Buckets::new(frequency, Horizon::new(steps).unwrap());
        buckets.as_slice().iter().map(|bucket| (bucket.from, bucket.to)).collect()
    }

    #[test]
    fn they_cover_the_horizon_without_overlap() {
        assert_eq!(buckets(300, 288), [(1, 12), (13, 72), (73, 288)]);
        assert_eq!(buckets(300, 10), [(1, 10)]);
        assert_eq!(buckets(3_600, 400), [(1, 1), (2, 6), (7, 24), (25, 168), (169, 400)]);
        assert_eq!(buckets(86_400, 10), [(1, 1), (2, 7), (8, 10)]);
    }

    #[test]
    fn blending_goes_from_one_middle_to_the_next() {
        let frequency = Frequency::from_seconds(300).unwrap();
        let buckets = Buckets::new(frequency, Horizon::new(288).unwrap());
        assert_eq!(buckets.blend(12), (0, 0, 0.0));
        assert_eq!(buckets.blend(13), (1, 1, 0.0));
        assert_eq!(buckets.blend(288), (2, 2, 0.0));
        let (below, above, share) = buckets.blend(72);
        assert!((below, above) == (1, 2) && share > 0.4 && share < 0.7, "{share}");
    }
}
