//! A fixed number of instances: the fleet without autoscaling.

use crate::policies::cause::{Cause, Decision};
use crate::policies::error::PolicyError;
use crate::policies::observation::Observation;
use crate::policies::policy::{Past, Rule, Strategy};
use crate::policies::settings::{Field, Key, Keys, key};

/// Holds `n` instances; without a number, what the busiest step before scoring needed.
///
/// Without a time before scoring it holds what runs.
#[derive(Debug)]
pub struct Static {
    settings: Settings,
    held: Option<u32>,
}

/// How many.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    n: Option<u32>,
}

impl Keys for Settings {
    const KEYS: &'static [Key<Self>] = &[key!(
        "n",
        n,
        "instances; auto is what the busiest step before scoring needed",
        AutoCount
    )];
}

impl Rule for Static {
    type Settings = Settings;
    const NAME: &'static str = "static";
    const STRATEGY: Strategy = Strategy::Scheduled;
    const SUMMARY: &'static str =
        "a fixed number of instances, by default what the past peak needed";
    const SOURCE: &'static str = "the baseline without autoscaling";

    fn new(settings: Settings) -> Result<Self, PolicyError> {
        Ok(Self { held: settings.n, settings })
    }

    fn current(&self) -> &Settings {
        &self.settings
    }

    fn prepare(&mut self, past: &Past<'_>) -> Result<(), PolicyError> {
        let peak = past.loads.iter().copied().fold(f64::NAN, f64::max);
        if self.settings.n.is_none() && peak.is_finite() {
            let needed = past.service.capacity.needed(peak);
            let needed = needed.map_err(|error| PolicyError::Unsuitable {
                policy: Self::NAME,
                reason: format!("cannot hold the peak: {error}"),
            })?;
            self.settings.n = Some(needed.0.max(past.service.min));
        }
        self.held = self.settings.n;
        Ok(())
    }

    #[inline]
    fn decide(&mut self, seen: &Observation<'_>) -> Decision {
        Decision::new(*self.held.get_or_insert(seen.total()), Cause::Fixed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::observation::tests::{seen, service};
    use forescale_core::Foresight;

    #[test]
    fn it_learns_the_peak_and_says_so() {
        let service = service();
        let mut policy = Static::new(Settings::default()).unwrap();
        let past = Past {
            service: &service,
            loads: &[10.0, 41.0, 20.0],
            foresight: &Foresight::default(),
        };
        Rule::prepare(&mut policy, &past).unwrap();
        assert_eq!(Rule::decide(&mut policy, &seen(&[], 1, 0, &service)).wanted, 6);
        assert_eq!(policy.current().n, Some(6));
    }

    #[test]
    fn without_a_past_it_holds_what_runs() {
        let service = service();
        let mut policy = Static::new(Settings::default()).unwrap();
        for total in [4, 9] {
            assert_eq!(Rule::decide(&mut policy, &seen(&[], total, 0, &service)).wanted, 4);
        }
    }
}
