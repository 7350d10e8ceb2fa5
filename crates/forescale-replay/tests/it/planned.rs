//! A plan in a replay, and the clairvoyant as one.

use chrono::TimeDelta;
use forescale_replay::{PlanKind, Planned, ReplayError, ScoreSettings, Scorecard, frontier};
use proptest::prelude::*;

use crate::fixture::{run, world};
use crate::referee::Config;

fn steps(counts: &[u32]) -> Vec<f64> {
    counts.iter().map(|count| f64::from(*count) * 8.0).collect()
}

#[test]
fn rows_hold_until_the_next_and_the_first_also_before() {
    let world =
        world(&steps(&[1; 6]), &Config { startup: 0.0, ..Config::default() }, None, 0, None);
    let at = |minute: i64| world.service().start + TimeDelta::minutes(minute);
    let plan = Planned::new(&[(at(1), 4), (at(4), 2)], PlanKind::Target, &world).unwrap();
    assert_eq!(run(&world, plan).serving, [4, 4, 4, 4, 2, 2]);
    let error = Planned::new(&[(at(4), 2), (at(1), 4)], PlanKind::Target, &world).unwrap_err();
    assert_eq!(error, ReplayError::PlanOrder { row: 1 });
    let error = Planned::new(&[], PlanKind::Target, &world).unwrap_err();
    assert_eq!(error, ReplayError::EmptyPlan);
}

#[test]
fn nothing_to_do_with_no_least_number_costs_nothing() {
    let config = Config { n_min: 0, ..Config::default() };
    let world = world(&[0.0; 6], &config, None, 0, None);
    let plan = Planned::on_steps(vec![0; 6], PlanKind::Target, &world);
    let card = Scorecard::new(&world, &run(&world, plan), &ScoreSettings::default());
    assert_eq!((card.cost, card.cost_over_clairvoyant), (0.0, 0.0));
    assert_eq!((card.unserved_share, card.elasticity.theta_o), (0.0, 0.0));
}

proptest! {
    #[test]
    fn a_perfect_forecast_costs_exactly_what_the_clairvoyant_costs(
        mut demand in prop::collection::vec(1_u32..30, 12..150),
        lead in 0_usize..8,
        burn in 8_usize..11,
    ) {
        // Nothing is launched before the first step, so nothing may be needed before a start-up is over.
        let first = *demand[..9].iter().max().unwrap();
        demand[0] = first;
        let config = Config { startup: lead as f64 * 60.0, ..Config::default() };
        let world = world(&steps(&demand), &config, None, burn, None);
        let plan = Planned::on_steps(demand.clone(), PlanKind::Serving, &world);
        let card = Scorecard::new(&world, &run(&world, plan), &ScoreSettings::default());
        prop_assert_eq!(card.cost_over_clairvoyant, 1.0);
        prop_assert_eq!(card.under_provisioned_time, 0.0);
    }

    #[test]
    fn the_frontier_falls_with_the_time_that_may_be_violated(
        demand in prop::collection::vec(1_u32..30, 12..150),
        limits in prop::option::of((1_i64..4, 1_i64..4)),
    ) {
        let (max_up, max_down) = limits.unwrap_or((1_000_000, 1_000_000));
        let config = Config { max_up, max_down, ..Config::default() };
        let world = world(&steps(&demand), &config, None, 0, None);
        let points = frontier(&world, &[0.5, 3.0, 10.0, 100.0, 1e9]);
        for pair in points.windows(2) {
            prop_assert!(pair[0].under_provisioned_time >= pair[1].under_provisioned_time);
        }
        prop_assert!((points[4].cost_over_clairvoyant - 1.0).abs() < 1e-12);
    }
}
