//! One score of several dimensions.

use crate::policies::cause::{Cause, Decision};
use crate::policies::error::PolicyError;
use crate::policies::observation::{Dimension, Observation};
use crate::policies::policy::{Past, Rule, Strategy};
use crate::policies::settings::{Field, Key, Keys, key};

/// CPU, memory, network, disk and response time become a score from -1 to 1: up above 0.3 by one to five, down below -0.3
/// by one to three.
///
/// A dimension that is not observed is left out, the weights of the others are scaled up, and a note says so. It differs
/// from the sketch in three things: there every breach counts in full, here by its size, `(u - target) / (1 - target)` up
/// and `(u - target) / target` down; the sketch adds six and removes four at the full score; and it has no response time,
/// whose score is full at twice the target.
#[derive(Debug)]
pub struct MultiDimensional {
    settings: Settings,
    /// Which dimensions were observed; none before the first decision with a metric.
    observed: Option<[bool; DIMENSIONS]>,
}

/// How many dimensions are scored.
const DIMENSIONS: usize = 5;

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
    response_weight: f64,
    response_target: f64,
    response_threshold: f64,
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
            response_weight: 0.2,
            response_target: 0.3,
            response_threshold: 0.2,
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
        key!("response-time-target", response_target, "seconds aimed at", Number, 1e-6, 1e6),
        key!("response-time-weight", response_weight, "what they weigh", Number, 0.0, 1e6),
        key!(
            "response-time-threshold",
            response_threshold,
            "how far off is nothing",
            Number,
            0.0,
            1e6
        ),
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
    /// Where the score is 1.
    full: f64,
}

impl Scored {
    /// From -1, idle, to 1, full; 0 within the threshold.
    fn score(&self, seen: f64) -> f64 {
        let off = seen - self.target;
        if off.abs() <= self.threshold {
            0.0
        } else if off > 0.0 {
            (off / (self.full - self.target)).min(1.0)
        } else {
            off / self.target
        }
    }
}

impl Rule for MultiDimensional {
    type Settings = Settings;
    const NAME: &'static str = "multi-dimensional";
    const STRATEGY: Strategy = Strategy::Reactive;
    const SUMMARY: &'static str =
        "one weighted score of CPU, memory, network, disk and response time";
    const SOURCE: &'static str = "textbook sketch of the auto-scaling pattern";

    fn new(settings: Settings) -> Result<Self, PolicyError> {
        if settings.cpu_weight == 0.0 {
            let (key, value) = ("cpu-weight", "0".to_owned());
            let expected = "above 0, because CPU is all that is always observed".to_owned();
            return Err(PolicyError::Value { policy: Self::NAME, key, expected, value });
        }
        Ok(Self { settings, observed: None })
    }

    fn current(&self) -> &Settings {
        &self.settings
    }

    fn prepare(&mut self, _: &Past<'_>) -> Result<(), PolicyError> {
        self.observed = None;
        Ok(())
    }

    fn decide(&mut self, seen: &Observation<'_>) -> Decision {
        let total = seen.total();
        if seen.is_blind() {
            return Decision::new(total, Cause::NoData);
        }
        let dimensions = self.dimensions(seen);
        let observed = self.observed.get_or_insert_default();
        for (observed, dimension) in observed.iter_mut().zip(&dimensions) {
            *observed |= dimension.seen.is_some();
        }
        let (score, cause) = score(&dimensions);
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

    /// Names the dimensions that were left out because nothing was observed of them, and the weights of the others.
    fn notes(&self) -> Vec<String> {
        let Some(observed) = self.observed else { return Vec::new() };
        let weighed = || self.weighed().into_iter().zip(observed).filter(|((_, w), _)| *w > 0.0);
        let seen = || weighed().filter(|(_, observed)| *observed).map(|(dimension, _)| dimension);
        let unseen = weighed().filter(|(_, observed)| !observed).map(|((name, _), _)| name);
        let unseen: Vec<&str> = unseen.collect();
        if unseen.is_empty() {
            return Vec::new();
        }
        let all: f64 = seen().map(|(_, weight)| weight).sum();
        let weights = seen().map(|(name, weight)| format!("{name} {:.2}", weight / all));
        let weights: Vec<String> = weights.collect();
        vec![format!(
            "multi-dimensional leaves out what is not observed: {}; the others weigh {}",
            unseen.join(", "),
            weights.join(", ")
        )]
    }
}

impl MultiDimensional {
    /// What each dimension weighs by itself, in the order in which they are scored.
    fn weighed(&self) -> [(&'static str, f64); DIMENSIONS] {
        let s = &self.settings;
        [
            ("cpu", s.cpu_weight),
            (Dimension::Memory.name(), s.memory_weight),
            (Dimension::Network.name(), s.network_weight),
            (Dimension::Disk.name(), s.disk_weight),
            (Dimension::ResponseTime.name(), s.response_weight),
        ]
    }

    fn dimensions(&self, seen: &Observation<'_>) -> [Scored; DIMENSIONS] {
        let s = &self.settings;
        let limits = [
            (Some(seen.utilization()), s.cpu_target, s.cpu_threshold, 1.0),
            (seen.metric(Dimension::Memory), s.memory_target, s.memory_threshold, 1.0),
            (seen.metric(Dimension::Network), s.network_target, s.network_threshold, 1.0),
            (seen.metric(Dimension::Disk), s.disk_target, s.disk_threshold, 1.0),
            (
                seen.metric(Dimension::ResponseTime),
                s.response_target,
                s.response_threshold,
                2.0 * s.response_target,
            ),
        ];
        let weighed = self.weighed();
        std::array::from_fn(|at| {
            let (name, weight) = weighed[at];
            let (seen, target, threshold, full) = limits[at];
            Scored { name, seen, weight, target, threshold, full }
        })
    }
}

/// The weighted score of what is observed, with the dimension that is nearest to full.
fn score(dimensions: &[Scored]) -> (f64, Cause) {
    let (mut sum, mut weights, mut observed) = (0.0, 0.0, 0);
    let mut fullest = (f64::NEG_INFINITY, "cpu");
    for dimension in dimensions {
        let Some(value) = dimension.seen.filter(|_| dimension.weight > 0.0) else { continue };
        let score = dimension.score(value);
        sum += dimension.weight * score;
        weights += dimension.weight;
        observed += 1;
        if score > fullest.0 {
            fullest = (score, dimension.name);
        }
    }
    let score = sum / weights;
    (score, Cause::Score { score, bottleneck: fullest.1, observed })
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
        let Cause::Score { score, bottleneck, observed } = decide(70.0, &[memory]).cause else {
            panic!("a score is the cause")
        };
        assert!((score - 0.3 / 0.7).abs() < 1e-12);
        assert_eq!((bottleneck, observed), ("memory", 2));
    }

    #[test]
    fn response_time_is_scored_in_seconds() {
        let score = |seconds: f64| {
            let slow = Metric { dimension: Dimension::ResponseTime, value: seconds };
            let Cause::Score { score, .. } = decide(70.0, &[slow]).cause else {
                panic!("a score is the cause")
            };
            score
        };
        // Aimed at 0.3 s give or take 0.2, with a weight of 0.2 beside 0.4 for CPU, which is at its target.
        for (seconds, expected) in
            [(0.3, 0.0), (0.49, 0.0), (0.54, 0.8 / 3.0), (0.9, 1.0 / 3.0), (0.06, -0.8 / 3.0)]
        {
            assert!((score(seconds) - expected).abs() < 1e-12, "{seconds}: {}", score(seconds));
        }
        // A response that takes long enough adds instances whatever CPU says.
        let slow = Metric { dimension: Dimension::ResponseTime, value: 2.0 };
        assert_eq!([decide(70.0, &[]).wanted, decide(70.0, &[slow]).wanted], [10, 11]);
    }

    #[test]
    fn what_is_left_out_is_said_with_the_weights_of_the_others() {
        let service = service();
        let notes = |settings: Settings, dimensions: &[Dimension]| {
            let metric = |dimension: &Dimension| Metric { dimension: *dimension, value: 0.3 };
            let metrics: Vec<Metric> = dimensions.iter().map(metric).collect();
            let mut policy = MultiDimensional::new(settings).unwrap();
            assert_eq!(Rule::notes(&policy), [""; 0]);
            let loads = [70.0];
            let seen = Observation { metrics: &metrics, ..seen(&loads, 10, 0, &service) };
            Rule::decide(&mut policy, &seen);
            Rule::notes(&policy)
        };
        assert_eq!(
            notes(Settings::default(), &[Dimension::Memory]),
            ["multi-dimensional leaves out what is not observed: network, disk, response-time; \
              the others weigh cpu 0.57, memory 0.43"]
        );
        assert_eq!(notes(Settings::default(), &Dimension::ALL), [""; 0]);
        // What weighs nothing is not missed.
        let cpu = Settings {
            memory_weight: 0.0,
            network_weight: 0.0,
            disk_weight: 0.0,
            response_weight: 0.0,
            ..Settings::default()
        };
        assert_eq!(notes(cpu, &[]), [""; 0]);
    }
}
