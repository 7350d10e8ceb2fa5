//! The skill gate: who carries the forecast in each range of horizons.

use forescale_backtest::{Bucket, Scorer};
use forescale_core::Frequency;
use forescale_core::time::format_span;

use crate::ensemble::NAME;
use crate::evidence::Evidence;
use crate::fitted::Carrier;
use crate::judgement::Case;
use crate::report::{BucketGate, Gate, member_scores};

/// In each range of horizons the ensemble where it beats the yardstick, else the best member, which at worst is the
/// yardstick itself.
pub(crate) fn gate(case: &Case, evidence: &Evidence, held_out: &[Scorer]) -> (Vec<Carrier>, Gate) {
    let tested: Vec<usize> =
        (0..case.candidates.len()).filter(|m| case.usable[*m] && evidence.has(*m)).collect();
    let scores: Vec<Vec<Scorer>> = tested.iter().map(|m| member_scores(evidence, *m)).collect();
    let naive = tested.iter().position(|m| case.candidates[*m].name == case.yardstick);
    let (mut carriers, mut buckets) = (Vec::new(), Vec::new());
    for (b, bucket) in case.buckets.as_slice().iter().enumerate() {
        let wql = |scorer: &Scorer| scorer.scores(1.0).map(|scores| scores.wql);
        let ensemble = wql(&held_out[b]);
        let bar = naive.and_then(|place| wql(&scores[place][b]));
        let passed = !matches!((ensemble, bar), (Some(own), Some(bar)) if own > bar);
        let carrier = if passed { Carrier::Ensemble } else { best(&tested, &scores, b) };
        let carried_by = match carrier {
            Carrier::Ensemble => NAME,
            Carrier::Member(m) => case.candidates[m].name,
        };
        carriers.push(carrier);
        buckets.push(BucketGate {
            bucket: *bucket,
            passed,
            carried_by: carried_by.to_owned(),
            wql: ensemble,
            yardstick_wql: bar,
        });
    }
    (carriers, summary(case, evidence, buckets))
}

/// The member with the least loss in bucket `b`.
fn best(tested: &[usize], scores: &[Vec<Scorer>], b: usize) -> Carrier {
    tested
        .iter()
        .zip(scores)
        .filter_map(|(m, scores)| scores[b].scores(1.0).map(|scores| (*m, scores.wql)))
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map_or(Carrier::Ensemble, |(m, _)| Carrier::Member(m))
}

fn summary(case: &Case, evidence: &Evidence, buckets: Vec<BucketGate>) -> Gate {
    let mut carried: Vec<&str> = Vec::new();
    for bucket in &buckets {
        if !carried.contains(&bucket.carried_by.as_str()) {
            carried.push(&bucket.carried_by);
        }
    }
    let carried_by = carried.join(", ");
    let step = case.history.series().frequency();
    let failed: Vec<String> =
        buckets.iter().filter(|bucket| !bucket.passed).map(|bucket| why(bucket, step)).collect();
    let reason = if failed.is_empty() {
        format!(
            "the ensemble is no worse than {} on {} rolling origins",
            case.yardstick,
            evidence.origins()
        )
    } else {
        format!("{} ({})", failed.join("; "), case.yardstick)
    };
    Gate { passed: failed.is_empty(), carried_by, reason, buckets }
}

fn why(gate: &BucketGate, step: Frequency) -> String {
    let (own, bar) = (gate.wql.unwrap_or_default(), gate.yardstick_wql.unwrap_or_default());
    format!(
        "{} the ensemble does not help, so {} carries the forecast: WQL {own:.4} against {bar:.4}",
        range(gate.bucket, step),
        gate.carried_by
    )
}

/// `up to 1h ahead`, `1h to 6h ahead`.
fn range(bucket: Bucket, step: Frequency) -> String {
    let span = |steps: usize| format_span(step.span() * steps as i32);
    if bucket.from == 1 {
        format!("up to {} ahead", span(bucket.to))
    } else {
        format!("{} to {} ahead", span(bucket.from - 1), span(bucket.to))
    }
}

/// Without a backtest: the members that the priors name.
pub(crate) fn untested(case: &Case, priors: &[Vec<f64>]) -> Gate {
    let carried: Vec<&str> = case
        .candidates
        .iter()
        .enumerate()
        .filter(|(m, _)| priors.iter().any(|prior| prior[*m] > 0.0))
        .map(|(_, candidate)| candidate.name)
        .collect();
    let carried_by = if carried.len() == 1 { carried[0] } else { NAME }.to_owned();
    let reason = format!("not tested: the history is too short; {} by default", carried.join(", "));
    Gate { passed: false, carried_by, reason, buckets: Vec::new() }
}
