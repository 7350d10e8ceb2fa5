//! Quantile gradient boosting on past values: direct over origin and horizon.
//!
//! In the first hours the target is `asinh(y) - asinh(last value)`; later ones are predicted from what is at least
//! a day old.
//!
//! # Source
//! Ke et al., *LightGBM*, 2017; the tuned boosting of the study in `docs/forecast.md`.

use forescale_core::Quantiles;
use forescale_core::forecast::Interpolation;
use forescale_core::metrics::sorted_quantile;
use forescale_features::levels::{self, DAY_COLUMNS};
use forescale_features::{Layout, Matrix, Prepared, Segment};
use ndarray::Axis;
use serde::{Deserialize, Serialize};

use crate::learners::boosting::{Boosted, Boosting, LEVELS};
use crate::learners::histogram::TreeGrowth;
use crate::segmented::{FittedSegments, Lesson, SegmentModel, Segmented, View};

/// The predictor.
pub type QuantileBoosting = Segmented<Model>;

/// Its fit.
pub type FittedQuantileBoosting = FittedSegments<Model>;

const NEAR: Boosting = Boosting {
    rounds: 150,
    rate: 0.07,
    tree: TreeGrowth { leaves: 7, leaf: 80, damping: 10.0 },
    feature_share: 0.8,
    row_share: 0.8,
};

const DAY: Boosting = Boosting {
    rounds: 80,
    rate: 0.07,
    tree: TreeGrowth { leaves: 7, leaf: 80, damping: 10.0 },
    feature_share: 0.8,
    row_share: 0.8,
};

/// The boosted quantiles of one segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// The load at which `asinh` turns from linear to logarithmic.
    unit: f64,
    /// Whether targets are counted from the last value.
    from_last: bool,
    boosted: Boosted,
}

impl SegmentModel for Model {
    const NAME: &'static str = "quantile-boosting";

    fn fit(lesson: &Lesson) -> Self {
        let prepared = Prepared::of(lesson.history);
        let unit = unit(&prepared.y);
        let from_last = is_near(lesson.segment, prepared.day);
        let matrix = matrix(lesson.history, &lesson.rows.rows, unit, from_last);
        let targets = lesson.rows.target.iter().zip(&matrix.anchor);
        let y: Vec<f32> =
            targets.map(|(y, last)| (z(*y, unit) - base(*last, unit, from_last)) as f32).collect();
        let how = if from_last { NEAR } else { DAY };
        Self { unit, from_last, boosted: Boosted::fit(&matrix.x, &y, how, lesson.seed) }
    }

    fn predict(&self, view: &View, quantiles: &Quantiles, values: &mut Vec<f64>) {
        let matrix = matrix(view.history, &view.rows, self.unit, self.from_last);
        let curve = Interpolation::new(&LEVELS, quantiles.as_slice());
        for i in 0..view.rows.len() {
            let first = values.len();
            curve.extend(&self.boosted.predict(&matrix.x, i), values);
            let base = base(matrix.anchor[i], self.unit, self.from_last);
            for value in &mut values[first..] {
                *value = self.unit * (*value + base).sinh();
            }
        }
    }

    fn drives(&self) -> Vec<(&'static str, f64)> {
        let gains = self.boosted.gains.iter().map(|g| f64::from(*g));
        if self.from_last {
            levels::NAMES.into_iter().zip(gains).collect()
        } else {
            DAY_COLUMNS.into_iter().map(|column| levels::NAMES[column]).zip(gains).collect()
        }
    }
}

fn is_near(segment: Segment, day: usize) -> bool {
    segment.to < day
}

fn z(load: f64, unit: f64) -> f64 {
    (load / unit).asinh()
}

fn base(last: f64, unit: f64, from_last: bool) -> f64 {
    if from_last { z(last, unit) } else { 0.0 }
}

/// The median load, kept off zero.
fn unit(y: &[f64]) -> f64 {
    let mut sorted: Vec<f64> = y.iter().map(|value| value.abs()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let mean = sorted.iter().sum::<f64>() / sorted.len() as f64;
    let unit = sorted_quantile(&sorted, 0.5) + 0.05 * mean;
    if unit > 0.0 { unit } else { 1.0 }
}

fn matrix(
    history: &forescale_core::History,
    rows: &[forescale_features::Row],
    unit: f64,
    near: bool,
) -> Matrix {
    let mut matrix = forescale_features::build(history, rows, Layout::Levels { unit });
    if !near {
        matrix.x = matrix.x.select(Axis(1), &DAY_COLUMNS);
    }
    matrix
}
