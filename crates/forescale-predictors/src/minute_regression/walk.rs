//! The models of one horizon, refitted again and again along the history so that every error is out of sample.

use std::collections::VecDeque;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::inputs::{COLUMNS, Inputs, RECENT, Row};
use super::solve::Squares;
use super::tail::Tails;
use crate::sound::{Flaw, Sound, ensure};

/// Refits along the history: one a day over 28 days.
const REFITS: usize = 28;

/// Rows that the sums are made of, at most; between them rows are only predicted.
const ROWS: usize = 8_064;

/// Fewer rows than this teach nothing.
pub(super) const FEWEST_ROWS: usize = 30;

/// Days in which what a row counts falls by a factor of e.
const MEMORY_DAYS: f64 = 28.0;

/// What the expected error is made of, and how much of it the recent model sees.
const FACTORS: usize = 7;
const RECENT_FACTORS: usize = 4;

/// The expected error is at least this share of the mean load.
const LEAST_SCALE: f64 = 0.002;

/// The expected error as a share of the level as long as none was seen.
const USUAL_ERROR: f64 = 0.1;

/// The regression counts an error beyond this many times the expected one in proportion, not squared: a service that
/// was down for ten minutes teaches little about the days it was up. The scale counts it in full, or it would not
/// expect the next one. Over 44 traces at five minutes, one hour ahead, the loss went from 0.86 to 0.80 of last-value's.
const USUAL: f64 = 3.0;

type Factors = [f64; FACTORS];

/// The models of one horizon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Anchor {
    /// Its horizon in steps, from 1.
    pub h: usize,
    pub full: Model,
    pub recent: Model,
    /// How much each column moves the full model.
    pub drives: Vec<f64>,
}

/// A regression with the scale of its errors and their tails.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Model {
    beta: Vec<f64>,
    gain: Vec<f64>,
    tails: Tails,
}

impl Model {
    /// What the model expects beyond the last value `a`; what never was negative stays so.
    pub fn point(&self, a: f64, x: &Row, floor: f64) -> f64 {
        point(&self.beta, a, x, floor)
    }

    /// Appends the quantiles of a step whose point is `f`.
    pub fn quantiles<'a>(
        &'a self,
        f: f64,
        factors: &Factors,
        wanted: &'a [f64],
        floor: f64,
    ) -> impl Iterator<Item = f64> + 'a {
        let sigma = scale(&self.gain, factors);
        wanted.iter().map(move |p| (f + sigma * self.tails.at(*p)).max(floor))
    }
}

impl Anchor {
    /// Learns the horizon `h`; `None` when too few steps are known.
    pub fn learn(inputs: &Inputs, h: usize) -> Option<Self> {
        let origins = (inputs.p.len() + 1).saturating_sub(inputs.from + h);
        if origins < FEWEST_ROWS {
            return None;
        }
        let rows = (0..origins).map(|i| inputs.row(inputs.from + i, h)).collect();
        let mut walk = Walk::new(inputs, h, rows);
        let block = origins.div_ceil(REFITS);
        for from in (0..origins).step_by(block) {
            let to = origins.min(from + block);
            walk.predict(from..to);
            walk.learn_targets_before(inputs.from + to);
        }
        walk.learn_targets_before(inputs.p.len());
        (walk.squares.rows() >= FEWEST_ROWS).then(|| walk.finish())
    }
}

impl Sound for Anchor {
    fn check(&self) -> Result<(), Flaw> {
        let models = [(&self.full, COLUMNS, FACTORS), (&self.recent, RECENT, RECENT_FACTORS)];
        for (model, columns, factors) in models {
            let whole = model.beta.len() == columns && model.gain.len() == factors;
            ensure(whole, "a regression has another number of columns")?;
            model.tails.check()?;
        }
        Ok(())
    }
}

/// Factors of the expected error of a step whose point is `f`; the last three are errors that recurred at its minute.
pub(super) fn factors(inputs: &Inputs, origin: usize, f: f64, recurring: [f64; 3]) -> Factors {
    let mean = inputs.mean(origin).abs();
    let f = f.abs();
    let [hours, days, weeks] = recurring;
    [0.01 * mean, f, (f * mean).sqrt(), inputs.roughness(origin), hours, days, weeks]
}

/// The expected error: never less than [`LEAST_SCALE`] of the mean, of which the first factor is a hundredth.
fn scale(gain: &[f64], factors: &Factors) -> f64 {
    dot(gain, factors).max(100.0 * LEAST_SCALE * factors[0])
}

fn point(beta: &[f64], a: f64, x: &Row, floor: f64) -> f64 {
    (a + dot(beta, x)).max(floor)
}

fn dot(b: &[f64], x: &[f64]) -> f64 {
    b.iter().zip(x).map(|(b, x)| b * x).sum()
}

/// A walk along the history.
struct Walk<'a> {
    inputs: &'a Inputs,
    h: usize,
    /// Rows by origin from `inputs.from` on, and every how many of them is learned.
    rows: Vec<Row>,
    stride: usize,
    /// What is lost of the past with each row.
    fade_per_row: f64,
    floor: f64,
    squares: Squares<COLUMNS>,
    /// Rows that were learned.
    learned: usize,
    full: Track,
    recent: Track,
}

/// What the walk keeps for each of the two models.
struct Track {
    columns: usize,
    factors: usize,
    beta: Option<Vec<f64>>,
    gain: Option<Vec<f64>>,
    squares: Squares<FACTORS>,
    /// Absolute errors by origin, `NaN` where there was none.
    errors: Vec<f64>,
    /// Weights by origin, below 1 for errors far beyond the expected.
    weights: Vec<f64>,
    /// Origin, factors and error of what has yet to be learned from.
    waiting: VecDeque<(usize, Factors, f64)>,
    /// Standardised errors by origin.
    z: Vec<(usize, f64)>,
}

impl<'a> Walk<'a> {
    fn new(inputs: &'a Inputs, h: usize, rows: Vec<Row>) -> Self {
        let stride = stride(rows.len(), inputs.p.hour());
        let days = rows.len() as f64 / inputs.p.day as f64;
        // Coarse series are learned from for longer than 28 days, and remember as long.
        let memory = MEMORY_DAYS.max(days) * inputs.p.day as f64;
        let negative = inputs.p.y.iter().any(|y| *y < 0.0);
        Self {
            inputs,
            h,
            stride,
            fade_per_row: (-2.0 / memory).exp(),
            floor: if negative { f64::NEG_INFINITY } else { 0.0 },
            squares: Squares::new(),
            learned: 0,
            full: Track::new(COLUMNS, FACTORS, rows.len()),
            recent: Track::new(RECENT, RECENT_FACTORS, rows.len()),
            rows,
        }
    }

    /// Refits on what was learned and predicts the rows `span`.
    fn predict(&mut self, span: Range<usize>) {
        for track in [&mut self.full, &mut self.recent] {
            track.refit(&self.squares);
            let Some(beta) = &track.beta else { continue };
            for i in span.clone() {
                let (origin, target) = (self.inputs.from + i, self.inputs.from + i + self.h - 1);
                if !self.inputs.p.present[target] {
                    continue;
                }
                let f = point(beta, self.inputs.last(origin), &self.rows[i], self.floor);
                let error = self.inputs.p.y[target] - f;
                track.errors[i] = error.abs();
                if i % self.stride != 0 || !self.inputs.p.present[origin - 1] {
                    continue;
                }
                let recurring = track.recurring(self.inputs, origin, self.h);
                let factors = factors(self.inputs, origin, f, recurring);
                if let Some(gain) = &track.gain {
                    let sigma = scale(gain, &factors);
                    track.z.extend((sigma > 0.0).then_some((i, error / sigma)));
                    track.weights[i] = (USUAL * sigma / error.abs()).clamp(1e-6, 1.0).sqrt();
                }
                track.waiting.push_back((i, factors, error.abs()));
            }
        }
    }

    /// Learns from all rows whose targets are known at `origin`.
    fn learn_targets_before(&mut self, origin: usize) {
        let known = (origin + 1).saturating_sub(self.inputs.from + self.h).min(self.rows.len());
        if known <= self.learned {
            return;
        }
        let fade = self.fade_per_row.powi((known - self.learned) as i32);
        self.squares.fade(fade);
        for i in (self.learned..known).filter(|i| i % self.stride == 0) {
            let (origin, target) = (self.inputs.from + i, self.inputs.from + i + self.h - 1);
            if self.inputs.p.present[target] && self.inputs.p.present[origin - 1] {
                let age = (known - 1 - i) as f64;
                let weight = self.full.weights[i] * self.fade_per_row.powf(0.5 * age);
                let weight = weight / self.inputs.level(origin);
                let y = self.inputs.p.y[target] - self.inputs.last(origin);
                self.squares.add(&self.rows[i], y, weight);
            }
        }
        self.learned = known;
        for track in [&mut self.full, &mut self.recent] {
            track.learn_before(known, fade, self.inputs);
        }
    }

    fn finish(mut self) -> Anchor {
        self.full.refit(&self.squares);
        self.recent.refit(&self.squares);
        // The newest half: 14 days of 28.
        let from = self.rows.len() / 2;
        let full = self.full.finish(from);
        let moves = |(i, b): (usize, &f64)| b.abs() * self.squares.of(i).sqrt();
        let mut drives: Vec<f64> = full.beta.iter().enumerate().map(moves).collect();
        // The first column is the constant.
        drives[0] = 0.0;
        Anchor { h: self.h, full, recent: self.recent.finish(from), drives }
    }
}

impl Track {
    fn new(columns: usize, factors: usize, rows: usize) -> Self {
        Self {
            columns,
            factors,
            beta: None,
            gain: None,
            squares: Squares::new(),
            errors: vec![f64::NAN; rows],
            weights: vec![1.0; rows],
            waiting: VecDeque::new(),
            z: Vec::new(),
        }
    }

    fn refit(&mut self, squares: &Squares<COLUMNS>) {
        if squares.rows() >= FEWEST_ROWS {
            self.beta = Some(squares.ridge(self.columns));
        }
        if self.squares.rows() >= FEWEST_ROWS {
            self.gain = Some(self.squares.not_negative(self.factors));
        }
    }

    fn recurring(&self, inputs: &Inputs, origin: usize, h: usize) -> [f64; 3] {
        if self.factors <= RECENT_FACTORS {
            return [0.0; 3];
        }
        inputs.recurring_errors(origin, h, inputs.roughness(origin), |target| {
            let error = self.errors[(target + 1).checked_sub(inputs.from + h)?];
            (!error.is_nan()).then_some(error)
        })
    }

    fn learn_before(&mut self, known: usize, fade: f64, inputs: &Inputs) {
        self.squares.fade(fade);
        while let Some((i, factors, error)) = self.waiting.pop_front_if(|next| next.0 < known) {
            self.squares.add(&factors, error, 1.0 / inputs.level(inputs.from + i));
        }
    }

    fn finish(self, from: usize) -> Model {
        let newest = self.z.into_iter().filter(|(i, _)| *i >= from).map(|(_, z)| z).collect();
        let mut usual = vec![0.0; self.factors];
        usual[1] = USUAL_ERROR;
        Model {
            beta: self.beta.unwrap_or_else(|| vec![0.0; self.columns]),
            gain: self.gain.unwrap_or(usual),
            tails: Tails::of(newest),
        }
    }
}

/// Every how many rows one is learned from; no divisor of an hour, so that every minute of it comes up.
fn stride(rows: usize, hour: usize) -> usize {
    let fewest = rows.div_ceil(ROWS);
    if fewest == 1 {
        return 1;
    }
    (fewest..).find(|stride| !hour.is_multiple_of(*stride)).expect("some number divides no hour")
}
