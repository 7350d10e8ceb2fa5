//! One plan over many load paths, made again and again.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use forescale_core::{Forecast, Forecasts, Replicas};

use crate::fleet::FleetState;
use crate::limits::Limits;
use crate::objectives::{PathSettings, ScenarioStep, plan_over_paths, sample_paths};
use crate::policies::cause::{Cause, Decision};
use crate::policies::error::PolicyError;
use crate::policies::forescale::needed;
use crate::policies::observation::Observation;
use crate::policies::policy::{Past, Rule, Strategy};
use crate::policies::settings::{Field, Key, Keys, key};
use crate::policies::window::Largest;

/// Draws load paths from the calibrated forecast of the next 45 minutes, with their correlation in time, makes the
/// cheapest plan that is short on few of them, and follows it until the next one; a load that was seen is held.
///
/// The forecast is made on the steps of the history, so what happens within one is not seen. Before there is a forecast
/// the load that was seen is carried, with a margin.
#[derive(Debug)]
pub struct Scenarios {
    settings: Settings,
    forecasts: Option<Arc<dyn Forecasts>>,
    plan: Vec<ScenarioStep>,
    fresh_until: usize,
    seen: Largest,
}

/// Paths, their correlation, the budget and the refresh.
#[derive(Debug, Clone)]
pub struct Settings {
    budget: f64,
    paths: u32,
    correlation: f64,
    refresh: f64,
    horizon: f64,
    net: f64,
    margin: f64,
    seed: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            budget: 0.001,
            paths: 200,
            correlation: 0.8,
            refresh: 900.0,
            horizon: 2_700.0,
            net: 300.0,
            margin: 0.2,
            seed: 1,
        }
    }
}

impl Keys for Settings {
    const KEYS: &'static [Key<Self>] = &[
        key!("budget", budget, "share of the time that may be under-provisioned", Share),
        key!("paths", paths, "load paths", Count, 1, 100_000),
        key!("correlation", correlation, "of neighbouring steps of a path", Number, 0.0, 0.999),
        key!("refresh", refresh, "how often the plan is made again", Span),
        key!("horizon", horizon, "how far the plan looks, at most two hours", Span),
        key!("net", net, "how long a load that was seen is held", Span),
        key!(
            "margin",
            margin,
            "above what was seen, while there is no forecast",
            Number,
            0.0,
            10.0
        ),
        key!("seed", seed, "where random numbers start", Count, 0, u32::MAX),
    ];
}

impl Rule for Scenarios {
    type Settings = Settings;
    const NAME: &'static str = "scenarios";
    const STRATEGY: Strategy = Strategy::Proactive;
    const SUMMARY: &'static str = "one plan over many load paths drawn from the forecast";
    const SOURCE: &'static str = "Luedtke & Ahmed 2008; Pinson et al. 2009";

    fn new(settings: Settings) -> Result<Self, PolicyError> {
        let seen = Largest::new(1);
        Ok(Self { settings, forecasts: None, plan: Vec::new(), fresh_until: 0, seen })
    }

    fn current(&self) -> &Settings {
        &self.settings
    }

    fn prepare(&mut self, past: &Past<'_>) -> Result<(), PolicyError> {
        self.forecasts = past.foresight.forecasts.clone();
        (self.plan, self.fresh_until) = (Vec::new(), 0);
        self.seen = Largest::new(past.service.steps_in(self.settings.net));
        Ok(())
    }

    fn decide(&mut self, seen: &Observation<'_>) -> Decision {
        let Some(last) = self.seen.of(seen.loads) else {
            return Decision::new(seen.total(), Cause::NoData);
        };
        if seen.step >= self.fresh_until {
            self.plan = self.look_ahead(seen).unwrap_or_default();
            self.fresh_until = seen.step + seen.service.steps_in(self.settings.refresh);
        }
        let until = seen.now() + startup(seen);
        let Some(planned) = self.most(seen.now(), until) else {
            let change = last * self.settings.margin;
            let cause = Cause::Persistence { load: last, change };
            return Decision::new(needed(seen, last + change), cause);
        };
        let held = needed(seen, last);
        match held > planned {
            true => Decision::new(held, Cause::Stabilized { newest: planned }),
            false => Decision::new(planned, Cause::Paths { paths: self.settings.paths }),
        }
    }
}

impl Scenarios {
    /// The plan from now on; none without a forecast.
    fn look_ahead(&self, seen: &Observation<'_>) -> Option<Vec<ScenarioStep>> {
        let forecast = self.forecasts.as_ref()?.after(seen.loads.len()).ok()?;
        let seconds = forecast.frequency().seconds() as f64;
        let forecast = first_steps(&forecast, (self.settings.horizon / seconds).ceil() as usize)?;
        let now = seen.now().max(forecast.origin());
        // What is launched before the forecast begins has so much less to wait for.
        let startup = (startup(seen) - (now - seen.now())).max(TimeDelta::zero());
        let fleet = FleetState::new(now, Replicas(seen.total()), startup);
        let limits = Limits {
            min: Replicas(seen.service.min),
            max: Some(Replicas(seen.service.max)),
            ..Limits::default()
        };
        let settings = PathSettings {
            paths: self.settings.paths as usize,
            seed: u64::from(self.settings.seed).wrapping_add(seen.step as u64),
            correlation: self.settings.correlation,
        };
        let paths = sample_paths(&forecast, &settings).ok()?;
        let (capacity, budget) = (&seen.service.capacity, self.settings.budget);
        let plan = plan_over_paths(&paths, &forecast, &fleet, capacity, &limits, budget).ok()?;
        Some(plan.steps)
    }

    /// The most that the plan has serve from `now` to `until`; none where it does not reach.
    fn most(&self, now: DateTime<Utc>, until: DateTime<Utc>) -> Option<u32> {
        let first = self.plan.partition_point(|step| step.at <= now).saturating_sub(1);
        let steps = self.plan.get(first..)?.iter();
        steps.take_while(|step| step.at <= until).map(|step| step.serving.0).max()
    }
}

/// The first steps of a forecast, at least two.
fn first_steps(forecast: &Forecast, steps: usize) -> Option<Forecast> {
    let rows = (0..steps.max(2).min(forecast.steps())).flat_map(|h| forecast.row(h));
    let (values, quantiles) = (rows.copied().collect(), forecast.quantiles().clone());
    Forecast::new(forecast.origin(), forecast.frequency(), quantiles, values).ok()
}

fn startup(seen: &Observation<'_>) -> TimeDelta {
    TimeDelta::seconds(seen.service.startup_steps as i64 * seen.service.step.seconds())
}
