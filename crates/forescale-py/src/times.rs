//! The times of a frame: their unit, their zone, and the way to UTC and back.

use chrono::{DateTime, NaiveDateTime, Offset, Utc};
use chrono_tz::Tz;
use forescale_core::clock::Clock;
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
    /// What reads the times of one series, in the order of its rows.
    pub fn reader(&self) -> Reader {
        Reader { unit: self.unit, clock: self.is_clock().then(|| Clock::new(self.zone)) }
    }

    /// What stands in a frame for a moment.
    pub fn written(&self, at: DateTime<Utc>) -> i64 {
        let micros = at.timestamp_micros();
        if !self.is_clock() {
            return self.unit.count(micros);
        }
        let offset = at.with_timezone(&self.zone).offset().fix().local_minus_utc();
        self.unit.count(micros + i64::from(offset) * 1_000_000)
    }

    /// Whether they are what a clock shows that is not that of UTC.
    fn is_clock(&self) -> bool {
        self.tz.is_none() && self.zone != Tz::UTC
    }
}

/// Reads the times of one series: of a clock time that comes twice in autumn, the rows before it say which one it is.
#[derive(Debug, Clone)]
pub struct Reader {
    unit: Unit,
    clock: Option<Clock>,
}

impl Reader {
    /// Microseconds since the Unix epoch of what stands in the next row.
    pub fn micros(&mut self, count: i64) -> i64 {
        let micros = self.unit.micros(count);
        self.clock.as_mut().map_or(micros, |clock| clock.local(micros))
    }

    /// Whether the times are those of a clock that is changed.
    pub fn is_clock(&self) -> bool {
        self.clock.is_some()
    }

    /// How many clock times so far the clock skips in spring, and how many it shows twice in autumn.
    pub fn changed(&self) -> (usize, usize) {
        self.clock.as_ref().map_or((0, 0), |clock| (clock.skipped, clock.repeated))
    }
}

/// A clock time of `zone` as a moment: the first of the two where summer time ends, the time after the hole where it
/// begins.
pub fn in_zone(local: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    let shown = local.and_utc();
    let micros = Clock::new(zone).local(shown.timestamp_micros());
    DateTime::from_timestamp_micros(micros).unwrap_or(shown)
}
