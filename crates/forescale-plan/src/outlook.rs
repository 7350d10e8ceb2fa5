//! What the forecast says about a stretch of the plan.

use chrono::{DateTime, Utc};
use forescale_core::forecast::Interpolation;
use forescale_core::{Forecast, Level, Quantile};

use crate::timeline::Timeline;

/// The forecast, read along the steps of a plan.
#[derive(Debug)]
pub(crate) struct Outlook<'a> {
    forecast: &'a Forecast,
    timeline: &'a Timeline,
    /// Lower bound and upper bound of the interval of every step of the plan.
    bounds: Vec<f64>,
}

/// The expected load of a stretch, and the envelope of its intervals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Expected {
    /// Mean of the medians, each weighted by the time it covers.
    pub(crate) load: f64,
    /// Lowest lower bound.
    pub(crate) lower: f64,
    /// Highest upper bound.
    pub(crate) upper: f64,
}

impl<'a> Outlook<'a> {
    pub(crate) fn new(forecast: &'a Forecast, timeline: &'a Timeline, level: Level) -> Self {
        let (lower, upper) = level.bounds();
        let wanted = [lower.get(), upper.get()];
        let curve = Interpolation::new(forecast.quantiles().as_slice(), &wanted);
        let mut bounds = Vec::with_capacity(2 * timeline.len());
        for i in 0..timeline.len() {
            curve.extend(forecast.row(timeline.in_forecast(i)), &mut bounds);
        }
        Self { forecast, timeline, bounds }
    }

    /// What is expected from `from` to `to`, which the steps `first ..= last` cover.
    pub(crate) fn expected(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Expected {
        let (first, last) = self.steps(from, to);
        let seconds = |i: usize| {
            let (begin, end) = (self.timeline.begins(i).max(from), self.timeline.begins(i + 1));
            (end.min(to) - begin).num_seconds().max(0) as f64
        };
        let total = (first..=last).map(seconds).sum::<f64>();
        let share = |i: usize| if total > 0.0 { seconds(i) / total } else { 1.0 };
        let median = |i: usize| self.forecast.point(self.timeline.in_forecast(i));
        let bounds = || self.bounds[2 * first..2 * last + 2].chunks_exact(2);
        Expected {
            load: (first..=last).map(|i| share(i) * median(i)).sum(),
            lower: bounds().map(|pair| pair[0].max(f64::MIN)).fold(f64::MAX, f64::min),
            upper: bounds().map(|pair| pair[1].min(f64::MAX)).fold(f64::MIN, f64::max),
        }
    }

    /// The first and the last step that cover `from` to `to`; the last of all for what lies beyond the forecast.
    pub(crate) fn steps(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> (usize, usize) {
        let first = self.timeline.step_at(from);
        let last = self.timeline.step_at(to);
        let ends_before = last > first && to <= self.timeline.begins(last);
        (first, if ends_before { last - 1 } else { last })
    }

    /// The smallest probability among `steps` that the load stays within what is carried.
    ///
    /// Each step comes with the load carried; the riskiest first makes it fast. No forecast knows more than six
    /// decimals of a probability.
    pub(crate) fn confidence(&self, steps: impl Iterator<Item = (usize, f64)>) -> f64 {
        let worst = steps.fold(1.0, |worst, (i, carried)| {
            let h = self.timeline.in_forecast(i);
            let holds = |p: f64| match Quantile::new(p) {
                Ok(p) => self.forecast.quantile(h, p) <= carried,
                Err(_) => p <= 0.0,
            };
            if holds(worst) {
                return worst;
            }
            self.forecast.probability_below(h, carried).clamp(0.0, worst)
        });
        (worst * 1e6).round() / 1e6
    }
}
