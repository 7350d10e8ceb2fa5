//! AWS step scaling: the further a metric is beyond its threshold, the larger the step.

use crate::policies::cause::{Cause, Decision};
use crate::policies::error::PolicyError;
use crate::policies::observation::Observation;
use crate::policies::policy::{Past, Rule, Strategy};
use crate::policies::settings::{Field, Key, Keys, key};
use crate::policies::steps::{Direction, Steps};

/// Steps up after two minutes above the target, steps down after fifteen well below it.
///
/// Starting instances count: a breach that goes on adds only what is missing to the step from what serves. They also
/// block a step down.
#[derive(Debug)]
pub struct StepScaling {
    settings: Settings,
    up: Steps,
    down: Steps,
    above_s: f64,
    below_s: f64,
}

/// Thresholds and steps.
#[derive(Debug, Clone)]
pub struct Settings {
    target: f64,
    band: f64,
    up: String,
    down: String,
    high: f64,
    low: f64,
    min_adjustment: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            target: 0.6,
            band: 0.2,
            up: "0..10:+10%;10..20:+20%;20..:+40%".to_owned(),
            down: "..0:-10%".to_owned(),
            high: 120.0,
            low: 900.0,
            min_adjustment: 1,
        }
    }
}

impl Keys for Settings {
    const KEYS: &'static [Key<Self>] = &[
        key!("target", target, "CPU utilisation above which it steps up", Share),
        key!("band", band, "how far below the target it steps down", Number, 0.0, 1.0),
        key!("up", up, "steps up, in points above the target: LOWER..UPPER:CHANGE;...", Text),
        key!("down", down, "steps down, in points from the low threshold", Text),
        key!("high", high, "how long it is above before it steps up", Span),
        key!("low", low, "how long it is below before it steps down", Span),
        key!(
            "min-adjustment",
            min_adjustment,
            "least change by a step in percent",
            Count,
            1,
            1_000_000
        ),
    ];
}

impl Rule for StepScaling {
    type Settings = Settings;
    const NAME: &'static str = "step-scaling";
    const STRATEGY: Strategy = Strategy::Reactive;
    const SUMMARY: &'static str = "AWS: larger steps for larger breaches of a CPU target";
    const SOURCE: &'static str = "Amazon EC2 Auto Scaling, step scaling policies (user guide, API)";

    fn new(settings: Settings) -> Result<Self, PolicyError> {
        let steps = |key, text: &str, direction| {
            Steps::parse(text, direction).map_err(|expected| PolicyError::Value {
                policy: Self::NAME,
                key,
                expected,
                value: text.to_owned(),
            })
        };
        Ok(Self {
            up: steps("up", &settings.up, Direction::Above)?,
            down: steps("down", &settings.down, Direction::Below)?,
            settings,
            above_s: 0.0,
            below_s: 0.0,
        })
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
        let Settings { target, band, high, low, min_adjustment, .. } = self.settings;
        let (busy, floor) = (seen.utilization(), target - band);
        let step = seen.service.step.seconds() as f64;
        self.above_s = if busy > target { self.above_s + step } else { 0.0 };
        self.below_s = if busy < floor { self.below_s + step } else { 0.0 };
        let cause = Cause::Utilization { seen: busy, target };
        let points = |threshold: f64| (busy - threshold) * 100.0;
        if busy > target && self.above_s >= high {
            let asked = self.up.apply(seen.serving, points(target), min_adjustment);
            Decision::new(total.max(asked), cause)
        } else if busy < floor && self.below_s >= low && seen.starting + seen.warming == 0 {
            let asked = self.down.apply(total, points(floor), min_adjustment);
            Decision::new(total.min(asked), cause)
        } else {
            Decision::new(total, Cause::Steady)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::observation::tests::{seen, service};

    #[test]
    fn a_breach_that_goes_on_adds_only_what_is_missing() {
        let service = service();
        let mut policy = StepScaling::new(Settings::default()).unwrap();
        let loads = [170.0; 4];
        let mut wanted = |k: usize, starting| {
            Rule::decide(&mut policy, &seen(&loads[..k], 20, starting, &service)).wanted
        };
        // 85 % is 25 points above 60 %: 40 % of 20.
        assert_eq!([wanted(1, 0), wanted(2, 0), wanted(3, 8)], [20, 28, 28]);
    }

    #[test]
    fn steps_that_do_not_fit_are_refused() {
        let settings = Settings { up: "5..:+10%;0..6:+1".to_owned(), ..Settings::default() };
        let message = StepScaling::new(settings).unwrap_err().to_string();
        assert!(message.contains("steps that meet without gap or overlap"), "{message}");
    }
}
