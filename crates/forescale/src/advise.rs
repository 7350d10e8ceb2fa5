//! Which strategy and settings a service should use, by what they would have done on its own history.

mod candidates;
mod evidence;
mod workload;

use chrono::{DateTime, Utc};
use forescale_core::LoadSeries;
use forescale_plan::policies::Policy;
use forescale_replay::{Outcome, ReplayError, ScoreSettings, World};
use serde::Serialize;

use crate::{EngineOptions, create_policy, replay};

use candidates::{Candidate, candidates};
use evidence::Judge;
pub use evidence::{Evidence, Numbers};
pub use workload::{Kind, Workload};

/// The share of the scored time that settings are chosen on; they are judged on the rest.
const CHOSEN_ON: f64 = 0.6;

/// A plainer strategy is taken when it costs at most this many times the cheapest.
const PLAINER_WORTH: f64 = 1.03;

/// What is run today stays unless the advice would have cost less than this share of it.
const WORTH_A_CHANGE: f64 = 0.95;

/// More than this many budgets on the time it was not chosen on, and a strategy is not trusted.
const TRUSTED: f64 = 3.0;

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Use the chosen strategy.
    Use,
    /// What is run today is as good.
    Stay,
    /// No strategy kept the budget on the time that it was not chosen on; the chosen one came nearest.
    NoneKept,
}

/// Advice with its evidence.
#[derive(Debug, Clone, Serialize)]
pub struct Advice {
    /// What to do.
    pub verdict: Verdict,
    /// Why, in one sentence.
    pub reason: String,
    /// What the load is like.
    pub workload: Workload,
    /// The strategy to use; with [`Verdict::Stay`] the best alternative.
    pub chosen: Evidence,
    /// What is run today, if it was named.
    pub today: Option<Evidence>,
    /// Settings were chosen on the time before this moment, and judged from it on.
    pub judged_from: DateTime<Utc>,
    /// Everything that was tried, the best of each policy first.
    pub tried: Vec<Evidence>,
}

/// Advises for the service of `world`, whose load is `series`.
///
/// Every policy is replayed with several settings. The best is chosen on the first 60 % of the scored time and judged on
/// the rest, which had no say; a plainer strategy is preferred where it costs at most 3 % more. `today` is what is run
/// now, as [`create_policy`] takes it: it stays where the advice would not have saved 5 %. `done` is called with the
/// number of policies for each outcome, from any thread.
///
/// # Errors
/// [`ReplayError::Policy`] when `today` is no policy, or does not fit this history.
pub fn advise(
    series: &LoadSeries,
    world: &World,
    today: Option<&str>,
    budget: f64,
    options: &EngineOptions,
    done: impl Fn(usize) + Sync,
) -> Result<Advice, ReplayError> {
    let mut tried = candidates(budget);
    if let Some(today) = today {
        tried.push(Candidate { text: today.to_owned(), rank: 0 });
    }
    let create = |candidate: &Candidate| create_policy(&candidate.text, budget);
    let policies: Vec<Box<dyn Policy>> =
        tried.iter().map(create).collect::<Result<_, _>>().map_err(ReplayError::Policy)?;
    let count = policies.len();
    let score = ScoreSettings::default();
    let outcomes = replay(series, world, policies, options, &score, |_| done(count))?;
    let judge = Judge::new(world, CHOSEN_ON);
    let mut all: Vec<(Evidence, u32)> = tried
        .iter()
        .zip(&outcomes)
        .map(|(candidate, outcome): (&Candidate, &Outcome)| {
            (judge.evidence(&candidate.text, outcome), candidate.rank)
        })
        .collect();
    let today = today.and_then(|_| all.pop()).map(|(evidence, _)| evidence);
    let chosen = choose(&all, budget).clone();
    let (verdict, reason) = verdict(&chosen, today.as_ref(), budget);
    Ok(Advice {
        verdict,
        reason,
        workload: Workload::of(world),
        chosen,
        today,
        judged_from: world.service().time_at(judge.split()),
        tried: best_of_each(all, budget),
    })
}

/// The plainest that kept the budget at nearly the least cost; where none kept it, the one that came nearest.
fn choose(all: &[(Evidence, u32)], budget: f64) -> &Evidence {
    let kept = || all.iter().filter(|(evidence, _)| evidence.chosen_on.too_few <= budget);
    let cost = |evidence: &Evidence| evidence.chosen_on.instance_hours;
    let least = kept().map(|(evidence, _)| cost(evidence)).min_by(f64::total_cmp);
    let plainest = least.and_then(|least| {
        kept()
            .filter(|(evidence, _)| cost(evidence) <= PLAINER_WORTH * least)
            .min_by(|a, b| a.1.cmp(&b.1).then(cost(&a.0).total_cmp(&cost(&b.0))))
    });
    let safest = || all.iter().min_by(|a, b| by_safety(&a.0.chosen_on, &b.0.chosen_on));
    &plainest.or_else(safest).expect("there are candidates").0
}

fn by_safety(a: &Numbers, b: &Numbers) -> std::cmp::Ordering {
    a.too_few.total_cmp(&b.too_few).then(a.instance_hours.total_cmp(&b.instance_hours))
}

fn verdict(chosen: &Evidence, today: Option<&Evidence>, budget: f64) -> (Verdict, String) {
    let share = |numbers: &Numbers| format!("{:.2} %", numbers.too_few * 100.0);
    let cost = |numbers: &Numbers| numbers.instance_hours;
    let trusted = chosen.judged.too_few <= TRUSTED * budget;
    if let Some(today) = today {
        let saved = 1.0 - cost(&chosen.judged) / cost(&today.judged).max(1e-9);
        let safe = today.judged.too_few <= budget.max(chosen.judged.too_few);
        if safe && (1.0 - saved >= WORTH_A_CHANGE || !trusted) {
            let reason = format!(
                "{} would have cost {:.0} % {} with too few instances for {} of the time, against {}: not worth a change",
                chosen.policy,
                saved.abs() * 100.0,
                if saved >= 0.0 { "less" } else { "more" },
                share(&chosen.judged),
                share(&today.judged),
            );
            return (Verdict::Stay, reason);
        }
        let reason = format!(
            "it would have cost {:.0} % {} than {}, with too few instances for {} of the time, against {}",
            saved.abs() * 100.0,
            if saved >= 0.0 { "less" } else { "more" },
            today.policy,
            share(&chosen.judged),
            share(&today.judged),
        );
        return (if trusted { Verdict::Use } else { Verdict::NoneKept }, reason);
    }
    let reason = format!(
        "on the time it was not chosen on it cost {:.2} of the least that carries all load, with too few instances for {} of it",
        chosen.judged.over_optimum,
        share(&chosen.judged),
    );
    (if trusted { Verdict::Use } else { Verdict::NoneKept }, reason)
}

/// The best settings of each policy, by the same rule, the cheapest that kept the budget first.
fn best_of_each(all: Vec<(Evidence, u32)>, budget: f64) -> Vec<Evidence> {
    let mut names: Vec<&str> = all.iter().map(|(evidence, _)| evidence.name()).collect();
    names.dedup();
    let best = |name: &&str| {
        let own: Vec<(Evidence, u32)> =
            all.iter().filter(|(evidence, _)| evidence.name() == *name).cloned().collect();
        choose(&own, budget).clone()
    };
    let mut best: Vec<Evidence> = names.iter().map(best).collect();
    best.sort_by(|a, b| {
        let kept = |evidence: &Evidence| evidence.judged.too_few <= budget;
        kept(b).cmp(&kept(a)).then_with(|| match kept(a) && kept(b) {
            true => a.judged.instance_hours.total_cmp(&b.judged.instance_hours),
            false => by_safety(&a.judged, &b.judged),
        })
    });
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(policy: &str, too_few: f64, hours: f64) -> Evidence {
        let numbers =
            Numbers { too_few, instance_hours: hours, over_optimum: 1.0, changes_per_day: 0.0 };
        Evidence {
            policy: policy.to_owned(),
            strategy: "reactive".to_owned(),
            settings: Default::default(),
            chosen_on: numbers,
            judged: numbers,
        }
    }

    #[test]
    fn a_plainer_strategy_is_taken_when_it_costs_hardly_more() {
        let all = [(evidence("forescale", 0.0, 100.0), 4), (evidence("hpa", 0.0, 102.0), 2)];
        assert_eq!(choose(&all, 0.01).policy, "hpa");
        let all = [(evidence("forescale", 0.0, 100.0), 4), (evidence("hpa", 0.0, 110.0), 2)];
        assert_eq!(choose(&all, 0.01).policy, "forescale");
    }

    #[test]
    fn where_none_kept_the_budget_the_safest_is_chosen() {
        let all = [(evidence("a", 0.3, 1.0), 0), (evidence("b", 0.1, 9.0), 1)];
        assert_eq!(choose(&all, 0.01).policy, "b");
        assert_eq!(verdict(&all[1].0, None, 0.01).0, Verdict::NoneKept);
    }

    #[test]
    fn what_is_run_today_stays_where_the_advice_saves_little() {
        let (today, near) = (evidence("hpa", 0.0, 100.0), evidence("forescale", 0.0, 97.0));
        assert_eq!(verdict(&near, Some(&today), 0.01).0, Verdict::Stay);
        let cheap = evidence("forescale", 0.0, 60.0);
        let (verdict_, reason) = verdict(&cheap, Some(&today), 0.01);
        assert_eq!(verdict_, Verdict::Use);
        assert!(reason.contains("40 % less than hpa"), "{reason}");
    }

    #[test]
    fn what_breaks_today_does_not_stay_because_it_is_cheap() {
        let (today, safe) = (evidence("hpa", 0.2, 100.0), evidence("forescale", 0.0, 120.0));
        assert_eq!(verdict(&safe, Some(&today), 0.01).0, Verdict::Use);
    }
}
