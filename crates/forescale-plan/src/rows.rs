//! From decisions to recommendations.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use forescale_core::{Level, Replicas};

use crate::capacity::Capacity;
use crate::demand::Demand;
use crate::error::PlanError;
use crate::fleet::FleetState;
use crate::outlook::Outlook;
use crate::reason::{ForecastNotes, Late, Peak, Reason};
use crate::scale_plan::{Action, Headroom, Recommendation};
use crate::timeline::Timeline;
use crate::walk::Decision;

/// Everything a recommendation is made of.
#[derive(Debug)]
pub(crate) struct Rows<'a> {
    pub(crate) timeline: &'a Timeline,
    pub(crate) outlook: &'a Outlook<'a>,
    pub(crate) capacity: &'a Capacity,
    pub(crate) fleet: &'a FleetState,
    pub(crate) demand: &'a Demand,
    /// For every step, which step of its start-up window needs the most.
    pub(crate) peaks: &'a [usize],
    pub(crate) decisions: &'a [Decision],
    pub(crate) level: Level,
    pub(crate) notes: Arc<ForecastNotes>,
}

/// A decision that becomes a row.
#[derive(Debug, Clone, Copy)]
struct Row {
    step: usize,
    action: Action,
    at: DateTime<Utc>,
    effective_at: DateTime<Utc>,
}

impl Rows<'_> {
    /// A row for now and one for every change, or one for every step.
    ///
    /// # Errors
    /// [`PlanError::TooMany`] when the expected load needs more instances than can be counted.
    pub(crate) fn recommendations(
        &self,
        all_steps: bool,
    ) -> Result<Vec<Recommendation>, PlanError> {
        let rows: Vec<Row> = (0..self.decisions.len())
            .filter(|i| all_steps || *i == 0 || self.action(*i) != Action::Hold)
            .map(|i| self.row(i))
            .collect();
        let until = |k: usize| match rows.get(k + 1) {
            Some(_) if all_steps => {
                self.timeline.begins(self.timeline.step_at(rows[k].effective_at) + 1)
            }
            Some(next) => next.effective_at,
            None => self.timeline.end(),
        };
        rows.iter().enumerate().map(|(k, row)| self.recommendation(row, until(k))).collect()
    }

    fn action(&self, i: usize) -> Action {
        let decision = &self.decisions[i];
        match decision.after.cmp(&decision.before) {
            std::cmp::Ordering::Greater => Action::ScaleUp,
            std::cmp::Ordering::Less => Action::ScaleDown,
            std::cmp::Ordering::Equal => Action::Hold,
        }
    }

    fn row(&self, step: usize) -> Row {
        let action = self.action(step);
        let at = self.decisions[step].at;
        let delay = match action {
            Action::ScaleUp => self.timeline.startup(),
            _ => chrono::TimeDelta::zero(),
        };
        Row { step, action, at, effective_at: at + delay }
    }

    fn recommendation(&self, row: &Row, until: DateTime<Utc>) -> Result<Recommendation, PlanError> {
        let decision = &self.decisions[row.step];
        let expected = self.outlook.expected(row.effective_at, until);
        Ok(Recommendation {
            at: row.at,
            effective_at: row.effective_at,
            action: row.action,
            instances: Replicas(decision.after),
            change: i64::from(decision.after) - i64::from(decision.before),
            expected_load: expected.load,
            lower: expected.lower,
            upper: expected.upper,
            level: self.level,
            headroom: headroom(decision.after, self.capacity.needed(expected.load)?.0),
            confidence: self.confidence(row, until),
            reason: self.reason(row),
        })
    }

    /// The probability that what serves suffices at the riskiest step.
    fn confidence(&self, row: &Row, until: DateTime<Utc>) -> f64 {
        let (first, last) = self.outlook.steps(row.effective_at, until);
        let riskiest = (first..=last)
            .max_by(|a, b| self.demand.load[*a].total_cmp(&self.demand.load[*b]))
            .unwrap_or(first);
        let mut known = (0, 0.0);
        let mut carried = |i: usize| {
            let serving = self.serving(row, i);
            if known.0 != serving {
                known = (serving, self.capacity.carries(Replicas(serving)));
            }
            (i, known.1)
        };
        let steps: Vec<_> =
            std::iter::once(riskiest).chain(first..=last).map(&mut carried).collect();
        self.outlook.confidence(steps.into_iter())
    }

    /// Instances that serve at step `i` from the effect of `row` on.
    fn serving(&self, row: &Row, i: usize) -> u32 {
        if self.timeline.begins(i) >= row.effective_at {
            return self.decisions[i].serving;
        }
        // Only what is asked for now or late takes effect within a step or beyond the forecast, and before a
        // late ask nothing was cancelled.
        let waits = |(ready, count): &(DateTime<Utc>, u32)| {
            if *ready > row.effective_at { *count } else { 0 }
        };
        let starting = self.fleet.starting.iter().map(waits).sum::<u32>();
        self.decisions[row.step].after.saturating_sub(starting)
    }

    fn reason(&self, row: &Row) -> Reason {
        let late = self.late(row);
        let peak = self.peak(row, late);
        Reason {
            binding: self.decisions[row.step].binding,
            peak: Peak {
                load: self.demand.load[peak],
                at: self.timeline.begins(peak),
                needed: self.demand.needed[peak],
                quantile: self.demand.quantile,
                chosen_by: self.demand.chosen_by,
            },
            late,
            notes: Arc::clone(&self.notes),
        }
    }

    /// The step whose load a row answers for: a scale-up in time, the one from whose begin it serves.
    fn peak(&self, row: &Row, late: Option<Late>) -> usize {
        let in_time = row.action == Action::ScaleUp && row.step > 0 && late.is_none();
        if in_time { self.timeline.step_at(row.effective_at) } else { self.peaks[row.step] }
    }

    /// When instances are needed before they can serve.
    fn late(&self, row: &Row) -> Option<Late> {
        if row.step == 0 { self.late_now(row) } else { self.catches_up(row) }
    }

    /// When a later scale-up adds what is needed before it serves.
    fn catches_up(&self, row: &Row) -> Option<Late> {
        if row.action != Action::ScaleUp {
            return None;
        }
        let (before, effective_at) = (self.decisions[row.step].before, row.effective_at);
        (row.step..self.decisions.len())
            .take_while(|i| self.timeline.begins(*i) < effective_at)
            .find(|i| self.demand.needed[*i] > before)
            .map(|i| Late { needed_from: self.timeline.begins(i), effective_at })
    }

    /// When instances are needed now or soon that are still starting by then.
    fn late_now(&self, row: &Row) -> Option<Late> {
        let effective_at = match row.action {
            Action::ScaleUp => row.effective_at,
            _ => self.fleet.starting.iter().map(|(ready, _)| *ready).max()?,
        };
        let asked = self.decisions[0].after;
        (0..self.decisions.len())
            .take_while(|i| self.timeline.begins(*i) < effective_at)
            .find(|i| self.demand.needed[*i].min(asked) > self.decisions[*i].serving)
            .map(|i| Late { needed_from: self.timeline.begins(i), effective_at })
    }
}

/// What is above the expected need, in instances and percent.
fn headroom(instances: u32, needed: u32) -> Headroom {
    let above = i64::from(instances) - i64::from(needed);
    Headroom { instances: above, percent: 100.0 * above as f64 / f64::from(needed.max(1)) }
}
