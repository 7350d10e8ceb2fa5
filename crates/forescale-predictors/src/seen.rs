//! What the networks of `neural` see of a row: past values less the stacked value, and the clock.

use forescale_core::History;
use forescale_features::levels::{self, DAY_COLUMNS, Levels, Recurrences};
use forescale_features::{Layout, Matrix, Prepared, Row};
use ndarray::ArrayView1;
use serde::{Deserialize, Serialize};
use std::f32::consts::TAU;

use crate::learners::mlp::{Network, WIDTH};
use crate::quantile_boosting::unit;
use crate::recurrence;
use crate::segmented::Lesson;
use crate::sound::{Flaw, Sound, ensure, is_unit};

/// Networks of a segment.
pub(crate) const NETWORKS: usize = 3;

/// An input reaches at most this many of its own deviations from its mean.
const FARTHEST: f32 = 4.0;

/// What stands beside the columns of `levels`: the stacked value, and the clocks as circles.
pub(crate) const BESIDE: [&str; 5] =
    ["stacked value", "hour of day", "hour of day", "weekday", "weekday"];

/// Columns of `levels` that say more than the others.
const LAST: usize = 0;
const PROFILE: usize = 16;
const SPREAD: usize = 17;

/// Columns of `levels` that turn with the clock, and the length of their turn.
const CLOCKS: [(usize, f32); 2] = [(28, 24.0), (29, 7.0)];

/// What a row holds, in z = asinh(load / unit).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Columns {
    pub unit: f64,
    pub recurrences: Recurrences,
    pub near: bool,
    /// What is added to the spread of past days.
    pub least_spread: f32,
    /// Least, usual and highest load.
    pub range: [f32; 3],
}

/// Rows as the networks see them.
pub(crate) struct Seen {
    pub inputs: usize,
    pub x: Vec<f32>,
    pub stacked: Vec<f32>,
    /// What each network counts from.
    pub bases: Vec<[f32; NETWORKS]>,
    pub spread: Vec<f32>,
}

impl Columns {
    pub fn new(lesson: &Lesson, prepared: &Prepared) -> Self {
        let unit = unit(&prepared.y);
        let mut z: Vec<f32> =
            lesson.rows.target.iter().map(|y| (y / unit).asinh() as f32).collect();
        z.sort_unstable_by(f32::total_cmp);
        Self {
            unit,
            recurrences: recurrence::find(prepared, unit),
            near: lesson.segment.to < prepared.day,
            least_spread: 0.0,
            range: [z[0], z[z.len() / 2], z[z.len() - 1]],
        }
    }

    pub fn z(self, load: f64) -> f32 {
        (load / self.unit).asinh() as f32
    }

    /// The columns of `levels` that are inputs.
    pub fn places(self) -> Vec<usize> {
        if self.near { (0..levels::NAMES.len()).collect() } else { DAY_COLUMNS.to_vec() }
    }

    /// Rows with the stacked value, which is given in units of the relative scale above the anchor.
    pub fn seen(self, history: &History, rows: &[Row], relative: &Matrix, stacked: &[f64]) -> Seen {
        let levels = Levels { unit: self.unit, recurrences: self.recurrences, near: true };
        let layout = Layout::Levels(levels);
        let matrix = forescale_features::build(history, rows, layout);
        let places = self.places();
        let inputs = places.len() + BESIDE.len();
        let mut seen = Seen { inputs, x: vec![], stacked: vec![], bases: vec![], spread: vec![] };
        seen.x.reserve(rows.len() * inputs);
        for (i, row) in matrix.x.rows().into_iter().enumerate() {
            let z = self.z(relative.anchor[i] + relative.scale[i] * stacked[i]);
            let over = |c: &usize| if is_load(*c) { row[*c] - z } else { row[*c] };
            seen.x.extend(places.iter().map(over));
            let [hour, weekday] = CLOCKS.map(|(c, turn)| (TAU * row[c] / turn).sin_cos());
            seen.x.extend([z, hour.0, hour.1, weekday.0, weekday.1]);
            seen.stacked.push(z);
            seen.bases.push(self.bases(z, row));
            seen.spread.push(row[SPREAD]);
        }
        seen
    }

    /// What each network counts from, given the stacked value.
    fn bases(self, z: f32, row: ArrayView1<f32>) -> [f32; NETWORKS] {
        let known = |column: usize| if row[column].is_finite() { row[column] } else { z };
        if self.near {
            [z, z.midpoint(known(LAST)), known(LAST)]
        } else {
            [z, z.midpoint(known(PROFILE)), z.midpoint(self.range[1])]
        }
    }
}

impl Sound for Columns {
    fn check(&self) -> Result<(), Flaw> {
        ensure(is_unit(self.unit), "its unit is no load")?;
        recurrence::check(self.recurrences)?;
        let finite = self.range.iter().all(|z| z.is_finite());
        ensure(finite && self.range.is_sorted(), "the loads it learned from have no range")
    }
}

/// Whether a column of `levels` holds a load, and not a difference or the clock.
fn is_load(column: usize) -> bool {
    matches!(column, 0..=12 | 16 | 18..=25 | 33..=37)
}

/// Half the usual spread of past days.
pub(crate) fn least_spread(spread: &[f32]) -> f32 {
    let mut known: Vec<f32> = spread.iter().copied().filter(|s| s.is_finite()).collect();
    known.sort_unstable_by(f32::total_cmp);
    known.get(known.len() / 2).map_or(0.05, |usual| 0.5 * usual).max(1e-3)
}

impl Seen {
    fn row(&self, i: usize) -> &[f32] {
        &self.x[i * self.inputs..][..self.inputs]
    }

    /// What network `k` says of row `i`, in z.
    pub fn quantiles(&self, network: &Network, k: usize, i: usize) -> [f32; WIDTH] {
        network.predict(self.row(i)).map(|y| self.bases[i][k] + self.spread[i] * y.sinh())
    }

    pub fn widen(&mut self, least: f32) {
        self.spread
            .iter_mut()
            .for_each(|s| *s = if s.is_finite() { *s + least } else { 2.0 * least });
    }

    /// Mean and scale of each input as far as it is known; one that never changes stays silent.
    pub fn standard(&self) -> Vec<(f32, f32)> {
        let column =
            |c: usize| self.x.iter().skip(c).step_by(self.inputs).filter(|v| v.is_finite());
        (0..self.inputs)
            .map(|c| {
                let n = column(c).count().max(1) as f32;
                let mean = column(c).sum::<f32>() / n;
                let deviation = column(c).map(|value| (value - mean).abs()).sum::<f32>() / n;
                (mean, if deviation > 1e-5 { 0.8 / deviation } else { 0.0 })
            })
            .collect()
    }

    /// Inputs around 0; what is missing is as usual.
    pub fn standardise(&mut self, standard: &[(f32, f32)]) {
        for row in self.x.chunks_exact_mut(self.inputs) {
            for (value, (mean, scale)) in row.iter_mut().zip(standard) {
                let scaled = ((*value - mean) * scale).clamp(-FARTHEST, FARTHEST);
                *value = if value.is_finite() { scaled } else { 0.0 };
            }
        }
    }
}
