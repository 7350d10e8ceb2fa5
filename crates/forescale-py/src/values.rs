//! Single values as people write them in Python: a frequency, a span, a share.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use forescale::{BusinessHours, Frequency, Level, parse_span};
use pyo3::prelude::*;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::failure::Refusal;
use crate::times::in_zone;

/// A frequency as pandas, polars and the command write it: `5min`, `5m`, `h`, `1D`.
pub fn frequency(text: &str) -> Result<Frequency, Refusal> {
    let hint = "write freq=\"1min\", \"5min\", \"1h\" or \"1D\"";
    let wrong = || {
        Refusal::new(format!("freq: a frequency should look like 5min or 1h, but is {text:?}"))
            .hint(hint)
    };
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let (count, unit) = text.trim().split_at_checked(digits).ok_or_else(wrong)?;
    let count = if count.is_empty() { 1 } else { count.parse::<i64>().map_err(|_| wrong())? };
    let seconds = match unit {
        "s" | "S" | "sec" => 1,
        "m" | "min" | "T" => 60,
        "h" | "H" => 3_600,
        "d" | "D" => 86_400,
        "w" | "W" => 604_800,
        _ => parse_span(text).map_err(|_| wrong())?.num_seconds(),
    };
    let seconds = if unit.starts_with('P') { seconds } else { seconds.saturating_mul(count) };
    Frequency::from_seconds(seconds)
        .map_err(|error| Refusal::from(error).setting("freq").hint(hint))
}

/// The seconds of a frequency.
#[pyfunction]
pub fn step_seconds(freq: &str) -> PyResult<i64> {
    Ok(frequency(freq)?.seconds())
}

/// A time zone by its name.
pub fn zone(text: &str) -> Result<Tz, Refusal> {
    text.parse().map_err(|_| {
        Refusal::new(format!(
            "timezone: a time zone should look like UTC or Europe/Berlin, but is {text:?}"
        ))
        .hint("pass a name of the IANA time zone database")
    })
}

/// A level in percent.
pub fn level(percent: f64) -> Result<Level, Refusal> {
    Level::new(percent)
        .map_err(|error| Refusal::from(error).setting("level").hint("pass percent, 80 or 95 say"))
}

/// Business hours: `9-17`.
pub fn business_hours(text: &str) -> Result<BusinessHours, Refusal> {
    let hours = text.split_once('-').and_then(|(start, end)| {
        Some(BusinessHours { start: start.trim().parse().ok()?, end: end.trim().parse().ok()? })
    });
    hours.filter(|hours| hours.start < hours.end && hours.end <= 24).ok_or_else(|| {
        Refusal::new(format!(
            "business_hours: business hours should look like 9-17, but are {text:?}"
        ))
        .hint("they start before they end, within a day")
    })
}

/// A moment: ISO 8601, read in `zone` when it carries none.
pub fn moment(text: &str, zone: Tz) -> Result<DateTime<Utc>, Refusal> {
    if let Ok(moment) = text.parse::<DateTime<chrono::FixedOffset>>() {
        return Ok(moment.to_utc());
    }
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .or_else(|| text.parse::<chrono::NaiveDate>().ok()?.and_hms_opt(0, 0, 0))
        .map(|local| in_zone(local, zone))
        .ok_or_else(|| {
            Refusal::new(format!("a time should look like 2026-01-05T14:00, but is {text:?}"))
                .hint("pass ISO 8601 or a datetime")
        })
}

/// A number, or text that stands for one.
enum Written {
    Number(f64),
    Text(String),
    Other(String),
}

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Value::deserialize(deserializer)? {
            Value::Number(number) => Self::Number(number.as_f64().unwrap_or(f64::NAN)),
            Value::String(text) => Self::Text(text),
            other => Self::Other(other.to_string()),
        })
    }
}

/// A span of seconds, or text like `5m` and `PT5M`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(pub TimeDelta);

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wrong = |text: &str| {
            serde::de::Error::custom(format!("a span should look like 5m or 24h, but is {text:?}"))
        };
        match Written::deserialize(deserializer)? {
            Written::Number(seconds) if (0.0..1e11).contains(&seconds) => {
                Ok(Self(TimeDelta::seconds(seconds as i64)))
            }
            Written::Number(seconds) => Err(wrong(&seconds.to_string())),
            Written::Text(text) if matches!(text.as_str(), "0" | "0s" | "0m" | "0h" | "0d") => {
                Ok(Self(TimeDelta::zero()))
            }
            Written::Text(text) => parse_span(&text).map(Self).map_err(|_| wrong(&text)),
            Written::Other(text) => Err(wrong(&text)),
        }
    }
}

/// A share: `0.01` or `"1%"`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share(pub f64);

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (share, text) = match Written::deserialize(deserializer)? {
            Written::Number(share) => (Some(share), share.to_string()),
            Written::Text(text) => {
                let share = match text.strip_suffix('%') {
                    Some(percent) => percent.trim().parse::<f64>().ok().map(|p| p / 100.0),
                    None => text.parse().ok(),
                };
                (share, text)
            }
            Written::Other(text) => (None, text),
        };
        share.filter(|share| (0.0..=1.0).contains(share)).map(Self).ok_or_else(|| {
            serde::de::Error::custom(format!(
                "a share should look like 0.01 or 1%, but is {text:?}"
            ))
        })
    }
}

/// A short time in seconds: `0.05` or `"50ms"`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seconds(pub f64);

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (seconds, text) = match Written::deserialize(deserializer)? {
            Written::Number(seconds) => (Some(seconds), seconds.to_string()),
            Written::Text(text) => (seconds_of(&text), text),
            Written::Other(text) => (None, text),
        };
        let fine = seconds.filter(|seconds| seconds.is_finite() && *seconds >= 0.0);
        fine.map(Self).ok_or_else(|| {
            serde::de::Error::custom(format!(
                "a time should look like 50ms or 0.05, but is {text:?}"
            ))
        })
    }
}

fn seconds_of(text: &str) -> Option<f64> {
    if let Some(digits) = text.strip_suffix("ms") {
        return digits.parse::<f64>().ok().map(|ms| ms / 1_000.0);
    }
    let plain = text.strip_suffix('s').and_then(|digits| digits.parse::<f64>().ok());
    plain.or_else(|| parse_span(text).ok().map(|span| span.num_seconds() as f64))
}
