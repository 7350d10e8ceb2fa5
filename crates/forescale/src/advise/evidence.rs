//! What a policy cost and missed, on the time it was chosen on and on the rest.

use std::collections::BTreeMap;
use std::ops::Range;

use forescale_replay::{Outcome, World};
use serde::Serialize;

/// A policy with settings, and what it would have done.
#[derive(Debug, Clone, Serialize)]
pub struct Evidence {
    /// The policy with its settings, as it may be named.
    pub policy: String,
    /// What it acts on.
    pub strategy: String,
    /// Every setting.
    pub settings: BTreeMap<&'static str, String>,
    /// On the time that settings were chosen on.
    pub chosen_on: Numbers,
    /// On the time after it.
    pub judged: Numbers,
}

/// What a policy cost and missed over a time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Numbers {
    /// Share of the time with too few instances, 0 to 1.
    #[serde(rename = "under_provisioned_time")]
    pub too_few: f64,
    /// Instance-hours billed.
    pub instance_hours: f64,
    /// Instance-hours over the fewest that carry all load.
    #[serde(rename = "cost_over_clairvoyant")]
    pub over_optimum: f64,
    /// Changes of the number of instances a day.
    #[serde(rename = "actions_per_day")]
    pub changes_per_day: f64,
}

impl Evidence {
    /// The name of the policy.
    pub fn name(&self) -> &str {
        self.policy.split(':').next().unwrap_or_default()
    }
}

/// The two windows of the scored time, and what a clairvoyant is billed in them.
pub(super) struct Judge<'a> {
    world: &'a World,
    split: usize,
    optimum: Vec<u32>,
}

impl<'a> Judge<'a> {
    pub fn new(world: &'a World, chosen_on: f64) -> Self {
        let (from, all) = (world.score_from(), world.trace().loads().len());
        let split = from + ((all - from) as f64 * chosen_on) as usize;
        let optimum = world.clairvoyant(None).billed(world.service().startup_steps);
        Self { world, split: split.min(all.saturating_sub(1)), optimum }
    }

    /// The first step of the second window.
    pub fn split(&self) -> usize {
        self.split
    }

    pub fn evidence(&self, text: &str, outcome: &Outcome) -> Evidence {
        let all = self.world.trace().loads().len();
        Evidence {
            policy: text.to_owned(),
            strategy: outcome.strategy.to_string(),
            settings: outcome.settings.clone(),
            chosen_on: self.numbers(outcome, self.world.score_from()..self.split),
            judged: self.numbers(outcome, self.split..all),
        }
    }

    fn numbers(&self, outcome: &Outcome, steps: Range<usize>) -> Numbers {
        let (world, run) = (self.world, &outcome.run);
        let scored = || steps.clone().filter(|k| world.trace().scored()[*k]);
        let count = scored().count().max(1) as f64;
        let missed = scored().filter(|k| run.serving[*k] < world.demand()[*k]).count();
        let billed: f64 = scored().map(|k| run.billed[k]).sum();
        let least: f64 = scored().map(|k| f64::from(self.optimum[k])).sum();
        let actions = run.actions.iter().filter(|action| steps.contains(&action.step)).count();
        let hours = world.service().step.seconds() as f64 / 3_600.0;
        Numbers {
            too_few: missed as f64 / count,
            instance_hours: billed * hours,
            over_optimum: billed / least.max(1.0),
            changes_per_day: actions as f64 / (steps.len() as f64 * hours / 24.0).max(1e-9),
        }
    }
}
