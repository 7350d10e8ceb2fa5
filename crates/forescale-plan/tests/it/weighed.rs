//! A plan that weighs more than the load serves what its objective chose, and asks for it in time.

use chrono::TimeDelta;
use forescale_core::{Forecast, Frequency, Quantiles, Replicas, Utilization};
use forescale_plan::objectives::{
    CarbonRow, CarbonShift, ObjectiveError, PathSettings, RegionOptions, RegionRow, RegionSplit,
    SpotPrices, SpotRow, Weighed, Weighing, plan_over_paths, plan_weighed, regions, sample_paths,
};
use forescale_plan::{Capacity, FleetState, ForecastNotes, Limits, Objective, PlanOptions};

/// Four hours of quarters that rise and fall; quantiles at 10, 50 and 98 %.
fn forecast() -> Forecast {
    let origin = "2026-01-05T10:00:00Z".parse().unwrap();
    let middle = (0..16).map(|h: i32| 240.0 - f64::from((h - 8).pow(2)) * 3.0);
    let values = middle.flat_map(|load| [0.8 * load, load, 1.25 * load]).collect();
    let quantiles = Quantiles::new([0.1, 0.98]).unwrap();
    Forecast::new(origin, Frequency::from_seconds(900).unwrap(), quantiles, values).unwrap()
}

fn capacity() -> Capacity {
    Capacity::utilization(10.0, Utilization::new(0.8).unwrap()).unwrap()
}

fn fleet() -> FleetState {
    FleetState::new(forecast().origin(), Replicas(10), TimeDelta::minutes(15))
}

fn options() -> PlanOptions {
    PlanOptions { all_steps: true, ..PlanOptions::default() }
}

fn weighed(weighing: &Weighing, options: &PlanOptions) -> Result<Weighed, ObjectiveError> {
    let notes = ForecastNotes::default();
    plan_weighed(&forecast(), &fleet(), &capacity(), options, &notes, weighing)
}

fn spot(price: f64) -> Weighing {
    let rows = vec![SpotRow::new(forecast().origin(), price, 0.2, None).unwrap()];
    Weighing::Spot(SpotPrices { rows, on_demand_price_per_hour: 1.0 })
}

/// Instances that are asked for at every step serve a start-up later, so each step has at least what was chosen.
fn carries_what_was_chosen(weighed: &Weighed) {
    let asked: Vec<u32> = weighed.plan.recommendations.iter().map(|row| row.instances.0).collect();
    let chosen: Vec<u32> = weighed.steps.iter().map(|step| step.instances.0).collect();
    assert_eq!(asked.len(), chosen.len());
    for (i, window) in chosen.windows(2).enumerate() {
        // The start-up is one step long.
        assert_eq!(asked[i], window[0].max(window[1]), "step {i} of {chosen:?}");
    }
}

#[test]
fn without_a_discount_spot_is_the_plan_on_demand() {
    let weighed = weighed(&spot(1.0), &options()).unwrap();
    let notes = ForecastNotes::default();
    let plain =
        forescale_plan::plan(&forecast(), &fleet(), &capacity(), &options(), &notes).unwrap();
    let counts = |plan: &forescale_plan::ScalePlan| {
        plan.recommendations.iter().map(|row| row.instances).collect::<Vec<_>>()
    };
    assert_eq!(counts(&weighed.plan), counts(&plain));
    assert!(weighed.steps.iter().all(|step| step.parts.len() == 1));
    assert_eq!(weighed.totals[0].value, weighed.totals[1].value);
}

#[test]
fn cheap_spot_instances_take_more_of_them_and_less_money() {
    let weighed = weighed(&spot(0.3), &options()).unwrap();
    carries_what_was_chosen(&weighed);
    let (cost, alone) = (weighed.totals[0].value, weighed.totals[1].value);
    assert!(cost < 0.4 * alone, "{cost} {alone}");
    let spare = weighed.steps.iter().filter(|step| step.instances.0 > 30).count();
    assert!(spare > 0, "an interrupted instance is stood in for");
}

#[test]
fn a_minimum_holds_for_the_mix() {
    let limits = Limits { min: Replicas(50), ..Limits::default() };
    let weighed = weighed(&spot(0.3), &PlanOptions { limits, ..options() }).unwrap();
    assert!(weighed.steps.iter().all(|step| step.instances.0 >= 50));
}

#[test]
fn load_paths_are_planned_as_by_hand() {
    let paths = PathSettings { paths: 300, seed: 7, correlation: 0.9 };
    let weighed = weighed(&Weighing::Scenarios(paths), &options()).unwrap();
    carries_what_was_chosen(&weighed);
    let drawn = sample_paths(&forecast(), &paths).unwrap();
    let (limits, budget) = (Limits::default(), 0.01);
    let plan =
        plan_over_paths(&drawn, &forecast(), &fleet(), &capacity(), &limits, budget).unwrap();
    let chosen: Vec<Replicas> = weighed.steps.iter().map(|step| step.instances).collect();
    assert_eq!(chosen, plan.steps.iter().map(|step| step.serving).collect::<Vec<_>>());
    assert!(plan.exact && plan.short - plan.unavoidable <= budget + 1e-12);
}

#[test]
fn flexible_load_waits_for_the_clean_hour_and_the_rest_does_not() {
    let clean = forecast().time_at(10);
    let rows = vec![
        CarbonRow::new(forecast().origin(), 400.0).unwrap(),
        CarbonRow::new(clean, 50.0).unwrap(),
        CarbonRow::new(forecast().time_at(12), 400.0).unwrap(),
    ];
    let shift = |flexible| {
        Weighing::Carbon(CarbonShift {
            rows: rows.clone(),
            flexible,
            deadline: TimeDelta::hours(2),
            watts: 100.0,
            price_per_instance_hour: 1.0,
            price_per_kg: None,
        })
    };
    let moved = weighed(&shift(0.5), &options()).unwrap();
    carries_what_was_chosen(&moved);
    let flexible = |at: usize| moved.steps[at].parts[1].instances.0;
    assert_eq!((4..10).map(flexible).sum::<u32>(), 0, "it waits");
    assert!(flexible(10) + flexible(11) > 40, "and is done when the grid is clean");
    assert!(moved.totals[0].value < 0.8 * moved.totals[1].value, "{:?}", moved.totals);
    // What the plan carries is the load that was moved, so that its confidence is that of the load which cannot wait.
    let sure = moved.plan.recommendations.iter().map(|row| row.confidence);
    assert!(sure.fold(1.0, f64::min) >= 0.979, "{:?}", moved.plan.recommendations);
    let still = weighed(&shift(0.0), &options()).unwrap();
    assert_eq!(still.totals[0].value, still.totals[1].value);
}

#[test]
fn regions_share_the_load_of_two_origins() {
    let row = |region, origin, most, price, latency| {
        RegionRow::new(region, Some(origin), most, price, 100.0, latency).unwrap()
    };
    let rows = [
        row("east", "eu", 12, 0.5, 20.0),
        row("east", "us", 12, 0.5, 150.0),
        row("west", "eu", 60, 1.0, 90.0),
        row("west", "us", 60, 1.0, 20.0),
    ];
    let split = |origins: [(&str, f64); 2], latency_limit_ms| {
        let origins = origins.map(|(name, share)| (name.to_owned(), share)).to_vec();
        let options = RegionOptions { latency_limit_ms, watts: 100.0, price_per_kg: 0.0 };
        Weighing::Regions(RegionSplit { regions: regions(&rows).unwrap(), origins, options })
    };
    let weighed_split = weighed(&split([("eu", 0.7), ("us", 0.3)], 100.0), &options()).unwrap();
    carries_what_was_chosen(&weighed_split);
    let busiest = &weighed_split.steps[8];
    let named = |name: &str| {
        let part = busiest.parts.iter().find(|part| part.name == name);
        part.map_or(0, |part| part.instances.0)
    };
    // 300 at the 98 % quantile: 12 of 8 in the cheap one, the rest in the other, which the far origin needs at any price.
    assert_eq!((named("east"), named("west")), (12, 26));
    let error = weighed(&split([("eu", 1.0), ("us", 0.0)], 50.0), &options()).unwrap_err();
    assert!(matches!(error, ObjectiveError::Regions { .. }), "{error}");
}

#[test]
fn a_price_of_a_violation_is_no_budget() {
    let objective = Objective::Price { violated_minute: 10.0 };
    let error = weighed(&spot(0.3), &PlanOptions { objective, ..options() }).unwrap_err();
    assert_eq!(error, ObjectiveError::NeedsBudget);
    assert!(!error.hint().is_empty());
}
