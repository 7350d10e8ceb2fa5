//! What holds for every policy in the list of the engine, with the foresight that a replay gives them.

use std::sync::Arc;

use forescale::{
    Capacity, EngineOptions, FleetSettings, Frequency, LoadSeries, PlanKind, Planned, Policy,
    PolicyError, Run, Trace, Utilization, World, create_policy, foresight, policies,
};
use forescale_core::Foresight;
use forescale_replay::simulate;

const DAY: usize = 1_440;
const BUDGET: f64 = 0.01;

/// Five days of minutes with a wave, noise, a flash crowd, a gap and a time without load.
fn loads() -> Vec<f64> {
    let load = |k: u32| {
        let t = f64::from(k);
        let wave = 120.0 + 90.0 * (t / 1_440.0 * std::f64::consts::TAU).sin();
        let crowd = if (4_000..4_040).contains(&k) { 400.0 } else { 0.0 };
        match k {
            5_000..5_012 => f64::NAN,
            6_000..6_060 => 0.0,
            _ => wave + crowd + 20.0 * (t * 1.7).sin(),
        }
    };
    (0..5 * DAY as u32).map(load).collect()
}

/// The load that a history of `loads` has, and its world; scored from the fourth day on.
fn world(loads: Vec<f64>) -> (LoadSeries, World) {
    let minute = Frequency::from_seconds(60).unwrap();
    let series = LoadSeries::new("2026-01-05T00:00:00Z".parse().unwrap(), minute, loads).unwrap();
    let capacity = Capacity::utilization(10.0, Utilization::new(0.8).unwrap()).unwrap();
    let trace = Trace::new(&series, minute).unwrap();
    let fleet = FleetSettings::default();
    let world = World::new(trace, capacity, fleet, Arc::default(), 3 * DAY).unwrap();
    (series, world)
}

/// Every policy as it is without arguments, and some with forecasts that are shared.
fn names() -> Vec<&'static str> {
    let names = policies().iter().map(|row| row.name);
    names
        .chain([
            "scryer:forecast=shared",
            "mpc:max-up=9,horizon=2m",
            "combined:of=scryer+aws-predictive+forescale",
        ])
        .collect()
}

fn policy(text: &str) -> Box<dyn Policy> {
    create_policy(text, BUDGET).unwrap()
}

fn run((series, world): &(LoadSeries, World), policies: &mut [Box<dyn Policy>]) -> Vec<Run> {
    let predictors = vec!["seasonal-naive".to_owned(), "linear-trend".to_owned()];
    let options = EngineOptions { predictors, ..EngineOptions::default() };
    let foresight = foresight(series, world, &options);
    policies
        .iter_mut()
        .map(|policy| simulate(world, policy.as_mut(), &foresight).unwrap())
        .collect()
}

/// The settings as they are written on a command line.
fn spelled(policy: &dyn Policy) -> String {
    let settings = policy.settings().into_iter();
    let settings: Vec<String> = settings.map(|(key, value)| format!("{key}={value}")).collect();
    format!("{}:{}", policy.name(), settings.join(","))
}

#[test]
fn a_row_says_what_its_policy_says() {
    for row in policies() {
        let policy = policy(row.name);
        assert_eq!(policy.name(), row.name);
        assert!(row.name == "combined" || policy.strategy() == row.strategy, "{}", row.name);
        let keys: Vec<&str> = (row.keys)().iter().map(|key| key.name).collect();
        let settings: Vec<&str> = policy.settings().iter().map(|(key, _)| *key).collect();
        assert_eq!(keys, settings, "{}", row.name);
        assert!((row.keys)().iter().all(|key| !key.about.is_empty()));
        assert!(!row.summary.is_empty() && !row.source.is_empty());
        assert_eq!(policies().iter().filter(|other| other.name == row.name).count(), 1);
    }
}

#[test]
fn what_is_printed_makes_the_same_run() {
    let world = world(loads());
    let mut first: Vec<_> = names().into_iter().map(policy).collect();
    let expected = run(&world, &mut first);
    let mut again: Vec<_> = first.iter().map(|p| policy(&spelled(p.as_ref()))).collect();
    let repeated = run(&world, &mut again);
    for ((name, a), b) in names().iter().zip(&expected).zip(&repeated) {
        assert!(a == b, "{name}");
    }
    // A policy forgets the run before.
    for ((name, a), b) in names().iter().zip(&expected).zip(run(&world, &mut first)) {
        assert!(*a == b, "{name} again");
    }
}

#[test]
fn no_policy_sees_what_comes() {
    let known = 3 * DAY + 500;
    let mut changed = loads();
    changed[known..].fill(700.0);
    let policies = || names().into_iter().map(policy).collect::<Vec<_>>();
    let a = run(&world(loads()), &mut policies());
    let b = run(&world(changed), &mut policies());
    for ((name, a), b) in names().iter().zip(a).zip(b) {
        assert!(a.serving[..known] == b.serving[..known], "{name}");
        assert!(a.billed[..known] == b.billed[..known], "{name}");
    }
}

#[test]
fn unknown_keys_and_bad_values_are_errors_with_a_way_out() {
    for row in policies() {
        let error = create_policy(&format!("{}:no-such-key=1", row.name), BUDGET).unwrap_err();
        assert!(matches!(error, PolicyError::Key { .. }), "{}: {error}", row.name);
        for key in (row.keys)() {
            let text = format!("{}:{}=\u{1F980}", row.name, key.name);
            let made = create_policy(&text, BUDGET);
            if let Ok(policy) = &made
                && policy.files().iter().any(|(_, file)| file == "\u{1F980}")
            {
                continue;
            }
            let error = made.unwrap_err();
            assert!(error.to_string().contains(row.name) || row.name == "combined", "{error}");
            assert!(!error.hint().is_empty());
        }
    }
    let error = create_policy("scryer:horizon=2d", BUDGET).unwrap_err();
    assert_eq!(error.to_string(), "horizon of scryer should be at most 1d, but is \"2d\"");
}

#[test]
fn forecasts_that_are_shared_are_those_of_the_ensemble() {
    let world = world(loads());
    let mut policies = [policy("scryer"), policy("scryer:forecast=shared")];
    let runs = run(&world, &mut policies);
    // They begin with the scored time; before, its own stand in.
    assert_eq!(runs[0].serving[..3 * DAY], runs[1].serving[..3 * DAY]);
    assert_ne!(runs[0].serving[3 * DAY..], runs[1].serving[3 * DAY..]);
}

#[test]
fn a_file_that_nobody_read_is_an_error_before_the_first_run() {
    let (series, world) = world(loads());
    let named = ["dqn:net=a", "spot:prices=a", "carbon:intensity=a", "regions:regions=a"];
    for text in named {
        let mut policy = policy(text);
        assert_eq!(policy.files().len(), 1, "{text}");
        let foresight = foresight(&series, &world, &EngineOptions::default());
        let error = simulate(&world, policy.as_mut(), &foresight).unwrap_err().to_string();
        assert!(error.contains("\"a\""), "{text}: {error}");
    }
}

#[test]
fn a_plan_makes_the_same_run_unless_the_run_says_what_it_lacks() {
    let world = world(loads());
    let mut policies: Vec<_> = names().into_iter().map(policy).collect();
    let mut beyond = Vec::new();
    for (name, first) in names().into_iter().zip(run(&world, &mut policies)) {
        let mut plan = Planned::on_steps(first.targets(), PlanKind::Target, &world.1);
        let planned = simulate(&world.1, &mut plan, &Foresight::default()).unwrap();
        let numbers = |run: &Run| (run.serving.clone(), run.billed.clone(), run.moved.clone());
        let is_same = numbers(&planned) == numbers(&first);
        assert_eq!(first.beyond_a_plan().is_none(), is_same, "{name}");
        beyond.extend(first.beyond_a_plan().map(|why| (name, why)));
    }
    beyond.sort_unstable();
    let moved = "load was moved in time, and a plan serves it when it arrives";
    let taken = "instances were taken away, and a plan loses none";
    assert_eq!(beyond, [("carbon", moved), ("spot", taken)]);
}

#[test]
fn what_is_moved_is_served_within_its_deadline_and_nothing_is_lost() {
    let world = world(loads());
    let texts = ["carbon:deadline=2h,flexible=0.4", "forescale"];
    let runs = run(&world, &mut texts.map(policy));
    let moved = runs[0].moved.as_ref().expect("carbon moves load");
    assert!(runs[1].moved.is_none());
    let arrived = world.1.trace().loads();
    let (mut waiting, mut held_back) = (0.0_f64, 0.0_f64);
    let mut due = std::collections::VecDeque::new();
    for (step, (served, load)) in moved.loads.iter().zip(arrived).enumerate() {
        waiting += load - served;
        held_back = held_back.max(waiting);
        assert!(waiting > -1e-6 && *served >= 0.6 * load - 1e-9, "step {step}");
        due.push_back(0.4 * load);
        if due.len() > 120 {
            due.pop_front();
        }
        assert!(waiting <= due.iter().sum::<f64>() + 1e-6, "step {step} keeps what is overdue");
    }
    assert!(held_back > 100.0, "{held_back}");
}
