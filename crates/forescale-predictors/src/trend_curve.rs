//! The regression of `linear-trend`: its columns, its fit by linfa, and the curve it draws.

use std::ops::Range;

use chrono::{DateTime, Utc};
use forescale_core::calendar::LocalTime;
use forescale_core::{History, Importance};
use linfa::prelude::*;
use linfa_linear::LinearRegression;
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

use crate::level::recent_scale;
use crate::sound::{Flaw, Sound, ensure, is_positive};

/// Sine and cosine pairs of the day, for working and for free days apart.
const PAIRS: usize = 6;

/// Rows of the regression at most; longer histories are averaged in blocks.
const ROWS: usize = 2_016;

/// Older days than this are left out.
const DAYS: usize = 56;

/// Half-life of a row's weight, in days.
const HALF_LIFE_DAYS: f64 = 14.0;

/// Share of the trend that is left after a day.
const DAMPING_PER_DAY: f64 = 0.9;

/// How far ahead the trend is carried, as a share of the time it was seen. A level shift looks like a trend of up to
/// one and a half times its size: carried on for all the time seen, it would come once more and half again.
const CARRIED: f64 = 0.5;

/// Ridge penalty in rows, which keeps columns of short histories from fitting noise.
const PENALTY: f64 = 0.5;

const TREND: usize = 1;
const WEEKDAYS: usize = 2;
const BUSINESS: usize = WEEKDAYS + 7;
const WAVES: usize = BUSINESS + 1;
const COLUMNS: usize = WAVES + 4 * PAIRS;

/// A curve over time, in load units.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct TrendCurve {
    /// Where the trend begins to level off: the end of what was fitted.
    knee: DateTime<Utc>,
    /// Days that were fitted.
    seen_days: f64,
    /// One for each column, in load units.
    coefficients: Vec<f64>,
    /// Standard deviation that each column brings to the curve.
    drives: Vec<f64>,
}

impl TrendCurve {
    /// Fits `load`, the first steps of `history` with its gaps filled.
    ///
    /// # Errors
    /// A text when the least squares have no solution.
    pub fn fit(history: &History, load: &[f64]) -> Result<Self, String> {
        let m = history.series().frequency().steps_per_day();
        let from = load.len().saturating_sub(DAYS * m);
        let block = (load.len() - from).div_ceil(ROWS).max(1);
        let knee = history.series().time_at(load.len());
        let step_seconds = history.series().frequency().seconds() as f64;
        let seen_days = (load.len() - from) as f64 * step_seconds / 86_400.0;
        let mut curve =
            Self { knee, seen_days, coefficients: Vec::new(), drives: vec![0.0; COLUMNS] };
        let scale = recent_scale(load, m);
        let blocks = load[from..].chunks_exact(block).enumerate();
        let rows: Vec<([f64; COLUMNS], f64)> = blocks
            .map(|(i, values)| {
                let middle = history.series().time_at(from + i * block + block / 2);
                let mean = values.iter().sum::<f64>() / block as f64;
                (curve.columns(history, middle), mean / scale)
            })
            .collect();
        curve.coefficients = curve.solve(&rows)?.iter().map(|b| b * scale).collect();
        curve.drives = curve.drives_of(&rows);
        Ok(curve)
    }

    /// Weighted ridge regression: least squares with one more row for each column that is drawn toward 0.
    fn solve(&self, rows: &[([f64; COLUMNS], f64)]) -> Result<Array1<f64>, String> {
        let mut x = Array2::zeros((rows.len() + COLUMNS, COLUMNS));
        let mut y = Array1::zeros(rows.len() + COLUMNS);
        for (i, (columns, target)) in rows.iter().enumerate() {
            let age_days = -columns[TREND] * self.seen_days;
            let weight = 0.5_f64.powf(age_days / HALF_LIFE_DAYS).sqrt();
            x.row_mut(i).assign(&Array1::from_iter(columns.iter().map(|value| weight * value)));
            y[i] = weight * target;
        }
        for column in 0..COLUMNS {
            // The intercept is all but free.
            let penalty: f64 = if column == 0 { 1e-6 } else { PENALTY };
            x[(rows.len() + column, column)] = penalty.sqrt();
        }
        let regression = LinearRegression::new().with_intercept(false);
        let fitted = regression.fit(&Dataset::new(x, y)).map_err(|error| error.to_string())?;
        let finite = fitted.params().iter().all(|b| b.is_finite());
        finite.then(|| fitted.params().clone()).ok_or_else(|| "no finite coefficients".to_owned())
    }

    fn drives_of(&self, rows: &[([f64; COLUMNS], f64)]) -> Vec<f64> {
        let n = rows.len() as f64;
        let deviation = |column: usize| {
            let mean = rows.iter().map(|row| row.0[column]).sum::<f64>() / n;
            (rows.iter().map(|row| (row.0[column] - mean).powi(2)).sum::<f64>() / n).sqrt()
        };
        self.coefficients.iter().enumerate().map(|(i, b)| b.abs() * deviation(i)).collect()
    }

    /// The curve at step `index` of `history`, which may be beyond its end.
    pub fn at(&self, history: &History, index: usize) -> f64 {
        let columns = self.columns(history, history.series().time_at(index));
        columns.iter().zip(&self.coefficients).map(|(x, b)| x * b).sum()
    }

    fn columns(&self, history: &History, time: DateTime<Utc>) -> [f64; COLUMNS] {
        let local = history.calendar().local(time);
        let mut columns = [0.0; COLUMNS];
        columns[0] = 1.0;
        columns[TREND] = self.trend((time - self.knee).num_seconds() as f64 / 86_400.0);
        columns[WEEKDAYS + weekday(&local)] = 1.0;
        columns[BUSINESS] = f64::from(u8::from(local.business));
        let free = local.weekend || local.holiday;
        let waves = &mut columns[WAVES + if free { 2 * PAIRS } else { 0 }..][..2 * PAIRS];
        for (pair, wave) in waves.chunks_exact_mut(2).enumerate() {
            let angle = std::f64::consts::TAU * local.hour / 24.0 * (pair + 1) as f64;
            (wave[0], wave[1]) = angle.sin_cos();
        }
        columns
    }

    /// Time as a share of what was seen: straight up to the knee, then damped day by day.
    fn trend(&self, days: f64) -> f64 {
        let damped = |days: f64| (1.0 - DAMPING_PER_DAY.powf(days)) / -DAMPING_PER_DAY.ln();
        let days = if days > 0.0 { damped(days).min(CARRIED * self.seen_days) } else { days };
        days / self.seen_days
    }

    /// What draws the curve, largest first.
    pub fn importances(&self) -> Vec<Importance> {
        let groups = [
            ("trend", TREND..WEEKDAYS),
            ("weekday", WEEKDAYS..BUSINESS),
            ("business hours", BUSINESS..WAVES),
            ("time of day", WAVES..COLUMNS),
        ];
        let drive = |columns: Range<usize>| self.drives[columns].iter().sum::<f64>();
        Importance::shares(groups.map(|(name, columns)| (name, drive(columns))))
    }
}

impl Sound for TrendCurve {
    fn check(&self) -> Result<(), Flaw> {
        let columns = self.coefficients.len() == COLUMNS && self.drives.len() == COLUMNS;
        ensure(columns, "its curve has another number of columns")?;
        ensure(is_positive(self.seen_days), "its curve was fitted on no time")
    }
}

/// A holiday is taken for a Sunday.
fn weekday(local: &LocalTime) -> usize {
    if local.holiday { 6 } else { local.weekday as usize }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::history;

    /// The expected values come from `tests/anchors/anchors.py`.
    #[test]
    fn the_curve_is_that_of_numpys_least_squares() {
        let mut seed = 12_345_u32;
        let mut draw = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from((seed >> 8) % 100)
        };
        let load: Vec<f64> = (0..72).map(|_| draw()).collect();
        let history = history(3_600, &load);
        let curve = TrendCurve::fit(&history, &load).unwrap();
        let expected = [
            (0, 38.542856),
            (10, 59.602381),
            (50, 36.762077),
            (71, 26.5732),
            (72, 47.961801),
            (95, 40.047781),
        ];
        for (index, value) in expected {
            assert!((curve.at(&history, index) - value).abs() < 1e-5, "{index}");
        }
    }
}
