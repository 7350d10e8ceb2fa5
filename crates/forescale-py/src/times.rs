//! The times of a frame: their unit, their zone, and the way to UTC and back.

use chrono::{DateTime, LocalResult, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::failure::Refusal;

/// What a time stamp counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    Second,
    Millisecond,
    Microsecond,
    Nanosecond,
}

impl Unit {
    /// The unit that numpy and Arrow write so.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        match text {
            "s" => Ok(Self::Second),
            "ms" => Ok(Self::Millisecond),
            "us" => Ok(Self::Microsecond),
            "ns" => Ok(Self::Nanosecond),
            _ => Err(Refusal::new(format!(
                "a time should count s, ms, us or ns, but counts {text:?}"
            ))),
        }
    }

    /// As numpy writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Second => "s",
            Self::Millisecond => "ms",
            Self::Microsecond => "us",
            Self::Nanosecond => "ns",
        }
    }

    fn micros(self, count: i64) -> i64 {
        match self {
            Self::Second => count.saturating_mul(1_000_000),
            Self::Millisecond => count.saturating_mul(1_000),
            Self::Microsecond => count,
            Self::Nanosecond => count.div_euclid(1_000),
        }
    }

    fn count(self, micros: i64) -> i64 {
        match self {
            Self::Second => micros.div_euclid(1_000_000),
            Self::Millisecond => micros.div_euclid(1_000),
            Self::Microsecond => micros,
            Self::Nanosecond => micros.saturating_mul(1_000),
        }
    }
}

/// How the times of a frame are written; the answer's are written alike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Times {
    /// What they count.
    pub unit: Unit,
    /// The zone they carry; they are clock times of `zone` when they carry none.
    pub tz: Option<String>,
    /// The zone of the service.
    pub zone: Tz,
}

impl Times {
    /// Microseconds since the Unix epoch of what stands in a frame.
    pub fn utc_micros(&self, count: i64) -> i64 {
        let micros = self.unit.micros(count);
        match self.tz.is_some() || self.zone == Tz::UTC {
            true => micros,
            false => of_clock(micros, self.zone),
        }
    }

    /// How many of these clock times the clock skips in spring, and how many it shows twice in autumn.
    pub fn changed(&self, counts: impl Iterator<Item = i64>) -> (usize, usize) {
        if self.tz.is_some() || self.zone == Tz::UTC {
            return (0, 0);
        }
        let (mut skipped, mut repeated) = (0, 0);
        for at in counts.filter_map(|n| DateTime::from_timestamp_micros(self.unit.micros(n))) {
            match self.zone.offset_from_local_datetime(&at.naive_utc()) {
                LocalResult::None => skipped += 1,
                LocalResult::Ambiguous(..) => repeated += 1,
                LocalResult::Single(_) => {}
            }
        }
        (skipped, repeated)
    }

    /// What stands in a frame for a moment.
    pub fn written(&self, at: DateTime<Utc>) -> i64 {
        let micros = at.timestamp_micros();
        if self.tz.is_some() || self.zone == Tz::UTC {
            return self.unit.count(micros);
        }
        let offset = at.with_timezone(&self.zone).offset().fix().local_minus_utc();
        self.unit.count(micros + i64::from(offset) * 1_000_000)
    }
}

/// The moment at which a clock in `zone` shows a time: the first of the two where summer time ends, the time after the
/// hole where it begins.
fn of_clock(micros: i64, zone: Tz) -> i64 {
    let Some(local) = DateTime::<Utc>::from_timestamp_micros(micros).map(|time| time.naive_utc())
    else {
        return micros;
    };
    in_zone(local, zone).timestamp_micros()
}

/// A clock time of `zone` as a moment.
pub fn in_zone(local: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(moment) | LocalResult::Ambiguous(moment, _) => moment.to_utc(),
        LocalResult::None => {
            let before = zone.from_local_datetime(&(local - TimeDelta::hours(3))).earliest();
            before.map_or_else(|| local.and_utc(), |before| before.to_utc() + TimeDelta::hours(3))
        }
    }
}
