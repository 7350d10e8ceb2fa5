//! What every predictor asks of a history before it fits or predicts.

use forescale_core::{FitError, Frequency, History, PredictError};

/// At least `needed` steps to fit from.
///
/// # Errors
/// [`FitError::TooShort`] with what is needed and what was given.
pub(crate) fn enough_to_fit(
    predictor: &'static str,
    history: &History,
    needed: usize,
) -> Result<(), FitError> {
    let got = history.series().len();
    if got < needed { Err(FitError::TooShort { predictor, needed, got }) } else { Ok(()) }
}

/// The step that was fitted, and at least `needed` steps to predict from.
///
/// # Errors
/// [`PredictError::Unsuitable`] says which of the two is missing.
pub(crate) fn suits(
    predictor: &'static str,
    history: &History,
    fitted: Frequency,
    needed: usize,
) -> Result<(), PredictError> {
    let (step, got) = (history.series().frequency(), history.series().len());
    if step != fitted {
        let reason = format!("its step is {step}, but the fit has a step of {fitted}");
        return Err(PredictError::Unsuitable { predictor, reason });
    }
    if got < needed {
        let reason = format!("it has {got} steps, but {needed} are needed");
        return Err(PredictError::Unsuitable { predictor, reason });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::history;

    #[test]
    fn the_errors_name_both_numbers() {
        let short = history(60, &[1.0, 2.0]);
        let error = enough_to_fit("linear-trend", &short, 5).unwrap_err();
        assert_eq!(error.to_string(), "linear-trend needs 5 steps of history, but got 2");
        let hour = Frequency::from_seconds(3600).unwrap();
        let error = suits("linear-trend", &short, hour, 1).unwrap_err();
        assert!(error.to_string().ends_with("its step is 1m, but the fit has a step of 1h"));
    }
}
