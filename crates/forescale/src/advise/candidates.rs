//! What advice may be: every policy worth running, with several settings.

use crate::{Policy, create_policy, policies};

/// A policy with settings, and how plain it is to run: 0 for a fixed number.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub text: String,
    pub rank: u32,
}

/// Utilizations that reactive policies may aim at.
const TARGETS: [f64; 7] = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];

/// Shares of the budget that planners may keep to.
const SHARES: [f64; 3] = [0.25, 0.5, 1.0];

/// Every candidate, for a share of time in which instances may be too few.
pub(super) fn candidates(budget: f64) -> Vec<Candidate> {
    let one = |text: &str, rank| Candidate { text: text.to_owned(), rank };
    let aimed = |name: &'static str, rank| {
        TARGETS.map(|target| Candidate { text: format!("{name}:target={target}"), rank })
    };
    let kept = |name: &'static str, rank| {
        SHARES.map(|share| {
            let budget = (share * budget).min(1.0);
            Candidate { text: format!("{name}:budget={budget}"), rank }
        })
    };
    let mut all = vec![one("static", 0), one("scheduled", 1), one("cron", 1)];
    all.extend(aimed("hpa", 2));
    all.extend(aimed("target-tracking", 2));
    all.extend([one("step-scaling", 2), one("keda", 2)]);
    all.extend(aimed("kpa", 3));
    all.extend(aimed("aws-predictive", 3));
    all.extend(kept("forescale", 4));
    all.extend(kept("forescale-auto", 5));
    let tuned =
        |name: &str| all.iter().any(|candidate| candidate.text.split(':').next() == Some(name));
    let others =
        policies().iter().map(|row| row.name).filter(|name| !tuned(name) && fits(name, budget));
    let others: Vec<Candidate> = others.map(|name| one(name, 4)).collect();
    all.extend(others);
    all
}

/// Policies that are for more than a load and a fleet: `regions` needs prices of regions, `scenarios` weighs paths of the
/// whole ensemble at every step, which takes longer than all others together.
const SPECIAL: [&str; 2] = ["regions", "scenarios"];

/// Whether a policy answers for the load as it came with instances that stay: whether work may wait or instances may be
/// taken away, a history does not say.
fn fits(name: &str, budget: f64) -> bool {
    let alone = |policy: Box<dyn Policy>| !policy.moves_load() && !policy.is_interruptible();
    !SPECIAL.contains(&name) && create_policy(name, budget).is_ok_and(alone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_policy_is_tried_but_those_that_need_more_than_a_history() {
        let tried: Vec<String> =
            candidates(0.001).into_iter().map(|candidate| candidate.text).collect();
        let is_tried = |name: &str| tried.iter().any(|text| text.split(':').next() == Some(name));
        let mut left_out: Vec<&str> =
            policies().iter().map(|row| row.name).filter(|name| !is_tried(name)).collect();
        left_out.sort_unstable();
        assert_eq!(left_out, ["carbon", "regions", "scenarios", "spot"]);
    }

    #[test]
    fn every_candidate_is_a_policy() {
        for candidate in candidates(0.001) {
            let made = crate::create_policy(&candidate.text, 0.001);
            assert!(made.is_ok(), "{}: {made:?}", candidate.text);
        }
    }
}
