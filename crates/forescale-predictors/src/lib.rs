//! The predictors: one module each, and one row each in [`PREDICTORS`].
//!
//! A new predictor is one file and one row; listings, configuration and the contract tests are driven by the
//! slice.

use std::sync::Arc;

use forescale_core::{FittedPredictor, Predictor};

mod bounds;
mod check;
mod clock;
mod curved;
mod cycle;
pub mod fft_seasonality;
mod filled;
mod harmonics;
pub mod last_value;
mod learners;
mod level;
pub mod linear_trend;
pub mod minute_outlook;
pub mod minute_regression;
pub mod neural;
mod persist;
pub mod quantile_boosting;
pub mod quantile_forest;
pub mod random_forest;
mod recent;
mod recurrence;
pub mod recursive_boosting;
pub mod residual_forest;
mod residuals;
pub mod robust_stack;
pub mod seasonal_naive;
pub mod seasons;
mod seen;
mod segmented;
mod sound;
mod spectrum;
mod stacked;
#[cfg(test)]
mod testing;
mod thinned;
mod trend_curve;

pub use fft_seasonality::FftSeasonality;
pub use learners::extra_trees::{ExtraTrees, Growth};
pub use linear_trend::LinearTrend;
pub use minute_outlook::MinuteOutlook;
pub use minute_regression::MinuteRegression;
pub use persist::CorruptFit;
pub use seasonal_naive::SeasonalNaive;
pub use seasons::{Season, find_seasonality};

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
    /// What it weighs before there is evidence, in the first hour and beyond, if it makes the default ensemble better
    /// (`docs/accuracy.md` has the ablation behind it).
    pub prior: (f64, f64),
    /// Reads a fit of it back from bytes.
    pub load: Load,
}

impl Row {
    /// Whether it weighs something when none are named.
    pub fn is_weighted(&self) -> bool {
        self.prior.0 > 0.0 || self.prior.1 > 0.0
    }
}

/// Reads a fit back from its bytes.
pub type Load = fn(&[u8]) -> Result<Box<dyn FittedPredictor>, CorruptFit>;

/// Every predictor, the yardstick first.
pub const PREDICTORS: &[Row] = &[
    Row {
        name: "seasonal-naive",
        prior: (0.0, 0.0),
        summary: "repeats the last day; the yardstick the others have to beat",
        source: "Hyndman & Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., 5.2",
        create: || Arc::new(SeasonalNaive::default()),
        load: persist::from_bytes::<seasonal_naive::FittedSeasonalNaive>,
    },
    Row {
        name: "last-value",
        prior: (0.0, 0.0),
        summary: "repeats the last value; the fallback, and hard to beat where load holds its level",
        source: "Hyndman & Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., 5.2",
        create: || Arc::new(last_value::LastValue),
        load: persist::from_bytes::<last_value::FittedLastValue>,
    },
    Row {
        name: "linear-trend",
        prior: (0.0, 0.15),
        summary: "ridge regression on a damped trend, time of day and weekday",
        source: "Hyndman & Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., 7.4 and 8.2",
        create: || Arc::new(LinearTrend::default()),
        load: persist::from_bytes::<linear_trend::FittedLinearTrend>,
    },
    Row {
        name: "fft-seasonality",
        prior: (0.0, 0.0),
        summary: "the waves that stand out of the spectrum, from the newest level on",
        source: "Gong, Gu & Wilkes, PRESS: predictive elastic resource scaling, 2010; Fisher, 1929",
        create: || Arc::new(FftSeasonality::default()),
        load: persist::from_bytes::<fft_seasonality::FittedFftSeasonality>,
    },
    Row {
        name: "minute-regression",
        prior: (0.0, 0.0),
        summary: "ridge regressions on the last minutes and the same minute of past hours, days and weeks",
        source: "Hoerl & Kennard, Ridge regression, 1970; Lichtendahl et al., Better to average quantiles?, 2013",
        create: || Arc::new(MinuteRegression),
        load: persist::from_bytes::<minute_regression::FittedMinuteRegression>,
    },
    Row {
        name: "random-forest",
        prior: (0.0, 0.0),
        summary: "regression forest on calendar, past days and the level now",
        source: "Breiman, Random forests, 2001",
        create: || Arc::new(random_forest::RandomForest::default()),
        load: persist::from_bytes::<random_forest::FittedRandomForest>,
    },
    Row {
        name: "neural",
        prior: (0.0, 0.0),
        summary: "small quantile network on deviations from past days",
        source: "Taylor, A quantile regression neural network approach, 2000",
        create: || Arc::new(neural::Neural::default()),
        load: persist::from_bytes::<neural::FittedNeural>,
    },
    Row {
        name: "robust-stack",
        prior: (0.0, 0.0),
        summary: "least absolute deviations over seasonal and level anchors",
        source: "Schlossmacher, An iterative technique for absolute deviations curve fitting, 1973",
        create: || Arc::new(robust_stack::RobustStack::default()),
        load: persist::from_bytes::<robust_stack::FittedRobustStack>,
    },
    Row {
        name: "quantile-forest",
        prior: (0.0, 0.15),
        summary: "extremely randomised quantile forest on deviations from past days",
        source: "Meinshausen, Quantile regression forests, 2006; Geurts et al., Extremely randomized trees, 2006",
        create: || Arc::new(quantile_forest::QuantileForest::default()),
        load: persist::from_bytes::<quantile_forest::FittedQuantileForest>,
    },
    Row {
        name: "residual-forest",
        prior: (0.0, 0.08),
        summary: "quantile forest on what the robust stack leaves unexplained",
        source: "as robust-stack and quantile-forest",
        create: || Arc::new(residual_forest::ResidualForest::default()),
        load: persist::from_bytes::<residual_forest::FittedResidualForest>,
    },
    Row {
        name: "quantile-boosting",
        prior: (0.97, 0.6),
        summary: "quantile gradient boosting on past values, direct over origin and horizon",
        source: "Friedman, Greedy function approximation, 2001; Ke et al., LightGBM, 2017",
        create: || Arc::new(quantile_boosting::QuantileBoosting::default()),
        load: persist::from_bytes::<quantile_boosting::FittedQuantileBoosting>,
    },
    Row {
        name: "recursive-boosting",
        prior: (0.0, 0.0),
        summary: "gradient boosting of the next step, fed with its own forecasts",
        source: "Ben Taieb et al., A review and comparison of strategies for multi-step ahead forecasting, 2012",
        create: || Arc::new(recursive_boosting::RecursiveBoosting),
        load: persist::from_bytes::<recursive_boosting::FittedRecursiveBoosting>,
    },
];

/// The row of the predictor called `name`.
pub fn by_name(name: &str) -> Option<&'static Row> {
    PREDICTORS.iter().find(|row| row.name == name)
}

/// Reads a fit of the predictor called `name` back from what `FittedPredictor::to_bytes` wrote.
///
/// # Errors
/// [`CorruptFit::UnknownPredictor`] for a name that is not in [`PREDICTORS`], [`CorruptFit::Unreadable`] when
/// the bytes do not decode, [`CorruptFit::Unsound`] when what they decode to is no fit to rely on.
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
