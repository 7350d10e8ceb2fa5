//! Many predictors as one: weighted by what they did on the user's own history, calibrated, and held back where
//! they do not help.

mod bounds;
mod calibration;
mod ensemble;
mod evidence;
mod fitted;
mod gate;
mod guarded;
mod judgement;
mod mixing;
mod report;
mod weights;

pub use ensemble::{Ensemble, Member, Progress};
pub use fitted::{CorruptEnsemble, FittedEnsemble, LoadMember, Predicted};
pub use report::{BucketGate, BucketScores, EnsembleReport, Gate, MemberReport};
