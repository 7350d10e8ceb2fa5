//! Policies on one history, with everything that they may ask for.

use forescale_core::LoadSeries;
use forescale_plan::policies::Policy;
use forescale_replay::{Outcome, ReplayError, ScoreSettings, World};

use crate::{EngineOptions, foresight};

/// Replays every policy in `world`, whose load is `series`, on all cores; the outcomes come in the order of `policies`.
///
/// What several of them or of their settings ask about the load to come is worked out once, and only when one asks.
/// `options` say how: the predictors to combine and the seed. `done` is called for each outcome as soon as it is there,
/// from any thread.
///
/// # Errors
/// [`ReplayError::Policy`] of the first policy that does not fit this history, [`ReplayError::Rate`] for a price or a
/// wait below 0.
///
/// ```
/// use forescale::*;
///
/// let minute = Frequency::from_seconds(60)?;
/// let load = (0..2_880).map(|k| 50.0 + 40.0 * (k as f64 / 229.0).sin()).collect();
/// let series = LoadSeries::new("2026-01-05T00:00:00Z".parse()?, minute, load)?;
/// let capacity = Capacity::utilization(10.0, Utilization::new(0.8)?)?;
/// let trace = Trace::new(&series, minute)?;
/// let world = World::new(trace, capacity, FleetSettings::default(), Default::default(), 1_440)?;
///
/// let policies = vec![create_policy("forescale", 0.01)?, create_policy("hpa:target=0.5", 0.01)?];
/// let options = EngineOptions::default();
/// let outcomes = replay(&series, &world, policies, &options, &ScoreSettings::default(), |_| ())?;
/// assert!(outcomes[0].scorecard.cost < outcomes[1].scorecard.cost);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn replay(
    series: &LoadSeries,
    world: &World,
    policies: Vec<Box<dyn Policy>>,
    options: &EngineOptions,
    score: &ScoreSettings,
    done: impl Fn(&Outcome) + Sync,
) -> Result<Vec<Outcome>, ReplayError> {
    let foresight = foresight(series, world, options);
    forescale_replay::replay(world, policies, &foresight, score, done)
}
