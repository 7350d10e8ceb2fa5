//! Quantile gradient boosting on past values: direct over origin and horizon.
//!
//! In the first hour the target is `asinh(y) - asinh(last value)`; later ones are predicted from what is at least a day
//! old. Beside past values a row holds what recurs at other times than a day, and what the robust stack makes of its
//! anchors: a sum that trees need many splits for.
//!
//! # Source
//! Ke et al., *LightGBM*, 2017; the tuned boosting of the study in `docs/forecast.md`.

use forescale_core::forecast::Interpolation;
use forescale_core::{Effort, History, Quantiles};
use forescale_features::levels::{self, Levels, Recurrences};
use forescale_features::{Layout, Matrix, Prepared, Row};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::learners::binned::Binned;
use crate::learners::boosting::{Boosted, Boosting, LEVELS};
use crate::learners::histogram::TreeGrowth;
use crate::learners::stack::Stack;
use crate::recurrence;
use crate::segmented::{FittedSegments, Lesson, SegmentModel, Segmented, View};
use crate::sound::{Flaw, Sound, ensure, is_unit};
use crate::stacked::{beside, stack_of, stacked};

/// The predictor.
pub type QuantileBoosting = Segmented<Model>;

/// Its fit.
pub type FittedQuantileBoosting = FittedSegments<Model>;

const NEAR: Boosting = Boosting {
    rounds: 150,
    rate: 0.07,
    tree: TreeGrowth { leaves: 7, leaf: 80, damping: 10.0 },
    feature_share: 0.8,
    group_share: 0.8,
};

const DAY: Boosting = Boosting {
    rounds: 80,
    rate: 0.07,
    tree: TreeGrowth { leaves: 6, leaf: 160, damping: 10.0 },
    feature_share: 0.5,
    group_share: 0.8,
};

/// Fits of an hour ahead whose quantiles are averaged: alone each follows some noise of its own.
const NEAR_FITS: u64 = 2;

/// Sets the draws of the fits apart.
const NEXT_FIT: u64 = 0x9e37_79b9_7f4a_7c15;

/// Trees are grown on groups of rows; there are at least this many.
const FEWEST_GROUPS: usize = 10;

/// The boosted quantiles of one segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    layout: Columns,
    stack: Stack,
    fits: Vec<Boosted>,
}

/// What a row holds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Columns {
    /// The load at which `asinh` turns from linear to logarithmic.
    unit: f64,
    recurrences: Recurrences,
    /// Whether targets are counted from the last value.
    from_last: bool,
}

impl SegmentModel for Model {
    const NAME: &'static str = "quantile-boosting";

    fn fit(lesson: &Lesson) -> Self {
        let prepared = Prepared::of(lesson.history);
        let unit = unit(&prepared.y);
        let recurrences = recurrence::find(&prepared, unit);
        let layout = Columns { unit, recurrences, from_last: lesson.segment.to < prepared.day };
        let rows = &lesson.rows.rows;
        let relative = lesson.relative();
        let fitted = stack_of(lesson, &relative);
        let matrix = layout.matrix(lesson.history, rows, &relative, &fitted.stacked);
        let targets = lesson.rows.target.iter().zip(&matrix.anchor);
        let y: Vec<f32> =
            targets.map(|(y, last)| (layout.z(*y) - layout.base(*last)) as f32).collect();
        let how = if layout.from_last { NEAR } else { DAY };
        let groups = groups(rows, &prepared);
        let draft = lesson.effort == Effort::Draft;
        let fits = if layout.from_last && !draft { NEAR_FITS } else { 1 };
        let binned = Binned::new(&matrix.x);
        let fits = (0..fits).map(|k| {
            let seed = lesson.seed ^ NEXT_FIT.wrapping_mul(k);
            Boosted::fit(&binned, &y, &groups, how, seed)
        });
        Self { layout, stack: fitted.stack.clone(), fits: fits.collect() }
    }

    fn predict(&self, view: &View, quantiles: &Quantiles, values: &mut Vec<f64>) {
        let relative = view.relative();
        let middle = stacked(&self.stack, &relative, view.rows);
        let matrix = self.layout.matrix(view.history, view.rows, &relative, &middle);
        let curve = Interpolation::new(&LEVELS, quantiles.as_slice());
        for i in 0..view.rows.len() {
            let first = values.len();
            curve.extend(&self.boosted(&matrix.x, i), values);
            let base = self.layout.base(matrix.anchor[i]);
            for value in &mut values[first..] {
                *value = self.layout.unit * (*value + base).sinh();
            }
        }
    }

    fn drives(&self) -> Vec<(&'static str, f64)> {
        let columns = self.layout.levels().names();
        let gain = |column: usize| self.fits.iter().map(|fit| f64::from(fit.gains[column])).sum();
        let gains = (0..=columns.len()).map(gain);
        columns.into_iter().chain(["stacked value"]).zip(gains).collect()
    }
}

impl Sound for Model {
    fn check(&self) -> Result<(), Flaw> {
        ensure(is_unit(self.layout.unit), "its unit is no load")?;
        recurrence::check(self.layout.recurrences)?;
        self.stack.check()?;
        // The stacked value stands beside the columns.
        let columns = self.layout.levels().names().len() + 1;
        ensure(!self.fits.is_empty(), "nothing was boosted")?;
        self.fits.iter().try_for_each(|fit| fit.check(columns))
    }
}

impl Model {
    /// The mean over the fits of the quantiles of row `i`.
    fn boosted(&self, x: &Array2<f32>, i: usize) -> [f64; LEVELS.len()] {
        let mut mean = [0.0; LEVELS.len()];
        for fit in &self.fits {
            let row = fit.predict(x, i);
            mean.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
        mean.map(|sum| sum / self.fits.len() as f64)
    }
}

impl Columns {
    fn z(self, load: f64) -> f64 {
        levels::z(load, self.unit)
    }

    fn base(self, last: f64) -> f64 {
        if self.from_last { self.z(last) } else { 0.0 }
    }

    /// The columns before the stacked value.
    fn levels(self) -> Layout {
        let Self { unit, recurrences, from_last: near } = self;
        Layout::Levels(Levels { unit, recurrences, near })
    }

    /// Past values of `rows` and the stacked value, which is given in units of the relative scale above the anchor.
    fn matrix(self, history: &History, rows: &[Row], relative: &Matrix, stacked: &[f64]) -> Matrix {
        let mut matrix = forescale_features::build(history, rows, self.levels());
        let scaled = stacked.iter().zip(&relative.anchor).zip(&relative.scale);
        let loads =
            scaled.map(|((s, anchor), scale)| self.z(anchor + scale * s)).collect::<Vec<_>>();
        matrix.x = beside(&matrix.x, &loads);
        matrix
    }
}

/// Days of the targets, or shorter stretches where there are few of them.
pub(crate) fn groups(rows: &[Row], prepared: &Prepared) -> Vec<u32> {
    let length = prepared.day.min(prepared.len().div_ceil(FEWEST_GROUPS)).max(1);
    rows.iter().map(|row| (row.target() / length) as u32).collect()
}

/// The median load, kept off zero.
pub(crate) fn unit(y: &[f64]) -> f64 {
    let mut sizes: Vec<f64> = y.iter().map(|value| value.abs()).collect();
    let mean = sizes.iter().sum::<f64>() / sizes.len() as f64;
    let middle = (sizes.len() - 1) / 2;
    let (_, lower, above) = sizes.select_nth_unstable_by(middle, f64::total_cmp);
    let upper = if y.len().is_multiple_of(2) {
        above.iter().copied().fold(f64::INFINITY, f64::min)
    } else {
        *lower
    };
    let unit = lower.midpoint(upper) + 0.05 * mean;
    if unit > 0.0 { unit } else { 1.0 }
}
