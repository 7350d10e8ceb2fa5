//! With a perfect forecast the plan is the cheapest without a violation.
//!
//! The trace and the figures are those of an independent simulator and its exact optimum.

use forescale_core::Replicas;
use forescale_plan::clairvoyant::{Bound, Question, frontier, zero_violation};
use forescale_plan::{FleetState, PlanOptions};
use proptest::prelude::*;

use crate::fixture::{eights, minutes, plan, sure, ten};
use crate::referee::{Run, follow};

/// Start-up in minutes, launches, instance-minutes of the optimum.
const OPTIMA: [(usize, u64, u64); 5] =
    [(0, 2_625, 37_886), (1, 1_749, 40_511), (3, 443, 42_923), (5, 440, 43_809), (10, 208, 45_628)];

/// Two days of minutes: a daily wave, two fast ones, a spike of 25 minutes and one every six hours.
fn trace() -> Vec<f64> {
    let load = |k: i32| {
        let t = f64::from(k);
        let day = 100.0 + 80.0 * (2.0 * std::f64::consts::PI * (t - 480.0) / 1_440.0).sin();
        let fast = 15.0 * (t * 1.7).sin() + 10.0 * (t * 0.37 + 1.0).sin();
        let spike = if (1_900..1_925).contains(&k) { 120.0 } else { 0.0 };
        let six_hourly = if k % 360 == 7 { 40.0 } else { 0.0 };
        (f64::max(0.0, day + fast + spike + six_hourly) * 1e3).round() / 1e3
    };
    (0..2_880).map(load).collect()
}

fn demand(loads: &[f64]) -> Vec<u32> {
    loads.iter().map(|load| eights().needed(*load).unwrap().0.max(1)).collect()
}

/// Plans `loads` as if they were known and lets the referee follow it.
///
/// The first load is put before the trace for the start-up time, so that the launches which the optimum assumes
/// before the trace can be asked for; what those steps cost is taken off again.
fn planned(loads: &[f64], lead: usize) -> Run {
    let mut padded = vec![loads[0]; lead];
    padded.extend(loads);
    let demand = demand(&padded);
    let fleet = FleetState::new(ten(), Replicas(demand[0]), minutes(lead as i64));
    let options = PlanOptions { all_steps: true, ..PlanOptions::default() };
    let made = plan(&sure(60, &padded), &fleet, &options).unwrap();
    let targets: Vec<u32> = made.recommendations.iter().map(|row| row.instances.0).collect();
    let mut run = follow(&targets, &demand, lead, demand[0]);
    run.billed -= lead as u64 * u64::from(demand[0]);
    run.serving.drain(..lead);
    run
}

#[test]
fn the_bound_equals_the_golden_figures() {
    let demand = demand(&trace());
    for (lead, launches, cost) in OPTIMA {
        let bound = zero_violation(&demand, lead, 1, demand[0]);
        assert_eq!((bound.launches, bound.cost, bound.violations), (launches, cost, 0), "{lead}");
    }
}

#[test]
fn a_perfect_forecast_costs_what_the_bound_costs() {
    let trace = trace();
    for (lead, launches, cost) in OPTIMA {
        let run = planned(&trace, lead);
        assert_eq!((run.launched, run.billed, run.violations), (launches, cost, 0), "{lead}");
    }
}

/// The cheapest of all curves with counts 1 to 3, by trying each.
fn exhaustive(demand: &[u32], lead: u32, price: f64, limits: (u32, u32), initial: u32) -> f64 {
    let cost = |curve: &[u32]| {
        let before = std::iter::once(&initial).chain(curve);
        let launched: u32 = before.zip(curve).map(|(a, b)| b.saturating_sub(*a)).sum();
        let violated = curve.iter().zip(demand).filter(|(s, d)| s < d).count();
        f64::from(curve.iter().sum::<u32>() + lead * launched) + price * violated as f64
    };
    let reachable = |curve: &[u32]| {
        let before = std::iter::once(&initial).chain(curve);
        let (up, down) = limits;
        before.zip(curve).all(|(a, b)| *b <= a + up && *a <= b + down)
    };
    let digits = demand.len() as u32;
    (0..3_u32.pow(digits))
        .map(|code| (0..digits).map(|i| 1 + code / 3_u32.pow(i) % 3).collect::<Vec<_>>())
        .filter(|curve| reachable(curve))
        .map(|curve| cost(&curve))
        .fold(f64::INFINITY, f64::min)
}

fn priced(bound: &Bound, price: f64) -> f64 {
    bound.cost as f64 + price * bound.violations as f64
}

proptest! {
    #[test]
    fn the_two_bounds_agree(
        demand in prop::collection::vec(1_u32..7, 1..40),
        lead in 0_usize..5,
        initial in 1_u32..7,
    ) {
        let exact = frontier(&Question::new(&demand, lead, 1, initial), 1e6);
        let by_level = zero_violation(&demand, lead, 1, initial);
        prop_assert_eq!(exact.violations, 0);
        prop_assert_eq!((by_level.cost, by_level.violations), (exact.cost, 0));
    }

    #[test]
    fn the_frontier_is_the_cheapest_of_all(
        demand in prop::collection::vec(1_u32..4, 1..6),
        lead in 0_u32..3,
        price in prop::sample::select(vec![0.5, 2.0, 4.0, 9.0]),
        max_up in prop::sample::select(vec![None, Some(1)]),
        max_down in prop::sample::select(vec![None, Some(1)]),
        initial in 1_u32..4,
    ) {
        let plain = Question::new(&demand, lead as usize, 1, initial);
        let question = Question { max_up, max_down, ..plain };
        let bound = frontier(&question, price);
        let limits = (max_up.unwrap_or(9), max_down.unwrap_or(9));
        let best = exhaustive(&demand, lead, price, limits, initial);
        prop_assert!((priced(&bound, price) - best).abs() < 1e-9, "{bound:?} {best}");
    }

    #[test]
    fn limits_that_never_bind_change_nothing(
        demand in prop::collection::vec(1_u32..70, 1..60),
        lead in 0_usize..5,
        price in 0.0..60.0,
        initial in 1_u32..70,
    ) {
        let question = Question::new(&demand, lead, 1, initial);
        let wide = Question { max_up: Some(80), max_down: Some(80), ..question };
        let (free, limited) = (frontier(&question, price), frontier(&wide, price));
        prop_assert!((priced(&free, price) - priced(&limited, price)).abs() < 1e-6);
    }

    #[test]
    fn any_perfect_forecast_costs_what_its_bound_costs(
        loads in prop::collection::vec(0_u32..60, 1..80),
        lead in 0_usize..6,
    ) {
        let loads: Vec<f64> = loads.into_iter().map(f64::from).collect();
        let demand = demand(&loads);
        let bound = zero_violation(&demand, lead, 1, demand[0]);
        let run = planned(&loads, lead);
        prop_assert_eq!((run.billed, run.violations), (bound.cost, 0));
        prop_assert_eq!(run.serving, bound.serving);
    }
}
