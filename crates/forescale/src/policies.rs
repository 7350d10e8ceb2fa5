//! Every scaling policy, and the foresight that those have which ask about the load to come.

use std::sync::{Arc, LazyLock};

use forescale_core::{Calendar, Foresight, Frequency, History, LoadSeries};
use forescale_plan::policies::{self, Combined, FORESIGHTED, Policy, PolicyError, Row, combined};
use forescale_predictors::MinuteOutlook;

use crate::EngineError;

static POLICIES: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let all = policies::POLICIES.iter().chain(FORESIGHTED).copied();
    let last = combined(|given| Ok(Box::new(Combined::from_given(given, policy)?)));
    all.filter(|row| row.name != last.name).chain([last]).collect()
});

/// Every policy there is, the plainest first.
///
/// ```
/// let names: Vec<&str> = forescale::policies().iter().map(|row| row.name).collect();
/// assert!(names.contains(&"hpa") && names.contains(&"forescale"));
/// ```
pub fn policies() -> &'static [Row] {
    &POLICIES
}

/// The policy that `text` names: `forescale:budget=0.01` say.
///
/// # Errors
/// [`PolicyError`] names the policy, the key or the value that does not fit.
pub fn policy(text: &str) -> Result<Box<dyn Policy>, PolicyError> {
    policies::create(text, policies())
}

/// What policies may ask about the load of `series` that decide every `step` and look `steps_ahead` steps ahead: as
/// many as a start-up takes, one more, and those that metrics are late by.
///
/// It is worked out once, for all policies and all their settings.
///
/// # Errors
/// [`EngineError::Fit`] when the steps of the series and the decisions do not fit, or when that is too far ahead.
///
/// ```
/// use forescale::{Frequency, LoadSeries, foresight};
/// let minute = Frequency::from_seconds(60)?;
/// let load = (0..4_000).map(|k| 50.0 + 40.0 * (f64::from(k) / 229.0).sin()).collect();
/// let series = LoadSeries::new("2026-01-05T00:00:00Z".parse()?, minute, load)?;
///
/// let foresight = foresight(&series, Default::default(), minute, 6)?;
/// let outlook = foresight.outlook.expect("it was just worked out");
/// assert!(outlook.quantile(3_000, 6, 0.001)? > outlook.quantile(3_000, 6, 0.1)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn foresight(
    series: &LoadSeries,
    calendar: Arc<Calendar>,
    step: Frequency,
    steps_ahead: usize,
) -> Result<Foresight, EngineError> {
    let series = if series.frequency() < step { series.averaged(step)? } else { series.clone() };
    let outlook = MinuteOutlook::new(&History::new(series, calendar), step, steps_ahead)?;
    Ok(Foresight { outlook: Some(Arc::new(outlook)), ..Foresight::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_policy_is_listed_twice_and_all_can_be_made() {
        for row in policies() {
            assert_eq!(policies().iter().filter(|other| other.name == row.name).count(), 1);
            assert_eq!(policy(row.name).unwrap().name(), row.name);
        }
    }
}
