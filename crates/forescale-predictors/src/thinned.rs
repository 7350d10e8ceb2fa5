//! A load thinned to few points without trend and gaps, in which seasons are looked for.

use chrono::TimeDelta;
use forescale_core::LoadSeries;

use crate::cycle::{dot, power};
use crate::filled::without_gaps;
use crate::spectrum::smooth_length;

/// Points that are looked at; longer histories are averaged in blocks.
const POINTS: usize = 10_000;

/// Fewer points than this say nothing of a season.
const FEWEST_POINTS: usize = 16;

/// A series without trend and gaps, averaged to at most [`POINTS`] points of a length the transform likes.
pub(crate) struct Thinned {
    pub values: Vec<f64>,
    /// Seconds of a point.
    pub point_seconds: f64,
}

impl Thinned {
    /// Of `series`; `None` where there is nothing to look at.
    pub fn new(series: &LoadSeries) -> Option<Self> {
        let m = series.frequency().steps_per_day();
        let load = without_gaps(series.values(), m);
        let block = thinning(load.len(), m);
        let point_seconds = (series.frequency().seconds() * block as i64) as f64;
        // The newest points are kept, so blocks are counted from the end.
        let blocks = load[load.len() % block..].chunks_exact(block);
        let points: Vec<f64> = blocks.map(|b| b.iter().sum::<f64>() / block as f64).collect();
        let length = smooth_length(points.len(), (m / block).max(1));
        let newest = &points[points.len() - length..];
        let values = detrended(newest);
        let alive = values.iter().any(|value| value.abs() > 1e-9 * newest[0].abs());
        (length >= FEWEST_POINTS && alive).then_some(Self { values, point_seconds })
    }

    /// The time that `points` take.
    pub fn span(&self, points: f64) -> TimeDelta {
        TimeDelta::seconds((points * self.point_seconds).round() as i64)
    }
}

/// Steps in a block: a divisor of the day where there is one, so that days stay whole.
fn thinning(n: usize, m: usize) -> usize {
    let least = n.div_ceil(POINTS).max(1);
    (least..=2 * least).find(|block| m.is_multiple_of(*block)).unwrap_or(least)
}

/// Values less their least-squares line.
fn detrended(values: &[f64]) -> Vec<f64> {
    let n = values.len() as f64;
    let from_middle: Vec<f64> = (0..values.len()).map(|i| i as f64 - (n - 1.0) / 2.0).collect();
    let mean = dot(values, &vec![1.0; values.len()]) / n;
    let slope = dot(values, &from_middle) / power(&from_middle);
    values.iter().zip(&from_middle).map(|(value, i)| value - mean - slope * i).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::history;

    #[test]
    fn four_weeks_of_minutes_become_blocks_that_divide_the_day() {
        assert_eq!((thinning(40_320, 1_440), thinning(9_000, 1_440)), (5, 1));
        let minutes: Vec<f64> = (0..40_320).map(|i| f64::from(i % 1_440)).collect();
        let thinned = Thinned::new(history(60, &minutes).series()).unwrap();
        assert_eq!((thinned.values.len(), thinned.point_seconds), (27 * 288, 300.0));
        assert_eq!(thinned.span(288.0), TimeDelta::days(1));
    }

    #[test]
    fn a_line_leaves_nothing() {
        let line: Vec<f64> = (0..40).map(|i| 7.0 + 0.5 * f64::from(i)).collect();
        assert!(detrended(&line).iter().all(|value| value.abs() < 1e-12));
        assert!(Thinned::new(history(60, &line).series()).is_none());
    }
}
