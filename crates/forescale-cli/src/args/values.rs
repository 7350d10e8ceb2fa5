//! Readers of single values: moments, spans, shares, hours.

use chrono::{DateTime, LocalResult, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use forescale_core::{BusinessHours, Level, Quantile, Utilization, parse_span};

/// A moment as it was written: with a zone, or in the zone of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// With its zone.
    Absolute(DateTime<Utc>),
    /// As a clock in the service's zone shows it.
    Local(NaiveDateTime),
}

impl Moment {
    /// The moment, with local times read in `zone`: the first of the two where summer time ends, the time
    /// after the hole where it begins.
    pub fn in_zone(self, zone: Tz) -> DateTime<Utc> {
        let local = match self {
            Self::Absolute(moment) => return moment,
            Self::Local(local) => local,
        };
        match zone.from_local_datetime(&local) {
            LocalResult::Single(moment) | LocalResult::Ambiguous(moment, _) => moment.to_utc(),
            LocalResult::None => {
                let before = zone.from_local_datetime(&(local - TimeDelta::hours(3)));
                before
                    .earliest()
                    .map_or_else(|| local.and_utc(), |before| before.to_utc() + TimeDelta::hours(3))
            }
        }
    }
}

/// A moment: ISO 8601 with or without a zone, or Unix seconds.
pub fn moment(text: &str) -> Result<Moment, String> {
    if let Ok(seconds) = text.parse::<i64>() {
        let moment = DateTime::from_timestamp(seconds, 0);
        return moment.map(Moment::Absolute).ok_or_else(|| not_a_moment(text));
    }
    if let Ok(moment) = text.parse::<DateTime<chrono::FixedOffset>>() {
        return Ok(Moment::Absolute(moment.to_utc()));
    }
    ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .or_else(|| text.parse::<chrono::NaiveDate>().ok()?.and_hms_opt(0, 0, 0))
        .map(Moment::Local)
        .ok_or_else(|| not_a_moment(text))
}

fn not_a_moment(text: &str) -> String {
    format!("a time should look like 2026-01-05T14:00:00Z or 2026-01-05T14:00, but is {text:?}")
}

/// A span of whole seconds.
pub fn span(text: &str) -> Result<TimeDelta, String> {
    if is_zero_span(text) {
        return Err(format!("a span should look like 5m and be above 0, but is {text:?}"));
    }
    parse_span(text).map_err(|error| error.to_string())
}

/// A span of whole seconds, or none of it: `0`.
pub fn span_or_zero(text: &str) -> Result<TimeDelta, String> {
    if is_zero_span(text) || text == "0" {
        return Ok(TimeDelta::zero());
    }
    span(text)
}

fn is_zero_span(text: &str) -> bool {
    matches!(text, "0s" | "0m" | "0h" | "0d" | "0w" | "PT0S")
}

/// A seed: a whole number of at least 0.
pub fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| {
        format!("a seed should be a whole number from 0 to {}, but is {text:?}", u64::MAX)
    })
}

/// A short time in seconds: `50ms`, `0.05s`, `2s`, `1m`.
pub fn short_time(text: &str) -> Result<f64, String> {
    let number = |digits: &str| digits.parse::<f64>().ok();
    let seconds = if let Some(digits) = text.strip_suffix("ms") {
        number(digits).map(|ms| ms / 1_000.0)
    } else if let Some(seconds) = text.strip_suffix('s').and_then(number) {
        Some(seconds)
    } else {
        parse_span(text).ok().map(|span| span.num_seconds() as f64)
    };
    seconds
        .filter(|seconds| seconds.is_finite() && *seconds >= 0.0)
        .ok_or_else(|| format!("a time should look like 50ms, 0.05s or 1m, but is {text:?}"))
}

/// A share: `1%`, `0.1%` or `0.01`.
pub fn share(text: &str) -> Result<f64, String> {
    any_share(text).filter(|share| (0.0..1.0).contains(share)).ok_or_else(|| {
        format!("a share should look like 1% or 0.01 and be below 100%, but is {text:?}")
    })
}

/// The same, and the whole: `100%` or `1`.
pub fn whole_share(text: &str) -> Result<f64, String> {
    any_share(text).filter(|share| (0.0..=1.0).contains(share)).ok_or_else(|| {
        format!("a share should look like 50% or 0.5 and be at most 100%, but is {text:?}")
    })
}

fn any_share(text: &str) -> Option<f64> {
    match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().ok().map(|percent| percent / 100.0),
        None => text.parse::<f64>().ok(),
    }
}

/// An origin and its share of the load: `europe=0.7`.
pub fn origin(text: &str) -> Result<(String, f64), String> {
    let parts = text.split_once('=').filter(|(name, _)| !name.trim().is_empty());
    let parts = parts.and_then(|(name, share)| {
        let share = share.trim().parse::<f64>().ok()?;
        (0.0..=1.0).contains(&share).then(|| (name.trim().to_owned(), share))
    });
    parts.ok_or_else(|| format!("an origin should look like europe=0.7, but is {text:?}"))
}

/// Beyond these a number is a mistake, and what is computed from it says nothing.
const SENSIBLE: std::ops::RangeInclusive<f64> = 1e-12..=1e100;

/// A number above 0.
pub fn positive(text: &str) -> Result<f64, String> {
    let value = text.parse::<f64>().ok().filter(|value| value.is_finite() && *value > 0.0);
    sensible(value.ok_or_else(|| format!("expected a number above 0, but got {text:?}"))?, text)
}

/// A number of at least 0.
pub fn not_negative(text: &str) -> Result<f64, String> {
    let value = text.parse::<f64>().ok().filter(|value| value.is_finite() && *value >= 0.0);
    let value =
        value.ok_or_else(|| format!("expected a number of at least 0, but got {text:?}"))?;
    if value == 0.0 { Ok(value) } else { sensible(value, text) }
}

fn sensible(value: f64, text: &str) -> Result<f64, String> {
    SENSIBLE
        .contains(&value)
        .then_some(value)
        .ok_or_else(|| format!("expected a number from 1e-12 to 1e100, but got {text:?}"))
}

/// A level in percent: `80` or `80%`.
pub fn level(text: &str) -> Result<Level, String> {
    let digits = text.trim().trim_end_matches('%');
    let percent = digits.parse::<f64>().map_err(|_| format!("{text:?} is no number"))?;
    Level::new(percent).map_err(|error| error.to_string())
}

/// A quantile.
pub fn quantile(text: &str) -> Result<Quantile, String> {
    let probability = text.trim().parse::<f64>().map_err(|_| format!("{text:?} is no number"))?;
    Quantile::new(probability).map_err(|error| error.to_string())
}

/// A utilisation: `0.8` or `80%`.
pub fn utilization(text: &str) -> Result<Utilization, String> {
    let value = match text.strip_suffix('%') {
        Some(percent) => percent.parse::<f64>().map(|percent| percent / 100.0),
        None => text.parse::<f64>(),
    };
    let share = value.map_err(|_| format!("{text:?} is no number"))?;
    Utilization::new(share).map_err(|error| error.to_string())
}

/// A time zone by its name.
pub fn zone(text: &str) -> Result<Tz, String> {
    text.parse::<Tz>()
        .map_err(|_| format!("a time zone should look like UTC or Europe/Berlin, but is {text:?}"))
}

/// Business hours: `9-17`.
pub fn business_hours(text: &str) -> Result<BusinessHours, String> {
    let hours = || {
        let (start, end) = text.split_once('-')?;
        Some((start.trim().parse::<u8>().ok()?, end.trim().parse::<u8>().ok()?))
    };
    match hours() {
        Some((start, end)) if start < end && end <= 24 => Ok(BusinessHours { start, end }),
        Some((start, end)) if start >= end => {
            Err(format!("business hours should start before they end, as 9-17, but are {text:?}"))
        }
        _ => Err(format!("business hours should look like 9-17, but are {text:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_moment_is_read_in_the_zone_of_the_service() {
        let berlin = Tz::Europe__Berlin;
        let at = |text: &str| moment(text).unwrap().in_zone(berlin).to_rfc3339();
        assert_eq!(at("2026-01-05T14:00"), "2026-01-05T13:00:00+00:00");
        assert_eq!(at("2026-01-05T14:00:00Z"), "2026-01-05T14:00:00+00:00");
        assert_eq!(at("2026-01-05"), "2026-01-04T23:00:00+00:00");
        assert_eq!(at("2026-03-29T02:30"), "2026-03-29T01:30:00+00:00");
        assert_eq!(at("2026-10-25T02:30"), "2026-10-25T00:30:00+00:00");
    }

    #[test]
    fn short_times_and_shares_are_read_in_every_notation() {
        assert_eq!(short_time("50ms"), Ok(0.05));
        assert_eq!(short_time("0.05s"), Ok(0.05));
        assert_eq!(short_time("1m"), Ok(60.0));
        assert!(short_time("-1s").is_err() && short_time("fast").is_err());
        assert_eq!(share("1%"), Ok(0.01));
        assert_eq!(share("0.001"), Ok(0.001));
        assert!(share("100%").is_err() && share("-1%").is_err() && share("NaN").is_err());
    }

    #[test]
    fn a_span_of_nothing_is_one_only_where_it_makes_sense() {
        for text in ["0s", "0m", "0h", "0d", "PT0S"] {
            assert_eq!(span_or_zero(text), Ok(TimeDelta::zero()));
            assert!(span(text).unwrap_err().contains("above 0"), "{text}");
        }
        assert!(span_or_zero("-5m").is_err());
    }

    #[test]
    fn business_hours_run_forward_within_a_day() {
        assert_eq!(business_hours("9-17"), Ok(BusinessHours { start: 9, end: 17 }));
        for text in ["17-9", "9-25", "9", "nine-five"] {
            assert!(business_hours(text).is_err(), "{text}");
        }
        assert!(business_hours("22-6").unwrap_err().contains("should start before they end"));
    }
}
