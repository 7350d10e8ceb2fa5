//! Enough instances for what the load of the start-up window exceeds only as often as the budget allows.

use std::sync::Arc;

use forescale_core::Outlook;

use crate::policies::cause::{Cause, Decision};
use crate::policies::error::PolicyError;
use crate::policies::observation::Observation;
use crate::policies::policy::{Past, Rule, Strategy};
use crate::policies::settings::{Field, Key, Keys};
use crate::policies::window::Largest;

/// The quantile that stands for a budget of [`ANCHOR`] exceeds it by this factor: what is held from the last minutes,
/// and the whole instances that are asked for, leave fewer violations than the quantile alone would.
const EXCEEDED_OVER_BUDGET: f64 = 4.0;
const ANCHOR: f64 = 0.08;

/// The factor falls with this power of the budget: the rarer an event, the fewer like it were seen, and the more the
/// quantile lacks of the next one. Over 43 traces the mean under-provisioned time is 1.0 to 1.25 of budgets of 0.1 to 8 %.
const RARITY: f64 = 0.12;

/// An expected error that gets exactly its budget, as a share of the usual load.
const USUAL_ERROR: f64 = 0.25;

/// How much more may be violated where safety is dear. With an exponential tail of scale `σ` an instance less costs
/// `σ / p` of violations, so one budget is spent at least cost with `p` in proportion to `σ`; the exponent is below 1
/// because `σ` is an estimate, and because no service should pay for another.
const EXPONENT: f64 = 0.4;

/// The least and the largest of what the budget is multiplied by, before the exponent.
const MOST_UNEVEN: f64 = 4.0;

/// What was planned or seen before is held only as far as it is not exceeded this many times more seldom.
const HELD_BEYOND: f64 = 3.0;

/// For every step of the start-up window asks for the load that is exceeded as often as the budget allows, and holds
/// the largest; what was planned or seen in the last minutes is held as well, as far as it may come back.
///
/// With a forecast that is always right it is the cheapest plan without a violation: it launches as late as possible
/// and keeps an instance through gaps that are too short to start it anew.
#[derive(Debug)]
pub struct Forescale {
    settings: Settings,
    outlook: Option<Arc<dyn Outlook>>,
    planned: Largest,
    seen: Largest,
}

/// How often, and how long what was planned and seen is held.
#[derive(Debug, Clone)]
pub struct Settings {
    budget: f64,
    hold: f64,
    net: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { budget: 0.001, hold: 900.0, net: 300.0 }
    }
}

impl Keys for Settings {
    const KEYS: &'static [Key<Self>] = &[
        Key {
            name: "budget",
            about: "share of the time that may be under-provisioned",
            field: |s| Field::Share(&mut s.budget),
        },
        Key {
            name: "hold",
            about: "how long a plan is held that newer forecasts do not exclude",
            field: |s| Field::Span(&mut s.hold),
        },
        Key {
            name: "net",
            about: "how long a load that was seen is held, likewise",
            field: |s| Field::Span(&mut s.net),
        },
    ];
}

impl Rule for Forescale {
    type Settings = Settings;
    const NAME: &'static str = "forescale";
    const STRATEGY: Strategy = Strategy::Proactive;
    const SUMMARY: &'static str = "a quantile of the forecast over the start-up window, by budget";
    const SOURCE: &'static str = "forescale, docs/decisions.md";

    fn new(settings: Settings) -> Result<Self, PolicyError> {
        Ok(Self { settings, outlook: None, planned: Largest::new(1), seen: Largest::new(1) })
    }

    fn current(&self) -> &Settings {
        &self.settings
    }

    fn prepare(&mut self, past: &Past<'_>) -> Result<(), PolicyError> {
        self.outlook = Some(past.outlook_for(Self::NAME)?);
        self.planned = Largest::new(past.service.steps_in(self.settings.hold));
        self.seen = Largest::new(past.service.steps_in(self.settings.net));
        Ok(())
    }

    fn decide(&mut self, seen: &Observation<'_>) -> Decision {
        let Some(ahead) = self.ahead(seen) else {
            return Decision::new(seen.total(), Cause::NoData);
        };
        let newest = needed(seen, ahead.newest);
        let wanted = newest.max(needed(seen, ahead.held));
        if wanted > newest {
            return Decision::new(wanted, Cause::Stabilized { newest });
        }
        let at = seen.service.time_at(ahead.step);
        Decision::new(wanted, Cause::Forecast { load: ahead.newest, at })
    }
}

/// The load that has to be carried.
pub(crate) struct Ahead {
    /// By the newest forecast.
    newest: f64,
    /// The step it is expected at.
    step: usize,
    /// What is held from before.
    held: f64,
}

impl Ahead {
    /// The larger of both.
    pub(crate) fn load(&self) -> f64 {
        self.newest.max(self.held)
    }
}

/// What the steps of the start-up window may bring.
struct Window {
    /// The largest quantile, and the step it is expected at.
    load: f64,
    step: usize,
    /// The largest load that is still likely enough to be held.
    beyond: f64,
}

impl Forescale {
    /// The rule for policies that weigh more than it does.
    pub(crate) fn within(budget: f64) -> Self {
        let settings = Settings { budget, ..Settings::default() };
        Self { settings, outlook: None, planned: Largest::new(1), seen: Largest::new(1) }
    }

    /// The load that has to be carried from now until an instance serves that is launched now; none without a forecast.
    pub(crate) fn ahead(&mut self, seen: &Observation<'_>) -> Option<Ahead> {
        let largest = self.seen.of(seen.loads).unwrap_or(0.0);
        let outlook = self.outlook.clone()?;
        let window = self.window(outlook.as_ref(), seen)?;
        let held = self.planned.add(window.load).max(largest).min(window.beyond);
        Some(Ahead { newest: window.load, step: window.step, held })
    }

    /// The window from the step that begins to the one at which an instance serves that is launched now.
    fn window(&self, outlook: &dyn Outlook, seen: &Observation<'_>) -> Option<Window> {
        let known = seen.loads.len();
        let mut window = Window { load: 0.0, step: seen.step, beyond: 0.0 };
        for step in seen.step..=seen.step + seen.service.startup_steps {
            let h = step + 1 - known;
            let exceeded = self.exceeded(outlook.expected_error(known, h).ok()?);
            let load = outlook.quantile(known, h, exceeded).ok()?;
            if load > window.load {
                (window.load, window.step) = (load, step);
            }
            let beyond = outlook.quantile(known, h, exceeded / HELD_BEYOND).ok()?;
            window.beyond = window.beyond.max(beyond);
        }
        Some(window)
    }

    /// How often a step may be exceeded whose forecast is expected to be off by this share of the usual load.
    fn exceeded(&self, expected_error: f64) -> f64 {
        let budget = self.settings.budget;
        let usual = EXCEEDED_OVER_BUDGET * budget * (budget / ANCHOR).powf(RARITY);
        let uneven = (expected_error / USUAL_ERROR).clamp(1.0 / MOST_UNEVEN, MOST_UNEVEN);
        (usual * uneven.powf(EXPONENT)).min(0.5)
    }
}

/// Instances that carry `load`; as many as there can be when they cannot be counted.
pub(crate) fn needed(seen: &Observation<'_>, load: f64) -> u32 {
    seen.service.capacity.needed(load).map_or(u32::MAX, |count| count.0)
}
