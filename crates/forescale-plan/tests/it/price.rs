//! The price of a violation: equal to the best of all curves.

use forescale_core::{Forecast, Frequency, Quantiles, Replicas};
use forescale_plan::clairvoyant::{Question, frontier};
use forescale_plan::objectives::cheapest_at_price;
use forescale_plan::{Limits, Objective, PlanOptions};
use proptest::prelude::*;

use crate::curves::{curves, launches, within};
use crate::fixture::{banded, eights, fleet, plan, sure, ten};

/// What the curve of serving instances is expected to cost, in instance-minutes.
fn expected(forecast: &Forecast, curve: &[u32], initial: u32, lead: usize, price: f64) -> f64 {
    let step = |(h, n): (usize, &u32)| {
        let short = 1.0 - forecast.probability_below(h, eights().carries(Replicas(*n)));
        f64::from(*n) + price * short
    };
    let launched = launches(curve, initial, lead);
    curve.iter().enumerate().map(step).sum::<f64>() + (lead as u32 * launched) as f64
}

/// Bands of up to three instances, some with two humps: half of the time nothing, else a lot.
fn rows() -> impl Strategy<Value = Vec<[f64; 5]>> {
    let row = prop::array::uniform5(0.0..24.0);
    prop::collection::vec(row, 1..5)
}

fn forecast(rows: &[[f64; 5]]) -> Forecast {
    let quantiles = Quantiles::new([0.05, 0.3, 0.7, 0.95]).unwrap();
    let values = rows.iter().flatten().copied().collect();
    Forecast::new(ten(), Frequency::from_seconds(60).unwrap(), quantiles, values).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn no_curve_is_expected_to_cost_less(
        rows in rows(),
        lead in 0_usize..3,
        initial in 0_u32..4,
        min in 0_u32..2,
        change in (prop::option::of(1_u32..3), prop::option::of(1_u32..3)),
        price in 0.1..60.0,
    ) {
        let forecast = forecast(&rows);
        let limits = Limits {
            min: Replicas(min),
            max: Some(Replicas(4)),
            max_up: change.0,
            max_down: change.1,
            ..Limits::default()
        };
        let now = fleet(initial, lead as i64);
        let found = cheapest_at_price(&forecast, &now, &eights(), &limits, price).unwrap();
        let curve: Vec<u32> = found.steps.iter().map(|step| step.serving.0).collect();
        prop_assert!(within(&curve, initial, lead, &limits), "{curve:?}");
        let cost = |curve: &[u32]| expected(&forecast, curve, initial, lead, price);
        let best = curves(rows.len(), 4)
            .filter(|curve| within(curve, initial, lead, &limits))
            .map(|curve| cost(&curve))
            .fold(f64::INFINITY, f64::min);
        prop_assert!((cost(&curve) - best).abs() < 1e-9, "{} {best}", cost(&curve));
        prop_assert!((found.expected_instance_minutes - best).abs() < 1e-9);
    }

    #[test]
    fn a_plan_at_a_price_is_the_cheapest_where_nothing_has_to_start(
        rows in rows(),
        min in 0_u32..2,
        price in 0.1..60.0,
    ) {
        let forecast = forecast(&rows);
        let limits = Limits { min: Replicas(min), ..Limits::default() };
        let objective = Objective::Price { violated_minute: price };
        let options = PlanOptions { objective, limits, all_steps: true, ..PlanOptions::default() };
        let made = plan(&forecast, &fleet(0, 0), &options).unwrap();
        let asked: Vec<u32> = made.recommendations.iter().map(|row| row.instances.0).collect();
        let best = cheapest_at_price(&forecast, &fleet(0, 0), &eights(), &limits, price).unwrap();
        let cost = expected(&forecast, &asked, 0, 0, price);
        prop_assert!((cost - best.expected_instance_minutes).abs() < 1e-9, "{asked:?}");
    }

    #[test]
    fn a_known_load_costs_what_it_costs_the_clairvoyant(
        demand in prop::collection::vec(0_u32..6, 1..30),
        lead in 0_usize..4,
        price in 0.5..40.0,
    ) {
        // In the time before the loads everything can be launched that is worth it.
        let mut known = vec![0; lead];
        known.extend(demand);
        let loads: Vec<f64> = known.iter().map(|n| f64::from(*n) * 8.0).collect();
        let limits = Limits { min: Replicas(0), ..Limits::default() };
        let now = fleet(0, lead as i64);
        let found = cheapest_at_price(&sure(60, &loads), &now, &eights(), &limits, price).unwrap();
        let bound = frontier(&Question::new(&known, lead, 0, 0), price);
        let cost = bound.cost as f64 + price * bound.violations as f64;
        prop_assert!((found.expected_instance_minutes - cost).abs() < 1e-6);
    }
}

#[test]
fn a_load_with_two_humps_is_worth_few_or_many() {
    // Eight in ten times it is nearly nothing, else it needs six: one instance more at a time saves nothing.
    let quantiles = Quantiles::new([0.1, 0.79, 0.81, 0.9]).unwrap();
    let minute = Frequency::from_seconds(60).unwrap();
    let two = Forecast::new(ten(), minute, quantiles, vec![0.0, 0.0, 0.0, 39.9, 40.0]).unwrap();
    let serving = |price| {
        let limits = Limits { min: Replicas(0), ..Limits::default() };
        let objective = Objective::Price { violated_minute: price };
        let options = PlanOptions { objective, limits, ..PlanOptions::default() };
        plan(&two, &fleet(0, 0), &options).unwrap().recommendations[0].instances.0
    };
    assert_eq!([20.0, 30.0].map(serving), [0, 6]);
}

#[test]
fn what_is_starting_serves_for_free_and_what_is_removed_is_gone() {
    let limits = Limits { min: Replicas(0), max_up: Some(1), ..Limits::default() };
    let serving = |loads: &[f64], starting: u32| {
        let mut now = fleet(2, 3);
        now.starting = vec![(ten() + chrono::TimeDelta::minutes(1), starting)];
        let found = cheapest_at_price(&sure(60, loads), &now, &eights(), &limits, 100.0).unwrap();
        let cost = found.expected_instance_minutes;
        (found.steps.iter().map(|step| step.serving.0).collect::<Vec<_>>(), cost)
    };
    assert_eq!(serving(&[16.0, 40.0, 40.0], 3), (vec![2, 5, 5], 12.0));
    assert_eq!(serving(&[0.0, 16.0, 0.0], 0), (vec![2, 2, 0], 4.0));
}

#[test]
fn every_step_says_what_it_is_weighed_against() {
    let forecast = banded(60, &[[10.0, 20.0, 40.0]]);
    let priced = cheapest_at_price(&forecast, &fleet(0, 0), &eights(), &Limits::default(), 5.0);
    let reason = priced.unwrap().steps[0].reason.to_string();
    assert_eq!(
        reason,
        "3 instances: one more would save 0.889 instances in violations, less than it costs; the last one saves 1.485"
    );
    let error = cheapest_at_price(&forecast, &fleet(0, 0), &eights(), &Limits::default(), -1.0);
    assert!(error.unwrap_err().to_string().ends_with("but is -1"));
}
