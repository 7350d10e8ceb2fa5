//! The next decision of a policy, with everything that it may ask for.

use forescale_core::LoadSeries;
use forescale_plan::policies::Policy;
use forescale_replay::{Next, ReplayError, World, next};

use crate::{EngineOptions, foresight};

/// What `policy` asks for at the end of `series`, by the same rule and forecasts by which [`replay`](crate::replay)
/// judges it: what is replayed is what is applied.
///
/// `world` is [`World::at_end`] of the same series; `current` and the errors are those of [`next`].
///
/// ```
/// use forescale::*;
///
/// let minute = Frequency::from_seconds(60)?;
/// let load = (0..2_880).map(|k| 50.0 + 40.0 * (k as f64 / 229.0).sin()).collect();
/// let series = LoadSeries::new("2026-01-05T00:00:00Z".parse()?, minute, load)?;
/// let capacity = Capacity::utilization(10.0, Utilization::new(0.8)?)?;
/// let trace = Trace::new(&series, minute)?;
/// let world = World::at_end(trace, capacity, FleetSettings::default(), Default::default())?;
///
/// let policy = create_policy("forescale:budget=0.01", 0.01)?;
/// let next = decide(&series, &world, policy, &EngineOptions::default(), None)?;
/// assert_eq!(next.at, series.end());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn decide(
    series: &LoadSeries,
    world: &World,
    mut policy: Box<dyn Policy>,
    options: &EngineOptions,
    current: Option<u32>,
) -> Result<Next, ReplayError> {
    let foresight = foresight(series, world, options);
    next(world, policy.as_mut(), &foresight, current)
}
