//! How the engine learns.

use std::sync::Arc;

use chrono::TimeDelta;
use forescale_core::{Calendar, Frequency, Horizon, UnitError};
use forescale_predictors::{PREDICTORS, Row};

use crate::EngineError;
use crate::roles::is_default;

/// How the engine learns from a history.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// The predictors to combine, by name; empty for the default ones, `all` for all.
    pub predictors: Vec<String>,
    /// Where all randomness comes from.
    pub seed: u64,
    /// The service's calendar.
    pub calendar: Arc<Calendar>,
    /// The farthest horizon the fit is made for.
    pub horizon: TimeDelta,
    /// Predictors fitted at a time, one for each core when absent; it changes the speed only.
    pub threads: Option<usize>,
}

/// Stands for every predictor there is.
const ALL: &str = "all";

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            predictors: Vec::new(),
            seed: 1,
            calendar: Arc::default(),
            horizon: TimeDelta::days(1),
            threads: None,
        }
    }
}

impl EngineOptions {
    /// Checks that every predictor asked for is known.
    ///
    /// # Errors
    /// [`EngineError::UnknownPredictor`] with those that are.
    pub fn check(&self) -> Result<(), EngineError> {
        self.rows().map(|_| ())
    }

    /// The predictors asked for, each once, in the order of the list.
    pub(crate) fn rows(&self) -> Result<Vec<&'static Row>, EngineError> {
        let known = |name: &str| name == ALL || PREDICTORS.iter().any(|row| row.name == name);
        if let Some(name) = self.predictors.iter().find(|name| !known(name)) {
            let names: Vec<&str> = PREDICTORS.iter().map(|row| row.name).collect();
            return Err(EngineError::UnknownPredictor {
                name: name.clone(),
                known: names.join(", "),
            });
        }
        let named =
            |name: &str| self.predictors.iter().any(|wanted| wanted == name || wanted == ALL);
        let wanted = |row: &&Row| {
            if self.predictors.is_empty() { is_default(row) } else { named(row.name) }
        };
        Ok(PREDICTORS.iter().filter(wanted).collect())
    }
}

/// The steps that cover `span`, rounded up.
///
/// # Errors
/// [`UnitError::Horizon`] when there are more than a forecast may have.
pub fn horizon(span: TimeDelta, step: Frequency) -> Result<Horizon, UnitError> {
    let seconds = span.num_seconds().max(0) as u64;
    Horizon::new(seconds.div_ceil(step.seconds() as u64) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_predictor_is_named_with_the_known_ones() {
        let options =
            EngineOptions { predictors: vec!["oracle".to_owned()], ..EngineOptions::default() };
        let error = options.rows().unwrap_err().to_string();
        let start = "there is no predictor \"oracle\"; the predictors are seasonal-naive, ";
        assert!(error.starts_with(start), "{error}");
    }

    #[test]
    fn a_horizon_covers_its_span() {
        let hour = Frequency::from_seconds(3_600).unwrap();
        assert_eq!(horizon(TimeDelta::minutes(90), hour).unwrap().steps(), 2);
        assert_eq!(horizon(TimeDelta::hours(24), hour).unwrap().steps(), 24);
    }
}
