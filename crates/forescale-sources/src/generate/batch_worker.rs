//! A batch worker: nothing to do for most of the day, then a queue of jobs.

use chrono::{DateTime, Datelike, Utc};

use super::shape::{Noise, at, grid, load, local};
use super::{Generated, Scenario};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "batch-worker",
    summary: "a batch worker, 4 weeks at 15 minutes: idle, a nightly run, hourly jobs on working days",
    generate,
};

fn generate(seed: u64) -> Generated {
    let mut noise = Noise::new(seed);
    let mut samples = Vec::new();
    for time in grid(at("2026-02-02T00:00:00Z"), 15, 28) {
        let wobble = 1.0 + 0.15 * noise.normal();
        samples.push((time, load((jobs(time) * wobble).round())));
    }
    Generated { samples, events: Vec::new() }
}

/// Jobs in the queue on an ordinary day.
fn jobs(time: DateTime<Utc>) -> f64 {
    let (hour, weekday) = local(time, chrono_tz::Tz::UTC);
    let full_hour = hour == hour.floor();
    match hour {
        // The first day of a month settles the month before it.
        _ if time.day() == 1 && (5.0..8.0).contains(&hour) => 160.0,
        _ if weekday == 6 && (2.0..7.0).contains(&hour) => 120.0,
        _ if (1.0..3.5).contains(&hour) => 60.0 + 20.0 * (3.5 - hour),
        _ if weekday < 5 && (7.0..19.0).contains(&hour) && full_hour => 12.0,
        _ => 0.0,
    }
}
