//! Where a forecast begins.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use forescale_core::LoadSeries;
use forescale_core::time::format_span;

use crate::{EngineError, Model};

/// No history says anything about a moment farther than this behind its end.
const FARTHEST_DAYS: i64 = 28;

/// Missing steps before the first moment to forecast that are nothing to speak of.
const STALE_STEPS: i32 = 3;

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

/// What to say when the history that was read ends well before the first moment to forecast, which is the end of `known`;
/// `now` is what the caller names that moment.
///
/// ```
/// use forescale::{Frequency, LoadSeries, as_of, stale};
/// let start = "2026-01-05T00:00:00Z".parse().unwrap();
/// let series = LoadSeries::new(start, Frequency::from_seconds(3_600)?, vec![3.0; 48])?;
/// let late = as_of(&series, series.time_at(54))?;
/// assert_eq!(stale(&series, &late, "--now").as_deref(), Some("the history ends 6h before --now"));
/// assert_eq!(stale(&series, &as_of(&series, series.time_at(49))?, "--now"), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn stale(read: &LoadSeries, known: &LoadSeries, now: &str) -> Option<String> {
    let gap = known.end() - read.end();
    let usual = (read.frequency().span() * STALE_STEPS).max(TimeDelta::hours(1));
    (gap > usual).then(|| format!("the history ends {} before {now}", format_span(gap)))
}

/// What to say when a model is asked for more than it was trained for.
pub fn farther(model: &Model, horizon: TimeDelta) -> Option<String> {
    let trained = model.frequency().span() * i32::try_from(model.card().horizon_steps).ok()?;
    (horizon > trained).then(|| {
        let (asked, trained) = (format_span(horizon), format_span(trained));
        format!("the horizon of {asked} is longer than the {trained} the model was trained for")
    })
}

fn text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
