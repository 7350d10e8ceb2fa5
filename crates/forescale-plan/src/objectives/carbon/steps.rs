//! From a forecast and the grid's intensity to steps with flexible work.

use chrono::{DateTime, Utc};
use forescale_core::{Forecast, Quantile};

use super::CarbonStep;
use crate::capacity::Capacity;
use crate::objectives::error::{ObjectiveError, not_negative, within};

/// Emissions of the grid from a moment on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CarbonRow {
    time: DateTime<Utc>,
    grams_per_kwh: f64,
}

impl CarbonRow {
    /// When it begins to hold.
    pub fn time(&self) -> DateTime<Utc> {
        self.time
    }

    /// A row that holds from `time` until the next one; `grams_per_kwh` is in grams of CO2 for a kilowatt-hour.
    ///
    /// # Errors
    /// [`ObjectiveError::OutOfRange`] for a negative intensity.
    pub fn new(time: DateTime<Utc>, grams_per_kwh: f64) -> Result<Self, ObjectiveError> {
        Ok(Self { time, grams_per_kwh: not_negative("a grid intensity", grams_per_kwh)? })
    }
}

/// How a load divides into what cannot wait and what can.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FlexibleLoad {
    /// Share of the load that can wait, from 0 to 1.
    pub share: f64,
    /// Quantile of the load that cannot wait which has to be carried.
    pub quantile: Quantile,
    /// Fewest instances at every step.
    pub min: u32,
    /// Price of an instance.
    pub price_per_instance_hour: f64,
}

/// The steps of a forecast: instances for the load that cannot wait, at its quantile, and the rest as work.
///
/// Work is the expected flexible load in full instances, rounded so that its sum over the steps is right.
///
/// # Errors
/// [`ObjectiveError::Empty`] or [`ObjectiveError::Unknown`] when the intensity of a step is not known,
/// [`ObjectiveError::OutOfRange`] for a share outside [0, 1].
pub fn carbon_steps(
    forecast: &Forecast,
    capacity: &Capacity,
    load: &FlexibleLoad,
    rows: &[CarbonRow],
) -> Result<Vec<CarbonStep>, ObjectiveError> {
    let share = within("the flexible share", load.share, (0.0, 1.0), "from 0 to 1")?;
    let of_one = capacity.carries(forescale_core::Replicas(1));
    let (mut arisen, mut counted) = (0.0, 0.0);
    let mut steps = Vec::with_capacity(forecast.steps());
    for h in 0..forecast.steps() {
        let at = forecast.time_at(h);
        let inflexible = capacity.needed((1.0 - share) * forecast.quantile(h, load.quantile))?;
        arisen += share * forecast.mean(h).max(0.0) / of_one;
        let units = (arisen - counted - 1e-9).ceil().max(0.0);
        counted += units;
        steps.push(CarbonStep {
            at,
            grams_per_kwh: intensity(at, rows)?,
            price_per_instance_hour: load.price_per_instance_hour,
            inflexible: inflexible.0.max(load.min),
            flexible: units as u32,
        });
    }
    Ok(steps)
}

/// The intensity of the newest row up to `at`.
pub(crate) fn intensity(at: DateTime<Utc>, rows: &[CarbonRow]) -> Result<f64, ObjectiveError> {
    let what = "grid intensity";
    let newest = rows.iter().filter(|row| row.time <= at).max_by_key(|row| row.time);
    if let Some(row) = newest {
        return Ok(row.grams_per_kwh);
    }
    let first = rows.iter().map(|row| row.time).min().ok_or(ObjectiveError::Empty { what })?;
    Err(ObjectiveError::Unknown { what, from: at, first })
}
