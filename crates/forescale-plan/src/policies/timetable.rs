//! Counts by the clock: cron expressions, and a timetable learned from a history.

use chrono::{DateTime, Datelike, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

use crate::policies::actions::{self, Action, Group, When};
use crate::policies::observation::Service;

/// Days of history from which on every weekday has hours of its own.
const DAYS_FOR_WEEKDAYS: usize = 14;

/// Reads a cron expression of five fields.
pub(crate) fn cron(text: &str) -> Result<Cron, String> {
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    parser.parse(text.trim()).map_err(|_| "a cron expression of five fields".to_owned())
}

/// Reads the name of a time zone.
pub(crate) fn zone(text: &str) -> Result<Tz, String> {
    text.parse().map_err(|_| "a time zone like Europe/Berlin".to_owned())
}

/// The next time an expression holds after `time`; never, when it holds no more.
pub(crate) fn next(cron: &Cron, time: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
    let local = time.with_timezone(&zone);
    cron.find_next_occurrence(&local, false).ok().map(|next| next.with_timezone(&Utc))
}

/// A group of instances whose counts are set by actions, and stay as they were set until others come.
#[derive(Debug, Clone)]
pub(crate) struct Timetable {
    zone: Tz,
    entries: Vec<(When, Action)>,
    /// When each entry comes next, once the timetable is being read.
    upcoming: Vec<Option<DateTime<Utc>>>,
    /// The first of them.
    due: Option<DateTime<Utc>>,
    current: Option<Group>,
}

impl Timetable {
    /// Reads `WHEN=WHAT;...`, when a cron expression or a time, what a count or some of `min:4 max:20 desired:12`.
    pub(crate) fn parse(text: &str, zone: Tz) -> Result<Self, String> {
        let entries = actions::parse(text)?;
        Ok(Self { zone, entries, upcoming: Vec::new(), due: None, current: None })
    }

    /// The group at `time`, which never goes back from call to call; none before the first entry ever held.
    pub(crate) fn at(&mut self, time: DateTime<Utc>) -> Option<Group> {
        if self.upcoming.is_empty() {
            self.begin(time);
        }
        while self.due.is_some_and(|due| due <= time) {
            self.come_to_the_next();
        }
        self.current
    }

    /// Lets the entry hold that is due, and finds out which comes after it.
    fn come_to_the_next(&mut self) {
        let place = self.upcoming.iter().position(|at| *at == self.due);
        if let (Some(place), Some(due)) = (place, self.due) {
            self.hold(place);
            self.upcoming[place] = self.entries[place].0.next(due, self.zone);
        }
        self.due = self.upcoming.iter().flatten().min().copied();
    }

    fn hold(&mut self, place: usize) {
        let group = self.current.unwrap_or(Group::FREE);
        self.current = Some(group.after(&self.entries[place].1));
    }

    /// Lets every entry hold in the order in which it did last.
    fn begin(&mut self, time: DateTime<Utc>) {
        let zone = self.zone;
        let latest =
            |(place, (when, _)): (usize, &(When, Action))| Some((when.latest(time, zone)?, place));
        let mut latest: Vec<_> = self.entries.iter().enumerate().filter_map(latest).collect();
        latest.sort_unstable();
        latest.into_iter().for_each(|(_, place)| self.hold(place));
        self.upcoming = self.entries.iter().map(|(when, _)| when.next(time, zone)).collect();
        self.due = self.upcoming.iter().flatten().min().copied();
    }
}

/// The most instances that each hour needed: by weekday (0 is Sunday) and hour when the history is long enough.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct HourlyPeaks {
    /// Seven days of 24 hours; all days are alike when the history is short.
    pub(crate) counts: Vec<u32>,
    /// Whether they are alike.
    pub(crate) alike: bool,
}

impl HourlyPeaks {
    /// The peaks of `loads` at the share `target` of an instance; none without a load.
    pub(crate) fn learn(service: &Service, loads: &[f64], zone: Tz, target: f64) -> Option<Self> {
        let mut peaks = vec![f64::NAN; 7 * 24];
        let days = loads.len() / service.step.steps_per_day();
        for (k, load) in loads.iter().enumerate() {
            let place = hour_of_week(service.time_at(k), zone);
            peaks[place] = load.max(peaks[place]);
        }
        let alike = days < DAYS_FOR_WEEKDAYS;
        if alike {
            let of_hour =
                |hour: usize| (0..7).map(|day| peaks[day * 24 + hour]).fold(f64::NAN, f64::max);
            let hours: Vec<f64> = (0..24).map(of_hour).collect();
            peaks = hours.repeat(7);
        }
        let overall = peaks.iter().copied().fold(f64::NAN, f64::max);
        if overall.is_nan() {
            return None;
        }
        // An hour that was never seen may be as busy as any.
        let filled = peaks.iter().map(|peak| if peak.is_nan() { overall } else { *peak });
        let counts = filled.map(|peak| service.instances(peak, target).max(service.min)).collect();
        Some(Self { counts, alike })
    }

    /// As `CRON=COUNT;...`, an entry whenever the count changes.
    pub(crate) fn entries(&self) -> String {
        let hours = if self.alike { 24 } else { self.counts.len() };
        let entry = |place: usize| {
            let day = if self.alike { "*".to_owned() } else { (place / 24).to_string() };
            format!("0 {} * * {day}={}", place % 24, self.counts[place])
        };
        let changes = |place: &usize| {
            let before = (place + hours - 1) % hours;
            *place == 0 || self.counts[*place] != self.counts[before]
        };
        (0..hours).filter(changes).map(entry).collect::<Vec<_>>().join(";")
    }
}

fn hour_of_week(time: DateTime<Utc>, zone: Tz) -> usize {
    let local = time.with_timezone(&zone);
    local.weekday().num_days_from_sunday() as usize * 24 + chrono::Timelike::hour(&local) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::observation::tests::service;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn the_latest_entry_holds() {
        let mut table = Timetable::parse("0 8 * * 1-5=12;0 18 * * *=4", Tz::UTC).unwrap();
        // 2026-01-05 is a Monday.
        let counts = [
            "2026-01-05T07:59:00Z",
            "2026-01-05T08:00:00Z",
            "2026-01-05T18:00:00Z",
            "2026-01-10T12:00:00Z",
        ]
        .map(|time| desired(&mut table, time));
        assert_eq!(counts, [Some(4), Some(12), Some(4), Some(4)]);
        for text in ["", "0 8 * *=3", "0 8 * * *", "0 8 * * *=x"] {
            assert!(Timetable::parse(text, Tz::UTC).is_err(), "{text}");
        }
    }

    /// What is wanted at `time`.
    fn desired(table: &mut Timetable, time: &str) -> Option<u32> {
        table.at(at(time)).and_then(|group| group.desired)
    }

    #[test]
    fn bounds_move_what_was_wanted_and_do_not_give_it_back() {
        let text = "2026-01-05T10:00=20;2026-01-05T11:00=max:8;2026-01-05T12:00=min:2 max:40;\
                    2026-01-05T13:00=min:10";
        let mut table = Timetable::parse(text, Tz::UTC).unwrap();
        assert_eq!(table.at(at("2026-01-05T09:00:00Z")), None);
        let group = |desired, min, max| Some(Group { desired: Some(desired), min, max });
        for (time, expected) in [
            ("2026-01-05T10:00:00Z", group(20, 0, u32::MAX)),
            ("2026-01-05T11:30:00Z", group(8, 0, 8)),
            ("2026-01-05T12:30:00Z", group(8, 2, 40)),
            ("2026-01-05T13:30:00Z", group(10, 10, 40)),
        ] {
            assert_eq!(table.at(at(time)), expected, "{time}");
            // Whoever begins to read there finds the same.
            assert_eq!(Timetable::parse(text, Tz::UTC).unwrap().at(at(time)), expected, "{time}");
        }
    }

    #[test]
    fn a_timetable_follows_its_own_clock() {
        let mut table = Timetable::parse("0 8 * * *=9;0 9 * * *=1", Tz::Europe__Berlin).unwrap();
        assert_eq!(desired(&mut table, "2026-01-05T07:30:00Z"), Some(9));
        assert_eq!(desired(&mut table, "2026-07-06T06:30:00Z"), Some(9));
        assert_eq!(desired(&mut table, "2026-07-06T07:30:00Z"), Some(1));
    }

    #[test]
    fn hours_are_learned_and_read_back() {
        let service = service();
        // Three days of minutes: 70 from nine to five, 30 else, once 95 at noon.
        let load = |k: usize| match k / 60 % 24 {
            12 if k < 1_440 => 95.0,
            9..17 => 70.0,
            _ => 30.0,
        };
        let loads: Vec<f64> = (0..4_320).map(load).collect();
        let peaks = HourlyPeaks::learn(&service, &loads, Tz::UTC, 1.0).unwrap();
        assert!(peaks.alike);
        let entries = peaks.entries();
        assert_eq!(entries, "0 0 * * *=3;0 9 * * *=7;0 12 * * *=10;0 13 * * *=7;0 17 * * *=3");
        let mut table = Timetable::parse(&entries, Tz::UTC).unwrap();
        assert_eq!(desired(&mut table, "2026-02-01T12:30:00Z"), Some(10));
        assert_eq!(HourlyPeaks::learn(&service, &[], Tz::UTC, 1.0), None);
    }
}
