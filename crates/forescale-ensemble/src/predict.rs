//! The forecast of a fitted ensemble.

use std::sync::Arc;

use forescale_core::{Forecast, History, Horizon, PredictError, Quantiles};

use crate::bounds::justified;
use crate::calm::Calm;
use crate::conditions::Conditions;
use crate::ensemble::NAME;
use crate::fitted::FittedEnsemble;
use crate::guarded::{self, Job};

/// A forecast, and what happened on the way to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Predicted {
    /// The forecast.
    pub forecast: Forecast,
    /// Members that were left out, and steps that were held back; empty when all went well.
    pub notes: Vec<String>,
}

impl FittedEnsemble {
    /// Predicts, and says which member was left out and how often the forecast had to be held back.
    ///
    /// # Errors
    /// [`PredictError`] when `history` has another step or no member can predict.
    pub fn predict_with_notes(
        &self,
        history: &History,
        horizon: Horizon,
        quantiles: &Quantiles,
    ) -> Result<Predicted, PredictError> {
        let (step, fitted) = (history.series().frequency(), self.judged().frequency);
        if step != fitted {
            let reason = format!("its step is {step}, but the model was trained with {fitted}");
            return Err(PredictError::Unsuitable { predictor: NAME, reason });
        }
        let Calm { history: calm, effects, unusual } = Calm::of(history);
        let forecasts = self.member_forecasts(&calm, horizon);
        let mut notes = self.left_out(&forecasts);
        if forecasts.iter().all(Result::is_err) {
            let reason = notes.join("; ");
            return Err(PredictError::Unsuitable { predictor: NAME, reason });
        }
        notes.extend(unusual.warnings(&calm));
        let conditions = Conditions::of(&calm);
        let values =
            (0..horizon.steps()).flat_map(|h| self.row(h, &forecasts, &conditions)).collect();
        let mixed = Forecast::new(history.origin(), step, Quantiles::standard(), values)?;
        let (forecast, held) = justified(&calm, mixed)?;
        if held > 0 {
            let steps = horizon.steps();
            notes.push(format!(
                "{held} of {steps} steps were held back to what history and its growth justify"
            ));
        }
        let factors: Vec<f64> =
            (0..forecast.steps()).map(|h| effects.at(forecast.time_at(h))).collect();
        let forecast = forecast
            .map_rows(|h, row| row.iter_mut().for_each(|value| *value *= factors[h]))?
            .at_quantiles(quantiles);
        Ok(Predicted { forecast, notes })
    }

    fn left_out(&self, forecasts: &[Result<Forecast, guarded::Failure>]) -> Vec<String> {
        let results = self.members().iter().zip(forecasts);
        results
            .filter_map(|((name, _), result)| result.as_ref().err().map(|failure| (name, failure)))
            .map(|(name, failure)| format!("{name} was left out: {failure}"))
            .collect()
    }

    /// The forecasts of the members at the standard quantiles; none for one that fails, hangs or gives NaN.
    fn member_forecasts(
        &self,
        history: &Arc<History>,
        horizon: Horizon,
    ) -> Vec<Result<Forecast, guarded::Failure>> {
        let jobs = self.members().iter().map(|(_, member)| -> Job<Forecast> {
            let (member, history) = (Arc::clone(member), Arc::clone(history));
            Box::new(move || {
                let forecast = member.predict(&history, horizon, &Quantiles::standard());
                let forecast = forecast.map_err(|error| error.to_string())?;
                if forecast.steps() != horizon.steps() {
                    return Err("it did not give the steps it was asked for".to_owned());
                }
                Ok(forecast)
            })
        });
        guarded::run(jobs.collect(), *guarded::CORES, Self::TIME_LIMIT, |_| {})
    }

    /// The calibrated mixture of step `h` (from 0).
    fn row(
        &self,
        h: usize,
        forecasts: &[Result<Forecast, guarded::Failure>],
        conditions: &Conditions,
    ) -> Vec<f64> {
        let judged = self.judged();
        let (near, far, share) = judged.buckets.blend(h + 1);
        let mut row = vec![0.0; Quantiles::standard().len()];
        let mut total = 0.0;
        for (m, forecast) in forecasts.iter().enumerate() {
            let Ok(forecast) = forecast else { continue };
            let (a, b) = (judged.weights[near][m], judged.weights[far][m]);
            let weight = a + (b - a) * share;
            total += weight;
            row.iter_mut().zip(forecast.row(h)).for_each(|(mixed, value)| *mixed += weight * value);
        }
        if total <= 0.0 {
            // Those with weight here all failed: the others are better than nothing.
            return even_mix(h, forecasts);
        }
        row.iter_mut().for_each(|value| *value /= total);
        let condition = conditions.at(h, row[Quantiles::standard().median_index()]);
        judged.calibration.apply(&mut row, (near, far, share), condition);
        row
    }
}

fn even_mix(h: usize, forecasts: &[Result<Forecast, guarded::Failure>]) -> Vec<f64> {
    let known: Vec<&Forecast> = forecasts.iter().flatten().collect();
    let mut row = vec![0.0; Quantiles::standard().len()];
    for forecast in &known {
        row.iter_mut().zip(forecast.row(h)).for_each(|(mixed, value)| *mixed += value);
    }
    row.iter_mut().for_each(|value| *value /= known.len() as f64);
    row
}
