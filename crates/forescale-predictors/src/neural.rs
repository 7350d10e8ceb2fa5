//! `neural`: a small network on deviations from past days, which gives quantiles directly.
//!
//! # Source
//! Taylor, *A quantile regression neural network approach to estimating the conditional density of multiperiod
//! returns*, 2000.

use forescale_core::Quantiles;
use forescale_core::forecast::Interpolation;
use forescale_features::{Matrix, relative};
use ndarray::{Array2, Axis};
use serde::{Deserialize, Serialize};
use std::f32::consts::TAU;

use crate::learners::mlp::{Examples, Network, Training};
use crate::segmented::{FittedSegments, Lesson, SegmentModel, Segmented, View};

/// The predictor.
pub type Neural = Segmented<Model>;

/// Its fit.
pub type FittedNeural = FittedSegments<Model>;

/// The quantiles it is trained for; others lie between and beyond them.
const LEVELS: [f32; 9] = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99];

const TRAINING: Training =
    Training { hidden: 32, steps: 500, batch: 96, rate: 0.006, look: 25, patience: 6 };

/// The share of the history whose rows say when to stop: its newest part.
const UNSEEN_SHARE: f64 = 0.15;

/// Columns that turn with the clock, and the length of their turn.
const CLOCKS: [(&str, f32); 2] = [("hour of day", 24.0), ("weekday", 7.0)];

/// An input reaches at most this many of its own deviations from its mean.
const FARTHEST: f32 = 5.0;

/// The network of one segment, on `asinh` of the scaled deviation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    mean: Vec<f32>,
    deviation: Vec<f32>,
    network: Network,
}

impl SegmentModel for Model {
    const NAME: &'static str = "neural";

    fn fit(lesson: &Lesson) -> Self {
        let matrix = lesson.relative();
        let raw = inputs(&matrix);
        let mean = raw.mean_axis(Axis(0)).expect("a lesson has rows").to_vec();
        let deviation = raw.std_axis(Axis(0), 0.0).to_vec();
        let x = standardised(raw, &mean, &deviation);
        let target: Vec<f32> =
            lesson.scaled_targets(&matrix).iter().map(|z| z.asinh() as f32).collect();
        let weight = weights(&matrix);
        let (older, newer) = split(lesson);
        let part = |rows: &[usize]| Examples {
            x: x.select(Axis(0), rows),
            y: rows.iter().map(|i| target[*i]).collect(),
            weight: rows.iter().map(|i| weight[*i]).collect(),
        };
        let (learned, unseen) = (part(&older), part(&newer));
        let network = Network::train(&LEVELS, &learned, &unseen, TRAINING, lesson.seed);
        Self { mean, deviation, network }
    }

    fn predict(&self, view: &View, quantiles: &Quantiles, values: &mut Vec<f64>) {
        let matrix = view.relative();
        let x = standardised(inputs(&matrix), &self.mean, &self.deviation);
        let curve = Interpolation::new(&LEVELS.map(level), quantiles.as_slice());
        let (mut known, mut wanted) = (Vec::new(), Vec::new());
        for (i, row) in self.network.predict(&x).rows().into_iter().enumerate() {
            known.clear();
            wanted.clear();
            known.extend(row.iter().map(|z| f64::from(*z)));
            known.sort_unstable_by(f64::total_cmp);
            curve.extend(&known, &mut wanted);
            values.extend(wanted.iter().map(|z| matrix.anchor[i] + matrix.scale[i] * z.sinh()));
        }
    }

    fn drives(&self) -> Vec<(&'static str, f64)> {
        let wiring = self.network.wiring();
        let clocks = CLOCKS.iter().flat_map(|(name, _)| [*name, *name]);
        let names = relative::NAMES.into_iter().chain(clocks);
        names.zip(wiring.iter().map(|drive| f64::from(*drive))).collect()
    }
}

/// The exact decimal that a level of [`LEVELS`] stands for.
fn level(level: f32) -> f64 {
    (f64::from(level) * 1e3).round() / 1e3
}

/// Every column squashed, a missing one at the anchor itself, and the clocks as circles.
fn inputs(matrix: &Matrix) -> Array2<f32> {
    let (rows, columns) = matrix.x.dim();
    let mut x = Array2::zeros((rows, columns + 2 * CLOCKS.len()));
    for (from, mut to) in matrix.x.columns().into_iter().zip(x.columns_mut()) {
        let squashed = |value: f32| if value < -100.0 { 0.0 } else { value.asinh() };
        to.zip_mut_with(&from, |to, from| *to = squashed(*from));
    }
    for (clock, (name, turn)) in CLOCKS.iter().enumerate() {
        let from = matrix.x.column(relative::column(name));
        for (row, value) in from.iter().enumerate() {
            let (sin, cos) = (TAU * value / turn).sin_cos();
            x[(row, columns + 2 * clock)] = sin;
            x[(row, columns + 2 * clock + 1)] = cos;
        }
    }
    x
}

/// Inputs with mean 0 and deviation 1; one that never changed in training stays silent.
fn standardised(mut x: Array2<f32>, mean: &[f32], deviation: &[f32]) -> Array2<f32> {
    for mut row in x.rows_mut() {
        for ((value, mean), deviation) in row.iter_mut().zip(mean).zip(deviation) {
            let known = *deviation > 1e-4;
            let scaled = if known { (*value - mean) / deviation } else { 0.0 };
            *value = scaled.clamp(-FARTHEST, FARTHEST);
        }
    }
    x
}

/// Misses count in load units, within reason.
fn weights(matrix: &Matrix) -> Vec<f32> {
    let typical = matrix.scale.iter().sum::<f64>() / matrix.scale.len() as f64;
    matrix.scale.iter().map(|scale| (scale / typical).clamp(0.2, 3.0) as f32).collect()
}

/// Rows to learn from, and newer ones to stop by; both have at least one.
fn split(lesson: &Lesson) -> (Vec<usize>, Vec<usize>) {
    let rows = &lesson.rows.rows;
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|i| (rows[*i].target(), rows[*i].origin));
    let newer = ((rows.len() as f64 * UNSEEN_SHARE) as usize).max(1);
    let newer = order.split_off(order.len() - newer);
    let first = rows[newer[0]].target();
    order.retain(|i| rows[*i].target() < first);
    if order.is_empty() { (newer.clone(), newer) } else { (order, newer) }
}
