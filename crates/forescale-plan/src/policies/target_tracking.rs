//! AWS target tracking: two alarms around a target, and a proportional answer.

use crate::policies::cause::{Cause, Decision};
use crate::policies::error::PolicyError;
use crate::policies::observation::{Observation, whole};
use crate::policies::policy::{Past, Rule, Strategy};
use crate::policies::settings::{Field, Key, Keys, key};

/// Out after three minutes above the target, in after fifteen below nine tenths of it, both by `utilisation / target`.
///
/// Starting instances are counted when it scales out, and block scaling in, as the instance warm-up of EC2 does. The
/// alarms are those that target tracking makes for itself; AWS does not promise them.
#[derive(Debug)]
pub struct TargetTracking {
    settings: Settings,
    above_s: f64,
    below_s: f64,
}

/// The target and the alarms.
#[derive(Debug, Clone)]
pub struct Settings {
    target: f64,
    high: f64,
    low: f64,
    low_share: f64,
    scale_in: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { target: 0.6, high: 180.0, low: 900.0, low_share: 0.9, scale_in: true }
    }
}

impl Keys for Settings {
    const KEYS: &'static [Key<Self>] = &[
        key!("target", target, "CPU utilisation aimed at", Share),
        key!("high", high, "how long it is above the target before it scales out", Span),
        key!("low", low, "how long it is below the low threshold before it scales in", Span),
        key!("low-share", low_share, "the low threshold as a share of the target", Share),
        key!("scale-in", scale_in, "whether it scales in at all", Flag),
    ];
}

impl Rule for TargetTracking {
    type Settings = Settings;
    const NAME: &'static str = "target-tracking";
    const STRATEGY: Strategy = Strategy::Reactive;
    const SUMMARY: &'static str = "AWS: alarms of 3 and 15 minutes around a CPU target";
    const SOURCE: &'static str = "Amazon EC2 Auto Scaling, target tracking policies (user guide)";

    fn new(settings: Settings) -> Result<Self, PolicyError> {
        Ok(Self { settings, above_s: 0.0, below_s: 0.0 })
    }

    fn current(&self) -> &Settings {
        &self.settings
    }

    fn prepare(&mut self, _: &Past<'_>) -> Result<(), PolicyError> {
        (self.above_s, self.below_s) = (0.0, 0.0);
        Ok(())
    }

    #[inline]
    fn decide(&mut self, seen: &Observation<'_>) -> Decision {
        let total = seen.total();
        if seen.is_blind() {
            return Decision::new(total, Cause::NoData);
        }
        let Settings { target, high, low, low_share, scale_in } = self.settings;
        let busy = seen.utilization();
        let step = seen.service.step.seconds() as f64;
        self.above_s = if busy > target { self.above_s + step } else { 0.0 };
        self.below_s = if busy < low_share * target { self.below_s + step } else { 0.0 };
        let cause = Cause::Utilization { seen: busy, target };
        let asked = || whole(f64::from(seen.serving) * busy / target);
        let warming = seen.starting + seen.warming > 0;
        if busy > target && self.above_s >= high {
            Decision::new(total.max(asked()), cause)
        } else if scale_in && busy < low_share * target && self.below_s >= low && !warming {
            Decision::new(total.min(asked()), cause)
        } else {
            Decision::new(total, Cause::Steady)
        }
    }
}

impl TargetTracking {
    /// Toward `target`, with the alarms that it makes for itself.
    pub(crate) fn toward(target: f64) -> Self {
        let settings = Settings { target, ..Settings::default() };
        Self { settings, above_s: 0.0, below_s: 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::observation::tests::{seen, service};

    /// What is wanted after each minute of the same load.
    fn minutes(load: f64, serving: u32, starting: u32, count: usize) -> Vec<u32> {
        let service = service();
        let mut policy = TargetTracking::new(Settings::default()).unwrap();
        let loads = vec![load; count];
        (1..=count)
            .map(|k| {
                let seen = seen(&loads[..k], serving, starting, &service);
                Rule::decide(&mut policy, &seen).wanted
            })
            .collect()
    }

    #[test]
    fn three_minutes_above_scale_out_in_proportion() {
        assert_eq!(minutes(36.0, 4, 0, 4), [4, 4, 6, 6]);
        assert_eq!(minutes(36.0, 4, 5, 3), [9, 9, 9]);
    }

    #[test]
    fn fifteen_minutes_below_scale_in_unless_an_instance_starts() {
        let wanted = minutes(12.0, 4, 0, 15);
        assert_eq!((wanted[13], wanted[14]), (4, 2));
        assert_eq!(minutes(12.0, 4, 1, 20), [5; 20]);
        assert_eq!(minutes(23.0, 4, 0, 20), [4; 20]);
    }
}
