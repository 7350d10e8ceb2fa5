//! Spot and on-demand instances: the cheapest mix in which too few serve seldom enough.

mod need;
mod pools;
mod search;

use std::fmt::{Display, Formatter};

use chrono::{DateTime, TimeDelta, Utc};
use forescale_core::Replicas;

use super::error::{ObjectiveError, not_negative, share};
use crate::limits::check_span;
use crate::reason::{counted, trimmed};

pub use need::Need;
use pools::{Pool, pools_at};
use search::{Mix, cheapest_mix};

/// What a spot instance costs from a moment on, and how probable its interruption is.
#[derive(Debug, Clone, PartialEq)]
pub struct SpotRow {
    time: DateTime<Utc>,
    price_per_hour: f64,
    interruption_rate: f64,
    pool: String,
}

impl SpotRow {
    /// The pool of rows that name none.
    pub const DEFAULT_POOL: &'static str = "spot";

    /// When it begins to hold.
    pub fn time(&self) -> DateTime<Utc> {
        self.time
    }

    /// The probability that an instance of it is taken away within an hour.
    pub fn interruption_rate(&self) -> f64 {
        self.interruption_rate
    }

    /// The pool it is about.
    pub fn pool(&self) -> &str {
        &self.pool
    }

    /// A row that holds from `time` until the next one of the same pool.
    ///
    /// `interruption_rate` is the probability that an instance is taken away within an hour.
    ///
    /// # Errors
    /// [`ObjectiveError::OutOfRange`] for a negative price, or a rate outside [0, 1).
    pub fn new(
        time: DateTime<Utc>,
        price_per_hour: f64,
        interruption_rate: f64,
        pool: Option<&str>,
    ) -> Result<Self, ObjectiveError> {
        Ok(Self {
            time,
            price_per_hour: not_negative("a spot price", price_per_hour)?,
            interruption_rate: share("an interruption rate", interruption_rate)?,
            pool: pool.unwrap_or(Self::DEFAULT_POOL).to_owned(),
        })
    }
}

/// What a mix is weighed with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpotOptions {
    /// Price of an on-demand instance, in the currency of the spot prices.
    pub on_demand_price_per_hour: f64,
    /// Probability up to which too few instances may serve.
    pub budget: f64,
    /// Time until an interrupted instance is replaced.
    pub startup: TimeDelta,
}

/// The instances of a step.
#[derive(Debug, Clone, PartialEq)]
pub struct SpotStep {
    /// When the step begins.
    pub at: DateTime<Utc>,
    /// Instances that are never taken away.
    pub on_demand: Replicas,
    /// Spot instances of every pool that has some, the cheapest first.
    pub spot: Vec<(String, Replicas)>,
    /// What they cost, in the currency of the prices.
    pub cost_per_hour: f64,
    /// Probability that too few serve.
    pub short: f64,
    /// Why.
    pub reason: SpotReason,
}

/// Why a mix is what it is. It renders to one plain sentence.
#[derive(Debug, Clone, PartialEq)]
pub struct SpotReason {
    on_demand: u32,
    spot: Vec<(String, u32)>,
    short: f64,
    budget: f64,
    cost_per_hour: f64,
    on_demand_cost_per_hour: f64,
}

impl Display for SpotReason {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let percent = |p: f64| trimmed(100.0 * p, 4);
        write!(f, "{} on demand", counted(self.on_demand))?;
        for (pool, count) in &self.spot {
            write!(f, " and {count} of {pool}")?;
        }
        write!(f, ": too few serve in {} % of the time", percent(self.short))?;
        write!(f, ", at most {} % may; ", percent(self.budget))?;
        let (cost, alone) = (trimmed(self.cost_per_hour, 4), self.on_demand_cost_per_hour);
        if self.spot.is_empty() {
            return write!(f, "{cost} an hour, and no spot instances would make it cheaper");
        }
        write!(f, "{cost} an hour instead of {} on demand alone", trimmed(alone, 4))
    }
}

/// The cheapest mix for every step, `needs[i]` being what the step that begins at `times[i]` needs.
///
/// A spot instance that is interrupted is replaced by a new one, which serves after the start-up time. So at any moment
/// it is missing with the probability that it was taken away within that time, `1 - (1 - rate)^startup`, each for itself
/// (a binomial number of every pool). Its place is paid for throughout, by the old instance or the new one. The mix
/// minimises what the places cost an hour while `P(serving < needed)` stays within the budget, exactly: branch and bound
/// over the counts of every pool. Where a pool loses many instances at once, use a smaller budget.
///
/// # Errors
/// [`ObjectiveError::Empty`] without rows, [`ObjectiveError::Unknown`] when a step begins before the first row,
/// [`ObjectiveError::OutOfRange`] for options out of range.
///
/// ```
/// use chrono::TimeDelta;
/// use forescale_core::Replicas;
/// use forescale_plan::objectives::{Need, SpotOptions, SpotRow, spot_mix};
///
/// let ten = "2026-01-05T10:00:00Z".parse()?;
/// let rows = [SpotRow::new(ten, 0.03, 0.05, None)?];
/// let options = SpotOptions {
///     on_demand_price_per_hour: 0.1,
///     budget: 0.001,
///     startup: TimeDelta::minutes(5),
/// };
/// let step = &spot_mix(&[ten], &[Need::known(10)], &rows, &options)?[0];
/// // One more than needed, because each is missing for 0.4 % of the time.
/// assert_eq!((step.on_demand, step.spot[0].1), (Replicas(0), Replicas(11)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Source
/// Binomial availability as in the k-out-of-n model of reliability; compared with all mixes in `tests/it/spot.rs`.
pub fn spot_mix(
    times: &[DateTime<Utc>],
    needs: &[Need],
    rows: &[SpotRow],
    options: &SpotOptions,
) -> Result<Vec<SpotStep>, ObjectiveError> {
    not_negative("the on-demand price", options.on_demand_price_per_hour)?;
    share("the budget", options.budget)?;
    check_span("the start-up time", options.startup)?;
    let step = |(at, need): (&DateTime<Utc>, &Need)| {
        let pools = pools_at(*at, rows, options)?;
        let mix = cheapest_mix(need, &pools, options.on_demand_price_per_hour, options.budget);
        Ok(described(*at, need, &pools, mix, options))
    };
    times.iter().zip(needs).map(step).collect()
}

fn described(
    at: DateTime<Utc>,
    need: &Need,
    pools: &[Pool],
    mix: Mix,
    options: &SpotOptions,
) -> SpotStep {
    let counts = pools.iter().zip(&mix.spot).filter(|(_, count)| **count > 0);
    let spot: Vec<(String, u32)> =
        counts.map(|(pool, count)| (pool.name.clone(), *count)).collect();
    let alone = f64::from(need.at_least(1.0 - options.budget));
    let reason = SpotReason {
        on_demand: mix.on_demand,
        spot: spot.clone(),
        short: mix.short,
        budget: options.budget,
        cost_per_hour: mix.cost_per_hour,
        on_demand_cost_per_hour: alone * options.on_demand_price_per_hour,
    };
    SpotStep {
        at,
        on_demand: Replicas(mix.on_demand),
        spot: spot.into_iter().map(|(pool, count)| (pool, Replicas(count))).collect(),
        cost_per_hour: mix.cost_per_hour,
        short: mix.short,
        reason,
    }
}
