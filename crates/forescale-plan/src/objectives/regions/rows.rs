//! Regions, and the rows that describe them.

use std::collections::BTreeMap;

use crate::objectives::error::{ObjectiveError, not_negative};

/// A region, as seen from an origin or from all of them.
#[derive(Debug, Clone, PartialEq)]
pub struct RegionRow {
    region: String,
    origin: Option<String>,
    max_instances: u32,
    price_per_instance_hour: f64,
    grams_per_kwh: f64,
    latency_ms: f64,
}

impl RegionRow {
    /// A row; without an `origin` its latency holds for all that have no row of their own.
    ///
    /// # Errors
    /// [`ObjectiveError::OutOfRange`] for a negative price, intensity or latency.
    pub fn new(
        region: &str,
        origin: Option<&str>,
        max_instances: u32,
        price_per_instance_hour: f64,
        grams_per_kwh: f64,
        latency_ms: f64,
    ) -> Result<Self, ObjectiveError> {
        Ok(Self {
            region: region.to_owned(),
            origin: origin.map(str::to_owned),
            max_instances,
            price_per_instance_hour: not_negative("a region's price", price_per_instance_hour)?,
            grams_per_kwh: not_negative("a region's grid intensity", grams_per_kwh)?,
            latency_ms: not_negative("a latency", latency_ms)?,
        })
    }
}

impl RegionRow {
    /// The origin whose latency it tells; none for all that have no row of their own.
    pub fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }
}

/// A region with its latencies.
#[derive(Debug, Clone, PartialEq)]
pub struct Region {
    row: RegionRow,
    latency_ms: BTreeMap<Option<String>, f64>,
}

impl Region {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.row.region
    }

    /// Most instances.
    pub fn max(&self) -> u32 {
        self.row.max_instances
    }

    /// Price of an instance.
    pub fn price_per_instance_hour(&self) -> f64 {
        self.row.price_per_instance_hour
    }

    /// Emissions of its grid, in grams of CO2 for a kilowatt-hour.
    pub fn grams_per_kwh(&self) -> f64 {
        self.row.grams_per_kwh
    }

    /// Latency from `origin`, in milliseconds; none when no row tells it.
    pub fn latency_ms(&self, origin: &str) -> Option<f64> {
        let own = self.latency_ms.get(&Some(origin.to_owned()));
        own.or_else(|| self.latency_ms.get(&None)).copied()
    }
}

/// Puts the rows of each region together, in the order of their first rows.
///
/// # Errors
/// [`ObjectiveError::Contradiction`] when rows of a region differ in more than the latency from different origins.
pub fn regions(rows: &[RegionRow]) -> Result<Vec<Region>, ObjectiveError> {
    let mut regions = Vec::<Region>::new();
    for row in rows {
        let known = regions.iter_mut().find(|region| region.row.region == row.region);
        let Some(region) = known else {
            let latency_ms = BTreeMap::from([(row.origin.clone(), row.latency_ms)]);
            regions.push(Region { row: row.clone(), latency_ms });
            continue;
        };
        same(region, row)?;
        if let Some(first) = region.latency_ms.insert(row.origin.clone(), row.latency_ms) {
            agree("the latency from one origin", row, first, row.latency_ms)?;
        }
    }
    Ok(regions)
}

/// Checks what every row of a region repeats.
fn same(region: &Region, row: &RegionRow) -> Result<(), ObjectiveError> {
    let (known, max) = (&region.row, f64::from(row.max_instances));
    agree("the most instances", row, f64::from(known.max_instances), max)?;
    agree("the price", row, known.price_per_instance_hour, row.price_per_instance_hour)?;
    agree("the grid intensity", row, known.grams_per_kwh, row.grams_per_kwh)
}

fn agree(
    what: &'static str,
    row: &RegionRow,
    first: f64,
    other: f64,
) -> Result<(), ObjectiveError> {
    if first == other {
        return Ok(());
    }
    Err(ObjectiveError::Contradiction { what, name: row.region.clone(), first, other })
}
