//! What each step of a history counts in training.

use super::{Finding, Kind};

/// What each of `steps` steps counts, 0 to 1: nothing in an outage, little on an odd day and at a level that the load
/// has left.
pub(super) fn weights(steps: usize, findings: &[Finding]) -> Vec<f64> {
    let mut weights: Vec<f64> = vec![1.0; steps];
    let mut level_from = 0;
    for finding in findings {
        let steps = match finding.kind {
            Kind::LevelShift => {
                let before = level_from..finding.steps.start;
                level_from = finding.steps.start;
                before
            }
            // A gap is no target of a row in any case.
            Kind::Hole => continue,
            Kind::Outage | Kind::OddDay | Kind::LikeDayOff | Kind::DayOff => finding.steps.clone(),
        };
        weights[steps].iter_mut().for_each(|weight| *weight = finding.weight.min(*weight));
    }
    weights
}
