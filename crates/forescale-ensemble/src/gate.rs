//! The skill gate: who carries the forecast.

use forescale_backtest::Scorer;

use crate::ensemble::NAME;
use crate::evidence::Evidence;
use crate::fitted::Carrier;
use crate::judgement::Case;
use crate::report::{Gate, member_scores, overall};

/// The ensemble where it beats the yardstick, else the best member, which at worst is the yardstick itself.
pub(crate) fn gate(case: &Case, evidence: &Evidence, held_out: &[Scorer]) -> (Carrier, Gate) {
    let tested = |m: &usize| case.usable[*m] && evidence.has(*m);
    let wql = |m: usize| overall(&member_scores(evidence, m), 1.0).map(|scores| scores.wql);
    let yardstick = case.yardstick;
    let naive = case.candidates.iter().position(|candidate| candidate.name == yardstick);
    let bar = naive.filter(tested).and_then(wql);
    let (Some(bar), Some(ensemble)) = (bar, overall(held_out, 1.0)) else {
        let reason = format!("{yardstick} was not tested: there is nothing to compare with");
        return (Carrier::Ensemble, Gate { passed: true, carried_by: NAME.to_owned(), reason });
    };
    let verdict = format!("WQL {:.4} against {bar:.4} of {yardstick}", ensemble.wql);
    if ensemble.wql <= bar {
        let reason = format!("{verdict} on {} rolling origins", evidence.origins());
        return (Carrier::Ensemble, Gate { passed: true, carried_by: NAME.to_owned(), reason });
    }
    let members = (0..case.candidates.len()).filter(tested);
    let best = members
        .filter_map(|m| wql(m).map(|wql| (m, wql)))
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(m, _)| m)
        .expect("the yardstick was tested");
    let name = case.candidates[best].name;
    let reason =
        format!("the ensemble does not help here ({verdict}), so {name} carries the forecast");
    (Carrier::Member(best), Gate { passed: false, carried_by: name.to_owned(), reason })
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
    Gate { passed: false, carried_by, reason }
}
