//! How far ahead a scaler has to look.

use chrono::TimeDelta;

use crate::config::Target;
use crate::standing::Standing;

/// The time until an instance that is asked for now serves: the start-up time, at least one step of the forecast.
pub fn lead(target: &Target, standing: &Standing) -> TimeDelta {
    target.fleet.startup.max(standing.forecast.frequency().span())
}
