//! The textbook's predictive autoscaler: a random forest on the calendar.

mod hours;

use forescale_plan::key;
use forescale_plan::policies::{
    Cause, Decision, Field, Key, Keys, Observation, Past, PolicyError, Rule, Strategy,
};

use hours::Hours;

/// Fewer records than this are not learned from, and never fewer than [`LEAST`].
const ENOUGH: usize = 1_000;
const LEAST: usize = 100;

/// Beyond this many records the forest is grown again once a day: a hundred more would change one in a hundred.
const MANY: usize = 10_000;

/// Forecasts the load a lead time ahead by a forest of 100 trees on hour, weekday, day, month, weekend and business
/// hours (09–17), adds a buffer, and acts where that is far from what there is: up above 1.1 times the instances, down
/// below 0.7 times.
///
/// The forest is grown again every 100 records once there are more than 1 000; beyond 10 000 once a day, so that a year of
/// minutes is affordable. All that it knows of a moment is its hour and its date, so it learns from the mean load of
/// every hour. Its trees are extremely randomised ones.
///
/// It knows nothing of the load now. That is the textbook's idea, and why it fares as it does.
#[derive(Debug)]
pub struct Predictive {
    settings: Settings,
    hours: Hours,
    /// Records that the forest has learned from.
    learned: usize,
}

/// How far ahead, the buffer, and when it acts.
#[derive(Debug, Clone)]
pub struct Settings {
    lead: f64,
    buffer: f64,
    up: f64,
    down: f64,
    trees: u32,
    retrain: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { lead: 300.0, buffer: 0.2, up: 1.1, down: 0.7, trees: 100, retrain: 100 }
    }
}

impl Keys for Settings {
    const KEYS: &'static [Key<Self>] = &[
        key!("lead", lead, "how far ahead it forecasts", Span),
        key!(
            "buffer",
            buffer,
            "what is added to the forecast, as a share of it",
            Number,
            0.0,
            100.0
        ),
        key!("up", up, "it scales up above this many times what there is", Number, 1.0, 100.0),
        key!("down", down, "it scales down below this many times what there is", Number, 0.0, 1.0),
        key!("trees", trees, "trees of the forest", Count, 1, 1_000),
        key!("retrain", retrain, "records after which it learns again", Count, 100, 1_000_000),
    ];
}

impl Rule for Predictive {
    type Settings = Settings;
    const NAME: &'static str = "predictive";
    const STRATEGY: Strategy = Strategy::Proactive;
    const SUMMARY: &'static str = "a forest on hour and weekday forecasts the lead time ahead";
    const SOURCE: &'static str = "the predictive autoscaler of the auto-scaling pattern";

    fn new(settings: Settings) -> Result<Self, PolicyError> {
        Ok(Self { settings, hours: Hours::default(), learned: 0 })
    }

    fn current(&self) -> &Settings {
        &self.settings
    }

    fn prepare(&mut self, _: &Past<'_>) -> Result<(), PolicyError> {
        (self.hours, self.learned) = (Hours::default(), 0);
        Ok(())
    }

    fn decide(&mut self, seen: &Observation<'_>) -> Decision {
        self.hours.take(seen.loads, seen.service);
        if self.is_due(seen) {
            self.hours.learn(self.settings.trees as usize);
            self.learned = seen.loads.len();
        }
        let total = seen.total();
        let ahead = (self.settings.lead / seen.service.step.seconds() as f64).round() as usize;
        let at = seen.service.time_at(seen.step + ahead);
        let Some(load) = self.hours.forecast(at, seen.service) else {
            return Decision::new(total, Cause::NoData);
        };
        let Settings { buffer, up, down, .. } = self.settings;
        let required = load * (1.0 + buffer);
        let needed = seen.service.capacity.needed(required).map_or(u32::MAX, |count| count.0);
        let share = f64::from(needed) / f64::from(total.max(1));
        if share > up || share < down {
            Decision::new(needed, Cause::Forecast { load, at })
        } else {
            Decision::new(total, Cause::Steady)
        }
    }
}

impl Predictive {
    /// Whether the forest should be grown again.
    fn is_due(&self, seen: &Observation<'_>) -> bool {
        let records = seen.loads.len();
        let day = seen.service.step.steps_per_day();
        let retrain = self.settings.retrain as usize;
        let every = if records > MANY { retrain.max(day) } else { retrain.max(LEAST) };
        records > ENOUGH && records >= self.learned + every
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::tests::{Minutes, wanted};

    /// Days of minutes, 160 from nine to five and 40 else.
    fn busy(days: usize) -> Minutes {
        Minutes::new(days * 1_440, |m| if (9..17).contains(&(m / 60 % 24)) { 160.0 } else { 40.0 })
    }

    #[test]
    fn it_is_ready_before_the_busy_hours_once_it_has_seen_some() {
        let mut policy = Predictive::new(Settings::default()).unwrap();
        let counts = wanted(&mut policy, &busy(6), 4);
        // Nothing is learned from the first thousand minutes.
        assert!(counts[..1_000].iter().all(|count| *count == 4));
        // 40 · 1.2 need 6 of 8, and 160 · 1.2 need 24; some trees have not seen the hour itself.
        let (nine, five) = (5 * 1_440 + 540, 5 * 1_440 + 1_020);
        let (quiet, busy) = (6..=8, 21..=24);
        assert!(quiet.contains(&counts[nine - 6]) && busy.contains(&counts[nine - 5]));
        assert!(busy.contains(&counts[five - 6]) && quiet.contains(&counts[five - 5]));
    }

    #[test]
    fn it_stays_within_the_band() {
        let settings = Settings { up: 5.0, down: 0.1, ..Settings::default() };
        let counts = wanted(&mut Predictive::new(settings).unwrap(), &busy(4), 10);
        assert!(counts.iter().all(|count| *count == 10));
    }
}
