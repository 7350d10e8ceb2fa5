//! Single values of the configuration, each checked where it is read so that a mistake has its line.

use std::net::SocketAddr;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use croner::Cron;
use forescale::{Quantile, Utilization, parse_span};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

/// The name of a target: 1 to 128 of `a-z 0-9 . _ -`, not only dots. It stands in URLs, labels and the store, and
/// nothing that passes can leave a folder or end an element.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct TargetName(String);

impl TargetName {
    /// The longest name, in bytes.
    pub const LONGEST: usize = 128;

    /// A name, when `text` is one.
    ///
    /// ```
    /// use forescale_server::TargetName;
    /// assert!(TargetName::new("web-shop.eu").is_some());
    /// assert!(TargetName::new("..").is_none() && TargetName::new("a/b").is_none());
    /// ```
    pub fn new(text: &str) -> Option<Self> {
        let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
        let fits = (1..=Self::LONGEST).contains(&text.len());
        let named = text.bytes().all(allowed) && text.bytes().any(|byte| byte != b'.');
        (fits && named).then(|| Self(text.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for TargetName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

impl<'de> Deserialize<'de> for TargetName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(&text).ok_or_else(|| {
            D::Error::custom(
                "a name should be 1 to 128 of a-z, 0-9, dot, underscore and hyphen, and not only dots",
            )
        })
    }
}

/// A cron expression: minute, hour, day of month, month, day of week, in the target's time zone.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule(Box<Cron>);

impl Schedule {
    /// Reads `text`.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn new(text: &str) -> Result<Self, String> {
        let cron: Cron = text.parse().map_err(|error: croner::errors::CronError| {
            format!("a schedule should be five cron fields such as 0 3 * * *: {error}")
        })?;
        Ok(Self(Box::new(cron)))
    }

    /// The first moment after `after` at which it is due in `zone`; none when it never is again.
    pub fn next(&self, after: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        let next = self.0.find_next_occurrence(&after.with_timezone(&zone), false).ok()?;
        Some(next.with_timezone(&Utc))
    }
}

impl<'de> Deserialize<'de> for Schedule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// The longest span: with more than ten years somebody means something else, and times far off are no times.
const LONGEST: TimeDelta = TimeDelta::days(3_653);

/// A span above 0, as `5m`, `PT5M` or seconds.
pub(crate) fn span<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TimeDelta, D::Error> {
    let span = span_or_zero(deserializer)?;
    match span > TimeDelta::zero() {
        true => Ok(span),
        false => Err(D::Error::custom("the span should be above 0")),
    }
}

/// The same where there may be none.
pub(crate) fn some_span<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<TimeDelta>, D::Error> {
    span(deserializer).map(Some)
}

/// A span of 0 or more.
pub(crate) fn span_or_zero<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<TimeDelta, D::Error> {
    let text = String::deserialize(deserializer)?;
    if matches!(text.trim(), "0s" | "0m" | "0h" | "0d" | "0w" | "PT0S") {
        return Ok(TimeDelta::zero());
    }
    let span = parse_span(&text).map_err(D::Error::custom)?;
    match (TimeDelta::zero()..=LONGEST).contains(&span) {
        true => Ok(span),
        false => Err(D::Error::custom("the span should be from 0 to 3653d, which is ten years")),
    }
}

/// An address with its port.
pub(crate) fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(|_| {
        D::Error::custom("an address should be an IP address and a port such as 127.0.0.1:8080")
    })
}

/// The same where there may be none.
pub(crate) fn some_address<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<SocketAddr>, D::Error> {
    address(deserializer).map(Some)
}

/// A number above 0.
pub(crate) fn positive<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let value = f64::deserialize(deserializer)?;
    match value > 0.0 && value.is_finite() {
        true => Ok(value),
        false => Err(D::Error::custom("the number should be above 0")),
    }
}

/// The same where there may be none.
pub(crate) fn some_positive<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<f64>, D::Error> {
    positive(deserializer).map(Some)
}

/// A quantile, above 0 and below 1.
pub(crate) fn some_quantile<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Quantile>, D::Error> {
    Quantile::new(f64::deserialize(deserializer)?).map(Some).map_err(D::Error::custom)
}

/// A share of an instance's capacity.
pub(crate) fn utilization<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Utilization, D::Error> {
    Utilization::new(f64::deserialize(deserializer)?).map_err(D::Error::custom)
}

/// An IANA time zone.
pub(crate) fn zone<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Tz, D::Error> {
    String::deserialize(deserializer)?
        .parse()
        .map_err(|_| D::Error::custom("a time zone should be an IANA name such as Europe/Berlin"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_leave_a_folder_or_an_element_are_refused() {
        let long = "a".repeat(128);
        for good in ["a", "web.shop", "_", "a..b", "-", &long] {
            assert!(TargetName::new(good).is_some(), "{good}");
        }
        let longer = "a".repeat(129);
        for bad in ["", ".", "...", "a/b", "A", "a b", "<b>", "a\0", "ü", "%2e", &longer] {
            assert!(TargetName::new(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn no_time_is_a_span_where_there_may_be_none() {
        let read =
            |text: &str| span_or_zero(toml::Value::from(text)).map(|span| span.num_seconds());
        assert_eq!((read("0s"), read("PT0S"), read("5m")), (Ok(0), Ok(0), Ok(300)));
        assert!(read("-5m").is_err() && read("0").is_err());
        let error = span(toml::Value::from("0s")).unwrap_err().to_string();
        assert!(error.contains("above 0"), "{error}");
    }

    #[test]
    fn a_schedule_follows_its_zone() {
        let schedule = Schedule::new("0 3 * * *").unwrap();
        let after = "2026-01-05T00:00:00Z".parse().unwrap();
        let next = schedule.next(after, Tz::Europe__Berlin).unwrap();
        assert_eq!(next.to_rfc3339(), "2026-01-05T02:00:00+00:00");
        assert!(Schedule::new("0 25 * * *").unwrap_err().contains("five cron fields"));
    }
}
