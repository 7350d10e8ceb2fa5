//! The ensemble after its fit.

use std::sync::Arc;
use std::time::Duration;

use forescale_backtest::Buckets;
use forescale_core::{
    FittedPredictor, Forecast, Frequency, History, Horizon, Importance, PredictError, Quantiles,
};
use forescale_features::{EventEffects, Prepared, Unusual};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::bounds::justified;
use crate::calibration::Spread;
use crate::ensemble::NAME;
use crate::guarded::{self, Job};
use crate::judgement::Candidate;
use crate::report::EnsembleReport;

/// A prediction that takes longer than this is left out.
const TIME_LIMIT: Duration = Duration::from_secs(20);

/// Bytes that are no ensemble.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CorruptEnsemble {
    /// They do not decode.
    #[error("the ensemble cannot be read: {0}")]
    Unreadable(String),
    /// A member does not decode.
    #[error("the member {name} cannot be read: {reason}")]
    Member {
        /// The member.
        name: String,
        /// Why.
        reason: String,
    },
}

/// Whose forecast leaves the engine in a range of horizons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Carrier {
    /// The weighted members.
    Ensemble,
    /// One of them, since the ensemble does not help.
    Member(usize),
}

/// Reads a member back by its name and bytes, or says why it cannot.
pub type LoadMember<'a> = dyn Fn(&str, &[u8]) -> Result<Box<dyn FittedPredictor>, String> + 'a;

/// Fitted members with their weights and the calibration of their intervals.
#[derive(Debug, Clone)]
pub struct FittedEnsemble {
    members: Vec<(String, Arc<dyn FittedPredictor>)>,
    judged: Judged,
}

/// A forecast, and what happened on the way to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Predicted {
    /// The forecast.
    pub forecast: Forecast,
    /// Members that were left out, and steps that were held back; empty when all went well.
    pub notes: Vec<String>,
}

/// What is kept beside the members.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Judged {
    frequency: Frequency,
    buckets: Buckets,
    /// `weights[bucket][member]`, summing to 1 in each bucket.
    weights: Vec<Vec<f64>>,
    spreads: Vec<Spread>,
    report: EnsembleReport,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    members: Vec<(String, Vec<u8>)>,
    judged: Judged,
}

impl FittedEnsemble {
    pub(crate) fn new(
        history: &History,
        candidates: Vec<Candidate>,
        weights: Vec<Vec<f64>>,
        spreads: Vec<Spread>,
        report: EnsembleReport,
    ) -> Self {
        let keep: Vec<bool> = candidates
            .iter()
            .enumerate()
            .map(|(m, c)| c.fitted.is_some() && weights.iter().any(|bucket| bucket[m] > 0.0))
            .collect();
        let kept = |bucket: Vec<f64>| {
            bucket.into_iter().zip(&keep).filter(|(_, keep)| **keep).map(|(w, _)| w).collect()
        };
        let weights = weights.into_iter().map(kept).collect();
        let members = candidates
            .into_iter()
            .zip(&keep)
            .filter(|(_, keep)| **keep)
            .filter_map(|(c, _)| c.fitted.map(|fitted| (c.name.to_owned(), fitted)))
            .collect();
        let frequency = history.series().frequency();
        let horizon = report.buckets.last().map_or(1, |bucket| bucket.to);
        let horizon = Horizon::new(horizon).expect("the buckets of a horizon end where it ends");
        let buckets = Buckets::new(frequency, horizon);
        Self { members, judged: Judged { frequency, buckets, weights, spreads, report } }
    }

    /// What it learned about its members and itself.
    pub fn report(&self) -> &EnsembleReport {
        &self.judged.report
    }

    /// The members that carry weight, by name.
    pub fn members(&self) -> &[(String, Arc<dyn FittedPredictor>)] {
        &self.members
    }

    /// Reads back what `to_bytes` wrote; `load` reads a member by its name.
    ///
    /// # Errors
    /// [`CorruptEnsemble`] says what cannot be read.
    pub fn from_bytes(bytes: &[u8], load: &LoadMember) -> Result<Self, CorruptEnsemble> {
        let stored: Stored = postcard::from_bytes(bytes)
            .map_err(|error| CorruptEnsemble::Unreadable(error.to_string()))?;
        let whole = stored.judged.weights.len() == stored.judged.spreads.len()
            && stored.judged.weights.len() == stored.judged.buckets.as_slice().len()
            && stored.judged.weights.iter().all(|w| w.len() == stored.members.len());
        if !whole {
            let reason = "weights, members and horizons do not belong together".to_owned();
            return Err(CorruptEnsemble::Unreadable(reason));
        }
        let mut members = Vec::with_capacity(stored.members.len());
        for (name, bytes) in stored.members {
            let fitted = load(&name, &bytes)
                .map_err(|reason| CorruptEnsemble::Member { name: name.clone(), reason })?;
            members.push((name, Arc::from(fitted)));
        }
        Ok(Self { members, judged: stored.judged })
    }

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
        let (step, fitted) = (history.series().frequency(), self.judged.frequency);
        if step != fitted {
            let reason = format!("its step is {step}, but the model was trained with {fitted}");
            return Err(PredictError::Unsuitable { predictor: NAME, reason });
        }
        let effects = EventEffects::learn(history);
        let calm = effects.calm(history);
        let calm = calm.as_ref().unwrap_or(history);
        let unusual = Unusual::of(calm);
        let served = unusual.without_outages(calm);
        let calm = served.as_ref().unwrap_or(calm);
        let forecasts = self.member_forecasts(calm, horizon);
        let mut notes = self.left_out(&forecasts);
        if forecasts.iter().all(Result::is_err) {
            let reason = notes.join("; ");
            return Err(PredictError::Unsuitable { predictor: NAME, reason });
        }
        notes.extend(unusual.warnings(calm));
        let values = (0..horizon.steps()).flat_map(|h| self.row(h, &forecasts)).collect();
        let mixed = Forecast::new(history.origin(), step, Quantiles::standard(), values)?;
        let (forecast, held) = justified(calm, mixed)?;
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
        let results = self.members.iter().zip(forecasts);
        results
            .filter_map(|((name, _), result)| result.as_ref().err().map(|failure| (name, failure)))
            .map(|(name, failure)| format!("{name} was left out: {failure}"))
            .collect()
    }

    /// The forecasts of the members at the standard quantiles; none for one that fails, hangs or gives NaN.
    fn member_forecasts(
        &self,
        history: &History,
        horizon: Horizon,
    ) -> Vec<Result<Forecast, guarded::Failure>> {
        // The members' threads may outlive this call, so that they get a history of their own.
        let shared = Prepared::as_of(history, history.series().len());
        let shared = Arc::new(shared.expect("a history that was given holds a value"));
        let jobs = self.members.iter().map(|(_, member)| -> Job<Forecast> {
            let (member, shared) = (Arc::clone(member), Arc::clone(&shared));
            Box::new(move || {
                let forecast = member.predict(&shared, horizon, &Quantiles::standard());
                let forecast = forecast.map_err(|error| error.to_string())?;
                if forecast.steps() != horizon.steps() {
                    return Err("it did not give the steps it was asked for".to_owned());
                }
                Ok(forecast)
            })
        });
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        guarded::run(jobs.collect(), threads, TIME_LIMIT, |_| {})
    }

    /// The calibrated mixture of step `h` (from 0).
    fn row(&self, h: usize, forecasts: &[Result<Forecast, guarded::Failure>]) -> Vec<f64> {
        let judged = &self.judged;
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
        let spread = judged.spreads[near].blend(judged.spreads[far], share);
        spread.apply(&mut row, &Quantiles::standard());
        row
    }
}

impl FittedPredictor for FittedEnsemble {
    fn name(&self) -> &'static str {
        NAME
    }

    fn predict(
        &self,
        history: &History,
        horizon: Horizon,
        quantiles: &Quantiles,
    ) -> Result<Forecast, PredictError> {
        Ok(self.predict_with_notes(history, horizon, quantiles)?.forecast)
    }

    fn to_bytes(&self) -> Vec<u8> {
        let members = self.members.iter().map(|(name, m)| (name.clone(), m.to_bytes())).collect();
        let stored = Stored { members, judged: self.judged.clone() };
        postcard::to_stdvec(&stored).expect("an ensemble is plain numbers and text")
    }

    /// The members' importances, each with the member's mean weight.
    fn importances(&self) -> Vec<Importance> {
        let buckets = self.judged.weights.len() as f64;
        let mut shares = std::collections::BTreeMap::<String, f64>::new();
        for (m, (_, member)) in self.members.iter().enumerate() {
            let weight = self.judged.weights.iter().map(|bucket| bucket[m]).sum::<f64>() / buckets;
            for importance in member.importances() {
                *shares.entry(importance.feature).or_default() += weight * importance.share;
            }
        }
        let total: f64 = shares.values().sum();
        let mut importances: Vec<Importance> = shares
            .into_iter()
            .filter(|_| total > 0.0)
            .map(|(feature, share)| Importance { feature, share: share / total })
            .collect();
        importances.sort_by(|a, b| b.share.total_cmp(&a.share));
        importances
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
