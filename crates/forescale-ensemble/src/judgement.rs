//! From what the members did to weights, calibration and the skill gate.

use std::sync::Arc;

use forescale_backtest::Buckets;
use forescale_core::{FittedPredictor, History, Horizon};

use crate::calibration::{Calibration, DRAFT_EXCESS};
use crate::evidence::Evidence;
use crate::fitted::{Carrier, FittedEnsemble};
use crate::mixing::Known;
use crate::report::{EnsembleReport, Tested, report};
use crate::{gate, mixing};

/// A member as it came out of its fit.
pub(crate) struct Candidate {
    pub name: &'static str,
    pub prior: (f64, f64),
    pub fitted: Option<Arc<dyn FittedPredictor>>,
    pub left_out: Option<String>,
}

/// What is judged: the candidates on a history, and which of them may carry weight.
pub(crate) struct Case<'a> {
    pub history: &'a History,
    pub candidates: Vec<Candidate>,
    pub usable: Vec<bool>,
    pub buckets: Buckets,
    pub yardstick: &'a str,
    pub fallback: Option<&'a str>,
    pub degraded: Vec<String>,
}

/// Judges the candidates by the evidence, or by their priors where there is none.
pub(crate) fn judge(
    history: &History,
    candidates: Vec<Candidate>,
    evidence: Option<&Evidence>,
    (yardstick, fallback): (&str, Option<&str>),
    horizon: Horizon,
) -> FittedEnsemble {
    let buckets = Buckets::new(history.series().frequency(), horizon);
    let degraded = degraded(history);
    let usable = usable(&candidates, evidence);
    let case = Case { history, candidates, usable, buckets, yardstick, fallback, degraded };
    if let Some(member) = case.unchanging() {
        return unchanging(case, member);
    }
    match evidence.filter(|evidence| case.any_tested(evidence)) {
        Some(evidence) => tested(case, evidence),
        None => untested(case),
    }
}

/// Members that could be fitted but not tested come in only when no tested one is there.
fn usable(candidates: &[Candidate], evidence: Option<&Evidence>) -> Vec<bool> {
    let fitted = || candidates.iter().map(|candidate| candidate.fitted.is_some());
    let tested = |m: usize| evidence.is_none_or(|evidence| evidence.has(m));
    let usable: Vec<bool> = fitted().enumerate().map(|(m, fitted)| fitted && tested(m)).collect();
    if usable.contains(&true) { usable } else { fitted().collect() }
}

impl Case<'_> {
    /// The fallback, where the load never changes and it could be fitted.
    fn unchanging(&self) -> Option<usize> {
        let mut present = self.history.series().present();
        let first = present.next()?;
        let fallback = self.fallback.filter(|_| present.all(|value| value == first))?;
        let member = self.candidates.iter().position(|candidate| candidate.name == fallback);
        member.filter(|m| self.candidates[*m].fitted.is_some())
    }

    fn any_tested(&self, evidence: &Evidence) -> bool {
        self.usable.iter().enumerate().any(|(m, usable)| *usable && evidence.has(m))
    }

    fn each_bucket(&self, weights: impl Fn(&Self, usize) -> Vec<f64>) -> Vec<Vec<f64>> {
        (0..self.buckets.as_slice().len()).map(|bucket| weights(self, bucket)).collect()
    }

    fn conclude(
        self,
        weights: Vec<Vec<f64>>,
        calibration: Calibration,
        report: EnsembleReport,
    ) -> FittedEnsemble {
        FittedEnsemble::new(self.history, self.candidates, weights, calibration, report)
    }
}

fn unchanging(case: Case, member: usize) -> FittedEnsemble {
    let buckets = case.buckets.as_slice().len();
    let weights = vec![mixing::only(member, case.candidates.len()); buckets];
    let report = report(&case, None, &weights, gate::unchanging(&case, member));
    case.conclude(weights, Calibration::prior(buckets), report)
}

fn untested(mut case: Case) -> FittedEnsemble {
    let reason = "the history is too short for a backtest: weights and intervals are the defaults";
    case.degraded.push(reason.to_owned());
    let priors = case.each_bucket(mixing::prior_alone);
    let gate = gate::untested(&case, &priors);
    let calibration = Calibration::prior(priors.len());
    let report = report(&case, None, &priors, gate);
    case.conclude(priors, calibration, report)
}

fn tested(case: Case, evidence: &Evidence) -> FittedEnsemble {
    let priors = case.each_bucket(mixing::prior);
    let weights: Vec<Vec<f64>> = priors
        .iter()
        .enumerate()
        .map(|(bucket, prior)| {
            mixing::weights(evidence, bucket, Known::prior(&case, bucket, prior), |_| true)
        })
        .collect();
    let mixture = mixing::HeldOut::new(&case, evidence, &priors);
    let held_out = evidence.score(|step| mixture.row(step));
    let (carriers, gate) = gate::gate(&case, evidence, &held_out);
    let carried = weights.into_iter().zip(carriers).map(|(weights, carrier)| match carrier {
        Carrier::Ensemble => weights,
        Carrier::Member(member) => mixing::only(member, weights.len()),
    });
    let weights: Vec<Vec<f64>> = carried.collect();
    let calibration = Calibration::prior(weights.len()).updated(evidence, &weights, DRAFT_EXCESS);
    let report = report(&case, Some(Tested { evidence, held_out: &held_out }), &weights, gate);
    case.conclude(weights, calibration, report)
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
