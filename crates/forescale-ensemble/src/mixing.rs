//! The mixture: what each member weighs, how good the mixture is, and how its intervals are calibrated.

use chrono::TimeDelta;

use crate::conditions::Condition;
use crate::evidence::{Evidence, Step};
use crate::judgement::{Candidate, Case};
use crate::weights::{self, PULL_FAR, PULL_NEAR, Sample};

/// At most this many steps of a bucket decide its weights; more say little new.
const SAMPLES: usize = 300;

/// The quantiles whose loss decides the weights: 0.1 to 0.9, and the upper tail that headroom is made of.
const SCORED: [f64; 11] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99];

/// The weights before there is evidence, summing to 1 over the usable members.
pub(crate) fn prior(case: &Case, bucket: usize) -> Vec<f64> {
    let near = is_near(case, bucket);
    let members = case.candidates.iter().zip(&case.usable);
    let raw: Vec<f64> = members
        .map(|(candidate, usable)| if *usable { raw(candidate, near) } else { 0.0 })
        .collect();
    let total: f64 = raw.iter().sum();
    if total > 0.0 {
        return raw.iter().map(|weight| weight / total).collect();
    }
    let count = case.usable.iter().filter(|usable| **usable).count() as f64;
    case.usable.iter().map(|usable| f64::from(u8::from(*usable)) / count).collect()
}

/// What weights are fitted from: the members that may have some, what they had before, and how strongly that pulls.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'a> {
    pub usable: &'a [bool],
    pub before: &'a [f64],
    pub pull: f64,
}

impl<'a> Known<'a> {
    /// For `bucket`, before any evidence.
    pub fn prior(case: &'a Case, bucket: usize, prior: &'a [f64]) -> Self {
        Self { usable: &case.usable, before: prior, pull: pull(bucket) }
    }
}

/// How strongly weights hold what they were on a week's evidence.
pub(crate) fn pull(bucket: usize) -> f64 {
    if bucket == 0 { PULL_NEAR } else { PULL_FAR }
}

/// The weights where no evidence is to come, summing to 1 over the usable members.
///
/// A prior says what a member adds to the others, not what it is worth without them. What those weigh that had too
/// little to learn from goes to the yardstick, which repeats the newest day; in the first hour the fallback has half.
pub(crate) fn prior_alone(case: &Case, bucket: usize) -> Vec<f64> {
    let mut weights = prior(case, bucket);
    let usable = |name: &str| {
        let place = case.candidates.iter().position(|candidate| candidate.name == name);
        place.filter(|m| case.usable[*m])
    };
    let Some(yardstick) = usable(case.yardstick) else { return weights };
    let near = is_near(case, bucket);
    let fallback = case.fallback.and_then(usable).filter(|_| near).unwrap_or(yardstick);
    let missing = missing(case, near);
    weights.iter_mut().for_each(|weight| *weight *= 1.0 - missing);
    weights[yardstick] += 0.5 * missing;
    weights[fallback] += 0.5 * missing;
    weights
}

/// The share of all priors that members have which could not be fitted.
fn missing(case: &Case, near: bool) -> f64 {
    let raw = || case.candidates.iter().map(|candidate| raw(candidate, near));
    let total: f64 = raw().sum();
    let unusable = raw().zip(&case.usable).filter(|(_, usable)| !**usable);
    if total > 0.0 { unusable.map(|(weight, _)| weight).sum::<f64>() / total } else { 0.0 }
}

fn raw(candidate: &Candidate, near: bool) -> f64 {
    let (first_hour, beyond) = candidate.prior;
    if near { first_hour.max(0.0) } else { beyond.max(0.0) }
}

fn is_near(case: &Case, bucket: usize) -> bool {
    let hour = case.history.series().frequency().steps_in(TimeDelta::hours(1));
    case.buckets.as_slice()[bucket].to <= hour.max(3)
}

/// The weights of `bucket` on the origins that `wanted` picks.
pub(crate) fn weights(
    evidence: &Evidence,
    bucket: usize,
    known: Known,
    wanted: impl Fn(usize) -> bool,
) -> Vec<f64> {
    let Known { usable, before, pull } = known;
    let quantiles = evidence.quantiles();
    let scored: Vec<usize> = SCORED.iter().filter_map(|p| quantiles.index_of(*p)).collect();
    let tested = |m: &usize| usable[*m] && evidence.has(*m);
    let members: Vec<usize> = (0..before.len()).filter(tested).collect();
    let steps: Vec<Step> =
        evidence.steps().filter(|step| step.bucket == bucket && wanted(step.origin)).collect();
    let thin = steps.len().div_ceil(SAMPLES).max(1);
    let samples: Vec<Sample> = steps
        .iter()
        .step_by(thin)
        .map(|step| Sample {
            actual: step.actual,
            rows: members.iter().map(|m| step.rows[*m]).collect(),
        })
        .collect();
    let share: f64 = members.iter().map(|m| before[*m]).sum();
    let even = 1.0 / members.len() as f64;
    let start: Vec<f64> =
        members.iter().map(|m| if share > 0.0 { before[*m] / share } else { even }).collect();
    let fitted = weights::fit(&samples, quantiles.as_slice(), &scored, &start, pull);
    let mut weights = vec![0.0; before.len()];
    for (m, weight) in members.iter().zip(fitted) {
        weights[*m] = weight;
    }
    weights
}

/// The row that weights make of the members' rows.
fn mix(step: &Step, weights: &[f64], width: usize) -> Vec<f64> {
    let mut row = vec![0.0; width];
    for (member, weight) in step.rows.iter().zip(weights) {
        if *weight > 0.0 {
            row.iter_mut().zip(*member).for_each(|(mixed, value)| *mixed += weight * value);
        }
    }
    row
}

/// The mixture on origins that its weights were not fitted on: each half of the origins with weights from the other.
pub(crate) struct HeldOut {
    /// First origin of the newer half.
    middle: usize,
    /// Weights of each bucket, for the older and for the newer half.
    weights: Vec<[Vec<f64>; 2]>,
    width: usize,
}

impl HeldOut {
    pub fn new(case: &Case, evidence: &Evidence, priors: &[Vec<f64>]) -> Self {
        let mut origins: Vec<usize> = evidence.steps().map(|step| step.origin).collect();
        origins.dedup();
        let middle = origins[origins.len() / 2];
        let halves = |(bucket, prior): (usize, &Vec<f64>)| {
            let from = |newer: bool| {
                let known = Known::prior(case, bucket, prior);
                weights(evidence, bucket, known, |o| (o >= middle) == newer)
            };
            [from(true), from(false)]
        };
        let weights = priors.iter().enumerate().map(halves).collect();
        Self { middle, weights, width: evidence.quantiles().len() }
    }

    /// The quantiles of a step.
    pub fn row(&self, step: &Step) -> Vec<f64> {
        let half = usize::from(step.origin >= self.middle);
        mix(step, &self.weights[step.bucket][half], self.width)
    }
}

/// All weight on one member.
pub(crate) fn only(member: usize, count: usize) -> Vec<f64> {
    (0..count).map(|m| f64::from(u8::from(m == member))).collect()
}

/// A row of the mixture, with what came and when in its day that was.
pub(crate) struct Mixed {
    pub actual: f64,
    pub row: Vec<f64>,
    pub condition: Condition,
}

/// What the mixture by `weights` forecast in `bucket`.
pub(crate) fn rows(evidence: &Evidence, bucket: usize, weights: &[f64]) -> Vec<Mixed> {
    let quantiles = evidence.quantiles();
    let steps = evidence.steps().filter(|step| step.bucket == bucket);
    let mixed = |step: Step| {
        let row = mix(&step, weights, quantiles.len());
        let condition = evidence.condition(&step, row[quantiles.median_index()]);
        Mixed { actual: step.actual, row, condition }
    };
    steps.map(mixed).collect()
}
