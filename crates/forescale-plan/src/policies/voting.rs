//! Several metrics vote, and a majority moves the fleet by one.

use std::collections::VecDeque;

use crate::policies::cause::{Cause, Decision};
use crate::policies::error::PolicyError;
use crate::policies::observation::{Dimension, Observation};
use crate::policies::policy::{Past, Rule, Strategy};
use crate::policies::settings::{Field, Key, Keys, key};

/// CPU, requests for each instance, and whatever else is observed: each votes for more above its upper threshold and for
/// fewer below its lower one, by a statistic over a period. After an action nothing happens for a while.
///
/// The sketch lets a custom metric vote as well: network and disk take its place when they are observed.
#[derive(Debug)]
pub struct Voting {
    settings: Settings,
    /// The newest values of each voter, in the order in which they vote; the oldest first.
    seen: Vec<VecDeque<f64>>,
    total: Option<u32>,
    changed_at: Option<f64>,
}

/// Thresholds, statistic and times.
#[derive(Debug, Clone)]
pub struct Settings {
    target: f64,
    above: f64,
    below: f64,
    response_up: f64,
    response_down: f64,
    statistic: &'static str,
    period: f64,
    points: u32,
    cooldown: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            target: 0.7,
            above: 0.1,
            below: 0.2,
            response_up: 0.5,
            response_down: 0.1,
            statistic: "average",
            period: 300.0,
            points: 100,
            cooldown: 300.0,
        }
    }
}

impl Keys for Settings {
    const KEYS: &'static [Key<Self>] = &[
        key!("target", target, "utilisation aimed at, of every dimension", Share),
        key!("above", above, "how far above it is a vote for more", Number, 0.0, 1.0),
        key!("below", below, "how far below it is a vote for fewer", Number, 0.0, 1.0),
        key!("response-up", response_up, "seconds of response time for more", Number, 0.0, 1e6),
        key!(
            "response-down",
            response_down,
            "seconds of response time for fewer",
            Number,
            0.0,
            1e6
        ),
        key!("statistic", statistic, "of the period", Choice, &["average", "max", "min"]),
        key!("period", period, "what a vote looks at", Span),
        key!("points", points, "newest values a vote looks at, at most", Count, 1, 100_000),
        key!("cooldown", cooldown, "how long nothing happens after an action", Span),
    ];
}

impl Rule for Voting {
    type Settings = Settings;
    const NAME: &'static str = "voting";
    const STRATEGY: Strategy = Strategy::Reactive;
    const SUMMARY: &'static str =
        "a majority of metrics moves the fleet by one, every five minutes";
    const SOURCE: &'static str = "textbook sketch of the auto-scaling pattern";

    fn new(settings: Settings) -> Result<Self, PolicyError> {
        Ok(Self { settings, seen: Vec::new(), total: None, changed_at: None })
    }

    fn current(&self) -> &Settings {
        &self.settings
    }

    fn prepare(&mut self, _: &Past<'_>) -> Result<(), PolicyError> {
        self.seen.clear();
        (self.total, self.changed_at) = (None, None);
        Ok(())
    }

    fn decide(&mut self, seen: &Observation<'_>) -> Decision {
        let total = seen.total();
        let now = seen.step as f64 * seen.service.step.seconds() as f64;
        if self.total.replace(total).is_some_and(|before| before != total) {
            self.changed_at = Some(now - seen.service.step.seconds() as f64);
        }
        if seen.is_blind() {
            return Decision::new(total, Cause::NoData);
        }
        let votes = self.votes(seen);
        if self.changed_at.is_some_and(|at| now - at < self.settings.cooldown) {
            return Decision::new(total, Cause::Cooldown);
        }
        let count = |vote: i32| votes.iter().filter(|v| **v == vote).count() as u32;
        let (more, fewer, of) = (count(1), count(-1), votes.len() as u32);
        let wanted = if 2 * more > of {
            total.saturating_add(1)
        } else if 2 * fewer > of {
            total.saturating_sub(1)
        } else {
            total
        };
        Decision::new(wanted, Cause::Votes { more, fewer, of })
    }
}

impl Voting {
    /// A vote of each dimension that is observed: 1 for more, -1 for fewer.
    fn votes(&mut self, seen: &Observation<'_>) -> Vec<i32> {
        let Settings { target, above, below, response_up, response_down, .. } = self.settings;
        let usual = (target - below, target + above);
        let carried = f64::from(seen.serving) * seen.service.capacity.load_per_instance();
        let requests = seen.last_load().map_or(0.0, |load| load / carried);
        let further = Dimension::ALL.iter().filter_map(|dimension| {
            let range = match dimension {
                Dimension::ResponseTime => (response_down, response_up),
                _ => usual,
            };
            seen.metric(*dimension).map(|value| (value, range))
        });
        let newest = [(seen.utilization(), usual), (requests, usual)].into_iter().chain(further);
        let steps = seen.service.steps_in(self.settings.period).min(self.settings.points as usize);
        let mut votes = Vec::new();
        for (voter, (value, (low, high))) in newest.enumerate() {
            let value = self.statistic(voter, value, steps);
            votes.push(i32::from(value > high) - i32::from(value < low));
        }
        votes
    }

    /// Takes in the newest value of a voter and gives the statistic of its period.
    fn statistic(&mut self, voter: usize, newest: f64, steps: usize) -> f64 {
        if self.seen.len() <= voter {
            self.seen.resize(voter + 1, VecDeque::new());
        }
        let values = &mut self.seen[voter];
        values.push_back(newest);
        while values.len() > steps {
            values.pop_front();
        }
        match self.settings.statistic {
            "max" => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            "min" => values.iter().copied().fold(f64::INFINITY, f64::min),
            _ => values.iter().sum::<f64>() / values.len() as f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::observation::Metric;
    use crate::policies::observation::tests::{seen, service};

    #[test]
    fn a_majority_moves_by_one_and_then_cools_down() {
        let service = service();
        let mut policy = Voting::new(Settings::default()).unwrap();
        let loads = [38.0; 12];
        let mut total = 4;
        let totals: Vec<u32> = (1..=10)
            .map(|k| {
                total =
                    Rule::decide(&mut policy, &seen(&loads[..k], 4, total - 4, &service)).wanted;
                total
            })
            .collect();
        assert_eq!(totals, [5, 5, 5, 5, 5, 6, 6, 6, 6, 6]);
    }

    #[test]
    fn half_of_the_votes_is_no_majority() {
        let service = service();
        let metrics =
            [Dimension::Memory, Dimension::Disk].map(|dimension| Metric { dimension, value: 0.7 });
        let loads = [38.0];
        let seen = Observation { metrics: &metrics, ..seen(&loads, 4, 0, &service) };
        let decision = Rule::decide(&mut Voting::new(Settings::default()).unwrap(), &seen);
        assert_eq!(decision, Decision::new(4, Cause::Votes { more: 2, fewer: 0, of: 4 }));
    }
}
