//! Exports as they are written, and what holds for every one of them.

mod aws_scripts;
mod never_fewer;
mod plans;
mod refused;
mod round_trips;
mod written;

use chrono::{DateTime, TimeDelta, Utc};
use forescale_export::{Schedule, Step, Workload};

/// Ten o'clock in UTC and eleven in Berlin.
fn now() -> DateTime<Utc> {
    "2026-01-05T10:00:00Z".parse().unwrap()
}

fn at(minutes: i64) -> DateTime<Utc> {
    now() + TimeDelta::minutes(minutes)
}

/// These counts, each from a minute after ten o'clock on, for three hours.
fn schedule(steps: &[(i64, u32)]) -> Schedule {
    let step = |&(minutes, instances): &(i64, u32)| Step { at: at(minutes), instances };
    Schedule::new(steps.iter().map(step).collect(), at(180)).unwrap()
}

fn web() -> Workload {
    Workload::new("shop", "web").unwrap()
}
