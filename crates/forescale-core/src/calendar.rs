//! What a service's own clock and diary say: its time zone, business hours, holidays and known events.

use chrono::{DateTime, Datelike, NaiveDate, Offset, Timelike, Utc, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// Hours of a working day, in local time: `start` inclusive, `end` exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BusinessHours {
    /// First hour, 0 to 23.
    pub start: u8,
    /// Hour after the last, 1 to 24.
    pub end: u8,
}

impl Default for BusinessHours {
    fn default() -> Self {
        Self { start: 9, end: 17 }
    }
}

/// A day off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holiday {
    /// The local date.
    pub date: NaiveDate,
    /// Its name.
    pub name: String,
}

/// Something that is known in advance to change the load: a campaign, a release, a batch window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// First moment.
    pub start: DateTime<Utc>,
    /// First moment after it.
    pub end: DateTime<Utc>,
    /// What kind it is: events of one kind are expected to look alike.
    pub kind: String,
    /// What the load is expected to be multiplied by, if known; above 0.
    pub factor: Option<f64>,
}

impl Event {
    /// Whether the event covers `time`.
    pub fn covers(&self, time: DateTime<Utc>) -> bool {
        self.start <= time && time < self.end
    }
}

/// The service's calendar.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calendar {
    /// The time zone its users live in.
    pub zone: Tz,
    /// Its business hours, in that zone.
    pub business_hours: BusinessHours,
    /// Days off, ascending by date.
    pub holidays: Vec<Holiday>,
    /// Known events, past and to come, ascending by start.
    pub events: Vec<Event>,
}

impl Default for Calendar {
    fn default() -> Self {
        Self {
            zone: Tz::UTC,
            business_hours: BusinessHours::default(),
            holidays: Vec::new(),
            events: Vec::new(),
        }
    }
}

/// A moment as the service's own clock shows it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LocalTime {
    /// Local date.
    pub date: NaiveDate,
    /// Hours since local midnight, with their fraction: 13.5 is half past one.
    pub hour: f64,
    /// 0 on Monday to 6 on Sunday.
    pub weekday: u32,
    /// Saturday or Sunday.
    pub weekend: bool,
    /// A working day within business hours.
    pub business: bool,
    /// A day off.
    pub holiday: bool,
}

impl Calendar {
    /// Reads the service's clock at `time`, right across a change to or from summer time.
    pub fn local(&self, time: DateTime<Utc>) -> LocalTime {
        let local = time.with_timezone(&self.zone);
        let date = local.date_naive();
        let weekend = matches!(local.weekday(), Weekday::Sat | Weekday::Sun);
        let holiday = self.holiday(date).is_some();
        let in_hours = (u32::from(self.business_hours.start)..u32::from(self.business_hours.end))
            .contains(&local.hour());
        LocalTime {
            date,
            hour: f64::from(local.num_seconds_from_midnight()) / 3_600.0,
            weekday: local.weekday().num_days_from_monday(),
            weekend,
            business: in_hours && !weekend && !holiday,
            holiday,
        }
    }

    /// How many seconds the service's clock is ahead of UTC at `time`; below 0 west of Greenwich.
    pub fn offset_seconds(&self, time: DateTime<Utc>) -> i64 {
        i64::from(time.with_timezone(&self.zone).offset().fix().local_minus_utc())
    }

    /// The day off on `date`, if it is one.
    pub fn holiday(&self, date: NaiveDate) -> Option<&Holiday> {
        let at = self.holidays.binary_search_by_key(&date, |holiday| holiday.date);
        at.ok().map(|index| &self.holidays[index])
    }

    /// The events that cover `time`.
    pub fn events_at(&self, time: DateTime<Utc>) -> impl Iterator<Item = &Event> {
        self.events.iter().filter(move |event| event.covers(time))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_time_is_right_across_summer_time() {
        let calendar = Calendar { zone: Tz::Europe__Berlin, ..Calendar::default() };
        let before = calendar.local("2026-03-28T08:00:00Z".parse().unwrap());
        let after = calendar.local("2026-03-30T07:00:00Z".parse().unwrap());
        assert_eq!((before.hour, after.hour), (9.0, 9.0));
        let offset = |time: &str| calendar.offset_seconds(time.parse().unwrap());
        assert_eq!(offset("2026-03-29T00:59:59Z"), 3_600);
        assert_eq!(offset("2026-03-29T01:00:00Z"), 7_200);
        assert!(before.weekend && !before.business);
        assert!(after.business);
    }

    #[test]
    fn a_holiday_is_no_working_day() {
        let date = NaiveDate::from_ymd_opt(2026, 12, 25).unwrap();
        let holidays = vec![Holiday { date, name: "Christmas Day".to_owned() }];
        let calendar = Calendar { holidays, ..Calendar::default() };
        let local = calendar.local("2026-12-25T10:00:00Z".parse().unwrap());
        assert!(local.holiday && !local.business);
    }
}
