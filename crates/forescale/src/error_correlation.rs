//! How the errors of a forecast hang together in time.

use forescale_core::{Horizon, LoadSeries, Quantiles};
use forescale_plan::objectives::correlation;

use crate::{EngineError, Model};

/// Newest days whose forecasts are looked at.
const DAYS: usize = 7;

/// The correlation of the errors of neighbouring steps, from forecasts of a day each at the midnights of the last week
/// of `series`: what load paths need to be drawn as they are. It is 0 when there is no day to look at.
///
/// # Errors
/// [`EngineError`] when the model does not fit `series`.
///
/// ```
/// use forescale::*;
/// let load = (0..240).map(|hour| 40.0 + f64::from(hour % 24) + f64::from(hour / 24 % 2) * 9.0);
/// let series = LoadSeries::new("2026-01-05T00:00:00Z".parse()?, Frequency::from_seconds(3_600)?, load.collect())?;
/// let options = EngineOptions { predictors: vec!["seasonal-naive".into()], ..EngineOptions::default() };
/// let model = train(&series, &options)?;
/// // Every other day is higher throughout.
/// assert!(error_correlation(&model, &series)? > 0.8);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn error_correlation(model: &Model, series: &LoadSeries) -> Result<f64, EngineError> {
    let day = series.frequency().steps_per_day().max(1);
    let horizon = Horizon::new(day).map_err(EngineError::from)?;
    let median = Quantiles::new([]).map_err(EngineError::from)?;
    let mut residuals = Vec::new();
    for back in (1..=DAYS).rev() {
        let Some(from) = series.len().checked_sub(back * day).filter(|from| *from >= day) else {
            continue;
        };
        let known = series.until(series.time_at(from)).map_err(EngineError::from)?;
        let forecast = model.forecast(&known, horizon, &median)?;
        let actual = &series.values()[from..from + day];
        residuals.extend(actual.iter().enumerate().map(|(h, load)| load - forecast.point(h)));
        // No pair goes from one forecast to the next.
        residuals.push(f64::NAN);
    }
    Ok(correlation(&residuals))
}
