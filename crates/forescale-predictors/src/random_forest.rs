//! `random-forest`: smartcore's regression forest on calendar, profile and level, spread by walk-forward residuals.
//!
//! # Source
//! Breiman, *Random forests*, 2001; the forest itself is smartcore's `RandomForestRegressor`.

use forescale_core::Quantiles;
use forescale_features::relative;
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use smartcore::ensemble::random_forest_regressor::{
    RandomForestRegressor, RandomForestRegressorParameters,
};
use smartcore::linalg::basic::matrix::DenseMatrix;

use crate::residuals::{Residual, ResidualQuantiles};
use crate::segmented::{FittedSegments, Lesson, SegmentModel, Segmented, View};
use crate::sound::{Flaw, Sound};

mod shape;

/// The predictor.
pub type RandomForest = Segmented<Model>;

/// Its fit.
pub type FittedRandomForest = FittedSegments<Model>;

/// What the forest sees: the clock, the same time on past days, and the level now.
const INPUTS: [&str; 20] = [
    "hour of day",
    "weekday",
    "weekend",
    "business hours",
    "holiday",
    "horizon in days",
    "day-1",
    "day-2",
    "day-7",
    "day-1, hour",
    "mean of 3 days",
    "same kind of day",
    "median of 7 days",
    "last value",
    "last 15 min",
    "last hour",
    "last hour over 7 days",
    "last 6 hours over 7 days",
    "last day over the day before",
    "anchor over weekly mean",
];

/// Rows and trees of the forest that predicts.
const ROWS: usize = 2_400;
const TREES: usize = 40;

/// Rows and trees of the forest that is grown on older rows to measure residuals on newer ones.
const EARLY_ROWS: usize = 1_000;
const EARLY_TREES: usize = 16;

/// The share of the history that the residuals are measured on: its newest part.
const UNSEEN_SHARE: f64 = 0.3;

/// Shares that the forest may have beside the same time yesterday: on a short history it is trusted less.
const SHARES: [f32; 5] = [1.0, 0.75, 0.5, 0.25, 0.0];

/// The other part of the prediction.
const YESTERDAY: &str = "day-1, 15 min";

/// Inputs tried at each node, and the fewest rows of a leaf.
const CANDIDATES: usize = 7;
const LEAF: usize = 8;

type Forest = RandomForestRegressor<f32, f32, DenseMatrix<f32>, Vec<f32>>;

/// The forest of one segment, on `asinh` of the scaled deviation, and what it misses there.
#[derive(Debug, Serialize, Deserialize)]
pub struct Model {
    forest: Option<Forest>,
    share: f32,
    residuals: ResidualQuantiles,
    importances: Vec<f64>,
}

impl SegmentModel for Model {
    const NAME: &'static str = "random-forest";

    fn fit(lesson: &Lesson) -> Self {
        let matrix = lesson.relative();
        let targets = lesson.scaled_targets(&matrix);
        let target: Vec<f32> = targets.iter().map(|z| z.asinh() as f32).collect();
        let all: Vec<usize> = (0..target.len()).collect();
        let (share, residuals) = unseen_residuals(lesson, &matrix.x, &target);
        let forest = grow(&matrix.x, &target, &all, ROWS, TREES, lesson.seed);
        let importances = forest.as_ref().and_then(|f| f.compute_feature_importances().ok());
        Self {
            forest,
            share,
            residuals: ResidualQuantiles::new(&residuals, bucket_starts(lesson)),
            importances: importances.unwrap_or_default(),
        }
    }

    fn predict(&self, view: &View, quantiles: &Quantiles, values: &mut Vec<f64>) {
        let matrix = view.relative();
        let all: Vec<usize> = (0..view.rows.len()).collect();
        let means = means(self.forest.as_ref(), &matrix.x, &all);
        let points = mixed(means.as_deref(), self.share, &matrix.x, &all);
        let spread = self.residuals.at(quantiles);
        for (i, row) in view.rows.iter().enumerate() {
            let (anchor, scale, z) = (matrix.anchor[i], matrix.scale[i], f64::from(points[i]));
            let residuals = spread.row(row.horizon - 1).iter();
            values.extend(residuals.map(|residual| anchor + scale * (z + residual).sinh()));
        }
    }

    fn drives(&self) -> Vec<(&'static str, f64)> {
        INPUTS.into_iter().zip(self.importances.iter().copied()).collect()
    }
}

impl Sound for Model {
    fn check(&self) -> Result<(), Flaw> {
        self.forest.as_ref().map_or(Ok(()), |forest| shape::check(forest, INPUTS.len()))?;
        self.residuals.check()
    }
}

/// The share that misses least for a forest grown on the older rows, and what it misses on the newer ones.
fn unseen_residuals(lesson: &Lesson, x: &Array2<f32>, target: &[f32]) -> (f32, Vec<Residual>) {
    let rows = &lesson.rows.rows;
    let n = lesson.history.series().len();
    let first = rows.iter().map(|row| row.target()).min().unwrap_or(0);
    let split = n - ((n - first) as f64 * UNSEEN_SHARE) as usize;
    let older: Vec<usize> = (0..rows.len()).filter(|i| rows[*i].target() < split).collect();
    let newer: Vec<usize> = (0..rows.len()).filter(|i| rows[*i].origin >= split).collect();
    let early = grow(x, target, &older, EARLY_ROWS, EARLY_TREES, lesson.seed);
    let means = means(early.as_ref(), x, &newer);
    let misses = SHARES.map(|share| {
        let points = mixed(means.as_deref(), share, x, &newer);
        let misses = newer.iter().zip(points).map(|(i, point)| f64::from(target[*i] - point));
        (share, misses.collect::<Vec<f64>>())
    });
    let total = |misses: &[f64]| misses.iter().map(|miss| miss.abs()).sum::<f64>();
    let best = misses.into_iter().min_by(|a, b| total(&a.1).total_cmp(&total(&b.1)));
    let (share, misses) = best.expect("there are shares");
    let residual = |(i, value): (&usize, f64)| Residual { h: rows[*i].horizon - 1, value };
    (share, newer.iter().zip(misses).map(residual).collect())
}

fn bucket_starts(lesson: &Lesson) -> Vec<usize> {
    let (from, to) = (lesson.segment.from - 1, lesson.segment.to);
    let quarter = (to - from) / 4;
    let mut starts = vec![0, from + quarter / 2, from + quarter, from + 2 * quarter];
    starts.dedup();
    starts
}

/// A forest on the first `rows` of `chosen`; `None` where there are too few to split.
fn grow(
    x: &Array2<f32>,
    target: &[f32],
    chosen: &[usize],
    rows: usize,
    trees: usize,
    seed: u64,
) -> Option<Forest> {
    let chosen = &chosen[..chosen.len().min(rows)];
    if chosen.len() < 2 * LEAF {
        return None;
    }
    let parameters = RandomForestRegressorParameters::default()
        .with_n_trees(trees)
        .with_m(CANDIDATES)
        .with_min_samples_leaf(LEAF)
        .with_min_samples_split(2 * LEAF)
        .with_seed(seed);
    let y = chosen.iter().map(|i| target[*i]).collect();
    Forest::fit(&inputs(x, chosen)?, &y, parameters).ok()
}

/// The forest's mean for the `chosen` rows.
fn means(forest: Option<&Forest>, x: &Array2<f32>, chosen: &[usize]) -> Option<Vec<f32>> {
    forest?.predict(&inputs(x, chosen)?).ok()
}

/// The means mixed with yesterday's load; without them yesterday's alone.
fn mixed(means: Option<&[f32]>, share: f32, x: &Array2<f32>, chosen: &[usize]) -> Vec<f32> {
    let column = x.column(relative::column(YESTERDAY));
    let known = |value: f32| if value > -100.0 { value.asinh() } else { 0.0 };
    let yesterday = chosen.iter().map(|i| known(column[*i]));
    match means {
        Some(means) => {
            means.iter().zip(yesterday).map(|(f, y)| share * f + (1.0 - share) * y).collect()
        }
        None => yesterday.collect(),
    }
}

/// The columns of [`INPUTS`] for the `chosen` rows, as smartcore takes them.
fn inputs(x: &Array2<f32>, chosen: &[usize]) -> Option<DenseMatrix<f32>> {
    let mut values = Vec::with_capacity(chosen.len() * INPUTS.len());
    for name in INPUTS {
        let column = x.column(relative::column(name));
        values.extend(chosen.iter().map(|i| column[*i]));
    }
    DenseMatrix::new(chosen.len(), INPUTS.len(), values, true).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{history, options};
    use forescale_core::{FittedPredictor, Horizon, Predictor};

    fn fitted(values: &[f64]) -> Box<dyn FittedPredictor> {
        RandomForest::default().fit(&history(3_600, values), &options(24)).unwrap()
    }

    #[test]
    fn a_working_day_and_a_weekend_are_told_apart() {
        let load =
            |i: usize| if (i / 24) % 7 < 5 && (8..18).contains(&(i % 24)) { 90.0 } else { 10.0 };
        let values: Vec<f64> = (0..24 * 28 + 10).map(load).collect();
        let forecast = fitted(&values)
            .predict(&history(3_600, &values), Horizon::new(24).unwrap(), &Quantiles::standard())
            .unwrap();
        assert!(forecast.point(2) > 60.0, "{}", forecast.point(2));
        assert!(forecast.point(18) < 30.0, "{}", forecast.point(18));
    }

    #[test]
    fn its_importances_add_up() {
        let values: Vec<f64> = (0..24 * 14).map(|i| f64::from(i % 24)).collect();
        let shares: f64 = fitted(&values).importances().iter().map(|i| i.share).sum();
        assert!((shares - 1.0).abs() < 1e-9);
    }
}
