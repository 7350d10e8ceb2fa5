//! The history as it would have been at the level that the load went to a few days ago.
//!
//! Predictors learn from weeks, and the days since a shift are too few to outweigh them. On one level every past day
//! says what it can: the shape of the day, the weekend, how far the load strays.

use std::ops::Range;
use std::sync::Arc;

use forescale_core::{History, LoadSeries};

use super::{Finding, Kind, Unusual};
use crate::prepared::Prepared;

/// A shift is fresh for less than a week: after that every day of the week was seen at the new level.
const FRESH_DAYS: usize = 7;

/// A smaller shift than by this factor, either way, is left to the predictors: what looked like one on real traces was
/// as often a week of holidays or a storm, and the old level came back within days.
const LEAST: f64 = 2.0;

/// A shift beyond this factor, either way, is a service that starts or one that stops: its past has another shape.
const MOST: f64 = 10.0;

/// Days before a shift that are compared with those after it.
const COMPARED_DAYS: usize = 14;

/// Changes from step to step and from hour to hour are multiplied by what the level is, within this factor either way:
/// days off are quieter, but a load that rises and goes flat is another load, and its past says nothing about it.
const ALIKE: f64 = 2.0;

impl Unusual {
    /// The newest shift of the level, where what was before it is brought to the new level: a fresh and clear one, after
    /// which the load moves as it did before.
    pub fn fresh_shift(&self, history: &History) -> Option<&Finding> {
        let mut shifts = self.findings.iter().filter(|finding| finding.kind == Kind::LevelShift);
        let newest = shifts.next_back()?;
        let p = Prepared::of(history);
        let factor = newest.factor?;
        let carried = newest.steps.len() < FRESH_DAYS * p.day
            && (LEAST..=MOST).contains(&factor.max(1.0 / factor));
        let from = shifts.next_back().map_or(0, |before| before.steps.start);
        let start = newest.steps.start;
        let before = from.max(start.saturating_sub(COMPARED_DAYS * p.day))..start;
        (carried && moves_alike(&p, before, newest.steps.clone(), factor)).then_some(newest)
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

/// Whether the load moves after a shift as it did before, multiplied by `factor`.
fn moves_alike(p: &Prepared, before: Range<usize>, after: Range<usize>, factor: f64) -> bool {
    let alike = |before: Option<f64>, after: Option<f64>| {
        let ratio = after.zip(before).map(|(after, before)| after / (before * factor));
        ratio.is_some_and(|ratio| (1.0 / ALIKE..=ALIKE).contains(&ratio))
    };
    // The hour after the shift holds the jump itself.
    let (from, to) = (after.start + p.hour(), after.end);
    let steps = alike(p.roughness_step(before.start, before.end), p.roughness_step(from, to));
    let hours = alike(p.roughness_hour(before.start, before.end), p.roughness_hour(from, to));
    steps && hours
}
