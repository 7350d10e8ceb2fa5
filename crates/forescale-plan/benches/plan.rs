//! How long a plan takes: `cargo bench -p forescale-plan`.

use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use forescale_core::{Forecast, Frequency, Quantiles, Replicas, Utilization};
use forescale_plan::clairvoyant::{Question, frontier, zero_violation};
use forescale_plan::{Capacity, FleetState, ForecastNotes, Objective, PlanOptions, plan};

/// A daily wave of 5-minute steps that needs up to `peak` instances of capacity 10 at 80 %.
fn wave(steps: usize, peak: f64) -> Forecast {
    let quantiles = Quantiles::standard();
    let value = |h: usize, p: f64| {
        let day = (h as f64 / 288.0 * std::f64::consts::TAU).sin();
        let fast = (h as f64 * 1.7).sin();
        let z = forescale_core::quantile::normal_quantile(p);
        8.0 * peak * (0.5 + 0.3 * day + 0.02 * fast) * (1.0 + 0.05 * z)
    };
    let values =
        (0..steps).flat_map(|h| quantiles.as_slice().iter().map(move |p| value(h, *p))).collect();
    let step = Frequency::from_seconds(300).expect("five minutes are a step");
    Forecast::new(origin(), step, quantiles, values).expect("the wave is finite")
}

fn origin() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH
}

/// Prints the median of `runs` runs.
fn timed(name: &str, runs: usize, mut run: impl FnMut()) {
    let mut times: Vec<f64> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!("{name:55} {:9.3} ms", times[runs / 2]);
}

fn main() {
    let fleet = FleetState::new(origin(), Replicas(20), TimeDelta::minutes(7));
    let erlang = Capacity::wait(None, 0.1, 0.05, 0.05).expect("the sizing is in range");
    let target = Utilization::new(0.8).expect("80 % is a utilisation");
    let busy = Capacity::utilization(10.0, target).expect("10 is a capacity");
    let base = PlanOptions::default();
    let price = Objective::Price { violated_minute: 200.0 };
    for (name, steps, peak, capacity, options) in [
        ("24 h of 5 minutes", 288, 40.0, busy, base),
        ("24 h, every step", 288, 40.0, busy, PlanOptions { all_steps: true, ..base }),
        ("24 h, Erlang C", 288, 40.0, erlang, base),
        ("24 h, Erlang C, 5000 instances", 288, 5_000.0, erlang, base),
        ("24 h, price of a violation", 288, 40.0, busy, PlanOptions { objective: price, ..base }),
        ("2000 steps x 500 instances", 2_000, 500.0, busy, base),
        (
            "2000 steps x 500 instances, price of a scale-up",
            2_000,
            500.0,
            busy,
            PlanOptions { event_price: 50.0, ..base },
        ),
    ] {
        let forecast = wave(steps, peak);
        let notes = ForecastNotes::default();
        timed(name, 51, || {
            plan(&forecast, &fleet, &capacity, &options, &notes).expect("the plan can be made");
        });
    }
    let demand: Vec<u32> =
        (0..525_600).map(|k| (20.5 + 19.0 * (k as f64 * 0.004).sin()) as u32).collect();
    timed("exact bound, a year of minutes x 40", 5, || {
        zero_violation(&demand, 5, 1, demand[0]);
    });
    timed("exact frontier, a year of minutes x 40", 5, || {
        frontier(&Question::new(&demand, 5, 1, demand[0]), 20.0);
    });
    let plain = Question::new(&demand, 5, 1, demand[0]);
    let limited = Question { max_up: Some(4), max_down: Some(2), ..plain };
    timed("the same with change limits", 5, || {
        frontier(&limited, 20.0);
    });
}
