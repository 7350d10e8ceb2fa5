//! Scale to zero within a plan: what the forecast says about load, and what an empty fleet makes of it.

use forescale_core::Forecast;

use crate::capacity::Capacity;
use crate::demand::Demand;
use crate::error::PlanError;
use crate::fleet::FleetState;
use crate::objectives::{ScaleToZero, Standby, stand_by as decide};
use crate::options::PlanOptions;
use crate::timeline::Timeline;

/// The share of an instance's load that counts as none: what is left when sums of loads should be 0.
const NO_LOAD: f64 = 1e-9;

/// Decides where the fleet is empty, and takes what is needed away from steps whose cold start is cheaper.
///
/// A price of a violation weighs an empty fleet already, so that nothing is left to decide unless a cold start has a
/// price or a budget of its own.
///
/// # Errors
/// [`PlanError::Fleet`] when the fleet cannot be counted.
pub(crate) fn stand_by(
    demand: &mut Demand,
    forecast: &Forecast,
    capacity: &Capacity,
    fleet: &FleetState,
    options: &PlanOptions,
    timeline: &Timeline,
) -> Result<(), PlanError> {
    let cold = &options.cold_start;
    let idle = cold.idle_load.max(NO_LOAD * capacity.load_per_instance());
    let steps = || (0..timeline.len()).map(|i| timeline.in_forecast(i));
    let load: Vec<f64> = steps().map(|h| 1.0 - forecast.probability_below(h, idle)).collect();
    let expected: Vec<bool> = steps().map(|h| forecast.point(h) > idle).collect();
    if demand.quantile.is_none() && cold.budget.is_none() && cold.price.is_none() {
        return Ok(());
    }
    let uncovered = demand.quantile.map_or(0.0, |quantile| 1.0 - quantile.get());
    let minutes = |span: chrono::TimeDelta| span.num_seconds() as f64 / 60.0;
    let cold_steps = cold.duration.map_or(timeline.lead(), |duration| {
        (minutes(duration) / timeline.step_minutes()).ceil() as usize
    });
    demand.standby = decide(&ScaleToZero {
        load: &load,
        expected: &expected,
        cold_start_steps: cold_steps,
        startup_steps: timeline.lead(),
        budget: cold.budget.unwrap_or(uncovered),
        price_steps: cold.price.map(|price| price / timeline.step_minutes()),
        running: fleet.total()? > 0,
    });
    for (needed, standby) in demand.needed.iter_mut().zip(&mut demand.standby) {
        match standby {
            Standby::ColdStart | Standby::NoLoad => *needed = 0,
            // The objective asks for instances, though the median load does not.
            Standby::KeptWarm if *needed > 0 => *standby = Standby::Serves,
            _ => {}
        }
    }
    Ok(())
}
