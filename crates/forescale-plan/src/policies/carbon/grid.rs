//! What the grid emits, step by step.

use chrono::{DateTime, TimeDelta, Utc};

use crate::objectives::{CarbonRow, intensity};
use crate::policies::observation::Service;
use crate::policies::rates;

/// Emissions of a grid with much sun, in grams of CO2 for a kilowatt-hour, and how much less of them there is for every
/// hour that noon is nearer than six.
const NIGHT: f64 = 380.0;
const AN_HOUR: f64 = 40.0;

/// Emissions by step.
#[derive(Debug, Default)]
pub(super) struct Grid {
    rows: Vec<CarbonRow>,
    first: Option<DateTime<Utc>>,
    start: DateTime<Utc>,
    step: TimeDelta,
    offset: TimeDelta,
}

impl Grid {
    /// The grid of `rows`; without any, one with much sun.
    pub(super) fn new(service: &Service, rows: &[CarbonRow]) -> Self {
        let local = service.calendar.local(service.start);
        let utc = service.start.naive_utc();
        let hours = local.hour - f64::from(chrono::Timelike::hour(&utc));
        Self {
            rows: rows.to_vec(),
            first: rows.iter().map(CarbonRow::time).min(),
            start: service.start,
            step: TimeDelta::seconds(service.step.seconds()),
            offset: TimeDelta::hours(hours.floor() as i64),
        }
    }

    /// Grams for a kilowatt-hour at `step`.
    pub(super) fn grams(&self, step: usize) -> f64 {
        let time = self.start + self.step * step as i32;
        match self.first {
            Some(first) => intensity(rates::from_first(time, first), &self.rows).unwrap_or(NIGHT),
            None => {
                let seconds = (time + self.offset).timestamp().rem_euclid(86_400);
                let from_noon = (seconds as f64 / 3_600.0 - 12.0).abs();
                NIGHT - AN_HOUR * (6.0 - from_noon).max(0.0)
            }
        }
    }
}
