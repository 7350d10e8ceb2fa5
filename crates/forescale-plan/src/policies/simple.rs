//! The textbook autoscaler: one more when busy, one fewer when idle.

use crate::policies::cause::{Cause, Decision};
use crate::policies::error::PolicyError;
use crate::policies::observation::Observation;
use crate::policies::policy::{Past, Rule, Strategy};
use crate::policies::settings::{Field, Key, Keys, key};

/// One instance more above `target + above`, one fewer below `target - below`, at every step.
///
/// It differs from the sketch in one thing: that one takes instances which start for idle ones, so its mean falls when it
/// scales out. Here the mean is over the instances that serve. Its bounds of 2 and 10 are those of the fleet.
#[derive(Debug)]
pub struct Simple {
    settings: Settings,
}

/// The band around the target.
#[derive(Debug, Clone)]
pub struct Settings {
    target: f64,
    above: f64,
    below: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { target: 0.7, above: 0.1, below: 0.2 }
    }
}

impl Keys for Settings {
    const KEYS: &'static [Key<Self>] = &[
        key!("target", target, "mean CPU utilisation aimed at", Share),
        key!("above", above, "how far above the target is too busy", Number, 0.0, 1.0),
        key!("below", below, "how far below the target is too idle", Number, 0.0, 1.0),
    ];
}

impl Rule for Simple {
    type Settings = Settings;
    const NAME: &'static str = "simple";
    const STRATEGY: Strategy = Strategy::Reactive;
    const SUMMARY: &'static str = "one more above 80 % CPU, one fewer below 50 %";
    const SOURCE: &'static str = "textbook sketch of the auto-scaling pattern";

    fn new(settings: Settings) -> Result<Self, PolicyError> {
        Ok(Self { settings })
    }

    fn current(&self) -> &Settings {
        &self.settings
    }

    fn prepare(&mut self, _: &Past<'_>) -> Result<(), PolicyError> {
        Ok(())
    }

    #[inline]
    fn decide(&mut self, seen: &Observation<'_>) -> Decision {
        let total = seen.total();
        if seen.is_blind() {
            return Decision::new(total, Cause::NoData);
        }
        let Settings { target, above, below } = self.settings;
        let cause = Cause::Utilization { seen: seen.utilization(), target };
        if seen.utilization() > target + above {
            Decision::new(total.saturating_add(1), cause)
        } else if seen.utilization() < target - below {
            Decision::new(total - 1, cause)
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
    fn it_moves_by_one_outside_the_band() {
        let service = service();
        let mut policy = Simple::new(Settings::default()).unwrap();
        let mut wanted = |load| Rule::decide(&mut policy, &seen(&[load], 4, 1, &service)).wanted;
        assert_eq!([wanted(19.0), wanted(21.0), wanted(31.0), wanted(33.0)], [4, 5, 5, 6]);
    }
}
