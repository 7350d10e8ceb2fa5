//! Regions: demand goes where instances cost least, carbon included, among those that are near enough.

mod flow;
mod rows;
mod search;

use std::fmt::{Display, Formatter};

use chrono::{DateTime, Utc};
use forescale_core::Replicas;

use super::error::{ObjectiveError, not_negative};
use crate::capacity::Capacity;
use crate::reason::trimmed;

pub use rows::{Region, RegionRow, regions};
use search::Split;

/// Where load comes from: one load a step.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin {
    /// Its name in the rows of the regions.
    pub name: String,
    /// Load to carry at every step, a quantile of its forecast say, in the unit of the capacity.
    pub loads: Vec<f64>,
}

/// What regions are weighed with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RegionOptions {
    /// Longest latency from an origin to a region that serves it, in milliseconds.
    pub latency_limit_ms: f64,
    /// Power of one instance, in watts.
    pub watts: f64,
    /// Price of a kilogram of CO2, in the currency of the instances; 0 leaves carbon out.
    pub price_per_kg: f64,
}

/// Load that an origin sends to a region.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// From.
    pub origin: String,
    /// To.
    pub region: String,
    /// In the unit of the capacity.
    pub load: f64,
}

/// The instances of every region at a step.
#[derive(Debug, Clone, PartialEq)]
pub struct RegionsStep {
    /// When the step begins.
    pub at: DateTime<Utc>,
    /// Instances of every region, in the order given.
    pub instances: Vec<Replicas>,
    /// Where the load goes.
    pub sent: Vec<Sent>,
    /// Price of the instances, without that of the carbon.
    pub cost_per_hour: f64,
    /// Emissions, in grams of CO2.
    pub grams_per_hour: f64,
    /// Why.
    pub reason: RegionsReason,
}

/// Why the regions carry what they carry. It renders to one plain sentence.
#[derive(Debug, Clone, PartialEq)]
pub struct RegionsReason {
    /// Regions with instances: name, instances, price of one with its carbon.
    used: Vec<(String, u32, f64)>,
    /// Those of them that have no more.
    full: Vec<String>,
    /// Cheaper ones that are too far from some origin.
    far: Vec<String>,
    latency_limit_ms: f64,
}

impl Display for RegionsReason {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let used: Vec<String> = self
            .used
            .iter()
            .map(|(name, count, price)| format!("{count} in {name} at {} each", trimmed(*price, 4)))
            .collect();
        let used = if used.is_empty() { "no load".to_owned() } else { used.join(", ") };
        write!(f, "{used}: the cheapest an hour, carbon included")?;
        if !self.full.is_empty() {
            write!(f, "; {} has no more", self.full.join(", "))?;
        }
        if !self.far.is_empty() {
            let limit = trimmed(self.latency_limit_ms, 1);
            write!(f, "; {} is cheaper but beyond {limit} ms for some", self.far.join(", "))?;
        }
        Ok(())
    }
}

/// Splits the load of every step over the regions at least cost.
///
/// Each region carries what `capacity` says of its instances, at most its maximum, and serves only origins within the
/// latency limit; load may be divided. What is minimised is the price of the instances and that of the carbon they
/// emit, at every step for itself. Exact in whole instances: branch and bound with the bound of Lagrange, which may
/// give up after two million cases at a step; up to about six regions and ten origins it does not.
///
/// # Errors
/// [`ObjectiveError::Regions`] when some origins need more than their regions have, [`ObjectiveError::TooLarge`] when
/// there are too many cases or more than ten origins, [`ObjectiveError::OutOfRange`] for numbers out of range,
/// [`ObjectiveError::Empty`] without regions.
///
/// ```
/// use forescale_core::{Replicas, Utilization};
/// use forescale_plan::Capacity;
/// use forescale_plan::objectives::{Origin, RegionOptions, RegionRow, regions, split_over_regions};
///
/// // Four instances in the north, dearer ones in the south.
/// let rows = [
///     RegionRow::new("north", None, 4, 0.08, 40.0, 30.0)?,
///     RegionRow::new("south", None, 9, 0.10, 200.0, 20.0)?,
/// ];
/// let options = RegionOptions { latency_limit_ms: 50.0, watts: 200.0, price_per_kg: 0.1 };
/// let capacity = Capacity::utilization(10.0, Utilization::new(0.8)?)?;
/// let load = Origin { name: "users".into(), loads: vec![48.0] };
/// let ten = "2026-01-05T10:00:00Z".parse()?;
/// let steps = split_over_regions(&[ten], &[load], &regions(&rows)?, &capacity, &options)?;
/// assert_eq!(steps[0].instances, [Replicas(4), Replicas(2)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Source
/// Capacitated transport with set-up in whole units; Gale, *A theorem on flows in networks*, 1957, for what can be
/// carried. Compared with all splits in `tests/it/regions.rs`.
pub fn split_over_regions(
    times: &[DateTime<Utc>],
    origins: &[Origin],
    regions: &[Region],
    capacity: &Capacity,
    options: &RegionOptions,
) -> Result<Vec<RegionsStep>, ObjectiveError> {
    not_negative("the latency limit", options.latency_limit_ms)?;
    not_negative("the power of an instance", options.watts)?;
    not_negative("the price of carbon", options.price_per_kg)?;
    if regions.is_empty() {
        return Err(ObjectiveError::Empty { what: "regions" });
    }
    let split = Split::new(origins, regions, capacity, options)?;
    let step = |(t, at): (usize, &DateTime<Utc>)| {
        let load = |origin: &Origin| origin.loads.get(t).copied().unwrap_or(0.0);
        let loads: Vec<f64> = origins.iter().map(load).collect();
        for load in &loads {
            not_negative("the load of an origin", *load)?;
        }
        let counts = split.cheapest(*at, &loads)?;
        Ok(described(*at, &split, &loads, &counts))
    };
    times.iter().enumerate().map(step).collect()
}

fn described(at: DateTime<Utc>, split: &Split, loads: &[f64], counts: &[u32]) -> RegionsStep {
    let regions = split.regions;
    let sent = flow::sent(split, loads, counts);
    let used = || regions.iter().enumerate().filter(|(r, _)| counts[*r] > 0);
    let dearest = used().map(|(r, _)| split.weights[r]).fold(0.0, f64::max);
    let full = used().filter(|(r, region)| counts[*r] == region.max());
    let loaded = |i: usize| loads[i] > 0.0;
    let far = (0..regions.len()).filter(|r| {
        let far = (0..loads.len()).any(|i| loaded(i) && split.near[*r] >> i & 1 == 0);
        far && split.weights[*r] < dearest && counts[*r] < regions[*r].max()
    });
    let reason = RegionsReason {
        used: used().map(|(r, g)| (g.name().to_owned(), counts[r], split.weights[r])).collect(),
        full: full.map(|(_, region)| region.name().to_owned()).collect(),
        far: far.map(|r| regions[r].name().to_owned()).collect(),
        latency_limit_ms: split.options.latency_limit_ms,
    };
    let total = |of: &dyn Fn(&Region) -> f64| -> f64 {
        regions.iter().zip(counts).map(|(region, n)| of(region) * f64::from(*n)).sum()
    };
    RegionsStep {
        at,
        instances: counts.iter().map(|count| Replicas(*count)).collect(),
        sent,
        cost_per_hour: total(&|region| region.price_per_instance_hour()),
        grams_per_hour: total(&|region| split.options.watts / 1e3 * region.grams_per_kwh()),
        reason,
    }
}
