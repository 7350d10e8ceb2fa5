//! Many policies on one history, side by side.

use std::collections::BTreeMap;

use forescale_core::Foresight;
use forescale_plan::policies::{Policy, Strategy};
use rayon::prelude::*;
use serde::{Serialize, Serializer};

use crate::error::ReplayError;
use crate::run::Run;
use crate::scorecard::{ScoreSettings, Scorecard};
use crate::simulate::simulate;
use crate::world::World;

/// What a policy did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// Its name.
    pub policy: &'static str,
    /// What it acts on.
    #[serde(serialize_with = "by_name")]
    pub strategy: Strategy,
    /// Every setting as text, so that the run can be repeated.
    pub settings: BTreeMap<&'static str, String>,
    /// Its numbers.
    #[serde(flatten)]
    pub scorecard: Scorecard,
    /// What it reached of its own objective, over the scored steps.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub objective: BTreeMap<&'static str, f64>,
    /// What to know of the run, as [`Policy::notes`] has it: to be shown as warnings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What happened step by step.
    #[serde(skip)]
    pub run: Run,
}

fn by_name<S: Serializer>(strategy: &Strategy, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(strategy.name())
}

/// Replays every policy in `world`, on all cores, and gives the outcomes in the order of `policies`.
///
/// `foresight` is shared by all of them; `done` is called for each outcome as soon as it is there, from any thread.
///
/// # Errors
/// [`ReplayError::Policy`] of the first policy that does not fit this history, [`ReplayError::Rate`] for a price or a
/// wait below 0.
///
/// ```
/// use std::sync::Arc;
/// use forescale_core::{Foresight, Frequency, LoadSeries, Utilization};
/// use forescale_plan::Capacity;
/// use forescale_plan::policies::{POLICIES, create};
/// use forescale_replay::{FleetSettings, ScoreSettings, Trace, World, replay};
///
/// let minute = Frequency::from_seconds(60)?;
/// let load = (0..2_880).map(|k| 50.0 + 40.0 * (k as f64 / 229.0).sin()).collect();
/// let series = LoadSeries::new("2026-01-05T00:00:00Z".parse()?, minute, load)?;
/// let capacity = Capacity::utilization(10.0, Utilization::new(0.8)?)?;
/// let trace = Trace::new(&series, minute)?;
/// let world = World::new(trace, capacity, FleetSettings::default(), Arc::default(), 1_440)?;
///
/// let policies = vec![create("static", POLICIES)?, create("reactive:target=0.7", POLICIES)?];
/// let outcomes = replay(&world, policies, &Foresight::default(), &ScoreSettings::default(), |_| ())?;
/// assert_eq!(outcomes[0].scorecard.under_provisioned_time, 0.0);
/// assert!(outcomes[1].scorecard.cost < outcomes[0].scorecard.cost);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn replay(
    world: &World,
    policies: Vec<Box<dyn Policy>>,
    foresight: &Foresight,
    score: &ScoreSettings,
    done: impl Fn(&Outcome) + Sync,
) -> Result<Vec<Outcome>, ReplayError> {
    score.check()?;
    let outcome = |mut policy: Box<dyn Policy>| {
        let run = simulate(world, policy.as_mut(), foresight)?;
        let outcome = Outcome {
            policy: policy.name(),
            strategy: policy.strategy(),
            settings: policy.settings().into_iter().collect(),
            scorecard: Scorecard::new(world, &run, score),
            objective: policy.figures().into_iter().collect(),
            notes: policy.notes(),
            run,
        };
        done(&outcome);
        Ok(outcome)
    };
    policies.into_par_iter().map(outcome).collect()
}
