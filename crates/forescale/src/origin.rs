//! Where a forecast begins.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use forescale_core::LoadSeries;
use forescale_core::time::format_span;

use crate::EngineError;

/// No history says anything about a moment farther than this behind its end.
const FARTHEST_DAYS: i64 = 28;

/// The history as it was known at `now`, the first moment to forecast: later samples are hidden, missing ones
/// before it become gaps. A `now` between two steps counts as the step it falls into.
///
/// # Errors
/// [`EngineError::Stale`] when `now` is farther behind the end than the history is long, or than 28 days;
/// [`EngineError::TooEarly`] when nothing was known by then.
///
/// ```
/// use forescale::{Frequency, LoadSeries, as_of};
/// let start = "2026-01-05T00:00:00Z".parse().unwrap();
/// let series = LoadSeries::new(start, Frequency::from_seconds(60)?, vec![3.0, 4.0, 5.0])?;
/// assert_eq!(as_of(&series, series.time_at(2))?.values(), [3.0, 4.0]);
/// assert_eq!(as_of(&series, series.time_at(5))?.gaps(), 2);
/// assert!(as_of(&series, series.time_at(100)).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn as_of(series: &LoadSeries, now: DateTime<Utc>) -> Result<LoadSeries, EngineError> {
    let end = series.end();
    let longest = (end - series.start()).min(TimeDelta::days(FARTHEST_DAYS));
    if now - end > longest {
        return Err(EngineError::Stale {
            now: text(now),
            gap: format_span(now - end),
            end: text(end),
        });
    }
    series
        .until(now)
        .map_err(|_| EngineError::TooEarly { now: text(now), start: text(series.start()) })
}

fn text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
