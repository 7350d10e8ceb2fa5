//! When in its day a load is forecast: the part of the day by the service's clock, and whether the hour is calm or busy.

use chrono::{DateTime, TimeDelta, Utc};
use forescale_core::History;
use forescale_core::metrics::sorted_quantile;

/// Parts of the day, six hours each.
pub(crate) const PARTS: usize = 4;

/// Calm, middling and busy hours: thirds of the load of the last days.
pub(crate) const THIRDS: usize = 3;

/// What the load is called calm or busy by.
const DAYS: usize = 7;

/// The condition of one forecast step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Condition {
    pub part: usize,
    pub third: usize,
}

/// What tells the conditions of the steps behind an origin.
#[derive(Debug, Clone)]
pub(crate) struct Conditions {
    origin: DateTime<Utc>,
    step: TimeDelta,
    /// Seconds that the service's clock is ahead of UTC at the origin; a change within the horizon moves parts of six
    /// hours by one, which their factors do not notice.
    offset: i64,
    bounds: [f64; THIRDS - 1],
}

impl Conditions {
    /// Those behind the end of `history`.
    pub fn of(history: &History) -> Self {
        let series = history.series();
        let days = DAYS * series.frequency().steps_per_day();
        let from = series.len().saturating_sub(days);
        let recent = series.values()[from..].iter().filter(|value| !value.is_nan());
        let mut recent: Vec<f64> = recent.copied().collect();
        recent.sort_unstable_by(f64::total_cmp);
        let bound = |third: usize| match recent.is_empty() {
            true => 0.0,
            false => sorted_quantile(&recent, (third + 1) as f64 / THIRDS as f64),
        };
        Self {
            origin: history.origin(),
            step: series.frequency().span(),
            offset: history.calendar().offset_seconds(history.origin()),
            bounds: std::array::from_fn(bound),
        }
    }

    /// The condition of step `h` (from 0), where the load is `expected`.
    pub fn at(&self, h: usize, expected: f64) -> Condition {
        let ahead = self.step.num_seconds() * h as i64;
        let second = (self.origin.timestamp() + ahead + self.offset).rem_euclid(86_400);
        let part = second as usize * PARTS / 86_400;
        Condition { part, third: self.bounds.iter().filter(|bound| expected > **bound).count() }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use forescale_core::{Calendar, Frequency, LoadSeries};

    #[test]
    fn a_step_knows_its_part_of_the_local_day_and_how_busy_it_is() {
        let values = (0..240).map(|hour| f64::from(hour % 24)).collect();
        let start = "2026-03-02T00:00:00Z".parse().unwrap();
        let hourly = Frequency::from_seconds(3_600).unwrap();
        let series = LoadSeries::new(start, hourly, values).unwrap();
        let zone = chrono_tz::Tz::Asia__Tokyo;
        let calendar = Arc::new(Calendar { zone, ..Calendar::default() });
        let conditions = Conditions::of(&History::new(series, calendar));
        assert_eq!(conditions.at(0, 3.0), Condition { part: 1, third: 0 });
        assert_eq!(conditions.at(9, 12.0), Condition { part: 3, third: 1 });
        assert_eq!(conditions.at(20, 23.0), Condition { part: 0, third: 2 });
    }
}
