//! Local times of a file or frame as moments.
//!
//! A time that the clock skips in spring is read with the offset before the change (02:30 becomes 03:30 summer
//! time). A time that occurs twice in autumn is the earlier one, unless that would not come after the sample
//! before it: then it is the later one. A file in order therefore keeps both hours.

use chrono::{DateTime, NaiveDateTime, Offset, TimeDelta, TimeZone, offset::LocalResult};
use chrono_tz::Tz;

/// Microseconds in a second.
const SECOND: i64 = 1_000_000;

/// Turns times into microseconds since the Unix epoch, and counts what needed a rule.
///
/// ```
/// use forescale_core::clock::Clock;
/// let mut clock = Clock::new(chrono_tz::Tz::Europe__Berlin);
/// assert_eq!(clock.local(3_600_000_000), 0);
/// assert_eq!(clock.utc(3_600_000_000), 3_600_000_000);
/// assert_eq!(clock.local, 1);
/// ```
#[derive(Debug, Clone)]
pub struct Clock {
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

    /// A time that says its zone: it is the moment already.
    pub fn utc(&mut self, micros: i64) -> i64 {
        self.last = micros;
        micros
    }

    /// The moment of what a clock on the wall showed, written as if it were UTC.
    pub fn local(&mut self, micros: i64) -> i64 {
        self.local += 1;
        let offset = self.offset_seconds(micros) * SECOND;
        self.utc(micros.saturating_sub(offset))
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
    use chrono::Utc;

    fn moments(day: &str, times: &[&str]) -> (Clock, Vec<String>) {
        let mut clock = Clock::new(Tz::Europe__Berlin);
        let read = |time: &&str| {
            let shown: DateTime<Utc> = format!("{day}T{time}:00Z").parse().unwrap();
            let micros = clock.local(shown.timestamp_micros());
            DateTime::<Utc>::from_timestamp_micros(micros).unwrap().format("%H:%M").to_string()
        };
        let read = times.iter().map(read).collect();
        (clock, read)
    }

    #[test]
    fn the_skipped_hour_is_read_with_the_offset_before_it() {
        let (clock, read) = moments("2026-03-29", &["01:30", "02:30", "03:30"]);
        assert_eq!(read, ["00:30", "01:30", "01:30"]);
        assert_eq!((clock.local, clock.skipped, clock.repeated), (3, 1, 0));
    }

    #[test]
    fn a_file_in_order_keeps_both_passes_of_the_repeated_hour() {
        let autumn = ["02:00", "02:30", "02:00", "02:30", "03:00"];
        let (clock, read) = moments("2026-10-25", &autumn);
        assert_eq!(read, ["00:00", "00:30", "01:00", "01:30", "02:00"]);
        assert_eq!(clock.repeated, 4);
    }

    #[test]
    fn no_time_is_too_far_away() {
        let mut clock = Clock::new(Tz::Europe__Berlin);
        assert_eq!((clock.local(i64::MAX), clock.local(i64::MIN)), (i64::MAX, i64::MIN));
    }
}
