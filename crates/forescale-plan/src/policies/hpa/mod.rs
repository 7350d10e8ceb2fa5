//! The horizontal pod autoscaler of Kubernetes, version 2.

pub mod behavior;
pub mod replicas;

use crate::policies::cause::{Cause, Decision};
use crate::policies::error::PolicyError;
use crate::policies::observation::{Dimension, Observation};
use crate::policies::policy::{Past, Rule, Strategy};
use crate::policies::rounding::round;
use crate::policies::settings::{Field, Key, Keys, key};
use behavior::{Behavior, Memory, Rules, Select};
use replicas::{Group, PodMetric, Pods, Tolerance};

pub use replicas::largest;

/// What a pod requests, in thousandths of an instance.
const REQUEST: i64 = 1_000;

/// Pods for a CPU utilisation (and a memory utilisation, when it is observed), within a behaviour.
///
/// An instance is a pod that requests its whole capacity. It is asked every sync period; within a step it sees the same
/// metric, as the metrics of a real one are older than its syncs. Starting and warming instances are unready, silent ones
/// are missing. Not modelled: single pods that differ in load, and container metrics.
#[derive(Debug)]
pub struct Hpa {
    settings: Settings,
    behavior: Behavior,
    target: PodMetric,
    memory_target: PodMetric,
    memory: Memory,
}

/// The settings of the autoscaler and of its `behavior`.
#[derive(Debug, Clone)]
pub struct Settings {
    target: f64,
    memory_target: f64,
    tolerance_up: f64,
    tolerance_down: f64,
    sync: f64,
    up_stabilization: f64,
    up_pods: u32,
    up_percent: u32,
    up_period: f64,
    up_select: &'static str,
    down_stabilization: f64,
    down_pods: u32,
    down_percent: u32,
    down_period: f64,
    down_select: &'static str,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            target: 0.6,
            memory_target: 0.8,
            tolerance_up: 0.1,
            tolerance_down: 0.1,
            sync: 15.0,
            up_stabilization: 0.0,
            up_pods: 4,
            up_percent: 100,
            up_period: 15.0,
            up_select: "max",
            down_stabilization: 300.0,
            down_pods: 0,
            down_percent: 100,
            down_period: 15.0,
            down_select: "max",
        }
    }
}

const SELECT: &[&str] = &["max", "min", "disabled"];

impl Keys for Settings {
    const KEYS: &'static [Key<Self>] = &[
        key!("target", target, "CPU utilisation aimed at, in whole percent", Share),
        key!("memory-target", memory_target, "memory utilisation aimed at, if observed", Share),
        key!("tolerance-up", tolerance_up, "how far above 1 a ratio may be", Number, 0.0, 10.0),
        key!("tolerance-down", tolerance_down, "how far below 1 it may be", Number, 0.0, 1.0),
        key!("sync", sync, "how often it looks; at most once a second", Span),
        key!("up-stabilization", up_stabilization, "how long fewer holds more back", Span),
        key!(
            "up-pods",
            up_pods,
            "pods added in a period; 0 for no such policy",
            Count,
            0,
            1_000_000
        ),
        key!(
            "up-percent",
            up_percent,
            "percent added in a period; 0 for none",
            Count,
            0,
            1_000_000
        ),
        key!("up-period", up_period, "the period of the way up", Span),
        key!("up-select", up_select, "which policy holds on the way up", Choice, SELECT),
        key!("down-stabilization", down_stabilization, "how long more holds fewer back", Span),
        key!("down-pods", down_pods, "pods removed in a period; 0 for none", Count, 0, 1_000_000),
        key!("down-percent", down_percent, "percent removed; 0 for none", Count, 0, 1_000_000),
        key!("down-period", down_period, "the period of the way down", Span),
        key!("down-select", down_select, "which policy holds on the way down", Choice, SELECT),
    ];
}

impl Settings {
    fn tolerance(&self) -> Tolerance {
        Tolerance { up: self.tolerance_up, down: self.tolerance_down }
    }

    fn behavior(&self) -> Behavior {
        let some = |count: u32| (count > 0).then_some(count);
        Behavior {
            up: Rules {
                stabilization_s: self.up_stabilization,
                pods: some(self.up_pods),
                percent: some(self.up_percent),
                period_s: self.up_period,
                select: select(self.up_select),
            },
            down: Rules {
                stabilization_s: self.down_stabilization,
                pods: some(self.down_pods),
                percent: some(self.down_percent),
                period_s: self.down_period,
                select: select(self.down_select),
            },
        }
    }
}

fn select(word: &str) -> Select {
    match word {
        "min" => Select::Min,
        "disabled" => Select::Disabled,
        _ => Select::Max,
    }
}

impl Rule for Hpa {
    type Settings = Settings;
    const NAME: &'static str = "hpa";
    const STRATEGY: Strategy = Strategy::Reactive;
    const SUMMARY: &'static str =
        "Kubernetes: pods for a CPU utilisation, five minutes of stabilisation";
    const SOURCE: &'static str =
        "Kubernetes horizontal pod autoscaler v2 (replica_calculator.go, horizontal.go)";

    fn new(settings: Settings) -> Result<Self, PolicyError> {
        let directions = [
            ("up-pods", settings.up_pods, settings.up_percent, settings.up_select),
            ("down-pods", settings.down_pods, settings.down_percent, settings.down_select),
        ];
        for (key, pods, percent, select) in directions {
            if pods == 0 && percent == 0 && select != "disabled" {
                let expected =
                    "above 0 when the percent are 0, or the direction disabled".to_owned();
                let value = "0".to_owned();
                return Err(PolicyError::Value { policy: Self::NAME, key, expected, value });
            }
        }
        let percent = |share: f64| PodMetric::Utilization(round(share * 100.0).max(1));
        Ok(Self {
            behavior: settings.behavior(),
            target: percent(settings.target),
            memory_target: percent(settings.memory_target),
            settings,
            memory: Memory::default(),
        })
    }

    fn current(&self) -> &Settings {
        &self.settings
    }

    fn prepare(&mut self, _: &Past<'_>) -> Result<(), PolicyError> {
        self.memory = Memory::default();
        Ok(())
    }

    #[inline]
    fn decide(&mut self, seen: &Observation<'_>) -> Decision {
        let mut current = seen.total();
        if seen.is_blind() {
            return Decision::new(current, Cause::NoData);
        }
        let step = seen.service.step.seconds() as f64;
        let syncs = round(step / self.settings.sync.max(1.0)).max(1);
        let sync = |i: i64| seen.step as f64 * step + i as f64 * self.settings.sync;
        let target = self.settings.target;
        let mut cause = Cause::Utilization { seen: seen.utilization(), target };
        for i in 0..syncs {
            let wanted = self.wanted(seen, current);
            let (settled, held) = self.memory.settle(sync(i), current, wanted, &self.behavior);
            cause = held.unwrap_or(cause);
            current = settled.min(seen.service.max).max(seen.service.min);
            if self.memory.rests(current, sync(syncs - 1), &self.behavior) {
                break;
            }
        }
        Decision::new(current, cause)
    }
}

impl Hpa {
    /// What the metrics ask for when there are `current` pods.
    fn wanted(&self, seen: &Observation<'_>, current: u32) -> u32 {
        let tolerance = self.settings.tolerance();
        let asked = |share: f64, target: PodMetric| {
            let pods = pods(seen, current, share);
            replicas::pod_replicas(current, target, &pods, &tolerance)
        };
        let cpu = asked(seen.utilization(), self.target);
        let memory = seen.metric(Dimension::Memory);
        let memory = memory.map(|share| asked(share, self.memory_target));
        largest(current, std::iter::once(cpu).chain(memory))
    }
}

/// The pods when `current` are asked for: what was asked for since the metric was taken is unready.
fn pods(seen: &Observation<'_>, current: u32, share: f64) -> Pods {
    let missing = seen.silent.min(seen.serving);
    let ready = seen.serving.saturating_sub(seen.warming + missing).min(current);
    let missing = missing.min(current - ready);
    let unready = current - ready - missing;
    let group = |pods: u32, share: f64| Group {
        pods,
        usage: round(share * f64::from(pods) * REQUEST as f64),
        request: i64::from(pods) * REQUEST,
    };
    Pods { ready: group(ready, share), unready: group(unready, 0.0), missing: group(missing, 0.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::observation::tests::{seen, service};

    fn wanted(settings: Settings, loads: &[f64], serving: u32, starting: u32) -> u32 {
        let service = service();
        Rule::decide(&mut Hpa::new(settings).unwrap(), &seen(loads, serving, starting, &service))
            .wanted
    }

    fn at(target: f64) -> Settings {
        Settings { target, ..Settings::default() }
    }

    #[test]
    fn it_follows_the_ratio_within_its_limits() {
        // 80 % of four pods at a target of 50 %: 1.6 * 4 is 7.
        assert_eq!(wanted(at(0.5), &[32.0], 4, 0), 7);
        // 54 % over 50 % is within the tolerance.
        assert_eq!(wanted(at(0.5), &[21.6], 4, 0), 4);
        // One full pod at 10 %: five by the first sync, ten by the next.
        assert_eq!(wanted(at(0.1), &[10.0], 1, 0), 10);
        assert_eq!(wanted(Settings { sync: 60.0, ..at(0.1) }, &[10.0], 1, 0), 5);
        assert_eq!(wanted(at(0.5), &[], 4, 0), 4);
    }

    #[test]
    fn starting_pods_count_as_idle_on_the_way_up() {
        // 95 % of four at 50 % asks for eight; with six that start, 38 % of ten asks for no more.
        assert_eq!(wanted(at(0.5), &[38.0], 4, 6), 10);
    }

    #[test]
    fn a_burst_is_held_for_five_minutes() {
        let service = service();
        let mut policy = Hpa::new(at(0.5)).unwrap();
        let mut loads = vec![40.0];
        let mut wanted = Vec::new();
        for _ in 0..8 {
            wanted.push(Rule::decide(&mut policy, &seen(&loads, 8, 0, &service)).wanted);
            loads.push(4.0);
        }
        assert_eq!(wanted[..6], [8; 6]);
        assert_eq!(wanted[6], 1);
    }

    #[test]
    fn a_direction_without_a_policy_is_refused() {
        let settings = Settings { up_pods: 0, up_percent: 0, ..Settings::default() };
        let message = Hpa::new(settings).unwrap_err().to_string();
        assert!(message.starts_with("up-pods of hpa should be above 0"), "{message}");
    }
}
