//! The golden cases of an independent simulator: two days of minutes, four fleets, six policies.
//!
//! `tests/golden/expected.json` was written by that simulator; the trace and the plan are formulas.

use forescale_replay::{PlanKind, Planned};
use serde_json::Value;

use crate::fixture::{close, numbers, run, world};
use crate::referee::{Config, RefereePolicy};
use crate::referee_policies::{Adapter, Hpa, Reactive, Simple, TargetTracking};

const EXPECTED: &str = include_str!("../golden/expected.json");

/// A daily wave, two fast ones, a spike of 25 minutes and one every six hours.
fn trace() -> Vec<f64> {
    let load = |k: i32| {
        let t = f64::from(k);
        let fast = 15.0 * (t * 1.7).sin() + 10.0 * (t * 0.37 + 1.0).sin();
        let spike = if (1_900..1_925).contains(&k) { 120.0 } else { 0.0 };
        let six_hourly = if k % 360 == 7 { 40.0 } else { 0.0 };
        (f64::max(0.0, day(t - 480.0) + fast + spike + six_hourly) * 1e3).round() / 1e3
    };
    (0..2_880).map(load).collect()
}

/// A number for every quarter of an hour, 15 % above the wave.
fn plan() -> Vec<u32> {
    let count = |k: i32| (day(f64::from(k / 15 * 15) - 470.0) * 1.15 / 8.0).ceil() as u32;
    (0..2_880).map(count).collect()
}

fn day(t: f64) -> f64 {
    100.0 + 80.0 * (2.0 * std::f64::consts::PI * t / 1_440.0).sin()
}

fn config(json: &Value) -> Config {
    let mut config = Config::default();
    for (key, value) in json.as_object().unwrap() {
        let value = value.as_f64().unwrap();
        match key.as_str() {
            "capacity" => config.capacity = value,
            "rho_slo" => config.rho_slo = value,
            "slo_wait" => config.slo_wait = value,
            "startup" => config.startup = value,
            "drain" => config.drain = value,
            "min_billing" => config.min_billing = value,
            "n_min" => config.n_min = value as i64,
            "n_max" => config.n_max = value as i64,
            "max_up" => config.max_up = value as i64,
            "max_down" => config.max_down = value as i64,
            other => panic!("the golden cases have a new key {other}"),
        }
    }
    config
}

fn policy(name: &str) -> Box<dyn RefereePolicy + Send> {
    match name {
        "hpa:target=0.6" => Box::new(Hpa::new(0.6)),
        "reactive:target=0.6,window=10" => Box::new(Reactive { target: 0.6, window: 10 }),
        "simple:target=0.7" => Box::new(Simple { target: 0.7 }),
        "tt:target=0.6" => Box::new(TargetTracking { target: 0.6, ..TargetTracking::default() }),
        other => panic!("the golden cases have a new policy {other}"),
    }
}

#[test]
fn every_number_of_every_golden_case_is_ours() {
    let golden: Value = serde_json::from_str(EXPECTED).unwrap();
    let cases = golden["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 24);
    for case in cases {
        let config = config(&case["config"]);
        let world = world(&trace(), &config, None, 0, None);
        let run = match case["policy"].as_str().unwrap() {
            "plan target" => run(&world, Planned::on_steps(plan(), PlanKind::Target, &world)),
            "plan serving" => run(&world, Planned::on_steps(plan(), PlanKind::Serving, &world)),
            name => run(&world, Adapter { policy: policy(name), config }),
        };
        for (name, ours) in numbers(&world, &run, &config) {
            let expected = case["expected"][name].as_f64().unwrap();
            assert!(close(ours, expected), "{} {name}: {ours}, {expected}", case["policy"]);
        }
    }
}

#[test]
fn the_bound_is_the_golden_one() {
    let golden: Value = serde_json::from_str(EXPECTED).unwrap();
    let optima = golden["clairvoyant_zero_violation (c=10, rho 0.8, initial=d[0])"].clone();
    for (lead, expected) in optima.as_object().unwrap() {
        let lead: f64 = lead.strip_prefix("D=").unwrap().parse().unwrap();
        let config = Config { startup: lead * 60.0, ..Config::default() };
        let bound = world(&trace(), &config, None, 0, None).clairvoyant(None);
        assert_eq!(expected["launches"], bound.launches);
        assert_eq!(expected["cost_instance_steps"], bound.cost);
    }
}
