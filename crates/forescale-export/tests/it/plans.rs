//! A plan as the engine makes it, and as the command prints it, is the same schedule.

use chrono::TimeDelta;
use forescale_core::{Forecast, Frequency, Quantiles, Replicas, Utilization};
use forescale_export::{ExportError, Schedule};
use forescale_plan::{Capacity, FleetState, ForecastNotes, PlanOptions, plan};
use serde_json::json;

use crate::{at, now};

#[test]
fn both_ways_in_agree() {
    let quantiles = Quantiles::new([0.1, 0.98]).unwrap();
    let values = vec![80.0, 96.0, 120.0, 80.0, 96.0, 120.0, 136.0, 160.0, 192.0];
    let step = Frequency::from_seconds(300).unwrap();
    let forecast = Forecast::new(now(), step, quantiles, values).unwrap();
    let fleet = FleetState::new(now(), Replicas(15), TimeDelta::minutes(5));
    let capacity = Capacity::utilization(10.0, Utilization::new(0.8).unwrap()).unwrap();
    let notes = ForecastNotes::default();
    let plan = plan(&forecast, &fleet, &capacity, &PlanOptions::default(), &notes).unwrap();

    let schedule = Schedule::of(&plan, at(15)).unwrap();
    let counts: Vec<_> = schedule.steps().iter().map(|step| (step.at, step.instances)).collect();
    assert_eq!(counts, [(at(0), 15), (at(5), 24)], "the rise is asked for a start-up time ahead");
    let printed = json!({
        "settings": {"command": "plan"},
        "recommendations": plan.recommendations,
        "summary": {"from": now(), "to": at(15), "peak_instances": 24},
    });
    assert_eq!(Schedule::from_json(&printed.to_string()).unwrap(), schedule);
    assert!(matches!(Schedule::of(&plan, at(5)), Err(ExportError::Rows(_))));
}
