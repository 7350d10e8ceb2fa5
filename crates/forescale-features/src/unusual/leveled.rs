//! The history as it would have been at the level that the load went to a few days ago.
//!
//! Predictors learn from weeks, and the days since a shift are too few to outweigh them. On one level every past day
//! says what it can: the shape of the day, the weekend, how far the load strays.

use std::sync::Arc;

use forescale_core::{History, LoadSeries};

use super::{Finding, Kind, Unusual};

/// A shift is fresh for less than a week: after that every day of the week was seen at the new level.
const FRESH_DAYS: usize = 7;

/// A smaller shift than by this factor, either way, is left to the predictors: what looked like one on real traces was
/// as often a week of holidays or a storm, and the old level came back within days.
const LEAST: f64 = 2.0;

/// A shift beyond this factor, either way, is a service that starts or one that stops: its past has another shape.
const MOST: f64 = 10.0;

impl Unusual {
    /// The newest shift of the level, where it is so fresh that what was before it is brought to the new level.
    pub fn fresh_shift(&self, history: &History) -> Option<&Finding> {
        let fresh = FRESH_DAYS * history.series().frequency().steps_per_day();
        let carried = |factor: f64| (LEAST..=MOST).contains(&factor.max(1.0 / factor));
        let newest = self.findings.iter().rfind(|finding| finding.kind == Kind::LevelShift)?;
        (newest.steps.len() < fresh && newest.factor.is_some_and(carried)).then_some(newest)
    }

    /// The history with what was before a fresh shift multiplied to the new level; `None` when there was none.
    ///
    /// What was at the new level already, before older shifts, stays as it was.
    pub fn leveled(&self, history: &History) -> Option<History> {
        self.fresh_shift(history)?;
        let series = history.series();
        let mut values = series.values().to_vec();
        let shifts: Vec<&Finding> =
            self.findings.iter().filter(|finding| finding.kind == Kind::LevelShift).collect();
        let mut to_now = 1.0;
        for (at, shift) in shifts.iter().enumerate().rev() {
            to_now *= shift.factor?;
            let from = if at > 0 { shifts[at - 1].steps.start } else { 0 };
            if shift.weight < 1.0 {
                values[from..shift.steps.start].iter_mut().for_each(|load| *load *= to_now);
            }
        }
        let series = LoadSeries::new(series.start(), series.frequency(), values).ok()?;
        Some(History::new(series, Arc::clone(history.calendar())))
    }
}
