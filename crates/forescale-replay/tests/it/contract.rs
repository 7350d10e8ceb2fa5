//! What holds for every policy in the list.

use std::sync::Arc;

use forescale_core::{Calendar, Event, Foresight, Frequency, LoadSeries, Utilization};
use forescale_plan::Capacity;
use forescale_plan::policies::{
    Dimension, Observation, POLICIES, Past, Policy, PolicyError, Row, create,
};
use forescale_replay::{FleetSettings, Lifecycle, Run, Trace, World, replay, simulate};

/// Four days of minutes with a wave, noise, a flash crowd, a gap and a time without load.
fn loads() -> Vec<f64> {
    let load = |k: u32| {
        let t = f64::from(k);
        let wave = 120.0 + 90.0 * (t / 1_440.0 * std::f64::consts::TAU).sin();
        let crowd = if (3_000..3_040).contains(&k) { 400.0 } else { 0.0 };
        match k {
            4_000..4_012 => f64::NAN,
            5_000..5_060 => 0.0,
            _ => wave + crowd + 20.0 * (t * 1.7).sin(),
        }
    };
    (0..5_760).map(load).collect()
}

fn world(loads: Vec<f64>, fleet: FleetSettings, score_from: usize) -> World {
    let minute = Frequency::from_seconds(60).unwrap();
    let start = "2026-01-05T00:00:00Z".parse().unwrap();
    let series = LoadSeries::new(start, minute, loads).unwrap();
    let capacity = Capacity::utilization(10.0, Utilization::new(0.8).unwrap()).unwrap();
    let kind = "campaign".to_owned();
    let (start, end) = (series.time_at(3_000), series.time_at(3_040));
    let event = Event { start, end, kind, factor: Some(3.0) };
    let calendar = Calendar { events: vec![event], ..Calendar::default() };
    let trace = Trace::new(&series, minute).unwrap();
    World::new(trace, capacity, fleet, Arc::new(calendar), score_from).unwrap()
}

fn usual() -> World {
    world(loads(), FleetSettings::default(), 1_440)
}

fn policy(row: &Row) -> Box<dyn Policy> {
    create(row.name, POLICIES).unwrap()
}

fn run(world: &World, policy: &mut dyn Policy) -> Run {
    simulate(world, policy, &Foresight::default()).unwrap()
}

/// The settings as they are written on a command line.
fn spelled(policy: &dyn Policy) -> String {
    let settings = policy.settings().into_iter();
    let settings: Vec<String> = settings.map(|(key, value)| format!("{key}={value}")).collect();
    format!("{}:{}", policy.name(), settings.join(","))
}

#[test]
fn every_policy_runs_without_arguments() {
    for row in POLICIES {
        let run = run(&usual(), policy(row).as_mut());
        assert_eq!(run.serving.len(), 5_760, "{}", row.name);
        assert!(run.serving.iter().all(|serving| *serving <= 1_000), "{}", row.name);
    }
}

#[test]
fn a_row_says_what_its_policy_says() {
    for row in POLICIES {
        let policy = policy(row);
        assert_eq!(policy.name(), row.name);
        assert!(row.name == "combined" || policy.strategy() == row.strategy, "{}", row.name);
        let keys: Vec<&str> = (row.keys)().iter().map(|key| key.name).collect();
        let settings: Vec<&str> = policy.settings().iter().map(|(key, _)| *key).collect();
        assert_eq!(keys, settings, "{}", row.name);
        assert!((row.keys)().iter().all(|key| !key.about.is_empty()));
        assert!(!row.summary.is_empty() && !row.source.is_empty());
        assert_eq!(POLICIES.iter().filter(|other| other.name == row.name).count(), 1);
    }
}

#[test]
fn what_is_printed_makes_the_same_run() {
    let world = usual();
    for row in POLICIES {
        let mut first = policy(row);
        let expected = run(&world, first.as_mut());
        let mut again = create(&spelled(first.as_ref()), POLICIES).unwrap();
        assert_eq!(run(&world, again.as_mut()), expected, "{}", row.name);
        assert_eq!(spelled(again.as_ref()), spelled(first.as_ref()));
        // A policy forgets the run before.
        assert_eq!(run(&world, first.as_mut()), expected, "{} again", row.name);
    }
}

#[test]
fn no_policy_sees_what_comes() {
    let mut changed = loads();
    for load in &mut changed[2_500..] {
        *load = 700.0;
    }
    let (world, changed) = (usual(), self::world(changed, FleetSettings::default(), 1_440));
    for row in POLICIES {
        let (a, b) = (run(&world, policy(row).as_mut()), run(&changed, policy(row).as_mut()));
        assert_eq!(a.serving[..2_500], b.serving[..2_500], "{}", row.name);
        assert_eq!(a.billed[..2_500], b.billed[..2_500], "{}", row.name);
    }
}

#[test]
fn unknown_keys_and_bad_values_are_errors_with_a_way_out() {
    for row in POLICIES {
        let error = create(&format!("{}:no-such-key=1", row.name), POLICIES).unwrap_err();
        assert!(matches!(error, PolicyError::Key { .. }), "{}: {error}", row.name);
        for key in (row.keys)() {
            let text = format!("{}:{}=\u{1F980}", row.name, key.name);
            let made = create(&text, POLICIES);
            if made.as_ref().is_ok_and(|policy| !policy.files().is_empty()) {
                continue;
            }
            let error = made.unwrap_err();
            assert!(error.to_string().contains(row.name) || row.name == "combined", "{error}");
            assert!(!error.hint().is_empty());
        }
    }
    let error = create("no-such-policy", POLICIES).unwrap_err();
    assert!(
        error.to_string().starts_with("there is no policy \"no-such-policy\"; there are static")
    );
}

#[test]
fn latency_a_detailed_fleet_and_tight_limits_are_survived() {
    let lifecycle = Lifecycle { launch_failures: 0.2, warmup_s: 120.0, ..Lifecycle::default() };
    let fleets = [
        FleetSettings { metric_latency_s: 150.0, ..FleetSettings::default() },
        FleetSettings { lifecycle: Some(lifecycle), ..FleetSettings::default() },
        FleetSettings { min: 3, max: 5, max_up: Some(1), ..FleetSettings::default() },
        FleetSettings { min: 0, startup_s: 0.0, ..FleetSettings::default() },
    ];
    for fleet in fleets {
        let (min, max) = (fleet.min, fleet.max);
        let detailed = fleet.lifecycle.is_some();
        let world = world(loads(), fleet, 0);
        for row in POLICIES {
            let run = run(&world, policy(row).as_mut());
            let within = |serving: &u32| detailed || (min..=max).contains(serving);
            assert!(run.serving[10..].iter().all(within), "{}", row.name);
        }
    }
}

#[test]
fn nothing_at_all_to_see_is_survived() {
    let world = usual();
    for row in POLICIES {
        let mut policy = policy(row);
        let past = Past { service: world.service(), loads: &[], foresight: &Foresight::default() };
        policy.prepare(&past).unwrap();
        for serving in [0, 3] {
            let decision = policy.decide(&Observation {
                step: 0,
                loads: &[],
                measured: serving,
                stale_steps: 0,
                serving,
                starting: 0,
                warming: 0,
                silent: 0,
                metrics: &[],
                service: world.service(),
            });
            assert!(decision.wanted <= 1_000, "{}", row.name);
            assert!(!decision.cause.to_string().is_empty());
        }
    }
}

#[test]
fn further_columns_are_seen_and_replays_are_the_same_on_any_number_of_threads() {
    let minute = Frequency::from_seconds(60).unwrap();
    let start = "2026-01-05T00:00:00Z".parse().unwrap();
    let series = |values| LoadSeries::new(start, minute, values).unwrap();
    let memory: Vec<f64> = (0..5_760).map(|k| 10.0 + f64::from(k % 7)).collect();
    let trace = Trace::new(&series(loads()), minute).unwrap();
    let trace = trace.with_column(Dimension::Memory, &series(memory)).unwrap();
    let capacity = Capacity::utilization(10.0, Utilization::new(0.8).unwrap()).unwrap();
    let world =
        World::new(trace, capacity, FleetSettings::default(), Arc::default(), 1_440).unwrap();
    let without = usual();
    let policies = || POLICIES.iter().map(policy).collect::<Vec<_>>();
    let score = forescale_replay::ScoreSettings::default();
    let outcomes = replay(&world, policies(), &Foresight::default(), &score, |_| ()).unwrap();
    assert_eq!(
        outcomes,
        replay(&world, policies(), &Foresight::default(), &score, |_| ()).unwrap()
    );
    for (row, outcome) in POLICIES.iter().zip(&outcomes) {
        assert_eq!(row.name, outcome.policy);
        if ["hpa", "voting", "multi-dimensional"].contains(&row.name) {
            assert_ne!(outcome.run.serving, run(&without, policy(row).as_mut()).serving);
        }
        let json = serde_json::to_value(outcome).unwrap();
        if row.name == "multi-dimensional" {
            let note = "multi-dimensional leaves out what is not observed: network, disk, response-time; the others \
                        weigh cpu 0.57, memory 0.43";
            assert_eq!(
                (&outcome.notes[..], &json["notes"][0]),
                (&[note.to_owned()][..], &note.into())
            );
        } else {
            assert!(outcome.notes.is_empty() && json["notes"].is_null(), "{}", row.name);
        }
    }
}

#[test]
fn an_outcome_is_json_with_the_names_of_the_results() {
    let policies = vec![create("hpa:target=0.5", POLICIES).unwrap()];
    let score = forescale_replay::ScoreSettings::default();
    let outcomes = replay(&usual(), policies, &Foresight::default(), &score, |_| ()).unwrap();
    let json = serde_json::to_value(&outcomes).unwrap();
    assert_eq!(json[0]["policy"], "hpa");
    assert_eq!(json[0]["strategy"], "reactive");
    assert_eq!(json[0]["settings"]["target"], "0.5");
    for name in [
        "instance_hours",
        "cost",
        "cost_over_clairvoyant",
        "under_provisioned_time",
        "unserved_share",
        "slo_violation_share",
        "theta_u",
        "theta_o",
        "tau_u",
        "tau_o",
        "instability",
        "actions_per_day",
        "flaps",
        "incidents",
    ] {
        assert!(!json[0][name].is_null(), "{name}");
    }
    assert!(json[0]["incidents"][0]["start"].as_str().unwrap().starts_with("2026-01-07T02:0"));
}
