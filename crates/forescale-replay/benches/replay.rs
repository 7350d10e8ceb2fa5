//! How long a replay takes: `cargo bench -p forescale-replay`; names of policies after `--` leave the others out.

use std::sync::Arc;
use std::time::Instant;

use forescale_core::{Foresight, Frequency, LoadSeries, Utilization};
use forescale_plan::Capacity;
use forescale_plan::policies::{POLICIES, create};
use forescale_replay::{
    FleetSettings, Lifecycle, ScoreSettings, Scorecard, Trace, World, simulate,
};

/// A year of minutes that needs 2 to 40 instances of capacity 10.
fn year(lifecycle: Option<Lifecycle>) -> World {
    let minute = Frequency::from_seconds(60).expect("a minute is a step");
    let load = |k: u32| {
        let t = f64::from(k);
        let day = (t / 1_440.0 * std::f64::consts::TAU).sin();
        164.0 + 130.0 * day + 20.0 * (t * 1.7).sin() + 5.0 * (t * 0.37).sin()
    };
    let loads = (0..525_600).map(load).collect();
    let series = LoadSeries::new(chrono::DateTime::UNIX_EPOCH, minute, loads);
    let trace = Trace::new(&series.expect("the load is finite"), minute).expect("minutes fit");
    let target = Utilization::new(0.8).expect("80 % is a utilisation");
    let capacity = Capacity::utilization(10.0, target).expect("10 is a capacity");
    let fleet = FleetSettings { max: 400, lifecycle, ..FleetSettings::default() };
    World::new(trace, capacity, fleet, Arc::default(), 20_160).expect("the world can be")
}

/// Prints the fastest and the median of `runs` runs: on a machine that does other work the fastest is the cost.
fn timed(name: &str, runs: usize, mut run: impl FnMut()) {
    let mut times: Vec<f64> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!("{name:55} {:9.3} ms, median {:9.3} ms", times[0], times[runs / 2]);
}

fn main() {
    let world = year(None);
    let wanted: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    for row in
        POLICIES.iter().filter(|row| wanted.is_empty() || wanted.iter().any(|w| w == row.name))
    {
        let name = format!("simulation, a year of minutes, {}", row.name);
        timed(&name, 51, || {
            let mut policy = create(row.name, POLICIES).expect("every policy has defaults");
            simulate(&world, policy.as_mut(), &Foresight::default()).expect("the policy fits");
        });
    }
    if !wanted.is_empty() {
        return;
    }
    let mut policy = create("reactive", POLICIES).expect("it has defaults");
    let run = simulate(&world, policy.as_mut(), &Foresight::default()).expect("the policy fits");
    timed("scorecard, a year of minutes", 5, || {
        Scorecard::new(&world, &run, &ScoreSettings::default());
    });
    let detailed = year(Some(Lifecycle::default()));
    timed("detailed fleet, a year of minutes, reactive", 3, || {
        let mut policy = create("reactive", POLICIES).expect("it has defaults");
        simulate(&detailed, policy.as_mut(), &Foresight::default()).expect("the policy fits");
    });
}
