//! One plan over many load paths: equal to the best of all curves.

use forescale_core::{Quantile, Replicas};
use forescale_plan::objectives::{
    PathSettings, Paths, ScenarioPlan, correlation, plan_over_paths, sample_paths,
};
use forescale_plan::{ForecastNotes, Limits, PlanOptions, plan_serving};
use proptest::prelude::*;

use crate::curves::{curves, launches, within};
use crate::fixture::{banded, eights, fleet, sure, ten};

fn planned(
    paths: &[Vec<f64>],
    initial: u32,
    lead: usize,
    limits: &Limits,
    budget: f64,
) -> ScenarioPlan {
    let forecast = sure(60, &vec![0.0; paths[0].len()]);
    let (paths, now) = (Paths::new(paths).unwrap(), fleet(initial, lead as i64));
    plan_over_paths(&paths, &forecast, &now, &eights(), limits, budget).unwrap()
}

fn served(plan: &ScenarioPlan) -> Vec<u32> {
    plan.steps.iter().map(|step| step.serving.0).collect()
}

/// Pairs of path and step with too few, beyond those that not even the most that can serve carry.
fn avoidable(paths: &[Vec<f64>], curve: &[u32], ceiling: impl Fn(usize) -> u32) -> usize {
    let need = |load: f64| eights().needed(load).unwrap().0;
    let step = |t: usize| {
        let counted = |n: u32| paths.iter().filter(|path| need(path[t]) > n).count();
        counted(curve[t]) - counted(ceiling(t))
    };
    (0..curve.len()).map(step).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn no_curve_within_the_budget_costs_less(
        (paths, lead) in (1_usize..5, 1_usize..6).prop_flat_map(|(steps, count)| {
            let path = prop::collection::vec(0.0..30.0, steps);
            (prop::collection::vec(path, count), 0_usize..3)
        }),
        initial in 0_u32..4,
        min in 0_u32..2,
        change in (prop::option::of(1_u32..3), prop::option::of(1_u32..3)),
        budget in 0.0..0.9,
    ) {
        let limits = Limits {
            min: Replicas(min),
            max: Some(Replicas(4)),
            max_up: change.0,
            max_down: change.1,
            ..Limits::default()
        };
        let steps = paths[0].len();
        let plan = planned(&paths, initial, lead, &limits, budget);
        let curve = served(&plan);
        prop_assert!(within(&curve, initial, lead, &limits), "{curve:?}");
        let ceiling = |t: usize| if t < lead { initial } else { 4 };
        let allowed = (budget * (steps * paths.len()) as f64 + 1e-9).floor() as usize;
        let cost = |curve: &[u32]| {
            curve.iter().sum::<u32>() + launches(curve, initial, lead) * lead as u32
        };
        let best = curves(steps, 4)
            .filter(|curve| within(curve, initial, lead, &limits))
            .filter(|curve| avoidable(&paths, curve, ceiling) <= allowed)
            .map(|curve| cost(&curve))
            .min();
        prop_assert_eq!(plan.within_budget, best.is_some());
        if let Some(best) = best {
            prop_assert!(plan.exact && avoidable(&paths, &curve, ceiling) <= allowed);
            prop_assert_eq!(cost(&curve), best);
            prop_assert!((plan.instance_minutes - f64::from(best)).abs() < 1e-9);
        }
    }

    #[test]
    fn the_same_seed_draws_the_same_paths_and_fewer_of_them(seed in any::<u64>()) {
        let forecast = banded(60, &[[5.0, 10.0, 30.0]; 6]);
        let drawn = |paths| {
            sample_paths(&forecast, &PathSettings { paths, seed, correlation: 0.7 }).unwrap()
        };
        prop_assert_eq!(drawn(20), drawn(20));
        let (many, few) = (drawn(20), drawn(8));
        prop_assert_eq!(many.path(7), few.path(7));
    }
}

#[test]
fn paths_are_distributed_as_the_forecast_and_correlated_as_asked() {
    let forecast = banded(60, &[[5.0, 10.0, 30.0], [50.0, 60.0, 65.0]]);
    for r in [-0.5, 0.0, 0.9] {
        let settings = PathSettings { paths: 20_000, seed: 3, correlation: r };
        let paths = sample_paths(&forecast, &settings).unwrap();
        for h in 0..2 {
            for p in [0.05, 0.5, 0.9, 0.97] {
                let load = forecast.quantile(h, Quantile::new(p).unwrap());
                let below = paths.at_step(h).filter(|drawn| *drawn <= load).count();
                assert!((below as f64 / 20_000.0 - p).abs() < 0.01, "{h} {p}");
            }
        }
        // Both above their medians: 1/4 + asin(r) / 2 pi.
        let both =
            (0..paths.len()).filter(|n| paths.path(*n)[0] > 10.0 && paths.path(*n)[1] > 60.0);
        let expected = 0.25 + r.asin() / (2.0 * std::f64::consts::PI);
        assert!((both.count() as f64 / 20_000.0 - expected).abs() < 0.012, "{r}");
    }
}

#[test]
fn a_correlation_is_found_again() {
    let forecast = banded(60, &[[-1.0 + 9.0, 9.0, 1.0 + 9.0]; 4_000]);
    for r in [0.0, 0.6, 0.95] {
        let settings = PathSettings { paths: 1, seed: 5, correlation: r };
        let mut path = sample_paths(&forecast, &settings).unwrap().path(0).to_vec();
        path[100] = f64::NAN;
        assert!((correlation(&path) - r).abs() < 0.05, "{r} {}", correlation(&path));
    }
    assert_eq!(correlation(&[3.0; 50]), 0.0);
}

#[test]
fn correlated_paths_are_short_seldom_but_long() {
    let forecast = banded(300, &[[60.0, 80.0, 120.0]; 24]);
    let plan = |correlation| {
        let settings = PathSettings { paths: 500, seed: 1, correlation };
        let paths = sample_paths(&forecast, &settings).unwrap();
        let now = fleet(20, 0);
        plan_over_paths(&paths, &forecast, &now, &eights(), &Limits::default(), 0.02).unwrap()
    };
    let (loose, close) = (plan(0.0), plan(0.95));
    assert!(close.paths_never_short > loose.paths_never_short + 0.2);
    assert!(close.worst_path > loose.worst_path);
    assert!(loose.within_budget && close.within_budget);
}

#[test]
fn a_large_question_keeps_its_budget_by_a_price() {
    let forecast = banded(300, &[[600.0, 800.0, 1_200.0]; 288]);
    let settings = PathSettings { paths: 500, seed: 1, correlation: 0.9 };
    let paths = sample_paths(&forecast, &settings).unwrap();
    let now = fleet(150, 10);
    let plan = plan_over_paths(&paths, &forecast, &now, &eights(), &Limits::default(), 0.01);
    let plan = plan.unwrap();
    assert!(plan.within_budget);
    let avoidable = plan.short - plan.unavoidable;
    assert!(avoidable <= 0.01 && avoidable > 0.009, "{avoidable}");
}

#[test]
fn a_plan_and_its_reasons_come_of_it() {
    let paths = vec![vec![8.0, 8.0, 24.0], vec![8.0, 8.0, 40.0], vec![8.0, 8.0, 24.0]];
    let made = planned(&paths, 1, 1, &Limits::default(), 0.12);
    assert_eq!(served(&made), [1, 1, 3]);
    assert_eq!(
        made.steps[2].reason.to_string(),
        "3 instances suffice on 2 of 3 load paths, 2 on 0; the middle path needs 3"
    );
    let serving: Vec<Replicas> = made.steps.iter().map(|step| step.serving).collect();
    let (forecast, options) = (sure(60, &[8.0, 8.0, 24.0]), PlanOptions::default());
    let (notes, by) = (ForecastNotes::default(), "the plan over all load paths");
    let plan =
        plan_serving(&forecast, &fleet(1, 1), &eights(), &options, &notes, &serving, by).unwrap();
    let rise = &plan.recommendations[1];
    assert_eq!((rise.at, rise.instances), (ten() + chrono::TimeDelta::minutes(1), Replicas(3)));
    assert!(
        rise.reason
            .to_string()
            .starts_with("the plan over all load paths has 3 instances serve at 2026-01-05 10:02Z"),
        "{}",
        rise.reason
    );
    let few = &serving[1..];
    assert!(plan_serving(&forecast, &fleet(1, 1), &eights(), &options, &notes, few, by).is_err());
}

#[test]
fn settings_out_of_range_are_named() {
    let forecast = sure(60, &[1.0]);
    let message = |paths, correlation| {
        let settings = PathSettings { paths, seed: 0, correlation };
        sample_paths(&forecast, &settings).unwrap_err().to_string()
    };
    assert_eq!(message(0, 0.0), "the number of paths should be from 1 to 100000, but is 0");
    assert_eq!(message(1, 1.0), "the correlation should be above -1 and below 1, but is 1");
    assert!(Paths::new(&[]).is_err() && Paths::new(&[vec![1.0], vec![]]).is_err());
}
