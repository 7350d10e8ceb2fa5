//! Counts beside a load: the series behind it, and the instances that serve.

use chrono::{DateTime, TimeDelta, Utc};
use forescale_core::LoadSeries;

use crate::asking::Asking;
use crate::error::PrometheusError;
use crate::grid::Grid;
use crate::reading::Reading;

/// What is usual is the median of so long: a count that stays lower is the usual one after half of it.
const USUAL: TimeDelta = TimeDelta::days(1);

/// The share of the usual count that has to be there.
const NEEDED: f64 = 0.8;

/// Refuses a load as partial when `query`, which counts the series behind it, gives too few at the `newest` load.
///
/// A sum does not show that half of its series are gone: it halves, as if the load had. The count is evaluated as the
/// load is, at the end of every step, and asked for after it, so that it knows no less.
///
/// # Errors
/// [`PrometheusError::Partial`] with both counts, unless partial answers are allowed; whatever the read of the counts
/// gives, none at all included.
pub(crate) fn refuse_missing(
    asking: &mut Asking<'_>,
    query: &str,
    newest: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(), PrometheusError> {
    let settings = asking.settings();
    let steps = settings.step.steps_in(USUAL.min(settings.range)).max(1);
    let grid = Grid::ending(now, settings.step, steps);
    let mut reading = Reading::new(asking, query, 1.0, grid);
    // Where the server repeats a sample for the load, it does so for the count.
    reading.evaluated(&[])?;
    let (counts, ..) = reading.finish()?;
    let usual = median(&counts);
    let wrong = match newest.and_then(|newest| at(&counts, newest)) {
        Some(count) if count >= NEEDED * usual => return Ok(()),
        Some(count) => format!(
            "{query} gives {count} at the newest load, below {:.0} % of the usual {usual}",
            100.0 * NEEDED
        ),
        None => format!("{query} gives no count at the newest load, and {usual} usually"),
    };
    asking.warned(&[wrong])
}

/// The instances that serve at `now`, by the query that the settings have for them; none without one.
///
/// # Errors
/// [`PrometheusError`] without an answer, with one in part, without a series or with several, and for what is no count.
pub(crate) fn instances(
    asking: &mut Asking<'_>,
    now: DateTime<Utc>,
) -> Result<Option<u32>, PrometheusError> {
    let Some(query) = &asking.settings().instances else { return Ok(None) };
    let value = asking.instant(query, now)?;
    match (0.0..=f64::from(u32::MAX)).contains(&value) {
        true => Ok(Some(value.round() as u32)),
        false => Err(PrometheusError::Setting {
            key: "instances",
            found: value.to_string(),
            expected: "a query that gives a count of 0 or more".into(),
        }),
    }
}

/// The count of the step that holds `moment`.
fn at(counts: &LoadSeries, moment: DateTime<Utc>) -> Option<f64> {
    let step = usize::try_from(counts.index_at(moment)).ok()?;
    counts.values().get(step).copied().filter(|count| !count.is_nan())
}

/// The median of the counts that are there; the higher of the two in the middle.
fn median(counts: &LoadSeries) -> f64 {
    let mut present: Vec<_> = counts.present().collect();
    present.sort_by(f64::total_cmp);
    present.get(present.len() / 2).copied().unwrap_or_default()
}
