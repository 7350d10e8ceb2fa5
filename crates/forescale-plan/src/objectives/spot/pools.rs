//! The spot pools of a moment that a cheapest mix can hold.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{SpotOptions, SpotRow};
use crate::objectives::error::ObjectiveError;

/// Pools whose instances are missing more often are left out: hundreds of them would stand for one.
const MOST_MISSING: f64 = 0.99;

/// A pool at a moment.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pool {
    pub(super) name: String,
    pub(super) price_per_hour: f64,
    /// Probability that an instance is being replaced.
    pub(super) missing: f64,
}

/// The pools that are worth looking at, the cheapest first.
///
/// One is not when another, or on-demand, costs no more and is missing no more often: each of its instances could be
/// exchanged for one of that.
pub(super) fn pools_at(
    at: DateTime<Utc>,
    rows: &[SpotRow],
    options: &SpotOptions,
) -> Result<Vec<Pool>, ObjectiveError> {
    let hours = options.startup.num_seconds() as f64 / 3_600.0;
    let mut pools: Vec<Pool> = in_force(at, rows)?
        .into_values()
        .map(|row| Pool {
            name: row.pool.clone(),
            price_per_hour: row.price_per_hour,
            missing: 1.0 - (1.0 - row.interruption_rate).powf(hours),
        })
        .filter(|pool| pool.price_per_hour < options.on_demand_price_per_hour)
        .filter(|pool| pool.missing < MOST_MISSING)
        .collect();
    pools.sort_by(|a, b| {
        a.price_per_hour.total_cmp(&b.price_per_hour).then(a.missing.total_cmp(&b.missing))
    });
    let mut least_missing = f64::INFINITY;
    pools.retain(|pool| {
        let better = pool.missing < least_missing;
        least_missing = least_missing.min(pool.missing);
        better
    });
    Ok(pools)
}

/// The newest row of every pool up to `at`.
fn in_force(
    at: DateTime<Utc>,
    rows: &[SpotRow],
) -> Result<BTreeMap<&str, &SpotRow>, ObjectiveError> {
    let what = "spot prices";
    let first = rows.iter().map(|row| row.time).min().ok_or(ObjectiveError::Empty { what })?;
    if at < first {
        return Err(ObjectiveError::Unknown { what, from: at, first });
    }
    let mut newest = BTreeMap::<&str, &SpotRow>::new();
    for row in rows.iter().filter(|row| row.time <= at) {
        let known = newest.entry(row.pool.as_str()).or_insert(row);
        if row.time >= known.time {
            *known = row;
        }
    }
    Ok(newest)
}
