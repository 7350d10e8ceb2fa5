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

/// `load` with a gap in every step in which `query`, which counts the series behind it, gave too few.
///
/// A sum does not show that half of its series are gone: it halves, as if the load had. The count is evaluated as the
/// load is, at the end of every step, and asked for after it, so that it knows no less. A step without a count, for
/// which it may have been too early, is taken as it is; the newest load is not.
///
/// # Errors
/// [`PrometheusError::Partial`] with both counts when too few are behind the newest load, unless partial answers are
/// allowed: then every step stays as it is. Whatever the read of the counts gives, none at all included.
pub(crate) fn without_incomplete(
    asking: &mut Asking<'_>,
    query: &str,
    load: LoadSeries,
    now: DateTime<Utc>,
) -> Result<(LoadSeries, usize), PrometheusError> {
    let step = load.frequency();
    let grid = Grid::ending(now, step, load.len());
    let mut reading = Reading::new(asking, query, 1.0, grid);
    // Where the server repeats a sample for the load, it does so for the count.
    reading.evaluated(&[])?;
    let (counts, ..) = reading.finish()?;
    let newest = load.values().iter().rposition(|value| !value.is_nan()).unwrap_or_default();
    // The counts begin with the first of them, and end with the load.
    let late = load.len() - counts.len();
    let usual = usual(counts.values(), step.steps_in(USUAL).max(1));
    let at = |k: usize| k.checked_sub(late).map(|k| (counts.values()[k], usual[k]));
    let few = |k: usize| at(k).is_some_and(|(count, usual)| count < NEEDED * usual);
    let latest = usual.last().copied().unwrap_or_default();
    let wrong = match at(newest).filter(|(count, _)| !count.is_nan()) {
        Some((count, usual)) if few(newest) => format!(
            "{query} gives {count} at the newest load, below {:.0} % of the usual {usual}",
            100.0 * NEEDED
        ),
        Some(_) if asking.settings().allow_partial => return Ok((load, 0)),
        Some(_) => {
            let values = load.values().iter().enumerate();
            let whole = values.map(|(k, value)| if few(k) { f64::NAN } else { *value }).collect();
            let whole = LoadSeries::new(load.start(), step, whole)
                .map_err(|reason| PrometheusError::NoLoad { name: asking.name(), reason })?;
            let left_out = whole.gaps() - load.gaps();
            return Ok((whole, left_out));
        }
        None => format!("{query} gives no count at the newest load, and {latest} usually"),
    };
    asking.warned(&[wrong])?;
    Ok((load, 0))
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

/// For each of `counts` the median of those of the `window` that ends with it: the higher of the two in the middle, and
/// 0 as long as there is none.
fn usual(counts: &[f64], window: usize) -> Vec<f64> {
    let mut sorted: Vec<f64> = Vec::with_capacity(window);
    let place = |sorted: &[f64], count: f64| sorted.partition_point(|other| *other < count);
    let ended = |k: usize| {
        if let Some(old) = k.checked_sub(window).map(|old| counts[old]).filter(|old| !old.is_nan())
        {
            sorted.remove(place(&sorted, old));
        }
        if !counts[k].is_nan() {
            sorted.insert(place(&sorted, counts[k]), counts[k]);
        }
        sorted.get(sorted.len() / 2).copied().unwrap_or_default()
    };
    (0..counts.len()).map(ended).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_count_is_the_median_of_the_day_that_ends_with_it() {
        let counts = [f64::NAN, 9.0, 3.0, 5.0, f64::NAN, 1.0, 1.0];
        assert_eq!(usual(&counts, 3), [0.0, 9.0, 9.0, 5.0, 5.0, 5.0, 1.0]);
        assert_eq!(usual(&counts, 100)[6], 3.0);
    }
}
