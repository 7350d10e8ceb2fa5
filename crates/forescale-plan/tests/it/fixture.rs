//! Small forecasts and fleets for the tests.

use chrono::{DateTime, TimeDelta, Utc};
use forescale_core::{Forecast, Frequency, Quantiles, Replicas, Utilization};
use forescale_plan::{Capacity, FleetState, ForecastNotes, PlanError, PlanOptions, ScalePlan};

/// A Monday at ten.
pub fn ten() -> DateTime<Utc> {
    "2026-01-05T10:00:00Z".parse().unwrap()
}

pub fn minutes(count: i64) -> TimeDelta {
    TimeDelta::minutes(count)
}

/// `10:05` of the same Monday.
pub fn clock(time: DateTime<Utc>) -> String {
    time.format("%H:%M").to_string()
}

/// A forecast from ten on, with the 10 %, 50 % and 90 % quantile of every step.
pub fn banded(step_seconds: i64, rows: &[[f64; 3]]) -> Forecast {
    let values = rows.iter().flatten().copied().collect();
    let quantiles = Quantiles::new([0.1, 0.9]).unwrap();
    Forecast::new(ten(), Frequency::from_seconds(step_seconds).unwrap(), quantiles, values).unwrap()
}

/// A forecast that is sure of every step.
pub fn sure(step_seconds: i64, loads: &[f64]) -> Forecast {
    let rows: Vec<_> = loads.iter().map(|load| [*load; 3]).collect();
    banded(step_seconds, &rows)
}

/// Instances that carry 8 each: 10 when saturated, at 80 %.
pub fn eights() -> Capacity {
    Capacity::utilization(10.0, Utilization::new(0.8).unwrap()).unwrap()
}

/// A fleet at ten.
pub fn fleet(current: u32, startup_minutes: i64) -> FleetState {
    FleetState::new(ten(), Replicas(current), minutes(startup_minutes))
}

pub fn plan(
    forecast: &Forecast,
    fleet: &FleetState,
    options: &PlanOptions,
) -> Result<ScalePlan, PlanError> {
    forescale_plan::plan(forecast, fleet, &eights(), options, &ForecastNotes::default())
}

/// `at effective action instances` of every row.
pub fn table(plan: &ScalePlan) -> Vec<String> {
    let row = |r: &forescale_plan::Recommendation| {
        format!("{} {} {} {}", clock(r.at), clock(r.effective_at), r.action, r.instances)
    };
    plan.recommendations.iter().map(row).collect()
}
