//! What an ensemble says about itself.

use forescale_backtest::{Bucket, Scorer, Scores};
use forescale_core::Quantiles;
use forescale_core::metrics::{mean, seasonal_scale};
use serde::{Deserialize, Serialize};

use crate::evidence::Evidence;
use crate::judgement::Case;

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
    /// What carries the forecast: `ensemble` or a predictor, or several where horizons differ.
    pub carried_by: String,
    /// Why, in words.
    pub reason: String,
    /// Each range of horizons; empty without a backtest.
    pub buckets: Vec<BucketGate>,
}

/// The gate of one range of horizons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BucketGate {
    /// The horizons in steps.
    pub bucket: Bucket,
    /// Whether the ensemble beat the yardstick there.
    pub passed: bool,
    /// What carries the forecast there.
    pub carried_by: String,
    /// The ensemble's WQL on origins its weights were not fitted on.
    pub wql: Option<f64>,
    /// The yardstick's WQL.
    pub yardstick_wql: Option<f64>,
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

/// What was tested, and the scores of the mixture by bucket.
pub(crate) struct Tested<'a> {
    pub evidence: &'a Evidence,
    pub held_out: &'a [Scorer],
}

/// Puts the report together.
pub(crate) fn report(
    case: &Case,
    tested: Option<Tested>,
    weights: &[Vec<f64>],
    gate: Gate,
) -> EnsembleReport {
    let scale = scale(case);
    let ranges = case.buckets.as_slice();
    let evidence = tested.as_ref().map(|tested| tested.evidence);
    let members = case.candidates.iter().enumerate().map(|(m, candidate)| {
        let scorers = evidence.map(|evidence| member_scores(evidence, m)).unwrap_or_default();
        MemberReport {
            name: candidate.name.to_owned(),
            weights: weights.iter().map(|bucket| bucket[m]).collect(),
            scores: bucket_scores(&scorers, ranges, scale),
            overall: overall(&scorers, scale),
            left_out: candidate.left_out.clone(),
        }
    });
    let held_out = tested.as_ref().map_or(&[][..], |tested| tested.held_out);
    EnsembleReport {
        buckets: ranges.to_vec(),
        members: members.collect(),
        ensemble: bucket_scores(held_out, ranges, scale),
        overall: overall(held_out, scale),
        yardstick: case.yardstick.to_owned(),
        origins: evidence.map_or(0, Evidence::origins),
        gate,
        degraded: case.degraded.clone(),
    }
}

/// The scale of MASE: the error of repeating the last day; where every day is the same, the mean load.
fn scale(case: &Case) -> f64 {
    let series = case.history.series();
    let load = mean(series.present().map(f64::abs)).unwrap_or(1.0).max(1e-9);
    seasonal_scale(series.values(), series.frequency().steps_per_day())
        .filter(|scale| *scale > 1e-9 * load)
        .unwrap_or(load)
}

/// Scores of a member by bucket; empty for one without forecasts.
pub(crate) fn member_scores(evidence: &Evidence, member: usize) -> Vec<Scorer> {
    if !evidence.has(member) {
        return Vec::new();
    }
    evidence.score(|step| step.rows[member].to_vec())
}

/// Scores over all buckets.
pub(crate) fn overall(scorers: &[Scorer], scale: f64) -> Option<Scores> {
    let mut all = Scorer::new(&Quantiles::standard());
    scorers.iter().for_each(|scorer| all.merge(scorer));
    all.scores(scale)
}

fn bucket_scores(scorers: &[Scorer], buckets: &[Bucket], scale: f64) -> Vec<BucketScores> {
    let scored = scorers.iter().zip(buckets);
    scored
        .filter_map(|(scorer, bucket)| {
            scorer.scores(scale).map(|scores| BucketScores { bucket: *bucket, scores })
        })
        .collect()
}
