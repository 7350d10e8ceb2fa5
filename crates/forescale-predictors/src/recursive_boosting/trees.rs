//! The boosted change of the next step, and the walk ahead on its medians.

use forescale_features::{Prepared, Row};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::track::{self, Track};
use crate::learners::binned::Binned;
use crate::learners::boosting::{Boosted, Boosting, LEVELS};
use crate::learners::histogram::TreeGrowth;
use crate::quantile_boosting::groups;
use crate::sound::{Flaw, Sound, ensure, is_unit};

const HOW: Boosting = Boosting {
    rounds: 80,
    rate: 0.1,
    tree: TreeGrowth { leaves: 12, leaf: 40, damping: 10.0 },
    feature_share: 0.5,
    group_share: 0.8,
};

/// Fewer rows than this teach nothing.
const FEWEST_ROWS: usize = 60;

/// Where the median and the ends of the 80 % interval are among the boosted quantiles.
const MEDIAN: usize = 3;
const LOW: usize = 1;
const HIGH: usize = 5;

/// An interval is never taken for narrower than this share of the usual change of a step.
const LEAST_WIDTH: f64 = 0.25;

/// How loads become `z = asinh(load / unit)`, and what width in `z` is the least.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Scale {
    unit: f64,
    least_width: f64,
}

impl Scale {
    /// Of the values `z` of a history.
    pub fn of(unit: f64, z: &[f64]) -> Self {
        let changes = z.windows(2).map(|pair| (pair[1] - pair[0]).abs());
        let usual = changes.sum::<f64>() / z.len() as f64;
        Self { unit, least_width: (LEAST_WIDTH * usual).max(f64::EPSILON) }
    }
}

/// The quantiles of the next change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Trees {
    scale: Scale,
    day_lags: usize,
    boosted: Boosted,
}

impl Trees {
    /// Learns the change at each origin of `rows` from the values `z` before it; `None` when there are too few rows.
    pub fn learn(p: &Prepared, z: &[f64], rows: &[Row], scale: Scale, seed: u64) -> Option<Self> {
        if rows.len() < FEWEST_ROWS {
            return None;
        }
        let day_lags = track::day_lags(p);
        let mut x = Array2::zeros((rows.len(), track::names(day_lags).len()));
        let changes = rows.iter().enumerate().map(|(i, row)| {
            let track = Track::new(p, 0, &z[..row.origin], 0);
            let last = track.fill(day_lags, |column, value| x[(i, column)] = value as f32);
            (z[row.origin] - last) as f32
        });
        let changes: Vec<f32> = changes.collect();
        let boosted = Boosted::fit(&Binned::new(&x), &changes, &groups(rows, p), HOW, seed);
        Some(Self { scale, day_lags, boosted })
    }

    /// The load at which `asinh` turns from linear to logarithmic.
    pub fn unit(&self) -> f64 {
        self.scale.unit
    }

    /// Columns and how much they gained.
    pub fn drives(&self) -> impl Iterator<Item = (&'static str, f64)> {
        let gains = self.boosted.gains.iter().map(|gain| f64::from(*gain));
        track::names(self.day_lags).iter().copied().zip(gains)
    }

    /// Forecasts `steps` steps from the end of `track` and shows each: its horizon from 1, its value, and in which
    /// unit its error is to be counted.
    ///
    /// That unit is the square root of the mean interval on the way: how restless the load is shows at the first steps,
    /// but says only so much of how far a walk will be off in the end. With the interval itself the upper tail lost
    /// 6 % more on 29 traces an hour ahead, and 10 % more on 37 a day ahead. No step leaves what the newest days justify.
    pub fn walk(&self, track: &mut Track, steps: usize, mut found: impl FnMut(usize, f64, f64)) {
        let mut row = Array2::zeros((1, track::names(self.day_lags).len()));
        let (low, high) = track.within();
        let mut widths = 0.0;
        for h in 1..=steps {
            let last = track.fill(self.day_lags, |column, value| row[(0, column)] = value as f32);
            let change = self.boosted.predict(&row, 0);
            let z = (last + change[MEDIAN]).clamp(low, high);
            track.ahead.push(z);
            widths += (change[HIGH] - change[LOW]).max(self.scale.least_width);
            found(h, z, (widths / h as f64).sqrt());
        }
    }
}

impl Sound for Trees {
    fn check(&self) -> Result<(), Flaw> {
        ensure(is_unit(self.scale.unit), "its unit is no load")?;
        ensure(self.day_lags <= track::MOST_DAY_LAGS, "it looks back to more days than there are")?;
        self.boosted.check(track::names(self.day_lags).len())
    }
}

const _: () = assert!(LEVELS[MEDIAN] == 0.5 && LEVELS[LOW] == 0.1 && LEVELS[HIGH] == 0.9);
