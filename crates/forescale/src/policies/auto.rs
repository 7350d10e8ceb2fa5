//! Follows the rule that would have been the cheapest of late.

mod rival;

use forescale_plan::key;
use forescale_plan::policies::{
    Cause, Decision, Field, Key, Keys, Observation, Past, PolicyError, Rule, Strategy, several,
};

use rival::{Record, Rival};

/// The name in configuration.
const NAME: &str = "forescale-auto";

/// Shares of the budget that its own planner is tried with.
const SHARES: [f64; 6] = [0.25, 0.5, 0.75, 1.0, 1.5, 2.5];

/// The rules beside it, when nothing is said.
const RULES: &str =
    "reactive+target-tracking(target=0.4)+target-tracking+hpa+keda+aws-predictive+scheduled";

/// What a rule that knows no budget is expected to miss, in shares of the budget.
const NO_PROMISE: f64 = 4.0;

/// A rule is left only for one that would have cost less than this share of it.
const WORTH_IT: f64 = 0.99;

/// Replays a library of rules beside the service and follows the cheapest that kept the budget over the last weeks.
///
/// The library is the planner of `forescale` with several shares of the budget, and the rules of `of`. Each has a fleet of
/// its own that sees the same load, so what it would have cost and missed is known without a guess. Where none kept the
/// budget, the one that came nearest is followed.
#[derive(Debug)]
pub struct ForescaleAuto {
    settings: Settings,
    rivals: Vec<Rival>,
    /// The one that is followed.
    leader: usize,
    /// The next step at which the rules are compared.
    review: usize,
    /// Up to which step the number may not fall below what the one before asked for, and that number.
    held: (usize, u32),
}

/// The budget, the library, and how it is judged.
#[derive(Debug, Clone)]
pub struct Settings {
    budget: f64,
    of: String,
    window: f64,
    review: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { budget: 0.001, of: RULES.to_owned(), window: 14.0 * 86_400.0, review: 3_600.0 }
    }
}

impl Keys for Settings {
    const KEYS: &'static [Key<Self>] = &[
        key!("budget", budget, "share of the time that may be under-provisioned", Share),
        key!("of", of, "rules beside the planner, with + between them", Text),
        key!("window", window, "the time that rules are judged by", Span),
        key!("review", review, "how often they are compared", Span),
    ];
}

impl Rule for ForescaleAuto {
    type Settings = Settings;
    const NAME: &'static str = NAME;
    const STRATEGY: Strategy = Strategy::Proactive;
    const SUMMARY: &'static str =
        "follows the rule that was the cheapest within the budget of late";
    const SOURCE: &'static str =
        "forescale; following the leader of experts (Cesa-Bianchi, Lugosi 2006)";

    fn new(settings: Settings) -> Result<Self, PolicyError> {
        let planner = SHARES.iter().map(|share| {
            let budget = (share * settings.budget).min(1.0);
            (format!("forescale:budget={budget}"), *share)
        });
        let others = several(&settings.of)?.into_iter().map(|text| (text, NO_PROMISE));
        let rival = |(text, promise): (String, f64)| match text.split(':').next() {
            Some(NAME) => Err(PolicyError::Value {
                policy: NAME,
                key: "of",
                expected: "other policies than itself".to_owned(),
                value: settings.of.clone(),
            }),
            _ => Ok(Rival::new(super::create_policy(&text, settings.budget)?, promise)),
        };
        let rivals = planner.chain(others).map(rival).collect::<Result<Vec<_>, _>>()?;
        let leader = SHARES.iter().position(|share| *share == 1.0).unwrap_or_default();
        Ok(Self { settings, rivals, leader, review: 0, held: (0, 0) })
    }

    fn current(&self) -> &Settings {
        &self.settings
    }

    fn prepare(&mut self, past: &Past<'_>) -> Result<(), PolicyError> {
        *self = Self::new(self.settings.clone())?;
        self.review = past.service.steps_in(86_400.0);
        self.rivals.iter_mut().try_for_each(|rival| rival.prepare(past, self.settings.window))
    }

    fn decide(&mut self, seen: &Observation<'_>) -> Decision {
        let decisions: Vec<Decision> =
            self.rivals.iter_mut().map(|rival| rival.decide(seen)).collect();
        if seen.step >= self.review {
            self.review = seen.step + seen.service.steps_in(self.settings.review);
            self.follow_best(seen, decisions[self.leader].wanted);
        }
        let decision = decisions[self.leader];
        if seen.step < self.held.0 && decision.wanted < self.held.1 {
            return Decision::new(self.held.1, Cause::Stabilized { newest: decision.wanted });
        }
        decision
    }

    fn notes(&self) -> Vec<String> {
        self.rivals.iter().flat_map(Rival::notes).collect()
    }
}

impl ForescaleAuto {
    /// Compares the rules; until a new leader's instances have started, those of the old one stay.
    fn follow_best(&mut self, seen: &Observation<'_>, wanted: u32) {
        let records: Vec<Record> = self.rivals.iter().map(Rival::record).collect();
        let best = best(&records, self.leader, self.settings.budget);
        if best != self.leader {
            self.held = (seen.step + seen.service.startup_steps + 1, wanted);
            self.leader = best;
        }
    }
}

/// The cheapest within `budget`, or the one nearest to it; `leader` stays where none is clearly better.
fn best(records: &[Record], leader: usize, budget: f64) -> usize {
    let cheapest = (0..records.len())
        .filter(|at| records[*at].kept(budget))
        .min_by(|a, b| records[*a].cost.total_cmp(&records[*b].cost));
    match cheapest {
        None => (0..records.len())
            .min_by(|a, b| records[*a].under().total_cmp(&records[*b].under()))
            .unwrap_or(leader),
        Some(best) => {
            let led = &records[leader];
            let stays = led.kept(budget) && records[best].cost >= WORTH_IT * led.cost;
            if stays { leader } else { best }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(missed: u32, cost: f64) -> Record {
        Record { steps: 100_000, missed, cost, promise: 1.0 }
    }

    #[test]
    fn the_cheapest_that_kept_the_budget_is_followed() {
        let records = [record(0, 100.0), record(900, 50.0), record(100, 80.0)];
        assert_eq!(best(&records, 0, 0.005), 2);
        assert_eq!(best(&records, 0, 0.05), 1);
    }

    #[test]
    fn a_leader_stays_unless_another_is_clearly_cheaper() {
        let records = [record(0, 100.0), record(0, 99.5)];
        assert_eq!(best(&records, 0, 0.01), 0);
        assert_eq!(best(&records, 1, 0.01), 1);
    }

    #[test]
    fn where_none_kept_it_the_nearest_is_followed() {
        assert_eq!(best(&[record(9_000, 1.0), record(4_000, 9.0)], 0, 0.001), 1);
    }

    #[test]
    fn it_cannot_follow_itself() {
        let error = super::super::create_policy("forescale-auto:of=forescale-auto", 0.01);
        assert!(error.unwrap_err().to_string().contains("other policies than itself"));
    }
}
