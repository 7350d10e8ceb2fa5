//! Scryer: an ensemble looks an hour ahead, and a list of few scale-ups follows it.

mod actions;
mod own;

use std::sync::Arc;

use chrono::TimeDelta;
use forescale_core::Forecasts;
use forescale_core::time::format_span;
use forescale_plan::key;
use forescale_plan::policies::{
    Cause, Decision, Field, Key, Keys, Observation, Past, PolicyError, Rule, Service, Strategy,
};

use actions::{Action, Demand, actions};
use own::OwnEnsemble;

/// Forecasts an hour of load, adds 15 %, and lists what to do: up where that needs more than there is, down where it needs
/// less than 0.7 of it. Of the list as few scale-ups are kept as possible, each asked for a start-up time ahead.
///
/// The list is made anew every `refresh` and followed in between. Two predictors are averaged, waves (FFT) and a linear
/// trend: that is what ran at Netflix, while textbooks add a neural one. They learn once a day; one that fails is left
/// out. With `forecast=shared` the caller's forecasts take their place where it has some. When no forecast is to be had,
/// the newest load stands for the hour, since Scryer runs beside reactive scaling.
#[derive(Debug)]
pub struct Scryer {
    settings: Settings,
    shared: Option<Arc<dyn Forecasts>>,
    own: Option<OwnEnsemble>,
    /// What is still to be done, the next first.
    actions: Vec<Action>,
    /// The step at which the list is made anew.
    refresh_at: usize,
    /// What was done last, and held since.
    held: Option<Decision>,
}

/// How far ahead, the buffer, when it scales down, and what forecasts.
#[derive(Debug, Clone)]
pub struct Settings {
    horizon: f64,
    buffer: f64,
    down: f64,
    refresh: f64,
    forecast: &'static str,
}

const OWN: &str = "own";
const SHARED: &str = "shared";

/// Farthest it may look ahead.
const LONGEST_S: f64 = 86_400.0;

impl Default for Settings {
    fn default() -> Self {
        Self { horizon: 3_600.0, buffer: 0.15, down: 0.7, refresh: 900.0, forecast: OWN }
    }
}

impl Keys for Settings {
    const KEYS: &'static [Key<Self>] = &[
        key!("horizon", horizon, "how far ahead it looks, at most a day", Span),
        key!(
            "buffer",
            buffer,
            "what is added to the forecast, as a share of it",
            Number,
            0.0,
            100.0
        ),
        key!("down", down, "it scales down below this many times what there is", Number, 0.0, 1.0),
        key!("refresh", refresh, "how often the list is made anew", Span),
        key!("forecast", forecast, "whose forecast", Choice, &[OWN, SHARED]),
    ];
}

impl Rule for Scryer {
    type Settings = Settings;
    const NAME: &'static str = "scryer";
    const STRATEGY: Strategy = Strategy::Proactive;
    const SUMMARY: &'static str =
        "Netflix: an hour ahead and 15 %, in as few scale-ups as possible";
    const SOURCE: &'static str =
        "Scryer: Netflix's predictive auto scaling engine, parts 1 and 2, 2013";

    fn new(settings: Settings) -> Result<Self, PolicyError> {
        if settings.horizon > LONGEST_S {
            return Err(PolicyError::Value {
                policy: Self::NAME,
                key: "horizon",
                expected: "at most 1d".to_owned(),
                value: format_span(TimeDelta::seconds(settings.horizon as i64)),
            });
        }
        let (shared, own, held) = (None, None, None);
        Ok(Self { settings, shared, own, actions: Vec::new(), refresh_at: 0, held })
    }

    fn current(&self) -> &Settings {
        &self.settings
    }

    fn prepare(&mut self, past: &Past<'_>) -> Result<(), PolicyError> {
        let shared = past.foresight.forecasts.clone();
        self.shared = shared.filter(|_| self.settings.forecast == SHARED);
        (self.own, self.held, self.refresh_at) = (None, None, 0);
        self.actions.clear();
        Ok(())
    }

    fn decide(&mut self, seen: &Observation<'_>) -> Decision {
        if seen.loads.is_empty() {
            return Decision::new(seen.total(), Cause::NoData);
        }
        if seen.step >= self.refresh_at {
            self.refresh_at = seen.step + seen.service.steps_in(self.settings.refresh);
            self.plan(seen);
        }
        let due = self.actions.iter().take_while(|action| action.ask <= seen.step).count();
        for action in self.actions.drain(..due) {
            let at = seen.service.time_at(action.need);
            let cause = Cause::Forecast { load: action.load, at };
            self.held = Some(Decision::new(action.target, cause));
        }
        self.held.unwrap_or_else(|| Decision::new(seen.total(), Cause::Steady))
    }
}

impl Scryer {
    /// Lists what the next hour asks for.
    fn plan(&mut self, seen: &Observation<'_>) {
        self.held = None;
        // An instance that is asked for now serves at the end of its start-up: no list is shorter.
        let ahead =
            seen.service.steps_in(self.settings.horizon).max(seen.service.startup_steps + 1);
        let loads = self.forecast(seen, ahead);
        let needed = |load: &f64| {
            let required = load * (1.0 + self.settings.buffer);
            seen.service.capacity.needed(required).map_or(u32::MAX, |count| count.0)
        };
        let demand: Vec<Demand> =
            loads.iter().map(|load| Demand { load: *load, needed: needed(load) }).collect();
        let (now, lead) = (seen.step, seen.service.startup_steps);
        self.actions = actions(&demand, now, lead, seen.total(), self.settings.down);
    }

    /// The load of the next `ahead` steps, from the one that begins on.
    fn forecast(&mut self, seen: &Observation<'_>, ahead: usize) -> Vec<f64> {
        let shared = self.shared.as_ref().and_then(|shared| {
            let forecast = shared.after(seen.loads.len()).ok()?;
            Some(Timed::of(&forecast))
        });
        let timed = shared.or_else(|| {
            let own = self.own.get_or_insert_with(|| OwnEnsemble::new(seen.service));
            own.forecast(seen, self.settings.horizon)
        });
        let last = seen.last_load().unwrap_or(0.0);
        let load = |step: usize| timed.as_ref().map_or(last, |t| t.at(seen.service, step, last));
        (seen.step..seen.step + ahead).map(load).collect()
    }
}

/// Loads ahead, with their own step.
#[derive(Debug)]
struct Timed {
    /// Seconds since 1970 at which the first begins.
    start: i64,
    seconds: i64,
    loads: Vec<f64>,
}

impl Timed {
    fn of(forecast: &forescale_core::Forecast) -> Self {
        let points = (0..forecast.steps()).map(|h| forecast.point(h).max(0.0));
        let seconds = forecast.frequency().seconds();
        Self { start: forecast.origin().timestamp(), seconds, loads: points.collect() }
    }

    /// The load of `step`: `last` before the first, and as the farthest beyond it.
    fn at(&self, service: &Service, step: usize, last: f64) -> f64 {
        let since = service.time_at(step).timestamp() - self.start;
        match usize::try_from(since.div_euclid(self.seconds)) {
            Ok(place) => self.loads.get(place).or(self.loads.last()).copied().unwrap_or(last),
            Err(_) => last,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::tests::{Minutes, wanted};

    /// Days of minutes that climb from 40 to 160 and back.
    fn days(count: usize) -> Minutes {
        let load = |m: usize| 100.0 - 60.0 * (m as f64 / 1_440.0 * std::f64::consts::TAU).cos();
        Minutes::new(count * 1_440, load)
    }

    #[test]
    fn the_load_of_the_next_hour_is_covered_in_few_scale_ups() {
        let minutes = days(6);
        let counts = wanted(&mut Scryer::new(Settings::default()).unwrap(), &minutes, 6);
        let day = 5 * 1_440..6 * 1_440 - 10;
        for k in day.clone() {
            // What is asked for now serves in five minutes.
            let needed = minutes.service.capacity.needed(minutes.loads[k + 5]).unwrap().0;
            assert!(counts[k] >= needed, "{k}: {} of {needed}", counts[k]);
        }
        let ups = day.filter(|k| counts[*k] > counts[k - 1]).count();
        // 18 instances more within a day; hour by hour that takes ten scale-ups or so.
        assert!((3..=14).contains(&ups), "{ups}");
    }

    #[test]
    fn without_a_forecast_the_newest_load_stands_for_it() {
        let minutes = Minutes::new(120, |m| if m < 65 { 40.0 } else { 80.0 });
        let counts = wanted(&mut Scryer::new(Settings::default()).unwrap(), &minutes, 6);
        // 40 · 1.15 need 6 of 8; 80 · 1.15 need 12, seen when the list is made next.
        assert_eq!((counts[66], counts[75], counts[76]), (6, 6, 12));
    }
}
