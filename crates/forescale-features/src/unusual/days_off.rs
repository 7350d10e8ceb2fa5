//! What days off of the calendar did to the load.

use super::days::Days;
use super::{Finding, Kind};
use crate::prepared::Prepared;

/// The days off of the calendar in the history, each with its load over that of the working days around it.
pub(super) fn days_off(p: &Prepared, days: &Days) -> Vec<Finding> {
    let off = (0..days.len()).filter(|day| p.is_holiday(days.steps[*day].start as i64));
    off.filter_map(|day| finding(days, day)).collect()
}

fn finding(days: &Days, day: usize) -> Option<Finding> {
    let (usual, came) = days.mean_loads(day, &days.others(day))?;
    Some(Finding {
        kind: Kind::DayOff,
        steps: days.steps[day].clone(),
        loads: Some((usual, came)),
        factor: (usual > 0.0).then_some(came / usual),
        weight: 1.0,
    })
}
