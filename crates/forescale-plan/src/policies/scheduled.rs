//! Scheduled actions: counts by the clock, ahead of the load they are for.

use chrono_tz::Tz;

use crate::policies::cause::{Cause, Decision};
use crate::policies::error::PolicyError;
use crate::policies::observation::Observation;
use crate::policies::policy::{Past, Rule, Strategy};
use crate::policies::settings::{Field, Key, Keys, key};
use crate::policies::timetable::{HourlyPeaks, Timetable, zone};
use crate::policies::window::Largest;

/// Holds what the timetable says for now and for the time until an instance asked for now serves.
///
/// Without a timetable it learns one from the time before scoring: what the busiest of each hour of the week needed, or of
/// each hour of the day when there are less than two weeks. Without such a time it holds what runs.
#[derive(Debug)]
pub struct Scheduled {
    settings: Settings,
    timetable: Option<Timetable>,
    ahead: Option<Largest>,
    held: Option<u32>,
}

/// The timetable and what it is learned with.
#[derive(Debug, Clone)]
pub struct Settings {
    target: f64,
    actions: String,
    timezone: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self { target: 0.7, actions: AUTO.to_owned(), timezone: AUTO.to_owned() }
    }
}

/// What stands for a value that is learned.
const AUTO: &str = "auto";

impl Keys for Settings {
    const KEYS: &'static [Key<Self>] = &[
        key!("target", target, "share of an instance that a learned timetable plans for", Share),
        key!(
            "actions",
            actions,
            "CRON=COUNT;..., auto to learn it from the time before scoring",
            Text
        ),
        key!("timezone", timezone, "the clock of the timetable; auto for the service's", Text),
    ];
}

impl Rule for Scheduled {
    type Settings = Settings;
    const NAME: &'static str = "scheduled";
    const STRATEGY: Strategy = Strategy::Scheduled;
    const SUMMARY: &'static str =
        "counts by hour and weekday, learned from the time before scoring";
    const SOURCE: &'static str = "Amazon EC2 Auto Scaling, scheduled actions (user guide)";

    fn new(settings: Settings) -> Result<Self, PolicyError> {
        let wrong = |key, value: &str| {
            let value = value.to_owned();
            move |expected| PolicyError::Value { policy: Self::NAME, key, expected, value }
        };
        if settings.timezone != AUTO {
            zone(&settings.timezone).map_err(wrong("timezone", &settings.timezone))?;
        }
        if settings.actions != AUTO {
            let actions = &settings.actions;
            Timetable::parse(actions, Tz::UTC).map_err(wrong("actions", actions))?;
        }
        Ok(Self { settings, timetable: None, ahead: None, held: None })
    }

    fn current(&self) -> &Settings {
        &self.settings
    }

    fn prepare(&mut self, past: &Past<'_>) -> Result<(), PolicyError> {
        let Settings { target, actions, timezone } = &mut self.settings;
        if timezone == AUTO {
            *timezone = past.service.calendar.zone.to_string();
        }
        let zone = zone(timezone).unwrap_or(past.service.calendar.zone);
        if actions == AUTO
            && let Some(peaks) = HourlyPeaks::learn(past.service, past.loads, zone, *target)
        {
            *actions = peaks.entries();
        }
        self.timetable = Timetable::parse(actions, zone).ok();
        (self.ahead, self.held) = (None, None);
        Ok(())
    }

    fn decide(&mut self, seen: &Observation<'_>) -> Decision {
        let lead = seen.service.startup_steps;
        let soon = seen.service.time_at(seen.step + lead);
        let wanted = self.timetable.as_mut().and_then(|table| table.at(soon));
        let Some(wanted) = wanted else {
            return Decision::new(*self.held.get_or_insert(seen.total()), Cause::Fixed);
        };
        let ahead = self.ahead.get_or_insert_with(|| Largest::new(lead + 1));
        Decision::new(ahead.add(f64::from(wanted)) as u32, Cause::Timetable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::observation::tests::{seen, service};
    use forescale_core::Foresight;

    #[test]
    fn more_is_asked_for_ahead_and_fewer_in_time() {
        let service = service();
        let actions = "0 0 * * *=3;10 0 * * *=9;20 0 * * *=2".to_owned();
        let settings = Settings { actions, ..Settings::default() };
        let mut policy = Scheduled::new(settings).unwrap();
        Rule::prepare(
            &mut policy,
            &Past { service: &service, loads: &[], foresight: &Foresight::default() },
        )
        .unwrap();
        let loads = [0.0; 30];
        let wanted: Vec<u32> = (0..24)
            .map(|k| Rule::decide(&mut policy, &seen(&loads[..k], 1, 0, &service)).wanted)
            .collect();
        let mut expected = vec![3; 5];
        expected.extend([9; 15]);
        expected.extend([2; 4]);
        assert_eq!(wanted, expected);
    }

    #[test]
    fn what_was_learned_is_in_the_settings() {
        let service = service();
        let mut policy = Scheduled::new(Settings { target: 1.0, ..Settings::default() }).unwrap();
        let loads = vec![25.0; 1_440];
        Rule::prepare(
            &mut policy,
            &Past { service: &service, loads: &loads, foresight: &Foresight::default() },
        )
        .unwrap();
        assert_eq!(policy.current().actions, "0 0 * * *=3");
        assert_eq!(policy.current().timezone, "UTC");
    }
}
