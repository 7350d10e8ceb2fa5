//! Local times of a source as moments.
//!
//! A time that the clock skips in spring is read with the offset before the change (02:30 becomes 03:30 summer
//! time). A time that occurs twice in autumn is the earlier one, unless that would not come after the sample
//! before it: then it is the later one. A file in order therefore keeps both hours.

use chrono::{DateTime, NaiveDateTime, Offset, TimeDelta, TimeZone, offset::LocalResult};
use chrono_tz::Tz;

use crate::timestamp::{SECOND, Stamp};

/// Turns stamps into microseconds since the Unix epoch, and counts what needed a rule.
#[derive(Debug)]
pub(crate) struct Clock {
    zone: Tz,
    last: i64,
    /// Times without a zone.
    pub local: usize,
    /// Times that the clock skipped.
    pub skipped: usize,
    /// Times that occurred twice.
    pub repeated: usize,
}

impl Clock {
    /// A clock that reads times without a zone in `zone`.
    pub fn new(zone: Tz) -> Self {
        Self { zone, last: i64::MIN, local: 0, skipped: 0, repeated: 0 }
    }

    /// The moment of `stamp`, in microseconds.
    pub fn moment(&mut self, stamp: Stamp) -> i64 {
        self.last = match stamp {
            Stamp::Utc(micros) => micros,
            Stamp::Local(micros) => {
                self.local += 1;
                micros - self.offset_seconds(micros) * SECOND
            }
        };
        self.last
    }

    fn offset_seconds(&mut self, local: i64) -> i64 {
        let Some(time) = DateTime::from_timestamp_micros(local) else { return 0 };
        match offsets(self.zone, time.naive_utc()) {
            LocalResult::Single(offset) => offset,
            LocalResult::Ambiguous(earlier, later) => {
                self.repeated += 1;
                if local - earlier * SECOND > self.last { earlier } else { later }
            }
            LocalResult::None => {
                self.skipped += 1;
                offsets(self.zone, time.naive_utc() - BEFORE_A_CHANGE).earliest().unwrap_or(0)
            }
        }
    }
}

/// No clock is put forward twice within this span, nor by more than it.
const BEFORE_A_CHANGE: TimeDelta = TimeDelta::hours(3);

/// Seconds east of UTC that `time` may have on a clock in `zone`, in the order in which they occur.
fn offsets(zone: Tz, time: NaiveDateTime) -> LocalResult<i64> {
    let found = zone.offset_from_local_datetime(&time);
    found.map(|offset| i64::from(offset.fix().local_minus_utc()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timestamp::parse;
    use chrono::Utc;

    fn moments(times: &[&str]) -> (Clock, Vec<String>) {
        let mut clock = Clock::new(Tz::Europe__Berlin);
        let read = |time: &&str| {
            let micros = clock.moment(parse(time).unwrap());
            DateTime::<Utc>::from_timestamp_micros(micros).unwrap().format("%H:%M").to_string()
        };
        let read = times.iter().map(read).collect();
        (clock, read)
    }

    #[test]
    fn the_skipped_hour_is_read_with_the_offset_before_it() {
        let (clock, read) = moments(&["2026-03-29 01:30", "2026-03-29 02:30", "2026-03-29 03:30"]);
        assert_eq!(read, ["00:30", "01:30", "01:30"]);
        assert_eq!((clock.local, clock.skipped, clock.repeated), (3, 1, 0));
    }

    #[test]
    fn a_file_in_order_keeps_both_passes_of_the_repeated_hour() {
        let autumn =
            ["02:00", "02:30", "02:00", "02:30", "03:00"].map(|t| format!("2026-10-25 {t}"));
        let (clock, read) = moments(&autumn.each_ref().map(String::as_str));
        assert_eq!(read, ["00:00", "00:30", "01:00", "01:30", "02:00"]);
        assert_eq!(clock.repeated, 4);
    }

    #[test]
    fn a_zone_in_the_text_goes_before_the_one_of_the_clock() {
        let (clock, read) = moments(&["2026-01-05T12:00:00Z", "2026-01-05T12:00:00"]);
        assert_eq!(read, ["12:00", "11:00"]);
        assert_eq!(clock.local, 1);
    }
}
