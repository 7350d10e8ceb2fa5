//! Number for number the same as the referee, on any load, fleet and policy.

use forescale_replay::{Lifecycle, PlanKind, Planned};
use proptest::prelude::*;

use crate::fixture::{close, numbers, run, world};
use crate::referee::{Config, RefereePolicy, RefereeRun, simulate};
use crate::referee_policies::{Adapter, Hpa, Plan, Reactive, Simple, TargetTracking};
use crate::referee_score::score;

fn configs() -> impl Strategy<Value = Config> {
    (
        prop::sample::select(vec![15.0, 60.0, 300.0]),
        prop::sample::select(vec![1.0, 10.0, 33.3]),
        prop::sample::select(vec![0.5, 0.8, 1.0]),
        (0.0..900.0, prop_oneof![Just(0.0), 0.0..400.0], prop_oneof![Just(0.0), 0.0..4_000.0]),
        (1_i64..4, prop_oneof![Just(1_000_000_i64), 4_i64..30]),
        prop_oneof![Just((1_000_000_i64, 1_000_000_i64)), (1_i64..6, 1_i64..6)],
    )
        .prop_map(|(dt, capacity, rho_slo, (startup, drain, min_billing), range, change)| {
            Config {
                dt,
                capacity,
                rho_slo,
                startup,
                drain,
                min_billing,
                n_min: range.0,
                n_max: range.1,
                max_up: change.0,
                max_down: change.1,
                ..Config::default()
            }
        })
}

/// A policy, made twice from the same description.
#[derive(Debug, Clone)]
enum Kind {
    Plan(Vec<i64>, bool),
    Reactive(f64, usize),
    Simple(f64),
    Hpa(f64),
    TargetTracking(f64),
}

impl Kind {
    fn policy(&self) -> Box<dyn RefereePolicy + Send> {
        match self.clone() {
            Self::Plan(counts, serving) => Box::new(Plan { counts, serving }),
            Self::Reactive(target, window) => Box::new(Reactive { target, window }),
            Self::Simple(target) => Box::new(Simple { target }),
            Self::Hpa(target) => Box::new(Hpa::new(target)),
            Self::TargetTracking(target) => {
                Box::new(TargetTracking { target, ..TargetTracking::default() })
            }
        }
    }
}

fn kinds() -> impl Strategy<Value = Kind> {
    let target = 0.15..0.95;
    prop_oneof![
        3 => (prop::collection::vec(0_i64..40, 1..150), any::<bool>())
            .prop_map(|(counts, serving)| Kind::Plan(counts, serving)),
        1 => (target.clone(), 1_usize..15).prop_map(|(t, window)| Kind::Reactive(t, window)),
        1 => target.clone().prop_map(Kind::Simple),
        2 => target.clone().prop_map(Kind::Hpa),
        1 => target.prop_map(Kind::TargetTracking),
    ]
}

/// Loads with calm, jumps and times without any.
fn loads() -> impl Strategy<Value = Vec<f64>> {
    let piece = (prop_oneof![Just(0.0), 0.0..400.0], 1_usize..20, 0.0..30.0);
    prop::collection::vec(piece, 1..10).prop_map(|pieces| {
        let load = |(level, steps, noise): (f64, usize, f64)| {
            (0..steps).map(move |i| f64::max(0.0, level + noise * (i as f64 * 2.3).sin()))
        };
        pieces.into_iter().flat_map(load).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn steps_and_scores_are_the_same(
        loads in loads(),
        config in configs(),
        kind in kinds(),
        initial in prop::option::of(1_i64..9),
        burn in 0.0..0.9,
    ) {
        let burn = (burn * loads.len() as f64) as usize;
        let theirs = simulate(&loads, &config, kind.policy().as_mut(), initial);
        let world = world(&loads, &config, initial, burn, None);
        let ours = run(&world, Adapter { policy: kind.policy(), config });
        let mut changes = vec![0; loads.len()];
        for action in &ours.actions {
            changes[action.step] = action.change;
        }
        let same = RefereeRun {
            serving: ours.serving.iter().map(|s| i64::from(*s)).collect(),
            billed: ours.billed.iter().map(|b| *b as i64).collect(),
            change: changes,
            extra_billed: ours.owed_s,
        };
        prop_assert!(close(same.extra_billed, theirs.extra_billed));
        let same = RefereeRun { extra_billed: theirs.extra_billed, ..same };
        prop_assert_eq!(same, theirs.clone());
        let plan = Planned::on_steps(ours.targets(), PlanKind::Target, &world);
        prop_assert_eq!(&run(&world, plan).serving, &ours.serving);
        let expected = score(&loads, &theirs, &config, burn);
        for (name, value) in numbers(&world, &ours, &config) {
            prop_assert!(close(value, expected[name]), "{name}: {value}, {}", expected[name]);
        }
    }

    #[test]
    fn single_instances_to_which_nothing_happens_are_the_plain_fleet(
        loads in loads(),
        config in configs(),
        kind in kinds(),
    ) {
        let plain = world(&loads, &config, None, 0, None);
        let detailed = world(&loads, &config, None, 0, Some(Lifecycle::default()));
        let plain = run(&plain, Adapter { policy: kind.policy(), config });
        let detailed = run(&detailed, Adapter { policy: kind.policy(), config });
        prop_assert!(close(plain.owed_s, detailed.owed_s));
        prop_assert_eq!(plain.serving, detailed.serving);
        prop_assert_eq!(plain.billed, detailed.billed);
        prop_assert_eq!(plain.actions, detailed.actions);
    }
}
