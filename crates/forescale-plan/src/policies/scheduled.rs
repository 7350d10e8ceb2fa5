//! Scheduled actions: counts by the clock, ahead of the load they are for.

use chrono_tz::Tz;

use crate::policies::actions::Group;
use crate::policies::cause::{Cause, Decision};
use crate::policies::error::PolicyError;
use crate::policies::observation::Observation;
use crate::policies::policy::{Bounds, Past, Rule, Strategy};
use crate::policies::settings::{Field, Key, Keys, key};
use crate::policies::timetable::{HourlyPeaks, Timetable, zone};
use crate::policies::window::Largest;

/// Holds what the timetable says for now and for the time until an instance asked for now serves.
///
/// An action sets a count, which holds until another is set, or bounds, or both. While only bounds are set it wants what
/// there is, within them; beside other policies it bounds what these want.
///
/// Without a timetable it learns one from the time before scoring: what the busiest of each hour of the week needed, or of
/// each hour of the day when there are less than two weeks. Without such a time it holds what runs.
#[derive(Debug)]
pub struct Scheduled {
    settings: Settings,
    timetable: Option<Timetable>,
    ahead: Option<Ahead>,
    /// What the timetable says, as far ahead as start-up; none before its first action.
    group: Option<Group>,
    held: Option<u32>,
}

/// The largest counts from now until an instance asked for now serves: more is asked for ahead, fewer in time.
#[derive(Debug)]
struct Ahead {
    desired: Largest,
    min: Largest,
    max: Largest,
}

impl Ahead {
    fn new(steps: usize) -> Self {
        let largest = || Largest::new(steps);
        Self { desired: largest(), min: largest(), max: largest() }
    }

    /// Takes in what the timetable says for one more step.
    fn add(&mut self, group: Group) -> Group {
        let largest = |all: &mut Largest, count: u32| all.add(f64::from(count)) as u32;
        Group {
            desired: group.desired.map(|count| largest(&mut self.desired, count)),
            min: largest(&mut self.min, group.min),
            max: largest(&mut self.max, group.max),
        }
    }
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
            "WHEN=WHAT;..., WHEN a cron expression or a time, WHAT a count or min:4 max:20; auto to learn them",
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
        Ok(Self { settings, timetable: None, ahead: None, group: None, held: None })
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
        (self.ahead, self.group, self.held) = (None, None, None);
        Ok(())
    }

    fn decide(&mut self, seen: &Observation<'_>) -> Decision {
        let lead = seen.service.startup_steps;
        let soon = seen.service.time_at(seen.step + lead);
        let Some(group) = self.timetable.as_mut().and_then(|table| table.at(soon)) else {
            return Decision::new(*self.held.get_or_insert(seen.total()), Cause::Fixed);
        };
        let ahead = self.ahead.get_or_insert_with(|| Ahead::new(lead + 1));
        let group = *self.group.insert(ahead.add(group));
        let wanted = group.bounded(group.desired.unwrap_or(seen.total()));
        let is_free = group.desired.is_none() && wanted == seen.total();
        Decision::new(wanted, if is_free { Cause::Steady } else { Cause::Timetable })
    }

    fn bounds(&self) -> Option<Bounds> {
        let Group { desired, min, max } = self.group?;
        Some(Bounds { least: min, most: max, only: desired.is_none() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::observation::tests::{seen, service};
    use forescale_core::Foresight;

    /// What is wanted each minute of the first `minutes`, with what was wanted before serving.
    fn wanted(actions: &str, minutes: usize, mut serving: u32) -> Vec<u32> {
        let service = service();
        let settings = Settings { actions: actions.to_owned(), ..Settings::default() };
        let mut policy = Scheduled::new(settings).unwrap();
        let foresight = Foresight::default();
        let past = Past { service: &service, loads: &[], foresight: &foresight };
        Rule::prepare(&mut policy, &past).unwrap();
        let loads = vec![0.0; minutes];
        let minute = |k: usize| {
            serving = Rule::decide(&mut policy, &seen(&loads[..k], serving, 0, &service)).wanted;
            serving
        };
        (0..minutes).map(minute).collect()
    }

    #[test]
    fn more_is_asked_for_ahead_and_fewer_in_time() {
        let mut expected = vec![3; 5];
        expected.extend([9; 15]);
        expected.extend([2; 4]);
        assert_eq!(wanted("0 0 * * *=3;10 0 * * *=9;20 0 * * *=2", 24, 1), expected);
    }

    #[test]
    fn an_action_of_one_time_holds_until_the_next() {
        // Start-up takes five minutes, so nine of ten past midnight are asked for five minutes before.
        let wanted = wanted("2026-01-05T00:10=9;2026-01-05T00:20:00Z=2", 30, 4);
        let expected: Vec<u32> = [(4, 5), (9, 15), (2, 10)]
            .into_iter()
            .flat_map(|(count, minutes)| vec![count; minutes])
            .collect();
        assert_eq!(wanted, expected);
    }

    #[test]
    fn bounds_alone_move_what_there_is() {
        // At least six from ten past, and at most three from twenty past; nobody asks for fewer in between.
        let actions = "2026-01-05T00:10=min:6;2026-01-05T00:15=min:1;2026-01-05T00:20=max:3";
        let wanted = wanted(actions, 24, 4);
        let expected: Vec<u32> = [(4, 5), (6, 15), (3, 4)]
            .into_iter()
            .flat_map(|(count, minutes)| vec![count; minutes])
            .collect();
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
