//! KEDA's cron scaler: so many replicas between two times of the clock.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use croner::Cron as Expression;

use crate::policies::cause::{Cause, Decision};
use crate::policies::error::PolicyError;
use crate::policies::observation::Observation;
use crate::policies::policy::{Past, Rule, Strategy};
use crate::policies::settings::{Field, Key, Keys, key};
use crate::policies::timetable::{HourlyPeaks, cron, next, zone};

/// What stands for a value that is learned.
const AUTO: &str = "auto";

/// `desired` replicas between `start` and `end`, `outside` else: active when the next end comes before the next start.
///
/// Unlike `scheduled` it asks at the very time, as KEDA does. Without times it learns one window from the time before
/// scoring: the longest run of hours that needed more than half way between the quietest and the busiest hour.
#[derive(Debug)]
pub struct Cron {
    settings: Settings,
    window: Option<Window>,
    held: Option<u32>,
}

/// The window and its counts.
#[derive(Debug, Clone)]
pub struct Settings {
    target: f64,
    start: String,
    end: String,
    timezone: String,
    desired: Option<u32>,
    outside: Option<u32>,
}

impl Default for Settings {
    fn default() -> Self {
        let auto = || AUTO.to_owned();
        Self {
            target: 0.7,
            start: auto(),
            end: auto(),
            timezone: auto(),
            desired: None,
            outside: None,
        }
    }
}

impl Keys for Settings {
    const KEYS: &'static [Key<Self>] = &[
        key!("target", target, "share of an instance that learned counts plan for", Share),
        key!("start", start, "cron expression that begins the window; auto to learn it", Text),
        key!("end", end, "cron expression that ends it; auto to learn it", Text),
        key!("timezone", timezone, "the clock of the window; auto for the service's", Text),
        key!(
            "desired",
            desired,
            "replicas in the window; auto for what its hours needed",
            AutoCount
        ),
        key!("outside", outside, "replicas outside; auto for what those hours needed", AutoCount),
    ];
}

impl Rule for Cron {
    type Settings = Settings;
    const NAME: &'static str = "cron";
    const STRATEGY: Strategy = Strategy::Scheduled;
    const SUMMARY: &'static str = "KEDA: so many replicas between two times of the clock";
    const SOURCE: &'static str = "KEDA cron scaler, pkg/scalers/cron_scaler.go";

    fn new(settings: Settings) -> Result<Self, PolicyError> {
        let wrong = |key, value: &str, expected: String| {
            Err(PolicyError::Value { policy: Self::NAME, key, expected, value: value.to_owned() })
        };
        for (key, text) in [("start", &settings.start), ("end", &settings.end)] {
            if text != AUTO
                && let Err(expected) = cron(text)
            {
                return wrong(key, text, expected);
            }
        }
        if settings.timezone != AUTO
            && let Err(expected) = zone(&settings.timezone)
        {
            return wrong("timezone", &settings.timezone, expected);
        }
        if (settings.start == AUTO) != (settings.end == AUTO) {
            return wrong("end", &settings.end, "given when start is, and only then".to_owned());
        }
        if settings.start != AUTO && settings.start == settings.end {
            return wrong("end", &settings.end, "another time than start".to_owned());
        }
        if settings.start != AUTO && settings.desired.is_none() {
            return wrong("desired", AUTO, "a count when start and end are given".to_owned());
        }
        Ok(Self { settings, window: None, held: None })
    }

    fn current(&self) -> &Settings {
        &self.settings
    }

    fn prepare(&mut self, past: &Past<'_>) -> Result<(), PolicyError> {
        let settings = &mut self.settings;
        if settings.timezone == AUTO {
            settings.timezone = past.service.calendar.zone.to_string();
        }
        let zone = zone(&settings.timezone).unwrap_or(past.service.calendar.zone);
        if settings.start == AUTO
            && let Some(peaks) = HourlyPeaks::learn(past.service, past.loads, zone, settings.target)
        {
            settings.learn(&peaks.counts);
        }
        let times = (cron(&settings.start).ok(), cron(&settings.end).ok());
        let window = |(start, end): (Option<_>, Option<_>)| Some(Window::new(start?, end?, zone));
        (self.window, self.held) = (window(times), None);
        Ok(())
    }

    fn decide(&mut self, seen: &Observation<'_>) -> Decision {
        let Some(window) = self.window.as_mut() else {
            return Decision::new(*self.held.get_or_insert(seen.total()), Cause::Fixed);
        };
        let count = if window.is_active(seen.now()) {
            self.settings.desired
        } else {
            self.settings.outside
        };
        Decision::new(count.unwrap_or(seen.service.min), Cause::Timetable)
    }
}

impl Settings {
    /// Takes the longest run of busy hours of the day from the peaks of the hours of a week.
    fn learn(&mut self, counts: &[u32]) {
        let of_hour = |hour: usize| (0..7).map(|day| counts[day * 24 + hour]).max().unwrap_or(0);
        let hours: Vec<u32> = (0..24).map(of_hour).collect();
        let (most, least) = (hours.iter().max().copied(), hours.iter().min().copied());
        let middle = (most.unwrap_or(0) + least.unwrap_or(0)) / 2;
        let busy = |hour: usize| hours[hour % 24] > middle;
        let run = |start: usize| (start..start + 24).take_while(|hour| busy(*hour)).count();
        let start = (0..24).max_by_key(|start| (run(*start), std::cmp::Reverse(*start)));
        let start = start.unwrap_or(0);
        let length = run(start).clamp(1, 23);
        let inside = |hour: &usize| (hour + 24 - start) % 24 < length;
        let most_of = |wanted: bool| {
            (0..24).filter(|hour| inside(hour) == wanted).map(|hour| hours[hour]).max()
        };
        (self.desired, self.outside) = (most_of(true), most_of(false));
        self.start = format!("0 {start} * * *");
        self.end = format!("0 {} * * *", (start + length) % 24);
    }
}

/// Two times of the clock, and when they come next.
#[derive(Debug)]
struct Window {
    start: Expression,
    end: Expression,
    zone: Tz,
    next_start: Option<DateTime<Utc>>,
    next_end: Option<DateTime<Utc>>,
    known: bool,
}

impl Window {
    fn new(start: Expression, end: Expression, zone: Tz) -> Self {
        Self { start, end, zone, next_start: None, next_end: None, known: false }
    }

    /// Whether the next end comes no later than the next start, at a `time` that never goes back from call to call.
    fn is_active(&mut self, time: DateTime<Utc>) -> bool {
        let passed = |at: Option<DateTime<Utc>>| at.is_some_and(|at| at <= time);
        if !self.known || passed(self.next_start) {
            self.next_start = next(&self.start, time, self.zone);
        }
        if !self.known || passed(self.next_end) {
            self.next_end = next(&self.end, time, self.zone);
        }
        self.known = true;
        match (self.next_end, self.next_start) {
            (Some(end), Some(start)) => end <= start,
            (Some(_), None) => true,
            (None, _) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::observation::tests::{seen, service};
    use forescale_core::Foresight;

    fn active(start: &str, end: &str, times: &[&str]) -> Vec<bool> {
        let mut window = Window::new(cron(start).unwrap(), cron(end).unwrap(), Tz::UTC);
        times.iter().map(|time| window.is_active(time.parse().unwrap())).collect()
    }

    #[test]
    fn a_thursday_is_active_to_its_last_minute() {
        // 2026-01-08 is a Thursday.
        let times = [
            "2026-01-07T23:59:59Z",
            "2026-01-08T00:00:00Z",
            "2026-01-08T23:58:59Z",
            "2026-01-08T23:59:00Z",
            "2026-01-09T12:00:00Z",
        ];
        let found = active("0 0 * * Thu", "59 23 * * Thu", &times);
        assert_eq!(found, [false, true, true, false, false]);
    }

    #[test]
    fn even_hours_are_active() {
        let times = ["2026-01-08T02:10:00Z", "2026-01-08T03:10:00Z", "2026-01-08T04:00:00Z"];
        assert_eq!(active("0 */2 * * *", "0 1-23/2 * * *", &times), [true, false, true]);
    }

    #[test]
    fn a_window_is_learned() {
        let service = service();
        let load = |k: usize| if (8..18).contains(&(k / 60 % 24)) { 70.0 } else { 21.0 };
        let loads: Vec<f64> = (0..2_880).map(load).collect();
        let mut policy = Cron::new(Settings::default()).unwrap();
        let past = Past { service: &service, loads: &loads, foresight: &Foresight::default() };
        Rule::prepare(&mut policy, &past).unwrap();
        let learned = policy.current().clone();
        assert_eq!((learned.start.as_str(), learned.end.as_str()), ("0 8 * * *", "0 18 * * *"));
        assert_eq!((learned.desired, learned.outside), (Some(10), Some(3)));
        let mut at = |hour: usize| {
            Rule::decide(&mut policy, &seen(&loads[..hour * 60], 1, 0, &service)).wanted
        };
        assert_eq!([at(7), at(8), at(17), at(18)], [3, 10, 10, 3]);
    }

    #[test]
    fn half_a_window_is_refused() {
        let settings = |start: &str, end: &str| Settings {
            start: start.to_owned(),
            end: end.to_owned(),
            ..Settings::default()
        };
        for (start, end) in [("0 8 * * *", "auto"), ("0 8 * * *", "0 8 * * *"), ("8", "0 9 * * *")]
        {
            assert!(Cron::new(settings(start, end)).is_err());
        }
    }
}
