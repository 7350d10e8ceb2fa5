//! Many predictors as one: weighted by what they did on the user's own history, calibrated, and held back where
//! they do not help.

mod bounds;
mod calibration;
mod calm;
mod conditions;
mod ensemble;
mod evidence;
mod fitted;
mod gate;
mod guarded;
mod judgement;
mod mixing;
mod online;
mod predict;
mod report;
mod spread;
mod weights;

pub use ensemble::{Ensemble, Member, Progress};
pub use fitted::{CorruptEnsemble, FittedEnsemble, LoadMember};
pub use predict::Predicted;
pub use report::{BucketGate, BucketScores, EnsembleReport, Gate, MemberReport};
