//! From what the members did to weights, calibration and the skill gate.

use std::sync::Arc;

use forescale_backtest::{Bucket, Buckets, Scorer, Scores};
use forescale_core::metrics::{mean, seasonal_scale};
use forescale_core::{FittedPredictor, Horizon, History, Quantiles};

use crate::calibration::Spread;
use crate::ensemble::NAME;
use crate::evidence::{Evidence, Step};
use crate::fitted::{Carrier, FittedEnsemble};
use crate::report::{BucketScores, EnsembleReport, Gate, MemberReport};
use crate::weights::{self, Sample};

/// At most this many steps of a bucket decide its weights; more say little new.
const SAMPLES: usize = 500;

/// The quantiles whose loss decides the weights: 0.1 to 0.9, and the upper tail that headroom is made of.
const SCORED: [f64; 11] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99];

/// A member as it came out of its fit.
pub(crate) struct Candidate {
    pub name: &'static str,
    pub prior: (f64, f64),
    pub fitted: Option<Arc<dyn FittedPredictor>>,
    pub left_out: Option<String>,
}

/// Judges the candidates by the evidence, or by their priors where there is none.
pub(crate) fn judge(
    history: &History,
    mut candidates: Vec<Candidate>,
    evidence: Option<&Evidence>,
    yardstick: &str,
    horizon: Horizon,
) -> FittedEnsemble {
    let buckets = Buckets::new(history.series().frequency(), horizon);
    let count = buckets.as_slice().len();
    let mut degraded = degraded(history);
    let usable: Vec<bool> = candidates
        .iter()
        .enumerate()
        .map(|(m, c)| c.fitted.is_some() && evidence.is_none_or(|evidence| evidence.has(m)))
        .collect();
    // Members that could be fitted but not tested come in only when no tested one is there.
    let usable = if usable.contains(&true) {
        usable
    } else {
        candidates.iter().map(|candidate| candidate.fitted.is_some()).collect()
    };
    let priors: Vec<Vec<f64>> =
        (0..count).map(|bucket| prior(&candidates, &usable, &buckets, bucket, history)).collect();
    let Some(evidence) = evidence.filter(|e| (0..candidates.len()).any(|m| e.has(m) && usable[m]))
    else {
        degraded.push("the history is too short for a backtest: weights and intervals are the defaults".to_owned());
        let gate = untested(&candidates, &priors);
        let report = report(history, &candidates, None, &priors, Vec::new(), gate, degraded, yardstick, &buckets);
        return FittedEnsemble::new(history, candidates, priors, vec![Spread::AS_IS; count], Carrier::Ensemble, report);
    };

    let weights: Vec<Vec<f64>> =
        (0..count).map(|b| fitted_weights(evidence, b, &priors[b], &usable, |_| true)).collect();
    let held_out = held_out_scores(evidence, &priors, &usable);
    let (carrier, gate) = gate(evidence, &candidates, &usable, &held_out, yardstick);
    let spreads = (0..count).map(|b| spread(evidence, b, &weights[b], carrier)).collect();
    for (m, candidate) in candidates.iter_mut().enumerate() {
        if candidate.left_out.is_some() && usable[m] {
            candidate.left_out = None;
        }
    }
    let report = report(history, &candidates, Some(evidence), &weights, held_out, gate, degraded, yardstick, &buckets);
    FittedEnsemble::new(history, candidates, weights, spreads, carrier, report)
}

/// What the history itself says against a good forecast.
fn degraded(history: &History) -> Vec<String> {
    let series = history.series();
    let mut reasons = Vec::new();
    let first = series.present().next().unwrap_or_default();
    let known = series.len() - series.gaps();
    if series.present().all(|value| value == 0.0) {
        reasons.push(format!("all {known} values are zero: there is no load to learn from"));
    } else if series.present().all(|value| value == first) {
        reasons.push(format!("the load is {first} throughout: there is nothing to learn from"));
    }
    let day = series.frequency().steps_per_day();
    if series.len() < 2 * day {
        let span = forescale_core::time::format_span(series.end() - series.start());
        reasons.push(format!("the history spans {span} only: no day can be compared with another"));
    }
    if series.gaps() * 2 > series.len() {
        let share = 100.0 * series.gaps() as f64 / series.len() as f64;
        reasons.push(format!("{share:.0} % of the history is missing"));
    }
    reasons
}

/// The weights before there is evidence, summing to 1 over the usable members.
fn prior(
    candidates: &[Candidate],
    usable: &[bool],
    buckets: &Buckets,
    bucket: usize,
    history: &History,
) -> Vec<f64> {
    let hour = history.series().frequency().steps_in(chrono::TimeDelta::hours(1));
    let near = buckets.as_slice()[bucket].to <= hour.max(3);
    let of = |candidate: &Candidate| {
        if near { candidate.prior.0 } else { candidate.prior.1 }
    };
    let mut prior: Vec<f64> = candidates
        .iter()
        .zip(usable)
        .map(|(candidate, usable)| if *usable { of(candidate).max(0.0) } else { 0.0 })
        .collect();
    let total: f64 = prior.iter().sum();
    let even = usable.iter().filter(|usable| **usable).count().max(1) as f64;
    for (weight, usable) in prior.iter_mut().zip(usable) {
        *weight = match (total > 0.0, usable) {
            (true, _) => *weight / total,
            (false, true) => 1.0 / even,
            (false, false) => 0.0,
        };
    }
    prior
}

/// The weights of `bucket` on the origins that `wanted` picks.
fn fitted_weights(
    evidence: &Evidence,
    bucket: usize,
    prior: &[f64],
    usable: &[bool],
    wanted: impl Fn(usize) -> bool,
) -> Vec<f64> {
    let levels = evidence.quantiles().as_slice();
    let scored: Vec<usize> =
        SCORED.iter().filter_map(|p| evidence.quantiles().index_of(*p)).collect();
    let members: Vec<usize> =
        (0..prior.len()).filter(|m| usable[*m] && evidence.has(*m)).collect();
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
    let share: f64 = members.iter().map(|m| prior[*m]).sum();
    let start: Vec<f64> = members
        .iter()
        .map(|m| if share > 0.0 { prior[*m] / share } else { 1.0 / members.len() as f64 })
        .collect();
    let fitted = weights::fit(&samples, levels, &scored, &start, evidence.days(bucket));
    let mut weights = vec![0.0; prior.len()];
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

/// Scores of the ensemble by bucket, each half of the origins with weights from the other half.
fn held_out_scores(evidence: &Evidence, priors: &[Vec<f64>], usable: &[bool]) -> Vec<Scorer> {
    let mut origins: Vec<usize> = evidence.steps().map(|step| step.origin).collect();
    origins.dedup();
    let middle = origins[origins.len() / 2];
    let weights: Vec<[Vec<f64>; 2]> = priors
        .iter()
        .enumerate()
        .map(|(bucket, prior)| {
            let from = |newer: bool| {
                fitted_weights(evidence, bucket, prior, usable, |o| (o >= middle) == newer)
            };
            [from(true), from(false)]
        })
        .collect();
    let width = evidence.quantiles().len();
    evidence.score(|step| {
        let other = usize::from(step.origin >= middle);
        Some(mix(step, &weights[step.bucket][other], width))
    })
}

/// Who carries the forecast: the ensemble where it beats the yardstick, else the best member that does, else the
/// yardstick.
fn gate(
    evidence: &Evidence,
    candidates: &[Candidate],
    usable: &[bool],
    held_out: &[Scorer],
    yardstick: &str,
) -> (Carrier, Gate) {
    let member = |m: usize| overall(&member_scores(evidence, m), 1.0).map(|scores| scores.wql);
    let naive = candidates.iter().position(|candidate| candidate.name == yardstick);
    let naive = naive.filter(|m| usable[*m] && evidence.has(*m));
    let (Some(naive), Some(ensemble)) = (naive, overall(held_out, 1.0)) else {
        let reason = format!("{yardstick} could not be tested: nothing to compare with");
        return (Carrier::Ensemble, Gate { passed: true, carried_by: NAME.to_owned(), reason });
    };
    let bar = member(naive).unwrap_or(f64::INFINITY);
    let verdict = |wql: f64| format!("WQL {wql:.4} against {bar:.4} of {yardstick}");
    if ensemble.wql <= bar {
        let reason = format!("{} on rolling origins", verdict(ensemble.wql));
        return (Carrier::Ensemble, Gate { passed: true, carried_by: NAME.to_owned(), reason });
    }
    let best = (0..candidates.len())
        .filter(|m| usable[*m] && evidence.has(*m))
        .filter_map(|m| member(m).map(|wql| (m, wql)))
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map_or(naive, |(m, _)| m);
    let name = candidates[best].name;
    let reason = format!(
        "the ensemble does not help here ({}), so {name} carries the forecast",
        verdict(ensemble.wql)
    );
    (Carrier::Member(best), Gate { passed: false, carried_by: name.to_owned(), reason })
}

fn untested(candidates: &[Candidate], priors: &[Vec<f64>]) -> Gate {
    let carried: Vec<&str> = candidates
        .iter()
        .enumerate()
        .filter(|(m, _)| priors.iter().any(|prior| prior[*m] > 0.0))
        .map(|(_, candidate)| candidate.name)
        .collect();
    let carried_by = if carried.len() == 1 { carried[0].to_owned() } else { NAME.to_owned() };
    let reason = format!("not tested: the history is too short; {} by default", carried.join(", "));
    Gate { passed: false, carried_by, reason }
}

fn spread(evidence: &Evidence, bucket: usize, weights: &[f64], carrier: Carrier) -> Spread {
    let width = evidence.quantiles().len();
    let rows: Vec<(f64, Vec<f64>)> = evidence
        .steps()
        .filter(|step| step.bucket == bucket)
        .map(|step| match carrier {
            Carrier::Ensemble => (step.actual, mix(&step, weights, width)),
            Carrier::Member(m) => (step.actual, step.rows[m].to_vec()),
        })
        .collect();
    let rows: Vec<(f64, &[f64])> = rows.iter().map(|(y, row)| (*y, &row[..])).collect();
    Spread::fit(&rows, evidence.quantiles(), evidence.days(bucket))
}

fn member_scores(evidence: &Evidence, member: usize) -> Vec<Scorer> {
    if !evidence.has(member) {
        return Vec::new();
    }
    evidence.score(|step| Some(step.rows[member].to_vec()))
}

fn overall(scorers: &[Scorer], scale: f64) -> Option<Scores> {
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

#[allow(clippy::too_many_arguments)] // Each is one column of the report.
fn report(
    history: &History,
    candidates: &[Candidate],
    evidence: Option<&Evidence>,
    weights: &[Vec<f64>],
    held_out: Vec<Scorer>,
    gate: Gate,
    degraded: Vec<String>,
    yardstick: &str,
    buckets: &Buckets,
) -> EnsembleReport {
    let series = history.series();
    let day = series.frequency().steps_per_day();
    let scale = seasonal_scale(series.values(), day)
        .or_else(|| mean(series.present().map(f64::abs)))
        .unwrap_or(1.0);
    let ranges = buckets.as_slice();
    let members = candidates.iter().enumerate().map(|(m, candidate)| {
        let scorers = evidence.map(|evidence| member_scores(evidence, m)).unwrap_or_default();
        MemberReport {
            name: candidate.name.to_owned(),
            weights: weights.iter().map(|bucket| bucket[m]).collect(),
            scores: bucket_scores(&scorers, ranges, scale),
            overall: overall(&scorers, scale),
            left_out: candidate.left_out.clone(),
        }
    });
    EnsembleReport {
        buckets: ranges.to_vec(),
        members: members.collect(),
        ensemble: bucket_scores(&held_out, ranges, scale),
        overall: overall(&held_out, scale),
        yardstick: yardstick.to_owned(),
        origins: evidence.map_or(0, Evidence::origins),
        gate,
        degraded,
    }
}
