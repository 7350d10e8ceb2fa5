//! What a history looks like before anyone forecasts it.

mod stretches;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use forescale_core::{Calendar, Frequency, Gaps, LoadSeries};
use forescale_features::unusual;
use serde::Serialize;

pub use stretches::{Suspicion, SuspiciousStretch};

/// A stretch of time, from its first moment to the first one after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Stretch {
    /// First moment.
    pub from: DateTime<Utc>,
    /// First moment after it.
    pub to: DateTime<Utc>,
    /// Its steps.
    pub steps: usize,
}

/// The loads of a series, in load units.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Loads {
    /// The smallest.
    pub min: f64,
    /// The middle one.
    pub median: f64,
    /// Their mean.
    pub mean: f64,
    /// 99 of 100 are at most this.
    pub p99: f64,
    /// The largest.
    pub max: f64,
    /// Share of them that are zero, 0 to 1.
    pub zeros: f64,
}

/// A description of a load series.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Description {
    /// The first moment.
    pub start: DateTime<Utc>,
    /// The first moment after it.
    pub end: DateTime<Utc>,
    /// Its step, in seconds.
    #[serde(rename = "step_seconds")]
    pub step: Frequency,
    /// Its steps, gaps included.
    pub steps: usize,
    /// Its gaps.
    pub gaps: Gaps,
    /// The longest gaps, longest first.
    pub longest_gaps: Vec<Stretch>,
    /// Its loads.
    pub loads: Loads,
    /// Stretches that a forecast may stumble over, by time.
    pub suspicious: Vec<SuspiciousStretch>,
}

/// At most this many gaps are listed.
const LISTED_GAPS: usize = 5;

/// Describes `series`: span, gaps, loads, and what looks suspicious in it.
///
/// The zone and the days off of `calendar` say which days are compared with each other.
pub fn describe(series: &LoadSeries, calendar: &Arc<Calendar>) -> Description {
    Description {
        start: series.start(),
        end: series.end(),
        step: series.frequency(),
        steps: series.len(),
        gaps: Gaps::of(series),
        longest_gaps: longest_gaps(series),
        loads: loads(series),
        suspicious: stretches::suspicious(series, calendar),
    }
}

fn longest_gaps(series: &LoadSeries) -> Vec<Stretch> {
    let mut gaps: Vec<Stretch> =
        unusual::gaps(series).into_iter().map(|gap| stretch(series, gap)).collect();
    gaps.sort_by_key(|gap| (std::cmp::Reverse(gap.steps), gap.from));
    gaps.truncate(LISTED_GAPS);
    gaps
}

fn stretch(series: &LoadSeries, steps: std::ops::Range<usize>) -> Stretch {
    let (from, to) = (series.time_at(steps.start), series.time_at(steps.end));
    Stretch { from, to, steps: steps.len() }
}

/// Ranges of neighbours that are alike.
fn runs<'a>(
    values: &'a [f64],
    alike: impl Fn(&f64, &f64) -> bool + 'a,
) -> impl Iterator<Item = std::ops::Range<usize>> + 'a {
    values.chunk_by(alike).scan(0, |at, run| {
        let from = *at;
        *at += run.len();
        Some(from..*at)
    })
}

fn loads(series: &LoadSeries) -> Loads {
    let mut sorted: Vec<f64> = series.present().collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let count = sorted.len() as f64;
    Loads {
        min: sorted[0],
        median: quantile(&sorted, 0.5),
        mean: sorted.iter().sum::<f64>() / count,
        p99: quantile(&sorted, 0.99),
        max: sorted[sorted.len() - 1],
        zeros: sorted.iter().filter(|&&load| load == 0.0).count() as f64 / count,
    }
}

/// The `q` quantile of ascending values, interpolated between neighbours.
fn quantile(sorted: &[f64], q: f64) -> f64 {
    let place = q * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    below + (above - below) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_and_loads_are_counted() {
        let start = "2026-01-05T00:00:00Z".parse().unwrap();
        let step = Frequency::from_seconds(60).unwrap();
        let nan = f64::NAN;
        let values = vec![4.0, nan, 0.0, nan, nan, 2.0];
        let seen = describe(&LoadSeries::new(start, step, values).unwrap(), &Arc::default());
        let loads =
            Loads { min: 0.0, median: 2.0, mean: 2.0, p99: 3.96, max: 4.0, zeros: 1.0 / 3.0 };
        assert_eq!(seen.loads, loads);
        let at = |minute: i64| start + chrono::TimeDelta::minutes(minute);
        assert_eq!(
            seen.longest_gaps,
            [
                Stretch { from: at(3), to: at(5), steps: 2 },
                Stretch { from: at(1), to: at(2), steps: 1 }
            ]
        );
        assert_eq!((seen.gaps.steps, seen.gaps.longest_seconds), (3, 120));
        assert!(seen.suspicious.is_empty());
    }
}
