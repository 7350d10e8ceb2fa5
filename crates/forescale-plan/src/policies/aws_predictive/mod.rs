//! AWS predictive scaling: an hourly forecast as a floor under target tracking.

mod hourly;
mod profile;

use chrono::{DateTime, TimeDelta};
use forescale_core::time::format_span;

use crate::policies::aws_predictive::hourly::{HOUR_S, Hourly};
use crate::policies::aws_predictive::profile::Slots;
use crate::policies::cause::{Cause, Decision};
use crate::policies::error::PolicyError;
use crate::policies::observation::{Observation, Service, whole};
use crate::policies::policy::{Past, Rule, Strategy};
use crate::policies::settings::{Field, Key, Keys, key};
use crate::policies::target_tracking::TargetTracking;

/// How far the forecast reaches, and how often it is made again.
const HORIZON_S: i64 = 48 * HOUR_S;
const REFRESH_S: i64 = 6 * HOUR_S;

/// Capacity for the hourly maximum of a forecast of 48 hours, there ahead of its hour, as a floor: target tracking may go
/// higher, and takes back what no forecast asks for. The largest capacity wins, and predictive scaling itself never
/// scales in.
///
/// The forecast is made again every six hours, from one to fourteen days of load; before there is a day, target tracking
/// is alone. **The model of AWS is closed.** In its place stands ½(daily + weekly profile), of five-minute
/// slots and each at yesterday's level, from the loads that the policy has seen.
///
/// `buffer` is AWS's scheduling buffer time; start-up comes on top of it, so that instances serve when it begins. AWS
/// makes a policy forecast-only unless told otherwise; here it scales, since nothing but target tracking would be left.
///
/// `max-capacity` is what a group may have when no forecast asks for more: `increase` raises it to the forecast and
/// `max-capacity-buffer` percent. The fleet's own maximum always holds.
#[derive(Debug)]
pub struct AwsPredictive {
    settings: Settings,
    tracking: TargetTracking,
    slots: Option<Slots>,
    forecast: Option<Hourly>,
    /// Until when the forecast is not made again, in seconds since 1970.
    fresh_until: i64,
}

/// The target, the forecast's use, and the maximum.
#[derive(Debug, Clone)]
pub struct Settings {
    target: f64,
    mode: &'static str,
    buffer: f64,
    dynamic: &'static str,
    max_capacity: Option<u32>,
    on_breach: &'static str,
    max_capacity_buffer: f64,
}

const SCALE: &str = "forecast-and-scale";
const ONLY: &str = "forecast-only";
const TRACKING: &str = "target-tracking";
const NONE: &str = "none";
const HONOR: &str = "honor";
const INCREASE: &str = "increase";

impl Default for Settings {
    fn default() -> Self {
        Self {
            target: 0.6,
            mode: SCALE,
            buffer: 300.0,
            dynamic: TRACKING,
            max_capacity: None,
            on_breach: HONOR,
            max_capacity_buffer: 0.0,
        }
    }
}

impl Keys for Settings {
    const KEYS: &'static [Key<Self>] = &[
        key!("target", target, "CPU utilisation aimed at, by forecast and by metric", Share),
        key!("mode", mode, "whether the forecast scales", Choice, &[SCALE, ONLY]),
        key!("buffer", buffer, "how long before its hour capacity serves, below 1h", Span),
        key!("dynamic", dynamic, "what may go above the floor", Choice, &[TRACKING, NONE]),
        key!("max-capacity", max_capacity, "most instances; auto for the fleet's", AutoCount),
        key!("on-breach", on_breach, "when more is forecast", Choice, &[HONOR, INCREASE]),
        key!(
            "max-capacity-buffer",
            max_capacity_buffer,
            "percent above the forecast to which the maximum is increased",
            Number,
            0.0,
            100.0
        ),
    ];
}

impl Rule for AwsPredictive {
    type Settings = Settings;
    const NAME: &'static str = "aws-predictive";
    const STRATEGY: Strategy = Strategy::Proactive;
    const SUMMARY: &'static str = "AWS: capacity for the forecast hour as a floor of its tracking";
    const SOURCE: &'static str = "Amazon EC2 Auto Scaling, predictive scaling (user guide)";

    fn new(settings: Settings) -> Result<Self, PolicyError> {
        if settings.buffer >= HOUR_S as f64 {
            let value = format_span(TimeDelta::seconds(settings.buffer as i64));
            let expected = "less than 1h".to_owned();
            return Err(PolicyError::Value { policy: Self::NAME, key: "buffer", expected, value });
        }
        let tracking = TargetTracking::toward(settings.target);
        Ok(Self { settings, tracking, slots: None, forecast: None, fresh_until: i64::MIN })
    }

    fn current(&self) -> &Settings {
        &self.settings
    }

    fn prepare(&mut self, past: &Past<'_>) -> Result<(), PolicyError> {
        (self.slots, self.forecast, self.fresh_until) = (None, None, i64::MIN);
        Rule::prepare(&mut self.tracking, past)
    }

    fn decide(&mut self, seen: &Observation<'_>) -> Decision {
        let dynamic = match self.settings.dynamic {
            NONE => Decision::new(0, Cause::NoData),
            _ => Rule::decide(&mut self.tracking, seen),
        };
        let expected = self.expected(seen);
        let floor =
            expected.map_or(0, |(load, _)| seen.service.instances(load, self.settings.target));
        let most = self.settings.most(floor, seen.service);
        match expected.and_then(|(load, at)| Some((load, DateTime::from_timestamp(at, 0)?))) {
            Some((load, at)) if floor >= dynamic.wanted => {
                Decision::new(floor.min(most), Cause::Forecast { load, at })
            }
            _ => Decision::new(dynamic.wanted.min(most), dynamic.cause),
        }
    }
}

impl AwsPredictive {
    /// The load to have capacity for now, and when its hour begins.
    fn expected(&mut self, seen: &Observation<'_>) -> Option<(f64, i64)> {
        if self.settings.mode == ONLY {
            return None;
        }
        let step = seen.service.step.seconds();
        let now = seen.service.start.timestamp() + seen.step as i64 * step;
        if now >= self.fresh_until {
            self.look_ahead(seen, now);
        }
        let lead = seen.service.startup_steps as i64 * step + self.settings.buffer as i64;
        self.forecast.as_ref()?.peak(now, now + lead)
    }

    /// Makes the forecast again, when there is a day to make it from.
    fn look_ahead(&mut self, seen: &Observation<'_>, now: i64) {
        let slots = self.slots.get_or_insert_with(|| Slots::new(seen.service));
        slots.take(seen.loads);
        let ahead = HORIZON_S.div_euclid(slots.seconds()).max(1) as usize;
        if let Some(loads) = slots.forecast(ahead) {
            let known = slots.known() as i64 * slots.seconds();
            let start = seen.service.start.timestamp() + known;
            self.forecast = Some(Hourly::new(start, slots.seconds(), &loads));
            self.fresh_until = (now.div_euclid(REFRESH_S) + 1) * REFRESH_S;
        }
    }
}

impl Settings {
    /// Most instances when `forecast` are forecast.
    fn most(&self, forecast: u32, service: &Service) -> u32 {
        let most = self.max_capacity.unwrap_or(service.max);
        match self.on_breach {
            INCREASE => {
                let share = 1.0 + self.max_capacity_buffer / 100.0;
                most.max(whole(f64::from(forecast) * share))
            }
            _ => most,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::observation::tests::{seen, service};
    use crate::policies::settings::{Given, read};
    use forescale_core::Foresight;

    fn policy(text: &str) -> AwsPredictive {
        let settings = read(AwsPredictive::NAME, &Given::parse(text).unwrap()).unwrap();
        AwsPredictive::new(settings).unwrap()
    }

    /// What is wanted every minute from `from` on, by a fleet that has what was wanted before.
    fn wanted(policy: &mut AwsPredictive, loads: &[f64], from: usize) -> Vec<u32> {
        let service = service();
        let mut serving = 1;
        let minute = |k: usize| {
            serving = Rule::decide(policy, &seen(&loads[..k], serving, 0, &service)).wanted;
            serving
        };
        (from..loads.len()).map(minute).collect()
    }

    /// Three days of minutes: 12, and 60 from nine to five. Slots are smoothed with their neighbours, so that each
    /// change begins a slot earlier and ends a slot later.
    fn days() -> Vec<f64> {
        (0..3 * 1_440).map(|m| if (9..17).contains(&(m / 60 % 24)) { 60.0 } else { 12.0 }).collect()
    }

    #[test]
    fn capacity_is_there_a_buffer_before_the_hour() {
        // From eight to half past ten on the third day: ten at 60 %, asked for five minutes of start-up and five of
        // buffer before nine.
        let eight = 2 * 1_440 + 480;
        let loads = &days()[..eight + 150];
        let wanted = self::wanted(&mut policy("dynamic=none"), loads, eight);
        assert_eq!((wanted[0], wanted[49], wanted[50], wanted[149]), (5, 5, 10, 10));
        let wanted = self::wanted(&mut policy("dynamic=none,buffer=20m"), loads, eight);
        assert_eq!((wanted[34], wanted[35]), (5, 10));
    }

    #[test]
    fn the_floor_is_lifted_after_its_hour_and_tracking_takes_it_back() {
        let five = 2 * 1_440 + 17 * 60;
        let loads = &days()[..five + 120];
        let alone = self::wanted(&mut policy("dynamic=none"), loads, five);
        // The first slot after five is still between busy and quiet, and so is its hour.
        assert_eq!((alone[0], alone[49], alone[59], alone[60]), (5, 5, 5, 2));
        let with = self::wanted(&mut policy(""), loads, five);
        assert_eq!(with[119], 2);
        assert!(with.iter().zip(&alone).all(|(with, alone)| with >= alone));
    }

    #[test]
    fn without_a_day_or_as_forecast_only_target_tracking_is_alone() {
        let loads = days();
        let mut tracking = TargetTracking::toward(0.6);
        let service = service();
        for (text, until) in [("", 1_440), ("mode=forecast-only", 3_000)] {
            let mut policy = policy(text);
            for k in 1..until {
                let seen = seen(&loads[..k], 4, 0, &service);
                assert_eq!(Rule::decide(&mut policy, &seen), Rule::decide(&mut tracking, &seen));
            }
            let foresight = Foresight::default();
            let past = Past { service: &service, loads: &[], foresight: &foresight };
            Rule::prepare(&mut tracking, &past).unwrap();
        }
    }

    /// AWS: 50 forecast, at most 40, with a buffer of 10 % the maximum becomes 55; without, 50 (API reference).
    #[test]
    fn the_maximum_is_honoured_or_increased() {
        let most = |text: &str, forecast| policy(text).settings.most(forecast, &service());
        assert_eq!(most("max-capacity=40", 50), 40);
        let increase = "max-capacity=40,on-breach=increase";
        assert_eq!([most(increase, 50), most(increase, 30)], [50, 40]);
        assert_eq!(most(&format!("{increase},max-capacity-buffer=10"), 50), 55);
        assert_eq!(most("", 2_000), 1_000);
    }

    #[test]
    fn a_buffer_of_an_hour_is_refused() {
        let settings = Settings { buffer: 3_600.0, ..Settings::default() };
        let error = AwsPredictive::new(settings).unwrap_err().to_string();
        assert_eq!(error, "buffer of aws-predictive should be less than 1h, but is \"1h\"");
    }
}
