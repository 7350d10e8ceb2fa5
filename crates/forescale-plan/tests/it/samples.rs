//! The sample inputs of the objectives: the rules that made them, and what the objectives make of them.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use forescale_core::Replicas;
use forescale_plan::objectives::{
    CarbonOptions, CarbonRow, CarbonStep, Need, Origin, RegionOptions, RegionRow, SpotOptions,
    SpotRow, regions, shift_work, split_over_regions, spot_mix,
};

use crate::fixture::eights;

const HOURS: i64 = 72;

fn sample(name: &str) -> String {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data");
    fs::read_to_string(data.join(name)).unwrap()
}

/// Hours from midnight in Berlin on.
fn hour(i: i64) -> DateTime<Utc> {
    "2026-04-12T22:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::hours(i)
}

fn written(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Price and interruption rate of the pool `large`.
fn large(i: i64) -> (f64, f64) {
    match (i / 24, i % 24) {
        (1, 12..15) => (0.130, 0.40),
        (_, 8..20) => (0.040, 0.08),
        _ => (0.030, 0.05),
    }
}

fn grams(i: i64) -> i64 {
    let sun = (6 - (i % 24 - 12).abs()).max(0);
    380 - if i / 24 == 1 { 20 } else { 40 } * sun
}

fn fields(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines().skip(1).map(|line| line.split(',').collect())
}

#[test]
fn the_samples_are_made_by_their_rules() {
    let (mut spot, mut carbon) =
        ("time,price,interruption_rate,pool\n".to_owned(), "time,grams_per_kwh\n".to_owned());
    for i in 0..HOURS {
        let (at, (price, rate)) = (written(hour(i)), large(i));
        writeln!(spot, "{at},{price:.3},{rate:.2},large\n{at},0.045,0.02,small").unwrap();
        writeln!(carbon, "{at},{}", grams(i)).unwrap();
    }
    assert_eq!(sample("spot.csv"), spot);
    assert_eq!(sample("carbon.csv"), carbon);
}

#[test]
fn a_scarce_pool_is_left() {
    let text = sample("spot.csv");
    let rows: Vec<SpotRow> = fields(&text)
        .map(|f| {
            let (price, rate) = (f[1].parse().unwrap(), f[2].parse().unwrap());
            SpotRow::new(f[0].parse().unwrap(), price, rate, Some(f[3])).unwrap()
        })
        .collect();
    let options = SpotOptions {
        on_demand_price_per_hour: 0.10,
        budget: 0.001,
        startup: TimeDelta::minutes(5),
    };
    let times = [hour(0), hour(36)];
    let steps = spot_mix(&times, &[Need::known(12), Need::known(12)], &rows, &options).unwrap();
    assert_eq!(steps[0].spot[0].0, "large");
    assert!(steps[1].spot.iter().all(|(pool, _)| pool == "small"));
    assert!(steps.iter().all(|step| step.cost_per_hour < 0.7 && step.short <= 0.001));
}

#[test]
fn work_of_the_night_waits_for_the_sun() {
    let text = sample("carbon.csv");
    let rows: Vec<CarbonRow> = fields(&text)
        .map(|f| CarbonRow::new(f[0].parse().unwrap(), f[1].parse().unwrap()).unwrap())
        .collect();
    assert_eq!(rows.len(), HOURS as usize);
    let step = |i: i64| CarbonStep {
        at: hour(i),
        grams_per_kwh: grams(i) as f64,
        price_per_instance_hour: 0.1,
        inflexible: 5,
        flexible: 2,
    };
    let options = CarbonOptions {
        watts: 200.0,
        step_hours: 1.0,
        deadline_steps: 8,
        max: Replicas(12),
        price_per_kg: None,
    };
    let steps: Vec<CarbonStep> = (0..HOURS).map(step).collect();
    let plan = shift_work(&steps, &options).unwrap();
    assert!(plan.grams < 0.95 * plan.grams_unshifted, "{} {}", plan.grams, plan.grams_unshifted);
    assert_eq!(plan.steps[12].instances, Replicas(12));
}

#[test]
fn a_price_of_carbon_moves_load_to_the_clean_region() {
    let text = sample("regions.csv");
    let rows: Vec<RegionRow> = fields(&text)
        .map(|f| {
            let number = |i: usize| f[i].parse::<f64>().unwrap();
            let max = f[2].parse().unwrap();
            RegionRow::new(f[0], Some(f[1]), max, number(3), number(4), number(5)).unwrap()
        })
        .collect();
    let regions = regions(&rows).unwrap();
    let origin = |name: &str, load| Origin { name: name.to_owned(), loads: vec![load] };
    let origins = [origin("europe", 200.0), origin("america", 120.0)];
    let instances = |price_per_kg, latency_limit_ms| {
        let options = RegionOptions { latency_limit_ms, watts: 200.0, price_per_kg };
        let steps = split_over_regions(&[hour(0)], &origins, &regions, &eights(), &options);
        steps.unwrap()[0].instances.iter().map(|n| n.0).collect::<Vec<_>>()
    };
    // North, west, east: 25 instances for Europe, 15 for America.
    assert_eq!(instances(0.0, 50.0), [20, 5, 15]);
    assert_eq!(instances(0.0, 100.0), [0, 0, 40]);
    assert_eq!(instances(1.0, 100.0), [20, 20, 0]);
}
