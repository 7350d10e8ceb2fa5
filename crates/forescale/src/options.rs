//! How the engine learns.

use std::sync::Arc;

use chrono::TimeDelta;
use forescale_core::{Calendar, Frequency, Horizon, Predictor, UnitError};

use crate::EngineError;

/// How the engine learns from a history.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// The predictors to combine, by name; empty for all.
    pub predictors: Vec<String>,
    /// Where all randomness comes from.
    pub seed: u64,
    /// The service's calendar.
    pub calendar: Arc<Calendar>,
    /// The farthest horizon the fit is made for.
    pub horizon: TimeDelta,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            predictors: Vec::new(),
            seed: 1,
            calendar: Arc::default(),
            horizon: TimeDelta::days(1),
        }
    }
}

impl EngineOptions {
    /// The predictors asked for, each once, in the order of the list.
    ///
    /// # Errors
    /// [`EngineError::UnknownPredictor`] for a name that is not in the list.
    pub fn chosen(&self) -> Result<Vec<Arc<dyn Predictor>>, EngineError> {
        let rows = forescale_predictors::PREDICTORS;
        let known = |name: &str| rows.iter().any(|row| row.name == name);
        if let Some(name) = self.predictors.iter().find(|name| !known(name)) {
            let names: Vec<&str> = rows.iter().map(|row| row.name).collect();
            return Err(EngineError::UnknownPredictor {
                name: name.clone(),
                known: names.join(", "),
            });
        }
        let wanted = |name| {
            self.predictors.is_empty() || self.predictors.iter().any(|wanted| wanted == name)
        };
        Ok(rows.iter().filter(|row| wanted(row.name)).map(|row| (row.create)()).collect())
    }
}

/// The steps that cover `span`, rounded up.
///
/// # Errors
/// [`UnitError::Horizon`] when there are more than a forecast may have.
pub fn horizon(span: TimeDelta, step: Frequency) -> Result<Horizon, UnitError> {
    let steps = span.num_seconds().max(0) as u64;
    Horizon::new(steps.div_ceil(step.seconds() as u64) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_predictor_is_named_with_the_known_ones() {
        let options =
            EngineOptions { predictors: vec!["oracle".to_owned()], ..EngineOptions::default() };
        let error = options.chosen().unwrap_err().to_string();
        assert!(
            error
                .starts_with("there is no predictor \"oracle\"; the predictors are seasonal-naive")
        );
    }

    #[test]
    fn a_horizon_covers_its_span() {
        let hour = Frequency::from_seconds(3_600).unwrap();
        assert_eq!(horizon(TimeDelta::minutes(90), hour).unwrap().steps(), 2);
        assert_eq!(horizon(TimeDelta::hours(24), hour).unwrap().steps(), 24);
    }
}
