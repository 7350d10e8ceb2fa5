//! The skill gate: who carries the forecast in each range of horizons.

use std::ops::Range;

use forescale_backtest::{Bucket, Scorer};
use forescale_core::Frequency;
use forescale_core::time::format_span;

use crate::ensemble::NAME;
use crate::evidence::Evidence;
use crate::fitted::Carrier;
use crate::judgement::Case;
use crate::report::{BucketGate, Gate, member_scores, overall};

/// The ensemble has to lose by this factor before another carries the forecast.
///
/// Its members were fitted up to a week before the origins, the yardstick repeats the newest day: one change of the load
/// makes the one lose by far and says little of the next week. On real traces a gate that turned at 1.1 or 1.3 made
/// forecasts a day ahead 2 to 4 % worse, and up to twice as bad on the few where it turned.
const BEHIND: f64 = 2.0;

/// Within this factor nobody can tell who is better.
const TIE: f64 = 1.1;

/// The next hour, and what is beyond: predictors have models of their own for each, and finer ranges would leave too
/// few forecasts to tell luck from skill.
fn ranges(buckets: usize) -> impl Iterator<Item = Range<usize>> {
    [0..1, 1..buckets].into_iter().filter(|range| !range.is_empty())
}

/// In each range the ensemble where it beats the yardstick or ties with it, else the best member, which at worst is the
/// yardstick itself; one carrier for each bucket.
pub(crate) fn gate(case: &Case, evidence: &Evidence, held_out: &[Scorer]) -> (Vec<Carrier>, Gate) {
    let tested: Vec<usize> =
        (0..case.candidates.len()).filter(|m| case.usable[*m] && evidence.has(*m)).collect();
    let scores: Vec<Vec<Scorer>> = tested.iter().map(|m| member_scores(evidence, *m)).collect();
    let naive = tested.iter().position(|m| case.candidates[*m].name == case.yardstick);
    let buckets = case.buckets.as_slice();
    let (mut carriers, mut gates) = (Vec::new(), Vec::new());
    for range in ranges(buckets.len()) {
        let wql = |scorers: &[Scorer]| overall(&scorers[range.clone()], 1.0).map(|s| s.wql);
        let ensemble = wql(held_out);
        let bar = naive.and_then(|place| wql(&scores[place]));
        let passed = !matches!((ensemble, bar), (Some(own), Some(bar)) if own > BEHIND * bar);
        let best = tested
            .iter()
            .zip(&scores)
            .filter_map(|(m, scores)| wql(scores).map(|wql| (*m, wql)))
            .min_by(|a, b| a.1.total_cmp(&b.1));
        let (carrier, carried_by) = match best {
            Some((m, _)) if !passed => (Carrier::Member(m), case.candidates[m].name),
            _ => (Carrier::Ensemble, NAME),
        };
        carriers.extend(range.clone().map(|_| carrier));
        gates.push(BucketGate {
            bucket: Bucket { from: buckets[range.start].from, to: buckets[range.end - 1].to },
            passed,
            carried_by: carried_by.to_owned(),
            wql: ensemble,
            yardstick_wql: bar,
        });
    }
    (carriers, summary(case, evidence, gates))
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
    let most = buckets.iter().filter_map(|b| Some(b.wql? / b.yardstick_wql?)).fold(0.0, f64::max);
    let verdict = match most {
        most if most < 1.0 => "beats",
        most if most <= TIE => "ties with",
        _ => "is behind, but not far enough to be held back:",
    };
    let reason = if failed.is_empty() {
        format!(
            "the ensemble {verdict} {} on {} rolling origins",
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

/// Where the load never changes there is nothing to beat: the fallback says it best.
pub(crate) fn unchanging(case: &Case, member: usize) -> Gate {
    let name = case.candidates[member].name;
    let reason = format!("the load never changes, so {name} carries the forecast");
    Gate { passed: false, carried_by: name.to_owned(), reason, buckets: Vec::new() }
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
