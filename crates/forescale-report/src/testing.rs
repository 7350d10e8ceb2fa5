//! Small plans for the tests of this crate.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use forescale_core::{Level, Replicas, Utilization};
use forescale_plan::{
    Action, Binding, Capacity, ForecastNotes, Headroom, Objective, Peak, PlanSettings, Reason,
    Recommendation, ScalePlan,
};

const STARTUP_MINUTES: i64 = 5;

pub(crate) fn now() -> DateTime<Utc> {
    "2026-01-05T10:00:00Z".parse().unwrap()
}

/// A plan of `(minute, instances)` for a fleet of `current` instances of 10, 80 % busy, that start in 5 minutes.
pub(crate) fn scale_plan(current: u32, rows: &[(i64, u32)]) -> ScalePlan {
    let mut before = current;
    let mut next = |(minute, instances): &(i64, u32)| {
        let row = recommendation(*minute, i64::from(*instances) - i64::from(before), *instances);
        before = *instances;
        row
    };
    let recommendations = rows.iter().map(&mut next).collect();
    ScalePlan { now: now(), settings: settings(current), recommendations, warnings: Vec::new() }
}

fn recommendation(minute: i64, change: i64, instances: u32) -> Recommendation {
    let at = now() + TimeDelta::minutes(minute);
    let (action, wait) = match change {
        1.. => (Action::ScaleUp, STARTUP_MINUTES),
        0 => (Action::Hold, 0),
        _ => (Action::ScaleDown, 0),
    };
    let peak = Peak { load: 30.0, at, needed: instances, quantile: None, chosen_by: None };
    let notes = Arc::new(ForecastNotes::default());
    Recommendation {
        at,
        effective_at: at + TimeDelta::minutes(wait),
        action,
        instances: Replicas(instances),
        change,
        expected_load: 24.0,
        lower: 20.0,
        upper: 30.0,
        level: Level::new(80.0).unwrap(),
        headroom: Headroom { instances: 1, percent: 25.0 },
        confidence: 0.99,
        reason: Reason { binding: Binding::Demand, peak, late: None, notes },
    }
}

fn settings(current: u32) -> PlanSettings {
    PlanSettings {
        capacity: Capacity::utilization(10.0, Utilization::new(0.8).unwrap()).unwrap(),
        objective: Objective::Budget(0.01),
        quantile: None,
        min: Replicas(1),
        max: None,
        max_up: None,
        max_down: None,
        cooldown: TimeDelta::zero(),
        stabilization: TimeDelta::zero(),
        startup: TimeDelta::minutes(STARTUP_MINUTES),
        current: Replicas(current),
        starting: 0,
        level: Level::new(80.0).unwrap(),
        event_price: 0.0,
        all_steps: false,
        cold_start: None,
    }
}
