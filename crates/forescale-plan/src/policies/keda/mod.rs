//! KEDA: an external metric through the pod autoscaler, with a formula, a fallback and scale to zero.

mod fallback;
mod formula;

use crate::policies::cause::{Cause, Decision};
use crate::policies::error::PolicyError;
use crate::policies::hpa::behavior::{Behavior, Memory, Rules, Select};
use crate::policies::hpa::replicas::{Tolerance, average_replicas};
use crate::policies::observation::{Dimension, Observation};
use crate::policies::policy::{Past, Rule, Strategy};
use crate::policies::rounding::round;
use crate::policies::settings::{Field, Key, Keys, key};
use formula::Formula;

/// Names that a formula may use: the load and the capacity of an instance in load units, shares and seconds for the rest.
const NAMES: [&str; 7] = ["load", "capacity", "cpu", "memory", "network", "disk", "response_time"];

/// The behaviour that an autoscaler has when none is given.
const BEHAVIOR: Behavior = Behavior {
    up: Rules {
        stabilization_s: 0.0,
        pods: Some(4),
        percent: Some(100),
        period_s: 15.0,
        select: Select::Max,
    },
    down: Rules {
        stabilization_s: 300.0,
        pods: None,
        percent: Some(100),
        period_s: 15.0,
        select: Select::Max,
    },
};

/// Replicas for `formula` shared among them (`AverageValue`), polled every 30 s and stabilised by the autoscaler.
///
/// A step whose load is not reported is a poll that fails: after `failure-threshold` of them the fallback holds, if there
/// is one, and nothing changes before. A metric that is missing is nil in the formula. From one to zero replicas, and back,
/// it goes by itself: after a cooldown without load.
#[derive(Debug)]
pub struct Keda {
    settings: Settings,
    formula: Formula,
    memory: Memory,
    failures: f64,
    active_at: f64,
    /// Decisions whose load was known, and of them those in which the formula gave no number.
    known: u32,
    numberless: u32,
}

/// The trigger, the formula and the fallback.
#[derive(Debug, Clone)]
pub struct Settings {
    target: f64,
    formula: String,
    polling: f64,
    sync: f64,
    tolerance: f64,
    cooldown: f64,
    activation: f64,
    min_replicas: Option<u32>,
    idle: Option<u32>,
    failure_threshold: u32,
    fallback: Option<u32>,
    fallback_behavior: &'static str,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            target: 0.6,
            formula: "load / capacity".to_owned(),
            polling: 30.0,
            sync: 15.0,
            tolerance: 0.1,
            cooldown: 300.0,
            activation: 0.0,
            min_replicas: None,
            idle: None,
            failure_threshold: 3,
            fallback: None,
            fallback_behavior: "static",
        }
    }
}

impl Keys for Settings {
    const KEYS: &'static [Key<Self>] = &[
        key!("target", target, "what of the formula one replica takes", Number, 1e-9, 1e15),
        key!(
            "formula",
            formula,
            "of load, capacity, cpu, memory, network, disk, response_time",
            Text
        ),
        key!("polling", polling, "how often the trigger is asked; at most once a second", Span),
        key!("sync", sync, "how often the autoscaler looks; at most once a second", Span),
        key!("tolerance", tolerance, "how far from 1 a ratio may be", Number, 0.0, 1.0),
        key!("cooldown", cooldown, "how long without load before zero replicas", Span),
        key!(
            "activation",
            activation,
            "load above which there is a replica at all",
            Number,
            0.0,
            1e15
        ),
        key!(
            "min-replicas",
            min_replicas,
            "fewest while there is load; auto for the fleet's",
            AutoCount
        ),
        key!(
            "idle",
            idle,
            "replicas without load, below min-replicas; auto for no such",
            AutoCount
        ),
        key!("failure-threshold", failure_threshold, "polls that may fail", Count, 0, 1_000_000),
        key!("fallback", fallback, "replicas after that; auto for no fallback", AutoCount),
        key!(
            "fallback-behavior",
            fallback_behavior,
            "what becomes of them",
            Choice,
            fallback::BEHAVIORS
        ),
    ];
}

impl Rule for Keda {
    type Settings = Settings;
    const NAME: &'static str = "keda";
    const STRATEGY: Strategy = Strategy::Reactive;
    const SUMMARY: &'static str =
        "KEDA: the load itself as metric, with formula, fallback and scale to zero";
    const SOURCE: &'static str = "KEDA: ScaledObject, scaling modifiers, pkg/fallback";

    fn new(settings: Settings) -> Result<Self, PolicyError> {
        let formula = Formula::parse(&settings.formula, &NAMES).map_err(|expected| {
            let (policy, key) = (Self::NAME, "formula");
            PolicyError::Value { policy, key, expected, value: settings.formula.clone() }
        })?;
        if let Some(idle) = settings.idle
            && settings.min_replicas.is_none_or(|min| idle >= min)
        {
            let (policy, key) = (Self::NAME, "idle");
            let expected = "below min-replicas, which has to be given with it".to_owned();
            return Err(PolicyError::Value { policy, key, expected, value: idle.to_string() });
        }
        Ok(Self {
            settings,
            formula,
            memory: Memory::default(),
            failures: 0.0,
            active_at: 0.0,
            known: 0,
            numberless: 0,
        })
    }

    fn current(&self) -> &Settings {
        &self.settings
    }

    fn prepare(&mut self, _: &Past<'_>) -> Result<(), PolicyError> {
        (self.memory, self.failures, self.active_at) = (Memory::default(), 0.0, 0.0);
        (self.known, self.numberless) = (0, 0);
        Ok(())
    }

    #[inline]
    fn decide(&mut self, seen: &Observation<'_>) -> Decision {
        let total = seen.total();
        if seen.loads.is_empty() {
            return Decision::new(total, Cause::NoData);
        }
        let step = seen.service.step.seconds() as f64;
        let value = self.formula.value(&|name| metric(seen, name));
        let failed = value.is_none();
        if seen.stale_steps == 0 {
            self.known += 1;
            self.numberless += u32::from(failed);
        }
        self.failures = if failed {
            self.failures + (step / self.settings.polling.max(1.0)).max(1.0)
        } else {
            0.0
        };
        let Some(value) = value.or_else(|| self.fallback(total)) else {
            return Decision::new(total, Cause::NoData);
        };
        let now = seen.step as f64 * step;
        if value > self.settings.activation {
            self.active_at = now;
        }
        let least = self.settings.min_replicas.unwrap_or(seen.service.min);
        let idle = self.settings.idle.or((least == 0).then_some(0));
        if let Some(idle) = idle
            && now - self.active_at >= self.settings.cooldown
            && value <= self.settings.activation
        {
            return Decision::new(idle, Cause::Steady);
        }
        let least = least.max(1);
        let (wanted, held) = self.settle(seen, now, total.max(least), least, value);
        let cause = if failed {
            Cause::Fallback { failures: self.failures as u32 }
        } else {
            let per_instance = self.settings.target * seen.service.capacity.load_per_instance();
            Cause::Load { load: seen.last_load().unwrap_or(0.0), per_instance }
        };
        Decision::new(wanted, held.unwrap_or(cause))
    }

    fn notes(&self) -> Vec<String> {
        let Self { known, numberless, settings, .. } = self;
        let note = || {
            format!(
                "the formula of keda, {:?}, gave no number at {numberless} of {known} decisions whose load was known, and \
                 the trigger counts as failed then",
                settings.formula
            )
        };
        (*numberless > 0).then(note).into_iter().collect()
    }
}

impl Keda {
    /// The metric that asks for the fallback's replicas, once polls have failed too often.
    fn fallback(&self, current: u32) -> Option<f64> {
        let Settings { failure_threshold, fallback, fallback_behavior, target, .. } = self.settings;
        let failures = self.failures as u32;
        let held =
            fallback::replicas(fallback_behavior, failures, failure_threshold, fallback?, current)?;
        Some(f64::from(held) * target)
    }

    /// What the autoscaler makes of `value` within a step.
    fn settle(
        &mut self,
        seen: &Observation<'_>,
        now: f64,
        mut current: u32,
        least: u32,
        value: f64,
    ) -> (u32, Option<Cause>) {
        let Settings { target, tolerance, sync, .. } = self.settings;
        let tolerance = Tolerance { up: tolerance, down: tolerance };
        let step = seen.service.step.seconds() as f64;
        let syncs = round(step / sync.max(1.0)).max(1);
        let time = |i: i64| now + i as f64 * sync;
        let mut cause = None;
        for i in 0..syncs {
            let wanted = average_replicas(current, value, target, &tolerance);
            let (settled, held) = self.memory.settle(time(i), current, wanted, &BEHAVIOR);
            cause = held;
            current = settled.min(seen.service.max).max(least);
            if self.memory.rests(current, time(syncs - 1), &BEHAVIOR) {
                break;
            }
        }
        (current, cause)
    }
}

/// The value of a name; none when it is not observed, or was not reported.
fn metric(seen: &Observation<'_>, name: &str) -> Option<f64> {
    let reported = seen.stale_steps == 0;
    match name {
        "load" => seen.last_load().filter(|_| reported),
        "capacity" => Some(seen.service.capacity.load_per_instance()),
        "cpu" => Some(seen.utilization()).filter(|_| reported),
        "memory" => seen.metric(Dimension::Memory),
        "network" => seen.metric(Dimension::Network),
        "disk" => seen.metric(Dimension::Disk),
        "response_time" => seen.metric(Dimension::ResponseTime),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::observation::Service;
    use crate::policies::observation::tests::{seen, service};
    use crate::policies::settings::{Given, read};

    fn keda(settings: &str) -> Keda {
        Keda::new(read("keda", &Given::parse(settings).unwrap()).unwrap()).unwrap()
    }

    #[test]
    fn it_sees_load_beyond_what_instances_carry() {
        let service = service();
        assert_eq!(Rule::decide(&mut keda(""), &seen(&[90.0], 4, 0, &service)).wanted, 15);
        let doubled = "formula=max(memory ?? 0, 2 * load / capacity),target=0.6";
        assert_eq!(Rule::decide(&mut keda(doubled), &seen(&[90.0], 4, 0, &service)).wanted, 30);
    }

    #[test]
    fn failed_polls_lead_to_the_fallback() {
        let service = service();
        let mut policy = keda("fallback=9,failure-threshold=3");
        let loads = [30.0; 8];
        let mut failing = |k: usize| {
            let seen = Observation { stale_steps: 1, ..seen(&loads[..k], 5, 0, &service) };
            Rule::decide(&mut policy, &seen)
        };
        // Two polls a minute: the third and fourth fail in the second minute.
        assert_eq!(failing(1).wanted, 5);
        assert_eq!(failing(2), Decision::new(9, Cause::Fallback { failures: 4 }));
        let none = Observation { stale_steps: 1, ..seen(&loads, 5, 0, &service) };
        assert_eq!(Rule::decide(&mut keda(""), &none).wanted, 5);
    }

    #[test]
    fn a_formula_that_gives_no_number_is_said() {
        let service = service();
        let notes = |settings: &str, stale_steps| {
            let mut policy = keda(settings);
            for loads in [&[30.0][..], &[30.0, 0.0]] {
                let seen = Observation { stale_steps, ..seen(loads, 5, 0, &service) };
                Rule::decide(&mut policy, &seen);
            }
            Rule::notes(&policy)
        };
        for (formula, times) in [("load/0", 2), ("1/load", 1), ("load + memory", 2)] {
            let expected = format!(
                "the formula of keda, \"{formula}\", gave no number at {times} of 2 decisions whose load was known, and \
                 the trigger counts as failed then"
            );
            assert_eq!(notes(&format!("formula={formula}"), 0), [expected]);
        }
        // A load that was not reported is no fault of the formula.
        assert_eq!((notes("", 0), notes("", 1)), (Vec::new(), Vec::new()));
    }

    #[test]
    fn a_formula_of_another_name_is_refused_by_that_name() {
        let given = Given::parse("formula=load + nope").unwrap();
        let error = Keda::new(read("keda", &given).unwrap()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "formula of keda should be a formula of load, capacity, cpu, memory, network, disk, response_time \
             without \"nope\", but is \"load + nope\""
        );
    }

    /// What `policy` wants, from five on, when three steps of load are followed by none; and those loads.
    fn without_load(policy: &mut Keda, service: &Service) -> (Vec<f64>, Vec<u32>) {
        let mut loads = vec![30.0; 3];
        loads.extend([0.0; 20]);
        let mut total = 5;
        let mut totals = Vec::new();
        for k in 1..20 {
            total = Rule::decide(policy, &seen(&loads[..k], total, 0, service)).wanted;
            totals.push(total);
        }
        (loads, totals)
    }

    #[test]
    fn zero_comes_after_the_cooldown() {
        let mut service = service();
        service.min = 0;
        let mut policy = keda("");
        let (mut loads, totals) = without_load(&mut policy, &service);
        let zero = totals.iter().position(|count| *count == 0).unwrap() + 1;
        assert_eq!(zero, 8, "{totals:?}");
        loads.push(6.0);
        assert_eq!(Rule::decide(&mut policy, &seen(&loads, 0, 0, &service)).wanted, 1);
    }

    #[test]
    fn an_idle_count_is_below_the_least_and_left_with_load() {
        let service = service();
        let mut policy = keda("min-replicas=3,idle=1");
        let (mut loads, totals) = without_load(&mut policy, &service);
        // Five minutes after the last load it is idle, and never between one and three before.
        assert_eq!(totals.iter().position(|count| *count == 1), Some(7), "{totals:?}");
        assert!(totals[..7].iter().all(|count| *count >= 3), "{totals:?}");
        loads.push(6.0);
        assert_eq!(Rule::decide(&mut policy, &seen(&loads, 1, 0, &service)).wanted, 3);
        for settings in ["idle=0", "idle=3,min-replicas=3"] {
            let given = Given::parse(settings).unwrap();
            let error = Keda::new(read("keda", &given).unwrap()).unwrap_err().to_string();
            assert!(error.starts_with("idle of keda should be below min-replicas"), "{error}");
        }
    }
}
