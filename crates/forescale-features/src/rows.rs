//! Rows of a matrix: pairs of an origin and a horizon, and how they are drawn for training.

use forescale_core::History;

use crate::prepared::Prepared;
use crate::unusual::Unusual;

/// One row: the load `horizon` steps from `origin` on, seen from `origin`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Index of the first step that is not known.
    pub origin: usize,
    /// 1 for the step that begins at the origin.
    pub horizon: usize,
}

impl Row {
    /// Index of the step that is predicted.
    pub fn target(self) -> usize {
        self.origin + self.horizon - 1
    }
}

/// A range of horizons that is learned together, in steps, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Segment {
    /// First horizon.
    pub from: usize,
    /// Last horizon.
    pub to: usize,
}

impl Segment {
    /// The segments that cover a horizon of `steps`: an hour, a day, a week, and what is beyond.
    ///
    /// The day's segment is learned on all horizons of the day, since the first hour is part of its shape.
    pub fn covering(steps: usize, hour: usize, day: usize) -> Vec<Self> {
        let near = hour.max(3).min(day);
        let mut segments = vec![Self { from: 1, to: near }];
        if steps > near && day > near {
            segments.push(Self { from: 1, to: day });
        }
        if steps > day {
            segments.push(Self { from: day + 1, to: (7 * day).max(near + 1) });
        }
        segments
    }

    /// Which of `segments` answers for `horizon`: the narrowest that holds it, else the last.
    pub fn choose(segments: &[Self], horizon: usize) -> usize {
        segments.iter().position(|s| horizon <= s.to).unwrap_or(segments.len() - 1)
    }

    fn length(self) -> usize {
        self.to - self.from + 1
    }
}

/// Rows to learn from, with their targets.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingRows {
    /// The rows.
    pub rows: Vec<Row>,
    /// What was observed, in load units.
    pub target: Vec<f64>,
}

/// Half-life of the chance that an origin is drawn, in days: newer days teach more.
const HALF_LIFE_DAYS: f64 = 21.0;

/// Draws up to `count` rows of `segment` whose targets are known and present, newer origins more often.
///
/// What is unlike the rest of the history teaches less: a row counts what its origin and its target count.
/// Origins leave at least 2.5 days of history behind them, or a third of it where there is less.
/// The same seed draws the same rows.
pub fn training_rows(history: &History, segment: Segment, count: usize, seed: u64) -> TrainingRows {
    let p = Prepared::of(history);
    let unusual = Unusual::of(history);
    let counts = unusual.weights();
    let n = p.len();
    let first = (n / 3).min(p.day * 5 / 2).max(1);
    let mut draw = SplitMix(seed ^ (segment.to as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut drawn = TrainingRows { rows: Vec::with_capacity(count), target: Vec::new() };
    // A bounded number of draws: a history of gaps must not loop for ever.
    for _ in 0..count * 4 {
        if drawn.rows.len() == count || first >= n {
            break;
        }
        let origin = first + draw.below(n - first);
        let horizon = segment.from + draw.below(segment.length());
        let row = Row { origin, horizon };
        let age_days = (n - origin) as f64 / p.day as f64;
        let chance = 0.5_f64.powf(age_days / HALF_LIFE_DAYS);
        let known = row.target() < n && p.present[row.target()] && p.present[origin - 1];
        let counts = if known { counts[row.target()].min(counts[origin - 1]) } else { 0.0 };
        if draw.unit() < chance * counts {
            drawn.rows.push(row);
            drawn.target.push(p.y[row.target()]);
        }
    }
    drawn
}

/// A small generator with a fixed sequence on every machine (Steele et al., *Fast splittable pseudorandom number
/// generators*, 2014).
#[derive(Debug, Clone)]
pub struct SplitMix(pub u64);

impl SplitMix {
    /// The next 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A whole number below `bound`, which is above 0.
    pub fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.bits()) * bound as u128) >> 64) as usize
    }

    /// A number in [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_cover_every_horizon() {
        let segments = Segment::covering(2_000, 12, 288);
        assert_eq!(
            segments.iter().map(|s| (s.from, s.to)).collect::<Vec<_>>(),
            [(1, 12), (1, 288), (289, 2_016)]
        );
        for (h, expected) in [(1, 0), (12, 0), (13, 1), (288, 1), (289, 2), (5_000, 2)] {
            assert_eq!(Segment::choose(&segments, h), expected, "{h}");
        }
        assert_eq!(Segment::covering(1, 1, 1), [Segment { from: 1, to: 1 }]);
    }

    #[test]
    fn draws_stay_below_their_bound() {
        let mut draw = SplitMix(1);
        assert!((0..1_000).all(|_| draw.below(7) < 7 && draw.unit() < 1.0));
    }
}
