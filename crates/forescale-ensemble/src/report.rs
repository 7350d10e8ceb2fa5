//! What an ensemble says about itself.

use forescale_backtest::{Bucket, Scores};
use serde::{Deserialize, Serialize};

/// Scores on one range of horizons.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BucketScores {
    /// The horizons in steps.
    pub bucket: Bucket,
    /// The scores.
    pub scores: Scores,
}

/// What a member did on the rolling origins and what it weighs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MemberReport {
    /// The predictor.
    pub name: String,
    /// Its weight in each bucket, 0 to 1.
    pub weights: Vec<f64>,
    /// Its scores by bucket; empty without a backtest.
    pub scores: Vec<BucketScores>,
    /// Over all horizons; none without a backtest.
    pub overall: Option<Scores>,
    /// Why it was left out, if it was.
    pub left_out: Option<String>,
}

/// Whether the ensemble earned the right to carry the forecast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// Whether it beat the yardstick where it was not tuned.
    pub passed: bool,
    /// What carries the forecast: `ensemble` or a predictor.
    pub carried_by: String,
    /// Why, in words.
    pub reason: String,
}

/// What an ensemble learned about its members and itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnsembleReport {
    /// The ranges of horizons.
    pub buckets: Vec<Bucket>,
    /// Every member, in the order of the list, the left-out ones too.
    pub members: Vec<MemberReport>,
    /// The ensemble's own scores by bucket, on origins its weights were not fitted on.
    pub ensemble: Vec<BucketScores>,
    /// The ensemble over all horizons.
    pub overall: Option<Scores>,
    /// The predictor that has to be beaten.
    pub yardstick: String,
    /// Rolling origins behind the scores.
    pub origins: usize,
    /// The skill gate.
    pub gate: Gate,
    /// Why the forecast is less than it could be, if so.
    pub degraded: Vec<String>,
}

impl EnsembleReport {
    /// The member called `name`.
    pub fn member(&self, name: &str) -> Option<&MemberReport> {
        self.members.iter().find(|member| member.name == name)
    }
}
