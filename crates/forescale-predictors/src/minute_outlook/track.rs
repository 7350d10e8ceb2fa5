//! One regression with the scale and the distribution of its errors, walked along a series.

use crate::minute_regression::solve::Squares;

use super::columns::{COLUMNS, Columns};
use super::tail::Tail;

/// What the expected error is made of; the last four look at the same minute of past days.
pub(super) const FACTORS: usize = 13;
pub(super) const RECENT_FACTORS: usize = 9;

/// Fewer rows than this teach nothing.
const FEWEST_ROWS: usize = 100;

/// The expected error is at least this share of the mean load, and this share of the level as long as none is known.
const LEAST_SCALE: f64 = 0.002;
const FIRST_SCALE: f64 = 0.1;

/// Days of errors that the tail is made of.
const TAIL_DAYS: usize = 60;

/// An error beyond this many times the expected one counts in proportion, not squared, where outliers are damped.
const USUAL: f64 = 3.0;

pub(super) type Factors = [f64; FACTORS];

/// How a track differs from the others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    /// Columns and factors it sees, from the first on.
    pub columns: usize,
    pub factors: usize,
    /// Days in which what a row weighs falls by a factor of e.
    pub memory_days: f64,
    /// Whether rows that are far off count less.
    pub damped: bool,
}

/// A forecast of one step: its middle, and how far that is expected to be off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Expected {
    pub point: f32,
    pub scale: f32,
}

/// A forecast until its value is known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    factors: Factors,
    pub expected: Expected,
    /// Whether the middle and the scale were learned.
    learned: (bool, bool),
}

/// One model.
#[derive(Debug)]
pub(super) struct Track {
    kind: Kind,
    rows: Squares<COLUMNS>,
    beta: Option<Vec<f64>>,
    scales: Squares<FACTORS>,
    gain: Option<Vec<f64>>,
    /// By origin, from 1 on.
    expected: Vec<Expected>,
    /// By day of the walk.
    tails: Vec<Tail>,
    /// Standardised errors with their origins, the first of them ascending.
    z: Vec<(f32, u32)>,
    sorted: usize,
}

impl Track {
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            rows: Squares::new(),
            beta: None,
            scales: Squares::new(),
            gain: None,
            expected: Vec::new(),
            tails: Vec::new(),
            z: Vec::new(),
            sorted: 0,
        }
    }

    /// Forecasts a row that follows the value `a`, where the load's `level` and its `mean` are these.
    pub fn ask(&mut self, x: &Columns, a: f64, mut factors: Factors, level: f64) -> Asked {
        let beyond = self.beta.as_ref().map_or(0.0, |beta| dot(beta, x));
        let f = (a + beyond).max(0.0);
        // The first factor is a hundredth of the mean load.
        let mean = 100.0 * factors[0];
        (factors[1], factors[2]) = (f, (f * mean).sqrt());
        let scale = self.gain.as_ref().map_or(FIRST_SCALE * level, |gain| dot(gain, &factors));
        // A load that always was 0 has errors too, once it moves.
        let scale = scale.max(LEAST_SCALE * mean).max(f64::from(f32::MIN_POSITIVE));
        let expected = Expected { point: f as f32, scale: scale as f32 };
        self.expected.push(expected);
        Asked { factors, expected, learned: (self.beta.is_some(), self.gain.is_some()) }
    }

    /// Learns that the row `x`, asked for at `origin` after the value `a`, became `y`.
    pub fn learn(&mut self, x: &Columns, asked: &Asked, (a, y): (f64, f64), at: (usize, f64)) {
        let (origin, level) = at;
        let error = y - f64::from(asked.expected.point);
        let z = error / f64::from(asked.expected.scale);
        let mut weight = 1.0 / level;
        if asked.learned.0 {
            self.scales.add(&asked.factors, error.abs(), weight);
        }
        if asked.learned.1 {
            self.z.push((z as f32, origin as u32));
            if self.kind.damped {
                weight *= (USUAL / z.abs()).clamp(1e-6, 1.0).sqrt();
            }
        }
        self.rows.add(&x[..self.kind.columns], y - a, weight);
    }

    /// Learns at midnight from all rows so far, and lets them fade.
    pub fn refit(&mut self, origin: usize, steps_per_day: usize) {
        if self.rows.rows() >= FEWEST_ROWS {
            self.beta = Some(self.rows.ridge(self.kind.columns));
        }
        if self.scales.rows() >= FEWEST_ROWS {
            self.gain = Some(self.scales.not_negative(self.kind.factors));
        }
        // A row weighs on both sides, so its squares fade twice as fast.
        let fade = (-2.0 / self.kind.memory_days).exp();
        self.rows.fade(fade);
        self.scales.fade(fade);
        self.sort_errors(origin.saturating_sub(TAIL_DAYS * steps_per_day) as u32);
        self.tails.push(Tail::of(&self.z));
    }

    /// Puts the newest errors where they belong and forgets those before `oldest`.
    fn sort_errors(&mut self, oldest: u32) {
        let ascending = |a: &(f32, u32), b: &(f32, u32)| a.0.total_cmp(&b.0);
        self.z[self.sorted..].sort_unstable_by(ascending);
        // A stable sort finds the two runs and merges them.
        self.z.sort_by(ascending);
        self.z.retain(|(_, origin)| *origin >= oldest);
        self.sorted = self.z.len();
    }

    /// The load that is exceeded with probability `10^-theta`, as it was said at `origin` on a day of the walk.
    pub fn quantile(&self, origin: usize, day: usize, theta: f64) -> f64 {
        let Expected { point, scale } = self.expected[origin - 1];
        (f64::from(point) + f64::from(scale) * self.tails[day].at(theta)).max(0.0)
    }

    /// How far the middle was expected to be off.
    pub fn scale(&self, origin: usize) -> f64 {
        f64::from(self.expected[origin - 1].scale)
    }
}

fn dot(b: &[f64], x: &[f64]) -> f64 {
    b.iter().zip(x).map(|(b, x)| b * x).sum()
}
