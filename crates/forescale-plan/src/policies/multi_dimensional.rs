//! One score of several dimensions.

use crate::policies::cause::{Cause, Decision};
use crate::policies::error::PolicyError;
use crate::policies::observation::{Dimension, Observation};
use crate::policies::policy::{Past, Rule, Strategy};
use crate::policies::settings::{Field, Key, Keys, key};

/// CPU, memory, network and disk become a score from -1 to 1: up above 0.3 by one to five, down below -0.3 by one to three.
///
/// A dimension that is not observed is left out and the weights of the others are scaled up. It differs from the sketch in
/// two things: there every breach counts in full, here by its size, `(u - target) / (1 - target)` up and
/// `(u - target) / target` down; and the sketch adds six and removes four at the full score.
#[derive(Debug)]
pub struct MultiDimensional {
    settings: Settings,
}

/// Weight, target and threshold of each dimension, and what the score does.
#[derive(Debug, Clone)]
pub struct Settings {
    cpu_weight: f64,
    cpu_target: f64,
    cpu_threshold: f64,
    memory_weight: f64,
    memory_target: f64,
    memory_threshold: f64,
    network_weight: f64,
    network_target: f64,
    network_threshold: f64,
    disk_weight: f64,
    disk_target: f64,
    disk_threshold: f64,
    act: f64,
    most_up: u32,
    most_down: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cpu_weight: 0.4,
            cpu_target: 0.7,
            cpu_threshold: 0.1,
            memory_weight: 0.3,
            memory_target: 0.8,
            memory_threshold: 0.1,
            network_weight: 0.2,
            network_target: 0.6,
            network_threshold: 0.15,
            disk_weight: 0.1,
            disk_target: 0.5,
            disk_threshold: 0.2,
            act: 0.3,
            most_up: 5,
            most_down: 3,
        }
    }
}

impl Keys for Settings {
    const KEYS: &'static [Key<Self>] = &[
        key!("target", cpu_target, "CPU utilisation aimed at", Share),
        key!("cpu-weight", cpu_weight, "what CPU weighs", Number, 0.0, 1e6),
        key!("cpu-threshold", cpu_threshold, "how far off the target is nothing", Number, 0.0, 1.0),
        key!("memory-target", memory_target, "memory utilisation aimed at", Share),
        key!("memory-weight", memory_weight, "what memory weighs", Number, 0.0, 1e6),
        key!("memory-threshold", memory_threshold, "how far off is nothing", Number, 0.0, 1.0),
        key!("network-target", network_target, "network utilisation aimed at", Share),
        key!("network-weight", network_weight, "what the network weighs", Number, 0.0, 1e6),
        key!("network-threshold", network_threshold, "how far off is nothing", Number, 0.0, 1.0),
        key!("disk-target", disk_target, "disk utilisation aimed at", Share),
        key!("disk-weight", disk_weight, "what the disk weighs", Number, 0.0, 1e6),
        key!("disk-threshold", disk_threshold, "how far off is nothing", Number, 0.0, 1.0),
        key!("act", act, "score beyond which it acts", Number, 0.0, 1.0),
        key!("most-up", most_up, "instances added at the full score", Count, 1, 1_000_000),
        key!("most-down", most_down, "instances removed at the full score", Count, 1, 1_000_000),
    ];
}

/// A dimension as it is scored.
#[derive(Debug, Clone, Copy)]
struct Scored {
    name: &'static str,
    seen: Option<f64>,
    weight: f64,
    target: f64,
    threshold: f64,
}

impl Scored {
    /// From -1, idle, to 1, full; 0 within the threshold.
    fn score(&self, seen: f64) -> f64 {
        let off = seen - self.target;
        if off.abs() <= self.threshold {
            0.0
        } else if off > 0.0 {
            (off / (1.0 - self.target)).min(1.0)
        } else {
            off / self.target
        }
    }
}

impl Rule for MultiDimensional {
    type Settings = Settings;
    const NAME: &'static str = "multi-dimensional";
    const STRATEGY: Strategy = Strategy::Reactive;
    const SUMMARY: &'static str = "one weighted score of CPU, memory, network and disk";
    const SOURCE: &'static str = "textbook sketch of the auto-scaling pattern";

    fn new(settings: Settings) -> Result<Self, PolicyError> {
        if settings.cpu_weight == 0.0 {
            let (key, value) = ("cpu-weight", "0".to_owned());
            let expected = "above 0, because CPU is all that is always observed".to_owned();
            return Err(PolicyError::Value { policy: Self::NAME, key, expected, value });
        }
        Ok(Self { settings })
    }

    fn current(&self) -> &Settings {
        &self.settings
    }

    fn prepare(&mut self, _: &Past<'_>) -> Result<(), PolicyError> {
        Ok(())
    }

    fn decide(&mut self, seen: &Observation<'_>) -> Decision {
        let total = seen.total();
        if seen.is_blind() {
            return Decision::new(total, Cause::NoData);
        }
        let (score, bottleneck) = self.score(seen);
        let cause = Cause::Score { score, bottleneck };
        let Settings { act, most_up, most_down, .. } = self.settings;
        let wanted = if score > act {
            total.saturating_add(moved(score, act, most_up))
        } else if score < -act {
            total.saturating_sub(moved(-score, act, most_down))
        } else {
            total
        };
        Decision::new(wanted, cause)
    }
}

impl MultiDimensional {
    /// The weighted score of what is observed, and the dimension that is nearest to full.
    fn score(&self, seen: &Observation<'_>) -> (f64, &'static str) {
        let (mut sum, mut weights) = (0.0, 0.0);
        let mut fullest = (f64::NEG_INFINITY, "cpu");
        for dimension in self.dimensions(seen) {
            let Some(value) = dimension.seen else { continue };
            let score = dimension.score(value);
            sum += dimension.weight * score;
            weights += dimension.weight;
            if score > fullest.0 {
                fullest = (score, dimension.name);
            }
        }
        (sum / weights, fullest.1)
    }

    fn dimensions(&self, seen: &Observation<'_>) -> [Scored; 4] {
        let s = &self.settings;
        let of = |dimension: Dimension, weight, target, threshold| Scored {
            name: dimension.name(),
            seen: seen.metric(dimension),
            weight,
            target,
            threshold,
        };
        [
            Scored {
                name: "cpu",
                seen: Some(seen.utilization()),
                weight: s.cpu_weight,
                target: s.cpu_target,
                threshold: s.cpu_threshold,
            },
            of(Dimension::Memory, s.memory_weight, s.memory_target, s.memory_threshold),
            of(Dimension::Network, s.network_weight, s.network_target, s.network_threshold),
            of(Dimension::Disk, s.disk_weight, s.disk_target, s.disk_threshold),
        ]
    }
}

/// Instances from one, just beyond `act`, to `most` at the full score.
fn moved(score: f64, act: f64, most: u32) -> u32 {
    let share = (score - act) / (1.0 - act);
    ((share * f64::from(most)).ceil() as u32).clamp(1, most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::observation::Metric;
    use crate::policies::observation::tests::{seen, service};

    fn decide(load: f64, metrics: &[Metric]) -> Decision {
        let service = service();
        let loads = [load];
        let seen = Observation { metrics, ..seen(&loads, 10, 0, &service) };
        Rule::decide(&mut MultiDimensional::new(Settings::default()).unwrap(), &seen)
    }

    #[test]
    fn cpu_alone_moves_by_the_size_of_the_breach() {
        let wanted =
            [100.0, 90.0, 82.0, 79.0, 55.0, 40.0, 0.0].map(|load| decide(load, &[]).wanted);
        assert_eq!(wanted, [15, 13, 11, 10, 10, 9, 7]);
    }

    #[test]
    fn weights_of_what_is_observed_add_up_to_one() {
        let memory = Metric { dimension: Dimension::Memory, value: 1.0 };
        let Cause::Score { score, bottleneck } = decide(70.0, &[memory]).cause else {
            panic!("a score is the cause")
        };
        assert!((score - 0.3 / 0.7).abs() < 1e-12);
        assert_eq!(bottleneck, "memory");
    }
}
