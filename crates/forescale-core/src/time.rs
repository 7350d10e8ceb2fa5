//! Spans, steps and horizons.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::units::UnitError;

const DAY_SECONDS: u32 = 86_400;

/// The step of a regular series, in whole seconds.
///
/// ```
/// use forescale_core::Frequency;
/// let five_minutes = Frequency::from_seconds(300)?;
/// assert_eq!(five_minutes.steps_per_day(), 288);
/// # Ok::<(), forescale_core::UnitError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Frequency(u32);

impl Frequency {
    /// A step of `seconds`.
    ///
    /// # Errors
    /// [`UnitError::Step`] outside 1 second to 28 days.
    pub fn from_seconds(seconds: i64) -> Result<Self, UnitError> {
        if (1..=i64::from(28 * DAY_SECONDS)).contains(&seconds) {
            Ok(Self(seconds as u32))
        } else {
            Err(UnitError::Step(seconds))
        }
    }

    /// The step in seconds.
    pub fn seconds(self) -> i64 {
        i64::from(self.0)
    }

    /// The step as a span.
    pub fn span(self) -> TimeDelta {
        TimeDelta::seconds(self.seconds())
    }

    /// Steps in a day, rounded, at least 1.
    pub fn steps_per_day(self) -> usize {
        self.steps_in(TimeDelta::days(1)).max(1)
    }

    /// Steps in `span`, rounded to the nearest whole step.
    pub fn steps_in(self, span: TimeDelta) -> usize {
        let steps = (span.num_seconds() as f64 / f64::from(self.0)).round();
        steps.max(0.0) as usize
    }
}

impl TryFrom<u32> for Frequency {
    type Error = UnitError;

    fn try_from(seconds: u32) -> Result<Self, UnitError> {
        Self::from_seconds(i64::from(seconds))
    }
}

impl From<Frequency> for u32 {
    fn from(frequency: Frequency) -> Self {
        frequency.0
    }
}

impl std::fmt::Display for Frequency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&format_span(self.span()))
    }
}

/// How many steps ahead a forecast reaches; at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "usize", into = "usize")]
pub struct Horizon(usize);

impl Horizon {
    /// The most steps a forecast may have.
    pub const MAX_STEPS: usize = 1_000_000;

    /// A horizon of `steps`.
    ///
    /// # Errors
    /// [`UnitError::Horizon`] outside 1 to [`Horizon::MAX_STEPS`].
    pub fn new(steps: usize) -> Result<Self, UnitError> {
        if (1..=Self::MAX_STEPS).contains(&steps) {
            Ok(Self(steps))
        } else {
            Err(UnitError::Horizon(steps))
        }
    }

    /// The number of steps.
    pub fn steps(self) -> usize {
        self.0
    }
}

impl TryFrom<usize> for Horizon {
    type Error = UnitError;

    fn try_from(steps: usize) -> Result<Self, UnitError> {
        Self::new(steps)
    }
}

impl From<Horizon> for usize {
    fn from(horizon: Horizon) -> Self {
        horizon.0
    }
}

/// Reads a span: `300s`, `5m`, `24h`, `7d`, `2w`, `1h30m`, or ISO 8601 as `PT5M` or `P1DT12H`.
///
/// # Errors
/// [`UnitError::Span`] names the text when it is not a positive span in whole seconds.
///
/// ```
/// use forescale_core::parse_span;
/// assert_eq!(parse_span("5m")?, parse_span("PT5M")?);
/// assert!(parse_span("5 parsecs").is_err());
/// # Ok::<(), forescale_core::UnitError>(())
/// ```
pub fn parse_span(text: &str) -> Result<TimeDelta, UnitError> {
    let error = || UnitError::Span(text.to_owned());
    let trimmed = text.trim();
    let seconds = match trimmed.strip_prefix(['P', 'p']) {
        Some(iso) => iso_seconds(iso),
        None => unit_seconds(trimmed),
    }
    .ok_or_else(error)?;
    TimeDelta::try_seconds(seconds).filter(|span| *span > TimeDelta::zero()).ok_or_else(error)
}

fn unit_seconds(text: &str) -> Option<i64> {
    sum_parts(text, |unit| match unit {
        "s" | "sec" | "secs" => Some(1),
        "m" | "min" | "mins" => Some(60),
        "h" | "hr" | "hrs" => Some(3_600),
        "d" | "day" | "days" => Some(86_400),
        "w" | "week" | "weeks" => Some(604_800),
        _ => None,
    })
}

fn iso_seconds(text: &str) -> Option<i64> {
    let upper = text.to_ascii_uppercase();
    let (date, time) = match upper.split_once('T') {
        Some((date, time)) if !time.is_empty() => (date.to_owned(), time.to_owned()),
        Some(_) => return None,
        None => (upper, String::new()),
    };
    let of = |part: &str, units: &[(&str, i64)]| -> Option<i64> {
        if part.is_empty() {
            return Some(0);
        }
        sum_parts(part, |unit| units.iter().find(|(name, _)| *name == unit).map(|(_, s)| *s))
    };
    let days = of(&date, &[("W", 604_800), ("D", 86_400)])?;
    days.checked_add(of(&time, &[("H", 3_600), ("M", 60), ("S", 1)])?)
}

/// Adds up `<digits><unit>` parts; `None` on anything else or on overflow.
fn sum_parts(text: &str, unit_seconds: impl Fn(&str) -> Option<i64>) -> Option<i64> {
    let mut rest = text;
    let mut total = 0_i64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let unit_end = rest[digits..]
            .find(|c: char| c.is_ascii_digit())
            .map_or(rest.len(), |end| digits + end);
        let count: i64 = rest[..digits].parse().ok()?;
        let part = count.checked_mul(unit_seconds(&rest[digits..unit_end])?)?;
        total = total.checked_add(part)?;
        rest = &rest[unit_end..];
    }
    Some(total)
}

/// Writes a span the way [`parse_span`] reads it, in its largest exact units: `1h30m`, `5m`, `2d`.
pub fn format_span(span: TimeDelta) -> String {
    let mut seconds = span.num_seconds();
    if seconds == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    for (unit, length) in [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)] {
        if seconds / length > 0 {
            text.push_str(&format!("{}{unit}", seconds / length));
            seconds %= length;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_in_every_notation() {
        for (text, seconds) in [
            ("300s", 300),
            ("5m", 300),
            ("24h", 86_400),
            ("PT5M", 300),
            ("P1DT12H", 129_600),
            ("1h30m", 5_400),
            ("7d", 604_800),
            ("1440m", 86_400),
        ] {
            assert_eq!(parse_span(text).unwrap().num_seconds(), seconds, "{text}");
        }
    }

    #[test]
    fn broken_spans_are_refused() {
        for text in
            ["", "5", "m", "-5m", "5x", "P", "PT", "0s", "99999999999999999999d", "5m3", "1.5h"]
        {
            assert!(parse_span(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_span_is_written_as_it_is_read() {
        for text in ["5m", "1h30m", "1d", "2d3h", "45s"] {
            assert_eq!(format_span(parse_span(text).unwrap()), text);
        }
    }
}
