//! The cheapest number of instances when a violation has a price.

use std::sync::Arc;

use forescale_core::Outlook;

use crate::policies::cause::{Cause, Decision};
use crate::policies::error::PolicyError;
use crate::policies::forescale::needed;
use crate::policies::observation::Observation;
use crate::policies::policy::{Past, Rule, Strategy};
use crate::policies::settings::{Field, Key, Keys, key};
use crate::policies::window::Largest;

/// The largest probability that is weighed, and the factor to the next one, as often as [`TRIALS`].
const LARGEST: f64 = 0.5;
const FACTOR: f64 = 0.85;
const TRIALS: usize = 100;

/// Weighs every minute with too few instances at a price, and the instances of the start-up window with it: it asks for
/// the number whose cost and expected violations are least.
///
/// It minimises `n + price * P(the load of the window > what n carry)` over the quantiles of the next minutes, each
/// of 0.85 times the probability of the one before. A load that was seen is held for `net`.
#[derive(Debug)]
pub struct Priced {
    settings: Settings,
    outlook: Option<Arc<dyn Outlook>>,
    seen: Largest,
}

/// What a violation is worth.
#[derive(Debug, Clone)]
pub struct Settings {
    price: f64,
    net: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { price: 100.0, net: 300.0 }
    }
}

impl Keys for Settings {
    const KEYS: &'static [Key<Self>] = &[
        key!(
            "price",
            price,
            "what a minute with too few is worth, in instance-minutes",
            Number,
            1e-3,
            1e9
        ),
        key!("net", net, "how long a load that was seen is held", Span),
    ];
}

impl Rule for Priced {
    type Settings = Settings;
    const NAME: &'static str = "priced";
    const STRATEGY: Strategy = Strategy::Proactive;
    const SUMMARY: &'static str = "instances against the price of too few";
    const SOURCE: &'static str =
        "the newsvendor's critical ratio (Arrow, Harris and Marschak, 1951)";

    fn new(settings: Settings) -> Result<Self, PolicyError> {
        Ok(Self { settings, outlook: None, seen: Largest::new(1) })
    }

    fn current(&self) -> &Settings {
        &self.settings
    }

    fn prepare(&mut self, past: &Past<'_>) -> Result<(), PolicyError> {
        self.outlook = Some(past.outlook_for(Self::NAME)?);
        self.seen = Largest::new(past.service.steps_in(self.settings.net));
        Ok(())
    }

    fn decide(&mut self, seen: &Observation<'_>) -> Decision {
        let last = self.seen.of(seen.loads).unwrap_or(0.0);
        let Some((exceeded, load)) = self.worth(seen) else {
            return Decision::new(seen.total(), Cause::NoData);
        };
        let (wanted, held) = (needed(seen, load), needed(seen, last));
        if held > wanted {
            return Decision::new(held, Cause::Stabilized { newest: wanted });
        }
        Decision::new(wanted, Cause::Priced { load, exceeded })
    }
}

impl Priced {
    /// The probability that it pays to leave, and the load that is exceeded as often.
    fn worth(&self, seen: &Observation<'_>) -> Option<(f64, f64)> {
        let outlook = self.outlook.as_deref()?;
        let ahead = seen.step..=seen.step + seen.service.startup_steps;
        let mut best = (f64::INFINITY, 0.0, 0.0);
        for trial in 0..TRIALS {
            let exceeded = LARGEST * FACTOR.powi(trial as i32);
            let mut load = 0.0_f64;
            for step in ahead.clone() {
                let h = step + 1 - seen.loads.len();
                load = load.max(outlook.quantile(seen.loads.len(), h, exceeded).ok()?);
            }
            let instances = f64::from(needed(seen, load));
            let cost = instances + self.settings.price * exceeded;
            if cost < best.0 {
                best = (cost, exceeded, load);
            }
            // What is left to be saved is less than one more instance costs.
            if self.settings.price * exceeded < 1.0 {
                break;
            }
        }
        Some((best.1, best.2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::observation::tests::{seen, service};
    use crate::policies::outlooks::Exponential;
    use forescale_core::Foresight;

    fn wanted(price: f64) -> u32 {
        let service = service();
        let mut policy = Priced::new(Settings { price, net: 60.0 }).unwrap();
        let outlook: Arc<dyn Outlook> = Arc::new(Exponential { base: 80.0, scale: 8.0 });
        let foresight = Foresight { outlook: Some(outlook), ..Foresight::default() };
        Rule::prepare(&mut policy, &Past { service: &service, loads: &[], foresight: &foresight })
            .unwrap();
        Rule::decide(&mut policy, &seen(&[80.0], 10, 0, &service)).wanted
    }

    #[test]
    fn a_dearer_violation_buys_more_instances_and_just_those_that_pay() {
        // An instance carries 8 and P(y > 80 + x) = e^(-x / 8): one more pays while price * p * (1 - 1/e) > 1.
        assert_eq!([1.0, 10.0, 100.0, 1_000.0].map(wanted), [11, 12, 15, 17]);
    }
}
