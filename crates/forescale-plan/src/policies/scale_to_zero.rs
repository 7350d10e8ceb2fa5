//! No instance at all while no load is probable.

use std::sync::Arc;

use forescale_core::Outlook;

use crate::policies::cause::{Cause, Decision};
use crate::policies::error::PolicyError;
use crate::policies::forescale::Forescale;
use crate::policies::observation::Observation;
use crate::policies::policy::{Past, Rule, Strategy};
use crate::policies::settings::{Field, Key, Keys, key};
use crate::policies::window::Largest;

/// `forescale`, and no instance while load is improbable before a cold start could answer it; the first one is launched
/// ahead of load that is expected.
///
/// Where the fleet has a minimum it holds, so that this is `forescale` alone.
#[derive(Debug)]
pub struct ScaleToZero {
    settings: Settings,
    base: Forescale,
    outlook: Option<Arc<dyn Outlook>>,
    seen: Largest,
}

/// When there may be no instance.
#[derive(Debug, Clone)]
pub struct Settings {
    budget: f64,
    idle_load: f64,
    cold_start_budget: f64,
    grace: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { budget: 0.001, idle_load: 0.0, cold_start_budget: 0.02, grace: 300.0 }
    }
}

impl Keys for Settings {
    const KEYS: &'static [Key<Self>] = &[
        key!("budget", budget, "share of the time that may be under-provisioned", Share),
        key!("idle-load", idle_load, "load up to which none has to serve", Number, 0.0, 1e12),
        key!(
            "cold-start-budget",
            cold_start_budget,
            "probability of load within a cold start at which none may serve",
            Share
        ),
        key!("grace", grace, "how long there must have been no load", Span),
    ];
}

impl Rule for ScaleToZero {
    type Settings = Settings;
    const NAME: &'static str = "scale-to-zero";
    const STRATEGY: Strategy = Strategy::Proactive;
    const SUMMARY: &'static str = "forescale, and none while load is improbable";
    const SOURCE: &'static str = "Knative's scale-to-zero grace period, with odds for its time";

    fn new(settings: Settings) -> Result<Self, PolicyError> {
        let base = Forescale::within(settings.budget);
        Ok(Self { settings, base, outlook: None, seen: Largest::new(1) })
    }

    fn current(&self) -> &Settings {
        &self.settings
    }

    fn prepare(&mut self, past: &Past<'_>) -> Result<(), PolicyError> {
        self.outlook = Some(past.outlook_for(Self::NAME)?);
        self.seen = Largest::new(past.service.steps_in(self.settings.grace));
        Rule::prepare(&mut self.base, past)
    }

    fn decide(&mut self, seen: &Observation<'_>) -> Decision {
        let busiest = self.seen.of(seen.loads);
        let decision = Rule::decide(&mut self.base, seen);
        let quiet = busiest.is_some_and(|load| load <= self.settings.idle_load);
        if quiet && self.is_improbable(seen) == Some(true) {
            return Decision::new(0, Cause::Idle);
        }
        Decision::new(decision.wanted.max(1), decision.cause)
    }
}

impl ScaleToZero {
    /// Whether load within a cold start is within the budget: the sum over its steps, which bounds it from above.
    fn is_improbable(&self, seen: &Observation<'_>) -> Option<bool> {
        let outlook = self.outlook.as_deref()?;
        let steps = seen.service.startup_steps + 1;
        let each = self.settings.cold_start_budget / steps as f64;
        for step in seen.step..seen.step + steps {
            let known = seen.loads.len();
            if outlook.quantile(known, step + 1 - known, each).ok()? > self.settings.idle_load {
                return Some(false);
            }
        }
        Some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::observation::tests::{seen, service};
    use crate::policies::outlooks::Exponential;
    use forescale_core::Foresight;

    fn decision(base: f64, loads: &[f64]) -> Decision {
        let service = service();
        let settings = Settings { idle_load: 1.0, ..Settings::default() };
        let mut policy = ScaleToZero::new(settings).unwrap();
        let outlook: Arc<dyn Outlook> = Arc::new(Exponential { base, scale: 0.1 });
        let foresight = Foresight { outlook: Some(outlook), ..Foresight::default() };
        Rule::prepare(&mut policy, &Past { service: &service, loads: &[], foresight: &foresight })
            .unwrap();
        Rule::decide(&mut policy, &seen(loads, 1, 0, &service))
    }

    #[test]
    fn a_quiet_service_sleeps_only_while_no_load_is_expected() {
        // P(y > 1) = e^(-10) for a base of 0, and 0.02 / 6 = e^(-5.7).
        assert_eq!(decision(0.0, &[0.5; 6]), Decision::new(0, Cause::Idle));
        assert!(decision(0.6, &[0.5; 6]).wanted > 0, "load is expected");
        assert!(decision(0.0, &[0.5, 4.0, 0.5]).wanted > 0, "there was load just now");
        assert!(decision(0.0, &[]).wanted > 0, "nothing was seen, which is not no load");
    }
}
