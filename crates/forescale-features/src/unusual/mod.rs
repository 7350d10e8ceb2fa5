//! What in a history is unlike the rest of it: shifts of the level, outages, holes and odd days.
//!
//! Everything is found from the history up to its origin. The thresholds are wide on purpose: what is passed over
//! costs a little accuracy, and what is taken for a break that is none costs more.

mod days;
mod days_off;
mod leveled;
mod odd_days;
mod outages;
mod shifts;
mod warnings;
mod weights;

use std::ops::Range;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use forescale_core::{History, LoadSeries};
use serde::{Deserialize, Serialize};

use crate::prepared::Prepared;
use days::Days;
pub(crate) use days::median;

/// What kind of unlike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The load went to another level, and stayed there.
    LevelShift,
    /// The load fell to nearly nothing where other days have some.
    Outage,
    /// Nothing was measured.
    Hole,
    /// A day unlike every other day of its kind.
    OddDay,
    /// A working day that looks like a weekend or a day off.
    LikeDayOff,
    /// A day off of the calendar.
    DayOff,
}

/// Something that was found, in steps of the history.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What.
    pub kind: Kind,
    /// Where; a level shift lasts from its first step to the next shift, or to the origin.
    pub steps: Range<usize>,
    /// What is usual there, and what came, in load units; before and after for a level shift, and the working days
    /// around it for a day off. None for a hole.
    pub loads: Option<(f64, f64)>,
    /// What came over what is usual.
    pub factor: Option<f64>,
    /// What a training row from there counts, 0 to 1; from before it, for a level shift.
    pub weight: f64,
}

/// What in a history is unlike the rest of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Unusual {
    findings: Vec<Finding>,
    newest_day: Option<Finding>,
    weights: Vec<f64>,
}

/// A hole lasts this long at least.
const SHORTEST_HOLE_SECONDS: i64 = 3_600;

impl Unusual {
    /// Looks through `history`, once for all who ask.
    pub fn of(history: &History) -> Arc<Self> {
        history.derive(0, Self::new)
    }

    fn new(history: &History) -> Self {
        let series = history.series();
        // Levels are compared by their ratio, which says nothing about loads below zero.
        if series.present().any(|load| load < 0.0) {
            return Self {
                findings: holes(series),
                newest_day: None,
                weights: vec![1.0; series.len()],
            };
        }
        let p = Prepared::of(history);
        let outages = outages::outages(&p, &Days::new(&p, &[]));
        let days = Days::new(&p, &outages::ended(&outages, p.len()));
        let (shifts, levels) = shifts::shifts(&p, &days);
        let odd = odd_days::odd_days(&p, &days, &levels);
        let newest_day = odd.iter().find(|day| day.steps.end == p.len()).cloned();
        // A load that stays near nothing is a shift rather than an outage, or many.
        let stopped = |outage: &Finding| {
            let stops =
                |shift: &&Finding| shift.factor.is_some_and(|factor| factor <= outages::LOW);
            shifts.iter().filter(stops).any(|shift| {
                shift.steps.start < outage.steps.end && outage.steps.start < shift.steps.end
            })
        };
        let mut findings = holes(series);
        findings.extend(outages.into_iter().filter(|outage| !stopped(outage)));
        findings.extend(shifts);
        findings.extend(odd);
        findings.extend(days_off::days_off(&p, &days));
        findings.sort_by_key(|finding| (finding.steps.start, finding.kind));
        let weights = weights::weights(p.len(), &findings);
        Self { findings, newest_day, weights }
    }

    /// What was found, by time.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The day that the origin ends, if it is unlike every day before.
    pub fn newest_day(&self) -> Option<&Finding> {
        self.newest_day.as_ref()
    }

    /// The outage that goes on at the origin, if there is one.
    pub fn outage_now(&self) -> Option<&Finding> {
        let newest = self.findings.iter().rfind(|finding| finding.kind == Kind::Outage);
        newest.filter(|outage| outage.steps.end == self.weights.len())
    }

    /// What each step counts in training, 0 to 1; the share of the chance that a row with that target is drawn.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The history with what fell into an outage that is over left out, since it says nothing about the load that
    /// users bring; `None` when there was none.
    pub fn without_outages(&self, history: &History) -> Option<History> {
        let over = |finding: &&Finding| {
            finding.kind == Kind::Outage && finding.steps.end < self.weights.len()
        };
        let mut over = self.findings.iter().filter(over).peekable();
        over.peek()?;
        let series = history.series();
        let mut values = series.values().to_vec();
        over.for_each(|outage| values[outage.steps.clone()].fill(f64::NAN));
        let series = LoadSeries::new(series.start(), series.frequency(), values).ok()?;
        Some(History::new(series, Arc::clone(history.calendar())))
    }
}

impl Finding {
    /// Its first moment in `series`.
    pub fn from(&self, series: &LoadSeries) -> DateTime<Utc> {
        series.time_at(self.steps.start)
    }

    /// The first moment after it.
    pub fn to(&self, series: &LoadSeries) -> DateTime<Utc> {
        series.time_at(self.steps.end)
    }
}

/// The runs of steps without a value, by time.
pub fn gaps(series: &LoadSeries) -> Vec<Range<usize>> {
    let mut from = 0;
    let runs = series.values().chunk_by(|a, b| a.is_nan() == b.is_nan()).map(|run| {
        let steps = from..from + run.len();
        from = steps.end;
        steps
    });
    runs.filter(|run| series.values()[run.start].is_nan()).collect()
}

fn holes(series: &LoadSeries) -> Vec<Finding> {
    let step = series.frequency().seconds();
    let long = |gap: &Range<usize>| gap.len() as i64 * step >= SHORTEST_HOLE_SECONDS;
    let hole = |steps| Finding { kind: Kind::Hole, steps, loads: None, factor: None, weight: 0.0 };
    gaps(series).into_iter().filter(long).map(hole).collect()
}

#[cfg(test)]
mod tests;
