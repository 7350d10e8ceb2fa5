//! The predictors: one module each, and one row each in [`PREDICTORS`].
//!
//! A new predictor is one file and one row; listings, configuration and the contract tests are driven by the
//! slice.

use std::sync::Arc;

use forescale_core::{FittedPredictor, Predictor};

mod bounds;
mod check;
mod filled;
mod persist;
mod residuals;
pub mod seasonal_naive;
#[cfg(test)]
mod testing;

pub use persist::CorruptFit;
pub use seasonal_naive::SeasonalNaive;

/// A predictor as the registry knows it.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Its name in configuration, equal to the module's.
    pub name: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// The literature it follows.
    pub source: &'static str,
    /// The predictor with its default hyperparameters.
    pub create: fn() -> Arc<dyn Predictor>,
    /// Reads a fit of it back from bytes.
    pub load: fn(&[u8]) -> Result<Box<dyn FittedPredictor>, CorruptFit>,
}

/// Every predictor, the yardstick first.
pub const PREDICTORS: &[Row] = &[Row {
    name: "seasonal-naive",
    summary: "repeats the last day; the yardstick the others have to beat",
    source: "Hyndman & Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., 5.2",
    create: || Arc::new(SeasonalNaive::default()),
    load: persist::from_bytes::<seasonal_naive::FittedSeasonalNaive>,
}];

/// The row of the predictor called `name`.
pub fn by_name(name: &str) -> Option<&'static Row> {
    PREDICTORS.iter().find(|row| row.name == name)
}

/// Reads a fit of the predictor called `name` back from what `FittedPredictor::to_bytes` wrote.
///
/// # Errors
/// [`CorruptFit::UnknownPredictor`] for a name that is not in [`PREDICTORS`], [`CorruptFit::Unreadable`] when
/// the bytes do not decode.
pub fn load(name: &str, bytes: &[u8]) -> Result<Box<dyn FittedPredictor>, CorruptFit> {
    let row = by_name(name).ok_or_else(|| CorruptFit::UnknownPredictor(name.to_owned()))?;
    (row.load)(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_makes_the_predictor_it_names() {
        for row in PREDICTORS {
            assert_eq!((row.create)().name(), row.name);
        }
    }

    #[test]
    fn an_unknown_predictor_is_named() {
        let error = load("crystal-ball", &[]).unwrap_err();
        assert!(error.to_string().contains("\"crystal-ball\""));
    }
}
