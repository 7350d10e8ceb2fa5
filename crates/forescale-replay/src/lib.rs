//! What would a scaling policy have done on this history, what would it have cost, and what would it have broken?
//!
//! A [`World`] is a history, a capacity and a simulated fleet; [`replay`] takes policies through it that see the past
//! only, and scores them against each other and against a clairvoyant.

mod chance;
mod detailed;
mod elasticity;
mod error;
mod fleet;
mod frontier;
mod incidents;
mod next;
mod plain;
mod planned;
mod pool;
mod replay;
mod run;
mod scorecard;
mod settings;
mod shadow;
mod simulate;
mod slo;
mod trace;
mod train_policy;
mod world;

pub use elasticity::Elasticity;
pub use error::ReplayError;
pub use frontier::{Bound, FrontierPoint, frontier};
pub use incidents::Incident;
pub use next::{Next, next};
pub use planned::{PlanKind, Planned};
pub use replay::{Outcome, replay};
pub use run::{Action, Lost, Moved, Run};
pub use scorecard::{ScoreSettings, Scorecard};
pub use settings::{FleetSettings, Health, Hook, Lifecycle, MOST_INSTANCES, OnTimeout, WarmPool};
pub use shadow::Shadow;
pub use simulate::simulate;
pub use slo::SloViolation;
pub use trace::Trace;
pub use train_policy::{CurvePoint, PolicyTraining, TrainedPolicy, train_policy, unseen_worlds};
pub use world::World;
