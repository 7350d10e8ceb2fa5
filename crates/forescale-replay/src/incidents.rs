//! The times in which too few instances served, the worst first.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::run::Run;
use crate::world::World;

/// A time without interruption in which fewer instances served than were needed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Incident {
    /// First moment.
    pub start: DateTime<Utc>,
    /// First moment after it.
    pub end: DateTime<Utc>,
    /// Instances missing when it was worst.
    pub missing: u32,
    /// Instance-minutes missing over the whole time.
    pub missing_instance_minutes: f64,
    /// The largest load in it.
    pub peak_load: f64,
}

/// Every incident of the scored steps, the one that misses most instance-minutes first.
pub(crate) fn incidents(world: &World, run: &Run) -> Vec<Incident> {
    let short = |k: usize| world.counts(k) && run.serving[k] < world.demand_of(run)[k];
    let mut found = Vec::new();
    let mut k = 0;
    while k < run.serving.len() {
        let from = k;
        while k < run.serving.len() && short(k) {
            k += 1;
        }
        if k > from {
            found.push(incident(world, run, from, k));
        }
        k += 1;
    }
    found.sort_by(|a, b| b.missing_instance_minutes.total_cmp(&a.missing_instance_minutes));
    found
}

fn incident(world: &World, run: &Run, from: usize, to: usize) -> Incident {
    let missing = (from..to).map(|k| world.demand_of(run)[k] - run.serving[k]);
    let minutes = world.trace.step().seconds() as f64 / 60.0;
    Incident {
        start: world.service.time_at(from),
        end: world.service.time_at(to),
        missing: missing.clone().max().unwrap_or(0),
        missing_instance_minutes: missing.map(f64::from).sum::<f64>() * minutes,
        peak_load: world.served(run)[from..to].iter().copied().fold(0.0, f64::max),
    }
}
