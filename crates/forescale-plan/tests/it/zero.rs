//! A minimum of 0: the last instance goes where that is the cheapest, and comes back ahead of load.

use forescale_core::{Quantile, Replicas};
use forescale_plan::clairvoyant::{Question, frontier, zero_violation};
use forescale_plan::objectives::{ScaleToZero, Standby, stand_by};
use forescale_plan::{Action, Binding, ColdStart, Limits, Objective, PlanOptions};
use proptest::prelude::*;

use crate::curves::{curves, launches};
use crate::fixture::{banded, fleet, plan, sure, table};

/// What the kept and the empty steps cost; infinite where the last instance may not go.
fn cost(question: &ScaleToZero, kept: &[u32]) -> f64 {
    let horizon = |t: usize| {
        let until = question.load.len().min(t + question.cold_start_steps + 1);
        t..(t..until).find(|u| question.expected[*u]).unwrap_or(until)
    };
    let step = |(t, kept): (usize, &u32)| {
        let within = question.load[horizon(t)].iter().sum::<f64>() <= question.budget + 1e-9;
        match (kept, question.price_steps) {
            (1, _) => 1.0,
            _ if question.expected[t] => f64::INFINITY,
            _ if within => 0.0,
            (_, Some(price)) => price * question.load[t],
            (_, None) => f64::INFINITY,
        }
    };
    let launched = launches(kept, u32::from(question.running), 0);
    let steps: f64 = kept.iter().enumerate().map(step).sum();
    steps + (launched * question.startup_steps as u32) as f64
}

proptest! {
    #[test]
    fn no_other_times_without_an_instance_cost_less(
        steps in prop::collection::vec((prop_oneof![Just(0.0), 0.0..0.3], any::<bool>()), 1..10),
        cold_start_steps in 0_usize..4,
        startup_steps in 0_usize..4,
        budget in 0.0..0.2,
        price_steps in prop::option::of(0.5..20.0),
        running in any::<bool>(),
    ) {
        let load: Vec<f64> = steps.iter().map(|(p, _)| *p).collect();
        let expected: Vec<bool> = steps.iter().map(|(p, often)| *often && *p > 0.2).collect();
        let question = ScaleToZero {
            load: &load,
            expected: &expected,
            cold_start_steps,
            startup_steps,
            budget,
            price_steps,
            running,
        };
        let decided = stand_by(&question);
        let is_kept = |standby: &Standby| matches!(standby, Standby::Serves | Standby::KeptWarm);
        let kept: Vec<u32> = decided.iter().map(|standby| u32::from(is_kept(standby))).collect();
        let best = curves(load.len(), 1).map(|kept| cost(&question, &kept)).fold(f64::MAX, f64::min);
        prop_assert!((cost(&question, &kept) - best).abs() < 1e-9, "{decided:?}");
    }

    #[test]
    fn the_clairvoyant_may_have_none(
        demand in prop::collection::vec(prop_oneof![Just(0_u32), 0_u32..3], 1..7),
        lead in 0_usize..4,
        initial in 0_u32..3,
        price in prop_oneof![Just(1e6), 0.5..9.0],
        up in prop::option::of(1_u32..3),
    ) {
        let question = Question { max_up: up, ..Question::new(&demand, lead, 0, initial) };
        let cost = |curve: &Vec<u32>| {
            let violated = curve.iter().zip(&demand).filter(|(s, d)| s < d).count();
            let launched = launches(curve, initial, 0) * lead as u32;
            f64::from(curve.iter().sum::<u32>() + launched) + price * violated as f64
        };
        let follows = |curve: &Vec<u32>| {
            let before = std::iter::once(&initial).chain(curve);
            before.zip(curve).all(|(a, b)| up.is_none_or(|up| *b <= a + up))
        };
        let best = curves(demand.len(), 2).filter(follows).map(|c| cost(&c)).fold(f64::MAX, f64::min);
        let bound = frontier(&question, price);
        prop_assert!((cost(&bound.serving) - best).abs() < 1e-6, "{:?}", bound.serving);
        if up.is_none() && price == 1e6 {
            prop_assert_eq!(bound.cost, zero_violation(&demand, lead, 0, initial).cost);
        }
    }
}

fn to_zero(cold_start: ColdStart) -> PlanOptions {
    let limits = Limits { min: Replicas(0), ..Limits::default() };
    PlanOptions { limits, cold_start, ..PlanOptions::default() }
}

#[test]
fn the_last_instance_goes_with_the_load_and_comes_back_ahead_of_it() {
    let loads = [8.0, 0.0, 0.0, 0.0, 0.0, 0.0, 16.0, 16.0];
    let made = plan(&sure(300, &loads), &fleet(1, 10), &to_zero(ColdStart::default())).unwrap();
    assert_eq!(
        table(&made),
        ["10:00 10:00 hold 1", "10:05 10:05 scale_down 0", "10:20 10:30 scale_up 2"]
    );
    let why: Vec<_> = made.recommendations.iter().map(|row| row.reason.binding).collect();
    assert_eq!(why, [Binding::Demand, Binding::NoLoad, Binding::Activation]);
    let sentence = made.recommendations[1].reason.to_string();
    assert!(sentence.contains("too improbable before a cold start could answer it"), "{sentence}");
}

#[test]
fn a_gap_as_short_as_the_start_up_is_waited_through() {
    let loads = [8.0, 0.0, 0.0, 8.0];
    let made = plan(&sure(300, &loads), &fleet(1, 10), &to_zero(ColdStart::default())).unwrap();
    assert_eq!(table(&made), ["10:00 10:00 hold 1"]);
}

#[test]
fn load_that_may_come_keeps_an_instance_warm_unless_a_cold_start_is_cheap() {
    // From five past on there is load in half of the steps.
    let rows = [[0.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 1.0], [0.0, 0.0, 1.0]];
    let options = |price| {
        let objective = Objective::Quantile(Quantile::new(0.85).unwrap());
        let cold_start = ColdStart { price, ..ColdStart::default() };
        PlanOptions { objective, all_steps: true, ..to_zero(cold_start) }
    };
    let binding = |price| {
        let made = plan(&banded(300, &rows), &fleet(1, 5), &options(price)).unwrap();
        let last = made.recommendations.last().unwrap().clone();
        (last.instances.0, last.reason.binding)
    };
    // A step of five minutes with an instance costs 5, the cold starts of it half of their price.
    assert_eq!(binding(None).0, 1);
    assert_eq!(binding(Some(100.0)).0, 1);
    assert_eq!(binding(Some(1.0)), (0, Binding::ColdStart));
}

#[test]
fn a_load_below_what_counts_as_none_does_not_hold_the_fleet() {
    let made = |idle_load| {
        let cold_start = ColdStart { idle_load, ..ColdStart::default() };
        plan(&sure(300, &[0.01; 3]), &fleet(1, 5), &to_zero(cold_start)).unwrap()
    };
    assert_eq!(made(0.0).recommendations[0].instances, Replicas(1));
    let gone = &made(0.1).recommendations[0];
    assert_eq!((gone.action, gone.instances), (Action::ScaleDown, Replicas(0)));
}

#[test]
fn an_instance_that_only_waits_says_so() {
    // Within the cold start of two steps load is too probable, though no step needs it with 45 %.
    let rows = [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 9.0]];
    let objective = Objective::Quantile(Quantile::new(0.45).unwrap());
    let cold_start = ColdStart { budget: Some(0.05), ..ColdStart::default() };
    let options = PlanOptions { objective, all_steps: true, ..to_zero(cold_start) };
    let made = plan(&banded(300, &rows), &fleet(1, 5), &options).unwrap();
    let asked: Vec<_> =
        made.recommendations.iter().map(|row| (row.instances.0, row.reason.binding)).collect();
    assert_eq!(asked[0], (0, Binding::NoLoad));
    assert_eq!(asked[3], (1, Binding::KeptWarm));
}
