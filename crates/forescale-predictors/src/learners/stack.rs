//! A robust linear stack of seasonal and level anchors: the least absolute deviations, shrunk to a prior.
//!
//! # Source
//! Iteratively re-weighted least squares for the L1 loss: Schlossmacher 1973. The anchors and priors are those of the
//! study in `docs/forecast.md`.

use forescale_features::relative::column;
use ndarray::{Array1, Array2, ArrayView1};
use serde::{Deserialize, Serialize};

use super::extra_trees::MISSING;
use super::least_absolute::{N, least_absolute};
use crate::sound::{Flaw, Sound, ensure};

/// The anchors, by name, with their prior weight for the first hours and for the day.
const ANCHORS: [(&str, f64, f64); N] = [
    ("yesterday, 15 min", 0.0, 0.0),
    ("yesterday, hour", 0.0, 0.15),
    ("the day before, hour", 0.0, 0.0),
    ("last week, hour", 0.0, 0.05),
    ("mean of 3 days", 0.0, 0.1),
    ("weighted mean of 14 days", 0.0, 0.15),
    ("same weekday", 0.0, 0.05),
    ("same kind of day", 0.0, 0.1),
    ("median of 7 days", 0.0, 0.15),
    ("last day", 0.0, 0.05),
    ("last week", 0.0, 0.0),
    ("last 6 hours", 0.0, 0.0),
    ("profile + last hour's level, fading in 1 h", 0.1, 0.0),
    ("profile + last 3 hours' level, fading in 6 h", 0.2, 0.05),
    ("profile + last 6 hours' level, fading in 24 h", 0.1, 0.15),
    ("profile + change of the day", 0.0, 0.0),
    ("profile + change of the week", 0.0, 0.0),
    ("last hour", 0.1, 0.0),
    ("last 15 min", 0.2, 0.0),
    ("last value", 0.15, 0.0),
    ("yesterday at today's level", 0.1, 0.0),
    ("last week at today's level", 0.0, 0.0),
    ("yesterday at today's level, fading in 6 h", 0.0, 0.0),
    ("last week at today's level, fading in 6 h", 0.05, 0.0),
];

/// Which horizons a stack is for: it decides the prior.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The next hour.
    Near,
    /// A day and more.
    Day,
}

/// The anchors of each row of a `Relative` matrix, in units of the scale above the anchor P7.
pub(crate) fn anchors(x: &Array2<f32>) -> Array2<f64> {
    let reader = Columns::new();
    let mut out = Array2::zeros((x.nrows(), ANCHORS.len()));
    for (row, mut anchors) in x.rows().into_iter().zip(out.rows_mut()) {
        reader.read(row, |place, value| anchors[place] = value);
    }
    out
}

/// Where the columns that the anchors are made of stand.
struct Columns {
    plain: [usize; 12],
    levels: [usize; 3],
    changes: [usize; 2],
    newest: [usize; 3],
    over_yesterday: usize,
    over_week: usize,
    horizon: usize,
}

impl Columns {
    fn new() -> Self {
        Self {
            plain: [
                "day-1, 15 min",
                "day-1, hour",
                "day-2, hour",
                "week-1, hour",
                "mean of 3 days",
                "weighted mean of 14 days",
                "same weekday",
                "same kind of day",
                "median of 7 days",
                "last day",
                "last week",
                "last 6 hours",
            ]
            .map(column),
            levels: [
                "last hour over 7 days",
                "last 3 hours over 7 days",
                "last 6 hours over 7 days",
            ]
            .map(column),
            changes: ["last day over the day before", "last day over last week's"].map(column),
            newest: ["last hour", "last 15 min", "last value"].map(column),
            over_yesterday: column("last hour over yesterday"),
            over_week: column("last hour over last week"),
            horizon: column("log of the horizon"),
        }
    }

    fn read(&self, row: ArrayView1<f32>, mut put: impl FnMut(usize, f64)) {
        let at = |index: usize| {
            let value = row[index];
            if value == MISSING { f64::NAN } else { f64::from(value) }
        };
        let or = |value: f64, other: f64| if value.is_finite() { value } else { other };
        let known = |index: usize| or(at(index), 0.0);
        let hours = at(self.horizon).exp() / 12.0;
        let hour = known(self.plain[1]);
        for (place, index) in self.plain.iter().enumerate() {
            // What the history is too short for stands in for by yesterday, the hour around it.
            let stand_in = if matches!(place, 2 | 3 | 6) { hour } else { 0.0 };
            put(place, or(at(*index), stand_in));
        }
        for (k, fade) in [1.0, 6.0, 24.0].iter().enumerate() {
            put(12 + k, known(self.levels[k]) * (-hours / fade).exp());
        }
        put(15, known(self.changes[0]));
        put(16, known(self.changes[1]));
        for (k, index) in self.newest.iter().enumerate() {
            put(17 + k, known(*index));
        }
        let week = or(at(self.plain[3]), hour);
        let (day_level, week_level) = (known(self.over_yesterday), known(self.over_week));
        let fading = (-hours / 6.0).exp();
        put(20, hour + day_level);
        put(21, week + week_level);
        put(22, hour + day_level * fading);
        put(23, week + week_level * fading);
    }
}

/// Weights of the anchors, for shorter and for longer horizons of a segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stack {
    /// Last horizon of the first set of weights.
    edge: usize,
    weights: [Vec<f64>; 2],
}

impl Stack {
    /// Fits on `anchors`, targets in units of the scale and row weights; `edge` divides the horizons in two.
    pub fn fit(
        anchors: &Array2<f64>,
        target: &[f64],
        weight: &[f64],
        horizons: &[usize],
        edge: usize,
        reach: Reach,
    ) -> Self {
        let prior: Array1<f64> = ANCHORS
            .iter()
            .map(|(_, near, day)| if reach == Reach::Near { *near } else { *day })
            .collect();
        let all: Vec<usize> = (0..target.len()).collect();
        let pooled = least_absolute(anchors, target, weight, &all, &prior);
        let part = |short: bool| {
            let rows: Vec<usize> =
                all.iter().copied().filter(|i| (horizons[*i] <= edge) == short).collect();
            let enough = rows.len() > 100;
            let fitted = if enough {
                least_absolute(anchors, target, weight, &rows, &pooled)
            } else {
                pooled.clone()
            };
            fitted.to_vec()
        };
        Self { edge, weights: [part(true), part(false)] }
    }

    /// The stacked value of each row, in units of the scale above the anchor.
    pub fn predict(&self, anchors: &Array2<f64>, horizons: &[usize]) -> Vec<f64> {
        let rows = anchors.rows().into_iter().zip(horizons);
        rows.map(|(row, horizon)| {
            let weights = &self.weights[usize::from(*horizon > self.edge)];
            row.iter().zip(weights).map(|(anchor, weight)| anchor * weight).sum()
        })
        .collect()
    }

    /// The anchors with their mean weight.
    pub fn shares(&self) -> impl Iterator<Item = (&'static str, f64)> + '_ {
        let mean = |k: usize| 0.5 * (self.weights[0][k] + self.weights[1][k]);
        ANCHORS.iter().enumerate().map(move |(k, (name, ..))| (*name, mean(k)))
    }
}

impl Sound for Stack {
    fn check(&self) -> Result<(), Flaw> {
        let whole = self.weights.iter().all(|weights| weights.len() == N);
        ensure(whole, "its stack has another number of anchors")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_stood_in_for() {
        let mut x = Array2::from_elem((1, forescale_features::relative::NAMES.len()), MISSING);
        x[(0, column("log of the horizon"))] = 0.0;
        x[(0, column("day-1, hour"))] = 0.5;
        let anchors = anchors(&x);
        assert_eq!((anchors[(0, 3)], anchors[(0, 5)], anchors[(0, 19)]), (0.5, 0.0, 0.0));
    }

    #[test]
    fn outliers_do_not_move_the_fit() {
        let n = 400;
        let mut a = Array2::zeros((n, ANCHORS.len()));
        let mut y = vec![0.0; n];
        for i in 0..n {
            a[(i, 19)] = (i % 17) as f64 - 8.0;
            y[i] = a[(i, 19)] + if i % 20 == 0 { 500.0 } else { 0.0 };
        }
        let horizons = vec![1; n];
        let stack = Stack::fit(&a, &y, &vec![1.0; n], &horizons, 3, Reach::Near);
        assert!((stack.weights[0][19] - 1.0).abs() < 0.1, "{}", stack.weights[0][19]);
    }
}
