//! What each step of a history counts in training.

use crate::prepared::Prepared;

use super::days::Days;
use super::{Finding, Kind};

/// What the rest of a day with a long outage counts: the hours around it are not usual either.
const DAY_OF_OUTAGE: f64 = 0.2;

/// An outage is long from here on.
const LONG_OUTAGE_SECONDS: i64 = 2 * 3_600;

/// What each step counts, 0 to 1: nothing in an outage, little on an odd day, on the rest of a day with a long
/// outage, and at a level that the load has left.
pub(super) fn weights(p: &Prepared, days: &Days, findings: &[Finding]) -> Vec<f64> {
    let mut weights = vec![1.0; p.len()];
    let mut lower = |steps: std::ops::Range<usize>, to: f64| {
        weights[steps].iter_mut().for_each(|weight| *weight = to.min(*weight));
    };
    let mut level_from = 0;
    for finding in findings {
        let steps = finding.steps.clone();
        match finding.kind {
            Kind::LevelShift => {
                lower(level_from..steps.start, finding.weight);
                level_from = steps.start;
            }
            Kind::Outage => {
                let long = steps.len() as i64 * p.step_seconds >= LONG_OUTAGE_SECONDS;
                if long && finding.weight < 1.0 {
                    let (first, last) =
                        (days.day_of(p, steps.start), days.day_of(p, steps.end - 1));
                    lower(days.steps[first].start..days.steps[last].end, DAY_OF_OUTAGE);
                }
                lower(steps, finding.weight);
            }
            Kind::OddDay | Kind::LikeDayOff => lower(steps, finding.weight),
            Kind::Hole => {}
        }
    }
    weights
}
