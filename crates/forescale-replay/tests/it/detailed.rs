//! What happens to single instances: failures, hooks, warm-up, warm pools and health checks.

use forescale_plan::policies::{
    Cause, Decision, Observation, Past, Policy, PolicyError, Settings, Strategy,
};
use forescale_replay::{
    Health, Hook, Lifecycle, OnTimeout, Run, ScoreSettings, Scorecard, WarmPool,
};
use proptest::prelude::*;

use crate::fixture::{run, world};
use crate::referee::Config;

/// Asks for a number from a step on and writes down what it sees.
#[derive(Debug)]
struct Watcher {
    wanted: Vec<(usize, u32)>,
    seen: Vec<(u32, u32, u32, u32)>,
}

impl Policy for &mut Watcher {
    fn name(&self) -> &'static str {
        "watcher"
    }

    fn strategy(&self) -> Strategy {
        Strategy::Scheduled
    }

    fn settings(&self) -> Settings {
        Settings::new()
    }

    fn prepare(&mut self, _: &Past<'_>) -> Result<(), PolicyError> {
        Ok(())
    }

    fn decide(&mut self, seen: &Observation<'_>) -> Decision {
        self.seen.push((seen.serving, seen.starting, seen.warming, seen.silent));
        let wanted = self.wanted.iter().rev().find(|(from, _)| *from <= seen.step);
        Decision::new(wanted.map_or(seen.total(), |(_, count)| *count), Cause::Fixed)
    }
}

/// Minutes with a start-up of two, from one instance on.
fn watched(
    wanted: &[(usize, u32)],
    steps: usize,
    lifecycle: Lifecycle,
) -> (Run, Vec<(u32, u32, u32, u32)>) {
    let config = Config { startup: 120.0, ..Config::default() };
    let world = world(&vec![8.0; steps], &config, Some(1), 0, Some(lifecycle));
    let mut watcher = Watcher { wanted: wanted.to_vec(), seen: Vec::new() };
    (run(&world, &mut watcher), watcher.seen)
}

#[test]
fn a_hook_that_is_answered_delays_and_one_that_is_not_ends_the_launch() {
    let hook =
        Hook { takes_s: 60.0, heartbeat_s: 180.0, unanswered: 0.0, on_timeout: OnTimeout::Abandon };
    let with = |hook| Lifecycle { hook: Some(hook), ..Lifecycle::default() };
    let (run, _) = watched(&[(0, 3)], 5, with(hook));
    assert_eq!(run.serving, [1, 1, 1, 3, 3]);
    // The answer takes longer than anybody waits: two minutes and three later the launch is given up and made again.
    let late = Hook { takes_s: 240.0, ..hook };
    let (run, seen) = watched(&[(0, 3)], 12, with(late));
    assert_eq!(run.serving, [1; 12]);
    assert!(seen[1..].iter().all(|counts| counts.1 == 2), "{seen:?}");
    assert_eq!(run.billed, [3.0; 12]);
    let (run, _) = watched(&[(0, 3)], 7, with(Hook { on_timeout: OnTimeout::Continue, ..late }));
    assert_eq!(run.serving, [1, 1, 1, 1, 1, 3, 3]);
}

#[test]
fn a_new_instance_warms_up_while_it_serves() {
    let lifecycle = Lifecycle { warmup_s: 120.0, ..Lifecycle::default() };
    let (run, seen) = watched(&[(0, 2)], 6, lifecycle);
    assert_eq!(run.serving, [1, 1, 2, 2, 2, 2]);
    let warming: Vec<u32> = seen.iter().map(|counts| counts.2).collect();
    assert_eq!(warming, [0, 0, 1, 1, 0, 0]);
}

#[test]
fn a_warm_pool_is_faster_while_it_lasts_and_is_filled_up() {
    let pool = WarmPool { size: 2, startup_s: 60.0, billed_share: 0.25, reuse: false };
    let lifecycle = Lifecycle { warm_pool: Some(pool), ..Lifecycle::default() };
    let (run, _) = watched(&[(0, 4)], 5, lifecycle);
    // Two come out of the pool after a minute, one is launched cold.
    assert_eq!(run.serving, [1, 3, 4, 4, 4]);
    // Four are paid for, and the pool: two being initialised for two minutes, then two that wait at a quarter.
    assert_eq!(run.billed, [6.0, 6.0, 4.5, 4.5, 4.5]);
}

#[test]
fn removed_instances_go_back_into_a_pool_that_takes_them() {
    let pool = WarmPool { size: 1, startup_s: 0.0, billed_share: 0.0, reuse: true };
    let lifecycle = Lifecycle { warm_pool: Some(pool), ..Lifecycle::default() };
    let (run, _) = watched(&[(0, 2), (1, 1), (2, 2)], 4, lifecycle);
    assert_eq!(run.serving, [2, 1, 2, 2]);
    // What was begun for the pool is not needed once the removed instance is back in it.
    assert_eq!(run.billed, [3.0, 1.0, 3.0, 3.0]);
}

#[test]
fn what_breaks_does_not_serve_is_found_and_is_replaced() {
    let health = Health { failures_per_hour: 6.0, detect_s: 120.0 };
    let lifecycle = Lifecycle { health: Some(health), ..Lifecycle::default() };
    let (run, seen) = watched(&[(0, 10)], 600, lifecycle);
    let broken: u32 = seen.iter().map(|counts| counts.3).sum();
    assert!(broken > 0 && run.serving[10..].iter().any(|serving| *serving < 10));
    // Nobody asks again, and the number asked for is kept.
    assert!(seen[1..].iter().all(|counts| counts.0 + counts.1 == 10));
    assert_eq!(run.actions.len(), 1);
    // Ten minutes of life, two until it is found and two of start-up: about ten of fourteen serve.
    let mean = run.serving[20..].iter().sum::<u32>() as f64 / 580.0;
    assert!((6.0..8.3).contains(&mean), "{mean}");
}

/// The numbers of minutes in which 1 + `more` instances are asked for from the start.
fn scored(more: u32, steps: usize, lifecycle: Lifecycle) -> Scorecard {
    let config = Config { startup: 120.0, ..Config::default() };
    let world = world(&vec![8.0; steps], &config, Some(1), 0, Some(lifecycle));
    let mut watcher = Watcher { wanted: vec![(0, 1 + more)], seen: Vec::new() };
    let run = run(&world, &mut watcher);
    assert_eq!(run.beyond_a_plan(), None);
    Scorecard::new(&world, &run, &ScoreSettings::default())
}

#[test]
fn launches_in_the_place_of_failed_ones_are_counted() {
    // The answer takes longer than anybody waits, so two launches are given up and made again at 5 and at 10.
    let hook = Hook {
        takes_s: 240.0,
        heartbeat_s: 180.0,
        unanswered: 0.0,
        on_timeout: OnTimeout::Abandon,
    };
    let card = scored(2, 12, Lifecycle { hook: Some(hook), ..Lifecycle::default() });
    assert_eq!((card.launched, card.failed_launches), (6, 4));
    let card = scored(2, 12, Lifecycle::default());
    assert_eq!((card.launched, card.failed_launches), (2, 0));
    for launch_failures in [0.1, 0.3] {
        let card = scored(999, 100, Lifecycle { launch_failures, ..Lifecycle::default() });
        assert_eq!(card.launched, 999 + card.failed_launches);
        let expected = launch_failures * card.launched as f64;
        let deviation = (expected * (1.0 - launch_failures)).sqrt();
        let off = card.failed_launches as f64 - expected;
        assert!(off.abs() < 4.0 * deviation, "{off} from {expected}");
    }
}

#[test]
fn what_breaks_is_launched_again_and_is_no_failed_launch() {
    let health = Health { failures_per_hour: 6.0, detect_s: 120.0 };
    let card = scored(9, 600, Lifecycle { health: Some(health), ..Lifecycle::default() });
    // A life of ten minutes, two until it is found and two of start-up: one of ten ends about every 1.4 minutes.
    assert_eq!(card.failed_launches, 0);
    assert!((330..530).contains(&(card.launched - 9)), "{}", card.launched);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn chance_comes_from_the_seed_alone(
        seed in 0_u64..1_000,
        failures in 0.0..0.9,
        wanted in prop::collection::vec(1_u32..12, 40),
    ) {
        let lifecycle = Lifecycle { seed, launch_failures: failures, ..Lifecycle::default() };
        let wanted: Vec<(usize, u32)> = wanted.into_iter().enumerate().collect();
        let (first, seen) = watched(&wanted, 40, lifecycle.clone());
        let (again, _) = watched(&wanted, 40, lifecycle);
        prop_assert_eq!(&first, &again);
        // A failed launch is replaced, so what was asked for is always there, serving or starting.
        for (k, counts) in seen.iter().enumerate().skip(1) {
            prop_assert_eq!(counts.0 + counts.1, wanted[k - 1].1);
        }
    }
}
